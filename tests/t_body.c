/* body, names, share: a torrent with all that one can have, its files found by
 * their paths, and bodies read to the end. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "addr.h"
#include "bencode.h"
#include "torrent/meta.h"
#include "torrent/encode.h"
#include "torrent/tar.h"
#include "web/names.h"
#include "web/share.h"
#include "web/head.h"
#include "web/body.h"
#include "unit.h"

enum { MANY = 3000 };

static void paths(void);
static void crowds(void);
static void shares(void);
static void ranges(void);
static void archives(void);
static struct meta *odd_torrent(void);
static struct meta *torrent_of(const struct ingredient *files, uint32_t n);
static int64_t find(const struct names *ns, const char *path);
static int64_t drain(struct body *b, struct buf *out, uint32_t *nstretches);

static const uint8_t key[16] = "a key of a test";

void
test_body(void)
{
	paths();
	crowds();
	shares();
	ranges();
	archives();
}

static struct meta *
torrent_of(const struct ingredient *files, uint32_t n)
{
	struct recipe r = { .name = "t", .is_dir = 1, .files = files,
	    .nfiles = n, .piece_len = 1 << 20 };
	struct buf b = { 0 };
	struct meta *m;
	char why[META_WHY];

	encode_torrent(&b, &r);
	m = meta_parse(&b, why);
	OK_FOR(why, m != NULL);
	return m;
}

/* Files 0, 2, 3 and 5 are files; 1 is padding, 4 a link. */
static struct meta *
odd_torrent(void)
{
	static const char *const files[] = { "6:lengthi5e4:pathl1:aee",
	    "4:attr1:p6:lengthi7e4:pathl4:.pad1:7ee",
	    "6:lengthi1000e4:pathl1:b3:c dee", "6:lengthi0e4:pathl1:zee",
	    "4:attr1:l6:lengthi0e4:pathl4:linke12:symlink pathl1:aee",
	    "6:lengthi511e4:pathl1:b1:aee" };
	struct buf b = { 0 };
	struct meta *m;
	char why[META_WHY];
	size_t i;

	buf_printf(&b, "d4:infod5:filesl");
	for (i = 0; i < LEN(files); i++)
		buf_printf(&b, "d%s", files[i]);
	buf_printf(&b, "e4:name1:t12:piece lengthi16384e6:pieces20:"
	    "01234567890123456789ee");
	m = meta_parse(&b, why);
	OK_FOR(m ? "" : why, m && m->nfiles == LEN(files));
	return m;
}

static int64_t
find(const struct names *ns, const char *path)
{
	uint8_t *p = unit_copy(path, strlen(path));
	int64_t found = names_find(ns, (struct span){ p, strlen(path) });

	free(p);
	return found;
}

static void
paths(void)
{
	static const char *const none[] = { "", "b", "c d", "/a", "a/", "b//a",
	    "b/c", "b/c d/", "B/a", ".pad/7", "link", "a/a", "t/a", "b/c%20d"
	};
	struct meta *m = odd_torrent();
	struct names *ns = names_new(m, key);
	size_t i;

	CASE("names: a file is found by its whole path");
	OK(find(ns, "a") == 0 && find(ns, "b/c d") == 2);
	OK(find(ns, "z") == 3 && find(ns, "b/a") == 5);
	CASE("names: by nothing else, nor is padding, or a link");
	for (i = 0; i < LEN(none); i++)
		OK_FOR(none[i], find(ns, none[i]) == -1);
	names_free(ns);
	meta_free(m);
	names_free(NULL);
}

/* Every one of many, and as many that are not there. */
static void
crowds(void)
{
	struct ingredient *files = xcalloc(MANY, sizeof *files);
	struct meta *m;
	struct names *ns;
	struct span it, e;
	struct buf path = { 0 };
	uint32_t i, found = 0, strange = 0;
	uint64_t rnd = 5;
	char text[32];

	CASE("names: each of thousands is found, and no other");
	for (i = 0; i < MANY; i++) {
		snprintf(text, sizeof text, "d%u/%x-%u", i % 7,
		    (unsigned)rnd_below(&rnd, 1000), i);
		files[i].path = xstrdup(text);
		files[i].len = i;
	}
	m = torrent_of(files, MANY);
	ns = names_new(m, key);
	for (i = 0; i < MANY; i++) {
		path.at = path.len = 0;
		for (it = ben_items(m->files[i].path);
		    meta_element(&it, &e); ) {
			if (path.len > 0)
				buf_put(&path, "/", 1);
			buf_put(&path, e.p, e.n);
		}
		found += names_find(ns, (struct span){ path.p, path.len }) ==
		    i;
		path.p[path.len - 1] ^= 64;
		strange += names_find(ns, (struct span){ path.p,
		    path.len }) != -1;
	}
	OK(found == MANY && strange == 0);
	names_free(ns);
	meta_free(m);
	buf_free(&path);
	for (i = 0; i < MANY; i++)
		free(files[i].path);
	free(files);
}

static void
shares(void)
{
	static const uint8_t h1[20] = { 0xab, 0xcd, 0xef, 0x01, 2 };
	static const uint8_t h2[20] = { 0x12, 0x34, 0x56, 0x78, 9 };
	struct shares all = { 0 };
	struct share many[40], s[3];
	struct meta *m = odd_torrent();
	char name[16];
	int i;

	memset(s, 0, sizeof s);
	memset(many, 0, sizeof many);
	CASE("share: two of one name: who came first keeps it");
	OK(share_find(&all, span_of("x")) == -1);
	share_add(&all, &s[0], span_of("x"), h1);
	share_add(&all, &s[1], span_of("x"), h2);
	share_add(&all, &s[2], span_of("y"), h1);
	OK(share_find(&all, span_of("x")) == 0);
	OK(share_find(&all, span_of("x-12345678")) == 1);
	OK(share_find(&all, span_of("y")) == 2);
	OK(share_find(&all, span_of("x-abcdef01")) == -1);
	OK(share_find(&all, span_of("")) == -1);
	CASE("share: who goes is not found, and the others stay");
	OK(share_file(&all, &s[0], m, span_of("b/a")) == 5);
	OK(share_file(&all, &s[0], m, span_of("b")) == -1);
	share_remove(&all, &s[0]);
	OK(share_find(&all, span_of("x")) == -1 && !s[0].names);
	OK(share_find(&all, span_of("x-12345678")) == 0);
	share_remove(&all, &s[0]);
	OK(all.n == 2);
	share_add(&all, &s[0], span_of("x"), h1);
	OK(share_find(&all, span_of("x")) == 2);
	CASE("share: any number, the oldest first");
	for (i = 0; i < (int)LEN(many); i++) {
		snprintf(name, sizeof name, "n%d", i);
		share_add(&all, &many[i], span_of(name), h1);
	}
	for (i = 0; i < (int)LEN(many); i++) {
		snprintf(name, sizeof name, "n%d", i);
		OK(share_find(&all, span_of(name)) == i + 3);
	}
	CASE("share: a torrent of one file has it under its own name");
	m->is_dir = 0;
	OK(share_file(&all, &s[1], m, span_of("")) == 0);
	OK(share_file(&all, &s[1], m, span_of("a")) == -1);
	for (i = 0; i < (int)LEN(many); i++)
		share_remove(&all, &many[i]);
	for (i = 0; i < 3; i++)
		share_remove(&all, &s[i]);
	OK(all.n == 0);
	shares_free(&all);
	meta_free(m);
}

/* All of a body, the torrent's bytes as their number: how many there are of
 * either. */
static int64_t
drain(struct body *b, struct buf *out, uint32_t *nstretches)
{
	int64_t n = 0;

	*nstretches = 0;
	while (body_next(b, out)) {
		OK(b->at >= 0 && b->left >= 0);
		OK(b->left <= b->m->sh.size - b->at);
		*nstretches += b->left > 0;
		n += b->left;
		b->at += b->left;
		b->left = 0;
	}
	return n + (int64_t)out->len;
}

static void
ranges(void)
{
	static const struct web_ranges table[] = {
		{ 1, { { 0, 1000 } } }, { 1, { { 999, 1 } } },
		{ 3, { { 0, 1 }, { 500, 20 }, { 7, 1 } } }
	};
	struct meta *m = odd_torrent();
	struct web_ranges all;
	const struct entity *e;
	struct http_request r = { .method = { (const uint8_t *)"GET", 3 } };
	struct body b;
	struct buf out = { 0 }, head = { 0 };
	uint32_t n;
	size_t i;
	int64_t length;

	CASE("body: a file's name, size and tag");
	e = body_entity(&b, m, 2);
	OK(span_is(e->name, "c d") && e->size == 1000);
	OK(strlen(e->tag) > 40 && strcmp(e->tag + 40, "-2") == 0);
	CASE("body: its ranges, where they stand in the torrent");
	for (i = 0; i < LEN(table); i++) {
		e = body_entity(&b, m, 2);
		out.len = head.len = 0;
		all = table[i];
		length = head_file(&head, &r, e, 206, &all);
		body_ranges(&b, &all);
		OK(body_next(&b, &out) == 1 && b.left == all.list[0].n &&
		    b.at == 12 + all.list[0].at);
		length -= b.left;
		b.left = 0;
		OK(drain(&b, &out, &n) == length);
		OK(n == (uint32_t)all.n - 1);
	}
	CASE("body: none of an empty file");
	e = body_entity(&b, m, 3);
	all = (struct web_ranges){ 1, { { 0, 0 } } };
	out.len = 0;
	body_ranges(&b, &all);
	OK(drain(&b, &out, &n) == 0 && n == 0);
	buf_free(&out);
	buf_free(&head);
	meta_free(m);
}

static void
archives(void)
{
	struct meta *m = odd_torrent();
	struct body b;
	struct buf out = { 0 };
	uint8_t skip = 0;
	uint32_t n, i, files;

	CASE("body: an archive, of any choice, is as long as was told");
	for (i = 0; i < 64; i++, skip = (uint8_t)(i << 2)) {
		out.len = 0;
		body_tar(&b, m, i ? &skip : NULL, 1700000000);
		OK(drain(&b, &out, &n) == body_tar_length(m, i ? &skip : NULL,
		    1700000000));
		files = !bit_get(&skip, 0) + !bit_get(&skip, 2) +
		    !bit_get(&skip, 5);
		OK(n == files);
		OK((out.len + (!bit_get(&skip, 0) ? 5 : 0) +
		    (!bit_get(&skip, 2) ? 1000 : 0) +
		    (!bit_get(&skip, 5) ? 511 : 0)) % TAR_BLOCK == 0);
	}
	CASE("body: links are in it, padding is not");
	out.len = 0;
	body_tar(&b, m, NULL, 0);
	drain(&b, &out, &n);
	buf_put(&out, "", 1);
	for (i = n = 0; i + 6 < out.len; i++) {
		n += memcmp(out.p + i, "t/link", 7) == 0;
		OK(memcmp(out.p + i, "t/.pad", 6) != 0);
	}
	OK(n == 1);
	buf_free(&out);
	meta_free(m);
}
