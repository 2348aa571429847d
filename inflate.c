/* What servers and people have packed.  A stranger's bytes: each symbol of the
 * output is counted against the limit before it is written, and no input byte
 * costs more than a few hundred steps, which is what the tables of a block
 * without content take. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "inflate.h"

enum {
	BITS_MAX  = 15,      /* of a code */
	LITERALS  = 288,     /* the last two of them mean nothing */
	DISTANCES = 30,
	LENGTHS   = 29,
	END       = 256      /* of a block; lengths follow */
};

/* A canonical Huffman code: how many codes there are of each length, and the
 * symbols in the order of their codes. */
struct code {
	uint16_t count[BITS_MAX + 1], symbol[LITERALS];
};

struct inflater {
	struct span in;      /* what is left of it */
	uint32_t hold;       /* bits taken out of it, the next one lowest */
	int nhold;
	int over;            /* more was wanted than there is */
	struct buf *out;
	size_t base, max;    /* of out: where it begins, how long it may be */
};

static int unwrap(struct inflater *f);
static int unwrap_gzip(struct inflater *f);
static int unwrap_zlib(struct inflater *f);
static int blocks(struct inflater *f);
static void align(struct inflater *f);
static int stored(struct inflater *f);
static int fixed(struct inflater *f);
static int dynamic(struct inflater *f);
static int lengths(struct inflater *f, const struct code *c, uint8_t *len,
    int n);
static int symbols(struct inflater *f, const struct code *lit,
    const struct code *dist);
static size_t value(struct inflater *f, int k, int step);
static int copy(struct inflater *f, size_t len, size_t back);
static int code_make(struct code *c, const uint8_t *len, int n);
static int code_next(struct inflater *f, const struct code *c);
static uint32_t bits(struct inflater *f, int n);
static const uint8_t *bytes(struct inflater *f, size_t n);
static uint32_t get32_le(const uint8_t *p);
static uint32_t crc32(const uint8_t *p, size_t n);
static uint32_t adler32(const uint8_t *p, size_t n);

int
inflate_is_gzip(struct span s)
{
	return s.n > 2 && s.p[0] == 0x1f && s.p[1] == 0x8b;
}

int
inflate_any(struct buf *out, struct span in, size_t limit)
{
	size_t had = out->len;
	struct inflater f = { .in = in, .out = out, .max = had + limit };
	int r;

	buf_room(out, 1);
	r = unwrap(&f);
	if (r == INFLATE_WRONG && !inflate_is_gzip(in)) {
		out->len = had;
		f.in = in;
		f.over = 0;
		r = blocks(&f);
	}
	return r;
}

static int
unwrap(struct inflater *f)
{
	int r;

	if (!inflate_is_gzip(f->in))
		return unwrap_zlib(f);
	do /* what follows the last member is ignored */
		r = unwrap_gzip(f);
	while (r == 0 && inflate_is_gzip(f->in));
	return r;
}

static int
unwrap_gzip(struct inflater *f)
{
	enum { HAS_CRC = 2, HAS_EXTRA = 4, HAS_NAME = 8, HAS_COMMENT = 16 };
	const uint8_t *p = bytes(f, 10);
	int flags = p ? p[3] : 0, i, r;

	if (!p || p[2] != 8 || flags & 0xe0)
		return INFLATE_WRONG;
	if (flags & HAS_EXTRA && (p = bytes(f, 2)) != NULL)
		bytes(f, (size_t)(p[0] | p[1] << 8));
	for (i = HAS_NAME; i <= HAS_COMMENT; i *= 2)
		while (flags & i && (p = bytes(f, 1)) != NULL && *p)
			;
	if (flags & HAS_CRC)
		bytes(f, 2);
	r = f->over ? INFLATE_WRONG : blocks(f);
	p = r == 0 ? bytes(f, 8) : NULL;
	if (!p)
		return r < 0 ? r : INFLATE_WRONG;
	return get32_le(p) == crc32(f->out->p + f->base, f->out->len -
	    f->base) && get32_le(p + 4) == (uint32_t)(f->out->len - f->base) ?
	    0 : INFLATE_WRONG;
}

static int
unwrap_zlib(struct inflater *f)
{
	const uint8_t *p = bytes(f, 2);
	int r;

	if (!p || (p[0] & 15) != 8 || get16(p) % 31 != 0 || p[1] & 0x20)
		return INFLATE_WRONG;
	r = blocks(f);
	p = r == 0 ? bytes(f, 4) : NULL;
	if (!p)
		return r < 0 ? r : INFLATE_WRONG;
	return get32(p) == adler32(f->out->p + f->base, f->out->len -
	    f->base) ? 0 : INFLATE_WRONG;
}

/* One deflate stream, up to the byte that its last bit is in. */
static int
blocks(struct inflater *f)
{
	static int (*const kinds[])(struct inflater *) = { stored, fixed,
	    dynamic };
	uint32_t last, kind;
	int r;

	f->base = f->out->len;
	align(f);
	do {
		last = bits(f, 1);
		kind = bits(f, 2);
		r = kind < LEN(kinds) ? kinds[kind](f) : INFLATE_WRONG;
	} while (r == 0 && !last);
	align(f);
	return r;
}

/* Leaves the rest of a byte. */
static void
align(struct inflater *f)
{
	f->hold = 0;
	f->nhold = 0;
}

static int
stored(struct inflater *f)
{
	const uint8_t *p;
	size_t n;

	align(f);
	p = bytes(f, 4);
	if (!p || (p[0] ^ p[2]) != 0xff || (p[1] ^ p[3]) != 0xff)
		return INFLATE_WRONG;
	n = (size_t)(p[0] | p[1] << 8);
	p = bytes(f, n);
	if (!p)
		return INFLATE_WRONG;
	if (n > f->max - f->out->len)
		return INFLATE_LARGE;
	buf_put(f->out, p, n);
	return 0;
}

static int
fixed(struct inflater *f)
{
	uint8_t len[LITERALS + DISTANCES];
	struct code lit, dist;

	memset(len, 8, 144);
	memset(len + 144, 9, 112);
	memset(len + 256, 7, 24);
	memset(len + 280, 8, 8);
	memset(len + LITERALS, 5, DISTANCES);
	code_make(&lit, len, LITERALS);
	code_make(&dist, len + LITERALS, DISTANCES);
	return symbols(f, &lit, &dist);
}

static int
dynamic(struct inflater *f)
{
	static const uint8_t order[] = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11,
	    4, 12, 3, 13, 2, 14, 1, 15 };
	int nlit = (int)bits(f, 5) + 257, ndist = (int)bits(f, 5) + 1;
	int nlen = (int)bits(f, 4) + 4, i;
	uint8_t len[LITERALS + DISTANCES] = { 0 };
	struct code lit, dist;

	for (i = 0; i < nlen; i++)
		len[order[i]] = (uint8_t)bits(f, 3);
	if (nlit > LITERALS - 2 || ndist > DISTANCES ||
	    code_make(&lit, len, LEN(order)) < 0 ||
	    lengths(f, &lit, len, nlit + ndist) < 0 ||
	    code_make(&lit, len, nlit) < 0 ||
	    code_make(&dist, len + nlit, ndist) < 0)
		return INFLATE_WRONG;
	return symbols(f, &lit, &dist);
}

/* The lengths of n codes, themselves in a code that can repeat them. */
static int
lengths(struct inflater *f, const struct code *c, uint8_t *len, int n)
{
	int i, k, times;
	uint8_t fill;

	for (i = 0; i < n; i += times) {
		k = code_next(f, c);
		if (k < 0 || (k == 16 && i == 0))
			return -1;
		fill = k < 16 ? (uint8_t)k : k == 16 ? len[i - 1] : 0;
		times = k < 16 ? 1 : k == 16 ? 3 + (int)bits(f, 2) :
		    k == 17 ? 3 + (int)bits(f, 3) : 11 + (int)bits(f, 7);
		if (times > n - i)
			return -1;
		memset(len + i, fill, (size_t)times);
	}
	return 0;
}

/* The symbols of a block, up to its end. */
static int
symbols(struct inflater *f, const struct code *lit, const struct code *dist)
{
	int k, d, r = 0;
	uint8_t c;
	size_t len, back;

	while (r == 0 && (k = code_next(f, lit)) != END) {
		if (k < 0)
			return INFLATE_WRONG;
		if (k < END) {
			if (f->out->len == f->max)
				return INFLATE_LARGE;
			c = (uint8_t)k;
			buf_put(f->out, &c, 1);
			continue;
		}
		k -= END + 1;
		if (k >= LENGTHS)
			return INFLATE_WRONG;
		len = k == LENGTHS - 1 ? 258 : value(f, k, 4) + 3;
		d = code_next(f, dist);
		if (d < 0 || d >= DISTANCES)
			return INFLATE_WRONG;
		back = value(f, d, 2) + 1;
		r = copy(f, len, back);
	}
	return r;
}

/* Lengths and distances: step of them to each further bit that follows. */
static size_t
value(struct inflater *f, int k, int step)
{
	int extra = MAX(k / step - 1, 0);

	return extra == 0 ? (size_t)k :
	    ((size_t)(step + k % step) << extra) + bits(f, extra);
}

/* len bytes again, from so many bytes back. */
static int
copy(struct inflater *f, size_t len, size_t back)
{
	uint8_t *to;

	if (f->over || back > f->out->len - f->base)
		return INFLATE_WRONG;
	if (len > f->max - f->out->len)
		return INFLATE_LARGE;
	to = buf_room(f->out, len);
	f->out->len += len;
	for (; len > 0; len--, to++)
		*to = *(to - back);
	return 0;
}

/* The code whose symbols have codes of so many bits each; -1: too many. */
static int
code_make(struct code *c, const uint8_t *len, int n)
{
	int at[BITS_MAX + 2] = { 0 }, i, left = 1;

	memset(c, 0, sizeof *c);
	for (i = 0; i < n; i++)
		c->count[len[i]]++;
	c->count[0] = 0;
	for (i = 1; i <= BITS_MAX; i++) {
		left = 2 * left - c->count[i];
		if (left < 0)
			return -1;
		at[i + 1] = at[i] + c->count[i];
	}
	for (i = 0; i < n; i++)
		if (len[i] > 0)
			c->symbol[at[len[i]]++] = (uint16_t)i;
	return 0;
}

/* The next symbol, -1: there is none such. */
static int
code_next(struct inflater *f, const struct code *c)
{
	int i, at = 0, word = 0; /* word: which of the codes of i bits */

	for (i = 1; i <= BITS_MAX && !f->over; i++) {
		word = 2 * word + (int)bits(f, 1);
		if (word < c->count[i])
			return f->over ? -1 : c->symbol[at + word];
		word -= c->count[i];
		at += c->count[i];
	}
	return -1;
}

/* The next n bits, up to 16, as a number. */
static uint32_t
bits(struct inflater *f, int n)
{
	const uint8_t *p;
	uint32_t v;

	for (; f->nhold < n; f->nhold += 8) {
		p = bytes(f, 1);
		f->hold |= (uint32_t)(p ? *p : 0) << f->nhold;
	}
	v = f->hold & ((1u << n) - 1);
	f->hold >>= n;
	f->nhold -= n;
	return v;
}

/* The next n bytes of the input; NULL: there are fewer. */
static const uint8_t *
bytes(struct inflater *f, size_t n)
{
	const uint8_t *p = f->in.p;

	if (n > f->in.n) {
		f->over = 1;
		return NULL;
	}
	f->in.p += n;
	f->in.n -= n;
	return p;
}

static uint32_t
get32_le(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[1] << 8 | p[0];
}

static uint32_t
crc32(const uint8_t *p, size_t n)
{
	uint32_t crc = UINT32_MAX;
	int i;

	for (; n > 0; n--)
		for (crc ^= *p++, i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	return ~crc;
}

static uint32_t
adler32(const uint8_t *p, size_t n)
{
	uint32_t a = 1, b = 0;

	for (; n > 0; n--) {
		a = (a + *p++) % 65521;
		b = (b + a) % 65521;
	}
	return b << 16 | a;
}
