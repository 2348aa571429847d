/* The tracker client: one list of trackers in tiers (BEP 12), announced to
 * over HTTP (BEP 3, 7, 23) and UDP (BEP 15, 41). */

#ifndef ANNOUNCE_H
#define ANNOUNCE_H

#include "addr.h"
#include "udpt.h"
#include "torrent/meta.h"

struct announce;

struct announce_ops { /* called from the loop, with arg */
	/* As it is now: uploaded, downloaded, left, numwant, partial_seed. */
	void (*figures)(void *arg, struct announce_params *p);
	void (*peers)(void *arg, const struct addr *list, int n);
	/* Trouble or news of a tracker; text is safe to print. */
	void (*message)(void *arg, const char *url, const char *text);
	void (*stopped)(void *arg); /* after announce_stop: it is over */
};

/* For a torrent of info hash hash, as peer id, listening on port.  The strings
 * of list are copied; hash and id are borrowed.  seed shuffles tiers. */
struct announce *announce_new(const struct tracker *list, int n,
    const uint8_t *hash, const uint8_t *id, uint16_t port, uint64_t seed,
    const struct announce_ops *ops, void *arg);
void announce_free(struct announce *a); /* at the end of the round */

void announce_start(struct announce *a);
void announce_completed(struct announce *a);
/* Peers are wanted before the interval is over: as soon as the tracker lets.
 */
void announce_hungry(struct announce *a);
/* At once, whatever the interval: the user wants it. */
void announce_now(struct announce *a);
/* Tells the tracker, if it ever heard of us; then ops->stopped. */
void announce_stop(struct announce *a);

#endif
