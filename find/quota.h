/* How much each address may have of something in a period.  Counted in a
 * table by a keyed hash alone: addresses that fall together share theirs.
 * Pure. */

#ifndef QUOTA_H
#define QUOTA_H

#include <stdint.h>

#include "addr.h"

enum { QUOTA_SLOTS = 1024, QUOTA_MOST = 14 };

/* A hash of what one stranger has: an IPv4 address, the /64 of an IPv6 one, on
 * this host a port; wide: of a network: a /24, a /48. */
uint64_t quota_hash(const uint8_t key[16], const struct addr *a, int wide);

/* Zeroed before. */
struct quota {
	uint16_t slots[QUOTA_SLOTS]; /* the last period, 12 bits, and count */
};

/* One for the address of that hash, in a period (a number that grows with
 * time): 1; 0: it has had most, at most QUOTA_MOST. */
int quota_take(struct quota *q, uint64_t hash, int64_t period, int most);
/* All that the address took in this period is as if it had not been. */
void quota_clear(struct quota *q, uint64_t hash);
/* Periods since the address took one: large if it never did. */
int64_t quota_age(const struct quota *q, uint64_t hash, int64_t period);

#endif
