/* conns: strangers who call, say what the input has, answer requests rightly
 * or not, read or do not, and go, while time passes: the protocol, the picker,
 * the store and all policies joined.  A piece counts once and is right; what
 * is kept has its limits; when all have gone, nothing is left. */
#include "fuzz.h"
#include "sha1.h"
#include "net.h"
#include "find/known.h"
#include "swarm/link.h"
#include "strangers.h"
#include "tests/unit.h"

enum { OPS = 120 };

static struct {
	struct crowd c;
	struct files *files;
	struct store *store;
	int got[CROWD_PIECES];
} w;
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
	static uint8_t p[CROWD_PIECE];
	uint32_t len = shape_len(&torrent->sh, piece);

	(void)arg;
	CHECK(piece < CROWD_PIECES && w.got[piece]++ == 0);
	CHECK(bit_get(store_have(w.store), piece));
	CHECK(store_read(w.store, (int64_t)piece * CROWD_PIECE, p, len) == 0);
	CHECK(memcmp(p, crowd_bytes + piece * CROWD_PIECE, len) == 0);
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

static void
step(struct span *s)
{
	unsigned how = take8(s), more = take8(s);
	struct stranger *x = &w.c.all[how >> 3 & 1 ? more % CROWD_MOST : 0];
	struct addr a;
	struct span t;

	switch (how & 7) {
	case 0:
		a = take_addr(s);
		x = crowd_call(&w.c, &a);
		if (!x)
			return;
		/* FALLTHROUGH */
	case 1:
		if (x->of)
			crowd_shake(x, more, how >> 4 & 1);
		break;
	case 2:
		crowd_go(x);
		break;
	case 3:
		clock_run(NULL, NULL, more * (how & 16 ? 500 : 10));
		conns_tick(w.c.cs, net_now());
		break;
	case 4:
		crowd_give(x, more, more >> 5 & 1);
		break;
	default:
		t = take_span(s, take8(s) * (how & 16 ? 4u : 1u));
		crowd_say(x, t.p, t.n);
	}
	clock_run(NULL, NULL, 1);
	if (!(how & 128))
		crowd_hear(x);
}

static void
begin(unsigned nhave)
{
	const char *tmp = getenv("TMPDIR");
	uint32_t i;

	memset(&w, 0, sizeof w);
	w.c.torrent = torrent;
	memcpy(w.c.sh.id, "-bt0000-aaaaaaaaaaaa", ID_LEN);
	w.c.sh.port = 6881;
	w.c.sh.slots = 4;
	w.c.sh.rnd = 1;
	limit_init(&w.c.sh.limits[0], -1);
	limit_init(&w.c.sh.limits[1], -1);
	pool_init(&w.c.sh.pool, 4);
	for (i = 0; i < CROWD_MOST; i++)
		w.c.all[i].fd = -1;
	w.c.cs = conns_new(&w.c.sh, torrent, torrent->hash, &ops, &w);
	w.files = files_new(8);
	w.store = store_new(w.files, torrent, tmp ? tmp : "/tmp", NULL,
	    STORE_WRITE | STORE_TEMP);
	CHECK(store_temp(w.store) == 0 && store_begin(w.store) == 0);
	conns_load(w.c.cs, torrent, w.store, 0);
	for (i = 0; i < nhave; i++) {
		CHECK(store_write(w.store, (int64_t)i * CROWD_PIECE, crowd_bytes +
		    i * CROWD_PIECE, shape_len(&torrent->sh, i)) == 0);
		store_set_have(w.store, i);
		conns_have(w.c.cs, i);
		w.got[i] = 1;
	}
	conns_run(w.c.cs, nhave == CROWD_PIECES);
}

static void
end(void)
{
	int i;

	conns_close(w.c.cs);
	for (i = 0; i < w.c.n; i++)
		crowd_go(&w.c.all[i]);
	clock_run(NULL, NULL, 30000);
	conns_free(w.c.cs);
	clock_run(NULL, NULL, 1000); /* what was buried goes */
	CHECK(pool_count(&w.c.sh.pool) == 0 && !w.c.lobby.newest);
	net_untimer(&w.c.sh.dials);
	net_untimer(&w.c.sh.limits[0].timer);
	net_untimer(&w.c.sh.limits[1].timer);
	pool_free(&w.c.sh.pool);
	CHECK(store_free(w.store) == 0);
	files_free(w.files);
	for (i = 0; i < w.c.n; i++)
		buf_free(&w.c.all[i].in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span s = span_at(data, n);
	struct swarm_stats st;
	int i;

	if (!torrent)
		torrent = crowd_torrent();
	clock_set(1000000);
	begin(take8(&s) % (CROWD_PIECES + 1));
	for (i = 0; i < OPS && s.n > 0; i++) {
		step(&s);
		conns_stats(w.c.cs, &st);
		CHECK(st.nconns <= 4 && st.npeers <= st.nconns);
		CHECK(st.partial >= 0 && st.partial <= CROWD_SIZE);
		CHECK(st.nknown <= KNOWN_MAX && st.nseeds <= st.npeers);
	}
	end();
	clock_set(0);
	return 0;
}
