/* udpt: packets of both sides as they come; and what a client writes, the
 * tracker reads as it was, and the other way round. */
#include "fuzz.h"
#include "sha1.h"
#include "udpt.h"

static void
read_both(const uint8_t *p, size_t n)
{
	struct udpt_request q;
	struct udpt_reply r;
	int action;

	action = udpt_request(&q, p, n);
	CHECK(action >= -1 && action <= UDP_ERROR && (action < 0 || n >= 16));
	CHECK(action != UDP_ERROR || *q.error);
	if (action == UDP_ANNOUNCE)
		CHECK(n >= 98 && q.announce.hash >= p &&
		    q.announce.id + ID_LEN <= p + n && q.ip + 4 <= p + n);
	if (action == UDP_SCRAPE)
		CHECK(q.hashes.n % ID_LEN == 0 && q.hashes.p >= p &&
		    q.hashes.p + q.hashes.n <= p + n);
	action = udpt_reply(&r, p, n, n < 8 ? 0 : get32(p + 4));
	CHECK(action >= -1 && action <= UDP_ERROR);
	if (action == UDP_ANNOUNCE)
		CHECK(r.peers.n == 0 || r.peers.p + r.peers.n <= p + n);
	if (action == UDP_ERROR)
		CHECK(r.error.n <= n);
	CHECK(n < 8 || udpt_reply(&r, p, n, get32(p + 4) + 1) == -1);
}

static void
announced(struct span s)
{
	struct announce_params a = { 0 }, *b;
	uint8_t ids[2 * ID_LEN] = { 0 };
	struct udpt_request q;
	struct buf out = { 0 };
	uint64_t id = take64(&s);
	uint32_t t = take32(&s);
	struct span who = take_span(&s, sizeof ids);
	char *path;

	if (who.n > 0)
		memcpy(ids, who.p, who.n);
	a.hash = ids;
	a.id = ids + ID_LEN;
	a.uploaded = (int64_t)(take64(&s) >> 1);
	a.downloaded = (int64_t)(take64(&s) >> 1);
	a.left = (int64_t)(take64(&s) >> 1);
	a.event = (enum event)(take8(&s) & 3);
	a.key = take32(&s);
	a.numwant = take16(&s);
	a.port = (uint16_t)take16(&s);
	path = text_of(s);
	udpt_announce(&out, id, t, &a, path);
	CHECK(out.len >= 98 && out.len <= 98 + 2 * strlen(path) + 8);
	CHECK(udpt_request(&q, out.p, out.len) == UDP_ANNOUNCE);
	b = &q.announce;
	CHECK(q.connection == id && q.transaction == t);
	CHECK(memcmp(b->hash, a.hash, ID_LEN) == 0 &&
	    memcmp(b->id, a.id, ID_LEN) == 0);
	CHECK(b->uploaded == a.uploaded && b->downloaded == a.downloaded &&
	    b->left == a.left && b->event == a.event && b->key == a.key &&
	    b->numwant == a.numwant && b->port == a.port);
	out.len = 0;
	udpt_connect(&out, t);
	CHECK(udpt_request(&q, out.p, out.len) == UDP_CONNECT);
	CHECK(q.transaction == t);
	buf_free(&out);
	free(path);
}

static void
answered(struct span s)
{
	uint32_t t = take32(&s), v = take32(&s);
	uint64_t id = take64(&s);
	struct udpt_reply r;
	uint8_t out[256];
	char why[64] = "";
	size_t n;

	n = udpt_connected(out, t, id);
	CHECK(udpt_reply(&r, out, n, t) == UDP_CONNECT && r.connection == id);
	n = udpt_announced(out, t, v, v, v);
	CHECK(n == UDPT_PEERS && udpt_reply(&r, out, n, t) == UDP_ANNOUNCE);
	CHECK(r.interval == v && r.peers.n == 0);
	s.n = MIN(s.n, sizeof why - 1);
	if (s.n > 0)
		memcpy(why, s.p, s.n);
	n = udpt_error(out, t, why);
	CHECK(udpt_reply(&r, out, n, t) == UDP_ERROR);
	CHECK(same_bytes(r.error, span_of(why)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	read_both(data, n);
	announced(span_at(data, n));
	answered(span_at(data, n));
	return 0;
}
