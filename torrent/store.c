/* Pieces on disk.  The one place that maps a torrent's bytes to files.
 *
 * Nothing is ever truncated; files grow as blocks are written, with holes.
 * Where a file's bytes are, site.c knows; whether they may be written,
 * guard.c.
 *
 * A piece that is coming in has a part: a SHA-1 that runs along as long as
 * blocks come in order, so that a finished piece need not be read again. */
#include <sys/types.h>
#include <sys/mman.h>
#include <sys/uio.h>
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
#include "torrent/resume.h"
#include "torrent/mark.h"
#include "torrent/site.h"
#include "torrent/guard.h"
#include "torrent/keep.h"
#include "torrent/store.h"

enum {
	PART_LISTS = 64,
	RUN_MAX    = 16,         /* POSIX grants no more to readv */
	READ_CHUNK = 128 << 10,
	EXPECT_LEAST = 128 << 10 /* a smaller file is read at once anyway */
};

struct part {
	uint32_t piece;
	uint32_t next;    /* bytes hashed */
	struct sha1 c;
	struct part *link;
};

/* Blocks that follow one another, to be moved in one go. */
struct stretch {
	int64_t off, end;
	int write, n;
	struct iovec iov[RUN_MAX]; /* borrowed bytes */
};

struct store {
	const struct meta *m; /* borrowed */
	struct site site;
	struct guard guard;
	struct keep keep;
	enum said said;       /* what the resume file said at first */
	uint32_t turn;        /* the file that was looked at last */
	uint32_t at;          /* the file that was read or written last */
	struct part *parts[PART_LISTS];
	struct stretch run;
	uint8_t *have;        /* owned */
};

static int come_home(struct store *s);
static int bring_home(struct store *s, uint32_t file);
static int bring_range(struct store *s, int64_t off, int64_t end);
static int make_empty(struct store *s);
static int run_add(struct store *s, struct block b, uint8_t *p, int write);
static int rw(struct store *s, int64_t off, struct iovec *iov, int n,
    int write);
static int rw_file(struct store *s, uint32_t file, int64_t off,
    struct iovec *iov, int n, int write);
static ssize_t move(int fd, int64_t off, struct iovec *iov, int n, int write);
static struct part *part_get(struct store *s, uint32_t piece);
static struct part **part_find(struct store *s, uint32_t piece);

struct store *
store_new(struct files *files, const struct meta *m, const char *dir,
    const char *name, int flags)
{
	struct store *s = xcalloc(1, sizeof *s);

	s->m = m;
	s->have = xcalloc(1, bit_bytes(m->sh.npieces));
	site_init(&s->site, files, m, dir, name, flags);
	return s;
}

void
store_skip(struct store *s, const uint8_t *skip)
{
	s->site.skip = skip;
}

int
store_free(struct store *s)
{
	struct part *p;
	int i, r;

	keep_free(&s->keep);
	r = site_close(&s->site);
	for (i = 0; i < PART_LISTS; i++)
		while ((p = s->parts[i])) {
			s->parts[i] = p->link;
			free(p);
		}
	guard_free(&s->guard);
	free(s->have);
	free(s);
	return r;
}

/* It is known which pieces of the guests are right.  0 or -1. */
static int
come_home(struct store *s)
{
	uint8_t *guests = s->site.guests;
	uint32_t i;

	if (!guests)
		return 0;
	for (i = 0; i < s->m->nfiles; i++) {
		if (!bit_get(guests, i))
			continue;
		bit_clear(guests, i);
		if (bring_home(s, i) < 0)
			return -1;
	}
	return s->site.skip ? 0 : site_clear(&s->site);
}

/* What stands beside of a file can only be of its first and its last piece,
 * since the others are its own. */
static int
bring_home(struct store *s, uint32_t file)
{
	const struct file *f = &s->m->files[file];
	int64_t len = s->m->sh.piece_len, end = f->off + f->len;
	int64_t first = f->off / len, last = (end - 1) / len;

	if (bit_get(s->have, (uint32_t)first) && bring_range(s, f->off,
	    MIN(end, (first + 1) * len)) < 0)
		return -1;
	return last > first && bit_get(s->have, (uint32_t)last) ?
	    bring_range(s, last * len, end) : 0;
}

static int
bring_range(struct store *s, int64_t off, int64_t end)
{
	uint8_t *chunk = xmalloc(READ_CHUNK);
	ssize_t k;
	int r = 0, fd;

	for (; r == 0 && off < end; off += k) {
		fd = site_beside(&s->site, 0);
		k = fd < 0 ? -1 : pread(fd, chunk,
		    (size_t)MIN(end - off, READ_CHUNK), (off_t)off);
		if (k < 0)
			r = site_errno(&s->site, "read", SITE_BESIDE);
		if (k <= 0)
			break;
		r = store_write(s, off, chunk, (size_t)k);
	}
	free(chunk);
	return r;
}

int
store_adopt(struct store *s)
{
	return site_adopt(&s->site);
}

int
store_temp(struct store *s)
{
	return site_temp(&s->site);
}

int
store_begin(struct store *s)
{
	int r;

	if (s->site.flags & STORE_TEMP)
		return 0;
	r = guard_begin(&s->guard, &s->site, s->have);
	if (r != 0)
		return r;
	return come_home(s) < 0 ? -1 : make_empty(s);
}

void
store_done(struct store *s, int keep)
{
	if (keep)
		s->guard.mark = MARK_NONE;
	guard_end(&s->guard, &s->site);
	s->said = SAID_OTHER;
}

void
store_recall(struct store *s, uint8_t *maybe, uint8_t *here,
    struct buf *text, struct resume *r)
{
	s->said = mark_load(&s->site.tree, text, r);
	if (s->said == SAID_OURS && s->site.flags & STORE_WRITE)
		keep_doubt(&s->keep, &s->site);
	if (maybe)
		resume_trust(r, s->m, s->keep.stamps, maybe, here);
}

void
store_save(struct store *s, const struct resume *r,
    void (*saved)(void *arg, int lost, int why), void *arg)
{
	struct resume all = { 0 };
	size_t n = bit_bytes(s->m->sh.npieces);
	uint8_t *wanted = NULL;

	if (r) {
		all = *r;
		all.name = span_of(s->site.name);
		all.have.p = s->have;
		all.have.n = n;
		if (s->guard.mark == MARK_THERE ||
		    (s->guard.mark == MARK_NONE && s->said == SAID_OURS))
			mark_fill(&all, &s->site.tree);
		if (s->site.skip) {
			wanted = xmalloc(n);
			meta_wanted(s->m, s->site.skip, wanted);
			all.wanted.p = wanted;
			all.wanted.n = n;
		}
	}
	keep_save(&s->keep, &s->site, r ? &all : NULL, saved, arg);
	free(wanted);
}

int
store_changed(struct store *s, uint8_t *which)
{
	uint32_t look[2], n = s->m->sh.npieces, p;
	const struct file *f;
	int i, any = 0;

	if (!s->keep.stamps || keep_saves(&s->keep))
		return 0;
	s->turn = (s->turn + 1) % s->m->nfiles;
	look[0] = s->at;
	look[1] = s->turn;
	for (i = 0; i < 2; i++) {
		f = &s->m->files[look[i]];
		if (f->len == 0 || site_is_beside(&s->site, look[i]) ||
		    !keep_changed(&s->keep, &s->site, look[i]))
			continue;
		for (p = (uint32_t)(f->off / s->m->sh.piece_len); p < n &&
		    (int64_t)p * s->m->sh.piece_len < f->off + f->len; p++)
			if (bit_get(s->have, p)) {
				bit_set(which, p);
				any = 1;
			}
	}
	return any;
}

void
store_suspect(struct store *s, uint32_t piece)
{
	int64_t off = (int64_t)piece * s->m->sh.piece_len;
	int64_t end = off + shape_len(&s->m->sh, piece);
	uint32_t i;

	for (i = meta_file_at(s->m, off); i < s->m->nfiles &&
	    s->m->files[i].off < end; i++)
		keep_suspect(&s->keep, &s->site, i);
}

void
store_trust(struct store *s)
{
	keep_trust(&s->keep);
}

int
store_saves(const struct store *s)
{
	return keep_saves(&s->keep);
}

int
store_dirty(const struct store *s)
{
	return s->keep.dirty != NULL;
}

int
store_read(struct store *s, int64_t off, uint8_t *p, size_t n)
{
	struct iovec iov = { p, n };

	return n > 0 ? rw(s, off, &iov, 1, 0) : 0;
}

int
store_write(struct store *s, int64_t off, const uint8_t *p, size_t n)
{
	struct iovec iov = { (uint8_t *)p, n }; /* which is only read from */

	return n > 0 ? rw(s, off, &iov, 1, 1) : 0;
}

int
store_fd(struct store *s, int64_t off, int64_t *at, int64_t *n)
{
	uint32_t i = s->at;
	const struct file *f = &s->m->files[i];

	if (off < f->off || off - f->off >= f->len)
		i = meta_file_at(s->m, off);
	f = &s->m->files[i];
	if (f->pad)
		return -1;
	s->at = i;
	*n = MIN(*n, f->len - (off - f->off));
	*at = site_is_beside(&s->site, i) ? off : off - f->off;
	return guard_open(&s->guard, &s->site, i, 0);
}

int
store_get(struct store *s, struct block b, uint8_t *p)
{
	return run_add(s, b, p, 0);
}

static int
run_add(struct store *s, struct block b, uint8_t *p, int write)
{
	struct stretch *r = &s->run;
	int64_t off = (int64_t)b.piece * s->m->sh.piece_len + b.begin;
	int failed = 0;

	if (r->n == RUN_MAX || r->end != off || r->write != write)
		failed = store_settle(s);
	if (r->n == 0) {
		r->off = r->end = off;
		r->write = write;
	}
	r->iov[r->n].iov_base = p;
	r->iov[r->n++].iov_len = b.len;
	r->end += b.len;
	return failed;
}

int
store_settle(struct store *s)
{
	struct stretch *r = &s->run;
	int n = r->n;

	r->n = 0;
	return n > 0 ? rw(s, r->off, r->iov, n, r->write) : 0;
}

/* Moves the bytes at off to or from n places, file by file; iov is used up. */
static int
rw(struct store *s, int64_t off, struct iovec *iov, int n, int write)
{
	uint32_t i = s->at;
	const struct file *f = &s->m->files[i];
	struct iovec rest;
	int64_t left, k, part;
	int m;

	if (write && !(s->site.flags & STORE_WRITE))
		return site_fail(&s->site, STORE_FAILED, "write", i,
		    "it is only to be read");
	if (write && site_lost(&s->site) < 0)
		return -1;
	if (off < f->off || off - f->off >= f->len)
		i = meta_file_at(s->m, off);
	for (; n > 0; i++, off += k + part, iov += m, n -= m) {
		f = &s->m->files[i];
		left = f->len - (off - f->off);
		for (m = 0, k = 0; m < n && (int64_t)iov[m].iov_len <=
		    left - k; m++)
			k += (int64_t)iov[m].iov_len;
		part = m < n ? left - k : 0; /* of a place for two files */
		if (part > 0) {
			rest.iov_base = (uint8_t *)iov[m].iov_base + part;
			rest.iov_len = iov[m].iov_len - (size_t)part;
			iov[m].iov_len = (size_t)part;
		}
		if (k + part > 0 && rw_file(s, i, off - f->off, iov,
		    m + (part > 0), write) < 0)
			return -1;
		if (part > 0)
			iov[m] = rest;
	}
	return 0;
}

static int
rw_file(struct store *s, uint32_t file, int64_t off, struct iovec *iov, int n,
    int write)
{
	const struct file *f = &s->m->files[file];
	const char *verb = write ? "write" : "read";
	int fd;
	ssize_t k;

	if (f->pad) {
		for (; !write && n > 0; iov++, n--)
			memset(iov->iov_base, 0, iov->iov_len);
		return 0;
	}
	s->at = file;
	if (write)
		keep_wrote(&s->keep, &s->site, file);
	fd = guard_open(&s->guard, &s->site, file, write);
	if (fd < 0)
		return -1;
	if (site_is_beside(&s->site, file))
		off += f->off;
	while (n > 0) {
		k = move(fd, off, iov, n, write);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return k < 0 ? site_errno(&s->site, verb, file) :
			    site_fail(&s->site, STORE_FAILED, verb, file,
			    "it has become shorter");
		off += k;
		for (; n > 0 && (size_t)k >= iov->iov_len; iov++, n--)
			k -= (ssize_t)iov->iov_len;
		if (n > 0 && k > 0) {
			iov->iov_base = (uint8_t *)iov->iov_base + k;
			iov->iov_len -= (size_t)k;
		}
	}
	return 0;
}

/* Hashing processes share the descriptor's position, which they do not use. */
static ssize_t
move(int fd, int64_t off, struct iovec *iov, int n, int write)
{
	if (n == 1)
		return write ? pwrite(fd, iov->iov_base, iov->iov_len,
		    (off_t)off) : pread(fd, iov->iov_base, iov->iov_len,
		    (off_t)off);
	if (lseek(fd, (off_t)off, SEEK_SET) < 0)
		return -1;
	return write ? writev(fd, iov, n) : readv(fd, iov, n);
}

int
store_view(struct store *s, int64_t off, size_t n, struct view *v)
{
	uint32_t i = meta_file_at(s->m, off);
	const struct file *f = &s->m->files[i];
	size_t page = (size_t)sysconf(_SC_PAGESIZE), skip;
	void *p;
	int fd;

	off -= f->off;
	if (f->pad || site_is_beside(&s->site, i) || (int64_t)n > f->len - off)
		return -1;
	fd = tree_file(&s->site.tree, i, HOW_READ);
	if (fd < 0)
		return -1;
	skip = (size_t)off % page;
	p = mmap(NULL, n + skip, PROT_READ, MAP_SHARED, fd,
	    (off_t)(off - (int64_t)skip));
	if (p == MAP_FAILED)
		return -1;
	v->base = p;
	v->p = v->base + skip;
	v->len = n + skip;
	return 0;
}

void
store_unview(struct view *v)
{
	munmap(v->base, v->len);
}

void
store_expect(struct store *s, int64_t off, int64_t n)
{
#ifdef POSIX_FADV_WILLNEED
	uint32_t i = meta_file_at(s->m, off);
	const struct file *f;
	int fd;

	for (; n > 0 && i < s->m->nfiles; i++) {
		f = &s->m->files[i];
		if (f->len >= EXPECT_LEAST && !f->pad && !site_is_beside(&s->site, i) &&
		    (fd = tree_file(&s->site.tree, i, HOW_READ)) >= 0)
			posix_fadvise(fd, (off_t)(off - f->off),
			    (off_t)MIN(n, f->len), POSIX_FADV_WILLNEED);
		n -= f->off + f->len - off;
		off = f->off + f->len;
	}
#else
	(void)s, (void)off, (void)n;
#endif
}

int
store_size(struct store *s, uint32_t file, int64_t *size)
{
	return site_size(&s->site, file, size);
}

int
store_is_link(struct store *s, uint32_t file)
{
	return tree_is_link(&s->site.tree, file);
}

int
store_scan(struct store *s, uint8_t *maybe)
{
	const struct file *f;
	struct site *p = &s->site;
	struct stamp *st;
	int there = !(p->flags & STORE_TEMP) && p->skip &&
	    site_beside(p, 0) >= 0;
	int64_t len = s->m->sh.piece_len;
	uint32_t i;

	free(s->keep.stamps);
	s->keep.stamps = xcalloc(s->m->nfiles, sizeof *st);
	for (i = 0; i < s->m->nfiles; i++) {
		f = &s->m->files[i];
		st = &s->keep.stamps[i];
		if (site_stamp(p, i, st) < 0)
			return -1;
		if (site_is_beside(p, i)) {
			if (p->guests && bit_get(p->guests, i))
				shape_clear(&s->m->sh, maybe, (f->off / len +
				    1) * len, (f->off + f->len - 1) / len *
				    len);
			else if (!there && !f->pad)
				shape_clear(&s->m->sh, maybe, f->off,
				    f->off + f->len);
			continue;
		}
		if (st->size > f->len) {
			site_fail(p, STORE_IN_WAY, "keep", i,
			    "longer than the torrent says");
			return 1;
		}
		shape_clear(&s->m->sh, maybe, f->off + MAX(st->size, 0),
		    f->off + f->len);
	}
	return 0;
}

/* Makes the files that have no bytes, and links where there can be any.  0 or
 * -1. */
static int
make_empty(struct store *s)
{
	uint32_t i;
	int new;

	for (i = 0; i < s->m->nfiles; i++) {
		if (s->m->files[i].len > 0 || s->m->files[i].pad ||
		    site_is_beside(&s->site, i))
			continue;
		if (!(s->site.flags & STORE_WRITE))
			return site_fail(&s->site, STORE_FAILED, "make", i,
			    "it is only to be read");
		if (s->m->files[i].link) {
			if (tree_link(&s->site.tree, i) < 0 && errno != EEXIST &&
			    errno != EPERM) /* vfat has none */
				return site_errno(&s->site, "make", i);
			continue;
		}
		new = tree_is_absent(&s->site.tree, i);
		if (tree_file(&s->site.tree, i, HOW_WRITE) < 0)
			return site_errno(&s->site, "make", i);
		if (new)
			keep_wrote(&s->keep, &s->site, i);
	}
	return 0;
}

int
store_put(struct store *s, struct block b, const uint8_t *p)
{
	struct part *part = part_get(s, b.piece);

	if (b.begin < part->next) { /* what was hashed is written anew */
		sha1_init(&part->c);
		part->next = 0;
	}
	if (b.begin == part->next) {
		sha1_update(&part->c, p, b.len);
		part->next += b.len;
	}
	return run_add(s, b, (uint8_t *)p, 1);
}

int
store_verify(struct store *s, uint32_t piece)
{
	uint32_t len = shape_len(&s->m->sh, piece), k;
	int64_t off = (int64_t)piece * s->m->sh.piece_len;
	struct part *part = part_get(s, piece);
	uint8_t digest[SHA1_LEN], *chunk;
	int r = store_settle(s);

	if (part->next < len) { /* what came out of order */
		chunk = xmalloc(READ_CHUNK);
		for (; r == 0 && part->next < len; part->next += k) {
			k = MIN(len - part->next, READ_CHUNK);
			r = store_read(s, off + part->next, chunk, k);
			sha1_update(&part->c, chunk, r == 0 ? k : 0);
		}
		free(chunk);
	}
	sha1_final(&part->c, digest);
	store_forget(s, piece);
	if (r < 0)
		return -1;
	if (memcmp(digest, s->m->pieces + SHA1_LEN * (size_t)piece,
	    SHA1_LEN) != 0)
		return 0;
	bit_set(s->have, piece);
	return 1;
}

void
store_forget(struct store *s, uint32_t piece)
{
	struct part **at = part_find(s, piece), *part = *at;

	if (part) {
		*at = part->link;
		free(part);
	}
}

/* The part of a piece, which begins if there is none. */
static struct part *
part_get(struct store *s, uint32_t piece)
{
	struct part **at = part_find(s, piece);

	if (!*at) {
		*at = xcalloc(1, sizeof **at);
		(*at)->piece = piece;
		sha1_init(&(*at)->c);
	}
	return *at;
}

static struct part **
part_find(struct store *s, uint32_t piece)
{
	struct part **at = &s->parts[piece % PART_LISTS];

	while (*at && (*at)->piece != piece)
		at = &(*at)->link;
	return at;
}

const uint8_t *
store_have(const struct store *s)
{
	return s->have;
}

void
store_set_have(struct store *s, uint32_t piece)
{
	bit_set(s->have, piece);
}

enum site_fault
store_fault(const struct store *s)
{
	return s->site.fault;
}

const char *
store_error(const struct store *s)
{
	return s->site.error;
}
