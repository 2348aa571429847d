/* conns: peers at the far ends of socketpairs, whose addresses are what the
 * case says, a store in a directory of its own, and a clock that is set. */
#include <sys/types.h>
#include <sys/socket.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "sha1.h"
#include "addr.h"
#include "net.h"
#include "sock.h"
#include "torrent/meta.h"
#include "torrent/magnet.h"
#include "torrent/store.h"
#include "find/known.h"
#include "find/finder.h"
#include "swarm/wire.h"
#include "swarm/peer.h"
#include "swarm/link.h"
#include "swarm/pool.h"
#include "swarm/conn.h"
#include "swarm/conns.h"
#include "unit.h"
#include "sample.h"
#include "far.h"
#include "fault.h"

enum {
	FARS     = 8,
	PIECES   = 16,
	SIZE     = PIECES * SAMPLE_PIECE - 1000,
	BLOCKS   = PIECES * 4,
	SECOND   = 1000
};

/* A caller, until the connections have taken it. */
struct caller {
	struct link *link;
	struct place place;
	int taken;
};

static void downloads(void);
static void parting(void);
static void liars(void);
static void unasked(void);
static void uploads(void);
static void suggestions(void);
static void unreadable(void);
static void deaf(void);
static void closed(void);
static void ourselves(void);
static void twins(void);
static void dials(void);
static void both_dial(void);
static void claimed(void);
static void exchanges(void);
static void refused(void);
static void crowded(void);
static void seek_instead(void);
static void seeks(void);
static void disk(void);
static void within(void);

static void setup(int store_flags, int whole);
static void teardown(void);
static struct far *call(const char *addr, int ways);
static int on_hello(void *arg, const uint8_t hash[ID_LEN]);
static void on_caller_gone(void *arg, const char *why);
static int on_metadata(void *arg, struct span info);
static void on_piece(void *arg, uint32_t piece);
static void on_disk_failed(void *arg);
static void on_message(void *arg, int detail, const char *text);
static void on_tick(struct timer *t, int64_t now_ms);
static void on_call(struct io *io, short got, int64_t now_ms);
static void listen_on(struct addr *a);
static int said(const char *text);
static int all_here(void *arg);
static int is_over(void *arg);
static int is_idle(void *arg);
static struct swarm_stats stats(void);
static void run(int whole);
static void link_end(void *arg);
static int is_fed(void *arg);
static int is_called(void *arg);
static struct addr loopback(void);

static const struct conns_ops ops = { on_metadata, on_piece, on_disk_failed,
	on_message };
static const struct peer_ops lobby_ops = { .hello = on_hello };

static struct {
	struct sample sm;
	struct meta *magnet;
	struct store *store;
	struct shared sh;
	struct conns *cs;
	struct room lobby;
	struct caller callers[FARS];
	struct far fars[FARS];
	int nfars;
	struct timer tick;
	struct io listener;      /* what calls it is a far side, too: */
	int ways, ncalls;
	const uint8_t *id;       /* its id; NULL: any */
	int told[PIECES], npieces, ndisk, ninfo;
	int close_at;            /* closes at that piece */
	char text[4096];         /* all that is said */
} w;
static struct finder *finder; /* of the worlds that have one */

void
test_conns(void)
{
	clock_set(1000000);
	downloads();
	parting();
	liars();
	unasked();
	uploads();
	suggestions();
	unreadable();
	deaf();
	closed();
	ourselves();
	twins();
	dials();
	both_dial();
	claimed();
	exchanges();
	refused();
	crowded();
	seeks();
	disk();
	within();
	clock_set(0);
}

/* Nothing runs yet. */
static void
setup(int store_flags, int whole)
{
	uint8_t have[PIECES / 8];

	memset(&w, 0, sizeof w);
	memset(have, 0xff, sizeof have);
	sample_new(&w.sm, SIZE);
	w.store = sample_store(&w.sm, whole ? have : NULL);
	if (!(store_flags & STORE_WRITE)) {
		store_free(w.store);
		w.store = store_new(w.sm.files, w.sm.m, w.sm.dir, NULL,
		    store_flags);
	}
	memcpy(w.sh.id, "-bt0000-aaaaaaaaaaaa", ID_LEN);
	w.sh.port = 6881;
	w.sh.slots = 4;
	w.sh.rnd = 1;
	limit_init(&w.sh.limits[0], -1);
	limit_init(&w.sh.limits[1], -1);
	pool_init(&w.sh.pool, 50);
	w.listener.fd = -1;
	w.sh.finder = finder;
	w.cs = conns_new(&w.sh, w.sm.m, w.sm.m->hash, &ops, &w);
	w.tick.fire = on_tick;
	net_timer(&w.tick, net_now() + SECOND);
}

static void
run(int whole)
{
	uint32_t i;

	conns_load(w.cs, w.sm.m, w.store, 0);
	for (i = 0; whole && i < PIECES; i++)
		conns_have(w.cs, i);
	conns_run(w.cs, whole);
}

static void
teardown(void)
{
	int i;

	conns_free(w.cs);
	net_close(&w.listener);
	net_untimer(&w.tick);
	clock_run(NULL, NULL, SECOND); /* what was buried goes */
	for (i = 0; i < w.nfars; i++) {
		OK(w.fars[i].over);
		far_close(&w.fars[i]);
	}
	clock_run(NULL, NULL, 20 * SECOND);
	OK(pool_count(&w.sh.pool) == 0 && !w.lobby.newest);
	pool_free(&w.sh.pool);
	store_free(w.store);
	if (w.magnet)
		meta_free(w.magnet);
	sample_free(&w.sm);
}

/* A peer of an address calls: what it is at the far side. */
static struct far *
call(const char *text, int ways)
{
	struct caller *ca = &w.callers[w.nfars];
	struct far *f = &w.fars[w.nfars];
	struct addr a;
	int sv[2];

	OK_FOR(text, addr_parse(&a, text, 1) == 0);
	far_pair(sv);
	memset(ca, 0, sizeof *ca);
	ca->link = xcalloc(1, sizeof *ca->link);
	ca->place.owner = ca;
	ca->place.addr = a;
	link_open(ca->link, sv[0], &a, w.sh.limits, &lobby_ops,
	    on_caller_gone, ca);
	pool_call(&w.sh.pool, &w.lobby, &ca->place, net_now());
	far_open(f, &w.sm, sv[1], ways, w.nfars++);
	return f;
}

static int
on_hello(void *arg, const uint8_t hash[ID_LEN])
{
	struct caller *ca = arg;

	OK(memcmp(hash, w.sm.m->hash, ID_LEN) == 0);
	ca->taken = conns_take(w.cs, ca->link, &ca->place) == 0;
	return ca->taken ? 0 : -1;
}

static void
link_end(void *arg)
{
	link_free(arg);
	free(arg);
}

static void
on_caller_gone(void *arg, const char *why)
{
	struct caller *ca = arg;

	(void)why;
	pool_leave(&ca->place);
	net_bury(link_end, ca->link);
}

static int
on_metadata(void *arg, struct span info)
{
	OK(arg == &w);
	if (info.n != w.sm.m->info.n ||
	    memcmp(info.p, w.sm.m->info.p, info.n) != 0)
		return 0;
	w.ninfo++;
	conns_learn(w.cs, w.sm.m);
	return 1;
}

static void
on_piece(void *arg, uint32_t piece)
{
	OK(arg == &w && piece < PIECES && !w.told[piece]++);
	if (++w.npieces == PIECES)
		conns_complete(w.cs);
	if (w.npieces == w.close_at)
		conns_close(w.cs);
}

static void
on_disk_failed(void *arg)
{
	OK(arg == &w);
	w.ndisk++;
	conns_close(w.cs);
}

static void
on_message(void *arg, int detail, const char *text)
{
	size_t n = strlen(w.text);

	OK(arg == &w);
	snprintf(w.text + n, sizeof w.text - n, "%s%s\n", detail ? "- " : "",
	    text);
}

static void
on_tick(struct timer *t, int64_t now_ms)
{
	conns_tick(w.cs, now_ms);
	net_timer(t, now_ms + SECOND);
}

static int
said(const char *text)
{
	const char *at = strstr(w.text, text);

	return at ? 1 + (strstr(at + 1, text) != NULL) : 0;
}

static int
all_here(void *arg)
{
	(void)arg;
	return w.npieces == PIECES;
}

static int
is_over(void *arg)
{
	struct far *f = arg;

	return f->over;
}

static int
is_idle(void *arg)
{
	struct far *f = arg;

	return f->shook && f->interested && !f->choking;
}

static int
is_fed(void *arg)
{
	struct far *f = arg;

	return f->ngood == BLOCKS;
}

static struct swarm_stats
stats(void)
{
	struct swarm_stats st;

	conns_stats(w.cs, &st);
	return st;
}

/* Strangers come first, then one honest seed; how long it takes. */
static void
downloads(void)
{
	static const struct {
		const char *name;
		int strangers, ways, honest, most_s;
		const char *says;
	} table[] = {
		{ "conns: one honest seed gives all, each piece is told once",
		    0, 0, 1, 1, NULL },
		{ "conns: one that speaks no fast extension, too",
		    1, FAR_SEED | FAR_PLAIN, 0, 1, NULL },
		{ "conns: one that tells of its pieces one by one",
		    1, FAR_SEED | FAR_HAVES, 0, 1, NULL },
		{ "conns: one that has all by a word",
		    1, FAR_SEED | FAR_ALL, 0, 1, NULL },
		{ "conns: one that gives while it chokes",
		    1, FAR_SEED | FAR_FAST, 0, 1, NULL },
		{ "conns: one whose handshake drips",
		    1, FAR_SEED | FAR_DRIPS, 0, 3, NULL },
		{ "conns: one that chokes again and again",
		    1, FAR_SEED | FAR_CHOKES, 0, 40, NULL },
		{ "conns: and forgets what it was asked for",
		    1, FAR_SEED | FAR_CHOKES | FAR_PLAIN, 0, 40, NULL },
		{ "conns: liars are banned, and an honest one gives the rest",
		    3, FAR_SEED | FAR_LIES, 1, 10,
		    "10.0.0.1:7000 sent bad data and is banned" },
		{ "conns: strangers who are silent hold it up for seconds",
		    3, FAR_SEED | FAR_MUTE, 1, 5, NULL },
		{ "conns: those who reject all do not",
		    3, FAR_SEED | FAR_REJECTS, 1, 2, NULL },
		{ "conns: nor do those who reset in the middle",
		    3, FAR_SEED | FAR_RESETS, 1, 2, "closed by" },
		{ "conns: nor those who read nothing",
		    3, FAR_SEED | FAR_DEAF, 1, 5, NULL },
		{ "conns: nor those who have nothing",
		    3, 0, 1, 1, NULL },
	};
	struct swarm_stats st;
	char addr[32];
	int64_t began;
	size_t i;
	int k;

	for (i = 0; i < LEN(table); i++) {
		CASE(table[i].name);
		setup(STORE_WRITE, 0);
		run(0);
		for (k = 0; k < table[i].strangers; k++) {
			snprintf(addr, sizeof addr, "10.0.0.%d:7000", k + 1);
			call(addr, table[i].ways);
		}
		clock_run(NULL, NULL, table[i].strangers * 100);
		began = net_now();
		if (table[i].honest)
			call("10.0.1.1:7000", FAR_SEED);
		OK(clock_run(all_here, NULL, 100 * SECOND));
		OK(net_now() - began <= table[i].most_s * SECOND);
		OK(store_settle(w.store) == 0 && sample_is_there(&w.sm));
		OK(!table[i].says || said(table[i].says));
		st = stats();
		OK(st.down >= SIZE && st.partial == 0 && w.ndisk == 0);
		teardown();
	}
}

static void
parting(void)
{
	struct far *a, *b, *c;

	CASE("conns: when all is here, seeds and we part");
	setup(STORE_WRITE, 0);
	run(0);
	a = call("10.0.0.1:1", FAR_SEED);
	b = call("10.0.0.2:1", FAR_SEED | FAR_MUTE);
	c = call("10.0.0.3:1", FAR_INFO);
	OK(clock_run(all_here, NULL, 60 * SECOND));
	clock_run(NULL, NULL, SECOND);
	OK(a->over && b->over && !c->over);
	CASE("conns: who lacks something stays, and hears that we only give");
	OK(c->nhaves == PIECES && c->giving_only && !c->interested);
	OK(stats().nconns == 1 && stats().npeers == 1 && stats().nseeds == 0);
	CASE("conns: a seed that calls a seed is sent away");
	a = call("10.0.0.4:1", FAR_SEED);
	OK(clock_run(is_over, a, SECOND) && a->shook);
	teardown();
}

static void
liars(void)
{
	struct far *a, *b, *c;

	CASE("conns: who is banned is closed wherever he is, and not taken");
	setup(STORE_WRITE, 0);
	run(0);
	b = call("10.0.0.1:2", 0);
	clock_run(NULL, NULL, SECOND);
	OK(b->shook && !b->over);
	a = call("10.0.0.1:1", FAR_SEED | FAR_LIES);
	OK(clock_run(is_over, a, 60 * SECOND) && b->over);
	OK(said("10.0.0.1:1 sent bad data and is banned") == 1);
	c = call("10.0.0.1:3", FAR_SEED);
	OK(clock_run(is_over, c, SECOND) && !c->shook);
	OK(stats().wasted >= SAMPLE_PIECE);
	teardown();
}

static void
unasked(void)
{
	struct far *a;

	CASE("conns: who sends what nobody asked for is sent away");
	setup(STORE_WRITE, 0);
	run(0);
	a = call("10.0.0.1:1", FAR_SEED | FAR_FLOODS | FAR_MUTE);
	OK(clock_run(is_over, a, 5 * SECOND));
	OK(said("- 10.0.0.1:1: blocks that were not asked for"));
	OK(stats().wasted == BLOCK_LEN && stats().down == 0);
	teardown();
}

static void
uploads(void)
{
	struct far *a, *b;
	char addr[32];
	int i, n = 0;

	CASE("conns: who wants is unchoked at once, and gets all");
	setup(STORE_WRITE, 1);
	run(1);
	a = call("10.0.0.1:1", FAR_WANTS);
	b = call("10.0.0.2:1", FAR_WANTS | FAR_PLAIN);
	OK(clock_run(is_fed, a, SECOND) && clock_run(is_fed, b, SECOND));
	OK(a->nhaves == PIECES && a->nunchokes == 1 && a->nbad == 0);
	OK(stats().up == 2 * SIZE && stats().npeers == 2);
	CASE("conns: and is choked when he wants no more");
	far_want(a, 0);
	clock_run(NULL, NULL, 100);
	OK(a->nchokes == 1 && b->nchokes == 0);
	teardown();
	CASE("conns: four at a time, and each has a turn");
	setup(STORE_WRITE, 1);
	run(1);
	for (i = 0; i < FARS; i++) {
		snprintf(addr, sizeof addr, "10.0.0.%d:1", i + 1);
		call(addr, 0);
	}
	clock_run(NULL, NULL, SECOND);
	for (i = 0; i < FARS; i++)
		far_want(&w.fars[i], 1);
	clock_run(NULL, NULL, SECOND);
	for (i = 0; i < FARS; i++)
		n += !w.fars[i].choked;
	OK(n == 4);
	clock_run(NULL, NULL, 70 * SECOND);
	for (i = 0; i < FARS; i++)
		OK(w.fars[i].nunchokes > 0);
	teardown();
	CASE("conns: who gives nothing away unchokes nobody");
	setup(STORE_WRITE, 1);
	conns_free(w.cs);
	w.sh.slots = 0;
	w.cs = conns_new(&w.sh, w.sm.m, w.sm.m->hash, &ops, &w);
	run(1);
	a = call("10.0.0.1:1", FAR_WANTS);
	clock_run(NULL, NULL, 60 * SECOND);
	OK(a->shook && a->choked && stats().up == 0);
	teardown();
}

static void
suggestions(void)
{
	struct far *a, *b, *c;

	CASE("conns: a seed suggests pieces to each of several, if they hear");
	setup(STORE_WRITE, 1);
	run(1);
	a = call("10.0.0.1:1", 0);
	clock_run(NULL, NULL, SECOND);
	far_want(a, 1);
	clock_run(NULL, NULL, SECOND);
	OK(!a->choked && a->nsuggested == 0);
	b = call("10.0.0.2:1", FAR_WANTS);
	OK(clock_run(is_fed, b, SECOND));
	OK(b->nhinted == PIECES && b->nsuggested == PIECES);
	CASE("conns: not what another asks for, but what he leaves");
	c = call("10.0.0.3:1", FAR_WANTS);
	OK(clock_run(is_fed, c, SECOND) && c->nsuggested == 0);
	far_close(b);
	far_close(c);
	clock_run(NULL, NULL, SECOND);
	c = call("10.0.0.4:1", FAR_WANTS);
	OK(clock_run(is_fed, c, SECOND) && c->nhinted == PIECES);
	CASE("conns: nor to one without the fast extension");
	far_close(c);
	clock_run(NULL, NULL, SECOND);
	c = call("10.0.0.5:1", FAR_WANTS | FAR_PLAIN);
	OK(clock_run(is_fed, c, SECOND) && c->nsuggested == 0);
	teardown();
	CASE("conns: who fetches suggests nothing");
	setup(STORE_WRITE, 0);
	run(0);
	a = call("10.0.0.1:1", 0);
	b = call("10.0.0.2:1", 0);
	clock_run(NULL, NULL, SECOND);
	far_want(a, 1);
	far_want(b, 1);
	clock_run(NULL, NULL, SECOND);
	OK(!a->choked && !b->choked);
	OK(a->nsuggested == 0 && b->nsuggested == 0);
	teardown();
}

/* The file is cut while it is given. */
static void
unreadable(void)
{
	struct far *a, *b;
	char path[300];

	CASE("conns: what cannot be read ends it all");
	setup(STORE_WRITE, 1);
	run(1);
	snprintf(path, sizeof path, "%s/data", w.sm.dir);
	OK(truncate(path, 0) == 0);
	a = call("10.0.0.1:1", FAR_WANTS);
	b = call("10.0.0.2:1", FAR_WANTS);
	OK(clock_run(is_over, a, SECOND) && clock_run(is_over, b, SECOND));
	OK(w.ndisk == 1 && stats().up == 0);
	teardown();
}

/* They make us say more than they take. */
static void
deaf(void)
{
	struct far *a, *b;

	CASE("conns: who asks and reads nothing costs little, and goes");
	setup(STORE_WRITE, 1);
	run(1);
	a = call("10.0.0.1:1", FAR_WANTS | FAR_DEAF);
	b = call("10.0.0.2:1", FAR_BEGS | FAR_DEAF);
	clock_run(NULL, NULL, 60 * SECOND);
	OK(a->shook && b->shook && stats().up <= 2 * OUT_MAX);
	OK(clock_run(is_over, a, 200 * SECOND));
	OK(clock_run(is_over, b, 200 * SECOND));
	teardown();
	CASE("conns: who does not hear of a piece is closed");
	setup(STORE_WRITE, 0);
	run(0);
	a = call("10.0.0.1:1", FAR_BEGS | FAR_DEAF);
	clock_run(NULL, NULL, 5 * SECOND);
	OK(a->shook && !a->over && buf_left(&a->out) > 0);
	call("10.0.0.2:1", FAR_SEED);
	OK(clock_run(all_here, NULL, 10 * SECOND));
	OK(clock_run(is_over, a, SECOND));
	teardown();
}

static void
closed(void)
{
	struct far *a;

	CASE("conns: nobody is taken before they are open");
	setup(STORE_WRITE, 0);
	a = call("10.0.0.1:1", FAR_SEED);
	OK(clock_run(is_over, a, SECOND) && !a->shook);
	CASE("conns: nor while what is here is found out");
	conns_load(w.cs, w.sm.m, w.store, 0);
	a = call("10.0.0.1:1", FAR_SEED);
	OK(clock_run(is_over, a, SECOND) && !a->shook);
	CASE("conns: then they are");
	conns_run(w.cs, 0);
	a = call("10.0.0.1:1", FAR_SEED | FAR_MUTE);
	OK(clock_run(is_idle, a, SECOND));
	CASE("conns: when they are closed all are, and nobody is taken");
	conns_close(w.cs);
	OK(clock_run(is_over, a, SECOND) && stats().nconns == 0);
	a = call("10.0.0.1:1", FAR_SEED);
	OK(clock_run(is_over, a, SECOND) && !a->shook);
	teardown();
}

static void
ourselves(void)
{
	struct far *a;

	CASE("conns: who has our id is us, and closed");
	setup(STORE_WRITE, 0);
	run(0);
	a = call("10.0.0.1:1", FAR_SEED);
	memcpy(a->id, w.sh.id, ID_LEN);
	OK(clock_run(is_over, a, SECOND) && stats().nconns == 0);
	teardown();
}

static void
twins(void)
{
	struct far *a, *b;

	CASE("conns: an id that was copied elsewhere keeps nobody out");
	setup(STORE_WRITE, 0);
	run(0);
	a = call("10.0.0.1:1", FAR_SEED | FAR_CHOKES);
	clock_run(NULL, NULL, 3 * SECOND);
	OK(stats().down > 0);
	b = call("10.0.0.2:1", FAR_SEED | FAR_MUTE);
	memcpy(b->id, a->id, ID_LEN);
	clock_run(NULL, NULL, SECOND);
	OK(b->shook && !b->over && !a->over);
	CASE("conns: of one address the second is closed if the first gives");
	b = call("10.0.0.1:2", FAR_SEED | FAR_MUTE);
	memcpy(b->id, a->id, ID_LEN);
	OK(clock_run(is_over, b, SECOND) && !a->over);
	teardown();
	CASE("conns: but not if the first is of no use");
	setup(STORE_WRITE, 0);
	run(0);
	a = call("10.0.0.1:1", FAR_SEED | FAR_MUTE);
	clock_run(NULL, NULL, SECOND);
	b = call("10.0.0.1:2", FAR_SEED | FAR_CHOKES);
	memcpy(b->id, a->id, ID_LEN);
	clock_run(NULL, NULL, SECOND);
	OK(!a->over && !b->over && stats().npeers == 2);
	CASE("conns: which is closed when it has shown that it is of none");
	OK(clock_run(is_over, a, 20 * SECOND) && !b->over);
	teardown();
}

/* On loopback, by TCP. */
static void
listen_on(struct addr *a)
{
	w.listener.fd = sock_listen(a);
	OK(w.listener.fd >= 0);
	w.listener.ready = on_call;
	net_add(&w.listener, POLLIN);
}

static void
on_call(struct io *io, short got, int64_t now_ms)
{
	struct addr from;
	int fd = sock_accept(io->fd, &from);

	(void)got, (void)now_ms;
	OK(fd >= 0 && w.nfars < FARS);
	far_open(&w.fars[w.nfars], &w.sm, fd, w.ways, w.nfars);
	if (w.id)
		memcpy(w.fars[w.nfars].id, w.id, ID_LEN);
	w.nfars++;
	w.ncalls++;
}

static struct addr
loopback(void)
{
	struct addr a;

	OK(addr_parse(&a, "127.0.0.1:0", 0) == 0);
	return a;
}

static int
is_called(void *arg)
{
	(void)arg;
	return w.ncalls > 0;
}

static void
dials(void)
{
	struct addr a = loopback();

	CASE("conns: whom there is is dialled, and gives all");
	setup(STORE_WRITE, 0);
	listen_on(&a);
	w.ways = FAR_SEED;
	conns_add(w.cs, &a, 1, FROM_TRACKER);
	clock_run(NULL, NULL, SECOND);
	OK(w.ncalls == 0); /* they are not open */
	run(0);
	OK(clock_run(all_here, NULL, SECOND) && w.ncalls == 1);
	teardown();
	CASE("conns: who has heard of us has time to dial");
	setup(STORE_WRITE, 0);
	run(0);
	listen_on(&a);
	w.ways = FAR_SEED;
	conns_await(w.cs, &a);
	OK(said("1 new peer by a tracker") == 1);
	clock_run(NULL, NULL, SECOND);
	OK(w.ncalls == 0);
	OK(clock_run(all_here, NULL, 4 * SECOND) && w.ncalls == 1);
	CASE("conns: a seed is not dialled again when all is here");
	OK(clock_run(is_over, &w.fars[0], SECOND));
	clock_run(NULL, NULL, 3600 * SECOND);
	OK(w.ncalls == 1);
	teardown();
	CASE("conns: whom we dialled with our id is not dialled again");
	setup(STORE_WRITE, 0);
	run(0);
	listen_on(&a);
	w.ways = FAR_SEED;
	w.id = w.sh.id;
	conns_add(w.cs, &a, 1, FROM_TRACKER);
	OK(clock_run(is_called, NULL, SECOND));
	OK(clock_run(is_over, &w.fars[0], SECOND));
	clock_run(NULL, NULL, 3600 * SECOND);
	OK(w.ncalls == 1 && stats().nconns == 0);
	teardown();
	CASE("conns: who cannot be dialled for want of descriptors is, later");
	setup(STORE_WRITE, 0);
	run(0);
	listen_on(&a);
	w.ways = FAR_SEED;
	fault_from(FAULT_SOCKET, 1, 0);
	conns_add(w.cs, &a, 1, FROM_TRACKER);
	clock_run(NULL, NULL, 30 * SECOND);
	OK(said("1 of 1 tries had no descriptor left") == 1);
	fault_clear();
	OK(clock_run(all_here, NULL, 3600 * SECOND) && w.ncalls == 1);
	teardown();
}

/* Of two who dial each other at the same time, the one of the lesser id closes
 * what it did not dial; ours is -bt..., theirs -XX... or -zz... */
static void
both_dial(void)
{
	struct addr a = loopback();
	struct far *called, *dialled;
	int lesser;

	CASE("conns: when both dial at once, one connection stays");
	for (lesser = 0; lesser < 2; lesser++) {
		setup(STORE_WRITE, 0);
		run(0);
		listen_on(&a);
		w.ways = FAR_MUTE;
		called = call("127.0.0.1:9", FAR_MUTE);
		if (lesser)
			memcpy(called->id, "-zz", 3);
		clock_run(NULL, NULL, 100);
		OK(called->shook);
		w.id = called->id;
		conns_add(w.cs, &a, 1, FROM_TRACKER);
		clock_run(NULL, NULL, SECOND);
		dialled = &w.fars[1];
		OK(w.ncalls == 1 && called->over == lesser && !dialled->over);
		OK(stats().npeers == 2 - lesser);
		teardown();
	}
}

/* Who calls, and says where he can be dialled. */
static void
claimed(void)
{
	struct addr a;
	struct far *f;

	CASE("conns: who called from there is not dialled");
	setup(STORE_WRITE, 0);
	run(0);
	f = call("127.0.0.1:9", FAR_PORT);
	clock_run(NULL, NULL, SECOND);
	OK(f->shook && addr_parse(&a, "127.0.0.1:7777", 0) == 0);
	conns_add(w.cs, &a, 1, FROM_TRACKER);
	clock_run(NULL, NULL, 20 * SECOND);
	OK(stats().nconns == 1 && !w.text[0]);
	CASE("conns: unless he is of no use");
	clock_run(NULL, NULL, 20 * SECOND);
	OK(!f->over && said("- 127.0.0.1:7777: ") == 1);
	teardown();
}

/* What peers tell each other of others. */
static void
exchanges(void)
{
	static const uint8_t key[16] = "a secret of ours";
	struct addr a = loopback(), b;
	struct far *f, *g;

	finder = finder_new(NULL, 0, 6881, &a, key);
	CASE("conns: two who can be dialled are told of each other at once");
	setup(STORE_WRITE, 0);
	run(0);
	f = call("198.51.100.1:9", FAR_PORT | FAR_TELLS);
	clock_run(NULL, NULL, 5 * SECOND);
	g = call("198.51.100.2:9", FAR_PORT | FAR_TELLS);
	clock_run(NULL, NULL, 3 * SECOND);
	OK(f->pex_id && f->ntold == 1 && g->ntold == 1);
	addr_parse(&b, "198.51.100.1:7777", 1);
	OK(addr_same(&g->told, &b));
	CASE("conns: nobody is told of who cannot be dialled");
	call("198.51.100.3:9", FAR_SEED | FAR_TELLS);
	clock_run(NULL, NULL, 70 * SECOND);
	OK(f->ntold == 1 && g->ntold == 1);
	teardown();
	CASE("conns: whom a peer names is dialled, but not ourselves");
	setup(STORE_WRITE, 0);
	run(0);
	f = call("127.0.0.1:9", FAR_TELLS);
	listen_on(&a);
	clock_run(NULL, NULL, SECOND);
	addr_parse(&b, "127.0.0.1:6881", 1);
	far_tell(f, &b);
	clock_run(NULL, NULL, SECOND);
	OK(!w.text[0] && stats().known[FROM_PEER] == 0);
	far_tell(f, &a);
	clock_run(NULL, NULL, 2 * SECOND);
	OK(w.ncalls == 1 && stats().known[FROM_PEER] == 1);
	teardown();
	CASE("conns: of a private torrent nobody is told, and nobody heard");
	setup(STORE_WRITE, 0);
	conns_free(w.cs);
	w.sm.m->private = 1;
	w.cs = conns_new(&w.sh, w.sm.m, w.sm.m->hash, &ops, &w);
	run(0);
	f = call("198.51.100.1:9", FAR_PORT | FAR_TELLS);
	g = call("198.51.100.2:9", FAR_PORT | FAR_TELLS);
	clock_run(NULL, NULL, 5 * SECOND);
	OK(f->shook && f->pex_id == 0 && f->ntold + g->ntold == 0);
	f->pex_id = 2;
	addr_parse(&b, "198.51.100.9:7777", 1);
	far_tell(f, &b);
	clock_run(NULL, NULL, SECOND);
	OK(!f->over && stats().known[FROM_PEER] == 0);
	teardown();
	CASE("conns: nor any more when a magnet link's turns out to be");
	setup(STORE_WRITE, 0);
	seek_instead();
	f = call("198.51.100.1:9", FAR_PORT | FAR_TELLS);
	clock_run(NULL, NULL, SECOND);
	OK(f->pex_id != 0);
	w.sm.m->private = 1;
	conns_learn(w.cs, w.sm.m);
	clock_run(NULL, NULL, SECOND);
	OK(!f->over && f->pex_id == 0);
	teardown();
	finder_free(finder);
	finder = NULL;
}

static void
refused(void)
{
	struct addr a = loopback();
	int64_t at;

	CASE("conns: who cannot be reached is dialled a minute later");
	setup(STORE_WRITE, 0);
	run(0);
	listen_on(&a);
	net_close(&w.listener);
	conns_add(w.cs, &a, 1, FROM_TRACKER);
	at = net_now();
	clock_run(NULL, NULL, SECOND);
	OK(stats().nconns == 0 && said("efused") == 1);
	listen_on(&a);
	w.ways = FAR_SEED;
	OK(clock_run(is_called, NULL, 70 * SECOND));
	OK(net_now() - at >= 60 * SECOND);
	OK(clock_run(all_here, NULL, SECOND));
	teardown();
}

/* As long as something is wanted, somebody goes for one more. */
static void
crowded(void)
{
	struct addr a = loopback();
	struct far *f[3];

	CASE("conns: when all places are taken nobody is dialled");
	setup(STORE_WRITE, 0);
	run(0);
	listen_on(&a);
	w.ways = FAR_SEED;
	w.sh.pool.most = 3;
	f[0] = call("10.0.0.1:1", 0);
	clock_run(NULL, NULL, SECOND);
	f[1] = call("10.0.0.2:1", 0);
	f[2] = call("10.0.0.3:1", 0);
	clock_run(NULL, NULL, SECOND);
	OK(f[2]->shook);
	conns_add(w.cs, &a, 1, FROM_TRACKER);
	clock_run(NULL, NULL, 5 * SECOND);
	OK(w.ncalls == 0 && stats().nconns == 3);
	CASE("conns: before it is clear who is of least use, and goes");
	OK(clock_run(all_here, NULL, 20 * SECOND));
	OK(f[0]->over && !f[1]->over && !f[2]->over);
	teardown();
	CASE("conns: while we only give, nobody has to");
	setup(STORE_WRITE, 1);
	run(1);
	listen_on(&a);
	w.sh.pool.most = 1;
	f[0] = call("10.0.0.1:1", 0);
	clock_run(NULL, NULL, SECOND);
	conns_add(w.cs, &a, 1, FROM_TRACKER);
	clock_run(NULL, NULL, 60 * SECOND);
	OK(w.ncalls == 0 && !f[0]->over);
	teardown();
}

/* All that is known of the torrent is its magnet link. */
static void
seek_instead(void)
{
	char why[META_WHY], text[41];

	conns_free(w.cs);
	hex(text, w.sm.m->hash, ID_LEN);
	w.magnet = magnet_parse(text, why);
	w.cs = conns_new(&w.sh, w.magnet, w.magnet->hash, &ops, &w);
	conns_open(w.cs);
}

static void
seeks(void)
{
	struct far *a, *b, *c;

	setup(STORE_WRITE, 0);
	seek_instead();
	CASE("conns: metadata that is too large is none, and said once");
	a = call("10.0.0.1:1", FAR_BIG_INFO);
	b = call("10.0.0.2:1", FAR_BIG_INFO);
	clock_run(NULL, NULL, 5 * SECOND);
	OK(said("too large") == 1 && !a->over && a->ninfo == 0);
	CASE("conns: who sends wrong metadata is banned");
	a = call("10.0.0.3:1", FAR_SEED | FAR_INFO | FAR_LIES_INFO);
	OK(clock_run(is_over, a, 5 * SECOND));
	OK(said("10.0.0.3:1 sent bad data and is banned") && w.ninfo == 0);
	CASE("conns: the metadata comes from who has it, and stays with him");
	a = call("10.0.0.4:1", FAR_SEED | FAR_INFO);
	clock_run(NULL, NULL, SECOND);
	OK(w.ninfo == 1 && a->ninfo == 1 && !a->over && !a->interested);
	CASE("conns: and is told to the others");
	OK(b->nextended == 2 && b->nhaves == 0);
	CASE("conns: what peers said meanwhile is heard when it is loaded");
	conns_load(w.cs, w.sm.m, w.store, 0);
	c = call("10.0.0.6:1", 0);
	clock_run(NULL, NULL, SECOND);
	OK(!a->interested && !c->shook);
	conns_run(w.cs, 0);
	OK(clock_run(all_here, NULL, SECOND) && !b->over);
	clock_run(NULL, NULL, 100);
	OK(b->nhaves == PIECES);
	CASE("conns: it is given to who asks");
	c = call("10.0.0.5:1", FAR_INFO);
	clock_run(NULL, NULL, SECOND);
	OK(c->nextended > 0 && c->info_id > 0);
	teardown();
}

static void
disk(void)
{
	struct far *a;

	CASE("conns: a store that fails is told of once, and nothing more");
	setup(0, 0);
	run(0);
	a = call("10.0.0.1:1", FAR_SEED);
	OK(clock_run(is_over, a, 5 * SECOND));
	clock_run(NULL, NULL, 5 * SECOND);
	OK(w.ndisk == 1 && w.npieces == 0 && stats().nconns == 0);
	teardown();
}

static void
within(void)
{
	struct far *a;
	int i;

	CASE("conns: they may be closed when a piece is told");
	for (i = 1; i <= 3; i++) {
		setup(STORE_WRITE, 0);
		w.close_at = i;
		run(0);
		a = call("10.0.0.1:1", FAR_SEED);
		call("10.0.0.2:1", FAR_SEED);
		OK(clock_run(is_over, a, 5 * SECOND));
		clock_run(NULL, NULL, 5 * SECOND);
		OK(w.npieces == i && stats().nconns == 0 && w.ndisk == 0);
		teardown();
	}
}
