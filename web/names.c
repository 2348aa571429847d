/* A hash table of paths: half of its slots are free.  It holds the files'
 * numbers; their paths are made anew to be compared. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "bencode.h"
#include "torrent/meta.h"
#include "web/names.h"

#define FREE UINT32_MAX

struct names {
	const struct meta *m;
	uint8_t key[16];
	uint32_t mask;      /* slots, a power of two, less one */
	uint32_t *slots;    /* owned: files, or FREE */
};

static uint32_t slot_of(const struct names *ns, struct span path);
static struct span path_of(struct buf *b, const struct meta *m, uint32_t file);

struct names *
names_new(const struct meta *m, const uint8_t key[16])
{
	struct names *ns = xcalloc(1, sizeof *ns);
	struct buf b = { 0 };
	uint32_t i, at;

	ns->m = m;
	memcpy(ns->key, key, sizeof ns->key);
	ns->mask = 1;
	while (ns->mask < 2 * m->nfiles)
		ns->mask = 2 * ns->mask + 1;
	ns->slots = xmalloc(((size_t)ns->mask + 1) * sizeof *ns->slots);
	memset(ns->slots, 0xff, ((size_t)ns->mask + 1) * sizeof *ns->slots);
	for (i = 0; i < m->nfiles; i++) {
		if (m->files[i].pad || m->files[i].link)
			continue;
		at = slot_of(ns, path_of(&b, m, i));
		while (ns->slots[at] != FREE)
			at = (at + 1) & ns->mask;
		ns->slots[at] = i;
	}
	buf_free(&b);
	return ns;
}

void
names_free(struct names *ns)
{
	if (ns)
		free(ns->slots);
	free(ns);
}

int64_t
names_find(const struct names *ns, struct span path)
{
	uint32_t at = slot_of(ns, path);
	struct buf b = { 0 };
	struct span s;
	int64_t found = -1;

	for (; found < 0 && ns->slots[at] != FREE; at = (at + 1) & ns->mask) {
		s = path_of(&b, ns->m, ns->slots[at]);
		if (s.n > 0 && s.n == path.n && memcmp(s.p, path.p, s.n) == 0)
			found = ns->slots[at];
	}
	buf_free(&b);
	return found;
}

static uint32_t
slot_of(const struct names *ns, struct span path)
{
	return (uint32_t)siphash(ns->key, path.p, path.n) & ns->mask;
}

/* Borrowed from b. */
static struct span
path_of(struct buf *b, const struct meta *m, uint32_t file)
{
	struct span it = ben_items(m->files[file].path), e;

	b->at = b->len = 0;
	while (meta_element(&it, &e)) {
		if (b->len > 0)
			buf_put(b, "/", 1);
		buf_put(b, e.p, e.n);
	}
	return (struct span){ b->p, b->len };
}
