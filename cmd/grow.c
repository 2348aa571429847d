/* Torrent files that come into directories.  Known ones are found by halving:
 * a directory may hold a hundred thousand. */
#include <sys/types.h>
#include <dirent.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "cmd/cli.h"
#include "cmd/jobs.h"
#include "cmd/grow.h"

static int is_torrent(const char *name);
static void look_in(struct grow *g, struct jobs *all, const char *dir);
static char *path_in(const char *dir, const char *name);
static int by_path(const void *a, const void *b);

void
grow_note(struct grow *g, const char *arg)
{
	const char *slash = strrchr(arg, '/');
	size_t i, n = slash ? (size_t)(slash - arg) + 1 : 0;

	if (!is_torrent(arg) || strstr(arg, "://"))
		return;
	g->known = xrealloc(g->known, g->nknown + 1, sizeof *g->known);
	g->known[g->nknown++] = xstrdup(arg);
	for (i = 0; i < g->ndirs; i++)
		if (strlen(g->dirs[i]) == n && memcmp(g->dirs[i], arg, n) == 0)
			return;
	g->dirs = xrealloc(g->dirs, g->ndirs + 1, sizeof *g->dirs);
	g->dirs[g->ndirs] = xstrdup(arg);
	g->dirs[g->ndirs++][n] = '\0';
}

void
grow_look(struct grow *g, struct jobs *all)
{
	size_t i;

	if (g->nknown > 0)
		qsort(g->known, g->nknown, sizeof *g->known, by_path);
	for (i = 0; i < g->ndirs; i++)
		look_in(g, all, g->dirs[i]);
}

static void
look_in(struct grow *g, struct jobs *all, const char *dir)
{
	DIR *d = opendir(*dir ? dir : ".");
	size_t nknown = g->nknown; /* in order, without those of this time */
	struct dirent *e;
	char *path;

	if (!d)
		warn("open %s:", *dir ? dir : ".");
	while (d && (e = readdir(d))) {
		if (!is_torrent(e->d_name))
			continue;
		path = path_in(dir, e->d_name);
		if (bsearch(&path, g->known, nknown, sizeof path, by_path)) {
			free(path);
			continue;
		}
		if (job_add(all, path) != EXIT_OK) {
			free(path); /* it may not be whole yet */
			continue;
		}
		g->known = xrealloc(g->known, g->nknown + 1,
		    sizeof *g->known);
		g->known[g->nknown++] = path;
	}
	if (d)
		closedir(d);
}

void
grow_free(struct grow *g)
{
	while (g->ndirs > 0)
		free(g->dirs[--g->ndirs]);
	while (g->nknown > 0)
		free(g->known[--g->nknown]);
	free(g->dirs);
	free(g->known);
}

static int
is_torrent(const char *name)
{
	size_t n = strlen(name);

	return n > 8 && *name != '.' && strcmp(name + n - 8, ".torrent") == 0;
}

static char *
path_in(const char *dir, const char *name)
{
	char *path = xmalloc(strlen(dir) + strlen(name) + 1);

	strcpy(path, dir);
	return strcat(path, name);
}

static int
by_path(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}
