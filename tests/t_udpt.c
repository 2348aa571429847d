/* udpt: packets by the tables of BEP 15 and 41; what one side writes, the
 * other reads, whole and cut. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "udpt.h"
#include "unit.h"

enum { T = 0x01020304 }; /* a transaction */

static void requests(void);
static void paths(void);
static int path_is(const char *path, size_t n);
static void requests_read(void);
static void numbers_read(void);
static int is_request(const void *p, size_t n);
static int request(struct udpt_request *r, const void *p, size_t n);
static void replies(void);
static void replies_written(void);
static int reply(struct udpt_reply *r, const void *p, size_t n,
    uint32_t transaction);
static int is(struct span s, const char *text, size_t n);

static const uint8_t hash[ID_LEN] = "hash of twenty bytes";
static const uint8_t id[ID_LEN] = "-XX0100-peeridpeerid";

void
test_udpt(void)
{
	requests();
	paths();
	requests_read();
	numbers_read();
	replies();
	replies_written();
}

static const struct announce_params params = {
	.hash = hash, .id = id, .uploaded = 0x0102030405060708,
	.downloaded = 0x1112131415161718, .left = 0x2122232425262728,
	.event = EVENT_STARTED, .key = 0xfedcba98, .numwant = -1,
	.port = 0x1ae1
};

static void
requests(void)
{
	static const char connect[] = "\x00\x00\x04\x17\x27\x10\x19\x80"
	    "\0\0\0\0" "\x01\x02\x03\x04";
	static const char announce[] = "\x88\x77\x66\x55\x44\x33\x22\x11"
	    "\0\0\0\1" "\x01\x02\x03\x04" "hash of twenty bytes"
	    "-XX0100-peeridpeerid" "\x11\x12\x13\x14\x15\x16\x17\x18"
	    "\x21\x22\x23\x24\x25\x26\x27\x28"
	    "\x01\x02\x03\x04\x05\x06\x07\x08" "\0\0\0\2" "\0\0\0\0"
	    "\xfe\xdc\xba\x98" "\xff\xff\xff\xff" "\x1a\xe1";
	struct announce_params a = params;
	struct buf b = { NULL, 0, 0, 0 };
	int i;

	CASE("udpt: a connect is 16 known bytes (BEP 15)");
	udpt_connect(&b, 0x01020304);
	OK(b.len == 16 && memcmp(b.p, connect, 16) == 0);
	CASE("udpt: a announce is 98 known bytes (BEP 15)");
	b.len = 0;
	udpt_announce(&b, 0x8877665544332211, 0x01020304, &a, "/");
	OK(sizeof announce - 1 == 98);
	OK(b.len == 98 && memcmp(b.p, announce, 98) == 0);
	CASE("udpt: a scrape is 36 known bytes (BEP 15)");
	b.len = 0;
	udpt_scrape(&b, 0x8877665544332211, 0x01020304, hash);
	OK(b.len == 36 && memcmp(b.p, "\x88\x77\x66\x55\x44\x33\x22\x11"
	    "\0\0\0\2" "\x01\x02\x03\x04" "hash of twenty bytes", 36) == 0);
	CASE("udpt: events are 0 none, 1 completed, 2 started, 3 stopped");
	for (i = 0; i < 4; i++) {
		a.event = i == 0 ? EVENT_NONE : i == 1 ? EVENT_COMPLETED :
		    i == 2 ? EVENT_STARTED : EVENT_STOPPED;
		a.numwant = 50;
		b.len = 0;
		udpt_announce(&b, 1, 2, &a, "");
		OK(b.len == 98);
		OK(get32(b.p + 80) == (uint32_t)i);
		OK(get32(b.p + 92) == 50);
	}
	buf_free(&b);
}

static void
paths(void)
{
	static const char bep[] = "\x02\x0c/dir?a=b&c=d";
	struct buf b = { NULL, 0, 0, 0 };
	char path[1100];
	size_t n;

	CASE("udpt: a announce tells its URL as BEP 41 shows");
	udpt_announce(&b, 1, 2, &params, "/dir?a=b&c=d");
	OK(b.len == 98 + 14);
	OK(b.len == 98 + 14 && memcmp(b.p + 98, bep, 14) == 0);
	CASE("udpt: a short path is told too");
	OK(path_is("/a", 2));
	for (n = 0; n < sizeof path - 1; n++)
		path[n] = (char)('a' + n % 26);
	path[0] = '/';
	CASE("udpt: a long path comes in options of 255 bytes, none lost");
	for (n = 2; n < sizeof path - 1; n++)
		OK(n % 255 == 1 || path_is(path, n));
	CASE("udpt: a last option of one byte is not lost either");
	for (n = 256; n < sizeof path - 1; n += 255)
		OK(path_is(path, n));
	buf_free(&b);
}

/* Whether the options of an announce come to path's first n bytes. */
static int
path_is(const char *path, size_t n)
{
	struct buf b = { NULL, 0, 0, 0 };
	char *text = xmalloc(n + 1);
	size_t at = 98, got = 0, k;
	int same = 1;

	memcpy(text, path, n);
	text[n] = '\0';
	udpt_announce(&b, 1, 2, &params, text);
	for (; at < b.len && same; at += 2 + k) {
		k = b.len - at < 2 ? b.len : b.p[at + 1];
		same = b.p[at] == 2 && k > 0 && k <= b.len - at - 2 &&
		    k <= n - got && memcmp(b.p + at + 2, text + got, k) == 0;
		got += k;
	}
	free(text);
	buf_free(&b);
	return same && got == n;
}

static void
requests_read(void)
{
	static const char *const others[] = {
		"d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe",
		"d1:rd2:id20:abcdefghij0123456789e1:t4:aaaa1:y1:re",
		"d1:el i201e5:oops e1:t2:aa1:y1:ee", "rubbish of some length",
		"\x41\x02zzzzzzzzzzzzzzzzzzzzzzzz"
	};
	struct udpt_request r;
	struct buf b = { 0 };
	size_t i;

	CASE("udpt: a tracker reads what a client writes");
	udpt_connect(&b, T);
	OK(request(&r, b.p, b.len) == UDP_CONNECT && r.transaction == T);
	b.len = 0;
	udpt_announce(&b, 0x8877665544332211, T, &params, "/a path");
	OK(request(&r, b.p, b.len) == UDP_ANNOUNCE && r.transaction == T);
	OK(r.connection == 0x8877665544332211);
	OK(r.announce.left == params.left && r.announce.key == params.key);
	OK(r.announce.uploaded == params.uploaded);
	OK(r.announce.downloaded == params.downloaded);
	OK(r.announce.event == params.event && r.announce.numwant == -1);
	OK(r.announce.port == params.port);
	CASE("udpt: what is for a tracker is told from what nodes say");
	OK(is_request(b.p, b.len));
	for (i = 0; i < 98; i++)
		OK(!is_request(b.p, i));
	put32(b.p + 8, UDP_SCRAPE);
	for (i = 0; i <= b.len; i++)
		OK(is_request(b.p, i) == (i >= 36));
	put32(b.p + 8, UDP_ANNOUNCE);
	put64(b.p, UINT64_C(0x64313a6164323a69)); /* d1:ad2:i */
	b.p[b.len - 1] = 'e';
	OK(!is_request(b.p, b.len));
	b.p[b.len - 1] = 'f';
	OK(is_request(b.p, b.len));
	b.p[b.len - 1] = 'e';
	b.p[1] = ':';
	OK(is_request(b.p, b.len));
	put64(b.p, UINT64_C(0x8877665544332211));
	b.p[b.len - 1] = '/';
	CASE("udpt: a datagram of uTP, or a node's, is none");
	for (i = 0; i < LEN(others); i++)
		OK_FOR(others[i], !is_request(others[i], strlen(others[i])));
	CASE("udpt: an announce that is cut short is told so");
	for (i = 16; i < 98; i++)
		OK(request(&r, b.p, i) == UDP_ERROR && r.error &&
		    r.transaction == T && r.connection == 0x8877665544332211);
	CASE("udpt: what has less than a head is no request");
	for (i = 0; i < 16; i++)
		OK(request(&r, b.p, i) == -1);
	CASE("udpt: a scrape has whole hashes alone");
	memset(b.p, 'h', b.len);
	put32(b.p + 8, UDP_SCRAPE);
	for (i = 16; i <= 98; i++)
		OK(request(&r, b.p, i) == UDP_SCRAPE &&
		    r.hashes.n == (i - 16) / 20 * 20);
	CASE("udpt: an action that is unknown is told so");
	for (i = 0; i < 33; i++) {
		put32(b.p + 8, i < 32 ? UINT32_C(1) << i : UDP_ERROR);
		OK(i < 2 || (request(&r, b.p, 98) == UDP_ERROR && r.error));
	}
	CASE("udpt: to connect takes the magic number");
	put32(b.p + 8, UDP_CONNECT);
	OK(request(&r, b.p, 16) == UDP_ERROR);
	for (i = 0; i < 64; i++) {
		put64(b.p, UDP_MAGIC ^ UINT64_C(1) << i);
		OK(request(&r, b.p, 16) == UDP_ERROR);
	}
	buf_free(&b);
}

/* The fields whose values are not all as they come. */
static void
numbers_read(void)
{
	static const struct { uint32_t sent; int event, numwant; } tries[] = {
		{ 0, 0, 0 }, { 1, 1, 1 }, { 2, 2, 2 }, { 3, 3, 3 },
		{ 4, 0, 4 }, { 0x7fffffff, 0, 0x7fffffff },
		{ 0x80000000, 0, -1 }, { 0xffffffff, 0, -1 }
	};
	struct udpt_request r;
	struct buf b = { 0 };
	size_t i;

	CASE("udpt: what an announce says too large is made small");
	udpt_announce(&b, 1, T, &params, "");
	for (i = 0; i < LEN(tries); i++) {
		put32(b.p + 80, tries[i].sent);
		put32(b.p + 92, tries[i].sent);
		OK(request(&r, b.p, 98) == UDP_ANNOUNCE);
		OK((int)r.announce.event == tries[i].event);
		OK(r.announce.numwant == tries[i].numwant);
	}
	memset(b.p + 56, 0xff, 24);
	OK(request(&r, b.p, 98) == UDP_ANNOUNCE);
	OK(r.announce.left == INT64_MAX && r.announce.uploaded == INT64_MAX);
	OK(r.announce.downloaded == INT64_MAX);
	buf_free(&b);
}

/* udpt_request on memory that ends with the packet; what was borrowed of it is
 * checked here, and -9 returned if it is wrong. */
static int
is_request(const void *p, size_t n)
{
	uint8_t *copy = unit_copy(p, n);
	int is = udpt_is_request(copy, n);

	free(copy);
	return is;
}

static int
request(struct udpt_request *r, const void *p, size_t n)
{
	uint8_t *copy = unit_copy(p, n);
	int action = udpt_request(r, copy, n);

	if (action == UDP_ANNOUNCE && (memcmp(r->announce.hash, hash, ID_LEN)
	    != 0 || memcmp(r->announce.id, id, ID_LEN) != 0 ||
	    r->ip != copy + 84))
		action = -9;
	if (action == UDP_SCRAPE && r->hashes.p != copy + 16)
		action = -9;
	free(copy);
	return action;
}

static void
replies(void)
{
	static const char connect[] = "\0\0\0\0\1\2\3\4conn id!";
	static const char announce[] = "\0\0\0\1\1\2\3\4\0\0\7\x08\0\0\0\1"
	    "\0\0\0\2\1\2\3\4\x1a\xe1\1\2\3\5\x1a\xe1";
	static const char scrape[] = "\0\0\0\2\1\2\3\4\0\0\0\1\0\0\0\2"
	    "\0\0\0\3";
	static const char error[] = "\0\0\0\3\1\2\3\4go away";
	static const struct {
		const char *p;
		size_t n, least;
		int action;
	} all[] = {
		{ BYTES(connect), 16, UDP_CONNECT },
		{ BYTES(announce), 20, UDP_ANNOUNCE },
		{ BYTES(scrape), 8, UDP_SCRAPE },
		{ BYTES(error), 8, UDP_ERROR }
	};
	static const char *const strange[] = { "\0\0\0\4", "\0\0\0\xff",
		"\1\0\0\0", "\xff\xff\xff\xff", "\0\0\1\0" };
	struct udpt_reply r;
	uint32_t seeds, completed, leechers;
	uint8_t p[40];
	size_t i, n;

	CASE("udpt: replies are told by their action, if they are whole");
	for (i = 0; i < LEN(all); i++)
		for (n = 0; n <= all[i].n; n++)
			OK(reply(&r, all[i].p, n, T) == (n < all[i].least ?
			    -1 : all[i].action));
	CASE("udpt: a reply to another transaction is none");
	for (i = 0; i < LEN(all); i++)
		for (n = 0; n < 32; n++)
			OK(reply(&r, all[i].p, all[i].n, T ^ UINT32_C(1) << n)
			    == -1);
	CASE("udpt: a reply of an unknown action is none");
	memcpy(p, announce, 32);
	for (i = 0; i < LEN(strange); i++) {
		memcpy(p, strange[i], 4);
		OK(reply(&r, p, 32, T) == -1);
	}
	CASE("udpt: a reply's fields are read, and what follows is borne");
	memcpy(p, connect, 16);
	memcpy(p + 16, "more", 4);
	OK(reply(&r, p, 20, T) == UDP_CONNECT);
	OK(r.connection == UINT64_C(0x636f6e6e20696421));
	OK(reply(&r, BYTES(announce), T) == UDP_ANNOUNCE);
	OK(r.interval == 0x708 && r.peers.n == 12);
	OK(reply(&r, BYTES(error), T) == UDP_ERROR && r.error.n == 7);
	CASE("udpt: a tally is read if it is whole");
	for (n = 8; n <= sizeof scrape - 1; n++) {
		OK(udpt_reply(&r, (const uint8_t *)scrape, n, T) ==
		    UDP_SCRAPE);
		OK(udpt_tallied(&r, &seeds, &completed, &leechers) ==
		    (n < 20 ? -1 : 0));
	}
	OK(seeds == 1 && completed == 2 && leechers == 3);
}

static void
replies_written(void)
{
	static const char peers[] = "\1\2\3\4\x1a\xe1";
	static const char scrape[] = "\0\0\0\2\1\2\3\4\0\0\0\1\0\0\0\2"
	    "\0\0\0\3\0\0\0\4\0\0\0\5\0\0\0\6";
	struct udpt_reply r;
	uint8_t p[64];
	size_t n;

	CASE("udpt: a client reads what a tracker writes");
	n = udpt_connected(p, T, 0x8877665544332211);
	OK(udpt_reply(&r, p, n, T) == UDP_CONNECT);
	OK(r.connection == 0x8877665544332211);
	n = udpt_announced(p, T, 1800, 3, 4);
	OK(n == UDPT_PEERS && get32(p + 12) == 3 && get32(p + 16) == 4);
	memcpy(p + n, peers, 6);
	OK(udpt_reply(&r, p, n + 6, T) == UDP_ANNOUNCE && r.interval == 1800);
	OK(is(r.peers, peers, 6));
	n = udpt_error(p, T, "go away");
	OK(udpt_reply(&r, p, n, T) == UDP_ERROR && is(r.error, "go away", 7));
	CASE("udpt: a scrape's reply is seeds, completed, leechers of each");
	n = udpt_scraped(p, T);
	OK(n == 8);
	n = udpt_tally(p, n, 1, 2, 3);
	n = udpt_tally(p, n, 4, 5, 6);
	OK(n == sizeof scrape - 1 && memcmp(p, scrape, n) == 0);
}

/* udpt_reply on memory that ends with the packet. */
static int
reply(struct udpt_reply *r, const void *p, size_t n, uint32_t transaction)
{
	uint8_t *copy = unit_copy(p, n);
	int action = udpt_reply(r, copy, n, transaction);

	free(copy);
	return action;
}

static int
is(struct span s, const char *text, size_t n)
{
	return s.n == n && memcmp(s.p, text, n) == 0;
}
