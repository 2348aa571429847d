/* Twins: two connections with one peer, by its id and its address.  When both
 * sides dialled at the same time, the one of the lesser peer id closes what it
 * did not dial.  Since an id is soon copied, who is of no use keeps nobody
 * else out: then both stay until it shows which of them is good for
 * anything.
 *
 * A link names one peer at all its addresses: of those that the user has named
 * the id is enough, and the one that was of use first stays alone. */
#include <stdint.h>
#include <string.h>

#include "sha1.h"
#include "addr.h"
#include "swarm/twins.h"

enum {
	YOUNG_MS = 10000 /* both may have dialled at the same time */
};

static struct twin *twin_of(const struct twins *ts, const struct twin *t);
static int is_older(const struct twin *a, const struct twin *b);
static int is_young(const struct twin *t, int64_t now_ms);

void
twins_init(struct twins *ts, const uint8_t *my_id,
    int (*is_useful)(void *owner))
{
	memset(ts, 0, sizeof *ts);
	ts->my_id = my_id;
	ts->is_useful = is_useful;
}

struct twin *
twins_join(struct twins *ts, struct twin *t, int64_t now_ms,
    struct twin **keep)
{
	struct twin *o = twin_of(ts, t), *drop = NULL;

	t->joined_ms = now_ms;
	if (o && ts->is_useful(o->owner))
		drop = t;
	else if (o && o->outgoing != t->outgoing && is_young(o, now_ms) &&
	    memcmp(ts->my_id, t->id, ID_LEN) < 0)
		drop = t->outgoing ? o : t;
	*keep = drop == t ? o : t;
	if (drop == t)
		return t;
	if (o)
		o->doubled = t->doubled = 1;
	t->joined = 1;
	t->next = ts->first;
	if (t->next)
		t->next->prev = t;
	ts->first = t;
	return drop;
}

struct twin *
twins_late(const struct twins *ts, const struct twin *t, int64_t now_ms)
{
	struct twin *o = t->doubled ? twin_of(ts, t) : NULL;

	if (!o || !ts->is_useful(o->owner))
		return NULL;
	if (o->named && t->named && (is_older(o, t) ||
	    !ts->is_useful(t->owner)))
		return o;
	return !is_young(t, now_ms) && !ts->is_useful(t->owner) ? o : NULL;
}

void
twins_leave(struct twins *ts, struct twin *t)
{
	if (!t->joined)
		return;
	t->joined = 0;
	*(t->prev ? &t->prev->next : &ts->first) = t->next;
	if (t->next)
		t->next->prev = t->prev;
}

/* A connection with the same peer that joined, one of use if there is one;
 * NULL: there is none. */
static struct twin *
twin_of(const struct twins *ts, const struct twin *t)
{
	struct twin *o, *any = NULL;

	for (o = ts->first; o; o = o->next) {
		if (o == t || memcmp(o->id, t->id, ID_LEN) != 0 ||
		    !(addr_same_ip(&o->addr, &t->addr) ||
		    (o->named && t->named)))
			continue;
		if (ts->is_useful(o->owner))
			return o;
		any = any ? any : o;
	}
	return any;
}

static int
is_older(const struct twin *a, const struct twin *b)
{
	return a->joined_ms != b->joined_ms ? a->joined_ms < b->joined_ms :
	    memcmp(&a->addr, &b->addr, sizeof a->addr) < 0;
}

static int
is_young(const struct twin *t, int64_t now_ms)
{
	return now_ms - t->joined_ms < YOUNG_MS;
}
