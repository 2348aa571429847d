/* A port mapping asked of a gateway by PCP (RFC 6887, MAP) or by NAT-PMP (RFC
 * 6886), whichever of the two it speaks.  Pure. */

#ifndef NATPMP_H
#define NATPMP_H

#include <stddef.h>
#include <stdint.h>

#include "util.h"
#include "addr.h"

enum {
	NATPMP_PORT = 5351, /* where a gateway listens */
	NATPMP_MAX  = 60    /* bytes of a datagram of ours */
};

enum natpmp_state {
	NATPMP_ASKS,    /* something is to be asked or answered */
	NATPMP_HAS,     /* the mapping is made, or removed */
	NATPMP_FAILED   /* why says why */
};

/* A conversation with one gateway, set up by natpmp_init. */
struct natpmp {
	enum natpmp_state state;
	int64_t due_ms;         /* while it asks: when natpmp_tick is due */
	struct addr outside;    /* what leads to us; port 0: nothing yet */
	uint32_t granted;       /* seconds for which it does */
	int version;            /* 2: PCP, 0: NAT-PMP */
	char why[64];
	/* the rest is natpmp.c's */
	struct addr inside;
	uint8_t nonce[12];
	uint32_t lifetime;      /* asked for; 0: the mapping is to go */
	int step, tries;
};

/* For inside, our IPv4 address and port, over TCP and UDP.  seed makes the
 * nonce that a mapping is changed by. */
void natpmp_init(struct natpmp *c, const struct addr *inside, uint64_t seed);
/* Asks for the mapping for lifetime seconds, again and again, or to have it
 * removed: 0.  The same outside port is asked for as there was last; want, if
 * there was none. */
void natpmp_ask(struct natpmp *c, uint32_t lifetime, uint16_t want,
    int64_t now_ms);
/* The datagram to be sent to the gateway now: its length, 0: none. */
size_t natpmp_tick(struct natpmp *c, uint8_t out[NATPMP_MAX], int64_t now_ms);
/* A datagram that the gateway sent.  What is no answer to what was asked
 * changes nothing. */
void natpmp_feed(struct natpmp *c, const uint8_t *p, size_t n,
    int64_t now_ms);

/* The name of the protocol that is spoken. */
const char *natpmp_name(const struct natpmp *c);

/* The gateway of the default route in the text of Linux's /proc/net/route:
 * 0, or -1: there is none.  Its port is 0. */
int natpmp_gateway(struct addr *a, struct span routes);

#endif
