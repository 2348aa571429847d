/* What all verbs share: messages, numbers, output, the progress line. */

/* "usage: btsh ..." on stderr, and EXIT_USAGE to return. */
int usage_error(const char *usage);
/* "usage: btsh ..." on stdout, and EXIT_OK. */
int usage_help(const char *usage);

/* A number with k, m or g (1024) after it; 0, or -1. */
int parse_size(const char *s, int64_t *out);
/* The argument of an option: 0, or -1 after a message. */
int option_int(int letter, const char *arg, long min, long max, long *out);
int option_addr(int letter, const char *arg); /* an IP address */
int parse_int(const char *s, long min, long max, long *out);

/* A line to stdout at once.  A failure is said and ends the program, but if
 * the reader has gone, which ends it silently. */
void emit(const char *fmt, ...) PRINTF(1, 2);
/* Everything written to stdout so far is safe: EXIT_OK, or EXIT_FAIL. */
int out_close(void);

/* One line on a terminal that rewrites itself, on stderr; nothing elsewhere.
 * progress_due: whether a second (when done is not yet total, a fifth) went by
 * since the last one. */
struct progress {
	int64_t last_ms;
	int width;  /* of what stands there */
};
int progress_due(struct progress *p, int64_t now_ms);
void progress_line(struct progress *p, const char *fmt, ...) PRINTF(2, 3);
void progress_clear(struct progress *p);

/* 1536 as "1.5 KiB", in a static buffer's place: text of at least 16 bytes. */
char *human(char text[16], int64_t bytes);

/* The line for bytes of total, if it is due, what first. */
void progress_part(struct progress *p, const char *what, int64_t bytes,
    int64_t total);

/* A torrent from a file, "-" for stdin; NULL after a message. */
struct meta;
struct tracker;
struct meta *load_torrent(const char *path);
/* The same of what may be a magnet link too. */
struct meta *load_link(const char *arg);
/* The path of file i, from the torrent's name on, safe to print: in scratch,
 * which grows as needed and is the caller's. */
const char *safe_path(struct buf *scratch, const struct meta *m, uint32_t i);
/* The trackers of "url,url", a tier of their own, appended to list.  The
 * strings are copied.  0, or -1 after a message. */
int add_tier(struct tracker **list, int *n, const char *urls);
