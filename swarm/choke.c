/* The choker.  While we fetch, those who give us most are unchoked, and one
 * more at random, who is given the time to show what it can (the optimistic
 * slot).  While we seed, everyone gets a turn of the same length, those who
 * waited longest first. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "rate.h"
#include "swarm/choke.h"

enum {
	OPTIMISTIC_MS = 30000, /* how long the optimistic slot is one peer's */
	TURN_MS       = 30000, /* and any slot while we seed */
	NEWCOMER_MS   = 60000, /* a peer is new for so long, */
	NEWCOMER_ODDS = 3      /* and so much likelier the optimistic one */
};

enum { HAS_TURN, WAITS, TURN_OVER }; /* who comes first while we seed */

static int by_rate(const void *a, const void *b);
static int by_turn(const void *a, const void *b);
static int tit_for_tat(struct candidate **c, int n, int slots,
    int64_t now_ms, uint64_t *rnd);
static void take_turns(struct candidate **c, int n, int slots,
    int64_t now_ms);

void
choke_decide(struct candidate *c, int n, int slots, int seeding, int revoke,
    int64_t now_ms, uint64_t *rnd)
{
	struct candidate **in = xcalloc((size_t)n, sizeof *in);
	int i, nin = 0;

	for (i = 0; i < n; i++) {
		c[i].lot = rnd_next(rnd);
		c[i].grant = !revoke && c[i].unchoked && c[i].interested;
		if (c[i].grant)
			slots--;
		else if (c[i].interested)
			in[nin++] = &c[i];
	}
	if (seeding)
		take_turns(in, nin, slots, now_ms);
	else if (revoke)
		slots -= tit_for_tat(in, nin, slots, now_ms, rnd);
	if (!seeding) /* nobody waits while there is a free slot */
		for (qsort(in, (size_t)nin, sizeof *in, by_rate), i = 0;
		    i < nin && slots > 0; i++)
			if (!in[i]->grant) {
				in[i]->grant = 1;
				slots--;
			}
	for (i = 0; i < n; i++)
		c[i].optimistic &= c[i].grant;
	free(in);
}

static int
by_rate(const void *a, const void *b)
{
	const struct candidate *x = *(struct candidate *const *)a;
	const struct candidate *y = *(struct candidate *const *)b;

	if (x->snubs != y->snubs)
		return x->snubs - y->snubs;
	if (x->rate_bps != y->rate_bps)
		return x->rate_bps < y->rate_bps ? 1 : -1;
	if (x->since_ms != y->since_ms)
		return x->since_ms > y->since_ms ? 1 : -1;
	return (x->lot > y->lot) - (x->lot < y->lot);
}

/* Grants to those who give most, and to one more at random; how many. */
static int
tit_for_tat(struct candidate **c, int n, int slots, int64_t now_ms,
    uint64_t *rnd)
{
	struct candidate *lucky = NULL;
	uint32_t odds, sum = 0;
	int i, granted = 0;

	if (slots < 1)
		return 0;
	qsort(c, (size_t)n, sizeof *c, by_rate);
	for (i = 0; i < n && i < slots - 1; i++)
		granted += c[i]->grant = !c[i]->snubs;
	for (i = 0; i < n; i++) { /* the lucky one keeps its time */
		if (c[i]->optimistic && !c[i]->grant &&
		    now_ms - c[i]->since_ms < OPTIMISTIC_MS)
			lucky = c[i];
		c[i]->optimistic = 0;
	}
	for (i = 0; i < n && (!lucky || sum > 0); i++) {
		if (c[i]->grant)
			continue;
		odds = now_ms - c[i]->joined_ms < NEWCOMER_MS ?
		    NEWCOMER_ODDS : 1;
		sum += odds;
		if (rnd_below(rnd, sum) < odds)
			lucky = c[i];
	}
	if (lucky)
		lucky->grant = lucky->optimistic = 1;
	return granted + (lucky != NULL);
}

/* Those whose turn is not over, those who wait (the longest first), and last
 * those whose turn is over (the longest last), who go on if nobody waits. */
static int
by_turn(const void *a, const void *b)
{
	const struct candidate *x = *(struct candidate *const *)a;
	const struct candidate *y = *(struct candidate *const *)b;

	int later = x->grant == TURN_OVER ? -1 : 1;

	if (x->grant != y->grant)
		return x->grant - y->grant;
	if (x->since_ms != y->since_ms)
		return x->since_ms > y->since_ms ? later : -later;
	return (x->lot > y->lot) - (x->lot < y->lot);
}

static void
take_turns(struct candidate **c, int n, int slots, int64_t now_ms)
{
	int i;

	for (i = 0; i < n; i++) /* for the sort, grant is a rank */
		c[i]->grant = !c[i]->unchoked ? WAITS :
		    now_ms - c[i]->since_ms < TURN_MS ? HAS_TURN : TURN_OVER;
	qsort(c, (size_t)n, sizeof *c, by_turn);
	for (i = 0; i < n; i++) {
		c[i]->grant = i < slots;
		c[i]->optimistic = 0;
	}
}
