/* dhtsim: a DHT of 10,000 nodes in memory, with a set clock, latencies, loss,
 * churn, the dead and the hostile.  Those who run find/dht.c get tables as
 * they would be after a while; a few hundred newcomers really come in, knowing
 * a few addresses, and announce and look for torrents. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "sha1.h"
#include "bencode.h"
#include "addr.h"
#include "find/nodeid.h"
#include "find/krpc.h"
#include "find/dht.h"
#include "unit.h"

enum {
	OLD      = 10000,     /* nodes with seeded tables, or none */
	PAIRS    = 200,       /* newcomers: one announces, one looks for it */
	ALL      = OLD + 2 * PAIRS,
	VOTERS   = 8,
	JOINED_MS = 6000,     /* time in which the seeded look around */
	SEEDS    = 8,         /* in a bucket of a seeded table */
	PORT     = 6881,
	LATENCY_MS = 20,      /* the least, and */
	JITTER_MS  = 180,     /* up to so much more */
	LOSS     = 100        /* one datagram in so many */
};

enum way { HONEST, DEAD, GARBAGE, LIAR, AIMER, GONE };

struct sim_node {
	enum way way;
	uint8_t id[ID_LEN];
	struct dht *dht;      /* owned; HONEST alone */
	int64_t tick_ms;      /* an event will come then */
	/* who looks for a torrent: */
	uint8_t *depth;       /* owned: of each node, in rounds; 0: none */
	int asked, found;     /* queries until then, and the round */
	long bytes;
};

/* A datagram on its way, or a tick if n < 0. */
struct sim_event {
	int64_t at_ms;
	uint32_t seq;
	int from, to, n;
	uint8_t *p;           /* owned */
};

struct simnet {
	struct sim_node nodes[ALL];
	struct sim_event *heap;
	int nheap, cap, order[OLD];
	uint32_t seq;
	uint64_t rnd;
	int64_t now_ms;
	int seeding;
	long packets, victim;
};

static struct simnet *net;

static void build(void);
static void vote_for(int i);
static void seed_table(int i);
static int first_of(const uint8_t *id);
static int by_id(const void *a, const void *b);
static void pong(int i, int from);
static void echo_all(int i);
static void echo(int i, int from, const uint8_t *p, int n);
static void on_send(void *arg, const struct addr *to, const uint8_t *p,
    size_t n);
static void on_peers(void *arg, const uint8_t *hash, const struct addr *list,
    int n);
static void deliver(const struct sim_event *e);
static void watch(int i, int from, const uint8_t *p, int n);
static void hostile(int i, int from, const uint8_t *p, int n);
static void fake_id(uint8_t *id, const uint8_t *target, int i);
static void post(int from, int to, const uint8_t *p, int n, int64_t at_ms);
static int sooner(const struct sim_event *a, const struct sim_event *b);
static void push(struct sim_event e);
static struct sim_event pop(void);
static void retick(int i);
static void run(int64_t ms);
static void churn(int n);
static struct addr addr_of(int i);
static int index_of(const struct addr *a);
static void hash_of(uint8_t *hash, int pair);
static void newcomers(void);
static void figures(void);
static int by_int(const void *a, const void *b);
static void end(void);

static const struct dht_ops ops = { on_send, on_peers };

void
test_dhtsim(void)
{
	net = xcalloc(1, sizeof *net);
	net->rnd = 1;
	net->now_ms = 1000;
	CASE("dhtsim: 10,000 nodes, four in ten dead or hostile: peers are "
	    "found");
	build();
	run(1000);
	newcomers();
	figures();
	end();
}

static void
build(void)
{
	struct addr a;
	int i, k;

	for (i = 0; i < OLD; i++) {
		net->nodes[i].way = i % 5 == 0 ? DEAD : i % 5 == 1 ?
		    GARBAGE + (enum way)(i / 5 % 3) : HONEST;
		a = addr_of(i);
		for (k = 0; k < ID_LEN; k++)
			net->nodes[i].id[k] = (uint8_t)rnd_next(&net->rnd);
		id_suit(net->nodes[i].id, &a);
	}
	net->seeding = 1;
	for (i = 0; i < OLD; i++)
		if (net->nodes[i].way == HONEST)
			vote_for(i);
	for (i = 0; i < OLD; i++)
		net->order[i] = i;
	qsort(net->order, OLD, sizeof *net->order, by_id);
	for (i = 0; i < OLD; i++)
		if (net->nodes[i].way == HONEST)
			seed_table(i);
	net->seeding = 0;
	net->now_ms += JOINED_MS;
	for (i = 0; i < OLD; i++)
		if (net->nodes[i].way == HONEST)
			retick(i);
}

/* A node, and those who tell it its address, so that its id is what it will
 * remain. */
static void
vote_for(int i)
{
	struct sim_node *v = &net->nodes[i];
	int k;

	v->dht = dht_new(0, rnd_seed(&net->rnd), &ops, v);
	v->tick_ms = INT64_MAX;
	for (k = 0; k < VOTERS; k++)
		pong(i, (int)rnd_below(&net->rnd, OLD / 5) * 5);
	memcpy(v->id, dht_id(v->dht), ID_LEN);
}

/* A few of each distance, who may be dead or hostile by now. */
static void
seed_table(int i)
{
	uint8_t low[ID_LEN], high[ID_LEN];
	int bit, from, to, k, j;

	for (bit = 0; bit < 20; bit++) {
		memcpy(low, net->nodes[i].id, ID_LEN);
		id_flip(low, bit);
		memcpy(high, low, ID_LEN);
		for (k = bit + 1; k < 8 * ID_LEN; k++) {
			bit_clear(low, (uint32_t)k);
			bit_set(high, (uint32_t)k);
		}
		from = first_of(low);
		to = first_of(high);
		for (k = 0; k < MIN(SEEDS, to - from); k++) {
			j = to - from <= SEEDS ? from + k : from +
			    (int)rnd_below(&net->rnd, (uint32_t)(to - from));
			pong(i, net->order[j]);
		}
	}
	dht_tick(net->nodes[i].dht, net->now_ms + JOINED_MS);
	echo_all(i);
}

static int
first_of(const uint8_t *id)
{
	int low = 0, high = OLD, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (memcmp(net->nodes[net->order[mid]].id, id, ID_LEN) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int
by_id(const void *a, const void *b)
{
	return memcmp(net->nodes[*(const int *)a].id,
	    net->nodes[*(const int *)b].id, ID_LEN);
}

/* Node i meets a node.  Whatever it asks then is answered at once. */
static void
pong(int i, int from)
{
	struct addr a = addr_of(from);

	dht_meet(net->nodes[i].dht, &a, net->now_ms);
	echo_all(i);
}

/* All that node i has sent is answered. */
static void
echo_all(int i)
{
	struct sim_event e;

	while (net->nheap > 0) {
		e = pop();
		echo(i, e.to, e.p, e.n);
		free(e.p);
	}
}

/* A node's answer to i, that it is there.  There are a million of these, so
 * it is a template, and where a query of n bytes has its id is known. */
static void
echo(int i, int from, const uint8_t *p, int n)
{
	static uint8_t pong[] = "d2:ip6:ADDRPT1:rd2:id20:IDOFTWENTYBYTESANDNOe"
	    "1:t4:TIDS1:y1:re";
	enum { AT_IP = 7, AT_ID = 24, AT_TID = 50, FROM_END = 20 };
	struct addr a = addr_of(from), self = addr_of(i);

	addr_pack(pong + AT_IP, &self);
	memcpy(pong + AT_ID, net->nodes[from].id, ID_LEN);
	memcpy(pong + AT_TID, p + n - FROM_END, 4);
	dht_feed(net->nodes[i].dht, pong, sizeof pong - 1, &a, net->now_ms);
}

static void
on_send(void *arg, const struct addr *to, const uint8_t *p, size_t n)
{
	struct sim_node *v = arg;
	int from = (int)(v - net->nodes), i = index_of(to);
	struct krpc m;

	if (i < 0) {
		net->victim++;
		return;
	}
	if (v->depth && !v->found && krpc_read(&m, p, n) == 0 &&
	    m.type == 'q' && m.method == KRPC_GET) {
		v->asked++;
		v->bytes += (long)n;
		if (!v->depth[i])
			v->depth[i] = 1;
	}
	net->packets += !net->seeding;
	if (net->seeding || rnd_below(&net->rnd, LOSS) > 0)
		post(from, i, p, (int)n, net->now_ms + LATENCY_MS +
		    rnd_below(&net->rnd, JITTER_MS));
}

static void
on_peers(void *arg, const uint8_t *hash, const struct addr *list, int n)
{
	struct sim_node *v = arg;
	int i, pair = (int)(v - net->nodes) - OLD - PAIRS;
	struct addr want = addr_of(OLD + pair);
	uint8_t h[ID_LEN];

	hash_of(h, pair);
	for (i = 0; i < n; i++)
		if (memcmp(h, hash, ID_LEN) == 0 && addr_same_ip(&list[i],
		    &want) && !v->found)
			v->found = -1; /* watch knows of whom */
}

static void
deliver(const struct sim_event *e)
{
	struct sim_node *v = &net->nodes[e->to];
	struct addr a = addr_of(e->from);

	if (v->way == DEAD || v->way == GONE)
		return;
	if (v->way != HONEST) {
		hostile(e->to, e->from, e->p, e->n);
		return;
	}
	if (v->depth)
		watch(e->to, e->from, e->p, e->n);
	dht_feed(v->dht, e->p, (size_t)e->n, &a, net->now_ms);
	if (v->found < 0)
		v->found = v->depth[e->from];
	retick(e->to);
}

/* Node i has an answer to a search: whom it names is one round farther. */
static void
watch(int i, int from, const uint8_t *p, int n)
{
	struct sim_node *v = &net->nodes[i];
	struct krpc m;
	const uint8_t *id;
	struct addr a;
	int k;

	if (v->found || krpc_read(&m, p, (size_t)n) != 0 || m.type != 'r' ||
	    m.token.n == 0)
		return;
	v->bytes += n;
	while (krpc_node(&m.nodes, 0, &id, &a))
		if ((k = index_of(&a)) >= 0 && !v->depth[k])
			v->depth[k] = (uint8_t)(v->depth[from] + 1);
}

static void
hostile(int i, int from, const uint8_t *p, int n)
{
	struct sim_node *v = &net->nodes[i];
	struct buf b = { NULL, 0, 0, 0 }, list = { NULL, 0, 0, 0 };
	struct krpc m;
	uint8_t id[ID_LEN], junk[64];
	struct addr a;
	int k, other;

	if (krpc_read(&m, p, (size_t)n) != 0 || m.type != 'q')
		return;
	if (v->way == GARBAGE) {
		for (k = 0; k < (int)sizeof junk; k++)
			junk[k] = (uint8_t)rnd_next(&net->rnd);
		post(i, from, junk, sizeof junk, net->now_ms + LATENCY_MS);
		return;
	}
	m.type = 'r';
	for (k = 0; k < 8 && m.target; k++) {
		other = (int)rnd_below(&net->rnd, OLD / 15) * 15 + 6;
		fake_id(id, m.target, other);
		a = addr_of(v->way == AIMER ? ALL + 1 : other);
		krpc_put_node(&list, id, &a);
	}
	m.nodes.p = list.p;
	m.nodes.n = list.len;
	m.token = span_of("token");
	fake_id(id, m.target ? m.target : v->id, i);
	m.id = rnd_below(&net->rnd, 2) ? v->id : id;
	krpc_write(&b, &m);
	post(i, from, b.p, (int)b.len, net->now_ms + LATENCY_MS);
	buf_free(&b);
	buf_free(&list);
}

/* A liar's id, nearer to the target than any honest one's. */
static void
fake_id(uint8_t *id, const uint8_t *target, int i)
{
	memcpy(id, target, ID_LEN);
	put32(id + 16, get32(id + 16) ^ (uint32_t)i);
}

static void
post(int from, int to, const uint8_t *p, int n, int64_t at_ms)
{
	struct sim_event e = { .at_ms = at_ms, .from = from, .to = to,
		.n = n };

	e.p = xmalloc((size_t)n);
	memcpy(e.p, p, (size_t)n);
	push(e);
}

static int
sooner(const struct sim_event *a, const struct sim_event *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->seq < b->seq;
}

static void
push(struct sim_event e)
{
	int i;

	if (net->nheap == net->cap) {
		net->cap = MAX(2 * net->cap, 1024);
		net->heap = xrealloc(net->heap, (size_t)net->cap,
		    sizeof *net->heap);
	}
	e.seq = ++net->seq;
	for (i = net->nheap++; i > 0 && sooner(&e, &net->heap[(i - 1) / 2]);
	    i = (i - 1) / 2)
		net->heap[i] = net->heap[(i - 1) / 2];
	net->heap[i] = e;
}

static struct sim_event
pop(void)
{
	struct sim_event top = net->heap[0], last = net->heap[--net->nheap];
	int i = 0, kid;

	while ((kid = 2 * i + 1) < net->nheap) {
		if (kid + 1 < net->nheap &&
		    sooner(&net->heap[kid + 1], &net->heap[kid]))
			kid++;
		if (sooner(&last, &net->heap[kid]))
			break;
		net->heap[i] = net->heap[kid];
		i = kid;
	}
	net->heap[i] = last;
	return top;
}

static void
retick(int i)
{
	struct sim_node *v = &net->nodes[i];
	struct sim_event e = { .to = i, .n = -1 };

	e.at_ms = dht_tick(v->dht, net->now_ms);
	e.at_ms = MAX(e.at_ms, net->now_ms + 1);
	if (e.at_ms >= v->tick_ms || e.at_ms == INT64_MAX)
		return;
	v->tick_ms = e.at_ms;
	push(e);
}

/* Lets so much time pass. */
static void
run(int64_t ms)
{
	int64_t end_ms = net->now_ms + ms;
	struct sim_event e;

	while (net->nheap > 0 && net->heap[0].at_ms <= end_ms) {
		e = pop();
		net->now_ms = e.at_ms;
		if (e.n >= 0) {
			deliver(&e);
			free(e.p);
		} else if (net->nodes[e.to].way == HONEST &&
		    net->nodes[e.to].tick_ms == e.at_ms) {
			net->nodes[e.to].tick_ms = INT64_MAX;
			retick(e.to);
		}
	}
	net->now_ms = end_ms;
}

/* So many of the old nodes go without a word. */
static void
churn(int n)
{
	struct sim_node *v;

	while (n-- > 0) {
		v = &net->nodes[rnd_below(&net->rnd, OLD)];
		if (v->way == HONEST)
			v->way = GONE;
	}
}

/* An address of the outer world, in a /24 of its own. */
static struct addr
addr_of(int i)
{
	struct addr a;
	uint8_t p[6] = { (uint8_t)(16 + (i >> 12)), (uint8_t)(i >> 4),
		(uint8_t)((i & 15) << 2), (uint8_t)(i >> 6) };

	put16(p + 4, PORT);
	addr_unpack(&a, p, 1);
	return a;
}

static int
index_of(const struct addr *a)
{
	int i = (a->ip[12] - 16) << 12 | a->ip[13] << 4 | a->ip[14] >> 2;

	return i < ALL ? i : -1;
}

static void
hash_of(uint8_t *hash, int pair)
{
	sha1(&pair, sizeof pair, hash);
}

static void
newcomers(void)
{
	struct sim_node *v;
	struct addr a;
	uint8_t hash[ID_LEN];
	int i, k, other;

	for (i = OLD; i < ALL; i++) {
		v = &net->nodes[i];
		v->way = HONEST;
		v->dht = dht_new(0, rnd_seed(&net->rnd), &ops, v);
		v->tick_ms = INT64_MAX;
		for (k = 0; k < 3; ) {
			other = (int)rnd_below(&net->rnd, OLD);
			if (net->nodes[other].way != HONEST)
				continue;
			a = addr_of(other);
			dht_meet(v->dht, &a, net->now_ms);
			k++;
		}
		retick(i);
		if (i % 10 == 0) {
			churn(1);
			run(100);
		}
	}
	run(6000);
	for (i = OLD; i < OLD + PAIRS; i++) {
		hash_of(hash, i - OLD);
		dht_add(net->nodes[i].dht, hash, PORT, net->now_ms);
		retick(i);
	}
	run(8000);
	churn(OLD / 100);
	for (i = OLD + PAIRS; i < ALL; i++) {
		v = &net->nodes[i];
		hash_of(hash, i - OLD - PAIRS);
		v->depth = xcalloc(ALL + 2, 1);
		dht_add(v->dht, hash, 0, net->now_ms);
		retick(i);
	}
	run(8000);
}

static void
figures(void)
{
	int rounds[PAIRS], asked[PAIRS], n = 0, i, good = 0;
	long bytes = 0;
	struct sim_node *v;

	for (i = OLD; i < ALL; i++)
		good += dht_count(net->nodes[i].dht);
	for (i = OLD + PAIRS; i < ALL; i++) {
		v = &net->nodes[i];
		if (v->found <= 0)
			continue;
		rounds[n] = v->found;
		asked[n++] = v->asked;
		bytes += v->bytes;
	}
	OK(100 * n >= 99 * PAIRS);
	if (n == 0)
		return;
	qsort(rounds, (size_t)n, sizeof *rounds, by_int);
	qsort(asked, (size_t)n, sizeof *asked, by_int);
	OK(rounds[n - 1] <= 13); /* log2 of the nodes */
	printf("\tnodes %d, newcomers' good nodes %d on average\n", OLD,
	    good / (2 * PAIRS));
	printf("\tfound %d of %d, in rounds: median %d, most %d\n", n, PAIRS,
	    rounds[n / 2], rounds[n - 1]);
	printf("\tqueries until then: median %d, most %d; bytes both ways: "
	    "%ld on average\n", asked[n / 2], asked[n - 1], bytes / n);
	printf("\tdatagrams %ld, to the victim %ld\n", net->packets,
	    net->victim);
}

static int
by_int(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void
end(void)
{
	int i;

	for (i = 0; i < ALL; i++) {
		if (net->nodes[i].dht)
			dht_free(net->nodes[i].dht);
		free(net->nodes[i].depth);
	}
	while (net->nheap > 0)
		free(net->heap[--net->nheap].p);
	free(net->heap);
	free(net);
}
