/* What a tracker says of a swarm when it is scraped over HTTP (BEP 48).  Pure.
 */

#ifndef TALLY_H
#define TALLY_H

#include "util.h"

/* -1: it does not say. */
struct swarm_tally {
	int64_t seeds, leechers, completed;
};
#define TALLY_NONE ((struct swarm_tally){ -1, -1, -1 })

/* Makes the path, with its query, of an announce that of a scrape, in place:
 * 0, or -1: the tracker has none. */
int tally_path(char *path);
/* Reads a reply, a bencoded dictionary: NULL, or what is wrong. */
const char *tally_read(struct swarm_tally *t, struct span reply,
    const uint8_t *hash);
/* Takes what is larger in another tally of the same swarm. */
void tally_most(struct swarm_tally *t, const struct swarm_tally *other);

#endif
