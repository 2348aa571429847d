/* All that a peer's stream makes peer.c tell its owner: checked against the
 * shape of the torrent, and noted as text. */
#include "fuzz.h"
#include "bencode.h"
#include "ears.h"

const uint8_t ears_hash[ID_LEN] = "hash of twenty bytes";
const uint8_t ears_have[3] = { 0xff, 0x0f, 0 };
const struct shape ears_shape = { (EARS_PIECES - 1) * (int64_t)EARS_PIECE +
	1000, EARS_PIECE, EARS_PIECES };
static const uint8_t id[ID_LEN] = "-bt0010-aaaaaaaaaaaa";

static void
note(struct ears *s, char what, uint32_t x, uint32_t y, uint32_t z)
{
	buf_printf(&s->log, "%c%u/%u/%u ", what, (unsigned)x, (unsigned)y,
	    (unsigned)z);
}

static void
note_piece(struct ears *s, char what, uint32_t piece)
{
	CHECK(piece < EARS_PIECES && !s->p.shapeless);
	note(s, what, piece, 0, 0);
}

static void
note_block(struct ears *s, char what, struct block b)
{
	CHECK(b.piece < EARS_PIECES && b.len > 0 && !s->p.shapeless);
	CHECK(b.begin < EARS_PIECE &&
	    b.len <= shape_len(&ears_shape, b.piece) - b.begin);
	note(s, what, b.piece, b.begin, b.len);
}

static int
on_hello(void *arg, const uint8_t *h)
{
	struct ears *s = arg;
	int seeks = s->how & EARS_SEEK;

	if (memcmp(h, ears_hash, ID_LEN) != 0)
		return -1;
	peer_bind(&s->p, seeks ? NULL : &ears_shape, ears_hash, id,
	    seeks ? NULL : ears_have);
	note(s, 'h', 0, 0, 0);
	return 0;
}

static int
on_ready(void *arg)
{
	struct ears *s = arg;
	struct addr a = { { [10] = 0xff, 0xff, 93, 1, 1, 1 }, 6881 };

	note(s, 'r', (uint32_t)s->p.can, 0, 0);
	peer_greet(&s->p, 6881, &a);
	peer_choke(&s->p, (s->how & EARS_CHOKE) != 0);
	return 0;
}

static void
on_has(void *arg, uint32_t i)
{
	note_piece(arg, 'p', i);
}

static void
on_suggested(void *arg, uint32_t i)
{
	note_piece(arg, 's', i);
}

static void
on_allowed(void *arg, uint32_t i)
{
	note_piece(arg, 'f', i);
}

static void
on_has_bits(void *arg, const uint8_t *bits)
{
	CHECK((bits[2] & 7) == 0);
	note(arg, 'b', bits[0], bits[1], bits[2]);
}

static void
on_has_all(void *arg)
{
	note(arg, 'a', 0, 0, 0);
}

static void
on_choked(void *arg, int on)
{
	note(arg, 'c', on != 0, 0, 0);
}

static void
on_wants(void *arg, int on)
{
	note(arg, 'i', on != 0, 0, 0);
}

static void
on_extended(void *arg)
{
	note(arg, 'e', 0, 0, 0);
}

static void
on_node(void *arg, uint16_t port)
{
	note(arg, 'n', port, 0, 0);
}

static int
on_block(void *arg, struct block b, const uint8_t *data, int64_t now_ms)
{
	struct ears *s = arg;

	CHECK(now_ms == 1000);
	note_block(s, 'd', b);
	note(s, '=', data[0], data[b.len - 1], b.len);
	s->nlent++;
	return 0;
}

static void
on_fed(void *arg)
{
	struct ears *s = arg;

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
	CHECK(piece < EARS_PIECES && bit_get(ears_have, piece));
	note(arg, 'q', piece, 0, 0);
}

static int
on_read(void *arg, const struct block *b, uint8_t *const *data, int n)
{
	int i;

	for (i = 0; i < n; i++) {
		note_block(arg, 'g', b[i]);
		CHECK(bit_get(ears_have, b[i].piece));
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

const struct peer_ops ears_ops = { on_hello, on_ready, on_has, on_has_bits,
	on_has_all, on_choked, on_wants, on_block, on_fed, on_rejected,
	on_suggested, on_allowed, on_asked, on_read, on_extended, on_metadata,
	on_exchange, on_node };
