/* One peer's socket.  Reads are large; one buffer serves all links, since only
 * one reads at a time, and a link keeps no more than the beginning of a
 * message.  An idle link has no buffers at all.
 *
 * Limits are buckets (rate.c) that all links share, one for reading, one for
 * writing.  A link that has to wait for its turn stops polling, and a bucket's
 * timer says who goes on. */
#include <sys/types.h>
#include <sys/socket.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "addr.h"
#include "net.h"
#include "route.h"
#include "rate.h"
#include "limit.h"
#include "swarm/wire.h"
#include "swarm/peer.h"
#include "swarm/link.h"

enum {
	READ, WRITE,           /* indexes of limits */
	READ_MAX   = 256 << 10, /* bytes a round and link */
	WRITE_MAX  = 256 << 10,
	WRITE_SLOW = 64 << 10, /* to a link that took longer than */
	SLOW_MS    = 50,       /* for the last: news waits behind blocks */
	COPY_MAX   = 13 + REQUEST_MAX, /* a message, but for bit fields */
	DRIP       = 1024,      /* bytes; what comes in fewer is not copied */
	DRIP_ROOM  = 16 << 10,  /* again and again, but read behind the rest */
	REFILL     = 32 << 10, /* unsent bytes at which more are put out */
	CONNECT_MS = 10000,
	PROXY_MS   = 30000     /* the same through a proxy, or several */
};

static void on_ready(struct io *io, short got, int64_t now_ms);
static int connected(struct link *l, int64_t now_ms);
static void on_timer(struct timer *t, int64_t now_ms);
static void fail(struct link *l, const char *why);
static void do_read(struct link *l, short got, int64_t now_ms);
static const uint8_t *unread(const struct link *l);
static void eat(struct link *l, const uint8_t *p, size_t n, int64_t now_ms);
static void do_write(struct link *l, int64_t now_ms);
static void set_want(struct link *l);
static void want(struct link *l, short events);
static int64_t may_move(struct link *l, int which, int64_t now_ms);
static void moved(struct link *l, int which, int64_t n);
static void on_turn(void *link);

void
link_open(struct link *l, int fd, const struct addr *a,
    struct limit limits[2], const struct peer_ops *ops,
    void (*gone)(void *arg, const char *why), void *arg)
{
	int64_t now_ms = net_now();

	l->connecting = l->outgoing;
	l->addr = *a;
	l->limits = limits;
	l->turns[READ].owner = l->turns[WRITE].owner = l;
	l->turns[READ].go = l->turns[WRITE].go = on_turn;
	l->gone = gone;
	l->arg = arg;
	peer_init(&l->peer, ops, arg, now_ms);
	l->io.fd = fd;
	l->io.ready = on_ready;
	l->io.arg = l;
	l->timer.fire = on_timer;
	l->timer.arg = l;
	net_add(&l->io, l->connecting ? POLLOUT : POLLIN);
	net_timer(&l->timer, !l->connecting ? peer_tick(&l->peer, now_ms) :
	    now_ms + (l->dial.socks ? PROXY_MS : CONNECT_MS));
}

void
link_hand(struct link *l, const struct peer_ops *ops,
    void (*gone)(void *arg, const char *why), void *arg)
{
	peer_hand(&l->peer, ops, arg);
	l->gone = gone;
	l->arg = arg;
}

void
link_close(struct link *l)
{
	int i;

	if (l->dead)
		return;
	l->dead = 1;
	for (i = 0; i < 2; i++)
		limit_leave(&l->limits[i], &l->turns[i]);
	net_close(&l->io);
	dial_end(&l->dial);
	net_untimer(&l->timer);
	peer_end(&l->peer);
}

void
link_free(struct link *l)
{
	buf_free(&l->in);
	peer_free(&l->peer);
}

static void
fail(struct link *l, const char *why)
{
	if (l->dead)
		return;
	link_close(l);
	l->gone(l->arg, why);
}

void
link_wake(struct link *l)
{
	want(l, POLLOUT);
}

static void
set_want(struct link *l)
{
	want(l, buf_left(&l->peer.out) > 0 || (peer_owes(&l->peer) &&
	    !l->turns[WRITE].waits) ? POLLOUT : 0);
}

/* Polls for events, and for what comes, if it may be read. */
static void
want(struct link *l, short events)
{
	if (l->dead || l->connecting)
		return;
	if (!l->turns[READ].waits && !peer_is_full(&l->peer))
		events |= POLLIN;
	net_want(&l->io, events);
}

int
link_held(struct link *l)
{
	int held = l->held || l->turns[READ].waits;

	l->held = 0;
	return held;
}

static void
on_ready(struct io *io, short got, int64_t now_ms)
{
	struct link *l = io->arg;

	if (l->connecting && !connected(l, now_ms))
		return;
	if (got & (POLLIN | POLLHUP | POLLERR))
		do_read(l, got, now_ms);
	if (!l->dead)
		do_write(l, now_ms);
	set_want(l);
}

/* Whether the stream is there now. */
static int
connected(struct link *l, int64_t now_ms)
{
	char why[ROUTE_WHY];
	int r = dial_go_on(&l->dial, &l->io, why);

	if (r < 0) {
		l->err = l->dial.err;
		fail(l, why);
	} else if (r > 0) {
		l->connecting = 0;
		peer_connected(&l->peer, now_ms);
		net_timer(&l->timer, peer_tick(&l->peer, now_ms));
	}
	return r > 0;
}

static void
on_timer(struct timer *t, int64_t now_ms)
{
	struct link *l = t->arg;
	int64_t next;

	if (l->connecting) {
		l->err = ETIMEDOUT;
		fail(l, "connecting took too long");
		return;
	}
	next = peer_tick(&l->peer, now_ms);
	if (next < 0) {
		fail(l, peer_why(&l->peer));
		return;
	}
	net_timer(t, next);
	if (buf_left(&l->peer.out) > 0)
		link_wake(l);
	else
		buf_free(&l->peer.out);
}

/* What came before is put in front of what comes, but for a huge bit field and
 * what comes in drips, which would be copied again and again. */
static void
do_read(struct link *l, short got, int64_t now_ms)
{
	static uint8_t shared[COPY_MAX + READ_MAX];
	int is_over = got & (POLLHUP | POLLERR); /* what is left, at once */
	int64_t most = may_move(l, READ, now_ms);
	size_t had = buf_left(&l->in);
	uint8_t *p = shared;
	ssize_t n;

	if (is_over)
		most = READ_MAX;
	if (most <= 0)
		return;
	if (had > COPY_MAX || (l->drips && had > DRIP)) {
		most = MIN(most, had > COPY_MAX ? READ_MAX : DRIP_ROOM);
		p = buf_room(&l->in, (size_t)most) - had;
	} else if (had > 0) {
		memcpy(p, l->in.p + l->in.at, had);
	}
	n = recv(l->io.fd, p + had, (size_t)MIN(most, READ_MAX), 0);
	if (n == 0) {
		fail(l, "closed by the other side");
		return;
	}
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			fail(l, strerror(errno));
		return;
	}
	if (!is_over) /* a reset costs nobody else anything */
		moved(l, READ, n);
	l->down += n;
	l->drips = n < DRIP;
	if (p != shared)
		l->in.len += (size_t)n;
	eat(l, p, had + (size_t)n, now_ms);
}

/* What is kept of what came; NULL if it is nothing. */
static const uint8_t *
unread(const struct link *l)
{
	return buf_left(&l->in) > 0 ? l->in.p + l->in.at : NULL;
}

/* Feeds n bytes at p, in l->in or elsewhere, and keeps in l->in what is left.
 */
static void
eat(struct link *l, const uint8_t *p, size_t n, int64_t now_ms)
{
	long k = peer_feed(&l->peer, p, n, now_ms);

	if (k < 0)
		fail(l, peer_why(&l->peer));
	if (l->dead)
		return;
	if (n > 0 && p == unread(l)) {
		buf_take(&l->in, (size_t)k);
	} else {
		l->in.at = l->in.len = 0;
		buf_put(&l->in, p + k, n - (size_t)k);
	}
	if (buf_left(&l->in) == 0)
		buf_free(&l->in);
}

static void
do_write(struct link *l, int64_t now_ms)
{
	struct peer *p = &l->peer;
	size_t left = buf_left(&p->out);
	int64_t most = 0;
	long served;
	ssize_t n;

	if (peer_owes(p) && left < REFILL)
		most = may_move(l, WRITE, now_ms);
	if (most > 0)
		most = MIN((int64_t)left + most, now_ms - l->filled_ms >
		    SLOW_MS ? WRITE_SLOW : WRITE_MAX);
	served = peer_serve(p, (size_t)most);
	if (served < 0) {
		fail(l, peer_why(&l->peer));
		return;
	}
	moved(l, WRITE, served);
	if (served > 0)
		l->filled_ms = now_ms;
	left = buf_left(&p->out);
	if (left > 0) {
		n = send(l->io.fd, p->out.p + p->out.at, left, MSG_NOSIGNAL);
		if (n < 0) {
			if (errno != EAGAIN && errno != EINTR)
				fail(l, strerror(errno));
			return;
		}
		peer_sent(p, (size_t)n, now_ms);
		l->up += n;
	}
	if (peer_resumes(p))
		eat(l, unread(l), buf_left(&l->in), now_ms);
}

/* How many bytes the link may move; 0: it waits now. */
static int64_t
may_move(struct link *l, int which, int64_t now_ms)
{
	int64_t n = limit_ask(&l->limits[which], &l->turns[which], now_ms);

	l->held |= which == READ && n == 0;
	return n;
}

static void
moved(struct link *l, int which, int64_t n)
{
	limit_spend(&l->limits[which], &l->turns[which], n);
}

static void
on_turn(void *link)
{
	set_want(link);
}
