/* metadata: sizes around whole pieces, what is asked for and when, pieces in
 * any order, those that are refused, and the memory that it takes. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "torrent/meta.h"
#include "swarm/metadata.h"
#include "unit.h"

enum {
	MOST_ASKED = 16, /* pieces on their way */
	TURNS      = 300 /* of the model */
};

static void sizes(void);
static void window(void);
static void refused(void);
static void memory(void);
static void clocks(void);
static void model(void);
static int fetch(size_t size, uint64_t *rnd);

static int give(struct metadata *md, uint32_t piece, size_t n);
static size_t len_of(size_t size, uint32_t piece);
static uint8_t byte_at(size_t at);
static int whole(const struct metadata *md);

void
test_metadata(void)
{
	sizes();
	window();
	refused();
	memory();
	clocks();
	model();
}

static void
sizes(void)
{
	static const size_t from[] = { 1, METADATA_PIECE, 2 * METADATA_PIECE,
		MOST_ASKED * METADATA_PIECE,
		(MOST_ASKED + 1) * METADATA_PIECE, META_NET_MAX - 1 };
	struct metadata md;
	uint32_t piece, n, k;
	size_t i, size;
	char what[32];

	CASE("metadata: sizes around whole pieces, in order");
	for (i = 0; i < 3 * LEN(from); i++) {
		size = from[i / 3] + i % 3 - (from[i / 3] > 1);
		if (size > META_NET_MAX)
			continue;
		snprintf(what, sizeof what, "%zu", size);
		n = (uint32_t)(size / METADATA_PIECE +
		    (size % METADATA_PIECE > 0));
		metadata_init(&md, size, 1000);
		OK_FOR(what, md.npieces == n);
		for (k = 0; k < n && metadata_next(&md, &piece); k++) {
			OK_FOR(what, piece == k);
			OK_FOR(what, give(&md, k, len_of(size, k)) ==
			    (k == n - 1));
		}
		OK_FOR(what, k == n && !metadata_next(&md, &piece));
		OK_FOR(what, md.got.len == size && whole(&md));
		metadata_free(&md);
	}
}

static void
window(void)
{
	enum { SIZE = 40 * METADATA_PIECE };
	struct metadata md;
	uint32_t piece = 99, i;

	CASE("metadata: sixteen pieces are asked for at a time");
	metadata_init(&md, SIZE, 1000);
	for (i = 0; i < MOST_ASKED; i++)
		OK(metadata_next(&md, &piece) == 1 && piece == i);
	OK(metadata_next(&md, &piece) == 0);
	OK(metadata_next(&md, &piece) == 0);
	CASE("metadata: for each that comes one more is, whichever it was");
	OK(give(&md, 7, METADATA_PIECE) == 0);
	OK(metadata_next(&md, &piece) == 1 && piece == 16);
	OK(metadata_next(&md, &piece) == 0);
	OK(give(&md, 0, METADATA_PIECE) == 0);
	OK(give(&md, 16, METADATA_PIECE) == 0);
	OK(metadata_next(&md, &piece) == 1 && piece == 17);
	OK(metadata_next(&md, &piece) == 1 && piece == 18);
	OK(metadata_next(&md, &piece) == 0);
	CASE("metadata: what is refused makes no room");
	OK(give(&md, 7, METADATA_PIECE) == -1);
	OK(give(&md, 8, 1) == -1);
	OK(give(&md, 19, METADATA_PIECE) == -1);
	OK(metadata_next(&md, &piece) == 0);
	metadata_free(&md);
	CASE("metadata: no more are asked for than there are");
	metadata_init(&md, 2 * METADATA_PIECE + 1, 1000);
	for (i = 0; i < 3; i++)
		OK(metadata_next(&md, &piece) == 1 && piece == i);
	OK(metadata_next(&md, &piece) == 0);
	OK(give(&md, 2, 1) == 0 && metadata_next(&md, &piece) == 0);
	OK(give(&md, 0, METADATA_PIECE) == 0);
	OK(give(&md, 1, METADATA_PIECE) == 1);
	OK(metadata_next(&md, &piece) == 0 && whole(&md));
	metadata_free(&md);
}

static void
refused(void)
{
	static const uint32_t far[] = { 2, 3, 4, 1023, 1024, 0x3ffff, 0x40000,
		0x7fffffff, 0x80000000, 0xffffffff };
	enum { SIZE = 3 * METADATA_PIECE + 5 };
	static const size_t lens[] = { 0, 1, 4, 5, 6, METADATA_PIECE - 1,
		METADATA_PIECE, METADATA_PIECE + 1, 2 * METADATA_PIECE, SIZE };
	struct metadata md;
	uint32_t piece;
	size_t i;

	CASE("metadata: what was not asked for is refused");
	metadata_init(&md, SIZE, 1000);
	OK(give(&md, 0, METADATA_PIECE) == -1);
	OK(metadata_next(&md, &piece) == 1 && metadata_next(&md, &piece) == 1);
	for (i = 0; i < LEN(far); i++) {
		OK(give(&md, far[i], METADATA_PIECE) == -1);
		OK(give(&md, far[i], 5) == -1);
	}
	CASE("metadata: what comes twice is refused");
	OK(give(&md, 1, METADATA_PIECE) == 0);
	OK(give(&md, 1, METADATA_PIECE) == -1);
	CASE("metadata: a piece of a wrong length is refused");
	OK(metadata_next(&md, &piece) == 1 && metadata_next(&md, &piece) == 1);
	for (i = 0; i < LEN(lens); i++) {
		OK(lens[i] == METADATA_PIECE || give(&md, 2, lens[i]) == -1);
		OK(lens[i] == 5 || give(&md, 3, lens[i]) == -1);
	}
	CASE("metadata: what was refused does no harm to the rest");
	OK(md.ngot == 1 && md.got.len == SIZE);
	OK(give(&md, 3, 5) == 0 && give(&md, 2, METADATA_PIECE) == 0);
	OK(give(&md, 0, METADATA_PIECE) == 1 && whole(&md));
	OK(give(&md, 0, METADATA_PIECE) == -1 && whole(&md));
	metadata_free(&md);
}

/* What a peer says of its size must not cost what it says. */
static void
memory(void)
{
	struct metadata md;
	uint32_t piece, asked = 0, got = 0;
	size_t want;

	CASE("metadata: memory is taken as pieces are asked for");
	metadata_init(&md, META_NET_MAX, 1000);
	OK(md.got.len == 0 && md.got.cap == 0);
	while (asked < 1000) {
		while (metadata_next(&md, &piece)) {
			asked++;
			want = (size_t)asked * METADATA_PIECE;
			OK(piece == asked - 1 && md.got.len == want);
			OK(md.got.cap <= 2 * want);
		}
		OK(asked == got + MOST_ASKED);
		OK(give(&md, got++, METADATA_PIECE) == 0);
	}
	metadata_free(&md);
	metadata_init(&md, META_NET_MAX, 1000);
	metadata_free(&md);
}

static void
clocks(void)
{
	enum { SIZE = METADATA_PIECE + 1 };
	struct metadata md;
	uint8_t byte = byte_at(METADATA_PIECE);
	struct span data = { &byte, 1 };
	uint32_t piece;

	CASE("metadata: it knows when something came last");
	metadata_init(&md, SIZE, 1000);
	OK(md.heard_ms == 1000);
	OK(metadata_next(&md, &piece) == 1 && md.heard_ms == 1000);
	OK(metadata_got(&md, 1, data, 2000) == -1 && md.heard_ms == 1000);
	OK(metadata_next(&md, &piece) == 1);
	OK(metadata_got(&md, 0, data, 3000) == -1 && md.heard_ms == 1000);
	OK(metadata_got(&md, 1, data, 4000) == 0 && md.heard_ms == 4000);
	OK(metadata_got(&md, 1, data, 5000) == -1 && md.heard_ms == 4000);
	metadata_free(&md);
}

static void
model(void)
{
	uint64_t rnd = 31;
	size_t size;
	int i, bad = 0;

	CASE("metadata: pieces in any order, good and bad, make the whole");
	for (i = 0; i < TURNS; i++) {
		size = 1 + rnd_below(&rnd, i % 4 ? 20 * METADATA_PIECE :
		    100 * METADATA_PIECE);
		bad += !fetch(size, &rnd);
	}
	OK(bad == 0);
}

/* Whether metadata of size bytes comes whole from a peer who answers in any
 * order, and much that it was not asked. */
static int
fetch(size_t size, uint64_t *rnd)
{
	uint32_t way[MOST_ASKED + 1], n = 0, piece, i, asked = 0, len;
	uint8_t *got = xcalloc(size / METADATA_PIECE + 2, 1);
	struct metadata md;
	int r = 0, good = 1, on_way;

	metadata_init(&md, size, 1000);
	while (good && r != 1) {
		while (n <= MOST_ASKED && metadata_next(&md, &piece)) {
			good &= piece == asked++;
			way[n++] = piece;
		}
		good &= n > 0 && n <= MOST_ASKED;
		i = rnd_below(rnd, n);
		if (rnd_below(rnd, 3) > 0) {
			r = give(&md, way[i], len_of(size, way[i]));
			got[way[i]] = 1;
			way[i] = way[--n];
			good &= r == (n == 0 && asked == md.npieces);
			continue;
		}
		piece = rnd_below(rnd, md.npieces + 1);
		len = 1 + rnd_below(rnd, METADATA_PIECE);
		on_way = piece < asked && !got[piece];
		if (!on_way || len != len_of(size, piece))
			good &= give(&md, piece, len) == -1;
	}
	good &= r == 1 && whole(&md);
	metadata_free(&md);
	free(got);
	return good;
}

/* A piece comes, n bytes of it, in memory of its own. */
static int
give(struct metadata *md, uint32_t piece, size_t n)
{
	uint8_t *p = xmalloc(n + 1), *copy;
	struct span data;
	size_t i;
	int r;

	for (i = 0; i < n; i++)
		p[i] = byte_at((size_t)piece * METADATA_PIECE + i);
	data.p = copy = unit_copy(p, n);
	data.n = n;
	r = metadata_got(md, piece, data, 1000);
	free(copy);
	free(p);
	return r;
}

static size_t
len_of(size_t size, uint32_t piece)
{
	return MIN(size - (size_t)piece * METADATA_PIECE, METADATA_PIECE);
}

static uint8_t
byte_at(size_t at)
{
	return (uint8_t)(at * 11 + (at >> 8) * 7 + (at >> 14) * 37 + 1);
}

static int
whole(const struct metadata *md)
{
	size_t i;

	for (i = 0; i < md->size && i < md->got.len; i++)
		if (md->got.p[i] != byte_at(i))
			return 0;
	return i == md->size && md->ngot == md->npieces;
}
