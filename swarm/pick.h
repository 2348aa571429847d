/* Which block to ask of whom next.  Pure: the picker owns the table of
 * requests and knows of each peer (a source) only which pieces it has. */

#ifndef PICK_H
#define PICK_H

#include "torrent/meta.h"

struct pick;
struct source;

struct pick_ops {
	/* The request for b to the source of that owner is void: the block has
	 * come from elsewhere, or is to. */
	void (*cancel)(void *owner, struct block b);
};

/* seed (not 0) makes the random choices. */
struct pick *pick_new(const struct shape *sh, uint64_t seed,
    const struct pick_ops *ops);
void pick_free(struct pick *pk); /* with the sources that are left */

/* on: pieces are taken from the lowest number up instead of rarest first. */
void pick_in_order(struct pick *pk, int on);
/* These pieces, PICK_HURRIED at most, come before all others from now on, in
 * this order. */
enum { PICK_HURRIED = 32 };
void pick_hurry(struct pick *pk, const uint32_t *pieces, int n);
/* We have a piece: no block of it is wanted any more. */
void pick_have(struct pick *pk, uint32_t piece);
/* Bytes of blocks that are here but not of whole pieces. */
int64_t pick_partial(const struct pick *pk);

/* A new source, which has no pieces yet.  tag (not 0) stands for it in
 * pick_from, also when it has left. */
struct source *pick_join(struct pick *pk, void *owner, uint32_t tag);
/* src leaves: what it was asked for is free for others, and src is freed. */
void pick_leave(struct pick *pk, struct source *src);

/* src has one piece more.  Returns 1 if that is news, else 0. */
int pick_has(struct pick *pk, struct source *src, uint32_t piece);
/* src has the pieces of a bit set, besides what it had before; or all. */
void pick_has_bits(struct pick *pk, struct source *src, const uint8_t *bits);
void pick_has_all(struct pick *pk, struct source *src);
int pick_is_seed(const struct pick *pk, const struct source *src);
/* How many have a piece, but for seeds, who are only counted. */
uint32_t pick_spread(const struct pick *pk, uint32_t piece);
/* Whether src has a piece that we lack: whether we are interested. */
int pick_wants(const struct source *src);
/* BEP 6: src suggests a piece; src gives a piece even while it chokes us. */
void pick_suggest(struct pick *pk, struct source *src, uint32_t piece);
void pick_allow(struct pick *pk, struct source *src, uint32_t piece);

/* The next block to ask src for, which counts as asked for from now on: 1, or
 * 0: there is none.  choked: only of pieces that src allowed. */
int pick_next(struct pick *pk, struct source *src, int choked, int64_t now_ms,
    struct block *b);
/* The same of one piece alone, for src, which does not choke: what a message
 * about one piece may cost, in a torrent of any number. */
int pick_next_of(struct pick *pk, struct source *src, uint32_t piece,
    int64_t now_ms, struct block *b);
/* A piece that src has come to have may stand far back in the queue of another
 * source: then it is not asked of that one any more, but free, mostly for src,
 * which pays by blocks of its own for having so moved more than one.  Returns
 * 1 if the piece was moved, else 0. */
int pick_move(struct pick *pk, struct source *src, uint32_t piece);
/* How many requests to src are outstanding, */
uint32_t pick_requests(const struct source *src);
/* and when the oldest of them was made; 0: there is none. */
int64_t pick_oldest(const struct source *src);
/* When the block that pick_got took last from src had been asked for. */
int64_t pick_answered(const struct source *src);

/* To be called once a second. */
void pick_tick(struct pick *pk, int64_t now_ms);
/* What src was asked for up to that time is free for others as well, though
 * src may still give it. */
void pick_overdue(struct pick *pk, struct source *src, int64_t before_ms);
/* Gives up those overdue requests that were made up to that time.  Returns how
 * many. */
uint32_t pick_expire(struct pick *pk, struct source *src, int64_t before_ms);
/* stalled: src owes blocks and is silent, and is asked only for what no other
 * source that gives has, until it is not stalled any more. */
void pick_stall(struct pick *pk, struct source *src, int stalled);
/* src chokes us, or not any more; what it has others may have to give. */
void pick_choke(struct pick *pk, struct source *src, int choking);
/* Pieces, blocks and requests looked at, ever: what the work is counted in. */
uint64_t pick_steps(const struct pick *pk);

/* A block came from src.  PICK_WHOLE: it was the last of its piece, which is
 * to be verified and told to pick_done or pick_failed. */
enum picked { PICK_UNASKED, PICK_BLOCK, PICK_WHOLE };
enum picked pick_got(struct pick *pk, struct source *src, struct block b);
/* src rejected block b.  Returns 1 if b had been asked of src, else 0. */
int pick_reject(struct pick *pk, struct source *src, struct block b);
/* src gives nothing of what it was asked for: all of that is free for others.
 */
void pick_reject_all(struct pick *pk, struct source *src);

/* A piece whose blocks are all here was verified: it is ours. */
void pick_done(struct pick *pk, uint32_t piece);
/* A piece whose blocks are all here has a wrong digest: all of it is wanted
 * again, from one source alone. */
void pick_failed(struct pick *pk, uint32_t piece);
/* Of a piece whose blocks are all here, the tag of who sent each: *n of them,
 * borrowed until pick_done or pick_failed. */
const uint32_t *pick_from(const struct pick *pk, uint32_t piece, uint32_t *n);

#endif
