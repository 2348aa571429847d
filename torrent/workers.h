/* The digests of many pieces, by forked workers on all processors. */

#ifndef WORKERS_H
#define WORKERS_H

#include "torrent/meta.h"
#include "torrent/store.h"

struct workers;

struct workers_ops { /* called from the loop, with arg */
	/* A piece's digest, or NULL: it could not be read. */
	void (*digest)(void *arg, uint32_t piece, const uint8_t *digest);
	/* What could not be read, and why, safe to print. */
	void (*failed)(void *arg, const char *why);
	/* Every piece has had its digest; the hash is gone. */
	void (*done)(void *arg);
};

/* Hashes the pieces of shape sh that todo has, read from s.  s and ops are
 * borrowed until done; todo is copied.  done is never called from within.
 * NULL with errno: there can be no worker. */
struct workers *workers_start(struct store *s, const struct shape *sh,
    const uint8_t *todo, const struct workers_ops *ops, void *arg);
/* Ends the workers; done is not called. */
void workers_stop(struct workers *h);

#endif
