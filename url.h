/* URLs (RFC 3986). */

#ifndef URL_H
#define URL_H

#include "util.h"

enum {
	URL_MAX      = 2048,
	URL_USER_MAX = 256
};

/* A URL taken apart.  Strings are the struct's own. */
struct url {
	char scheme[8];     /* lower case */
	char user[URL_USER_MAX]; /* name:password, still encoded; "": none */
	char host[256];     /* without the brackets of an IPv6 address */
	uint16_t port;      /* 0: none given and the scheme has none */
	char path[URL_MAX]; /* begins with '/', with the query */
	int is_http;        /* the scheme is http or https, */
	int is_https;       /* and which of them */
};

/* 0, or -1: no URL (another form, control bytes in the host, too long).  What
 * a path may not have in it is percent-encoded, as others do. */
int url_parse(struct url *u, const char *s);
/* s without the blanks, line ends and control bytes around it. */
struct span url_trim(struct span s);
/* Whether it has a scheme that trackers of any client speak, and a port. */
int url_is_tracker(const struct url *u);
/* Takes name and password out of a URL, for messages; returns it. */
char *url_hide(char *url);
/* The URL that a Location header means, seen from base, without dot segments
 * (RFC 3986, 5.2).  Name and password go along to the same scheme, host and
 * port.  0 or -1. */
int url_resolve(struct url *u, const struct url *base, struct span where);

/* p percent-encoded, appended to b: all but unreserved characters. */
void pct_encode(struct buf *b, const void *p, size_t n);
/* s decoded into dst: how many bytes, or -1 if they are over size.  A plus
 * stays one: trackers' queries are encoded bytes, not forms. */
long pct_decode(uint8_t *dst, size_t size, struct span s);
/* Walks a query: key=value&key=value, still encoded. */
int query_next(struct span *query, struct span *key, struct span *value);

#endif
