/* Lines to standard output for a reader who may be slow: nobody waits for it.
 * When 256 KiB wait, some go, oldest first: they are counted, and their number
 * is said once the reader is back. */

struct lines;

/* What goes first, then, and never. */
enum line { LINE_FIRST, LINE_NEXT, LINE_KEPT };

struct lines_ops { /* called from the loop */
	/* Nothing can be written any more, and why (an errno; EPIPE: the
	 * reader has gone). */
	void (*lost)(int why);
	void (*written)(void); /* all of it; may be NULL */
	int watch; /* a reader that goes is news even if nothing waits */
};

struct lines *lines_open(const struct lines_ops *ops); /* borrowed */
void lines_put(struct lines *l, enum line kind, const char *fmt, ...)
    PRINTF(3, 4);
/* n bytes of any kind, the last that are put; they are kept. */
void lines_bytes(struct lines *l, const void *p, size_t n);
size_t lines_left(const struct lines *l); /* bytes that wait */
/* What is left has wait_ms more.  0, or -1: some was lost. */
int lines_close(struct lines *l, int wait_ms);
