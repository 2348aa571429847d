/* Randomness and keyed hashes. */
#ifdef __linux__
#define _DEFAULT_SOURCE /* getentropy */
#endif
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "util.h"
#include "rand.h"

static uint64_t get64le(const uint8_t *p);
static uint64_t rotl64(uint64_t v, int n);
static void sip_rounds(uint64_t v[4], int n);

uint32_t
rnd_next(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (uint32_t)((*state * 2685821657736338717u) >> 32);
}

uint64_t
rnd_seed(uint64_t *state)
{
	return (uint64_t)rnd_next(state) << 32 | rnd_next(state) | 1;
}

uint32_t
rnd_below(uint64_t *state, uint32_t n)
{
	return (uint32_t)((uint64_t)rnd_next(state) * n >> 32);
}

static uint64_t
get64le(const uint8_t *p)
{
	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
	    (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
	    (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
	    (uint64_t)p[7] << 56;
}

static uint64_t
rotl64(uint64_t v, int n)
{
	return v << n | v >> (64 - n);
}

static void
sip_rounds(uint64_t v[4], int n)
{
	for (; n > 0; n--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotl64(v[1], 13) ^ v[0];
		v[3] = rotl64(v[3], 16) ^ v[2];
		v[0] = rotl64(v[0], 32) + v[3];
		v[2] += v[1];
		v[1] = rotl64(v[1], 17) ^ v[2];
		v[3] = rotl64(v[3], 21) ^ v[0];
		v[2] = rotl64(v[2], 32);
	}
}

uint64_t
siphash(const uint8_t key[16], const void *p, size_t n)
{
	const uint8_t *b = p;
	uint64_t k0 = get64le(key), k1 = get64le(key + 8), m;
	uint64_t v[4] = { k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d,
		k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573 };
	size_t left = n;

	for (; left >= 8; b += 8, left -= 8) {
		m = get64le(b);
		v[3] ^= m;
		sip_rounds(v, 2);
		v[0] ^= m;
	}
	for (m = (uint64_t)n << 56; left > 0; left--)
		m |= (uint64_t)b[left - 1] << 8 * (left - 1);
	v[3] ^= m;
	sip_rounds(v, 2);
	v[0] ^= m;
	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void
rnd_bytes(void *p, size_t n)
{
	uint8_t *s = p;
	ssize_t r;
	int fd;

#ifdef __linux__ /* needs no descriptor, which strangers may have used up */
	for (; n > 0 && getentropy(s, MIN(n, 256)) == 0; n -= MIN(n, 256))
		s += MIN(n, 256);
	if (n == 0)
		return;
#endif
	fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die("open /dev/urandom:");
	while (n > 0) {
		r = read(fd, s, n);
		if (r == 0 || (r < 0 && errno != EINTR))
			die("read /dev/urandom:");
		if (r > 0) {
			s += r;
			n -= (size_t)r;
		}
	}
	close(fd);
}
