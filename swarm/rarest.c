/* The order of pieces, rarest first. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "swarm/rarest.h"

static void swap_to(struct rarest *r, uint32_t piece, uint32_t to);

void
rarest_init(struct rarest *r, uint32_t npieces, uint64_t *rnd)
{
	uint32_t i, j;

	r->order = xcalloc(npieces, sizeof *r->order);
	r->words = xcalloc(npieces, sizeof *r->words);
	r->avail = xcalloc(npieces, sizeof *r->avail);
	r->nstart = 2; /* bucket 0, and its end */
	r->start = xcalloc(r->nstart, sizeof *r->start);
	for (i = 0; i < npieces; i++) { /* shuffled as it grows */
		j = rnd_below(rnd, i + 1);
		r->order[i] = r->order[j];
		r->order[j] = i;
	}
	for (i = 0; i < npieces; i++)
		r->words[r->order[i]] = i;
	r->n = r->start[1] = npieces;
}

void
rarest_free(struct rarest *r)
{
	free(r->order);
	free(r->words);
	free(r->avail);
	free(r->start);
}

/* The pieces at two places of order change them. */
static void
swap_to(struct rarest *r, uint32_t piece, uint32_t to)
{
	uint32_t from = r->words[piece], other = r->order[to];

	r->order[from] = other;
	r->words[other] = from;
	r->order[to] = piece;
	r->words[piece] = to;
}

/* It moves to the end of its bucket, which shrinks by it, and so on to the end
 * of all. */
void
rarest_out(struct rarest *r, uint32_t piece, uint32_t word)
{
	uint32_t a;

	for (a = r->avail[piece]; a + 1 < r->nstart; a++)
		swap_to(r, piece, --r->start[a + 1]);
	r->n--;
	r->words[piece] = word;
}

void
rarest_set(struct rarest *r, uint32_t piece, uint32_t word)
{
	r->words[piece] = word;
}

void
rarest_up(struct rarest *r, uint32_t piece)
{
	uint32_t a = r->avail[piece]++;

	if (a + 3 > r->nstart) {
		r->start = xrealloc(r->start, (size_t)r->nstart + 1,
		    sizeof *r->start);
		r->start[r->nstart++] = r->n;
	}
	if (r->words[piece] < RAREST_OUT)
		swap_to(r, piece, --r->start[a + 1]);
}

void
rarest_down(struct rarest *r, uint32_t piece)
{
	uint32_t a = r->avail[piece]--;

	if (r->words[piece] < RAREST_OUT)
		swap_to(r, piece, r->start[a]++);
}
