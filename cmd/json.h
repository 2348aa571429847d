/* JSON (RFC 8259), written a value at a time.  Pure. */

#ifndef JSON_H
#define JSON_H

#include "util.h"

/* All append to b a value of the object or the array that was opened last; key
 * is its name in an object, NULL in an array.  The commas come by themselves:
 * b must end as the last of these left it, or be empty for a new text. */
void json_open(struct buf *b, const char *key, char bracket); /* { or [ */
void json_close(struct buf *b, char bracket);                 /* } or ] */
void json_int(struct buf *b, const char *key, int64_t v);
void json_bool(struct buf *b, const char *key, int yes);
/* Any bytes: a backslash and each byte that is not UTF-8 become the four
 * characters \xNN, as escape() has them, so that the bytes can be had back;
 * control characters become JSON's \u00NN and are themselves again once it is
 * read. */
void json_text(struct buf *b, const char *key, struct span s);

#endif
