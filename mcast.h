/* Datagrams to all who listen to a group, on every network that we are in. */

#ifndef MCAST_H
#define MCAST_H

#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "net.h"

struct mcast {
	struct io io;        /* its ready is the owner's, before mcast_open */
	/* the rest is mcast.c's */
	struct addr group, local;
	int on_local;        /* only on the network of local */
};

/* Opens a socket that hears what is sent to group, and watches it; on the
 * network of the address local (NULL: on all).  0, or -1 with errno. */
int mcast_open(struct mcast *m, const struct addr *group,
    const struct addr *local);
/* Sends n bytes to the group, on each such network, also on those that have
 * come since. */
void mcast_send(struct mcast *m, const void *p, size_t n);
/* Takes one datagram of at most size bytes: how many, and whose, or -1. */
long mcast_take(struct mcast *m, void *p, size_t size, struct addr *from);

#endif
