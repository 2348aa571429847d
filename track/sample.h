/* Members of a swarm for one that asks for peers, at random.  Pure. */

#ifndef SAMPLE_H
#define SAMPLE_H

#include "util.h"
#include "addr.h"
#include "track/members.h"

/* Who asks, and for what. */
struct asker {
	uint8_t compact[18];    /* its address, which it is not given, */
	size_t len;             /* in bytes; */
	uint8_t tag[4];         /* nor another of its own */
	enum addr_scope seen_at; /* from where it asks */
	uint8_t tick;           /* now, as members_info tells it, */
	uint8_t life;           /* and how old a member may be */
	int seeds;              /* whether seeds are wanted, too */
	int most;               /* so many in all */
};

/* Writes compact addresses to out, none twice, half of them seeds' if there
 * are so many: how many.  Whoever is at a private address is given only to
 * who is seen at one, at loopback likewise. */
int sample_members(uint64_t *rnd, const struct members *r,
    const struct asker *a, uint8_t *out);

#endif
