/* Who is in which swarm.  Swarms stand in a slab, chained by info hash in a
 * fixed array of buckets; each has members of each family of addresses.
 *
 * When a member was seen is told in ticks of a 64th of its life, modulo 256.
 * How many members an address and a network have, in all and in a swarm, is
 * counted in tables by hash alone: those that fall together share a limit,
 * which is so high that only a flood reaches it.
 *
 * A network is what the Internet routes at the least, and so what one owner
 * may have all of: a /24 of IPv4, a /48 of IPv6.  It has at most a part of the
 * places that are free, of members and of swarms: what floods take leaves a
 * part free whatever their number.  When three quarters are taken, the sweep
 * has networks shrink to that.  A swarm counts for the network of who came
 * first. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "sha1.h"
#include "addr.h"
#include "track/members.h"
#include "track/swarms.h"

enum {
	BUCKETS     = 1 << 17,
	CHUNK       = 1024,     /* swarms of a piece of the slab */
	EMPTY_MAX   = SWARMS_MAX / 4, /* kept for what they count, */
	EMPTY_LIFE  = 1440,     /* minutes */
	EMPTY_PART  = 4,        /* of the free places of these, */
	SWARMS_PART = 16,       /* of swarms */
	MEMBERS_PART = 64,      /* and of members: what a network may have, */
	SWARMS_LEAST = 16,      /* or so many */
	MEMBERS_LEAST = 64,
	RUN_MIN     = 4,        /* neighbours that are sampled together, */
	RUNS_MIN    = 8,        /* or an eighth of the sample */
	ADDR_BITS   = 16,
	CROWD_BITS  = 18,
	NET_BITS    = 15,
	NET_CROWD_BITS = 16,
	LIFE_TICKS  = 64,
	SWEEP_CROWDS  = 1024,   /* a call of swarms_expire */
	SWEEP_MEMBERS = 16384
};

#define NIL MEMBERS_NIL /* no swarm, no member */

enum { COMPLETED = 1 }; /* flags */
enum { NOBODY = UINT16_MAX, FREE = UINT16_MAX };

struct group {
	uint8_t hash[ID_LEN];
	uint32_t completed;
	uint32_t next;          /* in its bucket, or of the free ones */
	uint16_t empty_since;   /* in minutes; 0: it has members; or FREE */
	uint16_t made_by;       /* for which network it counts; or NOBODY */
	struct members *of[2];   /* IPv4, IPv6; owned */
};

/* What a network has. */
struct net {
	uint32_t members, swarms;
};

struct swarms {
	uint8_t key[SWARMS_KEY_LEN];
	uint64_t mix[MEMBERS_MIX];
	uint64_t rnd;
	int64_t tick_ms;
	uint32_t nslab;         /* swarms of the slab, free ones too */
	uint32_t free;          /* the first of these, or NIL */
	uint32_t ncrowds, nempty, nmembers, nseeds;
	size_t bytes;
	uint32_t sweep;         /* the next swarm to look at, */
	int sweep_six;          /* of it this family, */
	uint32_t sweep_at;      /* below this place; NIL: all of it */
	struct group *slab[SWARMS_MAX / CHUNK];
	uint32_t buckets[BUCKETS]; /* from 1 */
	uint16_t by_addr[1 << ADDR_BITS];
	uint8_t by_crowd[1 << CROWD_BITS];
	struct net nets[1 << NET_BITS];
	uint16_t by_net_crowd[1 << NET_CROWD_BITS];
};

/* Where a member is counted. */
struct counts {
	uint16_t *addr, *net_crowd;
	uint8_t *addr_crowd;
	struct net *net;
};

/* For whom a sample is. */
struct asker {
	uint8_t compact[18];
	size_t len;             /* of compact */
	uint8_t tag[4];
	uint8_t tick;           /* now */
	enum addr_scope seen_at;
};

/* How time is told in what is loaded. */
struct passed {
	int64_t tick_ms;
	uint8_t tick;    /* when it was saved, */
	int64_t away_ms; /* so long ago */
	int64_t now_ms;
};

static struct group *swarms_at(const struct swarms *cs, uint32_t i);
static uint32_t *bucket_of(struct swarms *cs, const uint8_t *hash);
static struct group *swarms_add(struct swarms *cs, const uint8_t *hash);
static void swarms_remove(struct swarms *cs, struct group *c);
static void swarms_settle(struct swarms *cs, struct group *c, int64_t now_ms);
static uint32_t member_find(const struct swarms *cs, const struct group *c,
    int six, const uint8_t *compact, const struct member *m);
static int is_at(const struct members *r, uint32_t at, const uint8_t *compact,
    int six);
static uint32_t member_add(struct swarms *cs, struct group *c, int six,
    const uint8_t *compact, int seed);
static void member_remove(struct swarms *cs, struct group *c, int six,
    uint32_t at);
static uint32_t member_turn(struct swarms *cs, struct group *c, int six,
    uint32_t at, int seed);
static void member_count(struct swarms *cs, const struct group *c, int six,
    const uint8_t *rec, int by);
static void swarms_charge(struct swarms *cs, struct group *c,
    const struct net *net);
static int too_many(struct swarms *cs, const struct group *c,
    const uint8_t *hash, int six, const uint8_t *rec);
static int is_past(struct swarms *cs, const struct members *r, uint32_t at,
    uint8_t tick);
static int is_over(const struct swarms *cs, const struct group *c);
static struct net *net_of(struct swarms *cs, int six, const uint8_t *rec);
static int counts_of(struct swarms *cs, const uint8_t *hash, int six,
    const uint8_t *rec, struct counts *n);
static uint64_t mix_of(const struct swarms *cs, uint64_t addr);
static uint64_t mix_in(const struct swarms *cs, uint64_t mixed,
    const uint8_t *hash);
static uint32_t members_of(const struct group *c);
static uint32_t share_of_members(const struct swarms *cs);
static uint32_t share_of_crowds(const struct swarms *cs);
static enum addr_scope scope_of(const uint8_t *rec, int six);
static uint8_t tick_of(const struct swarms *cs, int64_t now_ms);
static int sample(struct swarms *cs, const struct members *r, uint32_t first,
    uint32_t n, const struct asker *asker, int most, uint8_t *out);
static void fetch(const uint8_t *p, size_t n);
static int is_for(const uint8_t *rec, size_t len, const struct asker *asker);
static uint32_t coprime(struct swarms *cs, uint32_t n);
static int sweep_crowd(struct swarms *cs, struct group *c, int64_t now_ms,
    uint32_t *looks);
static int load_crowd(struct swarms *cs, struct span *s, struct passed when);
static int load_members(struct swarms *cs, struct group *c, int six,
    struct span *s, struct passed when);

struct swarms *
swarms_new(const uint8_t key[SWARMS_KEY_LEN], int64_t life_ms)
{
	struct swarms *cs = xcalloc(1, sizeof *cs);
	uint8_t i;

	memcpy(cs->key, key, sizeof cs->key);
	for (i = 0; i < LEN(cs->mix); i++)
		cs->mix[i] = siphash(key, &i, 1) | 1;
	cs->rnd = siphash(key, &i, 1) | 1;
	cs->tick_ms = MAX((life_ms + LIFE_TICKS - 1) / LIFE_TICKS, 1);
	cs->sweep_at = NIL;
	cs->free = NIL;
	cs->bytes = sizeof *cs;
	return cs;
}

void
swarms_free(struct swarms *cs)
{
	struct group *c;
	uint32_t i;

	if (!cs)
		return;
	for (i = 0; i < cs->nslab; i++) {
		c = swarms_at(cs, i);
		free(c->of[0]);
		free(c->of[1]);
	}
	for (i = 0; i < cs->nslab; i += CHUNK)
		free(cs->slab[i / CHUNK]);
	free(cs);
}

int
swarms_join(struct swarms *cs, const uint8_t hash[ID_LEN],
    const struct member *m, int fresh, int64_t now_ms)
{
	struct group *c = swarms_find(cs, hash);
	uint8_t compact[18], flags = 0;
	int six = !addr_pack(compact, &m->addr), why;
	struct info *info;
	uint32_t at = member_find(cs, c, six, compact, fresh ? NULL : m);

	if (at != NIL && !is_at(c->of[six], at, compact, six)) { /* moved */
		flags = members_info(c->of[six], at)->flags;
		member_remove(cs, c, six, at);
		at = NIL;
	}
	if (at == NIL) {
		why = cs->nmembers == MEMBERS_MAX ||
		    (!c && cs->ncrowds == SWARMS_MAX) ? JOIN_FULL :
		    too_many(cs, c, hash, six, compact) ? JOIN_MANY : JOIN_OK;
		if (why == JOIN_OK && !c)
			c = swarms_add(cs, hash);
		if (why == JOIN_OK)
			at = member_add(cs, c, six, compact, m->seed);
		if (c)
			swarms_settle(cs, c, now_ms);
		if (why != JOIN_OK)
			return why;
	} else {
		at = member_turn(cs, c, six, at, m->seed);
		flags = members_info(c->of[six], at)->flags;
	}
	info = members_info(c->of[six], at);
	info->seen = tick_of(cs, now_ms);
	info->flags = flags;
	put32(info->tag, m->tag);
	return JOIN_OK;
}

void
swarms_leave(struct swarms *cs, const uint8_t hash[ID_LEN],
    const struct member *m, int64_t now_ms)
{
	struct group *c = swarms_find(cs, hash);
	uint8_t compact[18];
	int six = !addr_pack(compact, &m->addr);
	uint32_t at = member_find(cs, c, six, compact, m);

	if (at == NIL)
		return;
	member_remove(cs, c, six, at);
	swarms_settle(cs, c, now_ms);
}

void
swarms_complete(struct swarms *cs, const uint8_t hash[ID_LEN],
    const struct member *m)
{
	struct group *c = swarms_find(cs, hash);
	uint8_t compact[18];
	int six = !addr_pack(compact, &m->addr);
	uint32_t at = member_find(cs, c, six, compact, NULL);
	struct info *info;

	if (at == NIL)
		return;
	info = members_info(c->of[six], at);
	c->completed += !(info->flags & COMPLETED) &&
	    c->completed < UINT32_MAX;
	info->flags |= COMPLETED;
}

struct group *
swarms_find(struct swarms *cs, const uint8_t hash[ID_LEN])
{
	uint32_t i = *bucket_of(cs, hash);
	struct group *c;

	for (; i > 0; i = c->next) {
		c = swarms_at(cs, i - 1);
		if (memcmp(c->hash, hash, ID_LEN) == 0)
			return c;
	}
	return NULL;
}

void
swarms_tally(const struct group *c, struct tally *tally)
{
	tally->leechers = members_nfetch(c->of[0]) + members_nfetch(c->of[1]);
	tally->seeds = members_len(c->of[0]) + members_len(c->of[1]) -
	    tally->leechers;
	tally->completed = c->completed;
}

/* Those of the n records from first on: runs of neighbours, whose order is by
 * a step that visits every run once.  The memory of the next run is asked for
 * while one is looked at. */
static int
sample(struct swarms *cs, const struct members *r, uint32_t first, uint32_t n,
    const struct asker *asker, int most, uint8_t *out)
{
	uint32_t run_len = MAX(RUN_MIN, (uint32_t)most / RUNS_MIN);
	uint32_t runs = (n + run_len - 1) / run_len, step, run, shift;
	uint32_t looks = 4 * (uint32_t)most + 64, i, k, at;
	size_t len = members_compact_len(members_six(r));
	size_t rec_len = len + sizeof(struct info);
	const uint8_t *base, *rec;
	int got = 0;

	if (n == 0 || most <= 0)
		return 0;
	base = members_at(r, first);
	step = coprime(cs, runs);
	run = rnd_below(&cs->rnd, runs);
	shift = rnd_below(&cs->rnd, n);
	for (i = 0; i < runs && looks > 0; i++) {
		at = run < runs - step ? run + step : run - (runs - step);
		k = (at * run_len + shift) % n;
		fetch(base + k * rec_len, MIN(run_len, n - k) * rec_len);
		for (k = run * run_len; k < n && k < (run + 1) * run_len;
		    k++) {
			rec = base + (k < n - shift ? k + shift :
			    k - (n - shift)) * rec_len;
			looks -= looks > 0;
			if (!is_for(rec, len, asker))
				continue;
			memcpy(out + (size_t)got * len, rec, len);
			if (++got == most)
				return got;
		}
		run = at;
	}
	return got;
}

/* Has the processor bring memory closer. */
static void
fetch(const uint8_t *p, size_t n)
{
#ifdef __GNUC__
	size_t i;

	for (i = 0; i < n; i += 64)
		__builtin_prefetch(p + i);
#else
	(void)p, (void)n;
#endif
}

/* Whether a record can be handed to an asker. */
static int
is_for(const uint8_t *rec, size_t len, const struct asker *asker)
{
	const struct info *info = (const struct info *)(rec + len);

	return memcmp(info->tag, asker->tag, sizeof info->tag) != 0 &&
	    (len != asker->len ||
	    rec[len - 1] != asker->compact[len - 1] || /* is quickly told */
	    memcmp(rec, asker->compact, len) != 0) &&
	    (uint8_t)(asker->tick - info->seen) <= LIFE_TICKS &&
	    (asker->seen_at == SCOPE_LOOPBACK ||
	    scope_of(rec, len != 6) >= asker->seen_at);
}

int
swarms_sample(struct swarms *cs, const struct group *c,
    const struct member *m, enum addr_scope seen_at, int is4, int seeds,
    int most, int64_t now_ms, uint8_t *out)
{
	const struct members *r = c->of[!is4];
	uint32_t nfetch = members_nfetch(r), nseeds = members_len(r) - nfetch;
	struct asker asker = { .tick = tick_of(cs, now_ms),
		.seen_at = seen_at };
	int want = most, got;

	if (!r)
		return 0;
	put32(asker.tag, m->tag);
	asker.len = members_compact_len(!addr_pack(asker.compact, &m->addr));
	if (!seeds)
		return sample(cs, r, 0, nfetch, &asker, most, out);
	/* half of them seeds, if there are so many */
	want = most / 2 + (most & (int)rnd_below(&cs->rnd, 2));
	want = MAX(want, most - (int)MIN(nseeds, (uint32_t)most));
	got = sample(cs, r, 0, nfetch, &asker, want, out);
	got += sample(cs, r, nfetch, nseeds, &asker, most - got,
	    out + (size_t)got * members_compact_len(!is4));
	if (got == most || want == most)
		return got;
	/* some seeds were not for this asker: their places are open to all */
	got = sample(cs, r, 0, nfetch, &asker, most, out);
	return got + sample(cs, r, nfetch, nseeds, &asker, most - got,
	    out + (size_t)got * members_compact_len(!is4));
}

void
swarms_expire(struct swarms *cs, int64_t now_ms)
{
	uint32_t n = 0, looks = 0;

	while (n < SWEEP_CROWDS && n < cs->nslab && looks < SWEEP_MEMBERS) {
		if (cs->sweep >= cs->nslab)
			cs->sweep = 0;
		if (sweep_crowd(cs, swarms_at(cs, cs->sweep), now_ms, &looks)) {
			cs->sweep++;
			n++;
		}
	}
}

/* 1, or 0: it goes on there, since so many looks are enough for now. */
static int
sweep_crowd(struct swarms *cs, struct group *c, int64_t now_ms,
    uint32_t *looks)
{
	uint8_t tick = tick_of(cs, now_ms);
	int over = c->empty_since != FREE && is_over(cs, c);
	uint32_t i;

	if (c->empty_since == FREE)
		cs->sweep_six = 2;
	for (; cs->sweep_six < 2; cs->sweep_six++, cs->sweep_at = NIL) {
		/* from the end: what fills a gap was looked at */
		i = MIN(cs->sweep_at, members_len(c->of[cs->sweep_six]));
		for (; i > 0 && *looks < SWEEP_MEMBERS; ++*looks, i--)
			if (over || is_past(cs, c->of[cs->sweep_six], i - 1,
			    tick))
				member_remove(cs, c, cs->sweep_six, i - 1);
		cs->sweep_at = i;
		if (i > 0)
			break;
	}
	if (c->empty_since != FREE)
		swarms_settle(cs, c, now_ms);
	if (cs->sweep_six < 2)
		return 0;
	cs->sweep_six = 0;
	cs->sweep_at = NIL;
	return 1;
}

uint32_t
swarms_expire_calls(const struct swarms *cs)
{
	return cs->nslab / SWEEP_CROWDS + cs->nmembers / SWEEP_MEMBERS + 1;
}

uint32_t
swarms_tag(const struct swarms *cs, const void *who, size_t n)
{
	return (uint32_t)siphash(cs->key, who, n);
}

void
swarms_count(const struct swarms *cs, struct census *n)
{
	n->swarms = cs->ncrowds - cs->nempty;
	n->seeds = cs->nseeds;
	n->leechers = cs->nmembers - cs->nseeds;
	n->bytes = cs->bytes;
}

int
swarms_largest(const struct swarms *cs, struct swarm_size *list, int n)
{
	const struct group *c;
	struct tally t;
	uint32_t i;
	int have = 0, at;

	for (i = 0; i < cs->nslab; i++) {
		c = swarms_at(cs, i);
		if (c->empty_since != 0)
			continue;
		swarms_tally(c, &t);
		for (at = have; at > 0 && t.seeds + t.leechers >
		    list[at - 1].tally.seeds + list[at - 1].tally.leechers;
		    at--)
			if (at < n)
				list[at] = list[at - 1];
		if (at == n)
			continue;
		memcpy(list[at].hash, c->hash, ID_LEN);
		list[at].tally = t;
		have += have < n;
	}
	return have;
}

void
swarms_each(const struct swarms *cs,
    void (*visit)(void *, const uint8_t *, const struct tally *), void *arg)
{
	const struct group *c;
	struct tally t;
	uint32_t i;

	for (i = 0; i < cs->nslab; i++) {
		c = swarms_at(cs, i);
		if (c->empty_since == FREE)
			continue;
		swarms_tally(c, &t);
		visit(arg, c->hash, &t);
	}
}

/* The head has the key, since tags depend on it, the length of a tick and the
 * time in ticks.  A swarm: hash, completed, then for each family how many
 * fetch and how many there are, and their records. */

void
swarms_save_head(const struct swarms *cs, struct buf *out, int64_t now_ms)
{
	uint8_t p[9];

	buf_put(out, cs->key, SWARMS_KEY_LEN);
	put64(p, (uint64_t)cs->tick_ms);
	p[8] = tick_of(cs, now_ms);
	buf_put(out, p, sizeof p);
}

int
swarms_save(const struct swarms *cs, uint32_t *at, struct buf *out)
{
	const struct group *c;
	const struct members *r;
	uint8_t p[8];
	int six;

	if (*at == cs->nslab)
		return 0;
	c = swarms_at(cs, (*at)++);
	if (c->empty_since == FREE)
		return 1;
	buf_put(out, c->hash, ID_LEN);
	put32(p, c->completed);
	buf_put(out, p, 4);
	for (six = 0; six < 2; six++) {
		r = c->of[six];
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
	struct swarms *cs;
	uint64_t tick_ms;
	uint8_t tick;

	if (s.n < SWARMS_KEY_LEN + 9)
		return NULL;
	cs = swarms_new(s.p, life_ms);
	tick_ms = get64(s.p + SWARMS_KEY_LEN);
	tick = s.p[SWARMS_KEY_LEN + 8];
	s.p += SWARMS_KEY_LEN + 9;
	s.n -= SWARMS_KEY_LEN + 9;
	while (s.n > 0)
		if (tick_ms == 0 || tick_ms > INT32_MAX || away_ms < 0 ||
		    load_crowd(cs, &s, (struct passed){ (int64_t)tick_ms,
		    tick, MIN(away_ms, INT64_MAX / 2), now_ms }) < 0) {
			swarms_free(cs);
			return NULL;
		}
	return cs;
}

static int
load_crowd(struct swarms *cs, struct span *s, struct passed when)
{
	struct group *c;
	int six;

	if (s->n < ID_LEN + 4 || cs->ncrowds == SWARMS_MAX ||
	    swarms_find(cs, s->p))
		return -1;
	c = swarms_add(cs, s->p);
	c->completed = get32(s->p + ID_LEN);
	s->p += ID_LEN + 4;
	s->n -= ID_LEN + 4;
	for (six = 0; six < 2; six++)
		if (load_members(cs, c, six, s, when) < 0)
			return -1;
	swarms_settle(cs, c, when.now_ms);
	return 0;
}

static int
load_members(struct swarms *cs, struct group *c, int six, struct span *s,
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
	if (nfetch > n || n > s->n / len || n > MEMBERS_MAX - cs->nmembers)
		return -1;
	for (i = 0; i < n; i++, s->p += len, s->n -= len) {
		memcpy(&info, s->p + members_compact_len(six), sizeof info);
		age = ((uint8_t)(when.tick - info.seen) * when.tick_ms +
		    when.away_ms) / cs->tick_ms;
		if (members_find(c->of[six], cs->mix, s->p) != MEMBERS_NIL)
			return -1;
		if (age > LIFE_TICKS || too_many(cs, c, c->hash, six, s->p))
			continue;
		info.seen = (uint8_t)(tick_of(cs, when.now_ms) - age);
		at = member_add(cs, c, six, s->p, i >= nfetch);
		*members_info(c->of[six], at) = info;
	}
	return 0;
}

static struct group *
swarms_at(const struct swarms *cs, uint32_t i)
{
	return &cs->slab[i / CHUNK][i % CHUNK];
}

static uint32_t *
bucket_of(struct swarms *cs, const uint8_t *hash)
{
	return &cs->buckets[siphash(cs->key, hash, ID_LEN) % BUCKETS];
}

static struct group *
swarms_add(struct swarms *cs, const uint8_t *hash)
{
	uint32_t *head = bucket_of(cs, hash), i = cs->free;
	struct group *c;

	if (i != NIL) {
		c = swarms_at(cs, i);
		cs->free = c->next;
	} else {
		i = cs->nslab;
		if (i % CHUNK == 0) {
			cs->slab[i / CHUNK] = xmalloc(CHUNK * sizeof *c);
			cs->bytes += CHUNK * sizeof *c;
		}
		c = swarms_at(cs, cs->nslab++);
	}
	memset(c, 0, sizeof *c);
	memcpy(c->hash, hash, ID_LEN);
	c->made_by = NOBODY;
	c->next = *head;
	*head = i + 1;
	cs->ncrowds++;
	return c;
}

/* It has no members. */
static void
swarms_remove(struct swarms *cs, struct group *c)
{
	uint32_t *at = bucket_of(cs, c->hash), i;

	while (swarms_at(cs, *at - 1) != c)
		at = &swarms_at(cs, *at - 1)->next;
	i = *at - 1;
	*at = c->next;
	swarms_charge(cs, c, NULL);
	c->next = cs->free;
	c->empty_since = FREE;
	cs->free = i;
	cs->ncrowds--;
}

/* After members came or went: memory follows, and a swarm without any stays
 * only for what it has counted. */
static void
swarms_settle(struct swarms *cs, struct group *c, int64_t now_ms)
{
	int now = (int)(now_ms / 60000 % (FREE - 1)) + 1, six;
	uint16_t was = c->empty_since;
	uint32_t share;

	for (six = 0; six < 2; six++) {
		cs->bytes -= members_bytes(c->of[six]);
		members_fit(&c->of[six], cs->mix);
		cs->bytes += members_bytes(c->of[six]);
	}
	c->empty_since = (uint16_t)(c->of[0] || c->of[1] ? 0 : was ? was :
	    now);
	cs->nempty += (c->empty_since != 0) - (was != 0);
	if (c->empty_since == 0)
		return;
	share = (EMPTY_MAX - MIN(cs->nempty, EMPTY_MAX)) / EMPTY_PART;
	if (c->completed == 0 || cs->nempty > EMPTY_MAX ||
	    (c->made_by != NOBODY && cs->nets[c->made_by].swarms > share) ||
	    (now - c->empty_since + FREE - 1) % (FREE - 1) > EMPTY_LIFE) {
		cs->nempty--;
		swarms_remove(cs, c);
	}
}

/* It counts for another network from now on (NULL: for none). */
static void
swarms_charge(struct swarms *cs, struct group *c, const struct net *net)
{
	if (c->made_by != NOBODY)
		cs->nets[c->made_by].swarms--;
	c->made_by = net ? (uint16_t)(net - cs->nets) : NOBODY;
	if (c->made_by != NOBODY)
		cs->nets[c->made_by].swarms++;
}

/* Where in a swarm (NULL: there is none) an address is, or else m, which may
 * have moved here (NULL: that does not count); NIL: nowhere. */
static uint32_t
member_find(const struct swarms *cs, const struct group *c, int six,
    const uint8_t *compact, const struct member *m)
{
	uint8_t tag[4];
	uint32_t at;

	if (!c)
		return NIL;
	at = members_find(c->of[six], cs->mix, compact);
	if (at != MEMBERS_NIL || !m || !m->keyed)
		return at;
	put32(tag, m->tag);
	return members_find_tag(c->of[six], tag);
}

static int
is_at(const struct members *r, uint32_t at, const uint8_t *compact, int six)
{
	return memcmp(members_at(r, at), compact, members_compact_len(six)) == 0;
}

static uint32_t
member_add(struct swarms *cs, struct group *c, int six,
    const uint8_t *compact, int seed)
{
	uint32_t at;

	member_count(cs, c, six, compact, 1);
	if (members_of(c) == 0)
		swarms_charge(cs, c, net_of(cs, six, compact));
	cs->nmembers++;
	cs->nseeds += seed != 0;
	cs->bytes -= members_bytes(c->of[six]);
	at = members_add(&c->of[six], cs->mix, six, compact, seed);
	cs->bytes += members_bytes(c->of[six]);
	return at;
}

static void
member_remove(struct swarms *cs, struct group *c, int six, uint32_t at)
{
	member_count(cs, c, six, members_at(c->of[six], at), -1);
	cs->nmembers--;
	cs->nseeds -= at >= members_nfetch(c->of[six]);
	members_remove(&c->of[six], cs->mix, at);
}

static uint32_t
member_turn(struct swarms *cs, struct group *c, int six, uint32_t at, int seed)
{
	cs->nseeds -= at >= members_nfetch(c->of[six]);
	cs->nseeds += seed != 0;
	return members_turn(&c->of[six], cs->mix, at, seed);
}

static void
member_count(struct swarms *cs, const struct group *c, int six,
    const uint8_t *rec, int by)
{
	struct counts n;

	if (counts_of(cs, c->hash, six, rec, &n) < 0)
		return;
	*n.addr = (uint16_t)(*n.addr + by);
	*n.addr_crowd = (uint8_t)(*n.addr_crowd + by);
	n.net->members += (uint32_t)by;
	*n.net_crowd = (uint16_t)(*n.net_crowd + by);
}

/* Whether one that is not in a swarm (NULL: there is none yet) may not be. */
static int
too_many(struct swarms *cs, const struct group *c, const uint8_t *hash,
    int six, const uint8_t *rec)
{
	struct counts n;

	return counts_of(cs, hash, six, rec, &n) == 0 &&
	    (*n.addr >= ADDR_MAX || *n.addr_crowd >= ADDR_SWARM_MAX ||
	    *n.net_crowd >= NET_SWARM_MAX ||
	    n.net->members >= share_of_members(cs) ||
	    ((!c || members_of(c) == 0) &&
	    n.net->swarms >= share_of_crowds(cs)));
}

/* Whether a member is to be forgotten: it is too old, or too many. */
static int
is_past(struct swarms *cs, const struct members *r, uint32_t at, uint8_t tick)
{
	const struct net *net;

	if ((uint8_t)(tick - members_info(r, at)->seen) > LIFE_TICKS)
		return 1;
	if (cs->nmembers < MEMBERS_MAX / 4 * 3)
		return 0;
	net = net_of(cs, members_six(r), members_at(r, at));
	return net && net->members > share_of_members(cs);
}

/* Whether its network has too many swarms for one of so few members. */
static int
is_over(const struct swarms *cs, const struct group *c)
{
	return c->made_by != NOBODY && cs->ncrowds >= SWARMS_MAX / 4 * 3 &&
	    cs->nets[c->made_by].swarms >
	    (uint64_t)share_of_crowds(cs) * MAX(members_of(c), 1);
}

/* Members that a network may have. */
static uint32_t
share_of_members(const struct swarms *cs)
{
	return MAX((MEMBERS_MAX - cs->nmembers) / MEMBERS_PART,
	    MEMBERS_LEAST);
}

static uint32_t
share_of_crowds(const struct swarms *cs)
{
	return MAX((SWARMS_MAX - cs->ncrowds) / SWARMS_PART, SWARMS_LEAST);
}

/* NULL: this host, which has no limit. */
static struct net *
net_of(struct swarms *cs, int six, const uint8_t *rec)
{
	if (scope_of(rec, six) == SCOPE_LOOPBACK)
		return NULL;
	return &cs->nets[mix_of(cs, six ? get64(rec) >> 16 :
	    get32(rec) >> 8) >> (64 - NET_BITS)];
}

/* 0, or -1: it is not counted.  Of an IPv6 address the first half counts, of
 * which one caller has all. */
static int
counts_of(struct swarms *cs, const uint8_t *hash, int six, const uint8_t *rec,
    struct counts *n)
{
	uint64_t addr = six ? get64(rec) : get32(rec);
	uint64_t a = mix_of(cs, addr), b = mix_of(cs, addr >> (six ? 16 : 8));

	n->net = net_of(cs, six, rec);
	n->addr = &cs->by_addr[a >> (64 - ADDR_BITS)];
	n->addr_crowd = &cs->by_crowd[mix_in(cs, a, hash) >>
	    (64 - CROWD_BITS)];
	n->net_crowd = &cs->by_net_crowd[mix_in(cs, b, hash) >>
	    (64 - NET_CROWD_BITS)];
	return n->net ? 0 : -1;
}

static uint64_t
mix_of(const struct swarms *cs, uint64_t addr)
{
	addr = (addr ^ cs->mix[2]) * cs->mix[3];
	return (addr ^ addr >> 32) * cs->mix[0];
}

static uint64_t
mix_in(const struct swarms *cs, uint64_t mixed, const uint8_t *hash)
{
	mixed = (mixed ^ get64(hash)) * cs->mix[1];
	return (mixed ^ mixed >> 32 ^ get64(hash + 12)) * cs->mix[3];
}

static uint32_t
members_of(const struct group *c)
{
	return members_len(c->of[0]) + members_len(c->of[1]);
}

static enum addr_scope
scope_of(const uint8_t *rec, int six)
{
	struct addr a;

	addr_unpack(&a, rec, !six);
	return addr_scope(&a);
}

static uint8_t
tick_of(const struct swarms *cs, int64_t now_ms)
{
	return (uint8_t)(now_ms / cs->tick_ms);
}

/* A number below n that shares no factor with it; 1 for 1. */
static uint32_t
coprime(struct swarms *cs, uint32_t n)
{
	uint32_t x, a, b, c;

	do {
		x = 1 + rnd_below(&cs->rnd, n);
		for (a = n, b = x; b != 0; a = b, b = c)
			c = a % b;
	} while (a != 1);
	return x < n ? x : 1;
}
