/* Names and paths from a torrent, as they can be on disk.  A name is one
 * element of a path; a path is a bencoded list of them.  Most are safe as they
 * are and stay where they stand; the others are written anew:
 *
 * - a slash and a NUL become '_'; other bytes are left alone, since a file may
 *   have them in its name;
 * - an element that is empty, "." or ".." vanishes;
 * - a name over ELEMENT_MAX bytes is cut before its extension, between
 *   characters;
 * - of a path over PATH_ELEMENTS deep, the last of its directories vanish;
 * - a path of which nothing is left is '_'. */

#ifndef PATHS_H
#define PATHS_H

#include "util.h"

enum {
	PATH_ELEMENTS = 64,
	ELEMENT_MAX   = 255 /* bytes */
};

/* Texts written anew, each of which stays where it is.  text_keep puts a copy
 * of n bytes on the list. */
struct text;
struct span text_keep(struct text **list, const void *p, size_t n);
void texts_free(struct text *list);

/* Whether it is safe as it is. */
int name_ok(struct span name);
/* The name itself, or a text of the list; n 0 if nothing of it is left. */
struct span name_safe(struct span name, struct text **list);
/* Whether a name is one of those that btsh gives to its own files beside a
 * root, .HASH.parts, .NAME.btsh or .NAME.btsh.new, in whatever case. */
int name_kept(struct span name);
/* Whether it is all UTF-8, and not empty. */
int name_is_utf8(struct span name);

/* Whether a value is a path that is safe as it is; whether it is one all in
 * UTF-8. */
int path_ok(struct span path);
int path_is_utf8(struct span path);
/* The path itself, or a text of the list; n 0 if the value is no list of
 * strings. */
struct span path_safe(struct span path, struct text **list);
/* Makes n safe paths distinct, and none of them a directory of another: each
 * that comes later than its like, or is such a directory, gets the first free
 * number before its extension.  at points into one array, in its order, and is
 * shuffled. */
void paths_part(struct span **at, uint32_t n, struct text **list);

#endif
