/* Bytes packed by gzip (RFC 1952), zlib (RFC 1950) or deflate alone (RFC
 * 1951), whole in memory. */

#ifndef INFLATE_H
#define INFLATE_H

#include "util.h"

enum { INFLATE_WRONG = -1, INFLATE_LARGE = -2 };

/* Appends to out, which may grow by limit bytes, what in holds; which of the
 * three it is shows by its first bytes.  0, INFLATE_WRONG (damaged, or cut
 * short) or INFLATE_LARGE (over the limit). */
int inflate_any(struct buf *out, struct span in, size_t limit);
int inflate_is_gzip(struct span s);

#endif
