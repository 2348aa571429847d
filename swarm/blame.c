/* Blame.  When a piece of several authors fails, the digest of each block and
 * its author are kept; once the piece has been right, the blocks that differ
 * name the guilty.  Only the newest failures are kept. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "swarm/blame.h"

enum { CASES = 64 };

struct bad {
	uint32_t piece, n;
	uint8_t (*digests)[20]; /* owned */
	uint32_t *from;         /* owned */
};

struct blame {
	struct bad bad[CASES];
	int n;
};

static void drop(struct blame *bl, int i);

struct blame *
blame_new(void)
{
	return xcalloc(1, sizeof(struct blame));
}

void
blame_free(struct blame *bl)
{
	while (bl->n > 0)
		drop(bl, 0);
	free(bl);
}

static void
drop(struct blame *bl, int i)
{
	free(bl->bad[i].digests);
	free(bl->bad[i].from);
	memmove(&bl->bad[i], &bl->bad[i + 1],
	    (size_t)(--bl->n - i) * sizeof *bl->bad);
}

void
blame_failed(struct blame *bl, uint32_t piece, uint32_t n,
    uint8_t (*digests)[20], const uint32_t *from)
{
	struct bad *b;

	if (bl->n == CASES)
		drop(bl, 0);
	b = &bl->bad[bl->n++];
	b->piece = piece;
	b->n = n;
	b->digests = xmalloc(n * sizeof *digests);
	memcpy(b->digests, digests, n * sizeof *digests);
	b->from = xmalloc(n * sizeof *from);
	memcpy(b->from, from, n * sizeof *from);
}

int
blame_suspects(const struct blame *bl, uint32_t piece)
{
	int i;

	for (i = 0; i < bl->n && bl->bad[i].piece != piece; i++)
		;
	return i < bl->n;
}

void
blame_passed(struct blame *bl, uint32_t piece, uint8_t (*digests)[20],
    void (*guilty)(void *arg, uint32_t tag), void *arg)
{
	uint32_t k;
	int i;

	for (i = bl->n; i-- > 0; ) {
		if (bl->bad[i].piece != piece)
			continue;
		for (k = 0; k < bl->bad[i].n; k++)
			if (memcmp(bl->bad[i].digests[k], digests[k], 20) != 0)
				guilty(arg, bl->bad[i].from[k]);
		drop(bl, i);
	}
}
