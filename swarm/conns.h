/* The connections of one torrent: who is there, what is asked of them and what
 * they are given. */

#ifndef CONNS_H
#define CONNS_H

#include "util.h"
#include "addr.h"
#include "torrent/meta.h"
#include "torrent/store.h"
#include "find/known.h"
#include "swarm/pool.h"
#include "swarm/link.h"
#include "swarm/conn.h"

struct conns;

struct conns_ops { /* called from the loop, with arg */
	/* All of the metadata has come, borrowed during the call: 1; or 0: it
	 * is not the torrent's, and its sender is banned. */
	int (*metadata)(void *arg, struct span info);
	/* A piece has come, is verified and was told to all. */
	void (*piece)(void *arg, uint32_t piece);
	/* The store failed. */
	void (*disk_failed)(void *arg);
	/* Trouble, or (detail) what only the curious read; safe to print. */
	void (*message)(void *arg, int detail, const char *text);
};

/* Of the torrent or the magnet link m with that info hash; all borrowed.
 * Nothing happens before conns_open. */
struct conns *conns_new(struct shared *sh, const struct meta *m,
    const uint8_t *hash, const struct conns_ops *ops, void *arg);
void conns_free(struct conns *cs);

/* Connections are taken and made from now on; of a magnet link, the metadata
 * is asked for. */
void conns_open(struct conns *cs);
/* All connections are closed, and no more are taken or made. */
void conns_close(struct conns *cs);

/* The magnet link's metadata is known: m, borrowed as before. */
void conns_learn(struct conns *cs, const struct meta *m);
/* The torrent's pieces are m's, and those that are here are in s; all
 * borrowed.  Who is connected stays, and nobody else is taken before
 * conns_run. */
void conns_load(struct conns *cs, const struct meta *m, struct store *s,
    int in_order);
/* These pieces before all others (pick.h). */
void conns_hurry(struct conns *cs, const uint32_t *pieces, int n);
/* A piece is here, or is not wanted. */
void conns_have(struct conns *cs, uint32_t piece);
/* What is here is known: blocks come and go from now on.  giving: nothing is
 * wanted. */
void conns_run(struct conns *cs, int giving);
/* Nothing is wanted any more. */
void conns_complete(struct conns *cs);

/* Addresses of peers, and who says so. */
void conns_add(struct conns *cs, const struct addr *list, int n,
    enum origin from);
/* A tracker says that there is a peer at a, and has told him of us: he is
 * dialled only if he has not called after a while. */
void conns_await(struct conns *cs, const struct addr *a);
/* A caller's handshake names the torrent: the link, allocated, is owned from
 * now on, and its place in the pool moves along.  0, or -1: it is not wanted,
 * and nothing has changed. */
int conns_take(struct conns *cs, struct link *l, struct place *pl);
/* Where peers that are connected can be dialled, at most so many: how many. */
int conns_peers(const struct conns *cs, struct addr *list, int most);
/* The network may be another one: who has been silent for quiet_ms (-1: nobody)
 * is given up, and whoever is known is dialled at once. */
void conns_renew(struct conns *cs, int64_t quiet_ms);
/* A piece of which a block was given since the last call: 1, or 0: none was. */
int conns_gave(struct conns *cs, uint32_t *piece);
/* Once a second. */
void conns_tick(struct conns *cs, int64_t now_ms);

/* What a swarm has done. */
struct swarm_stats {
	int64_t partial;          /* bytes of unfinished pieces */
	int64_t metadata;         /* bytes of it, while it is sought */
	int64_t down, up;         /* bytes of blocks, ever */
	int64_t down_bps, up_bps;
	int64_t web;              /* of down, what web seeds gave */
	int64_t wasted;           /* bytes that were not asked for, or bad */
	int nwebs;                /* web seeds that give */
	int nconns;               /* connections, */
	int npeers, nseeds;       /* and those whose handshakes are through */
	int known[ORIGINS], nknown; /* addresses heard of; all of them */
	/* the rest is swarm.c's */
	int64_t up_before;        /* bytes of blocks, before this start */
	int64_t size, have;       /* bytes wanted; of verified pieces */
	int64_t checked;          /* bytes, while checking */
	int seeking, checking, syncing, complete;
};
/* Fills in all but the rest, which is zeroed. */
void conns_stats(const struct conns *cs, struct swarm_stats *st);

#endif
