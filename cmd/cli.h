/* What all verbs share: numbers, questions, output. */

#ifndef CLI_H
#define CLI_H

#include "util.h"

/* The bytes that a text says: a number, and k, m or g (powers of 1024) after
 * it, when it may have a fraction.  0, or -1: it is no such text. */
int parse_size(const char *s, int64_t *out);
/* The argument of an option, which letter names in messages: a number from min
 * to max, an IP address, a path that is not empty.  0, or -1 after a message.
 */
int option_int(int letter, const char *arg, long min, long max, long *out);
int option_addr(int letter, const char *arg);
int option_path(int letter, const char *arg, const char **out);
/* A decimal number from min to max and nothing else: 0, or -1. */
int parse_int(const char *s, long min, long max, long *out);

/* Says why, by errno, nobody can call us on host (NULL: everywhere) and port.
 */
void warn_listen(const char *host, unsigned port);

struct addr;
/* Where others reach who listens on host (NULL: everywhere) and port: host, if
 * it can be dialled, else an address of this host's; of a host that is in no
 * network, its loopback. */
void own_addr(struct addr *a, const char *host, uint16_t port);
/* Becomes the user of -U for good, if the process is root's; NULL: none was
 * named.  0, or -1 after a message. */
int become(const char *user);
/* Tells root that he still is. */
void warn_root(void);

/* A line to stdout, to which the newline is added. */
void emit(const char *fmt, ...) PRINTF(1, 2);
/* A path as stdout should have it, owned by the caller: unchanged, so that the
 * next program can open it, but escaped if stdout is a terminal. */
char *shown_path(const char *path);
/* Flushes and closes stdout: EXIT_OK if all that was written has gone out, or
 * EXIT_FAIL after a message, without one if the reader has gone. */
int out_close(void);
/* Puts /dev/null in stdout's place: the reader sees the end now, and what is
 * written later is for nobody. */
void out_end(void);

struct meta;
struct tracker;
/* Asks on stderr and reads a line of stdin, without its newline, owned by the
 * caller.  For an empty line, a copy of otherwise, unless that is NULL.  NULL:
 * no more lines come. */
char *ask_line(const char *question, const char *otherwise);
/* The path of file i, from the torrent's name on, safe to print: in scratch,
 * which grows as needed and is the caller's. */
const char *safe_path(struct buf *scratch, const struct meta *m, uint32_t i);
/* The trackers of "url,url", a tier of their own, appended to list.  The
 * strings are copied.  0, or -1 after a message. */
int add_tier(struct tracker **list, int *n, const char *urls);

#endif
