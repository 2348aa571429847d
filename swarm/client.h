/* The swarms of one process, and the listener that they share. */

#ifndef CLIENT_H
#define CLIENT_H

#include "addr.h"
#include "net.h"
#include "route.h"
#include "swarm/pool.h"
#include "swarm/conn.h"
#include "swarm/swarm.h"

struct client {
	struct shared shared;
	struct route route;        /* how we dial; shared */
	struct addr local;     /* the one address that is ours, if it is */
	struct room lobby;     /* callers that have not named a torrent */
	struct io listeners[2];
	int nlisteners;
	struct timer rested;   /* until then no descriptor is left for calls */
	struct swarm **swarms; /* owned array, borrowed swarms */
	int nswarms;
};

struct client_setup {
	const char *host;     /* NULL: everywhere */
	uint16_t first, last; /* ports, of which the first free one is taken */
	int max_conns;
	int64_t down_bps, up_bps; /* bytes a second, -1: no limit */
	struct route route;       /* its local is ours; if it is proxied, nobody is
	                       * listened to, and trackers_only is meant, too */
	int trackers_only;    /* peers are not found by other means */
	const char *const *nodes; /* of the DHT, host:port, borrowed; */
	int nnodes;           /* to begin with */
};

/* Listens; what the torrents need is asked from there, too.  0, or -1 with
 * errno. */
int client_open(struct client *c, const struct client_setup *setup);
void client_close(struct client *c);
/* Callers find the swarm from now on; -1: one of its info hash is there. */
int client_add(struct client *c, struct swarm *sw);
void client_remove(struct client *c, struct swarm *sw);
struct swarm *client_find(const struct client *c, const uint8_t *hash);

#endif
