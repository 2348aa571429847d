/* announce and fetch: fake trackers on loopback, in this process and its loop.
 * The clock is set, so that half an hour passes in no time. */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util.h"
#include "sha1.h"
#include "addr.h"
#include "url.h"
#include "udpt.h"
#include "net.h"
#include "sock.h"
#include "fetch.h"
#include "torrent/meta.h"
#include "find/announce.h"
#include "find/ask.h"
#include "unit.h"

enum {
	ROUNDS  = 150,       /* of the loop, in which all bytes arrive */
	FAKES   = 4,
	REPLIES = 8,
	MINUTE  = 60 * 1000,
	HOUR    = 60 * MINUTE
};

/* A tracker.  It answers its first requests by its first replies, and all
 * others by the last; without replies it is silent. */
struct fake {
	char name;
	struct addr addr;
	struct io io;        /* HTTP: the listener; UDP: the socket */
	struct buf replies[REPLIES];
	int nreplies, asked;
	char request[2048];  /* the last one's path and query */
	char host[128];      /* the last one's Host */
	/* UDP */
	struct buf packet;   /* the last one */
	int connects, announces;
	int strange;         /* what it does wrong */
};

enum { NOTHING, WRONG_TRANSACTION, WRONG_ACTION, EARLY_ANNOUNCE, TOO_SHORT,
	ERROR_AT_CONNECT, ERROR_AT_ANNOUNCE, MUTE, MUTE_AT_ANNOUNCE,
	TWO_CONNECTS, GARBAGE, OTHER_SOURCE, LATE_WRONG_ACTION };

enum call_kind { COMPLETED, HUNGRY, STOP, FREE };

/* A request on its way to a fake. */
struct call {
	struct io io;
	struct fake *f;
	struct buf in;
	struct call *next;
};

static void parameters(void);
static void stops(void);
static void completions(void);
static void tiers(void);
static void orders(void);
static int order_is(const char *want);
static void shuffles(void);
static void back_off(void);
static void reasons(void);
static void intervals(void);
static void hungry(void);
static int eats_after(const char *body, int64_t seconds);
static int child(int (*fn)(const char *, int64_t), const char *text,
    int64_t n);
static void identities(void);
static void peers(void);
static void bodies(void);
static void transfers(void);
static void redirects(void);
static void slow(void);
static void unusable(void);
static void lists(void);
static void udp(void);
static void udp_strange(void);
static void udp_lost(void);
static void ipv6(void);
static void freed(void);
static void reentered(void);
static int from_within(const char *op, int64_t call);
static void scrapes(void);
static void udp_scrapes(void);
static const char *scraped(const char *url);
static void fetches(void);

static void drop(void);
static void world_reset(void);
static void world_end(void);
static struct fake *http_fake(char name, const char *body);
static struct fake *udp_fake(char name);
static void fake_down(struct fake *f);
static void fake_up(struct fake *f);
static void reply_body(struct fake *f, const void *body, size_t n);
static void reply_raw(struct fake *f, const void *raw, size_t n);
static void reply_none(struct fake *f);
static void speak(struct fake *f, const void *p, size_t n);
static void on_call(struct io *io, short got, int64_t now_ms);
static void on_call_ready(struct io *io, short got, int64_t now_ms);
static void call_end(struct call *c);
static void call_free(void *arg);
static void on_packet(struct io *io, short got, int64_t now_ms);
static void answer_packet(struct fake *f, const uint8_t *p, size_t n,
    struct buf *out);
static void start(const char *format, ...) PRINTF(1, 2);
static void start_list(const struct tracker *list, int n, uint64_t seed);
static struct fake *one(const char *body);
static struct fake *one_of(const void *body, size_t n);
static struct fake *one_raw(const void *raw, size_t n);
static struct fake *two(const char *first, const char *second,
    struct fake **other);
static void settle(void);
static void later(int64_t ms);
static void on_tick(struct timer *t, int64_t now_ms);
static const char *param(const struct fake *f, const char *key);
static int param_is(const struct fake *f, const char *key, const char *want);
static int has_peer(const char *text);
static int told(const char *text);
static int begin(const char *url, const char *query, const struct addr *to,
    size_t limit);
static void reach(void);
static struct fetch_how how = { .by_user = 1 };
static struct route proxied;
static int fetched(const char *want);

static const uint8_t hash[ID_LEN] = "hash &=% twenty\0byt";
static const uint8_t id[ID_LEN] = "-bt0010-abcdefghijkl";
static const char none[] = "d8:intervali1800e5:peers0:e";
static const char plain[] = "d8:intervali1800e5:peers6:\1\2\3\4\x1a\xe1"
	"e";

/* All that happens. */
static struct {
	struct timer tick;
	int rounds;
	struct fake fakes[FAKES];
	int nfakes;
	struct call *calls;
	char order[256];     /* whose names were asked, in order */
	struct announce_params figures;
	struct addr peers[1024];
	int npeers, most_peers;
	struct buf messages;
	int nmessages, stopped;
	/* what an op does besides */
	const char *op;
	enum call_kind call;
	struct announce *a;
	/* fetches */
	struct fetch *fetch;
	struct buf body;
	char why[128];
	int nfetched;
} w;

/* What announce tells. */

static void
within(const char *op)
{
	if (!w.op || strcmp(w.op, op) != 0)
		return;
	w.op = NULL;
	switch (w.call) {
	case COMPLETED: announce_completed(w.a); break;
	case HUNGRY:    announce_hungry(w.a); break;
	case STOP:      announce_stop(w.a); break;
	case FREE:      drop(); break;
	}
}

static void
on_figures(void *arg, struct announce_params *p)
{
	(void)arg;
	p->uploaded = w.figures.uploaded;
	p->downloaded = w.figures.downloaded;
	p->left = w.figures.left;
	p->numwant = w.figures.numwant;
	p->partial_seed = w.figures.partial_seed;
	p->port = 6881;
}

static void
on_peers(void *arg, const struct addr *list, int n)
{
	(void)arg;
	w.most_peers = MAX(w.most_peers, n);
	for (; n > 0 && w.npeers < (int)LEN(w.peers); n--)
		w.peers[w.npeers++] = *list++;
	within("peers");
}

static void
on_message(void *arg, const char *url, const char *text)
{
	(void)arg;
	buf_printf(&w.messages, "%s: %s\n", url, text);
	w.nmessages++;
	within("message");
}

static void
on_stopped(void *arg)
{
	(void)arg;
	w.stopped++;
	within("stopped");
}

static const struct announce_ops ops = { on_figures, on_peers, on_message,
	on_stopped };

void
test_announce(void)
{
	memset(&w, 0, sizeof w);
	clock_set(1000000);
	w.tick.fire = on_tick;
	parameters();
	stops();
	completions();
	tiers();
	orders();
	shuffles();
	back_off();
	reasons();
	intervals();
	hungry();
	identities();
	peers();
	bodies();
	transfers();
	redirects();
	slow();
	unusable();
	lists();
	udp();
	udp_strange();
	udp_lost();
	ipv6();
	freed();
	reentered();
	scrapes();
	udp_scrapes();
	fetches();
	reach();
	world_end();
	clock_set(0);
}

static void
parameters(void)
{
	struct fake *f;
	struct buf b = { NULL, 0, 0, 0 };
	uint8_t got[64];
	char key[64];
	struct span s;

	CASE("announce: started says all that BEP 3 asks for");
	world_reset();
	f = http_fake('A', NULL);
	reply_body(f, BYTES(plain));
	w.figures.uploaded = 0;
	w.figures.downloaded = 12;
	w.figures.left = INT64_C(5000000000);
	w.figures.numwant = 80;
	start("A");
	OK(f->asked == 0);
	settle();
	OK(f->asked == 1 && strncmp(f->request, "/announce?", 10) == 0);
	s = span_of(param(f, "info_hash"));
	OK(pct_decode(got, sizeof got, s) == 20 && memcmp(got, hash, 20) == 0);
	s = span_of(param(f, "peer_id"));
	OK(pct_decode(got, sizeof got, s) == 20 && memcmp(got, id, 20) == 0);
	OK(param_is(f, "port", "6881") && param_is(f, "event", "started"));
	OK(param_is(f, "uploaded", "0") && param_is(f, "downloaded", "12"));
	OK(param_is(f, "left", "5000000000"));
	OK(param_is(f, "compact", "1") && param_is(f, "numwant", "80"));
	OK(strlen(param(f, "key")) >= 8);
	snprintf(key, sizeof key, "%s", param(f, "key"));
	OK(param(f, "trackerid")[0] == '\0');
	snprintf((char *)got, sizeof got, "127.0.0.1:%u", f->addr.port);
	OK(strcmp(f->host, (char *)got) == 0);
	OK(w.npeers == 1 && has_peer("1.2.3.4:6881") && w.nmessages == 0);
	CASE("announce: the next one comes at the interval, without an event");
	w.figures.uploaded = 3;
	w.figures.left = 1;
	later(30 * MINUTE - 1);
	OK(f->asked == 1);
	later(1);
	OK(f->asked == 2 && param(f, "event")[0] == '\0');
	OK(param_is(f, "uploaded", "3") && param_is(f, "left", "1"));
	OK(param_is(f, "key", key));
	CASE("announce: a partial seed says that it is one, each time");
	w.figures.partial_seed = 1;
	later(30 * MINUTE);
	OK(f->asked == 3 && param_is(f, "event", "paused"));
	later(30 * MINUTE);
	OK(f->asked == 4 && param_is(f, "event", "paused"));
	w.figures.partial_seed = 0;
	CASE("announce: completed is told at once, and once");
	w.figures.left = 0;
	announce_completed(w.a);
	settle();
	OK(f->asked == 5 && param_is(f, "event", "completed"));
	OK(param_is(f, "left", "0"));
	later(HOUR);
	OK(f->asked == 6 && param(f, "event")[0] == '\0');
	CASE("announce: stopped is told at once, then it is over");
	announce_stop(w.a);
	settle();
	OK(f->asked == 7 && param_is(f, "event", "stopped"));
	OK(param_is(f, "key", key));
	OK(w.stopped == 1);
	later(24 * HOUR);
	OK(f->asked == 7 && w.stopped == 1);
	CASE("announce: a tracker's own query is kept");
	world_reset();
	f = http_fake('A', none);
	buf_printf(&b, "http://127.0.0.1:%u/a?passkey=x%%20y", f->addr.port);
	buf_put(&b, "", 1);
	start("%s", (char *)b.p);
	settle();
	OK(f->asked == 1 && param_is(f, "passkey", "x%20y"));
	OK(strncmp(f->request, "/a?passkey=x%20y&", 17) == 0);
	OK(param_is(f, "event", "started"));
	buf_free(&b);
}

static void
stops(void)
{
	struct fake *f, *g;

	CASE("announce: who was never heard of need not stop");
	world_reset();
	f = http_fake('A', none);
	fake_down(f);
	start("A");
	settle();
	fake_up(f);
	announce_stop(w.a);
	settle();
	OK(f->asked == 0 && w.stopped == 1);
	world_reset();
	f = http_fake('A', none);
	start("A");
	announce_stop(w.a);
	settle();
	OK(w.stopped == 1 && f->asked == 0);
	later(HOUR);
	OK(w.stopped == 1 && f->asked == 0);
	CASE("announce: no trackers are no trouble");
	world_reset();
	start_list(NULL, 0, 1);
	announce_completed(w.a);
	announce_hungry(w.a);
	later(HOUR);
	OK(w.stopped == 0);
	announce_stop(w.a);
	settle();
	OK(w.stopped == 1);
	CASE("announce: every tracker that knows of us is told");
	f = two(none, none, &g);
	fake_down(f);
	later(30 * MINUTE);
	OK(f->asked == 1 && g->asked == 1 && param_is(g, "event", "started"));
	fake_up(f);
	announce_stop(w.a);
	settle();
	OK(f->asked == 2 && param_is(f, "event", "stopped"));
	OK(g->asked == 2 && param_is(g, "event", "stopped"));
	OK(w.stopped == 1);
	CASE("announce: a tracker that is gone does not hold us");
	f = one(none);
	fake_down(f);
	announce_stop(w.a);
	settle();
	OK(w.stopped == 1);
	CASE("announce: nor does one that is silent, beyond its deadline");
	f = one(none);
	reply_none(f);
	announce_stop(w.a);
	settle();
	OK(f->asked == 2 && w.stopped == 0);
	later(20000);
	OK(w.stopped == 1);
	CASE("announce: a stop ends the announce under way");
	f = one(none);
	reply_none(f);
	later(30 * MINUTE);
	OK(f->asked == 2);
	reply_body(f, BYTES(plain));
	announce_stop(w.a);
	settle();
	OK(f->asked == 3 && param_is(f, "event", "stopped"));
	OK(w.stopped == 1 && w.npeers == 1);
}

static void
completions(void)
{
	struct fake *f, *g;

	CASE("announce: completed before the first answer comes after it");
	world_reset();
	f = http_fake('A', none);
	start("A");
	announce_completed(w.a);
	settle();
	OK(f->asked == 2 && param_is(f, "event", "completed"));
	later(29 * MINUTE);
	OK(f->asked == 2);
	CASE("announce: completed during an announce comes right after it");
	f = one(none);
	reply_none(f);
	later(30 * MINUTE);
	OK(f->asked == 2);
	announce_completed(w.a);
	settle();
	OK(f->asked == 2);
	reply_body(f, BYTES(plain));
	speak(f, BYTES("HTTP/1.1 200 OK\r\nContent-Length: 27\r\n\r\n"
	    "d8:intervali1800e5:peers0:e"));
	settle();
	OK(f->asked == 3 && param_is(f, "event", "completed"));
	CASE("announce: completed that failed is told again, or elsewhere");
	f = two(none, none, &g);
	fake_down(f);
	later(30 * MINUTE); /* B: started */
	OK(g->asked == 1);
	announce_completed(w.a);
	settle();
	OK(g->asked == 2 && param_is(g, "event", "completed"));
	CASE("announce: a stop tells what was completed first");
	f = one(none);
	announce_completed(w.a);
	announce_stop(w.a);
	settle();
	OK(param_is(f, "event", "stopped") && w.stopped == 1);
	OK(f->asked == 3);
}

/* BEP 12's first and third example. */
static void
tiers(void)
{
	struct fake *f[3];
	int i, seed;

	CASE("announce: tiers are asked in order, until one answers");
	world_reset();
	for (i = 0; i < 3; i++)
		f[i] = http_fake((char)('A' + i),
		    none);
	start("A|B|C");
	settle();
	OK(order_is("A"));
	later(30 * MINUTE);
	OK(order_is("A"));
	fake_down(f[0]);
	later(30 * MINUTE);
	OK(order_is("B"));
	OK(told("http://127.0.0.1:"));
	CASE("announce: the next announce begins at the first tier again");
	fake_up(f[0]);
	later(30 * MINUTE);
	OK(order_is("A"));
	fake_down(f[0]);
	fake_down(f[1]);
	later(30 * MINUTE);
	OK(order_is("C"));
	later(30 * MINUTE);
	OK(order_is("C"));
	fake_up(f[1]);
	later(30 * MINUTE);
	OK(order_is("B"));
	CASE("announce: all of a tier are tried before the next");
	for (seed = 1; seed < 9; seed++) {
		world_reset();
		for (i = 0; i < 3; i++)
			f[i] = http_fake((char)('A' + i), NULL);
		reply_body(f[0], BYTES("le"));
		reply_body(f[1], BYTES("le"));
		reply_body(f[2], BYTES(plain));
		w.rounds = seed;
		start("AB|C");
		settle();
		OK(f[0]->asked == 1 && f[1]->asked == 1 && f[2]->asked == 1);
		OK(w.order[2] == 'C' && w.npeers == 1);
	}
}

/* BEP 12's second example. */
static void
orders(void)
{
	struct fake *f[3];
	char first[4], want[4];
	int i, seed, x, y, z;

	CASE("announce: who answers moves to the front of its tier");
	for (seed = 1; seed < 9; seed++) {
		world_reset();
		for (i = 0; i < 3; i++)
			f[i] = http_fake((char)('A' + i), "le");
		w.rounds = seed;
		start("ABC");
		settle(); /* nobody answers: that is the order */
		OK(strlen(w.order) == 3);
		snprintf(first, sizeof first, "%.3s", w.order);
		x = first[0] - 'A';
		y = first[1] - 'A';
		z = first[2] - 'A';
		w.order[0] = '\0';
		reply_body(f[y], BYTES(none));
		later(MINUTE);
		snprintf(want, sizeof want, "%c%c", 'A' + x, 'A' + y);
		OK_FOR(want, order_is(want)); /* now: y x z */
		reply_body(f[y], BYTES("le"));
		reply_body(f[z], BYTES(none));
		later(30 * MINUTE);
		snprintf(want, sizeof want, "%c%c%c", 'A' + y, 'A' + x,
		    'A' + z);
		OK_FOR(want, order_is(want)); /* now: z y x */
		reply_body(f[z], BYTES("le"));
		reply_body(f[x], BYTES(none));
		later(30 * MINUTE);
		snprintf(want, sizeof want, "%c%c%c", 'A' + z, 'A' + y,
		    'A' + x);
		OK_FOR(want, order_is(want)); /* now: x z y */
		later(30 * MINUTE);
		snprintf(want, sizeof want, "%c", 'A' + x);
		OK_FOR(want, order_is(want));
	}
}

/* Who was asked since last asked. */
static int
order_is(const char *want)
{
	int same = strcmp(w.order, want) == 0;

	w.order[0] = '\0';
	return same;
}

static void
shuffles(void)
{
	int first[3] = { 0 }, seed, i;

	CASE("announce: a tier is shuffled");
	for (seed = 1; seed <= 60; seed++) {
		world_reset();
		for (i = 0; i < 3; i++)
			http_fake((char)('A' + i),
			    none);
		w.rounds = seed * 7919;
		start("ABC");
		settle();
		OK(strlen(w.order) == 1);
		first[(w.order[0] - 'A') % 3]++;
	}
	OK(first[0] > 5 && first[1] > 5 && first[2] > 5);
}

static void
back_off(void)
{
	struct fake *f;
	int64_t last = 0, gap, before = 0, longest = 0;
	int i, asked = 1, shrank = 0;

	CASE("announce: when all have failed the wait grows, not for ever");
	f = one("le");
	OK(f->asked == 1);
	for (i = 1; i <= 6 * 3600; i += i < 300 ? 1 : 20) {
		later(i < 300 ? 1000 : 20000);
		if (f->asked == asked)
			continue;
		asked = f->asked;
		gap = i - last;
		shrank += gap + 20 < before;
		longest = MAX(longest, gap);
		before = gap;
		last = i;
	}
	OK(shrank == 0 && asked >= 10 && asked <= 40);
	OK(longest > 300 && longest <= 1840);
	OK(w.nmessages >= 1 && w.nmessages <= asked);
	CASE("announce: and ends when one answers");
	reply_body(f, BYTES(plain));
	later(30 * MINUTE);
	OK(w.npeers == 1 && param_is(f, "event", "started"));
	asked = f->asked;
	reply_body(f, BYTES("le"));
	later(30 * MINUTE);
	OK(f->asked == asked + 1);
	later(MINUTE); /* the wait begins small again */
	OK(f->asked == asked + 2);
}

static void
reasons(void)
{
	static const char *const refusals[] = {
		"d14:failure reason12:\x1b[31mgo\naway" "e",
		"d14:failure reason12:\x1b[31mgo\naway" "8:intervali9e"
		    "5:peers6:\1\2\3\4\5\6e",
	};
	struct fake *f, *g;
	size_t i;

	CASE("announce: a failure reason is told, escaped, and is a failure");
	for (i = 0; i < LEN(refusals); i++) {
		world_reset();
		f = http_fake('A', NULL);
		reply_body(f, refusals[i], strlen(refusals[i]));
		g = http_fake('B', none);
		start("A|B");
		settle();
		OK(f->asked == 1 && g->asked == 1);
		OK(told("\\x1b[31mgo\\x0aaway"));
		OK(w.nmessages == 1 && w.npeers == 0);
	}
	CASE("announce: a reason of no bytes is one too");
	f = two("d14:failure reason0:5:peers0:e", none, &g);
	OK(g->asked == 1 && w.nmessages == 1);
	CASE("announce: a reason that comes with a 404 is told");
	f = one_raw(BYTES("HTTP/1.1 404 Not Found\r\nContent-Length: 28\r\n"
	    "\r\nd14:failure reason7:unknowne"));
	OK(told("unknown"));
	CASE("announce: a long reason is cut");
	world_reset();
	f = http_fake('A', NULL);
	buf_printf(&w.body, "d14:failure reason5000:%05000de", 7);
	reply_body(f, w.body.p, w.body.len);
	start("A");
	settle();
	OK(w.nmessages == 1 && told("000000") && w.messages.len < 1000);
	CASE("announce: a warning is told, and the peers are used");
	f = one_of(BYTES("d8:intervali1800e5:peers6:\1\2\3\4\x1a\xe1"
	    "15:warning message5:s\x07lowe"));
	OK(w.nmessages == 1 && told("s\\x07low") && w.npeers == 1);
	CASE("announce: a warning is told again when it is another");
	later(30 * MINUTE);
	OK(f->asked == 2 && w.nmessages == 1);
	reply_body(f, BYTES("d8:intervali1800e15:warning message5:hurrye"));
	later(HOUR);
	OK(w.nmessages == 2 && told("hurry"));
	CASE("announce: trouble, too, and after an answer");
	reply_body(f, BYTES("d14:failure reason4:busye"));
	later(30 * MINUTE);
	later(HOUR);
	OK(w.nmessages == 3 && told("refuses: busy"));
	reply_body(f, BYTES("d14:failure reason3:shye"));
	later(HOUR);
	later(HOUR);
	OK(w.nmessages == 4 && told("refuses: shy"));
	reply_body(f, BYTES("d8:intervali1800ee"));
	later(HOUR);
	reply_body(f, BYTES("d14:failure reason3:shye"));
	later(HOUR);
	OK(w.nmessages == 5);
	CASE("announce: an answer that is none is shown, escaped and cut");
	f = one("<html>\x1b[1m1234567890123456789012345678901234");
	OK(told("answer is not a tracker's: <html>\\x1b[1m12345678901234567890"
	    "1234567890\n") && w.nmessages == 1);
	f = one("");
	OK(told("its answer is empty"));
	CASE("announce: a dictionary below a status of 404 is no answer");
	f = one_raw(BYTES("HTTP/1.1 404 No\r\n\r\nd8:intervali60e5:peers6:"
	    "123456e"));
	OK(told("HTTP status 404") && w.npeers == 0);
}

static void
intervals(void)
{
	static const struct { const char *text; int64_t seconds; } said[] = {
		{ "i1800e", 1800 }, { "i60e", 60 }, { "i61e", 61 },
		{ "i59e", 60 }, { "i1e", 60 }, { "i0e", 60 }, { "i-1e", 60 },
		{ "i-9223372036854775808e", 60 }, { "i86400e", 86400 },
		{ "i86401e", 86400 }, { "i4294967296e", 86400 },
		{ "i9223372036854775807e", 86400 },
		{ "i9223372036854776e", 86400 },
	};
	static const char *const absent[] = { "d5:peers0:e",
		"d8:interval4:18005:peers0:e", "d8:intervalle5:peers0:e" };
	struct fake *f;
	char body[128];
	size_t i;

	CASE("announce: the interval is kept between 60 s and a day");
	for (i = 0; i < LEN(said); i++) {
		world_reset();
		snprintf(body, sizeof body, "d8:interval%s5:peers0:e",
		    said[i].text);
		f = http_fake('A', body);
		start("A");
		settle();
		later(said[i].seconds * 1000 - 1);
		OK_FOR(said[i].text, f->asked == 1);
		later(1);
		OK_FOR(said[i].text, f->asked == 2);
	}
	CASE("announce: no interval is some interval");
	for (i = 0; i < LEN(absent); i++) {
		f = one(absent[i]);
		later(59999);
		OK(f->asked == 1);
		later(24 * HOUR);
		OK(f->asked == 2);
	}
}

static void
hungry(void)
{
	/* the seconds after which the hungry may ask again */
	static const struct { const char *body; int64_t seconds; } said[] = {
		{ "d8:intervali1800e12:min intervali100e5:peers0:e", 100 },
		{ "d8:intervali1800e12:min intervali60e5:peers0:e", 60 },
		{ "d8:intervali1800e12:min intervali1e5:peers0:e", 60 },
		{ "d8:intervali1800e12:min intervali-5e5:peers0:e", 60 },
		{ none, 1800 },
		{ "d8:intervali1800e12:min intervali9999e5:peers0:e", 9999 },
		{ "d8:intervali1800e12:min intervali9223372036854775807e"
		    "5:peers0:e", 86400 },
		{ "d8:intervali1800e12:min intervali9223372036854776e"
		    "5:peers0:e", 86400 },
		{ "d8:intervali9223372036854775807e5:peers0:e", 86400 },
		{ "d8:intervali9223372036854776e5:peers0:e", 86400 },
	};
	struct fake *f;
	size_t i;

	CASE("announce: the hungry ask as soon as the tracker lets them");
	for (i = 0; i < 6; i++)
		OK_FOR(said[i].body, eats_after(said[i].body,
		    said[i].seconds) == 0);
	CASE("announce: nor does a number without end stop the loop");
	for (; i < LEN(said); i++)
		OK_FOR(said[i].body, child(eats_after, said[i].body,
		    said[i].seconds) == 0);
	CASE("announce: the hungry wait as all others when all have failed");
	world_reset();
	f = http_fake('A', "le");
	start("A");
	announce_hungry(w.a);
	settle();
	announce_hungry(w.a);
	settle();
	OK(f->asked == 1);
}

/* 0 if the hungry ask after so many seconds. */
static int
eats_after(const char *body, int64_t seconds)
{
	struct fake *f;
	int k, bad;

	f = one(body);
	for (k = 0; k < 3; k++)
		announce_hungry(w.a);
	later(seconds * 1000 - 1);
	bad = f->asked != 1;
	announce_hungry(w.a);
	later(1);
	bad |= f->asked != 2 || param(f, "event")[0] != '\0' ? 2 : 0;
	return bad;
}

/* What fn returns in a child, since what goes wrong there breaks memory or
 * does not end; -1: it died. */
static int
child(int (*fn)(const char *, int64_t), const char *text, int64_t n)
{
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		alarm(2);
		if (!freopen("/dev/null", "w", stderr))
			_exit(9);
		_exit(fn(text, n));
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static void
identities(void)
{
	struct fake *f, *g;

	CASE("announce: a tracker's id is sent back to it");
	f = two("d8:intervali1800e5:peers0:10:tracker id6:a&b= %e", none, &g);
	OK(param(f, "trackerid")[0] == '\0');
	reply_body(f, BYTES(none));
	later(30 * MINUTE);
	OK(param_is(f, "trackerid", "a%26b%3D%20%25"));
	later(30 * MINUTE);
	OK(param_is(f, "trackerid", "a%26b%3D%20%25"));
	CASE("announce: and to no other");
	fake_down(f);
	later(30 * MINUTE);
	OK(g->asked == 1 && param(g, "trackerid")[0] == '\0');
	fake_up(f);
	announce_stop(w.a);
	settle();
	OK(param_is(f, "trackerid", "a%26b%3D%20%25"));
	CASE("announce: an endless id is no trouble");
	world_reset();
	f = http_fake('A', NULL);
	buf_printf(&w.body, "d8:intervali60e5:peers0:10:tracker id3000:"
	    "%03000de", 7);
	reply_body(f, w.body.p, w.body.len);
	start("A");
	settle();
	later(MINUTE);
	OK(f->asked == 2);
}

static void
peers(void)
{
	struct fake *f;
	struct buf b = { NULL, 0, 0, 0 };
	int i, k, had;

	CASE("announce: compact peers");
	f = one_of(BYTES("d8:intervali1800e5:peers12:\1\2\3\4\x1a\xe1"
	    "\xff\xfe\xfd\xfc\0\1e"));
	OK(w.npeers == 2 && has_peer("1.2.3.4:6881"));
	OK(has_peer("255.254.253.252:1"));
	CASE("announce: peers6 (BEP 7), with peers and alone");
	for (i = 0; i < 2; i++) {
		world_reset();
		f = http_fake('A', NULL);
		buf_printf(&b, "d8:intervali1800e");
		if (i == 0)
			buf_put(&b, BYTES("5:peers6:\1\2\3\4\x1a\xe1"));
		buf_put(&b, BYTES("6:peers636:\x20\1\x0d\xb8\0\0\0\0\0\0\0\0"
		    "\0\0\0\1\0\x50\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2"
		    "\x1a\xe1" "e"));
		reply_body(f, b.p, b.len);
		b.len = 0;
		start("A");
		settle();
		OK(w.npeers == 3 - i && (i || has_peer("1.2.3.4:6881")));
		OK(has_peer("[2001:db8::1]:80"));
		OK(has_peer("[2001:db8::2]:6881"));
	}
	CASE("announce: peers as dictionaries");
	f = one("d8:intervali1800e5:peersl"
	    "d2:ip7:1.2.3.47:peer id20:aaaaaaaaaaaaaaaaaaaa4:porti6881ee"
	    "d2:ip11:2001:db8::14:porti80ee" "d2:ip7:1.2.3.54:porti65535ee"
	    "ee");
	OK(w.npeers == 3 && has_peer("1.2.3.4:6881"));
	OK(has_peer("[2001:db8::1]:80") && has_peer("1.2.3.5:65535"));
	CASE("announce: peers that are none are passed over");
	f = one("d8:intervali1800e5:peersl" "i5e" "le" "de" "3:abc"
	    "d2:ip0:4:porti80ee" "d2:ip7:1.2.3.4e" "d4:porti80ee"
	    "d2:ip7:1.2.3.44:porti0ee" "d2:ip7:1.2.3.44:porti65536ee"
	    "d2:ip7:1.2.3.44:porti-1ee" "d2:ip7:1.2.3.44:port2:80e"
	    "d2:ipi5e4:porti80ee" "d2:ip7:9.2.3.44:porti80ee" "ee");
	OK(w.npeers == 1 && has_peer("9.2.3.4:80"));
	CASE("announce: peers by name, four of a reply at most (BEP 3)");
	for (i = 0; i < 3; i++) {
		world_reset();
		f = http_fake('A', NULL);
		b.len = 0;
		buf_printf(&b, "d8:intervali60e5:peersl");
		for (k = 0; k < 50; k++)
			buf_printf(&b, "d2:ip5:127.14:porti%dee", 1000 + k);
		buf_printf(&b, "d2:ip300:%300d4:porti9ee" "ee", 7);
		reply_body(f, b.p, b.len);
		b.len = 0;
		start("A");
		settle();
		had = w.npeers;
		if (i == 1) /* it ends while they are being looked up */
			announce_stop(w.a);
		else if (i == 2)
			drop();
		for (k = 0; k < (i ? 3 : 600) && w.npeers < 4; k++) {
			settle(); /* children: in their own time */
			poll(NULL, 0, 50);
		}
		settle();
		OK(w.npeers == (i ? had : 4));
		OK(i || (has_peer("127.0.0.1:1000") &&
		    has_peer("127.0.0.1:1003")));
	}
	CASE("announce: a list that is cut, or none, is no trouble");
	world_reset();
	f = http_fake('A', NULL);
	reply_body(f, BYTES("d8:intervali1800e5:peers11:\1\2\3\4\x1a\xe1"
	    "abcdee"));
	reply_body(f, BYTES("d8:intervali1800e5:peers10:\1\2\3\4\x1a\xe1"
	    "abcde"));
	start("A");
	settle();
	OK(w.npeers == 1 && has_peer("1.2.3.4:6881"));
	reply_body(f, BYTES("d8:intervali60e5:peersi5e6:peers6lee"));
	later(30 * MINUTE);
	reply_body(f, BYTES("d8:intervali60e5:peersdee"));
	later(MINUTE);
	reply_body(f, BYTES("d8:intervali60ee"));
	later(MINUTE);
	OK(f->asked == 4 && w.npeers == 1);
	CASE("announce: 200 peers of a reply at most");
	world_reset();
	f = http_fake('A', NULL);
	buf_printf(&b, "d8:intervali1800e5:peers3000:");
	for (i = 0; i < 500; i++) {
		put32(buf_room(&b, 6), 0x01020000 + (uint32_t)i);
		put16(b.p + b.len + 4, 6881);
		b.len += 6;
	}
	buf_put(&b, "e", 1);
	reply_body(f, b.p, b.len);
	b.len = 0;
	start("A");
	settle();
	OK(w.npeers == 200 && w.most_peers == 200);
	OK(has_peer("1.2.0.0:6881"));
	buf_printf(&b, "d8:intervali1800e5:peersl");
	for (i = 0; i < 500; i++)
		buf_printf(&b, "d2:ip7:1.2.3.44:porti%dee", 1000 + i);
	buf_put(&b, "ee", 2);
	reply_body(f, b.p, b.len);
	w.npeers = 0;
	later(30 * MINUTE);
	OK(w.npeers == 200 && has_peer("1.2.3.4:1000"));
	buf_free(&b);
}

static void
bodies(void)
{
	static const char *const garbage[] = { "", "x", "<html></html>", "le",
		"i1e", "3:abc", "d", "d5:peers", "d5:peers6:ab",
		"d8:intervali",
		"d8:intervali1800e5:peers0:", "di1ei2ee", "e",
		"d8:intervali1-e5:peers0:e", "d8:intervali99999999999999999999"
		"e5:peers0:e", "llllllllllllllllllllllllllllllllllllllllllllll"
		"lllllllleeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee" };
	struct fake *f, *g;
	uint8_t p[256];
	uint64_t rnd = 31;
	size_t i, n;

	CASE("announce: a body that is none is an error, the next is asked");
	for (i = 0; i < LEN(garbage); i++) {
		f = two(garbage[i], none, &g);
		OK_FOR(garbage[i], f->asked == 1 && g->asked == 1);
		OK_FOR(garbage[i], w.nmessages == 1 && w.npeers == 0);
	}
	CASE("announce: bodies that nobody meant do no harm");
	world_reset();
	f = http_fake('A', plain);
	start("A");
	for (i = 0; i < 300; i++) {
		n = (size_t)snprintf((char *)p, sizeof p, "d8:intervali60e12:"
		    "min intervali5e5:peersld2:ip3:::14:porti7eee6:peers6"
		    "18:aaaaaaaaaaaaaaaaaa10:tracker id3:abc15:warning message"
		    "2:hoe");
		n = unit_mutate(p, n, sizeof p, &rnd);
		reply_body(f, p, n);
		later(24 * HOUR);
	}
	OK(f->asked >= 300);
}

/* HTTP's ways to bring a body. */
static void
transfers(void)
{
	static const struct { const char *raw; int good; } replies[] = {
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		    "5\r\nd8:in\r\n1;x=y\r\nt\r\n11\r\nervali1800e5:peer\r\n"
		    "9\r\ns6:123456\r\n1\r\ne\r\n0\r\nTrailer: x\r\n\r\n", 1 },
		{ "HTTP/1.1 200 OK\r\n\r\nd8:intervali1800e5:peers6:123456e",
		    1 },
		{ "HTTP/1.0 200 OK\r\n\r\nd8:intervali1800e5:peers6:123456e",
		    1 },
		{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-"
		    "Length: 33\r\n\r\nd8:intervali1800e5:peers6:123456ejunk",
		    1 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"
		    "d8:intervali1800e5:peers6:123456e", 0 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		    "21\r\nd8:intervali1800e5:peers6:123456e\r\n", 0 },
		{ "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length"
		    ": 33\r\n\r\nd8:intervali1800e5:peers6:123456e", 1 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\nd", 0 },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
		    "100001\r\nd", 0 },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0 },
		{ "HTTP/1.1 204 No Content\r\n\r\n", 0 },
		{ "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", 0 },
		{ "HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\nno!", 0 },
		{ "SSH-2.0-OpenSSH_9.2\r\n\r\n", 0 }, { "\r\n\r\n", 0 },
		{ "HTTP/1.1", 0 },
	};
	struct fake *f;
	char what[8];
	size_t i;

	CASE("announce: bodies by length, in chunks, to the end; or wrong");
	for (i = 0; i < LEN(replies); i++) {
		f = one_raw(replies[i].raw, strlen(replies[i].raw));
		snprintf(what, sizeof what, "%zu", i);
		OK_FOR(what, f->asked == 1);
		OK_FOR(what, w.npeers == replies[i].good);
		OK_FOR(what, w.nmessages == !replies[i].good);
	}
}

static void
redirects(void)
{
	struct fake *f, *g;
	char raw[512];

	CASE("announce: a redirect is followed, with what we say");
	world_reset();
	f = http_fake('A', NULL);
	g = http_fake('B', "d8:intervali1800e5:peers6:123456e");
	snprintf(raw, sizeof raw, "HTTP/1.1 302 Found\r\nLocation: http://"
	    "127.0.0.1:%u/else/where\r\nContent-Length: 0\r\n\r\n",
	    g->addr.port);
	reply_raw(f, raw, strlen(raw));
	start("A");
	settle();
	OK(order_is("AB") && w.npeers == 1 && w.nmessages == 0);
	OK(strncmp(g->request, "/else/where?", 12) == 0);
	OK(param_is(g, "event", "started") && param_is(g, "port", "6881"));
	CASE("announce: the next announce goes where the torrent says");
	later(30 * MINUTE);
	OK(order_is("AB") && w.npeers == 2);
	CASE("announce: a redirect that repeats the query does not double it");
	world_reset();
	f = http_fake('A', NULL);
	reply_raw(f, BYTES("HTTP/1.1 307 Found\r\nLocation: /b?info_hash=x"
	    "\r\nContent-Length: 0\r\n\r\n"));
	reply_body(f, BYTES("d8:intervali1800e5:peers6:123456e"));
	f->nreplies = 2;
	start("A");
	settle();
	OK(f->asked == 2 && strcmp(f->request, "/b?info_hash=x") == 0);
	OK(w.npeers == 1);
	CASE("announce: redirects in a circle end");
	world_reset();
	f = http_fake('A', NULL);
	reply_raw(f, BYTES("HTTP/1.1 301 Moved\r\nLocation: /announce\r\n"
	    "Content-Length: 0\r\n\r\n"));
	g = http_fake('B', "d8:intervali1800e5:peers6:123456e");
	start("A|B");
	settle();
	settle();
	OK(f->asked == FETCH_REDIRECTS + 1);
	OK(g->asked == 1 && w.npeers == 1 && told("redirect"));
	CASE("announce: a redirect to nowhere is an error");
	f = one_raw(BYTES("HTTP/1.1 301 Moved\r\nLocation: ftp://x.invalid/"
	    "\r\nContent-Length: 0\r\n\r\n"));
	OK(f->asked == 1 && w.nmessages == 1);
	f = one_raw(BYTES("HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n"));
	OK(f->asked == 1 && w.nmessages == 1);
}

static void
slow(void)
{
	struct fake *f, *g;

	CASE("announce: a silent tracker has twenty seconds");
	f = two(NULL, "d8:intervali1800e5:peers6:123456e", &g);
	later(19999);
	OK(f->asked == 1 && g->asked == 0);
	later(1);
	OK(f->asked == 1 && g->asked == 1 && w.nmessages == 1);
	CASE("announce: they are for all redirects together");
	f = two(NULL, "d8:intervali1800e5:peers6:123456e", &g);
	later(15000);
	speak(f, BYTES("HTTP/1.1 301 Moved\r\nLocation: /there\r\n"
	    "Content-Length: 0\r\n\r\n"));
	settle();
	OK(f->asked == 2 && strncmp(f->request, "/there?", 7) == 0);
	later(4999);
	OK(g->asked == 0);
	later(1);
	OK(f->asked == 2 && g->asked == 1);
}

static void
unusable(void)
{
	static const char *const urls[] = { "", "x", "http://", "http:///x",
		"ws://127.0.0.1/announce", "wss://127.0.0.1:1/announce",
		"udp://127.0.0.1", "udp://127.0.0.1/announce",
		"http://a b/announce", "http://127.0.0.1:0/", "//x/",
		"http://127.0.0.1:99999/announce", "\x1b]0;x" };
	struct tracker list[100] = { { NULL, 0, 0 } };
	struct fake *f;
	char url[64];
	size_t i;

	CASE("announce: trackers that we cannot use are told and passed over");
	world_reset();
	f = http_fake('Z', plain);
	reply_body(f, BYTES(plain));
	snprintf(url, sizeof url, "http://127.0.0.1:%u/announce.php?x",
	    f->addr.port);
	for (i = 0; i < LEN(urls); i++) {
		list[i].url = (char *)urls[i];
		list[i].tier = (int)i / 2;
	}
	list[i].url = url;
	list[i].tier = 99;
	start_list(list, LEN(urls) + 1, 7);
	settle();
	OK(w.nmessages == LEN(urls) && f->asked == 1 && w.npeers == 1);
	CASE("announce: a hundred of them are no trouble");
	world_reset();
	for (i = 0; i < LEN(list); i++) {
		list[i].url = (char *)urls[i % LEN(urls)];
		list[i].tier = 0;
	}
	start_list(list, LEN(list), 7);
	settle();
	OK(w.nmessages == LEN(list));
	later(HOUR);
	announce_stop(w.a);
	settle();
	OK(w.stopped == 1);
	CASE("announce: a tracker that btsh does not speak to is told once");
	world_reset();
	f = http_fake('A', plain);
	list[0].url = (char *)"ws://u:p@127.0.0.1:1/announce";
	list[0].tier = 0;
	list[1].url = url;
	list[1].tier = 1;
	snprintf(url, sizeof url, "http://127.0.0.1:%u/announce",
	    f->addr.port);
	start_list(list, 2, 7);
	settle();
	OK(told("ws://127.0.0.1:1/announce: btsh does not speak ws; "
	    "skipped\n") && w.nmessages == 1 && f->asked == 1);
	later(30 * MINUTE);
	OK(f->asked == 2 && w.nmessages == 1);
	CASE("announce: and makes no failure of what the others answer");
	fake_down(f);
	later(30 * MINUTE);
	fake_up(f);
	later(5000 - 1);
	OK(f->asked == 2);
	later(1);
	OK(f->asked == 3);
	CASE("announce: with no other tracker it is told what to do, once");
	world_reset();
	list[1].url = (char *)"wss://x.example/";
	start_list(list, 2, 7);
	settle();
	OK(told("speak ws; skipped; -a url names another, -k host:port"));
	OK(told("speak wss; skipped\n") && w.nmessages == 2);
	announce_completed(w.a);
	announce_hungry(w.a);
	announce_now(w.a);
	later(24 * HOUR);
	OK(w.nmessages == 2);
	announce_stop(w.a);
	OK(w.stopped == 1);
	CASE("announce: UDP does not go through a SOCKS5 proxy, and is told");
	world_reset();
	proxied.proxy = "p:1";
	list[0].url = (char *)"udp://127.0.0.1:7/announce";
	w.a = announce_new(hash, id, &proxied, 7, &ops, NULL);
	announce_add(w.a, list, 1);
	announce_start(w.a);
	settle();
	OK(told("udp://127.0.0.1:7/announce: udp:// does not go through the "
	    "proxy; skipped; -a url names") && w.nmessages == 1);
	list[0].url = (char *)"ws://127.0.0.1:1/";
	CASE("announce: a message of these may end it all");
	for (i = 0; i < 2; i++) {
		world_reset();
		start_list(list, 2, 7);
		w.op = "message";
		w.call = i ? FREE : STOP;
		settle();
		OK(w.nmessages == 1 && w.stopped == !i);
	}
}

/* A torrent's own trackers and the user's: each list is announced to. */
static void
lists(void)
{
	struct tracker torrents[2], users[1];
	char urls[3][64];
	struct fake *f[3];
	int i;

	world_reset();
	for (i = 0; i < 3; i++) {
		f[i] = http_fake((char)('A' + i), plain);
		snprintf(urls[i], sizeof urls[i],
		    "http://127.0.0.1:%u/announce", f[i]->addr.port);
	}
	torrents[0] = (struct tracker){ urls[0], 0, 0 };
	torrents[1] = (struct tracker){ urls[1], 1, 0 };
	users[0] = (struct tracker){ urls[2], 0, 1 };
	CASE("announce: of two lists each is announced to");
	w.a = announce_new(hash, id, NULL, 1, &ops, NULL);
	announce_add(w.a, torrents, 2);
	announce_add(w.a, NULL, 0);
	announce_add(w.a, users, 1);
	announce_start(w.a);
	settle();
	OK(f[0]->asked == 1 && f[1]->asked == 0 && f[2]->asked == 1);
	OK(param_is(f[0], "event", "started"));
	OK(param_is(f[2], "event", "started"));
	CASE("announce: one that fails does not hold the other up");
	fake_down(f[2]);
	later(30 * MINUTE);
	OK(f[0]->asked == 2 && f[1]->asked == 0);
	fake_up(f[2]);
	announce_now(w.a);
	settle();
	OK(f[0]->asked == 3 && f[2]->asked == 2);
	CASE("announce: both are told of the last piece, and of the end");
	announce_completed(w.a);
	settle();
	OK(param_is(f[0], "event", "completed"));
	OK(param_is(f[2], "event", "completed"));
	reply_none(f[2]);
	announce_stop(w.a);
	settle();
	OK(param_is(f[0], "event", "stopped") && w.stopped == 0);
	OK(param_is(f[2], "event", "stopped"));
	later(30 * 1000);
	OK(w.stopped == 1 && f[1]->asked == 0);
}

static void
udp(void)
{
	struct fake *f;
	const uint8_t *p;
	uint32_t key;
	char url[64];

	CASE("announce: UDP connects, then announces, as BEP 15 and 41 say");
	world_reset();
	f = udp_fake('U');
	w.figures.uploaded = INT64_C(0x1112131415161718);
	w.figures.downloaded = INT64_C(0x2122232425262728);
	w.figures.left = INT64_C(0x3132333435363738);
	w.figures.numwant = 80;
	start("U");
	settle();
	OK(f->connects == 1 && f->announces == 1);
	OK(f->packet.len == 98 + 2 + 13);
	p = f->packet.p;
	OK(get64(p) == UINT64_C(0x8877665544332211) && get32(p + 8) == 1);
	OK(memcmp(p + 16, hash, 20) == 0 && memcmp(p + 36, id, 20) == 0);
	OK(get64(p + 56) == UINT64_C(0x2122232425262728));
	OK(get64(p + 64) == UINT64_C(0x3132333435363738));
	OK(get64(p + 72) == UINT64_C(0x1112131415161718));
	OK(get32(p + 80) == 2 && get32(p + 84) == 0 && get32(p + 92) == 80);
	OK(get16(p + 96) == 6881);
	OK(memcmp(p + 98, "\2\x0d/announce?x=1", 15) == 0);
	key = get32(p + 88);
	OK(w.npeers == 2 && has_peer("1.2.3.4:6881"));
	OK(has_peer("1.2.3.5:80") && w.nmessages == 0);
	CASE("announce: UDP events and interval");
	later(1799999);
	OK(f->announces == 1);
	later(1);
	OK(f->announces == 2 && get32(f->packet.p + 80) == 0);
	OK(get32(f->packet.p + 88) == key);
	announce_completed(w.a);
	settle();
	OK(f->announces == 3 && get32(f->packet.p + 80) == 1);
	announce_stop(w.a);
	settle();
	OK(f->announces == 4 && get32(f->packet.p + 80) == 3);
	OK(w.stopped == 1);
	CASE("announce: UDP without a path has no options");
	world_reset();
	f = udp_fake('U');
	snprintf(url, sizeof url, "udp://127.0.0.1:%u", f->addr.port);
	start("%s", url);
	settle();
	OK(f->announces == 1 && f->packet.len == 98 && w.npeers == 2);
}

static void
udp_strange(void)
{
	static const struct { int strange, peers, messages; } kinds[] = {
		{ WRONG_TRANSACTION, 0, 0 }, { WRONG_ACTION, 0, 0 },
		{ EARLY_ANNOUNCE, 2, 0 }, { TOO_SHORT, 0, 0 },
		{ TWO_CONNECTS, 2, 0 }, { GARBAGE, 0, 0 },
		{ OTHER_SOURCE, 0, 0 },
		{ ERROR_AT_CONNECT, 0, 1 }, { ERROR_AT_ANNOUNCE, 0, 1 },
	};
	struct fake *f, *g;
	char what[8];
	size_t i;

	for (i = 0; i < LEN(kinds); i++) {
		CASE(kinds[i].messages ? "announce: a UDP error is told, "
		    "escaped, and the next is asked" :
		    "announce: UDP packets that are no answer are ignored");
		world_reset();
		f = udp_fake('U');
		f->strange = kinds[i].strange;
		g = http_fake('B', none);
		start("U|B");
		settle();
		snprintf(what, sizeof what, "%d", kinds[i].strange);
		OK_FOR(what, f->connects == 1);
		OK_FOR(what, w.npeers == kinds[i].peers);
		OK_FOR(what, kinds[i].peers == 0 || f->announces == 1);
		OK_FOR(what, w.nmessages == kinds[i].messages);
		OK_FOR(what, g->asked == kinds[i].messages);
		OK_FOR(what, !kinds[i].messages || told("go\\x1b[away"));
		if (kinds[i].peers == 0 && kinds[i].messages == 0) {
			f->strange = NOTHING; /* a later one is heard */
			later(15000);
			OK_FOR(what, w.npeers == 2 && g->asked == 0);
		}
	}
}

static void
udp_lost(void)
{
	struct fake *f, *g;

	CASE("announce: a lost UDP packet is sent again");
	world_reset();
	f = udp_fake('U');
	f->strange = MUTE;
	start("U");
	settle();
	OK(f->connects == 1);
	later(15000);
	OK(f->connects >= 2 && f->connects <= 4 && w.npeers == 0);
	world_reset();
	f = udp_fake('U');
	f->strange = MUTE_AT_ANNOUNCE;
	start("U");
	settle();
	OK(f->connects == 1 && f->announces == 1);
	f->strange = NOTHING;
	later(15000);
	OK(f->announces == 2 && w.npeers == 2);
	CASE("announce: a mute UDP tracker has twenty seconds");
	world_reset();
	f = udp_fake('U');
	f->strange = MUTE;
	g = http_fake('B', "d8:intervali1800e5:peers6:123456e");
	start("U|B");
	settle();
	later(19999);
	OK(g->asked == 0);
	later(1);
	OK(g->asked == 1 && w.npeers == 1 && w.nmessages == 1);
	CASE("announce: a UDP tracker that is not there is passed over");
	world_reset();
	f = udp_fake('U');
	g = http_fake('B', "d8:intervali1800e5:peers6:123456e");
	fake_down(f);
	start("U|B");
	settle();
	OK(g->asked == 1 && w.nmessages == 1);
}

static void
ipv6(void)
{
	struct fake *f;
	char url[64];

	CASE("announce: a tracker at an IPv6 address");
	world_reset();
	f = http_fake('A', "d8:intervali1800e5:peers6:123456e");
	fake_down(f);
	addr_parse(&f->addr, "[::1]:0", 1);
	fake_up(f);
	OK(1); /* no IPv6 here is no failure */
	if (f->io.fd >= 0) {
		snprintf(url, sizeof url, "http://[::1]:%u/a", f->addr.port);
		start("%s", url);
		settle();
		OK(f->asked == 1 && w.npeers == 1);
		snprintf(url, sizeof url, "[::1]:%u", f->addr.port);
		OK(strcmp(f->host, url) == 0);
	}
}

static void
freed(void)
{
	struct fake *f;
	int i;

	CASE("announce: freed at any time, nothing comes any more");
	for (i = 0; i < 24; i++) {
		world_reset();
		f = i % 2 ? udp_fake('U') : http_fake('A', plain);
		if (i % 4 > 1) {
			f->strange = MUTE;
			reply_none(f);
		}
		start(i % 2 ? "U" : "A");
		if (i / 4 > 0) {
			w.rounds = i / 4; /* as far as this goes */
			net_timer(&w.tick, 0);
			net_run();
		}
		drop();
		w.npeers = w.nmessages = 0;
		settle();
		later(HOUR);
		OK(w.npeers == 0 && w.nmessages == 0 && w.stopped == 0);
	}
}

/* announce.h allows any call from any op. */
static void
reentered(void)
{
	static const char *const in[] = { "peers", "message", "stopped" };
	static const char *const names[] = { "announce: ops may complete it",
		"announce: ops may make it hungry",
		"announce: ops may stop it",
		"announce: ops may free it" };
	size_t i;
	int call;

	for (call = COMPLETED; call <= FREE; call++) {
		CASE(names[call]);
		for (i = 0; i < LEN(in); i++)
			if (i != 2 || call != STOP) /* twice: no sense */
				OK_FOR(in[i], child(from_within, in[i], call)
				    == 0);
	}
}

static int
from_within(const char *op, int64_t call)
{
	struct fake *f;
	int bad;

	world_reset();
	f = http_fake('A', NULL);
	if (strcmp(op, "message") == 0)
		reply_body(f, BYTES("le"));
	else
		reply_body(f, BYTES(plain));
	start("A");
	w.op = op;
	w.call = (enum call_kind)call;
	settle();
	if (strcmp(op, "stopped") == 0)
		announce_stop(w.a);
	settle();
	later(HOUR);
	later(HOUR);
	bad = w.op != NULL; /* it was never called */
	bad |= call == STOP && w.stopped != 1 ? 2 : 0;
	bad |= call == FREE && f->asked > 2 ? 4 : 0;
	return bad;
}

/* A scrape of this process's own, and what it came to. */
static struct {
	struct ask ask;
	int ndone;
	char why[256];
} sc;

static void
on_hash(void *arg, struct announce_params *p)
{
	(void)arg;
	p->hash = hash;
}

static void
on_scraped(void *arg, const char *why)
{
	(void)arg;
	sc.ndone++;
	snprintf(sc.why, sizeof sc.why, "%s", why ? why : "");
}

static const struct ask_ops scrape_ops = { .params = on_hash,
	.done = on_scraped };

/* "", or why it failed; NULL: it is under way. */
static const char *
scraped(const char *url)
{
	const char *why;

	ask_stop(&sc.ask);
	ask_init(&sc.ask, NULL, 7, &scrape_ops, NULL);
	sc.ndone = 0;
	why = ask_scrape(&sc.ask, url, 0);
	if (why)
		return why;
	OK(sc.ndone == 0);
	settle();
	return sc.ndone == 0 ? NULL : sc.ndone == 1 ? sc.why : "twice";
}

static void
scrapes(void)
{
	static const char good[] = "d5:filesd20:hash &=% twenty\0byt\0"
	    "d8:completei3e10:downloadedi5e10:incompletei4eeee";
	struct fake *f;
	char url[64];

	CASE("ask: a scrape over HTTP asks for the hash alone");
	world_reset();
	f = http_fake('A', NULL);
	reply_body(f, BYTES(good));
	snprintf(url, sizeof url, "http://127.0.0.1:%u/announce?k=1",
	    f->addr.port);
	OK_FOR(sc.why, strcmp(scraped(url), "") == 0);
	OK(strcmp(f->request, "/scrape?k=1&info_hash=hash%20%26%3D%25%20"
	    "twenty%00byt%00") == 0);
	OK(sc.ask.tally.seeds == 3 && sc.ask.tally.leechers == 4);
	OK(sc.ask.tally.completed == 5);
	CASE("ask: why a scrape has failed");
	reply_body(f, BYTES("d5:filesdee"));
	OK(strstr(scraped(url), "does not know"));
	OK(sc.ask.tally.seeds == -1);
	reply_body(f, BYTES("d14:failure reason16:not registered\x1b!e"));
	OK(strcmp(scraped(url), "it refuses: not registered\\x1b!") == 0);
	reply_body(f, BYTES("<html>"));
	OK(strstr(scraped(url), "not a tracker's"));
	fake_down(f);
	OK(strlen(scraped(url)) > 0);
	CASE("ask: what cannot be scraped is told at once");
	OK(strstr(scraped("http://127.0.0.1:1/x"), "has no scrape"));
	OK(strstr(scraped("ws://127.0.0.1:1/announce"), "does not speak ws"));
	OK(strstr(scraped("udp://127.0.0.1/announce"), "needs a port"));
	OK(strstr(scraped("nothing"), "not a URL"));
}

static void
udp_scrapes(void)
{
	static const struct {
		int strange;
		const char *why; /* NULL: it waits */
	} all[] = {
		{ NOTHING, "" }, { EARLY_ANNOUNCE, "" }, { MUTE, NULL },
		{ WRONG_TRANSACTION, NULL }, { WRONG_ACTION, NULL },
		{ LATE_WRONG_ACTION, NULL }, { TWO_CONNECTS, "" },
		{ ERROR_AT_ANNOUNCE, "it refuses: go\\x1b[away" },
		{ TOO_SHORT, NULL }
	};
	struct fake *f;
	const char *why;
	char url[64];
	size_t i;

	CASE("ask: a scrape over UDP, and what is none");
	world_reset();
	f = udp_fake('U');
	snprintf(url, sizeof url, "udp://127.0.0.1:%u", f->addr.port);
	for (i = 0; i < LEN(all); i++) {
		f->strange = all[i].strange;
		f->announces = 0;
		why = scraped(url);
		OK_FOR(all[i].why ? all[i].why : "silent",
		    all[i].why ? why && strcmp(why, all[i].why) == 0 : !why);
	}
	f->strange = NOTHING;
	OK(scraped(url) && f->announces == 1);
	OK(sc.ask.tally.seeds == 1800 && sc.ask.tally.completed == 1 &&
	    sc.ask.tally.leechers == 2);
	CASE("ask: a scrape over UDP ends after twenty seconds");
	f->strange = MUTE;
	OK(!scraped(url));
	later(19999);
	OK(sc.ndone == 0);
	later(1);
	OK(sc.ndone == 1 && strstr(sc.why, "in time"));
	ask_stop(&sc.ask);
}

static void
fetches(void)
{
	struct fake *f;
	struct addr to;
	char url[128], raw[256];
	int i;

	CASE("fetch: a body comes whole, and not before the loop runs");
	world_reset();
	f = http_fake('A', "hello");
	snprintf(url, sizeof url, "http://127.0.0.1:%u/x/y?z=1", f->addr.port);
	OK(begin(url, NULL, NULL, 5) && w.nfetched == 0);
	settle();
	OK(fetched("hello") && strcmp(f->request, "/x/y?z=1") == 0);
	CASE("fetch: a query is added to the URL's");
	OK(begin(url, "a=b", NULL, 5));
	settle();
	OK(fetched("hello") && strcmp(f->request, "/x/y?z=1&a=b") == 0);
	snprintf(url, sizeof url, "http://127.0.0.1:%u", f->addr.port);
	OK(begin(url, "a=b", NULL, 5));
	settle();
	OK(fetched("hello") && strcmp(f->request, "/?a=b") == 0);
	CASE("fetch: a body over the limit is none");
	OK(begin(url, NULL, NULL, 4));
	settle();
	OK(fetched(NULL));
	reply_raw(f, BYTES("HTTP/1.1 200 OK\r\n\r\nhello"));
	OK(begin(url, NULL, NULL, 4));
	settle();
	OK(fetched(NULL));
	OK(begin(url, NULL, NULL, 5));
	settle();
	OK(fetched("hello"));
	CASE("fetch: a body without a length ends with the connection");
	reply_none(f);
	OK(begin(url, NULL, NULL, 5));
	settle();
	speak(f, BYTES("HTTP/1.1 200 OK\r\n\r\nhe"));
	settle();
	speak(f, "llo", 3);
	settle();
	OK(w.nfetched == 0);
	call_end(w.calls);
	settle();
	OK(fetched("hello"));
	CASE("fetch: a status that is no 200, with no body, is told");
	reply_raw(f, BYTES("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"));
	OK(begin(url, NULL, NULL, 5));
	settle();
	OK(fetched(NULL) && strstr(w.why, "404") != NULL);
	reply_raw(f, BYTES("HTTP/1.1 200 OK\r\n\r\nhello"));
	CASE("fetch: an address can be given for the name");
	to = f->addr;
	snprintf(url, sizeof url, "http://name.invalid:%u/q", f->addr.port);
	OK(begin(url, NULL, &to, 5));
	settle();
	snprintf(raw, sizeof raw, "name.invalid:%u", f->addr.port);
	OK(fetched("hello") && strcmp(f->host, raw) == 0);
	CASE("fetch: who is not there is told, not from within");
	fake_down(f);
	OK(begin(url, NULL, &to, 5) && w.nfetched == 0);
	settle();
	OK(fetched(NULL));
	addr_parse(&to, "255.255.255.255:1", 1); /* which fails at once */
	OK(begin(url, NULL, &to, 5) && w.nfetched == 0);
	settle();
	OK(fetched(NULL));
	CASE("fetch: a stopped one tells nothing");
	fake_up(f);
	for (i = 0; i < 6; i++) {
		to = f->addr;
		OK(begin(url, NULL, i % 2 ? &to : NULL, 5) || i % 2 == 0);
		if (i / 2 > 0 && i % 2) {
			w.rounds = i / 2;
			net_timer(&w.tick, 0);
			net_run();
		}
		if (w.nfetched == 0)
			fetch_stop(w.fetch);
		w.nfetched = 0;
		settle();
		OK(w.nfetched == 0);
	}
	CASE("fetch: twenty seconds are all, however it drips");
	to = f->addr;
	reply_none(f);
	OK(begin(url, NULL, &to, 5));
	settle();
	speak(f, BYTES("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"));
	for (i = 0; i < 4; i++) {
		later(FETCH_MS / 4 - (i == 3));
		speak(f, "x", 1);
		settle();
	}
	OK(w.nfetched == 0);
	later(1);
	OK(fetched(NULL) && strstr(w.why, "time") != NULL);
	CASE("fetch: five redirects are followed, six are not");
	reply_raw(f, BYTES("HTTP/1.1 303 See\r\nLocation: ./next\r\n"
	    "Content-Length: 0\r\n\r\n"));
	for (i = 1; i < FETCH_REDIRECTS; i++)
		buf_put(&f->replies[i], f->replies[0].p, f->replies[0].len);
	buf_printf(&f->replies[i], "HTTP/1.1 200 OK\r\n\r\nhello");
	f->nreplies = FETCH_REDIRECTS + 1;
	f->asked = 0;
	snprintf(url, sizeof url, "http://127.0.0.1:%u/a/b", f->addr.port);
	OK(begin(url, NULL, NULL, 5));
	settle();
	OK(fetched("hello") && f->asked == 6);
	f->asked = 0;
	f->replies[6] = f->replies[5];
	memset(&f->replies[5], 0, sizeof f->replies[5]);
	buf_put(&f->replies[5], f->replies[0].p, f->replies[0].len);
	f->nreplies = FETCH_REDIRECTS + 2;
	OK(begin(url, NULL, NULL, 5));
	settle();
	OK(fetched(NULL) && f->asked == 6);
	CASE("fetch: a direct one is not redirected, and told the status");
	f->asked = 0;
	how.direct = 1;
	OK(begin(url, NULL, NULL, 5));
	settle();
	how.direct = 0;
	OK(fetched(NULL) && f->asked == 1 && strstr(w.why, "303") != NULL);
	CASE("fetch: nor is a POST");
	f->asked = 0;
	how.post = how.head = "";
	OK(begin(url, NULL, NULL, 5));
	settle();
	how.post = how.head = NULL;
	OK(fetched(NULL) && f->asked == 1 && strstr(w.why, "303") != NULL);
}

/* Where a URL may lead, by who named it and where it was before. */
static void
reach(void)
{
	static const struct {
		enum addr_scope at, from;
		int user, path; /* an announce's; or 2: of any kind */
	} may[] = {
		{ SCOPE_GLOBAL, SCOPE_LOOPBACK, 0, 2 },
		{ SCOPE_GLOBAL, SCOPE_GLOBAL, 0, 2 },
		{ SCOPE_PRIVATE, SCOPE_LOOPBACK, 1, 2 },
		{ SCOPE_LOOPBACK, SCOPE_LOOPBACK, 1, 2 },
		{ SCOPE_PRIVATE, SCOPE_PRIVATE, 1, 2 },
		{ SCOPE_LOOPBACK, SCOPE_PRIVATE, 1, 0 },
		{ SCOPE_PRIVATE, SCOPE_GLOBAL, 1, 0 },
		{ SCOPE_LOOPBACK, SCOPE_GLOBAL, 1, 0 },
		{ SCOPE_PRIVATE, SCOPE_LOOPBACK, 0, 1 },
		{ SCOPE_LOOPBACK, SCOPE_LOOPBACK, 0, 1 },
		{ SCOPE_PRIVATE, SCOPE_PRIVATE, 0, 1 },
		{ SCOPE_LOOPBACK, SCOPE_PRIVATE, 0, 0 },
		{ SCOPE_PRIVATE, SCOPE_GLOBAL, 0, 0 },
		{ SCOPE_LOOPBACK, SCOPE_GLOBAL, 0, 0 },
	};
	static const char *const announces[] = { "/announce", "/announce?x=/y",
		"/a/b/announce.php?passkey=1", "/x/announce-1",
		"/scrape?x=/y" };
	static const char *const others[] = { "/", "/announce/", "/Announce",
		"/x?announce", "/x?y=/announce", "/announce/../x",
		"/xannounce", "/x/announce/..", "/announce/?/announce" };
	struct fake *f;
	char raw[256], url[64];
	size_t i, k;

	CASE("fetch: who may send us where");
	for (i = 0; i < LEN(may); i++) {
		snprintf(raw, sizeof raw, "row %zu", i);
		for (k = 0; k < LEN(announces); k++)
			OK_FOR(raw, fetch_may(may[i].at, may[i].from,
			    may[i].user, announces[k]) == (may[i].path > 0));
		for (k = 0; k < LEN(others); k++)
			OK_FOR(raw, fetch_may(may[i].at, may[i].from,
			    may[i].user, others[k]) == (may[i].path > 1));
	}
	CASE("announce: on this host a torrent may name an announce alone");
	for (i = 0; i < 2; i++) {
		how.by_user = (int)i;
		world_reset();
		f = http_fake('A', "d8:intervali1800e5:peers6:123456e");
		start("http://127.0.0.1:%u/set?x=/announce", f->addr.port);
		settle();
		OK(f->asked == (int)i && w.npeers == (int)i);
		OK(i == 1 || told("a torrent may name /announce alone there"));
	}
	CASE("announce: a redirect cannot lead to anything else there");
	how.by_user = 0;
	f = one_raw(BYTES("HTTP/1.1 302 Found\r\nLocation: /announce/../set"
	    "\r\n\r\n"));
	OK(f->asked == 1 && told("/announce alone"));
	CASE("announce: but to another announce");
	world_reset();
	f = http_fake('A', NULL);
	reply_raw(f, BYTES("HTTP/1.1 302 Found\r\nLocation: /x/announce"
	    "\r\n\r\n"));
	reply_body(f, BYTES("d8:intervali1800e5:peers6:123456e"));
	f->nreplies = 2;
	start("A");
	settle();
	OK(f->asked == 2 && w.npeers == 1 && w.nmessages == 0);
	CASE("announce: a name that leads to this host is no way around");
	world_reset();
	f = http_fake('A', "d8:intervali1800e5:peers6:123456e");
	snprintf(url, sizeof url, "http://localhost.invalid:%u/set",
	    f->addr.port);
	OK(begin(url, NULL, &f->addr, 99));
	settle();
	OK(fetched(NULL) && f->asked == 0 && strstr(w.why, "127.0.0.1:"));
	how.by_user = 1;
}

static void
drop(void)
{
	if (w.a)
		announce_free(w.a);
	w.a = NULL;
}

/* Everything anew; the clock goes on. */
static void
world_reset(void)
{
	int i, k;

	drop();
	settle();
	while (w.calls)
		call_end(w.calls);
	for (i = 0; i < w.nfakes; i++) {
		fake_down(&w.fakes[i]);
		for (k = 0; k < REPLIES; k++)
			buf_free(&w.fakes[i].replies[k]);
		buf_free(&w.fakes[i].packet);
	}
	memset(w.fakes, 0, sizeof w.fakes);
	memset(&w.figures, 0, sizeof w.figures);
	w.figures.numwant = 50;
	w.messages.len = w.body.len = 0;
	w.nfakes = w.npeers = w.most_peers = w.nmessages = w.stopped = 0;
	w.nfetched = 0;
	w.order[0] = w.why[0] = '\0';
	w.rounds = 1;
	settle();
}

static void
world_end(void)
{
	world_reset();
	buf_free(&w.messages);
	buf_free(&w.body);
}

static struct fake *
new_fake(char name)
{
	struct fake *f = &w.fakes[w.nfakes++];

	f->name = name;
	f->io.fd = -1;
	addr_parse(&f->addr, "127.0.0.1:0", 1);
	return f;
}

/* body: what it answers, NULL: nothing yet. */
static struct fake *
http_fake(char name, const char *body)
{
	struct fake *f = new_fake(name);

	fake_up(f);
	if (body)
		reply_body(f, body, strlen(body));
	return f;
}

static struct fake *
udp_fake(char name)
{
	struct fake *f = new_fake(name);
	struct sockaddr_in in = { 0 };

	in.sin_family = AF_INET;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	f->io.fd = socket(AF_INET, SOCK_DGRAM, 0);
	OK(bind(f->io.fd, (struct sockaddr *)&in, sizeof in) == 0);
	OK(sock_local(f->io.fd, &f->addr) == 0);
	f->io.ready = on_packet;
	f->io.arg = f;
	net_add(&f->io, POLLIN);
	return f;
}

static void
fake_down(struct fake *f)
{
	net_close(&f->io);
}

/* At the address that it had. */
static void
fake_up(struct fake *f)
{
	f->io.fd = sock_listen(&f->addr);
	f->io.ready = on_call;
	f->io.arg = f;
	if (f->io.fd >= 0)
		net_add(&f->io, POLLIN);
	else
		OK(!addr_is4(&f->addr));
}

/* From now on it answers so. */
static void
reply_body(struct fake *f, const void *body, size_t n)
{
	struct buf b = { NULL, 0, 0, 0 };

	buf_printf(&b, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", n);
	buf_put(&b, body, n);
	if (f->nreplies == 1 && f->asked == 0 &&
	    f->replies[0].len > 13 && f->replies[0].p[9] != '2') {
		f->replies[1] = b; /* after a redirect */
		return;
	}
	reply_raw(f, b.p, b.len);
	buf_free(&b);
}

static void
reply_raw(struct fake *f, const void *raw, size_t n)
{
	reply_none(f);
	buf_put(&f->replies[0], raw, n);
	f->nreplies = 1;
}

static void
reply_none(struct fake *f)
{
	f->nreplies = 0;
	f->replies[0].len = 0;
}

/* Says so now, to whom it has not answered. */
static void
speak(struct fake *f, const void *p, size_t n)
{
	struct call *c;

	for (c = w.calls; c; c = c->next)
		if (c->f == f)
			OK(send(c->io.fd, p, n, MSG_NOSIGNAL) == (ssize_t)n);
}

static void
on_call(struct io *io, short got, int64_t now_ms)
{
	struct fake *f = io->arg;
	struct call *c;
	struct addr from;
	int fd = sock_accept(io->fd, &from);

	(void)got, (void)now_ms;
	if (fd < 0)
		return;
	c = xcalloc(1, sizeof *c);
	c->f = f;
	c->io.fd = fd;
	c->io.ready = on_call_ready;
	c->io.arg = c;
	c->next = w.calls;
	w.calls = c;
	net_add(&c->io, POLLIN);
}

static void
on_call_ready(struct io *io, short got, int64_t now_ms)
{
	struct call *c = io->arg;
	struct fake *f = c->f;
	ssize_t n = recv(io->fd, buf_room(&c->in, 4096), 4096, 0);
	char *host, *path;
	size_t i;

	(void)got, (void)now_ms;
	if (n <= 0) {
		call_end(c);
		return;
	}
	c->in.len += (size_t)n;
	if (c->in.len < 4 ||
	    memcmp(c->in.p + c->in.len - 4, "\r\n\r\n", 4) != 0)
		return;
	buf_put(&c->in, "", 1);
	path = strchr((char *)c->in.p, ' ') + 1;
	OK(strncmp((char *)c->in.p, how.post ? "POST " : "GET ",
	    how.post ? 5 : 4) == 0);
	snprintf(f->request, sizeof f->request, "%.*s",
	    (int)strcspn(path, " "), path);
	host = strstr((char *)c->in.p, "\r\nHost: ");
	snprintf(f->host, sizeof f->host, "%.*s",
	    host ? (int)strcspn(host + 8, "\r") : 0, host ? host + 8 : "");
	i = strlen(w.order);
	if (i + 1 < sizeof w.order) {
		w.order[i] = f->name;
		w.order[i + 1] = '\0';
	}
	f->asked++;
	if (f->nreplies == 0)
		return;
	i = (size_t)MIN(f->asked, f->nreplies) - 1;
	OK(send(io->fd, f->replies[i].p, f->replies[i].len, MSG_NOSIGNAL) ==
	    (ssize_t)f->replies[i].len);
	call_end(c);
}

static void
call_end(struct call *c)
{
	struct call **at;

	for (at = &w.calls; *at != c; at = &(*at)->next)
		;
	*at = c->next;
	net_close(&c->io);
	net_bury(call_free, c);
}

static void
call_free(void *arg)
{
	struct call *c = arg;

	buf_free(&c->in);
	free(c);
}

static void
on_packet(struct io *io, short got, int64_t now_ms)
{
	struct fake *f = io->arg;
	struct sockaddr_in from;
	socklen_t len = sizeof from;
	struct buf out = { NULL, 0, 0, 0 };
	uint8_t p[2048];
	ssize_t n;
	int fd;

	(void)got, (void)now_ms;
	n = recvfrom(io->fd, p, sizeof p, 0, (struct sockaddr *)&from, &len);
	if (n < 0)
		return;
	/* what comes in between: a connection id that is not the one */
	if (f->strange == TWO_CONNECTS && n >= 16 && get32(p + 8) == 1) {
		buf_put(&out, "\0\0\0\0", 4);
		buf_put(&out, p + 12, 4);
		buf_put(&out, "other id", 8);
		sendto(io->fd, out.p, out.len, 0, (struct sockaddr *)&from,
		    len);
		out.len = 0;
	}
	f->packet.len = 0;
	buf_put(&f->packet, p, (size_t)n);
	OK(n >= 16);
	answer_packet(f, p, (size_t)n, &out);
	fd = f->strange == OTHER_SOURCE ? socket(AF_INET, SOCK_DGRAM, 0) :
	    io->fd;
	if (out.len > 0)
		sendto(fd, out.p, out.len, 0, (struct sockaddr *)&from, len);
	if (fd != io->fd)
		close(fd);
	if (f->strange == EARLY_ANNOUNCE && get32(p + 8) == 0) {
		put32(out.p, 0);
		put64(out.p + 8, UINT64_C(0x8877665544332211));
		sendto(io->fd, out.p, 16, 0, (struct sockaddr *)&from, len);
	}
	buf_free(&out);
}

static void
answer_packet(struct fake *f, const uint8_t *p, size_t n, struct buf *out)
{
	int connect = get32(p + 8) == 0;
	uint8_t head[20] = { 0 };

	f->connects += connect;
	f->announces += !connect;
	if (connect)
		OK(n == 16 && get64(p) == UINT64_C(0x41727101980));
	else if (get32(p + 8) == 2)
		OK(n == 36 && memcmp(p + 16, hash, 20) == 0);
	else
		OK(n >= 98 && get64(p) == UINT64_C(0x8877665544332211));
	if (f->strange == MUTE || (f->strange == MUTE_AT_ANNOUNCE && !connect))
		return;
	put32(head, connect ? 0 : get32(p + 8));
	put32(head + 4, get32(p + 12));
	if (f->strange == WRONG_TRANSACTION)
		head[7] ^= 1;
	if (f->strange == WRONG_ACTION ||
	    (f->strange == LATE_WRONG_ACTION && !connect))
		put32(head, get32(head) == 2 ? 1 : 2);
	if (f->strange == (connect ? ERROR_AT_CONNECT : ERROR_AT_ANNOUNCE)) {
		put32(head, 3);
		buf_put(out, head, 8);
		buf_put(out, "go\x1b[away", 8);
		return;
	}
	if (connect && f->strange == EARLY_ANNOUNCE)
		put32(head, 1);
	if (connect && f->strange != EARLY_ANNOUNCE) {
		put64(head + 8, UINT64_C(0x8877665544332211));
		buf_put(out, head, 16);
	} else {
		put32(head + 8, 1800);
		put32(head + 12, 1);
		put32(head + 16, 2);
		buf_put(out, head, 20);
		buf_put(out, "\1\2\3\4\x1a\xe1\1\2\3\5\0\x50xyz", 15);
	}
	if (f->strange == TOO_SHORT)
		out->len = connect ? 15 : 19;
	if (f->strange == GARBAGE)
		out->len = 7;
}

/* An announce to trackers: names in tiers parted by |, or one URL.  The seed
 * of the shuffle is what w.rounds was set to. */
static void
start(const char *format, ...)
{
	struct tracker list[16];
	char urls[16][128], text[256];
	int n = 0, tier = 0, i;
	const char *p;
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	for (p = text; *p && !strchr(text, ':'); p++) {
		tier += *p == '|';
		for (i = 0; i < w.nfakes; i++)
			if (w.fakes[i].name == *p)
				break;
		if (i == w.nfakes)
			continue;
		snprintf(urls[n], sizeof urls[n], *p == 'U' ?
		    "udp://127.0.0.1:%u/announce?x=1" :
		    "http://127.0.0.1:%u/announce", w.fakes[i].addr.port);
		list[n] = (struct tracker){ urls[n], tier, how.by_user };
		n++;
	}
	if (n == 0)
		list[n++] = (struct tracker){ text, 0, how.by_user };
	start_list(list, n, (uint64_t)MAX(w.rounds, 1));
	memset(list, 'x', sizeof list); /* the strings are copied */
	memset(urls, 'x', sizeof urls);
}

static void
start_list(const struct tracker *list, int n, uint64_t seed)
{
	w.a = announce_new(hash, id, NULL, seed, &ops, NULL);
	announce_add(w.a, list, n);
	announce_start(w.a);
}

/* A new world of one tracker, which has been asked. */
static struct fake *
one(const char *body)
{
	struct fake *f;

	world_reset();
	f = http_fake('A', body);
	start("A");
	settle();
	return f;
}

static struct fake *
one_of(const void *body, size_t n)
{
	struct fake *f;

	world_reset();
	f = http_fake('A', NULL);
	reply_body(f, body, n);
	start("A");
	settle();
	return f;
}

static struct fake *
one_raw(const void *raw, size_t n)
{
	struct fake *f;

	world_reset();
	f = http_fake('A', NULL);
	reply_raw(f, raw, n);
	start("A");
	settle();
	return f;
}

/* The same of two, each a tier of its own. */
static struct fake *
two(const char *first, const char *second, struct fake **other)
{
	struct fake *f;

	world_reset();
	f = http_fake('A', first);
	*other = http_fake('B', second);
	start("A|B");
	settle();
	return f;
}

/* Until all bytes have arrived; no time passes. */
static void
settle(void)
{
	w.rounds = ROUNDS;
	net_timer(&w.tick, 0);
	net_run();
}

static void
later(int64_t ms)
{
	clock_move(ms);
	settle();
}

static void
on_tick(struct timer *t, int64_t now_ms)
{
	if (w.rounds-- <= 0)
		net_stop();
	else
		net_timer(t, now_ms);
}

/* A parameter of the last request, as it came. */
static const char *
param(const struct fake *f, const char *key)
{
	static char value[512];
	const char *mark = strchr(f->request, '?');
	struct span query, k, v;

	value[0] = '\0';
	if (!mark)
		return value;
	query = span_of(mark + 1);
	while (query_next(&query, &k, &v))
		if (span_is(k, key))
			snprintf(value, sizeof value, "%.*s", (int)v.n,
			    (const char *)v.p);
	return value;
}

static int
param_is(const struct fake *f, const char *key, const char *want)
{
	return strcmp(param(f, key), want) == 0;
}

static int
has_peer(const char *text)
{
	struct addr a;
	int i;

	if (addr_parse(&a, text, 1) < 0)
		return 0;
	for (i = 0; i < w.npeers; i++)
		if (addr_same(&w.peers[i], &a))
			return 1;
	return 0;
}

/* Whether a message says so; none has a byte that a terminal would obey. */
static int
told(const char *text)
{
	size_t i;

	for (i = 0; i < w.messages.len; i++)
		if (w.messages.p[i] < ' ' && w.messages.p[i] != '\n')
			return 0;
	buf_put(&w.messages, "", 1);
	w.messages.len--;
	return strstr((char *)w.messages.p, text) != NULL;
}

static void
on_fetched(void *arg, struct span body, const char *why)
{
	(void)arg;
	w.nfetched++;
	w.body.len = 0;
	buf_put(&w.body, body.p, body.n);
	snprintf(w.why, sizeof w.why, "%s", why ? why : "");
}

static int
begin(const char *url, const char *query, const struct addr *to, size_t limit)
{
	struct url u;

	w.nfetched = 0;
	if (url_parse(&u, url) < 0)
		return 0;
	how.query = query;
	how.to = to;
	how.limit = limit;
	w.fetch = fetch_start(&u, &how, on_fetched, NULL);
	return w.fetch != NULL;
}

/* Whether a fetch ended, once, with this body; NULL: with a reason. */
static int
fetched(const char *want)
{
	int once = w.nfetched == 1;

	w.nfetched = 0;
	if (!want)
		return once && w.why[0] && w.body.len == 0;
	return once && !w.why[0] && w.body.len == strlen(want) &&
	    memcmp(w.body.p, want, w.body.len) == 0;
}
