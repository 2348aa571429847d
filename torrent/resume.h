/* What one start tells the next of a torrent: the text of a resume file.
 * Pure. */

#ifndef RESUME_H
#define RESUME_H

#include "util.h"
#include "torrent/meta.h"

enum { RESUME_MOST = META_MAX + (128 << 20) }; /* bytes of one */

/* How a file stood when its bytes were last known; size and time in bytes and
 * in nanoseconds since 1970. */
struct stamp {
	int64_t size;          /* or one of these */
	int64_t time;          /* of the file beside, if they stand there */
};
enum { STAMP_ABSENT = -1, STAMP_BESIDE = -2 };

/* All spans are borrowed from the text, or from who fills it in. */
struct resume {
	struct span name;      /* the root's, on disk */
	int begun;             /* we began its files, which are not whole: */
	int64_t inode, born;   /* the root's; nanoseconds since 1970 */
	struct span have;      /* a bit set of pieces; n 0: none is known of */
	struct span wanted;    /* those of which have says that they are not
	                        * here; n 0: all that it has not */
	struct stamp *stamps;  /* owned: one a file */
	uint32_t nstamps;
	int64_t up, down;      /* bytes of blocks, ever */
	struct span peers, peers6, nodes, nodes6; /* compact (BEP 23, 7) */
	struct span torrent;   /* the whole of it, for who goes on with it by
	                        * itself; n 0: nobody does */
};

/* Appends the text of r about the torrent with that info hash. */
void resume_put(struct buf *out, const struct resume *r,
    const uint8_t hash[20]);
/* Reads such a text about m (NULL: any torrent).  0, then free with
 * resume_free; 1: it is about another, and r is empty; -1: it is none. */
int resume_parse(struct resume *r, struct span text, const struct meta *m);
void resume_free(struct resume *r);
/* What need not be hashed.  now is how m's files stand; maybe, a bit set, has
 * the pieces that would be hashed.  Of these, the ones whose files are as they
 * were are cleared, and set in here if they were right. */
void resume_trust(const struct resume *r, const struct meta *m,
    const struct stamp *now, uint8_t *maybe, uint8_t *here);

#endif
