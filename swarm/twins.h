/* Connections that are with the same peer, and which of them goes.  Pure. */

#ifndef TWINS_H
#define TWINS_H

#include "addr.h"

/* A connection's part; zeroed, and the first five set, before it joins. */
struct twin {
	void *owner;
	const uint8_t *id;        /* the peer's; borrowed */
	struct addr addr;         /* where it is */
	int outgoing;             /* we dialled, */
	int named;                /* where the user said: its id is believed */
	/* the rest is twins.c's */
	int joined, doubled;      /* another is or was its twin */
	int64_t joined_ms;
	struct twin *prev, *next;
};

struct twins {
	const uint8_t *my_id;     /* borrowed */
	/* Whether the connection is of use to either side, and has been. */
	int (*is_useful)(void *owner);
	struct twin *first;
};

void twins_init(struct twins *ts, const uint8_t *my_id,
    int (*is_useful)(void *owner));
/* The handshakes of t's connection are through.  Returns the one that is to be
 * closed for *keep, t itself (which has not joined then) or the twin that it
 * has; NULL: none is. */
struct twin *twins_join(struct twins *ts, struct twin *t, int64_t now_ms,
    struct twin **keep);
/* The connection for which t's, that is of no use, is to be closed after all;
 * NULL: it is not. */
struct twin *twins_late(const struct twins *ts, const struct twin *t,
    int64_t now_ms);
/* The connection is closed. */
void twins_leave(struct twins *ts, struct twin *t);

#endif
