/* One connection's protocol.
 *
 * It begins with handshakes: a caller's first 48 bytes name the torrent, which
 * ops->hello finds and binds; its id follows.  Then messages, each consumed
 * whole, its length checked against one table before anything is read.  What a
 * message must not do (name a piece that is not there, ask beyond a piece's
 * end, use the fast extension without it) ends the connection.
 *
 * Requests that the peer makes are held until peer_serve answers them; a choke
 * drops them, with a reject each if the peer speaks BEP 6.  When no more can
 * be held, such a peer gets rejects; one that does not speak it would wait for
 * ever for what was dropped, so no more of it is read for a while.  Nor is
 * anything of one that does not take what waits to be sent to it: whatever its
 * messages make us say is so bounded.
 *
 * Of a magnet link the pieces are not known at first: what the peer says of
 * them is kept as it came, and fed again when they are. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "bencode.h"
#include "addr.h"
#include "torrent/meta.h"
#include "swarm/wire.h"
#include "swarm/requests.h"
#include "swarm/metadata.h"
#include "swarm/ext.h"
#include "swarm/peer.h"

enum {
	P_HASH, P_ID, P_READY, /* what comes next */
	P_OVER,

	HANDSHAKE_MS  = 10000,
	SILENCE_MS    = 120000,
	KEEP_ALIVE_MS = 100000,
	HASH_END      = 48,    /* bytes of a handshake up to the peer id */
	READ_MOST     = 32,    /* requests whose data is read in one go */
	INFO_TIMES    = 4      /* that the metadata is given to one peer */
};

static long feed(struct peer *p, const uint8_t *data, size_t n,
    int64_t now_ms);
static long feed_handshake(struct peer *p, const uint8_t *data, size_t n);
static int wrong(struct peer *p, const char *fmt, ...) PRINTF(2, 3);
static int check_len(struct peer *p, unsigned id, uint32_t len);
static int must_wait(const struct peer *p, const uint8_t *message);
static int is_of_pieces(unsigned id);
static int keep_early(struct peer *p, const uint8_t *data, size_t n);
static int message(struct peer *p, unsigned id, const uint8_t *data,
    uint32_t n, int64_t now_ms);
static int on_bits(struct peer *p, const uint8_t *bits, uint32_t n);
static int on_have(struct peer *p, uint32_t piece);
static int on_have_all(struct peer *p);
static int check_piece(struct peer *p, unsigned id, uint32_t piece);
static int on_choke(struct peer *p, int choked);
static int on_interest(struct peer *p, int interested);
static int on_request(struct peer *p, struct block b);
static int on_cancel(struct peer *p, struct block b);
static int on_piece(struct peer *p, const uint8_t *data, uint32_t n,
    int64_t now_ms);
static int on_reject(struct peer *p, struct block b);
static int on_hint(struct peer *p, unsigned id, uint32_t piece,
    void (*tell)(void *, uint32_t));
static int on_port(struct peer *p, uint16_t port);
static int on_extended(struct peer *p, const uint8_t *data, uint32_t n);
static void on_metadata(struct peer *p, struct span dict, struct span rest);
static void put_metadata(struct peer *p, int kind, uint32_t piece,
    struct span data);
static int check_block(struct peer *p, unsigned id, struct block b);
static void offer_fast(struct peer *p);
static int take_fast(struct peer *p, struct block b);
static void refuse(struct peer *p, struct block b);

void
peer_init(struct peer *p, const struct peer_ops *ops, void *arg,
    int64_t now_ms)
{
	memset(p, 0, sizeof *p);
	p->ops = ops;
	p->arg = arg;
	p->state = P_HASH;
	ext_init(&p->ext);
	p->am_choking = p->peer_choking = 1;
	p->began_ms = p->heard_ms = p->sent_ms = now_ms;
}

void
peer_hand(struct peer *p, const struct peer_ops *ops, void *arg)
{
	p->ops = ops;
	p->arg = arg;
}

void
peer_connected(struct peer *p, int64_t now_ms)
{
	p->began_ms = p->heard_ms = now_ms;
}

void
peer_free(struct peer *p)
{
	buf_free(&p->out);
	buf_free(&p->early);
	requests_free(&p->held);
}

void
peer_bind(struct peer *p, const struct shape *sh, const uint8_t *hash,
    const uint8_t *my_id, const uint8_t *have)
{
	p->shapeless = !sh;
	if (sh)
		p->sh = *sh;
	p->hash = hash;
	p->my_id = my_id;
	p->have = have;
	wire_handshake(&p->out, hash, my_id, p->node_port != 0);
}

int
peer_shape(struct peer *p, const struct shape *sh, const uint8_t *have,
    int64_t now_ms)
{
	struct buf early = p->early;
	int r;

	p->shapeless = 0;
	p->sh = *sh;
	p->have = have;
	memset(&p->early, 0, sizeof p->early);
	r = p->state == P_READY && feed(p, early.p, early.len, now_ms) < 0;
	buf_free(&early);
	return r ? -1 : 0;
}

void
peer_end(struct peer *p)
{
	p->state = P_OVER;
}

/* Notes why the peer is hung up: -1. */
static int
wrong(struct peer *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->why, sizeof p->why, fmt, ap);
	va_end(ap);
	return -1;
}

const char *
peer_why(const struct peer *p)
{
	return p->why;
}

long
peer_feed(struct peer *p, const uint8_t *data, size_t n, int64_t now_ms)
{
	long k;

	if (n == 0)
		return 0;
	p->heard_ms = now_ms;
	k = feed(p, data, n, now_ms);
	if (p->nblocks > 0)
		p->ops->fed(p->arg);
	p->nblocks = 0;
	return k;
}

static long
feed(struct peer *p, const uint8_t *data, size_t n, int64_t now_ms)
{
	size_t at = 0;
	uint32_t len;
	long k;

	while (p->state < P_READY) {
		k = feed_handshake(p, data + at, n - at);
		if (k <= 0)
			return k < 0 ? -1 : (long)at;
		at += (size_t)k;
	}
	while (n - at >= 4 && p->state == P_READY) {
		len = get32(data + at);
		if (len == 0) { /* a keep-alive */
			at += 4;
			continue;
		}
		if (n - at < 5)
			break;
		if (check_len(p, data[at + 4], len - 1) < 0)
			return -1;
		if (len > n - at - 4)
			break;
		if (p->shapeless && is_of_pieces(data[at + 4])) {
			if (keep_early(p, data + at, 4 + (size_t)len) < 0)
				return -1;
			at += 4 + (size_t)len;
			continue;
		}
		p->full = must_wait(p, data + at + 4);
		if (p->full)
			break;
		if (message(p, data[at + 4], data + at + 5, len - 1,
		    now_ms) < 0)
			return -1;
		at += 4 + (size_t)len;
	}
	return (long)at;
}

static int
check_len(struct peer *p, unsigned id, uint32_t len)
{
	if (p->shapeless && id == MSG_BITFIELD ? len < EARLY_MAX :
	    wire_len_ok(id, len, p->sh.npieces))
		return 0;
	return wrong(p, "%s of %lu bytes", wire_name(id), (unsigned long)len);
}

/* Whether a message may ask for more than can be held for this peer. */
static int
must_wait(const struct peer *p, const uint8_t *message)
{
	return peer_is_clogged(p) || (message[0] == MSG_REQUEST &&
	    !(p->can & CAN_FAST) && (p->held.n == HELD_MAX ||
	    requests_crowded(&p->held, wire_block(message + 1))));
}

int
peer_is_clogged(const struct peer *p)
{
	return buf_left(&p->out) >= OUT_MAX;
}

int
peer_is_full(const struct peer *p)
{
	return p->full || peer_is_clogged(p);
}

int
peer_resumes(const struct peer *p)
{
	return p->full && p->held.n <= HELD_MAX / 2 &&
	    buf_left(&p->out) < OUT_MAX / 2;
}

void
peer_sent(struct peer *p, size_t n, int64_t now_ms)
{
	buf_take(&p->out, n);
	p->sent_ms = now_ms;
}

/* News that mean nothing as long as the pieces are not known. */
static int
is_of_pieces(unsigned id)
{
	return id == MSG_HAVE || id == MSG_BITFIELD ||
	    (id >= MSG_SUGGEST && id <= MSG_ALLOWED_FAST && id != MSG_REJECT);
}

static int
keep_early(struct peer *p, const uint8_t *data, size_t n)
{
	if (p->early.len + n > EARLY_MAX)
		return wrong(p, "over %d bytes of pieces unknown as yet",
		    EARLY_MAX);
	buf_put(&p->early, data, n);
	return 0;
}

static long
feed_handshake(struct peer *p, const uint8_t *data, size_t n)
{
	if (p->state == P_ID) {
		if (n < ID_LEN)
			return 0;
		memcpy(p->id, data, ID_LEN);
		p->state = P_READY; /* which ready may end */
		return p->ops->ready(p->arg) < 0 ?
		    wrong(p, "not wanted") : ID_LEN;
	}
	if (n > 0 && data[0] != 19) /* that need not be waited for */
		return wrong(p, "no BitTorrent handshake");
	if (n < HASH_END)
		return 0;
	p->can = wire_handshake_flags(data);
	if (p->can < 0)
		return wrong(p, "no BitTorrent handshake");
	p->state = P_ID; /* which hello may end */
	if (!p->hash && p->ops->hello(p->arg, data + 28) < 0)
		return wrong(p, "called for a torrent that is not here");
	if (p->state == P_ID && (!p->hash ||
	    memcmp(p->hash, data + 28, ID_LEN) != 0))
		return wrong(p, "has another torrent");
	return p->state == P_ID ? HASH_END : -1;
}

/* 0, or -1: hang up. */
static int
message(struct peer *p, unsigned id, const uint8_t *data, uint32_t n,
    int64_t now_ms)
{
	if (id >= MSG_SUGGEST && id <= MSG_ALLOWED_FAST &&
	    !(p->can & CAN_FAST))
		return wrong(p, "%s without the fast extension",
		    wire_name(id));
	switch (id) {
	case MSG_CHOKE:          return on_choke(p, 1);
	case MSG_UNCHOKE:        return on_choke(p, 0);
	case MSG_INTERESTED:     return on_interest(p, 1);
	case MSG_NOT_INTERESTED: return on_interest(p, 0);
	case MSG_HAVE:           return on_have(p, get32(data));
	case MSG_BITFIELD:       return on_bits(p, data, n);
	case MSG_REQUEST:        return on_request(p, wire_block(data));
	case MSG_PIECE:          return on_piece(p, data, n, now_ms);
	case MSG_CANCEL:         return on_cancel(p, wire_block(data));
	case MSG_SUGGEST:        return on_hint(p, id, get32(data),
	    p->ops->suggested);
	case MSG_HAVE_ALL:       return on_have_all(p);
	case MSG_HAVE_NONE:
		offer_fast(p);
		return 0;
	case MSG_REJECT:         return on_reject(p, wire_block(data));
	case MSG_ALLOWED_FAST:   return on_hint(p, id, get32(data),
	    p->ops->allowed);
	case MSG_EXTENDED:       return on_extended(p, data, n);
	case MSG_PORT:           return on_port(p, get16(data));
	default:                 return 0;
	}
}

static int
on_choke(struct peer *p, int choked)
{
	if (p->peer_choking == choked)
		return 0;
	p->peer_choking = choked;
	p->ops->choked(p->arg, choked);
	return 0;
}

static int
on_interest(struct peer *p, int interested)
{
	if (p->peer_interested == interested)
		return 0;
	p->peer_interested = interested;
	p->ops->interested(p->arg, interested);
	return 0;
}

static int
on_have(struct peer *p, uint32_t piece)
{
	if (check_piece(p, MSG_HAVE, piece) < 0)
		return -1;
	p->nhas = MIN(p->nhas + 1, p->sh.npieces);
	p->ops->has(p->arg, piece);
	return 0;
}

static int
check_piece(struct peer *p, unsigned id, uint32_t piece)
{
	return piece < p->sh.npieces ? 0 : wrong(p, "%s of piece %lu of %lu",
	    wire_name(id), (unsigned long)piece, (unsigned long)p->sh.npieces);
}

static int
on_have_all(struct peer *p)
{
	p->nhas = p->sh.npieces;
	offer_fast(p);
	p->ops->has_all(p->arg);
	return 0;
}

/* It belongs right after the handshake, but aria2 sends another one in place
 * of many haves. */
static int
on_bits(struct peer *p, const uint8_t *bits, uint32_t n)
{
	uint32_t spare = n * 8 - p->sh.npieces;

	if (n > 0 && bits[n - 1] & ((1u << spare) - 1))
		return wrong(p, "a bitfield with bits beyond piece %lu",
		    (unsigned long)p->sh.npieces);
	p->nhas = bit_count(bits, p->sh.npieces);
	offer_fast(p);
	p->ops->has_bits(p->arg, bits);
	return 0;
}

static int
check_block(struct peer *p, unsigned id, struct block b)
{
	uint32_t size = b.piece < p->sh.npieces ?
	    shape_len(&p->sh, b.piece) : 0;

	if (b.len > 0 && b.len <= REQUEST_MAX && b.begin <= size &&
	    b.len <= size - b.begin)
		return 0;
	return wrong(p, "%s of %lu bytes at %lu of piece %lu, not there",
	    wire_name(id), (unsigned long)b.len, (unsigned long)b.begin,
	    (unsigned long)b.piece);
}

static int
on_request(struct peer *p, struct block b)
{
	if (check_block(p, MSG_REQUEST, b) < 0)
		return -1;
	if (!bit_get(p->have, b.piece) || p->held.n == HELD_MAX ||
	    requests_crowded(&p->held, b) ||
	    (p->am_choking && !take_fast(p, b))) {
		refuse(p, b);
		return 0;
	}
	requests_add(&p->held, b, 0);
	p->ops->asked(p->arg, b.piece);
	return 0;
}

/* Without the fast extension a request is refused by silence. */
static void
refuse(struct peer *p, struct block b)
{
	if (p->can & CAN_FAST)
		wire_put(&p->out, MSG_REJECT, 3, b.piece, b.begin, b.len);
}

/* Tells which pieces it gets while we choke it, if it has hardly any. */
static void
offer_fast(struct peer *p)
{
	int i;

	if (p->told_fast)
		return;
	p->told_fast = 1;
	if (p->nhas >= FAST_SET)
		p->nfast = 0;
	for (i = 0; i < p->nfast; i++)
		wire_put(&p->out, MSG_ALLOWED_FAST, 1, p->fast[i], 0, 0);
}

/* Whether a block is given while we choke the peer, which has been told so:
 * each once, and as long as it has hardly any pieces. */
static int
take_fast(struct peer *p, struct block b)
{
	uint32_t nblocks = (p->sh.piece_len - 1) / BLOCK_LEN + 1, from, to, i;
	int k;

	for (k = 0; k < p->nfast && p->fast[k] != b.piece; k++)
		;
	if (k == p->nfast || !p->told_fast || p->nhas >= FAST_SET)
		return 0;
	from = (uint32_t)k * nblocks + b.begin / BLOCK_LEN;
	to = (uint32_t)k * nblocks + (b.begin + b.len - 1) / BLOCK_LEN;
	for (i = from; i <= to; i++)
		if (bit_get(p->fast_given, i))
			return 0;
	for (i = from; i <= to; i++)
		bit_set(p->fast_given, i);
	return 1;
}

/* With the fast extension every request is answered once, a cancelled one by a
 * reject. */
static int
on_cancel(struct peer *p, struct block b)
{
	struct request *r = requests_find(&p->held, b);

	if (r) {
		requests_remove(&p->held, r);
		refuse(p, b);
	}
	return 0;
}

static int
on_piece(struct peer *p, const uint8_t *data, uint32_t n, int64_t now_ms)
{
	struct block b = { get32(data), get32(data + 4), n - 8 };

	if (check_block(p, MSG_PIECE, b) < 0)
		return -1;
	p->nblocks++;
	return p->ops->block(p->arg, b, data + 8, now_ms) < 0 ?
	    wrong(p, "blocks that were not asked for") : 0;
}

static int
on_reject(struct peer *p, struct block b)
{
	if (check_block(p, MSG_REJECT, b) < 0)
		return -1;
	return p->ops->rejected(p->arg, b) < 0 ?
	    wrong(p, "rejects of what was not asked for") : 0;
}

static int
on_hint(struct peer *p, unsigned id, uint32_t piece,
    void (*tell)(void *, uint32_t))
{
	if (check_piece(p, id, piece) < 0)
		return -1;
	tell(p->arg, piece);
	return 0;
}

static int
on_port(struct peer *p, uint16_t port)
{
	if (p->node_port && port >= 1024)
		p->ops->node(p->arg, port);
	return 0;
}

static int
on_extended(struct peer *p, const uint8_t *data, uint32_t n)
{
	struct span dict, rest;
	long len;

	if (!(p->can & CAN_EXTENDED))
		return wrong(p, "an extended without that extension");
	if (data[0] > EXT_PEX || (data[0] == EXT_PEX && !p->exchanges))
		return 0; /* an extension that we do not have */
	dict.p = data + 1;
	len = ben_parse(dict.p, n - 1);
	if (len <= 0 || *dict.p != 'd')
		return wrong(p, "an extended %u that is no dictionary",
		    data[0]);
	dict.n = (size_t)len;
	rest.p = dict.p + len;
	rest.n = n - 1 - dict.n;
	if (data[0] == EXT_METADATA) {
		on_metadata(p, dict, rest);
	} else if (data[0] == EXT_PEX) {
		p->ops->exchange(p->arg, dict);
	} else {
		ext_read(&p->ext, dict, HELD_MAX);
		p->ops->extended(p->arg);
	}
	return 0;
}

/* A request is answered, if only by a reject; kinds that come later are to be
 * ignored. */
static void
on_metadata(struct peer *p, struct span dict, struct span rest)
{
	int64_t kind = ben_get_int(dict, "msg_type", -1);
	int64_t piece = ben_get_int(dict, "piece", -1);
	struct span data = { NULL, 0 };
	size_t off;

	if (piece < 0 || piece > INT32_MAX)
		return;
	if (kind == MD_REQUEST && p->ext.metadata_id &&
	    piece < (int64_t)p->info.n / METADATA_PIECE +
	    (p->info.n % METADATA_PIECE > 0) &&
	    p->info_sent < (uint64_t)p->info.n * INFO_TIMES) {
		off = (size_t)piece * METADATA_PIECE;
		data.p = p->info.p + off;
		data.n = MIN(p->info.n - off, METADATA_PIECE);
		put_metadata(p, MD_DATA, (uint32_t)piece, data);
		p->info_given += data.n;
		p->info_sent += data.n;
	} else if (kind == MD_REQUEST && p->ext.metadata_id) {
		put_metadata(p, MD_REJECT, (uint32_t)piece, data);
	} else if (piece > META_NET_MAX / METADATA_PIECE) {
		; /* nobody was asked for it */
	} else if (kind == MD_DATA) {
		p->ops->metadata(p->arg, (uint32_t)piece, rest);
	} else if (kind == MD_REJECT) {
		p->ops->metadata(p->arg, (uint32_t)piece, data);
	}
}

static void
put_metadata(struct peer *p, int kind, uint32_t piece, struct span data)
{
	ext_put_metadata(&p->out, p->ext.metadata_id, kind, piece, data,
	    p->info.n);
}

void
peer_ask_metadata(struct peer *p, uint32_t piece)
{
	struct span none = { NULL, 0 };

	put_metadata(p, MD_REQUEST, piece, none);
}

void
peer_exchange(struct peer *p, struct span dict)
{
	struct span none = { NULL, 0 };

	ext_put(&p->out, p->ext.pex_id, dict, none);
}

int64_t
peer_tick(struct peer *p, int64_t now_ms)
{
	int64_t silent, quiet;

	if (p->state != P_READY)
		return now_ms - p->began_ms >= HANDSHAKE_MS ?
		    wrong(p, "no handshake for %d s", HANDSHAKE_MS / 1000) :
		    p->began_ms + HANDSHAKE_MS;
	silent = p->heard_ms + SILENCE_MS;
	if (now_ms >= silent)
		return wrong(p, "silent for %d s", SILENCE_MS / 1000);
	quiet = p->sent_ms + KEEP_ALIVE_MS;
	if (now_ms >= quiet) {
		if (buf_left(&p->out) == 0) {
			memset(buf_room(&p->out, 4), 0, 4);
			p->out.len += 4;
		}
		p->sent_ms = now_ms;
		quiet = now_ms + KEEP_ALIVE_MS;
	}
	return MIN(silent, quiet);
}

void
peer_greet(struct peer *p, uint16_t port, const struct addr *a)
{
	uint32_t n = p->shapeless ? 0 : p->sh.npieces;
	uint32_t have = n > 0 ? bit_count(p->have, n) : 0;
	size_t len = bit_bytes(n);

	if (p->can & CAN_FAST && have == n && !p->shapeless) {
		wire_put(&p->out, MSG_HAVE_ALL, 0, 0, 0, 0);
	} else if (p->can & CAN_FAST && have == 0) {
		wire_put(&p->out, MSG_HAVE_NONE, 0, 0, 0, 0);
	} else if (have > 0) {
		wire_put_head(&p->out, MSG_BITFIELD, len);
		buf_put(&p->out, p->have, len);
	}
	if (p->can & CAN_EXTENDED)
		peer_extend(p, port, a);
	if (p->can & CAN_DHT && p->node_port)
		wire_put_port(&p->out, p->node_port);
	if (p->can & CAN_FAST && have > 0 && p->gives)
		p->nfast = wire_fast_set(p->fast, (int)MIN(FAST_SET,
		    FAST_BYTES / p->sh.piece_len), n, p->hash, a);
}

void
peer_extend(struct peer *p, uint16_t port, const struct addr *a)
{
	const struct ext_own own = { .metadata_size = p->info.n, .port = port,
	    .reqq = HELD_MAX, .giving_only = p->giving_only,
	    .pex = p->exchanges, .yourip = a };

	if (p->can & CAN_EXTENDED)
		ext_put_own(&p->out, &own);
}

void
peer_choke(struct peer *p, int choke)
{
	struct request *r, *next;
	struct block b;

	if (p->am_choking == choke)
		return;
	p->am_choking = choke;
	wire_put(&p->out, choke ? MSG_CHOKE : MSG_UNCHOKE, 0, 0, 0, 0);
	for (r = requests_first(&p->held); choke && r; r = next) {
		next = requests_next(&p->held, r);
		b = r->b;
		if (take_fast(p, b))
			continue;
		requests_remove(&p->held, r);
		refuse(p, b);
	}
}

void
peer_interest(struct peer *p, int interested)
{
	if (p->am_interested == interested)
		return;
	p->am_interested = interested;
	wire_put(&p->out, interested ? MSG_INTERESTED : MSG_NOT_INTERESTED,
	    0, 0, 0, 0);
}

void
peer_suggest(struct peer *p, uint32_t piece)
{
	wire_put(&p->out, MSG_SUGGEST, 1, piece, 0, 0);
}

void
peer_announce(struct peer *p, uint32_t piece)
{
	wire_put(&p->out, MSG_HAVE, 1, piece, 0, 0);
}

void
peer_request(struct peer *p, struct block b)
{
	wire_put(&p->out, MSG_REQUEST, 3, b.piece, b.begin, b.len);
}

void
peer_cancel(struct peer *p, struct block b)
{
	wire_put(&p->out, MSG_CANCEL, 3, b.piece, b.begin, b.len);
}

int
peer_owes(const struct peer *p)
{
	return p->held.n > 0;
}

long
peer_serve(struct peer *p, size_t most)
{
	struct block b[READ_MOST];
	uint8_t *data[READ_MOST], *at;
	struct request *r;
	size_t size, left;
	long sum = (long)p->info_given;
	int i, n;

	p->info_given = 0;
	while ((r = requests_first(&p->held)) &&
	    (left = buf_left(&p->out)) < most) {
		for (n = 0, size = 0; r && n < READ_MOST &&
		    left + size < most; r = requests_next(&p->held, r)) {
			size += 13 + (size_t)r->b.len;
			b[n++] = r->b;
		}
		at = buf_room(&p->out, size);
		for (i = 0; i < n; i++) {
			put32(at, 9 + b[i].len);
			at[4] = MSG_PIECE;
			put32(at + 5, b[i].piece);
			put32(at + 9, b[i].begin);
			data[i] = at + 13;
			at += 13 + (size_t)b[i].len;
			sum += b[i].len;
		}
		if (p->ops->read(p->arg, b, data, n) < 0)
			return wrong(p, "reading our data failed");
		for (i = 0; i < n; i++)
			requests_remove(&p->held, requests_first(&p->held));
		p->out.len += size;
	}
	return sum;
}
