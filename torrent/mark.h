/* The resume file beside a torrent's root, .NAME.btsh, and the mark in it: that
 * the torrent's files were begun here, and which file or directory that is. */

#ifndef MARK_H
#define MARK_H

#include "util.h"
#include "torrent/files.h"
#include "torrent/resume.h"

enum { MARK_NAME = 256 };

enum said {
	SAID_NOTHING,     /* there is none, or it is not ours */
	SAID_OTHER,       /* nothing that says it, or it was cut short: it may
	                   * be replaced */
	SAID_OURS         /* that we began the files of this name */
};

/* The name of the file of t's root. */
char *mark_name(char name[MARK_NAME], const struct tree *t);
/* What the file says, and if it is about t's torrent, all of it, which borrows
 * from text, an empty buffer; else r is empty. */
enum said mark_load(struct tree *t, struct buf *text, struct resume *r);
enum said mark_read(struct tree *t);
/* Makes the mark of t's root, which is there, or is a directory, which is then
 * made too.  0; 1: another process has made a mark meanwhile; or -1 with
 * errno, EEXIST: something else has the file's name. */
int mark_make(struct tree *t);
/* Fills in what a mark says: 0, or -1 with errno: there is no root. */
int mark_fill(struct resume *r, struct tree *t);
/* Has text, synced, take the place of what the file was, in one step: 0, or -1
 * with errno, EEXIST as before. */
int mark_replace(struct tree *t, struct span text);
/* Nobody goes on by itself with what the file is about: 0, or -1 with errno. */
int mark_forget(struct tree *t);
/* Removes the file: what is written from then on is nobody's. */
void mark_remove(struct tree *t);

#endif
