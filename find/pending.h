/* The DHT's queries under way: each ends by its answer, or in time.  Pure. */

#ifndef PENDING_H
#define PENDING_H

#include <stdint.h>

#include "util.h"
#include "sha1.h"
#include "addr.h"

enum {
	PENDING_MOST = 256, /* the place is a byte of the id */
	PENDING_TID  = 4,   /* bytes of a transaction id */
	SLOW_MS      = 1000,
	DEAD_MS      = 4000
};

struct query {
	uint8_t tid[PENDING_TID];
	struct addr to;
	uint8_t id[ID_LEN]; /* whose answer it has to be, if known */
	uint8_t known, open;
	uint32_t search;    /* for which it is, the caller's number; 0: none */
	int64_t sent_ms;
};

/* Queries in the order in which they went, zeroed before. */
struct pending {
	struct query ring[PENDING_MOST];
	uint32_t head, slow, tail; /* the next one's, the first not yet slow,
	                            * and the oldest one's number */
};

/* A query to that address, and to the node of that id unless NULL; secret is
 * random.  Its tid is set, the caller sets search.  NULL: too many are under
 * way. */
struct query *pending_add(struct pending *p, const struct addr *to,
    const uint8_t *id, uint32_t secret, int64_t now_ms);
/* The query that a packet with that transaction id, from there, answers; it is
 * over, and valid until the next pending_add.  NULL: none. */
const struct query *pending_match(struct pending *p, struct span tid,
    const struct addr *from);
/* A query that has become slow, or is over without an answer; NULL: none more.
 * Each is given once, and valid until pending_add. */
const struct query *pending_slow(struct pending *p, int64_t now_ms);
const struct query *pending_dead(struct pending *p, int64_t now_ms);
/* When there will be such a one at the earliest, or INT64_MAX. */
int64_t pending_when(const struct pending *p);

#endif
