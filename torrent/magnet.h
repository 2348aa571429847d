/* Magnet links (BEP 9, 53). */

#ifndef MAGNET_H
#define MAGNET_H

#include <stdint.h>

#include "util.h"
#include "torrent/meta.h"

/* A magnet link (BEP 9) or an info hash of 40 hexadecimal digits, with or
 * without blanks around: a meta whose info is empty, which has no files and no
 * pieces; its name may be empty and its size 0.  NULL, and why it is neither.
 */
struct meta *magnet_parse(const char *text, char why[META_WHY]);
/* Whether a text looks like one. */
int magnet_is(const char *text);
/* The torrent of a magnet link, whose info dictionary was got elsewhere, with
 * the link's trackers, web seeds and choice of files.  NULL: info is not the one (why
 * is empty), or no torrent. */
struct meta *magnet_complete(const struct meta *magnet, struct span info,
    char why[META_WHY]);
/* Whether the link chose the file (BEP 53); without a choice, all are. */
int magnet_selects(const struct meta *m, uint32_t file);
/* Appends the choice as a link has it: 0,2,4-6. */
void magnet_put_select(struct buf *out, const struct meta *m);

/* Appends a magnet link (BEP 9) naming m's trackers, web seeds, WEBSEEDS_MAX of
 * them (BEP 19), and peers. */
void magnet_put(struct buf *out, const struct meta *m);
/* The same in parts, for others to stand between: what it is a link to; the
 * trackers and peers. */
void magnet_put_topic(struct buf *out, const struct meta *m);
void magnet_put_sources(struct buf *out, const struct meta *m);
/* Appends one more tracker, unless m has it, the size in bytes, a web seed or
 * a peer (host:port) to such a link. */
void magnet_put_tracker(struct buf *out, const struct meta *m,
    const char *url);
void magnet_put_size(struct buf *out, int64_t size);
void magnet_put_webseed(struct buf *out, const char *url);
void magnet_put_peer(struct buf *out, const char *peer);

#endif
