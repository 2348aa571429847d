/* A small torrent, its bytes, and a directory of its own. */

#ifndef SAMPLE_H
#define SAMPLE_H

#include "torrent/meta.h"
#include "torrent/files.h"
#include "torrent/store.h"

enum { SAMPLE_PIECE = 4 * BLOCK_LEN };

struct sample {
	char dir[256];
	struct files *files;
	struct meta *m;
	uint8_t *data;      /* all bytes */
};

/* One file, "data", of so many bytes. */
void sample_new(struct sample *s, int64_t size);
void sample_free(struct sample *s); /* with the directory and all in it */
/* Its store, begun, into which the pieces that have has (NULL: none) were put
 * beforehand. */
struct store *sample_store(const struct sample *s, const uint8_t *have);
/* The file, whole, as it is or with a byte changed. */
void sample_put(const struct sample *s, int64_t wrong);
/* Whether the file on disk is right. */
int sample_is_there(const struct sample *s);

#endif
