/* Who writes where.  Claims stand in lists by the name of their root; two of
 * one name in one directory are told apart by their files' paths, sorted once
 * by their elements: then the paths in a directory follow the directory
 * itself, so that one merge of both finds what they share. */
#include <sys/types.h>
#include <sys/stat.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "bencode.h"
#include "torrent/meta.h"
#include "torrent/claims.h"

static void forget(struct claim *c);
static struct claim **list_of(struct claims *cs, struct span root);
static int same_dir(const char *a, const char *b);
static int overlap(const struct claim *a, const struct claim *b);
static void sort_paths(struct claim *c);
static int by_path(const void *a, const void *b);
static int compare(struct span a, struct span b, int *within);

const struct claim *
claim_make(struct claims *cs, struct claim *c, const struct meta *m,
    const char *dir, struct span root)
{
	struct claim **list = list_of(cs, root), *o;

	c->m = m;
	c->dir = dir;
	c->root = root;
	sort_paths(c);
	for (o = *list; o; o = o->next)
		if (o->root.n == root.n && memcmp(o->root.p, root.p,
		    root.n) == 0 && same_dir(o->dir, dir) && overlap(o, c)) {
			forget(c);
			return o;
		}
	c->next = *list;
	*list = c;
	return NULL;
}

void
claim_drop(struct claims *cs, struct claim *c)
{
	struct claim **at;

	if (!c->m)
		return;
	for (at = list_of(cs, c->root); *at != c; at = &(*at)->next)
		;
	*at = c->next;
	forget(c);
}

static void
forget(struct claim *c)
{
	free(c->paths);
	c->paths = NULL;
	c->m = NULL;
}

static struct claim **
list_of(struct claims *cs, struct span root)
{
	uint32_t h = 0;
	size_t i;

	for (i = 0; i < root.n; i++)
		h = h * 31 + root.p[i];
	return &cs->lists[h % CLAIM_LISTS];
}

/* One that is not there yet is the other only by its name. */
static int
same_dir(const char *a, const char *b)
{
	struct stat x, y;

	return strcmp(a, b) == 0 || (stat(a, &x) == 0 && stat(b, &y) == 0 &&
	    x.st_dev == y.st_dev && x.st_ino == y.st_ino);
}

/* Whether a file of one is a file of the other, or a directory of its. */
static int
overlap(const struct claim *a, const struct claim *b)
{
	uint32_t i = 0, k = 0;
	int within = 0, c;

	if (!a->m->is_dir || !b->m->is_dir)
		return 1;
	while (i < a->npaths && k < b->npaths && !within) {
		c = compare(a->paths[i]->path, b->paths[k]->path, &within);
		i += c < 0;
		k += c > 0;
	}
	return within;
}

static void
sort_paths(struct claim *c)
{
	const struct meta *m = c->m;
	uint32_t i;

	c->paths = xmalloc(m->nfiles * sizeof *c->paths);
	for (i = c->npaths = 0; i < m->nfiles; i++)
		if (!m->files[i].pad)
			c->paths[c->npaths++] = &m->files[i];
	qsort(c->paths, c->npaths, sizeof *c->paths, by_path);
}

static int
by_path(const void *a, const void *b)
{
	const struct file *const *x = a, *const *y = b;
	int within;

	return compare((*x)->path, (*y)->path, &within);
}

/* Element by element; within: one is the other, or a directory of its. */
static int
compare(struct span a, struct span b, int *within)
{
	struct span x = ben_items(a), y = ben_items(b), e, f;
	int more_x, more_y, c;

	for (;;) {
		more_x = meta_element(&x, &e);
		more_y = meta_element(&y, &f);
		*within = !more_x || !more_y;
		if (*within)
			return more_x - more_y;
		c = memcmp(e.p, f.p, MIN(e.n, f.n));
		if (c == 0 && e.n != f.n)
			c = e.n < f.n ? -1 : 1;
		if (c != 0)
			return c;
	}
}
