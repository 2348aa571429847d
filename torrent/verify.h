/* Which pieces on disk are right, by workers on all processors. */

#ifndef VERIFY_H
#define VERIFY_H

#include "torrent/meta.h"
#include "torrent/store.h"

struct verify;

struct verify_ops { /* called from the loop, with arg */
	/* Whether a piece's bytes have the digest that the torrent says; a
	 * piece that could not be read is not right. */
	void (*piece)(void *arg, uint32_t piece, int right);
	/* What could not be read, and why, safe to print. */
	void (*failed)(void *arg, const char *why);
	/* Every piece has been told of; the verify is gone. */
	void (*done)(void *arg);
};

/* Compares the pieces of m that are in which, a bit set, with the bytes that s
 * has.  s, m and ops are borrowed until done; which is copied.  Nothing is
 * told from within.  NULL with errno: there can be no worker. */
struct verify *verify_start(struct store *s, const struct meta *m,
    const uint8_t *which, const struct verify_ops *ops, void *arg);
/* Ends it, once, also from within piece and failed; nothing is told after. */
void verify_stop(struct verify *v);

#endif
