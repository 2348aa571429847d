/* The pieces of a torrent as they come: which we lack, which of these were
 * begun, and which of their blocks were asked for or are here.  Pure. */

#ifndef PIECES_H
#define PIECES_H

#include "torrent/meta.h"
#include "swarm/rarest.h"
#include "swarm/solo.h"

/* A piece that was begun: some of its blocks were asked for, or are here. */
enum { BLOCK_HERE = 0xff };
struct open {
	uint32_t piece, nblocks;
	uint32_t nfree;     /* blocks for which no request counts */
	uint32_t nhere;     /* blocks that are here */
	uint8_t *asked;     /* owned: the requests that count for each block,
	                     * or BLOCK_HERE */
	uint32_t *from;     /* owned: the tag of who sent each block */
	uint32_t hint;      /* no block before it is free */
	uint32_t loose_at;  /* its place in loose, or NOWHERE */
	struct solo solo;   /* pick.c's */
	uint32_t nidle;     /* holders.c's: requests that do not count, */
	void *lead;         /* and who is asked for the first block, or NULL */
};

struct pieces {
	struct shape sh;
	uint32_t nhave;
	uint32_t low;       /* we have every piece before it */
	int64_t partial;    /* bytes of the blocks of open pieces here */
	struct rarest rare; /* those that nobody was asked for */
	uint8_t *fresh;     /* owned: bits of these */
	struct open **open; /* owned, as they are */
	uint32_t nopen, cap;
	struct open **loose; /* owned: those with a free block for anybody */
	uint32_t nloose;
	uint8_t *loosened;  /* owned: bits of these */
	uint64_t changes;   /* rises when a block may be free for somebody */
	uint64_t steps;     /* pieces and blocks looked at, ever */
};

#define NOWHERE 0xffffffffu /* no piece, block or place */

/* rnd is a state of rnd_next. */
void pieces_init(struct pieces *ps, const struct shape *sh, uint64_t *rnd);
void pieces_free(struct pieces *ps); /* what it owns, not ps */

/* Whether we have a piece. */
int pieces_have(const struct pieces *ps, uint32_t piece);
/* A piece that was begun, or NULL: it is untouched, or we have it. */
struct open *pieces_open(const struct pieces *ps, uint32_t piece);
/* Opens an untouched piece. */
struct open *pieces_begin(struct pieces *ps, uint32_t piece);
/* We have a piece that we lacked; if it was open, no request for a block of it
 * is outstanding, and nobody is to give it alone. */
void pieces_done(struct pieces *ps, uint32_t piece);
/* Nothing of an open piece, of which nobody is asked for a block, is any good:
 * all of it is wanted again. */
void pieces_again(struct pieces *ps, struct open *o);
/* How many pieces nobody was asked for that somebody has: the last so many of
 * rare.order.  seeds: whether somebody has all. */
uint32_t pieces_reachable(const struct pieces *ps, int seeds);

/* The block with that index in its piece. */
struct block pieces_block(const struct pieces *ps, uint32_t piece,
    uint32_t index);
/* One request more, or one less, counts for a block. */
void pieces_ask(struct pieces *ps, struct open *o, uint32_t index);
void pieces_unask(struct pieces *ps, struct open *o, uint32_t index);
/* A block that was asked for came from who has that tag.  Returns 1 if it was
 * the last of its piece, else 0. */
int pieces_got(struct pieces *ps, struct open *o, uint32_t index,
    uint32_t tag);
/* To be called when the giver of a solo piece may have changed. */
void pieces_settle(struct pieces *ps, struct open *o);

#endif
