/* The resolver: names are looked up by children, since a slow DNS server must
 * not stall the loop. */
#include <sys/types.h>
#include <sys/socket.h>
#include <errno.h>
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
	struct addr list[LOOKUP_MAX];
	size_t got;          /* bytes of list */
	uint16_t port;
	long pid;            /* 0: not asked yet */
	int64_t until_ms;    /* when it has taken too long; 0: not begun */
	void (*done)(void *, const struct addr *, int);
	void *arg;
	struct lookup *next;
};

static void lookup_start(struct lookup *l);
static long lookup_fork(struct lookup *l);
static void lookup_ask(const char *host, int fd);
static void lookup_ready(struct io *io, short got, int64_t now_ms);
static void lookup_due(struct timer *t, int64_t now_ms);
static void lookup_end(struct lookup *l, int tell);

/* Those under way and those that wait, of the whole process. */
static struct lookup *lookups;

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
	net_timer(&l->timer, lookup_fork(l) > 0 ? l->until_ms :
	    MIN(net_now() + RETRY_MS, l->until_ms));
}

/* The child that asks, or -1: there can be none now. */
static long
lookup_fork(struct lookup *l)
{
	long pid = proc_fork(-1, &l->io.fd);

	if (pid == 0) {
		lookup_ask(l->host, l->io.fd);
		_exit(0);
	}
	if (pid < 0)
		return -1;
	l->io.ready = lookup_ready;
	l->io.arg = l;
	l->pid = pid;
	net_add(&l->io, POLLIN);
	return pid;
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
	lookup_end(l, 1);
}

static void
lookup_due(struct timer *t, int64_t now_ms)
{
	struct lookup *l = t->arg;

	if (l->pid == 0 && l->got == 0 && now_ms < l->until_ms)
		lookup_start(l);
	else
		lookup_end(l, 1);
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
	if (l->pid)
		proc_reap(l->pid); /* it is gone, or too slow */
	for (i = 0; i < n; i++)
		l->list[i].port = l->port;
	if (tell)
		l->done(l->arg, l->list, n > 0 || l->pid ? n : -1);
	net_bury(free, l);
	for (l = lookups; l; l = l->next)
		busy += l->pid != 0;
	for (l = lookups; l && busy < LOOKUPS; l = l->next)
		if (l->pid == 0 && l->got == 0 && !net_is_set(&l->timer)) {
			lookup_start(l);
			busy++;
		}
}
