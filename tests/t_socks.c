/* socks.c in every cut, proxy.c, and route.c with those who dial by it: a
 * link, and fetches by a SOCKS5 and by an HTTP proxy.  The proxy is a script
 * of the test's own that gives its replies a byte at a time. */
#include <sys/types.h>
#include <sys/socket.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "rand.h"
#include "addr.h"
#include "url.h"
#include "proxy.h"
#include "socks.h"
#include "net.h"
#include "sock.h"
#include "route.h"
#include "fetch.h"
#include "swarm/link.h"
#include "unit.h"

#define HELLO   "\5\1\0"
#define HELLO_L "\5\2\0\2"
#define OKAY    "\5\0\0\1\0\0\0\0\0\0"
#define TO_4    "\5\1\0\1\306\63\144\7\32\341" /* 198.51.100.7:6881 */
#define LOGIN   "\1\2us\3p@:"

enum { WAIT_MS = 20000 };

/* What the proxy does once so many bytes more have come. */
struct act {
	size_t want;
	const char *reply;      /* NULL: it hangs up */
	size_t n;
};

struct far_end {
	struct io listener, io;
	struct addr at;
	const struct act *acts;
	struct buf in, out;
	size_t seen;
	int at_once;            /* a reply in one piece */
};

static struct far_end far_end;
static struct route route;
static char got[4096], why[ROUTE_WHY];
static int over, ngot;

static void talks(void);
static void refusals(void);
static void lengths(void);
static void nonsense(void);
static void environment(void);
static void scopes(void);
static void texts(void);
static void dials(void);
static void links(void);
static void fetches(void);
static struct span span_at(const char *p, size_t n);
static int talk_is(const char *host, const char *login, const char *in,
    size_t n, const char *out, size_t nout);
static int said(struct socks *s, const char *in, size_t n, size_t cut,
    struct buf *out);
static const char *refusal(const char *login, const char *in, size_t n,
    int *err);
static const char *chosen(const char *url, const char *text,
    const char *list);
static void begin(const struct act *acts);
static void end(void);
static int dial_is(const struct act *acts, const char *want);
static const char *fetched(const char *url, int by_user,
    const struct act *acts);
static int is_over(void *arg);
static void on_call(struct io *io, short events, int64_t now_ms);
static void on_proxy(struct io *io, short events, int64_t now_ms);
static void on_dial(struct io *io, short events, int64_t now_ms);
static void on_gone(void *arg, const char *text);
static void on_fetched(void *arg, struct span body, const char *text);

void
test_socks(void)
{
	talks();
	refusals();
	lengths();
	nonsense();
	environment();
	scopes();
	texts();
	clock_set(1000000);
	clock_flow(1);
	dials();
	links();
	fetches();
	clock_flow(0);
	clock_set(0);
}

static struct span
span_at(const char *p, size_t n)
{
	struct span s = { (const uint8_t *)p, n };

	return s;
}

/* Feeds n bytes in pieces of cut, but never what was not wanted yet, and takes
 * what is said; 1: the stream is there, 0: more is wanted, -1. */
static int
said(struct socks *s, const char *in, size_t n, size_t cut, struct buf *out)
{
	size_t at = 0, k;
	uint8_t *p;
	long r;

	for (;;) {
		buf_put(out, s->out.p + s->out.at, buf_left(&s->out));
		buf_take(&s->out, buf_left(&s->out));
		if (at == n || socks_wants(s) == 0)
			return socks_wants(s) == 0 && at == n;
		k = MIN(n - at, cut);
		p = unit_copy(in + at, k);
		r = socks_feed(s, p, k);
		free(p);
		if (r < 0)
			return -1;
		at += (size_t)r;
		if ((size_t)r < k) /* the rest is the stream's */
			return socks_wants(s) == 0 ? 2 : -1;
	}
}

/* Whether these replies, in every cut, make a talk that says this. */
static int
talk_is(const char *host, const char *login, const char *in, size_t n,
    const char *out, size_t nout)
{
	struct socks s;
	struct buf b = { 0 };
	struct addr a;
	size_t cut;
	int good = 1;

	for (cut = 1; cut <= n && good; cut++) {
		struct span l = span_at(login, login ? strlen(login) : 0);

		if (addr_parse(&a, host, 1) == 0)
			socks_to(&s, &a, l);
		else
			good = socks_to_name(&s, host, 6881, l) == 0;
		good = good && said(&s, in, n, cut, &b) == 1 &&
		    b.len == nout && memcmp(b.p, out, nout) == 0;
		b.len = 0;
		socks_free(&s);
	}
	buf_free(&b);
	return good;
}

static void
talks(void)
{
	CASE("socks: a talk without a password, in every cut");
	OK(talk_is("198.51.100.7:6881", NULL, BYTES("\5\0" OKAY),
	    BYTES(HELLO TO_4)));
	OK(talk_is("[2001:db8::7]:6881", NULL, BYTES("\5\0" OKAY),
	    BYTES(HELLO "\5\1\0\4\x20\1\15\xb8\0\0\0\0\0\0\0\0\0\0\0\7"
	    "\32\341")));
	CASE("socks: a name goes to the proxy as it is");
	OK(talk_is("a.example", NULL, BYTES("\5\0" OKAY),
	    BYTES(HELLO "\5\1\0\3\11a.example\32\341")));
	CASE("socks: with a password, if the proxy wants it");
	OK(talk_is("198.51.100.7:6881", LOGIN, BYTES("\5\2\1\0" OKAY),
	    BYTES(HELLO_L LOGIN TO_4)));
	OK(talk_is("198.51.100.7:6881", LOGIN, BYTES("\5\2\5\0" OKAY),
	    BYTES(HELLO_L LOGIN TO_4)));
	OK(talk_is("198.51.100.7:6881", LOGIN, BYTES("\5\0" OKAY),
	    BYTES(HELLO_L TO_4)));
	CASE("socks: whatever address the proxy says that it has");
	OK(talk_is("198.51.100.7:6881", NULL, BYTES("\5\0\5\0\0\4"
	    "0123456789abcdefpp"), BYTES(HELLO TO_4)));
	OK(talk_is("198.51.100.7:6881", NULL, BYTES("\5\0\5\0\0\3\0pp"),
	    BYTES(HELLO TO_4)));
	OK(talk_is("198.51.100.7:6881", NULL, BYTES("\5\0\5\0\7\3\3namPP"),
	    BYTES(HELLO TO_4)));
}

/* Why a talk fails after these replies, in every cut; "": it does not. */
static const char *
refusal(const char *login, const char *in, size_t n, int *err)
{
	static char text[64];
	struct span l = span_at(login, login ? strlen(login) : 0);
	struct socks s;
	struct buf b = { 0 };
	size_t cut;

	*text = '\0';
	for (cut = 1; cut <= n; cut++) {
		socks_to_name(&s, "h", 1, l);
		if (said(&s, in, n, cut, &b) < 0 && (cut == 1 ||
		    strcmp(text, s.why) == 0))
			snprintf(text, sizeof text, "%s", s.why);
		else
			*text = '\0';
		*err = s.err;
		socks_free(&s);
	}
	buf_free(&b);
	return text;
}

static void
refusals(void)
{
	static const struct { int err; const char *why; } codes[] = {
		{ EHOSTUNREACH, "it failed, and does not say why" },
		{ EACCES, "its rules do not allow the connection" },
		{ ENETUNREACH, "the network cannot be reached" },
		{ EHOSTUNREACH, "the host cannot be reached" },
		{ ECONNREFUSED, "connection refused by the other side" },
		{ ETIMEDOUT, "the other side is too far away (TTL)" },
		{ EOPNOTSUPP, "it does not know how to connect" },
		{ EAFNOSUPPORT, "it does not know this kind of address" },
	};
	static const struct { const char *login, *in; size_t n;
	    const char *why; } wrong[] = {
		{ NULL, BYTES("HT"), "it does not speak SOCKS5" },
		{ NULL, BYTES("\4\0"), "it does not speak SOCKS5" },
		{ NULL, BYTES("\5\377"), "it wants user:password@ in front "
		    "of it" },
		{ NULL, BYTES("\5\2"), "it chose what it was not offered" },
		{ NULL, BYTES("\5\1"), "it chose what it was not offered" },
		{ LOGIN, BYTES("\5\377"), "it takes no name and password" },
		{ LOGIN, BYTES("\5\3"), "it chose what it was not offered" },
		{ LOGIN, BYTES("\5\2\1\1"), "it refuses the name and the "
		    "password" },
		{ LOGIN, BYTES("\5\2\1\377"), "it refuses the name and the "
		    "password" },
		{ NULL, BYTES("\5\0\4\0\0\1\0"), "it does not speak SOCKS5" },
		{ NULL, BYTES("\5\0\5\0\0\2\0"), "its reply has an unknown "
		    "kind of address" },
		{ NULL, BYTES("\5\0\5\0\0\0\0"), "its reply has an unknown "
		    "kind of address" },
	};
	char in[] = "\5\0\5?\0\1\0\0\0\0\0\0", text[48];
	const char *s;
	int code, err;
	size_t i;

	CASE("socks: each code has its words");
	for (code = 1; code < 256; code++) {
		in[3] = (char)code;
		s = refusal(NULL, in, 12, &err);
		snprintf(text, sizeof text, "it refuses with code %d", code);
		OK_FOR(text, strcmp(s, code <= 8 ? codes[code - 1].why :
		    text) == 0);
		OK_FOR(text, err == (code <= 8 ? codes[code - 1].err :
		    EHOSTUNREACH));
	}
	CASE("socks: what is wrong between the proxy and us is said to be");
	for (i = 0; i < LEN(wrong); i++) {
		s = refusal(wrong[i].login, wrong[i].in, wrong[i].n, &err);
		OK_FOR(wrong[i].why, strcmp(s, wrong[i].why) == 0 &&
		    err == EPROTO);
	}
}

static void
lengths(void)
{
	static const char rest[] = "stream";
	char host[300], in[300] = "\5\0\5\0\0\3";
	uint8_t login[SOCKS_LOGIN];
	struct span none = { NULL, 0 }, l255, l256, one = span_of("x");
	struct socks s;
	struct buf b = { 0 };
	size_t n, i;
	int r = 1, wants = 1;

	memset(host, 'h', sizeof host);
	l255 = span_at(host, 255);
	l256 = span_at(host, 256);
	CASE("socks: a name of 255 bytes goes, none of 256 or of none");
	host[256] = '\0';
	OK(socks_to_name(&s, host, 1, none) < 0);
	OK(socks_to_name(&s, "", 1, none) < 0);
	host[255] = '\0';
	OK(socks_to_name(&s, host, 1, none) == 0);
	r = said(&s, BYTES("\5\0"), 2, &b);
	OK(r == 0 && b.len == 3 + 5 + 255 + 2 && b.p[7] == 255);
	socks_free(&s);
	host[255] = host[256] = 'h';
	CASE("socks: a name and a password of 255 bytes, and no more");
	OK(socks_login(login, l255, l255) == SOCKS_LOGIN);
	OK(login[1] == 255 && login[2 + 255] == 255);
	OK(socks_login(login, l255, none) == 3 + 255);
	OK(socks_login(login, l256, one) < 0);
	OK(socks_login(login, one, l256) < 0);
	OK(socks_login(login, none, one) < 0);
	CASE("socks: a reply ends where it says, whatever length it says");
	for (n = 0; n < 256; n++) {
		b.len = 0;
		in[6] = (char)n;
		memset(in + 7, 'n', n + 2);
		memcpy(in + 7 + n + 2, rest, sizeof rest - 1);
		socks_to_name(&s, "h", 1, none);
		for (i = 0; i < 7 + n + 2; i++) {
			r = said(&s, in + i, 1, 1, &b);
			wants = wants && socks_wants(&s) <= 7 + n + 2 - i - 1
			    && (socks_wants(&s) > 0) == (i < 7 + n + 1);
		}
		OK_FOR("each byte", wants && r == 1);
		socks_free(&s);
		socks_to_name(&s, "h", 1, none);
		OK_FOR("with more", said(&s, in, 7 + n + 2 + 6, 300, &b) ==
		    2);
		socks_free(&s);
	}
	buf_free(&b);
}

static void
nonsense(void)
{
	static const char good[] = "\5\2\1\0\5\0\0\3\4nameppstream";
	uint8_t p[512];
	uint64_t state = 12345;
	struct socks s;
	struct buf b = { 0 };
	int i, ends[4] = { 0 }, sane = 1;
	size_t n;

	CASE("socks: any bytes are taken or refused, and little is wanted");
	for (i = 0; i < 20000; i++) {
		memcpy(p, good, sizeof good);
		n = unit_mutate(p, sizeof good, sizeof p, &state);
		socks_to_name(&s, "h", 1, span_of(LOGIN));
		ends[1 + said(&s, (char *)p, n, 1 + (size_t)i % 7, &b)]++;
		sane = sane && socks_wants(&s) <= SOCKS_ASK;
		socks_free(&s);
		b.len = 0;
	}
	OK(sane && ends[0] > 0 && ends[1] > 0 && ends[3] > 0);
	buf_free(&b);
}

/* host:port user of the proxy, "none" or "wrong". */
static const char *
chosen(const char *url, const char *text, const char *list)
{
	static char s[600];
	struct http_proxy p;
	struct url u;
	int r;

	if (url_parse(&u, url) < 0)
		return "no url";
	r = proxy_choose(&p, &u, text, list);
	if (r <= 0)
		return r < 0 ? "wrong" : "none";
	snprintf(s, sizeof s, "%s:%u %s", p.host, p.port, p.user);
	return s;
}

static void
environment(void)
{
	static const struct { const char *text, *is; } texts[] = {
		{ "http://p.example:3128", "p.example:3128 " },
		{ "http://p.example:3128/", "p.example:3128 " },
		{ "HTTP://p.example:80", "p.example:80 " },
		{ "p.example:8080", "p.example:8080 " },
		{ "p.example", "p.example:1080 " },
		{ "http://p.example", "p.example:1080 " },
		{ "http://us:p%40@[::1]:3128", "::1:3128 us:p%40" },
		{ "us:pw@10.0.0.1:1", "10.0.0.1:1 us:pw" },
		{ "https://p.example:1", "wrong" },
		{ "socks5://p.example:1", "wrong" },
		{ "http://p.example:99999", "wrong" },
		{ ":3128", "wrong" }, { "", "none" }, { NULL, "none" },
	};
	static const struct { const char *list, *host; int in; } lists[] = {
		{ "*", "h.example", 1 },
		{ "x, *", "h.example", 1 },
		{ "example", "h.example", 1 },
		{ ".example", "h.example", 1 },
		{ ".h.example", "h.example", 1 },
		{ "h.example", "h.example", 1 },
		{ "H.EXAMPLE", "h.example", 1 },
		{ "a,h.example,b", "h.example", 1 },
		{ "a h.example", "h.example", 1 },
		{ ".example.org", "h.example", 0 },
		{ "xample", "h.example", 0 },
		{ "g.h.example", "h.example", 0 },
		{ "*.example", "h.example", 0 },
		{ ".", "h.example", 0 },
		{ ",, ,", "h.example", 0 },
		{ "10.0.0.1", "10.0.0.1", 1 },
		{ "10.0.0.1", "110.0.0.1", 0 },
		{ "10.0.0.0/8", "10.9.8.7", 1 },
		{ "10.0.0.0/8", "11.9.8.7", 0 },
		{ "10.0.0.0/33", "10.0.0.0", 0 },
		{ "10.0.0.0/x", "10.0.0.0", 0 },
		{ "0.0.0.0/0", "10.9.8.7", 1 },
		{ "192.168.1.0/30", "192.168.1.3", 1 },
		{ "192.168.1.0/30", "192.168.1.4", 0 },
		{ "2001:db8::/32", "[2001:db8:1::1]", 1 },
		{ "2001:db8::/32", "[2001:db9::1]", 0 },
		{ "::1", "[::1]", 1 },
		{ "[::1]", "[::1]", 1 },
	};
	char url[100];
	size_t i;

	CASE("proxy: http_proxy's forms");
	for (i = 0; i < LEN(texts); i++)
		OK_FOR(texts[i].text, strcmp(chosen("http://h.example/a",
		    texts[i].text, NULL), texts[i].is) == 0);
	CASE("proxy: not for https and udp");
	OK(strcmp(chosen("https://h/", "p:1", NULL), "none") == 0);
	OK(strcmp(chosen("udp://h:1/", "p:1", NULL), "none") == 0);
	CASE("proxy: no_proxy has hosts, domains, addresses and networks");
	for (i = 0; i < LEN(lists); i++) {
		snprintf(url, sizeof url, "http://%s/", lists[i].host);
		OK_FOR(lists[i].list, strcmp(chosen(url, "p:1",
		    lists[i].list), lists[i].in ? "none" : "p:1 ") == 0);
	}
}

static void
scopes(void)
{
	static const struct { const char *host; enum addr_scope scope; }
	    hosts[] = {
		{ "h.example", SCOPE_GLOBAL }, { "h", SCOPE_GLOBAL },
		{ "198.51.100.7", SCOPE_GLOBAL },
		{ "10.1.2.3", SCOPE_PRIVATE }, { "127.0.0.1", SCOPE_LOOPBACK },
		{ "::1", SCOPE_LOOPBACK }, { "fe80::1", SCOPE_PRIVATE },
		{ "fe80::1%eth0", SCOPE_LOOPBACK },
		{ "localhost", SCOPE_LOOPBACK },
		{ "a.LocalHost.", SCOPE_LOOPBACK },
		{ "notlocalhost", SCOPE_GLOBAL },
		{ "127.1", SCOPE_LOOPBACK }, { "2130706433", SCOPE_LOOPBACK },
		{ "0x7f000001", SCOPE_LOOPBACK },
		{ "127.0.0.1.", SCOPE_LOOPBACK },
	};
	size_t i;

	CASE("proxy: what a host's name tells of where it is");
	for (i = 0; i < LEN(hosts); i++)
		OK_FOR(hosts[i].host, proxy_scope(hosts[i].host) ==
		    hosts[i].scope);
}

static void
texts(void)
{
	static const struct { const char *text, *is; } list[] = {
		{ "p.example:1080", "p.example:1080  " },
		{ "[::1]:9050", "[::1]:9050  " },
		{ "us:pw@p:1", "p:1 us pw" }, { "us@p:1", "p:1 us " },
		{ "us:p@:w@p:1", "p:1 us p@:w" },
		{ "p.example", "wrong" }, { "p:0", "wrong" }, { "", "wrong" },
		{ ":1", "wrong" }, { "@p:1", "wrong" }, { ":x@p:1", "wrong" },
		{ "us:pw@p", "wrong" },
	};
	char text[200], big[600];
	struct span name, word;
	struct route r;
	size_t i;

	CASE("route: a proxy's forms");
	for (i = 0; i < LEN(list); i++) {
		memset(&r, 0, sizeof r);
		snprintf(text, sizeof text, "wrong");
		if (route_parse(&r, list[i].text) == 0) {
			route_user(&r, &name, &word);
			snprintf(text, sizeof text, "%s %.*s %.*s", r.proxy,
			    (int)name.n, (char *)name.p, (int)word.n,
			    (char *)word.p);
		}
		OK_FOR(list[i].text, strcmp(text, list[i].is) == 0 &&
		    route_is_proxied(&r) == (strcmp(text, "wrong") != 0));
	}
	memset(big, 'x', sizeof big);
	memcpy(big + 256, "@p:1", 5);
	OK(route_parse(&r, big) < 0 && route_parse(&r, big + 1) == 0);
	OK(!route_is_proxied(NULL));
}

/* The proxy, and who dials through it. */

static void
begin(const struct act *acts)
{
	struct far_end *f = &far_end;

	memset(f, 0, sizeof *f);
	memset(&route, 0, sizeof route);
	addr_parse(&f->at, "127.0.0.1:0", 1);
	f->listener.fd = sock_listen(&f->at);
	f->listener.ready = on_call;
	f->io.ready = on_proxy;
	f->acts = acts;
	net_add(&f->listener, POLLIN);
	route.proxy = "p:9";
	route.addrs[0] = f->at;
	route.n = 1;
	over = 0;
	*got = *why = '\0';
}

static void
end(void)
{
	net_close(&far_end.listener);
	net_close(&far_end.io);
	buf_free(&far_end.in);
	buf_free(&far_end.out);
}

static int
is_over(void *arg)
{
	(void)arg;
	return over;
}

static void
on_call(struct io *io, short events, int64_t now_ms)
{
	struct addr from;

	(void)events, (void)now_ms;
	net_close(&far_end.io);
	buf_free(&far_end.out);
	far_end.seen = far_end.in.len = 0;
	far_end.io.fd = sock_accept(io->fd, &from);
	net_add(&far_end.io, POLLIN);
}

static void
on_proxy(struct io *io, short events, int64_t now_ms)
{
	struct far_end *f = &far_end;
	ssize_t n;

	(void)now_ms;
	if (events & POLLIN) {
		n = recv(io->fd, buf_room(&f->in, 4096), 4096, 0);
		if (n <= 0) {
			net_close(io);
			return;
		}
		f->in.len += (size_t)n;
	}
	if (buf_left(&f->out) == 0 && f->acts->want > 0 &&
	    f->in.len - f->seen >= f->acts->want) {
		f->seen += f->acts->want;
		if (!f->acts->reply) {
			net_close(io);
			return;
		}
		buf_put(&f->out, f->acts->reply, f->acts->n);
		f->acts++;
	}
	if (buf_left(&f->out) > 0) {
		n = f->at_once ? (ssize_t)buf_left(&f->out) : 1;
		OK(send(io->fd, f->out.p + f->out.at, (size_t)n,
		    MSG_NOSIGNAL) == n);
		buf_take(&f->out, (size_t)n);
	}
	net_want(io, POLLIN | (buf_left(&f->out) > 0 ? POLLOUT : 0));
}

static void
on_dial(struct io *io, short events, int64_t now_ms)
{
	struct dial *d = io->arg;
	int r = ngot >= 0 ? 1 : dial_go_on(d, io, why);

	(void)events, (void)now_ms;
	if (r == 0)
		return;
	if (r > 0 && ngot < 0) { /* what comes behind is still there */
		snprintf(why, sizeof why, "there");
		ngot = 0;
	} else if (r > 0) {
		ngot += recv(io->fd, got + ngot, 1, 0) == 1;
	}
	over = r < 0 || ngot == 4;
}

/* Whether a dial by the proxy that acts so ends so; it stays for the next. */
static int
dial_is(const struct act *acts, const char *want)
{
	struct dial d;
	struct addr to;
	struct io io = { .ready = on_dial, .arg = &d };

	far_end.acts = acts;
	far_end.seen = far_end.in.len = 0;
	over = 0;
	ngot = -1;
	*got = *why = '\0';
	addr_parse(&to, "198.51.100.7:6881", 1);
	io.fd = dial_addr(&d, &route, &to);
	if (io.fd < 0)
		return strcmp(want, "at once") == 0;
	net_add(&io, POLLOUT);
	clock_run(is_over, NULL, WAIT_MS);
	net_close(&io);
	dial_end(&d);
	over = d.is_news;
	return strcmp(why, want) == 0;
}

static void
dials(void)
{
	static const struct act good[] = { { 3, BYTES("\5\0") },
	    { 10, BYTES(OKAY "HTTP") }, { 0, NULL, 0 } };
	static const struct act login[] = { { 4, BYTES("\5\2") },
	    { 8, BYTES("\1\0") }, { 10, BYTES(OKAY "HTTP") }, { 0, NULL, 0 } };
	static const struct act refused[] = { { 3, BYTES("\5\0") },
	    { 10, BYTES("\5\5\0\1\0\0\0\0\0\0") }, { 0, NULL, 0 } };
	static const struct act hangs[] = { { 3, NULL, 0 } };
	static const struct act other[] = { { 3, BYTES("HTTP/1.1 400\r\n") },
	    { 0, NULL, 0 } };

	begin(good);
	CASE("route: a stream is there when the talk is over, and whole");
	OK(dial_is(good, "there") && memcmp(got, "HTTP", 4) == 0);
	OK(memcmp(far_end.in.p, HELLO TO_4, 13) == 0);
	far_end.at_once = 1;
	OK(dial_is(good, "there") && memcmp(got, "HTTP", 4) == 0);
	far_end.at_once = 0;
	CASE("route: a refusal by the other side names the proxy");
	OK(dial_is(refused, "proxy p:9: connection refused by the other "
	    "side") && !over);
	CASE("route: a proxy's own trouble is news once, until it works");
	OK(dial_is(hangs, "proxy p:9: it hung up") && over);
	OK(dial_is(other, "proxy p:9: it does not speak SOCKS5") && !over);
	OK(dial_is(good, "there"));
	OK(dial_is(other, "proxy p:9: it does not speak SOCKS5") && over);
	CASE("route: a password is told if it is asked for");
	OK(route_parse(&route, "us:p@:@p:9") == 0 && dial_is(login, "there"));
	OK(memcmp(far_end.in.p, HELLO_L LOGIN TO_4, 4 + 8 + 10) == 0);
	CASE("route: who does not answer gives his turn to the next address");
	route.addrs[1] = far_end.at;
	addr_parse(&route.addrs[0], "127.0.0.1:1", 1);
	route.n = 2;
	OK(dial_is(login, "there") && route.turn == 1);
	OK(dial_is(login, "there") && route.turn == 1);
	CASE("route: when none does, that is said");
	addr_parse(&route.addrs[1], "127.0.0.1:1", 1);
	OK(dial_is(login, "proxy p:9: Connection refused") && over);
	end();
}

static void
on_gone(void *arg, const char *text)
{
	(void)arg;
	snprintf(why, sizeof why, "%s", text);
	over = 1;
}

/* A peer behind the proxy hears the handshake once the talk is over. */
static void
links(void)
{
	static const struct act good[] = { { 3, BYTES("\5\0") },
	    { 10, BYTES(OKAY) }, { 68, NULL, 0 } };
	static const struct act silent[] = { { 0, NULL, 0 } };
	static const uint8_t hash[20] = "hash", id[20] = "id";
	struct peer_ops ops = { 0 };
	struct limit limits[2];
	struct link l;
	struct addr to;
	int64_t began;
	int i;

	addr_parse(&to, "198.51.100.7:6881", 1);
	for (i = 0; i < 2; i++) {
		begin(i ? silent : good);
		memset(&l, 0, sizeof l);
		limit_init(&limits[0], -1);
		limit_init(&limits[1], -1);
		l.outgoing = 1;
		link_open(&l, dial_addr(&l.dial, &route, &to), &to, limits,
		    &ops, on_gone, NULL);
		peer_bind(&l.peer, NULL, hash, id, NULL);
		began = net_now();
		clock_run(is_over, NULL, 2 * WAIT_MS);
		if (i == 0) {
			CASE("route: a link's handshake follows the talk");
			OK(strcmp(why, "closed by the other side") == 0);
			OK(far_end.in.len == 13 + 68 && memcmp(far_end.in.p,
			    HELLO TO_4 "\23BitTorrent", 13 + 11) == 0);
		} else {
			CASE("route: a proxy that is silent has 30 seconds");
			OK(strcmp(why, "connecting took too long") == 0);
			OK(net_now() - began >= 30000 && net_now() - began <
			    32000);
		}
		link_close(&l);
		link_free(&l);
		end();
	}
}

static void
on_fetched(void *arg, struct span body, const char *text)
{
	(void)arg;
	snprintf(got, sizeof got, "%s%.*s", text ? text : "", text ? 0 :
	    (int)body.n, (char *)body.p);
	over = 1;
}

/* The body, or why there is none; the route is what it was. */
static const char *
fetched(const char *url, int by_user, const struct act *acts)
{
	struct fetch_how how = { .route = &route, .limit = 100,
	    .by_user = by_user, .query = "q=1" };
	struct url u;

	far_end.acts = acts;
	far_end.seen = far_end.in.len = 0;
	over = 0;
	*got = '\0';
	if (url_parse(&u, url) == 0 && fetch_start(&u, &how, on_fetched, NULL))
		clock_run(is_over, NULL, WAIT_MS + 5000);
	return got;
}

#define REPLY(head, body) "HTTP/1.0 " head "\r\n\r\n" body
#define BY_NAME HELLO "\5\1\0\3\11h.example\0\120"
#define CAME(text) (far_end.in.len >= sizeof(text) - 1 && \
	memcmp(far_end.in.p, BYTES(text)) == 0)

static void
fetches(void)
{
	static const struct act socks[] = { { 3, BYTES("\5\0") },
	    { 16, BYTES(OKAY) }, { 20, BYTES(REPLY("200 OK\r\n"
	    "Content-Length: 4", "body")) }, { 0, NULL, 0 } };
	static const struct act direct[] = { { 20, BYTES(REPLY("200 OK\r\n"
	    "Content-Length: 4", "body")) }, { 0, NULL, 0 } };
	static const struct act away[] = { { 20, BYTES(REPLY("302 Found\r\n"
	    "Location: http://10.0.0.1/announce\r\nContent-Length: 0", ""))
	    }, { 0, NULL, 0 } };
	static const struct act wants[] = { { 20, BYTES(REPLY("407 No\r\n"
	    "Content-Length: 0", "")) }, { 0, NULL, 0 } };
	static const struct act none[] = { { 0, NULL, 0 } };
	char text[100];

	begin(socks);
	CASE("fetch: by a SOCKS5 proxy, which gets the name");
	OK(strcmp(fetched("http://h.example/announce", 0, socks), "body") ==
	    0);
	OK(CAME(BY_NAME "GET /announce?q=1 HTTP/1.1\r\nHost: h.example\r\n"));
	CASE("fetch: http_proxy and no_proxy mean nothing then");
	setenv("http_proxy", "127.0.0.1:1", 1);
	OK(strcmp(fetched("http://h.example/announce", 0, socks), "body") ==
	    0);
	setenv("no_proxy", "*", 1);
	OK(strcmp(fetched("http://h.example/announce", 0, socks), "body") ==
	    0);
	unsetenv("no_proxy");
	CASE("fetch: what the name tells of itself meets the rule");
	OK(strstr(fetched("http://127.1/x", 0, none), "127.1 belongs to this "
	    "host or its network") != NULL && far_end.in.len == 0);
	OK(strstr(fetched("http://localhost/x", 0, none), "belongs to this ")
	    != NULL && far_end.in.len == 0);
	CASE("fetch: by an HTTP proxy, which gets the URL");
	route.proxy = NULL;
	snprintf(text, sizeof text, "http://a:b@127.0.0.1:%u",
	    far_end.at.port);
	setenv("http_proxy", text, 1);
	OK(strcmp(fetched("http://u:p@h.example:81/announce?x", 0, direct),
	    "body") == 0);
	OK(CAME("GET http://h.example:81/announce?x&q=1 HTTP/1.1\r\n"
	    "Host: h.example:81\r\nAuthorization: Basic dTpw\r\n"));
	buf_put(&far_end.in, "", 1);
	OK(strstr((char *)far_end.in.p, "\r\nProxy-Authorization: Basic "
	    "YTpi\r\n\r\n") != NULL);
	OK(strcmp(fetched("http://[2001:db8::1]/announce", 0, direct),
	    "body") == 0);
	OK(CAME("GET http://[2001:db8::1]/announce?q=1 HTTP/1.1\r\n"));
	CASE("fetch: a redirect by it to a network of ours goes nowhere");
	OK(strstr(fetched("http://h.example/announce", 1, away), "redirects "
	    "to 10.0.0.1, which belongs to this host or its network") !=
	    NULL);
	CASE("fetch: it may want a name and a password");
	OK(strstr(fetched("http://h.example/x", 0, wants), "HTTP status 407 "
	    "of the proxy: http_proxy=http://name:password@") != NULL);
	CASE("fetch: no_proxy goes without it");
	setenv("NO_PROXY", "127.0.0.1", 1);
	snprintf(text, sizeof text, "http://127.0.0.1:%u/announce",
	    far_end.at.port);
	OK(strcmp(fetched(text, 0, direct), "body") == 0);
	OK(CAME("GET /announce?q=1 HTTP/1.1\r\n"));
	CASE("fetch: no_proxy goes before NO_PROXY");
	setenv("no_proxy", "other", 1);
	OK(strcmp(fetched(text, 0, direct), "body") == 0);
	OK(CAME("GET http://127.0.0.1:"));
	CASE("fetch: a proxy that is not there, or none, is named");
	setenv("http_proxy", "http://u:secret@127.0.0.1:1", 1);
	OK(strcmp(fetched("http://h.example/x", 0, none), "proxy 127.0.0.1:1: "
	    "Connection refused") == 0);
	setenv("http_proxy", "socks5://127.0.0.1:1", 1);
	OK(strcmp(fetched("http://h.example/x", 0, none), "http_proxy is "
	    "none: http://host:port is wanted") == 0);
	unsetenv("http_proxy");
	unsetenv("no_proxy");
	unsetenv("NO_PROXY");
	end();
}
