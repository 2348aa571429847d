/* How fast bytes go: a sample each second. */
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "swarm/rate.h"

void
rate_add(struct rate *r, uint32_t bytes)
{
	r->now += bytes;
	r->total += bytes;
}

void
rate_tick(struct rate *r)
{
	r->second[r->at] = r->now;
	r->at = (r->at + 1) % RATE_SECONDS;
	r->n = MIN(r->n + 1, RATE_SECONDS);
	r->now = 0;
}

int64_t
rate_bps(const struct rate *r)
{
	int64_t sum = 0;
	int i;

	for (i = 0; i < r->n; i++)
		sum += r->second[i];
	return r->n > 0 ? sum / r->n : 0;
}

int64_t
rate_recent(const struct rate *r)
{
	int64_t a = r->second[(r->at + RATE_SECONDS - 1) % RATE_SECONDS];
	int64_t b = r->second[(r->at + RATE_SECONDS - 2) % RATE_SECONDS];

	return r->n > 1 ? (a + b) / 2 : a;
}
