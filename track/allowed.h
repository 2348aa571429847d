/* The info hashes that a tracker serves, or refuses, as its operator lists
 * them.  Pure. */

#ifndef ALLOWED_H
#define ALLOWED_H

#include "util.h"
#include "sha1.h"

/* Zeroed, it is no list at all: every hash is served. */
struct allowed {
	uint8_t *hashes; /* owned: n of ID_LEN bytes, in order, each once */
	size_t n;
	int given;       /* there is a list */
};

/* The hashes of a text take the place of those before: a line each, 40
 * hexadecimal digits and then, after a blank, anything; empty lines and those
 * that begin with # mean nothing.  How many there are, or -1 with the number
 * of the line that is wrong, when all stays as it was. */
long allowed_read(struct allowed *a, struct span text, long *line);
int allowed_has(const struct allowed *a, const uint8_t hash[ID_LEN]);
void allowed_free(struct allowed *a);

/* Puts n hashes in order and leaves each once: how many those are. */
size_t hashes_sort(uint8_t *hashes, size_t n);
/* The order, of two hashes or of what they are the beginning of, for qsort. */
int hashes_order(const void *a, const void *b);

#endif
