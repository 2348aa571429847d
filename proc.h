/* Signals, children, and how many descriptors the process may have. */

#ifndef PROC_H
#define PROC_H

#include "net.h"

/* on(arg, sig) in the loop, not in the handler, for each of the signals in the
 * list that 0 ends. */
void proc_signals(const int *sigs, void (*on)(void *arg, int sig), void *arg);
/* fork(2), for workers: the child has none of the loop's descriptors but keep,
 * and the default signals. */
long proc_fork(int keep);
/* fn(arg) in such a child, whose exit status is what it returns; ended hears
 * of it in the loop.  Zeroed but for ended and arg before use. */
struct child {
	struct io io; /* the loop's own */
	long pid;     /* 0: none runs */
	void (*ended)(struct child *, int status);
	void *arg;
};
int proc_child(struct child *c, int keep, int (*fn)(void *), void *arg);
void proc_child_end(struct child *c); /* kills it, if it runs */
/* As many descriptors as n, if the system lets us have them. */
void proc_room(long n);
/* The descriptors of a process that has data, as many as the system lets us
 * have, and what they are for.  What is left of them is for listeners,
 * trackers and lookups. */
struct fds {
	int files, workers, conns;
};
struct fds proc_fds(void);

#endif
