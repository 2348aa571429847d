/* A port mapping asked of the UPnP gateways of our network. */

#ifndef UPNP_H
#define UPNP_H

#include <stdint.h>

#include "addr.h"
#include "url.h"
#include "net.h"
#include "fetch.h"
#include "find/igd.h"

enum { UPNP_PLACES = 4 };

/* Who answered a search. */
struct place_found {
	struct addr addr;
	struct url url;         /* of its description */
};

/* Embedded in its owner, set up by upnp_init. */
struct upnp {
	struct addr outside;    /* what leads to us, once that is done */
	/* the rest is upnp.c's */
	struct addr inside, gateway;
	int step, tries, begun;
	struct io io;
	struct timer timer;
	struct place_found places[UPNP_PLACES];
	int nplaces, place;
	struct igd_service services[IGD_SERVICES];
	int nservices, service;
	uint32_t lifetime, lease;
	struct addr made_at;    /* the mapping that was made: by whom, */
	struct igd_service made; /* by which of his services, */
	struct igd_map made_map; /* and which it is */
	struct fetch *fetch;
	uint64_t rnd;
	char why[128];          /* the last trouble */
	void (*done)(void *arg, const char *why);
	void *arg;
};

/* done is called from the loop: what was asked for is so (why NULL), or why
 * not, safe to print. */
void upnp_init(struct upnp *u, uint64_t seed,
    void (*done)(void *arg, const char *why), void *arg);
/* Asks for a mapping to inside, our IPv4 address and port, from the outside
 * port want, or another if that is taken, for lifetime seconds (for ever if
 * it knows nothing else): of the gateway, if that is known (else NULL) and
 * answers the search, then of others in our network that do. */
void upnp_start(struct upnp *u, const struct addr *inside,
    const struct addr *gateway, uint16_t want, uint32_t lifetime);
/* Has the mapping that was made removed. */
void upnp_remove(struct upnp *u);
/* Ends what is under way; nothing is told after. */
void upnp_stop(struct upnp *u);

#endif
