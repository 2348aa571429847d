/* The poll loop: descriptors, timers, signals, children.  There is one loop a
 * process.  Times are milliseconds of the monotonic clock. */

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

/* on(sig) in the loop, not in the handler, for each of the signals in the list
 * that 0 ends. */
void net_signals(const int *sigs, void (*on)(int sig));
/* fork(2), for workers: the child has none of the loop's descriptors but keep,
 * and the default signals. */
long net_fork(int keep);
/* fn(arg) in such a child, whose exit status is what it returns; ended hears
 * of it in the loop.  Zeroed but for ended and arg before use. */
struct child {
	struct io io; /* the loop's own */
	long pid;     /* 0: none runs */
	void (*ended)(struct child *, int status);
	void *arg;
};
int net_child(struct child *c, int keep, int (*fn)(void *), void *arg);
void net_child_end(struct child *c); /* kills it, if it runs */
/* As many descriptors as n, if the system lets us have them. */
void net_room(long n);
/* The descriptors of a process that has data, as many as the system lets us
 * have, and what they are for.  What is left of them is for listeners,
 * trackers and lookups. */
struct fds {
	int files, workers, conns;
};
struct fds net_fds(void);
