/* A new torrent of a file or a directory: listed, hashed, encoded. */

#ifndef BUILD_H
#define BUILD_H

#include <signal.h>

#include "util.h"
#include "torrent/meta.h"
#include "torrent/encode.h"

struct build;
struct stat;

struct build_ops { /* called from the loop, with arg */
	void (*hashed)(void *arg, int64_t bytes, int64_t total);
	/* The torrent, now the callee's; NULL: it failed, which was said. */
	void (*done)(void *arg, struct meta *m);
};

/* What of the tree below a path is shared. */
struct choice {
	char *const *exclude;    /* globs: what matches is left out, and */
	int nexclude;            /* what is below: see excluded in build.c */
	const struct span *list; /* paths below the root, each with its NUL:
	                          * these alone; NULL: all */
	const struct stat *ours; /* files that are left out by what they */
	int nours;               /* are, under any name */
	int quiet;               /* what is skipped is not said */
	/* A signal handler sets it: the search ends, silently; NULL: none. */
	const volatile sig_atomic_t *stop;
};

/* Hashes path as the recipe says (name NULL: the path's own; piece_len 0: one
 * that suits; files and pieces are filled in here).  The recipe, the choice
 * (NULL: all) and ops are borrowed until done, which is never called from
 * within.  NULL: path cannot be read, which was said, or it was stopped. */
struct build *build_start(const char *path, const struct recipe *r,
    const struct choice *choice, const struct build_ops *ops, void *arg);
void build_stop(struct build *sh);

/* A torrent of the bytes that come from fd, until its end.  NULL: it failed,
 * which was said, or a signal handler has set *stop. */
struct meta *build_stream(int fd, const struct recipe *r,
    const volatile sig_atomic_t *stop);

/* Why a torrent cannot have this name, or the next who reads it would call it
 * otherwise; NULL: it can. */
const char *build_name_fault(const char *name);

/* The directory and the last element of a path ("." has the name of the
 * directory it is), owned by the caller.  0, or -1 with errno, and NULL. */
int path_split(const char *path, char **dir, char **base);

#endif
