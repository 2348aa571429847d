/* What every file needs: messages, memory that never fails, byte order,
 * growing buffers and bit sets. */

#ifndef UTIL_H
#define UTIL_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __GNUC__
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define NORETURN __attribute__((noreturn))
#else
#define PRINTF(fmt, args)
#define NORETURN
#endif

#ifndef VERSION /* the Makefile knows */
#define VERSION "unknown"
#endif

#define LEN(a)    (sizeof(a) / sizeof *(a))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* Exit statuses. */
enum {
	EXIT_OK, EXIT_FAIL, EXIT_USAGE, EXIT_TORRENT,
	EXIT_GAVEUP, EXIT_DATA, EXIT_DISK, EXIT_RESUME
};

/* Bytes borrowed from somebody else, who says for how long. */
struct span {
	const uint8_t *p;
	size_t n;
};

/* A growing buffer, which owns p: unread bytes are p[at] up to p[len]. */
struct buf {
	uint8_t *p;
	size_t at, len, cap;
};

/* Writes "btsh: ..." and a newline to stderr; a trailing colon in fmt appends
 * errno's reason; control bytes and bad UTF-8 become \xNN.  die exits with
 * EXIT_FAIL; warn_line writes a line as it is. */
void die(const char *fmt, ...) PRINTF(1, 2) NORETURN;
void warn(const char *fmt, ...) PRINTF(1, 2);
void warn_line(const char *fmt, ...) PRINTF(1, 2);
/* What is said by warn is copied to text, too, without "btsh: ", until this is
 * called with NULL; a later message takes the place of one before. */
void warn_keep(char *text, size_t size);
/* From now on the above wait for nobody: what stderr does not take at once is
 * lost, and the next line that it takes stands after one with their number. */
void warn_at_once(void);
/* n bytes to stderr under the same rule, uncounted: 0, or -1: they are lost.
 */
int warn_bytes(const void *p, size_t n);

/* malloc, calloc, realloc of n objects of size bytes, and strdup: they die
 * when memory is out.  The caller frees. */
void *xmalloc(size_t size);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n, size_t size);
char *xstrdup(const char *s);

/* The file or the stream fd whole, at most limit bytes, into an empty b.  0,
 * or -1 with errno (EFBIG: longer than limit). */
int slurp(int fd, struct buf *b, size_t limit);
/* All n bytes to fd, over partial writes.  0, or -1 with errno. */
int write_all(int fd, const void *p, size_t n);
/* As many of n bytes as fd takes without waiting, which stays as its owner
 * made it: how many, 0: none now, or -1 with errno. */
long write_now(int fd, const void *p, size_t n);
/* close(2) on the way out of a failure: errno stays what it was. */
void close_quietly(int fd);
/* The terminal fd opened anew for write_now, which cannot know how much fd
 * itself takes; or fd. */
int open_anew(int fd);
/* Whether the open file fd has the name path, itself and not by a link there.
 * errno tells why not (EBUSY: another file has it). */
int fd_is_at(int fd, const char *path);

/* Big-endian integers in a byte string: the only way they cross the wire. */
uint16_t get16(const uint8_t *p);
uint32_t get32(const uint8_t *p);
uint64_t get64(const uint8_t *p);
void put16(uint8_t *p, uint16_t v);
void put32(uint8_t *p, uint32_t v);
void put64(uint8_t *p, uint64_t v);

/* Room for n more bytes at p[len]; the caller adds what it used to len. */
uint8_t *buf_room(struct buf *b, size_t n);
void buf_put(struct buf *b, const void *p, size_t n);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap);
size_t buf_left(const struct buf *b);   /* unread bytes */
void buf_take(struct buf *b, size_t n); /* n of them are read */
void buf_free(struct buf *b);

struct span span_of(const char *s);
/* As a text of its own, owned by the caller. */
char *span_dup(struct span s);
int span_is(struct span s, const char *word);
/* A number without a sign, in base 10 or 16, up to about 2^60: 0, or -1. */
int span_number(struct span s, int base, int64_t *out);
/* 1536 as "1.50KiB", into text. */
char *human(char text[16], int64_t bytes);
/* Whether a glob matches, or is, a text: names may have brackets in them. */
int glob_matches(const char *glob, const char *text);

/* Bit sets as on the wire: bit 0 is the high bit of byte 0. */
size_t bit_bytes(uint32_t nbits);
int bit_get(const uint8_t *set, uint32_t i);
void bit_set(uint8_t *set, uint32_t i);
void bit_clear(uint8_t *set, uint32_t i);
uint32_t bit_count(const uint8_t *set, uint32_t nbits);

/* A stranger's bytes for a terminal: control bytes, backslashes and bytes that
 * are not UTF-8 become \xNN.  Writes at most size bytes with the closing NUL,
 * cutting between characters, and returns dst. */
char *escape(char *dst, size_t size, struct span s);
/* The same for HTML, between tags and in quoted values, appended: what means
 * something there becomes its number, and U+FFFD stands for what is not UTF-8
 * and for control characters, those that turn the direction of what follows
 * among them. */
void escape_html(struct buf *out, struct span s);
/* The length of the UTF-8 character at p, of n > 0 bytes; 0: it is none. */
size_t utf8_len(const uint8_t *p, size_t n);
/* n bytes as 2n hexadecimal digits and a NUL. */
void hex(char *dst, const uint8_t *p, size_t n);
/* The value of such a digit, in either case; 16: it is none. */
int hex_digit(uint8_t c);
/* 2n digits at p as n bytes: 0, or -1: one is none. */
int unhex(uint8_t *dst, const uint8_t *p, size_t n);

#endif
