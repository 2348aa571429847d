/* The port that we listen on, mapped through a NAT at the edge of our network:
 * by PCP (RFC 6887), NAT-PMP (RFC 6886) or UPnP, whichever the gateway speaks.
 */

#ifndef PORTMAP_H
#define PORTMAP_H

#include <stdint.h>

#include "addr.h"

struct portmap;

struct portmap_ops { /* called from the loop, with arg */
	/* The address and port by which others reach us; told again when it
	 * changes. */
	void (*mapped)(void *arg, const struct addr *outside);
	/* What only the curious read; safe to print. */
	void (*message)(void *arg, const char *text);
	/* After portmap_stop: nothing more is told. */
	void (*stopped)(void *arg);
};

/* Has a port, on which we listen at all our addresses, mapped for TCP and UDP
 * as long as this host's own IPv4 address is a private one, and keeps it
 * mapped.  One a process.  seed, a secret, makes what must not be guessed. */
struct portmap *portmap_start(uint16_t port, uint64_t seed,
    const struct portmap_ops *ops, void *arg);
/* Removes the mapping, a second at most; then ops->stopped. */
void portmap_stop(struct portmap *m);
/* At any time; the memory goes at the end of the round. */
void portmap_free(struct portmap *m);

#endif
