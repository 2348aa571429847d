/* Which files what was named leads to, for the sandbox. */

#ifndef REACH_H
#define REACH_H

#include "torrent/meta.h"
#include "cmd/sandbox.h"

/* Begins the sandbox of a verb that loads what args name, n of them, by
 * load.h: their files may be read; if one is a URL, or urls is set, the
 * network is there, with the helpers that it takes. */
void reach_args(struct sandbox *b, char **args, int n, int urls);
/* Ends these, when all is loaded. */
void reach_end(void);
/* The data of m in dir, under name (NULL: m's own), may be read, as may be
 * what links in it lead to now. */
void reach_data(struct sandbox *b, const struct meta *m, const char *dir,
    const char *name);
struct jobs;
/* What the jobs that were added read and write. */
void reach_jobs(struct sandbox *b, const struct jobs *all);
/* The directory that a path stands in and, if it is a link, the one that it
 * leads to: for files that others take the place of. */
void reach_around(struct sandbox *b, const char *path, int may);
/* A directory for data, which is made, may be read and written. */
void reach_dir(struct sandbox *b, const char *dir);

#endif
