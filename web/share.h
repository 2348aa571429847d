/* The torrents that the web is shown, by the names that their paths begin
 * with, and what it is told of them.  Pure. */

#ifndef WEB_SHARE_H
#define WEB_SHARE_H

#include "util.h"
#include "addr.h"
#include "torrent/meta.h"
#include "torrent/store.h"
#include "web/names.h"

/* What there is to tell of a torrent now; all is borrowed. */
struct exhibit {
	const struct meta *m;     /* info.n 0: its files are not known yet */
	struct store *store;      /* NULL: nothing of it can be read yet, */
	const uint8_t *have;      /* nor are there pieces: a bit set */
	const uint8_t *skip;      /* a bit set of files that are not wanted;
	                           * NULL: all are */
	const char *state;        /* a word, such as "seeding" */
	int64_t size, here;       /* bytes that are wanted; of pieces here */
	int64_t down, up;         /* bytes of blocks, ever, */
	int64_t down_bps, up_bps; /* and a second */
	int npeers, nseeds;       /* connected; seeds are peers, too */
	int fetching;             /* more pieces may come */
};

/* A torrent that is shown: embedded in its owner's, zeroed before use, and
 * where it is it stays. */
struct share {
	void *owner;
	int64_t given;            /* bytes of its files over HTTP, ever */
	struct buf name;          /* share.c's: what paths call it; safe in
	                           * them, but no more */
	struct names *names;      /* share.c's; NULL: not needed yet */
	int64_t tar_length;       /* server.c's; 0: not known yet */
};

struct share_ops { /* of its owner: */
	void (*exhibit)(void *owner, struct exhibit *e);
	/* A magnet link for who reached us at host (host:port as he said it, n
	 * 0: he did not), appended, without a NUL. */
	void (*magnet)(void *owner, struct span host, struct buf *out);
	/* Peers that are connected, at most so many: how many. */
	int (*peers)(void *owner, struct addr *list, int most);
};

struct shares {
	const struct share_ops *ops; /* borrowed */
	uint8_t key[16];          /* secret, of their tables */
	struct share **list;      /* owned array, borrowed shares; the oldest
	                           * first */
	int n, room;
};

/* Frees what all owns, once no share is left. */
void shares_free(struct shares *all);
/* From now on s is shown under a name, or, if another has that, under one with
 * the beginning of its info hash behind. */
void share_add(struct shares *all, struct share *s, struct span name,
    const uint8_t hash[20]);
/* No more, also if it was not. */
void share_remove(struct shares *all, struct share *s);
/* The number of that which has a name, or -1. */
int share_find(const struct shares *all, struct span name);
/* The file of s, whose torrent is m, that has a path; -1: none has. */
int64_t share_file(const struct shares *all, struct share *s,
    const struct meta *m, struct span path);

#endif
