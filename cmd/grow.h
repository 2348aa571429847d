/* A set of torrents that grows: who named some of a directory's torrent files
 * may put more of them there. */

#ifndef GROW_H
#define GROW_H

#include <stddef.h>

#include "cmd/jobs.h"

struct grow {
	char **dirs;    /* owned, as they are: where torrent files were named, */
	size_t ndirs;
	char **known;   /* and those that were taken, in order */
	size_t nknown;
};

/* Notes an operand, if it is a torrent file by its name. */
void grow_note(struct grow *g, const char *arg);
/* Adds to all what has come into the directories since; what is wrong is said,
 * and tried again the next time. */
void grow_look(struct grow *g, struct jobs *all);
void grow_free(struct grow *g);

#endif
