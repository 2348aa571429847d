/* How fast bytes go: a sample each second.  How fast they may: buckets of
 * tokens, which time fills up to a tenth of a second's.  Who finds none waits
 * in a queue; what comes in is granted to its first, a quantum each, so that
 * at the lowest limit, too, everybody gets something.  A grant that is not
 * used goes back at once, so that who says little holds nobody up. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "rate.h"

enum {
	FILL_MS   = 20,       /* between grants to those who wait, at least */
	QUANTUM   = 16 << 10, /* the least bytes that are granted at a time, */
	QUANTA_S  = 400,      /* or this part of a second's */
	GRANT_MS  = 1000,     /* for which a grant may be used */
	UNLIMITED = 1 << 20
};

static int64_t quantum(const struct bucket *b);
static void fill(struct bucket *b, int64_t now_ms);
static void give_back(struct bucket *b, struct turn *t);
static void push(struct bucket *b, struct turn *t);
static void unlink_turn(struct bucket *b, struct turn *t);

void
rate_add(struct rate *r, uint32_t bytes)
{
	r->now += bytes;
	r->total += bytes;
}

void
rate_tick(struct rate *r)
{
	r->second[r->at] = r->now;
	r->at = (r->at + 1) % RATE_SECONDS;
	r->n = MIN(r->n + 1, RATE_SECONDS);
	r->now = 0;
}

int64_t
rate_bps(const struct rate *r)
{
	int64_t sum = 0;
	int i;

	for (i = 0; i < r->n; i++)
		sum += r->second[i];
	return r->n > 0 ? sum / r->n : 0;
}

int64_t
rate_recent(const struct rate *r)
{
	int64_t a = r->second[(r->at + RATE_SECONDS - 1) % RATE_SECONDS];
	int64_t b = r->second[(r->at + RATE_SECONDS - 2) % RATE_SECONDS];

	return r->n > 1 ? (a + b) / 2 : a;
}

void
bucket_init(struct bucket *b, int64_t bps, int64_t now_ms)
{
	memset(b, 0, sizeof *b);
	b->bps = bps;
	b->filled_ms = now_ms;
}

int64_t
bucket_ask(struct bucket *b, struct turn *t, int64_t now_ms)
{
	if (b->bps < 0)
		return UNLIMITED;
	if (t->waits)
		return 0;
	if (now_ms - t->granted_ms > GRANT_MS)
		give_back(b, t);
	if (t->grant > 0)
		return t->grant;
	fill(b, now_ms);
	if (b->tokens > 0 && !b->first)
		return MIN(b->tokens, quantum(b));
	push(b, t);
	return 0;
}

void
bucket_spend(struct bucket *b, struct turn *t, int64_t n)
{
	int64_t granted = MIN(t->grant, n);

	t->grant -= granted;
	b->tokens = MAX(b->tokens - (n - granted), -MAX(b->bps, 0));
	give_back(b, t);
}

void
bucket_leave(struct bucket *b, struct turn *t)
{
	if (t->waits)
		unlink_turn(b, t);
	give_back(b, t);
}

int64_t
bucket_when(const struct bucket *b)
{
	if (!b->first || b->bps == 0)
		return -1;
	if (b->tokens > 0)
		return 0;
	return MAX(b->turned_ms + FILL_MS,
	    b->filled_ms + (1 - b->tokens) * 1000 / b->bps + 1);
}

struct turn *
bucket_next(struct bucket *b, int64_t now_ms)
{
	struct turn *t = b->first;

	fill(b, now_ms);
	if (!t || b->tokens <= 0)
		return NULL;
	unlink_turn(b, t);
	t->grant = MIN(b->tokens, quantum(b));
	t->granted_ms = b->turned_ms = now_ms;
	b->tokens -= t->grant;
	return t;
}

static int64_t
quantum(const struct bucket *b)
{
	return MAX(QUANTUM, b->bps / QUANTA_S);
}

static void
fill(struct bucket *b, int64_t now_ms)
{
	int64_t most = MAX(b->bps / 10, 1), more;

	more = b->bps * MIN(now_ms - b->filled_ms, 1000) / 1000;
	if (more == 0)
		return; /* the time counts on */
	b->filled_ms = now_ms;
	b->tokens = MIN(b->tokens + more, most);
}

static void
give_back(struct bucket *b, struct turn *t)
{
	b->tokens += t->grant;
	t->grant = 0;
}

static void
push(struct bucket *b, struct turn *t)
{
	t->waits = 1;
	t->next = NULL;
	t->prev = b->last;
	*(b->last ? &b->last->next : &b->first) = t;
	b->last = t;
}

static void
unlink_turn(struct bucket *b, struct turn *t)
{
	t->waits = 0;
	*(t->prev ? &t->prev->next : &b->first) = t->next;
	*(t->next ? &t->next->prev : &b->last) = t->prev;
}
