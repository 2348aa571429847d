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
#include "wire.h"

static const char protocol[] = "\23BitTorrent protocol";
static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

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

int
addr_parse(struct addr *a, const char *text, int need_port)
{
	char ip[64], *end;
	const char *colon = strrchr(text, ':'), *p = text;
	size_t n = strlen(text);
	long port = 0;

	if (*text == '[') {
		colon = strchr(text, ']');
		if (!colon)
			return -1;
		p++;
		n = (size_t)(colon++ - p);
	} else if (colon && strchr(text, ':') == colon) {
		n = (size_t)(colon - text);
	} else {
		colon = text + n; /* IPv4 or bare IPv6, without a port */
	}
	if (n >= sizeof ip)
		return -1;
	memcpy(ip, p, n);
	ip[n] = '\0';
	if (*colon == ':' && colon[1] >= '0' && colon[1] <= '9') {
		port = strtol(colon + 1, &end, 10);
		if (*end || port > 65535)
			return -1;
	} else if (*colon || need_port) {
		return -1;
	}
	a->port = (uint16_t)port;
	memcpy(a->ip, mapped, 12);
	if (*text != '[' && inet_pton(AF_INET, ip, a->ip + 12) == 1)
		return 0;
	return inet_pton(AF_INET6, ip, a->ip) == 1 ? 0 : -1;
}

char *
addr_format(char text[ADDR_TEXT], const struct addr *a)
{
	char ip[INET6_ADDRSTRLEN];

	if (addr_is4(a))
		snprintf(text, ADDR_TEXT, "%u.%u.%u.%u:%u", a->ip[12],
		    a->ip[13], a->ip[14], a->ip[15], a->port);
	else if (inet_ntop(AF_INET6, a->ip, ip, sizeof ip))
		snprintf(text, ADDR_TEXT, "[%s]:%u", ip, a->port);
	else
		snprintf(text, ADDR_TEXT, "?");
	return text;
}

int
addr_is4(const struct addr *a)
{
	return memcmp(a->ip, mapped, 12) == 0;
}

int
addr_is_loopback(const struct addr *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	return addr_is4(a) ? a->ip[12] == 127 : memcmp(a->ip, one, 16) == 0;
}

int
addr_same_ip(const struct addr *a, const struct addr *b)
{
	return memcmp(a->ip, b->ip, 16) == 0;
}

int
addr_same(const struct addr *a, const struct addr *b)
{
	return a->port == b->port && addr_same_ip(a, b);
}

int
addr_near(const struct addr *a, const struct addr *b)
{
	return addr_is4(a) || addr_is_loopback(a) ? addr_same_ip(a, b) :
	    memcmp(a->ip, b->ip, 8) == 0;
}

int
addr_near48(const struct addr *a, const struct addr *b)
{
	return addr_is4(a) || addr_is_loopback(a) ? addr_same_ip(a, b) :
	    memcmp(a->ip, b->ip, 6) == 0;
}

int
addr_dialable(const struct addr *a)
{
	static const uint8_t zero[16];

	if (a->port == 0)
		return 0;
	if (addr_is4(a))
		return a->ip[12] != 0 && a->ip[12] < 224;
	return a->ip[0] != 0xff && memcmp(a->ip, zero, 12) != 0 ?
	    1 : addr_is_loopback(a);
}

/* The IPv4 address that an IPv6 one stands for, of 4 bytes: mapped,
 * compatible (as :: and ::1 are of 0.0.0.0 and 0.0.0.1), NAT64 (RFC 6052) or
 * 6to4 (RFC 3056); NULL: none. */
static const uint8_t *
inner4(const struct addr *a)
{
	static const uint8_t zero[12], nat64[12] = { 0, 0x64, 0xff, 0x9b };

	if (addr_is4(a) || memcmp(a->ip, zero, 12) == 0 ||
	    memcmp(a->ip, nat64, 12) == 0)
		return a->ip + 12;
	return a->ip[0] == 0x20 && a->ip[1] == 0x02 ? a->ip + 2 : NULL;
}

enum addr_scope
addr_scope(const struct addr *a)
{
	static const uint8_t nat64[6] = { 0, 0x64, 0xff, 0x9b, 0, 1 };
	const uint8_t *ip = inner4(a);

	if (!ip)
		return (a->ip[0] & 0xfe) == 0xfc || (a->ip[0] == 0xfe &&
		    a->ip[1] & 0x80) || memcmp(a->ip, nat64, 6) == 0 ?
		    SCOPE_PRIVATE : SCOPE_GLOBAL;
	if (ip[0] == 127 || ip[0] == 0)
		return SCOPE_LOOPBACK; /* 0.0.0.0 leads there, too */
	return ip[0] == 10 || (ip[0] == 172 && ip[1] >> 4 == 1) ||
	    (ip[0] == 192 && ip[1] == 168) || (ip[0] == 169 && ip[1] == 254) ||
	    (ip[0] == 100 && ip[1] >> 6 == 1) ? SCOPE_PRIVATE : SCOPE_GLOBAL;
}

void
addr_unpack(struct addr *a, const uint8_t *p, int is4)
{
	if (is4) {
		memcpy(a->ip, mapped, 12);
		memcpy(a->ip + 12, p, 4);
	} else {
		memcpy(a->ip, p, 16);
	}
	a->port = get16(p + (is4 ? 4 : 16));
}

void
addr_pack(struct buf *b, const struct addr *a)
{
	size_t skip = addr_is4(a) ? 12 : 0;
	uint8_t port[2];

	put16(port, a->port);
	buf_put(b, a->ip + skip, 16 - skip);
	buf_put(b, port, 2);
}

void
udp_connect(struct buf *b, uint32_t transaction)
{
	uint8_t *p = buf_room(b, 16);

	put64(p, UDP_MAGIC);
	put32(p + 8, UDP_CONNECT);
	put32(p + 12, transaction);
	b->len += 16;
}

void
udp_announce(struct buf *b, uint64_t connection, uint32_t transaction,
    const struct announce_params *a, const char *path)
{
	uint8_t *p = buf_room(b, 98), option[2] = { 2, 0 };
	size_t n = strlen(path), k;

	put64(p, connection);
	put32(p + 8, UDP_ANNOUNCE);
	put32(p + 12, transaction);
	memcpy(p + 16, a->hash, ID_LEN);
	memcpy(p + 36, a->id, ID_LEN);
	put64(p + 56, (uint64_t)a->downloaded);
	put64(p + 64, (uint64_t)a->left);
	put64(p + 72, (uint64_t)a->uploaded);
	put32(p + 80, (uint32_t)a->event);
	put32(p + 84, 0); /* our address: the one that this comes from */
	put32(p + 88, a->key);
	put32(p + 92, (uint32_t)a->numwant);
	put16(p + 96, a->port);
	b->len += 98;
	/* BEP 41: the path, in options of at most 255 bytes; / needs none */
	if (strcmp(path, "/") == 0)
		n = 0;
	for (; n > 0; n -= k, path += k) {
		k = MIN(n, 255);
		option[1] = (uint8_t)k;
		buf_put(b, option, 2);
		buf_put(b, path, k);
	}
}

int
udp_reply(const uint8_t *p, size_t n, uint32_t transaction, struct span *body)
{
	static const size_t least[] = { 16, 20, 8, 8 };
	uint32_t action;

	if (n < 8 || get32(p + 4) != transaction)
		return -1;
	action = get32(p);
	if (action >= LEN(least) || n < least[action])
		return -1;
	body->p = p + 8;
	body->n = n - 8;
	return (int)action;
}
