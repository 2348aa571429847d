/* Datagrams, many to a system call where the system can. */
#ifdef __linux__
#define _GNU_SOURCE /* recvmmsg, sendmmsg, struct in6_pktinfo */
#endif
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <netinet/in.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "addr.h"
#include "net.h"
#include "sock.h"
#include "dgram.h"

enum {
	BATCH       = 32,    /* datagrams of a system call */
	UDP_BUFFER  = 4 << 20, /* bytes, as far as the system allows */
	UTP_HEAD    = 20,
	UTP_SYN     = 0x41,  /* type and version 1 */
	UTP_RESET   = 0x31
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

static void batch_init(struct batch *b);
static int batch_receive(int fd, struct batch *b);
static void batch_send(int fd, struct mmsghdr *msgs, int n);
static void answer_from(struct msghdr *h);

int
dgram_listen(struct io *io, const struct io *listeners, int n)
{
	struct addr a;
	int i;

	for (i = 0; i < n; i++) {
		if (sock_local(listeners[i].fd, &a) < 0 ||
		    (io[i].fd = dgram_open(&a)) < 0)
			break;
		net_add(&io[i], POLLIN);
	}
	if (i == n)
		return 0;
	while (i-- > 0)
		net_close(&io[i]);
	return -1;
}

int
dgram_open(const struct addr *a)
{
	struct sockaddr_storage ss;
	socklen_t n = sock_put(&ss, a);
	int fd = sock_new(a, SOCK_DGRAM), one = 1, size = UDP_BUFFER;

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
#ifdef IP_MULTICAST_IF
	if (addr_is4(a))
		setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, a->ip + 12, 4);
#endif
	if (bind(fd, (struct sockaddr *)&ss, n) == 0)
		return fd;
	close_quietly(fd);
	return -1;
}

int
dgram_answer(int fd, size_t (*answer)(void *, const uint8_t *, size_t,
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
			len = dgram_refuse_utp(b.came_bytes[i],
			    b.came[i].msg_len, b.go_bytes[k]);
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

size_t
dgram_refuse_utp(const uint8_t *p, size_t n, uint8_t *out)
{
	if (n < UTP_HEAD || p[0] != UTP_SYN)
		return 0;
	memset(out, 0, UTP_HEAD);
	out[0] = UTP_RESET;
	memcpy(out + 2, p + 2, 2);   /* the connection */
	memcpy(out + 18, p + 16, 2); /* what came last */
	return UTP_HEAD;
}

void
dgram_send(int fd, const struct addr *to, const uint8_t *p, size_t n)
{
	struct sockaddr_storage ss;
	socklen_t len = sock_put(&ss, to);

	(void)!sendto(fd, p, n, MSG_DONTWAIT, (struct sockaddr *)&ss, len);
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
