/* The members of one swarm in one family of addresses.
 *
 *	head | cap records | index
 *
 * A set of some size has an index of its records by address and port behind
 * them, open-addressed: a record's place, from 1 on, below some bits of its
 * hash, so that records are rarely looked at in vain; 0 for none.  A short
 * set is walked.  A gap is filled with the last record, so that the first n
 * are in use. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "addr.h"
#include "track/members.h"

enum {
	INDEX_FROM = 32,   /* records */
	TAGS_MAX   = 4096, /* records searched for a tag */
	PLACE_BITS = 23    /* of an entry of the index */
};

#define PLACE ((UINT32_C(1) << PLACE_BITS) - 1)

struct members {
	uint32_t n, nfetch;
	uint32_t cap : 31, six : 1;
};

static uint32_t *index_of(const struct members *r);
static uint32_t index_len(uint32_t cap);
static size_t bytes_of(uint32_t cap, int six);
static uint64_t hash_of(const uint64_t *mix, const uint8_t *compact, int six);
static uint32_t home_of(uint64_t hash, uint32_t len);
static uint32_t entry_of(uint64_t hash, uint32_t at);
static uint32_t index_find(const struct members *r, const uint64_t *mix,
    uint32_t at);
static void index_add(struct members *r, const uint64_t *mix, uint32_t at);
static void index_remove(struct members *r, const uint64_t *mix, uint32_t at);
static int is_same(const uint8_t *a, const uint8_t *b, int six);
static void swap(struct members *r, const uint64_t *mix, uint32_t i,
    uint32_t j);
static void resize(struct members **r, const uint64_t *mix, int six,
    uint32_t cap);

size_t
members_compact_len(int six)
{
	return six ? 18 : 6;
}

size_t
members_record_len(int six)
{
	return members_compact_len(six) + sizeof(struct info);
}

size_t
members_bytes(const struct members *r)
{
	return r ? bytes_of(r->cap, r->six) : 0;
}

static size_t
bytes_of(uint32_t cap, int six)
{
	return sizeof(struct members) + cap * members_record_len(six) +
	    index_len(cap) * sizeof(uint32_t);
}

enum addr_scope
members_scope(const uint8_t *compact, int six)
{
	struct addr a;

	addr_unpack(&a, compact, !six);
	return addr_scope(&a);
}

uint32_t
members_len(const struct members *r)
{
	return r ? r->n : 0;
}

uint32_t
members_nfetch(const struct members *r)
{
	return r ? r->nfetch : 0;
}

int
members_six(const struct members *r)
{
	return r->six;
}

uint8_t *
members_at(const struct members *r, uint32_t at)
{
	return (uint8_t *)(r + 1) + at * members_record_len(r->six);
}

struct info *
members_info(const struct members *r, uint32_t at)
{
	return (struct info *)(members_at(r, at) +
	    members_compact_len(r->six));
}

uint32_t
members_find(const struct members *r, const uint64_t mix[MEMBERS_MIX],
    const uint8_t *compact)
{
	uint32_t len = r ? index_len(r->cap) : 0, *idx, i;
	uint64_t h;

	for (i = 0; r && len == 0 && i < r->n; i++)
		if (is_same(members_at(r, i), compact, r->six))
			return i;
	if (len == 0)
		return MEMBERS_NIL;
	idx = index_of(r);
	h = hash_of(mix, compact, r->six);
	for (i = home_of(h, len); idx[i] != 0; i = i + 1 < len ? i + 1 : 0)
		if (((idx[i] ^ entry_of(h, 0)) & ~PLACE) == 0 &&
		    is_same(members_at(r, (idx[i] & PLACE) - 1), compact,
		    r->six))
			return (idx[i] & PLACE) - 1;
	return MEMBERS_NIL;
}

uint32_t
members_find_tag(const struct members *r, const uint8_t tag[4])
{
	uint32_t i;

	for (i = 0; i < members_len(r) && i < TAGS_MAX; i++)
		if (memcmp(members_info(r, i)->tag, tag, 4) == 0)
			return i;
	return MEMBERS_NIL;
}

uint32_t
members_add(struct members **r, const uint64_t mix[MEMBERS_MIX], int six,
    const uint8_t *compact, int seed)
{
	struct members *l = *r;
	uint32_t at, *idx;

	if (!l)
		resize(r, mix, six, 1);
	else if (l->n == l->cap)
		resize(r, mix, six, l->n + 1 +
		    (l->n < INDEX_FROM ? l->n / 8 : l->n / 4));
	l = *r;
	at = seed ? l->n : l->nfetch;
	if (at < l->n) { /* the first seed makes room and becomes the last */
		idx = index_of(l);
		if (index_len(l->cap) > 0)
			idx[index_find(l, mix, at)] += l->n - at;
		memcpy(members_at(l, l->n), members_at(l, at),
		    members_record_len(six));
	}
	l->n++;
	l->nfetch += !seed;
	memset(members_at(l, at), 0, members_record_len(six));
	memcpy(members_at(l, at), compact, members_compact_len(six));
	index_add(l, mix, at);
	return at;
}

void
members_remove(struct members **r, const uint64_t mix[MEMBERS_MIX],
    uint32_t at)
{
	struct members *l = *r;

	at = members_turn(r, mix, at, 1);
	swap(l, mix, at, l->n - 1);
	index_remove(l, mix, l->n - 1);
	l->n--;
}

uint32_t
members_turn(struct members **r, const uint64_t mix[MEMBERS_MIX], uint32_t at,
    int seed)
{
	struct members *l = *r;

	if ((at >= l->nfetch) == seed)
		return at;
	if (seed) {
		swap(l, mix, at, --l->nfetch);
		return l->nfetch;
	}
	swap(l, mix, at, l->nfetch);
	return l->nfetch++;
}

void
members_fit(struct members **r, const uint64_t mix[MEMBERS_MIX])
{
	struct members *l = *r;

	if (l && l->n == 0) {
		free(l);
		*r = NULL;
	} else if (l && l->cap > 4 && l->n < l->cap / 2) {
		resize(r, mix, l->six, l->n + l->n / 8);
	}
}

/* Room for cap records, and for what else fits: malloc's blocks have 16k + 8
 * bytes. */
static void
resize(struct members **r, const uint64_t *mix, int six, uint32_t cap)
{
	struct members *was = *r, *l;
	uint32_t spare, i;

	spare = (uint32_t)((24 - bytes_of(cap, six) % 16) % 16 /
	    members_record_len(six));
	if (index_len(cap + spare) == 0)
		cap += spare;
	if (index_len(cap) == 0 && (!was || index_len(was->cap) == 0)) {
		l = xrealloc(was, bytes_of(cap, six), 1);
		if (!was)
			memset(l, 0, sizeof *l);
		l->cap = cap & INT32_MAX;
		l->six = six & 1;
		*r = l;
		return;
	}
	l = xmalloc(bytes_of(cap, six));
	*l = *was;
	l->cap = cap & INT32_MAX;
	memcpy(l + 1, was + 1, was->n * members_record_len(six));
	memset(index_of(l), 0, index_len(cap) * sizeof(uint32_t));
	for (i = 0; i < l->n; i++)
		index_add(l, mix, i);
	free(was);
	*r = l;
}

static void
swap(struct members *r, const uint64_t *mix, uint32_t i, uint32_t j)
{
	uint32_t *idx = index_of(r), x, y;
	uint8_t rec[MEMBERS_RECORD_MAX];
	size_t len = members_record_len(r->six);

	if (i == j)
		return;
	if (index_len(r->cap) > 0) {
		x = index_find(r, mix, i);
		y = index_find(r, mix, j);
		idx[x] = (idx[x] & ~PLACE) | (j + 1);
		idx[y] = (idx[y] & ~PLACE) | (i + 1);
	}
	memcpy(rec, members_at(r, i), len);
	memcpy(members_at(r, i), members_at(r, j), len);
	memcpy(members_at(r, j), rec, len);
}

static uint32_t *
index_of(const struct members *r)
{
	return (uint32_t *)(void *)members_at(r, r->cap);
}

/* Two thirds are used at most. */
static uint32_t
index_len(uint32_t cap)
{
	return cap < INDEX_FROM ? 0 : cap + cap / 2;
}

static uint64_t
hash_of(const uint64_t *mix, const uint8_t *compact, int six)
{
	uint64_t h;

	if (!six)
		return (((uint64_t)get32(compact) << 16 | get16(compact + 4)) ^
		    mix[0]) * mix[1];
	h = (get64(compact) ^ mix[0]) * mix[1];
	h = ((h ^ h >> 32) + get64(compact + 8)) * mix[2];
	return ((h ^ h >> 32) + get16(compact + 16)) * mix[3];
}

static uint32_t
home_of(uint64_t hash, uint32_t len)
{
	return (uint32_t)((hash >> 32) * len >> 32);
}

static uint32_t
entry_of(uint64_t hash, uint32_t at)
{
	return (uint32_t)hash << PLACE_BITS | (at + 1);
}

/* Where the index has the record at. */
static uint32_t
index_find(const struct members *r, const uint64_t *mix, uint32_t at)
{
	uint32_t len = index_len(r->cap), *idx = index_of(r), i;
	uint64_t h = hash_of(mix, members_at(r, at), r->six);

	for (i = home_of(h, len); idx[i] != entry_of(h, at);
	    i = i + 1 < len ? i + 1 : 0)
		;
	return i;
}

static void
index_add(struct members *r, const uint64_t *mix, uint32_t at)
{
	uint32_t len = index_len(r->cap), *idx = index_of(r), i;
	uint64_t h;

	if (len == 0)
		return;
	h = hash_of(mix, members_at(r, at), r->six);
	for (i = home_of(h, len); idx[i] != 0; i = i + 1 < len ? i + 1 : 0)
		;
	idx[i] = entry_of(h, at);
}

/* Those after it that it kept from their places move up. */
static void
index_remove(struct members *r, const uint64_t *mix, uint32_t at)
{
	uint32_t len = index_len(r->cap), *idx = index_of(r);
	uint32_t hole, i, home;

	if (len == 0)
		return;
	hole = index_find(r, mix, at);
	for (i = hole + 1 < len ? hole + 1 : 0; idx[i] != 0;
	    i = i + 1 < len ? i + 1 : 0) {
		home = home_of(hash_of(mix, members_at(r,
		    (idx[i] & PLACE) - 1), r->six), len);
		if ((i < home ? i + len - home : i - home) >=
		    (i < hole ? i + len - hole : i - hole)) {
			idx[hole] = idx[i];
			hole = i;
		}
	}
	idx[hole] = 0;
}

/* Lengths that the compiler knows are compared in place. */
static int
is_same(const uint8_t *a, const uint8_t *b, int six)
{
	return six ? memcmp(a, b, 18) == 0 : memcmp(a, b, 6) == 0;
}
