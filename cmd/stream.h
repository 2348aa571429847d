/* A torrent's payload on standard output, in order, while it comes in: a file
 * as its bytes, a directory as a tar archive. */

#ifndef STREAM_H
#define STREAM_H

#include "torrent/meta.h"
#include "torrent/store.h"

struct stream;

/* Begins to write what s has and will have of the files of m that skip (a bit
 * set, or NULL) has not; all borrowed until ended, which tells an exit status
 * once all is written, or writing failed, which was said (but for a reader who
 * has gone).  NULL with errno: no process could be made. */
struct stream *stream_start(struct store *s, const struct meta *m,
    const uint8_t *skip, void (*ended)(void *arg, int status), void *arg);
/* Pieces may have been verified.  To be called once in a while also if none
 * have, for a writer that was too slow to be told. */
void stream_more(struct stream *st);
void stream_stop(struct stream *st); /* ended is not called */

#endif
