/* Requests for blocks in the order in which they were made, each found at once
 * by its block: those that we made to a peer, and those that it made to us.
 * Pure. */

#ifndef REQUESTS_H
#define REQUESTS_H

#include "torrent/meta.h"

struct request {
	struct block b;
	int64_t when_ms;     /* when it was made */
	int idle;            /* the owner's */
	uint32_t seq;        /* rises by one from request to request */
	uint32_t next, prev, chain; /* requests.c's own: places, 0 is none */
};

/* Zeroed before use. */
struct requests {
	struct request *list; /* owned: places, from 1 */
	uint32_t *heads;      /* owned: a chain of places for each hash */
	uint32_t n;           /* requests */
	uint32_t cap, first, last, free, seq;
	uint64_t steps;       /* places looked at, ever */
};

/* What it owns, not q; q is empty then. */
void requests_free(struct requests *q);

/* Appends a request for b, also if there is one already. */
void requests_add(struct requests *q, struct block b, int64_t when_ms);
/* Whether so many requests share b's hash that finding one of them would be
 * slow: nobody's who does not aim at it. */
int requests_crowded(const struct requests *q, struct block b);
/* A request for exactly b (of several, any), or NULL. */
struct request *requests_find(struct requests *q, struct block b);
void requests_remove(struct requests *q, struct request *r);

/* The first request, the one after r, and the last; NULL: there is none.  All
 * pointers to requests are good until the next requests_add. */
struct request *requests_first(const struct requests *q);
struct request *requests_next(const struct requests *q,
    const struct request *r);
struct request *requests_last(const struct requests *q);

#endif
