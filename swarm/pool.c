/* Places.  All of it is a few lists, so that a flood of callers costs the same
 * at any size. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "addr.h"
#include "swarm/pool.h"

enum {
	TAGS        = 4096,  /* connections whose address is remembered */
	SAME_NEAR   = 3,     /* places of one stranger in a room, */
	SAME_48     = 12,    /* and of one /48 */
	DIALS_PER_S = 30,
	DIAL_BURST  = 30,
	DIALLING    = 100,   /* under way, or this part of all places, */
	DIALLING_PART  = 8,
	DIALLING_LEAST = 4,
	YOUNG       = 50,    /* and for less than */
	YOUNG_MS    = 1000,
	FULL_MS     = 500,   /* how soon one looks again when all are */
	USED_MS     = 1000,  /* how exactly it is known when somebody was of use */
	IDLE_MS     = 10000  /* who was of none for so long may have to go */
};

static int64_t due(const struct pool *p, int64_t now_ms);
static void enter(struct places *l, struct place *pl, int64_t now_ms);
static void leave(struct place *pl);
static void room_enter(struct room *r, struct place *pl);
static void room_leave(struct place *pl);

void
pool_init(struct pool *p, int most)
{
	memset(p, 0, sizeof *p);
	p->most = most;
	p->tags = xcalloc(TAGS, sizeof *p->tags);
}

void
pool_free(struct pool *p)
{
	free(p->tags);
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
}

static void
room_enter(struct room *r, struct place *pl)
{
	pl->room = r;
	pl->newer = NULL;
	pl->older = r->newest;
	if (r->newest)
		r->newest->newer = pl;
	r->newest = pl;
	r->n++;
}

static void
room_leave(struct place *pl)
{
	*(pl->newer ? &pl->newer->older : &pl->room->newest) = pl->older;
	if (pl->older)
		pl->older->newer = pl->newer;
	pl->room->n--;
}

void
pool_call(struct pool *p, struct room *r, struct place *pl, int64_t now_ms)
{
	enter(&p->callers, pl, now_ms);
	room_enter(r, pl);
}

void
pool_dial(struct pool *p, struct room *r, struct place *pl, int64_t now_ms)
{
	enter(&p->dialled, pl, now_ms);
	room_enter(r, pl);
}

void
pool_move(struct room *r, struct place *to, struct place *from)
{
	struct places *l = from->list;

	room_leave(from);
	to->addr = from->addr;
	to->list = l;
	to->used_ms = from->used_ms;
	to->prev = from->prev;
	to->next = from->next;
	*(to->prev ? &to->prev->next : &l->first) = to;
	*(to->next ? &to->next->prev : &l->last) = to;
	room_enter(r, to);
}

void
pool_ready(struct pool *p, struct place *pl, int64_t now_ms)
{
	leave(pl);
	enter(&p->others, pl, now_ms);
	pl->tag = ++p->tag ? p->tag : ++p->tag;
	p->tags[pl->tag % TAGS] = pl->addr;
}

void
pool_used(struct pool *p, struct place *pl, int64_t now_ms)
{
	if (now_ms - pl->used_ms < USED_MS)
		return; /* its place is right but for that */
	leave(pl);
	enter(&p->others, pl, now_ms);
}

void
pool_leave(struct place *pl)
{
	leave(pl);
	room_leave(pl);
}

int
pool_count(const struct pool *p)
{
	return p->callers.n + p->dialled.n + p->others.n;
}

int
pool_room(const struct pool *p, int64_t now_ms, struct place **out)
{
	struct place *idle = p->others.first;

	*out = NULL;
	if (pool_count(p) < p->most)
		return 0;
	if (p->callers.first)
		*out = p->callers.first;
	else if (idle && now_ms - idle->used_ms >= IDLE_MS)
		*out = idle;
	return *out ? 0 : -1;
}

struct place *
pool_crowded(const struct room *r, const struct addr *a)
{
	struct place *pl, *oldest = NULL, *oldest48 = NULL;
	int near = 0, near48 = 0;

	for (pl = r->newest; pl; pl = pl->older) {
		if (!addr_near48(&pl->addr, a))
			continue;
		near48++;
		oldest48 = pl;
		if (!addr_near(&pl->addr, a))
			continue;
		near++;
		oldest = pl;
	}
	return near >= SAME_NEAR ? oldest : near48 >= SAME_48 ? oldest48 :
	    NULL;
}

int
pool_pay(struct pool *p, struct room *r, int64_t now_ms)
{
	if (due(p, now_ms) <= now_ms && (!p->head || p->turn == r)) {
		p->turn = NULL;
		p->paid_ms = MAX(p->paid_ms,
		    now_ms - DIAL_BURST * 1000 / DIALS_PER_S) +
		    1000 / DIALS_PER_S;
		return 1;
	}
	if (r->waits)
		return 0;
	r->waits = 1;
	r->before = p->tail;
	r->after = NULL;
	*(p->tail ? &p->tail->after : &p->head) = r;
	p->tail = r;
	return 0;
}

/* When the next may be dialled. */
static int64_t
due(const struct pool *p, int64_t now_ms)
{
	const struct place *pl = p->dialled.last;
	int young;

	if (p->dialled.n >= MIN(DIALLING, MAX(p->most / DIALLING_PART,
	    DIALLING_LEAST)))
		return now_ms + FULL_MS;
	for (young = 1; pl && young < YOUNG; young++)
		pl = pl->prev;
	return MAX(p->paid_ms + 1, pl ? pl->used_ms + YOUNG_MS : 0);
}

int64_t
pool_due(const struct pool *p, int64_t now_ms)
{
	return p->head ? due(p, now_ms) : INT64_MAX;
}

struct room *
pool_turn(struct pool *p, int64_t now_ms)
{
	struct room *r = p->head;

	if (!r || due(p, now_ms) > now_ms)
		return NULL;
	pool_quit(p, r);
	p->turn = r;
	return r;
}

void
pool_quit(struct pool *p, struct room *r)
{
	if (p->turn == r)
		p->turn = NULL;
	if (!r->waits)
		return;
	r->waits = 0;
	*(r->before ? &r->before->after : &p->head) = r->after;
	*(r->after ? &r->after->before : &p->tail) = r->before;
}

const struct addr *
pool_tagged(const struct pool *p, uint32_t tag)
{
	return p->tag - tag < TAGS ? &p->tags[tag % TAGS] : NULL;
}
