/* metadata: asked for, sent, late, twice and wrong, in any order; what is kept
 * is what was sent, and memory goes with what was asked for. */
#include "fuzz.h"
#include "swarm/metadata.h"

enum { OPS = 300, SIZE_MAX_HERE = 40 * METADATA_PIECE, AHEAD = 17 };

static uint8_t bytes[METADATA_PIECE + 1]; /* zeros: what all pieces are */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span s = span_at(data, n), piece;
	size_t size = 1 + take32(&s) % SIZE_MAX_HERE, i;
	struct metadata md;
	int64_t now_ms = 1000;
	uint32_t p = 0, ngot = 0;
	int r = 0, ops;

	metadata_init(&md, size, now_ms);
	for (ops = 0; ops < OPS && s.n > 0 && r != 1; ops++) {
		unsigned how = take8(&s);

		r = 0;
		switch (how & 3) {
		case 0:
			if (metadata_next(&md, &p))
				CHECK(p < md.npieces && p < md.nasked);
			break;
		case 1:
			now_ms += 100 * (how >> 2);
			if (metadata_again(&md, &p, now_ms))
				CHECK(p < md.npieces && p < md.nasked &&
				    !bit_get(md.bits, p));
			(void)metadata_late(&md, now_ms);
			break;
		default:
			if (how & 4)
				p = take16(&s) % (md.npieces + 2);
			piece = span_at(bytes, how & 8 ? take16(&s) %
			    sizeof bytes : MIN(METADATA_PIECE, size - MIN(size,
			    (size_t)p * METADATA_PIECE)));
			r = metadata_got(&md, p, piece, now_ms);
			CHECK(r >= -1 && r <= 1);
		}
		CHECK(md.ngot >= ngot && md.ngot <= md.nasked &&
		    md.nasked <= md.npieces);
		CHECK(md.got.len <= size && md.nasked - md.ngot < AHEAD);
		ngot = md.ngot;
		CHECK(bit_count(md.bits, md.npieces) == ngot);
		CHECK((r == 1) == (ngot == md.npieces));
	}
	if (r == 1) {
		CHECK(md.got.len == size && md.ngot == md.npieces);
		for (i = 0; i < size; i++)
			CHECK(md.got.p[i] == 0);
	}
	metadata_free(&md);
	return 0;
}
