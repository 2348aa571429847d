/* One torrent alive: its data, its peers, its trackers. */

#ifndef SWARM_H
#define SWARM_H

#include "sha1.h"
#include "addr.h"
#include "torrent/meta.h"
#include "torrent/files.h"
#include "torrent/store.h"
#include "swarm/pool.h"
#include "swarm/link.h"

struct swarm;

/* What all swarms of a process share; swarm_shared_init fills it in. */
struct shared {
	uint8_t id[ID_LEN];       /* our peer id */
	uint16_t port;            /* where we listen */
	struct limit limits[2];   /* down, up */
	int slots;                /* unchoked peers a torrent; 0: no uploads */
	struct pool pool;         /* the connections; its owner sets most */
	uint64_t rnd;
	struct conn *lobby;       /* callers that have not named a torrent */
	uint32_t tag;             /* the last one given */
	struct addr *tags;        /* owned: whose they are, the newest TAGS */
	struct swarm *(*find)(void *arg, const uint8_t hash[ID_LEN]);
	void *arg;
};
void swarm_shared_init(struct shared *sh, int64_t down_bps, int64_t up_bps);
void swarm_shared_free(struct shared *sh);
/* A caller: its handshake decides which swarm it joins. */
void swarm_accept(struct shared *sh, int fd, const struct addr *from);

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
	/* It cannot go on: an exit status, and why.  It is stopped next. */
	void (*failed)(void *arg, int status, const char *why);
	void (*stopped)(void *arg);  /* after swarm_stop */
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
};

struct swarm_stats {
	int64_t size, have;       /* bytes wanted; of verified pieces */
	int64_t partial;          /* bytes of unfinished pieces */
	int64_t metadata;         /* bytes, while it seeks */
	int64_t down, up;         /* bytes of blocks, ever */
	int64_t down_bps, up_bps;
	int64_t checked;          /* bytes, while checking */
	int64_t wasted;           /* bytes that were not asked for, or bad */
	int npeers, nseeds;
	int seeking, checking, complete;
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
/* Says goodbye, a second at most; then ops->stopped. */
void swarm_stop(struct swarm *sw);
/* After ops->stopped.  0, or -1: closing a file failed. */
int swarm_free(struct swarm *sw);

void swarm_add_peer(struct swarm *sw, const struct addr *a);
void swarm_get_stats(const struct swarm *sw, struct swarm_stats *st);
const uint8_t *swarm_hash(const struct swarm *sw);
/* Announces now, whatever the intervals. */
void swarm_announce(struct swarm *sw);
/* Its data, once loaded: to be read only. */
struct store *swarm_store(struct swarm *sw);

#endif
