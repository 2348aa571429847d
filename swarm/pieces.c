/* The pieces as they come.  One that we lack is either untouched, and stands
 * in rarest.c's order, or open.  An open piece is loose if anybody may be
 * asked for a block of it.  Untouched and loose pieces are bit sets, too, so
 * that 64 at a time can be held against what somebody has. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "torrent/meta.h"
#include "swarm/rarest.h"
#include "swarm/pieces.h"

/* A piece's word: a place in the order, or one of these. */
#define IS_HAVE 0xffffffffu
#define IS_OPEN RAREST_OUT /* with an index in open */

static void end(struct pieces *ps, struct open *o);
static void lose_blocks(struct pieces *ps, const struct open *o);

void
pieces_init(struct pieces *ps, const struct shape *sh, uint64_t *rnd)
{
	size_t len = bit_bytes(sh->npieces);
	uint32_t i;

	memset(ps, 0, sizeof *ps);
	ps->sh = *sh;
	ps->changes = 1;
	rarest_init(&ps->rare, sh->npieces, rnd);
	ps->fresh = xcalloc(1, len);
	ps->loosened = xcalloc(1, len);
	for (i = 0; i < sh->npieces; i++)
		bit_set(ps->fresh, i);
}

void
pieces_free(struct pieces *ps)
{
	while (ps->nopen > 0)
		end(ps, ps->open[0]);
	free(ps->open);
	free(ps->loose);
	free(ps->fresh);
	free(ps->loosened);
	rarest_free(&ps->rare);
}

int
pieces_have(const struct pieces *ps, uint32_t piece)
{
	return ps->rare.words[piece] == IS_HAVE;
}

struct open *
pieces_open(const struct pieces *ps, uint32_t piece)
{
	uint32_t w = ps->rare.words[piece];

	return w != IS_HAVE && w & IS_OPEN ? ps->open[w & ~IS_OPEN] : NULL;
}

struct open *
pieces_begin(struct pieces *ps, uint32_t piece)
{
	struct open *o = xcalloc(1, sizeof *o);

	if (ps->nopen == ps->cap) {
		ps->cap = MAX(16, ps->cap * 2);
		ps->open = xrealloc(ps->open, ps->cap, sizeof *ps->open);
		ps->loose = xrealloc(ps->loose, ps->cap, sizeof *ps->loose);
	}
	rarest_out(&ps->rare, piece, IS_OPEN | ps->nopen);
	bit_clear(ps->fresh, piece);
	ps->open[ps->nopen++] = o;
	o->piece = piece;
	o->nblocks = o->nfree =
	    (shape_len(&ps->sh, piece) + BLOCK_LEN - 1) / BLOCK_LEN;
	o->from = xcalloc(o->nblocks, sizeof *o->from);
	o->asked = xcalloc(o->nblocks, 1);
	o->loose_at = NOWHERE;
	pieces_settle(ps, o);
	return o;
}

void
pieces_done(struct pieces *ps, uint32_t piece)
{
	struct open *o = pieces_open(ps, piece);

	if (o) {
		end(ps, o);
		rarest_set(&ps->rare, piece, IS_HAVE);
	} else {
		rarest_out(&ps->rare, piece, IS_HAVE);
		bit_clear(ps->fresh, piece);
	}
	ps->nhave++;
	while (ps->low < ps->sh.npieces && pieces_have(ps, ps->low))
		ps->low++;
}

/* Closes a piece; its word is the caller's to set. */
static void
end(struct pieces *ps, struct open *o)
{
	uint32_t at = ps->rare.words[o->piece] & ~IS_OPEN;

	o->nfree = 0;
	pieces_settle(ps, o);
	lose_blocks(ps, o);
	ps->open[at] = ps->open[--ps->nopen];
	rarest_set(&ps->rare, ps->open[at]->piece, IS_OPEN | at);
	free(o->from);
	free(o->asked);
	free(o);
}

static void
lose_blocks(struct pieces *ps, const struct open *o)
{
	uint32_t i;

	for (i = 0; i < o->nblocks; i++)
		if (o->asked[i] == BLOCK_HERE)
			ps->partial -= pieces_block(ps, o->piece, i).len;
}

void
pieces_again(struct pieces *ps, struct open *o)
{
	lose_blocks(ps, o);
	memset(o->asked, 0, o->nblocks);
	o->nfree = o->nblocks;
	o->nhere = o->hint = 0;
	ps->changes++;
	pieces_settle(ps, o);
}

uint32_t
pieces_reachable(const struct pieces *ps, int seeds)
{
	return seeds ? ps->rare.n : ps->rare.n - ps->rare.start[1];
}

struct block
pieces_block(const struct pieces *ps, uint32_t piece, uint32_t index)
{
	struct block b = { piece, index * BLOCK_LEN, BLOCK_LEN };
	uint32_t len = shape_len(&ps->sh, piece);

	if (len - b.begin < BLOCK_LEN)
		b.len = len - b.begin;
	return b;
}

void
pieces_ask(struct pieces *ps, struct open *o, uint32_t index)
{
	if (o->asked[index]++ > 0)
		return;
	o->nfree--;
	pieces_settle(ps, o);
}

void
pieces_unask(struct pieces *ps, struct open *o, uint32_t index)
{
	if (--o->asked[index] > 0)
		return;
	o->hint = MIN(o->hint, index);
	o->nfree++;
	ps->changes++;
	pieces_settle(ps, o);
}

int
pieces_got(struct pieces *ps, struct open *o, uint32_t index, uint32_t tag)
{
	o->asked[index] = BLOCK_HERE;
	o->from[index] = tag;
	ps->partial += pieces_block(ps, o->piece, index).len;
	return ++o->nhere == o->nblocks;
}

void
pieces_settle(struct pieces *ps, struct open *o)
{
	int loose = o->nfree > 0 && !o->solo.giver;
	struct open *last;

	if (loose && o->loose_at == NOWHERE) {
		o->loose_at = ps->nloose;
		ps->loose[ps->nloose++] = o;
		bit_set(ps->loosened, o->piece);
	} else if (!loose && o->loose_at != NOWHERE) {
		last = ps->loose[--ps->nloose];
		ps->loose[o->loose_at] = last;
		last->loose_at = o->loose_at;
		o->loose_at = NOWHERE;
		bit_clear(ps->loosened, o->piece);
	}
}
