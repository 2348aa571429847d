/* How fast bytes go, and how fast they may.  Pure. */

#ifndef RATE_H
#define RATE_H

#include <stdint.h>

/* Bytes a second, from a sample each second; zeroed before use. */
enum { RATE_SECONDS = 10 };
struct rate {
	int64_t total;                  /* bytes ever */
	uint32_t second[RATE_SECONDS];  /* bytes of the last seconds */
	uint32_t now;                   /* bytes since the last tick */
	int n;                          /* samples, RATE_SECONDS at most */
	int at;
};
/* The bytes have been moved. */
void rate_add(struct rate *r, uint32_t bytes);
/* A second is over: to be called once in each. */
void rate_tick(struct rate *r);
/* The mean of the last RATE_SECONDS, and of the last two. */
int64_t rate_bps(const struct rate *r);
int64_t rate_recent(const struct rate *r);

/* A bucket of tokens: bytes a second that many share.  Who finds it empty
 * stands in its queue until its turn comes. */
struct turn {            /* one who shares it, but for these zeroed: */
	void *owner;
	void (*go)(void *owner); /* its turn has come; limit.c's */
	int waits;           /* it stands in the queue */
	int64_t grant;       /* bytes that it may move before others, */
	int64_t granted_ms;  /* since then */
	struct turn *next, *prev;
};
struct bucket {
	int64_t bps;         /* -1: no limit */
	int64_t tokens;      /* bytes that may be moved now; may be in debt */
	int64_t filled_ms;   /* when it last grew, */
	int64_t turned_ms;   /* and when it was somebody's turn */
	struct turn *first, *last;
};
void bucket_init(struct bucket *b, int64_t bps, int64_t now_ms);
/* How many bytes the owner of t may move now; 0: t waits in the queue. */
int64_t bucket_ask(struct bucket *b, struct turn *t, int64_t now_ms);
/* The owner of t has moved n bytes, allowed or not: more than its grant is the
 * bucket's debt, what is left of the grant is for others. */
void bucket_spend(struct bucket *b, struct turn *t, int64_t n);
/* t leaves the queue, and its grant is for others. */
void bucket_leave(struct bucket *b, struct turn *t);
/* When bucket_next is to be called, perhaps long ago; -1: nobody waits. */
int64_t bucket_when(const struct bucket *b);
/* The next whose turn it is: it has a grant now and waits no more.  NULL: no
 * tokens are left, or nobody waits. */
struct turn *bucket_next(struct bucket *b, int64_t now_ms);

#endif
