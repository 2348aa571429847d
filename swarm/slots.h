/* Upload slots: who has one, and when they are given anew.  Pure. */

#ifndef SLOTS_H
#define SLOTS_H

#include "rate.h"

/* A connection's part; zeroed before. */
struct slot {
	struct rate up;        /* bytes of blocks that the peer took */
	int64_t down_bps;      /* what it gives us, the owner's to set, */
	int snubs;             /* and whether it gives nothing that it owes */
	/* the rest is slots.c's */
	void *owner;
	int joined, interested, open, optimistic;
	int64_t joined_ms, since_ms; /* since: opened or closed */
	struct slot *prev, *next;
};

struct slots {
	int most;              /* open slots; 0: nothing is uploaded */
	void (*grant)(void *owner, int on);
	uint64_t rnd;
	struct slot *first;
	int n;
	int64_t round_ms;      /* when slots were given the last time */
	int64_t soon_ms, anew_ms; /* when free ones, and all, are given next */
};

/* grant(owner, on): the peer is unchoked, or choked.  seed is not 0. */
void slots_init(struct slots *sl, int most,
    void (*grant)(void *owner, int on), uint64_t seed);
/* slots_join: the owner's handshakes are through, and its peer is choked and
 * not interested.  slots_leave: the owner is closed, whether it had joined or
 * not. */
void slots_join(struct slots *sl, struct slot *s, void *owner, int64_t now_ms);
void slots_leave(struct slots *sl, struct slot *s, int64_t now_ms);
/* The peer says that it is interested, or not any more. */
void slots_interest(struct slots *sl, struct slot *s, int on, int64_t now_ms);
/* Slots are given from now on. */
void slots_begin(struct slots *sl, int64_t now_ms);
/* When slots_run is to be called next. */
int64_t slots_due(const struct slots *sl);
/* Gives free slots, and every ten seconds all of them anew: to those who give
 * most, or, seeding, in turns. */
void slots_run(struct slots *sl, int seeding, int64_t now_ms);

#endif
