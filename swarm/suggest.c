/* Suggestions.  What a peer takes from a seed, others do not know of until it
 * has all of the piece: each picks among the pieces that nobody announced, and
 * many pick the same.  The seed alone sees who asks for what.
 *
 * A piece is new if no peer has it, and taken if it was suggested to one, or
 * is asked for by one.  Each peer has suggestions of new pieces that are not
 * taken ahead of what it asks for, far enough for news that waits behind
 * blocks on the way.  When there are no more, one is moved to it from the peer
 * who has most ahead: a slow one does not keep the last pieces for itself.
 *
 * Nothing depends on what a peer does with a suggestion: if it does not take
 * it up, others choose that piece by themselves, as they would without any.
 * One peer alone needs none.  Pieces are looked at in turn, a bounded number
 * at a time, and not at all once none was found among all. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "torrent/meta.h"
#include "swarm/pick.h"
#include "swarm/suggest.h"

enum {
	AHEAD = 48,   /* blocks, or a piece, */
	FIRST = 32,   /* and so many more before it asks for any */
	HINTS = 64,   /* peers looked at for who has most ahead */
	LOOKS = 1024  /* pieces looked at for one suggestion */
};

static int is_known(const struct suggest *sg, uint32_t piece);
static void drop(uint32_t *list, int *n, uint32_t piece);
static void settle(struct suggest *sg, uint32_t *list, int *n);
static int steal(struct suggest *sg, struct hint *h, uint32_t *piece);

void
suggest_init(struct suggest *sg, const struct shape *sh,
    const struct pick *pick, uint64_t seed)
{
	sg->pick = pick;
	sg->npieces = sh->npieces;
	sg->nblocks = (sh->piece_len - 1) / BLOCK_LEN + 1;
	sg->taken = xcalloc(1, bit_bytes(sh->npieces));
	sg->at = rnd_below(&seed, sh->npieces);
}

void
suggest_free(struct suggest *sg)
{
	free(sg->taken);
}

void
suggest_join(struct suggest *sg, struct hint *h, int hears)
{
	h->hears = hears;
	if (h->joined)
		return;
	h->joined = 1;
	h->prev = NULL;
	h->next = sg->first;
	if (h->next)
		h->next->prev = h;
	sg->first = h;
	sg->n++;
}

/* What it alone has may be unknown again, too. */
void
suggest_leave(struct suggest *sg, struct hint *h)
{
	sg->fruitless = 0;
	if (h->joined) {
		*(h->prev ? &h->prev->next : &sg->first) = h->next;
		if (h->next)
			h->next->prev = h->prev;
		sg->n--;
	}
	h->joined = 0;
	while (h->nahead > 0)
		bit_clear(sg->taken, h->ahead[--h->nahead]);
	while (h->nunder > 0)
		bit_clear(sg->taken, h->under[--h->nunder]);
}

int
suggest_asked(struct suggest *sg, struct hint *h, uint32_t piece)
{
	int i;

	for (i = h->nunder; i > 0 && h->under[i - 1] != piece; i--)
		sg->steps++;
	if (i > 0 || is_known(sg, piece))
		return 0;
	drop(h->ahead, &h->nahead, piece);
	settle(sg, h->under, &h->nunder);
	if (h->nunder == SUGGEST_UNDER) {
		bit_clear(sg->taken, h->under[0]);
		drop(h->under, &h->nunder, h->under[0]);
	}
	h->under[h->nunder++] = piece;
	bit_set(sg->taken, piece);
	return 1;
}

static int
is_known(const struct suggest *sg, uint32_t piece)
{
	return pick_spread(sg->pick, piece) > 0;
}

static void
drop(uint32_t *list, int *n, uint32_t piece)
{
	int i;

	for (i = 0; i < *n && list[i] != piece; i++)
		;
	if (i < *n)
		memmove(list + i, list + i + 1, (size_t)(--*n - i) *
		    sizeof *list);
}

/* What somebody has by now needs no place in a list. */
static void
settle(struct suggest *sg, uint32_t *list, int *n)
{
	int i, left = 0;

	for (i = 0; i < *n; i++, sg->steps++)
		if (is_known(sg, list[i]))
			bit_clear(sg->taken, list[i]);
		else
			list[left++] = list[i];
	*n = left;
}

int
suggest_next(struct suggest *sg, struct hint *h, uint32_t *piece)
{
	uint32_t blocks = h->nunder > 0 ? AHEAD : FIRST + AHEAD, p, i;
	uint32_t most = MIN((blocks - 1) / sg->nblocks + 1, SUGGEST_MOST);

	if (!h->joined || !h->hears || sg->n < 2)
		return 0;
	settle(sg, h->ahead, &h->nahead);
	for (i = 0; (uint32_t)h->nahead < most && i < LOOKS &&
	    sg->fruitless < sg->npieces; i++) {
		p = sg->at;
		sg->at = p + 1 < sg->npieces ? p + 1 : 0;
		sg->steps++;
		sg->fruitless++;
		if (bit_get(sg->taken, p) || is_known(sg, p))
			continue;
		sg->fruitless = 0;
		bit_set(sg->taken, p);
		h->ahead[h->nahead++] = *piece = p;
		return 1;
	}
	return (uint32_t)h->nahead < most && steal(sg, h, piece);
}

/* What was suggested last to who has most ahead, for one who has nothing. */
static int
steal(struct suggest *sg, struct hint *h, uint32_t *piece)
{
	struct hint *o, *best = h;
	int i = 0;

	for (o = sg->first; o && i < HINTS; o = o->next, i++, sg->steps++)
		if (o->nahead > best->nahead)
			best = o;
	if (best == h || h->nahead > 0)
		return 0;
	h->ahead[h->nahead++] = *piece = best->ahead[--best->nahead];
	return 1;
}
