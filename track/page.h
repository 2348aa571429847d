/* A tracker's figures as text: lines for scripts, a page for a browser.  Pure.
 */

#ifndef PAGE_H
#define PAGE_H

#include "util.h"
#include "track/swarms.h"

struct figures {
	struct census census;
	uint64_t announces, scrapes;
	int64_t uptime_s;
};

/* Lines of a name, a tab and a number, appended. */
void page_stats(struct buf *out, const struct figures *f);
/* A page of HTML, appended: host is what the browser calls us, a stranger's
 * bytes, n 0 if it does not say; the n largest swarms stand in list. */
void page_html(struct buf *out, const struct figures *f, struct span host,
    const struct swarm_size *list, int n);

#endif
