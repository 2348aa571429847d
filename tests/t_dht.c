/* dht: a DHT node, packet by packet, with a set clock: what it asks and
 * answers, whom it believes, and what nobody can make it do. */
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
	MINUTE_MS = 60000,
	SENT_MOST = 4096,
	TRIO      = 3
};

/* A node under test, and what it has sent since it was last looked at. */
static struct bench {
	struct dht *dht;
	int six;
	int64_t now_ms;
	struct {
		struct addr to;
		uint8_t p[KRPC_MOST];
		size_t n;
	} sent[SENT_MOST];
	int nsent, npeers;
	struct addr peers[256];
} bench;

static void basics(void);
static void errors(void);
static void announces(void);
static void small_answers(void);
static void many_queries(void);
static void right_answers(void);
static void believed_peers(void);
static void schedule(void);
static void one_node(void);
static void work_done(void);
static void meeting_again(void);
static void readonly(void);
static void deaf(void);
static void votes(void);
static void victims(void);
static void fuzz(void);
static void families(void);
static void trio(void);
static void announce(const struct addr *a, const struct krpc *m, int port,
    int implied);
static int searches_in(int minutes, int hungry);
static void say_self(int n, int first, int one_net, const char *text);
static void trio_send(void *arg, const struct addr *to, const uint8_t *p,
    size_t n);
static void trio_peers(void *arg, const uint8_t *h, const struct addr *list,
    int n);
static void start(int six);
static void stop(void);
static void on_send(void *arg, const struct addr *to, const uint8_t *p,
    size_t n);
static void on_peers(void *arg, const uint8_t *hash, const struct addr *list,
    int n);
static void feed(const struct addr *from, const void *p, size_t n);
static int says(const struct addr *from, const char *query, const char *want);
static int last(struct krpc *m);
static void reply_to(int i, const uint8_t *id, struct krpc *more);
static void reply_all(struct krpc *more);
static int count_method(enum krpc_method method);
static void befriend(int n, int first);
static void id_at(uint8_t *id, const struct addr *a);
static void pass(int64_t ms);
static struct addr addr_of(const char *text);
static struct addr nth(int i);

static const struct dht_ops ops = { on_send, on_peers };
static const uint8_t hash[] = "mnopqrstuvwxyz123456";

#define A "d1:ad2:id20:abcdefghij0123456789"
#define H "9:info_hash20:mnopqrstuvwxyz123456"
#define PING A "e1:q4:ping1:t2:aa1:y1:qe"
#define FIND A "6:target20:mnopqrstuvwxyz123456e1:q9:find_node1:t2:aa1:y1:qe"
#define GET  A H "e1:q9:get_peers1:t2:aa1:y1:qe"

void
test_dht(void)
{
	basics();
	errors();
	announces();
	small_answers();
	many_queries();
	right_answers();
	believed_peers();
	schedule();
	one_node();
	work_done();
	meeting_again();
	readonly();
	deaf();
	votes();
	victims();
	fuzz();
	families();
	trio();
}

static void
basics(void)
{
	struct addr a = addr_of("10.0.0.2:6881");
	struct krpc m;

	start(0);
	CASE("dht: a ping is answered, and pinged back if unknown");
	feed(&a, BYTES(PING));
	OK(bench.nsent == 2 && last(&m) == 'q' && m.method == KRPC_PING);
	OK(addr_same(&bench.sent[0].to, &a) &&
	    addr_same(&bench.sent[1].to, &a));
	bench.nsent--;
	OK(last(&m) == 'r' && span_is(m.tid, "aa") && m.version.n == 4);
	OK(memcmp(m.id, dht_id(bench.dht), ID_LEN) == 0);
	OK(m.ip.n == 6 && memcmp(m.ip.p, "\x0a\0\0\2\x1a\xe1", 6) == 0);
	CASE("dht: not again within a minute, nor who is read-only");
	bench.nsent = 0;
	feed(&a, BYTES(PING));
	OK(bench.nsent == 1 && last(&m) == 'r');
	a.ip[15] = 3;
	bench.nsent = 0;
	feed(&a, BYTES(A "e1:q4:ping2:roi1e1:t2:aa1:y1:qe"));
	OK(bench.nsent == 1 && last(&m) == 'r' && dht_count(bench.dht) == 0);
	stop();
	start(0);
	CASE("dht: find_node and get_peers are answered with near nodes");
	befriend(20, 0);
	OK(dht_count(bench.dht) >= 8 && dht_count(bench.dht) <= 20);
	bench.nsent = 0;
	feed(&a, BYTES(FIND));
	bench.nsent = 1;
	OK(last(&m) == 'r' && m.nodes.n >= 6 * 26 && m.token.n == 0);
	a.ip[15]++;
	bench.nsent = 0;
	feed(&a, BYTES(GET));
	bench.nsent = 1;
	OK(last(&m) == 'r' && m.nodes.n >= 6 * 26 && m.token.n > 0);
	OK(m.values.n == 0 && m.nodes6.n == 0);
	stop();
}

static void
errors(void)
{
	struct addr a = addr_of("10.0.0.2:6881");

	start(0);
	CASE("dht: what is no query has its error, and junk nothing");
	OK(says(&a, A "e1:q4:pung1:t2:aa1:y1:qe", "d1:eli204e14:Method Unknown"
	    "e2:ip6:\x0a"));
	OK(says(&a, A "e1:q9:find_node1:t2:aa1:y1:qe", "d1:eli203e"));
	OK(says(&a, "d1:q9:find_node1:t2:aa1:y1:qe", "d1:eli203e"));
	OK(says(&a, "d1:t1:a1:y1:qe", NULL)); /* the error would be longer */
	OK(says(&a, "junk", NULL));
	OK(says(&a, "d1:eli201e1:xe1:t2:aa1:y1:ee", NULL));
	OK(says(&a, "d1:rd2:id20:abcdefghij0123456789e1:t2:aa1:y1:re", NULL));
	a = addr_of("224.0.0.1:6881");
	OK(says(&a, PING, NULL));
	a = addr_of("[2001:db8::1]:6881");
	OK(says(&a, PING, NULL));
	stop();
}

/* An announce of a port, with the token that m has, or a wrong one. */
static void
announce(const struct addr *a, const struct krpc *m, int port, int implied)
{
	struct krpc q = { .type = 'q', .method = KRPC_ANNOUNCE,
		.target = hash, .id = hash };
	struct buf b = { NULL, 0, 0, 0 };

	q.tid = span_of("bb");
	q.token = m ? m->token : span_of("eight by");
	q.port = (uint16_t)port;
	q.implied = implied;
	krpc_write(&b, &q);
	bench.nsent = 0;
	feed(a, b.p, b.len);
	bench.nsent = MIN(bench.nsent, 1);
	buf_free(&b);
}

static void
announces(void)
{
	struct addr a = addr_of("10.0.0.2:6881"), b = addr_of("10.0.0.3:7000");
	struct krpc m, t;
	uint8_t keep[KRPC_MOST];

	start(0);
	CASE("dht: an announce needs the token of its address");
	feed(&a, BYTES(GET));
	bench.nsent = 1;
	OK(last(&t) == 'r' && t.token.n == 8);
	memcpy(keep, t.token.p, t.token.n);
	t.token.p = keep;
	announce(&a, NULL, 5555, 0);
	OK(last(&m) == 'e' && m.error == 203);
	announce(&b, &t, 5555, 0);
	OK(last(&m) == 'e' && m.error == 203);
	announce(&a, &t, 80, 0); /* nobody would dial it */
	OK(last(&m) == 'e' && m.error == 203);
	announce(&a, &t, 5555, 0);
	OK(last(&m) == 'r' && span_is(m.tid, "bb"));
	CASE("dht: what was announced is given");
	bench.nsent = 0;
	feed(&b, BYTES(GET));
	bench.nsent = 1;
	OK(last(&m) == 'r' && m.values.n == 10);
	OK(memcmp(m.values.p, "l6:\x0a\0\0\2\x15\xb3" "e", 10) == 0);
	CASE("dht: an implied port is where the packet came from");
	announce(&a, &t, 5555, 1);
	bench.nsent = 0;
	b.ip[15]++;
	feed(&b, BYTES(GET));
	bench.nsent = 1;
	OK(last(&m) == 'r' && m.values.n == 18);
	CASE("dht: and found by a search of our own");
	befriend(1, 0);
	dht_add(bench.dht, hash, 0, bench.now_ms);
	OK(bench.npeers == 2);
	stop();
}

static void
small_answers(void)
{
	struct addr a;
	struct krpc m;
	uint8_t keep[KRPC_MOST];
	int i;

	start(0);
	CASE("dht: an answer is three times the query, or who asks is proven");
	befriend(30, 0);
	for (i = 0; i < 150; i++) {
		a = nth(1000 + i);
		bench.nsent = 0;
		feed(&a, BYTES(GET));
		bench.nsent = 1;
		last(&m);
		memcpy(keep, m.token.p, m.token.n);
		m.token.p = keep;
		announce(&a, &m, 5000, 0);
		OK(last(&m) == 'r');
		bench.now_ms += 20;
	}
	a = nth(2000);
	bench.nsent = 0;
	feed(&a, BYTES(GET));
	bench.nsent = 1;
	OK(last(&m) == 'r' && m.values.n > 8 * 5 && m.nodes.n >= 2 * 26);
	OK(bench.sent[0].n <= 3 * strlen(GET));
	OK(bench.sent[0].n > 2 * strlen(GET));
	a = nth(0); /* has answered us: its id is id_at's */
	id_at(keep, &a);
	memcpy(keep + 100, GET, strlen(GET));
	memcpy(keep + 100 + 12, keep, ID_LEN);
	bench.nsent = 0;
	feed(&a, keep + 100, strlen(GET));
	bench.nsent = 1;
	OK(last(&m) == 'r' && m.values.n > 8 * 70 && m.nodes.n == 8 * 26);
	OK(bench.sent[0].n <= 1024);
	stop();
}

static void
many_queries(void)
{
	struct addr a = addr_of("20.0.0.2:6881");
	int i, n, j;

	start(0);
	CASE("dht: an address has a few answers a second, and all so many");
	for (i = 0; i < 100; i++)
		feed(&a, BYTES(FIND));
	OK(bench.nsent >= 5 && bench.nsent <= 20);
	n = bench.nsent;
	bench.now_ms += 1000;
	feed(&a, BYTES(FIND));
	OK(bench.nsent == n + 1);
	for (i = bench.nsent = 0; i < 1000; i++) {
		a = nth(i);
		feed(&a, BYTES(A "e1:q4:ping2:roi1e1:t2:aa1:y1:qe"));
	}
	OK(bench.nsent >= 100 && bench.nsent <= 300);
	CASE("dht: pings of whoever asks are few a second, too");
	pass(60 * 1000);
	for (j = n = 0; j < 10; j++) {
		bench.nsent = 0;
		for (i = 0; i < 150; i++) {
			a = nth(5000 + 150 * j + i);
			feed(&a, BYTES(PING));
		}
		n += count_method(KRPC_PING);
		bench.now_ms += 1000;
	}
	OK(n >= 100 && n <= 800);
	stop();
}

static void
right_answers(void)
{
	struct addr a = nth(1), b = nth(2), other = nth(3);
	struct krpc m;
	uint8_t keep[KRPC_MOST];
	size_t n;

	start(0);
	CASE("dht: an answer counts from where the query went, with its id");
	dht_meet(bench.dht, &a, 0);
	OK(bench.nsent == 1 && last(&m) == 'q' && m.tid.n == 4);
	n = bench.sent[0].n;
	memcpy(keep, bench.sent[0].p, n);
	bench.sent[0].to = b;
	reply_to(0, NULL, NULL);
	OK(dht_count(bench.dht) == 0);
	bench.sent[0].to = a;
	bench.sent[0].p[n - 20] ^= 1; /* its tid */
	reply_to(0, NULL, NULL);
	OK(dht_count(bench.dht) == 0);
	bench.sent[0].p[n - 20] ^= 1;
	reply_to(0, NULL, NULL);
	OK(dht_count(bench.dht) == 1);
	CASE("dht: a node that is known must answer with its own id");
	bench.nsent = 0;
	dht_add(bench.dht, hash, 0, bench.now_ms);
	OK(bench.nsent == 1 && last(&m) == 'q' && m.method == KRPC_GET);
	reply_to(0, (const uint8_t *)"another id, 20 bytes", NULL);
	OK(dht_count(bench.dht) == 0);
	CASE("dht: our own id is nobody's");
	bench.nsent = 0;
	memcpy(keep, PING, strlen(PING));
	memcpy(keep + 12, dht_id(bench.dht), ID_LEN);
	feed(&other, keep, strlen(PING));
	OK(bench.nsent == 0);
	dht_meet(bench.dht, &other, bench.now_ms);
	reply_to(bench.nsent - 1, dht_id(bench.dht), NULL);
	OK(dht_count(bench.dht) == 0);
	stop();
}

static void
believed_peers(void)
{
	static const uint8_t values[] = "l6:\x08\x08\x08\x08\x20\0"
	    "6:\x0a\0\0\1\x20\0" "6:\x7f\0\0\1\x20\0" "6:\0\0\0\1\x20\0"
	    "6:\xe0\0\0\1\x20\0" "6:\x08\x08\x08\x08\0\x50"
	    "6:\x08\x08\x08\x08\0\0" "5:abcdei7e" "e";
	struct krpc m = { 0 };
	struct addr a;

	CASE("dht: peers are at global addresses, on a global node's word, "
	    "and at high ports");
	start(0);
	befriend(1, 0);
	bench.nsent = 0;
	dht_add(bench.dht, hash, 0, bench.now_ms);
	m.values.p = values;
	m.values.n = sizeof values - 1;
	reply_all(&m);
	a = addr_of("8.8.8.8:8192");
	OK(bench.npeers == 1 && addr_same(&bench.peers[0], &a));
	stop();
	start(0);
	a = addr_of("10.0.0.9:6881");
	dht_meet(bench.dht, &a, 0);
	reply_all(NULL);
	bench.nsent = 0;
	dht_add(bench.dht, hash, 0, bench.now_ms);
	reply_all(&m);
	OK(bench.npeers == 2);
	stop();
}

/* Searches that begin in so many minutes while peers are wanted or not. */
static int
searches_in(int minutes, int hungry)
{
	struct krpc m = { 0 };
	int i, n = 0;

	m.token = span_of("tokentok");
	for (i = 0; i < minutes * 60; i++) {
		bench.nsent = 0;
		if (hungry)
			dht_hungry(bench.dht, hash, bench.now_ms);
		dht_tick(bench.dht, bench.now_ms);
		n += count_method(KRPC_GET) > 0;
		reply_all(&m);
		bench.now_ms += 1000;
	}
	return n;
}

static void
schedule(void)
{
	struct krpc m = { 0 };
	uint8_t h[ID_LEN];
	int i, n;

	start(0);
	CASE("dht: a torrent is looked for once there is a node");
	OK(dht_add(bench.dht, hash, 4567, 0) == 0);
	OK(dht_add(bench.dht, hash, 4567, 0) == -1);
	OK(bench.nsent == 0 && dht_tick(bench.dht, 0) == INT64_MAX);
	befriend(1, 0);
	OK(count_method(KRPC_GET) == 1);
	stop();
	start(0);
	befriend(20, 0);
	pass(10000);
	CASE("dht: it is announced to the eight nearest with their tokens");
	bench.nsent = 0;
	m.token = span_of("tokentok");
	dht_add(bench.dht, hash, 4567, bench.now_ms);
	n = count_method(KRPC_GET);
	OK(n >= 3 && n <= 8);
	reply_all(&m);
	OK(count_method(KRPC_ANNOUNCE) == 8);
	OK(last(&m) == 'q' && m.port == 4567 && !m.implied);
	OK(memcmp(m.target, hash, ID_LEN) == 0);
	OK(span_is(m.token, "tokentok"));
	CASE("dht: again each quarter of an hour, sooner if peers are wanted");
	n = searches_in(60, 0);
	OK(n >= 3 && n <= 4);
	n = searches_in(60, 1);
	OK(n >= 4 && n <= 7);
	CASE("dht: and no more when it is removed");
	dht_remove(bench.dht, hash);
	dht_remove(bench.dht, hash);
	OK(searches_in(60, 1) == 0);
	OK(dht_add(bench.dht, hash, 0, bench.now_ms) == 0);
	CASE("dht: many torrents come one after the other");
	for (i = n = 0; i < 200; i++) {
		bench.nsent = 0;
		sha1(&i, sizeof i, h);
		OK(dht_add(bench.dht, h, 0, bench.now_ms) == 0);
		OK(dht_add(bench.dht, h, 0, bench.now_ms) == -1);
		reply_all(&m);
		n += count_method(KRPC_GET);
	}
	for (i = 0; i < 600; i++) {
		bench.nsent = 0;
		dht_tick(bench.dht, bench.now_ms);
		reply_all(&m);
		n += count_method(KRPC_GET);
		OK(bench.nsent < 400);
		bench.now_ms += 100;
	}
	OK(n >= 8 * 200);
	stop();
}

/* A network of one node more: all searches go there at once. */
static void
one_node(void)
{
	uint8_t h[ID_LEN];
	int i;

	start(0);
	CASE("dht: many torrents at once, of the only node there is");
	befriend(1, 0);
	bench.nsent = 0;
	for (i = 0; i < 12; i++) {
		sha1(&i, sizeof i, h);
		dht_add(bench.dht, h, 0, bench.now_ms);
	}
	OK(count_method(KRPC_GET) == 12);
	CASE("dht: a node that is met while they run is asked, too");
	befriend(1, 1);
	OK(count_method(KRPC_GET) == 12);
	CASE("dht: but not one that is gone");
	bench.now_ms += 10000;
	dht_tick(bench.dht, bench.now_ms);
	for (i = bench.nsent = 0; i < 55; i++) {
		bench.now_ms += 1000;
		sha1(&i, sizeof i, h);
		dht_remove(bench.dht, h);
		dht_add(bench.dht, h, 0, bench.now_ms);
		dht_tick(bench.dht, bench.now_ms);
	}
	OK(bench.nsent <= 16);
	stop();
}

/* What a datagram costs does not grow with the torrents, nor without bound
 * with the nodes. */
static void
work_done(void)
{
	struct addr a;
	uint8_t h[ID_LEN];
	uint64_t steps;
	int i;

	start(0);
	CASE("dht: a query costs a bounded look at the nodes");
	befriend(500, 0);
	steps = dht_steps(bench.dht);
	for (i = 0; i < 100; i++) {
		a = nth(1000 + i);
		feed(&a, BYTES(GET));
	}
	OK(dht_steps(bench.dht) - steps < 100 * 400);
	CASE("dht: and not a look at thousands of torrents that wait");
	for (i = 0; i < 5000; i++) {
		sha1(&i, sizeof i, h);
		dht_add(bench.dht, h, 0, bench.now_ms);
	}
	steps = dht_steps(bench.dht);
	for (i = 0; i < 100; i++)
		feed(&a, BYTES("d1:rd2:id20:abcdefghij0123456789e1:t4:aaaa"
		    "1:y1:re"));
	OK(dht_steps(bench.dht) - steps < 100 * 1000);
	stop();
}

static void
meeting_again(void)
{
	struct addr a = nth(7);
	int64_t due;
	int i;

	start(0);
	CASE("dht: whom we met is asked again as long as there is nobody");
	dht_meet(bench.dht, &a, 0);
	OK(bench.nsent == 1);
	for (i = 0; i < 1000 && bench.now_ms < 60 * MINUTE_MS; i++) {
		due = dht_tick(bench.dht, bench.now_ms);
		OK(due > bench.now_ms && due < INT64_MAX);
		bench.now_ms = due;
	}
	OK(i < 100 && bench.nsent >= 8 && bench.nsent <= 16);
	befriend(1, 7);
	OK(dht_count(bench.dht) == 1);
	bench.nsent = 0;
	pass(14 * MINUTE_MS);
	OK(count_method(KRPC_PING) <= 2);
	stop();
}

static void
readonly(void)
{
	struct addr a = nth(500);
	struct krpc m;

	start(0);
	CASE("dht: who is read-only says so, and answers nobody");
	befriend(1, 0);
	dht_reachable(bench.dht, 0);
	OK(dht_readonly(bench.dht));
	bench.nsent = 0;
	dht_add(bench.dht, hash, 0, bench.now_ms);
	OK(bench.nsent == 1 && last(&m) == 'q' && m.readonly);
	a = nth(0); /* has just been asked: a NAT would let it in */
	bench.nsent = 0;
	feed(&a, BYTES(FIND));
	OK(bench.nsent == 0 && dht_readonly(bench.dht));
	CASE("dht: until a query comes from where it has not asked");
	a = nth(500);
	feed(&a, BYTES(FIND));
	OK(bench.nsent > 0 && !dht_readonly(bench.dht));
	dht_reachable(bench.dht, 1);
	OK(!dht_readonly(bench.dht));
	stop();
}

static void
deaf(void)
{
	struct addr a = nth(5000);
	int i, global;

	for (global = 1; global >= 0; global--) {
		start(0);
		if (global)
			CASE("dht: whom nobody asks is read-only after a while");
		else
			CASE("dht: but not with few nodes");
		befriend(global ? 150 : 12, 0);
		OK(!dht_readonly(bench.dht));
		for (i = 0; i < 32 * 60; i++) {
			bench.nsent = 0;
			dht_tick(bench.dht, bench.now_ms);
			reply_all(NULL);
			OK(i > 29 * 60 || !dht_readonly(bench.dht));
			bench.now_ms += 1000;
		}
		OK(dht_readonly(bench.dht) == global);
		feed(&a, BYTES(PING));
		OK(!dht_readonly(bench.dht));
		stop();
	}
}

/* n nodes, in one network or not, say that our address is that one. */
static void
say_self(int n, int first, int one_net, const char *text)
{
	struct addr self = addr_of(text), a;
	struct krpc m = { 0 };
	uint8_t ip[18];
	int i;

	m.ip.p = ip;
	m.ip.n = addr_pack(ip, &self) ? 6 : 18;
	for (i = 0; i < n; i++) {
		a = nth(first + (one_net ? 0 : i));
		a.ip[15] = (uint8_t)(1 + i);
		bench.nsent = 0;
		dht_meet(bench.dht, &a, bench.now_ms);
		reply_to(0, NULL, &m);
	}
}

static void
votes(void)
{
	struct addr self = addr_of("8.1.2.3:1"), other = addr_of("9.1.2.3:1");
	uint8_t id[ID_LEN];
	int n;

	start(0);
	CASE("dht: the id follows the address that several networks tell");
	memcpy(id, dht_id(bench.dht), ID_LEN);
	say_self(50, 100, 1, "8.1.2.3:1"); /* one network alone */
	say_self(4, 200, 0, "8.1.2.3:1");
	say_self(4, 300, 0, "192.168.1.1:1");
	OK(memcmp(id, dht_id(bench.dht), ID_LEN) == 0);
	say_self(1, 400, 0, "8.1.2.3:1");
	OK(memcmp(id, dht_id(bench.dht), ID_LEN) != 0);
	OK(id_fits(dht_id(bench.dht), &self));
	OK(dht_count(bench.dht) >= 8);
	CASE("dht: it stays, unless more say otherwise");
	memcpy(id, dht_id(bench.dht), ID_LEN);
	say_self(16, 500, 0, "8.1.2.3:1");
	say_self(8, 600, 0, "9.1.2.3:1");
	OK(memcmp(id, dht_id(bench.dht), ID_LEN) == 0);
	n = dht_count(bench.dht);
	say_self(2, 700, 0, "9.1.2.3:1");
	OK(id_fits(dht_id(bench.dht), &other) && dht_count(bench.dht) >= 8 &&
	    dht_count(bench.dht) <= n + 2);
	stop();
}

/* A hundred hostile nodes name one address, at one port or many, in all their
 * answers and as where their queries come from. */
static void
victims(void)
{
	struct addr victim = addr_of("8.8.8.8:5353"), a;
	struct krpc m;
	uint8_t id[ID_LEN];
	struct buf list;
	int i, j, k, ports, n = 0;

	for (ports = 0; ports < 2; ports++) {
		start(0);
		CASE(ports ? "dht: nor on all ports of an address" :
		    "dht: nobody can be aimed at: a few packets a minute");
		befriend(100, 0);
		dht_add(bench.dht, hash, 4000, bench.now_ms);
		for (i = n = 0; i < 10 * 60; i++) {
			dht_hungry(bench.dht, hash, bench.now_ms);
			dht_meet(bench.dht, &victim, bench.now_ms);
			dht_tick(bench.dht, bench.now_ms);
			for (j = 0; j < bench.nsent; j++) {
				a = bench.sent[j].to;
				if (addr_same_ip(&a, &victim)) {
					krpc_read(&m, bench.sent[j].p,
					    bench.sent[j].n);
					n += m.type == 'q';
					continue;
				}
				memset(&list, 0, sizeof list);
				memset(&m, 0, sizeof m);
				for (k = 0; k < 8; k++) {
					memcpy(id, hash, ID_LEN);
					put32(id + 12, (uint32_t)(i * 8 + k));
					a = victim;
					a.port = (uint16_t)(victim.port +
					    ports * (i + k));
					krpc_put_node(&list, id, &a);
				}
				m.nodes.p = list.p;
				m.nodes.n = list.len;
				m.token = span_of("tokentok");
				reply_to(j, NULL, &m);
				buf_free(&list);
			}
			bench.nsent = 0;
			a = victim;
			a.port = (uint16_t)(a.port + ports * i);
			feed(&a, BYTES(PING));
			bench.now_ms += 1000;
		}
		OK(n > 0 && n <= 50);
		stop();
	}
}

static void
fuzz(void)
{
	static const char *const texts[] = { PING, FIND, GET,
		A H "4:porti5000e5:token8:eight bye1:q13:announce_peer1:t2:aa"
		"1:y1:qe", "d1:rd2:id20:abcdefghij01234567895:nodes26:"
		"abcdefghijklmnopqrstuvwxyz5:token1:x6:valuesl6:abcdefee"
		"1:t4:aaaa1:y1:re" };
	uint8_t p[600];
	uint64_t rnd = 77;
	struct addr a, list[300], after[300];
	struct krpc m, was;
	size_t n, k;
	int i, best;

	start(0);
	CASE("dht: junk changes nothing, and has errors at the most");
	befriend(20, 0);
	dht_add(bench.dht, hash, 4000, bench.now_ms);
	pass(30000);
	best = dht_best(bench.dht, list, 300);
	OK(best > 8);
	for (i = 0; i < 50000; i++) {
		bench.now_ms += 10;
		a = nth(rnd_below(&rnd, 2) ? (int)rnd_below(&rnd, 20) :
		    3000 + i % 1000);
		if (i % 4 == 0) {
			n = rnd_below(&rnd, sizeof p);
			for (k = 0; k < n; k++)
				p[k] = (uint8_t)rnd_next(&rnd);
		} else {
			n = strlen(texts[i % LEN(texts)]);
			memcpy(p, texts[i % LEN(texts)], n);
			n = unit_mutate(p, n, sizeof p, &rnd);
		}
		if (krpc_read(&was, p, n) == 0 && was.type == 'q' &&
		    was.method != KRPC_ANNOUNCE)
			continue; /* right after all */
		bench.nsent = 0;
		dht_tick(bench.dht, bench.now_ms); /* what is due anyway */
		reply_all(NULL);
		bench.nsent = 0;
		feed(&a, p, n);
		OK(bench.nsent <= 1);
		OK(bench.nsent == 0 || last(&m) == 'e');
		if (bench.nsent)
			OK(bench.sent[0].n <= 3 * n);
	}
	OK(dht_best(bench.dht, after, 300) == best);
	OK(memcmp(list, after, (size_t)best * sizeof *list) == 0);
	OK(bench.npeers == 0);
	bench.nsent = 0;
	a = nth(4500);
	feed(&a, BYTES(GET));
	bench.nsent = 1;
	OK(last(&m) == 'r' && m.values.n == 0);
	stop();
}

static void
families(void)
{
	struct addr a = addr_of("[2001:db8:7::1]:6881");
	struct krpc m;

	start(1);
	CASE("dht: a node of IPv6 gives and reads nodes6");
	befriend(1, 0);
	OK(dht_count(bench.dht) == 1);
	bench.nsent = 0;
	feed(&a, BYTES(FIND));
	bench.nsent = 1;
	OK(last(&m) == 'r' && m.nodes6.n == 38 && m.nodes.n == 0);
	OK(m.ip.n == 18);
	a = addr_of("1.2.3.4:5");
	OK(says(&a, PING, NULL));
	bench.nsent = 0;
	dht_meet(bench.dht, &a, bench.now_ms);
	OK(bench.nsent == 0);
	stop();
}

/* Three nodes on this host, which know one address each, the first none. */
static struct {
	struct dht *dht[TRIO];
	int from[4096], to[4096], n, found;
	uint8_t p[4096][1024];
	size_t len[4096];
} three;

static void
trio_send(void *arg, const struct addr *to, const uint8_t *p, size_t n)
{
	int i = three.n++ % 4096;

	three.from[i] = (int)((struct dht **)arg - three.dht);
	three.to[i] = to->port - 6000;
	memcpy(three.p[i], p, n);
	three.len[i] = n;
}

static void
trio_peers(void *arg, const uint8_t *h, const struct addr *list, int n)
{
	(void)h;
	if ((struct dht **)arg - three.dht == 2 && n > 0)
		three.found = list[0].port;
}

static void
trio(void)
{
	static const struct dht_ops trio_ops = { trio_send, trio_peers };
	struct addr a = addr_of("127.0.0.1:6000");
	int64_t now_ms = 1000;
	int i, at = 0, second;

	CASE("dht: three new nodes on one host find each other's torrents");
	memset(&three, 0, sizeof three);
	for (i = 0; i < TRIO; i++)
		three.dht[i] = dht_new(0, 99 + (uint64_t)i, &trio_ops,
		    &three.dht[i]);
	for (i = 1; i < TRIO; i++)
		dht_meet(three.dht[i], &a, now_ms);
	dht_add(three.dht[1], hash, 7777, now_ms);
	for (second = 0; second < 100 && !three.found; second++) {
		if (second == 1)
			dht_add(three.dht[2], hash, 0, now_ms);
		for (; at < three.n; at++) {
			a.port = (uint16_t)(6000 + three.from[at % 4096]);
			dht_feed(three.dht[three.to[at % 4096]],
			    three.p[at % 4096], three.len[at % 4096], &a,
			    now_ms);
		}
		for (i = 0; i < TRIO; i++)
			dht_tick(three.dht[i], now_ms);
		now_ms += 1000;
	}
	OK(three.found == 7777 && second <= 3);
	OK(dht_count(three.dht[0]) == 2);
	for (i = 0; i < TRIO; i++)
		dht_free(three.dht[i]);
}

static void
start(int six)
{
	memset(&bench, 0, sizeof bench);
	bench.six = six;
	bench.dht = dht_new(six, 12345, &ops, NULL);
}

static void
stop(void)
{
	dht_free(bench.dht);
}

static void
on_send(void *arg, const struct addr *to, const uint8_t *p, size_t n)
{
	int i = bench.nsent;

	(void)arg;
	if (i == SENT_MOST)
		return;
	bench.sent[i].to = *to;
	memcpy(bench.sent[i].p, p, n);
	bench.sent[i].n = n;
	bench.nsent++;
}

static void
on_peers(void *arg, const uint8_t *h, const struct addr *list, int n)
{
	int i;

	(void)arg;
	OK(memcmp(h, hash, ID_LEN) == 0);
	for (i = 0; i < n; i++)
		bench.peers[bench.npeers++ % 256] = list[i];
}

static void
feed(const struct addr *from, const void *p, size_t n)
{
	uint8_t *copy = unit_copy(p, n);

	dht_feed(bench.dht, copy, n, from, bench.now_ms);
	free(copy);
}

/* Whether a query is answered by one packet that begins so; NULL: by none. */
static int
says(const struct addr *from, const char *query, const char *want)
{
	bench.nsent = 0;
	feed(from, query, strlen(query));
	if (!want)
		return bench.nsent == 0;
	return bench.nsent == 1 && bench.sent[0].n >= strlen(want) &&
	    memcmp(bench.sent[0].p, want, strlen(want)) == 0;
}

/* The packet that was sent last, and its type. */
static int
last(struct krpc *m)
{
	int i = bench.nsent - 1;

	if (i < 0 || krpc_read(m, bench.sent[i].p, bench.sent[i].n) != 0)
		return -1;
	return m->type;
}

/* Answers the ith query that was sent: id NULL: as id_at says; with what else
 * there is in more. */
static void
reply_to(int i, const uint8_t *id, struct krpc *more)
{
	struct krpc q, m = { 0 };
	struct buf b = { NULL, 0, 0, 0 };
	uint8_t own[ID_LEN];
	struct addr from = bench.sent[i].to;

	if (krpc_read(&q, bench.sent[i].p, bench.sent[i].n) != 0 ||
	    q.type != 'q')
		return;
	if (more)
		m = *more;
	id_at(own, &from);
	m.type = 'r';
	m.id = id ? id : own;
	m.tid = q.tid;
	krpc_write(&b, &m);
	feed(&from, b.p, b.len);
	buf_free(&b);
}

/* Answers all that was sent, and what is sent for that. */
static void
reply_all(struct krpc *more)
{
	int i;

	for (i = 0; i < bench.nsent && i < SENT_MOST; i++)
		reply_to(i, NULL, more);
}

static int
count_method(enum krpc_method method)
{
	struct krpc m;
	int i, n = 0;

	for (i = 0; i < bench.nsent; i++)
		n += krpc_read(&m, bench.sent[i].p, bench.sent[i].n) == 0 &&
		    m.type == 'q' && m.method == method;
	return n;
}

/* The node meets n others, and they answer. */
static void
befriend(int n, int first)
{
	struct addr a;
	int i;

	for (i = 0; i < n; i++) {
		a = nth(first + i);
		if (bench.six)
			a = addr_of("[2001:db8:1::1]:6881");
		bench.nsent = 0;
		dht_meet(bench.dht, &a, bench.now_ms);
		reply_all(NULL);
	}
}

/* The id of whoever is at an address. */
static void
id_at(uint8_t *id, const struct addr *a)
{
	sha1(a->ip, sizeof a->ip, id);
	id_suit(id, a);
}

/* So much time in which all that is asked is answered. */
static void
pass(int64_t ms)
{
	int64_t end = bench.now_ms + ms;

	for (; bench.now_ms < end; bench.now_ms += 100) {
		dht_tick(bench.dht, bench.now_ms);
		reply_all(NULL);
	}
}

static struct addr
addr_of(const char *text)
{
	struct addr a;

	memset(&a, 0, sizeof a);
	OK_FOR(text, addr_parse(&a, text, 1) == 0);
	return a;
}

/* The ith of many global addresses, each in a /24 of its own. */
static struct addr
nth(int i)
{
	struct addr a = addr_of("20.0.0.1:6881");

	a.ip[13] = (uint8_t)i;
	a.ip[14] = (uint8_t)(i >> 8);
	return a;
}
