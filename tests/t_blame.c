/* blame: pieces that failed and were right later, and who is named. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rand.h"
#include "swarm/blame.h"
#include "unit.h"

enum { TAGS = 64, BLOCKS = 16 };

/* What guilty was told. */
static struct verdict {
	int count[TAGS];
	int n;
} verdict;

static void one_guilty(void);
static void several_guilty(void);
static void many_failures(void);
static void innocent(void);
static void pieces_apart(void);
static void oldest_go(void);
static void copies(void);
static void random_cases(void);
static void on_guilty(void *arg, uint32_t tag);
static void good(uint8_t (*d)[20], uint32_t n);
static void spoil(uint8_t digest[20], uint8_t how);
static const struct verdict *judge(struct blame *bl, uint32_t piece,
    uint32_t n);

void
test_blame(void)
{
	one_guilty();
	several_guilty();
	many_failures();
	innocent();
	pieces_apart();
	oldest_go();
	copies();
	random_cases();
}

static void
one_guilty(void)
{
	struct blame *bl = blame_new();
	uint8_t d[4][20];
	const uint32_t from[4] = { 1, 2, 3, 1 };
	const struct verdict *v;
	uint32_t i;

	CASE("blame: of several the one whose block differs");
	OK(!blame_suspects(bl, 0) && !blame_suspects(bl, 9));
	good(d, 4);
	spoil(d[1], 1);
	blame_failed(bl, 9, 4, d, from);
	OK(blame_suspects(bl, 9) && !blame_suspects(bl, 0));
	v = judge(bl, 9, 4);
	OK(v->n == 1 && v->count[2] == 1);
	CASE("blame: a piece that was right is forgotten");
	OK(!blame_suspects(bl, 9));
	OK(judge(bl, 9, 4)->n == 0);
	CASE("blame: any bit of a digest counts, and any block");
	for (i = 0; i < 160; i++) {
		good(d, 4);
		d[i % 4][i / 8] ^= (uint8_t)(1 << i % 8);
		blame_failed(bl, i, 4, d, from);
		v = judge(bl, i, 4);
		OK(v->n == 1 && v->count[from[i % 4]] == 1);
	}
	CASE("blame: a piece of one block");
	good(d, 1);
	spoil(d[0], 3);
	blame_failed(bl, 7, 1, d, from);
	v = judge(bl, 7, 1);
	OK(v->n == 1 && v->count[1] == 1);
	blame_free(bl);
}

static void
several_guilty(void)
{
	struct blame *bl = blame_new();
	uint8_t d[4][20];
	const uint32_t from[4] = { 1, 2, 3, 1 };
	const struct verdict *v;

	CASE("blame: two are guilty, and one of them of two blocks");
	good(d, 4);
	spoil(d[0], 1);
	spoil(d[2], 1);
	spoil(d[3], 1);
	blame_failed(bl, 3, 4, d, from);
	v = judge(bl, 3, 4);
	OK(v->n == 3 && v->count[1] == 2 && v->count[3] == 1);
	OK(v->count[2] == 0);
	blame_free(bl);
}

static void
many_failures(void)
{
	struct blame *bl = blame_new();
	uint8_t d[3][20];
	uint32_t from[3], i, k;
	const struct verdict *v;

	CASE("blame: each failure of a piece has its own guilty");
	for (i = 0; i < 10; i++) {
		good(d, 3);
		spoil(d[i % 3], (uint8_t)(i + 1));
		for (k = 0; k < 3; k++)
			from[k] = i * 3 + k;
		blame_failed(bl, 5, 3, d, from);
		OK(blame_suspects(bl, 5));
	}
	v = judge(bl, 5, 3);
	OK(v->n == 10);
	for (i = 0; i < 30; i++)
		OK(v->count[i] == (i % 3 == i / 3 % 3));
	OK(!blame_suspects(bl, 5));
	CASE("blame: hundreds of failures of one piece");
	for (i = 0; i < 500; i++) {
		good(d, 3);
		spoil(d[1], (uint8_t)(i + 1));
		for (k = 0; k < 3; k++)
			from[k] = k;
		blame_failed(bl, 5, 3, d, from);
	}
	v = judge(bl, 5, 3);
	OK(v->n > 0 && v->n == v->count[1] && !blame_suspects(bl, 5));
	blame_free(bl);
}

static void
innocent(void)
{
	struct blame *bl = blame_new();
	uint8_t d[2][20];
	const uint32_t from[2] = { 1, 2 };

	CASE("blame: a piece without suspects names nobody");
	OK(judge(bl, 4, 2)->n == 0);
	good(d, 2);
	blame_failed(bl, 5, 2, d, from);
	OK(judge(bl, 4, 2)->n == 0 && blame_suspects(bl, 5));
	CASE("blame: nobody whose blocks are all the same");
	OK(judge(bl, 5, 2)->n == 0 && !blame_suspects(bl, 5));
	CASE("blame: cases that are left are freed");
	blame_failed(bl, 5, 2, d, from);
	blame_failed(bl, UINT32_MAX, 2, d, from);
	OK(blame_suspects(bl, UINT32_MAX));
	blame_free(bl);
}

static void
pieces_apart(void)
{
	struct blame *bl = blame_new();
	uint8_t d[2][20];
	uint32_t from[2], i;
	const struct verdict *v;

	CASE("blame: pieces do not mix, whatever the order they are right in");
	for (i = 0; i < 12; i++) { /* piece i % 4 fails three times */
		good(d, 2);
		spoil(d[0], 1);
		from[0] = i;
		from[1] = 40;
		blame_failed(bl, i % 4, 2, d, from);
	}
	for (i = 0; i < 4; i++) {
		v = judge(bl, (i + 2) % 4, 2);
		OK(v->n == 3 && v->count[40] == 0);
		OK(v->count[(i + 2) % 4] == 1);
		OK(v->count[(i + 2) % 4 + 8] == 1);
		OK(!blame_suspects(bl, (i + 2) % 4));
		OK(i == 3 || blame_suspects(bl, (i + 3) % 4));
	}
	blame_free(bl);
}

static void
oldest_go(void)
{
	struct blame *bl = blame_new();
	uint8_t d[2][20];
	const uint32_t from[2] = { 1, 2 };
	uint32_t i, n = 0, first = 0;
	int sorted = 1;

	CASE("blame: the oldest failures are forgotten, the newest kept");
	good(d, 2);
	spoil(d[1], 1);
	for (i = 0; i < 5000; i++)
		blame_failed(bl, i, 2, d, from);
	for (i = 0; i < 5000; i++) {
		if (blame_suspects(bl, i)) {
			first = n++ ? first : i;
		} else if (n > 0) {
			sorted = 0;
		}
	}
	OK(n >= 16 && n <= 1024 && sorted && first == 5000 - n);
	OK(judge(bl, first - 1, 2)->n == 0);
	OK(judge(bl, first, 2)->count[2] == 1);
	OK(judge(bl, 4999, 2)->count[2] == 1);
	OK(judge(bl, 4990, 2)->count[2] == 1 && blame_suspects(bl, 4991));
	blame_free(bl);
}

static void
copies(void)
{
	struct blame *bl = blame_new();
	uint8_t d[2][20], (*p)[20];
	uint32_t from[2] = { 1, 2 }, *f;
	const struct verdict *v;

	CASE("blame: what it was given is copied");
	good(d, 2);
	spoil(d[1], 1);
	p = unit_copy(d, sizeof d);
	f = unit_copy(from, sizeof from);
	blame_failed(bl, 1, 2, p, f);
	memset(p, 0, sizeof d);
	memset(f, 0, sizeof from);
	free(p);
	free(f);
	v = judge(bl, 1, 2);
	OK(v->n == 1 && v->count[2] == 1);
	blame_free(bl);
}

/* Failures and good pieces in random order, a few cases at a time. */
static void
random_cases(void)
{
	enum { PIECES = 8 };
	struct blame *bl = blame_new();
	int want[PIECES][TAGS] = { { 0 } }, open[PIECES] = { 0 };
	uint8_t d[BLOCKS][20];
	uint32_t from[BLOCKS], piece, k, tag;
	const struct verdict *v;
	uint64_t rnd = 99;
	int i;

	CASE("blame: random failures name exactly who sent what was wrong");
	for (i = 0; i < 20000; i++) {
		piece = rnd_below(&rnd, PIECES);
		if (open[piece] == 4 || rnd_below(&rnd, 3) == 0) {
			OK(blame_suspects(bl, piece) == (open[piece] > 0));
			v = judge(bl, piece, piece + 1);
			for (tag = 0; tag < TAGS; tag++)
				OK(v->count[tag] == want[piece][tag]);
			memset(want[piece], 0, sizeof want[piece]);
			open[piece] = 0;
			continue;
		}
		good(d, piece + 1);
		for (k = 0; k <= piece; k++) {
			from[k] = rnd_below(&rnd, TAGS);
			if (rnd_below(&rnd, 3) == 0) {
				spoil(d[k], (uint8_t)(1 + rnd_below(&rnd, 9)));
				want[piece][from[k]]++;
			}
		}
		blame_failed(bl, piece, piece + 1, d, from);
		open[piece]++;
	}
	blame_free(bl);
}

static void
on_guilty(void *arg, uint32_t tag)
{
	struct verdict *v = arg;

	v->n++;
	if (tag < TAGS)
		v->count[tag]++;
}

/* The digests of a piece's n blocks, when it is right. */
static void
good(uint8_t (*d)[20], uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		memset(d[i], (int)(100 + i), 20);
}

static void
spoil(uint8_t digest[20], uint8_t how)
{
	digest[how % 20] ^= how;
}

static const struct verdict *
judge(struct blame *bl, uint32_t piece, uint32_t n)
{
	uint8_t d[BLOCKS][20], (*p)[20];

	good(d, n);
	p = unit_copy(d, n * sizeof *d);
	memset(&verdict, 0, sizeof verdict);
	blame_passed(bl, piece, p, on_guilty, &verdict);
	free(p);
	return &verdict;
}
