/* The pages about what is shared, and its figures for programs.
 *
 * A page needs nothing but itself: no script, no font, no picture, no other
 * file.  It is read on a telephone and in the dark, and loads itself anew only
 * while something is being fetched.  What a stranger says stands in it escaped
 * (text, quoted values) or percent-encoded (paths of links), and in no third
 * way; a command to be pasted has no host in it that a shell would obey.
 *
 * What a page costs is bounded: so many torrents, so many files of each or so
 * many bytes of these, so many files passed over, and a bar of so many cells.
 * The rest is on other pages, which ?from= names: the number of a torrent
 * among all, or of a file in the torrent. */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "bencode.h"
#include "addr.h"
#include "url.h"
#include "torrent/meta.h"
#include "web/share.h"
#include "web/qr.h"
#include "web/view.h"

enum {
	TORRENTS_PAGE = 20,
	FILES_ENTRY   = 20,       /* below a torrent, where others follow; */
	FILES_PAGE    = 1000,     /* on a page of its own; */
	ENTRY_BYTES   = 32 << 10, /* and the bytes after which neither has */
	PAGE_BYTES    = 1 << 20,  /* one more */
	FILES_PASSED  = 20000,    /* looked at for these */
	PEERS_SHOWN   = 50,
	CELLS         = 200,      /* of a bar */
	SHADES        = 4,        /* of a cell: the last is a whole one's */
	HOST_MAX      = 262,      /* bytes of a name and a port */
	CODES_BYTES   = 4096,     /* of links that codes hold: 20 ms of work */
	REFRESH_S     = 5,
	FIGURES       = 9
};

/* A torrent as it is shown; all is borrowed. */
struct showing {
	struct buf *out;
	const struct share_ops *ops;
	const struct visitor *v;
	struct span host;        /* the visitor's, if it is a plain one */
	struct share *s;
	const struct exhibit *e;
	int alone;               /* on a page of its own, its files from
	                          * v->from on */
	size_t coded;            /* bytes of links in QR codes so far */
};

static struct exhibit *look(const struct shares *all, int from, int n);
static struct span plain_host(struct span host);
static void put_top(struct buf *out, struct span title,
    const struct exhibit *list, int n);
static void put_bottom(struct buf *out, const struct visitor *v);
static void put_entry(struct showing *w);
static struct span name_of(const struct exhibit *e, char digits[41]);
static void put_link(const struct showing *w, const char *tail,
    const char *text);
static void put_facts(const struct showing *w);
static int percent(int64_t here, int64_t size);
static void put_size(struct buf *out, int64_t bytes);
static void put_bar(const struct showing *w);
static uint32_t count(const uint8_t *have, uint32_t from, uint32_t to);
static void put_ways(struct showing *w);
static void put_magnet(struct showing *w, struct span link);
static const char *open_if(int alone);
static void put_peers(const struct showing *w);
static void put_files(const struct showing *w);
static int is_listed(const struct exhibit *e, uint32_t file);
static uint32_t list_before(const struct exhibit *e, uint32_t from);
static void put_file(const struct showing *w, const struct file *f);
static void put_turn(const struct showing *w, uint32_t from, const char *rel,
    const char *text);
static void measure(int64_t v[FIGURES], const struct share *s,
    const struct exhibit *e);
static void put_series(struct buf *out, const char *name, const char *type,
    const char *help);
static void put_label(struct buf *out, struct span s);

static const char style[] =
	":root{color-scheme:light dark;--quiet:#5c5c5c;--line:#dcdcdc;"
	"--here:#1a7f37}\n"
	"@media(prefers-color-scheme:dark){:root{--quiet:#a6a6a6;"
	"--line:#404040;--here:#3fb950}}\n"
	"body{font:1rem/1.5 system-ui,sans-serif;max-width:46rem;"
	"margin:1rem auto;padding:0 1rem;overflow-wrap:anywhere}\n"
	"h1,h2{line-height:1.25;margin:0}h1{font-size:1.5rem}"
	"h2{font-size:1.15rem}p{margin:.35rem 0}\n"
	"article{border-top:1px solid var(--line);margin-top:1rem;"
	"padding-top:1rem}\n"
	".to{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;"
	"margin:.5rem 0;padding:0;list-style:none}\n"
	"span,th,summary,.q{color:var(--quiet)}"
	".to span{display:block;font-size:.8rem}\n"
	"h2 a,td a{text-decoration:none}h2 a:hover,td a:hover"
	"{text-decoration:underline}\n"
	"code{font:.85rem ui-monospace,monospace;user-select:all;"
	"-webkit-user-select:all}\n"
	".one{overflow:hidden;white-space:nowrap;text-overflow:ellipsis}\n"
	".bar{display:block;width:100%;height:.6rem;background:var(--line);"
	"stroke:var(--here);shape-rendering:crispEdges}\n"
	".qr{max-width:18rem;margin:.5rem 0;color:#000;background:#fff}"
	".qr svg{display:block}\n"
	"summary{cursor:pointer}table{border-collapse:collapse;width:100%}\n"
	"th{font-weight:400;text-align:left}td,th{padding:.2rem 0;"
	"vertical-align:top;border-bottom:1px solid var(--line)}\n"
	"td+td,th+th{text-align:right;white-space:nowrap;padding-left:1rem}\n"
	"td+td,.to{font-variant-numeric:tabular-nums}\n"
	"footer{margin-top:1.5rem;font-size:.85rem}\n";

/* What is told of each torrent, in this order; in_line: also in its line of
 * view_stats. */
static const struct {
	const char *key;
	int in_line;
	const char *name, *type, *help;
} figures[FIGURES] = {
	{ "size", 1, "size_bytes", "gauge", "Bytes that are wanted." },
	{ "here", 1, "here_bytes", "gauge", "Bytes of pieces that are here." },
	{ "downloaded", 1, "downloaded_bytes_total", "counter",
	    "Bytes of blocks that came from peers." },
	{ "uploaded", 1, "uploaded_bytes_total", "counter",
	    "Bytes of blocks that went to peers." },
	{ "web", 1, "web_bytes_total", "counter",
	    "Bytes of files that went out over HTTP." },
	{ "down_bps", 0, "download_bytes_per_second", "gauge",
	    "How fast blocks come." },
	{ "up_bps", 0, "upload_bytes_per_second", "gauge",
	    "How fast blocks go." },
	{ "peers", 1, "peers", "gauge", "Connected peers, seeds included." },
	{ "seeds", 1, "seeds", "gauge", "Connected seeds." },
};

void
view_index(struct buf *out, const struct shares *all, const struct visitor *v)
{
	struct showing w = { out, all->ops, v, plain_host(v->host), NULL,
	    NULL, 0, 0 };
	int last = MAX(all->n - 1, 0);
	int from = v->from > last ? last / TORRENTS_PAGE * TORRENTS_PAGE :
	    MAX(v->from, 0);
	int n = MIN(all->n - from, TORRENTS_PAGE), i;
	struct exhibit *list = look(all, from, n);

	put_top(out, span_of("Torrents"), list, n);
	buf_printf(out, "<h1>Torrents</h1>\n");
	if (n < all->n)
		buf_printf(out, "<p class=\"q\">%d to %d of %d, the oldest "
		    "first</p>\n", from + 1, from + n, all->n);
	if (all->n == 0)
		buf_printf(out, "<p>There are none yet. Give <code>btsh "
		    "peer</code> one: a torrent, a magnet link or a URL, as "
		    "an argument or as a line of its standard input.</p>\n");
	for (i = 0; i < n; i++) {
		w.s = all->list[from + i];
		w.e = &list[i];
		put_entry(&w);
	}
	if (n < all->n)
		buf_printf(out, "<nav class=\"to\">");
	if (from > 0)
		buf_printf(out, "<a rel=\"prev\" href=\"/?from=%d\">Earlier "
		    "torrents</a> ", MAX(from - TORRENTS_PAGE, 0));
	if (from + n < all->n)
		buf_printf(out, "<a rel=\"next\" href=\"/?from=%d\">Later "
		    "torrents</a>", from + n);
	buf_printf(out, "%s", n < all->n ? "</nav>\n" : "");
	put_bottom(out, v);
	free(list);
}

void
view_files(struct buf *out, const struct shares *all, int i,
    const struct visitor *v)
{
	struct exhibit *e = look(all, i, 1);
	struct showing w = { out, all->ops, v, plain_host(v->host),
	    all->list[i], e, 1, 0 };
	char digits[41];

	put_top(out, name_of(e, digits), e, 1);
	buf_printf(out, "<nav class=\"to\"><a href=\"/\">All torrents</a>"
	    "</nav>\n");
	put_entry(&w);
	put_bottom(out, v);
	free(e);
}

/* n of them as they are now; the caller frees. */
static struct exhibit *
look(const struct shares *all, int from, int n)
{
	struct exhibit *list = xcalloc((size_t)n, sizeof *list);
	int i;

	for (i = 0; i < n; i++)
		all->ops->exhibit(all->list[from + i]->owner, &list[i]);
	return list;
}

/* The host, if it has nothing in it but what names, addresses and ports have;
 * or nothing. */
static struct span
plain_host(struct span host)
{
	size_t i;

	for (i = 0; i < host.n && host.p[i] && strchr("abcdefghijklmnopqrstuv"
	    "wxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]", host.p[i]); i++)
		;
	return i < host.n || i == 0 || i > HOST_MAX ? span_of("") : host;
}

static void
put_top(struct buf *out, struct span title, const struct exhibit *list, int n)
{
	int i, fetching = 0;

	for (i = 0; i < n; i++)
		fetching |= list[i].fetching;
	buf_printf(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
	    "content=\"width=device-width\">\n");
	if (fetching)
		buf_printf(out, "<meta http-equiv=\"refresh\" "
		    "content=\"%d\">\n", REFRESH_S);
	buf_printf(out, "<link rel=\"icon\" href=\"data:,\">\n<title>");
	escape_html(out, title);
	buf_printf(out, " - btsh</title>\n<style>\n%s</style>\n</head>\n"
	    "<body>\n<main>\n", style);
}

static void
put_bottom(struct buf *out, const struct visitor *v)
{
	buf_printf(out, "</main>\n");
	if (v->is_here)
		buf_printf(out, "<footer class=\"to\"><a href=\"/stats\">"
		    "Figures</a> <a href=\"/metrics\">Metrics for Prometheus"
		    "</a></footer>\n");
	buf_printf(out, "</body>\n</html>\n");
}

static void
put_entry(struct showing *w)
{
	const struct exhibit *e = w->e;
	struct buf *out = w->out;
	struct buf name = { 0 };
	char digits[41];
	int level = w->alone ? 1 : 2, is_dir = e->m->is_dir;

	buf_printf(&name, "<bdi>");
	escape_html(&name, name_of(e, digits));
	buf_printf(&name, "</bdi>");
	buf_put(&name, "", 1);
	buf_printf(out, "<article>\n<h%d>", level);
	if (e->m->info.n > 0 && !(w->alone && is_dir))
		put_link(w, is_dir ? "/" : "", (char *)name.p);
	else
		buf_printf(out, "%s", (char *)name.p);
	buf_printf(out, "</h%d>\n", level);
	buf_free(&name);
	put_facts(w);
	if (e->have && e->m->sh.npieces > 0)
		put_bar(w);
	put_ways(w);
	if (w->v->is_here && e->npeers > 0)
		put_peers(w);
	if (e->m->info.n > 0 && is_dir)
		put_files(w);
	buf_printf(out, "</article>\n");
}

/* Its name, or its info hash, until that is known. */
static struct span
name_of(const struct exhibit *e, char digits[41])
{
	if (e->m->name.n > 0)
		return e->m->name;
	hex(digits, e->m->hash, sizeof e->m->hash);
	return span_of(digits);
}

/* What is in reach below /NAME, which tail goes on, as HTML. */
static void
put_link(const struct showing *w, const char *tail, const char *text)
{
	buf_printf(w->out, "<a href=\"/");
	pct_encode(w->out, w->s->name.p, w->s->name.len);
	buf_printf(w->out, "%s\">%s</a>", tail, text);
}

/* How it is, in a few words. */
static void
put_facts(const struct showing *w)
{
	const struct exhibit *e = w->e;
	struct buf *out = w->out;
	const struct { const char *what; int64_t bps; } rates[] = {
		{ "Down", e->down_bps }, { "Up", e->up_bps } };
	size_t i;

	buf_printf(out, "<ul class=\"to\">\n<li><span>State</span> ");
	escape_html(out, span_of(e->state));
	if (e->m->info.n > 0) {
		buf_printf(out, "</li>\n<li><span>Size</span> ");
		put_size(out, e->size);
		buf_printf(out, "</li>\n<li><span>Here</span> %d%%, ",
		    percent(e->here, e->size));
		put_size(out, e->here);
	}
	buf_printf(out, "</li>\n<li><span>Peers</span> %d</li>\n"
	    "<li><span>Seeds</span> %d", e->npeers, e->nseeds);
	for (i = 0; i < LEN(rates); i++)
		if (rates[i].bps > 0) {
			buf_printf(out, "</li>\n<li><span>%s</span> ",
			    rates[i].what);
			put_size(out, rates[i].bps);
			buf_printf(out, "/s");
		}
	buf_printf(out, "</li>\n</ul>\n");
}

/* 100 only if all is here. */
static int
percent(int64_t here, int64_t size)
{
	return here >= size ? 100 : (int)MIN((double)here * 100 /
	    (double)size, 99);
}

static void
put_size(struct buf *out, int64_t bytes)
{
	char text[16];
	int n = (int)strspn(human(text, bytes), "0123456789.");

	buf_printf(out, "%.*s&nbsp;%s", n, text, text + n);
}

/* Its pieces, or as many cells as there is room for, in shades by how many of
 * a cell's are here: a path of runs for each shade. */
static void
put_bar(const struct showing *w)
{
	uint32_t n = w->e->m->sh.npieces, cells = MIN(n, CELLS), here = 0;
	uint8_t shade[CELLS + 1];
	uint32_t i, from, to = 0, some, run;
	int k;

	for (i = 0; i < cells; i++) {
		from = to;
		to = (uint32_t)((uint64_t)n * (i + 1) / cells);
		some = count(w->e->have, from, to);
		here += some;
		shade[i] = (uint8_t)(some == to - from ? SHADES :
		    ((uint64_t)some * (SHADES - 1) + to - from - 1) /
		    MAX(to - from, 1));
	}
	shade[cells] = 0;
	buf_printf(w->out, "<svg class=\"bar\" viewBox=\"0 0 %u 1\" "
	    "preserveAspectRatio=\"none\" role=\"img\" aria-label=\"%" PRIu32
	    " of %" PRIu32 " pieces are here\">", (unsigned)cells, here, n);
	for (k = 1; k <= SHADES; k++) {
		for (i = 0, some = 0; i < cells; i += MAX(run, 1)) {
			for (run = 0; shade[i + run] == k; run++)
				;
			if (run > 0)
				buf_printf(w->out, "%sM%u .5h%u", some++ > 0 ?
				    "" : k == SHADES ? "<path d=\"" : k == 1 ?
				    "<path opacity=\".3\" d=\"" : k == 2 ?
				    "<path opacity=\".5\" d=\"" :
				    "<path opacity=\".7\" d=\"", (unsigned)i,
				    (unsigned)run);
		}
		buf_printf(w->out, "%s", some > 0 ? "\"/>" : "");
	}
	buf_printf(w->out, "</svg>\n");
}

/* How many bits are set from one up to another. */
static uint32_t
count(const uint8_t *have, uint32_t from, uint32_t to)
{
	uint32_t n = 0;

	for (; from < to && from % 8 != 0; from++)
		n += (uint32_t)bit_get(have, from);
	return n + bit_count(have + from / 8, to - from);
}

/* Its links; how to get all at once; and the magnet link as text. */
static void
put_ways(struct showing *w)
{
	const struct meta *m = w->e->m;
	struct buf *out = w->out, magnet = { 0 };
	const char *quote = memchr(w->host.p, '[', w->host.n) ? "&#39;" : "";
	struct span link;

	w->ops->magnet(w->s->owner, w->host, &magnet);
	link.p = magnet.p;
	link.n = magnet.len;
	buf_printf(out, "<p class=\"to\"><a href=\"");
	escape_html(out, link);
	buf_printf(out, "\">Magnet link</a> ");
	if (m->info.n > 0)
		put_link(w, ".torrent", "Torrent file");
	if (m->info.n > 0 && m->is_dir) {
		buf_printf(out, " ");
		put_link(w, ".tar", "All files as a tar archive");
	}
	buf_printf(out, "</p>\n");
	if (m->info.n > 0 && m->is_dir && w->host.n > 0) {
		buf_printf(out, "<p><code>curl -s %shttp://%.*s/", quote,
		    (int)w->host.n, (const char *)w->host.p);
		pct_encode(out, w->s->name.p, w->s->name.len);
		buf_printf(out, ".tar%s | tar x</code></p>\n", quote);
	}
	put_magnet(w, link);
	buf_free(&magnet);
}

static void
put_magnet(struct showing *w, struct span link)
{
	struct buf *out = w->out;
	struct qr *q = xmalloc(sizeof *q);
	size_t any = link.n, *left = w->v->codes ? w->v->codes : &any;

	buf_printf(out, "<p class=\"one\"><code>");
	escape_html(out, link);
	buf_printf(out, "</code></p>\n");
	if (w->coded < CODES_BYTES && link.n <= *left &&
	    qr_encode(q, link.p, link.n) > 0) {
		w->coded += link.n;
		*left -= link.n;
		buf_printf(out, "<details%s><summary>QR code of the magnet "
		    "link</summary>\n<div class=\"qr\" role=\"img\" "
		    "aria-label=\"QR code of the magnet link\">",
		    open_if(w->alone));
		qr_svg(out, q);
		buf_printf(out, "</div>\n</details>\n");
	}
	free(q);
}

/* A page of its own shows what an entry among others hides. */
static const char *
open_if(int alone)
{
	return alone ? " open" : "";
}

static void
put_peers(const struct showing *w)
{
	struct addr list[PEERS_SHOWN];
	char text[ADDR_TEXT];
	int n = w->ops->peers(w->s->owner, list, PEERS_SHOWN), i;

	buf_printf(w->out, "<details%s><summary>Peers</summary>\n"
	    "<ul class=\"to\">\n", open_if(w->alone));
	for (i = 0; i < n; i++)
		buf_printf(w->out, "<li>%s</li>\n", addr_format(text,
		    &list[i]));
	if (n < w->e->npeers)
		buf_printf(w->out, "<li>and %d more</li>\n", w->e->npeers - n);
	buf_printf(w->out, "</ul>\n</details>\n");
}

static void
put_files(const struct showing *w)
{
	const struct meta *m = w->e->m;
	struct buf *out = w->out;
	size_t end = out->len + (w->alone ? PAGE_BYTES : ENTRY_BYTES);
	uint32_t from = w->alone ? (uint32_t)MAX(w->v->from, 0) : 0, i, before;
	int left = w->alone ? FILES_PAGE : FILES_ENTRY, passed = 0;

	if (from >= m->nfiles)
		from = list_before(w->e, m->nfiles);
	before = list_before(w->e, from);
	buf_printf(out, "<details%s><summary>Files</summary>\n<table>\n<thead>"
	    "<tr><th scope=\"col\">Path</th><th scope=\"col\">Size</th></tr>"
	    "</thead>\n<tbody>\n", open_if(w->alone));
	for (i = from; i < m->nfiles && passed < FILES_PASSED; i++, passed++) {
		if (!is_listed(w->e, i))
			continue;
		if (left-- == 0 || out->len > end)
			break;
		put_file(w, &m->files[i]);
	}
	buf_printf(out, "</tbody>\n</table>\n<p class=\"to\">");
	if (before < from)
		put_turn(w, before, "prev", "Earlier files");
	if (i < m->nfiles)
		put_turn(w, i, "next", "More files");
	buf_printf(out, "</p>\n</details>\n");
}

static int
is_listed(const struct exhibit *e, uint32_t file)
{
	return !e->m->files[file].pad &&
	    !(e->skip && bit_get(e->skip, file));
}

/* Where a list begins that ends before a file; that file: there is none. */
static uint32_t
list_before(const struct exhibit *e, uint32_t from)
{
	uint32_t i = from;
	int left = FILES_PAGE, passed = 0;

	while (i > 0 && left > 0 && passed++ < FILES_PASSED)
		left -= is_listed(e, --i);
	return i == 0 && left == FILES_PAGE ? from : i;
}

/* A symbolic link leads where it likes, and is not followed for anybody. */
static void
put_file(const struct showing *w, const struct file *f)
{
	struct buf *out = w->out, text = { 0 };
	struct span it = ben_items(f->path), e;

	if (f->link)
		buf_printf(out, "<tr><td>");
	else {
		buf_printf(out, "<tr><td><a href=\"/");
		pct_encode(out, w->s->name.p, w->s->name.len);
	}
	while (meta_element(&it, &e)) {
		buf_printf(&text, "%s", text.len > 0 ? "/" : "");
		buf_put(&text, e.p, e.n);
		if (f->link)
			continue;
		buf_printf(out, "/");
		pct_encode(out, e.p, e.n);
	}
	buf_printf(out, "%s<bdi>", f->link ? "" : "\">");
	e.p = text.p;
	e.n = text.len;
	escape_html(out, e);
	buf_printf(out, "</bdi>%s</td><td>", f->link ? "" : "</a>");
	if (f->link)
		buf_printf(out, "symbolic link");
	else
		put_size(out, f->len);
	buf_printf(out, "</td></tr>\n");
	buf_free(&text);
}

static void
put_turn(const struct showing *w, uint32_t from, const char *rel,
    const char *text)
{
	buf_printf(w->out, "<a rel=\"%s\" href=\"/", rel);
	pct_encode(w->out, w->s->name.p, w->s->name.len);
	buf_printf(w->out, "/?from=%" PRIu32 "\">%s</a> ", from, text);
}

void
view_stats(struct buf *out, const struct shares *all, int64_t uptime_s)
{
	struct exhibit *list = look(all, 0, all->n);
	struct buf lines = { 0 }, text = { 0 };
	int64_t sum[FIGURES] = { 0 }, v[FIGURES];
	char digits[41];
	struct span name;
	int i, k;

	for (i = 0; i < all->n; i++) {
		measure(v, all->list[i], &list[i]);
		hex(digits, list[i].m->hash, sizeof list[i].m->hash);
		buf_printf(&lines, "torrent\t%s\t%s", digits, list[i].state);
		for (k = 0; k < FIGURES; k++) {
			sum[k] += v[k];
			if (figures[k].in_line)
				buf_printf(&lines, "\t%" PRId64, v[k]);
		}
		name = name_of(&list[i], digits);
		text.len = 0;
		buf_printf(&lines, "\t%s\n", escape((char *)buf_room(&text,
		    4 * name.n + 1), 4 * name.n + 1, name));
	}
	buf_printf(out, "torrents\t%d\n", all->n);
	for (k = 0; k < FIGURES; k++)
		buf_printf(out, "%s\t%" PRId64 "\n", figures[k].key, sum[k]);
	buf_printf(out, "uptime\t%" PRId64 "\n", uptime_s);
	buf_put(out, lines.p, lines.len);
	buf_free(&lines);
	buf_free(&text);
	free(list);
}

/* In the order of figures. */
static void
measure(int64_t v[FIGURES], const struct share *s, const struct exhibit *e)
{
	const int64_t now[FIGURES] = { e->size, e->here, e->down, e->up,
	    s->given, e->down_bps, e->up_bps, e->npeers, e->nseeds };

	memcpy(v, now, sizeof now);
}

void
view_metrics(struct buf *out, const struct shares *all, int64_t uptime_s)
{
	struct exhibit *list = look(all, 0, all->n);
	int64_t v[FIGURES];
	char digits[41];
	int i, k;

	put_series(out, "torrents", "gauge", "Torrents that are shared.");
	buf_printf(out, "btsh_torrents %d\n", all->n);
	put_series(out, "uptime_seconds", "gauge",
	    "Seconds since the process began.");
	buf_printf(out, "btsh_uptime_seconds %" PRId64 "\n", uptime_s);
	for (k = 0; k < FIGURES; k++) {
		put_series(out, figures[k].name, figures[k].type,
		    figures[k].help);
		for (i = 0; i < all->n; i++) {
			measure(v, all->list[i], &list[i]);
			hex(digits, list[i].m->hash, sizeof list[i].m->hash);
			buf_printf(out, "btsh_%s{infohash=\"%s\",name=\"",
			    figures[k].name, digits);
			put_label(out, name_of(&list[i], digits));
			buf_printf(out, "\"} %" PRId64 "\n", v[k]);
		}
	}
	free(list);
}

static void
put_series(struct buf *out, const char *name, const char *type,
    const char *help)
{
	buf_printf(out, "# HELP btsh_%s %s\n# TYPE btsh_%s %s\n", name, help,
	    name, type);
}

/* As a label's value has it: any UTF-8, and three characters by escapes. */
static void
put_label(struct buf *out, struct span s)
{
	size_t i, k;

	for (i = 0; i < s.n; i += MAX(k, 1)) {
		k = utf8_len(s.p + i, s.n - i);
		if (k == 0 || s.p[i] == '\0')
			buf_printf(out, "\xef\xbf\xbd");
		else if (s.p[i] == '\n')
			buf_printf(out, "\\n");
		else
			buf_printf(out, "%s%.*s", strchr("\\\"", s.p[i]) ?
			    "\\" : "", (int)k, (const char *)s.p + i);
	}
}
