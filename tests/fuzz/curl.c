/* curl: a record between two processes, as bytes; what the program is told of
 * a URL; and what it says when it fails.  And tar: each head keeps its form,
 * whatever a path is. */
#include "fuzz.h"
#include "curl.h"
#include "torrent/tar.h"

static void
record(struct span s)
{
	struct curl_ask a;
	struct curl_args args;
	struct buf in = { 0 };
	int i, ends = 0;

	memset(&a, 0, sizeof a);
	a.to = take_addr(&s);
	a.local = take_addr(&s);
	a.is_bound = take8(&s) & 1;
	a.limit = take32(&s);
	a.wait_s = take32(&s);
	i = take8(&s) & 1;
	snprintf(a.url, sizeof a.url, i ? "https://" : "h");
	if (s.n > 0)
		memcpy(a.url + strlen(a.url), s.p, MIN(s.n, 200));
	if (s.n > 200)
		memcpy(a.user, s.p + 200, MIN(s.n - 200, sizeof a.user));
	if (!curl_ask_is(&a))
		return;
	curl_args(&args, "curl", &a);
	for (i = 0; args.argv[i]; i++) {
		CHECK(i < CURL_ARGS - 1);
		CHECK(ends || args.argv[i] != a.url);
		ends |= strcmp(args.argv[i], "--") == 0;
	}
	CHECK(ends && args.argv[i - 1] == a.url);
	curl_input(&in, &a);
	CHECK((in.len > 0) == (a.user[0] != '\0'));
	/* one line, out of which no byte of the user's leads */
	for (i = 0; (size_t)i + 1 < in.len; i++)
		CHECK(in.p[i] >= ' ' && in.p[i] != '\\');
	CHECK(in.len == 0 || in.p[in.len - 1] == '\n');
	buf_free(&in);
}

static void
asked(struct span s)
{
	char *text = text_of(s);
	struct curl_ask a;
	struct url u, v;

	memset(&a, 0, sizeof a);
	if (url_parse(&u, text) == 0 && u.is_https &&
	    curl_ask_url(&a, &u, NULL) == 0) {
		CHECK(curl_ask_is(&a) && url_parse(&v, a.url) == 0);
		CHECK(strcmp(u.host, v.host) == 0 && u.port == v.port &&
		    strcmp(u.path, v.path) == 0 && !*v.user);
	}
	free(text);
}

static unsigned
octal(const uint8_t *p, int n)
{
	unsigned v = 0;

	for (; n > 0 && *p >= '0' && *p <= '7'; n--)
		v = v * 8 + (unsigned)(*p++ - '0');
	return v;
}

static void
archive(struct span s)
{
	int64_t size = (int64_t)(take64(&s) >> 1);
	struct span target = take_span(&s, take8(&s));
	struct buf out = { 0 };
	const uint8_t *p;
	unsigned sum, i;

	if (s.n == 0)
		return;
	if (target.n > 0)
		tar_link(&out, s, target, size);
	else
		tar_head(&out, s, size, size);
	CHECK(out.len % TAR_BLOCK == 0);
	CHECK(out.len <= s.n + target.n + 5 * TAR_BLOCK);
	CHECK((size % TAR_BLOCK + (int64_t)tar_pad(size)) % TAR_BLOCK == 0);
	p = out.p + out.len - TAR_BLOCK;
	for (sum = i = 0; i < TAR_BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : p[i];
	CHECK(octal(p + 148, 8) == sum);
	CHECK(p[156] == (target.n > 0 ? '2' : '0'));
	if (s.n <= 100 && target.n <= 100 && size < INT64_C(1) << 33)
		CHECK(out.len == TAR_BLOCK && memcmp(p, s.p, s.n) == 0);
	CHECK(out.len == TAR_BLOCK || out.p[156] == 'x');
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span s = span_at(data, n);
	unsigned how = take8(&s), status = take8(&s);
	char why[CURL_WHY];

	if (how % 4 == 0)
		record(s);
	else if (how % 4 == 1)
		asked(s);
	else if (how % 4 == 2)
		archive(s);
	else
		CHECK(*curl_why(why, (int)status, s) && is_printable(why) &&
		    strlen(why) < sizeof why);
	return 0;
}
