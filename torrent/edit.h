/* A torrent's bytes, some of what they say said anew. */

#ifndef EDIT_H
#define EDIT_H

#include "util.h"
#include "torrent/meta.h"

/* What is to be another.  All borrowed. */
struct edit {
	const char *name;                /* NULL: as it is */
	const char *comment, *source;    /* the same; "": none */
	const struct tracker *trackers;
	int ntrackers;                   /* -1: as they are; so are */
	char *const *webseeds;           /* those that are "" are none */
	int nwebseeds;
	int private;                     /* and this */
};

/* Appends m's torrent, edited, to out: its keys sorted, and all that e does
 * not name byte for byte.  The info dictionary stays as it stands, in whatever
 * order, if nothing in it becomes another, and so does its hash. */
void edit_torrent(struct buf *out, const struct meta *m,
    const struct edit *e);

#endif
