/* Which calls of the system the process may make. */

#ifndef CALLS_H
#define CALLS_H

/* What calls are for, besides those that all programs make: to read files, to
 * change them, what is bound already, dials and other sockets, children, and
 * the libraries by which names are looked up. */
enum {
	CALLS_FILES   = 1,
	CALLS_CHANGES = 2,
	CALLS_BOUND   = 4,
	CALLS_DIALS   = 8,
	CALLS_FORKS   = 16,
	CALLS_NAMES   = 32
};

/* Whether any call may be made: what sanitizers need, nobody knows. */
#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined UNCONFINED || defined __SANITIZE_ADDRESS__ || \
    __has_feature(address_sanitizer)
#define CALLS_ANY 1
#else
#define CALLS_ANY 0
#endif

/* From now on only calls of these uses succeed, in children, too.  0, or -1:
 * this system cannot do that, and nothing is changed. */
int calls_keep(int uses);

#endif
