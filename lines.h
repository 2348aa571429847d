/* Lines to standard output for a reader who may be slow: nobody waits for it,
 * and what there is no room for is dropped, counted and said. */

struct lines;

/* lost: called in the loop when the lines cannot be written any more, with why
 * (an errno; EPIPE: the reader has gone). */
struct lines *lines_open(void (*lost)(int why));
void lines_put(struct lines *l, const char *fmt, ...) PRINTF(2, 3);
/* What is left has a second more. */
void lines_close(struct lines *l);
