/* What the sandbox keeps from whoever has taken a process over, tried from
 * inside, as soon as it stands.  The linker puts these in the place of the
 * functions that enter it (--wrap, the Makefile's list PROBE).
 *
 * BTSH_PROBE=path has each process that gives something up say a line on
 * standard error: "probe WHO", and then what it tried, with an equals sign and
 * 0 or the error: to read path, to make a file beside it, to read
 * $BTSH_PROBE_OWN, to make a file beside that; a connection to where nobody is
 * (ECONNREFUSED if it may), to listen, sockets of other kinds, a program that
 * is not there (ENOENT if it may), a child, memory that can be run.
 * BTSH_SANDBOX=off enters none. */
#ifdef __linux__
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#endif
#include <sys/types.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "proc.h"
#include "cmd/sandbox.h"

void __real_sandbox_enter(struct sandbox *b, int verbose);
void __wrap_sandbox_enter(struct sandbox *b, int verbose);
void __real_proc_narrow(enum work work);
void __wrap_proc_narrow(enum work work);

static int
is_off(void)
{
	const char *s = getenv("BTSH_SANDBOX");

	return s && strcmp(s, "off") == 0;
}

/* 0, or why r, a descriptor, is -1. */
static int
closed(int r)
{
	int why = r < 0 ? errno : 0;

	if (r >= 0)
		close(r);
	return why;
}

static int
opens(const char *path, const char *end, int flags)
{
	char name[1024];

	if (!path)
		return -1;
	snprintf(name, sizeof name, "%s%s", path, end);
	return closed(open(name, flags, 0600));
}

/* What comes of a socket that is used: to connect to a port where nobody
 * listens, or to listen. */
static int
uses(int listens)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(1),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0), r, why;

	if (fd < 0)
		return errno;
	r = listens ? listen(fd, 1) :
	    connect(fd, (struct sockaddr *)&a, sizeof a);
	why = r < 0 ? errno : 0;
	close(fd);
	return why;
}

static int
runs(void)
{
	char *argv[] = { "none", NULL };

	return execv("/nonexistent/program", argv) < 0 ? errno : 0;
}

static int
forks(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return errno;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}

static int
maps(void) /* in two steps: musl calls EPERM of the first ENOMEM */
{
	void *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1,
	    0);
	int r, why;

	if (p == MAP_FAILED)
		return errno;
	r = mprotect(p, 4096, PROT_READ | PROT_EXEC);
	why = r < 0 ? errno : 0;
	munmap(p, 4096);
	return why;
}

static void
probe(const char *who)
{
	const char *path = getenv("BTSH_PROBE"), *own;
	char text[512];
	int n;

	if (!path)
		return;
	own = getenv("BTSH_PROBE_OWN");
	n = snprintf(text, sizeof text, "probe %s read=%d write=%d own=%d "
	    "beside=%d tcp=%d listen=%d udp=%d unix=%d exec=%d "
	    "fork=%d map=%d\n", who, opens(path, "", O_RDONLY),
	    opens(path, ".new", O_WRONLY | O_CREAT),
	    opens(own, "", O_RDONLY),
	    opens(own, ".new", O_WRONLY | O_CREAT), uses(0), uses(1),
	    closed(socket(AF_INET, SOCK_DGRAM, 0)),
	    closed(socket(AF_UNIX, SOCK_STREAM, 0)),
	    runs(), forks(), maps());
	(void)!write(STDERR_FILENO, text, (size_t)n);
}

void
__wrap_sandbox_enter(struct sandbox *b, int verbose)
{
	if (is_off())
		return;
	__real_sandbox_enter(b, verbose);
	probe("main");
}

void
__wrap_proc_narrow(enum work work)
{
	static const char *const names[] = { [WORK_HASH] = "hash",
	    [WORK_WRITE] = "write", [WORK_NAMES] = "names",
	    [WORK_SYNC] = "sync" };

	if (is_off())
		return;
	__real_proc_narrow(work);
	probe(names[work]);
}
