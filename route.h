/* How streams leave this process: from one address or any, straight or through
 * a SOCKS5 proxy; and those on their way. */

#ifndef ROUTE_H
#define ROUTE_H

#include "util.h"
#include "addr.h"
#include "net.h"
#include "socks.h"

enum { ROUTE_ADDRS = 4, ROUTE_WHY = 400 };

/* Zeroed, it leads straight from any address. */
struct route {
	const struct addr *local;  /* from where, borrowed; NULL: from any */
	const char *proxy;         /* host:port, borrowed; NULL: none */
	/* the rest is route.c's */
	uint8_t login[SOCKS_LOGIN];
	size_t login_len;          /* 0: none */
	struct addr addrs[ROUTE_ADDRS];
	int n, turn;               /* addrs of the proxy, and who is next */
	int fails;                 /* the proxy did so the last time */
};

/* The proxy that a text names, host:port or user:password@host:port, of which
 * the route borrows host:port; 0, or -1: it names none. */
int route_parse(struct route *rt, const char *text);
/* Looks the proxy's name up, if there is a proxy, in rounds of the loop, which
 * must not have begun.  0, or -1 after a message. */
int route_find(struct route *rt);
/* Whether somebody stands between: then no name is looked up here, and nothing
 * but streams leaves.  rt may be NULL: straight. */
int route_is_proxied(const struct route *rt);
/* user:password of the proxy, as two spans of its own; n 0: none. */
void route_user(const struct route *rt, struct span *name,
    struct span *password);

/* A stream on its way; embedded in its owner, zeroed before use. */
struct dial {
	struct route *route;      /* borrowed */
	struct socks *socks;  /* owned; NULL: nobody stands between */
	int turn, tries;      /* addresses of the proxy */
	int connected;        /* with the proxy */
	int err;              /* of a failure: an errno; EPROTO: it is between
	                       * the proxy and us */
	int is_news;          /* and that it was not so before */
};

/* Dials an address, or, through a proxy, a name, which it looks up: a
 * descriptor, or -1 with errno.  It is to be watched for POLLOUT by the io
 * that dial_go_on gets. */
int dial_addr(struct dial *d, struct route *rt, const struct addr *to);
int dial_name(struct dial *d, struct route *rt, const char *host,
    uint16_t port);
/* io is ready, whose descriptor may be another afterwards.  1: the stream is
 * there, and nothing of it was read; 0: not yet, and io waits for what it has
 * to; -1: it has failed, d->err and why say how. */
int dial_go_on(struct dial *d, struct io *io, char why[ROUTE_WHY]);
/* Gives up, or does nothing. */
void dial_end(struct dial *d);

#endif
