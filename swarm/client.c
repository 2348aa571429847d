/* The swarms of one process.  Callers are accepted here and wait in the lobby:
 * first for a few bytes, which tell whose they are; then a peer waits until
 * its handshake names a torrent, whose swarm takes it. */
#include <sys/types.h>
#include <sys/socket.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "sha1.h"
#include "addr.h"
#include "net.h"
#include "proc.h"
#include "sock.h"
#include "dgram.h"
#include "swarm/wire.h"
#include "swarm/pool.h"
#include "swarm/peer.h"
#include "swarm/link.h"
#include "swarm/conn.h"
#include "swarm/swarm.h"
#include "swarm/client.h"

enum {
	SLOTS        = 8,
	ACCEPT_BURST = 32,
	UDP_BURST    = 4,  /* batches a round */
	FIRST        = 8,  /* bytes that tell who calls; fewer than a handshake */
	FIRST_MS     = 10000,
	REST_MS      = 250 /* of the listeners, when nothing can be accepted */
};

/* Who has called, and not yet named a torrent. */
struct guest {
	struct client *client;
	struct place place;
	struct io io;        /* until the first bytes tell that it is a peer, */
	struct timer late;
	uint8_t first[FIRST];
	size_t n;
	struct link *link;   /* whose link this is; owned; NULL: not yet */
};

static void discover(struct client *c, const struct client_setup *setup);
static void hear(struct client *c);
static void on_datagrams(struct io *io, short got, int64_t now_ms);
static void on_call(struct io *io, short got, int64_t now_ms);
static void shared_init(struct shared *sh, const struct client_setup *setup);
static void admit(struct client *c, int fd, const struct addr *from);
static void on_first(struct io *io, short got, int64_t now_ms);
static void on_late(struct timer *t, int64_t now_ms);
static void be_peer(struct guest *g);
static void be_tenant(struct guest *g);
static int on_hello(void *arg, const uint8_t hash[ID_LEN]);
static void on_gone(void *arg, const char *why);
static void guest_close(void *arg);
static void guest_free(void *arg);
static void rest(struct client *c, int resting);
static void on_rested(struct timer *t, int64_t now_ms);

static const struct peer_ops lobby_ops = { .hello = on_hello };

int
client_open(struct client *c, const struct client_setup *setup)
{
	int i, why;

	memset(c, 0, sizeof *c);
	shared_init(&c->shared, setup);
	c->shared.pool.most = MAX(1, MIN(setup->max_conns,
	    proc_fds().conns - setup->reserved));
	for (i = 0; i < 2; i++) {
		c->listeners[i].ready = on_call;
		c->udp[i].ready = on_datagrams;
		c->listeners[i].arg = c->udp[i].arg = c;
		c->listeners[i].fd = c->udp[i].fd = -1;
	}
	c->tenant = setup->tenant;
	c->rested.fire = on_rested;
	c->rested.arg = c;
	c->route = setup->route;
	c->shared.route = &c->route;
	if (setup->host && addr_parse(&c->local, setup->host, 0) == 0)
		c->route.local = &c->local;
	if (route_is_proxied(&c->route))
		return 0; /* who called us would go around the proxy */
	c->nlisteners = sock_listen_all(c->listeners, setup->host,
	    setup->first, setup->last, &c->shared.port);
	if (c->nlisteners >= 0) {
		if (!setup->trackers_only)
			discover(c, setup);
		if (c->tenant && c->tenant->datagram)
			hear(c);
		return 0;
	}
	why = errno;
	client_close(c);
	errno = why;
	return -1;
}

/* Peers are found by other means than trackers, too. */
static void
discover(struct client *c, const struct client_setup *setup)
{
	uint8_t key[16];
	int i;

	rnd_bytes(key, sizeof key);
	c->shared.finder = finder_new(c->listeners, c->nlisteners,
	    c->shared.port, c->route.local, key);
	for (i = 0; i < setup->nnodes; i++)
		finder_meet_name(c->shared.finder, setup->nodes[i], 1);
}

/* Datagrams for the tenant come to the nodes' sockets or, if there are none,
 * to some of its own, which it can do without. */
static void
hear(struct client *c)
{
	if (finder_node_port(c->shared.finder))
		finder_host(c->shared.finder, c->tenant->datagram,
		    c->tenant->arg);
	else
		dgram_listen(c->udp, c->listeners, c->nlisteners);
}

static void
on_datagrams(struct io *io, short got, int64_t now_ms)
{
	const struct tenant *t = ((struct client *)io->arg)->tenant;
	int i;

	(void)got, (void)now_ms;
	for (i = 0; i < UDP_BURST; i++)
		if (dgram_answer(io->fd, t->datagram, t->arg) == 0)
			break;
}

void
client_close(struct client *c)
{
	int i;

	net_untimer(&c->rested);
	for (i = 0; i < c->nlisteners; i++) {
		net_close(&c->listeners[i]);
		net_close(&c->udp[i]);
	}
	while (c->lobby.newest)
		guest_close(c->lobby.newest->owner);
	net_untimer(&c->shared.dials);
	net_untimer(&c->shared.limits[0].timer);
	net_untimer(&c->shared.limits[1].timer);
	finder_free(c->shared.finder);
	c->shared.finder = NULL;
	pool_free(&c->shared.pool);
	free(c->swarms);
	c->swarms = NULL;
	c->nswarms = 0;
}

static void
on_call(struct io *io, short got, int64_t now_ms)
{
	struct client *c = io->arg;
	struct addr from;
	int fd, i;

	(void)got, (void)now_ms;
	for (i = 0; i < ACCEPT_BURST; i++) {
		fd = sock_accept(io->fd, &from);
		if (fd < 0 && (errno == EMFILE || errno == ENFILE ||
		    errno == ENOBUFS || errno == ENOMEM))
			rest(c, 1); /* or poll says at once that it calls */
		if (fd < 0)
			return;
		admit(c, fd, &from);
	}
}

static void
rest(struct client *c, int resting)
{
	int i;

	for (i = 0; i < c->nlisteners; i++)
		net_want(&c->listeners[i], resting ? 0 : POLLIN);
	if (resting)
		net_timer(&c->rested, net_now() + REST_MS);
}

static void
on_rested(struct timer *t, int64_t now_ms)
{
	(void)now_ms;
	rest(t->arg, 0);
}

/* Of one stranger's callers in the lobby the oldest makes room; when all
 * places are taken, who is of least use does. */
static void
admit(struct client *c, int fd, const struct addr *from)
{
	struct place *out = pool_crowded(&c->lobby, from);
	struct guest *g;

	if (out && !sock_is_here(fd, from))
		out->close(out->owner);
	if (pool_room(&c->shared.pool, net_now(), &out) < 0) {
		sock_refuse(fd);
		return;
	}
	if (out)
		out->close(out->owner);
	g = xcalloc(1, sizeof *g);
	g->client = c;
	g->place.owner = g;
	g->place.close = guest_close;
	g->place.addr = *from;
	g->io.fd = fd;
	g->io.ready = on_first;
	g->late.fire = on_late;
	g->io.arg = g->late.arg = g;
	net_add(&g->io, POLLIN);
	net_timer(&g->late, net_now() + FIRST_MS);
	pool_call(&c->shared.pool, &c->lobby, &g->place, net_now());
}

static void
on_first(struct io *io, short got, int64_t now_ms)
{
	struct guest *g = io->arg;
	const struct tenant *t = g->client->tenant;
	int is_peer, is_tenant;
	ssize_t n = recv(io->fd, g->first + g->n, FIRST - g->n, 0);

	(void)got, (void)now_ms;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		guest_close(g);
		return;
	}
	g->n += (size_t)n;
	is_peer = wire_is_handshake(g->first, g->n);
	is_tenant = t ? t->tells(g->first, g->n) : 0;
	if (is_peer > 0)
		be_peer(g);
	else if (is_tenant > 0)
		be_tenant(g);
	else if ((is_peer == 0 && is_tenant == 0) || g->n == FIRST)
		guest_close(g);
}

static void
on_late(struct timer *t, int64_t now_ms)
{
	(void)now_ms;
	guest_close(t->arg);
}

/* The link begins with what was read. */
static void
be_peer(struct guest *g)
{
	int fd = g->io.fd;

	net_remove(&g->io);
	net_untimer(&g->late);
	g->link = xcalloc(1, sizeof *g->link);
	buf_put(&g->link->in, g->first, g->n);
	link_open(g->link, fd, &g->place.addr, g->client->shared.limits,
	    &lobby_ops, on_gone, g);
}

static void
be_tenant(struct guest *g)
{
	const struct tenant *t = g->client->tenant;
	int fd = g->io.fd;

	net_remove(&g->io);
	net_untimer(&g->late);
	pool_leave(&g->place);
	net_bury(guest_free, g);
	t->take(t->arg, fd, &g->place.addr, (struct span){ g->first, g->n });
}

static int
on_hello(void *arg, const uint8_t hash[ID_LEN])
{
	struct guest *g = arg;
	struct swarm *sw = client_find(g->client, hash);

	if (!sw || swarm_take(sw, g->link, &g->place) < 0)
		return -1;
	net_bury(free, g);
	return 0;
}

static void
on_gone(void *arg, const char *why)
{
	(void)why;
	guest_close(arg);
}

static void
guest_close(void *arg)
{
	struct guest *g = arg;

	if (g->link)
		link_close(g->link);
	net_close(&g->io);
	net_untimer(&g->late);
	pool_leave(&g->place);
	net_bury(guest_free, g);
}

static void
guest_free(void *arg)
{
	struct guest *g = arg;

	if (g->link)
		link_free(g->link);
	free(g->link);
	free(g);
}

static void
shared_init(struct shared *sh, const struct client_setup *setup)
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
	limit_init(&sh->limits[0], setup->down_bps);
	limit_init(&sh->limits[1], setup->up_bps);
	sh->slots = setup->up_bps == 0 ? 0 : SLOTS;
	pool_init(&sh->pool, 1);
}

struct swarm *
client_find(const struct client *c, const uint8_t *hash)
{
	int i;

	for (i = 0; i < c->nswarms; i++)
		if (memcmp(swarm_hash(c->swarms[i]), hash, ID_LEN) == 0)
			return c->swarms[i];
	return NULL;
}

int
client_add(struct client *c, struct swarm *sw)
{
	if (client_find(c, swarm_hash(sw)))
		return -1;
	c->swarms = xrealloc(c->swarms, (size_t)c->nswarms + 1,
	    sizeof *c->swarms);
	c->swarms[c->nswarms++] = sw;
	return 0;
}

void
client_remove(struct client *c, struct swarm *sw)
{
	int i;

	for (i = 0; i < c->nswarms; i++)
		if (c->swarms[i] == sw)
			c->swarms[i] = c->swarms[--c->nswarms];
}
