/* rate: samples of known bytes; buckets that made-up links share, at a clock
 * that jumps from one turn to the next. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rate.h"
#include "unit.h"

enum {
	N         = 10,
	THOUSANDS = 100000,
	BEGAN_MS  = 5000,
	FULL      = 1 << 20   /* bytes: more than any grant */
};

/* Links that move what they are allowed to. */
struct crowd {
	struct bucket b;
	struct turn t[N];
	int64_t moved[N], sum;
	int64_t want[N];     /* bytes that each moves at a time, at most */
	int64_t now_ms;
};

static void rates(void);
static void unlimited(void);
static void shares(void);
static void debts(void);
static void gives_back(void);
static void stale(void);
static void queue(void);
static void thousands(void);
static void clocks(void);
static void crowd_init(struct crowd *c, int64_t bps);
static void empty(struct crowd *c);
static void run(struct crowd *c, int64_t ms);
static void move(struct crowd *c, int i);

void
test_rate(void)
{
	rates();
	unlimited();
	shares();
	debts();
	gives_back();
	stale();
	queue();
	thousands();
	clocks();
}

static void
crowd_init(struct crowd *c, int64_t bps)
{
	int i;

	memset(c, 0, sizeof *c);
	c->now_ms = BEGAN_MS;
	bucket_init(&c->b, bps, c->now_ms);
	for (i = 0; i < N; i++) {
		c->t[i].owner = &c->moved[i];
		c->want[i] = FULL;
	}
}

/* Everybody asks, and nobody gets anything. */
static void
empty(struct crowd *c)
{
	int i;

	for (i = 0; i < N; i++)
		OK(bucket_ask(&c->b, &c->t[i], c->now_ms) == 0 &&
		    c->t[i].waits);
}

/* Whose turn it is moves what it may, or all that it has, and asks again. */
static void
run(struct crowd *c, int64_t ms)
{
	int64_t end_ms = c->now_ms + ms, when_ms;
	struct turn *t;
	int i;

	for (; c->now_ms <= end_ms; c->now_ms = MAX(when_ms, c->now_ms + 1)) {
		while ((t = bucket_next(&c->b, c->now_ms)))
			OK(!t->waits && t->grant > 0);
		for (i = 0; i < N; i++)
			move(c, i);
		when_ms = bucket_when(&c->b);
	}
	c->now_ms = end_ms;
}

static void
move(struct crowd *c, int i)
{
	int64_t n = MIN(bucket_ask(&c->b, &c->t[i], c->now_ms), c->want[i]);

	if (n == 0)
		return;
	bucket_spend(&c->b, &c->t[i], n);
	c->moved[i] += n;
	c->sum += n;
}

static void
rates(void)
{
	struct rate r = { 0, { 0 }, 0, 0, 0 };
	int i;

	CASE("rate: a rate without samples is 0");
	OK(rate_bps(&r) == 0 && rate_recent(&r) == 0 && r.total == 0);
	CASE("rate: a steady rate is itself");
	for (i = 0; i < 25; i++) {
		rate_add(&r, 600);
		rate_add(&r, 400);
		rate_tick(&r);
		OK(rate_bps(&r) == 1000 && rate_recent(&r) == 1000);
	}
	OK(r.total == 25000);
	CASE("rate: a rate looks back ten seconds, the recent one two");
	for (i = 1; i <= 9; i++) {
		rate_tick(&r);
		OK(rate_bps(&r) == 1000 - i * 100);
		OK(rate_recent(&r) == (i == 1 ? 500 : 0));
	}
	rate_tick(&r);
	OK(rate_bps(&r) == 0);
	for (i = 0; i < 33; i++) {
		rate_add(&r, (uint32_t)i * 100);
		rate_tick(&r);
		if (i > 10) {
			OK(rate_bps(&r) == i * 100 - 450);
			OK(rate_recent(&r) == i * 100 - 50);
		}
	}
	CASE("rate: rates of 4 GB a second do not wrap");
	memset(&r, 0, sizeof r);
	for (i = 0; i < 20; i++) {
		rate_add(&r, UINT32_MAX);
		rate_tick(&r);
	}
	OK(rate_bps(&r) == UINT32_MAX && rate_recent(&r) == UINT32_MAX);
	OK(r.total == 20 * (int64_t)UINT32_MAX);
}

static void
unlimited(void)
{
	struct crowd c;
	int i;

	CASE("rate: without a limit nobody waits, whatever was moved");
	crowd_init(&c, -1);
	for (i = 0; i < 100; i++) {
		OK(bucket_ask(&c.b, &c.t[i % N], c.now_ms) >= 1 << 18);
		bucket_spend(&c.b, &c.t[i % N], 1 << 30);
	}
	OK(bucket_when(&c.b) == -1 && !bucket_next(&c.b, c.now_ms));
}

static void
shares(void)
{
	static const struct { const char *name; int64_t bps, ms; } at[] = {
		{ "rate: at a byte a second all have their turn", 1, 100000 },
		{ "rate: at 1 KiB a second ten share alike", 1024, 10000 },
		{ "rate: so they do at 20 KB a second", 20000, 10000 },
		{ "rate: and at 400", 400000, 10000 },
		{ "rate: and at a gigabyte", 1000000000, 1000 }
	};
	struct crowd c;
	int64_t all;
	size_t k;
	int i;

	for (k = 0; k < LEN(at); k++) {
		CASE(at[k].name);
		crowd_init(&c, at[k].bps);
		empty(&c);
		run(&c, at[k].ms);
		all = at[k].bps * at[k].ms / 1000;
		OK(c.sum >= all * 9 / 10 && c.sum <= all + all / 10);
		for (i = 0; i < N; i++)
			OK(c.moved[i] >= all / N / 2);
	}
}

static void
debts(void)
{
	struct crowd c;

	CASE("rate: what was moved beyond a grant is owed, by all");
	crowd_init(&c, 1000);
	bucket_spend(&c.b, &c.t[0], 500);
	empty(&c);
	run(&c, 499);
	OK(c.sum == 0);
	run(&c, 100);
	OK(c.sum > 0 && c.sum <= 100);
	CASE("rate: but never more than a second's");
	crowd_init(&c, 1000);
	bucket_spend(&c.b, &c.t[0], 1 << 30);
	empty(&c);
	run(&c, 1000);
	OK(c.sum == 0);
	run(&c, 100);
	OK(c.sum > 0);
}

static void
gives_back(void)
{
	struct crowd c;
	int i;

	CASE("rate: what one does not use of its grant others do, at once");
	crowd_init(&c, 100000);
	for (i = 1; i < N; i++)
		c.want[i] = 13;
	empty(&c);
	run(&c, 10000);
	OK(c.sum >= 900000 && c.sum <= 1100000);
	OK(c.moved[0] >= 800000 && c.moved[1] >= 13);
	CASE("rate: so is the grant of one who leaves");
	crowd_init(&c, 1000);
	empty(&c);
	c.now_ms += 100;
	OK(bucket_next(&c.b, c.now_ms) == &c.t[0] && c.t[0].grant == 100);
	OK(!bucket_next(&c.b, c.now_ms) && bucket_when(&c.b) > c.now_ms);
	bucket_leave(&c.b, &c.t[0]);
	OK(c.t[0].grant == 0 && bucket_when(&c.b) <= c.now_ms);
	OK(bucket_next(&c.b, c.now_ms) == &c.t[1] && c.t[1].grant == 100);
}

static void
stale(void)
{
	struct crowd c;

	CASE("rate: a grant may be used for a second, then it is another's");
	crowd_init(&c, 100);
	empty(&c);
	c.now_ms += 100;
	OK(bucket_next(&c.b, c.now_ms) == &c.t[0]);
	OK(bucket_ask(&c.b, &c.t[0], c.now_ms + 1000) == 10);
	OK(bucket_ask(&c.b, &c.t[0], c.now_ms + 1001) == 0);
	OK(c.t[0].waits && bucket_when(&c.b) <= c.now_ms);
	OK(bucket_next(&c.b, c.now_ms + 1001) == &c.t[1]);
}

static void
queue(void)
{
	struct crowd c;
	int i;

	CASE("rate: who waits goes on in turn, each once");
	crowd_init(&c, 100000);
	empty(&c);
	for (i = 0; i < N; i++) {
		c.now_ms += 10;
		OK(bucket_next(&c.b, c.now_ms) == &c.t[i]);
		OK(!bucket_next(&c.b, c.now_ms));
	}
	OK(bucket_when(&c.b) == -1);
	CASE("rate: who asks twice waits once");
	crowd_init(&c, 1000000);
	empty(&c);
	empty(&c);
	c.now_ms += 1000;
	for (i = 0; bucket_next(&c.b, c.now_ms); i++)
		c.now_ms += 1000;
	OK(i == N);
	CASE("rate: nobody is overtaken by who has not waited");
	crowd_init(&c, 1000);
	OK(bucket_ask(&c.b, &c.t[0], c.now_ms) == 0);
	c.now_ms += 50;
	OK(bucket_ask(&c.b, &c.t[1], c.now_ms) == 0);
	OK(bucket_next(&c.b, c.now_ms) == &c.t[0] && c.t[0].grant == 50);
	CASE("rate: a turn is worth 16 KiB, or what there is");
	crowd_init(&c, 400000);
	empty(&c);
	for (i = 0; bucket_next(&c.b, c.now_ms + 100); i++)
		OK(c.t[i].grant == MIN(40000 - i * 16384, 16384));
	OK(i == 3 && bucket_when(&c.b) > c.now_ms);
	CASE("rate: who finds the bucket full waits for nothing");
	crowd_init(&c, 1000);
	OK(bucket_ask(&c.b, &c.t[0], c.now_ms + 70) == 70);
	OK(bucket_ask(&c.b, &c.t[0], c.now_ms + 5000) == 100);
	OK(!c.t[0].waits);
}

static void
thousands(void)
{
	struct turn *t = xcalloc(THOUSANDS, sizeof *t);
	struct bucket b;
	double began;
	int i;

	CASE("rate: of a hundred thousand who wait any may leave, at once");
	bucket_init(&b, 1000, BEGAN_MS);
	for (i = 0; i < THOUSANDS; i++)
		bucket_ask(&b, &t[i], BEGAN_MS);
	began = unit_seconds();
	for (i = THOUSANDS - 1; i > 0; i--)
		if (i != THOUSANDS / 2)
			bucket_leave(&b, &t[i]);
	OK(unit_seconds() - began < 1);
	bucket_leave(&b, &t[1]); /* who has left already */
	OK(bucket_next(&b, BEGAN_MS + 10) == &t[0]);
	OK(bucket_next(&b, BEGAN_MS + 20) == &t[THOUSANDS / 2]);
	OK(!b.first && !b.last && bucket_when(&b) == -1);
	free(t);
}

static void
clocks(void)
{
	struct crowd c;
	struct turn *t;
	int64_t when;
	int i;

	CASE("rate: it wants to be called when there is something to give");
	crowd_init(&c, 7);
	bucket_spend(&c.b, &c.t[0], 5);
	empty(&c);
	for (i = 0; i < 100; i++) {
		when = bucket_when(&c.b);
		OK(when >= c.now_ms + 20 && when < c.now_ms + 1000);
		c.now_ms = when;
		OK(bucket_next(&c.b, when) == &c.t[i % N]);
		bucket_spend(&c.b, &c.t[i % N], c.t[i % N].grant);
		OK(bucket_ask(&c.b, &c.t[i % N], when) == 0);
	}
	CASE("rate: but fifty times a second at most");
	crowd_init(&c, 1000000);
	empty(&c);
	c.now_ms += 10;
	OK(bucket_next(&c.b, c.now_ms) && !bucket_next(&c.b, c.now_ms));
	OK(bucket_when(&c.b) == c.now_ms + 20);
	CASE("rate: called every millisecond, a low limit is what it is");
	crowd_init(&c, 7);
	empty(&c);
	for (i = 0; i < 10000; i++)
		if ((t = bucket_next(&c.b, ++c.now_ms))) {
			move(&c, (int)(t - c.t));
			empty(&c);
		}
	OK(c.sum >= 60 && c.sum <= 70);
	CASE("rate: a long sleep is worth no more than a tenth of a second");
	crowd_init(&c, 1000);
	OK(bucket_ask(&c.b, &c.t[0], BEGAN_MS + 3600000) == 100);
	CASE("rate: at 0 bytes a second nobody's turn comes");
	crowd_init(&c, 0);
	empty(&c);
	OK(bucket_when(&c.b) == -1);
	OK(!bucket_next(&c.b, BEGAN_MS + 3600000));
}
