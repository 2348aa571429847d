/* What follows the head of a reply that gives a torrent's bytes: text and
 * stretches of the torrent by turns.  Pure. */

#ifndef WEB_BODY_H
#define WEB_BODY_H

#include "util.h"
#include "torrent/meta.h"
#include "web/range.h"

enum { TAG_SIZE = 64 }; /* of an ETag with its NUL */

struct body {
	const struct meta *m;    /* borrowed, as is */
	const uint8_t *skip;
	int64_t at, left;        /* the torrent's bytes that are next: the
	                          * reader moves both on */
	/* the rest is body.c's */
	char tag[TAG_SIZE];
	struct entity entity;    /* of a file, whose first byte is there, */
	int64_t base;
	struct web_ranges some;
	int is_tar;
	uint32_t file;           /* the next of an archive, */
	int64_t made_s;          /* and the age of all */
	size_t pad;
	int part;                /* the next range */
};

/* The file of m as a client sees it, for range_answer and head_file; b must
 * stay where it is as long as that is used. */
const struct entity *body_entity(struct body *b, const struct meta *m,
    uint32_t file);
/* Then: these ranges of it are sent. */
void body_ranges(struct body *b, const struct web_ranges *some);
/* Or all files of m but those to skip, as one archive; made_s: when they were
 * last changed, in seconds since 1970.  Its length in bytes. */
void body_tar(struct body *b, const struct meta *m, const uint8_t *skip,
    int64_t made_s);
int64_t body_tar_length(const struct meta *m, const uint8_t *skip,
    int64_t made_s);
/* To be called when no bytes are left: appends the text that stands before the
 * next ones, or some of it.  1, or 0: after that text nothing follows. */
int body_next(struct body *b, struct buf *out);

#endif
