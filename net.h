/* The poll loop: sockets, timers, names, signals.  There is one loop a
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

/* Sockets, not blocking: a descriptor, or -1 with errno. */
int net_listen(struct addr *a);            /* TCP; a's port 0: fills it in */
int net_accept(int fd, struct addr *from);
int net_dial(const struct addr *to);       /* TCP, on its way */
int net_dial_udp(const struct addr *to);
void net_refuse(int fd);                   /* closes what was accepted */
int net_error(int fd);                     /* the errno of a dial, 0: fine */
int net_local(int fd, struct addr *a);     /* a socket's own address; 0, -1 */
/* The address that this host would speak to the wider network from; 0, -1. */
int net_source(struct addr *a);

/* TCP listeners on host (NULL: every address of both families), at the first
 * free port from first to last (0: any).  ready gets their calls.  How many
 * listeners there are, or -1 with errno; *port is theirs. */
int net_listen_all(struct io io[2], const char *host, uint16_t first,
    uint16_t last, uint16_t *port);

/* The addresses of a name, without stalling the loop: a child asks for them,
 * ten seconds at most.  done gets n addresses (0: there are none) with port;
 * it is never called from within net_resolve.  net_forget ends a lookup that
 * is not done. */
struct lookup;
struct lookup *net_resolve(const char *host, uint16_t port,
    void (*done)(void *arg, const struct addr *list, int n), void *arg);
void net_forget(struct lookup *l);
