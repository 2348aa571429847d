/* The spawner: a small process, forked before strangers are spoken to, so that
 * the one that speaks to them need not be able to run anything.
 *
 * All that it does is to wait on a socket for descriptors and to fork a keeper
 * for each.  The keeper of curl reads one request from its descriptor, which
 * is a socket, runs the program for it and hands on what that prints.  Nobody
 * is asked for anything: who hangs up, or dies, ends what it began.  The
 * program is the leader of a process group, so that whatever it started goes
 * with it, and has no terminal that it could ask. */
#include <sys/types.h>
#include <sys/socket.h>
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
#include "curl.h"
#include "spawn.h"

enum {
	SAID_MAX = 2048,     /* bytes of the program's standard error */
	WAIT_MS  = 100,      /* between looks at one that says nothing more */
	NO_PROCESS = 125     /* a status, like those of curl.h */
};

/* A descriptor as a control message; no macro of POSIX has its size. */
union one_fd {
	struct cmsghdr head;
	char room[64];
};

struct keeper {
	int fd;              /* the request's */
	int out, err;        /* of the program, -1: at its end */
	pid_t pid;
	uint8_t said[1 + SAID_MAX]; /* its status and standard error */
	size_t nsaid;
};

static struct cmsghdr *prepare(struct msghdr *m, union one_fd *u,
    struct iovec *v);
static int take(int ctl);
static int stand_alone(void);
static int read_ask(int fd, struct curl_ask *a);
static int run(struct keeper *k, const struct curl_ask *a);
static void exec_program(const struct curl_ask *a, const int fds[3]);
static int closed_on_exec(int p[2]);
static int relay(struct keeper *k);
static int take_out(struct keeper *k);
static void take_err(struct keeper *k);
static int put_frame(int fd, int kind, const void *p, size_t n);
static void end(struct keeper *k, int hung_up);

/* A message of one byte and one descriptor, in u. */
static struct cmsghdr *
prepare(struct msghdr *m, union one_fd *u, struct iovec *v)
{
	struct cmsghdr *c;

	memset(m, 0, sizeof *m);
	memset(u, 0, sizeof *u);
	m->msg_iov = v;
	m->msg_iovlen = 1;
	m->msg_control = u;
	m->msg_controllen = sizeof *u;
	c = CMSG_FIRSTHDR(m);
	c->cmsg_len = (size_t)((char *)CMSG_DATA(c) - (char *)c) + sizeof(int);
	m->msg_controllen = c->cmsg_len; /* room for one alone */
	return c;
}

int
spawn_give(int ctl, int fd)
{
	char byte = 'r';
	struct iovec v = { &byte, 1 };
	struct msghdr m;
	union one_fd u;
	struct cmsghdr *c = prepare(&m, &u, &v);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
	return sendmsg(ctl, &m, MSG_DONTWAIT | MSG_NOSIGNAL) == 1 ? 0 : -1;
}

/* The next descriptor; -1: there was none, -2: the other end has gone. */
static int
take(int ctl)
{
	char byte;
	struct iovec v = { &byte, 1 };
	struct msghdr m;
	union one_fd u;
	struct cmsghdr *c;
	ssize_t n;
	int fd;

	prepare(&m, &u, &v);
	n = recvmsg(ctl, &m, 0);
	if (n <= 0)
		return n < 0 && errno == EINTR ? -1 : -2;
	c = CMSG_FIRSTHDR(&m);
	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(c), sizeof fd);
	return fd;
}

int
spawn_main(int ctl, int (*keep)(int fd), unsigned last_s)
{
	int fd;

	if (stand_alone() < 0)
		return EXIT_FAIL;
	while ((fd = take(ctl)) != -2) {
		if (fd < 0)
			continue;
		if (fork() == 0) {
			close(ctl);
			_exit(keep(fd));
		}
		close(fd); /* without a keeper, the asker sees it close */
	}
	close(ctl);
	if (last_s == 0)
		kill(0, SIGKILL); /* with the session that is ours */
	alarm(last_s);
	while (wait(NULL) > 0 || errno == EINTR)
		; /* those whose askers have gone end at once */
	return EXIT_OK;
}

/* None of the streams that others may wait for the end of, no terminal, and no
 * child that has to be waited for. */
static int
stand_alone(void)
{
	int fd, i;

	setsid();
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	fd = open("/dev/null", O_RDWR);
	if (fd < 0)
		return -1;
	for (i = 0; i < 3; i++)
		if (dup2(fd, i) < 0)
			return -1;
	return close(fd);
}

int
spawn_curl(int fd)
{
	struct keeper k = { .fd = fd, .out = -1, .err = -1 };
	struct curl_ask a;

	signal(SIGCHLD, SIG_DFL);
	if (read_ask(fd, &a) < 0)
		return EXIT_FAIL;
	if (run(&k, &a) < 0) {
		k.nsaid = strlen(strerror(errno));
		memcpy(k.said + 1, strerror(errno), k.nsaid);
		k.said[0] = NO_PROCESS;
		return put_frame(fd, SPAWN_END, k.said, k.nsaid + 1) < 0;
	}
	end(&k, relay(&k) < 0);
	return EXIT_OK;
}

static int
read_ask(int fd, struct curl_ask *a)
{
	size_t got = 0;
	ssize_t n;

	while (got < sizeof *a) {
		n = recv(fd, (char *)a + got, sizeof *a - got, 0);
		if (n == 0 || (n < 0 && errno != EINTR))
			return -1;
		got += n > 0 ? (size_t)n : 0;
	}
	return curl_ask_is(a) ? 0 : -1;
}

/* Starts the program.  0, or -1 with errno. */
static int
run(struct keeper *k, const struct curl_ask *a)
{
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 };
	struct buf b = { 0 };
	int fds[3], i, r;

	fcntl(k->fd, F_SETFD, FD_CLOEXEC);
	curl_input(&b, a);
	k->pid = -1;
	if (closed_on_exec(in) == 0 && closed_on_exec(out) == 0 &&
	    closed_on_exec(err) == 0 &&
	    write_all(in[1], b.p, b.len) == 0) /* a pipe holds that much */
		k->pid = fork();
	buf_free(&b);
	fds[0] = in[0];
	fds[1] = out[1];
	fds[2] = err[1];
	if (k->pid == 0)
		exec_program(a, fds);
	r = errno;
	if (k->pid > 0)
		setpgid(k->pid, k->pid);
	for (i = 0; i < 3; i++)
		close(fds[i]);
	close(in[1]);
	k->out = out[0];
	k->err = err[0];
	errno = r;
	return k->pid > 0 ? 0 : -1;
}

static int
closed_on_exec(int p[2])
{
	if (pipe(p) < 0)
		return -1;
	fcntl(p[0], F_SETFD, FD_CLOEXEC);
	fcntl(p[1], F_SETFD, FD_CLOEXEC);
	return 0;
}

/* In the child, which is the program from here on. */
static void
exec_program(const struct curl_ask *a, const int fds[3])
{
	struct curl_args args;
	const char *why;
	int i, status;

	setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
	for (i = 0; i < 3; i++)
		if (dup2(fds[i], i) < 0)
			_exit(CURL_NOT_RUN);
	curl_args(&args, curl_program(), a);
	execvp(args.argv[0], (char **)args.argv);
	status = errno == ENOENT ? CURL_MISSING : CURL_NOT_RUN;
	why = strerror(errno);
	(void)!write(2, why, strlen(why));
	_exit(status);
}

/* Until both of the program's streams are at their end; -1: nobody is there to
 * be told any more. */
static int
relay(struct keeper *k)
{
	struct pollfd p[3];

	while (k->out >= 0 || k->err >= 0) {
		p[0].fd = k->fd;
		p[1].fd = k->out;
		p[2].fd = k->err;
		p[0].events = p[1].events = p[2].events = POLLIN;
		p[1].revents = p[2].revents = 0;
		if (poll(p, 3, -1) < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		if (p[0].revents) /* nothing is left to be said there */
			return -1;
		if (p[1].revents && take_out(k) < 0)
			return -1;
		if (p[2].revents)
			take_err(k);
	}
	return 0;
}

static int
take_out(struct keeper *k)
{
	uint8_t chunk[SPAWN_MAX];
	ssize_t n = read(k->out, chunk, sizeof chunk);

	if (n > 0)
		return put_frame(k->fd, SPAWN_DATA, chunk, (size_t)n);
	close(k->out);
	k->out = -1;
	return 0;
}

/* Of what it says, the beginning is kept. */
static void
take_err(struct keeper *k)
{
	char chunk[1024];
	ssize_t n = read(k->err, chunk, sizeof chunk);

	if (n > 0) {
		n = (ssize_t)MIN((size_t)n, SAID_MAX - k->nsaid);
		memcpy(k->said + 1 + k->nsaid, chunk, (size_t)n);
		k->nsaid += (size_t)n;
		return;
	}
	close(k->err);
	k->err = -1;
}

static int
put_frame(int fd, int kind, const void *p, size_t n)
{
	uint8_t head[SPAWN_HEAD];

	head[0] = (uint8_t)kind;
	put16(head + 1, (uint16_t)n);
	return write_all(fd, head, sizeof head) == 0 ? write_all(fd, p, n) :
	    -1;
}

/* The program ends by itself, unless nobody is there to be told any more, and
 * all that it started with it. */
static void
end(struct keeper *k, int hung_up)
{
	struct pollfd p = { .fd = k->fd, .events = POLLIN };
	int status = 0, wait_ms = 1;
	siginfo_t info = { .si_pid = 0 };

	while (!hung_up && waitid(P_PID, (id_t)k->pid, &info, WEXITED |
	    WNOHANG | WNOWAIT) == 0 && info.si_pid == 0) {
		hung_up = poll(&p, 1, wait_ms) > 0;
		wait_ms = MIN(2 * wait_ms, WAIT_MS);
	}
	kill(-k->pid, SIGKILL);
	waitpid(k->pid, &status, 0);
	k->said[0] = (uint8_t)(WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status));
	if (!hung_up)
		put_frame(k->fd, SPAWN_END, k->said, k->nsaid + 1);
}
