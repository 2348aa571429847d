/* The bytes of the peer protocol (BEP 3, 6, 10).  All integers are big-endian.
 */

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
enum { CAN_FAST = 1, CAN_EXTENDED = 2 };

/* The whole handshake, and its parts: flags of the 48 bytes before the peer
 * id, or -1 if they are not BitTorrent's. */
void wire_handshake(struct buf *b, const uint8_t hash[ID_LEN],
    const uint8_t id[ID_LEN]);
int wire_handshake_flags(const uint8_t *p);

/* A message with n 32-bit integers (n up to 3) and no payload. */
void wire_put(struct buf *b, enum msg id, int n, uint32_t x, uint32_t y,
    uint32_t z);
/* The head of a message whose payload of len bytes the caller appends. */
void wire_put_head(struct buf *b, enum msg id, size_t len);
/* Whether a message id may have len bytes after the id in a torrent of npieces
 * pieces.  Of ids that we do not know any length up to EXTENDED_MAX may be
 * skipped. */
int wire_len_ok(unsigned id, uint32_t len, uint32_t npieces);
struct block wire_block(const uint8_t *p); /* 12 bytes */

/* BEP 6's allowed fast set for an IPv4 address: k pieces, fewer if there are
 * no k, none for IPv6.  Returns how many it wrote to set. */
int wire_fast_set(uint32_t *set, int k, uint32_t npieces,
    const uint8_t hash[ID_LEN], const struct addr *a);

#endif
