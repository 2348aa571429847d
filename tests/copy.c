/* What a download can be held against: a plain copy of a file over TCP.
 *
 * copy send PORT FILE     sends FILE to each caller, one after the other,
 *                         until it is killed
 * copy take PORT FILE     writes what comes to FILE
 * copy hash PORT FILE     the same, with a SHA-1 of each 256 KiB of it
 *
 * PORT is one of 127.0.0.1, or HOST:PORT with a number for a host. */
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "sha1.h"

enum { CHUNK = 256 << 10, PIECE = 256 << 10 };

static uint8_t chunk[CHUNK];

static void
send_all(int listener, const char *path)
{
	int fd, file;
	ssize_t n;

	for (;;) {
		fd = accept(listener, NULL, NULL);
		file = open(path, O_RDONLY);
		if (fd < 0 || file < 0)
			die("send %s:", path);
		while ((n = read(file, chunk, CHUNK)) > 0)
			if (write_all(fd, chunk, (size_t)n) < 0)
				break;
		close(file);
		close(fd);
	}
}

static void
take(int fd, const char *path, int hashing)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	uint8_t digest[SHA1_LEN];
	size_t in = 0, at, k;
	struct sha1 c;
	ssize_t n;

	if (file < 0)
		die("open %s:", path);
	sha1_init(&c);
	while ((n = read(fd, chunk, CHUNK)) > 0) {
		for (at = 0; hashing && at < (size_t)n; at += k) {
			k = MIN((size_t)n - at, PIECE - in);
			sha1_update(&c, chunk + at, k);
			in += k;
			if (in == PIECE) {
				sha1_final(&c, digest);
				sha1_init(&c);
				in = 0;
			}
		}
		if (write_all(file, chunk, (size_t)n) < 0)
			die("write %s:", path);
	}
	if (n < 0 || close(file) < 0)
		die("copy to %s:", path);
}

int
main(int argc, char **argv)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	struct sockaddr_in sin;
	char *colon;

	if (argc != 4 || fd < 0)
		die("usage: copy send|take|hash [HOST:]PORT FILE");
	signal(SIGPIPE, SIG_IGN);
	colon = strchr(argv[2], ':');
	if (colon)
		*colon = '\0';
	memset(&sin, 0, sizeof sin);
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = inet_addr(colon ? argv[2] : "127.0.0.1");
	sin.sin_port = htons((uint16_t)atoi(colon ? colon + 1 : argv[2]));
	if (strcmp(argv[1], "send") == 0) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
		if (bind(fd, (struct sockaddr *)&sin, sizeof sin) < 0 ||
		    listen(fd, 5) < 0)
			die("listen on port %s:", argv[2]);
		send_all(fd, argv[3]);
	}
	if (connect(fd, (struct sockaddr *)&sin, sizeof sin) < 0)
		die("connect to port %s:", argv[2]);
	take(fd, argv[3], strcmp(argv[1], "hash") == 0);
	return 0;
}
