/* server: a web of a small torrent over a real store, its callers' sockets in
 * the same loop, and a clock that is set. */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "rand.h"
#include "sha1.h"
#include "addr.h"
#include "http.h"
#include "limit.h"
#include "net.h"
#include "torrent/meta.h"
#include "torrent/encode.h"
#include "torrent/files.h"
#include "torrent/store.h"
#include "torrent/tar.h"
#include "web/body.h"
#include "web/share.h"
#include "web/server.h"
#include "unit.h"
#include "fault.h"
#include "far.h"

enum {
	MOST   = 24,           /* callers */
	PIECE  = 64 << 10,
	ONE    = 100000,       /* bytes of the files, */
	BIG    = 2 << 20,      /* more than a socket holds */
	SIZE   = ONE + 5 + BIG,
	BIG_AT = ONE + 5,      /* and where it stands */
	PIECES = (SIZE + PIECE - 1) / PIECE,
	SECOND = 1000
};

static const struct ingredient files[] = { { "one", ONE }, { "a b/%c", 5 },
	{ "none", 0 }, { "big", BIG } };

/* One who calls. */
struct side {
	struct io io;
	int fd;
	struct buf got;     /* owned: what he has not taken */
	size_t most;        /* reads so much a round; 0: nothing */
	int closed;         /* nothing more comes */
	struct http_reply reply; /* that he took last */
	struct buf head;    /* owned: its head, with a NUL */
};

static void gives(void);
static void parts(void);
static void refuses(void);
static void in_a_row(void);
static void waits(void);
static void asks_the_end(void);
static void drops(void);
static void limits(void);
static void on_peer_turn(void *owner);
static void archives(void);
static void shortens(void);
static void crowds(void);
static void slow(void);
static void visitors(void);
static void codes(void);

static void setup(int have_all);
static void teardown(void);
static struct side *call(const char *from);
static void say(struct side *x, const char *text);
static void hang_up(struct side *x);
static void hear(struct side *x, size_t most);
static void on_ready(struct io *io, short got, int64_t now_ms);
static long whole(struct side *x);
static int has_whole(void *arg);
static int is_closed(void *arg);
static int has_some(void *arg);
static int hears(struct side *x, int status);
static int asks(struct side *x, const char *text, int status);
static int says(const struct side *x, const char *line);
static int body_is(const struct side *x, int64_t at, int64_t n);
static void come(uint32_t piece);
static void path_of(char path[400], const char *name);
static void on_exhibit(void *owner, struct exhibit *e);
static void on_magnet(void *owner, struct span host, struct buf *out);
static int on_peers(void *owner, struct addr *list, int most);
static void on_torrent(void *owner, struct span host, struct buf *out);
static void on_hurry(void *owner, const uint32_t *pieces, int n);
static void on_track(void *arg, const struct http_request *r,
    const struct addr *from, struct buf *out);

static const struct share_ops share_ops = { on_exhibit, on_magnet, on_peers };
static const struct web_ops web_ops = { on_torrent, on_hurry, on_track };

static struct {
	char dir[256];
	struct files *files;
	struct meta *m;
	struct store *store;
	uint8_t *data;
	uint8_t have[(PIECES + 7) / 8];
	int fetching;
	int away;              /* nothing of it can be read */
	struct shares shares;
	struct share a, b;      /* of the same, under two names */
	struct limit up;
	struct web *web;
	struct side sides[MOST + 2];
	int nsides;
	uint32_t hurried[64];   /* what was hurried last, */
	int nhurried;           /* -1: never */
	int ntracked;
	int64_t moved;          /* by a peer */
	int link;               /* digits in a magnet link */
	char host[100];         /* that a torrent was asked for by */
} w;

void
test_server(void)
{
	clock_set(1000000);
	gives();
	parts();
	refuses();
	in_a_row();
	waits();
	asks_the_end();
	drops();
	limits();
	archives();
	shortens();
	crowds();
	slow();
	visitors();
	codes();
	clock_set(0);
}

/* The server, with all pieces or none. */
static void
setup(int have_all)
{
	const char *tmp = getenv("TMPDIR");
	struct recipe r = { .name = "tree", .is_dir = 1,
		.files = files, .nfiles = LEN(files), .piece_len = PIECE };
	struct buf b = { 0 };
	char why[META_WHY], path[400];
	uint64_t rnd = 7;
	size_t i, at = 0;
	int fd;

	memset(&w, 0, sizeof w);
	w.nhurried = -1;
	snprintf(w.dir, sizeof w.dir, "%s/btsh-unit-XXXXXX",
	    tmp ? tmp : "/tmp");
	OK(mkdtemp(w.dir) != NULL);
	path_of(path, "");
	mkdir(path, 0777);
	path_of(path, "a b");
	mkdir(path, 0777);
	w.data = xmalloc(SIZE);
	for (i = 0; i < SIZE; i++)
		w.data[i] = (uint8_t)rnd_next(&rnd);
	for (i = 0; i < LEN(files); at += (size_t)files[i++].len) {
		path_of(path, files[i].path);
		fd = open(path, O_WRONLY | O_CREAT, 0666);
		OK(fd >= 0 && write_all(fd, w.data + at,
		    (size_t)files[i].len) == 0);
		close(fd);
	}
	encode_torrent(&b, &r);
	w.m = meta_parse(&b, why);
	OK(w.m != NULL);
	w.files = files_new(8);
	w.store = store_new(w.files, w.m, w.dir, NULL, 0);
	memset(w.have, have_all ? 0xff : 0, sizeof w.have);
	w.shares.ops = &share_ops;
	w.a.owner = w.b.owner = &w;
	share_add(&w.shares, &w.a, span_of("tree"), w.m->hash);
	share_add(&w.shares, &w.b, span_of("other"), w.m->hash);
	limit_init(&w.up, -1);
	w.web = web_new(&w.shares, &w.up, MOST, &web_ops, &w);
}

static void
teardown(void)
{
	char path[400];
	size_t i;

	web_free(w.web);
	for (i = 0; (int)i < w.nsides; i++) {
		if (w.sides[i].fd >= 0) {
			hear(&w.sides[i], SIZE);
			OK(clock_run(is_closed, &w.sides[i], SECOND));
		}
		hang_up(&w.sides[i]);
	}
	net_untimer(&w.up.timer);
	share_remove(&w.shares, &w.a);
	share_remove(&w.shares, &w.b);
	shares_free(&w.shares);
	store_free(w.store);
	files_free(w.files);
	meta_free(w.m);
	free(w.data);
	for (i = 0; i < LEN(files); i++) {
		path_of(path, files[i].path);
		unlink(path);
	}
	path_of(path, "a b");
	rmdir(path);
	path_of(path, "");
	rmdir(path);
	OK(rmdir(w.dir) == 0);
	clock_run(NULL, NULL, SECOND);
}

static void
path_of(char path[400], const char *name)
{
	snprintf(path, 400, "%s/tree/%s", w.dir, name);
}

/* One more, from an address. */
static struct side *
call(const char *from)
{
	static const struct span none;
	struct side *x = &w.sides[w.nsides++];
	struct addr a;
	int sv[2], small = 65536;

	OK(w.nsides <= (int)LEN(w.sides) && addr_parse(&a, from, 0) == 0);
	memset(x, 0, sizeof *x);
	far_pair(sv);
	setsockopt(sv[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
	x->fd = sv[1];
	x->io.ready = on_ready;
	x->io.arg = x;
	hear(x, SIZE);
	web_call(w.web, sv[0], &a, none);
	return x;
}

static void
say(struct side *x, const char *text)
{
	OK(send(x->fd, text, strlen(text), MSG_NOSIGNAL) ==
	    (ssize_t)strlen(text));
}

static void
hang_up(struct side *x)
{
	net_remove(&x->io);
	if (x->fd >= 0)
		close(x->fd);
	x->fd = -1;
	buf_free(&x->got);
	buf_free(&x->head);
	buf_free(&x->reply.body);
}

/* From now on he reads so much a round. */
static void
hear(struct side *x, size_t most)
{
	x->most = most;
	net_remove(&x->io);
	x->io.fd = x->fd;
	if (most > 0 && !x->closed)
		net_add(&x->io, POLLIN);
}

static void
on_ready(struct io *io, short got, int64_t now_ms)
{
	struct side *x = io->arg;
	ssize_t n = recv(x->fd, buf_room(&x->got, x->most), x->most, 0);

	(void)got, (void)now_ms;
	if (n > 0)
		x->got.len += (size_t)n;
	if (n == 0 || (n < 0 && errno != EAGAIN)) {
		x->closed = 1;
		net_remove(io);
	}
}

/* The length of the whole reply at the front, which is a HEAD's if its head
 * was begun with one; 0: there is none. */
static long
whole(struct side *x)
{
	struct http_reply *r = &x->reply;
	const uint8_t *p = x->got.p + x->got.at;
	size_t n = buf_left(&x->got), i;
	long k, at = 0;

	buf_free(&r->body);
	memset(r, 0, sizeof *r);
	r->limit = SIZE + 100000;
	while ((size_t)at < n && !http_reply_done(r) &&
	    (k = http_reply_feed(r, p + at, n - (size_t)at)) > 0)
		at += k;
	if (!http_reply_done(r))
		return 0;
	for (i = 0; i + 4 <= n && memcmp(p + i, "\r\n\r\n", 4) != 0; i++)
		;
	x->head.at = x->head.len = 0;
	buf_put(&x->head, p, i + 2);
	buf_put(&x->head, "", 1);
	return at;
}

static int
has_whole(void *arg)
{
	return whole(arg) > 0;
}

static int
is_closed(void *arg)
{
	return ((struct side *)arg)->closed;
}

static int
has_some(void *arg)
{
	return buf_left(&((struct side *)arg)->got) > 0;
}

/* Whether a reply comes, and has that status; he takes it. */
static int
hears(struct side *x, int status)
{
	if (!clock_run(has_whole, x, 100 * SECOND))
		return 0;
	buf_take(&x->got, (size_t)whole(x));
	return x->reply.status == status;
}

static int
asks(struct side *x, const char *text, int status)
{
	say(x, text);
	return hears(x, status);
}

/* Whether the head of the last reply has a line. */
static int
says(const struct side *x, const char *line)
{
	char text[300];

	snprintf(text, sizeof text, "\r\n%s\r\n", line);
	return strstr((const char *)x->head.p, text) != NULL;
}

static int
body_is(const struct side *x, int64_t at, int64_t n)
{
	return x->reply.body.len == (size_t)n && (n == 0 ||
	    memcmp(x->reply.body.p, w.data + at, (size_t)n) == 0);
}

/* A piece has come. */
static void
come(uint32_t piece)
{
	bit_set(w.have, piece);
	web_piece(w.web, &w.a);
}

static void
on_exhibit(void *owner, struct exhibit *e)
{
	OK(owner == &w);
	memset(e, 0, sizeof *e);
	e->m = w.m;
	e->store = w.away ? NULL : w.store;
	e->have = w.away ? NULL : w.have;
	e->state = w.fetching ? "fetching" : "seeding";
	e->size = SIZE;
	e->fetching = w.fetching;
	e->npeers = 1;
}

static void
on_magnet(void *owner, struct span host, struct buf *out)
{
	(void)owner, (void)host;
	buf_printf(out, "magnet:?%0*d", w.link ? w.link : 1, 0);
}

static int
on_peers(void *owner, struct addr *list, int most)
{
	OK(owner == &w && most > 0);
	return addr_parse(list, "9.8.7.6:5", 1) == 0;
}

static void
on_torrent(void *owner, struct span host, struct buf *out)
{
	OK(owner == &w);
	snprintf(w.host, sizeof w.host, "%.*s", (int)host.n,
	    (const char *)host.p);
	buf_printf(out, "d8:announce1:x4:info");
	buf_put(out, w.m->info.p, w.m->info.n);
	buf_printf(out, "8:url-list1:ye");
}

static void
on_hurry(void *owner, const uint32_t *pieces, int n)
{
	OK(owner == &w && n >= 0 && n <= (int)LEN(w.hurried));
	memcpy(w.hurried, pieces, (size_t)n * sizeof *pieces);
	w.nhurried = n;
}

static void
on_track(void *arg, const struct http_request *r, const struct addr *from,
    struct buf *out)
{
	struct buf body = { 0 };

	OK(arg == &w && addr_is_loopback(from));
	w.ntracked++;
	buf_put(&body, r->query.p, r->query.n);
	http_reply_put(out, "200 OK", "text/plain", &body, r->keep_alive, 0);
	buf_free(&body);
}

/* What is here. */

static void
gives(void)
{
	struct side *x;
	char tag[200], ask[400];
	const char *at;

	CASE("server: a file is given whole, and its head alone");
	setup(1);
	x = call("127.0.0.1");
	OK(asks(x, "GET /tree/one HTTP/1.1\r\n\r\n", 200));
	OK(body_is(x, 0, ONE) && says(x, "Content-Length: 100000"));
	say(x, "HEAD /tree/big HTTP/1.1\r\n\r\n");
	OK(clock_run(has_some, x, SECOND));
	clock_run(NULL, NULL, SECOND);
	OK(!has_whole(x) && buf_left(&x->got) < 1000 && !x->closed);
	buf_take(&x->got, buf_left(&x->got));
	OK(asks(x, "GET /tree/big HTTP/1.1\r\n\r\n", 200));
	OK(body_is(x, BIG_AT, BIG));
	OK(w.a.given == ONE + BIG && w.b.given == 0);
	CASE("server: one of no bytes, and one of an odd name");
	OK(asks(x, "GET /tree/none HTTP/1.1\r\n\r\n", 200));
	OK(body_is(x, 0, 0));
	OK(asks(x, "GET /other/a%20b/%25c HTTP/1.1\r\n\r\n", 200));
	OK(body_is(x, ONE, 5) && w.b.given == 5);
	CASE("server: who has it already is told so");
	OK(asks(x, "GET /tree/one HTTP/1.1\r\n\r\n", 200));
	at = strstr((const char *)x->head.p, "ETag: ");
	OK(at && sscanf(at, "ETag: %199[^\r]", tag) == 1);
	snprintf(ask, sizeof ask, "GET /tree/one HTTP/1.1\r\n"
	    "If-None-Match: %s\r\n\r\n", tag);
	OK(asks(x, ask, 304));
	OK(asks(x, "GET /tree/none HTTP/1.1\r\n\r\n", 200));
	CASE("server: who wants no more is closed when he has all");
	OK(asks(x, "GET /tree/big HTTP/1.0\r\n\r\n", 200));
	OK(body_is(x, BIG_AT, BIG) && clock_run(is_closed, x, SECOND));
	OK(buf_left(&x->got) == 0);
	teardown();
}

static void
parts(void)
{
	static const struct { int at, n; } some[] = { { 0, 10 },
		{ 100, 39901 }, { 50000, 10001 }, { 1000000, 900001 },
		{ BIG - 5, 5 } };
	struct side *x;
	const uint8_t *p, *end;
	size_t i;

	CASE("server: a range of a file, over the ends of pieces");
	setup(1);
	x = call("127.0.0.1");
	OK(asks(x, "GET /tree/one HTTP/1.1\r\nRange: bytes=65530-65540\r\n"
	    "\r\n", 206));
	OK(body_is(x, 65530, 11));
	OK(asks(x, "GET /tree/big HTTP/1.1\r\nRange: bytes=-70000\r\n\r\n",
	    206));
	OK(body_is(x, SIZE - 70000, 70000));
	CASE("server: a range beyond the end is none");
	OK(asks(x, "GET /tree/one HTTP/1.1\r\nRange: bytes=100000-\r\n\r\n",
	    416));
	OK(says(x, "Content-Range: bytes */100000"));
	CASE("server: of another state of the file, all is given");
	OK(asks(x, "GET /tree/one HTTP/1.1\r\nRange: bytes=1-2\r\n"
	    "If-Range: \"x\"\r\n\r\n", 200));
	OK(body_is(x, 0, ONE));
	CASE("server: several ranges, small and large, and a reply behind");
	OK(asks(x, "GET /tree/big HTTP/1.1\r\nRange: bytes=0-9,100-40000,"
	    "50000-60000,1000000-1900000,-5\r\n\r\n"
	    "GET /tree/none HTTP/1.1\r\n\r\n", 206));
	p = x->reply.body.p;
	end = p + x->reply.body.len;
	for (i = 0; i < LEN(some); i++) {
		while (p + 4 < end && memcmp(p, "\r\n\r\n", 4) != 0)
			p++;
		p += 4;
		OK(end - p >= some[i].n && memcmp(p, w.data + BIG_AT +
		    some[i].at, (size_t)some[i].n) == 0);
		p += MIN(end - p, some[i].n);
	}
	OK(end - p > 8 && end - p < 100 && memcmp(p, "\r\n--", 4) == 0);
	OK(memcmp(end - 4, "--\r\n", 4) == 0);
	OK(hears(x, 200) && body_is(x, 0, 0));
	teardown();
}

static void
refuses(void)
{
	static const struct { const char *text; int status; } table[] = {
		{ "GET /nothing HTTP/1.1\r\n\r\n", 404 },
		{ "GET /tree/two HTTP/1.1\r\n\r\n", 404 },
		{ "GET /tree/one/ HTTP/1.1\r\n\r\n", 404 },
		{ "GET /tree/../tree/one HTTP/1.1\r\n\r\n", 404 },
		{ "GET /tree/a%20b HTTP/1.1\r\n\r\n", 404 },
		{ "GET /tree/%zz HTTP/1.1\r\n\r\n", 400 },
		{ "PUT /tree/one HTTP/1.1\r\n\r\n", 405 },
		{ "CONNECT x:1 HTTP/1.1\r\n\r\n", 405 }
	};
	struct side *x;
	size_t i;

	CASE("server: what is refused, after which it goes on");
	setup(1);
	x = call("127.0.0.1");
	for (i = 0; i < LEN(table); i++)
		OK_FOR(table[i].text, asks(x, table[i].text,
		    table[i].status));
	OK(asks(x, "GET /tree/none HTTP/1.1\r\n\r\n", 200));
	CASE("server: or does not");
	OK(asks(x, "POST /tree/one HTTP/1.1\r\nContent-Length: 5\r\n\r\n"
	    "hallo", 400));
	OK(clock_run(is_closed, x, 5 * SECOND));
	CASE("server: what is not here and does not come is for later");
	w.have[0] = 0x7f;
	x = call("127.0.0.1");
	OK(asks(x, "GET /tree/one HTTP/1.1\r\n\r\n", 503));
	OK(strstr((char *)x->head.p, "\r\nRetry-After: ") != NULL);
	OK(asks(x, "GET /tree.tar HTTP/1.1\r\n\r\n", 503));
	OK(asks(x, "GET /tree/one HTTP/1.1\r\nRange: bytes=65535-\r\n\r\n",
	    503));
	OK(asks(x, "GET /tree/one HTTP/1.1\r\nRange: bytes=65536-\r\n\r\n",
	    206));
	OK(body_is(x, PIECE, ONE - PIECE));
	OK(asks(x, "GET /tree/big HTTP/1.1\r\n\r\n", 200));
	OK(body_is(x, BIG_AT, BIG));
	teardown();
}

/* Requests that wait for each other. */
static void
in_a_row(void)
{
	static const char all[] = "GET /tree/one HTTP/1.1\r\n\r\n"
	    "GET /tree/big HTTP/1.1\r\n\r\n"
	    "GET /nothing HTTP/1.1\r\n\r\n"
	    "GET /tree/big HTTP/1.1\r\nRange: bytes=9-\r\n\r\n"
	    "GET /announce?x=y HTTP/1.1\r\n\r\n"
	    "GET /tree.torrent HTTP/1.1\r\nHost: there:1\r\n\r\n"
	    "GET /tree/big HTTP/1.0\r\n\r\n"
	    "GET /tree/one HTTP/1.1\r\n\r\n";
	struct side *x;
	const char *p;
	struct buf torrent = { 0 };
	char one[2] = "";
	int way;

	for (way = 0; way < 2; way++) {
		CASE(way ? "server: the same, byte by byte" : "server: "
		    "requests in one packet are answered in their order");
		setup(1);
		x = call("127.0.0.1");
		hear(x, 100000);
		if (way == 0)
			say(x, all);
		for (p = all; way == 1 && *p; p++) {
			*one = *p;
			if (send(x->fd, one, 1, MSG_NOSIGNAL) < 0)
				break; /* it was closed, as is right */
			clock_run(NULL, NULL, 0);
		}
		OK(hears(x, 200) && body_is(x, 0, ONE));
		OK(hears(x, 200) && body_is(x, BIG_AT, BIG));
		OK(hears(x, 404));
		OK(hears(x, 206) && body_is(x, BIG_AT + 9, BIG - 9));
		OK(hears(x, 200) && w.ntracked == 1);
		OK(span_is((struct span){ x->reply.body.p,
		    x->reply.body.len }, "x=y"));
		OK(hears(x, 200) && strcmp(w.host, "there:1") == 0);
		on_torrent(&w, span_of("x"), &torrent);
		OK(x->reply.body.len == torrent.len && memcmp(
		    x->reply.body.p, torrent.p, torrent.len) == 0);
		buf_free(&torrent);
		OK(hears(x, 200) && body_is(x, BIG_AT, BIG));
		OK(clock_run(is_closed, x, 5 * SECOND));
		OK(buf_left(&x->got) == 0);
		teardown();
	}
}

/* What is being fetched. */
static void
waits(void)
{
	struct side *x, *y;
	uint32_t i;

	CASE("server: who needs a piece that is not here waits for it");
	setup(0);
	w.fetching = 1;
	x = call("127.0.0.1");
	say(x, "GET /tree/big HTTP/1.1\r\n\r\n");
	clock_run(NULL, NULL, SECOND);
	OK(!has_whole(x));
	CASE("server: and it is hurried, with those behind it");
	OK(w.nhurried > 1 && w.nhurried <= 32);
	for (i = 0; (int)i < w.nhurried; i++)
		OK(w.hurried[i] == BIG_AT / PIECE + i);
	buf_take(&x->got, buf_left(&x->got)); /* its head */
	come(BIG_AT / PIECE + 1);
	clock_run(NULL, NULL, SECOND);
	OK(buf_left(&x->got) == 0);
	OK(w.hurried[0] == BIG_AT / PIECE);
	OK(w.hurried[1] == BIG_AT / PIECE + 2);
	come(BIG_AT / PIECE);
	clock_run(NULL, NULL, SECOND);
	OK(buf_left(&x->got) == (BIG_AT / PIECE + 2) * PIECE - BIG_AT);
	OK(w.hurried[0] == BIG_AT / PIECE + 2);
	CASE("server: a slow swarm keeps him, as long as anything comes");
	for (i = PIECES; i-- > BIG_AT / PIECE + 2; ) {
		clock_run(NULL, NULL, 50 * SECOND);
		come(i);
	}
	clock_run(NULL, NULL, SECOND);
	OK(buf_left(&x->got) == BIG && memcmp(x->got.p + x->got.at,
	    w.data + BIG_AT, BIG) == 0);
	CASE("server: nothing is hurried when he has all");
	OK(w.nhurried == 0);
	CASE("server: two who read are both hurried, and who goes is not");
	memset(w.have, 0, sizeof w.have);
	buf_take(&x->got, buf_left(&x->got));
	say(x, "GET /tree/one HTTP/1.1\r\n\r\n");
	clock_run(NULL, NULL, SECOND);
	OK(w.nhurried == 2 && w.hurried[0] == 0 && w.hurried[1] == 1);
	y = call("127.0.0.1");
	say(y, "GET /other/big HTTP/1.1\r\nRange: bytes=-1\r\n\r\n");
	clock_run(NULL, NULL, SECOND);
	OK(w.nhurried == 1 && w.hurried[0] == PIECES - 1);
	hang_up(x);
	w.nhurried = -1;
	clock_run(NULL, NULL, SECOND);
	OK(w.nhurried == 0);
	CASE("server: the first piece may take a minute");
	w.fetching = 1;
	OK(!y->closed);
	x = call("127.0.0.1");
	say(x, "GET /tree/one HTTP/1.1\r\n\r\n");
	clock_run(NULL, NULL, 55 * SECOND);
	OK(!x->closed);
	clock_run(NULL, NULL, 10 * SECOND);
	OK(x->closed);
	teardown();
}

/* What a player does: the end, then the beginning. */
static void
asks_the_end(void)
{
	struct side *x, *y;
	uint32_t i;

	CASE("server: the end of a file first, then the beginning");
	setup(0);
	w.fetching = 1;
	x = call("127.0.0.1");
	y = call("127.0.0.1");
	say(y, "GET /tree/big HTTP/1.1\r\n\r\n");
	say(x, "GET /tree/big HTTP/1.1\r\nRange: bytes=-1000\r\n\r\n"
	    "GET /tree/big HTTP/1.1\r\nRange: bytes=0-99\r\n\r\n");
	clock_run(NULL, NULL, SECOND);
	for (i = 0; (int)i < w.nhurried && w.hurried[i] != PIECES - 1; i++)
		;
	OK((int)i < w.nhurried);
	come(PIECES - 1);
	OK(hears(x, 206) && body_is(x, SIZE - 1000, 1000));
	clock_run(NULL, NULL, SECOND);
	OK(w.hurried[0] == BIG_AT / PIECE);
	come(BIG_AT / PIECE);
	OK(hears(x, 206) && body_is(x, BIG_AT, 100));
	CASE("server: fetching that stops is the end of who waits");
	w.fetching = 0;
	come(3);
	OK(clock_run(is_closed, y, SECOND) && !x->closed);
	OK(asks(x, "GET /tree/none HTTP/1.1\r\n\r\n", 200));
	teardown();
}

static void
drops(void)
{
	struct side *x, *y, *z;

	CASE("server: a torrent that goes takes its readers, and no others");
	setup(0);
	w.fetching = 1;
	x = call("127.0.0.1");
	y = call("127.0.0.1");
	z = call("127.0.0.1");
	hear(z, 0);
	memset(w.have, 0xff, sizeof w.have);
	say(z, "GET /tree/big HTTP/1.1\r\n\r\n");
	clock_run(NULL, NULL, SECOND);
	memset(w.have, 0, sizeof w.have);
	say(x, "GET /tree/big HTTP/1.1\r\n\r\n");
	say(y, "GET /other/one HTTP/1.1\r\n\r\n");
	clock_run(NULL, NULL, SECOND);
	OK(!x->closed && !y->closed && !z->closed);
	web_drop(w.web, &w.a);
	share_remove(&w.shares, &w.a);
	hear(z, SIZE);
	OK(clock_run(is_closed, x, SECOND) && clock_run(is_closed, z, SECOND));
	OK(!y->closed && buf_left(&z->got) < BIG);
	bit_set(w.have, 0);
	bit_set(w.have, 1);
	web_piece(w.web, &w.b);
	OK(hears(y, 200) && body_is(y, 0, ONE));
	OK(asks(y, "GET /tree/one HTTP/1.1\r\n\r\n", 404));
	CASE("server: the server that goes takes all");
	bit_clear(w.have, 0);
	say(y, "GET /other/one HTTP/1.1\r\n\r\n");
	clock_run(NULL, NULL, SECOND);
	teardown();
}

/* A peer that takes what it may. */
static void
on_peer_turn(void *owner)
{
	struct turn *t = owner;
	int64_t n;

	while ((n = limit_ask(&w.up, t, net_now())) > 0) {
		limit_spend(&w.up, t, n);
		w.moved += n;
	}
}

static void
limits(void)
{
	struct side *x, *y;
	int64_t began;
	struct turn peer = { 0 };
	char from[24];
	int i;

	CASE("server: two readers share what may be given");
	setup(1);
	limit_init(&w.up, 100000);
	began = net_now();
	x = call("127.0.0.1");
	y = call("127.0.0.2");
	say(x, "GET /tree/big HTTP/1.1\r\n\r\n");
	say(y, "GET /tree/big HTTP/1.1\r\n\r\n");
	clock_run(NULL, NULL, 20 * SECOND);
	OK(buf_left(&x->got) > 800000 && buf_left(&x->got) < 1300000);
	OK(buf_left(&y->got) > 800000 && buf_left(&y->got) < 1300000);
	OK(hears(x, 200) && body_is(x, BIG_AT, BIG));
	OK(hears(y, 200) && body_is(y, BIG_AT, BIG));
	OK(net_now() - began > 35 * SECOND && net_now() - began <
	    50 * SECOND);
	CASE("server: many readers of one address are one, for others");
	for (i = 0; i < 7; i++)
		say(call("127.0.0.1"), "GET /tree/big HTTP/1.1\r\n\r\n");
	say(y, "GET /tree/big HTTP/1.1\r\n\r\n");
	began = net_now();
	OK(hears(y, 200) && body_is(y, BIG_AT, BIG));
	OK(net_now() - began < 50 * SECOND);
	CASE("server: and each of them gets on");
	for (i = 0; i < 7; i++)
		OK(buf_left(&w.sides[2 + i].got) > BIG / 7 / 2);
	CASE("server: who reads nothing keeps no turn");
	for (i = 0; i < 7; i++)
		hear(&w.sides[2 + i], 0);
	clock_run(NULL, NULL, 20 * SECOND);
	began = net_now();
	x = call("127.0.0.1");
	OK(asks(x, "GET /tree/one HTTP/1.1\r\n\r\n", 200));
	OK(net_now() - began < 10 * SECOND);
	CASE("server: so many strangers at a time, each gets on");
	for (i = 0; i < 7; i++)
		hang_up(&w.sides[2 + i]);
	clock_run(NULL, NULL, SECOND);
	for (i = 0; i < 12; i++) {
		snprintf(from, sizeof from, "10.0.0.%d", i);
		say(call(from), "GET /tree/big HTTP/1.1\r\n\r\n");
	}
	began = w.up.bucket.bps * 10;
	peer.go = on_peer_turn;
	peer.owner = &peer;
	w.moved = 0;
	on_peer_turn(&peer);
	clock_run(NULL, NULL, 10 * SECOND);
	OK(w.moved > began / 11 && w.moved < began / 6);
	peer.go = NULL;
	limit_leave(&w.up, &peer);
	for (i = 0; i < 12; i++) {
		OK(buf_left(&w.sides[10 + i].got) > 30000);
		hang_up(&w.sides[10 + i]);
	}
	clock_run(NULL, NULL, SECOND);
	x = call("10.0.1.1");
	y = call("10.0.1.1");
	CASE("server: who goes while he waits for his turn holds up nobody");
	say(x, "GET /tree/big HTTP/1.1\r\n\r\n");
	say(y, "GET /tree/one HTTP/1.1\r\n\r\n");
	clock_run(NULL, NULL, SECOND);
	hang_up(x);
	OK(hears(y, 200) && body_is(y, 0, ONE));
	teardown();
}

/* Each file behind its head, by the words of POSIX. */
static void
archives(void)
{
	struct side *x;
	const uint8_t *p;
	size_t i, n, at = 0;
	int64_t off = 0;

	CASE("server: an archive is all files, and as long as it says");
	setup(1);
	x = call("127.0.0.1");
	OK(asks(x, "GET /tree.tar HTTP/1.1\r\n\r\n", 200));
	OK(says(x, "Content-Type: application/x-tar"));
	p = x->reply.body.p;
	n = x->reply.body.len;
	for (i = 0; i < LEN(files); i++) {
		OK(n - at > TAR_BLOCK && memcmp(p + at, "tree/", 5) == 0 &&
		    strcmp((char *)p + at + 5, files[i].path) == 0);
		OK(strtol((char *)p + at + 124, NULL, 8) == files[i].len);
		at += TAR_BLOCK;
		OK(memcmp(p + at, w.data + off, (size_t)files[i].len) == 0);
		off += files[i].len;
		at += (size_t)(files[i].len + TAR_BLOCK - 1) / TAR_BLOCK *
		    TAR_BLOCK;
	}
	OK(n - at >= 2 * TAR_BLOCK);
	for (; at < n; at++)
		OK(p[at] == 0);
	OK(asks(x, "GET /tree.tar HTTP/1.1\r\n\r\n", 200));
	OK(x->reply.body.len == n);
	CASE("server: a file is no archive");
	OK(asks(x, "GET /tree/one.tar HTTP/1.1\r\n\r\n", 404));
	teardown();
}

/* Somebody cuts the file while it is given. */
static void
shortens(void)
{
	struct side *x, *y;
	char path[400];

	CASE("server: a file that becomes shorter is an end, for its reader");
	setup(1);
	x = call("127.0.0.1");
	y = call("127.0.0.1");
	hear(x, 0);
	say(x, "GET /tree/big HTTP/1.1\r\n\r\n");
	clock_run(NULL, NULL, SECOND);
	path_of(path, "big");
	OK(truncate(path, 300000) == 0);
	hear(x, SIZE);
	OK(clock_run(is_closed, x, SECOND) && !has_whole(x));
	OK(asks(y, "GET /tree/one HTTP/1.1\r\n\r\n", 200));
	OK(body_is(y, 0, ONE));
	say(y, "GET /tree/big HTTP/1.1\r\nRange: bytes=400000-400009\r\n\r\n");
	OK(clock_run(is_closed, y, SECOND) && !has_whole(y));
	CASE("server: one that is gone, too");
	x = call("127.0.0.1");
	path_of(path, "one");
	OK(unlink(path) == 0);
	store_free(w.store);
	w.store = store_new(w.files, w.m, w.dir, NULL, 0);
	say(x, "GET /tree/one HTTP/1.1\r\n\r\n");
	OK(clock_run(is_closed, x, SECOND) && !has_whole(x));
	teardown();
	CASE("server: a torrent that begins anew meanwhile is an end, too");
	setup(1);
	x = call("127.0.0.1");
	hear(x, 0);
	say(x, "GET /tree/big HTTP/1.1\r\n\r\n");
	clock_run(NULL, NULL, SECOND);
	w.away = 1;
	hear(x, SIZE);
	OK(clock_run(is_closed, x, SECOND) && !has_whole(x));
	x = call("127.0.0.1");
	OK(asks(x, "GET /tree/big HTTP/1.1\r\n\r\n", 503));
	OK(asks(x, "GET / HTTP/1.1\r\n\r\n", 200));
	teardown();
}

static void
crowds(void)
{
	struct side *x, *y, *old;
	int i, closed = 0;

	CASE("server: of one stranger's callers the oldest makes room");
	setup(1);
	old = call("10.0.0.1");
	OK(asks(old, "GET /tree/none HTTP/1.1\r\n\r\n", 200));
	x = call("10.0.0.2");
	clock_run(NULL, NULL, SECOND);
	for (i = 0; i < 8; i++) {
		OK(!x->closed);
		call("10.0.0.2");
		clock_run(NULL, NULL, 1);
	}
	OK(clock_run(is_closed, x, SECOND) && !old->closed);
	CASE("server: when all places are taken, who was silent longest");
	y = call("10.0.0.3");
	while (w.nsides < MOST)
		call(w.nsides < 15 ? "10.0.0.4" : w.nsides < 20 ?
		    "10.0.0.5" : "10.0.0.6");
	OK(asks(old, "GET /tree/none HTTP/1.1\r\n\r\n", 200));
	call("10.0.0.7"); /* x had made room for one */
	clock_run(NULL, NULL, 1);
	for (i = 0; i < w.nsides; i++)
		closed += w.sides[i].closed;
	OK(closed == 1);
	call("10.0.0.8");
	clock_run(NULL, NULL, 1);
	for (closed = i = 0; i < w.nsides; i++)
		closed += w.sides[i].closed;
	OK(closed == 2 && !old->closed && !y->closed);
	CASE("server: who says nothing has ten seconds");
	clock_run(NULL, NULL, 11 * SECOND);
	for (i = 0; i < w.nsides; i++)
		OK(w.sides[i].closed);
	teardown();
}

static void
slow(void)
{
	struct side *x, *y;
	int i;

	CASE("server: who reads nothing holds nobody up, and is closed");
	setup(1);
	x = call("10.0.0.1");
	y = call("10.0.0.2");
	hear(x, 0);
	say(x, "GET /tree/big HTTP/1.1\r\n\r\n");
	OK(asks(y, "GET /tree/big HTTP/1.1\r\n\r\n", 200));
	OK(body_is(y, BIG_AT, BIG));
	clock_run(NULL, NULL, 61 * SECOND);
	hear(x, SIZE);
	OK(clock_run(is_closed, x, SECOND) && buf_left(&x->got) < BIG);
	CASE("server: who reads now and then has all in the end");
	y = call("10.0.0.2");
	hear(y, 0);
	say(y, "GET /tree/big HTTP/1.1\r\n\r\n");
	for (i = 0; i < 100 && buf_left(&y->got) < BIG; i++) {
		clock_run(NULL, NULL, 50 * SECOND);
		hear(y, 200000);
		clock_run(NULL, NULL, 0);
		hear(y, 0);
	}
	hear(y, SIZE);
	OK(i > 10 && !y->closed && hears(y, 200) && body_is(y, BIG_AT, BIG));
	teardown();
}

/* Whom the page shows who is connected. */
static void
visitors(void)
{
	static const struct { const char *from, *head; int shown; } table[] = {
		{ "127.0.0.1", "Host: 127.0.0.1:5", 1 },
		{ "127.0.0.1", "Host: localhost", 1 },
		{ "127.0.0.1", "Host: localhost:5", 1 },
		{ "::1", "Host: [::1]:5", 1 },
		{ "127.0.0.9", "Host: 127.1.2.3", 1 },
		{ "127.0.0.1", "Host: evil.example:5", 0 },
		{ "127.0.0.1", "Host: localhost.evil.example", 0 },
		{ "127.0.0.1", "Host: localhost:x", 0 },
		{ "127.0.0.1", "Host: 127.0.0.1.evil.example", 0 },
		{ "127.0.0.1", "Host: 10.0.0.1", 0 },
		{ "127.0.0.1", "X: y", 0 },
		{ "127.0.0.1", "Host: localhost\r\nX-Forwarded-For: 1.2.3.4",
		    0 },
		{ "10.0.0.1", "Host: localhost", 0 },
		{ "10.0.0.1", "Host: 127.0.0.1", 0 }
	};
	struct side *x;
	char ask[300];
	size_t i;
	int page;

	CASE("server: peers are shown to those on this host alone");
	setup(1);
	for (i = 0; i < LEN(table); i++) {
		x = call(table[i].from);
		for (page = 0; page < 2; page++) {
			snprintf(ask, sizeof ask, "GET %s HTTP/1.1\r\n%s"
			    "\r\n\r\n", page ? "/tree/" : "/", table[i].head);
			OK_FOR(table[i].head, asks(x, ask, 200));
			buf_put(&x->reply.body, "", 1);
			OK_FOR(table[i].head, (strstr((char *)
			    x->reply.body.p, "9.8.7.6") != NULL) ==
			    table[i].shown);
		}
	}
	teardown();
}

/* What takes time is done so often, for all. */
static void
codes(void)
{
	struct side *x;
	int i, n = 0;

	CASE("server: of many pages the first have codes, and later ones");
	setup(1);
	w.link = 1000;
	x = call("10.0.0.1");
	for (i = 0; i < 50; i++) {
		OK(asks(x, "GET /tree/ HTTP/1.1\r\n\r\n", 200));
		buf_put(&x->reply.body, "", 1);
		n += strstr((char *)x->reply.body.p, "class=\"qr\"") != NULL;
		OK(i > 5 || n == i + 1);
	}
	OK(n < 20);
	clock_run(NULL, NULL, 2 * SECOND);
	OK(asks(x, "GET /tree/ HTTP/1.1\r\n\r\n", 200));
	buf_put(&x->reply.body, "", 1);
	OK(strstr((char *)x->reply.body.p, "class=\"qr\"") != NULL);
	teardown();
}
