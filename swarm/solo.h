/* Pieces that failed: one source alone gives all of such a piece, so that the
 * next failure has one author.  Pure. */

#ifndef SOLO_H
#define SOLO_H

#include <stdint.h>

/* A source, as it is trusted with such pieces. */
struct giver {
	void *owner;        /* the owner's to set, */
	uint32_t tag;       /* as is who it is */
	int proven;         /* it has a part in a right piece */
	int barred;         /* it had such a piece, and lost it */
	int busy;           /* it has one to give, */
	uint32_t piece;     /* which is this */
};

/* A piece; zeroed before use. */
enum { SUSPECTS = 16 };
struct solo {
	int on;             /* it has failed */
	struct giver *giver; /* who gives it, NULL: nobody yet, */
	int64_t since_ms;   /* since then: it has one, or none */
	int64_t most_ms;    /* how long one may take for it */
	uint32_t suspects[SUSPECTS]; /* tags of authors of what failed */
	int nsuspects;
};

/* The piece failed, whose n blocks came from these tags: it is a solo piece
 * from now on, and nobody's. */
void solo_fail(struct solo *s, const uint32_t *from, uint32_t n,
    int64_t now_ms);
/* Whether g may be asked for blocks of the solo piece: it is g's, or nobody's,
 * and g, which has no other, may be trusted with it already. */
int solo_may(const struct solo *s, const struct giver *g, int64_t now_ms);
/* The solo piece is g's to give from now on. */
void solo_take(struct solo *s, struct giver *g, uint32_t piece,
    int64_t now_ms);
/* The solo piece is nobody's, and its giver, if it has one, has none. */
void solo_drop(struct solo *s, int64_t now_ms);
/* Whether its giver has had all the time that one may take. */
int solo_late(const struct solo *s, int64_t now_ms);

#endif
