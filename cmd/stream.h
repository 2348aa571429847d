/* A torrent's payload on standard output, in order, while it comes in: a file
 * as its bytes, a directory as a tar archive. */

#ifndef STREAM_H
#define STREAM_H

#include "torrent/meta.h"
#include "torrent/store.h"

struct stream;

/* Begins to write what the store s has, and will have, of the files of m that
 * are not in skip (a bit set, or NULL).  All three are borrowed until ended is
 * called: all is written, or writing failed, which was said unless the reader
 * has gone; status is an exit status.  NULL with errno: no process can be had.
 */
struct stream *stream_start(struct store *s, const struct meta *m,
    const uint8_t *skip, void (*ended)(void *arg, int status), void *arg);
/* Tells the writer of pieces that have been verified.  To be called once in a
 * while even if none have: a writer that was too slow was not told of all. */
void stream_more(struct stream *st);
/* Stops the writer; ended is not called. */
void stream_stop(struct stream *st);

#endif
