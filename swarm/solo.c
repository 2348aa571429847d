/* Who gives a piece that failed.  Who had no part in the failure may be that
 * one at once, others after a while; who is given it and does not deliver
 * loses it, and waits longer for the next. */
#include <stddef.h>
#include <stdint.h>

#include "swarm/solo.h"

enum {
	SUSPECT_MS = 1000,  /* until one of the authors may give it alone, */
	BARRED_MS  = 2000,  /* or one that did not when it was to, */
	FRESH_MS   = 3000,  /* or one that has given nothing right yet, */
	WORST_MS   = 10000, /* or one of whom both is so */
	SOLO_MS    = 20000  /* for it; the owner may allow more */
};

static int is_suspect(const struct solo *s, uint32_t tag);

void
solo_fail(struct solo *s, const uint32_t *from, uint32_t n, int64_t now_ms)
{
	uint32_t i;

	if (!s->on)
		s->most_ms = SOLO_MS;
	s->on = 1;
	for (i = 0; i < n && s->nsuspects < SUSPECTS; i++)
		if (!is_suspect(s, from[i]))
			s->suspects[s->nsuspects++] = from[i];
	solo_drop(s, now_ms);
}

static int
is_suspect(const struct solo *s, uint32_t tag)
{
	int i;

	for (i = 0; i < s->nsuspects && s->suspects[i] != tag; i++)
		;
	return i < s->nsuspects;
}

int
solo_may(const struct solo *s, const struct giver *g, int64_t now_ms)
{
	int64_t wait_ms = g->barred && !g->proven ? WORST_MS :
	    g->barred ? BARRED_MS : !g->proven ? FRESH_MS :
	    is_suspect(s, g->tag) ? SUSPECT_MS : 0;

	return s->giver ? s->giver == g :
	    !g->busy && now_ms - s->since_ms >= wait_ms;
}

void
solo_take(struct solo *s, struct giver *g, uint32_t piece, int64_t now_ms)
{
	s->giver = g;
	s->since_ms = now_ms;
	g->busy = 1;
	g->piece = piece;
}

void
solo_drop(struct solo *s, int64_t now_ms)
{
	if (s->giver)
		s->giver->busy = 0;
	s->giver = NULL;
	s->since_ms = now_ms;
}

int
solo_late(const struct solo *s, int64_t now_ms)
{
	return now_ms - s->since_ms >= s->most_ms;
}
