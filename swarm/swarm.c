/* One torrent alive, from what is on disk to what the trackers hear: it checks
 * what is there, runs, and stops; what fails it is told to its owner once.  Of
 * a magnet link it first seeks the metadata; who was asked stays connected,
 * and what peers say of pieces meanwhile is heard when the pieces are known.
 * The connections are conns.c's. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "sha1.h"
#include "addr.h"
#include "udpt.h"
#include "net.h"
#include "torrent/meta.h"
#include "torrent/magnet.h"
#include "torrent/resume.h"
#include "torrent/site.h"
#include "torrent/store.h"
#include "torrent/verify.h"
#include "find/known.h"
#include "find/announce.h"
#include "find/finder.h"
#include "swarm/pool.h"
#include "swarm/link.h"
#include "swarm/conn.h"
#include "swarm/conns.h"
#include "swarm/saver.h"
#include "swarm/company.h"
#include "swarm/swarm.h"

enum {
	TICK_MS      = 1000,
	STOP_MS      = 1000,
	NUMWANT      = 80,
	NO_PORT      = 1, /* is announced where nobody can call us: many
	                   * trackers refuse port 0 */
	PEERS_ENOUGH = 20,
	NODES_MOST   = 32,    /* of the DHT, that a torrent names */
	KILLS_MOST   = 3,     /* of children that sync */
	WATCH_MS     = 10000,
	SETTLED_MS   = 2500,  /* without a word since the network is another */
	LEFT_UNKNOWN = 16384  /* told to trackers of an unknown size */
};

enum phase { NEW, SEEKING, CHECKING, RUNNING, STOPPING };

struct swarm {
	struct shared *sh;
	uint8_t hash[ID_LEN];
	const struct meta *m;   /* has no info as long as it seeks */
	const uint8_t *skip;
	struct store *store;    /* NULL as long as it seeks */
	struct verify *verify;  /* while checking, or watching */
	int64_t watched_ms;     /* when a piece was hashed that is given */
	struct conns *conns;
	struct announce *announce;
	struct sought wanted;   /* finder.c's */
	enum phase phase;
	int fetch, whole, complete;
	int fetched;            /* a piece, since it began */
	int64_t have, checked;  /* bytes, also of what is not wanted */
	int64_t want, left;     /* bytes that are wanted; that are missing */
	enum swarm_keep keep;
	struct saver saver;
	int64_t up_before, down_before; /* bytes, of other starts */
	int64_t told;           /* of both, so much is kept */
	int syncing;            /* the last piece has come */
	int verify_left;        /* it stops before all is known */
	int quiet;              /* goodbye was said */
	int kills;              /* of children that were to sync */
	struct timer tick, stop;
	const struct swarm_ops *ops;
	void *arg;
};

static void go_out(struct swarm *sw);
static void start_trackers(struct swarm *sw);
static void hungry_trackers(struct swarm *sw);
static void stop_trackers(struct swarm *sw);
static void start_finder(struct swarm *sw);
static void hungry_finder(struct swarm *sw);
static void stop_finder(struct swarm *sw);
static int on_metadata(void *arg, struct span info);
static void choose(struct swarm *sw, uint8_t *wanted);
static int look(struct swarm *sw, uint8_t *maybe, int recheck);
static void store_failed(void *arg);
static void on_checked_piece(void *arg, uint32_t piece, int is_right);
static void on_check_failed(void *arg, const char *why);
static void on_checked(void *arg);
static void watch(struct swarm *sw, int64_t now_ms);
static void on_watched(void *arg, uint32_t piece, int is_right);
static void on_watch_failed(void *arg, const char *why);
static void on_watch_over(void *arg);
static void on_piece(void *arg, uint32_t piece);
static void save(struct swarm *sw);
static void on_saved(void *arg, int lost, int why);
static void unkept(struct swarm *sw, int why);
static void finish(struct swarm *sw);
static void on_synced(void *arg, int lost, int why);
static void completed(struct swarm *sw);
static int save_last(struct swarm *sw);
static void may_stop(struct swarm *sw);
static void on_news(void *arg, int detail, const char *text);
static void fail(struct swarm *sw, enum swarm_fault fault, const char *why);
static void on_announce_stopped(void *arg);
static void on_stop_due(struct timer *t, int64_t now_ms);
static void on_tick(struct timer *t, int64_t now_ms);
static void on_figures(void *arg, struct announce_params *p);
static void on_peers(void *arg, const struct addr *list, int n);
static void on_found(void *arg, enum origin from, const struct addr *list,
    int n);
static void on_message(void *arg, const char *url, const char *text);

static const struct verify_ops verify_ops = { on_checked_piece,
	on_check_failed, on_checked };
static const struct verify_ops watch_ops = { on_watched, on_watch_failed,
	on_watch_over };
static const struct conns_ops conns_ops = { on_metadata, on_piece,
	store_failed, on_news };
/* Where peers come from, besides what they tell each other. */
static const struct way {
	int open; /* not for private torrents (BEP 27) */
	void (*start)(struct swarm *sw);
	void (*hungry)(struct swarm *sw); /* once a second */
	void (*stop)(struct swarm *sw);
} ways[] = {
	{ 0, start_trackers, hungry_trackers, stop_trackers },
	{ 1, start_finder, hungry_finder, stop_finder }
};

static const struct announce_ops announce_ops = { on_figures, on_peers,
	on_message, on_announce_stopped };

struct swarm *
swarm_new(struct shared *sh, const struct meta *m, const struct tracker *extra,
    int nextra, const struct swarm_ops *ops, void *arg)
{
	struct swarm *sw = xcalloc(1, sizeof *sw);

	sw->sh = sh;
	sw->m = m;
	memcpy(sw->hash, m->hash, ID_LEN);
	sw->ops = ops;
	sw->arg = arg;
	sw->fetch = 1;
	sw->tick.fire = on_tick;
	sw->tick.arg = sw;
	sw->stop.fire = on_stop_due;
	sw->stop.arg = sw;
	sw->conns = conns_new(sh, m, sw->hash, &conns_ops, sw);
	sw->announce = announce_new(sw->hash, sh->id, sh->route,
	    rnd_seed(&sh->rnd), &announce_ops, sw);
	announce_add(sw->announce, m->trackers, m->ntrackers);
	announce_add(sw->announce, extra, nextra);
	sw->wanted.hash = sw->hash;
	sw->wanted.peers = on_found;
	sw->wanted.arg = sw;
	return sw;
}

int
swarm_free(struct swarm *sw)
{
	int r;

	if (sw->verify)
		verify_stop(sw->verify);
	stop_finder(sw);
	conns_free(sw->conns);
	announce_free(sw->announce);
	net_untimer(&sw->tick);
	net_untimer(&sw->stop);
	r = sw->store ? store_free(sw->store) : 0;
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
	announce_now(sw->announce);
}

void
swarm_moved(struct swarm *sw, int settled)
{
	if (sw->phase == STOPPING)
		return;
	if (net_is_set(&sw->tick)) /* it is out */
		announce_renew(sw->announce, !settled);
	conns_renew(sw->conns, settled ? SETTLED_MS : -1);
}

void
swarm_get_stats(const struct swarm *sw, struct swarm_stats *st)
{
	conns_stats(sw->conns, st);
	st->size = sw->want;
	st->have = sw->want - sw->left;
	st->checked = sw->checked;
	st->seeking = sw->phase == SEEKING;
	st->up_before = sw->up_before;
	st->checking = sw->phase == CHECKING;
	st->syncing = sw->syncing;
	st->complete = sw->complete;
}

int
swarm_take(struct swarm *sw, struct link *l, struct place *pl)
{
	return conns_take(sw->conns, l, pl);
}

void
swarm_add_peer(struct swarm *sw, const struct addr *a)
{
	conns_add(sw->conns, a, 1, FROM_USER);
}

int
swarm_peers(const struct swarm *sw, struct addr *list, int most)
{
	return conns_peers(sw->conns, list, most);
}

void
swarm_hear_of(struct swarm *sw, const struct addr *a)
{
	if (sw->phase != STOPPING)
		conns_await(sw->conns, a);
}

void
swarm_hurry(struct swarm *sw, const uint32_t *pieces, int n)
{
	if (sw->phase == RUNNING)
		conns_hurry(sw->conns, pieces, n);
}

void
swarm_seek(struct swarm *sw)
{
	sw->phase = SEEKING;
	go_out(sw);
}

/* Announces and dials; who has sought has announced already. */
static void
go_out(struct swarm *sw)
{
	size_t i;

	if (!net_is_set(&sw->tick)) {
		for (i = 0; i < LEN(ways); i++)
			if (!ways[i].open || !sw->m->private)
				ways[i].start(sw);
		net_timer(&sw->tick, net_now() + TICK_MS);
	}
	conns_open(sw->conns);
}

static void
start_trackers(struct swarm *sw)
{
	announce_start(sw->announce);
}

static void
hungry_trackers(struct swarm *sw)
{
	announce_hungry(sw->announce);
}

static void
stop_trackers(struct swarm *sw)
{
	announce_stop(sw->announce);
}

static void
start_finder(struct swarm *sw)
{
	struct span it = sw->m->nodes;
	char node[META_NODE];
	int n = 0;

	if (!sw->sh->finder)
		return;
	while (n++ < NODES_MOST && meta_node(&it, node)) /* BEP 5 */
		finder_meet_name(sw->sh->finder, node, 0);
	finder_add(sw->sh->finder, &sw->wanted);
}

static void
hungry_finder(struct swarm *sw)
{
	if (sw->sh->finder)
		finder_hungry(sw->sh->finder, &sw->wanted);
}

static void
stop_finder(struct swarm *sw)
{
	if (sw->sh->finder)
		finder_remove(sw->sh->finder, &sw->wanted);
}

/* All of the metadata has come, if it is that. */
static int
on_metadata(void *arg, struct span info)
{
	struct swarm *sw = arg;
	char why[META_WHY];
	struct meta *m = magnet_complete(sw->m, info, why);

	if (!m && !why[0])
		return 0;
	if (!m) {
		fail(sw, FAULT_TORRENT, why);
		return 1;
	}
	sw->m = m;
	if (m->private) /* which nobody could know before */
		stop_finder(sw);
	conns_learn(sw->conns, m);
	sw->ops->metadata(sw->arg, m);
	return 1;
}

void
swarm_load(struct swarm *sw, const struct swarm_setup *setup)
{
	const struct meta *m = sw->m;
	uint8_t *maybe = xmalloc(bit_bytes(m->sh.npieces));
	char why[128];

	if (sw->phase == STOPPING) {
		free(maybe);
		return;
	}
	sw->skip = setup->skip;
	sw->fetch = setup->fetch;
	sw->whole = setup->whole;
	sw->keep = setup->keep;
	sw->saver.bytes = -1;
	sw->store = store_new(setup->files, m, setup->dir, setup->name,
	    setup->store_flags);
	store_skip(sw->store, setup->skip);
	conns_load(sw->conns, m, sw->store, setup->in_order);
	sw->phase = CHECKING;
	choose(sw, maybe);
	if (sw->whole)
		memset(maybe, 0, bit_bytes(m->sh.npieces));
	if (setup->store_flags & STORE_TEMP && store_temp(sw->store) < 0)
		store_failed(sw);
	else if (sw->fetch && store_adopt(sw->store) < 0)
		store_failed(sw);
	else if (!sw->whole && look(sw, maybe, setup->recheck) < 0)
		store_failed(sw);
	else if (!(sw->verify = verify_start(sw->store, m, maybe,
	    &verify_ops, sw))) {
		snprintf(why, sizeof why, "no process can be had to check it: "
		    "%s", strerror(errno));
		fail(sw, FAULT_SYSTEM, why);
	}
	free(maybe);
}

/* What is there, and what is known of it from the last time: 0, or -1. */
static int
look(struct swarm *sw, uint8_t *maybe, int recheck)
{
	size_t n = bit_bytes(sw->m->sh.npieces);
	uint8_t *here;
	struct buf text = { 0 };
	struct resume r;
	uint32_t i;

	if (store_scan(sw->store, maybe) != 0)
		return -1;
	if (sw->keep == KEEP_NOTHING)
		return 0;
	here = xcalloc(1, n);
	store_recall(sw->store, recheck ? NULL : maybe, here, &text, &r);
	for (i = 0; i < sw->m->sh.npieces; i++)
		if (bit_get(here, i))
			on_checked_piece(sw, i, 1);
	sw->up_before = r.up;
	sw->down_before = r.down;
	sw->told = r.up + r.down;
	/* what is only known from hashing is worth to be kept */
	if (sw->keep == KEEP_UNTIL_DONE || (r.have.n > 0 &&
	    (sw->keep == KEEP_ON || r.torrent.n > 0)))
		sw->saver.bytes = sw->have;
	if (!sw->m->private)
		company_meet(&r, sw->conns, sw->sh->finder);
	resume_free(&r);
	buf_free(&text);
	free(here);
	return 0;
}

/* The pieces that are wanted, as a bit set; of the others it need not be known
 * that they are not here. */
static void
choose(struct swarm *sw, uint8_t *wanted)
{
	uint32_t i;

	meta_wanted(sw->m, sw->skip, wanted);
	for (i = 0; i < sw->m->sh.npieces; i++)
		if (bit_get(wanted, i))
			sw->want += shape_len(&sw->m->sh, i);
		else
			conns_have(sw->conns, i);
	sw->left = sw->want;
}

static void
store_failed(void *arg)
{
	struct swarm *sw = arg;
	enum site_fault fault = store_fault(sw->store);

	fail(sw, fault >= STORE_IN_WAY ? FAULT_DATA : fault == STORE_FULL ?
	    FAULT_FULL : FAULT_DISK, store_error(sw->store));
}

static void
on_checked_piece(void *arg, uint32_t piece, int is_right)
{
	struct swarm *sw = arg;
	uint32_t len = shape_len(&sw->m->sh, piece);

	sw->checked += len;
	if (!is_right)
		return;
	store_set_have(sw->store, piece);
	conns_have(sw->conns, piece);
	sw->have += len;
	sw->left -= len;
}

static void
on_check_failed(void *arg, const char *why)
{
	struct swarm *sw = arg;

	if (sw->fetch) /* what is there may be right: it is not written */
		fail(sw, FAULT_DISK, why);
	else
		sw->ops->message(sw->arg, 0, why);
}

static void
on_checked(void *arg)
{
	struct swarm *sw = arg;
	uint32_t i;

	sw->verify = NULL;
	for (i = 0; sw->whole && i < sw->m->sh.npieces; i++)
		on_checked_piece(sw, i, 1);
	if (sw->fetch && store_begin(sw->store) != 0) {
		store_failed(sw);
		return;
	}
	sw->phase = RUNNING;
	sw->complete = sw->left == 0 && !store_dirty(sw->store);
	if (sw->complete && sw->fetch)
		store_done(sw->store, sw->keep >= KEEP_ON);
	sw->ops->checked(sw->arg);
	if (sw->phase != RUNNING)
		return;
	conns_run(sw->conns, sw->left == 0 || !sw->fetch);
	go_out(sw);
	if (sw->left == 0 && !sw->complete)
		finish(sw);
}

/* What is given is what the torrent says: a piece of it is hashed once in a
 * while, and all of a file that does not look as it did. */
static void
watch(struct swarm *sw, int64_t now_ms)
{
	uint8_t *which = xcalloc(1, bit_bytes(sw->m->sh.npieces));
	int due = now_ms - sw->watched_ms >= WATCH_MS, any;
	uint32_t piece;

	any = sw->complete && store_changed(sw->store, which);
	if (due && conns_gave(sw->conns, &piece)) {
		sw->watched_ms = now_ms;
		bit_set(which, piece);
		any = 1;
	}
	if (any)
		sw->verify = verify_start(sw->store, sw->m, which, &watch_ops,
		    sw);
	free(which);
}

static void
on_watched(void *arg, uint32_t piece, int is_right)
{
	struct swarm *sw = arg;
	char why[128];

	if (is_right || sw->phase != RUNNING)
		return;
	store_suspect(sw->store, piece);
	sw->saver.bytes = -1; /* the next start is told */
	snprintf(why, sizeof why, "its data has changed: piece %u is not right "
	    "any more", (unsigned)piece);
	fail(sw, FAULT_DISK, why);
}

static void
on_watch_failed(void *arg, const char *why)
{
	fail(arg, FAULT_DISK, why);
}

static void
on_watch_over(void *arg)
{
	struct swarm *sw = arg;

	sw->verify = NULL;
	store_trust(sw->store);
}

static void
on_piece(void *arg, uint32_t piece)
{
	struct swarm *sw = arg;

	sw->fetched = 1;
	sw->have += shape_len(&sw->m->sh, piece);
	sw->left -= shape_len(&sw->m->sh, piece);
	sw->ops->piece(sw->arg, piece);
	if (sw->left > 0)
		return;
	conns_complete(sw->conns);
	finish(sw);
}

/* What is kept. */

void
swarm_keep(struct swarm *sw, enum swarm_keep keep)
{
	sw->keep = MIN(keep, sw->keep);
	sw->saver.bytes = -1;
}

/* Writes the resume file. */
static void
save(struct swarm *sw)
{
	struct company company = { 0 };
	struct swarm_stats st;
	struct resume r = { 0 };

	conns_stats(sw->conns, &st);
	r.up = sw->up_before + st.up;
	r.down = sw->down_before + st.down;
	if (!sw->m->private)
		company_note(&company, sw->conns, sw->sh->finder, &r);
	if (sw->keep == KEEP_TORRENT)
		r.torrent = (struct span){ sw->m->raw.p, sw->m->raw.len };
	sw->told = r.up + r.down;
	saver_begins(&sw->saver, sw->have, net_now());
	store_save(sw->store, &r, sw->syncing ? on_synced : on_saved, sw);
	company_free(&company);
}

static void
on_saved(void *arg, int lost, int why)
{
	struct swarm *sw = arg;

	saver_ended(&sw->saver, net_now());
	if (lost) {
		sw->keep = KEEP_NOTHING; /* which pieces are there? */
		if (sw->phase == STOPPING)
			sw->ops->failed(sw->arg, FAULT_DISK,
			    store_error(sw->store));
		else
			store_failed(sw);
	} else if (why == EINTR && ++sw->kills == KILLS_MOST &&
	    sw->phase == RUNNING) {
		fail(sw, FAULT_SYSTEM, "the process that syncs it is killed");
	} else if (why == EINTR) {
		sw->saver.bytes = -1;
	} else if (why) {
		unkept(sw, why);
	}
	if (sw->phase == STOPPING && !save_last(sw))
		may_stop(sw);
	else if (sw->phase == RUNNING && sw->left == 0 && !sw->complete)
		finish(sw);
}

static void
unkept(struct swarm *sw, int why)
{
	char text[128];

	snprintf(text, sizeof text, "the resume file cannot be written: %s",
	    strerror(why));
	sw->ops->message(sw->arg, 1, text);
}

/* All is here: it is synced before anybody hears of that. */
static void
finish(struct swarm *sw)
{
	if (store_saves(sw->store))
		return; /* then */
	sw->syncing = 1;
	if (sw->keep == KEEP_NOTHING || sw->keep >= KEEP_ON)
		store_done(sw->store, sw->keep >= KEEP_ON);
	if (sw->keep >= KEEP_ON)
		save(sw);
	else if (sw->keep == KEEP_NOTHING)
		completed(sw);
	else {
		saver_begins(&sw->saver, sw->have, net_now());
		store_save(sw->store, NULL, on_synced, sw);
	}
}

static void
on_synced(void *arg, int lost, int why)
{
	struct swarm *sw = arg;
	char text[64];

	sw->syncing = 0;
	if (lost || why == EINTR || sw->phase != RUNNING) {
		on_saved(sw, lost, why);
		return;
	}
	saver_ended(&sw->saver, net_now());
	if (why)
		unkept(sw, why);
	snprintf(text, sizeof text, "synced to disk in %.2f s",
	    (double)(net_now() - sw->saver.began_ms) / 1000);
	sw->ops->message(sw->arg, 1, text);
	if (sw->keep == KEEP_UNTIL_DONE)
		store_done(sw->store, 0);
	completed(sw);
}

static void
completed(struct swarm *sw)
{
	sw->syncing = 0;
	sw->complete = 1;
	if (sw->fetched && sw->have == sw->m->sh.size)
		announce_completed(sw->announce);
	sw->ops->complete(sw->arg);
}

/* Whether what is here, when all ends, is being saved. */
static int
save_last(struct swarm *sw)
{
	struct swarm_stats st;

	if (!sw->store || sw->keep == KEEP_NOTHING || sw->verify_left ||
	    (sw->complete && sw->keep == KEEP_UNTIL_DONE))
		return 0;
	if (store_saves(sw->store))
		return 1;
	conns_stats(sw->conns, &st);
	if (!store_dirty(sw->store) && sw->have == sw->saver.bytes &&
	    sw->up_before + st.up + sw->down_before + st.down == sw->told)
		return 0;
	save(sw);
	return store_saves(sw->store);
}

/* Once goodbye is said and what is here is saved. */
static void
may_stop(struct swarm *sw)
{
	if (sw->quiet && (!sw->store || !store_saves(sw->store)))
		net_timer(&sw->stop, net_now());
}

static void
on_news(void *arg, int detail, const char *text)
{
	struct swarm *sw = arg;

	sw->ops->message(sw->arg, detail, text);
}

static void
fail(struct swarm *sw, enum swarm_fault fault, const char *why)
{
	if (sw->phase == STOPPING)
		return;
	sw->ops->failed(sw->arg, fault, why);
	swarm_stop(sw);
}

void
swarm_stop(struct swarm *sw)
{
	size_t i;

	if (sw->phase == STOPPING)
		return;
	sw->verify_left = sw->phase == CHECKING;
	sw->phase = STOPPING;
	if (sw->verify)
		verify_stop(sw->verify);
	sw->verify = NULL;
	save_last(sw);
	conns_close(sw->conns);
	net_untimer(&sw->tick);
	net_timer(&sw->stop, net_now() + STOP_MS);
	for (i = 0; i < LEN(ways); i++)
		ways[i].stop(sw);
}

static void
on_announce_stopped(void *arg)
{
	struct swarm *sw = arg;

	sw->quiet = 1;
	may_stop(sw);
}

static void
on_stop_due(struct timer *t, int64_t now_ms)
{
	struct swarm *sw = t->arg;

	(void)now_ms;
	sw->ops->stopped(sw->arg);
}

static void
on_tick(struct timer *t, int64_t now_ms)
{
	struct swarm *sw = t->arg;
	struct swarm_stats st;
	size_t i;

	conns_tick(sw->conns, now_ms);
	conns_stats(sw->conns, &st);
	if (sw->phase == RUNNING && !sw->verify)
		watch(sw, now_ms);
	if (sw->phase == STOPPING)
		return;
	if (sw->keep != KEEP_NOTHING && !store_saves(sw->store) &&
	    saver_due(&sw->saver, sw->have, now_ms))
		save(sw);
	if (sw->fetch && sw->left > 0 && st.nconns < PEERS_ENOUGH)
		for (i = 0; i < LEN(ways); i++)
			ways[i].hungry(sw);
	net_timer(&sw->tick, now_ms + TICK_MS);
}

static void
on_figures(void *arg, struct announce_params *p)
{
	struct swarm *sw = arg;
	struct swarm_stats st;

	conns_stats(sw->conns, &st);
	p->uploaded = st.up;
	p->downloaded = st.down;
	p->left = sw->store ? sw->m->sh.size - sw->have : LEFT_UNKNOWN;
	p->numwant = NUMWANT;
	p->port = sw->sh->port ? sw->sh->port : NO_PORT;
	p->partial_seed = sw->complete && p->left > 0;
}

static void
on_peers(void *arg, const struct addr *list, int n)
{
	struct swarm *sw = arg;

	conns_add(sw->conns, list, n, FROM_TRACKER);
}

static void
on_found(void *arg, enum origin from, const struct addr *list, int n)
{
	struct swarm *sw = arg;

	conns_add(sw->conns, list, n, from);
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
