/* Requests over TLS: the loop's side.
 *
 * A request waits for its turn; then a socket is made for it, of which the
 * spawner gets one end, and what a program prints comes back by the other in
 * frames (spawn.h).  To close it is to end the program.  There is one spawner
 * a process, which is the process's own state. */
#include <sys/types.h>
#include <sys/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "net.h"
#include "proc.h"
#include "addr.h"
#include "route.h"
#include "curl.h"
#include "spawn.h"
#include "https.h"

enum {
	RUNS   = 8, /* programs at a time */
	LAST_S = 2  /* for them, when all is over */
};

struct https {
	struct io io;            /* fd -1: it waits for its turn */
	struct curl_ask ask;
	size_t sent;             /* bytes of ask */
	int held;
	struct buf in;
	const struct https_ops *ops;
	void *arg;
	struct https *next;
};

static int spawner(void *arg);
static void on_gone(struct child *c, int status);
static void on_turn(struct timer *t, int64_t now_ms);
static int begin(struct https *h);
static void on_ready(struct io *io, short got, int64_t now_ms);
static void send_ask(struct https *h);
static void receive(struct https *h);
static int take_frame(struct https *h);
static void on_end(struct https *h, struct span said);
static void end(struct https *h, int status, const char *why);
static void https_free(void *arg);

/* Those that run and, behind them, those that wait. */
static struct https *requests;
static struct child child = { .ended = on_gone };
static struct timer turn = { .fire = on_turn };
static int fork_errno;   /* why there is no spawner */
static int said_missing; /* that the program is not here */

void
https_open(void)
{
	if (child.pid != 0)
		return;
	fork_errno = 0;
	if (proc_child(&child, -1, spawner, &child) < 0)
		fork_errno = errno;
}

/* In the child, whose end of the socket stands where ours does. */
static int
spawner(void *arg)
{
	return spawn_main(((struct child *)arg)->io.fd, spawn_curl, LAST_S);
}

static void
on_gone(struct child *c, int status)
{
	(void)c, (void)status;
}

void
https_close(void)
{
	proc_child_wait(&child);
	net_untimer(&turn);
}

struct https *
https_start(const struct curl_ask *ask, const struct https_ops *ops, void *arg)
{
	struct https *h = xcalloc(1, sizeof *h), **at = &requests;

	h->io.fd = -1;
	h->io.ready = on_ready;
	h->io.arg = h;
	h->ask = *ask;
	h->ops = ops;
	h->arg = arg;
	while (*at)
		at = &(*at)->next;
	*at = h;
	net_timer(&turn, net_now());
	return h;
}

void
https_stop(struct https *h)
{
	struct https **at = &requests;

	while (*at != h)
		at = &(*at)->next;
	*at = h->next;
	net_close(&h->io);
	net_bury(https_free, h);
	net_timer(&turn, net_now());
}

void
https_aim(struct curl_ask *a, const struct route *rt, const struct addr *to)
{
	struct span name = { NULL, 0 }, password = name;

	a->is_bound = rt && rt->local;
	if (a->is_bound)
		a->local = *rt->local;
	if (to)
		a->to = *to;
	if (to || !rt)
		return;
	snprintf(a->proxy, sizeof a->proxy, "%s", rt->proxy);
	route_user(rt, &name, &password);
	if (name.n == 0)
		return;
	memcpy(a->login, name.p, name.n);
	a->login[name.n] = ':';
	memcpy(a->login + name.n + 1, password.p, password.n);
	a->login_len = (uint32_t)(name.n + 1 + password.n);
}

void
https_hold(struct https *h, int on)
{
	h->held = on;
	if (h->sent == sizeof h->ask)
		net_want(&h->io, on ? 0 : POLLIN);
}

static void
https_free(void *arg)
{
	struct https *h = arg;

	buf_free(&h->in);
	free(h);
}

/* Those who wait begin, as many as may run. */
static void
on_turn(struct timer *t, int64_t now_ms)
{
	struct https *h = requests;
	char why[CURL_WHY];
	int i;

	(void)now_ms;
	for (i = 0; h && i < RUNS && h->io.fd >= 0; i++)
		h = h->next;
	if (!h || i == RUNS)
		return;
	if (begin(h) == 0) {
		h->ops->begun(h->arg);
	} else {
		snprintf(why, sizeof why, "no process can be had for https: "
		    "%s", strerror(errno));
		end(h, -1, why);
	}
	net_timer(t, net_now());
}

/* 0, or -1 with errno. */
static int
begin(struct https *h)
{
	int sv[2], r;

	if (child.pid == 0) {
		errno = fork_errno ? fork_errno : ECHILD;
		return -1;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) < 0)
		return -1;
	fcntl(sv[0], F_SETFL, O_NONBLOCK);
	fcntl(sv[0], F_SETFD, FD_CLOEXEC);
	r = spawn_give(child.io.fd, sv[1]);
	close_quietly(sv[1]);
	if (r < 0) {
		close_quietly(sv[0]);
		return -1;
	}
	h->io.fd = sv[0];
	net_add(&h->io, POLLOUT);
	return 0;
}

static void
on_ready(struct io *io, short got, int64_t now_ms)
{
	struct https *h = io->arg;

	(void)now_ms;
	if (got & POLLOUT && h->sent < sizeof h->ask)
		send_ask(h);
	if (got & (POLLIN | POLLHUP | POLLERR))
		receive(h);
}

static void
send_ask(struct https *h)
{
	ssize_t n = send(h->io.fd, (char *)&h->ask + h->sent,
	    sizeof h->ask - h->sent, MSG_NOSIGNAL);

	if (n > 0)
		h->sent += (size_t)n;
	/* who has hung up is seen by reading */
	if (h->sent == sizeof h->ask || (n < 0 && errno != EAGAIN &&
	    errno != EINTR))
		net_want(&h->io, h->held ? 0 : POLLIN);
}

static void
receive(struct https *h)
{
	ssize_t n = recv(h->io.fd, buf_room(&h->in, SPAWN_MAX), SPAWN_MAX, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		end(h, -1, "the process that runs curl for it has gone");
		return;
	}
	h->in.len += (size_t)n;
	while (h->io.fd >= 0 && take_frame(h))
		;
}

/* Whether there was one, and there may be more. */
static int
take_frame(struct https *h)
{
	const uint8_t *p = h->in.p + h->in.at;
	struct span s = { p + SPAWN_HEAD, 0 };

	if (buf_left(&h->in) < SPAWN_HEAD)
		return 0;
	s.n = get16(p + 1);
	if (buf_left(&h->in) - SPAWN_HEAD < s.n)
		return 0;
	buf_take(&h->in, SPAWN_HEAD + s.n);
	if (*p == SPAWN_END && s.n > 0) {
		on_end(h, s);
		return 0;
	}
	h->ops->data(h->arg, s);
	return 1;
}

static void
on_end(struct https *h, struct span said)
{
	int status = *said.p;
	char why[CURL_WHY] = "";

	said.p++;
	said.n--;
	if (status == CURL_MISSING ? !said_missing : status != 0)
		curl_why(why, status, said);
	said_missing |= status == CURL_MISSING;
	end(h, status, status == 0 ? NULL : why);
}

static void
end(struct https *h, int status, const char *why)
{
	https_stop(h);
	h->ops->ended(h->arg, status, why);
}

char *
https_missing(char why[CURL_WHY])
{
	struct span none = { NULL, 0 };

	return curl_why(why, CURL_MISSING, none);
}
