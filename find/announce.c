/* The tracker client.  Trackers stand in tiers, shuffled once.  An announce
 * goes to the first tracker of the first tier; if it fails, to the next, and
 * to the next tier; who answers moves to the front of its tier, and the next
 * announce begins at the top.  When all have failed we wait, each time longer.
 *
 * A tracker's name may have addresses of both families, and a tracker sees
 * only the address that we come from (BEP 7): so an announce has up to two
 * legs, one a family, at the same time.  It has worked if one of them has. */
#include <sys/types.h>
#include <sys/socket.h>
#include <inttypes.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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
#include "torrent/meta.h"
#include "find/announce.h"

enum {
	INTERVAL_MIN  = 60,      /* seconds, whatever the tracker says */
	INTERVAL_MAX  = 86400,
	INTERVAL      = 1800,    /* if it says nothing */
	RETRY         = 5,       /* doubled with each failure, up to: */
	RETRY_MAX     = 1800,
	BODY_MAX      = 1 << 20,
	PEERS_MAX     = 200,     /* of one reply */
	NAMES_MAX     = 4,       /* of one reply, and at a time */
	UDP_MS        = 20000,   /* a tracker's whole time; BEP 15's 15 s */
	UDP_RESEND_MS = 4000,    /* and more would leave it one datagram */
	TRACKER_ID    = 256
};

struct listed {
	char *url;               /* owned */
	int tier, by_user;
	int started;             /* it knows of us */
	char *trouble, *warning; /* owned; told last, and not again */
	char id[TRACKER_ID];     /* its trackerid, percent-encoded */
};

struct leg {
	struct announce *a;
	int active;
	struct addr addr;
	struct fetch *fetch;     /* HTTP */
	struct io io;            /* UDP; fd -1: none */
	struct timer timer;
	uint64_t connection;
	int connected;
	uint32_t transaction;
	int64_t deadline_ms, resend_ms;
};

/* A peer whose name is being looked up. */
struct named {
	struct announce *a;
	struct lookup *lookup;   /* NULL: none is */
};

struct announce {
	struct listed *list;      /* owned */
	int n, at;               /* list[at] is asked now */
	int nall;                /* from n on: none for us, to be told */
	const uint8_t *hash, *id;
	uint16_t port;
	uint32_t key;
	uint64_t rnd;
	struct timer timer;      /* the next announce */
	struct lookup *lookup;
	struct url url;          /* of list[at] */
	struct leg legs[2];
	struct named names[NAMES_MAX];
	enum event event;        /* of the announce under way */
	int worked;              /* a leg of it has */
	int64_t interval, min_interval; /* seconds, as the reply says */
	int64_t last_ms;         /* when a tracker last answered, 0: never */
	int failures;            /* rounds of all trackers */
	int completed;           /* to be told */
	int hungry, stopping;
	char why[256];           /* the last trouble */
	const struct announce_ops *ops;
	void *arg;
};

static void add_trackers(struct announce *a, const struct tracker *list, int n,
    int usable);
static int unusable(char why[64], const char *url);
static void shuffle(struct announce *a);
static void on_due(struct timer *t, int64_t now_ms);
static void tell_skipped(struct announce *a);
static void try(struct announce *a);
static void on_addrs(void *arg, const struct addr *list, int n);
static void try_next(struct announce *a, const char *why);
static void tell(struct announce *a, const char *text);
static void tell_news(struct announce *a, char **last, const char *text);
static void succeeded(struct announce *a);
static void schedule(struct announce *a, int64_t seconds);
static void cancel(struct announce *a);
static void stop_next(struct announce *a);
static void params(struct announce *a, struct announce_params *p);
static void leg_start(struct leg *l);
static void leg_end(struct leg *l, const char *why);
static void http_ask(struct leg *l);
static void on_http(void *arg, struct span body, const char *why);
static const char *refused(struct announce *a, struct span reason);
static const char *read_reply(struct announce *a, struct span body,
    const char *why);
static const char *no_answer(struct announce *a, struct span body);
static int64_t within(int64_t seconds);
static void read_peers(struct announce *a, struct span d);
static void ask_name(struct announce *a, const char *name, uint16_t port);
static void on_name(void *arg, const struct addr *list, int n);
static int unpack(struct addr list[PEERS_MAX], int n, struct span v, int is4);
static void udp_ask(struct leg *l);
static void udp_send(struct leg *l);
static void on_udp(struct io *io, short got, int64_t now_ms);
static void on_udp_timer(struct timer *t, int64_t now_ms);
static void announce_bury(void *arg);

struct announce *
announce_new(const struct tracker *list, int n, const uint8_t *hash,
    const uint8_t *id, uint16_t port, uint64_t seed,
    const struct announce_ops *ops, void *arg)
{
	struct announce *a = xcalloc(1, sizeof *a);
	int i;

	a->list = xcalloc((size_t)n, sizeof *a->list);
	add_trackers(a, list, n, 1);
	a->n = a->nall;
	add_trackers(a, list, n, 0);
	a->hash = hash;
	a->id = id;
	a->port = port;
	a->rnd = seed;
	a->key = rnd_next(&a->rnd);
	a->interval = INTERVAL;
	a->timer.fire = on_due;
	a->timer.arg = a;
	for (i = 0; i < 2; i++) {
		a->legs[i].a = a;
		a->legs[i].io.fd = -1;
		a->legs[i].io.ready = on_udp;
		a->legs[i].io.arg = &a->legs[i];
		a->legs[i].timer.fire = on_udp_timer;
		a->legs[i].timer.arg = &a->legs[i];
	}
	a->ops = ops;
	a->arg = arg;
	shuffle(a);
	return a;
}

/* Those of the list that btsh can ask, or cannot. */
static void
add_trackers(struct announce *a, const struct tracker *list, int n, int usable)
{
	char text[64];
	int i;

	for (i = 0; i < n; i++) {
		if (unusable(text, list[i].url) == usable)
			continue;
		a->list[a->nall].url = xstrdup(list[i].url);
		a->list[a->nall].tier = list[i].tier;
		a->list[a->nall++].by_user = list[i].by_user;
	}
}

/* Whether btsh cannot ask a tracker, and why. */
static int
unusable(char why[64], const char *url)
{
	struct url u;
	int udp;

	if (url_parse(&u, url) < 0) {
		snprintf(why, 64, "not a URL, scheme://host:port/path");
		return 1;
	}
	udp = strcmp(u.scheme, "udp") == 0;
	snprintf(why, 64, udp ? "udp:// needs a port" :
	    "btsh does not speak %s", u.scheme);
	return u.port == 0 || (!udp && strcmp(u.scheme, "http") != 0);
}

void
announce_free(struct announce *a)
{
	cancel(a);
	net_untimer(&a->timer);
	a->stopping = 1;
	net_bury(announce_bury, a);
}

static void
announce_bury(void *arg)
{
	struct announce *a = arg;
	int i;

	for (i = 0; i < a->nall; i++) {
		free(a->list[i].url);
		free(a->list[i].trouble);
		free(a->list[i].warning);
	}
	free(a->list);
	free(a);
}

/* Each tier in itself. */
static void
shuffle(struct announce *a)
{
	struct listed e;
	int from, i, j;

	for (from = i = 0; i < a->n; i++) {
		if (a->list[i].tier != a->list[from].tier)
			from = i;
		j = from + (int)rnd_below(&a->rnd, (uint32_t)(i - from) + 1);
		e = a->list[i];
		a->list[i] = a->list[j];
		a->list[j] = e;
	}
}

void
announce_start(struct announce *a)
{
	if (a->nall > 0)
		net_timer(&a->timer, net_now());
}

void
announce_completed(struct announce *a)
{
	a->completed = 1;
	/* an announce under way tells it right after */
	if (a->n > 0 && net_is_set(&a->timer))
		net_timer(&a->timer, net_now());
}

void
announce_hungry(struct announce *a)
{
	if (net_is_set(&a->timer) && a->last_ms && !a->failures)
		net_timer(&a->timer, MIN(a->timer.when_ms,
		    a->last_ms + a->min_interval * 1000));
}

void
announce_now(struct announce *a)
{
	if (net_is_set(&a->timer))
		net_timer(&a->timer, net_now());
}

void
announce_stop(struct announce *a)
{
	/* it may have heard of us, though it has not answered */
	if (a->legs[0].active || a->legs[1].active)
		a->list[a->at].started = 1;
	cancel(a);
	net_untimer(&a->timer);
	a->stopping = 1;
	a->at = -1;
	stop_next(a);
}

/* Tells the next tracker that knows of us that we leave. */
static void
stop_next(struct announce *a)
{
	do
		a->at++;
	while (a->at < a->n && !a->list[a->at].started);
	if (a->at == a->n)
		a->ops->stopped(a->arg);
	else
		try(a);
}

static void
on_due(struct timer *t, int64_t now_ms)
{
	struct announce *a = t->arg;

	(void)now_ms;
	tell_skipped(a);
	a->at = 0;
	if (a->n > 0 && !a->stopping)
		try(a);
}

/* Once: the trackers that are none for us. */
static void
tell_skipped(struct announce *a)
{
	char why[64], text[160];

	for (; a->nall > a->n && !a->stopping; free(a->list[a->nall].url)) {
		a->at = --a->nall;
		unusable(why, a->list[a->at].url);
		snprintf(text, sizeof text, "%s; skipped%s", why,
		    a->n == 0 && a->nall == 0 ?
		    "; -a url names another, -k host:port a peer" : "");
		tell(a, text);
	}
}

/* Ends what is under way. */
static void
cancel(struct announce *a)
{
	int i;

	if (a->lookup)
		resolve_stop(a->lookup);
	a->lookup = NULL;
	for (i = 0; i < NAMES_MAX; i++) {
		if (a->names[i].lookup)
			resolve_stop(a->names[i].lookup);
		a->names[i].lookup = NULL;
	}
	for (i = 0; i < 2; i++) {
		if (a->legs[i].fetch)
			fetch_stop(a->legs[i].fetch);
		a->legs[i].fetch = NULL;
		net_close(&a->legs[i].io);
		net_untimer(&a->legs[i].timer);
		a->legs[i].active = 0;
	}
}

static void
try(struct announce *a)
{
	struct listed *e = &a->list[a->at];

	a->worked = 0;
	a->event = !e->started ? EVENT_STARTED :
	    a->completed ? EVENT_COMPLETED :
	    a->stopping ? EVENT_STOPPED : EVENT_NONE;
	url_parse(&a->url, e->url);
	a->lookup = resolve_start(a->url.host, a->url.port, on_addrs, a);
}

static void
on_addrs(void *arg, const struct addr *list, int n)
{
	struct announce *a = arg;
	int i, is4;

	a->lookup = NULL;
	for (i = 0; i < n; i++) {
		is4 = addr_is4(&list[i]);
		if (!a->legs[is4].active) {
			a->legs[is4].active = 1;
			a->legs[is4].addr = list[i];
		}
	}
	if (n <= 0) {
		try_next(a, resolve_fault(n));
		return;
	}
	for (i = 0; i < 2; i++)
		if (a->legs[i].active)
			leg_start(&a->legs[i]);
}

static void
leg_start(struct leg *l)
{
	if (strcmp(l->a->url.scheme, "udp") == 0)
		udp_ask(l);
	else
		http_ask(l);
}

/* A leg is through; why: it failed. */
static void
leg_end(struct leg *l, const char *why)
{
	struct announce *a = l->a;

	if (!l->active)
		return; /* ops have stopped it meanwhile */
	net_close(&l->io);
	net_untimer(&l->timer);
	l->active = 0;
	if (!why)
		a->worked = 1;
	else if (why != a->why)
		snprintf(a->why, sizeof a->why, "%s", why);
	if (a->legs[0].active || a->legs[1].active)
		return;
	if (a->worked)
		succeeded(a);
	else
		try_next(a, a->why);
}

static void
try_next(struct announce *a, const char *why)
{
	struct listed *e = &a->list[a->at];
	int64_t wait = (int64_t)RETRY << MIN(a->failures, 9);

	if (a->stopping) {
		stop_next(a);
		return;
	}
	tell_news(a, &e->trouble, why);
	if (a->stopping)
		return; /* that was its effect */
	if (++a->at < a->n) {
		try(a);
		return;
	}
	a->failures++;
	schedule(a, MIN(wait, RETRY_MAX));
}

/* Trouble or news of the tracker that is asked. */
static void
tell(struct announce *a, const char *text)
{
	char *url = url_hide(xstrdup(a->list[a->at].url));

	a->ops->message(a->arg, url, text);
	free(url);
}

/* The same, unless it is what was told last. */
static void
tell_news(struct announce *a, char **last, const char *text)
{
	if (*last && strcmp(*last, text) == 0)
		return;
	free(*last);
	*last = xstrdup(text);
	tell(a, text);
}

static void
succeeded(struct announce *a)
{
	struct listed e = a->list[a->at];
	int i = a->at;

	if (a->event == EVENT_COMPLETED)
		a->completed = 0;
	if (a->stopping) {
		if (a->event == EVENT_COMPLETED)
			try(a); /* and now that we leave */
		else
			stop_next(a);
		return;
	}
	free(e.trouble);
	e.trouble = NULL;
	e.started = 1;
	for (; i > 0 && a->list[i - 1].tier == e.tier; i--)
		a->list[i] = a->list[i - 1];
	a->list[i] = e;
	a->failures = 0;
	a->last_ms = net_now();
	schedule(a, a->completed ? 0 : a->interval);
}

static void
schedule(struct announce *a, int64_t seconds)
{
	net_timer(&a->timer, net_now() + seconds * 1000);
}

static void
params(struct announce *a, struct announce_params *p)
{
	memset(p, 0, sizeof *p);
	p->hash = a->hash;
	p->id = a->id;
	p->event = a->event;
	p->key = a->key;
	p->port = a->port;
	a->ops->figures(a->arg, p);
	if (a->stopping)
		p->numwant = 0;
}

static void
http_ask(struct leg *l)
{
	static const char *const events[] = { "", "&event=completed",
	    "&event=started", "&event=stopped" };
	struct announce *a = l->a;
	struct listed *e = &a->list[a->at];
	struct fetch_how how = { .to = &l->addr, .limit = BODY_MAX,
	    .by_user = e->by_user };
	struct announce_params p;
	struct buf q = { 0 };
	const char *event;

	params(a, &p);
	event = p.event == EVENT_NONE && p.partial_seed ? "&event=paused" :
	    events[p.event];
	buf_printf(&q, "info_hash=");
	pct_encode(&q, p.hash, ID_LEN);
	buf_printf(&q, "&peer_id=");
	pct_encode(&q, p.id, ID_LEN);
	buf_printf(&q, "&port=%u&uploaded=%" PRId64 "&downloaded=%" PRId64
	    "&left=%" PRId64 "&compact=1&no_peer_id=1&numwant=%d&key=%08x%s",
	    p.port, p.uploaded, p.downloaded, p.left, p.numwant,
	    (unsigned)p.key, event);
	if (*e->id)
		buf_printf(&q, "&trackerid=%s", e->id);
	buf_put(&q, "", 1);
	how.query = (char *)q.p;
	l->fetch = fetch_start(&a->url, &how, on_http, l);
	buf_free(&q);
}

static void
on_http(void *arg, struct span body, const char *why)
{
	struct leg *l = arg;

	l->fetch = NULL;
	leg_end(l, read_reply(l->a, body, why));
}

/* What a tracker's reason says, and what to do if it does not know the
 * torrent. */
static const char *
refused(struct announce *a, struct span reason)
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
	for (i = 0; i < LEN(words); i++)
		if (strstr(low, words[i]))
			hint = "; have it registered there, or name another "
			    "tracker by -a";
	snprintf(a->why, sizeof a->why, "it refuses: %s%s", text, hint);
	return a->why;
}

/* NULL, or what is wrong; why: what was wrong with how it came. */
static const char *
read_reply(struct announce *a, struct span body, const char *why)
{
	struct listed *e = &a->list[a->at];
	long n = ben_parse(body.p, body.n);
	struct span s;
	struct buf id = { 0 };
	char text[128];

	if (n <= 0 || ben_kind(body) != 'd')
		return why ? why : no_answer(a, body);
	body.n = (size_t)n;
	s = ben_get_str(body, "failure reason");
	if (s.p) /* some trackers have it below a status of 400 */
		return refused(a, s);
	if (why)
		return why;
	s = ben_get_str(body, "warning message");
	if (s.n > 0)
		tell_news(a, &e->warning, escape(text, sizeof text, s));
	a->interval = within(ben_get_int(body, "interval", INTERVAL));
	a->min_interval = within(ben_get_int(body, "min interval",
	    a->interval));
	a->interval = MAX(a->interval, a->min_interval);
	s = ben_get_str(body, "tracker id");
	if (s.n > 0 && s.n * 3 < sizeof e->id) {
		pct_encode(&id, s.p, s.n);
		memcpy(e->id, id.p, id.len);
		e->id[id.len] = '\0';
		buf_free(&id);
	}
	read_peers(a, body);
	return NULL;
}

static const char *
no_answer(struct announce *a, struct span body)
{
	char text[64];

	if (body.n == 0)
		return "its answer is empty";
	body.n = MIN(body.n, 40);
	snprintf(a->why, sizeof a->why, "its answer is not a tracker's: %s",
	    escape(text, sizeof text, body));
	return a->why;
}

/* A tracker's interval, kept within reason. */
static int64_t
within(int64_t seconds)
{
	return MAX(INTERVAL_MIN, MIN(seconds, INTERVAL_MAX));
}

static void
read_peers(struct announce *a, struct span d)
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
			ask_name(a, text, (uint16_t)port);
	}
	if (n > 0)
		a->ops->peers(a->arg, list, n);
}

/* A peer by a name (BEP 3), unless too many others are being looked up. */
static void
ask_name(struct announce *a, const char *name, uint16_t port)
{
	int i;

	for (i = 0; i < NAMES_MAX && a->names[i].lookup; i++)
		;
	if (i == NAMES_MAX || a->stopping)
		return;
	a->names[i].a = a;
	a->names[i].lookup = resolve_start(name, port, on_name, &a->names[i]);
}

static void
on_name(void *arg, const struct addr *list, int n)
{
	struct named *named = arg;

	named->lookup = NULL;
	if (n > 0)
		named->a->ops->peers(named->a->arg, list, n);
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
	l->transaction = rnd_next(&l->a->rnd);
	l->resend_ms = UDP_RESEND_MS;
	l->deadline_ms = now_ms + UDP_MS;
	l->io.fd = sock_dial_udp(&l->addr);
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

	params(l->a, &p);
	if (l->connected)
		udpt_announce(&b, l->connection, l->transaction, &p,
		    l->a->url.path);
	else
		udpt_connect(&b, l->transaction);
	/* a refusal shows when we read */
	(void)!send(l->io.fd, b.p, b.len, MSG_NOSIGNAL);
	buf_free(&b);
	net_timer(&l->timer, MIN(net_now() + l->resend_ms, l->deadline_ms));
	l->resend_ms *= 2;
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

static void
on_udp(struct io *io, short got, int64_t now_ms)
{
	struct leg *l = io->arg;
	struct announce *a = l->a;
	uint8_t p[4096];
	struct addr list[PEERS_MAX];
	struct span body;
	ssize_t n = recv(io->fd, p, sizeof p, 0);

	(void)got;
	if (n < 0 && sock_error(io->fd) == 0 && !(got & POLLERR))
		return;
	if (n < 0) {
		leg_end(l, "it cannot be reached");
		return;
	}
	switch (udpt_reply(p, (size_t)n, l->transaction, &body)) {
	case UDP_CONNECT:
		if (l->connected)
			break;
		l->connected = 1;
		l->connection = get64(body.p);
		l->transaction = rnd_next(&a->rnd);
		l->resend_ms = UDP_RESEND_MS;
		udp_send(l);
		break;
	case UDP_ANNOUNCE:
		if (!l->connected)
			break;
		a->interval = a->min_interval = within(get32(body.p));
		body.p += 12;
		body.n -= 12;
		n = unpack(list, 0, body, addr_is4(&l->addr));
		if (n > 0)
			a->ops->peers(a->arg, list, (int)n);
		leg_end(l, NULL);
		break;
	case UDP_ERROR:
		leg_end(l, refused(a, body));
		break;
	}
	(void)now_ms;
}
