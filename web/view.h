/* The pages that a browser is shown, and figures for programs.  Pure. */

#ifndef WEB_VIEW_H
#define WEB_VIEW_H

#include "util.h"
#include "web/share.h"

/* Who looks. */
struct visitor {
	struct span host; /* where he asked, by his Host header; n 0: it does
	                   * not say.  One that can be no name or address and
	                   * port counts for none */
	int is_here;      /* on this host: he is shown who is connected */
	int from;         /* the first torrent, or file, that is shown, from 0;
	                   * any number does */
	size_t *codes;    /* bytes of links that may be shown as QR codes,
	                   * which take time: counted down; NULL: any */
};

/* A page is HTML, appended; nothing in it is loaded from elsewhere, and its
 * style stands in a <style>.  What ops->exhibit lends must be good until the
 * function returns. */

/* The page of the torrents from v->from on, at most 20. */
void view_index(struct buf *out, const struct shares *all,
    const struct visitor *v);
/* The page of torrent i of all, with its files from v->from on, at most 1,000.
 */
void view_files(struct buf *out, const struct shares *all, int i,
    const struct visitor *v);
/* Figures, appended: a line each, key and value apart by a tab, and then one
 * for each torrent: "torrent", its info hash, state, size, what is here, was
 * downloaded, was uploaded and went out over HTTP, peers, seeds, name.
 * uptime_s: seconds since the process began. */
void view_stats(struct buf *out, const struct shares *all, int64_t uptime_s);
/* The same as Prometheus reads them (its text format, version 0.0.4). */
void view_metrics(struct buf *out, const struct shares *all, int64_t uptime_s);

#endif
