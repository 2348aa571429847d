/* reachable and words: which addresses a link names, and what it says. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "addr.h"
#include "torrent/meta.h"
#include "cmd/reachable.h"
#include "cmd/words.h"
#include "unit.h"

enum { OWN = 24, PORT = 81 };

static int reaches(const char *bound, const char *outside,
    const char *source, const char *own, const char *want,
    const char *urls);
static struct addr *read_addr(struct addr *a, const char *text);
static char *spell(struct buf *b, const struct addr *list, int n);
static void order(void);
static void limits(void);
static void links(void);
static void hosts(void);
static int links_as(const struct link_setup *s, const char *want);
static int host_is(const char *said, size_t n, const char *want);

/* Addresses are parted by blanks; ports are PORT, of which want says nothing,
 * but of outside. */
static int
reaches(const char *bound, const char *outside, const char *source,
    const char *own, const char *want, const char *urls)
{
	struct addr a[3], list[OWN], few[REACHABLE_URLS];
	struct whereabouts w = { read_addr(&a[0], bound),
	    read_addr(&a[1], outside), read_addr(&a[2], source), list, 0,
	    PORT };
	struct reachable r;
	struct buf got = { 0 }, short_list = { 0 };
	char *copy = xstrdup(own), *word;
	int i, ok;

	for (word = strtok(copy, " "); word && w.nown < OWN;
	    word = strtok(NULL, " "))
		read_addr(&list[w.nown++], word);
	reachable_find(&r, &w);
	i = reachable_urls(&r, few);
	ok = strcmp(spell(&got, r.list, r.n), want) == 0 &&
	    (!urls || strcmp(spell(&short_list, few, i), urls) == 0);
	if (!ok)
		printf("\t%s | %s\n", (char *)got.p,
		    short_list.p ? (char *)short_list.p : "");
	free(copy);
	buf_free(&got);
	buf_free(&short_list);
	return ok;
}

static struct addr *
read_addr(struct addr *a, const char *text)
{
	return text && addr_parse(a, text, 0) == 0 ? a : NULL;
}

static char *
spell(struct buf *b, const struct addr *list, int n)
{
	char text[ADDR_TEXT], *end;
	int i;

	for (i = 0; i < n; i++) {
		end = strrchr(addr_format(text, &list[i]), ':');
		if (strcmp(end, ":81") == 0)
			*end = '\0';
		buf_printf(b, "%s%s", i > 0 ? " " : "", text);
	}
	buf_put(b, "", 1);
	return (char *)b->p;
}

static void
order(void)
{
	CASE("reachable: IPv4 before IPv6, public before private");
	OK(reaches(NULL, NULL, NULL, "fd00::1 2a00::1 10.0.0.1 5.6.7.8 "
	    "192.168.1.1 2a00::2 9.9.9.9", "5.6.7.8 9.9.9.9 10.0.0.1 "
	    "192.168.1.1 [2a00::1] [2a00::2] [fd00::1]",
	    "5.6.7.8 [2a00::1]"));
	CASE("reachable: where it speaks from goes before others");
	OK(reaches(NULL, NULL, "192.168.1.1", "5.6.7.8 192.168.1.1 2a00::1",
	    "192.168.1.1 5.6.7.8 [2a00::1]", "192.168.1.1 [2a00::1]"));
	OK(reaches(NULL, NULL, "2a00::2", "5.6.7.8 2a00::1 2a00::2",
	    "[2a00::2] 5.6.7.8 [2a00::1]", "[2a00::2] 5.6.7.8"));
	OK(reaches(NULL, NULL, "10.0.0.1", "", "10.0.0.1", "10.0.0.1"));
	CASE("reachable: a mapped port goes before all, as it is outside");
	OK(reaches(NULL, "5.6.7.8:999", "10.0.0.1", "2a00::1 10.0.0.1",
	    "5.6.7.8:999 10.0.0.1 [2a00::1]",
	    "5.6.7.8:999 10.0.0.1 [2a00::1]"));
	OK(reaches(NULL, "10.9.9.9:999", "10.0.0.1", "10.0.0.1",
	    "10.0.0.1", "10.0.0.1"));
	CASE("reachable: what nobody else can dial is left out");
	OK(reaches(NULL, NULL, "127.0.0.1", "127.0.0.1 ::1 fe80::1 febf::1 "
	    "224.0.0.1 ff0e::1 0.0.0.0 :: 169.254.1.1 fec0::1",
	    "169.254.1.1 [fec0::1]", "169.254.1.1"));
	CASE("reachable: this host alone, if there is nothing else");
	OK(reaches(NULL, NULL, NULL, "", "127.0.0.1", "127.0.0.1"));
	OK(reaches(NULL, NULL, NULL, "::1 fe80::1", "127.0.0.1", NULL));
	OK(reaches("::", NULL, NULL, "10.0.0.1", "[::1]", "[::1]"));
	CASE("reachable: where it listens, and nowhere else");
	OK(reaches("10.0.0.1", NULL, "9.9.9.9", "9.9.9.9 10.0.0.1",
	    "10.0.0.1", "10.0.0.1"));
	OK(reaches("127.0.0.1", NULL, "9.9.9.9", "9.9.9.9", "127.0.0.1",
	    "127.0.0.1"));
	OK(reaches("fd00::1", NULL, "9.9.9.9", "fd00::1 9.9.9.9",
	    "[fd00::1]", "[fd00::1]"));
	CASE("reachable: a listener for one family has that alone");
	OK(reaches("0.0.0.0", NULL, "10.0.0.1", "2a00::1 10.0.0.1 9.9.9.9",
	    "10.0.0.1 9.9.9.9", "10.0.0.1"));
	OK(reaches("::", NULL, "10.0.0.1", "2a00::1 10.0.0.1 fd00::1",
	    "[2a00::1] [fd00::1]", "[2a00::1]"));
}

static void
limits(void)
{
	struct whereabouts w = { 0 };
	struct reachable r;

	CASE("reachable: each once");
	OK(reaches(NULL, "9.9.9.9:999", "9.9.9.9", "9.9.9.9 10.0.0.1 9.9.9.9 "
	    "10.0.0.1 ::ffff:10.0.0.1", "9.9.9.9:999 10.0.0.1",
	    "9.9.9.9:999 10.0.0.1"));
	CASE("reachable: eight, and the last place is public IPv6's");
	OK(reaches(NULL, NULL, NULL, "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 "
	    "10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8 10.0.0.9", "10.0.0.1 "
	    "10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8",
	    "10.0.0.1"));
	OK(reaches(NULL, NULL, NULL, "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 "
	    "10.0.0.5 10.0.0.6 10.0.0.7 10.0.0.8 fd00::1 2a00::1 2a00::2",
	    "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 10.0.0.7 "
	    "[2a00::1]", "10.0.0.1 [2a00::1]"));
	CASE("reachable: who does not listen is nowhere");
	reachable_find(&r, &w);
	OK(r.n == 0);
}

static int
links_as(const struct link_setup *s, const char *want)
{
	struct buf b = { 0 };
	int ok;

	buf_put(&b, "x", 1);
	words_link(&b, s);
	buf_put(&b, "", 1);
	ok = strcmp((char *)b.p, want) == 0;
	if (!ok)
		printf("\t%s\n", (char *)b.p);
	buf_free(&b);
	return ok;
}

#define TOPIC "xmagnet:?xt=urn:btih:0000000000000000000000000000000000000000"
#define TR(host) "&tr=http%3A%2F%2F" host "%2Fannounce"
#define WS(host, path) "&ws=http%3A%2F%2F" host "%2F" path

static void
links(void)
{
	static struct tracker theirs = { "http://t/a", 0, 0 };
	static struct tracker ours[] = { { "udp://u:1", 0, 1 },
	    { "http://t/a", 0, 1 } };
	static char name[250];
	struct meta m = { .sh = { 5, 1, 1 }, .info = span_of("d"),
	    .trackers = &theirs, .ntrackers = 1 };
	struct reachable at = { .n = 2 };
	struct link_setup s = { &m, ours, 2, &at, { 0 }, 1, 1, { 0 } };
	struct buf b = { 0 };

	m.said = m.name = s.name = span_of("a b");
	read_addr(&at.list[0], "5.6.7.8:81");
	read_addr(&at.list[1], "[2a00::1]:81");
	CASE("words: a link names all by which the torrent can be had");
	OK(links_as(&s, TOPIC "&dn=a%20b&xl=5" "&tr=http%3A%2F%2Ft%2Fa"
	    "&tr=udp%3A%2F%2Fu%3A1" TR("5.6.7.8%3A81")
	    TR("%5B2a00%3A%3A1%5D%3A81") WS("5.6.7.8%3A81", "a%2520b")
	    WS("%5B2a00%3A%3A1%5D%3A81", "a%2520b")
	    "&x.pe=5.6.7.8:81&x.pe=[2a00::1]:81"));
	CASE("words: of a directory, by its own name alone (BEP 19)");
	at.n = 1;
	s.ntrackers = m.ntrackers = 0;
	m.is_dir = 1;
	OK(links_as(&s, TOPIC "&dn=a%20b&xl=5" TR("5.6.7.8%3A81")
	    WS("5.6.7.8%3A81", "") "&x.pe=5.6.7.8:81"));
	s.name = span_of("a_b");
	OK(links_as(&s, TOPIC "&dn=a%20b&xl=5" TR("5.6.7.8%3A81")
	    "&x.pe=5.6.7.8:81"));
	s.name = span_of("a b-00000000");
	OK(links_as(&s, TOPIC "&dn=a%20b&xl=5" TR("5.6.7.8%3A81")
	    "&x.pe=5.6.7.8:81"));
	m.is_dir = 0;
	CASE("words: a file has the web's name for it");
	OK(links_as(&s, TOPIC "&dn=a%20b&xl=5" TR("5.6.7.8%3A81")
	    WS("5.6.7.8%3A81", "a%2520b-00000000") "&x.pe=5.6.7.8:81"));
	CASE("words: no URLs of a tracker or a web that there is not");
	s.tracks = 0;
	s.name.n = 0;
	OK(links_as(&s, TOPIC "&dn=a%20b&xl=5&x.pe=5.6.7.8:81"));
	s.tracks = 1;
	s.web = 0;
	s.name = m.name;
	OK(links_as(&s, TOPIC "&dn=a%20b&xl=5&x.pe=5.6.7.8:81"));
	s.web = 1;
	m.info.n = 0;
	OK(links_as(&s, TOPIC "&dn=a%20b" TR("5.6.7.8%3A81")
	    "&x.pe=5.6.7.8:81"));
	at.n = 0;
	OK(links_as(&s, TOPIC "&dn=a%20b"));
	CASE("words: a long name is in one web seed");
	m.info.n = 1;
	at.n = 2;
	memset(name, '\xff', sizeof name);
	s.name = (struct span){ (uint8_t *)name, sizeof name };
	words_link(&b, &s);
	buf_put(&b, "", 1);
	OK(strstr((char *)b.p, "&ws=") &&
	    !strstr(strstr((char *)b.p, "&ws=") + 1, "&ws="));
	buf_free(&b);
}

static int
host_is(const char *said, size_t n, const char *want)
{
	struct meta m = { 0 };
	struct reachable at = { .n = 0 };
	struct link_setup s = { &m, NULL, 0, &at, { 0 }, 0, 0, { 0 } };
	struct buf b = { 0 };
	void *p = unit_copy(said, n);
	char *peer;
	int ok;

	s.host.p = p;
	s.host.n = n;
	words_link(&b, &s);
	buf_put(&b, "", 1);
	peer = strstr((char *)b.p, "&x.pe=");
	ok = want ? peer && strcmp(peer + 6, want) == 0 : !peer;
	if (!ok)
		printf("\t%s\n", (char *)b.p);
	buf_free(&b);
	free(p);
	return ok;
}

static void
hosts(void)
{
	static const struct { const char *said, *want; } rows[] = {
		{ "a.example:81", "a.example:81" },
		{ "a-1.example", "a-1.example:80" },
		{ "1.2.3.4:5", "1.2.3.4:5" }, { "1.2.3.4", "1.2.3.4:80" },
		{ "[2a00::1]:5", "[2a00::1]:5" },
		{ "[2a00::1]", "[2a00::1]:80" },
		{ "localhost:81", "localhost:81" },
		{ "", NULL }, { ":81", NULL }, { "a:0", NULL },
		{ "a:65536", NULL }, { "a:b:81", NULL }, { "a:", NULL },
		{ "a_b:81", NULL }, { "a b:81", NULL }, { "a&tr=b:81", NULL },
		{ "a%20:81", NULL }, { "a/b:81", NULL }, { "a\n:81", NULL },
		{ "u@a:81", NULL }, { "\xc3\xa9:81", NULL },
		{ "0.0.0.0:81", NULL }, { "224.0.0.1:81", NULL },
		{ "[ff02::1]:81", NULL }, { "[2a00::1]:5x", NULL },
		{ "[2a00::1", NULL }, { "]a[:81", NULL }
	};
	char longest[ADDR_HOST + 8], want[ADDR_HOST + 8];
	struct meta m = { .info = span_of("d") };
	struct reachable at = { .n = 4, .outside = 1 };
	struct link_setup s = { &m, NULL, 0, &at, { 0 }, 1, 1, { 0 } };
	size_t i;

	CASE("words: the host that somebody says he reached");
	for (i = 0; i < LEN(rows); i++)
		OK_FOR(rows[i].said, host_is(rows[i].said,
		    strlen(rows[i].said), rows[i].want));
	OK(host_is(BYTES("a\0b:81"), NULL));
	OK(host_is(BYTES("a:81\0b"), NULL));
	CASE("words: a host is as long as a name can be");
	memset(longest, 'a', sizeof longest);
	memcpy(longest + ADDR_HOST - 1, ":65535", 7);
	snprintf(want, sizeof want, "%s", longest);
	OK(host_is(longest, ADDR_HOST + 5, want));
	memset(longest, 'a', sizeof longest);
	OK(host_is(longest, ADDR_HOST, NULL));
	snprintf(want, sizeof want, "%.*s:80", ADDR_HOST - 1, longest);
	OK(host_is(longest, ADDR_HOST - 1, want));
	OK(host_is(longest, ADDR_HOST + 6, NULL));
	CASE("words: that host comes first, and the others once");
	m.said = m.name = s.name = span_of("a");
	read_addr(&at.list[0], "9.9.9.9:999");
	read_addr(&at.list[1], "10.0.0.1:81");
	read_addr(&at.list[2], "10.0.0.2:81");
	read_addr(&at.list[3], "[2a00::1]:81");
	s.host = span_of("a.example:81");
	OK(links_as(&s, TOPIC "&dn=a&xl=0" TR("a.example%3A81")
	    TR("9.9.9.9%3A999") TR("10.0.0.1%3A81") WS("a.example%3A81", "a")
	    WS("9.9.9.9%3A999", "a") WS("10.0.0.1%3A81", "a")
	    "&x.pe=a.example:81&x.pe=9.9.9.9:999&x.pe=10.0.0.1:81"
	    "&x.pe=10.0.0.2:81&x.pe=[2a00::1]:81"));
	s.host = span_of("10.0.0.2:81");
	s.tracks = 0;
	OK(links_as(&s, TOPIC "&dn=a&xl=0" WS("10.0.0.2%3A81", "a")
	    WS("9.9.9.9%3A999", "a") WS("10.0.0.1%3A81", "a")
	    "&x.pe=10.0.0.2:81&x.pe=9.9.9.9:999&x.pe=10.0.0.1:81"
	    "&x.pe=[2a00::1]:81"));
	s.host = span_of("[2A00:0::1]:81");
	OK(links_as(&s, TOPIC "&dn=a&xl=0" WS("%5B2a00%3A%3A1%5D%3A81", "a")
	    WS("9.9.9.9%3A999", "a") WS("10.0.0.1%3A81", "a")
	    "&x.pe=[2a00::1]:81&x.pe=9.9.9.9:999&x.pe=10.0.0.1:81"
	    "&x.pe=10.0.0.2:81"));
}

void
test_reachable(void)
{
	order();
	limits();
	links();
	hosts();
}
