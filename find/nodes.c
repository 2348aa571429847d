/* The routing table.  Bucket i has the nodes whose ids have i leading bits in
 * common with ours, the last one all that have as many or more: it alone is
 * split when it is full.  Behind its nodes a bucket has spares, which have
 * answered, too, and wait for a node to become bad.
 *
 * A node comes in by an answer alone, from an address that is only once in the
 * table, and of whose network few are there: so nobody can fill it with words,
 * nor with what one network has.  On one's own networks, where several nodes
 * of one network are the rule, only the address counts, on this host with its
 * port.  A node whose id does not suit its address (BEP 42) makes room for one
 * whose id does. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "addr.h"
#include "find/nodeid.h"
#include "find/nodes.h"

enum {
	BUCKETS_MOST = 48,
	SPARES       = 4,
	NEAR_MOST    = 3,          /* of a /24, or of a /64 */
	BAD_FAILS    = 2,
	GOOD_MS      = 15 * 60000,
	STALE_MS     = 13 * 60000, /* is asked again, */
	TRUST_MS     = 30 * 60000, /* or so much later if it asks us */
	RETRY_MS     = 15000,      /* after no answer; doubled each time */
	DOUBLINGS    = 6
};

struct kbucket {
	struct node list[NODES_K + SPARES];
	int n, nspares;            /* the spares stand from NODES_K */
	int64_t changed_ms;
};

struct nodes {
	uint8_t own[ID_LEN];
	struct kbucket *buckets;   /* owned */
	int n;
	uint64_t steps;
};

static struct kbucket *bucket_of(const struct nodes *t, const uint8_t *id);
static struct node *find(struct nodes *t, const uint8_t *id,
    const struct addr *a);
static int is_good(const struct node *e, int64_t now_ms);
static int is_bad(const struct node *e);
static int may_enter(struct nodes *t, const struct node *new);
static void enter(struct nodes *t, const struct node *new, int64_t now_ms);
static struct node *place(struct kbucket *k, const struct node *new);
static void split(struct nodes *t);
static void spare(struct kbucket *k, const struct node *new);
static void drop(struct kbucket *k, int i);
static int insert(const struct node **list, int n, const struct node *e,
    const uint8_t *target);

struct nodes *
nodes_new(const uint8_t own[ID_LEN])
{
	struct nodes *t = xcalloc(1, sizeof *t);

	memcpy(t->own, own, ID_LEN);
	t->buckets = xcalloc(1, sizeof *t->buckets);
	t->n = 1;
	return t;
}

void
nodes_free(struct nodes *t)
{
	free(t->buckets);
	free(t);
}

void
nodes_rename(struct nodes *t, const uint8_t own[ID_LEN], int64_t now_ms)
{
	struct kbucket *old = t->buckets;
	int i, j, n = t->n;

	memcpy(t->own, own, ID_LEN);
	t->buckets = xcalloc(1, sizeof *t->buckets);
	t->n = 1;
	for (i = n - 1; i >= 0; i--)
		for (j = 0; j < old[i].n; j++)
			enter(t, &old[i].list[j], now_ms);
	free(old);
}

int
nodes_one_host(const struct addr *a, const struct addr *b)
{
	return addr_scope(a) == SCOPE_LOOPBACK ? addr_same(a, b) :
	    addr_same_ip(a, b);
}

int
nodes_one_net(const struct addr *a, const struct addr *b)
{
	return addr_scope(a) == SCOPE_GLOBAL &&
	    memcmp(a->ip, b->ip, addr_is4(a) ? 15 : 8) == 0;
}

static struct kbucket *
bucket_of(const struct nodes *t, const uint8_t *id)
{
	return &t->buckets[MIN(id_common(t->own, id), t->n - 1)];
}

static struct node *
find(struct nodes *t, const uint8_t *id, const struct addr *a)
{
	struct kbucket *k = bucket_of(t, id);
	int i;

	for (i = 0; i < k->n; i++, t->steps++)
		if (memcmp(k->list[i].id, id, ID_LEN) == 0)
			return addr_same(&k->list[i].addr, a) ? &k->list[i] :
			    NULL;
	return NULL;
}

const struct node *
nodes_at(struct nodes *t, const uint8_t *id, const struct addr *a)
{
	return find(t, id, a);
}

static int
is_good(const struct node *e, int64_t now_ms)
{
	return e->fails == 0 && now_ms - e->heard_ms < GOOD_MS;
}

static int
is_bad(const struct node *e)
{
	return e->fails >= BAD_FAILS;
}

void
nodes_answered(struct nodes *t, const uint8_t *id, const struct addr *a,
    int64_t now_ms)
{
	struct node *e = find(t, id, a), new = { .addr = *a };

	if (!e) {
		memcpy(new.id, id, ID_LEN);
		new.answered_ms = new.heard_ms = new.asked_ms = now_ms;
		enter(t, &new, now_ms);
		return;
	}
	e->fails = 0;
	e->answered_ms = e->heard_ms = now_ms;
	bucket_of(t, id)->changed_ms = now_ms;
}

/* The node takes a place, or waits for one. */
static void
enter(struct nodes *t, const struct node *new, int64_t now_ms)
{
	struct kbucket *k;
	struct node *e;

	if (!may_enter(t, new))
		return;
	k = bucket_of(t, new->id);
	for (e = place(k, new); !e && k == &t->buckets[t->n - 1] &&
	    t->n < BUCKETS_MOST; e = place(k, new)) {
		split(t);
		k = bucket_of(t, new->id);
	}
	if (!e) {
		spare(k, new);
		return;
	}
	*e = *new;
	k->changed_ms = now_ms;
}

/* Whether its address and network may have one more.  Who had its address, or
 * its id, before and is gone makes room. */
static int
may_enter(struct nodes *t, const struct node *new)
{
	struct kbucket *k;
	struct node *e;
	int i, near = 0, own = memcmp(new->id, t->own, ID_LEN) == 0;

	for (k = t->buckets; k < t->buckets + t->n; k++)
		for (i = 0; i < k->n; i++, t->steps++) {
			e = &k->list[i];
			if (memcmp(e->id, new->id, ID_LEN) == 0 ||
			    nodes_one_host(&e->addr, &new->addr)) {
				if (!is_bad(e) &&
				    !addr_same(&e->addr, &new->addr))
					return 0;
				drop(k, i--);
			} else {
				near += nodes_one_net(&e->addr, &new->addr);
			}
		}
	return !own && near < NEAR_MOST;
}

/* Where a node can stand: a free place, a bad node's, or that of one whose id
 * does not suit its address, if the new one's does; NULL: nowhere. */
static struct node *
place(struct kbucket *k, const struct node *new)
{
	int i;

	if (k->n < NODES_K)
		return &k->list[k->n++];
	for (i = 0; i < k->n; i++)
		if (is_bad(&k->list[i]))
			return &k->list[i];
	if (!id_fits(new->id, &new->addr))
		return NULL;
	for (i = 0; i < k->n; i++)
		if (!id_fits(k->list[i].id, &k->list[i].addr))
			return &k->list[i];
	return NULL;
}

/* The last bucket becomes two. */
static void
split(struct nodes *t)
{
	struct kbucket *k, *last;
	int i, at = t->n - 1, n;

	t->buckets = xrealloc(t->buckets, (size_t)t->n + 1, sizeof *k);
	k = &t->buckets[at];
	last = &t->buckets[t->n++];
	memset(last, 0, sizeof *last);
	last->changed_ms = k->changed_ms;
	for (i = n = 0; i < k->n; i++)
		if (id_common(t->own, k->list[i].id) > at)
			last->list[last->n++] = k->list[i];
		else
			k->list[n++] = k->list[i];
	k->n = n;
	k->nspares = 0;
}

/* The newest spares are kept, and once each. */
static void
spare(struct kbucket *k, const struct node *new)
{
	struct node *list = k->list + NODES_K;
	int i;

	for (i = 0; i < k->nspares; i++)
		if (nodes_one_host(&list[i].addr, &new->addr))
			break;
	if (i == k->nspares)
		i = k->nspares < SPARES ? k->nspares++ : 0;
	memmove(list + i, list + i + 1,
	    (size_t)(k->nspares - 1 - i) * sizeof *list);
	list[k->nspares - 1] = *new;
}

static void
drop(struct kbucket *k, int i)
{
	k->list[i] = k->list[--k->n];
}

int
nodes_heard(struct nodes *t, const uint8_t *id, const struct addr *a,
    int64_t now_ms)
{
	struct kbucket *k = bucket_of(t, id);
	struct node *e = find(t, id, a);

	if (e) {
		e->heard_ms = now_ms;
		return 0;
	}
	return k->n < NODES_K || k == &t->buckets[t->n - 1] ||
	    k->nspares == 0;
}

void
nodes_asked(struct nodes *t, const uint8_t *id, const struct addr *a,
    int64_t now_ms)
{
	struct node *e = find(t, id, a);

	if (e)
		e->asked_ms = now_ms;
}

void
nodes_silent(struct nodes *t, const uint8_t *id, const struct addr *a)
{
	struct node *e = find(t, id, a), new;
	struct kbucket *k = bucket_of(t, id);

	if (!e)
		return;
	e->fails = (uint8_t)MIN(e->fails + 1, UINT8_MAX);
	if (is_bad(e) && k->nspares > 0) {
		new = k->list[NODES_K + --k->nspares];
		enter(t, &new, k->changed_ms);
	}
}

int
nodes_nearest(struct nodes *t, const uint8_t *target, enum nodes_which which,
    const struct node *list[NODES_K], int64_t now_ms)
{
	const struct kbucket *k;
	const struct node *e;
	int i, n = 0, bad;

	for (bad = 0; bad < 2 && n == 0; bad++)
		for (k = t->buckets; k < t->buckets + t->n; k++)
			for (i = 0; i < k->n; i++, t->steps++) {
				e = &k->list[i];
				if (which == NODES_GOOD ?
				    !bad && is_good(e, now_ms) :
				    is_bad(e) == bad && id_fits(e->id,
				    &e->addr) == (which == NODES_FIT))
					n = insert(list, n, e, target);
			}
	return n;
}

/* The node, if it is one of the nearest; how many there are now. */
static int
insert(const struct node **list, int n, const struct node *e,
    const uint8_t *target)
{
	int i = n;

	while (i > 0 && id_compare(target, e->id, list[i - 1]->id) < 0)
		i--;
	if (i == NODES_K)
		return n;
	n = MIN(n + 1, NODES_K);
	memmove(list + i + 1, list + i, (size_t)(n - 1 - i) * sizeof *list);
	list[i] = e;
	return n;
}

const struct node *
nodes_due(struct nodes *t, int64_t now_ms)
{
	const struct kbucket *k;
	const struct node *e, *due = NULL;
	int i;

	for (k = t->buckets; k < t->buckets + t->n; k++)
		for (i = 0; i < k->n; i++, t->steps++) {
			e = &k->list[i];
			if ((e->fails > 0 || now_ms - MIN(e->heard_ms,
			    e->answered_ms + TRUST_MS) >= STALE_MS) &&
			    now_ms - e->asked_ms >= (int64_t)RETRY_MS <<
			    MIN(e->fails, DOUBLINGS) &&
			    (!due || e->asked_ms < due->asked_ms))
				due = e;
		}
	return due;
}

int
nodes_refresh(struct nodes *t, uint8_t target[ID_LEN], int64_t now_ms)
{
	int i, bit;

	for (i = 0; i < t->n; i++)
		if (now_ms - t->buckets[i].changed_ms >= GOOD_MS)
			break;
	if (i == t->n)
		return 0;
	t->buckets[i].changed_ms = now_ms;
	for (bit = 0; bit < i; bit++)
		if (bit_get(target, (uint32_t)bit) !=
		    bit_get(t->own, (uint32_t)bit))
			id_flip(target, bit);
	if (i < t->n - 1 && bit_get(target, (uint32_t)i) ==
	    bit_get(t->own, (uint32_t)i))
		id_flip(target, i);
	return 1;
}

int
nodes_good(const struct nodes *t, int global, int64_t now_ms)
{
	const struct kbucket *k;
	int i, n = 0;

	for (k = t->buckets; k < t->buckets + t->n; k++)
		for (i = 0; i < k->n; i++)
			n += is_good(&k->list[i], now_ms) && (!global ||
			    addr_scope(&k->list[i].addr) == SCOPE_GLOBAL);
	return n;
}

int
nodes_list(const struct nodes *t, struct addr *list, int most, int64_t now_ms)
{
	int i, at, n = 0;

	for (at = 0; at < NODES_K; at++)
		for (i = 0; i < t->n && n < most; i++)
			if (at < t->buckets[i].n &&
			    is_good(&t->buckets[i].list[at], now_ms))
				list[n++] = t->buckets[i].list[at].addr;
	return n;
}

int
nodes_count(const struct nodes *t)
{
	int i, n = 0;

	for (i = 0; i < t->n; i++)
		n += t->buckets[i].n;
	return n;
}

uint64_t
nodes_steps(const struct nodes *t)
{
	return t->steps;
}
