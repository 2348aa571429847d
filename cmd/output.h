/* Lines to standard output for a reader who may be slow: nobody waits for it.
 * When 256 KiB wait, some go, oldest first: they are counted, and their number
 * is said once the reader is back. */

#ifndef OUTPUT_H
#define OUTPUT_H

#include "util.h"

struct output;

/* What goes first, then, and never. */
enum line { LINE_FIRST, LINE_NEXT, LINE_KEPT };

struct output_ops { /* called from the loop, with arg */
	/* Nothing can be written any more, and why (an errno; EPIPE: the
	 * reader has gone). */
	void (*lost)(void *arg, int why);
	void (*written)(void *arg); /* all that waited; may be NULL */
	void (*writes)(void *arg);  /* before something is; may be NULL */
	int watch; /* a reader that goes is news even if nothing waits */
};

/* ops is borrowed. */
struct output *output_open(const struct output_ops *ops, void *arg);
void output_put(struct output *l, enum line kind, const char *fmt, ...)
    PRINTF(3, 4);
/* An event, which is what every line of one is: seconds since 1970, what has
 * happened, the torrent's info hash (NULL: -), and fields, each after a tab of
 * its own in fmt.  l NULL: nobody wants to hear of it. */
void output_event(struct output *l, enum line kind, const char *what,
    const uint8_t *hash, const char *fmt, ...) PRINTF(5, 6);
/* n bytes of any kind, the last that are put; they are kept. */
void output_bytes(struct output *l, const void *p, size_t n);
size_t output_left(const struct output *l); /* bytes that wait */
/* What is left has wait_ms more.  0, or -1: some was lost. */
int output_close(struct output *l, int wait_ms);

#endif
