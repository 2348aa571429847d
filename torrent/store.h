/* The pieces of one torrent on disk.  Offsets count the torrent's bytes, as if
 * its files were one; a piece may lie in any number of files. */

#ifndef STORE_H
#define STORE_H

#include "torrent/meta.h"
#include "torrent/files.h"
#include "torrent/resume.h"
#include "torrent/site.h"

struct store;

/* The data of m in the directory dir, under name (NULL: m's own).  files, m
 * and dir are borrowed while the store lives.  Nothing is opened or made yet.
 */
struct store *store_new(struct files *files, const struct meta *m,
    const char *dir, const char *name, int flags);
/* Files that are not to be touched (a bit set, borrowed while the store lives;
 * NULL: none), before anything else is: what pieces bring of them goes to a
 * file beside, .HASH.parts in dir, at the torrent's offsets. */
void store_skip(struct store *s, const uint8_t *skip);
/* Closes and frees.  0, or -1 if a close failed: written data may be lost. */
int store_free(struct store *s);

/* The bytes that a file has on disk, or -1: it is not there.  0, or -1: it is
 * not a regular file, or cannot be looked at. */
int store_size(struct store *s, uint32_t file, int64_t *size);
/* Whether a symbolic link of the torrent is there and leads to its target: 1,
 * 0: it does not, or something else has its name; -1 with errno. */
int store_is_link(struct store *s, uint32_t file);
/* Before the pieces are checked: what stands beside of files that are not
 * there is taken for theirs.  store_begin then brings home what is right of
 * it, and removes the file beside if nothing is skipped.  0 or -1. */
int store_adopt(struct store *s);
/* With STORE_TEMP: makes the nameless file, so that children have it.  0 or
 * -1. */
int store_temp(struct store *s);
/* Clears in maybe, a bit set of all pieces, those that cannot be whole because
 * a file is missing or short.  1 if a file is longer than the torrent says and
 * must not be written; -1 if one cannot be read, or is something else. */
int store_scan(struct store *s, uint8_t *maybe);
/* After that: what the resume file says goes to r, to be freed, which borrows
 * from text, an empty buffer.  Pieces of maybe that are as they were are
 * cleared there, and set in here if they were right; maybe NULL: none. */
void store_recall(struct store *s, uint8_t *maybe, uint8_t *here,
    struct buf *text, struct resume *r);
/* Fetching begins: what is here is known, and the files that have no bytes are
 * made, as are symbolic links.  0; or 1: a file that is more than zeros, is
 * not proved by the pieces that are here and was not begun by us, or what has
 * the name of a link, is in the way and stays; or -1. */
int store_begin(struct store *s);
/* All that is wanted has come: what is written from now on is nobody's.  keep:
 * the resume file stays, but does not say that it is ours when it is saved. */
void store_done(struct store *s, int keep);

/* What was written is synced by a child, and then the resume file is written
 * with what r has of its owner (NULL: it is not).  saved hears of it from the
 * loop, or from within: lost, bytes may not be on disk, which store_error
 * tells; else why is an errno, why there is no resume file, or 0.  None is at
 * it. */
void store_save(struct store *s, const struct resume *r,
    void (*saved)(void *arg, int lost, int why), void *arg);
/* Of what is given, and not written any more: looks at the file that was read
 * last and at one more, and sets in which, a bit set, the pieces that are here
 * of one that has changed since it was looked at before.  Whether there is
 * one. */
int store_changed(struct store *s, uint8_t *which);
/* A piece was found to be wrong, and what else is in its files may be; or all
 * that store_changed told of is right. */
void store_suspect(struct store *s, uint32_t piece);
void store_trust(struct store *s);
/* Whether one is at it; whether anything was written since the last one. */
int store_saves(const struct store *s);
int store_dirty(const struct store *s);

/* n bytes at off, all or nothing: 0 or -1 (a file that ends too early also).
 */
int store_read(struct store *s, int64_t off, uint8_t *p, size_t n);
int store_write(struct store *s, int64_t off, const uint8_t *p, size_t n);

/* The descriptor, borrowed until the next call, of the file that byte off is
 * in, where that stands in it, and how many of n bytes follow there.  -1: it
 * is no file's (padding), or cannot be opened: store_read says it. */
int store_fd(struct store *s, int64_t off, int64_t *at, int64_t *n);
/* The same bytes without a copy, if they stand in one file that can be mapped:
 * 0, or -1.  Who reads what somebody else cuts off the file meanwhile dies of
 * SIGBUS: this is for processes that may. */
struct view {
	const uint8_t *p; /* the bytes */
	uint8_t *base;    /* the mapping */
	size_t len;       /* of it */
};
int store_view(struct store *s, int64_t off, size_t n, struct view *v);
void store_unview(struct view *v);
/* n bytes at off will be read soon: the system may fetch them meanwhile. */
void store_expect(struct store *s, int64_t off, int64_t n);

/* Blocks, many at once: one that follows the one before on disk goes with it
 * in the same system call.  store_put writes a block that was asked for, and
 * hashes it if it is the next of its piece; store_get reads one.  p is
 * borrowed until store_settle, which does what is left to do.  0 or -1 each:
 * one of these blocks failed. */
int store_put(struct store *s, struct block b, const uint8_t *p);
int store_get(struct store *s, struct block b, uint8_t *p);
int store_settle(struct store *s);
/* All blocks of a piece are here: 1 if its digest is right, which is noted in
 * the have set, 0 if not, -1 if it could not be read. */
int store_verify(struct store *s, uint32_t piece);
/* Forgets what was hashed of a piece of which no more will come. */
void store_forget(struct store *s, uint32_t piece);

const uint8_t *store_have(const struct store *s); /* a bit set */
void store_set_have(struct store *s, uint32_t piece);
/* What failed last, and why, safe to print: "write d/x: No space left...". */
const char *store_error(const struct store *s);
/* What kind of failure that was. */
enum site_fault store_fault(const struct store *s);

#endif
