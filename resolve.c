/* The resolver: names are looked up by children, since a slow DNS server must
 * not stall the loop.  They are this process's own or, when that is not to
 * have what names need, those of a helper that was forked before.  A child
 * writes an empty record first, as word that it runs. */
#include <sys/types.h>
#include <sys/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "addr.h"
#include "net.h"
#include "proc.h"
#include "sock.h"
#include "curl.h"
#include "spawn.h"
#include "resolve.h"

enum {
	LOOKUPS     = 8,     /* children that ask for names at a time */
	RETRY_MS    = 500,   /* when there can be no child */
	LOOKUP_MS   = 10000,
	LOOKUP_MAX  = 16     /* addresses of a name */
};

struct lookup {
	struct io io;        /* the child's answer comes here */
	struct timer timer;
	char host[256];
	struct addr list[1 + LOOKUP_MAX]; /* behind an empty one */
	size_t got;          /* bytes of list */
	uint16_t port;
	long pid;            /* 0: not asked yet, -1: the helper's */
	int64_t until_ms;    /* when it has taken too long; 0: not begun */
	void (*done)(void *, const struct addr *, int);
	void *arg;
	struct lookup *next;
};

static int helper_main(void *arg);
static int helper_ask(int fd);
static void on_gone(struct child *c, int status);
static int is_busy(const struct lookup *l);
static void lookup_start(struct lookup *l);
static void lookup_retry(struct lookup *l);
static int lookup_fork(struct lookup *l);
static int lookup_give(struct lookup *l);
static void lookup_ask(const char *host, int fd);
static void lookup_ready(struct io *io, short got, int64_t now_ms);
static void lookup_due(struct timer *t, int64_t now_ms);
static void lookup_end(struct lookup *l, int tell);

/* Those under way and those that wait, of the whole process. */
static struct lookup *lookups;
static struct child helper = { .ended = on_gone };
static int helped; /* whether there is to be one */

void
resolve_open(void)
{
	if (!helped)
		(void)proc_child(&helper, -1, helper_main, NULL);
	helped = 1;
}

void
resolve_close(void)
{
	proc_child_wait(&helper);
	helped = 0;
}

static void
on_gone(struct child *c, int status)
{
	(void)c, (void)status;
}

/* In the child, whose end of the socket stands where ours does. */
static int
helper_main(void *arg)
{
	(void)arg;
	proc_narrow(WORK_NAMES);
	return spawn_main(helper.io.fd, helper_ask, 0);
}

static int
helper_ask(int fd)
{
	char host[sizeof ((struct lookup *)0)->host];

	alarm(LOOKUP_MS / 1000); /* whoever asked may have hung up */
	if (recv(fd, host, sizeof host, MSG_WAITALL) == sizeof host)
		lookup_ask(host, fd);
	return EXIT_OK;
}

struct lookup *
resolve_start(const char *host, uint16_t port,
    void (*done)(void *, const struct addr *, int), void *arg)
{
	struct lookup *l = xcalloc(1, sizeof *l), *o;
	int busy = 0;

	snprintf(l->host, sizeof l->host, "%s", host);
	l->port = port;
	l->done = done;
	l->arg = arg;
	l->timer.fire = lookup_due;
	l->timer.arg = l;
	for (o = lookups; o; o = o->next)
		busy += is_busy(o);
	l->next = lookups;
	lookups = l;
	if (addr_parse(&l->list[1], host, 0) == 0)
		l->got = 2 * sizeof l->list[0];
	/* not from within: who begins may not be ready to fork yet */
	if (l->got > 0 || busy < LOOKUPS)
		net_timer(&l->timer, net_now());
	return l;
}

/* Whether it has one of the places: it is asked for, or is next. */
static int
is_busy(const struct lookup *l)
{
	return l->pid != 0 || (l->until_ms == 0 && l->got == 0 &&
	    net_is_set(&l->timer));
}

void
resolve_stop(struct lookup *l)
{
	lookup_end(l, 0);
}

const char *
resolve_fault(int n)
{
	return n < 0 ? "no process is left to look the name up" :
	    "the name does not resolve";
}

static void
lookup_start(struct lookup *l)
{
	if (l->until_ms == 0)
		l->until_ms = net_now() + LOOKUP_MS;
	if ((helped ? lookup_give(l) : lookup_fork(l)) < 0) {
		lookup_retry(l);
		return;
	}
	l->io.ready = lookup_ready;
	l->io.arg = l;
	net_add(&l->io, POLLIN);
	net_timer(&l->timer, l->until_ms);
}

/* There is no process for it now or, without the helper, ever. */
static void
lookup_retry(struct lookup *l)
{
	l->pid = 0;
	if (helped && helper.pid == 0)
		l->until_ms = net_now();
	net_timer(&l->timer, MIN(net_now() + RETRY_MS, l->until_ms));
}

/* A child of ours asks: 0, or -1. */
static int
lookup_fork(struct lookup *l)
{
	long pid = proc_fork(-1, &l->io.fd);

	if (pid == 0) {
		lookup_ask(l->host, l->io.fd);
		_exit(0);
	}
	l->pid = MAX(pid, 0);
	return pid < 0 ? -1 : 0;
}

/* The same of the helper's. */
static int
lookup_give(struct lookup *l)
{
	int sv[2], r;

	if (helper.pid == 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, sv) < 0)
		return -1;
	fcntl(sv[0], F_SETFD, FD_CLOEXEC);
	r = spawn_give(helper.io.fd, sv[1]);
	close(sv[1]);
	if (r < 0 || send(sv[0], l->host, sizeof l->host, MSG_NOSIGNAL) !=
	    sizeof l->host) {
		close(sv[0]);
		return -1;
	}
	l->io.fd = sv[0];
	l->pid = -1;
	return 0;
}

/* In the child: the addresses of host, written to fd. */
static void
lookup_ask(const char *host, int fd)
{
	struct addrinfo hints, *ai, *list;
	struct sockaddr_storage ss;
	struct addr a;

	memset(&a, 0, sizeof a);
	memset(&hints, 0, sizeof hints);
	hints.ai_socktype = SOCK_STREAM;
	if (write_all(fd, &a, sizeof a) < 0 ||
	    getaddrinfo(host, NULL, &hints, &list) != 0)
		return;
	for (ai = list; ai; ai = ai->ai_next) {
		memset(&ss, 0, sizeof ss);
		memcpy(&ss, ai->ai_addr, MIN(ai->ai_addrlen, sizeof ss));
		memset(&a, 0, sizeof a);
		if (sock_addr(&a, &ss) == 0 && write_all(fd, &a, sizeof a) < 0)
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
		n = recv(io->fd, (char *)l->list + l->got,
		    sizeof l->list - l->got, MSG_DONTWAIT);
		if (n > 0)
			l->got += (size_t)n;
		if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
			return;
	}
	if (l->got > 0) {
		lookup_end(l, 1);
		return;
	}
	net_close(io); /* the child never was */
	if (l->pid > 0)
		proc_reap(l->pid);
	lookup_retry(l);
}

static void
lookup_due(struct timer *t, int64_t now_ms)
{
	struct lookup *l = t->arg;

	if (l->pid == 0 && l->got == 0 &&
	    (l->until_ms == 0 || now_ms < l->until_ms))
		lookup_start(l);
	else
		lookup_end(l, 1);
}

static void
lookup_end(struct lookup *l, int tell)
{
	struct lookup **at;
	int i, n = (int)(l->got / sizeof *l->list), busy = 0;

	n = MAX(n - 1, 0);
	for (at = &lookups; *at != l; at = &(*at)->next)
		;
	*at = l->next;
	net_untimer(&l->timer);
	net_close(&l->io);
	if (l->pid > 0)
		proc_reap(l->pid); /* it is gone, or too slow */
	for (i = 1; i <= n; i++)
		l->list[i].port = l->port;
	if (tell)
		l->done(l->arg, l->list + 1, n > 0 || l->pid ? n : -1);
	net_bury(free, l);
	for (l = lookups; l; l = l->next)
		busy += is_busy(l);
	for (l = lookups; l && busy < LOOKUPS; l = l->next)
		if (l->pid == 0 && l->got == 0 && !net_is_set(&l->timer)) {
			lookup_start(l);
			busy++;
		}
}
