/* Somebody else's files, which may have the names of ours, and stay. */

#ifndef GUARD_H
#define GUARD_H

#include "sha1.h"
#include "torrent/site.h"

enum marked {
	MARK_NONE,        /* nobody asked for a mark */
	MARK_DUE,         /* before the first write */
	MARK_THERE
};

/* Zeroed before use. */
struct guard {
	enum marked mark;
	uint8_t *absent;      /* owned: files that were not there when we */
	                      /* began, and are not made yet; NULL */
	uint32_t nzeros;      /* the digest of so many zeros */
	uint8_t zeros[SHA1_LEN];
};

void guard_free(struct guard *g);
/* Fetching begins, with the pieces of have: 0; 1: something is in the way, and
 * stays; or -1. */
int guard_begin(struct guard *g, struct site *p, const uint8_t *have);
/* The descriptor of where a file's bytes are, borrowed, which writing makes;
 * -1: it cannot be had, or is not ours. */
int guard_open(struct guard *g, struct site *p, uint32_t file, int write);
/* What is written from now on is nobody's: the mark goes. */
void guard_end(struct guard *g, struct site *p);

#endif
