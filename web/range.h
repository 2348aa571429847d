/* What a request wants of a file: all of it, some, or nothing, if it has what
 * is here already (RFC 9110, 13 and 14).  Pure. */

#ifndef WEB_RANGE_H
#define WEB_RANGE_H

#include "util.h"
#include "http.h"

enum { RANGES_MAX = 16 }; /* of one answer */

/* A file as a client sees it; all is borrowed.  tag stands for its bytes, and
 * other bytes have another: at most 60 letters, digits and dashes, which the
 * file cannot have in it, as it cannot have its own info hash. */
struct entity {
	struct span name;    /* the last of its path */
	const char *tag;
	int64_t size;
	int64_t modified_s;  /* since 1970, 0: not known */
};

/* Stretches of a file, in the order asked for.  None is empty, but that which
 * is the whole of an empty file. */
struct web_ranges {
	int n;
	struct web_range {
		int64_t at, n;
	} list[RANGES_MAX];
};

/* The status that answers a GET or a HEAD of e, and what is sent of it: 200,
 * all, as one range; 206, n ranges; 304 or 416, none.  Ranges are joined when
 * the next begins in the one before, or at its end.  A Range header that is
 * wrong, asks for more than RANGES_MAX others or for more bytes than there
 * are, or is of another state of the file, by its If-Range, counts for none:
 * 200. */
int range_answer(struct web_ranges *some, const struct http_request *r,
    const struct entity *e);

#endif
