/* Signals, children, and how many descriptors the process may have.
 *
 * A signal's handler writes a byte into a pipe that the loop reads, so that
 * what is to be done is done in the loop.  This is the process's own state,
 * which it has once. */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "net.h"
#include "proc.h"

enum {
	FDS_MOST    = 1 << 20, /* of a process, even if it may have more */
	FDS_FILES   = 128,
	FDS_WORKERS = 64,
	FDS_REST    = 100,
	FILES_PART   = 4,      /* of what there is, if that is less */
	WORKERS_PART = 8,
	REST_PART    = 3,
	SPACE_PART   = 2,      /* of the address space, for connections: */
	CONN_BYTES   = 512 << 10
};

static void on_signal(int sig);
static void signal_ready(struct io *io, short got, int64_t now_ms);
static pid_t fork_clean(int keep);
static void child_ready(struct io *io, short got, int64_t now_ms);
static int conns_in_space(void);

static struct io signal_io;
static int signal_pipe[2] = { -1, -1 };
static void (*signal_fn)(void *arg, int sig);
static void *signal_arg;
static sigset_t signal_set;  /* those that have a handler */
static void (*narrow_fn)(enum work); /* NULL: none */

static void
on_signal(int sig)
{
	int why = errno;
	char c = (char)sig;

	(void)!write(signal_pipe[1], &c, 1);
	errno = why;
}

static void
signal_ready(struct io *io, short got, int64_t now_ms)
{
	int hups = 0;
	char c;

	(void)got, (void)now_ms;
	while (read(io->fd, &c, 1) == 1)
		if (c != SIGHUP || hups++ == 0) /* many mean what one does */
			signal_fn(signal_arg, c);
}

int
proc_signals(const int *sigs, void (*on)(void *arg, int sig), void *arg)
{
	struct sigaction sa;

	if (pipe(signal_pipe) < 0)
		return -1;
	fcntl(signal_pipe[0], F_SETFL, O_NONBLOCK);
	fcntl(signal_pipe[1], F_SETFL, O_NONBLOCK);
	fcntl(signal_pipe[0], F_SETFD, FD_CLOEXEC);
	fcntl(signal_pipe[1], F_SETFD, FD_CLOEXEC);
	signal_fn = on;
	signal_arg = arg;
	memset(&sa, 0, sizeof sa);
	sa.sa_handler = on_signal;
	sa.sa_flags = SA_RESTART;
	sigemptyset(&signal_set);
	for (; *sigs; sigs++) {
		sigaction(*sigs, &sa, NULL);
		sigaddset(&signal_set, *sigs);
	}
	signal_io.fd = signal_pipe[0];
	signal_io.ready = signal_ready;
	net_add(&signal_io, POLLIN);
	return 0;
}

/* fork(2); the child has nothing of the loop's but keep. */
static pid_t
fork_clean(int keep)
{
	sigset_t all, old;
	pid_t pid;
	int sig;

	/* a signal between fork and the reset must not reach our pipe twice */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	pid = fork();
	if (pid == 0) {
		for (sig = 1; signal_pipe[1] >= 0 && sig < 32; sig++)
			if (sigismember(&signal_set, sig) == 1)
				signal(sig, SIG_DFL);
		net_drop(keep);
		if (signal_pipe[1] >= 0)
			close(signal_pipe[1]);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return pid;
}

long
proc_fork(int keep, int *fd)
{
	int sv[2];
	pid_t pid;

	*fd = -1;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) < 0)
		return -1;
	pid = fork_clean(keep);
	close_quietly(sv[pid != 0]);
	if (pid < 0) {
		close_quietly(sv[0]);
		return -1;
	}
	*fd = sv[pid == 0];
	fcntl(*fd, F_SETFD, FD_CLOEXEC);
	return pid;
}

int
proc_reap(long pid)
{
	int status = 0;

	kill((pid_t)pid, SIGKILL);
	waitpid((pid_t)pid, &status, 0);
	return status;
}

int
proc_child(struct child *c, int keep, int (*fn)(void *), void *arg)
{
	long pid = proc_fork(keep, &c->io.fd);

	if (pid == 0)
		_exit(fn(arg));
	if (pid < 0)
		return -1;
	c->pid = pid;
	c->io.ready = child_ready;
	c->io.arg = c;
	net_add(&c->io, POLLIN);
	return 0;
}

static void
child_ready(struct io *io, short got, int64_t now_ms)
{
	struct child *c = io->arg;
	int status = 0;

	(void)got, (void)now_ms;
	net_close(io);
	waitpid((pid_t)c->pid, &status, 0);
	c->pid = 0;
	c->ended(c, WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAIL);
}

void
proc_child_end(struct child *c)
{
	if (c->pid == 0)
		return;
	net_close(&c->io);
	proc_reap(c->pid);
	c->pid = 0;
}

void
proc_child_leave(struct child *c)
{
	if (c->pid != 0)
		net_close(&c->io);
	c->pid = 0;
}

void
proc_child_wait(struct child *c)
{
	if (c->pid == 0)
		return;
	net_close(&c->io);
	while (waitpid((pid_t)c->pid, NULL, 0) < 0 && errno == EINTR)
		;
	c->pid = 0;
}

void
proc_narrows(void (*narrow)(enum work))
{
	narrow_fn = narrow;
}

void
proc_narrow(enum work work)
{
	if (narrow_fn)
		narrow_fn(work);
}

void
proc_room(long n)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur >= (rlim_t)n)
		return;
	r.rlim_cur = MIN((rlim_t)n, r.rlim_max);
	setrlimit(RLIMIT_NOFILE, &r);
}

/* How many connections there is room for, if strangers have each of them take
 * as much as it can. */
static int
conns_in_space(void)
{
#ifdef RLIMIT_AS
	struct rlimit r;

	if (getrlimit(RLIMIT_AS, &r) == 0 && r.rlim_cur != RLIM_INFINITY)
		return (int)MIN(r.rlim_cur / SPACE_PART / CONN_BYTES + 1,
		    FDS_MOST);
#endif
	return FDS_MOST;
}

struct fds
proc_fds(void)
{
	static struct fds f;
	struct rlimit r;
	int n = 256;

	if (f.files > 0)
		return f;
	proc_room(FDS_MOST);
	if (getrlimit(RLIMIT_NOFILE, &r) == 0)
		n = (int)MIN(r.rlim_cur, FDS_MOST);
	f.files = MAX(1, MIN(n / FILES_PART, FDS_FILES));
	f.workers = MAX(1, MIN(n / WORKERS_PART, FDS_WORKERS));
	f.conns = MIN(n - f.files - f.workers - MIN(n / REST_PART, FDS_REST),
	    conns_in_space());
	return f;
}
