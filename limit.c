/* A bucket of tokens with a timer: who waits hears of its turn. */
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "net.h"
#include "rate.h"
#include "limit.h"

static void set_timer(struct limit *l);
static void on_due(struct timer *t, int64_t now_ms);

void
limit_init(struct limit *l, int64_t bps)
{
	memset(l, 0, sizeof *l);
	bucket_init(&l->bucket, bps, net_now());
	l->timer.fire = on_due;
	l->timer.arg = l;
}

int64_t
limit_ask(struct limit *l, struct turn *t, int64_t now_ms)
{
	int64_t n = bucket_ask(&l->bucket, t, now_ms);

	set_timer(l);
	return n;
}

void
limit_spend(struct limit *l, struct turn *t, int64_t n)
{
	bucket_spend(&l->bucket, t, n);
	set_timer(l);
}

void
limit_leave(struct limit *l, struct turn *t)
{
	bucket_leave(&l->bucket, t);
	set_timer(l);
}

static void
set_timer(struct limit *l)
{
	int64_t when_ms = bucket_when(&l->bucket);

	if (when_ms >= 0)
		net_timer(&l->timer, when_ms);
}

static void
on_due(struct timer *t, int64_t now_ms)
{
	struct limit *l = t->arg;
	struct turn *next;

	while ((next = bucket_next(&l->bucket, now_ms)))
		next->go(next->owner);
	set_timer(l);
}
