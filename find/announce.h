/* The tracker client of one torrent: lists of trackers in tiers (BEP 12), each
 * announced to by itself. */

#ifndef ANNOUNCE_H
#define ANNOUNCE_H

#include "addr.h"
#include "udpt.h"
#include "route.h"
#include "torrent/meta.h"

struct announce;

struct announce_ops { /* called from the loop, with arg */
	/* As it is now: uploaded, downloaded, left, numwant, partial_seed,
	 * port. */
	void (*figures)(void *arg, struct announce_params *p);
	void (*peers)(void *arg, const struct addr *list, int n);
	/* Trouble or news of a tracker; text is safe to print. */
	void (*message)(void *arg, const char *url, const char *text);
	/* After announce_stop: all trackers have heard of it, or cannot.  This
	 * alone may be called from within announce_stop. */
	void (*stopped)(void *arg);
};

/* For a torrent of info hash hash, as peer id, both borrowed.  Trackers are
 * asked by the route rt, borrowed (NULL: straight, from any address).  seed
 * shuffles tiers. */
struct announce *announce_new(const uint8_t *hash, const uint8_t *id,
    struct route *rt, uint64_t seed, const struct announce_ops *ops,
    void *arg);
/* Before announce_start: n trackers more, in tiers of their own, which are
 * announced to whatever becomes of those that were added before.  At most
 * ANNOUNCE_LISTS times.  The strings of list are copied. */
enum { ANNOUNCE_LISTS = 2 };
void announce_add(struct announce *a, const struct tracker *list, int n);
void announce_free(struct announce *a); /* at the end of the round */

void announce_start(struct announce *a);
/* The torrent is whole since now, which each tracker that knew of us is told.
 */
void announce_completed(struct announce *a);
/* Peers are wanted before the interval is over: each list announces as soon as
 * its tracker lets. */
void announce_hungry(struct announce *a);
/* The network is another one: each list announces at once, also one that waits
 * for an answer; not all: those alone that wait, or have failed. */
void announce_renew(struct announce *a, int all);
/* Each list announces at once, whatever the interval: the user wants it. */
void announce_now(struct announce *a);
/* Tells each tracker that ever heard of us that we leave; then ops->stopped.
 */
void announce_stop(struct announce *a);

#endif
