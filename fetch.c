/* One HTTP request.  Resolves, dials, sends, reads; a redirect begins anew,
 * within the same deadline.  An address that cannot be reached makes room for
 * the next one of the same name.  Of https another process dials and sends,
 * the address that it is given here, and what it reads is read as if by us.
 *
 * Between may stand a SOCKS5 proxy, which is the route's and gets the URL's
 * name to connect to, or an HTTP proxy, whose own name is resolved and dialled
 * and which gets the whole URL; which of them, if any, is asked anew for each
 * URL that a redirect leads to. */
#include <sys/types.h>
#include <sys/socket.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
#include "fetch.h"

enum { ADDRS = 8 };
enum by { BY_NOBODY, BY_SOCKS, BY_HTTP };

struct fetch {
	struct url url;
	char *query;            /* owned; NULL: none, or redirected */
	struct route *route;
	enum by by;             /* who stands between */
	struct http_proxy proxy; /* BY_HTTP */
	char *post, *head;      /* owned; NULL: a GET */
	struct lookup *lookup;
	struct addr addrs[ADDRS];
	int naddrs, addr_at;
	struct io io;           /* fd -1: not dialled */
	struct dial dial;
	int connecting;
	struct https *https;    /* instead of io; NULL: none is under way */
	int64_t left_ms;        /* of the deadline, until its turn has come */
	struct timer timer;     /* the deadline, or a failure to be told */
	struct buf out, in;
	struct http_reply reply;
	size_t limit;
	int by_user, direct, redirects;
	enum addr_scope from;   /* the widest that redirected */
	int failed;             /* 0: the deadline passes */
	char why[ROUTE_WHY];
	fetch_done *done;
	void *arg;
};

static void begin(struct fetch *f);
static void begin_proxied(struct fetch *f);
static void on_addrs(void *arg, const struct addr *list, int n);
static void dial(struct fetch *f);
static int dial_one(struct fetch *f, const struct addr *to);
static int dialled(struct fetch *f, int fd);
static int dial_https(struct fetch *f, const struct addr *to);
static void on_begun(void *arg);
static void on_data(void *arg, struct span bytes);
static void on_ended(void *arg, int status, const char *why);
static enum addr_scope scope_at(const struct fetch *f);
static void refuse(struct fetch *f, const char *to, enum addr_scope at);
static void on_ready(struct io *io, short got, int64_t now_ms);
static int connected(struct fetch *f);
static void put_request(struct fetch *f);
static void on_read(struct fetch *f);
static int on_bytes(struct fetch *f);
static void on_reply(struct fetch *f);
static void redirect(struct fetch *f);
static void hang_up(struct fetch *f);
static void on_timer(struct timer *t, int64_t now_ms);
static void give_up(struct fetch *f, const char *why);
static void unreached(struct fetch *f, const char *why);
static void finish(struct fetch *f, struct span body, const char *why);
static void fetch_free(void *arg);

static const struct https_ops https_ops = { on_begun, on_data, on_ended };

struct fetch *
fetch_start(const struct url *url, const struct fetch_how *how,
    fetch_done *done, void *arg)
{
	struct fetch *f = xcalloc(1, sizeof *f);

	f->url = *url;
	f->query = how->query ? xstrdup(how->query) : NULL;
	f->post = how->post ? xstrdup(how->post) : NULL;
	f->head = how->post ? xstrdup(how->head) : NULL;
	f->by_user = how->by_user;
	f->direct = how->direct || how->post;
	f->from = SCOPE_LOOPBACK;
	f->route = how->route;
	f->io.fd = -1;
	f->io.ready = on_ready;
	f->io.arg = f;
	f->timer.fire = on_timer;
	f->timer.arg = f;
	f->limit = how->limit;
	f->done = done;
	f->arg = arg;
	net_timer(&f->timer, net_now() + FETCH_MS);
	if (how->to && !route_is_proxied(how->route)) {
		f->addrs[0] = *how->to;
		f->naddrs = 1;
		dial(f);
	} else {
		begin(f);
	}
	return f;
}

void
fetch_stop(struct fetch *f)
{
	if (f->lookup)
		resolve_stop(f->lookup);
	hang_up(f);
	net_untimer(&f->timer);
	net_bury(fetch_free, f);
}

static void
hang_up(struct fetch *f)
{
	net_close(&f->io);
	dial_end(&f->dial);
	if (f->https)
		https_stop(f->https);
	f->https = NULL;
}

static void
fetch_free(void *arg)
{
	struct fetch *f = arg;

	free(f->query);
	free(f->post);
	free(f->head);
	buf_free(&f->out);
	buf_free(&f->in);
	buf_free(&f->reply.body);
	free(f);
}

int
fetch_is_proxied(const struct url *u, const struct route *rt)
{
	struct http_proxy p;

	return u->is_http && (route_is_proxied(rt) || proxy_of(&p, u) != 0);
}

static void
begin(struct fetch *f)
{
	int r;

	f->by = BY_NOBODY;
	f->naddrs = f->addr_at = 0;
	if (route_is_proxied(f->route)) {
		f->by = BY_SOCKS;
		begin_proxied(f);
	} else if ((r = proxy_of(&f->proxy, &f->url)) > 0) {
		f->by = BY_HTTP;
		begin_proxied(f);
	} else if (r < 0) {
		give_up(f, "http_proxy is none: http://host:port is wanted");
	} else {
		f->lookup = resolve_start(f->url.host, f->url.port, on_addrs,
		    f);
	}
}

static void
begin_proxied(struct fetch *f)
{
	enum addr_scope at = scope_at(f);
	int r;

	if (!fetch_may(at, f->from, f->by_user, f->url.path)) {
		refuse(f, f->url.host, at);
	} else if (f->by == BY_HTTP) {
		f->lookup = resolve_start(f->proxy.host, f->proxy.port,
		    on_addrs, f);
	} else {
		r = f->url.is_https ? dial_https(f, NULL) : dialled(f,
		    dial_name(&f->dial, f->route, f->url.host, f->url.port));
		if (r < 0)
			give_up(f, strerror(errno));
	}
}

static void
on_addrs(void *arg, const struct addr *list, int n)
{
	struct fetch *f = arg;

	f->lookup = NULL;
	f->naddrs = MAX(MIN(n, ADDRS), 0);
	f->addr_at = 0;
	memcpy(f->addrs, list, (size_t)f->naddrs * sizeof *list);
	if (n > 0)
		dial(f);
	else if (f->by == BY_HTTP)
		unreached(f, resolve_fault(n));
	else if (n == 0 && f->redirects > 0)
		give_up(f, "the name that it redirects to does not resolve");
	else
		give_up(f, resolve_fault(n));
}

static void
dial(struct fetch *f)
{
	const struct addr *to, *refused = NULL;
	char text[ADDR_TEXT];
	int why = 0;

	while (f->addr_at < f->naddrs) {
		to = &f->addrs[f->addr_at++];
		if (f->by == BY_NOBODY && !fetch_may(addr_scope(to), f->from,
		    f->by_user, f->url.path)) {
			refused = to;
			continue;
		}
		if ((f->url.is_https ? dial_https(f, to) :
		    dial_one(f, to)) == 0)
			return;
		why = errno;
	}
	if (refused && why == 0)
		refuse(f, addr_format(text, refused), addr_scope(refused));
	else
		unreached(f, strerror(why ? why : ETIMEDOUT));
}

/* 0, or -1 with errno. */
static int
dial_one(struct fetch *f, const struct addr *to)
{
	return dialled(f, dial_addr(&f->dial, f->route, to));
}

static int
dialled(struct fetch *f, int fd)
{
	f->io.fd = fd;
	if (fd < 0)
		return -1;
	f->connecting = 1;
	net_add(&f->io, POLLOUT);
	return 0;
}

/* The same, of a process that dials, and has the rest of our time. */
static int
dial_https(struct fetch *f, const struct addr *to)
{
	struct curl_ask a;

	memset(&a, 0, sizeof a);
	if (curl_ask_url(&a, &f->url, f->query) < 0) {
		errno = EMSGSIZE;
		return -1;
	}
	https_aim(&a, f->route, to);
	f->left_ms = MAX(f->timer.when_ms - net_now(), 1);
	a.limit = (uint32_t)MIN(f->limit, UINT32_MAX);
	a.wait_s = (uint32_t)(f->left_ms / 1000 + 1);
	net_untimer(&f->timer);
	f->https = https_start(&a, &https_ops, f);
	return 0;
}

static void
on_begun(void *arg)
{
	struct fetch *f = arg;

	net_timer(&f->timer, net_now() + f->left_ms);
}

static void
on_data(void *arg, struct span bytes)
{
	struct fetch *f = arg;

	buf_put(&f->in, bytes.p, bytes.n);
	if (on_bytes(f) == 0 && http_reply_done(&f->reply))
		on_reply(f);
}

static void
on_ended(void *arg, int status, const char *why)
{
	struct fetch *f = arg;

	f->https = NULL;
	if (status == CURL_UNREACHED && f->addr_at < f->naddrs)
		dial(f);
	else if (!why && http_reply_eof(&f->reply))
		on_reply(f);
	else
		give_up(f, why ? why : f->reply.why);
}

/* Of what is asked now: the address that was dialled counts, whatever the name
 * said before. */
static enum addr_scope
scope_at(const struct fetch *f)
{
	return f->by == BY_NOBODY ? addr_scope(&f->addrs[f->addr_at - 1]) :
	    proxy_scope(f->url.host);
}

/* Where it is not to go. */
static void
refuse(struct fetch *f, const char *to, enum addr_scope at)
{
	char text[100], why[300];

	escape(text, sizeof text, span_of(to));
	if (at < f->from)
		snprintf(why, sizeof why, "it redirects to %s, which belongs "
		    "to this host or its network", text);
	else
		snprintf(why, sizeof why, "%s belongs to this host or its "
		    "network: a torrent may name /announce alone there, -a "
		    "any path", text);
	give_up(f, why);
}

int
fetch_may(enum addr_scope at, enum addr_scope from, int by_user,
    const char *path)
{
	size_t n = strcspn(path, "?");

	while (n > 0 && path[n - 1] != '/')
		n--;
	/* what BEP 48 knows an announce by, and calls a scrape */
	return at >= from && (at == SCOPE_GLOBAL || by_user ||
	    strncmp(path + n, "announce", 8) == 0 ||
	    strncmp(path + n, "scrape", 6) == 0);
}

static void
on_ready(struct io *io, short got, int64_t now_ms)
{
	struct fetch *f = io->arg;
	ssize_t n;

	(void)now_ms;
	if (f->connecting && !connected(f))
		return;
	if (buf_left(&f->out) > 0) {
		n = send(io->fd, f->out.p + f->out.at, buf_left(&f->out),
		    MSG_NOSIGNAL);
		if (n > 0)
			buf_take(&f->out, (size_t)n);
		net_want(io, buf_left(&f->out) > 0 ? POLLOUT : POLLIN);
	}
	if (got & (POLLIN | POLLHUP | POLLERR))
		on_read(f);
}

/* Whether the stream is there now, for the request to be sent. */
static int
connected(struct fetch *f)
{
	char why[ROUTE_WHY];
	int r = dial_go_on(&f->dial, &f->io, why);

	if (r > 0) {
		f->connecting = 0;
		put_request(f);
	} else if (r < 0) {
		net_close(&f->io);
		if (f->addr_at < f->naddrs)
			dial(f);
		else
			unreached(f, why);
	}
	return r > 0;
}

static void
put_request(struct fetch *f)
{
	if (f->by == BY_HTTP)
		http_get_by(&f->out, &f->url, f->query, f->proxy.user);
	else if (f->post)
		http_post(&f->out, &f->url, f->head, f->post);
	else
		http_get(&f->out, &f->url, f->query);
}

static void
on_read(struct fetch *f)
{
	ssize_t n = recv(f->io.fd, buf_room(&f->in, 16384), 16384, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		give_up(f, strerror(errno));
		return;
	}
	f->in.len += (size_t)n;
	if (on_bytes(f) < 0)
		return;
	if (http_reply_done(&f->reply) ||
	    (n == 0 && http_reply_eof(&f->reply)))
		on_reply(f);
	else if (n == 0)
		give_up(f, f->reply.why);
}

/* Reads what has come: 0, or -1: it is given up. */
static int
on_bytes(struct fetch *f)
{
	long k;

	f->reply.limit = f->limit;
	k = http_reply_feed(&f->reply, f->in.p + f->in.at, buf_left(&f->in));
	if (k < 0) {
		give_up(f, f->reply.why);
		return -1;
	}
	buf_take(&f->in, (size_t)k);
	return 0;
}

static void
on_reply(struct fetch *f)
{
	int status = f->reply.status, packed = http_reply_unpack(&f->reply);
	struct span body = { f->reply.body.p, f->reply.body.len };
	char why[128];

	if (!f->direct && (status == 301 || status == 302 || status == 303 ||
	    status == 307 || status == 308)) {
		redirect(f);
	} else if (status != 200) {
		snprintf(why, sizeof why, "HTTP status %d%s", status,
		    status == 401 ? ": http://name:password@... is wanted" :
		    status == 407 && f->by == BY_HTTP ? " of the proxy: "
		    "http_proxy=http://name:password@... is wanted" : "");
		finish(f, body, why);
	} else {
		finish(f, body, packed < 0 ? f->reply.why : NULL);
	}
}

static void
redirect(struct fetch *f)
{
	struct span none = { NULL, 0 };
	char text[100], why[160];
	struct url to;

	if (f->redirects++ == FETCH_REDIRECTS) {
		finish(f, none, "too many redirects");
		return;
	}
	if (url_resolve(&to, &f->url, span_of(f->reply.location)) < 0 ||
	    !to.is_http) {
		snprintf(why, sizeof why, "it redirects to where btsh cannot "
		    "go: %s", escape(text, sizeof text,
		    span_of(f->reply.location)));
		finish(f, none, why);
		return;
	}
	/* the query came back in Location, or was not wanted there */
	if (strchr(to.path, '?')) {
		free(f->query);
		f->query = NULL;
	}
	f->from = MAX(f->from, scope_at(f));
	f->url = to;
	hang_up(f);
	buf_free(&f->out);
	buf_free(&f->in);
	buf_free(&f->reply.body);
	memset(&f->reply, 0, sizeof f->reply);
	begin(f);
}

static void
on_timer(struct timer *t, int64_t now_ms)
{
	struct fetch *f = t->arg;
	struct span none = { NULL, 0 };

	(void)now_ms;
	finish(f, none, f->failed ? f->why : "no answer in time");
}

/* Fails, at the next round: callers may still be inside fetch_start. */
static void
give_up(struct fetch *f, const char *why)
{
	snprintf(f->why, sizeof f->why, "%s", why);
	f->failed = 1;
	hang_up(f);
	net_timer(&f->timer, net_now());
}

/* The same of whoever was dialled. */
static void
unreached(struct fetch *f, const char *why)
{
	char name[100], text[ROUTE_WHY];

	if (f->by == BY_HTTP) {
		snprintf(text, sizeof text, "proxy %s:%u: %s",
		    escape(name, sizeof name, span_of(f->proxy.host)),
		    f->proxy.port, why);
		why = text;
	}
	give_up(f, why);
}

static void
finish(struct fetch *f, struct span body, const char *why)
{
	fetch_stop(f);
	f->done(f->arg, body, why);
}
