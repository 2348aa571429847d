/* One torrent alive: its data, its peers, its trackers. */

#ifndef SWARM_H
#define SWARM_H

#include "addr.h"
#include "torrent/meta.h"
#include "torrent/files.h"
#include "torrent/store.h"
#include "swarm/pool.h"
#include "swarm/link.h"
#include "swarm/conns.h"

struct swarm;

/* What kind of thing stops a swarm. */
enum swarm_fault {
	FAULT_SYSTEM,  /* no process, no memory */
	FAULT_TORRENT, /* the metadata is no torrent */
	FAULT_DATA,    /* somebody else's file is in the way, and stays */
	FAULT_DISK,    /* reading or writing failed */
	FAULT_FULL     /* no space is left */
};

struct swarm_ops { /* called from the loop, with arg */
	/* The torrent of a magnet link, now the callee's, which keeps it while
	 * the swarm lives and goes on by swarm_load; the link's own m is not
	 * needed any more. */
	void (*metadata)(void *arg, struct meta *m);
	void (*checked)(void *arg);  /* what was there is verified */
	void (*piece)(void *arg, uint32_t piece);
	void (*complete)(void *arg); /* the last piece has come */
	/* Trouble, or (detail) what only the curious read; safe to print. */
	void (*message)(void *arg, int detail, const char *text);
	/* It cannot go on, and is stopped next; why is safe to print. */
	void (*failed)(void *arg, enum swarm_fault fault, const char *why);
	void (*stopped)(void *arg);  /* after swarm_stop */
};

/* What is kept beside the data, for the next start (resume.h). */
enum swarm_keep {
	KEEP_NOTHING,
	KEEP_UNTIL_DONE,  /* what is here, until all is */
	KEEP_ON,          /* and then, too */
	KEEP_TORRENT      /* with the torrent, for who goes on by itself */
};

/* How it is to be loaded; dir, name and skip are borrowed while it lives. */
struct swarm_setup {
	struct files *files;
	const char *dir, *name;   /* name NULL: the torrent's */
	int store_flags;
	const uint8_t *skip;      /* a bit set of files, as store.h's; NULL */
	int fetch;                /* 0: only give what is there */
	int whole;                /* all is there and was just hashed */
	int in_order;
	enum swarm_keep keep;
	int recheck;              /* what was kept says nothing of pieces */
};

/* The swarm of a torrent or a magnet link m, borrowed while it lives; the
 * trackers, those of m and extra ones, are copied.  Nothing happens yet. */
struct swarm *swarm_new(struct shared *sh, const struct meta *m,
    const struct tracker *extra, int nextra, const struct swarm_ops *ops,
    void *arg);
/* Asks peers for the metadata; then ops->metadata. */
void swarm_seek(struct swarm *sw);
/* Checks what is there of the torrent; then ops->checked, and it runs. */
void swarm_load(struct swarm *sw, const struct swarm_setup *setup);
/* From now on only so much is kept. */
void swarm_keep(struct swarm *sw, enum swarm_keep keep);
/* Says goodbye, a second at most; then ops->stopped. */
void swarm_stop(struct swarm *sw);
/* After ops->stopped.  0, or -1: closing a file failed. */
int swarm_free(struct swarm *sw);

/* A caller's handshake names the swarm's torrent: the link, allocated, is the
 * swarm's from now on, and its place in the pool moves along.  0, or -1: it is
 * not wanted, and nothing has changed. */
int swarm_take(struct swarm *sw, struct link *l, struct place *pl);
/* The user says that there is a peer at a. */
void swarm_add_peer(struct swarm *sw, const struct addr *a);
void swarm_get_stats(const struct swarm *sw, struct swarm_stats *st);
/* Where peers that are connected can be dialled, at most so many: how many. */
int swarm_peers(const struct swarm *sw, struct addr *list, int most);
/* A tracker says that there is a peer at a, who has heard of us, too. */
void swarm_hear_of(struct swarm *sw, const struct addr *a);
/* While it fetches: these pieces before all others (pick.h); n 0: none. */
void swarm_hurry(struct swarm *sw, const uint32_t *pieces, int n);
const uint8_t *swarm_hash(const struct swarm *sw);
/* Announces now, whatever the intervals. */
void swarm_announce(struct swarm *sw);
/* The network is another one; settled: it has been for a while, and who was
 * silent since is gone. */
void swarm_moved(struct swarm *sw, int settled);
/* Its data, once loaded: to be read only. */
struct store *swarm_store(struct swarm *sw);

#endif
