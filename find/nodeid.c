/* Node ids.  By BEP 42 the first 21 bits of an id are those of a CRC over the
 * address, masked so that a larger network has not in proportion more ids, and
 * over three random bits, which are the id's last. */
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "addr.h"
#include "find/nodeid.h"

static uint32_t prefix_of(const uint8_t *id, const struct addr *a);

int
id_common(const uint8_t *a, const uint8_t *b)
{
	int i, n = 0;
	uint8_t x;

	for (i = 0; i < ID_LEN && a[i] == b[i]; i++)
		n += 8;
	if (i < ID_LEN)
		for (x = a[i] ^ b[i]; !(x & 0x80); x = (uint8_t)(x << 1))
			n++;
	return n;
}

int
id_compare(const uint8_t *target, const uint8_t *a, const uint8_t *b)
{
	int i;

	for (i = 0; i < ID_LEN; i++)
		if (a[i] != b[i])
			return (a[i] ^ target[i]) - (b[i] ^ target[i]);
	return 0;
}

void
id_flip(uint8_t *id, int i)
{
	id[i / 8] ^= (uint8_t)(0x80 >> i % 8);
}

uint32_t
crc32c(const uint8_t *p, size_t n)
{
	uint32_t crc = UINT32_MAX;
	int i;

	for (; n > 0; p++, n--) {
		crc ^= *p;
		for (i = 0; i < 8; i++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

static uint32_t
prefix_of(const uint8_t *id, const struct addr *a)
{
	static const uint8_t masks[8] = { 0x01, 0x03, 0x07, 0x0f, 0x1f, 0x3f,
		0x7f, 0xff };
	uint8_t ip[8];
	int i, is4 = addr_is4(a), n = is4 ? 4 : 8;

	for (i = 0; i < n; i++) /* IPv4's masks are every other one of these */
		ip[i] = is4 ? a->ip[12 + i] & masks[2 * i + 1] :
		    a->ip[i] & masks[i];
	ip[0] |= (uint8_t)(id[ID_LEN - 1] << 5);
	return crc32c(ip, (size_t)n) & 0xfffff800;
}

void
id_suit(uint8_t *id, const struct addr *a)
{
	if (addr_scope(a) == SCOPE_GLOBAL)
		put32(id, prefix_of(id, a) | (get32(id) & 0x7ff));
}

int
id_fits(const uint8_t *id, const struct addr *a)
{
	return addr_scope(a) != SCOPE_GLOBAL ||
	    (get32(id) & 0xfffff800) == prefix_of(id, a);
}
