/* What others announced to a DHT node: peers of torrents, for half an hour,
 * and the tokens that allow it (BEP 5).  Pure. */

#ifndef STORED_H
#define STORED_H

#include <stdint.h>

#include "util.h"
#include "addr.h"

enum { STORED_MOST = 4096, STORED_TOKEN = 8 };

struct stored;

/* key: secret. */
struct stored *stored_new(const uint8_t key[16]);
void stored_free(struct stored *s);
/* The token for an address, of STORED_TOKEN bytes; whether one that came from
 * there was given to it in the last 5 to 10 minutes. */
void stored_token(const struct stored *s, const struct addr *a,
    int64_t now_ms, uint8_t token[STORED_TOKEN]);
int stored_allows(const struct stored *s, const struct addr *a,
    struct span token, int64_t now_ms);
/* The peer at a has the torrent.  What an address, a network or a torrent has
 * beyond its bounds takes the place of its own oldest. */
void stored_put(struct stored *s, const uint8_t *hash, const struct addr *a,
    int64_t now_ms);
/* Peers of the torrent, at most so many; of more, some at random.  How many.
 */
int stored_get(struct stored *s, const uint8_t *hash, struct addr *list,
    int most, int64_t now_ms);
/* How many there are, and entries looked at, ever. */
int stored_count(const struct stored *s);
uint64_t stored_steps(const struct stored *s);

#endif
