/* One line on a terminal that rewrites itself, on stderr: figures and a bar,
 * never wider than the terminal. */

#ifndef PROGRESS_H
#define PROGRESS_H

#include "util.h"

struct progress { /* zeroed before use */
	int64_t last_ms;
	int width;     /* of what stands there */
};

/* Whether stderr is a terminal and a line is due: five a second at most. */
int progress_due(struct progress *p, int64_t now_ms);
/* The line: head and tail, and between them a bar as wide as there is room,
 * of n things of which the bit set has has some; n 0: no bar. */
void progress_line(struct progress *p, const char *head, const char *tail,
    const uint8_t *has, uint32_t n);
void progress_clear(struct progress *p);
/* The line for bytes of total, if it is due, what first. */
void progress_part(struct progress *p, const char *what, int64_t bytes,
    int64_t total);

/* n things as a bar of width cells, which shows in eight steps how many of a
 * cell's there are: block elements if utf8, else ASCII.  Appended to b. */
void progress_bar(struct buf *b, int width, const uint8_t *has, uint32_t n,
    int utf8);

/* A part of all, in bytes, as "1.5/20.0MiB", the part with its unit if that is
 * another. */
char *human_part(char text[32], int64_t part, int64_t all);
/* Seconds as "1:02:03" or "2:03". */
char *clock_text(char text[24], int64_t seconds);

#endif
