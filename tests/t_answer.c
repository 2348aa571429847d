/* answer: announces as queries, replies taken apart with bencode, counts
 * against a model, and tables as large as strangers make them. */
#include <stddef.h>
#include <stdint.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "sha1.h"
#include "bencode.h"
#include "addr.h"
#include "url.h"
#include "http.h"
#include "udpt.h"
#include "track/limits.h"
#include "track/swarms.h"
#include "track/asking.h"
#include "track/answer.h"
#include "unit.h"

enum {
	INTERVAL = 1800,
	LIST = 1000,     /* addresses of a reply that we look at */
	MODEL_OPS = 20000, SWARMS = 5, CLIENTS = 40
};

#define ID     "&peer_id=-XX0100-000000000000"
#define OTHER  "&peer_id=-XX0100-999999999999"
#define HASH   "info_hash=hash-of-twenty-bytes"
#define PORT   "&port=6881"
#define HASH_B "info_hash=hash-of-twenty-bytez"
#define HEX_A  "686173682d6f662d7477656e74792d6279746573"
#define HEX_A_UP "686173682D6F662D7477656E74792D6279746573"
#define HEX_B  "686173682d6f662d7477656e74792d627974657a"
#define ID_BYTES "-XX0100-000000000000"

/* An answer, taken apart. */
struct answer {
	int ok;                 /* what answer_announce said was 0 */
	int sane;               /* it is one canonical dictionary */
	struct buf raw;         /* owned */
	struct span d;
	int64_t complete, incomplete;
	struct addr list[LIST];
	int n, n6;              /* addresses, and those in peers6 */
	struct answer_event ev;
};

/* A packet and what came back. */
struct udp {
	const char *from;
	uint8_t p[2000];
	uint8_t reply[ANSWER_UDP_MAX];
	size_t reply_n;
	struct answer_event ev;
};

static void basics(void);
static void events(void);
static void seeds(void);
static void wanted(void);
static void forms(void);
static void queries(void);
static void refusals(void);
static void expiry(void);
static void sampling(void);
static void jitter(void);
static void warnings(void);
static void external(void);
static void moved(void);
static int64_t listed(struct answerer *t, const char *from, const char *rest);
static void meets(void);
static void dual(void);
static void named(void);
static void scopes(void);
static void many(void);
static void full(void);
static void lists(void);
static void served(void);
static void scrapes(void);
static void long_scrapes(void);
static struct answer *scrape(struct answerer *t, const char *query);
static uint32_t elements(struct span dict);
static int row_is(const struct answer *r, const char *hash, int64_t complete,
    int64_t downloaded, int64_t incomplete);
static void routes(void);
static void full_scrape(void);
static void forwarded(void);
static void proxy_texts(void);
static void pages(void);
static struct buf serve(struct answerer *t, const char *from, int64_t now_ms,
    const char *fmt, ...) PRINTF(4, 5);
static void request(struct answerer *t, const char *from, struct buf *out,
    int all, const char *text, struct http_request *r);
static char *body_of(const struct buf *b, const char *status, int head_only);
static void connecting(void);
static void udp_announces(void);
static void udp_fields(void);
static void udp_options(void);
static void udp_scrapes(void);
static void udp_rubbish(void);
static void udp_new(struct udp *u, struct answerer *t, const char *from,
    uint32_t action);
static void udp_send(struct udp *u, struct answerer *t, size_t n);
static int udp_failed(const struct udp *u);
static uint64_t connect_to(struct answerer *t, const char *from);
static int64_t udp_counts(struct answerer *t, const char *from, uint64_t id,
    const char *peer_id, uint32_t key, uint64_t left);
static void model(void);
static void floods(void);
static void one_flood(void);
static void aimed(void);
static double announces(struct answerer *t, int n, const char *rest);
static double seconds(void);
static struct answer *ask(struct answerer *t, const char *from, int64_t now_ms,
    const char *fmt, ...) PRINTF(4, 5);
static struct answer *ask_text(struct answerer *t, const struct addr *from,
    int64_t now_ms, const char *query);
static void take_apart(struct answer *r);
static void take_list(struct answer *r, struct span list);
static int finish(struct answer *r);
static int has(const struct answer *r, const char *addr);
static int counts(struct answerer *t, uint32_t swarms, uint32_t peers);
static struct answerer *tracker(int interval, int seed);
static struct answerer *tracker_of(const struct answer_policy *p, int seed);
static void expire_all(struct answerer *t, int64_t now_ms);
static struct addr addr_of(const char *text);
static struct addr client(uint32_t i);

void
test_answer(void)
{
	basics();
	events();
	seeds();
	wanted();
	forms();
	queries();
	refusals();
	expiry();
	sampling();
	jitter();
	warnings();
	external();
	moved();
	meets();
	dual();
	named();
	scopes();
	many();
	full();
	lists();
	scrapes();
	long_scrapes();
	routes();
	full_scrape();
	forwarded();
	pages();
	connecting();
	udp_announces();
	udp_options();
	udp_scrapes();
	udp_rubbish();
	model();
	floods();
	aimed();
}

static void
basics(void)
{
	struct answerer *t = tracker(INTERVAL, 1);
	struct answer *r;

	CASE("answer: the first announce finds nobody");
	OK(counts(t, 0, 0));
	r = ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=5&compact=1");
	OK(r->ok && r->sane && r->n == 0);
	OK(r->complete == 0 && r->incomplete == 1);
	OK(ben_get_int(r->d, "interval", 0) <= INTERVAL);
	OK(ben_get_int(r->d, "downloaded", -1) == 0);
	OK(ben_kind(ben_get(r->d, "peers")) == 's');
	OK(ben_get(r->d, "peers6").n == 0);
	OK(counts(t, 1, 1));
	OK(finish(r));
	CASE("answer: an announce says what it did");
	r = ask(t, "1.2.3.5:1", 1000, HASH "&peer_id=-XX0100-000000000001"
	    "&port=7000&left=77&compact=1");
	OK(r->ok && memcmp(r->ev.hash, "hash-of-twenty-bytes", 20) == 0);
	OK(r->ev.addr.port == 7000 && r->ev.addr.ip[15] == 5);
	OK(r->ev.left == 77 && strcmp(r->ev.name, "announce") == 0);
	CASE("answer: another announce finds the first, by its own port");
	OK(r->n == 1 && has(r, "1.2.3.4:6881"));
	OK(r->incomplete == 2 && counts(t, 1, 2));
	OK(finish(r));
	CASE("answer: never the asker itself");
	r = ask(t, "1.2.3.4:9", 2000, HASH ID PORT "&left=5&compact=1");
	OK(r->ok && r->n == 1 && has(r, "1.2.3.5:7000"));
	OK(counts(t, 1, 2));
	OK(finish(r));
	CASE("answer: nor the asker's other address");
	r = ask(t, "2001:db8::1", 2000, HASH ID PORT "&left=5&compact=1");
	OK(r->ok && r->n == 1 && has(r, "1.2.3.5:7000"));
	OK(finish(r));
	CASE("answer: swarms are apart");
	r = ask(t, "1.2.3.6:1", 2000, "info_hash=hash-of-twenty-bytez" ID PORT
	    "&left=5&compact=1");
	OK(r->ok && r->n == 0 && r->incomplete == 1);
	OK(counts(t, 2, 4));
	OK(finish(r));
	answer_free(t);
}

static void
events(void)
{
	static const char *const names[] = { "started", "completed",
		"stopped" };
	struct answerer *t = tracker(INTERVAL, 2);
	struct answer *r;
	size_t i;

	CASE("answer: events are told by their names");
	for (i = 0; i < LEN(names); i++) {
		r = ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=5&event=%s",
		    names[i]);
		OK_FOR(names[i], r->ok && strcmp(r->ev.name, names[i]) == 0);
		OK(finish(r));
	}
	CASE("answer: who stopped is gone, and a swarm with it");
	OK(counts(t, 0, 0));
	CASE("answer: who stopped is given nobody, and is not counted");
	OK(finish(ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=5")));
	OK(finish(ask(t, "1.2.3.5:1", 1000, HASH ID PORT "&left=0")));
	r = ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=5&event=stopped");
	OK(r->ok && r->n == 0 && r->complete == 1 && r->incomplete == 0);
	OK(finish(r) && counts(t, 1, 1));
	CASE("answer: a stop of who never came does nothing");
	r = ask(t, "9.9.9.9:1", 1000, HASH ID PORT "&left=5&event=stopped");
	OK(r->ok);
	OK(finish(r) && counts(t, 1, 1));
	r = ask(t, "9.9.9.9:1", 1000, "info_hash=hash-of-twenty-bytez" ID PORT
	    "&left=5&event=stopped");
	OK(r->ok);
	OK(finish(r) && counts(t, 1, 1));
	CASE("answer: no event, an empty one and paused are plain announces");
	r = ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=5&event=");
	OK(r->ok && r->incomplete == 1 && strcmp(r->ev.name, "announce") == 0);
	OK(finish(r));
	r = ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=5&event=paused");
	OK(r->ok && r->incomplete == 1);
	OK(finish(r));
	CASE("answer: who completes is a seed from then on");
	r = ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=0&event=completed");
	OK(r->ok && r->complete == 2 && r->incomplete == 0);
	OK(finish(r));
	r = ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=9");
	OK(r->ok && r->complete == 1 && r->incomplete == 1);
	OK(finish(r));
	answer_free(t);
}

static void
seeds(void)
{
	static const char *const lefts[] = { "", "&left=", "&left=x",
		"&left=-1", "&left=1", "&left=99999999999999999999999",
		"&left=0x0", "&left=9223372036854775807" };
	struct answerer *t = tracker(INTERVAL, 3);
	struct answer *r;
	size_t i;
	int k;

	CASE("answer: seeds are given no seeds, but those who fetch");
	for (k = 0; k < 6; k++)
		OK(finish(ask(t, k < 3 ? "1.2.3.4:1" : "1.2.3.5:1", 1000, HASH
		    "&peer_id=-XX0100-00000000000%d&port=%d&left=%d", k,
		    7000 + k, k < 3 ? 0 : 5)));
	r = ask(t, "1.2.3.6:1", 1000, HASH "&peer_id=-XX0100-000000000009" PORT
	    "&left=0&compact=1");
	OK(r->ok && r->n == 3 && r->complete == 4 && r->incomplete == 3);
	OK(has(r, "1.2.3.5:7003") && has(r, "1.2.3.5:7005"));
	OK(finish(r));
	CASE("answer: who has just begun may not know what is left");
	r = ask(t, "1.2.3.6:1", 1000, HASH "&peer_id=-XX0100-000000000009" PORT
	    "&left=0&compact=1&event=started");
	OK(r->ok && r->n == 6);
	OK(finish(r));
	CASE("answer: who fetches is given both");
	r = ask(t, "1.2.3.6:1", 1000, HASH "&peer_id=-XX0100-000000000009" PORT
	    "&left=1&compact=1");
	OK(r->ok && r->n == 6);
	OK(finish(r));
	answer_free(t);
	for (i = 0; i < LEN(lefts); i++) {
		CASE(i == 0 ? "answer: who says nothing of left is no seed" :
		    "answer: only a left of 0 makes a seed");
		t = tracker(INTERVAL, 3);
		r = ask(t, "1.2.3.6:1", 1000, HASH ID PORT "%s", lefts[i]);
		OK_FOR(lefts[i], r->ok && r->complete == 0 &&
		    r->incomplete == 1);
		OK(finish(r));
		answer_free(t);
	}
}

static void
wanted(void)
{
	static const struct { const char *text; int n; } wants[] = {
		{ "", 50 }, { "&numwant=0", 0 }, { "&numwant=1", 1 },
		{ "&numwant=7", 7 }, { "&numwant=200", 200 },
		{ "&numwant=201", 200 }, { "&numwant=1000000", 200 },
		{ "&numwant=2147483648", 200 },
		{ "&numwant=4294967297", 200 }, { "&numwant=-1", 50 },
		{ "&numwant=", 50 }, { "&numwant=x", 50 },
		{ "&numwant=5x", 50 }, { "&numwant=-99999999999", 50 },
	};
	struct answerer *t = tracker(INTERVAL, 4);
	struct answer *r;
	struct addr a;
	size_t i;
	int k;

	CASE("answer: as many peers as wanted, 50 by default, 200 at most");
	for (k = 0; k < 500; k++) {
		a = client((uint32_t)k);
		OK(finish(ask_text(t, &a, 1000, HASH ID PORT "&left=1")));
	}
	for (i = 0; i < LEN(wants); i++) {
		r = ask(t, "8.8.8.8:1", 1000, HASH
		    "&peer_id=-XX0100-000000000001" PORT "&left=1&compact=1%s",
		    wants[i].text);
		OK_FOR(wants[i].text, r->ok && r->n == wants[i].n);
		OK(finish(r));
	}
	r = ask(t, "8.8.8.8:1", 1000, HASH "&peer_id=-XX0100-000000000001" PORT
	    "&compact=1&left=1&numwant=99999999999999999999999999");
	OK(r->ok && r->n <= 200);
	OK(finish(r));
	CASE("answer: nobody is given twice");
	r = ask(t, "8.8.8.8:1", 1000, HASH "&peer_id=-XX0100-000000000001" PORT
	    "&left=1&compact=1&numwant=200");
	for (i = 0; i < 200; i++)
		for (k = 0; k < (int)i && r->n == 200; k++)
			OK(!addr_same(&r->list[i], &r->list[k]));
	OK(finish(r));
	answer_free(t);
}

static void
forms(void)
{
	struct answerer *t = tracker(INTERVAL, 5);
	struct answer *r;
	struct span it, one;
	int k, nip = 0;

	OK(finish(ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=1")));
	CASE("answer: compact peers are 6 bytes each, peers6 only if any");
	r = ask(t, "1.2.3.5:1", 1000, HASH "&peer_id=-XX0100-000000000001"
	    PORT "&left=1&compact=1");
	OK(r->ok && r->n == 1 && r->n6 == 0);
	OK(ben_get_str(r->d, "peers").n == 6);
	OK(ben_get(r->d, "peers6").n == 0);
	OK(finish(r));
	CASE("answer: IPv6 peers stand in peers6, 18 bytes each");
	OK(finish(ask(t, "2001:db8::7", 1000, HASH
	    "&peer_id=-XX0100-000000000002" PORT "&left=1")));
	r = ask(t, "1.2.3.5:1", 1000, HASH "&peer_id=-XX0100-000000000001"
	    PORT "&left=1&compact=1");
	OK(r->ok && r->n == 2 && r->n6 == 1);
	OK(has(r, "[2001:db8::7]:6881") && has(r, "1.2.3.4:6881"));
	OK(ben_get_str(r->d, "peers").n == 6);
	OK(ben_get_str(r->d, "peers6").n == 18);
	OK(finish(r));
	CASE("answer: compact=0 gives dictionaries, of address and port");
	for (k = 0; k < 2; k++) {
		r = ask(t, "1.2.3.5:1", 1000, HASH
		    "&peer_id=-XX0100-000000000001" PORT "&left=1&compact=0%s",
		    k ? "&no_peer_id=1" : "");
		OK(r->ok && r->n == 2);
		OK(has(r, "[2001:db8::7]:6881") && has(r, "1.2.3.4:6881"));
		OK(ben_kind(ben_get(r->d, "peers")) == 'l');
		OK(ben_get(r->d, "peers6").n == 0);
		it = ben_items(ben_get(r->d, "peers"));
		for (; ben_next(&it, &one); nip++)
			OK(span_is(ben_get_str(one, "ip"), "2001:db8::7") ||
			    span_is(ben_get_str(one, "ip"), "1.2.3.4"));
		OK(finish(r));
	}
	OK(nip == 4);
	CASE("answer: compact is the default, as BEP 23 suggests");
	r = ask(t, "1.2.3.5:1", 1000, HASH "&peer_id=-XX0100-000000000001"
	    PORT "&left=1");
	OK(r->ok && r->n == 2);
	OK(ben_kind(ben_get(r->d, "peers")) == 's');
	OK(finish(r));
	answer_free(t);
}

static void
queries(void)
{
	static const char *const same[] = {
		HASH ID PORT "&left=1",
		"left=1" PORT ID "&" HASH,
		"port=6881&left=1" ID "&" HASH "&key=x&uploaded=0",
		"info_hash=hash%2dof%2Dtwenty%2dbytes" ID PORT "&left=1",
		"info_hash=%68%61%73%68%2d%6f%66%2d%74%77%65%6e%74%79%2d%62"
		    "%79%74%65%73" ID PORT "&left=1",
		"info_hash=%68%61%73%68%2D%6F%66%2D%74%77%65%6E%74%79%2D%62"
		    "%79%74%65%73" ID PORT "&left=1",
		"&&" HASH "&" ID "&&" PORT "&=&x&y=&=z&left=1&",
		HASH "&peer_id=%2dXX0100%2D000000000000" PORT "&left=1",
		HASH ID PORT "&left=1&ip=9.9.9.9&ipv4=9.9.9.9&supportcrypto=1",
	};
	struct answerer *t = tracker(INTERVAL, 6);
	struct buf b = { NULL, 0, 0, 0 };
	struct answer *r;
	uint8_t hash[ID_LEN];
	struct addr a = addr_of("1.2.3.4:1");
	size_t i;
	int k;

	CASE("answer: parameters come in any order and encoding");
	for (i = 0; i < LEN(same); i++) {
		r = ask_text(t, &a, 1000, same[i]);
		OK_FOR(same[i], r->ok && r->incomplete == 1);
		OK_FOR(same[i], memcmp(r->ev.hash, "hash-of-twenty-bytes", 20)
		    == 0 && r->ev.addr.port == 6881);
		OK(finish(r));
	}
	OK(counts(t, 1, 1));
	CASE("answer: a plus stays one");
	r = ask_text(t, &a, 1000, "info_hash=hash+of+twenty+bytes" ID PORT
	    "&left=1&event=stopped");
	OK(r->ok && memcmp(r->ev.hash, "hash+of+twenty+bytes", 20) == 0);
	OK(finish(r));
	CASE("answer: any byte can stand in a hash");
	for (i = 0; i < 256; i++) {
		for (k = 0; k < ID_LEN; k++)
			hash[k] = (uint8_t)(i + (size_t)k * 13);
		b.len = 0;
		buf_put(&b, "info_hash=", 10);
		pct_encode(&b, hash, ID_LEN);
		buf_put(&b, ID PORT "&left=1", sizeof ID PORT "&left=1");
		r = ask_text(t, &a, 1000, (char *)b.p);
		OK(r->ok && memcmp(r->ev.hash, hash, ID_LEN) == 0);
		OK(finish(r));
	}
	OK(counts(t, 257, 257));
	buf_free(&b);
	CASE("answer: a reply is appended to what is there");
	r = xcalloc(1, sizeof *r);
	buf_put(&r->raw, "before", 6);
	OK(answer_announce(t, span_of(same[0]), &a, 1000, &r->raw, &r->ev)
	    == 0);
	OK(r->raw.len > 7 && memcmp(r->raw.p, "befored", 7) == 0);
	OK(ben_parse(r->raw.p + 6, r->raw.len - 6) == (long)r->raw.len - 6);
	buf_free(&r->raw);
	free(r);
	answer_free(t);
}

static void
refusals(void)
{
	static const char *const bad[] = {
		"", "&", "=", "x=y", "info_hash=" ID PORT, ID PORT "&left=1",
		HASH PORT "&left=1", HASH ID "&left=1",
		"info_hash=hash-of-twenty-byte" ID PORT,
		"info_hash=hash-of-twenty-bytess" ID PORT,
		"info_hash=hash%2dof%2Dtwenty%2dbytes%00" ID PORT,
		"info_hash=hash%2dof%2Dtwenty%2dbyte%7" ID PORT,
		"info_hash=%68%61%73%68%2d" ID PORT,
		HASH "&peer_id=-XX0100-00000000000" PORT,
		HASH "&peer_id=-XX0100-0000000000000" PORT,
		HASH "&peer_id=" PORT, HASH "&peer_id" PORT,
		HASH ID "&port=0", HASH ID "&port=65536", HASH ID "&port=",
		HASH ID "&port", HASH ID "&port=-1", HASH ID "&port=x",
		HASH ID "&port=80x", HASH ID "&port=4294967297",
		HASH ID "&port=18446744073709551617",
		HASH ID "&port=99999999999999999999999999",
	};
	struct answerer *t = tracker(INTERVAL, 7);
	struct addr a = addr_of("1.2.3.4:1");
	struct answer *r;
	char query[400];
	uint64_t rnd = 5;
	size_t i, n;
	int insane = 0;

	CASE("answer: what is missing or wrong is refused with a reason");
	for (i = 0; i < LEN(bad); i++) {
		r = ask_text(t, &a, 1000, bad[i]);
		OK_FOR(bad[i], !r->ok && r->sane);
		OK_FOR(bad[i], ben_get_str(r->d, "failure reason").n > 0);
		OK(ben_get(r->d, "peers").n == 0);
		OK(finish(r));
	}
	OK(counts(t, 0, 0));
	CASE("answer: ports 1 and 65535 are ports");
	r = ask(t, "1.2.3.4:1", 1000, HASH ID "&port=1&left=1");
	OK(r->ok && r->ev.addr.port == 1);
	OK(finish(r));
	r = ask(t, "1.2.3.4:1", 1000, HASH ID "&port=65535&left=1");
	OK(r->ok && r->ev.addr.port == 65535);
	OK(finish(r));
	CASE("answer: queries that nobody meant are answered sanely");
	for (i = 0; i < 20000; i++) {
		snprintf(query, sizeof query, HASH ID PORT "&left=0&numwant=5"
		    "&event=stopped&compact=1&no_peer_id=1");
		n = unit_mutate((uint8_t *)query, strlen(query), 300, &rnd);
		while (memchr(query, '\0', n))
			*(char *)memchr(query, '\0', n) = '%';
		query[n] = '\0';
		r = ask_text(t, &a, 1000, query);
		insane += !r->sane || r->ok == (ben_get(r->d,
		    "failure reason").n > 0);
		buf_free(&r->raw);
		free(r);
	}
	OK(insane == 0);
	answer_free(t);
}

static void
expiry(void)
{
	struct answerer *t = tracker(INTERVAL, 8);
	int64_t two = 2 * (int64_t)INTERVAL * 1000, over = two + two / 30 + 1;
	int64_t now = 1000 + over;
	struct answer *r;
	struct addr a;
	uint32_t i;

	CASE("answer: who was not heard of for two intervals is forgotten");
	OK(answer_life(INTERVAL) == two);
	OK(finish(ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=1")));
	OK(finish(ask(t, "1.2.3.5:1", 1000 + two / 2, HASH ID PORT
	    "&left=0")));
	expire_all(t, 1000 + two);
	OK(counts(t, 1, 2));
	expire_all(t, now);
	OK(counts(t, 1, 1));
	r = ask(t, "1.2.3.6:1", now, HASH "&peer_id=-XX0100-000000000001" PORT
	    "&left=1&compact=1");
	OK(r->ok && r->n == 1 && has(r, "1.2.3.5:6881"));
	OK(r->complete == 1 && r->incomplete == 1);
	OK(finish(r));
	CASE("answer: who is heard of stays");
	OK(finish(ask(t, "1.2.3.5:1", now, HASH ID PORT "&left=0")));
	now += two / 2;
	expire_all(t, now);
	OK(counts(t, 1, 2));
	CASE("answer: empty swarms are forgotten");
	now += over;
	expire_all(t, now);
	OK(counts(t, 0, 0));
	CASE("answer: half of a large swarm expires, the other half stays");
	for (i = 0; i < 1000; i++) {
		a = client(i % 2 ? i : i + 1000);
		now += i == 500 ? two / 2 : 0;
		OK(finish(ask_text(t, &a, now, i % 4 < 2 ?
		    HASH ID PORT "&left=1" : HASH ID PORT "&left=0")));
	}
	now += over - two / 2;
	expire_all(t, now);
	OK(counts(t, 1, 500));
	r = ask(t, "8.8.8.8:1", now, HASH "&peer_id=-XX0100-000000000001" PORT
	    "&left=1&numwant=200");
	OK(r->ok && r->complete == 250 && r->incomplete == 251);
	OK(finish(r));
	for (i = 500; i < 1000; i++) { /* each can be found */
		a = client(i % 2 ? i : i + 1000);
		OK(finish(ask_text(t, &a, now, HASH ID PORT
		    "&left=0&event=stopped")));
	}
	OK(counts(t, 1, 1));
	answer_free(t);
}

static void
sampling(void)
{
	struct answerer *t = tracker(INTERVAL, 9);
	int times[1000] = { 0 }, missed = 0, k, i;
	struct answer *r;
	struct addr a;

	CASE("answer: a swarm is reached as a whole, over many asks");
	for (i = 0; i < 1000; i++) {
		a = client((uint32_t)i);
		OK(finish(ask_text(t, &a, 1000, HASH ID PORT "&left=1")));
	}
	for (i = 0; i < 600; i++) {
		r = ask(t, "8.8.8.8:1", 1000, HASH
		    "&peer_id=-XX0100-000000000001" PORT
		    "&left=1&compact=1&numwant=50");
		OK(r->ok && r->n == 50);
		for (k = 0; k < r->n; k++)
			times[get32(r->list[k].ip + 12) - 0x14000000]++;
		OK(finish(r));
	}
	for (i = 0; i < 1000; i++) /* 30 times each, if it is fair */
		missed += times[i] == 0;
	OK(missed == 0);
	answer_free(t);
}

static void
jitter(void)
{
	static const int intervals[] = { 1, 7, 60, 64, 90, 1800, 86400 };
	struct answerer *t;
	struct answer *r;
	int64_t v, w, lo, hi;
	int i, k, wrong = 0, over = 0;

	for (i = 0; i < (int)LEN(intervals); i++) {
		CASE("answer: intervals are an eighth shorter at most");
		t = tracker(intervals[i], 20);
		lo = intervals[i];
		hi = 0;
		for (k = 0; k < 500; k++) {
			r = ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=1");
			v = ben_get_int(r->d, "interval", 0);
			w = ben_get_int(r->d, "min interval", 0);
			lo = MIN(lo, v);
			hi = MAX(hi, v);
			wrong += v < 1 || w < 1 || w > intervals[i] ||
			    8 * v < 7 * intervals[i] || v > intervals[i];
			over += w > v;
			OK(finish(r));
		}
		OK(wrong == 0 && (lo < hi || intervals[i] < 8));
		answer_free(t);
	}
	CASE("answer: a min interval is not over the interval");
	OK(over == 0);
}

static void
warnings(void)
{
	static const struct { const char *rest; int warned; } tries[] = {
		{ PORT "&left=1", 0 }, { PORT "&left=0", 0 }, { PORT, 1 },
		{ PORT "&left=x", 1 }, { PORT "&left=-1", 1 },
		{ PORT "&left=1&event=started", 0 },
		{ PORT "&left=1&event=stopped", 0 },
		{ PORT "&left=0&event=completed", 0 },
		{ PORT "&left=1&event=completed", 1 },
		{ PORT "&left=1&event=paused", 0 },
		{ PORT "&left=1&event=empty", 0 },
		{ PORT "&left=1&event=", 0 },
		{ PORT "&left=1&event=Started", 1 },
		{ PORT "&left=1&event=started2", 1 },
		{ PORT "&left=1&ip=1.2.3.4", 0 },
		{ PORT "&left=1&ip=1.2.3.4:77", 0 },
		{ PORT "&left=1&ip=", 0 }, { PORT "&left=1&ip=x", 1 },
		{ PORT "&left=1&ip=a.host.example", 1 },
		{ PORT "&left=1&ip=1.2.3", 1 },
		{ PORT "&left=1&ip=1.2.3.5", 1 },
	};
	struct answerer *t = tracker(INTERVAL, 21);
	struct answer *r;
	size_t i;

	CASE("answer: what is odd is warned of, and answered");
	for (i = 0; i < LEN(tries); i++) {
		r = ask(t, "1.2.3.4:1", 1000, HASH ID "%s", tries[i].rest);
		OK_FOR(tries[i].rest, r->ok && r->sane);
		OK_FOR(tries[i].rest, (ben_get_str(r->d, "warning message").n
		    > 0) == tries[i].warned);
		OK(finish(r));
	}
	CASE("answer: completed with bytes left completes nothing");
	r = ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=1&event=completed");
	OK(r->ok && ben_get_int(r->d, "downloaded", -1) == 1);
	OK(finish(r));
	answer_free(t);
}

static void
external(void)
{
	struct answerer *t = tracker(INTERVAL, 22);
	struct answer *r;
	struct span s;

	CASE("answer: an asker from everywhere is told its address (BEP 24)");
	r = ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=1");
	s = ben_get_str(r->d, "external ip");
	OK(s.n == 4 && memcmp(s.p, "\1\2\3\4", 4) == 0);
	OK(finish(r));
	r = ask(t, "[2001:db8::7]:1", 1000, HASH ID PORT "&left=1&compact=0");
	s = ben_get_str(r->d, "external ip");
	OK(s.n == 16 && memcmp(s.p, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\7",
	    16) == 0);
	OK(finish(r));
	CASE("answer: one from its own network is not");
	r = ask(t, "10.2.3.4:1", 1000, HASH ID PORT "&left=1");
	OK(r->ok && ben_get(r->d, "external ip").n == 0);
	OK(finish(r));
	r = ask(t, "127.0.0.1:1", 1000, HASH ID PORT "&left=1&ip=1.2.3.4");
	OK(r->ok && ben_get(r->d, "external ip").n == 0);
	OK(finish(r));
	r = ask(t, "fd00::1", 1000, HASH ID PORT "&left=1");
	OK(r->ok && ben_get(r->d, "external ip").n == 0);
	OK(finish(r));
	answer_free(t);
}

static void
moved(void)
{
	struct answerer *t = tracker(INTERVAL, 23);
	struct answer *r;
	uint64_t id;

	CASE("answer: who has the key has moved, and is listed once");
	OK(listed(t, "1.2.3.4:1", "&left=1&event=started&key=00abcdef") == 1);
	OK(listed(t, "1.2.3.5:1", "&left=1&key=00abcdef") == 1);
	OK(listed(t, "1.2.3.6:1", "&left=1&key=ABCDEF") == 1);
	CASE("answer: key over UDP is the same as over HTTP");
	id = connect_to(t, "1.2.3.7:1");
	OK(udp_counts(t, "1.2.3.7:1", id, ID_BYTES, 0xabcdef, 1) == 1);
	OK(listed(t, "1.2.3.8:1", "&left=1&key=abcdef") == 1);
	CASE("answer: another key, and none, move nobody");
	OK(listed(t, "1.2.3.9:1", "&left=1&key=abcdee") == 2);
	OK(listed(t, "1.2.3.10:1", "&left=1") == 3);
	OK(listed(t, "1.2.3.11:1", "&left=1") == 4);
	id = connect_to(t, "1.2.3.12:1");
	OK(udp_counts(t, "1.2.3.12:1", id, ID_BYTES, 0, 1) == 5);
	OK(udp_counts(t, "1.2.3.12:1", id, "-XX0100-111111111111",
	    0xabcdef, 1) == 5); /* at the address of the one before */
	CASE("answer: who starts has not moved");
	OK(listed(t, "1.2.3.13:1", "&left=1&key=abcdef&event=started") == 6);
	CASE("answer: who has the key can stop from elsewhere");
	r = ask(t, "1.2.3.14:1", 1000, HASH ID PORT
	    "&left=1&event=stopped&key=abcdee");
	OK(r->ok && r->incomplete == 5);
	OK(finish(r));
	r = ask(t, "1.2.3.14:1", 1000, HASH ID PORT
	    "&left=1&event=stopped&key=abcdeee");
	OK(r->ok && r->incomplete == 5);
	OK(finish(r));
	CASE("answer: a key that is no number is a key, too");
	OK(listed(t, "1.2.4.1:1", "&left=1&event=started&key=not+a%20key")
	    == 6);
	OK(listed(t, "1.2.4.2:1", "&left=1&key=not+a%20key") == 6);
	OK(listed(t, "1.2.4.3:1", "&left=1&key=123456789abcdef0") == 7);
	OK(listed(t, "1.2.4.4:1", "&left=1&key=123456789abcdef0") == 7);
	OK(listed(t, "1.2.4.5:1", "&left=1&key=9abcdef0") == 8);
	answer_free(t);
}

/* How many fetch after an announce from there. */
static int64_t
listed(struct answerer *t, const char *from, const char *rest)
{
	struct answer *r = ask(t, from, 1000, HASH ID PORT "%s", rest);
	int64_t n = r->ok && r->sane ? r->incomplete : -1;

	finish(r);
	return n;
}

/* What is known by other means than announces. */
static void
meets(void)
{
	static const uint8_t hash[] = "hash-of-twenty-bytes";
	struct answerer *t = tracker(INTERVAL, 23);
	struct addr a = addr_of("5.6.7.8:90"), me = addr_of("1.2.3.4:6881");
	struct answer *r;

	CASE("answer: who was met is told to those who announce");
	answer_meet(t, hash, &a, 0, 0, 1000);
	OK(counts(t, 1, 1));
	r = ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=1");
	OK(r->ok && r->n == 1 && has(r, "5.6.7.8:90") && r->incomplete == 2);
	finish(r);
	CASE("answer: what he said himself stands");
	r = ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=0");
	finish(r);
	answer_meet(t, hash, &me, 0, 0, 1000);
	r = ask(t, "9.9.9.9:1", 1000, HASH OTHER PORT "&left=1");
	OK(r->complete == 1 && r->incomplete == 2 && r->n == 2);
	finish(r);
	CASE("answer: but for what is surer");
	answer_meet(t, hash, &a, 1, 1, 1000);
	r = ask(t, "9.9.9.9:1", 1000, HASH OTHER PORT "&left=1");
	OK(r->complete == 2 && r->incomplete == 1 && r->n == 2);
	finish(r);
	CASE("answer: who was met is forgotten as others are");
	OK(counts(t, 1, 3));
	expire_all(t, 1000 + answer_life(INTERVAL) * 2);
	OK(counts(t, 0, 0));
	answer_free(t);
}

static void
dual(void)
{
	static const char *const keys[] = { "", "&key=1234abcd" };
	struct answerer *t;
	struct answer *r;
	int i;

	for (i = 0; i < 2; i++) {
		t = tracker(INTERVAL, 24);
		CASE("answer: a client of both families is not given itself");
		OK(listed(t, "1.2.3.4:1", "&left=1") == 1);
		OK(listed(t, "1.2.3.4:1", keys[i]) == 1);
		r = ask(t, "2001:db8::4", 1000, HASH ID PORT "&left=1%s",
		    keys[i]);
		OK(r->ok && r->n == 0 && r->incomplete == 2);
		OK(finish(r));
		r = ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=1%s",
		    keys[i]);
		OK(r->ok && r->n == 0 && r->incomplete == 2);
		OK(finish(r));
		CASE("answer: others are given both its addresses");
		r = ask(t, "1.2.3.5:1", 1000, HASH OTHER PORT "&left=1");
		OK(r->ok && r->n == 2 && r->n6 == 1);
		OK(has(r, "1.2.3.4:6881") && has(r, "[2001:db8::4]:6881"));
		OK(finish(r));
		CASE("answer: an asker's own family comes first");
		r = ask(t, "1.2.3.5:1", 1000, HASH OTHER PORT
		    "&left=1&numwant=1");
		OK(r->ok && r->n == 1 && has(r, "1.2.3.4:6881"));
		OK(finish(r));
		r = ask(t, "2001:db8:1::5", 1000, HASH OTHER PORT
		    "&left=1&numwant=1");
		OK(r->ok && r->n == 1 && has(r, "[2001:db8::4]:6881"));
		OK(finish(r));
		answer_free(t);
	}
}

static void
named(void)
{
	static const struct { const char *from, *ip, *where; } tries[] = {
		{ "10.0.0.1", "9.8.7.6", "9.8.7.6" },
		{ "10.0.0.1", "192.168.7.6", "192.168.7.6" },
		{ "10.0.0.1", "2001:db8::9", "2001:db8::9" },
		{ "10.0.0.1", "%32001%3adb8%3A%3A9", "2001:db8::9" },
		{ "10.0.0.1", "fd00::9", "fd00::9" },
		{ "fd00::1", "9.8.7.6", "9.8.7.6" },
		{ "fe80::1", "fd00::9", "fd00::9" },
		{ "127.0.0.1", "10.0.0.9", "10.0.0.9" },
		{ "127.0.0.1", "9.8.7.6", "9.8.7.6" },
		{ "::1", "9.8.7.6", "9.8.7.6" },
		{ "10.0.0.1", "127.0.0.1", "10.0.0.1" },
		{ "10.0.0.1", "::1", "10.0.0.1" },
		{ "10.0.0.1", "::ffff:127.0.0.1", "10.0.0.1" },
		{ "10.0.0.1", "0.0.0.0", "10.0.0.1" },
		{ "10.0.0.1", "::", "10.0.0.1" },
		{ "10.0.0.1", "224.0.0.1", "10.0.0.1" },
		{ "10.0.0.1", "255.255.255.255", "10.0.0.1" },
		{ "10.0.0.1", "ff02::1", "10.0.0.1" },
		{ "10.0.0.1", "rubbish", "10.0.0.1" },
		{ "1.2.3.4", "9.8.7.6", "1.2.3.4" },
		{ "1.2.3.4", "10.0.0.1", "1.2.3.4" },
		{ "1.2.3.4", "127.0.0.1", "1.2.3.4" },
		{ "1.2.3.4", "2001:db8::9", "1.2.3.4" },
		{ "2001:db8::1", "2001:db8::9", "2001:db8::1" },
	};
	struct answerer *t = tracker(INTERVAL, 25);
	struct answer *r;
	struct addr a;
	size_t i;

	CASE("answer: ip= says where one is that asks from a private address");
	for (i = 0; i < LEN(tries); i++) {
		r = ask(t, tries[i].from, 1000, HASH ID "&port=99&left=1"
		    "&ip=%s", tries[i].ip);
		a = addr_of(tries[i].where);
		OK_FOR(tries[i].ip, r->ok && addr_same_ip(&r->ev.addr, &a) &&
		    r->ev.addr.port == 99);
		OK_FOR(tries[i].ip, (ben_get(r->d, "warning message").n > 0)
		    == (strcmp(tries[i].where, tries[i].from) == 0));
		OK(finish(r));
	}
	CASE("answer: a peer is handed out as it is named");
	r = ask(t, "1.2.3.9", 1000, HASH OTHER PORT "&left=1&numwant=200");
	OK(has(r, "9.8.7.6:99") && has(r, "[2001:db8::9]:99"));
	OK(!has(r, "10.0.0.1:99") && !has(r, "192.168.7.6:99"));
	OK(finish(r));
	answer_free(t);
}

static void
scopes(void)
{
	static const struct { const char *from; int n; } asks[] = {
		{ "8.8.8.8", 2 }, { "2001:db8::8", 2 }, { "10.9.9.9", 5 },
		{ "192.168.9.9", 5 }, { "fd00::99", 5 }, { "fe80::99", 5 },
		{ "127.0.0.9", 7 }, { "::1", 6 }
	};
	static const char *const members[] = { "1.2.3.4", "2001:db8::4",
		"10.0.0.4", "172.16.0.4", "fd00::4", "127.0.0.4", "::1" };
	struct answerer *t = tracker(INTERVAL, 26);
	struct answer *r;
	size_t i;

	CASE("answer: private addresses are handed to those who are at one");
	for (i = 0; i < LEN(members); i++)
		OK(finish(ask(t, members[i], 1000, HASH
		    "&peer_id=-XX0100-00000000000%d" PORT "&left=1", (int)i)));
	for (i = 0; i < LEN(asks); i++) {
		r = ask(t, asks[i].from, 1000, HASH OTHER
		    "&port=6881&left=1&compact=1");
		OK_FOR(asks[i].from, r->ok && r->n == asks[i].n);
		OK(finish(r));
		OK(finish(ask(t, asks[i].from, 1000, HASH OTHER
		    "&port=6881&left=1&event=stopped")));
	}
	answer_free(t);
}

static void
many(void)
{
	static const struct { const char *from, *next; int limited; } tries[] =
	{
		{ "1.2.3.4", "1.2.3.5", 1 }, { "10.2.3.4", "10.2.3.5", 1 },
		{ "2001:db8::1", "2001:db8:0:1::1", 1 },
		{ "127.0.0.1", "127.0.0.2", 0 }, { "::1", "127.0.0.2", 0 }
	};
	struct answerer *t;
	struct answer *r;
	size_t i;
	int k, warned;

	CASE("answer: an address has so many peers in a swarm, and no more");
	for (i = 0; i < LEN(tries); i++) {
		t = tracker(INTERVAL, 27);
		for (k = warned = 0; k < ADDR_SWARM_MAX + 5; k++) {
			r = ask(t, tries[i].from, 1000, HASH
			    "&peer_id=-XX0100-%012d&port=%d&left=1&compact=1",
			    k, 1 + k);
			warned += ben_get(r->d, "warning message").n > 0;
			OK_FOR(tries[i].from, r->ok && r->n > 0 - (k == 0) &&
			    r->n >= MIN(k, 50));
			OK(finish(r));
		}
		OK_FOR(tries[i].from, warned == (tries[i].limited ? 5 : 0));
		OK(counts(t, 1, ADDR_SWARM_MAX + 5 - (uint32_t)warned));
		r = ask(t, tries[i].next, 1000, HASH OTHER PORT "&left=1");
		OK(r->ok && ben_get(r->d, "warning message").n == 0);
		OK(finish(r));
		OK(counts(t, 1, ADDR_SWARM_MAX + 6 - (uint32_t)warned));
		answer_free(t);
	}
}

static void
full(void)
{
	struct answer_policy p = { .interval = INTERVAL };
	uint8_t key[ANSWER_KEY_LEN] = { 1 }, hash[ID_LEN] = { 0 };
	struct swarms *sw = swarms_new(key, answer_life(INTERVAL));
	struct member m = { .seed = 1 };
	struct answerer *t;
	struct answer *r;
	uint64_t id;
	uint32_t i;

	CASE("answer: when it is full it says so, and when to come again");
	m.addr = addr_of("127.0.0.1:1");
	for (i = 0; i < SWARMS_MAX; i++) {
		put32(hash + 4, i);
		swarms_join(sw, hash, &m, 1, 1000);
	}
	t = answer_new(&p, key, sw, 1000);
	r = ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=1");
	OK(!r->ok && r->sane && ben_get_str(r->d, "failure reason").n > 0);
	OK(ben_get_int(r->d, "retry in", -1) > 0);
	OK(r->ev.name == NULL);
	OK(finish(r));
	id = connect_to(t, "1.2.3.4:1");
	OK(udp_counts(t, "1.2.3.4:1", id, ID_BYTES, 0, 1) == -1);
	OK(counts(t, SWARMS_MAX, SWARMS_MAX));
	answer_free(t);
}

static void
lists(void)
{
	static const struct { const char *text; long n, line; } texts[] = {
		{ "", 0, 0 }, { "\n\n", 0, 0 }, { "#\n# x\n\r\n", 0, 0 },
		{ HEX_A, 1, 0 }, { HEX_A "\n", 1, 0 }, { HEX_A "\r\n", 1, 0 },
		{ HEX_A " a name\n" HEX_B "\tother\r\n", 2, 0 },
		{ "# x\n\n" HEX_B "\r\n\r\n" HEX_A, 2, 0 },
		{ HEX_A "\n" HEX_A "\n" HEX_B "\n" HEX_A, 2, 0 },
		{ HEX_A "\n" HEX_A_UP "\n", 1, 0 },
		{ "x", -1, 1 }, { HEX_A "x\n", -1, 1 },
		{ HEX_A "\n\n" HEX_B "\n123\n", -1, 4 },
		{ HEX_A "\n#\n6861736g" , -1, 3 },
		{ "\r\n\r\n" HEX_A HEX_B "\r\n", -1, 3 },
		{ HEX_A ",\n", -1, 1 }, { HEX_A "\n" HEX_B "\n-", -1, 3 },
	};
	struct answerer *t = tracker(INTERVAL, 28);
	struct span s;
	uint8_t *copy;
	long line, n;
	size_t i;

	CASE("answer: a list is read, or the line told that is wrong");
	for (i = 0; i < LEN(texts); i++) {
		line = -5;
		s.n = strlen(texts[i].text);
		s.p = copy = unit_copy(texts[i].text, s.n);
		n = answer_allow(t, s, &line);
		free(copy);
		OK_FOR(texts[i].text, n == texts[i].n);
		OK_FOR(texts[i].text, n >= 0 || line == texts[i].line);
	}
	answer_free(t);
	served();
}

static void
served(void)
{
	struct answerer *t = tracker(INTERVAL, 29);
	struct answer *r;
	long line;

	CASE("answer: only what is listed is served");
	OK(listed(t, "1.2.3.4:1", "&left=1") == 1);
	OK(answer_allow(t, span_of(HEX_B "\n"), &line) == 1);
	r = ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=1");
	OK(!r->ok && r->sane && r->ev.name == NULL);
	OK(ben_get_str(r->d, "failure reason").n > 0);
	OK(ben_get_int(r->d, "retry in", -1) > 0);
	OK(finish(r));
	r = ask(t, "1.2.3.4:1", 1000, HASH_B ID PORT "&left=1");
	OK(r->ok && r->incomplete == 1);
	OK(finish(r));
	CASE("answer: another list replaces it, and no swarm is lost");
	OK(answer_allow(t, span_of(HEX_A " a\n" HEX_B " b\n"), &line) == 2);
	OK(listed(t, "1.2.3.5:1", "&left=1&key=1") == 2);
	OK(answer_allow(t, span_of(HEX_A), &line) == 1);
	r = ask(t, "1.2.3.4:1", 1000, HASH_B ID PORT "&left=1");
	OK(!r->ok);
	OK(finish(r));
	CASE("answer: a list that is wrong changes nothing");
	OK(answer_allow(t, span_of(HEX_B "\nx\n"), &line) == -1 && line == 2);
	OK(listed(t, "1.2.3.6:1", "&left=1&key=2") == 3);
	CASE("answer: an empty list serves nothing");
	OK(answer_allow(t, span_of("# none\n"), &line) == 0);
	OK(listed(t, "1.2.3.6:1", "&left=1") == -1);
	CASE("answer: a query that is wrong is not to be sent again");
	r = ask(t, "1.2.3.4:1", 1000, HASH PORT "&left=1");
	OK(!r->ok && span_is(ben_get_str(r->d, "retry in"), "never"));
	OK(finish(r));
	answer_free(t);
}

static void
scrapes(void)
{
	struct answerer *t = tracker(INTERVAL, 30);
	struct answer *r;
	struct span files;
	long line;
	int k;

	CASE("answer: a scrape tells of one");
	OK(listed(t, "1.2.3.4:1", "&left=1") == 1);
	OK(finish(ask(t, "1.2.3.5:1", 1000, HASH OTHER PORT "&left=0")));
	for (k = 0; k < 3; k++) /* counted once a peer */
		OK(finish(ask(t, "1.2.3.6:1", 1000, HASH ID PORT
		    "&left=0&event=completed")));
	r = scrape(t, HASH);
	files = ben_get(r->d, "files");
	OK(r->ok && r->sane && ben_kind(files) == 'd' && elements(files) == 1);
	OK(row_is(r, "hash-of-twenty-bytes", 2, 1, 1));
	OK(finish(r));
	CASE("answer: a scrape tells of many, each once, in order");
	OK(finish(ask(t, "1.2.3.4:1", 1000, HASH_B ID PORT "&left=0")));
	r = scrape(t, "info_hash=zzzzzzzzzzzzzzzzzzzz&" HASH "&x=y&" HASH_B
	    "&info_hash=%00%00%00%00%00%00%00%00%00%00%00%00%00%00%00%00%00"
	    "%00%00%01&" HASH "&info_hash=short&" HASH_B);
	files = ben_get(r->d, "files");
	OK(r->ok && r->sane && elements(files) == 4);
	OK(row_is(r, "hash-of-twenty-bytes", 2, 1, 1));
	OK(row_is(r, "hash-of-twenty-bytez", 1, 0, 0));
	CASE("answer: of what it does not know, a scrape tells noughts");
	OK(row_is(r, "zzzzzzzzzzzzzzzzzzzz", 0, 0, 0));
	OK(finish(r));
	OK(counts(t, 2, 4));
	CASE("answer: who stopped stays completed");
	OK(finish(ask(t, "1.2.3.6:1", 1000, HASH ID PORT
	    "&left=0&event=stopped")));
	r = scrape(t, HASH);
	OK(row_is(r, "hash-of-twenty-bytes", 1, 1, 1));
	OK(finish(r));
	CASE("answer: a scrape leaves out what is not listed");
	OK(answer_allow(t, span_of(HEX_B), &line) == 1);
	r = scrape(t, HASH "&" HASH_B);
	OK(r->ok && r->sane && elements(ben_get(r->d, "files")) == 1);
	OK(row_is(r, "hash-of-twenty-bytez", 1, 0, 0));
	OK(finish(r));
	r = scrape(t, HASH);
	OK(!r->ok && r->sane && ben_get_str(r->d, "failure reason").n > 0);
	OK(finish(r));
	CASE("answer: a scrape without a hash is refused");
	for (k = 0; k < 4; k++) {
		r = scrape(t, k == 0 ? "" : k == 1 ? "info_hash=" : k == 2 ?
		    "x=y" : "info_hash=hash-of-twenty-byte");
		OK(!r->ok && r->sane && ben_get(r->d, "files").n == 0);
		OK(ben_get_str(r->d, "failure reason").n > 0);
		OK(finish(r));
	}
	answer_free(t);
}

/* As many hashes as an HTTP request can hold. */
static void
long_scrapes(void)
{
	struct answerer *t = tracker(INTERVAL, 31);
	struct buf b = { 0 };
	struct answer *r;
	uint32_t n, i;

	CASE("answer: a scrape of as many as fit, up to a limit");
	for (n = 1; n <= 400; n += 57) {
		b.len = 0;
		for (i = 0; i < n; i++)
			buf_printf(&b, "&info_hash=%020u", (unsigned)i * 7919
			    % 1000);
		buf_put(&b, "", 1);
		r = scrape(t, (const char *)b.p);
		OK(r->ok && r->sane);
		OK(elements(ben_get(r->d, "files")) == MIN(n, SCRAPE_MAX));
		OK(finish(r));
	}
	buf_free(&b);
	answer_free(t);
}

static struct answer *
scrape(struct answerer *t, const char *query)
{
	struct answer *r = xcalloc(1, sizeof *r);
	struct span s;
	uint8_t *copy;

	s.n = strlen(query);
	s.p = copy = unit_copy(query, s.n);
	r->ok = answer_scrape(t, s, &r->raw) == 0;
	free(copy);
	take_apart(r);
	return r;
}

/* Pairs of a dictionary. */
static uint32_t
elements(struct span dict)
{
	struct span it = ben_items(dict), one;
	uint32_t n = 0;

	while (ben_next(&it, &one))
		n++;
	return n / 2;
}

static int
row_is(const struct answer *r, const char *hash, int64_t complete,
    int64_t downloaded, int64_t incomplete)
{
	struct span row = ben_get(ben_get(r->d, "files"), hash);

	return ben_kind(row) == 'd' &&
	    ben_get_int(row, "complete", -1) == complete &&
	    ben_get_int(row, "downloaded", -1) == downloaded &&
	    ben_get_int(row, "incomplete", -1) == incomplete;
}

static void
routes(void)
{
	static const struct { const char *line, *status, *has; } tries[] = {
		{ "GET /announce?" HASH ID PORT "&left=1", "200 ", "peers" },
		{ "GET /announce", "200 ", "14:failure reason" },
		{ "GET http://x/announce?" HASH ID PORT, "200 ", "peers" },
		{ "GET /scrape?" HASH, "200 ", "5:files" },
		{ "GET /scrape", "200 ", "14:failure reason" },
		{ "GET /stats", "200 ", "torrents\t" },
		{ "GET /", "200 ", "<!DOCTYPE html>" },
		{ "GET /?x=y", "200 ", "<!DOCTYPE html>" },
		{ "GET /announce/", "404 ", "" }, { "GET /x", "404 ", "" },
		{ "GET /announcer?" HASH ID PORT, "404 ", "" },
		{ "GET //", "404 ", "" }, { "GET /favicon.ico", "404 ", "" },
		{ "POST /announce?" HASH ID PORT, "405 ", "" },
		{ "DELETE /", "405 ", "" }, { "get /", "405 ", "" },
		{ "HEAD /", "200 ", NULL }, { "HEAD /stats", "200 ", NULL },
		{ "HEAD /scrape?" HASH, "200 ", NULL },
		{ "HEAD /announce", "200 ", NULL },
		{ "HEAD /x", "404 ", NULL },
	};
	struct answerer *t = tracker(INTERVAL, 32);
	struct buf b;
	size_t i;
	char *body;

	CASE("answer: each path has its answer, each method, too");
	for (i = 0; i < LEN(tries); i++) {
		b = serve(t, "1.2.3.4:5", 1000, "%s HTTP/1.1\r\n\r\n",
		    tries[i].line);
		body = body_of(&b, tries[i].status, tries[i].has == NULL);
		OK_FOR(tries[i].line, body != NULL);
		OK_FOR(tries[i].line, !body || (tries[i].has ?
		    strstr(body, tries[i].has) != NULL : !*body));
		buf_free(&b);
	}
	CASE("answer: a connection is kept if the asker wants it kept");
	b = serve(t, "1.2.3.4:5", 1000, "GET /stats HTTP/1.1\r\n\r\n");
	OK(strstr((char *)b.p, "Connection: keep-alive\r\n") != NULL);
	buf_free(&b);
	b = serve(t, "1.2.3.4:5", 1000, "GET /stats HTTP/1.0\r\n\r\n");
	OK(strstr((char *)b.p, "Connection: close\r\n") != NULL);
	buf_free(&b);
	answer_free(t);
}

static void
full_scrape(void)
{
	struct answer_policy p = { .interval = INTERVAL, .full_scrape = 1 };
	struct answerer *t = tracker_of(&p, 33);
	struct http_request r;
	struct answer *all = xcalloc(1, sizeof *all);
	struct buf b = { 0 };
	char *body;
	uint32_t i;
	long line;

	CASE("answer: all is scraped, in order, if the operator wants it");
	for (i = 0; i < 500; i++)
		OK(finish(ask(t, "127.0.0.1:1", 1000, "info_hash=%020u" ID
		    PORT "&left=%d", (unsigned)i * 7919 % 1000, (int)i % 2)));
	request(t, "127.0.0.1:1", &b, 1, "GET /scrape HTTP/1.1\r\n\r\n", &r);
	answer_scrape_all(t, &r, &b);
	buf_put(&b, "", 1);
	b.len--;
	body = body_of(&b, "200 ", 0);
	OK(body != NULL);
	if (body)
		buf_put(&all->raw, body, b.len - (size_t)(body - (char *)b.p));
	take_apart(all);
	OK(all->sane && elements(ben_get(all->d, "files")) == 500);
	OK(row_is(all, "00000000000000000000", 1, 0, 0));
	buf_free(&b);
	OK(finish(all));
	CASE("answer: all means all that is listed");
	OK(answer_allow(t, span_of("# none"), &line) == 0);
	request(t, "127.0.0.1:1", &b, 1, "HEAD /scrape?x HTTP/1.1\r\n"
	    "\r\n", &r);
	answer_scrape_all(t, &r, &b);
	buf_put(&b, "", 1);
	body = body_of(&b, "200 ", 1);
	OK(body && strstr((char *)b.p, "Content-Length: 11\r\n"));
	buf_free(&b);
	CASE("answer: a scrape of some is no scrape of all");
	request(t, "127.0.0.1:1", &b, 0, "GET /scrape?info_hash=x HTTP/1.1"
	    "\r\n\r\n", &r);
	OK(b.len > 0);
	buf_free(&b);
	answer_free(t);
}

static void
forwarded(void)
{
	static const struct { const char *from, *list, *want; } tries[] = {
		{ "10.0.0.1", "1.2.3.4", "1.2.3.4" },
		{ "10.0.0.1", "  1.2.3.4  ", "1.2.3.4" },
		{ "10.0.0.1", "1.2.3.4:567", "1.2.3.4" },
		{ "10.0.0.1", "2001:db8::4", "2001:db8::4" },
		{ "10.0.0.1", "[2001:db8::4]", "2001:db8::4" },
		{ "10.0.0.1", "[2001:db8::4]:567", "2001:db8::4" },
		{ "fd00::1", "1.2.3.4", "1.2.3.4" },
		{ "10.0.0.1", "9.9.9.9, 1.2.3.4", "1.2.3.4" },
		{ "10.0.0.1", "9.9.9.9,1.2.3.4,10.0.0.1", "1.2.3.4" },
		{ "10.0.0.1", "9.9.9.9 , 1.2.3.4 , fd00::1", "1.2.3.4" },
		{ "10.0.0.1", "x, 1.2.3.4, [fd00::1]:8, 10.0.0.1", "1.2.3.4" },
		{ "10.0.0.1", ",1.2.3.4", "1.2.3.4" },
		{ "10.0.0.1", "192.168.0.9", "192.168.0.9" },
		{ "10.0.0.1", "", "10.0.0.1" },
		{ "10.0.0.1", ",", "10.0.0.1" },
		{ "10.0.0.1", "unknown", "10.0.0.1" },
		{ "10.0.0.1", "1.2.3.4, unknown", "10.0.0.1" },
		{ "10.0.0.1", "1.2.3.4 5.6.7.8", "10.0.0.1" },
		{ "10.0.0.1", "1.2.3.4.5", "10.0.0.1" },
		{ "10.0.0.1", "1.2.3.4:x", "10.0.0.1" },
		{ "10.0.0.1", "fd00::1", "fd00::1" },
		{ "10.0.0.1", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "10.0.0.1" },
		{ "10.0.0.2", "1.2.3.4", "10.0.0.2" },
		{ "5.5.5.5", "1.2.3.4", "5.5.5.5" },
		{ "127.0.0.1", "1.2.3.4", "127.0.0.1" },
		{ "5.5.5.5", "1.2.3.4, 10.0.0.1", "5.5.5.5" },
	};
	struct addr proxies[2] = { addr_of("10.0.0.1"), addr_of("fd00::1") };
	struct answer_policy p = { .interval = INTERVAL, .proxies = proxies,
		.nproxies = 2 };
	struct answerer *t = tracker_of(&p, 34);
	struct answer_event ev;
	struct http_request r;
	struct buf out = { 0 }, text = { 0 };
	struct addr a;
	size_t i;

	CASE("answer: a named proxy is believed, and nobody else");
	for (i = 0; i < LEN(tries); i++) {
		out.len = text.len = 0;
		buf_printf(&text, "GET /announce?" HASH ID PORT "&left=1 "
		    "HTTP/1.1\r\nX-Forwarded-For: %s\r\n\r\n", tries[i].list);
		OK(http_request_parse(&r, text.p, text.len) > 0);
		a = addr_of(tries[i].from);
		OK(answer_http(t, &r, &a, 1000, &out, &ev) == 0);
		a = addr_of(tries[i].want);
		OK_FOR(tries[i].list, ev.name && addr_same_ip(&ev.addr, &a));
		OK(ev.addr.port == 6881);
	}
	buf_free(&text);
	buf_free(&out);
	answer_free(t);
	proxy_texts();
}

static void
proxy_texts(void)
{
	struct addr a = addr_of("10.0.0.1");
	struct answer_policy p = { .interval = INTERVAL, .proxies = &a,
		.nproxies = 1 };
	struct answerer *t = tracker_of(&p, 42);
	struct answer_event ev;
	struct http_request r;
	struct buf out = { 0 };
	uint8_t list[100], *copy;
	uint64_t rnd = 4;
	int i;

	CASE("answer: any text of a proxy is borne");
	request(t, "10.0.0.1", &out, 0, "GET /announce?" HASH ID PORT
	    " HTTP/1.1\r\n\r\n", &r);
	for (i = 0; i < 20000; i++) {
		memset(list, 0, sizeof list);
		memcpy(list, "1.2.3.4, [2001:db8::1]:8 , 10.0.0.1", 35);
		r.forwarded_for.n = unit_mutate(list, 35, sizeof list, &rnd);
		r.forwarded_for.p = copy = unit_copy(list, r.forwarded_for.n);
		out.len = 0;
		answer_http(t, &r, &a, 1000, &out, &ev);
		free(copy);
	}
	OK(out.len > 0);
	buf_free(&out);
	answer_free(t);
}

static void
pages(void)
{
	static const char *const lines[] = { "torrents\t1\n", "seeds\t2\n",
		"leechers\t2\n", "announces\t5\n", "scrapes\t2\n", "memory\t",
		"uptime\t99\n" };
	struct answer_policy all = { .interval = INTERVAL, .full_scrape = 1 };
	struct answerer *t = tracker(INTERVAL, 35), *open = tracker_of(&all, 35);
	struct buf b;
	char *body;
	size_t i;

	CASE("answer: /stats has a line for each number");
	for (i = 1; i < 4; i++)
		OK(finish(ask(t, "127.0.0.1:1", 1000, HASH
		    "&peer_id=-XX0100-%012d&port=%d&left=%d", (int)i, (int)i,
		    (int)i - 1)));
	OK(finish(ask(t, "127.0.0.1:1", 1000, ID)));
	OK(udp_counts(t, "127.0.0.1:1", connect_to(t, "127.0.0.1:1"),
	    "-XX0100-000000000001", 0, 0) == 4);
	OK(finish(scrape(t, HASH)));
	OK(finish(scrape(t, "")));
	b = serve(t, "1.2.3.4:5", 100999, "GET /stats HTTP/1.1\r\n\r\n");
	body = body_of(&b, "200 ", 0);
	for (i = 0; i < LEN(lines); i++)
		OK_FOR(lines[i], body && strstr(body, lines[i]));
	buf_free(&b);
	CASE("answer: the page tells where to announce, and names no torrent");
	b = serve(t, "1.2.3.4:5", 100999, "GET / HTTP/1.1\r\n"
	    "Host: tracker.example:6969\r\n\r\n");
	body = body_of(&b, "200 ", 0);
	OK(body && strstr(body, "http://tracker.example:6969/announce"));
	OK(body && strstr(body, "udp://tracker.example:6969/announce"));
	OK(body && strstr(body, "torrents<td>1") && !strstr(body, HEX_A));
	OK(strstr((char *)b.p, "Content-Type: text/html"));
	buf_free(&b);
	CASE("answer: the page has the largest where all may be scraped");
	OK(finish(ask(open, "1.2.3.4:5", 1000, HASH ID "&port=1&left=1")));
	b = serve(open, "1.2.3.4:5", 100999, "GET / HTTP/1.1\r\n\r\n");
	body = body_of(&b, "200 ", 0);
	OK(body && strstr(body, HEX_A));
	buf_free(&b);
	answer_free(open);
	CASE("answer: the page escapes what it was told as host");
	b = serve(t, "1.2.3.4:5", 100999, "GET / HTTP/1.1\r\n"
	    "Host: <script>\"a'&b;\x80\x01</code>\r\n\r\n");
	body = body_of(&b, "200 ", 0);
	OK(body && !strstr(body, "<script") && !strstr(body, "\"a'"));
	OK(body && !strchr(body, '\x80') && !strchr(body, '\x01'));
	OK(body && strstr(body, "http://&#60;script&#62;&#34;a&#39;&#38;b"));
	buf_free(&b);
	b = serve(t, "1.2.3.4:5", 100999, "GET / HTTP/1.1\r\n\r\n");
	body = body_of(&b, "200 ", 0);
	OK(body && strstr(body, "torrents<td>1"));
	buf_free(&b);
	answer_free(t);
}

/* The whole reply to a request's text, and a NUL. */
static struct buf
serve(struct answerer *t, const char *from, int64_t now_ms, const char *fmt,
    ...)
{
	struct answer_event ev;
	struct http_request r;
	struct addr a = addr_of(from);
	struct buf out = { 0 };
	char text[2000];
	uint8_t *copy;
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	n = strlen(text);
	copy = unit_copy(text, n);
	OK_FOR(text, http_request_parse(&r, copy, n) == (long)n);
	OK_FOR(text, answer_http(t, &r, &a, now_ms, &out, &ev) == 0);
	free(copy);
	buf_put(&out, "", 1);
	out.len--;
	return out;
}

/* A request whose text lives on: whether all is asked for. */
static void
request(struct answerer *t, const char *from, struct buf *out, int all,
    const char *text, struct http_request *r)
{
	struct addr a = addr_of(from);
	struct answer_event ev;

	OK(http_request_parse(r, (const uint8_t *)text, strlen(text)) > 0);
	OK(answer_http(t, r, &a, 1000, out, &ev) == all);
	OK(!all || out->len == 0);
}

/* The body of a reply of that status and of the right length, or NULL. */
static char *
body_of(const struct buf *b, const char *status, int head_only)
{
	char *p = (char *)b->p, *end = strstr(p, "\r\n\r\n"), *len;

	if (strncmp(p, "HTTP/1.1 ", 9) != 0 || !end ||
	    strncmp(p + 9, status, strlen(status)) != 0)
		return NULL;
	len = strstr(p, "Content-Length: ");
	if (!len || len > end || (!head_only && (size_t)atol(len + 16) !=
	    b->len - (size_t)(end + 4 - p)))
		return NULL;
	return end + 4;
}

static void
connecting(void)
{
	struct answerer *t = tracker(INTERVAL, 36);
	struct answerer *other;
	uint64_t id = connect_to(t, "1.2.3.4:5");
	int i;

	CASE("answer: a UDP connection id is one's address's, at any port");
	OK(connect_to(t, "1.2.3.4:5") == id);
	OK(connect_to(t, "1.2.3.4:6") == id);
	OK(connect_to(t, "1.2.3.5:5") != id);
	OK(connect_to(t, "[2001:db8::4]:5") != id);
	OK(udp_counts(t, "1.2.3.4:7", id, ID_BYTES, 0, 1) == 1);
	CASE("answer: an id of somebody else, or of nobody, is not answered");
	OK(udp_counts(t, "1.2.3.5:5", id, ID_BYTES, 0, 1) == -2);
	OK(udp_counts(t, "[2001:db8::4]:5", id, ID_BYTES, 0, 1) == -2);
	for (i = 0; i < 64; i++)
		OK(udp_counts(t, "1.2.3.4:5", id ^ UINT64_C(1) << i, ID_BYTES,
		    0, 1) == -2);
	OK(udp_counts(t, "1.2.3.4:5", UDP_MAGIC, ID_BYTES, 0, 1) == -2);
	OK(udp_counts(t, "1.2.3.4:5", 0, ID_BYTES, 0, 1) == -2);
	OK(counts(t, 1, 1));
	CASE("answer: an id is good under the last three keys");
	for (i = 0; i < 6; i++) {
		OK(udp_counts(t, "1.2.3.4:5", id, ID_BYTES, 0, 1) ==
		    (i < 3 ? 1 : -2));
		OK((connect_to(t, "1.2.3.4:5") == id) == (i == 0));
		OK(udp_counts(t, "1.2.3.4:5", connect_to(t, "1.2.3.4:5"),
		    ID_BYTES, 0, 1) == 1);
		answer_rekey(t);
	}
	CASE("answer: ids of trackers with other keys are others");
	other = tracker(INTERVAL, 36);
	OK(connect_to(other, "1.2.3.4:5") == id);
	answer_free(other);
	other = tracker(INTERVAL, 37);
	for (i = 0; i < 6; i++, answer_rekey(other))
		OK(connect_to(other, "1.2.3.4:5") != id);
	answer_free(other);
	answer_free(t);
}

static void
udp_announces(void)
{
	static const struct { uint32_t want; int n4, n6; } wants[] = {
		{ 0xffffffff, 50, 50 }, { 0, 0, 0 }, { 1, 1, 1 },
		{ 60, 60, 60 }, { 200, 200, 79 }, { 201, 200, 79 },
		{ 0x7fffffff, 200, 79 }, { 0x80000000, 50, 50 }
	};
	struct answerer *t = tracker(INTERVAL, 37);
	struct udp u;
	struct addr a;
	uint32_t i, k;
	int six, stride;

	for (i = 0; i < 300; i++) {
		a = client(i);
		OK(finish(ask_text(t, &a, 1000, HASH ID PORT "&left=1")));
		a = addr_of("[2001:db8::1]:1");
		put32(a.ip + 4, i);
		OK(finish(ask_text(t, &a, 1000, HASH ID PORT "&left=0")));
	}
	CASE("answer: UDP announces are answered in the sender's family");
	for (six = 0; six < 2; six++)
		for (i = 0; i < LEN(wants); i++) {
			stride = six ? 18 : 6;
			udp_new(&u, t, six ? "[2001:db8:ff::1]:9" :
			    "1.2.3.4:9", UDP_ANNOUNCE);
			memcpy(u.p + 36, "-XX0100-777777777777", 20);
			put32(u.p + 92, wants[i].want);
			udp_send(&u, t, 98);
			OK(u.reply_n == 20 + (size_t)stride * (size_t)(six ?
			    wants[i].n6 : wants[i].n4));
			OK(u.reply_n <= ANSWER_UDP_MAX);
			OK(get32(u.reply) == UDP_ANNOUNCE);
			OK(get32(u.reply + 4) == 0x1234567);
			OK(get32(u.reply + 8) <= INTERVAL);
			OK(get32(u.reply + 8) >= INTERVAL - INTERVAL / 8);
			OK(get32(u.reply + 12) == 301 + (uint32_t)six);
			OK(get32(u.reply + 16) == 300);
			for (k = 20; k < u.reply_n; k += (uint32_t)stride)
				OK(get16(u.reply + k + stride - 2) == 6881 &&
				    get32(u.reply + k) >> 16 ==
				    (six ? 0x2001 : 0x1400));
		}
	answer_free(t);
	udp_fields();
}

static void
udp_fields(void)
{
	static const char *const names[] = { "announce", "completed",
		"started", "stopped", "announce" };
	struct answerer *t = tracker(INTERVAL, 38);
	struct udp u;
	struct addr a;
	uint32_t i;

	CASE("answer: UDP events and bytes left mean what HTTP's mean");
	for (i = 0; i < LEN(names); i++) {
		udp_new(&u, t, "10.2.3.4:9", UDP_ANNOUNCE);
		put32(u.p + 80, i);
		put64(u.p + 64, i == 4 ? UINT64_MAX : 0);
		put16(u.p + 96, 77);
		udp_send(&u, t, 98);
		OK(u.ev.name && strcmp(u.ev.name, names[i]) == 0);
		OK(memcmp(u.ev.hash, "hash-of-twenty-bytes", 20) == 0);
		OK(u.ev.addr.port == 77 && u.ev.addr.ip[12] == 10);
		OK(u.ev.left == (i == 4 ? INT64_MAX : 0));
		OK(get32(u.reply + 12) == (i == 4));
		OK(get32(u.reply + 16) == (i < 3));
	}
	CASE("answer: UDP's ip is heeded from a private IPv4 address alone");
	for (i = 0; i < 4; i++) {
		udp_new(&u, t, i == 0 ? "10.2.3.4:9" : i == 1 ? "1.2.3.4:9" :
		    i == 2 ? "[fd00::4]:9" : "127.0.0.1:9", UDP_ANNOUNCE);
		put32(u.p + 84, 0x09080706);
		udp_send(&u, t, 98);
		a = i == 0 || i == 3 ? addr_of("9.8.7.6") : addr_of(u.from);
		OK_FOR(u.from, u.ev.name && addr_same_ip(&u.ev.addr, &a));
	}
	CASE("answer: UDP errors have a reason");
	udp_new(&u, t, "1.2.3.4:9", UDP_ANNOUNCE);
	put16(u.p + 96, 0);
	udp_send(&u, t, 98);
	OK(udp_failed(&u));
	for (i = 16; i < 98; i++) {
		udp_new(&u, t, "1.2.3.4:9", UDP_ANNOUNCE);
		udp_send(&u, t, i);
		OK(udp_failed(&u));
	}
	for (i = 3; i < 300; i++) {
		udp_new(&u, t, "1.2.3.4:9", i == 299 ? UINT32_MAX : i);
		udp_send(&u, t, 98);
		OK(udp_failed(&u));
	}
	answer_free(t);
}

static void
udp_options(void)
{
	static const struct { const char *p; size_t n; } options[] = {
		{ BYTES("") }, { BYTES("\0") }, { BYTES("\1\1\1\0") },
		{ BYTES("\2\0") }, { BYTES("\2\14/dir?a=b&c=d") },
		{ BYTES("\2\14/dir?a=b&c=d\1\1\0") }, { BYTES("\2") },
		{ BYTES("\2\377/short") }, { BYTES("\377\377\377\377\377") },
		{ BYTES("\3\1x\2\1/\0rubbish") },
	};
	struct answerer *t = tracker(INTERVAL, 39);
	struct udp u;
	size_t i;

	CASE("answer: what follows an announce is borne (BEP 41)");
	for (i = 0; i < LEN(options); i++) {
		udp_new(&u, t, "1.2.3.4:9", UDP_ANNOUNCE);
		memcpy(u.p + 98, options[i].p, options[i].n);
		udp_send(&u, t, 98 + options[i].n);
		OK(u.reply_n == 20 && get32(u.reply) == UDP_ANNOUNCE);
		OK(get32(u.reply + 12) == 1 && u.ev.name);
	}
	udp_new(&u, t, "1.2.3.4:9", UDP_ANNOUNCE);
	memset(u.p + 98, 2, sizeof u.p - 98);
	udp_send(&u, t, sizeof u.p);
	OK(u.reply_n == 20 && get32(u.reply) == UDP_ANNOUNCE);
	CASE("answer: a longer packet connects, too");
	udp_new(&u, t, "1.2.3.4:9", UDP_CONNECT);
	put64(u.p, UDP_MAGIC);
	for (i = 16; i < 200; i++) {
		udp_send(&u, t, i);
		OK(u.reply_n == 16 && get32(u.reply) == UDP_CONNECT);
	}
	answer_free(t);
}

static void
udp_scrapes(void)
{
	struct answerer *t = tracker(INTERVAL, 40);
	struct udp u;
	uint32_t i, n;
	long line;

	OK(finish(ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=0"
	    "&event=completed")));
	OK(finish(ask(t, "1.2.3.5:1", 1000, HASH OTHER PORT "&left=1")));
	CASE("answer: UDP scrapes of up to 74, in the asker's order");
	for (n = 0; n < 90; n++) {
		udp_new(&u, t, "1.2.3.4:9", UDP_SCRAPE);
		for (i = 0; i < n; i++) {
			memcpy(u.p + 16 + i * 20, "hash-of-twenty-bytes", 20);
			u.p[16 + i * 20 + 19] = i % 3 ? 's' : 'Z';
		}
		udp_send(&u, t, 16 + n * 20 + (n % 2 ? 19 : 0));
		OK(get32(u.reply) == UDP_SCRAPE);
		OK(get32(u.reply + 4) == 0x1234567);
		OK(u.reply_n == 8 + 12 * MIN(n, SCRAPE_UDP_MAX));
		for (i = 0; i < MIN(n, SCRAPE_UDP_MAX); i++) {
			OK(get32(u.reply + 8 + i * 12) == (i % 3 != 0));
			OK(get32(u.reply + 12 + i * 12) == (i % 3 != 0));
			OK(get32(u.reply + 16 + i * 12) == (i % 3 != 0));
		}
		OK(!u.ev.name);
	}
	CASE("answer: UDP tells nothing of what is not listed");
	OK(answer_allow(t, span_of(HEX_B), &line) == 1);
	udp_new(&u, t, "1.2.3.4:9", UDP_SCRAPE);
	udp_send(&u, t, 36);
	OK(u.reply_n == 20 && get32(u.reply + 8) == 0);
	OK(get32(u.reply + 12) == 0 && get32(u.reply + 16) == 0);
	udp_new(&u, t, "1.2.3.4:9", UDP_ANNOUNCE);
	udp_send(&u, t, 98);
	OK(udp_failed(&u));
	answer_free(t);
}

static void
udp_rubbish(void)
{
	struct answerer *t = tracker(INTERVAL, 41);
	struct udp u;
	uint64_t rnd = 9, id;
	uint32_t i;
	size_t n, at;
	int wrong = 0;

	CASE("answer: UDP packets cut short are refused or not answered");
	for (i = 0; i < 4; i++) {
		udp_new(&u, t, "1.2.3.4:9", i % 3);
		id = get64(u.p);
		for (n = 0; n <= 120; n++) {
			if (i == 0)
				put64(u.p, UDP_MAGIC);
			udp_send(&u, t, n);
			wrong += (u.reply_n > 0) != (n >= 16);
			wrong += i == 0 && u.reply_n > n;
			put64(u.p, id ^ 1);
			udp_send(&u, t, n);
			wrong += u.reply_n != 0 || u.ev.name;
			put64(u.p, id);
		}
	}
	OK(wrong == 0);
	CASE("answer: UDP packets that nobody meant are borne");
	for (i = 0; i < 100000; i++) {
		udp_new(&u, t, i % 2 ? "1.2.3.4:9" : "[2001:db8::9]:9", i % 3);
		id = get64(u.p);
		if (i % 3 == 0)
			put64(u.p, UDP_MAGIC);
		n = unit_mutate(u.p, 98 + rnd_below(&rnd, 30), sizeof u.p,
		    &rnd);
		for (at = 0; i % 5 == 0 && at < n; at++)
			u.p[at] = (uint8_t)rnd_next(&rnd);
		udp_send(&u, t, n);
		wrong += u.reply_n > ANSWER_UDP_MAX;
		if (n < 16 || get64(u.p) != id)
			wrong += u.ev.name || u.reply_n > n || (u.reply_n > 0
			    && (get64(u.p) != UDP_MAGIC || u.reply_n != 16));
		wrong += u.reply_n > 0 && (u.reply_n < 8 ||
		    get32(u.reply + 4) != get32(u.p + 12));
	}
	OK(wrong == 0);
	answer_free(t);
}

/* A packet of that action from there, with a good id and an announce's
 * fields. */
static void
udp_new(struct udp *u, struct answerer *t, const char *from, uint32_t action)
{
	memset(u, 0, sizeof *u);
	u->from = from;
	put64(u->p, connect_to(t, from));
	put32(u->p + 8, action);
	put32(u->p + 12, 0x1234567);
	memcpy(u->p + 16, "hash-of-twenty-bytes", ID_LEN);
	memcpy(u->p + 36, ID_BYTES, ID_LEN);
	put64(u->p + 64, 1);
	put32(u->p + 92, UINT32_MAX);
	put16(u->p + 96, 6881);
}

/* Sends n bytes of it. */
static void
udp_send(struct udp *u, struct answerer *t, size_t n)
{
	uint8_t *copy = unit_copy(u->p, n), *out = xmalloc(ANSWER_UDP_MAX);
	struct addr a = addr_of(u->from);

	u->reply_n = answer_udp(t, copy, n, &a, 1000, out, &u->ev);
	memset(u->reply, 0xee, sizeof u->reply);
	if (u->reply_n <= ANSWER_UDP_MAX)
		memcpy(u->reply, out, u->reply_n);
	free(copy);
	free(out);
}

static int
udp_failed(const struct udp *u)
{
	return u->reply_n > 8 && u->reply_n < 200 && !u->ev.name &&
	    get32(u->reply) == UDP_ERROR && get32(u->reply + 4) == 0x1234567
	    && !memchr(u->reply + 8, '\0', u->reply_n - 8);
}

/* The connection id that is given to that address. */
static uint64_t
connect_to(struct answerer *t, const char *from)
{
	uint8_t p[16], out[ANSWER_UDP_MAX];
	struct addr a = addr_of(from);
	struct answer_event ev;

	put64(p, UDP_MAGIC);
	put32(p + 8, UDP_CONNECT);
	put32(p + 12, 0xabcdef01);
	OK(answer_udp(t, p, 16, &a, 1000, out, &ev) == 16);
	OK(get32(out) == UDP_CONNECT && get32(out + 4) == 0xabcdef01);
	OK(!ev.name);
	return get64(out + 8);
}

/* How many there are after an announce of HASH; -1: refused, -2: not
 * answered. */
static int64_t
udp_counts(struct answerer *t, const char *from, uint64_t id,
    const char *peer_id,
    uint32_t key, uint64_t left)
{
	struct udp u;

	udp_new(&u, t, from, UDP_ANNOUNCE);
	put64(u.p, id);
	memcpy(u.p + 36, peer_id, ID_LEN);
	put64(u.p + 64, left);
	put32(u.p + 88, key);
	udp_send(&u, t, 98);
	return u.reply_n == 0 ? -2 : get32(u.reply) == UDP_ERROR ? -1 :
	    (int64_t)get32(u.reply + 12) + get32(u.reply + 16);
}

/* What the tracker should know. */
static void
model(void)
{
	static struct { int in, seed; int64_t seen_ms; } m[SWARMS][CLIENTS];
	static const char *const event_names[] = { "", "&event=started",
		"&event=completed", "&event=stopped" };
	struct answerer *t = tracker(60, 10);
	int64_t now = 1000, two = 120 * 1000;
	uint64_t rnd = 77;
	struct answer *r;
	struct addr a;
	uint32_t s, c, i, n, nseeds, npeers, nswarms;
	int op, event, left, all, wrong = 0, given = 0, k;

	CASE("answer: counts are right through a long random run");
	memset(m, 0, sizeof m);
	for (op = 0; op < MODEL_OPS; op++) {
		s = rnd_below(&rnd, SWARMS);
		c = rnd_below(&rnd, CLIENTS);
		event = (int)rnd_below(&rnd, 4);
		left = (int)rnd_below(&rnd, 2);
		all = left || event == 1; /* seeds, too */
		if (op % 50 == 0) { /* fourths of a life: never at its edge */
			now += two / 4;
			expire_all(t, now);
			for (i = 0; i < SWARMS * CLIENTS; i++)
				m[i / CLIENTS][i % CLIENTS].in &=
				    now - m[i / CLIENTS][i % CLIENTS].seen_ms
				    <= two;
		}
		a = client(c);
		r = ask(t, addr_format((char[ADDR_TEXT]){ 0 }, &a), now,
		    "info_hash=%020u&peer_id=%020u&port=6881&left=%d&compact=1"
		    "&numwant=100%s", (unsigned)s, (unsigned)c, left,
		    event_names[event]);
		m[s][c].in = event != 3;
		m[s][c].seed = !left;
		m[s][c].seen_ms = now;
		for (n = nseeds = i = 0; i < CLIENTS; i++) {
			n += m[s][i].in != 0;
			nseeds += m[s][i].in && m[s][i].seed;
		}
		wrong += !r->ok || r->complete != nseeds ||
		    r->incomplete != n - nseeds;
		wrong += r->n != (event == 3 ? 0 : all ? (int)n - 1 :
		    (int)(n - nseeds));
		for (k = 0; k < r->n; k++) {
			i = get32(r->list[k].ip + 12) - 0x14000000;
			wrong += i >= CLIENTS || !m[s][i].in;
			given += i == c || (!all && i < CLIENTS &&
			    m[s][i].seed); /* nobody of these */
		}
		wrong += !finish(r);
	}
	OK(wrong == 0 && given == 0);
	for (nswarms = npeers = s = 0; s < SWARMS; s++) {
		for (n = i = 0; i < CLIENTS; i++)
			n += m[s][i].in != 0;
		npeers += n;
		nswarms += n > 0;
	}
	OK(counts(t, nswarms, npeers));
	answer_free(t);
}

static void
floods(void)
{
	struct answerer *t = tracker(INTERVAL, 11);
	struct buf out = { NULL, 0, 0, 0 };
	struct answer_event ev;
	struct addr a;
	char query[200];
	double began = seconds();
	uint32_t i;
	int refused = 0;

	CASE("answer: 100,000 clients of 1,000 torrents are quick");
	for (i = 0; i < 100000; i++) {
		a = client(i);
		snprintf(query, sizeof query, "info_hash=%020u" ID PORT
		    "&left=1&compact=1", (unsigned)i % 1000);
		out.len = 0;
		refused += answer_announce(t, span_of(query), &a, 1000, &out,
		    &ev);
	}
	OK(refused == 0 && counts(t, 1000, 100000));
	OK(seconds() - began < 5); /* a fifth of it, unsanitized */
	CASE("answer: forgetting them all is quick");
	began = seconds();
	expire_all(t, INTERVAL * INT64_C(3000));
	OK(counts(t, 0, 0));
	OK(seconds() - began < 5); /* a fifth of it, unsanitized */

	answer_free(t);
	buf_free(&out);
	one_flood();
}

static void
one_flood(void)
{
	struct answerer *t = tracker(INTERVAL, 13);
	struct buf out = { NULL, 0, 0, 0 };
	struct answer_event ev;
	struct addr a;
	char query[200];
	double began = seconds(), fetching, seeding;
	uint32_t i;
	int refused = 0;

	CASE("answer: 100,000 clients of one torrent are quick");
	for (i = 0; i < 100000; i++) {
		a = client(i);
		snprintf(query, sizeof query, HASH "&peer_id=%020u" PORT
		    "&left=1&compact=1", (unsigned)i);
		out.len = 0;
		refused += answer_announce(t, span_of(query), &a, 1000, &out,
		    &ev);
	}
	OK(refused == 0 && counts(t, 1, 100000));
	OK(seconds() - began < 5); /* a fifth of it, unsanitized */
	fetching = announces(t, 200, OTHER "&left=1&compact=1");
	CASE("answer: an announce to those of one's own id costs no more");
	snprintf(query, sizeof query, HASH ID PORT "&left=1&numwant=0");
	for (i = 0; i < 100000; i++) {
		a = client(i);
		out.len = 0;
		refused += answer_announce(t, span_of(query), &a, 1000, &out,
		    &ev);
	}
	OK(refused == 0);
	OK(announces(t, 200, ID "&left=1&compact=1") < 20 * fetching + 0.02);
	CASE("answer: an announce to 100,000 seeds costs what others cost");
	for (i = 0; i < 100000; i++) {
		a = client(i);
		snprintf(query, sizeof query, HASH "&peer_id=%020u" PORT
		    "&left=0&compact=1&numwant=0", (unsigned)i);
		out.len = 0;
		refused += answer_announce(t, span_of(query), &a, 1000, &out,
		    &ev);
	}
	OK(refused == 0);
	seeding = announces(t, 200, OTHER "&left=0&compact=1");
	OK(seeding < 20 * fetching + 0.02);
	CASE("answer: nor does one to the few that are left of 100,000");
	for (i = 10; i < 100000; i++) {
		a = client(i);
		snprintf(query, sizeof query, HASH "&peer_id=%020u" PORT
		    "&left=0&event=stopped", (unsigned)i);
		out.len = 0;
		refused += answer_announce(t, span_of(query), &a, 1000, &out,
		    &ev);
	}
	OK(refused == 0);
	OK(announces(t, 200, OTHER "&left=1&compact=1") <
	    20 * fetching + 0.02);
	answer_free(t);
	buf_free(&out);
}

/* Nobody can aim at one bucket: torrents whose hashes begin alike. */
static void
aimed(void)
{
	struct answerer *t;
	struct buf out = { NULL, 0, 0, 0 };
	struct answer_event ev;
	struct addr a = addr_of("1.2.3.4:1");
	char query[200];
	double began, took[2];
	int i, k;

	CASE("answer: torrents chosen to fall together are quick too");
	for (k = 0; k < 2; k++) {
		t = tracker(INTERVAL, 12);
		began = seconds();
		for (i = 0; i < 10000; i++) {
			snprintf(query, sizeof query,
			    "info_hash=%%00%%00%%%02x%%%02x"
			    "%016d" ID PORT "&left=1&compact=1",
			    k ? 0x55 : i >> 8 & 0xff, k ? 0xaa : i & 0xff,
			    i);
			out.len = 0;
			OK(answer_announce(t, span_of(query), &a, 1000, &out,
			    &ev) == 0);
		}
		OK(counts(t, 10000, 10000));
		took[k] = seconds() - began;
		answer_free(t);
	}
	OK(took[1] < 5 * took[0] + 0.02);
	buf_free(&out);
}

/* The seconds that n announces of new addresses' clients take. */
static double
announces(struct answerer *t, int n, const char *rest)
{
	struct buf out = { NULL, 0, 0, 0 };
	struct answer_event ev;
	double began = seconds();
	char query[200];
	struct addr a;
	int i;

	snprintf(query, sizeof query, HASH PORT "%s", rest);
	for (i = 0; i < n; i++) {
		a = client(5);
		out.len = 0;
		answer_announce(t, span_of(query), &a, 1000, &out, &ev);
	}
	buf_free(&out);
	return seconds() - began;
}

static double
seconds(void)
{
	return unit_seconds();
}

static struct answer *
ask(struct answerer *t, const char *from, int64_t now_ms, const char *fmt, ...)
{
	struct addr a = addr_of(from);
	char query[1000];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(query, sizeof query, fmt, ap);
	va_end(ap);
	return ask_text(t, &a, now_ms, query);
}

static struct answer *
ask_text(struct answerer *t, const struct addr *from, int64_t now_ms,
    const char *query)
{
	struct answer *r = xcalloc(1, sizeof *r);
	struct span s;
	uint8_t *copy;

	s.n = strlen(query);
	s.p = copy = unit_copy(query, s.n);
	r->ok = answer_announce(t, s, from, now_ms, &r->raw, &r->ev) == 0;
	free(copy);
	take_apart(r);
	return r;
}

static void
take_apart(struct answer *r)
{
	struct span v;

	r->d.p = r->raw.p;
	r->d.n = r->raw.len;
	r->sane = ben_parse(r->d.p, r->d.n) == (long)r->d.n &&
	    ben_kind(r->d) == 'd' && unit_canonical(r->d);
	if (!r->sane) {
		r->d.n = 0;
		return;
	}
	r->complete = ben_get_int(r->d, "complete", -1);
	r->incomplete = ben_get_int(r->d, "incomplete", -1);
	v = ben_get_str(r->d, "peers");
	r->sane = v.n % 6 == 0;
	for (; v.n >= 6 && r->n < LIST; v.p += 6, v.n -= 6)
		addr_unpack(&r->list[r->n++], v.p, 1);
	v = ben_get_str(r->d, "peers6");
	r->sane = r->sane && v.n % 18 == 0;
	for (; v.n >= 18 && r->n < LIST; v.p += 18, v.n -= 18, r->n6++)
		addr_unpack(&r->list[r->n++], v.p, 0);
	take_list(r, ben_get(r->d, "peers"));
}

static void
take_list(struct answer *r, struct span list)
{
	struct span it, one, ip;
	char text[64];
	int64_t port;

	for (it = ben_items(list); r->n < LIST && ben_next(&it, &one); ) {
		ip = ben_get_str(one, "ip");
		port = ben_get_int(one, "port", -1);
		if (ip.n >= sizeof text || port < 1 || port > 65535) {
			r->sane = 0;
			return;
		}
		memcpy(text, ip.p, ip.n);
		text[ip.n] = '\0';
		r->sane = r->sane && strchr(text, '[') == NULL &&
		    addr_parse(&r->list[r->n], text, 0) == 0;
		r->list[r->n++].port = (uint16_t)port;
	}
}

/* Frees an answer; whether it was sane. */
static int
finish(struct answer *r)
{
	int sane = r->sane;

	buf_free(&r->raw);
	free(r);
	return sane;
}

static int
has(const struct answer *r, const char *addr)
{
	struct addr a = addr_of(addr);
	int i;

	for (i = 0; i < r->n; i++)
		if (addr_same(&r->list[i], &a))
			return 1;
	return 0;
}

static int
counts(struct answerer *t, uint32_t swarms, uint32_t peers)
{
	struct census n;

	swarms_count(answer_swarms(t), &n);
	return n.swarms == swarms && n.seeds + n.leechers == peers;
}

/* Each call looks at some: so many calls have seen them all. */
static void
expire_all(struct answerer *t, int64_t now_ms)
{
	uint32_t calls = 3 * swarms_expire_calls(answer_swarms(t)) + 3;
	int64_t wait_ms;

	for (; calls > 0; calls--) {
		wait_ms = answer_expire(t, now_ms);
		if (wait_ms <= 0 || wait_ms > 60000)
			OK(!"the next call is in a sensible time");
	}
}

static struct answerer *
tracker(int interval, int seed)
{
	struct answer_policy p = { .interval = interval };

	return tracker_of(&p, seed);
}

static struct answerer *
tracker_of(const struct answer_policy *p, int seed)
{
	uint8_t key[ANSWER_KEY_LEN] = "a key of a test";

	key[ANSWER_KEY_LEN - 1] = (uint8_t)seed;
	return answer_new(p, key, NULL, 1000);
}

static struct addr
addr_of(const char *text)
{
	struct addr a;

	memset(&a, 0, sizeof a);
	OK_FOR(text, addr_parse(&a, text, 0) == 0);
	return a;
}

/* 20.0.0.0 and on. */
static struct addr
client(uint32_t i)
{
	struct addr a = addr_of("20.0.0.0:1");

	put32(a.ip + 12, 0x14000000 + i);
	return a;
}
