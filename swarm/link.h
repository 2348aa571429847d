/* One peer's socket: moves bytes between it and a struct peer. */

#ifndef LINK_H
#define LINK_H

#include "util.h"
#include "addr.h"
#include "net.h"
#include "route.h"
#include "rate.h"
#include "limit.h"
#include "swarm/peer.h"

struct link {
	struct peer peer;
	struct addr addr;   /* of the other side */
	int outgoing;       /* we dialled; set before link_open, as is */
	struct dial dial;   /* how, which is the link's from then on */
	int64_t down, up;   /* bytes of all kinds */
	int err;            /* why a dial has failed, as dial.err; else 0 */
	/* the rest is link.c's */
	struct io io;
	struct timer timer;
	struct buf in;      /* the beginning of a message; owned */
	int connecting, dead;
	struct limit *limits;     /* two: reading, writing; borrowed */
	struct turn turns[2];     /* in these */
	int held;                 /* it had to wait before it could read */
	int64_t filled_ms;        /* when blocks were put out the last time */
	int drips;                /* it got few bytes the last time */
	void (*gone)(void *arg, const char *why);
	void *arg;
};

/* Begins with the socket fd, on which the other side has called, or, if
 * l->outgoing was set, which is being connected.  gone(arg, why) is called
 * once, when the connection ends by itself; then, or after link_close,
 * nothing else is called, and the owner frees what it holds at the end of the
 * round by link_free.  ops are the peer's. */
void link_open(struct link *l, int fd, const struct addr *a,
    struct limit limits[2], const struct peer_ops *ops,
    void (*gone)(void *arg, const char *why), void *arg);
/* From now on the peer's news and gone go to another owner. */
void link_hand(struct link *l, const struct peer_ops *ops,
    void (*gone)(void *arg, const char *why), void *arg);
void link_close(struct link *l);
void link_free(struct link *l); /* what it owns, not l */
/* The peer has something to send: it goes out in the next round. */
void link_wake(struct link *l);
/* Whether our own limit has kept us from reading since the last call. */
int link_held(struct link *l);

#endif
