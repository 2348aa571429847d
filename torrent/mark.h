/* The mark beside a torrent's root, .HASH.btsh: that its files were begun
 * here, under which name, and which file or directory that is. */

#ifndef MARK_H
#define MARK_H

#include "torrent/files.h"

enum said {
	SAID_NOTHING,     /* there is no mark, or it is not ours */
	SAID_OTHER,       /* another name or root, or it was cut short */
	SAID_OURS         /* that we began the files of this name */
};

/* What the mark beside t's root says. */
enum said mark_read(struct tree *t);
/* Makes the mark of t's root, which is there, or is a directory, which is then
 * made too.  0; 1: another process has made a mark meanwhile; or -1 with
 * errno, EEXIST: something else has the mark's name. */
int mark_make(struct tree *t);
/* Removes the mark: what is written from then on is nobody's. */
void mark_remove(struct tree *t);

#endif
