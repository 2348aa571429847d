/* peer: two peers joined in memory, streams cut anywhere, each message by the
 * words of BEP 3, 6, 9, 10 and 21, requests against a model of who is owed
 * what, and bytes that nobody meant.  Events are noted as lines of text. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "sha1.h"
#include "bencode.h"
#include "addr.h"
#include "torrent/meta.h"
#include "swarm/wire.h"
#include "swarm/requests.h"
#include "swarm/metadata.h"
#include "swarm/peer.h"
#include "unit.h"

enum {
	NPIECES = 21, PIECE = 32768, LAST = 1000,
	BIG = 1 << 18,         /* the piece length of the other shape */
	BOTH = CAN_FAST | CAN_EXTENDED,
	OPS = 100000, ROUNDS = 100000,
	LENT = 64,
	INFO = 2 * METADATA_PIECE + 100 /* bytes of metadata */
};

struct side {
	struct peer p;
	struct buf in;         /* received and not yet consumed */
	struct buf log;        /* events */
	uint8_t have[8];
	const struct shape *sh;
	int refuse;            /* hello and ready say -1 */
	const char *end_at;    /* the event in which peer_end is called */
	int no_read;           /* read fails */
	int not_asked;         /* rejected says -1, */
	int unasked;           /* and block does */
	int nasked;            /* requests since events were looked at, of */
	uint32_t asked;        /* which the first was noted, and the last */
	int seeking;           /* hello binds without a shape */
	struct metadata *md;   /* where metadata goes to, borrowed, or NULL */
	int md_said;           /* what metadata_got said last */
	struct { const uint8_t *p; uint8_t first; } lent[LENT];
	int nlent;             /* blocks since fed */
	int bad;               /* calls beyond limits */
};

static void joined(void);
static void cuts(void);
static void record(struct buf *b);
static void handshakes(void);
static void ends(void);
static void reasons(void);
static void reason(struct side *s, long r, const char *why);
static void states(void);
static void pieces(void);
static void bitfields(void);
static void greetings(void);
static int greets(int can, int have, const char *ip, const char *first);
static void extended_out(void);
static void extended_in(void);
static long extend(struct side *s, const void *p, size_t n);
static void metadata_size(void);
static int tells_size(struct side *s, int64_t want);
static void metadata_out(void);
static void metadata_odd(void);
static void metadata_in(void);
static void metadata_ids(void);
static void metadata_whole(void);
static void fast_off(void);
static void ranges(void);
static void requests(void);
static void fast_limits(void);
static void costs(void);
static void limits(void);
static void cancels(void);
static void chokes(void);
static void serving(void);
static void model(void);
static void clocks(void);
static void early(void);
static void early_streams(void);
static void only_news(struct buf *b);
static void early_limits(void);
static void early_wrong(void);
static void early_asks(void);
static void early_greeting(void);
static void fuzz(void);

static struct side *side_new(int have);
static struct side *ready(int can, int have);
static struct side *greeted(int can, int have);
static struct side *seeking(int can);
static int shaped(struct side *s);
static void side_free(struct side *s);
static void put_handshake(struct buf *b, int can, const uint8_t *h);
static void pump(struct side *a, struct side *b);
static long feed(struct side *s, const void *p, size_t n);
static long say(struct side *s, enum msg msg, int n, uint32_t x, uint32_t y,
    uint32_t z);
static long say_bytes(struct side *s, enum msg msg, const void *p, size_t n);
static int got(struct side *s, const char *log);
static int sent(struct side *s, enum msg msg, int n, uint32_t x, uint32_t y,
    uint32_t z);
static int sent_piece(struct side *s, struct block b);
static long speak(struct side *s, const char *dict);
static int sent_metadata(struct side *s, unsigned id, const char *dict,
    const uint8_t *p, size_t n);
static int quiet(const struct side *s);
static int next_out(struct side *s, unsigned *msg, struct span *payload);
static int is_allowed(const struct side *s, uint32_t piece);
static uint8_t byte_at(uint32_t piece, uint32_t at);
static const uint8_t *info_bytes(void);
static int in_shape(const struct side *s, struct block b);
static struct block block(uint32_t piece, uint32_t begin, uint32_t len);
static struct addr addr_of(const char *text);

static const uint8_t hash[ID_LEN] = "hash of twenty bytes";
static const uint8_t other[ID_LEN] = "hash of another tor.";
static const uint8_t my_id[ID_LEN] = "-bt0010-aaaaaaaaaaaa";
static const uint8_t its_id[ID_LEN] = "-XX0100-bbbbbbbbbbbb";
static const struct shape shape = { (NPIECES - 1) * (int64_t)PIECE + LAST,
	PIECE, NPIECES };
static const struct shape big = { 3 * (int64_t)BIG, BIG, 3 };

/* Events. */

static int
note(struct side *s, const char *event)
{
	if (s->end_at && strcmp(s->end_at, event) == 0)
		peer_end(&s->p);
	buf_printf(&s->log, "%s ", event);
	return s->refuse ? -1 : 0;
}

static void
note_number(struct side *s, const char *event, uint32_t n)
{
	note(s, event);
	buf_printf(&s->log, "%u ", (unsigned)n);
	if (strcmp(event, "choked") != 0 && strcmp(event, "interested") != 0)
		s->bad += n >= s->sh->npieces || s->p.shapeless;
}

static void
note_block(struct side *s, const char *event, struct block b)
{
	note(s, event);
	buf_printf(&s->log, "%u/%u/%u ", (unsigned)b.piece, (unsigned)b.begin,
	    (unsigned)b.len);
	s->bad += !in_shape(s, b) || s->p.shapeless;
}

static int
on_hello(void *arg, const uint8_t *h)
{
	struct side *s = arg;

	if (memcmp(h, hash, ID_LEN) != 0 || s->refuse) {
		buf_printf(&s->log, "refused ");
		return -1;
	}
	peer_bind(&s->p, s->seeking ? NULL : s->sh, hash, my_id,
	    s->seeking ? NULL : s->have);
	return note(s, "hello");
}

static int
on_ready(void *arg)
{
	return note(arg, "ready");
}

static void
on_has(void *arg, uint32_t piece)
{
	note_number(arg, "has", piece);
}

static void
on_has_bits(void *arg, const uint8_t *bits)
{
	struct side *s = arg;
	char text[17];

	hex(text, bits, MIN(8, bit_bytes(s->sh->npieces)));
	note(s, "bits");
	buf_printf(&s->log, "%s ", text);
	s->bad += s->p.shapeless;
}

static void
on_has_all(void *arg)
{
	struct side *s = arg;

	note(s, "all");
	s->bad += s->p.shapeless;
}

static void
on_choked(void *arg, int choked)
{
	note_number(arg, "choked", (uint32_t)choked);
}

static void
on_interested(void *arg, int interested)
{
	note_number(arg, "interested", (uint32_t)interested);
}

static int
on_block(void *arg, struct block b, const uint8_t *data, int64_t now_ms)
{
	struct side *s = arg;
	uint32_t i, sum = 0;

	(void)now_ms;
	note_block(s, "block", b);
	for (i = 0; i < b.len; i++) /* also: all of it may be read */
		sum = sum * 31 + data[i];
	buf_printf(&s->log, "%08x ", (unsigned)sum);
	if (s->nlent < LENT) {
		s->lent[s->nlent].p = data;
		s->lent[s->nlent].first = *data;
	}
	s->nlent++;
	return s->unasked ? -1 : 0;
}

/* Until now the bytes of blocks have to stand where they were. */
static void
on_fed(void *arg)
{
	struct side *s = arg;
	int i;

	s->bad += s->nlent == 0;
	for (i = 0; i < s->nlent && i < LENT; i++)
		s->bad += *s->lent[i].p != s->lent[i].first;
	s->nlent = 0;
}

static int
on_rejected(void *arg, struct block b)
{
	note_block(arg, "rejected", b);
	return ((struct side *)arg)->not_asked ? -1 : 0;
}

static void
on_suggested(void *arg, uint32_t piece)
{
	note_number(arg, "suggested", piece);
}

static void
on_allowed(void *arg, uint32_t piece)
{
	note_number(arg, "allowed", piece);
}

static void
on_asked(void *arg, uint32_t piece)
{
	struct side *s = arg;

	s->asked = piece;
	if (s->nasked++ == 0)
		note(s, "asked");
}

static int
on_read(void *arg, const struct block *b, uint8_t *const *data, int n)
{
	struct side *s = arg;
	uint32_t j;
	int i;

	for (i = 0; i < n; i++) {
		s->bad += !in_shape(s, b[i]) || !bit_get(s->have, b[i].piece);
		for (j = 0; j < b[i].len; j++)
			data[i][j] = byte_at(b[i].piece, b[i].begin + j);
	}
	return s->no_read ? -1 : 0;
}

static void
on_extended(void *arg)
{
	note(arg, "extended");
}

static void
on_metadata(void *arg, uint32_t piece, struct span data)
{
	struct side *s = arg;
	uint32_t sum = 0;
	size_t i;

	note(s, "metadata");
	buf_printf(&s->log, "%u ", (unsigned)piece);
	for (i = 0; data.p && i < data.n; i++)
		sum = sum * 31 + data.p[i];
	if (data.p)
		buf_printf(&s->log, "%zu/%08x ", data.n, (unsigned)sum);
	if (s->md)
		s->md_said = metadata_got(s->md, piece, data, 1000);
}

static const struct peer_ops ops = {
	.hello = on_hello, .ready = on_ready, .has = on_has,
	.has_bits = on_has_bits, .has_all = on_has_all, .choked = on_choked,
	.interested = on_interested, .block = on_block, .fed = on_fed,
	.rejected = on_rejected, .suggested = on_suggested,
	.allowed = on_allowed, .asked = on_asked, .read = on_read,
	.extended = on_extended, .metadata = on_metadata
};

void
test_peer(void)
{
	joined();
	cuts();
	handshakes();
	ends();
	reasons();
	states();
	pieces();
	bitfields();
	greetings();
	extended_out();
	extended_in();
	metadata_size();
	metadata_out();
	metadata_odd();
	metadata_in();
	metadata_ids();
	metadata_whole();
	fast_off();
	ranges();
	requests();
	fast_limits();
	costs();
	limits();
	cancels();
	chokes();
	serving();
	model();
	clocks();
	early();
	early_streams();
	early_limits();
	early_wrong();
	early_asks();
	early_greeting();
	fuzz();
}

static void
joined(void)
{
	struct side *a = side_new(NPIECES), *b = side_new(0);
	struct addr at = addr_of("127.0.0.1:6881");
	char want[64];
	uint32_t i, begin, len, sum, k;

	CASE("peer: two peers joined greet each other");
	a->p.giving_only = 1;
	peer_bind(&a->p, a->sh, hash, its_id, a->have);
	OK(a->p.out.len == HANDSHAKE_LEN && quiet(b));
	pump(a, b);
	OK(got(a, "ready ") && got(b, "hello ready "));
	OK(memcmp(a->p.id, my_id, ID_LEN) == 0);
	OK(memcmp(b->p.id, its_id, ID_LEN) == 0);
	OK(a->p.can == BOTH && b->p.can == BOTH);
	peer_greet(&a->p, 6881, &at);
	peer_greet(&b->p, 0, &at);
	pump(a, b);
	OK(got(a, "extended "));
	buf_put(&b->log, "", 1);
	OK(strncmp((char *)b->log.p, "all extended allowed ", 21) == 0);
	b->log.len = 0;
	OK(b->p.ext.port == 6881 && a->p.ext.port == 0);
	OK(a->p.ext.reqq == HELD_MAX && strcmp(a->p.ext.client, "btsh 0.1") == 0);

	CASE("peer: two peers joined move a whole torrent");
	peer_interest(&b->p, 1);
	peer_interest(&b->p, 1);
	pump(a, b);
	OK(got(a, "interested 1 ") && a->p.peer_interested);
	peer_choke(&a->p, 0);
	peer_choke(&a->p, 0);
	pump(a, b);
	OK(got(b, "choked 0 ") && !b->p.peer_choking);
	for (i = 0; i < NPIECES; i++) {
		for (begin = 0; begin < shape_len(&shape, i); begin += len) {
			len = MIN(BLOCK_LEN, shape_len(&shape, i) - begin);
			peer_request(&b->p, block(i, begin, len));
			pump(a, b);
			OK(got(a, "asked "));
			OK(peer_serve(&a->p, OUT_MAX) == (long)len);
			pump(a, b);
			for (sum = k = 0; k < len; k++)
				sum = sum * 31 + byte_at(i, begin + k);
			snprintf(want, sizeof want, "block %u/%u/%u %08x ",
			    (unsigned)i, (unsigned)begin, (unsigned)len,
			    (unsigned)sum);
			OK_FOR(want, got(b, want));
		}
		peer_announce(&b->p, i);
		pump(a, b);
		snprintf(want, sizeof want, "has %u ", (unsigned)i);
		OK_FOR(want, got(a, want));
	}
	peer_interest(&b->p, 0);
	peer_choke(&a->p, 1);
	pump(a, b);
	OK(got(a, "interested 0 ") && got(b, "choked 1 "));
	OK(a->bad == 0 && b->bad == 0);
	side_free(a);
	side_free(b);
}

/* Every message there is, after a caller's handshake. */
static void
record(struct buf *b)
{
	static const char ext[] = "\0d1:md11:ut_metadatai3e6:ut_pexi1ee"
	    "1:pi6881e4:reqqi500e1:v6:other e";
	static const char *const metadata[] = { "\1d8:msg_typei0e5:piecei0ee",
		"\1d8:msg_typei1e5:piecei2e10:total_sizei40000eehello",
		"\1d8:msg_typei2e5:piecei1ee", "\1d8:msg_typei9e5:piecei0ee" };
	uint8_t i;

	put_handshake(b, BOTH, hash);
	wire_put(b, MSG_HAVE_ALL, 0, 0, 0, 0);
	wire_put_head(b, MSG_EXTENDED, sizeof ext - 1);
	buf_put(b, ext, sizeof ext - 1);
	wire_put(b, MSG_HAVE_NONE, 0, 0, 0, 0);
	wire_put(b, MSG_UNCHOKE, 0, 0, 0, 0);
	wire_put(b, MSG_INTERESTED, 0, 0, 0, 0);
	buf_put(b, "\0\0\0", 4);
	wire_put(b, MSG_HAVE, 1, 7, 0, 0);
	wire_put_head(b, MSG_BITFIELD, 3);
	buf_put(b, "\xff\x0f\xf8", 3);
	wire_put(b, MSG_REQUEST, 3, 1, 0, 16384);
	wire_put(b, MSG_REQUEST, 3, 20, 0, LAST);
	wire_put_head(b, MSG_PIECE, 8 + 200);
	put32(buf_room(b, 208), 3);
	put32(b->p + b->len + 4, 100);
	b->len += 8;
	for (i = 0; i < 200; i++)
		buf_put(b, &i, 1);
	wire_put(b, MSG_CANCEL, 3, 1, 0, 16384);
	wire_put_head(b, MSG_PORT, 2);
	buf_put(b, "\x1a\xe1", 2);
	wire_put(b, MSG_SUGGEST, 1, 5, 0, 0);
	wire_put(b, MSG_REJECT, 3, 2, 16384, 16384);
	wire_put(b, MSG_ALLOWED_FAST, 1, 20, 0, 0);
	wire_put_head(b, MSG_EXTENDED, 6);
	buf_put(b, "\7hello", 6);
	for (i = 0; i < LEN(metadata); i++) {
		wire_put_head(b, MSG_EXTENDED, strlen(metadata[i]));
		buf_put(b, metadata[i], strlen(metadata[i]));
	}
	wire_put_head(b, (enum msg)99, 5);
	buf_put(b, "hello", 5);
	buf_put(b, "\0\0\0", 4);
	wire_put(b, MSG_NOT_INTERESTED, 0, 0, 0, 0);
	wire_put(b, MSG_CHOKE, 0, 0, 0, 0);
}

static void
cuts(void)
{
	struct buf b = { NULL, 0, 0, 0 };
	struct side *whole = side_new(NPIECES), *s;
	uint64_t rnd = 7;
	uint32_t sum = 0, x;
	char want[256];
	size_t at, k;
	int i;

	record(&b);
	for (x = 0; x < 200; x++)
		sum = sum * 31 + x;
	snprintf(want, sizeof want, "hello ready all extended choked 0 "
	    "interested 1 has 7 bits ff0ff8 block 3/100/200 %08x suggested 5 "
	    "rejected 2/16384/16384 allowed 20 metadata 2 5/05e918d2 "
	    "metadata 1 interested 0 choked 1 ", (unsigned)sum);
	CASE("peer: a stream of every message gives every event");
	OK(feed(whole, b.p, b.len) == (long)b.len);
	buf_put(&whole->log, "", 1);
	OK_FOR((char *)whole->log.p, strcmp((char *)whole->log.p, want) == 0);
	whole->log.len--;
	OK(whole->p.peer_choking && !whole->p.peer_interested);
	OK(whole->p.ext.reqq == 500 && whole->p.ext.port == 6881);
	OK(whole->p.ext.metadata_id == 3);
	CASE("peer: a stream that comes byte by byte is the same");
	s = side_new(NPIECES);
	for (at = 0; at < b.len; at++)
		OK(feed(s, b.p + at, 1) >= 0);
	OK(buf_left(&s->in) == 0);
	OK(s->log.len == whole->log.len &&
	    memcmp(s->log.p, whole->log.p, s->log.len) == 0);
	OK(s->p.out.len == whole->p.out.len &&
	    memcmp(s->p.out.p, whole->p.out.p, s->p.out.len) == 0);
	side_free(s);
	CASE("peer: a stream cut anywhere is the same");
	for (i = 0; i < 500; i++) {
		s = side_new(NPIECES);
		for (at = 0; at < b.len; at += k) {
			k = 1 + rnd_below(&rnd, i % 2 ? 100 : 20);
			k = MIN(b.len - at, k);
			OK(feed(s, b.p + at, k) >= 0);
		}
		OK(buf_left(&s->in) == 0);
		OK(s->log.len == whole->log.len &&
		    memcmp(s->log.p, whole->log.p, s->log.len) == 0);
		OK(s->p.out.len == whole->p.out.len &&
		    memcmp(s->p.out.p, whole->p.out.p, s->p.out.len) == 0);
		side_free(s);
	}
	side_free(whole);
	buf_free(&b);
}

static void
handshakes(void)
{
	struct buf b = { NULL, 0, 0, 0 };
	struct side *s;
	size_t i;

	CASE("peer: a dialled peer is sent our handshake at once");
	s = side_new(3);
	peer_bind(&s->p, s->sh, hash, my_id, s->have);
	wire_handshake(&b, hash, my_id, 0);
	OK(s->p.out.len == HANDSHAKE_LEN &&
	    memcmp(s->p.out.p, b.p, HANDSHAKE_LEN) == 0);
	side_free(s);
	CASE("peer: a caller's 48 bytes are answered before its id comes");
	s = side_new(3);
	OK(feed(s, b.p, 47) == 0 && quiet(s) && got(s, ""));
	OK(feed(s, b.p + 47, 1) == 48);
	OK(got(s, "hello "));
	OK(s->p.out.len == HANDSHAKE_LEN &&
	    memcmp(s->p.out.p, b.p, HANDSHAKE_LEN) == 0);
	OK(feed(s, b.p + 48, 19) == 0 && got(s, ""));
	OK(feed(s, b.p + 67, 1) == 20);
	OK(got(s, "ready "));
	OK(s->p.out.len == HANDSHAKE_LEN);
	side_free(s);
	CASE("peer: a dialled peer's handshake is awaited, not answered");
	s = side_new(3);
	peer_bind(&s->p, s->sh, hash, my_id, s->have);
	OK(feed(s, b.p, 48) == 48 && got(s, ""));
	OK(feed(s, b.p + 48, 20) == 20 && got(s, "ready "));
	OK(s->p.out.len == HANDSHAKE_LEN);
	side_free(s);
	CASE("peer: another protocol ends the connection");
	for (i = 0; i < 20; i++) {
		b.p[i] ^= 1;
		s = side_new(3);
		OK(feed(s, b.p, b.len) == -1);
		OK(quiet(s) && got(s, ""));
		side_free(s);
		b.p[i] ^= 1;
	}
	s = side_new(3);
	OK(feed(s, BYTES("GET /announce?info_hash=aaaaaaaaaaaaaaaaaaaa HTTP"
	    "/1.1\r\nHost: localhost\r\n\r\n")) == -1);
	side_free(s);
	CASE("peer: an unknown torrent ends a call, and nothing is sent");
	b.len = 0;
	put_handshake(&b, BOTH, other);
	s = side_new(3);
	OK(feed(s, b.p, b.len) == -1);
	OK(quiet(s) && got(s, "refused "));
	side_free(s);
	CASE("peer: another torrent ends what we dialled");
	s = side_new(3);
	peer_bind(&s->p, s->sh, hash, my_id, s->have);
	OK(feed(s, b.p, b.len) == -1 && got(s, ""));
	side_free(s);
	CASE("peer: reserved bits that we do not know are ignored");
	b.len = 0;
	put_handshake(&b, BOTH, hash);
	memset(b.p + 20, 0xff, 8);
	s = side_new(3);
	OK(feed(s, b.p, b.len) == HANDSHAKE_LEN);
	OK(s->p.can == (BOTH | CAN_DHT));
	side_free(s);
	buf_free(&b);
}

static void
ends(void)
{
	static const char *const at[] = { "hello", "ready", "all", "extended",
		"choked", "interested", "has", "bits", "block", "suggested",
		"rejected", "allowed", "metadata" };
	struct buf b = { NULL, 0, 0, 0 };
	struct side *s, *to;
	char *p;
	size_t i;

	record(&b);
	CASE("peer: what ready refuses is hung up");
	s = side_new(3);
	OK(feed(s, b.p, 48) == 48);
	s->refuse = 1;
	reason(s, feed(s, b.p + 48, 20), "not wanted");
	CASE("peer: its news go to whoever it is handed to");
	s = ready(BOTH, 3);
	to = side_new(3);
	peer_hand(&s->p, &ops, to);
	OK(say(s, MSG_HAVE, 1, 1, 0, 0) == 1);
	OK(got(s, "") && got(to, "has 1 "));
	side_free(to);
	side_free(s);
	CASE("peer: no event comes after peer_end, wherever it is called");
	for (i = 0; i < LEN(at); i++) {
		s = side_new(3);
		s->end_at = at[i];
		feed(s, b.p, b.len);
		buf_put(&s->log, "", 1);
		p = strstr((char *)s->log.p, at[i]);
		OK_FOR(at[i], p != NULL);
		for (p += p ? strlen(at[i]) : 0; p && *p; p++)
			if (*p >= 'a' && *p <= 'z' && p[-1] == ' ')
				break;
		OK_FOR(at[i], p && (*p == '\0' || strchr("0123456789abcdef",
		    *p)));
		side_free(s);
	}
	CASE("peer: no event comes of bytes fed after peer_end");
	s = ready(BOTH, 3);
	peer_end(&s->p);
	say(s, MSG_HAVE, 1, 1, 0, 0);
	OK(got(s, ""));
	side_free(s);
	buf_free(&b);
}

/* Each way to be hung up on: what is said, and what is told of it. */
static void
reasons(void)
{
	static const struct {
		int can;
		enum msg msg;
		const char *data;
		size_t n;
		const char *why;
	} wrong[] = {
		{ BOTH, MSG_CHOKE, BYTES("\1\2\3"), "a choke of 3 bytes" },
		{ BOTH, (enum msg)99, NULL, 70000,
		    "an unknown message of 70000 bytes" },
		{ BOTH, (enum msg)11, NULL, 65537,
		    "an unknown message of 65537 bytes" },
		{ BOTH, MSG_PIECE, NULL, 900000, "a piece of 900000 bytes" },
		{ BOTH, MSG_BITFIELD, BYTES("\1\2"), "a bitfield of 2 bytes" },
		{ BOTH, MSG_BITFIELD, BYTES("\0\0\1"),
		    "a bitfield with bits beyond piece 21" },
		{ BOTH, MSG_HAVE, BYTES("\0\0\3\x84"),
		    "a have of piece 900 of 21" },
		{ BOTH, MSG_SUGGEST, BYTES("\0\0\0\x15"),
		    "a suggest of piece 21 of 21" },
		{ BOTH, MSG_ALLOWED_FAST, BYTES("\xff\xff\xff\xff"),
		    "an allowed fast of piece 4294967295 of 21" },
		{ 0, MSG_HAVE_ALL, BYTES(""),
		    "a have all without the fast extension" },
		{ BOTH, MSG_REQUEST, BYTES("\0\0\0\x14\0\0\1\0\0\0\x40\0"),
		    "a request of 16384 bytes at 256 of piece 20, "
		    "not there" },
		{ BOTH, MSG_REJECT, BYTES("\0\0\0\x15\0\0\0\0\0\0\0\1"),
		    "a reject of 1 bytes at 0 of piece 21, not there" },
		{ BOTH, MSG_PIECE, BYTES("\0\0\0\1\0\0\x80\0x"),
		    "a piece of 1 bytes at 32768 of piece 1, not there" },
		{ CAN_FAST, MSG_EXTENDED, BYTES("\0de"),
		    "an extended without that extension" },
		{ BOTH, MSG_EXTENDED, BYTES("\1i5e"),
		    "an extended 1 that is no dictionary" }
	};
	uint8_t *zeros = xcalloc(1, 900000);
	struct buf b = { NULL, 0, 0, 0 };
	struct side *s;
	size_t i;

	CASE("peer: why it hangs up is told in words of ours");
	for (i = 0; i < LEN(wrong); i++) {
		s = ready(wrong[i].can, NPIECES);
		OK(peer_why(&s->p)[0] == '\0');
		reason(s, say_bytes(s, wrong[i].msg, wrong[i].data ?
		    wrong[i].data : (void *)zeros, wrong[i].n), wrong[i].why);
	}
	CASE("peer: so it is when nobody wants what it sends");
	s = ready(BOTH, NPIECES);
	s->unasked = 1;
	reason(s, say_bytes(s, MSG_PIECE, BYTES("\0\0\0\1\0\0\0\0x")),
	    "blocks that were not asked for");
	s = ready(BOTH, NPIECES);
	s->not_asked = 1;
	reason(s, say(s, MSG_REJECT, 3, 1, 0, 1),
	    "rejects of what was not asked for");
	CASE("peer: so it is of handshakes");
	s = side_new(3);
	reason(s, feed(s, "GET", 3), "no BitTorrent handshake");
	put_handshake(&b, BOTH, other);
	s = side_new(3);
	reason(s, feed(s, b.p, b.len),
	    "called for a torrent that is not here");
	s = side_new(3);
	peer_bind(&s->p, s->sh, hash, my_id, s->have);
	reason(s, feed(s, b.p, b.len), "has another torrent");
	b.p[1] = 'b';
	s = side_new(3);
	reason(s, feed(s, b.p, b.len),
	    "no BitTorrent handshake");
	CASE("peer: so it is of silence, and of data that cannot be read");
	s = side_new(3);
	reason(s, (long)peer_tick(&s->p, 11000), "no handshake for 10 s");
	s = ready(BOTH, NPIECES);
	reason(s, (long)peer_tick(&s->p, 121000), "silent for 120 s");
	s = ready(BOTH, NPIECES);
	s->no_read = 1;
	peer_choke(&s->p, 0);
	OK(say(s, MSG_REQUEST, 3, 1, 0, 9) == 1);
	reason(s, peer_serve(&s->p, 100), "reading our data failed");
	CASE("peer: so it is of early news");
	s = seeking(BOTH);
	OK(say(s, MSG_HAVE, 1, 21, 0, 0) == 1);
	reason(s, shaped(s), "a have of piece 21 of 21");
	s = seeking(BOTH);
	for (i = 0; say(s, MSG_HAVE, 1, 1, 0, 0) == 1; i++)
		;
	reason(s, -1, "over 131072 bytes of pieces unknown as yet");
	buf_free(&b);
	free(zeros);
}

/* The result r of a call was to hang up, and why. */
static void
reason(struct side *s, long r, const char *why)
{
	OK_FOR(why, r == -1);
	OK_FOR(peer_why(&s->p), strcmp(peer_why(&s->p), why) == 0);
	side_free(s);
}

static void
states(void)
{
	struct side *s = ready(BOTH, 3);

	CASE("peer: a connection starts choked and not interested");
	OK(s->p.am_choking && s->p.peer_choking);
	OK(!s->p.am_interested && !s->p.peer_interested);
	CASE("peer: choking and interest are told when they change");
	OK(say(s, MSG_UNCHOKE, 0, 0, 0, 0) == 1 && got(s, "choked 0 "));
	OK(say(s, MSG_CHOKE, 0, 0, 0, 0) == 1 && got(s, "choked 1 "));
	OK(say(s, MSG_INTERESTED, 0, 0, 0, 0) == 1 && got(s, "interested 1 "));
	OK(say(s, MSG_NOT_INTERESTED, 0, 0, 0, 0) == 1);
	OK(got(s, "interested 0 "));
	CASE("peer: choking and interest are sent when they change");
	peer_choke(&s->p, 1);
	peer_interest(&s->p, 0);
	OK(quiet(s));
	peer_choke(&s->p, 0);
	OK(sent(s, MSG_UNCHOKE, 0, 0, 0, 0) && quiet(s));
	peer_choke(&s->p, 0);
	OK(quiet(s));
	peer_choke(&s->p, 1);
	OK(sent(s, MSG_CHOKE, 0, 0, 0, 0) && quiet(s));
	peer_interest(&s->p, 1);
	OK(sent(s, MSG_INTERESTED, 0, 0, 0, 0) && quiet(s));
	peer_interest(&s->p, 1);
	OK(quiet(s));
	peer_interest(&s->p, 0);
	OK(sent(s, MSG_NOT_INTERESTED, 0, 0, 0, 0) && quiet(s));
	CASE("peer: have, request and cancel are sent as they are told");
	peer_announce(&s->p, 20);
	OK(sent(s, MSG_HAVE, 1, 20, 0, 0) && quiet(s));
	peer_request(&s->p, block(20, 3, 7));
	OK(sent(s, MSG_REQUEST, 3, 20, 3, 7) && quiet(s));
	peer_cancel(&s->p, block(20, 3, 7));
	OK(sent(s, MSG_CANCEL, 3, 20, 3, 7) && quiet(s));
	CASE("peer: messages of a wrong length end the connection");
	side_free(s);
	s = ready(BOTH, 3);
	OK(say_bytes(s, MSG_CHOKE, "x", 1) == -1);
	OK(say_bytes(s, MSG_HAVE, "\0\0\0", 3) == -1);
	OK(say_bytes(s, MSG_HAVE, "\0\0\0\0", 5) == -1);
	OK(say_bytes(s, MSG_REQUEST, "\0\0\0\0\0\0\0\0\0\0", 11) == -1);
	OK(say_bytes(s, MSG_PIECE, "\0\0\0\0\0\0\0\0", 8) == -1);
	OK(feed(s, "\xff\xff\xff\xff\x14", 5) == -1);
	s->in.at = s->in.len = 0;
	OK(feed(s, "\x7f\xff\xff\xff\x63", 5) == -1);
	OK(got(s, ""));
	side_free(s);
}

static void
pieces(void)
{
	uint8_t data[8 + PIECE + 1];
	struct side *s = ready(BOTH, 0);

	memset(data, 0, sizeof data);
	CASE("peer: a block comes as it is, whoever asked");
	put32(data, 20);
	put32(data + 4, LAST - 1);
	data[8] = 200;
	OK(say_bytes(s, MSG_PIECE, data, 9) == 1);
	OK(got(s, "block 20/999/1 000000c8 "));
	put32(data, 0);
	put32(data + 4, 0);
	data[8] = 0;
	OK(say_bytes(s, MSG_PIECE, data, 8 + PIECE) == 1);
	OK(got(s, "block 0/0/32768 00000000 "));
	CASE("peer: a block beyond its piece ends the connection");
	OK(say_bytes(s, MSG_PIECE, data, 8 + PIECE + 1) == -1);
	put32(data + 4, 1);
	OK(say_bytes(s, MSG_PIECE, data, 8 + PIECE) == -1);
	put32(data + 4, PIECE);
	OK(say_bytes(s, MSG_PIECE, data, 9) == -1);
	put32(data + 4, 0xffffffff);
	OK(say_bytes(s, MSG_PIECE, data, 8 + 16384) == -1);
	put32(data, 20);
	put32(data + 4, LAST);
	OK(say_bytes(s, MSG_PIECE, data, 9) == -1);
	put32(data, NPIECES);
	put32(data + 4, 0);
	OK(say_bytes(s, MSG_PIECE, data, 9) == -1);
	put32(data, 0xffffffff);
	OK(say_bytes(s, MSG_PIECE, data, 9) == -1);
	OK(got(s, "") && s->bad == 0);
	side_free(s);
}

static void
bitfields(void)
{
	struct side *s = ready(0, 0);

	CASE("peer: a bit field of wrong length ends the connection");
	OK(say_bytes(s, MSG_BITFIELD, "\xff\xff", 2) == -1);
	OK(say_bytes(s, MSG_BITFIELD, "\xff\xff\0", 4) == -1);
	OK(say_bytes(s, MSG_BITFIELD, "", 0) == -1);
	CASE("peer: a bit field with spare bits ends the connection");
	OK(say_bytes(s, MSG_BITFIELD, "\0\0\1", 3) == -1);
	OK(say_bytes(s, MSG_BITFIELD, "\0\0\2", 3) == -1);
	OK(say_bytes(s, MSG_BITFIELD, "\0\0\4", 3) == -1);
	OK(say_bytes(s, MSG_BITFIELD, "\xff\xff\xff", 3) == -1);
	OK(got(s, ""));
	CASE("peer: a bit field tells what it has besides what it said");
	OK(say_bytes(s, MSG_BITFIELD, "\x80\0\x08", 3) == 1);
	OK(got(s, "bits 800008 "));
	OK(say(s, MSG_HAVE, 1, 2, 0, 0) == 1 && got(s, "has 2 "));
	OK(say_bytes(s, MSG_BITFIELD, "\x01\0\0", 3) == 1);
	OK(got(s, "bits 010000 "));
	side_free(s);
	CASE("peer: have none says nothing, have all all");
	s = ready(CAN_FAST, 0);
	OK(say(s, MSG_HAVE_NONE, 0, 0, 0, 0) == 1 && got(s, ""));
	side_free(s);
	s = ready(CAN_FAST, 0);
	OK(say(s, MSG_HAVE_ALL, 0, 0, 0, 0) == 1 && got(s, "all "));
	side_free(s);
}

static void
greetings(void)
{
	CASE("peer: to the fast: have all, have none or the bit field");
	OK(greets(CAN_FAST, NPIECES, "::1", "\0\0\0\1\x0e"));
	OK(greets(CAN_FAST, 0, "::1", "\0\0\0\1\x0f"));
	OK(greets(CAN_FAST, 3, "::1", "\0\0\0\4\5\xe0"));
	CASE("peer: to others: the bit field, or nothing if we have nothing");
	OK(greets(0, NPIECES, "1.2.3.4", "\0\0\0\4\5\xff"));
	OK(greets(0, 3, "1.2.3.4", "\0\0\0\4\5\xe0"));
	OK(greets(0, 0, "1.2.3.4", ""));
	CASE("peer: the fast are told BEP 6's set, others are not");
	OK(greets(CAN_FAST, 3, "80.4.4.200", "\0\0\0\4\5\xe0"));
	OK(greets(CAN_FAST, NPIECES, "80.4.4.200", "\0\0\0\1\x0e"));
	CASE("peer: only who can is sent the extended handshake");
	OK(greets(CAN_EXTENDED, 0, "1.2.3.4", "\0"));
	OK(greets(CAN_EXTENDED, 3, "1.2.3.4", "\0\0\0\4\5\xe0"));
	OK(greets(BOTH, 3, "1.2.3.4", "\0\0\0\4\5\xe0"));
	OK(greets(BOTH, 0, "::1", "\0\0\0\1\x0f"));
}

/* Whether a greeting is what it is to be: first begins
 * it. */
static int
greets(int can, int have, const char *ip, const char *first)
{
	struct side *s = ready(can, have);
	struct addr a = addr_of(ip);
	uint32_t set[FAST_SET];
	int n = wire_fast_set(set, FAST_SET, NPIECES, hash, &a), i = 0, ok = 1;
	int nextended = 0;
	unsigned msg;
	struct span v;

	peer_greet(&s->p, 6881, &a);
	if (first[0] == '\0' && can == 0 && have == 0)
		ok = quiet(s);
	else if (can != CAN_EXTENDED || have > 0)
		ok = s->p.out.len >= 5 &&
		    memcmp(s->p.out.p, first, 5) == 0 &&
		    (first[4] != 5 || s->p.out.p[5] == (uint8_t)first[5]);
	if (can & CAN_FAST)
		say(s, MSG_HAVE_NONE, 0, 0, 0, 0);
	while (ok && next_out(s, &msg, &v)) {
		if (msg == MSG_ALLOWED_FAST)
			ok = i < n && v.n == 4 && get32(v.p) == set[i++];
		nextended += msg == MSG_EXTENDED;
	}
	ok = ok && quiet(s) && nextended == ((can & CAN_EXTENDED) != 0) &&
	    i == (can & CAN_FAST && have > 0 ? n : 0) && i == s->p.nfast;
	side_free(s);
	return ok;
}

static void
extended_out(void)
{
	static const char *const ips[] = { "80.4.4.200", "2001:db8::1" };
	struct side *s;
	struct addr a;
	struct span v, d;
	unsigned msg;
	int i, j;

	for (i = 0; i < 4; i++) {
		CASE(i < 2 ? "peer: the extended handshake to IPv4" :
		    "peer: the extended handshake to IPv6");
		s = ready(CAN_EXTENDED, i % 2 ? NPIECES : 0);
		s->p.giving_only = i % 2;
		s->p.info.n = 123456;
		a = addr_of(ips[i / 2]);
		for (j = 0; j < 2; j++) { /* greeted, and later again */
			if (j == 0)
				peer_greet(&s->p, 6881, &a);
			else
				peer_extend(&s->p, 6881, &a);
			while (next_out(s, &msg, &v) && msg != MSG_EXTENDED)
				;
			OK(msg == MSG_EXTENDED && v.n > 1 && v.p[0] == 0);
			d.p = v.p + 1;
			d.n = v.n - 1;
			OK(ben_parse(d.p, d.n) == (long)d.n);
			OK(ben_kind(d) == 'd' && unit_canonical(d));
			OK(ben_get_int(ben_get(d, "m"), "ut_metadata", 0) ==
			    1);
			OK(ben_get_int(d, "metadata_size", 0) == 123456);
			OK(ben_get_int(d, "p", 0) == 6881);
			OK(ben_get_int(d, "reqq", 0) == HELD_MAX);
			OK(ben_get_int(d, "upload_only", 0) == i % 2);
			OK(span_is(ben_get_str(d, "v"), "btsh 0.1"));
			v = ben_get_str(d, "yourip");
			OK(v.n == (i < 2 ? 4 : 16));
			OK(v.n > 0 && memcmp(v.p, a.ip + (i < 2 ? 12 : 0),
			    v.n) == 0);
			OK(quiet(s));
		}
		side_free(s);
	}
	CASE("peer: no port is told where there is none");
	s = ready(CAN_EXTENDED, 0);
	peer_extend(&s->p, 0, &a);
	OK(next_out(s, &msg, &v) && v.n > 1);
	d.p = v.p + 1;
	d.n = v.n - 1;
	OK(ben_get(d, "p").n == 0 && unit_canonical(d));
	side_free(s);
	CASE("peer: upload_only is as it is now");
	s = ready(CAN_EXTENDED, 3);
	for (i = 0; i < 2; i++) {
		peer_extend(&s->p, 0, &a);
		OK(next_out(s, &msg, &v) && v.n > 1);
		d.p = v.p + 1;
		d.n = v.n - 1;
		OK(ben_get_int(d, "upload_only", 0) == i);
		s->p.giving_only = 1;
	}
	side_free(s);
	CASE("peer: who cannot is sent no extended handshake");
	s = ready(CAN_FAST, 0);
	peer_extend(&s->p, 0, &a);
	OK(quiet(s));
	side_free(s);
}

static void
extended_in(void)
{
	static const struct { const char *d; int port; } ports[] = {
		{ "d1:pi1ee", 1 }, { "d1:pi65535ee", 65535 },
		{ "d1:pi0ee", 0 }, { "d1:pi65536ee", 0 }, { "d1:pi-1ee", 0 },
		{ "d1:pi9223372036854775807ee", 0 }, { "d1:p4:6881e", 0 },
		{ "d1:pi-9223372036854775808ee", 0 }, { "d1:pdee", 0 },
	};
	static const char *const reqqs[] = { "d4:reqqi-1ee", "d4:reqqi0ee",
		"d4:reqqi-9223372036854775808ee", "d4:reqqi4294967296ee",
		"d4:reqqi9223372036854775807ee", "d4:reqq1:5e", "de" };
	static const char *const wrong[] = { "", "x", "e", "le", "i1e",
		"3:abc",
		"d", "d1:pi5e", "d1:v100:xe", "d1:pi5x", "di1ei2ee",
		"d1:p99999999999999999999:e", "d4:reqqi5-ee" };
	struct side *s;
	char deep[256], huge[70000];
	size_t i;

	CASE("peer: an extended handshake tells port, queue and name");
	s = ready(CAN_EXTENDED, 0);
	OK(s->p.ext.reqq == 250 && s->p.ext.client[0] == '\0' && s->p.ext.port == 0);
	OK(extend(s, BYTES("d1:pi6881e4:reqqi700e11:upload_onlyi1e1:v4:a\x1b["
	    "be")) == 1);
	OK(got(s, "extended "));
	OK(s->p.ext.port == 6881 && s->p.ext.reqq == 700);
	OK(strcmp(s->p.ext.client, "a\\x1b[b") == 0);
	CASE("peer: it may come again");
	OK(extend(s, BYTES("d11:upload_onlyi0ee")) == 1);
	OK(got(s, "extended ") && s->p.ext.reqq == 700);
	CASE("peer: other extended messages are ignored");
	OK(say_bytes(s, MSG_EXTENDED, "\2", 1) == 1);
	OK(say_bytes(s, MSG_EXTENDED, "\xff" "d", 2) == 1);
	OK(got(s, "") && quiet(s));
	side_free(s);
	CASE("peer: ports out of range are none");
	for (i = 0; i < LEN(ports); i++) {
		s = ready(CAN_EXTENDED, 0);
		OK_FOR(ports[i].d, extend(s, ports[i].d, strlen(ports[i].d))
		    == 1 && s->p.ext.port == ports[i].port);
		side_free(s);
	}
	CASE("peer: a queue out of range is some number of requests");
	for (i = 0; i < LEN(reqqs); i++) {
		s = ready(CAN_EXTENDED, 0);
		OK_FOR(reqqs[i], extend(s, reqqs[i], strlen(reqqs[i])) == 1);
		OK_FOR(reqqs[i], s->p.ext.reqq >= 1 && s->p.ext.reqq <= 1 << 20);
		side_free(s);
	}
	CASE("peer: a long name is cut");
	s = ready(CAN_EXTENDED, 0);
	snprintf(huge, sizeof huge, "d1:v200:%0200de", 7);
	OK(extend(s, huge, strlen(huge)) == 1);
	OK(strlen(s->p.ext.client) < sizeof s->p.ext.client);
	side_free(s);
	CASE("peer: an extended handshake that is none ends the connection");
	for (i = 0; i < LEN(wrong); i++) {
		s = ready(CAN_EXTENDED, 0);
		OK_FOR(wrong[i], extend(s, wrong[i], strlen(wrong[i])) == -1);
		OK_FOR(wrong[i], got(s, ""));
		side_free(s);
	}
	s = ready(CAN_EXTENDED, 0);
	snprintf(deep, sizeof deep, "d1:a");
	memset(deep + 4, 'l', 100);
	memset(deep + 104, 'e', 101);
	OK(extend(s, deep, 205) == -1);
	side_free(s);
	CASE("peer: an extended message over 64 KiB ends the connection");
	s = ready(CAN_EXTENDED, 0);
	memset(huge, 'x', sizeof huge);
	memcpy(huge, BYTES("d1:v65000:"));
	memcpy(huge + 65010, "e", 1);
	OK(extend(s, huge, 65011) == 1);
	OK(extend(s, huge, 65536) == -1);
	side_free(s);
}

static long
extend(struct side *s, const void *p, size_t n)
{
	struct buf b = { NULL, 0, 0, 0 };
	long r;

	buf_put(&b, "", 1);
	buf_put(&b, p, n);
	r = say_bytes(s, MSG_EXTENDED, b.p, b.len);
	buf_free(&b);
	return r;
}

static void
metadata_size(void)
{
	static const struct { const char *d; int64_t size; } sizes[] = {
		{ "d13:metadata_sizei1ee", 1 }, { "de", 0 },
		{ "d13:metadata_sizei31235ee", 31235 },
		{ "d13:metadata_sizei0ee", 0 },
		{ "d13:metadata_size5:31235e", 0 },
		{ "d1:md13:metadata_sizei7eee", 0 },
	};
	struct side *s = ready(CAN_EXTENDED, 0);
	size_t i;

	CASE("peer: the metadata's size is told if it is known (BEP 9)");
	OK(tells_size(s, 0));
	s->p.info.p = info_bytes();
	s->p.info.n = 1;
	OK(tells_size(s, 1));
	s->p.info.n = INFO;
	OK(tells_size(s, INFO));
	side_free(s);
	CASE("peer: the metadata's size is what it says");
	for (i = 0; i < LEN(sizes); i++) {
		s = ready(CAN_EXTENDED, 0);
		OK_FOR(sizes[i].d, extend(s, sizes[i].d, strlen(sizes[i].d))
		    == 1 && s->p.ext.metadata_size == sizes[i].size);
		side_free(s);
	}
	CASE("peer: the metadata's size stays until it says another");
	s = ready(CAN_EXTENDED, 0);
	OK(extend(s, BYTES("d13:metadata_sizei5ee")) == 1);
	OK(extend(s, BYTES("de")) == 1 && s->p.ext.metadata_size == 5);
	OK(extend(s, BYTES("d13:metadata_sizei6ee")) == 1);
	OK(s->p.ext.metadata_size == 6);
	side_free(s);
}

/* Whether our handshake says ut_metadata and this size; 0: none. */
static int
tells_size(struct side *s, int64_t want)
{
	struct addr a = addr_of("1.2.3.4");
	struct span v, d;
	unsigned msg;
	int64_t n = 0;

	peer_extend(&s->p, 0, &a);
	if (!next_out(s, &msg, &v) || msg != MSG_EXTENDED || v.n < 1 ||
	    v.p[0] != 0)
		return 0;
	d.p = v.p + 1;
	d.n = v.n - 1;
	if (ben_parse(d.p, d.n) != (long)d.n || !unit_canonical(d) ||
	    ben_get_int(ben_get(d, "m"), "ut_metadata", 0) != 1)
		return 0;
	v = ben_get(d, "metadata_size");
	return quiet(s) && (want == 0 ? v.n == 0 : ben_int(v, &n) == 0 &&
	    n == want);
}

static void
metadata_out(void)
{
	static const size_t sizes[] = { 0, 1, METADATA_PIECE - 1,
		METADATA_PIECE, METADATA_PIECE + 1, 2 * METADATA_PIECE, INFO };
	char text[80], want[80];
	struct side *s;
	size_t i, n, at;
	int k;

	for (i = 0; i < LEN(sizes); i++) {
		if (i < 2)
			CASE(i == 0 ? "peer: without metadata every request "
			    "is rejected" : "peer: metadata that we have is "
			    "sent, and no other");
		s = ready(CAN_EXTENDED, 0);
		OK(extend(s, BYTES("d1:md11:ut_metadatai3eee")) == 1);
		OK(got(s, "extended "));
		s->p.info.p = sizes[i] > 0 ? info_bytes() : NULL;
		s->p.info.n = sizes[i];
		for (k = 0; k <= 1024; k += k < 5 ? 1 : 1019) {
			snprintf(text, sizeof text, "d8:msg_typei0e5:piece"
			    "i%dee", k);
			OK_FOR(text, speak(s, text) == 1);
			at = (size_t)k * METADATA_PIECE;
			n = at < sizes[i] ? MIN(sizes[i] - at,
			    METADATA_PIECE) : 0;
			if (n > 0)
				snprintf(want, sizeof want, "d8:msg_typei1e"
				    "5:piecei%de10:total_sizei%zuee", k,
				    sizes[i]);
			else
				snprintf(want, sizeof want, "d8:msg_typei2e"
				    "5:piecei%dee", k);
			OK_FOR(want, sent_metadata(s, 3, want,
			    info_bytes() + MIN(at, INFO), n));
			OK_FOR(want, quiet(s));
		}
		OK(got(s, ""));
		side_free(s);
	}
	CASE("peer: requests are answered in their order, each once");
	s = ready(BOTH, 0);
	OK(extend(s, BYTES("d1:md11:ut_metadatai255eee")) == 1);
	s->p.info.p = info_bytes();
	s->p.info.n = METADATA_PIECE + 5;
	for (k = 2; k >= 0; k--) {
		snprintf(text, sizeof text, "d8:msg_typei0e5:piecei%dee", k);
		OK(speak(s, text) == 1);
	}
	OK(sent_metadata(s, 255, "d8:msg_typei2e5:piecei2ee", NULL, 0));
	OK(sent_metadata(s, 255, "d8:msg_typei1e5:piecei1e10:total_size"
	    "i16389ee", info_bytes() + METADATA_PIECE, 5));
	OK(sent_metadata(s, 255, "d8:msg_typei1e5:piecei0e10:total_size"
	    "i16389ee", info_bytes(), METADATA_PIECE));
	OK(quiet(s));
	side_free(s);
}

static void
metadata_odd(void)
{
	/* as many pieces are not, or none: nothing of ours may be sent */
	static const char *const out[] = { "1025", "65536", "262144",
		"4294967296", "4294967297", "281474976710656",
		"1125899906842624", "1125899906842625", "2251799813685248",
		"9223372036854775807", "-1", "-2", "-4294967296",
		"-9223372036854775808" };
	static const char *const odd[] = { "de", "d8:msg_typei0ee",
		"d5:piecei0ee", "d8:msg_type1:05:piecei0ee",
		"d8:msg_typei0e5:piece1:0e", "d8:msg_typei0e5:pieceli0eee",
		"d8:msg_typei3e5:piecei0ee", "d8:msg_typei-1e5:piecei0ee",
		"d8:msg_typei20e5:piecei0ee",
		"d8:msg_typei4294967296e5:piecei0ee",
		"d8:msg_typei4294967297e5:piecei0ee",
		"d8:msg_typei9223372036854775807e5:piecei0ee" };
	static const char *const wrong[] = { "", "i0e", "le", "d",
		"d8:msg_typei0e5:piecei0e", "d8:msg_typei0e5:piecei0",
		"d8:msg_typei0-e5:piecei0ee", "hello" };
	char text[80], no[80];
	struct side *s = ready(CAN_EXTENDED, 0);
	size_t i;

	CASE("peer: of pieces that no metadata has nothing is sent");
	OK(extend(s, BYTES("d1:md11:ut_metadatai3eee")) == 1);
	OK(got(s, "extended "));
	s->p.info.p = info_bytes();
	s->p.info.n = INFO;
	for (i = 0; i < LEN(out); i++) {
		snprintf(text, sizeof text, "d8:msg_typei0e5:piecei%see",
		    out[i]);
		snprintf(no, sizeof no, "d8:msg_typei2e5:piecei%see", out[i]);
		OK_FOR(text, speak(s, text) == 1);
		OK_FOR(text, quiet(s) || sent_metadata(s, 3, no, NULL, 0));
		OK_FOR(text, quiet(s) && got(s, ""));
		text[12] = '1';
		OK_FOR(text, speak(s, text) == 1 && quiet(s) && got(s, ""));
		text[12] = '2';
		OK_FOR(text, speak(s, text) == 1 && quiet(s) && got(s, ""));
	}
	s->p.info_sent = 0;
	CASE("peer: of metadata, what is unknown or missing is ignored");
	for (i = 0; i < LEN(odd); i++)
		OK_FOR(odd[i], speak(s, odd[i]) == 1 && quiet(s) &&
		    got(s, ""));
	CASE("peer: a request with more keys and bytes behind it is one");
	OK(speak(s, "d3:abci1e8:msg_typei0e5:piecei2e1:zleegarbage") == 1);
	OK(sent_metadata(s, 3, "d8:msg_typei1e5:piecei2e10:total_size"
	    "i32868ee", info_bytes() + 2 * METADATA_PIECE, 100));
	OK(quiet(s) && got(s, ""));
	side_free(s);
	CASE("peer: metadata is given to a peer a few times, and no more");
	s = seeking(CAN_EXTENDED);
	s->p.info.p = info_bytes();
	s->p.info.n = INFO;
	s->p.ext.metadata_id = 3;
	for (i = 0; i < 12; i++) {
		OK(speak(s, "d8:msg_typei0e5:piecei0ee") == 1);
		buf_take(&s->p.out, buf_left(&s->p.out));
	}
	OK(s->p.info_sent >= 4 * INFO &&
	    s->p.info_sent < 4 * INFO + METADATA_PIECE);
	OK(speak(s, "d8:msg_typei0e5:piecei1ee") == 1);
	OK(sent_metadata(s, 3, "d8:msg_typei2e5:piecei1ee", NULL, 0));
	side_free(s);
	CASE("peer: metadata counts as what is served, once");
	s = seeking(CAN_EXTENDED);
	s->p.info.p = info_bytes();
	s->p.info.n = INFO;
	s->p.ext.metadata_id = 3;
	OK(speak(s, "d8:msg_typei0e5:piecei0ee") == 1);
	OK(speak(s, "d8:msg_typei0e5:piecei2ee") == 1);
	OK(peer_serve(&s->p, 0) == METADATA_PIECE + 100);
	OK(peer_serve(&s->p, OUT_MAX) == 0);
	side_free(s);
	CASE("peer: a metadata message that is none ends the connection");
	for (i = 0; i < LEN(wrong); i++) {
		s = ready(CAN_EXTENDED, 0);
		OK_FOR(wrong[i], speak(s, wrong[i]) == -1);
		OK_FOR(wrong[i], quiet(s) && got(s, ""));
		side_free(s);
	}
	CASE("peer: metadata needs the extension protocol");
	s = ready(CAN_FAST, 0);
	OK(speak(s, "d8:msg_typei0e5:piecei0ee") == -1 && got(s, ""));
	side_free(s);
}

static void
metadata_in(void)
{
	struct side *s = ready(CAN_EXTENDED, 0);
	struct buf b = { NULL, 0, 0, 0 };
	char want[64];
	uint32_t i, sum = 0;

	CASE("peer: metadata is told, from behind the dictionary on");
	OK(speak(s, "d8:msg_typei1e5:piecei7e10:total_sizei99eeabc") == 1);
	OK(got(s, "metadata 7 3/00017862 "));
	OK(speak(s, "d8:msg_typei1e5:piecei0eede") == 1);
	OK(got(s, "metadata 0 2/00000c81 "));
	OK(speak(s, "d8:msg_typei1e5:piecei1024eea") == 1);
	OK(got(s, "metadata 1024 1/00000061 "));
	CASE("peer: metadata of no bytes is no reject");
	OK(speak(s, "d8:msg_typei1e5:piecei3ee") == 1);
	OK(got(s, "metadata 3 0/00000000 "));
	CASE("peer: a reject is told without data, whatever follows it");
	OK(speak(s, "d8:msg_typei2e5:piecei3ee") == 1);
	OK(got(s, "metadata 3 "));
	OK(speak(s, "d8:msg_typei2e5:piecei4eegarbage") == 1);
	OK(got(s, "metadata 4 "));
	CASE("peer: a whole piece of metadata is told whole");
	buf_printf(&b, "\1d8:msg_typei1e5:piecei1e10:total_sizei%uee", INFO);
	buf_put(&b, info_bytes() + METADATA_PIECE, METADATA_PIECE);
	OK(say_bytes(s, MSG_EXTENDED, b.p, b.len) == 1);
	for (i = 0; i < METADATA_PIECE; i++)
		sum = sum * 31 + info_bytes()[METADATA_PIECE + i];
	snprintf(want, sizeof want, "metadata 1 16384/%08x ", (unsigned)sum);
	OK(got(s, want) && quiet(s));
	side_free(s);
	buf_free(&b);
}

static void
metadata_ids(void)
{
	static const char *const none[] = { "de", "d1:mdee",
		"d1:md11:ut_metadatai0eee", "d1:md11:ut_metadatai-1eee",
		"d1:md11:ut_metadatai256eee", "d1:md11:ut_metadata1:3ee",
		"d1:md11:ut_metadatai4294967299eee",
		"d1:mle11:ut_metadatai3ee", "d11:ut_metadatai3ee" };
	struct side *s;
	size_t i;

	CASE("peer: who names no id for metadata gets no answer");
	for (i = 0; i < LEN(none) + 1; i++) {
		s = ready(CAN_EXTENDED, 0);
		s->p.info.p = info_bytes();
		s->p.info.n = INFO;
		if (i < LEN(none))
			OK_FOR(none[i], extend(s, none[i], strlen(none[i]))
			    == 1);
		s->log.len = 0;
		OK(s->p.ext.metadata_id == 0);
		OK(speak(s, "d8:msg_typei0e5:piecei0ee") == 1 && quiet(s));
		OK(speak(s, "d8:msg_typei0e5:piecei9ee") == 1 && quiet(s));
		OK(got(s, ""));
		side_free(s);
	}
	CASE("peer: the id for metadata is the last that it named");
	s = ready(CAN_EXTENDED, 0);
	OK(extend(s, BYTES("d1:md11:ut_metadatai1eee")) == 1);
	OK(s->p.ext.metadata_id == 1);
	OK(extend(s, BYTES("d1:md11:ut_metadatai255eee")) == 1);
	OK(s->p.ext.metadata_id == 255);
	OK(extend(s, BYTES("d1:md6:ut_pexi2eee")) == 1);
	OK(extend(s, BYTES("de")) == 1 && s->p.ext.metadata_id == 255);
	OK(extend(s, BYTES("d1:md11:ut_metadatai0eee")) == 1);
	OK(s->p.ext.metadata_id == 0);
	CASE("peer: a request for metadata is sent under its id (BEP 9)");
	OK(extend(s, BYTES("d1:md11:ut_metadatai7eee")) == 1);
	peer_ask_metadata(&s->p, 0);
	peer_ask_metadata(&s->p, 1023);
	OK(sent_metadata(s, 7, "d8:msg_typei0e5:piecei0ee", NULL, 0));
	OK(sent_metadata(s, 7, "d8:msg_typei0e5:piecei1023ee", NULL, 0));
	OK(quiet(s));
	side_free(s);
}

static void
metadata_whole(void)
{
	struct side *a = side_new(NPIECES), *b = side_new(0);
	struct addr at = addr_of("127.0.0.1:6881");
	struct metadata md;
	uint32_t piece;
	int asked = 0;

	CASE("peer: two peers joined move the metadata");
	b->seeking = 1;
	a->p.info.p = info_bytes();
	a->p.info.n = INFO;
	peer_bind(&a->p, a->sh, hash, its_id, a->have);
	pump(a, b);
	peer_greet(&a->p, 6881, &at);
	peer_greet(&b->p, 6881, &at);
	pump(a, b);
	OK(got(a, "ready extended ") && got(b, "hello ready extended "));
	OK(b->p.ext.metadata_size == INFO && a->p.ext.metadata_size == 0);
	metadata_init(&md, (size_t)b->p.ext.metadata_size, 1000);
	b->md = &md;
	for (; metadata_next(&md, &piece) && asked < 10; asked++)
		peer_ask_metadata(&b->p, piece);
	OK(asked == 3);
	pump(a, b);
	OK(b->md_said == 1);
	OK(md.got.len == INFO && memcmp(md.got.p, info_bytes(), INFO) == 0);
	b->log.len = 0;
	CASE("peer: what the other side said meanwhile is told then");
	OK(shaped(b) == 0);
	buf_put(&b->log, "", 1);
	OK(strncmp((char *)b->log.p, "all allowed ", 12) == 0);
	OK(a->bad == 0 && b->bad == 0);
	metadata_free(&md);
	side_free(a);
	side_free(b);
}

static void
fast_off(void)
{
	static const struct { enum msg msg; int n; } fast[] = {
		{ MSG_HAVE_ALL, 0 }, { MSG_HAVE_NONE, 0 }, { MSG_SUGGEST, 1 },
		{ MSG_REJECT, 3 }, { MSG_ALLOWED_FAST, 1 } };
	struct side *s;
	size_t i;

	CASE("peer: fast messages need the fast extension");
	for (i = 0; i < LEN(fast); i++) {
		s = ready(CAN_EXTENDED, 0);
		OK(say(s, fast[i].msg, fast[i].n, 0, 0, 16384) == -1);
		OK(got(s, ""));
		side_free(s);
		s = ready(CAN_FAST, 0);
		OK(say(s, fast[i].msg, fast[i].n, 0, 0, 16384) == 1);
		side_free(s);
	}
	CASE("peer: a reject of what was not asked ends the connection");
	s = ready(CAN_FAST, 0);
	s->not_asked = 1;
	OK(say(s, MSG_REJECT, 3, 0, 0, 16384) == -1);
	side_free(s);
}

static void
ranges(void)
{
	static const enum msg names[] = { MSG_HAVE, MSG_SUGGEST,
		MSG_ALLOWED_FAST };
	static const struct block wrong[] = {
		{ 0, 0, 0 }, { 0, PIECE, 0 }, { 0, PIECE, 1 },
		{ 0, 0, PIECE + 1 }, { 0, 1, PIECE }, { 0, PIECE - 1, 2 },
		{ 0, 0xffffffff, 1 }, { 0, 0xffffffff, 2 },
		{ 0, 0xffffffff, 16384 }, { 0, 0xffffc000, 16384 },
		{ 0, 0x80000000, 0x80000000 }, { 0, 0, 0xffffffff },
		{ 0, 1, 0xffffffff }, { NPIECES, 0, 16384 },
		{ 0xffffffff, 0, 16384 }, { 20, 0, LAST + 1 },
		{ 20, LAST, 1 }, { 20, 0, 16384 }, { 20, 0xfffffff0, LAST },
	};
	static const uint32_t pieces_out[] = { NPIECES, 24, 0x7fffffff,
		0x80000000, 0xffffffff };
	struct side *s;
	char what[64];
	size_t i, j;

	CASE("peer: a piece out of range ends the connection");
	for (i = 0; i < LEN(names); i++) {
		for (j = 0; j < LEN(pieces_out); j++) {
			s = ready(BOTH, 0);
			OK(say(s, names[i], 1, pieces_out[j], 0, 0) == -1);
			OK(got(s, ""));
			side_free(s);
		}
		s = ready(BOTH, 0);
		OK(say(s, names[i], 1, NPIECES - 1, 0, 0) == 1);
		side_free(s);
	}
	CASE("peer: a request out of range ends the connection");
	for (i = 0; i < LEN(wrong); i++) {
		s = ready(i % 2 ? BOTH : 0, NPIECES);
		snprintf(what, sizeof what, "%u/%u/%u",
		    (unsigned)wrong[i].piece, (unsigned)wrong[i].begin,
		    (unsigned)wrong[i].len);
		peer_choke(&s->p, 0);
		OK_FOR(what, say(s, MSG_REQUEST, 3, wrong[i].piece,
		    wrong[i].begin, wrong[i].len) == -1);
		OK_FOR(what, got(s, "") && s->p.held.n == 0);
		side_free(s);
	}
	CASE("peer: a reject out of range ends the connection");
	for (i = 0; i < LEN(wrong); i++) {
		s = ready(BOTH, NPIECES);
		OK(say(s, MSG_REJECT, 3, wrong[i].piece, wrong[i].begin,
		    wrong[i].len) == -1 && got(s, ""));
		side_free(s);
	}
	CASE("peer: a cancel of what cannot be does nothing");
	s = ready(BOTH, NPIECES);
	for (i = 0; i < LEN(wrong); i++)
		say(s, MSG_CANCEL, 3, wrong[i].piece, wrong[i].begin,
		    wrong[i].len);
	OK(quiet(s) && got(s, ""));
	side_free(s);
	CASE("peer: a request of 128 KiB is served, of more it is not");
	s = ready(BOTH, NPIECES);
	s->sh = &big;
	s->p.sh = big;
	peer_choke(&s->p, 0);
	s->p.out.len = s->p.out.at = 0;
	OK(say(s, MSG_REQUEST, 3, 2, BIG - 131072, 131072) == 1);
	OK(peer_serve(&s->p, OUT_MAX) == 131072);
	OK(sent_piece(s, block(2, BIG - 131072, 131072)) && quiet(s));
	OK(say(s, MSG_REQUEST, 3, 2, 0, 131073) == -1);
	OK(s->bad == 0);
	side_free(s);
}

static void
requests(void)
{
	struct side *s;
	int i;

	CASE("peer: a request is held, told and answered");
	s = ready(BOTH, 3);
	peer_choke(&s->p, 0);
	OK(sent(s, MSG_UNCHOKE, 0, 0, 0, 0));
	OK(say(s, MSG_REQUEST, 3, 2, 5, 100) == 1 && s->asked == 2);
	OK(got(s, "asked ") && quiet(s) && s->p.held.n == 1);
	OK(peer_serve(&s->p, OUT_MAX) == 100);
	OK(sent_piece(s, block(2, 5, 100)) && quiet(s));
	OK(s->p.held.n == 0 && peer_serve(&s->p, OUT_MAX) == 0 && quiet(s));
	OK(say(s, MSG_REQUEST, 3, 0, 0, 100) == 1 && got(s, "asked "));
	CASE("peer: each request is told, with its piece");
	OK(say(s, MSG_REQUEST, 3, 1, 0, 100) == 1);
	OK(say(s, MSG_REQUEST, 3, 2, 0, 100) == 1);
	OK(s->nasked == 2 && s->asked == 2 && got(s, "asked "));
	peer_suggest(&s->p, 2);
	OK(sent(s, MSG_SUGGEST, 1, 2, 0, 0) && quiet(s));
	CASE("peer: a request for what we lack is rejected");
	OK(say(s, MSG_REQUEST, 3, 3, 0, 100) == 1);
	OK(sent(s, MSG_REJECT, 3, 3, 0, 100) && quiet(s));
	side_free(s);
	CASE("peer: a request while choked is rejected");
	s = ready(BOTH, NPIECES);
	OK(say(s, MSG_REQUEST, 3, 0, 0, 100) == 1);
	OK(sent(s, MSG_REJECT, 3, 0, 0, 100) && quiet(s) && got(s, ""));
	OK(s->p.held.n == 0);
	side_free(s);
	CASE("peer: without the fast extension it is ignored");
	s = ready(CAN_EXTENDED, 3);
	OK(say(s, MSG_REQUEST, 3, 0, 0, 100) == 1);
	OK(quiet(s) && got(s, "") && s->p.held.n == 0);
	peer_choke(&s->p, 0);
	OK(sent(s, MSG_UNCHOKE, 0, 0, 0, 0));
	OK(say(s, MSG_REQUEST, 3, 3, 0, 100) == 1);
	OK(peer_serve(&s->p, OUT_MAX) == 0 && quiet(s));
	side_free(s);
	CASE("peer: what is allowed fast is served while choked");
	s = greeted(BOTH, NPIECES);
	OK(s->p.nfast == FAST_SET);
	for (i = 0; i < NPIECES; i++) {
		OK(say(s, MSG_REQUEST, 3, (uint32_t)i, 0, 100) == 1);
		OK(is_allowed(s, (uint32_t)i) ? quiet(s) :
		    sent(s, MSG_REJECT, 3, (uint32_t)i, 0, 100));
	}
	OK(s->p.held.n == FAST_SET);
	OK(peer_serve(&s->p, OUT_MAX) == 100 * FAST_SET);
	side_free(s);
	CASE("peer: what is allowed fast is not served without the piece");
	s = greeted(BOTH, 1);
	for (i = 0; i < NPIECES; i++)
		if (i > 0 && is_allowed(s, (uint32_t)i)) {
			OK(say(s, MSG_REQUEST, 3, (uint32_t)i, 0, 9) == 1);
			OK(sent(s, MSG_REJECT, 3, (uint32_t)i, 0, 9));
		}
	OK(s->bad == 0);
	side_free(s);
}

/* The allowed fast set is there to begin with, and no more. */
static void
fast_limits(void)
{
	struct side *s = greeted(BOTH, NPIECES);
	uint8_t bits[3] = { 0xff, 0xc0, 0 };
	uint32_t piece;
	int i;

	for (piece = 0; !is_allowed(s, piece); piece++)
		;
	CASE("peer: what is allowed fast is given once");
	OK(say(s, MSG_REQUEST, 3, piece, 0, 16384) == 1 && quiet(s));
	OK(say(s, MSG_REQUEST, 3, piece, 16384, 16384) == 1 && quiet(s));
	OK(say(s, MSG_REQUEST, 3, piece, 100, 5) == 1);
	OK(sent(s, MSG_REJECT, 3, piece, 100, 5));
	OK(say(s, MSG_REQUEST, 3, piece, 16384, 1) == 1);
	OK(sent(s, MSG_REJECT, 3, piece, 16384, 1));
	CASE("peer: and to who has hardly any piece");
	for (i = 0; i < 9; i++)
		OK(say(s, MSG_HAVE, 1, (uint32_t)i, 0, 0) == 1);
	for (piece++; !is_allowed(s, piece); piece++)
		;
	OK(say(s, MSG_REQUEST, 3, piece, 0, 100) == 1 && quiet(s));
	OK(say(s, MSG_HAVE, 1, 12, 0, 0) == 1);
	OK(say(s, MSG_REQUEST, 3, piece, 16384, 100) == 1);
	OK(sent(s, MSG_REJECT, 3, piece, 16384, 100));
	side_free(s);
	s = ready(BOTH, NPIECES);
	s->p.told_fast = 0;
	peer_greet(&s->p, 6881, &(struct addr){ { [10] = 0xff, [11] = 0xff,
	    [12] = 80, [13] = 4, [14] = 4, [15] = 200 }, 0 });
	s->p.out.at = s->p.out.len = 0;
	OK(say_bytes(s, MSG_BITFIELD, bits, 3) == 1 && quiet(s));
	OK(s->p.nfast == 0);
	side_free(s);
	CASE("peer: nothing is allowed where nothing is uploaded");
	s = ready(BOTH, NPIECES);
	s->p.gives = 0;
	peer_greet(&s->p, 6881, &(struct addr){ { [10] = 0xff, [11] = 0xff,
	    [12] = 80, [13] = 4, [14] = 4, [15] = 200 }, 0 });
	s->p.out.at = s->p.out.len = 0;
	OK(say(s, MSG_HAVE_NONE, 0, 0, 0, 0) == 1 && quiet(s));
	side_free(s);
	CASE("peer: huge pieces are not allowed fast");
	s = ready(BOTH, 3);
	s->p.sh.piece_len = 16 << 20;
	s->p.sh.size = INT64_C(3) * (16 << 20);
	s->p.sh.npieces = 3;
	peer_greet(&s->p, 6881, &(struct addr){ { [10] = 0xff, [11] = 0xff,
	    [12] = 80, [13] = 4, [14] = 4, [15] = 200 }, 0 });
	OK(s->p.nfast == 0);
	side_free(s);
}

/* What a peer's messages cost us. */
static void
costs(void)
{
	struct side *s = greeted(BOTH, NPIECES);
	uint64_t before, most = 0;
	uint32_t i;

	CASE("peer: of who does not take what we send, nothing is heard");
	for (i = 0; !peer_is_clogged(&s->p); i++)
		peer_announce(&s->p, i % NPIECES);
	OK(peer_is_full(&s->p) && !peer_resumes(&s->p));
	s->log.len = 0;
	OK(say(s, MSG_UNCHOKE, 0, 0, 0, 0) == 0 && peer_is_full(&s->p));
	OK(say(s, MSG_CHOKE, 0, 0, 0, 0) == 0 && got(s, ""));
	OK(!peer_resumes(&s->p));
	s->p.out.at = s->p.out.len = 0;
	OK(peer_resumes(&s->p) && feed(s, "", 0) == 10);
	OK(!peer_is_full(&s->p) && !peer_resumes(&s->p));
	OK(got(s, "choked 0 choked 1 "));
	side_free(s);
	CASE("peer: a cancel among 2,048 requests looks at few of them");
	s = greeted(BOTH, NPIECES);
	peer_choke(&s->p, 0);
	for (i = 0; i < HELD_MAX; i++)
		OK(say(s, MSG_REQUEST, 3, i % 20, i / 20 * 16, 16) == 1);
	OK(s->p.held.n == HELD_MAX);
	for (i = 0; i < HELD_MAX; i++) {
		before = s->p.held.steps;
		OK(say(s, MSG_CANCEL, 3, i % 20, i / 20 * 16, 16) == 1);
		most = MAX(most, s->p.held.steps - before);
	}
	OK(s->p.held.n == 0 && most <= 64);
	side_free(s);
	CASE("peer: the same request again and again is not held");
	s = greeted(BOTH, NPIECES);
	peer_choke(&s->p, 0);
	for (i = 0; i < HELD_MAX; i++)
		OK(say(s, MSG_REQUEST, 3, 0, 0, 16) == 1);
	OK(s->p.held.n <= 32);
	side_free(s);
	CASE("peer: a block that nobody wants ends the connection");
	s = greeted(BOTH, 0);
	s->unasked = 1;
	OK(say_bytes(s, MSG_PIECE, "\0\0\0\0\0\0\0\0x", 9) == -1);
	side_free(s);
}

static void
limits(void)
{
	struct side *s;
	uint32_t i;

	CASE("peer: 2,048 requests are held, more are refused");
	s = ready(BOTH, NPIECES);
	peer_choke(&s->p, 0);
	OK(sent(s, MSG_UNCHOKE, 0, 0, 0, 0));
	for (i = 0; i < 2048; i++)
		OK(say(s, MSG_REQUEST, 3, i % 20, i, 8) == 1);
	OK(quiet(s) && s->p.held.n == 2048);
	for (i = 0; i < 3; i++) {
		OK(say(s, MSG_REQUEST, 3, 0, i, 16) == 1);
		OK(sent(s, MSG_REJECT, 3, 0, i, 16) && quiet(s));
	}
	CASE("peer: those held are answered in the order they came");
	OK(peer_serve(&s->p, OUT_MAX) == 2048 * 8);
	for (i = 0; i < 2048; i++)
		OK(sent_piece(s, block(i % 20, i, 8)));
	OK(quiet(s));
	OK(say(s, MSG_REQUEST, 3, 0, 0, 16) == 1 && s->p.held.n == 1);
	side_free(s);
	CASE("peer: without the fast extension more have to wait");
	s = ready(0, NPIECES);
	peer_choke(&s->p, 0);
	OK(sent(s, MSG_UNCHOKE, 0, 0, 0, 0));
	for (i = 0; i < 2048; i++)
		OK(say(s, MSG_REQUEST, 3, i % 20, i, 8) == 1);
	OK(!peer_is_full(&s->p) && peer_owes(&s->p));
	OK(say(s, MSG_REQUEST, 3, 1, 7, 9) == 0 && peer_is_full(&s->p));
	OK(!peer_resumes(&s->p));
	OK(say(s, MSG_INTERESTED, 0, 0, 0, 0) == 0 && got(s, "asked "));
	OK(quiet(s) && s->p.held.n == 2048);
	OK(peer_serve(&s->p, OUT_MAX) == 2048 * 8);
	for (i = 0; i < 2048; i++)
		OK(sent_piece(s, block(i % 20, i, 8)));
	OK(peer_resumes(&s->p) && feed(s, "", 0) == 17 + 5);
	OK(!peer_is_full(&s->p) && s->p.held.n == 1);
	OK(got(s, "asked interested 1 "));
	CASE("peer: a choke makes room for those that wait");
	for (i = 1; i < 2048; i++)
		OK(say(s, MSG_REQUEST, 3, i % 20, i, 8) == 1);
	OK(say(s, MSG_REQUEST, 3, 1, 7, 9) == 0 && peer_is_full(&s->p));
	peer_choke(&s->p, 1);
	OK(feed(s, "", 0) == 17 && !peer_is_full(&s->p));
	OK(s->p.held.n == 0 && !peer_owes(&s->p));
	side_free(s);
}

static void
cancels(void)
{
	struct side *s;
	uint32_t i;
	int fast;

	for (fast = 0; fast < 2; fast++) {
		CASE(fast ? "peer: a cancel is answered by a reject" :
		    "peer: without the fast extension a cancel only removes");
		s = ready(fast ? BOTH : 0, NPIECES);
		peer_choke(&s->p, 0);
		OK(sent(s, MSG_UNCHOKE, 0, 0, 0, 0));
		for (i = 0; i < 5; i++)
			OK(say(s, MSG_REQUEST, 3, i, 0, 8) == 1);
		OK(say(s, MSG_CANCEL, 3, 2, 0, 9) == 1 && quiet(s));
		OK(say(s, MSG_CANCEL, 3, 2, 1, 8) == 1 && quiet(s));
		OK(say(s, MSG_CANCEL, 3, 7, 0, 8) == 1 && quiet(s));
		OK(s->p.held.n == 5);
		OK(say(s, MSG_CANCEL, 3, 2, 0, 8) == 1);
		OK(!fast || sent(s, MSG_REJECT, 3, 2, 0, 8));
		OK(quiet(s) && s->p.held.n == 4);
		OK(say(s, MSG_CANCEL, 3, 2, 0, 8) == 1 && quiet(s));
		OK(say(s, MSG_CANCEL, 3, 0, 0, 8) == 1);
		OK(say(s, MSG_CANCEL, 3, 4, 0, 8) == 1);
		s->p.out.at = s->p.out.len = 0;
		OK(peer_serve(&s->p, OUT_MAX) == 16);
		OK(sent_piece(s, block(1, 0, 8)));
		OK(sent_piece(s, block(3, 0, 8)) && quiet(s));
		side_free(s);
	}
}

static void
chokes(void)
{
	struct side *s;
	uint32_t i;

	CASE("peer: a choke comes first, then rejects of all but the fast");
	s = greeted(BOTH, NPIECES);
	peer_choke(&s->p, 0);
	OK(sent(s, MSG_UNCHOKE, 0, 0, 0, 0));
	for (i = 0; i < NPIECES; i++)
		OK(say(s, MSG_REQUEST, 3, i, 0, 8) == 1);
	peer_choke(&s->p, 1);
	OK(sent(s, MSG_CHOKE, 0, 0, 0, 0));
	for (i = 0; i < NPIECES; i++)
		OK(is_allowed(s, i) || sent(s, MSG_REJECT, 3, i, 0, 8));
	OK(quiet(s) && s->p.held.n == FAST_SET);
	OK(peer_serve(&s->p, OUT_MAX) == 8 * FAST_SET);
	for (i = 0; i < NPIECES; i++)
		OK(!is_allowed(s, i) || sent_piece(s, block(i, 0, 8)));
	OK(quiet(s));
	side_free(s);
	CASE("peer: without the fast extension a choke drops requests");
	s = greeted(CAN_EXTENDED, NPIECES);
	peer_choke(&s->p, 0);
	OK(sent(s, MSG_UNCHOKE, 0, 0, 0, 0));
	for (i = 0; i < NPIECES; i++)
		OK(say(s, MSG_REQUEST, 3, i, 0, 8) == 1);
	peer_choke(&s->p, 1);
	OK(sent(s, MSG_CHOKE, 0, 0, 0, 0) && quiet(s));
	OK(s->p.held.n == 0 && peer_serve(&s->p, OUT_MAX) == 0 && quiet(s));
	peer_choke(&s->p, 0);
	OK(sent(s, MSG_UNCHOKE, 0, 0, 0, 0));
	OK(peer_serve(&s->p, OUT_MAX) == 0 && quiet(s));
	side_free(s);
}

static void
serving(void)
{
	struct side *s = ready(BOTH, NPIECES);
	uint32_t i;
	size_t before;
	long n, sum = 0;
	int rounds;

	CASE("peer: serving stops when enough waits to be sent");
	peer_choke(&s->p, 0);
	OK(sent(s, MSG_UNCHOKE, 0, 0, 0, 0));
	for (i = 0; i < 40; i++)
		OK(say(s, MSG_REQUEST, 3, i / 2, i % 2 * 16384, 16384) == 1);
	OK(peer_serve(&s->p, 0) == 0 && quiet(s));
	OK(peer_serve(&s->p, 1) == 16384);
	OK(peer_serve(&s->p, 16397) == 0);
	OK(peer_serve(&s->p, 16398) == 16384);
	OK(sent_piece(s, block(0, 0, 16384)));
	OK(sent_piece(s, block(0, 16384, 16384)) && quiet(s));
	for (rounds = 2; rounds < 100 && s->p.held.n > 0; ) {
		before = buf_left(&s->p.out);
		n = peer_serve(&s->p, 100000);
		sum += n;
		OK(buf_left(&s->p.out) < 100000 + 16397);
		OK(buf_left(&s->p.out) - before == (size_t)(n + n / 16384 *
		    13));
		OK(n > 0 || before >= 100000);
		OK(sent_piece(s, block((uint32_t)rounds / 2,
		    (uint32_t)rounds % 2 * 16384, 16384)));
		rounds++;
	}
	OK(sum == 38 * 16384);
	side_free(s);
	CASE("peer: what cannot be read is told, and nothing of it sent");
	s = ready(BOTH, NPIECES);
	peer_choke(&s->p, 0);
	OK(sent(s, MSG_UNCHOKE, 0, 0, 0, 0));
	OK(say(s, MSG_REQUEST, 3, 0, 0, 16384) == 1);
	s->no_read = 1;
	OK(peer_serve(&s->p, OUT_MAX) == -1 && quiet(s));
	OK(s->bad == 0);
	side_free(s);
}

/* What is owed to a fast peer: each request a block or a reject, once. */
static struct block owed[HELD_MAX + 1];
static int nowed;

static int
settle(struct block b)
{
	int i;

	for (i = 0; i < nowed; i++)
		if (memcmp(&owed[i], &b, sizeof b) == 0) {
			owed[i] = owed[--nowed];
			return 1;
		}
	return 0;
}

static void
model(void)
{
	struct side *s = greeted(BOTH, NPIECES - 5);
	uint64_t rnd = 1234567;
	struct block b, x;
	struct span v;
	unsigned msg;
	uint8_t given[NPIECES] = { 0 }; /* while choked */
	int i, k, kind, held, choking, wrong = 0, unsettled = 0, answers, may;

	CASE("peer: every request is answered exactly once");
	nowed = 0;
	choking = 1;
	for (i = 0; i < OPS && !wrong && !unsettled; i++) {
		kind = (int)rnd_below(&rnd, i / 5000 % 2 ? 12 : 36);
		b = block(rnd_below(&rnd, NPIECES), rnd_below(&rnd, 4),
		    1 + rnd_below(&rnd, 3));
		held = nowed;
		answers = 0;
		if (kind == 0) {
			choking = (int)rnd_below(&rnd, 2);
			peer_choke(&s->p, choking);
		} else if (kind == 1) {
			peer_serve(&s->p, rnd_below(&rnd, 200));
		} else if (kind < 4) {
			if (nowed > 0 && kind == 2)
				b = owed[rnd_below(&rnd, (uint32_t)nowed)];
			wrong += say(s, MSG_CANCEL, 3, b.piece, b.begin,
			    b.len) != 1;
		} else {
			owed[nowed++] = b;
			may = bit_get(s->have, b.piece) && held < HELD_MAX &&
			    !requests_crowded(&s->p.held, b) && (!choking ||
			    (is_allowed(s, b.piece) && !given[b.piece]));
			if (choking && may)
				given[b.piece] = 1;
			wrong += say(s, MSG_REQUEST, 3, b.piece, b.begin,
			    b.len) != 1;
			/* to be held, or to be refused at once? */
			wrong += quiet(s) != may;
		}
		while (next_out(s, &msg, &v)) {
			if (msg != MSG_PIECE && msg != MSG_REJECT)
				continue;
			x = wire_block(v.p);
			if (msg == MSG_PIECE) {
				x = block(get32(v.p), get32(v.p + 4),
				    (uint32_t)v.n - 8);
				wrong += kind != 1 || (choking &&
				    !is_allowed(s, x.piece));
			}
			unsettled += !settle(x);
			answers++;
		}
		for (k = 0; kind == 0 && choking && k < nowed; k++)
			given[owed[k].piece] = 1; /* what a choke left */
		wrong += !quiet(s) || (uint32_t)nowed != s->p.held.n;
		wrong += kind == 2 && held > 0 && answers != 1;
	}
	peer_choke(&s->p, 0);
	while (s->p.held.n > 0 && peer_serve(&s->p, OUT_MAX) > 0)
		;
	while (next_out(s, &msg, &v))
		if (msg == MSG_PIECE)
			unsettled += !settle(block(get32(v.p), get32(v.p + 4),
			    (uint32_t)v.n - 8));
	OK(i == OPS && !wrong);
	OK(!unsettled && nowed == 0);
	OK(s->bad == 0);
	side_free(s);
}

static void
clocks(void)
{
	struct side *s = side_new(3);
	struct buf b = { NULL, 0, 0, 0 };
	int64_t now, next, last_sent, gap = 0;
	int n, silent;

	put_handshake(&b, BOTH, hash);
	CASE("peer: a handshake has ten seconds, however it drips");
	next = peer_tick(&s->p, 1000);
	OK(next > 1000 && next <= 11000);
	for (n = 0; n < 9; n++) {
		peer_feed(&s->p, b.p, (size_t)n + 1, 2000 + n * 1000);
		OK(peer_tick(&s->p, 2000 + n * 1000) > 2000 + n * 1000);
	}
	OK(peer_tick(&s->p, 10999) == 11000);
	OK(peer_tick(&s->p, 11000) == -1);
	side_free(s);
	s = side_new(3);
	feed(s, b.p, 67);
	OK(peer_tick(&s->p, 11000) == -1);
	side_free(s);
	CASE("peer: which begin when what we dialled is connected");
	s = side_new(3);
	peer_connected(&s->p, 6000);
	OK(peer_tick(&s->p, 10000) == 16000);
	OK(peer_tick(&s->p, 16000) == -1);
	side_free(s);
	CASE("peer: a silent peer has 120 seconds");
	s = ready(BOTH, 3); /* at 1,000 ms */
	OK(peer_tick(&s->p, 11000) > 11000);
	OK(peer_tick(&s->p, 120999) > 120999);
	OK(peer_tick(&s->p, 121000) == -1);
	OK(peer_feed(&s->p, (const uint8_t *)"\0\0\0", 4, 121000) == 4);
	OK(peer_tick(&s->p, 121000) > 121000);
	OK(peer_tick(&s->p, 240999) > 240999);
	OK(peer_tick(&s->p, 241000) == -1);
	OK(got(s, ""));
	side_free(s);
	CASE("peer: a connection that we are silent on is kept alive");
	s = ready(BOTH, 3);
	last_sent = now = 1000;
	for (n = silent = 0; n < 200 && now < 3600000; n++) {
		peer_feed(&s->p, (const uint8_t *)"\0\0\0", 4, now);
		next = peer_tick(&s->p, now);
		silent += next <= now;
		if (buf_left(&s->p.out) > 0) {
			silent += buf_left(&s->p.out) != 4 ||
			    get32(s->p.out.p + s->p.out.at) != 0;
			buf_take(&s->p.out, buf_left(&s->p.out));
			last_sent = s->p.sent_ms = now;
		}
		gap = MAX(gap, now - last_sent);
		now = MIN(next, now + 50000);
	}
	OK(now >= 3600000 && silent == 0);
	OK(gap > 0 && gap <= 120000);
	side_free(s);
	CASE("peer: a connection that we speak on needs no keep-alive");
	s = ready(BOTH, 3);
	for (now = 1000; now < 1000000; now += 20000) {
		peer_feed(&s->p, (const uint8_t *)"\0\0\0", 4, now);
		peer_announce(&s->p, 1);
		peer_sent(&s->p, 9, now);
		OK(peer_tick(&s->p, now) > now && quiet(s));
	}
	side_free(s);
	buf_free(&b);
}

static void
early(void)
{
	static const struct {
		enum msg msg;
		int n;
		uint32_t x;
		const char *tell;
	} kinds[] = {
		{ MSG_HAVE, 1, 0, "has 0 " }, { MSG_HAVE, 1, 20, "has 20 " },
		{ MSG_HAVE_ALL, 0, 0, "all " }, { MSG_HAVE_NONE, 0, 0, "" },
		{ MSG_SUGGEST, 1, 5, "suggested 5 " },
		{ MSG_ALLOWED_FAST, 1, 20, "allowed 20 " },
	};
	struct side *s;
	size_t i;

	CASE("peer: without a shape, news of pieces are kept, then told");
	for (i = 0; i < LEN(kinds); i++) {
		s = seeking(BOTH);
		OK(say(s, kinds[i].msg, kinds[i].n, kinds[i].x, 0, 0) == 1);
		OK(got(s, "") && quiet(s));
		OK(s->p.early.len > 0 && s->p.shapeless);
		OK(shaped(s) == 0 && got(s, kinds[i].tell) && quiet(s));
		OK(s->p.early.len == 0 && !s->p.shapeless);
		OK(s->bad == 0);
		side_free(s);
	}
	s = seeking(0);
	OK(say_bytes(s, MSG_BITFIELD, "\xff\x0f\xf8", 3) == 1 && got(s, ""));
	OK(shaped(s) == 0 && got(s, "bits ff0ff8 ") && s->bad == 0);
	side_free(s);
	CASE("peer: they are told in their order, others before at once");
	s = seeking(BOTH);
	for (i = 0; i < LEN(kinds); i++) {
		OK(say(s, kinds[i].msg, kinds[i].n, kinds[i].x, 0, 0) == 1);
		OK(say(s, i % 2 ? MSG_CHOKE : MSG_UNCHOKE, 0, 0, 0, 0) == 1);
		OK(got(s, i % 2 ? "choked 1 " : "choked 0 "));
	}
	OK(say_bytes(s, MSG_BITFIELD, "\x80\0\0", 3) == 1 && got(s, ""));
	OK(say(s, MSG_HAVE, 1, 3, 0, 0) == 1 && got(s, ""));
	OK(extend(s, BYTES("de")) == 1 && got(s, "extended "));
	OK(speak(s, "d8:msg_typei2e5:piecei0ee") == 1);
	OK(got(s, "metadata 0 "));
	OK(shaped(s) == 0);
	OK(got(s, "has 0 has 20 all suggested 5 allowed 20 bits 800000 "
	    "has 3 "));
	CASE("peer: after the shape news are told at once");
	OK(say(s, MSG_HAVE, 1, 4, 0, 0) == 1 && got(s, "has 4 "));
	OK(say(s, MSG_HAVE, 1, NPIECES, 0, 0) == -1 && got(s, ""));
	OK(s->bad == 0);
	side_free(s);
	CASE("peer: a shape before the handshake ends is as good");
	s = side_new(NPIECES);
	peer_bind(&s->p, NULL, hash, my_id, NULL);
	OK(s->p.out.len == HANDSHAKE_LEN && shaped(s) == 0);
	put_handshake(&s->in, BOTH, hash);
	OK(feed(s, "", 0) == HANDSHAKE_LEN && got(s, "ready "));
	OK(say(s, MSG_HAVE, 1, 4, 0, 0) == 1 && got(s, "has 4 "));
	side_free(s);
	CASE("peer: no news come after peer_end while they are told");
	s = seeking(BOTH);
	OK(say(s, MSG_HAVE, 1, 1, 0, 0) == 1);
	OK(say(s, MSG_SUGGEST, 1, 2, 0, 0) == 1);
	OK(say(s, MSG_HAVE, 1, 3, 0, 0) == 1);
	s->end_at = "suggested";
	OK(shaped(s) == 0 && got(s, "has 1 suggested 2 "));
	side_free(s);
	s = seeking(BOTH);
	OK(say(s, MSG_HAVE, 1, 1, 0, 0) == 1);
	peer_end(&s->p);
	OK(shaped(s) == 0 && got(s, ""));
	side_free(s);
}

static void
early_streams(void)
{
	static const char now[] = "hello ready extended choked 0 interested 1 "
	    "metadata 2 5/05e918d2 metadata 1 interested 0 choked 1 ";
	static const char then[] = "all has 7 bits ff0ff8 suggested 5 "
	    "allowed 20 ";
	struct buf b = { NULL, 0, 0, 0 }, out = { NULL, 0, 0, 0 };
	struct side *s;
	uint64_t rnd = 11;
	size_t at, k;
	int i;

	record(&b);
	only_news(&b);
	CASE("peer: a stream without a shape, whole and cut anywhere");
	for (i = 0; i < 502; i++) {
		s = side_new(NPIECES);
		s->seeking = 1;
		for (at = 0; at < b.len; at += k) {
			k = i == 0 ? b.len : i == 1 ? 1 :
			    1 + rnd_below(&rnd, i % 2 ? 100 : 20);
			k = MIN(b.len - at, k);
			OK(feed(s, b.p + at, k) >= 0);
		}
		OK(buf_left(&s->in) == 0 && got(s, now));
		OK(shaped(s) == 0 && got(s, then) && s->bad == 0);
		if (i == 0)
			buf_put(&out, s->p.out.p, s->p.out.len);
		OK(s->p.out.len == out.len &&
		    memcmp(s->p.out.p, out.p, out.len) == 0);
		side_free(s);
	}
	CASE("peer: a shape in the middle of a stream loses nothing");
	for (i = HANDSHAKE_LEN; i <= (int)b.len; i++) {
		s = side_new(NPIECES);
		s->seeking = 1;
		OK(feed(s, b.p, (size_t)i) >= 0);
		OK(shaped(s) == 0);
		OK(feed(s, b.p + i, b.len - (size_t)i) >= 0);
		OK(buf_left(&s->in) == 0 && s->bad == 0);
		OK(s->log.len == sizeof now + sizeof then - 2);
		OK(s->p.out.len == out.len &&
		    memcmp(s->p.out.p, out.p, out.len) == 0);
		side_free(s);
	}
	buf_free(&b);
	buf_free(&out);
}

/* Takes requests, blocks and rejects out of a record. */
static void
only_news(struct buf *b)
{
	size_t at = HANDSHAKE_LEN, kept = at, n;
	unsigned id;

	for (; at < b->len; at += n) {
		n = 4 + (size_t)get32(b->p + at);
		id = n > 4 ? b->p[at + 4] : MSG_HAVE;
		if (id == MSG_REQUEST || id == MSG_PIECE || id == MSG_REJECT)
			continue;
		memmove(b->p + kept, b->p + at, n);
		kept += n;
	}
	b->len = kept;
}

static void
early_limits(void)
{
	struct side *s = seeking(0);
	uint8_t *bits = xcalloc(EARLY_MAX, 1);
	struct shape sh = { 0 };
	uint32_t i;

	CASE("peer: of early news no more is kept than fits");
	for (i = 0; i < EARLY_MAX / 9; i++)
		OK(say(s, MSG_HAVE, 1, i % NPIECES, 0, 0) == 1);
	OK(s->p.early.len == EARLY_MAX / 9 * 9);
	OK(say(s, MSG_HAVE, 1, 0, 0, 0) == -1);
	OK(s->p.early.len <= EARLY_MAX && got(s, ""));
	side_free(s);
	CASE("peer: what is no news of pieces takes no room of theirs");
	s = seeking(0);
	for (i = 0; i < EARLY_MAX / 4; i++)
		OK(say(s, i % 2 ? MSG_CHOKE : MSG_UNCHOKE, 0, 0, 0, 0) == 1);
	OK(s->p.early.len == 0);
	side_free(s);
	CASE("peer: an early bit field of a million pieces is kept");
	s = seeking(0);
	s->sh = &sh;
	sh.npieces = (EARLY_MAX - 5) * 8;
	sh.piece_len = PIECE;
	sh.size = (int64_t)sh.npieces * PIECE;
	bits[0] = 0x80;
	OK(say_bytes(s, MSG_BITFIELD, bits, EARLY_MAX - 5) == 1);
	OK(s->p.early.len == EARLY_MAX);
	OK(peer_shape(&s->p, &sh, NULL, 1000) == 0);
	buf_put(&s->log, "", 1);
	OK(strncmp((char *)s->log.p, "bits 8000", 9) == 0);
	s->sh = &shape;
	side_free(s);
	CASE("peer: a longer one ends the connection, before it comes if so");
	s = seeking(0);
	OK(say_bytes(s, MSG_BITFIELD, bits, EARLY_MAX - 4) == -1);
	side_free(s);
	s = seeking(0);
	OK(feed(s, "\0\2\0\1\5", 5) == -1);
	side_free(s);
	s = seeking(0);
	OK(feed(s, "\xff\xff\xff\xff\5", 5) == -1);
	side_free(s);
	free(bits);
}

static void
early_wrong(void)
{
	static const struct {
		enum msg msg;
		const char *p;
		size_t n;
	} all[] = {
		{ MSG_HAVE, "\0\0\0\x15", 4 },
		{ MSG_HAVE, "\xff\xff\xff\xff", 4 },
		{ MSG_BITFIELD, "\xff\xff", 2 },
		{ MSG_BITFIELD, "\xff\xff\xf8\0", 4 },
		{ MSG_BITFIELD, "", 0 }, { MSG_BITFIELD, "\0\0\1", 3 },
		{ MSG_BITFIELD, "\xff\xff\xfc", 3 },
		{ MSG_SUGGEST, "\0\0\0\x15", 4 },
		{ MSG_ALLOWED_FAST, "\0\0\0\x15", 4 },
		{ MSG_ALLOWED_FAST, "\x80\0\0\0", 4 },
	};
	static const enum msg fast[] = { MSG_HAVE_ALL, MSG_HAVE_NONE,
		MSG_SUGGEST, MSG_ALLOWED_FAST };
	struct side *s;
	char what[32];
	size_t i;
	int r;

	CASE("peer: early news that turn out wrong end the connection");
	for (i = 0; i < LEN(all); i++) {
		snprintf(what, sizeof what, "row %zu", i);
		s = seeking(BOTH);
		OK(say(s, MSG_HAVE, 1, 1, 0, 0) == 1);
		r = (int)say_bytes(s, all[i].msg, all[i].p, all[i].n);
		OK_FOR(what, r == 1 && got(s, ""));
		OK(say(s, MSG_HAVE, 1, 2, 0, 0) == 1);
		OK_FOR(what, shaped(s) == -1 && got(s, "has 1 "));
		OK_FOR(what, s->bad == 0 && s->p.early.len == 0);
		side_free(s);
	}
	CASE("peer: early fast messages need the fast extension, too");
	for (i = 0; i < LEN(fast); i++) {
		s = seeking(CAN_EXTENDED);
		r = (int)say(s, fast[i], fast[i] == MSG_SUGGEST ||
		    fast[i] == MSG_ALLOWED_FAST, 0, 0, 0);
		OK(r == -1 || shaped(s) == -1);
		OK(got(s, ""));
		side_free(s);
	}
	CASE("peer: early news of a wrong length end it at once");
	s = seeking(BOTH);
	OK(say_bytes(s, MSG_HAVE, "\0\0\0", 3) == -1);
	OK(say_bytes(s, MSG_HAVE, "\0\0\0\0", 5) == -1);
	OK(say_bytes(s, MSG_HAVE_ALL, "", 1) == -1);
	OK(say_bytes(s, MSG_SUGGEST, "", 0) == -1);
	OK(got(s, "") && s->p.early.len == 0);
	side_free(s);
}

static void
early_asks(void)
{
	struct side *s = seeking(BOTH);

	CASE("peer: without a shape nothing can be asked or sent");
	OK(say(s, MSG_REQUEST, 3, 0, 0, 16384) == -1);
	OK(say(s, MSG_REJECT, 3, 0, 0, 16384) == -1);
	OK(say_bytes(s, MSG_PIECE, "\0\0\0\0\0\0\0\0x", 9) == -1);
	OK(say(s, MSG_CANCEL, 3, 0, 0, 16384) == 1);
	OK(got(s, "") && quiet(s) && s->p.held.n == 0 && s->bad == 0);
	OK(peer_serve(&s->p, OUT_MAX) == 0 && quiet(s));
	side_free(s);
	CASE("peer: with its shape it asks and is served as any other");
	s = seeking(BOTH);
	bit_set(s->have, 2);
	OK(shaped(s) == 0);
	peer_choke(&s->p, 0);
	OK(sent(s, MSG_UNCHOKE, 0, 0, 0, 0));
	OK(say(s, MSG_REQUEST, 3, 2, 5, 100) == 1 && got(s, "asked "));
	OK(say(s, MSG_REQUEST, 3, 3, 5, 100) == 1);
	OK(sent(s, MSG_REJECT, 3, 3, 5, 100));
	OK(peer_serve(&s->p, OUT_MAX) == 100);
	OK(sent_piece(s, block(2, 5, 100)) && quiet(s));
	OK(say_bytes(s, MSG_PIECE, "\0\0\0\0\0\0\0\0x", 9) == 1);
	OK(got(s, "block 0/0/1 00000078 ") && s->bad == 0);
	side_free(s);
}

static void
early_greeting(void)
{
	struct addr a = addr_of("80.4.4.200:6881");
	struct side *s;
	struct span v;
	unsigned msg;
	int can;

	CASE("peer: without a shape have none is said, to the fast alone");
	for (can = 0; can <= BOTH; can++) {
		s = seeking(can);
		peer_greet(&s->p, 6881, &a);
		OK(!(can & CAN_FAST) || sent(s, MSG_HAVE_NONE, 0, 0, 0, 0));
		if (can & CAN_EXTENDED) {
			OK(next_out(s, &msg, &v) && msg == MSG_EXTENDED);
			v.p++;
			v.n--;
			OK(ben_get_int(ben_get(v, "m"), "ut_metadata", 0) ==
			    1);
			OK(ben_get(v, "metadata_size").n == 0);
		}
		OK(quiet(s) && s->p.nfast == 0);
		side_free(s);
	}
}

static void
fuzz(void)
{
	struct buf b = { NULL, 0, 0, 0 }, news = { NULL, 0, 0, 0 }, *seed;
	uint64_t rnd = 99;
	uint8_t *p = NULL;
	size_t n = 0, from;
	struct side *s;
	long r = 0;
	int i, bad = 0, over = 0, told = 0, refused = 0;

	record(&b);
	record(&news);
	only_news(&news);
	p = xmalloc(b.len + 64);
	CASE("peer: bytes that nobody meant do no harm");
	for (i = 0; i < ROUNDS; i++) {
		s = i % 4 == 0 ? side_new(NPIECES) : i % 5 < 2 ?
		    seeking(i % 7 ? BOTH : CAN_EXTENDED) :
		    ready(i % 8 ? BOTH : 0, i % 16 ? NPIECES : 0);
		s->seeking = i % 5 < 2;
		s->p.info.p = info_bytes();
		s->p.info.n = i % 3 ? INFO : 0;
		seed = s->seeking && i % 7 ? &news : &b;
		from = i % 4 ? HANDSHAKE_LEN : 0;
		/* from anywhere on: most mistakes are the end */
		if (i % 3 == 0 && from > 0)
			from = seed->len - rnd_below(&rnd,
			    (uint32_t)(seed->len - from)) - 1;
		n = seed->len - from;
		memcpy(p, seed->p + from, n);
		n = unit_mutate(p, n, n + 64, &rnd);
		if (i % 2)
			peer_choke(&s->p, 0);
		r = feed(s, p, n);
		over += r > (long)n || r < -1;
		told += s->p.early.len > 0;
		if (r >= 0 && s->p.shapeless && s->p.hash) {
			r = shaped(s);
			over += r > 0 || r < -1 || s->p.early.len > 0;
			refused += r < 0;
		}
		if (r >= 0)
			over += peer_serve(&s->p, OUT_MAX) < 0;
		bad += s->bad;
		side_free(s);
	}
	OK(bad == 0);
	OK(over == 0);
	OK(told > ROUNDS / 10 && refused > ROUNDS / 500);
	free(p);
	buf_free(&b);
	buf_free(&news);
}

/* A new connection that has the first pieces; its clock says 1,000 ms. */
static struct side *
side_new(int have)
{
	struct side *s = xcalloc(1, sizeof *s);
	int i;

	for (i = 0; i < have; i++)
		bit_set(s->have, (uint32_t)i);
	s->sh = &shape;
	peer_init(&s->p, &ops, s, 1000);
	s->p.gives = 1;
	return s;
}

/* The same, after the handshakes. */
static struct side *
ready(int can, int have)
{
	struct side *s = side_new(have);
	struct buf b = { NULL, 0, 0, 0 };

	put_handshake(&b, can, hash);
	feed(s, b.p, b.len);
	buf_free(&b);
	s->log.len = s->p.out.at = s->p.out.len = 0;
	return s;
}

/* The same, after our greeting. */
static struct side *
greeted(int can, int have)
{
	struct side *s = ready(can, have);
	struct addr a = addr_of("80.4.4.200:6881");

	peer_greet(&s->p, 6881, &a);
	if (can & CAN_FAST) /* it has nothing yet */
		say(s, MSG_HAVE_NONE, 0, 0, 0, 0);
	s->p.out.at = s->p.out.len = 0;
	return s;
}

/* One that has no shape yet and no pieces, after the handshakes. */
static struct side *
seeking(int can)
{
	struct side *s = side_new(0);
	struct buf b = { NULL, 0, 0, 0 };

	s->seeking = 1;
	put_handshake(&b, can, hash);
	feed(s, b.p, b.len);
	buf_free(&b);
	s->log.len = s->p.out.at = s->p.out.len = 0;
	return s;
}

static int
shaped(struct side *s)
{
	return peer_shape(&s->p, s->sh, s->have, 1000);
}

static void
side_free(struct side *s)
{
	peer_free(&s->p);
	buf_free(&s->in);
	buf_free(&s->log);
	free(s);
}

/* A caller's, as the peer its_id. */
static void
put_handshake(struct buf *b, int can, const uint8_t *h)
{
	uint8_t *p;

	wire_handshake(b, h, its_id, 0);
	p = b->p + b->len - HANDSHAKE_LEN;
	if (!(can & CAN_FAST))
		p[27] &= (uint8_t)~0x04;
	if (!(can & CAN_EXTENDED))
		p[25] &= (uint8_t)~0x10;
}

/* Moves bytes both ways until there are none. */
static void
pump(struct side *a, struct side *b)
{
	struct side *t;
	struct buf *out;
	int still = 0;

	while (still < 2) {
		out = &a->p.out;
		still = buf_left(out) > 0 ? 0 : still + 1;
		if (buf_left(out) > 0)
			OK(feed(b, out->p + out->at, buf_left(out)) >= 0);
		buf_take(out, buf_left(out));
		t = a;
		a = b;
		b = t;
	}
}

/* Bytes received, given as the header says: what is not consumed comes again,
 * with what follows. */
static long
feed(struct side *s, const void *p, size_t n)
{
	uint8_t *copy;
	long r;

	buf_put(&s->in, p, n);
	n = buf_left(&s->in);
	copy = unit_copy(s->in.p + s->in.at, n);
	r = peer_feed(&s->p, copy, n, 1000);
	s->bad += s->nlent;
	free(copy);
	if (r > 0)
		buf_take(&s->in, (size_t)r);
	return r;
}

/* 1: consumed, 0: not yet, -1: hung up (and the message is forgotten). */
static long
say(struct side *s, enum msg msg, int n, uint32_t x, uint32_t y, uint32_t z)
{
	uint8_t p[12];

	put32(p, x);
	put32(p + 4, y);
	put32(p + 8, z);
	return say_bytes(s, msg, p, 4 * (size_t)n);
}

static long
say_bytes(struct side *s, enum msg msg, const void *p, size_t n)
{
	struct buf b = { NULL, 0, 0, 0 };
	long r;

	wire_put_head(&b, msg, n);
	buf_put(&b, p, n);
	r = feed(s, b.p, b.len);
	if (r < 0)
		s->in.at = s->in.len = 0;
	r = r == (long)b.len ? 1 : r < 0 ? -1 : 0;
	buf_free(&b);
	return r;
}

/* Whether these events came since last asked. */
static int
got(struct side *s, const char *log)
{
	int same = s->log.len == strlen(log) &&
	    (s->log.len == 0 || memcmp(s->log.p, log, s->log.len) == 0);

	s->log.len = 0;
	s->nasked = 0;
	return same;
}

/* Whether this message is the next that is sent. */
static int
sent(struct side *s, enum msg msg, int n, uint32_t x, uint32_t y, uint32_t z)
{
	struct buf b = { NULL, 0, 0, 0 }, *out = &s->p.out;
	int same;

	wire_put(&b, msg, n, x, y, z);
	same = buf_left(out) >= b.len &&
	    memcmp(out->p + out->at, b.p, b.len) == 0;
	if (same)
		buf_take(out, b.len);
	buf_free(&b);
	return same;
}

static int
sent_piece(struct side *s, struct block b)
{
	struct span v;
	unsigned msg;
	uint32_t i;

	if (!next_out(s, &msg, &v) || msg != MSG_PIECE || v.n != 8 + b.len ||
	    get32(v.p) != b.piece || get32(v.p + 4) != b.begin)
		return 0;
	for (i = 0; i < b.len; i++)
		if (v.p[8 + i] != byte_at(b.piece, b.begin + i))
			return 0;
	return 1;
}

/* A message of BEP 9, to our id. */
static long
speak(struct side *s, const char *dict)
{
	struct buf b = { NULL, 0, 0, 0 };
	long r;

	buf_printf(&b, "\1%s", dict);
	r = say_bytes(s, MSG_EXTENDED, b.p, b.len);
	buf_free(&b);
	return r;
}

/* Whether such a message, to its id, is the next that is sent. */
static int
sent_metadata(struct side *s, unsigned id, const char *dict, const uint8_t *p,
    size_t n)
{
	size_t len = strlen(dict);
	struct span v;
	unsigned msg;

	return next_out(s, &msg, &v) && msg == MSG_EXTENDED &&
	    v.n == 1 + len + n && v.p[0] == id &&
	    memcmp(v.p + 1, dict, len) == 0 &&
	    (n == 0 || memcmp(v.p + 1 + len, p, n) == 0);
}

static int
quiet(const struct side *s)
{
	return buf_left(&s->p.out) == 0;
}

/* Takes a message from what is to be sent; valid until more is. */
static int
next_out(struct side *s, unsigned *msg, struct span *payload)
{
	struct buf *out = &s->p.out;
	uint8_t *p = out->p + out->at;
	uint32_t len;

	if (buf_left(out) < 5)
		return 0;
	len = get32(p);
	if (len == 0 || len > buf_left(out) - 4)
		return 0;
	*msg = p[4];
	payload->p = p + 5;
	payload->n = len - 1;
	buf_take(out, 4 + (size_t)len);
	return 1;
}

static int
is_allowed(const struct side *s, uint32_t piece)
{
	uint32_t set[FAST_SET];
	struct addr a = addr_of("80.4.4.200");
	int i, n = wire_fast_set(set, FAST_SET, NPIECES, hash, &a);

	for (i = 0; i < n; i++)
		if (set[i] == piece)
			return s->p.can & CAN_FAST;
	return 0;
}

static uint8_t
byte_at(uint32_t piece, uint32_t at)
{
	return (uint8_t)(piece * 37 + at * 11 + (at >> 8) + 1);
}

/* INFO bytes with nothing behind them but what a sanitizer sees. */
static const uint8_t *
info_bytes(void)
{
	static uint8_t info[INFO];
	uint32_t i;

	for (i = 0; i < INFO && info[INFO - 1] == 0; i++)
		info[i] = byte_at(i / METADATA_PIECE, i) | 1;
	return info;
}

static int
in_shape(const struct side *s, struct block b)
{
	return b.piece < s->sh->npieces && b.len > 0 && b.len <= REQUEST_MAX &&
	    (uint64_t)b.begin + b.len <= shape_len(s->sh, b.piece);
}

static struct block
block(uint32_t piece, uint32_t begin, uint32_t len)
{
	struct block b = { piece, begin, len };

	return b;
}

static struct addr
addr_of(const char *text)
{
	struct addr a;

	memset(&a, 0, sizeof a);
	addr_parse(&a, text, 0);
	return a;
}
