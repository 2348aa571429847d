/* The poll loop: descriptors and timers.  There is one loop a process.  Times
 * are milliseconds of the monotonic clock. */

#ifndef NET_H
#define NET_H

#include <stddef.h>
#include <stdint.h>

/* A descriptor that the loop watches from net_add until net_close or
 * net_remove; embedded in its owner, zeroed before use. */
struct io {
	int fd;      /* -1 again when it is watched no more */
	void (*ready)(struct io *, short got, int64_t now_ms);
	void *arg;
	size_t slot; /* the loop's own: 0 is not watched */
};

/* A call of fire at a time; embedded in its owner, zeroed before use. */
struct timer {
	void (*fire)(struct timer *, int64_t now_ms);
	void *arg;
	int64_t when_ms;
	size_t slot; /* the loop's own: 0 is unset */
};

/* Watches io->fd for events (POLLIN, POLLOUT; 0: for errors alone). */
void net_add(struct io *io, short events);
/* An io that is watched is from now on for other events; like the next two,
 * this leaves an io alone that is not. */
void net_want(struct io *io, short events);
/* Stops watching io and closes its descriptor: at once, also inside ready.
 * errno stays. */
void net_close(struct io *io);
/* Stops watching io and leaves its descriptor open. */
void net_remove(struct io *io);
/* Whether fd takes bytes, after wait_ms at most. */
int net_writable(int fd, int wait_ms);

/* In a child process: closes all descriptors that are watched but keep. */
void net_drop(int keep);

/* Has the timer fire at when_ms, once, also if it was to fire at another time;
 * fire may set it again. */
void net_timer(struct timer *t, int64_t when_ms);
/* The timer does not fire any more, if it was to. */
void net_untimer(struct timer *t);
int net_is_set(const struct timer *t); /* whether the timer is to fire */

/* Calls free_it(arg) at the end of this round: memory never goes inside a
 * callback. */
void net_bury(void (*free_it)(void *), void *arg);

int64_t net_now(void);  /* when this round began */
int64_t net_wall(void); /* seconds since 1970 */
void net_run(void);     /* rounds until net_stop */
void net_stop(void);

#endif
