/* qr: codes known from the standard and from another encoder, read back in
 * version 1, their sizes, masks and pictures. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "web/qr.h"
#include "unit.h"

static void sizes(void);
static void patterns(void);
static void first(void);
static void others(void);
static void masks(void);
static void penalties(void);
static void svg(void);
static int make(struct qr *q, size_t n, unsigned by);
static int text(struct qr *q, const char *s);
static uint32_t format(const struct qr *q, int copy);
static uint32_t version(const struct qr *q, int copy);
static int is_data(int x, int y);
static int inverts(int mask, int x, int y);
static void read_words(uint8_t *words, const struct qr *q, int mask);
static uint8_t times2(uint8_t v);
static int is_codeword(const uint8_t *words, int n, int nec);
static void draw(struct qr *q, int side, int row, const char *dark);
static int digest_is(const struct qr *q, const char *want);
static int drawn_is(const struct buf *b, const struct qr *q);

/* The standard's table 7: bytes that each version holds, at L and at M. */
static const uint16_t holds[2][40] = {
	{ 17, 32, 53, 78, 106, 134, 154, 192, 230, 271, 321, 367, 425, 458,
	520, 586, 644, 718, 792, 858, 929, 1003, 1091, 1171, 1273, 1367, 1465,
	1528, 1628, 1732, 1840, 1952, 2068, 2188, 2303, 2431, 2563, 2699, 2809,
	2953 },
	{ 14, 26, 42, 62, 84, 106, 122, 152, 180, 213, 251, 287, 331, 362, 412,
	450, 504, 560, 624, 666, 711, 779, 857, 911, 997, 1059, 1125, 1190,
	1264, 1370, 1452, 1538, 1628, 1722, 1809, 1911, 1989, 2099, 2213,
	2331 }
};

/* Its table C.1: the format of each mask, at L and at M. */
static const uint16_t formats[2][8] = {
	{ 0x77c4, 0x72f3, 0x7daa, 0x789d, 0x662f, 0x6318, 0x6c41, 0x6976 },
	{ 0x5412, 0x5125, 0x5e7c, 0x5b4b, 0x45f9, 0x40ce, 0x4f97, 0x4aa0 }
};

void
test_qr(void)
{
	sizes();
	patterns();
	first();
	others();
	masks();
	penalties();
	svg();
}

static void
sizes(void)
{
	static struct qr q, was;
	char what[48];
	int v, m, level;

	CASE("qr: each version holds what it should, and no byte more");
	for (v = 1; v <= 40; v++) {
		snprintf(what, sizeof what, "version %d", v);
		OK_FOR(what, make(&q, holds[0][v - 1], 1) == 4 * v + 17);
		OK_FOR(what, make(&q, holds[0][v - 1] + 1u, 1) ==
		    (v < 40 ? 4 * v + 21 : -1));
	}
	CASE("qr: level M if it costs no larger version");
	for (v = 1; v <= 40; v++)
		for (m = 0; m < 2; m++) {
			snprintf(what, sizeof what, "version %d, M + %d", v,
			    m);
			make(&q, holds[1][v - 1] + (size_t)m, 1);
			level = (format(&q, 0) ^ 0x5412) >> 13;
			if (q.side == 4 * v + 17) /* in some M is no use */
				OK_FOR(what, level == m);
		}
	CASE("qr: what is too long is refused, and nothing is drawn");
	make(&was, 20, 1);
	q = was;
	OK(make(&q, QR_BYTES + 1, 1) == -1);
	OK(memcmp(&q, &was, sizeof q) == 0);
	OK(qr_encode(&q, NULL, (size_t)-1) == -1);
	CASE("qr: nothing is a code, too");
	OK(qr_encode(&q, NULL, 0) == 21);
}

static void
patterns(void)
{
	static struct qr q;
	char what[48];
	uint32_t f;
	int i;

	CASE("qr: the format of level M and mask 5 as in the standard");
	for (f = 0, i = 0; i < 1000 && f >> 10 != (0x40ce >> 10); i++) {
		snprintf(what, sizeof what, "%d", i);
		text(&q, what);
		f = format(&q, 0);
	}
	OK(f == 0x40ce); /* 00101, and 0011011100, under 101010000010010 */
	CASE("qr: any format is one of the standard's, and there twice");
	for (i = 0; i < 200; i++) {
		make(&q, 16 + (size_t)i % 3, (unsigned)i);
		f = format(&q, 0);
		snprintf(what, sizeof what, "%d: %x", i, (unsigned)f);
		OK_FOR(what, f == format(&q, 1));
		OK_FOR(what, f == formats[(f ^ 0x5412) >> 13 == 0]
		    [(f ^ 0x5412) >> 10 & 7]);
		OK_FOR(what, qr_get(&q, 8, q.side - 8));
	}
	CASE("qr: version 7 as in the standard, and version 40, twice");
	make(&q, 154, 1);
	OK(version(&q, 0) == 0x07c94 && version(&q, 1) == 0x07c94);
	make(&q, 2953, 1);
	OK(version(&q, 0) == 0x28c69 && version(&q, 1) == 0x28c69);
}

/* What it is was worked out by hand but for the last ten, which the check of
 * a codeword proves. */
static void
first(void)
{
	static const char *const rows[] = {
		"#######.....#.#######",
		"#.....#.###...#.....#",
		"#.###.#..##...#.###.#",
		"#.###.#...#.#.#.###.#",
		"#.###.#.#..##.#.###.#",
		"#.....#..###..#.....#",
		"#######.#.#.#.#######",
		".....................",
		"#.#.#.#..##.#...#..#.",
		"####...###.#.#.#....#",
		".#######.#.#.###..###",
		".###...#...###.##..##",
		".#..#.#.#..#.###.#..#",
		"........#.....#..#.##",
		"#######.....#...##.##",
		"#.....#..#....#....#.",
		"#.###.#.###.#.#.#..##",
		"#.###.#..#.#.#.#.###.",
		"#.###.#.####.###..#.#",
		"#.....#..#.###.###.#.",
		"#######.#.##.###..###"
	};
	static const uint8_t want[] = { 0x40, 0x46, 0x27, 0x47, 0x36, 0x80,
	    0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11, 0xec, 0x11 };
	static struct qr q;
	uint8_t words[26];
	int mask, x, y;

	CASE("qr: btsh as a code of version 1, module by module");
	OK(text(&q, "btsh") == 21);
	for (y = 0; y < 21; y++)
		for (x = 0; x < 21; x++)
			OK_FOR(rows[y], qr_get(&q, x, y) ==
			    (rows[y][x] == '#'));
	OK(!qr_get(&q, -1, 0) && !qr_get(&q, 0, -1) && !qr_get(&q, 21, 0) &&
	    !qr_get(&q, 0, 21));
	CASE("qr: its codewords, read back");
	mask = (int)((format(&q, 0) ^ 0x5412) >> 10 & 7);
	read_words(words, &q, mask);
	OK(memcmp(words, want, sizeof want) == 0);
	OK(is_codeword(words, 26, 10));
	words[7] ^= 0x20;
	OK(!is_codeword(words, 26, 10));
}

/* The digests are those of qrencode 4.1.1's codes, which has the same idea of
 * the best mask for these. */
static void
others(void)
{
	static const struct {
		size_t n;
		unsigned by;
		const char *digest;
	} known[] = {
		{ 1, 1, "4f89275c6cd6dccf50315e38d2f2618851c9a257" },
		{ 17, 2, "9dc33d5a33f8ae73f95539754812a58dcc5221ab" },
		{ 26, 1, "27da88323ece3ee6eebd39be9e524edb5f137874" },
		{ 100, 1, "4e9fc621f7d06cdaa7c13b069bc7587af63eaea2" },
		{ 154, 1, "f7d5d9abc43885a69ef35e6ab090fe63d3ff6256" },
		{ 230, 4, "9919be525815de2059459735ed086e3e8ebe4b75" },
		{ 586, 1, "a60d9cd4d72855014b35220b27c0c69d8fa9fee4" },
		{ 1003, 2, "384cac20d3b4dc26e246e0eeabc59e8465bbef35" },
		{ 1367, 1, "f39bc1177f66904109e232b4aac230790121bb69" },
		{ 1732, 2, "530d77cbca27560f8617d6f0c3b4b597e4331457" },
		{ 2303, 2, "8ba867187bb7f2878721ae8181b001d0628718f4" },
		{ 2900, 1, "355e235987190b3a3d6d60b21fd89a1a6a1893e8" },
		{ 2953, 1, "0db3a131aaee4566641eba24396ece822253aff9" }
	};
	static struct qr q;
	char what[48];
	size_t i;

	CASE("qr: the same modules as another encoder's");
	for (i = 0; i < LEN(known); i++) {
		snprintf(what, sizeof what, "%zu bytes", known[i].n);
		make(&q, known[i].n, known[i].by);
		OK_FOR(what, digest_is(&q, known[i].digest));
	}
}

/* Version 1 under each mask in turn. */
static void
masks(void)
{
	static struct qr q, other;
	char what[48];
	int chosen, mask, x, y, i, seen = 0;
	long least;

	CASE("qr: the mask is the first of the least penalty");
	for (i = 0; i < 256; i++) {
		make(&q, 10, (unsigned)i);
		least = qr_penalty(&q);
		chosen = (int)((format(&q, 0) ^ 0x5412) >> 10 & 7);
		seen |= 1 << chosen;
		for (mask = 0; mask < 8; mask++) {
			other = q;
			for (y = 0; y < 21; y++)
				for (x = 0; x < 21; x++)
					other.m[y * 21 + x] ^= is_data(x, y) &&
					    inverts(mask, x, y) !=
					    inverts(chosen, x, y);
			for (x = 0; x < 15; x++) {
				y = formats[1][mask] >> x & 1;
				other.m[x < 8 ? (x + (x > 5)) * 21 + 8 :
				    8 * 21 + 14 - x + (x == 8)] = (uint8_t)y;
				other.m[x < 8 ? 8 * 21 + 20 - x :
				    (6 + x) * 21 + 8] = (uint8_t)y;
			}
			snprintf(what, sizeof what, "%d: %d, %d", i, chosen,
			    mask);
			OK_FOR(what, mask < chosen ?
			    qr_penalty(&other) > least :
			    qr_penalty(&other) >= least);
		}
	}
	OK(seen == 0xff);
}

static void
penalties(void)
{
	static struct qr q;
	int i;

	CASE("qr: penalties: all light, all dark");
	draw(&q, 21, 0, "");
	OK(qr_penalty(&q) == 42 * (3 + 16) + 400 * 3 + 100);
	memset(q.m, 1, 21 * 21);
	OK(qr_penalty(&q) == 42 * (3 + 16) + 400 * 3 + 100);
	CASE("qr: penalties: a chequered board has none");
	for (i = 0; i < 21 * 21; i++)
		q.m[i] = i % 2 == 0;
	OK(qr_penalty(&q) == 0);
	CASE("qr: penalties: runs of four are free, five cost 3, six 4");
	draw(&q, 4, 0, "");
	OK(qr_penalty(&q) == 9 * 3 + 100);
	draw(&q, 5, 0, "");
	OK(qr_penalty(&q) == 10 * 3 + 16 * 3 + 100);
	draw(&q, 6, 0, "");
	OK(qr_penalty(&q) == 12 * 4 + 25 * 3 + 100);
	CASE("qr: penalties: a finder's row counts once");
	draw(&q, 15, 7, "....#.###.#....");
	OK(qr_penalty(&q) == 182 + 130 + 50 + 540 + 40 + 90);
	CASE("qr: penalties: it needs four light on one side");
	draw(&q, 15, 7, "#...#.###.#...#");
	OK(qr_penalty(&q) == 182 + 104 + 70 + 528 + 90);
	draw(&q, 15, 7, "#...#.###.#....");
	OK(qr_penalty(&q) == 182 + 117 + 60 + 534 + 40 + 90);
	draw(&q, 15, 7, "....#.###.#...#");
	OK(qr_penalty(&q) == 182 + 117 + 60 + 534 + 40 + 90);
	CASE("qr: penalties: the quiet zone is light");
	draw(&q, 7, 3, "#.###.#");
	OK(qr_penalty(&q) == 30 + 10 + 72 + 40 + 70);
	for (i = 0; i < 7; i++) { /* a column, too */
		q.m[i * 7 + 3] = q.m[3 * 7 + i];
		q.m[3 * 7 + i] = i == 3;
	}
	q.m[3 * 7 + 3] = 1;
	OK(qr_penalty(&q) == 30 + 10 + 72 + 40 + 70);
	CASE("qr: penalties: 10 for each 5 per cent from a half");
	draw(&q, 10, 0, "");
	for (i = 0; i < 100; i++) /* no runs, no squares */
		q.m[i] = (i + i / 10) % 2 == 0;
	OK(qr_penalty(&q) == 0);
	draw(&q, 2, 0, "#.");
	OK(qr_penalty(&q) == 50);
	draw(&q, 2, 0, "##");
	OK(qr_penalty(&q) == 0);
}

static void
svg(void)
{
	static const char head[] = "<!--was--><svg xmlns=\"http://www.w3.org"
	    "/2000/svg\" viewBox=\"0 0 29 29\" shape-rendering=\"crispEdges\">"
	    "<rect width=\"29\" height=\"29\" fill=\"#fff\"/>"
	    "<path stroke=\"currentColor\" d=\"M4 4.5h7m";
	static struct qr q;
	struct buf b = { 0 };
	static const size_t sizes_of[] = { 4, 100, 600, 2953 };
	size_t i;

	CASE("qr: SVG's text, appended");
	buf_printf(&b, "<!--was-->");
	text(&q, "btsh");
	qr_svg(&b, &q);
	OK(b.len > sizeof head && memcmp(b.p, head, sizeof head - 1) == 0);
	CASE("qr: its path draws the modules");
	for (i = 0; i < LEN(sizes_of); i++) {
		b.len = 0;
		make(&q, sizes_of[i], 3);
		qr_svg(&b, &q);
		OK(drawn_is(&b, &q));
		OK(b.len < 300 + (size_t)(q.side * (10 + q.side * 3)));
	}
	buf_free(&b);
}

/* The code of n bytes that depend on by. */
static int
make(struct qr *q, size_t n, unsigned by)
{
	uint8_t *p = malloc(n ? n : 1);
	size_t i;
	int r;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(i * i * 7 + i * by + by * 31);
	r = qr_encode(q, p, n);
	free(p);
	return r;
}

static int
text(struct qr *q, const char *s)
{
	return qr_encode(q, (const uint8_t *)s, strlen(s));
}

/* Its 15 bits: around the first finder, or by the other two. */
static uint32_t
format(const struct qr *q, int copy)
{
	static const int at[] = { 0, 1, 2, 3, 4, 5, 7, 8 };
	uint32_t r = 0;
	int i;

	for (i = 14; i >= 0; i--)
		if (copy == 0)
			r = r << 1 | (uint32_t)(i < 8 ? qr_get(q, 8, at[i]) :
			    qr_get(q, i == 8 ? 7 : 14 - i, 8));
		else
			r = r << 1 | (uint32_t)(i < 8 ?
			    qr_get(q, q->side - 1 - i, 8) :
			    qr_get(q, 8, q->side - 15 + i));
	return r;
}

/* Its 18 bits: below on the left, or above on the right. */
static uint32_t
version(const struct qr *q, int copy)
{
	uint32_t r = 0;
	int x, y;

	for (x = 5; x >= 0; x--)
		for (y = q->side - 9; y >= q->side - 11; y--)
			r = r << 1 | (uint32_t)(copy ? qr_get(q, y, x) :
			    qr_get(q, x, y));
	return r;
}

/* Of version 1. */
static int
is_data(int x, int y)
{
	return x != 6 && y != 6 && !(x < 9 && y < 9) && !(x > 12 && y < 9) &&
	    !(x < 9 && y > 12);
}

/* Table 10, as it stands there: i is the row, j the column. */
static int
inverts(int mask, int j, int i)
{
	switch (mask) {
	case 0:
		return (i + j) % 2 == 0;
	case 1:
		return i % 2 == 0;
	case 2:
		return j % 3 == 0;
	case 3:
		return (i + j) % 3 == 0;
	case 4:
		return (i / 2 + j / 3) % 2 == 0;
	case 5:
		return i * j % 2 + i * j % 3 == 0;
	case 6:
		return (i * j % 2 + i * j % 3) % 2 == 0;
	default:
		return (i * j % 3 + (i + j) % 2) % 2 == 0;
	}
}

/* The 26 codewords of version 1: pairs of columns from the right. */
static void
read_words(uint8_t *words, const struct qr *q, int mask)
{
	static const int right[] = { 20, 18, 16, 14, 12, 10, 8, 5, 3, 1 };
	int i, k, x, y, at = 0;

	memset(words, 0, 26);
	for (i = 0; i < 10; i++)
		for (k = 0; k < 42; k++) {
			x = right[i] - k % 2;
			y = i % 2 ? k / 2 : 20 - k / 2;
			if (!is_data(x, y))
				continue;
			if (qr_get(q, x, y) != inverts(mask, x, y))
				words[at / 8] |= (uint8_t)(0x80 >> at % 8);
			at++;
		}
}

static uint8_t
times2(uint8_t v)
{
	return (uint8_t)(v << 1 ^ (v & 0x80 ? 0x1d : 0));
}

/* Whether the polynomial is 0 at 2^0, 2^1 and so on, nec of them. */
static int
is_codeword(const uint8_t *words, int n, int nec)
{
	uint8_t sum;
	int i, k, j;

	for (k = 0; k < nec; k++) {
		for (sum = 0, i = 0; i < n; i++) {
			for (j = 0; j < k; j++)
				sum = times2(sum);
			sum ^= words[i];
		}
		if (sum != 0)
			return 0;
	}
	return 1;
}

/* A matrix that is light but for what a row says. */
static void
draw(struct qr *q, int side, int row, const char *dark)
{
	int x;

	memset(q, 0, sizeof *q);
	q->side = side;
	for (x = 0; dark[x]; x++)
		q->m[row * side + x] = dark[x] == '#';
}

/* SHA-1 of the modules, a byte each, row by row. */
static int
digest_is(const struct qr *q, const char *want)
{
	static char all[QR_SIDE * QR_SIDE];
	uint8_t digest[20];
	char digits[41];
	int x, y;

	for (y = 0; y < q->side; y++)
		for (x = 0; x < q->side; x++)
			all[y * q->side + x] = qr_get(q, x, y) ? '#' : ' ';
	sha1(all, (size_t)(q->side * q->side), digest);
	hex(digits, digest, sizeof digest);
	return strcmp(digits, want) == 0;
}

/* Whether the path's strokes are the dark modules, and it ends there. */
static int
drawn_is(const struct buf *b, const struct qr *q)
{
	static uint8_t drawn[QR_SIDE + 8][QR_SIDE + 8];
	char *s = xmalloc(b->len + 1), *p, what;
	int x = 0, y = 0, n, at, ok;

	memcpy(s, b->p, b->len);
	s[b->len] = '\0';
	memset(drawn, 0, sizeof drawn);
	p = strstr(s, " d=\"");
	for (p += p ? 4 : 0; p && *p && *p != '"'; p += at) {
		at = 0;
		if (sscanf(p, "M%d %d.5%n", &x, &y, &at) == 2 && at)
			continue;
		if (sscanf(p, "%c%d%n", &what, &n, &at) != 2 || n < 1)
			break;
		for (; n > 0 && x < q->side + 4; x++, n--)
			drawn[y][x] = what == 'h';
		if (what == 'm' && strncmp(p + at, " 0", 2) == 0)
			at += 2;
	}
	ok = p && strcmp(p, "\"/></svg>") == 0;
	for (y = 0; y < q->side + 8; y++)
		for (x = 0; x < q->side + 8; x++)
			ok &= drawn[y][x] == qr_get(q, x - 4, y - 4);
	free(s);
	return ok;
}
