/* meta: torrents that are right and what they say, torrents that are wrong and
 * refused with a reason, torrents made, and bytes that nobody meant.  Every
 * wrong torrent is well bencoded and one thing away from a right one. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "bencode.h"
#include "http.h"
#include "wire.h"
#include "meta.h"
#include "unit.h"

#define NAME  "4:name1:a"
#define LEN16 "12:piece lengthi16384e"
#define ONE   "6:lengthi1e"
/* a directory's files in f, three bytes in one piece */
#define DIR(f) "5:filesl" f "e" NAME LEN16
#define F(len, path) "d6:lengthi" len "e4:pathl" path "ee"

static void single(void);
static void directory(void);
static void symlinks(void);
static int target_is(const struct meta *m, uint32_t i, const char *want);
static void trackers(void);
static int tracker_is(const struct meta *m, int i, const char *url, int tier);
static void refusals(void);
static void piece_lengths(void);
static void piece_counts(void);
static void file_lengths(void);
static void names(void);
static int name_ok(const void *name, size_t n, int where);
static void paths(void);
static int deep_ok(int n);
static void distinct(void);
static void truncated(void);
static void version2(void);
static void encoding(void);
static int encodes(const struct recipe *r, const char *want);
static int made(const struct recipe *r, int64_t len, uint32_t npieces);
static void round_trip(void);
static void piece_len(void);
static void places(void);
static int places_ok(const int64_t *lens, uint32_t n);
static void magnets(void);
static void links(void);
static int link_ok(const char *text);
static void completed(void);
static void wanted(void);
static int wants(const struct meta *m, const char *skip, const char *want);
static void cleared(void);
static void fuzz(void);
static int holds(const struct meta *m);
static void put_torrent(struct buf *b, const char *top, const char *info,
    size_t npieces, const char *tail);
static struct meta *torrent(const char *top, const char *info, size_t npieces,
    const char *tail);
static int good(const char *info, size_t npieces);
static int bad(const char *info, size_t npieces);
static int parses(struct buf *b);
static int is(struct span s, const char *want);
static int path_is(const struct meta *m, uint32_t i, const char *want);

void
test_meta(void)
{
	single();
	directory();
	symlinks();
	trackers();
	refusals();
	piece_lengths();
	piece_counts();
	file_lengths();
	names();
	paths();
	distinct();
	truncated();
	version2();
	encoding();
	round_trip();
	piece_len();
	places();
	magnets();
	links();
	completed();
	wanted();
	cleared();
	fuzz();
}

static void
single(void)
{
	static const char text[] = "d8:announce8:http://t7:comment5:hello"
	    "4:infod6:lengthi5e4:name1:a12:piece lengthi16384e6:pieces20:"
	    "aaaaaaaaaaaaaaaaaaaaee";
	struct buf b = { NULL, 0, 0, 0 };
	char digits[41];
	const char *why = "none";
	struct meta *m;

	CASE("meta: a torrent of one file says all that is in it");
	buf_put(&b, text, sizeof text - 1);
	m = meta_parse(&b, &why);
	OK(m && !why);
	OK(b.p == NULL && b.len == 0);
	if (!m)
		return;
	OK(is(m->name, "a") && is(m->comment, "hello"));
	OK(m->source.n == 0 && !m->private && !m->is_dir);
	OK(m->sh.size == 5 && m->sh.piece_len == 16384 && m->sh.npieces == 1);
	OK(m->nfiles == 1 && m->files[0].off == 0 && m->files[0].len == 5);
	OK(!m->files[0].pad && m->files[0].path.n == 0);
	OK(memcmp(m->pieces, "aaaaaaaaaaaaaaaaaaaa", 20) == 0);
	OK(m->ntrackers == 1 && tracker_is(m, 0, "http://t", 0));
	OK(path_is(m, 0, "a"));
	CASE("meta: the info hash is that of the bytes as they stand");
	hex(digits, m->hash, 20);
	OK(strcmp(digits, "d0d24694da2b8aa2fb5978c5a9f0ded040b4fb36") == 0);
	OK(m->info.n == 75 && m->info.p == m->raw.p + 43);
	CASE("meta: pieces that are filled in change the info hash");
	memset(m->pieces, 'b', 20);
	meta_rehash(m);
	hex(digits, m->hash, 20);
	OK(strcmp(digits, "d0d24694da2b8aa2fb5978c5a9f0ded040b4fb36") != 0);
	memset(m->pieces, 'a', 20);
	meta_rehash(m);
	hex(digits, m->hash, 20);
	OK(strcmp(digits, "d0d24694da2b8aa2fb5978c5a9f0ded040b4fb36") == 0);
	meta_free(m);
	meta_free(NULL);

	CASE("meta: keys out of order and unknown ones do no harm");
	OK(good(LEN16 NAME ONE "1:xi1e1:zde", 1));
	CASE("meta: private is 1, and nothing else is (BEP 27)");
	m = torrent("", NAME ONE LEN16, 1, "7:privatei1e6:source3:src");
	OK(m && m->private == 1 && is(m->source, "src"));
	meta_free(m);
	m = torrent("", NAME ONE LEN16, 1, "7:privatei0e");
	OK(m && m->private == 0);
	meta_free(m);
	CASE("meta: a file of no bytes has no pieces");
	m = torrent("", NAME "6:lengthi0e" LEN16, 0, "");
	OK(m && m->sh.size == 0 && m->sh.npieces == 0 && m->nfiles == 1);
	meta_free(m);
}

static void
directory(void)
{
	struct meta *m;

	CASE("meta: a directory's files stand one behind the other");
	m = torrent("", DIR(F("20000", "1:x1:y") F("0", "1:z")
	    F("5", "5:\xc3\xa9 .b")), 2, "");
	OK(m && m->is_dir && m->nfiles == 3);
	if (m && m->nfiles == 3) {
		OK(m->sh.size == 20005 && m->sh.npieces == 2);
		OK(m->files[0].off == 0 && m->files[0].len == 20000);
		OK(m->files[1].off == 20000 && m->files[1].len == 0);
		OK(m->files[2].off == 20000 && m->files[2].len == 5);
		OK(path_is(m, 0, "a/x/y"));
		OK(path_is(m, 1, "a/z"));
		OK(path_is(m, 2, "a/\xc3\xa9 .b"));
	}
	meta_free(m);
	CASE("meta: a directory of one file is a directory");
	m = torrent("", DIR(F("1", "1:x")), 1, "");
	OK(m && m->is_dir && m->nfiles == 1 && path_is(m, 0, "a/x"));
	meta_free(m);
	CASE("meta: a directory of empty files has no pieces");
	m = torrent("", DIR(F("0", "1:x") F("0", "1:y")), 0, "");
	OK(m && m->is_dir && m->nfiles == 2 && m->sh.npieces == 0);
	meta_free(m);
	CASE("meta: pad files are known by their attr (BEP 47)");
	m = torrent("", DIR("d4:attr1:x" "6:lengthi1e4:pathl1:xee"
	    "d4:attr1:p6:lengthi16383e4:pathl4:.pad5:16383ee"
	    "d4:attr2:hp6:lengthi16383e4:pathl4:.pad5:16383ee"
	    F("2", "1:y")), 3, "");
	OK(m && m->nfiles == 4);
	if (m && m->nfiles == 4) {
		OK(!m->files[0].pad && m->files[1].pad && m->files[2].pad);
		OK(!m->files[3].pad && m->files[3].off == 32767);
		OK(m->sh.size == 32769);
	}
	meta_free(m);
}

static void
symlinks(void)
{
#define L(more, target) \
	"d4:attr1:l" more "4:pathl1:le12:symlink path" target "e"
	static const char *const plain[] = {
		L("6:lengthi3e", "le"), L("6:lengthi3e", "l2:..1:ae"),
		L("6:lengthi3e", "l1:.e"), L("6:lengthi3e", "l0:e"),
		L("6:lengthi3e", "l3:a/be"), L("6:lengthi3e", "l1:ai1ee"),
		L("6:lengthi3e", "1:a"), L("6:lengthi3e", "l2:/ae"),
		"d4:attr1:l6:lengthi3e4:pathl1:lee",
		"d4:attr1:x6:lengthi3e4:pathl1:le12:symlink pathl1:aee",
	};
	struct buf b = { NULL, 0, 0, 0 };
	char info[200];
	struct span t;
	struct meta *m;
	const char *why;
	size_t i;

	CASE("meta: symbolic links and where they lead (BEP 47)");
	m = torrent("", DIR(F("1", "1:x") L("6:lengthi0e", "l1:xe")
	    F("1", "1:y") "d4:attr2:hl4:pathl1:d1:me12:symlink pathl1:d"
	    "2:no1:zee"), 1, "");
	OK(m && m->nfiles == 4 && m->sh.size == 2);
	if (m && m->nfiles == 4) {
		OK(!meta_target(m, 0, &t) && !meta_target(m, 2, &t));
		OK(target_is(m, 1, "x") && target_is(m, 3, "d/no/z"));
		OK(m->files[1].len == 0 && m->files[2].off == 1);
	}
	meta_free(m);
	CASE("meta: a link has no bytes, whatever it says");
	m = torrent("", DIR(F("1", "1:x") L("6:lengthi5e", "l1:xe")
	    F("1", "1:y")), 1, "");
	OK(m && m->sh.size == 2 && target_is(m, 1, "x"));
	meta_free(m);
	CASE("meta: a link that leads nowhere safe is a file of its length");
	for (i = 0; i < LEN(plain); i++) {
		snprintf(info, sizeof info, DIR("%s"), plain[i]);
		m = torrent("", info, 1, "");
		OK_FOR(plain[i], m && m->nfiles == 1 && m->files[0].len == 3 &&
		    !meta_target(m, 0, &t));
		meta_free(m);
	}
	CASE("meta: each of a thousand links is found");
	buf_printf(&b, "d4:infod5:filesl");
	for (i = 0; i < 1000; i++)
		buf_printf(&b, i % 3 ? "d4:attr1:l4:pathl4:%04ue12:"
		    "symlink pathl4:%04uee" : "d6:lengthi1e4:pathl4:%04uee",
		    (unsigned)i, (unsigned)i + 1);
	buf_printf(&b, "e" NAME LEN16 "6:pieces20:%20see", "");
	m = meta_parse(&b, &why);
	OK(m && m->nfiles == 1000 && m->sh.size == 334);
	for (i = 0; m && i < 1000; i++) {
		snprintf(info, sizeof info, "%04u", (unsigned)i + 1);
		OK(i % 3 ? target_is(m, (uint32_t)i, info) :
		    !meta_target(m, (uint32_t)i, &t));
	}
	meta_free(m);
#undef L
}

static int
target_is(const struct meta *m, uint32_t i, const char *want)
{
	struct span it, e;
	struct buf b = { NULL, 0, 0, 0 };
	int same;

	if (!meta_target(m, i, &it))
		return 0;
	for (it = ben_items(it); meta_element(&it, &e); )
		buf_printf(&b, "%s%.*s", b.len > 0 ? "/" : "", (int)e.n,
		    (const char *)e.p);
	buf_put(&b, "", 1);
	same = strcmp((char *)b.p, want) == 0;
	buf_free(&b);
	return same;
}

static void
trackers(void)
{
	struct buf b = { NULL, 0, 0, 0 };
	const char *why;
	struct meta *m;
	int i;

	CASE("meta: a torrent may have no tracker");
	m = torrent("", NAME ONE LEN16, 1, "");
	OK(m && m->ntrackers == 0);
	meta_free(m);
	CASE("meta: announce-list keeps its tiers and their order (BEP 12)");
	m = torrent("8:announce1:z13:announce-listll1:a1:beel1:ce"
	    "l1:d1:e1:fee", NAME ONE LEN16, 1, "");
	OK(!m); /* one end too many: the helper is no yes-man */
	m = torrent("8:announce1:z13:announce-listll1:a1:bel1:ce"
	    "l1:d1:e1:fee", NAME ONE LEN16, 1, "");
	OK(m && m->ntrackers == 6);
	if (m && m->ntrackers == 6) {
		OK(tracker_is(m, 0, "a", 0) && tracker_is(m, 1, "b", 0));
		OK(tracker_is(m, 2, "c", 1) && tracker_is(m, 3, "d", 2));
		OK(tracker_is(m, 4, "e", 2) && tracker_is(m, 5, "f", 2));
	}
	meta_free(m);
	CASE("meta: an empty announce-list leaves announce");
	m = torrent("8:announce1:z13:announce-listle", NAME ONE LEN16, 1, "");
	OK(m && m->ntrackers == 1 && tracker_is(m, 0, "z", 0));
	meta_free(m);
	m = torrent("8:announce1:z13:announce-listllee", NAME ONE LEN16, 1,
	    "");
	OK(m && m->ntrackers == 1 && tracker_is(m, 0, "z", 0));
	meta_free(m);
	CASE("meta: trackers that are none are passed over");
	m = torrent("8:announcei5e13:announce-listl1:xi1elei2eel0:1:a3:b\xff"
	    "ceded1:q1:reel1:yee", NAME ONE LEN16, 1, "");
	OK(!m);
	m = torrent("8:announcei5e13:announce-listl1:xi1elel0:i2e1:alededee"
	    "l1:bee", NAME ONE LEN16, 1, "");
	OK(m && m->ntrackers == 2);
	if (m && m->ntrackers == 2)
		OK(strcmp(m->trackers[0].url, "a") == 0 &&
		    strcmp(m->trackers[1].url, "b") == 0 &&
		    m->trackers[0].tier < m->trackers[1].tier);
	meta_free(m);
	CASE("meta: of ten thousand trackers 100 are kept");
	buf_printf(&b, "d13:announce-listl");
	for (i = 0; i < 10000; i++)
		buf_printf(&b, "l4:%04de", i);
	buf_printf(&b, "e4:infod" NAME ONE LEN16 "6:pieces20:%20see", "");
	m = meta_parse(&b, &why);
	OK(m && m->ntrackers == TRACKERS_MAX);
	OK(m && tracker_is(m, 99, "0099", 99));
	meta_free(m);
}

static int
tracker_is(const struct meta *m, int i, const char *url, int tier)
{
	return strcmp(m->trackers[i].url, url) == 0 &&
	    m->trackers[i].tier == tier;
}

static void
refusals(void)
{
	static const char *const no[] = {
		"", "x", "<html></html>", "i1e", "4:spam", "le", "de", "d",
		"d4:infoi1ee", "d4:info1:xe", "d4:infolee", "d4:infodee",
		"d4:infe", "d3:infdee", "l4:infodee", "\x1f\x8b\x08",
		"d8:announce8:http://te", "ei1e", "d1:ai01ee",
	};
	struct buf b = { NULL, 0, 0, 0 };
	size_t i;

	CASE("meta: what is no torrent is refused");
	for (i = 0; i < LEN(no); i++) {
		buf_put(&b, no[i], strlen(no[i]));
		OK_FOR(no[i], !parses(&b));
	}
	CASE("meta: what a torrent must have");
	OK(good(NAME ONE LEN16, 1));
	OK(bad(NAME ONE, 1));
	OK(bad(NAME LEN16, 1));
	OK(bad(ONE LEN16, 1));
	CASE("meta: what is of another kind than it must be");
	OK(bad("4:namei1e" ONE LEN16, 1));
	OK(bad("4:namele" ONE LEN16, 1));
	OK(bad(NAME "6:length1:1" LEN16, 1));
	OK(bad(NAME "6:lengthle" LEN16, 1));
	OK(bad(NAME ONE "12:piece length5:16384", 1));
	OK(bad("5:filesde" NAME LEN16, 0));
	OK(bad("5:filesi1e" NAME LEN16, 0));
	OK(bad("5:files1:x" NAME LEN16, 0));
	OK(bad("5:filesl1:xe" NAME LEN16, 0));
	OK(bad("5:filesli1ee" NAME LEN16, 0));
	OK(bad("5:filesllee" NAME LEN16, 0));
	OK(bad(DIR("d6:lengthi1e4:path1:xe"), 1));
	OK(bad(DIR("d6:lengthi1e4:pathi1ee"), 1));
	OK(bad(DIR("d6:lengthi1e4:pathd1:x1:yee"), 1));
	OK(bad(DIR("d6:lengthi1e4:pathli1eee"), 1));
	OK(bad(DIR("d6:lengthi1e4:pathl1:xleee"), 1));
	OK(bad(DIR("d6:length1:14:pathl1:xee"), 1));
	CASE("meta: a directory without files is refused");
	OK(bad("5:filesle" NAME LEN16, 0));
	OK(bad("5:filesle" NAME LEN16, 1));
	CASE("meta: pieces must be there, as a string");
	buf_printf(&b, "d4:infod" NAME ONE LEN16 "ee");
	OK(!parses(&b));
	buf_printf(&b, "d4:infod" NAME ONE LEN16 "6:piecesi20eee");
	OK(!parses(&b));
	buf_printf(&b, "d4:infod" NAME ONE LEN16 "6:piecesleee");
	OK(!parses(&b));
}

static void
piece_lengths(void)
{
	static const char *const wrong[] = {
		"0", "1", "-1", "-16384", "1024", "8192", "16383", "67108865",
		"134217728", "2147483648", "4294967295", "4294967296",
		"4294983680", "8589934592", "-4294950912",
		"9223372036854775807", "-9223372036854775808",
	};
	static const char *const right[] = {
		"16384", "16385", "32768", "262144", "20000000", "67108863",
		"67108864",
	};
	char info[128];
	size_t i;

	CASE("meta: a piece length is 16 KiB to 64 MiB");
	for (i = 0; i < LEN(right); i++) {
		snprintf(info, sizeof info, NAME ONE "12:piece lengthi%se",
		    right[i]);
		OK_FOR(right[i], good(info, 1));
	}
	CASE("meta: other piece lengths are refused, 0 and 2^32 among them");
	for (i = 0; i < LEN(wrong); i++) {
		snprintf(info, sizeof info, NAME ONE "12:piece lengthi%se",
		    wrong[i]);
		OK_FOR(wrong[i], bad(info, 1));
		OK_FOR(wrong[i], bad(info, 0));
	}
}

static void
piece_counts(void)
{
	static const struct { long len; size_t n; } rows[] = {
		{ 0, 0 }, { 1, 1 }, { 16383, 1 }, { 16384, 1 }, { 16385, 2 },
		{ 32768, 2 }, { 32769, 3 }, { 163840, 10 }, { 163841, 11 },
	};
	struct buf b = { NULL, 0, 0, 0 };
	char info[128];
	size_t i, n;

	CASE("meta: there are as many pieces as the size needs");
	for (i = 0; i < LEN(rows); i++) {
		snprintf(info, sizeof info, NAME LEN16 "6:lengthi%lde",
		    rows[i].len);
		OK_FOR(info, good(info, rows[i].n));
		OK_FOR(info, bad(info, rows[i].n + 1));
		OK_FOR(info, rows[i].n == 0 || bad(info, rows[i].n - 1));
		OK_FOR(info, bad(info, 2 * rows[i].n + 1));
	}
	CASE("meta: pieces are 20 bytes each");
	for (n = 0; n <= 60; n++) {
		buf_printf(&b, "d4:infod" NAME LEN16 "6:lengthi20000e"
		    "6:pieces%u:%*see", (unsigned)n, (int)n, "");
		OK(parses(&b) == (n == 40));
	}
}

static void
file_lengths(void)
{
	CASE("meta: lengths are not negative");
	OK(bad(NAME "6:lengthi-1e" LEN16, 0));
	OK(bad(NAME "6:lengthi-1e" LEN16, 1));
	OK(bad(NAME "6:lengthi-9223372036854775808e" LEN16, 0));
	OK(bad(DIR(F("2", "1:x") F("-1", "1:y")), 1));
	OK(bad(DIR(F("-1", "1:x") F("2", "1:y")), 1));
	OK(good(DIR(F("0", "1:x") F("1", "1:y")), 1));
	CASE("meta: lengths do not overflow when added");
	OK(bad(NAME "6:lengthi9223372036854775807e" LEN16, 0));
	OK(bad(NAME "6:lengthi4611686018427387905e" LEN16, 0));
	OK(bad(DIR(F("9223372036854775807", "1:x") F("1", "1:y")), 0));
	OK(bad(DIR(F("9223372036854775807", "1:x")
	    F("9223372036854775807", "1:y") F("3", "1:z")), 1));
	OK(bad(DIR(F("1", "1:x") F("9223372036854775807", "1:y")), 0));
	OK(bad(DIR(F("4611686018427387904", "1:x")
	    F("4611686018427387904", "1:y") F("4611686018427387904", "1:z")
	    F("4611686018427387904", "1:w") F("1", "1:v")), 1));
	OK(bad(DIR(F("4611686018427387903", "1:x") F("2", "1:y")), 0));
	CASE("meta: a size that 32 bits of pieces cannot hold is refused");
	OK(bad(NAME "6:lengthi70368744177665e" LEN16, 1));
	OK(bad(NAME "6:lengthi70368744193999e" LEN16, 1));
	OK(bad(NAME "6:lengthi4611686018427387903e" LEN16, 0));
}

static void
names(void)
{
	char name[256];
	int where;

	memset(name, 'n', sizeof name);
	for (where = 0; where < 3; where++) {
		CASE(where == 0 ? "meta: a file's name is one safe element" :
		    where == 1 ? "meta: a directory's name is too" :
		    "meta: so is each element of a path");
		OK(name_ok(BYTES("a"), where));
		OK(name_ok(BYTES(" "), where));
		OK(name_ok(BYTES("..."), where));
		OK(name_ok(BYTES(".a"), where));
		OK(name_ok(BYTES("..a"), where));
		OK(name_ok(BYTES("a.."), where));
		OK(name_ok(BYTES("-rf"), where));
		OK(name_ok(BYTES("a\\b"), where));
		OK(name_ok(BYTES("\xff\x1b[2J"), where));
		OK(name_ok(name, 255, where));
		OK(!name_ok(BYTES(""), where));
		OK(!name_ok(BYTES("."), where));
		OK(!name_ok(BYTES(".."), where));
		OK(!name_ok(BYTES("/"), where));
		OK(!name_ok(BYTES("/a"), where));
		OK(!name_ok(BYTES("a/"), where));
		OK(!name_ok(BYTES("a/b"), where));
		OK(!name_ok(BYTES("../a"), where));
		OK(!name_ok(BYTES("\0"), where));
		OK(!name_ok(BYTES("a\0b"), where));
		OK(!name_ok(BYTES("a\0"), where));
		OK(!name_ok(BYTES("..\0"), where));
		OK(!name_ok(name, 256, where));
	}
}

/* A torrent with the name in some place: a file's, a directory's, or in a
 * path. */
static int
name_ok(const void *name, size_t n, int where)
{
	struct buf b = { NULL, 0, 0, 0 };

	buf_printf(&b, "d4:infod");
	if (where > 0)
		buf_printf(&b, "5:filesld6:lengthi1e4:pathl1:x%s",
		    where == 1 ? "eee" : "");
	if (where == 2) {
		ben_put_bytes(&b, name, n);
		buf_printf(&b, "1:yeee" NAME);
	} else {
		ben_put_str(&b, "name");
		ben_put_bytes(&b, name, n);
	}
	buf_printf(&b, "%s" LEN16 "6:pieces20:%20see", where ? "" : ONE, "");
	return parses(&b);
}

static void
paths(void)
{
	CASE("meta: a path has elements");
	OK(bad(DIR(F("1", "")), 1));
	OK(bad(DIR("d6:lengthi1ee"), 1));
	OK(bad(DIR(F("1", "1:x") F("0", "")), 1));
	CASE("meta: a path of 64 elements is right, one of 65 is not");
	OK(deep_ok(1));
	OK(deep_ok(63));
	OK(deep_ok(64));
	OK(!deep_ok(65));
	OK(!deep_ok(66));
	OK(!deep_ok(5000));
}

static int
deep_ok(int n)
{
	struct buf b = { NULL, 0, 0, 0 };

	buf_printf(&b, "d4:infod5:filesld6:lengthi1e4:pathl");
	for (; n > 0; n--)
		buf_printf(&b, "1:x");
	buf_printf(&b, "eee" NAME LEN16 "6:pieces20:%20see", "");
	return parses(&b);
}

static void
distinct(void)
{
	CASE("meta: two files do not have one path");
	OK(good(DIR(F("1", "1:x") F("1", "1:y") F("1", "1:z")), 1));
	OK(bad(DIR(F("1", "1:x") F("1", "1:x")), 1));
	OK(bad(DIR(F("1", "1:x") F("1", "1:y") F("1", "1:y")), 1));
	OK(bad(DIR(F("1", "1:x") F("1", "1:y") F("1", "1:x")), 1));
	OK(bad(DIR(F("1", "1:z") F("1", "1:x") F("1", "1:y") F("1", "1:z")),
	    1));
	OK(bad(DIR(F("1", "1:d1:x") F("1", "1:x") F("1", "1:d1:x")), 1));
	OK(bad(DIR(F("0", "1:x") F("1", "1:x")), 1));
	CASE("meta: a file is not the directory of another");
	OK(bad(DIR(F("1", "1:x") F("1", "1:x1:y")), 1));
	OK(bad(DIR(F("1", "1:x1:y") F("1", "1:x")), 1));
	OK(bad(DIR(F("1", "1:x1:y") F("1", "1:a") F("1", "1:x")), 1));
	OK(bad(DIR(F("1", "1:x") F("1", "1:x1:a1:b1:c") F("1", "2:xx")), 1));
	OK(bad(DIR(F("1", "1:x") F("1", "3:x.y") F("1", "1:x1:y")), 1));
	OK(bad(DIR(F("1", "3:x.y") F("1", "1:x1:y") F("1", "2:x\x01")
	    F("1", "1:x")), 1));
	CASE("meta: paths that only look alike are right");
	OK(good(DIR(F("1", "1:x1:y") F("1", "2:xy")), 1));
	OK(good(DIR(F("1", "2:xx") F("1", "1:x1:y") F("1", "3:x.y")), 1));
	OK(good(DIR(F("1", "1:X") F("1", "1:x")), 1));
	OK(good(DIR(F("1", "1:b1:x") F("1", "1:a1:x")), 1));
	OK(good(DIR(F("1", "1:x1:a") F("1", "1:x1:b") F("1", "1:x2:aa")), 1));
	OK(good(DIR(F("1", "2:ab1:c") F("1", "1:a2:bc")), 1));
	CASE("meta: pad files, which are not on disk, may share a path");
	OK(good(DIR("d4:attr1:p6:lengthi1e4:pathl1:pee"
	    "d4:attr1:p6:lengthi1e4:pathl1:pee" F("1", "1:x")), 1));
	OK(bad(DIR("d4:attr1:h6:lengthi1e4:pathl1:pee"
	    "d4:attr1:h6:lengthi1e4:pathl1:pee" F("1", "1:x")), 1));
}

static void
truncated(void)
{
	struct buf b = { NULL, 0, 0, 0 }, cut = { NULL, 0, 0, 0 };
	size_t n;

	CASE("meta: a torrent cut at any byte is refused");
	put_torrent(&b, "8:announce8:http://t", DIR(F("1", "1:x")
	    F("2", "1:y1:z")), 1, "7:privatei1e");
	for (n = 0; n < b.len; n++) {
		buf_put(&cut, b.p, n);
		OK(!parses(&cut));
	}
	OK(parses(&b));
}

static void
version2(void)
{
	struct buf b = { NULL, 0, 0, 0 };
	const char *why = NULL;
	struct meta *m;

	CASE("meta: a torrent of version 2 alone is refused by its name");
	buf_printf(&b, "d4:infod9:file treed1:ad0:d6:lengthi1e11:pieces root"
	    "32:%32seee12:meta versioni2e" NAME LEN16 "ee", "");
	OK(ben_parse(b.p, b.len) == (long)b.len);
	m = meta_parse(&b, &why);
	OK(!m && why && strstr(why, "version 2"));
	meta_free(m);
	CASE("meta: a torrent of both versions is read as one of version 1");
	m = torrent("", "9:file treed1:ad0:d6:lengthi1eeee" ONE
	    "12:meta versioni2e" NAME LEN16, 1, "");
	OK(m && m->nfiles == 1 && m->sh.size == 1);
	meta_free(m);
}

static void
encoding(void)
{
	static char x[] = "d/x", y[] = "y", w0[] = "http://w/";
	static char t0[] = "http://t", t1[] = "udp://u", t2[] = "http://v";
	static char *seeds[] = { w0 };
	static const struct ingredient files[] = { { x, 3 }, { y, 0 } };
	static const struct tracker ts[] = { { t0, 0, 0 }, { t1, 0, 1 },
	    { t2, 3, 0 } };
	struct recipe r = {
		.name = "n", .files = files, .nfiles = 1, .piece_len = 16384,
		.pieces = (const uint8_t *)"aaaaaaaaaaaaaaaaaaaa"
	};

	CASE("meta: the least torrent is written byte by byte");
	OK(encodes(&r, "d4:infod6:lengthi3e4:name1:n12:piece lengthi16384e"
	    "6:pieces20:aaaaaaaaaaaaaaaaaaaaee"));
	CASE("meta: a whole number of pieces is written, and none");
	OK(made(&r, 1, 1) && made(&r, 16383, 1) && made(&r, 16384, 1));
	OK(made(&r, 16385, 2) && made(&r, 32768, 2) && made(&r, 0, 0));
	CASE("meta: one tracker is announce alone");
	r.trackers = ts;
	r.ntrackers = 1;
	OK(encodes(&r, "d8:announce8:http://t4:infod6:lengthi3e4:name1:n"
	    "12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaaee"));
	CASE("meta: a torrent with all there is is in canonical order");
	r.is_dir = 1;
	r.nfiles = 2;
	r.ntrackers = 3;
	r.private = 1;
	r.comment = "c";
	r.source = "s";
	r.webseeds = seeds;
	r.nwebseeds = 1;
	OK(encodes(&r, "d8:announce8:http://t13:announce-listll8:http://t"
	    "7:udp://uel8:http://vee7:comment1:c4:infod5:filesld6:length"
	    "i3e4:pathl1:d1:xeed6:lengthi0e4:pathl1:yeee4:name1:n"
	    "12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaa"
	    "7:privatei1e6:source1:se8:url-listl9:http://w/ee"));
}

static int
encodes(const struct recipe *r, const char *want)
{
	struct buf b = { NULL, 0, 0, 0 };
	struct span s;
	int same;

	meta_encode(&b, r);
	s.p = b.p;
	s.n = b.len;
	same = is(s, want) && ben_parse(b.p, b.len) == (long)b.len &&
	    ben_canonical(s) && parses(&b);
	buf_free(&b);
	return same;
}

/* Whether r, for a file of len bytes, makes a torrent of npieces pieces. */
static int
made(const struct recipe *r, int64_t len, uint32_t npieces)
{
	struct ingredient file = { NULL, len };
	struct recipe one = *r;
	struct buf b = { NULL, 0, 0, 0 };
	const char *why;
	struct meta *m;
	int same;

	one.files = &file;
	one.pieces = NULL;
	meta_encode(&b, &one);
	m = meta_parse(&b, &why);
	same = m && m->sh.size == len && m->sh.npieces == npieces;
	meta_free(m);
	return same;
}

static void
round_trip(void)
{
	static char paths_of[][8] = { "a/b/c", "a/b/d", "a/e", "f", "g" };
	static const int64_t lens[] = { 20000, 0, 1, 16384, 5000000000 };
	static char urls[][12] = { "http://t/a", "udp://u:1", "http://v" };
	struct ingredient files[5];
	struct tracker ts[3];
	struct recipe r = {
		.name = "dir", .is_dir = 1, .files = files, .nfiles = 5,
		.piece_len = 1 << 20, .comment = "a comment", .source = "src",
		.trackers = ts, .ntrackers = 3
	};
	struct buf b = { NULL, 0, 0, 0 }, again = { NULL, 0, 0, 0 };
	struct buf path = { NULL, 0, 0, 0 };
	const char *why;
	struct meta *m;
	int64_t size = 0;
	uint32_t i, n = 0;
	size_t k;

	for (i = 0; i < 5; i++) {
		files[i].path = paths_of[i];
		files[i].len = lens[i];
	}
	for (i = 0; i < 3; i++) {
		ts[i].url = urls[i];
		ts[i].tier = i == 0 ? 0 : 1;
	}
	CASE("meta: what was made is parsed to what was asked for");
	buf_put(&b, "before", 6);
	meta_encode(&b, &r);
	meta_encode(&again, &r);
	OK(b.len == again.len + 6);
	OK(b.len == again.len + 6 && memcmp(b.p + 6, again.p, again.len) == 0);
	m = meta_parse(&again, &why);
	OK(m);
	if (m) {
		OK(m->is_dir && m->nfiles == 5 && is(m->name, "dir"));
		OK(is(m->comment, "a comment") && is(m->source, "src"));
		OK(!m->private && m->sh.piece_len == 1 << 20);
		OK(m->sh.size == 5000036385 && m->sh.npieces == 4769);
		for (i = 0; i < m->nfiles && i < 5; i++) {
			path.len = 0;
			buf_printf(&path, "dir/%s%c", paths_of[i], 0);
			OK(path_is(m, i, (char *)path.p));
			OK(m->files[i].off == size);
			OK(m->files[i].len == lens[i]);
			size += lens[i];
		}
		OK(m->ntrackers == 3);
		OK(m->ntrackers == 3 && tracker_is(m, 0, "http://t/a", 0) &&
		    tracker_is(m, 1, "udp://u:1", 1) &&
		    tracker_is(m, 2, "http://v", 1));
		CASE("meta: pieces not known yet are zeros");
		for (k = 0; k < (size_t)m->sh.npieces * 20; k++)
			n += m->pieces[k] != 0;
		OK(n == 0);
	}
	meta_free(m);
	buf_free(&b);
	buf_free(&path);
}

static void
piece_len(void)
{
	static const int64_t least = (int64_t)1000 << 15;
	static const int64_t most = (int64_t)2000 << 24;
	uint64_t state = 9;
	int64_t size, n;
	uint32_t len;
	int i;

	CASE("meta: a chosen piece length is a power of two in its range");
	for (i = 0; i < 62; i++) {
		len = meta_piece_len((int64_t)1 << i);
		OK(len >= 1 << 15 && len <= 1 << 24);
		OK((len & (len - 1)) == 0);
	}
	OK(meta_piece_len(0) == 1 << 15);
	OK(meta_piece_len(least - 1) == 1 << 15);
	OK(meta_piece_len(most + (1 << 25)) == 1 << 24);
	OK(meta_piece_len((int64_t)1 << 61) == 1 << 24);
	CASE("meta: a chosen piece length gives 1,000 to 2,000 pieces");
	for (i = 0; i < 2000; i++) {
		size = least + (int64_t)((uint64_t)(most - least) *
		    rnd_below(&state, 1 << 20) >> 20);
		size = i % 2 ? size : least + size % ((int64_t)1 << 30);
		len = meta_piece_len(size);
		n = (size + len - 1) / len;
		OK(n >= 1000 && n <= 2001);
	}
	CASE("meta: a larger file has no shorter pieces");
	for (i = 0, len = 0; i < 1000; i++) {
		size = (int64_t)i * 50000000;
		OK(meta_piece_len(size) >= len);
		len = meta_piece_len(size);
	}
}

static void
places(void)
{
	static const struct { int64_t size; uint32_t len, n, last; } rows[] = {
		{ 1, 16384, 1, 1 }, { 16384, 16384, 1, 16384 },
		{ 16385, 16384, 2, 1 }, { 40000, 16384, 3, 7232 },
		{ 20000000000, 67108864, 299, 1558528 },
		{ (int64_t)INT32_MAX << 26, 67108864, INT32_MAX, 67108864 },
	};
	struct shape sh;
	int64_t lens[6];
	size_t i;
	int mask, k;

	CASE("meta: every piece is whole but the last");
	for (i = 0; i < LEN(rows); i++) {
		sh.size = rows[i].size;
		sh.piece_len = rows[i].len;
		sh.npieces = rows[i].n;
		OK(shape_len(&sh, rows[i].n - 1) == rows[i].last);
		OK(rows[i].n == 1 || shape_len(&sh, 0) == rows[i].len);
		OK(rows[i].n == 1 ||
		    shape_len(&sh, rows[i].n - 2) == rows[i].len);
	}
	CASE("meta: a byte's file is found, empty files wherever they are");
	for (mask = 1; mask < 64; mask++) {
		for (k = 0; k < 6; k++)
			lens[k] = mask >> k & 1 ? k % 3 + 1 : 0;
		for (k = 1; k <= 6; k++)
			OK(places_ok(lens, (uint32_t)k));
	}
}

/* Whether each byte's file is the one that a walk finds. */
static int
places_ok(const int64_t *lens, uint32_t n)
{
	struct file *files = xcalloc(n, sizeof *files);
	struct meta m;
	uint32_t i;
	int64_t off = 0, k;
	int right = 1;

	memset(&m, 0, sizeof m);
	m.files = files;
	m.nfiles = n;
	for (i = 0; i < n; i++) {
		files[i].off = off;
		files[i].len = lens[i];
		off += lens[i];
	}
	m.sh.size = off;
	for (i = 0; i < n; i++)
		for (k = 0; k < files[i].len; k++)
			right &= meta_file_at(&m, files[i].off + k) == i;
	free(files);
	return right;
}

static void
magnets(void)
{
	static const char want[] = "magnet:?xt=urn:btih:"
	    "d0d24694da2b8aa2fb5978c5a9f0ded040b4fb36&dn=a";
	static const char more[] = "&tr=http%3A%2F%2Ft%3A80%2Fa%3Fb%3Dc%26d"
	    "&tr=udp%3A%2F%2Fu&x.pe=";
	struct buf b = { NULL, 0, 0, 0 }, raw = { NULL, 0, 0, 0 };
	struct addr a;
	const char *why;
	struct meta *m;

	CASE("meta: a magnet link has hash and name (BEP 9)");
	buf_printf(&raw, "d4:infod6:lengthi5e4:name1:a" LEN16 "6:pieces20:"
	    "aaaaaaaaaaaaaaaaaaaaee");
	m = meta_parse(&raw, &why);
	OK(m);
	if (!m)
		return;
	meta_magnet(&b, m, NULL);
	OK(b.len == sizeof want - 1 && memcmp(b.p, want, b.len) == 0);
	meta_free(m);
	CASE("meta: a magnet link has all trackers and a peer, encoded");
	buf_printf(&raw, "d13:announce-listll19:http://t:80/a?b=c&del7:udp://u"
	    "ee4:infod6:lengthi5e4:name1:a" LEN16 "6:pieces20:"
	    "aaaaaaaaaaaaaaaaaaaaee");
	m = meta_parse(&raw, &why);
	OK(m);
	if (!m) {
		buf_free(&b);
		return;
	}
	b.len = 0;
	OK(addr_parse(&a, "1.2.3.4:5", 1) == 0);
	meta_magnet(&b, m, &a);
	buf_put(&b, "", 1);
	OK(strncmp((char *)b.p, want, sizeof want - 1) == 0);
	OK(strncmp((char *)b.p + sizeof want - 1, more,
	    sizeof more - 1) == 0);
	OK(strcmp((char *)b.p + sizeof want + sizeof more - 2,
	    "1.2.3.4:5") == 0);
	b.len = 0;
	OK(addr_parse(&a, "[2001:db8::1]:6881", 1) == 0);
	meta_magnet(&b, m, &a);
	buf_put(&b, "", 1);
	OK(strstr((char *)b.p, "&x.pe=[2001:db8::1]:6881"));
	meta_free(m);
	CASE("meta: a magnet link encodes what a name may hold");
	m = torrent("", "4:name11:a b&c=d\xc3\xa9#%" ONE LEN16, 1, "");
	OK(m);
	b.len = 0;
	if (m)
		meta_magnet(&b, m, NULL);
	buf_put(&b, "", 1);
	OK(strstr((char *)b.p, "&dn=a%20b%26c%3Dd%C3%A9%23%25"));
	meta_free(m);
	buf_free(&b);
}

static void
links(void)
{
#define HEX "11f6ad8ec52a2984abaafd7c3b516503785c2072"
#define XT  "xt=urn:btih:" HEX
	static const char full[] = "magnet:?dn=a%20%2fb&" XT "&x=1&tr=http%3A"
	    "%2F%2Ft%2Fa&tr=udp://u:1&tr=ftp://no/&x.pe=1.2.3.4%3A5"
	    "&x.pe=[::1]:6";
	const char *why = "none";
	char digits[2 * ID_LEN + 1];
	struct buf b = { 0 };
	struct meta *m;
	int i;

	CASE("meta: a magnet link is read: hash, name, trackers, peers");
	m = meta_parse_magnet(full, &why);
	OK(m && !why);
	if (!m)
		return;
	hex(digits, m->hash, ID_LEN);
	OK(strcmp(digits, HEX) == 0);
	OK(is(m->name, "a /b") && m->ntrackers == 3 && m->npeers == 2);
	OK(tracker_is(m, 0, "http://t/a", 0));
	OK(tracker_is(m, 1, "udp://u:1", 1));
	OK(is(m->peers[0], "1.2.3.4:5") && is(m->peers[1], "[::1]:6"));
	OK(m->nfiles == 0 && m->sh.npieces == 0 && m->sh.size == 0);
	CASE("meta: a link of a link is the same");
	meta_magnet(&b, m, NULL);
	buf_put(&b, "", 1);
	meta_free(m);
	m = meta_parse_magnet((char *)b.p, &why);
	OK(m && m->ntrackers == 3 && m->npeers == 2 && is(m->name, "a /b"));
	if (m)
		OK(is(m->peers[1], "[::1]:6") && tracker_is(m, 1, "udp://u:1",
		    1));
	meta_free(m);
	buf_free(&b);
	CASE("meta: forty digits are a link, and base 32 is an info hash too");
	for (i = 0; i < 3; i++) {
		m = meta_parse_magnet(i == 0 ? HEX : i == 1 ? "magnet:?xt="
		    "urn:btih:CH3K3DWFFIUYJK5K7V6DWULFAN4FYIDS" : "magnet:?xt="
		    "urn%3Abtih%3Ach3k3dwffiuyjk5k7v6dwulfan4fyids", &why);
		OK(m);
		if (!m)
			continue;
		hex(digits, m->hash, ID_LEN);
		OK(strcmp(digits, HEX) == 0);
		meta_free(m);
	}
	CASE("meta: what is no magnet link is refused with a reason");
	OK(link_ok("magnet:?" XT) && link_ok("magnet:?a&=&" XT "&tr=&dn"));
	OK(!link_ok("magnet:?") && !link_ok("magnet:?dn=a"));
	OK(!link_ok("magnet:?xt=urn:btih:") && !link_ok("magnet:?" XT "0"));
	OK(!link_ok("magnet:?xt=urn:btmh:1220" HEX) && !link_ok(HEX "0"));
	OK(!meta_parse_magnet("magnet:?xt=urn:btmh:1220" HEX, &why) &&
	    strstr(why, "version 2"));
	OK(link_ok("magnet:?xt=urn:btmh:1220" HEX "&" XT)); /* a hybrid */
	OK(!link_ok("magnet:?xt=urn:btih:g1f6ad8ec52a2984abaafd7c3b516503785c"
	    "2072"));
	OK(!link_ok("magnet:?xt=urn:btih:CH3K3DWFFIUYJK5K7V6DWULFAN4FYID1"));
	OK(!link_ok("magnet:?xt=urn:btih:%111f6ad8ec52a2984abaafd7c3b51650378"
	    "5c2072"));
	CASE("meta: only what looks like a link is taken for one");
	OK(meta_is_magnet(HEX) && meta_is_magnet("magnet:?x"));
	OK(!meta_is_magnet("magnet:") && !meta_is_magnet(HEX "0"));
	OK(!meta_is_magnet("file") && !meta_is_magnet(""));
	OK(!meta_is_magnet("g1f6ad8ec52a2984abaafd7c3b516503785c2072"));
#undef XT
#undef HEX
}

/* Whether it is one; what is none has a reason. */
static int
link_ok(const char *text)
{
	const char *why = "";
	struct meta *m = meta_parse_magnet(text, &why);
	int ok = m != NULL;

	OK_FOR(text, ok ? !why : why && *why);
	meta_free(m);
	return ok;
}

static void
completed(void)
{
	struct meta *whole = torrent("13:announce-listll8:http://aee",
	    NAME ONE LEN16, 1, ""), *link, *m;
	struct buf text = { NULL, 0, 0, 0 }, info = { NULL, 0, 0, 0 };
	const char *why = "none";

	OK(whole);
	if (!whole)
		return;
	meta_magnet(&text, whole, NULL);
	buf_printf(&text, "&tr=udp://b:1");
	buf_put(&text, "", 1);
	link = meta_parse_magnet((char *)text.p, &why);
	CASE("meta: a link and its info are a torrent, with the link's trackers");
	m = meta_complete(link, whole->info, &why);
	OK(m && !why);
	if (m) {
		OK(memcmp(m->hash, whole->hash, ID_LEN) == 0);
		OK(is(m->name, "a") && m->sh.size == 1 && m->ntrackers == 2);
		OK(tracker_is(m, 0, "http://a", 0));
		OK(tracker_is(m, 1, "udp://b:1", 1));
	}
	meta_free(m);
	CASE("meta: another info is not the link's, and no reason is given");
	buf_put(&info, whole->info.p, whole->info.n);
	info.p[info.len - 2] ^= 1;
	why = "none";
	OK(!meta_complete(link, (struct span){ info.p, info.len }, &why));
	OK(!why);
	CASE("meta: the link's info, which is no torrent, is refused with one");
	sha1("x", 1, link->hash);
	OK(!meta_complete(link, span_of("x"), &why));
	OK(why && *why);
	meta_free(link);
	meta_free(whole);
	buf_free(&text);
	buf_free(&info);
}

static void
wanted(void)
{
	struct meta *m = torrent("", DIR(F("20000", "1:a") F("0", "1:b")
	    F("12768", "1:c") "d4:attr1:p6:lengthi16384e4:pathl4:.pad1:1ee"
	    F("1", "1:d")), 4, "");

	CASE("meta: chosen files want the pieces that hold bytes of them");
	OK(m);
	if (!m)
		return;
	OK(wants(m, NULL, "1111") && wants(m, "-----", "1101"));
	OK(wants(m, "abcde", "0000") && wants(m, "-bcde", "1100"));
	OK(wants(m, "a-cde", "0000") && wants(m, "ab-de", "0100"));
	OK(wants(m, "abc-e", "0000") && wants(m, "abcd-", "0001"));
	OK(wants(m, "-bcd-", "1101") && wants(m, "ab-d-", "0101"));
	meta_free(m);
}

/* skip: a letter for each file, '-' if it is chosen; NULL: all are. */
static int
wants(const struct meta *m, const char *skip, const char *want)
{
	uint8_t bits = 0, set = 0xa5;
	uint32_t i;

	for (i = 0; skip && skip[i]; i++)
		if (skip[i] != '-')
			bit_set(&bits, i);
	meta_wanted(m, skip ? &bits : NULL, &set);
	for (i = 0; want[i]; i++)
		if (bit_get(&set, i) != (want[i] == '1'))
			return 0;
	return i == m->sh.npieces;
}

static void
cleared(void)
{
	static const struct { int64_t from, to; uint8_t left; } all[] = {
		{ 0, 0, 0xff }, { 16384, 16384, 0xff }, { 0, 1, 0x7f },
		{ 16383, 16384, 0x7f }, { 16383, 16385, 0x3f },
		{ 16384, 16385, 0xbf }, { 8 * 16384 - 1, 8 * 16384, 0xfe },
		{ 0, 8 * 16384, 0 }, { 5, 3, 0xff },
	};
	struct shape sh = { 8 * 16384, 16384, 8 };
	uint8_t set;
	size_t i;

	CASE("meta: the pieces of some bytes are cleared, and no other");
	for (i = 0; i < LEN(all); i++) {
		set = 0xff;
		shape_clear(&sh, &set, all[i].from, all[i].to);
		OK(set == all[i].left);
	}
}

static void
fuzz(void)
{
	struct buf seeds[3] = { { NULL, 0, 0, 0 } }, b = { NULL, 0, 0, 0 };
	uint64_t state = 77;
	const char *why;
	struct meta *m;
	uint32_t s;
	size_t n;
	int round, taken = 0, broken = 0, silent = 0;

	put_torrent(&seeds[0], "8:announce8:http://t", NAME ONE LEN16, 1,
	    "7:privatei1e");
	put_torrent(&seeds[1], "13:announce-listll1:a1:bel1:cee",
	    DIR(F("20000", "1:x") F("0", "1:y1:z") F("9", "1:y2:zz")), 2, "");
	put_torrent(&seeds[2], "", DIR(F("1", "1:x")
	    "d4:attr1:p6:lengthi16383e4:pathl4:.pad1:1ee"
	    F("1", "1:w")), 2, "6:source1:s");
	CASE("meta: 50000 torrents that nobody meant");
	for (round = 0; round < 50000; round++) {
		s = rnd_below(&state, LEN(seeds));
		n = seeds[s].len;
		memcpy(buf_room(&b, 512), seeds[s].p, n);
		b.len = unit_mutate(b.p, n, 512, &state);
		/* memory that ends with the torrent */
		b.p = xrealloc(b.p, b.len, 1);
		b.cap = b.len;
		why = "";
		m = meta_parse(&b, &why);
		silent += m ? why != NULL : !why || !*why;
		if (m) {
			taken++;
			broken += !holds(m);
		}
		meta_free(m);
	}
	OK(silent == 0);
	OK(broken == 0);
	OK(taken > 500 && taken < 49500);
	for (s = 0; s < LEN(seeds); s++)
		buf_free(&seeds[s]);
}

/* Whether what was taken keeps the promises of meta.h. */
static int
holds(const struct meta *m)
{
	struct buf b = { NULL, 0, 0, 0 };
	int64_t off = 0;
	uint32_t i;
	int fine = m->nfiles > 0 && m->sh.piece_len >= PIECE_LEN_MIN &&
	    m->sh.piece_len <= PIECE_LEN_MAX;

	for (i = 0; i < m->nfiles; i++) {
		fine &= m->files[i].off == off && m->files[i].len >= 0;
		off += m->files[i].len;
		meta_path(&b, m, &m->files[i]);
	}
	fine &= off == m->sh.size && b.len > 0;
	fine &= ((off + m->sh.piece_len - 1) / m->sh.piece_len) ==
	    m->sh.npieces;
	fine &= m->sh.npieces == 0 || (m->pieces >= m->raw.p &&
	    m->pieces + (size_t)m->sh.npieces * 20 <= m->raw.p + m->raw.len);
	for (i = 1; i < (uint32_t)m->ntrackers; i++)
		fine &= m->trackers[i - 1].tier <= m->trackers[i].tier;
	if (m->sh.size > 0)
		fine &= meta_file_at(m, m->sh.size - 1) < m->nfiles;
	meta_magnet(&b, m, NULL);
	buf_free(&b);
	return fine;
}

/* A torrent: top's keys, info's keys, npieces digests and tail's keys. */
static void
put_torrent(struct buf *b, const char *top, const char *info, size_t npieces,
    const char *tail)
{
	size_t i;

	buf_printf(b, "d%s4:infod%s6:pieces%u:", top, info,
	    (unsigned)npieces * 20);
	for (i = 0; i < npieces; i++)
		buf_put(b, "abcdefghijklmnopqrst", 20);
	buf_printf(b, "%see", tail);
}

/* Such a torrent parsed; the caller frees.  NULL too if its bencode is wrong,
 * which a case must not take for a reason. */
static struct meta *
torrent(const char *top, const char *info, size_t npieces, const char *tail)
{
	struct buf b = { NULL, 0, 0, 0 };
	const char *why;

	put_torrent(&b, top, info, npieces, tail);
	if (ben_parse(b.p, b.len) != (long)b.len) {
		buf_free(&b);
		return NULL;
	}
	return meta_parse(&b, &why);
}

static int
good(const char *info, size_t npieces)
{
	struct buf b = { NULL, 0, 0, 0 };

	put_torrent(&b, "", info, npieces, "");
	return parses(&b) == 1;
}

/* Well bencoded, and refused. */
static int
bad(const char *info, size_t npieces)
{
	struct buf b = { NULL, 0, 0, 0 };
	int whole;

	put_torrent(&b, "", info, npieces, "");
	whole = ben_parse(b.p, b.len) == (long)b.len;
	return !parses(&b) && whole;
}

/* Whether b, which is emptied, is a torrent: 2 if there was no reason or, with
 * a torrent, one. */
static int
parses(struct buf *b)
{
	struct buf raw = { NULL, 0, 0, 0 };
	const char *why = "";
	struct meta *m;
	int r;

	raw.p = unit_copy(b->p, b->len);
	raw.len = raw.cap = b->len;
	buf_free(b);
	m = meta_parse(&raw, &why);
	r = m ? why == NULL ? 1 : 2 : why && *why ? 0 : 2;
	if (raw.p)
		r = 2;
	meta_free(m);
	return r;
}

static int
is(struct span s, const char *want)
{
	return s.n == strlen(want) && memcmp(s.p, want, s.n) == 0;
}

static int
path_is(const struct meta *m, uint32_t i, const char *want)
{
	struct buf b = { NULL, 0, 0, 0 };
	struct span s;
	int same;

	meta_path(&b, m, &m->files[i]);
	s.p = b.p;
	s.n = b.len;
	same = is(s, want);
	buf_free(&b);
	return same;
}
