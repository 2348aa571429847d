/* Known peers.  A table of at most KNOWN_MAX, found by a hash of their host
 * (IPv6: the /64; on this host each port is one), and a heap of those that may
 * be dialled, the next one first.  An address is never dialled twice within a
 * minute, but for one that the user named.
 *
 * Strangers' words (of peers, and of the DHT) are cheap: they get shares of
 * the table, and what one peer alone has said is tried once. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "addr.h"
#include "find/known.h"

enum {
	BANNED_MAX   = 256,   /* addresses */
	BUCKETS      = 1024,
	PEER_SHARE   = KNOWN_MAX / 4, /* of the table */
	DHT_SHARE    = KNOWN_MAX / 2,
	LOCAL_SHARE  = KNOWN_MAX / 8,
	PORT_LEAST   = 1024,  /* that strangers may name */
	NEAR_PEER    = 4,     /* of one host, if strangers name it, */
	NEAR_MOST    = 32,    /* or a tracker */
	TELLERS      = 256,   /* of them, by a hash, */
	TOLD_MOST    = 64,    /* addresses that each has told; dialled: */
	TOLD_BURST   = 8,     /* so many at once, */
	TOLD_MS      = 1000,  /* then one in this time */
	LOOKS        = 64,    /* at entries, for one that may be forgotten */
	WAIT_MS      = 60000, /* after the first failure; doubled each time */
	USER_WAIT_MS = 2000,
	TWIN_MS      = 120000,
	DOUBLINGS    = 6
};

#define NONE UINT16_MAX

static const int shares[ORIGINS] = { PEER_SHARE, DHT_SHARE, LOCAL_SHARE,
	LOCAL_SHARE, KNOWN_MAX, KNOWN_MAX };

struct entry {
	struct addr addr;
	enum origin from;
	int64_t due_ms;       /* INT64_MAX: in use, or never */
	int64_t due_was_ms;   /* before a claim */
	uint32_t seq;         /* among those due at the same time */
	int in_use, never, fails;
	int vouched;          /* two have named it, or it has answered */
	int spent;            /* tried on one peer's word: not again */
	uint32_t teller;      /* a hash of who told us; 0: nobody */
	int charged;          /* it is on that one's account */
	uint16_t heap_at;     /* its place in heap, or NONE */
	uint16_t chain;       /* the next of its bucket, or NONE */
};

/* A peer that tells of others. */
struct teller {
	int n;                /* entries that are on its account */
	int64_t paid_ms;      /* the time up to which its dials are paid */
};

struct known {
	uint8_t key[16];
	struct entry list[KNOWN_MAX];
	uint16_t heap[KNOWN_MAX], buckets[BUCKETS];
	int n, nheap, count[ORIGINS];
	enum origin least;    /* whose words count */
	struct teller tellers[TELLERS];
	int hand;             /* where the next to be forgotten is sought */
	uint32_t seq;
	uint64_t steps;
	struct addr banned[BANNED_MAX];
	int nbanned, ban_at;
};

static const char names[ORIGINS][16] = { "other peers", "the DHT",
	"local discovery", "the last time",
	"a tracker", "the user" };

static uint64_t host_hash(const struct known *k, const struct addr *a);
static uint16_t *bucket_of(struct known *k, const struct addr *a);
static int same_host(const struct addr *a, const struct addr *b);
static struct entry *find(struct known *k, const struct addr *a);
static int add(struct known *k, const struct addr *a, enum origin from,
    uint32_t teller, int64_t due_ms);
static void name_again(struct known *k, struct entry *e, enum origin from,
    uint32_t teller);
static void uncharge(struct known *k, struct entry *e);
static int crowded(struct known *k, const struct addr *a, enum origin from);
static struct entry *new_entry(struct known *k, enum origin from);
static int badness(const struct entry *e, enum origin from);
static void unchain(struct known *k, struct entry *e);
static void set_due(struct known *k, struct entry *e, int64_t due_ms);
static int before(const struct known *k, uint16_t a, uint16_t b);
static void heap_put(struct known *k, int at, uint16_t i);
static void heap_mend(struct known *k, int at);

struct known *
known_new(uint64_t seed)
{
	struct known *k = xcalloc(1, sizeof *k);

	put64(k->key, seed);
	memset(k->buckets, 0xff, sizeof k->buckets);
	return k;
}

void
known_free(struct known *k)
{
	free(k);
}

uint64_t
known_steps(const struct known *k)
{
	return k->steps;
}

/* A secret hash of a's host: of its /64, if it is of IPv6. */
static uint64_t
host_hash(const struct known *k, const struct addr *a)
{
	uint8_t host[18] = { 0 };

	memcpy(host, a->ip, addr_is4(a) || addr_is_loopback(a) ? 16 : 8);
	if (addr_is_loopback(a))
		put16(host + 16, a->port);
	return siphash(k->key, host, sizeof host);
}

static uint16_t *
bucket_of(struct known *k, const struct addr *a)
{
	return &k->buckets[host_hash(k, a) % BUCKETS];
}

/* Peers on this host are apart by their ports alone. */
static int
same_host(const struct addr *a, const struct addr *b)
{
	return addr_is_loopback(a) ? addr_same(a, b) : addr_near(a, b);
}

static struct entry *
find(struct known *k, const struct addr *a)
{
	uint16_t i = *bucket_of(k, a);

	for (; i != NONE; i = k->list[i].chain, k->steps++)
		if (addr_same(&k->list[i].addr, a))
			return &k->list[i];
	return NULL;
}

/* Whether the table has as many of this host as there may be. */
static int
crowded(struct known *k, const struct addr *a, enum origin from)
{
	int n = 0, most = from <= FROM_DHT ? NEAR_PEER : NEAR_MOST;
	uint16_t i = *bucket_of(k, a);

	for (; i != NONE && n < most; i = k->list[i].chain, k->steps++)
		n += same_host(&k->list[i].addr, a);
	return from != FROM_USER && n >= most;
}

int
known_add(struct known *k, const struct addr *a, enum origin from)
{
	return add(k, a, from, 0, 0);
}

int
known_await(struct known *k, const struct addr *a, int64_t due_ms)
{
	return add(k, a, FROM_TRACKER, 0, due_ms);
}

int
known_told(struct known *k, const struct addr *a, const struct addr *teller,
    int64_t now_ms)
{
	uint32_t h = (uint32_t)host_hash(k, teller) | 1;
	struct teller *t = &k->tellers[h % TELLERS];
	int64_t from_ms = MAX(t->paid_ms, now_ms - TOLD_BURST * TOLD_MS);

	/* what is due at once is given by rank: 0 */
	if (t->n >= TOLD_MOST || !add(k, a, FROM_PEER, h,
	    from_ms < now_ms ? 0 : from_ms))
		return 0;
	t->paid_ms = from_ms + TOLD_MS;
	return 1;
}

int
known_count(const struct known *k, enum origin from)
{
	return k->count[from];
}

const char *
origin_name(enum origin from)
{
	return names[from];
}

int
known_named(struct known *k, const struct addr *a)
{
	const struct entry *e = find(k, a);

	return e && e->from == FROM_USER;
}

int
known_hopes(struct known *k, const struct addr *a)
{
	const struct entry *e = find(k, a);

	return e && e->from == FROM_USER && e->fails == 0 && !e->vouched;
}

static int
add(struct known *k, const struct addr *a, enum origin from, uint32_t teller,
    int64_t due_ms)
{
	struct entry *e = find(k, a);
	uint16_t *bucket;

	if (from < k->least)
		return 0;
	if (e)
		name_again(k, e, from, teller);
	if (e || !addr_dialable(a) || known_banned(k, a) ||
	    (from <= FROM_LOCAL && a->port < PORT_LEAST) || crowded(k, a, from))
		return 0;
	e = new_entry(k, from);
	if (!e)
		return 0;
	memset(e, 0, sizeof *e);
	e->addr = *a;
	e->from = from;
	e->heap_at = NONE;
	e->teller = teller;
	k->count[from]++;
	e->charged = teller != 0;
	if (teller)
		k->tellers[teller % TELLERS].n++;
	bucket = bucket_of(k, a);
	e->chain = *bucket;
	*bucket = (uint16_t)(e - k->list);
	set_due(k, e, due_ms);
	return 1;
}

/* A word from elsewhere makes what is known likelier, and worth another try.
 */
static void
name_again(struct known *k, struct entry *e, enum origin from, uint32_t teller)
{
	int spent = e->spent;

	if (from == e->from && teller == e->teller)
		return;
	e->vouched = 1;
	uncharge(k, e);
	if (from > e->from) {
		k->count[e->from]--;
		k->count[from]++;
		e->from = from;
		e->teller = 0;
	}
	e->spent = 0;
	if (e->heap_at != NONE)
		heap_mend(k, e->heap_at);
	else if (spent && !e->in_use && !e->never &&
	    !known_banned(k, &e->addr))
		set_due(k, e, e->due_was_ms);
}

/* The entry is not on its teller's account any more: it has been tried, or
 * somebody else named it. */
static void
uncharge(struct known *k, struct entry *e)
{
	if (e->charged)
		k->tellers[e->teller % TELLERS].n--;
	e->charged = 0;
}

/* A free place, or the worst of some entries makes room; NULL: none can. */
static struct entry *
new_entry(struct known *k, enum origin from)
{
	struct entry *e = NULL, *o;
	int i;

	if (k->n < KNOWN_MAX && k->count[from] < shares[from])
		return &k->list[k->n++];
	for (i = 0; i < LOOKS && i < k->n; i++, k->steps++) {
		k->hand = (k->hand + 1) % k->n;
		o = &k->list[k->hand];
		if (badness(o, from) > (e ? badness(e, from) : 0))
			e = o;
	}
	if (!e)
		return NULL;
	k->hand = (int)(e - k->list); /* there may be more near it */
	set_due(k, e, INT64_MAX);
	unchain(k, e);
	k->count[e->from]--;
	uncharge(k, e);
	return e;
}

/* How well an entry can be spared for one that comes from elsewhere, 0: not at
 * all. */
static int
badness(const struct entry *e, enum origin from)
{
	if (e->in_use || e->from == FROM_USER || from < e->from)
		return 0;
	return e->never ? INT16_MAX : e->fails + (from > e->from) + e->spent;
}

static void
unchain(struct known *k, struct entry *e)
{
	uint16_t *at = bucket_of(k, &e->addr);

	for (; &k->list[*at] != e; at = &k->list[*at].chain)
		k->steps++;
	*at = e->chain;
}

const struct addr *
known_next(struct known *k, int64_t now_ms)
{
	struct entry *e;

	if (known_when(k) > now_ms)
		return NULL;
	e = &k->list[k->heap[0]];
	e->in_use = 1;
	set_due(k, e, INT64_MAX);
	return &e->addr;
}

int64_t
known_when(const struct known *k)
{
	return k->nheap > 0 ? k->list[k->heap[0]].due_ms : INT64_MAX;
}

int
known_trusts(const struct known *k)
{
	const struct entry *e = k->nheap > 0 ? &k->list[k->heap[0]] : NULL;

	return e && (e->vouched || e->from >= FROM_LOCAL);
}

void
known_only(struct known *k, enum origin least)
{
	struct entry *e;
	int i;

	k->least = least;
	for (i = 0; i < k->n; i++) {
		e = &k->list[i];
		if (e->from >= least)
			continue;
		e->spent = 1; /* until somebody better names it */
		e->due_was_ms = 0;
		set_due(k, e, INT64_MAX);
	}
}

int
known_counts(struct known *k, const struct addr *a)
{
	const struct entry *e = find(k, a);

	return e && e->from >= k->least;
}

int
known_claim(struct known *k, const struct addr *a)
{
	struct entry *e;

	known_add(k, a, FROM_PEER);
	e = find(k, a);
	if (!e || e->in_use)
		return 0;
	e->in_use = 1;
	e->due_was_ms = e->due_ms;
	set_due(k, e, INT64_MAX);
	return 1;
}

void
known_unclaim(struct known *k, const struct addr *a, int64_t now_ms)
{
	struct entry *e = find(k, a);

	if (!e || !e->in_use)
		return;
	e->in_use = 0;
	if (e->never || known_banned(k, a))
		return;
	set_due(k, e, e->from == FROM_PEER ? now_ms + WAIT_MS :
	    e->due_was_ms);
}

int
known_doubt(struct known *k, const struct addr *a, int64_t now_ms)
{
	struct entry *e = find(k, a);

	if (!e || !e->in_use || e->from == FROM_PEER)
		return 0;
	e->in_use = 0;
	if (!e->never && !known_banned(k, a))
		set_due(k, e, now_ms);
	return 1;
}

void
known_over(struct known *k, const struct addr *a, int worked, int64_t now_ms)
{
	struct entry *e = find(k, a);
	int64_t due_ms;

	if (!e || !e->in_use)
		return;
	e->in_use = 0;
	e->fails = worked ? 0 : e->fails + 1;
	e->vouched |= worked;
	if (e->never || known_banned(k, a))
		return;
	due_ms = now_ms + ((int64_t)(e->from == FROM_USER ? USER_WAIT_MS :
	    WAIT_MS) << MIN(MAX(e->fails - 1, 0), DOUBLINGS));
	e->spent = e->teller && !e->vouched;
	if (e->spent || e->vouched)
		uncharge(k, e);
	e->due_was_ms = due_ms;
	set_due(k, e, e->spent ? INT64_MAX : due_ms);
}

void
known_later(struct known *k, const struct addr *a, int64_t now_ms)
{
	struct entry *e = find(k, a);

	known_over(k, a, 1, now_ms);
	if (e && e->heap_at != NONE)
		set_due(k, e, now_ms + TWIN_MS);
}

void
known_soon(struct known *k, const struct addr *a, int64_t now_ms)
{
	struct entry *e = find(k, a);

	if (e && e->heap_at != NONE)
		set_due(k, e, MIN(e->due_ms, now_ms + (e->from == FROM_USER ?
		    USER_WAIT_MS : WAIT_MS)));
}

void
known_renew(struct known *k, int all, int64_t now_ms)
{
	struct entry *e;

	for (e = k->list; e < k->list + k->n; e++) {
		if (e->heap_at == NONE || e->due_ms == INT64_MAX ||
		    (!all && (!e->vouched || e->fails > 0)))
			continue;
		e->fails = 0;
		set_due(k, e, MIN(e->due_ms, now_ms));
	}
}

void
contact_claim(struct known *k, struct contact *ct, const struct addr *a)
{
	ct->home = *a;
	ct->claims = known_claim(k, a);
	if (!ct->claims)
		ct->home.port = 0;
}

void
contact_doubt(struct known *k, struct contact *ct, int64_t now_ms)
{
	if (ct->claims && known_doubt(k, &ct->home, now_ms))
		ct->claims = ct->home.port = 0;
}

void
contact_twin(struct known *k, const struct contact *drop, struct contact *keep,
    int64_t now_ms)
{
	if (drop->home.port && !keep->twin.port)
		keep->twin = drop->home;
	known_later(k, &drop->home, now_ms);
}

void
contact_over(struct known *k, struct contact *ct, int worked, int64_t now_ms)
{
	if (ct->claims)
		known_unclaim(k, &ct->home, now_ms);
	else
		known_over(k, &ct->home, worked, now_ms);
	known_soon(k, &ct->twin, now_ms);
}

void
known_ban(struct known *k, const struct addr *a)
{
	uint16_t i = *bucket_of(k, a);

	k->banned[k->ban_at] = *a;
	k->ban_at = (k->ban_at + 1) % BANNED_MAX;
	k->nbanned = MIN(k->nbanned + 1, BANNED_MAX);
	for (; i != NONE; i = k->list[i].chain)
		if (same_host(&k->list[i].addr, a))
			set_due(k, &k->list[i], INT64_MAX);
}

int
known_banned(const struct known *k, const struct addr *a)
{
	int i;

	for (i = 0; i < k->nbanned; i++)
		if (same_host(&k->banned[i], a))
			return 1;
	return 0;
}

void
known_never(struct known *k, const struct addr *a)
{
	struct entry *e;

	known_add(k, a, FROM_TRACKER);
	e = find(k, a);
	if (e) {
		e->never = 1;
		set_due(k, e, INT64_MAX);
	}
}

/* The heap.  INT64_MAX takes an entry out of it. */
static void
set_due(struct known *k, struct entry *e, int64_t due_ms)
{
	uint16_t last;
	int at = e->heap_at;

	if (e->from < k->least)
		due_ms = INT64_MAX;
	e->due_ms = due_ms;
	e->seq = ++k->seq;
	if (due_ms < INT64_MAX) {
		if (at == NONE)
			heap_put(k, at = k->nheap++,
			    (uint16_t)(e - k->list));
		heap_mend(k, at);
	} else if (at != NONE) {
		e->heap_at = NONE;
		last = k->heap[--k->nheap];
		if (at < k->nheap) {
			heap_put(k, at, last);
			heap_mend(k, at);
		}
	}
}

static int
before(const struct known *k, uint16_t a, uint16_t b)
{
	const struct entry *x = &k->list[a], *y = &k->list[b];

	if (x->due_ms != y->due_ms)
		return x->due_ms < y->due_ms;
	return x->vouched != y->vouched ? x->vouched : x->seq < y->seq;
}

static void
heap_put(struct known *k, int at, uint16_t i)
{
	k->heap[at] = i;
	k->list[i].heap_at = (uint16_t)at;
}

/* One entry, at a place, may stand wrong. */
static void
heap_mend(struct known *k, int at)
{
	uint16_t i = k->heap[at];
	int kid;

	for (; at > 0 && before(k, i, k->heap[(at - 1) / 2]);
	    at = (at - 1) / 2, k->steps++)
		heap_put(k, at, k->heap[(at - 1) / 2]);
	for (; (kid = 2 * at + 1) < k->nheap; at = kid, k->steps++) {
		if (kid + 1 < k->nheap &&
		    before(k, k->heap[kid + 1], k->heap[kid]))
			kid++;
		if (before(k, i, k->heap[kid]))
			break;
		heap_put(k, at, k->heap[kid]);
	}
	heap_put(k, at, i);
}
