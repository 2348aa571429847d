/* view: pages and figures of torrents that are made up, as bencode; html.c
 * holds each page against what HTML of ours is. */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "addr.h"
#include "torrent/meta.h"
#include "torrent/magnet.h"
#include "web/share.h"
#include "web/view.h"
#include "html.h"
#include "unit.h"

#define HASH "00112233445566778899aabbccddeeff00112233"
#define BAD  "\xef\xbf\xbd" /* what stands for what cannot */

enum { OWNED_MAX = 64, PIECES = 1 << 20 };

/* A torrent and its owner. */
struct owned {
	struct share share;
	struct exhibit e;
	struct meta *m;
	char *magnet;       /* NULL: made of the host */
	int asked;          /* how often for its peers */
};

struct stall {
	struct shares all;
	struct owned list[OWNED_MAX];
	struct buf page;
};

static void well_formed(void);
static void escaped(void);
static void hosts(void);
static void facts(void);
static void unknown(void);
static void links(void);
static void turned(void);
static void turned_files(void);
static int all_once(struct stall *st, int step, char *seen, int *pages);
static void few_files(void);
static void bounded(void);
static void bars(void);
static int bar_is(struct stall *st, uint32_t n, const uint8_t *have);
static int read_bar(const char *s, uint8_t *shade, int *rects);
static void refreshed(void);
static void peers(void);
static void codes(void);
static void fill(struct stall *st);
static void stats(void);
static void metrics(void);
static int is_exposition(char *text, int want);
static int is_label(const char **p, const char *name);

static void exhibit(void *owner, struct exhibit *e);
static void put_magnet(void *owner, struct span host, struct buf *out);
static int get_peers(void *owner, struct addr *list, int most);
static struct owned *add(struct stall *st, struct meta *m);
static void clear(struct stall *st);
static struct meta *single(const char *name);
static struct meta *dir(const char *name, int n, const char *path,
    const char *attr);
static struct meta *parsed(struct buf *b);
static const char *index_of(struct stall *st, const char *host, int from);
static const char *files_of(struct stall *st, int i, int from);
static int times(const char *s, const char *what);

static const struct share_ops ops = { exhibit, put_magnet, get_peers };

void
test_view(void)
{
	well_formed();
	escaped();
	hosts();
	facts();
	unknown();
	links();
	turned();
	turned_files();
	few_files();
	bounded();
	bars();
	refreshed();
	peers();
	codes();
	stats();
	metrics();
}

static void
well_formed(void)
{
	struct stall st = { 0 };
	char why[META_WHY];
	int i;

	CASE("view: an empty list is a page that says what to do");
	OK(strstr(index_of(&st, "h", 0), "<code>btsh peer</code>"));
	OK(!strstr((char *)st.page.p, "<article>"));
	CASE("view: pages are HTML as it should be");
	add(&st, single("one.iso"));
	add(&st, dir("many", 30, "a/b/%d", NULL))->e.fetching = 1;
	add(&st, dir("odd", 2, "x%d", "l"));
	add(&st, magnet_parse(HASH, why));
	OK(times(index_of(&st, "h:1", 0), "<article>") == 4);
	for (i = 0; i < 4; i++) {
		OK(times(files_of(&st, i, 0), "<article>") == 1);
		OK(times((char *)st.page.p, "<h1>") == 1);
	}
	clear(&st);
}

static void
escaped(void)
{
	static const struct { const char *name, *text, *path; } rows[] = {
		{ "<script>x", "&#60;script&#62;x", "%3Cscript%3Ex" },
		{ "a\"b'c&d", "a&#34;b&#39;c&#38;d", "a%22b%27c%26d" },
		{ "&amp;", "&#38;amp;", "%26amp%3B" },
		{ "\xff\xc3(", BAD BAD "(", "%FF%C3%28" },
		{ "\xed\xa0\x80", BAD BAD BAD, "%ED%A0%80" },
		{ "a\r\n\x1b[31m\x7f", "a" BAD BAD BAD "[31m" BAD,
		    "a%0D%0A%1B%5B31m%7F" },
		{ "\xc2\x85\xc2\xa0", BAD "\xc2\xa0", "%C2%85%C2%A0" },
		{ "a\xe2\x80\xae" "exe.txt", "a" BAD "exe.txt",
		    "a%E2%80%AEexe.txt" },
		{ "\xe2\x81\xa6\xd8\x9c\xe2\x80\x8f", BAD BAD BAD,
		    "%E2%81%A6%D8%9C%E2%80%8F" },
		{ "\xef\xbf\xbf\xf0\x9f\xbf\xbe", BAD BAD,
		    "%EF%BF%BF%F0%9F%BF%BE" },
		{ "\xe2\x80\x8d\xf0\x9f\x98\x80 \xd7\xa9",
		    "\xe2\x80\x8d\xf0\x9f\x98\x80 \xd7\xa9",
		    "%E2%80%8D%F0%9F%98%80%20%D7%A9" },
		{ "?a#b%2e", "?a#b%2e", "%3Fa%23b%252e" },
	};
	struct stall st = { 0 };
	char want[200];
	size_t i;

	CASE("view: names of torrents and of files are escaped");
	for (i = 0; i < LEN(rows); i++) {
		add(&st, dir(rows[i].name, 1, rows[i].name, NULL));
		index_of(&st, "h", 0);
		snprintf(want, sizeof want, "<h2><a href=\"/%s/\"><bdi>%s"
		    "</bdi></a></h2>", rows[i].path, rows[i].text);
		OK_FOR(rows[i].text, strstr((char *)st.page.p, want));
		files_of(&st, 0, 0);
		snprintf(want, sizeof want, "<td><a href=\"/%s/%s\"><bdi>%s"
		    "</bdi></a></td>", rows[i].path, rows[i].path,
		    rows[i].text);
		OK_FOR(rows[i].text, strstr((char *)st.page.p, want));
		snprintf(want, sizeof want, "<title>%s - btsh</title>",
		    rows[i].text);
		OK_FOR(rows[i].text, strstr((char *)st.page.p, want));
		clear(&st);
	}
}

static void
hosts(void)
{
	static const struct { const char *host, *line; } rows[] = {
		{ "h", "curl -s http://h/d%20x.tar | tar x" },
		{ "192.0.2.1:6881",
		    "curl -s http://192.0.2.1:6881/d%20x.tar | tar x" },
		{ "[2001:db8::1]:80", "curl -s &#39;http://[2001:db8::1]:80/"
		    "d%20x.tar&#39; | tar x" },
		{ "my_host-2.example", "curl -s http://my_host-2.example/" },
		{ "", NULL }, { "h;reboot", NULL }, { "$(reboot)", NULL },
		{ "a'b", NULL }, { "<script>", NULL }, { "h/x", NULL },
		{ "a b", NULL }, { "a\tb", NULL }, { "\xc3\xa4", NULL },
	};
	char longest[264];
	struct stall st = { 0 };
	size_t i;

	CASE("view: a command to paste has a host that no shell obeys");
	add(&st, dir("d x", 2, "%d", NULL));
	for (i = 0; i < LEN(rows); i++) {
		index_of(&st, rows[i].host, 0);
		OK_FOR(rows[i].host, strstr((char *)st.page.p, rows[i].line ?
		    rows[i].line : "curl") ? rows[i].line != NULL :
		    rows[i].line == NULL);
	}
	CASE("view: a magnet link hears of such a host alone");
	OK(strstr(index_of(&st, "h:1", 0), "&#38;x.pe=h:1\">Magnet link"));
	OK(strstr((char *)st.page.p, "<code>magnet:?xt=urn:btih:"));
	OK(strstr(index_of(&st, "h\"1", 0), "&#38;x.pe=\">Magnet link"));
	CASE("view: no host is longer than names are");
	memset(longest, 'h', 263);
	longest[263] = '\0';
	OK(!strstr(index_of(&st, longest, 0), "curl"));
	OK(strstr(index_of(&st, longest + 1, 0), "curl"));
	clear(&st);
}

static void
facts(void)
{
	static const struct { int64_t here, size; const char *text; } rows[] =
	{
		{ 0, 1000, " 0%, 0&nbsp;B<" },
		{ 999, 1000, " 99%, 999&nbsp;B<" },
		{ 1536, 1536, " 100%, 1.50&nbsp;KiB<" },
		{ 0, 0, " 100%, 0&nbsp;B<" },
		{ INT64_MAX - 1, INT64_MAX, " 99%, 8192&nbsp;PiB<" },
	};
	struct stall st = { 0 };
	struct owned *o = add(&st, single("x"));
	size_t i;

	CASE("view: what is here, and 100% only of all");
	for (i = 0; i < LEN(rows); i++) {
		o->e.here = rows[i].here;
		o->e.size = rows[i].size;
		OK_FOR(rows[i].text, strstr(index_of(&st, "h", 0),
		    rows[i].text));
	}
	CASE("view: state, peers and seeds");
	o->e.state = "a<b";
	o->e.npeers = 7;
	o->e.nseeds = 3;
	index_of(&st, "h", 0);
	OK(strstr((char *)st.page.p, "<span>State</span> a&#60;b<"));
	OK(strstr((char *)st.page.p, "<span>Peers</span> 7<"));
	OK(strstr((char *)st.page.p, "<span>Seeds</span> 3<"));
	CASE("view: rates of what moves");
	OK(!strstr((char *)st.page.p, "/s<"));
	o->e.up_bps = 2048;
	OK(times(index_of(&st, "h", 0), "/s<") == 1);
	OK(strstr((char *)st.page.p, "<span>Up</span> 2.00&nbsp;KiB/s<"));
	o->e.down_bps = 5;
	OK(strstr(index_of(&st, "h", 0), "<span>Down</span> 5&nbsp;B/s<"));
	clear(&st);
}

static void
unknown(void)
{
	struct stall st = { 0 };
	char why[META_WHY];

	CASE("view: a magnet link's torrent has its name, and no files yet");
	add(&st, magnet_parse("magnet:?xt=urn:btih:" HASH "&dn=A%20b", why));
	index_of(&st, "h", 0);
	OK(strstr((char *)st.page.p, "<h2><bdi>A b</bdi></h2>"));
	OK(strstr((char *)st.page.p, "Magnet link"));
	OK(times((char *)st.page.p, "href=\"/") == 0);
	OK(!strstr((char *)st.page.p, "Size") && !strstr((char *)st.page.p,
	    "class=\"bar\"") && !strstr((char *)st.page.p, "curl"));
	clear(&st);
	CASE("view: without a name it has its info hash");
	add(&st, magnet_parse(HASH, why));
	OK(strstr(index_of(&st, "h", 0), "<h2><bdi>" HASH "</bdi></h2>"));
	clear(&st);
}

static void
links(void)
{
	struct stall st = { 0 };
	uint8_t skip = 0;

	CASE("view: a file, and its torrent");
	add(&st, single("x"));
	index_of(&st, "h", 0);
	OK(times((char *)st.page.p, "href=\"/x\"") == 1);
	OK(times((char *)st.page.p, "href=\"/x.torrent\"") == 1);
	OK(times((char *)st.page.p, "href=\"/") == 2);
	OK(!strstr((char *)st.page.p, "Files"));
	clear(&st);
	CASE("view: a directory, its torrent, its archive and its files");
	add(&st, dir("d", 2, "a b/%d", NULL));
	index_of(&st, "h", 0);
	OK(times((char *)st.page.p, "href=\"/d/\"") == 1);
	OK(times((char *)st.page.p, "href=\"/d.torrent\"") == 1);
	OK(times((char *)st.page.p, "href=\"/d.tar\"") == 1);
	OK(times((char *)st.page.p, "href=\"/d/a%20b/1\"><bdi>a b/1</bdi>"
	    "</a></td><td>2&nbsp;B<") == 1);
	OK(times((char *)st.page.p, "href=\"/") == 5);
	CASE("view: no file that is not wanted");
	bit_set(&skip, 0);
	st.list[0].e.skip = &skip;
	OK(!strstr(index_of(&st, "h", 0), "a b/0"));
	OK(strstr((char *)st.page.p, "a b/1"));
	clear(&st);
	CASE("view: links are made from the name that it is shown under");
	add(&st, single("x"));
	add(&st, single("x"));
	OK(times(index_of(&st, "h", 0), "href=\"/x-") == 2);
	OK(times((char *)st.page.p, "<bdi>x</bdi>") == 2);
	clear(&st);
	CASE("view: a symbolic link is named, padding is not");
	add(&st, dir("d", 2, "s%d", "l"));
	OK(strstr(index_of(&st, "h", 0), "<td><bdi>s1</bdi></td>"
	    "<td>symbolic link</td>"));
	clear(&st);
	add(&st, dir("d", 3, "p%d", "p"));
	OK(strstr(index_of(&st, "h", 0), ">p0<"));
	OK(!strstr((char *)st.page.p, ">p1<"));
	clear(&st);
}

static void
turned(void)
{
	static const struct { int from, first, last; const char *prev, *next; }
	rows[] = {
		{ 0, 0, 19, NULL, "\"/?from=20\">Later" },
		{ -5, 0, 19, NULL, "\"/?from=20\">Later" },
		{ 1, 1, 20, "\"/?from=0\">Earlier", "\"/?from=21\">Later" },
		{ 20, 20, 39, "\"/?from=0\">Earlier", "\"/?from=40\">Later" },
		{ 7, 7, 26, "\"/?from=0\">Earlier", "\"/?from=27\">Later" },
		{ 40, 40, 44, "\"/?from=20\">Earlier", NULL },
		{ 44, 44, 44, "\"/?from=24\">Earlier", NULL },
		{ 45, 40, 44, "\"/?from=20\">Earlier", NULL },
		{ INT32_MAX, 40, 44, "\"/?from=20\">Earlier", NULL },
	};
	struct stall st = { 0 };
	char name[48];
	const char *page;
	size_t r;
	int i;

	CASE("view: so many torrents a page, and links to the others");
	for (i = 0; i < 45; i++) {
		snprintf(name, sizeof name, "t%d", i);
		add(&st, single(name));
	}
	for (r = 0; r < LEN(rows); r++) {
		page = index_of(&st, "h", rows[r].from);
		OK_FOR(name, times(page, "<article>") == rows[r].last -
		    rows[r].first + 1);
		for (i = 0; i < 45; i++) {
			snprintf(name, sizeof name, "<bdi>t%d</bdi>", i);
			OK_FOR(name, times(page, name) ==
			    (i >= rows[r].first && i <= rows[r].last));
		}
		snprintf(name, sizeof name, "%d to %d of 45,", rows[r].first +
		    1, rows[r].last + 1);
		OK_FOR(name, strstr(page, name));
		OK_FOR(name, rows[r].prev ? !!strstr(page, rows[r].prev) :
		    !strstr(page, "Earlier"));
		OK_FOR(name, rows[r].next ? !!strstr(page, rows[r].next) :
		    !strstr(page, "Later"));
	}
	clear(&st);
	CASE("view: what is on one page has no turning");
	for (i = 0; i < 20; i++)
		add(&st, single("t"));
	OK(times(index_of(&st, "h", 0), "<article>") == 20);
	OK(!strstr((char *)st.page.p, "from=") &&
	    !strstr((char *)st.page.p, " of 20"));
	clear(&st);
}

/* Of 4,000 files every other one is padding, or is not wanted. */
static void
turned_files(void)
{
	static char seen[4000];
	static uint8_t skip[500];
	struct stall st = { 0 };
	int i, pages, bad = 0;

	CASE("view: all pages of files, forth, have each file once");
	for (i = 0; i < 4000; i++)
		if (i % 4 != 1)
			bit_set(skip, (uint32_t)i);
	add(&st, dir("d", 4000, "f%d", "p"));
	OK(all_once(&st, 1, seen, &pages) && pages == 2);
	for (i = 0; i < 4000; i++)
		bad += seen[i] != (i % 2 == 0);
	OK(bad == 0);
	CASE("view: and back, from beyond the end");
	OK(all_once(&st, -1, seen, &pages) && pages == 2);
	for (i = 0; i < 4000; i++)
		bad += seen[i] != (i % 2 == 0);
	OK(bad == 0);
	clear(&st);
	CASE("view: the same of those that are wanted");
	add(&st, dir("d", 4000, "f%d", NULL))->e.skip = skip;
	OK(all_once(&st, 1, seen, &pages) && pages == 1);
	for (i = 0; i < 4000; i++)
		bad += seen[i] != (i % 4 == 1);
	OK(bad == 0);
	st.list[0].e.skip = NULL;
	OK(all_once(&st, 1, seen, &pages) && pages == 4);
	OK(all_once(&st, -1, seen, &pages) && pages == 4);
	OK(strstr(files_of(&st, 0, 4000), ">f3999<"));
	OK(strstr((char *)st.page.p, ">f3000<"));
	CASE("view: nothing comes before the first file that is wanted");
	memset(skip, 0xff, 10);
	st.list[0].e.skip = skip;
	OK(!strstr(files_of(&st, 0, 80), "Earlier"));
	OK(!strstr(files_of(&st, 0, 81), "Earlier"));
	OK(strstr(files_of(&st, 0, 82), "\"/d/?from=0\">Earlier"));
	clear(&st);
}

/* Turns the pages as their links say, from the first or from beyond the last
 * one on, and counts how often each file is seen. */
static int
all_once(struct stall *st, int step, char *seen, int *pages)
{
	const char *next = step > 0 ? "rel=\"next\" href=\"/d/?from=" :
	    "rel=\"prev\" href=\"/d/?from=", *p;
	int from = step > 0 ? 0 : INT32_MAX, i, n;

	memset(seen, 0, 4000);
	for (*pages = 0; *pages < 10; ) {
		p = files_of(st, 0, from);
		++*pages;
		for (n = 0; (p = strstr(p, "<bdi>f")); n++, p += 6)
			if (sscanf(p, "<bdi>f%d<", &i) == 1)
				seen[i]++;
		if (n > 1000)
			return 0;
		p = strstr((char *)st->page.p, next);
		if (!p)
			return 1;
		from = atoi(p + strlen(next));
	}
	return 0;
}

static void
few_files(void)
{
	struct stall st = { 0 };

	CASE("view: the list shows 20 files of each torrent, and the rest");
	add(&st, dir("d", 20, "f%d", NULL));
	OK(times(index_of(&st, "h", 0), "<tr><td>") == 20);
	OK(!strstr((char *)st.page.p, "More files"));
	clear(&st);
	add(&st, dir("d", 21, "f%d", NULL));
	OK(times(index_of(&st, "h", 0), "<tr><td>") == 20);
	OK(strstr((char *)st.page.p, "\"/d/?from=20\">More files"));
	CASE("view: from which on torrents are shown is no file's number");
	add(&st, dir("e", 3, "f%d", NULL));
	OK(times(index_of(&st, "h", 1), ">f0<") == 1);
	share_remove(&st.all, &st.list[1].share);
	meta_free(st.list[1].m);
	CASE("view: what is hidden there is open on a page of its own");
	index_of(&st, "h", 0);
	OK(times((char *)st.page.p, "<details>") == 2);
	OK(!strstr((char *)st.page.p, "<details open>"));
	OK(times(files_of(&st, 0, 0), "<details open>") == 2);
	OK(!strstr((char *)st.page.p, "<details>"));
	OK(strstr((char *)st.page.p, "<h1><bdi>d</bdi></h1>"));
	clear(&st);
}

static void
bounded(void)
{
	static uint8_t skip[3751];
	struct stall st = { 0 };
	char path[4096] = "";
	int i;

	CASE("view: long paths make a list shorter, and not endless");
	for (i = 0; i < 16; i++)
		snprintf(path + 240 * i, sizeof path - 240u * (unsigned)i,
		    "%0238d</", i);
	snprintf(path + 240 * 16, 16, "%%d");
	add(&st, dir("d", 1000, path, NULL));
	index_of(&st, "h", 0);
	OK(st.page.len < 48 << 10);
	i = times((char *)st.page.p, "<tr><td>");
	OK(i >= 2 && i < 20);
	snprintf(path, sizeof path, "\"/d/?from=%d\">More", i);
	OK(strstr((char *)st.page.p, path));
	files_of(&st, 0, 500);
	OK(st.page.len > 1 << 20 && st.page.len < (1 << 20) + (1 << 15));
	i = times((char *)st.page.p, "<tr><td>");
	snprintf(path, sizeof path, "\"/d/?from=%d\">More", 500 + i);
	OK(i < 500 && strstr((char *)st.page.p, path));
	clear(&st);
	CASE("view: files that are passed over are counted, too");
	memset(skip, 0xff, sizeof skip);
	bit_clear(skip, 30000);
	add(&st, dir("d", 30001, "f%d", NULL))->e.skip = skip;
	OK(times(index_of(&st, "h", 0), "<tr><td>") == 0);
	OK(strstr((char *)st.page.p, "\"/d/?from=20000\">More"));
	OK(times(files_of(&st, 0, 20000), "<tr><td>") == 1);
	OK(!strstr((char *)st.page.p, "Earlier")); /* there is none */
	OK(strstr(files_of(&st, 0, 20001), "\"/d/?from=1\">Earlier"));
	clear(&st);
}

static void
bars(void)
{
	static uint8_t have[PIECES / 8 + 1];
	static const uint32_t sizes[] = { 1, 2, 7, 8, 9, 199, 200, 201, 399,
	    1000, 1607, PIECES };
	struct stall st = { 0 };
	char what[48];
	size_t i;
	uint32_t k;

	CASE("view: bars of none, of all, of runs and of single pieces");
	add(&st, single("x"));
	for (i = 0; i < LEN(sizes); i++) {
		snprintf(what, sizeof what, "%" PRIu32, sizes[i]);
		memset(have, 0, sizeof have);
		OK_FOR(what, bar_is(&st, sizes[i], have));
		bit_set(have, sizes[i] - 1);
		OK_FOR(what, bar_is(&st, sizes[i], have));
		for (k = 0; k < sizes[i]; k++)
			if (k % 97 < 50 || k % 3 == 0)
				bit_set(have, k);
		OK_FOR(what, bar_is(&st, sizes[i], have));
		for (k = 0; k < sizes[i]; k++)
			bit_set(have, k);
		OK_FOR(what, bar_is(&st, sizes[i], have));
		bit_clear(have, sizes[i] / 2);
		OK_FOR(what, bar_is(&st, sizes[i], have));
		memset(have, 0x55, sizeof have);
		OK_FOR(what, bar_is(&st, sizes[i], have));
	}
	CASE("view: no bar before the pieces are known");
	st.list[0].e.have = NULL;
	OK(!strstr(index_of(&st, "h", 0), "class=\"bar\""));
	st.list[0].m->sh.npieces = 0;
	st.list[0].e.have = have;
	OK(!strstr(index_of(&st, "h", 0), "class=\"bar\""));
	clear(&st);
}

/* Whether the bar of n pieces shows these: a whole cell darkest, one with
 * nothing not at all, and of the others the fuller the darker. */
static int
bar_is(struct stall *st, uint32_t n, const uint8_t *have)
{
	uint32_t cells = MIN(n, 200), i, k, from, to, some;
	uint8_t shade[201];
	char label[64];
	int rects, want;
	const char *p;

	st->list[0].m->sh.npieces = n;
	st->list[0].e.have = have;
	p = strstr(index_of(st, "h", 0), "<svg class=\"bar\"");
	if (!p || !read_bar(p, shade, &rects) || rects > 200)
		return 0;
	snprintf(label, sizeof label, "aria-label=\"%" PRIu32 " of %" PRIu32
	    " pieces are here\"", bit_count(have, n), n);
	if (!strstr(p, label) || shade[200] != cells)
		return 0;
	for (i = 0; i < cells; i++) {
		from = (uint32_t)((uint64_t)i * n / cells);
		to = (uint32_t)((uint64_t)(i + 1) * n / cells);
		for (some = 0, k = from; k < to; k++)
			some += (uint32_t)bit_get(have, k);
		want = some == 0 ? 0 : some == to - from ? 10 : 3 * some <= to
		    - from ? 3 : 3 * some <= 2 * (to - from) ? 5 : 7;
		if (shade[i] != want)
			return 0;
	}
	return 1;
}

/* Tenths of each cell, and their number at 200.  1, or 0: it is none. */
static int
read_bar(const char *s, uint8_t *shade, int *rects)
{
	const char *p = strstr(s, "viewBox=\"0 0 ");
	const char *end = strstr(s, "</svg>");
	int cells, x, n, tenths, at;

	memset(shade, 0, 201);
	*rects = 0;
	if (!end || !p || p > end || sscanf(p, "viewBox=\"0 0 %d 1\"", &cells)
	    != 1 || cells > 200)
		return 0;
	shade[200] = (uint8_t)cells;
	while ((p = strstr(p, "<path ")) && p < end) {
		tenths = 10;
		p += 6;
		if (sscanf(p, "opacity=\".%d\"%n", &tenths, &at) == 1)
			p += at + 1;
		if (strncmp(p, "d=\"", 3) != 0)
			return 0;
		for (p += 3; *p != '"'; p += at, ++*rects) {
			if (sscanf(p, "M%d .5h%d%n", &x, &n, &at) != 2 ||
			    x < 0 || n < 1 || x + n > cells)
				return 0;
			for (; n > 0; n--, x++)
				if (shade[x])
					return 0;
				else
					shade[x] = (uint8_t)tenths;
		}
	}
	return 1;
}

static void
refreshed(void)
{
	struct stall st = { 0 };
	int i;

	CASE("view: a page loads itself anew while something is fetched");
	for (i = 0; i < 25; i++)
		add(&st, single("x"));
	OK(!strstr(index_of(&st, "h", 0), "http-equiv"));
	st.list[3].e.fetching = 1;
	OK(times(index_of(&st, "h", 0), "<meta http-equiv=\"refresh\" "
	    "content=\"5\">") == 1);
	OK(!strstr(index_of(&st, "h", 20), "http-equiv"));
	OK(strstr(files_of(&st, 3, 0), "http-equiv"));
	OK(!strstr(files_of(&st, 4, 0), "http-equiv"));
	clear(&st);
}

static void
peers(void)
{
	struct stall st = { 0 };
	struct visitor v = { .host = span_of("h"), .is_here = 1 };
	struct owned *o = add(&st, single("x"));

	CASE("view: who is connected is not shown to others");
	o->e.npeers = 3;
	OK(!strstr(index_of(&st, "h", 0), "192.0.2."));
	OK(!strstr(files_of(&st, 0, 0), "192.0.2."));
	OK(!strstr((char *)st.page.p, "/stats") && o->asked == 0);
	CASE("view: to those here it is");
	st.page.len = 0;
	view_index(&st.page, &st.all, &v);
	OK(!html_wrong(st.page.p, st.page.len));
	buf_put(&st.page, "", 1);
	OK(times((char *)st.page.p, "<li>192.0.2.") == 3);
	OK(strstr((char *)st.page.p, "<li>192.0.2.3:6883</li>"));
	OK(strstr((char *)st.page.p, "href=\"/stats\""));
	OK(!strstr((char *)st.page.p, "more</li>"));
	CASE("view: but no more than 50");
	o->e.npeers = 80;
	st.page.len = 0;
	view_files(&st.page, &st.all, 0, &v);
	OK(!html_wrong(st.page.p, st.page.len));
	buf_put(&st.page, "", 1);
	OK(times((char *)st.page.p, "<li>192.0.2.") == 50);
	OK(strstr((char *)st.page.p, "<li>and 30 more</li>"));
	clear(&st);
}

static void
codes(void)
{
	struct stall st = { 0 };
	char longest[2954 + 1];
	int i;

	CASE("view: a code of the magnet link, on white, dark in the dark");
	add(&st, single("x"));
	OK(strstr(index_of(&st, "h", 0), "role=\"img\" aria-label=\"QR code "
	    "of the magnet link\"><svg "));
	OK(strstr((char *)st.page.p, ".qr{max-width:18rem;margin:.5rem 0;"
	    "color:#000;background:#fff}"));
	CASE("view: none of a link that no code holds");
	memset(longest, 'x', sizeof longest);
	memcpy(longest, "magnet:?", 8);
	longest[2954] = '\0';
	st.list[0].magnet = longest;
	OK(!strstr(index_of(&st, "h", 0), "class=\"qr\""));
	OK(strstr((char *)st.page.p, longest));
	longest[2953] = '\0';
	OK(strstr(index_of(&st, "h", 0), "class=\"qr\""));
	CASE("view: so many bytes of links a page; alone each has its code");
	longest[1024] = '\0';
	for (i = 1; i < 6; i++)
		add(&st, single("x"))->magnet = longest;
	OK(times(index_of(&st, "h", 0), "class=\"qr\"") == 4);
	OK(times(files_of(&st, 5, 0), "class=\"qr\"") == 1);
	clear(&st);
}

/* The first of two torrents has a number for each figure. */
static void
fill(struct stall *st)
{
	struct owned *o = add(st, single("a\tb\\\n\"\xff\xc3\xa4"));
	char why[META_WHY];

	o->e.size = 100;
	o->e.here = 90;
	o->e.down = 80;
	o->e.up = 70;
	o->share.given = 60;
	o->e.down_bps = 50;
	o->e.up_bps = 40;
	o->e.npeers = 30;
	o->e.nseeds = 20;
	o = add(st, magnet_parse(HASH, why));
	o->e.npeers = 5;
	o->e.state = "seeking";
	o->e.size = INT64_C(1) << 40;
}

static void
stats(void)
{
	struct stall st = { 0 };
	char want[1024], digits[41];

	CASE("view: figures of nothing");
	st.all.ops = &ops;
	view_stats(&st.page, &st.all, 5);
	OK(span_is((struct span){ st.page.p, st.page.len }, "torrents\t0\n"
	    "size\t0\nhere\t0\ndownloaded\t0\nuploaded\t0\nweb\t0\n"
	    "down_bps\t0\nup_bps\t0\npeers\t0\nseeds\t0\nuptime\t5\n"));
	CASE("view: figures of all, and a line for each");
	fill(&st);
	st.page.len = 0;
	view_stats(&st.page, &st.all, INT64_C(1) << 33);
	hex(digits, st.list[0].m->hash, 20);
	snprintf(want, sizeof want, "torrents\t2\nsize\t1099511627876\n"
	    "here\t90\ndownloaded\t80\nuploaded\t70\nweb\t60\ndown_bps\t50\n"
	    "up_bps\t40\npeers\t35\nseeds\t20\nuptime\t8589934592\n"
	    "torrent\t%s\tseeding\t100\t90\t80\t70\t60\t30\t20\t"
	    "a\\x09b\\x5c\\x0a\"\\xff\xc3\xa4\n"
	    "torrent\t" HASH "\tseeking\t1099511627776\t0\t0\t0\t0\t5\t0\t"
	    HASH "\n", digits);
	OK(span_is((struct span){ st.page.p, st.page.len }, want));
	clear(&st);
}

static void
metrics(void)
{
	struct stall st = { 0 };
	char want[200], digits[41];
	char *text;

	CASE("view: metrics of nothing");
	st.all.ops = &ops;
	view_metrics(&st.page, &st.all, 5);
	buf_put(&st.page, "", 1);
	OK(is_exposition((char *)st.page.p, 2));
	CASE("view: metrics as Prometheus reads them");
	fill(&st);
	st.page.len = 0;
	view_metrics(&st.page, &st.all, 5);
	buf_put(&st.page, "", 1);
	text = xstrdup((char *)st.page.p);
	OK(is_exposition(text, 2 + 2 * 9));
	free(text);
	hex(digits, st.list[0].m->hash, 20);
	snprintf(want, sizeof want, "\nbtsh_web_bytes_total{infohash=\"%s\","
	    "name=\"a\tb\\\\\\n\\\"" BAD "\xc3\xa4\"} 60\n", digits);
	OK(strstr((char *)st.page.p, want));
	OK(strstr((char *)st.page.p, "\nbtsh_peers{infohash=\"" HASH
	    "\",name=\"" HASH "\"} 5\n"));
	OK(strstr((char *)st.page.p, "\nbtsh_torrents 2\n"));
	OK(strstr((char *)st.page.p, "\nbtsh_uptime_seconds 5\n"));
	clear(&st);
}

/* The text format, version 0.0.4, of so many samples: of each name HELP, then
 * TYPE, then its samples; counters, and they alone, end in _total. */
static int
is_exposition(char *text, int want)
{
	char name[64] = "", type[16] = "", again[64];
	char *line, *end;
	const char *p;
	size_t n;

	for (line = text; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (!end)
			return 0;
		*end = '\0';
		if (sscanf(line, "# HELP %63s %15s", again, type) == 2) {
			if (strcmp(again, name) == 0)
				return 0;
			strcpy(name, again);
			*type = '\0';
		} else if (sscanf(line, "# TYPE %63s %15s", again, type) == 2)
		{
			n = strlen(name);
			if (strcmp(again, name) != 0 || strncmp(name, "btsh_",
			    5) != 0 || (strcmp(type, "counter") == 0) !=
			    (n > 6 && strcmp(name + n - 6, "_total") == 0) ||
			    (strcmp(type, "counter") && strcmp(type, "gauge")))
				return 0;
		} else {
			n = strlen(name);
			p = line + n;
			if (!*type || strncmp(line, name, n) != 0 ||
			    (*p == '{' && (!is_label(&p, "{infohash=\"")
			    || !is_label(&p, ",name=\"") ||
			    *p++ != '}')) || *p++ != ' ' || !*p ||
			    strspn(p, "0123456789") != strlen(p))
				return 0;
			want--;
		}
	}
	return want == 0;
}

/* Whether a label stands at *p, which moves behind it. */
static int
is_label(const char **p, const char *name)
{
	size_t n = strlen(name);

	if (strncmp(*p, name, n) != 0)
		return 0;
	for (*p += n; **p && **p != '"'; ) {
		n = utf8_len((const uint8_t *)*p, strlen(*p));
		if (n == 0)
			return 0;
		if (**p == '\\' && !strchr("\\\"n", *++*p))
			return 0;
		*p += n;
	}
	return *(*p)++ == '"';
}

static void
exhibit(void *owner, struct exhibit *e)
{
	*e = ((struct owned *)owner)->e;
}

static void
put_magnet(void *owner, struct span host, struct buf *out)
{
	struct owned *o = owner;
	char digits[41];

	hex(digits, o->m->hash, 20);
	if (o->magnet)
		buf_printf(out, "%s", o->magnet);
	else
		buf_printf(out, "magnet:?xt=urn:btih:%s&x.pe=%.*s", digits,
		    (int)host.n, (const char *)host.p);
}

static int
get_peers(void *owner, struct addr *list, int most)
{
	struct owned *o = owner;
	char text[ADDR_TEXT];
	int i, n = MIN(o->e.npeers, most);

	o->asked++;
	for (i = 0; i < n; i++) {
		snprintf(text, sizeof text, "192.0.2.%d:%d", i + 1, 6881 + i);
		addr_parse(&list[i], text, 1);
	}
	return n;
}

/* m is taken over. */
static struct owned *
add(struct stall *st, struct meta *m)
{
	struct owned *o = &st->list[st->all.n];

	st->all.ops = &ops;
	o->share.owner = o;
	o->m = m;
	o->e.m = m;
	o->e.state = "seeding";
	o->e.size = o->e.here = m->sh.size;
	share_add(&st->all, &o->share, m->name, m->hash);
	return o;
}

static void
clear(struct stall *st)
{
	while (st->all.n > 0) {
		meta_free(st->list[st->all.n - 1].m);
		share_remove(&st->all, &st->list[st->all.n - 1].share);
	}
	shares_free(&st->all);
	buf_free(&st->page);
	memset(st, 0, sizeof *st);
}

static struct meta *
single(const char *name)
{
	struct buf b = { 0 };

	buf_printf(&b, "d4:infod6:lengthi1536e4:name%zu:%s12:piece length"
	    "i16384e6:pieces20:aaaaaaaaaaaaaaaaaaaaee", strlen(name), name);
	return parsed(&b);
}

/* n files, whose paths' names are parted by slashes and have their number in
 * them, of one byte more each.  attr: each second one has it. */
static struct meta *
dir(const char *name, int n, const char *path, const char *attr)
{
	struct buf b = { 0 };
	char text[4200];
	const char *p;
	size_t k;
	int64_t size = 0;
	int i, odd;

	buf_printf(&b, "d4:infod5:filesl");
	for (i = 0; i < n; i++) {
		odd = attr && i % 2;
		if (odd && *attr == 'l')
			buf_printf(&b, "d4:attr1:l6:lengthi0e4:pathl");
		else
			buf_printf(&b, "d%s6:lengthi%de4:pathl", odd ?
			    "4:attr1:p" : "", i + 1);
		size += odd && *attr == 'l' ? 0 : i + 1;
		if (strstr(path, "%d"))
			snprintf(text, sizeof text, "%.*s%d",
			    (int)(strstr(path, "%d") - path), path, i);
		else
			snprintf(text, sizeof text, "%s", path);
		for (p = text; *p; p += k + (p[k] == '/')) {
			k = strcspn(p, "/");
			buf_printf(&b, "%zu:%.*s", k, (int)k, p);
		}
		buf_printf(&b, "e%se", odd && *attr == 'l' ?
		    "12:symlink pathl2:s0e" : "");
	}
	k = (size_t)(MAX(size, 1) + 16777215) / 16777216 * 20;
	buf_printf(&b, "e4:name%zu:%s12:piece lengthi16777216e6:pieces%zu:%0*d"
	    "ee", strlen(name), name, k, (int)k, 0);
	return parsed(&b);
}

static struct meta *
parsed(struct buf *b)
{
	char why[META_WHY];
	struct meta *m = meta_parse(b, why);

	if (!m)
		die("a torrent of the tests: %s", why);
	return m;
}

/* The page as a string; what is wrong with it fails the case. */
static const char *
index_of(struct stall *st, const char *host, int from)
{
	struct visitor v = { span_of(host), 0, from, NULL };
	const char *wrong;

	st->page.len = 0;
	view_index(&st->page, &st->all, &v);
	wrong = html_wrong(st->page.p, st->page.len);
	OK_FOR(wrong ? wrong : "", !wrong);
	buf_put(&st->page, "", 1);
	return (char *)st->page.p;
}

static const char *
files_of(struct stall *st, int i, int from)
{
	struct visitor v = { span_of("h"), 0, from, NULL };
	const char *wrong;

	st->page.len = 0;
	view_files(&st->page, &st->all, i, &v);
	wrong = html_wrong(st->page.p, st->page.len);
	OK_FOR(wrong ? wrong : "", !wrong);
	buf_put(&st->page, "", 1);
	return (char *)st->page.p;
}

static int
times(const char *s, const char *what)
{
	int n = 0;

	for (; (s = strstr(s, what)); s += strlen(what))
		n++;
	return n;
}
