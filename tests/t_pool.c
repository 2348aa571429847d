/* pool and requests: places and queues, against naive models. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "torrent/meta.h"
#include "swarm/requests.h"
#include "swarm/pool.h"
#include "unit.h"

enum { MOST = 10, OPS = 20000, MODEL = 300 };

static void rooms(void);
static void dials(void);
static void queues(void);
static void aimed(void);

void
test_pool(void)
{
	rooms();
	dials();
	queues();
	aimed();
}

static void
rooms(void)
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
