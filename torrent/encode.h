/* The bytes of a new torrent. */

#ifndef ENCODE_H
#define ENCODE_H

#include "util.h"
#include "torrent/meta.h"

/* What a new torrent says.  All borrowed. */
struct recipe {
	const char *name;
	int is_dir;
	const struct ingredient {
		char *path; /* below the root, elements parted by '/' */
		int64_t len;
	} *files;           /* one, whose path is not used, unless is_dir */
	uint32_t nfiles;
	uint32_t piece_len;
	const uint8_t *pieces; /* NULL: zeros, to be filled in later */
	const char *comment, *source;  /* NULL: none */
	int private;
	const struct tracker *trackers;
	int ntrackers;
	char **webseeds;
	int nwebseeds;
};

/* Appends the torrent to out: canonical, the same for the same recipe. */
void encode_torrent(struct buf *out, const struct recipe *r);
/* Appends the trackers' keys and values, the first of a torrent. */
void encode_trackers(struct buf *out, const struct tracker *t, int n);
/* The piece length for so many bytes: a power of two that gives about 1,000 to
 * 2,000 pieces, between 2^15 and 2^24. */
uint32_t encode_piece_len(int64_t size);

#endif
