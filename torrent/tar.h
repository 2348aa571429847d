/* A tar archive as a stream: POSIX ustar, with pax records where ustar has no
 * room.  Pure. */

#ifndef TAR_H
#define TAR_H

#include "util.h"
#include "torrent/meta.h"

enum { TAR_BLOCK = 512 };

/* Appends the head of a regular file of size bytes, last changed mtime seconds
 * since 1970.  path: elements parted by '/', none of them unsafe. */
void tar_head(struct buf *out, struct span path, int64_t size, int64_t mtime);
/* Appends the head of a symbolic link, after which nothing stands. */
void tar_link(struct buf *out, struct span path, struct span target,
    int64_t mtime);
/* Appends the head of one of a torrent's files, or a link of its. */
void tar_file(struct buf *out, const struct meta *m, uint32_t file,
    int64_t mtime);
/* How many zeros follow a file's bytes. */
size_t tar_pad(int64_t size);
/* Appends the end of the archive. */
void tar_end(struct buf *out);

#endif
