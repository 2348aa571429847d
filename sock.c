/* Sockets: those that listen and those that dial. */
#ifdef __linux__
#define _GNU_SOURCE /* accept4 */
#endif
#include <sys/types.h>
#include <sys/socket.h>
#ifdef __linux__
#include <sys/sendfile.h>
#endif
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "addr.h"
#include "net.h"
#include "sock.h"

enum {
	BACKLOG     = 512,
	DEFER_SEC   = 10,
	COPY_CHUNK  = 64 << 10 /* of a file, where the system has no better */
};

static int dial(const struct addr *to, const struct addr *local, int type);
static int bind_local(int fd, const struct addr *to,
    const struct addr *local);
static int listen_at(struct io *io, const struct addr *a);

unsigned
sock_put(struct sockaddr_storage *ss, const struct addr *a)
{
	struct sockaddr_in in = { 0 };
	struct sockaddr_in6 in6 = { 0 };

	memset(ss, 0, sizeof *ss);
	if (addr_is4(a)) {
		in.sin_family = AF_INET;
		in.sin_port = htons(a->port);
		memcpy(&in.sin_addr, a->ip + 12, 4);
		memcpy(ss, &in, sizeof in);
		return sizeof in;
	}
	in6.sin6_family = AF_INET6;
	in6.sin6_port = htons(a->port);
	memcpy(&in6.sin6_addr, a->ip, 16);
	memcpy(ss, &in6, sizeof in6);
	return sizeof in6;
}

int
sock_addr(struct addr *a, const struct sockaddr_storage *ss)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (ss->ss_family == AF_INET) {
		memcpy(&in, ss, sizeof in);
		memcpy(a->ip, mapped, 12);
		memcpy(a->ip + 12, &in.sin_addr, 4);
		a->port = ntohs(in.sin_port);
		return 0;
	}
	if (ss->ss_family != AF_INET6)
		return -1;
	memcpy(&in6, ss, sizeof in6);
	memcpy(a->ip, &in6.sin6_addr, 16);
	a->port = ntohs(in6.sin6_port);
	return 0;
}

/* A socket of a's family, not blocking. */
int
sock_new(const struct addr *a, int type)
{
	int fd = socket(addr_is4(a) ? AF_INET : AF_INET6, type, 0), one = 1;

	if (fd < 0)
		return -1;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

int
sock_listen(struct addr *a)
{
	struct sockaddr_storage ss;
	socklen_t n = sock_put(&ss, a);
	int fd = sock_new(a, SOCK_STREAM), one = 1;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (!addr_is4(a))
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&ss, n) == 0 &&
	    listen(fd, BACKLOG) == 0 && sock_local(fd, a) == 0)
		return fd;
	close_quietly(fd);
	return -1;
}

int
sock_accept(int fd, struct addr *from)
{
	/* BSD has no address for who is gone */
	struct sockaddr_storage ss = { .ss_family = AF_UNSPEC };
	socklen_t n = sizeof ss;
	/* TCP_NODELAY is the listener's already, everywhere */
#ifdef __linux__
	int s = accept4(fd, (struct sockaddr *)&ss, &n,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (s < 0)
		return -1;
#else
	int s = accept(fd, (struct sockaddr *)&ss, &n);

	if (s < 0)
		return -1;
	fcntl(s, F_SETFL, O_NONBLOCK);
	fcntl(s, F_SETFD, FD_CLOEXEC);
#endif
	if (sock_addr(from, &ss) < 0) {
		close(s);
		errno = EAFNOSUPPORT;
		return -1;
	}
	return s;
}

void
sock_refuse(int fd)
{
	close(fd);
}

static int
dial(const struct addr *to, const struct addr *local, int type)
{
	struct sockaddr_storage ss;
	socklen_t n = sock_put(&ss, to);
	int fd = sock_new(to, type);

	if (fd < 0)
		return -1;
	if (local && bind_local(fd, to, local) < 0) {
		close_quietly(fd);
		return -1;
	}
	if (connect(fd, (struct sockaddr *)&ss, n) == 0 ||
	    errno == EINPROGRESS)
		return fd;
	close_quietly(fd);
	return -1;
}

static int
bind_local(int fd, const struct addr *to, const struct addr *local)
{
	struct addr at = *local;
	struct sockaddr_storage ss;
	socklen_t n;

	at.port = 0;
	n = sock_put(&ss, &at);
	if (addr_is4(to) == addr_is4(&at))
		return bind(fd, (struct sockaddr *)&ss, n);
	errno = EADDRNOTAVAIL;
	return -1;
}

int
sock_dial(const struct addr *to, const struct addr *local)
{
	return dial(to, local, SOCK_STREAM);
}

int
sock_dial_udp(const struct addr *to, const struct addr *local)
{
	return dial(to, local, SOCK_DGRAM);
}

int64_t
sock_send_file(int fd, int file, int64_t off, int64_t n)
{
#ifdef __linux__
	off_t at = (off_t)off;

	return sendfile(fd, file, &at, (size_t)n);
#else
	static uint8_t chunk[COPY_CHUNK];
	ssize_t got = pread(file, chunk, (size_t)MIN(n, COPY_CHUNK),
	    (off_t)off);

	return got > 0 ? send(fd, chunk, (size_t)got, MSG_NOSIGNAL) : got;
#endif
}

void
sock_unsent(int fd, int most)
{
#ifdef TCP_NOTSENT_LOWAT
	setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most, sizeof most);
#else
	(void)fd, (void)most;
#endif
}

int
sock_error(int fd)
{
	int why = 0;
	socklen_t n = sizeof why;

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &n) < 0 ?
	    errno : why;
}

int
sock_local(int fd, struct addr *a)
{
	struct sockaddr_storage ss = { .ss_family = AF_UNSPEC };
	socklen_t n = sizeof ss;

	if (getsockname(fd, (struct sockaddr *)&ss, &n) < 0)
		return -1;
	return sock_addr(a, &ss);
}

int
sock_is_here(int fd, const struct addr *to)
{
	struct addr own;

	return addr_is_loopback(to) || (sock_local(fd, &own) == 0 &&
	    addr_same_ip(&own, to));
}

int
sock_source(struct addr *a)
{
	/* documentation addresses; a UDP socket that connects sends nothing */
	static const char *const far[] = { "192.0.2.1:9", "[2001:db8::1]:9" };
	size_t i;
	int fd, r = -1;

	for (i = 0; i < LEN(far) && r < 0; i++) {
		addr_parse(a, far[i], 1);
		fd = sock_dial_udp(a, NULL);
		if (fd < 0)
			continue;
		r = sock_local(fd, a);
		close(fd);
	}
	return r;
}

static int
listen_at(struct io *io, const struct addr *a)
{
	struct addr at = *a;

	io->fd = sock_listen(&at);
	return io->fd < 0 ? -1 : at.port;
}

int
sock_listen_all(struct io io[2], const char *host, uint16_t first,
    uint16_t last, uint16_t *port)
{
	struct addr a;
	int got, n = 1, tries = first ? last - first + 1 : 16, why;

	if (addr_parse(&a, host ? host : "0.0.0.0", 0) < 0) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	for (a.port = first; tries-- > 0; a.port += first != 0) {
		got = listen_at(&io[0], &a);
		if (got < 0 && errno == EADDRINUSE)
			continue;
		if (got < 0)
			return -1;
		if (!host) { /* the same port for IPv6, where there is IPv6 */
			addr_parse(&a, "::", 0);
			a.port = (uint16_t)got;
			n = listen_at(&io[1], &a) < 0 ? 1 : 2;
			why = errno;
			addr_parse(&a, "0.0.0.0", 0);
			a.port = first ? (uint16_t)got : 0;
			if (n == 1 && why == EADDRINUSE) {
				close(io[0].fd);
				errno = why;
				continue;
			}
		}
		*port = (uint16_t)got;
		net_add(&io[0], POLLIN);
		if (n == 2)
			net_add(&io[1], POLLIN);
		return n;
	}
	return -1;
}

void
sock_defer(struct io *io)
{
#ifdef TCP_DEFER_ACCEPT
	int sec = DEFER_SEC;

	setsockopt(io->fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, &sec, sizeof sec);
#else
	(void)io;
#endif
}

void
sock_blocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
}
