/* A QR code is made in five steps.  The bytes become codewords: four bits say
 * byte mode, then come their number, they themselves, four bits of 0, and what
 * pads the version.  These are cut into blocks, each followed by the remainder
 * that makes it a Reed-Solomon codeword; the first of every block goes first,
 * then the second of every block.  The patterns that readers look for are
 * drawn and marked FIXED.  The bits fill what is left, two columns at a time
 * from the right, upwards and downwards in turn.  Last, one of eight masks,
 * that with the least penalty, inverts modules that are not FIXED, and the
 * format says which.  A code's size depends on the number of bytes alone. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "web/qr.h"

enum {
	VERSIONS = 40,
	WORDS    = 3706, /* codewords of version 40, */
	EC_MAX   = 30,   /* and how many correct a block at most */
	MASKS    = 8,
	QUIET    = 4     /* modules around a code */
};

enum { M, L, NLEVELS };       /* levels of error correction, as in a format */
enum { DARK = 1, FIXED = 2 }; /* bits of a module */

/* Bytes that the mode, a number of one or two, and the last 0 make. */
#define HEAD(version) ((version) < 10 ? 2 : 3)

static int room(int version, int level);
static void put_data(uint8_t *out, int version, const uint8_t *p, int n);
static void put_blocks(uint8_t *out, int v, int level, const uint8_t *data);
static uint8_t times(uint8_t a, uint8_t b);
static void draw_fixed(struct qr *q, int version);
static uint32_t bch(int v, uint32_t g, int n);
static void rings(struct qr *q, int cx, int cy, int r, unsigned dark);
static void put(struct qr *q, int x, int y, unsigned dark);
static void fill(struct qr *q, const uint8_t *words, int level, int mask);

/* Table 9: blocks, and codewords that correct each; at M, and at L. */
static const uint8_t nblocks[NLEVELS][VERSIONS] = {
	{ 1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17,
	17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47,
	49 },
	{ 1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9,
	10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19, 19, 20, 21, 22, 24, 25 }
};
static const uint8_t necs[NLEVELS][VERSIONS] = {
	{ 10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28,
	26, 26, 26, 26, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
	28, 28, 28, 28, 28 },
	{ 7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28,
	30, 28, 28, 28, 28, 30, 30, 26, 28, 30, 30, 30, 30, 30, 30, 30, 30, 30,
	30, 30, 30, 30, 30 }
};

int
qr_encode(struct qr *q, const uint8_t *p, size_t n)
{
	uint8_t words[WORDS + 1] = { 0 }; /* up to seven bits are left over */
	uint8_t data[WORDS];
	long best = 0, score; /* a penalty, and which mask has it */
	int v = 1, level, mask;

	if (n > QR_BYTES)
		return -1;
	while (room(v, L) < (int)n)
		v++;
	level = room(v, M) < (int)n ? L : M;
	q->side = 4 * v + 17;
	put_data(data, v, p, (int)n);
	put_blocks(words, v, level, data);
	memset(q->m, 0, (size_t)(q->side * q->side));
	draw_fixed(q, v);
	for (mask = 0; mask < MASKS; mask++) {
		fill(q, words, level, mask);
		score = qr_penalty(q) * MASKS + mask;
		best = mask == 0 ? score : MIN(best, score);
	}
	fill(q, words, level, (int)(best % MASKS));
	return q->side;
}

int
qr_get(const struct qr *q, int x, int y)
{
	return x >= 0 && x < q->side && y >= 0 && y < q->side &&
	    q->m[y * q->side + x] & DARK;
}

void
qr_svg(struct buf *out, const struct qr *q)
{
	int size = q->side + 2 * QUIET, x, y, run;

	buf_printf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\""
	    "0 0 %d %d\" shape-rendering=\"crispEdges\"><rect width=\"%d\" "
	    "height=\"%d\" fill=\"#fff\"/><path stroke=\"currentColor\" d=\"",
	    size, size, size, size);
	for (y = 0; y < q->side; y++) { /* strokes and gaps */
		buf_printf(out, "M%d %d.5", QUIET, y + QUIET);
		for (x = 0; x < q->side; x += run) {
			for (run = 1; x + run < q->side && qr_get(q, x + run,
			    y) == qr_get(q, x, y);)
				run++;
			buf_printf(out, qr_get(q, x, y) ? "h%d" : "m%d 0",
			    run);
		}
	}
	buf_printf(out, "\"/></svg>");
}

long
qr_penalty(const struct qr *q)
{
	int n = q->side, dark = 0, i, j, x, y, run;
	int last; /* 15 modules of a line, the newest the lowest bit */
	long r = 0;

	for (i = 0; i < 2 * n; i++) /* rows, then columns */
		for (j = run = 0, last = 0; j < n + QUIET; j++) {
			x = i < n ? j : i - n;
			y = i < n ? i : j;
			last = (last << 1 | qr_get(q, x, y)) & 0x7fff;
			if (j < n) {
				dark += last & 1;
				run = (last ^ last >> 1) & 1 ? 1 : run + 1;
				r += run == 5 ? 3 : run > 5;
			}
			/* a finder's 1:1:3:1:1, and four light beside it */
			if ((last >> 4 & 0x7f) == 0x5d &&
			    ((last & 0xf) == 0 || last >> 11 == 0))
				r += 40;
			if (i > 0 && i < n && j > 0 && j < n &&
			    (qr_get(q, x, y - 1) + qr_get(q, x - 1, y - 1) +
			    (last & 1) + (last >> 1 & 1)) % 4 == 0)
				r += 3;
		}
	return r + abs(dark - n * n) * 10 / (n * n) * 10; /* each twice */
}

/* Bytes that go in: by modules that are neither a finder with its margin (64),
 * timing, format, version nor alignment (25, of which 5 may lie on timing). */
static int
room(int version, int level)
{
	int side = 4 * version + 17, n = version / 7 + 2;
	int bits = side * side - 3 * 64 - 2 * (side - 16) - 31 -
	    (version >= 2) * (25 * (n * n - 3) - 2 * 5 * (n - 2)) -
	    (version >= 7) * 2 * 18;

	return bits / 8 - nblocks[level][version - 1] *
	    necs[level][version - 1] - HEAD(version);
}

/* After the mode's four bits each byte lies across two codewords. */
static void
put_data(uint8_t *out, int version, const uint8_t *p, int n)
{
	const uint8_t *end = out + WORDS;
	unsigned last = 4, by;
	int i;

	for (i = 1 - HEAD(version); i < n; i++, last = by) {
		by = i >= 0 ? p[i] : (unsigned)n >> 8 * (-1 - i) & 0xff;
		*out++ = (uint8_t)(last << 4 | by >> 4);
	}
	*out++ = (uint8_t)(last << 4);
	for (by = 0xec; out < end; by ^= 0xec ^ 0x11)
		*out++ = (uint8_t)by;
}

/* The generator g is the product of x - 2^i, without its first coefficient, 1.
 * The last blocks are longer by one where they do not come out even. */
static void
put_blocks(uint8_t *out, int v, int level, const uint8_t *data)
{
	uint8_t g[EC_MAX + 1] = { 0 }, rem[EC_MAX + 1], root = 1, by;
	int n = necs[level][v - 1], nb = nblocks[level][v - 1];
	int ndata = room(v, level) + HEAD(v);
	int len = ndata / nb, few = nb - ndata % nb, b, i, j;

	g[n - 1] = 1;
	for (i = 0; i < n; i++, root = times(root, 2))
		for (j = 0; j < n; j++)
			g[j] = times(g[j], root) ^ g[j + 1];
	for (b = 0; b < nb; b++) {
		memset(rem, 0, sizeof rem);
		for (i = 0; i < len + (b >= few); i++) {
			out[i * nb + b - (i < len ? 0 : few)] = *data;
			by = *data++ ^ rem[0];
			for (j = 0; j < n; j++)
				rem[j] = rem[j + 1] ^ times(g[j], by);
		}
		for (j = 0; j < n; j++)
			out[ndata + j * nb + b] = rem[j];
	}
}

/* In the field of 256 elements, modulo x^8 + x^4 + x^3 + x^2 + 1. */
static uint8_t
times(uint8_t a, uint8_t b)
{
	unsigned r = 0;
	int i;

	for (i = 7; i >= 0; i--)
		r = (r << 1 ^ (r >> 7) * 0x11d) ^ (b >> i & 1u) * a;
	return (uint8_t)r;
}

/* All but the format.  Centres of alignment patterns stand on a lattice, whose
 * other corners are the finders'; its step is even and the same but for the
 * first, which is what is left. */
static void
draw_fixed(struct qr *q, int version)
{
	int n = q->side, gaps = version / 7 + 1, i, j;
	int step = (2 * (n - 13) + 3 * gaps) / (4 * gaps) * 2;
	uint32_t bits = bch(version, 0x1f25, 12);

	for (i = 0; i < n; i++) {
		put(q, 6, i, i % 2 == 0);
		put(q, i, 6, i % 2 == 0);
	}
	for (i = 0; i <= gaps; i++)
		for (j = 0; j <= gaps; j++)
			if ((!i || !j) && (i + j) % gaps == 0)
				rings(q, j ? n - 4 : 3, i ? n - 4 : 3, 4, 0xb);
			else if (version >= 2)
				rings(q, j ? n - 7 - (gaps - j) * step : 6,
				    i ? n - 7 - (gaps - i) * step : 6, 2, 0x5);
	for (i = 0; version >= 7 && i < 18; i++) {
		put(q, n - 11 + i % 3, i / 3, bits >> i);
		put(q, i / 3, n - 11 + i % 3, bits >> i);
	}
}

/* v, of at most six bits, and the remainder of n bits that g leaves of it. */
static uint32_t
bch(int v, uint32_t g, int n)
{
	uint32_t bits = (uint32_t)v << n, rem = bits;
	int i;

	for (i = 5; i >= 0; i--)
		if (rem >> (n + i) & 1)
			rem ^= g << i;
	return bits | rem;
}

/* Out to radius r; bit i of dark is for radius i. */
static void
rings(struct qr *q, int cx, int cy, int r, unsigned dark)
{
	int x, y;

	for (y = -r; y <= r; y++)
		for (x = -r; x <= r; x++)
			put(q, cx + x, cy + y, dark >> MAX(abs(x), abs(y)));
}

static void
put(struct qr *q, int x, int y, unsigned dark)
{
	if (x >= 0 && x < q->side && y >= 0 && y < q->side)
		q->m[y * q->side + x] = (uint8_t)(FIXED | (dark & DARK));
}

/* The format, twice: around the first finder, past the timing, and by the
 * other two; and the bits under the mask. */
static void
fill(struct qr *q, const uint8_t *words, int level, int mask)
{
	uint32_t bits = bch(level << 3 | mask, 0x537, 10) ^ 0x5412, k = 0;
	int n = q->side, right, up = 1, i;

	for (i = 0; i < 15; i++, bits >>= 1) {
		put(q, 8, i < 8 ? i + (i >= 6) : n - 15 + i, bits);
		put(q, i < 8 ? n - 1 - i : 14 - i + (i == 8), 8, bits);
	}
	put(q, 8, n - 8, 1);
	for (right = n - 1; right > 0; right -= 2, up = !up) {
		right -= right == 6; /* the timing's */
		for (i = 0; i < 2 * n; i++) {
			int x = right - i % 2, y = up ? n - 1 - i / 2 : i / 2;
			const int keeps[MASKS] = { (x + y) % 2, y % 2, x % 3,
			    (x + y) % 3, (y / 2 + x / 3) % 2, x * y % 6,
			    (x * y % 2 + x * y % 3) % 2,
			    ((x + y) % 2 + x * y % 3) % 2 };

			if (!(q->m[y * n + x] & FIXED))
				q->m[y * n + x] = (uint8_t)(bit_get(words,
				    k++) ^ !keeps[mask]);
		}
	}
}
