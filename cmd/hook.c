/* The command that -x names.
 *
 * A process that was forked before the sandbox stood, and has no socket but
 * one to us, runs sh(1) for it, one torrent after the other, and tells how each
 * ended.  It is given a frame for each: its length in four bytes, then the values, each with a NUL after it.
 * What the command prints goes to standard error, as standard output is for
 * results. */
#include <sys/types.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "net.h"
#include "proc.h"
#include "cmd/hook.h"

enum { HEAD = 4 }; /* bytes of a frame before its values, and of an answer */

static const char *const names[] = { [HOOK_NAME] = "BTSH_NAME",
	[HOOK_PATH] = "BTSH_PATH", [HOOK_HASH] = "BTSH_HASH",
	[HOOK_DIR] = "BTSH_DIR" };

static int serve(int fd, const char *command);
static int read_all(int fd, void *p, size_t n);
static int run(const char *command, const char *values);
static void send_first(struct hook *h);
static void on_ready(struct io *io, short got, int64_t now_ms);

int
hook_open(struct hook *h, const char *command, const struct hook_ops *ops,
    void *arg)
{
	int fd;

	h->pid = proc_fork(-1, &fd);
	if (h->pid == 0)
		_exit(serve(fd, command));
	if (h->pid < 0)
		return -1;
	h->ops = ops;
	h->arg = arg;
	h->io.fd = fd;
	h->io.ready = on_ready;
	h->io.arg = h;
	net_add(&h->io, POLLIN);
	return 0;
}

/* In the child, until the other end has gone. */
static int
serve(int fd, const char *command)
{
	uint8_t head[HEAD];
	char *values;
	size_t n;

	while (read_all(fd, head, HEAD) == 0) {
		n = get32(head);
		values = xmalloc(n);
		if (read_all(fd, values, n) < 0)
			break;
		put32(head, (uint32_t)run(command, values));
		free(values);
		if (write_all(fd, head, HEAD) < 0)
			break;
	}
	return EXIT_OK;
}

static int
read_all(int fd, void *p, size_t n)
{
	uint8_t *at = p;
	ssize_t got;

	while (n > 0) {
		got = read(fd, at, n);
		if (got == 0 || (got < 0 && errno != EINTR))
			return -1;
		at += MAX(got, 0);
		n -= (size_t)MAX(got, 0);
	}
	return 0;
}

/* Its status, or -1. */
static int
run(const char *command, const char *values)
{
	int i, fd, status;
	pid_t pid = fork();

	if (pid == 0) {
		for (i = 0; i < HOOK_VALUES; i++) {
			setenv(names[i], values, 1);
			values += strlen(values) + 1;
		}
		fd = open("/dev/null", O_RDONLY);
		dup2(fd, STDIN_FILENO);
		dup2(STDERR_FILENO, STDOUT_FILENO);
		signal(SIGPIPE, SIG_DFL);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return pid < 0 ? -1 : status;
}

void
hook_run(struct hook *h, const char *const values[HOOK_VALUES])
{
	int idle = !hook_busy(h), i;
	uint8_t head[HEAD];
	size_t n = 0;

	if (h->pid <= 0)
		return;
	if (h->io.fd < 0) {
		h->ops->ended(h->arg, values[HOOK_NAME], -1);
		return;
	}
	for (i = 0; i < HOOK_VALUES; i++)
		n += strlen(values[i]) + 1;
	put32(head, (uint32_t)n);
	buf_put(&h->queue, head, HEAD);
	for (i = 0; i < HOOK_VALUES; i++)
		buf_put(&h->queue, values[i], strlen(values[i]) + 1);
	if (idle)
		send_first(h);
}

/* Some paths' length, which a socket has room for. */
static void
send_first(struct hook *h)
{
	const uint8_t *p = h->queue.p + h->queue.at;

	(void)!write(h->io.fd, p, HEAD + get32(p)); /* on_ready hears of it */
}

/* An answer, or the end of who gives them. */
static void
on_ready(struct io *io, short got, int64_t now_ms)
{
	struct hook *h = io->arg;
	uint8_t head[HEAD];
	int gone = read_all(io->fd, head, HEAD) < 0;
	char *name;

	(void)got, (void)now_ms;
	if (gone) {
		net_close(&h->io);
		put32(head, UINT32_MAX);
	}
	while (hook_busy(h)) {
		name = xstrdup((char *)h->queue.p + h->queue.at + HEAD);
		buf_take(&h->queue, HEAD + get32(h->queue.p + h->queue.at));
		h->ops->ended(h->arg, name, (int)get32(head));
		free(name);
		if (!gone)
			break;
	}
	if (hook_busy(h))
		send_first(h);
	else
		h->ops->idle(h->arg);
}

int
hook_busy(const struct hook *h)
{
	return buf_left(&h->queue) > 0;
}

void
hook_close(struct hook *h)
{
	int busy = hook_busy(h);

	if (h->pid <= 0)
		return;
	net_close(&h->io);
	while (!busy && waitpid((pid_t)h->pid, NULL, 0) < 0 && errno == EINTR)
		; /* it has read the end; the sandbox may not signal it */
	buf_free(&h->queue);
	h->pid = 0;
}
