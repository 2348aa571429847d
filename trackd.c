/* The tracker's sockets.  A caller has a total time for each request and for
 * taking its reply; when all places are taken, the one that has waited longest
 * without a whole request makes room. */
#include <sys/types.h>
#include <sys/socket.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "http.h"
#include "wire.h"
#include "track.h"
#include "net.h"
#include "trackd.h"

enum {
	CALLERS_MAX  = 1000,
	REQUEST_MS   = 10000, /* a whole request, or idle between two */
	ACCEPT_BURST = 64,
	EXPIRE_MS    = 1000
};

struct caller {
	struct trackd *d;
	struct io io;
	struct timer timer;
	struct addr addr;
	struct buf in, out;   /* owned */
	int closing;          /* after out is sent */
	struct caller *next, *prev; /* by age, the newest first */
};

struct trackd {
	struct track *track;
	struct io listeners[2];
	int nlisteners;
	struct caller *newest, *oldest;
	int ncallers;
	struct timer expire;
	void (*event)(const struct track_event *);
};

static void on_call(struct io *io, short got, int64_t now_ms);
static void caller_new(struct trackd *d, int fd, const struct addr *from);
static void caller_link(struct caller *c);
static void caller_unlink(struct caller *c);
static void caller_close(struct caller *c);
static void caller_free(void *arg);
static void on_ready(struct io *io, short got, int64_t now_ms);
static void on_late(struct timer *t, int64_t now_ms);
static int do_read(struct caller *c, int64_t now_ms);
static void do_write(struct caller *c);
static void answer(struct caller *c, const struct http_request *r,
    int64_t now_ms);
static void on_expire(struct timer *t, int64_t now_ms);

struct trackd *
trackd_open(struct track *t, const char *host, uint16_t *port,
    void (*event)(const struct track_event *))
{
	struct trackd *d = xcalloc(1, sizeof *d);
	int i;

	d->track = t;
	d->event = event;
	for (i = 0; i < 2; i++) {
		d->listeners[i].ready = on_call;
		d->listeners[i].arg = d;
	}
	d->nlisteners = net_listen_all(d->listeners, host, *port, *port, port);
	if (d->nlisteners < 0) {
		free(d);
		return NULL;
	}
	d->expire.fire = on_expire;
	d->expire.arg = d;
	net_timer(&d->expire, net_now() + EXPIRE_MS);
	return d;
}

void
trackd_close(struct trackd *d)
{
	int i;

	for (i = 0; i < d->nlisteners; i++)
		net_close(&d->listeners[i]);
	while (d->newest)
		caller_close(d->newest);
	net_untimer(&d->expire);
	net_bury(free, d);
}

static void
on_expire(struct timer *t, int64_t now_ms)
{
	struct trackd *d = t->arg;

	track_expire(d->track, now_ms);
	net_timer(t, now_ms + EXPIRE_MS);
}

static void
on_call(struct io *io, short got, int64_t now_ms)
{
	struct trackd *d = io->arg;
	struct addr from;
	int fd, i;

	(void)got, (void)now_ms;
	for (i = 0; i < ACCEPT_BURST; i++) {
		if (d->ncallers == CALLERS_MAX)
			caller_close(d->oldest);
		fd = net_accept(io->fd, &from);
		if (fd < 0)
			return;
		caller_new(d, fd, &from);
	}
}

static void
caller_new(struct trackd *d, int fd, const struct addr *from)
{
	struct caller *c = xcalloc(1, sizeof *c);

	c->d = d;
	c->addr = *from;
	c->io.fd = fd;
	c->io.ready = on_ready;
	c->io.arg = c;
	c->timer.fire = on_late;
	c->timer.arg = c;
	net_add(&c->io, POLLIN);
	net_timer(&c->timer, net_now() + REQUEST_MS);
	d->ncallers++;
	caller_link(c);
}

static void
caller_link(struct caller *c)
{
	struct trackd *d = c->d;

	c->prev = NULL;
	c->next = d->newest;
	if (d->newest)
		d->newest->prev = c;
	else
		d->oldest = c;
	d->newest = c;
}

static void
caller_unlink(struct caller *c)
{
	struct trackd *d = c->d;

	if (c->prev)
		c->prev->next = c->next;
	else
		d->newest = c->next;
	if (c->next)
		c->next->prev = c->prev;
	else
		d->oldest = c->prev;
}

static void
caller_close(struct caller *c)
{
	caller_unlink(c);
	c->d->ncallers--;
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

static void
on_ready(struct io *io, short got, int64_t now_ms)
{
	struct caller *c = io->arg;

	if (got & (POLLIN | POLLHUP | POLLERR) && buf_left(&c->out) == 0 &&
	    do_read(c, now_ms) < 0) {
		caller_close(c);
		return;
	}
	if (buf_left(&c->out) > 0)
		do_write(c);
}

/* 0, or -1: hang up. */
static int
do_read(struct caller *c, int64_t now_ms)
{
	struct http_request r;
	ssize_t n;
	long k;

	n = recv(c->io.fd, buf_room(&c->in, HTTP_HEAD_MAX), HTTP_HEAD_MAX, 0);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		return -1;
	if (n < 0)
		return 0;
	c->in.len += (size_t)n;
	while (!c->closing && buf_left(&c->in) > 0) {
		k = http_request_parse(&r, c->in.p + c->in.at,
		    buf_left(&c->in));
		if (k < 0) {
			memset(&r, 0, sizeof r);
			k = (long)buf_left(&c->in);
		}
		if (k == 0)
			return 0;
		answer(c, &r, now_ms);
		buf_take(&c->in, (size_t)k);
		net_timer(&c->timer, now_ms + REQUEST_MS);
		caller_unlink(c); /* it is young again */
		caller_link(c);
	}
	return 0;
}

static void
do_write(struct caller *c)
{
	ssize_t n = send(c->io.fd, c->out.p + c->out.at, buf_left(&c->out),
	    MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		caller_close(c);
		return;
	}
	if (n > 0)
		buf_take(&c->out, (size_t)n);
	if (buf_left(&c->out) > 0)
		net_want(&c->io, POLLOUT);
	else if (c->closing)
		caller_close(c);
	else
		net_want(&c->io, POLLIN);
}

static void
answer(struct caller *c, const struct http_request *r, int64_t now_ms)
{
	struct buf body = { 0 };
	struct track_event ev;
	int head = span_is(r->method, "HEAD");
	const char *status = "200 OK";

	if (r->method.n == 0) {
		status = "400 Bad Request";
	} else if (!head && !span_is(r->method, "GET")) {
		status = "405 Method Not Allowed";
	} else if (!span_is(r->path, "/announce")) {
		status = "404 Not Found";
	} else if (track_http(c->d->track, r->query, &c->addr, now_ms, &body,
	    &ev) == 0 && c->d->event) {
		c->d->event(&ev);
	}
	if (body.len == 0)
		buf_printf(&body, "%s\n", status);
	http_reply_put(&c->out, status, "text/plain", &body, r->keep_alive,
	    head);
	c->closing = !r->keep_alive;
	buf_free(&body);
}
