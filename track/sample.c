/* Members at random: runs of neighbours, whose order is by a step that visits
 * every run once, so that none is given twice and little memory is touched. */
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "addr.h"
#include "track/members.h"
#include "track/sample.h"

enum {
	RUN_MIN  = 4, /* neighbours of a run, */
	RUNS_MIN = 8  /* or an eighth of the sample */
};

static int sample_some(uint64_t *rnd, const struct members *r, int seeds,
    const struct asker *a, int most, uint8_t *out);
static void fetch(const uint8_t *p, size_t n);
static void give(uint8_t *out, const uint8_t *rec, size_t len);
static int is_for(const uint8_t *rec, size_t len, const struct asker *a);
static uint32_t coprime(uint64_t *rnd, uint32_t n);

int
sample_members(uint64_t *rnd, const struct members *r, const struct asker *a,
    uint8_t *out)
{
	uint32_t nseeds = members_len(r) - members_nfetch(r);
	size_t len;
	int want, got;

	if (!r)
		return 0;
	if (!a->seeds)
		return sample_some(rnd, r, 0, a, a->most, out);
	len = members_compact_len(members_six(r));
	want = a->most / 2 + (a->most & (int)rnd_below(rnd, 2));
	want = MAX(want, a->most - (int)MIN(nseeds, (uint32_t)a->most));
	got = sample_some(rnd, r, 0, a, want, out);
	got += sample_some(rnd, r, 1, a, a->most - got,
	    out + (size_t)got * len);
	if (got == a->most || want == a->most)
		return got;
	/* some seeds were not for this asker: their places are open to all */
	got = sample_some(rnd, r, 0, a, a->most, out);
	return got + sample_some(rnd, r, 1, a, a->most - got,
	    out + (size_t)got * len);
}

/* Of those that seed, or of those that fetch.  The memory of the next run is
 * asked for while one is looked at. */
static int
sample_some(uint64_t *rnd, const struct members *r, int seeds,
    const struct asker *a, int most, uint8_t *out)
{
	uint32_t first = seeds ? members_nfetch(r) : 0;
	uint32_t n = (seeds ? members_len(r) : members_nfetch(r)) - first;
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
	step = coprime(rnd, runs);
	run = rnd_below(rnd, runs);
	shift = rnd_below(rnd, n);
	for (i = 0; i < runs && looks > 0; i++) {
		at = run < runs - step ? run + step : run - (runs - step);
		k = (at * run_len + shift) % n;
		fetch(base + k * rec_len, MIN(run_len, n - k) * rec_len);
		for (k = run * run_len; k < n && k < (run + 1) * run_len;
		    k++) {
			rec = base + (k < n - shift ? k + shift :
			    k - (n - shift)) * rec_len;
			looks -= looks > 0;
			if (!is_for(rec, len, a))
				continue;
			give(out + (size_t)got * len, rec, len);
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

/* Lengths that the compiler knows are copied in place. */
static void
give(uint8_t *out, const uint8_t *rec, size_t len)
{
	if (len == 6)
		memcpy(out, rec, 6);
	else
		memcpy(out, rec, 18);
}

/* Whether a record can be handed to an asker. */
static int
is_for(const uint8_t *rec, size_t len, const struct asker *a)
{
	const struct info *info = (const struct info *)(rec + len);

	return get32(info->tag) != get32(a->tag) &&
	    (len != a->len ||
	    rec[len - 1] != a->compact[len - 1] || /* is quickly told */
	    memcmp(rec, a->compact, len) != 0) &&
	    (uint8_t)(a->tick - info->seen) <= a->life &&
	    (a->seen_at == SCOPE_LOOPBACK ||
	    members_scope(rec, len != 6) >= a->seen_at);
}

/* A number below n that shares no factor with it; 1 for 1. */
static uint32_t
coprime(uint64_t *rnd, uint32_t n)
{
	uint32_t x, a, b, c;

	do {
		x = 1 + rnd_below(rnd, n);
		for (a = n, b = x; b != 0; a = b, b = c)
			c = a % b;
	} while (a != 1);
	return x < n ? x : 1;
}
