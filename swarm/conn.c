/* A connection from when it is dialled or has called until it is closed: its
 * place in the process, the beginning of its protocol, and whether it is the
 * second with one peer.  Closing it takes its part in every policy back.  What
 * its peer says in between is conns.c's. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "addr.h"
#include "net.h"
#include "route.h"
#include "rate.h"
#include "torrent/store.h"
#include "find/known.h"
#include "find/pex.h"
#include "swarm/pick.h"
#include "swarm/slots.h"
#include "swarm/suggest.h"
#include "swarm/flow.h"
#include "swarm/owed.h"
#include "swarm/pool.h"
#include "swarm/twins.h"
#include "swarm/seek.h"
#include "swarm/peer.h"
#include "swarm/link.h"
#include "swarm/lonely.h"
#include "swarm/conn.h"

enum {
	USEFUL_MS = 60000 /* after a block */
};

static int has_room(const struct conns *cs, struct place **idle);
static void on_turn(void *owner);
static void on_dials_due(struct timer *t, int64_t now_ms);
static void dial(struct conns *cs, struct addr a);
static struct conn *conn_new(struct conns *cs, struct link *l);
static void bind(struct conn *c);
static int is_twin(struct conn *c);
static void drop_twin(struct conn *drop, struct conn *keep);
static void conn_evict(void *owner);
static void conn_free(void *arg);

void
conn_init(struct conns *cs)
{
	cs->room.owner = cs;
	cs->room.dial = on_turn;
	cs->sh->dials.fire = on_dials_due;
	cs->sh->dials.arg = cs->sh;
	twins_init(&cs->twins, cs->sh->id, conn_is_useful);
}

struct conn *
conn_first(const struct conns *cs)
{
	return cs->room.newest ? cs->room.newest->owner : NULL;
}

struct conn *
conn_next(const struct conn *c)
{
	return c->place.older ? c->place.older->owner : NULL;
}

struct span
conn_info(const struct conns *cs)
{
	static const struct span none;

	return cs->sh->slots > 0 ? cs->m->info : none;
}

void
conn_dial(struct conns *cs)
{
	struct shared *sh = cs->sh;
	const struct addr *a;
	struct place *idle;

	while (cs->open && known_when(cs->known) <= net_now() &&
	    has_room(cs, &idle) &&
	    pool_pay(&sh->pool, &cs->room, net_now())) {
		if (idle)
			idle->close(idle->owner);
		a = known_next(cs->known, net_now());
		dial(cs, *a);
	}
	if (pool_due(&sh->pool, net_now()) < INT64_MAX)
		net_timer(&sh->dials, pool_due(&sh->pool, net_now()));
}

/* Whether one more can be dialled, once idle (unless NULL) is closed: as long
 * as something is wanted, somebody may have to go for it, but not on a
 * stranger's word. */
static int
has_room(const struct conns *cs, struct place **idle)
{
	return pool_room(&cs->sh->pool, net_now(), idle) == 0 &&
	    (!*idle || (!cs->giving && known_trusts(cs->known)));
}

static void
on_turn(void *owner)
{
	conn_dial(owner);
}

static void
on_dials_due(struct timer *t, int64_t now_ms)
{
	struct shared *sh = t->arg;
	struct room *r = pool_turn(&sh->pool, now_ms);

	if (r)
		r->dial(r->owner);
	if (pool_due(&sh->pool, now_ms) < INT64_MAX)
		net_timer(t, pool_due(&sh->pool, now_ms));
}

static void
dial(struct conns *cs, struct addr a)
{
	struct link *l = xcalloc(1, sizeof *l);
	int fd = dial_addr(&l->dial, cs->sh->route, &a);
	struct conn *c;

	if (fd < 0) {
		lonely_end(&cs->lonely, errno == EMFILE || errno == ENFILE ?
		    END_NO_FD : END_UNREACHED);
		free(l);
		known_over(cs->known, &a, 0, net_now());
		return;
	}
	c = conn_new(cs, l);
	c->contact.home = c->place.addr = a;
	c->link->outgoing = 1;
	link_open(c->link, fd, &a, cs->sh->limits, cs->peer_ops,
	    cs->gone, c);
	pool_dial(&cs->sh->pool, &cs->room, &c->place, net_now());
	bind(c);
}

static struct conn *
conn_new(struct conns *cs, struct link *l)
{
	struct conn *c = xcalloc(1, sizeof *c);

	c->cs = cs;
	c->link = l;
	c->place.owner = c->debtor.owner = c;
	c->debtor.cancel = cs->cancel;
	c->place.close = conn_evict;
	c->joined_ms = net_now();
	flow_init(&c->flow, net_now());
	return c;
}

/* Begins the protocol. */
static void
bind(struct conn *c)
{
	struct conns *cs = c->cs;

	c->pex.addr = c->link->addr;
	c->link->peer.exchanges = cs->pex != NULL;
	c->link->peer.node_port = cs->m->private ? 0 :
	    finder_node_port(cs->sh->finder);
	peer_bind(&c->link->peer, cs->running ? &cs->m->sh : NULL, cs->hash,
	    cs->sh->id, cs->running ? store_have(cs->store) : NULL);
	c->link->peer.info = conn_info(cs);
}

void
conn_call(struct conns *cs, struct link *l, struct place *pl)
{
	struct conn *c = conn_new(cs, l);

	pool_move(&cs->room, &c->place, pl);
	link_hand(l, cs->peer_ops, cs->gone, c);
	bind(c);
}

int
conn_ready(struct conn *c)
{
	struct conns *cs = c->cs;

	if (memcmp(c->link->peer.id, cs->sh->id, ID_LEN) == 0) {
		known_never(cs->known, &c->contact.home); /* it is us */
		conn_close(c, 0);
		return -1;
	}
	if (is_twin(c))
		return -1;
	pool_ready(&cs->sh->pool, &c->place, net_now());
	conn_join(c);
	slots_join(&cs->slots, &c->slot, c, net_now());
	return 0;
}

/* Whether c was closed, whose peer is connected already. */
static int
is_twin(struct conn *c)
{
	struct conns *cs = c->cs;
	struct twin *keep, *drop;

	c->twin.owner = c;
	c->twin.id = c->link->peer.id;
	c->twin.addr = c->link->addr;
	c->twin.outgoing = c->link->outgoing;
	c->twin.named = c->twin.outgoing &&
	    known_named(c->cs->known, &c->link->addr);
	drop = twins_join(&cs->twins, &c->twin, net_now(), &keep);
	if (drop)
		drop_twin(drop->owner, keep->owner);
	return drop == &c->twin;
}

/* What was dialled is not dialled again for a while, or until the connection
 * that is kept is over. */
static void
drop_twin(struct conn *drop, struct conn *keep)
{
	contact_twin(drop->cs->known, &drop->contact, &keep->contact,
	    net_now());
	conn_close(drop, 1);
}

int
conn_yields(struct conn *c, int64_t now_ms)
{
	struct twin *o = rate_bps(&c->slot.up) > 0 ? NULL :
	    twins_late(&c->cs->twins, &c->twin, now_ms);

	if (o)
		drop_twin(c, o->owner);
	return o != NULL;
}

int
conn_is_useful(void *owner)
{
	const struct conn *c = owner;

	return (c->flow.down.total > 0 && net_now() - c->flow.heard_ms <
	    USEFUL_MS) || (c->cs->giving && c->slot.up.total > 0);
}

void
conn_join(struct conn *c)
{
	c->src = pick_join(c->cs->pick, &c->debtor, c->place.tag);
	pick_choke(c->cs->pick, c->src, c->link->peer.peer_choking);
}

void
conn_await_slots(struct conns *cs)
{
	if (cs->running)
		net_timer(&cs->grants, slots_due(&cs->slots));
}

void
conn_close(struct conn *c, int worked)
{
	struct conns *cs = c->cs;

	link_close(c->link);
	pool_leave(&c->place);
	net_bury(conn_free, c);
	if (c->src)
		pick_leave(cs->pick, c->src);
	contact_over(cs->known, &c->contact, worked && c->src, net_now());
	c->src = NULL;
	suggest_leave(&cs->suggest, &c->hint);
	twins_leave(&cs->twins, &c->twin);
	if (cs->pex)
		pex_leave(cs->pex, &c->pex);
	seek_leave(cs->seek, &c->seeker, net_now());
	slots_leave(&cs->slots, &c->slot, net_now());
	conn_await_slots(cs);
}

static void
conn_evict(void *owner)
{
	conn_close(owner, 1);
}

static void
conn_free(void *arg)
{
	struct conn *c = arg;

	link_free(c->link);
	free(c->link);
	free(c);
}
