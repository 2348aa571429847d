/* known: addresses by the dozen and the thousand, with a set clock. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "addr.h"
#include "find/known.h"
#include "unit.h"

enum {
	MINUTE_MS = 60000,
	DAY_MS    = 24 * 60 * MINUTE_MS,
	NRANDOM   = 24 /* addresses of the random runs */
};

/* What should be so of the random runs' addresses: what waits is given when it
 * is due, the first due first; what is in use or banned is not. */
struct model {
	struct known *known;
	enum { NO, WAITS, USED, BANNED } state[NRANDOM];
	int64_t due_ms[NRANDOM], now_ms;
	uint64_t rnd;
};

static void origins(void);
static void refusals(void);
static void duplicates(void);
static void dialling(void);
static void back_off(void);
static int64_t wait_of(struct known *k, const struct addr *a, int worked,
    int64_t now_ms);
static void success(void);
static void use(void);
static void full(void);
static int add_many(struct known *k, enum origin from, int n);
static void shares(void);
static void words(void);
static void claims(void);
static void contacts(void);
static void work(void);
static void bans(void);
static void ban_loopback(void);
static void ban_in_use(void);
static void many_bans(void);
static void never(void);
static void never_again(void);
static void never_unknown(void);
static void never_evicted(void);
static void random_runs(void);
static void renewed(void);
static int random_run(uint64_t seed);
static int random_step(struct model *m, uint32_t i);
static int dials_first(struct model *m);
static struct addr addr_of(const char *text);
static struct addr nth(uint32_t n);
static int add(struct known *k, const char *text, enum origin from);
static int is(const struct addr *a, const char *text);
static int fill(struct known *k, uint32_t n, enum origin from);

void
test_known(void)
{
	origins();
	refusals();
	duplicates();
	dialling();
	back_off();
	success();
	use();
	full();
	shares();
	words();
	claims();
	contacts();
	work();
	bans();
	ban_loopback();
	ban_in_use();
	many_bans();
	never();
	never_again();
	never_unknown();
	never_evicted();
	random_runs();
	renewed();
}

/* Who failed has its wait, unless the whole network is another one. */
static void
renewed(void)
{
	struct known *k = known_new(1);
	struct addr good = addr_of("10.0.0.1:2000"), bad = addr_of(
	    "10.0.0.2:2000");
	const struct addr *a;
	int i;

	CASE("known: those who worked are due again, or all are");
	OK(known_add(k, &good, FROM_TRACKER) && known_add(k, &bad,
	    FROM_TRACKER));
	for (i = 0; i < 2 && (a = known_next(k, 1000)); i++)
		known_over(k, a, addr_same_ip(a, &good), 1000);
	OK(i == 2 && !known_next(k, 2000));
	known_renew(k, 0, 2000);
	a = known_next(k, 2000);
	OK(a && addr_same_ip(a, &good) && !known_next(k, 2000));
	known_renew(k, 1, 2000);
	a = known_next(k, 2000);
	OK(a && addr_same_ip(a, &bad));
	known_free(k);
}

static void
origins(void)
{
	static const char *const low[] = { "10.0.0.1:1", "10.0.0.1:80",
	    "10.0.0.1:1023", "[2001:db8::1]:443" };
	struct known *k = known_new(1);
	size_t i;

	CASE("known: a peer's word on a port below 1024 is refused");
	for (i = 0; i < LEN(low); i++)
		OK(!add(k, low[i], FROM_PEER));
	OK(known_next(k, 1) == NULL);
	OK(add(k, "10.0.0.1:1024", FROM_PEER));
	OK(add(k, "10.0.0.1:65535", FROM_PEER));
	CASE("known: a tracker's and the user's are taken");
	OK(add(k, low[0], FROM_TRACKER) && add(k, low[1], FROM_TRACKER));
	OK(add(k, low[2], FROM_USER) && add(k, low[3], FROM_USER));
	known_free(k);
}

static void
refusals(void)
{
	static const char *const bad[] = { "10.0.0.1:0", "0.1.2.3:6881",
	    "0.0.0.0:6881", "224.0.0.1:6881", "239.255.255.250:6881",
	    "255.255.255.255:6881", "[ff02::1]:6881", "[::]:6881",
	    "[::1]:0", "[2001:db8::1]:0" };
	struct known *k = known_new(1);
	size_t i;

	CASE("known: what cannot be dialled is refused, whoever says it");
	for (i = 0; i < LEN(bad); i++) {
		OK_FOR(bad[i], !add(k, bad[i], FROM_PEER));
		OK_FOR(bad[i], !add(k, bad[i], FROM_TRACKER));
		OK_FOR(bad[i], !add(k, bad[i], FROM_USER));
	}
	OK(known_next(k, 1) == NULL && known_when(k) == INT64_MAX);
	known_free(k);
}

static void
duplicates(void)
{
	struct known *k = known_new(1);

	CASE("known: an address is new once");
	OK(add(k, "10.0.0.1:6881", FROM_TRACKER));
	OK(!add(k, "10.0.0.1:6881", FROM_TRACKER));
	OK(!add(k, "10.0.0.1:6881", FROM_PEER));
	OK(!add(k, "10.0.0.1:6881", FROM_USER));
	OK(!add(k, "[::ffff:10.0.0.1]:6881", FROM_TRACKER));
	CASE("known: another port or version is another address");
	OK(add(k, "10.0.0.1:6882", FROM_TRACKER));
	OK(add(k, "[2001:db8::1]:6881", FROM_TRACKER));
	OK(!add(k, "[2001:db8:0::1]:6881", FROM_TRACKER));
	known_free(k);
}

static void
dialling(void)
{
	struct known *k = known_new(1);
	const struct addr *a, *b;
	struct addr c;

	CASE("known: nobody known, nobody to dial");
	OK(known_next(k, 1000) == NULL && known_when(k) == INT64_MAX);
	CASE("known: who is new is dialled at once, and once");
	add(k, "10.0.0.1:6881", FROM_TRACKER);
	add(k, "10.0.0.2:6881", FROM_PEER);
	OK(known_when(k) <= 1000);
	a = known_next(k, 1000);
	OK(known_when(k) <= 1000);
	b = known_next(k, 1000);
	OK(a && b && !addr_same(a, b));
	OK(known_next(k, 1000) == NULL && known_when(k) == INT64_MAX);
	OK(known_next(k, INT64_MAX - 1) == NULL);
	CASE("known: who has heard of us has time to dial first");
	c = addr_of("10.0.0.3:6881");
	OK(known_await(k, &c, 9000) == 1 && known_when(k) == 9000);
	OK(known_claim(k, &c) == 1 && known_next(k, 9000) == NULL);
	known_unclaim(k, &c, 2000);
	OK(known_next(k, 8999) == NULL && is(known_next(k, 9000),
	    "10.0.0.3:6881"));
	OK(known_count(k, FROM_TRACKER) == 2);
	CASE("known: the address stays as it is while it is in use");
	OK(fill(k, 100, FROM_TRACKER) == 100);
	OK(a && b && a->port == 6881 && b->port == 6881);
	OK(a && b && a->ip[15] + b->ip[15] == 3);
	known_free(k);
}

static void
back_off(void)
{
	static const char *const text[] = { "10.0.0.1:6881", "10.0.0.2:6881" };
	struct addr a;
	struct known *k;
	int64_t wait, last, now = 5000;
	int i, from;

	CASE("known: each failure waits twice as long, up to a limit");
	for (from = FROM_PEER; from <= FROM_TRACKER; from++) {
		k = known_new(1);
		a = addr_of(text[0]);
		known_add(k, &a, (enum origin)from);
		known_next(k, now);
		last = wait_of(k, &a, 0, now);
		OK(last >= MINUTE_MS && last <= 2 * MINUTE_MS);
		for (i = 0; i < 40; i++) {
			wait = wait_of(k, &a, 0, now += last);
			OK(wait == 2 * last || (i >= 3 && wait == last));
			last = wait;
		}
		OK(last >= 8 * MINUTE_MS && last <= DAY_MS);
		known_free(k);
	}
	CASE("known: the user's own are dialled again after seconds");
	k = known_new(1);
	a = addr_of(text[1]);
	known_add(k, &a, FROM_USER);
	known_next(k, now);
	last = wait_of(k, &a, 0, now);
	OK(last >= 2000 && last <= 4000);
	for (i = 0; i < 40; i++) {
		wait = wait_of(k, &a, 0, now += last);
		OK(wait == 2 * last || (i >= 3 && wait == last));
		last = wait;
	}
	OK(last <= 10 * MINUTE_MS);
	known_free(k);
}

/* How long until a, which is in use, is dialled again; it is then in use. */
static int64_t
wait_of(struct known *k, const struct addr *a, int worked, int64_t now_ms)
{
	int64_t when;
	const struct addr *next;

	known_over(k, a, worked, now_ms);
	when = known_when(k);
	OK(known_next(k, when - 1) == NULL);
	next = known_next(k, when);
	OK(next && addr_same(next, a));
	return when - now_ms;
}

static void
success(void)
{
	struct known *k = known_new(1);
	struct addr a = addr_of("10.0.0.1:6881"), u = addr_of("10.0.0.2:6881");
	int64_t first;
	int i;

	CASE("known: a connection that worked begins anew, a minute later");
	known_add(k, &a, FROM_TRACKER);
	known_next(k, 1);
	first = wait_of(k, &a, 0, 1000);
	for (i = 0; i < 5; i++)
		wait_of(k, &a, 0, 1000);
	OK(wait_of(k, &a, 1, 1000) == MINUTE_MS);
	OK(wait_of(k, &a, 0, 1000) == first);
	known_never(k, &a);
	CASE("known: two seconds later if the user named it");
	known_add(k, &u, FROM_USER);
	known_next(k, 1);
	for (i = 0; i < 5; i++)
		wait_of(k, &u, 0, 1000);
	OK(wait_of(k, &u, 1, 1000) == 2000);
	known_free(k);
}

static void
use(void)
{
	struct known *k = known_new(1);
	struct addr a = addr_of("10.0.0.1:6881"), b = addr_of("10.0.0.2:6881");
	const struct addr *next;
	int64_t when;

	CASE("known: who has called us is not dialled");
	known_add(k, &a, FROM_TRACKER);
	known_claim(k, &a);
	OK(known_next(k, 1) == NULL && known_when(k) == INT64_MAX);
	CASE("known: until that connection is over");
	known_over(k, &a, 1, 1000);
	when = known_when(k);
	OK(when == 1000 + MINUTE_MS);
	CASE("known: what is not in use cannot be over");
	known_over(k, &a, 0, 500000);
	OK(known_when(k) == when);
	CASE("known: strangers that nobody named change nothing");
	known_claim(k, &b);
	known_over(k, &b, 1, 1000);
	known_never(k, &b);
	OK(known_when(k) == when);
	next = known_next(k, when);
	OK(next && addr_same(next, &a) && known_next(k, when) == NULL);
	CASE("known: who waits to be dialled again may call in between");
	known_over(k, &a, 0, 1000);
	known_claim(k, &a);
	OK(known_when(k) == INT64_MAX);
	known_free(k);
}

static void
full(void)
{
	struct known *k = known_new(1);
	struct addr a = nth(5), b = nth(6), c = nth(7), new = nth(KNOWN_MAX);
	const struct addr *next;
	int i, n = 0;

	CASE("known: a full table takes no more while none has failed");
	OK(fill(k, KNOWN_MAX, FROM_TRACKER) == KNOWN_MAX);
	OK(!known_add(k, &new, FROM_PEER));
	OK(add_many(k, FROM_TRACKER, 200) == 0);
	CASE("known: nor does it forget one in use for it");
	known_claim(k, &a);
	known_over(k, &a, 0, 1);
	known_claim(k, &a);
	OK(add_many(k, FROM_TRACKER, 200) == 0);
	OK(!known_add(k, &a, FROM_TRACKER));
	CASE("known: who failed makes room, and nobody else");
	known_over(k, &a, 0, 1);
	known_claim(k, &b);
	known_over(k, &b, 0, 1);
	known_claim(k, &c);
	known_over(k, &c, 1, 1);
	OK(add_many(k, FROM_PEER, 200) == 0); /* not for a peer's word */
	OK(add_many(k, FROM_TRACKER, 200) == 2);
	OK(!known_add(k, &c, FROM_TRACKER)); /* c worked */
	CASE("known: all others are still there, once each");
	while ((next = known_next(k, 1))) {
		n++;
		OK(!addr_same(next, &a) && !addr_same(next, &b));
	}
	OK(n == KNOWN_MAX - 1); /* c waits */
	for (i = 0; i < KNOWN_MAX; i++) {
		new = nth((uint32_t)i);
		OK(i == 5 || i == 6 || !known_add(k, &new, FROM_PEER));
	}
	known_free(k);
}

/* How many of n addresses that nobody has named before are taken. */
static int
add_many(struct known *k, enum origin from, int n)
{
	static uint32_t next = 10 * KNOWN_MAX;
	struct addr a;
	int taken = 0;

	for (; n > 0; n--) {
		a = nth(next++);
		taken += known_add(k, &a, from);
	}
	return taken;
}

/* What strangers can do to the table. */
static void
shares(void)
{
	struct known *k = known_new(1);
	struct addr a, seed = addr_of("12.0.0.1:7000");
	char text[64];
	int i, taken = 0;

	CASE("known: peers' words fill a share of the table, and no more");
	OK(fill(k, KNOWN_MAX, FROM_PEER) == KNOWN_MAX / 4);
	OK(add_many(k, FROM_TRACKER, KNOWN_MAX) > KNOWN_MAX * 9 / 10);
	known_free(k);
	k = known_new(1);
	CASE("known: seeds that need not be dialled make room");
	for (i = 0; i < 2 * KNOWN_MAX; i++) {
		a = nth((uint32_t)i);
		known_claim(k, &a);
		known_never(k, &a);
		known_over(k, &a, 1, 1000);
	}
	OK(add_many(k, FROM_TRACKER, 200) == 200);
	OK(known_add(k, &seed, FROM_USER));
	known_free(k);
	k = known_new(1);
	CASE("known: of one host few are taken on a peer's word, of a /64 too");
	for (i = 0; i < 100; i++) {
		snprintf(text, sizeof text, "[2001:db8::%x]:6881", i + 1);
		taken += add(k, text, FROM_PEER);
	}
	OK(taken > 0 && taken < 10);
	CASE("known: but more on a tracker's, and any that the user names");
	OK(add(k, "[2001:db8::a:1]:6881", FROM_TRACKER));
	for (i = 0; i < 100; i++) {
		snprintf(text, sizeof text, "[2001:db8::b:%x]:6881", i + 1);
		OK(add(k, text, FROM_USER));
	}
	known_free(k);
}

/* What one peer can do by naming others. */
static void
words(void)
{
	struct known *k = known_new(1);
	struct addr liar = addr_of("11.0.0.1:7000");
	struct addr other = addr_of("11.0.0.2:7000"), a;
	const struct addr *p;
	int i, n = 0;

	CASE("known: what one peer has told is a share, and others' too");
	for (i = 0; i < 1000; i++) {
		a = nth((uint32_t)i);
		n += known_told(k, &a, &liar, 100000);
	}
	OK(n == 64 && known_count(k, FROM_PEER) == 64);
	a = nth(2000);
	OK(known_told(k, &a, &other, 100000));
	CASE("known: a few of them are dialled at once, the others by and by");
	for (n = 0; known_next(k, 100000); n++)
		;
	OK(n >= 8 && n <= 10);
	for (n = 0; known_next(k, 110000); n++)
		;
	OK(n >= 9 && n <= 11);
	known_free(k);
	k = known_new(1);
	CASE("known: on one peer's word an address is tried once");
	OK(add(k, "12.0.0.1:7000", FROM_DHT));
	a = addr_of("12.0.0.2:7000");
	OK(known_told(k, &a, &liar, 1000) && !known_told(k, &a, &liar, 1000));
	OK(is(known_next(k, 1000), "12.0.0.1:7000"));
	OK(is(known_next(k, 1000), "12.0.0.2:7000"));
	known_over(k, &a, 0, 2000);
	OK(!known_told(k, &a, &liar, 1000) && known_when(k) == INT64_MAX);
	CASE("known: and again, later, when somebody else names it, too");
	OK(!known_told(k, &a, &other, 3000));
	OK(known_when(k) == 2000 + MINUTE_MS);
	OK(known_next(k, 2000 + MINUTE_MS) != NULL);
	known_over(k, &a, 0, 100000);
	OK(known_when(k) > 100000 && known_when(k) < INT64_MAX);
	CASE("known: who has answered is tried again");
	a = addr_of("12.0.0.3:7000");
	OK(known_told(k, &a, &liar, 100000) && known_next(k, 100000));
	known_over(k, &a, 1, 100001);
	known_over(k, &a, 0, 100001);
	OK(known_when(k) <= 100001 + 2 * MINUTE_MS);
	known_free(k);
	k = known_new(1);
	CASE("known: whom two have named is dialled first");
	for (i = 0; i < 50; i++) {
		a = nth((uint32_t)i);
		known_add(k, &a, FROM_TRACKER);
	}
	a = nth(33);
	OK(!known_told(k, &a, &liar, 1));
	OK(addr_same(known_next(k, 1), &a));
	CASE("known: who was tried is not on his teller's account any more");
	known_free(k);
	k = known_new(1);
	for (i = n = 0; i < 200; i++) {
		a = nth((uint32_t)i);
		n += known_told(k, &a, &liar, 1000000 + i * 10000);
		while ((p = known_next(k, 1000000 + i * 10000)))
			known_over(k, p, i % 2, 1000000 + i * 10000);
	}
	OK(n >= 200);
	CASE("known: a banned one is not tried again, whoever names it");
	a = addr_of("12.0.0.9:7000");
	OK(known_told(k, &a, &liar, 9000000) && known_next(k, 9000000));
	known_over(k, &a, 0, 9000000);
	known_ban(k, &a);
	known_told(k, &a, &other, 9000000);
	for (i = 0; (p = known_next(k, INT64_MAX - 1)) && i < 300; i++)
		OK(!addr_same(p, &a));
	CASE("known: one stranger's word is not to be trusted");
	known_free(k);
	k = known_new(1);
	a = addr_of("12.0.0.1:7000");
	OK(!known_trusts(k) && known_told(k, &a, &liar, 1));
	OK(!known_trusts(k) && !known_told(k, &a, &other, 1));
	OK(known_trusts(k));
	known_free(k);
	k = known_new(1);
	CASE("known: only trackers count, once that is so");
	OK(known_told(k, &a, &liar, 1));
	OK(add(k, "12.0.0.2:7000", FROM_DHT));
	OK(add(k, "12.0.0.3:7000", FROM_TRACKER));
	known_only(k, FROM_TRACKER);
	OK(!add(k, "12.0.0.4:7000", FROM_LOCAL) && !known_counts(k, &a));
	OK(is(known_next(k, 1), "12.0.0.3:7000") && !known_next(k, 1));
	OK(!add(k, "12.0.0.1:7000", FROM_TRACKER) && known_counts(k, &a));
	OK(is(known_next(k, 1), "12.0.0.1:7000"));
	known_free(k);
	k = known_new(1);
	for (i = 0; i < 50; i++) {
		a = nth((uint32_t)i);
		known_add(k, &a, FROM_TRACKER);
	}
	known_told(k, &a, &liar, 1);
	CASE("known: another origin's word is on nobody's account");
	OK(known_count(k, FROM_PEER) == 0);
	OK(known_count(k, FROM_TRACKER) == 50);
	known_free(k);
}

static void
claims(void)
{
	struct known *k = known_new(1);
	struct addr a = addr_of("12.0.0.1:7000"), b = addr_of("12.0.0.2:7000");

	CASE("known: who says where it listens is not dialled");
	OK(known_claim(k, &a) && known_when(k) == INT64_MAX);
	CASE("known: a claim to what is in use means nothing");
	OK(!known_claim(k, &a));
	CASE("known: a doubt means nothing as long as nobody else named it");
	OK(!known_doubt(k, &a, 500) && known_when(k) == INT64_MAX);
	CASE("known: and then that it is dialled after all");
	known_add(k, &a, FROM_TRACKER);
	OK(known_when(k) == INT64_MAX);
	OK(known_doubt(k, &a, 500) && known_when(k) == 500);
	CASE("known: when a claimer leaves, it is due as it was before");
	OK(known_next(k, 500) != NULL);
	known_over(k, &a, 0, 600);
	OK(known_when(k) == 600 + MINUTE_MS && known_claim(k, &a));
	OK(known_when(k) == INT64_MAX);
	known_unclaim(k, &a, 30000);
	OK(known_when(k) == 600 + MINUTE_MS && known_claim(k, &a));
	OK(known_doubt(k, &a, 500));
	CASE("known: who is connected twice is dialled again minutes later");
	OK(known_next(k, 500) != NULL);
	known_later(k, &a, 1000);
	OK(known_when(k) >= 1000 + 2 * MINUTE_MS);
	CASE("known: or a minute after the other connection is over");
	known_soon(k, &a, 2000);
	OK(known_when(k) == 2000 + MINUTE_MS);
	known_soon(k, &b, 2000);
	OK(known_when(k) == 2000 + MINUTE_MS);
	known_free(k);
}

/* What a connection tells of where its peer can be dialled. */
static void
contacts(void)
{
	struct known *k = known_new(1);
	struct contact us = { 0 }, it = { 0 }, it2 = { 0 };
	struct addr a = addr_of("12.0.0.1:7000");

	CASE("known: a caller who says where it listens is known by that");
	contact_claim(k, &it, &a);
	OK(it.claims && addr_same(&it.home, &a));
	OK(known_when(k) == INT64_MAX);
	CASE("known: but not if somebody is there already");
	contact_claim(k, &it2, &a);
	OK(!it2.claims && it2.home.port == 0);
	contact_over(k, &it2, 1, 100);
	OK(known_when(k) == INT64_MAX);
	CASE("known: a doubted claim is over if a tracker knows better");
	contact_doubt(k, &it, 200);
	OK(it.claims && known_when(k) == INT64_MAX);
	known_add(k, &a, FROM_TRACKER);
	contact_doubt(k, &it, 300);
	OK(!it.claims && it.home.port == 0 && known_when(k) == 300);
	contact_doubt(k, &it, 400);
	contact_over(k, &it, 1, 400);
	OK(known_when(k) == 300);
	CASE("known: what was dialled is due later when that is over");
	us.home = *known_next(k, 300);
	contact_doubt(k, &us, 400); /* it is where it was dialled */
	OK(known_when(k) == INT64_MAX);
	contact_over(k, &us, 0, 500);
	OK(known_when(k) == 500 + MINUTE_MS);
	CASE("known: a claim that is kept leaves the address due as it was");
	contact_claim(k, &it, &a);
	OK(it.claims && known_when(k) == INT64_MAX);
	contact_over(k, &it, 1, 600);
	OK(known_when(k) == 500 + MINUTE_MS);
	known_free(k);

	CASE("known: the twin of a connection waits until that is over");
	k = known_new(1);
	memset(&us, 0, sizeof us);
	memset(&it, 0, sizeof it);
	known_add(k, &a, FROM_TRACKER);
	us.home = *known_next(k, 0);
	contact_twin(k, &us, &it, 1000);
	contact_over(k, &us, 1, 1000);
	OK(addr_same(&it.twin, &a));
	OK(known_when(k) == 1000 + 2 * MINUTE_MS);
	contact_over(k, &it, 1, 2000);
	OK(known_when(k) == 2000 + MINUTE_MS);
	CASE("known: a connection has one twin, the first");
	us.home = addr_of("12.0.0.2:7000");
	contact_twin(k, &us, &it, 3000);
	us.home.port = 0;
	contact_twin(k, &us, &it2, 3000);
	OK(addr_same(&it.twin, &a) && it2.twin.port == 0);
	known_free(k);
}

/* Work is counted in entries looked at. */
static void
work(void)
{
	struct known *k = known_new(1);
	uint64_t most = 0, before;
	struct addr a;
	int i, kind;

	CASE("known: with a full table, whatever happens looks at few of it");
	fill(k, KNOWN_MAX, FROM_TRACKER);
	for (i = 0; i < 20000; i++) {
		a = nth((uint32_t)i % 3000);
		before = known_steps(k);
		kind = i % 5;
		if (kind == 0)
			known_claim(k, &a);
		else if (kind == 1)
			known_over(k, &a, i % 2, i);
		else if (kind == 2)
			known_add(k, &a, FROM_PEER);
		else if (kind == 3)
			known_next(k, i);
		else
			known_never(k, &a);
		most = MAX(most, known_steps(k) - before);
	}
	OK(most > 0 && most <= 300);
	known_free(k);
}

static void
bans(void)
{
	struct known *k = known_new(1);
	struct addr a = addr_of("10.0.0.1:6881");
	const struct addr *next;

	CASE("known: a banned address is refused on every port");
	add(k, "10.0.0.1:6881", FROM_USER);
	add(k, "10.0.0.1:6882", FROM_TRACKER);
	add(k, "10.0.0.2:6881", FROM_TRACKER);
	OK(!known_banned(k, &a));
	known_ban(k, &a);
	OK(known_banned(k, &a));
	a.port = 9999;
	OK(known_banned(k, &a));
	OK(!add(k, "10.0.0.1:9999", FROM_USER));
	OK(!add(k, "10.0.0.1:6881", FROM_TRACKER));
	CASE("known: nor are those dialled that were known before");
	next = known_next(k, 1);
	OK(next && is(next, "10.0.0.2:6881"));
	OK(known_next(k, INT64_MAX - 1) == NULL);
	OK(known_when(k) == INT64_MAX);
	CASE("known: another address is not banned with it");
	OK(add(k, "10.0.1.1:6881", FROM_TRACKER));
	OK(add(k, "[2001:db8::a00:1]:6881", FROM_TRACKER));
	a = addr_of("[2001:db8::a00:1]:6881");
	known_ban(k, &a);
	OK(!add(k, "[2001:db8::a00:1]:6882", FROM_TRACKER));
	OK(add(k, "[2001:db8:0:1::a00:1]:6881", FROM_TRACKER));
	CASE("known: but with an IPv6 address all of its /64");
	OK(!add(k, "[2001:db8::a00:2]:6881", FROM_TRACKER));
	CASE("known: with one of ::/64, no IPv4 address");
	a = addr_of("[::2]:6881");
	known_ban(k, &a);
	OK(add(k, "10.0.2.1:6881", FROM_TRACKER));
	OK(!add(k, "[::1:0:0:3]:6881", FROM_TRACKER));
	known_free(k);
}

static void
ban_loopback(void)
{
	static const char *const text[] = { "127.0.0.1:6881", "127.1.2.3:6881",
	    "[::1]:6881" };
	struct known *k;
	struct addr a;
	size_t i;

	CASE("known: on loopback a ban is for address and port");
	for (i = 0; i < LEN(text); i++) {
		k = known_new(1);
		a = addr_of(text[i]);
		known_add(k, &a, FROM_TRACKER);
		a.port++;
		OK_FOR(text[i], known_add(k, &a, FROM_TRACKER));
		a.port--;
		known_ban(k, &a);
		OK_FOR(text[i], known_banned(k, &a));
		OK_FOR(text[i], !known_add(k, &a, FROM_USER));
		a.port++;
		OK_FOR(text[i], !known_banned(k, &a));
		OK_FOR(text[i], known_next(k, 1) != NULL);
		OK_FOR(text[i], known_next(k, 1) == NULL);
		a.port++;
		OK_FOR(text[i], known_add(k, &a, FROM_TRACKER));
		known_free(k);
	}
}

static void
ban_in_use(void)
{
	struct known *k = known_new(1);
	struct addr a = addr_of("10.0.0.1:6881");
	struct addr l = addr_of("127.0.0.1:7001");

	CASE("known: who is banned while connected is not dialled again");
	known_add(k, &a, FROM_TRACKER);
	known_add(k, &l, FROM_USER);
	OK(known_next(k, 1) && known_next(k, 1));
	known_ban(k, &a);
	known_ban(k, &l);
	known_over(k, &a, 0, 1000);
	known_over(k, &l, 1, 1000);
	OK(known_when(k) == INT64_MAX);
	OK(known_next(k, INT64_MAX - 1) == NULL);
	CASE("known: nor when it calls and hangs up");
	known_claim(k, &a);
	known_over(k, &a, 1, 2000);
	OK(known_next(k, INT64_MAX - 1) == NULL);
	known_free(k);
}

static void
many_bans(void)
{
	struct known *k = known_new(1);
	struct addr a;
	uint32_t i;

	CASE("known: any number of bans; the newest hold");
	for (i = 0; i < 3000; i++) {
		a = nth(i);
		known_ban(k, &a);
		OK(known_banned(k, &a));
		a = nth(i < 100 ? 0 : i - 100);
		OK(known_banned(k, &a));
	}
	a = nth(3000);
	OK(!known_banned(k, &a) && known_add(k, &a, FROM_PEER));
	known_free(k);
}

static void
never(void)
{
	struct known *k = known_new(1);
	struct addr a = addr_of("10.0.0.1:6881");
	const struct addr *next;

	CASE("known: never again this address and port, but another port");
	known_add(k, &a, FROM_USER);
	add(k, "10.0.0.1:6882", FROM_TRACKER);
	known_never(k, &a);
	OK(!known_banned(k, &a));
	OK(!known_add(k, &a, FROM_USER));
	next = known_next(k, 1);
	OK(next && is(next, "10.0.0.1:6882"));
	OK(known_next(k, INT64_MAX - 1) == NULL);
	CASE("known: nor when the connection is over");
	known_free(k);
	k = known_new(1);
	known_add(k, &a, FROM_TRACKER);
	OK(known_next(k, 1) != NULL);
	known_never(k, &a);
	known_over(k, &a, 1, 1000);
	OK(known_when(k) == INT64_MAX);
	OK(known_next(k, INT64_MAX - 1) == NULL);
	known_free(k);
}

static void
never_again(void)
{
	struct known *k = known_new(1);
	struct addr a = addr_of("10.0.0.1:6881");

	CASE("known: never means never, though it calls us");
	known_add(k, &a, FROM_TRACKER);
	known_never(k, &a);
	known_claim(k, &a);
	known_over(k, &a, 1, 1000);
	OK(known_when(k) == INT64_MAX);
	OK(known_next(k, INT64_MAX - 1) == NULL);
	known_free(k);
}

static void
never_unknown(void)
{
	struct known *k = known_new(1);
	struct addr a = addr_of("10.0.0.1:6881");

	CASE("known: never, though we hear of it only later");
	known_never(k, &a);
	known_add(k, &a, FROM_TRACKER);
	OK(known_next(k, INT64_MAX - 1) == NULL);
	known_free(k);
}

static void
never_evicted(void)
{
	struct known *k = known_new(1);
	struct addr a = nth(5), new = nth(KNOWN_MAX);
	const struct addr *next;
	int again = 0;

	CASE("known: never, though it failed once and the table is full");
	fill(k, KNOWN_MAX, FROM_PEER);
	known_claim(k, &a);
	known_over(k, &a, 0, 1);
	known_never(k, &a);
	known_add(k, &new, FROM_TRACKER);
	known_claim(k, &new);
	known_over(k, &new, 0, 1);
	known_add(k, &a, FROM_TRACKER);
	while ((next = known_next(k, INT64_MAX - 1)))
		again |= addr_same(next, &a);
	OK(!again);
	known_free(k);
}

static void
random_runs(void)
{
	uint64_t seed;
	int ok = 1;

	CASE("known: long random runs agree with a naive model");
	for (seed = 1; seed <= 60 && ok; seed++)
		ok = random_run(seed * 0x9e3779b97f4a7c15u | 1);
	OK(ok);
}

static int
random_run(uint64_t seed)
{
	struct model m = { known_new(1), { NO }, { 0 }, 1000, seed };
	int64_t when;
	int i, steps, ok = 1;

	for (steps = 0; steps < 2000 && ok; steps++) {
		m.now_ms += rnd_below(&m.rnd, 20000);
		ok = random_step(&m, rnd_below(&m.rnd, NRANDOM));
		when = INT64_MAX;
		for (i = 0; i < NRANDOM; i++)
			if (m.state[i] == WAITS)
				when = MIN(when, m.due_ms[i]);
		ok = ok && known_when(m.known) == when;
	}
	known_free(m.known);
	return ok;
}

static int
random_step(struct model *m, uint32_t i)
{
	struct addr a = nth(i);
	int isnew = m->state[i] == NO;

	switch (rnd_below(&m->rnd, 6)) {
	case 0:
		if (isnew)
			m->state[i] = WAITS; /* and is due */
		return known_add(m->known, &a, FROM_TRACKER) == isnew;
	case 1:
		if (m->state[i] == BANNED)
			break;
		m->state[i] = USED;
		known_claim(m->known, &a);
		break;
	case 2:
	case 3:
		if (m->state[i] != USED)
			break;
		known_over(m->known, &a, 1, m->now_ms);
		m->state[i] = WAITS;
		m->due_ms[i] = m->now_ms + MINUTE_MS;
		break;
	case 4:
		if (m->state[i] == USED || rnd_below(&m->rnd, 40))
			break;
		known_ban(m->known, &a);
		m->state[i] = BANNED;
		break;
	default:
		return dials_first(m);
	}
	return 1;
}

/* Whether who is due first is dialled, if anybody is due. */
static int
dials_first(struct model *m)
{
	const struct addr *next = known_next(m->known, m->now_ms);
	int64_t first = INT64_MAX;
	struct addr a;
	int i, ok;

	for (i = 0; i < NRANDOM; i++)
		if (m->state[i] == WAITS)
			first = MIN(first, m->due_ms[i]);
	if (!next)
		return first > m->now_ms;
	for (i = 0; i < NRANDOM; i++) {
		a = nth((uint32_t)i);
		if (addr_same(&a, next))
			break;
	}
	ok = i < NRANDOM && m->state[i] == WAITS && m->due_ms[i] == first &&
	    first <= m->now_ms;
	if (ok)
		m->state[i] = USED;
	return ok;
}

static struct addr
addr_of(const char *text)
{
	struct addr a;

	memset(&a, 0, sizeof a);
	OK_FOR(text, addr_parse(&a, text, 1) == 0);
	return a;
}

/* The nth of many addresses of the outer world, each with its own IP. */
static struct addr
nth(uint32_t n)
{
	struct addr a = addr_of("11.0.0.0:6881");

	a.ip[13] = (uint8_t)(n >> 16);
	a.ip[14] = (uint8_t)(n >> 8);
	a.ip[15] = (uint8_t)n;
	return a;
}

static int
add(struct known *k, const char *text, enum origin from)
{
	struct addr a = addr_of(text);

	return known_add(k, &a, from);
}

static int
is(const struct addr *a, const char *text)
{
	struct addr b = addr_of(text);

	return addr_same(a, &b);
}

/* How many of n addresses were new. */
static int
fill(struct known *k, uint32_t n, enum origin from)
{
	struct addr a;
	uint32_t i;
	int added = 0;

	for (i = 0; i < n; i++) {
		a = nth(i);
		added += known_add(k, &a, from);
	}
	return added;
}
