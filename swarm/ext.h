/* The messages of BEP 10's extensions: what both sides say of themselves, and
 * metadata (BEP 9).  Pure. */

#ifndef EXT_H
#define EXT_H

#include <stdint.h>

#include "util.h"
#include "addr.h"

/* Our ids of extended messages. */
enum ext_kind { EXT_HANDSHAKE, EXT_METADATA, EXT_PEX };
/* Kinds of metadata messages (BEP 9). */
enum { MD_REQUEST, MD_DATA, MD_REJECT };

/* What a peer has said of itself. */
struct ext {
	uint8_t metadata_id;   /* its id for BEP 9, 0: it speaks none; */
	uint8_t pex_id;        /* for BEP 11 */
	int reqq;              /* requests that it takes */
	uint16_t port;         /* where it listens, 0: it did not say */
	int64_t metadata_size; /* bytes, as it says; 0: it has none */
	int encrypts;          /* it prefers encrypted connections */
	struct addr yourip;    /* how it sees us; port 0; all zero: not said */
	char client[64];       /* escaped, "" if it did not say */
};
void ext_init(struct ext *e);
/* Reads its handshake, a dictionary; what that leaves out stays as it is.
 * reqq is at most reqq_max. */
void ext_read(struct ext *e, struct span dict, int reqq_max);

/* What we say of ourselves. */
struct ext_own {
	size_t metadata_size;       /* 0: we have none */
	uint16_t port;              /* 0: nobody can call */
	int reqq, giving_only, pex;
	const struct addr *yourip;
};
/* Appends our handshake, a whole message. */
void ext_put_own(struct buf *out, const struct ext_own *own);
/* Appends a message of an extension: the peer's id for it, a dictionary, and
 * what follows that. */
void ext_put(struct buf *out, uint8_t id, struct span dict, struct span rest);
/* The same for a piece of metadata; size: of all of it, for MD_DATA. */
void ext_put_metadata(struct buf *out, uint8_t id, int kind, uint32_t piece,
    struct span data, size_t size);

#endif
