/* The store.  Entries are chained by a keyed hash of the torrent; within a
 * chain those of one torrent are found.  To announce takes a token and is
 * rare: it looks at all entries, for how many its address, its network and the
 * torrent have, and which of these, or of all, is the oldest.  An entry's
 * place is taken when its bound is reached, so no network can push out what
 * others have announced, as long as all are not taken.
 *
 * Tokens are not kept: one is a keyed hash of its address and the number of
 * the five minutes in which it was given. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "sha1.h"
#include "addr.h"
#include "find/quota.h"
#include "find/stored.h"

enum {
	CHAINS    = 512,
	HOST_MOST = 16,           /* of one address, */
	NET_MOST  = 128,          /* its /24 or /48, */
	HASH_MOST = 200,          /* and one torrent */
	KEEP_MS   = 30 * 60000,
	TOKEN_MS  = 5 * 60000
};

#define NONE UINT16_MAX

struct given {
	uint8_t hash[ID_LEN];
	struct addr addr;
	uint16_t next;            /* of its chain, or NONE */
	uint32_t host, net;       /* hashes of its address */
	int64_t at_ms;
};

struct stored {
	uint8_t key[16];
	struct given *list;       /* owned */
	int n, cap;
	uint16_t chains[CHAINS];
	uint64_t rnd;
	uint64_t steps;
};

static uint16_t *chain_of(struct stored *s, const uint8_t *hash);
static struct given *place(struct stored *s, const struct given *new);
static void older(struct given **oldest, struct given *g);
static void token_of(const struct stored *s, const struct addr *a,
    int64_t period, uint8_t token[STORED_TOKEN]);

struct stored *
stored_new(const uint8_t key[16])
{
	struct stored *s = xcalloc(1, sizeof *s);

	memcpy(s->key, key, 16);
	s->rnd = get64(key) | 1;
	memset(s->chains, 0xff, sizeof s->chains);
	return s;
}

void
stored_free(struct stored *s)
{
	free(s->list);
	free(s);
}

static void
token_of(const struct stored *s, const struct addr *a, int64_t period,
    uint8_t token[STORED_TOKEN])
{
	uint8_t text[24];

	memcpy(text, a->ip, 16);
	put64(text + 16, (uint64_t)period);
	put64(token, siphash(s->key, text, sizeof text));
}

void
stored_token(const struct stored *s, const struct addr *a, int64_t now_ms,
    uint8_t token[STORED_TOKEN])
{
	token_of(s, a, now_ms / TOKEN_MS, token);
}

int
stored_allows(const struct stored *s, const struct addr *a, struct span token,
    int64_t now_ms)
{
	uint8_t want[STORED_TOKEN];
	int i;

	for (i = 0; i < 2; i++) {
		token_of(s, a, now_ms / TOKEN_MS - i, want);
		if (token.n == STORED_TOKEN &&
		    memcmp(token.p, want, STORED_TOKEN) == 0)
			return 1;
	}
	return 0;
}

static uint16_t *
chain_of(struct stored *s, const uint8_t *hash)
{
	return &s->chains[siphash(s->key, hash, ID_LEN) % CHAINS];
}

void
stored_put(struct stored *s, const uint8_t *hash, const struct addr *a,
    int64_t now_ms)
{
	struct given new = { .addr = *a, .at_ms = now_ms }, *g;
	uint16_t *at;

	memcpy(new.hash, hash, ID_LEN);
	new.host = (uint32_t)quota_hash(s->key, a, 0);
	new.net = (uint32_t)quota_hash(s->key, a, 1);
	g = place(s, &new);
	if (g == s->list + s->n) {
		s->n++;
	} else {
		for (at = chain_of(s, g->hash); s->list + *at != g;
		    at = &s->list[*at].next)
			s->steps++;
		*at = g->next;
	}
	at = chain_of(s, hash);
	new.next = *at;
	*g = new;
	*at = (uint16_t)(g - s->list);
}

/* Where to write it: over the same, the oldest of a bound that is reached, one
 * whose time is over, behind all, or over the oldest. */
static struct given *
place(struct stored *s, const struct given *new)
{
	struct given *g, *old[3] = { NULL, NULL, NULL }, *oldest = NULL;
	int i, of_host = 0, of_net = 0, of_hash = 0;

	for (i = 0; i < s->n; i++, s->steps++) {
		g = &s->list[i];
		if (g->host == new->host && ++of_host)
			older(&old[0], g);
		if (g->net == new->net && ++of_net)
			older(&old[1], g);
		if (memcmp(g->hash, new->hash, ID_LEN) == 0) {
			if (addr_same(&g->addr, &new->addr))
				return g;
			of_hash++;
			older(&old[2], g);
		}
		older(&oldest, g);
	}
	if (of_host >= HOST_MOST)
		return old[0];
	if (of_net >= NET_MOST && addr_scope(&new->addr) == SCOPE_GLOBAL)
		return old[1];
	if (of_hash >= HASH_MOST)
		return old[2];
	if (s->n == STORED_MOST || (oldest &&
	    new->at_ms - oldest->at_ms >= KEEP_MS))
		return oldest;
	if (s->n == s->cap) {
		s->cap = MAX(2 * s->cap, 16);
		s->list = xrealloc(s->list, (size_t)s->cap, sizeof *s->list);
	}
	return s->list + s->n;
}

static void
older(struct given **oldest, struct given *g)
{
	if (!*oldest || g->at_ms < (*oldest)->at_ms)
		*oldest = g;
}

int
stored_get(struct stored *s, const uint8_t *hash, struct addr *list, int most,
    int64_t now_ms)
{
	const struct given *g;
	uint16_t i;
	int n = 0, seen = 0, at;

	for (i = *chain_of(s, hash); i != NONE; i = g->next, s->steps++) {
		g = &s->list[i];
		if (memcmp(g->hash, hash, ID_LEN) != 0 ||
		    now_ms - g->at_ms >= KEEP_MS)
			continue;
		at = n < most ? n++ : (int)rnd_below(&s->rnd,
		    (uint32_t)seen + 1);
		seen++;
		if (at < most)
			list[at] = g->addr;
	}
	return n;
}

int
stored_count(const struct stored *s)
{
	return s->n;
}

uint64_t
stored_steps(const struct stored *s)
{
	return s->steps;
}
