/* Judging.  A bad piece of one author is his fault.  Of several, the digests
 * of its blocks are kept (blame.c): who it was comes out when the piece is
 * right. */
#include <stdlib.h>

#include "util.h"
#include "sha1.h"
#include "torrent/meta.h"
#include "torrent/store.h"
#include "swarm/pick.h"
#include "swarm/blame.h"
#include "swarm/judge.h"

enum { WAIT_MOST = 64 };

struct judge {
	const struct shape *sh;
	struct store *store;
	struct pick *pick;
	struct blame *blame;
	const struct judge_ops *ops;
	void *arg;
	uint32_t wait[WAIT_MOST];
	int nwait;
};

static int right(struct judge *j, uint32_t piece);
static void wrong(struct judge *j, uint32_t piece);
static uint8_t (*block_digests(struct judge *j, uint32_t piece,
    uint32_t n))[SHA1_LEN];

struct judge *
judge_new(const struct shape *sh, struct store *s, struct pick *pk,
    const struct judge_ops *ops, void *arg)
{
	struct judge *j = xcalloc(1, sizeof *j);

	j->sh = sh;
	j->store = s;
	j->pick = pk;
	j->ops = ops;
	j->arg = arg;
	j->blame = blame_new();
	return j;
}

void
judge_free(struct judge *j)
{
	if (!j)
		return;
	blame_free(j->blame);
	free(j);
}

int
judge_wait(struct judge *j, uint32_t piece)
{
	j->wait[j->nwait++] = piece;
	return j->nwait == WAIT_MOST;
}

int
judge_all(struct judge *j)
{
	int i, n = j->nwait, r;

	j->nwait = 0;
	for (i = 0; i < n; i++) {
		r = store_verify(j->store, j->wait[i]);
		if (r < 0)
			return -1;
		if (r == 0)
			wrong(j, j->wait[i]);
		else if (!right(j, j->wait[i]))
			break;
	}
	return 0;
}

static int
right(struct judge *j, uint32_t piece)
{
	uint8_t (*digests)[SHA1_LEN];
	uint32_t n;

	if (blame_suspects(j->blame, piece)) {
		pick_from(j->pick, piece, &n);
		digests = block_digests(j, piece, n);
		if (digests)
			blame_passed(j->blame, piece, digests, j->ops->guilty,
			    j->arg);
		free(digests);
	}
	pick_done(j->pick, piece);
	return j->ops->right(j->arg, piece);
}

static void
wrong(struct judge *j, uint32_t piece)
{
	uint32_t n, i;
	const uint32_t *from = pick_from(j->pick, piece, &n);
	uint32_t author = from[0];
	uint8_t (*digests)[SHA1_LEN];

	for (i = 1; i < n && from[i] == author; i++)
		;
	if (i < n) {
		digests = block_digests(j, piece, n);
		if (digests)
			blame_failed(j->blame, piece, n, digests, from);
		free(digests);
	}
	pick_failed(j->pick, piece);
	j->ops->wrong(j->arg, piece);
	if (i == n)
		j->ops->guilty(j->arg, author);
}

/* The digest of each of a piece's n blocks, owned by the caller; NULL: it
 * cannot be read. */
static uint8_t
(*block_digests(struct judge *j, uint32_t piece, uint32_t n))[SHA1_LEN]
{
	uint8_t (*digests)[SHA1_LEN] = xmalloc(n * sizeof *digests);
	uint8_t data[BLOCK_LEN];
	uint32_t i, len = shape_len(j->sh, piece), k;
	int64_t off = (int64_t)piece * j->sh->piece_len;

	for (i = 0; i < n; i++) {
		k = MIN(len - i * BLOCK_LEN, BLOCK_LEN);
		if (store_read(j->store, off + (int64_t)i * BLOCK_LEN, data,
		    k) < 0) {
			free(digests);
			return NULL;
		}
		sha1(data, k, digests[i]);
	}
	return digests;
}
