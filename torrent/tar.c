/* A tar archive.  A path goes into the head's name and prefix if there is a
 * slash to part it at; a longer one, and a size over 8 GiB, into a pax header
 * before it.  What else a head could say is not known: everybody may read the
 * file, and it belongs to root. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util.h"
#include "torrent/meta.h"
#include "torrent/files.h"
#include "torrent/tar.h"

#define OCTAL_END ((int64_t)1 << 33) /* 11 octal digits */

struct head {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8];
	char type, link[100], magic[8], user[32], group[32], dev[16];
	char prefix[155], rest[12];
};

static void put_entry(struct buf *out, struct span path, struct span target,
    char type, int64_t size, int64_t mtime);
static void put_head(struct buf *out, struct span name, struct span prefix,
    struct span target, char type, int64_t size, int64_t mtime);
static size_t split(struct span path);
static void put_record(struct buf *out, const char *key, struct span value);
static void octal(char *field, size_t n, int64_t v);

void
tar_head(struct buf *out, struct span path, int64_t size, int64_t mtime)
{
	struct span none = { NULL, 0 };

	put_entry(out, path, none, '0', size, mtime);
}

void
tar_link(struct buf *out, struct span path, struct span target, int64_t mtime)
{
	put_entry(out, path, target, '2', 0, mtime);
}

static void
put_entry(struct buf *out, struct span path, struct span target, char type,
    int64_t size, int64_t mtime)
{
	struct span none = { NULL, 0 }, prefix = path, name = path;
	struct buf records = { 0 };
	size_t cut = split(path);
	char digits[24];

	prefix.n = cut;
	name.p += cut + (cut > 0);
	name.n -= cut + (cut > 0);
	if (name.n > sizeof ((struct head *)0)->name) {
		put_record(&records, "path", path);
		name.n = sizeof ((struct head *)0)->name;
	}
	if (target.n > sizeof ((struct head *)0)->link) {
		put_record(&records, "linkpath", target);
		target.n = sizeof ((struct head *)0)->link;
	}
	if (size >= OCTAL_END) {
		snprintf(digits, sizeof digits, "%" PRId64, size);
		put_record(&records, "size", span_of(digits));
	}
	if (records.len > 0) {
		put_head(out, span_of("pax"), none, none, 'x',
		    (int64_t)records.len, mtime);
		buf_put(out, records.p, records.len);
		cut = tar_pad((int64_t)records.len);
		memset(buf_room(out, cut), 0, cut);
		out->len += cut;
	}
	put_head(out, name, prefix, target, type, size < OCTAL_END ? size : 0,
	    mtime);
	buf_free(&records);
}

void
tar_file(struct buf *out, const struct meta *m, uint32_t file, int64_t mtime)
{
	const struct file *f = &m->files[file];
	struct buf path = { 0 }, target = { 0 };
	struct span name;

	meta_path(&path, m, f);
	name.p = path.p;
	name.n = path.len;
	if (f->link) {
		tree_link_text(&target, m, file);
		tar_link(out, name, (struct span){ target.p, target.len },
		    mtime);
	} else {
		tar_head(out, name, f->len, mtime);
	}
	buf_free(&path);
	buf_free(&target);
}

size_t
tar_pad(int64_t size)
{
	return (size_t)(-size & (TAR_BLOCK - 1));
}

void
tar_end(struct buf *out)
{
	memset(buf_room(out, 2 * TAR_BLOCK), 0, 2 * TAR_BLOCK);
	out->len += 2 * TAR_BLOCK;
}

/* The bytes of a path that go into the prefix, 0: it fits without, or not at
 * all. */
static size_t
split(struct span path)
{
	const struct head *h = NULL;
	size_t i;

	if (path.n <= sizeof h->name)
		return 0;
	for (i = MIN(path.n - 1, sizeof h->prefix); i > 0; i--)
		if (path.p[i] == '/')
			return path.n - i - 1 <= sizeof h->name ? i : 0;
	return 0;
}

static void
put_head(struct buf *out, struct span name, struct span prefix,
    struct span target, char type, int64_t size, int64_t mtime)
{
	struct head *h = (struct head *)buf_room(out, sizeof *h);
	const uint8_t *p = (const uint8_t *)h;
	unsigned sum = 0;
	size_t i;

	memset(h, 0, sizeof *h);
	memcpy(h->name, name.p, name.n);
	octal(h->mode, sizeof h->mode, 0644);
	octal(h->uid, sizeof h->uid, 0);
	octal(h->gid, sizeof h->gid, 0);
	octal(h->size, sizeof h->size, size);
	octal(h->mtime, sizeof h->mtime, MAX(0, MIN(mtime, OCTAL_END - 1)));
	h->type = type;
	if (target.n > 0)
		memcpy(h->link, target.p, target.n);
	memcpy(h->magic, "ustar\00000", sizeof h->magic);
	if (prefix.n > 0)
		memcpy(h->prefix, prefix.p, prefix.n);
	memset(h->sum, ' ', sizeof h->sum);
	for (i = 0; i < sizeof *h; i++)
		sum += p[i];
	octal(h->sum, sizeof h->sum - 1, sum);
	out->len += sizeof *h;
}

/* "30 path=...\n", whose number counts itself. */
static void
put_record(struct buf *out, const char *key, struct span value)
{
	size_t rest = strlen(key) + value.n + 3, n = rest + 1, power = 10;

	for (; n >= power; power *= 10)
		n++;
	buf_printf(out, "%zu %s=", n, key);
	buf_put(out, value.p, value.n);
	buf_put(out, "\n", 1);
}

/* n - 1 digits and a NUL. */
static void
octal(char *field, size_t n, int64_t v)
{
	field[--n] = '\0';
	for (; n > 0; v >>= 3)
		field[--n] = (char)('0' + (v & 7));
}
