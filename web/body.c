/* Bodies of replies.  Ranges of a file, of which several are parted by heads;
 * or an archive, each of whose files has a head and zeros behind it. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "bencode.h"
#include "torrent/meta.h"
#include "torrent/tar.h"
#include "web/range.h"
#include "web/head.h"
#include "web/body.h"

static int next_range(struct body *b, struct buf *out);
static int next_file(struct body *b, struct buf *out);
static int is_in(const struct meta *m, const uint8_t *skip, uint32_t file);

const struct entity *
body_entity(struct body *b, const struct meta *m, uint32_t file)
{
	const struct file *f = &m->files[file];
	struct span it, e;

	memset(b, 0, sizeof *b);
	b->m = m;
	b->base = f->off;
	hex(b->tag, m->hash, ID_LEN);
	snprintf(b->tag + 2 * ID_LEN, TAG_SIZE - 2 * ID_LEN, "-%" PRIu32,
	    file);
	b->entity.tag = b->tag;
	b->entity.size = f->len;
	b->entity.modified_s = MAX(m->created, 0);
	b->entity.name = m->name;
	for (it = ben_items(f->path); f->path.n > 0 && meta_element(&it, &e);)
		b->entity.name = e;
	return &b->entity;
}

void
body_ranges(struct body *b, const struct web_ranges *some)
{
	b->some = *some;
}

void
body_tar(struct body *b, const struct meta *m, const uint8_t *skip,
    int64_t made_s)
{
	memset(b, 0, sizeof *b);
	b->m = m;
	b->skip = skip;
	b->is_tar = 1;
	b->made_s = made_s;
}

int64_t
body_tar_length(const struct meta *m, const uint8_t *skip, int64_t made_s)
{
	struct buf b = { 0 };
	int64_t n = 0;
	uint32_t i;

	for (i = 0; i < m->nfiles; i++) {
		if (!is_in(m, skip, i))
			continue;
		b.at = b.len = 0;
		tar_file(&b, m, i, made_s);
		n += (int64_t)(b.len + tar_pad(m->files[i].len)) +
		    m->files[i].len;
	}
	b.at = b.len = 0;
	tar_end(&b);
	n += (int64_t)b.len;
	buf_free(&b);
	return n;
}

int
body_next(struct body *b, struct buf *out)
{
	return b->is_tar ? next_file(b, out) : next_range(b, out);
}

static int
next_range(struct body *b, struct buf *out)
{
	int i = b->part++;

	if (b->some.n > 1)
		head_part(out, &b->entity, &b->some, i);
	if (i >= b->some.n)
		return 0;
	b->at = b->base + b->some.list[i].at;
	b->left = b->some.list[i].n;
	return 1;
}

static int
next_file(struct body *b, struct buf *out)
{
	const struct file *f;

	if (b->pad > 0)
		memset(buf_room(out, b->pad), 0, b->pad);
	out->len += b->pad;
	b->pad = 0;
	while (b->file < b->m->nfiles && !is_in(b->m, b->skip, b->file))
		b->file++;
	if (b->file == b->m->nfiles) {
		tar_end(out);
		return 0;
	}
	f = &b->m->files[b->file];
	tar_file(out, b->m, b->file++, b->made_s);
	b->at = f->off;
	b->left = f->len;
	b->pad = tar_pad(f->len);
	return 1;
}

static int
is_in(const struct meta *m, const uint8_t *skip, uint32_t file)
{
	return !m->files[file].pad && !(skip && bit_get(skip, file));
}
