/* Queries under way.  All have the same time, so they end in the order of the
 * ring that they stand in, and nobody looks for whose time is over.  The first
 * byte of a transaction id is the place there, the others are random. */
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "addr.h"
#include "find/pending.h"

static const struct query *due(struct pending *p, uint32_t *at, uint32_t end,
    int64_t before_ms);

struct query *
pending_add(struct pending *p, const struct addr *to, const uint8_t *id,
    uint32_t secret, int64_t now_ms)
{
	struct query *q = &p->ring[p->head % PENDING_MOST];

	if (p->head - p->tail == PENDING_MOST)
		return NULL;
	memset(q, 0, sizeof *q);
	put32(q->tid, secret);
	q->tid[0] = (uint8_t)(p->head++ % PENDING_MOST);
	q->to = *to;
	q->known = id != NULL;
	if (id)
		memcpy(q->id, id, ID_LEN);
	q->open = 1;
	q->sent_ms = now_ms;
	return q;
}

const struct query *
pending_match(struct pending *p, struct span tid, const struct addr *from)
{
	struct query *q;

	if (tid.n != PENDING_TID)
		return NULL;
	q = &p->ring[tid.p[0]];
	if (!q->open || memcmp(q->tid, tid.p, tid.n) != 0 ||
	    !addr_same(&q->to, from))
		return NULL;
	q->open = 0;
	return q;
}

/* The first open query from the number *at on, before end, that went before
 * that time: *at is behind it then. */
static const struct query *
due(struct pending *p, uint32_t *at, uint32_t end, int64_t before_ms)
{
	const struct query *q;

	while (*at != end) {
		q = &p->ring[*at % PENDING_MOST];
		if (q->open && q->sent_ms > before_ms)
			break;
		++*at;
		if (q->open)
			return q;
	}
	return NULL;
}

const struct query *
pending_slow(struct pending *p, int64_t now_ms)
{
	return due(p, &p->slow, p->head, now_ms - SLOW_MS);
}

const struct query *
pending_dead(struct pending *p, int64_t now_ms)
{
	const struct query *q = due(p, &p->tail, p->slow, now_ms - DEAD_MS);

	if (q)
		p->ring[q->tid[0]].open = 0;
	return q;
}

int64_t
pending_when(const struct pending *p)
{
	const struct query *tail = &p->ring[p->tail % PENDING_MOST];
	const struct query *slow = &p->ring[p->slow % PENDING_MOST];
	int64_t t = INT64_MAX;

	if (p->tail != p->slow)
		t = tail->sent_ms + DEAD_MS;
	if (p->slow != p->head)
		t = MIN(t, slow->sent_ms + SLOW_MS);
	return t;
}
