/* The files that the torrents of a process write: no two write the same. */

#ifndef CLAIMS_H
#define CLAIMS_H

#include "util.h"
#include "torrent/meta.h"

enum { CLAIM_LISTS = 1024 };

/* Embedded in its owner; m is NULL as long as nothing is claimed. */
struct claim {
	const struct meta *m;   /* borrowed, as dir is */
	const char *dir;
	struct span root;       /* the name of the root, borrowed */
	const struct file **paths; /* m's files on disk, sorted; owned */
	uint32_t npaths;
	struct claim *next;
};

struct claims {
	struct claim *lists[CLAIM_LISTS];
};

/* Claims the files of m below root in dir.  NULL; or the claim that has one of
 * them, or a directory where one would be, and then nothing is claimed. */
const struct claim *claim_make(struct claims *cs, struct claim *c,
    const struct meta *m, const char *dir, struct span root);
/* Gives up what c claims, if it does. */
void claim_drop(struct claims *cs, struct claim *c);

#endif
