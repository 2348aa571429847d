/* btsh show: what torrents and magnet links say, as lines of key and value. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "sha1.h"
#include "torrent/meta.h"
#include "torrent/magnet.h"
#include "cmd/load.h"
#include "cmd/cli.h"
#include "cmd/sandbox.h"
#include "cmd/reach.h"
#include "cmd/verb.h"

enum what { ALL, FILES, MAGNET };

static int show(const char *arg, enum what what, int first);
static void show_head(const struct meta *m);
static int64_t size_of(const struct meta *m);
static void show_files(const struct meta *m, int lines);
static void show_target(const struct meta *m, struct span target);
static void show_magnet(const struct meta *m);
static void show_text(const char *key, struct span text);
static void show_span(struct span text);

int
verb_show(int argc, char **argv)
{
	enum what what = ALL;
	struct sandbox b;
	int c, i, r = EXIT_OK;

	while ((c = getopt(argc, argv, ":fhm")) != -1) {
		switch (c) {
		case 'f': what = FILES; break;
		case 'h': return usage_help(USAGE_SHOW);
		case 'm': what = MAGNET; break;
		default:  return option_error(c, USAGE_SHOW);
		}
	}
	if (optind == argc && isatty(STDIN_FILENO))
		return usage_error(USAGE_SHOW);
	reach_args(&b, argv + optind, argc - optind);
	sandbox_enter(&b, 0);
	if (optind == argc)
		return show("-", what, 1);
	for (i = optind; i < argc; i++)
		if (show(argv[i], what, i == optind) != EXIT_OK)
			r = EXIT_TORRENT;
	reach_end();
	return r;
}

/* Torrents after the first stand apart by an empty line. */
static int
show(const char *arg, enum what what, int first)
{
	struct meta *m = load(arg, 1);

	if (!m)
		return EXIT_TORRENT;
	if (what == MAGNET) {
		show_magnet(m);
	} else if (what == FILES) {
		show_files(m, 0);
	} else {
		if (!first)
			putchar('\n');
		show_head(m);
		show_files(m, 1);
	}
	meta_free(m);
	return EXIT_OK;
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
	if (m->said.n > 0 && (m->said.n != m->name.n ||
	    memcmp(m->said.p, m->name.p, m->name.n) != 0))
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
	for (i = 0; i < m->npeers; i++)
		show_text("peer", m->peers[i]);
	if (m->nselect > 0) {
		magnet_put_select(&select, m);
		printf("select\t%.*s\n", (int)select.len, (char *)select.p);
		buf_free(&select);
	}
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

/* Their paths alone, or a line of what else there is to say. */
static void
show_files(const struct meta *m, int lines)
{
	struct buf path = { 0 };
	struct span target;
	uint32_t i;

	for (i = 0; i < m->nfiles; i++) {
		if (m->files[i].pad)
			continue;
		if (lines && m->files[i].link)
			printf("link\t%s\t", safe_path(&path, m, i));
		else if (lines)
			printf("file\t%" PRId64 "\t", m->files[i].len);
		if (lines && meta_target(m, i, &target))
			show_target(m, target);
		else
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

	magnet_put(&b, m, NULL);
	buf_put(&b, "", 1);
	puts((char *)b.p);
	buf_free(&b);
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
