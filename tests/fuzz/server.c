/* server: callers who say what the input has, read or do not, and go, while
 * pieces come, a torrent goes and comes back, and time passes.  Of a piece that
 * is not here no byte leaves; callers have a limit; when the server goes,
 * nothing is left. */
#include <sys/types.h>
#include <sys/socket.h>
#include <fcntl.h>
#include <unistd.h>

#include "fuzz.h"
#include "http.h"
#include "limit.h"
#include "net.h"
#include "torrent/meta.h"
#include "torrent/encode.h"
#include "torrent/files.h"
#include "torrent/store.h"
#include "web/share.h"
#include "web/server.h"
#include "tests/unit.h"

enum { OPS = 100, SIDES = 6, MOST = 4, PIECE = 32768, ONE = 70000,
	SIZE = ONE + 5 + 2000, PIECES = (SIZE + PIECE - 1) / PIECE,
	NOT_HERE = 0xee };

static const struct ingredient files[] = { { "a", ONE }, { "b/c d", 5 },
	{ "e", 0 }, { "f", 2000 } };

static struct {
	struct meta *m;
	struct files *files;
	struct store *store;
	int fetching;
	struct shares shares;
	struct share share;
	struct limit up;
	struct web *web;
	int sides[SIDES];   /* callers' ends; -1: none */
} w;

static void
on_exhibit(void *owner, struct exhibit *e)
{
	CHECK(owner == &w);
	memset(e, 0, sizeof *e);
	e->m = w.m;
	e->store = w.store;
	e->have = store_have(w.store);
	e->state = w.fetching ? "fetching" : "seeding";
	e->size = SIZE;
	e->fetching = w.fetching;
}

static void
on_magnet(void *owner, struct span host, struct buf *out)
{
	(void)owner, (void)host;
	buf_printf(out, "magnet:?");
}

static int
on_peers(void *owner, struct addr *list, int most)
{
	(void)owner, (void)list, (void)most;
	return 0;
}

static void
on_torrent(void *owner, struct span host, struct buf *out)
{
	CHECK(owner == &w && host.n < HTTP_HEAD_MAX);
	buf_put(out, w.m->raw.p, w.m->raw.len);
}

static void
on_hurry(void *owner, const uint32_t *pieces, int n)
{
	CHECK(owner == &w && w.fetching);
	while (n-- > 0) {
		CHECK(pieces[n] < PIECES);
		CHECK(!bit_get(store_have(w.store), pieces[n]));
	}
}

static void
on_track(void *arg, const struct http_request *r, const struct addr *from,
    struct buf *out)
{
	struct buf body = { 0 };

	CHECK(arg == &w && from->port > 0);
	http_reply_put(out, "200 OK", "text/plain", &body, r->keep_alive, 0);
}

static const struct share_ops share_ops = { on_exhibit, on_magnet, on_peers };
static const struct web_ops web_ops = { on_torrent, on_hurry, on_track };

static void
come(uint32_t i, int how)
{
	static uint8_t p[PIECE];
	uint32_t len = shape_len(&w.m->sh, i);

	if (how != NOT_HERE && bit_get(store_have(w.store), i))
		return;
	memset(p, how, len);
	CHECK(store_write(w.store, (int64_t)i * PIECE, p, len) == 0);
	if (how != NOT_HERE)
		store_set_have(w.store, i);
}

static void
show(void)
{
	w.share.owner = &w;
	share_add(&w.shares, &w.share, span_of("t"), w.m->hash);
}

static void
begin(unsigned nhave)
{
	struct recipe r = { .name = "t", .is_dir = 1, .files = files,
	    .nfiles = LEN(files), .piece_len = PIECE };
	const char *tmp = getenv("TMPDIR");
	struct buf b = { 0 };
	char why[META_WHY];
	uint32_t i;

	memset(&w, 0, sizeof w);
	encode_torrent(&b, &r);
	w.m = meta_parse(&b, why);
	w.files = files_new(8);
	w.store = store_new(w.files, w.m, tmp ? tmp : "/tmp", NULL,
	    STORE_WRITE | STORE_TEMP);
	CHECK(store_temp(w.store) == 0 && store_begin(w.store) == 0);
	for (i = 0; i < PIECES; i++)
		come(i, i < nhave ? 'x' : NOT_HERE);
	w.shares.ops = &share_ops;
	show();
	limit_init(&w.up, nhave & 8 ? 50000 : -1);
	w.web = web_new(&w.shares, &w.up, MOST, &web_ops, &w);
	w.fetching = nhave >> 4 & 1;
	for (i = 0; i < SIDES; i++)
		w.sides[i] = -1;
}

static void
hear(int fd)
{
	static uint8_t p[1 << 16];
	ssize_t n = recv(fd, p, sizeof p, 0);

	CHECK(n <= 0 || !memchr(p, NOT_HERE, (size_t)n));
}

static void
call(int *side, struct span *s)
{
	struct addr a = take_addr(s);
	struct span came = take_span(s, take8(s) & 7);
	int sv[2];

	if (*side >= 0)
		return;
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	fcntl(sv[0], F_SETFL, O_NONBLOCK);
	fcntl(sv[1], F_SETFL, O_NONBLOCK);
	a.port |= 1;
	*side = sv[1];
	web_call(w.web, sv[0], &a, came);
}

static void
step(struct span *s)
{
	unsigned how = take8(s), more = take8(s);
	int *side = &w.sides[how >> 3 & 1 ? more % SIDES : 0];
	struct span t;

	switch (how & 7) {
	case 0:
		call(side, s);
		break;
	case 1:
		if (*side >= 0)
			close(*side);
		*side = -1;
		break;
	case 2:
		clock_run(NULL, NULL, more * (how & 16 ? 500 : 10));
		break;
	case 3:
		come(more % PIECES, 'y');
		if (how & 16)
			web_piece(w.web, &w.share);
		break;
	case 4:
		web_drop(w.web, &w.share);
		share_remove(&w.shares, &w.share);
		if (how & 16)
			w.fetching = !w.fetching;
		show();
		break;
	default:
		t = take_span(s, take8(s) * (how & 16 ? 4u : 1u));
		if (*side >= 0 && send(*side, t.p, t.n, MSG_NOSIGNAL) < 0)
			return; /* he was closed, or has said too much */
	}
	clock_run(NULL, NULL, 1);
	if (!(how & 128) && *side >= 0)
		hear(*side);
}

static void
end(void)
{
	int i;
	uint8_t p[1];

	web_free(w.web);
	clock_run(NULL, NULL, 1000);
	for (i = 0; i < SIDES; i++)
		if (w.sides[i] >= 0) {
			while (recv(w.sides[i], p, 1, 0) > 0)
				;
			CHECK(send(w.sides[i], "x", 1, MSG_NOSIGNAL) < 0);
			close(w.sides[i]);
		}
	net_untimer(&w.up.timer);
	share_remove(&w.shares, &w.share);
	shares_free(&w.shares);
	CHECK(store_free(w.store) == 0);
	files_free(w.files);
	meta_free(w.m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span s = span_at(data, n);
	int i;

	clock_set(1000000);
	begin(take8(&s));
	for (i = 0; i < OPS && s.n > 0; i++)
		step(&s);
	end();
	clock_set(0);
	return 0;
}
