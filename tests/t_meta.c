/* meta: torrents that are right and what they say, torrents that are wrong and
 * refused with a reason, torrents made, and bytes that nobody meant.  Every
 * wrong torrent is well bencoded and one thing away from a right one. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "sha1.h"
#include "bencode.h"
#include "addr.h"
#include "torrent/paths.h"
#include "torrent/meta.h"
#include "torrent/encode.h"
#include "torrent/magnet.h"
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
static void origins(void);
static int walks(const char *top, const char *want);
static void refusals(void);
static void piece_lengths(void);
static void piece_counts(void);
static void file_lengths(void);
static void names(void);
static int named(const void *name, size_t n, int where, const char *want);
static void paths(void);
static void utf8(void);
static void distinct(void);
static int are(const char *files, size_t npieces, const char *want);
static void alike(void);
static void reasons(void);
static int says(const char *text, size_t n, const char *why);
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
static void pasted(void);
static void selected(void);
static int selects(const char *so, const char *want, const char *again);
static void completed(void);
static void wanted(void);
static int wants(const struct meta *m, const char *skip, const char *want);
static void cleared(void);
static void fuzz(void);
static int holds(const struct meta *m);
static int stays(const struct meta *m, uint32_t i);
static int is_safe(struct span e);
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
	origins();
	refusals();
	piece_lengths();
	piece_counts();
	file_lengths();
	names();
	paths();
	utf8();
	distinct();
	alike();
	reasons();
	truncated();
	version2();
	encoding();
	round_trip();
	piece_len();
	places();
	magnets();
	links();
	pasted();
	selected();
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
	char why[META_WHY] = "none";
	struct meta *m;

	CASE("meta: a torrent of one file says all that is in it");
	buf_put(&b, text, sizeof text - 1);
	m = meta_parse(&b, why);
	OK(m != NULL);
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
	char why[META_WHY];
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
	CASE("meta: a link needs no length, even then; padding is no link");
	OK(are("d4:attr1:l4:pathl1:le12:symlink pathl2:..ee" F("1", "1:x"), 1,
	    "a/l a/x"));
	m = torrent("", DIR("d4:attr2:pl6:lengthi3e4:pathl1:le12:symlink path"
	    "l1:xee" F("1", "1:x")), 1, "");
	OK(m && m->sh.size == 4 && m->files[0].pad && !m->files[0].link);
	meta_free(m);
	CASE("meta: each of a thousand links is found");
	buf_printf(&b, "d4:infod5:filesl");
	for (i = 0; i < 1000; i++)
		buf_printf(&b, i % 3 ? "d4:attr1:l4:pathl4:%04ue12:"
		    "symlink pathl4:%04uee" : "d6:lengthi1e4:pathl4:%04uee",
		    (unsigned)i, (unsigned)i + 1);
	buf_printf(&b, "e" NAME LEN16 "6:pieces20:%20see", "");
	m = meta_parse(&b, why);
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
	char why[META_WHY];
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
	m = meta_parse(&b, why);
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
origins(void)
{
	struct meta *m;

	CASE("meta: who made it and when");
	m = torrent("10:created by2:me13:creation datei7e", ONE NAME LEN16, 1,
	    "");
	OK(m && is(m->creator, "me") && m->created == 7);
	meta_free(m);
	m = torrent("10:created byi2e13:creation date1:7", ONE NAME LEN16, 1,
	    "");
	OK(m && m->creator.n == 0 && m->created == 0);
	meta_free(m);
	CASE("meta: web seeds are a string or a list of strings (BEP 19)");
	OK(walks("8:url-list4:http", "http "));
	OK(walks("8:url-list0:", ""));
	OK(walks("8:url-listi7e", ""));
	OK(walks("8:url-listl1:a0:i7el1:be1:ce", "a c "));
	CASE("meta: nodes are lists of a host and a port (BEP 5)");
	OK(walks("5:nodesll1:hi1eel2:::i65535eee", "h:1 [::]:65535 "));
	OK(walks("5:nodesll5:[::1]i2eee", "[::1]:2 "));
	OK(walks("5:nodesl1:hl1:hel1:hi0eel1:hi65536eel0:i1ee"
	    "l1:h1:1el1:xi1eee", "x:1 "));
	OK(walks("5:nodes3:h:1", ""));
}

/* What is walked of a torrent with these keys. */
static int
walks(const char *top, const char *want)
{
	struct meta *m;
	struct buf b = { NULL, 0, 0, 0 };
	struct span it, url;
	char node[META_NODE];
	int same;

	m = torrent(top, ONE NAME LEN16, 1, "");
	if (!m)
		return 0;
	for (it = m->webseeds; meta_webseed(&it, &url); )
		buf_printf(&b, "%.*s ", (int)url.n, (const char *)url.p);
	for (it = m->nodes; meta_node(&it, node); )
		buf_printf(&b, "%s ", node);
	buf_put(&b, "", 1);
	same = strcmp((char *)b.p, want) == 0;
	buf_free(&b);
	meta_free(m);
	return same;
}

static void
refusals(void)
{
	static const char *const no[] = {
		"", "x", "<html></html>", "i1e", "4:spam", "le", "de", "d",
		"d4:infoi1ee", "d4:info1:xe", "d4:infolee", "d4:infodee",
		"d4:infe", "d3:infdee", "l4:infodee", "\x1f\x8b\x08",
		"d8:announce8:http://te", "ei1e", "d1:ai1-ee",
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
	CASE("meta: what is of another kind than it must be");
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
		"0", "1", "-1", "-16384", "512", "1023", "268435457",
		"536870912", "2147483648", "4294967295", "4294967296",
		"4294983680", "8589934592", "-4294950912",
		"9223372036854775807", "-9223372036854775808",
	};
	static const char *const right[] = {
		"1024", "1025", "16383", "16384", "32768", "262144",
		"20000000", "67108865", "134217728", "268435455", "268435456",
	};
	char info[128];
	size_t i;

	CASE("meta: a piece length is 1 KiB to 256 MiB");
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
	OK(bad(NAME "6:lengthi4398046511104e12:piece lengthi1024e", 1));
	OK(bad(NAME "6:lengthi4611686018427387903e" LEN16, 0));
}

static void
names(void)
{
	static const char hash[] = "d0d24694da2b8aa2fb5978c5a9f0ded040b4fb36";
	char name[301], want[301];
	struct buf b = { NULL, 0, 0, 0 };
	char why[META_WHY];
	struct meta *m;
	int where, i;

	for (where = 0; where < 3; where++) {
		CASE(where == 0 ? "meta: a file's name is one safe element" :
		    where == 1 ? "meta: a directory's name is too" :
		    "meta: so is each element of a path");
		OK(named(BYTES("a"), where, "a"));
		OK(named(BYTES(" "), where, " "));
		OK(named(BYTES("..."), where, "..."));
		OK(named(BYTES(".a"), where, ".a"));
		OK(named(BYTES("a.."), where, "a.."));
		OK(named(BYTES("-rf"), where, "-rf"));
		OK(named(BYTES("a\\b"), where, "a\\b"));
		OK(named(BYTES("\xff\x1b[2J"), where, "\xff\x1b[2J"));
		OK(named(BYTES("/"), where, "_"));
		OK(named(BYTES("R1/beta6"), where, "R1_beta6"));
		OK(named(BYTES("../a/"), where, ".._a_"));
		OK(named(BYTES("a\0b\0"), where, "a_b_"));
		OK(named(BYTES("..\0"), where, ".._"));
		memset(name, 'n', sizeof name - 1);
		name[sizeof name - 1] = '\0';
		OK(named(name, 255, where, name + sizeof name - 256));
		OK(named(name, 256, where, name + sizeof name - 256));
		memcpy(name + 296, ".rar", 5);
		OK(named(name, 300, where, name + 300 - 255));
		memcpy(name + 295, ".jpeg", 6);
		OK(named(name, 300, where, name + 300 - 255));
		/* this is none: too long */
		memcpy(name + 284, ".123456789012345", 17);
		OK(named(name, 300, where, name + 300 - 255));
		memcpy(name + 283, ".1234567890123456", 18);
		memset(want, 'n', 255);
		want[255] = '\0';
		OK(named(name, 300, where, want));
	}
	CASE("meta: a name is cut between characters");
	for (i = 0; i < 4; i++) {
		/* 255 bytes - ".rar" are 251: i ASCII, then threes */
		memset(name, 'n', (size_t)i);
		for (where = i; where < 291; where += 3)
			memcpy(name + where, "\xe3\x81\x82", 3);
		memcpy(name + where, ".rar", 5);
		memcpy(want, name, sizeof want);
		strcpy(want + i + (251 - i) / 3 * 3, ".rar");
		OK(named(name, strlen(name), 2, want));
	}
	CASE("meta: a root that has no name is named by its info hash");
	buf_printf(&b, "d4:infod6:lengthi5e4:name0:" LEN16 "6:pieces20:"
	    "aaaaaaaaaaaaaaaaaaaaee");
	m = meta_parse(&b, why);
	OK(m && m->name.n == 40 && m->said.n == 0);
	meta_free(m);
	buf_printf(&b, "d4:infod6:lengthi5e" LEN16 "6:pieces20:"
	    "aaaaaaaaaaaaaaaaaaaaee");
	m = meta_parse(&b, why);
	OK(m && m->name.n == 40 && m->said.n == 0);
	meta_free(m);
	buf_printf(&b, "d4:infod6:lengthi5e4:name2:.." LEN16 "6:pieces20:"
	    "aaaaaaaaaaaaaaaaaaaaee");
	m = meta_parse(&b, why);
	OK(m && m->name.n == 40 && is(m->said, ".."));
	meta_free(m);
	CASE("meta: a root is not named like what we keep beside roots");
	for (where = 0; where < 2; where++) {
		snprintf(name, sizeof name, ".%s.parts", hash);
		snprintf(want, sizeof want, "_%s.parts", hash);
		OK(named(name, strlen(name), where, want));
		snprintf(name, sizeof name, ".%s.BtSh", hash);
		snprintf(want, sizeof want, "_%s.BtSh", hash);
		OK(named(name, strlen(name), where, want));
		name[3] = want[3] = 'D';
		OK(named(name, strlen(name), where, want));
		OK(named(".a.btsh", 7, where, "_a.btsh"));
		OK(named(".a.btsh.NEW", 11, where, "_a.btsh.NEW"));
		OK(named(".btsh", 5, where, ".btsh"));
		OK(named(".a.parts", 8, where, ".a.parts"));
		snprintf(name, sizeof name, ".%s.parts", hash);
		name[3] = 'g';
		OK(named(name, strlen(name), where, name));
		snprintf(name, sizeof name, ".%s.part", hash);
		OK(named(name, strlen(name), where, name));
		snprintf(name, sizeof name, "%s.parts", hash);
		OK(named(name, strlen(name), where, name));
	}
	snprintf(name, sizeof name, ".%s.parts", hash); /* below a root */
	OK(named(name, strlen(name), 2, name));
}

/* A torrent with the name in some place (a file's, a directory's, or in a
 * path), which becomes what is wanted. */
static int
named(const void *name, size_t n, int where, const char *want)
{
	struct buf b = { NULL, 0, 0, 0 };
	char why[META_WHY], path[300];
	struct meta *m;
	int same;

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
	m = meta_parse(&b, why);
	snprintf(path, sizeof path, where == 0 ? "%s" : where == 1 ? "%s/x" :
	    "a/x/%s/y", want);
	same = m && path_is(m, 0, path) && (where == 2 ||
	    (m->said.n == n && memcmp(m->said.p, name, n) == 0));
	meta_free(m);
	return same;
}

static void
paths(void)
{
	struct buf b = { NULL, 0, 0, 0 }, want = { NULL, 0, 0, 0 };
	char why[META_WHY];
	struct meta *m;
	int n, i;

	CASE("meta: elements that are empty, . or .. vanish from a path");
	OK(are(F("1", "0:1:x") F("1", "0:1:y0:"), 1, "a/x a/y"));
	OK(are(F("1", "2:..2:..3:etc1:x"), 1, "a/etc/x"));
	OK(are(F("1", "1:.1:x1:.1:y"), 1, "a/x/y"));
	CASE("meta: a path of which nothing is left has a name");
	OK(are(F("1", "2:..1:."), 1, "a/_"));
	OK(are(F("1", "") F("1", "0:"), 1, "a/_ a/_.1"));
	CASE("meta: a path over 64 deep keeps its first 63 and its name");
	for (n = 60; n < 70; n++) {
		buf_printf(&b, "d4:infod5:filesld6:lengthi1e4:pathl");
		want.len = 0;
		buf_printf(&want, "a/");
		for (i = 0; i < n; i++) {
			buf_printf(&b, "%d:%d", i < 10 ? 1 : 2, i);
			if (i < 63)
				buf_printf(&want, "%d/", i);
		}
		buf_printf(&b, "1:z0:eee" NAME LEN16 "6:pieces20:%20see", "");
		buf_printf(&want, "z%c", 0);
		m = meta_parse(&b, why);
		OK(m && path_is(m, 0, (char *)want.p));
		meta_free(m);
	}
	buf_free(&want);
	CASE("meta: what is no path of names is refused");
	OK(bad(DIR("d6:lengthi1ee"), 1));
	CASE("meta: padding needs no path (BEP 47)");
	OK(good(DIR("d4:attr1:p6:lengthi1ee" F("1", "1:x")), 1));
}

static void
utf8(void)
{
	struct meta *m;

	CASE("meta: a name in UTF-8 beside another is the better one");
	m = torrent("", "5:filesld6:lengthi1e4:pathl2:\xd6\xd0" "e"
	    "10:path.utf-8l3:\xe4\xb8\xad" "1:zee" F("1", "1:y") "e4:name2:\xb8\xf9"
	    "10:name.utf-83:\xe6\xa0\xb9" LEN16, 1, "");
	OK(m && path_is(m, 0, "\xe6\xa0\xb9/\xe4\xb8\xad/z"));
	OK(m && path_is(m, 1, "\xe6\xa0\xb9/y") &&
	    is(m->said, "\xe6\xa0\xb9"));
	meta_free(m);
	CASE("meta: but not if it is none");
	m = torrent("", "5:filesld6:lengthi1e4:pathl1:xe10:path.utf-8"
	    "l2:\xd6\xd0" "ee" "d6:lengthi1e4:pathl1:ye10:path.utf-8le"
	    "ed6:lengthi1e4:pathl1:ze10:path.utf-81:uee" "4:name2:\xb8\xf9"
	    "10:name.utf-82:\xb8\xf9" LEN16, 1, "");
	OK(m && path_is(m, 0, "\xb8\xf9/x") && path_is(m, 1, "\xb8\xf9/y") &&
	    path_is(m, 2, "\xb8\xf9/z"));
	meta_free(m);
	CASE("meta: and it is made safe, too");
	m = torrent("", "5:filesld6:lengthi1e4:pathl1:xe10:path.utf-8"
	    "l2:..3:q/ree" "e" NAME "10:name.utf-83:b/c" LEN16, 1, "");
	OK(m && path_is(m, 0, "b_c/q_r"));
	meta_free(m);
}

static void
distinct(void)
{
	struct buf b = { NULL, 0, 0, 0 };
	char why[META_WHY], long_name[260], want[300];
	struct meta *m;
	int i, n = 0;

	CASE("meta: two files do not have one path");
	OK(are(F("1", "1:x") F("1", "1:x"), 1, "a/x a/x.1"));
	OK(are(F("1", "1:x") F("1", "1:y") F("1", "1:x"), 1, "a/x a/y a/x.1"));
	OK(are(F("1", "5:b.rar") F("1", "5:b.rar") F("1", "5:b.rar"), 1,
	    "a/b.rar a/b.1.rar a/b.2.rar"));
	OK(are(F("1", "1:d1:x") F("1", "1:x") F("1", "1:d1:x"), 1,
	    "a/d/x a/x a/d/x.1"));
	OK(are(F("0", "1:x") F("1", "1:x"), 1, "a/x a/x.1"));
	OK(are(F("1", "2:.x") F("1", "2:.x"), 1, "a/.x a/.x.1"));
	OK(are(F("1", "2:x.") F("1", "2:x."), 1, "a/x. a/x.1."));
	CASE("meta: nor does what became alike");
	OK(are(F("1", "3:x/y") F("1", "3:x_y"), 1, "a/x_y a/x_y.1"));
	OK(are(F("1", "1:x") F("1", "0:1:x") F("1", "2:..1:x"), 1,
	    "a/x a/x.1 a/x.2"));
	CASE("meta: a number that another file has is passed over");
	OK(are(F("1", "1:x") F("1", "1:x") F("1", "3:x.1"), 1,
	    "a/x a/x.2 a/x.1"));
	OK(are(F("1", "3:x.1") F("1", "1:x") F("1", "1:x") F("1", "3:x.1"), 1,
	    "a/x.1 a/x a/x.2 a/x.1.1"));
	OK(are(F("1", "1:x") F("1", "1:x") F("1", "3:x.11:y"), 1,
	    "a/x a/x.2 a/x.1/y"));
	CASE("meta: a file is not the directory of another");
	OK(are(F("1", "1:x") F("1", "1:x1:y"), 1, "a/x.1 a/x/y"));
	OK(are(F("1", "1:x1:y") F("1", "1:x"), 1, "a/x/y a/x.1"));
	OK(are(F("1", "1:x1:y") F("1", "1:a") F("1", "1:x"), 1,
	    "a/x/y a/a a/x.1"));
	OK(are(F("1", "1:x") F("1", "1:x1:a1:b1:c") F("1", "2:xx"), 1,
	    "a/x.1 a/x/a/b/c a/xx"));
	OK(are(F("1", "1:x") F("1", "3:x.y") F("1", "1:x1:y"), 1,
	    "a/x.1 a/x.y a/x/y"));
	OK(are(F("1", "1:x") F("1", "1:x") F("1", "1:x1:y"), 1,
	    "a/x.1 a/x.2 a/x/y"));
	OK(are(F("1", "1:x1:y") F("1", "1:x") F("1", "1:x1:y1:z"), 1,
	    "a/x/y.1 a/x.1 a/x/y/z"));
	CASE("meta: paths that only look alike are right");
	OK(are(F("1", "1:x1:y") F("1", "2:xy"), 1, "a/x/y a/xy"));
	OK(are(F("1", "2:xx") F("1", "1:x1:y") F("1", "3:x.y"), 1,
	    "a/xx a/x/y a/x.y"));
	OK(are(F("1", "1:X") F("1", "1:x"), 1, "a/X a/x"));
	OK(are(F("1", "1:b1:x") F("1", "1:a1:x"), 1, "a/b/x a/a/x"));
	OK(are(F("1", "1:x1:a") F("1", "1:x1:b") F("1", "1:x2:aa"), 1,
	    "a/x/a a/x/b a/x/aa"));
	OK(are(F("1", "2:ab1:c") F("1", "1:a2:bc"), 1, "a/ab/c a/a/bc"));
	CASE("meta: pad files, which are not on disk, may share a path");
	OK(are("d4:attr1:p6:lengthi1e4:pathl1:pee"
	    "d4:attr1:p6:lengthi1e4:pathl1:pee" F("1", "1:p"), 1,
	    "a/p a/p a/p"));
	CASE("meta: names of full length get their numbers, too");
	memset(long_name, 'n', 255);
	memcpy(long_name + 251, ".rar", 5);
	buf_printf(&b, "d4:infod5:filesl");
	for (i = 0; i < 12; i++)
		buf_printf(&b, "d6:lengthi1e4:pathl%d:%.*s.rar%see",
		    i % 2 ? 256 : 255, i % 2 ? 252 : 251, long_name, "");
	for (i = 0; i < 251; i++)
		long_name[i] = 'n';
	buf_printf(&b, "e" NAME LEN16 "6:pieces20:%20see", "");
	m = meta_parse(&b, why);
	OK(m && m->nfiles == 12);
	for (i = 0; m && i < 12; i++) {
		snprintf(want, sizeof want, "a/%.240s.%d.rar", long_name, i);
		n += i == 0 || path_is(m, (uint32_t)i, want);
	}
	OK(n == 12);
	meta_free(m);
	CASE("meta: a hundred thousand files of one path cost no square");
	buf_printf(&b, "d4:infod5:filesl");
	for (i = 0; i < 100000; i++)
		buf_printf(&b, "d6:lengthi0e4:pathl1:xee");
	buf_printf(&b, "e" NAME LEN16 "6:pieces0:ee");
	m = meta_parse(&b, why);
	OK(m && path_is(m, 99999, "a/x.99999"));
	meta_free(m);
	CASE("meta: nor do long names that are cut to one");
	buf_printf(&b, "d4:infod5:filesl");
	for (i = 0; i < 20000; i++)
		buf_printf(&b, "d6:lengthi0e4:pathl255:%.249s%06dee",
		    long_name, i / 2);
	buf_printf(&b, "e" NAME LEN16 "6:pieces0:ee");
	m = meta_parse(&b, why);
	snprintf(want, sizeof want, "a/%.244s.%d", long_name, 10000);
	OK(m && path_is(m, 19999, want));
	meta_free(m);
}

/* Whether a directory a of these files has these paths. */
static int
are(const char *files, size_t npieces, const char *want)
{
	struct buf b = { NULL, 0, 0, 0 };
	char info[1000];
	struct meta *m;
	uint32_t i;
	int same;

	snprintf(info, sizeof info, DIR("%s"), files);
	m = torrent("", info, npieces, "");
	for (i = 0; m && i < m->nfiles; i++) {
		buf_put(&b, " ", i > 0);
		meta_path(&b, m, &m->files[i]);
	}
	buf_put(&b, "", 1);
	same = m && strcmp((char *)b.p, want) == 0;
	if (!same)
		printf("# got %s, want %s\n", (char *)b.p, want);
	meta_free(m);
	buf_free(&b);
	return same;
}

static void
alike(void)
{
	static const char *const names[] = { "a", "b", "a.1", "a.2", "b.1.1",
	    "a.1.1", "..", "", "a/b", "a_b", ".a", "a." };
	struct buf b = { NULL, 0, 0, 0 };
	char why[META_WHY];
	uint64_t state = 5;
	struct meta *m;
	uint32_t i, n, depth;
	int round, stay = 1, taken = 0;

	CASE("meta: whatever paths are alike, what is left of them is not");
	for (round = 0; round < 3000; round++) {
		buf_printf(&b, "d4:infod5:filesl");
		for (n = 1 + rnd_below(&state, 24); n > 0; n--) {
			buf_printf(&b, "d6:lengthi0e4:pathl");
			for (depth = rnd_below(&state, 4); depth > 0; depth--)
				ben_put_str(&b, names[rnd_below(&state,
				    LEN(names))]);
			buf_printf(&b, "ee");
		}
		buf_printf(&b, "e" NAME LEN16 "6:pieces0:ee");
		m = meta_parse(&b, why);
		taken += m != NULL;
		for (i = 0; m && i < m->nfiles; i++)
			stay &= stays(m, i);
		meta_free(m);
	}
	OK(taken == 3000);
	OK(stay);
}

static void
reasons(void)
{
	static const struct { const char *info; size_t n; const char *why; }
	rows[] = {
		{ NAME ONE "12:piece lengthi300e", 1,
		    "its piece length is 300, not between 1 KiB and 256 MiB" },
		{ NAME ONE "12:piece lengthi268435457e", 1,
		    "its piece length is 268435457, not between 1 KiB and "
		    "256 MiB" },
		{ NAME ONE, 1, "it has no piece length" },
		{ NAME LEN16 "6:lengthi-5e", 1,
		    "its file 1 has a length of -5" },
		{ NAME LEN16, 1, "its file 1 has no length" },
		{ DIR(F("1", "1:x") "d6:lengthi1ee"), 1,
		    "its file 2 has no path" },
		{ DIR(F("1", "1:x") "d4:pathl1:yee"), 1,
		    "its file 2 has no length" },
		{ DIR(F("4611686018427387904", "1:x") F("1", "1:y")), 1,
		    "up to its file 2 it has more than 2^62 bytes" },
		{ DIR(F("20000", "1:x")), 1, "20000 bytes in pieces of 16384 "
		    "need 40 bytes of digests; it has 20" },
		{ "5:filesle" NAME LEN16, 0, "it has no files" },
		{ "5:filesde" NAME LEN16, 0, "its files are no list" },
	};
	struct buf b = { NULL, 0, 0, 0 };
	size_t i;

	CASE("meta: a reason has the value and the limit");
	for (i = 0; i < LEN(rows); i++) {
		put_torrent(&b, "", rows[i].info, rows[i].n, "");
		OK_FOR(rows[i].why, says((char *)b.p, b.len, rows[i].why));
		b.len = 0;
	}
	CASE("meta: a reason has the right cause");
	OK(says(BYTES(""), "it is empty"));
	OK(says(BYTES("<html>"), "not a torrent"));
	OK(says(BYTES("docs"), "not a torrent"));
	OK(says(BYTES("d"), "cut short after 1 bytes"));
	OK(says(BYTES("d4:inf"), "cut short after 6 bytes"));
	OK(says(BYTES("d4:infoxe"), "a damaged torrent, or one nested over "
	    "32 deep"));
	OK(says(BYTES("de"), "not a torrent: it has no info dictionary"));
	OK(says(BYTES("d4:infodee"), "not a torrent: it has no pieces"));
	buf_free(&b);
}

static int
says(const char *text, size_t n, const char *why)
{
	struct buf b = { NULL, 0, 0, 0 };
	char got[META_WHY] = "none";
	struct meta *m;

	buf_put(&b, text, n);
	m = meta_parse(&b, got);
	meta_free(m);
	return !m && strcmp(got, why) == 0;
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
	char why[META_WHY] = "";
	struct meta *m;

	CASE("meta: a torrent of version 2 alone is refused by its name");
	buf_printf(&b, "d4:infod9:file treed1:ad0:d6:lengthi1e11:pieces root"
	    "32:%32seee12:meta versioni2e" NAME LEN16 "ee", "");
	OK(ben_parse(b.p, b.len) == (long)b.len);
	m = meta_parse(&b, why);
	OK(!m && strstr(why, "version 2"));
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

	encode_torrent(&b, r);
	s.p = b.p;
	s.n = b.len;
	same = is(s, want) && ben_parse(b.p, b.len) == (long)b.len &&
	    unit_canonical(s) && parses(&b);
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
	char why[META_WHY];
	struct meta *m;
	int same;

	one.files = &file;
	one.pieces = NULL;
	encode_torrent(&b, &one);
	m = meta_parse(&b, why);
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
	char why[META_WHY];
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
	encode_torrent(&b, &r);
	encode_torrent(&again, &r);
	OK(b.len == again.len + 6);
	OK(b.len == again.len + 6 && memcmp(b.p + 6, again.p, again.len) == 0);
	m = meta_parse(&again, why);
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
		len = encode_piece_len((int64_t)1 << i);
		OK(len >= 1 << 15 && len <= 1 << 24);
		OK((len & (len - 1)) == 0);
	}
	OK(encode_piece_len(0) == 1 << 15);
	OK(encode_piece_len(least - 1) == 1 << 15);
	OK(encode_piece_len(most + (1 << 25)) == 1 << 24);
	OK(encode_piece_len((int64_t)1 << 61) == 1 << 24);
	CASE("meta: a chosen piece length gives 1,000 to 2,000 pieces");
	for (i = 0; i < 2000; i++) {
		size = least + (int64_t)((uint64_t)(most - least) *
		    rnd_below(&state, 1 << 20) >> 20);
		size = i % 2 ? size : least + size % ((int64_t)1 << 30);
		len = encode_piece_len(size);
		n = (size + len - 1) / len;
		OK(n >= 1000 && n <= 2001);
	}
	CASE("meta: a larger file has no shorter pieces");
	for (i = 0, len = 0; i < 1000; i++) {
		size = (int64_t)i * 50000000;
		OK(encode_piece_len(size) >= len);
		len = encode_piece_len(size);
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
		{ (int64_t)INT32_MAX << 28, 268435456, INT32_MAX, 268435456 },
		{ 3000, 1024, 3, 952 },
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
	char why[META_WHY];
	struct meta *m;

	CASE("meta: a magnet link has hash and name (BEP 9)");
	buf_printf(&raw, "d4:infod6:lengthi5e4:name1:a" LEN16 "6:pieces20:"
	    "aaaaaaaaaaaaaaaaaaaaee");
	m = meta_parse(&raw, why);
	OK(m);
	if (!m)
		return;
	magnet_put(&b, m);
	OK(b.len == sizeof want - 1 && memcmp(b.p, want, b.len) == 0);
	meta_free(m);
	CASE("meta: a magnet link has all trackers and a peer, encoded");
	buf_printf(&raw, "d13:announce-listll19:http://t:80/a?b=c&del7:udp://u"
	    "ee4:infod6:lengthi5e4:name1:a" LEN16 "6:pieces20:"
	    "aaaaaaaaaaaaaaaaaaaaee");
	m = meta_parse(&raw, why);
	OK(m);
	if (!m) {
		buf_free(&b);
		return;
	}
	b.len = 0;
	magnet_put(&b, m);
	magnet_put_peer(&b, "1.2.3.4:5");
	buf_put(&b, "", 1);
	OK(strncmp((char *)b.p, want, sizeof want - 1) == 0);
	OK(strncmp((char *)b.p + sizeof want - 1, more,
	    sizeof more - 1) == 0);
	OK(strcmp((char *)b.p + sizeof want + sizeof more - 2,
	    "1.2.3.4:5") == 0);
	b.len = 0;
	magnet_put(&b, m);
	magnet_put_peer(&b, "[2001:db8::1]:6881");
	buf_put(&b, "", 1);
	OK(strstr((char *)b.p, "&x.pe=[2001:db8::1]:6881"));
	meta_free(m);
	CASE("meta: a magnet link encodes what a name may hold");
	m = torrent("", "4:name11:a b&c=d\xc3\xa9#%" ONE LEN16, 1, "");
	OK(m);
	b.len = 0;
	if (m)
		magnet_put(&b, m);
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
	    "&x.pe=[::1]:6&ws=http%3A%2F%2Fw%2Fa%20b%2F&ws=no&ws.2=https://v/";
	char why[META_WHY] = "none";
	struct span seeds, url;
	char digits[2 * ID_LEN + 1];
	struct buf b = { 0 };
	struct meta *m;
	int i;

	CASE("meta: a magnet link is read: hash, name, trackers, peers");
	m = magnet_parse(full, why);
	OK(m != NULL);
	if (!m)
		return;
	hex(digits, m->hash, ID_LEN);
	OK(strcmp(digits, HEX) == 0);
	OK(is(m->said, "a /b") && m->ntrackers == 3 && m->npeers == 2);
	OK(tracker_is(m, 0, "http://t/a", 0));
	OK(tracker_is(m, 1, "udp://u:1", 1));
	OK(is(m->peers[0], "1.2.3.4:5") && is(m->peers[1], "[::1]:6"));
	OK(m->nfiles == 0 && m->sh.npieces == 0 && m->sh.size == 0);
	CASE("meta: a magnet link has web seeds (BEP 19), unless they are none");
	seeds = m->webseeds;
	OK(meta_webseed(&seeds, &url) && is(url, "http://w/a b/"));
	OK(meta_webseed(&seeds, &url) && is(url, "https://v/"));
	OK(!meta_webseed(&seeds, &url));
	CASE("meta: a link of a link is the same");
	magnet_put(&b, m);
	buf_put(&b, "", 1);
	meta_free(m);
	m = magnet_parse((char *)b.p, why);
	OK(m && m->ntrackers == 3 && m->npeers == 2 && is(m->said, "a /b") &&
	    is(m->name, "a _b"));
	if (m)
		OK(is(m->peers[1], "[::1]:6") && tracker_is(m, 1, "udp://u:1",
		    1));
	seeds = m ? m->webseeds : (struct span){ NULL, 0 };
	OK(meta_webseed(&seeds, &url) && is(url, "http://w/a b/") &&
	    meta_webseed(&seeds, &url) && !meta_webseed(&seeds, &url));
	meta_free(m);
	CASE("meta: of a link's web seeds, 32 are kept");
	b.len = 0;
	buf_printf(&b, "magnet:?" XT);
	for (i = 0; i < WEBSEEDS_MAX + 3; i++)
		buf_printf(&b, "&ws=http://%d/", i);
	buf_put(&b, "", 1);
	m = magnet_parse((char *)b.p, why);
	for (i = 0, seeds = m->webseeds; meta_webseed(&seeds, &url); i++)
		;
	OK(i == WEBSEEDS_MAX);
	meta_free(m);
	buf_free(&b);
	CASE("meta: forty digits are a link, and base 32 is an info hash too");
	for (i = 0; i < 3; i++) {
		m = magnet_parse(i == 0 ? HEX : i == 1 ? "magnet:?xt="
		    "urn:btih:CH3K3DWFFIUYJK5K7V6DWULFAN4FYIDS" : "magnet:?xt="
		    "urn%3Abtih%3Ach3k3dwffiuyjk5k7v6dwulfan4fyids", why);
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
	OK(!magnet_parse("magnet:?xt=urn:btmh:1220" HEX, why) &&
	    strstr(why, "version 2"));
	OK(link_ok("magnet:?xt=urn:btmh:1220" HEX "&" XT)); /* a hybrid */
	OK(!link_ok("magnet:?xt=urn:btih:g1f6ad8ec52a2984abaafd7c3b516503785c"
	    "2072"));
	OK(!link_ok("magnet:?xt=urn:btih:CH3K3DWFFIUYJK5K7V6DWULFAN4FYID1"));
	OK(!link_ok("magnet:?xt=urn:btih:%111f6ad8ec52a2984abaafd7c3b51650378"
	    "5c2072"));
	CASE("meta: only what looks like a link is taken for one");
	OK(magnet_is(HEX) && magnet_is("magnet:?x"));
	OK(!magnet_is("magnet:") && !magnet_is(HEX "0"));
	OK(!magnet_is("file") && !magnet_is(""));
	OK(!magnet_is("g1f6ad8ec52a2984abaafd7c3b516503785c2072"));
#undef XT
#undef HEX
}

/* Whether it is one; what is none has a reason. */
static int
link_ok(const char *text)
{
	char why[META_WHY] = "";
	struct meta *m = magnet_parse(text, why);
	int ok = m != NULL;

	OK_FOR(text, ok || *why);
	meta_free(m);
	return ok;
}

static void
pasted(void)
{
#define HEX "11f6ad8ec52a2984abaafd7c3b516503785c2072"
#define XT  "xt=urn:btih:" HEX
	static const char *const same[] = {
		" magnet:?" XT, "magnet:?" XT " ", "magnet:?" XT "\r\n",
		"\t" HEX "\n", " " HEX " ", "MAGNET:?" XT,
		"magnet:?XT=URN:BTIH:" HEX, "Magnet:?xt.1=urn:btih:" HEX,
		"magnet:?xt=urn:btih:11F6AD8EC52A2984ABAAFD7C3B516503785C2072",
		"magnet:?xt=urn:btih:ch3k3dwffiuyjk5k7v6dwulfan4fyids",
		"magnet:?dn=x&amp;" XT "&amp;ws=http://w/",
		"magnet:?xt.1=urn:btmh:1220ab&xt.2=urn:btih:" HEX,
		"magnet:?" XT "&xt=urn:btmh:1220ab",
		"magnet:?xt=urn:btih:&xt=urn:btih:" HEX,
		"magnet:?" XT "&xt=urn:btih:0000000000000000000000000000000000"
		    "000000",
	};
	static const struct { const char *text, *why; } no[] = {
		{ "magnet:?dn=a", "it names no info hash (urn:btih:)" },
		{ "magnet:?xt=urn:btih:abc", "its info hash has 3 characters, "
		    "not 40 of hexadecimal or 32 of base 32" },
		{ "magnet:?xt=urn:btih:" HEX "0", "its info hash has 41 "
		    "characters, not 40 of hexadecimal or 32 of base 32" },
		{ "magnet:?xt=urn:btih:11f6adgec52a2984abaafd7c3b516503785c207"
		    "2", "character 7 of its info hash is no hexadecimal "
		    "digit" },
		{ "magnet:?xt=urn:btih:CH3K3DWFFIUYJK5K7V6DWULFAN4FYID1",
		    "character 32 of its info hash is no base 32 digit" },
	};
	char why[META_WHY], digits[2 * ID_LEN + 1];
	struct meta *m;
	size_t i;

	CASE("meta: a link may look as it does when it is pasted");
	for (i = 0; i < LEN(same); i++) {
		OK_FOR(same[i], magnet_is(same[i]));
		m = magnet_parse(same[i], why);
		OK_FOR(same[i], m != NULL);
		if (m)
			hex(digits, m->hash, ID_LEN);
		OK_FOR(same[i], m && strcmp(digits, HEX) == 0);
		meta_free(m);
	}
	OK(!magnet_is(" ") && !magnet_is(HEX " x"));
	CASE("meta: a link's keys may have numbers, and any case");
	m = magnet_parse("magnet:?" XT "&tr.1=http://a/&tr.20=http://b/"
	    "&TR=http://c/&amp;tr=http://d/&tr.=http://e/&tr.x=http://f/"
	    "&x.pe=1.2.3.4:5&DN=n", why);
	OK(m && m->ntrackers == 4 && m->npeers == 1 && is(m->name, "n"));
	for (i = 0; m && i < 4; i++)
		OK(m->trackers[i].url[7] == "abcd"[i]);
	meta_free(m);
	CASE("meta: a link's name is made safe, and told as it is");
	m = magnet_parse("magnet:?dn=a%2fb%00&" XT, why);
	OK(m && is(m->name, "a_b_") && m->said.n == 4);
	meta_free(m);
	m = magnet_parse("magnet:?dn=..&" XT, why);
	OK(m && m->name.n == 0 && is(m->said, ".."));
	meta_free(m);
	m = magnet_parse("magnet:?dn=." HEX ".parts&" XT, why);
	OK(m && is(m->name, "_" HEX ".parts"));
	meta_free(m);
	CASE("meta: what is wrong with a link is said");
	for (i = 0; i < LEN(no); i++) {
		strcpy(why, "none");
		OK_FOR(no[i].text, !magnet_parse(no[i].text, why));
		OK_FOR(no[i].why, strcmp(why, no[i].why) == 0);
	}
}

static void
selected(void)
{
	CASE("meta: a link may choose files by their numbers (BEP 53)");
	OK(selects("", "++++++++++", ""));
	OK(selects("&so=0", "+---------", "&so=0"));
	OK(selects("&so=0,2,4,6-8", "+-+-+-+++-", "&so=0,2,4,6-8"));
	OK(selects("&so=6-8,0,2,4", "+-+-+-+++-", "&so=0,2,4,6-8"));
	OK(selects("&so=1&so.2=3%2C5", "-+-+-+----", "&so=1,3,5"));
	OK(selects("&so=2-4,3-6,4,1", "-++++++---", "&so=1,2-6"));
	OK(selects("&so=5-99999999999999999999", "-----+++++",
	    "&so=5-4294967295"));
	OK(selects("&so=77", "----------", "&so=77"));
	CASE("meta: what is no range of numbers chooses nothing");
	OK(selects("&so=", "++++++++++", ""));
	OK(selects("&so=-,a,1a,-1,2-,4-3,3--4,1-2-3, 1", "++++++++++", ""));
	OK(selects("&so=x,7,", "-------+--", "&so=7"));
}

/* so: of a link; want: of ten files; again: so of a link made of it. */
static int
selects(const char *so, const char *want, const char *again)
{
	struct meta *whole = torrent("", DIR(F("1", "1:a") F("1", "1:b")
	    F("1", "1:c") F("1", "1:d") F("1", "1:e") F("1", "1:f")
	    F("1", "1:g") F("1", "1:h") F("1", "1:i") F("1", "1:j")), 1, "");
	struct buf text = { NULL, 0, 0, 0 };
	char why[META_WHY], link_of[300];
	struct meta *m, *full;
	uint32_t i;
	int same;

	magnet_put(&text, whole);
	snprintf(link_of, sizeof link_of, "%.*s%s", (int)text.len,
	    (char *)text.p, so);
	m = magnet_parse(link_of, why);
	full = m ? magnet_complete(m, whole->info, why) : NULL;
	same = m && full;
	for (i = 0; full && i < 10; i++)
		same &= magnet_selects(m, i) == (want[i] == '+') &&
		    magnet_selects(full, i) == (want[i] == '+');
	text.len = 0;
	if (full)
		magnet_put(&text, full);
	buf_put(&text, "", 1);
	same &= strcmp(strstr((char *)text.p, "&dn=a") + 5, again) == 0;
	meta_free(m);
	meta_free(full);
	meta_free(whole);
	buf_free(&text);
	return same;
}

#undef XT
#undef HEX

static void
completed(void)
{
	struct meta *whole = torrent("13:announce-listll8:http://aee",
	    NAME ONE LEN16, 1, ""), *link, *m;
	struct buf text = { NULL, 0, 0, 0 }, info = { NULL, 0, 0, 0 };
	char why[META_WHY] = "none";
	struct span seeds, url;

	OK(whole);
	if (!whole)
		return;
	magnet_put(&text, whole);
	buf_printf(&text, "&tr=udp://b:1&ws=http://w/&ws=http://v/x");
	buf_put(&text, "", 1);
	link = magnet_parse((char *)text.p, why);
	CASE("meta: a link and its info are a torrent, with the link's trackers");
	m = magnet_complete(link, whole->info, why);
	OK(m != NULL);
	if (m) {
		OK(memcmp(m->hash, whole->hash, ID_LEN) == 0);
		OK(is(m->name, "a") && m->sh.size == 1 && m->ntrackers == 2);
		OK(tracker_is(m, 0, "http://a", 0));
		OK(tracker_is(m, 1, "udp://b:1", 1));
		seeds = m->webseeds;
		OK(meta_webseed(&seeds, &url) && is(url, "http://w/"));
		OK(meta_webseed(&seeds, &url) && is(url, "http://v/x"));
		OK(!meta_webseed(&seeds, &url));
	}
	meta_free(m);
	CASE("meta: another info is not the link's, and no reason is given");
	buf_put(&info, whole->info.p, whole->info.n);
	info.p[info.len - 2] ^= 1;
	strcpy(why, "none");
	OK(!magnet_complete(link, (struct span){ info.p, info.len }, why));
	OK(!why[0]);
	CASE("meta: bytes behind the info would give it another hash");
	info.len = 0;
	buf_put(&info, whole->info.p, whole->info.n);
	buf_put(&info, "1:xi1e", 6);
	sha1(info.p, info.len, link->hash);
	OK(!magnet_complete(link, (struct span){ info.p, info.len }, why));
	OK(*why);
	CASE("meta: the link's info, which is no torrent, is refused with one");
	sha1("x", 1, link->hash);
	OK(!magnet_complete(link, span_of("x"), why));
	OK(*why);
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
	struct buf seeds[4] = { { NULL, 0, 0, 0 } }, b = { NULL, 0, 0, 0 };
	uint64_t state = 77;
	char why[META_WHY];
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
	put_torrent(&seeds[3], "", "5:filesl" F("1", "1:x") F("1", "1:x1:y")
	    F("1", "1:x") F("1", "3:../2:..1:x") F("1", "0:") F("1", "3:x.1")
	    F("1", "2:x/1:y") "d4:attr1:l4:pathl1:be12:symlink pathl1:xee"
	    "e10:name.utf-82:.." NAME LEN16, 1, "");
	CASE("meta: 50000 torrents that nobody meant");
	for (round = 0; round < 50000; round++) {
		s = rnd_below(&state, LEN(seeds));
		n = seeds[s].len;
		memcpy(buf_room(&b, 512), seeds[s].p, n);
		b.len = unit_mutate(b.p, n, 512, &state);
		/* memory that ends with the torrent */
		b.p = xrealloc(b.p, b.len, 1);
		b.cap = b.len;
		why[0] = '\0';
		m = meta_parse(&b, why);
		silent += !m && !*why;
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
		fine &= m->files[i].pad || stays(m, i);
	}
	fine &= off == m->sh.size && b.len > 0 && is_safe(m->name);
	fine &= ((off + m->sh.piece_len - 1) / m->sh.piece_len) ==
	    m->sh.npieces;
	fine &= m->sh.npieces == 0 || (m->pieces >= m->raw.p &&
	    m->pieces + (size_t)m->sh.npieces * 20 <= m->raw.p + m->raw.len);
	for (i = 1; i < (uint32_t)m->ntrackers; i++)
		fine &= m->trackers[i - 1].tier <= m->trackers[i].tier;
	if (m->sh.size > 0)
		fine &= meta_file_at(m, m->sh.size - 1) < m->nfiles;
	magnet_put(&b, m);
	buf_free(&b);
	return fine;
}

/* Whether a path has safe names alone, and neither is nor holds another. */
static int
stays(const struct meta *m, uint32_t i)
{
	struct span it, jt, e, f;
	int fine = 1, n = 0;
	uint32_t k;

	for (it = ben_items(m->files[i].path); meta_element(&it, &e); n++)
		fine &= is_safe(e);
	fine &= m->is_dir == (n > 0) && n <= PATH_ELEMENTS;
	for (k = 0; k < m->nfiles; k++) {
		if (k == i || m->files[k].pad)
			continue;
		it = ben_items(m->files[i].path);
		jt = ben_items(m->files[k].path);
		while (meta_element(&it, &e))
			if (!meta_element(&jt, &f) || e.n != f.n ||
			    memcmp(e.p, f.p, e.n) != 0)
				break;
			else if (it.n == 0)
				fine = 0;
	}
	return fine;
}

static int
is_safe(struct span e)
{
	return e.n > 0 && e.n <= 255 && !is(e, ".") && !is(e, "..") &&
	    !memchr(e.p, '/', e.n) && !memchr(e.p, 0, e.n);
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
	char why[META_WHY];

	put_torrent(&b, top, info, npieces, tail);
	if (ben_parse(b.p, b.len) != (long)b.len) {
		buf_free(&b);
		return NULL;
	}
	return meta_parse(&b, why);
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

/* Whether b, which is emptied, is a torrent: 2 if it is none without a reason.
 */
static int
parses(struct buf *b)
{
	struct buf raw = { NULL, 0, 0, 0 };
	char why[META_WHY] = "";
	struct meta *m;
	int r;

	raw.p = unit_copy(b->p, b->len);
	raw.len = raw.cap = b->len;
	buf_free(b);
	m = meta_parse(&raw, why);
	r = m ? 1 : *why ? 0 : 2;
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
