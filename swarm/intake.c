/* The intake.  Peers and web seeds put blocks into one store, and what is left
 * to be done for many of them at once is done here; what web seeds gave is
 * counted beside what peers did. */
#include <stdint.h>
#include <stdlib.h>

#include "util.h"
#include "addr.h"
#include "net.h"
#include "rate.h"
#include "torrent/store.h"
#include "find/known.h"
#include "swarm/judge.h"
#include "swarm/webs.h"
#include "swarm/conn.h"
#include "swarm/conns.h"
#include "swarm/intake.h"

enum { YOUNG_MS = 10000 };

static void on_came(void *arg, uint32_t len, int wanted);
static void on_failed(void *arg);
static void on_fed(void *arg);
static int is_peer(void *arg, const struct addr *a);
static void on_news(void *arg, int detail, const char *text);

static const struct webs_ops webs_ops = { on_came, on_failed, on_fed,
	is_peer, on_news };

void
intake_settle(struct conns *cs)
{
	int failed = store_settle(cs->store) < 0;

	if (cs->running && (failed || judge_all(cs->judge) < 0))
		cs->ops->disk_failed(cs->arg);
}

void
intake_webs(struct conns *cs)
{
	struct webs_how how = { .m = cs->m, .pick = cs->pick,
	    .store = cs->store, .judge = cs->judge, .route = cs->sh->route,
	    .limit = &cs->sh->limits[0], .places = &cs->sh->webs,
	    .in_order = cs->in_order };

	if (!cs->giving)
		cs->webs = webs_new(&how, &webs_ops, cs);
}

void
intake_end(struct conns *cs)
{
	webs_free(cs->webs);
	cs->webs = NULL;
}

static void
on_came(void *arg, uint32_t len, int wanted)
{
	struct conns *cs = arg;

	if (!wanted) {
		cs->wasted += len;
		return;
	}
	cs->web += len;
	rate_add(&cs->down, len);
}

static void
on_failed(void *arg)
{
	struct conns *cs = arg;

	cs->ops->disk_failed(cs->arg);
}

static void
on_fed(void *arg)
{
	intake_settle(arg);
}

/* One that the user has named and who was not dialled yet may be; one that is
 * connected gives, or has just come. */
static int
is_peer(void *arg, const struct addr *a)
{
	struct conns *cs = arg;
	struct conn *c;

	for (c = conn_first(cs); c; c = conn_next(c))
		if (c->src && addr_same(&c->contact.home, a))
			return net_now() - c->joined_ms < YOUNG_MS ||
			    (conn_is_useful(c) &&
			    !c->link->peer.peer_choking);
	return known_hopes(cs->known, a);
}

static void
on_news(void *arg, int detail, const char *text)
{
	struct conns *cs = arg;

	cs->ops->message(cs->arg, detail, text);
}
