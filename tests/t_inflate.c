/* inflate: what zlib made, in every kind of block and of wrapping; cut,
 * damaged and longer than anybody wants. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "inflate.h"
#include "unit.h"

/* What they hold: text is a tracker's reply; of lines and far, see below. */
static const char text[] = "d8:intervali1800e5:peers6:\x7f\0\0\1\x1a\xe1" "e";
static const uint8_t fixed[] = {
	75, 177, 176, 202, 204, 43, 73, 45, 42, 75, 204, 201,
	52, 180, 48, 48, 72, 53, 181, 42, 72, 77, 45, 42,
	54, 179, 170, 103, 96, 96, 148, 122, 152, 10, 0,
};
static const uint8_t stored[] = {
	1, 33, 0, 222, 255, 100, 56, 58, 105, 110, 116, 101,
	114, 118, 97, 108, 105, 49, 56, 48, 48, 101, 53, 58,
	112, 101, 101, 114, 115, 54, 58, 127, 0, 0, 1, 26,
	225, 101,
};
static const uint8_t dynamic[] = {
	117, 210, 77, 10, 194, 64, 12, 5, 224, 189, 167, 232,
	17, 154, 159, 73, 50, 199, 17, 209, 141, 11, 161, 244,
	254, 200, 88, 153, 242, 158, 184, 124, 180, 204, 71, 94,
	178, 111, 215, 219, 243, 190, 45, 235, 242, 122, 44, 235,
	101, 255, 70, 25, 81, 102, 244, 17, 117, 198, 62, 162,
	157, 63, 199, 200, 62, 179, 182, 145, 219, 204, 246, 249,
	30, 231, 107, 29, 177, 112, 212, 74, 144, 51, 228, 212,
	145, 243, 68, 46, 21, 57, 69, 205, 104, 182, 80, 26,
	174, 33, 103, 134, 92, 174, 200, 9, 113, 205, 208, 235,
	65, 93, 114, 153, 130, 158, 147, 215, 29, 189, 182, 162,
	87, 84, 102, 67, 78, 19, 185, 42, 228, 26, 181, 169,
	138, 92, 117, 228, 66, 168, 78, 242, 132, 150, 87, 129,
	94, 208, 177, 120, 209, 177, 80, 157, 194, 243, 33, 215,
	141, 56, 218, 94, 118, 218, 30, 221, 102, 26, 114, 73,
	219, 75, 26, 239, 120, 239, 191, 215, 105, 123, 65, 199,
	82, 200, 25, 29, 231, 209, 134, 80, 91, 191, 109, 190,
	1,
};
static const uint8_t far[] = {
	237, 193, 189, 202, 65, 1, 0, 0, 208, 175, 148, 157,
	91, 70, 201, 79, 153, 148, 77, 145, 193, 104, 80, 50,
	152, 46, 89, 132, 116, 39, 79, 161, 12, 148, 204, 202,
	234, 21, 164, 187, 51, 221, 82, 118, 35, 79, 96, 240,
	20, 223, 118, 206, 89, 246, 86, 187, 160, 82, 172, 213,
	143, 183, 224, 146, 125, 119, 230, 211, 123, 249, 91, 122,
	60, 55, 133, 195, 100, 145, 222, 71, 241, 58, 73, 5,
	179, 106, 50, 204, 183, 194, 79, 52, 186, 118, 183, 153,
	113, 216, 236, 183, 227, 193, 41, 119, 142, 94, 141, 63,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 248, 71, 203, 222, 106,
	23, 84, 138, 181, 250, 241, 22, 92, 178, 239, 206, 124,
	122, 47, 127, 75, 143, 231, 166, 112, 152, 44, 210, 251,
	40, 94, 39, 169, 96, 86, 77, 134, 249, 86, 248, 137,
	70, 215, 238, 54, 51, 14, 155, 253, 118, 60, 56, 229,
	206, 209, 171, 241, 3,
};
static const uint8_t zlib[] = {
	120, 218, 75, 177, 176, 202, 204, 43, 73, 45, 42, 75,
	204, 201, 52, 180, 48, 48, 72, 53, 181, 42, 72, 77,
	45, 42, 54, 179, 170, 103, 96, 96, 148, 122, 152, 10,
	0, 189, 219, 10, 177,
};
static const uint8_t gzip[] = {
	31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 117, 210,
	77, 10, 194, 64, 12, 5, 224, 189, 167, 232, 17, 154,
	159, 73, 50, 199, 17, 209, 141, 11, 161, 244, 254, 200,
	88, 153, 242, 158, 184, 124, 180, 204, 71, 94, 178, 111,
	215, 219, 243, 190, 45, 235, 242, 122, 44, 235, 101, 255,
	70, 25, 81, 102, 244, 17, 117, 198, 62, 162, 157, 63,
	199, 200, 62, 179, 182, 145, 219, 204, 246, 249, 30, 231,
	107, 29, 177, 112, 212, 74, 144, 51, 228, 212, 145, 243,
	68, 46, 21, 57, 69, 205, 104, 182, 80, 26, 174, 33,
	103, 134, 92, 174, 200, 9, 113, 205, 208, 235, 65, 93,
	114, 153, 130, 158, 147, 215, 29, 189, 182, 162, 87, 84,
	102, 67, 78, 19, 185, 42, 228, 26, 181, 169, 138, 92,
	117, 228, 66, 168, 78, 242, 132, 150, 87, 129, 94, 208,
	177, 120, 209, 177, 80, 157, 194, 243, 33, 215, 141, 56,
	218, 94, 118, 218, 30, 221, 102, 26, 114, 73, 219, 75,
	26, 239, 120, 239, 191, 215, 105, 123, 65, 199, 82, 200,
	25, 29, 231, 209, 134, 80, 91, 191, 109, 190, 1, 194,
	94, 122, 207, 183, 3, 0, 0,
};
static const uint8_t full[] = {
	31, 139, 8, 31, 1, 2, 3, 4, 0, 3, 5, 0,
	101, 120, 116, 114, 97, 110, 97, 109, 101, 0, 99, 111,
	109, 109, 101, 110, 116, 0, 18, 52, 75, 177, 176, 202,
	204, 43, 73, 45, 42, 75, 204, 201, 52, 180, 48, 48,
	72, 53, 181, 42, 72, 77, 45, 42, 54, 179, 170, 103,
	96, 96, 148, 122, 152, 10, 0, 192, 84, 155, 163, 33,
	0, 0, 0,
};
static const uint8_t two[] = {
	31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 75, 177,
	176, 202, 204, 43, 73, 45, 42, 75, 204, 201, 52, 180,
	48, 48, 72, 53, 181, 42, 72, 77, 45, 42, 54, 179,
	170, 103, 96, 96, 148, 122, 152, 10, 0, 192, 84, 155,
	163, 33, 0, 0, 0, 31, 139, 8, 0, 0, 0, 0,
	0, 2, 3, 1, 33, 0, 222, 255, 100, 56, 58, 105,
	110, 116, 101, 114, 118, 97, 108, 105, 49, 56, 48, 48,
	101, 53, 58, 112, 101, 101, 114, 115, 54, 58, 127, 0,
	0, 1, 26, 225, 101, 192, 84, 155, 163, 33, 0, 0,
	0, 106, 117, 110, 107,
};

/* A deflate stream whose block has a fault. */
static const struct {
	const char *what, *p;
	size_t n;
} faults[] = {
	{ "a kind of block that is none", BYTES("\x07\0\0\0\0") },
	{ "a stored block whose length is not its complement's",
	    BYTES("\x01\x01\0\xff\xff" "a") },
	{ "a distance before the beginning", BYTES("\x03\x02\0") },
	{ "a distance that is none", BYTES("\x4b\x04\x3f\0") },
	{ "a length that is none", BYTES("\x1b\x03\0\0") },
	{ "too many lengths", BYTES("\xfd\xff\xff\xff\xff\xff") },
	{ "codes that overlap", BYTES("\x05\xe0\xff\xff\xff\xff\xff\xff"
	    "\xff\xff\xff\xff\xff\xff\xff\xff") },
	{ "a repetition of nothing", BYTES("\x05\0\x12\0\0\0\0\0\0\0\0\0"
	    "\0\0\0\0\0\0\0\0") },
};

static void holds(void);
static void cuts(void);
static void damage(void);
static void limits(void);
static int inflates(const void *p, size_t n, const struct buf *want);
static void output_put(struct buf *b);
static void far_put(struct buf *b);

#define HOLDS(packed, want) inflates(packed, sizeof packed, want)

static struct buf short_one, lines, far_one;

void
test_inflate(void)
{
	buf_put(&short_one, text, sizeof text - 1);
	output_put(&lines);
	far_put(&far_one);
	holds();
	cuts();
	damage();
	limits();
	buf_free(&short_one);
	buf_free(&lines);
	buf_free(&far_one);
}

static void
output_put(struct buf *b)
{
	int i;

	for (i = 0; i < 60; i++)
		buf_printf(b, "tracker %d of %d\n", i * i % 97, i % 7);
}

/* 64 bytes that nobody can pack, zeros, and the 64 again. */
static void
far_put(struct buf *b)
{
	uint32_t x;
	uint8_t c;
	int i, half;

	for (half = 0; half < 2; half++) {
		for (x = 7, i = 0; i < 64; i++) {
			x = (x * 1103515245 + 12345) & 0x7fffffff;
			c = (uint8_t)(x >> 16);
			buf_put(b, &c, 1);
		}
		for (i = 0, c = 0; i < 32600 && half == 0; i++)
			buf_put(b, &c, 1);
	}
}

static void
holds(void)
{
	struct buf twice = { NULL, 0, 0, 0 };
	struct span s = { gzip, sizeof gzip };

	CASE("inflate: the three kinds of blocks");
	OK(HOLDS(stored, &short_one));
	OK(HOLDS(fixed, &short_one));
	OK(HOLDS(dynamic, &lines));
	CASE("inflate: a distance of nearly 32 KiB, a length of 258");
	OK(HOLDS(far, &far_one));
	CASE("inflate: wrapped by zlib and gzip, with every field");
	OK(HOLDS(zlib, &short_one));
	OK(HOLDS(gzip, &lines));
	OK(HOLDS(full, &short_one));
	CASE("inflate: the members of gzip stand one after the other");
	buf_put(&twice, short_one.p, short_one.len);
	buf_put(&twice, short_one.p, short_one.len);
	OK(HOLDS(two, &twice));
	buf_free(&twice);
	CASE("inflate: gzip is known by its first bytes");
	OK(inflate_is_gzip(s));
	s.n = 2;
	OK(!inflate_is_gzip(s));
	s.p = zlib;
	s.n = sizeof zlib;
	OK(!inflate_is_gzip(s));
}

/* Whether it holds this and nothing else, behind what was there. */
static int
inflates(const void *p, size_t n, const struct buf *want)
{
	struct buf b = { NULL, 0, 0, 0 };
	void *copy = unit_copy(p, n);
	struct span s;
	int ok;

	s.p = copy;
	s.n = n;
	buf_put(&b, "before", 6);
	ok = inflate_any(&b, s, want->len) == 0 && b.len == 6 + want->len &&
	    memcmp(b.p, "before", 6) == 0 &&
	    memcmp(b.p + 6, want->p, want->len) == 0;
	free(copy);
	buf_free(&b);
	return ok;
}

/* inflate_any's answer, and what it made of it at most. */
static int
answer(const void *p, size_t n, size_t limit, size_t *len)
{
	struct buf b = { NULL, 0, 0, 0 };
	void *copy = unit_copy(p, n);
	struct span s;
	int r;

	s.p = copy;
	s.n = n;
	r = inflate_any(&b, s, limit);
	*len = b.len;
	free(copy);
	buf_free(&b);
	return r;
}

static const struct {
	const char *name;
	const uint8_t *p;
	size_t n;
} all[] = {
	{ "fixed", fixed, sizeof fixed }, { "stored", stored, sizeof stored },
	{ "dynamic", dynamic, sizeof dynamic }, { "far", far, sizeof far },
	{ "zlib", zlib, sizeof zlib }, { "gzip", gzip, sizeof gzip },
	{ "full", full, sizeof full },
};

static void
cuts(void)
{
	size_t i, n, len;

	CASE("inflate: cut short anywhere it is wrong");
	for (i = 0; i < LEN(all); i++)
		for (n = 0; n < all[i].n; n++)
			OK_FOR(all[i].name, answer(all[i].p, n, 99999, &len) ==
			    INFLATE_WRONG);
	CASE("inflate: blocks that are none");
	for (i = 0; i < LEN(faults); i++)
		OK_FOR(faults[i].what, answer(faults[i].p, faults[i].n, 99999,
		    &len) == INFLATE_WRONG);
}

static void
damage(void)
{
	uint8_t p[512];
	uint64_t rnd = 5;
	size_t i, k, n, len;
	int r, same, pads = 0, wrong = 0;

	CASE("inflate: a wrong bit of zlib's or gzip's content is seen");
	for (i = 4; i < 6; i++)
		for (k = 8 * (i == 4 ? 2 : 10); k < 8 * all[i].n; k++) {
			memcpy(p, all[i].p, all[i].n);
			p[k / 8] ^= (uint8_t)(1 << k % 8);
			same = inflates(p, all[i].n, i == 4 ? &short_one :
			    &lines); /* bits behind the last block */
			pads += same;
			OK_FOR(all[i].name, same || answer(p, all[i].n, 99999,
			    &len) < 0);
		}
	OK(pads < 16);
	CASE("inflate: what nobody packed does no harm");
	for (i = 0; i < 20000; i++) {
		n = all[i % LEN(all)].n;
		memcpy(p, all[i % LEN(all)].p, n);
		n = unit_mutate(p, n, sizeof p, &rnd);
		r = answer(p, n, 5000, &len);
		OK(r <= 0 && r >= INFLATE_LARGE && len <= 5000);
		wrong += r == INFLATE_WRONG;
	}
	OK(wrong > 1000);
}

static void
limits(void)
{
	size_t i, n, len;
	struct buf many = { NULL, 0, 0, 0 };

	CASE("inflate: no byte more than the limit is written");
	for (n = 0; n < far_one.len; n += 97) {
		OK(answer(far, sizeof far, n, &len) == INFLATE_LARGE);
		OK(len <= n);
	}
	OK(answer(far, sizeof far, far_one.len - 1, &len) == INFLATE_LARGE);
	OK(answer(far, sizeof far, far_one.len, &len) == 0);
	for (n = 0; n < short_one.len; n++) {
		OK(answer(fixed, sizeof fixed, n, &len) == INFLATE_LARGE);
		OK(answer(stored, sizeof stored, n, &len) == INFLATE_LARGE);
		OK(answer(zlib, sizeof zlib, n, &len) == INFLATE_LARGE);
	}
	CASE("inflate: it is one limit for all members");
	OK(answer(two, sizeof two, 2 * short_one.len - 1, &len) ==
	    INFLATE_LARGE);
	CASE("inflate: a million blocks of nothing end");
	for (i = 0; i < 200000; i++)
		buf_put(&many, "\0\0\0\xff\xff", 5);
	buf_put(&many, "\1\0\0\xff\xff", 5);
	OK(answer(many.p, many.len, 0, &len) == 0 && len == 0);
	buf_free(&many);
}
