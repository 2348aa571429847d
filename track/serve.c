/* The tracker's sockets.  A caller has a total time for each request and for
 * taking its reply; when all places are taken, the one that has waited longest
 * without a whole request makes room.
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
#include <unistd.h>

#include "util.h"
#include "addr.h"
#include "http.h"
#include "net.h"
#include "proc.h"
#include "sock.h"
#include "dgram.h"
#include "track/answer.h"
#include "track/serve.h"

/* Bytes that the end of the stream may travel with. */
#ifdef __linux__
#define MSG_LAST MSG_MORE
#else
#define MSG_LAST 0
#endif

enum {
	CALLERS_MAX  = 1000,
	SPARE        = 20,    /* descriptors for all that is no caller */
	REST_MS      = 250,
	REQUEST_MS   = 10000, /* a whole request, or idle between two */
	ACCEPT_BURST = 64,
	ANSWER_BURST = 8,     /* requests of a caller a round, */
	ANSWER_BYTES = 32 << 10, /* or fewer whose replies are so long */
	DRAIN_BYTES  = 1 << 20, /* of a caller that was refused */
	DRAIN_MS     = 2000,
	UDP_BURST    = 4,     /* batches a round */
	REKEY_MS     = 60000,
	SCRAPES_MAX  = 2,     /* of everything, at a time */
	SCRAPE_SEC   = 60
};

struct caller {
	struct server *server;
	struct io io;
	struct timer timer;
	struct addr addr;
	struct buf in, out;   /* owned: what is left over */
	int closing;          /* after out is sent, */
	int refused;          /* and a bit later, */
	size_t drain;         /* when so many bytes have come */
	int more;             /* in may hold a whole request */
	struct caller *next, *prev; /* by age, the newest first */
};

/* A scrape of everything, by a child. */
struct scrape {
	struct child child;
	struct caller *caller; /* in the child alone */
	const struct http_request *request;
};

struct server {
	struct answerer *track;
	struct io listeners[2], udp[2];
	int nlisteners;
	struct caller *newest, *oldest;
	int ncallers, most;
	struct timer expire, rekey, rest;
	struct scrape scrapes[SCRAPES_MAX];
	struct buf in, out;   /* owned; empty between two callers */
	void (*event)(void *arg, const struct answer_event *);
	void *arg;
};

static int listen_both(struct server *s, const char *host, uint16_t *port);
static void on_call(struct io *io, short got, int64_t now_ms);
static int accept_one(struct server *s, int fd, struct addr *from);
static void on_rested(struct timer *t, int64_t now_ms);
static struct caller *caller_new(struct server *s, int fd,
    const struct addr *from, int64_t now_ms);
static void caller_link(struct caller *c);
static void caller_unlink(struct caller *c);
static void caller_close(struct caller *c);
static void caller_free(void *arg);
static void on_ready(struct io *io, short got, int64_t now_ms);
static void on_late(struct timer *t, int64_t now_ms);
static void do_read(struct caller *c, int64_t now_ms);
static void do_drain(struct caller *c);
static int answer_all(struct caller *c, struct buf *in, int64_t now_ms);
static void do_write(struct caller *c, struct buf *out);
static void keep_rest(struct buf *b, struct buf *rest);
static void finish(struct caller *c);
static const char *fault_of(const struct buf *in);
static void refuse(struct caller *c, const char *status);
static int scrape_all(struct caller *c, const struct http_request *r);
static int scrape_child(void *arg);
static void on_scraped(struct child *c, int status);
static void on_datagrams(struct io *io, short got, int64_t now_ms);
static size_t on_datagram(void *arg, const uint8_t *p, size_t n,
    const struct addr *from, uint8_t *out);
static void on_expire(struct timer *t, int64_t now_ms);
static void on_rekey(struct timer *t, int64_t now_ms);

struct server *
serve_open(const char *host, uint16_t *port)
{
	struct server *s = xcalloc(1, sizeof *s);
	long n;
	int i;

	for (i = 0; i < 2; i++) {
		s->listeners[i].ready = on_call;
		s->udp[i].ready = on_datagrams;
		s->listeners[i].arg = s->udp[i].arg = s;
	}
	proc_room(CALLERS_MAX + 64);
	n = sysconf(_SC_OPEN_MAX);
	s->most = n < 0 ? CALLERS_MAX :
	    (int)MAX(1, MIN(CALLERS_MAX, n - SPARE));
	if (listen_both(s, host, port) < 0) {
		free(s);
		return NULL;
	}
	for (i = 0; i < s->nlisteners; i++)
		sock_defer(&s->listeners[i]);
	return s;
}

void
serve_begin(struct server *s, struct answerer *t,
    void (*event)(void *arg, const struct answer_event *), void *arg)
{
	int i;

	s->track = t;
	s->event = event;
	s->arg = arg;
	for (i = 0; i < SCRAPES_MAX; i++)
		s->scrapes[i].child.ended = on_scraped;
	s->expire.fire = on_expire;
	s->rekey.fire = on_rekey;
	s->rest.fire = on_rested;
	s->expire.arg = s->rekey.arg = s->rest.arg = s;
	net_timer(&s->expire, net_now());
	net_timer(&s->rekey, net_now());
}

/* If any port will do, one that is free for both protocols is found in some
 * tries. */
static int
listen_both(struct server *s, const char *host, uint16_t *port)
{
	int tries = *port ? 1 : 16, i, why;
	uint16_t got = *port;

	while (tries-- > 0) {
		s->nlisteners = sock_listen_all(s->listeners, host, *port,
		    *port, &got);
		if (s->nlisteners < 0)
			return -1;
		if (dgram_listen(s->udp, s->listeners,
		    s->nlisteners) == 0) {
			*port = got;
			return 0;
		}
		why = errno;
		for (i = 0; i < s->nlisteners; i++)
			net_close(&s->listeners[i]);
		errno = why;
	}
	return -1;
}

void
serve_close(struct server *s)
{
	int i;

	for (i = 0; i < s->nlisteners; i++) {
		net_close(&s->listeners[i]);
		net_close(&s->udp[i]);
	}
	while (s->newest)
		caller_close(s->newest);
	for (i = 0; i < SCRAPES_MAX; i++)
		proc_child_end(&s->scrapes[i].child);
	net_untimer(&s->expire);
	net_untimer(&s->rekey);
	net_untimer(&s->rest);
	buf_free(&s->in);
	buf_free(&s->out);
	net_bury(free, s);
}

static void
on_expire(struct timer *t, int64_t now_ms)
{
	struct server *s = t->arg;

	net_timer(t, now_ms + answer_expire(s->track, now_ms));
}

static void
on_rekey(struct timer *t, int64_t now_ms)
{
	struct server *s = t->arg;

	answer_rekey(s->track);
	net_timer(t, now_ms + REKEY_MS);
}

static void
on_datagrams(struct io *io, short got, int64_t now_ms)
{
	int i;

	(void)got, (void)now_ms;
	for (i = 0; i < UDP_BURST; i++)
		if (dgram_answer(io->fd, on_datagram, io->arg) == 0)
			break;
}

static size_t
on_datagram(void *arg, const uint8_t *p, size_t n, const struct addr *from,
    uint8_t *out)
{
	struct server *s = arg;
	struct answer_event ev;
	size_t len = answer_udp(s->track, p, n, from, net_now(), out, &ev);

	if (ev.name && s->event)
		s->event(s->arg, &ev);
	return len;
}

static void
on_call(struct io *io, short got, int64_t now_ms)
{
	struct server *s = io->arg;
	struct addr from;
	int fd, i;

	(void)got;
	for (i = 0; i < ACCEPT_BURST; i++) {
		fd = accept_one(s, io->fd, &from);
		if (fd < 0)
			return;
		if (s->ncallers == s->most)
			caller_close(s->oldest);
		do_read(caller_new(s, fd, &from, now_ms), now_ms);
	}
}

/* For want of a descriptor the oldest caller makes room; if there is none, or
 * it was in vain, the listeners rest, since the call stays there. */
static int
accept_one(struct server *s, int fd, struct addr *from)
{
	int got = sock_accept(fd, from), i;

	if (got < 0 && (errno == EMFILE || errno == ENFILE) && s->oldest) {
		caller_close(s->oldest);
		got = sock_accept(fd, from);
	}
	if (got >= 0 || (errno != EMFILE && errno != ENFILE &&
	    errno != ENOBUFS && errno != ENOMEM))
		return got;
	for (i = 0; i < s->nlisteners; i++)
		net_want(&s->listeners[i], 0);
	net_timer(&s->rest, net_now() + REST_MS);
	return -1;
}

static void
on_rested(struct timer *t, int64_t now_ms)
{
	struct server *s = t->arg;
	int i;

	(void)now_ms;
	for (i = 0; i < s->nlisteners; i++)
		net_want(&s->listeners[i], POLLIN);
}

static struct caller *
caller_new(struct server *s, int fd, const struct addr *from, int64_t now_ms)
{
	struct caller *c = xcalloc(1, sizeof *c);

	c->server = s;
	c->addr = *from;
	c->io.fd = fd;
	c->io.ready = on_ready;
	c->io.arg = c;
	c->timer.fire = on_late;
	c->timer.arg = c;
	net_add(&c->io, POLLIN);
	net_timer(&c->timer, now_ms + REQUEST_MS);
	s->ncallers++;
	caller_link(c);
	return c;
}

static void
caller_link(struct caller *c)
{
	struct server *s = c->server;

	c->prev = NULL;
	c->next = s->newest;
	if (s->newest)
		s->newest->prev = c;
	else
		s->oldest = c;
	s->newest = c;
}

static void
caller_unlink(struct caller *c)
{
	struct server *s = c->server;

	if (c->prev)
		c->prev->next = c->next;
	else
		s->newest = c->next;
	if (c->next)
		c->next->prev = c->prev;
	else
		s->oldest = c->prev;
}

static void
caller_close(struct caller *c)
{
	caller_unlink(c);
	c->server->ncallers--;
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
	struct caller *c = io->arg;

	(void)got;
	if (c->drain > 0)
		do_drain(c);
	else if (buf_left(&c->out) > 0)
		do_write(c, &c->out);
	else
		do_read(c, now_ms);
}

static void
do_drain(struct caller *c)
{
	struct buf *in = &c->server->in;
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
do_read(struct caller *c, int64_t now_ms)
{
	struct buf *in = &c->server->in, *out = &c->server->out;
	ssize_t n = 0;

	in->at = in->len = 0;
	buf_put(in, c->in.p, c->in.len);
	if (!c->more) {
		n = recv(c->io.fd, buf_room(in, HTTP_HEAD_MAX), HTTP_HEAD_MAX,
		    0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
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
	if (buf_left(out) > 0)
		do_write(c, out);
	else
		net_want(&c->io, POLLIN);
}

/* The replies to some requests that are whole, in the shared buffer.  0, or
 * -1: the call is no longer ours. */
static int
answer_all(struct caller *c, struct buf *in, int64_t now_ms)
{
	struct server *s = c->server;
	struct http_request r;
	struct answer_event ev;
	int n;
	long k;

	c->more = 0;
	for (n = 0; !c->closing && buf_left(in) > 0; n++) {
		if (n == ANSWER_BURST || buf_left(&s->out) >= ANSWER_BYTES) {
			c->more = 1;
			break;
		}
		k = http_request_parse(&r, in->p + in->at, buf_left(in));
		if (k == 0)
			break;
		if (k < 0) {
			refuse(c, fault_of(in));
			buf_take(in, buf_left(in));
			break;
		}
		if (answer_http(s->track, &r, &c->addr, now_ms, &s->out, &ev))
			return scrape_all(c, &r);
		if (ev.name && s->event)
			s->event(s->arg, &ev);
		c->closing = !r.keep_alive;
		buf_take(in, (size_t)k);
		net_timer(&c->timer, now_ms + REQUEST_MS);
		caller_unlink(c); /* it is young again */
		caller_link(c);
	}
	return 0;
}

/* Sends what it can of out, which is the caller's own or the shared one. */
static void
do_write(struct caller *c, struct buf *out)
{
	ssize_t n = send(c->io.fd, out->p + out->at, buf_left(out),
	    MSG_NOSIGNAL | (c->closing ? MSG_LAST : 0));

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		caller_close(c);
		return;
	}
	if (n > 0)
		buf_take(out, (size_t)n);
	if (buf_left(out) == 0 && c->closing) {
		finish(c);
		return;
	}
	net_want(&c->io, buf_left(out) > 0 || c->more ? POLLOUT : POLLIN);
	if (out != &c->out)
		keep_rest(out, &c->out);
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

/* The last that a caller is told. */
static void
refuse(struct caller *c, const char *status)
{
	struct buf body = { 0 };

	buf_printf(&body, "%s\n", status);
	http_reply_put(&c->server->out, status, "text/plain", &body, 0, 0);
	buf_free(&body);
	c->closing = c->refused = 1;
}

/* Everything is a long list: a child writes it, at its reader's pace.  -1, or
 * 0 if too many do so already, when the reply says that. */
static int
scrape_all(struct caller *c, const struct http_request *r)
{
	struct server *s = c->server;
	int i;

	for (i = 0; i < SCRAPES_MAX; i++)
		if (s->scrapes[i].child.pid == 0)
			break;
	if (i < SCRAPES_MAX) {
		s->scrapes[i].caller = c;
		s->scrapes[i].request = r;
		if (proc_child(&s->scrapes[i].child, c->io.fd, scrape_child,
		    &s->scrapes[i]) == 0)
			return -1;
	}
	refuse(c, "503 Service Unavailable");
	return 0;
}

static int
scrape_child(void *arg)
{
	struct scrape *job = arg;
	struct buf *out = &job->caller->server->out;

	alarm(SCRAPE_SEC);
	sock_blocking(job->caller->io.fd);
	answer_scrape_all(job->caller->server->track, job->request, out);
	return write_all(job->caller->io.fd, out->p + out->at,
	    buf_left(out)) < 0;
}

static void
on_scraped(struct child *c, int status)
{
	(void)c, (void)status;
}
