/* qr <BYTES >IMAGE: standard input as a QR code with its quiet zone, a PBM
 * picture of 3 pixels a module.  qr svg: the same as SVG. */
#include <stdio.h>
#include <string.h>

#include "util.h"
#include "web/qr.h"

enum { PIXELS = 3, MARGIN = 4 };

static void
picture(const struct qr *q)
{
	int size = (q->side + 2 * MARGIN) * PIXELS, x, y;

	printf("P1\n%d %d\n", size, size);
	for (y = 0; y < size; y++) {
		for (x = 0; x < size; x++)
			putchar('0' + qr_get(q, x / PIXELS - MARGIN,
			    y / PIXELS - MARGIN));
		putchar('\n');
	}
}

int
main(int argc, char **argv)
{
	struct buf in = { 0 }, out = { 0 };
	struct qr q;

	if (slurp(0, &in, QR_BYTES + 1) < 0)
		die("standard input:");
	if (qr_encode(&q, in.p, in.len) < 0)
		die("too long");
	if (argc > 1 && strcmp(argv[1], "svg") == 0) {
		qr_svg(&out, &q);
		fwrite(out.p, 1, out.len, stdout);
	} else {
		picture(&q);
	}
	buf_free(&in);
	buf_free(&out);
	return fflush(stdout) == 0 ? 0 : 1;
}
