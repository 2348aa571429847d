/* The far side of a connection: a peer that does as it is told, in the same
 * loop. */

#ifndef FAR_H
#define FAR_H

#include "util.h"
#include "sha1.h"
#include "addr.h"
#include "net.h"
#include "sample.h"

enum far_way {
	FAR_SEED    = 1,     /* it has all, and gives it */
	FAR_MUTE    = 2,     /* gives nothing that is asked for */
	FAR_LIES    = 4,     /* the first block of each piece is wrong */
	FAR_REJECTS = 8,     /* every request */
	FAR_CHOKES  = 16,    /* for a second, after every third block */
	FAR_RESETS  = 32,    /* after the tenth block */
	FAR_DEAF    = 64,    /* reads nothing but the handshake */
	FAR_DRIPS   = 128,   /* says the handshake a byte at a time */
	FAR_FLOODS  = 256,   /* sends blocks that nobody asked for */
	FAR_WANTS   = 512,   /* asks for all blocks */
	FAR_PLAIN   = 1024,  /* without the fast extension */
	FAR_INFO    = 2048,  /* it gives the metadata, */
	FAR_LIES_INFO = 4096, /* which is wrong */
	FAR_BIG_INFO = 8192, /* says that it is huge */
	FAR_HASTY   = 32768, /* says all at once with the handshake */
	FAR_BEGS    = 16384, /* asks again and again while it is choked */
	FAR_HAVES   = 65536, /* a seed that tells of its pieces one by one, */
	FAR_ALL     = 131072, /* or by a single word, */
	FAR_FAST    = 262144, /* or chokes for ever, and gives all the same */
	FAR_PORT    = 524288, /* says that it can be dialled at port 7777 */
	FAR_TELLS   = 1048576 /* speaks peer exchange */
};

struct far {
	const struct sample *sm;
	int ways;
	uint8_t id[ID_LEN], hash[ID_LEN];
	struct io io;
	struct timer timer;
	struct buf in, out;
	size_t may_send;      /* bytes of out, while it drips */
	int said, shook;      /* the handshake was said; came */
	int over;             /* the connection has gone */
	uint8_t our_id[ID_LEN]; /* the id in it */
	int choked, choking, interested; /* by us; it chokes us; we want */
	int info_id, pex_id;  /* ours for metadata, and for exchange; */
	int ntold;            /* peers that it was told of, */
	struct addr told;     /* the last of them */
	int nasked, ngiven, nhaves, nrejects, nunchokes, nchokes, nextended;
	int ninfo, ngood, nbad, giving_only;
	int nsuggested, nhinted; /* pieces, ever, and before an unchoke */
	struct block asked;   /* of it, the last time */
	uint32_t next;        /* the block that it asks for next */
	uint8_t *got;         /* blocks: a bit set */
};

/* Begins with the socket fd: it says its handshake, with the id n. */
void far_open(struct far *f, const struct sample *sm, int fd, int ways, int n);
void far_close(struct far *f); /* again and again, if need be */
/* Now it asks for blocks, or does not any more. */
void far_want(struct far *f, int on);
/* It tells of a peer. */
void far_tell(struct far *f, const struct addr *a);
/* Two sockets joined, the second the far side's. */
void far_pair(int sv[2]);

#endif
