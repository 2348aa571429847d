/* Whom to unchoke.  Pure. */

#ifndef CHOKE_H
#define CHOKE_H

#include "rate.h"

/* A peer as the choker sees it. */
struct candidate {
	void *owner;
	int64_t rate_bps;    /* what it gives us */
	int64_t joined_ms;   /* when it came */
	int64_t since_ms;    /* when it was last choked or unchoked */
	int interested;
	int unchoked;        /* as it is */
	int optimistic;      /* as it is, and as it shall be */
	int snubs;           /* it owes us blocks and sends none */
	int grant;           /* the answer: whether it shall be unchoked */
	uint32_t lot;        /* choke_decide's own: first among equals */
};

/* Decides for n candidates, at most slots of them granted.  With revoke, all
 * anew, as every CHOKE_MS; without, only slots that are free are given, at
 * once.  seeding: turns for everyone instead of tit for tat.  rnd is a state
 * of rnd_next. */
enum { CHOKE_MS = 10000 };
void choke_decide(struct candidate *c, int n, int slots, int seeding,
    int revoke, int64_t now_ms, uint64_t *rnd);

#endif
