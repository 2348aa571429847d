/* Who is in which swarm.  Swarms (struct group, one each) stand in a slab,
 * chained by info hash in a fixed array of buckets; each has members of each
 * family of addresses.
 *
 * When a member was seen is told in ticks of a 64th of its life, modulo 256.
 * A sweep looks at all swarms in turn, and forgets who is too old, or, when
 * nearly all places are taken, who is too many of one network (limits.g).  A
 * swarm without members stays for a day for what it has counted, if it is one
 * of not too many. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "sha1.h"
#include "addr.h"
#include "track/members.h"
#include "track/limits.h"
#include "track/sample.h"
#include "track/swarms.h"

enum {
	BUCKETS     = 1 << 17,
	CHUNK       = 1024,     /* swarms of a piece of the slab */
	EMPTY_MAX   = SWARMS_MAX / 4, /* kept for what they count, */
	EMPTY_LIFE  = 1440,     /* minutes */
	EMPTY_PART  = 4,        /* of the free places of these: a network's */
	LIFE_TICKS  = 64,
	SWEEP_SWARMS  = 1024,   /* a call of swarms_expire */
	SWEEP_MEMBERS = 16384
};

#define NIL MEMBERS_NIL /* no swarm, no member */

enum { COMPLETED = 1 }; /* flags */
enum { FREE = UINT16_MAX };

struct group {
	uint8_t hash[ID_LEN];
	uint32_t completed;
	uint32_t next;          /* in its bucket, or of the free ones */
	uint16_t empty_since;   /* in minutes; 0: it has members; or FREE */
	uint16_t net;           /* that it counts for (limits.g) */
	struct members *of[2];  /* IPv4, IPv6; owned */
};

struct swarms {
	uint8_t key[SWARMS_KEY_LEN];
	uint64_t mix[MEMBERS_MIX];
	uint64_t rnd;
	int64_t tick_ms;
	uint32_t nslab;         /* swarms of the slab, free ones too */
	uint32_t free;          /* the first of these, or NIL */
	uint32_t nempty, nseeds;
	size_t bytes;
	uint32_t sweep;         /* the next swarm to look at, */
	int sweep_six;          /* of it this family, */
	uint32_t sweep_at;      /* below this place; NIL: all of it */
	struct group *slab[SWARMS_MAX / CHUNK];
	uint32_t buckets[BUCKETS]; /* from 1 */
	struct limits *limits;  /* owned; counts swarms and members */
};

/* How time is told in what is loaded. */
struct passed {
	int64_t tick_ms;
	uint8_t tick;    /* when it was saved, */
	int64_t away_ms; /* so long ago */
	int64_t now_ms;
};

static int sweep_group(struct swarms *sw, struct group *g, int64_t now_ms,
    uint32_t *looks);
static int load_group(struct swarms *sw, struct span *s, struct passed when);
static int load_members(struct swarms *sw, struct group *g, int six,
    struct span *s, struct passed when);
static struct group *group_at(const struct swarms *sw, uint32_t i);
static uint32_t *bucket_of(struct swarms *sw, const uint8_t *hash);
static struct group *group_add(struct swarms *sw, const uint8_t *hash);
static void group_remove(struct swarms *sw, struct group *g);
static void group_settle(struct swarms *sw, struct group *g, int64_t now_ms);
static uint32_t member_find(const struct swarms *sw, const struct group *g,
    int six, const uint8_t *compact, const struct member *m);
static int is_at(const struct members *r, uint32_t at, const uint8_t *compact,
    int six);
static uint32_t member_add(struct swarms *sw, struct group *g, int six,
    const uint8_t *compact, int seed);
static void member_remove(struct swarms *sw, struct group *g, int six,
    uint32_t at);
static uint32_t member_turn(struct swarms *sw, struct group *g, int six,
    uint32_t at, int seed);
static int may_join(const struct swarms *sw, const struct group *g,
    const uint8_t *hash, int six, const uint8_t *compact);
static int is_past(const struct swarms *sw, const struct members *r,
    uint32_t at, uint8_t tick);
static uint32_t members_of(const struct group *g);
static uint8_t tick_of(const struct swarms *sw, int64_t now_ms);

struct swarms *
swarms_new(const uint8_t key[SWARMS_KEY_LEN], int64_t life_ms)
{
	struct swarms *sw = xcalloc(1, sizeof *sw);
	uint8_t i;

	memcpy(sw->key, key, sizeof sw->key);
	for (i = 0; i < LEN(sw->mix); i++)
		sw->mix[i] = siphash(key, &i, 1) | 1;
	sw->rnd = siphash(key, &i, 1) | 1;
	sw->tick_ms = MAX((life_ms + LIFE_TICKS - 1) / LIFE_TICKS, 1);
	sw->sweep_at = NIL;
	sw->free = NIL;
	sw->limits = limits_new(sw->mix);
	sw->bytes = sizeof *sw + limits_bytes();
	return sw;
}

void
swarms_free(struct swarms *sw)
{
	struct group *g;
	uint32_t i;

	if (!sw)
		return;
	for (i = 0; i < sw->nslab; i++) {
		g = group_at(sw, i);
		free(g->of[0]);
		free(g->of[1]);
	}
	for (i = 0; i < sw->nslab; i += CHUNK)
		free(sw->slab[i / CHUNK]);
	limits_free(sw->limits);
	free(sw);
}

int
swarms_join(struct swarms *sw, const uint8_t hash[ID_LEN],
    const struct member *m, int fresh, int64_t now_ms)
{
	struct group *g = swarms_find(sw, hash);
	uint8_t compact[18], flags = 0;
	int six = !addr_pack(compact, &m->addr), why;
	struct info *info;
	uint32_t at = member_find(sw, g, six, compact, fresh ? NULL : m);

	if (at != NIL && !is_at(g->of[six], at, compact, six)) { /* moved */
		flags = members_info(g->of[six], at)->flags;
		member_remove(sw, g, six, at);
		at = NIL;
	}
	if (at == NIL) {
		why = may_join(sw, g, hash, six, compact);
		if (why == JOIN_OK && !g)
			g = group_add(sw, hash);
		if (why == JOIN_OK)
			at = member_add(sw, g, six, compact, m->seed);
		if (g)
			group_settle(sw, g, now_ms);
		if (why != JOIN_OK)
			return why;
	} else {
		at = member_turn(sw, g, six, at, m->seed);
		flags = members_info(g->of[six], at)->flags;
	}
	info = members_info(g->of[six], at);
	info->seen = tick_of(sw, now_ms);
	info->flags = flags;
	put32(info->tag, m->tag);
	return JOIN_OK;
}

int
swarms_has(struct swarms *sw, const uint8_t hash[ID_LEN],
    const struct addr *a)
{
	uint8_t compact[18];
	int six = !addr_pack(compact, a);

	return member_find(sw, swarms_find(sw, hash), six, compact, NULL) !=
	    NIL;
}

void
swarms_leave(struct swarms *sw, const uint8_t hash[ID_LEN],
    const struct member *m, int64_t now_ms)
{
	struct group *g = swarms_find(sw, hash);
	uint8_t compact[18];
	int six = !addr_pack(compact, &m->addr);
	uint32_t at = member_find(sw, g, six, compact, m);

	if (at == NIL)
		return;
	member_remove(sw, g, six, at);
	group_settle(sw, g, now_ms);
}

void
swarms_complete(struct swarms *sw, const uint8_t hash[ID_LEN],
    const struct member *m)
{
	struct group *g = swarms_find(sw, hash);
	uint8_t compact[18];
	int six = !addr_pack(compact, &m->addr);
	uint32_t at = member_find(sw, g, six, compact, NULL);
	struct info *info;

	if (at == NIL)
		return;
	info = members_info(g->of[six], at);
	g->completed += !(info->flags & COMPLETED) &&
	    g->completed < UINT32_MAX;
	info->flags |= COMPLETED;
}

struct group *
swarms_find(struct swarms *sw, const uint8_t hash[ID_LEN])
{
	uint32_t i = *bucket_of(sw, hash);
	struct group *g;

	for (; i > 0; i = g->next) {
		g = group_at(sw, i - 1);
		if (memcmp(g->hash, hash, ID_LEN) == 0)
			return g;
	}
	return NULL;
}

void
swarms_tally(const struct group *g, struct tally *tally)
{
	memset(tally, 0, sizeof *tally);
	if (!g)
		return;
	tally->leechers = members_nfetch(g->of[0]) + members_nfetch(g->of[1]);
	tally->seeds = members_len(g->of[0]) + members_len(g->of[1]) -
	    tally->leechers;
	tally->completed = g->completed;
}

int
swarms_sample(struct swarms *sw, const struct group *g, const struct wish *w,
    int64_t now_ms, uint8_t *out)
{
	struct asker a = { .seen_at = w->seen_at, .tick = tick_of(sw, now_ms),
		.life = LIFE_TICKS, .seeds = w->seeds, .most = w->most };

	put32(a.tag, w->who->tag);
	a.len = members_compact_len(!addr_pack(a.compact, &w->who->addr));
	return sample_members(&sw->rnd, g->of[!w->is4], &a, out);
}

void
swarms_expire(struct swarms *sw, int64_t now_ms)
{
	uint32_t n = 0, looks = 0;

	while (n < SWEEP_SWARMS && n < sw->nslab && looks < SWEEP_MEMBERS) {
		if (sw->sweep >= sw->nslab)
			sw->sweep = 0;
		if (sweep_group(sw, group_at(sw, sw->sweep), now_ms, &looks)) {
			sw->sweep++;
			n++;
		}
	}
}

/* 1, or 0: it goes on there, since so many looks are enough for now. */
static int
sweep_group(struct swarms *sw, struct group *g, int64_t now_ms,
    uint32_t *looks)
{
	uint8_t tick = tick_of(sw, now_ms);
	int over = g->empty_since != FREE &&
	    limits_swarm_over(sw->limits, g->net, members_of(g));
	uint32_t i;

	if (g->empty_since == FREE)
		sw->sweep_six = 2;
	for (; sw->sweep_six < 2; sw->sweep_six++, sw->sweep_at = NIL) {
		/* from the end: what fills a gap was looked at */
		i = MIN(sw->sweep_at, members_len(g->of[sw->sweep_six]));
		for (; i > 0 && *looks < SWEEP_MEMBERS; ++*looks, i--)
			if (over || is_past(sw, g->of[sw->sweep_six], i - 1,
			    tick))
				member_remove(sw, g, sw->sweep_six, i - 1);
		sw->sweep_at = i;
		if (i > 0)
			break;
	}
	if (g->empty_since != FREE)
		group_settle(sw, g, now_ms);
	if (sw->sweep_six < 2)
		return 0;
	sw->sweep_six = 0;
	sw->sweep_at = NIL;
	return 1;
}

uint32_t
swarms_expire_calls(const struct swarms *sw)
{
	return sw->nslab / SWEEP_SWARMS +
	    limits_members(sw->limits) / SWEEP_MEMBERS + 1;
}

uint32_t
swarms_tag(const struct swarms *sw, const void *who, size_t n)
{
	return (uint32_t)siphash(sw->key, who, n);
}

void
swarms_count(const struct swarms *sw, struct census *n)
{
	n->swarms = limits_swarms(sw->limits) - sw->nempty;
	n->seeds = sw->nseeds;
	n->leechers = limits_members(sw->limits) - sw->nseeds;
	n->bytes = sw->bytes;
}

int
swarms_largest(const struct swarms *sw, struct swarm_size *list, int n)
{
	const struct group *g;
	struct tally t;
	uint32_t i;
	int have = 0, at;

	for (i = 0; i < sw->nslab; i++) {
		g = group_at(sw, i);
		if (g->empty_since != 0)
			continue;
		swarms_tally(g, &t);
		for (at = have; at > 0 && t.seeds + t.leechers >
		    list[at - 1].tally.seeds + list[at - 1].tally.leechers;
		    at--)
			if (at < n)
				list[at] = list[at - 1];
		if (at == n)
			continue;
		memcpy(list[at].hash, g->hash, ID_LEN);
		list[at].tally = t;
		have += have < n;
	}
	return have;
}

void
swarms_each(const struct swarms *sw,
    void (*visit)(void *, const uint8_t *, const struct tally *), void *arg)
{
	const struct group *g;
	struct tally t;
	uint32_t i;

	for (i = 0; i < sw->nslab; i++) {
		g = group_at(sw, i);
		if (g->empty_since == FREE)
			continue;
		swarms_tally(g, &t);
		visit(arg, g->hash, &t);
	}
}

/* The head has the key, since tags depend on it, the length of a tick and the
 * time in ticks.  A swarm: hash, completed, then for each family how many
 * fetch and how many there are, and their records. */

void
swarms_save_head(const struct swarms *sw, struct buf *out, int64_t now_ms)
{
	uint8_t p[9];

	buf_put(out, sw->key, SWARMS_KEY_LEN);
	put64(p, (uint64_t)sw->tick_ms);
	p[8] = tick_of(sw, now_ms);
	buf_put(out, p, sizeof p);
}

int
swarms_save(const struct swarms *sw, uint32_t *at, struct buf *out)
{
	const struct group *g;
	const struct members *r;
	uint8_t p[8];
	int six;

	if (*at == sw->nslab)
		return 0;
	g = group_at(sw, (*at)++);
	if (g->empty_since == FREE)
		return 1;
	buf_put(out, g->hash, ID_LEN);
	put32(p, g->completed);
	buf_put(out, p, 4);
	for (six = 0; six < 2; six++) {
		r = g->of[six];
		put32(p, members_nfetch(r));
		put32(p + 4, members_len(r));
		buf_put(out, p, 8);
		if (r)
			buf_put(out, members_at(r, 0),
			    members_len(r) * members_record_len(six));
	}
	return 1;
}

struct swarms *
swarms_load(struct span s, int64_t life_ms, int64_t away_ms, int64_t now_ms)
{
	struct swarms *sw;
	uint64_t tick_ms;
	uint8_t tick;

	if (s.n < SWARMS_KEY_LEN + 9)
		return NULL;
	sw = swarms_new(s.p, life_ms);
	tick_ms = get64(s.p + SWARMS_KEY_LEN);
	tick = s.p[SWARMS_KEY_LEN + 8];
	s.p += SWARMS_KEY_LEN + 9;
	s.n -= SWARMS_KEY_LEN + 9;
	while (s.n > 0)
		if (tick_ms == 0 || tick_ms > INT32_MAX || away_ms < 0 ||
		    load_group(sw, &s, (struct passed){ (int64_t)tick_ms,
		    tick, MIN(away_ms, INT64_MAX / 2), now_ms }) < 0) {
			swarms_free(sw);
			return NULL;
		}
	return sw;
}

static int
load_group(struct swarms *sw, struct span *s, struct passed when)
{
	struct group *g;
	int six;

	if (s->n < ID_LEN + 4 ||
	    limits_swarms(sw->limits) == SWARMS_MAX || swarms_find(sw, s->p))
		return -1;
	g = group_add(sw, s->p);
	g->completed = get32(s->p + ID_LEN);
	s->p += ID_LEN + 4;
	s->n -= ID_LEN + 4;
	for (six = 0; six < 2; six++)
		if (load_members(sw, g, six, s, when) < 0)
			return -1;
	group_settle(sw, g, when.now_ms);
	return 0;
}

static int
load_members(struct swarms *sw, struct group *g, int six, struct span *s,
    struct passed when)
{
	size_t len = members_record_len(six);
	uint32_t nfetch, n, i, at;
	struct info info;
	int64_t age;

	if (s->n < 8)
		return -1;
	nfetch = get32(s->p);
	n = get32(s->p + 4);
	s->p += 8;
	s->n -= 8;
	if (nfetch > n || n > s->n / len ||
	    n > MEMBERS_MAX - limits_members(sw->limits))
		return -1;
	for (i = 0; i < n; i++, s->p += len, s->n -= len) {
		memcpy(&info, s->p + members_compact_len(six), sizeof info);
		age = ((uint8_t)(when.tick - info.seen) * when.tick_ms +
		    when.away_ms) / sw->tick_ms;
		if (members_find(g->of[six], sw->mix, s->p) != MEMBERS_NIL)
			return -1;
		if (age > LIFE_TICKS || may_join(sw, g, g->hash, six, s->p))
			continue;
		info.seen = (uint8_t)(tick_of(sw, when.now_ms) - age);
		at = member_add(sw, g, six, s->p, i >= nfetch);
		*members_info(g->of[six], at) = info;
	}
	return 0;
}

static struct group *
group_at(const struct swarms *sw, uint32_t i)
{
	return &sw->slab[i / CHUNK][i % CHUNK];
}

static uint32_t *
bucket_of(struct swarms *sw, const uint8_t *hash)
{
	return &sw->buckets[siphash(sw->key, hash, ID_LEN) % BUCKETS];
}

static struct group *
group_add(struct swarms *sw, const uint8_t *hash)
{
	uint32_t *head = bucket_of(sw, hash), i = sw->free;
	struct group *g;

	if (i != NIL) {
		g = group_at(sw, i);
		sw->free = g->next;
	} else {
		i = sw->nslab;
		if (i % CHUNK == 0) {
			sw->slab[i / CHUNK] = xmalloc(CHUNK * sizeof *g);
			sw->bytes += CHUNK * sizeof *g;
		}
		g = group_at(sw, sw->nslab++);
	}
	memset(g, 0, sizeof *g);
	memcpy(g->hash, hash, ID_LEN);
	g->net = LIMITS_NOBODY;
	g->next = *head;
	*head = i + 1;
	limits_swarm(sw->limits, 1);
	return g;
}

/* It has no members. */
static void
group_remove(struct swarms *sw, struct group *g)
{
	uint32_t *at = bucket_of(sw, g->hash), i;

	while (group_at(sw, *at - 1) != g)
		at = &group_at(sw, *at - 1)->next;
	i = *at - 1;
	*at = g->next;
	limits_charge(sw->limits, &g->net, LIMITS_NOBODY);
	g->next = sw->free;
	g->empty_since = FREE;
	sw->free = i;
	limits_swarm(sw->limits, -1);
}

/* After members came or went: memory follows, and a swarm without any stays
 * only for what it has counted. */
static void
group_settle(struct swarms *sw, struct group *g, int64_t now_ms)
{
	int now = (int)(now_ms / 60000 % (FREE - 1)) + 1, six;
	uint16_t was = g->empty_since;
	uint32_t share;

	for (six = 0; six < 2; six++) {
		sw->bytes -= members_bytes(g->of[six]);
		members_fit(&g->of[six], sw->mix);
		sw->bytes += members_bytes(g->of[six]);
	}
	g->empty_since = (uint16_t)(g->of[0] || g->of[1] ? 0 : was ? was :
	    now);
	sw->nempty += (g->empty_since != 0) - (was != 0);
	if (g->empty_since == 0)
		return;
	share = (EMPTY_MAX - MIN(sw->nempty, EMPTY_MAX)) / EMPTY_PART;
	if (g->completed == 0 || sw->nempty > EMPTY_MAX ||
	    limits_net_swarms(sw->limits, g->net) > share ||
	    (now - g->empty_since + FREE - 1) % (FREE - 1) > EMPTY_LIFE) {
		sw->nempty--;
		group_remove(sw, g);
	}
}

/* Where in a swarm (NULL: there is none) an address is, or else m, which may
 * have moved here (NULL: that does not count); NIL: nowhere. */
static uint32_t
member_find(const struct swarms *sw, const struct group *g, int six,
    const uint8_t *compact, const struct member *m)
{
	uint8_t tag[4];
	uint32_t at;

	if (!g)
		return NIL;
	at = members_find(g->of[six], sw->mix, compact);
	if (at != MEMBERS_NIL || !m || !m->keyed)
		return at;
	put32(tag, m->tag);
	return members_find_tag(g->of[six], tag);
}

static int
is_at(const struct members *r, uint32_t at, const uint8_t *compact, int six)
{
	return memcmp(members_at(r, at), compact,
	    members_compact_len(six)) == 0;
}

static uint32_t
member_add(struct swarms *sw, struct group *g, int six,
    const uint8_t *compact, int seed)
{
	uint32_t at;

	limits_member(sw->limits, g->hash, six, compact, 1);
	if (members_of(g) == 0)
		limits_charge(sw->limits, &g->net,
		    limits_net(sw->limits, six, compact));
	sw->nseeds += seed != 0;
	sw->bytes -= members_bytes(g->of[six]);
	at = members_add(&g->of[six], sw->mix, six, compact, seed);
	sw->bytes += members_bytes(g->of[six]);
	return at;
}

static void
member_remove(struct swarms *sw, struct group *g, int six, uint32_t at)
{
	limits_member(sw->limits, g->hash, six, members_at(g->of[six], at),
	    -1);
	sw->nseeds -= at >= members_nfetch(g->of[six]);
	members_remove(&g->of[six], sw->mix, at);
}

static uint32_t
member_turn(struct swarms *sw, struct group *g, int six, uint32_t at, int seed)
{
	sw->nseeds -= at >= members_nfetch(g->of[six]);
	sw->nseeds += seed != 0;
	return members_turn(&g->of[six], sw->mix, at, seed);
}

/* JOIN_OK, or why one at that address, who is not in the swarm (NULL: there is
 * none yet), may not join it. */
static int
may_join(const struct swarms *sw, const struct group *g, const uint8_t *hash,
    int six, const uint8_t *compact)
{
	if (limits_members(sw->limits) == MEMBERS_MAX ||
	    (!g && limits_swarms(sw->limits) == SWARMS_MAX))
		return JOIN_FULL;
	return limits_many(sw->limits, hash, six, compact,
	    !g || members_of(g) == 0) ? JOIN_MANY : JOIN_OK;
}

/* Whether a member is to be forgotten: it is too old, or too many. */
static int
is_past(const struct swarms *sw, const struct members *r, uint32_t at,
    uint8_t tick)
{
	return (uint8_t)(tick - members_info(r, at)->seen) > LIFE_TICKS ||
	    limits_member_over(sw->limits, members_six(r), members_at(r, at));
}

static uint32_t
members_of(const struct group *g)
{
	return members_len(g->of[0]) + members_len(g->of[1]);
}

static uint8_t
tick_of(const struct swarms *sw, int64_t now_ms)
{
	return (uint8_t)(now_ms / sw->tick_ms);
}
