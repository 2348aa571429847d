/* btsh peer as a coprocess: commands as lines on standard input, events as
 * lines on standard output. */

#ifndef COPROC_H
#define COPROC_H

#include "net.h"
#include "cmd/output.h"
#include "cmd/jobs.h"

struct coproc {
	struct jobs *jobs;
	struct output *lines;    /* borrowed: the events */
	int fd;                 /* of commands; -1: no more come */
	struct io input;        /* fd -1: they wait for the reader of events */
	char *line;             /* owned: what has come of one */
	size_t line_len;
	int skipping;           /* the rest of a line that is too long */
	int quit;               /* by command */
	/* It is to end, with an exit status: by command, or no torrent is
	 * there and none can come. */
	void (*over)(void *arg, int status);
	void *arg;
};

/* jobs, lines, over and arg are set, the rest is zeros.  What follows does
 * nothing with one that was not opened. */
void coproc_open(struct coproc *co);
void coproc_close(struct coproc *co);
/* The reader of events has caught up: commands go on, if they had to wait. */
void coproc_go_on(struct coproc *co);
/* The progress of each torrent that has made some since the last time. */
void coproc_progress(const struct coproc *co);

#endif
