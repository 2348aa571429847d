/* The sandbox: pledge and unveil on OpenBSD; on Linux Landlock, which knows
 * files and TCP ports, and seccomp (calls.h).  What a kernel, an emulator or a
 * container has not is done without.
 *
 * The process that speaks to strangers has its data and what was named; names
 * and https:// are left to helpers that were forked before (resolve.h,
 * https.h), the first with walls of its own.  Children that hash or write
 * change no file and have no network.  The kernel's headers are not
 * everywhere, so what they define stands here as numbers. */
#ifdef __linux__
#define _GNU_SOURCE /* syscall, O_PATH */
#include <sys/prctl.h>
#include <sys/syscall.h>
#else
#define _BSD_SOURCE /* pledge, unveil */
#endif
#include <sys/types.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "proc.h"
#include "cmd/calls.h"
#include "cmd/sandbox.h"

#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if !defined __linux__ || defined UNCONFINED || \
    defined __SANITIZE_ADDRESS__ || __has_feature(address_sanitizer)
#define WALLS 0 /* what sanitizers need, nobody knows */
#else
#define WALLS 1
#endif

static void narrow(enum work work);

#if WALLS
enum { /* rights of linux/landlock.h */
	FS_READ    = 0x000c,  /* READ_FILE, READ_DIR */
	FS_LIST    = 0x0008,
	FS_WRITE   = 0x51a2,  /* WRITE_FILE, REMOVE_FILE, MAKE_DIR, MAKE_REG,
	                       * MAKE_SYM, TRUNCATE */
	FS_OF_FILE = 0x4006,  /* those that a file can have */
	TCP_BIND   = 1,
	TCP_ALL    = 3,
	SCOPES     = 3        /* abstract sockets, signals */
};

/* Landlock's version: 0, none. */
static int
version(void)
{
	return MAX(0, (int)syscall(444, NULL, 0, 1));
}

/* Which rights of files this kernel can take away. */
static uint64_t
fs_rights(void)
{
	int v = version();

	return v >= 3 ? 0x7fff : v == 2 ? 0x3fff : 0x1fff;
}

/* A ruleset without rules: its descriptor, or -1. */
static int
rules_new(uint64_t fs, uint64_t tcp)
{
	struct { uint64_t fs, tcp, scopes; } a = { fs, tcp, tcp ? SCOPES : 0 };
	int v = version();

	return v == 0 ? -1 : (int)syscall(444, &a, v < 4 ? sizeof a.fs :
	    v < 6 ? 2 * sizeof a.fs : sizeof a, 0);
}

/* What has no rule is forbidden from now on.  0, or -1. */
static int
rules_stand(int rules)
{
	int r = rules < 0 ? -1 : (int)syscall(446, rules, 0);

	if (rules >= 0)
		close(rules);
	return r;
}

/* A rule could not be made: better no wall than one too many. */
static void
no_rules(struct sandbox *b)
{
	if (b->rules >= 0)
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
	a.rights = (may & MAY_LIST ? FS_LIST : 0) |
	    (may & MAY_READ ? FS_READ : 0) | (may & MAY_WRITE ? FS_WRITE : 0);
	a.rights &= fs_rights() & (S_ISDIR(st.st_mode) ? UINT64_MAX :
	    FS_OF_FILE);
	if (a.rights && syscall(445, b->rules, 1, &a, 0) < 0 &&
	    (errno == ENOMEM || errno == E2BIG))
		no_rules(b);
}

void
sandbox_path(struct sandbox *b, const char *path, int may)
{
	int fd = b->rules < 0 ? -1 : open(path, O_PATH | O_CLOEXEC);

	if (fd >= 0) {
		sandbox_fd(b, fd, may);
		close(fd);
	} else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
		no_rules(b);
	}
}

void
sandbox_begin(struct sandbox *b, enum network network)
{
	static const struct { uint64_t right, port; } any = { TCP_BIND, 0 };

	b->network = network;
	b->rules = rules_new(fs_rights(), network == NET_ALL ? TCP_BIND :
	    TCP_ALL);
	if (b->rules >= 0 && network == NET_ALL && version() >= 4)
		syscall(445, b->rules, 2, &any, 0); /* the port of a dial */
	sandbox_path(b, "/dev/null", MAY_READ | MAY_WRITE);
	sandbox_path(b, "/dev/urandom", MAY_READ);
	sandbox_path(b, "/proc", MAY_READ); /* routes; how many processors */
	sandbox_path(b, "/sys/devices/system/cpu", MAY_READ);
	proc_narrows(narrow);
}

void
sandbox_enter(struct sandbox *b, int verbose)
{
	static const int uses[] = {
		[NET_NONE]  = CALLS_FILES | CALLS_CHANGES | CALLS_FORKS,
		[NET_BOUND] = CALLS_FILES | CALLS_CHANGES | CALLS_FORKS |
		    CALLS_BOUND,
		[NET_ALL]   = CALLS_FILES | CALLS_CHANGES | CALLS_FORKS |
		    CALLS_BOUND | CALLS_DIALS
	};
	int files, calls, v = version();

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	files = rules_stand(b->rules) == 0;
	calls = calls_keep(uses[b->network]) == 0;
	if (verbose && files)
		warn("sandbox: landlock %d%s", v, calls ? ", seccomp" : "");
	else if (verbose)
		warn("sandbox: %s", calls ? "seccomp" : "none");
}

/* In a child, or a helper. */
static void
narrow(enum work work)
{
	static const char *const libs[] = { "/etc", "/lib", "/lib64", "/usr",
		"/run", "/var", "/nix", "/gnu", "/proc", "/sys",
		"/dev/urandom", "/etc/resolv.conf", "/etc/hosts" };
	struct sandbox b = { .network = NET_ALL };
	size_t i;

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (work == WORK_NAMES) {
		b.rules = rules_new(fs_rights(), 0);
		for (i = 0; i < LEN(libs); i++)
			sandbox_path(&b, libs[i], MAY_READ);
		sandbox_path(&b, "/dev/null", MAY_READ | MAY_WRITE);
	} else {
		b.rules = rules_new(fs_rights() & ~(uint64_t)FS_READ, TCP_ALL);
	}
	rules_stand(b.rules);
	calls_keep(work == WORK_NAMES ? CALLS_FILES | CALLS_BOUND |
	    CALLS_DIALS | CALLS_FORKS | CALLS_NAMES : CALLS_FILES);
}

#else

void
sandbox_fd(struct sandbox *b, int fd, int may)
{
	(void)b, (void)fd, (void)may;
}

void
sandbox_path(struct sandbox *b, const char *path, int may)
{
	(void)b;
#ifdef __OpenBSD__
	unveil(path, may & MAY_WRITE ? "rwc" : "r");
#else
	(void)path, (void)may;
#endif
}

void
sandbox_begin(struct sandbox *b, enum network network)
{
	b->rules = -1;
	b->network = network;
	proc_narrows(narrow);
}

void
sandbox_enter(struct sandbox *b, int verbose)
{
#ifdef __OpenBSD__
	static const char *const promises[] = {
		[NET_NONE]  = "stdio rpath wpath cpath flock proc tty "
		    "unveil",
		[NET_BOUND] = "stdio rpath wpath cpath flock proc tty "
		    "unveil inet",
		[NET_ALL]   = "stdio rpath wpath cpath flock proc tty "
		    "unveil inet mcast route sendfd"
	};

	unveil("/dev/null", "rw");
	unveil(NULL, NULL); /* to ask for more fails, and kills nobody */
	if (pledge(promises[b->network], NULL) == 0 && verbose)
		warn("sandbox: pledge, unveil");
#else
	(void)b;
	if (verbose)
		warn("sandbox: none");
#endif
}

static void
narrow(enum work work)
{
#ifdef __OpenBSD__
	pledge(work == WORK_NAMES ? "stdio rpath wpath dns proc recvfd" :
	    "stdio rpath", NULL);
#else
	(void)work;
#endif
}
#endif

void
sandbox_around(struct sandbox *b, const char *path, int may)
{
	char *real = realpath(path, NULL);
	const char *names[2];
	char *dir, *slash;
	int i;

	names[0] = path;
	names[1] = real;
	for (i = 0; i < 2 && names[i]; i++) {
		slash = strrchr(dir = xstrdup(names[i]), '/');
		if (slash)
			slash[slash == dir] = '\0';
		sandbox_path(b, slash ? dir : ".", may);
		free(dir);
	}
	free(real);
}
