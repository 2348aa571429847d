/* The pieces that nobody was asked for yet, sorted by how many peers have
 * them.  Pure.
 *
 * Bucket a begins at start[a] of order and holds the pieces that a peers have,
 * in random order.  A piece whose count changes by one swaps places with the
 * border of its bucket, so that news costs the same in any torrent. */

#ifndef RAREST_H
#define RAREST_H

#include <stdint.h>

struct rarest {
	uint32_t n;         /* pieces in order */
	uint32_t *order;    /* owned */
	uint32_t *words;    /* owned: of each piece, its place in order, or
	                     * what rarest_out and rarest_set put there */
	uint32_t *avail;    /* owned: of each piece, how many peers have it */
	uint32_t *start;    /* owned: nstart; the last of them is n */
	uint32_t nstart;
};

#define RAREST_OUT 0x80000000u /* words from here on are of no place */

void rarest_init(struct rarest *r, uint32_t npieces, uint64_t *rnd);
void rarest_free(struct rarest *r);
/* Takes a piece out of the order, once: the piece's word, RAREST_OUT or more,
 * is the caller's from now on, and rarest_set changes it. */
void rarest_out(struct rarest *r, uint32_t piece, uint32_t word);
void rarest_set(struct rarest *r, uint32_t piece, uint32_t word);
/* One peer more, or one less, has a piece, wherever it is. */
void rarest_up(struct rarest *r, uint32_t piece);
void rarest_down(struct rarest *r, uint32_t piece);

#endif
