/* Places.  All of it is a few lists, so that a flood of callers costs the same
 * at any size. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "swarm/pool.h"

enum {
	DIALS_PER_S = 10,
	DIAL_BURST  = 20,
	DIALLING    = 30,    /* under way */
	USED_MS     = 1000,  /* how exactly it is known when somebody was of use */
	IDLE_MS     = 10000  /* who was of none for so long may have to go */
};

static void enter(struct places *l, struct place *pl, int64_t now_ms);
static void leave(struct place *pl);

void
pool_init(struct pool *p, int most)
{
	p->most = most;
}

static void
enter(struct places *l, struct place *pl, int64_t now_ms)
{
	pl->list = l;
	pl->used_ms = now_ms;
	pl->prev = l->last;
	pl->next = NULL;
	*(l->last ? &l->last->next : &l->first) = pl;
	l->last = pl;
	l->n++;
}

static void
leave(struct place *pl)
{
	struct places *l = pl->list;

	*(pl->prev ? &pl->prev->next : &l->first) = pl->next;
	*(pl->next ? &pl->next->prev : &l->last) = pl->prev;
	l->n--;
	pl->list = NULL;
}

void
pool_call(struct pool *p, struct place *pl, void *owner, int64_t now_ms)
{
	pl->owner = owner;
	enter(&p->callers, pl, now_ms);
}

void
pool_dial(struct pool *p, struct place *pl, void *owner, int64_t now_ms)
{
	pl->owner = owner;
	enter(&p->dialled, pl, now_ms);
}

void
pool_ready(struct pool *p, struct place *pl, int64_t now_ms)
{
	leave(pl);
	enter(&p->others, pl, now_ms);
}

void
pool_used(struct pool *p, struct place *pl, int64_t now_ms)
{
	if (now_ms - pl->used_ms < USED_MS)
		return; /* its place is right but for that */
	pool_ready(p, pl, now_ms);
}

void
pool_leave(struct place *pl)
{
	leave(pl);
}

int
pool_count(const struct pool *p)
{
	return p->callers.n + p->dialled.n + p->others.n;
}

int
pool_room(const struct pool *p, int64_t now_ms, void **owner)
{
	const struct place *caller = p->callers.first;
	const struct place *idle = p->others.first;

	*owner = NULL;
	if (pool_count(p) < p->most)
		return 0;
	if (caller)
		*owner = caller->owner;
	else if (idle && now_ms - idle->used_ms >= IDLE_MS)
		*owner = idle->owner;
	return *owner ? 0 : -1;
}

int
pool_pay(struct pool *p, int64_t now_ms)
{
	p->paid_ms = MAX(p->paid_ms,
	    now_ms - DIAL_BURST * 1000 / DIALS_PER_S);
	if (p->paid_ms >= now_ms || p->dialled.n >= DIALLING)
		return 0;
	p->paid_ms += 1000 / DIALS_PER_S;
	return 1;
}
