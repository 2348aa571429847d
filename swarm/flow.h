/* How much a peer may be asked for, and whether it gives what it owes.  Pure:
 * a record for each connection, which the owner tells of what happens. */

#ifndef FLOW_H
#define FLOW_H

#include "rate.h"

struct flow {
	struct rate down;       /* bytes of blocks that were asked for */
	int window;             /* most requests */
	int rejects;            /* since the last tick or block */
	int forgiven;           /* answers on their way that nobody waits for */
	int64_t forgiven_ms;    /* when they became so, the last time */
	int64_t answer_ms;      /* what a request takes, smoothed; 0: unknown */
	int64_t heard_ms;       /* when a block that was asked for came last */
	int64_t stalled_ms;     /* since when it is stalled, 0: it is not */
	int crowded;            /* it gives to a crowd, or is of one */
	int broke;              /* it choked on what it owed, since the tick */
	int64_t read;           /* bytes read of it, of all kinds, when it was
	                         * asked or gave last */
};

/* Zeroed before. */
void flow_init(struct flow *f, int64_t now_ms);

/* How many requests may be made of a peer of which n are outstanding, and
 * which takes reqq of them. */
int flow_room(const struct flow *f, int n, int reqq);

/* The peer, of which read bytes of all kinds have come, is asked for a first
 * block, or has given one. */
void flow_mark(struct flow *f, int64_t read);
/* Whether our own limit on reading is an excuse for the peer's silence, when n
 * requests are outstanding: of the bytes that have come since flow_mark, most
 * can be blocks. */
int flow_excused(const struct flow *f, int n, int64_t read);

/* The peer is one of a crowd, or gives to one: what lies in its queue, others
 * wait for, and a second of blocks is enough. */
void flow_crowd(struct flow *f);

/* The peer unchoked us. */
void flow_unchoked(struct flow *f);
/* Requests were given up (by a cancel, by a choke that forgets them, since
 * they took too long): answers to n of them may come yet. */
void flow_forgive(struct flow *f, int n, int64_t now_ms);
/* The peer gave up n requests by choking us: as flow_forgive, and the peer is
 * asked for nothing more before the next tick. */
void flow_broke(struct flow *f, int n, int64_t now_ms);
/* A block came that was asked for at asked_ms. */
void flow_got(struct flow *f, uint32_t len, int64_t asked_ms, int64_t now_ms);
/* The peer rejected a request. */
void flow_rejected(struct flow *f);
/* A block or a reject came that answers no request: 1 if it was forgiven, 0 if
 * nobody ever asked, or long ago. */
int flow_unasked(struct flow *f, int64_t now_ms);
/* A block came, though it answers no request: the peer is not stalled. */
void flow_alive(struct flow *f);

/* Once a second.  oldest_ms is when the oldest request was made, 0: there is
 * none; held: our own limits kept us from reading.  Requests older than
 * flow_patience are overdue; one who has been silent for longer while it owes
 * is stalled; what a stalled one owes for a minute is to be given up. */
enum flow_state { FLOW_FINE, FLOW_STALLED, FLOW_LOST };
enum flow_state flow_tick(struct flow *f, int64_t oldest_ms, int held,
    int64_t now_ms);
/* How long a request may go unanswered before it is overdue, milliseconds. */
int64_t flow_patience(const struct flow *f);

#endif
