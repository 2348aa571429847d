/* seek: who is asked for metadata, with a set clock: honest peers, and
 * strangers who claim to have it. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "addr.h"
#include "swarm/metadata.h"
#include "swarm/seek.h"
#include "unit.h"

enum { S = 1000, SIZE = 3 * METADATA_PIECE + 5, MANY = 40 };

struct one {
	struct seeker s;
	int nasked;
	uint32_t last;
};

static void order(void);
static void hosts(void);
static void callers_again(void);
static void singly(void);
static void over(void);
static void on_ask(void *owner, uint32_t piece);
static void offer(struct seek *sk, struct one *o, const char *text,
    int64_t now_ms);
static int give(struct seek *sk, struct one *o, uint32_t piece,
    int64_t now_ms);

void
test_seek(void)
{
	order();
	hosts();
	callers_again();
	singly();
	over();
}

static void
on_ask(void *owner, uint32_t piece)
{
	struct one *o = owner;

	o->nasked++;
	o->last = piece;
}

static void
offer(struct seek *sk, struct one *o, const char *text, int64_t now_ms)
{
	struct addr a;

	memset(&a, 0, sizeof a);
	OK_FOR(text, addr_parse(&a, text, 1) == 0);
	seek_offer(sk, &o->s, o, &a, SIZE, 0, now_ms);
}

static int
give(struct seek *sk, struct one *o, uint32_t piece, int64_t now_ms)
{
	static uint8_t data[METADATA_PIECE];
	struct span d = { data, MIN(SIZE - piece * METADATA_PIECE,
	    METADATA_PIECE) };

	return seek_got(sk, &o->s, piece, d, now_ms);
}

static void
order(void)
{
	struct seek *sk = seek_new(on_ask);
	struct one all[MANY];
	char text[64];
	int i, n = 0;
	uint32_t k;

	memset(all, 0, sizeof all);
	CASE("seek: the first three are asked, all that they are ahead");
	for (i = 0; i < MANY; i++) {
		snprintf(text, sizeof text, "10.0.0.%d:6881", i + 1);
		offer(sk, &all[i], text, S);
		OK(all[i].nasked == (i < 3 ? 4 : 0));
	}
	CASE("seek: who takes long makes room, for the oldest");
	seek_tick(sk, 7 * S);
	for (i = 0; i < MANY; i++)
		OK(all[i].nasked == (i < 6 ? 4 : 0));
	CASE("seek: twelve at a time, the slowest goes");
	give(sk, &all[0], 0, 8 * S);
	seek_tick(sk, 13 * S);
	seek_tick(sk, 19 * S);
	for (i = 0; i < MANY; i++)
		n += all[i].s.md != NULL;
	OK(n == 12 && all[0].s.md && seek_bytes(sk) == METADATA_PIECE);
	CASE("seek: who gives all of it has given it");
	for (k = 1; k < 4; k++)
		OK(give(sk, &all[0], k, 20 * S) == (k == 3));
	OK(all[0].s.md && all[0].s.md->ngot == 4);
	for (i = 0; i < MANY; i++)
		seek_leave(sk, &all[i].s, 20 * S);
	seek_free(sk);
}

static void
hosts(void)
{
	struct seek *sk = seek_new(on_ask);
	struct one a[6], honest;

	memset(a, 0, sizeof a);
	memset(&honest, 0, sizeof honest);
	CASE("seek: of one host, and of one /64, one is asked at a time");
	offer(sk, &a[0], "10.0.0.1:1000", S);
	offer(sk, &a[1], "10.0.0.1:1001", S);
	offer(sk, &a[2], "[2001:db8::1]:1", S);
	offer(sk, &a[3], "[2001:db8::2]:1", S);
	OK(a[0].nasked && !a[1].nasked && a[2].nasked && !a[3].nasked);
	offer(sk, &honest, "10.0.0.9:6881", S);
	OK(honest.nasked == 4);
	CASE("seek: of this host each port is one");
	offer(sk, &a[4], "127.0.0.1:1000", S);
	offer(sk, &a[5], "127.0.0.1:1001", S);
	seek_tick(sk, 8 * S);
	OK(a[4].nasked && a[5].nasked);
	seek_found(sk);
	OK(!a[0].s.md && !honest.s.md && seek_bytes(sk) == 0);
	seek_free(sk);
}

/* Three who claim to have it, say nothing and call again and again. */
static void
callers_again(void)
{
	struct seek *sk = seek_new(on_ask);
	struct one liar[3], honest;
	char text[64];
	int64_t t;
	int i, n = 0;

	memset(liar, 0, sizeof liar);
	memset(&honest, 0, sizeof honest);
	CASE("seek: strangers who call again keep nobody from being asked");
	for (t = S; t < 60 * S && honest.nasked == 0; t += S) {
		for (i = 0; i < 3; i++) {
			seek_leave(sk, &liar[i].s, t);
			snprintf(text, sizeof text, "10.0.0.1:%d",
			    2000 + n++);
			offer(sk, &liar[i], text, t);
		}
		if (t == 5 * S)
			offer(sk, &honest, "10.0.0.9:6881", t);
		seek_tick(sk, t);
	}
	OK(honest.nasked == 4 && t <= 8 * S);
	CASE("seek: and are left alone for a while, whatever their port");
	n = liar[0].nasked + liar[1].nasked + liar[2].nasked;
	for (i = 0; i < 3; i++)
		seek_leave(sk, &liar[i].s, t);
	offer(sk, &liar[0], "10.0.0.1:5000", t);
	seek_tick(sk, t + S);
	OK(n > 0 && liar[0].nasked + liar[1].nasked + liar[2].nasked == n);
	seek_tick(sk, t + 60 * S);
	OK(liar[0].s.md != NULL);
	seek_found(sk);
	seek_free(sk);
}

/* rtorrent answers one request and drops the others. */
static void
singly(void)
{
	struct seek *sk = seek_new(on_ask);
	struct one o;
	struct addr a;
	int64_t t = S;
	uint32_t k;

	memset(&o, 0, sizeof o);
	CASE("seek: who answers one at a time is asked again, one at a time");
	offer(sk, &o, "10.0.0.1:6881", t);
	OK(o.nasked == 4 && give(sk, &o, 0, t) == 0);
	seek_tick(sk, t + S);
	OK(o.nasked == 4);
	seek_tick(sk, t += 2 * S);
	OK(o.nasked == 5 && o.last == 1);
	for (k = 1; k < 3; k++) {
		OK(give(sk, &o, k, t += 100) == 0);
		OK(o.nasked == 5 + (int)k && o.last == k + 1);
	}
	CASE("seek: and again, if it does not answer that");
	seek_tick(sk, t + S);
	OK(o.nasked == 7);
	seek_tick(sk, t + 2 * S);
	OK(o.nasked == 8 && o.last == 3);
	CASE("seek: what comes twice then does no harm");
	OK(give(sk, &o, 2, t + 2 * S) == 0 && o.s.md);
	OK(give(sk, &o, 3, t + 2 * S) == 1);
	seek_leave(sk, &o.s, t);
	seek_free(sk);
	CASE("seek: who is known to bear no more is asked singly at once");
	sk = seek_new(on_ask);
	memset(&o, 0, sizeof o);
	memset(&a, 0, sizeof a);
	OK(addr_parse(&a, "10.0.0.1:6881", 1) == 0);
	seek_offer(sk, &o.s, &o, &a, SIZE, 1, t = S);
	for (k = 0; k < 4; k++) {
		OK(o.nasked == 1 + (int)k && o.last == k);
		OK(give(sk, &o, k, t += 100) == (k == 3));
	}
	seek_leave(sk, &o.s, t);
	seek_free(sk);
	CASE("seek: who has answered nothing is not asked again");
	sk = seek_new(on_ask);
	memset(&o, 0, sizeof o);
	offer(sk, &o, "10.0.0.1:6881", S);
	for (t = S; t < 15 * S; t += S)
		seek_tick(sk, t);
	OK(o.nasked == 4);
	seek_leave(sk, &o.s, t);
	seek_free(sk);
}

static void
over(void)
{
	struct seek *sk = seek_new(on_ask);
	struct span none = { NULL, 0 };
	struct one o, p;

	memset(&o, 0, sizeof o);
	memset(&p, 0, sizeof p);
	CASE("seek: who will not give it, or gives it wrong, has a rest");
	offer(sk, &o, "10.0.0.1:6881", S);
	OK(seek_got(sk, &o.s, 0, none, S) == 0 && !o.s.md);
	seek_tick(sk, 20 * S);
	OK(!o.s.md);
	seek_tick(sk, 40 * S);
	OK(o.s.md != NULL);
	seek_fail(sk, &o.s, 40 * S);
	OK(!o.s.md);
	CASE("seek: when it is known nobody is asked any more");
	seek_found(sk);
	offer(sk, &p, "10.0.0.2:6881", 50 * S);
	seek_tick(sk, 90 * S);
	OK(!o.s.md && !p.s.md && p.nasked == 0);
	seek_leave(sk, &o.s, 90 * S);
	seek_leave(sk, &p.s, 90 * S);
	seek_free(sk);
}
