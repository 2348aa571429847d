/* Which request goes by an HTTP proxy: decided as curl does, so that http and
 * https, which curl asks for, go the same way.  http_proxy counts in lower
 * case alone: a web server that runs us may set HTTP_PROXY to what a stranger
 * says (the header "Proxy:"). */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util.h"
#include "addr.h"
#include "url.h"
#include "proxy.h"

enum { PORT = 1080 }; /* curl's, of a proxy that names none */

static int is_listed(const char *list, const char *host);
static int is_entry(struct span e, const char *host);
static int in_net(const char *text, const char *host);

int
proxy_choose(struct http_proxy *p, const struct url *u, const char *text,
    const char *list)
{
	char whole[URL_MAX];
	struct url at;

	if (!text || !*text || !u->is_http || u->is_https ||
	    is_listed(list ? list : "", u->host))
		return 0;
	if (strncasecmp(text, "http://", 7) == 0)
		text += 7;
	if ((size_t)snprintf(whole, sizeof whole, "proxy://%s", text) >=
	    sizeof whole || strstr(text, "://") || url_parse(&at, whole) < 0)
		return -1;
	snprintf(p->host, sizeof p->host, "%s", at.host);
	snprintf(p->user, sizeof p->user, "%s", at.user);
	p->port = at.port ? at.port : PORT;
	return 1;
}

int
proxy_of(struct http_proxy *p, const struct url *u)
{
	const char *list = getenv("no_proxy");

	return proxy_choose(p, u, getenv("http_proxy"),
	    list ? list : getenv("NO_PROXY"));
}

/* Whether a list, with commas or blanks between its entries, has the host. */
static int
is_listed(const char *list, const char *host)
{
	static const char gap[] = ", \t";
	struct span e;

	while (*(list += strspn(list, gap))) {
		e.p = (const uint8_t *)list;
		e.n = strcspn(list, gap);
		list += e.n;
		if (is_entry(e, host))
			return 1;
	}
	return 0;
}

/* An entry is *, an address, a network, or a name, for itself and for all
 * within it, with a dot before it or not. */
static int
is_entry(struct span e, const char *host)
{
	char text[ADDR_HOST];
	size_t n = strlen(host);

	if (e.n >= sizeof text)
		return 0;
	memcpy(text, e.p, e.n);
	text[e.n] = '\0';
	if (strcmp(text, "*") == 0 || in_net(text, host))
		return 1;
	e.p += *text == '.';
	e.n -= *text == '.';
	return e.n > 0 && n >= e.n &&
	    strncasecmp(host + n - e.n, (const char *)e.p, e.n) == 0 &&
	    (n == e.n || host[n - e.n - 1] == '.');
}

/* Whether text is an address, or one/bits, that host is, or is within. */
static int
in_net(const char *text, const char *host)
{
	const char *slash = strchr(text, '/');
	char ip[ADDR_HOST];
	struct addr a, b;
	int64_t bits = 128;
	size_t i;

	snprintf(ip, sizeof ip, "%.*s", (int)strcspn(text, "/"), text);
	if (addr_parse(&a, host, 0) < 0 || addr_parse(&b, ip, 0) < 0 ||
	    (slash && span_number(span_of(slash + 1), 10, &bits) < 0))
		return 0;
	if (slash && addr_is4(&b))
		bits += 96;
	for (i = 0; i < 128 && (int64_t)i < bits; i++)
		if (bit_get(a.ip, (uint32_t)i) != bit_get(b.ip, (uint32_t)i))
			return 0;
	return bits <= 128;
}

enum addr_scope
proxy_scope(const char *host)
{
	size_t n = strlen(host), i;
	struct addr a;

	if (addr_parse(&a, host, 0) == 0)
		return addr_scope(&a);
	if (n > 0 && host[n - 1] == '.')
		n--;
	for (i = n; i > 0 && host[i - 1] != '.'; i--)
		;
	if (n - i == 9 && strncasecmp(host + i, "localhost", 9) == 0)
		return SCOPE_LOOPBACK;
	return (host[i] >= '0' && host[i] <= '9') || strchr(host, ':') ?
	    SCOPE_LOOPBACK : SCOPE_GLOBAL;
}
