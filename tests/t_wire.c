/* wire: handshakes and messages by the tables of BEP 3, 6 and 10, addresses.
 */
#include <sys/types.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "addr.h"
#include "torrent/meta.h"
#include "swarm/wire.h"
#include "unit.h"

static void handshakes(void);
static void messages(void);
static void lengths(void);
static int exact(unsigned id, uint32_t len);
static void fast_set(void);
static int set_is(int k, uint32_t npieces, const char *ip,
    const uint32_t *want, int n);
static void addresses(void);
static int parses(const char *text, int need_port, const char *want);
static int refused(const char *text, int need_port);
static void kinds(void);
static struct addr addr_of(const char *text);
static void scopes(void);
static int dialable(const char *text);
static void compact(void);

static const uint8_t hash[ID_LEN] = "hash of twenty bytes";
static const uint8_t id[ID_LEN] = "-XX0100-peeridpeerid";

void
test_wire(void)
{
	handshakes();
	messages();
	lengths();
	fast_set();
	addresses();
	kinds();
	scopes();
	compact();
}

static void
handshakes(void)
{
	static const char want[] = "\x13" "BitTorrent protocol"
	    "\0\0\0\0\0\x10\0\x04" "hash of twenty bytes"
	    "-XX0100-peeridpeerid";
	struct buf b = { NULL, 0, 0, 0 };
	uint8_t *p;
	int i, j;

	CASE("wire: a handshake is known by its first bytes, and by no others");
	for (i = 0; i <= 20; i++) {
		p = unit_copy(want, (size_t)i);
		OK(wire_is_handshake(p, (size_t)i) == (i < 8 ? -1 : 1));
		for (j = 0; j < MIN(i, 8) * 8; j++) {
			p[j / 8] ^= (uint8_t)(1 << j % 8);
			OK(wire_is_handshake(p, (size_t)i) == 0);
			p[j / 8] ^= (uint8_t)(1 << j % 8);
		}
		free(p);
	}
	CASE("wire: a handshake is 68 known bytes");
	wire_handshake(&b, hash, id, 0);
	OK(b.len == HANDSHAKE_LEN && sizeof want - 1 == HANDSHAKE_LEN);
	OK(b.len == HANDSHAKE_LEN && memcmp(b.p, want, b.len) == 0);
	CASE("wire: a handshake's flags are one bit each, among any others");
	p = unit_copy(b.p, 48);
	OK(wire_handshake_flags(p) == (CAN_FAST | CAN_EXTENDED));
	for (i = 0; i < 8; i++) {
		for (j = 0; j < 8; j++) {
			memset(p + 20, 0, 8);
			p[20 + i] = (uint8_t)(1 << j);
			OK(wire_handshake_flags(p) == (i == 5 && j == 4 ?
			    CAN_EXTENDED : i == 7 && j == 2 ? CAN_FAST :
			    i == 7 && j == 0 ? CAN_DHT : 0));
		}
	}
	memset(p + 20, 0xff, 8);
	OK(wire_handshake_flags(p) == (CAN_FAST | CAN_EXTENDED |
	    CAN_DHT));
	CASE("wire: what is no handshake is told by its first 20 bytes");
	for (i = 0; i < 20; i++) {
		p[i] ^= 0x20;
		OK(wire_handshake_flags(p) == -1);
		p[i] ^= 0x20;
	}
	memset(p, 0, 48);
	OK(wire_handshake_flags(p) == -1);
	free(p);
	buf_free(&b);
}

static void
messages(void)
{
	static const char want[] = "\0\0\0\1\0" "\0\0\0\1\3"
	    "\0\0\0\5\4\1\2\3\4" "\0\0\0\5\x11\xff\xff\xff\xff"
	    "\0\0\0\x0d\6\0\0\0\7\0\0\x40\0\0\0\x40\0"
	    "\0\0\0\x0d\x08\0\0\0\7\0\0\x40\0\0\0\x40\0"
	    "\0\0\0\x0d\x10\xfe\xdc\xba\x98\x76\x54\x32\x10\1\2\3\4"
	    "\0\0\0\1\x0e"
	    "\0\0\x40\x09\7" "\0\0\0\1\5" "\0\1\0\0\x14";
	struct buf b = { NULL, 0, 0, 0 };
	struct block k;

	CASE("wire: messages are length, id and big-endian integers");
	wire_put(&b, MSG_CHOKE, 0, 1, 2, 3);
	wire_put(&b, MSG_NOT_INTERESTED, 0, 0, 0, 0);
	wire_put(&b, MSG_HAVE, 1, 0x01020304, 9, 9);
	wire_put(&b, MSG_ALLOWED_FAST, 1, UINT32_MAX, 9, 9);
	wire_put(&b, MSG_REQUEST, 3, 7, BLOCK_LEN, BLOCK_LEN);
	wire_put(&b, MSG_CANCEL, 3, 7, BLOCK_LEN, BLOCK_LEN);
	wire_put(&b, MSG_REJECT, 3, 0xfedcba98, 0x76543210, 0x01020304);
	wire_put(&b, MSG_HAVE_ALL, 0, 0, 0, 0);
	wire_put_head(&b, MSG_PIECE, 8 + BLOCK_LEN);
	wire_put_head(&b, MSG_BITFIELD, 0);
	wire_put_head(&b, MSG_EXTENDED, 65535);
	OK(b.len == sizeof want - 1);
	OK(b.len == sizeof want - 1 && memcmp(b.p, want, b.len) == 0);
	buf_free(&b);
	CASE("wire: the ids are those of BEP 3, 5, 6 and 10");
	OK(MSG_CHOKE == 0 && MSG_UNCHOKE == 1 && MSG_INTERESTED == 2);
	OK(MSG_NOT_INTERESTED == 3 && MSG_HAVE == 4 && MSG_BITFIELD == 5);
	OK(MSG_REQUEST == 6 && MSG_PIECE == 7 && MSG_CANCEL == 8);
	OK(MSG_PORT == 9 && MSG_SUGGEST == 0x0d && MSG_HAVE_ALL == 0x0e);
	OK(MSG_HAVE_NONE == 0x0f && MSG_REJECT == 0x10);
	OK(MSG_ALLOWED_FAST == 0x11 && MSG_EXTENDED == 20);
	CASE("wire: messages have their names, and others none");
	OK(strcmp(wire_name(MSG_CHOKE), "a choke") == 0);
	OK(strcmp(wire_name(MSG_UNCHOKE), "an unchoke") == 0);
	OK(strcmp(wire_name(MSG_EXTENDED), "an extended") == 0);
	OK(strcmp(wire_name(10), "an unknown message") == 0);
	OK(strcmp(wire_name(21), "an unknown message") == 0);
	OK(strcmp(wire_name(255), "an unknown message") == 0);
	CASE("wire: a block is three integers");
	k = wire_block((const uint8_t *)"\xfe\xdc\xba\x98\x76\x54\x32\x10"
	    "\1\2\3\4");
	OK(k.piece == 0xfedcba98);
	OK(k.begin == 0x76543210);
	OK(k.len == 0x01020304);
}

static void
lengths(void)
{
	static const unsigned none[] = { MSG_CHOKE, MSG_UNCHOKE,
		MSG_INTERESTED, MSG_NOT_INTERESTED, MSG_HAVE_ALL,
		MSG_HAVE_NONE };
	static const unsigned four[] = { MSG_HAVE, MSG_SUGGEST,
		MSG_ALLOWED_FAST };
	static const unsigned twelve[] = { MSG_REQUEST, MSG_CANCEL,
		MSG_REJECT };
	static const unsigned unknown[] = { 10, 11, 12, 18, 19, 21, 22, 99,
		254, 255 };
	static const uint32_t pieces[] = { 1, 7, 8, 9, 1000, 1024, 1025,
		INT32_MAX };
	size_t i;
	uint32_t n;

	CASE("wire: each message has its length exactly");
	for (i = 0; i < LEN(none); i++)
		OK(exact(none[i], 0));
	for (i = 0; i < LEN(four); i++)
		OK(exact(four[i], 4));
	for (i = 0; i < LEN(twelve); i++)
		OK(exact(twelve[i], 12));
	OK(exact(MSG_PORT, 2));
	CASE("wire: a bit field has a bit for each piece, in whole bytes");
	for (i = 0; i < LEN(pieces); i++) {
		n = pieces[i];
		OK(wire_len_ok(MSG_BITFIELD, n / 8 + (n % 8 > 0), n));
		OK(!wire_len_ok(MSG_BITFIELD, n / 8 + (n % 8 > 0) + 1, n));
		OK(!wire_len_ok(MSG_BITFIELD, n / 8 + (n % 8 > 0) - 1, n));
		OK(!wire_len_ok(MSG_BITFIELD, UINT32_MAX, n));
	}
	CASE("wire: a piece message has a block, of 128 KiB at most");
	OK(wire_len_ok(MSG_PIECE, 9, 10));
	OK(wire_len_ok(MSG_PIECE, 8 + BLOCK_LEN, 10));
	OK(wire_len_ok(MSG_PIECE, 8 + 131072, 10));
	OK(!wire_len_ok(MSG_PIECE, 0, 10));
	OK(!wire_len_ok(MSG_PIECE, 7, 10));
	OK(!wire_len_ok(MSG_PIECE, 8, 10));
	OK(!wire_len_ok(MSG_PIECE, 8 + 131073, 10));
	OK(!wire_len_ok(MSG_PIECE, UINT32_MAX, 10));
	CASE("wire: an extended message has an id, and 64 KiB at most");
	OK(wire_len_ok(MSG_EXTENDED, 1, 10));
	OK(wire_len_ok(MSG_EXTENDED, 65536, 10));
	OK(!wire_len_ok(MSG_EXTENDED, 0, 10));
	OK(!wire_len_ok(MSG_EXTENDED, 65537, 10));
	OK(!wire_len_ok(MSG_EXTENDED, UINT32_MAX, 10));
	CASE("wire: unknown messages are skipped up to 64 KiB");
	for (i = 0; i < LEN(unknown); i++) {
		OK(wire_len_ok(unknown[i], 0, 10));
		OK(wire_len_ok(unknown[i], 65536, 10));
		OK(!wire_len_ok(unknown[i], 65537, 10));
		OK(!wire_len_ok(unknown[i], UINT32_MAX, 10));
	}
}

/* Whether only len is right for the message. */
static int
exact(unsigned msg, uint32_t len)
{
	return wire_len_ok(msg, len, 100) && !wire_len_ok(msg, len + 1, 100) &&
	    (len == 0 || !wire_len_ok(msg, len - 1, 100)) &&
	    !wire_len_ok(msg, UINT32_MAX, 100) &&
	    !wire_len_ok(msg, len + 256, 100);
}

static void
fast_set(void)
{
	static const uint32_t want[] = { 1059, 431, 808, 1217, 287, 376, 1188,
		353, 508 };
	uint32_t set[12], seen[12] = { 0 };
	uint8_t aa[ID_LEN];
	struct addr a;
	int i;

	CASE("wire: the fast sets of BEP 6");
	OK(set_is(7, 1313, "80.4.4.200", want, 7));
	OK(set_is(9, 1313, "80.4.4.200", want, 9));
	OK(set_is(1, 1313, "80.4.4.200", want, 1));
	OK(set_is(0, 1313, "80.4.4.200", want, 0));
	CASE("wire: a fast set is that of the network, not of the host");
	OK(set_is(9, 1313, "80.4.4.1", want, 9));
	OK(!set_is(9, 1313, "80.4.5.200", want, 9));
	CASE("wire: a fast set has each piece once, and not more");
	memset(aa, 0xaa, sizeof aa);
	a = addr_of("80.4.4.200");
	OK(wire_fast_set(set, 10, 4, aa, &a) == 4);
	for (i = 0; i < 4; i++)
		if (set[i] < 4)
			seen[set[i]]++;
	OK(seen[0] == 1 && seen[1] == 1 && seen[2] == 1 && seen[3] == 1);
	OK(wire_fast_set(set, 10, 1, aa, &a) == 1 && set[0] == 0);
	OK(wire_fast_set(set, 10, 10, aa, &a) == 10);
	OK(wire_fast_set(set, 10, 0, aa, &a) == 0);
	CASE("wire: there is no fast set for IPv6");
	a = addr_of("2001:db8::1");
	OK(wire_fast_set(set, 10, 1313, aa, &a) == 0);
}

static int
set_is(int k, uint32_t npieces, const char *ip, const uint32_t *want, int n)
{
	uint32_t *set = xcalloc((size_t)k, sizeof *set);
	struct addr a = addr_of(ip);
	uint8_t aa[ID_LEN];
	int i, same;

	memset(aa, 0xaa, sizeof aa);
	same = wire_fast_set(set, k, npieces, aa, &a) == n;
	for (i = 0; i < n && same; i++)
		same = set[i] == want[i];
	free(set);
	return same;
}

static void
addresses(void)
{
	static const char *const bad[] = {
		"", ":", ":5", "[]:5", "[]", "[", "]", "x", "x:5", "host:80",
		"1.2.3", "1.2.3:5", "1.2.3.4.5", "1.2.3.4.5:6", "256.1.1.1:5",
		"1.2.3.-4:5", "1.2.3.4:", "1.2.3.4:x", "1.2.3.4:5x",
		"1.2.3.4:-5", "1.2.3.4:+5", "1.2.3.4: 5", "1.2.3.4:65536",
		"1.2.3.4:99999999999999999999", "1.2.3.4:5:6", " 1.2.3.4:5",
		"1.2.3.4 :5", "1.2.3.4:5 ", "[::1", "[::1:5", "[::1]5",
		"[::1]x", "[::1]:", "[::1]:x", "[::1]:65536", "[::1]:5x",
		"[::1]]:5", "[[::1]]:5", "::1]:5", "[:::1]:5", "[12345::]:5",
		"[::1%lo]:5", "[1:2:3:4:5:6:7:8:9]:5", "1:2:3:4:5:6:7:8:9",
		"[x]:5", "1:5", "0x7f.1:5", "2130706433:5",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:5",
		"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"
		":0000:0000:0000:0000]:5",
	};
	static const char *const portless[] = { "1.2.3.4", "::1", "[::1]",
		"2001:db8::1", "::ffff:1.2.3.4", "1::5" };
	struct addr a;
	char text[ADDR_TEXT];
	size_t i;

	CASE("wire: an address is a number with a port");
	OK(parses("1.2.3.4:5", 1, "1.2.3.4:5"));
	OK(parses("255.255.255.255:65535", 1, "255.255.255.255:65535"));
	OK(parses("[::1]:5", 1, "[::1]:5"));
	OK(parses("[2001:DB8::1]:6881", 1, "[2001:db8::1]:6881"));
	OK(parses("1.2.3.4:0", 1, "1.2.3.4:0"));
	CASE("wire: IPv4 is mapped into IPv6, either way it is written");
	a = addr_of("1.2.3.4:5");
	OK(memcmp(a.ip, "\0\0\0\0\0\0\0\0\0\0\xff\xff\1\2\3\4", 16) == 0);
	OK(a.port == 5);
	OK(parses("[::ffff:1.2.3.4]:5", 1, "1.2.3.4:5"));
	OK(parses("[::ffff:102:304]:5", 1, "1.2.3.4:5"));
	a = addr_of("[1:203:405:607:809:a0b:c0d:e0f]:258");
	OK(memcmp(a.ip, "\0\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f",
	    16) == 0);
	OK(a.port == 258);
	CASE("wire: an address may do without a port where it is not needed");
	OK(parses("1.2.3.4", 0, "1.2.3.4:0"));
	OK(parses("::1", 0, "[::1]:0"));
	OK(parses("::", 0, "[::]:0"));
	OK(parses("[::1]", 0, "[::1]:0"));
	OK(parses("1::5", 0, "[1::5]:0"));
	OK(parses("1.2.3.4:5", 0, "1.2.3.4:5"));
	OK(parses("[::1]:5", 0, "[::1]:5"));
	for (i = 0; i < LEN(portless); i++)
		OK_FOR(portless[i], refused(portless[i], 1));
	CASE("wire: addresses that are none");
	for (i = 0; i < LEN(bad); i++) {
		OK_FOR(bad[i], refused(bad[i], 1));
		OK_FOR(bad[i], refused(bad[i], 0));
	}
	CASE("wire: brackets hold IPv6 alone");
	OK(refused("[1.2.3.4]:5", 1));
	CASE("wire: the longest address fits its text");
	memset(a.ip, 0xff, 16);
	a.port = 65535;
	OK(strcmp(addr_format(text, &a),
	    "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535") == 0);
	OK(parses(text, 1, text));
}

static int
parses(const char *text, int need_port, const char *want)
{
	char *copy = unit_copy(text, strlen(text) + 1), *out;
	struct addr a;
	int same = addr_parse(&a, copy, need_port) == 0;

	free(copy);
	out = xmalloc(ADDR_TEXT);
	same = same && addr_format(out, &a) == out && strcmp(out, want) == 0;
	free(out);
	return same;
}

static int
refused(const char *text, int need_port)
{
	char *copy = unit_copy(text, strlen(text) + 1);
	struct addr a;
	int r = addr_parse(&a, copy, need_port);

	free(copy);
	return r == -1;
}

static struct addr
addr_of(const char *text)
{
	struct addr a;

	memset(&a, 0, sizeof a);
	OK_FOR(text, addr_parse(&a, text, 0) == 0);
	return a;
}

static void
kinds(void)
{
	struct addr a, b;

	CASE("wire: IPv4 is told from IPv6");
	a = addr_of("1.2.3.4:5");
	OK(addr_is4(&a));
	a = addr_of("::ffff:0.0.0.0");
	OK(addr_is4(&a));
	a = addr_of("::1.2.3.4");
	OK(!addr_is4(&a));
	a = addr_of("2001:db8::ffff:102:304");
	OK(!addr_is4(&a));
	CASE("wire: loopback is 127/8 and ::1");
	a = addr_of("127.0.0.1");
	OK(addr_is_loopback(&a));
	a = addr_of("127.255.255.254");
	OK(addr_is_loopback(&a));
	a = addr_of("::1");
	OK(addr_is_loopback(&a));
	a = addr_of("128.0.0.1");
	OK(!addr_is_loopback(&a));
	a = addr_of("126.0.0.1");
	OK(!addr_is_loopback(&a));
	a = addr_of("::2");
	OK(!addr_is_loopback(&a));
	a = addr_of("7f00::1");
	OK(!addr_is_loopback(&a));
	CASE("wire: addresses are the same by number, and by port");
	a = addr_of("1.2.3.4:5");
	b = addr_of("[::ffff:1.2.3.4]:5");
	OK(addr_same(&a, &b) && addr_same_ip(&a, &b));
	b = addr_of("1.2.3.4:6");
	OK(!addr_same(&a, &b) && addr_same_ip(&a, &b));
	b = addr_of("1.2.3.5:5");
	OK(!addr_same(&a, &b) && !addr_same_ip(&a, &b));
	b = addr_of("[::1.2.3.4]:5");
	OK(!addr_same(&a, &b) && !addr_same_ip(&a, &b));

	CASE("wire: ordinary addresses may be dialled, loopback too");
	OK(dialable("1.2.3.4:1"));
	OK(dialable("223.255.255.255:6881"));
	OK(dialable("10.0.0.1:65535"));
	OK(dialable("192.168.0.1:6881"));
	OK(dialable("127.0.0.1:6881"));
	OK(dialable("[::1]:6881"));
	OK(dialable("[2001:db8::1]:6881"));
	OK(dialable("[fe80::1]:6881"));
	OK(dialable("[fd00::1]:6881"));
	CASE("wire: port 0 is not dialled");
	OK(!dialable("1.2.3.4:0"));
	OK(!dialable("127.0.0.1:0"));
	OK(!dialable("[::1]:0"));
	OK(!dialable("[2001:db8::1]:0"));
	CASE("wire: neither 0/8 nor :: is dialled");
	OK(!dialable("0.0.0.0:80"));
	OK(!dialable("0.1.2.3:80"));
	OK(!dialable("0.255.255.255:80"));
	OK(!dialable("[::]:80"));
	OK(!dialable("[::ffff:0.0.0.0]:80"));
	CASE("wire: neither multicast nor broadcast is dialled");
	OK(!dialable("224.0.0.1:80"));
	OK(!dialable("239.255.255.255:80"));
	OK(!dialable("255.255.255.255:80"));
	OK(!dialable("[ff02::1]:80"));
	OK(!dialable("[ff0e::1]:80"));
	OK(!dialable("[ffff::1]:80"));
	OK(!dialable("[::ffff:224.0.0.1]:80"));
}

static void
scopes(void)
{
	static const struct { const char *text; enum addr_scope is; } of[] = {
		{ "127.0.0.1", SCOPE_LOOPBACK },
		{ "127.255.255.255", SCOPE_LOOPBACK },
		{ "::1", SCOPE_LOOPBACK },
		{ "10.0.0.0", SCOPE_PRIVATE },
		{ "10.255.255.255", SCOPE_PRIVATE },
		{ "9.255.255.255", SCOPE_GLOBAL },
		{ "11.0.0.0", SCOPE_GLOBAL },
		{ "172.16.0.0", SCOPE_PRIVATE },
		{ "172.31.255.255", SCOPE_PRIVATE },
		{ "172.15.255.255", SCOPE_GLOBAL },
		{ "172.32.0.0", SCOPE_GLOBAL },
		{ "192.168.0.0", SCOPE_PRIVATE },
		{ "192.168.255.255", SCOPE_PRIVATE },
		{ "192.167.255.255", SCOPE_GLOBAL },
		{ "192.169.0.0", SCOPE_GLOBAL },
		{ "169.254.1.1", SCOPE_PRIVATE },
		{ "169.253.1.1", SCOPE_GLOBAL },
		{ "100.64.0.0", SCOPE_PRIVATE },
		{ "100.127.255.255", SCOPE_PRIVATE },
		{ "100.63.255.255", SCOPE_GLOBAL },
		{ "100.128.0.0", SCOPE_GLOBAL },
		{ "fc00::1", SCOPE_PRIVATE }, { "fdff::1", SCOPE_PRIVATE },
		{ "fbff::1", SCOPE_GLOBAL }, { "fe00::1", SCOPE_GLOBAL },
		{ "fe80::1", SCOPE_PRIVATE }, { "febf::1", SCOPE_PRIVATE },
		{ "fec0::1", SCOPE_PRIVATE }, { "fe7f::1", SCOPE_GLOBAL },
		{ "ff0e::1", SCOPE_GLOBAL }, { "2001:db8::1", SCOPE_GLOBAL },
		{ "8.8.8.8", SCOPE_GLOBAL },
		{ "0.0.0.0", SCOPE_LOOPBACK }, { "::", SCOPE_LOOPBACK },
		{ "0.255.255.255", SCOPE_LOOPBACK },
		{ "1.0.0.0", SCOPE_GLOBAL },
		{ "::ffff:10.1.1.1", SCOPE_PRIVATE },
		{ "::ffff:127.0.0.1", SCOPE_LOOPBACK },
		{ "::127.0.0.1", SCOPE_LOOPBACK },
		{ "::192.168.1.1", SCOPE_PRIVATE },
		{ "::8.8.8.8", SCOPE_GLOBAL },
		{ "64:ff9b::127.0.0.1", SCOPE_LOOPBACK },
		{ "64:ff9b::10.1.1.1", SCOPE_PRIVATE },
		{ "64:ff9b::8.8.8.8", SCOPE_GLOBAL },
		{ "64:ff9b:1::8.8.8.8", SCOPE_PRIVATE },
		{ "64:ff9b:2::10.1.1.1", SCOPE_GLOBAL },
		{ "2002:7f00:1::", SCOPE_LOOPBACK },
		{ "2002:a01:101::1", SCOPE_PRIVATE },
		{ "2002:808:808::1", SCOPE_GLOBAL },
		{ "2003:a01:101::1", SCOPE_GLOBAL },
	};
	struct addr a;
	size_t i;

	CASE("wire: from where an address can be reached");
	for (i = 0; i < LEN(of); i++)
		OK_FOR(of[i].text, addr_parse(&a, of[i].text, 0) == 0 &&
		    addr_scope(&a) == of[i].is);
}

static int
dialable(const char *text)
{
	struct addr a = addr_of(text);

	return addr_dialable(&a);
}

static void
compact(void)
{
	static const char four[] = "\x01\x02\x03\x04\x1a\xe1";
	static const char six[] = "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
	    "\x1a\xe1";
	struct addr a, c;
	uint8_t *p, packed[18];

	CASE("wire: compact IPv4 is 6 bytes (BEP 23)");
	a = addr_of("1.2.3.4:6881");
	OK(addr_pack(packed, &a) && memcmp(packed, four, 6) == 0);
	p = unit_copy(four, 6);
	memset(&c, 0xee, sizeof c);
	addr_unpack(&c, p, 1);
	OK(addr_same(&a, &c) && addr_is4(&c));
	free(p);
	CASE("wire: compact IPv6 is 18 bytes (BEP 7)");
	a = addr_of("[2001:db8::1]:6881");
	OK(!addr_pack(packed, &a) && memcmp(packed, six, 18) == 0);
	p = unit_copy(six, 18);
	memset(&c, 0xee, sizeof c);
	addr_unpack(&c, p, 0);
	OK(addr_same(&a, &c) && !addr_is4(&c));
	free(p);
	CASE("wire: IPv4 that came as IPv6 is packed as IPv4");
	addr_unpack(&c, (const uint8_t *)"\0\0\0\0\0\0\0\0\0\0\xff\xff"
	    "\1\2\3\4\x1a\xe1", 0);
	OK(addr_is4(&c));
	OK(addr_pack(packed, &c) && memcmp(packed, four, 6) == 0);
}
