/* Seeking.  The list has who offers metadata, the oldest connection first. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "addr.h"
#include "swarm/metadata.h"
#include "swarm/seek.h"

enum {
	FRESH_MOST = 3,     /* asked for less than */
	FRESH_MS   = 5000,  /* so long; who takes longer makes room for more */
	ASKED_MOST = 12,
	REST_MS    = 30000, /* for which who failed is left alone */
	FAILED_MAX = 256    /* addresses */
};

struct seek {
	void (*ask)(void *owner, uint32_t piece);
	struct seeker *first, *last;
	struct {
		struct addr addr;
		int64_t until_ms;
	} failed[FAILED_MAX];
	unsigned nfailed; /* ever: the newest are kept */
	int found;
};

static void fill(struct seek *sk, int64_t now_ms);
static int may_ask(const struct seek *sk, const struct seeker *s,
    int64_t now_ms);
static int is_one(const struct addr *a, const struct addr *b);
static void begin(struct seek *sk, struct seeker *s, int64_t now_ms);
static void ask_more(struct seek *sk, struct seeker *s);
static void end(struct seek *sk, struct seeker *s, int64_t now_ms);

struct seek *
seek_new(void (*ask)(void *owner, uint32_t piece))
{
	struct seek *sk = xcalloc(1, sizeof *sk);

	sk->ask = ask;
	return sk;
}

void
seek_free(struct seek *sk)
{
	free(sk);
}

void
seek_offer(struct seek *sk, struct seeker *s, void *owner,
    const struct addr *a, size_t size, int singly, int64_t now_ms)
{
	if (s->offers)
		return; /* nothing new, or it changes its mind */
	s->owner = owner;
	s->addr = *a;
	s->size = size;
	s->singly = singly;
	s->offers = 1;
	s->prev = sk->last;
	*(sk->last ? &sk->last->next : &sk->first) = s;
	sk->last = s;
	fill(sk, now_ms);
}

void
seek_leave(struct seek *sk, struct seeker *s, int64_t now_ms)
{
	if (!s->offers)
		return;
	end(sk, s, now_ms);
	*(s->prev ? &s->prev->next : &sk->first) = s->next;
	*(s->next ? &s->next->prev : &sk->last) = s->prev;
	memset(s, 0, sizeof *s);
	fill(sk, now_ms);
}

int
seek_got(struct seek *sk, struct seeker *s, uint32_t piece, struct span data,
    int64_t now_ms)
{
	int r;

	if (!s->md)
		return 0; /* it was too slow */
	r = data.p ? metadata_got(s->md, piece, data, now_ms) : -1;
	if (r == 0)
		ask_more(sk, s);
	else if (r < 0)
		seek_fail(sk, s, now_ms);
	return r > 0;
}

void
seek_fail(struct seek *sk, struct seeker *s, int64_t now_ms)
{
	end(sk, s, now_ms);
	fill(sk, now_ms);
}

void
seek_found(struct seek *sk)
{
	struct seeker *s;

	sk->found = 1;
	for (s = sk->first; s; s = s->next)
		end(sk, s, 0);
}

void
seek_tick(struct seek *sk, int64_t now_ms)
{
	struct seeker *s;
	uint32_t piece;

	for (s = sk->first; s; s = s->next) {
		if (s->md && metadata_late(s->md, now_ms))
			end(sk, s, now_ms);
		else if (s->md && metadata_again(s->md, &piece, now_ms))
			sk->ask(s->owner, piece);
	}
	fill(sk, now_ms);
}

int64_t
seek_bytes(const struct seek *sk)
{
	const struct seeker *s;
	int64_t n = 0;

	for (s = sk->first; s; s = s->next)
		n += s->md ? (int64_t)s->md->ngot * METADATA_PIECE : 0;
	return n;
}

/* Asks as many as may be asked at a time. */
static void
fill(struct seek *sk, int64_t now_ms)
{
	struct seeker *s, *slow = NULL;
	int n = 0, nfresh = 0, is_fresh;

	for (s = sk->first; s; s = s->next) {
		if (!s->md)
			continue;
		n++;
		is_fresh = now_ms - s->md->began_ms < FRESH_MS;
		nfresh += is_fresh;
		if (!is_fresh && (!slow || s->md->ngot < slow->md->ngot))
			slow = s;
	}
	for (s = sk->first; s && nfresh < FRESH_MOST && !sk->found;
	    s = s->next) {
		if (!may_ask(sk, s, now_ms))
			continue;
		if (n == ASKED_MOST && !slow)
			break;
		if (n == ASKED_MOST) { /* the slowest makes room */
			end(sk, slow, now_ms);
			slow = NULL;
			n--;
		}
		begin(sk, s, now_ms);
		n++;
		nfresh++;
	}
}

static int
may_ask(const struct seek *sk, const struct seeker *s, int64_t now_ms)
{
	const struct seeker *o;
	unsigned i, n = MIN(sk->nfailed, FAILED_MAX);

	if (s->md || now_ms < s->rest_ms)
		return 0;
	for (i = 0; i < n; i++)
		if (now_ms < sk->failed[i].until_ms &&
		    is_one(&sk->failed[i].addr, &s->addr))
			return 0;
	for (o = sk->first; o; o = o->next)
		if (o->md && is_one(&o->addr, &s->addr))
			return 0;
	return 1;
}

/* Whether two addresses are one stranger's.  On this host that cannot be told:
 * there a port is one. */
static int
is_one(const struct addr *a, const struct addr *b)
{
	return addr_is_loopback(a) ? addr_same(a, b) : addr_near(a, b);
}

static void
begin(struct seek *sk, struct seeker *s, int64_t now_ms)
{
	s->md = xmalloc(sizeof *s->md);
	metadata_init(s->md, s->size, now_ms);
	s->md->singly = s->singly;
	ask_more(sk, s);
}

static void
ask_more(struct seek *sk, struct seeker *s)
{
	uint32_t piece;

	while (metadata_next(s->md, &piece))
		sk->ask(s->owner, piece);
}

/* It is asked no more, and left alone for a while. */
static void
end(struct seek *sk, struct seeker *s, int64_t now_ms)
{
	unsigned at = sk->nfailed % FAILED_MAX;

	if (!s->md)
		return;
	metadata_free(s->md);
	free(s->md);
	s->md = NULL;
	s->rest_ms = sk->failed[at].until_ms = now_ms + REST_MS;
	sk->failed[at].addr = s->addr;
	sk->nfailed++;
}
