/* btsh show: what torrents and magnet links say, as lines of key and value, or
 * each as a line of JSON.  A torrent may have a million files: what is written
 * goes out on the way, but for its last byte, by which json.c goes on. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "sha1.h"
#include "bencode.h"
#include "torrent/meta.h"
#include "torrent/magnet.h"
#include "cmd/load.h"
#include "cmd/json.h"
#include "cmd/scrape.h"
#include "cmd/cli.h"
#include "cmd/args.h"
#include "cmd/sandbox.h"
#include "cmd/reach.h"
#include "cmd/verb.h"

enum what { ALL, FILES, MAGNET, JSON };

enum { OUT_MAX = 1 << 16 }; /* bytes of JSON that wait */

static int show(const char *arg, enum what what, int ask, int first);
static int answered(const struct meta *m, const struct scraped *scraped);
static void show_head(const struct meta *m);
static void show_origin(const struct meta *m);
static int is_renamed(const struct meta *m);
static int64_t size_of(const struct meta *m);
static void show_scraped(const struct meta *m, const struct scraped *scraped);
static void show_figure(int64_t n);
static void show_files(const struct meta *m, int lines);
static void show_target(const struct meta *m, struct span target);
static void show_magnet(const struct meta *m);
static void show_json(const struct meta *m, const struct scraped *scraped);
static void json_trackers(struct buf *b, const struct meta *m);
static void json_scraped(struct buf *b, const struct meta *m,
    const struct scraped *scraped);
static void json_figure(struct buf *b, const char *key, int64_t n);
static void json_origin(struct buf *b, const struct meta *m);
static void json_files(struct buf *b, const struct meta *m);
static void json_file(struct buf *b, const struct meta *m, uint32_t i,
    struct span attr);
static void json_some(struct buf *b, const char *key, struct span text);
static void json_path(struct buf *b, const char *key, const struct meta *m,
    struct span path);
static void show_text(const char *key, struct span text);
static void show_span(struct span text);

static const struct opt opts[] = {
	{ 'f', .what = "print only the paths of the files" },
	{ 'j', .what = "print a JSON object for each torrent" },
	{ 'm', .what = "print only a magnet link" },
	{ 't', .what = "ask the trackers how many are in the swarm" },
};
static const struct synopsis synopsis = { "show", "[torrent ...]", opts,
	LEN(opts), 0 };

int
verb_show(int argc, char **argv)
{
	enum what what = ALL;
	struct sandbox b;
	struct args a;
	int c, i, one, ask = 0, r = EXIT_OK;

	args_init(&a, &synopsis, argc, argv);
	while ((c = args_next(&a)) > 0) {
		switch (c) {
		case 'f': what = FILES; break;
		case 'j': what = JSON; break;
		case 'm': what = MAGNET; break;
		case 't': ask = 1; break;
		}
	}
	if (c < 0)
		return a.status;
	if (a.n == 0 && isatty(STDIN_FILENO))
		return args_usage(&a);
	reach_args(&b, a.operands, a.n, ask);
	sandbox_enter(&b, 0);
	if (a.n == 0)
		r = show("-", what, ask, 1);
	for (i = 0; i < a.n; i++) {
		one = show(a.operands[i], what, ask, i == 0);
		if (one == EXIT_TORRENT || r == EXIT_OK)
			r = one;
	}
	reach_end();
	return r;
}

/* Torrents after the first stand apart by an empty line. */
static int
show(const char *arg, enum what what, int ask, int first)
{
	struct scraped *scraped = NULL;
	int r = EXIT_OK;
	struct meta *m = load(arg, 1, &r);

	if (!m)
		return r;
	r = EXIT_OK;
	if (ask && (what == ALL || what == JSON)) {
		scraped = scrape(m);
		r = answered(m, scraped) ? EXIT_OK : EXIT_GAVEUP;
	}
	if (what == MAGNET) {
		show_magnet(m);
	} else if (what == FILES) {
		show_files(m, 0);
	} else if (what == JSON) {
		show_json(m, scraped);
	} else {
		if (!first)
			putchar('\n');
		show_head(m);
		show_scraped(m, scraped);
		show_files(m, 1);
	}
	if (r != EXIT_OK)
		warn(m->ntrackers > 0 ? "%s: no tracker answers" :
		    "%s: it names no tracker", arg);
	free(scraped);
	meta_free(m);
	return r;
}

/* Whether any tracker has told of the swarm. */
static int
answered(const struct meta *m, const struct scraped *scraped)
{
	int i;

	for (i = 0; i < m->ntrackers && scraped[i].why[0]; i++)
		;
	return i < m->ntrackers;
}

static void
show_head(const struct meta *m)
{
	char digits[2 * ID_LEN + 1];
	struct buf select = { 0 };
	int i;

	hex(digits, m->hash, ID_LEN);
	if (m->name.n > 0)
		show_text("name", m->name);
	if (is_renamed(m))
		show_text("said", m->said);
	printf("infohash\t%s\n", digits);
	if (m->nfiles > 0)
		printf("size\t%" PRId64 "\npiece length\t%u\npieces\t%u\n"
		    "private\t%d\n", size_of(m), (unsigned)m->sh.piece_len,
		    (unsigned)m->sh.npieces, m->private);
	if (m->comment.n > 0)
		show_text("comment", m->comment);
	if (m->source.n > 0)
		show_text("source", m->source);
	for (i = 0; i < m->ntrackers; i++) {
		printf("tracker\t%d", m->trackers[i].tier);
		show_text("", span_of(m->trackers[i].url));
	}
	show_origin(m);
	for (i = 0; i < m->npeers; i++)
		show_text("peer", m->peers[i]);
	if (m->nselect > 0) {
		magnet_put_select(&select, m);
		printf("select\t%.*s\n", (int)select.len, (char *)select.p);
		buf_free(&select);
	}
}

/* Who made it and when, and where else there is something of it. */
static void
show_origin(const struct meta *m)
{
	struct span seeds = m->webseeds, nodes = m->nodes, url;
	char node[META_NODE];

	while (meta_webseed(&seeds, &url))
		show_text("webseed", url);
	while (meta_node(&nodes, node))
		show_text("node", span_of(node));
	if (m->created != 0)
		printf("created\t%" PRId64 "\n", m->created);
	if (m->creator.n > 0)
		show_text("creator", m->creator);
}

/* Whether it has another name on disk than it says. */
static int
is_renamed(const struct meta *m)
{
	return m->said.n > 0 && (m->said.n != m->name.n ||
	    memcmp(m->said.p, m->name.p, m->name.n) != 0);
}

/* The bytes of its files. */
static int64_t
size_of(const struct meta *m)
{
	int64_t size = 0;
	uint32_t i;

	for (i = 0; i < m->nfiles; i++)
		size += m->files[i].pad ? 0 : m->files[i].len;
	return size;
}

/* A line a tracker, and why it has not answered; NULL: none were asked. */
static void
show_scraped(const struct meta *m, const struct scraped *scraped)
{
	const struct swarm_tally *t;
	struct buf url = { 0 };
	size_t size;
	int i;

	for (i = 0; scraped && i < m->ntrackers; i++) {
		size = 4 * strlen(m->trackers[i].url) + 1;
		url.len = 0;
		printf("scrape\t%s", escape((char *)buf_room(&url, size), size,
		    span_of(m->trackers[i].url)));
		t = &scraped[i].tally;
		show_figure(scraped[i].why[0] ? -1 : t->seeds);
		show_figure(scraped[i].why[0] ? -1 : t->leechers);
		show_figure(scraped[i].why[0] ? -1 : t->completed);
		if (scraped[i].why[0])
			printf("\t%s", scraped[i].why);
		putchar('\n');
	}
	buf_free(&url);
}

static void
show_figure(int64_t n)
{
	if (n < 0)
		printf("\t-");
	else
		printf("\t%" PRId64, n);
}

/* Their paths alone, or a line of what else there is to say. */
static void
show_files(const struct meta *m, int lines)
{
	struct buf path = { 0 };
	struct span target;
	uint32_t i;

	for (i = 0; i < m->nfiles; i++) {
		if (lines && m->files[i].pad)
			printf("pad\t%" PRId64 "\n", m->files[i].len);
		else if (lines && m->files[i].link)
			printf("link\t%s\t", safe_path(&path, m, i));
		else if (lines)
			printf("file\t%" PRId64 "\t", m->files[i].len);
		if (lines && meta_target(m, i, &target))
			show_target(m, target);
		else if (!m->files[i].pad)
			puts(safe_path(&path, m, i));
	}
	buf_free(&path);
}

/* Where a link leads, as the path of a file there would be shown. */
static void
show_target(const struct meta *m, struct span target)
{
	struct file f = { .path = target };
	struct buf path = { 0 };
	struct span s;

	meta_path(&path, m, &f);
	s.p = path.p;
	s.n = path.len;
	show_span(s);
	buf_free(&path);
}

static void
show_magnet(const struct meta *m)
{
	struct buf b = { 0 };

	magnet_put(&b, m);
	buf_put(&b, "", 1);
	puts((char *)b.p);
	buf_free(&b);
}

static void
show_json(const struct meta *m, const struct scraped *scraped)
{
	char digits[2 * ID_LEN + 1];
	struct buf b = { 0 }, select = { 0 };
	struct span s;
	int i;

	hex(digits, m->hash, ID_LEN);
	json_open(&b, NULL, '{');
	json_some(&b, "name", m->name);
	if (is_renamed(m))
		json_text(&b, "said", m->said);
	json_text(&b, "infohash", span_of(digits));
	if (m->nfiles > 0) {
		json_int(&b, "size", size_of(m));
		json_int(&b, "piece_length", m->sh.piece_len);
		json_int(&b, "pieces", m->sh.npieces);
		json_bool(&b, "private", m->private);
	}
	json_some(&b, "comment", m->comment);
	json_some(&b, "source", m->source);
	json_trackers(&b, m);
	if (scraped)
		json_scraped(&b, m, scraped);
	json_origin(&b, m);
	json_open(&b, "peers", '[');
	for (i = 0; i < m->npeers; i++)
		json_text(&b, NULL, m->peers[i]);
	json_close(&b, ']');
	magnet_put_select(&select, m);
	s.p = select.p;
	s.n = select.len;
	json_some(&b, "select", s);
	buf_free(&select);
	json_files(&b, m);
	json_close(&b, '}');
	buf_put(&b, "\n", 1);
	fwrite(b.p, 1, b.len, stdout);
	buf_free(&b);
}

/* An array of tiers. */
static void
json_trackers(struct buf *b, const struct meta *m)
{
	int i;

	json_open(b, "trackers", '[');
	for (i = 0; i < m->ntrackers; i++) {
		if (i == 0 || m->trackers[i].tier != m->trackers[i - 1].tier)
			json_open(b, NULL, '[');
		json_text(b, NULL, span_of(m->trackers[i].url));
		if (i + 1 == m->ntrackers ||
		    m->trackers[i].tier != m->trackers[i + 1].tier)
			json_close(b, ']');
	}
	json_close(b, ']');
}

static void
json_scraped(struct buf *b, const struct meta *m,
    const struct scraped *scraped)
{
	const struct scraped *s;

	json_open(b, "scrape", '[');
	for (s = scraped; s < scraped + m->ntrackers; s++) {
		json_open(b, NULL, '{');
		json_text(b, "url", span_of(m->trackers[s - scraped].url));
		if (s->why[0]) {
			json_text(b, "error", span_of(s->why));
		} else {
			json_figure(b, "seeds", s->tally.seeds);
			json_figure(b, "leechers", s->tally.leechers);
			json_figure(b, "completed", s->tally.completed);
		}
		json_close(b, '}');
	}
	json_close(b, ']');
}

/* A number, unless it is unknown. */
static void
json_figure(struct buf *b, const char *key, int64_t n)
{
	if (n >= 0)
		json_int(b, key, n);
}

static void
json_origin(struct buf *b, const struct meta *m)
{
	struct span seeds = m->webseeds, nodes = m->nodes, url;
	char node[META_NODE];

	json_open(b, "webseeds", '[');
	while (meta_webseed(&seeds, &url))
		json_text(b, NULL, url);
	json_close(b, ']');
	json_open(b, "nodes", '[');
	while (meta_node(&nodes, node))
		json_text(b, NULL, span_of(node));
	json_close(b, ']');
	if (m->created != 0)
		json_int(b, "created", m->created);
	json_some(b, "creator", m->creator);
}

static void
json_files(struct buf *b, const struct meta *m)
{
	struct span it = ben_items(ben_get(m->info, "files")), dict = m->info;
	uint32_t i;

	json_open(b, "files", '[');
	for (i = 0; i < m->nfiles; i++) {
		if (m->is_dir)
			ben_next(&it, &dict);
		json_file(b, m, i, ben_get_str(dict, "attr"));
		if (b->len > OUT_MAX) {
			fwrite(b->p, 1, b->len - 1, stdout);
			b->p[0] = b->p[b->len - 1];
			b->len = 1;
		}
	}
	json_close(b, ']');
}

static void
json_file(struct buf *b, const struct meta *m, uint32_t i, struct span attr)
{
	const struct file *f = &m->files[i];
	struct span target;

	json_open(b, NULL, '{');
	if (f->pad)
		json_bool(b, "pad", 1);
	else
		json_path(b, "path", m, f->path);
	json_int(b, "size", f->len);
	if (meta_target(m, i, &target))
		json_path(b, "target", m, target);
	json_some(b, "attr", attr);
	json_close(b, '}');
}

/* A text, unless it is empty. */
static void
json_some(struct buf *b, const char *key, struct span text)
{
	if (text.n > 0)
		json_text(b, key, text);
}

/* What meta_path makes of a path. */
static void
json_path(struct buf *b, const char *key, const struct meta *m,
    struct span path)
{
	struct file f = { .path = path };
	struct buf whole = { 0 };
	struct span s;

	meta_path(&whole, m, &f);
	s.p = whole.p;
	s.n = whole.len;
	json_text(b, key, s);
	buf_free(&whole);
}

static void
show_text(const char *key, struct span text)
{
	printf("%s\t", key);
	show_span(text);
}

static void
show_span(struct span text)
{
	char *safe = xmalloc(4 * text.n + 1);

	puts(escape(safe, 4 * text.n + 1, text));
	free(safe);
}
