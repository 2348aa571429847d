/* The picker.  A piece that we lack is either untouched or open: some of its
 * blocks were asked for.
 *
 * Untouched pieces stand in one array, order, sorted by how many peers have
 * them (peers that have all are only counted), at random among equals: bucket
 * a begins at start[a].  A piece whose count changes by one swaps places with
 * the border of its bucket, so news costs the same in any torrent.
 *
 * The next block is, in this order: the next of the piece that this source
 * began; of a piece that it suggests; of any open piece; of a new piece, the
 * rarest (at random as long as we have hardly any); and when nothing is left
 * to begin, one that another source was asked for already (the endgame).
 * A source for which nothing was found is not searched for again until
 * something has changed.
 *
 * A piece that stands far back in the queue of one source and has not begun
 * to come is moved to another that has just got it: a peer that shares what it
 * got a moment ago is not left idle while the seed is asked for all of it.
 *
 * A piece that failed is solo: one source alone gives all of it, so that the
 * next failure has one author. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "wire.h"
#include "meta.h"
#include "pick.h"

enum {
	RANDOM_FIRST  = 4,  /* pieces taken at random before rarest first */
	LOOKED_MAX    = 1024, /* untouched pieces looked at, for the rarest */
	PROBES        = 64,   /* then so many anywhere, before all */
	ENDGAME_QUEUE = 8,  /* a source with more to do takes no duplicates */
	ENDGAME_TWINS = 3,  /* sources asked for one block */
	FAR_BACK      = 32, /* blocks asked for before one that may move */
	SUGGESTED     = 8,
	ALLOWED       = 16,
	GOT           = 0xff
};

/* where[piece]: an index in order, or one of these. */
#define IS_HAVE 0xffffffffu
#define IS_OPEN 0x80000000u /* with an index in open */

struct open {
	uint32_t piece, nblocks;
	uint32_t nfree, ngot;
	uint32_t hint;      /* no free block before it */
	int solo;
	struct source *owner; /* of a solo piece, NULL: nobody yet */
	uint32_t *from;     /* owned: the tag of who sent each block */
	uint8_t *asked;     /* owned: how many were asked for it, or GOT */
};

struct request {
	uint32_t piece, index;
	int64_t when_ms;
};

struct source {
	void *owner;
	uint32_t tag;
	uint8_t *bits;      /* owned; NULL: it has all, or none */
	uint32_t npieces, nwanted;
	struct request *reqs; /* owned: reqs[head] up to reqs[tail] */
	uint32_t head, tail, cap;
	uint32_t current;   /* the piece that it began last */
	uint32_t suggested[SUGGESTED], allowed[ALLOWED];
	int nsuggested, nallowed;
	uint64_t dry;       /* pk->changes when nothing was found */
	uint32_t low;       /* no piece before it is wanted from it */
	struct source *next;
};

struct pick {
	struct shape sh;
	const struct pick_ops *ops;
	uint64_t rnd;
	int in_order;
	uint32_t nhave, nseeds;
	int64_t partial;
	uint32_t *order, norder;
	uint32_t *where;
	uint16_t *avail;    /* of each piece: sources, those with all apart */
	uint32_t *start;    /* nstart of them; start[nstart - 1] is norder */
	uint32_t nstart;
	struct open **open;
	uint32_t nopen, capopen;
	uint32_t nloose;    /* open pieces with free blocks */
	uint32_t nsolo;     /* open pieces that are solo */
	uint64_t changes;
	struct source *sources;
};

static void order_remove(struct pick *pk, uint32_t piece);
static void swap_to(struct pick *pk, uint32_t piece, uint32_t to);
static void avail_up(struct pick *pk, uint32_t piece);
static void avail_down(struct pick *pk, uint32_t piece);
static void lose_all(struct pick *pk, struct source *src);
static int has(const struct source *src, uint32_t npieces, uint32_t piece);
static struct open *open_of(const struct pick *pk, uint32_t piece);
static struct open *open_new(struct pick *pk, uint32_t piece);
static void open_end(struct pick *pk, struct open *o);
static void open_reset(struct pick *pk, struct open *o);
static int may_take(const struct open *o, const struct source *src);
static int take(struct pick *pk, struct source *src, uint32_t piece,
    int64_t now_ms, struct block *b);
static void ask(struct source *src, struct open *o, uint32_t index,
    int64_t now_ms);
static int take_listed(struct pick *pk, struct source *src,
    const uint32_t *list, int n, int64_t now_ms, struct block *b);
static int take_open(struct pick *pk, struct source *src, int64_t now_ms,
    struct block *b);
static int take_new(struct pick *pk, struct source *src, int64_t now_ms,
    struct block *b);
static int take_lowest(struct pick *pk, struct source *src, int64_t now_ms,
    struct block *b);
static int take_from(struct pick *pk, struct source *src, uint32_t first,
    uint32_t most, uint32_t end, int64_t now_ms, struct block *b);
static int take_twin(struct pick *pk, struct source *src, int64_t now_ms,
    struct block *b);
static uint32_t reachable(const struct pick *pk);
static struct block block_of(const struct pick *pk, uint32_t piece,
    uint32_t index);
static struct request *request_of(const struct pick *pk,
    const struct source *src, struct block b);
static struct request *find(const struct source *src, uint32_t piece,
    uint32_t index);
static void forget(struct source *src, struct request *r);
static void release(struct pick *pk, struct source *src, struct request *r);

struct pick *
pick_new(const struct shape *sh, uint64_t seed, const struct pick_ops *ops)
{
	struct pick *pk = xcalloc(1, sizeof *pk);
	uint32_t i, j, n = sh->npieces;

	pk->sh = *sh;
	pk->ops = ops;
	pk->rnd = seed;
	pk->changes = 1;
	pk->order = xcalloc(n, sizeof *pk->order);
	pk->where = xcalloc(n, sizeof *pk->where);
	pk->avail = xcalloc(n, sizeof *pk->avail);
	pk->nstart = 2; /* bucket 0, and its end */
	pk->start = xcalloc(pk->nstart, sizeof *pk->start);
	for (i = 0; i < n; i++) { /* shuffled as it grows */
		j = rnd_below(&pk->rnd, i + 1);
		pk->order[i] = pk->order[j];
		pk->order[j] = i;
	}
	for (i = 0; i < n; i++)
		pk->where[pk->order[i]] = i;
	pk->norder = pk->start[1] = n;
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
	free(pk->order);
	free(pk->where);
	free(pk->avail);
	free(pk->start);
	free(pk);
}

void
pick_in_order(struct pick *pk, int on)
{
	pk->in_order = on;
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

	if (pk->where[piece] == IS_HAVE)
		return;
	if (open_of(pk, piece))
		open_end(pk, open_of(pk, piece));
	else
		order_remove(pk, piece);
	pk->where[piece] = IS_HAVE;
	pk->nhave++;
	for (s = pk->sources; s; s = s->next)
		if (has(s, pk->sh.npieces, piece))
			s->nwanted--;
}

/* The pieces at two places of order change them. */
static void
swap_to(struct pick *pk, uint32_t piece, uint32_t to)
{
	uint32_t from = pk->where[piece], other = pk->order[to];

	pk->order[from] = other;
	pk->where[other] = from;
	pk->order[to] = piece;
	pk->where[piece] = to;
}

/* It moves to the end of its bucket, which shrinks by it, and so on to the end
 * of all. */
static void
order_remove(struct pick *pk, uint32_t piece)
{
	uint32_t a;

	for (a = pk->avail[piece]; a + 1 < pk->nstart; a++)
		swap_to(pk, piece, --pk->start[a + 1]);
	pk->norder--;
}

static void
avail_up(struct pick *pk, uint32_t piece)
{
	uint32_t a = pk->avail[piece]++;

	if (a + 3 > pk->nstart) {
		pk->start = xrealloc(pk->start, pk->nstart + 1,
		    sizeof *pk->start);
		pk->start[pk->nstart++] = pk->norder;
	}
	if (pk->where[piece] < IS_OPEN)
		swap_to(pk, piece, --pk->start[a + 1]);
}

static void
avail_down(struct pick *pk, uint32_t piece)
{
	uint32_t a = pk->avail[piece]--;

	if (pk->where[piece] < IS_OPEN)
		swap_to(pk, piece, pk->start[a]++);
}

struct source *
pick_join(struct pick *pk, void *owner, uint32_t tag)
{
	struct source *s = xcalloc(1, sizeof *s);

	s->owner = owner;
	s->tag = tag;
	s->current = IS_HAVE;
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
	free(src->reqs);
	free(src);
}

/* As if it had no pieces. */
static void
lose_all(struct pick *pk, struct source *src)
{
	uint32_t i;

	if (src->bits) {
		for (i = 0; i < pk->sh.npieces; i++)
			if (bit_get(src->bits, i))
				avail_down(pk, i);
		free(src->bits);
		src->bits = NULL;
	} else if (src->npieces > 0) {
		pk->nseeds--;
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
	src->nwanted += pk->where[piece] != IS_HAVE;
	src->dry = 0;
	avail_up(pk, piece);
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
	lose_all(pk, src); /* a source with all is only counted */
	src->npieces = pk->sh.npieces;
	src->low = 0;
	src->nwanted = pk->sh.npieces - pk->nhave;
	src->dry = 0;
	pk->nseeds += pk->sh.npieces > 0;
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
	if (pk->where[piece] == IS_HAVE)
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
	if (i < ALLOWED && i == src->nallowed && pk->where[piece] != IS_HAVE)
		src->allowed[src->nallowed++] = piece;
}

int
pick_next(struct pick *pk, struct source *src, int choked, int64_t now_ms,
    struct block *b)
{
	if (src->nwanted == 0)
		return 0;
	if (choked)
		return take_listed(pk, src, src->allowed, src->nallowed,
		    now_ms, b);
	if (pk->in_order)
		return take_lowest(pk, src, now_ms, b) ||
		    take_twin(pk, src, now_ms, b);
	if (src->current != IS_HAVE &&
	    take(pk, src, src->current, now_ms, b))
		return 1;
	if (src->dry != pk->changes) {
		if (take_listed(pk, src, src->suggested, src->nsuggested,
		    now_ms, b) || take_open(pk, src, now_ms, b) ||
		    take_new(pk, src, now_ms, b))
			return 1;
		src->dry = pk->changes;
	}
	return take_twin(pk, src, now_ms, b);
}

/* A free block of a piece, which is opened if need be.  1 or 0. */
static int
take(struct pick *pk, struct source *src, uint32_t piece, int64_t now_ms,
    struct block *b)
{
	struct open *o = open_of(pk, piece);

	if (pk->where[piece] == IS_HAVE || !has(src, pk->sh.npieces, piece))
		return 0;
	if (!o) {
		order_remove(pk, piece);
		o = open_new(pk, piece);
	}
	if (!may_take(o, src))
		return 0;
	while (o->asked[o->hint] != 0)
		o->hint++;
	if (o->solo)
		o->owner = src;
	src->current = piece;
	if (--o->nfree == 0)
		pk->nloose--;
	ask(src, o, o->hint, now_ms);
	*b = block_of(pk, piece, o->hint);
	return 1;
}

static int
may_take(const struct open *o, const struct source *src)
{
	return o->nfree > 0 && (!o->solo || !o->owner || o->owner == src);
}

static void
ask(struct source *src, struct open *o, uint32_t index, int64_t now_ms)
{
	struct request *r;

	if (src->tail == src->cap && src->head > src->cap / 2) {
		memmove(src->reqs, src->reqs + src->head,
		    (src->tail - src->head) * sizeof *src->reqs);
		src->tail -= src->head;
		src->head = 0;
	} else if (src->tail == src->cap) {
		src->cap = MAX(16, src->cap * 2);
		src->reqs = xrealloc(src->reqs, src->cap, sizeof *src->reqs);
	}
	r = &src->reqs[src->tail++];
	r->piece = o->piece;
	r->index = index;
	r->when_ms = now_ms;
	o->asked[index]++;
}

static int
take_listed(struct pick *pk, struct source *src, const uint32_t *list, int n,
    int64_t now_ms, struct block *b)
{
	int i;

	for (i = 0; i < n; i++)
		if (take(pk, src, list[i], now_ms, b))
			return 1;
	return 0;
}

static int
take_open(struct pick *pk, struct source *src, int64_t now_ms,
    struct block *b)
{
	uint32_t i, left = pk->nloose;

	for (i = 0; i < pk->nopen && left > 0; i++) {
		if (pk->open[i]->nfree == 0)
			continue;
		left--;
		if (take(pk, src, pk->open[i]->piece, now_ms, b))
			return 1;
	}
	return 0;
}

static int
take_lowest(struct pick *pk, struct source *src, int64_t now_ms,
    struct block *b)
{
	uint32_t i;

	if (src->dry == pk->changes)
		return 0;
	while (src->low < pk->sh.npieces && (pk->where[src->low] == IS_HAVE ||
	    !has(src, pk->sh.npieces, src->low)))
		src->low++;
	for (i = src->low; i < pk->sh.npieces; i++)
		if (take(pk, src, i, now_ms, b))
			return 1;
	src->dry = pk->changes;
	return 0;
}

/* The rarest it has.  Among many pieces that it has not, looking for one is
 * cut short by taking any. */
static int
take_new(struct pick *pk, struct source *src, int64_t now_ms, struct block *b)
{
	uint32_t n = reachable(pk), first = pk->norder - n, a, looked = 0;

	for (a = pk->nseeds == 0; pk->nhave >= RANDOM_FIRST &&
	    a + 1 < pk->nstart && looked < LOOKED_MAX; a++) {
		if (take_from(pk, src, pk->start[a], MIN(LOOKED_MAX,
		    pk->start[a + 1] - pk->start[a]), pk->start[a + 1],
		    now_ms, b))
			return 1;
		looked += pk->start[a + 1] - pk->start[a];
	}
	for (a = 0; a < PROBES && n > 0; a++)
		if (take(pk, src, pk->order[first + rnd_below(&pk->rnd, n)],
		    now_ms, b))
			return 1;
	return take_from(pk, src, first, n, pk->norder, now_ms, b);
}

/* One of the pieces from first up to end in order, begun at random and looked
 * for most times. */
static int
take_from(struct pick *pk, struct source *src, uint32_t first, uint32_t most,
    uint32_t end, int64_t now_ms, struct block *b)
{
	uint32_t n = end - first, k = rnd_below(&pk->rnd, n), i;

	for (i = 0; i < most; i++)
		if (take(pk, src, pk->order[first + (i + k) % n], now_ms, b))
			return 1;
	return 0;
}

/* How many untouched pieces some source has: the last ones of order. */
static uint32_t
reachable(const struct pick *pk)
{
	return pk->nseeds > 0 ? pk->norder : pk->norder - pk->start[1];
}

/* The endgame: a block that the fewest others were asked for. */
static int
take_twin(struct pick *pk, struct source *src, int64_t now_ms,
    struct block *b)
{
	uint32_t i, j, k, least = ENDGAME_TWINS;
	struct open *o, *best = NULL;
	uint32_t index = 0;

	if (pk->nopen == 0 || pk->nloose > 0 || reachable(pk) > 0 ||
	    pick_requests(src) >= ENDGAME_QUEUE)
		return 0;
	k = rnd_below(&pk->rnd, pk->nopen);
	for (i = 0; i < pk->nopen && least > 1; i++) {
		o = pk->open[(i + k) % pk->nopen];
		if (o->solo || !has(src, pk->sh.npieces, o->piece))
			continue;
		for (j = 0; j < o->nblocks; j++)
			if (o->asked[j] < least && !find(src, o->piece, j)) {
				best = o;
				index = j;
				least = o->asked[j];
			}
	}
	if (!best)
		return 0;
	ask(src, best, index, now_ms);
	*b = block_of(pk, best->piece, index);
	return 1;
}

int
pick_move(struct pick *pk, const struct source *src, uint32_t piece)
{
	struct open *o = open_of(pk, piece);
	struct request *r = NULL;
	struct source *s;
	struct block b;
	uint32_t i, before;

	if (!o || o->solo || o->nfree > 0 || o->ngot > 0)
		return 0;
	for (s = pk->sources; s && !r; s = s->next)
		if (s != src && (r = find(s, piece, 0)))
			break;
	before = r ? (uint32_t)(r - s->reqs) - s->head : 0;
	if (before < pick_requests(src) + FAR_BACK)
		return 0;
	for (i = 0; i < o->nblocks; i++) {
		r = find(s, piece, i);
		if (!r)
			continue;
		b = block_of(pk, piece, i);
		release(pk, s, r);
		pk->ops->cancel(s->owner, b);
	}
	return 1;
}

uint32_t
pick_requests(const struct source *src)
{
	return src->tail - src->head;
}

int64_t
pick_oldest(const struct source *src)
{
	return src->head < src->tail ? src->reqs[src->head].when_ms : 0;
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
find(const struct source *src, uint32_t piece, uint32_t index)
{
	uint32_t i;

	for (i = src->head; i < src->tail; i++)
		if (src->reqs[i].piece == piece && src->reqs[i].index == index)
			return &src->reqs[i];
	return NULL;
}

static void
forget(struct source *src, struct request *r)
{
	if (r == &src->reqs[src->head]) {
		src->head++;
	} else {
		memmove(r, r + 1, (size_t)(src->reqs + src->tail - r - 1) *
		    sizeof *r);
		src->tail--;
	}
	if (src->head == src->tail)
		src->head = src->tail = 0;
}

/* The request for exactly this block, or NULL. */
static struct request *
request_of(const struct pick *pk, const struct source *src, struct block b)
{
	struct block want = block_of(pk, b.piece, b.begin / BLOCK_LEN);

	return want.begin == b.begin && want.len == b.len ?
	    find(src, b.piece, b.begin / BLOCK_LEN) : NULL;
}

enum picked
pick_got(struct pick *pk, struct source *src, struct block b)
{
	struct request *r = request_of(pk, src, b);
	struct open *o = open_of(pk, b.piece);
	uint32_t index = b.begin / BLOCK_LEN;
	struct source *s;

	if (!r)
		return PICK_UNASKED;
	forget(src, r);
	for (s = pk->sources; s && o->asked[index] > 1; s = s->next) {
		r = s == src ? NULL : find(s, b.piece, index);
		if (r) {
			forget(s, r);
			o->asked[index]--;
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
	struct request *r = request_of(pk, src, b);

	if (!r)
		return 0;
	release(pk, src, r);
	return 1;
}

void
pick_reject_all(struct pick *pk, struct source *src)
{
	uint32_t i;

	while (src->head < src->tail)
		release(pk, src, &src->reqs[src->tail - 1]);
	src->current = IS_HAVE;
	for (i = 0; pk->nsolo > 0 && i < pk->nopen; i++)
		if (pk->open[i]->solo && pk->open[i]->owner == src &&
		    pk->open[i]->nfree > 0)
			open_reset(pk, pk->open[i]);
}

/* A request that will not be answered: its block may be asked for again. */
static void
release(struct pick *pk, struct source *src, struct request *r)
{
	struct open *o = open_of(pk, r->piece);
	uint32_t index = r->index;

	forget(src, r);
	if (--o->asked[index] > 0)
		return;
	o->hint = MIN(o->hint, index);
	if (o->nfree++ == 0)
		pk->nloose++;
	pk->changes++;
	if (o->solo && o->owner == src && o->nfree + o->ngot == o->nblocks)
		open_reset(pk, o);
}

static struct open *
open_of(const struct pick *pk, uint32_t piece)
{
	uint32_t w = pk->where[piece];

	return w != IS_HAVE && w & IS_OPEN ? pk->open[w & ~IS_OPEN] : NULL;
}

/* Opens a piece that is no more in order. */
static struct open *
open_new(struct pick *pk, uint32_t piece)
{
	struct open *o = xcalloc(1, sizeof *o);

	if (pk->nopen == pk->capopen) {
		pk->capopen = MAX(16, pk->capopen * 2);
		pk->open = xrealloc(pk->open, pk->capopen, sizeof *pk->open);
	}
	pk->where[piece] = IS_OPEN | pk->nopen;
	pk->open[pk->nopen++] = o;
	pk->nloose++;
	o->piece = piece;
	o->nblocks = o->nfree =
	    (shape_len(&pk->sh, piece) + BLOCK_LEN - 1) / BLOCK_LEN;
	o->from = xcalloc(o->nblocks, sizeof *o->from);
	o->asked = xcalloc(o->nblocks, 1);
	return o;
}

/* Closes a piece; its place in where is the caller's to set. */
static void
open_end(struct pick *pk, struct open *o)
{
	uint32_t at = pk->where[o->piece] & ~IS_OPEN;
	struct source *s;
	struct request *r;
	uint32_t i;

	for (i = 0; i < o->nblocks; i++)
		for (s = pk->sources; s && o->asked[i] != GOT && o->asked[i];
		    s = s->next)
			if ((r = find(s, o->piece, i))) {
				forget(s, r);
				o->asked[i]--;
			}
	pk->nloose -= o->nfree > 0;
	pk->nsolo -= o->solo;
	for (i = 0; i < o->nblocks; i++)
		if (o->asked[i] == GOT)
			pk->partial -= block_of(pk, o->piece, i).len;
	pk->open[at] = pk->open[--pk->nopen];
	pk->where[pk->open[at]->piece] = IS_OPEN | at;
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
	pk->nloose += o->nfree == 0;
	o->nfree = o->nblocks;
	o->ngot = o->hint = 0;
	o->owner = NULL;
	pk->changes++;
}

void
pick_done(struct pick *pk, uint32_t piece)
{
	pick_have(pk, piece);
}

void
pick_failed(struct pick *pk, uint32_t piece)
{
	struct open *o = open_of(pk, piece);

	pk->nsolo += !o->solo;
	o->solo = 1;
	open_reset(pk, o);
}

const uint32_t *
pick_from(const struct pick *pk, uint32_t piece, uint32_t *n)
{
	struct open *o = open_of(pk, piece);

	*n = o->nblocks;
	return o->from;
}
