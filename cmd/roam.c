/* Whoever moves has connections that will say nothing more, and nothing tells
 * him so: what has been silent since is given up after a while, in which those
 * that still work show it. */
#include <stdint.h>

#include "cmd/roam.h"

enum {
	SLEPT_MS  = 10000, /* without a look */
	SETTLE_MS = 3000
};

enum roamed
roam_look(struct roam *r, uint64_t nets, int64_t now_ms)
{
	int moved = r->last_ms && (nets != r->nets ||
	    now_ms - r->last_ms >= SLEPT_MS);

	r->nets = nets;
	r->last_ms = now_ms;
	if (moved) {
		r->settles_ms = now_ms + SETTLE_MS;
		return ROAM_MOVED;
	}
	if (!r->settles_ms || now_ms < r->settles_ms)
		return ROAM_STAYED;
	r->settles_ms = 0;
	return ROAM_SETTLED;
}
