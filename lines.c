/* Lines to standard output, which stays as its owner made it: others may share
 * it, so it is not set to O_NONBLOCK.  A pipe that poll finds writable takes
 * PIPE_BUF bytes at once; a terminal may not, and is opened anew. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "util.h"
#include "wire.h"
#include "net.h"
#include "lines.h"

#ifndef PIPE_BUF
#define PIPE_BUF _POSIX_PIPE_BUF
#endif

enum {
	BUFFER_MAX = 256 << 10,
	LINE_LEN   = 1024,
	SAY_MS     = 10000,  /* between two messages */
	SLICE_MS   = 50,
	SLICES     = 20      /* of waiting in lines_close */
};

struct lines {
	struct io io;
	struct buf buf;       /* owned */
	int own;              /* the descriptor is */
	unsigned long dropped, said;
	int64_t said_ms;
	void (*lost)(int);
};

static void on_ready(struct io *io, short got, int64_t now_ms);
static void drain(struct lines *l);
static void say_dropped(struct lines *l, int64_t now_ms);

struct lines *
lines_open(void (*lost)(int))
{
	struct lines *l = xcalloc(1, sizeof *l);
	const char *tty = isatty(STDOUT_FILENO) ? ttyname(STDOUT_FILENO) :
	    NULL;

	l->lost = lost;
	l->io.fd = tty ? open(tty, O_WRONLY | O_NOCTTY | O_NONBLOCK |
	    O_CLOEXEC) : -1;
	l->own = l->io.fd >= 0;
	if (!l->own)
		l->io.fd = STDOUT_FILENO;
	l->io.ready = on_ready;
	l->io.arg = l;
	net_add(&l->io, 0);
	return l;
}

void
lines_put(struct lines *l, const char *fmt, ...)
{
	char line[LINE_LEN];
	va_list ap;
	int n;

	if (!l->lost)
		return;
	va_start(ap, fmt);
	n = vsnprintf(line, sizeof line - 1, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof line - 1 ||
	    buf_left(&l->buf) + (size_t)n >= BUFFER_MAX) {
		l->dropped++;
		return;
	}
	line[n] = '\n';
	if (buf_left(&l->buf) == 0)
		net_want(&l->io, POLLOUT);
	buf_put(&l->buf, line, (size_t)n + 1);
}

void
lines_close(struct lines *l)
{
	int slices = SLICES;

	for (drain(l); buf_left(&l->buf) > 0 && slices > 0; slices--)
		if (net_writable(l->io.fd, SLICE_MS))
			drain(l);
	for (; buf_left(&l->buf) > 0; buf_take(&l->buf, 1))
		l->dropped += l->buf.p[l->buf.at] == '\n';
	say_dropped(l, INT64_MAX);
	if (l->own)
		net_close(&l->io);
	else
		net_remove(&l->io);
	buf_free(&l->buf);
	net_bury(free, l);
}

static void
on_ready(struct io *io, short got, int64_t now_ms)
{
	struct lines *l = io->arg;

	(void)got; /* an error shows itself in writing, or the next time */
	if (buf_left(&l->buf) > 0)
		drain(l);
	else if (l->lost)
		l->lost(EPIPE);
	say_dropped(l, now_ms);
}

static void
drain(struct lines *l)
{
	ssize_t n;

	while (buf_left(&l->buf) > 0 && net_writable(l->io.fd, 0)) {
		n = write(l->io.fd, l->buf.p + l->buf.at,
		    MIN(buf_left(&l->buf), PIPE_BUF));
		if (n > 0) {
			buf_take(&l->buf, (size_t)n);
		} else if (n < 0 && errno == EAGAIN) {
			break;
		} else if (n < 0 && errno != EINTR) {
			buf_free(&l->buf);
			if (l->lost)
				l->lost(errno);
			l->lost = NULL;
		}
	}
	if (buf_left(&l->buf) == 0)
		net_want(&l->io, 0);
}

static void
say_dropped(struct lines *l, int64_t now_ms)
{
	if (l->dropped == l->said || now_ms - l->said_ms < SAY_MS ||
	    !net_writable(STDERR_FILENO, 0)) /* it may be the same pipe */
		return;
	warn("%lu lines dropped: their reader is too slow",
	    l->dropped - l->said);
	l->said = l->dropped;
	l->said_ms = now_ms;
}
