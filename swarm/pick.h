/* Which block to ask of whom next.  Pure: it owns the table of requests and
 * knows of each peer (a source) only which pieces it has. */

#ifndef PICK_H
#define PICK_H

#include "torrent/meta.h"

struct pick;
struct source;

struct pick_ops {
	/* A block has come from elsewhere: the request for it is void. */
	void (*cancel)(void *owner, struct block b);
};

/* seed (not 0) makes the random choices. */
struct pick *pick_new(const struct shape *sh, uint64_t seed,
    const struct pick_ops *ops);
void pick_free(struct pick *pk); /* with the sources that are left */

/* Pieces from the lowest number up instead of rarest first. */
void pick_in_order(struct pick *pk, int on);
/* We have this piece: no block of it is wanted any more. */
void pick_have(struct pick *pk, uint32_t piece);
uint32_t pick_nhave(const struct pick *pk);
/* Bytes of blocks that are here but not of whole pieces. */
int64_t pick_partial(const struct pick *pk);

/* A peer with no pieces yet; tag (not 0) stands for it in pick_from. */
struct source *pick_join(struct pick *pk, void *owner, uint32_t tag);
/* Its requests are free for others, and src is freed. */
void pick_leave(struct pick *pk, struct source *src);

/* News of what it has: one piece more (whether it is news); these (what it had
 * before stays); all. */
int pick_has(struct pick *pk, struct source *src, uint32_t piece);
void pick_has_bits(struct pick *pk, struct source *src, const uint8_t *bits);
void pick_has_all(struct pick *pk, struct source *src);
uint32_t pick_npieces(const struct source *src); /* how many it has */
int pick_is_seed(const struct pick *pk, const struct source *src);
/* Whether it has a piece that we lack: whether we are interested. */
int pick_wants(const struct source *src);
/* BEP 6: a piece that it suggests; one that it gives even when choking. */
void pick_suggest(struct pick *pk, struct source *src, uint32_t piece);
void pick_allow(struct pick *pk, struct source *src, uint32_t piece);

/* The next block to ask src for, noted as asked for at now.  choked: only
 * pieces that it allowed.  1, or 0: there is none. */
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
uint32_t pick_requests(const struct source *src); /* outstanding */
int64_t pick_oldest(const struct source *src);    /* when asked; 0: none */
/* When the block that pick_got took last had been asked for. */
int64_t pick_answered(const struct source *src);

/* Once a second. */
void pick_tick(struct pick *pk, int64_t now_ms);
/* What src was asked for up to that time is another's to give as well, though
 * src may still give it. */
void pick_overdue(struct pick *pk, struct source *src, int64_t before_ms);
/* Gives up those of them that src was asked for up to that time: how many. */
uint32_t pick_expire(struct pick *pk, struct source *src, int64_t before_ms);
/* src owes blocks and is silent: from now on it is asked only for what no
 * other source that gives has.  Or it is not stalled any more. */
void pick_stall(struct pick *pk, struct source *src, int stalled);
/* src chokes us, or not any more; what it has others may have to give. */
void pick_choke(struct pick *pk, struct source *src, int choking);
/* Pieces, blocks and requests looked at, ever: what the work is counted in. */
uint64_t pick_steps(const struct pick *pk);

/* A block came from src.  PICK_WHOLE: it was the last of its piece, which is
 * to be verified and told to pick_done or pick_failed. */
enum picked { PICK_UNASKED, PICK_BLOCK, PICK_WHOLE };
enum picked pick_got(struct pick *pk, struct source *src, struct block b);
/* It will not come.  Whether it had been asked for. */
int pick_reject(struct pick *pk, struct source *src, struct block b);
void pick_reject_all(struct pick *pk, struct source *src);

/* A piece whose blocks are all here was verified, or its digest was wrong:
 * then all of it is wanted again, from one source alone. */
void pick_done(struct pick *pk, uint32_t piece);
void pick_failed(struct pick *pk, uint32_t piece);
/* The tag of who sent each block of a piece that is all here; *n of them,
 * borrowed until pick_done or pick_failed. */
const uint32_t *pick_from(const struct pick *pk, uint32_t piece, uint32_t *n);

#endif
