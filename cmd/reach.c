/* Which files what was named leads to.
 *
 * Who fetches follows no link below the directory for the data: that is all
 * that it has.  Who serves or checks data follows links, which somebody made
 * to keep parts of it elsewhere: each is looked for, and where that cannot be
 * done, or the torrent is not known yet, every file may be read. */
#ifdef __linux__
#define _GNU_SOURCE /* syscall, O_PATH */
#include <sys/syscall.h>
#endif
#include <sys/types.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "util.h"
#include "resolve.h"
#include "https.h"
#include "torrent/meta.h"
#include "torrent/magnet.h"
#include "cmd/load.h"
#include "cmd/jobs.h"
#include "cmd/sandbox.h"
#include "cmd/reach.h"

enum { LINKED_MAX = 1024 }; /* files, for which there are rules */

static int find_links(struct sandbox *b, const struct meta *m, int top);
#ifdef __linux__
static int is_linked(int top, const char *path);
static void follow(struct sandbox *b, int top, char *path);
#endif
static const char *temp_dir(const char *dir);
static void reach_job(struct sandbox *b, const struct job *j);

void
reach_args(struct sandbox *b, char **args, int n, int urls)
{
	int i;

	for (i = 0; i < n; i++)
		urls |= load_is_url(args[i]);
	if (urls)
		https_open(); /* which gives nothing up */
	sandbox_begin(b, urls ? NET_ALL : NET_NONE);
	if (urls)
		resolve_open();
	for (i = 0; i < n; i++)
		if (!load_is_url(args[i]) && !magnet_is(args[i]))
			sandbox_path(b, strncasecmp(args[i], "file:", 5) ==
			    0 ? "/" : args[i], MAY_READ);
}

void
reach_end(void)
{
	https_close();
	resolve_close();
}

void
reach_data(struct sandbox *b, const struct meta *m, const char *dir,
    const char *name)
{
	struct buf root = { 0 };
	int top;

	sandbox_path(b, dir, MAY_READ);
	buf_printf(&root, "%s/", dir);
	if (name)
		buf_put(&root, name, strlen(name));
	else
		buf_put(&root, m->name.p, m->name.n);
	buf_put(&root, "", 1);
	sandbox_path(b, (char *)root.p, MAY_READ);
	top = m->is_dir ? open((char *)root.p, O_RDONLY | O_DIRECTORY |
	    O_CLOEXEC) : -1;
	if (top >= 0 && find_links(b, m, top) < 0)
		sandbox_path(b, "/", MAY_READ);
	if (top >= 0)
		close(top);
	buf_free(&root);
}

/* Those below the root's own, which is top.  0, or -1: they cannot be found,
 * or are too many. */
static int
find_links(struct sandbox *b, const struct meta *m, int top)
{
#ifdef __linux__
	struct buf path = { 0 };
	uint32_t i, n = 0;
	int r = 0;

	for (i = 0; i < m->nfiles && r >= 0 && b->rules >= 0; i++) {
		if (m->files[i].pad || m->files[i].link)
			continue;
		path.at = path.len = 0;
		meta_path(&path, m, &m->files[i]);
		buf_put(&path, "", 1);
		r = is_linked(top, strchr((char *)path.p, '/') + 1);
		if (r > 0 && ++n > LINKED_MAX)
			r = -1;
		if (r > 0)
			follow(b, top, strchr((char *)path.p, '/') + 1);
	}
	buf_free(&path);
	return MIN(r, 0);
#else
	(void)b, (void)m, (void)top;
	return -1;
#endif
}

#ifdef __linux__
/* Whether there is a link in a path: 1, 0, or -1: nobody knows. */
static int
is_linked(int top, const char *path)
{
	/* openat2(2), with RESOLVE_NO_SYMLINKS */
	struct { uint64_t flags, mode, resolve; } how = { O_PATH | O_CLOEXEC,
	    0, 4 };
	int fd = (int)syscall(437, top, path, &how, sizeof how);

	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 0 : errno == ELOOP ? 1 : errno == ENOSYS ||
	    errno == EPERM || errno == EINVAL ? -1 : 0;
}

/* The file is read, and the directories on the way opened. */
static void
follow(struct sandbox *b, int top, char *path)
{
	char *end = path;
	int fd, last;

	do {
		end += strcspn(end, "/");
		last = *end == '\0';
		*end = '\0';
		fd = openat(top, path, O_PATH | O_CLOEXEC);
		if (fd >= 0) {
			sandbox_fd(b, fd, last ? MAY_READ : MAY_LIST);
			close(fd);
		}
		if (!last)
			*end++ = '/';
	} while (!last);
}
#endif

void
reach_around(struct sandbox *b, const char *path, int may)
{
	char *real = realpath(path, NULL);
	const char *names[2];
	char *dir, *slash;
	int i;

	names[0] = path;
	names[1] = real;
	for (i = 0; i < 2 && names[i]; i++) {
		slash = strrchr(dir = xstrdup(names[i]), '/');
		if (slash)
			slash[slash == dir] = '\0';
		sandbox_path(b, slash ? dir : ".", may);
		free(dir);
	}
	free(real);
}

void
reach_dir(struct sandbox *b, const char *dir)
{
	mkdir(dir, 0777); /* or what is wrong with it shows later */
	sandbox_path(b, dir, MAY_READ | MAY_WRITE);
}

void
reach_jobs(struct sandbox *b, const struct jobs *all)
{
	const struct job *j;

	for (j = all->first; j; j = j->next)
		reach_job(b, j);
}

/* Where site_temp makes its file: the first that can be written. */
static const char *
temp_dir(const char *dir)
{
	const char *dirs[3];
	size_t i;

	dirs[0] = dir;
	dirs[1] = getenv("TMPDIR");
	dirs[2] = "/var/tmp";
	for (i = 0; i < LEN(dirs); i++)
		if (dirs[i] && access(dirs[i], W_OK | X_OK) == 0)
			return dirs[i];
	return "/tmp";
}

static void
reach_job(struct sandbox *b, const struct job *j)
{
	const struct job_rules *rules = j->all->rules;

	if (!rules->serve && !rules->temporary) {
		reach_dir(b, j->dir);
	} else if (!rules->serve) {
		sandbox_path(b, temp_dir(j->dir), MAY_READ | MAY_WRITE);
	} else if (j->whole) { /* see build_start */
		sandbox_path(b, ".", MAY_LIST);
		sandbox_path(b, j->dir, MAY_LIST);
		sandbox_path(b, j->arg, MAY_READ);
	} else if (!j->m || j->m->info.n == 0) {
		sandbox_path(b, "/", MAY_READ);
		sandbox_path(b, j->dir, MAY_WRITE);
	} else {
		reach_data(b, j->m, j->dir, j->name);
		sandbox_path(b, j->dir, MAY_WRITE); /* a resume file */
	}
}
