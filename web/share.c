/* The torrents that the web is shown.  Two may have one name: the one that
 * came first keeps it, so that links stay good. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "torrent/meta.h"
#include "web/names.h"
#include "web/share.h"

enum { HASH_SHOWN = 4 }; /* bytes of an info hash behind a name */

void
shares_free(struct shares *all)
{
	free(all->list);
	all->list = NULL;
	all->n = all->room = 0;
}

void
share_add(struct shares *all, struct share *s, struct span name,
    const uint8_t hash[20])
{
	char digits[2 * HASH_SHOWN + 1];

	buf_put(&s->name, name.p, name.n);
	if (share_find(all, name) >= 0) {
		hex(digits, hash, HASH_SHOWN);
		buf_printf(&s->name, "-%s", digits);
	}
	if (all->n == all->room) {
		all->room = MAX(16, 2 * all->room);
		all->list = xrealloc(all->list, (size_t)all->room,
		    sizeof *all->list);
	}
	all->list[all->n++] = s;
}

void
share_remove(struct shares *all, struct share *s)
{
	int i;

	for (i = 0; i < all->n && all->list[i] != s; i++)
		;
	if (i == all->n)
		return;
	all->n--;
	memmove(&all->list[i], &all->list[i + 1], (size_t)(all->n - i) *
	    sizeof *all->list);
	buf_free(&s->name);
	names_free(s->names);
	s->names = NULL;
}

int
share_find(const struct shares *all, struct span name)
{
	const struct buf *b;
	int i;

	for (i = 0; i < all->n; i++) {
		b = &all->list[i]->name;
		if (b->len == name.n && memcmp(b->p, name.p, name.n) == 0)
			return i;
	}
	return -1;
}

/* A torrent of one file has that under the torrent's own name. */
int64_t
share_file(const struct shares *all, struct share *s, const struct meta *m,
    struct span path)
{
	if (!m->is_dir)
		return path.n == 0 ? 0 : -1;
	if (!s->names)
		s->names = names_new(m, all->key);
	return names_find(s->names, path);
}
