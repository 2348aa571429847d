/* Which pieces to suggest to whom (BEP 6), while we seed: to each peer others
 * that nobody has, so that a crowd that comes at once takes each from us once.
 * Pure. */

#ifndef SUGGEST_H
#define SUGGEST_H

#include "torrent/meta.h"
#include "swarm/pick.h"

enum {
	SUGGEST_MOST  = 16, /* suggestions that a peer has not taken up */
	SUGGEST_UNDER = 64  /* pieces that it asks for, remembered */
};

/* A connection's part; zeroed before. */
struct hint {
	/* all of it is suggest.c's */
	int joined, hears;
	struct hint *prev, *next;
	uint32_t ahead[SUGGEST_MOST];  /* suggested, and not asked for yet */
	uint32_t under[SUGGEST_UNDER]; /* asked for, the latest last */
	int nahead, nunder;
};

struct suggest {
	const struct pick *pick; /* borrowed: who has what; NULL: no pieces */
	uint32_t npieces, nblocks; /* nblocks: of a piece */
	uint8_t *taken;        /* owned: bits of what is in somebody's hint */
	uint32_t at;           /* the piece to be looked at next */
	uint32_t fruitless;    /* pieces looked at since one was suggested */
	struct hint *first;    /* who have joined, */
	int n;                 /* so many */
	uint64_t steps;        /* pieces looked at, ever */
};

/* For the pieces of shape sh, whose holders pick, borrowed, knows; zeroed
 * before.  seed (any) makes two seeds begin at different pieces. */
void suggest_init(struct suggest *sg, const struct shape *sh,
    const struct pick *pick, uint64_t seed);
void suggest_free(struct suggest *sg); /* what it owns, not sg */

/* The peer of h may ask for pieces from now on.  hears: it understands
 * suggestions. */
void suggest_join(struct suggest *sg, struct hint *h, int hears);
/* It may not any more, or is gone, whether it had joined or not: what was
 * suggested to it is free for others. */
void suggest_leave(struct suggest *sg, struct hint *h);
/* The peer asks for a block of a piece.  Returns 1 if that is news of a piece
 * that nobody has, else 0. */
int suggest_asked(struct suggest *sg, struct hint *h, uint32_t piece);
/* A piece to be suggested to the peer now: 1, or 0: there is none.  To be
 * called until then after suggest_join, and after such news. */
int suggest_next(struct suggest *sg, struct hint *h, uint32_t *piece);

#endif
