/* Callers who speak HTTP.  One has a total time for each request, for taking
 * its reply, and for taking some of a body; when all places are taken, the one
 * that has been silent for longest makes room.
 *
 * Most requests have come when their call is accepted, and most replies fit
 * into the socket at once: bytes are read into one buffer and replies written
 * into another that all callers share, and a caller keeps only what is left
 * over.  A round answers some requests of each caller, and reads no more of
 * him until he has taken the replies.
 *
 * Who is refused may still be sending: to close then would make a reset, which
 * overtakes the answer.  So some of what he sends is read and thrown away. */
#ifdef __linux__
#define _GNU_SOURCE /* MSG_MORE */
#endif
#include <sys/types.h>
#include <sys/socket.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "addr.h"
#include "http.h"
#include "net.h"
#include "httpd.h"

/* Bytes that others, or the end of the stream, may travel with. */
#ifdef __linux__
#define MSG_FOLLOWED MSG_MORE
#else
#define MSG_FOLLOWED 0
#endif

enum {
	REQUEST_MS   = 10000, /* a whole request, or idle between two */
	BODY_MS      = 60000, /* without a byte of a body */
	ANSWER_BURST = 8,     /* requests of a caller a round, */
	ANSWER_BYTES = 32 << 10, /* or fewer whose replies are so long */
	BODY_BURST   = 4,     /* calls for a body's bytes a round */
	DRAIN_BYTES  = 1 << 20, /* of a caller that was refused */
	DRAIN_MS     = 2000
};

struct caller {
	struct httpd *h;
	struct io io;
	struct timer timer;
	struct addr addr;
	struct buf in, out;   /* owned: what is left over */
	void *body;           /* its owner's; NULL: none */
	int waits;            /* the body does */
	int closing;          /* after all is sent, */
	int refused;          /* and a bit later, */
	size_t drain;         /* when so many bytes have come */
	int more;             /* in may hold a whole request */
	struct caller *next, *prev; /* by age, the newest first */
};

struct httpd {
	struct caller *newest, *oldest;
	int n, most, near;
	struct buf in, out;   /* owned; empty between two callers */
	const struct httpd_ops *ops;
	void *arg;
};

static void make_room(struct httpd *h, const struct addr *from);
static void caller_link(struct caller *c);
static void caller_unlink(struct caller *c);
static void caller_young(struct caller *c, int64_t ms);
static void caller_free(void *arg);
static void on_ready(struct io *io, short got, int64_t now_ms);
static void on_late(struct timer *t, int64_t now_ms);
static void do_drain(struct caller *c);
static void do_read(struct caller *c, struct span came, int64_t now_ms);
static int answer_all(struct caller *c, struct buf *in, int64_t now_ms);
static void do_write(struct caller *c, struct buf *out, int64_t now_ms);
static int flush(struct caller *c, struct buf *out);
static int go_on(struct caller *c, struct buf *out, int64_t now_ms);
static void end_body(struct caller *c);
static void keep_rest(struct buf *b, struct buf *rest);
static void finish(struct caller *c);
static const char *fault_of(const struct buf *in);

struct httpd *
httpd_new(int most, int near, const struct httpd_ops *ops, void *arg)
{
	struct httpd *h = xcalloc(1, sizeof *h);

	h->most = most;
	h->near = near;
	h->ops = ops;
	h->arg = arg;
	return h;
}

void
httpd_free(struct httpd *h)
{
	while (h->newest)
		caller_close(h->newest);
	buf_free(&h->in);
	buf_free(&h->out);
	net_bury(free, h);
}

void
httpd_call(struct httpd *h, int fd, const struct addr *from, struct span came)
{
	struct caller *c = xcalloc(1, sizeof *c);

	make_room(h, from);
	c->h = h;
	c->addr = *from;
	c->io.fd = fd;
	c->io.ready = on_ready;
	c->io.arg = c;
	c->timer.fire = on_late;
	c->timer.arg = c;
	net_add(&c->io, POLLIN);
	net_timer(&c->timer, net_now() + REQUEST_MS);
	h->n++;
	caller_link(c);
	do_read(c, came, net_now());
}

static void
make_room(struct httpd *h, const struct addr *from)
{
	struct caller *c, *oldest = NULL;
	int near = 0;

	for (c = h->newest; h->near > 0 && c; c = c->next)
		if (addr_near(&c->addr, from)) {
			near++;
			oldest = c;
		}
	if (near > 0 && near >= h->near)
		caller_close(oldest);
	if (h->n >= h->most)
		httpd_shed(h);
}

int
httpd_shed(struct httpd *h)
{
	if (!h->oldest)
		return 0;
	caller_close(h->oldest);
	return 1;
}

int
caller_fd(const struct caller *c)
{
	return c->io.fd;
}

const struct addr *
caller_addr(const struct caller *c)
{
	return &c->addr;
}

static void
caller_link(struct caller *c)
{
	struct httpd *h = c->h;

	c->prev = NULL;
	c->next = h->newest;
	if (h->newest)
		h->newest->prev = c;
	else
		h->oldest = c;
	h->newest = c;
}

static void
caller_unlink(struct caller *c)
{
	struct httpd *h = c->h;

	if (c->prev)
		c->prev->next = c->next;
	else
		h->newest = c->next;
	if (c->next)
		c->next->prev = c->prev;
	else
		h->oldest = c->prev;
}

/* It has done something, and has that long for what is next. */
static void
caller_young(struct caller *c, int64_t ms)
{
	net_timer(&c->timer, net_now() + ms);
	caller_unlink(c);
	caller_link(c);
}

void
caller_close(struct caller *c)
{
	end_body(c);
	caller_unlink(c);
	c->h->n--;
	net_close(&c->io);
	net_untimer(&c->timer);
	net_bury(caller_free, c);
}

static void
caller_free(void *arg)
{
	struct caller *c = arg;

	buf_free(&c->in);
	buf_free(&c->out);
	free(c);
}

static void
on_late(struct timer *t, int64_t now_ms)
{
	(void)now_ms;
	caller_close(t->arg);
}

/* Nothing is read while a reply waits to be sent. */
static void
on_ready(struct io *io, short got, int64_t now_ms)
{
	static const struct span none;
	struct caller *c = io->arg;

	if (c->drain > 0)
		do_drain(c);
	else if (c->waits && got & (POLLERR | POLLHUP))
		caller_close(c);
	else if (c->body || buf_left(&c->out) > 0)
		do_write(c, &c->out, now_ms);
	else
		do_read(c, none, now_ms);
}

static void
do_drain(struct caller *c)
{
	struct buf *in = &c->h->in;
	ssize_t n;

	in->at = in->len = 0;
	n = recv(c->io.fd, buf_room(in, HTTP_HEAD_MAX), HTTP_HEAD_MAX, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || (size_t)n >= c->drain)
		caller_close(c);
	else
		c->drain -= (size_t)n;
}

static void
do_read(struct caller *c, struct span came, int64_t now_ms)
{
	struct buf *in = &c->h->in, *out = &c->h->out;
	ssize_t n = 0;

	in->at = in->len = 0;
	buf_put(in, c->in.p, c->in.len);
	buf_put(in, came.p, came.n);
	if (!c->more) {
		n = recv(c->io.fd, buf_room(in, HTTP_HEAD_MAX), HTTP_HEAD_MAX,
		    0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			if (came.n > 0)
				keep_rest(in, &c->in);
			return;
		}
		if (n <= 0) {
			caller_close(c);
			return;
		}
	}
	in->len += (size_t)n;
	out->at = out->len = 0;
	if (answer_all(c, in, now_ms) < 0) {
		caller_close(c); /* a child goes on with it */
		return;
	}
	keep_rest(in, &c->in);
	if (c->body || buf_left(out) > 0)
		do_write(c, out, now_ms);
	else
		net_want(&c->io, POLLIN);
}

/* The replies to some requests that are whole, in the shared buffer; one with
 * a body is the last of them for now.  0, or -1: the call is no longer ours.
 */
static int
answer_all(struct caller *c, struct buf *in, int64_t now_ms)
{
	struct httpd *h = c->h;
	struct http_request r;
	int n;
	long k;

	c->more = 0;
	for (n = 0; !c->closing && buf_left(in) > 0; n++) {
		if (n == ANSWER_BURST || buf_left(&h->out) >= ANSWER_BYTES ||
		    c->body) {
			c->more = 1;
			break;
		}
		k = http_request_parse(&r, in->p + in->at, buf_left(in));
		if (k == 0)
			break;
		if (k < 0) {
			caller_refuse(c, &h->out, fault_of(in));
			buf_take(in, buf_left(in));
			break;
		}
		if (h->ops->answer(h->arg, c, &r, now_ms, &h->out) ==
		    REPLY_HANDED)
			return -1;
		c->closing |= !r.keep_alive;
		buf_take(in, (size_t)k);
		caller_young(c, c->body ? BODY_MS : REQUEST_MS);
	}
	return 0;
}

/* Sends what it can of out, which is the caller's own or the shared one, and
 * of the body behind it. */
static void
do_write(struct caller *c, struct buf *out, int64_t now_ms)
{
	int i, went = 0;

	for (i = 0; i < BODY_BURST; i++) {
		went = flush(c, out);
		if (went > 0 && c->body)
			went = go_on(c, out, now_ms);
		if (went <= 0 || (buf_left(out) == 0 && !c->body))
			break;
	}
	if (went < 0) {
		caller_close(c);
		return;
	}
	if (buf_left(out) == 0 && !c->body && c->closing) {
		finish(c);
		return;
	}
	net_want(&c->io, c->waits ? 0 : c->body || buf_left(out) > 0 ||
	    c->more ? POLLOUT : POLLIN);
	if (out != &c->out)
		keep_rest(out, &c->out);
	else if (buf_left(out) == 0)
		buf_free(out);
}

/* 1: all of it is sent; 0: not yet; -1: it cannot be. */
static int
flush(struct caller *c, struct buf *out)
{
	ssize_t n;

	if (buf_left(out) == 0)
		return 1;
	n = send(c->io.fd, out->p + out->at, buf_left(out), MSG_NOSIGNAL |
	    (c->closing || c->body ? MSG_FOLLOWED : 0));
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	buf_take(out, (size_t)n);
	return buf_left(out) == 0;
}

/* As flush, of some of the body; 0, too, if it waits. */
static int
go_on(struct caller *c, struct buf *out, int64_t now_ms)
{
	struct httpd *h = c->h;
	enum sent sent;

	out->at = out->len = 0;
	sent = h->ops->send(h->arg, c->body, c->io.fd, out, now_ms);
	c->waits = sent == SENT_WAITS;
	if (sent == SENT_ALL)
		end_body(c);
	if (sent == SENT_SOME || sent == SENT_ALL)
		caller_young(c, sent == SENT_ALL ? REQUEST_MS : BODY_MS);
	return sent == SENT_FAILED ? -1 : sent == SENT_SOME ||
	    sent == SENT_ALL;
}

static void
end_body(struct caller *c)
{
	void *body = c->body;

	c->body = NULL;
	c->waits = 0;
	if (body)
		c->h->ops->over(c->h->arg, body);
}

void
caller_body(struct caller *c, void *body)
{
	c->body = body;
}

void
caller_wake(struct caller *c)
{
	if (!c->waits)
		return;
	c->waits = 0;
	net_want(&c->io, POLLOUT);
	net_timer(&c->timer, net_now() + BODY_MS);
}

static void
finish(struct caller *c)
{
	if (!c->refused) {
		caller_close(c);
		return;
	}
	shutdown(c->io.fd, SHUT_WR);
	c->drain = DRAIN_BYTES;
	net_want(&c->io, POLLIN);
	net_timer(&c->timer, net_now() + DRAIN_MS);
}

static void
keep_rest(struct buf *b, struct buf *rest)
{
	if (buf_left(b) == 0) {
		if (rest->p)
			buf_free(rest);
		return;
	}
	rest->at = rest->len = 0;
	buf_put(rest, b->p + b->at, buf_left(b));
}

/* What is wrong with the request at the front. */
static const char *
fault_of(const struct buf *in)
{
	const uint8_t *p = in->p + in->at;
	size_t n = MIN(buf_left(in), HTTP_HEAD_MAX - 1);
	struct http_request r;

	return http_request_parse(&r, p, n) < 0 ? "400 Bad Request" :
	    memchr(p, '\n', n) ? "431 Request Header Fields Too Large" :
	    "414 URI Too Long";
}

void
caller_refuse(struct caller *c, struct buf *out, const char *status)
{
	struct buf body = { 0 };

	buf_printf(&body, "%s\n", status);
	http_reply_put(out, status, "text/plain", &body, 0, 0);
	buf_free(&body);
	c->closing = c->refused = 1;
}
