/* wire and peer: a stranger's whole stream, fed whole and in pieces, to a
 * connection that knows its torrent, one that seeks its metadata and one that
 * may not upload: the same events and the same answers; memory has its
 * limits.  The stream stands behind a handshake, unless it brings one. */
#include "fuzz.h"
#include "bencode.h"
#include "swarm/wire.h"
#include "swarm/requests.h"
#include "swarm/peer.h"

enum { NPIECES = 21, PIECE = 32768, INFO = 40000 };

struct side {
	struct peer p;
	struct buf log;
	unsigned how;
	int nlent;
};

static const uint8_t hash[ID_LEN] = "hash of twenty bytes";
static const uint8_t id[ID_LEN] = "-bt0010-aaaaaaaaaaaa";
static const struct shape shape = { (NPIECES - 1) * (int64_t)PIECE + 1000,
	PIECE, NPIECES };
static const uint8_t have[3] = { 0xff, 0x0f, 0 };
static uint8_t info[INFO];

static void
note(struct side *s, char what, uint32_t x, uint32_t y, uint32_t z)
{
	buf_printf(&s->log, "%c%u/%u/%u ", what, (unsigned)x, (unsigned)y,
	    (unsigned)z);
}

static void
note_piece(struct side *s, char what, uint32_t piece)
{
	CHECK(piece < NPIECES && !s->p.shapeless);
	note(s, what, piece, 0, 0);
}

static void
note_block(struct side *s, char what, struct block b)
{
	CHECK(b.piece < NPIECES && b.len > 0 && !s->p.shapeless);
	CHECK(b.begin < PIECE && b.len <= shape_len(&shape, b.piece) - b.begin);
	note(s, what, b.piece, b.begin, b.len);
}

static int
on_hello(void *arg, const uint8_t *h)
{
	struct side *s = arg;
	int seeks = s->how & 1;

	if (memcmp(h, hash, ID_LEN) != 0)
		return -1;
	peer_bind(&s->p, seeks ? NULL : &shape, hash, id, seeks ? NULL : have);
	note(s, 'h', 0, 0, 0);
	return 0;
}

static int
on_ready(void *arg)
{
	struct side *s = arg;
	struct addr a = { { [10] = 0xff, 0xff, 93, 1, 1, 1 }, 6881 };

	note(s, 'r', (uint32_t)s->p.can, 0, 0);
	peer_greet(&s->p, 6881, &a);
	peer_choke(&s->p, s->how & 2);
	return 0;
}

static void on_has(void *arg, uint32_t i) { note_piece(arg, 'p', i); }
static void on_suggested(void *arg, uint32_t i) { note_piece(arg, 's', i); }
static void on_allowed(void *arg, uint32_t i) { note_piece(arg, 'f', i); }

static void
on_has_bits(void *arg, const uint8_t *bits)
{
	CHECK((bits[2] & 7) == 0);
	note(arg, 'b', bits[0], bits[1], bits[2]);
}

static void on_has_all(void *arg) { note(arg, 'a', 0, 0, 0); }
static void on_choked(void *arg, int on) { note(arg, 'c', on != 0, 0, 0); }
static void on_wants(void *arg, int on) { note(arg, 'i', on != 0, 0, 0); }
static void on_extended(void *arg) { note(arg, 'e', 0, 0, 0); }
static void on_node(void *arg, uint16_t port) { note(arg, 'n', port, 0, 0); }

static int
on_block(void *arg, struct block b, const uint8_t *data, int64_t now_ms)
{
	struct side *s = arg;

	CHECK(now_ms == 1000);
	note_block(s, 'd', b);
	note(s, '=', data[0], data[b.len - 1], b.len);
	s->nlent++;
	return 0;
}

static void
on_fed(void *arg)
{
	struct side *s = arg;

	CHECK(s->nlent > 0);
	s->nlent = 0;
}

static int
on_rejected(void *arg, struct block b)
{
	note_block(arg, 'j', b);
	return 0;
}

static void
on_asked(void *arg, uint32_t piece)
{
	CHECK(piece < NPIECES && bit_get(have, piece));
	note(arg, 'q', piece, 0, 0);
}

static int
on_read(void *arg, const struct block *b, uint8_t *const *data, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		note_block(arg, 'g', b[i]);
		CHECK(bit_get(have, b[i].piece));
		memset(data[i], b[i].piece + 1, b[i].len);
	}
	return 0;
}

static void
on_metadata(void *arg, uint32_t piece, struct span data)
{
	note(arg, 'm', piece, data.p != NULL, (uint32_t)data.n);
}

static void
on_exchange(void *arg, struct span dict)
{
	CHECK(ben_parse(dict.p, dict.n) == (long)dict.n);
	note(arg, 'x', (uint32_t)dict.n, 0, 0);
}

static const struct peer_ops ops = { on_hello, on_ready, on_has, on_has_bits,
	on_has_all, on_choked, on_wants, on_block, on_fed, on_rejected,
	on_suggested, on_allowed, on_asked, on_read, on_extended, on_metadata,
	on_exchange, on_node };

static void
limits(const struct side *s)
{
	CHECK(buf_left(&s->p.out) <= OUT_MAX + (256 << 10));
	CHECK(s->p.held.n <= HELD_MAX && s->p.early.len <= EARLY_MAX);
	CHECK(s->p.nfast <= FAST_SET && s->p.ext.reqq <= HELD_MAX);
}

/* Feeds the stream step bytes more at a time (0: all): -1, or what is left. */
static long
feed(struct side *s, struct span in, size_t step)
{
	size_t at = 0, to = 0;
	long k = 0;

	peer_init(&s->p, &ops, s, 1000);
	s->p.gives = !(s->how & 4);
	s->p.info = span_at(info, s->how & 8 ? INFO : 0);
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
		k = peer_shape(&s->p, &shape, have, 1000);
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
	struct side *a = xcalloc(1, sizeof *a), *b = xcalloc(1, sizeof *b);
	struct buf in = { 0 };
	size_t step;
	long r;

	a->how = b->how = take8(&s);
	step = 1 + take8(&s) % 16;
	if (a->how & 16)
		wire_handshake(&in, hash, id, 1);
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
