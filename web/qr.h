/* QR codes (ISO/IEC 18004, model 2) of any bytes, as an index page shows a
 * magnet link.  Pure. */

#ifndef QR_H
#define QR_H

#include <stddef.h>
#include <stdint.h>

#include "util.h"

enum {
	QR_SIDE  = 177, /* modules, of version 40 */
	QR_BYTES = 2953 /* what it holds at level L */
};

/* A code, made by qr_encode and read by qr_get: side rows of side modules. */
struct qr {
	int side;
	uint8_t m[QR_SIDE * QR_SIDE];
};

/* The n bytes at p in the smallest version that holds them in byte mode, at
 * error correction level L, or M where that costs no larger version.  Returns
 * the modules a side, 21 to 177; -1: more than QR_BYTES, and q is as it was.
 */
int qr_encode(struct qr *q, const uint8_t *p, size_t n);
/* Whether the module of column x and row y is dark; outside all are light. */
int qr_get(const struct qr *q, int x, int y);
/* What the standard counts against a code that has these modules: runs of one
 * colour, squares of it, what looks like a finder, and too much of either. */
long qr_penalty(const struct qr *q);
/* An <svg> of one unit a module, with 4 of them around as the quiet zone,
 * appended: the text's colour on white. */
void qr_svg(struct buf *out, const struct qr *q);

#endif
