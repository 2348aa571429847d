/* What all verbs share: usage, numbers, output. */

#ifndef CLI_H
#define CLI_H

#include "util.h"

/* "usage: btsh ..." on stderr, and EXIT_USAGE to return. */
int usage_error(const char *usage);
/* "usage: btsh ..." on stdout, and EXIT_OK. */
int usage_help(const char *usage);

/* What getopt(3), which returned c, did not like, then that. */
int option_error(int c, const char *usage);

/* A number with k, m or g (1024) after it; 0, or -1. */
int parse_size(const char *s, int64_t *out);
/* The argument of an option: 0, or -1 after a message. */
int option_int(int letter, const char *arg, long min, long max, long *out);
int option_addr(int letter, const char *arg); /* an IP address */
int option_path(int letter, const char *arg, const char **out);
int parse_int(const char *s, long min, long max, long *out);

/* Why nobody can call us, by errno. */
void warn_listen(const char *host, unsigned port);

/* A line to stdout. */
void emit(const char *fmt, ...) PRINTF(1, 2);
/* A path for such a line, owned by the caller: as it is, so that the next
 * program can open it, but escaped for a terminal. */
char *shown_path(const char *path);
/* Everything written to stdout so far is safe: EXIT_OK, or EXIT_FAIL after a
 * message, or without one if its reader has gone. */
int out_close(void);
/* Its reader sees the end now; what is written later is for nobody. */
void out_end(void);

struct meta;
struct tracker;
/* A line from the terminal, without its end, owned by the caller; an empty one
 * stands for otherwise, unless that is NULL.  NULL: no more lines. */
char *ask_line(const char *question, const char *otherwise);
/* The path of file i, from the torrent's name on, safe to print: in scratch,
 * which grows as needed and is the caller's. */
const char *safe_path(struct buf *scratch, const struct meta *m, uint32_t i);
/* The trackers of "url,url", a tier of their own, appended to list.  The
 * strings are copied.  0, or -1 after a message. */
int add_tier(struct tracker **list, int *n, const char *urls);

#endif
