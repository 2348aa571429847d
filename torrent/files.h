/* Open files.  All the stores of a process share one pool of descriptors, in
 * which the one used longest ago makes room: a store that is not in use costs
 * none.  A path is opened one directory at a time. */

#ifndef FILES_H
#define FILES_H

#include "util.h"
#include "torrent/meta.h"

struct files;
struct stat;

/* A pool of that many descriptors, at least 4. */
struct files *files_new(int most);
void files_free(struct files *fs);

enum {
	OPEN_DIRS   = 8,
	BESIDE_NAME = 48 /* bytes of ".HASH.parts" with its NUL */
};

enum how {
	HOW_READ,
	HOW_WRITE,        /* makes it */
	HOW_NEW           /* the same, and nothing but an empty file may have
	                   * come there: EEXIST */
};

/* Where the files of a torrent are; zeroed but for what is its owner's. */
struct tree {
	struct files *files;     /* borrowed, as are */
	const struct meta *m;
	const char *dir, *name;  /* the directory; the root's name in it */
	int makes;               /* dir may be made */
	int follows;             /* the root may be a symbolic link, */
	int follows_all;         /* and what is below it */
	int lost;                /* errno of a close that failed: bytes that */
	uint32_t lost_file;      /* were written to this file may be gone; */
	                         /* UINT32_MAX: to the one beside */
	/* the rest is files.c's */
	uint32_t parents[OPEN_DIRS]; /* files whose directories may be open */
	uint32_t nparents;
	uint32_t absent_of;      /* a file whose directory is not there; */
	int absent;              /* whether there is one */
};

/* The descriptor of the directory, borrowed until the next call that opens
 * something; -1 with errno. */
int tree_dir(struct tree *t);
/* The descriptor of a file, borrowed as long; -1 with errno. */
int tree_file(struct tree *t, uint32_t file, enum how how);
/* Whether nothing has a file's name. */
int tree_is_absent(struct tree *t, uint32_t file);
/* stat(2) of a file: 0, or -1 with errno. */
int tree_stat(struct tree *t, uint32_t file, struct stat *st);
/* Syncs a file, and the directories that it is in unless those of before, a
 * file (UINT32_MAX: none), are the same.  0, or -1 with errno. */
int tree_sync(struct tree *t, uint32_t file, uint32_t before);
/* stat(2) of the root, which is made first, if make is set and it is to be a
 * directory: 0, or -1 with errno. */
int tree_root(struct tree *t, int make, struct stat *st);
/* When the root was made, in nanoseconds; 0 where the system does not say. */
int64_t tree_root_born(struct tree *t);
/* Appends to b what file, a symbolic link of the torrent, says on disk: the
 * shortest way to its target. */
void tree_link_text(struct buf *b, const struct meta *m, uint32_t file);
/* Makes a symbolic link of the torrent, also in the place of an empty file: 0,
 * or -1 with errno. */
int tree_link(struct tree *t, uint32_t file);
/* Whether a symbolic link of the torrent is there, and leads to its target by
 * names below the root: 1, 0: something else has its name, -1 with errno. */
int tree_is_link(struct tree *t, uint32_t file);
/* Removes one of the files beside: 0, or -1 with errno. */
int tree_remove(struct tree *t, const char *name);

/* Files of dir that are none of the torrent's: ".HASH" and then end. */
char *tree_beside_name(char name[BESIDE_NAME], const struct meta *m,
    const char *end);
/* Opens such a file: a new descriptor, the caller's to close or to put into
 * the pool; -1 with errno. */
int tree_open(struct tree *t, const char *name, int flags);
/* The descriptor of the file beside that is in the pool, borrowed; -1: none
 * is, or write is set and it is only to be read. */
int tree_find_beside(struct tree *t, int write);
/* Puts the descriptor of the file beside into the pool, which closes it. */
void tree_put_beside(struct tree *t, int fd, int write);

/* Closes what is open of t.  0, or -1: a close failed, now or before. */
int tree_close(struct tree *t);

#endif
