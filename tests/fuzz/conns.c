/* conns: strangers who call, say what the input has, answer requests rightly
 * or not, read or do not, and go, while time passes: the protocol, the picker,
 * the store and all policies joined.  A piece counts once and is right; what
 * is kept has its limits; when all have gone, nothing is left. */
#include <sys/types.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "sha1.h"
#include "net.h"
#include "torrent/meta.h"
#include "torrent/encode.h"
#include "torrent/store.h"
#include "swarm/wire.h"
#include "swarm/peer.h"
#include "swarm/link.h"
#include "swarm/conns.h"
#include "find/known.h"
#include "tests/unit.h"

enum { OPS = 120, CALLERS = 6, PIECES = 5, PIECE = 2 * BLOCK_LEN,
	SIZE = PIECES * PIECE - 1000, ASKED = 32 };

/* A stranger: fd -1: it has gone. */
struct stranger {
	int fd, taken, shook;
	struct link *link;
	struct place place;
	struct buf in;
	struct block asked[ASKED]; /* of it, a ring */
	unsigned nasked;
};

static struct {
	struct shared sh;
	struct store *store;
	struct conns *cs;
	struct room lobby;
	struct stranger all[CALLERS];
	struct files *files;
	int n, got[PIECES];
} w;
static uint8_t bytes[SIZE];
static struct meta *torrent; /* made once; what it has never changes */

static int
on_metadata(void *arg, struct span info)
{
	(void)arg, (void)info;
	return 0;
}

static void
on_piece(void *arg, uint32_t piece)
{
	static uint8_t p[PIECE];
	uint32_t len = shape_len(&torrent->sh, piece);

	(void)arg;
	CHECK(piece < PIECES && w.got[piece]++ == 0);
	CHECK(bit_get(store_have(w.store), piece));
	CHECK(store_read(w.store, (int64_t)piece * PIECE, p, len) == 0);
	CHECK(memcmp(p, bytes + piece * PIECE, len) == 0);
}

static void
on_disk_failed(void *arg)
{
	(void)arg;
	CHECK(!"the disk failed");
}

static void
on_message(void *arg, int detail, const char *text)
{
	(void)arg, (void)detail;
	CHECK(is_printable(text));
}

static const struct conns_ops ops = { on_metadata, on_piece, on_disk_failed,
	on_message };

static int
on_hello(void *arg, const uint8_t hash[ID_LEN])
{
	struct stranger *x = arg;

	if (memcmp(hash, torrent->hash, ID_LEN) == 0)
		x->taken = conns_take(w.cs, x->link, &x->place) == 0;
	return x->taken ? 0 : -1;
}

static void
link_end(void *arg)
{
	link_free(arg);
	free(arg);
}

static void
on_gone(void *arg, const char *why)
{
	struct stranger *x = arg;

	(void)why;
	pool_leave(&x->place);
	net_bury(link_end, x->link);
}

static void
on_close(void *arg)
{
	struct stranger *x = arg;

	link_close(x->link);
	on_gone(x, NULL);
}

static void
call(struct addr a)
{
	static const struct peer_ops lobby_ops = { .hello = on_hello };
	struct stranger *x = &w.all[w.n];
	struct place *out;
	int sv[2];

	if (w.n == CALLERS || pool_room(&w.sh.pool, net_now(), &out) < 0)
		return;
	if (out)
		out->close(out->owner);
	w.n++;
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv) == 0);
	x->fd = sv[1];
	x->link = xcalloc(1, sizeof *x->link);
	x->place.owner = x;
	x->place.close = on_close;
	x->place.addr = a;
	link_open(x->link, sv[0], &a, w.sh.limits, &lobby_ops, on_gone, x);
	pool_call(&w.sh.pool, &w.lobby, &x->place, net_now());
}

/* Reads what it is sent, and notes what it is asked for. */
static void
hear(struct stranger *x)
{
	const uint8_t *p;
	ssize_t n;

	while ((n = recv(x->fd, buf_room(&x->in, 65536), 65536, 0)) > 0)
		x->in.len += (size_t)n;
	if (!x->shook && buf_left(&x->in) >= HANDSHAKE_LEN) {
		CHECK(wire_handshake_flags(x->in.p) >= 0);
		buf_take(&x->in, HANDSHAKE_LEN);
		x->shook = 1;
	}
	while (x->shook && buf_left(&x->in) >= 5) {
		p = x->in.p + x->in.at;
		if (buf_left(&x->in) - 4 < get32(p))
			break;
		CHECK(get32(p) == 0 ||
		    wire_len_ok(p[4], get32(p) - 1, PIECES));
		if (get32(p) == 13 && p[4] == MSG_REQUEST)
			x->asked[x->nasked++ % ASKED] = wire_block(p + 5);
		buf_take(&x->in, 4 + get32(p));
	}
}

/* Gives what it was asked for, or a part of it. */
static void
give(struct stranger *x, unsigned how)
{
	struct block b = x->asked[how % MIN(MAX(x->nasked, 1), ASKED)];
	struct buf out = { 0 };

	if (x->nasked == 0)
		return;
	CHECK(b.piece < PIECES && b.begin + b.len <=
	    shape_len(&torrent->sh, b.piece));
	wire_put_head(&out, MSG_PIECE, 8 + b.len);
	put32(buf_room(&out, 8 + b.len), b.piece);
	put32(out.p + out.len + 4, b.begin);
	memcpy(out.p + out.len + 8, bytes + b.piece * PIECE + b.begin, b.len);
	out.p[out.len + 8] ^= (uint8_t)(how >> 5 & 1);
	out.len += 8 + b.len;
	(void)!send(x->fd, out.p, out.len, MSG_NOSIGNAL);
	buf_free(&out);
}

static void
step(struct span *s)
{
	unsigned how = take8(s), more = take8(s);
	struct stranger *x = &w.all[how >> 3 & 1 ? more % CALLERS : 0];
	struct buf b = { 0 };
	struct span t;

	switch (how & 7) {
	case 0:
		call(take_addr(s));
		x = &w.all[MAX(w.n, 1) - 1];
		/* FALLTHROUGH */
	case 1:
		wire_handshake(&b, torrent->hash,
		    (const uint8_t *)"-XX0100-bbbbbbbbbbbb", how >> 4 & 1);
		b.p[b.len - 1] = (uint8_t)more;
		(void)!send(x->fd, b.p, b.len, MSG_NOSIGNAL);
		break;
	case 2:
		if (x->fd >= 0)
			close(x->fd);
		x->fd = -1;
		break;
	case 3:
		clock_run(NULL, NULL, more * (how & 16 ? 500 : 10));
		conns_tick(w.cs, net_now());
		break;
	case 4:
		give(x, more);
		break;
	default:
		t = take_span(s, take8(s) * (how & 16 ? 4u : 1u));
		(void)!send(x->fd, t.p, t.n, MSG_NOSIGNAL);
	}
	buf_free(&b);
	clock_run(NULL, NULL, 1);
	if (x->fd >= 0 && !(how & 128))
		hear(x);
}

static void
make_torrent(void)
{
	struct ingredient file = { NULL, SIZE };
	struct recipe r = { .name = "data", .files = &file, .nfiles = 1,
	    .piece_len = PIECE };
	struct buf b = { 0 };
	char why[META_WHY];
	uint32_t i;

	for (i = 0; i < SIZE; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 251);
	encode_torrent(&b, &r);
	torrent = meta_parse(&b, why);
	for (i = 0; i < PIECES; i++)
		sha1(bytes + i * PIECE, shape_len(&torrent->sh, i),
		    torrent->pieces + i * SHA1_LEN);
	meta_rehash(torrent);
}

static void
begin(unsigned nhave)
{
	uint32_t i;

	memset(&w, 0, sizeof w);
	memcpy(w.sh.id, "-bt0000-aaaaaaaaaaaa", ID_LEN);
	w.sh.port = 6881;
	w.sh.slots = 4;
	w.sh.rnd = 1;
	limit_init(&w.sh.limits[0], -1);
	limit_init(&w.sh.limits[1], -1);
	pool_init(&w.sh.pool, 4);
	for (i = 0; i < CALLERS; i++)
		w.all[i].fd = -1;
	w.cs = conns_new(&w.sh, torrent, torrent->hash, &ops, &w);
	w.files = files_new(8);
	w.store = store_new(w.files, torrent, "/tmp", NULL,
	    STORE_WRITE | STORE_TEMP);
	CHECK(store_temp(w.store) == 0 && store_begin(w.store) == 0);
	conns_load(w.cs, torrent, w.store, 0);
	for (i = 0; i < nhave; i++) {
		CHECK(store_write(w.store, (int64_t)i * PIECE, bytes +
		    i * PIECE, shape_len(&torrent->sh, i)) == 0);
		store_set_have(w.store, i);
		conns_have(w.cs, i);
		w.got[i] = 1;
	}
	conns_run(w.cs, nhave == PIECES);
}

static void
end(void)
{
	int i;

	conns_close(w.cs);
	for (i = 0; i < w.n; i++)
		if (w.all[i].fd >= 0)
			close(w.all[i].fd);
	clock_run(NULL, NULL, 30000);
	conns_free(w.cs);
	clock_run(NULL, NULL, 1000); /* what was buried goes */
	CHECK(pool_count(&w.sh.pool) == 0 && !w.lobby.newest);
	net_untimer(&w.sh.dials);
	net_untimer(&w.sh.limits[0].timer);
	net_untimer(&w.sh.limits[1].timer);
	pool_free(&w.sh.pool);
	CHECK(store_free(w.store) == 0);
	files_free(w.files);
	for (i = 0; i < w.n; i++)
		buf_free(&w.all[i].in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span s = span_at(data, n);
	struct swarm_stats st;
	int i;

	if (!torrent)
		make_torrent();
	clock_set(1000000);
	begin(take8(&s) % (PIECES + 1));
	for (i = 0; i < OPS && s.n > 0; i++) {
		step(&s);
		conns_stats(w.cs, &st);
		CHECK(st.nconns <= 4 && st.npeers <= st.nconns);
		CHECK(st.partial >= 0 && st.partial <= SIZE);
		CHECK(st.nknown <= KNOWN_MAX && st.nseeds <= st.npeers);
	}
	end();
	clock_set(0);
	return 0;
}
