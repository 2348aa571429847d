/* The files of a torrent by their paths.  Pure. */

#ifndef WEB_NAMES_H
#define WEB_NAMES_H

#include "util.h"
#include "torrent/meta.h"

struct names;

/* Of m, borrowed while they live; key: 16 secret bytes, so that nobody can aim
 * at a place of the table. */
struct names *names_new(const struct meta *m, const uint8_t key[16]);
void names_free(struct names *ns);
/* The file of a path below the root, names parted by one slash each: its
 * number, or -1.  Padding and links are none. */
int64_t names_find(const struct names *ns, struct span path);

#endif
