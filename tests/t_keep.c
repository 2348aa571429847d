/* keep: what is synced and saved is known by the next start; what others touch
 * or we doubt is not. */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "torrent/meta.h"
#include "torrent/resume.h"
#include "torrent/store.h"
#include "sample.h"
#include "unit.h"

enum { PIECES = 4, SECOND = 1000 };

struct told {
	int n, lost, why;
};

static void known(void);
static void changes(void);
static int save(struct store *s, const struct resume *r);
static void on_saved(void *arg, int lost, int why);
static int is_told(void *arg);
static const char *recalled(const struct sample *sm, int again);
static void touch(const struct sample *sm, long ns);
static const char *at(const struct sample *sm, const char *name);

void
test_keep(void)
{
	known();
	changes();
}

static void
on_saved(void *arg, int lost, int why)
{
	struct told *t = arg;

	t->n++;
	t->lost = lost;
	t->why = why;
}

static int
is_told(void *arg)
{
	return ((struct told *)arg)->n > 0;
}

/* The errno, or -1: bytes are lost, -2: nobody says. */
static int
save(struct store *s, const struct resume *r)
{
	struct told t = { 0, 0, 0 };

	clock_set(SECOND);
	store_save(s, r, on_saved, &t);
	OK(store_saves(s) && !store_dirty(s));
	clock_run(is_told, &t, 60 * SECOND);
	OK(!store_saves(s));
	clock_set(0);
	return t.n != 1 ? -2 : t.lost ? -1 : t.why;
}

static const char *
at(const struct sample *sm, const char *name)
{
	static char path[400];

	snprintf(path, sizeof path, "%s/%s", sm->dir, name);
	return path;
}

static void
touch(const struct sample *sm, long ns)
{
	struct timespec t[2] = { { 1000000000, ns }, { 1000000000, ns } };

	OK(utimensat(AT_FDCWD, at(sm, "data"), t, 0) == 0);
}

/* What a start knows of each piece: h is here, n is not, ? has to be hashed;
 * again: it hears nothing of what was known. */
static const char *
recalled(const struct sample *sm, int again)
{
	static char said[PIECES + 1];
	struct store *s = store_new(sm->files, sm->m, sm->dir, NULL, 0);
	uint8_t maybe = 0xf0, here = 0;
	struct buf text = { 0 };
	struct resume r;
	int i;

	OK(store_scan(s, &maybe) == 0);
	store_recall(s, again ? NULL : &maybe, &here, &text, &r);
	for (i = 0; i < PIECES; i++)
		said[i] = bit_get(&maybe, (uint32_t)i) ? '?' :
		    bit_get(&here, (uint32_t)i) ? 'h' : 'n';
	OK(r.up == 0 || r.up == 77);
	resume_free(&r);
	buf_free(&text);
	OK(store_free(s) == 0);
	return said;
}

static void
known(void)
{
	const struct resume r = { .up = 77, .torrent = span_of("all of it") };
	struct sample sm;
	struct store *s;
	uint8_t have = 0x50, maybe = 0xf0;

	sample_new(&sm, PIECES * SAMPLE_PIECE);
	s = sample_store(&sm, &have);
	OK(store_scan(s, &maybe) == 0);
	CASE("keep: what was written is dirty until it is synced");
	OK(store_write(s, 0, sm.data, 10) == 0 && store_dirty(s));
	OK(save(s, NULL) == 0 && access(at(&sm, ".data.btsh"), F_OK) == 0);
	OK(strcmp(recalled(&sm, 0), "????") == 0); /* a mark alone */
	CASE("keep: what is saved is known, and nothing is hashed");
	OK(store_write(s, 3 * SAMPLE_PIECE, sm.data + 3 * SAMPLE_PIECE, 9) ==
	    0 && save(s, &r) == 0);
	OK(strcmp(recalled(&sm, 0), "nhnh") == 0);
	OK(access(at(&sm, ".data.btsh.new"), F_OK) < 0);
	CASE("keep: but not to who does not want to know");
	OK(strcmp(recalled(&sm, 1), "????") == 0);
	CASE("keep: what is written after that is hashed");
	OK(store_write(s, 0, sm.data, 10) == 0);
	touch(&sm, 5);
	OK(strcmp(recalled(&sm, 0), "????") == 0);
	OK(save(s, &r) == 0 && strcmp(recalled(&sm, 0), "nhnh") == 0);
	CASE("keep: somebody else's file stays, and that is told");
	OK(unlink(at(&sm, ".data.btsh")) == 0 &&
	    mkdir(at(&sm, ".data.btsh"), 0700) == 0);
	OK(save(s, &r) == EEXIST && rmdir(at(&sm, ".data.btsh")) == 0);
	OK(save(s, &r) == 0 && strcmp(recalled(&sm, 0), "nhnh") == 0);
	OK(store_free(s) == 0);
	sample_free(&sm);
}

static void
changes(void)
{
	const struct resume r = { .up = 77 };
	struct sample sm;
	struct store *s;
	uint8_t have = 0xf0, which = 0, maybe = 0xf0;

	sample_new(&sm, PIECES * SAMPLE_PIECE);
	s = sample_store(&sm, &have);
	OK(store_scan(s, &maybe) == 0);
	OK(save(s, &r) == 0);
	CASE("keep: a file that nobody touches has not changed");
	store_changed(s, &which); /* it may have been written by us */
	which = 0;
	OK(!store_changed(s, &which) && which == 0);
	CASE("keep: one that is touched has, once");
	touch(&sm, 1);
	OK(store_changed(s, &which) && which == 0xf0);
	which = 0;
	OK(!store_changed(s, &which) && which == 0);
	CASE("keep: and until it was hashed the next start does not trust it");
	OK(save(s, &r) == 0 && strcmp(recalled(&sm, 0), "????") == 0);
	CASE("keep: then it does");
	store_trust(s);
	touch(&sm, 2);
	OK(store_changed(s, &which));
	store_trust(s);
	OK(save(s, &r) == 0 && strcmp(recalled(&sm, 0), "hhhh") == 0);
	CASE("keep: a piece that is wrong makes its file doubtful");
	store_suspect(s, 2);
	OK(save(s, &r) == 0 && strcmp(recalled(&sm, 0), "????") == 0);
	OK(store_free(s) == 0);
	sample_free(&sm);
}
