/* Bytes a second that many sockets share, one way. */

#ifndef LIMIT_H
#define LIMIT_H

#include "net.h"
#include "rate.h"

struct limit {
	struct bucket bucket;
	struct timer timer; /* set while some wait */
};

/* bps -1: no limit.  The owner stops the timer when all have left. */
void limit_init(struct limit *l, int64_t bps);
/* How many bytes the owner of t may move now; 0: it waits, and is told by
 * t->go when its turn has come. */
int64_t limit_ask(struct limit *l, struct turn *t, int64_t now_ms);
/* It has moved n bytes, allowed or not. */
void limit_spend(struct limit *l, struct turn *t, int64_t n);
/* It does not wait any more. */
void limit_leave(struct limit *l, struct turn *t);

#endif
