/* From a path to a descriptor.
 *
 * What is open stands in slots, each with whose it is and a key: the number
 * of a file, or of one whose directory it is.  A few directories of a torrent
 * stay known, since the next file is mostly some file's neighbour.  Where the
 * system has no descriptor left, others of ours make room, but never the one
 * used last: that may be the directory in which something is being opened. */
#ifdef __linux__
#define _GNU_SOURCE /* statx */
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
#include "bencode.h"
#include "torrent/paths.h"
#include "torrent/meta.h"
#include "torrent/files.h"

enum { LINK_MAX_TEXT = 4096 };

#define KEY_DIR    (UINT64_C(1) << 32) /* and the number of a file in it */
#define KEY_TOP    (UINT64_C(2) << 32)
#define KEY_BESIDE (UINT64_C(3) << 32)

struct opened {
	struct tree *tree; /* NULL: free */
	uint64_t key;
	int fd, written;   /* whether it was opened to be written */
	uint64_t used;     /* when, on the pool's own clock */
};

struct files {
	struct opened *slots; /* owned */
	int nslots;
	struct opened *last;  /* used last */
	uint64_t clock;
};

static int find(struct tree *t, uint64_t key, int write);
static int put(struct tree *t, uint64_t key, int fd, int write);
static struct opened *oldest(struct files *fs);
static void slot_close(struct opened *sl);
static int open_in(struct tree *t, int up, const char *name, int flags);
static int open_dir(struct tree *t, int up, const char *name, int flags,
    int make);
static int parent(struct tree *t, uint32_t file, int make);
static int parent_open(struct tree *t, uint32_t file, int make, int sync);
static int same_parent(const struct meta *m, uint32_t a, uint32_t b);
static const char *last_element(char name[ELEMENT_MAX + 1],
    const struct tree *t, uint32_t file);
static int may_link(const struct tree *t);
static int file_open(struct tree *t, uint32_t file, enum how how);
static int is_empty(int up, const char *name);
static int names_of(struct span list, struct span names[PATH_ELEMENTS]);
static int same_name(struct span a, struct span b);

struct files *
files_new(int most)
{
	struct files *fs = xcalloc(1, sizeof *fs);

	fs->nslots = MAX(most, 4);
	fs->slots = xcalloc((size_t)fs->nslots, sizeof *fs->slots);
	fs->last = fs->slots;
	return fs;
}

void
files_free(struct files *fs)
{
	if (!fs)
		return;
	free(fs->slots);
	free(fs);
}

int
tree_close(struct tree *t)
{
	struct files *fs = t->files;
	int i;

	for (i = 0; i < fs->nslots; i++)
		if (fs->slots[i].tree == t)
			slot_close(&fs->slots[i]);
	return t->lost ? -1 : 0;
}

/* The descriptor of what is open under a key, or -1. */
static int
find(struct tree *t, uint64_t key, int write)
{
	struct files *fs = t->files;
	struct opened *sl = fs->last;

	if (sl->tree != t || sl->key != key)
		for (sl = fs->slots; sl < fs->slots + fs->nslots; sl++)
			if (sl->tree == t && sl->key == key)
				break;
	if (sl == fs->slots + fs->nslots)
		return -1;
	if (write && !sl->written) {
		slot_close(sl);
		return -1;
	}
	fs->last = sl;
	sl->used = ++fs->clock;
	return sl->fd;
}

/* Takes fd over, which may be -1, and returns it. */
static int
put(struct tree *t, uint64_t key, int fd, int write)
{
	struct files *fs = t->files;
	struct opened *sl;

	if (fd < 0)
		return -1;
	sl = oldest(fs);
	slot_close(sl);
	sl->tree = t;
	sl->key = key;
	sl->fd = fd;
	sl->written = write;
	sl->used = ++fs->clock;
	fs->last = sl;
	return fd;
}

/* A free slot, or the one used longest ago. */
static struct opened *
oldest(struct files *fs)
{
	struct opened *sl, *o = fs->slots;

	for (sl = fs->slots; sl < fs->slots + fs->nslots && o->tree; sl++)
		if (!sl->tree || sl->used < o->used)
			o = sl;
	return o;
}

static void
slot_close(struct opened *sl)
{
	struct tree *t = sl->tree;

	if (t && close(sl->fd) < 0 && sl->written && !t->lost) {
		t->lost = errno;
		t->lost_file = sl->key < KEY_DIR ? (uint32_t)sl->key :
		    UINT32_MAX;
	}
	sl->tree = NULL;
}

/* openat(2), for which others of ours make room. */
static int
open_in(struct tree *t, int up, const char *name, int flags)
{
	struct files *fs = t->files;
	struct opened *sl, *o;
	int fd;

	for (;;) {
		fd = openat(up, name, flags | O_CLOEXEC, 0666);
		if (fd >= 0 || (errno != EMFILE && errno != ENFILE))
			return fd;
		o = NULL;
		for (sl = fs->slots; sl < fs->slots + fs->nslots; sl++)
			if (sl->tree && sl != fs->last && (!o ||
			    sl->used < o->used))
				o = sl;
		if (!o)
			return -1;
		slot_close(o);
	}
}

static int
open_dir(struct tree *t, int up, const char *name, int flags, int make)
{
	int fd;

	flags |= O_RDONLY | O_DIRECTORY;
	fd = open_in(t, up, name, flags);
	if (fd < 0 && errno == ENOENT && make &&
	    (mkdirat(up, name, 0777) == 0 || errno == EEXIST))
		fd = open_in(t, up, name, flags);
	return fd;
}

int
tree_dir(struct tree *t)
{
	int fd = find(t, KEY_TOP, 0);

	return fd >= 0 ? fd : put(t, KEY_TOP, open_dir(t, AT_FDCWD, t->dir, 0,
	    t->makes), 0);
}

/* The directory that a file stands in. */
static int
parent(struct tree *t, uint32_t file, int make)
{
	uint32_t i;
	int fd;

	if (!t->m->is_dir)
		return tree_dir(t);
	for (i = t->nparents; i-- > 0; )
		if (same_parent(t->m, file, t->parents[i]) &&
		    (fd = find(t, KEY_DIR | t->parents[i], 0)) >= 0)
			return fd;
	if (t->absent && !make && same_parent(t->m, file, t->absent_of)) {
		errno = ENOENT;
		return -1;
	}
	fd = parent_open(t, file, make, 0);
	t->absent = fd < 0 && errno == ENOENT;
	t->absent_of = file;
	if (fd < 0)
		return -1;
	if (t->nparents == OPEN_DIRS)
		memmove(t->parents, t->parents + 1,
		    sizeof *t->parents * --t->nparents);
	t->parents[t->nparents++] = file;
	return put(t, KEY_DIR | file, fd, 0);
}

/* A new descriptor of it.  sync: each directory on the way is synced. */
static int
parent_open(struct tree *t, uint32_t file, int make, int sync)
{
	struct span it = ben_items(t->m->files[file].path), e, next;
	int top = tree_dir(t), fd = top, up;
	int flags = t->follows ? 0 : O_NOFOLLOW;
	char text[ELEMENT_MAX + 1];
	const char *name = t->name;

	meta_element(&it, &next);
	while (fd >= 0) {
		up = fd;
		fd = open_dir(t, up, name, flags, make);
		if (sync)
			fsync(up);
		if (up != top)
			close_quietly(up);
		e = next;
		if (!meta_element(&it, &next))
			break;
		memcpy(text, e.p, e.n);
		text[e.n] = '\0';
		name = text;
		flags = t->follows_all ? 0 : O_NOFOLLOW;
	}
	return fd;
}

/* Whether two files' paths differ in their last element alone. */
static int
same_parent(const struct meta *m, uint32_t a, uint32_t b)
{
	struct span x = ben_items(m->files[a].path), e;
	struct span y = ben_items(m->files[b].path), f;

	while (meta_element(&x, &e) && meta_element(&y, &f)) {
		if (x.n == 0 || y.n == 0)
			return x.n == y.n;
		if (e.n != f.n || memcmp(e.p, f.p, e.n) != 0)
			return 0;
	}
	return 0;
}

static const char *
last_element(char name[ELEMENT_MAX + 1], const struct tree *t, uint32_t file)
{
	struct span it = ben_items(t->m->files[file].path), e = { NULL, 0 };

	if (!t->m->is_dir)
		return t->name;
	while (meta_element(&it, &e))
		;
	memcpy(name, e.p, e.n);
	name[e.n] = '\0';
	return name;
}

/* Whether a file's own name may be a symbolic link. */
static int
may_link(const struct tree *t)
{
	return t->follows_all || (t->follows && !t->m->is_dir);
}

int
tree_file(struct tree *t, uint32_t file, enum how how)
{
	int fd = find(t, file, how != HOW_READ);

	return fd >= 0 ? fd : put(t, file, file_open(t, file, how),
	    how != HOW_READ);
}

/* A new descriptor; of a regular file, if it is to be written. */
static int
file_open(struct tree *t, uint32_t file, enum how how)
{
	int flags = O_NONBLOCK; /* a fifo under that name must not block us */
	int write = how != HOW_READ, up = parent(t, file, write), fd;
	char text[ELEMENT_MAX + 1];
	const char *name;
	struct stat st;

	if (up < 0)
		return -1;
	if (!may_link(t))
		flags |= O_NOFOLLOW;
	flags |= write ? O_RDWR | O_CREAT : O_RDONLY;
	name = last_element(text, t, file);
	fd = open_in(t, up, name, flags | (how == HOW_NEW ? O_EXCL : 0));
	if (fd < 0 && how == HOW_NEW && errno == EEXIST && is_empty(up, name))
		fd = open_in(t, up, name, flags);
	if (write && fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

/* Leaves errno alone. */
static int
is_empty(int up, const char *name)
{
	struct stat st;
	int why = errno, r;

	r = fstatat(up, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode) && st.st_size == 0;
	errno = why;
	return r;
}

int
tree_is_absent(struct tree *t, uint32_t file)
{
	char text[ELEMENT_MAX + 1];
	int up = parent(t, file, 0);
	struct stat st;

	return (up < 0 || fstatat(up, last_element(text, t, file), &st,
	    AT_SYMLINK_NOFOLLOW) < 0) && errno == ENOENT;
}

int
tree_stat(struct tree *t, uint32_t file, struct stat *st)
{
	char text[ELEMENT_MAX + 1];
	int up = parent(t, file, 0);

	return up < 0 ? -1 : fstatat(up, last_element(text, t, file), st,
	    may_link(t) ? 0 : AT_SYMLINK_NOFOLLOW);
}

int
tree_sync(struct tree *t, uint32_t file, uint32_t before)
{
	int fd = tree_file(t, file, HOW_READ), up;

	if (fd < 0 || fsync(fd) < 0)
		return -1;
	if (before != UINT32_MAX && (!t->m->is_dir ||
	    same_parent(t->m, file, before)))
		return 0;
	/* directories cannot be synced everywhere */
	up = t->m->is_dir ? parent_open(t, file, 0, 1) : tree_dir(t);
	if (up < 0)
		return -1;
	fsync(up);
	if (t->m->is_dir)
		close(up);
	return 0;
}

int
tree_root(struct tree *t, int make, struct stat *st)
{
	int up = tree_dir(t);

	if (up < 0 || (make && t->m->is_dir && mkdirat(up, t->name, 0777) < 0 &&
	    errno != EEXIST))
		return -1;
	return fstatat(up, t->name, st, t->follows ? 0 : AT_SYMLINK_NOFOLLOW);
}

int64_t
tree_root_born(struct tree *t)
{
#ifdef STATX_BTIME
	struct statx st;

	if (statx(tree_dir(t), t->name, t->follows ? 0 : AT_SYMLINK_NOFOLLOW,
	    STATX_BTIME, &st) == 0 && st.stx_mask & STATX_BTIME)
		return (int64_t)st.stx_btime.tv_sec * 1000000000 +
		    st.stx_btime.tv_nsec;
#else
	(void)t;
#endif
	return 0;
}

static int
names_of(struct span list, struct span names[PATH_ELEMENTS])
{
	struct span it = ben_items(list);
	int n = 0;

	while (n < PATH_ELEMENTS && meta_element(&it, &names[n]))
		n++;
	return n;
}

static int
same_name(struct span a, struct span b)
{
	return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

void
tree_link_text(struct buf *b, const struct meta *m, uint32_t file)
{
	struct span here[PATH_ELEMENTS], there[PATH_ELEMENTS], target;
	int up = names_of(m->files[file].path, here) - 1, n, i, common = 0;

	meta_target(m, file, &target);
	n = names_of(target, there);
	while (common < up && common < n &&
	    same_name(here[common], there[common]))
		common++;
	for (i = common; i < up; i++)
		buf_printf(b, i > common ? "/.." : "..");
	for (i = common; i < n; i++) {
		buf_put(b, "/", up > common || i > common);
		buf_put(b, there[i].p, there[i].n);
	}
	if (up <= common && n == common)
		buf_put(b, ".", 1);
}

int
tree_link(struct tree *t, uint32_t file)
{
	char room[ELEMENT_MAX + 1];
	const char *name;
	int up = parent(t, file, 1), r;
	struct buf text = { 0 };

	if (up < 0)
		return -1;
	tree_link_text(&text, t->m, file);
	buf_put(&text, "", 1);
	name = last_element(room, t, file);
	r = symlinkat((char *)text.p, up, name);
	if (r < 0 && errno == EEXIST && is_empty(up, name) &&
	    unlinkat(up, name, 0) == 0)
		r = symlinkat((char *)text.p, up, name);
	buf_free(&text);
	return r;
}

int
tree_is_link(struct tree *t, uint32_t file)
{
	struct span at[PATH_ELEMENTS], want[PATH_ELEMENTS], target;
	char name[ELEMENT_MAX + 1], text[LINK_MAX_TEXT], *s, *end;
	int up = parent(t, file, 0), n, nwant, i;
	ssize_t len;

	if (up < 0)
		return -1;
	len = readlinkat(up, last_element(name, t, file), text, sizeof text);
	if (len < 0)
		return errno == EINVAL ? 0 : -1;
	if (len == sizeof text || text[0] == '/')
		return 0;
	n = names_of(t->m->files[file].path, at) - 1;
	text[len] = '\0';
	for (s = text; *s; s = *end ? end + 1 : end) {
		end = s + strcspn(s, "/");
		if (end == s || (end - s == 1 && *s == '.'))
			continue;
		if (end - s == 2 && memcmp(s, "..", 2) == 0) {
			n--;
		} else if (n < PATH_ELEMENTS) {
			at[n].p = (uint8_t *)s;
			at[n++].n = (size_t)(end - s);
		} else {
			n = -1;
		}
		if (n < 0)
			return 0; /* out of the torrent */
	}
	meta_target(t->m, file, &target);
	nwant = names_of(target, want);
	for (i = 0; i < n && i < nwant && same_name(at[i], want[i]); i++)
		;
	return i == n && i == nwant;
}

int
tree_remove(struct tree *t, const char *name)
{
	int up;

	if (find(t, KEY_BESIDE, 0) >= 0)
		slot_close(t->files->last); /* it may be the one that goes */
	up = tree_dir(t);
	return up < 0 ? -1 : unlinkat(up, name, 0);
}

char *
tree_beside_name(char name[BESIDE_NAME], const struct meta *m,
    const char *end)
{
	name[0] = '.';
	hex(name + 1, m->hash, SHA1_LEN);
	return strcat(name, end);
}

int
tree_open(struct tree *t, const char *name, int flags)
{
	int up = tree_dir(t);

	return up < 0 ? -1 : open_in(t, up, name, flags | O_NOFOLLOW |
	    O_NONBLOCK);
}

int
tree_find_beside(struct tree *t, int write)
{
	return find(t, KEY_BESIDE, write);
}

void
tree_put_beside(struct tree *t, int fd, int write)
{
	put(t, KEY_BESIDE, fd, write);
}
