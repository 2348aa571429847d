/* The bytes of the peer protocol (BEP 3, 5, 6, 10).  All integers are
 * big-endian. */

#ifndef WIRE_H
#define WIRE_H

#include "util.h"
#include "sha1.h"
#include "addr.h"
#include "torrent/meta.h"

enum {
	HANDSHAKE_LEN = 68,
	REQUEST_MAX   = 131072, /* bytes of block that a request may ask for */
	EXTENDED_MAX  = 65536
};

enum msg {
	MSG_CHOKE, MSG_UNCHOKE, MSG_INTERESTED, MSG_NOT_INTERESTED, MSG_HAVE,
	MSG_BITFIELD, MSG_REQUEST, MSG_PIECE, MSG_CANCEL, MSG_PORT,
	MSG_SUGGEST = 13, MSG_HAVE_ALL, MSG_HAVE_NONE, MSG_REJECT,
	MSG_ALLOWED_FAST, MSG_EXTENDED = 20
};

/* What the eight reserved bytes of a handshake can say. */
enum { CAN_FAST = 1, CAN_EXTENDED = 2, CAN_DHT = 4 };

/* Appends the whole handshake for a torrent, with our peer id; dht: we have a
 * node. */
void wire_handshake(struct buf *b, const uint8_t hash[ID_LEN],
    const uint8_t id[ID_LEN], int dht);
/* What the other side can, by the 48 bytes of its handshake that stand before
 * the peer id; -1: they are not BitTorrent's. */
int wire_handshake_flags(const uint8_t *p);
/* Whether n bytes, 8 of which are enough, begin one: 1 or 0; or -1: more will
 * tell. */
int wire_is_handshake(const uint8_t *p, size_t n);

/* Appends a message of n of the integers x, y, z (n up to 3). */
void wire_put(struct buf *b, enum msg id, int n, uint32_t x, uint32_t y,
    uint32_t z);
/* Appends BEP 5's message: where our DHT node is. */
void wire_put_port(struct buf *b, uint16_t port);
/* Appends the head of a message, whose payload of len bytes the caller appends
 * then. */
void wire_put_head(struct buf *b, enum msg id, size_t len);
/* Whether a message may have len bytes after its id in a torrent of npieces
 * pieces.  Messages that we do not know may have up to EXTENDED_MAX, and are
 * skipped. */
int wire_len_ok(unsigned id, uint32_t len, uint32_t npieces);
/* What a message is called, with an article: "a choke". */
const char *wire_name(unsigned id);
/* The block that the 12 bytes at p name. */
struct block wire_block(const uint8_t *p);

/* Writes BEP 6's allowed fast set for an IPv4 address to set: k pieces, fewer
 * if the torrent has no k, none for IPv6.  Returns how many. */
int wire_fast_set(uint32_t *set, int k, uint32_t npieces,
    const uint8_t hash[ID_LEN], const struct addr *a);

#endif
