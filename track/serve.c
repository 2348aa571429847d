/* The tracker's sockets.  Callers of HTTP are httpd.c's; a scrape of everything
 * is written by a child. */
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
#include "httpd.h"
#include "track/answer.h"
#include "track/serve.h"

enum {
	CALLERS_MAX  = 1000,
	SPARE        = 20,    /* descriptors for all that is no caller */
	REST_MS      = 250,
	ACCEPT_BURST = 64,
	UDP_BURST    = 4,     /* batches a round */
	REKEY_MS     = 60000,
	SCRAPES_MAX  = 2,     /* of everything, at a time */
	SCRAPE_SEC   = 60
};

/* A scrape of everything, by a child. */
struct scrape {
	struct child child;
	struct server *server; /* in the child alone, as are */
	int fd;
	const struct http_request *request;
	struct buf *out;
};

struct server {
	struct answerer *track;
	struct httpd *httpd;
	struct io listeners[2], udp[2];
	int nlisteners;
	struct timer expire, rekey, rest;
	struct scrape scrapes[SCRAPES_MAX];
	void (*event)(void *arg, const struct answer_event *);
	void *arg;
};

static int listen_both(struct server *s, const char *host, uint16_t *port);
static void on_call(struct io *io, short got, int64_t now_ms);
static int accept_one(struct server *s, int fd, struct addr *from);
static void on_rested(struct timer *t, int64_t now_ms);
static enum reply on_request(void *arg, struct caller *c,
    const struct http_request *r, int64_t now_ms, struct buf *out);
static enum reply scrape_all(struct server *s, struct caller *c,
    const struct http_request *r, struct buf *out);
static int scrape_child(void *arg);
static void on_scraped(struct child *c, int status);
static void on_datagrams(struct io *io, short got, int64_t now_ms);
static size_t on_datagram(void *arg, const uint8_t *p, size_t n,
    const struct addr *from, uint8_t *out);
static void on_expire(struct timer *t, int64_t now_ms);
static void on_rekey(struct timer *t, int64_t now_ms);

static const struct httpd_ops httpd_ops = { .answer = on_request };

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
	if (listen_both(s, host, port) < 0) {
		free(s);
		return NULL;
	}
	for (i = 0; i < s->nlisteners; i++)
		sock_defer(&s->listeners[i]);
	s->httpd = httpd_new(n < 0 ? CALLERS_MAX :
	    (int)MAX(1, MIN(CALLERS_MAX, n - SPARE)), 0, &httpd_ops, s);
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
	httpd_free(s->httpd);
	for (i = 0; i < SCRAPES_MAX; i++)
		proc_child_end(&s->scrapes[i].child);
	net_untimer(&s->expire);
	net_untimer(&s->rekey);
	net_untimer(&s->rest);
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
	static const struct span none;
	struct server *s = io->arg;
	struct addr from;
	int fd, i;

	(void)got, (void)now_ms;
	for (i = 0; i < ACCEPT_BURST; i++) {
		fd = accept_one(s, io->fd, &from);
		if (fd < 0)
			return;
		httpd_call(s->httpd, fd, &from, none);
	}
}

/* For want of a descriptor the oldest caller makes room; if there is none, or
 * it was in vain, the listeners rest, since the call stays there. */
static int
accept_one(struct server *s, int fd, struct addr *from)
{
	int got = sock_accept(fd, from), i;

	if (got < 0 && (errno == EMFILE || errno == ENFILE) &&
	    httpd_shed(s->httpd))
		got = sock_accept(fd, from);
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

static enum reply
on_request(void *arg, struct caller *c, const struct http_request *r,
    int64_t now_ms, struct buf *out)
{
	struct server *s = arg;
	struct answer_event ev;

	if (answer_http(s->track, r, caller_addr(c), now_ms, out, &ev))
		return scrape_all(s, c, r, out);
	if (ev.name && s->event)
		s->event(s->arg, &ev);
	return REPLY_WHOLE;
}

/* Everything is a long list: a child writes it, behind what is in out, at its
 * reader's pace.  If too many do so already, the reply says that. */
static enum reply
scrape_all(struct server *s, struct caller *c, const struct http_request *r,
    struct buf *out)
{
	struct scrape *job = s->scrapes;

	while (job < s->scrapes + SCRAPES_MAX && job->child.pid != 0)
		job++;
	if (job < s->scrapes + SCRAPES_MAX) {
		job->server = s;
		job->fd = caller_fd(c);
		job->request = r;
		job->out = out;
		if (proc_child(&job->child, job->fd, scrape_child, job) == 0)
			return REPLY_HANDED;
	}
	caller_refuse(c, out, "503 Service Unavailable");
	return REPLY_WHOLE;
}

static int
scrape_child(void *arg)
{
	struct scrape *job = arg;
	struct buf *out = job->out;

	alarm(SCRAPE_SEC);
	sock_blocking(job->fd);
	answer_scrape_all(job->server->track, job->request, out);
	return write_all(job->fd, out->p + out->at, buf_left(out)) < 0;
}

static void
on_scraped(struct child *c, int status)
{
	(void)c, (void)status;
}
