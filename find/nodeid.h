/* Node ids of the DHT: how near they are to a target (BEP 5), and which an
 * address may have (BEP 42).  An id is ID_LEN bytes.  Pure. */

#ifndef NODEID_H
#define NODEID_H

#include <stddef.h>
#include <stdint.h>

#include "sha1.h"
#include "addr.h"

/* Leading bits that two ids have in common: 0 up to 160, when they are one. */
int id_common(const uint8_t *a, const uint8_t *b);
/* Below 0: a is nearer to the target than b; 0: they are one; else above. */
int id_compare(const uint8_t *target, const uint8_t *a, const uint8_t *b);
/* Bit i of an id, 0 the highest, is turned. */
void id_flip(uint8_t *id, int i);
/* Castagnoli's CRC of n bytes. */
uint32_t crc32c(const uint8_t *p, size_t n);
/* Makes an id of ID_LEN random bytes one that the address may have. */
void id_suit(uint8_t *id, const struct addr *a);
/* Whether the address may have the id: any, where it is not global. */
int id_fits(const uint8_t *id, const struct addr *a);

#endif
