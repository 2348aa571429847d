/* Bencode (BEP 3), read in place and written in canonical order.  A value is a
 * span of the bytes it was parsed from and valid while they are. */

#ifndef BENCODE_H
#define BENCODE_H

#include "util.h"

enum { BEN_DEPTH = 32 };

/* Checks the one whole value that starts at p, of n bytes: its length, 0 if it
 * goes on beyond n, -1 if it is wrong (nested over BEN_DEPTH deep, an integer
 * over 64 bits, a key that is no string).  Neither the order of keys nor
 * digits and signs too many (01, -0, +1) are minded, since other clients read
 * them and info hashes are taken over the bytes as they stand. */
long ben_parse(const uint8_t *p, size_t n);

/* All of these take a value that ben_parse has passed, or one of n == 0 (what
 * ben_get gives when there is none), which is of no kind. */
int ben_kind(struct span v);                      /* 'i', 's', 'l', 'd' or 0 */
int ben_int(struct span v, int64_t *out);         /* 0, or -1: no integer */
int ben_str(struct span v, struct span *out);     /* 0, or -1: no string */
struct span ben_get(struct span dict, const char *key); /* the first such */
/* The values of n keys, in one walk. */
void ben_get_all(struct span dict, const char *const *keys,
    struct span *values, int n);
int64_t ben_get_int(struct span dict, const char *key, int64_t otherwise);
struct span ben_get_str(struct span dict, const char *key); /* n 0: none */

/* Walks a list or a dictionary, whose elements are keys and values in turn:
 *	it = ben_items(v); while (ben_next(&it, &element)) ... */
struct span ben_items(struct span v);
int ben_next(struct span *items, struct span *element);
/* The same for a string, taken out of its value: 0 also before what is none.
 */
int ben_next_str(struct span *items, struct span *str);

/* Writers: the caller gives keys in order, and opens and closes with "d", "l"
 * and "e" through buf_put. */
void ben_put_int(struct buf *b, int64_t v);
void ben_put_bytes(struct buf *b, const void *p, size_t n);
void ben_put_str(struct buf *b, const char *s);

#endif
