/* Who has which pieces, and which blocks each was asked for.  Pure. */

#ifndef HOLDERS_H
#define HOLDERS_H

#include "torrent/meta.h"
#include "swarm/requests.h"
#include "swarm/pieces.h"

struct holder {
	void *owner;        /* the owner's to set */
	uint8_t *bits;      /* owned: what it has; NULL: all, or nothing */
	uint32_t npieces;   /* pieces that it has */
	uint32_t nwanted;   /* and that we lack */
	int stalled;        /* it owes blocks and is silent */
	int choking;        /* it gives nothing just now */
	struct requests reqs; /* owned: what it was asked for */
	/* what the owner sets again when it has looked through its pieces */
	int news;           /* a piece may be there to be had of it since, */
	uint32_t low;       /* which is not before this one */
	struct holder *next;
};

struct holders {
	struct pieces *ps;  /* borrowed */
	struct holder *first;
	uint32_t nseeds;    /* who have all, */
	uint32_t nidle;     /* and of these, who are stalled or choke */
};

/* One more, zeroed but for owner, who has no pieces yet. */
void holders_join(struct holders *hs, struct holder *h);
/* It leaves, of which nothing is asked any more; what it owns is freed. */
void holders_leave(struct holders *hs, struct holder *h);
/* We have a piece that we lacked. */
void holders_have(struct holders *hs, uint32_t piece);

int holder_has(const struct holders *hs, const struct holder *h,
    uint32_t piece);
/* Whether a holder other than h, neither stalled nor choking, has a piece. */
int holders_others(const struct holders *hs, const struct holder *h,
    uint32_t piece);
/* h told that it has one piece more (1, or 0: that is no news), or all. */
int holder_told(struct holders *hs, struct holder *h, uint32_t piece);
void holder_told_all(struct holders *hs, struct holder *h);
/* h is stalled, or choking, from now on, or not.  Returns 1 if it was neither
 * before and is now, else 0. */
int holder_set(struct holders *hs, struct holder *h, int stalled, int choking);

/* The first piece from one on, before end, that h has and that is in a set,
 * or in another one, unless that is NULL; or NOWHERE. */
uint32_t holder_next(struct holders *hs, const struct holder *h,
    const uint8_t *set, const uint8_t *more, uint32_t from, uint32_t end);
/* A free block of an open piece that h was not asked for, or NOWHERE: there is
 * none among the first so many free ones. */
uint32_t holder_free(struct holders *hs, struct holder *h, struct open *o,
    int looks);
/* A block of an open piece for which fewer than *least requests count, of the
 * fewest, and that h was not asked for; *least becomes how many.  Or NOWHERE:
 * h lacks the piece, which may be solo, or there is none among as many as
 * *looks, which falls by each looked at.  rnd is a state of rnd_next. */
uint32_t holder_twin(struct holders *hs, struct holder *h,
    const struct open *o, uint64_t *rnd, uint32_t *least, int *looks);

/* h is asked for a block of an open piece; counts: so that nobody else need
 * be. */
void holder_ask(struct holders *hs, struct holder *h, struct open *o,
    uint32_t index, int counts, int64_t now_ms);
/* The request to h for exactly b, or NULL. */
struct request *holder_find(struct holders *hs, struct holder *h,
    struct block b);
/* A request is no more, nor does it count. */
void holder_release(struct holders *hs, struct holder *h, struct request *r);
/* A request, which may still be answered, does not count any more. */
void holder_idle(struct holders *hs, struct holder *h, struct request *r);
/* A request is no more, since its block is here. */
void holder_forget(struct holders *hs, struct holder *h, struct request *r);

#endif
