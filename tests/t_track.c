/* track: announces as queries, replies taken apart with bencode, counts
 * against a model, and tables as large as strangers make them. */
#include <stddef.h>
#include <stdint.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "util.h"
#include "bencode.h"
#include "http.h"
#include "wire.h"
#include "track.h"
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

/* An answer, taken apart. */
struct answer {
	int ok;                 /* what track_http said was 0 */
	int sane;               /* it is one canonical dictionary */
	struct buf raw;         /* owned */
	struct span d;
	int64_t complete, incomplete;
	struct addr list[LIST];
	int n, n6;              /* addresses, and those in peers6 */
	struct track_event ev;
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
static void model(void);
static void crowds(void);
static void aimed(void);
static double announces(struct track *t, int n, const char *rest);
static double seconds(void);
static struct answer *ask(struct track *t, const char *from, int64_t now_ms,
    const char *fmt, ...) PRINTF(4, 5);
static struct answer *ask_text(struct track *t, const struct addr *from,
    int64_t now_ms, const char *query);
static void take_apart(struct answer *r);
static void take_list(struct answer *r, struct span list);
static int finish(struct answer *r);
static int has(const struct answer *r, const char *addr);
static int counts(struct track *t, uint32_t swarms, uint32_t peers);
static void expire_all(struct track *t, int64_t now_ms);
static struct addr addr_of(const char *text);
static struct addr client(uint32_t i);

void
test_track(void)
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
	model();
	crowds();
	aimed();
}

static void
basics(void)
{
	struct track *t = track_new(INTERVAL, 1);
	struct answer *r;

	CASE("track: the first announce finds nobody");
	OK(counts(t, 0, 0));
	r = ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=5&compact=1");
	OK(r->ok && r->sane && r->n == 0);
	OK(r->complete == 0 && r->incomplete == 1);
	OK(ben_get_int(r->d, "interval", 0) == INTERVAL);
	OK(ben_kind(ben_get(r->d, "peers")) == 's');
	OK(ben_get(r->d, "peers6").n == 0);
	OK(counts(t, 1, 1));
	OK(finish(r));
	CASE("track: an announce says what it did");
	r = ask(t, "1.2.3.5:1", 1000, HASH "&peer_id=-XX0100-000000000001"
	    "&port=7000&left=77&compact=1");
	OK(r->ok && memcmp(r->ev.hash, "hash-of-twenty-bytes", 20) == 0);
	OK(r->ev.addr.port == 7000 && r->ev.addr.ip[15] == 5);
	OK(r->ev.left == 77 && strcmp(r->ev.name, "announce") == 0);
	CASE("track: another announce finds the first, by its own port");
	OK(r->n == 1 && has(r, "1.2.3.4:6881"));
	OK(r->incomplete == 2 && counts(t, 1, 2));
	OK(finish(r));
	CASE("track: never the asker itself");
	r = ask(t, "1.2.3.4:9", 2000, HASH ID PORT "&left=5&compact=1");
	OK(r->ok && r->n == 1 && has(r, "1.2.3.5:7000"));
	OK(counts(t, 1, 2));
	OK(finish(r));
	CASE("track: nor the asker's other address");
	r = ask(t, "2001:db8::1", 2000, HASH ID PORT "&left=5&compact=1");
	OK(r->ok && r->n == 1 && has(r, "1.2.3.5:7000"));
	OK(finish(r));
	CASE("track: swarms are apart");
	r = ask(t, "1.2.3.6:1", 2000, "info_hash=hash-of-twenty-bytez" ID PORT
	    "&left=5&compact=1");
	OK(r->ok && r->n == 0 && r->incomplete == 1);
	OK(counts(t, 2, 4));
	OK(finish(r));
	track_free(t);
}

static void
events(void)
{
	static const char *const names[] = { "started", "completed",
		"stopped" };
	struct track *t = track_new(INTERVAL, 2);
	struct answer *r;
	size_t i;

	CASE("track: events are told by their names");
	for (i = 0; i < LEN(names); i++) {
		r = ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=5&event=%s",
		    names[i]);
		OK_FOR(names[i], r->ok && strcmp(r->ev.name, names[i]) == 0);
		OK(finish(r));
	}
	CASE("track: who stopped is gone, and a swarm with it");
	OK(counts(t, 0, 0));
	CASE("track: who stopped is given nobody, and is not counted");
	OK(finish(ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=5")));
	OK(finish(ask(t, "1.2.3.5:1", 1000, HASH ID PORT "&left=0")));
	r = ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=5&event=stopped");
	OK(r->ok && r->n == 0 && r->complete == 1 && r->incomplete == 0);
	OK(finish(r) && counts(t, 1, 1));
	CASE("track: a stop of who never came does nothing");
	r = ask(t, "9.9.9.9:1", 1000, HASH ID PORT "&left=5&event=stopped");
	OK(r->ok);
	OK(finish(r) && counts(t, 1, 1));
	r = ask(t, "9.9.9.9:1", 1000, "info_hash=hash-of-twenty-bytez" ID PORT
	    "&left=5&event=stopped");
	OK(r->ok);
	OK(finish(r) && counts(t, 1, 1));
	CASE("track: no event, an empty one and paused are plain announces");
	r = ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=5&event=");
	OK(r->ok && r->incomplete == 1 && strcmp(r->ev.name, "announce") == 0);
	OK(finish(r));
	r = ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=5&event=paused");
	OK(r->ok && r->incomplete == 1);
	OK(finish(r));
	CASE("track: who completes is a seed from then on");
	r = ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=0&event=completed");
	OK(r->ok && r->complete == 2 && r->incomplete == 0);
	OK(finish(r));
	r = ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=9");
	OK(r->ok && r->complete == 1 && r->incomplete == 1);
	OK(finish(r));
	track_free(t);
}

static void
seeds(void)
{
	static const char *const lefts[] = { "", "&left=", "&left=x",
		"&left=-1", "&left=1", "&left=99999999999999999999999",
		"&left=0x0", "&left=9223372036854775807" };
	struct track *t = track_new(INTERVAL, 3);
	struct answer *r;
	size_t i;
	int k;

	CASE("track: seeds are given no seeds, but those who fetch");
	for (k = 0; k < 6; k++)
		OK(finish(ask(t, k < 3 ? "1.2.3.4:1" : "1.2.3.5:1", 1000, HASH
		    "&peer_id=-XX0100-00000000000%d&port=%d&left=%d", k,
		    7000 + k, k < 3 ? 0 : 5)));
	r = ask(t, "1.2.3.6:1", 1000, HASH "&peer_id=-XX0100-000000000009" PORT
	    "&left=0&compact=1");
	OK(r->ok && r->n == 3 && r->complete == 4 && r->incomplete == 3);
	OK(has(r, "1.2.3.5:7003") && has(r, "1.2.3.5:7005"));
	OK(finish(r));
	CASE("track: who fetches is given both");
	r = ask(t, "1.2.3.6:1", 1000, HASH "&peer_id=-XX0100-000000000009" PORT
	    "&left=1&compact=1");
	OK(r->ok && r->n == 6);
	OK(finish(r));
	track_free(t);
	for (i = 0; i < LEN(lefts); i++) {
		CASE(i == 0 ? "track: who says nothing of left is no seed" :
		    "track: only a left of 0 makes a seed");
		t = track_new(INTERVAL, 3);
		r = ask(t, "1.2.3.6:1", 1000, HASH ID PORT "%s", lefts[i]);
		OK_FOR(lefts[i], r->ok && r->complete == 0 &&
		    r->incomplete == 1);
		OK(finish(r));
		track_free(t);
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
	struct track *t = track_new(INTERVAL, 4);
	struct answer *r;
	struct addr a;
	size_t i;
	int k;

	CASE("track: as many peers as wanted, 50 by default, 200 at most");
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
	CASE("track: nobody is given twice");
	r = ask(t, "8.8.8.8:1", 1000, HASH "&peer_id=-XX0100-000000000001" PORT
	    "&left=1&compact=1&numwant=200");
	for (i = 0; i < 200; i++)
		for (k = 0; k < (int)i && r->n == 200; k++)
			OK(!addr_same(&r->list[i], &r->list[k]));
	OK(finish(r));
	track_free(t);
}

static void
forms(void)
{
	struct track *t = track_new(INTERVAL, 5);
	struct answer *r;
	struct span it, one;
	int n6 = 0, nid = 0;

	OK(finish(ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=1")));
	CASE("track: compact peers are 6 bytes each, peers6 only if any");
	r = ask(t, "1.2.3.5:1", 1000, HASH "&peer_id=-XX0100-000000000001"
	    PORT "&left=1&compact=1");
	OK(r->ok && r->n == 1 && r->n6 == 0);
	OK(ben_get_str(r->d, "peers").n == 6);
	OK(ben_get(r->d, "peers6").n == 0);
	OK(finish(r));
	CASE("track: IPv6 peers stand in peers6, 18 bytes each");
	OK(finish(ask(t, "2001:db8::7", 1000, HASH
	    "&peer_id=-XX0100-000000000002" PORT "&left=1")));
	r = ask(t, "1.2.3.5:1", 1000, HASH "&peer_id=-XX0100-000000000001"
	    PORT "&left=1&compact=1");
	OK(r->ok && r->n == 2 && r->n6 == 1);
	OK(has(r, "[2001:db8::7]:6881") && has(r, "1.2.3.4:6881"));
	OK(ben_get_str(r->d, "peers").n == 6);
	OK(ben_get_str(r->d, "peers6").n == 18);
	OK(finish(r));
	CASE("track: compact=0 gives dictionaries, with ids");
	r = ask(t, "1.2.3.5:1", 1000, HASH "&peer_id=-XX0100-000000000001"
	    PORT "&left=1&compact=0");
	OK(r->ok && r->n == 2);
	OK(has(r, "[2001:db8::7]:6881") && has(r, "1.2.3.4:6881"));
	OK(ben_kind(ben_get(r->d, "peers")) == 'l');
	OK(ben_get(r->d, "peers6").n == 0);
	for (it = ben_items(ben_get(r->d, "peers")); ben_next(&it, &one); ) {
		n6 += span_is(ben_get_str(one, "ip"), "2001:db8::7") &&
		    span_is(ben_get_str(one, "peer id"),
		    "-XX0100-000000000002");
		nid += span_is(ben_get_str(one, "ip"), "1.2.3.4") &&
		    span_is(ben_get_str(one, "peer id"),
		    "-XX0100-000000000000");
	}
	OK(n6 == 1 && nid == 1);
	OK(finish(r));
	CASE("track: no_peer_id leaves the ids out");
	r = ask(t, "1.2.3.5:1", 1000, HASH "&peer_id=-XX0100-000000000001"
	    PORT "&left=1&compact=0&no_peer_id=1");
	OK(r->ok && r->n == 2);
	for (it = ben_items(ben_get(r->d, "peers")); ben_next(&it, &one); )
		OK(ben_get(one, "peer id").n == 0);
	OK(finish(r));
	CASE("track: compact is the default, as BEP 23 suggests");
	r = ask(t, "1.2.3.5:1", 1000, HASH "&peer_id=-XX0100-000000000001"
	    PORT "&left=1");
	OK(r->ok && r->n == 2);
	OK(ben_kind(ben_get(r->d, "peers")) == 's');
	OK(finish(r));
	track_free(t);
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
	struct track *t = track_new(INTERVAL, 6);
	struct buf b = { NULL, 0, 0, 0 };
	struct answer *r;
	uint8_t hash[ID_LEN];
	struct addr a = addr_of("1.2.3.4:1");
	size_t i;
	int k;

	CASE("track: parameters come in any order and encoding");
	for (i = 0; i < LEN(same); i++) {
		r = ask_text(t, &a, 1000, same[i]);
		OK_FOR(same[i], r->ok && r->incomplete == 1);
		OK_FOR(same[i], memcmp(r->ev.hash, "hash-of-twenty-bytes", 20)
		    == 0 && r->ev.addr.port == 6881);
		OK(finish(r));
	}
	OK(counts(t, 1, 1));
	CASE("track: a plus stays one");
	r = ask_text(t, &a, 1000, "info_hash=hash+of+twenty+bytes" ID PORT
	    "&left=1&event=stopped");
	OK(r->ok && memcmp(r->ev.hash, "hash+of+twenty+bytes", 20) == 0);
	OK(finish(r));
	CASE("track: any byte can stand in a hash");
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
	CASE("track: a reply is appended to what is there");
	r = xcalloc(1, sizeof *r);
	buf_put(&r->raw, "before", 6);
	OK(track_http(t, span_of(same[0]), &a, 1000, &r->raw, &r->ev) == 0);
	OK(r->raw.len > 7 && memcmp(r->raw.p, "befored", 7) == 0);
	OK(ben_parse(r->raw.p + 6, r->raw.len - 6) == (long)r->raw.len - 6);
	buf_free(&r->raw);
	free(r);
	track_free(t);
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
	struct track *t = track_new(INTERVAL, 7);
	struct addr a = addr_of("1.2.3.4:1");
	struct answer *r;
	char query[400];
	uint64_t rnd = 5;
	size_t i, n;
	int insane = 0;

	CASE("track: what is missing or wrong is refused with a reason");
	for (i = 0; i < LEN(bad); i++) {
		r = ask_text(t, &a, 1000, bad[i]);
		OK_FOR(bad[i], !r->ok && r->sane);
		OK_FOR(bad[i], ben_get_str(r->d, "failure reason").n > 0);
		OK(ben_get(r->d, "peers").n == 0);
		OK(finish(r));
	}
	OK(counts(t, 0, 0));
	CASE("track: ports 1 and 65535 are ports");
	r = ask(t, "1.2.3.4:1", 1000, HASH ID "&port=1&left=1");
	OK(r->ok && r->ev.addr.port == 1);
	OK(finish(r));
	r = ask(t, "1.2.3.4:1", 1000, HASH ID "&port=65535&left=1");
	OK(r->ok && r->ev.addr.port == 65535);
	OK(finish(r));
	CASE("track: queries that nobody meant are answered sanely");
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
	track_free(t);
}

static void
expiry(void)
{
	struct track *t = track_new(INTERVAL, 8);
	int64_t two = 2 * (int64_t)INTERVAL * 1000;
	struct answer *r;
	struct addr a;
	uint32_t i;

	CASE("track: who was not heard of for two intervals is forgotten");
	OK(finish(ask(t, "1.2.3.4:1", 1000, HASH ID PORT "&left=1")));
	OK(finish(ask(t, "1.2.3.5:1", 2000, HASH ID PORT "&left=0")));
	expire_all(t, 1000 + two - 1);
	OK(counts(t, 1, 2));
	expire_all(t, 1000 + two + 1);
	OK(counts(t, 1, 1));
	r = ask(t, "1.2.3.6:1", 1000 + two + 1, HASH
	    "&peer_id=-XX0100-000000000001" PORT "&left=1&compact=1");
	OK(r->ok && r->n == 1 && has(r, "1.2.3.5:6881"));
	OK(r->complete == 1 && r->incomplete == 1);
	OK(finish(r));
	CASE("track: who is heard of stays");
	OK(finish(ask(t, "1.2.3.5:1", 1000 + two, HASH ID PORT "&left=0")));
	expire_all(t, 2000 + two + 1);
	OK(counts(t, 1, 2));
	CASE("track: empty swarms are forgotten");
	expire_all(t, 10 * two);
	OK(counts(t, 0, 0));
	CASE("track: half of a large swarm expires, the other half stays");
	for (i = 0; i < 1000; i++) {
		a = client(i);
		OK(finish(ask_text(t, &a, i % 2 ? 1000 : 5000, i % 4 < 2 ?
		    HASH ID PORT "&left=1" : HASH ID PORT "&left=0")));
	}
	expire_all(t, 3000 + two);
	OK(counts(t, 1, 500));
	r = ask(t, "8.8.8.8:1", 5000, HASH "&peer_id=-XX0100-000000000001" PORT
	    "&left=1&numwant=200");
	OK(r->ok && r->complete == 250 && r->incomplete == 251);
	OK(finish(r));
	for (i = 0; i < 1000; i += 2) { /* each can be found */
		a = client(i);
		OK(finish(ask_text(t, &a, 5000, HASH ID PORT
		    "&left=0&event=stopped")));
	}
	OK(counts(t, 1, 1));
	track_free(t);
}

static void
sampling(void)
{
	struct track *t = track_new(INTERVAL, 9);
	int times[1000] = { 0 }, missed = 0, k, i;
	struct answer *r;
	struct addr a;

	CASE("track: a swarm is reached as a whole, over many asks");
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
			times[get32(r->list[k].ip + 12) - 0x0a000000]++;
		OK(finish(r));
	}
	for (i = 0; i < 1000; i++) /* 30 times each, if it is fair */
		missed += times[i] == 0;
	OK(missed == 0);
	track_free(t);
}

/* What the tracker should know. */
static void
model(void)
{
	static struct { int in, seed; int64_t seen_ms; } m[SWARMS][CLIENTS];
	static const char *const event_names[] = { "", "&event=started",
		"&event=completed", "&event=stopped" };
	struct track *t = track_new(60, 10);
	int64_t now = 1000, two = 120 * 1000;
	uint64_t rnd = 77;
	struct answer *r;
	struct addr a;
	uint32_t s, c, i, n, nseeds, npeers, nswarms;
	int op, event, left, wrong = 0, seed_given = 0, asker = 0, k;

	CASE("track: counts are right through a long random run");
	memset(m, 0, sizeof m);
	for (op = 0; op < MODEL_OPS; op++) {
		s = rnd_below(&rnd, SWARMS);
		c = rnd_below(&rnd, CLIENTS);
		event = (int)rnd_below(&rnd, 4);
		left = (int)rnd_below(&rnd, 2);
		now += 1 + rnd_below(&rnd, 700);
		if (op % 50 == 0) { /* expire, as often as it takes */
			now += rnd_below(&rnd, 60000);
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
		wrong += r->n != (event == 3 ? 0 : left ? (int)n - 1 :
		    (int)(n - nseeds));
		for (k = 0; k < r->n; k++) {
			i = get32(r->list[k].ip + 12) - 0x0a000000;
			asker += i == c;
			wrong += i >= CLIENTS || !m[s][i].in;
			seed_given += !left && i < CLIENTS && m[s][i].seed;
		}
		wrong += !finish(r);
	}
	OK(wrong == 0);
	OK(asker == 0 && seed_given == 0);
	for (nswarms = npeers = s = 0; s < SWARMS; s++) {
		for (n = i = 0; i < CLIENTS; i++)
			n += m[s][i].in != 0;
		npeers += n;
		nswarms += n > 0;
	}
	OK(counts(t, nswarms, npeers));
	track_free(t);
}

static void
crowds(void)
{
	struct track *t = track_new(INTERVAL, 11);
	struct buf out = { NULL, 0, 0, 0 };
	struct track_event ev;
	struct addr a;
	char query[200];
	double began = seconds(), fetching, seeding;
	uint32_t i;
	int refused = 0;

	CASE("track: 100,000 clients of 1,000 torrents are quick");
	for (i = 0; i < 100000; i++) {
		a = client(i);
		snprintf(query, sizeof query, "info_hash=%020u" ID PORT
		    "&left=1&compact=1", (unsigned)i % 1000);
		out.len = 0;
		refused += track_http(t, span_of(query), &a, 1000, &out, &ev);
	}
	OK(refused == 0 && counts(t, 1000, 100000));
	OK(seconds() - began < 5); /* a fifth of it, unsanitized */
	CASE("track: forgetting them all is quick");
	began = seconds();
	expire_all(t, 100000000);
	OK(counts(t, 0, 0));
	OK(seconds() - began < 5); /* a fifth of it, unsanitized */

	CASE("track: 100,000 clients of one torrent are quick");
	began = seconds();
	for (i = 0; i < 100000; i++) {
		a = client(i);
		snprintf(query, sizeof query, HASH "&peer_id=%020u" PORT
		    "&left=1&compact=1", (unsigned)i);
		out.len = 0;
		refused += track_http(t, span_of(query), &a, 1000, &out, &ev);
	}
	OK(refused == 0 && counts(t, 1, 100000));
	OK(seconds() - began < 5); /* a fifth of it, unsanitized */
	fetching = announces(t, 200, OTHER "&left=1&compact=1");
	CASE("track: an announce to those of one's own id costs no more");
	snprintf(query, sizeof query, HASH ID PORT "&left=1&numwant=0");
	for (i = 0; i < 100000; i++) {
		a = client(i);
		out.len = 0;
		refused += track_http(t, span_of(query), &a, 1000, &out, &ev);
	}
	OK(refused == 0);
	OK(announces(t, 200, ID "&left=1&compact=1") < 20 * fetching + 0.02);
	CASE("track: an announce to 100,000 seeds costs what others cost");
	for (i = 0; i < 100000; i++) {
		a = client(i);
		snprintf(query, sizeof query, HASH "&peer_id=%020u" PORT
		    "&left=0&compact=1&numwant=0", (unsigned)i);
		out.len = 0;
		refused += track_http(t, span_of(query), &a, 1000, &out, &ev);
	}
	OK(refused == 0);
	seeding = announces(t, 200, OTHER "&left=0&compact=1");
	OK(seeding < 20 * fetching + 0.02);
	CASE("track: nor does one to the few that are left of 100,000");
	for (i = 10; i < 100000; i++) {
		a = client(i);
		snprintf(query, sizeof query, HASH "&peer_id=%020u" PORT
		    "&left=0&event=stopped", (unsigned)i);
		out.len = 0;
		refused += track_http(t, span_of(query), &a, 1000, &out, &ev);
	}
	OK(refused == 0);
	OK(announces(t, 200, OTHER "&left=1&compact=1") <
	    20 * fetching + 0.02);
	track_free(t);
	buf_free(&out);
}

/* Nobody can aim at one bucket: torrents whose hashes begin alike. */
static void
aimed(void)
{
	struct track *t;
	struct buf out = { NULL, 0, 0, 0 };
	struct track_event ev;
	struct addr a = addr_of("1.2.3.4:1");
	char query[200];
	double began, took[2];
	int i, k;

	CASE("track: torrents chosen to fall together are quick too");
	for (k = 0; k < 2; k++) {
		t = track_new(INTERVAL, 12);
		began = seconds();
		for (i = 0; i < 10000; i++) {
			snprintf(query, sizeof query,
			    "info_hash=%%00%%00%%%02x%%%02x"
			    "%016d" ID PORT "&left=1&compact=1",
			    k ? 0x55 : i >> 8 & 0xff, k ? 0xaa : i & 0xff,
			    i);
			out.len = 0;
			OK(track_http(t, span_of(query), &a, 1000, &out, &ev)
			    == 0);
		}
		OK(counts(t, 10000, 10000));
		took[k] = seconds() - began;
		track_free(t);
	}
	OK(took[1] < 5 * took[0] + 0.02);
	buf_free(&out);
}

/* The seconds that n announces of new addresses' clients take. */
static double
announces(struct track *t, int n, const char *rest)
{
	struct buf out = { NULL, 0, 0, 0 };
	struct track_event ev;
	double began = seconds();
	char query[200];
	struct addr a;
	int i;

	snprintf(query, sizeof query, HASH PORT "%s", rest);
	for (i = 0; i < n; i++) {
		a = client(5);
		out.len = 0;
		track_http(t, span_of(query), &a, 1000, &out, &ev);
	}
	buf_free(&out);
	return seconds() - began;
}

static double
seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

static struct answer *
ask(struct track *t, const char *from, int64_t now_ms, const char *fmt, ...)
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
ask_text(struct track *t, const struct addr *from, int64_t now_ms,
    const char *query)
{
	struct answer *r = xcalloc(1, sizeof *r);
	struct span s;
	uint8_t *copy;

	s.n = strlen(query);
	s.p = copy = unit_copy(query, s.n);
	r->ok = track_http(t, s, from, now_ms, &r->raw, &r->ev) == 0;
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
	    ben_kind(r->d) == 'd' && ben_canonical(r->d);
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
counts(struct track *t, uint32_t swarms, uint32_t peers)
{
	uint32_t s, p;

	track_count(t, &s, &p);
	return s == swarms && p == peers;
}

/* Each call forgets a few torrents: so many calls have seen them all. */
static void
expire_all(struct track *t, int64_t now_ms)
{
	int i;

	for (i = 0; i < 512; i++)
		track_expire(t, now_ms);
}

static struct addr
addr_of(const char *text)
{
	struct addr a;

	memset(&a, 0, sizeof a);
	OK_FOR(text, addr_parse(&a, text, 0) == 0);
	return a;
}

/* 10.0.0.0 and on. */
static struct addr
client(uint32_t i)
{
	struct addr a = addr_of("10.0.0.0:1");

	put32(a.ip + 12, 0x0a000000 + i);
	return a;
}
