/* The switch of fault.h. */
#ifdef __linux__
#define _GNU_SOURCE /* accept4, getentropy, MAP_ANONYMOUS */
#endif
#include <sys/types.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "fault.h"

static const struct {
	const char *name;
	int err;
} calls[FAULTS] = {
	[FAULT_SOCKET] = { "socket", EMFILE },
	[FAULT_SOCKETPAIR] = { "socketpair", EMFILE },
	[FAULT_PIPE] = { "pipe", EMFILE },
	[FAULT_ACCEPT] = { "accept", EMFILE },
	[FAULT_OPEN] = { "open", EMFILE },
	[FAULT_FORK] = { "fork", EAGAIN },
	[FAULT_MKDIR] = { "mkdir", ENOSPC },
	[FAULT_PWRITE] = { "pwrite", ENOSPC },
	[FAULT_WRITE] = { "write", ENOSPC },
	[FAULT_FTRUNCATE] = { "ftruncate", ENOSPC },
	[FAULT_RENAME] = { "rename", EIO },
	[FAULT_PREAD] = { "pread", EIO },
	[FAULT_FSYNC] = { "fsync", EIO },
	[FAULT_CLOSE] = { "close", EIO },
	[FAULT_MMAP] = { "mmap", ENOMEM },
	[FAULT_ENTROPY] = { "entropy", ENOSYS },
	[FAULT_CONNECT] = { "connect", ENETUNREACH },
	[FAULT_BIND] = { "bind", EADDRINUSE },
	[FAULT_RECV] = { "recv", ECONNRESET },
	[FAULT_SEND] = { "send", EPIPE },
};

struct state {
	int count[FAULTS], at[FAULTS], err[FAULTS], on[FAULTS];
};

static FILE *counts; /* NULL: nobody asks for them */

static struct state *shared(void);
static void from_env(const char *s);
static void print_counts(void);
static int fails(enum fault call);

/* glibc has some calls twice, since offsets may have 32 bits or 64. */
#ifdef __GLIBC__
#define SIZED(name) name##64
#else
#define SIZED(name) name
#endif

void *SIZED(__real_mmap)(void *, size_t, int, int, int, off_t);
FILE *SIZED(__real_fopen)(const char *, const char *);
int __real_close(int);

static struct state *
shared(void)
{
	static struct state *s;
	const char *env = getenv("BTSH_FAULT");

	if (s)
		return s;
	s = SIZED(__real_mmap)(NULL, sizeof *s, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (s == MAP_FAILED)
		abort();
	if (env)
		from_env(env);
	if (getenv("BTSH_FAULT_COUNTS")) {
		/* now: a sandbox may keep us from it later */
		counts = SIZED(__real_fopen)(getenv("BTSH_FAULT_COUNTS"),
		    "w");
		if (!counts)
			abort();
		atexit(print_counts);
	}
	return s;
}

static void
from_env(const char *s)
{
	size_t n = strcspn(s, ":");
	char *end;
	long at, err = 0;
	int i;

	if (strcmp(s, "count") == 0)
		return;
	for (i = 0; i < FAULTS; i++)
		if (strlen(calls[i].name) == n &&
		    strncmp(calls[i].name, s, n) == 0)
			break;
	at = s[n] ? strtol(s + n + 1, &end, 10) : 0;
	if (i == FAULTS || at <= 0) {
		fprintf(stderr, "fault: what is %s?\n", s);
		exit(99);
	}
	if (*end == ':')
		err = strtol(end + 1, &end, 10);
	(*end == '+' ? fault_from : fault_set)((enum fault)i, (int)at,
	    (int)err);
}

static void
print_counts(void)
{
	int i;

	for (i = 0; i < FAULTS; i++)
		fprintf(counts, "%s %d\n", calls[i].name,
		    fault_count((enum fault)i));
	fclose(counts);
}

void
fault_set(enum fault call, int n, int err)
{
	struct state *s = shared();

	s->count[call] = 0;
	s->at[call] = n;
	s->err[call] = err ? err : calls[call].err;
	s->on[call] = 0;
}

void
fault_from(enum fault call, int n, int err)
{
	fault_set(call, n, err);
	shared()->on[call] = 1;
}

int
fault_count(enum fault call)
{
	return shared()->count[call];
}

void
fault_clear(void)
{
	memset(shared(), 0, sizeof(struct state));
}

/* Counts the call; whether it is to fail, with errno set. */
static int
fails(enum fault call)
{
	struct state *s = shared();
	int n = __sync_add_and_fetch(&s->count[call], 1);

	if (s->at[call] == 0 || n < s->at[call] ||
	    (n > s->at[call] && !s->on[call]))
		return 0;
	errno = s->err[call];
	return 1;
}

/* A wrap: the return type and name, its parameters, its arguments, the kind of
 * call, and what it returns when it fails. */
#define WRAP(type, name, params, args, call, failed) \
	type __real_##name params; \
	type __wrap_##name params; \
	type __wrap_##name params \
	{ \
		return fails(call) ? failed : __real_##name args; \
	}

/* The same of a call whose last argument, a mode, may be wanting. */
#define WRAP_MODE(name, params, args, flags) \
	int __real_##name params; \
	int __wrap_##name params; \
	int __wrap_##name params \
	{ \
		mode_t mode = 0; \
		va_list ap; \
 \
		va_start(ap, flags); \
		if (flags & O_CREAT) \
			mode = (mode_t)va_arg(ap, int); \
		va_end(ap); \
		return fails(FAULT_OPEN) ? -1 : __real_##name args; \
	}

WRAP(int, socket, (int d, int t, int p), (d, t, p), FAULT_SOCKET, -1)
WRAP(int, socketpair, (int d, int t, int p, int *sv), (d, t, p, sv),
    FAULT_SOCKETPAIR, -1)
WRAP(int, pipe, (int *p), (p), FAULT_PIPE, -1)
WRAP(int, accept, (int fd, struct sockaddr *a, socklen_t *n), (fd, a, n),
    FAULT_ACCEPT, -1)
WRAP(int, connect, (int fd, const struct sockaddr *a, socklen_t n),
    (fd, a, n), FAULT_CONNECT, -1)
WRAP(int, bind, (int fd, const struct sockaddr *a, socklen_t n), (fd, a, n),
    FAULT_BIND, -1)
WRAP(int, listen, (int fd, int n), (fd, n), FAULT_BIND, -1)
WRAP(ssize_t, recv, (int fd, void *p, size_t n, int flags), (fd, p, n, flags),
    FAULT_RECV, -1)
WRAP(ssize_t, send, (int fd, const void *p, size_t n, int flags),
    (fd, p, n, flags), FAULT_SEND, -1)
WRAP(DIR *, fdopendir, (int fd), (fd), FAULT_OPEN, NULL)
WRAP(pid_t, fork, (void), (), FAULT_FORK, -1)
WRAP(int, mkdir, (const char *s, mode_t mode), (s, mode), FAULT_MKDIR, -1)
WRAP(int, mkdirat, (int fd, const char *s, mode_t mode), (fd, s, mode),
    FAULT_MKDIR, -1)
WRAP(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n),
    FAULT_PWRITE, -1)
WRAP(ssize_t, readv, (int fd, const struct iovec *v, int n), (fd, v, n),
    FAULT_PREAD, -1)
WRAP(int, rename, (const char *a, const char *b), (a, b), FAULT_RENAME, -1)
WRAP(int, link, (const char *a, const char *b), (a, b), FAULT_RENAME, -1)
WRAP(int, fsync, (int fd), (fd), FAULT_FSYNC, -1)
WRAP(int, getentropy, (void *p, size_t n), (p, n), FAULT_ENTROPY, -1)

#ifdef __linux__
WRAP(int, accept4, (int fd, struct sockaddr *a, socklen_t *n, int flags),
    (fd, a, n, flags), FAULT_ACCEPT, -1)
#endif

/* The same of what glibc has twice; libgcov calls those without a number. */
#ifdef __GLIBC__
#define WRAP_SIZED(type, name, params, args, call, failed) \
	WRAP(type, name, params, args, call, failed) \
	WRAP(type, name##64, params, args, call, failed)
#define WRAP_SIZED_MODE(name, params, args, flags) \
	WRAP_MODE(name, params, args, flags) \
	WRAP_MODE(name##64, params, args, flags)
#else
#define WRAP_SIZED WRAP
#define WRAP_SIZED_MODE WRAP_MODE
#endif

WRAP_SIZED_MODE(open, (const char *s, int flags, ...),
    (s, flags, mode), flags)
WRAP_SIZED_MODE(openat, (int fd, const char *s, int flags, ...),
    (fd, s, flags, mode), flags)
WRAP_SIZED(FILE *, fopen, (const char *s, const char *mode), (s, mode),
    FAULT_OPEN, NULL)
WRAP_SIZED(int, mkstemp, (char *s), (s), FAULT_OPEN, -1)
WRAP_SIZED(int, ftruncate, (int fd, off_t n), (fd, n),
    FAULT_FTRUNCATE, -1)
WRAP_SIZED(ssize_t, pwrite, (int fd, const void *p, size_t n,
    off_t at), (fd, p, n, at), FAULT_PWRITE, -1)
WRAP_SIZED(ssize_t, pread, (int fd, void *p, size_t n, off_t at),
    (fd, p, n, at), FAULT_PREAD, -1)
WRAP_SIZED(void *, mmap, (void *p, size_t n, int prot, int flags,
    int fd, off_t at), (p, n, prot, flags, fd, at), FAULT_MMAP, MAP_FAILED)

ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	if (fd != STDERR_FILENO && n > 1 && fails(FAULT_WRITE))
		return -1;
	return __real_write(fd, p, n);
}

int __wrap_close(int fd);
int
__wrap_close(int fd)
{
	int failed = fails(FAULT_CLOSE), why = errno;

	if (__real_close(fd) < 0)
		return -1;
	errno = why;
	return failed ? -1 : 0;
}
