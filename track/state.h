/* A tracker's swarms in a file, over a restart. */

#ifndef STATE_H
#define STATE_H

#include "util.h"
#include "track/swarms.h"

struct state;

/* The swarms that a file holds, to *sw, for the caller to own; NULL if there
 * is no such file, if it is empty, or if it is damaged, which is said and the
 * file renamed.  0, or -1 after a message: it cannot be read, or is something
 * else. */
int state_load(const char *path, int64_t life_ms, int64_t now_ms,
    struct swarms **sw);

/* The swarms that a state file's bytes hold, read at wall, seconds since 1970;
 * NULL: they are no such bytes.  The caller owns them. */
struct swarms *state_parse(const struct buf *b, int64_t life_ms, int64_t wall,
    int64_t now_ms);

/* Writes the swarms, borrowed, to path now, and then every five minutes: a
 * child process writes another file beside it, which then takes its name, so
 * that nobody waits.  A failure is said; NULL: it is the first. */
struct state *state_open(const char *path, const struct swarms *sw);
/* Writes the swarms a last time, before it returns: 0, or -1 after a message.
 */
int state_close(struct state *s);

#endif
