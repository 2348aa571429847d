/* Signals, children, and how many descriptors the process may have. */

#ifndef PROC_H
#define PROC_H

#include "net.h"

/* Has on(arg, sig) called in the loop, not in the handler, for each of the
 * signals in the list that 0 ends.  0, or -1 with errno. */
int proc_signals(const int *sigs, void (*on)(void *arg, int sig), void *arg);

/* fork(2), with a stream socket between the two, of which *fd is each one's
 * end: who reads there sees when the other has gone.  The child has the
 * default signals, and none of the descriptors that the loop watches but keep
 * (-1: none).  Returns 0 in the child, its process id in the parent, or -1
 * with errno and *fd -1. */
long proc_fork(int keep, int *fd);
/* Kills a child that proc_fork made, if it still runs, and returns its status
 * as waitpid(2) has it. */
int proc_reap(long pid);

/* A child process that does one job.  Zeroed but for ended and arg before use.
 */
struct child {
	struct io io; /* proc.c's own */
	long pid;     /* 0: none runs */
	void (*ended)(struct child *, int status);
	void *arg;
};
/* Runs fn(arg) in a child as proc_fork makes it, whose exit status is what fn
 * returns; c->ended hears of it in the loop.  0, or -1 with errno. */
int proc_child(struct child *c, int keep, int (*fn)(void *), void *arg);
/* Kills the child, if one runs; c->ended does not hear of it. */
void proc_child_end(struct child *c);
/* The child goes on, and nobody hears of it: at the end of the process. */
void proc_child_leave(struct child *c);
/* The same of one that ends by itself when its socket's other end closes. */
void proc_child_wait(struct child *c);

/* What a child does from its beginning to its end, and nothing besides. */
enum work { WORK_HASH, WORK_WRITE, WORK_NAMES, WORK_SYNC };
/* Has narrow called in each such child that is forked from now on, when it
 * begins: it may take away what that work does not need. */
void proc_narrows(void (*narrow)(enum work));
/* In such a child: calls that. */
void proc_narrow(enum work work);

/* Raises the limit of descriptors to n, or as far as the system lets us. */
void proc_room(long n);
/* What the descriptors of a process that has data are for, as many as the
 * system lets us have: open files, workers, connections, of which there are no
 * more than its address space has room for.  The rest of them is for
 * listeners, trackers and lookups. */
struct fds {
	int files, workers, conns;
};
struct fds proc_fds(void);

#endif
