/* answer: a tracker asked over UDP and HTTP, by a few and by proxies, in any
 * order.  Who holds no connection id gets no more than he sent; an answer over
 * HTTP is one that a client reads; counts agree. */
#include "fuzz.h"
#include "sha1.h"
#include "bencode.h"
#include "http.h"
#include "udpt.h"
#include "track/swarms.h"
#include "track/answer.h"

enum { OPS = 100 };

struct world {
	struct answerer *t;
	int64_t now_ms;
	unsigned announces;
};

static void
count(struct world *w)
{
	struct census c;

	swarms_count(answer_swarms(w->t), &c);
	CHECK(c.seeds + c.leechers <= w->announces);
	CHECK(c.swarms <= 2 * w->announces);
}

static void
happened(struct world *w, const struct answer_event *ev)
{
	w->announces += ev->name != NULL;
	CHECK(!ev->name || ev->addr.port > 0);
}

/* A packet; connected: its connection id is the one that was given. */
static void
udp(struct world *w, struct span s, const struct addr *from, int connected)
{
	struct answer_event ev = { .name = NULL };
	uint8_t out[ANSWER_UDP_MAX], ask[16] = { 0 }, *p = copy_of(s);
	struct udpt_reply r;
	size_t n;

	put64(ask, UDP_MAGIC);
	n = answer_udp(w->t, ask, 16, from, w->now_ms, out, &ev);
	CHECK(n == 16 && udpt_reply(&r, out, n, 0) == UDP_CONNECT);
	if (connected && s.n >= 8)
		put64(p, r.connection);
	n = answer_udp(w->t, p, s.n, from, w->now_ms, out, &ev);
	CHECK(n <= sizeof out && (connected || n <= s.n ||
	    get64(p) == r.connection));
	CHECK(n == 0 || udpt_reply(&r, out, n, get32(p + 12)) >= 0);
	happened(w, &ev);
	free(p);
}

static void
http(struct world *w, struct span s, const struct addr *from)
{
	struct http_reply reply = { .limit = 1 << 22 };
	struct answer_event ev = { .name = NULL };
	struct http_request r;
	struct buf out = { 0 };
	uint8_t *p = copy_of(s);

	if (http_request_parse(&r, p, s.n) > 0) {
		if (answer_http(w->t, &r, from, w->now_ms, &out, &ev) == 1)
			answer_scrape_all(w->t, &r, &out);
		happened(w, &ev);
		if (!span_is(r.method, "HEAD")) {
			CHECK(http_reply_feed(&reply, out.p, out.len) ==
			    (long)out.len);
			CHECK(http_reply_done(&reply));
			if (reply.status == 200 && r.query.n > 0 &&
			    span_is(r.path, "/announce"))
				CHECK(ben_parse(reply.body.p, reply.body.len)
				    == (long)reply.body.len);
		}
	}
	buf_free(&reply.body);
	buf_free(&out);
	free(p);
}

/* An announce's or a scrape's query, as it stands. */
static void
query(struct world *w, struct span s, const struct addr *from, int scrape)
{
	struct answer_event ev = { .name = NULL };
	struct buf out = { 0 };

	if (scrape)
		answer_scrape(w->t, s, &out);
	else
		answer_announce(w->t, s, from, w->now_ms, &out, &ev);
	CHECK(ben_parse(out.p, out.len) == (long)out.len && *out.p == 'd');
	CHECK(out.len <= (scrape ? 256 * 100 + 100 : 200 * 100 + 1000));
	happened(w, &ev);
	buf_free(&out);
}

static void
step(struct world *w, struct span *s)
{
	unsigned how = take8(s);
	struct addr from = take_addr(s);
	struct span t;
	long line = 0;

	from.port += from.port == 0;
	t = take_span(s, take16(s) % 1024);
	switch (how & 7) {
	case 0:
		w->now_ms += (int64_t)take16(s) * 1000;
		CHECK(answer_expire(w->t, w->now_ms) > 0);
		break;
	case 1:
		if (how == 0xf1 && answer_allow(w->t, t, &line) < 0)
			CHECK(line > 0);
		if (how & 8)
			answer_rekey(w->t);
		break;
	case 2:
	case 3:
		http(w, t, &from);
		break;
	case 4:
	case 5:
		query(w, t, &from, (how & 7) == 5);
		break;
	default:
		udp(w, t, &from, (how & 16) != 0);
	}
	count(w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct addr proxy;
	struct answer_policy policy = { 1800, 1, &proxy, 1 };
	struct span s = span_at(data, n);
	struct world w = { .now_ms = 1000000 };
	int i;

	addr_parse(&proxy, "10.0.0.1:0", 0);
	w.t = answer_new(&policy, (const uint8_t *)"0123456789abcdef", NULL,
	    w.now_ms);
	for (i = 0; i < OPS && s.n > 0; i++)
		step(&w, &s);
	answer_free(w.t);
	return 0;
}
