/* Whose files are there.
 *
 * Somebody else's file may have the name of one of ours.  What the pieces that
 * are here do not prove to be the torrent's is ours only if the mark beside
 * the root says that we began it; that stands there from before the first
 * write until all that is wanted has come.  Nothing is ever truncated. */
#ifdef __linux__
#define _GNU_SOURCE /* SEEK_DATA */
#endif
#include <sys/types.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "sha1.h"
#include "torrent/meta.h"
#include "torrent/files.h"
#include "torrent/mark.h"
#include "torrent/site.h"
#include "torrent/guard.h"

enum {
	READ_CHUNK = 128 << 10,
	PROOF      = 16 << 10    /* of a file: more than others know of it */
};

static int is_foreign(struct guard *g, struct site *p, const uint8_t *have,
    uint32_t file);
static int is_in_way(struct site *p, uint32_t file);
static int has_proof(struct guard *g, const struct meta *m,
    const uint8_t *have, const struct file *f);
static int is_zeros(struct guard *g, const struct meta *m, uint32_t piece);
static int only_zeros(int fd);
static void note_absent(struct guard *g, struct site *p);
static int make_mark(struct guard *g, struct site *p);
static int data_open(struct guard *g, struct site *p, uint32_t file,
    int write);

void
guard_free(struct guard *g)
{
	free(g->absent);
}

int
guard_begin(struct guard *g, struct site *p, const uint8_t *have)
{
	enum said said = mark_read(&p->tree);
	uint32_t i;
	int r;

	for (i = 0; said != SAID_OURS && !(p->flags & STORE_FORCE) &&
	    i < p->tree.m->nfiles; i++)
		if ((r = is_foreign(g, p, have, i)) != 0)
			return r;
	g->mark = said == SAID_OURS ? MARK_THERE : MARK_DUE;
	if (!(p->flags & STORE_FORCE))
		note_absent(g, p);
	return 0;
}

/* Whether a file is somebody else's: 1, 0, or -1: it cannot be read. */
static int
is_foreign(struct guard *g, struct site *p, const uint8_t *have,
    uint32_t file)
{
	const struct meta *m = p->tree.m;
	const struct file *f = &m->files[file];
	int64_t size;
	int fd, r;

	if (f->link && !site_is_beside(p, file))
		return is_in_way(p, file);
	if (f->len == 0 || f->pad || site_is_beside(p, file) ||
	    has_proof(g, m, have, f))
		return 0;
	if (site_size(p, file, &size) < 0)
		return -1;
	if (size <= 0)
		return 0;
	fd = tree_file(&p->tree, file, HOW_READ);
	if (fd < 0)
		return site_errno(p, "open", file);
	r = only_zeros(fd);
	if (r < 0)
		return site_errno(p, "read", file);
	if (r == 0)
		site_fail(p, STORE_FOREIGN, "keep", file,
		    "it holds other data");
	return !r;
}

/* The same of what has the name of a link: what is there is never replaced,
 * but an empty file is nobody's loss. */
static int
is_in_way(struct site *p, uint32_t file)
{
	struct stat st;
	int r = tree_is_link(&p->tree, file);

	if (r > 0 || (r < 0 && errno == ENOENT))
		return 0;
	if (r < 0)
		return site_path_errno(p, "make", file);
	if (tree_stat(&p->tree, file, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size == 0)
		return 0;
	site_fail(p, STORE_IN_WAY, "keep", file,
	    "the torrent has a symbolic link of this name");
	return 1;
}

/* Whether the pieces that are here prove a file to be the torrent's: they are
 * all that have bytes of it, and then none is written; or they are whole ones
 * within it that are no zeros.  A piece that it shares may match by the bytes
 * of the others alone, and who made the torrent may well know how somebody's
 * file begins. */
static int
has_proof(struct guard *g, const struct meta *m, const uint8_t *have,
    const struct file *f)
{
	int64_t len = m->sh.piece_len, end = f->off + f->len, n = 0;
	uint32_t i = (uint32_t)(f->off / len);
	uint32_t last = (uint32_t)((end - 1) / len);

	while (i <= last && bit_get(have, i))
		i++;
	if (i > last)
		return 1;
	for (i = (uint32_t)((f->off + len - 1) / len); n < PROOF && i <= last;
	    i++)
		if (bit_get(have, i) && i * len + shape_len(&m->sh, i) <=
		    end && !is_zeros(g, m, i))
			n += shape_len(&m->sh, i);
	return n >= PROOF;
}

static int
is_zeros(struct guard *g, const struct meta *m, uint32_t piece)
{
	static const uint8_t chunk[4096];
	uint32_t len = shape_len(&m->sh, piece), n, k;
	struct sha1 c;

	if (g->nzeros != len) {
		sha1_init(&c);
		for (n = 0; n < len; n += k) {
			k = MIN(len - n, (uint32_t)sizeof chunk);
			sha1_update(&c, chunk, k);
		}
		sha1_final(&c, g->zeros);
		g->nzeros = len;
	}
	return memcmp(m->pieces + SHA1_LEN * (size_t)piece, g->zeros,
	    SHA1_LEN) == 0;
}

/* 1, 0, or -1 with errno.  Holes are passed over where the system can. */
static int
only_zeros(int fd)
{
	uint8_t *chunk = xmalloc(READ_CHUNK);
	off_t off = 0;
	ssize_t k;

	do {
#ifdef SEEK_DATA
		off_t data = lseek(fd, off, SEEK_DATA);

		if (data < 0 && errno == ENXIO) {
			k = 0;
			break; /* a hole up to the end */
		}
		off = MAX(off, data);
#endif
		k = pread(fd, chunk, READ_CHUNK, off);
		off += k;
	} while (k > 0 && !chunk[0] &&
	    memcmp(chunk, chunk + 1, (size_t)k - 1) == 0);
	free(chunk);
	return k < 0 ? -1 : k == 0;
}

/* What comes to stand there before we make it is somebody else's. */
static void
note_absent(struct guard *g, struct site *p)
{
	uint32_t i;

	free(g->absent);
	g->absent = xcalloc(1, bit_bytes(p->tree.m->nfiles));
	for (i = 0; i < p->tree.m->nfiles; i++)
		if (p->tree.m->files[i].len > 0 && !p->tree.m->files[i].pad &&
		    tree_is_absent(&p->tree, i))
			bit_set(g->absent, i);
}

int
guard_open(struct guard *g, struct site *p, uint32_t file, int write)
{
	if (write && g->mark == MARK_DUE && make_mark(g, p) < 0)
		return -1;
	return data_open(g, p, file, write);
}

/* The descriptor of where a file's bytes are, or -1. */
static int
data_open(struct guard *g, struct site *p, uint32_t file, int write)
{
	int fd, new;

	if (site_is_beside(p, file)) {
		fd = site_beside(p, write);
		return fd < 0 ? site_errno(p, "open", SITE_BESIDE) : fd;
	}
	new = write && g->absent && bit_get(g->absent, file);
	fd = tree_file(&p->tree, file, new ? HOW_NEW : write ? HOW_WRITE :
	    HOW_READ);
	if (fd < 0 && new && errno == EEXIST) {
		guard_end(g, p); /* the mark must not say that it is ours */
		return site_fail(p, STORE_IN_WAY, "keep", file,
		    "it has come meanwhile");
	}
	if (fd < 0)
		return site_errno(p, "open", file);
	if (new)
		bit_clear(g->absent, file);
	return fd;
}

/* Makes the mark, before the first write, and the root, which it holds.  0 or
 * -1. */
static int
make_mark(struct guard *g, struct site *p)
{
	char name[MARK_NAME];
	int r;

	if (!p->tree.m->is_dir && data_open(g, p, 0, 1) < 0)
		return -1;
	r = mark_make(&p->tree);
	if (r < 0 && (errno == EACCES || errno == EROFS)) {
		g->mark = MARK_NONE; /* the files may be writable */
		return 0;
	}
	if (r < 0) {
		site_note(p, site_fault(errno), "make",
		    mark_name(name, &p->tree),
		    errno == EEXIST ? "something else has this name" :
		    strerror(errno));
		return -1;
	}
	g->mark = r == 0 ? MARK_THERE : MARK_NONE;
	return 0;
}

void
guard_end(struct guard *g, struct site *p)
{
	if (g->mark == MARK_THERE)
		mark_remove(&p->tree);
	g->mark = MARK_NONE;
}
