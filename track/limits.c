/* How many members and swarms there are and may be.
 *
 * How many members an address and a network have, in all and in a swarm, is
 * counted in tables by hash alone: those that fall together share a limit,
 * which is so high that only a flood reaches it.
 *
 * A network is what the Internet routes at the least, and so what one owner
 * may have all of: a /24 of IPv4, a /48 of IPv6.  It has at most a part of the
 * places that are free, of members and of swarms: what floods take leaves a
 * part free whatever their number.  A swarm counts for the network of who came
 * first. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "addr.h"
#include "track/members.h"
#include "track/limits.h"

enum {
	SWARMS_PART   = 16,   /* of the free places: a network's, */
	MEMBERS_PART  = 64,
	SWARMS_LEAST  = 16,   /* or so many */
	MEMBERS_LEAST = 64,
	ADDR_BITS     = 16,   /* of the tables' indices */
	ADDR_SWARM_BITS = 18,
	NET_BITS      = 15,
	NET_SWARM_BITS = 16
};

/* What a network has. */
struct net {
	uint32_t members, swarms;
};

struct limits {
	uint64_t mix[MEMBERS_MIX];
	uint32_t members, swarms;
	struct net nets[1 << NET_BITS];
	uint16_t by_addr[1 << ADDR_BITS];
	uint16_t by_net_swarm[1 << NET_SWARM_BITS];
	uint8_t by_addr_swarm[1 << ADDR_SWARM_BITS];
};

/* Where a member is counted. */
struct counters {
	uint32_t addr, addr_swarm, net, net_swarm;
};

static int places_of(const struct limits *l, const uint8_t *hash, int six,
    const uint8_t *compact, struct counters *at);
static uint64_t mix_of(const struct limits *l, uint64_t addr);
static uint64_t mix_in(const struct limits *l, uint64_t mixed,
    const uint8_t *hash);
static uint32_t members_part(const struct limits *l);
static uint32_t swarms_part(const struct limits *l);

struct limits *
limits_new(const uint64_t mix[MEMBERS_MIX])
{
	struct limits *l = xcalloc(1, sizeof *l);

	memcpy(l->mix, mix, sizeof l->mix);
	return l;
}

void
limits_free(struct limits *l)
{
	free(l);
}

size_t
limits_bytes(void)
{
	return sizeof(struct limits);
}

uint32_t
limits_members(const struct limits *l)
{
	return l->members;
}

uint32_t
limits_swarms(const struct limits *l)
{
	return l->swarms;
}

void
limits_member(struct limits *l, const uint8_t *hash, int six,
    const uint8_t *compact, int by)
{
	struct counters at;

	l->members += (uint32_t)by;
	if (places_of(l, hash, six, compact, &at) < 0)
		return;
	l->nets[at.net].members += (uint32_t)by;
	l->by_addr[at.addr] = (uint16_t)(l->by_addr[at.addr] + by);
	l->by_addr_swarm[at.addr_swarm] =
	    (uint8_t)(l->by_addr_swarm[at.addr_swarm] + by);
	l->by_net_swarm[at.net_swarm] =
	    (uint16_t)(l->by_net_swarm[at.net_swarm] + by);
}

void
limits_swarm(struct limits *l, int by)
{
	l->swarms += (uint32_t)by;
}

int
limits_many(const struct limits *l, const uint8_t *hash, int six,
    const uint8_t *compact, int founds)
{
	struct counters at;

	return places_of(l, hash, six, compact, &at) == 0 &&
	    (l->by_addr[at.addr] >= ADDR_MAX ||
	    l->by_addr_swarm[at.addr_swarm] >= ADDR_SWARM_MAX ||
	    l->by_net_swarm[at.net_swarm] >= NET_SWARM_MAX ||
	    l->nets[at.net].members >= members_part(l) ||
	    (founds && l->nets[at.net].swarms >= swarms_part(l)));
}

uint16_t
limits_net(const struct limits *l, int six, const uint8_t *compact)
{
	if (members_scope(compact, six) == SCOPE_LOOPBACK)
		return LIMITS_NOBODY;
	return (uint16_t)(mix_of(l, six ? get64(compact) >> 16 :
	    get32(compact) >> 8) >> (64 - NET_BITS));
}

void
limits_charge(struct limits *l, uint16_t *net, uint16_t to)
{
	if (*net != LIMITS_NOBODY)
		l->nets[*net].swarms--;
	if (to != LIMITS_NOBODY)
		l->nets[to].swarms++;
	*net = to;
}

uint32_t
limits_net_swarms(const struct limits *l, uint16_t net)
{
	return net == LIMITS_NOBODY ? 0 : l->nets[net].swarms;
}

int
limits_member_over(const struct limits *l, int six, const uint8_t *compact)
{
	uint16_t net;

	if (l->members < MEMBERS_MAX / 4 * 3)
		return 0;
	net = limits_net(l, six, compact);
	return net != LIMITS_NOBODY && l->nets[net].members > members_part(l);
}

int
limits_swarm_over(const struct limits *l, uint16_t net, uint32_t members)
{
	return l->swarms >= SWARMS_MAX / 4 * 3 && limits_net_swarms(l, net) >
	    (uint64_t)swarms_part(l) * MAX(members, 1);
}

/* What of the free places a network may have. */
static uint32_t
members_part(const struct limits *l)
{
	return MAX((MEMBERS_MAX - l->members) / MEMBERS_PART, MEMBERS_LEAST);
}

static uint32_t
swarms_part(const struct limits *l)
{
	return MAX((SWARMS_MAX - l->swarms) / SWARMS_PART, SWARMS_LEAST);
}

/* 0, or -1: it is not counted.  Of an IPv6 address the first half counts, of
 * which one caller has all. */
static int
places_of(const struct limits *l, const uint8_t *hash, int six,
    const uint8_t *compact, struct counters *at)
{
	uint64_t addr = six ? get64(compact) : get32(compact);
	uint64_t a, n;

	if (members_scope(compact, six) == SCOPE_LOOPBACK)
		return -1;
	a = mix_of(l, addr);
	n = mix_of(l, addr >> (six ? 16 : 8));
	at->addr = (uint32_t)(a >> (64 - ADDR_BITS));
	at->net = (uint32_t)(n >> (64 - NET_BITS));
	at->addr_swarm = (uint32_t)(mix_in(l, a, hash) >>
	    (64 - ADDR_SWARM_BITS));
	at->net_swarm = (uint32_t)(mix_in(l, n, hash) >>
	    (64 - NET_SWARM_BITS));
	return 0;
}

static uint64_t
mix_of(const struct limits *l, uint64_t addr)
{
	addr = (addr ^ l->mix[2]) * l->mix[3];
	return (addr ^ addr >> 32) * l->mix[0];
}

static uint64_t
mix_in(const struct limits *l, uint64_t mixed, const uint8_t *hash)
{
	mixed = (mixed ^ get64(hash)) * l->mix[1];
	return (mixed ^ mixed >> 32 ^ get64(hash + 12)) * l->mix[3];
}
