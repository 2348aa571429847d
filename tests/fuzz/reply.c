/* http: a reply fed whole and in pieces gives the same; its body keeps to the
 * limit, and what is wrong may be printed. */
#include "fuzz.h"
#include "http.h"

/* Feeds the reply as a caller does, step bytes more at a time (0: all), and
 * its end; what it comes to. */
static int
feed(struct http_reply *r, struct span s, size_t step)
{
	size_t at = 0, have = 0;
	long n = 0;

	while (have < s.n && n >= 0) {
		have = step ? MIN(have + step, s.n) : s.n;
		do {
			n = http_reply_feed(r, s.p + at, have - at);
			CHECK(n >= -1 && n <= (long)(have - at));
			at += n > 0 ? (size_t)n : 0;
		} while (n > 0 && at < have);
		CHECK(r->body.len <= r->limit);
		if (have - at > HTTP_HEAD_MAX)
			CHECK(n < 0 || http_reply_done(r));
	}
	if (n < 0) {
		CHECK(*r->why && is_printable(r->why));
		return -1;
	}
	return http_reply_done(r) ? 1 : http_reply_eof(r) ? 2 : 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span s = span_at(data, n);
	struct http_reply a = { 0 }, b = { 0 };
	size_t step = 1 + (take8(&s) & 15);
	int how;

	a.limit = b.limit = take8(&s) * (size_t)64;
	how = feed(&a, s, 0);
	CHECK(feed(&b, s, step) == how);
	CHECK(strcmp(a.why, b.why) == 0 || how >= 0);
	CHECK(a.status == b.status || how < 0);
	CHECK(strcmp(a.location, b.location) == 0 || how < 0);
	if (how > 0) {
		CHECK(same_bytes(span_at(a.body.p, a.body.len),
		    span_at(b.body.p, b.body.len)));
		CHECK(a.status >= 100 && a.status <= 999);
		if (http_reply_unpack(&a) == 0)
			CHECK(a.body.len <= a.limit);
		else
			CHECK(*a.why && is_printable(a.why));
	}
	buf_free(&a.body);
	buf_free(&b.body);
	return 0;
}
