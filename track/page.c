/* A tracker's figures as text.  The page needs nothing but itself: no script,
 * no picture, no other file. */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>

#include "util.h"
#include "sha1.h"
#include "track/swarms.h"
#include "track/page.h"

static void put_largest(struct buf *out, const struct swarm_size *list, int n);

void
page_stats(struct buf *out, const struct figures *f)
{
	buf_printf(out, "torrents\t%" PRIu32 "\nseeds\t%" PRIu32
	    "\nleechers\t%" PRIu32 "\nannounces\t%" PRIu64
	    "\nscrapes\t%" PRIu64 "\nmemory\t%zu\nuptime\t%" PRId64 "\n",
	    f->census.swarms, f->census.seeds, f->census.leechers,
	    f->announces, f->scrapes, f->census.bytes, f->uptime_s);
}

void
page_html(struct buf *out, const struct figures *f, struct span host,
    const struct swarm_size *list, int n)
{
	buf_printf(out, "<!DOCTYPE html>\n<html lang=\"en\">\n"
	    "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	    "content=\"width=device-width\">\n<title>btsh track</title>\n"
	    "<style>body{font-family:sans-serif;max-width:46em;"
	    "margin:2em auto;padding:0 1em}td,th{text-align:right;"
	    "padding:.1em 1em .1em 0}td:first-child,th:first-child"
	    "{text-align:left}code{overflow-wrap:anywhere}</style>\n"
	    "<h1>A BitTorrent tracker</h1>\n");
	if (host.n > 0) {
		buf_printf(out, "<p>Announce to <code>http://");
		escape_html(out, host);
		buf_printf(out, "/announce</code> or <code>udp://");
		escape_html(out, host);
		buf_printf(out, "/announce</code>.</p>\n");
	}
	buf_printf(out, "<table>\n<tr><td>torrents<td>%" PRIu32
	    "\n<tr><td>seeds<td>%" PRIu32 "\n<tr><td>leechers<td>%" PRIu32
	    "\n<tr><td>announces<td>%" PRIu64 "\n<tr><td>scrapes<td>%" PRIu64
	    "\n<tr><td>bytes of memory<td>%zu\n<tr><td>seconds up<td>%" PRId64
	    "\n</table>\n", f->census.swarms, f->census.seeds,
	    f->census.leechers, f->announces, f->scrapes, f->census.bytes,
	    f->uptime_s);
	if (n > 0)
		put_largest(out, list, n);
	buf_printf(out, "</html>\n");
}

static void
put_largest(struct buf *out, const struct swarm_size *list, int n)
{
	char digits[2 * ID_LEN + 1];

	buf_printf(out, "<h2>The largest swarms</h2>\n<table>\n"
	    "<tr><th>info hash<th>seeds<th>leechers<th>completed\n");
	for (; n > 0; list++, n--) {
		hex(digits, list->hash, ID_LEN);
		buf_printf(out, "<tr><td><code>%s</code><td>%" PRIu32 "<td>%"
		    PRIu32 "<td>%" PRIu32 "\n", digits, list->tally.seeds,
		    list->tally.leechers, list->tally.completed);
	}
	buf_printf(out, "</table>\n");
}
