/* webseed: a torrent of many files, some of them padding; a server that
 * answers as a case says, whose bytes are fed in any cut. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "addr.h"
#include "url.h"
#include "torrent/meta.h"
#include "swarm/webseed.h"
#include "unit.h"

enum { PIECE = 2 * BLOCK_LEN, SECOND = 1000, MUTANTS = 20000 };

/* Files of the torrent: lengths, and whether they are padding. */
static const struct {
	const char *path;
	int64_t len;
	int pad;
} files[] = {
	{ "1:a", 40000, 0 }, { "4:.pad5:25536", 25536, 1 }, { "1:e", 0, 0 },
	{ "4:b  c3:d?%", 100, 0 }, { "1:f", 3, 0 }, { "1:g", 200000, 0 },
	{ "4:.pad1:7", 7, 1 }, { "1:h", 1, 0 }
};

static void urls(void);
static void rules(void);
static void sizes(void);
static void waits(void);
static void asks(void);
static void streams(void);
static void heads(void);
static void moves(void);
static void wholes(void);
static void ends(void);
static void mutants(void);

static struct meta *torrent(int single);
static void setup(const char *url, int single);
static void teardown(void);
static uint8_t byte_at(int64_t at);
static const char *url_of(uint32_t file);
static void answer(struct buf *b, const struct web_ask *a);
static void connect_anew(void);
static int feed(const uint8_t *p, size_t n, size_t step);
static int serve(size_t step, int most);
static const char *end_of(const char *head);
static int move(uint32_t file, const char *to);
static void on_block(void *arg, struct block b, const uint8_t *p);
static void on_fed(void *arg);

static const struct webtalk_ops ops = { on_block, on_fed };

static struct {
	struct meta *m;
	struct webseed ws;
	struct webtalk t;
	struct buf in;          /* fed, and not consumed */
	uint8_t seen[64];       /* blocks */
	int nblocks, nwrong, nfed, nasks;
	char path[URL_MAX + 300];
} w;

void
test_webseed(void)
{
	urls();
	rules();
	sizes();
	waits();
	asks();
	streams();
	heads();
	moves();
	wholes();
	ends();
	mutants();
}

static struct meta *
torrent(int single)
{
	struct buf raw = { 0 };
	int64_t size = 0;
	char why[META_WHY];
	struct meta *m;
	size_t i;

	buf_printf(&raw, "d4:infod");
	if (!single)
		buf_printf(&raw, "5:filesl");
	for (i = 0; i < LEN(files); i++) {
		size += files[i].len;
		if (!single)
			buf_printf(&raw, "d%s6:lengthi%de4:pathl%see",
			    files[i].pad ? "4:attr1:p" : "",
			    (int)files[i].len, files[i].path);
	}
	if (single)
		buf_printf(&raw, "6:lengthi%de", (int)size);
	else
		buf_put(&raw, "e", 1);
	buf_printf(&raw, "4:name4:n&m/12:piece lengthi%de6:pieces%d:",
	    (int)PIECE, (int)((size + PIECE - 1) / PIECE) * 20);
	memset(buf_room(&raw, 400), 0, 400);
	raw.len += (size_t)((size + PIECE - 1) / PIECE) * 20;
	buf_printf(&raw, "ee");
	m = meta_parse(&raw, why);
	if (!m)
		fprintf(stderr, "%s\n", why);
	return m;
}

static void
setup(const char *url, int single)
{
	memset(&w, 0, sizeof w);
	w.m = torrent(single);
	OK(webseed_init(&w.ws, w.m, span_of(url)) == 0);
	w.t.ws = &w.ws;
	w.t.ops = &ops;
}

static void
teardown(void)
{
	meta_free(w.m);
	buf_free(&w.in);
}

static uint8_t
byte_at(int64_t at)
{
	const struct file *f = &w.m->files[meta_file_at(w.m, at)];

	return f->pad ? 0 : (uint8_t)(at * 31 + at / 251 + 1);
}

static void
on_block(void *arg, struct block b, const uint8_t *p)
{
	int64_t off = (int64_t)b.piece * PIECE + b.begin;
	uint32_t i, n = (uint32_t)(off / BLOCK_LEN);

	(void)arg;
	w.nwrong += off < w.t.from || off + b.len > w.t.to ||
	    bit_get(w.seen, n) || b.len != MIN(BLOCK_LEN, w.m->sh.size - off);
	bit_set(w.seen, n);
	for (i = 0; i < b.len; i++)
		if (p[i] != byte_at(off + i))
			break;
	w.nwrong += i < b.len;
	w.nblocks++;
}

static void
on_fed(void *arg)
{
	(void)arg;
	w.nfed++;
}

static const char *
url_of(uint32_t file)
{
	struct url u;

	if (webseed_url(&w.ws, file, &u) < 0)
		return "none";
	snprintf(w.path, sizeof w.path, "%s://%s:%u%s", u.scheme, u.host,
	    u.port, u.path);
	return w.path;
}

static void
urls(void)
{
	static const struct {
		const char *base;
		int single;
		uint32_t file;
		const char *want;
	} table[] = {
		{ "http://h", 1, 0, "http://h:80/n%26m%2F" },
		{ "http://h/d/", 1, 0, "http://h:80/d/n%26m%2F" },
		{ "http://h/d/x.iso", 1, 0, "http://h:80/d/x.iso" },
		{ "http://h/x?y=z", 1, 0, "http://h:80/x?y=z" },
		{ " https://h:8/d\n", 0, 0, "https://h:8/d/n%26m%2F/a" },
		{ "http://h/d/", 0, 3,
		    "http://h:80/d/n%26m%2F/b%20%20c/d%3F%25" },
		{ "http://h", 0, 7, "http://h:80/n%26m%2F/h" }
	};
	static const char *const none[] = { "", "h", "ftp://h/", "udp://h:1",
		"http://h/?x", "http:///" };
	char base[URL_MAX] = "http://h/";
	size_t i;

	CASE("webseed: the URL of each file (BEP 19)");
	for (i = 0; i < LEN(table); i++) {
		setup(table[i].base, table[i].single);
		OK_FOR(table[i].base, strcmp(url_of(table[i].file),
		    table[i].want) == 0);
		teardown();
	}
	CASE("webseed: what no file's URL can be made of is refused");
	setup("http://h", 0);
	for (i = 0; i < LEN(none); i++)
		OK_FOR(none[i], webseed_init(&w.ws, w.m, span_of(none[i])) <
		    0);
	CASE("webseed: a URL that would be too long is none");
	memset(base + 9, 'x', URL_MAX - 20);
	base[URL_MAX - 11] = '\0';
	OK(webseed_init(&w.ws, w.m, span_of(base)) == 0);
	OK(strcmp(url_of(3), "none") == 0);
	teardown();
}

static void
rules(void)
{
	static const struct {
		const char *url;
		int near;
		enum addr_scope from;
		const char *may; /* loopback, private, global */
	} table[] = {
		{ "http://h/d/", 0, SCOPE_LOOPBACK, "--+" },
		{ "http://h/d/", 1, SCOPE_LOOPBACK, "+++" },
		{ "http://h/d/", 1, SCOPE_PRIVATE, "-++" },
		{ "http://h/d/", 1, SCOPE_GLOBAL, "--+" },
		{ "http://h/d?x", 1, SCOPE_LOOPBACK, "--+" },
		{ "http://a@h/d", 1, SCOPE_LOOPBACK, "--+" }
	};
	struct url u;
	size_t i;
	int at;

	CASE("webseed: who may be asked for what, and where");
	setup("http://h/", 1);
	for (i = 0; i < LEN(table); i++) {
		w.ws.is_near = table[i].near;
		w.ws.from = table[i].from;
		OK(url_parse(&u, table[i].url) == 0);
		for (at = SCOPE_LOOPBACK; at <= SCOPE_GLOBAL; at++)
			OK_FOR(table[i].url, webseed_may(&w.ws,
			    (enum addr_scope)at, &u) ==
			    (table[i].may[at] == '+'));
	}
	teardown();
}

static void
sizes(void)
{
	enum { MIB = 1 << 20 };
	int i;

	CASE("webseed: a run takes a second or two, from 1 MiB to 16");
	setup("http://h/", 1);
	OK(w.ws.size == MIB);
	for (i = 0; i < 10; i++)
		webseed_took(&w.ws, w.ws.size, 1);
	OK(w.ws.size == 16 * MIB);
	webseed_took(&w.ws, 16 * MIB, 2 * SECOND);
	OK(w.ws.size == 12 * MIB);
	webseed_took(&w.ws, 12 * MIB, 100 * SECOND);
	OK(w.ws.size == 6 * MIB);
	webseed_took(&w.ws, 16384, 100); /* cut short: it tells nothing */
	OK(w.ws.size == 6 * MIB);
	webseed_took(&w.ws, 16384, 4 * SECOND); /* but that does */
	OK(w.ws.size == 3 * MIB);
	webseed_took(&w.ws, MIB, 0);
	OK(w.ws.size == 6 * MIB);
	teardown();
}

static void
waits(void)
{
	int i;

	CASE("webseed: who fails is left alone for longer and longer");
	setup("http://h/", 1);
	webseed_later(&w.ws, -1, 100);
	OK(w.ws.retry_ms == 5100);
	webseed_later(&w.ws, -1, 100);
	OK(w.ws.retry_ms == 10100);
	for (i = 0; i < 100; i++)
		webseed_later(&w.ws, -1, 0);
	OK(w.ws.retry_ms == 640 * SECOND);
	CASE("webseed: or for as long as it says, within an hour");
	webseed_later(&w.ws, 30, 0);
	OK(w.ws.retry_ms == 30 * SECOND);
	webseed_later(&w.ws, 0, 0);
	OK(w.ws.retry_ms == SECOND);
	webseed_later(&w.ws, 1000000, 0);
	OK(w.ws.retry_ms == 3600 * SECOND);
	teardown();
}

/* The right answer to a request. */
static void
answer(struct buf *b, const struct web_ask *a)
{
	const struct file *f = &w.m->files[a->file];
	int64_t i;

	w.nasks++;
	w.nwrong += f->pad || a->len <= 0 || a->off < 0 ||
	    a->off + a->len > f->len;
	buf_printf(b, "HTTP/1.1 206 OK\r\ncontent-range: bytes %d-%d/%d\r\n"
	    "Content-Length: %d\r\n\r\n", (int)a->off,
	    (int)(a->off + a->len - 1), (int)f->len, (int)a->len);
	for (i = 0; i < a->len; i++)
		*buf_room(b, 1) = byte_at(f->off + a->off + i), b->len++;
}

static void
connect_anew(void)
{
	w.in.at = w.in.len = 0;
	webtalk_open(&w.t);
}

/* Feeds what has come, step bytes more at a time (0: all), from memory with
 * nothing behind it; what webtalk_feed said last. */
static int
feed(const uint8_t *p, size_t n, size_t step)
{
	uint8_t *copy;
	long k = 1;
	size_t some;

	for (; n > 0 && k >= 0; p += some, n -= some) {
		some = step ? MIN(step, n) : n;
		buf_put(&w.in, p, some);
		copy = unit_copy(w.in.p + w.in.at, buf_left(&w.in));
		k = webtalk_feed(&w.t, copy, buf_left(&w.in));
		free(copy);
		w.nwrong += k > (long)buf_left(&w.in);
		if (k > 0)
			buf_take(&w.in, (size_t)k);
		w.nwrong += k >= 0 && buf_left(&w.in) > BLOCK_LEN &&
		    !webtalk_is_done(&w.t);
	}
	return (int)k;
}

/* Answers at most so many requests rightly; the last answer of feed. */
static int
serve(size_t step, int most)
{
	struct web_ask list[16];
	struct buf b = { 0 };
	int n, i, k = 1;

	while (k >= 0 && most > 0) {
		for (n = 0; n < 16 && webtalk_ask(&w.t, &list[n]); n++)
			;
		if (n == 0)
			break;
		b.at = b.len = 0;
		for (i = 0; i < n && most > 0; i++, most--)
			answer(&b, &list[i]);
		k = feed(b.p, b.len, step);
	}
	buf_free(&b);
	return k;
}

static void
asks(void)
{
	struct web_ask a;
	int64_t size;

	CASE("webseed: a run is asked for file by file, padding not at all");
	setup("http://h/", 0);
	size = w.m->sh.size;
	webtalk_run(&w.t, BLOCK_LEN, size);
	connect_anew();
	OK(webtalk_ask(&w.t, &a) && a.file == 0 && a.off == BLOCK_LEN &&
	    a.len == 40000 - BLOCK_LEN);
	CASE("webseed: the next one is made once the connection has given");
	OK(!webtalk_ask(&w.t, &a));
	webtalk_unask(&w.t, &a);
	OK(webtalk_ask(&w.t, &a) && a.off == BLOCK_LEN);
	webtalk_unask(&w.t, &a);
	OK(serve(0, 1) >= 0 && webtalk_ask(&w.t, &a));
	OK(a.file == 3 && a.off == 0 && a.len == 100);
	OK(webtalk_ask(&w.t, &a) && a.file == 4 && a.len == 3);
	OK(webtalk_ask(&w.t, &a) && a.file == 5 && a.len == 200000);
	OK(webtalk_ask(&w.t, &a) && a.file == 7 && a.len == 1);
	OK(!webtalk_ask(&w.t, &a));
	CASE("webseed: a new connection goes on where the old one ended");
	connect_anew();
	OK(webtalk_ask(&w.t, &a) && a.file == 3 && a.off == 0);
	teardown();
	CASE("webseed: of padding alone nothing is asked for");
	setup("http://h/", 0);
	webtalk_run(&w.t, 3 * BLOCK_LEN, 4 * BLOCK_LEN);
	OK(webtalk_is_done(&w.t) && w.nblocks == 1 && w.nwrong == 0);
	teardown();
}

static void
streams(void)
{
	static const size_t steps[] = { 0, 1, 7, 1000, 16384, 16385, 50000 };
	char name[32];
	size_t i;
	int single, all;

	for (single = 0; single < 2; single++) {
		CASE(single ? "webseed: a file comes in any cut" :
		    "webseed: many files come in any cut");
		for (i = 0; i < LEN(steps); i++) {
			snprintf(name, sizeof name, "%u", (unsigned)steps[i]);
			setup("http://h/", single);
			all = (int)((w.m->sh.size + BLOCK_LEN - 1) /
			    BLOCK_LEN);
			webtalk_run(&w.t, 0, w.m->sh.size);
			connect_anew();
			OK_FOR(name, serve(steps[i], 100) >= 0);
			OK_FOR(name, webtalk_is_done(&w.t) &&
			    !webtalk_owes(&w.t) && w.nblocks == all);
			OK_FOR(name, w.nwrong == 0 &&
			    w.nasks == (single ? 1 : 5));
			OK_FOR(name, buf_left(&w.in) == 0 &&
			    !webtalk_is_over(&w.t));
			teardown();
		}
	}
	CASE("webseed: a block of several files goes on after a cut");
	setup("http://h/", 0);
	webtalk_run(&w.t, 4 * BLOCK_LEN, w.m->sh.size);
	connect_anew();
	OK(serve(0, 1) >= 0 && w.nblocks == 0); /* 100 bytes */
	connect_anew();
	OK(serve(0, 100) >= 0 && webtalk_is_done(&w.t) && w.nwrong == 0);
	CASE("webseed: what comes though nothing was asked for is the end");
	webtalk_run(&w.t, 0, BLOCK_LEN);
	w.t.flying = 0;
	OK(feed((const uint8_t *)"HTTP/1.1", 8, 0) < 0 &&
	    w.t.end == WEB_AGAIN);
	teardown();
}

/* What an answer to a request for bytes 16384-39999 of 40000 means. */
static const char *
end_of(const char *head)
{
	static const char *const ends[] = { "again", "later", "dead" };
	static char text[WEB_WHY + 40];
	struct buf b = { 0 };
	struct web_ask a;
	int k;

	setup("http://h/", 0);
	webtalk_run(&w.t, BLOCK_LEN, w.m->sh.size);
	connect_anew();
	webtalk_ask(&w.t, &a);
	buf_printf(&b, "%s\r\n\r\n", head);
	k = feed(b.p, b.len, 0);
	buf_free(&b);
	if (k < 0)
		snprintf(text, sizeof text, "%s %s", ends[w.t.end],
		    w.ws.why);
	else
		snprintf(text, sizeof text, "%s", w.t.in_body ? "body" :
		    "more");
	teardown();
	return text;
}

static void
heads(void)
{
#define RANGE "\r\nContent-Range: bytes 16384-39999/40000"
#define OTHER "dead it gives other bytes than it was asked for"
#define PACKS "dead it packs what it was asked to give as it is"
#define SIZE  "dead its file has another size"
	static const char *const table[][2] = {
		{ "HTTP/1.1 206 OK" RANGE, "body" },
		{ "HTTP/1.0 206 OK" RANGE, "body" },
		{ "HTTP/1.1 206 OK" RANGE "\r\nContent-Length: 23616", "body" },
		{ "HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 206 OK" RANGE, "body" },
		{ "HTTP/1.1 206 OK\r\nContent-Range: Bytes 16384-39999/*",
		    "body" },
		{ "HTTP/1.1 206 OK" RANGE "\r\nContent-Encoding: identity",
		    "body" },
		{ "HTTP/1.1 100 Go on", "more" },
		{ "HTTP/1.1 206 OK" RANGE "\r\nContent-Length: 23615", OTHER },
		{ "HTTP/1.1 206 OK", OTHER },
		{ "HTTP/1.1 206 OK" RANGE "0", SIZE },
		{ "HTTP/1.1 206 OK\r\nContent-Range: bytes 16384-39998/40000",
		    OTHER },
		{ "HTTP/1.1 206 OK\r\nContent-Range: bytes 16383-39999/40000",
		    OTHER },
		{ "HTTP/1.1 206 OK\r\nContent-Range: bytes -1-39999/40000",
		    OTHER },
		{ "HTTP/1.1 206 OK\r\nContent-Range: lines 16384-39999/40000",
		    OTHER },
		{ "HTTP/1.1 206 OK" RANGE "\r\nTransfer-Encoding: chunked",
		    PACKS },
		{ "HTTP/1.1 206 OK" RANGE "\r\nContent-Encoding: gzip", PACKS },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 40001", SIZE },
		{ "HTTP/1.1 200 OK",
		    "dead it does not say how much it gives" },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 40000",
		    "again it knows no ranges" },
		{ "HTTP/1.1 204 No", "dead HTTP status 204" },
		{ "HTTP/1.1 404 No", "dead HTTP status 404" },
		{ "HTTP/1.1 416 No", "dead HTTP status 416" },
		{ "HTTP/1.1 429 No", "later HTTP status 429" },
		{ "HTTP/1.1 503 No", "later HTTP status 503" },
		{ "HTTP/1.1 302 No\r\nLocation: /x", "again it redirects" },
		{ "HTTP/1.1 302 No\r\nLocation: ftp://\x1bh/",
		    "dead it redirects to where btsh cannot go: ftp://\\x1bh/"
		},
		{ "HTTP/2 200", "dead it does not answer in HTTP/1" }
	};
	size_t i;

	CASE("webseed: what an answer's head means");
	for (i = 0; i < LEN(table); i++)
		OK_FOR(table[i][0], strcmp(end_of(table[i][0]),
		    table[i][1]) == 0);
	CASE("webseed: how long it wants to be left alone");
	end_of("HTTP/1.1 503 No\r\nRetry-After: 9");
	OK(w.t.retry_s == 9);
	end_of("HTTP/1.1 503 No\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 G");
	OK(w.t.retry_s == -1);
	CASE("webseed: whether the connection stays");
	end_of("HTTP/1.1 206 OK" RANGE "\r\nContent-Length: 23616");
	OK(w.t.keeps);
	end_of("HTTP/1.1 206 OK" RANGE "\r\nContent-Length: 23616\r\n"
	    "Connection: foo, Close");
	OK(!w.t.keeps);
	end_of("HTTP/1.1 206 OK" RANGE);
	OK(!w.t.keeps);
	end_of("HTTP/1.0 206 OK" RANGE "\r\nContent-Length: 23616");
	OK(!w.t.keeps);
	end_of("HTTP/1.0 206 OK" RANGE "\r\nContent-Length: 23616\r\n"
	    "Connection: keep-alive");
	OK(w.t.keeps);
}

/* A file's answer is that it has moved: how the talk goes on. */
static int
move(uint32_t file, const char *to)
{
	struct buf b = { 0 };
	int64_t at = w.m->files[file].off / BLOCK_LEN * BLOCK_LEN;
	struct web_ask a;
	int k;

	webtalk_run(&w.t, at, at + BLOCK_LEN);
	connect_anew();
	while (webtalk_ask(&w.t, &a) && a.file != file) {
		answer(&b, &a);
		feed(b.p, b.len, 0);
		b.len = 0;
	}
	buf_printf(&b, "HTTP/1.1 301 Moved\r\nLocation: %s\r\n\r\n", to);
	k = feed(b.p, b.len, 0);
	buf_free(&b);
	return k < 0 ? (int)w.t.end : -1;
}

static void
moves(void)
{
	struct web_ask a;
	int i;

	CASE("webseed: where one file moves in the same way, all do");
	setup("http://h/old/", 0);
	OK(move(0, "https://i/new/n%26m%2F/a") == WEB_AGAIN);
	OK(strcmp(url_of(0), "https://i:443/new/n%26m%2F/a") == 0);
	OK(strcmp(url_of(7), "https://i:443/new/n%26m%2F/h") == 0);
	CASE("webseed: one that moves elsewhere moves alone");
	OK(move(5, "/x?token=1") == WEB_AGAIN);
	OK(strcmp(url_of(5), "https://i:443/x?token=1") == 0);
	OK(strcmp(url_of(0), "https://i:443/new/n%26m%2F/a") == 0);
	CASE("webseed: an error there leads back to what the torrent says");
	w.t.scope = SCOPE_PRIVATE;
	webtalk_run(&w.t, 0, BLOCK_LEN);
	connect_anew();
	OK(webtalk_ask(&w.t, &a));
	OK(feed((const uint8_t *)BYTES("HTTP/1.1 403 No\r\n\r\n"), 0) < 0 &&
	    w.t.end == WEB_LATER);
	OK(strcmp(url_of(0), "http://h:80/old/n%26m%2F/a") == 0);
	OK(strcmp(url_of(5), "http://h:80/old/n%26m%2F/g") == 0);
	teardown();
	CASE("webseed: a single file moves with its URL");
	setup("http://h/x", 1);
	w.t.scope = SCOPE_PRIVATE;
	OK(move(0, "/y") == WEB_AGAIN);
	OK(strcmp(url_of(0), "http://h:80/y") == 0);
	CASE("webseed: a redirect counts from where it came");
	OK(w.ws.from == SCOPE_PRIVATE);
	w.t.scope = SCOPE_LOOPBACK;
	OK(move(0, "/z") == WEB_AGAIN && w.ws.from == SCOPE_PRIVATE);
	CASE("webseed: five redirects and no more, but for those before an "
	    "answer");
	for (i = 0; i < 3; i++)
		OK(move(0, "/y") == WEB_AGAIN);
	OK(move(0, "/y") == WEB_DEAD);
	w.ws.hops = 5;
	webtalk_run(&w.t, 0, BLOCK_LEN);
	connect_anew();
	OK(serve(0, 1) >= 0 && move(0, "/y") == WEB_AGAIN);
	teardown();
}

static void
wholes(void)
{
	struct buf b = { 0 };
	struct web_ask a;
	int64_t from, to, i;

	CASE("webseed: a whole file that was asked for is one");
	setup("http://h/", 1);
	webtalk_run(&w.t, 0, w.m->sh.size);
	connect_anew();
	OK(webtalk_ask(&w.t, &a) && a.len == w.m->sh.size);
	buf_printf(&b, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n",
	    (int)w.m->sh.size);
	for (i = 0; i < w.m->sh.size; i++)
		*buf_room(&b, 1) = byte_at(i), b.len++;
	OK(feed(b.p, b.len, 5000) >= 0 && webtalk_is_done(&w.t) &&
	    w.nwrong == 0 && !w.ws.whole);
	teardown();
	CASE("webseed: who knows no ranges is asked otherwise");
	setup("http://h/", 1);
	w.ws.whole_ok = 1;
	webtalk_run(&w.t, 5 * BLOCK_LEN, 7 * BLOCK_LEN);
	connect_anew();
	OK(webtalk_ask(&w.t, &a));
	OK(feed(b.p, b.len, 0) < 0 && w.t.end == WEB_AGAIN && w.ws.whole);
	CASE("webseed: then what is before the run is passed over");
	connect_anew();
	OK(webtalk_ask(&w.t, &a));
	OK(feed(b.p, 90000, 777) >= 0 && w.nblocks == 0);
	OK(webtalk_rest(&w.t, &from, &to) && from > 0 && from < 90000 &&
	    to == w.m->sh.size);
	OK(feed(b.p + 90000, b.len - 90000, 0) >= 0 && w.nblocks == 2 &&
	    webtalk_is_done(&w.t) && w.nwrong == 0);
	CASE("webseed: and the next run is in what is left of it");
	OK(webtalk_rest(&w.t, &from, &to) && from == 7 * BLOCK_LEN);
	webtalk_run(&w.t, 9 * BLOCK_LEN, 10 * BLOCK_LEN);
	OK(!webtalk_ask(&w.t, &a));
	OK(feed(b.p, 0, 0) >= 0);
	OK(webtalk_feed(&w.t, w.in.p + w.in.at, buf_left(&w.in)) > 0);
	OK(w.nblocks == 3 && w.nwrong == 0 && webtalk_is_done(&w.t));
	CASE("webseed: that is not put up with while others give");
	w.ws.whole_ok = 0;
	webtalk_run(&w.t, 5 * BLOCK_LEN, 7 * BLOCK_LEN);
	connect_anew();
	OK(webtalk_ask(&w.t, &a) && feed(b.p, b.len, 0) < 0 &&
	    w.t.end == WEB_AGAIN);
	teardown();
	buf_free(&b);
}

static void
ends(void)
{
	struct web_ask a;
	struct buf b = { 0 };

	CASE("webseed: who hangs up before or within an answer has failed");
	setup("http://h/", 1);
	webtalk_run(&w.t, 0, w.m->sh.size);
	connect_anew();
	OK(webtalk_ask(&w.t, &a));
	webtalk_eof(&w.t, NULL);
	OK(w.t.end == WEB_LATER && strstr(w.ws.why, "before it answered"));
	answer(&b, &a);
	OK(feed(b.p, 200, 0) >= 0);
	webtalk_eof(&w.t, NULL);
	OK(w.t.end == WEB_LATER && strstr(w.ws.why, "cut short"));
	CASE("webseed: unless it has given much: then it is asked again");
	OK(feed(b.p + 200, 20000, 0) >= 0);
	webtalk_eof(&w.t, NULL);
	OK(w.t.end == WEB_LATER);
	OK(feed(b.p + 20200, 245000, 0) >= 0);
	webtalk_eof(&w.t, NULL);
	OK(w.t.end == WEB_AGAIN);
	CASE("webseed: an error is a failure all the same");
	webtalk_eof(&w.t, "no route");
	OK(w.t.end == WEB_LATER && strcmp(w.ws.why, "no route") == 0);
	CASE("webseed: what was closed within a block tells nothing more");
	webtalk_end(&w.t);
	OK(webtalk_is_done(&w.t) && !webtalk_owes(&w.t) &&
	    webtalk_is_over(&w.t));
	OK(feed(b.p, b.len, 0) >= 0 && w.nblocks == 16);
	CASE("webseed: who hangs up when it owes nothing has not failed");
	webtalk_run(&w.t, 0, BLOCK_LEN);
	connect_anew();
	webtalk_eof(&w.t, NULL);
	OK(w.t.end == WEB_AGAIN);
	teardown();
	CASE("webseed: nor one who does so behind an answer, though others were "
	    "asked for");
	setup("http://h/", 0);
	webtalk_run(&w.t, 4 * BLOCK_LEN, w.m->sh.size);
	connect_anew();
	OK(serve(0, 1) >= 0 && webtalk_ask(&w.t, &a) &&
	    webtalk_ask(&w.t, &a) && !webtalk_is_over(&w.t));
	webtalk_eof(&w.t, NULL);
	OK(w.t.end == WEB_AGAIN);
	CASE("webseed: who is silent to several requests is sent one");
	webtalk_silent(&w.t);
	OK(w.t.end == WEB_AGAIN);
	connect_anew();
	OK(serve(0, 1) >= 0 && webtalk_ask(&w.t, &a) &&
	    !webtalk_ask(&w.t, &a));
	webtalk_silent(&w.t);
	OK(w.t.end == WEB_LATER);
	CASE("webseed: a connection is over behind the answer that says so");
	webtalk_run(&w.t, 4 * BLOCK_LEN, w.m->sh.size);
	connect_anew();
	OK(webtalk_ask(&w.t, &a) && feed((const uint8_t *)BYTES("HTTP/1.1 206 "
	    "OK\r\nConnection: close\r\nContent-Length: 100\r\n"
	    "Content-Range: bytes 0-99/100\r\n\r\n"), 0) >= 0);
	OK(!webtalk_is_over(&w.t) && feed(b.p, 100, 0) >= 0 &&
	    webtalk_is_over(&w.t) && a.file == 3);
	buf_free(&b);
	teardown();
}

/* Answers of which a few bytes are others: what is told are blocks of the run,
 * each once, and the end has a reason. */
static void
mutants(void)
{
	enum { ROOM = 64 << 10 };
	struct buf b = { 0 };
	uint8_t *p = xmalloc(ROOM);
	struct web_ask a;
	uint64_t rnd = 1;
	int i, k, told = 0, over = 0, bad = 0;
	size_t n, cut;
	int64_t from;

	CASE("webseed: 20000 answers that nobody meant");
	for (i = 0; i < MUTANTS; i++) {
		setup("http://h/", 0);
		w.ws.whole_ok = i & 1;
		from = (2 + i % 3) * BLOCK_LEN;
		webtalk_run(&w.t, from, from + BLOCK_LEN);
		connect_anew();
		while (webtalk_ask(&w.t, &a)) {
			b.len = 0;
			answer(&b, &a);
			cut = MIN(b.len, 70);
			memcpy(p, b.p, cut);
			n = unit_mutate(p, cut, cut + 20, &rnd);
			memcpy(p + n, b.p + cut, b.len - cut);
			k = feed(p, n + b.len - cut, i % 7 ? 0 : 33);
			if (k < 0) {
				over++;
				bad += !*w.ws.why;
				break;
			}
			if (buf_left(&w.in) > 0)
				break; /* it is short of bytes now */
		}
		told += w.nblocks;
		bad += w.nblocks > 1 || webtalk_is_done(&w.t) !=
		    (w.nblocks == 1);
		teardown();
	}
	OK(bad == 0 && over > MUTANTS / 4 && told > MUTANTS / 100);
	free(p);
	buf_free(&b);
}
