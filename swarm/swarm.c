/* One torrent alive.  It joins the parts that know nothing of each other: the
 * store writes and verifies, the picker says what to ask, the choker whom to
 * serve, a link and a peer carry each connection, announces find more of them.
 *
 * A connection (conn) begins in the lobby if it called us, in its swarm if we
 * dialled.  Once both handshakes are through it has a source in the picker.
 * Each policy has its own record of it: its place (pool), how much it may be
 * asked for (flow), what of (pick), and whether for metadata (seek).
 *
 * A swarm checks what is on disk, runs, and stops; what fails it is told to
 * its owner once.  Of a magnet link it first seeks the metadata; who was asked
 * stays connected, and what peers say of pieces meanwhile is heard when the
 * pieces are known. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "sha1.h"
#include "addr.h"
#include "udpt.h"
#include "net.h"
#include "sock.h"
#include "torrent/meta.h"
#include "torrent/magnet.h"
#include "torrent/store.h"
#include "torrent/workers.h"
#include "find/known.h"
#include "find/announce.h"
#include "swarm/wire.h"
#include "swarm/rate.h"
#include "swarm/pick.h"
#include "swarm/choke.h"
#include "swarm/flow.h"
#include "swarm/blame.h"
#include "swarm/pool.h"
#include "swarm/metadata.h"
#include "swarm/seek.h"
#include "swarm/peer.h"
#include "swarm/link.h"
#include "swarm/swarm.h"

enum {
	SLOTS        = 8,
	TAGS         = 4096,  /* connections whose address is remembered */
	SAME_NEAR    = 3,     /* connections of one host to one torrent, */
	SAME_48      = 12,    /* and of one /48 */
	TICK_MS      = 1000,
	STOP_MS      = 1000,
	ROUND_MS     = 50,    /* between two that changes of mind bring about */
	YOUNG_MS     = 10000, /* both may have dialled at the same time */
	USEFUL_MS    = 60000, /* after a block */
	IDLE_MS      = 60000, /* for which a request that does not count stays */
	HELD_SLACK   = 64 << 10, /* bytes that are not blocks, while we read */
	CLAIM_MS     = 30000, /* of no use: then a claim is doubted */
	NUMWANT      = 80,
	PEERS_ENOUGH = 20,
	WHOLE_MOST   = 64,    /* pieces that wait to be verified */
	TELL_MOST    = 20000, /* pieces told to peers met while seeking */
	LEFT_UNKNOWN = 16384  /* told to trackers of an unknown size */
};

struct conn {
	struct link link;
	struct place place;     /* pool.c's */
	struct flow flow;       /* flow.c's */
	struct seeker seeker;   /* seek.c's */
	struct source *src;     /* pick.c's; NULL: not ready yet */
	struct shared *sh;
	struct swarm *sw;       /* NULL: in the lobby */
	struct conn *next;      /* in sw or in the lobby */
	struct addr home;       /* where it can be dialled; port 0: unknown */
	int claims;             /* that is its own word; */
	int64_t read_at;        /* link.down when it last was asked or gave */
	struct addr twin;       /* where it was dialled, too; port 0: nowhere */
	int doubled;            /* another connection is or was its twin */
	uint32_t tag;
	struct rate up;         /* bytes of blocks */
	int optimistic;
	int64_t joined_ms, choke_ms;
};

enum state { S_NEW, S_SEEKING, S_CHECKING, S_RUNNING, S_STOPPING };

struct swarm {
	struct shared *sh;
	uint8_t hash[ID_LEN];
	const struct meta *m;   /* has no info as long as it seeks */
	const uint8_t *skip;
	struct store *store;    /* NULL as long as it seeks */
	struct pick *pick;
	struct blame *blame;
	struct known *known;
	struct seek *seek;
	struct workers *hashing;   /* while checking */
	struct announce *announces[2]; /* the torrent's; the user's */
	int nannounces, nstopping;
	struct conn *conns;
	int nconns;
	enum state state;
	int fetch, whole, complete, read_failed, too_large;
	int64_t have, checked;  /* bytes, also of what is not wanted */
	int64_t want, left;     /* bytes that are wanted; that are missing */
	int64_t wasted;
	struct rate down, up;
	uint32_t whole_pieces[WHOLE_MOST]; /* all their blocks came just now */
	int nwhole_pieces;
	struct timer tick, stop, slot_free;
	int64_t round_ms;       /* when slots were given the last time */
	int ticks;
	const struct swarm_ops *ops;
	void *arg;
};

static int is_open(const struct swarm *sw);
static void go_out(struct swarm *sw);
static int is_here(int fd, const struct addr *from);
static struct conn *conn_open(struct shared *sh, struct swarm *sw, int fd,
    const struct addr *a);
static void bind(struct conn *c);
static struct span given_info(const struct swarm *sw);
static void conn_close(struct conn *c, int worked);
static void conn_unlink(struct conn *c);
static void conn_free(void *arg);
static int conn_unchoked(const struct conn *c);
static void on_gone(void *arg, const char *why);
static int on_hello(void *arg, const uint8_t hash[20]);
static int on_ready(void *arg);
static void join(struct conn *c);
static int is_twin(struct conn *c);
static struct conn *twin_of(const struct conn *c);
static void drop_twin(struct conn *drop, struct conn *keep);
static int is_young(const struct conn *c);
static int is_useful(const struct conn *c);
static void on_has(void *arg, uint32_t piece);
static void on_has_bits(void *arg, const uint8_t *bits);
static void on_has_all(void *arg);
static int has_changed(struct conn *c);
static void on_choked(void *arg, int choked);
static void on_interested(void *arg, int interested);
static int on_block(void *arg, struct block b, const uint8_t *data,
    int64_t now_ms);
static void on_fed(void *arg);
static int on_rejected(void *arg, struct block b);
static void on_suggested(void *arg, uint32_t piece);
static void on_allowed(void *arg, uint32_t piece);
static void on_slot_free(struct timer *t, int64_t now_ms);
static void on_asked(void *arg);
static int on_read(void *arg, const struct block *b, uint8_t *const *data,
    int n);
static void on_extended(void *arg);
static void on_metadata(void *arg, uint32_t piece, struct span data);
static void on_cancel(void *owner, struct block b);
static void fill(struct conn *c);
static void ask(struct conn *c, const uint32_t *piece);
static void round_soon(struct swarm *sw);
static void on_ask_metadata(void *owner, uint32_t piece);
static void offers_metadata(struct conn *c);
static void learn(struct swarm *sw, struct conn *c);
static void choose(struct swarm *sw, uint8_t *wanted);
static void meet(struct swarm *sw);
static void piece_whole(struct swarm *sw, uint32_t piece);
static void piece_good(struct swarm *sw, uint32_t piece);
static void piece_bad(struct swarm *sw, uint32_t piece);
static uint8_t (*block_digests(struct swarm *sw, uint32_t piece,
    uint32_t n))[SHA1_LEN];
static void ban(void *arg, uint32_t tag);
static void is_complete(struct swarm *sw);
static void choke_round(struct swarm *sw, int revoke);
static void dial(struct swarm *sw);
static int has_room(const struct swarm *sw, void **idle);
static struct conn *too_many(struct conn *list, const struct addr *from);
static void on_tick(struct timer *t, int64_t now_ms);
static void conn_tick(struct conn *c, int64_t now_ms);
static void store_failed(struct swarm *sw);
static void on_digest(void *arg, uint32_t piece, const uint8_t *digest);
static void on_hash_failed(void *arg, const char *why);
static void on_checked(void *arg);
static void fail(struct swarm *sw, int status, const char *why);
static void on_figures(void *arg, struct announce_params *p);
static void on_peers(void *arg, const struct addr *list, int n);
static void on_message(void *arg, const char *url, const char *text);
static void on_announce_stopped(void *arg);
static void on_stop_due(struct timer *t, int64_t now_ms);
static void stopped_one(struct swarm *sw);

static const struct peer_ops peer_ops = {
	on_hello, on_ready, on_has, on_has_bits, on_has_all, on_choked,
	on_interested, on_block, on_fed, on_rejected, on_suggested,
	on_allowed, on_asked, on_read, on_extended, on_metadata
};
static const struct pick_ops pick_ops = { on_cancel };
static const struct workers_ops workers_ops = { on_digest, on_hash_failed,
	on_checked };
static const struct announce_ops announce_ops = { on_figures, on_peers,
	on_message, on_announce_stopped };

void
swarm_shared_init(struct shared *sh, int64_t down_bps, int64_t up_bps)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	uint8_t random[ID_LEN];
	int i;

	memset(sh, 0, sizeof *sh);
	rnd_bytes(&sh->rnd, sizeof sh->rnd);
	sh->rnd |= 1;
	rnd_bytes(random, sizeof random);
	memcpy(sh->id, "-bt0010-", 8); /* BEP 20 */
	for (i = 8; i < ID_LEN; i++)
		sh->id[i] = (uint8_t)digits[random[i] % 36];
	limit_init(&sh->limits[0], down_bps);
	limit_init(&sh->limits[1], up_bps);
	sh->slots = up_bps == 0 ? 0 : SLOTS;
	sh->tags = xcalloc(TAGS, sizeof *sh->tags);
	pool_init(&sh->pool, 1);
}

void
swarm_shared_free(struct shared *sh)
{
	while (sh->lobby)
		conn_close(sh->lobby, 0);
	net_untimer(&sh->limits[0].timer);
	net_untimer(&sh->limits[1].timer);
	free(sh->tags);
}

struct swarm *
swarm_new(struct shared *sh, const struct meta *m, const struct tracker *extra,
    int nextra, const struct swarm_ops *ops, void *arg)
{
	struct swarm *sw = xcalloc(1, sizeof *sw);
	struct shape none = { 0 };

	sw->sh = sh;
	sw->m = m;
	memcpy(sw->hash, m->hash, ID_LEN);
	sw->ops = ops;
	sw->arg = arg;
	sw->fetch = 1;
	sw->pick = pick_new(&none, 1, &pick_ops);
	sw->blame = blame_new();
	sw->known = known_new((uint64_t)rnd_next(&sh->rnd) << 32 |
	    rnd_next(&sh->rnd));
	sw->seek = seek_new(on_ask_metadata);
	sw->tick.fire = on_tick;
	sw->tick.arg = sw;
	sw->stop.fire = on_stop_due;
	sw->slot_free.fire = on_slot_free;
	sw->stop.arg = sw->slot_free.arg = sw;
	if (m->ntrackers > 0)
		sw->announces[sw->nannounces++] = announce_new(m->trackers,
		    m->ntrackers, sw->hash, sh->id, sh->port,
		    (uint64_t)rnd_next(&sh->rnd) << 1 | 1, &announce_ops, sw);
	if (nextra > 0)
		sw->announces[sw->nannounces++] = announce_new(extra, nextra,
		    sw->hash, sh->id, sh->port,
		    (uint64_t)rnd_next(&sh->rnd) << 1 | 1, &announce_ops, sw);
	return sw;
}

int
swarm_free(struct swarm *sw)
{
	int i, r;

	if (sw->hashing)
		workers_stop(sw->hashing);
	while (sw->conns)
		conn_close(sw->conns, 1);
	for (i = 0; i < sw->nannounces; i++)
		announce_free(sw->announces[i]);
	net_untimer(&sw->tick);
	net_untimer(&sw->stop);
	net_untimer(&sw->slot_free);
	r = sw->store ? store_free(sw->store) : 0;
	pick_free(sw->pick);
	blame_free(sw->blame);
	known_free(sw->known);
	seek_free(sw->seek);
	free(sw);
	return r;
}

const uint8_t *
swarm_hash(const struct swarm *sw)
{
	return sw->hash;
}

struct store *
swarm_store(struct swarm *sw)
{
	return sw->store;
}

void
swarm_announce(struct swarm *sw)
{
	int i;

	for (i = 0; i < sw->nannounces; i++)
		announce_now(sw->announces[i]);
}

void
swarm_get_stats(const struct swarm *sw, struct swarm_stats *st)
{
	struct conn *c;

	memset(st, 0, sizeof *st);
	st->size = sw->want;
	st->have = sw->want - sw->left;
	st->partial = pick_partial(sw->pick);
	st->down = sw->down.total;
	st->up = sw->up.total;
	st->down_bps = rate_recent(&sw->down);
	st->up_bps = rate_recent(&sw->up);
	st->checked = sw->checked;
	st->wasted = sw->wasted;
	st->seeking = sw->state == S_SEEKING;
	st->checking = sw->state == S_CHECKING;
	st->complete = sw->complete;
	st->metadata = seek_bytes(sw->seek);
	for (c = sw->conns; c; c = c->next) {
		st->npeers += c->src != NULL;
		st->nseeds += c->src && sw->state == S_RUNNING &&
		    pick_is_seed(sw->pick, c->src);
	}
}

/* Seeking the metadata. */

void
swarm_seek(struct swarm *sw)
{
	sw->state = S_SEEKING;
	go_out(sw);
}

/* Announces and dials; who has sought has announced already. */
static void
go_out(struct swarm *sw)
{
	int i;

	for (i = 0; i < sw->nannounces && !sw->tick.slot; i++)
		announce_start(sw->announces[i]);
	if (!sw->tick.slot)
		net_timer(&sw->tick, net_now() + TICK_MS);
	dial(sw);
}

static void
on_ask_metadata(void *owner, uint32_t piece)
{
	struct conn *c = owner;

	peer_ask_metadata(&c->link.peer, piece);
	link_wake(&c->link);
}

/* It may have what is sought. */
static void
offers_metadata(struct conn *c)
{
	const struct peer *p = &c->link.peer;
	struct swarm *sw = c->sw;

	if (sw->state != S_SEEKING || !p->metadata_id || p->metadata_size <= 0)
		return;
	if (p->metadata_size <= META_NET_MAX) {
		/* rtorrent takes nothing in any more after a second request
		 * that comes before it has answered the first */
		seek_offer(sw->seek, &c->seeker, c, &c->link.addr,
		    (size_t)p->metadata_size,
		    memcmp(p->id, "-lt", 3) == 0, net_now());
		return;
	}
	if (!sw->too_large)
		sw->ops->message(sw->arg, 0, "its metadata is too large "
		    "for a magnet link (over 16 MiB): get the torrent file");
	sw->too_large = 1;
}

static void
on_metadata(void *arg, uint32_t piece, struct span data)
{
	struct conn *c = arg;

	if (seek_got(c->sw->seek, &c->seeker, piece, data, net_now()))
		learn(c->sw, c);
}

/* All of it has come, from c. */
static void
learn(struct swarm *sw, struct conn *c)
{
	struct metadata *md = c->seeker.md;
	struct span info = { md->got.p, md->size };
	char why[META_WHY];
	struct meta *m;

	m = magnet_complete(sw->m, info, why);
	if (!m && why[0]) {
		fail(sw, EXIT_TORRENT, why);
		return;
	}
	if (!m) {
		seek_fail(sw->seek, &c->seeker, net_now());
		ban(sw, c->tag);
		return;
	}
	sw->m = m;
	seek_found(sw->seek);
	for (c = sw->conns; c; c = c->next) {
		c->link.peer.info = given_info(sw);
		if (c->src) /* which may lack it, too */
			peer_extend(&c->link.peer, sw->sh->port,
			    &c->link.addr);
		link_wake(&c->link);
	}
	sw->ops->metadata(sw->arg, m);
}

/* Checking what is there. */

void
swarm_load(struct swarm *sw, const struct swarm_setup *setup)
{
	const struct meta *m = sw->m;
	struct pick *old = sw->pick;
	uint8_t *maybe = xmalloc(bit_bytes(m->sh.npieces));
	struct conn *c;
	char why[128];

	if (sw->state == S_STOPPING) {
		free(maybe);
		return;
	}
	sw->skip = setup->skip;
	sw->fetch = setup->fetch;
	sw->whole = setup->whole;
	sw->store = store_new(setup->files, m, setup->dir, setup->name,
	    setup->store_flags);
	store_skip(sw->store, setup->skip);
	sw->pick = pick_new(&m->sh, (uint64_t)rnd_next(&sw->sh->rnd) << 1 | 1,
	    &pick_ops);
	pick_in_order(sw->pick, setup->in_order);
	for (c = sw->conns; c; c = c->next)
		if (c->src)
			join(c);
	pick_free(old);
	sw->state = S_CHECKING;
	choose(sw, maybe);
	if (sw->whole)
		memset(maybe, 0, bit_bytes(m->sh.npieces));
	if (setup->store_flags & STORE_TEMP && store_temp(sw->store) < 0)
		store_failed(sw);
	else if (sw->fetch && store_adopt(sw->store) < 0)
		store_failed(sw);
	else if (!sw->whole && store_scan(sw->store, maybe) != 0)
		store_failed(sw);
	else if (!(sw->hashing = workers_start(sw->store, &m->sh, maybe,
	    &workers_ops, sw))) {
		snprintf(why, sizeof why, "no process can be had to check it: "
		    "%s", strerror(errno));
		fail(sw, EXIT_FAIL, why);
	}
	free(maybe);
}

/* The pieces that are wanted, as a bit set; of the others the picker need not
 * know that they are not here. */
static void
choose(struct swarm *sw, uint8_t *wanted)
{
	uint32_t i;

	meta_wanted(sw->m, sw->skip, wanted);
	for (i = 0; i < sw->m->sh.npieces; i++)
		if (bit_get(wanted, i))
			sw->want += shape_len(&sw->m->sh, i);
		else
			pick_have(sw->pick, i);
	sw->left = sw->want;
}

static void
store_failed(struct swarm *sw)
{
	fail(sw, store_kept(sw->store) ? EXIT_DATA : EXIT_DISK,
	    store_error(sw->store));
}

static void
on_digest(void *arg, uint32_t piece, const uint8_t *digest)
{
	struct swarm *sw = arg;
	const uint8_t *want = sw->m->pieces + (size_t)piece * SHA1_LEN;
	uint32_t len = shape_len(&sw->m->sh, piece);

	sw->checked += len;
	if (!digest || memcmp(digest, want, SHA1_LEN) != 0)
		return;
	store_set_have(sw->store, piece);
	pick_have(sw->pick, piece);
	sw->have += len;
	sw->left -= len;
}

static void
on_hash_failed(void *arg, const char *why)
{
	struct swarm *sw = arg;

	if (sw->fetch) /* what is there may be right: it is not written */
		fail(sw, EXIT_DISK, why);
	else
		sw->ops->message(sw->arg, 0, why);
}

static void
on_checked(void *arg)
{
	struct swarm *sw = arg;
	uint32_t i;

	sw->hashing = NULL;
	for (i = 0; sw->whole && i < sw->m->sh.npieces; i++)
		on_digest(sw, i, sw->m->pieces + (size_t)i * SHA1_LEN);
	if (sw->fetch && store_begin(sw->store) != 0) {
		store_failed(sw);
		return;
	}
	sw->state = S_RUNNING;
	sw->complete = sw->left == 0;
	if (sw->complete && sw->fetch)
		store_done(sw->store);
	sw->ops->checked(sw->arg);
	if (sw->state != S_RUNNING)
		return;
	meet(sw);
	net_timer(&sw->slot_free, net_now());
	go_out(sw);
}

/* Tells those who have been here while we sought what we have, and hears what
 * they said meanwhile. */
static void
meet(struct swarm *sw)
{
	const uint8_t *have = store_have(sw->store);
	uint32_t i, npieces = sw->m->sh.npieces;
	uint32_t nhave = bit_count(have, npieces);
	struct conn *c, *next;

	for (c = sw->conns; c; c = next) {
		next = c->next;
		if (c->src && nhave > TELL_MOST) {
			conn_close(c, 1); /* a bit field says it better */
			continue;
		}
		for (i = 0; c->src && nhave > 0 && i < npieces; i++)
			if (bit_get(have, i))
				peer_announce(&c->link.peer, i);
		if (c->src && (sw->complete || !sw->fetch)) {
			c->link.peer.giving_only = 1;
			peer_extend(&c->link.peer, sw->sh->port,
			    &c->link.addr);
		}
		link_wake(&c->link);
		if (peer_shape(&c->link.peer, &sw->m->sh, have,
		    net_now()) < 0)
			conn_close(c, 0);
	}
}

static void
fail(struct swarm *sw, int status, const char *why)
{
	if (sw->state == S_STOPPING)
		return;
	sw->ops->failed(sw->arg, status, why);
	swarm_stop(sw);
}

void
swarm_stop(struct swarm *sw)
{
	int i;

	if (sw->state == S_STOPPING)
		return;
	sw->state = S_STOPPING;
	if (sw->hashing)
		workers_stop(sw->hashing);
	sw->hashing = NULL;
	while (sw->conns)
		conn_close(sw->conns, 1);
	net_untimer(&sw->tick);
	net_untimer(&sw->slot_free);
	net_timer(&sw->stop, net_now() + STOP_MS);
	sw->nstopping = 1;
	for (i = 0; i < sw->nannounces; i++) {
		sw->nstopping++;
		announce_stop(sw->announces[i]);
	}
	stopped_one(sw);
}

static void
on_announce_stopped(void *arg)
{
	stopped_one(arg);
}

static void
stopped_one(struct swarm *sw)
{
	if (--sw->nstopping == 0)
		net_timer(&sw->stop, net_now());
}

static void
on_stop_due(struct timer *t, int64_t now_ms)
{
	struct swarm *sw = t->arg;

	(void)now_ms;
	sw->ops->stopped(sw->arg);
}

/* Connections. */

void
swarm_add_peer(struct swarm *sw, const struct addr *a)
{
	known_add(sw->known, a, FROM_USER);
	dial(sw);
}

static void
on_peers(void *arg, const struct addr *list, int n)
{
	struct swarm *sw = arg;
	int i;

	for (i = 0; i < n; i++)
		known_add(sw->known, &list[i], FROM_TRACKER);
	dial(sw);
}

/* Whether it takes and makes connections. */
static int
is_open(const struct swarm *sw)
{
	return sw->state == S_RUNNING || sw->state == S_SEEKING;
}

/* Dials whom there is, as far as places and the pace allow. */
static void
dial(struct swarm *sw)
{
	struct shared *sh = sw->sh;
	const struct addr *a;
	struct addr to;
	void *idle;

	while (is_open(sw) && known_when(sw->known) <= net_now() &&
	    has_room(sw, &idle) && pool_pay(&sh->pool, net_now())) {
		if (idle)
			conn_close(idle, 1);
		a = known_next(sw->known, net_now());
		to = *a;
		if (!conn_open(sh, sw, -1, &to))
			known_over(sw->known, &to, 0, net_now());
	}
}

/* Whether one more can be dialled, once idle (unless NULL) is closed: for it
 * somebody may have to go as long as something is wanted. */
static int
has_room(const struct swarm *sw, void **idle)
{
	return pool_room(&sw->sh->pool, net_now(), idle) == 0 &&
	    (!*idle || (sw->fetch && !sw->complete));
}

void
swarm_accept(struct shared *sh, int fd, const struct addr *from)
{
	struct conn *oldest = too_many(sh->lobby, from);
	void *out;

	if (oldest && !is_here(fd, from))
		conn_close(oldest, 0);
	if (pool_room(&sh->pool, net_now(), &out) < 0) {
		sock_refuse(fd);
		return;
	}
	if (out)
		conn_close(out, 1);
	conn_open(sh, NULL, fd, from);
}

/* The oldest of one stranger's connections in a list, where newcomers stand in
 * front, if it has as many as it may have; else NULL. */
static struct conn *
too_many(struct conn *list, const struct addr *from)
{
	struct conn *oldest = NULL, *oldest48 = NULL;
	int near = 0, near48 = 0;

	for (; list; list = list->next) {
		if (!addr_near48(&list->link.addr, from))
			continue;
		near48++;
		oldest48 = list;
		if (!addr_near(&list->link.addr, from))
			continue;
		near++;
		oldest = list;
	}
	return near >= SAME_NEAR ? oldest : near48 >= SAME_48 ? oldest48 :
	    NULL;
}

/* Whether a caller at the address from is on this host: of these there may be
 * many. */
static int
is_here(int fd, const struct addr *from)
{
	struct addr own;

	return addr_is_loopback(from) || (sock_local(fd, &own) == 0 &&
	    addr_same_ip(&own, from));
}

/* A caller's connection in the lobby, or (fd -1) one that dials for sw. */
static struct conn *
conn_open(struct shared *sh, struct swarm *sw, int fd, const struct addr *a)
{
	struct conn *c = xcalloc(1, sizeof *c), **head;

	c->sh = sh;
	c->home = *a;
	if (!sw)
		c->home.port = 0; /* it called from any port */
	c->joined_ms = c->choke_ms = net_now();
	flow_init(&c->flow, net_now());
	if (link_open(&c->link, fd, a, sh->limits, &peer_ops, on_gone,
	    c) < 0) {
		free(c);
		return NULL;
	}
	c->sw = sw;
	head = sw ? &sw->conns : &sh->lobby;
	c->next = *head;
	*head = c;
	if (sw) {
		pool_dial(&sh->pool, &c->place, c, net_now());
		sw->nconns++;
		bind(c);
	} else {
		pool_call(&sh->pool, &c->place, c, net_now());
	}
	return c;
}

/* Begins the protocol, once its swarm is known. */
static void
bind(struct conn *c)
{
	struct swarm *sw = c->sw;
	int running = sw->state == S_RUNNING;

	peer_bind(&c->link.peer, running ? &sw->m->sh : NULL, sw->hash,
	    c->sh->id, running ? store_have(sw->store) : NULL);
	c->link.peer.info = given_info(sw);
}

/* The metadata for peers: none if nothing is uploaded. */
static struct span
given_info(const struct swarm *sw)
{
	static const struct span none;

	return sw->sh->slots > 0 ? sw->m->info : none;
}

static void
conn_unlink(struct conn *c)
{
	struct conn **at = c->sw ? &c->sw->conns : &c->sh->lobby;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
}

/* Closes, forgets, and frees at the end of the round. */
static void
conn_close(struct conn *c, int worked)
{
	struct swarm *sw = c->sw;
	int freed = sw && conn_unchoked(c);

	link_close(&c->link);
	conn_unlink(c);
	pool_leave(&c->place);
	net_bury(conn_free, c);
	if (!sw)
		return;
	sw->nconns--;
	if (c->src)
		pick_leave(sw->pick, c->src);
	if (c->claims)
		known_unclaim(sw->known, &c->home, net_now());
	else
		known_over(sw->known, &c->home, worked && c->src, net_now());
	known_soon(sw->known, &c->twin, net_now());
	c->src = NULL;
	seek_leave(sw->seek, &c->seeker, net_now());
	if (freed && sw->state == S_RUNNING)
		round_soon(sw);
}

static void
conn_free(void *arg)
{
	struct conn *c = arg;

	link_free(&c->link);
	free(c);
}

static int
conn_unchoked(const struct conn *c)
{
	return c->src && !c->link.peer.am_choking;
}

static void
on_gone(void *arg, const char *why)
{
	struct conn *c = arg;
	struct swarm *sw = c->sw;
	char line[256], text[ADDR_TEXT];

	if (sw) {
		snprintf(line, sizeof line, "%s%s%s: %s",
		    addr_format(text, &c->link.addr),
		    *c->link.peer.client ? " " : "", c->link.peer.client,
		    why);
		sw->ops->message(sw->arg, 1, line);
	}
	conn_close(c, 1);
	if (sw)
		dial(sw);
}

static int
on_hello(void *arg, const uint8_t hash[20])
{
	struct conn *c = arg;
	struct swarm *sw = c->sh->find(c->sh->arg, hash);

	if (!sw || !is_open(sw) ||
	    known_banned(sw->known, &c->link.addr))
		return -1;
	if (too_many(sw->conns, &c->link.addr) &&
	    !is_here(c->link.io.fd, &c->link.addr))
		return -1;
	conn_unlink(c);
	c->sw = sw;
	c->next = sw->conns;
	sw->conns = c;
	sw->nconns++;
	bind(c);
	return 0;
}

static int
on_ready(void *arg)
{
	struct conn *c = arg;
	struct swarm *sw = c->sw;
	struct shared *sh = c->sh;

	if (memcmp(c->link.peer.id, sh->id, ID_LEN) == 0) {
		known_never(sw->known, &c->home); /* it is us */
		conn_close(c, 0);
		return -1;
	}
	if (is_twin(c))
		return -1;
	pool_ready(&sh->pool, &c->place, net_now());
	c->tag = ++sh->tag ? sh->tag : ++sh->tag;
	sh->tags[c->tag % TAGS] = c->link.addr;
	join(c);
	c->link.peer.gives = sh->slots > 0;
	c->link.peer.giving_only = sw->complete || !sw->fetch;
	peer_greet(&c->link.peer, sh->port, &c->link.addr);
	return 0;
}

/* The picker hears of it. */
static void
join(struct conn *c)
{
	c->src = pick_join(c->sw->pick, c, c->tag);
	pick_choke(c->sw->pick, c->src, c->link.peer.peer_choking);
}

/* Whether c, whose peer is connected already by its id and its address, was
 * closed.  When both sides dialled at the same time, the one of the lesser
 * peer id closes what it did not dial.  Since an id is soon copied, who is of
 * no use keeps nobody else out. */
static int
is_twin(struct conn *c)
{
	struct conn *o = twin_of(c), *drop = NULL;

	if (!o)
		return 0;
	if (is_useful(o))
		drop = c;
	else if (o->link.outgoing != c->link.outgoing && is_young(o) &&
	    memcmp(c->sh->id, c->link.peer.id, ID_LEN) < 0)
		drop = c->link.outgoing ? o : c;
	o->doubled = c->doubled = 1;
	if (drop)
		drop_twin(drop, drop == c ? o : c);
	return drop == c;
}

/* A connection with the same peer that was made before, or NULL. */
static struct conn *
twin_of(const struct conn *c)
{
	struct conn *o;

	for (o = c->sw->conns; o; o = o->next)
		if (o != c && o->src && memcmp(o->link.peer.id,
		    c->link.peer.id, ID_LEN) == 0 &&
		    addr_same_ip(&o->link.addr, &c->link.addr))
			break;
	return o;
}

/* What was dialled is not dialled again for a while, or until the connection
 * that is kept is over. */
static void
drop_twin(struct conn *drop, struct conn *keep)
{
	if (drop->home.port && !keep->twin.port)
		keep->twin = drop->home;
	known_later(drop->sw->known, &drop->home, net_now());
	conn_close(drop, 1);
}

static int
is_young(const struct conn *c)
{
	return net_now() - c->joined_ms < YOUNG_MS;
}

/* Whether it has given us anything lately, or taken while we want nothing. */
static int
is_useful(const struct conn *c)
{
	return (c->flow.down.total > 0 && net_now() - c->flow.heard_ms <
	    USEFUL_MS) || ((c->sw->complete || !c->sw->fetch) &&
	    c->up.total > 0);
}

static void
on_has(void *arg, uint32_t piece)
{
	struct conn *c = arg;
	struct swarm *sw = c->sw;

	if (!pick_has(sw->pick, c->src, piece))
		return;
	if (!c->link.peer.peer_choking)
		pick_move(sw->pick, c->src, piece);
	if (has_changed(c) && !c->link.peer.peer_choking)
		ask(c, &piece);
}

static void
on_has_bits(void *arg, const uint8_t *bits)
{
	struct conn *c = arg;

	pick_has_bits(c->sw->pick, c->src, bits);
	if (has_changed(c))
		fill(c);
}

static void
on_has_all(void *arg)
{
	struct conn *c = arg;

	pick_has_all(c->sw->pick, c->src);
	if (has_changed(c))
		fill(c);
}

/* 1, or 0: neither needs the other, and it is closed. */
static int
has_changed(struct conn *c)
{
	struct swarm *sw = c->sw;

	if (pick_is_seed(sw->pick, c->src) && (sw->complete || !sw->fetch)) {
		known_never(sw->known, &c->home);
		conn_close(c, 1);
		return 0;
	}
	peer_interest(&c->link.peer, sw->fetch && pick_wants(c->src));
	link_wake(&c->link);
	return 1;
}

static void
on_extended(void *arg)
{
	struct conn *c = arg;
	struct swarm *sw = c->sw;

	offers_metadata(c);
	if (c->home.port || sw->m->private || !c->link.peer.port)
		return;
	c->home.port = c->link.peer.port; /* where it can be called back */
	c->claims = known_claim(sw->known, &c->home);
	if (!c->claims)
		c->home.port = 0;
}

/* Fetching. */

static void
on_choked(void *arg, int choked)
{
	struct conn *c = arg;
	int n = (int)pick_requests(c->src);

	pick_choke(c->sw->pick, c->src, choked);
	/* with the fast extension, each request is still answered */
	if (choked && !(c->link.peer.can & CAN_FAST)) {
		pick_reject_all(c->sw->pick, c->src);
		flow_broke(&c->flow, n, net_now());
	}
	if (!choked)
		flow_unchoked(&c->flow);
	fill(c);
}

/* Asks for blocks, as many as may be; who is stalled has to wait for the
 * tick. */
static void
fill(struct conn *c)
{
	if (!c->flow.stalled_ms)
		ask(c, NULL);
}

/* Asks for blocks of a piece, NULL: of any. */
static void
ask(struct conn *c, const uint32_t *piece)
{
	struct peer *p = &c->link.peer;
	struct swarm *sw = c->sw;
	struct block b;
	int room, n;

	if (!p->am_interested || sw->state != S_RUNNING)
		return;
	if (pick_requests(c->src) == 0)
		c->read_at = c->link.down;
	room = flow_room(&c->flow, (int)pick_requests(c->src), p->reqq);
	for (n = 0; n < room && (piece ? pick_next_of(sw->pick, c->src,
	    *piece, net_now(), &b) : pick_next(sw->pick, c->src,
	    p->peer_choking, net_now(), &b)); n++)
		peer_request(p, b);
	if (n > 0)
		link_wake(&c->link);
}

static int
on_block(void *arg, struct block b, const uint8_t *data, int64_t now_ms)
{
	struct conn *c = arg;
	struct swarm *sw = c->sw;
	enum picked r;

	if (sw->state != S_RUNNING)
		return 0;
	r = pick_got(sw->pick, c->src, b);
	if (r == PICK_UNASKED) {
		sw->wasted += b.len;
		if (!flow_unasked(&c->flow, now_ms))
			return -1;
		flow_alive(&c->flow);
		return 0;
	}
	rate_add(&sw->down, b.len);
	flow_got(&c->flow, b.len, pick_answered(c->src), now_ms);
	pick_stall(sw->pick, c->src, 0);
	pool_used(&c->sh->pool, &c->place, now_ms);
	c->read_at = c->link.down;
	if (store_put(sw->store, b, data) < 0) {
		store_failed(sw);
		return 0;
	}
	if (r == PICK_WHOLE)
		sw->whole_pieces[sw->nwhole_pieces++] = b.piece;
	if (sw->nwhole_pieces == WHOLE_MOST)
		on_fed(c);
	if (c->src)
		fill(c);
	return 0;
}

/* What on_block left to be done for many at once. */
static void
on_fed(void *arg)
{
	struct conn *c = arg;
	struct swarm *sw = c->sw;
	int i, n = sw->nwhole_pieces;

	sw->nwhole_pieces = 0;
	if (store_settle(sw->store) < 0)
		store_failed(sw);
	for (i = 0; i < n && sw->state == S_RUNNING; i++)
		piece_whole(sw, sw->whole_pieces[i]);
}

static int
on_rejected(void *arg, struct block b)
{
	struct conn *c = arg;

	if (!pick_reject(c->sw->pick, c->src, b))
		return flow_unasked(&c->flow, net_now()) ? 0 : -1;
	flow_rejected(&c->flow);
	if (!c->link.peer.peer_choking)
		fill(c);
	return 0;
}

static void
on_suggested(void *arg, uint32_t piece)
{
	struct conn *c = arg;

	pick_suggest(c->sw->pick, c->src, piece);
}

static void
on_allowed(void *arg, uint32_t piece)
{
	struct conn *c = arg;

	pick_allow(c->sw->pick, c->src, piece);
	fill(c);
}

static void
on_cancel(void *owner, struct block b)
{
	struct conn *c = owner;

	peer_cancel(&c->link.peer, b);
	flow_forgive(&c->flow, 1, net_now());
	link_wake(&c->link);
}

static void
piece_whole(struct swarm *sw, uint32_t piece)
{
	int r = store_verify(sw->store, piece);

	if (r < 0)
		store_failed(sw);
	else if (r > 0)
		piece_good(sw, piece);
	else
		piece_bad(sw, piece);
}

static void
piece_good(struct swarm *sw, uint32_t piece)
{
	uint8_t (*digests)[SHA1_LEN];
	struct conn *c, *next;
	uint32_t n;

	if (blame_suspects(sw->blame, piece)) {
		pick_from(sw->pick, piece, &n);
		digests = block_digests(sw, piece, n);
		if (digests)
			blame_passed(sw->blame, piece, digests, ban, sw);
		free(digests);
	}
	pick_done(sw->pick, piece);
	sw->have += shape_len(&sw->m->sh, piece);
	sw->left -= shape_len(&sw->m->sh, piece);
	for (c = sw->conns; c; c = next) {
		next = c->next;
		if (!c->src)
			continue;
		if (peer_is_clogged(&c->link.peer)) {
			conn_close(c, 1); /* it reads nothing */
			continue;
		}
		peer_announce(&c->link.peer, piece);
		if (!pick_wants(c->src))
			peer_interest(&c->link.peer, 0);
		link_wake(&c->link);
	}
	sw->ops->piece(sw->arg, piece);
	if (sw->left == 0)
		is_complete(sw);
}

static void
is_complete(struct swarm *sw)
{
	struct conn *c, *next;
	int i;

	sw->complete = 1;
	store_done(sw->store);
	for (i = 0; i < sw->nannounces && sw->have == sw->m->sh.size; i++)
		announce_completed(sw->announces[i]);
	for (c = sw->conns; c; c = next) {
		next = c->next;
		if (!c->src)
			continue;
		if (pick_is_seed(sw->pick, c->src)) {
			known_never(sw->known, &c->home);
			conn_close(c, 1);
		} else {
			c->link.peer.giving_only = 1;
			peer_extend(&c->link.peer, sw->sh->port,
			    &c->link.addr);
			link_wake(&c->link);
		}
	}
	sw->ops->complete(sw->arg);
}

/* The author of a bad piece is banned; of several, who it was comes out when
 * the piece is right. */
static void
piece_bad(struct swarm *sw, uint32_t piece)
{
	uint32_t n, i;
	const uint32_t *from = pick_from(sw->pick, piece, &n);
	uint32_t author = from[0];
	uint8_t (*digests)[SHA1_LEN];

	sw->wasted += shape_len(&sw->m->sh, piece);
	for (i = 1; i < n && from[i] == author; i++)
		;
	if (i < n) {
		digests = block_digests(sw, piece, n);
		if (digests)
			blame_failed(sw->blame, piece, n, digests, from);
		free(digests);
	}
	pick_failed(sw->pick, piece);
	if (i == n)
		ban(sw, author);
}

/* The digest of each of a piece's n blocks, owned by the caller; NULL: it
 * cannot be read. */
static uint8_t
(*block_digests(struct swarm *sw, uint32_t piece, uint32_t n))[SHA1_LEN]
{
	uint8_t (*digests)[SHA1_LEN] = xmalloc(n * sizeof *digests);
	uint8_t data[BLOCK_LEN];
	uint32_t i, len = shape_len(&sw->m->sh, piece), k;
	int64_t off = (int64_t)piece * sw->m->sh.piece_len;

	for (i = 0; i < n; i++) {
		k = MIN(len - i * BLOCK_LEN, BLOCK_LEN);
		if (store_read(sw->store, off + (int64_t)i * BLOCK_LEN, data,
		    k) < 0) {
			free(digests);
			return NULL;
		}
		sha1(data, k, digests[i]);
	}
	return digests;
}

/* Bans the address behind a tag, and closes its connections. */
static void
ban(void *arg, uint32_t tag)
{
	struct swarm *sw = arg;
	const struct addr *a = &sw->sh->tags[tag % TAGS];
	char text[ADDR_TEXT], line[128];
	struct conn *c, *next;

	if (sw->sh->tag - tag >= TAGS || known_banned(sw->known, a))
		return;
	known_ban(sw->known, a);
	snprintf(line, sizeof line, "%s sent bad data and is banned",
	    addr_format(text, a));
	sw->ops->message(sw->arg, 0, line);
	for (c = sw->conns; c; c = next) {
		next = c->next;
		if (known_banned(sw->known, &c->link.addr))
			conn_close(c, 0);
	}
}

/* Giving. */

static void
on_interested(void *arg, int interested)
{
	struct conn *c = arg;

	if (!interested && conn_unchoked(c)) {
		peer_choke(&c->link.peer, 1);
		c->choke_ms = net_now();
		link_wake(&c->link);
	}
	round_soon(c->sw);
}

/* A slot may be free: at once, but not for every change of their minds. */
static void
round_soon(struct swarm *sw)
{
	net_timer(&sw->slot_free, MAX(net_now(), sw->round_ms + ROUND_MS));
}

static void
on_slot_free(struct timer *t, int64_t now_ms)
{
	struct swarm *sw = t->arg;

	(void)now_ms;
	if (sw->state == S_RUNNING)
		choke_round(sw, 0);
}

static void
on_asked(void *arg)
{
	struct conn *c = arg;

	link_wake(&c->link);
}

static int
on_read(void *arg, const struct block *b, uint8_t *const *data, int n)
{
	struct conn *c = arg;
	struct swarm *sw = c->sw;
	int i, failed = 0;

	for (i = 0; i < n; i++)
		failed |= store_get(sw->store, b[i], data[i]);
	failed |= store_settle(sw->store);
	if (failed) {
		if (!sw->read_failed)
			sw->ops->message(sw->arg, 0, store_error(sw->store));
		sw->read_failed = 1;
		return -1;
	}
	for (i = 0; i < n; i++) {
		rate_add(&c->up, b[i].len);
		rate_add(&sw->up, b[i].len);
	}
	pool_used(&c->sh->pool, &c->place, net_now());
	return 0;
}

/* Unchokes and chokes: all anew with revoke, else only into free slots. */
static void
choke_round(struct swarm *sw, int revoke)
{
	struct candidate *list = xcalloc((size_t)sw->nconns, sizeof *list);
	struct candidate *x;
	struct conn *c;
	int n = 0, i;

	sw->round_ms = net_now();
	for (c = sw->conns; c; c = c->next) {
		if (!c->src)
			continue;
		x = &list[n++];
		x->owner = c;
		x->rate_bps = rate_bps(sw->complete ? &c->up :
		    &c->flow.down);
		x->joined_ms = c->joined_ms;
		x->since_ms = c->choke_ms;
		x->interested = c->link.peer.peer_interested;
		x->unchoked = conn_unchoked(c);
		x->optimistic = c->optimistic;
		x->snubs = c->flow.stalled_ms > 0;
	}
	choke_decide(list, n, sw->sh->slots, sw->complete || !sw->fetch,
	    revoke, net_now(), &sw->sh->rnd);
	for (i = 0; i < n; i++) {
		c = list[i].owner;
		c->optimistic = list[i].optimistic;
		if (list[i].grant == list[i].unchoked)
			continue;
		peer_choke(&c->link.peer, !list[i].grant);
		c->choke_ms = net_now();
		link_wake(&c->link);
	}
	free(list);
}

/* Once a second. */

static void
on_tick(struct timer *t, int64_t now_ms)
{
	struct swarm *sw = t->arg;
	struct conn *c, *next;
	int i;

	rate_tick(&sw->down);
	rate_tick(&sw->up);
	pick_tick(sw->pick, now_ms);
	for (c = sw->conns; c; c = next) {
		next = c->next;
		if (c->src)
			conn_tick(c, now_ms);
	}
	if (sw->state == S_SEEKING)
		seek_tick(sw->seek, now_ms);
	else if (sw->state == S_RUNNING &&
	    ++sw->ticks % (CHOKE_MS / TICK_MS) == 0)
		choke_round(sw, 1);
	dial(sw);
	if (sw->fetch && !sw->complete && sw->nconns < PEERS_ENOUGH)
		for (i = 0; i < sw->nannounces; i++)
			announce_hungry(sw->announces[i]);
	net_timer(&sw->tick, now_ms + TICK_MS);
}

static void
conn_tick(struct conn *c, int64_t now_ms)
{
	struct swarm *sw = c->sw;
	int held = link_held(&c->link), n = (int)pick_requests(c->src);
	enum flow_state st;
	struct conn *o = c->doubled && !is_useful(c) && !is_young(c) &&
	    rate_bps(&c->up) == 0 ? twin_of(c) : NULL;

	/* our limit is no excuse for who sends us other things than blocks */
	held = held && c->link.down - c->read_at < (int64_t)n *
	    (BLOCK_LEN + 13) + HELD_SLACK;
	if (o && is_useful(o)) {
		drop_twin(c, o);
		return;
	}
	st = flow_tick(&c->flow, pick_oldest(c->src), held, now_ms);
	rate_tick(&c->up);
	if (c->claims && sw->fetch && !sw->complete && now_ms -
	    MAX(c->joined_ms, c->flow.down.total > 0 ? c->flow.heard_ms :
	    0) >= CLAIM_MS) {
		if (known_doubt(sw->known, &c->home, now_ms))
			c->claims = c->home.port = 0;
	}
	if (!held)
		pick_overdue(sw->pick, c->src, now_ms -
		    flow_patience(&c->flow));
	flow_forgive(&c->flow, (int)pick_expire(sw->pick, c->src, now_ms -
	    IDLE_MS), now_ms);
	pick_stall(sw->pick, c->src, st != FLOW_FINE);
	if (st == FLOW_LOST) {
		flow_forgive(&c->flow, n, now_ms);
		pick_reject_all(sw->pick, c->src);
	}
	ask(c, NULL);
}

static void
on_figures(void *arg, struct announce_params *p)
{
	struct swarm *sw = arg;

	p->uploaded = sw->up.total;
	p->downloaded = sw->down.total;
	p->left = sw->store ? sw->m->sh.size - sw->have : LEFT_UNKNOWN;
	p->numwant = NUMWANT;
	p->partial_seed = sw->complete && p->left > 0;
}

static void
on_message(void *arg, const char *url, const char *text)
{
	struct swarm *sw = arg;
	char line[512], safe[300];

	snprintf(line, sizeof line, "tracker %s: %s",
	    escape(safe, sizeof safe, span_of(url)), text);
	sw->ops->message(sw->arg, 0, line);
}
