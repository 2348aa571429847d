/* swarms: members against a model, samples counted, limits filled, floods
 * against strangers, and what was saved loaded again, whole, cut and damaged.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "sha1.h"
#include "addr.h"
#include "track/limits.h"
#include "track/swarms.h"
#include "unit.h"

enum {
	LIFE = 64000,
	STEP = LIFE / 4,    /* of the model's clock */
	SWARMS = 12, SLOTS = 2500, OPS = 60000,
	SAMPLE = 300,
	FLOOD = 1000000, FLOOD_SWARMS = 100000
};

/* What should be in a swarm: a place's member has an address of its own, which
 * its serial number tells. */
struct place {
	int in, seed, done, six;
	uint32_t serial, tag;
	int64_t seen_ms;
};

struct model {
	uint32_t size, n[2], nseeds[2], completed;
	struct place at[SLOTS];
};

/* Of the model's run. */
struct run {
	struct swarms *sw;
	struct model *m;           /* of SWARMS */
	uint32_t *place_of;        /* by serial number; NIL: none */
	uint32_t nserials, tag;
	uint64_t rnd;
	int64_t now_ms;
	int wrong_tally, wrong_sample;
};

static void single(void);
static void moves(void);
static void families(void);
static void ages(void);
static void ages_of(int64_t life_ms, int64_t began_ms);
static void model(void);
static void model_op(struct run *r, uint32_t s, uint32_t join);
static void model_join(struct run *r, uint32_t s, struct place *p, int seed);
static void model_gone(struct run *r, uint32_t s, struct place *p);
static void model_move(struct run *r, uint32_t s, struct place *p);
static void model_fresh(struct run *r, uint32_t s, struct place *p);
static void model_expire(struct run *r);
static void model_check(struct run *r, uint32_t s);
static void model_sample(struct run *r, uint32_t s);
static void exact(void);
static void uniform(void);
static int reaches(uint32_t nfetch, uint32_t nseeds, int most, int six,
    uint32_t spread);
static void scopes(void);
static int sees(struct swarms *sw, const char *asker, enum addr_scope seen_at,
    int is4, int want);
static void limits(void);
static void limit_of_all(void);
static void network(void);
static void one_network(int six);
static void networks_of_members(void);
static void networks_of_swarms(void);
static void networks_of_gone(void);
static void come_and_go(struct swarms *sw, const uint8_t *hash,
    const struct member *m);
static struct member within(int six, uint32_t net, uint32_t i);
static uint32_t strangers(struct swarms *sw, uint32_t from, uint32_t n,
    int64_t now_ms);
static uint32_t of_strangers(struct swarms *sw, uint32_t from, uint32_t n);
static void full(void);
static void forgetting(void);
static void kept(void);
static void kept_ages(void);
static void kept_limits(void);
static struct swarms *some(uint32_t nmembers, uint32_t nswarms);
static int same(struct swarms *a, struct swarms *b);
static void visit_same(void *arg, const uint8_t *hash,
    const struct tally *tally);
static void visit_sum(void *arg, const uint8_t *hash,
    const struct tally *tally);
static int sane(struct swarms *sw, int64_t now_ms);
static void damaged(void);
static void largest(void);
static void flood(void);
static void busy(void);
static struct buf save(const struct swarms *sw, int64_t now_ms);
static struct swarms *load(const struct buf *b, size_t n, int64_t life_ms,
    int64_t away_ms, int64_t now_ms);
static struct swarms *fresh_swarms(int64_t life_ms);
static void expire_all(struct swarms *sw, int64_t now_ms);
static const uint8_t *hash_of(uint32_t i);
static struct member member_of(uint32_t serial, int six, uint32_t tag,
    int seed);
static struct member at(const char *addr, uint32_t tag, int keyed, int seed);
static int counts(struct swarms *sw, uint32_t swarm, uint32_t seeds,
    uint32_t leechers);
static int census_is(struct swarms *sw, uint32_t swarms, uint32_t seeds,
    uint32_t leechers);
static uint32_t completed(struct swarms *sw, uint32_t swarm);
static double seconds(void);

void
test_swarms(void)
{
	single();
	moves();
	families();
	ages();
	model();
	exact();
	uniform();
	scopes();
	limits();
	limit_of_all();
	network();
	one_network(0);
	one_network(1);
	networks_of_members();
	networks_of_swarms();
	networks_of_gone();
	full();
	forgetting();
	kept();
	kept_ages();
	kept_limits();
	damaged();
	largest();
	flood();
	busy();
}

static void
single(void)
{
	struct swarms *sw = fresh_swarms(LIFE);
	struct member m = at("1.2.3.4:5", 1, 0, 0);

	CASE("swarms: nothing is known at first");
	OK(census_is(sw, 0, 0, 0));
	OK(swarms_find(sw, hash_of(1)) == NULL);
	swarms_leave(sw, hash_of(1), &m, 0);
	swarms_complete(sw, hash_of(1), &m);
	expire_all(sw, 0);
	OK(swarms_find(sw, hash_of(1)) == NULL && census_is(sw, 0, 0, 0));
	CASE("swarms: who is in one is found by his address and port alone");
	OK(!swarms_has(sw, hash_of(1), &m.addr));
	OK(swarms_join(sw, hash_of(1), &m, 1, 0) == JOIN_OK);
	OK(swarms_has(sw, hash_of(1), &m.addr));
	OK(!swarms_has(sw, hash_of(2), &m.addr));
	m.addr.port++;
	OK(!swarms_has(sw, hash_of(1), &m.addr));
	m.addr.port--;
	m.addr.ip[15]++;
	OK(!swarms_has(sw, hash_of(1), &m.addr));
	m.addr.ip[15]--;
	swarms_leave(sw, hash_of(1), &m, 0);
	OK(!swarms_has(sw, hash_of(1), &m.addr));
	CASE("swarms: a member joins, turns, turns back and leaves");
	OK(swarms_join(sw, hash_of(1), &m, 1, 0) == JOIN_OK);
	OK(counts(sw, 1, 0, 1) && census_is(sw, 1, 0, 1));
	OK(swarms_join(sw, hash_of(1), &m, 0, 0) == JOIN_OK);
	OK(counts(sw, 1, 0, 1) && census_is(sw, 1, 0, 1));
	m.seed = 1;
	OK(swarms_join(sw, hash_of(1), &m, 0, 0) == JOIN_OK);
	OK(counts(sw, 1, 1, 0) && census_is(sw, 1, 1, 0));
	m.seed = 0;
	OK(swarms_join(sw, hash_of(1), &m, 1, 0) == JOIN_OK);
	OK(counts(sw, 1, 0, 1) && census_is(sw, 1, 0, 1));
	swarms_leave(sw, hash_of(2), &m, 0);
	OK(census_is(sw, 1, 0, 1));
	swarms_leave(sw, hash_of(1), &m, 0);
	OK(census_is(sw, 0, 0, 0) && counts(sw, 1, 0, 0));
	CASE("swarms: who completes is counted once, and outlives its stay");
	OK(swarms_join(sw, hash_of(1), &m, 1, 0) == JOIN_OK);
	swarms_complete(sw, hash_of(1), &m);
	swarms_complete(sw, hash_of(1), &m);
	m.seed = 1;
	OK(swarms_join(sw, hash_of(1), &m, 0, 0) == JOIN_OK);
	swarms_complete(sw, hash_of(1), &m);
	OK(completed(sw, 1) == 1);
	swarms_leave(sw, hash_of(1), &m, 0);
	OK(completed(sw, 1) == 1 && census_is(sw, 0, 0, 0));
	swarms_free(sw);
	CASE("swarms: freeing nothing does nothing");
	swarms_free(NULL);
	OK(1);
}

static void
moves(void)
{
	struct swarms *sw = fresh_swarms(LIFE);
	struct member old = at("1.2.3.4:5", 7, 1, 0);
	struct member new = at("1.2.3.9:6", 7, 1, 0);
	struct member plain = at("1.2.3.9:6", 7, 0, 0);

	CASE("swarms: a key proves a move, and what was completed goes along");
	OK(swarms_join(sw, hash_of(1), &old, 1, 0) == JOIN_OK);
	swarms_complete(sw, hash_of(1), &old);
	OK(swarms_join(sw, hash_of(1), &new, 0, 0) == JOIN_OK);
	OK(counts(sw, 1, 0, 1) && census_is(sw, 1, 0, 1));
	swarms_complete(sw, hash_of(1), &new);
	OK(completed(sw, 1) == 1);
	new.seed = 1;
	OK(swarms_join(sw, hash_of(1), &old, 0, 0) == JOIN_OK);
	OK(swarms_join(sw, hash_of(1), &new, 0, 0) == JOIN_OK);
	OK(counts(sw, 1, 1, 0));
	new.seed = 0;
	CASE("swarms: who begins has not moved");
	OK(swarms_join(sw, hash_of(2), &old, 1, 0) == JOIN_OK);
	OK(swarms_join(sw, hash_of(2), &new, 1, 0) == JOIN_OK);
	OK(counts(sw, 2, 0, 2));
	CASE("swarms: a tag without a key proves nothing");
	OK(swarms_join(sw, hash_of(3), &old, 1, 0) == JOIN_OK);
	OK(swarms_join(sw, hash_of(3), &plain, 0, 0) == JOIN_OK);
	OK(counts(sw, 3, 0, 2));
	swarms_leave(sw, hash_of(3), &plain, 0);
	swarms_leave(sw, hash_of(3), &plain, 0);
	OK(counts(sw, 3, 0, 1));
	CASE("swarms: who has a key leaves from anywhere");
	swarms_leave(sw, hash_of(3), &new, 0);
	OK(counts(sw, 3, 0, 0));
	CASE("swarms: nobody moves from one swarm to another");
	OK(swarms_join(sw, hash_of(4), &old, 1, 0) == JOIN_OK);
	OK(swarms_join(sw, hash_of(5), &new, 0, 0) == JOIN_OK);
	OK(counts(sw, 4, 0, 1) && counts(sw, 5, 0, 1));
	swarms_free(sw);
}

static void
families(void)
{
	struct swarms *sw = fresh_swarms(LIFE);
	struct member four = at("1.2.3.4:5", 7, 1, 0);
	struct member six = at("[2001:db8::1]:5", 7, 1, 0);
	struct member other = at("1.2.3.5:5", 8, 1, 0);
	uint8_t out[18 * 10];

	CASE("swarms: the other family's address is another member");
	OK(swarms_join(sw, hash_of(1), &four, 1, 0) == JOIN_OK);
	OK(swarms_join(sw, hash_of(1), &six, 0, 0) == JOIN_OK);
	OK(counts(sw, 1, 0, 2));
	CASE("swarms: an asker is not given itself in either family");
	OK(swarms_sample(sw, swarms_find(sw, hash_of(1)), &(struct wish){
	    &four, SCOPE_GLOBAL, 0, 1, 10 }, 0, out) == 0);
	OK(swarms_sample(sw, swarms_find(sw, hash_of(1)), &(struct wish){ &six,
	    SCOPE_GLOBAL, 1, 1, 10 }, 0, out) == 0);
	OK(swarms_sample(sw, swarms_find(sw, hash_of(1)), &(struct wish){
	    &other, SCOPE_GLOBAL, 1, 1, 10 }, 0, out) == 1);
	OK(memcmp(out, "\1\2\3\4\0\5", 6) == 0);
	OK(swarms_sample(sw, swarms_find(sw, hash_of(1)), &(struct wish){
	    &other, SCOPE_GLOBAL, 0, 1, 10 }, 0, out) == 1);
	OK(memcmp(out, six.addr.ip, 16) == 0 && get16(out + 16) == 5);
	CASE("swarms: one that leaves stays in the other family");
	swarms_leave(sw, hash_of(1), &four, 0);
	OK(counts(sw, 1, 0, 1));
	swarms_leave(sw, hash_of(1), &six, 0);
	OK(census_is(sw, 0, 0, 0));
	CASE("swarms: ports tell members of an address apart");
	other.addr = four.addr;
	other.addr.port = 6;
	OK(swarms_join(sw, hash_of(1), &four, 1, 0) == JOIN_OK);
	OK(swarms_join(sw, hash_of(1), &other, 1, 0) == JOIN_OK);
	OK(counts(sw, 1, 0, 2));
	CASE("swarms: a tag is that of these bytes alone");
	OK(swarms_tag(sw, "abc", 3) == swarms_tag(sw, "abc", 3));
	OK(swarms_tag(sw, "abc", 3) != swarms_tag(sw, "abd", 3));
	OK(swarms_tag(sw, "abc", 3) != swarms_tag(sw, "abc", 2));
	swarms_free(sw);
}

static void
ages(void)
{
	static const int64_t lives[] = { 3600000, 120000, 1800000, 6000,
		20000, 14000, 2 * 1799 * 1000, 2 * 86399 * 1000 };
	static const int64_t clocks[] = { 0, 1, 999, 55555, 123456789,
		INT64_C(1) << 41 };
	size_t i, k;

	CASE("swarms: a member lives its life, and a thirtieth at most over");
	for (i = 0; i < LEN(lives); i++)
		for (k = 0; k < LEN(clocks); k++)
			ages_of(lives[i], clocks[k]);
}

static void
ages_of(int64_t life_ms, int64_t began_ms)
{
	struct swarms *sw = fresh_swarms(life_ms);
	struct member m = at("1.2.3.4:5", 7, 0, 0);
	struct member other = at("1.2.3.5:5", 8, 0, 0);
	int64_t over = began_ms + life_ms + life_ms / 30;
	struct group *c;
	uint8_t out[6];
	char what[80];

	snprintf(what, sizeof what, "a life of %ld from %ld on",
	    (long)life_ms, (long)began_ms);
	OK(swarms_join(sw, hash_of(1), &m, 1, began_ms) == JOIN_OK);
	c = swarms_find(sw, hash_of(1));
	OK_FOR(what, swarms_sample(sw, c, &(struct wish){ &other, SCOPE_GLOBAL,
	    1, 1, 1 }, began_ms + life_ms, out) == 1);
	expire_all(sw, began_ms + life_ms);
	OK_FOR(what, counts(sw, 1, 0, 1));
	c = swarms_find(sw, hash_of(1));
	OK_FOR(what, !c || swarms_sample(sw, c, &(struct wish){ &other,
	    SCOPE_GLOBAL, 1, 1, 1 }, over + 1, out) == 0);
	expire_all(sw, over + 1);
	OK_FOR(what, census_is(sw, 0, 0, 0));
	OK(swarms_join(sw, hash_of(1), &m, 1, over + 2) == JOIN_OK);
	OK_FOR(what, counts(sw, 1, 0, 1));
	swarms_free(sw);
}

static void
model(void)
{
	static const uint32_t sizes[SWARMS] = { 1, 2, 5, 12, 30, 34, 40, 70,
		130, 400, 1000, SLOTS };
	struct run r = { .now_ms = 12345, .rnd = 99, .nserials = 1 };
	struct census n;
	uint32_t s, i, join;
	int op;

	CASE("swarms: tallies, census and samples through a long random run");
	r.sw = fresh_swarms(LIFE);
	r.m = xcalloc(SWARMS, sizeof *r.m);
	r.place_of = xmalloc(4 * OPS * sizeof *r.place_of);
	for (s = 0; s < SWARMS; s++)
		r.m[s].size = sizes[s];
	for (op = 0; op < OPS; op++) {
		/* each grows for a while, and then shrinks */
		join = op / 7500 % 2 ? 15 : 60;
		s = rnd_below(&r.rnd, 3) ? SWARMS - 1 - rnd_below(&r.rnd, 3) :
		    rnd_below(&r.rnd, SWARMS);
		model_op(&r, s, join);
		model_check(&r, s);
		if (op % 20 == 0)
			model_sample(&r, s);
		if (op % 3000 == 2999)
			model_expire(&r);
	}
	OK(r.wrong_tally == 0);
	OK(r.wrong_sample == 0);
	for (s = 0; s < SWARMS; s++) /* what is there can be found */
		for (i = 0; i < r.m[s].size; i++)
			model_gone(&r, s, &r.m[s].at[i]);
	OK(r.wrong_tally == 0 && census_is(r.sw, 0, 0, 0));
	expire_all(r.sw, r.now_ms);
	swarms_count(r.sw, &n);
	OK(n.bytes < 2 << 20);
	swarms_free(r.sw);
	free(r.place_of);
	free(r.m);
}

/* One thing happens to a place: join of 100 times it (re)joins. */
static void
model_op(struct run *r, uint32_t s, uint32_t join)
{
	struct model *m = &r->m[s];
	struct place *p = &m->at[rnd_below(&r->rnd, m->size)];
	uint32_t what = rnd_below(&r->rnd, 100);
	struct member who;

	if (what < join || (what < 90 && !p->in)) {
		if (!p->in && what < 90 && what >= join)
			return;
		model_join(r, s, p, (int)rnd_below(&r->rnd, 2));
	} else if (what < 80) {
		model_gone(r, s, p);
	} else if (what < 84 && p->in) {
		model_join(r, s, p, !p->seed);
	} else if (what < 90) {
		model_move(r, s, p);
	} else if (what < 94) {
		model_fresh(r, s, p);
	} else {
		who = member_of(p->serial, p->six, p->tag, 1);
		swarms_complete(r->sw, hash_of(s), &who);
		if (p->in) {
			m->completed += !p->done;
			p->done = 1;
		}
	}
}

/* A place without a member gets a new one, of an address not seen before. */
static void
model_join(struct run *r, uint32_t s, struct place *p, int seed)
{
	struct model *m = &r->m[s];
	struct member who;

	if (!p->in) {
		memset(p, 0, sizeof *p);
		p->six = (int)rnd_below(&r->rnd, 2);
		p->serial = r->nserials++;
		p->tag = ++r->tag;
		r->place_of[p->serial] = (uint32_t)(p - m->at);
		m->n[p->six]++;
	} else {
		m->nseeds[p->six] -= p->seed != 0;
	}
	p->in = 1;
	p->seed = seed;
	p->seen_ms = r->now_ms;
	m->nseeds[p->six] += seed != 0;
	who = member_of(p->serial, p->six, p->tag, seed);
	r->wrong_tally += swarms_join(r->sw, hash_of(s), &who,
	    (int)rnd_below(&r->rnd, 2), r->now_ms) != JOIN_OK;
}

/* Leaves: from its address, or proving who it is from a new one. */
static void
model_gone(struct run *r, uint32_t s, struct place *p)
{
	struct model *m = &r->m[s];
	struct member who = member_of(p->serial, p->six, p->tag, p->seed);

	if (rnd_below(&r->rnd, 4) == 0)
		who = member_of(r->nserials++, p->six, p->tag, p->seed);
	swarms_leave(r->sw, hash_of(s), &who, r->now_ms);
	if (!p->in)
		return;
	p->in = 0;
	m->n[p->six]--;
	m->nseeds[p->six] -= p->seed != 0;
}

static void
model_move(struct run *r, uint32_t s, struct place *p)
{
	struct member who;

	if (!p->in)
		return;
	p->serial = r->nserials++;
	r->place_of[p->serial] = (uint32_t)(p - r->m[s].at);
	p->seen_ms = r->now_ms;
	who = member_of(p->serial, p->six, p->tag, p->seed);
	r->wrong_tally += swarms_join(r->sw, hash_of(s), &who, 0, r->now_ms)
	    != JOIN_OK;
}

/* Begins anew at another address: what it had stays in another place, and the
 * new one is told apart from it by another tag. */
static void
model_fresh(struct run *r, uint32_t s, struct place *p)
{
	struct model *m = &r->m[s];
	struct place *q = &m->at[rnd_below(&r->rnd, m->size)];
	struct member who;

	if (!p->in || q->in)
		return;
	*q = *p;
	r->place_of[q->serial] = (uint32_t)(q - m->at);
	p->serial = r->nserials++;
	r->place_of[p->serial] = (uint32_t)(p - m->at);
	p->seen_ms = r->now_ms;
	p->done = 0;
	m->n[p->six]++;
	m->nseeds[p->six] += p->seed != 0;
	who = member_of(p->serial, p->six, p->tag, p->seed);
	r->wrong_tally += swarms_join(r->sw, hash_of(s), &who, 1, r->now_ms)
	    != JOIN_OK;
	p->tag = who.tag = ++r->tag;
	r->wrong_tally += swarms_join(r->sw, hash_of(s), &who, 0, r->now_ms)
	    != JOIN_OK;
}

/* The clock goes in fourths of a life, so that nobody is at the edge. */
static void
model_expire(struct run *r)
{
	struct place *p;
	uint32_t s, i;

	r->now_ms += STEP;
	expire_all(r->sw, r->now_ms);
	for (s = 0; s < SWARMS; s++)
		for (i = 0; i < r->m[s].size; i++) {
			p = &r->m[s].at[i];
			if (!p->in || r->now_ms - p->seen_ms <= LIFE)
				continue;
			p->in = 0;
			r->m[s].n[p->six]--;
			r->m[s].nseeds[p->six] -= p->seed != 0;
		}
	for (s = 0; s < SWARMS; s++)
		model_check(r, s);
}

static void
model_check(struct run *r, uint32_t s)
{
	uint32_t swarms = 0, seeds = 0, all = 0, i, n, nseeds;
	const struct group *c = swarms_find(r->sw, hash_of(s));
	struct tally t = { 0 };

	for (i = 0; i < SWARMS; i++) {
		n = r->m[i].n[0] + r->m[i].n[1];
		nseeds = r->m[i].nseeds[0] + r->m[i].nseeds[1];
		swarms += n > 0;
		seeds += nseeds;
		all += n;
		if (i != s)
			continue;
		if (c)
			swarms_tally(c, &t);
		r->wrong_tally += t.seeds != nseeds ||
		    t.leechers != n - nseeds ||
		    t.completed != r->m[i].completed;
	}
	r->wrong_tally += !census_is(r->sw, swarms, seeds, all - seeds);
}

/* As many as there are, up to most, each in the model, none twice. */
static void
model_sample(struct run *r, uint32_t s)
{
	static uint8_t given[SLOTS];
	struct model *m = &r->m[s];
	struct place *me = &m->at[rnd_below(&r->rnd, m->size)], *p;
	const struct group *c = swarms_find(r->sw, hash_of(s));
	int six = (int)rnd_below(&r->rnd, 2), k, n;
	int seeds = (int)rnd_below(&r->rnd, 2) && !(me->in && me->seed);
	int most = (int)rnd_below(&r->rnd, SAMPLE + 1), want;
	uint8_t out[SAMPLE * 18];
	uint32_t serial;
	struct member who;

	if (!c)
		return;
	who = member_of(me->in ? me->serial : r->nserials, me->in ? me->six :
	    six, me->in ? me->tag : 0, 0);
	want = (int)(m->n[six] - (seeds ? 0 : m->nseeds[six])) -
	    (me->in && me->six == six && (seeds || !me->seed));
	n = swarms_sample(r->sw, c, &(struct wish){ &who, SCOPE_GLOBAL, !six,
	    seeds, most }, r->now_ms, out);
	r->wrong_sample += n != MIN(most, want);
	memset(given, 0, sizeof given);
	for (k = 0; k < n; k++) {
		serial = get32(out + k * (six ? 18 : 6)) - 0x20000000;
		if (serial >= r->nserials) {
			r->wrong_sample++;
			continue;
		}
		p = &m->at[r->place_of[serial]];
		r->wrong_sample += !p->in || p->serial != serial ||
		    p->six != six || (me->in && p == me) ||
		    (p->seed && !seeds) || given[p - m->at]++;
	}
}

static void
exact(void)
{
	struct swarms *sw = fresh_swarms(LIFE);
	struct member who = member_of(900, 0, 900, 0);
	uint8_t out[SAMPLE * 6];
	uint32_t nfetch, nseeds, i;
	int most, wrong = 0;

	CASE("swarms: as many are given as wanted, whatever the mix");
	for (nfetch = 0; nfetch < 14; nfetch++)
		for (nseeds = 0; nseeds < 14; nseeds++) {
			for (i = 0; i < nfetch + nseeds; i++) {
				who = member_of(i, 0, i, i >= nfetch);
				swarms_join(sw, hash_of(nfetch * 14 + nseeds),
				    &who, 1, 0);
			}
			who = member_of(900, 0, 900, 0);
			for (most = 0; nfetch + nseeds && most < 30; most++)
				wrong += swarms_sample(sw, swarms_find(sw,
				    hash_of(nfetch * 14 + nseeds)), &(struct
				    wish){ &who, SCOPE_GLOBAL, 1, 1, most }, 0,
				    out) !=
				    MIN(most, (int)(nfetch + nseeds));
		}
	OK(wrong == 0);
	CASE("swarms: seeds take no place from those that fetch");
	for (i = 0; i < 200; i++) {
		who = member_of(i, 0, i, i >= 100);
		swarms_join(sw, hash_of(999), &who, 1, 0);
	}
	who = member_of(900, 0, 900, 0);
	for (most = 0; most < 300; most++)
		OK(swarms_sample(sw, swarms_find(sw, hash_of(999)), &(struct
		    wish){ &who, SCOPE_GLOBAL, 1, 0, most }, 0,
		    out) == MIN(most, 100));
	for (i = 0; i < 50; i++) {
		OK(swarms_sample(sw, swarms_find(sw, hash_of(999)), &(struct
		    wish){ &who, SCOPE_GLOBAL, 1, 0, 100 }, 0, out) == 100);
		for (most = 0; most < 100; most++)
			wrong += get32(out + most * 6) >= 0x20000000 + 100;
	}
	OK(wrong == 0);
	CASE("swarms: seeds out of reach take no place, either");
	for (i = 0; i < 110; i++) {
		who = member_of(i, 0, i, i >= 60);
		if (i >= 60)
			who.addr.ip[12] = 10;
		swarms_join(sw, hash_of(998), &who, 1, 0);
	}
	who = member_of(900, 0, 900, 0);
	OK(swarms_sample(sw, swarms_find(sw, hash_of(998)), &(struct wish){
	    &who, SCOPE_GLOBAL, 1, 1, 50 }, 0, out) == 50);
	swarms_free(sw);
}

static void
uniform(void)
{
	static const struct { uint32_t nfetch, nseeds; } mixes[] = {
		{ 1, 0 }, { 3, 0 }, { 4, 0 }, { 5, 0 }, { 31, 0 }, { 32, 0 },
		{ 97, 0 }, { 256, 0 }, { 0, 7 }, { 0, 120 }
	};
	static const int mosts[] = { 1, 2, 7, 50 };
	char what[80];
	size_t i, k;

	CASE("swarms: over many asks, each member is given alike");
	for (i = 0; i < LEN(mixes); i++)
		for (k = 0; k < LEN(mosts); k++) {
			snprintf(what, sizeof what, "%d of %d and %d",
			    mosts[k], (int)mixes[i].nfetch,
			    (int)mixes[i].nseeds);
			OK_FOR(what, reaches(mixes[i].nfetch, mixes[i].nseeds,
			    mosts[k], (int)i % 2, 2));
		}
	CASE("swarms: each member is reached where some seed and some fetch");
	OK(reaches(100, 100, 50, 0, 2) && reaches(100, 100, 50, 1, 2));
	OK(reaches(100, 10, 50, 0, 0) && reaches(10, 100, 50, 0, 0));
	OK(reaches(1, 1000, 3, 0, 0) && reaches(1000, 1, 3, 0, 0));
	CASE("swarms: each member is reached by those who want only one");
	OK(reaches(5, 5, 1, 0, 0));
	OK(reaches(1, 20, 1, 0, 0));
	OK(reaches(20, 1, 1, 1, 0));
	CASE("swarms: a large swarm is reached as a whole");
	OK(reaches(5000, 0, 50, 0, 2));
}

/* Whether each is given some 200 times when that is the mean, up to spread
 * times more or less; 0: as long as it is given at all. */
static int
reaches(uint32_t nfetch, uint32_t nseeds, int most, int six, uint32_t spread)
{
	struct swarms *sw = fresh_swarms(LIFE);
	uint32_t n = nfetch + nseeds, *times, i, asks, mean, at_all = 1;
	uint8_t out[SAMPLE * 18];
	struct member who;
	int k, got;

	times = xcalloc(n, sizeof *times);
	for (i = 0; i < n; i++) {
		who = member_of(i, six, i, i >= nfetch);
		swarms_join(sw, hash_of(1), &who, 1, 0);
	}
	who = member_of(n, six, n, 0);
	asks = 200 * n / MIN(n, (uint32_t)most) + 1;
	mean = asks * MIN(n, (uint32_t)most) / n;
	for (i = 0; i < asks; i++) {
		got = swarms_sample(sw, swarms_find(sw, hash_of(1)), &(struct
		    wish){ &who, SCOPE_GLOBAL, !six, 1, most }, 0, out);
		for (k = 0; k < got; k++)
			times[get32(out + k * (six ? 18 : 6)) - 0x20000000]++;
	}
	for (i = 0; i < n; i++)
		at_all &= spread == 0 ? times[i] > 0 : times[i] >= mean /
		    spread && times[i] <= mean * spread;
	free(times);
	swarms_free(sw);
	return (int)at_all;
}

static void
scopes(void)
{
	static const char *const addrs[] = { "127.0.0.1:1", "127.0.0.9:1",
		"10.1.2.3:1", "192.168.1.1:1", "172.16.0.1:1", "100.64.0.1:1",
		"169.254.0.5:1", "8.8.8.1:1", "172.32.0.1:1", "[::1]:1",
		"[fe80::1]:1", "[fd00::1]:1", "[fc00::1]:1", "[2001:db8::1]:1"
	};
	struct swarms *sw = fresh_swarms(LIFE);
	struct member m;
	size_t i;

	for (i = 0; i < LEN(addrs); i++) {
		m = at(addrs[i], 1 + (uint32_t)i, 0, i % 2);
		OK(swarms_join(sw, hash_of(1), &m, 1, 0) == JOIN_OK);
	}
	CASE("swarms: private members are for private askers, loopback's for "
	    "loopback's");
	OK(sees(sw, "9.9.9.9:1", SCOPE_GLOBAL, 1, 2));
	OK(sees(sw, "9.9.9.9:1", SCOPE_GLOBAL, 0, 1));
	OK(sees(sw, "10.9.9.9:1", SCOPE_PRIVATE, 1, 7));
	OK(sees(sw, "10.9.9.9:1", SCOPE_PRIVATE, 0, 4));
	OK(sees(sw, "127.0.0.8:1", SCOPE_LOOPBACK, 1, 9));
	OK(sees(sw, "127.0.0.8:1", SCOPE_LOOPBACK, 0, 5));
	CASE("swarms: where an asker is seen counts, not where it says it is");
	OK(sees(sw, "9.9.9.9:1", SCOPE_PRIVATE, 1, 7));
	OK(sees(sw, "9.9.9.9:1", SCOPE_LOOPBACK, 1, 9));
	CASE("swarms: an asker that is listed is left out by its address");
	OK(sees(sw, "8.8.8.1:1", SCOPE_GLOBAL, 1, 1));
	OK(sees(sw, "[2001:db8::1]:1", SCOPE_GLOBAL, 0, 0));
	OK(sees(sw, "8.8.8.1:2", SCOPE_GLOBAL, 1, 2));
	swarms_free(sw);
}

/* Whether an asker is given want members, all of whom it may reach. */
static int
sees(struct swarms *sw, const char *asker, enum addr_scope seen_at, int is4,
    int want)
{
	struct member who = at(asker, 99, 0, 0);
	uint8_t out[18 * 20];
	struct addr a;
	int n = swarms_sample(sw, swarms_find(sw, hash_of(1)), &(struct wish){
	    &who, seen_at, is4, 1, 20 }, 0, out), i, ok = n == want;

	for (i = 0; i < n; i++) {
		addr_unpack(&a, out + i * (is4 ? 6 : 18), is4);
		ok = ok && addr_scope(&a) >= seen_at;
		ok = ok && !addr_same(&a, &who.addr);
	}
	return ok;
}

static void
limits(void)
{
	static const struct { const char *one, *near, *far; } kinds[] = {
		{ "1.2.3.4:1", "1.2.3.4:1", "1.2.3.5:1" },
		{ "10.2.3.4:1", "10.2.3.4:1", "10.2.3.5:1" },
		{ "[2001:db8::1]:1", "[2001:db8::ffff:9]:1",
		    "[2001:db8:0:1::1]:1" },
	};
	struct swarms *sw = fresh_swarms(LIFE);
	struct member m, loop = at("127.0.0.1:1", 5, 0, 0);
	uint16_t i;
	size_t k;

	CASE("swarms: so many members of an address in a swarm, and no more");
	for (k = 0; k < LEN(kinds); k++) {
		for (i = 0; i < ADDR_SWARM_MAX; i++) {
			m = at(i % 2 ? kinds[k].one : kinds[k].near, i, 0, 0);
			m.addr.port = (uint16_t)(1000 + i);
			OK(swarms_join(sw, hash_of(1), &m, 1, 0) == JOIN_OK);
		}
		OK(swarms_join(sw, hash_of(1), &m, 0, 0) == JOIN_OK);
		m = at(kinds[k].near, 99, 0, 0);
		OK_FOR(m.addr.port ? kinds[k].one : "", swarms_join(sw,
		    hash_of(1), &m, 1, 0) == JOIN_MANY);
		OK(counts(sw, 1, 0, ((uint32_t)k + 1) * ADDR_SWARM_MAX));
		OK(swarms_join(sw, hash_of(2), &m, 1, 0) == JOIN_OK);
		swarms_leave(sw, hash_of(2), &m, 0);
	}
	CASE("swarms: other addresses are not concerned");
	for (k = 0; k < LEN(kinds); k++) {
		m = at(kinds[k].far, 99, 0, 0);
		OK(swarms_join(sw, hash_of(1), &m, 1, 0) == JOIN_OK);
		swarms_leave(sw, hash_of(1), &m, 0);
	}
	CASE("swarms: one that leaves or expires makes room");
	m = at("1.2.3.4:1", 99, 0, 0);
	m.addr.port = 1000;
	swarms_leave(sw, hash_of(1), &m, 0);
	m.addr.port = 1;
	OK(swarms_join(sw, hash_of(1), &m, 1, 0) == JOIN_OK);
	m.addr.port = 2;
	OK(swarms_join(sw, hash_of(1), &m, 1, 0) == JOIN_MANY);
	expire_all(sw, 2 * LIFE);
	OK(swarms_join(sw, hash_of(1), &m, 1, 2 * LIFE) == JOIN_OK);
	CASE("swarms: loopback has no limit");
	for (i = 1; i < 2000; i++) {
		loop.addr.port = i;
		OK(swarms_join(sw, hash_of(3), &loop, 1, 0) == JOIN_OK);
	}
	OK(counts(sw, 3, 0, 1999));
	swarms_free(sw);
}

static void
limit_of_all(void)
{
	struct swarms *sw = fresh_swarms(LIFE);
	struct member m = at("1.2.3.4:1", 1, 0, 0);
	struct member six = at("[2001:db8::1]:1", 1, 0, 0);
	uint32_t i;
	int wrong = 0;

	CASE("swarms: so many members of an address in all, and no more");
	for (i = 0; i < ADDR_MAX; i++) {
		m.addr.port = six.addr.port = (uint16_t)(1 + i % 16);
		put32(six.addr.ip + 8, i);
		wrong += swarms_join(sw, hash_of(i / 16), &m, 1, 0) != JOIN_OK;
		wrong += swarms_join(sw, hash_of(i / 16), &six, 1, 0)
		    != JOIN_OK;
	}
	OK(wrong == 0 && census_is(sw, ADDR_MAX / 16, 0, 2 * ADDR_MAX));
	OK(swarms_join(sw, hash_of(ADDR_MAX), &m, 1, 0) == JOIN_MANY);
	OK(swarms_join(sw, hash_of(ADDR_MAX), &six, 1, 0) == JOIN_MANY);
	OK(swarms_find(sw, hash_of(ADDR_MAX)) == NULL);
	OK(swarms_join(sw, hash_of(i / 16 - 1), &m, 0, 0) == JOIN_OK);
	swarms_leave(sw, hash_of(0), &m, 0);
	OK(swarms_join(sw, hash_of(ADDR_MAX), &m, 1, 0) == JOIN_OK);
	m = at("1.2.3.5:1", 2, 0, 0);
	six = at("[2001:db8:0:1::1]:1", 2, 0, 0);
	OK(swarms_join(sw, hash_of(0), &m, 1, 0) == JOIN_OK);
	OK(swarms_join(sw, hash_of(0), &six, 1, 0) == JOIN_OK);
	swarms_free(sw);
}

/* A network is an IPv4 /24 or an IPv6 /48. */
static void
network(void)
{
	struct swarms *sw = fresh_swarms(LIFE);
	struct member m;
	uint32_t i;
	int six, wrong = 0;

	CASE("swarms: so many members of a network in a swarm, and no more");
	for (six = 0; six < 2; six++) {
		for (i = 0; i < NET_SWARM_MAX; i++) {
			m = within(six, 7, i);
			wrong += swarms_join(sw, hash_of(1), &m, 1, 0)
			    != JOIN_OK;
		}
		OK(wrong == 0);
		OK(swarms_join(sw, hash_of(1), &m, 0, 0) == JOIN_OK);
		m = within(six, 7, i);
		OK(swarms_join(sw, hash_of(1), &m, 1, 0) == JOIN_MANY);
		OK(swarms_join(sw, hash_of(2), &m, 1, 0) == JOIN_OK);
		m = within(six, 8, i);
		OK(swarms_join(sw, hash_of(1), &m, 1, 0) == JOIN_OK);
		m = within(six, 7, 3);
		swarms_leave(sw, hash_of(1), &m, 0);
		m = within(six, 7, i);
		OK(swarms_join(sw, hash_of(1), &m, 1, 0) == JOIN_OK);
	}
	swarms_free(sw);
}

/* What one network asks for is more than there is of each kind of place. */
static void
one_network(int six)
{
	enum { TRIES = 300000, HONEST = 300 };
	struct swarms *sw = fresh_swarms(LIFE);
	struct member m;
	struct census n;
	uint32_t i, got = 0;

	CASE(six ? "swarms: one /48 takes few of all members' places" :
	    "swarms: one /24 takes few of all members' places");
	for (i = 0; i < TRIES; i++) {
		m = within(six, 7, i);
		got += swarms_join(sw, hash_of(i / 512), &m, 1, 0) == JOIN_OK;
	}
	OK(got > MEMBERS_MAX / 100 && got <= MEMBERS_MAX / 64);
	expire_all(sw, 0);
	swarms_count(sw, &n);
	OK(n.leechers == got);
	swarms_free(sw);
	CASE(six ? "swarms: one /48 takes few of all swarms' places" :
	    "swarms: one /24 takes few of all swarms' places");
	sw = fresh_swarms(LIFE);
	for (i = got = 0; i < TRIES; i++) {
		m = within(six, 7, i);
		got += swarms_join(sw, hash_of(i), &m, 1, 0) == JOIN_OK;
	}
	OK(got > SWARMS_MAX / 20 && got <= SWARMS_MAX / 16);
	got += strangers(sw, 0, SWARMS_MAX / 2, 0);
	expire_all(sw, 0);
	swarms_count(sw, &n); /* it keeps them while there is room */
	OK(n.swarms == got && got > SWARMS_MAX / 2);
	swarms_free(sw);
	CASE(six ? "swarms: one /48 takes some of what is kept of the gone" :
	    "swarms: one /24 takes some of what is kept of the gone");
	sw = fresh_swarms(LIFE);
	for (i = 0; i < HONEST; i++) {
		m = member_of(i << 8, 0, i, 0);
		come_and_go(sw, hash_of(1 << 24 | i), &m);
	}
	for (i = got = 0; i < TRIES; i++) {
		m = within(six, 7, i);
		come_and_go(sw, hash_of(i), &m);
		got += swarms_find(sw, hash_of(i)) != NULL;
	}
	OK(got > 40000 && got < 60000);
	for (i = HONEST; i < 2 * HONEST; i++) {
		m = member_of(i << 8, 0, i, 0);
		come_and_go(sw, hash_of(1 << 24 | i), &m);
	}
	expire_all(sw, 1000);
	for (i = got = 0; i < 2 * HONEST; i++)
		got += completed(sw, 1 << 24 | i);
	OK(got == 2 * HONEST);
	swarms_free(sw);
}

/* Of the strangers some share a count with a flood: 256 of 32,768. */
static void
networks_of_members(void)
{
	enum { NETS = 256, TRIES = 16384, HONEST = 10000 };
	struct swarms *sw = fresh_swarms(LIFE);
	struct member m;
	struct census n;
	uint32_t i, k;

	CASE("swarms: hundreds of networks leave room for members");
	OK(strangers(sw, 0, HONEST, 0) == HONEST);
	for (i = 0; i < TRIES; i++)
		for (k = 0; k < NETS; k++) {
			m = within(0, k, i);
			swarms_join(sw, hash_of(k << 6 | i >> 9), &m, 1, 0);
		}
	swarms_count(sw, &n);
	OK(n.leechers > MEMBERS_MAX / 2);
	OK(n.leechers < MEMBERS_MAX - MEMBERS_MAX / 16);
	OK(strangers(sw, HONEST, HONEST, 0) > HONEST - HONEST / 64);
	CASE("swarms: and honest members stay");
	expire_all(sw, 0);
	OK(of_strangers(sw, 0, HONEST) > HONEST - HONEST / 64);
	swarms_free(sw);
}

static void
networks_of_swarms(void)
{
	enum { NETS = 128, TRIES = 8192, HONEST = 50000, GROWN = 250000 };
	struct swarms *sw = fresh_swarms(LIFE);
	struct member m;
	struct census n;
	uint32_t i, k, had, calls, got = 0;

	CASE("swarms: a hundred networks leave room for swarms");
	OK(strangers(sw, 0, HONEST, 0) == HONEST);
	for (i = 0; i < TRIES; i++)
		for (k = 0; k < NETS; k++) {
			m = within(1, k, i);
			swarms_join(sw, hash_of(k << 13 | i), &m, 1, 0);
		}
	swarms_count(sw, &n);
	OK(n.swarms > SWARMS_MAX / 2 && n.swarms < SWARMS_MAX - NETS);
	had = n.swarms - HONEST;
	CASE("swarms: what floods have shrinks as others come");
	for (i = HONEST; i < GROWN; i += HONEST) {
		got += strangers(sw, i, HONEST, 0);
		for (calls = swarms_expire_calls(sw); calls > 0; calls--)
			swarms_expire(sw, 0);
	}
	OK(got > GROWN - HONEST - GROWN / 100);
	swarms_count(sw, &n);
	OK(n.swarms < SWARMS_MAX && n.swarms - got - HONEST < had / 10 * 9);
	CASE("swarms: and others' swarms stay");
	OK(of_strangers(sw, 0, GROWN) > GROWN - GROWN / 100);
	swarms_free(sw);
}

static void
networks_of_gone(void)
{
	enum { NETS = 64, TRIES = 8192, HONEST = 1000 };
	struct swarms *sw = fresh_swarms(LIFE);
	struct member m;
	uint32_t i, k, got = 0;

	CASE("swarms: many networks leave room for the gone, and take none's");
	for (i = 0; i < 2 * HONEST; i++) {
		for (k = 0; k < NETS * TRIES && i == HONEST; k++) {
			m = within(1, k % NETS, k / NETS);
			come_and_go(sw, hash_of(k), &m);
		}
		m = member_of(i << 8, 0, i, 0);
		come_and_go(sw, hash_of(1 << 24 | i), &m);
	}
	expire_all(sw, 0);
	for (i = 0; i < 2 * HONEST; i++)
		got += completed(sw, 1 << 24 | i);
	OK(got > 2 * HONEST - 2 * HONEST / 100);
	swarms_free(sw);
}

/* Its swarm stays for what it counts, if it may. */
static void
come_and_go(struct swarms *sw, const uint8_t *hash, const struct member *m)
{
	swarms_join(sw, hash, m, 1, 0);
	swarms_complete(sw, hash, m);
	swarms_leave(sw, hash, m, 0);
}

/* The ith member of a network: at many of its addresses. */
static struct member
within(int six, uint32_t net, uint32_t i)
{
	struct member m = at(six ? "[2001:db8::1]:1" : "1.0.0.0:1", 0, 0, 0);

	if (six) {
		put16(m.addr.ip + 4, (uint16_t)net);
		put16(m.addr.ip + 6, (uint16_t)i);
		m.addr.port = (uint16_t)(1 + (i >> 16));
	} else {
		put16(m.addr.ip + 13, (uint16_t)net);
		m.addr.ip[15] = (uint8_t)i;
		m.addr.port = (uint16_t)(1 + (i >> 8));
	}
	m.tag = i;
	return m;
}

/* n strangers, each of a network and in a swarm of his own, join: how many
 * could. */
static uint32_t
strangers(struct swarms *sw, uint32_t from, uint32_t n, int64_t now_ms)
{
	struct member m;
	uint32_t i, got = 0;

	for (i = from; i < from + n; i++) {
		m = member_of(i << 8, 0, i, 0);
		got += swarms_join(sw, hash_of(1 << 24 | i), &m, 1, now_ms)
		    == JOIN_OK;
	}
	return got;
}

/* How many of them are there. */
static uint32_t
of_strangers(struct swarms *sw, uint32_t from, uint32_t n)
{
	uint32_t i, got = 0;

	for (i = from; i < from + n; i++)
		got += (uint32_t)counts(sw, 1 << 24 | i, 0, 1);
	return got;
}

static void
full(void)
{
	struct swarms *sw = fresh_swarms(LIFE);
	struct member m = at("127.0.0.1:1", 1, 0, 0);
	uint32_t i;
	int wrong = 0;

	CASE("swarms: there is a largest number of swarms");
	for (i = 0; i < SWARMS_MAX; i++)
		wrong += swarms_join(sw, hash_of(i), &m, 1, 0) != JOIN_OK;
	OK(wrong == 0 && census_is(sw, SWARMS_MAX, 0, SWARMS_MAX));
	OK(swarms_join(sw, hash_of(i), &m, 1, 0) == JOIN_FULL);
	OK(swarms_find(sw, hash_of(i)) == NULL);
	m.addr.port = 2;
	OK(swarms_join(sw, hash_of(5), &m, 1, 0) == JOIN_OK);
	m.addr.port = 1;
	swarms_leave(sw, hash_of(7), &m, 0);
	OK(swarms_join(sw, hash_of(i), &m, 1, 0) == JOIN_OK);
	OK(swarms_join(sw, hash_of(7), &m, 1, 0) == JOIN_FULL);
	expire_all(sw, 2 * LIFE);
	OK(census_is(sw, 0, 0, 0));
	swarms_free(sw);

	CASE("swarms: there is a largest number of members");
	sw = fresh_swarms(LIFE);
	for (i = 0; i < MEMBERS_MAX; i++) {
		put32(m.addr.ip + 12, 0x7f000000 | i >> 8);
		m.addr.port = (uint16_t)(1 + (i & 0xff));
		wrong += swarms_join(sw, hash_of(1 + i % 999), &m, 1, 0)
		    != JOIN_OK;
	}
	OK(wrong == 0 && census_is(sw, 999, 0, MEMBERS_MAX));
	OK(swarms_join(sw, hash_of(1 + (i - 1) % 999), &m, 0, 0) == JOIN_OK);
	OK(swarms_join(sw, hash_of(2000), &m, 1, 0) == JOIN_FULL);
	swarms_leave(sw, hash_of(1 + (i - 1) % 999), &m, 0);
	OK(swarms_join(sw, hash_of(2000), &m, 1, 0) == JOIN_OK);
	OK(swarms_join(sw, hash_of(2001), &m, 1, 0) == JOIN_FULL);
	swarms_free(sw);
}

/* swarms_expire_calls of them look at everybody once. */
static void
forgetting(void)
{
	enum { N = 200000, OLD = 150000 };
	struct swarms *sw = fresh_swarms(LIFE);
	struct census n;
	struct member m;
	uint64_t rnd = 5;
	uint32_t i, left = OLD, calls;

	CASE("swarms: so many calls as it says forget of many swarms");
	for (i = 0; i < 50000; i++) {
		m = member_of(i, 0, i, i % 2);
		swarms_join(sw, hash_of(i / 4), &m, 1, i % 3 ? 0 : LIFE);
	}
	for (calls = swarms_expire_calls(sw); calls > 0; calls--)
		swarms_expire(sw, 2 * LIFE - LIFE / 4);
	swarms_count(sw, &n);
	OK(n.seeds + n.leechers == (50000 + 2) / 3);
	swarms_free(sw);
	CASE("swarms: so many calls as it says forget of one large swarm");
	sw = fresh_swarms(LIFE);
	for (i = 0; i < N; i++) {
		m = member_of(i, 0, i, 1);
		swarms_join(sw, hash_of(1), &m, 1,
		    rnd_below(&rnd, N - i) < left && left-- ? 0 : LIFE);
	}
	for (calls = swarms_expire_calls(sw); calls > 0; calls--)
		swarms_expire(sw, 2 * LIFE - LIFE / 4);
	OK(counts(sw, 1, N - OLD, 0));
	CASE("swarms: and then twice as many");
	for (calls = 2 * swarms_expire_calls(sw); calls > 0; calls--)
		swarms_expire(sw, 2 * LIFE - LIFE / 4);
	OK(counts(sw, 1, N - OLD, 0));
	swarms_free(sw);
}

static void
kept(void)
{
	struct swarms *sw = some(5000, 300), *back;
	struct buf b, c;
	struct member m = at("1.2.3.4:5", swarms_tag(sw, "me", 2), 1, 0);

	CASE("swarms: what is saved and loaded is the same");
	OK(swarms_join(sw, hash_of(1), &m, 1, LIFE / 2) == JOIN_OK);
	swarms_complete(sw, hash_of(1), &m);
	b = save(sw, LIFE / 2);
	back = load(&b, b.len, LIFE, 0, LIFE / 2);
	OK(back && same(sw, back) && same(back, sw));
	c = save(back, LIFE / 2);
	OK(b.len == c.len);
	buf_free(&c);
	CASE("swarms: a tag is the same after loading, and proves a move");
	OK(swarms_tag(back, "me", 2) == m.tag);
	m.addr = at("1.2.3.9:9", 0, 0, 0).addr;
	OK(swarms_join(back, hash_of(1), &m, 0, LIFE / 2) == JOIN_OK);
	OK(same(sw, back) && same(back, sw));
	CASE("swarms: who had completed has, after loading");
	swarms_complete(back, hash_of(1), &m);
	OK(completed(back, 1) == completed(sw, 1));
	CASE("swarms: what was loaded goes on as if it had not been away");
	OK(sane(back, LIFE / 2));
	expire_all(back, 2 * LIFE);
	OK(census_is(back, 0, 0, 0));
	swarms_free(back);
	buf_free(&b);
	swarms_free(sw);
	CASE("swarms: none at all are saved and loaded, too");
	sw = fresh_swarms(LIFE);
	b = save(sw, 0);
	back = load(&b, b.len, LIFE, 0, 0);
	OK(back && census_is(back, 0, 0, 0) && sane(back, 0));
	swarms_free(back);
	buf_free(&b);
	swarms_free(sw);
}

/* Seen at 0, saved when half a life old, away for a fourth. */
static void
kept_ages(void)
{
	static const struct { int64_t life_ms, now_ms; } to[] = {
		{ LIFE, 0 }, { LIFE, 5000000 }, { LIFE, 77 },
		{ 2 * LIFE, 5000000 }, { 10 * LIFE, 123456 }
	};
	struct swarms *sw = some(500, 20), *back;
	struct buf b = save(sw, LIFE / 2);
	struct census n;
	int64_t left;
	char what[80];
	size_t i;

	CASE("swarms: ages go on while nobody looks, in any life and clock");
	for (i = 0; i < LEN(to); i++) {
		snprintf(what, sizeof what, "round %d", (int)i);
		left = to[i].life_ms - LIFE * 3 / 4;
		back = load(&b, b.len, to[i].life_ms, LIFE / 4, to[i].now_ms);
		OK_FOR(what, back && same(sw, back));
		if (!back)
			continue;
		expire_all(back, to[i].now_ms + left - to[i].life_ms / 30);
		OK_FOR(what, same(sw, back));
		expire_all(back, to[i].now_ms + left + to[i].life_ms / 15);
		OK_FOR(what, census_is(back, 0, 0, 0));
		swarms_free(back);
	}
	CASE("swarms: who was away for a life is forgotten, but not its deeds");
	for (left = LIFE; left < LIFE * INT64_C(1000000000); left *= 3) {
		back = load(&b, b.len, LIFE, left, 1000);
		OK(back && census_is(back, 0, 0, 0));
		OK(back && completed(back, 1) == completed(sw, 1));
		swarms_free(back);
	}
	swarms_count(sw, &n);
	OK(n.seeds + n.leechers == 500);
	CASE("swarms: a life that is shorter now is over for the old");
	back = load(&b, b.len, LIFE / 4, 0, 1000);
	OK(back && census_is(back, 0, 0, 0));
	swarms_free(back);
	buf_free(&b);
	swarms_free(sw);
}

/* Saved of loopback, which has no limit, and put elsewhere. */
static void
kept_limits(void)
{
	enum { N = 300 + ADDR_SWARM_MAX };
	struct swarms *sw = fresh_swarms(LIFE), *back;
	struct member m = at("127.0.0.1:1", 0, 0, 0);
	struct buf b;
	uint32_t i;
	size_t k;

	CASE("swarms: what is loaded is held to the limits, and no count wraps");
	for (i = 0; i < N; i++) {
		m.tag = m.addr.port = (uint16_t)(1 + i);
		swarms_join(sw, hash_of(1), &m, 1, 0);
	}
	b = save(sw, 0);
	for (k = 0; k + 4 <= b.len; k++)
		if (memcmp(b.p + k, "\177\0\0\1", 4) == 0)
			memcpy(b.p + k, "\1\2\3\4", 4);
	back = load(&b, b.len, LIFE, 0, 0);
	OK(back && counts(back, 1, 0, ADDR_SWARM_MAX));
	m = at("1.2.3.4:9999", 0, 0, 0);
	OK(back && swarms_join(back, hash_of(1), &m, 1, 0) == JOIN_MANY);
	if (back)
		expire_all(back, 2 * LIFE);
	OK(back && swarms_join(back, hash_of(1), &m, 1, 2 * LIFE) == JOIN_OK);
	swarms_free(back);
	buf_free(&b);
	swarms_free(sw);
	CASE("swarms: a count of completed stays at its end");
	sw = fresh_swarms(LIFE);
	swarms_join(sw, hash_of(1), &m, 1, 0);
	b = save(sw, 0);
	memset(b.p + SWARMS_KEY_LEN + 9 + ID_LEN, 0xff, 4);
	back = load(&b, b.len, LIFE, 0, 0);
	if (back)
		swarms_complete(back, hash_of(1), &m);
	OK(back && completed(back, 1) == UINT32_MAX);
	swarms_free(back);
	buf_free(&b);
	swarms_free(sw);
}

/* Swarms of so many members of both families, joined at 0. */
static struct swarms *
some(uint32_t nmembers, uint32_t nswarms)
{
	struct swarms *sw = fresh_swarms(LIFE);
	uint64_t rnd = nmembers + 1;
	struct member m;
	uint32_t i, s;

	for (i = 0; i < nmembers; i++) {
		m = member_of(i, (int)rnd_below(&rnd, 2), i,
		    (int)rnd_below(&rnd, 2));
		s = rnd_below(&rnd, 1 + rnd_below(&rnd, nswarms));
		swarms_join(sw, hash_of(s), &m, 1, 0);
		if (rnd_below(&rnd, 4) == 0)
			swarms_complete(sw, hash_of(s), &m);
	}
	return sw;
}

struct sum {
	struct swarms *sw;
	int wrong;
	uint32_t n, seeds, leechers;
};

/* Whether all that a knows, b knows alike. */
static int
same(struct swarms *a, struct swarms *b)
{
	struct sum sum = { b, 0, 0, 0, 0 };
	struct census x, y;

	swarms_each(a, visit_same, &sum);
	swarms_count(a, &x);
	swarms_count(b, &y);
	return sum.wrong == 0 && x.swarms == y.swarms && x.seeds == y.seeds &&
	    x.leechers == y.leechers;
}

static void
visit_same(void *arg, const uint8_t *hash, const struct tally *tally)
{
	struct sum *sum = arg;
	const struct group *c = swarms_find(sum->sw, hash);
	struct tally t;

	if (!c) {
		sum->wrong++;
		return;
	}
	swarms_tally(c, &t);
	sum->wrong += t.seeds != tally->seeds ||
	    t.leechers != tally->leechers || t.completed != tally->completed;
}

static void
visit_sum(void *arg, const uint8_t *hash, const struct tally *tally)
{
	struct sum *sum = arg;
	struct member who = member_of(1 << 20, sum->n % 2, 1 << 20, 0);
	struct group *c = swarms_find(sum->sw, hash);
	uint8_t out[10 * 18];

	sum->n += tally->seeds + tally->leechers > 0;
	sum->seeds += tally->seeds;
	sum->leechers += tally->leechers;
	sum->wrong += !c || swarms_sample(sum->sw, c, &(struct wish){ &who,
	    SCOPE_LOOPBACK, sum->n % 2, 1, 10 }, 0, out) > 10;
}

/* Whether they count as one, and bear use. */
static int
sane(struct swarms *sw, int64_t now_ms)
{
	struct sum sum = { sw, 0, 0, 0, 0 };
	struct member m = member_of(1 << 20, 0, 1 << 20, 0);
	struct swarm_size list[3];
	struct buf b;

	swarms_each(sw, visit_sum, &sum);
	sum.wrong += !census_is(sw, sum.n, sum.seeds, sum.leechers);
	sum.wrong += swarms_largest(sw, list, 3) > 3;
	if (swarms_join(sw, hash_of(1), &m, 0, now_ms) == JOIN_OK)
		swarms_leave(sw, hash_of(1), &m, now_ms);
	sum.wrong += !census_is(sw, sum.n, sum.seeds, sum.leechers);
	b = save(sw, now_ms);
	buf_free(&b);
	return sum.wrong == 0;
}

static void
damaged(void)
{
	struct swarms *sw = some(120, 6), *back;
	struct buf b = save(sw, 1000);
	struct buf copy = { 0 };
	uint64_t rnd = 3;
	size_t i, n;
	int wrong = 0, loaded = 0;

	CASE("swarms: what was cut off is loaded in part or not at all");
	for (i = 0; i < b.len; i++) {
		back = load(&b, i, LIFE, 0, 1000);
		wrong += back && (same(sw, back) || !sane(back, 1000));
		loaded += back != NULL;
		swarms_free(back);
	}
	OK(wrong == 0 && loaded < 10);
	CASE("swarms: what was damaged does no harm");
	for (i = loaded = 0; i < 20000; i++) {
		copy.len = 0;
		buf_put(&copy, b.p, b.len);
		buf_room(&copy, 100);
		n = unit_mutate(copy.p, b.len, b.len + 100, &rnd);
		back = load(&copy, n, LIFE, rnd_below(&rnd, LIFE), 1000);
		wrong += back && !sane(back, 1000);
		if (back && i % 16 == 0) {
			expire_all(back, 2 * LIFE);
			wrong += !census_is(back, 0, 0, 0);
		}
		loaded += back != NULL;
		swarms_free(back);
	}
	OK(wrong == 0 && loaded > 1000 && loaded < 20000);
	CASE("swarms: bytes of nothing are no swarms");
	copy.len = 0;
	OK(load(&copy, 0, LIFE, 0, 0) == NULL);
	memset(buf_room(&copy, 5000), 0xff, 5000);
	OK(load(&copy, 5000, LIFE, 0, 0) == NULL);
	memset(copy.p, 0, 5000);
	OK(load(&copy, 5000, LIFE, 0, 0) == NULL);
	OK(load(&b, b.len, LIFE, -1, 0) == NULL);
	buf_free(&copy);
	buf_free(&b);
	swarms_free(sw);
}

static void
largest(void)
{
	enum { N = 60 };
	struct swarms *sw = fresh_swarms(LIFE);
	struct swarm_size list[N + 5];
	uint32_t sizes[N], i, k;
	struct member m;
	struct tally t;
	int n, got, at_i, wrong = 0;

	CASE("swarms: the largest stand first, with what they count");
	for (i = 0; i < N; i++) {
		sizes[i] = i * 37 % N / 2; /* each twice */
		for (k = 0; k < sizes[i]; k++) {
			m = member_of(i * 100 + k, k % 2, k, k % 3 == 0);
			swarms_join(sw, hash_of(i), &m, 1, 0);
			if (k % 5 == 0)
				swarms_complete(sw, hash_of(i), &m);
		}
	}
	for (n = 0; n < N + 5; n++) {
		got = swarms_largest(sw, list, n);
		wrong += got != MIN(n, N - 2); /* two have none */
		for (at_i = 0; at_i < got; at_i++) {
			swarms_tally(swarms_find(sw, list[at_i].hash), &t);
			wrong += t.seeds + t.leechers !=
			    (uint32_t)((N - 1 - at_i) / 2);
			wrong += t.seeds != list[at_i].tally.seeds ||
			    t.leechers != list[at_i].tally.leechers ||
			    t.completed != list[at_i].tally.completed;
			for (k = 0; k < (uint32_t)at_i; k++)
				wrong += memcmp(list[k].hash, list[at_i].hash,
				    ID_LEN) == 0;
		}
	}
	OK(wrong == 0);
	CASE("swarms: swarms without members are not among them");
	expire_all(sw, 2 * LIFE);
	OK(census_is(sw, 0, 0, 0) && completed(sw, 1) > 0);
	OK(swarms_largest(sw, list, N) == 0);
	swarms_free(sw);
}

static void
flood(void)
{
	struct swarms *sw = fresh_swarms(LIFE);
	double began = seconds();
	uint64_t rnd = 8;
	struct census n;
	struct member m;
	uint32_t i, calls;
	int wrong = 0;

	CASE("swarms: a million members of 100,000 swarms take under 24 MiB");
	for (i = 0; i < FLOOD; i++) {
		m = member_of(i, 0, i, i % 2);
		wrong += swarms_join(sw, hash_of(rnd_below(&rnd,
		    FLOOD_SWARMS)), &m, 1, 0) != JOIN_OK;
	}
	swarms_count(sw, &n);
	OK(wrong == 0 && n.seeds + n.leechers == FLOOD);
	OK(n.bytes < 24 << 20);
	OK(seconds() - began < 15); /* a fifth of it, unsanitized */
	CASE("swarms: all announce again, which is quick and takes no more");
	began = seconds();
	for (i = 0, rnd = 8; i < FLOOD; i++) {
		m = member_of(i, 0, i, i % 2);
		wrong += swarms_join(sw, hash_of(rnd_below(&rnd,
		    FLOOD_SWARMS)), &m, 0, 1000) != JOIN_OK;
	}
	OK(wrong == 0 && seconds() - began < 15);
	swarms_count(sw, &n);
	OK(n.seeds + n.leechers == FLOOD && n.bytes < 24 << 20);
	CASE("swarms: no call forgets for long, and in the end all are gone");
	for (calls = 3 * swarms_expire_calls(sw); calls > 0; calls--) {
		began = seconds();
		swarms_expire(sw, 3 * LIFE);
		wrong += seconds() - began > 0.1;
	}
	OK(census_is(sw, 0, 0, 0) && wrong <= 1); /* others run here, too */
	swarms_count(sw, &n);
	OK(n.bytes < 8 << 20);
	swarms_free(sw);
}

/* One swarm of many: what is done in it takes as long as in a small one. */
static void
busy(void)
{
	enum { N = 300000 };
	struct swarms *sw = fresh_swarms(LIFE);
	double began = seconds();
	struct member m;
	uint8_t out[200 * 18];
	uint32_t i;
	int six, wrong = 0;

	CASE("swarms: a swarm of 600,000 is quick to join, ask and leave");
	for (six = 0; six < 2; six++)
		for (i = 0; i < N; i++) {
			m = member_of(i, six, i, i % 2);
			m.keyed = 0;
			wrong += swarms_join(sw, hash_of(1), &m, 1, 0)
			    != JOIN_OK;
		}
	OK(wrong == 0 && counts(sw, 1, N, N));
	for (i = 0; i < 20000; i++) {
		m = member_of(i, (int)i % 2, i, 0);
		wrong += swarms_sample(sw, swarms_find(sw, hash_of(1)),
		    &(struct wish){ &m, SCOPE_GLOBAL, i % 2, 1, 200 }, 0,
		    out) != 200;
	}
	OK(wrong == 0);
	for (six = 0; six < 2; six++)
		for (i = 0; i < N; i++) {
			m = member_of(i, six, i, 0);
			m.keyed = 0;
			swarms_leave(sw, hash_of(1), &m, 0);
		}
	OK(census_is(sw, 0, 0, 0));
	OK(seconds() - began < 15);
	CASE("swarms: nor do a hundred thousand moves take long");
	began = seconds();
	for (i = 0; i < 20000; i++) {
		m = member_of(i, 0, i, 0);
		swarms_join(sw, hash_of(2), &m, 1, 0);
	}
	for (i = 0; i < 100000; i++) { /* of nobody that is there */
		m = member_of(i % 5, 0, N + i, 0);
		m.addr.port = (uint16_t)(2 + i % 7);
		swarms_join(sw, hash_of(2), &m, 0, 0);
		swarms_leave(sw, hash_of(2), &m, 0);
	}
	OK(counts(sw, 2, 0, 20000));
	OK(seconds() - began < 15);
	swarms_free(sw);
}

static struct buf
save(const struct swarms *sw, int64_t now_ms)
{
	struct buf b = { 0 };
	uint32_t from = 0;

	swarms_save_head(sw, &b, now_ms);
	while (swarms_save(sw, &from, &b))
		;
	return b;
}

static struct swarms *
load(const struct buf *b, size_t n, int64_t life_ms, int64_t away_ms,
    int64_t now_ms)
{
	uint8_t *copy = unit_copy(b->p, n);
	struct span s = { copy, n };
	struct swarms *sw = swarms_load(s, life_ms, away_ms, now_ms);

	free(copy);
	return sw;
}

static struct swarms *
fresh_swarms(int64_t life_ms)
{
	return swarms_new((const uint8_t *)"0123456789abcdef", life_ms);
}

static void
expire_all(struct swarms *sw, int64_t now_ms)
{
	uint32_t calls = 3 * swarms_expire_calls(sw) + 3;

	for (; calls > 0; calls--)
		swarms_expire(sw, now_ms);
}

/* Valid until the next call. */
static const uint8_t *
hash_of(uint32_t i)
{
	static uint8_t hash[ID_LEN];

	put32(hash, i * 2654435761u);
	put32(hash + 16, i);
	return hash;
}

/* A member with a key at a global address of its own: 32.0.0.0 or 2000:: and
 * on. */
static struct member
member_of(uint32_t serial, int six, uint32_t tag, int seed)
{
	struct member m = { .tag = tag, .keyed = 1, .seed = seed };

	if (!six)
		m.addr.ip[10] = m.addr.ip[11] = 0xff;
	put32(m.addr.ip + (six ? 0 : 12), 0x20000000 + serial);
	m.addr.port = 1;
	return m;
}

static struct member
at(const char *addr, uint32_t tag, int keyed, int seed)
{
	struct member m = { .tag = tag, .keyed = keyed, .seed = seed };

	OK_FOR(addr, addr_parse(&m.addr, addr, 1) == 0);
	return m;
}

static int
counts(struct swarms *sw, uint32_t swarm, uint32_t seeds, uint32_t leechers)
{
	const struct group *c = swarms_find(sw, hash_of(swarm));
	struct tally t = { 0 };

	if (c)
		swarms_tally(c, &t);
	return t.seeds == seeds && t.leechers == leechers;
}

static int
census_is(struct swarms *sw, uint32_t swarms, uint32_t seeds,
    uint32_t leechers)
{
	struct census n;

	swarms_count(sw, &n);
	return n.swarms == swarms && n.seeds == seeds &&
	    n.leechers == leechers;
}

static uint32_t
completed(struct swarms *sw, uint32_t swarm)
{
	const struct group *c = swarms_find(sw, hash_of(swarm));
	struct tally t = { 0 };

	if (c)
		swarms_tally(c, &t);
	return t.completed;
}

static double
seconds(void)
{
	return unit_seconds();
}
