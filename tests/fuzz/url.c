/* url: parts are what they say; a URL put together from them is the same;
 * what a redirect leads to is a URL; percents and queries; addresses. */
#include "fuzz.h"
#include "url.h"

static void
parts(const struct url *u)
{
	size_t i;

	CHECK(u->path[0] == '/' && u->host[0] != '\0');
	CHECK(is_printable(u->host) && is_printable(u->path));
	CHECK(!strchr(u->path, ' ') && !strpbrk(u->host, "/?#@ "));
	for (i = 0; u->scheme[i]; i++)
		CHECK(u->scheme[i] < 'A' || u->scheme[i] > 'Z');
	CHECK(u->is_http == (strcmp(u->scheme, "http") == 0 ||
	    strcmp(u->scheme, "https") == 0));
	CHECK(u->is_https == (strcmp(u->scheme, "https") == 0));
	CHECK(!u->is_http || u->port > 0);
	CHECK(!url_is_tracker(u) || u->port > 0);
}

static void
whole(const struct url *u)
{
	int six = strchr(u->host, ':') != NULL;
	struct buf b = { 0 };
	struct url v;

	buf_printf(&b, "%s://%s%s%s%s%s", u->scheme, u->user,
	    *u->user ? "@" : "", six ? "[" : "", u->host, six ? "]" : "");
	if (u->port)
		buf_printf(&b, ":%u", u->port);
	buf_printf(&b, "%s", u->path);
	buf_put(&b, "", 1);
	CHECK(url_parse(&v, (char *)b.p) == 0);
	CHECK(strcmp(u->scheme, v.scheme) == 0 && u->port == v.port);
	CHECK(strcmp(u->user, v.user) == 0 && strcmp(u->host, v.host) == 0);
	CHECK(strcmp(u->path, v.path) == 0);
	buf_free(&b);
}

static void
percents(struct span s)
{
	uint8_t *back = xmalloc(s.n + 1);
	struct span rest = s, key, value;
	struct buf b = { 0 };
	long n;

	pct_encode(&b, s.p, s.n);
	n = pct_decode(back, s.n + 1, span_at(b.p, b.len));
	CHECK(n == (long)s.n && memcmp(back, s.p, s.n) == 0);
	CHECK(s.n == 0 || pct_decode(back, s.n - 1, span_at(b.p, b.len)) < 0);
	n = pct_decode(back, s.n, s);
	CHECK(n >= -1 && n <= (long)s.n);
	while (query_next(&rest, &key, &value))
		CHECK(key.n + value.n <= s.n && rest.n <= s.n &&
		    !memchr(key.n ? key.p : s.p, '&', key.n));
	CHECK(url_trim(s).n <= s.n);
	CHECK(url_trim(url_trim(s)).n == url_trim(s).n);
	buf_free(&b);
	free(back);
}

static void
addresses(const char *text)
{
	struct addr a, b;
	char is[ADDR_TEXT], host[ADDR_HOST];
	uint8_t p[18];
	uint16_t port;

	if (addr_parse(&a, text, 1) == 0) {
		CHECK(addr_parse(&b, addr_format(is, &a), 1) == 0);
		CHECK(addr_same(&a, &b) && addr_near(&a, &b));
		addr_unpack(&b, p, addr_pack(p, &a));
		CHECK(addr_same(&a, &b));
		/* port 0 is an address's, but nothing to connect to */
		CHECK(addr_split(text, host, &port) == (a.port ? 0 : -1));
		CHECK(a.port == 0 || port == a.port);
	}
	if (addr_split(text, host, &port) == 0)
		CHECK(*host && strlen(host) < ADDR_HOST && port > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span s = span_at(data, n), where;
	char *text, *hidden;
	struct url u, v;

	percents(s);
	where = take_span(&s, take8(&s));
	text = text_of(s);
	addresses(text);
	if (url_parse(&u, text) == 0) {
		parts(&u);
		whole(&u);
		if (url_resolve(&v, &u, where) == 0) {
			parts(&v);
			whole(&v);
			CHECK(!*v.user || !*u.user ||
			    strcmp(v.user, u.user) != 0 ||
			    strcmp(v.host, u.host) == 0 ||
			    memchr(where.p, '@', where.n));
		}
		hidden = xstrdup(text);
		url_hide(hidden);
		CHECK(strlen(hidden) <= strlen(text));
		CHECK(url_parse(&v, hidden) == 0 && !*v.user);
		free(hidden);
	}
	free(text);
	return 0;
}
