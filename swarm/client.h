/* The swarms of one process, and the listener that they share with others. */

#ifndef CLIENT_H
#define CLIENT_H

#include "addr.h"
#include "net.h"
#include "route.h"
#include "swarm/pool.h"
#include "swarm/conn.h"
#include "swarm/swarm.h"

/* Others who are called at the same port. */
struct tenant {
	/* Whether a call that begins with these bytes, a few, is theirs: 1 or
	 * 0; or -1: more of them will tell. */
	int (*tells)(const uint8_t *p, size_t n);
	/* Then the socket is, and what was read of it. */
	void (*take)(void *arg, int fd, const struct addr *from,
	    struct span came);
	/* A tracker's answer to a datagram, as dgram_answer's; or NULL. */
	size_t (*datagram)(void *arg, const uint8_t *p, size_t n,
	    const struct addr *from, uint8_t *out);
	void *arg;
};

struct client {
	struct shared shared;
	struct route route;        /* how we dial; shared */
	struct addr local;     /* the one address that is ours, if it is */
	struct room lobby;     /* callers that have not named a torrent */
	const struct tenant *tenant; /* borrowed; NULL: nobody */
	struct io listeners[2];
	int nlisteners;
	struct io udp[2];      /* for the tenant, if no finder has them */
	struct timer rested;   /* until then no descriptor is left for calls */
	struct swarm **swarms; /* owned array, borrowed swarms */
	int nswarms;
};

struct client_setup {
	const char *host;     /* NULL: everywhere */
	uint16_t first, last; /* ports, of which the first free one is taken */
	int max_conns;
	const struct tenant *tenant; /* of the listener: who else is called,
	                       * borrowed; NULL: nobody */
	int reserved;             /* descriptors that are the tenant's */
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
