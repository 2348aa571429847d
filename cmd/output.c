/* Lines to standard output, which stays as its owner made it: others may share
 * it, so it is not set to O_NONBLOCK.
 *
 * What waits is one buffer of text, and beside it the kind of each line that
 * has its end there.  When there is too much, lines are taken out of its
 * middle until a quarter of the room is free, so that this costs little for
 * each of them; if that much is kept, what can go goes at once. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "sha1.h"
#include "net.h"
#include "cmd/output.h"

enum {
	BUFFER_MAX = 256 << 10,
	BUFFER_LOW = BUFFER_MAX / 4 * 3,
	SAY_MS     = 10000,  /* between two messages */
	SLICE_MS   = 50      /* of waiting in output_close */
};

struct output {
	int fd;               /* it is ours if it is not STDOUT_FILENO */
	struct io io;         /* fd -1: nothing is watched */
	struct buf buf;       /* owned */
	struct buf kinds;     /* owned: a byte for each newline in buf */
	int begun;            /* the first line has, in part, been written */
	int full;             /* nothing that waits can go */
	int why, over;        /* it failed, and that was told */
	unsigned long dropped, said;
	int64_t said_ms;
	const struct output_ops *ops;
	void *arg;
};

static void watch(struct output *l, int out);
static void added(struct output *l, size_t n, enum line kind);
static void make_room(struct output *l);
static void drop(struct output *l, enum line kind);
static void on_ready(struct io *io, short got, int64_t now_ms);
static void drain(struct output *l);
static size_t ends(const uint8_t *p, size_t n);
static void say_dropped(struct output *l, int64_t now_ms);

struct output *
output_open(const struct output_ops *ops, void *arg)
{
	struct output *l = xcalloc(1, sizeof *l);

	l->ops = ops;
	l->arg = arg;
	l->fd = open_anew(STDOUT_FILENO);
	l->io.fd = -1;
	l->io.ready = on_ready;
	l->io.arg = l;
	watch(l, 0);
	return l;
}

/* out: something is to be written. */
static void
watch(struct output *l, int out)
{
	if (!l->over && (out || l->ops->watch)) {
		if (l->io.fd < 0) {
			l->io.fd = l->fd;
			net_add(&l->io, 0);
		}
		net_want(&l->io, out ? POLLOUT : 0);
	} else if (l->io.fd >= 0) {
		net_remove(&l->io);
	}
}

void
output_put(struct output *l, enum line kind, const char *fmt, ...)
{
	size_t was = buf_left(&l->buf);
	va_list ap;

	if (l->why)
		return;
	if (kind != LINE_KEPT && l->full) {
		l->dropped++;
		return;
	}
	if (was == 0)
		watch(l, 1);
	va_start(ap, fmt);
	buf_vprintf(&l->buf, fmt, ap);
	va_end(ap);
	buf_put(&l->buf, "\n", 1);
	added(l, buf_left(&l->buf) - was, kind);
	if (buf_left(&l->buf) > BUFFER_MAX && !l->full)
		make_room(l);
}

void
output_event(struct output *l, enum line kind, const char *what,
    const uint8_t *hash, const char *fmt, ...)
{
	char digits[2 * ID_LEN + 1] = "-", fields[2048];
	va_list ap;

	if (!l)
		return;
	if (hash)
		hex(digits, hash, ID_LEN);
	va_start(ap, fmt);
	vsnprintf(fields, sizeof fields, fmt, ap);
	va_end(ap);
	output_put(l, kind, "%" PRId64 "\t%s\t%s%s", net_wall(), what, digits,
	    fields);
}

void
output_bytes(struct output *l, const void *p, size_t n)
{
	if (l->why || n == 0)
		return;
	if (buf_left(&l->buf) == 0)
		watch(l, 1);
	buf_put(&l->buf, p, n);
	added(l, n, LINE_KEPT);
}

/* Of the last n bytes, all lines are of this kind: a path may hold newlines.
 */
static void
added(struct output *l, size_t n, enum line kind)
{
	size_t k = ends(l->buf.p + l->buf.len - n, n);

	memset(buf_room(&l->kinds, k + 1), kind, k);
	l->kinds.len += k;
}

size_t
output_left(const struct output *l)
{
	return buf_left(&l->buf);
}

static void
make_room(struct output *l)
{
	drain(l);
	if (buf_left(&l->buf) == 0)
		return;
	drop(l, LINE_FIRST);
	drop(l, LINE_NEXT);
	l->full = buf_left(&l->buf) > BUFFER_LOW;
}

/* The oldest lines of this kind, as many as it takes. */
static void
drop(struct output *l, enum line kind)
{
	uint8_t *end = l->buf.p + l->buf.len, *from = l->buf.p + l->buf.at;
	uint8_t *to = from, *nl, *k = l->kinds.p + l->kinds.at, *kept = k;
	size_t left = buf_left(&l->buf), n;

	for (; from < end; from += n) {
		nl = memchr(from, '\n', (size_t)(end - from));
		n = nl ? (size_t)(nl + 1 - from) : (size_t)(end - from);
		if (nl && *k == kind && left > BUFFER_LOW &&
		    !(l->begun && to == l->buf.p + l->buf.at)) {
			left -= n;
			l->dropped++;
			k++;
			continue;
		}
		memmove(to, from, n);
		to += n;
		if (nl)
			*kept++ = *k++;
	}
	l->buf.len -= (size_t)(end - to);
	l->kinds.len -= (size_t)(k - kept);
}

int
output_close(struct output *l, int wait_ms)
{
	int r;

	for (drain(l); output_left(l) > 0 && wait_ms > 0; wait_ms -= SLICE_MS)
		if (net_writable(l->fd, SLICE_MS))
			drain(l);
	r = l->why || output_left(l) > 0 ? -1 : 0;
	l->dropped += buf_left(&l->kinds);
	say_dropped(l, INT64_MAX);
	if (l->why && !l->over)
		l->ops->lost(l->arg, l->why);
	l->over = 1;
	watch(l, 0);
	if (l->fd != STDOUT_FILENO)
		close(l->fd);
	buf_free(&l->buf);
	buf_free(&l->kinds);
	net_bury(free, l);
	return r;
}

static void
on_ready(struct io *io, short got, int64_t now_ms)
{
	struct output *l = io->arg;
	int idle = buf_left(&l->buf) == 0;

	if (!idle && l->ops->writes)
		l->ops->writes(l->arg);
	drain(l); /* an error shows itself in writing, or the next time */
	if (idle && !l->why && !(got & POLLOUT))
		l->why = EPIPE;
	say_dropped(l, now_ms);
	if (buf_left(&l->buf) > 0)
		return;
	l->over = l->why != 0;
	watch(l, 0);
	if (l->why)
		l->ops->lost(l->arg, l->why);
	else if (l->ops->written)
		l->ops->written(l->arg);
}

/* Tells nobody: it may be in the middle of something. */
static void
drain(struct output *l)
{
	const uint8_t *p;
	long n = 0;

	while (buf_left(&l->buf) > 0) {
		p = l->buf.p + l->buf.at;
		n = write_now(l->fd, p, buf_left(&l->buf));
		if (n <= 0)
			break;
		l->begun = p[n - 1] != '\n';
		buf_take(&l->kinds, ends(p, (size_t)n));
		buf_take(&l->buf, (size_t)n);
	}
	if (n < 0) {
		l->why = errno;
		buf_free(&l->buf);
		buf_free(&l->kinds);
	}
	if (buf_left(&l->buf) <= BUFFER_LOW)
		l->full = 0;
}

/* How many newlines there are. */
static size_t
ends(const uint8_t *p, size_t n)
{
	const uint8_t *end = p + n, *nl;
	size_t k = 0;

	while ((nl = memchr(p, '\n', (size_t)(end - p)))) {
		p = nl + 1;
		k++;
	}
	return k;
}

static void
say_dropped(struct output *l, int64_t now_ms)
{
	unsigned long n = l->dropped - l->said;

	if (n == 0 || now_ms - l->said_ms < SAY_MS ||
	    !net_writable(STDERR_FILENO, 0)) /* it may be the same pipe */
		return;
	warn("%lu line%s dropped: their reader is too slow", n,
	    n == 1 ? "" : "s");
	l->said = l->dropped;
	l->said_ms = now_ms;
}
