/* Names and paths from a torrent, made safe and distinct.  The same torrent
 * has the same files every time: nothing but its own order decides.
 *
 * Numbers cost no search, however many paths are alike.  A number goes into a
 * base: the name, cut so that there is room.  No two bases give the same text,
 * whatever their numbers (numbers are shorter than extensions may be, and a
 * name that was cut is split anew), so a numbered path need only be compared
 * with those that the torrent names, and each of these is met once. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "bencode.h"
#include "torrent/paths.h"

enum {
	EXTENSION_MAX = 16,              /* bytes, with its dot */
	NUMBER_MAX    = sizeof ".4294967295" - 1,
	BASE_MAX      = ELEMENT_MAX - NUMBER_MAX
};

struct text {
	struct text *next;
	uint8_t bytes[];
};

/* A path that another file has. */
struct loser {
	struct span *at;   /* where it stands */
	struct span path;  /* its base; then what it becomes */
};

static int vanishes(struct span name);
static int is_hash(const uint8_t *p, size_t n);
static void put_name(struct buf *b, struct span name, size_t most,
    const char *num);
static size_t stem_len(struct span name);
static void put_path(struct buf *b, struct span path, size_t most,
    const char *num);
static int count(struct span path);
static int by_path(const void *a, const void *b);
static int by_base(const void *a, const void *b);
static int path_cmp(struct span a, struct span b);
static int path_below(struct span dir, struct span path);
static uint32_t find_losers(struct span *const *at, uint32_t n,
    struct loser *losers);
static void number(struct loser *losers, uint32_t found,
    struct span *const *at, uint32_t n, struct text **list);
static int is_named(struct span *const *at, uint32_t n, struct span path);

struct span
text_keep(struct text **list, const void *p, size_t n)
{
	struct text *t = xmalloc(sizeof *t + n);
	struct span s;

	memcpy(t->bytes, p, n);
	t->next = *list;
	*list = t;
	s.p = t->bytes;
	s.n = n;
	return s;
}

void
texts_free(struct text *list)
{
	struct text *next;

	for (; list; list = next) {
		next = list->next;
		free(list);
	}
}

struct span
name_safe(struct span name, struct text **list)
{
	struct buf b = { 0 };

	if (name_ok(name))
		return name;
	put_name(&b, name, ELEMENT_MAX, "");
	name.n = 0;
	if (b.len > 0)
		name = text_keep(list, b.p, b.len);
	buf_free(&b);
	return name;
}

int
name_ok(struct span name)
{
	return name.n <= ELEMENT_MAX && !vanishes(name) &&
	    !memchr(name.p, '/', name.n) && !memchr(name.p, '\0', name.n);
}

static int
vanishes(struct span name)
{
	return name.n == 0 || span_is(name, ".") || span_is(name, "..");
}

/* A name made safe and, if it is longer than most, cut, with a number before
 * its extension. */
static void
put_name(struct buf *b, struct span name, size_t most, const char *num)
{
	size_t stem = stem_len(name), ext = name.n - stem, i, from = b->len;

	if (vanishes(name))
		return;
	if (name.n > most) {
		i = stem = most - ext;
		while (stem > i - 3 && (name.p[stem] & 0xc0) == 0x80)
			stem--;
		if ((name.p[stem] & 0xc0) == 0x80)
			stem = i; /* this was no UTF-8 */
	}
	buf_put(b, name.p, stem);
	buf_put(b, num, strlen(num));
	buf_put(b, name.p + name.n - ext, ext);
	for (i = from; i < b->len; i++)
		if (b->p[i] == '/' || b->p[i] == '\0')
			b->p[i] = '_';
}

/* The bytes of a name before its extension. */
static size_t
stem_len(struct span name)
{
	size_t i;

	for (i = name.n; i > 1 && name.n - i < EXTENSION_MAX; i--)
		if (name.p[i - 1] == '.')
			return i - 1;
	return name.n;
}

int
name_kept(struct span name)
{
	static const char *const ends[] = { ".parts", ".btsh", ".btsh.new" };
	size_t i, k, n;

	if (name.n == 0 || name.p[0] != '.')
		return 0;
	for (k = 0; k < LEN(ends); k++) {
		n = strlen(ends[k]);
		if (name.n < n + 2)
			continue;
		for (i = 0; i < n && (name.p[name.n - n + i] | 0x20) ==
		    (ends[k][i] | 0x20); i++)
			;
		if (i == n && (k > 0 || is_hash(name.p + 1, name.n - 1 - n)))
			return 1;
	}
	return 0;
}

static int
is_hash(const uint8_t *p, size_t n)
{
	size_t i = 0;

	while (i < n && hex_digit(p[i]) < 16)
		i++;
	return i == n && n == 2 * ID_LEN;
}

int
name_is_utf8(struct span name)
{
	size_t i, k;

	for (i = 0; i < name.n; i += k)
		if ((k = utf8_len(name.p + i, name.n - i)) == 0)
			return 0;
	return name.n > 0;
}

int
path_ok(struct span path)
{
	struct span it = ben_items(path), e;
	int n = 0;

	while (ben_next_str(&it, &e))
		if (!name_ok(e) || n++ == PATH_ELEMENTS)
			return 0;
	return n > 0 && it.n == 0 && ben_kind(path) == 'l';
}

int
path_is_utf8(struct span path)
{
	struct span it = ben_items(path), e;
	int n = 0;

	for (; ben_next_str(&it, &e); n++)
		if (!name_is_utf8(e))
			return 0;
	return n > 0 && it.n == 0 && ben_kind(path) == 'l';
}

struct span
path_safe(struct span path, struct text **list)
{
	static const struct span none;
	struct buf b = { 0 };

	if (path_ok(path))
		return path;
	if (count(path) < 0)
		return none;
	put_path(&b, path, ELEMENT_MAX, "");
	path = text_keep(list, b.p, b.len);
	buf_free(&b);
	return path;
}

/* A path made safe, its last element no longer than most, with a number. */
static void
put_path(struct buf *b, struct span path, size_t most, const char *num)
{
	struct span it = ben_items(path), e;
	struct buf name = { 0 };
	int n = count(path), i, last;

	buf_put(b, "l", 1);
	for (i = 0; ben_next_str(&it, &e); i += !vanishes(e)) {
		last = i == n - 1;
		if (vanishes(e) || (i >= PATH_ELEMENTS - 1 && !last))
			continue;
		name.len = 0;
		put_name(&name, e, last ? most : ELEMENT_MAX,
		    last ? num : "");
		ben_put_bytes(b, name.p, name.len);
	}
	buf_put(b, n > 0 ? "e" : "1:_e", n > 0 ? 1 : 4);
	buf_free(&name);
}

/* A path's elements that do not vanish; -1: it is no list of strings. */
static int
count(struct span path)
{
	struct span it = ben_items(path), e;
	int n = 0;

	while (ben_next_str(&it, &e))
		n += !vanishes(e);
	return it.n == 0 && ben_kind(path) == 'l' ? n : -1;
}

void
paths_part(struct span **at, uint32_t n, struct text **list)
{
	struct loser *losers;
	uint32_t i, found;

	for (i = 1; i < n && path_cmp(*at[i - 1], *at[i]) < 0; i++)
		;
	if (i < n)
		qsort(at, n, sizeof *at, by_path);
	found = find_losers(at, n, NULL);
	if (found == 0)
		return;
	losers = xcalloc(found, sizeof *losers);
	find_losers(at, n, losers);
	number(losers, found, at, n, list);
	for (i = 0; i < found; i++)
		*losers[i].at = losers[i].path;
	free(losers);
}

/* Gives each its number, in the torrent's order where bases are the same. */
static void
number(struct loser *losers, uint32_t found, struct span *const *at,
    uint32_t n, struct text **list)
{
	struct text *bases = NULL;
	struct span base = { NULL, 0 }, path;
	struct buf b = { 0 };
	char text[NUMBER_MAX + 1];
	uint32_t i, k = 0;

	for (i = 0; i < found; i++) {
		b.len = 0;
		put_path(&b, losers[i].path, BASE_MAX, "");
		losers[i].path = text_keep(&bases, b.p, b.len);
	}
	qsort(losers, found, sizeof *losers, by_base);
	for (i = 0; i < found; i++) {
		if (i == 0 || path_cmp(base, losers[i].path) != 0)
			k = 0;
		base = losers[i].path;
		do {
			snprintf(text, sizeof text, ".%lu",
			    (unsigned long)++k);
			b.len = 0;
			put_path(&b, base, BASE_MAX, text);
			path.p = b.p;
			path.n = b.len;
		} while (is_named(at, n, path));
		losers[i].path = text_keep(list, b.p, b.len);
	}
	texts_free(bases);
	buf_free(&b);
}

static int
by_path(const void *a, const void *b)
{
	const struct span *x = *(struct span *const *)a;
	const struct span *y = *(struct span *const *)b;
	int c = path_cmp(*x, *y);

	return c ? c : (x > y) - (x < y);
}

static int
by_base(const void *a, const void *b)
{
	const struct loser *x = a, *y = b;
	int c = path_cmp(x->path, y->path);

	return c ? c : (x->at > y->at) - (x->at < y->at);
}

static int
path_cmp(struct span a, struct span b)
{
	struct span x = ben_items(a), y = ben_items(b), e, f;
	int c, more;

	for (;;) {
		more = ben_next_str(&x, &e);
		if (!ben_next_str(&y, &f))
			return more;
		if (!more)
			return -1;
		c = memcmp(e.p, f.p, MIN(e.n, f.n));
		if (c == 0)
			c = (e.n > f.n) - (e.n < f.n);
		if (c != 0)
			return c;
	}
}

/* Whether path is dir or below it. */
static int
path_below(struct span dir, struct span path)
{
	struct span x = ben_items(dir), y = ben_items(path), e, f;

	while (ben_next_str(&x, &e))
		if (!ben_next_str(&y, &f) || e.n != f.n ||
		    memcmp(e.p, f.p, e.n) != 0)
			return 0;
	return 1;
}

/* How many of sorted paths cannot stay, noted unless losers is NULL: what is
 * below a path, or the same, follows it. */
static uint32_t
find_losers(struct span *const *at, uint32_t n, struct loser *losers)
{
	uint32_t i, end, found = 0;
	int dir;

	for (i = 0; i < n; i = end) {
		end = i + 1;
		if (end == n || !path_below(*at[i], *at[end]))
			continue; /* as most do */
		while (end < n && path_cmp(*at[i], *at[end]) == 0)
			end++;
		dir = end < n && path_below(*at[i], *at[end]);
		for (i += !dir; i < end; i++, found++)
			if (losers) {
				losers[found].at = at[i];
				losers[found].path = *at[i];
			}
	}
	return found;
}

/* Whether one of sorted paths is this path, or below it. */
static int
is_named(struct span *const *at, uint32_t n, struct span path)
{
	uint32_t lo = 0, hi = n, mid;

	while (lo < hi) { /* the first that does not stand before it */
		mid = lo + (hi - lo) / 2;
		if (path_cmp(*at[mid], path) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && path_below(path, *at[lo]);
}
