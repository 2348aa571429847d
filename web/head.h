/* Heads of replies as bytes (RFC 9110, 6266, 9112).  Pure. */

#ifndef WEB_HEAD_H
#define WEB_HEAD_H

#include "util.h"
#include "http.h"
#include "web/range.h"

/* The head of a reply to r: a file's, as range_answer has it.  Returns the
 * bytes of the body of a GET, which the head tells: for one range these, for
 * several, i from 0, head_part(i) and these, and head_part(n) at the end. */
int64_t head_file(struct buf *out, const struct http_request *r,
    const struct entity *e, int status, const struct web_ranges *some);
/* What stands before range i of several, or after all: i is their number. */
void head_part(struct buf *out, const struct entity *e,
    const struct web_ranges *some, int i);
/* The head of a reply with a body of our own; more has further lines, each
 * with its CRLF. */
void head_page(struct buf *out, const struct http_request *r, int status,
    const char *type, int64_t length, const char *more);
/* A whole reply that says only its status, such as 404.  To a 503 belongs when
 * to come again, in seconds. */
void head_fail(struct buf *out, const struct http_request *r, int status,
    int retry_s);

#endif
