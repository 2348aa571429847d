/* client and swarm: a listener on loopback, swarms of a small torrent, peers
 * that call or are dialled, and a clock that is set. */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <fcntl.h>
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
#include "swarm/wire.h"
#include "swarm/pool.h"
#include "swarm/conns.h"
#include "swarm/swarm.h"
#include "swarm/client.h"
#include "unit.h"
#include "sample.h"
#include "far.h"

enum {
	FARS   = 8,
	PIECES = 16,
	SIZE   = PIECES * SAMPLE_PIECE - 1000,
	SECOND = 1000
};

static void lobby(void);
static void tenants(void);
static void tells(const char *first, const char *rest, size_t cut, int whose);
static void places(void);
static void resting(void);
static void loads(void);
static void stops(void);
static void faults(void);
static void magnets(void);
static void no_torrent(void);

static void setup(int magnet);
static void load(void);
static void teardown(void);
static struct far *call(int ways);
static void on_call(struct io *io, short got, int64_t now_ms);
static int is_theirs(const uint8_t *p, size_t n);
static void on_theirs(void *arg, int fd, const struct addr *from,
    struct span came);
static struct io *stranger(void);
static void on_end(struct io *io, short got, int64_t now_ms);
static int is_taken(void *arg);
static int is_ended(void *arg);
static void on_metadata(void *arg, struct meta *m);
static void on_checked(void *arg);
static void on_piece(void *arg, uint32_t piece);
static void on_complete(void *arg);
static void on_message(void *arg, int detail, const char *text);
static void on_failed(void *arg, enum swarm_fault fault, const char *why);
static void on_stopped(void *arg);
static int is_stopped(void *arg);
static void event(void *arg, char what);
static struct swarm_stats stats(void);
static int is_over(void *arg);
static int is_checked(void *arg);
static int is_complete(void *arg);
static int is_found(void *arg);
static void leave_fds(struct rlimit *old, int n);

static const struct swarm_ops ops = { on_metadata, on_checked, on_piece,
	on_complete, on_message, on_failed, on_stopped };

static struct {
	struct sample sm;
	struct client client;
	struct meta *magnet, *found;
	struct swarm *swarm;
	struct swarm_setup setup;
	struct far fars[FARS];
	int nfars, ways;
	struct tenant tenant;
	int has_tenant;
	struct buf taken;       /* what a tenant was given, and of whom; */
	struct addr taken_from;
	int taken_fd;           /* -1: nobody */
	struct io stranger;     /* who says anything */
	int ended;              /* he was closed */
	struct io listener;     /* whoever is dialled there is a far side */
	struct addr addr;
	char stop_at;           /* the event in which it is stopped */
	char events[64];        /* m, c(hecked), p, d(one), !, s(topped) */
	enum swarm_fault fault;
	char why[512];
} w;

void
test_client(void)
{
	clock_set(1000000);
	lobby();
	tenants();
	places();
	resting();
	clock_set(0);
}

void
test_swarm(void)
{
	clock_set(1000000);
	loads();
	stops();
	faults();
	magnets();
	no_torrent();
	clock_set(0);
}

/* A swarm of a torrent, or of a magnet link, that does nothing yet. */
static void
setup(int magnet)
{
	struct client_setup how = { .host = "127.0.0.1",
	    .max_conns = 50, .down_bps = -1, .up_bps = -1 };
	char why[META_WHY], text[41];
	int has_tenant = w.has_tenant;

	memset(&w, 0, sizeof w);
	w.taken_fd = -1;
	w.tenant.tells = is_theirs;
	w.tenant.take = on_theirs;
	w.tenant.arg = &w;
	how.tenant = has_tenant ? &w.tenant : NULL;
	sample_new(&w.sm, SIZE);
	OK(client_open(&w.client, &how) == 0);
	hex(text, w.sm.m->hash, ID_LEN);
	w.magnet = magnet_parse(text, why);
	w.swarm = swarm_new(&w.client.shared, magnet ? w.magnet : w.sm.m,
	    NULL, 0, &ops, &w);
	OK(client_add(&w.client, w.swarm) == 0);
	w.setup = (struct swarm_setup){ .files = w.sm.files, .dir = w.sm.dir,
	    .store_flags = STORE_WRITE, .fetch = 1 };
	OK(addr_parse(&w.addr, "127.0.0.1:0", 0) == 0);
	w.listener.fd = sock_listen(&w.addr);
	w.listener.ready = on_call;
	net_add(&w.listener, POLLIN);
}

static int
is_stopped(void *arg)
{
	(void)arg;
	return strchr(w.events, 's') != NULL;
}

static void
load(void)
{
	swarm_load(w.swarm, &w.setup);
}

static void
teardown(void)
{
	int i;

	swarm_stop(w.swarm);
	OK(clock_run(is_stopped, NULL, 2 * SECOND));
	client_remove(&w.client, w.swarm);
	OK(swarm_free(w.swarm) == 0);
	client_close(&w.client);
	net_close(&w.listener);
	clock_run(NULL, NULL, SECOND);
	for (i = 0; i < w.nfars; i++) {
		OK(w.fars[i].over);
		far_close(&w.fars[i]);
	}
	clock_run(NULL, NULL, SECOND);
	if (w.found)
		meta_free(w.found);
	meta_free(w.magnet);
	sample_free(&w.sm);
}

/* One who calls our listener. */
static struct far *
call(int ways)
{
	struct far *f = &w.fars[w.nfars];
	struct addr a = w.addr;
	int fd;

	a.port = w.client.shared.port;
	fd = sock_dial(&a, NULL);
	OK(fd >= 0);
	far_open(f, &w.sm, fd, ways, w.nfars++);
	return f;
}

static void
on_call(struct io *io, short got, int64_t now_ms)
{
	struct addr from;
	int fd = sock_accept(io->fd, &from);

	(void)got, (void)now_ms;
	OK(fd >= 0 && w.nfars < FARS);
	far_open(&w.fars[w.nfars], &w.sm, fd, w.ways, w.nfars);
	w.nfars++;
}

/* Pieces are told once, however many. */
static void
event(void *arg, char what)
{
	size_t n = strlen(w.events);

	OK(arg == &w && n + 1 < sizeof w.events);
	if (what != 'p' || n == 0 || w.events[n - 1] != 'p')
		w.events[n] = what;
	if (what == w.stop_at)
		swarm_stop(w.swarm);
}

static void
on_metadata(void *arg, struct meta *m)
{
	w.found = m;
	event(arg, 'm');
}

static void
on_checked(void *arg)
{
	event(arg, 'c');
}

static void
on_piece(void *arg, uint32_t piece)
{
	OK(piece < PIECES);
	event(arg, 'p');
}

static void
on_complete(void *arg)
{
	event(arg, 'd');
}

static void
on_message(void *arg, int detail, const char *text)
{
	OK(arg == &w && text[0]);
	if (!detail)
		snprintf(w.why, sizeof w.why, "%s", text);
}

static void
on_failed(void *arg, enum swarm_fault fault, const char *why)
{
	w.fault = fault;
	snprintf(w.why, sizeof w.why, "%s", why);
	event(arg, '!');
}

static void
on_stopped(void *arg)
{
	event(arg, 's');
}

static struct swarm_stats
stats(void)
{
	struct swarm_stats st;

	swarm_get_stats(w.swarm, &st);
	return st;
}

static int
is_over(void *arg)
{
	struct far *f = arg;

	return f->over;
}

static int
is_checked(void *arg)
{
	(void)arg;
	return strchr(w.events, 'c') || strchr(w.events, 's');
}

static int
is_complete(void *arg)
{
	(void)arg;
	return strchr(w.events, 'd') != NULL;
}

static int
is_found(void *arg)
{
	(void)arg;
	return w.found != NULL;
}

static void
lobby(void)
{
	struct far *a, *b;

	CASE("client: a swarm is found by its hash, and is there once");
	setup(0);
	OK(client_find(&w.client, w.sm.m->hash) == w.swarm);
	OK(client_add(&w.client, w.swarm) < 0);
	OK(!client_find(&w.client, w.client.shared.id));
	CASE("client: who names no torrent of ours is closed");
	load();
	OK(clock_run(is_checked, NULL, SECOND));
	a = call(FAR_SEED);
	a->hash[3] ^= 1;
	OK(clock_run(is_over, a, SECOND) && !a->shook);
	OK(!w.client.lobby.newest);
	CASE("client: who says half a handshake waits in the lobby");
	a = call(FAR_SEED | FAR_DRIPS | FAR_MUTE);
	clock_run(NULL, NULL, 500);
	OK(a->said && !a->shook && w.client.lobby.n == 1);
	OK(stats().nconns == 0);
	CASE("client: and is the swarm's when he has named it");
	clock_run(NULL, NULL, SECOND);
	OK(a->shook && w.client.lobby.n == 0 && stats().npeers == 1);
	CASE("client: what comes with the handshake is the swarm's, too");
	b = call(FAR_SEED | FAR_HASTY);
	OK(clock_run(is_complete, NULL, 10 * SECOND) && b->ngiven > 0);
	OK(sample_is_there(&w.sm));
	CASE("client: who says nothing has ten seconds");
	a = call(FAR_DRIPS);
	clock_run(NULL, NULL, 100);
	net_untimer(&a->timer);
	clock_run(NULL, NULL, 9 * SECOND);
	OK(!a->over && w.client.lobby.n == 1);
	OK(clock_run(is_over, a, 2 * SECOND));
	CASE("client: whoever is there when it closes is closed");
	a = call(FAR_DRIPS);
	clock_run(NULL, NULL, 100);
	OK(w.client.lobby.n == 1);
	teardown();
}

static int
is_theirs(const uint8_t *p, size_t n)
{
	return memcmp(p, "GET ", MIN(n, 4)) != 0 ? 0 : n < 4 ? -1 : 1;
}

static void
on_theirs(void *arg, int fd, const struct addr *from, struct span came)
{
	OK(arg == &w && w.taken_fd < 0);
	w.taken_fd = fd;
	w.taken_from = *from;
	w.taken.at = w.taken.len = 0;
	buf_put(&w.taken, came.p, came.n);
}

static int
is_taken(void *arg)
{
	(void)arg;
	return w.taken_fd >= 0;
}

/* One who calls and says nothing yet. */
static struct io *
stranger(void)
{
	struct addr a = w.addr;

	a.port = w.client.shared.port;
	w.ended = 0;
	w.stranger.fd = sock_dial(&a, NULL);
	w.stranger.ready = on_end;
	net_add(&w.stranger, POLLIN);
	clock_run(NULL, NULL, 100);
	return &w.stranger;
}

static void
on_end(struct io *io, short got, int64_t now_ms)
{
	char unused[1000];

	(void)got, (void)now_ms;
	if (recv(io->fd, unused, sizeof unused, 0) > 0)
		return;
	w.ended = 1;
	net_want(io, 0);
	net_close(io);
}

static int
is_ended(void *arg)
{
	(void)arg;
	return w.ended;
}

/* Whose a call is that says first and, cut there, rest: a peer's (0), the
 * tenant's (1), nobody's (-1). */
static void
tells(const char *first, const char *rest, size_t cut, int whose)
{
	struct io *io = stranger();
	char what[100];
	size_t n = strlen(first), at = 0, step;

	snprintf(what, sizeof what, "%.20s at %zu", first, cut);
	for (; at < n && w.client.lobby.n == 1;
	    at += step) {
		step = cut == 0 ? 1 : at == 0 ? MIN(cut, n) : n - at;
		OK_FOR(what, send(io->fd, first + at, step, MSG_NOSIGNAL) > 0);
		clock_run(NULL, NULL, 10);
	}
	if (whose < 0) {
		OK_FOR(what, clock_run(is_ended, NULL, SECOND));
	} else if (whose == 1) {
		OK_FOR(what, clock_run(is_taken, NULL, SECOND) && !w.ended);
		OK_FOR(what, w.client.lobby.n == 0 &&
		    addr_is_loopback(&w.taken_from));
		OK_FOR(what, w.taken.len >= 4 && w.taken.len <= 8 &&
		    memcmp(w.taken.p, first, w.taken.len) == 0);
	} else {
		OK_FOR(what, w.taken_fd < 0 && !w.ended &&
		    w.client.lobby.n == 1);
		OK_FOR(what, send(io->fd, rest, 28 + 20, MSG_NOSIGNAL) == 48);
		clock_run(NULL, NULL, 10);
		OK_FOR(what, !w.ended);
	}
	if (w.taken_fd >= 0)
		close(w.taken_fd);
	w.taken_fd = -1;
	net_close(io);
	clock_run(NULL, NULL, 100);
	OK_FOR(what, w.client.lobby.n == 0);
}

static void
tenants(void)
{
	static const char hello[] = "\x13" "BitTorrent protocol";
	static const char get[] = "GET / HTTP/1.1\r\n\r\n";
	static const char *const odd[] = { "HELLO, who is there?",
		"\x16\x03\x01\x02\x01\x03\x01\x02\x03", "GOT / HTTP/1.1",
		"\023BitTorn off", "\r\nGET / HTTP" };
	char rest[48] = "";
	struct far *a;
	size_t i;

	w.has_tenant = 1;
	setup(0);
	load();
	OK(clock_run(is_checked, NULL, SECOND));
	memcpy(rest + 8, w.sm.m->hash, ID_LEN);
	memset(rest + 28, 'x', ID_LEN);
	CASE("client: a handshake is a peer's, wherever it is cut");
	for (i = 0; i < sizeof hello - 1; i++)
		tells(hello, rest, i, 0);
	CASE("client: a request is the tenant's, wherever it is cut");
	for (i = 0; i < sizeof get - 1; i++)
		tells(get, NULL, i, 1);
	CASE("client: what is neither is nobody's");
	for (i = 0; i < LEN(odd); i++) {
		tells(odd[i], NULL, strlen(odd[i]), -1);
		tells(odd[i], NULL, 1, -1);
		tells(odd[i], NULL, 0, -1);
	}
	CASE("client: and is closed at the first byte that tells");
	for (i = 0; i < 3; i++) {
		OK(send(stranger()->fd, odd[i], i == 2 ? 2 : 1,
		    MSG_NOSIGNAL) > 0);
		OK_FOR(odd[i], clock_run(is_ended, NULL, SECOND));
	}
	CASE("client: who says nothing, or too little, has ten seconds");
	stranger();
	clock_run(NULL, NULL, 9 * SECOND);
	OK(!w.ended && w.client.lobby.n == 1);
	OK(clock_run(is_ended, NULL, 2 * SECOND) && w.client.lobby.n == 0);
	OK(send(stranger()->fd, "GET", 3, MSG_NOSIGNAL) == 3);
	clock_run(NULL, NULL, 9 * SECOND);
	OK(!w.ended && w.taken_fd < 0);
	OK(clock_run(is_ended, NULL, 2 * SECOND));
	CASE("client: peers come as they did");
	a = call(FAR_SEED);
	OK(clock_run(is_complete, NULL, 10 * SECOND) && a->shook);
	CASE("client: who is the tenant's takes no place of a peer's");
	w.client.shared.pool.most = 1;
	stranger();
	OK(send(w.stranger.fd, get, 8, MSG_NOSIGNAL) == 8);
	OK(clock_run(is_taken, NULL, SECOND) && w.client.lobby.n == 0);
	a = call(FAR_WANTS);
	clock_run(NULL, NULL, SECOND);
	OK(a->shook && !a->over);
	close(w.taken_fd);
	net_close(&w.stranger);
	buf_free(&w.taken);
	teardown();
	CASE("client: without a tenant his callers are nobody's");
	w.has_tenant = 0;
	setup(0);
	load();
	OK(clock_run(is_checked, NULL, SECOND));
	tells(get, NULL, 5, -1);
	tells(get, NULL, 0, -1);
	OK(send(stranger()->fd, get, 1, MSG_NOSIGNAL) == 1);
	OK(clock_run(is_ended, NULL, SECOND));
	teardown();
}

static void
places(void)
{
	struct far *a, *b, *c;

	CASE("client: when all places are taken, the oldest caller goes");
	setup(0);
	load();
	OK(clock_run(is_checked, NULL, SECOND));
	w.client.shared.pool.most = 2;
	a = call(FAR_DRIPS);
	clock_run(NULL, NULL, 100);
	b = call(0);
	clock_run(NULL, NULL, 100);
	c = call(0);
	clock_run(NULL, NULL, 100);
	OK(a->over && b->shook && !b->over && c->shook);
	CASE("client: who would take the place of one just come is refused");
	a = call(0);
	OK(clock_run(is_over, a, SECOND) && !b->over && !c->over);
	CASE("client: but not of one who has been of no use for long");
	clock_run(NULL, NULL, 20 * SECOND);
	a = call(0);
	clock_run(NULL, NULL, SECOND);
	OK(a->shook && b->over && !c->over);
	teardown();
}

/* No descriptor is left but so many. */
static void
leave_fds(struct rlimit *old, int n)
{
	struct rlimit lim;
	int fd = dup(0);

	getrlimit(RLIMIT_NOFILE, old);
	lim = *old;
	lim.rlim_cur = (rlim_t)(fd + n);
	close(fd);
	OK(fd >= 0 && setrlimit(RLIMIT_NOFILE, &lim) == 0);
}

static void
resting(void)
{
	struct rlimit old;
	struct far *a;

	CASE("client: without descriptors it rests, and comes back");
	setup(0);
	load();
	OK(clock_run(is_checked, NULL, SECOND));
	a = call(0);
	leave_fds(&old, 0);
	clock_run(NULL, NULL, 5 * SECOND); /* it does not spin */
	OK(!a->shook && !a->over && stats().nconns == 0);
	setrlimit(RLIMIT_NOFILE, &old);
	clock_run(NULL, NULL, 300);
	OK(a->shook && stats().nconns == 1);
	teardown();
}

/* What is on disk before, and what comes of it. */
static void
loads(void)
{
	static const struct {
		const char *name;
		int there;     /* NONE, or a byte that is wrong, or ALL */
		int fetch, whole, missing, complete;
	} table[] = {
		{ "swarm: what is not there is all fetched",
		    -2, 1, 0, PIECES, 0 },
		{ "swarm: what is there is found", -1, 1, 0, 0, 1 },
		{ "swarm: what is wrong is fetched again",
		    5, 1, 0, 1, 0 },
		{ "swarm: of what was hashed just now nothing is checked",
		    -1, 0, 1, 0, 1 },
		{ "swarm: only what is right is given",
		    5, 0, 0, 1, 0 },
	};
	struct swarm_stats st;
	size_t i;

	for (i = 0; i < LEN(table); i++) {
		CASE(table[i].name);
		setup(0);
		if (table[i].there >= -1)
			sample_put(&w.sm, table[i].there);
		w.setup.fetch = table[i].fetch;
		w.setup.whole = table[i].whole;
		load();
		OK(stats().checking && w.events[0] == '\0');
		OK(clock_run(is_checked, NULL, 5 * SECOND));
		st = stats();
		OK(!st.checking && !st.seeking && st.size == SIZE);
		OK(st.complete == table[i].complete);
		OK(st.have == MAX(0, SIZE - table[i].missing * SAMPLE_PIECE));
		OK(strcmp(w.events, "c") == 0);
		w.ways = FAR_SEED;
		swarm_add_peer(w.swarm, &w.addr);
		swarm_announce(w.swarm); /* there is no tracker */
		clock_run(NULL, NULL, 5 * SECOND);
		OK(strcmp(w.events, table[i].missing && table[i].fetch ?
		    "cpd" : "c") == 0);
		OK(!table[i].fetch || sample_is_there(&w.sm));
		OK(stats().complete == (table[i].fetch ||
		    table[i].complete));
		OK(stats().nconns == 0); /* two seeds part */
		teardown();
	}
}

/* Stopped once, wherever that is. */
static void
stops(void)
{
	static const struct {
		const char *name, *events;
		char at;
	} table[] = {
		{ "swarm: it may be stopped when it is checked", "cs", 'c' },
		{ "swarm: when a piece comes", "cps", 'p' },
		{ "swarm: when all is here", "cpds", 'd' },
		{ "swarm: in the second when it stops", "cpds", 's' },
	};
	size_t i;

	for (i = 0; i < LEN(table); i++) {
		CASE(table[i].name);
		setup(0);
		w.stop_at = table[i].at;
		w.ways = FAR_SEED;
		load();
		swarm_add_peer(w.swarm, &w.addr);
		clock_run(NULL, NULL, 5 * SECOND);
		swarm_stop(w.swarm);
		clock_run(NULL, NULL, 5 * SECOND);
		OK(strcmp(w.events, table[i].events) == 0);
		OK(stats().nconns == 0);
		teardown();
		OK(strcmp(w.events, table[i].events) == 0);
	}
	CASE("swarm: while it is checked, and then it is not loaded again");
	setup(0);
	sample_put(&w.sm, -1);
	load();
	swarm_stop(w.swarm);
	load();
	clock_run(NULL, NULL, 5 * SECOND);
	OK(strcmp(w.events, "s") == 0 && !stats().checking);
	teardown();
	CASE("swarm: one that has not begun stops, too");
	setup(0);
	teardown();
	OK(strcmp(w.events, "s") == 0);
}

static void
faults(void)
{
	struct rlimit old;
	char path[300], have[8];
	int fd, n, nsystem = 0, nchecked = 0;

	CASE("swarm: somebody else's file stays, and that is why it stops");
	setup(0);
	snprintf(path, sizeof path, "%s/data", w.sm.dir);
	fd = open(path, O_WRONLY | O_CREAT, 0666);
	OK(write_all(fd, "theirs", 6) == 0);
	close(fd);
	load();
	OK(clock_run(is_stopped, NULL, 5 * SECOND));
	OK(strcmp(w.events, "!s") == 0 && w.fault == FAULT_DATA && w.why[0]);
	fd = open(path, O_RDONLY);
	OK(read(fd, have, 8) == 6 && memcmp(have, "theirs", 6) == 0);
	close(fd);
	teardown();

	CASE("swarm: a directory that cannot be made is the disk's fault");
	setup(0);
	snprintf(path, sizeof path, "%s/data/below", w.sm.dir);
	sample_put(&w.sm, -1);
	w.setup.dir = path;
	load();
	OK(clock_run(is_stopped, NULL, 5 * SECOND));
	OK(strcmp(w.events, "!s") == 0 && w.fault == FAULT_DISK);
	teardown();

	CASE("swarm: without descriptors it stops with a word");
	for (n = 0; n < 12; n++) {
		setup(0);
		sample_put(&w.sm, 5);
		leave_fds(&old, n);
		load();
		OK(clock_run(is_checked, NULL, 5 * SECOND));
		setrlimit(RLIMIT_NOFILE, &old);
		OK(strcmp(w.events, "c") == 0 ||
		    (strcmp(w.events, "!s") == 0 && w.why[0] &&
		    (w.fault == FAULT_SYSTEM || w.fault == FAULT_DISK)));
		nsystem += w.events[0] == '!' && w.fault == FAULT_SYSTEM;
		nchecked += w.events[0] == 'c';
		teardown();
	}
	OK(nsystem > 0 && nchecked > 0);
}

static void
magnets(void)
{
	CASE("swarm: a magnet link's torrent is found, loaded, and fetched");
	setup(1);
	swarm_seek(w.swarm);
	OK(stats().seeking && stats().size == 0);
	w.ways = FAR_SEED | FAR_INFO;
	swarm_add_peer(w.swarm, &w.addr);
	OK(clock_run(is_found, NULL, SECOND));
	OK(memcmp(w.found->hash, w.sm.m->hash, ID_LEN) == 0);
	OK(strcmp(w.events, "m") == 0 && stats().nconns == 1);
	load();
	OK(clock_run(is_complete, NULL, 5 * SECOND));
	OK(strcmp(w.events, "mcpd") == 0 && w.nfars == 1);
	OK(sample_is_there(&w.sm));
	teardown();
	CASE("swarm: it may be stopped when it is found");
	setup(1);
	w.stop_at = 'm';
	w.ways = FAR_SEED | FAR_INFO;
	swarm_seek(w.swarm);
	swarm_add_peer(w.swarm, &w.addr);
	OK(clock_run(is_stopped, NULL, 5 * SECOND));
	OK(strcmp(w.events, "ms") == 0);
	teardown();
}

/* The bytes have the hash that the link names, and are nothing. */
static void
no_torrent(void)
{
	static const char nothing[] = "d1:xi1ee";
	struct meta *m, other;

	CASE("swarm: metadata that is no torrent stops it");
	setup(1);
	m = w.sm.m;
	other = *m;
	other.info = span_of(nothing);
	sha1(other.info.p, other.info.n, other.hash);
	memcpy(w.magnet->hash, other.hash, ID_LEN);
	client_remove(&w.client, w.swarm);
	swarm_free(w.swarm);
	w.swarm = swarm_new(&w.client.shared, w.magnet, NULL, 0, &ops, &w);
	w.sm.m = &other;
	swarm_seek(w.swarm);
	w.ways = FAR_SEED | FAR_INFO;
	swarm_add_peer(w.swarm, &w.addr);
	OK(clock_run(is_stopped, NULL, 5 * SECOND));
	OK(strcmp(w.events, "!s") == 0 && w.fault == FAULT_TORRENT);
	OK(w.why[0] && !w.found);
	w.sm.m = m;
	teardown();
}
