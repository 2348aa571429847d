/* The web seeds of one torrent: sources of the picker, like its peers. */

#ifndef WEBS_H
#define WEBS_H

#include "util.h"
#include "addr.h"
#include "route.h"
#include "limit.h"
#include "torrent/meta.h"
#include "torrent/store.h"
#include "swarm/pick.h"
#include "swarm/judge.h"

struct webs;

/* What all web seeds of a process share; zeroed. */
struct web_places {
	int n[2];               /* connections: http, https */
};

struct webs_ops { /* called from the loop, with arg */
	/* A block has come, for whoever counts; wanted 0: too late. */
	void (*came)(void *arg, uint32_t len, int wanted);
	/* The store failed. */
	void (*failed)(void *arg);
	/* What was put into the store is to be settled and judged now. */
	void (*fed)(void *arg);
	/* Whether a peer that gives is at an address, or may soon be: as that
	 * it gives what others have not, and is not asked as a web seed. */
	int (*is_peer)(void *arg, const struct addr *a);
	/* Trouble, or (detail) what only the curious read; safe to print. */
	void (*message)(void *arg, int detail, const char *text);
};

struct webs_how { /* all borrowed */
	const struct meta *m;
	struct pick *pick;      /* whose ops are owed_ops */
	struct store *store;
	struct judge *judge;
	struct route *route;
	struct limit *limit;    /* of what comes */
	struct web_places *places;
	int in_order;
};

/* Those that m names are asked from now on.  NULL: it names none. */
struct webs *webs_new(const struct webs_how *how, const struct webs_ops *ops,
    void *arg);
/* Ends all; also from within.  NULL is none. */
void webs_free(struct webs *w);
/* Once a second, with bytes that peers gave, ever. */
void webs_tick(struct webs *w, int64_t peers_gave, int64_t now_ms);
/* The network may be another one: who has been silent for quiet_ms (-1:
 * nobody) is given up, and all are asked at once. */
void webs_renew(struct webs *w, int64_t quiet_ms);
/* Whether a tag of the picker's is that of one; it has sent a bad block, and
 * is not asked any more. */
int webs_guilty(struct webs *w, uint32_t tag);

/* How many give now. */
int webs_giving(const struct webs *w);

#endif
