/* One connection to a web seed: moves bytes between it and a struct webtalk.
 */

#ifndef WEBLINK_H
#define WEBLINK_H

#include "util.h"
#include "addr.h"
#include "url.h"
#include "net.h"
#include "route.h"
#include "rate.h"
#include "limit.h"
#include "proxy.h"
#include "swarm/webseed.h"

enum { WEB_ADDRS = 8 };

struct weblink_ops { /* called from the loop, with the talk's arg */
	/* The run is over: 1, and webtalk_run has begun another; or 0. */
	int (*next)(void *arg);
	/* The connection has ended as talk.end and its server's why say, and
	 * weblink_go may be called again. */
	void (*over)(void *arg);
};

/* Zeroed before weblink_init, but for talk. */
struct weblink {
	struct webtalk talk;      /* its owner sets what is the owner's */
	int64_t heard_ms;         /* when bytes of a body came last */
	/* the rest is weblink.c's */
	struct route *route;
	struct limit *limit;
	struct turn turn;         /* in it */
	struct url url;           /* what it is connected for */
	struct http_proxy proxy;  /* if by is BY_HTTP */
	enum web_by { BY_NOBODY, BY_SOCKS, BY_HTTP } by;
	struct addr addrs[WEB_ADDRS];
	int naddrs, addr_at;
	struct lookup *lookup;
	struct io io;
	struct dial dial;
	struct https *https;
	struct buf out, in;
	enum { WEB_OFF, WEB_DIALS, WEB_ON } state;
	int64_t since_ms;         /* when it began to dial */
	int held;                 /* our limit has kept it from reading */
	const struct weblink_ops *ops;
};

/* By the route, below the limit, both borrowed. */
void weblink_init(struct weblink *l, struct route *route, struct limit *limit,
    const struct weblink_ops *ops);
/* The talk has a run: it is asked for, over the connection that is there or a
 * new one. */
void weblink_go(struct weblink *l);
/* Once a second: who is silent for too long is given up. */
void weblink_tick(struct weblink *l, int64_t now_ms);
/* Gives the connection up, and the run. */
void weblink_close(struct weblink *l);
void weblink_free(struct weblink *l); /* what it owns, when it is closed */
/* Whether there is a connection, or one on its way. */
int weblink_is_up(const struct weblink *l);

#endif
