/* tar: the head's fields by the words of POSIX, paths of every length, records
 * that count themselves, and a small reader that gets out what went in. */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "torrent/tar.h"
#include "unit.h"

#define GIB8 ((int64_t)1 << 33) /* a size that needs a record */

enum {
	NAME = 100, PREFIX = 155, /* bytes in the head */
	SUM = 148, TYPE = 156,    /* where they stand */
	MAGIC = 257, PREFIX_AT = 345,
	PATHS = 5000              /* random ones */
};

/* A file, as the reader finds it. */
struct entry {
	struct buf path;    /* owned */
	int64_t size, mtime;
	int records;        /* how many a pax header gave */
	struct span pax;    /* their bytes, in the archive */
};

static void fields(void);
static void links(void);
static void sums(void);
static void times(void);
static void octal_sizes(void);
static void pads(void);
static void splits(void);
static int split_ok(const char *path, size_t n);
static int splittable(const char *path, size_t n);
static void records(void);
static void large(void);
static void archives(void);

static long read_entry(struct entry *e, const uint8_t *p, size_t n);
static int head_ok(const uint8_t *p);
static int octal(const uint8_t *p, size_t n, int64_t *v);
static int read_pax(struct entry *e, const uint8_t *p, size_t n);
static void entry_free(struct entry *e);
static struct buf head(const char *path, int64_t size, int64_t mtime);
static int zeros(const uint8_t *p, size_t n);
static struct span span(const char *p, size_t n);

void
test_tar(void)
{
	fields();
	links();
	sums();
	times();
	octal_sizes();
	pads();
	splits();
	records();
	large();
	archives();
}

static void
fields(void)
{
	struct buf b = head("dir/a file", 1234, 1700000000);
	uint8_t *p = b.p;

	CASE("tar: a head says name, size and time, and who may read it");
	OK(b.len == TAR_BLOCK);
	OK(strcmp((char *)p, "dir/a file") == 0 && zeros(p + 10, 90));
	OK(memcmp(p + 100, "0000644", 8) == 0);
	OK(memcmp(p + 108, "0000000", 8) == 0);
	OK(memcmp(p + 116, "0000000", 8) == 0);
	OK(memcmp(p + 124, "00000002322", 12) == 0);
	OK(memcmp(p + 136, "14524770400", 12) == 0);
	OK(p[SUM + 6] == '\0' && p[SUM + 7] == ' ');
	OK(p[TYPE] == '0' && zeros(p + 157, 100));
	OK(memcmp(p + MAGIC, "ustar\0" "00", 8) == 0);
	OK(zeros(p + 265, 512 - 265));
	CASE("tar: a head stands behind what was there");
	tar_head(&b, span_of("b"), 0, 0);
	OK(b.len == 2 * TAR_BLOCK);
	OK(strcmp((char *)b.p, "dir/a file") == 0 && head_ok(b.p));
	OK(strcmp((char *)b.p + TAR_BLOCK, "b") == 0);
	OK(head_ok(b.p + TAR_BLOCK));
	buf_free(&b);
}

static void
links(void)
{
	char target[300];
	struct buf b = { 0 };

	CASE("tar: a symbolic link has no bytes, and says where it leads");
	memset(target, 't', sizeof target);
	tar_link(&b, span_of("dir/l"), span("t", 1), 7);
	OK(b.len == TAR_BLOCK && head_ok(b.p) && b.p[TYPE] == '2');
	OK(strcmp((char *)b.p, "dir/l") == 0);
	OK(strcmp((char *)b.p + 157, "t") == 0 && zeros(b.p + 158, 99));
	OK(memcmp(b.p + 124, "00000000000", 12) == 0);
	b.len = 0;
	tar_link(&b, span_of("l"), span(target, 100), 7);
	OK(b.len == TAR_BLOCK && head_ok(b.p));
	OK(memcmp(b.p + 157, target, 100) == 0);
	b.len = 0;
	tar_link(&b, span_of("l"), span(target, 300), 7);
	OK(b.len == 3 * TAR_BLOCK && head_ok(b.p) && b.p[TYPE] == 'x');
	OK(memcmp(b.p + TAR_BLOCK, "314 linkpath=ttt", 16) == 0);
	OK(b.p[TAR_BLOCK + 313] == '\n');
	OK(head_ok(b.p + 2 * TAR_BLOCK) && b.p[2 * TAR_BLOCK + TYPE] == '2');
	buf_free(&b);
}

static void
sums(void)
{
	struct buf b = head("x", 0, 0);
	int64_t sum;
	int i;

	CASE("tar: a head's sum is that of its bytes, spaces in its place");
	OK(head_ok(b.p));
	/* by hand: the bytes that are not 0 */
	OK(octal(b.p + SUM, 7, &sum) == 0);
	OK(sum == 'x' + 7 * '0' + 14 + 2 * 7 * '0' + 2 * 11 * '0' + 8 * ' ' +
	    '0' + 'u' + 's' + 't' + 'a' + 'r' + 2 * '0');
	for (i = 0; i < TAR_BLOCK; i++) {
		b.p[i] ^= 1;
		OK(!head_ok(b.p));
		b.p[i] ^= 1;
	}
	buf_free(&b);
	CASE("tar: bytes over 127 count as what they are, not below zero");
	b = head("\xff\xfe\x80", 0, 0);
	OK(head_ok(b.p));
	buf_free(&b);
}

static void
times(void)
{
	static const struct { int64_t t; const char *want; } rows[] = {
		{ 0, "00000000000" }, { 1, "00000000001" },
		{ -1, "00000000000" }, { INT64_MIN, "00000000000" },
		{ GIB8 - 1, "77777777777" }, { GIB8, "77777777777" },
		{ INT64_MAX, "77777777777" },
	};
	struct buf b;
	size_t i;

	CASE("tar: times that a head cannot say are the nearest that it can");
	for (i = 0; i < LEN(rows); i++) {
		b = head("x", 0, rows[i].t);
		OK_FOR(rows[i].want, b.len == TAR_BLOCK && head_ok(b.p));
		OK_FOR(rows[i].want, memcmp(b.p + 136, rows[i].want, 12) == 0);
		buf_free(&b);
	}
}

static void
octal_sizes(void)
{
	static const struct { int64_t n; const char *want; } rows[] = {
		{ 0, "00000000000" }, { 1, "00000000001" },
		{ 511, "00000000777" }, { 512, "00000001000" },
		{ INT32_MAX, "17777777777" }, { GIB8 - 1, "77777777777" },
	};
	struct buf b;
	size_t i;

	CASE("tar: a size below 8 GiB is eleven digits");
	for (i = 0; i < LEN(rows); i++) {
		b = head("x", rows[i].n, 0);
		OK_FOR(rows[i].want, b.len == TAR_BLOCK && head_ok(b.p));
		OK_FOR(rows[i].want, memcmp(b.p + 124, rows[i].want, 12) == 0);
		buf_free(&b);
	}
}

static void
pads(void)
{
	struct buf b = { NULL, 0, 0, 0 };
	int64_t n;

	CASE("tar: a file's bytes are filled up to whole blocks");
	for (n = 0; n < 2000; n++)
		OK(tar_pad(n) < TAR_BLOCK &&
		    (n + (int64_t)tar_pad(n)) % TAR_BLOCK == 0);
	OK(tar_pad(GIB8) == 0 && tar_pad(GIB8 + 1) == 511);
	OK(tar_pad(((int64_t)1 << 62) - 1) == 1);
	CASE("tar: an archive ends with two blocks of zeros");
	buf_put(&b, "before", 6);
	tar_end(&b);
	OK(b.len == 6 + 1024 && zeros(b.p + 6, 1024));
	OK(memcmp(b.p, "before", 6) == 0);
	buf_free(&b);
}

static void
splits(void)
{
	char path[400];
	uint64_t rnd = 5;
	size_t n, i, k;
	int bad = 0;

	memset(path, 'n', sizeof path);
	CASE("tar: a path with one slash, of every length and at every place");
	for (n = 1; n < 300; n++) {
		bad += !split_ok(path, n);
		for (i = 1; i + 1 < n; i++) {
			path[i] = '/';
			bad += !split_ok(path, n);
			path[i] = 'n';
		}
	}
	OK(bad == 0);
	CASE("tar: it is parted at 100 and 155, and not one byte further");
	path[155] = '/';
	OK(splittable(path, 256) && split_ok(path, 256));
	OK(!splittable(path, 257) && split_ok(path, 257));
	path[155] = 'n';
	path[156] = '/';
	OK(!splittable(path, 200) && split_ok(path, 200));
	path[156] = 'n';
	path[1] = '/';
	OK(splittable(path, 102) && split_ok(path, 102));
	OK(!splittable(path, 103) && split_ok(path, 103));
	CASE("tar: paths with slashes anywhere");
	for (i = 0; i < PATHS; i++) {
		n = 1 + rnd_below(&rnd, 399);
		for (k = 0; k < n; k++)
			path[k] = (char)('a' + rnd_below(&rnd, 26));
		/* elements that are not empty */
		for (k = 1 + rnd_below(&rnd, 90); k + 1 < n;
		    k += 2 + rnd_below(&rnd, i % 2 ? 40 : 160))
			path[k] = '/';
		bad += !split_ok(path, n);
	}
	OK(bad == 0);
}

/* Whether a path comes back, through name and prefix if it can. */
static int
split_ok(const char *path, size_t n)
{
	struct buf b = { NULL, 0, 0, 0 };
	struct entry e;
	uint8_t *copy = unit_copy(path, n);
	int ok, fits = splittable(path, n);

	tar_head(&b, span((char *)copy, n), 77, 5);
	ok = read_entry(&e, b.p, b.len) == (long)b.len;
	ok = ok && e.path.len == n && memcmp(e.path.p, path, n) == 0;
	ok = ok && e.size == 77 && e.mtime == 5 && e.records == !fits;
	ok = ok && (!fits || b.len == TAR_BLOCK);
	ok = ok && (n > NAME || b.p[PREFIX_AT] == '\0');
	entry_free(&e);
	buf_free(&b);
	free(copy);
	return ok;
}

/* By trying every place. */
static int
splittable(const char *path, size_t n)
{
	size_t i;

	if (n <= NAME)
		return 1;
	for (i = 1; i < n; i++)
		if (path[i] == '/' && i <= PREFIX &&
		    n - i - 1 <= NAME)
			return 1;
	return 0;
}

static void
records(void)
{
	char path[10200], want[32];
	struct buf b = { NULL, 0, 0, 0 };
	struct entry e;
	size_t n, i;

	memset(path, 'p', sizeof path);
	for (i = 50; i < sizeof path; i += 200)
		path[i] = '/';
	CASE("tar: a record's number counts itself, at 1,000 and 10,000 too");
	for (n = 257; n < sizeof path; n += n > 1100 && n < 9900 ? 97 : 1) {
		b.len = 0;
		tar_head(&b, span(path, n), 1, 1);
		OK(read_entry(&e, b.p, b.len) == (long)b.len);
		OK(e.records == 1 && e.path.len == n);
		OK(e.path.len == n && memcmp(e.path.p, path, n) == 0);
		snprintf(want, sizeof want, "%zu path=", e.pax.n);
		OK_FOR(want, e.pax.n == strlen(want) + n + 1);
		OK_FOR(want, memcmp(e.pax.p, want, strlen(want)) == 0);
		OK_FOR(want, e.pax.p[e.pax.n - 1] == '\n');
		entry_free(&e);
	}
	CASE("tar: records of 999 and of 1,001 bytes, and none of 1,000");
	b.len = 0;
	tar_head(&b, span(path, 999 - 10), 1, 1);
	OK(memcmp(b.p + TAR_BLOCK, "999 path=", 9) == 0);
	b.len = 0;
	tar_head(&b, span(path, 999 - 9), 1, 1);
	OK(memcmp(b.p + TAR_BLOCK, "1001 path=", 10) == 0);
	CASE("tar: records that are a whole block need no zeros");
	b.len = 0;
	tar_head(&b, span(path, 512 - 10), 1, 1);
	OK(b.len == 3 * TAR_BLOCK && b.p[2 * TAR_BLOCK - 1] == '\n');
	b.len = 0;
	tar_head(&b, span(path, 512 - 9), 1, 1);
	OK(b.len == 4 * TAR_BLOCK && b.p[2 * TAR_BLOCK] == '\n');
	OK(zeros(b.p + 2 * TAR_BLOCK + 1, 511));
	CASE("tar: a record holds any bytes, newlines too");
	memcpy(path, "12 path=x\n\xff\n", 12);
	b.len = 0;
	tar_head(&b, span(path, 300), 1, 1);
	OK(read_entry(&e, b.p, b.len) == (long)b.len && e.records == 1);
	OK(e.path.len == 300 && memcmp(e.path.p, path, 300) == 0);
	entry_free(&e);
	CASE("tar: a path in a record is named in the head as far as it fits");
	OK(memcmp(b.p + b.len - TAR_BLOCK, path, NAME) == 0);
	OK(b.p[b.len - TAR_BLOCK + PREFIX_AT] == '\0');
	buf_free(&b);
}

static void
large(void)
{
	static const int64_t sizes[] = { GIB8 - 1, GIB8, GIB8 + 1, 9999999999,
		10000000000, (int64_t)1 << 40, ((int64_t)1 << 62) - 1,
		(int64_t)1 << 62, INT64_MAX };
	char path[300], want[64];
	struct buf b = { NULL, 0, 0, 0 };
	struct entry e;
	size_t i, n;
	int both;

	memset(path, 'p', sizeof path);
	CASE("tar: sizes of 8 GiB and more are in a record");
	for (i = 0; i < 2 * LEN(sizes); i++) {
		both = i >= LEN(sizes); /* the path is in one, too */
		b.len = 0;
		tar_head(&b, span(path, both ? 300 : 3),
		    sizes[i % LEN(sizes)], 1);
		snprintf(want, sizeof want, "%" PRId64 "\n",
		    sizes[i % LEN(sizes)]);
		OK_FOR(want, read_entry(&e, b.p, b.len) == (long)b.len);
		OK_FOR(want, e.size == sizes[i % LEN(sizes)]);
		OK_FOR(want, e.path.len == (both ? 300 : 3));
		OK_FOR(want, e.records == both + (e.size >= GIB8));
		n = strlen(want);
		if (e.size >= GIB8)
			OK_FOR(want, e.pax.n > n && memcmp(e.pax.p +
			    e.pax.n - n, want, n) == 0);
		entry_free(&e);
	}
	CASE("tar: the size's record byte by byte");
	b.len = 0;
	tar_head(&b, span_of("x"), GIB8, 1);
	OK(b.len == 3 * TAR_BLOCK && b.p[TYPE] == 'x');
	OK(memcmp(b.p + TAR_BLOCK, "19 size=8589934592\n", 19) == 0);
	OK(zeros(b.p + TAR_BLOCK + 19, TAR_BLOCK - 19));
	OK(memcmp(b.p + 2 * TAR_BLOCK + 124, "00000000000", 12) == 0);
	OK(b.p[2 * TAR_BLOCK + TYPE] == '0');
	buf_free(&b);
}

static void
archives(void)
{
	struct buf b = { NULL, 0, 0, 0 }, path = { NULL, 0, 0, 0 };
	uint64_t rnd = 17, again;
	struct entry e;
	int64_t size;
	size_t at, i;
	uint32_t k;
	long n;
	int turn, bad = 0;

	CASE("tar: archives of many files are read as they were written");
	for (turn = 0; turn < 50; turn++) {
		again = rnd;
		b.len = 0;
		for (i = 0; i < 20; i++) {
			path.len = 0;
			for (k = rnd_below(&rnd, 12); k-- > 0; )
				buf_printf(&path, "%.*s/", (int)(1 +
				    rnd_below(&rnd, 40)), "0123456789"
				    "0123456789012345678901234567890");
			buf_printf(&path, "%d", (int)i);
			size = rnd_below(&rnd, 1500);
			tar_head(&b, span((char *)path.p, path.len), size,
			    (int64_t)i);
			memset(buf_room(&b, 2048), 0, 2048);
			memset(b.p + b.len, (int)i + 1, (size_t)size);
			b.len += (size_t)size + tar_pad(size);
		}
		tar_end(&b);
		for (at = i = 0; i < 20; i++) {
			path.len = 0;
			for (k = rnd_below(&again, 12); k-- > 0; )
				buf_printf(&path, "%.*s/", (int)(1 +
				    rnd_below(&again, 40)), "0123456789"
				    "0123456789012345678901234567890");
			buf_printf(&path, "%d", (int)i);
			size = rnd_below(&again, 1500);
			n = read_entry(&e, b.p + at, b.len - at);
			bad += n <= 0 || e.size != size || e.mtime !=
			    (int64_t)i || e.path.len != path.len ||
			    memcmp(e.path.p, path.p, path.len) != 0;
			entry_free(&e);
			if (n <= 0)
				break;
			at += (size_t)n;
			for (; size > 0; size--)
				bad += b.p[at++] != (uint8_t)(i + 1);
			for (; at % TAR_BLOCK > 0; at++)
				bad += b.p[at] != 0;
		}
		bad += b.len - at != 1024 || !zeros(b.p + at, 1024);
	}
	OK(bad == 0);
	buf_free(&b);
	buf_free(&path);
}

/* The bytes before a file's own: its head, and a pax header before it.  0:
 * there are not enough; -1: they are wrong. */
static long
read_entry(struct entry *e, const uint8_t *p, size_t n)
{
	const uint8_t *at = p;
	int64_t len = 0, size;

	memset(e, 0, sizeof *e);
	if (n < TAR_BLOCK)
		return 0;
	if (!head_ok(at))
		return -1;
	if (at[TYPE] == 'x') {
		if (octal(at + 124, 12, &len) < 0)
			return -1;
		if ((int64_t)n < 2 * TAR_BLOCK + len + (-len & 511))
			return 0;
		at += TAR_BLOCK;
		if (read_pax(e, at, (size_t)len) < 0 ||
		    !zeros(at + len, (size_t)(-len & 511)))
			return -1;
		at += len + (-len & 511);
	}
	if (!head_ok(at) || at[TYPE] != '0' ||
	    octal(at + 124, 12, &size) < 0 ||
	    octal(at + 136, 12, &e->mtime) < 0)
		return -1;
	if (e->size == 0)
		e->size = size;
	if (e->path.len == 0) {
		if (at[PREFIX_AT])
			buf_printf(&e->path, "%.155s/",
			    (char *)at + PREFIX_AT);
		buf_printf(&e->path, "%.100s", (char *)at);
	}
	return (long)(at + TAR_BLOCK - p);
}

static int
head_ok(const uint8_t *p)
{
	unsigned sum = 0;
	int64_t said;
	int i;

	for (i = 0; i < TAR_BLOCK; i++)
		sum += i >= SUM && i < SUM + 8 ? ' ' : p[i];
	return octal(p + SUM, 7, &said) == 0 && said == (int64_t)sum &&
	    p[SUM + 7] == ' ' && memcmp(p + MAGIC, "ustar\0" "00", 8) == 0;
}

/* n - 1 digits and a NUL: 0 or -1. */
static int
octal(const uint8_t *p, size_t n, int64_t *v)
{
	size_t i;

	*v = 0;
	for (i = 0; i < n - 1; i++) {
		if (p[i] < '0' || p[i] > '7')
			return -1;
		*v = *v * 8 + (p[i] - '0');
	}
	return p[n - 1] == '\0' ? 0 : -1;
}

/* Records "LEN KEY=VALUE\n": 0 or -1. */
static int
read_pax(struct entry *e, const uint8_t *p, size_t n)
{
	size_t len, at, digits;

	e->pax = span((const char *)p, n);
	while (n > 0) {
		for (len = digits = 0; digits < n && p[digits] >= '0' &&
		    p[digits] <= '9' && digits < 6; digits++)
			len = len * 10 + (size_t)(p[digits] - '0');
		at = digits + 6; /* " path=" and " size=" */
		if (digits == 0 || p[0] == '0' || len > n || len <= at ||
		    p[len - 1] != '\n')
			return -1;
		if (memcmp(p + digits, " path=", 6) == 0)
			buf_put(&e->path, p + at, len - at - 1);
		else if (memcmp(p + digits, " size=", 6) != 0)
			return -1;
		for (; p[digits + 1] == 's' && at < len - 1; at++)
			e->size = e->size * 10 + (p[at] - '0');
		e->records++;
		p += len;
		n -= len;
	}
	return 0;
}

static void
entry_free(struct entry *e)
{
	buf_free(&e->path);
}

static struct buf
head(const char *path, int64_t size, int64_t mtime)
{
	struct buf b = { NULL, 0, 0, 0 };

	tar_head(&b, span_of(path), size, mtime);
	return b;
}

static int
zeros(const uint8_t *p, size_t n)
{
	for (; n > 0; n--)
		if (*p++)
			return 0;
	return 1;
}

static struct span
span(const char *p, size_t n)
{
	struct span s = { (const uint8_t *)p, n };

	return s;
}
