/* One announce to one tracker, or one scrape.
 *
 * A tracker's name may have addresses of both families, and a tracker sees
 * only the address that we come from (BEP 7): so an announce has up to two
 * legs, one a family, at the same time, and so has a scrape.  It has worked if
 * one of them has. */
#include <sys/types.h>
#include <sys/socket.h>
#include <inttypes.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "sha1.h"
#include "bencode.h"
#include "addr.h"
#include "url.h"
#include "udpt.h"
#include "net.h"
#include "sock.h"
#include "resolve.h"
#include "fetch.h"
#include "find/ask.h"

enum {
	INTERVAL_MIN  = 60,      /* seconds, whatever the tracker says */
	INTERVAL_MAX  = 86400,
	INTERVAL      = 1800,    /* if it says nothing */
	BODY_MAX      = 1 << 20,
	PEERS_MAX     = 200,     /* of one reply */
	UDP_MS        = 20000,   /* a tracker's whole time; BEP 15's 15 s */
	UDP_RESEND_MS = 4000     /* and more would leave it one datagram */
};

static void ask(struct ask *k, int by_user, char *id);
static void on_addrs(void *arg, const struct addr *list, int n);
static void leg_start(struct leg *l);
static void leg_end(struct leg *l, const char *why);
static void params(struct ask *k, struct announce_params *p);
static void http_ask(struct leg *l);
static void announce_query(struct buf *q, const struct ask *k,
    const struct announce_params *p);
static void on_http(void *arg, struct span body, const char *why);
static const char *refused(struct ask *k, struct span reason);
static const char *read_reply(struct leg *l, struct span body,
    const char *why);
static const char *no_answer(struct ask *k, struct span body);
static int64_t within(int64_t seconds);
static void read_peers(struct ask *k, struct span d);
static void ask_name(struct ask *k, const char *name, uint16_t port);
static void on_name(void *arg, const struct addr *list, int n);
static int unpack(struct addr list[PEERS_MAX], int n, struct span v, int is4);
static void udp_ask(struct leg *l);
static void udp_send(struct leg *l);
static void on_udp(struct io *io, short got, int64_t now_ms);
static void on_udp_tally(struct leg *l, const struct udpt_reply *r);
static void on_udp_timer(struct timer *t, int64_t now_ms);

void
ask_init(struct ask *k, struct route *rt, uint64_t seed,
    const struct ask_ops *ops, void *arg)
{
	int i;

	memset(k, 0, sizeof *k);
	k->interval = k->min_interval = INTERVAL;
	k->route = rt;
	k->rnd = seed;
	k->ops = ops;
	k->arg = arg;
	for (i = 0; i < 2; i++) {
		k->legs[i].ask = k;
		k->legs[i].io.ready = on_udp;
		k->legs[i].io.arg = &k->legs[i];
		k->legs[i].timer.fire = on_udp_timer;
		k->legs[i].timer.arg = &k->legs[i];
	}
}

void
ask_start(struct ask *k, const char *url, int by_user, char *id)
{
	url_parse(&k->url, url);
	k->scrapes = 0;
	ask(k, by_user, id);
}

const char *
ask_scrape(struct ask *k, const char *url, int by_user)
{
	if (ask_cannot(k->why, url, k->route))
		return k->why;
	url_parse(&k->url, url);
	if (k->url.is_http && tally_path(k->url.path) < 0)
		return "it has no scrape: its path has no announce";
	k->tally = TALLY_NONE;
	k->scrapes = 1;
	ask(k, by_user, NULL);
	return NULL;
}

int
ask_cannot(char why[64], const char *url, const struct route *rt)
{
	struct url u;
	int udp, by_proxy = route_is_proxied(rt);

	if (url_parse(&u, url) < 0) {
		snprintf(why, 64, "not a URL, scheme://host:port/path");
		return 1;
	}
	udp = strcmp(u.scheme, "udp") == 0;
	snprintf(why, 64, udp && by_proxy ? "udp:// does not go through the "
	    "proxy" : udp ? "udp:// needs a port" :
	    "btsh does not speak %s", u.scheme);
	return u.port == 0 || (udp ? by_proxy : !u.is_http);
}

static void
ask(struct ask *k, int by_user, char *id)
{
	k->worked = 0;
	k->why[0] = '\0';
	k->by_user = by_user;
	k->id = id;
	k->legs[0].by_name = fetch_is_proxied(&k->url, k->route);
	if (k->legs[0].by_name) {
		k->legs[0].active = 1;
		leg_start(&k->legs[0]);
		return;
	}
	k->lookup = resolve_start(k->url.host, k->url.port, on_addrs, k);
}

void
ask_stop(struct ask *k)
{
	size_t i;

	if (k->lookup)
		resolve_stop(k->lookup);
	k->lookup = NULL;
	for (i = 0; i < LEN(k->names); i++) {
		if (k->names[i].lookup)
			resolve_stop(k->names[i].lookup);
		k->names[i].lookup = NULL;
	}
	for (i = 0; i < 2; i++) {
		if (k->legs[i].fetch)
			fetch_stop(k->legs[i].fetch);
		k->legs[i].fetch = NULL;
		net_close(&k->legs[i].io);
		net_untimer(&k->legs[i].timer);
		k->legs[i].active = 0;
	}
}

int
ask_is_out(const struct ask *k)
{
	return k->legs[0].active || k->legs[1].active;
}

static void
on_addrs(void *arg, const struct addr *list, int n)
{
	struct ask *k = arg;
	int i, is4;

	k->lookup = NULL;
	for (i = 0; i < n; i++) {
		is4 = addr_is4(&list[i]);
		if (!k->legs[is4].active) {
			k->legs[is4].active = 1;
			k->legs[is4].addr = list[i];
		}
	}
	if (n <= 0) {
		k->ops->done(k->arg, resolve_fault(n));
		return;
	}
	for (i = 0; i < 2; i++)
		if (k->legs[i].active)
			leg_start(&k->legs[i]);
}

static void
leg_start(struct leg *l)
{
	if (strcmp(l->ask->url.scheme, "udp") == 0)
		udp_ask(l);
	else
		http_ask(l);
}

/* A leg is through; why: it failed. */
static void
leg_end(struct leg *l, const char *why)
{
	/* clang takes no_answer's k->why for NULL, and so k; answered in
	 * tests/analyze.sh */
	struct ask *k = l->ask;

	if (!l->active)
		return; /* ops have stopped it meanwhile */
	net_close(&l->io);
	net_untimer(&l->timer);
	l->active = 0;
	if (!why)
		k->worked = 1;
	else if (why != k->why && *why) /* the other leg's may say more */
		snprintf(k->why, sizeof k->why, "%s", why);
	if (!ask_is_out(k))
		k->ops->done(k->arg, k->worked ? NULL : k->why);
}

static void
params(struct ask *k, struct announce_params *p)
{
	memset(p, 0, sizeof *p);
	k->ops->params(k->arg, p);
	k->wants = p->numwant != 0;
}

static void
http_ask(struct leg *l)
{
	struct ask *k = l->ask;
	struct fetch_how how = { .to = l->by_name ? NULL : &l->addr,
	    .route = k->route, .limit = BODY_MAX, .by_user = k->by_user };
	struct announce_params p;
	struct buf q = { 0 };

	params(k, &p);
	buf_printf(&q, "info_hash=");
	pct_encode(&q, p.hash, ID_LEN);
	if (!k->scrapes)
		announce_query(&q, k, &p);
	buf_put(&q, "", 1);
	how.query = (char *)q.p;
	l->fetch = fetch_start(&k->url, &how, on_http, l);
	buf_free(&q);
}

/* What an announce says besides. */
static void
announce_query(struct buf *q, const struct ask *k,
    const struct announce_params *p)
{
	static const char *const events[] = { "", "&event=completed",
	    "&event=started", "&event=stopped" };
	const char *event = p->event == EVENT_NONE && p->partial_seed ?
	    "&event=paused" : events[p->event];

	buf_printf(q, "&peer_id=");
	pct_encode(q, p->id, ID_LEN);
	buf_printf(q, "&port=%u&uploaded=%" PRId64 "&downloaded=%" PRId64
	    "&left=%" PRId64 "&compact=1&no_peer_id=1&numwant=%d&key=%08x%s",
	    p->port, p->uploaded, p->downloaded, p->left, p->numwant,
	    (unsigned)p->key, event);
	if (*k->id)
		buf_printf(q, "&trackerid=%s", k->id);
}

static void
on_http(void *arg, struct span body, const char *why)
{
	struct leg *l = arg;

	l->fetch = NULL;
	leg_end(l, read_reply(l, body, why));
}

/* What a tracker's reason says, and what to do if it does not know the
 * torrent. */
static const char *
refused(struct ask *k, struct span reason)
{
	static const char *const words[] = { "register", "not found",
	    "unknown torrent", "not auth", "not serve" };
	char text[128], low[128];
	const char *hint = "";
	size_t i;

	escape(text, sizeof text, reason);
	for (i = 0; text[i]; i++)
		low[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ?
		    text[i] | 0x20 : text[i]);
	low[i] = '\0';
	for (i = 0; i < LEN(words) && !k->scrapes; i++)
		if (strstr(low, words[i]))
			hint = "; have it registered there, or name another "
			    "tracker by -a";
	snprintf(k->why, sizeof k->why, "it refuses: %s%s", text, hint);
	return k->why;
}

/* NULL, or what is wrong; why: what was wrong with how it came. */
static const char *
read_reply(struct leg *l, struct span body, const char *why)
{
	struct ask *k = l->ask;
	long n = ben_parse(body.p, body.n);
	struct announce_params p;
	struct swarm_tally tally;
	struct span s;
	struct buf id = { 0 };
	char text[128];

	if (n <= 0 || ben_kind(body) != 'd')
		return why ? why : no_answer(k, body);
	body.n = (size_t)n;
	s = ben_get_str(body, "failure reason");
	if (s.p) /* some trackers have it below a status of 400 */
		return refused(k, s);
	if (why)
		return why;
	if (k->scrapes) {
		params(k, &p);
		why = tally_read(&tally, body, p.hash);
		if (!why)
			tally_most(&k->tally, &tally);
		return why;
	}
	s = ben_get_str(body, "warning message");
	if (s.n > 0)
		k->ops->warned(k->arg, escape(text, sizeof text, s));
	if (!l->active)
		return NULL; /* that was its effect */
	k->interval = within(ben_get_int(body, "interval", INTERVAL));
	k->min_interval = within(ben_get_int(body, "min interval",
	    k->interval));
	k->interval = MAX(k->interval, k->min_interval);
	s = ben_get_str(body, "tracker id");
	if (s.n > 0 && s.n * 3 < ASK_ID) {
		pct_encode(&id, s.p, s.n);
		memcpy(k->id, id.p, id.len);
		k->id[id.len] = '\0';
		buf_free(&id);
	}
	read_peers(k, body);
	return NULL;
}

static const char *
no_answer(struct ask *k, struct span body)
{
	char text[64];

	if (body.n == 0)
		return "its answer is empty";
	body.n = MIN(body.n, 40);
	snprintf(k->why, sizeof k->why, "its answer is not a tracker's: %s",
	    escape(text, sizeof text, body));
	return k->why;
}

/* A tracker's interval, kept within reason. */
static int64_t
within(int64_t seconds)
{
	return MAX(INTERVAL_MIN, MIN(seconds, INTERVAL_MAX));
}

static void
read_peers(struct ask *k, struct span d)
{
	struct span peers = ben_get(d, "peers"), it, one, ip;
	struct addr list[PEERS_MAX];
	char text[256];
	int64_t port;
	int n;

	n = unpack(list, 0, ben_get_str(d, "peers"), 1);
	n = unpack(list, n, ben_get_str(d, "peers6"), 0);
	for (it = ben_items(peers); ben_kind(peers) == 'l' && n < PEERS_MAX &&
	    ben_next(&it, &one); ) {
		ip = ben_get_str(one, "ip");
		port = ben_get_int(one, "port", 0);
		if (ip.n == 0 || ip.n >= sizeof text || port < 1 ||
		    port > 65535)
			continue;
		memcpy(text, ip.p, ip.n);
		text[ip.n] = '\0';
		if (addr_parse(&list[n], text, 0) == 0)
			list[n++].port = (uint16_t)port;
		else
			ask_name(k, text, (uint16_t)port);
	}
	if (n > 0)
		k->ops->peers(k->arg, list, n);
}

/* A peer by a name (BEP 3), unless too many others are being looked up, or
 * none may be. */
static void
ask_name(struct ask *k, const char *name, uint16_t port)
{
	size_t i;

	for (i = 0; i < LEN(k->names) && k->names[i].lookup; i++)
		;
	if (i == LEN(k->names) || !k->wants || route_is_proxied(k->route))
		return;
	k->names[i].ask = k;
	k->names[i].lookup = resolve_start(name, port, on_name, &k->names[i]);
}

static void
on_name(void *arg, const struct addr *list, int n)
{
	struct named *named = arg;

	named->lookup = NULL;
	if (n > 0)
		named->ask->ops->peers(named->ask->arg, list, n);
}

/* Compact peers, of 6 or 18 bytes each, after the n that list has; how many it
 * has then. */
static int
unpack(struct addr list[PEERS_MAX], int n, struct span v, int is4)
{
	size_t size = is4 ? 6 : 18;

	for (; n < PEERS_MAX && v.n >= size; n++) {
		addr_unpack(&list[n], v.p, is4);
		v.p += size;
		v.n -= size;
	}
	return n;
}

static void
udp_ask(struct leg *l)
{
	int64_t now_ms = net_now();

	l->connected = 0;
	l->transaction = rnd_next(&l->ask->rnd);
	l->resend_ms = UDP_RESEND_MS;
	l->deadline_ms = now_ms + UDP_MS;
	l->io.fd = sock_dial_udp(&l->addr,
	    l->ask->route ? l->ask->route->local : NULL);
	if (l->io.fd < 0) {
		l->deadline_ms = now_ms; /* the timer tells */
		net_timer(&l->timer, now_ms);
		return;
	}
	net_add(&l->io, POLLIN);
	udp_send(l);
}

static void
udp_send(struct leg *l)
{
	struct announce_params p;
	struct buf b = { 0 };

	params(l->ask, &p);
	if (l->connected && l->ask->scrapes)
		udpt_scrape(&b, l->connection, l->transaction, p.hash);
	else if (l->connected)
		udpt_announce(&b, l->connection, l->transaction, &p,
		    l->ask->url.path);
	else
		udpt_connect(&b, l->transaction);
	/* a refusal shows when we read */
	(void)!send(l->io.fd, b.p, b.len, MSG_NOSIGNAL);
	buf_free(&b);
	net_timer(&l->timer, MIN(net_now() + l->resend_ms, l->deadline_ms));
	l->resend_ms *= 2;
}

static void
on_udp(struct io *io, short got, int64_t now_ms)
{
	struct leg *l = io->arg;
	struct ask *k = l->ask;
	uint8_t p[4096];
	struct addr list[PEERS_MAX];
	struct udpt_reply r;
	ssize_t n = recv(io->fd, p, sizeof p, 0);

	(void)got;
	if (n < 0 && sock_error(io->fd) == 0 && !(got & POLLERR))
		return;
	if (n < 0) {
		leg_end(l, "it cannot be reached");
		return;
	}
	switch (udpt_reply(&r, p, (size_t)n, l->transaction)) {
	case UDP_CONNECT:
		if (l->connected)
			break;
		l->connected = 1;
		l->connection = r.connection;
		l->transaction = rnd_next(&k->rnd);
		l->resend_ms = UDP_RESEND_MS;
		udp_send(l);
		break;
	case UDP_ANNOUNCE:
		if (!l->connected || k->scrapes)
			break;
		k->interval = k->min_interval = within(r.interval);
		n = unpack(list, 0, r.peers, addr_is4(&l->addr));
		if (n > 0)
			k->ops->peers(k->arg, list, (int)n);
		leg_end(l, NULL);
		break;
	case UDP_SCRAPE:
		if (l->connected && k->scrapes)
			on_udp_tally(l, &r);
		break;
	case UDP_ERROR:
		leg_end(l, refused(k, r.error));
		break;
	}
	(void)now_ms;
}

static void
on_udp_tally(struct leg *l, const struct udpt_reply *r)
{
	uint32_t seeds, completed, leechers;
	struct swarm_tally t;

	if (udpt_tallied(r, &seeds, &completed, &leechers) < 0) {
		leg_end(l, "it does not know the torrent");
		return;
	}
	t.seeds = seeds;
	t.leechers = leechers;
	t.completed = completed;
	tally_most(&l->ask->tally, &t);
	leg_end(l, NULL);
}

static void
on_udp_timer(struct timer *t, int64_t now_ms)
{
	struct leg *l = t->arg;

	if (now_ms >= l->deadline_ms)
		leg_end(l, l->io.fd < 0 ? "it cannot be reached" :
		    "no answer in time");
	else
		udp_send(l);
}
