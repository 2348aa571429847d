/* nodes: what a DHT node is made of, part by part: ids, packets, quotas, the
 * table, the store, queries under way and searches. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "addr.h"
#include "find/nodeid.h"
#include "find/krpc.h"
#include "find/quota.h"
#include "find/nodes.h"
#include "find/stored.h"
#include "find/pending.h"
#include "find/search.h"
#include "unit.h"

enum { MINUTE_MS = 60000 };

static void ids(void);
static void packets(void);
static void wrong_packets(void);
static void quotas(void);
static void queries(void);
static void tokens(void);
static void store(void);
static void store_bounds(void);
static void table(void);
static void table_bounds(void);
static void table_changes(void);
static void searches(void);
static void odd_searches(void);
static struct addr addr_of(const char *text);
static struct addr nth(int i);
static void id_of(uint8_t *id, const char *digits);
static void answered(struct nodes *t, const char *digits, const char *text,
    int64_t now_ms);

static const uint8_t key[16] = "a secret of ours";

void
test_nodes(void)
{
	ids();
	packets();
	wrong_packets();
	quotas();
	queries();
	tokens();
	store();
	store_bounds();
	table();
	table_bounds();
	table_changes();
	searches();
	odd_searches();
}

static void
ids(void)
{
	static const struct {
		const char *addr;
		const char *id;
	} vectors[] = {
		{ "124.31.75.21:1",
		    "5fbfbff10c5d6a4ec8a88e4c6ab4c28b95eee401" },
		{ "21.75.31.124:1",
		    "5a3ce9c14e7a08645677bbd1cfe7d8f956d53256" },
		{ "65.23.51.170:1",
		    "a5d43220bc8f112a3d426c84764f8c2a1150e616" },
		{ "84.124.73.14:1",
		    "1b0321dd1bb1fe518101ceef99462b947a01ff41" },
		{ "43.213.53.83:1",
		    "e56f6cbf5b7c4be0237986d5243b87aa6d51305a" },
	};
	uint8_t id[ID_LEN], other[ID_LEN], target[ID_LEN] = { 0 };
	struct addr a;
	size_t i;
	int bit;

	CASE("nodes: CRC32C of the usual nine digits");
	OK(crc32c((const uint8_t *)"123456789", 9) == 0xe3069283);
	CASE("nodes: the ids of BEP 42 fit their addresses and no others");
	for (i = 0; i < LEN(vectors); i++) {
		a = addr_of(vectors[i].addr);
		unhex(id, (const uint8_t *)vectors[i].id, ID_LEN);
		OK_FOR(vectors[i].addr, id_fits(id, &a));
		memcpy(other, id, ID_LEN);
		memset(other, 0, 2);
		other[2] &= 7;
		OK(!id_fits(other, &a));
		id_suit(other, &a); /* the last byte chooses r */
		OK(memcmp(other, id, 3) == 0);
		a.ip[15] ^= 1;
		OK(!id_fits(id, &a));
		for (bit = 0; bit < 21; bit++) {
			a = addr_of(vectors[i].addr);
			id_flip(id, bit);
			OK(!id_fits(id, &a));
			id_flip(id, bit);
		}
		id_flip(id, 21);
		OK(id_fits(id, &a));
	}
	CASE("nodes: an IPv6 address has ids by its upper half");
	a = addr_of("[2001:db8:1:2::3]:1");
	id_suit(id, &a);
	OK(id_fits(id, &a));
	a.ip[15] = 9;
	OK(id_fits(id, &a));
	a.ip[7] ^= 1;
	OK(!id_fits(id, &a));
	CASE("nodes: any id fits an address of one's own networks");
	a = addr_of("10.1.2.3:1");
	OK(id_fits(id, &a) && id_fits(other, &a));
	a = addr_of("127.0.0.1:1");
	OK(id_fits(id, &a));
	CASE("nodes: distances are compared as numbers");
	memset(id, 0, ID_LEN);
	memset(other, 0, ID_LEN);
	OK(id_common(id, other) == 160 && id_compare(target, id, other) == 0);
	id[1] = 0x10;
	other[0] = 0x80;
	OK(id_common(id, target) == 11 && id_common(other, target) == 0);
	OK(id_compare(target, id, other) < 0);
	target[0] = 0x80;
	OK(id_compare(target, id, other) > 0);
}

static void
packets(void)
{
	static const char *const texts[] = { /* BEP 5's, ro of BEP 43 */
		"d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe",
		"d1:rd2:id20:mnopqrstuvwxyz123456e1:t2:aa1:y1:re",
		"d1:ad2:id20:abcdefghij01234567896:target20:"
		"mnopqrstuvwxyz123456e1:q9:find_node1:t2:aa1:y1:qe",
		"d1:rd2:id20:0123456789abcdefghij5:nodes9:def456..."
		"e1:t2:aa1:y1:re",
		"d1:ad2:id20:abcdefghij01234567899:info_hash20:"
		"mnopqrstuvwxyz123456e1:q9:get_peers1:t2:aa1:y1:qe",
		"d1:rd2:id20:abcdefghij01234567895:token8:aoeusnth6:values"
		"l6:axje.u6:idhtnmee1:t2:aa1:y1:re",
		"d1:rd2:id20:abcdefghij01234567895:nodes9:def456..."
		"5:token8:aoeusnthe1:t2:aa1:y1:re",
		"d1:ad2:id20:abcdefghij012345678912:implied_porti1e9:"
		"info_hash20:mnopqrstuvwxyz1234564:porti6881e5:token8:"
		"aoeusnthe1:q13:announce_peer1:t2:aa1:y1:qe",
		"d1:ad2:id20:abcdefghij0123456789e1:q4:ping2:roi1e1:t2:aa"
		"1:v4:BT011:y1:qe",
		"d2:ip6:abcdef1:rd2:id20:mnopqrstuvwxyz1234566:nodes6"
		"3:abce1:t2:aa1:y1:re",
	};
	static const char error[] =
	    "d1:eli201e23:A Generic Error Ocurrede1:t2:aa1:y1:ee";
	struct buf b = { NULL, 0, 0, 0 };
	struct krpc m;
	uint8_t *p;
	size_t i, n, cut;

	CASE("nodes: packets of BEP 5 are read and written again; none cut");
	for (i = 0; i < LEN(texts); i++) {
		n = strlen(texts[i]);
		p = unit_copy(texts[i], n);
		OK_FOR(texts[i], krpc_read(&m, p, n) == 0);
		b.len = 0;
		krpc_write(&b, &m);
		OK_FOR(texts[i], b.len == n && memcmp(b.p, p, n) == 0);
		free(p);
		for (cut = 0; cut < n; cut++) {
			p = unit_copy(texts[i], cut);
			OK_FOR(texts[i], krpc_read(&m, p, cut) == -1);
			free(p);
		}
	}
	OK(krpc_read(&m, (const uint8_t *)texts[7], strlen(texts[7])) == 0);
	OK(m.method == KRPC_ANNOUNCE && m.port == 6881 && m.implied);
	OK(memcmp(m.target, "mnopqrstuvwxyz123456", ID_LEN) == 0);
	OK(memcmp(m.id, "abcdefghij0123456789", ID_LEN) == 0);
	OK(span_is(m.token, "aoeusnth") && span_is(m.tid, "aa"));
	OK(krpc_read(&m, (const uint8_t *)error, sizeof error - 1) == 0);
	OK(m.type == 'e' && m.error == 201);
	buf_free(&b);
}

static void
wrong_packets(void)
{
#define A "2:id20:abcdefghij0123456789"
#define H "9:info_hash20:mnopqrstuvwxyz123456"
	static const struct {
		const char *text;
		int want;
	} rows[] = {
		{ "", -1 }, { "i1e", -1 }, { "le", -1 }, { "de", -1 },
		{ "d1:t2:aa1:y1:xe", -1 }, { "d1:t2:aa1:y2:qqe", -1 },
		{ "d1:rd" A "e1:y1:re", -1 },
		{ "d1:rd" A "e1:t0:1:y1:rex", -1 },
		{ "d1:rd2:id19:abcdefghij012345678e1:t2:aa1:y1:re", -1 },
		{ "d1:rde1:t2:aa1:y1:re", -1 }, { "d1:t2:aa1:y1:re", -1 },
		{ "d1:q4:ping1:t33:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1:y1:qe",
		    -1 },
		{ "d1:q4:ping1:t2:aa1:y1:qe", 203 },
		{ "d1:ale1:q4:ping1:t2:aa1:y1:qe", 203 },
		{ "d1:ad2:idi1ee1:q4:ping1:t2:aa1:y1:qe", 203 },
		{ "d1:ad" A "e1:t2:aa1:y1:qe", 203 },
		{ "d1:ad" A "e1:q4:pong1:t2:aa1:y1:qe", 204 },
		{ "d1:ad" A "e1:q9:find_node1:t2:aa1:y1:qe", 203 },
		{ "d1:ad" A "e1:q9:get_peers1:t2:aa1:y1:qe", 203 },
		{ "d1:ad" A H "4:porti1e5:token1:xe1:q13:announce_peer"
		    "1:t2:aa1:y1:qe", 0 },
		{ "d1:ad" A H "4:porti1ee1:q13:announce_peer1:t2:aa1:y1:qe",
		    203 },
		{ "d1:ad" A H "4:porti0e5:token1:xe1:q13:announce_peer"
		    "1:t2:aa1:y1:qe", 203 },
		{ "d1:ad" A H "4:porti65536e5:token1:xe1:q13:announce_peer"
		    "1:t2:aa1:y1:qe", 203 },
		{ "d1:ad" A H "12:implied_porti1e5:token1:xe1:q13:"
		    "announce_peer1:t2:aa1:y1:qe", 0 },
		{ "d1:ele1:t2:aa1:y1:ee", 0 }, { "d1:t2:aa1:y1:ee", 0 },
	};
	struct krpc m;
	uint8_t *p;
	size_t i, n;

	CASE("nodes: wrong packets are nothing, or have their error");
	for (i = 0; i < LEN(rows); i++) {
		n = strlen(rows[i].text);
		p = unit_copy(rows[i].text, n);
		OK_FOR(rows[i].text, krpc_read(&m, p, n) == rows[i].want);
		free(p);
	}
}

static void
quotas(void)
{
	struct quota q;
	struct addr a = addr_of("[2001:db8:1:2::3]:1");
	uint64_t h = quota_hash(key, &a, 0), wide = quota_hash(key, &a, 1);
	int i;

	CASE("nodes: a quota is a period's");
	memset(&q, 0, sizeof q);
	OK(quota_age(&q, h, 70) > 1000);
	for (i = 0; i < 4; i++)
		OK(quota_take(&q, h, 70, 4));
	OK(!quota_take(&q, h, 70, 4));
	OK(quota_age(&q, h, 70) == 0 && quota_age(&q, h, 75) == 5);
	OK(quota_take(&q, h, 71, 1) && !quota_take(&q, h, 71, 1));
	quota_clear(&q, h);
	OK(quota_age(&q, h, 71) == 0 && quota_take(&q, h, 71, 1));
	OK(quota_take(&q, h + 1, 71, 1) && quota_age(&q, h + 2, 1) > 1000);
	CASE("nodes: a /64 is one stranger, and a /48 a network");
	a.ip[15] = 4;
	OK(quota_hash(key, &a, 0) == h);
	a.ip[7] = 4;
	OK(quota_hash(key, &a, 0) != h && quota_hash(key, &a, 1) == wide);
	a.ip[5] = 4;
	OK(quota_hash(key, &a, 1) != wide);
	CASE("nodes: so is an IPv4 address, and a /24; here, a port");
	a = addr_of("1.2.3.4:5");
	h = quota_hash(key, &a, 0);
	wide = quota_hash(key, &a, 1);
	a.port = 6;
	OK(quota_hash(key, &a, 0) == h);
	a.ip[15] = 9;
	OK(quota_hash(key, &a, 0) != h && quota_hash(key, &a, 1) == wide);
	a.ip[14] = 9;
	OK(quota_hash(key, &a, 1) != wide);
	a = addr_of("127.0.0.1:5");
	h = quota_hash(key, &a, 0);
	a.port = 6;
	OK(quota_hash(key, &a, 0) != h);
}

static void
queries(void)
{
	struct pending *p = xcalloc(1, sizeof *p);
	struct addr a = addr_of("1.2.3.4:5"), b = addr_of("1.2.3.4:6");
	uint8_t tids[2][PENDING_TID];
	struct span tid = { tids[0], PENDING_TID };
	struct query *q;
	int i;

	CASE("nodes: a query is answered from where it went, once");
	OK(pending_when(p) == INT64_MAX);
	q = pending_add(p, &a, NULL, 0x12345678, 100);
	OK(!q->known);
	memcpy(tids[0], q->tid, PENDING_TID);
	q = pending_add(p, &b, (const uint8_t *)"twenty bytes of an id", 7,
	    200);
	OK(q->known && memcmp(q->id, "twenty", 6) == 0);
	memcpy(tids[1], q->tid, PENDING_TID);
	OK(pending_match(p, tid, &b) == NULL);
	tid.n--;
	OK(pending_match(p, tid, &a) == NULL);
	tid.n++;
	tids[0][3] ^= 1;
	OK(pending_match(p, tid, &a) == NULL);
	tids[0][3] ^= 1;
	OK(pending_match(p, tid, &a) != NULL);
	OK(pending_match(p, tid, &a) == NULL);
	CASE("nodes: a query is slow, then over; each is told once");
	OK(pending_slow(p, 199 + SLOW_MS) == NULL);
	OK(pending_when(p) == 200 + SLOW_MS);
	OK(pending_dead(p, 300 + DEAD_MS) == NULL); /* slow comes first */
	OK(pending_slow(p, 200 + SLOW_MS) == q);
	OK(pending_slow(p, 200 + SLOW_MS) == NULL);
	OK(pending_when(p) == 200 + DEAD_MS);
	OK(pending_dead(p, 199 + DEAD_MS) == NULL);
	OK(pending_dead(p, 200 + DEAD_MS) == q);
	OK(pending_dead(p, 200 + DEAD_MS) == NULL);
	tid.p = tids[1];
	OK(pending_match(p, tid, &b) == NULL);
	CASE("nodes: so many are under way and no more");
	for (i = 0; i < PENDING_MOST; i++)
		OK(pending_add(p, &a, NULL, 1, 10000 + i) != NULL);
	OK(pending_add(p, &a, NULL, 1, 20000) == NULL);
	while (pending_slow(p, 10000 + SLOW_MS))
		;
	OK(pending_dead(p, 10000 + DEAD_MS) != NULL);
	OK(pending_add(p, &a, NULL, 1, 20000) != NULL);
	OK(pending_add(p, &a, NULL, 1, 20000) == NULL);
	free(p);
}

static void
tokens(void)
{
	struct stored *s = stored_new(key);
	struct addr a = addr_of("1.2.3.4:5"), b = addr_of("1.2.3.5:5");
	uint8_t token[STORED_TOKEN];
	struct span t = { token, STORED_TOKEN };
	int64_t at = 7 * 5 * MINUTE_MS;

	CASE("nodes: a token is an address's, for five minutes to ten");
	stored_token(s, &a, at, token);
	OK(stored_allows(s, &a, t, at) && !stored_allows(s, &b, t, at));
	a.port = 9;
	OK(stored_allows(s, &a, t, at));
	OK(stored_allows(s, &a, t, at + 10 * MINUTE_MS - 1));
	OK(!stored_allows(s, &a, t, at + 10 * MINUTE_MS));
	token[7] ^= 1;
	OK(!stored_allows(s, &a, t, at));
	token[7] ^= 1;
	t.n--;
	OK(!stored_allows(s, &a, t, at));
	t.n = 0;
	OK(!stored_allows(s, &a, t, at));
	stored_free(s);
}

static void
store(void)
{
	struct stored *s = stored_new(key);
	const uint8_t *h = (const uint8_t *)"a torrent of 20 byte";
	const uint8_t *o = (const uint8_t *)"other torrent, 20 by";
	struct addr a, list[300];
	int i, n, seen[64] = { 0 };

	CASE("nodes: what is stored is there for half an hour");
	OK(stored_get(s, h, list, 300, 0) == 0);
	for (i = 0; i < 50; i++) {
		a = nth(i);
		stored_put(s, h, &a, i);
	}
	a = nth(0);
	stored_put(s, h, &a, 60); /* again, later */
	stored_put(s, o, &a, 60);
	OK(stored_count(s) == 51);
	OK(stored_get(s, h, list, 300, 100) == 50);
	OK(stored_get(s, o, list, 300, 100) == 1 && addr_same(list, &a));
	OK(stored_get(s, h, list, 300, 40 + 30 * MINUTE_MS) == 10);
	OK(stored_get(s, h, list, 300, 60 + 30 * MINUTE_MS) == 0);
	CASE("nodes: all of a torrent come up when only some are given");
	for (n = 0; n < 100; n++) {
		OK(stored_get(s, h, list, 5, 100) == 5);
		for (i = 0; i < 5; i++)
			seen[list[i].ip[13]]++;
	}
	for (i = 0; i < 50; i++)
		OK(seen[i] > 0);
	stored_free(s);
}

static void
store_bounds(void)
{
	struct stored *s = stored_new(key);
	uint8_t h[ID_LEN] = { 0 };
	struct addr a, list[300];
	int i, n;

	CASE("nodes: an address that announces all takes its own places");
	a = nth(0);
	stored_put(s, h, &a, 0);
	a = nth(1);
	for (i = 1; i < 10000; i++) {
		put32(h, (uint32_t)i);
		stored_put(s, h, &a, i);
	}
	OK(stored_count(s) <= 33);
	put32(h, 0);
	OK(stored_get(s, h, list, 300, 10000) == 1);
	CASE("nodes: so does a network");
	for (i = 0; i < 10000; i++) {
		put32(h, (uint32_t)i);
		a.ip[15] = (uint8_t)i;
		stored_put(s, h, &a, 10000);
	}
	n = stored_count(s);
	OK(n > 33 && n <= 200);
	CASE("nodes: and a torrent");
	put32(h, UINT32_MAX);
	for (i = 2; i < 2000; i++) {
		a = nth(i);
		stored_put(s, h, &a, 10000 + i);
	}
	OK(stored_get(s, h, list, 300, 12000) == 200);
	OK(stored_count(s) == n + 200);
	CASE("nodes: the store is bounded; the oldest go");
	for (i = 0; i < 10000; i++) {
		put32(h, (uint32_t)i);
		a = nth(i);
		stored_put(s, h, &a, 20000 + i);
	}
	OK(stored_count(s) == STORED_MOST);
	OK(stored_get(s, h, list, 300, 30000) == 1);
	put32(h, 5000);
	OK(stored_get(s, h, list, 300, 30000) == 0);
	stored_free(s);
}

static void
table(void)
{
	uint8_t own[ID_LEN] = { 0 }, id[ID_LEN];
	struct nodes *t = nodes_new(own);
	const struct node *near[NODES_K];
	char text[32], digits[8];
	struct addr list[300];
	int i, n;

	CASE("nodes: eight of the far half, and all that are near");
	for (i = 0; i < 100; i++) {
		snprintf(digits, sizeof digits, "%02x", 0x80 + i);
		snprintf(text, sizeof text, "10.0.1.%d:1", i + 1);
		answered(t, digits, text, 1000);
	}
	OK(nodes_count(t) == 8);
	for (i = 0; i < 24; i++) {
		snprintf(digits, sizeof digits, "00%02x", i * 10 + 5);
		snprintf(text, sizeof text, "10.0.2.%d:1", i + 1);
		answered(t, digits, text, 1000);
	}
	OK(nodes_count(t) > 8 + 16 && nodes_good(t, 0, 1000) > 8 + 16);
	OK(nodes_good(t, 1, 1000) == 0);
	CASE("nodes: the nearest first");
	id_of(id, "0000");
	OK(nodes_nearest(t, id, NODES_GOOD, near, 1000) == NODES_K);
	for (i = 1; i < NODES_K; i++)
		OK(id_compare(id, near[i - 1]->id, near[i]->id) < 0);
	OK(near[0]->id[1] == 5 && near[1]->id[1] == 15);
	id_of(id, "87");
	OK(nodes_nearest(t, id, NODES_FIT, near, 1000) == NODES_K);
	OK(near[0]->id[0] == 0x87 && near[7]->id[0] >= 0x80);
	OK(nodes_nearest(t, id, NODES_ODD, near, 1000) == 0);
	n = nodes_list(t, list, 300, 1000);
	OK(n == nodes_count(t) && nodes_list(t, list, 3, 1000) == 3);
	CASE("nodes: they are questionable after a quarter of an hour");
	i = 1000 + 15 * MINUTE_MS;
	OK(nodes_good(t, 0, i - 1) == n && nodes_good(t, 0, i) == 0);
	OK(nodes_nearest(t, id, NODES_GOOD, near, i) == 0);
	OK(nodes_nearest(t, id, NODES_FIT, near, i) == 8);
	OK(nodes_due(t, 1000 + 5 * MINUTE_MS) == NULL);
	OK(nodes_due(t, i) != NULL);
	CASE("nodes: a bucket that has not changed is refreshed in its range");
	OK(!nodes_refresh(t, id, i - 1));
	for (n = 0; n < 60; n++) {
		memset(id, 0xff, ID_LEN);
		if (!nodes_refresh(t, id, i))
			break;
		OK(id_common(id, own) == n || n > 8);
	}
	OK(n > 8 && n < 20 && !nodes_refresh(t, id, i));
	CASE("nodes: a new id sorts them anew");
	id_of(id, "ff");
	nodes_rename(t, id, i);
	OK(nodes_count(t) == 8 + 8);
	nodes_free(t);
}

static void
table_bounds(void)
{
	uint8_t own[ID_LEN] = { 0 };
	struct nodes *t = nodes_new(own);
	struct addr a;
	char text[48], digits[8];
	int i;

	CASE("nodes: one an address, and few of a /24, in the whole table");
	for (i = 0; i < 200; i++) {
		snprintf(digits, sizeof digits, "%02x", i);
		snprintf(text, sizeof text, "1.2.3.4:%d", i + 2000);
		answered(t, digits, text, 1000);
	}
	OK(nodes_count(t) == 1);
	for (i = 0; i < 200; i++) {
		snprintf(digits, sizeof digits, "%02x", i);
		snprintf(text, sizeof text, "1.2.3.%d:1", i + 1);
		answered(t, digits, text, 1000);
	}
	OK(nodes_count(t) == 3);
	nodes_free(t);
	t = nodes_new(own);
	CASE("nodes: and of a /64");
	for (i = 0; i < 100; i++) {
		snprintf(digits, sizeof digits, "%02x", i);
		snprintf(text, sizeof text, "[2001:db8:1:2::%x]:1", i + 1);
		answered(t, digits, text, 1000);
	}
	OK(nodes_count(t) == 3);
	nodes_free(t);
	t = nodes_new(own);
	CASE("nodes: on this host, one a port");
	for (i = 0; i < 8; i++) {
		snprintf(digits, sizeof digits, "%02x", 0x80 + i);
		snprintf(text, sizeof text, "127.0.0.1:%d", i + 2000);
		answered(t, digits, text, 1000);
	}
	OK(nodes_count(t) == 8);
	CASE("nodes: never ourselves");
	a = addr_of("10.9.9.9:1");
	nodes_answered(t, own, &a, 1000);
	OK(nodes_count(t) == 8 && !nodes_at(t, own, &a));
	CASE("nodes: a node that has changed its id is one still");
	answered(t, "99", "127.0.0.1:2000", 1000);
	OK(nodes_count(t) == 8);
	answered(t, "99", "127.0.0.1:3000", 1000); /* another has its id */
	OK(nodes_count(t) == 8);
	nodes_free(t);
}

static void
table_changes(void)
{
	uint8_t own[ID_LEN] = { 0 }, id[ID_LEN];
	struct nodes *t = nodes_new(own);
	struct addr a;
	char text[32], digits[8];
	int i;

	CASE("nodes: who is silent twice makes room for who waits");
	for (i = 0; i < 10; i++) {
		snprintf(digits, sizeof digits, "%02x", 0x80 + i);
		snprintf(text, sizeof text, "10.0.1.%d:1", i + 1);
		answered(t, digits, text, 1000);
	}
	a = addr_of("10.0.1.1:1");
	id_of(id, "80");
	OK(nodes_at(t, id, &a) != NULL);
	nodes_silent(t, id, &a);
	OK(nodes_at(t, id, &a) != NULL && nodes_good(t, 0, 1000) == 7);
	nodes_answered(t, id, &a, 1000);
	OK(nodes_good(t, 0, 1000) == 8);
	nodes_silent(t, id, &a);
	nodes_silent(t, id, &a);
	OK(nodes_at(t, id, &a) == NULL && nodes_good(t, 0, 1000) == 8);
	a = addr_of("10.0.1.10:1");
	id_of(id, "89");
	OK(nodes_at(t, id, &a) != NULL);
	CASE("nodes: a query keeps a node good");
	OK(nodes_heard(t, id, &a, 10 * MINUTE_MS) == 0);
	OK(nodes_good(t, 0, 20 * MINUTE_MS) == 1);
	OK(nodes_count(t) == 8);
	CASE("nodes: who asks is wanted while there is room");
	nodes_free(t);
	t = nodes_new(own);
	OK(nodes_heard(t, id, &a, 0) == 1 && nodes_count(t) == 0);
	CASE("nodes: an id that suits its address displaces one that does not");
	for (i = 0; i < 8; i++) {
		a = nth(i);
		memset(id, 0, ID_LEN);
		id[0] = 0x80;
		id[1] = (uint8_t)i;
		nodes_answered(t, id, &a, 1000);
	}
	a = nth(100);
	id[0] = 0x81;
	nodes_answered(t, id, &a, 1000); /* splits, and finds no place */
	OK(nodes_count(t) == 8 && nodes_at(t, id, &a) == NULL);
	do {
		a.ip[13]++;
		id_suit(id, &a);
	} while (id[0] < 0x80);
	nodes_answered(t, id, &a, 1000);
	OK(nodes_count(t) == 8 && nodes_at(t, id, &a) != NULL);
	nodes_free(t);
}

static void
searches(void)
{
	struct search *s = xmalloc(sizeof *s);
	uint8_t target[ID_LEN] = { 0 }, id[ID_LEN];
	const struct found *f;
	struct span token = span_of("token");
	struct addr a = addr_of("10.0.0.1:1");
	int i, n;

	CASE("nodes: a search asks the nearest, a few at a time");
	search_init(s, target);
	OK(search_over(s));
	for (i = 30; i > 0; i--) {
		memset(id, i, ID_LEN);
		a.ip[15] = (uint8_t)i;
		OK(search_add(s, id, &a) == 1 && search_add(s, id, &a) == 0);
	}
	for (i = 1; (f = search_next(s)); i++)
		OK(f->id[0] == i && !search_over(s));
	OK(i == 5);
	CASE("nodes: it asks more when some are slow, but not without end");
	for (i = 1; i <= 4; i++) {
		memset(id, i, ID_LEN);
		search_slow(s, id);
	}
	for (n = 0; (f = search_next(s)); n++)
		search_slow(s, f->id);
	OK(n == 4);
	CASE("nodes: it is over when the nearest eight have answered");
	memset(id, 1, ID_LEN);
	search_dead(s, id);
	for (i = 2; i <= 8; i++) {
		memset(id, i, ID_LEN);
		OK(!search_over(s));
		search_answered(s, id, i == 3 ? span_of("") : token);
	}
	OK(!search_over(s));
	f = search_next(s);
	OK(f && f->id[0] == 9 && !search_over(s));
	search_answered(s, f->id, token);
	OK(search_over(s) && !search_next(s));
	for (i = 0; i < SEARCH_K; i++) {
		f = search_best(s, i);
		OK(f && f->id[0] == 2 + i && (f->ntoken == 5) == (i != 1));
	}
	OK(search_best(s, SEARCH_K) == NULL);
	CASE("nodes: a nearer one is asked after all");
	memset(id, 0, ID_LEN);
	id[0] = 1;
	a.ip[14] = 1;
	OK(search_add(s, id, &a) == 1 && !search_over(s));
	f = search_next(s);
	OK(f && f->id[0] == 1 && f->id[1] == 0 && !search_over(s));
	OK(!search_next(s) && !search_over(s));
	search_slow(s, f->id); /* it is not waited for */
	OK(search_over(s));
	search_dead(s, f->id);
	OK(search_over(s));
	CASE("nodes: near candidates find a place in a full list, far do not");
	for (i = 0; i < 200; i++) {
		memset(id, 0, ID_LEN);
		id[0] = (uint8_t)(200 - i);
		a.ip[13] = (uint8_t)(i + 1);
		search_add(s, id, &a);
	}
	OK(s->n[0] == SEARCH_LIST && s->list[0][0].id[0] == 1);
	for (i = 1; i < s->n[0]; i++)
		OK(id_compare(target, s->list[0][i - 1].id,
		    s->list[0][i].id) < 0);
	free(s);
}

static void
odd_searches(void)
{
	struct search *s = xmalloc(sizeof *s);
	uint8_t target[ID_LEN] = { 0 }, id[ID_LEN];
	const struct found *f;
	struct addr a;
	int i, n, nodd = 0;

	CASE("nodes: ids that suit no address are asked, a few, and do not "
	    "count");
	search_init(s, target);
	for (i = n = 0; n < 10; i++) {
		a = nth(i);
		memset(id, i, ID_LEN);
		id_suit(id, &a);
		n += id[0] < 0x80 && search_add(s, id, &a);
	}
	for (i = 0; i < 1000; i++) {
		a = nth(1000 + i);
		memset(id, 0, ID_LEN);
		put16(id + 4, (uint16_t)i);
		nodd += !id_fits(id, &a) && search_add(s, id, &a);
	}
	OK(nodd >= SEARCH_LIST);
	for (n = nodd = 0; n < 1000 && (f = search_next(s)); n++) {
		nodd += !id_fits(f->id, &f->addr);
		search_answered(s, f->id, span_of("token"));
	}
	OK(search_over(s) && n == nodd + 8 && nodd == 24);
	for (i = 0; i < SEARCH_K; i++) {
		f = search_best(s, i);
		OK(f && id_fits(f->id, &f->addr));
	}
	CASE("nodes: where too few suit, others are announced to as well");
	search_init(s, target);
	for (i = 0; i < 13; i++) {
		a = nth(i);
		memset(id, 0x40 + i, ID_LEN);
		if (i < 3)
			id_suit(id, &a);
		OK(id_fits(id, &a) == (i < 3) && search_add(s, id, &a));
	}
	while ((f = search_next(s)))
		search_answered(s, f->id, span_of("token"));
	for (i = 0; i < SEARCH_K; i++) {
		f = search_best(s, i);
		OK(f && id_fits(f->id, &f->addr) == (i < 3) &&
		    (i < 3 || f->id[0] == 0x40 + i));
	}
	OK(search_best(s, SEARCH_K) == NULL);
	CASE("nodes: a few candidates of a network");
	search_init(s, target);
	a = nth(5);
	for (i = n = 0; i < 100; i++) {
		a.ip[15] = (uint8_t)i;
		memset(id, i, ID_LEN);
		id_suit(id, &a);
		n += search_add(s, id, &a);
	}
	OK(n == 3);
	free(s);
}

static struct addr
addr_of(const char *text)
{
	struct addr a;

	memset(&a, 0, sizeof a);
	OK_FOR(text, addr_parse(&a, text, 1) == 0);
	return a;
}

/* The nth of many global addresses, each in a /24 of its own. */
static struct addr
nth(int i)
{
	struct addr a = addr_of("20.0.0.1:6881");

	a.ip[12] = (uint8_t)(20 + (i >> 16));
	a.ip[13] = (uint8_t)i;
	a.ip[14] = (uint8_t)(i >> 8);
	return a;
}

/* An id that begins with these digits. */
static void
id_of(uint8_t *id, const char *digits)
{
	memset(id, 0, ID_LEN);
	id[ID_LEN - 1] = 1;
	unhex(id, (const uint8_t *)digits, strlen(digits) / 2);
}

static void
answered(struct nodes *t, const char *digits, const char *text,
    int64_t now_ms)
{
	struct addr a = addr_of(text);
	uint8_t id[ID_LEN];

	id_of(id, digits);
	nodes_answered(t, id, &a, now_ms);
}
