/* wire and peer: a stranger's whole stream, fed whole and in pieces, to a
 * connection that knows its torrent, one that seeks its metadata and one that
 * may not upload: the same events and the same answers; memory has its
 * limits.  The stream stands behind a handshake, unless it brings one. */
#include "fuzz.h"
#include "swarm/wire.h"
#include "swarm/requests.h"
#include "ears.h"

enum { INFO = 40000 };

static uint8_t info[INFO];

static void
limits(const struct ears *s)
{
	CHECK(buf_left(&s->p.out) <= OUT_MAX + (256 << 10));
	CHECK(s->p.held.n <= HELD_MAX && s->p.early.len <= EARLY_MAX);
	CHECK(s->p.nfast <= FAST_SET && s->p.ext.reqq <= HELD_MAX);
}

/* Feeds the stream step bytes more at a time (0: all): -1, or what is left. */
static long
feed(struct ears *s, struct span in, size_t step)
{
	size_t at = 0, to = 0;
	long k = 0;

	peer_init(&s->p, &ears_ops, s, 1000);
	s->p.gives = !(s->how & EARS_MEAN);
	s->p.info = span_at(info, s->how & EARS_INFO ? INFO : 0);
	s->p.exchanges = 1;
	while (to < in.n && k >= 0) {
		to = step ? MIN(to + step, in.n) : in.n;
		do {
			uint8_t *p = copy_of(span_at(in.p + at, to - at));

			k = peer_feed(&s->p, p, to - at, 1000);
			free(p);
			CHECK(k >= -1 && k <= (long)(to - at));
			at += k > 0 ? (size_t)k : 0;
			limits(s);
		} while (k > 0);
	}
	if (k >= 0 && s->p.shapeless && s->p.hash)
		k = peer_shape(&s->p, &ears_shape, ears_have, 1000);
	if (k < 0)
		CHECK(*peer_why(&s->p) && is_printable(peer_why(&s->p)));
	else
		CHECK(!s->p.hash || peer_serve(&s->p, OUT_MAX) >= 0);
	limits(s);
	return k < 0 ? -1 : (long)(in.n - at);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span s = span_at(data, n);
	struct ears *a = xcalloc(1, sizeof *a), *b = xcalloc(1, sizeof *b);
	struct buf in = { 0 };
	size_t step;
	long r;

	a->how = b->how = take8(&s);
	step = 1 + take8(&s) % 16;
	if (a->how & 16)
		wire_handshake(&in, ears_hash,
		    (const uint8_t *)"-XX0100-bbbbbbbbbbbb", 1);
	buf_put(&in, s.p, s.n);
	r = feed(a, span_at(in.p, in.len), 0);
	CHECK(feed(b, span_at(in.p, in.len), step) == r);
	CHECK(same_bytes(span_at(a->log.p, a->log.len),
	    span_at(b->log.p, b->log.len)));
	CHECK(same_bytes(span_at(a->p.out.p, a->p.out.len),
	    span_at(b->p.out.p, b->p.out.len)) || r < 0);
	peer_free(&a->p);
	peer_free(&b->p);
	buf_free(&a->log);
	buf_free(&b->log);
	buf_free(&in);
	free(a);
	free(b);
	return 0;
}
