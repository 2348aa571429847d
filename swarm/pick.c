/* The picker: which block a source is asked for next.
 *
 * The next block is, in this order: of a piece that is hurried; the next of
 * the piece that this source began; of a piece that it suggests; of any open piece; of a new piece, the
 * rarest (at random as long as we have hardly any); and when nothing is left
 * to begin, one that another source was asked for already (the endgame).
 * A source for which nothing was found is not searched for again until
 * something has changed.  A search looks at a bounded number of pieces one by
 * one, and at all others 64 at a time, as bit sets.
 *
 * A request that has waited too long is idle (holders.c): its block is free
 * for others.  A source that owes and is silent is stalled, and given nothing
 * that another has who gives.  In the endgame few are asked for a block; a
 * source without a part in a right piece yet is none of these few, but may be
 * asked, too.
 *
 * A piece that stands far back in the queue of one source and has not begun
 * to come is moved to another that has just got it: a peer that shares what it
 * got a moment ago is not left idle while the seed is asked for all of it.
 *
 * A piece that failed is given by one source alone (solo.c). */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "torrent/meta.h"
#include "swarm/requests.h"
#include "swarm/rarest.h"
#include "swarm/solo.h"
#include "swarm/pieces.h"
#include "swarm/holders.h"
#include "swarm/pick.h"

enum {
	RANDOM_FIRST  = 4,  /* pieces taken at random before rarest first */
	LOOKED_MAX    = 1024, /* untouched pieces looked at, for the rarest */
	PROBES        = 64,   /* then so many anywhere, before all */
	TRIES         = 64,   /* that fail, of what the bit sets promise */
	ENDGAME_QUEUE = 8,  /* a source with more to do takes no duplicates */
	ENDGAME_TWINS = 3,  /* sources asked for one block */
	ENDGAME_LOOKS = 512, /* blocks looked at for one */
	FAR_BACK      = 32, /* blocks asked for before one that may move */
	SUGGESTED     = 16,
	SOLO_LONGER   = 2,  /* times as long, after a failure, for a piece */
	ALLOWED       = 16
};

struct source {
	struct holder h;    /* holders.c's */
	struct giver giver; /* solo.c's */
	void *owner;
	uint32_t current;   /* the piece that it began last, or NOWHERE */
	uint32_t suggested[SUGGESTED], allowed[ALLOWED];
	int nsuggested, nallowed;
	uint64_t given;     /* blocks, */
	int64_t answered_ms; /* the last of which was asked for then */
	uint64_t moved;     /* blocks that others are not asked for any more */
	uint64_t dry;       /* ps.changes when nothing was found */
	uint64_t low_at;    /* h.low is right as long as ps.changes is this */
};

struct pick {
	const struct pick_ops *ops;
	uint64_t rnd;
	int64_t now_ms;     /* as last told */
	int in_order;
	uint32_t hurried[PICK_HURRIED];
	int nhurried;
	struct pieces ps;
	struct holders hs;
	uint32_t nsolo;     /* open pieces that are solo */
};

static void set_state(struct pick *pk, struct source *src, int stalled,
    int choking);
static int take(struct pick *pk, struct source *src, uint32_t piece,
    struct block *b);
static int search(struct pick *pk, struct source *src, struct block *b);
static int take_listed(struct pick *pk, struct source *src,
    const uint32_t *list, int n, struct block *b);
static int take_open(struct pick *pk, struct source *src, struct block *b);
static int take_new(struct pick *pk, struct source *src, struct block *b);
static int take_from(struct pick *pk, struct source *src, uint32_t first,
    uint32_t most, uint32_t end, struct block *b);
static int take_lowest(struct pick *pk, struct source *src, struct block *b);
static int take_any(struct pick *pk, struct source *src, uint32_t from,
    const uint8_t *set, const uint8_t *more, struct block *b);
static int take_piece(struct pick *pk, struct source *src, uint32_t piece,
    struct block *b);
static int endgame(const struct pick *pk, const struct source *src);
static int take_twin(struct pick *pk, struct source *src, struct block *b);
static int take_second(struct pick *pk, struct source *src, struct open *o,
    uint32_t index, struct block *b);
static void cancel(struct pick *pk, struct holder *h, struct block b);
static void solo_lose(struct pick *pk, struct source *src);
static void solo_end(struct pick *pk, struct open *o);
static void void_others(struct pick *pk, struct source *src, struct open *o,
    uint32_t index);

struct pick *
pick_new(const struct shape *sh, uint64_t seed, const struct pick_ops *ops)
{
	struct pick *pk = xcalloc(1, sizeof *pk);

	pk->ops = ops;
	pk->rnd = seed;
	pieces_init(&pk->ps, sh, &pk->rnd);
	pk->hs.ps = &pk->ps;
	return pk;
}

void
pick_free(struct pick *pk)
{
	while (pk->hs.first)
		pick_leave(pk, pk->hs.first->owner);
	pieces_free(&pk->ps);
	free(pk);
}

void
pick_in_order(struct pick *pk, int on)
{
	pk->in_order = on;
}

void
pick_hurry(struct pick *pk, const uint32_t *pieces, int n)
{
	pk->nhurried = MIN(n, PICK_HURRIED);
	if (pk->nhurried > 0)
		memcpy(pk->hurried, pieces, (size_t)pk->nhurried *
		    sizeof *pieces);
}

void
pick_tick(struct pick *pk, int64_t now_ms)
{
	struct holder *h;
	struct source *s;
	struct open *o;

	pk->now_ms = now_ms;
	if (pk->nsolo == 0)
		return;
	pk->ps.changes++; /* somebody's wait for one may be over */
	for (h = pk->hs.first; h; h = h->next) {
		s = h->owner;
		if (!s->giver.busy)
			continue;
		o = pieces_open(&pk->ps, s->giver.piece);
		if (solo_late(&o->solo, now_ms) &&
		    holders_others(&pk->hs, h, o->piece)) {
			o->solo.most_ms *= SOLO_LONGER; /* the slowest will do */
			solo_lose(pk, s);
		}
	}
}

uint64_t
pick_steps(const struct pick *pk)
{
	return pk->ps.steps;
}

int64_t
pick_partial(const struct pick *pk)
{
	return pk->ps.partial;
}

void
pick_have(struct pick *pk, uint32_t piece)
{
	struct open *o = pieces_open(&pk->ps, piece);
	uint32_t i;

	if (pieces_have(&pk->ps, piece))
		return;
	for (i = 0; o && o->nhere < o->nblocks && i < o->nblocks; i++)
		if (o->asked[i] != BLOCK_HERE)
			void_others(pk, NULL, o, i);
	if (o && o->solo.on) {
		solo_end(pk, o);
		pk->nsolo--;
	}
	pieces_done(&pk->ps, piece);
	holders_have(&pk->hs, piece);
}

struct source *
pick_join(struct pick *pk, void *owner, uint32_t tag)
{
	struct source *s = xcalloc(1, sizeof *s);

	s->owner = owner;
	s->h.owner = s->giver.owner = s;
	s->giver.tag = tag;
	s->current = NOWHERE;
	holders_join(&pk->hs, &s->h);
	return s;
}

void
pick_leave(struct pick *pk, struct source *src)
{
	pick_reject_all(pk, src);
	holders_leave(&pk->hs, &src->h);
	pk->ps.changes++; /* as if it were stalled */
	free(src);
}

int
pick_has(struct pick *pk, struct source *src, uint32_t piece)
{
	return holder_told(&pk->hs, &src->h, piece);
}

void
pick_has_bits(struct pick *pk, struct source *src, const uint8_t *bits)
{
	uint32_t i, n = pk->ps.sh.npieces;

	if (bit_count(bits, n) == n) {
		pick_has_all(pk, src);
		return;
	}
	for (i = 0; i < n; i++)
		if (bit_get(bits, i))
			pick_has(pk, src, i);
}

void
pick_has_all(struct pick *pk, struct source *src)
{
	holder_told_all(&pk->hs, &src->h);
}

int
pick_is_seed(const struct pick *pk, const struct source *src)
{
	return src->h.npieces == pk->ps.sh.npieces;
}

uint32_t
pick_spread(const struct pick *pk, uint32_t piece)
{
	return pk->ps.rare.avail[piece];
}

int
pick_wants(const struct source *src)
{
	return src->h.nwanted > 0;
}

void
pick_suggest(struct pick *pk, struct source *src, uint32_t piece)
{
	if (pieces_have(&pk->ps, piece))
		return;
	if (src->nsuggested == SUGGESTED)
		memmove(src->suggested, src->suggested + 1,
		    --src->nsuggested * sizeof *src->suggested);
	src->suggested[src->nsuggested++] = piece;
}

void
pick_allow(struct pick *pk, struct source *src, uint32_t piece)
{
	int i;

	for (i = 0; i < src->nallowed && src->allowed[i] != piece; i++)
		;
	if (i < ALLOWED && i == src->nallowed && !pieces_have(&pk->ps, piece))
		src->allowed[src->nallowed++] = piece;
}

void
pick_stall(struct pick *pk, struct source *src, int stalled)
{
	set_state(pk, src, stalled, src->h.choking);
}

void
pick_choke(struct pick *pk, struct source *src, int choking)
{
	set_state(pk, src, src->h.stalled, choking);
}

static void
set_state(struct pick *pk, struct source *src, int stalled, int choking)
{
	if (!holder_set(&pk->hs, &src->h, stalled, choking))
		return;
	pk->ps.changes++; /* others who are stalled may give what it had */
	solo_lose(pk, src);
}

int
pick_next(struct pick *pk, struct source *src, int choked, int64_t now_ms,
    struct block *b)
{
	pk->now_ms = now_ms;
	if (src->h.nwanted == 0)
		return 0;
	if (choked)
		return !src->h.stalled && take_listed(pk, src, src->allowed,
		    src->nallowed, b);
	if (!src->h.stalled && take_listed(pk, src, pk->hurried,
	    pk->nhurried, b))
		return 1;
	if (src->giver.busy && take_piece(pk, src, src->giver.piece, b))
		return 1;
	if (!pk->in_order && !src->h.stalled && src->current != NOWHERE &&
	    take(pk, src, src->current, b))
		return 1;
	if (src->dry != pk->ps.changes || src->h.news) {
		if (search(pk, src, b))
			return 1;
		src->dry = pk->ps.changes;
		src->h.news = 0;
	}
	return take_twin(pk, src, b);
}

int
pick_next_of(struct pick *pk, struct source *src, uint32_t piece,
    int64_t now_ms, struct block *b)
{
	struct open *o;
	uint32_t least = ENDGAME_TWINS, index;
	int looks = ENDGAME_LOOKS;

	pk->now_ms = now_ms;
	if (src->h.stalled || (pk->in_order && src->dry != pk->ps.changes))
		return 0;
	if (take(pk, src, piece, b))
		return 1;
	o = pieces_open(&pk->ps, piece);
	if (!o || !endgame(pk, src))
		return 0;
	index = holder_twin(&pk->hs, &src->h, o, &pk->rnd, &least, &looks);
	return index != NOWHERE && take_second(pk, src, o, index, b);
}

/* What of all pieces is next for a source that has begun none. */
static int
search(struct pick *pk, struct source *src, struct block *b)
{
	uint32_t n = pk->ps.sh.npieces;

	if (src->h.stalled) /* what nobody else can give */
		return pk->hs.nseeds == pk->hs.nidle && take_any(pk, src,
		    rnd_below(&pk->rnd, n), pk->ps.fresh, pk->ps.loosened, b);
	if (pk->in_order)
		return take_lowest(pk, src, b);
	return take_listed(pk, src, src->suggested, src->nsuggested, b) ||
	    take_open(pk, src, b) || take_new(pk, src, b);
}

/* What it has before the last piece that it took has been taken. */
static int
take_lowest(struct pick *pk, struct source *src, struct block *b)
{
	uint32_t from = src->low_at == pk->ps.changes ? src->h.low :
	    pk->ps.low;

	if (!take_any(pk, src, from, pk->ps.fresh, pk->ps.loosened, b))
		return 0;
	src->h.low = b->piece;
	src->low_at = pk->ps.changes;
	return 1;
}

/* A free block of a piece, which is opened if need be.  1 or 0. */
static int
take(struct pick *pk, struct source *src, uint32_t piece, struct block *b)
{
	struct open *o = pieces_open(&pk->ps, piece);
	uint32_t index;

	pk->ps.steps++;
	if (pieces_have(&pk->ps, piece) ||
	    !holder_has(&pk->hs, &src->h, piece))
		return 0;
	if (!o)
		o = pieces_begin(&pk->ps, piece);
	index = o->solo.on && !solo_may(&o->solo, &src->giver, pk->now_ms) ?
	    NOWHERE : holder_free(&pk->hs, &src->h, o, TRIES);
	if (index == NOWHERE)
		return 0;
	if (o->solo.on && !o->solo.giver)
		solo_take(&o->solo, &src->giver, piece, pk->now_ms);
	src->current = piece;
	holder_ask(&pk->hs, &src->h, o, index, 1, pk->now_ms);
	*b = pieces_block(&pk->ps, piece, index);
	return 1;
}

static int
take_listed(struct pick *pk, struct source *src, const uint32_t *list, int n,
    struct block *b)
{
	int i;

	for (i = 0; i < n; i++)
		if (take(pk, src, list[i], b))
			return 1;
	return 0;
}

static int
take_open(struct pick *pk, struct source *src, struct block *b)
{
	struct pieces *ps = &pk->ps;
	uint32_t i, n = MIN(ps->nloose, TRIES), k;

	k = n < ps->nloose ? rnd_below(&pk->rnd, ps->nloose) : 0;
	for (i = 0; i < n; i++)
		if (take(pk, src, ps->loose[(i + k) % ps->nloose]->piece, b))
			return 1;
	return n < ps->nloose && take_any(pk, src, 0, ps->loosened, NULL, b);
}

/* The rarest it has.  Among many pieces that it has not, looking for one is
 * cut short by taking any. */
static int
take_new(struct pick *pk, struct source *src, struct block *b)
{
	const struct rarest *r = &pk->ps.rare;
	uint32_t n = pieces_reachable(&pk->ps, pk->hs.nseeds > 0);
	uint32_t first = r->n - n, a, looked = 0;

	for (a = pk->hs.nseeds == 0; pk->ps.nhave >= RANDOM_FIRST &&
	    a + 1 < r->nstart && looked < LOOKED_MAX; a++) {
		if (take_from(pk, src, r->start[a], MIN(LOOKED_MAX,
		    r->start[a + 1] - r->start[a]), r->start[a + 1], b))
			return 1;
		looked += r->start[a + 1] - r->start[a];
	}
	for (a = 0; a < PROBES && n > 0; a++)
		if (take(pk, src, r->order[first + rnd_below(&pk->rnd, n)],
		    b))
			return 1;
	return n > 0 && take_any(pk, src, rnd_below(&pk->rnd,
	    pk->ps.sh.npieces), pk->ps.fresh, NULL, b);
}

/* One of the pieces from first up to end in order, begun at random and looked
 * for most times. */
static int
take_from(struct pick *pk, struct source *src, uint32_t first, uint32_t most,
    uint32_t end, struct block *b)
{
	uint32_t n = end - first, k = rnd_below(&pk->rnd, n), i;

	for (i = 0; i < most; i++)
		if (take(pk, src, pk->ps.rare.order[first + (i + k) % n], b))
			return 1;
	return 0;
}

/* The first piece from one on, and round to it again, that stands in a set (or
 * in another one, unless that is NULL) and that the source has.  One that
 * waits for somebody to give all of it is no try. */
static int
take_any(struct pick *pk, struct source *src, uint32_t from,
    const uint8_t *set, const uint8_t *more, struct block *b)
{
	uint32_t at = from, end = pk->ps.sh.npieces, piece;
	int tries = TRIES, second = 0;
	struct open *o;

	while (tries > 0) {
		piece = holder_next(&pk->hs, &src->h, set, more, at, end);
		at = piece + 1;
		if (piece == NOWHERE && second++)
			break;
		if (piece == NOWHERE) {
			end = from;
			continue;
		}
		if (take_piece(pk, src, piece, b))
			return 1;
		o = pieces_open(&pk->ps, piece);
		tries -= !o || !o->solo.on;
	}
	return 0;
}

/* One of a source that may be stalled. */
static int
take_piece(struct pick *pk, struct source *src, uint32_t piece,
    struct block *b)
{
	return !(src->h.stalled && holders_others(&pk->hs, &src->h, piece)) &&
	    take(pk, src, piece, b);
}

/* Whether a source may be asked for what others are asked for already. */
static int
endgame(const struct pick *pk, const struct source *src)
{
	return pk->ps.nopen > 0 && pk->ps.nloose == 0 && !src->h.stalled &&
	    pieces_reachable(&pk->ps, pk->hs.nseeds > 0) == 0 &&
	    pick_requests(src) < (src->giver.proven ? ENDGAME_QUEUE : 1);
}

/* The endgame: a block that the fewest others were asked for. */
static int
take_twin(struct pick *pk, struct source *src, struct block *b)
{
	uint32_t i, k, least = ENDGAME_TWINS, found, index = NOWHERE;
	struct open *o, *best = NULL;
	int looks = ENDGAME_LOOKS;

	if (!endgame(pk, src))
		return 0;
	k = rnd_below(&pk->rnd, pk->ps.nopen);
	for (i = 0; i < pk->ps.nopen && least > 1 && looks > 0; i++) {
		o = pk->ps.open[(i + k) % pk->ps.nopen];
		found = holder_twin(&pk->hs, &src->h, o, &pk->rnd, &least,
		    &looks);
		if (found != NOWHERE) {
			best = o;
			index = found;
		}
	}
	return best && take_second(pk, src, best, index, b);
}

/* Who has no part in a right piece yet takes nobody's place by it. */
static int
take_second(struct pick *pk, struct source *src, struct open *o,
    uint32_t index, struct block *b)
{
	holder_ask(&pk->hs, &src->h, o, index, src->giver.proven, pk->now_ms);
	*b = pieces_block(&pk->ps, o->piece, index);
	return 1;
}

int
pick_move(struct pick *pk, struct source *src, uint32_t piece)
{
	struct open *o = pieces_open(&pk->ps, piece);
	struct holder *h = o ? o->lead : NULL;
	struct request *r;
	struct block b;
	uint32_t i;

	if (!h || h == &src->h || o->solo.on || o->nfree > 0 ||
	    o->nhere > 0 || src->h.stalled || src->moved > src->given)
		return 0;
	r = holder_find(&pk->hs, h, pieces_block(&pk->ps, piece, 0));
	if (!r || r->seq - requests_first(&h->reqs)->seq <
	    pick_requests(src) + FAR_BACK)
		return 0;
	src->moved += o->nblocks;
	for (i = 0; i < o->nblocks; i++) {
		b = pieces_block(&pk->ps, piece, i);
		r = holder_find(&pk->hs, h, b);
		if (!r)
			continue;
		holder_release(&pk->hs, h, r);
		cancel(pk, h, b);
	}
	return 1;
}

/* Tells that the request to h for b is void. */
static void
cancel(struct pick *pk, struct holder *h, struct block b)
{
	struct source *s = h->owner;

	pk->ops->cancel(s->owner, b);
}

uint32_t
pick_requests(const struct source *src)
{
	return src->h.reqs.n;
}

int64_t
pick_oldest(const struct source *src)
{
	const struct request *r = requests_first(&src->h.reqs);

	return r ? r->when_ms : 0;
}

int64_t
pick_answered(const struct source *src)
{
	return src->answered_ms;
}

enum picked
pick_got(struct pick *pk, struct source *src, struct block b)
{
	struct request *r = holder_find(&pk->hs, &src->h, b);
	struct open *o = pieces_open(&pk->ps, b.piece);
	uint32_t index = b.begin / BLOCK_LEN;

	if (!r)
		return PICK_UNASKED;
	src->given++;
	src->answered_ms = r->when_ms;
	if (r->idle) /* it counts, after all */
		pieces_ask(&pk->ps, o, index);
	holder_forget(&pk->hs, &src->h, r);
	void_others(pk, src, o, index);
	return pieces_got(&pk->ps, o, index, src->giver.tag) ? PICK_WHOLE :
	    PICK_BLOCK;
}

/* The requests for a block are void, which has come from src, or (NULL) in
 * another way; whose they are is told. */
static void
void_others(struct pick *pk, struct source *src, struct open *o,
    uint32_t index)
{
	struct block b = pieces_block(&pk->ps, o->piece, index);
	struct request *r;
	struct holder *h;

	for (h = pk->hs.first; h && (o->asked[index] > (src != NULL) ||
	    o->nidle > 0); h = h->next) {
		r = src && h == &src->h ? NULL : holder_find(&pk->hs, h, b);
		if (!r)
			continue;
		o->asked[index] -= !r->idle;
		holder_forget(&pk->hs, h, r);
		cancel(pk, h, b);
	}
}

int
pick_reject(struct pick *pk, struct source *src, struct block b)
{
	struct request *r = holder_find(&pk->hs, &src->h, b);

	if (!r)
		return 0;
	holder_release(&pk->hs, &src->h, r);
	return 1;
}

void
pick_reject_all(struct pick *pk, struct source *src)
{
	struct request *r;

	while ((r = requests_last(&src->h.reqs)))
		holder_release(&pk->hs, &src->h, r);
	src->current = NOWHERE;
	solo_lose(pk, src);
}

void
pick_overdue(struct pick *pk, struct source *src, int64_t before_ms)
{
	struct request *r = requests_first(&src->h.reqs);
	int lost = 0;

	for (; r && r->when_ms <= before_ms;
	    r = requests_next(&src->h.reqs, r)) {
		if (r->idle)
			continue;
		holder_idle(&pk->hs, &src->h, r);
		lost |= src->giver.busy && src->giver.piece == r->b.piece;
	}
	if (lost)
		solo_lose(pk, src);
}

uint32_t
pick_expire(struct pick *pk, struct source *src, int64_t before_ms)
{
	struct request *r;
	uint32_t n = 0;

	while ((r = requests_first(&src->h.reqs)) && r->idle &&
	    r->when_ms <= before_ms) {
		holder_forget(&pk->hs, &src->h, r);
		n++;
	}
	return n;
}

/* The solo piece that a source was to give is another's to give, whole, unless
 * all of it has come. */
static void
solo_lose(struct pick *pk, struct source *src)
{
	struct request *r, *next;
	struct open *o;
	struct block b;

	if (!src->giver.busy)
		return;
	o = pieces_open(&pk->ps, src->giver.piece);
	solo_end(pk, o);
	if (o->nhere == o->nblocks)
		return;
	src->giver.barred = 1;
	for (r = requests_first(&src->h.reqs); r; r = next) {
		next = requests_next(&src->h.reqs, r);
		if (r->b.piece != o->piece)
			continue;
		b = r->b;
		holder_forget(&pk->hs, &src->h, r);
		cancel(pk, &src->h, b);
	}
	pieces_again(&pk->ps, o);
}

/* A solo piece is nobody's; who gave it may give another now. */
static void
solo_end(struct pick *pk, struct open *o)
{
	if (o->solo.giver)
		((struct source *)o->solo.giver->owner)->h.news = 1;
	solo_drop(&o->solo, pk->now_ms);
}

void
pick_done(struct pick *pk, uint32_t piece)
{
	struct open *o = pieces_open(&pk->ps, piece);
	struct holder *h;
	struct source *s;
	uint32_t i, tag = 0;

	for (i = 0; o && i < o->nblocks; i++) {
		if (o->from[i] == tag)
			continue; /* most are one source's */
		tag = o->from[i];
		for (h = pk->hs.first; h; h = h->next) {
			s = h->owner;
			if (s->giver.tag == tag) {
				s->giver.proven = 1;
				s->giver.barred = 0;
			}
		}
	}
	pick_have(pk, piece);
}

void
pick_failed(struct pick *pk, uint32_t piece)
{
	struct open *o = pieces_open(&pk->ps, piece);

	pk->nsolo += !o->solo.on;
	solo_end(pk, o);
	solo_fail(&o->solo, o->from, o->nblocks, pk->now_ms);
	pieces_again(&pk->ps, o);
}

const uint32_t *
pick_from(const struct pick *pk, uint32_t piece, uint32_t *n)
{
	struct open *o = pieces_open(&pk->ps, piece);

	*n = o->nblocks;
	return o->from;
}
