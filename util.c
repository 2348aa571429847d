/* What every file needs.  Nothing here knows BitTorrent, and nothing but how
 * messages go out is remembered.  Memory is never refused: a program that can
 * go on without memory is larger than this one. */
#include <sys/types.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

#ifndef PIPE_BUF
#define PIPE_BUF _POSIX_PIPE_BUF
#endif

/* Whether messages wait for their reader, and if not, where they go and how
 * many could not; and who else wants them. */
static struct {
	int at_once, fd;
	unsigned long lost;
	char *kept;
	size_t size;
} said;

static void put_why(const char *fmt, va_list ap);
static void put_line(char *line, size_t n);
static size_t cut(char *s, size_t n, size_t most);
static char *make_safe(char *dst, size_t size, struct span s, int backslashes);
static int is_seen(const uint8_t *p, size_t k);

void
die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_why(fmt, ap);
	va_end(ap);
	exit(EXIT_FAIL);
}

void
warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_why(fmt, ap);
	va_end(ap);
}

static void
put_why(const char *fmt, va_list ap)
{
	const char *why = strerror(errno);
	size_t n = strlen(fmt), kept;
	char text[8192], line[4 * sizeof text] = "btsh: ", *whole = NULL;
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(text, sizeof text, fmt, ap);
	if (len >= (int)sizeof text && (whole = malloc((size_t)len + 1))) {
		vsnprintf(whole, (size_t)len + 1, fmt, again);
		kept = cut(whole, (size_t)len, sizeof text - 1);
		memcpy(text, whole, kept);
		text[kept] = '\0';
		free(whole);
	}
	va_end(again);
	make_safe(line + 6, sizeof line - 128, span_of(text), 1);
	if (n > 0 && fmt[n - 1] == ':')
		snprintf(line + strlen(line), 120, " %s", why);
	if (said.kept)
		snprintf(said.kept, said.size, "%s", line + 6);
	put_line(line, strlen(line));
}

void
warn_keep(char *text, size_t size)
{
	said.kept = text;
	said.size = size;
}

void
warn_line(const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof line - 1, fmt, ap);
	va_end(ap);
	put_line(line, strlen(line));
}

/* The line, with room for its newline. */
static void
put_line(char *line, size_t n)
{
	char text[64];
	int k;

	if (said.at_once)
		n = cut(line, n, PIPE_BUF - 1); /* more might not go at once */
	line[n++] = '\n';
	k = snprintf(text, sizeof text, "btsh: %lu messages were lost\n",
	    said.lost);
	if (said.lost > 0 && warn_bytes(text, (size_t)k) == 0)
		said.lost = 0;
	if (said.lost > 0 || warn_bytes(line, n) < 0)
		said.lost++;
}

/* Text of n bytes made no longer than most: its middle goes, which is somebody
 * else's, not the end, which says why.  Its new length. */
static size_t
cut(char *s, size_t n, size_t most)
{
	size_t head = most / 2, tail = n;

	if (n <= most)
		return n;
	tail -= most - head - 3;
	while (((uint8_t)s[head] & 0xc0) == 0x80 && head > most / 2 - 3)
		head--;
	while (((uint8_t)s[tail] & 0xc0) == 0x80 && tail < n - 1)
		tail++;
	memcpy(s + head, "...", 3);
	memmove(s + head + 3, s + tail, n - tail);
	return head + 3 + n - tail;
}

void
warn_at_once(void)
{
	said.fd = open_anew(STDERR_FILENO);
	said.at_once = 1;
}

int
warn_bytes(const void *p, size_t n)
{
	if (!said.at_once)
		return write_all(STDERR_FILENO, p, n);
	return write_now(said.fd, p, n) != 0 ? 0 : -1;
}

void *
xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		die("out of memory");
	return p;
}

void *
xcalloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		die("out of memory");
	return p;
}

void *
xrealloc(void *p, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		die("out of memory");
	p = realloc(p, MAX(n * size, 1));
	if (!p)
		die("out of memory");
	return p;
}

char *
xstrdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(xmalloc(n), s, n);
}

int
slurp(int fd, struct buf *b, size_t limit)
{
	ssize_t n;

	for (;;) {
		if (b->len > limit) {
			errno = EFBIG;
			return -1;
		}
		n = read(fd, buf_room(b, 1 << 16), 1 << 16);
		if (n == 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0)
			b->len += (size_t)n;
	}
}

int
write_all(int fd, const void *p, size_t n)
{
	const char *s = p;
	ssize_t w;

	while (n > 0) {
		w = write(fd, s, n);
		if (w < 0 && errno != EINTR)
			return -1;
		if (w > 0) {
			s += w;
			n -= (size_t)w;
		}
	}
	return 0;
}

/* A pipe that poll finds writable takes PIPE_BUF bytes at once. */
long
write_now(int fd, const void *p, size_t n)
{
	struct pollfd out = { .fd = fd, .events = POLLOUT };
	ssize_t w;

	if (poll(&out, 1, 0) <= 0)
		return 0;
	w = write(fd, p, MIN(n, PIPE_BUF));
	return w < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : (long)w;
}

void
close_quietly(int fd)
{
	int why = errno;

	close(fd);
	errno = why;
}

int
open_anew(int fd)
{
	const char *tty = isatty(fd) ? ttyname(fd) : NULL;
	int anew = tty ? open(tty, O_WRONLY | O_NOCTTY | O_NONBLOCK |
	    O_CLOEXEC) : -1;

	return anew >= 0 ? anew : fd;
}

int
fd_is_at(int fd, const char *path)
{
	struct stat st, there;

	if (fstat(fd, &st) < 0 || lstat(path, &there) < 0)
		return 0;
	errno = EBUSY;
	return st.st_ino == there.st_ino && st.st_dev == there.st_dev;
}

uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

uint64_t
get64(const uint8_t *p)
{
	return (uint64_t)get32(p) << 32 | get32(p + 4);
}

void
put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

void
put32(uint8_t *p, uint32_t v)
{
	put16(p, (uint16_t)(v >> 16));
	put16(p + 2, (uint16_t)v);
}

void
put64(uint8_t *p, uint64_t v)
{
	put32(p, (uint32_t)(v >> 32));
	put32(p + 4, (uint32_t)v);
}

uint8_t *
buf_room(struct buf *b, size_t n)
{
	if (b->at == b->len)
		b->at = b->len = 0;
	if (n > b->cap - b->len && b->at > 0) {
		b->len -= b->at;
		memmove(b->p, b->p + b->at, b->len);
		b->at = 0;
	}
	if (n > b->cap - b->len) {
		if (n > SIZE_MAX / 2 - b->len)
			die("out of memory");
		b->cap = MAX(b->cap + b->cap / 2, MAX(b->len + n, 64));
		b->p = xrealloc(b->p, b->cap, 1);
	}
	return b->p + b->len;
}

void
buf_put(struct buf *b, const void *p, size_t n)
{
	if (n > 0)
		memcpy(buf_room(b, n), p, n);
	b->len += n;
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	size_t room = 64; /* what is printed mostly fits */
	int n;

	for (;;) {
		buf_room(b, room);
		room = b->cap - b->len;
		va_copy(again, ap);
		n = vsnprintf((char *)b->p + b->len, room, fmt, again);
		va_end(again);
		if (n < 0)
			die("vsnprintf:");
		if ((size_t)n < room)
			break;
		room = (size_t)n + 1;
	}
	b->len += (size_t)n;
}

size_t
buf_left(const struct buf *b)
{
	return b->len - b->at;
}

void
buf_take(struct buf *b, size_t n)
{
	b->at += n;
}

void
buf_free(struct buf *b)
{
	free(b->p);
	memset(b, 0, sizeof *b);
}

char *
span_dup(struct span s)
{
	char *text = xcalloc(1, s.n + 1);

	if (s.n > 0)
		memcpy(text, s.p, s.n);
	return text;
}

struct span
span_of(const char *s)
{
	struct span v = { (const uint8_t *)s, strlen(s) };

	return v;
}

int
span_is(struct span s, const char *word)
{
	return s.n == strlen(word) && memcmp(s.p, word, s.n) == 0;
}

int
span_number(struct span s, int base, int64_t *out)
{
	int64_t v = 0;
	size_t i;

	for (i = 0; i < s.n; i++) {
		if (hex_digit(s.p[i]) >= base || v >= (int64_t)1 << 57)
			return -1;
		v = v * base + hex_digit(s.p[i]);
	}
	*out = v;
	return s.n > 0 ? 0 : -1;
}

char *
human(char text[16], int64_t bytes)
{
	static const char units[] = "KMGTP";
	double v = (double)bytes;
	int i;

	if (bytes < 1024) {
		snprintf(text, 16, "%dB", (int)bytes);
		return text;
	}
	for (i = -1; v >= 1000 && i < 4; i++)
		v /= 1024;
	snprintf(text, 16, v < 10 ? "%.2f%ciB" : v < 100 ? "%.1f%ciB" :
	    "%.0f%ciB", v, units[MAX(i, 0)]);
	return text;
}

int
glob_matches(const char *glob, const char *text)
{
	return fnmatch(glob, text, 0) == 0 || strcmp(glob, text) == 0;
}

size_t
bit_bytes(uint32_t nbits)
{
	return nbits / 8 + (nbits % 8 > 0);
}

int
bit_get(const uint8_t *set, uint32_t i)
{
	return set[i >> 3] >> (7 - (i & 7)) & 1;
}

void
bit_set(uint8_t *set, uint32_t i)
{
	set[i >> 3] |= (uint8_t)(0x80 >> (i & 7));
}

void
bit_clear(uint8_t *set, uint32_t i)
{
	set[i >> 3] &= (uint8_t)~(0x80 >> (i & 7));
}

uint32_t
bit_count(const uint8_t *set, uint32_t nbits)
{
	uint32_t i, n = 0;
	uint8_t b;

	for (i = 0; i < nbits / 8; i++)
		for (b = set[i]; b; b &= (uint8_t)(b - 1))
			n++;
	for (i = nbits & ~7u; i < nbits; i++)
		n += (uint32_t)bit_get(set, i);
	return n;
}

char *
escape(char *dst, size_t size, struct span s)
{
	return make_safe(dst, size, s, 0);
}

static char *
make_safe(char *dst, size_t size, struct span s, int backslashes)
{
	size_t i = 0, o = 0, k;
	int plain;

	while (i < s.n) {
		k = utf8_len(s.p + i, s.n - i);
		/* U+0080 to U+009F are control characters too */
		plain = k > 2 || (k == 2 && s.p[i] != 0xc2) ||
		    (k == 2 && s.p[i + 1] >= 0xa0) ||
		    (k == 1 && s.p[i] >= ' ' && s.p[i] != 0x7f &&
		    (backslashes || s.p[i] != '\\'));
		if (k == 0)
			k = 1;
		if (o + (plain ? k : 4 * k) >= size)
			break;
		for (; k > 0; k--, i++) {
			if (plain)
				dst[o++] = (char)s.p[i];
			else
				o += (size_t)sprintf(dst + o, "\\x%02x",
				    s.p[i]);
		}
	}
	dst[o] = '\0';
	return dst;
}

void
escape_html(struct buf *out, struct span s)
{
	size_t i, k;

	for (i = 0; i < s.n; i += MAX(k, 1)) {
		k = utf8_len(s.p + i, s.n - i);
		if (k == 0 || !is_seen(s.p + i, k))
			buf_printf(out, "\xef\xbf\xbd");
		else if (strchr("<>&\"'", s.p[i]))
			buf_printf(out, "&#%d;", s.p[i]);
		else
			buf_put(out, s.p + i, k);
	}
}

/* Whether a character of k bytes is one that a page may have: no control
 * character (Unicode's Cc and Bidi_Control, and what ends lines), and not one
 * of those that are none. */
static int
is_seen(const uint8_t *p, size_t k)
{
	static const uint16_t hidden[][2] = { { 0, 0x1f }, { 0x7f, 0x9f },
	    { 0x61c, 0x61c }, { 0x200e, 0x200f }, { 0x2028, 0x202e },
	    { 0x2066, 0x2069 }, { 0xfdd0, 0xfdef } };
	uint32_t c = k == 1 ? *p : *p & (0x7fu >> k);
	size_t i;

	for (i = 1; i < k; i++)
		c = c << 6 | (p[i] & 0x3fu);
	for (i = 0; i < LEN(hidden); i++)
		if (c >= hidden[i][0] && c <= hidden[i][1])
			return 0;
	return (c & 0xfffe) != 0xfffe;
}

size_t
utf8_len(const uint8_t *p, size_t n)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t i, k = p[0] < 0x80 ? 1 : p[0] < 0xc0 ? 0 : p[0] < 0xe0 ? 2 :
	    p[0] < 0xf0 ? 3 : p[0] < 0xf8 ? 4 : 0;
	uint32_t c;

	if (k < 2 || k > n)
		return k > n ? 0 : k;
	c = p[0] & (0x7fu >> k);
	for (i = 1; i < k; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fu);
	}
	return c < least[k] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ?
	    0 : k;
}

void
hex(char *dst, const uint8_t *p, size_t n)
{
	size_t i;

	*dst = '\0';
	for (i = 0; i < n; i++)
		sprintf(dst + 2 * i, "%02x", p[i]);
}

int
hex_digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	    (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 :
	    16;
}

int
unhex(uint8_t *dst, const uint8_t *p, size_t n)
{
	size_t i;
	int hi, lo;

	for (i = 0; i < n; i++) {
		hi = hex_digit(p[2 * i]);
		lo = hex_digit(p[2 * i + 1]);
		if (hi == 16 || lo == 16)
			return -1;
		dst[i] = (uint8_t)(hi << 4 | lo);
	}
	return 0;
}
