/* The owner of a connection who notes all that he is told. */

#ifndef EARS_H
#define EARS_H

#include "util.h"
#include "sha1.h"
#include "torrent/meta.h"
#include "swarm/peer.h"

enum { EARS_PIECES = 21, EARS_PIECE = 32768 };
/* How the owner is: he seeks the metadata, chokes, uploads nothing, or has
 * metadata to give. */
enum { EARS_SEEK = 1, EARS_CHOKE = 2, EARS_MEAN = 4, EARS_INFO = 8 };

/* The arg of ears_ops; zeroed but for how. */
struct ears {
	struct peer p;
	struct buf log;  /* what he was told; owned, as p's */
	unsigned how;
	int nlent;
};

/* Of the torrent, of which he has the first twelve pieces. */
extern const uint8_t ears_hash[ID_LEN], ears_have[3];
extern const struct shape ears_shape;
extern const struct peer_ops ears_ops;

#endif
