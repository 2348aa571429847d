/* The addresses by which others reach this host, the best first.  Pure. */

#ifndef REACHABLE_H
#define REACHABLE_H

#include <stdint.h>

#include "addr.h"

enum {
	REACHABLE_MAX  = 8, /* that a link names */
	REACHABLE_URLS = 3  /* of them, that it names in URLs as well */
};

/* What is known of where this host is; all is borrowed, and only outside's
 * port means something. */
struct whereabouts {
	const struct addr *bound;   /* where it listens; NULL: everywhere */
	const struct addr *outside; /* where a port leads to it; NULL: none */
	const struct addr *source;  /* from where it speaks to the wider
	                             * network; NULL: to none */
	const struct addr *own;     /* its interfaces' */
	int nown;
	uint16_t port;              /* where it listens; 0: nowhere */
};

struct reachable {
	struct addr list[REACHABLE_MAX];
	int n;
	int outside; /* whether the first one leads here from outside */
};

/* Fills r: where it listens, if that is one address; else a mapped one, if it
 * is no private one itself, where it speaks from, and its interfaces', IPv4
 * before IPv6, public before private, each once.  A place is kept for the
 * first public IPv6 address.  What others cannot dial is left out; loopback is
 * there if nothing else is. */
void reachable_find(struct reachable *r, const struct whereabouts *w);
/* Those of r that are worth URLs: one from outside, the first other of IPv4,
 * the first public one of IPv6; r's first if it has none of these.  How many.
 */
int reachable_urls(const struct reachable *r,
    struct addr urls[REACHABLE_URLS]);

#endif
