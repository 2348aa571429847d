/* seccomp's list of calls: those that glibc and musl make for us on x86-64 and
 * arm64, by what they are for.  Nothing is killed: a refused call fails with
 * EPERM or, if it is newer than this list, with ENOSYS, upon which libraries
 * take an older one.  What has to do with an argument is told by it: mappings
 * are not to be run, children not to be in namespaces, terminals not to be
 * typed into, sockets to be of the Internet.  The kernel's headers are not
 * everywhere, so what they define stands here as numbers. */
#ifdef __linux__
#define _GNU_SOURCE /* all of SYS_ */
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif
#include <stddef.h>
#include <stdint.h>

#include "util.h"
#include "cmd/calls.h"

#if defined __linux__ && defined SYS_statx && defined SYS_rseq && \
    !CALLS_ANY && ((defined __x86_64__ && !defined __ILP32__) || \
    defined __AARCH64EL__)
#define KNOWN 1
#else
#define KNOWN 0
#endif

#if KNOWN
#ifdef __x86_64__
#define ARCH 0xc000003e
#define OLD(...) __VA_ARGS__, /* calls that newer machines never had */
#else
#define ARCH 0xc00000b7
#define OLD(...)
#endif
enum { LAST_CALL = 451, LOAD = 0x20, EQUAL = 0x15, ABOVE = 0x25, ANY = 0x45,
	RETURN = 6, ALLOW = 0x7fff0000, REFUSE = 0x50001, UNKNOWN = 0x50026 };

static const uint16_t core[] = {
	OLD(SYS_poll, SYS_select, SYS_dup2, SYS_pipe, SYS_alarm, SYS_time,
	    SYS_getpgrp, SYS_pause)
	SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_sendfile, SYS_ppoll,
	SYS_pselect6, SYS_pread64, SYS_preadv, SYS_close, SYS_lseek, SYS_fcntl,
	SYS_fstat, SYS_fadvise64, SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk,
	SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,
	SYS_rt_sigsuspend, SYS_sigaltstack, SYS_restart_syscall, SYS_exit,
	SYS_exit_group, SYS_getpid, SYS_gettid, SYS_getppid, SYS_getpgid,
	SYS_tkill, SYS_tgkill, SYS_futex, SYS_clock_gettime, SYS_clock_getres,
	SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday, SYS_setitimer,
	SYS_getrandom, SYS_getrlimit, SYS_setrlimit, SYS_prlimit64,
	SYS_getrusage, SYS_sched_yield, SYS_sched_getaffinity, SYS_getcpu,
	SYS_membarrier, SYS_set_robust_list, SYS_set_tid_address, SYS_rseq,
	SYS_dup, SYS_dup3, SYS_pipe2, SYS_uname, SYS_sysinfo, SYS_getuid,
	SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getcwd, SYS_umask
};
static const uint16_t files[] = {
	OLD(SYS_open, SYS_stat, SYS_lstat, SYS_access, SYS_readlink)
	SYS_openat, 437, SYS_newfstatat, SYS_statx, SYS_faccessat, 439,
	SYS_readlinkat, SYS_getdents64, SYS_chdir, SYS_fchdir, SYS_statfs,
	SYS_fstatfs
};
static const uint16_t changes[] = {
	OLD(SYS_mkdir, SYS_rename, SYS_link, SYS_unlink, SYS_symlink)
	SYS_mkdirat, SYS_renameat, SYS_renameat2, SYS_linkat, SYS_unlinkat,
	SYS_symlinkat, SYS_ftruncate, SYS_fallocate, SYS_fsync,
	SYS_fdatasync, SYS_syncfs, SYS_pwrite64, SYS_pwritev
};
static const uint16_t bound[] = {
	SYS_accept, SYS_accept4, SYS_shutdown, SYS_getsockname,
	SYS_getpeername, SYS_setsockopt, SYS_getsockopt, SYS_sendto,
	SYS_sendmsg, SYS_sendmmsg, SYS_recvfrom, SYS_recvmsg, SYS_recvmmsg
};
static const uint16_t dials[] = { SYS_bind, SYS_connect };
static const uint16_t forks[] = { /* and more walls, in children */
	OLD(SYS_fork, SYS_vfork) SYS_wait4, SYS_waitid, SYS_kill, SYS_setsid,
	SYS_socketpair, SYS_recvfrom, SYS_sendto, SYS_shutdown, SYS_prctl,
	444, 445, 446
};
static const uint16_t names[] = {
	OLD(SYS_epoll_create, SYS_epoll_wait, SYS_eventfd) SYS_epoll_create1,
	SYS_epoll_ctl, SYS_epoll_pwait, SYS_eventfd2, SYS_timerfd_create,
	SYS_timerfd_settime, SYS_flock, SYS_mmap, SYS_mprotect
};
static const struct { uint8_t use, n; const uint16_t *calls; } lists[] = {
	{ 0, LEN(core), core }, { CALLS_FILES, LEN(files), files },
	{ CALLS_CHANGES, LEN(changes), changes },
	{ CALLS_BOUND, LEN(bound), bound },
	{ CALLS_DIALS, LEN(dials), dials }, { CALLS_FORKS, LEN(forks), forks },
	{ CALLS_NAMES, LEN(names), names }
};
/* Those that depend on an argument's lower half: it is k or, without, none of
 * k's bits. */
static const struct { uint8_t use, arg, test; uint16_t call; uint32_t k; }
args[] = {
	{ 0, 2, ANY, SYS_mmap, 4 }, { 0, 2, ANY, SYS_mprotect, 4 }, /* EXEC */
	{ CALLS_FORKS, 0, ANY, SYS_clone, 0x7e020080 }, /* CLONE_NEW* */
	{ 0, 1, EQUAL, SYS_ioctl, 0x5401 }, /* TCGETS, TIOCGPGRP, ... */
	{ 0, 1, EQUAL, SYS_ioctl, 0x540f }, { 0, 1, EQUAL, SYS_ioctl, 0x5413 },
	{ 0, 1, EQUAL, SYS_ioctl, 0x5402 }, { 0, 1, EQUAL, SYS_ioctl, 0x5403 },
	{ 0, 1, EQUAL, SYS_ioctl, 0x540b }, /* TCFLSH */
	{ 0, 1, EQUAL, SYS_ioctl, 0x802c542a }, /* TCGETS2 */
	{ 0, 1, EQUAL, SYS_ioctl, 0x402c542b },
	{ CALLS_DIALS, 1, EQUAL, SYS_ioctl, 0x8933 }, /* SIOCGIFINDEX */
	{ CALLS_NAMES, 1, EQUAL, SYS_ioctl, 0x541b }, /* FIONREAD */
	{ CALLS_DIALS, 0, EQUAL, SYS_socket, 2 },
	{ CALLS_DIALS, 0, EQUAL, SYS_socket, 10 },
	{ CALLS_DIALS, 0, EQUAL, SYS_socket, 16 }, /* netlink: getifaddrs */
	{ CALLS_NAMES, 0, EQUAL, SYS_socket, 1 } /* unix: nscd and such */
};

struct insn { uint16_t code; uint8_t yes, no; uint32_t k; };

int
calls_keep(int uses)
{
	struct insn p[512] = { { LOAD, 0, 0, 4 }, { EQUAL, 1, 0, ARCH },
	    { RETURN, 0, 0, REFUSE }, { LOAD, 0, 0, 0 } }, *i = p + 4;
	struct { uint16_t n; struct insn *p; } prog = { 0, p };
	size_t l, k;

	for (l = 0; l < LEN(lists); l++)
		for (k = 0; !(lists[l].use & ~uses) && k < lists[l].n; k++) {
			*i++ = (struct insn){ EQUAL, 0, 1, lists[l].calls[k] };
			*i++ = (struct insn){ RETURN, 0, 0, ALLOW };
		}
	for (k = 0; k < LEN(args); k++) {
		if (args[k].use & ~uses)
			continue;
		*i++ = (struct insn){ EQUAL, 0, 4, args[k].call };
		*i++ = (struct insn){ LOAD, 0, 0, 16 + 8u * args[k].arg };
		*i++ = (struct insn){ args[k].test, args[k].test == ANY,
		    args[k].test != ANY, args[k].k };
		*i++ = (struct insn){ RETURN, 0, 0, ALLOW };
		*i++ = (struct insn){ LOAD, 0, 0, 0 };
	}
	*i++ = (struct insn){ EQUAL, 1, 0, 435 }; /* clone3: flags unseen */
	*i++ = (struct insn){ ABOVE, 0, 1, LAST_CALL };
	*i++ = (struct insn){ RETURN, 0, 0, UNKNOWN };
	*i++ = (struct insn){ RETURN, 0, 0, REFUSE };
	prog.n = (uint16_t)(i - p);
	return prctl(PR_SET_SECCOMP, 2, &prog, 0, 0);
}
#else

int
calls_keep(int uses)
{
	(void)uses;
	return -1;
}
#endif
