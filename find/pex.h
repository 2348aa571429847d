/* Peer exchange (BEP 11): what the peers of one torrent tell each other of
 * those with whom they are connected.  Pure. */

#ifndef PEX_H
#define PEX_H

#include <stdint.h>

#include "util.h"
#include "addr.h"

enum {
	PEX_MOST  = 50,    /* addresses of a message, added or dropped */
	PEX_SLOTS = 200,   /* peers of which others are told */
	PEX_MS    = 60000  /* between messages */
};

/* What a message says of an address that was added. */
enum { PEX_ENCRYPTS = 1, PEX_SEED = 2, PEX_REACHED = 16 };

struct pex;

/* A connection's part; zeroed, and addr set, before anything is called. */
struct pex_peer {
	struct addr addr;   /* where the peer is */
	/* the rest is pex.c's */
	int slot;           /* its own, from 1 on; 0: nobody is told of it */
	uint8_t told[PEX_SLOTS / 8]; /* of whom it was told */
	uint32_t seen;      /* the changes up to which it was */
	int64_t due_ms;     /* its next message */
	int64_t heard_ms;   /* the time up to which its own are paid */
};

struct pex *pex_new(uint64_t seed);
void pex_free(struct pex *x);

/* The peer can be dialled at home: others will be told, as far as there is
 * room. */
void pex_join(struct pex *x, struct pex_peer *p, const struct addr *home,
    int flags);
/* The peer is gone: those who were told of it will be told so. */
void pex_leave(struct pex *x, struct pex_peer *p);
/* Appends the message that p should get now; is_seed: it wants no seeds.  1,
 * or 0: there is nothing to tell, or it is not time. */
int pex_put(struct pex *x, struct pex_peer *p, int is_seed, int64_t now_ms,
    struct buf *out);
/* The addresses that p's message, a dictionary, has added, PEX_MOST at most:
 * none that come too often, and none that are nearer to us than p is.  Returns
 * how many. */
int pex_read(struct pex_peer *p, struct span dict, int64_t now_ms,
    struct addr list[PEX_MOST]);

#endif
