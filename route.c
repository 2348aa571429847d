/* Dialling, straight or through a SOCKS5 proxy.  With a proxy its owner sees
 * one stream that takes longer to be there: what is talked with the proxy
 * before is talked here, and of what comes behind not a byte is read.
 *
 * A proxy's name may have several addresses (localhost has two, and most
 * proxies listen on one): the one that does not answer gives its turn to the
 * next, for this stream and for those that follow. */
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
#include "socks.h"
#include "net.h"
#include "sock.h"
#include "resolve.h"
#include "route.h"

enum { WAIT, THERE, MORE }; /* of a talk; -1: it has failed */

static void on_addrs(void *arg, const struct addr *list, int n);
static struct span login_of(const struct route *rt);
static int dial_proxy(struct dial *d);
static int reached(struct dial *d, struct io *io, char why[ROUTE_WHY]);
static int failed(struct dial *d, int err, const char *text,
    char why[ROUTE_WHY]);
static int talk(struct dial *d, struct io *io, char why[ROUTE_WHY]);
static int say(struct dial *d, struct io *io, char why[ROUTE_WHY]);
static int hear(struct dial *d, struct io *io, char why[ROUTE_WHY]);

int
route_parse(struct route *rt, const char *text)
{
	const char *at = strrchr(text, '@'), *colon;
	struct span name = { (const uint8_t *)text, 0 }, password = name;
	char host[ADDR_HOST];
	uint16_t port;
	long n = 0;

	if (at) {
		name.n = (size_t)(at - text);
		colon = memchr(text, ':', name.n);
		if (colon) {
			name.n = (size_t)(colon - text);
			password.p = (const uint8_t *)colon + 1;
			password.n = (size_t)(at - colon) - 1;
		}
		n = socks_login(rt->login, name, password);
		text = at + 1;
	}
	if (n < 0 || addr_split(text, host, &port) < 0)
		return -1;
	rt->login_len = (size_t)n;
	rt->proxy = text;
	return 0;
}

int
route_find(struct route *rt)
{
	char host[ADDR_HOST], text[ADDR_HOST + 8];
	uint16_t port;

	if (!rt->proxy)
		return 0;
	addr_split(rt->proxy, host, &port);
	resolve_start(host, port, on_addrs, rt);
	net_run();
	if (rt->n > 0)
		return 0;
	warn("proxy %s: %s", escape(text, sizeof text, span_of(rt->proxy)),
	    resolve_fault(rt->n));
	return -1;
}

static void
on_addrs(void *arg, const struct addr *list, int n)
{
	struct route *rt = arg;

	rt->n = MIN(n, ROUTE_ADDRS);
	if (n > 0)
		memcpy(rt->addrs, list, (size_t)rt->n * sizeof *list);
	net_stop();
}

int
route_is_proxied(const struct route *rt)
{
	return rt && rt->proxy;
}

void
route_user(const struct route *rt, struct span *name, struct span *password)
{
	name->p = rt->login + 2;
	name->n = rt->login_len > 0 ? rt->login[1] : 0;
	password->p = name->p + name->n + 1;
	password->n = rt->login_len > 0 ? password->p[-1] : 0;
}

static struct span
login_of(const struct route *rt)
{
	struct span s = { rt->login, rt->login_len };

	return s;
}

int
dial_addr(struct dial *d, struct route *rt, const struct addr *to)
{
	memset(d, 0, sizeof *d);
	if (!route_is_proxied(rt))
		return sock_dial(to, rt ? rt->local : NULL);
	d->route = rt;
	d->socks = xmalloc(sizeof *d->socks);
	socks_to(d->socks, to, login_of(rt));
	return dial_proxy(d);
}

int
dial_name(struct dial *d, struct route *rt, const char *host, uint16_t port)
{
	memset(d, 0, sizeof *d);
	d->route = rt;
	d->socks = xcalloc(1, sizeof *d->socks);
	if (socks_to_name(d->socks, host, port, login_of(rt)) == 0)
		return dial_proxy(d);
	dial_end(d);
	errno = ENAMETOOLONG;
	return -1;
}

void
dial_end(struct dial *d)
{
	if (!d->socks)
		return;
	socks_free(d->socks);
	free(d->socks);
	d->socks = NULL;
}

/* The proxy at the address whose turn it is, or at one of the next. */
static int
dial_proxy(struct dial *d)
{
	struct route *rt = d->route;
	int fd;

	while (d->tries++ < rt->n) {
		d->turn = rt->turn;
		fd = sock_dial(&rt->addrs[d->turn], rt->local);
		if (fd >= 0)
			return fd;
		rt->turn = (d->turn + 1) % rt->n;
	}
	dial_end(d);
	return -1;
}

int
dial_go_on(struct dial *d, struct io *io, char why[ROUTE_WHY])
{
	if (!d->connected)
		return reached(d, io, why);
	return talk(d, io, why);
}

/* What was dialled first, if it is there. */
static int
reached(struct dial *d, struct io *io, char why[ROUTE_WHY])
{
	struct route *rt = d->route;

	d->err = sock_error(io->fd);
	if (!d->socks) {
		snprintf(why, ROUTE_WHY, "%s", strerror(d->err));
		return d->err ? -1 : 1;
	}
	if (d->err == 0) {
		d->connected = 1;
		return talk(d, io, why);
	}
	if (rt->turn == d->turn) /* nobody has moved it on meanwhile */
		rt->turn = (d->turn + 1) % rt->n;
	if (d->tries >= rt->n)
		return failed(d, EPROTO, strerror(d->err), why);
	net_close(io);
	io->fd = dial_proxy(d);
	if (io->fd < 0)
		return failed(d, EPROTO, strerror(errno), why);
	net_add(io, POLLOUT);
	return 0;
}

static int
failed(struct dial *d, int err, const char *text,
    char why[ROUTE_WHY])
{
	struct route *rt = d->route;
	char proxy[ADDR_HOST + 8];

	snprintf(why, ROUTE_WHY, "proxy %s: %s", escape(proxy, sizeof proxy,
	    span_of(rt->proxy)), text);
	d->err = err;
	d->is_news = err == EPROTO && !rt->fails;
	rt->fails = err == EPROTO;
	dial_end(d);
	return -1;
}

/* The talk with the proxy, as far as it goes now: it has four messages. */
static int
talk(struct dial *d, struct io *io, char why[ROUTE_WHY])
{
	int r;

	do
		r = buf_left(&d->socks->out) > 0 ? say(d, io, why) :
		    hear(d, io, why);
	while (r == MORE);
	if (r == WAIT)
		net_want(io, buf_left(&d->socks->out) > 0 ? POLLOUT : POLLIN);
	return r;
}

static int
say(struct dial *d, struct io *io, char why[ROUTE_WHY])
{
	struct buf *out = &d->socks->out;
	ssize_t n = send(io->fd, out->p + out->at, buf_left(out),
	    MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return WAIT;
	if (n < 0)
		return failed(d, EPROTO, strerror(errno), why);
	buf_take(out, (size_t)n);
	return MORE;
}

static int
hear(struct dial *d, struct io *io, char why[ROUTE_WHY])
{
	struct socks *s = d->socks;
	uint8_t p[SOCKS_ASK];
	ssize_t n = recv(io->fd, p, socks_wants(s), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return WAIT;
	if (n <= 0)
		return failed(d, EPROTO, n < 0 ? strerror(errno) :
		    "it hung up", why);
	if (socks_feed(s, p, (size_t)n) < 0)
		return failed(d, s->err, s->why, why);
	if (socks_wants(s) > 0)
		return MORE;
	d->route->fails = 0;
	dial_end(d);
	return THERE;
}
