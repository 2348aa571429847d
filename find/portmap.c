/* The mapping of our port, kept.
 *
 * There are two ways to it: PCP or NAT-PMP, asked of the default gateway
 * (natpmp.c), and UPnP (upnp.c).  The way that worked last begins, PCP if none
 * did; the other follows when it has failed, or been silent for a second; the
 * first that works stops the other.  When half of the mapping's life is over
 * all this is done anew, which finds another gateway or another address of
 * ours just as well; when no way works, after a while.
 *
 * This file has the gateway's socket, the two ways' order, and the end. */
#include <sys/types.h>
#include <sys/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "rand.h"
#include "addr.h"
#include "net.h"
#include "sock.h"
#include "find/natpmp.h"
#include "find/upnp.h"
#include "find/portmap.h"

enum {
	LIFETIME   = 3600,       /* seconds of a mapping */
	SILENCE_MS = 1000,       /* then the other way is tried, too */
	AGAIN_MS   = 900 * 1000, /* after no way worked */
	STOP_MS    = 1000,
	ROUTES_MAX = 1 << 20,    /* bytes of the table */
	PACKETS    = 16          /* of the gateway's, read at a time */
};

enum { WAY_GATEWAY, WAY_UPNP, WAYS };

struct way {
	int begun, active;
	char why[128];           /* it does not work */
};

struct portmap {
	uint16_t port;
	uint64_t rnd;
	struct addr inside, gateway;
	int has_gateway;
	struct way ways[WAYS];
	int best;                /* the way that worked last */
	int mapped, stopping;
	struct addr told;        /* port 0: nothing was */
	char said[320];          /* the last message */
	struct timer timer;      /* a renewal, the second way, or the end */
	struct natpmp natpmp;
	struct io io;            /* to the gateway */
	struct timer resend;
	struct upnp upnp;
	const struct portmap_ops *ops;
	void *arg;
};

static void on_timer(struct timer *t, int64_t now_ms);
static void begin(struct portmap *m);
static void look_around(struct portmap *m);
static uint16_t wanted(const struct portmap *m);
static void start(struct portmap *m, int way);
static void start_gateway(struct portmap *m);
static int dial_gateway(struct portmap *m);
static void on_ready(struct io *io, short got, int64_t now_ms);
static void on_resend(struct timer *t, int64_t now_ms);
static void speak(struct portmap *m);
static void on_upnp(void *arg, const char *why);
static void end_ways(struct portmap *m);
static void worked(struct portmap *m, int way);
static void failed(struct portmap *m, int way, const char *why);
static void say(struct portmap *m, const char *fmt, ...) PRINTF(2, 3);

struct portmap *
portmap_start(uint16_t port, uint64_t seed, const struct portmap_ops *ops,
    void *arg)
{
	struct portmap *m = xcalloc(1, sizeof *m);

	m->port = port;
	m->rnd = seed;
	m->timer.fire = on_timer;
	m->timer.arg = m;
	m->resend.fire = on_resend;
	m->resend.arg = m;
	m->io.fd = -1;
	m->io.ready = on_ready;
	m->io.arg = m;
	m->ops = ops;
	m->arg = arg;
	upnp_init(&m->upnp, rnd_seed(&m->rnd), on_upnp, m);
	net_timer(&m->timer, net_now());
	return m;
}

void
portmap_stop(struct portmap *m)
{
	if (m->stopping)
		return;
	m->stopping = 1;
	end_ways(m);
	net_timer(&m->timer, net_now() + (m->mapped ? STOP_MS : 0));
	if (!m->mapped)
		return;
	if (m->best == WAY_UPNP) {
		upnp_remove(&m->upnp);
	} else if (dial_gateway(m) == 0) {
		natpmp_ask(&m->natpmp, 0, 0, net_now());
		speak(m);
	} else {
		net_timer(&m->timer, net_now());
	}
}

void
portmap_free(struct portmap *m)
{
	end_ways(m);
	net_untimer(&m->timer);
	net_bury(free, m);
}

static void
on_timer(struct timer *t, int64_t now_ms)
{
	struct portmap *m = t->arg;

	(void)now_ms;
	if (m->stopping) {
		end_ways(m);
		m->ops->stopped(m->arg);
	} else if (m->ways[m->best].active) {
		start(m, !m->best);
	} else {
		begin(m);
	}
}

static void
begin(struct portmap *m)
{
	end_ways(m);
	memset(m->ways, 0, sizeof m->ways);
	net_timer(&m->timer, net_now() + AGAIN_MS);
	if (sock_source(&m->inside) < 0 || !addr_is4(&m->inside)) {
		say(m, "this host has no IPv4 network");
	} else if (addr_scope(&m->inside) != SCOPE_PRIVATE) {
		say(m, "this host's address is no private one");
	} else {
		m->inside.port = m->port;
		look_around(m);
		net_timer(&m->timer, net_now() + SILENCE_MS);
		start(m, m->best);
	}
}

/* The default gateway. */
static void
look_around(struct portmap *m)
{
	int fd = open("/proc/net/route", O_RDONLY | O_CLOEXEC);
	struct buf b = { 0 };
	struct span text;

	m->has_gateway = 0;
	if (fd < 0)
		return;
	if (slurp(fd, &b, ROUTES_MAX) == 0) {
		text.p = b.p;
		text.n = b.len;
		m->has_gateway = natpmp_gateway(&m->gateway, text) == 0 &&
		    addr_scope(&m->gateway) == SCOPE_PRIVATE;
	}
	m->gateway.port = NATPMP_PORT;
	buf_free(&b);
	close(fd);
}

/* The outside port that is asked for: what others were told. */
static uint16_t
wanted(const struct portmap *m)
{
	return m->told.port ? m->told.port : m->port;
}

static void
start(struct portmap *m, int way)
{
	if (m->ways[way].begun)
		return;
	m->ways[way].begun = m->ways[way].active = 1;
	if (way == WAY_GATEWAY)
		start_gateway(m);
	else
		upnp_start(&m->upnp, &m->inside, m->has_gateway ?
		    &m->gateway : NULL, wanted(m), LIFETIME);
}

static void
start_gateway(struct portmap *m)
{
	if (!m->has_gateway) {
		failed(m, WAY_GATEWAY, "the gateway is not known");
		return;
	}
	if (dial_gateway(m) < 0) {
		failed(m, WAY_GATEWAY, strerror(errno));
		return;
	}
	if (!addr_same(&m->inside, &m->natpmp.inside))
		natpmp_init(&m->natpmp, &m->inside, rnd_seed(&m->rnd));
	natpmp_ask(&m->natpmp, LIFETIME, wanted(m), net_now());
	speak(m);
}

static int
dial_gateway(struct portmap *m)
{
	m->io.fd = sock_dial_udp(&m->gateway, NULL);
	if (m->io.fd < 0)
		return -1;
	net_add(&m->io, POLLIN);
	return 0;
}

static void
on_ready(struct io *io, short got, int64_t now_ms)
{
	struct portmap *m = io->arg;
	uint8_t p[2048];
	ssize_t n = 0;
	int i;

	(void)got;
	for (i = 0; i < PACKETS && n >= 0; i++) {
		n = recv(io->fd, p, sizeof p, 0);
		if (n > 0)
			natpmp_feed(&m->natpmp, p, (size_t)n, now_ms);
	}
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		failed(m, WAY_GATEWAY, strerror(errno));
	else
		speak(m);
}

static void
on_resend(struct timer *t, int64_t now_ms)
{
	(void)now_ms;
	speak(t->arg);
}

/* Says what the gateway is to hear now, or hears that all is said. */
static void
speak(struct portmap *m)
{
	struct natpmp *c = &m->natpmp;
	uint8_t p[NATPMP_MAX];
	size_t n;

	while ((n = natpmp_tick(c, p, net_now())) > 0)
		if (send(m->io.fd, p, n, 0) < 0 && errno != EAGAIN) {
			failed(m, WAY_GATEWAY, strerror(errno));
			return;
		}
	if (c->state == NATPMP_ASKS)
		net_timer(&m->resend, c->due_ms);
	else if (c->state == NATPMP_HAS)
		worked(m, WAY_GATEWAY);
	else
		failed(m, WAY_GATEWAY, c->why);
}

static void
on_upnp(void *arg, const char *why)
{
	if (why)
		failed(arg, WAY_UPNP, why);
	else
		worked(arg, WAY_UPNP);
}

static void
end_ways(struct portmap *m)
{
	net_close(&m->io);
	net_untimer(&m->resend);
	upnp_stop(&m->upnp);
	m->ways[WAY_GATEWAY].active = m->ways[WAY_UPNP].active = 0;
}

static void
worked(struct portmap *m, int way)
{
	const struct addr *a = way == WAY_UPNP ? &m->upnp.outside :
	    &m->natpmp.outside;
	int64_t life = way == WAY_UPNP ? LIFETIME : m->natpmp.granted;
	char text[ADDR_TEXT];

	end_ways(m);
	if (m->stopping) {
		net_timer(&m->timer, net_now());
		return;
	}
	m->best = way;
	m->mapped = 1;
	net_timer(&m->timer, net_now() + life * 1000 / 2);
	say(m, "%s leads here (%s)%s", addr_format(text, a),
	    way == WAY_UPNP ? "UPnP" : natpmp_name(&m->natpmp),
	    addr_scope(a) == SCOPE_GLOBAL ? "" :
	    ", which others cannot reach: there is another NAT before it");
	if (addr_same(a, &m->told))
		return;
	m->told = *a;
	m->ops->mapped(m->arg, a);
}

static void
failed(struct portmap *m, int way, const char *why)
{
	struct way *w = &m->ways[way];

	snprintf(w->why, sizeof w->why, "%s", why);
	w->active = 0;
	if (way == WAY_GATEWAY) {
		net_close(&m->io);
		net_untimer(&m->resend);
	}
	if (m->stopping) {
		net_timer(&m->timer, net_now());
	} else if (!m->ways[!way].begun) {
		net_untimer(&m->timer);
		start(m, !way);
	} else if (!m->ways[!way].active) {
		m->mapped = 0;
		net_timer(&m->timer, net_now() + AGAIN_MS);
		say(m, "PCP: %s; UPnP: %s", m->ways[WAY_GATEWAY].why,
		    m->ways[WAY_UPNP].why);
	}
}

/* Tells what is not told yet. */
static void
say(struct portmap *m, const char *fmt, ...)
{
	char text[sizeof m->said];
	va_list ap;
	int n;

	n = snprintf(text, sizeof text, "port mapping: ");
	va_start(ap, fmt);
	vsnprintf(text + n, sizeof text - (size_t)n, fmt, ap);
	va_end(ap);
	if (strcmp(text, m->said) == 0)
		return;
	snprintf(m->said, sizeof m->said, "%s", text);
	m->ops->message(m->arg, m->said);
}
