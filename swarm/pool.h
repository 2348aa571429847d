/* The places of a process: its connections, those that it dials, and who makes
 * room when all are taken.  Pure.
 *
 * A caller has a place at once.  It stands among the callers until it has
 * finished its handshake; then among the others, in the order of when they
 * were last of use: gave what was asked for, or took what they asked for. */

#ifndef POOL_H
#define POOL_H

#include <stdint.h>

struct place {
	void *owner;
	struct place *prev, *next; /* pool.c's, as the rest */
	struct places *list;       /* the one that it is in */
	int64_t used_ms;           /* when it was of use, or came */
};

struct places {                /* the one that goes first stands first */
	struct place *first, *last;
	int n;
};

struct pool {
	int most;                  /* connections */
	int64_t paid_ms;           /* the time up to which dials are paid */
	struct places callers, dialled, others;
};

/* Zeroed before; most may be changed at any time. */
void pool_init(struct pool *p, int most);

/* A new connection: a caller's, or one that we dial. */
void pool_call(struct pool *p, struct place *pl, void *owner, int64_t now_ms);
void pool_dial(struct pool *p, struct place *pl, void *owner, int64_t now_ms);
/* Its handshakes are through; it was of use; it is gone. */
void pool_ready(struct pool *p, struct place *pl, int64_t now_ms);
void pool_used(struct pool *p, struct place *pl, int64_t now_ms);
void pool_leave(struct place *pl);
int pool_count(const struct pool *p);

/* Whether there is room for one more.  0: yes, once *owner is closed, unless
 * that is NULL; -1: all are of more use than somebody unknown. */
int pool_room(const struct pool *p, int64_t now_ms, void **owner);
/* Takes a dial from the process's allowance: 1, or 0: not now. */
int pool_pay(struct pool *p, int64_t now_ms);

#endif
