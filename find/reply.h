/* What a DHT node answers to a query.  Pure. */

#ifndef REPLY_H
#define REPLY_H

#include <stddef.h>
#include <stdint.h>

#include "util.h"
#include "addr.h"
#include "find/krpc.h"
#include "find/nodes.h"
#include "find/stored.h"

enum { REPLY_PORT = 1024 };    /* the least port on a stranger's word */
#define REPLY_VERSION "BT01"   /* v, in all that we send */

/* From what answers are made. */
struct replier {
	int six;
	const uint8_t *id;     /* borrowed: ours */
	struct nodes *nodes;   /* borrowed */
	struct stored *stored; /* borrowed: announces change it */
	int64_t now_ms;
	struct buf lists;      /* owned, for its own use */
};

/* Appends the answer to a query of n bytes from there, or its error unless 0.
 * Nothing: there is no room for one.  To who has proved to be at from, by an
 * answer to us or a token, it may be as large as a packet, to others three
 * times the query.  Returns the error, after all, or 0. */
int reply_write(struct replier *r, struct buf *b, const struct krpc *q,
    int error, const struct addr *from, size_t n);

#endif
