/* URLs as text: taken apart, resolved, percent-encoded. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util.h"
#include "url.h"

#define ALNUM "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static int split_host(struct url *u, const char *p, size_t n);
static int scheme_port(const char *scheme);
static size_t user_len(const char *p, size_t n);
static int put_user(struct url *u, const char **p, size_t *n);
static int put_path(struct url *u, const char *p, size_t n);
static size_t kept(const char *path, const char *to);
static void remove_dots(char *path);

int
url_parse(struct url *u, const char *s)
{
	struct span all = url_trim(span_of(s));
	const char *host, *end, *stop;
	size_t i, n;

	memset(u, 0, sizeof *u);
	s = (const char *)all.p;
	stop = s + all.n;
	n = strspn(s, ALNUM "+-.");
	if ((*s | 0x20) < 'a' || (*s | 0x20) > 'z' || n >= sizeof u->scheme ||
	    strncmp(s + n, "://", 3) != 0)
		return -1;
	for (i = 0; i < n; i++)
		u->scheme[i] = (char)(s[i] | 0x20);
	u->is_https = strcmp(u->scheme, "https") == 0;
	u->is_http = u->is_https || strcmp(u->scheme, "http") == 0;
	host = s + n + 3;
	end = MIN(stop, host + strcspn(host, "/?#"));
	n = (size_t)(end - host);
	for (i = 0; i < n; i++)
		if ((unsigned char)host[i] <= ' ' || host[i] == 0x7f)
			return -1;
	if (put_user(u, &host, &n) < 0 || split_host(u, host, n) < 0)
		return -1;
	if (u->port == 0)
		u->port = (uint16_t)MAX(scheme_port(u->scheme), 0);
	return put_path(u, end, MIN(strcspn(end, "#"), (size_t)(stop - end)));
}

struct span
url_trim(struct span s)
{
	while (s.n > 0 && s.p[0] <= ' ') {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && s.p[s.n - 1] <= ' ')
		s.n--;
	return s;
}

/* The port that a tracker's scheme implies, 0 for none; -1: no such scheme. */
static int
scheme_port(const char *scheme)
{
	static const struct { char name[6]; int port; } schemes[] = {
		{ "http", 80 }, { "https", 443 }, { "udp", 0 }, { "ws", 80 },
		{ "wss", 443 },
	};
	size_t i;

	for (i = 0; i < LEN(schemes); i++)
		if (strcmp(scheme, schemes[i].name) == 0)
			return schemes[i].port;
	return -1;
}

int
url_is_tracker(const struct url *u)
{
	return u->port > 0 && scheme_port(u->scheme) >= 0;
}

/* How much of the text behind a scheme stands before its host: up to the last
 * @. */
static size_t
user_len(const char *p, size_t n)
{
	while (n > 0 && p[n - 1] != '@')
		n--;
	return n;
}

/* Takes "name:password@" off the n bytes at p. */
static int
put_user(struct url *u, const char **p, size_t *n)
{
	size_t k = user_len(*p, *n);

	if (k > sizeof u->user)
		return -1;
	if (k > 0)
		memcpy(u->user, *p, k - 1);
	*p += k;
	*n -= k;
	return 0;
}

char *
url_hide(char *url)
{
	char *host = strstr(url, "://"), *from;

	host = host ? host + 3 : url;
	from = host + user_len(host, strcspn(host, "/?#"));
	memmove(host, from, strlen(from) + 1);
	return url;
}

/* The path and the query, encoded where they should have been. */
static int
put_path(struct url *u, const char *p, size_t n)
{
	char *to = u->path, *end = to + sizeof u->path;

	if (n == 0 || *p != '/')
		*to++ = '/';
	for (; n > 0; n--, p++) {
		if (end - to < 4)
			return -1;
		if (*p > ' ' && *p < 0x7f && !strchr("\"<>\\^`{|}", *p))
			*to++ = *p;
		else
			to += snprintf(to, 4, "%%%02X", (unsigned char)*p);
	}
	return 0;
}

/* "host", "host:port", "[v6]" or "[v6]:port"; a port may be empty. */
static int
split_host(struct url *u, const char *p, size_t n)
{
	const char *end = p + n, *close, *host = p;
	int64_t port;
	size_t len;
	struct span digits;

	if (n > 0 && *p == '[') {
		host++;
		close = memchr(p, ']', n);
		if (!close)
			return -1;
		len = (size_t)(close - host);
		p = close + 1;
	} else {
		close = memchr(p, ':', n);
		p = close ? close : end;
		len = (size_t)(p - host);
	}
	if (len == 0 || len >= sizeof u->host || memchr(host, '[', len) ||
	    memchr(host, ']', len))
		return -1;
	memcpy(u->host, host, len);
	u->host[len] = '\0';
	if (p == end || (*p == ':' && p + 1 == end))
		return 0;
	digits.p = (const uint8_t *)p + 1;
	digits.n = (size_t)(end - p - 1);
	if (*p != ':' || span_number(digits, 10, &port) < 0 || port < 1 ||
	    port > 65535)
		return -1;
	u->port = (uint16_t)port;
	return 0;
}

int
url_resolve(struct url *u, const struct url *base, struct span where)
{
	char to[URL_MAX], text[URL_MAX + 512], port[8] = "";
	const char *v6 = strchr(base->host, ':') ? "[" : "";
	int n;

	if (where.n == 0 || where.n >= sizeof to)
		return -1;
	snprintf(to, sizeof to, "%.*s", (int)where.n, (const char *)where.p);
	if (base->port > 0)
		snprintf(port, sizeof port, ":%u", base->port);
	if (to[strcspn(to, ":/?#")] == ':')
		n = snprintf(text, sizeof text, "%s", to);
	else if (strncmp(to, "//", 2) == 0)
		n = snprintf(text, sizeof text, "%s:%s", base->scheme, to);
	else
		n = snprintf(text, sizeof text, "%s://%s%s%s%s%.*s%s",
		    base->scheme, v6, base->host, *v6 ? "]" : "", port,
		    (int)kept(base->path, to), base->path, to);
	if (n < 0 || (size_t)n >= sizeof text || url_parse(u, text) < 0)
		return -1;
	remove_dots(u->path);
	if (!*u->user && u->port == base->port &&
	    strcmp(u->scheme, base->scheme) == 0 &&
	    strcasecmp(u->host, base->host) == 0)
		memcpy(u->user, base->user, sizeof u->user);
	return 0;
}

/* How many bytes of the base's path stay before the relative reference to. */
static size_t
kept(const char *path, const char *to)
{
	size_t n = *to == '/' ? 0 : strcspn(path, "?");

	if (*to != '?')
		while (n > 0 && path[n - 1] != '/')
			n--;
	return n;
}

static void
remove_dots(char *path)
{
	char *in = path, *out = path, *end = path + strcspn(path, "?");
	size_t n, dots;

	for (; in < end; in += n) {
		n = 1 + strcspn(in + 1, "/?");
		dots = n <= 3 && strncmp(in, "/..", n) == 0 ? n - 1 : 0;
		if (dots == 2)
			while (out > path && *--out != '/')
				;
		if (dots == 0) {
			memmove(out, in, n);
			out += n;
		} else if (in + n == end) {
			*out++ = '/'; /* what it leads to is a directory */
		}
	}
	memmove(out, end, strlen(end) + 1);
}

void
pct_encode(struct buf *b, const void *p, size_t n)
{
	static const char plain[] = ALNUM "-._~";
	const uint8_t *s = p;
	size_t i;

	for (i = 0; i < n; i++) {
		if (s[i] && strchr(plain, s[i]))
			buf_put(b, s + i, 1);
		else
			buf_printf(b, "%%%02X", s[i]);
	}
}

long
pct_decode(uint8_t *dst, size_t size, struct span s)
{
	size_t i, o;

	for (i = o = 0; i < s.n; i++, o++) {
		if (o == size)
			return -1;
		if (s.p[i] == '%' && s.n - i > 2 && hex_digit(s.p[i + 1]) < 16 &&
		    hex_digit(s.p[i + 2]) < 16) {
			dst[o] = (uint8_t)(hex_digit(s.p[i + 1]) << 4 |
			    hex_digit(s.p[i + 2]));
			i += 2;
		} else {
			dst[o] = s.p[i];
		}
	}
	return (long)o;
}

int
query_next(struct span *query, struct span *key, struct span *value)
{
	const uint8_t *amp, *eq;
	size_t n;

	if (query->n == 0)
		return 0;
	amp = memchr(query->p, '&', query->n);
	n = amp ? (size_t)(amp - query->p) : query->n;
	eq = memchr(query->p, '=', n);
	key->p = query->p;
	key->n = eq ? (size_t)(eq - query->p) : n;
	value->p = query->p + key->n + (eq != NULL);
	value->n = n - key->n - (eq != NULL);
	query->p += n + (amp != NULL);
	query->n -= n + (amp != NULL);
	return 1;
}
