/* One connection's protocol (BEP 3, 5, 6, 9, 10, 11, 20, 21): bytes in, bytes
 * and events out.  Pure: the caller moves the bytes and tells the time. */

#ifndef PEER_H
#define PEER_H

#include "util.h"
#include "sha1.h"
#include "addr.h"
#include "torrent/meta.h"
#include "swarm/requests.h"
#include "swarm/ext.h"

enum {
	HELD_MAX     = 2048,      /* requests held for a peer: our reqq */
	OUT_MAX      = 512 << 10, /* bytes to be sent, then input waits */
	EARLY_MAX    = 128 << 10, /* news kept until the shape is known */
	FAST_SET     = 10,        /* pieces allowed fast to a new peer, */
	FAST_BYTES   = 8 << 20,   /* but not more than so many bytes */
	FAST_BLOCKS  = FAST_BYTES / BLOCK_LEN + FAST_SET
};

struct peer;

/* News, each with the arg given to peer_init.  None may free the peer. */
struct peer_ops {
	/* A caller's handshake names a torrent.  If it may come in, call
	 * peer_bind and return 0; -1 hangs up. */
	int (*hello)(void *arg, const uint8_t hash[20]);
	/* Both handshakes are through; the peer's id is known.  -1 hangs up;
	 * else the first messages are to be sent now. */
	int (*ready)(void *arg);
	/* What it has, besides what it said before. */
	void (*has)(void *arg, uint32_t piece);
	void (*has_bits)(void *arg, const uint8_t *bits);
	void (*has_all)(void *arg);
	void (*choked)(void *arg, int choked);     /* it chokes us, or not */
	void (*interested)(void *arg, int interested);
	/* A block that may or may not have been asked for: 0, or -1: hang up.
	 * data is borrowed until fed, which follows the last block of what is
	 * being fed. */
	int (*block)(void *arg, struct block b, const uint8_t *data,
	    int64_t now_ms);
	void (*fed)(void *arg);
	/* It will not send a block: 0, or -1 if it had not been asked. */
	int (*rejected)(void *arg, struct block b);
	void (*suggested)(void *arg, uint32_t piece);
	void (*allowed)(void *arg, uint32_t piece);
	void (*asked)(void *arg, uint32_t piece);  /* it requests a block */
	/* The data of n requests for pieces that we have, each to its place:
	 * 0, or -1. */
	int (*read)(void *arg, const struct block *b, uint8_t *const *data,
	    int n);
	void (*extended)(void *arg);               /* extended handshake */
	/* A piece of the metadata, borrowed during the call; data.p NULL: it
	 * will not send it. */
	void (*metadata)(void *arg, uint32_t piece, struct span data);
	/* Of whom it knows (BEP 11): a dictionary, borrowed likewise. */
	void (*exchange)(void *arg, struct span dict);
	void (*node)(void *arg, uint16_t port);    /* its DHT node's */
};

struct peer {
	struct buf out;           /* to be sent; owned */
	const struct peer_ops *ops;
	void *arg;
	int state;
	/* set by peer_bind, borrowed */
	struct shape sh;
	const uint8_t *hash, *my_id, *have;
	int shapeless;            /* sh and have are not known yet */
	struct buf early;         /* what it said of them until then; owned */
	/* the caller's to set */
	struct span info;         /* metadata that may be given, or none */
	int giving_only;          /* nothing is wanted (BEP 21) */
	int gives;                /* something may be uploaded */
	int exchanges;            /* BEP 11 is spoken */
	uint16_t node_port;       /* of our DHT node; 0: we have none */
	/* what we know of it */
	uint8_t id[ID_LEN];
	int can;                  /* CAN_FAST, CAN_EXTENDED */
	struct ext ext;           /* what it said of itself */
	/* choking and interest, as both sides were told */
	int am_choking, am_interested, peer_choking, peer_interested;
	uint32_t nhas;            /* pieces that it told of, about */
	struct requests held;     /* what it asks for; owned */
	uint64_t info_sent;       /* bytes of metadata that it was given, */
	size_t info_given;        /* and those that peer_serve did not count */
	int full;                 /* the next message waits for room */
	uint32_t fast[FAST_SET];  /* what it gets while we choke it, */
	int nfast, told_fast;     /* and whether it knows; */
	uint8_t fast_given[(FAST_BLOCKS + 7) / 8]; /* the blocks that it got */
	int nblocks;              /* in what is being fed */
	int64_t began_ms, heard_ms, sent_ms;
	char why[80];             /* it was hung up */
};

/* A new connection, whose news go to arg.  If we dialled, peer_bind follows at
 * once; a caller is bound in ops->hello. */
void peer_init(struct peer *p, const struct peer_ops *ops, void *arg,
    int64_t now_ms);
/* The news go to another owner from now on. */
void peer_hand(struct peer *p, const struct peer_ops *ops, void *arg);
/* The connection that we dialled stands: its handshake is awaited from now
 * on. */
void peer_connected(struct peer *p, int64_t now_ms);
void peer_free(struct peer *p); /* what it owns, not p */
/* The torrent that the connection is about.  Sends our handshake.  hash, my_id
 * (ID_LEN bytes) and have (a bit set) are borrowed.  sh NULL: its pieces are
 * not known yet; what the peer says of them is kept until peer_shape tells. */
void peer_bind(struct peer *p, const struct shape *sh, const uint8_t *hash,
    const uint8_t *my_id, const uint8_t *have);

/* The pieces of a torrent that was bound without; what the peer said of them
 * is told now.  0, or -1: hang up. */
int peer_shape(struct peer *p, const struct shape *sh, const uint8_t *have,
    int64_t now_ms);

/* Reads n bytes that came.  Returns how many it consumed, or -1: hang up.  A
 * message is only consumed whole: the caller keeps the rest and gives it again
 * with what follows, or, if p is full, when peer_resumes. */
long peer_feed(struct peer *p, const uint8_t *data, size_t n, int64_t now_ms);
/* Whether p cannot take the next message before something was sent to it:
 * nothing more need be read. */
int peer_is_full(const struct peer *p);
/* Whether there is room again for the message that p was too full for. */
int peer_resumes(const struct peer *p);
/* Whether so much waits to be sent that nothing more should be added. */
int peer_is_clogged(const struct peer *p);
/* The peer has taken n bytes of p->out. */
void peer_sent(struct peer *p, size_t n, int64_t now_ms);
/* When p wants the next tick, or -1: hang up, the peer was silent too long. */
int64_t peer_tick(struct peer *p, int64_t now_ms);
/* Why a call has said to hang up, in words of ours: "a have of piece 900 of
 * 12".  Borrowed from p. */
const char *peer_why(const struct peer *p);
/* No more events, also of bytes that are being fed. */
void peer_end(struct peer *p);

/* The first messages, in ready: what we have, the extended handshake (our
 * port, how we see the peer), our DHT node's port and the fast set. */
void peer_greet(struct peer *p, uint16_t port, const struct addr *peer_addr);
/* Our extended handshake again, with info and giving_only (BEP 21) as they are
 * now. */
void peer_extend(struct peer *p, uint16_t port, const struct addr *peer_addr);
void peer_choke(struct peer *p, int choke);
void peer_interest(struct peer *p, int interested);
void peer_suggest(struct peer *p, uint32_t piece); /* one who CAN_FAST */
void peer_announce(struct peer *p, uint32_t piece); /* have */
void peer_request(struct peer *p, struct block b);
void peer_cancel(struct peer *p, struct block b);
void peer_ask_metadata(struct peer *p, uint32_t piece); /* BEP 9 */
/* Of whom we know (BEP 11): a dictionary; only if p->ext.pex_id is not 0. */
void peer_exchange(struct peer *p, struct span dict);
/* Whether the peer's requests wait for peer_serve. */
int peer_owes(const struct peer *p);
/* Answers requests until p->out holds most bytes, 0: none.  Returns the bytes
 * of blocks, and of metadata since the last call, that were put there, or -1:
 * the data could not be read. */
long peer_serve(struct peer *p, size_t most);

#endif
