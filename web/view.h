/* The pages that a browser is shown, and figures for programs.  Pure. */

#ifndef WEB_VIEW_H
#define WEB_VIEW_H

#include "util.h"
#include "web/share.h"

/* Who looks. */
struct visitor {
	struct span host; /* where he asked, as his Host header says it; n 0: it
	                   * does not */
	int is_here;      /* on this host: he is shown who is connected */
	int from;         /* the first torrent, or file, that is shown */
	size_t *codes;    /* bytes of links that may be shown as QR codes,
	                   * which take time: counted down; NULL: any */
};

/* The page of all torrents. */
void view_index(struct buf *out, const struct shares *all,
    const struct visitor *v);
/* The page of one, with its files. */
void view_files(struct buf *out, const struct shares *all, int i,
    const struct visitor *v);
/* Figures: a line each, key and value apart by a tab; as Prometheus reads
 * them.  uptime_s: seconds since the process began. */
void view_stats(struct buf *out, const struct shares *all, int64_t uptime_s);
void view_metrics(struct buf *out, const struct shares *all, int64_t uptime_s);

#endif
