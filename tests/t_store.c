/* store: torrents of one file and of many, in a directory of their own; what
 * is on the disk already, and what somebody put in a file's place.  What could
 * hang, or changes the process, is done in a child. */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "rand.h"
#include "sha1.h"
#include "bencode.h"
#include "torrent/meta.h"
#include "torrent/files.h"
#include "torrent/site.h"
#include "torrent/resume.h"
#include "torrent/store.h"
#include "unit.h"

enum { PIECE = 32768, MANY = 500, DEEP = 60 };

/* A file of a torrent to be made; path is "a/b", NULL for a single file. */
struct spec {
	const char *path;
	int64_t len;
	int pad;
};

static void single(void);
static void many(void);
static void digests(void);
static void rewrites(void);
static void small_pieces(void);
static void batches(void);
static void descriptors(void);
static void scans(void);
static void untouched(void);
static void links(void);
static void followed(void);
static void places(void);
static int in_place(const char *dir);
static void limits(void);
static int few_descriptors(const char *dir);
static int one_pool(const char *dir);
static int short_pool(const char *dir);
static int pool_of(const char *dir, int most, int limit);
static int small_files(const char *dir);
static int read_only(const char *dir);
static void deep(void);
static void errors(void);
static void flags(void);
static void begins(void);
static void proofs(void);
static void meanwhile(void);
static int begun(const struct meta *m, const char *dir, const char *name,
    int store_flags, uint32_t have);
static int marked(const struct meta *m, const char *dir, const char *name);
static int other_mark(const char *dir, const char *name);
static int unmarked(const char *dir);
static void marks(void);
static void huge(void);
static void skips(void);
static int skipped_ok(const struct meta *m, const char *dir,
    const uint8_t *skip);
static int brought_home(const struct meta *m, const char *dir,
    const uint8_t *wanted);
static void planted(void);
static void skip_nowhere(void);
static void temporary(void);
static const char *beside(const char *dir, const struct meta *m);

static struct meta *torrent(const char *name, const struct spec *specs,
    size_t n, uint32_t piece_len);
static void put_path(struct buf *b, const char *path);
static void put_digests(struct buf *b, const struct spec *specs, size_t n,
    int64_t size, uint32_t piece_len);
static uint8_t byte_at(int64_t off);
static void bytes(const struct meta *m, int64_t off, uint8_t *p, size_t n);
static int put_block(struct store *s, const struct meta *m, struct block b);
static int put_piece(struct store *s, const struct meta *m, uint32_t piece);
static int put_all(struct store *s, const struct meta *m);
static int get_all(struct store *s, const struct meta *m);
static int on_disk(const struct meta *m, const char *dir, const char *name);
static int child(int (*fn)(const char *dir), const char *dir);
static char *dir_new(void);
static void dir_free(char *dir);
static void dir_empty(int fd);
static const char *at(const char *dir, const char *path);
static int make_file(const char *path, const void *p, size_t n);
static int file_is(const char *path, const void *p, size_t n);
static int entries(const char *path);
static int safe(const char *text);

static const struct spec one[] = { { NULL, 3 * PIECE + 1000, 0 } };
static const struct spec mixed[] = {
	{ "empty first", 0, 0 }, { "a", 10000, 0 }, { "b/c", 5, 0 },
	{ "b/d/e", 100000, 0 }, { "b/d/nothing", 0, 0 },
	{ ".pad/7", 20763, 1 }, { "f", 1, 0 }, { "g", 32767, 0 },
	{ "b/h", 70000, 0 }, { ".pad/8", 500, 1 }, { "b/i", 3, 0 },
	{ "z/empty last", 0, 0 },
};

static struct files *files;

void
test_store(void)
{
	files = files_new(12);
	single();
	many();
	digests();
	rewrites();
	batches();
	small_pieces();
	descriptors();
	scans();
	untouched();
	links();
	followed();
	places();
	limits();
	deep();
	errors();
	flags();
	begins();
	proofs();
	meanwhile();
	marks();
	huge();
	skips();
	planted();
	skip_nowhere();
	temporary();
	files_free(files);
}

static void
single(void)
{
	char *dir = dir_new();
	struct meta *m = torrent("one", one, 1, PIECE);
	struct store *s = store_new(files, m, dir, NULL, STORE_WRITE);
	uint8_t p[PIECE];
	uint32_t i;

	CASE("store: nothing is made before something is written");
	OK(m->sh.npieces == 4 && entries(dir) == 0);
	OK(bit_count(store_have(s), 4) == 0);
	OK(store_read(s, 0, p, 1) == -1);
	OK(entries(dir) == 0);
	CASE("store: a file written in order is whole");
	for (i = 0; i < 4; i++) {
		OK(put_piece(s, m, i) == 0);
		OK(store_verify(s, i) == 1);
		OK(bit_count(store_have(s), 4) == i + 1);
		OK(bit_get(store_have(s), i));
	}
	OK(get_all(s, m));
	OK(store_free(s) == 0);
	OK(on_disk(m, dir, NULL) && entries(dir) == 1);
	CASE("store: any name can be given to it");
	s = store_new(files, m, dir, "other", STORE_WRITE);
	OK(put_all(s, m) == 0);
	OK(store_free(s) == 0);
	OK(on_disk(m, dir, "other") && entries(dir) == 2);
	CASE("store: a directory that is not there is made");
	s = store_new(files, m, at(dir, "new"), NULL, STORE_WRITE);
	OK(put_block(s, m, (struct block){ 0, 0, 10 }) == 0);
	OK(store_free(s) == 0);
	OK(entries(at(dir, "new")) == 1);
	CASE("store: what is noted in the have set stays there");
	s = store_new(files, m, dir, NULL, 0);
	store_set_have(s, 2);
	OK(bit_count(store_have(s), 4) == 1 && bit_get(store_have(s), 2));
	OK(store_free(s) == 0);
	meta_free(m);
	dir_free(dir);
}

static void
many(void)
{
	char *dir = dir_new();
	struct meta *m = torrent("many", mixed, LEN(mixed), PIECE);
	struct store *s = store_new(files, m, dir, NULL, STORE_WRITE);
	struct block todo[64], b;
	uint32_t size, n = 0, i, k;
	uint64_t rnd = 3;

	CASE("store: pieces across files, written in any order, are whole");
	for (i = 0; i < m->sh.npieces; i++) {
		size = shape_len(&m->sh, i);
		for (k = 0; k < size; k += 5000) {
			b.piece = i;
			b.begin = k;
			b.len = MIN(5000, size - k);
			todo[n++] = b;
		}
	}
	OK(n > 40 && n <= 64);
	for (i = 0; i < n; i++) {
		k = i + rnd_below(&rnd, n - i);
		b = todo[k];
		todo[k] = todo[i];
		OK(put_block(s, m, b) == 0);
	}
	for (i = 0; i < m->sh.npieces; i++)
		OK(store_verify(s, i) == 1);
	OK(bit_count(store_have(s), m->sh.npieces) == m->sh.npieces);
	OK(get_all(s, m));
	OK(store_begin(s) == 0);
	OK(store_begin(s) == 0);
	OK(store_free(s) == 0);
	CASE("store: each file is right, empty ones too, and pads are none");
	OK(on_disk(m, dir, NULL));
	OK(access(at(dir, "many/.pad"), F_OK) < 0);
	OK(entries(at(dir, "many")) == 6 && entries(at(dir, "many/b")) == 4);
	CASE("store: it reads across any of their borders");
	s = store_new(files, m, dir, NULL, 0);
	for (i = 0; i < 2000; i++) {
		uint8_t *p, *want;
		int64_t off;
		size_t len;

		off = rnd_below(&rnd, (uint32_t)m->sh.size);
		len = 1 + rnd_below(&rnd, 60000);
		len = MIN(len, (size_t)(m->sh.size - off));
		p = xmalloc(len);
		want = xmalloc(len);
		bytes(m, off, want, len);
		OK(store_read(s, off, p, len) == 0);
		OK(memcmp(p, want, len) == 0);
		free(p);
		free(want);
	}
	OK(store_read(s, 0, NULL, 0) == 0);
	OK(store_free(s) == 0);
	meta_free(m);
	dir_free(dir);
}

static void
digests(void)
{
	char *dir = dir_new();
	struct meta *m = torrent("many", mixed, LEN(mixed), PIECE);
	struct store *s = store_new(files, m, dir, NULL, STORE_WRITE);
	uint8_t p[PIECE], wrong;
	struct block b;
	uint32_t i;

	CASE("store: pieces come at the same time, each with its digest");
	for (b.begin = 0; b.begin < PIECE; b.begin += b.len)
		for (b.piece = 0; b.piece < m->sh.npieces - 1; b.piece++) {
			b.len = 8192;
			OK(put_block(s, m, b) == 0);
		}
	for (i = 0; i < m->sh.npieces - 1; i++)
		OK(store_verify(s, m->sh.npieces - 2 - i) == 1);
	OK(store_free(s) == 0);
	CASE("store: a wrong byte anywhere gives 0, and no have");
	s = store_new(files, m, dir, NULL, STORE_WRITE);
	for (i = 0; i < 8; i++) {
		/* forwards, whose hash runs along, and backwards */
		wrong = (uint8_t)(i / 2);
		for (b.begin = 0; b.begin < 4; b.begin++) {
			struct block c;

			c.piece = 1;
			c.begin = (i % 2 ? b.begin : 3 - b.begin) * 8192;
			c.len = 8192;
			bytes(m, PIECE + c.begin, p, c.len);
			p[5000] ^= c.begin / 8192 == wrong;
			OK(store_put(s, c, p) == 0 && store_settle(s) == 0);
		}
		OK(store_verify(s, 1) == 0);
		OK(!bit_get(store_have(s), 1));
	}
	CASE("store: right bytes after wrong ones give 1");
	OK(put_piece(s, m, 1) == 0);
	OK(store_verify(s, 1) == 1 && bit_get(store_have(s), 1));
	CASE("store: what is forgotten is hashed anew");
	memset(p, 0, sizeof p);
	b.piece = 2;
	b.begin = 0;
	b.len = 8192;
	OK(store_put(s, b, p) == 0 && store_settle(s) == 0);
	store_forget(s, 2);
	store_forget(s, 2);
	OK(put_piece(s, m, 2) == 0);
	OK(store_verify(s, 2) == 1);
	CASE("store: a piece that cannot be read is -1");
	b.piece = 3;
	b.begin = 8192;
	OK(put_block(s, m, b) == 0);
	OK(truncate(at(dir, "many/b/d/e"), 10) == 0);
	OK(store_verify(s, 3) == -1);
	OK(!bit_get(store_have(s), 3) && safe(store_error(s)));
	OK(store_free(s) == 0);
	meta_free(m);
	dir_free(dir);
}

static void
rewrites(void)
{
	char *dir = dir_new();
	struct meta *m = torrent("one", one, 1, PIECE);
	struct store *s = store_new(files, m, dir, NULL, STORE_WRITE);
	uint8_t p[PIECE];
	struct block b = { 0, 0, 16384 };

	CASE("store: a block that comes twice does not hide what is on disk");
	memset(p, 1, sizeof p);
	OK(put_piece(s, m, 0) == 0);
	/* other bytes, over the right ones */
	OK(store_put(s, b, p) == 0 && store_settle(s) == 0);
	OK(store_verify(s, 0) == 0);
	OK(store_put(s, b, p) == 0 && store_settle(s) == 0);
	OK(put_piece(s, m, 0) == 0);
	OK(store_verify(s, 0) == 1);
	CASE("store: a piece that is on disk already is verified there");
	bytes(m, 0, p, PIECE);
	OK(store_write(s, 0, p, PIECE) == 0);
	OK(store_verify(s, 0) == 1);
	OK(store_free(s) == 0);
	meta_free(m);
	dir_free(dir);
}

/* Blocks of any sizes, in runs and apart, all owed until some are settled. */
static void
batches(void)
{
	enum { CUTS = 40, TURNS = 300 };
	char *dir = dir_new();
	struct meta *m = torrent("many", mixed, LEN(mixed), PIECE);
	struct store *s = store_new(files, m, dir, NULL, STORE_WRITE);
	size_t size = (size_t)m->sh.size;
	uint8_t *model = xcalloc(size, 1), *put = xcalloc(size, 1);
	uint8_t *got = xcalloc(CUTS, PIECE);
	uint64_t rnd = 99;
	struct block b[CUTS];
	uint32_t i, n, piece, at;
	int wrong = 0, turn;

	CASE("store: many blocks in one go come back as they went");
	OK(store_settle(s) == 0);
	OK(store_write(s, 0, model, size) == 0);
	for (turn = 0; turn < TURNS; turn++) {
		for (i = 0; i < size; i++)
			put[i] = (uint8_t)rnd_next(&rnd);
		for (n = 0, at = 0; n < CUTS; n++) {
			piece = rnd_below(&rnd, m->sh.npieces);
			if (n > 0 && rnd_below(&rnd, 8) > 0) {
				piece = b[n - 1].piece;
				at = b[n - 1].begin + b[n - 1].len;
			} else {
				at = rnd_below(&rnd, shape_len(&m->sh, piece));
			}
			if (at == shape_len(&m->sh, piece)) {
				piece = (piece + 1) % m->sh.npieces;
				at = 0;
			}
			b[n].piece = piece;
			b[n].begin = at;
			b[n].len = 1 + rnd_below(&rnd, MIN(9000,
			    shape_len(&m->sh, piece) - at));
			at += piece * (uint32_t)PIECE;
			memcpy(model + at, put + at, b[n].len);
			wrong += store_put(s, b[n], put + at) != 0;
		}
		wrong += turn % 2 && store_settle(s) != 0;
		for (i = 0; i < m->nfiles; i++)
			memset(model + m->files[i].off, 0, m->files[i].pad ?
			    (size_t)m->files[i].len : 0);
		for (i = 0; i < n; i++)
			wrong += store_get(s, b[i], got + i * PIECE) != 0;
		wrong += store_settle(s) != 0;
		for (i = 0; i < n; i++)
			wrong += memcmp(got + i * PIECE, model + b[i].piece *
			    (size_t)PIECE + b[i].begin, b[i].len) != 0;
	}
	OK(wrong == 0);
	free(model);
	free(put);
	free(got);
	OK(store_free(s) == 0);
	meta_free(m);
	dir_free(dir);
}

static void
small_pieces(void)
{
	static const uint32_t lens[] = { 1024, 5000, 16383 };
	char *dir;
	struct meta *m;
	struct store *s;
	uint8_t *all;
	uint32_t i, k;
	int put;

	CASE("store: pieces smaller than a block are whole, one or many a run");
	for (k = 0; k < LEN(lens); k++) {
		dir = dir_new();
		m = torrent("many", mixed, LEN(mixed), lens[k]);
		s = store_new(files, m, dir, NULL, STORE_WRITE);
		OK(put_all(s, m) == 0 && get_all(s, m));
		OK(store_begin(s) == 0 && store_free(s) == 0);
		OK(on_disk(m, dir, NULL));
		dir_free(dir);

		dir = dir_new();
		s = store_new(files, m, dir, NULL, STORE_WRITE);
		all = xmalloc((size_t)m->sh.size);
		bytes(m, 0, all, (size_t)m->sh.size);
		for (i = 0, put = 0; i < m->sh.npieces; i++)
			put |= store_put(s, (struct block){ i, 0,
			    shape_len(&m->sh, i) }, all +
			    (size_t)i * lens[k]);
		OK(put == 0 && store_settle(s) == 0);
		for (i = 0; i < m->sh.npieces; i++)
			OK(store_verify(s, i) == 1);
		OK(get_all(s, m) && store_begin(s) == 0);
		OK(store_free(s) == 0 && on_disk(m, dir, NULL));
		free(all);
		meta_free(m);
		dir_free(dir);
	}
}

/* Every byte by the descriptor that is told for it. */
static void
descriptors(void)
{
	struct meta *m = torrent("t", mixed, LEN(mixed), PIECE);
	char *dir = dir_new();
	struct store *s = store_new(files, m, dir, NULL, STORE_WRITE);
	uint8_t skip[2] = { 0 }, want[300], got[300];
	int64_t off, at_off, n, rest;
	const struct file *f;
	int fd, ok = 1, npads = 0;

	CASE("store: each byte has a file, and a place in it");
	OK(put_all(s, m) == 0 && store_begin(s) == 0);
	for (off = 0; off < m->sh.size; off += 97) {
		f = &m->files[meta_file_at(m, off)];
		n = 300;
		fd = store_fd(s, off, &at_off, &n);
		if (f->pad) {
			npads += fd < 0;
			ok &= fd < 0;
			continue;
		}
		rest = MIN(300, f->len - (off - f->off));
		bytes(m, off, want, (size_t)rest);
		ok &= fd >= 0 && at_off == off - f->off && n == rest &&
		    pread(fd, got, 300, at_off) == rest &&
		    memcmp(got, want, (size_t)rest) == 0;
	}
	OK(ok && npads > 0);
	CASE("store: one that is gone has none");
	OK(store_free(s) == 0 && unlink(at(dir, "t/b/h")) == 0);
	s = store_new(files, m, dir, NULL, 0);
	n = 10;
	f = &m->files[8];
	OK(store_fd(s, f->off + 5, &at_off, &n) < 0);
	OK(store_error(s)[0] && safe(store_error(s)));
	OK(store_free(s) == 0);
	CASE("store: what is skipped stands beside, at its own place");
	dir_free(dir);
	dir = dir_new();
	s = store_new(files, m, dir, NULL, STORE_WRITE);
	bit_set(skip, 8);
	store_skip(s, skip);
	OK(put_all(s, m) == 0 && store_begin(s) == 0);
	n = 300;
	fd = store_fd(s, f->off + 5, &at_off, &n);
	bytes(m, f->off + 5, want, 300);
	OK(fd >= 0 && at_off == f->off + 5 && n == 300);
	OK(pread(fd, got, 300, at_off) == 300 && memcmp(got, want, 300) == 0);
	OK(store_free(s) == 0);
	meta_free(m);
	dir_free(dir);
}

static void
scans(void)
{
	static const struct { const char *path; int64_t len; uint32_t lost; }
	    cuts[] = {
		/* which pieces a file cut to len cannot be in: bits */
		{ "many/a", 9999, 1 << 0 }, { "many/a", 0, 1 << 0 },
		{ "many/b/c", 4, 1 << 0 },
		{ "many/b/d/e", 99999, 1 << 3 },
		{ "many/b/d/e", 22763, 1 << 1 | 1 << 2 | 1 << 3 },
		{ "many/b/d/e", 22762, 1 << 0 | 1 << 1 | 1 << 2 | 1 << 3 },
		{ "many/f", 0, 1 << 3 },
		{ "many/b/h", 69999, 1 << 7 },
		{ "many/b/i", 0, 1 << 7 },
	};
	char *dir = dir_new(), what[64];
	struct meta *m = torrent("many", mixed, LEN(mixed), PIECE);
	struct store *s = store_new(files, m, dir, NULL, 0);
	uint32_t all, lost, i, k;
	uint8_t maybe[1], p[PIECE];
	int64_t size;

	all = (1u << m->sh.npieces) - 1;
	OK(m->sh.npieces == 8);
	CASE("store: a scan of nothing clears all, and makes nothing");
	maybe[0] = 0xff;
	OK(store_scan(s, maybe) == 0);
	OK(maybe[0] == 0 && entries(dir) == 0);
	OK(store_free(s) == 0);
	CASE("store: a scan clears no more than it must");
	s = store_new(files, m, dir, NULL, STORE_WRITE);
	OK(put_all(s, m) == 0);
	OK(store_free(s) == 0);
	s = store_new(files, m, dir, NULL, 0);
	maybe[0] = 0xff; /* the empty files are missing: that is no piece */
	OK(store_scan(s, maybe) == 0 && maybe[0] == 0xff);
	maybe[0] = 0x5a;
	OK(store_scan(s, maybe) == 0 && maybe[0] == 0x5a);
	OK(store_free(s) == 0);
	CASE("store: a scan finds short and missing files");
	for (i = 0; i < 2 * LEN(cuts); i++) {
		if (i < LEN(cuts))
			OK(truncate(at(dir, cuts[i].path), cuts[i].len) == 0);
		else
			OK(unlink(at(dir, cuts[i % LEN(cuts)].path)) == 0);
		s = store_new(files, m, dir, NULL, 0);
		maybe[0] = 0xff;
		OK(store_scan(s, maybe) == 0);
		for (lost = k = 0; k < 8; k++)
			lost |= (uint32_t)!bit_get(maybe, k) << k;
		snprintf(what, sizeof what, "%s %ld: %02x",
		    cuts[i % LEN(cuts)].path, (long)cuts[i % LEN(cuts)].len,
		    (unsigned)lost);
		OK_FOR(what, (lost & ~all) == 0);
		OK_FOR(what, i >= LEN(cuts) || lost == cuts[i].lost);
		OK_FOR(what, (lost & cuts[i % LEN(cuts)].lost) ==
		    cuts[i % LEN(cuts)].lost);
		OK(store_free(s) == 0);
		s = store_new(files, m, dir, NULL, STORE_WRITE);
		OK(put_all(s, m) == 0);
		OK(store_free(s) == 0);
	}
	CASE("store: a missing directory's files are missing");
	OK(rename(at(dir, "many/b/d"), at(dir, "many/b/x")) == 0);
	s = store_new(files, m, dir, NULL, 0);
	maybe[0] = 0xff;
	OK(store_scan(s, maybe) == 0 && maybe[0] == 0x0f);
	OK(access(at(dir, "many/b/d"), F_OK) < 0);
	CASE("store: a file that is too short cannot be read, nor any of it");
	OK(rename(at(dir, "many/b/x"), at(dir, "many/b/d")) == 0);
	OK(truncate(at(dir, "many/b/d/e"), 50000) == 0);
	OK(store_read(s, 10005 + 49990, p, 10) == 0);
	OK(store_read(s, 10005 + 49990, p, 11) == -1);
	OK(strstr(store_error(s), "b/d/e") != NULL);
	OK(store_free(s) == 0);
	CASE("store: a longer file is refused, and not touched");
	memset(p, 'x', sizeof p);
	OK(make_file(at(dir, "many/f"), "xy", 2) == 0);
	s = store_new(files, m, dir, NULL, STORE_WRITE);
	maybe[0] = 0xff;
	OK(store_scan(s, maybe) == 1);
	OK(strstr(store_error(s), "many/f") != NULL);
	OK(file_is(at(dir, "many/f"), "xy", 2));
	OK(store_free(s) == 0);
	OK(make_file(at(dir, "many/f"), "x", 1) == 0);
	CASE("store: the size of a file is what is on disk, or that it is not");
	OK(rename(at(dir, "many/b/d/e"), at(dir, "kept")) == 0);
	s = store_new(files, m, dir, NULL, 0);
	OK(store_size(s, 3, &size) == 0 && size == -1);
	OK(store_size(s, 2, &size) == 0 && size == 5);
	OK(mkdir(at(dir, "many/b/d/e"), 0777) == 0);
	OK(store_size(s, 3, &size) == -1);
	OK(strstr(store_error(s), "b/d/e") != NULL);
	OK(rmdir(at(dir, "many/b/d/e")) == 0);
	OK(rename(at(dir, "kept"), at(dir, "many/b/d/e")) == 0);
	OK(store_free(s) == 0);
	CASE("store: an empty file that is not empty is refused");
	OK(make_file(at(dir, "many/empty first"), "x", 1) == 0);
	s = store_new(files, m, dir, NULL, STORE_WRITE);
	OK(store_scan(s, maybe) == 1);
	OK(store_free(s) == 0);
	meta_free(m);
	dir_free(dir);
}

static void
untouched(void)
{
	char *dir = dir_new();
	struct meta *m = torrent("one", one, 1, PIECE);
	size_t size = (size_t)m->sh.size;
	uint8_t *old = xmalloc(size), maybe[1] = { 0xf0 };
	struct store *s;
	struct stat before, after;

	memset(old, 'o', size);
	CASE("store: a scan touches nothing");
	OK(make_file(at(dir, "one"), old, size - 1) == 0);
	OK(stat(at(dir, "one"), &before) == 0);
	s = store_new(files, m, dir, NULL, STORE_WRITE);
	OK(store_scan(s, maybe) == 0 && maybe[0] == 0xe0);
	OK(stat(at(dir, "one"), &after) == 0);
	OK(before.st_mtime == after.st_mtime && before.st_ctime ==
	    after.st_ctime && before.st_ino == after.st_ino);
	OK(file_is(at(dir, "one"), old, size - 1));
	CASE("store: a block is written, and nothing else of the file");
	OK(put_block(s, m, (struct block){ 1, 100, 50 }) == 0);
	OK(store_free(s) == 0);
	bytes(m, PIECE + 100, old + PIECE + 100, 50);
	OK(file_is(at(dir, "one"), old, size - 1));
	CASE("store: empty files that are not are left as they are");
	meta_free(m);
	m = torrent("many", mixed, LEN(mixed), PIECE);
	s = store_new(files, m, dir, NULL, STORE_WRITE);
	OK(store_begin(s) == 0);
	OK(make_file(at(dir, "many/empty first"), "data", 4) == 0);
	OK(store_begin(s) == 0);
	OK(file_is(at(dir, "many/empty first"), "data", 4));
	OK(store_free(s) == 0);
	free(old);
	meta_free(m);
	dir_free(dir);
}

static void
links(void)
{
	static const struct { const char *link, *to; int64_t off; } made[] = {
		/* a file, a directory, the root; to something or to nothing */
		{ "d/many/a", "../../out/f", 0 },
		{ "d/many/a", "../../out/new", 0 },
		{ "d/many/b", "../../out", 10000 },
		{ "d/many/b", "../../none", 10000 },
		{ "d/many/b/d", "../../../out", 10005 },
		{ "d/many", "../out", 0 },
		{ "d/many", "../none", 0 },
	};
	char *dir = dir_new(), *sub = xstrdup(at(dir, "d")), up[512];
	struct meta *m = torrent("many", mixed, LEN(mixed), PIECE);
	struct meta *m1 = torrent("one", one, 1, PIECE);
	struct store *s;
	uint8_t p[10], maybe[1];
	size_t i;
	char *slash;

	CASE("store: symbolic links are refused, and nothing is made there");
	for (i = 0; i < LEN(made); i++) {
		OK(mkdir(sub, 0777) == 0);
		OK(mkdir(at(dir, "out"), 0777) == 0);
		OK(make_file(at(dir, "out/f"), "precious!!", 10) == 0);
		OK(make_file(at(dir, "out/c"), "precious!!", 10) == 0);
		snprintf(up, sizeof up, "%s", at(dir, made[i].link));
		for (slash = up + strlen(sub) + 1;
		    (slash = strchr(slash, '/')); *slash++ = '/') {
			*slash = '\0';
			mkdir(up, 0777);
		}
		OK(symlink(made[i].to, up) == 0);
		s = store_new(files, m, sub, NULL, STORE_WRITE);
		memset(p, 'x', sizeof p);
		OK_FOR(up, store_write(s, made[i].off, p, 5) == -1);
		OK_FOR(up, store_read(s, made[i].off, p, 5) == -1);
		maybe[0] = 0xff;
		OK_FOR(up, store_scan(s, maybe) == -1 || maybe[0] != 0xff);
		OK_FOR(up, safe(store_error(s)));
		store_begin(s);
		OK_FOR(up, file_is(at(dir, "out/f"), "precious!!", 10));
		OK_FOR(up, file_is(at(dir, "out/c"), "precious!!", 10));
		OK_FOR(up, entries(at(dir, "out")) == 2);
		OK_FOR(up, access(at(dir, "none"), F_OK) < 0);
		OK(store_free(s) == 0);
		dir_free(dir);
		free(sub);
		dir = dir_new();
		sub = xstrdup(at(dir, "d"));
	}
	CASE("store: a link in a single file's place is refused");
	OK(make_file(at(dir, "f"), "precious!!", 10) == 0);
	OK(symlink("f", at(dir, "one")) == 0);
	s = store_new(files, m1, dir, NULL, STORE_WRITE);
	OK(store_write(s, 0, p, 5) == -1 && store_read(s, 0, p, 5) == -1);
	OK(store_scan(s, maybe) == -1);
	OK(file_is(at(dir, "f"), "precious!!", 10));
	OK(store_free(s) == 0);
	CASE("store: an empty file that is a link is refused");
	OK(mkdir(at(dir, "many"), 0777) == 0);
	OK(symlink("../new", at(dir, "many/empty first")) == 0);
	s = store_new(files, m, dir, NULL, STORE_WRITE);
	OK(store_begin(s) == -1 && safe(store_error(s)));
	OK(access(at(dir, "new"), F_OK) < 0);
	OK(store_free(s) == 0);
	meta_free(m);
	meta_free(m1);
	free(sub);
	dir_free(dir);
}

static void
followed(void)
{
	char *dir = dir_new();
	struct meta *m = torrent("many", mixed, LEN(mixed), PIECE);
	struct meta *m1 = torrent("one", one, 1, PIECE);
	struct store *s;
	uint8_t p[10] = { 0 }, maybe[1] = { 0xff };

	CASE("store: a root that the user named may be a link");
	OK(mkdir(at(dir, "elsewhere"), 0777) == 0);
	OK(symlink("elsewhere", at(dir, "many")) == 0);
	s = store_new(files, m, dir, NULL, STORE_WRITE | STORE_FOLLOW);
	OK(put_all(s, m) == 0);
	OK(store_scan(s, maybe) == 0 && maybe[0] == 0xff);
	OK(get_all(s, m));
	OK(store_free(s) == 0);
	OK(on_disk(m, dir, "elsewhere"));
	OK(make_file(at(dir, "f"), "", 0) == 0);
	OK(symlink("f", at(dir, "one")) == 0);
	s = store_new(files, m1, dir, NULL, STORE_WRITE | STORE_FOLLOW);
	OK(put_all(s, m1) == 0);
	maybe[0] = 0xff;
	OK(store_scan(s, maybe) == 0 && maybe[0] == 0xff);
	OK(store_free(s) == 0);
	OK(on_disk(m1, dir, "f"));
	CASE("store: but nothing below it");
	OK(unlink(at(dir, "elsewhere/a")) == 0);
	OK(symlink("../f", at(dir, "elsewhere/a")) == 0);
	OK(rename(at(dir, "elsewhere/b"), at(dir, "b")) == 0);
	OK(symlink("../b", at(dir, "elsewhere/b")) == 0);
	s = store_new(files, m, dir, NULL, STORE_WRITE | STORE_FOLLOW);
	OK(store_write(s, 0, p, 5) == -1 && store_read(s, 0, p, 5) == -1);
	OK(store_write(s, 10000, p, 5) == -1);
	OK(store_read(s, 10000, p, 5) == -1);
	OK(store_scan(s, maybe) == -1);
	OK(store_free(s) == 0);
	OK(on_disk(m1, dir, "f"));
	meta_free(m);
	meta_free(m1);
	dir_free(dir);
}

static void
places(void)
{
	char *dir = dir_new();

	CASE("store: a fifo or a directory in a file's place is refused");
	OK(mkdir(at(dir, "many"), 0777) == 0);
	OK(mkfifo(at(dir, "many/a"), 0666) == 0);
	OK(child(in_place, dir) == 0);
	OK(unlink(at(dir, "many/a")) == 0);
	OK(mkdir(at(dir, "many/a"), 0777) == 0);
	OK(child(in_place, dir) == 0);
	OK(rmdir(at(dir, "many/a")) == 0);
	CASE("store: a file in a directory's place is refused");
	OK(rmdir(at(dir, "many")) == 0);
	OK(make_file(at(dir, "many"), "f", 1) == 0);
	OK(child(in_place, dir) == 0);
	OK(file_is(at(dir, "many"), "f", 1));
	dir_free(dir);
}

/* 0, or what went wrong with the file a, which is none. */
static int
in_place(const char *dir)
{
	struct meta *m = torrent("many", mixed, LEN(mixed), PIECE);
	struct store *s = store_new(files, m, dir, NULL, STORE_WRITE);
	uint8_t p[10] = { 0 }, maybe[1] = { 0xff };
	int bad = 0;

	bad |= store_scan(s, maybe) != -1 || !safe(store_error(s)) ? 1 : 0;
	bad |= store_read(s, 0, p, 5) != -1 ? 2 : 0;
	bad |= store_write(s, 0, p, 5) != -1 ? 4 : 0;
	bad |= !safe(store_error(s)) ? 8 : 0;
	store_free(s);
	meta_free(m);
	return bad;
}

static void
limits(void)
{
	char *dir = dir_new();

	CASE("store: 500 files need few descriptors");
	OK(child(few_descriptors, dir) == 0);
	CASE("store: all of a process share a pool of descriptors");
	OK(child(one_pool, dir) == 0);
	CASE("store: the pool makes room when the system has no more");
	OK(child(short_pool, dir) == 0);
	CASE("store: what cannot be written is an error with a reason");
	OK(child(small_files, dir) == 0);
	CASE("store: a file that may only be read can be read");
	OK(chmod(dir, 0755) == 0);
	OK(child(read_only, dir) == 0);
	dir_free(dir);
}

static int
few_descriptors(const char *dir)
{
	static struct spec specs[MANY];
	static char paths[MANY][32];
	struct rlimit few = { 64, 64 };
	struct meta *m;
	struct store *s;
	uint8_t maybe[512], p[100], want[100];
	uint64_t rnd = 5;
	int64_t off;
	int i, bad = 0;

	for (i = 0; i < MANY; i++) {
		snprintf(paths[i], sizeof paths[i], "%d/%d", i % 7, i);
		specs[i].path = paths[i];
		specs[i].len = 100 + i % 50;
	}
	m = torrent("lots", specs, MANY, PIECE);
	if (setrlimit(RLIMIT_NOFILE, &few) < 0)
		return 1;
	s = store_new(files, m, dir, NULL, STORE_WRITE);
	bad |= put_all(s, m) != 0 ? 2 : 0;
	bad |= !get_all(s, m) ? 4 : 0;
	for (i = 0; i < 5000; i++) { /* here and there */
		off = rnd_below(&rnd, (uint32_t)m->sh.size - 100);
		bytes(m, off, want, 100);
		if (i % 3 == 0)
			bad |= store_write(s, off, want, 100) != 0 ? 8 : 0;
		bad |= store_read(s, off, p, 100) != 0 ||
		    memcmp(p, want, 100) != 0 ? 16 : 0;
	}
	memset(maybe, 0xff, sizeof maybe);
	bad |= store_scan(s, maybe) != 0 ? 32 : 0;
	bad |= store_free(s) != 0 || !on_disk(m, dir, NULL) ? 64 : 0;
	meta_free(m);
	return bad;
}

static int
one_pool(const char *dir)
{
	return pool_of(dir, 5, 1000);
}

static int
short_pool(const char *dir)
{
	return pool_of(dir, 100, 12);
}

/* 50 stores at once, in a pool, of a process that may have so many open. */
static int
pool_of(const char *dir, int most, int limit)
{
	enum { STORES = 50 };
	struct rlimit few = { (rlim_t)limit, (rlim_t)limit };
	struct meta *m = torrent("many", mixed, LEN(mixed), PIECE);
	struct files *pool = files_new(most);
	struct store *s[STORES];
	char names[STORES][32];
	int i, fd, bad = 0;

	for (fd = 3; fd < 1000; fd++)
		close(fd);
	if (setrlimit(RLIMIT_NOFILE, &few) < 0)
		return 1;
	for (i = 0; i < STORES; i++) {
		snprintf(names[i], sizeof names[i], "%d-%d", most, i);
		s[i] = store_new(pool, m, dir, names[i], STORE_WRITE);
		bad |= store_begin(s[i]) != 0 ? 2 : 0;
	}
	for (i = 0; i < STORES; i++)
		bad |= put_piece(s[i], m, 0) != 0 ? 4 : 0;
	for (i = 0; i < STORES; i++)
		bad |= put_all(s[i], m) != 0 ? 8 : 0;
	for (i = 0; i < STORES; i++)
		bad |= !get_all(s[i], m) ? 16 : 0;
	fd = open("/dev/null", O_RDONLY); /* the first that is free */
	bad |= fd > 3 + most ? 32 : 0;
	close(fd);
	for (i = 0; i < STORES; i++)
		bad |= store_free(s[i]) != 0 ? 64 : 0;
	fd = open("/dev/null", O_RDONLY);
	bad |= fd != 3 ? 64 : 0;
	for (i = 0; i < STORES; i++)
		bad |= !on_disk(m, dir, names[i]) ? 64 : 0;
	files_free(pool);
	meta_free(m);
	return bad;
}

static int
small_files(const char *dir)
{
	struct meta *m = torrent("one", one, 1, PIECE);
	struct store *s = store_new(files, m, dir, NULL, STORE_WRITE);
	struct rlimit small = { 20000, 20000 };
	int bad = 0;

	signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &small) < 0)
		return 1;
	bad |= put_block(s, m, (struct block){ 0, 0, 16384 }) != 0 ? 2 : 0;
	bad |= put_block(s, m, (struct block){ 0, 16384, 16384 }) != -1 ? 4 :
	    0;
	bad |= !strstr(store_error(s), "write") ||
	    !strstr(store_error(s), "one") ||
	    !strstr(store_error(s), strerror(EFBIG)) ? 8 : 0;
	bad |= put_block(s, m, (struct block){ 1, 0, 100 }) != -1 ? 16 : 0;
	store_free(s);
	meta_free(m);
	return bad;
}

static int
read_only(const char *dir)
{
	struct meta *m = torrent("other", one, 1, PIECE);
	struct store *s = store_new(files, m, dir, NULL, STORE_WRITE);
	uint8_t p[10], maybe[1] = { 0xff };
	int bad = 0;

	bad |= put_all(s, m) != 0 ? 1 : 0;
	store_free(s);
	chmod(at(dir, "other"), 0444);
	if (getuid() == 0 && setuid(65534) < 0)
		return 2;
	s = store_new(files, m, dir, NULL, STORE_WRITE);
	bad |= store_scan(s, maybe) != 0 || maybe[0] != 0xff ? 4 : 0;
	bad |= !get_all(s, m) ? 8 : 0;
	bad |= store_write(s, 0, p, 0) != 0 ? 16 : 0;
	bytes(m, 0, p, 10);
	bad |= store_write(s, 0, p, 10) != -1 ||
	    !strstr(store_error(s), strerror(EACCES)) ? 32 : 0;
	bad |= store_read(s, 5, p, 5) != 0 ? 64 : 0; /* and still */
	store_free(s);
	meta_free(m);
	return bad;
}

static void
deep(void)
{
	char *dir = dir_new(), path[3][256], dirs[2 * DEEP + 1];
	struct spec specs[3] = { { path[0], 100, 0 }, { path[1], 40000, 0 },
		{ path[2], 100, 0 } };
	struct meta *m;
	struct store *s;
	int i;

	CASE("store: 60 directories deep");
	for (i = 0; i < DEEP; i++)
		snprintf(dirs + 2 * i, 3, "%c/", 'a' + i % 26);
	snprintf(path[0], sizeof path[0], "%sfirst", dirs);
	snprintf(path[1], sizeof path[1], "%ssecond", dirs);
	snprintf(path[2], sizeof path[2], "a/b/third");
	m = torrent("deep", specs, 3, PIECE);
	OK(m != NULL);
	s = store_new(files, m, dir, NULL, STORE_WRITE);
	OK(put_all(s, m) == 0);
	OK(get_all(s, m));
	OK(store_free(s) == 0 && on_disk(m, dir, NULL));
	meta_free(m);
	CASE("store: a name too long for the system is an error");
	memset(path[0], 'n', 255);
	path[0][255] = '\0';
	m = torrent(path[0], one, 1, PIECE);
	s = store_new(files, m, dir, NULL, STORE_WRITE);
	OK(put_all(s, m) == 0); /* 255 bytes are not too long */
	OK(store_free(s) == 0);
	meta_free(m);
	CASE("store: a name given is not cut");
	m = torrent("many", mixed, LEN(mixed), PIECE);
	i = entries(dir);
	s = store_new(files, m, dir, "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
	    "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm"
	    "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm"
	    "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm"
	    "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm",
	    STORE_WRITE);
	OK(put_block(s, m, (struct block){ 0, 0, 10 }) == -1);
	OK(store_free(s) == 0 && entries(dir) == i);
	meta_free(m);
	dir_free(dir);
}

static void
errors(void)
{
	static const struct spec odd[] = {
		{ "\x1b[31m\n\r\t\x7f\\\xff", 9, 0 } };
	char *dir = dir_new(), name[256];
	struct meta *m = torrent("bad\x1b]0;x\x07", odd, 1, PIECE);
	struct store *s = store_new(files, m, dir, NULL, STORE_WRITE);
	uint8_t p[10], maybe[1] = { 0xff };

	CASE("store: errors say what, which and why, safe to print");
	OK(store_read(s, 0, p, 5) == -1);
	OK(safe(store_error(s)));
	OK(strstr(store_error(s), "bad\\x1b]0;x\\x07/\\x1b[31m") != NULL);
	OK(strstr(store_error(s), strerror(ENOENT)) != NULL);
	OK(strstr(store_error(s), "open") != NULL);
	OK(put_all(s, m) == 0 && get_all(s, m));
	OK(store_free(s) == 0 && on_disk(m, dir, NULL));
	meta_free(m);
	memset(name, '\x1b', 255);
	name[255] = '\0';
	m = torrent(name, odd, 1, PIECE);
	s = store_new(files, m, dir, NULL, 0);
	OK(store_read(s, 0, p, 5) == -1 && safe(store_error(s)));
	OK(strstr(store_error(s), strerror(ENOENT)) != NULL);
	OK(store_free(s) == 0);
	meta_free(m);
	CASE("store: errors name the file by the name given");
	m = torrent("one", one, 1, PIECE);
	s = store_new(files, m, dir, "given", 0);
	OK(store_read(s, 0, p, 5) == -1);
	OK_FOR(store_error(s), strstr(store_error(s), "given") != NULL);
	OK(store_scan(s, maybe) == 0);
	OK(store_free(s) == 0);
	meta_free(m);
	dir_free(dir);
}

static void
flags(void)
{
	char *dir = dir_new();
	struct meta *m = torrent("many", mixed, LEN(mixed), PIECE);
	struct store *s = store_new(files, m, dir, NULL, 0);
	uint8_t p[10] = { 0 };

	CASE("store: without STORE_WRITE nothing is made or written");
	OK(store_write(s, 0, p, 5) == -1);
	OK(put_block(s, m, (struct block){ 0, 0, 10 }) == -1);
	OK(store_begin(s) == -1);
	OK(store_free(s) == 0 && entries(dir) == 0);
	s = store_new(files, m, at(dir, "new"), NULL, 0);
	OK(store_read(s, 0, p, 5) == -1 && store_write(s, 0, p, 5) == -1);
	OK(store_free(s) == 0 && entries(dir) == 0);
	meta_free(m);
	dir_free(dir);
}

/* What store_begin says of what is there, with these pieces, a set of bits. */
static int
begun(const struct meta *m, const char *dir, const char *name,
    int store_flags, uint32_t have)
{
	struct store *s = store_new(files, m, dir, name, STORE_WRITE | store_flags);
	uint32_t i;
	int r;

	for (i = 0; i < m->sh.npieces; i++)
		if (have >> i & 1)
			store_set_have(s, i);
	r = store_begin(s);
	if (r > 0 && !strstr(store_error(s), "it holds other data"))
		r = -2;
	return store_free(s) < 0 ? -3 : r;
}

/* Somebody else's files are not written. */
static void
begins(void)
{
	static const char zeros[PIECE];
	char *dir = dir_new();
	struct meta *m1 = torrent("one", one, 1, PIECE);
	struct meta *m = torrent("many", mixed, LEN(mixed), PIECE);
	struct store *s;

	CASE("store: where nothing is, or nothing but zeros, it may begin");
	OK(begun(m1, dir, NULL, 0, 0) == 0 && entries(dir) == 0);
	OK(make_file(at(dir, "one"), "", 0) == 0);
	OK(begun(m1, dir, NULL, 0, 0) == 0);
	OK(make_file(at(dir, "one"), zeros, 3) == 0);
	OK(begun(m1, dir, NULL, 0, 0) == 0);
	OK(truncate(at(dir, "one"), m1->sh.size) == 0);
	OK(begun(m1, dir, NULL, 0, 0) == 0 && entries(dir) == 1);
	CASE("store: another file of that name, with none of our pieces, is kept");
	OK(make_file(at(dir, "one"), "mine", 4) == 0);
	OK(begun(m1, dir, NULL, 0, 0) == 1);
	OK(begun(m1, dir, "other", 0, 0) == 0);
	OK(truncate(at(dir, "one"), m1->sh.size) == 0);
	OK(begun(m1, dir, NULL, 0, 0) == 1);
	OK(begun(m1, dir, NULL, 0, 1 << 2) == 0);
	OK(begun(m1, dir, NULL, 0, 1 << 3) == 1); /* 1,000 bytes */
	OK(begun(m1, dir, NULL, 0, 0xf) == 0);
	OK(begun(m1, dir, NULL, STORE_FORCE, 0) == 0);
	OK(unlink(at(dir, "one")) == 0);
	OK(truncate(at(dir, "one"), 0) < 0 && make_file(at(dir, "one"), "", 0)
	    == 0 && truncate(at(dir, "one"), m1->sh.size) == 0);
	s = store_new(files, m1, dir, NULL, STORE_WRITE); /* the last byte */
	OK(store_write(s, m1->sh.size - 1, (const uint8_t *)"x", 1) == 0);
	OK(store_free(s) == 0 && begun(m1, dir, NULL, 0, 0) == 1);
	OK(unlink(at(dir, "one")) == 0);
	CASE("store: each file of a torrent is looked at");
	s = store_new(files, m, dir, NULL, STORE_WRITE);
	OK(put_all(s, m) == 0 && store_free(s) == 0);
	OK(begun(m, dir, NULL, 0, 0xff) == 0);
	OK(begun(m, dir, NULL, 0, 0) == 1);
	OK(begun(m, dir, NULL, 0, 0xfe) == 1); /* a, b/c */
	OK(begun(m, dir, NULL, 0, 0x0f) == 1); /* b/h, b/i */
	OK(begun(m, dir, NULL, 0, 0x89) == 1); /* b/d/e: only at its ends */
	OK(begun(m, dir, NULL, 0, 0xbb) == 0);
	OK(begun(m, dir, NULL, 0, 0xfb) == 0);
	OK(begun(m, dir, NULL, 0, 0xb3) == 1); /* f is in the fourth piece */
	OK(begun(m, dir, NULL, 0, 0xab) == 1); /* g ends in the fifth */
	OK(unlink(at(dir, "many/f")) == 0 && unlink(at(dir, "many/g")) == 0);
	OK(begun(m, dir, NULL, 0, 0xb3) == 0);
	meta_free(m);
	meta_free(m1);
	dir_free(dir);
}

/* What does not prove a file: zeros, its neighbours' bytes, and little. */
static void
proofs(void)
{
	static const struct spec padded[] = { { ".pad/1023", 1023, 1 },
		{ "authorized_keys", 3000, 0 } };
	static const struct spec small[] = { { NULL, 32 << 10, 0 } };
	static const uint8_t zeros[PIECE];
	char *dir = dir_new();
	struct meta *m = torrent(".ssh", padded, LEN(padded), 1024);
	struct meta *mz = torrent("one", one, 1, PIECE);
	struct meta *ms = torrent("small", small, 1, 1024);
	uint8_t digest[SHA1_LEN];

	CASE("store: a piece that padding fills proves nothing");
	OK(mkdir(at(dir, ".ssh"), 0777) == 0);
	OK(make_file(at(dir, ".ssh/authorized_keys"), "s", 1) == 0);
	OK(begun(m, dir, NULL, 0, 1) == 1);
	OK(begun(m, dir, NULL, 0, 3) == 1);
	OK(begun(m, dir, NULL, 0, 0xf) == 0);
	CASE("store: nor does one of zeros");
	sha1(zeros, PIECE, digest);
	memcpy((uint8_t *)mz->pieces + SHA1_LEN, digest, SHA1_LEN);
	OK(make_file(at(dir, "one"), "mine", 4) == 0);
	OK(begun(mz, dir, NULL, 0, 1 << 1) == 1);
	OK(begun(mz, dir, NULL, 0, 1 << 1 | 1 << 2) == 0);
	sha1(zeros, 1000, digest);
	memcpy((uint8_t *)mz->pieces + 3 * SHA1_LEN, digest, SHA1_LEN);
	OK(begun(mz, dir, NULL, 0, 1 << 1 | 1 << 3) == 1);
	CASE("store: nor do a few small ones, which may be known to others");
	OK(make_file(at(dir, "small"), "mine", 4) == 0);
	OK(begun(ms, dir, NULL, 0, 0x7fff) == 1);
	OK(begun(ms, dir, NULL, 0, 0xffff) == 0);
	OK(begun(ms, dir, NULL, 0, 0xaaaaaaaa) == 0);
	meta_free(m);
	meta_free(mz);
	meta_free(ms);
	dir_free(dir);
}

/* What comes to stand where nothing was when we began. */
static void
meanwhile(void)
{
	char *dir = dir_new();
	struct meta *m = torrent("one", one, 1, PIECE);
	struct store *s = store_new(files, m, dir, NULL, STORE_WRITE);
	uint8_t p[10] = { 1, 2, 3 };

	CASE("store: a file that has come meanwhile is kept");
	OK(store_begin(s) == 0 && make_file(at(dir, "one"), "mine", 4) == 0);
	OK(store_write(s, 0, p, 10) == -1 &&
	    store_fault(s) == STORE_IN_WAY);
	OK_FOR(store_error(s), strstr(store_error(s), "keep ") &&
	    strstr(store_error(s), "one: it has come meanwhile"));
	OK(store_write(s, 0, p, 10) == -1 && marked(m, dir, NULL) == 0);
	OK(store_free(s) == 0 && file_is(at(dir, "one"), "mine", 4));
	OK(begun(m, dir, NULL, 0, 0) == 1);
	unlink(at(dir, "one"));
	CASE("store: unless it is empty, or that was asked for");
	s = store_new(files, m, dir, NULL, STORE_WRITE);
	OK(store_begin(s) == 0 && make_file(at(dir, "one"), "", 0) == 0);
	OK(store_write(s, 0, p, 10) == 0 && store_write(s, 10, p, 10) == 0);
	OK(store_free(s) == 0);
	unlink(at(dir, "one"));
	s = store_new(files, m, dir, NULL, STORE_WRITE | STORE_FORCE);
	OK(store_begin(s) == 0 && make_file(at(dir, "one"), "mine", 4) == 0);
	OK(store_write(s, 0, p, 10) == 0 && store_free(s) == 0);
	OK(file_is(at(dir, "one"), p, 10));
	unlink(at(dir, "one"));
	CASE("store: where a root that is a link leads, a file is made");
	OK(symlink("else", at(dir, "one")) == 0);
	s = store_new(files, m, dir, NULL, STORE_WRITE | STORE_FOLLOW);
	OK(store_begin(s) == 0 && store_write(s, 0, p, 10) == 0);
	OK(store_free(s) == 0 && file_is(at(dir, "else"), p, 10));
	meta_free(m);
	dir_free(dir);
}

/* Whether there is a mark of this name, "one" if NULL: 1, 0: none, -1: what
 * is there says something else. */
static int
marked(const struct meta *m, const char *dir, const char *name)
{
	struct buf path = { 0 }, got = { 0 };
	struct resume r;
	struct stat st;
	int fd, is = -1;

	buf_printf(&path, "%s/.%s.btsh", dir, name ? name : "one");
	buf_put(&path, "", 1);
	fd = open((char *)path.p, O_RDONLY);
	buf_free(&path);
	if (fd < 0)
		return 0;
	if (slurp(fd, &got, 1 << 20) == 0 && resume_parse(&r,
	    (struct span){ got.p, got.len }, m) == 0) {
		if (r.begun && span_is(r.name, name ? name : "one") &&
		    stat(at(dir, name ? name : "one"), &st) == 0 &&
		    (int64_t)st.st_ino == r.inode)
			is = 1;
		resume_free(&r);
	}
	close(fd);
	buf_free(&got);
	return is;
}

/* A file that may be written, in a directory that may not. */
static int
unmarked(const char *dir)
{
	struct meta *m = torrent("one", one, 1, PIECE);
	struct store *s = store_new(files, m, dir, NULL, STORE_WRITE);
	uint8_t p[10] = { 1, 2, 3 };
	int bad;

	if (make_file(at(dir, "one"), "", 0) < 0 ||
	    chmod(at(dir, "one"), 0666) < 0 || chmod(dir, 0555) < 0 ||
	    (getuid() == 0 && setuid(65534) < 0))
		return 1;
	bad = store_begin(s) != 0 || store_write(s, 0, p, 10) < 0 ? 2 : 0;
	bad |= store_free(s) < 0 || !file_is(at(dir, "one"), p, 10) ? 4 : 0;
	meta_free(m);
	return bad;
}

/* The resume file of another torrent that we began, under this name. */
static int
other_mark(const char *dir, const char *name)
{
	static const uint8_t hash[ID_LEN] = "another info hash..";
	struct resume r = { .begun = 1, .inode = 7, .name = span_of("one") };
	struct buf b = { 0 };
	int got;

	resume_put(&b, &r, hash);
	got = make_file(at(dir, name), (char *)b.p, b.len);
	buf_free(&b);
	return got;
}

/* What we began is ours, and the mark says so. */
static void
marks(void)
{
	static const char *const planted[] = { "", "junk", "d4:name3:onee",
		"d9:info hash20:aaaaaaaaaaaaaaaaaaaa4:name3:onee" };
	static const char mark[] = ".one.btsh";
	char *dir = dir_new();
	struct meta *m = torrent("one", one, 1, PIECE);
	struct store *s = store_new(files, m, dir, NULL, STORE_WRITE), *t;
	uint8_t p[10] = { 1, 2, 3 };
	size_t i;

	CASE("store: a mark is made before the first write, and goes in the end");
	OK(store_begin(s) == 0 && marked(m, dir, NULL) == 0);
	OK(store_write(s, 0, p, 10) == 0 && marked(m, dir, NULL) == 1);
	OK(store_free(s) == 0 && marked(m, dir, NULL) == 1);
	OK(begun(m, dir, NULL, 0, 0) == 0 && marked(m, dir, NULL) == 1);
	s = store_new(files, m, dir, NULL, STORE_WRITE);
	OK(store_begin(s) == 0);
	store_done(s, 0);
	OK(marked(m, dir, NULL) == 0);
	OK(store_write(s, 0, p, 10) == 0 && store_free(s) == 0);
	OK(marked(m, dir, NULL) == 0 && begun(m, dir, NULL, 0, 0) == 1);
	CASE("store: a mark is of the very file that we began");
	unlink(at(dir, "one"));
	s = store_new(files, m, dir, NULL, STORE_WRITE);
	OK(store_begin(s) == 0 && store_write(s, 0, p, 10) == 0);
	OK(store_free(s) == 0 && marked(m, dir, NULL) == 1);
	OK(make_file(at(dir, "mine"), "mine", 4) == 0);
	OK(rename(at(dir, "mine"), at(dir, "one")) == 0);
	OK(begun(m, dir, NULL, 0, 0) == 1);
	OK(file_is(at(dir, "one"), "mine", 4) && marked(m, dir, NULL) != 0);
	unlink(at(dir, "one"));
	s = store_new(files, m, dir, NULL, STORE_WRITE);
	OK(store_begin(s) == 0 && marked(m, dir, NULL) == -1);
	OK(make_file(at(dir, "one"), "mine", 4) == 0);
	OK(store_write(s, 0, p, 10) == -1 &&
	    store_fault(s) == STORE_IN_WAY);
	OK(store_free(s) == 0 && file_is(at(dir, "one"), "mine", 4));
	unlink(at(dir, "one"));
	OK(unlink(at(dir, mark)) == 0);
	CASE("store: where no mark may be made there is none");
	OK(child(unmarked, dir) == 0 && entries(dir) == 1);
	OK(chmod(dir, 0700) == 0);
	CASE("store: each name has its mark");
	s = store_new(files, m, dir, "other", STORE_WRITE);
	OK(store_begin(s) == 0 && store_write(s, 0, p, 10) == 0);
	t = store_new(files, m, dir, "third", STORE_WRITE);
	OK(store_begin(t) == 0 && store_write(t, 0, p, 10) == 0);
	OK(marked(m, dir, "third") == 1 && marked(m, dir, "other") == 1);
	store_done(t, 0);
	OK(store_free(t) == 0 && marked(m, dir, "third") == 0);
	OK(store_free(s) == 0 && marked(m, dir, "other") == 1);
	OK(begun(m, dir, "other", 0, 0) == 0 && begun(m, dir, NULL, 0, 0) ==
	    1);
	CASE("store: nobody takes the mark that another process has made");
	s = store_new(files, m, dir, "fourth", STORE_WRITE);
	t = store_new(files, m, dir, "fourth", STORE_WRITE);
	OK(store_begin(s) == 0 && store_begin(t) == 0);
	OK(make_file(at(dir, "fourth"), "", 0) == 0);
	OK(store_write(s, 0, p, 10) == 0 && store_write(t, 0, p, 10) == -1);
	store_done(t, 0); /* which had none */
	OK(store_free(t) == 0 && marked(m, dir, "fourth") == 1);
	OK(store_free(s) == 0 && unlink(at(dir, "fourth")) == 0);
	OK(unlink(at(dir, ".fourth.btsh")) == 0);
	CASE("store: another torrent's resume file makes room for a mark");
	s = store_new(files, m, dir, NULL, STORE_WRITE | STORE_FORCE);
	OK(other_mark(dir, mark) == 0 && store_begin(s) == 0);
	OK(store_write(s, 0, p, 10) == 0);
	OK(store_free(s) == 0 && marked(m, dir, NULL) == 1);
	OK(unlink(at(dir, mark)) == 0 && unlink(at(dir, "third")) == 0 &&
	    unlink(at(dir, "other")) == 0 &&
	    unlink(at(dir, ".other.btsh")) == 0);
	CASE("store: a mark that we did not make is not believed");
	for (i = 0; i < LEN(planted); i++) {
		OK(make_file(at(dir, mark), planted[i], strlen(planted[i])) ==
		    0);
		OK_FOR(planted[i], begun(m, dir, NULL, 0, 0) == 1);
		OK_FOR(planted[i], file_is(at(dir, mark), planted[i],
		    strlen(planted[i])));
		s = store_new(files, m, dir, NULL, STORE_WRITE | STORE_FORCE);
		OK(store_begin(s) == 0);
		OK(store_write(s, 0, p, 10) == (i == 0 ? 0 : -1));
		OK(i == 0 || strstr(store_error(s), ".btsh") != NULL);
		store_done(s, 0);
		OK(store_free(s) == 0 && entries(dir) == (i == 0 ? 1 : 2));
		unlink(at(dir, mark));
	}
	CASE("store: nor one that is no file of its own");
	s = store_new(files, m, dir, NULL, STORE_WRITE | STORE_FORCE);
	OK(store_begin(s) == 0 && store_write(s, 0, p, 10) == 0);
	OK(store_free(s) == 0 && marked(m, dir, NULL) == 1);
	OK(begun(m, dir, NULL, 0, 0) == 0);
	OK(rename(at(dir, mark), at(dir, "else")) == 0);
	OK(link(at(dir, "else"), at(dir, mark)) == 0);
	OK(begun(m, dir, NULL, 0, 0) == 1 && unlink(at(dir, mark)) == 0);
	OK(symlink("else", at(dir, mark)) == 0);
	OK(begun(m, dir, NULL, 0, 0) == 1 && unlink(at(dir, mark)) == 0);
	OK(mkfifo(at(dir, mark), 0600) == 0);
	OK(begun(m, dir, NULL, 0, 0) == 1 && unlink(at(dir, mark)) == 0);
	meta_free(m);
	dir_free(dir);
}

/* 5 GiB and more, most of it holes. */
static void
huge(void)
{
	static const int64_t gib = 1 << 30;
	static const int64_t offs[] = { 0, ((int64_t)1 << 32) - 5,
		(int64_t)1 << 32, 5 * ((int64_t)1 << 30) - 5 };
	struct spec specs[] = { { "big", 5 * gib, 0 }, { "x/pad", 7, 1 },
		{ "small", 4000, 0 } };
	char *dir = dir_new();
	struct meta *m = torrent("huge", specs, LEN(specs), 64 << 20);
	struct store *s = store_new(files, m, dir, NULL, STORE_WRITE);
	uint8_t p[4020], want[4020], maybe[16];
	struct stat st;
	size_t i;

	CASE("store: beyond 4 GiB");
	OK(m != NULL && m->sh.npieces == 81);
	for (i = 0; i < LEN(offs); i++) {
		bytes(m, offs[i], want, 5);
		OK(store_write(s, offs[i], want, 5) == 0);
		OK(store_read(s, offs[i], p, 5) == 0);
		OK(memcmp(p, want, 5) == 0);
	}
	OK(store_read(s, ((int64_t)1 << 32) - 10, p, 5) == 0);
	OK(memcmp(p, "\0\0\0\0", 5) == 0);
	bytes(m, 5 * gib - 5, want, 4012);
	OK(store_write(s, 5 * gib - 5, want, 4012) == 0);
	OK(store_read(s, 5 * gib - 5, p, 4012) == 0);
	OK(memcmp(p, want, 4012) == 0);
	OK(stat(at(dir, "huge/big"), &st) == 0 && st.st_size == 5 * gib);
	OK(stat(at(dir, "huge/small"), &st) == 0 && st.st_size == 4000);
	memset(maybe, 0xff, sizeof maybe);
	OK(store_scan(s, maybe) == 0 && bit_count(maybe, 81) == 81);
	OK(truncate(at(dir, "huge/big"), 4 * gib + 1) == 0);
	OK(store_scan(s, maybe) == 0 && bit_count(maybe, 81) == 65);
	OK(put_block(s, m, (struct block){ 80, 0, 4007 }) == 0);
	OK(store_verify(s, 80) == 1);
	OK(store_free(s) == 0);
	meta_free(m);
	dir_free(dir);
}

/* A torrent of these files, whose bytes are what bytes() says. */
/* Any choice of files: the others are not there, nor needed; and a later store
 * that wants all finds every piece that came. */
static void
skips(void)
{
	struct meta *m = torrent("t", mixed, LEN(mixed), PIECE);
	uint8_t skip[2], wanted[8];
	uint64_t rnd = 9;
	struct store *s;
	uint32_t i;
	char *dir;
	int round;

	CASE("store: files that are skipped are not touched");
	for (round = 0; round < 60; round++) {
		dir = dir_new();
		put16(skip, (uint16_t)rnd_next(&rnd));
		meta_wanted(m, skip, wanted);
		s = store_new(files, m, dir, NULL, STORE_WRITE);
		store_skip(s, skip);
		OK(store_adopt(s) == 0 && entries(dir) == 0);
		for (i = 0; i < m->sh.npieces; i++)
			OK(!bit_get(wanted, i) || (put_piece(s, m, i) == 0 &&
			    store_verify(s, i) == 1));
		OK(store_begin(s) == 0);
		OK(store_free(s) == 0);
		OK(skipped_ok(m, dir, skip));
		OK(brought_home(m, dir, wanted));
		dir_free(dir);
	}
	meta_free(m);
}

/* Whether the files that are not skipped are right, and the others not there.
 */
static int
skipped_ok(const struct meta *m, const char *dir, const uint8_t *skip)
{
	struct buf path = { NULL, 0, 0, 0 };
	char full[1024];
	uint8_t *p;
	uint32_t i;
	int ok = 1;

	for (i = 0; i < m->nfiles; i++) {
		path.len = 0;
		meta_path(&path, m, &m->files[i]);
		buf_put(&path, "", 1);
		snprintf(full, sizeof full, "%s/%s", dir, (char *)path.p);
		p = xmalloc((size_t)m->files[i].len + 1);
		bytes(m, m->files[i].off, p, (size_t)m->files[i].len);
		if (m->files[i].pad || bit_get(skip, i))
			ok &= access(full, F_OK) < 0;
		else
			ok &= file_is(full, p, (size_t)m->files[i].len);
		free(p);
	}
	buf_free(&path);
	return ok;
}

/* Whether a store that skips nothing has the pieces that were wanted, and
 * leaves no file beside. */
static int
brought_home(const struct meta *m, const char *dir, const uint8_t *wanted)
{
	struct store *s = store_new(files, m, dir, NULL, STORE_WRITE);
	uint8_t maybe[8];
	uint32_t i;
	int ok;

	memset(maybe, 0xff, sizeof maybe);
	ok = store_adopt(s) == 0 && store_scan(s, maybe) == 0;
	for (i = 0; i < m->sh.npieces; i++)
		ok &= !bit_get(wanted, i) || (bit_get(maybe, i) &&
		    store_verify(s, i) == 1);
	ok &= store_begin(s) == 0 && access(beside(dir, m), F_OK) < 0;
	for (i = 0; i < m->sh.npieces; i++)
		ok &= !bit_get(wanted, i) || store_verify(s, i) == 1;
	store_done(s, 0);
	return store_free(s) == 0 && ok;
}

/* A file beside that is not ours, or is wrong. */
static void
planted(void)
{
	struct meta *m = torrent("t", mixed, LEN(mixed), PIECE);
	size_t size = (size_t)m->sh.size, i;
	uint8_t *p = xmalloc(size), maybe[1], skip[2] = { 0xbf, 0xff };
	static const char *const names[] = { "of other bytes", "short",
		"a second name of another file" };
	char *dir = dir_new();
	struct store *s;

	CASE("store: of a file beside, what is wrong makes nothing");
	memset(p, 'x', size);
	for (i = 0; i < LEN(names); i++) {
		OK(make_file(at(dir, "else"), p, i == 1 ? size - 1 : size) ==
		    0);
		if (i == 2)
			OK(link(at(dir, "else"), beside(dir, m)) == 0);
		else
			OK(rename(at(dir, "else"), beside(dir, m)) == 0);
		s = store_new(files, m, dir, NULL, STORE_WRITE);
		maybe[0] = 0xff;
		OK_FOR(names[i], store_adopt(s) == 0 &&
		    store_scan(s, maybe) == 0);
		OK_FOR(names[i], i > 0 ? maybe[0] == 0 : maybe[0] == 0x99);
		OK_FOR(names[i], i > 0 || store_verify(s, 0) == 0);
		OK_FOR(names[i], store_begin(s) == 0);
		OK_FOR(names[i], access(at(dir, "t/a"), F_OK) < 0);
		OK_FOR(names[i], put_all(s, m) == 0 && get_all(s, m));
		OK_FOR(names[i], store_free(s) == 0 && on_disk(m, dir, NULL));
		if (i == 2) /* and it is not written, either */
			break;
		if (i == 1)
			OK(unlink(beside(dir, m)) == 0);
		OK_FOR(names[i], rename(at(dir, "t"), at(dir, i ? "t2" :
		    "t1")) == 0);
	}
	s = store_new(files, m, dir, NULL, STORE_WRITE);
	store_skip(s, skip);
	OK(put_piece(s, m, 0) == -1 && strstr(store_error(s), ".parts"));
	OK(store_free(s) == 0 && file_is(at(dir, "else"), p, size));
	free(p);
	meta_free(m);
	dir_free(dir);
}

/* In place of the file beside something else may stand. */
static void
skip_nowhere(void)
{
	struct meta *m = torrent("t", mixed, LEN(mixed), PIECE);
	uint8_t skip[2] = { 0xbf, 0xff }; /* all but the second */
	char *dir = dir_new();
	struct store *s;
	int i;

	for (i = 0; i < 2; i++) {
		CASE(i == 0 ? "store: no link is followed to the file beside" :
		    "store: the file beside is no fifo");
		OK(i == 0 ? symlink("elsewhere", beside(dir, m)) == 0 :
		    mkfifo(beside(dir, m), 0600) == 0);
		s = store_new(files, m, dir, NULL, STORE_WRITE);
		store_skip(s, skip);
		OK(put_piece(s, m, 0) == -1 && safe(store_error(s)));
		OK(strstr(store_error(s), ".parts") != NULL);
		OK(access(at(dir, "elsewhere"), F_OK) < 0);
		store_free(s);
		OK(unlink(beside(dir, m)) == 0);
	}
	dir_free(dir);
	meta_free(m);
}

static void
temporary(void)
{
	struct meta *m = torrent("t", mixed, LEN(mixed), PIECE);
	char *dir = dir_new();
	struct store *s = store_new(files, m, dir, NULL, STORE_WRITE | STORE_TEMP);
	uint8_t maybe[8];

	CASE("store: a temporary one leaves nothing");
	memset(maybe, 0xff, sizeof maybe);
	OK(store_temp(s) == 0 && store_adopt(s) == 0);
	OK(store_scan(s, maybe) == 0);
	OK(bit_count(maybe, m->sh.npieces) == 0);
	OK(put_all(s, m) == 0 && store_begin(s) == 0);
	OK(get_all(s, m) && entries(dir) == 0);
	OK(store_free(s) == 0 && entries(dir) == 0);
	dir_free(dir);
	meta_free(m);
}

/* The path of the file beside, in at's place. */
static const char *
beside(const char *dir, const struct meta *m)
{
	char name[2 * SHA1_LEN + sizeof "..parts"] = ".";

	hex(name + 1, m->hash, SHA1_LEN);
	strcat(name, ".parts");
	return at(dir, name);
}

static struct meta *
torrent(const char *name, const struct spec *specs, size_t n,
    uint32_t piece_len)
{
	struct buf b = { NULL, 0, 0, 0 };
	char why[META_WHY];
	struct meta *m;
	int64_t size = 0;
	size_t i;

	buf_printf(&b, "d4:infod");
	if (specs[0].path)
		buf_printf(&b, "5:filesl");
	for (i = 0; i < n; i++) {
		size += specs[i].len;
		if (specs[i].path)
			buf_printf(&b, "d%s", specs[i].pad ? "4:attr1:p" : "");
		buf_printf(&b, "6:length");
		ben_put_int(&b, specs[i].len);
		if (specs[i].path)
			put_path(&b, specs[i].path);
	}
	if (specs[0].path)
		buf_put(&b, "e", 1);
	ben_put_str(&b, "name");
	ben_put_str(&b, name);
	ben_put_str(&b, "piece length");
	ben_put_int(&b, piece_len);
	put_digests(&b, specs, n, size, piece_len);
	buf_put(&b, "ee", 2);
	m = meta_parse(&b, why);
	OK_FOR(m ? name : why, m != NULL);
	return m;
}

static void
put_path(struct buf *b, const char *path)
{
	size_t n;

	ben_put_str(b, "path");
	buf_put(b, "l", 1);
	for (; *path; path += n + (path[n] == '/')) {
		n = strcspn(path, "/");
		ben_put_bytes(b, path, n);
	}
	buf_put(b, "ee", 2);
}

/* Of what is too large to be hashed here, only the last piece's is right. */
static void
put_digests(struct buf *b, const struct spec *specs, size_t n, int64_t size,
    uint32_t piece_len)
{
	int64_t off, from = size > 1 << 24 ? size - size % piece_len : 0, end;
	uint8_t *p, digest[SHA1_LEN] = { 0 };
	size_t i = 0, k, len;

	ben_put_str(b, "pieces");
	buf_printf(b, "%zu:", (size_t)((size + piece_len - 1) / piece_len) *
	    SHA1_LEN);
	for (off = 0; off < from; off += piece_len)
		buf_put(b, digest, SHA1_LEN);
	p = xmalloc((size_t)(size - from));
	for (off = from; off < size; off++)
		p[off - from] = byte_at(off);
	for (end = 0; i < n; end += specs[i++].len)
		for (off = end; specs[i].pad && off < end + specs[i].len;
		    off++)
			if (off >= from)
				p[off - from] = 0;
	for (k = 0; from + (int64_t)k < size; k += len) {
		len = MIN(piece_len, (size_t)(size - from) - k);
		sha1(p + k, len, digest);
		buf_put(b, digest, SHA1_LEN);
	}
	free(p);
}

static uint8_t
byte_at(int64_t off)
{
	uint32_t x = (uint32_t)off * 2654435761u + (uint32_t)(off >> 32) * 7;

	return (uint8_t)(x >> 24 ^ x >> 13);
}

/* The torrent's bytes: zeros in pads. */
static void
bytes(const struct meta *m, int64_t off, uint8_t *p, size_t n)
{
	uint32_t f;
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = byte_at(off + (int64_t)i);
	for (f = 0; f < m->nfiles; f++)
		for (i = 0; m->files[f].pad && i < n; i++)
			if (off + (int64_t)i >= m->files[f].off &&
			    off + (int64_t)i < m->files[f].off +
			    m->files[f].len)
				p[i] = 0;
}

static int
put_block(struct store *s, const struct meta *m, struct block b)
{
	uint8_t *p = xmalloc(b.len);
	int r;

	bytes(m, (int64_t)b.piece * m->sh.piece_len + b.begin, p, b.len);
	r = store_put(s, b, p) | store_settle(s);
	free(p);
	return r;
}

static int
put_piece(struct store *s, const struct meta *m, uint32_t piece)
{
	struct block b = { piece, 0, 0 };
	uint32_t size = shape_len(&m->sh, piece);

	for (; b.begin < size; b.begin += b.len) {
		b.len = MIN(BLOCK_LEN, size - b.begin);
		if (put_block(s, m, b) < 0)
			return -1;
	}
	return 0;
}

static int
put_all(struct store *s, const struct meta *m)
{
	uint32_t i;

	for (i = 0; i < m->sh.npieces; i++)
		if (put_piece(s, m, i) < 0 || store_verify(s, i) != 1)
			return -1;
	return 0;
}

static int
get_all(struct store *s, const struct meta *m)
{
	size_t size = (size_t)m->sh.size;
	uint8_t *p = xmalloc(size), *want = xmalloc(size);
	int same;

	bytes(m, 0, want, size);
	same = store_read(s, 0, p, size) == 0 && memcmp(p, want, size) == 0;
	free(p);
	free(want);
	return same;
}

/* Whether the files are what they should be; name NULL: the torrent's. */
static int
on_disk(const struct meta *m, const char *dir, const char *name)
{
	struct buf path = { NULL, 0, 0, 0 };
	const struct file *f;
	char full[1024];
	uint8_t *p;
	int same = 1;

	for (f = m->files; f < m->files + m->nfiles && same; f++) {
		path.len = 0;
		meta_path(&path, m, f);
		buf_put(&path, "", 1);
		snprintf(full, sizeof full, "%s/%s%s", dir, name ? name : "",
		    name ? (char *)path.p + m->name.n : (char *)path.p);
		if (f->pad || (f->len == 0 && name))
			continue; /* store_begin makes those */
		p = xmalloc((size_t)f->len);
		bytes(m, f->off, p, (size_t)f->len);
		same = file_is(full, p, (size_t)f->len);
		free(p);
	}
	buf_free(&path);
	return same;
}

/* What fn returns in a child that has ten seconds; -1: it died. */
static int
child(int (*fn)(const char *), const char *dir)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		alarm(10);
		_exit(fn(dir));
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

static char *
dir_new(void)
{
	const char *tmp = getenv("TMPDIR");
	char path[256];

	snprintf(path, sizeof path, "%s/btsh-unit-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(path))
		die("mkdtemp:");
	return xstrdup(path);
}

static void
dir_free(char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY);

	dir_empty(fd);
	rmdir(dir);
	free(dir);
}

/* Removes what is in a directory, and closes fd. */
static void
dir_empty(int fd)
{
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 ||
		    strcmp(e->d_name, "..") == 0)
			continue;
		if (unlinkat(fd, e->d_name, 0) == 0)
			continue;
		dir_empty(openat(fd, e->d_name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
		unlinkat(fd, e->d_name, AT_REMOVEDIR);
	}
	if (d)
		closedir(d);
}

/* A path in dir, for a short time. */
static const char *
at(const char *dir, const char *path)
{
	static char texts[4][512];
	static int i;

	i = (i + 1) % 4;
	snprintf(texts[i], sizeof texts[i], "%s/%s", dir, path);
	return texts[i];
}

static int
make_file(const char *path, const void *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666), r;

	r = fd < 0 ? -1 : write_all(fd, p, n);
	if (fd >= 0)
		close(fd);
	return r;
}

static int
file_is(const char *path, const void *p, size_t n)
{
	struct buf b = { NULL, 0, 0, 0 };
	int fd = open(path, O_RDONLY), same;

	same = fd >= 0 && slurp(fd, &b, n) == 0 && b.len == n &&
	    (n == 0 || memcmp(b.p, p, n) == 0);
	if (fd >= 0)
		close(fd);
	buf_free(&b);
	return same;
}

/* How many there are in a directory, -1 if there is none. */
static int
entries(const char *path)
{
	DIR *d = opendir(path);
	int n = -2;

	if (!d)
		return -1;
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* Whether a terminal can have it, and it says something. */
static int
safe(const char *text)
{
	const char *p;

	for (p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f || *p & 0x80)
			return 0;
	return p > text;
}
