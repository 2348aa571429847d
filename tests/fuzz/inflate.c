/* inflate: within its limit, the same each time, nothing of what is cut; and
 * bytes that were stored come back. */
#include "fuzz.h"
#include "inflate.h"

enum { LIMIT = 1 << 16 };

/* The bytes as deflate's stored block. */
static void
stored(struct span s)
{
	struct buf in = { 0 }, out = { 0 };
	uint8_t head[5] = { 1 };

	s.n = MIN(s.n, 0xffff);
	head[1] = (uint8_t)s.n;
	head[2] = (uint8_t)(s.n >> 8);
	head[3] = (uint8_t)~head[1];
	head[4] = (uint8_t)~head[2];
	buf_put(&in, head, sizeof head);
	buf_put(&in, s.p, s.n);
	CHECK(inflate_any(&out, span_at(in.p, in.len), LIMIT) == 0);
	CHECK(same_bytes(s, span_at(out.p, out.len)));
	out.len = 0;
	CHECK(s.n == 0 || inflate_any(&out, span_at(in.p, in.len), s.n - 1) ==
	    INFLATE_LARGE);
	buf_free(&in);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span s = span_at(data, n);
	struct buf out = { 0 }, again = { 0 };
	int r;

	buf_put(&again, "kept", 4);
	r = inflate_any(&out, s, LIMIT);
	CHECK(r == 0 || r == INFLATE_WRONG || r == INFLATE_LARGE);
	CHECK(out.len <= LIMIT);
	CHECK(inflate_any(&again, s, LIMIT) == r);
	CHECK(memcmp(again.p, "kept", 4) == 0);
	if (r == 0) {
		CHECK(same_bytes(span_at(out.p, out.len),
		    span_at(again.p + 4, again.len - 4)));
		again.len = 0;
		CHECK(inflate_any(&again, s, out.len) == 0);
		again.len = 0;
		CHECK(out.len == 0 || inflate_any(&again, s, out.len - 1) ==
		    INFLATE_LARGE);
	}
	if (n > 0)
		stored(s);
	buf_free(&out);
	buf_free(&again);
	return 0;
}
