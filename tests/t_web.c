/* web: what a request asks for (RFC 9110), and the heads that answer it.
 * Requests go through the parser of http.c, in memory with nothing behind it,
 * and heads through its reader of replies. */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "http.h"
#include "web/range.h"
#include "web/head.h"
#include "web/target.h"
#include "unit.h"

#define CRLF "\r\n"
#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"
#define TAG "0123456789abcdef-7"
#define GUARDS "X-Content-Type-Options: nosniff" CRLF
#define OF_FILE GUARDS "Accept-Ranges: bytes" CRLF "ETag: \"" TAG "\"" CRLF \
	"Last-Modified: " DATE CRLF
#define GUARDS_OF_BODY "Content-Security-Policy: sandbox" CRLF \
	"Content-Disposition: inline; filename=\"a.txt\"" CRLF
#define OF_BODY OF_FILE GUARDS_OF_BODY
#define PLAIN "text/plain; charset=utf-8"

enum { DATE_S = 784111777, MUTATIONS = 20000 };

/* What comes of a request as a whole. */
struct outcome {
	long len;       /* of its head, or what the parser said */
	int target, status;
	int64_t length; /* of the body */
	struct web_ranges some;
};

static void ranges(void);
static void wrong_ranges(void);
static void many_ranges(void);
static int gives_many(int n, int step, int64_t size, int want);
static void large_files(void);
static void conditions(void);
static void only_get(void);
static int asks(const char *headers, int64_t size, const char *want);
static int answer(const char *method, const char *headers, int64_t size,
    const char *want);
static void heads(void);
static int head_is(const char *request, int64_t size, int64_t length,
    const char *want);
static void parts(void);
static int part_is(struct span *body, const char *head, const char *bytes);
static void pages(void);
static int fails_so(const char *request, int status, int retry_s,
    const char *want);
static void names(void);
static int named(const char *name, const char *want);
static void types(void);
static int type_is(const char *name, const char *want);
static void targets(void);
static void no_targets(void);
static void long_targets(void);
static int means(const char *path, const char *want);
static int find_name(void *arg, struct span name);
static struct entity file(const char *name, int64_t size);
static void cuts(void);
static void long_heads(void);
static int long_head(const char *begin, const char *unit, const char *want);
static void mutations(void);
static void run(struct outcome *o, const uint8_t *p, size_t n);
static int run_file(struct outcome *o, const struct http_request *r,
    const struct entity *e);
static int is_sound(const struct web_ranges *some, int status, int64_t size);
static struct http_request parsed(const char *text);

void
test_web(void)
{
	ranges();
	wrong_ranges();
	many_ranges();
	large_files();
	conditions();
	only_get();
	heads();
	parts();
	pages();
	names();
	types();
	targets();
	no_targets();
	long_targets();
	cuts();
	long_heads();
	mutations();
}

static void
ranges(void)
{
	static const struct { const char *range, *want; } rows[] = {
		{ "bytes=0-0", "206 0+1" }, { "bytes=0-9", "206 0+10" },
		{ "bytes=9-9", "206 9+1" }, { "bytes=3-5", "206 3+3" },
		{ "bytes=0-", "206 0+10" }, { "bytes=9-", "206 9+1" },
		{ "bytes=5-99", "206 5+5" }, { "bytes=-1", "206 9+1" },
		{ "bytes=-10", "206 0+10" }, { "bytes=-99", "206 0+10" },
		{ "BYTES=2-3", "206 2+2" }, { "bytes=02-003", "206 2+2" },
		{ "bytes=10-", "416" }, { "bytes=10-20", "416" },
		{ "bytes=-0", "416" }, { "bytes=99-,-0,10-10", "416" },
		{ "bytes=0-1,4-5", "206 0+2 4+2" },
		{ "bytes=4-5,0-1", "206 4+2 0+2" },
		{ "bytes=0-1 , 4-5", "206 0+2 4+2" },
		{ "bytes=0-1\t,\t-1", "206 0+2 9+1" },
		{ "bytes=,0-1,, ,4-5,", "206 0+2 4+2" },
		{ "bytes=10-,0-1,-0,4-,99-", "206 0+2 4+6" },
		{ "bytes=0-3,2-5", "206 0+6" }, { "bytes=0-3,4-5", "206 0+6" },
		{ "bytes=0-3,0-3", "206 0+4" }, { "bytes=0-8,2-3", "206 0+9" },
		{ "bytes=0-3,5-6", "206 0+4 5+2" },
		{ "bytes=0-1,2-3,4-5,8-", "206 0+6 8+2" },
		{ "bytes=2-3,1-2", "206 2+2 1+2" },
		{ "bytes=5-,0-9", "200 0+10" },
		{ "bytes=1-,0-,1-,0-,1-,0-", "200 0+10" },
	};
	char text[128];
	size_t i;

	CASE("web: ranges of a file of ten bytes");
	for (i = 0; i < LEN(rows); i++) {
		snprintf(text, sizeof text, "Range: %s" CRLF, rows[i].range);
		OK_FOR(rows[i].range, asks(text, 10, rows[i].want));
	}
	CASE("web: ranges of an empty file");
	OK(asks("", 0, "200 0+0"));
	OK(asks("Range: bytes=0-" CRLF, 0, "416"));
	OK(asks("Range: bytes=0-0" CRLF, 0, "416"));
	OK(asks("Range: bytes=-0" CRLF, 0, "416"));
	OK(asks("Range: bytes=-1" CRLF, 0, "200 0+0"));
}

static void
wrong_ranges(void)
{
	static const char *const wrong[] = {
		"", "bytes", "bytes=", "bytes=,", "bytes= ", "bytes=-",
		"bytes=--1", "bytes=1", "bytes=5-4", "bytes=1-2-3",
		"bytes=a-b", "bytes=1-b", "bytes=a-2", "bytes=0x1-2",
		"bytes=+1-2", "bytes=1-+2", "bytes=1 -2", "bytes=1- 2",
		"bytes=1.0-2", "bytes:1-2", "bytes 1-2", "bytes =1-2",
		"byte=1-2", "seconds=1-2", "=1-2", "1-2", "bytes=0-1;2-3",
		"bytes=0-1,x", "bytes=0-1,5-4", "bytes=99-,5-4",
		"bytes=\"0-1\"", "bytes=0-1,\"", "bytes=-1-2",
		"bytes=99999999999999999999999-99",
	};
	char text[128];
	size_t i;

	CASE("web: a Range header that is wrong counts for none");
	for (i = 0; i < LEN(wrong); i++) {
		snprintf(text, sizeof text, "Range: %s" CRLF, wrong[i]);
		OK_FOR(wrong[i], asks(text, 10, "200 0+10"));
	}
	CASE("web: two Range headers count for none");
	OK(asks("Range: bytes=0-1" CRLF "Range: bytes=0-1" CRLF, 10,
	    "200 0+10"));
}

static void
many_ranges(void)
{
	CASE("web: so many ranges, and no more");
	OK(gives_many(RANGES_MAX, 2, 100, RANGES_MAX));
	OK(gives_many(RANGES_MAX + 1, 2, 100, 0));
	CASE("web: what is joined, or not there, is not counted");
	OK(gives_many(90, 1, 100, 1));
	OK(gives_many(90, 2, 2 * RANGES_MAX, RANGES_MAX));
}

/* Whether n ranges of a byte, each so far from the last, are answered by want
 * ranges; 0: by the whole. */
static int
gives_many(int n, int step, int64_t size, int want)
{
	struct entity e = file("a.txt", size);
	struct http_request r = { .keep_alive = 1 };
	struct web_ranges some;
	struct buf b = { 0 };
	int i, status;

	buf_printf(&b, "Range: bytes=");
	for (i = 0; i < n; i++)
		buf_printf(&b, "%s%d-%d", i > 0 ? "," : "", i * step,
		    i * step);
	buf_printf(&b, CRLF CRLF);
	r.method = span_of("GET");
	r.headers.p = b.p;
	r.headers.n = b.len;
	status = range_answer(&some, &r, &e);
	buf_free(&b);
	return want > 0 ? status == 206 && some.n == want : status == 200 &&
	    some.n == 1 && some.list[0].n == size;
}

static void
large_files(void)
{
	const int64_t size = (int64_t)1 << 50;

	CASE("web: files and numbers of any size");
	OK(asks("Range: bytes=1125899906842623-" CRLF, size,
	    "206 1125899906842623+1"));
	OK(asks("Range: bytes=-1125899906842625" CRLF, size,
	    "206 0+1125899906842624"));
	OK(asks("Range: bytes=4294967296-4294967297" CRLF, size,
	    "206 4294967296+2"));
	OK(asks("Range: bytes=8-9223372036854775807" CRLF, 10, "206 8+2"));
	OK(asks("Range: bytes=8-99999999999999999999999" CRLF, 10, "206 8+2"));
	OK(asks("Range: bytes=-99999999999999999999999" CRLF, 10,
	    "206 0+10"));
	OK(asks("Range: bytes=18446744073709551616-" CRLF, 10, "416"));
	OK(asks("Range: bytes=18446744073709551616-18446744073709551617" CRLF,
	    10, "416"));
}

static void
conditions(void)
{
	static const struct { const char *headers, *want; } rows[] = {
		{ "If-None-Match: \"" TAG "\"", "304" },
		{ "If-None-Match: W/\"" TAG "\"", "304" },
		{ "If-None-Match: *", "304" },
		{ "If-None-Match: \"x\", W/\"y,\" ,\"" TAG "\"", "304" },
		{ "If-None-Match: \"x\"" CRLF "if-none-match:\"" TAG "\"",
		    "304" },
		{ "If-None-Match: \"" TAG "\"" CRLF "If-None-Match: \"x\"",
		    "304" },
		{ "If-None-Match: \"" TAG "\"" CRLF "Range: bytes=0-1",
		    "304" },
		{ "If-None-Match: \"x\"", "200 0+10" },
		{ "If-None-Match: \"x\"" CRLF "Range: bytes=0-1", "206 0+2" },
		{ "If-None-Match: " TAG, "200 0+10" },
		{ "If-None-Match: \"" TAG, "200 0+10" },
		{ "If-None-Match: \"" TAG "x\"", "200 0+10" },
		{ "If-None-Match: \"" TAG "\"x", "200 0+10" },
		{ "If-None-Match: \"0\"", "200 0+10" },
		{ "If-None-Match: w/\"" TAG "\"", "200 0+10" },
		{ "If-None-Match: \"x,\"" TAG "\",\"", "200 0+10" },
		{ "If-None-Match: \"*\"", "200 0+10" },
		{ "If-None-Match:", "200 0+10" },
		{ "If-Modified-Since: " DATE, "304" },
		{ "If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT",
		    "200 0+10" },
		{ "If-Modified-Since: " DATE CRLF "If-None-Match: \"x\"",
		    "200 0+10" },
		{ "Range: bytes=0-1" CRLF "If-Range: \"" TAG "\"", "206 0+2" },
		{ "If-Range: " DATE CRLF "Range: bytes=0-1", "206 0+2" },
		{ "Range: bytes=99-" CRLF "If-Range: \"" TAG "\"", "416" },
		{ "Range: bytes=99-" CRLF "If-Range: \"x\"", "200 0+10" },
		{ "Range: bytes=0-1" CRLF "If-Range: W/\"" TAG "\"",
		    "200 0+10" },
		{ "Range: bytes=0-1" CRLF "If-Range: *", "200 0+10" },
		{ "Range: bytes=0-1" CRLF "If-Range:", "200 0+10" },
		{ "Range: bytes=0-1" CRLF "If-Range: \"x\", \"" TAG "\"",
		    "200 0+10" },
		{ "Range: bytes=0-1" CRLF "If-Range: \"" TAG "\"" CRLF
		    "If-Range: \"" TAG "\"", "200 0+10" },
		{ "Range: bytes=0-1" CRLF "If-Range: Sun, 06 Nov 1994 "
		    "08:49:38 GMT", "200 0+10" },
		{ "If-Range: \"" TAG "\"", "200 0+10" },
	};
	char text[256];
	size_t i;

	CASE("web: conditions, and which goes first (RFC 9110, 13.2.2)");
	for (i = 0; i < LEN(rows); i++) {
		snprintf(text, sizeof text, "%s" CRLF, rows[i].headers);
		OK_FOR(rows[i].headers, asks(text, 10, rows[i].want));
	}
}

static void
only_get(void)
{
	CASE("web: ranges are for GET, conditions for HEAD, too");
	OK(answer("HEAD", "Range: bytes=0-1" CRLF, 10, "200 0+10"));
	OK(answer("HEAD", "Range: bytes=99-" CRLF, 10, "200 0+10"));
	OK(answer("HEAD", "If-None-Match: *" CRLF, 10, "304"));
}

static int
asks(const char *headers, int64_t size, const char *want)
{
	return answer("GET", headers, size, want);
}

static int
answer(const char *method, const char *headers, int64_t size,
    const char *want)
{
	struct entity e = file("a.txt", size);
	struct http_request r = { .keep_alive = 0 };
	struct web_ranges some;
	struct buf got = { 0 }, text = { 0 };
	uint8_t *copy;
	int i, same;

	buf_printf(&text, "%s / HTTP/1.1" CRLF "%s" CRLF, method, headers);
	copy = unit_copy(text.p, text.len);
	OK_FOR(headers, http_request_parse(&r, copy, text.len) ==
	    (long)text.len);
	buf_printf(&got, "%d", range_answer(&some, &r, &e));
	for (i = 0; i < some.n; i++)
		buf_printf(&got, " %" PRId64 "+%" PRId64, some.list[i].at,
		    some.list[i].n);
	same = got.len == strlen(want) && memcmp(got.p, want, got.len) == 0;
	if (!same)
		fprintf(stderr, "%.*s\n", (int)got.len, (char *)got.p);
	free(copy);
	buf_free(&got);
	buf_free(&text);
	return same;
}

static void
heads(void)
{
	CASE("web: the head of a whole file");
	OK(head_is("GET / HTTP/1.1" CRLF CRLF, 10, 10,
	    "HTTP/1.1 200 OK" CRLF "Connection: keep-alive" CRLF OF_BODY
	    "Content-Type: " PLAIN CRLF "Content-Length: 10" CRLF CRLF));
	OK(head_is("HEAD / HTTP/1.1" CRLF CRLF, 10, 10,
	    "HTTP/1.1 200 OK" CRLF "Connection: keep-alive" CRLF OF_BODY
	    "Content-Type: " PLAIN CRLF "Content-Length: 10" CRLF CRLF));
	CASE("web: of a part of it");
	OK(head_is("GET / HTTP/1.1" CRLF "Range: bytes=-3" CRLF CRLF,
	    (int64_t)1 << 40, 3, "HTTP/1.1 206 Partial Content" CRLF
	    "Connection: keep-alive" CRLF OF_BODY "Content-Type: " PLAIN CRLF
	    "Content-Range: bytes 1099511627773-1099511627775/1099511627776"
	    CRLF "Content-Length: 3" CRLF CRLF));
	CASE("web: of none of it");
	OK(head_is("GET / HTTP/1.1" CRLF "Range: bytes=10-" CRLF CRLF, 10, 0,
	    "HTTP/1.1 416 Range Not Satisfiable" CRLF "Connection: keep-alive"
	    CRLF OF_FILE "Content-Range: bytes */10" CRLF
	    "Content-Length: 0" CRLF CRLF));
	OK(head_is("GET / HTTP/1.1" CRLF "If-None-Match: *" CRLF CRLF, 10, 0,
	    "HTTP/1.1 304 Not Modified" CRLF "Connection: keep-alive" CRLF
	    OF_FILE CRLF));
	CASE("web: of a file without a date, to one who hangs up");
	OK(head_is("GET / HTTP/1.0" CRLF "If-Modified-Since: Thu, 01 Jan 1970 "
	    "00:00:00 GMT" CRLF CRLF, -1, 10, "HTTP/1.1 200 OK" CRLF
	    "Connection: close" CRLF GUARDS "Accept-Ranges: bytes" CRLF
	    "ETag: \"" TAG "\"" CRLF GUARDS_OF_BODY "Content-Type: " PLAIN
	    CRLF "Content-Length: 10" CRLF CRLF));
	OK(head_is("GET / HTTP/1.0" CRLF "If-None-Match: *" CRLF CRLF, -1, 0,
	    "HTTP/1.1 304 Not Modified" CRLF "Connection: close" CRLF GUARDS
	    "Accept-Ranges: bytes" CRLF "ETag: \"" TAG "\"" CRLF CRLF));
}

/* size -1: of ten bytes, and without a date. */
static int
head_is(const char *request, int64_t size, int64_t length, const char *want)
{
	struct entity e = file("a.txt", size < 0 ? 10 : size);
	struct http_request r = parsed(request);
	struct web_ranges some;
	struct buf out = { 0 };
	int64_t n;
	int status, same;

	if (size < 0)
		e.modified_s = 0;
	status = range_answer(&some, &r, &e);
	n = head_file(&out, &r, &e, status, &some);
	same = n == length && out.len == strlen(want) &&
	    memcmp(out.p, want, out.len) == 0;
	if (!same)
		fprintf(stderr, "%.*s\n", (int)out.len, (char *)out.p);
	buf_free(&out);
	return same;
}

static void
parts(void)
{
	static const char bytes[] = "0123456789";
	struct http_request r = parsed("GET / HTTP/1.1" CRLF
	    "Range: bytes=0-1,4-6,-1" CRLF CRLF);
	struct http_reply got = { .limit = 4096 };
	struct entity e = file("a.txt", 10);
	struct web_ranges some;
	struct buf out = { 0 };
	struct span body;
	int64_t length;
	size_t head;
	int i;

	CASE("web: several ranges, and their length told beforehand");
	OK(range_answer(&some, &r, &e) == 206 && some.n == 3);
	length = head_file(&out, &r, &e, 206, &some);
	head = out.len;
	buf_put(&out, "", 1);
	OK(strstr((char *)out.p, CRLF "Content-Type: multipart/byteranges; "
	    "boundary=btsh-" TAG CRLF));
	OK(!strstr((char *)out.p, "Content-Range"));
	out.len--;
	for (i = 0; i <= some.n; i++) {
		head_part(&out, &e, &some, i);
		if (i < some.n)
			buf_put(&out, bytes + some.list[i].at,
			    (size_t)some.list[i].n);
	}
	OK((int64_t)(out.len - head) == length);
	OK(http_reply_feed(&got, out.p, out.len) == (long)out.len &&
	    http_reply_done(&got) && (int64_t)got.body.len == length);
	body.p = got.body.p;
	body.n = got.body.len;
	OK(part_is(&body, CRLF "--btsh-" TAG CRLF "Content-Type: " PLAIN CRLF
	    "Content-Range: bytes 0-1/10" CRLF CRLF, "01"));
	OK(part_is(&body, CRLF "--btsh-" TAG CRLF "Content-Type: " PLAIN CRLF
	    "Content-Range: bytes 4-6/10" CRLF CRLF, "456"));
	OK(part_is(&body, CRLF "--btsh-" TAG CRLF "Content-Type: " PLAIN CRLF
	    "Content-Range: bytes 9-9/10" CRLF CRLF, "9"));
	OK(span_is(body, CRLF "--btsh-" TAG "--" CRLF));
	buf_free(&got.body);
	buf_free(&out);
}

static int
part_is(struct span *body, const char *head, const char *bytes)
{
	size_t n = strlen(head), k = strlen(bytes);

	if (body->n < n + k || memcmp(body->p, head, n) != 0 ||
	    memcmp(body->p + n, bytes, k) != 0)
		return 0;
	body->p += n + k;
	body->n -= n + k;
	return 1;
}

static void
pages(void)
{
	static const char page[] = "HTTP/1.1 200 OK" CRLF "Connection: "
	    "keep-alive" CRLF GUARDS "X: y" CRLF "Content-Type: text/html"
	    CRLF "Content-Length: 7" CRLF CRLF;
	struct http_request r = parsed("GET / HTTP/1.1" CRLF CRLF);
	struct buf out = { 0 };

	CASE("web: the head of a page");
	head_page(&out, &r, 200, "text/html", 7, "X: y" CRLF);
	OK(out.len == sizeof page - 1 && memcmp(out.p, page, out.len) == 0);
	buf_free(&out);
	CASE("web: what is refused, and how one may come again");
	OK(fails_so("GET / HTTP/1.1" CRLF CRLF, 404, 0, "HTTP/1.1 404 Not "
	    "Found" CRLF "Connection: keep-alive" CRLF GUARDS
	    "Content-Type: " PLAIN CRLF "Content-Length: 14" CRLF CRLF
	    "404 Not Found\n"));
	OK(fails_so("HEAD / HTTP/1.0" CRLF CRLF, 404, 0, "HTTP/1.1 404 Not "
	    "Found" CRLF "Connection: close" CRLF GUARDS
	    "Content-Type: " PLAIN CRLF "Content-Length: 14" CRLF CRLF));
	OK(fails_so("GET / HTTP/1.1" CRLF CRLF, 503, 12, "HTTP/1.1 503 "
	    "Service Unavailable" CRLF "Connection: keep-alive" CRLF GUARDS
	    "Retry-After: 12" CRLF "Content-Type: " PLAIN CRLF
	    "Content-Length: 24" CRLF CRLF "503 Service Unavailable\n"));
	OK(fails_so("PUT / HTTP/1.1" CRLF CRLF, 405, 12, "HTTP/1.1 405 Method "
	    "Not Allowed" CRLF "Connection: keep-alive" CRLF GUARDS
	    "Allow: GET, HEAD" CRLF "Content-Type: " PLAIN CRLF
	    "Content-Length: 23" CRLF CRLF "405 Method Not Allowed\n"));
	OK(fails_so("GET / HTTP/1.0" CRLF "Connection: keep-alive" CRLF CRLF,
	    499, 0, "HTTP/1.1 499 Error" CRLF "Connection: keep-alive" CRLF
	    GUARDS "Content-Type: " PLAIN CRLF "Content-Length: 10" CRLF CRLF
	    "499 Error\n"));
}

static int
fails_so(const char *request, int status, int retry_s, const char *want)
{
	struct http_request r = parsed(request);
	struct buf out = { 0 };
	int same;

	head_fail(&out, &r, status, retry_s);
	same = out.len == strlen(want) && memcmp(out.p, want, out.len) == 0;
	buf_free(&out);
	return same;
}

static void
names(void)
{
	CASE("web: a plain name is saved as it is");
	OK(named("a.txt", "inline; filename=\"a.txt\""));
	OK(named("a b;c='d'.bin", "attachment; filename=\"a b;c='d'.bin\""));
	CASE("web: any other beside what is like it (RFC 6266)");
	OK(named("\303\244\342\202\254.bin", "attachment; "
	    "filename=\"__.bin\"; filename*=UTF-8''%C3%A4%E2%82%AC.bin"));
	OK(named("a\"b\\c%41.bin", "attachment; filename=\"a_b_c_41.bin\"; "
	    "filename*=UTF-8''a%22b%5Cc%2541.bin"));
	OK(named("a\r\nX: y\t\001\177/.bin", "attachment; filename="
	    "\"a__X: y____.bin\"; filename*=UTF-8''a__X%3A%20y____.bin"));
	OK(named("\377\300\200\355\240\200.bin", "attachment; filename="
	    "\"______.bin\"; filename*=UTF-8''______.bin"));
	OK(named("\342\202.bin", "attachment; filename=\"__.bin\"; "
	    "filename*=UTF-8''__.bin"));
	OK(named("x\342\202", "attachment; filename=\"x__\"; "
	    "filename*=UTF-8''x__"));
}

static int
named(const char *name, const char *want)
{
	struct entity e = file(name, 10);
	struct http_request r = parsed("GET / HTTP/1.1" CRLF CRLF);
	struct web_ranges some = { 1, { { 0, 10 } } };
	struct buf out = { 0 };
	uint8_t *copy = unit_copy(name, strlen(name));
	char text[512];
	int same;

	e.name.p = copy;
	head_file(&out, &r, &e, 200, &some);
	buf_put(&out, "", 1);
	snprintf(text, sizeof text, CRLF "Content-Disposition: %s" CRLF, want);
	same = strstr((char *)out.p, text) != NULL;
	if (!same)
		fprintf(stderr, "%s\n", (char *)out.p);
	free(copy);
	buf_free(&out);
	return same;
}

static void
types(void)
{
	static const struct { const char *name, *type; } rows[] = {
		{ "a.txt", PLAIN }, { "README", PLAIN }, { "a.b.C", PLAIN },
		{ "x.html", PLAIN }, { "x.HTM", PLAIN }, { "x.xhtml", PLAIN },
		{ "x.svg", PLAIN }, { "x.xml", PLAIN }, { "x.js", PLAIN },
		{ "x.css", PLAIN }, { "x.JPEG", "image/jpeg" },
		{ "x.mkv", "video/x-matroska" }, { "x.mp4", "video/mp4" },
		{ "x.opus", "audio/ogg" }, { ".mp3", "audio/mpeg" },
		{ "x.tar.gz", "application/gzip" },
		{ "x.tar", "application/x-tar" },
		{ "x.torrent", "application/x-bittorrent" },
		{ "x", "application/octet-stream" },
		{ "x.", "application/octet-stream" },
		{ ".", "application/octet-stream" },
		{ "x.mp", "application/octet-stream" },
		{ "x.mp44", "application/octet-stream" },
		{ "x.changelogs", "application/octet-stream" },
		{ "x.txt md", "application/octet-stream" },
		{ "x. txt", "application/octet-stream" },
		{ "x.txt\001", "application/octet-stream" },
	};
	size_t i;

	CASE("web: types by the end of a name; no page, no script");
	for (i = 0; i < LEN(rows); i++)
		OK_FOR(rows[i].name, type_is(rows[i].name, rows[i].type));
}

static int
type_is(const char *name, const char *want)
{
	struct entity e = file(name, 10);
	struct http_request r = parsed("GET / HTTP/1.1" CRLF CRLF);
	struct web_ranges some = { 1, { { 0, 10 } } };
	struct buf out = { 0 };
	uint8_t *copy = unit_copy(name, strlen(name));
	char text[128];
	int same;

	e.name.p = copy;
	head_file(&out, &r, &e, 200, &some);
	buf_put(&out, "", 1);
	snprintf(text, sizeof text, CRLF "Content-Type: %s" CRLF, want);
	same = strstr((char *)out.p, text) != NULL &&
	    !strstr((char *)out.p, "attachment") ==
	    (strncmp(want, "application/", 12) != 0);
	free(copy);
	buf_free(&out);
	return same;
}

static void
targets(void)
{
	static const struct { const char *path, *want; } rows[] = {
		{ "/", "index" }, { "/stats", "stats" },
		{ "/metrics", "metrics" }, { "/announce", "announce" },
		{ "/scrape", "scrape" }, { "/%73tats", "stats" },
		{ "/dir", "file 0 []" }, { "/dir/", "file 0 []/" },
		{ "/dir/a", "file 0 [a]" }, { "/dir/a/b/", "file 0 [a/b]/" },
		{ "/%64ir/%61%20b", "file 0 [a b]" },
		{ "/dir/a+b", "file 0 [a+b]" },
		{ "/dir/%2561", "file 0 [%61]" },
		{ "/dir/...", "file 0 [...]" }, { "/dir/.a", "file 0 [.a]" },
		{ "/dir/%C3%A4\303\244", "file 0 [\303\244\303\244]" },
		{ "/dir/%0D%0A", "file 0 [\r\n]" },
		{ "/dir/a;b?c#d", "file 0 [a;b?c#d]" },
		{ "/dir/stats", "file 0 [stats]" },
		{ "/dir.torrent", "torrent 0" }, { "/dir.tar", "tar 0" },
		{ "/dir.tar/a", "404" }, { "/dir.torrent/", "404" },
		{ "/x.tar", "file 1 []" }, { "/x.tar.tar", "tar 1" },
		{ "/x.tar/a", "file 1 [a]" }, { "/x", "404" },
		{ "/x.tar.torrent", "torrent 1" }, { "/x.torrent", "404" },
		{ "/announce/a", "file 2 [a]" },
		{ "/announce/", "file 2 []/" },
		{ "/announce.tar", "tar 2" }, { "/.tar", "404" },
		{ "/.torrent", "404" }, { "/nothing", "404" },
		{ "/stats/", "404" }, { "/STATS", "404" },
	};
	size_t i;

	CASE("web: what a target means");
	for (i = 0; i < LEN(rows); i++)
		OK_FOR(rows[i].path, means(rows[i].path, rows[i].want));
}

static void
no_targets(void)
{
	static const struct { const char *path, *want; } rows[] = {
		{ "", "400" }, { "*", "400" }, { "dir", "400" },
		{ "%2Fdir", "400" }, { "/dir/%", "400" }, { "/dir/%4", "400" },
		{ "/dir/%4g", "400" }, { "/dir/%g4", "400" },
		{ "/dir/\001", "400" }, { "/dir/\t", "400" },
		{ "/dir/ ", "400" }, { "/dir/\177", "400" }, { "/%", "400" },
		{ "//", "404" }, { "///", "404" }, { "//dir", "404" },
		{ "/dir//", "404" }, { "/dir//a", "404" }, { "/.", "404" },
		{ "/..", "404" }, { "/./", "404" }, { "/../", "404" },
		{ "/../dir", "404" }, { "/dir/..", "404" },
		{ "/dir/../dir", "404" }, { "/dir/.", "404" },
		{ "/dir/./a", "404" }, { "/dir/%2e%2E/a", "404" },
		{ "/dir/.%2e", "404" }, { "/dir/a%2Fb", "404" },
		{ "/dir/a%2fb", "404" }, { "/dir%2f", "404" },
		{ "/dir%00", "404" }, { "/dir/a%00.txt", "404" },
		{ "/%00", "404" }, { "/..%2f..%2fetc/passwd", "404" },
		{ "/stats%00", "404" }, { "/%2e", "404" },
	};
	size_t i;

	CASE("web: targets that are none");
	for (i = 0; i < LEN(rows); i++)
		OK_FOR(rows[i].path, means(rows[i].path, rows[i].want));
}

static void
long_targets(void)
{
	struct web_target t;
	struct buf b = { 0 };
	struct span path;

	CASE("web: targets of any length");
	buf_printf(&b, "/dir/");
	while (b.len < HTTP_HEAD_MAX + 1)
		buf_put(&b, "a", 1);
	path.p = b.p;
	path.n = b.len;
	OK(target_parse(&t, path, find_name, NULL) == 200);
	OK(t.path.n == HTTP_HEAD_MAX - 4);
	buf_put(&b, "a", 1);
	path.p = b.p;
	path.n = b.len;
	OK(target_parse(&t, path, find_name, NULL) == 414);
	buf_free(&b);
}

static int
means(const char *path, const char *want)
{
	static const char *const words[] = { "index", "stats", "metrics",
		"announce", "scrape", "torrent", "tar", "file" };
	struct web_target t;
	struct span s = { NULL, strlen(path) };
	uint8_t *copy = unit_copy(path, s.n);
	char got[128];
	int status;

	s.p = copy;
	status = target_parse(&t, s, find_name, NULL);
	free(copy);
	if (status != 200)
		snprintf(got, sizeof got, "%d", status);
	else if (t.what == TARGET_FILE)
		snprintf(got, sizeof got, "file %d [%.*s]%s", t.torrent,
		    (int)t.path.n, (const char *)t.path.p, t.slash ? "/" : "");
	else if (t.what >= TARGET_TORRENT)
		snprintf(got, sizeof got, "%s %d", words[t.what], t.torrent);
	else
		snprintf(got, sizeof got, "%s", words[t.what]);
	if (strcmp(got, want) != 0)
		fprintf(stderr, "%s\n", got);
	return strcmp(got, want) == 0;
}

static int
find_name(void *arg, struct span name)
{
	static const char *const list[] = { "dir", "x.tar", "announce" };
	int i;

	(void)arg;
	OK(name.n > 0);
	for (i = 0; i < (int)LEN(list); i++)
		if (span_is(name, list[i]))
			return i;
	return -1;
}

static struct entity
file(const char *name, int64_t size)
{
	struct entity e = { .tag = TAG, .size = size, .modified_s = DATE_S };

	e.name = span_of(name);
	return e;
}

static void
cuts(void)
{
	static const char text[] = "GET /dir/a%20b.txt?x=y HTTP/1.1" CRLF
	    "Host: h" CRLF "Range: bytes=0-1,4-5" CRLF "If-Range: \"" TAG "\""
	    CRLF "If-None-Match: \"x\", \"y\"" CRLF CRLF;
	struct outcome o;
	uint8_t *copy;
	size_t i;

	CASE("web: a request cut anywhere goes on; whole, it means this");
	for (i = 0; i < sizeof text; i++) {
		copy = unit_copy(text, i);
		run(&o, copy, i);
		OK_FOR(text + i, o.len == (i < sizeof text - 1 ? 0 : (long)i));
		free(copy);
	}
	OK(o.target == 200 && o.status == 206 && o.some.n == 2);
	CASE("web: the headers may be cut anywhere, too");
	for (i = 0; i < sizeof text - 1; i++) {
		struct http_request r = { .keep_alive = 1 };
		struct entity e = file("a b.txt", 10);

		r.method = span_of("GET");
		r.headers.p = copy = unit_copy(text, i);
		r.headers.n = i;
		OK_FOR(text + i, run_file(&o, &r, &e));
		free(copy);
	}
}

static void
long_heads(void)
{
	CASE("web: heads of 8 KiB");
	OK(long_head("Range: bytes=", "1-2,", "206"));
	OK(long_head("Range: bytes=0-1,", "99999999999999999999-,", "206"));
	OK(long_head("Range: bytes=0-1", ",", "206"));
	OK(long_head("Range: bytes=", "4-5,1-2,", "200"));
	OK(long_head("Range: bytes=", "9", "200"));
	OK(long_head("Range: bytes=9", "-", "200"));
	OK(long_head("If-None-Match: ", "\"" TAG "x\",", "200"));
	OK(long_head("If-None-Match: \"" TAG "\"", ",\"", "304"));
	OK(long_head("If-None-Match: ", "\",", "200"));
	OK(long_head("If-Range: \"" TAG "\"" CRLF "Range: bytes=0-1" CRLF
	    "X: ", "x", "206"));
}

/* Whether such a head, filled up with whole units, is answered so. */
static int
long_head(const char *begin, const char *unit, const char *want)
{
	struct outcome o;
	struct buf b = { 0 };
	uint8_t *copy;

	buf_printf(&b, "GET /dir/a HTTP/1.1" CRLF "%s", begin);
	while (b.len + strlen(unit) + 4 < HTTP_HEAD_MAX)
		buf_put(&b, unit, strlen(unit));
	buf_printf(&b, CRLF CRLF);
	copy = unit_copy(b.p, b.len);
	run(&o, copy, b.len);
	free(copy);
	buf_free(&b);
	return o.len > HTTP_HEAD_MAX - 64 && o.target == 200 &&
	    o.status == atoi(want);
}

static void
mutations(void)
{
	static const char *const seeds[] = {
		"GET /dir/a%20b.txt HTTP/1.1" CRLF "Range: bytes=0-1,4-5,-1"
		    CRLF CRLF,
		"GET /dir.tar HTTP/1.0" CRLF "Range: bytes=3-" CRLF
		    "If-Range: \"" TAG "\"" CRLF CRLF,
		"HEAD /x.tar/%C3%A4/b.mkv?a=b HTTP/1.1" CRLF
		    "If-None-Match: \"x\", W/\"" TAG "\"" CRLF CRLF,
		"GET http://h/announce/a HTTP/1.1" CRLF "If-Modified-Since: "
		    DATE CRLF "Range: bytes=10-20" CRLF CRLF,
	};
	int statuses[4] = { 0 }, found = 0, i;
	struct outcome o;
	uint64_t state = 7;
	uint8_t text[512], *copy;
	size_t n;

	CASE("web: requests that nobody meant do nothing bad");
	for (i = 0; i < MUTATIONS; i++) {
		n = strlen(seeds[i % LEN(seeds)]);
		memcpy(text, seeds[i % LEN(seeds)], n);
		n = unit_mutate(text, n, sizeof text, &state);
		copy = unit_copy(text, n);
		run(&o, copy, n);
		free(copy);
		if (o.len <= 0)
			continue;
		found += o.target == 200;
		statuses[o.status == 200 ? 0 : o.status == 206 ? 1 :
		    o.status == 304 ? 2 : 3]++;
	}
	for (i = 0; i < 4; i++)
		OK(statuses[i] > 100);
	OK(found > 1000);
}

/* A request as a server would take it, each answer looked at. */
static void
run(struct outcome *o, const uint8_t *p, size_t n)
{
	struct http_request r = { .keep_alive = 0 };
	struct entity e = file("x", 10);
	struct web_target t;

	memset(o, 0, sizeof *o);
	o->len = http_request_parse(&r, p, n);
	if (o->len <= 0)
		return;
	o->target = target_parse(&t, r.path, find_name, NULL);
	if (o->target == 200 && t.what == TARGET_FILE) {
		OK(t.torrent >= 0 && t.path.p >= t.text &&
		    t.path.p + t.path.n <= t.text + sizeof t.text);
		OK(!memchr(t.path.p, '\0', t.path.n));
		if (t.path.n > 0)
			e.name = t.path; /* worse than any real one */
	}
	OK(run_file(o, &r, &e));
}

/* Whether the answer is one: its ranges in the file, its head one head. */
static int
run_file(struct outcome *o, const struct http_request *r,
    const struct entity *e)
{
	struct http_reply reply = { .limit = SIZE_MAX / 2 };
	struct buf out = { 0 };
	long n;
	int ok;

	o->status = range_answer(&o->some, r, e);
	o->length = head_file(&out, r, e, o->status, &o->some);
	n = http_reply_feed(&reply, out.p, out.len);
	ok = is_sound(&o->some, o->status, e->size) && n == (long)out.len &&
	    reply.status == o->status &&
	    (o->status == 304 || reply.left == o->length);
	buf_free(&reply.body);
	buf_free(&out);
	return ok;
}

static int
is_sound(const struct web_ranges *some, int status, int64_t size)
{
	int64_t total = 0;
	int i;

	for (i = 0; i < some->n && i < RANGES_MAX; i++) {
		if (some->list[i].at < 0 || some->list[i].n < 1 ||
		    some->list[i].n > size - some->list[i].at)
			return 0;
		total += some->list[i].n;
	}
	return total <= size && some->n <= RANGES_MAX &&
	    (status == 200 ? some->n == 1 && total == size :
	    status == 206 ? some->n > 0 : (status == 304 || status == 416) &&
	    some->n == 0);
}

/* A request that is right; text outlives what is returned. */
static struct http_request
parsed(const char *text)
{
	struct http_request r = { .keep_alive = 0 };

	OK_FOR(text, http_request_parse(&r, (const uint8_t *)text,
	    strlen(text)) == (long)strlen(text));
	return r;
}
