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
#include "unit.h"

enum { MOST = 10, OPS = 20000, MODEL = 300 };

static void places(void);
static void dials(void);
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
	struct place pl[100], *out;
	int64_t now_ms;
	int n = 0;

	memset(pl, 0, sizeof pl);
	pool_init(&p, 200);
	CASE("pool: dials have an allowance, and a burst");
	while (n < 100 && pool_pay(&p, 100000))
		n++;
	OK(n == 20);
	for (now_ms = 100000; now_ms < 110000; now_ms += 10)
		n += pool_pay(&p, now_ms);
	OK(n >= 118 && n <= 120);
	CASE("pool: few of them are under way at a time, and none has to go");
	for (n = 0; n < 100 && pool_pay(&p, 200000 + n * 1000); n++)
		pool_dial(&p, &r, &pl[n], 200000);
	OK(n == 30);
	p.most = 30;
	OK(pool_room(&p, 900000, &out) < 0);
	pool_leave(&pl[7]);
	OK(pool_pay(&p, 900000) && pool_room(&p, 900000, &out) == 0);
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
