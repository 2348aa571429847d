/* Quotas.  A slot is a period, of which 12 bits are kept, and what was taken
 * in it plus 1: 0 is a slot that nobody had. */
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "addr.h"
#include "find/quota.h"

enum { PERIODS = 0x1000 };

uint64_t
quota_hash(const uint8_t key[16], const struct addr *a, int wide)
{
	uint8_t host[18] = { 0 };

	if (addr_is_loopback(a)) {
		memcpy(host, a->ip, 16);
		put16(host + 16, a->port);
	} else if (addr_is4(a)) {
		memcpy(host, a->ip, wide ? 15 : 16);
	} else {
		memcpy(host, a->ip, wide ? 6 : 8);
	}
	return siphash(key, host, sizeof host);
}

int
quota_take(struct quota *q, uint64_t hash, int64_t period, int most)
{
	uint16_t *slot = &q->slots[hash % QUOTA_SLOTS];
	uint16_t now = (uint16_t)(period % PERIODS << 4);

	if ((*slot & 0xfff0) != now || !*slot)
		*slot = now | 1;
	if ((*slot & 15) > most)
		return 0;
	++*slot;
	return 1;
}

void
quota_clear(struct quota *q, uint64_t hash)
{
	uint16_t *slot = &q->slots[hash % QUOTA_SLOTS];

	if (*slot)
		*slot = (*slot & 0xfff0) | 1;
}

int64_t
quota_age(const struct quota *q, uint64_t hash, int64_t period)
{
	uint16_t slot = q->slots[hash % QUOTA_SLOTS];

	return slot ? (period - (slot >> 4)) % PERIODS : PERIODS;
}
