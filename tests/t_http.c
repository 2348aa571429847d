/* http: URLs (RFC 3986), requests and replies (RFC 9110, 9112).  Every reply
 * is fed whole, in steps and at every split: one result. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util.h"
#include "url.h"
#include "http.h"
#include "unit.h"

#define CRLF "\r\n"
#define OK11 "HTTP/1.1 200 OK" CRLF
#define CHUNKED OK11 "Transfer-Encoding: chunked" CRLF CRLF
#define GET "GET / HTTP/1.1" CRLF

/* What became of a reply: whole and then perhaps bytes left over, wrong, or
 * not complete when the other side closed. */
enum { WRONG = -1, SHORT = -2 };
enum { LIMIT = 1000 };

static void urls(void);
static int url_is(const char *s, const char *host, unsigned port,
    const char *path);
static int user_is(const char *s, const char *want);
static int trackers(const char *s);
static int port_is(const char *s, unsigned port);
static int shown_is(const char *s, const char *want);
static int no_url(const char *s);
static void long_urls(void);
static int url_of(size_t host, size_t path);
static void resolve(void);
static int resolves(const char *base, const char *where, const char *want);
static int keeps_user(const char *base, const char *where, const char *want);
static void percent(void);
static int decodes(const char *s, const char *want);
static void queries(void);
static int query_is(const char *query, const char *want);
static void get_requests(void);
static int post_is(const char *url, const char *head, const char *body,
    const char *begin, const char *end);
static int get_is(const char *url, const char *query, const char *line,
    const char *host);
static int has_line(const struct buf *b, const char *line);
static void replies(void);
static void reply_frames(void);
static void wrong_replies(void);
static void packed(void);
static int unpacks(const char *coding, const char *body, size_t n,
    size_t limit, const char *want);
static void reasons(void);
static int why_is(const char *want);
static void framing(void);
static void large_replies(void);
static int long_head(int reply, const char *end, size_t n, size_t step);
static int long_line(const char *head, const char *line, size_t n,
    size_t step);
static int reply_is(const char *text, int status, const char *body,
    long over);
static int reply_wrong(const char *text);
static int reply_short(const char *text);
static long reply_all(const char *text, size_t n, struct http_reply *out);
static long feed(struct http_reply *r, const char *text, size_t n,
    size_t first, size_t step);
static void requests(void);
static void keep_alives(void);
static int keeps(const char *text);
static void lists(void);
static int list_is(const char *list, const char *want);
static void dates(void);
static void beginnings(void);
static int date_is(int64_t time_s, const char *want);
static void wrong_requests(void);
static long request(const void *p, size_t n, struct http_request *r);
static int request_wrong(const char *text);
static int is(struct span s, const char *want);
static void reply_writing(void);

static char why[128]; /* what the last reply was wrong by */

void
test_http(void)
{
	urls();
	long_urls();
	resolve();
	percent();
	queries();
	get_requests();
	replies();
	reply_frames();
	wrong_replies();
	packed();
	reasons();
	framing();
	large_replies();
	requests();
	keep_alives();
	lists();
	dates();
	beginnings();
	wrong_requests();
	reply_writing();
}

/* By the first eight bytes. */
static void
beginnings(void)
{
	static const struct { const char *text; int is; } table[] = {
		{ "GET / HTTP/1.1", 1 }, { "HEAD / HTTP", 1 },
		{ "G / HTTP", 1 }, { "CONNECT x", 1 }, { "OPTIONS *", 1 },
		{ "PROPFIND /", 0 }, { "get / HTTP", 0 }, { " GET /", 0 },
		{ "GET\t/ HTTP", 0 }, { "GET\r\nabcd", 0 }, { "G3T / HT", 0 },
		{ "\x13" "BitTorr", 0 }, { "\r\nGET / ", 0 },
		{ "\x16\x03\x01\x02", 0 }
	};
	uint8_t *p;
	size_t i, n;
	int last;

	CASE("http: a request is known by its first bytes, and by no others");
	for (i = 0; i < LEN(table); i++) {
		for (last = -1, n = 0; n <= strlen(table[i].text); n++) {
			p = unit_copy(table[i].text, n);
			if (last >= 0)
				OK_FOR(table[i].text, http_is_request(p, n) ==
				    last); /* it stays that */
			last = http_is_request(p, n);
			OK_FOR(table[i].text, last == -1 || last ==
			    table[i].is);
			OK_FOR(table[i].text, n < 8 || last >= 0);
			free(p);
		}
		OK_FOR(table[i].text, last == table[i].is);
	}
}

static void
urls(void)
{
	static const char *const bad[] = {
		"", "http", "http:", "http:/", "http:/h", "http:h", "//h/x",
		"://h/x", "/x", "h/x", "www.example.com", "http://",
		"http:///x", "http://?x", "http://#x", "http://:80/x",
		"http://[]/x", "http://[]:80/x", "http://[::1",
		"http://[[::1]/x", "http://h]/x", "http://h[0]:80/x",
		"http://[::1/x", "http://[::1]x/", "http://[::1]80/",
		"magnet:?xt=urn:btih:0",
	};
	static const char *const schemes[] = {
		"1http://h/", "-http://h/", "ht tp://h/", "a/b://h/",
		"a?b://h/", "h_p://h/", "a:b://h/", "verylongscheme://h/",
	};
	static const char *const ports[] = {
		"http://h:0/", "http://h:65536/", "http://h:99999999999/",
		"http://h:18446744073709551697/", "http://h:-1/",
		"http://h:+80/", "http://h:80x/", "http://h:x/",
		"http://h:8 0/", "http://h:80:80/", "http://[::1]:0/",
		"http://[::1]:65536/", "http://h:0x50/",
	};
	char text[32], want[32];
	size_t i;
	int c;

	CASE("http: a URL comes apart");
	OK(url_is("http://example.com/a/b", "example.com", 80, "/a/b"));
	OK(url_is("http://h:6969/announce", "h", 6969, "/announce"));
	OK(url_is("http://1.2.3.4:1/x?y=z", "1.2.3.4", 1, "/x?y=z"));
	OK(url_is("http://h:65535/", "h", 65535, "/"));
	OK(url_is("http://h/a:b@c/d", "h", 80, "/a:b@c/d"));
	OK(url_is("http://h/?u=http://x:9/@", "h", 80, "/?u=http://x:9/@"));
	CASE("http: a URL without a path has the path /");
	OK(url_is("http://h", "h", 80, "/"));
	OK(url_is("http://h:81", "h", 81, "/"));
	OK(url_is("http://h?a=b", "h", 80, "/?a=b"));
	OK(url_is("http://h:81?a=b", "h", 81, "/?a=b"));
	CASE("http: a fragment stays at home");
	OK(url_is("http://h#f", "h", 80, "/"));
	OK(url_is("http://h/#f", "h", 80, "/"));
	OK(url_is("http://h/a?b#f?g/h", "h", 80, "/a?b"));
	CASE("http: a scheme is lower case and may have no port");
	OK(url_is("HTTP://h/x", "h", 80, "/x"));
	OK(url_is("udp://t.example:1337", "t.example", 1337, "/"));
	OK(url_is("udp://h/dir?a=b", "h", 0, "/dir?a=b"));
	OK(url_is("UDP://h:7/", "h", 7, "/"));
	CASE("http: an IPv6 address stands in brackets");
	OK(url_is("http://[::1]/x", "::1", 80, "/x"));
	OK(url_is("http://[2001:db8::1]:8080", "2001:db8::1", 8080, "/"));
	OK(url_is("udp://[::ffff:1.2.3.4]:5?q", "::ffff:1.2.3.4", 5, "/?q"));

	CASE("http: what is no URL, or has no host");
	for (i = 0; i < LEN(bad); i++)
		OK_FOR(bad[i], no_url(bad[i]));
	CASE("http: a scheme is a letter, then letters, digits, +, - and .");
	for (i = 0; i < LEN(schemes); i++)
		OK_FOR(schemes[i], no_url(schemes[i]));
	CASE("http: ports are 1 to 65535");
	for (i = 0; i < LEN(ports); i++)
		OK_FOR(ports[i], no_url(ports[i]));
	CASE("http: a colon without a port means the scheme's (RFC 3986)");
	OK(url_is("http://h:/x", "h", 80, "/x"));
	CASE("http: a name and a password stand before the host");
	OK(url_is("http://u@h/", "h", 80, "/") && user_is("http://u@h/", "u"));
	OK(url_is("http://u:80@h:81/x", "h", 81, "/x"));
	OK(user_is("http://u:80@h:81/x", "u:80"));
	OK(url_is("udp://u:p@[::1]:2", "::1", 2, "/"));
	OK(url_is("http://a@b:c@d@h/@e", "h", 80, "/@e"));
	OK(user_is("http://a@b:c@d@h/@e", "a@b:c@d"));
	OK(url_is("http://@h/", "h", 80, "/") && user_is("http://@h/", ""));
	OK(user_is("http://h/u@v", "") && user_is("http://h?u@v", ""));
	OK(no_url("http://h@/") && no_url("http://u:p@:80/"));
	CASE("http: a URL with a control byte or a space in its host");
	for (c = 1; c <= 0x7f; c++) {
		if (c > ' ' && c != 0x7f)
			continue;
		snprintf(text, sizeof text, "http://h%cx/a", c);
		OK(no_url(text));
		snprintf(text, sizeof text, "http://u%cx@h/a", c);
		OK(no_url(text));
		snprintf(text, sizeof text, "ht%ctp://h/", c);
		OK(no_url(text));
	}
	CASE("http: what a path may not have in it is encoded");
	for (c = 1; c <= 0xff; c++) {
		if (c > ' ' && c < 0x7f && !strchr("\"<>\\^`{|}", c))
			continue;
		snprintf(text, sizeof text, "http://h/a%cb", c);
		snprintf(want, sizeof want, "/a%%%02Xb", (unsigned)c);
		OK(url_is(text, "h", 80, want));
		snprintf(text, sizeof text, "http://h?%c#", c);
		snprintf(want, sizeof want, "/?%%%02X", (unsigned)c);
		OK(url_is(text, "h", 80, want));
	}
	OK(url_is("http://h/%20%zz%", "h", 80, "/%20%zz%"));
	CASE("http: blanks and line ends around a URL mean nothing");
	OK(url_is(" \t\r\nhttp://h/a b\r\n \t", "h", 80, "/a%20b"));
	OK(url_is("http://h\r\n", "h", 80, "/"));
	OK(url_is("http://h:81 ", "h", 81, "/"));
	OK(url_is("http://h/#f \n", "h", 80, "/"));
	OK(no_url(" ") && no_url("\n\r") && no_url("http:// "));
	CASE("http: what is a tracker's");
	OK(trackers("http://h/") && trackers("udp://h:1"));
	OK(trackers("https://h/x") && trackers("wss://h/") &&
	    trackers("ws://h/"));
	OK(!trackers("udp://h/") && !trackers("ftp://h:21/"));
	OK(!trackers("httpx://h:1/"));
	CASE("http: each scheme has its port");
	OK(port_is("https://h/", 443) && port_is("wss://h", 443));
	OK(port_is("HTTPS://h:8443/", 8443) && port_is("ws://h", 80));
	CASE("http: a URL is shown without name and password");
	OK(shown_is("http://u:p@h/x?y@z", "http://h/x?y@z"));
	OK(shown_is("udp://a@b@h:1", "udp://h:1"));
	OK(shown_is("http://h/u:p@x", "http://h/u:p@x"));
	OK(shown_is("u:p@h", "h") && shown_is("", ""));
	OK(shown_is("http://u:p@", "http://"));
}

static int
user_is(const char *s, const char *want)
{
	struct url u;

	return url_parse(&u, s) == 0 && strcmp(u.user, want) == 0;
}

static int
trackers(const char *s)
{
	struct url u;

	return url_parse(&u, s) == 0 && url_is_tracker(&u);
}

static int
port_is(const char *s, unsigned port)
{
	struct url u;

	return url_parse(&u, s) == 0 && u.port == port;
}

static int
shown_is(const char *s, const char *want)
{
	char *copy = unit_copy(s, strlen(s) + 1);
	int same = strcmp(url_hide(copy), want) == 0;

	free(copy);
	return same;
}

static int
url_is(const char *s, const char *host, unsigned port, const char *path)
{
	char *copy = unit_copy(s, strlen(s) + 1);
	struct url u;
	int r = url_parse(&u, copy);

	free(copy);
	return r == 0 && strcmp(u.host, host) == 0 && u.port == port &&
	    strcmp(u.path, path) == 0 && strcmp(u.scheme,
	    (*s | 0x20) == 'u' ? "udp" : "http") == 0;
}

static int
no_url(const char *s)
{
	char *copy = unit_copy(s, strlen(s) + 1);
	struct url u;
	int r = url_parse(&u, copy);

	free(copy);
	return r == -1;
}

static void
long_urls(void)
{
	size_t n;
	int r, last = 0, fell = 0;

	CASE("http: a URL that is too long is refused, not cut");
	OK(url_of(1, 1900) == 0);
	OK(url_of(200, 100) == 0);
	OK(url_of(300, 100) == -1);
	OK(url_of(1, 3000) == -1);
	OK(url_of(5000, 0) == -1);
	OK(url_of(1, 100000) == -1);
	for (n = 200; n < 300; n++) {
		r = url_of(n, 10);
		OK(r == 0 || r == -1);
		fell += r < last;
		OK(r <= last);
		last = r;
	}
	OK(fell == 1);
	for (fell = last = 0, n = URL_MAX - 20; n < URL_MAX + 20; n++) {
		r = url_of(1, n);
		OK(r == 0 || r == -1);
		fell += r < last;
		OK(r <= last);
		last = r;
	}
	OK(fell == 1);
}

/* url_parse of a host and a path of so many bytes; -2: parts are not whole. */
static int
url_of(size_t host, size_t path)
{
	struct buf b = { NULL, 0, 0, 0 };
	struct url u;
	size_t i;
	int r;

	buf_put(&b, "http://", 7);
	for (i = 0; i < host; i++)
		buf_put(&b, "h", 1);
	for (i = 0; i < path; i++)
		buf_put(&b, i ? "p" : "/", 1);
	buf_put(&b, "", 1);
	r = url_parse(&u, (char *)b.p);
	if (r == 0 && (strlen(u.host) != host || strlen(u.path) != path))
		r = -2;
	buf_free(&b);
	return r;
}

static void
resolve(void)
{
	char where[URL_MAX + 10];
	struct url base, u;
	struct span s;

	CASE("http: a Location may be a whole URL");
	OK(resolves("http://h/a", "http://x:7/y?z", "http://x:7/y?z"));
	OK(resolves("http://h/a", "udp://x:7", "udp://x:7/"));
	CASE("http: a Location may begin with a host");
	OK(resolves("http://h:7/a", "//x/y", "http://x:80/y"));
	OK(resolves("http://h/a", "//[::1]:5/y", "http://[::1]:5/y"));
	CASE("http: a Location may begin with /");
	OK(resolves("http://h:7/a/b?c", "/y?z", "http://h:7/y?z"));
	OK(resolves("http://[::1]:7/a", "/y", "http://[::1]:7/y"));
	OK(resolves("http://h/a", "/y:z?u=http://w/", "http://h:80"
	    "/y:z?u=http://w/"));
	CASE("http: a Location may be relative to its base's directory");
	OK(resolves("http://h/a/b", "y", "http://h:80/a/y"));
	OK(resolves("http://h/a/", "y/z", "http://h:80/a/y/z"));
	OK(resolves("http://h", "y", "http://h:80/y"));
	OK(resolves("http://h/a/b?c=d", "y?z", "http://h:80/a/y?z"));
	OK(resolves("http://[::1]/a/b", "y", "http://[::1]:80/a/y"));
	CASE("http: a slash in the base's query is no directory");
	OK(resolves("http://h/a/bcd?x=c/d", "y", "http://h:80/a/y"));
	OK(resolves("http://h/?q=/longer", "y", "http://h:80/y"));
	OK(resolves("http://h/a/b?u=http://w/abcdef", "y",
	    "http://h:80/a/y"));
	CASE("http: a Location may be a query alone");
	OK(resolves("http://h/a/b", "?z", "http://h:80/a/b?z"));
	OK(resolves("http://h/a/b?c=d/e", "?z", "http://h:80/a/b?z"));
	OK(resolves("http://h", "?z=:", "http://h:80/?z=:"));
	CASE("http: a colon behind the first segment makes no scheme");
	OK(resolves("http://h/a/b", "y/z:1", "http://h:80/a/y/z:1"));
	OK(resolves("http://h/a/b", "y?z=1:2", "http://h:80/a/y?z=1:2"));
	OK(resolves("http://h/a", "y?u=http://w/", "http://h:80"
	    "/y?u=http://w/"));
	CASE("http: dots lead up (RFC 3986, 5.2.4)");
	OK(resolves("http://h/a/b/c", "../y", "http://h:80/a/y"));
	OK(resolves("http://h/a/b/c", "./y", "http://h:80/a/b/y"));
	OK(resolves("http://h/a", "../../y", "http://h:80/y"));
	CASE("http: what a Location may not have in it is encoded");
	OK(resolves("http://h/a", "/y z", "http://h:80/y%20z"));
	OK(resolves("http://h/a", "/y\r\nX: z", "http://h:80/y%0D%0AX:%20z"));
	CASE("http: name and password stay with scheme, host and port");
	OK(keeps_user("http://u:p@h/a", "/b", "u:p"));
	OK(keeps_user("http://u:p@h/a", "b", "u:p"));
	OK(keeps_user("http://u:p@h/a", "//H:80/b", "u:p"));
	OK(keeps_user("http://u:p@h/a", "http://h/b", "u:p"));
	OK(keeps_user("http://u:p@h/a", "http://h:81/b", ""));
	OK(keeps_user("http://u:p@h/a", "http://x/b", ""));
	OK(keeps_user("http://u:p@h:443/a", "https://h/b", ""));
	OK(keeps_user("http://u:p@h/a", "http://v@h/b", "v"));
	OK(keeps_user("http://u:p@h/a", "http://v:q@x/b", "v:q"));
	CASE("http: a Location's fragment goes");
	OK(resolves("http://h/a", "/y#f", "http://h:80/y"));
	OK(resolves("http://h/a/b", "y#f:g", "http://h:80/a/y"));
	CASE("http: a Location that cannot be used");
	OK(resolves("http://h/a", "", NULL));
	OK(resolves("http://h/a", "//", NULL));
	OK(resolves("http://h/a", "///y", NULL));
	OK(resolves("http://h/a", "http://", NULL));
	OK(resolves("http://h/a", "//x y/", NULL));
	OK(resolves("http://h/a", "mailto:x", NULL));
	CASE("http: a Location that is too long is refused, not cut");
	memset(where, 'w', sizeof where);
	OK(url_parse(&base, "http://h/abc/") == 0);
	s.p = (uint8_t *)where;
	for (s.n = URL_MAX - 20; s.n < sizeof where; s.n++) {
		int r = url_resolve(&u, &base, s);

		OK(r == -1 || (r == 0 && strlen(u.path) == 5 + s.n));
		if (s.n >= URL_MAX)
			OK(r == -1);
	}
	s.n = 1500;
	OK(url_resolve(&u, &base, s) == 0);
}

/* Whether base and where give want: scheme://host:port/path, NULL: wrong. */
static int
resolves(const char *base, const char *where, const char *want)
{
	struct url b, u;
	struct span s;
	char text[URL_MAX + 600];
	int r;

	if (url_parse(&b, base) < 0)
		return 0;
	s.n = strlen(where);
	s.p = unit_copy(where, s.n);
	r = url_resolve(&u, &b, s);
	free((void *)(uintptr_t)s.p);
	if (r < 0 || !want)
		return r < 0 && !want;
	snprintf(text, sizeof text, strchr(u.host, ':') ? "%s://[%s]" :
	    "%s://%s", u.scheme, u.host);
	snprintf(text + strlen(text), sizeof text - strlen(text), ":%u%s",
	    u.port, u.path);
	return strcmp(text, want) == 0;
}

static int
keeps_user(const char *base, const char *where, const char *want)
{
	struct url b, u;

	return url_parse(&b, base) == 0 &&
	    url_resolve(&u, &b, span_of(where)) == 0 &&
	    strcmp(u.user, want) == 0;
}

static void
percent(void)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-._~";
	static const char *const cut[] = { "%", "%4", "a%", "%zz", "%4g" };
	struct buf b = { NULL, 0, 0, 0 };
	uint8_t all[256], out[256];
	char want[8];
	struct span s;
	int i;

	CASE("http: all but the unreserved characters are encoded");
	for (i = 0; i < 256; i++) {
		all[i] = (uint8_t)i;
		b.len = 0;
		pct_encode(&b, all + i, 1);
		if (i && strchr(plain, i))
			snprintf(want, sizeof want, "%c", i);
		else
			snprintf(want, sizeof want, "%%%02X", (unsigned)i);
		OK_FOR(want, b.len == strlen(want) &&
		    memcmp(b.p, want, b.len) == 0);
	}
	CASE("http: what was encoded is decoded, all 256 bytes");
	b.len = 0;
	pct_encode(&b, all, 256);
	OK(b.len == 66 + 190 * 3);
	s.p = b.p;
	s.n = b.len;
	OK(pct_decode(out, 256, s) == 256 && memcmp(out, all, 256) == 0);
	CASE("http: decoding does not write beyond its room");
	OK(pct_decode(out, 255, s) == -1);
	OK(pct_decode(out, 0, s) == -1);
	OK(pct_decode(out, 0, span_of("")) == 0);
	OK(pct_decode(out, 3, span_of("abc")) == 3);
	OK(pct_decode(out, 3, span_of("%61%62%63")) == 3);
	OK(pct_decode(out, 2, span_of("%61%62%63")) == -1);
	CASE("http: digits may be small, and plain bytes stay");
	OK(decodes("%aB%Cd%ef", "\xab\xcd\xef"));
	OK(decodes("a-b_c.~!*'()", "a-b_c.~!*'()"));
	OK(decodes("%2525", "%25"));
	OK(decodes("\xc3\xa9", "\xc3\xa9"));
	CASE("http: a per cent without digits is not read beyond the end");
	for (i = 0; i < 5; i++) {
		s.n = strlen(cut[i]);
		s.p = unit_copy(cut[i], s.n);
		OK_FOR(cut[i], pct_decode(out, 9, s) <= (long)s.n);
		free((void *)(uintptr_t)s.p);
	}
	OK(decodes("", ""));
	buf_free(&b);
}

static int
decodes(const char *s, const char *want)
{
	size_t size = strlen(want);
	struct span in;
	uint8_t *out = xmalloc(size);
	int same;

	in.n = strlen(s);
	in.p = unit_copy(s, in.n);
	same = pct_decode(out, size, in) == (long)size &&
	    memcmp(out, want, size) == 0;
	free((void *)(uintptr_t)in.p);
	free(out);
	return same;
}

static void
queries(void)
{
	CASE("http: a query is walked, still encoded");
	OK(query_is("", ""));
	OK(query_is("a=b", "[a|b]"));
	OK(query_is("a=b&c=d", "[a|b][c|d]"));
	OK(query_is("info_hash=%00%26&left=0", "[info_hash|%00%26][left|0]"));
	CASE("http: keys without values, values without keys");
	OK(query_is("a", "[a|]"));
	OK(query_is("a=", "[a|]"));
	OK(query_is("=b", "[|b]"));
	OK(query_is("=", "[|]"));
	OK(query_is("a&b", "[a|][b|]"));
	OK(query_is("a=b=c", "[a|b=c]"));
	OK(query_is("a&b=c", "[a|][b|c]"));
	CASE("http: the same key comes each time");
	OK(query_is("h=1&h=2&h=3", "[h|1][h|2][h|3]"));
}

static int
query_is(const char *query, const char *want)
{
	struct buf b = { NULL, 0, 0, 0 };
	struct span q, k, v;
	uint8_t *copy;
	int same;

	q.n = strlen(query);
	q.p = copy = unit_copy(query, q.n);
	while (query_next(&q, &k, &v)) {
		buf_printf(&b, "[%.*s|%.*s]", (int)k.n, (const char *)k.p,
		    (int)v.n, (const char *)v.p);
	}
	same = b.len == strlen(want) &&
	    (b.len == 0 || memcmp(b.p, want, b.len) == 0);
	free(copy);
	buf_free(&b);
	return same;
}

static void
get_requests(void)
{
	CASE("http: a request names path and host");
	OK(get_is("http://h/a/b", NULL, "GET /a/b HTTP/1.1", "Host: h"));
	OK(get_is("http://h", NULL, "GET / HTTP/1.1", "Host: h"));
	OK(get_is("http://h/a?b=c#d", NULL, "GET /a?b=c HTTP/1.1",
	    "Host: h"));
	CASE("http: a request's Host has the port unless it is 80");
	OK(get_is("http://h:80/", NULL, "GET / HTTP/1.1", "Host: h"));
	OK(get_is("http://h:81/", NULL, "GET / HTTP/1.1", "Host: h:81"));
	OK(get_is("http://[::1]/", NULL, "GET / HTTP/1.1", "Host: [::1]"));
	OK(get_is("http://[::1]:9/", NULL, "GET / HTTP/1.1",
	    "Host: [::1]:9"));
	CASE("http: a request's query follows ? or &");
	OK(get_is("http://h/a", "x=1&y=2", "GET /a?x=1&y=2 HTTP/1.1",
	    "Host: h"));
	OK(get_is("http://h/a?k=7", "x=1", "GET /a?k=7&x=1 HTTP/1.1",
	    "Host: h"));
	CASE("http: a name and a password go as Basic (RFC 7617)");
	OK(get_is("http://user:pass@h/", NULL, "GET / HTTP/1.1",
	    "Authorization: Basic dXNlcjpwYXNz"));
	OK(get_is("http://user@h/", NULL, "GET / HTTP/1.1",
	    "Authorization: Basic dXNlcjo="));
	OK(get_is("http://a:b@h/", NULL, "GET / HTTP/1.1",
	    "Authorization: Basic YTpi"));
	OK(get_is("http://a:%00%ff%3a@h:81/", NULL, "GET / HTTP/1.1",
	    "Authorization: Basic YToA/zo="));
	OK(get_is("http://%61%3Ab:c@h/", NULL, "GET / HTTP/1.1",
	    "Authorization: Basic YTpiOmM="));
	CASE("http: a POST has its lines, its length and its body");
	OK(post_is("http://h:81/a?b", "X: y" CRLF "Z: w" CRLF, "hello, you",
	    "POST /a?b HTTP/1.1" CRLF "Host: h:81" CRLF,
	    CRLF "X: y" CRLF "Z: w" CRLF "Content-Length: 10" CRLF CRLF
	    "hello, you"));
	OK(post_is("http://h/", "", "", "POST / HTTP/1.1" CRLF "Host: h" CRLF,
	    CRLF "Content-Length: 0" CRLF CRLF));
}

/* Whether http_post gives what begins and ends so. */
static int
post_is(const char *url, const char *head, const char *body, const char *begin,
    const char *end)
{
	struct buf b = { NULL, 0, 0, 0 };
	size_t nbegin = strlen(begin), nend = strlen(end);
	struct url u;
	int good;

	if (url_parse(&u, url) < 0)
		return 0;
	http_post(&b, &u, head, body);
	good = b.len > nbegin + nend && memcmp(b.p, begin, nbegin) == 0 &&
	    memcmp(b.p + b.len - nend, end, nend) == 0;
	buf_free(&b);
	return good;
}

/* Whether http_get gives this first line and this Host, asks for nothing
 * packed, and is a request that we would take ourselves. */
static int
get_is(const char *url, const char *query, const char *line, const char *host)
{
	struct buf b = { NULL, 0, 0, 0 };
	struct http_request r;
	struct url u;
	int good;

	if (url_parse(&u, url) < 0)
		return 0;
	http_get(&b, &u, query);
	good = b.len > strlen(line) && strncmp((char *)b.p, line,
	    strlen(line)) == 0 && memcmp(b.p + strlen(line), CRLF, 2) == 0 &&
	    has_line(&b, host) && has_line(&b, "Connection: close") &&
	    http_request_parse(&r, b.p, b.len) == (long)b.len &&
	    is(r.method, "GET") && !r.keep_alive;
	buf_put(&b, "", 1);
	good = good && !strstr((char *)b.p, "gzip");
	buf_free(&b);
	return good;
}

static int
has_line(const struct buf *b, const char *line)
{
	size_t n = strlen(line), i;

	for (i = 2; i + n + 2 <= b->len; i++)
		if (memcmp(b->p + i - 2, CRLF, 2) == 0 &&
		    memcmp(b->p + i, line, n) == 0 &&
		    memcmp(b->p + i + n, CRLF, 2) == 0)
			return 1;
	return 0;
}

static void
replies(void)
{
	struct http_reply r;

	CASE("http: a reply with a length");
	OK(reply_is(OK11 "Content-Length: 5" CRLF CRLF "hello", 200, "hello",
	    0));
	OK(reply_is(OK11 "Content-Length: 5" CRLF CRLF "hello, you", 200,
	    "hello", 5));
	OK(reply_is(OK11 "content-LENGTH:\t 5 \t" CRLF CRLF "hello", 200,
	    "hello", 0));
	OK(reply_is(OK11 "Content-Length: 0" CRLF CRLF, 200, "", 0));
	OK(reply_is(OK11 "Content-Length: 0" CRLF CRLF "xx", 200, "", 2));
	CASE("http: a reply in chunks");
	OK(reply_is(CHUNKED "5" CRLF "hello" CRLF "0" CRLF CRLF, 200, "hello",
	    0));
	OK(reply_is(CHUNKED "5" CRLF "hello" CRLF "7" CRLF ", world" CRLF "0"
	    CRLF CRLF "next", 200, "hello, world", 4));
	OK(reply_is(CHUNKED "0" CRLF CRLF, 200, "", 0));
	OK(reply_is(CHUNKED "0A" CRLF "0123456789" CRLF "a" CRLF "0123456789"
	    CRLF "000" CRLF CRLF, 200, "01234567890123456789", 0));
	OK(reply_is(CHUNKED "4" CRLF "\r\n\r\n" CRLF "0" CRLF CRLF, 200,
	    "\r\n\r\n", 0));
	CASE("http: chunks may have extensions and a trailer");
	OK(reply_is(CHUNKED "5;a=b;c=\"d\"" CRLF "hello" CRLF "0;z" CRLF CRLF,
	    200, "hello", 0));
	OK(reply_is(CHUNKED "5 ; a" CRLF "hello" CRLF "0" CRLF "X: y" CRLF
	    "Z: w" CRLF CRLF, 200, "hello", 0));
	OK(reply_is(CHUNKED "0" CRLF "X: y" CRLF CRLF "over", 200, "", 4));
	CASE("http: chunks go before a length");
	OK(reply_is(OK11 "Content-Length: 3" CRLF "Transfer-Encoding: Chunked"
	    CRLF CRLF "5" CRLF "hello" CRLF "0" CRLF CRLF, 200, "hello", 0));
	OK(reply_is(OK11 "Transfer-Encoding: chunked" CRLF "Content-Length: 3"
	    CRLF CRLF "5" CRLF "hello" CRLF "0" CRLF CRLF, 200, "hello", 0));
	CASE("http: a reply up to the end of the connection");
	OK(reply_is("HTTP/1.0 200 OK" CRLF CRLF "hello", 200, "hello", 0));
	OK(reply_is(OK11 CRLF "hello" CRLF CRLF, 200, "hello\r\n\r\n", 0));
	OK(reply_is("HTTP/1.0 200 OK" CRLF "Content-Type: x" CRLF CRLF, 200,
	    "", 0));
	CASE("http: other replies by their status");
	OK(reply_is("HTTP/1.1 404 Not Found" CRLF "Content-Length: 2" CRLF
	    CRLF "no", 404, "no", 0));
	OK(reply_is("HTTP/1.1 500 " CRLF "Content-Length: 0" CRLF CRLF, 500,
	    "", 0));
	OK(reply_is("HTTP/1.0 503" CRLF "Content-Length: 0" CRLF CRLF, 503,
	    "", 0));
	OK(reply_is(OK11 "Content-Encoding: identity" CRLF
	    "Content-Length: 2" CRLF CRLF "ok", 200, "ok", 0));
	CASE("http: a reply's lines may end with LF alone");
	OK(reply_is("HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", 200,
	    "hello", 0));
	OK(reply_is("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n5\nhello"
	    "\n0\n\n", 200, "hello", 0));
	CASE("http: a reply remembers its Location");
	OK(reply_all(BYTES("HTTP/1.1 302 Found" CRLF "LOCATION:  /a/b?c \t"
	    CRLF "Content-Length: 0" CRLF CRLF), &r) == 0);
	OK(r.status == 302 && strcmp(r.location, "/a/b?c") == 0);
	buf_free(&r.body);
	OK(reply_all(BYTES(OK11 "Content-Length: 0" CRLF CRLF), &r) == 0);
	OK(strcmp(r.location, "") == 0);
	buf_free(&r.body);
}

static void
reply_frames(void)
{
	static const char *const cut[] = {
		"", "H", "HTTP/1.1 200 OK", OK11, OK11 "Content-Length: 5" CRLF
		"\r", OK11 "Content-Length: 5" CRLF CRLF, OK11
		"Content-Length: 5" CRLF CRLF "hell", CHUNKED, CHUNKED "5",
		CHUNKED "5" CRLF, CHUNKED "5" CRLF "hello", CHUNKED "5" CRLF
		"hello" CRLF, CHUNKED "0", CHUNKED "0" CRLF, CHUNKED "0" CRLF
		"\r", CHUNKED "0" CRLF "X: y" CRLF, "HTTP/1.1 100 Continue"
		CRLF CRLF,
	};
	size_t i;

	CASE("http: 100 Continue and its kind come before the reply");
	OK(reply_is("HTTP/1.1 100 Continue" CRLF CRLF OK11
	    "Content-Length: 2" CRLF CRLF "ok", 200, "ok", 0));
	OK(reply_is("HTTP/1.1 100 Continue" CRLF "Content-Length: 7" CRLF
	    "Location: /x" CRLF CRLF "HTTP/1.1 103 Early Hints" CRLF
	    "Transfer-Encoding: chunked" CRLF CRLF "HTTP/1.0 200 OK" CRLF CRLF
	    "ok", 200, "ok", 0));
	CASE("http: 204 and 304 have no body, whatever they say");
	OK(reply_is("HTTP/1.1 204 No Content" CRLF CRLF, 204, "", 0));
	OK(reply_is("HTTP/1.1 204 No Content" CRLF "Content-Length: 5" CRLF
	    CRLF "hello", 204, "", 5));
	OK(reply_is("HTTP/1.1 304 Not Modified" CRLF
	    "Transfer-Encoding: chunked" CRLF CRLF "5", 304, "", 1));
	CASE("http: a reply that is cut short is not complete");
	for (i = 0; i < LEN(cut); i++)
		OK_FOR(cut[i], reply_short(cut[i]));
}

static void
wrong_replies(void)
{
	static const char *const heads[] = {
		"HTTP/2 200 OK" CRLF CRLF, "HTTP/2.0 200 OK" CRLF CRLF,
		"ICY 200 OK" CRLF CRLF, "HTTP/1.1" CRLF CRLF, "200 OK" CRLF
		CRLF, "HTTP/1.1 abc OK" CRLF CRLF, "HTTP/1.1 20 OK" CRLF CRLF,
		"HTTP/1.1 -20 OK" CRLF CRLF, CRLF CRLF, "<html>" CRLF CRLF,
		"HTTP/1.1 2x0 OK" CRLF CRLF, "http/1.1 200 OK" CRLF CRLF,
		"d14:failure reason1:xe" CRLF CRLF,
	};
	static const char *const lengths[] = {
		"-1", "-5", "+5", "x", "", "5x", "0x5", "5 5", "1e3", "5.0",
		"1001", "9223372036854775807", "9223372036854775808",
		"18446744073709551616", "18446744073709551621",
		"-18446744073709551611", "99999999999999999999999999",
	};
	static const char *const sizes[] = {
		"-5", "+5", "0x5", "", " ", "x", "g", "5g", ";", ";5", "5 5",
		"3e9", "FFFFFFFF", "7fffffffffffffff", "8000000000000000",
		"ffffffffffffffff", "10000000000000005",
		"00000000000000000010000000000000005",
	};
	char text[256];
	size_t i;

	CASE("http: a status line that is none");
	for (i = 0; i < LEN(heads); i++)
		OK_FOR(heads[i], reply_wrong(heads[i]));
	CASE("http: a space stands on both sides of the status");
	OK(reply_wrong("HTTP/1.1x200 OK" CRLF "Content-Length: 0" CRLF CRLF));
	OK(reply_wrong("HTTP/1.1 2000 OK" CRLF "Content-Length: 0" CRLF CRLF));
	CASE("http: a reply's length is a number within the limit");
	for (i = 0; i < LEN(lengths); i++) {
		snprintf(text, sizeof text, OK11 "Content-Length: %s" CRLF
		    CRLF "hello", lengths[i]);
		OK_FOR(lengths[i], reply_wrong(text));
	}
	CASE("http: a chunk's size is a number within the limit");
	for (i = 0; i < LEN(sizes); i++) {
		snprintf(text, sizeof text, CHUNKED "%s" CRLF "hello" CRLF "0"
		    CRLF CRLF, sizes[i]);
		OK_FOR(sizes[i], reply_wrong(text));
	}
	CASE("http: a chunk ends where its size says");
	OK(reply_wrong(CHUNKED "4" CRLF "hello" CRLF "0" CRLF CRLF));
	OK(reply_wrong(CHUNKED "5" CRLF "helloo" CRLF "0" CRLF CRLF));
	OK(reply_wrong(CHUNKED "5" CRLF "hellox" CRLF CRLF "0" CRLF CRLF));
}

/* Bodies that are packed, and those that are only called so. */
static void
packed(void)
{
	static const char gz[] = "\037\213\010\0\0\0\0\0\002\003\113\061"
	    "\265\312\110\315\311\311\117\005\0\111\216\115\174\011\0\0",
	    raw[] = "\113\061\265\312\110\315\311\311\117\005",
	    zlib[] = "\170\332\113\061\265\312\110\315\311\311\117\005\0"
	    "\017\153\003\115", cut[] = "\037\213\010\0\0\0\0\0\002\003"
	    "\113\061", plain[] = "d5:helloe", damaged[] = "x\332damaged";
	static const char *const names[] = { "none", "UTF-8", "identity", "",
		"gzip", "deflate", "br", "zstd", "binary, or so it says" };
	size_t i;

	CASE("http: gzip is unpacked, whatever the head calls it");
	for (i = 0; i < LEN(names); i++)
		OK_FOR(names[i], unpacks(names[i], gz, sizeof gz, LIMIT,
		    plain) || names[i][0] == 'b' || names[i][0] == 'z');
	OK(unpacks("X-GZip", gz, sizeof gz, LIMIT, plain));
	CASE("http: deflate is either of two");
	OK(unpacks("deflate", zlib, sizeof zlib - 1, LIMIT, plain));
	OK(unpacks("DEFLATE", raw, sizeof raw, LIMIT, plain));
	CASE("http: a plain body is left, whatever the head calls it");
	for (i = 0; i < LEN(names); i++)
		OK_FOR(names[i], unpacks(names[i], plain, sizeof plain - 1,
		    LIMIT, plain));
	OK(unpacks("utf8", "<html>", 6, LIMIT, "<html>"));
	OK(unpacks("deflate", damaged, sizeof damaged - 1, LIMIT, damaged));
	OK(unpacks("gzip", "", 0, LIMIT, "") && unpacks("br", "", 0, 9, ""));
	CASE("http: a packed body that cannot be unpacked is called so");
	OK(unpacks("gzip", cut, sizeof cut - 1, LIMIT, NULL));
	OK(why_is("packed by gzip, and damaged"));
	OK(unpacks("br", "\x8b\x04\x80x\x03", 5, LIMIT, NULL));
	OK(why_is("packed by br, which btsh cannot read"));
	OK(unpacks("ZSTD", "\x28\xb5\x2f\xfd", 4, LIMIT, NULL));
	CASE("http: what a body unpacks to has the limit, too");
	OK(unpacks("gzip", gz, sizeof gz, sizeof plain - 1, plain));
	OK(unpacks("gzip", gz, sizeof gz, sizeof plain - 2, NULL));
	OK(why_is("its reply is larger than 8 bytes"));
	OK(unpacks("deflate", raw, sizeof raw, sizeof plain - 2, NULL));
}

/* Whether a reply with this coding and body has this one unpacked; NULL: it
 * cannot be. */
static int
unpacks(const char *coding, const char *body, size_t n, size_t limit,
    const char *want)
{
	struct buf b = { NULL, 0, 0, 0 };
	struct http_reply r = { 0 };
	int k, same;

	buf_printf(&b, OK11 "Content-Encoding: %s" CRLF CRLF, coding);
	buf_put(&b, body, n);
	r.limit = LIMIT;
	same = http_reply_feed(&r, b.p, b.len) == (long)b.len &&
	    http_reply_eof(&r);
	r.limit = limit;
	k = http_reply_unpack(&r);
	snprintf(why, sizeof why, "%s", r.why);
	same = same && (!want ? k == -1 : k == 0 &&
	    r.body.len == strlen(want) && (r.body.len == 0 ||
	    memcmp(r.body.p, want, r.body.len) == 0));
	buf_free(&r.body);
	buf_free(&b);
	return same;
}

/* What is wrong is said, with its value or the limit. */
static void
reasons(void)
{
	static const struct { const char *text, *why; } of[] = {
		{ "\x15\x03\x01", "does not answer in HTTP/1" },
		{ "ICY 200 OK" CRLF CRLF, "does not answer in HTTP/1" },
		{ "HTTP/1.1 \x1b[0 OK" CRLF CRLF,
		    "status line is wrong: HTTP/1.1 \\x1b[0 OK" },
		{ OK11 "Content-Length: x7" CRLF CRLF,
		    "Content-Length is wrong: x7" },
		{ OK11 "Transfer-Encoding: gzip" CRLF CRLF,
		    "Transfer-Encoding is wrong: gzip" },
		{ OK11 "Content-Length: 1001" CRLF CRLF,
		    "reply is larger than 1000 bytes" },
		{ CHUNKED "3e9" CRLF, "reply is larger than 1000 bytes" },
		{ CHUNKED "1x" CRLF, "its chunk's size is wrong: 1x" },
		{ CHUNKED "1" CRLF "ab" CRLF, "its chunk's end is wrong: b" },
		{ "", "hung up before" }, { "HTTP/1.1 200", "hung up before" },
		{ OK11 "Content-Length: 5" CRLF CRLF "hell",
		    "cut short after 4 bytes" },
		{ CHUNKED "5" CRLF "he", "cut short after 2 bytes" },
	};
	struct buf b = { NULL, 0, 0, 0 };
	struct http_reply r;
	size_t i;

	CASE("http: it says what is wrong with a reply");
	for (i = 0; i < LEN(of); i++) {
		OK_FOR(of[i].why, feed(&r, of[i].text, strlen(of[i].text), 0,
		    strlen(of[i].text) + 1) < 0);
		OK_FOR(of[i].why, why_is(of[i].why));
		buf_free(&r.body);
	}
	buf_printf(&b, OK11 "X: %*s", HTTP_HEAD_MAX, "y");
	OK(feed(&r, (char *)b.p, b.len, 0, b.len) == WRONG);
	OK(why_is("head is larger than 8192 bytes"));
	buf_free(&r.body);
	buf_free(&b);
}

static int
why_is(const char *want)
{
	return strstr(why, want) != NULL;
}

static void
framing(void)
{
	CASE("http: a packed transfer is refused too");
	OK(reply_wrong(OK11 "Transfer-Encoding: gzip" CRLF CRLF "hello"));
	OK(reply_wrong(OK11 "Transfer-Encoding: gzip, chunked" CRLF CRLF "0"
	    CRLF CRLF));
	CASE("http: two lengths that differ are wrong (RFC 9112, 6.3)");
	OK(reply_wrong(OK11 "Content-Length: 5" CRLF "Content-Length: 2" CRLF
	    CRLF "hello"));
	OK(reply_wrong(OK11 "Content-Length: 2" CRLF "Content-Length: 5" CRLF
	    CRLF "hello"));
	CASE("http: the same length twice is that length");
	OK(reply_is(OK11 "Content-Length: 5" CRLF "Content-Length: 5" CRLF
	    CRLF "hello", 200, "hello", 0));
}

static void
large_replies(void)
{
	struct buf b = { NULL, 0, 0, 0 };
	struct http_reply r;
	char line[32];
	int i;

	CASE("http: a body as large as the limit is right, in each framing");
	buf_printf(&b, OK11 "Content-Length: %d" CRLF CRLF "%*s", LIMIT,
	    LIMIT, "x");
	OK(reply_all((char *)b.p, b.len, &r) == 0 && r.body.len == LIMIT);
	buf_free(&r.body);
	b.len = 0;
	buf_printf(&b, OK11 CRLF "%*s", LIMIT, "x");
	OK(reply_all((char *)b.p, b.len, &r) == 0 && r.body.len == LIMIT);
	buf_free(&r.body);
	b.len = 0;
	buf_printf(&b, CHUNKED "1" CRLF "y" CRLF "%x" CRLF "%*s" CRLF "0" CRLF
	    CRLF, LIMIT - 1, LIMIT - 1, "x");
	OK(reply_all((char *)b.p, b.len, &r) == 0 && r.body.len == LIMIT);
	buf_free(&r.body);
	CASE("http: a body one byte larger is wrong, in each framing");
	b.len = 0;
	buf_printf(&b, OK11 "Content-Length: %d" CRLF CRLF "%*s", LIMIT + 1,
	    LIMIT + 1, "x");
	OK(reply_all((char *)b.p, b.len, &r) == WRONG);
	buf_free(&r.body);
	b.len = 0;
	buf_printf(&b, OK11 CRLF "%*s", LIMIT + 1, "x");
	OK(reply_all((char *)b.p, b.len, &r) == WRONG);
	buf_free(&r.body);
	b.len = 0;
	buf_printf(&b, CHUNKED "1" CRLF "y" CRLF "%x" CRLF "%*s" CRLF "0" CRLF
	    CRLF, LIMIT, LIMIT, "x");
	OK(reply_all((char *)b.p, b.len, &r) == WRONG);
	buf_free(&r.body);
	CASE("http: a trailer without end is wrong");
	b.len = 0;
	buf_printf(&b, CHUNKED "0" CRLF);
	for (i = 0; i < 1000; i++)
		buf_printf(&b, "X-Trailer-%d: y" CRLF, i);
	OK(feed(&r, (char *)b.p, b.len, 0, b.len) == WRONG);
	buf_free(&r.body);
	OK(feed(&r, (char *)b.p, b.len, 0, 1) == WRONG);
	buf_free(&r.body);
	buf_free(&b);

	CASE("http: a head of 8 KiB is right, however it comes");
	for (i = 1; i <= HTTP_HEAD_MAX; i *= 8191) {
		OK(long_head(1, "\r\n\r\n", 8192, (size_t)i));
		OK(long_head(1, "\n\n", 8192, (size_t)i));
		OK(long_head(0, "\r\n\r\n", 8192, (size_t)i));
		OK(long_head(0, "\n\n", 8192, (size_t)i));
	}
	CASE("http: a head over 8 KiB is wrong, byte by byte");
	OK(!long_head(1, "\r\n\r\n", 8193, 1));
	OK(!long_head(1, "\r\n\r\n", 9000, 1));
	OK(!long_head(0, "\r\n\r\n", 8193, 1));
	OK(!long_head(0, "\n\n", 8193, 1));
	CASE("http: a head over 8 KiB is wrong at once as well");
	OK(!long_head(1, "\r\n\r\n", 9000, 9000));
	OK(!long_head(1, "\r\n\r\n", 8193, 8193));
	OK(!long_head(1, "\r\n\r\n", 8194, 8194));
	OK(!long_head(1, "\n\n", 8193, 8193));
	OK(!long_head(0, "\r\n\r\n", 9000, 9000));
	OK(!long_head(0, "\r\n\r\n", 8193, 8193));
	OK(!long_head(0, "\r\n\r\n", 8194, 8194));
	OK(!long_head(0, "\n\n", 8193, 8193));
	CASE("http: a long line in a body is the same however it comes");
	for (i = 900; i < 2000; i += 62) {
		snprintf(line, sizeof line, "%d bytes", i);
		OK_FOR(line, long_line("5;", "", (size_t)i, 1) ==
		    long_line("5;", "", (size_t)i, 9000));
		OK_FOR(line, long_line("5" CRLF "hello" CRLF "0" CRLF "X: ",
		    CRLF, (size_t)i, 1) == long_line("5" CRLF "hello" CRLF "0"
		    CRLF "X: ", CRLF, (size_t)i, 9000));
	}
}

/* Whether a head of n bytes that ends so is taken, fed by step. */
static int
long_head(int reply, const char *end, size_t n, size_t step)
{
	struct buf b = { NULL, 0, 0, 0 };
	struct http_request q;
	struct http_reply r;
	size_t have;
	long k = 0;

	buf_printf(&b, reply ? "HTTP/1.1 204 x" CRLF "X: " :
	    "GET / HTTP/1.1" CRLF "X: ");
	while (b.len < n - strlen(end))
		buf_put(&b, "y", 1);
	buf_put(&b, end, strlen(end));
	if (reply) {
		k = feed(&r, (char *)b.p, b.len, 0, step) == 0 ? (long)n : -1;
		buf_free(&r.body);
	} else {
		/* the few last bytes are those that decide */
		for (have = step == 1 ? n - 200 : n; have <= n && k == 0;
		    have += step)
			k = request(b.p, have, &q);
	}
	buf_free(&b);
	return k == (long)n;
}

/* A chunked reply with a line, after head, that n bytes lengthen. */
static int
long_line(const char *head, const char *tail, size_t n, size_t step)
{
	struct buf b = { NULL, 0, 0, 0 };
	struct http_reply r;
	long k;

	buf_printf(&b, CHUNKED "%s%*s" CRLF "%s", head, (int)n, "x", tail);
	if (!*tail)
		buf_printf(&b, "hello" CRLF "0" CRLF CRLF);
	k = feed(&r, (char *)b.p, b.len, 0, step);
	buf_free(&r.body);
	buf_free(&b);
	return k == 0;
}

/* Whether text is a reply with this status and body, and bytes over. */
static int
reply_is(const char *text, int status, const char *body, long over)
{
	struct http_reply r;
	long k = reply_all(text, strlen(text), &r);
	int same = k == over && r.status == status &&
	    r.body.len == strlen(body) &&
	    (r.body.len == 0 || memcmp(r.body.p, body, r.body.len) == 0);

	buf_free(&r.body);
	return same;
}

static int
reply_wrong(const char *text)
{
	struct http_reply r;
	long k = reply_all(text, strlen(text), &r);

	buf_free(&r.body);
	return k == WRONG;
}

static int
reply_short(const char *text)
{
	struct http_reply r;
	long k = reply_all(text, strlen(text), &r);

	buf_free(&r.body);
	return k == SHORT;
}

/* The reply fed whole; and again in steps, and cut once at every place, which
 * must come to the same: if not, -3. */
static long
reply_all(const char *text, size_t n, struct http_reply *out)
{
	struct http_reply r;
	long k = feed(out, text, n, 0, n ? n : 1), again;
	size_t i;
	int same = 1;

	for (i = 0; i < n + 9 && same; i++) {
		again = i < 9 ? feed(&r, text, n, 0, i + 1) :
		    feed(&r, text, n, i - 8, n);
		same = again == k && (k < 0 || (r.status == out->status &&
		    strcmp(r.location, out->location) == 0 &&
		    r.body.len == out->body.len && (r.body.len == 0 ||
		    memcmp(r.body.p, out->body.p, r.body.len) == 0)));
		buf_free(&r.body);
	}
	return same ? k : -3;
}

/* Feeds text, first bytes and then by step, keeping what is not consumed, and
 * closes: WRONG, SHORT, or how many bytes are over when the reply is done. */
static long
feed(struct http_reply *r, const char *text, size_t n, size_t first,
    size_t step)
{
	size_t have = first ? first : MIN(step, n), at = 0;
	uint8_t *copy;
	long k;

	memset(r, 0, sizeof *r);
	r->limit = LIMIT;
	for (;;) {
		/* a copy of just these bytes shows a read beyond them */
		copy = n < 600 ? unit_copy(text + at, have - at) : NULL;
		k = http_reply_feed(r, copy ? copy :
		    (const uint8_t *)text + at, have - at);
		free(copy);
		snprintf(why, sizeof why, "%s", r->why);
		if (k < 0 || k > (long)(have - at))
			return k == -1 ? WRONG : -4;
		at += (size_t)k;
		if (http_reply_done(r))
			return (long)(n - at);
		if (have == n) {
			k = http_reply_eof(r) ? (long)(n - at) : SHORT;
			snprintf(why, sizeof why, "%s", r->why);
			return k;
		}
		have = MIN(n, have + step);
	}
}

static void
requests(void)
{
	static const char text[] = "GET /announce?info_hash=%aa&left=0 "
	    "HTTP/1.1" CRLF "Host: h:80" CRLF "User-Agent: x y" CRLF CRLF;
	static const char lf[] = "\r\n\nGET /a HTTP/1.0\nHost: h\n\n";
	struct http_request r;
	struct span name, value;
	size_t i;

	CASE("http: a request comes apart");
	OK(request(BYTES(text), &r) == sizeof text - 1);
	OK(http_request_parse(&r, (const uint8_t *)text, sizeof text - 1) > 0);
	OK(is(r.method, "GET"));
	OK(is(r.path, "/announce"));
	OK(is(r.query, "info_hash=%aa&left=0"));
	OK(r.keep_alive);
	CASE("http: a request cut anywhere goes on");
	for (i = 0; i < sizeof text - 1; i++)
		OK_FOR(text + i, request(text, i, &r) == 0);
	for (i = 0; i < sizeof lf - 1; i++)
		OK_FOR(lf + i, request(lf, i, &r) == 0);
	CASE("http: what follows a request is left alone");
	OK(request(BYTES(GET CRLF "GET /next"), &r) == 18);
	OK(request(BYTES(GET CRLF CRLF), &r) == 18);
	CASE("http: empty lines before a request are skipped");
	OK(request(BYTES(CRLF GET CRLF), &r) == 20);
	OK(request(BYTES(CRLF CRLF GET CRLF), &r) == 22);
	OK(http_request_parse(&r, (const uint8_t *)CRLF GET CRLF, 20) == 20);
	OK(is(r.method, "GET") && is(r.path, "/"));
	CASE("http: a request's lines may end with LF alone");
	OK(http_request_parse(&r, (const uint8_t *)lf, sizeof lf - 1) ==
	    sizeof lf - 1);
	OK(is(r.path, "/a") && r.query.n == 0);
	CASE("http: other methods and queries");
	OK(http_request_parse(&r, (const uint8_t *)
	    "HEAD /a?b?c=/?&d HTTP/1.1\r\n\r\n", 29) == 29);
	OK(is(r.method, "HEAD") && is(r.path, "/a"));
	OK(is(r.query, "b?c=/?&d"));
	OK(http_request_parse(&r, (const uint8_t *)
	    "GET /a? HTTP/1.1\r\n\r\n", 20) == 20);
	OK(is(r.path, "/a") && r.query.n == 0);
	CASE("http: a blank before a header's colon is wrong (RFC 9112, 5.1)");
	OK(http_request_parse(&r, (const uint8_t *)BYTES("POST / HTTP/1.1\r\n"
	    "Content-Length : 4\r\n\r\n")) == -1);
	OK(http_request_parse(&r, (const uint8_t *)BYTES("GET / HTTP/1.1\r\n"
	    "Host\t: 4\r\n\r\n")) == -1);
	CASE("http: the host, and whom a proxy forwards for");
	OK(http_request_parse(&r, (const uint8_t *)BYTES("GET / HTTP/1.1\r\n"
	    "hOST:  h:80 \r\nX-Forwarded-For: a\r\n"
	    "x-forwarded-for: b, c\r\n\r\n")) > 0);
	OK(is(r.host, "h:80") && is(r.forwarded_for, "b, c"));
	OK(http_request_parse(&r, (const uint8_t *)BYTES(GET CRLF)) > 0);
	OK(r.host.n == 0 && r.forwarded_for.n == 0);
	CASE("http: a request's headers, all of them");
	OK(http_request_parse(&r, (const uint8_t *)BYTES(CRLF
	    "GET /a:b HTTP/1.1" CRLF "A: b" CRLF
	    "C:d" CRLF CRLF "E: f" CRLF)) > 0);
	OK(http_header(&r.headers, &name, &value) && is(name, "A") &&
	    is(value, "b"));
	OK(http_header(&r.headers, &name, &value) && is(name, "C") &&
	    is(value, "d"));
	OK(!http_header(&r.headers, &name, &value));
}

static void
keep_alives(void)
{
	CASE("http: 1.1 keeps the connection unless told to close it");
	OK(keeps(GET CRLF));
	OK(keeps(GET "Connection: keep-alive" CRLF CRLF));
	OK(keeps(GET "Connection: Upgrade" CRLF CRLF));
	OK(keeps(GET "Connection: closed" CRLF CRLF));
	OK(!keeps(GET "Connection: close" CRLF CRLF));
	OK(!keeps(GET "CONNECTION:CLOSE" CRLF CRLF));
	OK(!keeps(GET "Connection: Upgrade , close" CRLF CRLF));
	CASE("http: 1.0 closes the connection unless told to keep it");
	OK(!keeps("GET / HTTP/1.0" CRLF CRLF));
	OK(!keeps("GET / HTTP/1.0" CRLF "Connection: close" CRLF CRLF));
	OK(keeps("GET / HTTP/1.0" CRLF "Connection: Keep-Alive" CRLF CRLF));
	CASE("http: close goes before keep-alive (RFC 9112, 9.3)");
	OK(!keeps(GET "Connection: keep-alive, close" CRLF CRLF));
	OK(!keeps(GET "Connection: close, keep-alive" CRLF CRLF));
	OK(!keeps(GET "Connection: keep-alive" CRLF "Connection: close" CRLF
	    CRLF));
	OK(!keeps(GET "Connection: close" CRLF "Connection: keep-alive" CRLF
	    CRLF));
}

static int
keeps(const char *text)
{
	struct http_request r;

	return request(text, strlen(text), &r) == (long)strlen(text) &&
	    r.keep_alive;
}

static void
lists(void)
{
	CASE("http: a list's elements, without blanks and empty ones");
	OK(list_is("", "") && list_is(" , ,\t,", ""));
	OK(list_is("a", "[a]") && list_is(" a ,\tb,,c ,", "[a][b][c]"));
	CASE("http: a comma in quotes parts nothing");
	OK(list_is("\"a,b\",c", "[\"a,b\"][c]"));
	OK(list_is("W/\"a, \" , \",\"", "[W/\"a, \"][\",\"]"));
	OK(list_is("a,\"b,c", "[a][\"b,c]"));
}

static int
list_is(const char *list, const char *want)
{
	char got[64] = "";
	size_t n = strlen(list);
	uint8_t *copy = unit_copy(list, n);
	struct span s = { copy, n }, one;

	while (http_list_next(&s, &one))
		snprintf(got + strlen(got), sizeof got - strlen(got),
		    "[%.*s]", (int)one.n, (const char *)one.p);
	free(copy);
	return strcmp(got, want) == 0;
}

static void
dates(void)
{
	char want[HTTP_DATE_SIZE + 8];
	time_t t;

	CASE("http: dates (RFC 9110, 5.6.7)");
	OK(date_is(784111777, "Sun, 06 Nov 1994 08:49:37 GMT"));
	OK(date_is(0, "Thu, 01 Jan 1970 00:00:00 GMT"));
	OK(date_is(1709210096, "Thu, 29 Feb 2024 12:34:56 GMT"));
	OK(date_is(4294967296, "Sun, 07 Feb 2106 06:28:16 GMT"));
	OK(date_is(951868800, "Wed, 01 Mar 2000 00:00:00 GMT"));
	OK(date_is(4107542399, "Sun, 28 Feb 2100 23:59:59 GMT"));
	OK(date_is(4107542400, "Mon, 01 Mar 2100 00:00:00 GMT"));
	for (t = 0; t < 253402300800; t += 6333331) {
		strftime(want, sizeof want, "%a, %d %b %Y %H:%M:%S GMT",
		    gmtime(&t));
		OK_FOR(want, date_is(t, want));
	}
	CASE("http: times that no date can say are the nearest that it can");
	OK(date_is(-1, "Thu, 01 Jan 1970 00:00:00 GMT"));
	OK(date_is(INT64_MAX, "Fri, 31 Dec 9999 23:59:59 GMT"));
}

static int
date_is(int64_t time_s, const char *want)
{
	char date[HTTP_DATE_SIZE];

	return strcmp(http_date(date, time_s), want) == 0;
}

static void
wrong_requests(void)
{
	static const char *const versions[] = {
		"GET /" CRLF CRLF, "GET / " CRLF CRLF, "GET / HTTP" CRLF CRLF,
		"GET / HTTP/1" CRLF CRLF, "GET / HTTP/1." CRLF CRLF,
		"GET / HTTP/2.0" CRLF CRLF, "GET / HTTP/0.9" CRLF CRLF,
		"GET / HTTP/1.1x" CRLF CRLF, "GET / http/1.1" CRLF CRLF,
		"GET / HTTP/1.10" CRLF CRLF, "GET / HTTP/11" CRLF CRLF,
		"GET / XTTP/1.1" CRLF CRLF, "GET / HTTP/1.1 " CRLF CRLF,
	};
	static const char *const lines[] = {
		"GET" CRLF CRLF, "GET/HTTP/1.1" CRLF CRLF, "x" CRLF CRLF,
		"GET /a b HTTP/1.1" CRLF CRLF, "\x13" "BitTorrent" CRLF CRLF,
		"GET / HTTP/1.1 x" CRLF CRLF, CRLF CRLF CRLF CRLF CRLF CRLF,
	};
	struct http_request r;
	char big[HTTP_HEAD_MAX + 1];
	size_t i;

	CASE("http: a request needs a version that we know");
	for (i = 0; i < LEN(versions); i++)
		OK_FOR(versions[i], request_wrong(versions[i]));
	OK(request_wrong("GET / HTTP/1.x" CRLF CRLF));
	CASE("http: a request needs a method, a target and two spaces");
	for (i = 0; i < LEN(lines); i++)
		OK_FOR(lines[i], request_wrong(lines[i]));
	OK(request_wrong(" / HTTP/1.1" CRLF CRLF));
	OK(request_wrong("GET  HTTP/1.1" CRLF CRLF));
	CASE("http: a request with a body is refused");
	OK(request_wrong(GET "Content-Length: 5" CRLF CRLF));
	OK(request_wrong(GET "content-length:1" CRLF CRLF "x"));
	OK(request_wrong(GET "Content-Length: -1" CRLF CRLF));
	OK(request_wrong(GET "Content-Length: x" CRLF CRLF));
	OK(request_wrong(GET "Content-Length: " CRLF CRLF));
	OK(request_wrong(GET "Content-Length: 18446744073709551616" CRLF
	    CRLF));
	OK(request_wrong(GET "Content-Length: 0" CRLF "Content-Length: 5" CRLF
	    CRLF));
	OK(request_wrong(GET "Transfer-Encoding: chunked" CRLF CRLF "0" CRLF
	    CRLF));
	OK(!request_wrong(GET "Content-Length: 0" CRLF CRLF));
	CASE("http: a request without end is wrong at 8 KiB");
	memset(big, 'x', sizeof big);
	memcpy(big, "GET /", 5);
	OK(request(big, HTTP_HEAD_MAX - 1, &r) == 0);
	OK(request(big, HTTP_HEAD_MAX, &r) == -1);
	OK(request(big, HTTP_HEAD_MAX + 1, &r) == -1);
	CASE("http: empty lines before a request count among its 8 KiB");
	memcpy(big, "\r\n\r\nGET /", 9);
	OK(request(big, HTTP_HEAD_MAX, &r) == -1);
	memcpy(big, "\r\n\r\n" GET "X: ", 4 + 16 + 3);
	memcpy(big + HTTP_HEAD_MAX - 3, "\r\n\r\n", 4);
	OK(request(big, HTTP_HEAD_MAX + 1, &r) == -1);
}

static long
request(const void *p, size_t n, struct http_request *r)
{
	uint8_t *copy = unit_copy(p, n);
	long k = http_request_parse(r, copy, n);

	free(copy);
	return k;
}

static int
request_wrong(const char *text)
{
	struct http_request r;

	return request(text, strlen(text), &r) == -1;
}

static int
is(struct span s, const char *want)
{
	return s.n == strlen(want) && memcmp(s.p, want, s.n) == 0;
}

static void
reply_writing(void)
{
	struct buf body = { NULL, 0, 0, 0 }, b = { NULL, 0, 0, 0 };
	struct http_reply r;
	size_t n;

	buf_put(&body, "xxhello", 7);
	buf_take(&body, 2);
	CASE("http: a reply that is written can be read");
	http_reply_put(&b, "200 OK", "text/plain", &body, 1, 0);
	OK(reply_all((char *)b.p, b.len, &r) == 0);
	OK(r.status == 200 && r.body.len == 5);
	OK(r.body.len == 5 && memcmp(r.body.p, "hello", 5) == 0);
	buf_free(&r.body);
	OK(strncmp((char *)b.p, "HTTP/1.1 200 OK" CRLF, 17) == 0);
	OK(has_line(&b, "Content-Type: text/plain"));
	OK(has_line(&b, "Content-Length: 5"));
	OK(has_line(&b, "Connection: keep-alive"));
	OK(buf_left(&body) == 5);
	CASE("http: a reply's head alone is the same without its body");
	n = b.len;
	http_reply_put(&b, "200 OK", "text/plain", &body, 1, 1);
	OK(b.len == 2 * n - 5);
	OK(b.len == 2 * n - 5 && memcmp(b.p, b.p + n, n - 5) == 0);
	CASE("http: a reply says when it is the last");
	b.len = 0;
	http_reply_put(&b, "404 Not Found", "text/plain", &body, 0, 0);
	OK(has_line(&b, "Connection: close"));
	OK(reply_all((char *)b.p, b.len, &r) == 0 && r.status == 404);
	buf_free(&r.body);
	CASE("http: a reply may have an empty body");
	buf_free(&body);
	b.len = 0;
	http_reply_put(&b, "200 OK", "text/plain", &body, 1, 0);
	OK(has_line(&b, "Content-Length: 0"));
	OK(reply_all((char *)b.p, b.len, &r) == 0 && r.body.len == 0);
	buf_free(&r.body);
	buf_free(&b);
}
