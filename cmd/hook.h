/* The command that -x names, run for each torrent that is complete. */

#ifndef HOOK_H
#define HOOK_H

#include "util.h"
#include "net.h"

/* What the command finds in its environment, in this order. */
enum { HOOK_NAME, HOOK_PATH, HOOK_HASH, HOOK_DIR, HOOK_VALUES };

struct hook_ops { /* called from the loop, with arg */
	/* The command has ended for the torrent of that name, with a status as
	 * waitpid(2) has it; -1: it could not be run. */
	void (*ended)(void *arg, const char *name, int status);
	void (*idle)(void *arg); /* nothing is left to be run */
};

/* Zeroed, it has no command. */
struct hook {
	/* all of it is hook.c's */
	struct io io;
	long pid;
	struct buf queue;  /* owned: frames, the first of which is run */
	const struct hook_ops *ops;
	void *arg;
};

/* Forks the process that runs the command, borrowed: to be called before the
 * process gives anything up (cmd/sandbox.h).  0, or -1 with errno. */
int hook_open(struct hook *h, const char *command, const struct hook_ops *ops,
    void *arg);
/* Has the command run with these values, which are copied, once those before
 * it have ended.  Does nothing without a command; if the process has gone that
 * was to run it, ops->ended is called from within. */
void hook_run(struct hook *h, const char *const values[HOOK_VALUES]);
int hook_busy(const struct hook *h); /* something is still to end */
/* Waits for nothing: what runs goes on, and what waits is not run. */
void hook_close(struct hook *h);

#endif
