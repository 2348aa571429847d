/* Strangers who call a torrent's connections, each by a socket of his own, and
 * do as they are told. */

#ifndef STRANGERS_H
#define STRANGERS_H

#include "util.h"
#include "addr.h"
#include "sha1.h"
#include "torrent/meta.h"
#include "swarm/conns.h"

enum { CROWD_MOST = 6, CROWD_PIECES = 5, CROWD_PIECE = 2 * BLOCK_LEN,
	CROWD_SIZE = CROWD_PIECES * CROWD_PIECE - 1000, CROWD_ASKED = 32 };

struct crowd;

struct stranger {
	struct crowd *of;
	int fd;             /* his end; -1: he has gone */
	int taken, shook;
	struct link *link;  /* ours */
	struct place place;
	struct buf in;      /* owned: what he was sent and has not read */
	struct block asked[CROWD_ASKED]; /* of him, a ring */
	unsigned nasked;
};

/* Zeroed; torrent, sh and cs are the owner's to set, and each fd -1. */
struct crowd {
	const struct meta *torrent;
	struct shared sh;
	struct conns *cs;
	struct room lobby;
	struct stranger all[CROWD_MOST];
	int n;
};

/* The torrent, of these bytes; the caller frees. */
extern uint8_t crowd_bytes[CROWD_SIZE];
struct meta *crowd_torrent(void);
/* One more calls; NULL: there is no room. */
struct stranger *crowd_call(struct crowd *c, const struct addr *a);
/* He says bytes; or a handshake, by the last byte of his id. */
void crowd_say(struct stranger *x, const void *p, size_t n);
void crowd_shake(struct stranger *x, unsigned last, int dht);
/* He reads what he was sent, and notes what he is asked for; gives a block
 * that he was asked for, or one that is wrong; goes. */
void crowd_hear(struct stranger *x);
void crowd_give(struct stranger *x, unsigned which, int wrong);
void crowd_go(struct stranger *x);

#endif
