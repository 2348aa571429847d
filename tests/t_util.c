/* util: escaping, bit sets, buffers, byte order, reading whole files, random
 * numbers.  UTF-8 is judged by the grammar of RFC 3629. */
#include <sys/types.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "rand.h"
#include "unit.h"

static void escapes(void);
static void escape_all(void);
static void escape_cuts(void);
static void escapes_html(void);
static int is_hidden(uint32_t c);
static size_t utf8_put(uint8_t *p, uint32_t c);
static int escapes_to(const void *p, size_t n, const char *want);
static size_t rfc3629(const uint8_t *p, size_t n);
static size_t escape_ref(char *dst, const uint8_t *p, size_t n,
    size_t *ends, size_t *nends);
static void bits(void);
static void buffers(void);
static void buffer_model(void);
static void byte_order(void);
static void memory(void);
static void files(void);
static int slurp_n(size_t size, size_t limit, struct buf *b);
static void randoms(void);
static void siphashes(void);
static void messages(void);
static int said(int dies, int why, const char *want);
static int reason_said(int at_once, size_t n);

void
test_util(void)
{
	escapes();
	escape_all();
	escape_cuts();
	escapes_html();
	bits();
	buffers();
	buffer_model();
	byte_order();
	memory();
	files();
	randoms();
	siphashes();
	messages();
}

static void
escapes(void)
{
	static const char *const bad[] = {
		"\x80", "\xbf", "\xfe", "\xff", "\xc3", "\xe2\x82",
		"\xf0\x9f\x98", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80",
		"\xe0\x9f\xbf", "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf",
		"\xed\xa0\x80", "\xed\xbf\xbf", "\xf4\x90\x80\x80",
		"\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80",
	};
	char name[8], want[64];
	uint8_t c1[2] = { 0xc2, 0 };
	size_t i, j;
	int c;

	CASE("util: escape leaves plain text alone");
	OK(escapes_to(BYTES(""), ""));
	OK(escapes_to(BYTES("a file, 1~.txt"), "a file, 1~.txt"));
	OK(escapes_to(BYTES("\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e"),
	    "\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e"));
	CASE("util: escape keeps the first and last character of each size");
	OK(escapes_to(BYTES("\xc2\xa0\xdf\xbf"), "\xc2\xa0\xdf\xbf"));
	OK(escapes_to(BYTES("\xe0\xa0\x80\xef\xbf\xbf"),
	    "\xe0\xa0\x80\xef\xbf\xbf"));
	OK(escapes_to(BYTES("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
	    "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
	OK(escapes_to(BYTES("\xed\x9f\xbf\xee\x80\x80"),
	    "\xed\x9f\xbf\xee\x80\x80"));

	CASE("util: escape takes every ASCII control byte, NUL and DEL too");
	for (c = 0; c < 128; c++) {
		if (c >= ' ' && c != 0x7f)
			continue;
		name[0] = 'a';
		name[1] = (char)c;
		name[2] = 'b';
		snprintf(want, sizeof want, "a\\x%02xb", c);
		OK_FOR(want, escapes_to(name, 3, want));
	}
	CASE("util: escape takes the C1 controls, U+0080 to U+009F");
	for (c = 0x80; c < 0xa0; c++) {
		c1[1] = (uint8_t)c;
		snprintf(want, sizeof want, "\\xc2\\x%02x", c);
		OK_FOR(want, escapes_to(c1, 2, want));
	}
	CASE("util: escape takes a backslash, so that nothing can be forged");
	OK(escapes_to(BYTES("a\\b"), "a\\x5cb"));
	OK(escapes_to(BYTES("\\x1b"), "\\x5cx1b"));
	CASE("util: escape takes what is no UTF-8: cut, overlong, surrogate");
	for (i = 0; i < LEN(bad); i++) {
		for (j = 0; bad[i][j]; j++)
			snprintf(want + 4 * j, 5, "\\x%02x",
			    (uint8_t)bad[i][j]);
		OK_FOR(want, escapes_to(bad[i], strlen(bad[i]), want));
	}
	CASE("util: escape takes up again right after a broken character");
	OK(escapes_to(BYTES("\xe2\x82" "A"), "\\xe2\\x82A"));
	OK(escapes_to(BYTES("\xf0\x9f\xc3\xa9"), "\\xf0\\x9f\xc3\xa9"));
	OK(escapes_to(BYTES("\xed\xa0\x80" "z"), "\\xed\\xa0\\x80z"));
}

/* All of three bytes and many of four, out of those at which the grammar's
 * branches meet. */
static void
escape_all(void)
{
	static const uint8_t edges[] = {
		0x00, 0x1f, 0x20, 0x41, 0x5c, 0x7e, 0x7f, 0x80, 0x8f, 0x90,
		0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xc3, 0xdf, 0xe0, 0xe1,
		0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff
	};
	uint64_t state = 7;
	uint8_t p[5];
	char want[64];
	size_t i, j, ends[32], nends, bad = 0;

	CASE("util: escape agrees with RFC 3629 on all edges");
	for (i = 0; i < LEN(edges) * LEN(edges) * LEN(edges); i++) {
		p[0] = edges[i % LEN(edges)];
		p[1] = edges[i / LEN(edges) % LEN(edges)];
		p[2] = edges[i / LEN(edges) / LEN(edges)];
		escape_ref(want, p, 3, ends, &nends);
		bad += !escapes_to(p, 3, want);
	}
	OK(bad == 0);
	for (i = 0; i < 50000; i++) {
		for (j = 0; j < sizeof p; j++)
			p[j] = edges[rnd_below(&state, LEN(edges))];
		p[0] |= 0xe0;
		escape_ref(want, p, sizeof p, ends, &nends);
		bad += !escapes_to(p, sizeof p, want);
	}
	OK(bad == 0);
}

static void
escape_cuts(void)
{
	static const char text[] = "a\xc3\xa9\x01\xe2\x82\xac\xc2\x85"
	    "\xf0\x9d\x84\x9e\\\xffz";
	struct span s = { (const uint8_t *)text, sizeof text - 1 };
	char full[128], *cut;
	size_t n, size, i, len, ends[32], nends;

	n = escape_ref(full, s.p, s.n, ends, &nends);
	CASE("util: escape cuts between characters and uses what fits");
	for (size = 1; size <= n + 2; size++) {
		cut = xmalloc(size);
		memset(cut, '!', size);
		OK(escape(cut, size, s) == cut);
		OK(memchr(cut, '\0', size) != NULL);
		len = strlen(cut);
		OK(memcmp(cut, full, len) == 0);
		for (i = nends; i > 0 && ends[i - 1] >= size; i--)
			;
		OK(len == (i > 0 ? ends[i - 1] : 0));
		free(cut);
	}
}

static void
escapes_html(void)
{
	static const char bad[] = "a\xff\xc3(\xed\xa0\x80\xe2\x80";
	struct buf b = { 0 };
	struct span s;
	uint8_t p[4];
	char number[8];
	uint32_t c;
	int wrong = 0;

	CASE("util: HTML of every character: itself, its number or U+FFFD");
	for (c = 0; c < 0x110000; c++) {
		if (c == 0xd800)
			c = 0xe000;
		s.p = p;
		s.n = utf8_put(p, c);
		b.len = 0;
		escape_html(&b, s);
		snprintf(number, sizeof number, "&#%d;", (int)(c & 0x7f));
		if (is_hidden(c))
			wrong += b.len != 3 || memcmp(b.p, "\xef\xbf\xbd", 3);
		else if (c < 0x80 && c && strchr("<>&\"'", (int)c))
			wrong += b.len != strlen(number) || memcmp(b.p, number,
			    b.len);
		else
			wrong += b.len != s.n || memcmp(b.p, p, s.n);
	}
	OK(wrong == 0);
	CASE("util: HTML of what is not UTF-8, a U+FFFD a byte, appended");
	b.len = 0;
	buf_put(&b, "<", 1);
	s.n = sizeof bad - 1;
	s.p = unit_copy(bad, s.n);
	escape_html(&b, s);
	free((void *)s.p);
	buf_put(&b, "", 1);
	OK(strcmp((char *)b.p, "<a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd"
	    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd") == 0);
	buf_free(&b);
}

/* Unicode's Cc, Zl, Zp, Bidi_Control and Noncharacter_Code_Point. */
static int
is_hidden(uint32_t c)
{
	static const uint16_t some[] = { 0x61c, 0x200e, 0x200f, 0x2028, 0x2029,
	    0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068,
	    0x2069 };
	size_t i;

	for (i = 0; i < LEN(some); i++)
		if (c == some[i])
			return 1;
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0xfdd0 &&
	    c < 0xfdf0) || c % 0x10000 >= 0xfffe;
}

static size_t
utf8_put(uint8_t *p, uint32_t c)
{
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4, i;

	for (i = n - 1; i > 0; i--, c >>= 6)
		p[i] = (uint8_t)(0x80 | (c & 0x3f));
	p[0] = (uint8_t)(n == 1 ? c : (0xf00u >> n & 0xf0) | c);
	return n;
}

static int
escapes_to(const void *p, size_t n, const char *want)
{
	struct span s;
	size_t size = strlen(want) + 1;
	uint8_t *in = unit_copy(p, n);
	char *out = xmalloc(size);
	int same;

	s.p = in;
	s.n = n;
	same = strcmp(escape(out, size, s), want) == 0;
	free(in);
	free(out);
	return same;
}

/* The length of the character at p by the grammar of RFC 3629, section 4. */
static size_t
rfc3629(const uint8_t *p, size_t n)
{
	static const struct { uint8_t min, max, lo, hi, len; } rows[] = {
		{ 0x00, 0x7f, 0x00, 0xff, 1 },
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
		{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	size_t i, j;

	for (i = 0; i < LEN(rows); i++) {
		if (p[0] < rows[i].min || p[0] > rows[i].max ||
		    rows[i].len > n)
			continue;
		if (rows[i].len > 1 &&
		    (p[1] < rows[i].lo || p[1] > rows[i].hi))
			continue;
		for (j = 2; j < rows[i].len; j++)
			if (p[j] < 0x80 || p[j] > 0xbf)
				return 0;
		return rows[i].len;
	}
	return 0;
}

/* What escape should write, and where each character of it ends. */
static size_t
escape_ref(char *dst, const uint8_t *p, size_t n, size_t *ends, size_t *nends)
{
	size_t i = 0, o = 0, k, j, whole;

	for (*nends = 0; i < n; i += whole) {
		k = rfc3629(p + i, n - i);
		whole = k ? k : 1;
		if ((k == 1 && (p[i] < 0x20 || p[i] == 0x7f ||
		    p[i] == '\\')) ||
		    (k == 2 && p[i] == 0xc2 && p[i + 1] < 0xa0))
			k = 0;
		for (j = 0; j < whole; j++) {
			if (k)
				dst[o++] = (char)p[i + j];
			else
				o += (size_t)sprintf(dst + o, "\\x%02x",
				    p[i + j]);
		}
		ends[(*nends)++] = o;
	}
	dst[o] = '\0';
	return o;
}

static void
bits(void)
{
	uint8_t set[20];
	uint64_t state = 11;
	uint32_t i, j, n, count;

	CASE("util: bit_bytes rounds up and does not wrap");
	OK(bit_bytes(0) == 0);
	OK(bit_bytes(1) == 1);
	OK(bit_bytes(8) == 1);
	OK(bit_bytes(9) == 2);
	OK(bit_bytes(UINT32_MAX) == (size_t)1 << 29);
	CASE("util: bit 0 is the high bit of byte 0");
	memset(set, 0, sizeof set);
	bit_set(set, 0);
	OK(set[0] == 0x80);
	bit_set(set, 7);
	bit_set(set, 8);
	OK(set[0] == 0x81 && set[1] == 0x80);
	bit_clear(set, 0);
	OK(set[0] == 0x01 && set[1] == 0x80);
	CASE("util: a bit is set and cleared without its neighbours");
	for (i = 0; i < 160; i++) {
		memset(set, 0, sizeof set);
		bit_set(set, i);
		bit_set(set, i);
		for (j = 0; j < 160; j++)
			OK(bit_get(set, j) == (i == j));
		memset(set, 0xff, sizeof set);
		bit_clear(set, i);
		bit_clear(set, i);
		for (j = 0; j < 160; j++)
			OK(bit_get(set, j) == (i != j));
	}
	CASE("util: bit_count counts nbits and not the spare ones");
	memset(set, 0xff, sizeof set);
	for (n = 0; n <= 160; n++)
		OK(bit_count(set, n) == n);
	for (i = 0; i < 200; i++) {
		for (j = 0; j < sizeof set; j++)
			set[j] = (uint8_t)rnd_next(&state);
		n = rnd_below(&state, 161);
		for (j = count = 0; j < n; j++)
			count += (uint32_t)(set[j / 8] >> (7 - j % 8) & 1);
		OK(bit_count(set, n) == count);
	}
}

static void
buffers(void)
{
	struct buf b = { NULL, 0, 0, 0 };
	uint8_t block[1000], *p;
	int i;

	CASE("util: a buffer gives back what was put, in order");
	OK(buf_left(&b) == 0);
	buf_put(&b, "hello", 5);
	buf_put(&b, " world", 6);
	OK(buf_left(&b) == 11);
	OK(memcmp(b.p + b.at, "hello world", 11) == 0);
	buf_take(&b, 6);
	OK(buf_left(&b) == 5);
	OK(memcmp(b.p + b.at, "world", 5) == 0);
	buf_take(&b, 5);
	OK(buf_left(&b) == 0);
	CASE("util: nothing may be put from nowhere");
	buf_put(&b, NULL, 0);
	OK(buf_left(&b) == 0);
	CASE("util: buf_printf appends without a NUL that counts");
	buf_put(&b, "x", 1);
	buf_printf(&b, "%d-%s", 42, "abc");
	OK(buf_left(&b) == 7);
	OK(memcmp(b.p + b.at, "x42-abc", 7) == 0);
	buf_printf(&b, "%s", "");
	OK(buf_left(&b) == 7);
	buf_printf(&b, "%300s", "z");
	OK(buf_left(&b) == 307);
	OK(b.p[b.len - 1] == 'z' && b.p[b.len - 300] == ' ');
	CASE("util: buf_room is room, which counts only when added to len");
	p = buf_room(&b, 5000);
	memset(p, 'r', 5000);
	OK(buf_left(&b) == 307);
	OK(b.cap - b.len >= 5000);
	b.len += 5000;
	OK(b.p[b.len - 1] == 'r');
	CASE("util: buf_free leaves an empty buffer that works again");
	buf_free(&b);
	OK(b.p == NULL && b.at == 0 && b.len == 0 && b.cap == 0);
	buf_put(&b, "again", 5);
	OK(buf_left(&b) == 5 && memcmp(b.p + b.at, "again", 5) == 0);
	buf_free(&b);

	CASE("util: a stream through a buffer does not make it grow");
	memset(block, 'b', sizeof block);
	for (i = 0; i < 5000; i++) {
		buf_put(&b, block, sizeof block);
		buf_take(&b, i > 0 ? 1000 : 500); /* it is never empty */
	}
	OK(buf_left(&b) == 500);
	OK(b.cap < 8000);
	buf_free(&b);
}

/* Random puts and takes; bytes count up, so what is unread is known. */
static void
buffer_model(void)
{
	struct buf b = { NULL, 0, 0, 0 };
	uint64_t state = 5;
	uint8_t put = 0, take = 0;
	size_t left = 0, n, i;
	int round, bad = 0;

	CASE("util: a buffer keeps its bytes over growth and compaction");
	for (round = 0; round < 5000; round++) {
		n = rnd_below(&state, 200);
		if (rnd_below(&state, 2)) {
			uint8_t *p = buf_room(&b, n + 1);

			for (i = 0; i < n; i++)
				p[i] = put++;
			b.len += n;
			left += n;
		} else {
			n = MIN(n, left);
			for (i = 0; i < n; i++)
				bad += b.p[b.at + i] != take++;
			buf_take(&b, n);
			left -= n;
		}
		bad += buf_left(&b) != left || b.at > b.len || b.len > b.cap;
	}
	OK(bad == 0);
	buf_free(&b);
}

static void
byte_order(void)
{
	static const uint8_t p[] = { 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54,
		0x32, 0x10, 0x01 };
	uint8_t out[9];
	char text[19];

	CASE("util: integers are big-endian, at any alignment");
	OK(get16(p) == 0xfedc);
	OK(get32(p) == 0xfedcba98);
	OK(get64(p) == 0xfedcba9876543210);
	OK(get16(p + 1) == 0xdcba);
	OK(get32(p + 1) == 0xdcba9876);
	OK(get64(p + 1) == 0xdcba987654321001);
	memset(out, 0xaa, sizeof out);
	put16(out + 1, 0xfedc);
	OK(memcmp(out, "\xaa\xfe\xdc\xaa", 4) == 0);
	put32(out + 1, 0xfedcba98);
	OK(memcmp(out, "\xaa\xfe\xdc\xba\x98\xaa", 6) == 0);
	put64(out, 0xfedcba9876543210);
	OK(memcmp(out, p, 8) == 0 && out[8] == 0xaa);
	CASE("util: hex writes two digits a byte and a NUL");
	memset(text, '!', sizeof text);
	hex(text, p, 0);
	OK(text[0] == '\0' && text[1] == '!');
	memset(text, '!', sizeof text);
	hex(text, p, 8);
	OK(strcmp(text, "fedcba9876543210") == 0);
	OK(text[17] == '!');
	hex(text, (const uint8_t *)"\0\x01\x0f\xff", 4);
	OK(strcmp(text, "00010fff") == 0);
	CASE("util: spans compare whole");
	OK(span_of("abc").n == 3);
	OK(span_is(span_of("abc"), "abc"));
	OK(!span_is(span_of("abc"), "ab"));
	OK(!span_is(span_of("ab"), "abc"));
	OK(!span_is(span_of("abd"), "abc"));
	OK(span_is(span_of(""), ""));
}

static void
memory(void)
{
	uint8_t *p;
	char *s;
	int i, sum = 0;

	CASE("util: no bytes of memory are an address too");
	p = xmalloc(0);
	OK(p);
	p = xrealloc(p, 0, 10);
	OK(p);
	free(p);
	p = xcalloc(0, 0);
	OK(p);
	free(p);
	CASE("util: xcalloc clears, xrealloc keeps, xstrdup copies");
	p = xcalloc(10, 10);
	for (i = 0; i < 100; i++)
		sum += p[i];
	OK(sum == 0);
	p[99] = 7;
	p = xrealloc(p, 1000, 10);
	OK(p[99] == 7 && p[0] == 0);
	memset(p, 1, 10000);
	free(p);
	s = xstrdup("");
	OK(s[0] == '\0');
	free(s);
	s = xstrdup("copy");
	OK(strcmp(s, "copy") == 0);
	free(s);
}

static void
files(void)
{
	struct buf b = { NULL, 0, 0, 0 };
	char got[8];
	int fd[2];
	size_t i, bad = 0;

	CASE("util: slurp reads a file whole, up to its limit and not over");
	OK(slurp_n(0, 0, &b) == 0 && b.len == 0);
	OK(slurp_n(1, 0, &b) < 0 && errno == EFBIG);
	OK(slurp_n(100, 100, &b) == 0 && b.len == 100);
	OK(slurp_n(101, 100, &b) < 0 && errno == EFBIG);
	OK(slurp_n(65536, 65536, &b) == 0 && b.len == 65536);
	OK(slurp_n(65537, 65536, &b) < 0 && errno == EFBIG);
	OK(slurp_n(300000, 299999, &b) < 0 && errno == EFBIG);
	OK(slurp_n(300000, 300000, &b) == 0 && b.len == 300000);
	for (i = 0; i < MIN(b.len, 300000); i++)
		bad += b.p[i] != (uint8_t)(i * 31 >> 3);
	OK(bad == 0);
	CASE("util: slurp does not gather a stream that never ends");
	fd[0] = open("/dev/zero", O_RDONLY);
	b.len = 0;
	OK(slurp(fd[0], &b, 1000) < 0 && errno == EFBIG);
	close(fd[0]);
	CASE("util: slurp reads a pipe up to its end");
	OK(pipe(fd) == 0);
	OK(write_all(fd[1], "pipe", 4) == 0);
	OK(write_all(fd[1], "line", 4) == 0);
	close(fd[1]);
	b.len = 0;
	OK(slurp(fd[0], &b, 8) == 0);
	OK(b.len == 8 && memcmp(b.p, "pipeline", 8) == 0);
	close(fd[0]);
	CASE("util: slurp and write_all say what went wrong");
	b.len = 0;
	OK(slurp(-1, &b, 8) < 0 && errno == EBADF);
	OK(write_all(-1, "x", 1) < 0 && errno == EBADF);
	OK(write_all(-1, "x", 0) == 0);
	CASE("util: write_all writes all");
	OK(pipe(fd) == 0);
	OK(write_all(fd[1], "1234567", 7) == 0);
	OK(read(fd[0], got, sizeof got) == 7);
	OK(memcmp(got, "1234567", 7) == 0);
	close(fd[0]);
	close(fd[1]);
	buf_free(&b);
}

/* slurp of a file of size bytes that are known. */
static int
slurp_n(size_t size, size_t limit, struct buf *b)
{
	FILE *f = tmpfile();
	size_t i;
	int r, why;

	if (!f)
		return -2;
	for (i = 0; i < size; i++)
		putc((uint8_t)(i * 31 >> 3), f);
	rewind(f);
	b->at = b->len = 0;
	r = slurp(fileno(f), b, limit);
	why = errno;
	fclose(f);
	errno = why;
	return r;
}

static void
randoms(void)
{
	static const uint32_t tops[] = { 1, 2, 3, 7, 10, 1000, 0x80000000,
		0x80000001, UINT32_MAX };
	/* the next number after this is the largest */
	static const uint64_t top = 0x6f508cff10e5cd51;
	uint64_t state = 1, other = 2;
	uint32_t seen[10] = { 0 }, big = 0;
	uint8_t a[40], b[40];
	size_t i, j;

	CASE("util: rnd_next is xorshift64*, its high half");
	OK(rnd_next(&state) == 0x47e4ce4b);
	OK(rnd_next(&state) == 0xabcfa6a8);
	OK(rnd_next(&state) == 0xb9d10d8f);
	OK(rnd_next(&other) != 0x47e4ce4b);
	CASE("util: rnd_below stays below, whatever the bound");
	for (i = 0; i < LEN(tops); i++)
		for (j = 0; j < 1000; j++)
			OK(rnd_below(&state, tops[i]) < tops[i]);
	CASE("util: rnd_below gives every number about as often");
	for (i = 0; i < 10000; i++)
		seen[rnd_below(&state, 10)]++;
	for (i = 0; i < 10; i++)
		OK(seen[i] > 850 && seen[i] < 1150);
	state = other = top;
	OK(rnd_next(&other) == UINT32_MAX);
	for (i = 0; i < LEN(tops); i++) {
		state = top;
		OK(rnd_below(&state, tops[i]) == tops[i] - 1);
	}
	for (i = 0; i < 1000; i++)
		big += rnd_below(&state, UINT32_MAX) > UINT32_MAX / 2;
	OK(big > 400 && big < 600);
	CASE("util: rnd_bytes fills n bytes, never the same");
	memset(a, 0, sizeof a);
	memset(b, 0, sizeof b);
	rnd_bytes(a, 32);
	rnd_bytes(b, 32);
	OK(memcmp(a, b, 32) != 0);
	OK(get64(a) != 0 && get64(a + 24) != 0);
	OK(get64(a + 32) == 0);
	rnd_bytes(b, 0);
}

/* The first 16 of the values that SipHash's authors publish: the key is the
 * bytes 0 to 15, the text the first i bytes of 0, 1, 2... */
static void
siphashes(void)
{
	static const uint64_t want[16] = {
		0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a,
		0x85676696d7fb7e2d, 0xcf2794e0277187b7, 0x18765564cd99a68d,
		0xcbc9466e58fee3ce, 0xab0200f58b01d137, 0x93f5f5799a932462,
		0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
		0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee,
		0xa129ca6149be45e5,
	};
	uint8_t key[16], text[16], *copy;
	size_t i;

	CASE("util: SipHash-2-4 gives its authors' values");
	for (i = 0; i < 16; i++)
		key[i] = text[i] = (uint8_t)i;
	for (i = 0; i < 16; i++) {
		copy = unit_copy(text, i);
		OK(siphash(key, copy, i) == want[i]);
		free(copy);
	}
}

static void
messages(void)
{
	char want[128];

	CASE("util: warn and die say who speaks");
	OK(said(0, 0, "btsh: it is so\n"));
	OK(said(1, 0, "btsh: it is so\n"));
	CASE("util: a trailing colon appends the system's reason");
	snprintf(want, sizeof want, "btsh: open so: %s\n", strerror(ENOENT));
	OK(said(0, ENOENT, want));
	OK(said(1, ENOENT, want));
	CASE("util: of a long message the middle goes, not the reason");
	OK(reason_said(0, 100));
	OK(reason_said(0, 9000));
	OK(reason_said(1, 6600));
	OK(reason_said(1, 20000));
}

/* Whether a child that is told of n bytes says why, in one write to a pipe if
 * that must be at once. */
static int
reason_said(int at_once, size_t n)
{
	static const char end[] = "\xc3\xa9: the reason\n";
	char *what = xmalloc(2 * n + 1);
	struct buf b = { NULL, 0, 0, 0 };
	size_t i, most = at_once ? 4096 : 8300;
	int fd[2], good;
	pid_t pid;

	for (i = 0; i < 2 * n; i++)
		what[i] = i % 2 ? '\xa9' : '\xc3';
	what[i] = '\0';
	fflush(stdout);
	if (pipe(fd) < 0)
		return 0;
	pid = fork();
	if (pid == 0) {
		dup2(fd[1], 2);
		if (at_once)
			warn_at_once();
		warn("%s: the reason", what);
		_exit(0);
	}
	close(fd[1]);
	slurp(fd[0], &b, 100000);
	close(fd[0]);
	waitpid(pid, NULL, 0);
	buf_put(&b, "", 1);
	good = b.len <= most && b.len > sizeof end &&
	    !strchr((char *)b.p, '\\') && /* whole characters */
	    strcmp((char *)b.p + b.len - sizeof end, end) == 0 &&
	    (strstr((char *)b.p, "...") != NULL) == (2 * n > most);
	buf_free(&b);
	free(what);
	return good;
}

/* Whether a child that warns or dies writes want, and how it exits. */
static int
said(int dies, int why, const char *want)
{
	struct buf b = { NULL, 0, 0, 0 };
	int fd[2], status = -1, same;
	pid_t pid;

	fflush(stdout);
	if (pipe(fd) < 0)
		return 0;
	pid = fork();
	if (pid == 0) {
		dup2(fd[1], 2);
		errno = why;
		if (dies && why)
			die("open %s:", "so");
		else if (dies)
			die("it is %s", "so");
		else if (why)
			warn("open %s:", "so");
		else
			warn("it is %s", "so");
		_exit(0);
	}
	close(fd[1]);
	slurp(fd[0], &b, 1000);
	close(fd[0]);
	waitpid(pid, &status, 0);
	same = b.len == strlen(want) && memcmp(b.p, want, b.len) == 0 &&
	    WIFEXITED(status) &&
	    WEXITSTATUS(status) == (dies ? EXIT_FAIL : 0);
	buf_free(&b);
	return same;
}
