/* The metadata of a magnet link, from one peer.  Memory is taken as pieces are
 * asked for, a few at a time, and not by what the peer says of their number.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "swarm/metadata.h"

enum {
	AHEAD     = 16,   /* pieces on their way */
	SILENT_MS = 20000,
	PIECE_MS  = 4000,
	AGAIN_MS  = 1500  /* of silence, until what is missing is asked again */
};

static void extend(struct metadata *md);
static int ask_missing(struct metadata *md, uint32_t *piece, int64_t now_ms);

void
metadata_init(struct metadata *md, size_t size, int64_t now_ms)
{
	memset(md, 0, sizeof *md);
	md->size = size;
	md->npieces = (uint32_t)((size + METADATA_PIECE - 1) / METADATA_PIECE);
	md->bits = xcalloc(1, bit_bytes(md->npieces));
	md->began_ms = md->heard_ms = now_ms;
}

void
metadata_free(struct metadata *md)
{
	buf_free(&md->got);
	free(md->bits);
}

int
metadata_next(struct metadata *md, uint32_t *piece)
{
	if (md->singly)
		return md->ngot < md->npieces && (md->nasked == 0 ||
		    bit_get(md->bits, md->awaited)) &&
		    ask_missing(md, piece, md->heard_ms);
	if (md->nasked == md->npieces || md->nasked - md->ngot == AHEAD)
		return 0;
	*piece = md->nasked;
	extend(md);
	return 1;
}

/* Makes room for one piece more. */
static void
extend(struct metadata *md)
{
	size_t end = MIN(((size_t)md->nasked + 1) * METADATA_PIECE, md->size);

	md->nasked++;
	buf_room(&md->got, end - md->got.len);
	md->got.len = end;
}

int
metadata_again(struct metadata *md, uint32_t *piece, int64_t now_ms)
{
	int64_t since = md->singly ? md->asked_ms : md->heard_ms;

	if (md->ngot == 0 || md->ngot == md->npieces ||
	    now_ms - since < AGAIN_MS)
		return 0;
	md->singly = 1;
	return ask_missing(md, piece, now_ms);
}

/* The first piece that has not come, though it may have been asked for. */
static int
ask_missing(struct metadata *md, uint32_t *piece, int64_t now_ms)
{
	while (bit_get(md->bits, md->first))
		md->first++;
	*piece = md->awaited = md->first;
	if (*piece == md->nasked)
		extend(md);
	md->asked_ms = now_ms;
	return 1;
}

int
metadata_late(const struct metadata *md, int64_t now_ms)
{
	return now_ms - md->heard_ms >= SILENT_MS || now_ms - md->began_ms >=
	    SILENT_MS + md->ngot * (int64_t)PIECE_MS;
}

int
metadata_got(struct metadata *md, uint32_t piece, struct span data,
    int64_t now_ms)
{
	size_t off = (size_t)piece * METADATA_PIECE;

	if (piece >= md->nasked ||
	    data.n != MIN(md->size - off, METADATA_PIECE))
		return -1;
	if (bit_get(md->bits, piece))
		return md->singly ? 0 : -1;
	memcpy(md->got.p + off, data.p, data.n);
	bit_set(md->bits, piece);
	md->heard_ms = now_ms;
	return ++md->ngot == md->npieces;
}
