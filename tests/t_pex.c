/* pex, lsd: what is said of peers, and what strangers say. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "bencode.h"
#include "addr.h"
#include "find/pex.h"
#include "find/lsd.h"
#include "unit.h"

enum { MOST_PEERS = 300 };

static struct pex *x;
static struct pex_peer peers[MOST_PEERS];
static char said[8192]; /* of the last message */

static void begin(void);
static void end(void);
static void join(int i, int flags);
static const char *told(int i, int is_seed, int64_t now_ms);
static void list(const char *sign, struct span dict, const char *key,
    size_t len);
static void tells(void);
static void reconnects(void);
static void many(void);
static void scopes(void);
static void random_changes(void);
static void reads(void);
static int reads_as(struct pex_peer *p, const char *dict, int64_t now_ms);
static void announces(void);
static void hears(void);
static int hear(struct lsd *l, const char *text, struct lsd_news *news);

void
test_pex(void)
{
	tells();
	reconnects();
	many();
	scopes();
	random_changes();
	reads();
	announces();
	hears();
}

static void
begin(void)
{
	int i;

	x = pex_new(7);
	memset(peers, 0, sizeof peers);
	for (i = 0; i < MOST_PEERS; i++) {
		addr_parse(&peers[i].addr, "198.51.0.0:7000", 1);
		put16(peers[i].addr.ip + 14, (uint16_t)i);
	}
}

static void
end(void)
{
	int i;

	for (i = 0; i < MOST_PEERS; i++)
		pex_leave(x, &peers[i]);
	pex_free(x);
}

static void
join(int i, int flags)
{
	pex_join(x, &peers[i], &peers[i].addr, flags);
}

/* What peer i is told, as in "+2/16 -3" (flags behind the slash); "": no
 * message. */
static const char *
told(int i, int is_seed, int64_t now_ms)
{
	struct buf b = { 0 };
	struct span dict, v;

	said[0] = '\0';
	if (pex_put(x, &peers[i], is_seed, now_ms, &b)) {
		dict.p = b.p;
		dict.n = b.len;
		OK(ben_parse(b.p, b.len) == (long)b.len);
		OK(ben_kind(v = ben_get(dict, "added")) == 's');
		OK(ben_get_str(dict, "added.f").n ==
		    ben_get_str(dict, "added").n / 6);
		OK(ben_get_str(dict, "added6.f").n ==
		    ben_get_str(dict, "added6").n / 18);
		list("+", dict, "added", 6);
		list("+6:", dict, "added6", 18);
		list("-", dict, "dropped", 6);
		list("-6:", dict, "dropped6", 18);
	} else {
		OK(b.len == 0);
	}
	buf_free(&b);
	return said;
}

static void
list(const char *sign, struct span dict, const char *key, size_t len)
{
	struct span v = ben_get_str(dict, key), f;
	char name[16];
	size_t k, at = strlen(said);

	snprintf(name, sizeof name, "%s.f", key);
	f = ben_get_str(dict, name);
	for (k = 0; k < v.n / len; k++, at = strlen(said)) {
		snprintf(said + at, sizeof said - at, "%s%s%d", at ? " " : "",
		    sign, get16(v.p + k * len + len - 4));
		at = strlen(said);
		if (k < f.n && f.p[k])
			snprintf(said + at, sizeof said - at, "/%d", f.p[k]);
	}
}

static void
tells(void)
{
	CASE("pex: who is alone is told of nobody, least of himself");
	begin();
	OK(!*told(0, 0, 1000));
	join(0, 0);
	OK(!*told(0, 0, 1000));
	CASE("pex: another is told of at once, and he of the first");
	join(1, PEX_REACHED);
	OK(strcmp(told(0, 0, 1000), "+1/16") == 0);
	OK(strcmp(told(1, 0, 1000), "+0") == 0);
	CASE("pex: then once a minute at most");
	join(2, PEX_SEED);
	OK(!*told(0, 0, 60999));
	OK(strcmp(told(0, 0, 61000), "+2/2") == 0);
	CASE("pex: nobody is told the same again");
	OK(!*told(0, 0, 200000));
	CASE("pex: a seed is told of no seeds");
	OK(!*told(1, 1, 61000));
	CASE("pex: who was told of a peer is told that it has gone");
	pex_leave(x, &peers[2]);
	OK(strcmp(told(0, 0, 200000), "-2") == 0);
	OK(!*told(1, 1, 200000));
	end();
}

static void
reconnects(void)
{
	CASE("pex: who comes back between two messages is in none");
	begin();
	join(1, 0);
	OK(strcmp(told(0, 0, 1000), "+1") == 0);
	pex_leave(x, &peers[1]);
	join(1, 0);
	OK(!*told(0, 0, 100000));
	CASE("pex: nor who comes and goes between them");
	join(2, 0);
	pex_leave(x, &peers[2]);
	OK(!*told(0, 0, 200000));
	CASE("pex: two who say that they listen at one address are one");
	join(3, 0);
	pex_join(x, &peers[4], &peers[3].addr, 0);
	OK(strcmp(told(0, 0, 300000), "+3") == 0);
	pex_leave(x, &peers[4]);
	OK(!*told(0, 0, 400000));
	pex_leave(x, &peers[3]);
	OK(strcmp(told(0, 0, 400000), "-3") == 0);
	end();
}

static int
count(const char *sign)
{
	const char *p = said;
	int n = 0;

	for (; (p = strstr(p, sign)) != NULL; p++)
		n++;
	return n;
}

static void
many(void)
{
	int i, n = 0;

	CASE("pex: fifty a message, the others a minute later");
	begin();
	for (i = 1; i <= 120; i++)
		join(i, 0);
	for (i = 0; i < 3; i++) {
		told(0, 0, 1000 + i * 60000);
		n += count("+");
		OK(count("+") == (i < 2 ? 50 : 20));
	}
	OK(n == 120 && !*told(0, 0, 1000000));
	CASE("pex: fifty that have gone, too");
	for (i = 1; i <= 120; i++)
		pex_leave(x, &peers[i]);
	told(0, 0, 1000000);
	OK(count("-") == 50 && count("+") == 0);
	CASE("pex: of more than there is room for, as many are told of");
	for (i = 1; i < MOST_PEERS; i++)
		join(i, 0);
	for (i = n = 0; i < 10; i++) {
		told(299, 0, 2000000 + i * 60000);
		n += count("+");
	}
	OK(n >= 130 && n <= PEX_SLOTS);
	end();
}

static void
scopes(void)
{
	CASE("pex: a private address is told to nobody outside");
	begin();
	addr_parse(&peers[1].addr, "10.0.0.1:7000", 1);
	addr_parse(&peers[2].addr, "10.0.0.2:7000", 1);
	addr_parse(&peers[3].addr, "[2001:db8::3]:7000", 1);
	join(1, 0);
	join(2, 0);
	OK(!*told(0, 0, 1000));
	OK(strcmp(told(1, 0, 1000), "+2") == 0);
	CASE("pex: IPv6 has fields of its own");
	join(3, 0);
	OK(strcmp(told(0, 0, 1000), "+6:3") == 0);
	pex_leave(x, &peers[3]);
	OK(strcmp(told(0, 0, 61000), "-6:3") == 0);
	end();
}

/* What a peer would hold for connected, over any changes. */
static void
random_changes(void)
{
	static int there[MOST_PEERS], knows[MOST_PEERS];
	uint64_t rnd = 99;
	const char *p;
	int i, k, n;

	CASE("pex: after any changes, who listens knows who is there");
	begin();
	memset(there, 0, sizeof there);
	memset(knows, 0, sizeof knows);
	for (i = 0; i < 400; i++) {
		for (n = 0; n < 40; n++) {
			rnd = rnd * 6364136223846793005u + 1442695040888963407u;
			k = 1 + (int)((rnd >> 33) % 120);
			if (there[k])
				pex_leave(x, &peers[k]);
			else
				join(k, 0);
			there[k] = !there[k];
			if (i >= 390) /* it settles */
				break;
		}
		for (p = told(0, 0, (i + 1) * 60000); *p; ) {
			k = (int)strtol(p + 1, NULL, 10);
			OK(knows[k] == (*p == '-'));
			OK(there[k] == (*p == '+'));
			knows[k] = *p == '+';
			p += strcspn(p, " ");
			p += *p == ' ';
		}
	}
	OK(memcmp(there, knows, sizeof there) == 0);
	end();
}

static void
reads(void)
{
	static const struct {
		const char *name, *from, *dict;
		int n;
	} table[] = {
		{ "pex: addresses of both families are read", "198.51.0.1:7",
		    "d5:added6:\x01\x02\x03\x04\x1b\x58"
		    "6:added618:\x20\x01" "abcdefghijklmn\x1b\x58" "e", 2 },
		{ "pex: flags are not needed, and what is short is left",
		    "198.51.0.1:7", "d5:added7:\x01\x02\x03\x04\x1b\x58xe",
		    1 },
		{ "pex: other kinds of values are none", "198.51.0.1:7",
		    "d5:addedi6e6:added6lee", 0 },
		{ "pex: nothing", "198.51.0.1:7", "de", 0 },
		{ "pex: a peer outside names nobody in a network of ours",
		    "198.51.0.1:7", "d5:added6:\x0a\x02\x03\x04\x1b\x58" "e",
		    0 },
		{ "pex: one in it does", "10.0.0.1:7",
		    "d5:added6:\x0a\x02\x03\x04\x1b\x58" "e", 1 },
		{ "pex: nor this host", "10.0.0.1:7",
		    "d5:added6:\x7f\x02\x03\x04\x1b\x58" "e", 0 }
	};
	struct pex_peer p;
	struct buf b = { 0 };
	size_t i;

	for (i = 0; i < LEN(table); i++) {
		CASE(table[i].name);
		memset(&p, 0, sizeof p);
		addr_parse(&p.addr, table[i].from, 1);
		OK(reads_as(&p, table[i].dict, 100000) == table[i].n);
	}
	CASE("pex: fifty addresses of a message, and no more");
	buf_printf(&b, "d5:added600:");
	for (i = 0; i < 100; i++)
		buf_printf(&b, "ab%04zu", i);
	buf_printf(&b, "e%c", 0);
	memset(&p, 0, sizeof p);
	addr_parse(&p.addr, "198.51.0.1:7", 1);
	OK(reads_as(&p, (char *)b.p, 1000000) == PEX_MOST);
	CASE("pex: two messages at once are heeded, then one a minute");
	OK(reads_as(&p, (char *)b.p, 1000000) == PEX_MOST);
	OK(reads_as(&p, (char *)b.p, 1059999) == 0);
	OK(reads_as(&p, (char *)b.p, 1060000) == PEX_MOST);
	OK(reads_as(&p, (char *)b.p, 1119999) == 0);
	OK(reads_as(&p, (char *)b.p, 1120000) == PEX_MOST);
	buf_free(&b);
}

/* How many addresses a message names; the dictionary ends the string, whose
 * NULs would be in the way. */
static int
reads_as(struct pex_peer *p, const char *dict, int64_t now_ms)
{
	struct addr found[PEX_MOST];
	struct span d = span_of(dict);

	OK(ben_parse(d.p, d.n) == (long)d.n);
	return pex_read(p, d, now_ms, found);
}

/* Local discovery. */

static void
announces(void)
{
	static uint8_t hashes[100][ID_LEN];
	static struct lsd_torrent t[100];
	struct lsd l;
	struct buf out[2] = { { 0 }, { 0 } };
	int64_t now_ms;
	int i, n = 0;

	CASE("lsd: what is announced, as the BEP has it");
	memset(t, 0, sizeof t);
	for (i = 0; i < 100; i++) {
		memset(hashes[i], i, ID_LEN);
		t[i].hash = hashes[i];
	}
	lsd_init(&l, 6881, 0x1234);
	OK(lsd_due(&l) == INT64_MAX && !lsd_next(&l, 1000, out));
	lsd_add(&l, &t[0x1f], 1000);
	OK(lsd_due(&l) == 1000 && !lsd_next(&l, 999, out));
	OK(lsd_next(&l, 1000, out));
	buf_put(&out[0], "", 1);
	buf_put(&out[1], "", 1);
	OK(strcmp((char *)out[0].p, "BT-SEARCH * HTTP/1.1\r\n"
	    "Host: 239.192.152.143:6771\r\nPort: 6881\r\n"
	    "Infohash: 1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f\r\n"
	    "cookie: 0000000000001234\r\n\r\n\r\n") == 0);
	OK(strstr((char *)out[1].p, "\r\nHost: [ff15::efc0:988f]:6771\r\n") !=
	    NULL);
	CASE("lsd: again after five minutes");
	OK(lsd_due(&l) == 301000);
	lsd_remove(&l, &t[0x1f]);
	OK(lsd_due(&l) == INT64_MAX);
	CASE("lsd: many in one datagram, none over 1,400 bytes");
	for (i = 0; i < 100; i++)
		lsd_add(&l, &t[i], 400000);
	for (now_ms = 400000; lsd_due(&l) < 500000; n++) {
		now_ms = MAX(now_ms, lsd_due(&l));
		out[0].len = out[1].len = 0;
		OK(lsd_next(&l, now_ms, out));
		OK(out[0].len <= LSD_MAX && out[1].len <= LSD_MAX);
	}
	OK(n == 5 && now_ms > 400500 && now_ms < 402000);
	CASE("lsd: a new one does not wait for those");
	lsd_remove(&l, &t[5]);
	lsd_remove(&l, &t[5]);
	lsd_add(&l, &t[5], 450000);
	OK(lsd_due(&l) == 450000);
	buf_free(&out[0]);
	buf_free(&out[1]);
}

#define HEAD "BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\n"
#define HASH "Infohash: 1F1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f\r\n"

static void
hears(void)
{
	static const struct {
		const char *name, *text;
		int n;
	} table[] = {
		{ "lsd: an announce is read", HEAD "Port: 7000\r\n" HASH
		    "\r\n\r\n", 1 },
		{ "lsd: several torrents, names in any case, others' cookies",
		    HEAD "PORT:7000\r\n" HASH "infohash:"
		    "1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f20\r\n"
		    "Cookie: x\r\nX-Y: z\r\n\r\n\r\n", 2 },
		{ "lsd: our own is none", HEAD "Port: 7000\r\n" HASH
		    "cookie: 0000000000001234\r\n\r\n\r\n", -1 },
		{ "lsd: without a port", HEAD HASH "\r\n\r\n", -1 },
		{ "lsd: a port that is none", HEAD "Port: 70000\r\n" HASH
		    "\r\n\r\n", -1 },
		{ "lsd: without a torrent", HEAD "Port: 7000\r\n\r\n\r\n",
		    -1 },
		{ "lsd: a hash that is none", HEAD "Port: 7000\r\n"
		    "Infohash: 1f1f\r\n\r\n\r\n", -1 },
		{ "lsd: another protocol", "M-SEARCH * HTTP/1.1\r\n"
		    "Port: 7000\r\n" HASH "\r\n\r\n", -1 },
		{ "lsd: nothing", "", -1 }
	};
	struct lsd l;
	struct lsd_news news;
	struct addr far;
	size_t i;
	int n = 0;

	for (i = 0; i < LEN(table); i++) {
		CASE(table[i].name);
		lsd_init(&l, 6881, 0x1234);
		OK(hear(&l, table[i].text, &news) == table[i].n);
		OK(table[i].n < 0 || (news.hashes[0][0] == 0x1f &&
		    news.peer.port == 7000 && news.peer.ip[15] == 9));
	}
	CASE("lsd: an address of one interface alone leads nowhere");
	addr_parse(&far, "[fe80::1]:6771", 1);
	OK(lsd_read(&l, (const uint8_t *)table[0].text,
	    strlen(table[0].text), &far, 100000, &news) < 0);
	CASE("lsd: of a flood, fifty at once and fifty a second are heeded");
	lsd_init(&l, 6881, 0x1234);
	while (n < 1000 && hear(&l, table[0].text, &news) > 0)
		n++;
	OK(n >= 50 && n <= 51);
}

/* The torrents of what comes from 10.0.0.9; -1: it is none. */
static int
hear(struct lsd *l, const char *text, struct lsd_news *news)
{
	struct addr from;

	addr_parse(&from, "10.0.0.9:6771", 1);
	return lsd_read(l, (const uint8_t *)text, strlen(text), &from, 100000,
	    news) < 0 ? -1 : news->n;
}
