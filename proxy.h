/* HTTP proxies, as the environment names them: http_proxy, and no_proxy for
 * where to go without.  (What is https is curl's, and so is its proxy.) */

#ifndef PROXY_H
#define PROXY_H

#include "addr.h"
#include "url.h"

struct http_proxy {
	char host[ADDR_HOST];
	uint16_t port;
	char user[URL_USER_MAX]; /* name:password, still encoded; "": none */
};

/* The proxy that text (http_proxy) names for an http URL, unless a list
 * (no_proxy) has its host.  1; 0: none, -1: it is no such proxy.  Both texts
 * may be NULL. */
int proxy_choose(struct http_proxy *p, const struct url *u, const char *text,
    const char *list);
/* The same of this process's environment; of any URL. */
int proxy_of(struct http_proxy *p, const struct url *u);

/* From where a host can be reached, as far as its name tells, for whoever does
 * not look it up: as addr_scope's, everywhere if it is a name that says
 * nothing, and this host if it is a number that we cannot read, but another
 * may. */
enum addr_scope proxy_scope(const char *host);

#endif
