/* Who has which pieces.  Who has all is only counted: most are seeds, and a
 * torrent may have any number of pieces.
 *
 * A request counts for its block, or is idle: then its block is free for
 * others, though it may still be answered. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "torrent/meta.h"
#include "swarm/requests.h"
#include "swarm/rarest.h"
#include "swarm/pieces.h"
#include "swarm/holders.h"

static void lose_all(struct holders *hs, struct holder *h);
static int is_seed(const struct holder *h);
static int is_idle(const struct holder *h);
static uint64_t word(const struct holders *hs, const uint8_t *set,
    uint32_t piece);
static void has_news(struct holder *h, uint32_t piece);

void
holders_join(struct holders *hs, struct holder *h)
{
	h->next = hs->first;
	hs->first = h;
}

void
holders_leave(struct holders *hs, struct holder *h)
{
	struct holder **at;

	lose_all(hs, h);
	for (at = &hs->first; *at != h; at = &(*at)->next)
		;
	*at = h->next;
	requests_free(&h->reqs);
}

/* As if it had no pieces. */
static void
lose_all(struct holders *hs, struct holder *h)
{
	uint32_t i;

	for (i = 0; h->bits && i < hs->ps->sh.npieces; i++)
		if (i % 8 == 0 && h->bits[i / 8] == 0)
			i += 7;
		else if (bit_get(h->bits, i))
			rarest_down(&hs->ps->rare, i);
	hs->nseeds -= (uint32_t)is_seed(h);
	hs->nidle -= is_seed(h) && is_idle(h);
	free(h->bits);
	h->bits = NULL;
	h->npieces = h->nwanted = 0;
}

/* Whether it is one who is only counted. */
static int
is_seed(const struct holder *h)
{
	return !h->bits && h->npieces > 0;
}

static int
is_idle(const struct holder *h)
{
	return h->stalled || h->choking;
}

void
holders_have(struct holders *hs, uint32_t piece)
{
	struct holder *h;

	for (h = hs->first; h; h = h->next)
		h->nwanted -= (uint32_t)holder_has(hs, h, piece);
}

int
holder_has(const struct holders *hs, const struct holder *h, uint32_t piece)
{
	return h->bits ? bit_get(h->bits, piece) :
	    h->npieces == hs->ps->sh.npieces;
}

int
holders_others(const struct holders *hs, const struct holder *h,
    uint32_t piece)
{
	const struct holder *o;

	for (o = hs->first; o; o = o->next, hs->ps->steps++)
		if (o != h && !is_idle(o) && holder_has(hs, o, piece))
			return 1;
	return 0;
}

int
holder_told(struct holders *hs, struct holder *h, uint32_t piece)
{
	if (holder_has(hs, h, piece))
		return 0;
	if (!h->bits)
		h->bits = xcalloc(1, bit_bytes(hs->ps->sh.npieces));
	bit_set(h->bits, piece);
	h->npieces++;
	h->nwanted += !pieces_have(hs->ps, piece);
	rarest_up(&hs->ps->rare, piece);
	has_news(h, piece);
	return 1;
}

void
holder_told_all(struct holders *hs, struct holder *h)
{
	if (hs->ps->sh.npieces == 0 || is_seed(h))
		return;
	lose_all(hs, h);
	h->npieces = hs->ps->sh.npieces;
	h->nwanted = h->npieces - hs->ps->nhave;
	hs->nseeds++;
	hs->nidle += (uint32_t)is_idle(h);
	has_news(h, 0);
}

static void
has_news(struct holder *h, uint32_t piece)
{
	h->news = 1;
	h->low = MIN(h->low, piece);
}

int
holder_set(struct holders *hs, struct holder *h, int stalled, int choking)
{
	int was = is_idle(h);

	if (h->stalled == stalled && h->choking == choking)
		return 0;
	h->stalled = stalled;
	h->choking = choking;
	if (is_seed(h))
		hs->nidle += (uint32_t)is_idle(h) - (uint32_t)was;
	has_news(h, 0);
	return !was && is_idle(h);
}

uint32_t
holder_next(struct holders *hs, const struct holder *h, const uint8_t *set,
    const uint8_t *more, uint32_t from, uint32_t end)
{
	uint32_t next;

	for (; h->npieces > 0 && from < end; from = next) {
		next = MIN((from | 63) + 1, end);
		hs->ps->steps++;
		if (((word(hs, set, from) | word(hs, more, from)) &
		    (h->bits ? word(hs, h->bits, from) : UINT64_MAX)) == 0)
			continue;
		for (; from < next; from++)
			if ((bit_get(set, from) ||
			    (more && bit_get(more, from))) &&
			    holder_has(hs, h, from))
				return from;
	}
	return NOWHERE;
}

/* The 64 pieces of a set among which one is, in any order; 0: there is no set.
 */
static uint64_t
word(const struct holders *hs, const uint8_t *set, uint32_t piece)
{
	size_t at = piece / 64 * 8;
	uint64_t x = 0;

	if (set)
		memcpy(&x, set + at, MIN(bit_bytes(hs->ps->sh.npieces) - at,
		    sizeof x));
	return x;
}

uint32_t
holder_free(struct holders *hs, struct holder *h, struct open *o, int looks)
{
	uint32_t i;

	for (; o->nfree > 0 && o->asked[o->hint] != 0; o->hint++)
		hs->ps->steps++;
	for (i = o->hint; o->nfree > 0 && i < o->nblocks && looks > 0; i++) {
		if (o->asked[i] != 0)
			continue;
		if (o->nidle == 0 || !holder_find(hs, h,
		    pieces_block(hs->ps, o->piece, i)))
			return i;
		looks--;
	}
	return NOWHERE;
}

uint32_t
holder_twin(struct holders *hs, struct holder *h, const struct open *o,
    uint64_t *rnd, uint32_t *least, int *looks)
{
	uint32_t i, j, k, index = NOWHERE;

	--*looks;
	hs->ps->steps++;
	if (o->solo.on || !holder_has(hs, h, o->piece))
		return NOWHERE;
	k = rnd_below(rnd, o->nblocks);
	for (i = 0; i < o->nblocks && *looks > 0 && *least > 1; i++) {
		j = (i + k) % o->nblocks;
		--*looks;
		hs->ps->steps++;
		if (o->asked[j] < *least && !holder_find(hs, h,
		    pieces_block(hs->ps, o->piece, j))) {
			index = j;
			*least = o->asked[j];
		}
	}
	return index;
}

void
holder_ask(struct holders *hs, struct holder *h, struct open *o,
    uint32_t index, int counts, int64_t now_ms)
{
	requests_add(&h->reqs, pieces_block(hs->ps, o->piece, index), now_ms);
	if (!counts) {
		requests_last(&h->reqs)->idle = 1;
		o->nidle++;
		return;
	}
	if (index == 0)
		o->lead = h;
	pieces_ask(hs->ps, o, index);
}

struct request *
holder_find(struct holders *hs, struct holder *h, struct block b)
{
	uint64_t before = h->reqs.steps;
	struct request *r = requests_find(&h->reqs, b);

	hs->ps->steps += 1 + h->reqs.steps - before;
	return r;
}

void
holder_release(struct holders *hs, struct holder *h, struct request *r)
{
	struct open *o = pieces_open(hs->ps, r->b.piece);

	if (!r->idle)
		pieces_unask(hs->ps, o, r->b.begin / BLOCK_LEN);
	holder_forget(hs, h, r);
}

void
holder_idle(struct holders *hs, struct holder *h, struct request *r)
{
	struct open *o = pieces_open(hs->ps, r->b.piece);

	r->idle = 1;
	o->nidle++;
	if (o->lead == h)
		o->lead = NULL;
	pieces_unask(hs->ps, o, r->b.begin / BLOCK_LEN);
}

void
holder_forget(struct holders *hs, struct holder *h, struct request *r)
{
	struct open *o = pieces_open(hs->ps, r->b.piece);

	if (r->idle) { /* it may be asked for that block again */
		o->nidle--;
		has_news(h, r->b.piece);
	}
	if (r->b.begin == 0 && o->lead == h)
		o->lead = NULL;
	requests_remove(&h->reqs, r);
}
