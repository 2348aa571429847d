/* The picker.  A piece that we lack is either untouched or open: some of its
 * blocks were asked for.  Untouched pieces stand in rarest.c's order.
 *
 * The next block is, in this order: the next of the piece that this source
 * began; of a piece that it suggests; of any open piece; of a new piece, the
 * rarest (at random as long as we have hardly any); and when nothing is left
 * to begin, one that another source was asked for already (the endgame).
 * A source for which nothing was found is not searched for again until
 * something has changed.  A search looks at a bounded number of pieces one by
 * one, and at all others 64 at a time, as bit sets.
 *
 * A block is asked for by requests that count.  One that has waited too long
 * is idle: it does not count any more, and its block is free for others,
 * though it may still be answered.  A source that owes and is silent is
 * stalled, and given nothing that another has who gives.  In the endgame few
 * are asked for a block; a source without a part in a right piece yet is none
 * of these few, but may be asked, too.
 *
 * A piece that stands far back in the queue of one source and has not begun
 * to come is moved to another that has just got it: a peer that shares what it
 * got a moment ago is not left idle while the seed is asked for all of it.
 *
 * A piece that failed is solo: one source alone gives all of it, so that the
 * next failure has one author.  Who had no part in the failure may be that one
 * at once, others after a while; who is given it and does not deliver loses
 * it, and waits longer for the next. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "torrent/meta.h"
#include "swarm/requests.h"
#include "swarm/rarest.h"
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
	SUGGESTED     = 8,
	ALLOWED       = 16,
	SUSPECTS      = 16, /* authors of a failed piece that are remembered */
	SUSPECT_MS    = 1000, /* until one of them may give it alone, */
	BARRED_MS     = 2000, /* or one that did not when it was to, */
	FRESH_MS      = 3000, /* or one that has given nothing right yet, */
	WORST_MS      = 10000, /* or one of whom both is so */
	SOLO_MS       = 20000, /* for it; doubled each time it is not enough */
	GOT           = 0xff
};

/* A piece's word: a place in the order, or one of these. */
#define IS_HAVE 0xffffffffu
#define IS_OPEN RAREST_OUT /* with an index in open */
#define NONE    0xffffffffu

struct open {
	uint32_t piece, nblocks;
	uint32_t nfree, ngot;
	uint32_t nidle;     /* requests that do not count */
	uint32_t hint;      /* no free block before it */
	uint32_t loose_at;  /* its place in loose, or NONE */
	int solo;
	struct source *owner; /* of a solo piece, NULL: nobody yet, */
	int64_t since_ms;     /* since then: it has one, or none */
	int64_t solo_ms;      /* how long one may take */
	struct source *lead;  /* who is asked for the first block, or NULL */
	uint32_t suspects[SUSPECTS]; /* their tags */
	int nsuspects;
	uint32_t *from;     /* owned: the tag of who sent each block */
	uint8_t *asked;     /* owned: its requests that count, or GOT */
};

struct source {
	void *owner;
	uint32_t tag;
	uint8_t *bits;      /* owned; NULL: it has all, or none */
	uint32_t npieces, nwanted;
	struct requests reqs;
	uint32_t current;   /* the piece that it began last */
	uint32_t solo;      /* the solo piece that it is giving, or NONE */
	uint32_t suggested[SUGGESTED], allowed[ALLOWED];
	int nsuggested, nallowed;
	uint64_t given;     /* blocks, */
	int64_t answered_ms; /* the last of which was asked for then */
	uint64_t moved;     /* blocks that others were not asked for any more */
	int proven;         /* some of them were right */
	int stalled, choking, barred;
	uint64_t dry;       /* pk->changes when nothing was found */
	int behind;         /* it has told of pieces since */
	uint32_t low;       /* in order, no piece before it is free, */
	uint64_t low_at;    /* as long as pk->changes is this */
	struct source *next;
};

struct pick {
	struct shape sh;
	const struct pick_ops *ops;
	uint64_t rnd;
	int64_t now_ms;     /* as last told */
	int in_order;
	uint32_t nhave, nseeds, nidle_seeds;
	uint32_t low;       /* we have every piece before it */
	int64_t partial;
	struct rarest rare;
	uint8_t *fresh;     /* owned: bits of the untouched pieces */
	uint8_t *loosened;  /* owned: of the loose ones */
	struct open **open; /* owned, as they are */
	uint32_t nopen, capopen;
	struct open **loose; /* owned: those with free blocks for anybody */
	uint32_t nloose;
	uint32_t nsolo;     /* open pieces that are solo */
	uint64_t changes;
	uint64_t steps;
	struct source *sources;
};

static void lose_all(struct pick *pk, struct source *src);
static int is_idle(const struct source *src);
static void set_state(struct pick *pk, struct source *src, int stalled,
    int choking);
static int has(const struct source *src, uint32_t npieces, uint32_t piece);
static struct open *open_of(const struct pick *pk, uint32_t piece);
static struct open *open_new(struct pick *pk, uint32_t piece);
static void open_end(struct pick *pk, struct open *o);
static void open_reset(struct pick *pk, struct open *o);
static void settle(struct pick *pk, struct open *o);
static int may_take(const struct pick *pk, const struct open *o,
    const struct source *src);
static int is_suspect(const struct open *o, uint32_t tag);
static int take(struct pick *pk, struct source *src, uint32_t piece,
    struct block *b);
static uint32_t free_block(struct pick *pk, struct open *o,
    struct source *src);
static void ask(struct pick *pk, struct source *src, struct open *o,
    uint32_t index, int counts);
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
static int waits(const struct pick *pk, uint32_t piece);
static int take_piece(struct pick *pk, struct source *src, uint32_t piece,
    struct block *b);
static int others_have(struct pick *pk, const struct source *src,
    uint32_t piece);
static int endgame(const struct pick *pk, const struct source *src);
static int take_twin(struct pick *pk, struct source *src, struct block *b);
static uint32_t least_asked(struct pick *pk, struct source *src,
    const struct open *o, uint32_t *least, int *looks);
static int take_second(struct pick *pk, struct source *src, struct open *o,
    uint32_t index, struct block *b);
static uint32_t reachable(const struct pick *pk);
static struct block block_of(const struct pick *pk, uint32_t piece,
    uint32_t index);
static struct request *find(struct pick *pk, struct source *src,
    struct block b);
static void forget(struct pick *pk, struct source *src, struct request *r);
static void release(struct pick *pk, struct source *src, struct request *r);
static void free_it(struct pick *pk, struct open *o, uint32_t index);
static void solo_lose(struct pick *pk, struct source *src);
static void solo_over(struct source *src);

struct pick *
pick_new(const struct shape *sh, uint64_t seed, const struct pick_ops *ops)
{
	struct pick *pk = xcalloc(1, sizeof *pk);
	size_t len = bit_bytes(sh->npieces);
	uint32_t i;

	pk->sh = *sh;
	pk->ops = ops;
	pk->rnd = seed;
	pk->changes = 1;
	rarest_init(&pk->rare, sh->npieces, &pk->rnd);
	pk->fresh = xcalloc(1, len);
	pk->loosened = xcalloc(1, len);
	for (i = 0; i < sh->npieces; i++)
		bit_set(pk->fresh, i);
	return pk;
}

void
pick_free(struct pick *pk)
{
	while (pk->sources)
		pick_leave(pk, pk->sources);
	while (pk->nopen > 0)
		open_end(pk, pk->open[0]);
	free(pk->open);
	free(pk->loose);
	free(pk->fresh);
	free(pk->loosened);
	rarest_free(&pk->rare);
	free(pk);
}

void
pick_in_order(struct pick *pk, int on)
{
	pk->in_order = on;
}

void
pick_tick(struct pick *pk, int64_t now_ms)
{
	struct source *s;
	struct open *o;

	pk->now_ms = now_ms;
	if (pk->nsolo == 0)
		return;
	pk->changes++; /* somebody's wait for one may be over */
	for (s = pk->sources; s; s = s->next) {
		o = s->solo == NONE ? NULL : open_of(pk, s->solo);
		if (o && now_ms - o->since_ms >= o->solo_ms &&
		    others_have(pk, s, o->piece)) {
			o->solo_ms *= 2; /* the slowest will do at last */
			solo_lose(pk, s);
		}
	}
}

uint64_t
pick_steps(const struct pick *pk)
{
	return pk->steps;
}

uint32_t
pick_nhave(const struct pick *pk)
{
	return pk->nhave;
}

int64_t
pick_partial(const struct pick *pk)
{
	return pk->partial;
}

void
pick_have(struct pick *pk, uint32_t piece)
{
	struct source *s;

	if (pk->rare.words[piece] == IS_HAVE)
		return;
	if (open_of(pk, piece)) {
		open_end(pk, open_of(pk, piece));
		rarest_set(&pk->rare, piece, IS_HAVE);
	} else {
		rarest_out(&pk->rare, piece, IS_HAVE);
		bit_clear(pk->fresh, piece);
	}
	pk->nhave++;
	while (pk->low < pk->sh.npieces && pk->rare.words[pk->low] == IS_HAVE)
		pk->low++;
	for (s = pk->sources; s; s = s->next)
		if (has(s, pk->sh.npieces, piece))
			s->nwanted--;
}

struct source *
pick_join(struct pick *pk, void *owner, uint32_t tag)
{
	struct source *s = xcalloc(1, sizeof *s);

	s->owner = owner;
	s->tag = tag;
	s->current = IS_HAVE;
	s->solo = NONE;
	s->next = pk->sources;
	pk->sources = s;
	return s;
}

void
pick_leave(struct pick *pk, struct source *src)
{
	struct source **at;

	pick_reject_all(pk, src);
	lose_all(pk, src);
	for (at = &pk->sources; *at != src; at = &(*at)->next)
		;
	*at = src->next;
	pk->changes++; /* as if it were stalled */
	requests_free(&src->reqs);
	free(src);
}

/* As if it had no pieces. */
static void
lose_all(struct pick *pk, struct source *src)
{
	uint32_t i;

	if (src->bits) {
		for (i = 0; i < pk->sh.npieces; i++)
			if (i % 8 == 0 && src->bits[i / 8] == 0)
				i += 7;
			else if (bit_get(src->bits, i))
				rarest_down(&pk->rare, i);
		free(src->bits);
		src->bits = NULL;
	} else if (src->npieces > 0) {
		pk->nseeds--;
		pk->nidle_seeds -= (uint32_t)is_idle(src);
	}
	src->npieces = src->nwanted = 0;
}

static int
has(const struct source *src, uint32_t npieces, uint32_t piece)
{
	return src->bits ? bit_get(src->bits, piece) :
	    src->npieces == npieces;
}

int
pick_has(struct pick *pk, struct source *src, uint32_t piece)
{
	if (has(src, pk->sh.npieces, piece))
		return 0;
	if (!src->bits)
		src->bits = xcalloc(1, bit_bytes(pk->sh.npieces));
	bit_set(src->bits, piece);
	src->low = MIN(src->low, piece);
	src->npieces++;
	src->nwanted += pk->rare.words[piece] != IS_HAVE;
	src->behind = 1;
	rarest_up(&pk->rare, piece);
	return 1;
}

void
pick_has_bits(struct pick *pk, struct source *src, const uint8_t *bits)
{
	uint32_t i;

	if (bit_count(bits, pk->sh.npieces) == pk->sh.npieces) {
		pick_has_all(pk, src);
		return;
	}
	for (i = 0; i < pk->sh.npieces; i++)
		if (bit_get(bits, i))
			pick_has(pk, src, i);
}

void
pick_has_all(struct pick *pk, struct source *src)
{
	if (pk->sh.npieces == 0 || (!src->bits && src->npieces > 0))
		return;
	lose_all(pk, src); /* a source with all is only counted */
	src->npieces = pk->sh.npieces;
	src->nwanted = pk->sh.npieces - pk->nhave;
	src->behind = 1;
	src->low = 0;
	pk->nseeds++;
	pk->nidle_seeds += (uint32_t)is_idle(src);
}

uint32_t
pick_npieces(const struct source *src)
{
	return src->npieces;
}

int
pick_is_seed(const struct pick *pk, const struct source *src)
{
	return src->npieces == pk->sh.npieces;
}

int
pick_wants(const struct source *src)
{
	return src->nwanted > 0;
}

void
pick_suggest(struct pick *pk, struct source *src, uint32_t piece)
{
	if (pk->rare.words[piece] == IS_HAVE)
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
	if (i < ALLOWED && i == src->nallowed &&
	    pk->rare.words[piece] != IS_HAVE)
		src->allowed[src->nallowed++] = piece;
}

void
pick_stall(struct pick *pk, struct source *src, int stalled)
{
	if (src->stalled != stalled)
		set_state(pk, src, stalled, src->choking);
}

void
pick_choke(struct pick *pk, struct source *src, int choking)
{
	if (src->choking != choking)
		set_state(pk, src, src->stalled, choking);
}

static void
set_state(struct pick *pk, struct source *src, int stalled, int choking)
{
	int was = is_idle(src);

	src->stalled = stalled;
	src->choking = choking;
	if (!src->bits && src->npieces > 0) {
		pk->nidle_seeds -= (uint32_t)was;
		pk->nidle_seeds += (uint32_t)is_idle(src);
	}
	src->behind = 1;
	src->low = 0;
	if (was || !is_idle(src))
		return;
	pk->changes++; /* others who are stalled may give what it had */
	solo_lose(pk, src);
}

/* Whether nothing can be hoped for from a source just now. */
static int
is_idle(const struct source *src)
{
	return src->stalled || src->choking;
}

int
pick_next(struct pick *pk, struct source *src, int choked, int64_t now_ms,
    struct block *b)
{
	pk->now_ms = now_ms;
	if (src->nwanted == 0)
		return 0;
	if (choked)
		return !src->stalled && take_listed(pk, src, src->allowed,
		    src->nallowed, b);
	if (src->solo != NONE && take_piece(pk, src, src->solo, b))
		return 1;
	if (!pk->in_order && !src->stalled && src->current != IS_HAVE &&
	    take(pk, src, src->current, b))
		return 1;
	if (src->dry != pk->changes || src->behind) {
		if (search(pk, src, b))
			return 1;
		src->dry = pk->changes;
		src->behind = 0;
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
	if (src->stalled || (pk->in_order && src->dry != pk->changes))
		return 0;
	if (take(pk, src, piece, b))
		return 1;
	o = open_of(pk, piece);
	if (!o || !endgame(pk, src))
		return 0;
	index = least_asked(pk, src, o, &least, &looks);
	return index != NONE && take_second(pk, src, o, index, b);
}

/* What of all pieces is next for a source that has begun none. */
static int
search(struct pick *pk, struct source *src, struct block *b)
{
	uint32_t n = pk->sh.npieces;

	if (src->stalled) /* what nobody else can give */
		return pk->nseeds == pk->nidle_seeds && take_any(pk, src,
		    rnd_below(&pk->rnd, n), pk->fresh, pk->loosened, b);
	if (pk->in_order)
		return take_lowest(pk, src, b);
	return take_listed(pk, src, src->suggested, src->nsuggested, b) ||
	    take_open(pk, src, b) || take_new(pk, src, b);
}

/* What it has before the last piece that it took has been taken. */
static int
take_lowest(struct pick *pk, struct source *src, struct block *b)
{
	uint32_t from = src->low_at == pk->changes ? src->low : pk->low;

	if (!take_any(pk, src, from, pk->fresh, pk->loosened, b))
		return 0;
	src->low = b->piece;
	src->low_at = pk->changes;
	return 1;
}

/* A free block of a piece, which is opened if need be.  1 or 0. */
static int
take(struct pick *pk, struct source *src, uint32_t piece, struct block *b)
{
	struct open *o = open_of(pk, piece);
	uint32_t index;

	pk->steps++;
	if (pk->rare.words[piece] == IS_HAVE ||
	    !has(src, pk->sh.npieces, piece))
		return 0;
	if (!o)
		o = open_new(pk, piece);
	if (!may_take(pk, o, src))
		return 0;
	index = free_block(pk, o, src);
	if (index == NONE)
		return 0;
	if (o->solo && !o->owner) {
		o->owner = src;
		o->since_ms = pk->now_ms;
		src->solo = piece;
	}
	src->current = piece;
	ask(pk, src, o, index, 1);
	*b = block_of(pk, piece, index);
	return 1;
}

static int
may_take(const struct pick *pk, const struct open *o,
    const struct source *src)
{
	int64_t wait_ms = src->barred && !src->proven ? WORST_MS :
	    src->barred ? BARRED_MS : !src->proven ? FRESH_MS :
	    is_suspect(o, src->tag) ? SUSPECT_MS : 0;

	if (o->nfree == 0 || !o->solo || o->owner == src)
		return o->nfree > 0;
	return !o->owner && src->solo == NONE &&
	    pk->now_ms - o->since_ms >= wait_ms;
}

static int
is_suspect(const struct open *o, uint32_t tag)
{
	int i;

	for (i = 0; i < o->nsuspects && o->suspects[i] != tag; i++)
		;
	return i < o->nsuspects;
}

/* A free block that src does not owe already, or NONE if none is soon found.
 * There is a free one. */
static uint32_t
free_block(struct pick *pk, struct open *o, struct source *src)
{
	uint32_t i;
	int looks = TRIES;

	while (o->asked[o->hint] != 0) {
		o->hint++;
		pk->steps++;
	}
	for (i = o->hint; i < o->nblocks && looks > 0; i++) {
		if (o->asked[i] != 0)
			continue;
		if (o->nidle == 0 || !find(pk, src, block_of(pk, o->piece,
		    i)))
			return i;
		looks--;
	}
	return NONE;
}

static void
ask(struct pick *pk, struct source *src, struct open *o, uint32_t index,
    int counts)
{
	requests_add(&src->reqs, block_of(pk, o->piece, index), pk->now_ms);
	if (!counts) {
		requests_last(&src->reqs)->idle = 1;
		o->nidle++;
		return;
	}
	if (index == 0)
		o->lead = src;
	if (o->asked[index]++ == 0) {
		o->nfree--;
		settle(pk, o);
	}
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
	uint32_t i, n = MIN(pk->nloose, TRIES), k;

	k = n < pk->nloose ? rnd_below(&pk->rnd, pk->nloose) : 0;
	for (i = 0; i < n; i++)
		if (take(pk, src, pk->loose[(i + k) % pk->nloose]->piece, b))
			return 1;
	return n < pk->nloose && take_any(pk, src, 0, pk->loosened, NULL, b);
}

/* The rarest it has.  Among many pieces that it has not, looking for one is
 * cut short by taking any. */
static int
take_new(struct pick *pk, struct source *src, struct block *b)
{
	const struct rarest *r = &pk->rare;
	uint32_t n = reachable(pk), first = r->n - n, a, looked = 0;

	for (a = pk->nseeds == 0; pk->nhave >= RANDOM_FIRST &&
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
	    pk->sh.npieces), pk->fresh, NULL, b);
}

/* One of the pieces from first up to end in order, begun at random and looked
 * for most times. */
static int
take_from(struct pick *pk, struct source *src, uint32_t first, uint32_t most,
    uint32_t end, struct block *b)
{
	uint32_t n = end - first, k = rnd_below(&pk->rnd, n), i;

	for (i = 0; i < most; i++)
		if (take(pk, src, pk->rare.order[first + (i + k) % n], b))
			return 1;
	return 0;
}

/* The first piece from one on, and round to it again, that stands in a set (or
 * in another one, unless that is NULL) and that the source has. */
static int
take_any(struct pick *pk, struct source *src, uint32_t from,
    const uint8_t *set, const uint8_t *more, struct block *b)
{
	uint32_t words = (pk->sh.npieces + 63) / 64, i, k, piece;
	size_t len = bit_bytes(pk->sh.npieces), at, n;
	int tries = TRIES;
	uint64_t x, y;

	if (!src->bits && src->npieces == 0)
		return 0;
	for (i = 0; i <= words && tries > 0; i++) { /* the first one twice */
		at = (size_t)((from / 64 + i) % words) * 8;
		n = MIN(len - at, 8);
		x = y = 0;
		pk->steps++;
		memcpy(&x, set + at, n);
		if (more)
			memcpy(&y, more + at, n);
		x |= y;
		y = ~(uint64_t)0;
		if (src->bits)
			memcpy(&y, src->bits + at, n);
		for (k = 0; x & y && k < 8 * n && tries > 0; k++) {
			piece = (uint32_t)(8 * at + k);
			if ((i == 0 && piece < from) ||
			    piece >= pk->sh.npieces ||
			    !(bit_get(set, piece) ||
			    (more && bit_get(more, piece))))
				continue;
			if (take_piece(pk, src, piece, b))
				return 1;
			tries -= has(src, pk->sh.npieces, piece) &&
			    !waits(pk, piece);
		}
	}
	return 0;
}

/* Whether a piece waits for somebody to give all of it. */
static int
waits(const struct pick *pk, uint32_t piece)
{
	const struct open *o = open_of(pk, piece);

	return o && o->solo;
}

/* One of a source that may be stalled. */
static int
take_piece(struct pick *pk, struct source *src, uint32_t piece,
    struct block *b)
{
	return !(src->stalled && others_have(pk, src, piece)) &&
	    take(pk, src, piece, b);
}

/* Whether a source that gives has a piece, besides src. */
static int
others_have(struct pick *pk, const struct source *src, uint32_t piece)
{
	const struct source *s;

	for (s = pk->sources; s; s = s->next, pk->steps++)
		if (s != src && !is_idle(s) && has(s, pk->sh.npieces, piece))
			return 1;
	return 0;
}

/* How many untouched pieces some source has: the last ones of order. */
static uint32_t
reachable(const struct pick *pk)
{
	return pk->nseeds > 0 ? pk->rare.n :
	    pk->rare.n - pk->rare.start[1];
}

/* Whether a source may be asked for what others are asked for already. */
static int
endgame(const struct pick *pk, const struct source *src)
{
	return pk->nopen > 0 && pk->nloose == 0 && reachable(pk) == 0 &&
	    !src->stalled &&
	    pick_requests(src) < (src->proven ? ENDGAME_QUEUE : 1);
}

/* The endgame: a block that the fewest others were asked for. */
static int
take_twin(struct pick *pk, struct source *src, struct block *b)
{
	uint32_t i, k, least = ENDGAME_TWINS, found, index = NONE;
	struct open *o, *best = NULL;
	int looks = ENDGAME_LOOKS;

	if (!endgame(pk, src))
		return 0;
	k = rnd_below(&pk->rnd, pk->nopen);
	for (i = 0; i < pk->nopen && least > 1 && looks > 0; i++) {
		o = pk->open[(i + k) % pk->nopen];
		found = least_asked(pk, src, o, &least, &looks);
		if (found != NONE) {
			best = o;
			index = found;
		}
	}
	return best && take_second(pk, src, best, index, b);
}

/* The block of a piece that was asked for less often than least, which falls
 * to that, begun at random; or NONE. */
static uint32_t
least_asked(struct pick *pk, struct source *src, const struct open *o,
    uint32_t *least, int *looks)
{
	uint32_t i, j, k, index = NONE;

	--*looks;
	pk->steps++;
	if (o->solo || !has(src, pk->sh.npieces, o->piece))
		return NONE;
	k = rnd_below(&pk->rnd, o->nblocks);
	for (i = 0; i < o->nblocks && *looks > 0 && *least > 1; i++) {
		j = (i + k) % o->nblocks;
		--*looks;
		pk->steps++;
		if (o->asked[j] < *least && !find(pk, src,
		    block_of(pk, o->piece, j))) {
			index = j;
			*least = o->asked[j];
		}
	}
	return index;
}

/* Who has no part in a right piece yet takes nobody's place by it. */
static int
take_second(struct pick *pk, struct source *src, struct open *o,
    uint32_t index, struct block *b)
{
	ask(pk, src, o, index, src->proven);
	*b = block_of(pk, o->piece, index);
	return 1;
}

int
pick_move(struct pick *pk, struct source *src, uint32_t piece)
{
	struct open *o = open_of(pk, piece);
	struct source *s = o ? o->lead : NULL;
	struct request *r;
	struct block b;
	uint32_t i;

	if (!s || s == src || o->solo || o->nfree > 0 || o->ngot > 0 ||
	    src->stalled || src->moved > src->given)
		return 0;
	r = find(pk, s, block_of(pk, piece, 0));
	if (!r || r->seq - requests_first(&s->reqs)->seq <
	    pick_requests(src) + FAR_BACK)
		return 0;
	src->moved += o->nblocks;
	for (i = 0; i < o->nblocks; i++) {
		b = block_of(pk, piece, i);
		r = find(pk, s, b);
		if (!r)
			continue;
		release(pk, s, r);
		pk->ops->cancel(s->owner, b);
	}
	return 1;
}

uint32_t
pick_requests(const struct source *src)
{
	return src->reqs.n;
}

int64_t
pick_oldest(const struct source *src)
{
	const struct request *r = requests_first(&src->reqs);

	return r ? r->when_ms : 0;
}

int64_t
pick_answered(const struct source *src)
{
	return src->answered_ms;
}

static struct block
block_of(const struct pick *pk, uint32_t piece, uint32_t index)
{
	struct block b = { piece, index * BLOCK_LEN, BLOCK_LEN };
	uint32_t len = shape_len(&pk->sh, piece);

	if (len - b.begin < BLOCK_LEN)
		b.len = len - b.begin;
	return b;
}

static struct request *
find(struct pick *pk, struct source *src, struct block b)
{
	uint64_t before = src->reqs.steps;
	struct request *r = requests_find(&src->reqs, b);

	pk->steps += 1 + src->reqs.steps - before;
	return r;
}

/* A request is no more; whether its block is free is the caller's to say. */
static void
forget(struct pick *pk, struct source *src, struct request *r)
{
	struct open *o = open_of(pk, r->b.piece);

	if (r->idle) { /* src may be asked for it again */
		o->nidle--;
		src->behind = 1;
		src->low = MIN(src->low, r->b.piece);
	}
	if (r->b.begin == 0 && o->lead == src)
		o->lead = NULL;
	requests_remove(&src->reqs, r);
}

enum picked
pick_got(struct pick *pk, struct source *src, struct block b)
{
	struct request *r = find(pk, src, b);
	struct open *o = open_of(pk, b.piece);
	uint32_t index = b.begin / BLOCK_LEN;
	struct source *s;

	if (!r)
		return PICK_UNASKED;
	src->given++;
	src->answered_ms = r->when_ms;
	if (r->idle && o->asked[index]++ == 0) { /* it counts, after all */
		o->nfree--;
		settle(pk, o);
	}
	forget(pk, src, r);
	for (s = pk->sources; s && (o->asked[index] > 1 || o->nidle > 0);
	    s = s->next) {
		r = s == src ? NULL : find(pk, s, b);
		if (r) {
			o->asked[index] -= !r->idle;
			forget(pk, s, r);
			pk->ops->cancel(s->owner, b);
		}
	}
	o->asked[index] = GOT;
	o->from[index] = src->tag;
	pk->partial += b.len;
	return ++o->ngot == o->nblocks ? PICK_WHOLE : PICK_BLOCK;
}

int
pick_reject(struct pick *pk, struct source *src, struct block b)
{
	struct request *r = find(pk, src, b);

	if (!r)
		return 0;
	release(pk, src, r);
	return 1;
}

void
pick_reject_all(struct pick *pk, struct source *src)
{
	struct request *r;

	while ((r = requests_last(&src->reqs)))
		release(pk, src, r);
	src->current = IS_HAVE;
	solo_lose(pk, src);
}

void
pick_overdue(struct pick *pk, struct source *src, int64_t before_ms)
{
	struct request *r = requests_first(&src->reqs);
	struct open *o;
	int lost = 0;

	for (; r && r->when_ms <= before_ms;
	    r = requests_next(&src->reqs, r)) {
		if (r->idle)
			continue;
		r->idle = 1;
		o = open_of(pk, r->b.piece);
		o->nidle++;
		if (o->lead == src)
			o->lead = NULL;
		free_it(pk, o, r->b.begin / BLOCK_LEN);
		lost |= src->solo == r->b.piece;
	}
	if (lost)
		solo_lose(pk, src);
}

uint32_t
pick_expire(struct pick *pk, struct source *src, int64_t before_ms)
{
	struct request *r;
	uint32_t n = 0;

	while ((r = requests_first(&src->reqs)) && r->idle &&
	    r->when_ms <= before_ms) {
		forget(pk, src, r);
		n++;
	}
	return n;
}

/* A request that will not be answered: its block may be asked for again. */
static void
release(struct pick *pk, struct source *src, struct request *r)
{
	struct open *o = open_of(pk, r->b.piece);
	uint32_t index = r->b.begin / BLOCK_LEN;
	int idle = r->idle;

	forget(pk, src, r);
	if (!idle)
		free_it(pk, o, index);
}

/* One request less counts for a block. */
static void
free_it(struct pick *pk, struct open *o, uint32_t index)
{
	if (--o->asked[index] > 0)
		return;
	o->hint = MIN(o->hint, index);
	o->nfree++;
	pk->changes++;
	settle(pk, o);
}

/* The solo piece that a source was to give is another's to give, whole, unless
 * all of it has come. */
static void
solo_lose(struct pick *pk, struct source *src)
{
	struct open *o = src->solo == NONE ? NULL : open_of(pk, src->solo);
	struct request *r, *next;
	struct block b;

	if (src->solo == NONE)
		return;
	solo_over(src);
	if (!o || o->owner != src)
		return;
	o->owner = NULL;
	if (o->ngot == o->nblocks)
		return;
	src->barred = 1;
	for (r = requests_first(&src->reqs); r; r = next) {
		next = requests_next(&src->reqs, r);
		if (r->b.piece != o->piece)
			continue;
		b = r->b;
		forget(pk, src, r);
		pk->ops->cancel(src->owner, b);
	}
	open_reset(pk, o);
}

/* A source may give another solo piece now. */
static void
solo_over(struct source *src)
{
	src->solo = NONE;
	src->behind = 1;
}

static struct open *
open_of(const struct pick *pk, uint32_t piece)
{
	uint32_t w = pk->rare.words[piece];

	return w != IS_HAVE && w & IS_OPEN ? pk->open[w & ~IS_OPEN] : NULL;
}

/* Opens a piece, which leaves the order. */
static struct open *
open_new(struct pick *pk, uint32_t piece)
{
	struct open *o = xcalloc(1, sizeof *o);

	if (pk->nopen == pk->capopen) {
		pk->capopen = MAX(16, pk->capopen * 2);
		pk->open = xrealloc(pk->open, pk->capopen, sizeof *pk->open);
		pk->loose = xrealloc(pk->loose, pk->capopen,
		    sizeof *pk->loose);
	}
	rarest_out(&pk->rare, piece, IS_OPEN | pk->nopen);
	bit_clear(pk->fresh, piece);
	pk->open[pk->nopen++] = o;
	o->piece = piece;
	o->nblocks = o->nfree =
	    (shape_len(&pk->sh, piece) + BLOCK_LEN - 1) / BLOCK_LEN;
	o->from = xcalloc(o->nblocks, sizeof *o->from);
	o->asked = xcalloc(o->nblocks, 1);
	o->loose_at = NONE;
	settle(pk, o);
	return o;
}

/* Closes a piece; its word is the caller's to set. */
static void
open_end(struct pick *pk, struct open *o)
{
	uint32_t at = pk->rare.words[o->piece] & ~IS_OPEN;
	struct source *s;
	struct request *r;
	uint32_t i;

	for (i = 0; i < o->nblocks; i++)
		for (s = pk->sources; s && ((o->asked[i] != GOT &&
		    o->asked[i] > 0) || o->nidle > 0); s = s->next)
			if ((r = find(pk, s, block_of(pk, o->piece, i)))) {
				o->asked[i] -= !r->idle;
				forget(pk, s, r);
			}
	if (o->owner)
		solo_over(o->owner);
	o->nfree = 0;
	settle(pk, o);
	pk->nsolo -= (uint32_t)o->solo;
	for (i = 0; i < o->nblocks; i++)
		if (o->asked[i] == GOT)
			pk->partial -= block_of(pk, o->piece, i).len;
	pk->open[at] = pk->open[--pk->nopen];
	rarest_set(&pk->rare, pk->open[at]->piece, IS_OPEN | at);
	free(o->from);
	free(o->asked);
	free(o);
}

/* Every block of a piece that nobody is asked for is wanted again, by whoever
 * comes first. */
static void
open_reset(struct pick *pk, struct open *o)
{
	uint32_t i;

	for (i = 0; i < o->nblocks; i++)
		if (o->asked[i] == GOT)
			pk->partial -= block_of(pk, o->piece, i).len;
	memset(o->asked, 0, o->nblocks);
	o->nfree = o->nblocks;
	o->ngot = o->hint = 0;
	if (o->owner)
		solo_over(o->owner);
	o->owner = NULL;
	o->since_ms = pk->now_ms;
	pk->changes++;
	settle(pk, o);
}

/* A piece is loose if anybody may be asked for a free block of it; to be
 * called when that may have changed. */
static void
settle(struct pick *pk, struct open *o)
{
	struct open *last;

	int loose = o->nfree > 0 && !o->owner;

	if (loose && o->loose_at == NONE) {
		o->loose_at = pk->nloose;
		pk->loose[pk->nloose++] = o;
		bit_set(pk->loosened, o->piece);
	} else if (!loose && o->loose_at != NONE) {
		last = pk->loose[--pk->nloose];
		pk->loose[o->loose_at] = last;
		last->loose_at = o->loose_at;
		o->loose_at = NONE;
		bit_clear(pk->loosened, o->piece);
	}
}

void
pick_done(struct pick *pk, uint32_t piece)
{
	struct open *o = open_of(pk, piece);
	struct source *s;
	uint32_t i, tag = 0;

	for (i = 0; o && i < o->nblocks; i++) {
		if (o->from[i] == tag)
			continue; /* most are one source's */
		tag = o->from[i];
		for (s = pk->sources; s; s = s->next)
			if (s->tag == tag) {
				s->proven = 1;
				s->barred = 0;
			}
	}
	pick_have(pk, piece);
}

void
pick_failed(struct pick *pk, uint32_t piece)
{
	struct open *o = open_of(pk, piece);
	uint32_t i;

	if (!o->solo) {
		pk->nsolo++;
		o->solo = 1;
		o->solo_ms = SOLO_MS;
	}
	for (i = 0; i < o->nblocks && o->nsuspects < SUSPECTS; i++)
		if (!is_suspect(o, o->from[i]))
			o->suspects[o->nsuspects++] = o->from[i];
	open_reset(pk, o);
}

const uint32_t *
pick_from(const struct pick *pk, uint32_t piece, uint32_t *n)
{
	struct open *o = open_of(pk, piece);

	*n = o->nblocks;
	return o->from;
}
