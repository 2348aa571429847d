/* pool and requests: places and queues, against naive models. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "addr.h"
#include "torrent/meta.h"
#include "swarm/requests.h"
#include "swarm/pool.h"
#include "swarm/twins.h"
#include "unit.h"

enum { MOST = 10, OPS = 20000, MODEL = 300 };

static void places(void);
static void dials(void);
static int pay(struct pool *p, struct room *r, int64_t now_ms);
static void queue(void);
static int is_of_use(void *owner);
static void twins(void);
static void rooms(void);
static void moves(void);
static void tags(void);
static void queues(void);
static void aimed(void);

void
test_pool(void)
{
	places();
	dials();
	queue();
	twins();
	rooms();
	moves();
	tags();
	queues();
	aimed();
}

static void
places(void)
{
	struct pool p;
	struct room r = { 0 };
	struct place pl[MOST], late, *out;
	int i;

	memset(pl, 0, sizeof pl);
	memset(&late, 0, sizeof late);
	pool_init(&p, MOST);
	CASE("pool: as long as there are places nobody has to go");
	for (i = 0; i < MOST; i++) {
		OK(pool_room(&p, 1000, &out) == 0 && out == NULL);
		pool_call(&p, &r, &pl[i], 1000 + i);
	}
	OK(pool_count(&p) == MOST);
	CASE("pool: then the oldest caller without a handshake goes first");
	OK(pool_room(&p, 2000, &out) == 0 && out == &pl[0]);
	pool_ready(&p, &pl[0], 2000);
	OK(pool_room(&p, 2000, &out) == 0 && out == &pl[1]);
	CASE("pool: then who has been of no use for longest");
	for (i = 1; i < MOST; i++)
		pool_ready(&p, &pl[i], 2000 + i);
	OK(pool_room(&p, 20000, &out) == 0 && out == &pl[0]);
	pool_used(&p, &pl[0], 19000);
	OK(pool_room(&p, 20000, &out) == 0 && out == &pl[1]);
	pool_leave(&pl[1]);
	OK(pool_room(&p, 20000, &out) == 0 && out == NULL);
	pool_call(&p, &r, &late, 20000);
	pool_ready(&p, &late, 20000);
	OK(pool_room(&p, 20000, &out) == 0 && out == &pl[2]);
	CASE("pool: but nobody who was of use, or came, seconds ago");
	for (i = 2; i < MOST; i++)
		pool_used(&p, &pl[i], 20000);
	OK(pool_room(&p, 20001, &out) < 0 && out == NULL);
	OK(pool_room(&p, 40000, &out) == 0 && out == &pl[0]);
	pool_free(&p);
}

static void
dials(void)
{
	struct pool p;
	struct room r = { 0 };
	struct place pl[200], *out;
	int64_t now_ms;
	int i, n = 0;

	memset(pl, 0, sizeof pl);
	pool_init(&p, 1000);
	CASE("pool: dials have an allowance, and a burst");
	while (n < 100 && pay(&p, &r, 100000))
		n++;
	OK(n == 31);
	for (now_ms = 100000; now_ms < 110000; now_ms += 10)
		n += pay(&p, &r, now_ms);
	OK(n >= 330 && n <= 335);
	CASE("pool: few that are young are under way at a time");
	for (i = n = 0; i < 900; i++) {
		if (pay(&p, &r, 200000 + i)) {
			pool_dial(&p, &r, &pl[n], 200000 + i);
			n++;
		}
	}
	OK(n == 50);
	OK(!pay(&p, &r, 200999) && pay(&p, &r, 201000));
	CASE("pool: of the others more, and none has to go");
	for (; n < 200 && pay(&p, &r, 300000 + n * 1000); n++)
		pool_dial(&p, &r, &pl[n], 300000 + n * 1000);
	OK(n == 100);
	CASE("pool: of few places only an eighth is for dials");
	p.most = 400;
	OK(!pay(&p, &r, 800000));
	while (p.dialled.n >= 50)
		pool_leave(p.dialled.first);
	OK(pay(&p, &r, 800000));
	p.most = p.dialled.n;
	OK(pool_room(&p, 900000, &out) < 0);
	while (p.dialled.n >= 4)
		pool_leave(p.dialled.first);
	OK(pay(&p, &r, 900000) && pool_room(&p, 900000, &out) == 0);
	pool_free(&p);
}

/* Whether r may dial now; it does not wait for it. */
static int
pay(struct pool *p, struct room *r, int64_t now_ms)
{
	int paid = pool_pay(p, r, now_ms);

	pool_quit(p, r);
	return paid;
}

/* Who may not dial at once. */
static void
queue(void)
{
	struct pool p;
	struct room r[3];
	int64_t now_ms = 100000;
	int i, n[3] = { 0 };

	memset(r, 0, sizeof r);
	pool_init(&p, 200);
	CASE("pool: nobody waits for a dial as long as there are some");
	while (pool_pay(&p, &r[0], now_ms))
		OK(pool_due(&p, now_ms) == INT64_MAX);
	CASE("pool: who waits has his turn when one may dial, and not before");
	OK(pool_due(&p, now_ms) > now_ms && !pool_turn(&p, now_ms));
	now_ms = pool_due(&p, now_ms);
	OK(!pool_turn(&p, now_ms - 1));
	OK(pool_turn(&p, now_ms) == &r[0] && pool_pay(&p, &r[0], now_ms));
	OK(!pool_pay(&p, &r[0], now_ms));
	CASE("pool: nobody passes those who wait");
	now_ms = pool_due(&p, now_ms);
	OK(!pool_pay(&p, &r[1], now_ms) && !pool_pay(&p, &r[2], now_ms));
	for (i = 0; i < 30; i++) {
		now_ms = pool_due(&p, now_ms);
		pool_turn(&p, now_ms);
		OK(p.turn == &r[i % 3]);
		while (pool_pay(&p, &r[i % 3], now_ms))
			n[i % 3]++;
	}
	OK(n[0] == 10 && n[1] == 10 && n[2] == 10);
	CASE("pool: who has gone has no turn");
	for (i = 0; i < 3; i++)
		pool_quit(&p, &r[(i + 1) % 3]);
	OK(pool_due(&p, now_ms) == INT64_MAX);
	OK(!pool_turn(&p, now_ms + 1000));
	pool_free(&p);
}

/* Those of a room, the oldest first; who of them makes way for one more. */
static void
rooms(void)
{
	static const char four[] = "10.0.0.1 10.0.0.2 10.0.0.1 10.0.0.1";
	static const char six[] = "[2001:db8:1::1] [2001:db8:2::1] "
	    "[2001:db8:1::2] [2001:db8:1:0:ff::1]";
	static const char site[] = "[2001:db8:1:1::1] [2001:db8:1:2::1] "
	    "[2001:db8:1:2::1] [2001:db8:1:3::1] [2001:db8:1:4::1] "
	    "[2001:db8:1:5::1] [2001:db8:1:6::1] [2001:db8:1:7::1] "
	    "[2001:db8:1:8::1] [2001:db8:1:9::1] [2001:db8:1:a::1] "
	    "[2001:db8:1:b::1] [2001:db8:2:b::1]";
	static const struct {
		const char *name, *here, *a;
		int out;
	} table[] = {
		{ "pool: three places of one IPv4 address are enough",
		    four, "10.0.0.1", 0 },
		{ "pool: a stranger's places are nothing to others",
		    four, "10.0.0.3", -1 },
		{ "pool: two of them may be three",
		    "10.0.0.1 10.0.0.1", "10.0.0.1", -1 },
		{ "pool: three of one /64 are enough",
		    six, "[2001:db8:1:0:5::5]", 0 },
		{ "pool: the next /64 is another",
		    six, "[2001:db8:1:1::1]", -1 },
		{ "pool: twelve of one /48 are enough",
		    site, "[2001:db8:1:ffff::1]", 0 },
		{ "pool: the next /48 is another",
		    site, "[2001:db8:3::1]", -1 },
	};
	struct pool p;
	struct room r;
	struct place pl[16];
	struct addr a;
	const char *s;
	char text[64];
	size_t i;
	int n, len;

	pool_init(&p, 100);
	for (i = 0; i < LEN(table); i++) {
		CASE(table[i].name);
		memset(pl, 0, sizeof pl);
		memset(&r, 0, sizeof r);
		for (n = 0, s = table[i].here; sscanf(s, "%60s%n", text,
		    &len) == 1; s += len, n++) {
			strcat(text, ":1");
			OK(addr_parse(&pl[n].addr, text, 1) == 0);
			pool_call(&p, &r, &pl[n], 1000);
		}
		snprintf(text, sizeof text, "%s:2", table[i].a);
		OK(addr_parse(&a, text, 1) == 0);
		OK(pool_crowded(&r, &a) == (table[i].out < 0 ? NULL :
		    &pl[table[i].out]));
		while (n-- > 0)
			pool_leave(&pl[n]);
		OK(!r.newest && r.n == 0 && !pool_crowded(&r, &a));
	}
	pool_free(&p);
}

static void
moves(void)
{
	struct pool p;
	struct room lobby = { 0 }, r = { 0 };
	struct place pl[5], to, *out;
	int i;

	memset(pl, 0, sizeof pl);
	memset(&to, 0, sizeof to);
	pool_init(&p, 5);
	for (i = 0; i < 5; i++) {
		pl[i].addr.port = (uint16_t)i;
		pool_call(&p, &lobby, &pl[i], 1000 + i);
	}
	CASE("pool: who names his torrent changes rooms");
	pool_move(&r, &to, &pl[1]);
	OK(lobby.n == 4 && r.n == 1 && r.newest == &to && !to.older);
	OK(pl[2].older == &pl[0] && pl[0].newer == &pl[2]);
	OK(to.addr.port == 1 && pool_count(&p) == 5);
	CASE("pool: and keeps his place");
	for (i = 0; i < 5; i++) {
		OK(pool_room(&p, 2000, &out) == 0);
		OK(out == (i == 1 ? &to : &pl[i]));
		pool_ready(&p, out, 2000 + i);
	}
	for (i = 0; i < 5; i++) {
		OK(pool_room(&p, 90000, &out) == 0);
		OK(out == (i == 1 ? &to : &pl[i]));
		pool_used(&p, out, 3000 + i);
	}
	pool_leave(&pl[0]);
	pool_leave(&pl[4]);
	pool_move(&r, &pl[1], &to); /* the first, and back */
	pool_used(&p, &pl[1], 3500); /* it was of use just now */
	OK(pool_room(&p, 90000, &out) == 0 && !out && r.n == 1);
	OK(p.others.first == &pl[1] && pl[2].prev == &pl[1]);
	pool_free(&p);
}

static void
tags(void)
{
	struct pool p;
	struct room r = { 0 };
	struct place pl;
	uint32_t first = 0, last = 0;
	int i, ok = 1;

	CASE("pool: a tag stands for an address, 4,096 of them");
	pool_init(&p, 5);
	for (i = 0; i < 5000; i++) {
		memset(&pl, 0, sizeof pl);
		pl.addr.port = (uint16_t)i;
		pool_call(&p, &r, &pl, 1000);
		ok &= pl.tag == 0;
		pool_ready(&p, &pl, 1000);
		pool_leave(&pl);
		first = i == 0 ? pl.tag : first;
		ok &= pl.tag != 0 && pl.tag != last;
		last = pl.tag;
		ok &= pool_tagged(&p, last)->port == i;
		ok &= (pool_tagged(&p, first) != NULL) == (i < 4096);
	}
	OK(ok && pool_tagged(&p, last - 4095)->port == 5000 - 4096);
	OK(pool_tagged(&p, last - 4096) == NULL);
	CASE("pool: 0 is none, after 2^32 of them, too");
	p.tag = UINT32_MAX;
	memset(&pl, 0, sizeof pl);
	pool_call(&p, &r, &pl, 1000);
	pool_ready(&p, &pl, 1000);
	OK(pl.tag == 1 && pool_tagged(&p, 1) && !pool_tagged(&p, 2));
	pool_free(&p);
}

/* Random runs against an array in order. */
static void
queues(void)
{
	struct requests q = { 0 };
	struct block list[MODEL], b;
	struct request *r;
	uint64_t rnd = 99;
	int n = 0, i, k, ok = 1;

	CASE("requests: in order, found and removed, as in a naive list");
	for (k = 0; k < OPS && ok; k++) {
		b.piece = rnd_below(&rnd, 40);
		b.begin = rnd_below(&rnd, 8) * BLOCK_LEN;
		b.len = BLOCK_LEN - rnd_below(&rnd, 2);
		if (n < MODEL && rnd_below(&rnd, 100) < 52) {
			requests_add(&q, b, k);
			list[n++] = b;
			continue;
		}
		r = requests_find(&q, b);
		for (i = 0; i < n && memcmp(&list[i], &b, sizeof b); i++)
			;
		ok = (r != NULL) == (i < n);
		if (!r)
			continue;
		/* which of several it is, is open: by its place */
		for (i = 0, r = requests_first(&q); r !=
		    requests_find(&q, b); r = requests_next(&q, r))
			i++;
		ok &= memcmp(&list[i], &b, sizeof b) == 0;
		requests_remove(&q, r);
		memmove(list + i, list + i + 1,
		    (size_t)(--n - i) * sizeof *list);
		for (i = 0, r = requests_first(&q); r;
		    r = requests_next(&q, r))
			ok &= i < n && memcmp(&r->b, &list[i++],
			    sizeof b) == 0;
		ok &= i == n && q.n == (uint32_t)n;
	}
	OK(ok);
	requests_free(&q);
	OK(requests_first(&q) == NULL && requests_find(&q, b) == NULL);
}

/* Who aims at one chain gets no long one. */
static void
aimed(void)
{
	struct requests q = { 0 };
	struct block b = { 1, 0, BLOCK_LEN };
	uint64_t before, most = 0;
	uint32_t i;
	int n = 0;

	CASE("requests: the same block again and again is noticed");
	while (n < 5000 && !requests_crowded(&q, b)) {
		requests_add(&q, b, 0);
		n++;
	}
	OK(n == 32);
	requests_free(&q);
	CASE("requests: with 2,048 of them each is found in a few steps");
	for (i = 0; i < 2048; i++) {
		b.piece = i / 4;
		b.begin = i % 4 * BLOCK_LEN;
		OK(!requests_crowded(&q, b));
		requests_add(&q, b, 0);
	}
	for (i = 0; i < 2048; i++) {
		b.piece = i / 4;
		b.begin = i % 4 * BLOCK_LEN;
		before = q.steps;
		requests_remove(&q, requests_find(&q, b));
		most = MAX(most, q.steps - before);
	}
	OK(most <= 64 && q.n == 0);
	requests_free(&q);
}

/* Who is with the same peer. */
static int
is_of_use(void *owner)
{
	return *(int *)owner;
}

static void
twins(void)
{
	static const struct {
		const char *name;
		int mine_less;         /* our id is less than the peer's */
		int outgoing[2];       /* of the first, of the second */
		int useful;            /* the first is */
		int other;             /* the second is at another address */
		int64_t wait_ms;       /* between them */
		int goes;              /* 0: nobody, 1: the first, 2 */
	} table[] = {
		{ "twins: of one peer, while the first is of use, the second "
		    "goes", 1, { 1, 1 }, 1, 0, 60000, 2 },
		{ "twins: an id at another address is another peer", 1,
		    { 1, 1 }, 1, 1, 60000, 0 },
		{ "twins: who is of no use keeps nobody out", 1, { 0, 0 }, 0,
		    0, 60000, 0 },
		{ "twins: both dialled: the lesser id closes the call", 1,
		    { 0, 1 }, 0, 0, 1000, 1 },
		{ "twins: also if it comes later", 1, { 1, 0 }, 0, 0, 1000,
		    2 },
		{ "twins: the greater waits for that", 0, { 0, 1 }, 0, 0,
		    1000, 0 },
		{ "twins: an old call was no coincidence", 1, { 0, 1 }, 0, 0,
		    10000, 0 }
	};
	static const uint8_t low[20] = "a", high[20] = "b";
	struct twins ts;
	struct twin t[3], *keep, *drop;
	int useful[2];
	size_t i;
	int k;

	for (i = 0; i < LEN(table); i++) {
		CASE(table[i].name);
		memset(t, 0, sizeof t);
		memset(useful, 0, sizeof useful);
		twins_init(&ts, table[i].mine_less ? low : high, is_of_use);
		for (k = 0; k < 2; k++) {
			t[k].owner = &useful[k];
			t[k].id = table[i].mine_less ? high : low;
			t[k].addr.port = (uint16_t)(7000 + k);
			t[k].addr.ip[15] = k == 1 && table[i].other;
			t[k].outgoing = table[i].outgoing[k];
		}
		OK(!twins_join(&ts, &t[0], 100000, &keep));
		useful[0] = table[i].useful;
		drop = twins_join(&ts, &t[1], 100000 + table[i].wait_ms,
		    &keep);
		OK(drop == (table[i].goes ? &t[table[i].goes - 1] : NULL));
		OK(!drop || keep == &t[2 - table[i].goes]);
		OK(t[1].joined == (table[i].goes != 2));
	}
	CASE("twins: of two that stayed, who turns out of no use goes later");
	OK(!twins_late(&ts, &t[1], 200000));
	useful[0] = 1;
	OK(!twins_late(&ts, &t[1], 119999));
	OK(twins_late(&ts, &t[1], 120000) == &t[0]);
	OK(!twins_late(&ts, &t[0], 120000));
	useful[1] = 1;
	OK(!twins_late(&ts, &t[1], 120000));
	CASE("twins: at two addresses that the user named it is one peer");
	memset(t, 0, sizeof t);
	twins_init(&ts, low, is_of_use);
	for (k = 0; k < 2; k++) {
		t[k].owner = &useful[k];
		t[k].id = high;
		t[k].addr.ip[15] = (uint8_t)(2 - k);
		t[k].outgoing = t[k].named = 1;
		useful[k] = 0;
		OK(!twins_join(&ts, &t[k], 100000, &keep));
	}
	OK(!twins_late(&ts, &t[0], 100000) && !twins_late(&ts, &t[1], 100000));
	useful[0] = 1;
	OK(twins_late(&ts, &t[1], 100000) == &t[0] &&
	    !twins_late(&ts, &t[0], 100000));
	useful[1] = 1;
	OK(twins_late(&ts, &t[0], 100000) == &t[1] &&
	    !twins_late(&ts, &t[1], 100000));
	t[2] = t[0];
	t[2].joined = 0;
	OK(twins_join(&ts, &t[2], 100001, &keep) == &t[2]);
	CASE("twins: but not if it named one of them alone");
	t[2].named = 0;
	t[2].addr.ip[15] = 9;
	OK(!twins_join(&ts, &t[2], 100001, &keep) && keep == &t[2]);
	OK(!twins_late(&ts, &t[2], 200000));
	memset(t, 0, sizeof t);
	twins_init(&ts, low, is_of_use);
	for (k = 0; k < 2; k++) {
		t[k].owner = &useful[k];
		t[k].id = high;
		useful[k] = 0;
		OK(!twins_join(&ts, &t[k], 100000, &keep));
	}
	useful[0] = 1;
	CASE("twins: of three, the useful one is the twin that counts");
	t[2] = t[1];
	t[2].joined = 0;
	t[2].owner = &useful[1];
	useful[1] = 0;
	OK(!twins_join(&ts, &t[2], 100000, &keep) || keep == &t[0]);
	OK(twins_late(&ts, &t[1], 120000) == &t[0]);
	twins_leave(&ts, &t[2]);
	CASE("twins: who has left is nobody's twin");
	twins_leave(&ts, &t[0]);
	twins_leave(&ts, &t[0]);
	useful[1] = 0;
	OK(!twins_late(&ts, &t[1], 120000));
	twins_leave(&ts, &t[1]);
	OK(!ts.first);
}
