/* Searches.  A candidate is FRESH, then ASKED, and SLOW when an answer takes
 * long, so that others are asked beside it; at last ANSWERED or DEAD.  The
 * search is over when the SEARCH_K nearest that are not dead have answered.
 *
 * Strangers name the candidates, and may name ones that do not exist, or lead
 * nowhere.  What they cannot choose is which addresses suit an id (BEP 42):
 * only nodes whose ids do count for the end, and others are announced to only
 * where these are too few.  Others may be on the way, but no more than a few
 * are asked.  The dead stay in the list, so that they are not asked again,
 * until there is need for their place. */
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "addr.h"
#include "find/nodeid.h"
#include "find/nodes.h"
#include "find/search.h"

enum {
	LIVE_MOST  = 4,   /* queries under way, */
	OPEN_MOST  = 8,   /* with those that take long */
	ASKED_MOST = 128, /* in all, */
	ODD_MOST   = 24,  /* of ids that do not suit */
	NET_MOST   = 3    /* candidates of one network */
};

enum { FRESH, ASKED, SLOW, ANSWERED, DEAD };
enum { FIT, ODD };

static int nearest(struct search *s, struct found **next);
static struct found *asked(struct search *s, const uint8_t *id);
static struct found *end(struct search *s, const uint8_t *id, int state);

void
search_init(struct search *s, const uint8_t target[ID_LEN])
{
	memset(s, 0, sizeof *s);
	memcpy(s->target, target, ID_LEN);
}

int
search_add(struct search *s, const uint8_t *id, const struct addr *a)
{
	int kind = id_fits(id, a) ? FIT : ODD, i, n = s->n[kind], at = 0;
	int dead = -1, near = 0;
	struct found *list = s->list[kind];

	for (i = 0; i < n; i++, s->steps++) {
		if (nodes_one_host(&list[i].addr, a) ||
		    memcmp(list[i].id, id, ID_LEN) == 0)
			return 0;
		near += nodes_one_net(&list[i].addr, a);
		if (id_compare(s->target, list[i].id, id) < 0)
			at = i + 1;
		if (list[i].state == DEAD)
			dead = i;
	}
	if (n < SEARCH_LIST) /* else the farthest makes room, or a dead one */
		i = n;
	else if (dead >= 0)
		i = dead;
	else
		for (i = n - 1; i >= at && (list[i].state == ASKED ||
		    list[i].state == SLOW); i--)
			;
	if (near >= NET_MOST || (i != dead && i < at))
		return 0;
	s->n[kind] = MAX(n, i + 1);
	at -= i < at;
	if (i < at)
		memmove(list + i, list + i + 1,
		    (size_t)(at - i) * sizeof *list);
	else
		memmove(list + at + 1, list + at,
		    (size_t)(i - at) * sizeof *list);
	memset(&list[at], 0, sizeof list[at]);
	memcpy(list[at].id, id, ID_LEN);
	list[at].addr = *a;
	return 1;
}

/* How many of the nearest nodes have answered, up to SEARCH_K, and whom to ask
 * next: the nearest of those that could be among them; NULL: nobody. */
static int
nearest(struct search *s, struct found **next)
{
	struct found *f = s->list[FIT], *odd = s->list[ODD], *border = NULL;
	int i, n = 0;

	*next = NULL;
	for (i = 0; i < s->n[FIT] && n < SEARCH_K; i++, s->steps++) {
		if (f[i].state == FRESH && !*next)
			border = *next = &f[i];
		if (f[i].state == ANSWERED && ++n == SEARCH_K && !border)
			border = &f[i];
	}
	for (i = 0; i < s->n[ODD] && odd[i].state != FRESH; i++)
		s->steps++;
	if (i < s->n[ODD] && s->asked[ODD] < ODD_MOST && (!border ||
	    id_compare(s->target, odd[i].id, border->id) < 0))
		*next = &odd[i];
	if (s->asked[FIT] + s->asked[ODD] >= ASKED_MOST)
		*next = NULL;
	return n;
}

const struct found *
search_next(struct search *s)
{
	struct found *f;

	if (s->live >= LIVE_MOST || s->open >= OPEN_MOST)
		return NULL;
	nearest(s, &f);
	if (!f)
		return NULL;
	f->state = ASKED;
	s->asked[f >= s->list[ODD]]++;
	s->live++;
	s->open++;
	return f;
}

int
search_over(struct search *s)
{
	struct found *next;
	int n = nearest(s, &next);

	return !next && s->live == 0 && (n == SEARCH_K || s->open == 0);
}

/* The candidate of that id to which a query is under way. */
static struct found *
asked(struct search *s, const uint8_t *id)
{
	int kind, i;
	struct found *f;

	for (kind = FIT; kind <= ODD; kind++)
		for (i = 0; i < s->n[kind]; i++, s->steps++) {
			f = &s->list[kind][i];
			if ((f->state == ASKED || f->state == SLOW) &&
			    memcmp(f->id, id, ID_LEN) == 0)
				return f;
		}
	return NULL;
}

static struct found *
end(struct search *s, const uint8_t *id, int state)
{
	struct found *f = asked(s, id);

	if (f) {
		s->live -= f->state == ASKED;
		s->open--;
		f->state = (uint8_t)state;
	}
	return f;
}

void
search_slow(struct search *s, const uint8_t *id)
{
	struct found *f = asked(s, id);

	if (f && f->state == ASKED) {
		f->state = SLOW;
		s->live--;
	}
}

void
search_dead(struct search *s, const uint8_t *id)
{
	end(s, id, DEAD);
}

void
search_answered(struct search *s, const uint8_t *id, struct span token)
{
	struct found *f = end(s, id, ANSWERED);

	if (f && token.n > 0 && token.n <= SEARCH_TOKEN) {
		memcpy(f->token, token.p, token.n);
		f->ntoken = (uint8_t)token.n;
	}
}

const struct found *
search_best(const struct search *s, int nth)
{
	const struct found *f;
	int kind, i, n = 0;

	for (kind = FIT; kind <= ODD; kind++)
		for (i = 0; i < s->n[kind] && n < SEARCH_K; i++) {
			f = &s->list[kind][i];
			if (f->state == ANSWERED && n++ == nth)
				return f;
		}
	return NULL;
}
