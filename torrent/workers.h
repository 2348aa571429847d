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
	/* Every piece of todo has been told of; the workers are gone. */
	void (*done)(void *arg);
};

/* Hashes the pieces of shape sh that are in todo, a bit set, read from s.  s
 * and ops are borrowed until done; todo is copied.  Nothing is told from
 * within.  NULL with errno: there can be no worker. */
struct workers *workers_start(struct store *s, const struct shape *sh,
    const uint8_t *todo, const struct workers_ops *ops, void *arg);
/* Ends the workers, once, also from within digest and failed; nothing is told
 * after. */
void workers_stop(struct workers *h);

#endif
