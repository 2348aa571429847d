/* The sandbox: pledge and unveil on OpenBSD; on Linux Landlock, which knows
 * files and TCP ports, and seccomp (calls.h).  What a kernel, an emulator or a
 * container has not is done without.
 *
 * The process that speaks to strangers has its data and what was named; names
 * and https:// are left to helpers that were forked before (resolve.h,
 * https.h), the first with walls of its own.  Children that hash or write
 * change no file and have no network.  Kernel headers are not everywhere: what
 * they define stands here as numbers. */
#ifdef __linux__
#define _GNU_SOURCE /* syscall, O_PATH */
#include <sys/prctl.h>
#else
#define _BSD_SOURCE /* pledge, unveil */
#endif
#include <sys/types.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "util.h"
#include "proc.h"
#include "cmd/calls.h"
#include "cmd/sandbox.h"

#ifndef __OpenBSD__
#define unveil(path, may) ((void)(path))
#define pledge(promises, exec) ((void)(promises), -1)
#endif
#ifndef O_PATH
#define O_PATH O_RDONLY
#endif

enum { /* of linux/landlock.h: its calls, rights of files and of TCP */
	RULES_NEW, RULES_ADD, RULES_HOLD,
	TELL       = 1,       /* a flag of the first: its version */
	OF_FILES   = 1, OF_TCP = 2, /* what a rule is about */
	FS_LIST    = 0x0008, FS_READ = 0x000c, /* READ_DIR, and READ_FILE */
	FS_WRITE   = 0x51a2,  /* WRITE_FILE, REMOVE_FILE, MAKE_DIR, MAKE_REG,
	                       * MAKE_SYM, TRUNCATE */
	FS_OF_FILE = 0x4006,  /* those that a file can have */
	TCP_BIND   = 1, TCP_ALL = 3,
	SCOPES     = 3        /* abstract sockets, signals */
};

static long landlock(int call, uintptr_t a, uintptr_t b, const void *p);
static void rules_new(struct sandbox *b, uint64_t fs, uint64_t tcp);
static int rules_hold(struct sandbox *b);
static void lacking(struct sandbox *b);
static void narrow(enum work work);

/* What is left to the process itself, and how OpenBSD calls it; it may call
 * unveil, which is locked, since to be refused that would kill it. */
#define CALLS    CALLS_FILES | CALLS_CHANGES | CALLS_FORKS
#define PROMISES "stdio rpath wpath cpath flock proc tty unveil "
static const struct { int calls; const char *promises; } left[] = {
	[NET_NONE]  = { CALLS, PROMISES },
	[NET_BOUND] = { CALLS | CALLS_BOUND, PROMISES "inet" },
	[NET_ALL]   = { CALLS | CALLS_BOUND | CALLS_DIALS,
	    PROMISES "inet mcast route sendfd" }
};

/* One of Landlock's calls: -1 if it fails, as it does where there is none. */
static long
landlock(int call, uintptr_t a, uintptr_t b, const void *p)
{
#if defined __linux__ && !CALLS_ANY
	return syscall(444 + call, a, b, p, 0L);
#else
	(void)call, (void)a, (void)b, (void)p;
	return -1;
#endif
}

/* A ruleset without rules, by which those rights are taken away that the
 * system knows. */
static void
rules_new(struct sandbox *b, uint64_t fs, uint64_t tcp)
{
	struct { uint64_t fs, tcp, scopes; } a = { fs, tcp, tcp ? SCOPES : 0 };
	int v = (int)landlock(RULES_NEW, 0, 0, (void *)TELL);

	b->version = MAX(v, 0);
	b->fs = a.fs &= v >= 3 ? 0x7fff : v == 2 ? 0x3fff : 0x1fff;
	b->rules = v < 1 ? -1 : (int)landlock(RULES_NEW, (uintptr_t)&a,
	    v < 4 ? sizeof a.fs : v < 6 ? 2 * sizeof a.fs : sizeof a, NULL);
}

/* What has no rule is forbidden from now on.  0, or -1. */
static int
rules_hold(struct sandbox *b)
{
	int r;

#ifdef __linux__
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#endif
	r = (int)landlock(RULES_HOLD, (uintptr_t)b->rules, 0, NULL);
	if (b->rules >= 0)
		close(b->rules);
	return r;
}

/* If a rule could not be made: better no wall than one too many. */
static void
lacking(struct sandbox *b)
{
	if (errno != EMFILE && errno != ENFILE && errno != ENOMEM &&
	    errno != E2BIG)
		return;
	close(b->rules);
	b->rules = -1;
}

void
sandbox_fd(struct sandbox *b, int fd, int may)
{
	struct { uint64_t rights; int32_t fd; } a = { 0, fd };
	struct stat st;

	if (b->rules < 0 || fstat(fd, &st) < 0)
		return;
	a.rights = b->fs & (S_ISDIR(st.st_mode) ? UINT64_MAX : FS_OF_FILE) &
	    ((may & MAY_LIST ? FS_LIST : 0) | (may & MAY_READ ? FS_READ :
	    0) | (may & MAY_WRITE ? FS_WRITE : 0));
	if (a.rights && landlock(RULES_ADD, (uintptr_t)b->rules, OF_FILES,
	    &a) < 0)
		lacking(b);
}

void
sandbox_path(struct sandbox *b, const char *path, int may)
{
	int fd;

	unveil(path, may & MAY_WRITE ? "rwc" : "r");
	fd = b->rules < 0 ? -1 : open(path, O_PATH | O_CLOEXEC);
	if (fd >= 0) {
		sandbox_fd(b, fd, may);
		close(fd);
	} else if (b->rules >= 0) {
		lacking(b);
	}
}

void
sandbox_begin(struct sandbox *b, enum network network)
{
	static const struct { uint64_t right, port; } any = { TCP_BIND, 0 };

	b->network = network;
	rules_new(b, UINT64_MAX, network == NET_ALL ? TCP_BIND : TCP_ALL);
	if (network == NET_ALL && b->version >= 4) /* the port of a dial */
		landlock(RULES_ADD, (uintptr_t)b->rules, OF_TCP, &any);
	sandbox_path(b, "/dev/null", MAY_READ | MAY_WRITE);
	sandbox_path(b, "/dev/urandom", MAY_READ);
	sandbox_path(b, "/proc", MAY_READ); /* routes; how many processors */
	sandbox_path(b, "/sys/devices/system/cpu", MAY_READ);
	proc_narrows(narrow);
}

void
sandbox_enter(struct sandbox *b, int verbose)
{
	int files = rules_hold(b) == 0;
	const char *rest = calls_keep(left[b->network].calls) == 0 ?
	    "seccomp" : "none";

	unveil(NULL, NULL);
	if (pledge(left[b->network].promises, NULL) == 0)
		rest = "pledge, unveil";
	if (verbose && files)
		warn("sandbox: landlock %d, %s", b->version, rest);
	else if (verbose)
		warn("sandbox: %s", rest);
}

/* In a child, or a helper. */
static void
narrow(enum work work)
{
	static const char *const libs[] = { "/dev/null", "/etc", "/lib",
		"/lib64", "/usr", "/run", "/var", "/nix", "/gnu", "/proc",
		"/sys", "/dev/urandom", "/etc/resolv.conf", "/etc/hosts" };
	int names = work == WORK_NAMES, sync = work == WORK_SYNC;
	struct sandbox b;
	size_t i;

	rules_new(&b, names ? UINT64_MAX : sync ? 0 : ~(uint64_t)FS_READ,
	    names ? 0 : TCP_ALL);
	for (i = 0; names && i < LEN(libs); i++)
		sandbox_path(&b, libs[i], i ? MAY_READ : MAY_READ | MAY_WRITE);
	rules_hold(&b);
	calls_keep(CALLS_FILES | (sync ? CALLS_CHANGES : names ? CALLS_BOUND |
	    CALLS_DIALS | CALLS_FORKS | CALLS_NAMES : 0));
	(void)pledge(names ? "stdio rpath wpath dns proc recvfd" : sync ?
	    "stdio rpath wpath cpath" : "stdio rpath", NULL);
}
