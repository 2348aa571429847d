/* Whoever moves has connections that will say nothing more, and nothing tells
 * him so: what has been silent since is given up after a while, in which those
 * that still work show it. */
#include <stdint.h>

#include "util.h"
#include "cmd/roam.h"

enum {
	SLEPT_MS  = 10000, /* without a look */
	SETTLE_MS = 3000,
	MOVE_MS   = 60000, /* a move, in the long run, */
	MOVES     = 4      /* and so many at once */
};

enum roamed
roam_look(struct roam *r, uint64_t nets, int64_t now_ms)
{
	r->waits |= r->last_ms && (nets != r->nets ||
	    now_ms - r->last_ms >= SLEPT_MS);
	r->nets = nets;
	r->last_ms = now_ms;
	if (r->waits && r->paid_ms <= now_ms + (MOVES - 1) * MOVE_MS) {
		r->paid_ms = MAX(r->paid_ms, now_ms) + MOVE_MS;
		r->waits = 0;
		r->settles_ms = now_ms + SETTLE_MS;
		return ROAM_MOVED;
	}
	if (!r->settles_ms || now_ms < r->settles_ms)
		return ROAM_STAYED;
	r->settles_ms = 0;
	return ROAM_SETTLED;
}
