/* The bytes on the wire.  One table knows how long each message may be; what
 * passes it can be read without further checks of its length. */
#include <sys/types.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "addr.h"
#include "torrent/meta.h"
#include "swarm/wire.h"

static const char protocol[] = "\23BitTorrent protocol";

void
wire_handshake(struct buf *b, const uint8_t hash[ID_LEN],
    const uint8_t id[ID_LEN])
{
	static const uint8_t reserved[8] = { [5] = 0x10, [7] = 0x04 };

	buf_put(b, protocol, 20);
	buf_put(b, reserved, 8);
	buf_put(b, hash, ID_LEN);
	buf_put(b, id, ID_LEN);
}

int
wire_handshake_flags(const uint8_t *p)
{
	if (memcmp(p, protocol, 20) != 0)
		return -1;
	return (p[27] & 0x04 ? CAN_FAST : 0) |
	    (p[25] & 0x10 ? CAN_EXTENDED : 0);
}

void
wire_put(struct buf *b, enum msg id, int n, uint32_t x, uint32_t y, uint32_t z)
{
	uint8_t *p = buf_room(b, 17);

	put32(p, 1 + 4 * (uint32_t)n);
	p[4] = (uint8_t)id;
	put32(p + 5, x);
	put32(p + 9, y);
	put32(p + 13, z);
	b->len += 5 + 4 * (size_t)n;
}

void
wire_put_head(struct buf *b, enum msg id, size_t len)
{
	uint8_t *p = buf_room(b, 5);

	put32(p, 1 + (uint32_t)len);
	p[4] = (uint8_t)id;
	b->len += 5;
}

int
wire_len_ok(unsigned id, uint32_t len, uint32_t npieces)
{
	static const struct { uint32_t min, max; } lens[] = {
		[MSG_CHOKE]          = { 0, 0 },
		[MSG_UNCHOKE]        = { 0, 0 },
		[MSG_INTERESTED]     = { 0, 0 },
		[MSG_NOT_INTERESTED] = { 0, 0 },
		[MSG_HAVE]           = { 4, 4 },
		[MSG_BITFIELD]       = { 0, UINT32_MAX }, /* exact: below */
		[MSG_REQUEST]        = { 12, 12 },
		[MSG_PIECE]          = { 9, 8 + REQUEST_MAX },
		[MSG_CANCEL]         = { 12, 12 },
		[MSG_PORT]           = { 2, 2 },
		[10]                 = { 0, EXTENDED_MAX },
		[11]                 = { 0, EXTENDED_MAX },
		[12]                 = { 0, EXTENDED_MAX },
		[MSG_SUGGEST]        = { 4, 4 },
		[MSG_HAVE_ALL]       = { 0, 0 },
		[MSG_HAVE_NONE]      = { 0, 0 },
		[MSG_REJECT]         = { 12, 12 },
		[MSG_ALLOWED_FAST]   = { 4, 4 },
		[18]                 = { 0, EXTENDED_MAX },
		[19]                 = { 0, EXTENDED_MAX },
		[MSG_EXTENDED]       = { 1, EXTENDED_MAX },
	};

	if (id >= LEN(lens))
		return len <= EXTENDED_MAX;
	if (id == MSG_BITFIELD)
		return len == bit_bytes(npieces);
	return lens[id].min <= len && len <= lens[id].max;
}

struct block
wire_block(const uint8_t *p)
{
	struct block b = { get32(p), get32(p + 4), get32(p + 8) };

	return b;
}

int
wire_fast_set(uint32_t *set, int k, uint32_t npieces,
    const uint8_t hash[ID_LEN], const struct addr *a)
{
	uint8_t x[4 + ID_LEN], digest[SHA1_LEN];
	uint32_t piece;
	int i, j, n = 0;

	if (!addr_is4(a))
		return 0;
	if ((uint32_t)k > npieces)
		k = (int)npieces;
	memcpy(x, a->ip + 12, 3);
	x[3] = 0;
	memcpy(x + 4, hash, ID_LEN);
	for (sha1(x, sizeof x, digest); n < k;
	    memcpy(x, digest, SHA1_LEN), sha1(x, SHA1_LEN, digest)) {
		for (i = 0; i < SHA1_LEN && n < k; i += 4) {
			piece = get32(digest + i) % npieces;
			for (j = 0; j < n && set[j] != piece; j++)
				;
			if (j == n)
				set[n++] = piece;
		}
	}
	return n;
}
