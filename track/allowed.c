/* The info hashes that a tracker serves or refuses: sorted, so that one is
 * found by halving. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "track/allowed.h"

static int hash_of_line(struct span line, uint8_t *hash);

long
allowed_read(struct allowed *a, struct span text, long *line)
{
	struct buf b = { 0 };
	struct span one;
	const uint8_t *end;
	uint8_t hash[ID_LEN];
	int r;

	for (*line = 1; text.n > 0; ++*line) {
		end = memchr(text.p, '\n', text.n);
		one.p = text.p;
		one.n = end ? (size_t)(end - text.p) : text.n;
		text.p += one.n + (end != NULL);
		text.n -= one.n + (end != NULL);
		r = hash_of_line(one, hash);
		if (r < 0) {
			buf_free(&b);
			return -1;
		}
		buf_put(&b, hash, r > 0 ? ID_LEN : 0);
	}
	allowed_free(a);
	a->hashes = b.p;
	a->n = hashes_sort(b.p, b.len / ID_LEN);
	a->given = 1;
	return (long)a->n;
}

/* 1 with the hash, 0: the line means nothing, -1: it is wrong. */
static int
hash_of_line(struct span line, uint8_t *hash)
{
	const uint8_t *end;

	while (line.n > 0 && (*line.p == ' ' || *line.p == '\t')) {
		line.p++;
		line.n--;
	}
	if (line.n == 0 || *line.p == '#' || *line.p == '\r')
		return 0;
	if (line.n < 2 * ID_LEN || unhex(hash, line.p, ID_LEN) < 0)
		return -1;
	end = line.p + 2 * ID_LEN;
	return line.n == 2 * ID_LEN || *end == ' ' || *end == '\t' ||
	    *end == '\r' ? 1 : -1;
}

int
allowed_has(const struct allowed *a, const uint8_t hash[ID_LEN])
{
	return !a->given || (a->n > 0 && bsearch(hash, a->hashes, a->n, ID_LEN,
	    hashes_order));
}

void
allowed_free(struct allowed *a)
{
	free(a->hashes);
}

size_t
hashes_sort(uint8_t *hashes, size_t n)
{
	size_t i, k;

	if (n > 0)
		qsort(hashes, n, ID_LEN, hashes_order);
	for (i = k = 0; i < n; i++)
		if (i == 0 || hashes_order(hashes + i * ID_LEN,
		    hashes + (k - 1) * ID_LEN) != 0)
			memmove(hashes + k++ * ID_LEN, hashes + i * ID_LEN,
			    ID_LEN);
	return k;
}

int
hashes_order(const void *a, const void *b)
{
	return memcmp(a, b, ID_LEN);
}
