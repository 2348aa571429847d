/* The poll loop: descriptors and timers.  There is one loop a process.  Times
 * are milliseconds of the monotonic clock. */

#ifndef NET_H
#define NET_H

#include <stddef.h>
#include <stdint.h>

/* A descriptor that the loop watches; embedded in its owner. */
struct io {
	int fd;
	void (*ready)(struct io *, short got, int64_t now_ms);
	void *arg;
	size_t slot; /* the loop's own */
};

/* Something to do at a time; embedded in its owner, zeroed before use. */
struct timer {
	void (*fire)(struct timer *, int64_t now_ms);
	void *arg;
	int64_t when_ms;
	size_t slot; /* the loop's own: 0 is unset */
};

/* Watches io->fd for events (POLLIN, POLLOUT; 0: for errors alone). */
void net_add(struct io *io, short events);
void net_want(struct io *io, short events);
/* Stops watching, and closes the descriptor: at once, also inside ready. */
void net_close(struct io *io);
/* Stops watching, and leaves the descriptor open. */
void net_remove(struct io *io);
/* Whether fd takes bytes, after wait_ms at most. */
int net_writable(int fd, int wait_ms);

/* In a child process: closes all that is watched but keep. */
void net_drop(int keep);

/* Sets or resets; the timer may be set again when it fires. */
void net_timer(struct timer *t, int64_t when_ms);
void net_untimer(struct timer *t);

/* free_it(arg) at the end of this round: memory never goes inside a callback.
 */
void net_bury(void (*free_it)(void *), void *arg);

int64_t net_now(void);  /* when this round began */
int64_t net_wall(void); /* seconds since 1970 */
void net_run(void);     /* rounds until net_stop */
void net_stop(void);

#endif
