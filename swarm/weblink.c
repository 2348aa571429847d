/* A connection to a web seed: dialled as fetch.c does, straight, by a SOCKS5
 * or an HTTP proxy, or of https by another process, a request each.  What is
 * allowed of an address is webseed.c's to say, and asked anew for each that is
 * dialled.
 *
 * One buffer serves all, as of link.c: a connection keeps no more than a block
 * that has not come whole.  It stays when a run is over and is used for the
 * next, unless that is elsewhere. */
#include <sys/types.h>
#include <sys/socket.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "addr.h"
#include "url.h"
#include "http.h"
#include "proxy.h"
#include "net.h"
#include "resolve.h"
#include "route.h"
#include "curl.h"
#include "https.h"
#include "rate.h"
#include "limit.h"
#include "swarm/webseed.h"
#include "swarm/weblink.h"

enum {
	READ_MAX   = 256 << 10, /* bytes a round */
	KEPT_MAX   = BLOCK_LEN, /* and more than a head */
	CONNECT_MS = 10000,
	PROXY_MS   = 30000,     /* the same by a proxy */
	SILENCE_MS = 20000,
	HTTPS_S    = 600        /* for a request by another process */
};

static int is_there(const struct weblink *l, const struct url *u);
static void begin(struct weblink *l);
static void begin_proxied(struct weblink *l);
static void on_addrs(void *arg, const struct addr *list, int n);
static void dial(struct weblink *l);
static void dialled(struct weblink *l, int fd);
static void connected(struct weblink *l);
static void on_ready(struct io *io, short got, int64_t now_ms);
static int ask(struct weblink *l);
static int ask_https(struct weblink *l, const struct web_ask *w);
static void do_write(struct weblink *l);
static void do_read(struct weblink *l, int64_t now_ms);
static long eat(struct weblink *l, const uint8_t *p, size_t n);
static void on_begun(void *arg);
static void on_data(void *arg, struct span bytes);
static void on_ended(void *arg, int status, const char *why);
static void want(struct weblink *l);
static void on_turn(void *owner);
static enum addr_scope scope_at(const struct weblink *l);
static void hang_up(struct weblink *l);
static void fail(struct weblink *l, enum web_end end, const char *why);
static void over(struct weblink *l);

static const struct https_ops https_ops = { on_begun, on_data, on_ended };

void
weblink_init(struct weblink *l, struct route *route, struct limit *limit,
    const struct weblink_ops *ops)
{
	l->route = route;
	l->limit = limit;
	l->ops = ops;
	l->turn.owner = l;
	l->turn.go = on_turn;
	l->io.fd = -1;
	l->io.ready = on_ready;
	l->io.arg = l;
}

int
weblink_is_up(const struct weblink *l)
{
	return l->state != WEB_OFF;
}

void
weblink_close(struct weblink *l)
{
	webtalk_end(&l->talk);
	hang_up(l);
}

void
weblink_free(struct weblink *l)
{
	buf_free(&l->in);
	buf_free(&l->out);
}

static void
hang_up(struct weblink *l)
{
	limit_leave(l->limit, &l->turn);
	net_close(&l->io);
	dial_end(&l->dial);
	if (l->https)
		https_stop(l->https);
	if (l->lookup)
		resolve_stop(l->lookup);
	l->https = NULL;
	l->lookup = NULL;
	l->state = WEB_OFF;
	l->in.at = l->in.len = 0;
	l->out.at = l->out.len = 0;
}

void
weblink_go(struct weblink *l)
{
	if (l->state == WEB_OFF)
		begin(l);
	else if (l->state == WEB_ON)
		want(l);
}

void
weblink_tick(struct weblink *l, int64_t now_ms)
{
	int held = l->held || l->turn.waits;

	l->held = 0;
	if (held)
		l->heard_ms = now_ms;
	if (l->state == WEB_DIALS && !l->https && now_ms - l->since_ms >
	    (l->by == BY_NOBODY ? CONNECT_MS : PROXY_MS))
		fail(l, WEB_LATER, "connecting took too long");
	else if (l->state == WEB_ON && webtalk_owes(&l->talk) &&
	    now_ms - l->heard_ms > SILENCE_MS) {
		webtalk_silent(&l->talk);
		over(l);
	}
}

/* Whether a URL is asked for where the connection leads. */
static int
is_there(const struct weblink *l, const struct url *u)
{
	return strcmp(u->host, l->url.host) == 0 && u->port == l->url.port &&
	    u->is_https == l->url.is_https;
}

/* Dials whom the next request goes to. */
static void
begin(struct weblink *l)
{
	struct web_ask a;
	struct url u;
	int known, r;

	webtalk_open(&l->talk);
	l->state = WEB_DIALS;
	l->since_ms = l->heard_ms = net_now();
	if (!webtalk_ask(&l->talk, &a) ||
	    webseed_url(l->talk.ws, a.file, &u) < 0) {
		fail(l, WEB_DEAD, "the path of a file is too long");
		return;
	}
	webtalk_open(&l->talk); /* it is asked once that is possible */
	known = l->naddrs > 0 && is_there(l, &u);
	l->url = u;
	if (known && l->by == BY_NOBODY) {
		l->addr_at = MAX(l->addr_at - 1, 0);
		dial(l);
		return;
	}
	l->by = BY_NOBODY;
	l->naddrs = l->addr_at = 0;
	if (route_is_proxied(l->route)) {
		l->by = BY_SOCKS;
		begin_proxied(l);
	} else if ((r = proxy_of(&l->proxy, &u)) > 0) {
		l->by = BY_HTTP;
		begin_proxied(l);
	} else if (r < 0) {
		fail(l, WEB_LATER, "http_proxy is none: http://host:port is "
		    "wanted");
	} else {
		l->lookup = resolve_start(u.host, u.port, on_addrs, l);
	}
}

static void
begin_proxied(struct weblink *l)
{
	if (!webseed_may(l->talk.ws, scope_at(l), &l->url))
		fail(l, WEB_DEAD, "it belongs to this host or its network");
	else if (l->by == BY_HTTP)
		l->lookup = resolve_start(l->proxy.host, l->proxy.port,
		    on_addrs, l);
	else if (l->url.is_https)
		connected(l);
	else
		dialled(l, dial_name(&l->dial, l->route, l->url.host,
		    l->url.port));
}

static void
on_addrs(void *arg, const struct addr *list, int n)
{
	struct weblink *l = arg;

	l->lookup = NULL;
	l->naddrs = MAX(MIN(n, WEB_ADDRS), 0);
	l->addr_at = 0;
	memcpy(l->addrs, list, (size_t)l->naddrs * sizeof *list);
	if (n > 0)
		dial(l);
	else
		fail(l, WEB_LATER, resolve_fault(n));
}

/* The next address that may be asked. */
static void
dial(struct weblink *l)
{
	const struct addr *to;
	int refused = 0;

	while (l->addr_at < l->naddrs) {
		to = &l->addrs[l->addr_at++];
		if (l->by == BY_HTTP || webseed_may(l->talk.ws,
		    addr_scope(to), &l->url)) {
			if (l->url.is_https)
				connected(l);
			else
				dialled(l, dial_addr(&l->dial, l->route, to));
			return;
		}
		refused = 1;
	}
	l->naddrs = 0;
	if (refused)
		fail(l, WEB_DEAD, "it belongs to this host or its network");
	else
		fail(l, WEB_LATER, strerror(ETIMEDOUT));
}

static void
dialled(struct weblink *l, int fd)
{
	l->io.fd = fd;
	if (fd >= 0)
		net_add(&l->io, POLLOUT);
	else if (l->by != BY_SOCKS && l->addr_at < l->naddrs)
		dial(l);
	else
		fail(l, WEB_LATER, strerror(errno));
}

/* Of what is dialled: the address counts, whatever the name said before. */
static enum addr_scope
scope_at(const struct weblink *l)
{
	return l->by == BY_NOBODY ? addr_scope(&l->addrs[l->addr_at - 1]) :
	    proxy_scope(l->url.host);
}

static void
connected(struct weblink *l)
{
	l->state = WEB_ON;
	l->heard_ms = net_now();
	l->talk.scope = scope_at(l);
	want(l);
}

static void
on_ready(struct io *io, short got, int64_t now_ms)
{
	struct weblink *l = io->arg;
	char why[ROUTE_WHY];
	int r = 1;

	if (l->state == WEB_DIALS) {
		r = dial_go_on(&l->dial, &l->io, why);
		if (r > 0) {
			connected(l);
		} else if (r < 0 && l->by != BY_SOCKS &&
		    l->addr_at < l->naddrs) {
			net_close(&l->io);
			dial(l);
		} else if (r < 0) {
			l->naddrs = 0;
			fail(l, WEB_LATER, why);
		}
		return;
	}
	if (got & (POLLIN | POLLHUP | POLLERR))
		do_read(l, now_ms);
	if (l->state == WEB_ON && l->io.fd >= 0 && buf_left(&l->out) > 0)
		do_write(l);
}

/* Requests what is to be requested now, and waits for what is to come. */
static void
want(struct weblink *l)
{
	short events = l->turn.waits ? 0 : POLLIN;

	if (l->state != WEB_ON || ask(l) < 0)
		return;
	if (l->https)
		https_hold(l->https, l->turn.waits);
	if (buf_left(&l->out) > 0)
		events |= POLLOUT;
	net_want(&l->io, events);
}

/* 0, or -1: the connection is over. */
static int
ask(struct weblink *l)
{
	struct web_ask a;
	struct url u;
	int r;

	while (!l->https && webtalk_ask(&l->talk, &a)) {
		r = webseed_url(l->talk.ws, a.file, &u);
		if (r < 0 || !is_there(l, &u)) {
			webtalk_unask(&l->talk, &a);
			if (r == 0 && webtalk_owes(&l->talk))
				break; /* once this is here */
			fail(l, r < 0 ? WEB_DEAD : WEB_AGAIN, r < 0 ?
			    "the path of a file is too long" :
			    "another file is elsewhere");
			return -1;
		}
		l->url = u;
		if (!u.is_https)
			http_get_range(&l->out, &u, l->by == BY_HTTP ?
			    l->proxy.user : NULL, a.off, a.off + a.len - 1);
		else if (ask_https(l, &a) < 0)
			return -1;
	}
	return 0;
}

static int
ask_https(struct weblink *l, const struct web_ask *w)
{
	struct curl_ask a;

	memset(&a, 0, sizeof a);
	if (curl_ask_url(&a, &l->url, NULL) < 0) {
		fail(l, WEB_DEAD, "the path of a file is too long");
		return -1;
	}
	https_aim(&a, l->route, l->by == BY_SOCKS ? NULL :
	    &l->addrs[l->addr_at - 1]);
	a.is_ranged = 1;
	a.first = w->off;
	a.last = w->off + w->len - 1;
	a.limit = UINT32_MAX;
	a.wait_s = HTTPS_S;
	l->https = https_start(&a, &https_ops, l);
	return 0;
}

static void
on_begun(void *arg)
{
	struct weblink *l = arg;

	l->heard_ms = net_now();
}

static void
on_data(void *arg, struct span bytes)
{
	struct weblink *l = arg;
	long k;

	limit_ask(l->limit, &l->turn, net_now());
	limit_spend(l->limit, &l->turn, (int64_t)bytes.n);
	buf_put(&l->in, bytes.p, bytes.n);
	k = eat(l, l->in.p + l->in.at, buf_left(&l->in));
	if (k < 0)
		return;
	buf_take(&l->in, (size_t)k);
	l->held |= limit_ask(l->limit, &l->turn, net_now()) == 0;
	want(l);
}

/* Each of its requests is a connection of its own. */
static void
on_ended(void *arg, int status, const char *why)
{
	struct weblink *l = arg;
	char missing[CURL_WHY];

	l->https = NULL;
	if (status == CURL_UNREACHED && l->addr_at < l->naddrs) {
		webtalk_open(&l->talk);
		dial(l);
	} else if (why || webtalk_owes(&l->talk)) {
		webtalk_eof(&l->talk, why && !*why ? https_missing(missing) :
		    why);
		over(l);
	} else {
		webtalk_open(&l->talk);
		want(l);
	}
}

static void
on_turn(void *owner)
{
	want(owner);
}

static void
do_write(struct weblink *l)
{
	ssize_t n = send(l->io.fd, l->out.p + l->out.at, buf_left(&l->out),
	    MSG_NOSIGNAL);

	if (n > 0)
		buf_take(&l->out, (size_t)n);
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		return; /* what it has said before is read first */
	want(l);
}

static void
do_read(struct weblink *l, int64_t now_ms)
{
	static uint8_t shared[KEPT_MAX + READ_MAX];
	size_t had = buf_left(&l->in);
	int64_t most = limit_ask(l->limit, &l->turn, now_ms);
	ssize_t n;
	long k;

	l->held |= most == 0;
	if (most <= 0) {
		want(l);
		return;
	}
	n = recv(l->io.fd, shared + had, (size_t)MIN(most, READ_MAX), 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		webtalk_eof(&l->talk, n < 0 ? strerror(errno) : NULL);
		over(l);
		return;
	}
	limit_spend(l->limit, &l->turn, n);
	if (had > 0)
		memcpy(shared, l->in.p + l->in.at, had);
	l->in.at = l->in.len = 0;
	k = eat(l, shared, had + (size_t)n);
	if (k < 0)
		return;
	buf_put(&l->in, shared + k, had + (size_t)n - (size_t)k);
	want(l);
}

/* Feeds n bytes, over the ends of runs: how many are consumed, or -1: the
 * connection is over. */
static long
eat(struct weblink *l, const uint8_t *p, size_t n)
{
	struct webtalk *t = &l->talk;
	int64_t got = t->got, from, to;
	size_t done = 0;
	long k;

	do {
		k = webtalk_feed(t, p + done, n - done);
		done += k > 0 ? (size_t)k : 0;
		if (t->got != got)
			l->heard_ms = net_now();
	} while (k >= 0 && l->state == WEB_ON && webtalk_is_done(t) &&
	    l->ops->next(t->arg) && done < n);
	t->ops->fed(t->arg);
	if (l->state != WEB_ON)
		return -1;
	if (k >= 0 && !webtalk_is_over(t) && !(webtalk_is_done(t) &&
	    (webtalk_rest(t, &from, &to) || done < n)) && n - done <= KEPT_MAX)
		return (long)done;
	if (k >= 0)
		webtalk_eof(t, NULL);
	over(l);
	return -1;
}

/* Ends the connection for a reason of ours. */
static void
fail(struct weblink *l, enum web_end end, const char *why)
{
	struct webtalk *t = &l->talk;

	t->end = end;
	t->retry_s = -1;
	snprintf(t->ws->why, sizeof t->ws->why, "%.*s", WEB_WHY - 1, why);
	over(l);
}

static void
over(struct weblink *l)
{
	hang_up(l);
	l->ops->over(l->talk.arg);
}
