/* proxy: whatever http_proxy and no_proxy say: a proxy that is chosen can be
 * named, a list only takes hosts away, and what it names is away; and from
 * where a host can be reached, as far as its name tells. */
#include <strings.h>

#include "fuzz.h"
#include "url.h"
#include "proxy.h"

/* What is chosen if the list has one entry more. */
static int
with(const struct url *u, const char *text, const char *list,
    const char *before, const char *host, const char *after)
{
	struct http_proxy p;
	struct buf b = { 0 };
	int r;

	buf_printf(&b, "%s, %s%s%s", list, before, host, after);
	buf_put(&b, "", 1);
	r = proxy_choose(&p, u, text, (char *)b.p);
	buf_free(&b);
	return r;
}

/* Hosts that the list is to have. */
static void
away(const struct url *u, const char *text, const char *list)
{
	struct http_proxy p;
	struct url in = *u;
	struct addr a;
	size_t n = strlen(u->host), i;

	CHECK(with(u, text, list, "", "*", "") == 0);
	if (strpbrk(u->host, ", \t") || n > ADDR_HOST - 8)
		return;
	if (addr_parse(&a, u->host, 0) == 0) {
		CHECK(with(u, text, list, "", u->host, "") == 0);
		CHECK(with(u, text, list, "", u->host, addr_is4(&a) ?
		    "/32" : "/128") == 0 || strchr(u->host, ':'));
		CHECK(with(u, text, list, "", u->host, addr_is4(&a) &&
		    !strchr(u->host, ':') ? "/33" : "/129") ==
		    proxy_choose(&p, u, text, list));
		CHECK(with(u, text, list, "", addr_is4(&a) ? "0.0.0.0" :
		    "::", "/0") == 0);
	} else if (*u->host != '.') {
		CHECK(with(u, text, list, "", u->host, "") == 0);
		CHECK(with(u, text, list, ".", u->host, "") == 0);
		memcpy(in.host, "www.", 4);
		memcpy(in.host + 4, u->host, n + 1);
		CHECK(addr_parse(&a, in.host, 0) == 0 ||
		    with(&in, text, list, "", u->host, "") == 0);
		for (i = 0; in.host[i]; i++)
			if (in.host[i] >= 'a' && in.host[i] <= 'z')
				in.host[i] = (char)(in.host[i] - 'a' + 'A');
		CHECK(addr_parse(&a, in.host, 0) == 0 ||
		    with(&in, text, list, "", u->host, "") == 0);
	}
}

static void
chosen(const struct url *u, const char *text, const char *list)
{
	struct http_proxy p, q;
	struct buf b = { 0 };
	int r, free_of_lists;

	memset(&q, 0, sizeof q);
	free_of_lists = proxy_choose(&q, u, text, NULL);
	r = proxy_choose(&p, u, text, list);
	CHECK(r == 0 || r == free_of_lists);
	CHECK(free_of_lists != 0 || !*text || !u->is_http || u->is_https);
	CHECK(free_of_lists == 0 || (*text && u->is_http && !u->is_https));
	CHECK(proxy_choose(&p, u, NULL, list) == 0);
	away(u, text, list);
	if (free_of_lists != 1)
		return;
	CHECK(*q.host && is_printable(q.host) && q.port > 0);
	if (strncasecmp(text, "http://", 7) != 0) {
		buf_printf(&b, "HTTP://%s", text);
		buf_put(&b, "", 1);
		CHECK(proxy_choose(&p, u, (char *)b.p, NULL) == 1);
		CHECK(strcmp(p.host, q.host) == 0 && p.port == q.port &&
		    strcmp(p.user, q.user) == 0);
		buf_free(&b);
	}
}

static void
scopes(const char *host)
{
	enum addr_scope is = proxy_scope(host);
	struct addr a, b;
	char text[ADDR_HOST + 16];

	CHECK(is == SCOPE_LOOPBACK || is == SCOPE_PRIVATE ||
	    is == SCOPE_GLOBAL);
	if (addr_parse(&a, host, 0) == 0) {
		CHECK(is == addr_scope(&a));
		return;
	}
	CHECK(is != SCOPE_PRIVATE);
	CHECK(is == SCOPE_LOOPBACK || !strchr(host, ':'));
	snprintf(text, sizeof text, "%.*s.LocalHost", ADDR_HOST, host);
	CHECK(addr_parse(&b, text, 0) == 0 ||
	    proxy_scope(text) == SCOPE_LOOPBACK || strlen(host) >= ADDR_HOST);
	snprintf(text, sizeof text, "%.*s.127", ADDR_HOST, host);
	CHECK(addr_parse(&b, text, 0) == 0 ||
	    proxy_scope(text) == SCOPE_LOOPBACK || strlen(host) >= ADDR_HOST);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span s = span_at(data, n);
	char *url = text_of(take_span(&s, take8(&s)));
	char *list = text_of(take_span(&s, take8(&s))), *text = text_of(s);
	struct url u;

	scopes(url);
	if (url_parse(&u, url) == 0) {
		scopes(u.host);
		chosen(&u, text, list);
	}
	free(url);
	free(list);
	free(text);
	return 0;
}
