/* slots: peers come, want, and go, and the clock is a number. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "rate.h"
#include "swarm/slots.h"
#include "unit.h"

enum { T = 100000, N = 400, SECOND = 1000 };

struct one {
	struct slot s;
	int open, joined, wants, ngrants;
};

static void begins(void);
static void rounds(void);
static void frees(void);
static void ranks(void);
static void none(void);
static void crowd(void);
static int as_modelled(const struct slots *sl, const struct one *all, int ran);
static void setup(struct slots *sl, struct one *all, int n, int most);
static int nopen(const struct one *all, int n);
static void want(struct slots *sl, struct one *o, int on, int64_t now_ms);
static void on_grant(void *owner, int on);

void
test_slots(void)
{
	begins();
	rounds();
	frees();
	ranks();
	none();
	crowd();
}

static void
on_grant(void *owner, int on)
{
	struct one *o = owner;

	OK(on != o->open && o->joined && (!on || o->wants));
	o->open = on;
	o->ngrants++;
}

static void
want(struct slots *sl, struct one *o, int on, int64_t now_ms)
{
	o->wants = on;
	slots_interest(sl, &o->s, on, now_ms);
}

/* n peers who all have joined at T, and want. */
static void
setup(struct slots *sl, struct one *all, int n, int most)
{
	int i;

	memset(all, 0, (size_t)n * sizeof *all);
	slots_init(sl, most, on_grant, 7);
	for (i = 0; i < n; i++) {
		slots_join(sl, &all[i].s, &all[i], T);
		all[i].joined = 1;
		want(sl, &all[i], 1, T);
	}
}

static int
nopen(const struct one *all, int n)
{
	int i, sum = 0;

	for (i = 0; i < n; i++)
		sum += all[i].open;
	return sum;
}

static void
begins(void)
{
	struct slots sl;
	struct one all[6];

	CASE("slots: nothing is given before it begins");
	setup(&sl, all, 6, 4);
	OK(slots_due(&sl) == INT64_MAX);
	slots_leave(&sl, &all[5].s, T);
	slots_run(&sl, 0, T + SECOND);
	OK(slots_due(&sl) == INT64_MAX && nopen(all, 6) == 0);
	CASE("slots: then all at once");
	slots_begin(&sl, T + SECOND);
	OK(slots_due(&sl) == T + SECOND);
	slots_run(&sl, 0, T + SECOND);
	OK(nopen(all, 6) == 4 && !all[5].open);
}

static void
rounds(void)
{
	struct slots sl;
	struct one all[9];
	int64_t at = T;
	int i;

	CASE("slots: who comes to a free slot has it at once");
	setup(&sl, all, 2, 4);
	slots_begin(&sl, T);
	slots_run(&sl, 0, T);
	OK(nopen(all, 2) == 2 && slots_due(&sl) == T + 10 * SECOND);
	memset(&all[2], 0, sizeof all[2]);
	slots_join(&sl, &all[2].s, &all[2], T + SECOND);
	all[2].joined = 1;
	OK(slots_due(&sl) == T + 10 * SECOND); /* nobody wants one */
	want(&sl, &all[2], 1, T + SECOND);
	OK(slots_due(&sl) == T + SECOND);
	slots_run(&sl, 0, T + SECOND);
	OK(all[2].open);
	CASE("slots: a peer that changes its mind makes few rounds");
	for (i = 0; i < 1000; i++, at++) {
		want(&sl, &all[0], i % 2, T + 2 * SECOND + i);
		slots_run(&sl, 0, T + 2 * SECOND + i);
	}
	OK(all[0].ngrants >= 2 && all[0].ngrants <= 2 * (1 + 1000 / 50));
	CASE("slots: every ten seconds all are given anew");
	setup(&sl, all, 9, 4);
	slots_begin(&sl, T);
	for (i = 0; i < 6; i++) {
		slots_run(&sl, 0, T + i * 10 * SECOND);
		OK(nopen(all, 9) == 4);
		OK(slots_due(&sl) == T + (i + 1) * 10 * SECOND);
	}
	for (i = 0; i < 9; i++) /* who gives most is always among them */
		all[i].s.down_bps = i;
	slots_run(&sl, 0, T + 60 * SECOND);
	OK(all[8].open && all[7].open && all[6].open);
}

static void
frees(void)
{
	struct slots sl;
	struct one all[9];
	int i, given = 0;

	CASE("slots: who is not interested any more is choked at once");
	setup(&sl, all, 9, 4);
	slots_begin(&sl, T);
	slots_run(&sl, 0, T);
	for (i = 0; !all[i].open; i++)
		;
	want(&sl, &all[i], 0, T + SECOND);
	OK(!all[i].open && nopen(all, 9) == 3);
	slots_run(&sl, 0, T + SECOND);
	OK(!all[i].open && nopen(all, 9) == 4);
	CASE("slots: the slot of who goes is free, and he is told nothing");
	for (i = 0; !all[i].open; i++)
		;
	all[i].joined = all[i].open = 0;
	slots_leave(&sl, &all[i].s, T + 2 * SECOND);
	slots_leave(&sl, &all[i].s, T + 2 * SECOND);
	OK(slots_due(&sl) == T + 2 * SECOND);
	slots_run(&sl, 0, T + 2 * SECOND);
	OK(nopen(all, 9) == 4 && sl.n == 8);
	for (i = 0; i < 9; i++)
		given += all[i].ngrants;
	OK(given == 7);
}

static void
ranks(void)
{
	struct slots sl;
	struct one all[6];
	int i, k, since = 0, changes = 0;

	CASE("slots: while we fetch, who gives most has a slot");
	setup(&sl, all, 6, 3);
	for (i = 0; i < 6; i++)
		all[i].s.down_bps = 100 * i;
	slots_begin(&sl, T);
	slots_run(&sl, 0, T + 10 * SECOND);
	OK(all[5].open && all[4].open && nopen(all, 6) == 3);
	CASE("slots: but for who owes, and gives nothing");
	all[5].s.snubs = 1;
	for (i = k = 0; i < 30; i++) { /* he may be the lucky one */
		slots_run(&sl, 0, T + (20 + 10 * i) * SECOND);
		OK(all[4].open && all[3].open);
		k += all[5].open;
	}
	OK(k < 20);
	CASE("slots: one more is tried for thirty seconds");
	setup(&sl, all, 6, 1);
	slots_begin(&sl, T);
	for (i = 1, k = -1; i < 100; i++) {
		slots_run(&sl, 0, T + i * 10 * SECOND);
		if (k >= 0 && all[k].open)
			continue;
		OK(k < 0 || i - since >= 3);
		for (k = 0, since = i; !all[k].open; k++)
			;
		changes++;
	}
	OK(changes > 10);
	CASE("slots: while we seed, everybody has a turn of the same length");
	setup(&sl, all, 6, 2);
	slots_begin(&sl, T);
	for (i = 0; i < 18; i++)
		slots_run(&sl, 1, T + i * 10 * SECOND);
	for (i = 0; i < 6; i++)
		OK(all[i].ngrants == 4 - all[i].open);
}

static void
none(void)
{
	struct slots sl;
	struct one all[6];
	int i;

	CASE("slots: who uploads nothing gives none");
	setup(&sl, all, 6, 0);
	slots_begin(&sl, T);
	for (i = 0; i < 100; i++)
		slots_run(&sl, i % 2, T + i * SECOND);
	OK(nopen(all, 6) == 0);
	CASE("slots: without peers there is nothing to do");
	slots_init(&sl, 4, on_grant, 7);
	slots_begin(&sl, T);
	slots_run(&sl, 0, T);
	slots_run(&sl, 1, T + 10 * SECOND);
	OK(slots_due(&sl) == T + 20 * SECOND);
}

/* Whoever wants has a slot, after a round, if there are enough of them. */
static int
as_modelled(const struct slots *sl, const struct one *all, int ran)
{
	int i, open = nopen(all, N), wants = 0, n = 0, ok = 1;

	for (i = 0; i < N; i++) {
		n += all[i].joined;
		wants += all[i].joined && all[i].wants;
		ok &= all[i].open == (all[i].joined && all[i].s.open);
		ok &= !all[i].open || all[i].wants;
	}
	return ok && sl->n == n && (ran ? open == MIN(sl->most, wants) :
	    open <= MIN(sl->most, wants));
}

static void
crowd(void)
{
	struct slots sl;
	struct one *all = xcalloc(N, sizeof *all), *o;
	uint64_t rnd = 5;
	int64_t now_ms = T;
	int k, ran, ok = 1;

	CASE("slots: hundreds who come and go, against a naive model");
	slots_init(&sl, 8, on_grant, 9);
	slots_begin(&sl, T);
	for (k = 0; k < 100000 && ok; k++) {
		now_ms += rnd_below(&rnd, 20);
		o = &all[rnd_below(&rnd, N)];
		if (!o->joined) {
			memset(o, 0, sizeof *o);
			slots_join(&sl, &o->s, o, now_ms);
			o->joined = 1;
		} else if (rnd_below(&rnd, 3) > 0) {
			want(&sl, o, !o->wants, now_ms);
		} else {
			o->joined = o->open = 0;
			slots_leave(&sl, &o->s, now_ms);
		}
		ran = now_ms >= slots_due(&sl);
		if (ran)
			slots_run(&sl, k / 5000 % 2, now_ms);
		ok = as_modelled(&sl, all, ran);
	}
	OK(ok);
	free(all);
}
