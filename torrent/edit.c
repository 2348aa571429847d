/* A torrent, edited.  A dictionary is a list of entries, spans of what they
 * were parsed from; an entry that is set is a text of its own, in the place of
 * all that had its key.  What is written is the old dictionary if nothing was
 * set to another value, else the entries by their keys: of those that have one
 * key, which bencode should not have, the first stays the first, since that is
 * the one that is read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "bencode.h"
#include "torrent/paths.h"
#include "torrent/meta.h"
#include "torrent/encode.h"
#include "torrent/edit.h"

enum { SETS_MAX = 8 }; /* entries that one dictionary is given anew */

struct pair {
	struct span key, value;
};

struct entries {
	struct span dict;   /* what they were */
	struct pair *list; /* owned */
	size_t n;
	int changed;
	struct text *texts; /* owned: the new values */
};

static void edit_info(struct buf *out, const struct meta *m,
    const struct edit *e);
static void set_trackers(struct entries *es, const struct tracker *t, int n);
static void set_webseeds(struct entries *es, char *const *urls, int n);
static void set_str(struct entries *es, const char *key, const char *s);
static void set(struct entries *es, const char *key, struct span value);
static void entries_read(struct entries *es, struct span dict);
static void entries_write(struct buf *out, struct entries *es);
static int by_key(const void *a, const void *b);

void
edit_torrent(struct buf *out, const struct meta *m, const struct edit *e)
{
	struct entries es;
	struct buf info = { 0 };
	struct span s;

	s.p = m->raw.p;
	s.n = (size_t)ben_parse(m->raw.p, m->raw.len);
	entries_read(&es, s);
	if (e->ntrackers >= 0)
		set_trackers(&es, e->trackers, e->ntrackers);
	if (e->nwebseeds >= 0)
		set_webseeds(&es, e->webseeds, e->nwebseeds);
	if (e->comment) {
		set_str(&es, "comment", e->comment);
		set_str(&es, "comment.utf-8", "");
	}
	edit_info(&info, m, e);
	s.p = info.p;
	s.n = info.len;
	set(&es, "info", s);
	es.changed = 1; /* its keys are sorted in any case */
	entries_write(out, &es);
	buf_free(&info);
}

static void
edit_info(struct buf *out, const struct meta *m, const struct edit *e)
{
	struct entries es;

	entries_read(&es, m->info);
	if (e->name) {
		set_str(&es, "name", e->name);
		set_str(&es, "name.utf-8", ""); /* it would be read instead */
	}
	if (e->source)
		set_str(&es, "source", e->source);
	if (e->private >= 0 && !e->private != !m->private)
		set(&es, "private", span_of(e->private ? "i1e" : ""));
	entries_write(out, &es);
}

static void
set_trackers(struct entries *es, const struct tracker *t, int n)
{
	struct buf b = { 0 };
	struct span dict;

	buf_put(&b, "d", 1);
	encode_trackers(&b, t, n);
	buf_put(&b, "e", 1);
	dict.p = b.p;
	dict.n = b.len;
	set(es, "announce", ben_get(dict, "announce"));
	set(es, "announce-list", ben_get(dict, "announce-list"));
	buf_free(&b);
}

static void
set_webseeds(struct entries *es, char *const *urls, int n)
{
	struct buf b = { 0 };
	struct span list;
	int i;

	buf_put(&b, "l", 1);
	for (i = 0; i < n; i++)
		if (*urls[i])
			ben_put_str(&b, urls[i]);
	buf_put(&b, "e", 1);
	list.p = b.p;
	list.n = b.len > 2 ? b.len : 0;
	set(es, "url-list", list);
	buf_free(&b);
}

/* An empty string removes the key. */
static void
set_str(struct entries *es, const char *key, const char *s)
{
	struct buf b = { 0 };
	struct span value;

	if (*s)
		ben_put_str(&b, s);
	value.p = b.p;
	value.n = b.len;
	set(es, key, value);
	buf_free(&b);
}

/* The value is copied; n 0 removes the key. */
static void
set(struct entries *es, const char *key, struct span value)
{
	struct span old = ben_get(es->dict, key);
	size_t i, n = 0;

	if (old.n == value.n && (old.n == 0 ||
	    memcmp(old.p, value.p, old.n) == 0))
		return;
	es->changed = 1;
	for (i = 0; i < es->n; i++)
		if (!span_is(es->list[i].key, key))
			es->list[n++] = es->list[i];
	es->n = n;
	if (value.n > 0) {
		es->list[n].key = span_of(key);
		es->list[n].value = text_keep(&es->texts, value.p, value.n);
		es->n++;
	}
}

static void
entries_read(struct entries *es, struct span dict)
{
	struct span it = ben_items(dict), k, v;
	size_t n = SETS_MAX;

	memset(es, 0, sizeof *es);
	es->dict = dict;
	while (ben_next(&it, &k) && ben_next(&it, &v))
		n++;
	es->list = xcalloc(n, sizeof *es->list);
	for (it = ben_items(dict); ben_next_str(&it, &k) &&
	    ben_next(&it, &v); es->n++) {
		es->list[es->n].key = k;
		es->list[es->n].value = v;
	}
}

/* Appends the dictionary; the entries are freed. */
static void
entries_write(struct buf *out, struct entries *es)
{
	size_t i;

	if (es->changed) {
		qsort(es->list, es->n, sizeof *es->list, by_key);
		buf_put(out, "d", 1);
		for (i = 0; i < es->n; i++) {
			ben_put_bytes(out, es->list[i].key.p,
			    es->list[i].key.n);
			buf_put(out, es->list[i].value.p,
			    es->list[i].value.n);
		}
		buf_put(out, "e", 1);
	} else {
		buf_put(out, es->dict.p, es->dict.n);
	}
	free(es->list);
	texts_free(es->texts);
}

/* Of one key, what stood first: neither was set, so both are in one text. */
static int
by_key(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;
	int r = memcmp(x->key.p, y->key.p, MIN(x->key.n, y->key.n));

	if (r != 0 || x->key.n != y->key.n)
		return r != 0 ? r : x->key.n < y->key.n ? -1 : 1;
	return x->key.p < y->key.p ? -1 : x->key.p > y->key.p;
}
