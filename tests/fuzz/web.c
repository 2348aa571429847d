/* web: a request as a server of files takes it: its target, which names no
 * file but one below a torrent; ranges, which lie in the file; and heads, each
 * of which is one for the client.  The first bytes are a size and a name. */
#include "fuzz.h"
#include "http.h"
#include "web/range.h"
#include "web/head.h"
#include "web/target.h"

/* Torrents are those with an even number of bytes. */
static int
find_even(void *arg, struct span name)
{
	(void)arg;
	CHECK(name.n > 0 && !memchr(name.p, '/', name.n) &&
	    !memchr(name.p, '\0', name.n));
	CHECK(name.n > 2 || memcmp(name.p, "..", name.n) != 0);
	return name.n % 2 == 0 ? (int)name.n : -1;
}

static void
target(struct span path)
{
	static struct web_target t;
	int status = target_parse(&t, path, find_even, NULL);
	struct span rest;
	const uint8_t *slash;
	size_t n;

	CHECK(status == 200 || status == 400 || status == 404 ||
	    status == 414);
	if (status != 200)
		return;
	CHECK((t.torrent >= 0) == (t.what >= TARGET_TORRENT));
	CHECK(t.path.n == 0 || t.what == TARGET_FILE);
	for (rest = t.path; rest.n > 0; rest.n -= n, rest.p += n) {
		slash = memchr(rest.p, '/', rest.n);
		n = slash ? (size_t)(slash - rest.p) : rest.n;
		CHECK(n > 0 && !memchr(rest.p, '\0', n));
		CHECK(n > 2 || memcmp(rest.p, "..", n) != 0);
		n += slash != NULL;
		CHECK(!slash || n < rest.n);
	}
}

static void
ranges(const struct web_ranges *some, int status, int64_t size)
{
	int64_t total = 0;
	int i;

	CHECK(some->n >= 0 && some->n <= RANGES_MAX);
	for (i = 0; i < some->n; i++) {
		CHECK(some->list[i].at >= 0 &&
		    some->list[i].n <= size - some->list[i].at);
		CHECK(some->list[i].n > 0 || (size == 0 && status == 200));
		total += some->list[i].n;
	}
	CHECK(total <= size && (status != 200 || total == size));
	CHECK((some->n > 0) == (status == 200 || status == 206));
}

/* The head is whole, and the body as long as it says. */
static void
head(const struct http_request *r, const struct entity *e)
{
	struct http_reply reply = { .limit = SIZE_MAX / 2 };
	struct web_ranges some;
	struct buf out = { 0 }, parts = { 0 };
	int status = range_answer(&some, r, e), i;
	int64_t length, bytes = 0;

	ranges(&some, status, e->size);
	length = head_file(&out, r, e, status, &some);
	CHECK(http_reply_feed(&reply, out.p, out.len) == (long)out.len);
	CHECK(reply.status == status);
	CHECK(status == 304 || reply.left == length);
	for (i = 0; i <= some.n; i++) {
		if (some.n > 1)
			head_part(&parts, e, &some, i);
		if (i < some.n)
			bytes += some.list[i].n;
	}
	CHECK((int64_t)parts.len + bytes == length);
	buf_free(&reply.body);
	buf_free(&parts);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span s = span_at(data, n);
	struct http_request r = { .keep_alive = 0 };
	struct entity e = { .tag = "0123-4", .modified_s = 784111777 };
	uint8_t *p;

	e.size = (int64_t)(take64(&s) >> (5 + take8(&s) % 59));
	e.name = take_span(&s, take8(&s));
	p = copy_of(s);
	if (http_request_parse(&r, p, s.n) > 0) {
		target(r.path);
		head(&r, &e);
	}
	free(p);
	return 0;
}
