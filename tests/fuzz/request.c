/* http: a request's head, whole and cut; its header lines; and a reply to it,
 * which a client reads. */
#include "fuzz.h"
#include "http.h"

static void
inside(struct span s, const uint8_t *p, size_t n)
{
	CHECK(s.n == 0 || (s.p >= p && s.p + s.n <= p + n));
}

/* What is put is read back. */
static void
reply(struct span s, int keep, int head_only)
{
	struct http_reply r = { .limit = s.n };
	struct buf out = { 0 }, body = { 0 };
	long n;

	buf_put(&body, s.p, s.n);
	http_reply_put(&out, "200 OK", "text/plain", &body, keep, head_only);
	if (!head_only) {
		n = http_reply_feed(&r, out.p, out.len);
		CHECK(n == (long)out.len && http_reply_done(&r));
		CHECK(r.status == 200 &&
		    same_bytes(s, span_at(r.body.p, r.body.len)));
	}
	buf_free(&r.body);
	buf_free(&body);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct http_request r = { .keep_alive = 0 }, again;
	struct span head = span_at(data, n), name, value;
	size_t cut, left;
	long len, got;
	uint8_t *p;

	len = http_request_parse(&r, data, n);
	CHECK(len >= -1 && len <= (long)n && len <= HTTP_HEAD_MAX);
	CHECK(len != 0 || n < HTTP_HEAD_MAX + 4);
	for (cut = n > 100 ? n - 100 : 0; cut < n; cut++) {
		p = copy_of(span_at(data, cut));
		got = http_request_parse(&again, p, cut);
		/* of what is right, each beginning is; else it was decided */
		CHECK(len > 0 ? got == (cut < (size_t)len ? 0 : len) :
		    len < 0 || got == 0);
		free(p);
	}
	if (len > 0) {
		inside(r.method, data, n);
		inside(r.path, data, n);
		inside(r.query, data, n);
		inside(r.host, data, n);
		inside(r.forwarded_for, data, n);
		CHECK(r.method.n > 0);
	}
	for (left = head.n; http_header(&head, &name, &value); left = head.n) {
		CHECK(head.n < left);
		inside(name, data, n);
		inside(value, data, n);
	}
	reply(span_at(data, n), (int)(n & 1), (int)(n & 2));
	return 0;
}
