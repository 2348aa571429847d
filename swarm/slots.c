/* Slots.  A slot that is free is given at once, but not for every change of a
 * peer's mind: between two rounds stands a moment. */
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rate.h"
#include "swarm/choke.h"
#include "swarm/slots.h"

enum { ROUND_MS = 50 };

static void soon(struct slots *sl, int64_t now_ms);
static void set_open(struct slots *sl, struct slot *s, int on,
    int64_t now_ms);

void
slots_init(struct slots *sl, int most, void (*grant)(void *owner, int on),
    uint64_t seed)
{
	memset(sl, 0, sizeof *sl);
	sl->most = most;
	sl->grant = grant;
	sl->rnd = seed;
	sl->soon_ms = sl->anew_ms = INT64_MAX;
}

void
slots_join(struct slots *sl, struct slot *s, void *owner, int64_t now_ms)
{
	s->owner = owner;
	s->joined = 1;
	s->joined_ms = s->since_ms = now_ms;
	s->next = sl->first;
	if (sl->first)
		sl->first->prev = s;
	sl->first = s;
	sl->n++;
}

void
slots_leave(struct slots *sl, struct slot *s, int64_t now_ms)
{
	if (!s->joined)
		return;
	*(s->prev ? &s->prev->next : &sl->first) = s->next;
	if (s->next)
		s->next->prev = s->prev;
	s->joined = 0;
	sl->n--;
	if (s->open)
		soon(sl, now_ms);
}

void
slots_interest(struct slots *sl, struct slot *s, int on, int64_t now_ms)
{
	s->interested = on;
	if (!on && s->open)
		set_open(sl, s, 0, now_ms);
	soon(sl, now_ms);
}

void
slots_begin(struct slots *sl, int64_t now_ms)
{
	sl->soon_ms = now_ms;
	sl->anew_ms = now_ms + CHOKE_MS;
}

/* Nothing is given before slots_begin. */
static void
soon(struct slots *sl, int64_t now_ms)
{
	if (sl->anew_ms != INT64_MAX)
		sl->soon_ms = MAX(now_ms, sl->round_ms + ROUND_MS);
}

static void
set_open(struct slots *sl, struct slot *s, int on, int64_t now_ms)
{
	s->open = on;
	s->since_ms = now_ms;
	sl->grant(s->owner, on);
}

int64_t
slots_due(const struct slots *sl)
{
	return MIN(sl->soon_ms, sl->anew_ms);
}

void
slots_run(struct slots *sl, int seeding, int64_t now_ms)
{
	struct candidate *list, *c;
	int revoke = now_ms >= sl->anew_ms, i;
	struct slot *s;

	if (now_ms < slots_due(sl))
		return;
	sl->soon_ms = INT64_MAX;
	sl->round_ms = now_ms;
	if (revoke)
		sl->anew_ms = now_ms + CHOKE_MS;
	c = list = xcalloc((size_t)sl->n + 1, sizeof *list);
	for (s = sl->first; s; s = s->next)
		*c++ = (struct candidate){ .owner = s,
		    .rate_bps = s->down_bps, .joined_ms = s->joined_ms,
		    .since_ms = s->since_ms, .interested = s->interested,
		    .unchoked = s->open, .optimistic = s->optimistic,
		    .snubs = s->snubs };
	choke_decide(list, sl->n, sl->most, seeding, revoke, now_ms, &sl->rnd);
	for (i = 0; i < sl->n; i++) {
		s = list[i].owner;
		s->optimistic = list[i].optimistic;
		if (list[i].grant != s->open)
			set_open(sl, s, list[i].grant, now_ms);
	}
	free(list);
}
