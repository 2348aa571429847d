/* How many members and swarms a tracker has, in all and of each address and
 * network, and how many there may be.  Pure. */

#ifndef LIMITS_H
#define LIMITS_H

#include "util.h"
#include "sha1.h"
#include "track/members.h"

enum {
	SWARMS_MAX     = 1 << 20, /* swarms, */
	MEMBERS_MAX    = 1 << 22, /* and members of all of them together; */
	ADDR_MAX       = 1 << 14, /* of these at one address (one IPv6 /64), */
	ADDR_SWARM_MAX = 64,      /* and of these in one swarm; */
	NET_SWARM_MAX  = 1024     /* of a /24 or IPv6 /48 in it; no loopback */
};

struct limits;

/* mix: secret odd numbers, so that nobody can aim at another's counts. */
struct limits *limits_new(const uint64_t mix[MEMBERS_MIX]);
void limits_free(struct limits *l);
size_t limits_bytes(void); /* of memory that it takes */

/* All members, and all swarms. */
uint32_t limits_members(const struct limits *l);
uint32_t limits_swarms(const struct limits *l);

/* A member at a compact address came to the swarm hash (by 1) or left it (by
 * -1); there is a swarm more, or less. */
void limits_member(struct limits *l, const uint8_t *hash, int six,
    const uint8_t *compact, int by);
void limits_swarm(struct limits *l, int by);
/* Whether there are too many for one more member: of its address or network,
 * in this swarm or in all; and if the swarm has no members yet (founds), of
 * its network's swarms. */
int limits_many(const struct limits *l, const uint8_t *hash, int six,
    const uint8_t *compact, int founds);

/* The network that a swarm counts for whose first member is at a compact
 * address; LIMITS_NOBODY: this host, which has no limit. */
enum { LIMITS_NOBODY = UINT16_MAX };
uint16_t limits_net(const struct limits *l, int six, const uint8_t *compact);
/* A swarm that counted for *net counts for another from now on. */
void limits_charge(struct limits *l, uint16_t *net, uint16_t to);
/* The swarms that count for a network; 0 for LIMITS_NOBODY. */
uint32_t limits_net_swarms(const struct limits *l, uint16_t net);

/* When three quarters of all places are taken, networks shrink to their part:
 * whether the member at a compact address, or the swarm of so many members
 * that counts for net, is too much. */
int limits_member_over(const struct limits *l, int six,
    const uint8_t *compact);
int limits_swarm_over(const struct limits *l, uint16_t net, uint32_t members);

#endif
