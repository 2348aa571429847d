/* SHA-1 (FIPS 180-4): one stream, and several streams side by side. */

#ifndef SHA1_H
#define SHA1_H

#include <stddef.h>
#include <stdint.h>

enum {
	SHA1_LEN   = 20,
	SHA1_LANES = 4,
	ID_LEN     = SHA1_LEN /* an info hash is one, a peer id as long */
};

/* One stream's state, the caller's own. */
struct sha1 {
	uint32_t h[5];
	uint8_t block[64]; /* the bytes after the last whole block */
	uint64_t len;      /* bytes so far */
};

enum sha1_engine { SHA1_PORTABLE, SHA1_PROCESSOR };

void sha1_init(struct sha1 *c);
void sha1_update(struct sha1 *c, const void *p, size_t len);
/* The digest of what c was given; c needs sha1_init before it is used again.
 */
void sha1_final(struct sha1 *c, uint8_t digest[SHA1_LEN]);
void sha1(const void *p, size_t len, uint8_t digest[SHA1_LEN]);

/* len bytes more to each of n streams: stream i takes p[i].  SHA1_LANES
 * streams at a time go through one loop, which is 2.5 times as fast as one by
 * one where the processor has SHA instructions. */
void sha1_lanes(struct sha1 *c, const uint8_t *const *p, size_t len, int n);

/* Which engine works from now on: for tests.  Returns the one that does:
 * SHA1_PORTABLE where the processor has no SHA instructions. */
enum sha1_engine sha1_use(enum sha1_engine e);

#endif
