/* Requests.  Each has a place in one array, in two lists: of all, in the order
 * of asking, and of those with the same hash.  Free places are a list, too. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "torrent/meta.h"
#include "swarm/requests.h"

enum {
	CAP_FIRST  = 16, /* a power of two, as all capacities */
	CHAIN_MOST = 32
};

static uint32_t *head_of(const struct requests *q, struct block b);
static int same_block(struct block a, struct block b);
static void grow(struct requests *q);

void
requests_free(struct requests *q)
{
	free(q->list);
	free(q->heads);
	memset(q, 0, sizeof *q);
}

static uint32_t *
head_of(const struct requests *q, struct block b)
{
	uint64_t h = ((uint64_t)b.piece << 32 | b.begin) *
	    UINT64_C(0x9e3779b97f4a7c15);

	return &q->heads[(h >> 32 ^ h >> 50) & (q->cap - 1)];
}

static int
same_block(struct block a, struct block b)
{
	return a.piece == b.piece && a.begin == b.begin && a.len == b.len;
}

void
requests_add(struct requests *q, struct block b, int64_t when_ms)
{
	struct request *r;
	uint32_t at, *head;

	if (q->n == q->cap)
		grow(q);
	at = q->free;
	r = &q->list[at];
	q->free = r->next;
	head = head_of(q, b);
	*r = (struct request){ .b = b, .when_ms = when_ms, .seq = ++q->seq,
	    .prev = q->last, .chain = *head };
	*head = at;
	if (q->last)
		q->list[q->last].next = at;
	else
		q->first = at;
	q->last = at;
	q->n++;
}

/* Twice the places; the old ones stay where they are. */
static void
grow(struct requests *q)
{
	uint32_t old = q->cap, i, *head;

	q->cap = MAX(CAP_FIRST, old * 2);
	q->list = xrealloc(q->list, (size_t)q->cap + 1, sizeof *q->list);
	free(q->heads);
	q->heads = xcalloc(q->cap, sizeof *q->heads);
	for (i = 1; i <= old; i++) { /* all of them are taken */
		head = head_of(q, q->list[i].b);
		q->list[i].chain = *head;
		*head = i;
	}
	for (i = old + 1; i <= q->cap; i++)
		q->list[i].next = i < q->cap ? i + 1 : 0;
	q->free = old + 1;
}

int
requests_crowded(const struct requests *q, struct block b)
{
	uint32_t at = q->cap ? *head_of(q, b) : 0;
	int n = 0;

	for (; at && n < CHAIN_MOST; at = q->list[at].chain)
		n++;
	return n == CHAIN_MOST;
}

struct request *
requests_find(struct requests *q, struct block b)
{
	uint32_t at = q->cap ? *head_of(q, b) : 0;

	for (; at; at = q->list[at].chain) {
		q->steps++;
		if (same_block(q->list[at].b, b))
			return &q->list[at];
	}
	return NULL;
}

void
requests_remove(struct requests *q, struct request *r)
{
	uint32_t at = (uint32_t)(r - q->list), *link = head_of(q, r->b);

	for (; *link != at; link = &q->list[*link].chain)
		q->steps++;
	*link = r->chain;
	*(r->prev ? &q->list[r->prev].next : &q->first) = r->next;
	*(r->next ? &q->list[r->next].prev : &q->last) = r->prev;
	r->next = q->free;
	q->free = at;
	q->n--;
}

struct request *
requests_first(const struct requests *q)
{
	return q->first ? &q->list[q->first] : NULL;
}

struct request *
requests_next(const struct requests *q, const struct request *r)
{
	return r->next ? &q->list[r->next] : NULL;
}

struct request *
requests_last(const struct requests *q)
{
	return q->last ? &q->list[q->last] : NULL;
}
