/* Sockets: those that listen, those that dial, and datagrams, many to a system
 * call where the system can. */
#ifdef __linux__
#define _GNU_SOURCE /* accept4, recvmmsg, sendmmsg, struct in6_pktinfo */
#endif
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "wire.h"
#include "net.h"
#include "sock.h"

enum {
	BACKLOG     = 512,
	DEFER_SEC   = 10,
	BATCH       = 32,    /* datagrams of a system call */
	UDP_BUFFER  = 4 << 20 /* bytes, as far as the system allows */
};

#ifndef __linux__
struct mmsghdr {
	struct msghdr msg_hdr;
	unsigned msg_len;
};
#endif

/* Datagrams that came, and those that answer them. */
struct batch {
	struct mmsghdr came[BATCH], go[BATCH];
	struct iovec came_iov[BATCH], go_iov[BATCH];
	struct sockaddr_storage from[BATCH];
	union {
		size_t align;
		char bytes[128]; /* to which of our addresses it came */
	} control[BATCH];
	uint8_t came_bytes[BATCH][DATAGRAM_MAX], go_bytes[BATCH][DATAGRAM_MAX];
};

static socklen_t to_sock(struct sockaddr_storage *ss, const struct addr *a);
static int new_socket(const struct addr *a, int type);
static int dial(const struct addr *to, int type);
static int listen_at(struct io *io, const struct addr *a);
static int listen_udp(const struct addr *a);
static void batch_init(struct batch *b);
static int batch_receive(int fd, struct batch *b);
static void batch_send(int fd, struct mmsghdr *msgs, int n);
static void answer_from(struct msghdr *h);

static socklen_t
to_sock(struct sockaddr_storage *ss, const struct addr *a)
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
static int
new_socket(const struct addr *a, int type)
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
	socklen_t n = to_sock(&ss, a);
	int fd = new_socket(a, SOCK_STREAM), one = 1, why;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (!addr_is4(a))
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&ss, n) == 0 &&
	    listen(fd, BACKLOG) == 0 && sock_local(fd, a) == 0)
		return fd;
	why = errno;
	close(fd);
	errno = why;
	return -1;
}

int
sock_accept(int fd, struct addr *from)
{
	struct sockaddr_storage ss;
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
dial(const struct addr *to, int type)
{
	struct sockaddr_storage ss;
	socklen_t n = to_sock(&ss, to);
	int fd = new_socket(to, type), why;

	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&ss, n) == 0 ||
	    errno == EINPROGRESS)
		return fd;
	why = errno;
	close(fd);
	errno = why;
	return -1;
}

int
sock_dial(const struct addr *to)
{
	return dial(to, SOCK_STREAM);
}

int
sock_dial_udp(const struct addr *to)
{
	return dial(to, SOCK_DGRAM);
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
	struct sockaddr_storage ss;
	socklen_t n = sizeof ss;

	if (getsockname(fd, (struct sockaddr *)&ss, &n) < 0)
		return -1;
	return sock_addr(a, &ss);
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
		fd = sock_dial_udp(a);
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

int
sock_listen_udp(struct io *io, const struct io *listeners, int n)
{
	struct addr a;
	int i, why;

	for (i = 0; i < n; i++) {
		if (sock_local(listeners[i].fd, &a) == 0 &&
		    (io[i].fd = listen_udp(&a)) >= 0)
			continue;
		why = errno;
		while (i-- > 0)
			net_close(&io[i]);
		errno = why;
		return -1;
	}
	for (i = 0; i < n; i++)
		net_add(&io[i], POLLIN);
	return 0;
}

static int
listen_udp(const struct addr *a)
{
	struct sockaddr_storage ss;
	socklen_t n = to_sock(&ss, a);
	int fd = new_socket(a, SOCK_DGRAM), one = 1, size = UDP_BUFFER, why;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	if (!addr_is4(a))
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
#if defined IP_PKTINFO && defined IPV6_RECVPKTINFO
	if (addr_is4(a) && get32(a->ip + 12) == 0)
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof one);
	else if (get64(a->ip) == 0 && get64(a->ip + 8) == 0)
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &one,
		    sizeof one);
#endif
	if (bind(fd, (struct sockaddr *)&ss, n) == 0)
		return fd;
	why = errno;
	close(fd);
	errno = why;
	return -1;
}

int
sock_answer(int fd, size_t (*answer)(void *, const uint8_t *, size_t,
    const struct addr *, uint8_t *), void *arg)
{
	static struct batch b;
	struct addr from;
	size_t len;
	int n, i, k = 0;

	batch_init(&b);
	n = batch_receive(fd, &b);
	for (i = 0; i < n; i++) {
		if (sock_addr(&from, &b.from[i]) < 0)
			continue;
		len = answer(arg, b.came_bytes[i], b.came[i].msg_len, &from,
		    b.go_bytes[k]);
		if (len == 0)
			continue;
		b.go_iov[k].iov_base = b.go_bytes[k];
		b.go_iov[k].iov_len = len;
		b.go[k] = b.came[i];
		b.go[k].msg_hdr.msg_iov = &b.go_iov[k];
		answer_from(&b.go[k].msg_hdr);
		k++;
	}
	batch_send(fd, b.go, k);
	return n;
}

static void
batch_init(struct batch *b)
{
	int i;

	for (i = 0; i < BATCH; i++) {
		b->came_iov[i].iov_base = b->came_bytes[i];
		b->came_iov[i].iov_len = DATAGRAM_MAX;
		b->came[i].msg_hdr = (struct msghdr){
		    .msg_iov = &b->came_iov[i], .msg_iovlen = 1,
		    .msg_name = &b->from[i], .msg_namelen = sizeof *b->from,
		    .msg_control = b->control[i].bytes,
		    .msg_controllen = sizeof b->control[i].bytes };
	}
}

/* The address that a datagram was sent to is the one its answer comes from,
 * also on a host that has many: what said so goes back as it came, but that
 * the interface is for the routes to decide. */
static void
answer_from(struct msghdr *h)
{
#if defined IP_PKTINFO && defined IPV6_RECVPKTINFO
	struct cmsghdr *c;
	struct in_pktinfo info;
	struct in6_pktinfo info6;

	for (c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c))
		if (c->cmsg_level == IPPROTO_IP &&
		    c->cmsg_type == IP_PKTINFO) {
			memcpy(&info, CMSG_DATA(c), sizeof info);
			info.ipi_ifindex = 0;
			memcpy(CMSG_DATA(c), &info, sizeof info);
		} else if (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&info6, CMSG_DATA(c), sizeof info6);
			info6.ipi6_ifindex = 0;
			memcpy(CMSG_DATA(c), &info6, sizeof info6);
		}
#else
	h->msg_control = NULL;
	h->msg_controllen = 0;
#endif
	h->msg_flags = 0;
}

#ifdef __linux__
static int
batch_receive(int fd, struct batch *b)
{
	int n = recvmmsg(fd, b->came, BATCH, MSG_DONTWAIT, NULL);

	return MAX(n, 0);
}

static void
batch_send(int fd, struct mmsghdr *msgs, int n)
{
	int sent;

	while (n > 0) {
		sent = sendmmsg(fd, msgs, (unsigned)n, MSG_DONTWAIT);
		if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS))
			return; /* no room: they are lost, as datagrams are */
		if (sent < 0 && msgs->msg_hdr.msg_controllen > 0) {
			/* no such source here: let the system choose one */
			msgs->msg_hdr.msg_controllen = 0;
			msgs->msg_hdr.msg_control = NULL;
			continue;
		}
		sent = MAX(sent, 1); /* one that cannot go is passed over */
		msgs += sent;
		n -= sent;
	}
}
#else
static int
batch_receive(int fd, struct batch *b)
{
	ssize_t len;
	int n;

	for (n = 0; n < BATCH; n++) {
		len = recvmsg(fd, &b->came[n].msg_hdr, 0);
		if (len < 0)
			break;
		b->came[n].msg_len = (unsigned)len;
	}
	return n;
}

static void
batch_send(int fd, struct mmsghdr *msgs, int n)
{
	for (; n > 0; msgs++, n--)
		(void)!sendmsg(fd, &msgs->msg_hdr, 0);
}
#endif

void
sock_blocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
}
