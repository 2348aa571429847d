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

/* Messages that we do not know may be as long as any. */
static const struct { const char *name; uint32_t min, max; } messages[] = {
	[MSG_CHOKE]          = { "a choke", 0, 0 },
	[MSG_UNCHOKE]        = { "an unchoke", 0, 0 },
	[MSG_INTERESTED]     = { "an interested", 0, 0 },
	[MSG_NOT_INTERESTED] = { "a not interested", 0, 0 },
	[MSG_HAVE]           = { "a have", 4, 4 },
	[MSG_BITFIELD]       = { "a bitfield", 0, UINT32_MAX }, /* see below */
	[MSG_REQUEST]        = { "a request", 12, 12 },
	[MSG_PIECE]          = { "a piece", 9, 8 + REQUEST_MAX },
	[MSG_CANCEL]         = { "a cancel", 12, 12 },
	[MSG_PORT]           = { "a port", 2, 2 },
	[MSG_SUGGEST]        = { "a suggest", 4, 4 },
	[MSG_HAVE_ALL]       = { "a have all", 0, 0 },
	[MSG_HAVE_NONE]      = { "a have none", 0, 0 },
	[MSG_REJECT]         = { "a reject", 12, 12 },
	[MSG_ALLOWED_FAST]   = { "an allowed fast", 4, 4 },
	[MSG_EXTENDED]       = { "an extended", 1, EXTENDED_MAX }
};

static int is_known(unsigned id);

void
wire_handshake(struct buf *b, const uint8_t hash[ID_LEN],
    const uint8_t id[ID_LEN], int dht)
{
	const uint8_t reserved[8] = { [5] = 0x10, [7] = dht ? 0x05 : 0x04 };

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
	    (p[25] & 0x10 ? CAN_EXTENDED : 0) |
	    (p[27] & 0x01 ? CAN_DHT : 0);
}

int
wire_is_handshake(const uint8_t *p, size_t n)
{
	if (memcmp(p, protocol, MIN(n, 8)) != 0)
		return 0;
	return n < 8 ? -1 : 1;
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
wire_put_port(struct buf *b, uint16_t port)
{
	uint8_t p[2];

	put16(p, port);
	wire_put_head(b, MSG_PORT, sizeof p);
	buf_put(b, p, sizeof p);
}

void
wire_put_head(struct buf *b, enum msg id, size_t len)
{
	uint8_t *p = buf_room(b, 5);

	put32(p, 1 + (uint32_t)len);
	p[4] = (uint8_t)id;
	b->len += 5;
}

const char *
wire_name(unsigned id)
{
	return is_known(id) ? messages[id].name : "an unknown message";
}

static int
is_known(unsigned id)
{
	return id < LEN(messages) && messages[id].name;
}

int
wire_len_ok(unsigned id, uint32_t len, uint32_t npieces)
{
	if (!is_known(id))
		return len <= EXTENDED_MAX;
	if (id == MSG_BITFIELD)
		return len == bit_bytes(npieces);
	return messages[id].min <= len && len <= messages[id].max;
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
