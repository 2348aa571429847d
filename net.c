/* The poll loop, and the one place with sockets.
 *
 * One round: poll until the earliest timer is due; read the clock once; call
 * what is ready; fire what is due; free what was buried.  A descriptor may be
 * closed, and others added, in any callback: its slot is only marked, and the
 * table is mended at the end of the round.  Timers are a heap.
 *
 * Everything here is the loop's own state, which a process has once. */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util.h"
#include "wire.h"
#include "net.h"

enum {
	LOOKUPS     = 8,     /* children that ask for names at a time */
	LOOKUP_MS   = 10000,
	LOOKUP_MAX  = 16,    /* addresses of a name */
	BACKLOG     = 512
};

struct grave {
	void (*free_it)(void *);
	void *arg;
};

struct lookup {
	struct io io;        /* the child's answer comes here */
	struct timer timer;
	char host[256];
	struct addr list[LOOKUP_MAX];
	size_t got;          /* bytes of list */
	uint16_t port;
	pid_t pid;           /* 0: not asked yet */
	void (*done)(void *, const struct addr *, int);
	void *arg;
	struct lookup *next;
};

static void round_once(void);
static void mend(void);
static void fire_due(void);
static void read_clock(void);
static void heap_up(size_t i);
static void heap_down(size_t i);
static void on_signal(int sig);
static void signal_ready(struct io *io, short got, int64_t now_ms);
static socklen_t to_sock(struct sockaddr_storage *ss, const struct addr *a);
static int from_sock(struct addr *a, const struct sockaddr_storage *ss);
static int new_socket(const struct addr *a, int type);
static int listen_at(struct io *io, const struct addr *a);
static void lookup_start(struct lookup *l);
static void lookup_ask(const char *host, int fd);
static void lookup_ready(struct io *io, short got, int64_t now_ms);
static void lookup_due(struct timer *t, int64_t now_ms);
static void lookup_end(struct lookup *l, int tell);

static struct pollfd *fds;   /* fds[i] belongs to ios[i] */
static struct io **ios;
static size_t nfds, capfds;
static int holes;            /* some ios[i] is NULL */
static struct timer **heap;  /* from 1 */
static size_t nheap, capheap;
static struct grave *graves;
static size_t ngraves, capgraves;
static int64_t now;
static int stopped;
static struct io signal_io;
static int signal_pipe[2] = { -1, -1 };
static void (*signal_fn)(int);
static sigset_t signal_set;  /* those that have a handler */
static struct lookup *lookups;

void
net_add(struct io *io, short events)
{
	if (nfds == capfds) {
		capfds = MAX(16, capfds * 2);
		fds = xrealloc(fds, capfds, sizeof *fds);
		ios = xrealloc(ios, capfds, sizeof *ios);
	}
	io->slot = nfds++;
	fds[io->slot].fd = io->fd;
	fds[io->slot].events = events;
	fds[io->slot].revents = 0;
	ios[io->slot] = io;
}

void
net_want(struct io *io, short events)
{
	fds[io->slot].events = events;
}

void
net_close(struct io *io)
{
	if (io->fd < 0)
		return;
	ios[io->slot] = NULL;
	fds[io->slot].fd = -1;
	holes = 1;
	close(io->fd);
	io->fd = -1;
}

void
net_timer(struct timer *t, int64_t when_ms)
{
	t->when_ms = when_ms;
	if (t->slot == 0) {
		if (nheap + 1 >= capheap) {
			capheap = MAX(16, capheap * 2);
			heap = xrealloc(heap, capheap, sizeof *heap);
		}
		t->slot = ++nheap;
		heap[nheap] = t;
	}
	heap_up(t->slot);
	heap_down(t->slot);
}

void
net_untimer(struct timer *t)
{
	size_t i = t->slot;

	if (i == 0)
		return;
	t->slot = 0;
	heap[i] = heap[nheap--];
	if (i <= nheap) {
		heap[i]->slot = i;
		heap_up(i);
		heap_down(heap[i]->slot);
	}
}

static void
heap_up(size_t i)
{
	struct timer *t = heap[i];

	for (; i > 1 && heap[i / 2]->when_ms > t->when_ms; i /= 2) {
		heap[i] = heap[i / 2];
		heap[i]->slot = i;
	}
	heap[i] = t;
	t->slot = i;
}

static void
heap_down(size_t i)
{
	struct timer *t = heap[i];
	size_t kid;

	for (; (kid = 2 * i) <= nheap; i = kid) {
		if (kid < nheap && heap[kid + 1]->when_ms < heap[kid]->when_ms)
			kid++;
		if (heap[kid]->when_ms >= t->when_ms)
			break;
		heap[i] = heap[kid];
		heap[i]->slot = i;
	}
	heap[i] = t;
	t->slot = i;
}

void
net_bury(void (*free_it)(void *), void *arg)
{
	if (ngraves == capgraves) {
		capgraves = MAX(16, capgraves * 2);
		graves = xrealloc(graves, capgraves, sizeof *graves);
	}
	graves[ngraves].free_it = free_it;
	graves[ngraves++].arg = arg;
}

int64_t
net_now(void)
{
	if (now == 0)
		read_clock();
	return now;
}

int64_t
net_wall(void)
{
	return (int64_t)time(NULL);
}

static void
read_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	/* from 1 s on, so that 0 can mean never */
	now = (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 + 1000;
}

void
net_run(void)
{
	for (stopped = 0; !stopped; )
		round_once();
}

void
net_stop(void)
{
	stopped = 1;
}

static void
round_once(void)
{
	int64_t wait = -1;
	size_t i, end = nfds;
	int n;
	short got;

	if (nheap > 0) {
		read_clock();
		wait = MAX(0, MIN(heap[1]->when_ms - now, 60000));
	}
	n = poll(fds, (nfds_t)nfds, (int)wait);
	if (n < 0 && errno != EINTR)
		die("poll:");
	read_clock();
	for (i = 0; i < end && n > 0; i++) {
		got = fds[i].revents;
		if (got == 0)
			continue;
		n--;
		fds[i].revents = 0;
		if (ios[i])
			ios[i]->ready(ios[i], got, now);
	}
	fire_due();
	mend();
	for (i = 0; i < ngraves; i++)
		graves[i].free_it(graves[i].arg);
	ngraves = 0;
}

static void
fire_due(void)
{
	struct timer *t;
	size_t most = nheap; /* what is set anew waits for the next round */

	while (most-- > 0 && nheap > 0 && heap[1]->when_ms <= now) {
		t = heap[1];
		net_untimer(t);
		t->fire(t, now);
	}
}

static void
mend(void)
{
	size_t i;

	if (!holes)
		return;
	holes = 0;
	for (i = 0; i < nfds; ) {
		if (ios[i]) {
			i++;
			continue;
		}
		if (i != --nfds) {
			fds[i] = fds[nfds];
			ios[i] = ios[nfds];
			if (ios[i])
				ios[i]->slot = i;
		}
	}
}

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
	char c;

	(void)got, (void)now_ms;
	while (read(io->fd, &c, 1) == 1)
		signal_fn(c);
}

void
net_signals(const int *sigs, void (*on)(int sig))
{
	struct sigaction sa;

	if (pipe(signal_pipe) < 0)
		die("pipe:");
	fcntl(signal_pipe[0], F_SETFL, O_NONBLOCK);
	fcntl(signal_pipe[1], F_SETFL, O_NONBLOCK);
	fcntl(signal_pipe[0], F_SETFD, FD_CLOEXEC);
	fcntl(signal_pipe[1], F_SETFD, FD_CLOEXEC);
	signal_fn = on;
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
}

long
net_fork(int keep)
{
	sigset_t all, old;
	pid_t pid;
	size_t i;
	int sig;

	/* a signal between fork and the reset must not reach our pipe twice */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	pid = fork();
	if (pid == 0) {
		for (sig = 1; signal_pipe[1] >= 0 && sig < 32; sig++)
			if (sigismember(&signal_set, sig) == 1)
				signal(sig, SIG_DFL);
		for (i = 0; i < nfds; i++)
			if (fds[i].fd >= 0 && fds[i].fd != keep)
				close(fds[i].fd);
		if (signal_pipe[1] >= 0)
			close(signal_pipe[1]);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return pid;
}

static socklen_t
to_sock(struct sockaddr_storage *ss, const struct addr *a)
{
	struct sockaddr_in in = { 0 };
	struct sockaddr_in6 in6 = { 0 };

	memset(ss, 0, sizeof *ss);
	if (addr_is4(a)) {
		in.sin_family = AF_INET;
		in.sin_port = htons(a->port);
		memcpy(&in.sin_addr, a->ip + 12, 4);
		memcpy(ss, &in, sizeof in);
		return sizeof in;
	}
	in6.sin6_family = AF_INET6;
	in6.sin6_port = htons(a->port);
	memcpy(&in6.sin6_addr, a->ip, 16);
	memcpy(ss, &in6, sizeof in6);
	return sizeof in6;
}

static int
from_sock(struct addr *a, const struct sockaddr_storage *ss)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (ss->ss_family == AF_INET) {
		memcpy(&in, ss, sizeof in);
		memcpy(a->ip, mapped, 12);
		memcpy(a->ip + 12, &in.sin_addr, 4);
		a->port = ntohs(in.sin_port);
		return 0;
	}
	if (ss->ss_family != AF_INET6)
		return -1;
	memcpy(&in6, ss, sizeof in6);
	memcpy(a->ip, &in6.sin6_addr, 16);
	a->port = ntohs(in6.sin6_port);
	return 0;
}

/* A socket of a's family, not blocking. */
static int
new_socket(const struct addr *a, int type)
{
	int fd = socket(addr_is4(a) ? AF_INET : AF_INET6, type, 0), one = 1;

	if (fd < 0)
		return -1;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	return fd;
}

int
net_listen(struct addr *a)
{
	struct sockaddr_storage ss;
	socklen_t n = to_sock(&ss, a);
	int fd = new_socket(a, SOCK_STREAM), one = 1, why;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (!addr_is4(a))
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	if (bind(fd, (struct sockaddr *)&ss, n) == 0 &&
	    listen(fd, BACKLOG) == 0 && net_local(fd, a) == 0)
		return fd;
	why = errno;
	close(fd);
	errno = why;
	return -1;
}

int
net_accept(int fd, struct addr *from)
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof ss;
	int one = 1, s = accept(fd, (struct sockaddr *)&ss, &n);

	if (s < 0)
		return -1;
	fcntl(s, F_SETFL, O_NONBLOCK);
	fcntl(s, F_SETFD, FD_CLOEXEC);
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (from_sock(from, &ss) < 0) {
		close(s);
		errno = EAFNOSUPPORT;
		return -1;
	}
	return s;
}

void
net_refuse(int fd)
{
	close(fd);
}

static int
dial(const struct addr *to, int type)
{
	struct sockaddr_storage ss;
	socklen_t n = to_sock(&ss, to);
	int fd = new_socket(to, type), why;

	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&ss, n) == 0 ||
	    errno == EINPROGRESS)
		return fd;
	why = errno;
	close(fd);
	errno = why;
	return -1;
}

int
net_dial(const struct addr *to)
{
	return dial(to, SOCK_STREAM);
}

int
net_dial_udp(const struct addr *to)
{
	return dial(to, SOCK_DGRAM);
}

int
net_error(int fd)
{
	int why = 0;
	socklen_t n = sizeof why;

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &n) < 0 ?
	    errno : why;
}

int
net_local(int fd, struct addr *a)
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof ss;

	if (getsockname(fd, (struct sockaddr *)&ss, &n) < 0)
		return -1;
	return from_sock(a, &ss);
}

int
net_source(struct addr *a)
{
	/* documentation addresses; a UDP socket that connects sends nothing */
	static const char *const far[] = { "192.0.2.1:9", "[2001:db8::1]:9" };
	size_t i;
	int fd, r = -1;

	for (i = 0; i < LEN(far) && r < 0; i++) {
		addr_parse(a, far[i], 1);
		fd = net_dial_udp(a);
		if (fd < 0)
			continue;
		r = net_local(fd, a);
		close(fd);
	}
	return r;
}

static int
listen_at(struct io *io, const struct addr *a)
{
	struct addr at = *a;

	io->fd = net_listen(&at);
	return io->fd < 0 ? -1 : at.port;
}

int
net_listen_all(struct io io[2], const char *host, uint16_t first,
    uint16_t last, uint16_t *port)
{
	struct addr a;
	int got, n = 1, tries = first ? last - first + 1 : 16, why;

	if (addr_parse(&a, host ? host : "0.0.0.0", 0) < 0) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	for (a.port = first; tries-- > 0; a.port += first != 0) {
		got = listen_at(&io[0], &a);
		if (got < 0 && errno == EADDRINUSE)
			continue;
		if (got < 0)
			return -1;
		if (!host) { /* the same port for IPv6, where there is IPv6 */
			addr_parse(&a, "::", 0);
			a.port = (uint16_t)got;
			n = listen_at(&io[1], &a) < 0 ? 1 : 2;
			why = errno;
			addr_parse(&a, "0.0.0.0", 0);
			a.port = first ? (uint16_t)got : 0;
			if (n == 1 && why == EADDRINUSE) {
				close(io[0].fd);
				errno = why;
				continue;
			}
		}
		*port = (uint16_t)got;
		net_add(&io[0], POLLIN);
		if (n == 2)
			net_add(&io[1], POLLIN);
		return n;
	}
	return -1;
}

struct lookup *
net_resolve(const char *host, uint16_t port,
    void (*done)(void *, const struct addr *, int), void *arg)
{
	struct lookup *l = xcalloc(1, sizeof *l), *o;
	int busy = 0;

	snprintf(l->host, sizeof l->host, "%s", host);
	l->port = port;
	l->done = done;
	l->arg = arg;
	l->io.fd = -1;
	l->timer.fire = lookup_due;
	l->timer.arg = l;
	for (o = lookups; o; o = o->next)
		busy += o->pid != 0;
	l->next = lookups;
	lookups = l;
	if (addr_parse(&l->list[0], host, 0) == 0) {
		l->got = sizeof l->list[0];
		net_timer(&l->timer, net_now());
	} else if (busy < LOOKUPS) {
		lookup_start(l);
	}
	return l;
}

void
net_forget(struct lookup *l)
{
	lookup_end(l, 0);
}

static void
lookup_start(struct lookup *l)
{
	int p[2];
	long pid;

	if (pipe(p) < 0) {
		net_timer(&l->timer, net_now());
		return;
	}
	fcntl(p[0], F_SETFL, O_NONBLOCK);
	pid = net_fork(-1);
	if (pid == 0) {
		close(p[0]);
		lookup_ask(l->host, p[1]);
		_exit(0);
	}
	close(p[1]);
	l->io.fd = p[0];
	l->io.ready = lookup_ready;
	l->io.arg = l;
	l->pid = MAX((pid_t)pid, 0);
	net_add(&l->io, POLLIN);
	net_timer(&l->timer, net_now() + (pid < 0 ? 0 : LOOKUP_MS));
}

/* In the child: the addresses of host, written to fd. */
static void
lookup_ask(const char *host, int fd)
{
	struct addrinfo hints, *ai, *list;
	struct sockaddr_storage ss;
	struct addr a;

	memset(&hints, 0, sizeof hints);
	hints.ai_socktype = SOCK_STREAM;
	if (getaddrinfo(host, NULL, &hints, &list) != 0)
		return;
	for (ai = list; ai; ai = ai->ai_next) {
		memset(&ss, 0, sizeof ss);
		memcpy(&ss, ai->ai_addr, MIN(ai->ai_addrlen, sizeof ss));
		memset(&a, 0, sizeof a);
		if (from_sock(&a, &ss) == 0 && write_all(fd, &a, sizeof a) < 0)
			break;
	}
	freeaddrinfo(list);
}

static void
lookup_ready(struct io *io, short got, int64_t now_ms)
{
	struct lookup *l = io->arg;
	ssize_t n;

	(void)got, (void)now_ms;
	if (l->got < sizeof l->list) {
		n = read(io->fd, (char *)l->list + l->got,
		    sizeof l->list - l->got);
		if (n > 0)
			l->got += (size_t)n;
		if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
			return;
	}
	lookup_end(l, 1);
}

static void
lookup_due(struct timer *t, int64_t now_ms)
{
	(void)now_ms;
	lookup_end(t->arg, 1);
}

static void
lookup_end(struct lookup *l, int tell)
{
	struct lookup **at;
	int i, n = (int)(l->got / sizeof *l->list), busy = 0;

	for (at = &lookups; *at != l; at = &(*at)->next)
		;
	*at = l->next;
	net_untimer(&l->timer);
	net_close(&l->io);
	if (l->pid) {
		kill(l->pid, SIGKILL); /* it is gone, or too slow */
		waitpid(l->pid, NULL, 0);
	}
	for (i = 0; i < n; i++)
		l->list[i].port = l->port;
	if (tell)
		l->done(l->arg, l->list, n);
	net_bury(free, l);
	for (l = lookups; l; l = l->next)
		busy += l->pid != 0;
	for (l = lookups; l && busy < LOOKUPS; l = l->next)
		if (l->pid == 0 && l->got == 0 && l->timer.slot == 0) {
			lookup_start(l);
			busy++;
		}
}
