/* All trackers of a torrent, asked how many are in its swarm. */

#ifndef SCRAPE_H
#define SCRAPE_H

#include "torrent/meta.h"
#include "find/tally.h"

struct scraped {
	struct swarm_tally tally;
	char why[256];  /* it has not answered; safe to print; "": it has */
};

/* Runs the loop until all have answered, SCRAPE_MS at most.  As many as m has
 * trackers, in their order, owned by the caller. */
enum { SCRAPE_MS = 15000 };
struct scraped *scrape(const struct meta *m);

#endif
