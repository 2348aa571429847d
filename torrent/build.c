/* A new torrent of what is on disk.  The tree is listed first, sorted; then
 * the torrent is encoded with zeros for digests and parsed, so that the same
 * store and the same workers read it as any other torrent; the digests go into
 * its bytes as they come, and the info hash is taken last. */
#include <sys/types.h>
#include <sys/stat.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "sha1.h"
#include "proc.h"
#include "torrent/paths.h"
#include "torrent/meta.h"
#include "torrent/encode.h"
#include "torrent/files.h"
#include "torrent/site.h"
#include "torrent/store.h"
#include "torrent/workers.h"
#include "torrent/build.h"

struct list {
	struct ingredient *files; /* owned, with their paths */
	uint32_t n, cap;
	int64_t size;
	uint32_t nlinks, nodd, nexcluded; /* left out: links, what is no
	                                   * regular file, and by choice */
	const struct choice *choice; /* borrowed */
};

struct build {
	struct meta *m;
	struct files *files;      /* only the workers open any */
	struct store *s;
	struct workers *h;
	char *dir, *base;         /* owned */
	int64_t hashed;
	int failed;
	const struct build_ops *ops;
	void *arg;
};

static char *real_dir(const char *path);
static int list_tree(struct list *l, const char *path, struct stat *st);
static int list_paths(struct list *l, int dirfd);
static void list_sort(struct list *l);
static const char *clean_path(char *path);
static int goes_through_link(int dirfd, char *path);
static int list_dir(struct list *l, int fd, struct buf *path, int depth);
static int list_entry(struct list *l, int dirfd, const char *name,
    struct buf *path, int depth);
static void list_add(struct list *l, const char *path, int64_t len);
static void no_file(const struct list *l, const char *path);
static int stopped(const struct list *l);
static void skipped(struct list *l, const char *path, const struct stat *st);
static int is_ours(const struct list *l, const struct stat *st);
static int excluded(struct list *l, const char *path);
static int matches_one(const struct choice *choice, const char *path);
static void list_free(struct list *l);
static int by_path(const void *a, const void *b);
static int fits(const char *what, int64_t size, uint32_t piece_len);
static struct meta *encode(struct recipe *r, const char *what);
static void on_digest(void *arg, uint32_t piece, const uint8_t *digest);
static void on_failed(void *arg, const char *why);
static void on_done(void *arg);

static const struct workers_ops workers_ops = { on_digest, on_failed,
	on_done };

struct build *
build_start(const char *path, const struct recipe *want,
    const struct choice *choice, const struct build_ops *ops, void *arg)
{
	static const struct choice everything;
	struct build *sh = xcalloc(1, sizeof *sh);
	struct list l = { 0 };
	struct recipe r = *want;
	struct stat st;
	const char *why;
	uint8_t *all;

	l.choice = choice ? choice : &everything;
	sh->ops = ops;
	sh->arg = arg;
	if (path_split(path, &sh->dir, &sh->base) < 0) {
		warn("%s:", path);
		goto out;
	}
	if (!r.name)
		r.name = sh->base;
	why = build_name_fault(r.name);
	if (why)
		warn("%s: its name %s", path, why);
	if (why || list_tree(&l, path, &st) < 0)
		goto out;
	r.is_dir = S_ISDIR(st.st_mode);
	r.files = l.files;
	r.nfiles = l.n;
	if (r.piece_len == 0)
		r.piece_len = encode_piece_len(l.size);
	if (fits(path, l.size, r.piece_len))
		sh->m = encode(&r, path);
out:
	list_free(&l);
	if (!sh->m) {
		free(sh->dir);
		free(sh->base);
		free(sh);
		return NULL;
	}
	sh->files = files_new(proc_fds().files);
	sh->s = store_new(sh->files, sh->m, sh->dir, sh->base, STORE_FOLLOW);
	all = xmalloc(bit_bytes(sh->m->sh.npieces));
	memset(all, 0xff, bit_bytes(sh->m->sh.npieces));
	sh->h = workers_start(sh->s, &sh->m->sh, all, &workers_ops, sh);
	free(all);
	if (!sh->h) {
		warn("%s: no process can be had to hash it:", path);
		build_stop(sh);
		sh = NULL;
	}
	return sh;
}

void
build_stop(struct build *sh)
{
	if (sh->h)
		workers_stop(sh->h);
	store_free(sh->s);
	files_free(sh->files);
	meta_free(sh->m);
	free(sh->dir);
	free(sh->base);
	free(sh);
}

static void
on_digest(void *arg, uint32_t piece, const uint8_t *digest)
{
	struct build *sh = arg;

	if (digest)
		memcpy(sh->m->pieces + (size_t)piece * SHA1_LEN, digest,
		    SHA1_LEN);
	else
		sh->failed = 1;
	sh->hashed += shape_len(&sh->m->sh, piece);
	if (sh->ops->hashed)
		sh->ops->hashed(sh->arg, sh->hashed, sh->m->sh.size);
}

static void
on_failed(void *arg, const char *why)
{
	struct build *sh = arg;

	if (!sh->failed)
		warn("%s", why);
	sh->failed = 1;
}

static void
on_done(void *arg)
{
	struct build *sh = arg;
	const struct build_ops *ops = sh->ops;
	struct meta *m = NULL;

	sh->h = NULL;
	if (!sh->failed) {
		m = sh->m;
		meta_rehash(m);
		sh->m = NULL;
	}
	arg = sh->arg;
	build_stop(sh);
	ops->done(arg, m);
}

struct meta *
build_stream(int fd, const struct recipe *want,
    const volatile sig_atomic_t *stop)
{
	struct ingredient file = { NULL, 0 };
	struct recipe r = *want;
	struct buf digests = { 0 };
	struct meta *m = NULL;
	struct sha1 c;
	uint8_t *buf = xmalloc(1 << 16);
	uint32_t in = 0, k;
	ssize_t n;

	r.piece_len = r.piece_len ? r.piece_len : 1 << 20;
	sha1_init(&c);
	for (;;) {
		k = MIN(r.piece_len - in, 1 << 16);
		n = read(fd, buf, k);
		if (*stop)
			goto out;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			warn("read standard input:");
			goto out;
		}
		sha1_update(&c, buf, (size_t)n);
		in += (uint32_t)n;
		file.len += n;
		if (!fits("standard input", file.len, r.piece_len))
			goto out;
		if (in == r.piece_len || (n == 0 && in > 0)) {
			sha1_final(&c, buf_room(&digests, SHA1_LEN));
			digests.len += SHA1_LEN;
			sha1_init(&c);
			in = 0;
		}
		if (n == 0)
			break;
	}
	r.files = &file;
	r.nfiles = 1;
	r.pieces = digests.p;
	m = encode(&r, "standard input");
out:
	buf_free(&digests);
	free(buf);
	return m;
}

/* Whether so many bytes have digests for one torrent; if not, that is said. */
static int
fits(const char *what, int64_t size, uint32_t piece_len)
{
	int l = 0;

	if (size / piece_len < META_MAX / SHA1_LEN)
		return 1;
	while ((int64_t)1 << l < PIECE_LEN_MAX &&
	    size >> l >= META_MAX / SHA1_LEN)
		l++;
	if (size >> l >= META_MAX / SHA1_LEN)
		warn("%s: too large for a torrent", what);
	else
		warn("%s: too many pieces; -l %d or more makes fewer", what,
		    l);
	return 0;
}

/* The recipe's torrent, parsed; NULL, after a warning that names what. */
static struct meta *
encode(struct recipe *r, const char *what)
{
	struct buf raw = { 0 };
	char why[META_WHY];
	struct meta *m;

	encode_torrent(&raw, r);
	if (raw.len > META_MAX) {
		warn("%s: its torrent is over %d MiB", what, META_MAX >> 20);
		buf_free(&raw);
		return NULL;
	}
	m = meta_parse(&raw, why);
	if (m && m->texts) { /* what it names would not be found again */
		snprintf(why, sizeof why, "a path in it is over %d deep, or "
		    "a name over %d bytes", PATH_ELEMENTS, ELEMENT_MAX);
		meta_free(m);
		m = NULL;
	}
	if (!m)
		warn("%s: no torrent can be made of it: %s", what, why);
	return m;
}

const char *
build_name_fault(const char *name)
{
	struct span s = span_of(name);

	return s.n == 0 ? "is empty" :
	    s.n > ELEMENT_MAX ? "is too long for a file" :
	    strchr(name, '/') ? "has a slash" :
	    !name_ok(s) ? "is a directory's own" :
	    name_kept(s) ? "is one of btsh's own" : NULL;
}

int
path_split(const char *path, char **dir, char **base)
{
	char *p = xstrdup(path), *slash, *last, *real;
	size_t n = strlen(p);

	*dir = *base = NULL;
	while (n > 1 && p[n - 1] == '/')
		p[--n] = '\0';
	slash = strrchr(p, '/');
	last = slash ? slash + 1 : p;
	if (strcmp(last, ".") == 0 || strcmp(last, "..") == 0) {
		real = real_dir(p);
		free(p);
		if (!real)
			return -1;
		p = real;
		slash = strrchr(p, '/');
		last = slash + 1;
	}
	*base = xstrdup(last);
	if (!slash) {
		free(p);
		p = xstrdup(".");
	} else {
		slash[slash == p] = '\0';
	}
	*dir = p;
	return 0;
}

/* A directory's name without "." and "..", owned by the caller; NULL, errno.
 */
static char *
real_dir(const char *path)
{
	char name[4096];
	int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), why = 0;

	if (here < 0)
		return NULL;
	if (chdir(path) < 0 || !getcwd(name, sizeof name))
		why = errno;
	if (fchdir(here) < 0)
		why = errno;
	close(here);
	errno = why;
	return why ? NULL : xstrdup(name);
}

/* Everything below path, or path itself; *st is path's.  0, or -1 after a
 * warning. */
static int
list_tree(struct list *l, const char *path, struct stat *st)
{
	struct buf below = { 0 };
	int fd, r;

	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || fstat(fd, st) < 0) {
		warn("open %s:", path);
		r = -1;
	} else if (S_ISREG(st->st_mode) && is_ours(l, st)) {
		warn("%s: it is where the torrent goes", path);
		r = -1;
	} else if (S_ISREG(st->st_mode)) {
		list_add(l, "", st->st_size);
		r = 0;
	} else if (S_ISDIR(st->st_mode)) {
		if (l->choice->list) {
			r = list_paths(l, fd);
		} else {
			r = list_dir(l, fd, &below, 0);
			fd = -1;
		}
		if (stopped(l)) {
			r = -1;
		} else if (r == 0 && l->n == 0) {
			no_file(l, path);
			r = -1;
		}
		if (r == 0)
			list_sort(l);
	} else {
		warn("%s: neither a file nor a directory", path);
		r = -1;
	}
	if (fd >= 0)
		close(fd);
	buf_free(&below);
	return r;
}

static void
no_file(const struct list *l, const char *path)
{
	const struct {
		uint32_t n;
		const char *what;
	} left[] = {
		{ l->nlinks, "symbolic links" },
		{ l->nodd, "not regular files" },
		{ l->nexcluded, "left out by -x" }
	};
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < LEN(left); i++)
		if (left[i].n > 0)
			buf_printf(&b, "%s%u %s", b.len > 0 ? ", " : ": ",
			    (unsigned)left[i].n, left[i].what);
	buf_put(&b, "", 1);
	warn("%s: there is no file %s%s", path, l->choice->list ?
	    "on the list" : "in it", (char *)b.p);
	buf_free(&b);
}

static int
stopped(const struct list *l)
{
	return l->choice->stop && *l->choice->stop;
}

/* In order, and none twice. */
static void
list_sort(struct list *l)
{
	uint32_t i, n = 0;

	qsort(l->files, l->n, sizeof *l->files, by_path);
	for (i = 0; i < l->n; i++)
		if (n > 0 && strcmp(l->files[n - 1].path,
		    l->files[i].path) == 0) {
			l->size -= l->files[i].len;
			free(l->files[i].path);
		} else {
			l->files[n++] = l->files[i];
		}
	l->n = n;
}

/* The files of a list; directories on it, as find prints them, mean nothing.
 */
static int
list_paths(struct list *l, int dirfd)
{
	const struct span *list = l->choice->list;
	const char *why;
	struct stat st;
	char *p, *text;
	size_t at, n;
	int r = 0;

	for (at = 0; r == 0 && at < list->n && !stopped(l); at += n + 1) {
		p = (char *)list->p + at;
		n = strlen(p);
		text = xstrdup(p);
		why = clean_path(text);
		if (!why && fstatat(dirfd, *text ? text : ".", &st,
		    AT_SYMLINK_NOFOLLOW) < 0)
			why = strerror(errno);
		if (why) {
			warn("%s: %s", p, why);
			r = -1;
		} else if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)) {
			skipped(l, p, &st);
		} else if (S_ISREG(st.st_mode) && !is_ours(l, &st) &&
		    !excluded(l, text)) {
			if (!goes_through_link(dirfd, text)) {
				list_add(l, text, st.st_size);
			} else {
				warn("%s: it goes through a symbolic link", p);
				r = -1;
			}
		}
		free(text);
	}
	return r;
}

/* Takes "." and empty elements out, in place.  NULL, or why the path cannot
 * be. */
static const char *
clean_path(char *path)
{
	char *from = path, *to = path;
	size_t n;

	if (*path == '/')
		return "not below the current directory";
	for (; *from; from += n + (from[n] == '/')) {
		n = strcspn(from, "/");
		if (n == 2 && memcmp(from, "..", 2) == 0)
			return "not below the current directory";
		if (n == 0 || (n == 1 && *from == '.'))
			continue;
		if (to > path)
			*to++ = '/';
		memmove(to, from, n);
		to += n;
	}
	*to = '\0';
	return NULL;
}

/* Whether one of the directories of a path is a link, which nobody who shares
 * it would follow. */
static int
goes_through_link(int dirfd, char *path)
{
	struct stat st;
	char *slash = path;
	int found = 0;

	while (!found && (slash = strchr(slash, '/'))) {
		*slash = '\0';
		found = fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISLNK(st.st_mode);
		*slash++ = '/';
	}
	return found;
}

/* Takes fd over. */
static int
list_dir(struct list *l, int fd, struct buf *path, int depth)
{
	DIR *d = fdopendir(fd);
	struct dirent *e;
	int r = 0;

	if (!d) {
		warn("read a directory:");
		close(fd);
		return -1;
	}
	while (r == 0 && !stopped(l) && (errno = 0, e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0)
			r = list_entry(l, dirfd(d), e->d_name, path, depth);
	if (r == 0 && errno != 0 && !stopped(l)) {
		warn("read the directory %.*s:", (int)path->len,
		    path->len > 0 ? (char *)path->p : "");
		r = -1;
	}
	closedir(d);
	return r;
}

static int
list_entry(struct list *l, int dirfd, const char *name, struct buf *path,
    int depth)
{
	size_t len = path->len;
	struct stat st;
	int fd, r = 0;
	char *p;

	buf_put(path, "/", len > 0);
	buf_put(path, name, strlen(name) + 1);
	p = (char *)path->p;
	if (excluded(l, p))
		goto out;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		warn("stat %s:", p);
		r = -1;
	} else if (S_ISREG(st.st_mode)) {
		if (!is_ours(l, &st))
			list_add(l, p, st.st_size);
	} else if (!S_ISDIR(st.st_mode)) {
		skipped(l, p, &st);
	} else if (depth == PATH_ELEMENTS - 2) {
		warn("%s: too deep", p);
		r = -1;
	} else {
		fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
		    O_CLOEXEC);
		if (fd < 0) {
			warn("open %s:", p);
			r = -1;
		} else {
			path->len--; /* the NUL */
			r = list_dir(l, fd, path, depth + 1);
		}
	}
out:
	path->len = len;
	return r;
}

static void
skipped(struct list *l, const char *path, const struct stat *st)
{
	int link = S_ISLNK(st->st_mode);

	l->nlinks += link;
	l->nodd += !link;
	if (!l->choice->quiet)
		warn("%s: skipped: %s", path, link ? "a symbolic link" :
		    "not a regular file");
}

static int
is_ours(const struct list *l, const struct stat *st)
{
	int i;

	for (i = 0; i < l->choice->nours; i++)
		if (l->choice->ours[i].st_ino == st->st_ino &&
		    l->choice->ours[i].st_dev == st->st_dev)
			return 1;
	return 0;
}

/* Whether a path, or a directory that it is in, is left out: a glob with a
 * slash is for the path below the root, one without for any name in it. */
static int
excluded(struct list *l, const char *path)
{
	char *part = xstrdup(path), *slash;
	int out;

	for (;; *slash = '\0') {
		slash = strrchr(part, '/');
		out = matches_one(l->choice, part);
		if (out || !slash)
			break;
	}
	free(part);
	l->nexcluded += out;
	return out;
}

static int
matches_one(const struct choice *choice, const char *path)
{
	const char *glob, *text, *name = strrchr(path, '/');
	int i;

	for (i = 0; i < choice->nexclude; i++) {
		glob = choice->exclude[i];
		text = name && !strchr(glob, '/') ? name + 1 : path;
		if (glob_matches(glob, text))
			return 1;
	}
	return 0;
}

static void
list_add(struct list *l, const char *path, int64_t len)
{
	if (l->n == l->cap) {
		l->cap = MAX(64, l->cap * 2);
		l->files = xrealloc(l->files, l->cap, sizeof *l->files);
	}
	l->files[l->n].path = xstrdup(path);
	l->files[l->n++].len = len;
	l->size += MIN(len, INT64_MAX - l->size); /* holes can be as large */
}

static void
list_free(struct list *l)
{
	uint32_t i;

	for (i = 0; i < l->n; i++)
		free(l->files[i].path);
	free(l->files);
}

static int
by_path(const void *a, const void *b)
{
	const struct ingredient *x = a, *y = b;

	return strcmp(x->path, y->path);
}
