/* pieces, holders, solo: what the picker stands on, each by itself. */
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "torrent/meta.h"
#include "swarm/requests.h"
#include "swarm/solo.h"
#include "swarm/pieces.h"
#include "swarm/holders.h"
#include "unit.h"

enum { N = 100, LAST = BLOCK_LEN + 7 }; /* pieces of two blocks */

static void solos(void);
static void pieces(void);
static void scans(void);
static void askings(void);
static void begin(void);
static void end(void);

static const struct shape shape = { (N - 1) * 2 * (int64_t)BLOCK_LEN + LAST,
	2 * BLOCK_LEN, N };
static struct pieces ps;
static struct holders hs;
static struct holder a, b;

void
test_pieces(void)
{
	solos();
	pieces();
	scans();
	askings();
}

/* Two holders, who have nothing. */
static void
begin(void)
{
	uint64_t rnd = 1;

	pieces_init(&ps, &shape, &rnd);
	memset(&hs, 0, sizeof hs);
	hs.ps = &ps;
	memset(&a, 0, sizeof a);
	memset(&b, 0, sizeof b);
	holders_join(&hs, &a);
	holders_join(&hs, &b);
}

static void
end(void)
{
	holders_leave(&hs, &a);
	holders_leave(&hs, &b);
	pieces_free(&ps);
}

static void
solos(void)
{
	static const struct {
		const char *name;
		uint32_t tag;
		int proven, barred;
		int64_t wait_ms;
	} at[] = {
		{ "pieces: who had no part in a failure gives it at once",
		    3, 1, 0, 0 },
		{ "pieces: an author of it waits a second", 2, 1, 0, 1000 },
		{ "pieces: who did not deliver one waits two", 3, 1, 1, 2000 },
		{ "pieces: who gave nothing right yet waits three",
		    3, 0, 0, 3000 },
		{ "pieces: of whom both is so waits ten", 3, 0, 1, 10000 }
	};
	static const uint32_t from[] = { 1, 2, 1 };
	struct giver g, other = { 0 };
	struct solo s;
	size_t i;

	for (i = 0; i < LEN(at); i++) {
		CASE(at[i].name);
		memset(&s, 0, sizeof s);
		solo_fail(&s, from, LEN(from), 5000);
		g = (struct giver){ .tag = at[i].tag, .proven = at[i].proven,
		    .barred = at[i].barred };
		OK(s.on && s.nsuspects == 2 && !s.giver);
		OK(at[i].wait_ms == 0 ||
		    !solo_may(&s, &g, 5000 + at[i].wait_ms - 1));
		OK(solo_may(&s, &g, 5000 + at[i].wait_ms));
	}
	CASE("pieces: who has one gives that, and no other, and alone");
	solo_take(&s, &g, 7, 20000);
	OK(g.busy && g.piece == 7 && solo_may(&s, &g, 20000));
	OK(!solo_may(&s, &other, 99000));
	OK(!solo_late(&s, 39999) && solo_late(&s, 40000));
	solo_drop(&s, 40000);
	OK(!g.busy && !s.giver && solo_may(&s, &other, 43000));
	g.busy = 1;
	OK(!solo_may(&s, &g, 99000));
}

static void
pieces(void)
{
	struct giver g = { 0 };
	struct open *o;

	begin();
	CASE("pieces: one is untouched, then open, then ours");
	OK(!pieces_open(&ps, 3) && !pieces_have(&ps, 3));
	o = pieces_begin(&ps, 3);
	OK(pieces_open(&ps, 3) == o && o->nblocks == 2 && o->nfree == 2);
	OK(ps.nloose == 1 && !bit_get(ps.fresh, 3));
	solo_take(&o->solo, &g, 3, 0);
	pieces_settle(&ps, o);
	OK(ps.nloose == 0 && !bit_get(ps.loosened, 3));
	solo_drop(&o->solo, 0);
	pieces_settle(&ps, o);
	OK(ps.nloose == 1 && bit_get(ps.loosened, 3));
	pieces_ask(&ps, o, 0);
	pieces_ask(&ps, o, 1);
	OK(o->nfree == 0 && ps.nloose == 0);
	OK(!pieces_got(&ps, o, 1, 41) && ps.partial == BLOCK_LEN);
	OK(pieces_got(&ps, o, 0, 42) && ps.partial == 2 * BLOCK_LEN);
	OK(o->from[0] == 42 && o->from[1] == 41);
	pieces_done(&ps, 3);
	OK(pieces_have(&ps, 3) && !pieces_open(&ps, 3));
	OK(ps.partial == 0 && ps.nhave == 1 && ps.nopen == 0 && ps.low == 0);
	CASE("pieces: all before the first that we lack is ours");
	pieces_done(&ps, 1);
	pieces_done(&ps, 0);
	OK(ps.low == 2);
	pieces_done(&ps, 2);
	OK(ps.low == 4);
	CASE("pieces: one that is no good is wanted again, whole");
	o = pieces_begin(&ps, N - 1);
	pieces_ask(&ps, o, 1);
	pieces_got(&ps, o, 1, 1);
	OK(ps.partial == 7 && o->nfree == 1);
	pieces_again(&ps, o);
	OK(ps.partial == 0 && o->nfree == 2 && o->nhere == 0);
	CASE("pieces: a block is free when no request counts for it");
	pieces_ask(&ps, o, 0);
	pieces_ask(&ps, o, 0);
	pieces_unask(&ps, o, 0);
	OK(o->nfree == 1);
	pieces_unask(&ps, o, 0);
	OK(o->nfree == 2 && o->hint == 0);
	end();
}

/* What somebody has of a set. */
static void
scans(void)
{
	uint8_t set[(N + 7) / 8] = { 0 }, more[(N + 7) / 8] = { 0 };
	uint32_t i, from, want;

	begin();
	CASE("pieces: the next that one has of two sets is found anywhere");
	for (i = 0; i < N; i += 3) {
		holder_told(&hs, &a, i);
		if (i % 2)
			bit_set(set, i);
		else if (i % 4 == 0)
			bit_set(more, i);
	}
	for (from = 0; from <= N; from++) {
		for (want = from; want < N && (want % 3 ||
		    (want % 2 == 0 && want % 4)); want++)
			;
		OK(holder_next(&hs, &a, set, more, from, N) ==
		    (want < N ? want : NOWHERE));
	}
	OK(holder_next(&hs, &a, set, NULL, 4, N) == 9);
	OK(holder_next(&hs, &a, set, more, 4, 9) == NOWHERE);
	OK(holder_next(&hs, &b, set, more, 0, N) == NOWHERE);
	CASE("pieces: of who has all, the next of the sets");
	holder_told_all(&hs, &b);
	bit_set(set, 98);
	OK(holder_next(&hs, &b, set, more, 97, N) == 98);
	OK(hs.nseeds == 1 && hs.nidle == 0 && b.nwanted == N);
	OK(holder_set(&hs, &b, 0, 1) && hs.nidle == 1);
	OK(!holder_set(&hs, &b, 1, 1) && !holders_others(&hs, &a, 5));
	holder_set(&hs, &b, 0, 0);
	OK(hs.nidle == 0 && holders_others(&hs, &a, 5));
	memset(set, 0, sizeof set);
	bit_set(set, 98);
	OK(holder_next(&hs, &b, set, NULL, 0, N) == 98);
	holder_set(&hs, &b, 1, 0);
	end();
	OK(hs.nseeds == 0 && hs.nidle == 0 && !hs.first);
}

static void
askings(void)
{
	struct open *o;
	uint32_t least = 3;
	int looks = 10;
	uint64_t rnd = 1;

	begin();
	holder_told_all(&hs, &a);
	holder_told_all(&hs, &b);
	o = pieces_begin(&ps, 5);
	CASE("pieces: a request that is idle leaves its block to others");
	holder_ask(&hs, &a, o, 0, 1, 100);
	OK(o->lead == &a && o->nfree == 1 && holder_free(&hs, &b, o, 9) == 1);
	holder_idle(&hs, &a, requests_first(&a.reqs));
	OK(!o->lead && o->nfree == 2 && o->nidle == 1);
	OK(holder_free(&hs, &b, o, 9) == 0 && holder_free(&hs, &a, o, 9) == 1);
	OK(holder_free(&hs, &a, o, 1) == NOWHERE);
	CASE("pieces: a second request goes where there is the least");
	holder_ask(&hs, &b, o, 0, 1, 200);
	OK(holder_twin(&hs, &a, o, &rnd, &least, &looks) == 1 && least == 0);
	holder_ask(&hs, &a, o, 1, 1, 200);
	least = 3;
	OK(holder_twin(&hs, &b, o, &rnd, &least, &looks) == 1 && least == 1);
	least = 1;
	OK(holder_twin(&hs, &b, o, &rnd, &least, &looks) == NOWHERE);
	CASE("pieces: what is released is free, unless it was idle");
	holder_release(&hs, &a, holder_find(&hs, &a, pieces_block(&ps, 5, 0)));
	OK(o->nidle == 0 && o->nfree == 0);
	holder_release(&hs, &b, holder_find(&hs, &b, pieces_block(&ps, 5, 0)));
	OK(o->nfree == 1 && b.reqs.n == 0 && a.reqs.n == 1);
	holder_release(&hs, &a, requests_first(&a.reqs));
	OK(o->nfree == 2);
	end();
}
