/* Randomness and keyed hashes. */

#ifndef RAND_H
#define RAND_H

#include <stddef.h>
#include <stdint.h>

/* xorshift64*: choices that need no secrecy, from a seed that is not 0. */
uint32_t rnd_next(uint64_t *state);
uint32_t rnd_below(uint64_t *state, uint32_t n); /* 0 up to n - 1 */
/* A seed for another such generator. */
uint64_t rnd_seed(uint64_t *state);
/* SipHash-2-4 of n bytes under a key of 16 bytes: with a secret key, nobody
 * else can tell or aim what comes out. */
uint64_t siphash(const uint8_t key[16], const void *p, size_t n);
/* n secret random bytes from the system; dies when it has none. */
void rnd_bytes(void *p, size_t n);

#endif
