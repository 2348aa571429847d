/* The tracker's tables.  Swarms stand in a chained hash table by info hash;
 * each holds its peers in an open-addressed one by address and port, so that
 * an announce costs the same in any swarm, and a random sample is a walk from
 * a random place.
 *
 * A peer is who announced from an address and port; another family's address
 * of the same client is another peer. */
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "bencode.h"
#include "http.h"
#include "wire.h"
#include "track.h"

enum {
	BUCKETS       = 1 << 14,
	EXPIRE_CHUNK  = 64,   /* buckets a call */
	SLOTS_FIRST   = 8,
	OWN_MAX       = 64    /* peers of the asker's own id passed over */
};

struct tpeer {
	struct addr addr;    /* port 0: an empty slot */
	uint8_t id[ID_LEN];
	int64_t seen_ms;
};

struct table {
	struct tpeer *slots; /* owned; NULL: none yet */
	uint32_t nslots;     /* a power of two, or 0 */
	uint32_t n;          /* those in use */
};

struct swarm_table {
	uint8_t hash[ID_LEN];
	struct table of[2];  /* those that fetch, and (1) the seeds */
	struct swarm_table *next;
};

struct track {
	int interval;
	uint64_t rnd;
	uint32_t salt;       /* so that nobody can aim at one bucket */
	struct swarm_table *buckets[BUCKETS];
	uint32_t nswarms, npeers;
	uint32_t expire_at;
};

/* An announce's parameters, as they came. */
struct params {
	struct announce_params a;
	uint8_t hash[ID_LEN], id[ID_LEN];
	int has_hash, has_id, has_port;
	int compact, no_peer_id;
};

static const char *parse(struct params *p, struct span query);
static int64_t parse_number(struct span v);
static enum event parse_event(struct span v);
static struct swarm_table **swarm_find(struct track *t, const uint8_t *hash);
static struct swarm_table *swarm_add(struct track *t, const uint8_t *hash);
static void swarm_remove(struct track *t, struct swarm_table **at);
static uint32_t mix(const struct track *t, const uint8_t *p, size_t n);
static uint32_t home_of(const struct track *t, const struct table *tab,
    const struct addr *a);
static struct tpeer *slot_of(const struct track *t, const struct table *tab,
    const struct addr *a);
static void resize(struct track *t, struct table *tab, uint32_t nslots);
static struct tpeer *peer_add(struct track *t, struct table *tab,
    const struct addr *a);
static void peer_remove(struct track *t, struct table *tab, struct tpeer *p);
static void fit(struct track *t, struct table *tab);
static void peer_leave(struct track *t, struct table *tab,
    const struct addr *a);
static int update(struct track *t, const struct params *p,
    const struct addr *a, int64_t now_ms);
static void reply(struct track *t, const struct params *p,
    const struct addr *a, struct buf *out);
static int sample(struct track *t, const struct params *p,
    const struct addr *a, const struct table *tab,
    const struct tpeer **list, int most);
static void expire_table(struct track *t, struct table *tab,
    int64_t oldest_ms);
static void put_compact(struct buf *out, const char *key,
    const struct tpeer *const *list, int n, int is4);
static void put_peers(struct buf *out, const struct tpeer *const *list,
    int n, int no_id);
static void failure(struct buf *out, const char *why);

struct track *
track_new(int interval, uint64_t seed)
{
	struct track *t = xcalloc(1, sizeof *t);

	t->interval = interval;
	t->rnd = seed;
	t->salt = rnd_next(&t->rnd);
	return t;
}

void
track_free(struct track *t)
{
	uint32_t i;

	for (i = 0; i < BUCKETS; i++)
		while (t->buckets[i])
			swarm_remove(t, &t->buckets[i]);
	free(t);
}

void
track_count(const struct track *t, uint32_t *swarms, uint32_t *peers)
{
	*swarms = t->nswarms;
	*peers = t->npeers;
}

int
track_http(struct track *t, struct span query, const struct addr *from,
    int64_t now_ms, struct buf *out, struct track_event *ev)
{
	static const char *const names[] = { "announce", "completed",
	    "started", "stopped" };
	struct params p;
	struct addr a = *from;
	const char *why = parse(&p, query);

	if (why) {
		failure(out, why);
		return -1;
	}
	a.port = p.a.port;
	if (update(t, &p, &a, now_ms) < 0) {
		failure(out, "the tracker is full");
		return -1;
	}
	reply(t, &p, &a, out);
	memcpy(ev->hash, p.hash, ID_LEN);
	ev->addr = a;
	ev->left = p.a.left;
	ev->name = names[p.a.event];
	return 0;
}

/* NULL, or what is wrong. */
static const char *
parse(struct params *p, struct span query)
{
	struct span key, v;
	int64_t n;

	memset(p, 0, sizeof *p);
	p->a.numwant = NUMWANT_DEFAULT;
	p->a.left = 1; /* who does not say is no seed */
	p->compact = 1;
	while (query_next(&query, &key, &v)) {
		if (span_is(key, "info_hash")) {
			p->has_hash = pct_decode(p->hash, ID_LEN, v) == ID_LEN;
		} else if (span_is(key, "peer_id")) {
			p->has_id = pct_decode(p->id, ID_LEN, v) == ID_LEN;
		} else if (span_is(key, "port")) {
			n = parse_number(v);
			p->has_port = n > 0 && n < 65536;
			p->a.port = (uint16_t)n;
		} else if (span_is(key, "left")) {
			n = parse_number(v);
			p->a.left = n < 0 ? 1 : n;
		} else if (span_is(key, "numwant")) {
			n = parse_number(v);
			if (n >= 0)
				p->a.numwant = (int)MIN(n, NUMWANT_MAX);
		} else if (span_is(key, "event")) {
			p->a.event = parse_event(v);
		} else if (span_is(key, "compact")) {
			p->compact = !span_is(v, "0");
		} else if (span_is(key, "no_peer_id")) {
			p->no_peer_id = span_is(v, "1");
		}
	}
	return !p->has_hash ? "info_hash is missing or not 20 bytes" :
	    !p->has_id ? "peer_id is missing or not 20 bytes" :
	    !p->has_port ? "port is missing or out of range" : NULL;
}

/* Digits alone, as far as they fit; -1 for anything else. */
static int64_t
parse_number(struct span v)
{
	int64_t n = 0;

	if (v.n == 0 || v.n > 18)
		return -1;
	for (; v.n > 0; v.p++, v.n--) {
		if (*v.p < '0' || *v.p > '9')
			return -1;
		n = n * 10 + (*v.p - '0');
	}
	return n;
}

static enum event
parse_event(struct span v)
{
	return span_is(v, "started") ? EVENT_STARTED :
	    span_is(v, "stopped") ? EVENT_STOPPED :
	    span_is(v, "completed") ? EVENT_COMPLETED : EVENT_NONE;
}

/* Where the pointer to a swarm is, or would be. */
static struct swarm_table **
swarm_find(struct track *t, const uint8_t *hash)
{
	struct swarm_table **at;

	at = &t->buckets[mix(t, hash, ID_LEN) % BUCKETS];
	while (*at && memcmp((*at)->hash, hash, ID_LEN) != 0)
		at = &(*at)->next;
	return at;
}

static struct swarm_table *
swarm_add(struct track *t, const uint8_t *hash)
{
	struct swarm_table **at = swarm_find(t, hash), *s = *at;

	if (s || t->nswarms == SWARMS_MAX)
		return s;
	s = *at = xcalloc(1, sizeof *s);
	memcpy(s->hash, hash, ID_LEN);
	t->nswarms++;
	return s;
}

static void
swarm_remove(struct track *t, struct swarm_table **at)
{
	struct swarm_table *s = *at;

	t->npeers -= s->of[0].n + s->of[1].n;
	t->nswarms--;
	*at = s->next;
	free(s->of[0].slots);
	free(s->of[1].slots);
	free(s);
}

/* FNV-1a, salted. */
static uint32_t
mix(const struct track *t, const uint8_t *p, size_t n)
{
	uint32_t h = 2166136261u ^ t->salt;

	for (; n > 0; n--)
		h = (h ^ *p++) * 16777619u;
	return h ^ h >> 15;
}

static uint32_t
home_of(const struct track *t, const struct table *tab, const struct addr *a)
{
	uint8_t key[18];

	memcpy(key, a->ip, 16);
	put16(key + 16, a->port);
	return mix(t, key, sizeof key) & (tab->nslots - 1);
}

/* The peer's slot, or the empty one where it would be; NULL: no table. */
static struct tpeer *
slot_of(const struct track *t, const struct table *tab, const struct addr *a)
{
	struct tpeer *p;
	uint32_t i;

	if (tab->nslots == 0)
		return NULL;
	for (i = home_of(t, tab, a); ; i = (i + 1) & (tab->nslots - 1)) {
		p = &tab->slots[i];
		if (p->addr.port == 0 || addr_same(&p->addr, a))
			return p;
	}
}

static void
resize(struct track *t, struct table *tab, uint32_t nslots)
{
	struct tpeer *old = tab->slots, *p = old;
	uint32_t n = tab->nslots;

	tab->nslots = nslots;
	tab->slots = nslots > 0 ? xcalloc(nslots, sizeof *tab->slots) : NULL;
	for (; n > 0; p++, n--)
		if (p->addr.port != 0)
			*slot_of(t, tab, &p->addr) = *p;
	free(old);
}

/* NULL: there are too many peers. */
static struct tpeer *
peer_add(struct track *t, struct table *tab, const struct addr *a)
{
	struct tpeer *p = slot_of(t, tab, a);

	if (p && p->addr.port != 0)
		return p;
	if (t->npeers == PEERS_MAX_ALL)
		return NULL;
	if (tab->n >= tab->nslots / 4 * 3)
		resize(t, tab, MAX(SLOTS_FIRST, tab->nslots * 2));
	p = slot_of(t, tab, a);
	p->addr = *a;
	tab->n++;
	t->npeers++;
	return p;
}

/* Those after it that it kept from their places move up. */
static void
peer_remove(struct track *t, struct table *tab, struct tpeer *p)
{
	uint32_t mask = tab->nslots - 1, hole = (uint32_t)(p - tab->slots);
	uint32_t i, home;

	tab->n--;
	t->npeers--;
	for (i = (hole + 1) & mask; tab->slots[i].addr.port != 0;
	    i = (i + 1) & mask) {
		home = home_of(t, tab, &tab->slots[i].addr);
		if (((i - home) & mask) >= ((i - hole) & mask)) {
			tab->slots[hole] = tab->slots[i];
			hole = i;
		}
	}
	memset(&tab->slots[hole], 0, sizeof *tab->slots);
}

/* A table that has become sparse shrinks, so that a walk stays short. */
static void
fit(struct track *t, struct table *tab)
{
	if (tab->n == 0)
		resize(t, tab, 0);
	else if (tab->nslots > SLOTS_FIRST && tab->n < tab->nslots / 8)
		resize(t, tab, tab->nslots / 4);
}

static void
peer_leave(struct track *t, struct table *tab, const struct addr *a)
{
	struct tpeer *p = slot_of(t, tab, a);

	if (p && p->addr.port != 0) {
		peer_remove(t, tab, p);
		fit(t, tab);
	}
}

/* Notes what an announce says.  0, or -1: there is no room. */
static int
update(struct track *t, const struct params *p, const struct addr *a,
    int64_t now_ms)
{
	struct swarm_table **at, *s;
	struct tpeer *peer;
	int seed = p->a.left == 0;

	if (p->a.event == EVENT_STOPPED) {
		at = swarm_find(t, p->hash);
		if (!*at)
			return 0;
		peer_leave(t, &(*at)->of[0], a);
		peer_leave(t, &(*at)->of[1], a);
		if ((*at)->of[0].n + (*at)->of[1].n == 0)
			swarm_remove(t, at);
		return 0;
	}
	s = swarm_add(t, p->hash);
	if (!s)
		return -1;
	peer_leave(t, &s->of[!seed], a);
	peer = peer_add(t, &s->of[seed], a);
	if (!peer)
		return -1;
	memcpy(peer->id, p->id, ID_LEN);
	peer->seen_ms = now_ms;
	return 0;
}

static void
reply(struct track *t, const struct params *p, const struct addr *a,
    struct buf *out)
{
	const struct tpeer *list[NUMWANT_MAX];
	struct swarm_table *s = *swarm_find(t, p->hash);
	int n = 0, most = p->a.numwant;

	if (s && p->a.event != EVENT_STOPPED) {
		/* those that fetch leave room for seeds, and the rest of it
		 * is theirs; a seed needs no seeds */
		n = sample(t, p, a, &s->of[0], list, p->a.left == 0 ? most :
		    MAX((most + 1) / 2, most - (int)MIN(s->of[1].n, NUMWANT_MAX)));
		if (p->a.left != 0)
			n += sample(t, p, a, &s->of[1], list + n, most - n);
	}

	buf_put(out, "d", 1);
	ben_put_str(out, "complete");
	ben_put_int(out, s ? s->of[1].n : 0);
	ben_put_str(out, "incomplete");
	ben_put_int(out, s ? s->of[0].n : 0);
	ben_put_str(out, "interval");
	ben_put_int(out, t->interval);
	ben_put_str(out, "min interval");
	ben_put_int(out, MIN(t->interval, 60));
	if (p->compact) {
		put_compact(out, "peers", list, n, 1);
		put_compact(out, "peers6", list, n, 0);
	} else {
		put_peers(out, list, n, p->no_peer_id);
	}
	buf_put(out, "e", 1);
}

/* Up to most peers at random, never the asker; how many. */
static int
sample(struct track *t, const struct params *p, const struct addr *a,
    const struct table *tab, const struct tpeer **list, int most)
{
	uint32_t i, at = rnd_next(&t->rnd);
	const struct tpeer *x;
	int n = 0, own = 0;

	for (i = 0; i < tab->nslots && n < most && own < OWN_MAX; i++) {
		x = &tab->slots[(at + i) & (tab->nslots - 1)];
		if (x->addr.port == 0)
			continue;
		if (addr_same(&x->addr, a) ||
		    memcmp(x->id, p->id, ID_LEN) == 0)
			own++;
		else
			list[n++] = x;
	}
	return n;
}

/* peers always, peers6 only if there are any. */
static void
put_compact(struct buf *out, const char *key, const struct tpeer *const *list,
    int n, int is4)
{
	struct buf b = { 0 };
	int i;

	for (i = 0; i < n; i++)
		if (addr_is4(&list[i]->addr) == is4)
			addr_pack(&b, &list[i]->addr);
	if (is4 || b.len > 0) {
		ben_put_str(out, key);
		ben_put_bytes(out, b.p, b.len);
	}
	buf_free(&b);
}

static void
put_peers(struct buf *out, const struct tpeer *const *list, int n, int no_id)
{
	char text[ADDR_TEXT], *ip;
	int i;

	ben_put_str(out, "peers");
	buf_put(out, "l", 1);
	for (i = 0; i < n; i++) {
		ip = addr_format(text, &list[i]->addr);
		ip += *ip == '[';
		buf_put(out, "d", 1);
		ben_put_str(out, "ip");
		ben_put_bytes(out, ip, addr_is4(&list[i]->addr) ?
		    strcspn(ip, ":") : strcspn(ip, "]"));
		if (!no_id) {
			ben_put_str(out, "peer id");
			ben_put_bytes(out, list[i]->id, ID_LEN);
		}
		ben_put_str(out, "port");
		ben_put_int(out, list[i]->addr.port);
		buf_put(out, "e", 1);
	}
	buf_put(out, "e", 1);
}

static void
failure(struct buf *out, const char *why)
{
	buf_put(out, "d", 1);
	ben_put_str(out, "failure reason");
	ben_put_str(out, why);
	buf_put(out, "e", 1);
}

void
track_expire(struct track *t, int64_t now_ms)
{
	int64_t oldest = now_ms - (int64_t)t->interval * 2000;
	struct swarm_table **at, *s;
	uint32_t n;

	for (n = 0; n < EXPIRE_CHUNK; n++) {
		at = &t->buckets[t->expire_at];
		t->expire_at = (t->expire_at + 1) % BUCKETS;
		while ((s = *at)) {
			expire_table(t, &s->of[0], oldest);
			expire_table(t, &s->of[1], oldest);
			if (s->of[0].n + s->of[1].n == 0)
				swarm_remove(t, at);
			else
				at = &s->next;
		}
	}
}

static void
expire_table(struct track *t, struct table *tab, int64_t oldest_ms)
{
	uint32_t i = 0;

	while (i < tab->nslots)
		if (tab->slots[i].addr.port != 0 &&
		    tab->slots[i].seen_ms < oldest_ms)
			peer_remove(t, tab, &tab->slots[i]); /* look again */
		else
			i++;
	if (tab->nslots > 0)
		fit(t, tab);
}
