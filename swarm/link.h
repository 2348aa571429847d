/* One peer's socket: moves bytes between it and a struct peer. */

#ifndef LINK_H
#define LINK_H

#include "util.h"
#include "addr.h"
#include "net.h"
#include "swarm/peer.h"

/* Bytes a second that many links share; zeroed, then limit_init. */
struct limit {
	int64_t bps;        /* -1: no limit */
	int64_t tokens;     /* bytes that may go now; may be in debt */
	int64_t filled_ms;
	struct link *first, **last; /* links that wait, in turn */
	int nwaiting;
	struct timer timer;
};
void limit_init(struct limit *l, int64_t bps);

struct link {
	struct peer peer;
	struct addr addr;   /* of the other side */
	int outgoing;       /* we dialled */
	int64_t down, up;   /* bytes of all kinds */
	/* the rest is link.c's */
	struct io io;
	struct timer timer;
	struct buf in;      /* the beginning of a message; owned */
	int connecting, dead;
	struct limit *limits[2];  /* reading, writing; borrowed */
	struct link *next[2];     /* in a limit's queue */
	int waiting[2];
	int64_t grant[2];         /* bytes that it may move before others, */
	int64_t granted_ms[2];    /* since then */
	int held;                 /* it had to wait before it could read */
	int drips;                /* it got few bytes the last time */
	void (*gone)(void *arg, const char *why);
	void *arg;
};

/* Begins with the socket fd, or by dialling if fd is -1.  gone(arg, why) is
 * called once, when the connection ends by itself; then, or after link_close,
 * nothing else is called, and the owner frees what it holds at the end of the
 * round by link_free.  ops are the peer's.  0, or -1 with errno: it could
 * not be dialled, and nothing is to be closed. */
int link_open(struct link *l, int fd, const struct addr *a,
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
