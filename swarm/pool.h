/* The places of a process: its connections, those that it dials, and who makes
 * room when all are taken.  Pure.
 *
 * A caller has a place at once.  It stands among the callers until it has
 * finished its handshake; then among the others, in the order of when they
 * were last of use: gave what was asked for, or took what they asked for.
 *
 * Each place is in a room, too: a torrent's, or the one of callers that have
 * not named theirs.  In a room one stranger may have a few places alone.
 *
 * Dials are few a second.  Those under way that are young count most: who has
 * not answered within a second mostly is not there.  Rooms that may not dial
 * at once wait in a queue. */

#ifndef POOL_H
#define POOL_H

#include "addr.h"

/* A connection's part; zeroed before. */
struct place {
	void *owner;
	void (*close)(void *owner);  /* closes the connection: it leaves */
	struct addr addr;            /* where the peer is */
	uint32_t tag;                /* stands for addr; 0: not ready yet */
	/* the rest is pool.c's */
	struct places *list;         /* the one that it is in */
	struct place *prev, *next;
	int64_t used_ms;             /* when it was of use, or came */
	struct room *room;
	struct place *newer, *older; /* in the room */
};

struct places {                /* the one that goes first stands first */
	struct place *first, *last;
	int n;
};

struct room {
	struct place *newest;
	int n;
	void (*dial)(void *owner);   /* its turn to dial has come */
	void *owner;
	/* the rest is pool.c's */
	int waits;
	struct room *before, *after; /* in the queue */
};

struct pool {
	int most;                  /* connections */
	int64_t paid_ms;           /* the time up to which dials are paid */
	struct places callers, dialled, others;
	struct room *head, *tail;  /* those who wait for a dial, */
	struct room *turn;         /* and whose turn it is */
	uint32_t tag;              /* the last one given */
	struct addr *tags;         /* owned: whose they are, the newest ones */
};

void pool_init(struct pool *p, int most); /* most may be changed later */
void pool_free(struct pool *p);           /* what it owns, not p */

/* A new connection, whose owner, close and addr are set: a caller's, or one
 * that we dial. */
void pool_call(struct pool *p, struct room *r, struct place *pl,
    int64_t now_ms);
void pool_dial(struct pool *p, struct room *r, struct place *pl,
    int64_t now_ms);
/* The caller at from has named its torrent, whose room is r: to, zeroed but
 * for owner and close, takes its place over, and from is gone. */
void pool_move(struct room *r, struct place *to, struct place *from);
/* The handshakes of pl's connection are through: pl gets a tag. */
void pool_ready(struct pool *p, struct place *pl, int64_t now_ms);
/* The peer of pl's connection gave a block or took one. */
void pool_used(struct pool *p, struct place *pl, int64_t now_ms);
/* The connection of pl is closed. */
void pool_leave(struct place *pl);
/* Connections in all. */
int pool_count(const struct pool *p);

/* Whether there is room for one more.  0: yes, once *out is closed, unless
 * that is NULL; -1: all are of more use than somebody unknown. */
int pool_room(const struct pool *p, int64_t now_ms, struct place **out);
/* The oldest of one stranger's places in a room, if those at addresses near a
 * are as many as may be; else NULL. */
struct place *pool_crowded(const struct room *r, const struct addr *a);
/* Takes a dial from the process's allowance for a room: 1, or 0: not now, and
 * the room waits for its turn. */
int pool_pay(struct pool *p, struct room *r, int64_t now_ms);
/* When the next who waits may dial; INT64_MAX: nobody waits. */
int64_t pool_due(const struct pool *p, int64_t now_ms);
/* The room whose turn it is, which waits no more; NULL: it is nobody's yet. */
struct room *pool_turn(struct pool *p, int64_t now_ms);
/* The room does not wait any more. */
void pool_quit(struct pool *p, struct room *r);
/* The address that a tag stands for; NULL: it was given too long ago. */
const struct addr *pool_tagged(const struct pool *p, uint32_t tag);

#endif
