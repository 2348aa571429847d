/* pick: made-up swarms, a seed and a set clock.  The long runs hold the picker
 * against a naive model, which knows of each block who was asked for it and
 * who sent it, and which says of each answer whether it may be. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "torrent/meta.h"
#include "swarm/pick.h"
#include "unit.h"

enum {
	CANCELS    = 16,
	MANY       = 40,   /* pieces in one queue */
	PIECES     = 48,   /* of the model's torrents, at most */
	BLOCKS     = 8,    /* of a piece */
	PEERS      = 10,
	REQUESTS   = 24,
	ROUNDS     = 500,
	STEPS      = 1000,
	BIG        = 3000, /* pieces of the simulated download */
	CROWD      = 20,   /* its sources */
	A_BLOCK    = 1500, /* steps that a block of a large torrent may cost */
	WAITS_MS   = 4000,  /* after which most need not wait for anything, */
	FAR_MS     = 100000000,
	AGES_MS    = 10000, /* after which nobody need wait for anything */
	SUSPECTS_MAX = 16
};

struct peer {
	struct source *src; /* NULL: not here */
	uint32_t tag, last; /* last: the piece of its last request */
	int choked, nallowed, n;
	int proven, stalled, barred; /* as pick.c sees it */
	uint8_t has[PIECES], suggested[PIECES], allowed[PIECES];
	struct block reqs[REQUESTS];
	int64_t when_ms[REQUESTS];
	int idle[REQUESTS];         /* it does not count any more */
};

struct model {
	struct shape sh;
	struct pick *pk;
	uint64_t rnd;
	int64_t now_ms;
	int in_order, broken;
	uint32_t tag;
	uint8_t have[PIECES], touched[PIECES], solo[PIECES];
	struct peer *owner[PIECES]; /* of a solo piece, */
	int64_t since_ms[PIECES];   /* since when it has one, or none, */
	int64_t solo_ms[PIECES];    /* and how long one may take */
	uint32_t suspects[PIECES][SUSPECTS_MAX];
	int nsuspects[PIECES];
	uint8_t got[PIECES][BLOCKS], asked[PIECES][BLOCKS];
	uint32_t from[PIECES][BLOCKS];
	struct peer peers[PEERS];
};

/* A check whose failure ends the run: after it nothing would agree. */
#define MUST(m, expr) \
	((expr) ? unit_ok(1, __FILE__, __LINE__, #expr, "") : \
	    (unit_ok(0, __FILE__, __LINE__, #expr, ""), \
	    (void)((m)->broken = 1)))

static void on_cancel(void *owner, struct block b);
static struct shape shape_of(int64_t size, uint32_t piece_len);
static struct pick *small(uint32_t npieces, uint32_t nblocks, uint64_t seed);
static struct source *seed_of(struct pick *pk, void *owner, uint32_t tag);
static struct source *giver(struct pick *pk, void *owner, uint32_t tag);
static int later(struct pick *pk, struct source *src, struct block *b);
static struct source *holder(struct pick *pk, uint32_t from, uint32_t to);
static void shapes(void);
static int covers(int64_t size, uint32_t piece_len, uint64_t seed);
static void empty(void);
static void random_first(void);
static void rarest_first(void);
static int rises(struct pick *pk, struct source *src, const int *avail, int n);
static void ties(void);
static uint32_t firsts(int how);
static void in_order(void);
static void hurried(void);
static void open_first(void);
static void interest(void);
static void seeds(void);
static void choked(void);
static void suggestions(void);
static void rejects(void);
static void leaving(void);
static void oldest(void);
static void endgame(void);
static void cancels(void);
static void few_twins(void);
static void moves(void);
static void malformed(void);
static void whole(void);
static struct pick *failed(struct source **a, struct source **b);
static void failing(void);
static void failing_leave(void);
static void failing_choke(void);
static void failing_reject(void);
static void silent(void);
static void stalled(void);
static void newcomers(void);
static void solo_waits(void);
static void work(void);
static void from_elsewhere(void);
static void long_runs(void);
static void run(struct model *m, uint64_t seed);
static void step(struct model *m);
static void tick(struct model *m);
static void op_join(struct model *m, struct peer *p);
static void op_leave(struct model *m, struct peer *p);
static void op_news(struct model *m, struct peer *p);
static void op_choke(struct model *m, struct peer *p);
static void op_have(struct model *m);
static void op_next(struct model *m, struct peer *p);
static void judge(struct model *m, struct peer *p, struct block b);
static void judge_order(struct model *m, struct peer *p, uint32_t piece);
static void judge_none(struct model *m, struct peer *p);
static uint32_t nhave(const struct model *m);
static int free_for(const struct model *m, const struct peer *p,
    uint32_t piece);
static int may_own(const struct model *m, const struct peer *p,
    uint32_t piece);
static int others_have(const struct model *m, const struct peer *p,
    uint32_t piece);
static void take(struct model *m, struct peer *p, struct block b);
static void op_silence(struct model *m, struct peer *p);
static void op_next_of(struct model *m, struct peer *p, uint32_t piece);
static void lose_solo(struct model *m, struct peer *p);
static int nothing_free(const struct model *m);
static uint32_t avail(const struct model *m, uint32_t piece);
static uint32_t nblocks(const struct model *m, uint32_t piece);
static uint32_t block_len(const struct model *m, uint32_t piece, uint32_t i);
static int has_asked(const struct peer *p, struct block b);
static void op_got(struct model *m, struct peer *p);
static void op_wrong(struct model *m, struct peer *p, struct block b);
static void check_cancels(struct model *m, struct peer *p, struct block b);
static void op_whole(struct model *m, uint32_t piece);
static void op_reject(struct model *m, struct peer *p);
static void op_reject_all(struct model *m, struct peer *p);
static void release(struct model *m, struct peer *p, int i);
static void start_over(struct model *m, uint32_t piece);
static void forget(struct peer *p, int i);
static void check_all(struct model *m);
static void drain(struct model *m);
static void download(void);
static struct source *newcomer(struct pick *pk, uint64_t *rnd);
static uint32_t exchange(struct pick *pk, struct source *src, uint8_t *done,
    uint64_t *rnd, int64_t now_ms);
static void speed(void);
static int fetches(struct pick *pk, struct source **src, int n,
    uint32_t npieces, uint32_t window);

static const struct pick_ops ops = { on_cancel };

static struct {
	void *owner;
	struct block b;
} cancelled[CANCELS];
static int ncancelled;

void
test_pick(void)
{
	shapes();
	empty();
	random_first();
	rarest_first();
	ties();
	in_order();
	hurried();
	open_first();
	interest();
	seeds();
	choked();
	suggestions();
	rejects();
	leaving();
	oldest();
	endgame();
	cancels();
	few_twins();
	moves();
	malformed();
	whole();
	failing();
	failing_leave();
	failing_choke();
	failing_reject();
	silent();
	stalled();
	newcomers();
	solo_waits();
	work();
	from_elsewhere();
	long_runs();
	download();
	speed();
}

static void
on_cancel(void *owner, struct block b)
{
	if (ncancelled < CANCELS) {
		cancelled[ncancelled].owner = owner;
		cancelled[ncancelled].b = b;
	}
	ncancelled++;
}

static struct shape
shape_of(int64_t size, uint32_t piece_len)
{
	struct shape sh = { size, piece_len, 0 };

	sh.npieces = (uint32_t)((size + piece_len - 1) / piece_len);
	return sh;
}

/* A picker of npieces pieces of nblocks whole blocks. */
static struct pick *
small(uint32_t npieces, uint32_t nblocks_, uint64_t seed)
{
	uint32_t len = nblocks_ * BLOCK_LEN;
	struct shape sh = shape_of((int64_t)npieces * len, len);

	return pick_new(&sh, seed, &ops);
}

static struct source *
seed_of(struct pick *pk, void *owner, uint32_t tag)
{
	struct source *src = pick_join(pk, owner, tag);

	pick_has_all(pk, src);
	return src;
}

/* A seed that has given a whole piece. */
static struct source *
giver(struct pick *pk, void *owner, uint32_t tag)
{
	struct source *src = seed_of(pk, owner, tag);
	struct block b;
	enum picked r = PICK_UNASKED;

	while (r != PICK_WHOLE && pick_next(pk, src, 0, 1, &b))
		r = pick_got(pk, src, b);
	OK(r == PICK_WHOLE);
	pick_done(pk, b.piece);
	return src;
}

/* The next block, when the wait for it is over. */
static int
later(struct pick *pk, struct source *src, struct block *b)
{
	static int64_t now_ms = 1;

	if (pick_next(pk, src, 0, now_ms, b))
		return 1;
	pick_tick(pk, now_ms += WAITS_MS);
	return pick_next(pk, src, 0, now_ms, b);
}

/* A source with the pieces from up to to - 1. */
static struct source *
holder(struct pick *pk, uint32_t from, uint32_t to)
{
	struct source *src = pick_join(pk, NULL, 1);

	for (; from < to; from++)
		pick_has(pk, src, from);
	return src;
}

static void
shapes(void)
{
	CASE("pick: every block of a torrent is asked for once, in bounds");
	OK(covers(1, 16384, 1));
	OK(covers(16384, 16384, 2));
	OK(covers(16385, 16384, 3));
	OK(covers(16385, 32768, 4));
	OK(covers(10 * 32768, 32768, 5));
	OK(covers(10 * 32768 + 1, 32768, 6));
	OK(covers(10 * 40000 + 16384, 40000, 7));
	OK(covers(7 * 16385 - 1, 16385, 8));
	OK(covers(100 * 16384 + 100, 16384, 9));
	OK(covers((int64_t)64 << 20, 64 << 20, 10));
	OK(covers(((int64_t)64 << 20) + 5, 64 << 20, 11));
	OK(covers(3 * 49999, 49999, 12));
	OK(covers(2 * 32768 - 1, 32768, 13));
	OK(covers(2 * 32767, 32767, 14));
	OK(covers(100 * 1024, 1024, 15));
	OK(covers(100 * 1024 - 1, 1024, 16));
	OK(covers(100 * 5000 + 1, 5000, 17));
	OK(covers(((int64_t)256 << 20) + 5, 256 << 20, 18));
}

/* Whether one seed is asked for the torrent's blocks, no more and no less. */
static int
covers(int64_t size, uint32_t piece_len, uint64_t seed)
{
	struct shape sh = shape_of(size, piece_len);
	struct pick *pk = pick_new(&sh, seed, &ops);
	struct source *src = seed_of(pk, NULL, 7);
	uint32_t per = (piece_len + BLOCK_LEN - 1) / BLOCK_LEN, len, n = 0;
	uint8_t *seen = xcalloc(sh.npieces, per);
	int64_t sum = 0;
	int ok = 1, nwhole = 0;
	enum picked r;
	struct block b;

	while (ok && pick_next(pk, src, 0, 1, &b)) {
		ok = b.piece < sh.npieces && b.begin % BLOCK_LEN == 0 &&
		    b.begin / BLOCK_LEN < per;
		if (!ok)
			break;
		len = shape_len(&sh, b.piece);
		ok = b.begin < len && b.len == MIN(BLOCK_LEN, len - b.begin) &&
		    !seen[b.piece * per + b.begin / BLOCK_LEN]++;
		sum += b.len;
		n++;
		if (n % 3 == 0)
			continue; /* the answers come later, or never */
		r = pick_got(pk, src, b);
		ok = ok && r != PICK_UNASKED;
		if (r == PICK_WHOLE) {
			pick_done(pk, b.piece);
			nwhole++;
		}
	}
	ok = ok && sum == size &&
	    pick_wants(src) == ((uint32_t)nwhole < sh.npieces);
	ok = ok && pick_requests(src) == n / 3;
	free(seen);
	pick_free(pk);
	return ok;
}

static void
empty(void)
{
	struct pick *pk = small(3, 2, 1);
	struct source *src = pick_join(pk, NULL, 1);
	struct block b;

	CASE("pick: a source without pieces is asked for nothing");
	OK(!pick_next(pk, src, 0, 1, &b) && !pick_next(pk, src, 1, 1, &b));
	OK(!pick_wants(src) && !pick_is_seed(pk, src));
	OK(pick_requests(src) == 0 && pick_oldest(src) == 0);
	OK(pick_partial(pk) == 0);
	pick_free(pk);
	CASE("pick: nothing is asked for when we have all");
	pk = small(3, 2, 1);
	src = seed_of(pk, NULL, 1);
	pick_have(pk, 0);
	pick_have(pk, 1);
	pick_have(pk, 1);
	OK(pick_wants(src));
	pick_have(pk, 2);
	OK(!pick_wants(src) && pick_is_seed(pk, src));
	OK(!pick_next(pk, src, 0, 1, &b));
	pick_allow(pk, src, 1);
	pick_suggest(pk, src, 1);
	OK(!pick_next(pk, src, 1, 1, &b) && !pick_next(pk, src, 0, 1, &b));
	pick_free(pk);
}

static void
random_first(void)
{
	uint32_t count[50] = { 0 }, rare[5] = { 0 }, i, j, k;
	struct source *src;
	struct pick *pk;
	struct block b;

	CASE("pick: the first piece is any, alike often");
	for (i = 1; i <= 2000; i++) {
		pk = small(50, 1, i * 7919);
		src = seed_of(pk, NULL, 1);
		if (pick_next(pk, src, 0, 1, &b))
			count[b.piece]++;
		pick_free(pk);
	}
	for (i = 0; i < 50; i++)
		OK(count[i] > 10 && count[i] < 80);
	CASE("pick: four pieces are taken at random before the rarest");
	for (i = 1; i <= 500; i++) {
		for (k = 0; k < 5; k++) { /* piece 0 is rare, we have k */
			pk = small(50, 1, i * 7919);
			src = holder(pk, 0, 50);
			holder(pk, 1, 50);
			seed_of(pk, NULL, 1);
			for (j = 1; j <= k; j++)
				pick_have(pk, j);
			if (pick_next(pk, src, 0, 1, &b) && b.piece == 0)
				rare[k]++;
			pick_free(pk);
		}
	}
	for (k = 0; k < 4; k++)
		OK(rare[k] < 50);
	OK(rare[4] == 500);
}

static void
rarest_first(void)
{
	enum { N = 40 };
	struct pick *pk = small(N, 1, 99);
	struct source *src, *many[N], *seed;
	int rare[N] = { 0 };
	uint32_t i, j;

	CASE("pick: what the fewest have comes first");
	src = holder(pk, 0, N);
	for (i = 0; i < 4; i++)
		pick_have(pk, i);
	for (j = 0; j < N; j++) { /* piece i is with i * 7 % N of them */
		many[j] = pick_join(pk, NULL, 2);
		for (i = 0; i < N; i++) {
			if (j < i * 7 % N) {
				pick_has(pk, many[j], i);
				rare[i]++;
			}
		}
	}
	seed_of(pk, NULL, 3);
	OK(rises(pk, src, rare, N - 4));
	CASE("pick: and again when some have left, in another order");
	pick_free(pk);
	pk = small(N, 1, 98);
	src = holder(pk, 0, N);
	seed = seed_of(pk, NULL, 3);
	for (i = 0; i < 4; i++)
		pick_have(pk, i);
	for (j = 0; j < N; j++)
		many[j] = holder(pk, j, MIN(N, j + 20));
	for (j = 0; j < N; j += 2)
		pick_leave(pk, many[(j * 13 + 4) % N]);
	pick_leave(pk, seed);
	memset(rare, 0, sizeof rare);
	for (j = 1; j < N; j += 2)
		for (i = j; i < N && i < j + 20; i++)
			rare[i]++;
	OK(rises(pk, src, rare, N - 4));
	pick_free(pk);
}

/* Whether src is asked for n pieces, by rising availability. */
static int
rises(struct pick *pk, struct source *src, const int *availability, int n)
{
	struct block b;
	int last = 0, i;

	for (i = 0; pick_next(pk, src, 0, 1, &b); i++) {
		if (availability[b.piece] < last)
			return 0;
		last = availability[b.piece];
	}
	return i == n;
}

static void
ties(void)
{
	CASE("pick: among equals another seed takes another, from a seed");
	OK(firsts(0) >= 20);
	CASE("pick: the same, when the source told by a bit field");
	OK(firsts(1) >= 20);
	CASE("pick: the same, when it told piece by piece");
	OK(firsts(2) >= 20);
	CASE("pick: the same, when another with the same pieces left");
	OK(firsts(3) >= 20);
}

/* How many different pieces come first with 200 seeds, all pieces being alike,
 * and the first four of 50 here. */
static uint32_t
firsts(int how)
{
	uint8_t seen[50] = { 0 }, bits[7];
	uint32_t i, n = 0;
	uint64_t k;
	struct source *src, *other;
	struct pick *pk;
	struct block b;

	for (k = 1; k <= 200; k++) {
		pk = small(50, 1, k * 7919);
		memset(bits, 0xff, 6);
		bits[6] = 0x80; /* all but the last */
		src = pick_join(pk, NULL, 1);
		other = pick_join(pk, NULL, 1);
		if (how == 0)
			pick_has_all(pk, src);
		if (how == 1 || how == 3)
			pick_has_bits(pk, src, bits);
		for (i = 0; how == 2 && i < 49; i++)
			pick_has(pk, src, i);
		if (how == 3)
			pick_has_bits(pk, other, bits);
		pick_leave(pk, other);
		for (i = 0; i < 4; i++)
			pick_have(pk, i * 12);
		if (pick_next(pk, src, 0, 1, &b))
			n += !seen[b.piece]++;
		pick_free(pk);
	}
	return n;
}

static void
in_order(void)
{
	struct pick *pk = small(30, 2, 5);
	struct source *src = seed_of(pk, NULL, 1), *odd;
	struct block b = { 0, 0, 0 };
	uint32_t i;
	int ok = 1;

	CASE("pick: in order, from the lowest piece up");
	pick_in_order(pk, 1);
	holder(pk, 10, 30);
	pick_have(pk, 3);
	for (i = 0; i < 60 && ok; i++)
		if (i / 2 != 3)
			ok = pick_next(pk, src, 0, 1, &b) &&
			    b.piece == i / 2 && b.begin == i % 2 * BLOCK_LEN;
	OK(ok);
	pick_free(pk);
	CASE("pick: in order, of what the source has");
	pk = small(30, 1, 5);
	pick_in_order(pk, 1);
	odd = pick_join(pk, NULL, 1);
	for (i = 29; i < 30; i -= 2)
		pick_has(pk, odd, i);
	src = seed_of(pk, NULL, 1);
	for (i = 1; i < 30; i += 2)
		OK(pick_next(pk, odd, 0, 1, &b) && b.piece == i);
	for (i = 0; i < 30; i += 2)
		OK(pick_next(pk, src, 0, 1, &b) && b.piece == i);
	pick_free(pk);
	CASE("pick: in order, also among pieces that were begun");
	pk = small(8, 1, 5);
	pick_in_order(pk, 1);
	src = seed_of(pk, NULL, 1);
	odd = seed_of(pk, NULL, 2);
	for (i = 0; i < 8; i++)
		pick_next(pk, src, 0, 1, &b);
	b.piece = 0;
	if (pick_got(pk, src, b) == PICK_WHOLE)
		pick_done(pk, 0);
	pick_reject_all(pk, src);
	for (i = 1; i < 8; i++)
		OK(pick_next(pk, odd, 0, 1, &b) && b.piece == i);
	pick_free(pk);
}

static void
hurried(void)
{
	static const uint32_t list[] = { 17, 3, 25 };
	uint32_t many[2 * PICK_HURRIED], i;
	struct pick *pk = small(80, 2, 5);
	struct source *src = seed_of(pk, NULL, 1), *few;
	struct block b = { 0, 0, 0 };

	CASE("pick: what is hurried comes before all else, in its order");
	pick_in_order(pk, 1);
	pick_have(pk, 3);
	OK(pick_next(pk, src, 0, 1, &b) && b.piece == 0);
	pick_hurry(pk, list, 3);
	for (i = 0; i < 4; i++)
		OK(pick_next(pk, src, 0, 1, &b) && b.piece == (i < 2 ? 17u :
		    25u) && b.begin == i % 2 * BLOCK_LEN);
	OK(pick_next(pk, src, 0, 1, &b) && b.piece == 0);
	CASE("pick: of what a source has");
	few = holder(pk, 30, 32);
	pick_hurry(pk, (const uint32_t[]){ 40, 31 }, 2);
	OK(pick_next(pk, few, 0, 1, &b) && b.piece == 31);
	OK(pick_next(pk, src, 0, 1, &b) && b.piece == 40);
	CASE("pick: until nobody waits any more");
	pick_hurry(pk, NULL, 0);
	OK(pick_next(pk, src, 0, 1, &b) && b.piece == 1);
	CASE("pick: so many are hurried, and no more");
	for (i = 0; i < LEN(many); i++)
		many[i] = 79 - i;
	pick_hurry(pk, many, LEN(many));
	for (i = 0; i < 2 * PICK_HURRIED; i++)
		if (79 - i / 2 != 40)
			OK(pick_next(pk, src, 0, 1, &b));
	while (pick_next(pk, src, 0, 1, &b) && b.piece > 79 - PICK_HURRIED)
		;
	OK(b.piece < 10);
	pick_free(pk);
}

static void
open_first(void)
{
	struct pick *pk = small(20, 4, 5);
	struct source *a = seed_of(pk, NULL, 1), *b = seed_of(pk, NULL, 2);
	struct block x, y;
	uint32_t i;

	CASE("pick: a piece that was begun comes before a new one");
	OK(pick_next(pk, a, 0, 1, &x));
	for (i = 0; i < 3; i++)
		OK(pick_next(pk, b, 0, 1, &y) && y.piece == x.piece &&
		    y.begin != x.begin);
	OK(pick_next(pk, b, 0, 1, &y) && y.piece != x.piece);
	OK(pick_next(pk, a, 0, 1, &x) && x.piece == y.piece);
	pick_free(pk);
}

static void
interest(void)
{
	struct pick *pk = small(20, 1, 5);
	struct source *src = pick_join(pk, NULL, 1);
	uint8_t bits[3] = { 0x80, 0, 0x10 };
	uint32_t i;

	CASE("pick: we are interested in who has what we lack");
	pick_has(pk, src, 4);
	pick_has(pk, src, 4);
	OK(pick_wants(src));
	pick_have(pk, 4);
	OK(!pick_wants(src));
	pick_has_bits(pk, src, bits); /* 0, 19, and 4 of before */
	OK(pick_wants(src));
	pick_have(pk, 0);
	OK(pick_wants(src));
	pick_have(pk, 19);
	OK(!pick_wants(src));
	pick_has(pk, src, 0);
	OK(!pick_wants(src));
	CASE("pick: a source becomes a seed piece by piece");
	for (i = 0; i < 19; i++) { /* it has 19 */
		OK(!pick_is_seed(pk, src));
		pick_has(pk, src, i);
	}
	OK(pick_is_seed(pk, src));
	pick_has_all(pk, src);
	OK(pick_is_seed(pk, src));
	OK(pick_wants(src));
	pick_free(pk);
}

static void
seeds(void)
{
	struct pick *pk = small(20, 1, 5);
	struct source *src = pick_join(pk, NULL, 1), *part;
	uint8_t bits[3] = { 0xff, 0xff, 0xf0 }, none[3] = { 0 };
	struct block b;
	uint32_t i;

	CASE("pick: a bit field of all is a seed's, of none nothing new");
	pick_has_bits(pk, src, none);
	OK(!pick_wants(src));
	pick_has_bits(pk, src, bits);
	OK(pick_is_seed(pk, src));
	pick_has_bits(pk, src, none);
	pick_has(pk, src, 3);
	pick_has_all(pk, src);
	OK(pick_is_seed(pk, src));
	CASE("pick: seeds come and go without a trace");
	for (i = 0; i < 4; i++)
		pick_have(pk, i);
	pick_has_all(pk, src);
	pick_leave(pk, src);
	part = holder(pk, 10, 12);
	OK(pick_next(pk, part, 0, 1, &b) && b.piece / 2 == 5);
	OK(pick_next(pk, part, 0, 1, &b) && b.piece / 2 == 5);
	OK(!pick_next(pk, part, 0, 1, &b));
	src = pick_join(pk, NULL, 1);
	for (i = 0; i < 20; i++)
		pick_has(pk, src, i);
	pick_has_all(pk, src);
	OK(pick_next(pk, src, 0, 1, &b) && b.piece / 2 != 5);
	pick_leave(pk, src);
	pick_has(pk, part, 15);
	OK(pick_next(pk, part, 0, 1, &b) && b.piece == 15);
	pick_free(pk);
}

static void
choked(void)
{
	struct pick *pk = small(20, 2, 5);
	struct source *src = holder(pk, 0, 10);
	struct block b;
	uint32_t i;

	CASE("pick: who chokes is asked for allowed pieces alone (BEP 6)");
	OK(!pick_next(pk, src, 1, 1, &b));
	pick_allow(pk, src, 15); /* which it need not have */
	OK(!pick_next(pk, src, 1, 1, &b));
	pick_allow(pk, src, 7);
	pick_allow(pk, src, 7);
	pick_suggest(pk, src, 3); /* no promise */
	OK(pick_next(pk, src, 1, 1, &b) && b.piece == 7);
	OK(pick_next(pk, src, 1, 1, &b) && b.piece == 7);
	OK(!pick_next(pk, src, 1, 1, &b));
	CASE("pick: an allowed piece may come to it later");
	pick_has(pk, src, 15);
	OK(pick_next(pk, src, 1, 1, &b) && b.piece == 15);
	CASE("pick: a piece begun unchoked is not gone on with when choked");
	OK(pick_next(pk, src, 0, 1, &b) && b.piece == 15);
	OK(pick_next(pk, src, 0, 1, &b) && b.piece == 3);
	OK(!pick_next(pk, src, 1, 1, &b));
	CASE("pick: allowed pieces that we have are not asked for");
	pick_allow(pk, src, 8);
	pick_have(pk, 8);
	OK(!pick_next(pk, src, 1, 1, &b));
	CASE("pick: a choking source is asked for no second copy");
	for (i = 0; i < 40 && pick_next(pk, src, 0, 1, &b); i++)
		;
	src = holder(pk, 0, 10);
	pick_allow(pk, src, 5);
	OK(!pick_next(pk, src, 1, 1, &b));
	CASE("pick: any number of pieces may be allowed and suggested");
	for (i = 0; i < 1000; i++) {
		pick_allow(pk, src, i % 20);
		pick_suggest(pk, src, i * 7 % 20);
	}
	OK(!pick_is_seed(pk, src));
	pick_free(pk);
	CASE("pick: pieces that we have take no place among the allowed");
	pk = small(100, 1, 5);
	src = holder(pk, 0, 100);
	for (i = 0; i < 99; i++) {
		pick_have(pk, i);
		pick_allow(pk, src, i);
		pick_suggest(pk, src, i);
	}
	pick_allow(pk, src, 99);
	OK(pick_next(pk, src, 1, 1, &b) && b.piece == 99);
	pick_free(pk);
}

static void
suggestions(void)
{
	struct pick *pk = small(40, 2, 5);
	struct source *src = holder(pk, 0, 30), *other = holder(pk, 0, 40);
	struct block b;

	CASE("pick: a suggested piece comes before a rarer and an open one");
	holder(pk, 17, 18);
	OK(pick_next(pk, other, 0, 1, &b) && b.piece != 17);
	pick_suggest(pk, src, 35); /* which it lacks */
	pick_suggest(pk, src, 17);
	OK(pick_next(pk, src, 0, 1, &b) && b.piece == 17);
	OK(pick_next(pk, src, 0, 1, &b) && b.piece == 17);
	OK(pick_next(pk, src, 0, 1, &b) && b.piece != 17);
	CASE("pick: a suggested piece that we have is not asked for");
	pick_have(pk, 20);
	pick_suggest(pk, src, 20);
	pick_suggest(pk, src, 21);
	pick_have(pk, 21);
	OK(pick_next(pk, src, 0, 1, &b) && b.piece != 20 && b.piece != 21);
	pick_free(pk);
}

static void
rejects(void)
{
	struct pick *pk = small(1, 4, 5);
	struct source *a = seed_of(pk, NULL, 1), *b = seed_of(pk, NULL, 2);
	struct block x[4], y;
	int i;

	CASE("pick: a rejected block is another's to give");
	for (i = 0; i < 4; i++)
		OK(pick_next(pk, a, 0, 1, &x[i]));
	OK(pick_requests(a) == 4);
	OK(pick_reject(pk, b, x[1]) == 0);
	OK(pick_reject(pk, a, x[1]) == 1);
	OK(pick_reject(pk, a, x[1]) == 0);
	OK(pick_got(pk, a, x[1]) == PICK_UNASKED);
	OK(pick_requests(a) == 3);
	OK(pick_next(pk, b, 0, 1, &y) && y.begin == x[1].begin);
	CASE("pick: all that a source was asked for is another's to give");
	OK(pick_got(pk, a, x[2]) == PICK_BLOCK);
	pick_reject_all(pk, a);
	pick_reject_all(pk, a);
	OK(pick_requests(a) == 0 && pick_oldest(a) == 0);
	OK(pick_next(pk, b, 0, 1, &y) && y.begin == x[0].begin);
	OK(pick_next(pk, b, 0, 1, &y) && y.begin == x[3].begin);
	OK(pick_got(pk, a, x[0]) == PICK_UNASKED);
	OK(pick_requests(b) == 3 && pick_partial(pk) == BLOCK_LEN);
	CASE("pick: what came cannot be rejected");
	OK(pick_got(pk, b, x[0]) == PICK_BLOCK);
	OK(pick_reject(pk, b, x[0]) == 0 && pick_reject(pk, a, x[0]) == 0);
	OK(pick_requests(b) == 2);
	pick_free(pk);
}

static void
leaving(void)
{
	struct pick *pk = small(3, 4, 5);
	struct source *a = seed_of(pk, NULL, 1), *b;
	struct block x, y;
	int i;

	CASE("pick: what a source leaves behind is another's to give");
	for (i = 0; i < 12; i++)
		OK(pick_next(pk, a, 0, 1, &x));
	OK(pick_got(pk, a, x) == PICK_BLOCK);
	b = seed_of(pk, NULL, 2);
	OK(pick_next(pk, b, 0, 1, &y)); /* a second copy */
	pick_leave(pk, a);
	for (i = 0; i < 10; i++)
		OK(pick_next(pk, b, 0, 1, &y) && (y.piece != x.piece ||
		    y.begin != x.begin));
	OK(!pick_next(pk, b, 0, 1, &y) && pick_requests(b) == 11);
	OK(pick_partial(pk) == BLOCK_LEN);
	CASE("pick: sources leave in any order");
	a = seed_of(pk, NULL, 3);
	pick_leave(pk, b);
	b = seed_of(pk, NULL, 4);
	for (i = 0; i < 11; i++)
		OK(pick_next(pk, i % 2 ? a : b, 0, 1, &y));
	pick_leave(pk, a);
	pick_leave(pk, b);
	OK(pick_partial(pk) == BLOCK_LEN);
	pick_free(pk);
}

static void
oldest(void)
{
	struct pick *pk = small(60, 1, 5);
	struct source *src = seed_of(pk, NULL, 1);
	struct block b[60];
	int i, ok = 1;

	CASE("pick: the oldest request, answered in any order");
	for (i = 0; i < 60; i++)
		ok &= pick_next(pk, src, 0, 1000 + i, &b[i]);
	OK(ok && pick_oldest(src) == 1000);
	OK(pick_got(pk, src, b[5]) == PICK_WHOLE && pick_oldest(src) == 1000);
	OK(pick_got(pk, src, b[0]) == PICK_WHOLE && pick_oldest(src) == 1001);
	OK(pick_reject(pk, src, b[1]) && pick_oldest(src) == 1002);
	for (i = 59; i > 5; i--)
		ok &= pick_got(pk, src, b[i]) == PICK_WHOLE;
	OK(ok && pick_oldest(src) == 1002 && pick_requests(src) == 3);
	for (i = 2; i < 5; i++)
		ok &= pick_got(pk, src, b[i]) == PICK_WHOLE;
	OK(ok && pick_oldest(src) == 0 && pick_requests(src) == 0);
	OK(pick_next(pk, src, 0, 5000, b) && pick_oldest(src) == 5000);
	pick_free(pk);
}

static void
endgame(void)
{
	struct pick *pk = small(4 + 5, 2, 5);
	struct source *slow = giver(pk, NULL, 1), *src[4];
	struct block b[8], x;
	int i, n;

	for (i = 0; i < 4; i++)
		src[i] = giver(pk, NULL, 2);
	CASE("pick: no second copy while a block was not asked for");
	for (i = 0; i < 7; i++)
		OK(pick_next(pk, slow, 0, 1, &b[i]));
	OK(pick_next(pk, src[0], 0, 1, &b[7]));
	for (i = 0; i < 7; i++)
		OK(b[i].piece != b[7].piece || b[i].begin != b[7].begin);
	CASE("pick: when all are asked for, others are asked as well (BEP 3)");
	OK(pick_next(pk, src[0], 0, 1, &x));
	OK(x.piece != b[7].piece || x.begin != b[7].begin);
	OK(pick_reject(pk, src[0], x));
	CASE("pick: none is asked for a block twice, or of three others");
	for (n = 0; n < 99 && pick_next(pk, src[0], 0, 1, &x); n++)
		;
	OK(n > 0 && n <= 7);
	for (i = 1; i < 4; i++)
		while (n < 99 && pick_next(pk, src[i], 0, 1, &x))
			n++;
	OK(n <= 16); /* eight blocks, three askers each, one had */
	OK(n == 16);
	pick_free(pk);
	CASE("pick: a piece that nobody has does not keep the endgame away");
	pk = small(4, 1, 5);
	src[0] = holder(pk, 0, 3);
	pick_leave(pk, seed_of(pk, NULL, 1)); /* any more */
	pick_leave(pk, holder(pk, 2, 4));
	src[1] = holder(pk, 0, 3);
	for (i = 0; i < 3; i++)
		OK(pick_next(pk, src[0], 0, 1, &x));
	OK(pick_next(pk, src[1], 0, 1, &x));
	pick_free(pk);
}

static void
cancels(void)
{
	struct pick *pk = small(2 + 4, 1, 5);
	struct source *src[4];
	int who[4], i, n = 0;
	struct block b, x = { 0, 0, 0 };

	CASE("pick: the others are told once each when a block has come");
	for (i = 0; i < 4; i++)
		src[i] = giver(pk, &who[i], (uint32_t)i + 1);
	OK(pick_next(pk, src[3], 0, 1, &x)); /* that is asked of one alone */
	for (i = 0; i < 3; i++) {
		OK(pick_next(pk, src[i], 0, 1, &b));
		if (b.piece == x.piece)
			OK(pick_next(pk, src[i], 0, 1, &b));
	}
	ncancelled = 0;
	OK(pick_got(pk, src[1], b) == PICK_WHOLE);
	for (i = 0; i < ncancelled; i++) {
		OK(cancelled[i].owner == &who[0] ||
		    cancelled[i].owner == &who[2]);
		OK(cancelled[i].owner != cancelled[1 - i].owner);
		OK(memcmp(&cancelled[i].b, &b, sizeof b) == 0);
		n++;
	}
	OK(n == 2);
	CASE("pick: what comes late was not asked for");
	ncancelled = 0;
	for (i = 0; i < 3; i++)
		OK(pick_got(pk, src[i], b) == PICK_UNASKED);
	pick_done(pk, b.piece);
	for (i = 0; i < 3; i++) {
		OK(pick_got(pk, src[i], b) == PICK_UNASKED);
		OK(!pick_reject(pk, src[i], b));
	}
	OK(ncancelled == 0);
	CASE("pick: nobody is told who was not asked, rejected or left");
	for (i = 0; i < 3; i++)
		pick_reject_all(pk, src[i]);
	OK(pick_next(pk, src[0], 0, 1, &b) && pick_next(pk, src[1], 0, 1, &b));
	pick_reject_all(pk, src[0]);
	OK(pick_next(pk, src[2], 0, 1, &b) && b.piece == x.piece);
	pick_leave(pk, src[2]);
	ncancelled = 0;
	OK(pick_got(pk, src[3], x) == PICK_WHOLE);
	OK(ncancelled == 1 && cancelled[0].owner == &who[1]);
	pick_free(pk);
}

static void
few_twins(void)
{
	struct pick *pk = small(40 + 2, 1, 5);
	struct source *a = giver(pk, NULL, 1), *b = giver(pk, NULL, 2);
	struct block x, y;
	int i, n;

	CASE("pick: the endgame ends when a block is free again");
	for (i = 0; i < 40; i++)
		OK(pick_next(pk, a, 0, 1, &x));
	OK(pick_next(pk, b, 0, 1, &y));
	if (y.piece != x.piece)
		OK(pick_reject(pk, a, x));
	OK(pick_next(pk, b, 0, 1, &y) && y.piece == x.piece);
	CASE("pick: what was rejected while others are asked stays with them");
	OK(pick_next(pk, b, 0, 1, &y));
	OK(pick_reject(pk, b, y));
	ncancelled = 0;
	OK(pick_got(pk, a, y) == PICK_WHOLE && ncancelled == 0);
	pick_free(pk);
	CASE("pick: a source can finish what another never answers");
	pk = small(40 + 2, 2, 5);
	a = giver(pk, NULL, 1);
	b = giver(pk, NULL, 2);
	for (i = 0; i < 80; i++)
		OK(pick_next(pk, a, 0, 1, &x));
	ncancelled = 0;
	for (n = 0; n < 200 && pick_next(pk, b, 0, 1, &y); n++)
		if (pick_got(pk, b, y) == PICK_WHOLE)
			pick_done(pk, y.piece);
	OK(n == 80 && !pick_wants(b));
	OK(ncancelled == 80 && pick_requests(a) == 0);
	pick_free(pk);
}

static void
moves(void)
{
	struct pick *pk = small(MANY, 2, 9);
	struct source *a = seed_of(pk, &ncancelled, 1), *b, *c;
	struct block q[2 * MANY], x;
	int i;

	for (i = 0; i < 2 * MANY; i++)
		OK(pick_next(pk, a, 0, 1, &q[i]));
	b = pick_join(pk, NULL, 2);
	c = pick_join(pk, NULL, 3);
	CASE("pick: what stands far back is asked of who has come to have it");
	ncancelled = 0;
	x = q[2 * MANY - 1];
	pick_has(pk, b, x.piece);
	OK(pick_move(pk, b, x.piece));
	OK(ncancelled == 2 && pick_requests(a) == 2 * MANY - 2);
	for (i = 0; i < 2; i++) {
		OK(cancelled[i].owner == &ncancelled);
		OK(cancelled[i].b.piece == x.piece);
	}
	OK(cancelled[0].b.begin != cancelled[1].b.begin);
	OK(pick_got(pk, a, x) == PICK_UNASKED);
	for (i = 0; i < 2; i++)
		OK(pick_next(pk, b, 0, 1, &x) &&
		    x.piece == q[2 * MANY - 1].piece);
	CASE("pick: it moves once, and not if it comes soon or has begun");
	ncancelled = 0;
	pick_has(pk, c, x.piece);
	OK(!pick_move(pk, c, x.piece)); /* first in b's queue */
	pick_has(pk, c, q[16].piece);
	OK(!pick_move(pk, c, q[16].piece));
	x = q[2 * MANY - 3]; /* its second block */
	pick_has(pk, c, x.piece);
	OK(pick_got(pk, a, x) == PICK_BLOCK);
	OK(!pick_move(pk, c, x.piece));
	OK(ncancelled == 0);
	pick_free(pk);
	CASE("pick: nor to one who has as much to do, nor what nobody asked");
	pk = small(2 * MANY + 1, 2, 9);
	a = holder(pk, 0, MANY);
	c = holder(pk, MANY, 2 * MANY);
	for (i = 0; i < 2 * MANY; i++)
		OK(pick_next(pk, a, 0, 1, &x) &&
		    pick_next(pk, c, 0, 1, &q[0]));
	pick_has(pk, c, x.piece);
	OK(!pick_move(pk, c, x.piece));
	pick_has(pk, c, 2 * MANY);
	OK(!pick_move(pk, c, 2 * MANY));
	b = pick_join(pk, NULL, 2);
	pick_has(pk, b, x.piece);
	OK(pick_move(pk, b, x.piece));
	pick_free(pk);
}

static void
malformed(void)
{
	struct shape sh = shape_of(3 * 40000 + 100, 40000);
	struct pick *pk = pick_new(&sh, 5, &ops);
	struct source *src = seed_of(pk, NULL, 1);
	static const uint32_t off[] = { 1, 16383, 0x80000000, 0xffffffff,
	    0xffffc000, 0x40000000 };
	struct block b, x;
	uint32_t i;

	CASE("pick: a block that is not the one asked for is not taken");
	OK(pick_next(pk, src, 0, 1, &b));
	for (i = 0; i < LEN(off); i++) {
		x = b;
		x.begin += off[i];
		OK(pick_got(pk, src, x) == PICK_UNASKED);
		OK(!pick_reject(pk, src, x));
		x = b;
		x.len += off[i];
		OK(pick_got(pk, src, x) == PICK_UNASKED);
	}
	x = b;
	x.len = 0;
	OK(pick_got(pk, src, x) == PICK_UNASKED);
	x = b;
	x.piece = (x.piece + 1) % sh.npieces;
	OK(pick_got(pk, src, x) == PICK_UNASKED && !pick_reject(pk, src, x));
	OK(pick_requests(src) == 1 && pick_partial(pk) == 0);
	OK(pick_got(pk, src, b) != PICK_UNASKED);
	OK(pick_got(pk, src, b) == PICK_UNASKED);
	CASE("pick: a reject of another length is of no request (BEP 6)");
	OK(pick_next(pk, src, 0, 1, &b));
	for (i = 0; i < LEN(off); i++) {
		x = b;
		x.len += off[i];
		OK(!pick_reject(pk, src, x));
	}
	OK(pick_reject(pk, src, b));
	pick_free(pk);
}

static void
whole(void)
{
	struct shape sh = shape_of(70000 + 20000, 70000);
	struct pick *pk = pick_new(&sh, 5, &ops);
	struct source *src[3];
	const uint32_t *from;
	uint32_t n;
	struct block b[5];
	int64_t sum = 0;
	int i, last, nwhole = 0;

	CASE("pick: the tag of each block's sender, in any order");
	pick_have(pk, 1);
	for (i = 0; i < 3; i++)
		src[i] = seed_of(pk, NULL, (uint32_t)i + 100);
	for (i = 0; i < 5; i++)
		OK(pick_next(pk, src[i % 3], 0, 1, &b[i]));
	for (i = 4; i >= 0; i--) {
		last = pick_got(pk, src[i % 3], b[i]) == PICK_WHOLE;
		nwhole += last;
		OK(last == (i == 0));
		sum += b[i].len;
		OK(i == 0 || pick_partial(pk) == sum);
	}
	OK(sum == 70000 && nwhole == 1);
	from = pick_from(pk, 0, &n);
	OK(n == 5);
	for (i = 0; n == 5 && i < 5; i++)
		OK(from[b[i].begin / BLOCK_LEN] == (uint32_t)i % 3 + 100);
	CASE("pick: a piece that is done is ours");
	pick_done(pk, 0);
	OK(pick_partial(pk) == 0);
	OK(!pick_wants(src[0]) && !pick_next(pk, src[0], 0, 1, b));
	pick_free(pk);
	CASE("pick: a sender's tag outlives it");
	pk = small(1, 2, 5);
	src[0] = seed_of(pk, NULL, 41);
	src[1] = seed_of(pk, NULL, 42);
	OK(pick_next(pk, src[0], 0, 1, &b[0]));
	OK(pick_got(pk, src[0], b[0]) == PICK_BLOCK);
	pick_leave(pk, src[0]);
	OK(pick_next(pk, src[1], 0, 1, &b[1]));
	OK(pick_got(pk, src[1], b[1]) == PICK_WHOLE);
	from = pick_from(pk, 0, &n);
	OK(n == 2 && from[b[0].begin / BLOCK_LEN] == 41);
	OK(n == 2 && from[b[1].begin / BLOCK_LEN] == 42);
	pick_free(pk);
}

/* A picker of one piece of four blocks that failed once, from a and b. */
static struct pick *
failed(struct source **a, struct source **b)
{
	struct pick *pk = small(1, 4, 5);
	struct block x;
	int i;

	*a = seed_of(pk, NULL, 1);
	*b = seed_of(pk, NULL, 2);
	for (i = 0; i < 4; i++)
		if (pick_next(pk, i % 2 ? *a : *b, 0, 1, &x))
			pick_got(pk, i % 2 ? *a : *b, x);
	pick_failed(pk, 0);
	return pk;
}

static void
failing(void)
{
	struct source *a, *b;
	struct pick *pk = failed(&a, &b);
	struct block x[4], y;
	const uint32_t *from;
	uint32_t n, i;

	CASE("pick: a piece that failed is wanted again, whole");
	OK(pick_partial(pk) == 0 && pick_wants(a));
	OK(pick_requests(a) == 0 && pick_requests(b) == 0);
	CASE("pick: and from one source alone");
	OK(later(pk, b, &x[0]));
	OK(!later(pk, a, &y));
	for (i = 1; i < 4; i++)
		OK(later(pk, b, &x[i]));
	OK(!later(pk, a, &y) && !later(pk, b, &y));
	for (i = 0; i < 4; i++)
		OK(pick_got(pk, b, x[i]) == (i < 3 ? PICK_BLOCK : PICK_WHOLE));
	from = pick_from(pk, 0, &n);
	OK(n == 4);
	for (i = 0; i < n; i++)
		OK(from[i] == 2);
	CASE("pick: it may fail again, and another may give it");
	pick_failed(pk, 0);
	OK(pick_partial(pk) == 0);
	pick_leave(pk, b);
	for (i = 0; i < 4; i++)
		OK(later(pk, a, &x[i]));
	for (i = 0; i < 4; i++)
		OK(pick_got(pk, a, x[3 - i]) ==
		    (i < 3 ? PICK_BLOCK : PICK_WHOLE));
	pick_done(pk, 0);
	OK(!pick_wants(a));
	pick_free(pk);
}

static void
failing_leave(void)
{
	struct source *a, *b;
	struct pick *pk;
	const uint32_t *from;
	struct block x;
	uint32_t n, i, asked;

	CASE("pick: its source leaves half way: the next gives all of it");
	for (asked = 1; asked <= 4; asked++) {
		for (n = 0; n <= asked && n < 4; n++) {
			pk = failed(&a, &b);
			for (i = 0; i < asked; i++)
				OK(later(pk, a, &x));
			for (i = 0; i < n; i++) {
				x.begin = i * BLOCK_LEN;
				OK(pick_got(pk, a, x) == PICK_BLOCK);
			}
			pick_leave(pk, a);
			a = seed_of(pk, NULL, 3);
			OK(pick_partial(pk) == 0);
			for (i = 0; i < 4; i++)
				OK(later(pk, b, &x));
			OK(!later(pk, a, &x));
			OK(pick_requests(b) == 4);
			pick_free(pk);
		}
	}
	CASE("pick: its source leaves when it has given all: it stays whole");
	pk = failed(&a, &b);
	for (i = 0; i < 4; i++)
		OK(later(pk, a, &x) &&
		    pick_got(pk, a, x) != PICK_UNASKED);
	pick_leave(pk, a);
	OK(!later(pk, b, &x));
	from = pick_from(pk, 0, &n);
	for (i = 0; i < n; i++)
		OK(from[i] == 1);
	pick_done(pk, 0);
	OK(!pick_wants(b) && pick_partial(pk) == 0);
	OK(pick_requests(b) == 0);
	pick_free(pk);
	CASE("pick: its source left with nothing to answer: one tag alone");
	pk = failed(&a, &b);
	OK(later(pk, a, &x) && pick_got(pk, a, x) == PICK_BLOCK);
	pick_leave(pk, a);
	a = seed_of(pk, NULL, 3); /* where the other was in memory, perhaps */
	for (i = 0; i < 4; i++)
		if (later(pk, a, &x) &&
		    pick_got(pk, a, x) == PICK_WHOLE)
			break;
	OK(i == 3);
	from = pick_from(pk, 0, &n);
	for (i = 0; i < n; i++)
		OK(from[i] == 3);
	pick_free(pk);
}

static void
failing_choke(void)
{
	struct source *a, *b;
	struct pick *pk = failed(&a, &b);
	struct block x;
	int i, n = 0;

	CASE("pick: its source chokes, having answered all: another gives it");
	for (i = 0; i < 2; i++)
		OK(later(pk, a, &x) &&
		    pick_got(pk, a, x) == PICK_BLOCK);
	pick_reject_all(pk, a);
	for (i = 0; i < 8 && later(pk, b, &x); i++)
		n += pick_got(pk, b, x) == PICK_WHOLE;
	OK(n == 1);
	pick_free(pk);
}

static void
failing_reject(void)
{
	struct source *a, *b;
	struct pick *pk = failed(&a, &b);
	struct block x, y;
	int i;

	CASE("pick: its source rejects some of it, and may be asked again");
	OK(later(pk, a, &x) && pick_got(pk, a, x) == PICK_BLOCK);
	OK(later(pk, a, &x));
	OK(later(pk, a, &y));
	ncancelled = 0;
	OK(pick_reject(pk, a, x));
	OK(!pick_next(pk, b, 0, FAR_MS, &x) && ncancelled == 0);
	CASE("pick: but who takes too long for it makes room for another");
	pick_tick(pk, FAR_MS);
	OK(ncancelled == 1 && memcmp(&cancelled[0].b, &y, sizeof y) == 0);
	OK(!pick_reject(pk, a, y) && pick_partial(pk) == 0);
	pick_tick(pk, FAR_MS + WAITS_MS);
	for (i = 0; i < 4; i++)
		OK(pick_next(pk, b, 0, FAR_MS + WAITS_MS, &x));
	CASE("pick: and who chokes, whatever he still owes");
	ncancelled = 0;
	pick_choke(pk, b, 1);
	OK(ncancelled == 4 && pick_requests(b) == 0);
	pick_free(pk);
}

/* What is owed for too long is another's to give, and may come all the same.
 */
static void
silent(void)
{
	struct pick *pk = small(2, 2, 5);
	int i, n;
	struct source *a = seed_of(pk, &n, 1), *b = seed_of(pk, NULL, 2);
	struct block x[4], y;

	CASE("pick: what is overdue is asked of another");
	for (i = 0; i < 4; i++)
		OK(pick_next(pk, a, 0, 1 + i, &x[i]));
	pick_overdue(pk, a, 2); /* the first two */
	OK(pick_requests(a) == 4);
	for (i = 0; i < 2; i++) {
		OK(pick_next(pk, b, 0, 5, &y));
		OK(y.piece == x[i].piece && y.begin == x[i].begin);
	}
	CASE("pick: of who owes it, it is not asked again");
	OK(!pick_next(pk, a, 0, 5, &y));
	CASE("pick: who gives it late has given it, and the other is told");
	ncancelled = 0;
	OK(pick_got(pk, a, x[0]) == PICK_BLOCK && ncancelled == 1);
	OK(pick_got(pk, a, x[1]) == PICK_WHOLE && ncancelled == 2);
	OK(pick_requests(b) == 0 && pick_requests(a) == 2);
	CASE("pick: or it comes from the other, and who owed it is told");
	pick_overdue(pk, a, 5);
	OK(pick_next(pk, b, 0, 6, &y));
	ncancelled = 0;
	OK(pick_got(pk, b, y) == PICK_BLOCK && ncancelled == 1);
	OK(cancelled[0].owner == &n && pick_requests(a) == 1);
	pick_free(pk);
	CASE("pick: three who are silent do not keep the last block");
	pk = small(5, 1, 5);
	b = giver(pk, NULL, 9);
	for (i = 0; i < 3; i++)
		giver(pk, NULL, 1);
	a = pk ? seed_of(pk, NULL, 7) : NULL;
	for (i = n = 0; i < 3; i++) {
		struct source *s = seed_of(pk, NULL, 20 + (uint32_t)i);

		n += pick_next(pk, s, 0, 1, &y);
		pick_overdue(pk, s, 1);
	}
	OK(n == 3 && pick_next(pk, b, 0, 2, &x[0]));
	OK(memcmp(&x[0], &y, sizeof y) == 0);
	OK(pick_got(pk, b, x[0]) == PICK_WHOLE);
	OK(pick_requests(a) == 0);
	pick_free(pk);
}

static void
stalled(void)
{
	struct pick *pk = small(4, 1, 5);
	struct source *a = holder(pk, 0, 2), *b = holder(pk, 1, 4);
	struct block x;

	CASE("pick: who is stalled gives what nobody else can");
	pick_stall(pk, a, 1);
	OK(pick_next(pk, a, 0, 1, &x) && x.piece == 0);
	OK(!pick_next(pk, a, 0, 1, &x));
	CASE("pick: a stalled seed gives nothing beside another one");
	seed_of(pk, NULL, 3);
	OK(!pick_next(pk, a, 0, 2, &x));
	CASE("pick: but when all are stalled each gives what it has");
	pick_free(pk);
	pk = small(4, 1, 5);
	a = seed_of(pk, NULL, 1);
	b = seed_of(pk, NULL, 2);
	pick_stall(pk, a, 1);
	OK(!pick_next(pk, a, 0, 1, &x));
	pick_stall(pk, b, 1);
	OK(pick_next(pk, a, 0, 1, &x) && pick_next(pk, b, 0, 1, &x));
	CASE("pick: and nobody who is stalled gets a second copy");
	OK(pick_next(pk, a, 0, 1, &x) && pick_next(pk, b, 0, 1, &x));
	OK(!pick_next(pk, a, 0, 1, &x) && !pick_next(pk, b, 0, 1, &x));
	CASE("pick: until it is not any more");
	pick_stall(pk, b, 0);
	OK(pick_got(pk, b, x) == PICK_WHOLE);
	pick_done(pk, x.piece);
	OK(pick_next(pk, b, 0, 1, &x));
	pick_free(pk);
}

/* Who has given nothing yet takes none of the endgame's few places. */
static void
newcomers(void)
{
	struct pick *pk = small(3, 1, 5);
	struct source *a = giver(pk, NULL, 1), *b = giver(pk, NULL, 2), *s;
	struct block x, y;
	int i;

	CASE("pick: strangers are asked for one copy each in the endgame");
	OK(pick_next(pk, a, 0, 1, &x));
	for (i = 0; i < 10; i++) {
		s = seed_of(pk, NULL, 10 + (uint32_t)i);
		OK(pick_next(pk, s, 0, 1, &y) && y.piece == x.piece);
		OK(!pick_next(pk, s, 0, 1, &y));
	}
	CASE("pick: and none of them takes the place of one who has given");
	OK(pick_next(pk, b, 0, 1, &y) && y.piece == x.piece);
	ncancelled = 0;
	OK(pick_got(pk, b, y) == PICK_WHOLE && ncancelled == 11);
	pick_free(pk);
}

/* Whose turn it is to give alone what has failed. */
static void
solo_waits(void)
{
	struct pick *pk = small(5, 2, 5);
	struct source *clean = giver(pk, NULL, 3), *fresh;
	struct source *a = giver(pk, NULL, 1), *b = giver(pk, NULL, 2);
	struct block x[2], y;
	uint32_t piece;
	int i;

	fresh = seed_of(pk, NULL, 4);
	pick_next(pk, a, 0, 1, &x[0]);
	pick_next(pk, b, 0, 1, &x[1]);
	pick_got(pk, a, x[0]);
	OK(pick_got(pk, b, x[1]) == PICK_WHOLE);
	piece = x[0].piece;
	for (i = 0; i < 2; i++) /* the last piece is elsewhere */
		OK(pick_next(pk, clean, 0, 1, &x[i]));
	pick_failed(pk, piece);
	CASE("pick: who is under suspicion waits before he gives it alone");
	pick_tick(pk, 900);
	OK(!pick_next(pk, a, 0, 900, &y) && !pick_next(pk, b, 0, 900, &y));
	CASE("pick: and who has given nothing right waits longer");
	pick_tick(pk, 1100);
	OK(!pick_next(pk, fresh, 0, 1100, &y));
	OK(pick_next(pk, a, 0, 1100, &y) && y.piece == piece);
	CASE("pick: who is silent loses it, and waits longer");
	pick_overdue(pk, a, 1100);
	OK(pick_requests(a) == 0);
	pick_tick(pk, 2200);
	OK(!pick_next(pk, a, 0, 2200, &y));
	CASE("pick: who is under no suspicion gives it at once");
	OK(pick_next(pk, clean, 0, 2200, &y) && y.piece == piece);
	pick_free(pk);
}

/* What a message may cost, in pieces, blocks and requests looked at. */
static void
work(void)
{
	enum { N = 400000, FULL = 2048 };
	struct pick *pk = small(N, 4, 5);
	struct source *src[20], *all = seed_of(pk, NULL, 99);
	struct block b;
	uint64_t before, most = 0, sum = 0;
	uint32_t i, k;

	CASE("pick: of 400,000 pieces, a have costs little and constantly");
	for (i = 0; i < FULL; i++)
		OK(pick_next(pk, all, 0, 1, &b));
	for (i = 0; i < 20; i++) {
		src[i] = pick_join(pk, NULL, i + 1);
		for (k = 0; k < 1000; k++) {
			before = pick_steps(pk);
			pick_has(pk, src[i], (k * 20 + i) * 7 % N);
			pick_move(pk, src[i], (k * 20 + i) * 7 % N);
			while (pick_requests(src[i]) < 64 && pick_next_of(pk,
			    src[i], (k * 20 + i) * 7 % N, 1, &b))
				;
			most = MAX(most, pick_steps(pk) - before);
		}
	}
	OK(most > 0 && most <= 1000);
	CASE("pick: a search costs a 64th of the pieces, and once");
	for (i = most = 0; i < 20; i++) {
		before = pick_steps(pk);
		while (pick_requests(src[i]) < FULL &&
		    pick_next(pk, src[i], 0, 1, &b))
			;
		before = pick_steps(pk);
		OK(pick_requests(src[i]) == FULL ||
		    !pick_next(pk, src[i], 0, 1, &b));
		sum += pick_steps(pk) - before;
	}
	OK(sum < 20 * 600);
	CASE("pick: so do rejects, whatever their order");
	for (i = most = 0; i < 64; i++) {
		before = pick_steps(pk);
		b.piece = i * 37 % 500;
		b.begin = 0;
		b.len = BLOCK_LEN;
		pick_reject(pk, all, b);
		pick_next(pk, all, 0, 1, &b);
		most = MAX(most, pick_steps(pk) - before);
	}
	OK(most <= N / 64 + 2000);
	CASE("pick: a block costs little, in the endgame of many, too");
	pick_free(pk);
	pk = small(200, 16, 5);
	for (i = 0; i < 20; i++)
		src[i] = giver(pk, NULL, i + 1);
	while (pick_next(pk, src[0], 0, 1, &b))
		;
	for (i = 1, most = 0; i < 20; i++) {
		before = pick_steps(pk);
		for (k = 0; k < 8; k++)
			OK(pick_next(pk, src[i], 0, 1, &b));
		most = MAX(most, pick_steps(pk) - before);
		before = pick_steps(pk);
		OK(pick_got(pk, src[i], b) != PICK_UNASKED);
		most = MAX(most, pick_steps(pk) - before);
	}
	OK(most <= 8 * 1200);
	pick_free(pk);
}

static void
from_elsewhere(void)
{
	struct pick *pk = small(2, 4, 5);
	struct source *src = seed_of(pk, NULL, 1);
	struct block b[8];
	uint32_t i, n = 0;

	CASE("pick: a piece that we have by another way is asked of nobody");
	for (i = 0; i < 8; i++)
		OK(pick_next(pk, src, 0, 1, &b[i]));
	for (i = 0; i < 3; i++)
		OK(pick_got(pk, src, b[i]) == PICK_BLOCK);
	pick_have(pk, b[0].piece);
	OK(pick_partial(pk) == 0);
	OK(pick_requests(src) == 4);
	for (i = 3; i < 8 && pick_requests(src) <= 8; i++)
		n += pick_got(pk, src, b[i]) != PICK_UNASKED;
	OK(n == 4);
	pick_free(pk);
	CASE("pick: nor does it keep the endgame away");
	pk = small(2, 4, 5);
	src = seed_of(pk, NULL, 1);
	for (i = 0; i < 5; i++)
		OK(pick_next(pk, src, 0, 1, &b[i]));
	pick_have(pk, b[4].piece);
	OK(pick_next(pk, seed_of(pk, NULL, 2), 0, 1, &b[5]));
	OK(b[5].piece == b[0].piece);
	pick_free(pk);
	CASE("pick: even the only piece, half of it asked for");
	pk = small(1, 4, 5);
	src = seed_of(pk, NULL, 1);
	OK(pick_next(pk, src, 0, 1, &b[0]) && pick_next(pk, src, 0, 1, &b[1]));
	OK(pick_got(pk, src, b[0]) == PICK_BLOCK);
	pick_have(pk, 0);
	OK(pick_requests(src) == 0 && pick_oldest(src) == 0);
	OK(pick_got(pk, src, b[1]) == PICK_UNASKED);
	OK(pick_partial(pk) == 0 && !pick_wants(src));
	pick_free(pk);
}

static void
long_runs(void)
{
	struct model *m = xmalloc(sizeof *m);
	uint64_t seed;
	int broken = 0;

	CASE("pick: long random runs agree with a naive model");
	for (seed = 1; seed <= ROUNDS && !broken; seed++) {
		run(m, seed);
		broken = m->broken;
	}
	OK(!broken);
	free(m);
}

static void
run(struct model *m, uint64_t seed)
{
	static const uint32_t lens[] = { 16384, 32768, 40000, 16385, 100000,
	    131072, 1024, 5000 };
	uint32_t n, len;
	int i;

	memset(m, 0, sizeof *m);
	m->rnd = seed * 0x9e3779b97f4a7c15u | 1;
	m->now_ms = 1000;
	n = 1 + rnd_below(&m->rnd, PIECES);
	len = lens[rnd_below(&m->rnd, LEN(lens))];
	m->sh = shape_of((int64_t)(n - 1) * len + 1 +
	    rnd_below(&m->rnd, len), len);
	m->in_order = rnd_below(&m->rnd, 4) == 0;
	m->pk = pick_new(&m->sh, m->rnd, &ops);
	pick_in_order(m->pk, m->in_order);
	for (i = 0; i < STEPS && !m->broken; i++)
		step(m);
	if (!m->broken)
		drain(m);
	pick_free(m->pk);
}

static void
step(struct model *m)
{
	struct peer *p = &m->peers[rnd_below(&m->rnd, PEERS)];
	uint32_t kind = rnd_below(&m->rnd, 100);

	m->now_ms += rnd_below(&m->rnd, 20) ? rnd_below(&m->rnd, 20) :
	    rnd_below(&m->rnd, 3000);
	tick(m);
	if (!p->src)
		op_join(m, p);
	else if (kind < 3)
		op_silence(m, p);
	else if (kind < 48)
		op_next(m, p);
	else if (kind < 78)
		op_got(m, p);
	else if (kind < 85)
		op_reject(m, p);
	else if (kind < 86)
		op_reject_all(m, p);
	else if (kind < 88)
		op_leave(m, p);
	else if (kind < 95)
		op_news(m, p);
	else if (kind < 99)
		op_choke(m, p);
	else
		op_have(m);
	if (!m->broken)
		check_all(m);
}

static void
tick(struct model *m)
{
	struct peer *p;
	uint32_t i;

	for (i = 0; i < m->sh.npieces; i++) {
		p = m->solo[i] && !m->have[i] ? m->owner[i] : NULL;
		if (!p || m->now_ms - m->since_ms[i] < m->solo_ms[i] ||
		    !others_have(m, p, i))
			continue;
		m->solo_ms[i] *= 2;
		lose_solo(m, p);
	}
	pick_tick(m->pk, m->now_ms);
}

static void
op_join(struct model *m, struct peer *p)
{
	memset(p, 0, sizeof *p);
	p->tag = ++m->tag;
	p->last = m->sh.npieces;
	p->src = pick_join(m->pk, p, p->tag);
}

static void
op_leave(struct model *m, struct peer *p)
{
	while (p->n > 0)
		release(m, p, p->n - 1);
	ncancelled = 0;
	lose_solo(m, p);
	pick_leave(m->pk, p->src);
	MUST(m, ncancelled == 0);
	p->src = NULL;
}

static void
op_news(struct model *m, struct peer *p)
{
	uint8_t bits[PIECES / 8 + 1] = { 0 };
	uint32_t piece = rnd_below(&m->rnd, m->sh.npieces), i;

	switch (rnd_below(&m->rnd, 10)) {
	case 0:
		pick_has_all(m->pk, p->src);
		memset(p->has, 1, sizeof p->has);
		break;
	case 1:
	case 2:
		for (i = 0; i < m->sh.npieces; i++)
			if (rnd_below(&m->rnd, 3) == 0)
				bit_set(bits, i);
		for (i = 0; i < m->sh.npieces; i++)
			p->has[i] |= (uint8_t)bit_get(bits, i);
		pick_has_bits(m->pk, p->src, bits);
		break;
	case 3:
		pick_suggest(m->pk, p->src, piece);
		p->suggested[piece] = 1;
		break;
	case 4:
	case 5:
		if (p->nallowed < 10 && !m->have[piece]) {
			pick_allow(m->pk, p->src, piece);
			p->nallowed += !p->allowed[piece];
			p->allowed[piece] = 1;
		}
		break;
	default:
		pick_has(m->pk, p->src, piece);
		p->has[piece] = 1;
		op_next_of(m, p, piece);
	}
}

/* Some time passes without a block, or one that was silent is not any more. */
static void
op_silence(struct model *m, struct peer *p)
{
	int64_t before_ms = m->now_ms - rnd_below(&m->rnd, 2000);
	int i, lost = 0;

	ncancelled = 0;
	if (rnd_below(&m->rnd, 3) == 0) {
		p->stalled = !p->stalled;
		if (p->stalled && !p->choked)
			lose_solo(m, p);
		pick_stall(m->pk, p->src, p->stalled);
		return;
	}
	for (i = 0; i < p->n && p->when_ms[i] <= before_ms; i++) {
		if (p->idle[i])
			continue;
		p->idle[i] = 1;
		m->asked[p->reqs[i].piece][p->reqs[i].begin / BLOCK_LEN]--;
		lost |= m->owner[p->reqs[i].piece] == p;
	}
	if (lost)
		lose_solo(m, p);
	pick_overdue(m->pk, p->src, before_ms);
}

static void
op_next_of(struct model *m, struct peer *p, uint32_t piece)
{
	struct block b;

	if (p->n == REQUESTS || p->choked || m->broken ||
	    !pick_next_of(m->pk, p->src, piece, m->now_ms, &b))
		return;
	MUST(m, b.piece == piece);
	m->touched[piece] |= !m->broken; /* so that no order is asked for */
	take(m, p, b);
}

static void
op_choke(struct model *m, struct peer *p)
{
	p->choked = !p->choked;
	if (p->choked && !p->stalled)
		lose_solo(m, p);
	pick_choke(m->pk, p->src, p->choked);
	if (p->choked && rnd_below(&m->rnd, 2))
		op_reject_all(m, p);
}

/* A piece from elsewhere; never one that is being fetched. */
static void
op_have(struct model *m)
{
	uint32_t piece = rnd_below(&m->rnd, m->sh.npieces), i;

	struct peer *p;
	int k;

	for (i = 0; i < nblocks(m, piece); i++)
		if (m->asked[piece][i])
			return;
	for (p = m->peers; p < m->peers + PEERS; p++)
		for (k = 0; p->src && k < p->n; k++)
			if (p->reqs[k].piece == piece)
				return;
	m->owner[piece] = NULL;
	pick_have(m->pk, piece);
	m->have[piece] = 1;
}

static void
op_next(struct model *m, struct peer *p)
{
	struct block b;

	if (p->n == REQUESTS)
		return;
	if (!pick_next(m->pk, p->src, p->choked, m->now_ms, &b)) {
		judge_none(m, p);
		return;
	}
	take(m, p, b);
}

static void
take(struct model *m, struct peer *p, struct block b)
{
	uint8_t *asked;

	judge(m, p, b);
	if (m->broken)
		return;
	m->touched[b.piece] = 1;
	if (m->solo[b.piece] && !m->owner[b.piece]) {
		m->owner[b.piece] = p;
		m->since_ms[b.piece] = m->now_ms;
	}
	asked = &m->asked[b.piece][b.begin / BLOCK_LEN];
	p->idle[p->n] = *asked > 0 && !p->proven;
	*asked = (uint8_t)(*asked + !p->idle[p->n]);
	p->last = b.piece;
	p->reqs[p->n] = b;
	p->when_ms[p->n++] = m->now_ms;
}

/* Whether p may be asked for b now. */
static void
judge(struct model *m, struct peer *p, struct block b)
{
	uint32_t i = b.begin / BLOCK_LEN;
	int askers;

	MUST(m, b.piece < m->sh.npieces);
	MUST(m, b.begin % BLOCK_LEN == 0);
	if (m->broken)
		return;
	MUST(m, i < nblocks(m, b.piece));
	if (m->broken)
		return;
	MUST(m, b.len == block_len(m, b.piece, i));
	MUST(m, !m->have[b.piece] && !m->got[b.piece][i]);
	MUST(m, p->has[b.piece]);
	MUST(m, !has_asked(p, b));
	MUST(m, !p->choked || p->allowed[b.piece]);
	MUST(m, !m->solo[b.piece] || m->owner[b.piece] == p ||
	    (!m->owner[b.piece] && may_own(m, p, b.piece)));
	MUST(m, !p->stalled || !others_have(m, p, b.piece));
	askers = m->asked[b.piece][i];
	if (askers > 0) {
		MUST(m, !p->choked && !m->solo[b.piece] && !p->stalled);
		MUST(m, askers < 3 && p->n < (p->proven ? 8 : 1));
		MUST(m, nothing_free(m));
	} else if (!p->choked && !p->suggested[b.piece] && !p->stalled &&
	    !m->touched[b.piece]) {
		judge_order(m, p, b.piece);
	}
}

/* Whether a new piece was the one to begin. */
static void
judge_order(struct model *m, struct peer *p, uint32_t piece)
{
	uint32_t i, n = avail(m, piece);

	for (i = 0; i < m->sh.npieces; i++) {
		if (!free_for(m, p, i))
			continue;
		if (m->in_order) {
			MUST(m, piece <= i);
			continue;
		}
		MUST(m, !m->touched[i]);
		if (m->touched[i])
			return;
		if (nhave(m) >= 4)
			MUST(m, n <= avail(m, i));
	}
}

static void
judge_none(struct model *m, struct peer *p)
{
	uint32_t i;

	for (i = 0; i < m->sh.npieces; i++)
		if ((!p->choked && !p->stalled) || (p->allowed[i] &&
		    !p->stalled) || (p->stalled && !p->choked &&
		    !others_have(m, p, i)))
			MUST(m, !free_for(m, p, i));
}

/* Whether p could be asked for a block of piece that nobody is asked for. */
static int
free_for(const struct model *m, const struct peer *p, uint32_t piece)
{
	uint32_t i;
	struct block b;

	if (m->have[piece] || !p->has[piece] || (m->solo[piece] &&
	    m->owner[piece] != p && !may_own(m, p, piece)))
		return 0;
	for (i = 0; i < nblocks(m, piece); i++) {
		b.piece = piece;
		b.begin = i * BLOCK_LEN;
		if (!m->got[piece][i] && !m->asked[piece][i] &&
		    !has_asked(p, b))
			return 1;
	}
	return 0;
}

/* Whether p may be the one that gives a solo piece. */
static int
may_own(const struct model *m, const struct peer *p, uint32_t piece)
{
	int64_t wait = p->barred && !p->proven ? 10000 : p->barred ? 2000 :
	    p->proven ? 0 : 3000;
	uint32_t i;
	int k;

	if (m->owner[piece])
		return 0;
	for (i = 0; i < m->sh.npieces; i++)
		if (m->owner[i] == p && m->solo[i] && !m->have[i])
			return 0;
	for (k = 0; k < m->nsuspects[piece] && wait == 0; k++)
		if (m->suspects[piece][k] == p->tag)
			wait = 1000;
	return m->now_ms - m->since_ms[piece] >= wait;
}

/* Whether somebody else who is not stalled has a piece. */
static int
others_have(const struct model *m, const struct peer *p, uint32_t piece)
{
	const struct peer *q;

	for (q = m->peers; q < m->peers + PEERS; q++)
		if (q != p && q->src && !q->stalled && !q->choked &&
		    q->has[piece])
			return 1;
	return 0;
}

/* Whether all blocks that somebody has were asked for. */
static int
nothing_free(const struct model *m)
{
	uint32_t i, k;

	for (i = 0; i < m->sh.npieces; i++) {
		if (m->have[i] || avail(m, i) == 0 ||
		    (m->solo[i] && m->owner[i]))
			continue;
		for (k = 0; k < nblocks(m, i); k++)
			if (!m->got[i][k] && !m->asked[i][k])
				return 0;
	}
	return 1;
}

static uint32_t
avail(const struct model *m, uint32_t piece)
{
	uint32_t n = 0;
	int i;

	for (i = 0; i < PEERS; i++)
		n += m->peers[i].src && m->peers[i].has[piece];
	return n;
}

static uint32_t
nblocks(const struct model *m, uint32_t piece)
{
	return (shape_len(&m->sh, piece) + BLOCK_LEN - 1) / BLOCK_LEN;
}

static uint32_t
block_len(const struct model *m, uint32_t piece, uint32_t i)
{
	return MIN(BLOCK_LEN, shape_len(&m->sh, piece) - i * BLOCK_LEN);
}

static int
has_asked(const struct peer *p, struct block b)
{
	int i;

	for (i = 0; i < p->n; i++)
		if (p->reqs[i].piece == b.piece && p->reqs[i].begin == b.begin)
			return 1;
	return 0;
}

static void
op_got(struct model *m, struct peer *p)
{
	enum picked r, want = PICK_WHOLE;
	struct block b;
	uint32_t i, k;

	if (p->n == 0)
		return;
	i = rnd_below(&m->rnd, 2) ? 0 : rnd_below(&m->rnd, (uint32_t)p->n);
	b = p->reqs[i];
	op_wrong(m, p, b);
	k = b.begin / BLOCK_LEN;
	m->got[b.piece][k] = 1;
	m->from[b.piece][k] = p->tag;
	for (i = 0; i < nblocks(m, b.piece); i++)
		if (!m->got[b.piece][i])
			want = PICK_BLOCK;
	ncancelled = 0;
	r = pick_got(m->pk, p->src, b);
	MUST(m, r == want);
	check_cancels(m, p, b);
	MUST(m, pick_got(m->pk, p->src, b) == PICK_UNASKED);
	if (!m->broken && r == PICK_WHOLE)
		op_whole(m, b.piece);
}

/* Blocks that p was not asked for change nothing. */
static void
op_wrong(struct model *m, struct peer *p, struct block b)
{
	switch (rnd_below(&m->rnd, 12)) {
	case 0:
		b.begin += 1 + rnd_below(&m->rnd, BLOCK_LEN - 1);
		break;
	case 1:
		b.len -= 1 + rnd_below(&m->rnd, b.len);
		break;
	case 2:
		b.len += 1 + rnd_below(&m->rnd, BLOCK_LEN);
		break;
	case 3:
		b.begin += nblocks(m, b.piece) * BLOCK_LEN;
		break;
	case 4:
		b.piece = rnd_below(&m->rnd, m->sh.npieces);
		b.begin = rnd_below(&m->rnd, nblocks(m, b.piece)) * BLOCK_LEN;
		b.len = block_len(m, b.piece, b.begin / BLOCK_LEN);
		break;
	default:
		return;
	}
	if (has_asked(p, b) && b.begin % BLOCK_LEN == 0 &&
	    b.len == block_len(m, b.piece, b.begin / BLOCK_LEN))
		return; /* by chance it was */
	ncancelled = 0;
	MUST(m, pick_got(m->pk, p->src, b) == PICK_UNASKED);
	MUST(m, ncancelled == 0);
}

/* Each other who was asked for b was told so, once, and nobody else. */
static void
check_cancels(struct model *m, struct peer *p, struct block b)
{
	struct peer *q;
	int i, j, n = 0;

	for (q = m->peers; q < m->peers + PEERS; q++) {
		for (i = 0; q->src && i < q->n; i++)
			if (q->reqs[i].piece == b.piece &&
			    q->reqs[i].begin == b.begin)
				break;
		if (!q->src || i == q->n)
			continue;
		forget(q, i);
		if (q == p)
			continue;
		n++;
		for (i = j = 0; i < ncancelled && i < CANCELS; i++)
			j += cancelled[i].owner == q &&
			    memcmp(&cancelled[i].b, &b, sizeof b) == 0;
		MUST(m, j == 1);
		MUST(m, pick_got(m->pk, q->src, b) == PICK_UNASKED);
	}
	MUST(m, ncancelled == n);
	m->asked[b.piece][b.begin / BLOCK_LEN] = 0;
}

static void
op_whole(struct model *m, uint32_t piece)
{
	const uint32_t *from;
	uint32_t n, i;
	int k;

	from = pick_from(m->pk, piece, &n);
	MUST(m, n == nblocks(m, piece));
	for (i = 0; i < n && !m->broken; i++) {
		MUST(m, from[i] == m->from[piece][i]);
		MUST(m, !m->solo[piece] || from[i] == from[0]);
	}
	if (rnd_below(&m->rnd, 4) > 0) {
		m->owner[piece] = NULL;
		for (k = 0; k < PEERS; k++)
			for (i = 0; i < n; i++)
				if (m->peers[k].src &&
				    m->peers[k].tag == from[i]) {
					m->peers[k].proven = 1;
					m->peers[k].barred = 0;
				}
		pick_done(m->pk, piece);
		m->have[piece] = 1;
	} else {
		pick_failed(m->pk, piece);
		if (!m->solo[piece])
			m->solo_ms[piece] = 20000;
		m->solo[piece] = 1;
		for (i = 0; i < n && m->nsuspects[piece] < SUSPECTS_MAX; i++) {
			for (k = 0; k < m->nsuspects[piece] &&
			    m->suspects[piece][k] != m->from[piece][i]; k++)
				;
			if (k == m->nsuspects[piece])
				m->suspects[piece][m->nsuspects[piece]++] =
				    m->from[piece][i];
		}
		start_over(m, piece);
	}
}

static void
op_reject(struct model *m, struct peer *p)
{
	struct block b;
	uint32_t i;

	if (p->n == 0)
		return;
	i = rnd_below(&m->rnd, (uint32_t)p->n);
	b = p->reqs[i];
	release(m, p, (int)i);
	MUST(m, pick_reject(m->pk, p->src, b) == 1);
	MUST(m, pick_reject(m->pk, p->src, b) == 0);
}

static void
op_reject_all(struct model *m, struct peer *p)
{
	while (p->n > 0)
		release(m, p, p->n - 1);
	ncancelled = 0;
	lose_solo(m, p);
	pick_reject_all(m->pk, p->src);
	MUST(m, ncancelled == 0);
	p->last = m->sh.npieces;
}

/* p's request i will not be answered. */
static void
release(struct model *m, struct peer *p, int i)
{
	struct block b = p->reqs[i];
	uint8_t *asked = &m->asked[b.piece][b.begin / BLOCK_LEN];

	*asked = (uint8_t)(*asked - !p->idle[i]);
	forget(p, i);
}

/* The piece that p was to give alone is another's to give, for good. */
static void
lose_solo(struct model *m, struct peer *p)
{
	uint32_t i;
	int k;

	for (i = 0; i < m->sh.npieces; i++) {
		if (m->have[i] || !m->solo[i] || m->owner[i] != p)
			continue;
		for (k = p->n - 1; k >= 0; k--)
			if (p->reqs[k].piece == i)
				release(m, p, k);
		p->barred = 1;
		start_over(m, i);
	}
}

static void
start_over(struct model *m, uint32_t piece)
{
	memset(m->got[piece], 0, sizeof m->got[piece]);
	m->owner[piece] = NULL;
	m->since_ms[piece] = m->now_ms;
}

static void
forget(struct peer *p, int i)
{
	p->n--;
	for (; i < p->n; i++) {
		p->reqs[i] = p->reqs[i + 1];
		p->when_ms[i] = p->when_ms[i + 1];
		p->idle[i] = p->idle[i + 1];
	}
}

static uint32_t
nhave(const struct model *m)
{
	uint32_t i, n = 0;

	for (i = 0; i < m->sh.npieces; i++)
		n += m->have[i];
	return n;
}

/* Everything that the picker says of itself. */
static void
check_all(struct model *m)
{
	struct peer *p = &m->peers[rnd_below(&m->rnd, PEERS)];
	uint32_t i, k, n = 0, wanted = 0;
	int64_t partial = 0;

	for (i = 0; i < m->sh.npieces; i++) {
		for (k = 0; !m->have[i] && k < nblocks(m, i); k++)
			if (m->got[i][k])
				partial += block_len(m, i, k);
		n += p->has[i];
		wanted += p->has[i] && !m->have[i];
	}
	MUST(m, pick_partial(m->pk) == partial);
	if (!p->src)
		return;
	MUST(m, pick_is_seed(m->pk, p->src) == (n == m->sh.npieces));
	MUST(m, pick_wants(p->src) == (wanted > 0));
	MUST(m, pick_requests(p->src) == (uint32_t)p->n);
	MUST(m, pick_oldest(p->src) == (p->n ? p->when_ms[0] : 0));
}

/* Now all who are here have all and answer: the torrent is completed. */
static void
drain(struct model *m)
{
	struct peer *p;
	int i, k;

	for (k = 0; k < 2000 && !m->broken; k++) {
		if (nhave(m) == m->sh.npieces)
			break;
		m->now_ms += AGES_MS;
		tick(m);
		for (p = m->peers; p < m->peers + PEERS; p++) {
			if (!p->src)
				op_join(m, p);
			if (k == 0) {
				pick_has_all(m->pk, p->src);
				memset(p->has, 1, sizeof p->has);
				p->choked = p->stalled = 0;
				pick_stall(m->pk, p->src, 0);
				pick_choke(m->pk, p->src, 0);
			}
			for (i = 0; i < 4 && !m->broken; i++)
				op_next(m, p);
			for (i = 0; i < 4 && !m->broken; i++)
				op_got(m, p);
			if (m->broken)
				return;
			check_all(m);
		}
	}
	MUST(m, nhave(m) == m->sh.npieces);
}

static void
download(void)
{
	static uint8_t done[BIG];
	struct shape sh = shape_of((int64_t)BIG * 40000 - 12345, 40000);
	struct pick *pk = pick_new(&sh, 77, &ops);
	struct source *src[CROWD] = { NULL };
	uint64_t rnd = 4711;
	uint32_t i, turns, ndone = 0;

	CASE("pick: a download from a restless swarm completes");
	for (turns = 0; turns < 200000 && ndone < BIG; turns++) {
		pick_tick(pk, (int64_t)turns * 100);
		i = rnd_below(&rnd, CROWD);
		if (src[i] && rnd_below(&rnd, 500) == 0) {
			pick_leave(pk, src[i]);
			src[i] = NULL;
		}
		if (!src[i])
			src[i] = newcomer(pk, &rnd);
		ndone += exchange(pk, src[i], done, &rnd,
		    (int64_t)turns * 100);
		if (rnd_below(&rnd, 2))
			pick_reject_all(pk, src[i]); /* a choke, a deadline */
	}
	OK(ndone == BIG && pick_partial(pk) == 0);
	for (i = 0; i < BIG; i++)
		OK(done[i] == 1);
	for (i = 0; i < CROWD; i++)
		OK(!src[i] || (pick_requests(src[i]) == 0 &&
		    !pick_wants(src[i])));
	pick_free(pk);
}

/* A source that has a quarter. */
static struct source *
newcomer(struct pick *pk, uint64_t *rnd)
{
	struct source *src = pick_join(pk, NULL, 1);
	uint8_t bits[(BIG + 7) / 8];
	size_t k;

	for (k = 0; k < sizeof bits; k++)
		bits[k] = (uint8_t)(rnd_next(rnd) & rnd_next(rnd));
	pick_has_bits(pk, src, bits);
	return src;
}

/* It is asked for some blocks, and gives, rejects or forgets each of them, in
 * any order; a tenth of the pieces are bad. */
static uint32_t
exchange(struct pick *pk, struct source *src, uint8_t *done, uint64_t *rnd,
    int64_t now_ms)
{
	struct block reqs[16], b;
	uint32_t k, n = 0, ndone = 0;

	while (n < LEN(reqs) && pick_next(pk, src, 0, now_ms, &reqs[n]))
		n++;
	for (; n > 0; n--) {
		k = rnd_below(rnd, n);
		b = reqs[k];
		reqs[k] = reqs[n - 1];
		if (rnd_below(rnd, 4) == 0)
			continue;
		if (rnd_below(rnd, 16) == 0) {
			pick_reject(pk, src, b);
		} else if (pick_got(pk, src, b) == PICK_WHOLE) {
			if (rnd_below(rnd, 10) == 0) {
				pick_failed(pk, b.piece);
				continue;
			}
			pick_done(pk, b.piece);
			done[b.piece]++;
			ndone++;
		}
	}
	return ndone;
}

static void
speed(void)
{
	enum { N = 100000, NSRC = 50 };
	struct source *src[NSRC];
	struct pick *pk = small(N, 1, 3);
	uint8_t *bits = xcalloc(1, N / 8);
	uint64_t rnd = 5;
	uint32_t i, k;

	CASE("pick: 100,000 pieces from 50 sources of random pieces, quickly");
	for (i = 0; i < NSRC; i++) {
		src[i] = pick_join(pk, NULL, i + 1);
		for (k = 0; k < N / 8; k++)
			bits[k] = (uint8_t)rnd_next(&rnd);
		pick_has_bits(pk, src[i], bits);
	}
	OK(fetches(pk, src, NSRC, N, 32));
	pick_free(pk);
	CASE("pick: 200,000 pieces in order, quickly");
	pk = small(2 * N, 1, 3);
	pick_in_order(pk, 1);
	for (i = 0; i < 4; i++)
		src[i] = seed_of(pk, NULL, i + 1);
	OK(fetches(pk, src, 4, 2 * N, 32));
	pick_free(pk);
	CASE("pick: 200,000 pieces in order, the first of which nobody has");
	pk = small(2 * N, 1, 3);
	pick_in_order(pk, 1);
	for (i = 0; i < 4; i++)
		src[i] = holder(pk, 1, 2 * N);
	OK(fetches(pk, src, 4, 2 * N - 1, 32));
	pick_free(pk);
	CASE("pick: 50,000 pieces, while one who gives none has rarer ones");
	pk = small(N, 1, 3);
	holder(pk, 0, N / 2);
	for (i = 0; i < 4; i++)
		src[i] = holder(pk, N / 2, N);
	OK(fetches(pk, src, 4, N / 2, 32));
	pick_free(pk);
	CASE("pick: 100,000 pieces, while thousands are begun, one free");
	pk = small(N, 1, 3);
	for (i = 0; i < 8; i++)
		src[i] = holder(pk, 1, N);
	src[8] = holder(pk, 0, 1);
	OK(pick_next(pk, src[8], 0, 1, &(struct block){ 0, 0, 0 }));
	for (i = 0; i < 8; i++)
		for (k = 0; k < 1000; k++)
			pick_next(pk, src[i], 0, 1,
			    &(struct block){ 0, 0, 0 });
	pick_leave(pk, src[8]);
	OK(fetches(pk, src, 8, N - 8001, 64));
	pick_free(pk);
	free(bits);
}

/* Whether n sources, each with window requests on the way, bring npieces
 * pieces of one block, at most so many steps a block. */
static int
fetches(struct pick *pk, struct source **src, int n, uint32_t npieces,
    uint32_t window)
{
	struct block *b = xcalloc((size_t)n * window, sizeof *b), *q;
	uint32_t *count = xcalloc((size_t)n, sizeof *count);
	uint32_t ndone = 0, k;
	uint64_t most = pick_steps(pk) + (uint64_t)npieces * A_BLOCK;
	int i, ok = 1;

	for (; ok && ndone < npieces; ok = pick_steps(pk) < most) {
		for (i = 0; i < n; i++) {
			q = b + (size_t)i * window;
			for (k = count[i]; k < window &&
			    pick_next(pk, src[i], 0, 1, &q[k]); k++)
				;
			count[i] = k;
		}
		for (i = 0; i < n; i++) {
			q = b + (size_t)i * window;
			for (k = 0; k < count[i]; k++)
				if (pick_got(pk, src[i], q[k]) == PICK_WHOLE) {
					pick_done(pk, q[k].piece);
					ndone++;
				}
			count[i] = 0;
		}
	}
	free(b);
	free(count);
	return ok;
}
