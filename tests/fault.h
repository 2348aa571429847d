/* Calls of the system that fail when a test says so.  The linker puts these in
 * the place of the system's (--wrap, the Makefile's list WRAP).
 *
 * All processes that are forked share the counts, so the n-th call is the
 * n-th of them all.  A close that fails has closed, as Linux has it.  Two
 * kinds of write never fail and are not counted: those to standard error,
 * where it is told what failed, and those of one byte, by which a signal
 * leaves its handler: its pipe takes it, or is full of them.
 *
 * Without calls of fault_set the environment says what fails:
 *	BTSH_FAULT=fork:3       the third fork
 *	BTSH_FAULT=accept:2:23  the second accept, with errno 23
 *	BTSH_FAULT=open:5+      the fifth open and all after it
 *	BTSH_FAULT=count        nothing
 * and BTSH_FAULT_COUNTS=file has a line for each kind of call, its name and
 * how many there were, written there at exit. */

enum fault {
	FAULT_SOCKET,    /* EMFILE */
	FAULT_SOCKETPAIR,
	FAULT_PIPE,
	FAULT_ACCEPT,    /* accept, accept4 */
	FAULT_OPEN,      /* open, openat, fopen, fdopendir, mkstemp */
	FAULT_FORK,      /* EAGAIN */
	FAULT_MKDIR,     /* ENOSPC: mkdir, mkdirat */
	FAULT_PWRITE,    /* ENOSPC, as the next two: pwrite, writev */
	FAULT_WRITE,
	FAULT_FTRUNCATE,
	FAULT_RENAME,    /* EIO: rename, link */
	FAULT_PREAD,     /* pread, readv */
	FAULT_FSYNC,
	FAULT_CLOSE,
	FAULT_MMAP,      /* ENOMEM */
	FAULT_ENTROPY,   /* ENOSYS: getentropy */
	FAULT_CONNECT,   /* ENETUNREACH */
	FAULT_BIND,      /* EADDRINUSE: bind, listen */
	FAULT_RECV,      /* ECONNRESET */
	FAULT_SEND,      /* EPIPE */
	FAULTS
};

/* The n-th such call from now fails, 1 is the next, with err, or with what is
 * usual if that is 0; n is 0: none does.  The count begins anew. */
void fault_set(enum fault call, int n, int err);
/* The same, and all after it. */
void fault_from(enum fault call, int n, int err);
/* How many such calls there were since it was set, or since fault_clear. */
int fault_count(enum fault call);
/* Nothing fails any more; all counts begin anew. */
void fault_clear(void);
