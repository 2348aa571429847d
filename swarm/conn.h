/* A connection of a torrent, as it comes and goes.  The records are those of
 * conn.c, intake.c and conns.c alone. */

#ifndef CONN_H
#define CONN_H

#include "util.h"
#include "sha1.h"
#include "addr.h"
#include "net.h"
#include "route.h"
#include "rate.h"
#include "torrent/meta.h"
#include "torrent/store.h"
#include "find/known.h"
#include "find/pex.h"
#include "find/finder.h"
#include "swarm/pick.h"
#include "swarm/slots.h"
#include "swarm/suggest.h"
#include "swarm/flow.h"
#include "swarm/owed.h"
#include "swarm/judge.h"
#include "swarm/pool.h"
#include "swarm/twins.h"
#include "swarm/seek.h"
#include "swarm/peer.h"
#include "swarm/link.h"
#include "swarm/lonely.h"
#include "swarm/webs.h"

/* What all swarms of a process share. */
struct shared {
	uint8_t id[ID_LEN];       /* our peer id */
	uint16_t port;            /* where others reach us: we listen there,
	                           * or a gateway does for us; 0: nowhere */
	struct finder *finder;    /* NULL: trackers alone name peers */
	struct route *route;          /* how we dial; borrowed */
	struct limit limits[2];   /* down, up */
	struct web_places webs;   /* webs.c's */
	int slots;                /* unchoked peers a torrent; 0: no uploads */
	struct pool pool;         /* the connections; its owner sets most */
	struct timer dials;       /* of those who wait in it; conn.c's */
	uint64_t rnd;
};

/* Each policy has its own record of a connection, and knows it as a void *. */
struct conn {
	struct conns *cs;
	struct link *link;      /* owned */
	struct place place;     /* pool.c's */
	struct contact contact; /* known.c's */
	struct twin twin;       /* twins.c's */
	struct seeker seeker;   /* seek.c's */
	struct pex_peer pex;    /* pex.c's */
	struct flow flow;       /* flow.c's */
	struct slot slot;       /* slots.c's */
	struct hint hint;       /* suggest.c's */
	struct source *src;     /* pick.c's; NULL: not ready yet */
	struct debtor debtor;   /* whom it knows */
	int64_t joined_ms;
	int64_t node_ms;        /* until when it names no node again */
};

struct conns {
	struct shared *sh;
	const uint8_t *hash;    /* borrowed, as is */
	const struct meta *m;   /* no info: it is sought */
	struct store *store;    /* borrowed; NULL: the pieces are not known */
	struct pick *pick;
	struct judge *judge;    /* NULL as long as store is */
	struct webs *webs;      /* NULL: none, or nothing is wanted */
	struct known *known;
	struct seek *seek;
	struct pex *pex;        /* NULL: others are not told of */
	struct lonely lonely;
	struct slots slots;
	struct suggest suggest;
	struct twins twins;
	struct room room;       /* the connections */
	int open;               /* more are taken and made */
	int running;            /* blocks come and go */
	int giving;             /* nothing is wanted */
	int in_order;
	int too_large;
	int64_t renewed_ms;     /* the last time that nobody said anything,
	                         * and who owed blocks was given up */
	int gave;               /* a block, since conns_gave, of */
	uint32_t given;         /* this piece */
	int64_t wasted;
	int64_t web;            /* bytes of down that web seeds gave */
	struct rate down, up;
	struct timer grants;    /* for slots.c */
	const struct peer_ops *peer_ops; /* of each connection, as gone is */
	void (*gone)(void *conn, const char *why);
	void (*cancel)(void *conn, struct block b);
	const struct conns_ops *ops;
	void *arg;
};

/* What conn.c keeps in cs, whose sh, hash, peer_ops, gone and cancel are set.
 */
void conn_init(struct conns *cs);
/* The connections, the newest first; NULL: no more. */
struct conn *conn_first(const struct conns *cs);
struct conn *conn_next(const struct conn *c);

/* Dials whom there is, as far as places and the pace allow; who has to wait
 * has a turn. */
void conn_dial(struct conns *cs);
/* A caller's link becomes a connection, which takes its place. */
void conn_call(struct conns *cs, struct link *l, struct place *pl);
/* The handshakes of c are through, and it joins: 0, or -1: it was closed. */
int conn_ready(struct conn *c);
/* The picker hears of c. */
void conn_join(struct conn *c);
/* Whether c gave us anything lately, or took while we want nothing. */
int conn_is_useful(void *c);
/* Whether c was closed, once a second: it is of no use while its twin is. */
int conn_yields(struct conn *c, int64_t now_ms);
/* Closes, forgets, and frees at the end of the round. */
void conn_close(struct conn *c, int worked);
/* The timer of the upload slots is set to when they are due. */
void conn_await_slots(struct conns *cs);
/* The metadata for peers: none if nothing is uploaded. */
struct span conn_info(const struct conns *cs);

#endif
