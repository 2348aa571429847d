/* edit: what is said anew, what stays byte for byte, in what order, and which
 * hash it has then. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "bencode.h"
#include "torrent/meta.h"
#include "torrent/edit.h"
#include "unit.h"

#define REST "12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaa"
#define INFO "6:lengthi1e4:name1:n" REST
#define SOURCE "6:source1:s"

static void trackers(void);
static void texts(void);
static void webseeds(void);
static void infos(void);
static void privates(void);
static void orders(void);
static int edits(const char *old, const struct edit *e, const char *want);
static struct meta *parsed(const char *text);

/* what changes nothing */
static const struct edit same = { .ntrackers = -1, .nwebseeds = -1,
	.private = -1 };

void
test_edit(void)
{
	trackers();
	texts();
	webseeds();
	infos();
	privates();
	orders();
}

static void
trackers(void)
{
	char a[] = "http://a", b[] = "udp://b";
	struct tracker list[] = { { a, 0, 1 }, { b, 1, 1 } };
	struct edit e = same;

	e.trackers = list;
	CASE("edit: nothing is another: all stays");
	OK(edits("d8:announce1:x13:announce-listll1:y1:zee4:infod" INFO
	    "e4:zone1:?e", &same, "d8:announce1:x13:announce-listll1:y1:zee"
	    "4:infod" INFO "e4:zone1:?e"));
	CASE("edit: other trackers take the place of all");
	e.ntrackers = 1;
	OK(edits("d8:announce1:x13:announce-listll1:y1:zee4:infod" INFO "ee",
	    &e, "d8:announce8:http://a4:infod" INFO "ee"));
	e.ntrackers = 2;
	OK(edits("d8:announce1:x4:infod" INFO "ee", &e, "d8:announce8:http://a"
	    "13:announce-listll8:http://ael7:udp://bee4:infod" INFO "ee"));
	OK(edits("d4:infod" INFO "ee", &e, "d8:announce8:http://a"
	    "13:announce-listll8:http://ael7:udp://bee4:infod" INFO "ee"));
	CASE("edit: none is none");
	e.ntrackers = 0;
	OK(edits("d8:announce1:x13:announce-listll1:y1:zee4:infod" INFO "ee",
	    &e, "d4:infod" INFO "ee"));
}

static void
texts(void)
{
	struct edit e = same;

	CASE("edit: another comment, or none");
	e.comment = "new";
	OK(edits("d7:comment3:old13:comment.utf-83:old4:infod" INFO "ee", &e,
	    "d7:comment3:new4:infod" INFO "ee"));
	OK(edits("d4:infod" INFO "ee", &e, "d7:comment3:new4:infod" INFO
	    "ee"));
	e.comment = "";
	OK(edits("d7:comment3:old4:infod" INFO "ee", &e, "d4:infod" INFO
	    "ee"));
	OK(edits("d4:infod" INFO "ee", &e, "d4:infod" INFO "ee"));
}

static void
webseeds(void)
{
	char a[] = "http://a", none[] = "", b[] = "b";
	char *urls[] = { none, a, b };
	struct edit e = same;

	CASE("edit: other web seeds, or none");
	e.webseeds = urls;
	e.nwebseeds = 3;
	OK(edits("d4:infod" INFO "e8:url-list1:xe", &e, "d4:infod" INFO
	    "e8:url-listl8:http://a1:bee"));
	e.nwebseeds = 1;
	OK(edits("d4:infod" INFO "e8:url-listl1:x1:yee", &e, "d4:infod" INFO
	    "ee"));
}

static void
infos(void)
{
	struct edit e = same;

	CASE("edit: a source, another and none");
	e.source = "s";
	OK(edits("d4:infod" INFO "ee", &e, "d4:infod" INFO SOURCE "ee"));
	OK(edits("d4:infod" INFO "6:source3:olde1:zlee", &e, "d4:infod" INFO
	    SOURCE "e1:zlee"));
	e.source = "";
	OK(edits("d4:infod" INFO SOURCE "ee", &e, "d4:infod" INFO "ee"));
	CASE("edit: another name, in the place of both that it may have");
	e = same;
	e.name = "new";
	OK(edits("d4:infod6:lengthi1e4:name1:n10:name.utf-81:m" REST "ee", &e,
	    "d4:infod6:lengthi1e4:name3:new" REST "ee"));
	CASE("edit: what a client knows nothing of stays in info, too");
	OK(edits("d4:infod1:Ad1:b0:e6:lengthi1e4:name1:n" REST
	    "1:zi007eee", &e, "d4:infod1:Ad1:b0:e6:lengthi1e4:name3:new" REST
	    "1:zi007eee"));
	CASE("edit: info stays as it stands where nothing is another");
	e = same;
	e.name = "n";
	e.source = "s";
	e.private = 1;
	OK(edits("d4:infod" SOURCE "7:privatei1e" INFO "ee", &e,
	    "d4:infod" SOURCE "7:privatei1e" INFO "ee"));
	e.private = 0;
	OK(edits("d4:infod" SOURCE "7:privatei1e" INFO "ee", &e,
	    "d4:infod" INFO SOURCE "ee"));
}

static void
privates(void)
{
	struct edit e = same;

	CASE("edit: private, and not");
	e.private = 1;
	OK(edits("d4:infod" INFO "ee", &e, "d4:infod" INFO "7:privatei1eee"));
	OK(edits("d4:infod" INFO "7:privatei0eee", &e, "d4:infod" INFO
	    "7:privatei1eee"));
	e.private = 0;
	OK(edits("d4:infod" INFO "7:privatei1eee", &e, "d4:infod" INFO "ee"));
	OK(edits("d4:infod" INFO "7:privatei0eee", &e, "d4:infod" INFO
	    "7:privatei0eee"));
}

static void
orders(void)
{
	struct edit e = same;

	CASE("edit: keys are sorted bytewise, and what follows is gone");
	OK(edits("d1:zi1e4:infod" INFO "e2:abi2e0:i3e1:ai4e1:\xffi5eeXYZ",
	    &same, "d0:i3e1:ai4e2:abi2e4:infod" INFO "e1:zi1e1:\xffi5ee"));
	CASE("edit: of two values of one key the one that is read stays so");
	OK(edits("d7:comment1:b7:comment1:a4:infod" INFO "e4:infodee", &same,
	    "d7:comment1:b7:comment1:a4:infod" INFO "e4:infodee"));
	e.comment = "c";
	e.source = "s";
	OK(edits("d7:comment1:b7:comment1:a4:infod" INFO "e4:infodee", &e,
	    "d7:comment1:c4:infod" INFO SOURCE "ee"));
	CASE("edit: all keys anew at once, in an empty torrent");
	e.private = e.ntrackers = e.nwebseeds = 0;
	e.private = 1;
	e.name = "m";
	OK(edits("d4:infod" INFO "ee", &e, "d7:comment1:c4:infod6:lengthi1e"
	    "4:name1:m" REST "7:privatei1e" SOURCE "ee"));
}

/* Whether that becomes of it, which is a torrent again with the hash of its
 * info. */
static int
edits(const char *old, const struct edit *e, const char *want)
{
	struct meta *m = parsed(old), *again;
	struct buf b = { NULL, 0, 0, 0 };
	char why[META_WHY];
	int ok;

	if (!m)
		return 0;
	edit_torrent(&b, m, e);
	ok = b.len == strlen(want) && memcmp(b.p, want, b.len) == 0;
	again = meta_parse(&b, why);
	ok = ok && again && (memcmp(again->hash, m->hash, 20) == 0) ==
	    (again->info.n == m->info.n &&
	    memcmp(again->info.p, m->info.p, m->info.n) == 0);
	meta_free(again);
	meta_free(m);
	return ok;
}

static struct meta *
parsed(const char *text)
{
	struct buf raw = { NULL, 0, 0, 0 };
	char why[META_WHY];

	raw.p = unit_copy(text, strlen(text));
	raw.len = raw.cap = strlen(text);
	return meta_parse(&raw, why);
}
