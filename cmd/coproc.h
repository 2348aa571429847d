/* btsh peer as a coprocess: commands come as lines, events go as lines. */

#ifndef COPROC_H
#define COPROC_H

#include "net.h"
#include "cmd/output.h"
#include "cmd/jobs.h"

struct coproc {
	struct jobs *jobs;      /* borrowed */
	struct output *lines;   /* borrowed: where events go */
	/* The coprocess is to end, with an exit status: a command said so, or
	 * no torrent is there and none can come. */
	void (*over)(void *arg, int status);
	void *arg;
	int quit;               /* the command quit has come */
	int told;               /* any command has */
	/* the rest is coproc.c's */
	int fd;                 /* owned: of commands; -1: no more come */
	struct io input;        /* fd -1: commands wait for events to go */
	char *line;             /* owned: what has come of a line */
	size_t line_len;
	int skipping;           /* the rest of a line that is too long */
};

/* Reads commands from fd, which is owned from now on; -1: none will come.
 * jobs, lines, over and arg are set, the rest of co is zeros.  Each function
 * that follows does nothing if co was not opened. */
void coproc_open(struct coproc *co, int fd);
void coproc_close(struct coproc *co);
/* Whether commands may still come. */
int coproc_listens(const struct coproc *co);
/* The reader of events has caught up: commands go on, if they had to wait. */
void coproc_go_on(struct coproc *co);
/* Puts an event for each torrent that has made progress since the last call.
 */
void coproc_progress(const struct coproc *co);

#endif
