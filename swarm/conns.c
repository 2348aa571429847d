/* The connections of one torrent.  They are joined here with the parts that
 * know nothing of each other: the picker says what to ask, the slots whom to
 * serve, the judge what came of it, a link and a peer carry each connection.
 * Where a peer can be dialled (known), whether it is connected twice (twins),
 * what of (pick) and how much (flow) it may be asked, whether it has an upload
 * slot (slots), and whether it is asked for metadata (seek), each has its
 * record in struct conn; conn.c makes and closes connections. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "addr.h"
#include "net.h"
#include "sock.h"
#include "rate.h"
#include "torrent/meta.h"
#include "torrent/store.h"
#include "find/known.h"
#include "find/pex.h"
#include "swarm/wire.h"
#include "swarm/pick.h"
#include "swarm/slots.h"
#include "swarm/suggest.h"
#include "swarm/flow.h"
#include "swarm/owed.h"
#include "swarm/judge.h"
#include "swarm/pool.h"
#include "swarm/seek.h"
#include "swarm/peer.h"
#include "swarm/link.h"
#include "swarm/lonely.h"
#include "swarm/webs.h"
#include "swarm/conn.h"
#include "swarm/conns.h"
#include "swarm/intake.h"

enum {
	DEAD_MS      = 15000, /* without a byte from anybody */
	CLAIM_MS     = 30000, /* of no use: then a claim is doubted */
	AWAIT_MS     = 2000,  /* who dialled each other at the same moment may
	                       * both close the other's connection */
	NODE_MS      = 60000, /* between nodes that one peer names */
	TELL_MOST    = 20000  /* pieces told to peers met while seeking */
};

static void on_ask_metadata(void *owner, uint32_t piece);
static void offers_metadata(struct conn *c);
static void on_metadata(void *arg, uint32_t piece, struct span data);
static void be_private(struct conns *cs);
static void extend(struct conn *c);
static void meet(struct conns *cs);
static void tell_fresh(struct conns *cs, int fresh, enum origin from);
static void on_gone(void *arg, const char *why);
static int on_ready(void *arg);
static void on_has(void *arg, uint32_t piece);
static void on_has_bits(void *arg, const uint8_t *bits);
static void on_has_all(void *arg);
static int has_changed(struct conn *c);
static void on_extended(void *arg);
static void on_exchange(void *arg, struct span dict);
static int is_own(const struct conn *c, const struct addr *a);
static void exchange(struct conn *c, int64_t now_ms);
static void on_node(void *arg, uint16_t port);
static void on_choked(void *arg, int choked);
static void fill(struct conn *c);
static void ask(struct conn *c, const uint32_t *piece);
static int on_block(void *arg, struct block b, const uint8_t *data,
    int64_t now_ms);
static void on_fed(void *arg);
static int on_rejected(void *arg, struct block b);
static void on_suggested(void *arg, uint32_t piece);
static void on_allowed(void *arg, uint32_t piece);
static void on_cancel(void *owner, struct block b);
static int on_right(void *arg, uint32_t piece);
static void on_wrong(void *arg, uint32_t piece);
static void ban(void *arg, uint32_t tag);
static void on_interested(void *arg, int interested);
static void suggest(struct conn *c, const uint32_t *piece);
static void on_grant(void *owner, int on);
static void on_grants_due(struct timer *t, int64_t now_ms);
static void on_asked(void *arg, uint32_t piece);
static int on_read(void *arg, const struct block *b, uint8_t *const *data,
    int n);
static void look_alive(struct conns *cs, int64_t now_ms);
static void tick(struct conn *c, int64_t now_ms);

static const struct peer_ops peer_ops = {
	.ready = on_ready, .has = on_has, .has_bits = on_has_bits,
	.has_all = on_has_all, .choked = on_choked,
	.interested = on_interested, .block = on_block, .fed = on_fed,
	.rejected = on_rejected, .suggested = on_suggested,
	.allowed = on_allowed, .asked = on_asked, .read = on_read,
	.extended = on_extended, .metadata = on_metadata,
	.exchange = on_exchange, .node = on_node
};
static const struct judge_ops judge_ops = { on_right, on_wrong, ban };

struct conns *
conns_new(struct shared *sh, const struct meta *m, const uint8_t *hash,
    const struct conns_ops *ops, void *arg)
{
	struct conns *cs = xcalloc(1, sizeof *cs);
	struct shape none = { 0 };

	cs->sh = sh;
	cs->m = m;
	cs->hash = hash;
	cs->ops = ops;
	cs->arg = arg;
	cs->pick = pick_new(&none, 1, &owed_ops);
	cs->known = known_new(rnd_seed(&sh->rnd));
	if (sh->finder && !m->private)
		cs->pex = pex_new(rnd_seed(&sh->rnd));
	cs->seek = seek_new(on_ask_metadata);
	slots_init(&cs->slots, sh->slots, on_grant, rnd_seed(&sh->rnd));
	cs->grants.fire = on_grants_due;
	cs->grants.arg = cs;
	cs->peer_ops = &peer_ops;
	cs->gone = on_gone;
	cs->cancel = on_cancel;
	conn_init(cs);
	return cs;
}

void
conns_free(struct conns *cs)
{
	conns_close(cs);
	judge_free(cs->judge);
	suggest_free(&cs->suggest);
	pick_free(cs->pick);
	known_free(cs->known);
	pex_free(cs->pex);
	seek_free(cs->seek);
	free(cs);
}

void
conns_open(struct conns *cs)
{
	cs->open = 1;
	conn_dial(cs);
}

void
conns_close(struct conns *cs)
{
	cs->open = cs->running = 0;
	net_untimer(&cs->grants);
	intake_end(cs);
	pool_quit(&cs->sh->pool, &cs->room);
	while (conn_first(cs))
		conn_close(conn_first(cs), 1);
}

void
conns_stats(const struct conns *cs, struct swarm_stats *st)
{
	int i;
	struct conn *c;

	memset(st, 0, sizeof *st);
	st->partial = pick_partial(cs->pick);
	st->metadata = seek_bytes(cs->seek);
	st->down = cs->down.total;
	st->up = cs->up.total;
	st->down_bps = rate_recent(&cs->down);
	st->up_bps = rate_recent(&cs->up);
	st->wasted = cs->wasted;
	st->web = cs->web;
	st->nwebs = webs_giving(cs->webs);
	st->nconns = cs->room.n;
	for (i = 0; i < ORIGINS; i++)
		st->nknown += st->known[i] = known_count(cs->known,
		    (enum origin)i);
	for (c = conn_first(cs); c; c = conn_next(c)) {
		st->npeers += c->src != NULL;
		st->nseeds += c->src && cs->running &&
		    pick_is_seed(cs->pick, c->src);
	}
}

int
conns_peers(const struct conns *cs, struct addr *list, int most)
{
	struct conn *c;
	int n = 0;

	for (c = conn_first(cs); c && n < most; c = conn_next(c))
		if (c->src && c->contact.home.port)
			list[n++] = c->contact.home;
	return n;
}

void
conns_renew(struct conns *cs, int64_t quiet_ms)
{
	struct conn *c, *older;

	for (c = conn_first(cs); c && quiet_ms >= 0; c = older) {
		older = conn_next(c);
		if (net_now() - c->link->peer.heard_ms >= quiet_ms)
			conn_close(c, 1);
	}
	webs_renew(cs->webs, quiet_ms);
	known_renew(cs->known, 1, net_now());
	conn_dial(cs);
}

/* Who asks, and hears nothing from anybody: the network may have gone, and it
 * takes TCP as long again to find out that it is back.  Those who owe blocks
 * are dialled anew; the others may be silent with reason, and one stranger
 * must not cost them their places. */
static void
look_alive(struct conns *cs, int64_t now_ms)
{
	struct conn *c, *older;
	int waits = 0;

	if (now_ms - cs->renewed_ms < DEAD_MS)
		return;
	for (c = conn_first(cs); c; c = conn_next(c)) {
		if (now_ms - c->link->peer.heard_ms < DEAD_MS)
			return;
		waits |= c->src && c->slot.snubs;
	}
	if (!waits)
		return;
	cs->renewed_ms = now_ms;
	for (c = conn_first(cs); c; c = older) {
		older = conn_next(c);
		if (c->src && c->slot.snubs)
			conn_close(c, 1);
	}
	known_renew(cs->known, 0, now_ms);
}

int
conns_gave(struct conns *cs, uint32_t *piece)
{
	int gave = cs->gave;

	*piece = cs->given;
	cs->gave = 0;
	return gave;
}

/* Seeking the metadata. */

static void
on_ask_metadata(void *owner, uint32_t piece)
{
	struct conn *c = owner;

	peer_ask_metadata(&c->link->peer, piece);
	link_wake(c->link);
}

/* It may have what is sought. */
static void
offers_metadata(struct conn *c)
{
	const struct peer *p = &c->link->peer;
	struct conns *cs = c->cs;

	if (cs->m->info.n > 0 || !p->ext.metadata_id || p->ext.metadata_size <= 0)
		return;
	if (p->ext.metadata_size <= META_NET_MAX) {
		/* rtorrent takes nothing in any more after a second request
		 * that comes before it has answered the first */
		seek_offer(cs->seek, &c->seeker, c, &c->link->addr,
		    (size_t)p->ext.metadata_size,
		    memcmp(p->id, "-lt", 3) == 0, net_now());
		return;
	}
	if (!cs->too_large)
		cs->ops->message(cs->arg, 0, "its metadata is too large "
		    "for a magnet link (over 16 MiB): get the torrent file");
	cs->too_large = 1;
}

static void
on_metadata(void *arg, uint32_t piece, struct span data)
{
	struct conn *c = arg;
	struct conns *cs = c->cs;
	struct span info;

	if (!seek_got(cs->seek, &c->seeker, piece, data, net_now()))
		return;
	info.p = c->seeker.md->got.p;
	info.n = c->seeker.md->size;
	if (cs->ops->metadata(cs->arg, info))
		return;
	seek_fail(cs->seek, &c->seeker, net_now());
	ban(cs, c->place.tag);
}

void
conns_learn(struct conns *cs, const struct meta *m)
{
	struct conn *c;

	cs->m = m;
	seek_found(cs->seek);
	if (m->private) /* which nobody could know before */
		be_private(cs);
	for (c = conn_first(cs); c; c = conn_next(c)) {
		c->link->peer.info = conn_info(cs);
		if (c->src) /* which may lack it, too */
			extend(c);
	}
}

/* From now on only trackers and the user name peers (BEP 27), and nobody else's
 * are connected. */
static void
be_private(struct conns *cs)
{
	struct conn *c, *older;

	pex_free(cs->pex);
	cs->pex = NULL;
	known_only(cs->known, FROM_TRACKER);
	for (c = conn_first(cs); c; c = older) {
		older = conn_next(c);
		c->link->peer.exchanges = c->link->peer.node_port = 0;
		if (c->link->outgoing &&
		    !known_counts(cs->known, &c->contact.home))
			conn_close(c, 1);
	}
}

/* Says anew what it has told in its first messages. */
static void
extend(struct conn *c)
{
	c->link->peer.giving_only = c->cs->giving;
	peer_extend(&c->link->peer, c->cs->sh->port, &c->link->addr);
	link_wake(c->link);
}

/* The pieces. */

void
conns_load(struct conns *cs, const struct meta *m, struct store *s,
    int in_order)
{
	struct pick *old = cs->pick;
	struct conn *c;

	cs->open = 0;
	cs->m = m;
	cs->store = s;
	cs->pick = pick_new(&m->sh, rnd_seed(&cs->sh->rnd), &owed_ops);
	pick_in_order(cs->pick, in_order);
	cs->in_order = in_order;
	for (c = conn_first(cs); c; c = conn_next(c))
		if (c->src)
			conn_join(c);
	pick_free(old);
	suggest_init(&cs->suggest, &m->sh, cs->pick, rnd_seed(&cs->sh->rnd));
	cs->judge = judge_new(&m->sh, s, cs->pick, &judge_ops, cs);
}

void
conns_have(struct conns *cs, uint32_t piece)
{
	pick_have(cs->pick, piece);
}

void
conns_hurry(struct conns *cs, const uint32_t *pieces, int n)
{
	pick_hurry(cs->pick, pieces, n);
}

void
conns_run(struct conns *cs, int giving)
{
	cs->giving = giving;
	cs->running = 1;
	meet(cs);
	slots_begin(&cs->slots, net_now());
	conn_await_slots(cs);
	intake_webs(cs);
	conns_open(cs);
}

void
conns_complete(struct conns *cs)
{
	struct conn *c, *older;

	cs->giving = 1;
	intake_end(cs);
	for (c = conn_first(cs); c; c = older) {
		older = conn_next(c);
		if (c->src && has_changed(c))
			extend(c);
	}
}

/* Tells those who have been here while we sought what we have, and hears what
 * they said meanwhile. */
static void
meet(struct conns *cs)
{
	const uint8_t *have = store_have(cs->store);
	uint32_t i, npieces = cs->m->sh.npieces;
	uint32_t nhave = bit_count(have, npieces);
	struct conn *c, *older;

	for (c = conn_first(cs); c; c = older) {
		older = conn_next(c);
		if (c->src && nhave > TELL_MOST) {
			conn_close(c, 1); /* a bit field says it better */
			continue;
		}
		for (i = 0; c->src && nhave > 0 && i < npieces; i++)
			if (bit_get(have, i))
				peer_announce(&c->link->peer, i);
		if (c->src && cs->giving)
			extend(c);
		link_wake(c->link);
		if (peer_shape(&c->link->peer, &cs->m->sh, have,
		    net_now()) < 0)
			conn_close(c, 0);
	}
}

/* Connections. */

void
conns_add(struct conns *cs, const struct addr *list, int n, enum origin from)
{
	int i, fresh = 0;

	for (i = 0; i < n; i++)
		fresh += known_add(cs->known, &list[i], from);
	tell_fresh(cs, fresh, from);
	conn_dial(cs);
}

void
conns_await(struct conns *cs, const struct addr *a)
{
	tell_fresh(cs, known_await(cs->known, a, net_now() + AWAIT_MS),
	    FROM_TRACKER);
}

static void
tell_fresh(struct conns *cs, int fresh, enum origin from)
{
	char line[64];

	if (fresh == 0 || from == FROM_USER)
		return;
	snprintf(line, sizeof line, "%d new peer%s by %s", fresh,
	    fresh == 1 ? "" : "s", origin_name(from));
	cs->ops->message(cs->arg, 1, line);
}

int
conns_take(struct conns *cs, struct link *l, struct place *pl)
{
	if (!cs->open || known_banned(cs->known, &l->addr) ||
	    (pool_crowded(&cs->room, &l->addr) &&
	    !sock_is_here(l->io.fd, &l->addr)))
		return -1;
	conn_call(cs, l, pl);
	return 0;
}

/* A peer that the user named is told of when it fails for the first time, but
 * not one that goes when we need nothing; and any when it is the first that the
 * proxy fails. */
static void
on_gone(void *arg, const char *why)
{
	struct conn *c = arg;
	struct conns *cs = c->cs;
	const struct link *l = c->link;
	const char *client = l->peer.ext.client;
	char line[512], text[ADDR_TEXT];

	snprintf(line, sizeof line, "%s%s%s: %s", addr_format(text, &l->addr),
	    *client ? " " : "", client, why);
	cs->ops->message(cs->arg, !l->dial.is_news && (!l->outgoing ||
	    (cs->giving && c->src) || !known_hopes(cs->known, &l->addr)),
	    line);
	if (l->outgoing && !c->src)
		lonely_end(&cs->lonely, l->err == ECONNREFUSED ? END_REFUSED :
		    l->err == ETIMEDOUT ? END_SILENT :
		    l->err == EPROTO ? END_PROXY :
		    l->err != 0 ? END_UNREACHED : END_HUNG_UP);
	conn_close(c, 1);
	conn_dial(cs);
}

static int
on_ready(void *arg)
{
	struct conn *c = arg;
	struct conns *cs = c->cs;
	struct peer *p = &c->link->peer;

	if (conn_ready(c) < 0)
		return -1;
	p->gives = cs->sh->slots > 0;
	p->giving_only = cs->giving;
	peer_greet(p, cs->sh->port, &c->link->addr);
	return 0;
}

/* What a peer has. */

static void
on_has(void *arg, uint32_t piece)
{
	struct conn *c = arg;
	struct conns *cs = c->cs;

	if (!pick_has(cs->pick, c->src, piece))
		return;
	flow_crowd(&c->flow);
	if (!c->link->peer.peer_choking)
		pick_move(cs->pick, c->src, piece);
	if (has_changed(c) && !c->link->peer.peer_choking)
		ask(c, &piece);
}

static void
on_has_bits(void *arg, const uint8_t *bits)
{
	struct conn *c = arg;

	pick_has_bits(c->cs->pick, c->src, bits);
	if (has_changed(c))
		fill(c);
}

static void
on_has_all(void *arg)
{
	struct conn *c = arg;

	pick_has_all(c->cs->pick, c->src);
	if (has_changed(c))
		fill(c);
}

/* 1, or 0: neither needs the other, and it is closed. */
static int
has_changed(struct conn *c)
{
	struct conns *cs = c->cs;

	if (pick_is_seed(cs->pick, c->src) && cs->giving) {
		known_never(cs->known, &c->contact.home);
		conn_close(c, 1);
		return 0;
	}
	peer_interest(&c->link->peer, !cs->giving && pick_wants(c->src));
	link_wake(c->link);
	return 1;
}

static void
on_extended(void *arg)
{
	struct conn *c = arg;
	struct conns *cs = c->cs;
	struct addr home = c->link->addr;

	offers_metadata(c);
	home.port = c->link->peer.ext.port; /* where it can be called back */
	if (c->contact.home.port == 0 && !cs->m->private && home.port)
		contact_claim(cs->known, &c->contact, &home);
}

/* What it says of others. */

static void
on_exchange(void *arg, struct span dict)
{
	struct conn *c = arg;
	struct addr list[PEX_MOST];
	int i, n = pex_read(&c->pex, dict, net_now(), list);

	for (i = 0; i < n; i++)
		if (!is_own(c, &list[i]))
			known_told(c->cs->known, &list[i], &c->link->addr,
			    net_now());
	conn_dial(c->cs);
}

/* Whether a is ours, as we and the peer see it. */
static int
is_own(const struct conn *c, const struct addr *a)
{
	struct addr own;

	return a->port == c->cs->sh->port &&
	    (addr_same_ip(a, &c->link->peer.ext.yourip) ||
	    (sock_local(c->link->io.fd, &own) == 0 && addr_same_ip(a, &own)));
}

/* Tells others of it, and it of others, when that is due. */
static void
exchange(struct conn *c, int64_t now_ms)
{
	struct conns *cs = c->cs;
	struct ext *ext = &c->link->peer.ext;
	int is_seed = cs->running && pick_is_seed(cs->pick, c->src);
	struct addr home = c->link->outgoing ? c->contact.home : c->link->addr;
	struct buf b = { 0 };
	struct span dict;

	if (!c->link->outgoing)
		home.port = ext->port;
	if (home.port && !c->pex.slot)
		pex_join(cs->pex, &c->pex, &home,
		    (ext->encrypts ? PEX_ENCRYPTS : 0) |
		    (is_seed ? PEX_SEED : 0) |
		    (c->link->outgoing ? PEX_REACHED : 0));
	if (!ext->pex_id || peer_is_clogged(&c->link->peer) ||
	    !pex_put(cs->pex, &c->pex, is_seed, now_ms, &b))
		return;
	dict.p = b.p;
	dict.n = b.len;
	peer_exchange(&c->link->peer, dict);
	buf_free(&b);
	link_wake(c->link);
}

static void
on_node(void *arg, uint16_t port)
{
	struct conn *c = arg;
	struct addr a = c->link->addr;

	if (net_now() < c->node_ms)
		return;
	c->node_ms = net_now() + NODE_MS;
	a.port = port;
	finder_meet(c->cs->sh->finder, &a);
}

/* Fetching. */

static void
on_choked(void *arg, int choked)
{
	struct conn *c = arg;

	owed_choke(c->cs->pick, c->src, &c->flow, choked,
	    c->link->peer.can & CAN_FAST, net_now());
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
	struct peer *p = &c->link->peer;
	struct conns *cs = c->cs;
	struct block b;
	int room, n;

	if (!p->am_interested || !cs->running)
		return;
	if (pick_requests(c->src) == 0)
		flow_mark(&c->flow, c->link->down);
	room = flow_room(&c->flow, (int)pick_requests(c->src), p->ext.reqq);
	for (n = 0; n < room && (piece ? pick_next_of(cs->pick, c->src,
	    *piece, net_now(), &b) : pick_next(cs->pick, c->src,
	    p->peer_choking, net_now(), &b)); n++)
		peer_request(p, b);
	if (n > 0)
		link_wake(c->link);
}

static int
on_block(void *arg, struct block b, const uint8_t *data, int64_t now_ms)
{
	struct conn *c = arg;
	struct conns *cs = c->cs;
	enum picked r;

	if (!cs->running)
		return 0;
	r = pick_got(cs->pick, c->src, b);
	if (r == PICK_UNASKED) {
		cs->wasted += b.len;
		if (!flow_unasked(&c->flow, now_ms))
			return -1;
		flow_alive(&c->flow);
		return 0;
	}
	rate_add(&cs->down, b.len);
	flow_got(&c->flow, b.len, pick_answered(c->src), now_ms);
	pick_stall(cs->pick, c->src, 0);
	pool_used(&cs->sh->pool, &c->place, now_ms);
	flow_mark(&c->flow, c->link->down);
	if (store_put(cs->store, b, data) < 0) {
		cs->ops->disk_failed(cs->arg);
		return 0;
	}
	if (r == PICK_WHOLE && judge_wait(cs->judge, b.piece))
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

	intake_settle(c->cs);
}

static int
on_rejected(void *arg, struct block b)
{
	struct conn *c = arg;

	if (!pick_reject(c->cs->pick, c->src, b))
		return flow_unasked(&c->flow, net_now()) ? 0 : -1;
	flow_rejected(&c->flow);
	if (!c->link->peer.peer_choking)
		fill(c);
	return 0;
}

static void
on_suggested(void *arg, uint32_t piece)
{
	struct conn *c = arg;

	pick_suggest(c->cs->pick, c->src, piece);
	flow_crowd(&c->flow);
}

static void
on_allowed(void *arg, uint32_t piece)
{
	struct conn *c = arg;

	pick_allow(c->cs->pick, c->src, piece);
	fill(c);
}

static void
on_cancel(void *owner, struct block b)
{
	struct conn *c = owner;

	peer_cancel(&c->link->peer, b);
	flow_forgive(&c->flow, 1, net_now());
	link_wake(c->link);
}

static int
on_right(void *arg, uint32_t piece)
{
	struct conns *cs = arg;
	struct conn *c, *older;

	for (c = conn_first(cs); c; c = older) {
		older = conn_next(c);
		if (!c->src)
			continue;
		if (peer_is_clogged(&c->link->peer)) {
			conn_close(c, 1); /* it reads nothing */
			continue;
		}
		peer_announce(&c->link->peer, piece);
		if (!pick_wants(c->src))
			peer_interest(&c->link->peer, 0);
		link_wake(c->link);
	}
	cs->ops->piece(cs->arg, piece);
	return cs->running;
}

static void
on_wrong(void *arg, uint32_t piece)
{
	struct conns *cs = arg;

	cs->wasted += shape_len(&cs->m->sh, piece);
}

/* Bans the address behind a tag, and closes its connections. */
static void
ban(void *arg, uint32_t tag)
{
	struct conns *cs = arg;
	const struct addr *a = pool_tagged(&cs->sh->pool, tag);
	char text[ADDR_TEXT], line[128];
	struct conn *c, *older;

	if (webs_guilty(cs->webs, tag) || !a || known_banned(cs->known, a))
		return;
	known_ban(cs->known, a);
	snprintf(line, sizeof line, "%s sent bad data and is banned",
	    addr_format(text, a));
	cs->ops->message(cs->arg, 0, line);
	for (c = conn_first(cs); c; c = older) {
		older = conn_next(c);
		if (known_banned(cs->known, &c->link->addr))
			conn_close(c, 0);
	}
}

/* Giving. */

static void
on_interested(void *arg, int interested)
{
	struct conn *c = arg;

	slots_interest(&c->cs->slots, &c->slot, interested, net_now());
	conn_await_slots(c->cs);
}

/* What is next for one who may ask now, or (piece) who asks. */
static void
suggest(struct conn *c, const uint32_t *piece)
{
	struct suggest *sg = &c->cs->suggest;
	uint32_t more;

	suggest_join(sg, &c->hint, c->link->peer.can & CAN_FAST);
	if (piece && !suggest_asked(sg, &c->hint, *piece))
		return;
	while (suggest_next(sg, &c->hint, &more))
		peer_suggest(&c->link->peer, more);
}

static void
on_grant(void *owner, int on)
{
	struct conn *c = owner;

	if (!on)
		suggest_leave(&c->cs->suggest, &c->hint);
	else if (c->cs->giving)
		suggest(c, NULL);
	peer_choke(&c->link->peer, !on);
	link_wake(c->link);
}

static void
on_grants_due(struct timer *t, int64_t now_ms)
{
	struct conns *cs = t->arg;

	slots_run(&cs->slots, cs->giving, now_ms);
	conn_await_slots(cs);
}

static void
on_asked(void *arg, uint32_t piece)
{
	struct conn *c = arg;

	if (c->cs->giving)
		suggest(c, &piece);
	link_wake(c->link);
}

static int
on_read(void *arg, const struct block *b, uint8_t *const *data, int n)
{
	struct conn *c = arg;
	struct conns *cs = c->cs;
	int i, failed = 0;

	for (i = 0; i < n; i++)
		failed |= store_get(cs->store, b[i], data[i]);
	failed |= store_settle(cs->store);
	if (failed) {
		cs->ops->disk_failed(cs->arg);
		return -1;
	}
	cs->gave = 1;
	cs->given = b[n - 1].piece;
	for (i = 0; i < n; i++) {
		rate_add(&c->slot.up, b[i].len);
		rate_add(&cs->up, b[i].len);
	}
	pool_used(&cs->sh->pool, &c->place, net_now());
	return 0;
}

/* Once a second. */

void
conns_tick(struct conns *cs, int64_t now_ms)
{
	struct conn *c, *older;
	char text[LONELY_TEXT];
	int npeers = 0;

	rate_tick(&cs->down);
	rate_tick(&cs->up);
	pick_tick(cs->pick, now_ms);
	webs_tick(cs->webs, cs->down.total - cs->web, now_ms);
	for (c = conn_first(cs); c; c = older) {
		older = conn_next(c);
		npeers += c->src != NULL;
		if (c->src)
			tick(c, now_ms);
	}
	if (cs->m->info.n == 0)
		seek_tick(cs->seek, now_ms);
	if (!cs->giving && lonely_tick(&cs->lonely, npeers +
	    webs_giving(cs->webs), now_ms, text))
		cs->ops->message(cs->arg, 0, text);
	if (!cs->giving)
		look_alive(cs, now_ms);
	conn_dial(cs);
}

static void
tick(struct conn *c, int64_t now_ms)
{
	struct conns *cs = c->cs;
	int held = link_held(c->link);
	enum flow_state st;

	if (conn_yields(c, now_ms))
		return;
	if (cs->pex)
		exchange(c, now_ms);
	/* our limit is no excuse for who sends us other things than blocks */
	held = held && flow_excused(&c->flow, (int)pick_requests(c->src),
	    c->link->down);
	st = owed_tick(cs->pick, c->src, &c->flow, held, now_ms);
	rate_tick(&c->slot.up);
	c->slot.down_bps = rate_bps(&c->flow.down);
	c->slot.snubs = st != FLOW_FINE;
	if (!cs->giving && now_ms - MAX(c->joined_ms,
	    c->flow.down.total > 0 ? c->flow.heard_ms : 0) >= CLAIM_MS)
		contact_doubt(cs->known, &c->contact, now_ms);
	ask(c, NULL);
}
