/* Where a torrent's files are.
 *
 * Files may be skipped.  A piece at their border brings bytes of theirs all
 * the same; those go to a file beside, which is as long as the torrent and
 * mostly a hole.  When they are wanted later, they are guests there until it
 * is known what of them is right, and only that comes home.  A temporary site
 * has nothing but such a file, without a name. */
#include <sys/types.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "bencode.h"
#include "torrent/meta.h"
#include "torrent/files.h"
#include "torrent/resume.h"
#include "torrent/site.h"

static void put_path(struct buf *b, const struct site *p, uint32_t file);
static int temp_in(const char *dir);
static int stamp_home(struct site *p, uint32_t file, struct stamp *out);
static int64_t time_of(const struct stat *st);

void
site_init(struct site *p, struct files *files, const struct meta *m,
    const char *dir, const char *name, int flags)
{
	memset(p, 0, sizeof *p);
	p->flags = flags;
	p->temp = -1;
	p->name = name ? xstrdup(name) : xcalloc(1, m->name.n + 1);
	if (!name)
		memcpy(p->name, m->name.p, m->name.n);
	p->tree.files = files;
	p->tree.m = m;
	p->tree.dir = dir;
	p->tree.name = p->name;
	p->tree.makes = (flags & STORE_WRITE) != 0;
	p->tree.follows = (flags & STORE_FOLLOW) != 0;
	p->tree.follows_all = (flags & STORE_LINKS) != 0;
}

int
site_close(struct site *p)
{
	int r = tree_close(&p->tree);

	if (p->temp >= 0)
		close(p->temp);
	free(p->guests);
	free(p->name);
	return r;
}

int
site_fail(struct site *p, enum site_fault fault, const char *verb,
    uint32_t file, const char *why)
{
	struct buf path = { 0 };
	char name[BESIDE_NAME];

	if (file != SITE_BESIDE && !site_is_beside(p, file))
		put_path(&path, p, file);
	else
		buf_printf(&path, "%s", p->flags & STORE_TEMP ?
		    "a temporary file" : tree_beside_name(name, p->tree.m,
		    ".parts"));
	buf_put(&path, "", 1);
	site_note(p, fault, verb, (char *)path.p, why);
	buf_free(&path);
	return -1;
}

void
site_note(struct site *p, enum site_fault fault, const char *verb,
    const char *what, const char *why)
{
	char text[400];

	snprintf(p->error, sizeof p->error, "%s %s: %s", verb,
	    escape(text, sizeof text, span_of(what)), why);
	p->fault = fault;
}

static void
put_path(struct buf *b, const struct site *p, uint32_t file)
{
	struct span it = ben_items(p->tree.m->files[file].path), v;

	if (strcmp(p->tree.dir, ".") != 0)
		buf_printf(b, "%s/", strcmp(p->tree.dir, "/") == 0 ? "" :
		    p->tree.dir);
	buf_put(b, p->name, strlen(p->name));
	while (meta_element(&it, &v)) {
		buf_put(b, "/", 1);
		buf_put(b, v.p, v.n);
	}
}

int
site_errno(struct site *p, const char *verb, uint32_t file)
{
	int why = errno;

	return site_fail(p, site_fault(why), verb, file, strerror(why));
}

enum site_fault
site_fault(int why)
{
	return why == EACCES || why == EROFS ? STORE_DENIED :
	    why == ENOSPC || why == EDQUOT ? STORE_FULL : STORE_FAILED;
}

int
site_path_errno(struct site *p, const char *verb, uint32_t file)
{
	int write = p->flags & STORE_WRITE;

	if (errno == ENOTDIR || errno == ELOOP)
		return site_fail(p, STORE_IN_WAY, write ? "keep" : verb, file,
		    "what is in its path is no directory");
	return site_errno(p, verb, file);
}

int
site_lost(struct site *p)
{
	if (!p->tree.lost)
		return 0;
	errno = p->tree.lost;
	return site_errno(p, "close", p->tree.lost_file);
}

int
site_is_beside(const struct site *p, uint32_t file)
{
	return p->flags & STORE_TEMP || (p->skip && bit_get(p->skip, file)) ||
	    (p->guests && bit_get(p->guests, file));
}

int
site_beside(struct site *p, int write)
{
	char name[BESIDE_NAME];
	struct stat st;
	int fd;

	if (p->temp >= 0)
		return p->temp;
	fd = tree_find_beside(&p->tree, write);
	if (fd >= 0)
		return fd;
	fd = tree_open(&p->tree, tree_beside_name(name, p->tree.m, ".parts"),
	    write ? O_RDWR | O_CREAT : O_RDONLY);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink > 1 ||
	    (!write && st.st_size < p->tree.m->sh.size)) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	if (write && st.st_size < p->tree.m->sh.size &&
	    ftruncate(fd, (off_t)p->tree.m->sh.size) < 0) { /* it grows */
		close_quietly(fd);
		return -1;
	}
	tree_put_beside(&p->tree, fd, write);
	return fd;
}

int
site_temp(struct site *p)
{
	const char *dirs[4];
	size_t i;

	dirs[0] = p->tree.dir;
	dirs[1] = getenv("TMPDIR");
	dirs[2] = "/var/tmp";
	dirs[3] = "/tmp";
	for (i = 0; i < LEN(dirs) && p->temp < 0; i++)
		if (dirs[i])
			p->temp = temp_in(dirs[i]);
	if (p->temp < 0 || ftruncate(p->temp, (off_t)p->tree.m->sh.size) < 0)
		return site_errno(p, "make", SITE_BESIDE);
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
site_adopt(struct site *p)
{
	const struct file *f;
	int64_t size;
	uint32_t i;

	if (p->flags & STORE_TEMP)
		return 0;
	if (tree_dir(&p->tree) < 0) {
		site_note(p, site_fault(errno), "open", p->tree.dir,
		    strerror(errno));
		return -1;
	}
	if (site_beside(p, 0) < 0)
		return 0; /* nothing stands there */
	p->guests = xcalloc(1, bit_bytes(p->tree.m->nfiles));
	for (i = 0; i < p->tree.m->nfiles; i++) {
		f = &p->tree.m->files[i];
		if (f->len == 0 || f->pad || site_is_beside(p, i))
			continue;
		if (site_size(p, i, &size) < 0)
			return -1;
		if (size <= 0)
			bit_set(p->guests, i);
	}
	return 0;
}

int
site_clear(struct site *p)
{
	char name[BESIDE_NAME];

	return tree_remove(&p->tree, tree_beside_name(name, p->tree.m,
	    ".parts")) < 0 ? site_errno(p, "remove", SITE_BESIDE) : 0;
}

int
site_size(struct site *p, uint32_t file, int64_t *size)
{
	struct stamp st;
	int r = stamp_home(p, file, &st);

	*size = st.size;
	return r;
}

int
site_stamp(struct site *p, uint32_t file, struct stamp *out)
{
	struct stat st;
	int fd;

	if (!site_is_beside(p, file) || p->tree.m->files[file].pad)
		return stamp_home(p, file, out);
	fd = site_beside(p, 0);
	out->size = STAMP_BESIDE;
	out->time = fd >= 0 && fstat(fd, &st) == 0 ? time_of(&st) : 0;
	return 0;
}

/* How a file stands under its name. */
static int
stamp_home(struct site *p, uint32_t file, struct stamp *out)
{
	int write = p->flags & STORE_WRITE;
	struct stat st;

	out->size = p->tree.m->files[file].len;
	out->time = 0;
	if (p->tree.m->files[file].pad || p->tree.m->files[file].link)
		return 0;
	if (tree_stat(&p->tree, file, &st) < 0) {
		out->size = STAMP_ABSENT;
		/* a file where a directory should be holds nothing */
		return errno == ENOENT || (errno == ENOTDIR && !write) ? 0 :
		    site_path_errno(p, "open", file);
	}
	if (!S_ISREG(st.st_mode))
		return site_fail(p, STORE_IN_WAY, write ? "keep" : "open",
		    file, "not a regular file");
	out->size = st.st_size;
	out->time = time_of(&st);
	return 0;
}

static int64_t
time_of(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
}
