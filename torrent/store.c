/* Pieces on disk.  The one place that maps a torrent's bytes to files.
 *
 * Nothing is ever truncated; files grow as blocks are written, with holes.
 *
 * Files may be skipped.  A piece at their border brings bytes of theirs all
 * the same; those go to a file beside, which is as long as the torrent and
 * mostly a hole.  When they are wanted later, they are read there until it is
 * known what of them is right, and only that comes home.  A temporary store
 * has nothing but such a file, without a name.
 *
 * A piece that is coming in has a part: a SHA-1 that runs along as long as
 * blocks come in order, so that a finished piece need not be read again.
 *
 * Somebody else's file may have the name of one of ours.  What the pieces that
 * are here do not prove to be the torrent's is ours only if the mark beside
 * the root says that we began it; that stands there from before the first
 * write until all that is wanted has come. */
#ifdef __linux__
#define _GNU_SOURCE /* SEEK_DATA */
#endif
#include <sys/types.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "sha1.h"
#include "bencode.h"
#include "torrent/meta.h"
#include "torrent/files.h"
#include "torrent/mark.h"
#include "torrent/store.h"

enum {
	PART_LISTS = 64,
	RUN_MAX    = 16,         /* POSIX grants no more to readv */
	READ_CHUNK = 128 << 10,
	PROOF      = 16 << 10,   /* of a file: more than others know of it */
	EXPECT_LEAST = 128 << 10 /* a smaller file is read at once anyway */
};

enum mark {
	MARK_NONE,        /* nobody asked for one */
	MARK_DUE,         /* before the first write */
	MARK_THERE
};

struct part {
	uint32_t piece;
	uint32_t next;    /* bytes hashed */
	struct sha1 c;
	struct part *link;
};

/* Blocks that follow one another, to be moved in one go. */
struct run {
	int64_t off, end;
	int write, n;
	struct iovec iov[RUN_MAX]; /* borrowed bytes */
};

struct store {
	const struct meta *m; /* borrowed */
	struct tree tree;     /* with its name, owned */
	char *name;
	int flags;
	const uint8_t *skip;  /* borrowed, or NULL */
	uint8_t *guests;      /* owned: files that stand beside for now; NULL */
	int temp;             /* the nameless file, or -1 */
	uint32_t at;          /* the file that was read or written last */
	struct part *parts[PART_LISTS];
	struct run run;
	enum mark mark;
	uint8_t *have;        /* owned */
	uint8_t *absent;      /* owned: files that were not there when we */
	                      /* began, and are not made yet; NULL */
	int kept;             /* what failed last is a file that stays */
	uint32_t nzeros;      /* the digest of so many zeros */
	uint8_t zeros[SHA1_LEN];
	char error[512];
};

static int fail(struct store *s, const char *verb, uint32_t file,
    const char *why);
static int path_fail(struct store *s, const char *verb, uint32_t file);
static int is_beside(const struct store *s, uint32_t file);
static int beside_fail(struct store *s, const char *verb,
    const char *why);
static int beside_open(struct store *s, int write);
static int come_home(struct store *s);
static int bring_home(struct store *s, uint32_t file);
static int bring_range(struct store *s, int64_t off, int64_t end);
static int temp_in(const char *dir);
static int make_empty(struct store *s);
static void note_absent(struct store *s);
static int is_foreign(struct store *s, uint32_t file);
static int is_in_way(struct store *s, uint32_t file);
static int has_proof(struct store *s, const struct file *f);
static int is_zeros(struct store *s, uint32_t piece);
static int only_zeros(int fd);
static int make_mark(struct store *s);
static int run_add(struct store *s, struct block b, uint8_t *p, int write);
static int rw(struct store *s, int64_t off, struct iovec *iov, int n,
    int write);
static int rw_file(struct store *s, uint32_t file, int64_t off,
    struct iovec *iov, int n, int write);
static int data_open(struct store *s, uint32_t file, int write);
static ssize_t move(int fd, int64_t off, struct iovec *iov, int n, int write);
static struct part *part_get(struct store *s, uint32_t piece);
static struct part **part_find(struct store *s, uint32_t piece);

struct store *
store_new(struct files *files, const struct meta *m, const char *dir,
    const char *name, int flags)
{
	struct store *s = xcalloc(1, sizeof *s);

	s->m = m;
	s->flags = flags;
	s->temp = -1;
	s->have = xcalloc(1, bit_bytes(m->sh.npieces));
	s->name = name ? xstrdup(name) : xcalloc(1, m->name.n + 1);
	if (!name)
		memcpy(s->name, m->name.p, m->name.n);
	s->tree.files = files;
	s->tree.m = m;
	s->tree.dir = dir;
	s->tree.name = s->name;
	s->tree.makes = (flags & STORE_WRITE) != 0;
	s->tree.follows = (flags & STORE_FOLLOW) != 0;
	s->tree.follows_all = (flags & STORE_LINKS) != 0;
	return s;
}

void
store_skip(struct store *s, const uint8_t *skip)
{
	s->skip = skip;
}

int
store_free(struct store *s)
{
	struct part *p;
	int i, r = tree_close(&s->tree);

	for (i = 0; i < PART_LISTS; i++)
		while ((p = s->parts[i])) {
			s->parts[i] = p->link;
			free(p);
		}
	if (s->temp >= 0)
		close(s->temp);
	free(s->guests);
	free(s->name);
	free(s->have);
	free(s->absent);
	free(s);
	return r;
}

/* Notes what failed with a file; always -1. */
static int
fail(struct store *s, const char *verb, uint32_t file, const char *why)
{
	struct span it = ben_items(s->m->files[file].path), v;
	struct buf path = { 0 };
	char text[400];

	if (is_beside(s, file))
		return beside_fail(s, verb, why);
	s->kept = strcmp(verb, "keep") == 0;
	if (strcmp(s->tree.dir, ".") != 0)
		buf_printf(&path, "%s/", strcmp(s->tree.dir, "/") == 0 ? "" :
		    s->tree.dir);
	buf_put(&path, s->name, strlen(s->name));
	while (meta_element(&it, &v)) {
		buf_put(&path, "/", 1);
		buf_put(&path, v.p, v.n);
	}
	v.p = path.p;
	v.n = path.len;
	snprintf(s->error, sizeof s->error, "%s %s: %s", verb,
	    escape(text, sizeof text, v), why);
	buf_free(&path);
	return -1;
}

/* The same, by errno: something may stand where a directory should be. */
static int
path_fail(struct store *s, const char *verb, uint32_t file)
{
	if ((errno == ENOTDIR || errno == ELOOP) && s->flags & STORE_WRITE)
		return fail(s, "keep", file,
		    "what is in its path is no directory");
	return fail(s, verb, file, strerror(errno));
}

/* The same of the file beside. */
static int
beside_fail(struct store *s, const char *verb, const char *why)
{
	char name[BESIDE_NAME];

	s->kept = 0;
	snprintf(s->error, sizeof s->error, "%s %s: %s", verb,
	    s->flags & STORE_TEMP ? "a temporary file" :
	    tree_beside_name(name, s->m, ".parts"), why);
	return -1;
}

static int
is_beside(const struct store *s, uint32_t file)
{
	return s->flags & STORE_TEMP || (s->skip && bit_get(s->skip, file)) ||
	    (s->guests && bit_get(s->guests, file));
}

/* The descriptor of the file beside, borrowed; -1 with errno: it is not there,
 * or cannot be ours. */
static int
beside_open(struct store *s, int write)
{
	char name[BESIDE_NAME];
	struct stat st;
	int fd;

	if (s->temp >= 0)
		return s->temp;
	fd = tree_find_beside(&s->tree, write);
	if (fd >= 0)
		return fd;
	fd = tree_open(&s->tree, tree_beside_name(name, s->m, ".parts"), write ?
	    O_RDWR | O_CREAT : O_RDONLY);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink > 1 ||
	    (!write && st.st_size < s->m->sh.size)) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	if (write && st.st_size < s->m->sh.size &&
	    ftruncate(fd, (off_t)s->m->sh.size) < 0) { /* it grows */
		close(fd);
		return -1;
	}
	tree_put_beside(&s->tree, fd, write);
	return fd;
}

int
store_temp(struct store *s)
{
	const char *dirs[4];
	size_t i;

	dirs[0] = s->tree.dir;
	dirs[1] = getenv("TMPDIR");
	dirs[2] = "/var/tmp";
	dirs[3] = "/tmp";
	for (i = 0; i < LEN(dirs) && s->temp < 0; i++)
		if (dirs[i])
			s->temp = temp_in(dirs[i]);
	if (s->temp < 0 || ftruncate(s->temp, (off_t)s->m->sh.size) < 0)
		return beside_fail(s, "make", strerror(errno));
	return 0;
}

/* A new file of no name in dir: its descriptor, or -1. */
static int
temp_in(const char *dir)
{
	char *path = xmalloc(strlen(dir) + sizeof "/.btsh-XXXXXX");
	int fd;

	sprintf(path, "%s/.btsh-XXXXXX", dir);
	fd = mkstemp(path);
	if (fd >= 0) {
		unlink(path);
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	free(path);
	return fd;
}

int
store_adopt(struct store *s)
{
	const struct file *f;
	char text[400];
	int64_t size;
	uint32_t i;

	if (s->flags & STORE_TEMP)
		return 0;
	if (tree_dir(&s->tree) < 0) {
		snprintf(s->error, sizeof s->error, "open %s: %s",
		    escape(text, sizeof text, span_of(s->tree.dir)),
		    strerror(errno));
		return -1;
	}
	if (beside_open(s, 0) < 0)
		return 0; /* nothing stands there */
	s->guests = xcalloc(1, bit_bytes(s->m->nfiles));
	for (i = 0; i < s->m->nfiles; i++) {
		f = &s->m->files[i];
		if (f->len == 0 || f->pad || is_beside(s, i))
			continue;
		if (store_size(s, i, &size) < 0)
			return -1;
		if (size <= 0)
			bit_set(s->guests, i);
	}
	return 0;
}

/* It is known which pieces of the guests are right.  0 or -1. */
static int
come_home(struct store *s)
{
	char name[BESIDE_NAME];
	uint32_t i;

	if (!s->guests)
		return 0;
	for (i = 0; i < s->m->nfiles; i++) {
		if (!bit_get(s->guests, i))
			continue;
		bit_clear(s->guests, i);
		if (bring_home(s, i) < 0)
			return -1;
	}
	if (s->skip)
		return 0;
	return tree_remove(&s->tree, tree_beside_name(name, s->m, ".parts")) < 0 ?
	    beside_fail(s, "remove", strerror(errno)) : 0;
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
		fd = beside_open(s, 0);
		k = fd < 0 ? -1 : pread(fd, chunk,
		    (size_t)MIN(end - off, READ_CHUNK), (off_t)off);
		if (k < 0)
			r = beside_fail(s, "read", strerror(errno));
		if (k <= 0)
			break;
		r = store_write(s, off, chunk, (size_t)k);
	}
	free(chunk);
	return r;
}

int
store_begin(struct store *s)
{
	enum said said;
	uint32_t i;
	int r;

	if (s->flags & STORE_TEMP)
		return 0;
	said = mark_read(&s->tree);
	for (i = 0; said != SAID_OURS && !(s->flags & STORE_FORCE) &&
	    i < s->m->nfiles; i++)
		if ((r = is_foreign(s, i)) != 0)
			return r;
	if (said == SAID_OTHER) /* it is to say this name */
		mark_remove(&s->tree);
	s->mark = said == SAID_OURS ? MARK_THERE : MARK_DUE;
	if (!(s->flags & STORE_FORCE))
		note_absent(s);
	return come_home(s) < 0 ? -1 : make_empty(s);
}

/* What comes to stand there before we make it is somebody else's. */
static void
note_absent(struct store *s)
{
	uint32_t i;

	free(s->absent);
	s->absent = xcalloc(1, bit_bytes(s->m->nfiles));
	for (i = 0; i < s->m->nfiles; i++)
		if (s->m->files[i].len > 0 && !s->m->files[i].pad &&
		    tree_is_absent(&s->tree, i))
			bit_set(s->absent, i);
}

/* Whether a file is somebody else's: 1, 0, or -1: it cannot be read. */
static int
is_foreign(struct store *s, uint32_t file)
{
	const struct file *f = &s->m->files[file];
	int64_t size;
	int fd, r;

	if (f->link && !is_beside(s, file))
		return is_in_way(s, file);
	if (f->len == 0 || f->pad || is_beside(s, file) || has_proof(s, f))
		return 0;
	if (store_size(s, file, &size) < 0)
		return -1;
	if (size <= 0)
		return 0;
	fd = tree_file(&s->tree, file, HOW_READ);
	if (fd < 0)
		return fail(s, "open", file, strerror(errno));
	r = only_zeros(fd);
	if (r < 0)
		return fail(s, "read", file, strerror(errno));
	if (r == 0)
		fail(s, "keep", file, "it holds other data");
	return !r;
}

/* The same of what has the name of a link: what is there is never replaced,
 * but an empty file is nobody's loss. */
static int
is_in_way(struct store *s, uint32_t file)
{
	struct stat st;
	int r = tree_is_link(&s->tree, file);

	if (r > 0 || (r < 0 && errno == ENOENT))
		return 0;
	if (r < 0)
		return path_fail(s, "make", file);
	if (tree_stat(&s->tree, file, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size == 0)
		return 0;
	fail(s, "keep", file, "the torrent has a symbolic link of this name");
	return 1;
}

/* Whether the pieces that are here prove a file to be the torrent's: they are
 * all that have bytes of it, and then none is written; or they are whole ones
 * within it that are no zeros.  A piece that it shares may match by the bytes
 * of the others alone, and who made the torrent may well know how somebody's
 * file begins. */
static int
has_proof(struct store *s, const struct file *f)
{
	int64_t len = s->m->sh.piece_len, end = f->off + f->len, n = 0;
	uint32_t i = (uint32_t)(f->off / len);
	uint32_t last = (uint32_t)((end - 1) / len);

	while (i <= last && bit_get(s->have, i))
		i++;
	if (i > last)
		return 1;
	for (i = (uint32_t)((f->off + len - 1) / len); n < PROOF && i <= last;
	    i++)
		if (bit_get(s->have, i) && i * len + shape_len(&s->m->sh,
		    i) <= end && !is_zeros(s, i))
			n += shape_len(&s->m->sh, i);
	return n >= PROOF;
}

static int
is_zeros(struct store *s, uint32_t piece)
{
	static const uint8_t chunk[4096];
	uint32_t len = shape_len(&s->m->sh, piece), n, k;
	struct sha1 c;

	if (s->nzeros != len) {
		sha1_init(&c);
		for (n = 0; n < len; n += k) {
			k = MIN(len - n, (uint32_t)sizeof chunk);
			sha1_update(&c, chunk, k);
		}
		sha1_final(&c, s->zeros);
		s->nzeros = len;
	}
	return memcmp(s->m->pieces + SHA1_LEN * (size_t)piece, s->zeros,
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

/* Makes the mark, before the first write, and the root, which it holds.  0 or
 * -1. */
static int
make_mark(struct store *s)
{
	char name[BESIDE_NAME];
	int r;

	if (!s->m->is_dir && data_open(s, 0, 1) < 0)
		return -1;
	r = mark_make(&s->tree);
	s->kept = 0;
	if (r < 0 && (errno == EACCES || errno == EROFS)) {
		s->mark = MARK_NONE; /* the files may be writable */
		return 0;
	}
	if (r < 0)
		snprintf(s->error, sizeof s->error, "make %s: %s",
		    tree_beside_name(name, s->m, ".btsh"), errno == EEXIST ?
		    "something else has this name" : strerror(errno));
	else
		s->mark = r == 0 ? MARK_THERE : MARK_NONE;
	return MIN(r, 0);
}

void
store_done(struct store *s)
{
	if (s->mark == MARK_THERE)
		mark_remove(&s->tree);
	s->mark = MARK_NONE;
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
store_get(struct store *s, struct block b, uint8_t *p)
{
	return run_add(s, b, p, 0);
}

static int
run_add(struct store *s, struct block b, uint8_t *p, int write)
{
	struct run *r = &s->run;
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
	struct run *r = &s->run;
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

	if (write && !(s->flags & STORE_WRITE))
		return fail(s, "write", i, "it is only to be read");
	if (write && s->mark == MARK_DUE && make_mark(s) < 0)
		return -1;
	if (write && s->tree.lost)
		return s->tree.lost_file == UINT32_MAX ? beside_fail(s,
		    "close", strerror(s->tree.lost)) : fail(s, "close",
		    s->tree.lost_file, strerror(s->tree.lost));
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
	int fd;
	ssize_t k;

	if (f->pad) {
		for (; !write && n > 0; iov++, n--)
			memset(iov->iov_base, 0, iov->iov_len);
		return 0;
	}
	s->at = file;
	fd = data_open(s, file, write);
	if (fd < 0)
		return -1;
	if (is_beside(s, file))
		off += f->off;
	while (n > 0) {
		k = move(fd, off, iov, n, write);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return fail(s, write ? "write" : "read", file,
			    k < 0 ? strerror(errno) : "it has become shorter");
		off += k;
		for (; n > 0 && (size_t)k >= iov->iov_len; iov++, n--)
			k -= (ssize_t)iov->iov_len;
		if (k > 0) {
			iov->iov_base = (uint8_t *)iov->iov_base + k;
			iov->iov_len -= (size_t)k;
		}
	}
	return 0;
}

/* The descriptor of where a file's bytes are, or -1. */
static int
data_open(struct store *s, uint32_t file, int write)
{
	int fd, new;

	if (is_beside(s, file)) {
		fd = beside_open(s, write);
		return fd < 0 ? beside_fail(s, "open", strerror(errno)) : fd;
	}
	new = write && s->absent && bit_get(s->absent, file);
	fd = tree_file(&s->tree, file, new ? HOW_NEW : write ? HOW_WRITE :
	    HOW_READ);
	if (fd < 0 && new && errno == EEXIST) {
		store_done(s); /* the mark must not say that it is ours */
		return fail(s, "keep", file, "it has come meanwhile");
	}
	if (fd < 0)
		return fail(s, "open", file, strerror(errno));
	if (new)
		bit_clear(s->absent, file);
	return fd;
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
	if (f->pad || is_beside(s, i) || (int64_t)n > f->len - off)
		return -1;
	fd = tree_file(&s->tree, i, HOW_READ);
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
		if (f->len >= EXPECT_LEAST && !f->pad && !is_beside(s, i) &&
		    (fd = tree_file(&s->tree, i, HOW_READ)) >= 0)
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
	struct stat st;

	*size = s->m->files[file].len;
	if (s->m->files[file].pad || s->m->files[file].link)
		return 0;
	if (tree_stat(&s->tree, file, &st) < 0) {
		*size = -1;
		/* a file where a directory should be holds nothing */
		return errno == ENOENT ||
		    (errno == ENOTDIR && !(s->flags & STORE_WRITE)) ? 0 :
		    path_fail(s, "open", file);
	}
	if (!S_ISREG(st.st_mode))
		return fail(s, s->flags & STORE_WRITE ? "keep" : "open", file,
		    "not a regular file");
	*size = st.st_size;
	return 0;
}

int
store_is_link(struct store *s, uint32_t file)
{
	return tree_is_link(&s->tree, file);
}

int
store_scan(struct store *s, uint8_t *maybe)
{
	const struct file *f;
	int there = !(s->flags & STORE_TEMP) && s->skip &&
	    beside_open(s, 0) >= 0;
	int64_t size, len = s->m->sh.piece_len;
	uint32_t i;

	for (i = 0; i < s->m->nfiles; i++) {
		f = &s->m->files[i];
		if (is_beside(s, i)) {
			if (s->guests && bit_get(s->guests, i))
				shape_clear(&s->m->sh, maybe, (f->off / len +
				    1) * len, (f->off + f->len - 1) / len *
				    len);
			else if (!there && !f->pad)
				shape_clear(&s->m->sh, maybe, f->off,
				    f->off + f->len);
			continue;
		}
		if (store_size(s, i, &size) < 0)
			return -1;
		if (size > f->len) {
			fail(s, "keep", i, "longer than the torrent says");
			return 1;
		}
		shape_clear(&s->m->sh, maybe, f->off + MAX(size, 0),
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

	for (i = 0; i < s->m->nfiles; i++) {
		if (s->m->files[i].len > 0 || s->m->files[i].pad ||
		    is_beside(s, i))
			continue;
		if (!(s->flags & STORE_WRITE))
			return fail(s, "make", i, "it is only to be read");
		if (s->m->files[i].link) {
			if (tree_link(&s->tree, i) < 0 && errno != EEXIST &&
			    errno != EPERM) /* vfat has none */
				return fail(s, "make", i, strerror(errno));
			continue;
		}
		if (tree_file(&s->tree, i, HOW_WRITE) < 0)
			return fail(s, "make", i, strerror(errno));
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

int
store_kept(const struct store *s)
{
	return s->kept;
}

const char *
store_error(const struct store *s)
{
	return s->error;
}
