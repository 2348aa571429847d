/* A tracker's swarms in a file, over a restart. */

#ifndef STATE_H
#define STATE_H

#include "util.h"
#include "track/swarms.h"

struct state;

/* The swarms that a file holds, to *sw, for the caller to own; NULL if there
 * is no such file, or if it holds something else, which is said and the file
 * renamed.  0, or -1 after a message: it cannot be read. */
int state_load(const char *path, int64_t life_ms, int64_t now_ms,
    struct swarms **sw);

/* The swarms of such a file's bytes, read at wall, seconds since 1970; NULL:
 * they are no such bytes. */
struct swarms *state_parse(const struct buf *b, int64_t life_ms, int64_t wall,
    int64_t now_ms);

/* Writes the swarms, borrowed, to path from time to time: to another file
 * beside it, which then takes its name, in a child process, so that nobody
 * waits.  A failure is said. */
struct state *state_open(const char *path, const struct swarms *sw);
/* Writes them a last time, here and now: 0 or -1. */
int state_close(struct state *s);

#endif
