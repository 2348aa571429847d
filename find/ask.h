/* One announce to one tracker, or one scrape: HTTP (BEP 3, 7, 23, 48) or UDP
 * (BEP 15, 41). */

#ifndef ASK_H
#define ASK_H

#include "addr.h"
#include "url.h"
#include "udpt.h"
#include "net.h"
#include "resolve.h"
#include "route.h"
#include "fetch.h"
#include "find/tally.h"

struct ask;

enum {
	ASK_ID    = 256, /* bytes of a tracker's id, percent-encoded, and NUL */
	ASK_NAMES = 4    /* peers of a reply that are looked up by name */
};

struct ask_ops { /* called from the loop, with arg */
	/* What is announced, as it is now; peers are wanted if numwant is not
	 * 0.  Of a scrape: the hash. */
	void (*params)(void *arg, struct announce_params *p);
	void (*peers)(void *arg, const struct addr *list, int n);
	/* The tracker answers, and warns; text is safe to print. */
	void (*warned)(void *arg, const char *text);
	/* The tracker has answered (why NULL), or why it has not, safe to
	 * print, or "": that was said before; what is asked for is over. */
	void (*done)(void *arg, const char *why);
};

/* Of one of the two families that the tracker may have addresses of. */
struct leg {
	struct ask *ask;
	int active;
	int by_name;             /* a proxy knows the address; else: */
	struct addr addr;
	struct fetch *fetch;     /* HTTP; NULL: none is under way */
	struct io io;            /* UDP */
	struct timer timer;
	uint64_t connection;
	int connected;
	uint32_t transaction;
	int64_t deadline_ms, resend_ms;
};

/* A peer whose name is being looked up. */
struct named {
	struct ask *ask;
	struct lookup *lookup;   /* NULL: none is */
};

/* Embedded in its owner, set up by ask_init. */
struct ask {
	int64_t interval, min_interval; /* seconds, as the last answer said */
	struct swarm_tally tally;      /* what a scrape has brought */
	/* the rest is ask.c's */
	struct route *route;
	struct url url;
	int by_user, worked, wants, scrapes;
	char *id;                /* borrowed */
	struct lookup *lookup;
	struct leg legs[2];
	struct named names[ASK_NAMES]; /* and at a time */
	uint64_t rnd;
	char why[256];           /* the last trouble */
	const struct ask_ops *ops;
	void *arg;
};

/* Trackers are asked by the route rt, borrowed; NULL: straight, from any
 * address. */
void ask_init(struct ask *k, struct route *rt, uint64_t seed,
    const struct ask_ops *ops, void *arg);
/* Announces to the tracker of a URL that parses; by_user as fetch_may's.  id
 * holds ASK_ID bytes, borrowed until it is done: the id that the tracker gave
 * us once, and may give anew ("": none).  done is not called from within.  A
 * proxied route leads to no tracker but HTTP's. */
void ask_start(struct ask *k, const char *url, int by_user, char *id);
/* Scrapes it: of a tracker's two addresses' answers, the larger figures count.
 * NULL, or, when done is not called, why it cannot be. */
const char *ask_scrape(struct ask *k, const char *url, int by_user);
/* Whether btsh cannot ask a tracker by such a route, and why. */
int ask_cannot(char why[64], const char *url, const struct route *rt);
/* Ends what is under way, also the lookups of peers' names that an announce
 * leaves behind; nothing is told after. */
void ask_stop(struct ask *k);
/* Whether the tracker may have heard of us, though it has not answered. */
int ask_is_out(const struct ask *k);

#endif
