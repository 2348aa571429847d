/* The metadata of a magnet link: a torrent's info dictionary, as one peer
 * sends it (BEP 9).  All of it comes from the same peer, so that its author is
 * known if it turns out wrong.  Pure. */

#ifndef METADATA_H
#define METADATA_H

#include "util.h"

enum { METADATA_PIECE = 16384 };

struct metadata {
	struct buf got;    /* owned: what has come; its first pieces whole */
	size_t size;       /* of all, as the peer says */
	uint32_t npieces, nasked, ngot;
	uint32_t first;    /* all pieces before it have come */
	uint8_t *bits;     /* owned: which have come */
	int singly;        /* it is asked for one piece at a time (also the
	                    * caller's to set, before the first): */
	uint32_t awaited;  /* the one for this piece */
	int64_t began_ms, heard_ms; /* heard: when something came last */
	int64_t asked_ms;  /* when one was asked for again */
};

/* Of size bytes, from 1 to META_NET_MAX. */
void metadata_init(struct metadata *md, size_t size, int64_t now_ms);
void metadata_free(struct metadata *md); /* what it owns, not md */
/* The next piece to ask the peer for: 1 and *piece; 0: enough requests are on
 * their way. */
int metadata_next(struct metadata *md, uint32_t *piece);
/* Some peers answer one request at a time and drop the others without a word.
 * A peer that has sent something and then been silent for a second or two is
 * asked for what is missing, a piece at a time: 1 and the piece to ask for
 * now, or 0. */
int metadata_again(struct metadata *md, uint32_t *piece, int64_t now_ms);
/* Whether the peer takes too long: 20 seconds without a piece, or on the whole
 * more than four for each piece. */
int metadata_late(const struct metadata *md, int64_t now_ms);
/* A piece came: 1 if it was the last, 0 if not, -1: it was not asked for (or
 * came twice, though not asked for again), or its length is wrong. */
int metadata_got(struct metadata *md, uint32_t piece, struct span data,
    int64_t now_ms);

#endif
