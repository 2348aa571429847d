/* A mutator for inputs that are bencode behind a few other bytes: it takes a
 * value somewhere in the tree and puts another in its place, so that lengths
 * and ends stay right.  Inputs that are no bencode, and some that are, are
 * left to the fuzzer's own mutations. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "rand.h"
#include "bencode.h"

enum { HEAD_MAX = 8, SPOTS = 512 };

size_t LLVMFuzzerMutate(uint8_t *p, size_t n, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *p, size_t n, size_t size,
    unsigned seed);

/* Values of a tree, dictionaries' keys among them, from spots[n] on; how many
 * there are then. */
static size_t
spots_of(struct span v, struct span *spots, size_t n)
{
	struct span items = ben_items(v), e;

	if (n < SPOTS)
		spots[n++] = v;
	while (strchr("ld", ben_kind(v)) && n < SPOTS && ben_next(&items, &e))
		n = spots_of(e, spots, n);
	return n;
}

static void
put_number(struct buf *b, struct span v, uint64_t *rnd)
{
	static const int64_t odd[] = { 0, 1, -1, 5, 255, 256, 16384, 65535,
	    65536, INT32_MAX, UINT32_MAX, INT64_MAX, INT64_MIN };
	int64_t i = 0;

	ben_int(v, &i);
	if (rnd_below(rnd, 2))
		i = odd[rnd_below(rnd, LEN(odd))];
	else if (rnd_below(rnd, 2))
		i = (int64_t)((uint64_t)i + rnd_below(rnd, 33) - 16);
	else
		i = (int64_t)((uint64_t)i * 2);
	ben_put_int(b, i);
}

static void
put_string(struct buf *b, struct span v, uint64_t *rnd)
{
	struct span s = { NULL, 0 };
	size_t n, size;
	uint8_t *p;

	ben_str(v, &s);
	size = s.n + 40;
	p = xcalloc(size, 1);
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	n = rnd_below(rnd, 4) ? LLVMFuzzerMutate(p, s.n, size) :
	    rnd_below(rnd, (uint32_t)size);
	ben_put_bytes(b, p, n);
	free(p);
}

/* What stands in v's place: nothing, v twice, another value of the tree, a
 * list or a dictionary around v, or a change of its own. */
static void
put_instead(struct buf *b, struct span v, struct span other, uint64_t *rnd)
{
	switch (rnd_below(rnd, 12)) {
	case 0:
		break;
	case 1:
		buf_put(b, v.p, v.n);
		/* FALLTHROUGH */
	case 2:
		buf_put(b, v.p, v.n);
		break;
	case 3:
	case 4:
		buf_put(b, other.p, other.n);
		break;
	case 5:
		buf_put(b, rnd_below(rnd, 2) ? "l" : "d1:a", 1);
		buf_put(b, v.p, v.n);
		buf_put(b, "e", 1);
		break;
	case 6:
		buf_put(b, v.p, v.n);
		buf_put(b, other.p, other.n);
		break;
	default:
		if (ben_kind(v) == 'i')
			put_number(b, v, rnd);
		else if (ben_kind(v) == 's')
			put_string(b, v, rnd);
		else
			buf_put(b, other.p, other.n);
	}
}

size_t
LLVMFuzzerCustomMutator(uint8_t *p, size_t n, size_t size, unsigned seed)
{
	struct span spots[SPOTS], v, other;
	uint64_t rnd = (uint64_t)seed << 8 | 1;
	struct buf b = { 0 };
	size_t at, k;
	long len = -1;

	for (at = 0; at < HEAD_MAX && at < n && len <= 0; at++)
		if (p[at] == 'd' || p[at] == 'l')
			len = ben_parse(p + at, n - at);
	if (len <= 0 || rnd_below(&rnd, 8) == 0)
		return LLVMFuzzerMutate(p, n, size);
	at--;
	k = spots_of(span_at(p + at, (size_t)len), spots, 0);
	v = spots[rnd_below(&rnd, (uint32_t)k)];
	other = spots[rnd_below(&rnd, (uint32_t)k)];
	buf_put(&b, p, (size_t)(v.p - p));
	put_instead(&b, v, other, &rnd);
	buf_put(&b, v.p + v.n, n - (size_t)(v.p + v.n - p));
	n = b.len <= size ? b.len : LLVMFuzzerMutate(p, n, size);
	if (b.len <= size && n > 0)
		memcpy(p, b.p, n);
	buf_free(&b);
	return n;
}
