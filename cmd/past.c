/* Resume files by which peer goes on: it has named none of its torrents
 * itself, so each of these files has the whole of one. */
#include <sys/types.h>
#include <sys/stat.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "torrent/meta.h"
#include "torrent/resume.h"
#include "cmd/jobs.h"
#include "cmd/past.h"

static int by_name(const void *a, const void *b);
static int add(struct jobs *all, const char *name);
static int is_name(struct span s);
static int read_file(const char *dir, const char *name, struct buf *text);

int
past_add(struct jobs *all)
{
	DIR *d = opendir(all->rules->dir);
	struct dirent *e;
	char **names = NULL;
	size_t n = 0, i, len;
	int added = 0;

	while (d && (e = readdir(d))) {
		len = strlen(e->d_name);
		if (e->d_name[0] != '.' || len < sizeof "..btsh" - 1 ||
		    strcmp(e->d_name + len - 5, ".btsh") != 0)
			continue;
		names = xrealloc(names, n + 1, sizeof *names);
		names[n++] = xstrdup(e->d_name);
	}
	if (d)
		closedir(d);
	if (n > 0)
		qsort(names, n, sizeof *names, by_name);
	for (i = 0; i < n; i++) {
		added += add(all, names[i]);
		free(names[i]);
	}
	free(names);
	return added;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* How many torrents that is. */
static int
add(struct jobs *all, const char *name)
{
	struct buf text = { 0 }, raw = { 0 };
	struct resume r;
	struct meta *m = NULL;
	char why[META_WHY];

	if (read_file(all->rules->dir, name, &text) == 0 && resume_parse(&r,
	    (struct span){ text.p, text.len }, NULL) == 0) {
		buf_put(&raw, r.torrent.p, r.torrent.n);
		if (r.torrent.n > 0)
			m = meta_parse(&raw, why);
		if (m)
			job_add_meta(all, m, is_name(r.name) ? r.name :
			    m->name);
		resume_free(&r);
	}
	buf_free(&raw);
	buf_free(&text);
	return m != NULL;
}

/* Whether it is one name in a directory. */
static int
is_name(struct span s)
{
	return s.n > 0 && !memchr(s.p, '/', s.n) && !memchr(s.p, '\0', s.n) &&
	    !span_is(s, ".") && !span_is(s, "..");
}

/* A regular file of ours, since what it says is done: 0, or -1. */
static int
read_file(const char *dir, const char *name, struct buf *text)
{
	struct buf path = { 0 };
	struct stat st;
	int fd, r = -1;

	buf_printf(&path, "%s/%s", dir, name);
	buf_put(&path, "", 1);
	fd = open((char *)path.p, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC);
	buf_free(&path);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink <= 1 &&
	    st.st_uid == geteuid())
		r = slurp(fd, text, RESUME_MOST);
	close(fd);
	return r;
}
