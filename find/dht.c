/* A node of the DHT: joins the table of nodes, what others announced, the
 * queries under way and the searches.
 *
 * Nobody can aim us.  An address that has not answered gets a few queries a
 * minute, whoever names it and however often; all addresses together get so
 * many a second.
 *
 * The id is made for our address (BEP 42), anew when that changes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "sha1.h"
#include "bencode.h"
#include "addr.h"
#include "find/nodeid.h"
#include "find/krpc.h"
#include "find/quota.h"
#include "find/nodes.h"
#include "find/stored.h"
#include "find/pending.h"
#include "find/search.h"
#include "find/wanted.h"
#include "find/outside.h"
#include "find/reply.h"
#include "find/dht.h"

enum {
	HUNTS_MOST   = 16,         /* at the same time, */
	HUNTS_FIND   = 2,          /* these for nodes alone */
	MEETS_MOST   = 64,
	MEETS_KEPT   = 32,         /* whoever else comes */
	ASK_MOST     = 4,          /* queries a minute without an answer */
	ASK_OPEN     = 192,        /* under way; announces may be more */
	ASK_US       = 20000,      /* a query of ours, after */
	ASK_BURST    = 200,
	ANSWER_MOST  = 12,         /* answers a second to an address */
	ANSWER_US    = 5000,
	ANSWER_BURST = 200,
	FEW_NODES    = 32,         /* a new one helps searches under way */
	NODES_MOST   = 16,         /* of one answer, that are read, */
	PEERS_MOST   = 100,        /* and peers */
	AGAIN_MS     = 15 * 60000, /* the longest of what is doubled */
	JOIN_MS      = 15000,      /* to the next search for ourselves, */
	MEET_MS      = 5000,       /* and to ask whom we met; doubled */
	TEND_MS      = 5000,
	TEND_PINGS   = 2,
	DEAF_MS      = 30 * 60000,
	DEAF_GOOD    = 32,
	DEAF_MINUTES = 10          /* a NAT lets in whom we asked so lately */
};

enum reach { REACH_UNKNOWN, REACH_YES, REACH_NO };

struct hunt {
	struct search s;
	uint32_t number;           /* not 0 */
	int get;                   /* peers, not nodes alone */
};

struct dht {
	const struct dht_ops *ops; /* borrowed */
	void *arg;
	int six;
	uint8_t key[16], id[ID_LEN];
	uint64_t nrandom;
	int64_t now_ms;            /* of this call */
	struct nodes *nodes;       /* owned, as all below */
	struct stored *stored;
	struct pending pending;
	struct quota asked, answered;
	int64_t ask_us, answer_us; /* until when the budgets are spent */
	struct wanted wanted;
	int64_t wanted_ms;         /* one may be due */
	struct hunt *hunts[HUNTS_MOST];
	uint32_t nhunts;           /* ever */
	struct addr meets[MEETS_MOST];
	uint8_t meet_now[MEETS_MOST];
	int nmeets, meet_at;
	int64_t meet_ms;           /* one may have to be asked, */
	int64_t remeet_ms, remeet_wait_ms; /* or all, while there is no node */
	int64_t join_ms, join_wait_ms, tend_ms;
	struct outside outside;
	enum reach reach;
	int deaf;                  /* nobody reaches us, it seems */
	int64_t heard_ms;          /* when one did, or -1 */
	struct replier replier;    /* borrows id, nodes and stored */
	struct buf out;
	uint64_t steps;
};

static void begin(struct dht *d, int64_t now_ms);
static void work(struct dht *d);
static void random_bytes(struct dht *d, uint8_t *p, size_t n);
static int can_ask(struct dht *d);
static int ask(struct dht *d, const struct addr *to, const uint8_t *id,
    struct krpc *m, uint32_t hunt);
static void ping(struct dht *d, const struct addr *to, const uint8_t *id);
static void on_query(struct dht *d, const struct krpc *q,
    const struct addr *from, size_t n, int error);
static int may_answer(struct dht *d, const struct addr *from);
static void heard(struct dht *d, const struct addr *from);
static void on_answer(struct dht *d, const struct krpc *m,
    const struct addr *from);
static void take_nodes(struct dht *d, struct hunt *h, struct span list,
    const struct addr *from);
static void take_peers(struct dht *d, const uint8_t *hash, struct span values,
    const struct addr *from);
static void tell_hunts(struct dht *d, const uint8_t *id,
    const struct addr *from);
static int believable(const struct addr *a, const struct addr *from);
static void gone(struct dht *d, const struct query *q);
static void moved(struct dht *d);
static struct hunt *hunt_of(struct dht *d, uint32_t number);
static int free_hunt(const struct dht *d, int get);
static int hunt_start(struct dht *d, const uint8_t *target, int get);
static void hunt_go(struct dht *d, struct hunt *h);
static void hunt_end(struct dht *d, struct hunt **at);
static void announce(struct dht *d, const struct search *s,
    const struct torrent *t);
static void meet_due(struct dht *d);
static void wanted_due(struct dht *d);
static void give_own(struct dht *d, const uint8_t *hash);
static void tend(struct dht *d);

struct dht *
dht_new(int six, uint64_t seed, const struct dht_ops *ops, void *arg)
{
	struct dht *d = xcalloc(1, sizeof *d);

	d->ops = ops;
	d->arg = arg;
	d->six = six != 0;
	put64(d->key, seed);
	random_bytes(d, d->key, sizeof d->key);
	d->heard_ms = -1;
	d->wanted_ms = d->meet_ms = INT64_MAX;
	random_bytes(d, d->id, ID_LEN);
	d->nodes = nodes_new(d->id);
	d->stored = stored_new(d->key);
	d->replier.six = d->six;
	d->replier.id = d->id;
	d->replier.nodes = d->nodes;
	d->replier.stored = d->stored;
	return d;
}

void
dht_free(struct dht *d)
{
	int i;

	for (i = 0; i < HUNTS_MOST; i++)
		free(d->hunts[i]);
	while (d->wanted.n > 0)
		wanted_remove(&d->wanted, d->wanted.list[0]->hash);
	nodes_free(d->nodes);
	stored_free(d->stored);
	buf_free(&d->out);
	buf_free(&d->replier.lists);
	free(d);
}

/* Nobody can tell from those that he sees what others will be. */
static void
random_bytes(struct dht *d, uint8_t *p, size_t n)
{
	uint8_t key[16], bytes[8];

	memcpy(key, d->key, sizeof key);
	for (; n > 0; p += MIN(n, 8), n -= MIN(n, 8)) {
		put64(bytes, d->nrandom++);
		put64(bytes, siphash(key, bytes, sizeof bytes));
		memcpy(p, bytes, MIN(n, 8));
	}
}

/* A call begins. */
static void
begin(struct dht *d, int64_t now_ms)
{
	d->now_ms = now_ms;
	if (d->heard_ms < 0) {
		d->heard_ms = d->tend_ms = now_ms;
		d->join_wait_ms = JOIN_MS;
		d->remeet_ms = now_ms + MEET_MS;
		d->remeet_wait_ms = MEET_MS;
	}
}

int64_t
dht_tick(struct dht *d, int64_t now_ms)
{
	int64_t due;

	begin(d, now_ms);
	work(d);
	due = MIN(pending_when(&d->pending), d->meet_ms);
	if (nodes_count(d->nodes) == 0)
		return due;
	due = MIN(due, d->tend_ms);
	if (free_hunt(d, 1) >= 0)
		due = MIN(due, d->wanted_ms);
	if (!can_ask(d)) /* one more can be in this time, or is over */
		due = MIN(due, now_ms + ASK_US / 1000);
	return due;
}

/* What is due. */
static void
work(struct dht *d)
{
	const struct query *q;
	struct hunt *h;
	int i;

	while ((q = pending_slow(&d->pending, d->now_ms)))
		if ((h = hunt_of(d, q->search)))
			search_slow(&h->s, q->id);
	while ((q = pending_dead(&d->pending, d->now_ms)))
		gone(d, q);
	if (d->meet_ms <= d->now_ms)
		meet_due(d);
	if (nodes_count(d->nodes) == 0)
		return;
	if (d->tend_ms <= d->now_ms)
		tend(d);
	if (d->wanted_ms <= d->now_ms && free_hunt(d, 1) >= 0)
		wanted_due(d);
	for (i = 0; i < HUNTS_MOST; i++) {
		if (!d->hunts[i])
			continue;
		hunt_go(d, d->hunts[i]);
		if (search_over(&d->hunts[i]->s))
			hunt_end(d, &d->hunts[i]);
	}
}

/* Whether more may be asked.  What must go at once may overdraw this. */
static int
can_ask(struct dht *d)
{
	return d->pending.head - d->pending.tail < ASK_OPEN &&
	    d->ask_us - d->now_ms * 1000 <= (int64_t)ASK_US * ASK_BURST;
}

/* A query of the method and target in m leaves.  1, or 0: too many are under
 * way, or went to that address without an answer.  A node that has always
 * answered may have many searches' at once. */
static int
ask(struct dht *d, const struct addr *to, const uint8_t *id, struct krpc *m,
    uint32_t hunt)
{
	uint64_t hash = quota_hash(d->key, to, 0);
	const struct node *e = id ? nodes_at(d->nodes, id, to) : NULL;
	struct query *q;
	uint8_t secret[4];

	if (d->pending.head - d->pending.tail == PENDING_MOST ||
	    (!quota_take(&d->asked, hash, d->now_ms / 60000, ASK_MOST) &&
	    (!e || e->fails > 0)))
		return 0;
	d->ask_us = MAX(d->ask_us, d->now_ms * 1000) + ASK_US;
	random_bytes(d, secret, sizeof secret);
	q = pending_add(&d->pending, to, id, get32(secret), d->now_ms);
	q->search = hunt;
	if (id)
		nodes_asked(d->nodes, id, to, d->now_ms);
	m->type = 'q';
	m->id = d->id;
	m->tid.p = q->tid;
	m->tid.n = PENDING_TID;
	m->readonly = dht_readonly(d);
	m->version = span_of(REPLY_VERSION);
	d->out.len = 0;
	krpc_write(&d->out, m);
	d->ops->send(d->arg, to, d->out.p, d->out.len);
	return 1;
}

static void
ping(struct dht *d, const struct addr *to, const uint8_t *id)
{
	struct krpc m = { .method = KRPC_PING };

	ask(d, to, id, &m, 0);
}

void
dht_feed(struct dht *d, const uint8_t *p, size_t n, const struct addr *from,
    int64_t now_ms)
{
	struct krpc m;
	int r;

	begin(d, now_ms);
	if (addr_is4(from) == d->six || !addr_dialable(from))
		return;
	r = krpc_read(&m, p, n);
	if (r < 0 || (m.id && memcmp(m.id, d->id, ID_LEN) == 0))
		return; /* or it came from ourselves */
	if (m.type == 'q') {
		on_query(d, &m, from, n, r);
	} else {
		on_answer(d, &m, from);
		work(d);
	}
}

/* A query of n bytes, with an error, or 0. */
static void
on_query(struct dht *d, const struct krpc *q, const struct addr *from,
    size_t n, int error)
{
	heard(d, from);
	if (dht_readonly(d) || !may_answer(d, from))
		return;
	d->replier.now_ms = d->now_ms;
	d->out.len = 0;
	error = reply_write(&d->replier, &d->out, q, error, from, n);
	if (d->out.len > 0)
		d->ops->send(d->arg, from, d->out.p, d->out.len);
	if (!error && !q->readonly && from->port >= REPLY_PORT &&
	    nodes_heard(d->nodes, q->id, from, d->now_ms) && can_ask(d) &&
	    quota_age(&d->asked, quota_hash(d->key, from, 0),
	    d->now_ms / 60000) > 0)
		ping(d, from, NULL);
}

/* Queries from where we have not asked lately show that we can be reached. */
static void
heard(struct dht *d, const struct addr *from)
{
	if (quota_age(&d->asked, quota_hash(d->key, from, 0),
	    d->now_ms / 60000) <= DEAF_MINUTES)
		return;
	d->heard_ms = d->now_ms;
	d->deaf = 0;
	if (d->reach == REACH_NO)
		d->reach = REACH_UNKNOWN;
}

static int
may_answer(struct dht *d, const struct addr *from)
{
	int64_t now_us = d->now_ms * 1000;

	d->answer_us = MAX(d->answer_us, now_us);
	if (d->answer_us - now_us > (int64_t)ANSWER_US * ANSWER_BURST ||
	    !quota_take(&d->answered, quota_hash(d->key, from, 0),
	    d->now_ms / 1000, ANSWER_MOST))
		return 0;
	d->answer_us += ANSWER_US;
	return 1;
}

static void
on_answer(struct dht *d, const struct krpc *m, const struct addr *from)
{
	const struct query *q = pending_match(&d->pending, m->tid, from);
	struct hunt *h;

	if (!q)
		return;
	if (m->type == 'e' || !m->id || (q->known &&
	    memcmp(q->id, m->id, ID_LEN) != 0)) {
		gone(d, q);
		return;
	}
	quota_clear(&d->asked, quota_hash(d->key, from, 0));
	nodes_answered(d->nodes, m->id, from, d->now_ms);
	if (outside_told(&d->outside, quota_hash(d->key, from, 1), m->ip,
	    from))
		moved(d);
	h = hunt_of(d, q->search);
	if (!h) {
		tell_hunts(d, m->id, from);
		return;
	}
	search_answered(&h->s, m->id, m->token);
	take_nodes(d, h, d->six ? m->nodes6 : m->nodes, from);
	if (h->get)
		take_peers(d, h->s.target, m->values, from);
}

/* As long as few nodes are known, each new one helps the searches that began
 * without it. */
static void
tell_hunts(struct dht *d, const uint8_t *id, const struct addr *from)
{
	int i;

	if (nodes_count(d->nodes) <= FEW_NODES)
		for (i = 0; i < HUNTS_MOST; i++)
			if (d->hunts[i])
				search_add(&d->hunts[i]->s, id, from);
}

/* Whether who is at from may name an address: one that leads no nearer to us
 * than he is. */
static int
believable(const struct addr *a, const struct addr *from)
{
	return addr_dialable(a) && a->port >= REPLY_PORT &&
	    addr_scope(a) >= addr_scope(from);
}

static void
take_nodes(struct dht *d, struct hunt *h, struct span list,
    const struct addr *from)
{
	const uint8_t *id;
	struct addr a;
	int i;

	for (i = 0; i < NODES_MOST && krpc_node(&list, d->six, &id, &a); i++)
		if (believable(&a, from) && addr_is4(&a) != d->six &&
		    memcmp(id, d->id, ID_LEN) != 0)
			search_add(&h->s, id, &a);
}

static void
take_peers(struct dht *d, const uint8_t *hash, struct span values,
    const struct addr *from)
{
	struct addr list[PEERS_MOST];
	struct span s;
	int n = 0;

	values = ben_items(values);
	while (n < PEERS_MOST && ben_next_str(&values, &s)) {
		if (s.n != 6 && s.n != 18)
			continue;
		addr_unpack(&list[n], s.p, s.n == 6);
		n += believable(&list[n], from);
	}
	if (n > 0)
		d->ops->peers(d->arg, hash, list, n);
}

/* The query had no answer, or none that counts. */
static void
gone(struct dht *d, const struct query *q)
{
	struct hunt *h = hunt_of(d, q->search);

	if (!q->known)
		return;
	nodes_silent(d->nodes, q->id, &q->to);
	if (h)
		search_dead(&h->s, q->id);
}

/* Our address is another: so is the id, if it does not suit. */
static void
moved(struct dht *d)
{
	const struct addr *self = &d->outside.self;

	if (id_fits(d->id, self))
		return;
	random_bytes(d, d->id, ID_LEN);
	id_suit(d->id, self);
	nodes_rename(d->nodes, d->id, d->now_ms);
	d->heard_ms = d->join_ms = d->now_ms;
	d->join_wait_ms = JOIN_MS;
}

static struct hunt *
hunt_of(struct dht *d, uint32_t number)
{
	int i;

	for (i = 0; number > 0 && i < HUNTS_MOST; i++)
		if (d->hunts[i] && d->hunts[i]->number == number)
			return d->hunts[i];
	return NULL;
}

/* A place for a search for peers, or for nodes; -1: there is none. */
static int
free_hunt(const struct dht *d, int get)
{
	int i = get ? 0 : HUNTS_MOST - HUNTS_FIND;
	int end = get ? HUNTS_MOST - HUNTS_FIND : HUNTS_MOST;

	while (i < end && d->hunts[i])
		i++;
	return i < end ? i : -1;
}

/* 1, or 0: there is no place for it. */
static int
hunt_start(struct dht *d, const uint8_t *target, int get)
{
	int i = free_hunt(d, get), n, which;
	const struct node *near[NODES_K];
	struct hunt *h;

	if (i < 0)
		return 0;
	h = d->hunts[i] = xmalloc(sizeof *h);
	search_init(&h->s, target);
	h->get = get;
	h->number = ++d->nhunts;
	for (which = NODES_FIT; which <= NODES_ODD; which++) {
		n = nodes_nearest(d->nodes, target,
		    (enum nodes_which)which, near, d->now_ms);
		while (n-- > 0)
			search_add(&h->s, near[n]->id, &near[n]->addr);
	}
	return 1;
}

static void
hunt_go(struct dht *d, struct hunt *h)
{
	const struct found *f;
	struct krpc m = { .method = h->get ? KRPC_GET : KRPC_FIND,
		.target = h->s.target };

	while (can_ask(d) && (f = search_next(&h->s)))
		if (!ask(d, &f->addr, f->id, &m, h->number))
			search_dead(&h->s, f->id);
}

/* The search is over: what it was for is announced.  If fewer have answered
 * than should, it may be we who know too few, and another follows sooner. */
static void
hunt_end(struct dht *d, struct hunt **at)
{
	struct hunt *h = *at;
	struct torrent *t = wanted_get(&d->wanted, h->s.target);
	int full = search_best(&h->s, SEARCH_K - 1) != NULL;

	*at = NULL;
	d->steps += h->s.steps;
	if (h->get && t) {
		if (t->port)
			announce(d, &h->s, t);
		if (!full)
			wanted_hungry(t, d->now_ms);
		d->wanted_ms = MIN(d->wanted_ms, t->due_ms);
	} else if (full && memcmp(h->s.target, d->id, ID_LEN) == 0) {
		d->join_ms = d->now_ms + AGAIN_MS;
	}
	free(h);
}

static void
announce(struct dht *d, const struct search *s, const struct torrent *t)
{
	struct krpc m = { .method = KRPC_ANNOUNCE, .target = t->hash,
		.port = t->port };
	const struct found *f;
	int i;

	for (i = 0; (f = search_best(s, i)); i++) {
		m.token.p = f->token;
		m.token.n = f->ntoken;
		if (f->ntoken > 0)
			ask(d, &f->addr, f->id, &m, 0);
	}
}

void
dht_meet(struct dht *d, const struct addr *a, int64_t now_ms)
{
	int i;

	begin(d, now_ms);
	if (addr_is4(a) == d->six || !addr_dialable(a))
		return;
	for (i = 0; i < d->nmeets && !addr_same(&d->meets[i], a); i++)
		;
	if (i == MEETS_MOST) /* the newest of the others goes */
		i = MEETS_KEPT + d->meet_at++ % (MEETS_MOST - MEETS_KEPT);
	d->nmeets = MAX(d->nmeets, i + 1);
	d->meets[i] = *a;
	d->meet_now[i] = 1;
	d->meet_ms = now_ms;
	work(d);
}

/* Asks who was met, and all of them again as long as there is no good node. */
static void
meet_due(struct dht *d)
{
	int i, again = 0, good = nodes_good(d->nodes, 0, d->now_ms) > 0;

	if (good) {
		d->remeet_wait_ms = MEET_MS;
	} else if (d->remeet_ms <= d->now_ms) {
		d->remeet_wait_ms = MIN(2 * d->remeet_wait_ms, AGAIN_MS);
		d->remeet_ms = d->now_ms + d->remeet_wait_ms;
		again = 1;
	}
	d->meet_ms = good || d->nmeets == 0 ? INT64_MAX : d->remeet_ms;
	for (i = 0; i < d->nmeets; i++) {
		d->meet_now[i] |= (uint8_t)again;
		if (!d->meet_now[i])
			continue;
		if (!can_ask(d)) {
			d->meet_ms = d->now_ms + ASK_US / 1000;
			continue;
		}
		d->meet_now[i] = 0;
		ping(d, &d->meets[i], NULL);
	}
}

/* What the table needs: to be joined, its silent nodes asked, its silent parts
 * searched. */
static void
tend(struct dht *d)
{
	const struct node *e;
	uint8_t target[ID_LEN];
	int i;

	d->tend_ms = d->now_ms + TEND_MS;
	d->deaf = d->now_ms - d->heard_ms >= DEAF_MS &&
	    nodes_good(d->nodes, 1, d->now_ms) >= DEAF_GOOD;
	if (nodes_good(d->nodes, 0, d->now_ms) == 0)
		d->meet_ms = MIN(d->meet_ms, d->remeet_ms);
	if (d->join_ms <= d->now_ms && hunt_start(d, d->id, 0)) {
		d->join_ms = d->now_ms + d->join_wait_ms;
		d->join_wait_ms = MIN(2 * d->join_wait_ms, AGAIN_MS);
	}
	for (i = 0; i < TEND_PINGS && can_ask(d) &&
	    (e = nodes_due(d->nodes, d->now_ms)); i++)
		ping(d, &e->addr, e->id);
	random_bytes(d, target, ID_LEN);
	if (free_hunt(d, 0) >= 0 &&
	    nodes_refresh(d->nodes, target, d->now_ms))
		hunt_start(d, target, 0);
}

int
dht_add(struct dht *d, const uint8_t *hash, uint16_t port, int64_t now_ms)
{
	begin(d, now_ms);
	if (wanted_add(&d->wanted, hash, port, now_ms) < 0)
		return -1;
	d->wanted_ms = now_ms;
	work(d);
	return 0;
}

void
dht_port(struct dht *d, uint16_t port, int64_t now_ms)
{
	int i;

	begin(d, now_ms);
	for (i = 0; i < d->wanted.n; i++) {
		if (d->wanted.list[i]->port)
			d->wanted.list[i]->port = port;
		d->wanted.list[i]->due_ms = now_ms;
	}
	d->wanted_ms = now_ms;
	work(d);
}

void
dht_hungry(struct dht *d, const uint8_t *hash, int64_t now_ms)
{
	struct torrent *t = wanted_get(&d->wanted, hash);

	begin(d, now_ms);
	if (!t)
		return;
	wanted_hungry(t, now_ms);
	d->wanted_ms = MIN(d->wanted_ms, t->due_ms);
	work(d);
}

void
dht_remove(struct dht *d, const uint8_t *hash)
{
	int i;

	for (i = 0; i < HUNTS_MOST - HUNTS_FIND; i++)
		if (d->hunts[i] &&
		    memcmp(d->hunts[i]->s.target, hash, ID_LEN) == 0) {
			free(d->hunts[i]);
			d->hunts[i] = NULL;
		}
	wanted_remove(&d->wanted, hash);
}

/* Searches that are due begin, as many as have a place. */
static void
wanted_due(struct dht *d)
{
	struct torrent *t;
	int i;

	d->wanted_ms = INT64_MAX;
	for (i = 0; i < d->wanted.n; i++, d->steps++) {
		t = d->wanted.list[i];
		if (t->due_ms <= d->now_ms && hunt_start(d, t->hash, 1)) {
			wanted_began(t, d->now_ms);
			give_own(d, t->hash);
		}
		d->wanted_ms = MIN(d->wanted_ms, MAX(t->due_ms, d->now_ms));
	}
}

/* What others have announced here is the first that is found. */
static void
give_own(struct dht *d, const uint8_t *hash)
{
	struct addr list[PEERS_MOST];
	int n = stored_get(d->stored, hash, list, PEERS_MOST, d->now_ms);

	if (n > 0)
		d->ops->peers(d->arg, hash, list, n);
}

void
dht_reachable(struct dht *d, int yes)
{
	d->reach = yes ? REACH_YES : REACH_NO;
}

int
dht_readonly(const struct dht *d)
{
	return d->reach == REACH_NO || (d->reach == REACH_UNKNOWN && d->deaf);
}

int
dht_count(const struct dht *d)
{
	return nodes_good(d->nodes, 0, d->now_ms);
}

int
dht_best(const struct dht *d, struct addr *list, int most)
{
	return nodes_list(d->nodes, list, most, d->now_ms);
}

const uint8_t *
dht_id(const struct dht *d)
{
	return d->id;
}

uint64_t
dht_steps(const struct dht *d)
{
	uint64_t n = d->steps;
	int i;

	for (i = 0; i < HUNTS_MOST; i++)
		n += d->hunts[i] ? d->hunts[i]->s.steps : 0;
	return n + nodes_steps(d->nodes) + stored_steps(d->stored);
}
