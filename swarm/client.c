/* The swarms of one process.  Callers are accepted here and wait in the lobby
 * until their handshake names a swarm. */
#include <sys/types.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "addr.h"
#include "net.h"
#include "proc.h"
#include "sock.h"
#include "swarm/swarm.h"
#include "swarm/client.h"

enum {
	ACCEPT_BURST = 32,
	REST_MS      = 250 /* of the listeners, when nothing can be accepted */
};

static void on_call(struct io *io, short got, int64_t now_ms);
static struct swarm *find(void *arg, const uint8_t hash[ID_LEN]);
static void rest(struct client *c, int resting);
static void on_rested(struct timer *t, int64_t now_ms);

int
client_open(struct client *c, const char *host, uint16_t first, uint16_t last,
    int max_conns, int64_t down_bps, int64_t up_bps)
{
	int i;

	memset(c, 0, sizeof *c);
	swarm_shared_init(&c->shared, down_bps, up_bps);
	c->shared.pool.most = MAX(1, MIN(max_conns, proc_fds().conns));
	c->shared.find = find;
	c->shared.arg = c;
	for (i = 0; i < 2; i++) {
		c->listeners[i].ready = on_call;
		c->listeners[i].arg = c;
		c->listeners[i].fd = -1;
	}
	c->rested.fire = on_rested;
	c->rested.arg = c;
	c->nlisteners = sock_listen_all(c->listeners, host, first, last,
	    &c->shared.port);
	return c->nlisteners < 0 ? -1 : 0;
}

void
client_close(struct client *c)
{
	int i;

	net_untimer(&c->rested);
	for (i = 0; i < c->nlisteners; i++)
		net_close(&c->listeners[i]);
	swarm_shared_free(&c->shared);
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
		swarm_accept(&c->shared, fd, &from);
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

static struct swarm *
find(void *arg, const uint8_t hash[ID_LEN])
{
	return client_find(arg, hash);
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
