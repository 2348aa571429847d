/* bencode: what is right, what is wrong and what goes on, by BEP 3; readers
 * and writers; and bytes that nobody meant. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "bencode.h"
#include "unit.h"

static void valid(void);
static void truncated(void);
static void integers(void);
static void strings(void);
static void dicts(void);
static void depth(void);
static long nested(const char *open, int n, const char *inside, int closed);
static void readers(void);
static void iteration(void);
static void canonical(void);
static void writers(void);
static void fuzz(void);
static long parse(const void *p, size_t n);
static int whole(const char *s);
static int wrong(const char *s);
static int more(const char *s);
static int int_is(const char *s, int64_t want);
static int str_is(struct span s, const char *want);
static int walk(struct span v);

void
test_bencode(void)
{
	valid();
	truncated();
	integers();
	strings();
	dicts();
	depth();
	readers();
	iteration();
	canonical();
	writers();
	fuzz();
}

static void
valid(void)
{
	static const char *const good[] = {
		"i0e", "i1e", "i-1e", "i42e", "0:", "1:a", "4:spam",
		"10:0123456789", "le", "de", "l4:spam4:eggse", "lleldeee",
		"d3:cow3:moo4:spam4:eggse", "d4:spaml1:a1:bee", "d0:0:e",
		"d1:ai1e1:bd1:cleee", "li1e1:xdelee",
	};
	size_t i;

	CASE("bencode: every form is its own length");
	for (i = 0; i < LEN(good); i++)
		OK_FOR(good[i], whole(good[i]));
	CASE("bencode: what follows a value is left alone");
	OK(parse(BYTES("i1ei2e")) == 3);
	OK(parse(BYTES("lee")) == 2);
	OK(parse(BYTES("1:abc")) == 3);
	OK(parse(BYTES("de\0\xff")) == 2);
	CASE("bencode: a kind is told by its first byte");
	OK(ben_kind(span_of("i1e")) == 'i');
	OK(ben_kind(span_of("0:")) == 's');
	OK(ben_kind(span_of("9:123456789")) == 's');
	OK(ben_kind(span_of("le")) == 'l');
	OK(ben_kind(span_of("de")) == 'd');
	OK(ben_kind(span_of("")) == 0);
	CASE("bencode: keys out of order and twice still parse");
	OK(whole("d1:bi1e1:ai2ee"));
	OK(whole("d1:ai1e1:ai2ee"));
}

static void
truncated(void)
{
	static const char text[] = "d8:announce9:http://x/4:infod5:filesld6:"
	    "lengthi-12345e4:pathl1:a2:bceede4:name0:e1:zlli0eedi1e";
	static const char good[] = "d8:announce9:http://x/4:infod5:filesld6:"
	    "lengthi-12345e4:pathl1:a2:bceedee4:name0:e1:zlli0eedeee";
	size_t i;

	CASE("bencode: a value cut anywhere goes on");
	OK(parse(good, sizeof good - 1) == (long)sizeof good - 1);
	for (i = 0; i < sizeof good - 1; i++)
		OK_FOR(good + i, parse(good, i) == 0);
	CASE("bencode: a wrong byte deep inside is wrong");
	OK(parse(text, sizeof text - 1) == -1);
}

static void
integers(void)
{
	static const char *const bad[] = {
		"ie", "i-e", "i+e", "i--1e", "i+-1e", "i-+1e", "i 1e",
		"i01-e", "i0-1e", "i1 e", "i1.0e", "i0x1e", "ii1e", "i1:e",
		"i9223372036854775808e", "i-9223372036854775809e",
		"i18446744073709551615e", "i18446744073709551616e",
		"i18446744073709551617e", "i-18446744073709551617e",
		"i92233720368547758070e", "i99999999999999999999e",
		"i-99999999999999999999999999999999999999999e",
	};
	size_t i;

	CASE("bencode: integers reach from the least to the most of 64 bits");
	OK(int_is("i0e", 0));
	OK(int_is("i7e", 7));
	OK(int_is("i-7e", -7));
	OK(int_is("i1234567890123e", 1234567890123));
	OK(int_is("i9223372036854775807e", INT64_MAX));
	OK(int_is("i-9223372036854775807e", -INT64_MAX));
	OK(int_is("i-9223372036854775808e", INT64_MIN));
	CASE("bencode: digits and signs too many are read");
	OK(int_is("i05e", 5) && int_is("i000e", 0) && int_is("i-0e", 0));
	OK(int_is("i-05e", -5) && int_is("i+5e", 5) && int_is("i+0e", 0));
	OK(int_is("i-000e", 0) && int_is("i+007e", 7));
	OK(int_is("i00009223372036854775807e", INT64_MAX));
	OK(int_is("i-00009223372036854775808e", INT64_MIN));
	OK(wrong("i00009223372036854775808e"));
	CASE("bencode: integers that are wrong");
	for (i = 0; i < LEN(bad); i++)
		OK_FOR(bad[i], wrong(bad[i]));
	CASE("bencode: digits without end are not waited for");
	OK(wrong("i99999999999999999999"));
	OK(wrong("i-9999999999999999999999"));
}

static void
strings(void)
{
	static const char *const bad[] = {
		"-1:a", "-0:", "+1:a", " 1:a", "1 :a", "1;a", ":",
		":a", "1e", "1i", "a", "x", "e", "-", "1.0:a", "0x1:a", "\n",
		"99999999999999999999:", "99999999999999999999:abc",
		"18446744073709551617:a", "18446744073709551616:",
		"9999999999999999999999999999999999",
	};
	size_t i;

	CASE("bencode: strings that are wrong, and what is nothing at all");
	for (i = 0; i < LEN(bad); i++)
		OK_FOR(bad[i], wrong(bad[i]));
	OK(parse("\0", 1) == -1);
	OK(parse("\xff", 1) == -1);
	CASE("bencode: a long string is waited for");
	OK(more(""));
	OK(more("1"));
	OK(more("1:"));
	OK(more("10:012345678"));
	OK(more("4294967295:x"));
	CASE("bencode: a length may have zeros in front");
	OK(parse(BYTES("01:a")) == 4 && parse(BYTES("00:")) == 3);
	OK(parse(BYTES("0000000000000000000002:ab")) == 25);
	OK(parse(BYTES("d01:a02:bce")) == 11 && more("003:ab"));
	CASE("bencode: a string holds any bytes");
	OK(parse(BYTES("5:\0e:\xff\n")) == 7);
	OK(parse(BYTES("2:i1")) == 4);
}

static void
dicts(void)
{
	static const char *const bad[] = {
		"d1:ae", "d1:ai1e1:be", "di1e1:ae", "di1ei2ee", "dle1:ae",
		"dde1:ae", "d1:a1:b1:ce", "ld1:aee", "d1:ad1:beei", "di1e",
		"d-1:a", "d:", "dx", "d1:ax", "lx", "li-ee", "d1:a0-1:be",
	};
	size_t i;

	CASE("bencode: a key is a string, and every key has a value");
	for (i = 0; i < LEN(bad); i++)
		OK_FOR(bad[i], wrong(bad[i]));
	CASE("bencode: an end that ends nothing is wrong");
	OK(wrong("e"));
	OK(wrong("ee"));
	OK(wrong("eli1ee"));
}

static void
depth(void)
{
	struct buf b = { NULL, 0, 0, 0 };
	int i;

	CASE("bencode: 32 deep is right");
	OK(nested("l", 32, "", 1) == 64);
	OK(nested("d1:a", 32, "0:", 0) == 0);
	OK(nested("d1:a", 31, "le", 1) == 31 * 5 + 2);
	OK(nested("d1:a", 32, "i1e", 1) == 32 * 5 + 3);
	OK(nested("l", 32, "i1e", 1) == 67);
	CASE("bencode: 33 deep is wrong");
	OK(nested("l", 33, "", 1) == -1);
	OK(nested("l", 32, "de", 1) == -1);
	OK(nested("d1:a", 33, "i1e", 1) == -1);
	OK(nested("d1:a", 32, "le", 1) == -1);
	OK(nested("l", 33, "", 0) == -1);
	OK(nested("l", 10000, "", 0) == -1);
	CASE("bencode: depth is how deep, not how many");
	buf_put(&b, "l", 1);
	for (i = 0; i < 1000; i++)
		buf_put(&b, i % 2 ? "le" : "de", 2);
	buf_put(&b, "e", 1);
	OK(parse(b.p, b.len) == 2002);
	buf_free(&b);
}

/* parse of n containers in each other. */
static long
nested(const char *open, int n, const char *inside, int closed)
{
	struct buf b = { NULL, 0, 0, 0 };
	long r;
	int i;

	for (i = 0; i < n; i++)
		buf_put(&b, open, strlen(open));
	buf_put(&b, inside, strlen(inside));
	for (i = 0; i < n && closed; i++)
		buf_put(&b, "e", 1);
	r = parse(b.p, b.len);
	buf_free(&b);
	return r;
}

static void
readers(void)
{
	struct span d = span_of("d1:ai1e1:bi2e1:ai3e2:aa4:text1:l"
	    "li1ee0:i9e1:sd1:bi7eee"), none = { NULL, 0 }, s, all[4];
	static const char *const keys[] = { "a", "b", "x", "z" };
	int64_t v = 55;

	CASE("bencode: ben_get finds the first of a key");
	OK(ben_get_int(d, "a", -1) == 1);
	OK(ben_get_int(d, "b", -1) == 2);
	OK(ben_get_int(d, "", -1) == 9);
	OK(str_is(ben_get(d, "l"), "li1ee"));
	OK(str_is(ben_get(d, "s"), "d1:bi7ee"));
	OK(str_is(ben_get_str(d, "aa"), "text"));
	CASE("bencode: ben_get gives nothing for a key that is not there");
	OK(ben_get(d, "c").n == 0);
	OK(ben_get(d, "text").n == 0);
	OK(ben_get(d, "aaa").n == 0);
	OK(ben_get_int(d, "c", 77) == 77);
	OK(ben_get_str(d, "c").n == 0);
	OK(ben_get(span_of("de"), "a").n == 0);
	CASE("bencode: a value of another kind is nothing");
	OK(ben_get_int(d, "aa", 77) == 77);
	OK(ben_get_int(d, "l", 77) == 77);
	OK(ben_get_str(d, "a").n == 0);
	OK(ben_get_str(d, "l").n == 0);
	OK(ben_int(span_of("1:1"), &v) == -1);
	OK(ben_int(span_of("le"), &v) == -1);
	OK(ben_str(span_of("i1e"), &s) == -1);
	OK(ben_str(span_of("de"), &s) == -1);
	OK(v == 55);
	CASE("bencode: only dictionaries have keys");
	OK(ben_get(span_of("l1:ai1ee"), "a").n == 0);
	OK(ben_get(span_of("1:a"), "a").n == 0);
	OK(ben_get(span_of("i1e"), "1").n == 0);
	CASE("bencode: nothing can be asked everything");
	OK(ben_kind(none) == 0);
	OK(ben_int(none, &v) == -1);
	OK(ben_str(none, &s) == -1);
	OK(ben_get(none, "a").n == 0);
	OK(ben_get_int(none, "a", 5) == 5);
	OK(ben_get_str(none, "a").n == 0);
	s = ben_items(none);
	OK(!ben_next(&s, &s));
	CASE("bencode: a string is its bytes, none as well");
	OK(ben_str(span_of("3:a:b"), &s) == 0 && str_is(s, "a:b"));
	OK(ben_str(span_of("0:"), &s) == 0 && s.n == 0);
	CASE("bencode: a key with a NUL is not the key before the NUL");
	d.p = (const uint8_t *)"d3:a\0bi1ee";
	d.n = 10;
	OK(ben_get(d, "a").n == 0);
	CASE("bencode: many keys are found in one walk, in any order");
	ben_get_all(span_of("d1:bi1e1:ai2e1:bi3e1:cle1:zdee"), keys, all, 4);
	OK(str_is(all[0], "i2e") && str_is(all[1], "i1e"));
	OK(all[2].n == 0 && str_is(all[3], "de"));
	ben_get_all(span_of("l1:ai1ee"), keys, all, 4);
	OK(all[0].n == 0 && all[1].n == 0 && all[2].n == 0 && all[3].n == 0);
}

static void
iteration(void)
{
	struct span it, e;

	CASE("bencode: a list is walked from its first to its last");
	it = ben_items(span_of("li1e1:ale2:bbdee"));
	OK(ben_next(&it, &e) && str_is(e, "i1e"));
	OK(ben_next(&it, &e) && str_is(e, "1:a"));
	OK(ben_next(&it, &e) && str_is(e, "le"));
	OK(ben_next(&it, &e) && str_is(e, "2:bb"));
	OK(ben_next(&it, &e) && str_is(e, "de"));
	OK(!ben_next(&it, &e));
	OK(!ben_next(&it, &e));
	CASE("bencode: a dictionary is walked as keys and values in turn");
	it = ben_items(span_of("d1:zi1e1:ad1:bleee"));
	OK(ben_next(&it, &e) && str_is(e, "1:z"));
	OK(ben_next(&it, &e) && str_is(e, "i1e"));
	OK(ben_next(&it, &e) && str_is(e, "1:a"));
	OK(ben_next(&it, &e) && str_is(e, "d1:blee"));
	OK(!ben_next(&it, &e));
	CASE("bencode: what is empty or no container has no elements");
	it = ben_items(span_of("le"));
	OK(!ben_next(&it, &e));
	it = ben_items(span_of("de"));
	OK(!ben_next(&it, &e));
	it = ben_items(span_of("i12e"));
	OK(!ben_next(&it, &e));
	it = ben_items(span_of("4:li1e"));
	OK(!ben_next(&it, &e));
	CASE("bencode: strings are walked up to what is none");
	it = ben_items(span_of("l1:a0:i1e1:be"));
	OK(ben_next_str(&it, &e) && str_is(e, "a"));
	OK(ben_next_str(&it, &e) && e.n == 0);
	OK(!ben_next_str(&it, &e) && it.n == 6);
	it = ben_items(span_of("le"));
	OK(!ben_next_str(&it, &e) && it.n == 0);
}

static void
canonical(void)
{
	static const char *const good[] = {
		"i1e", "1:a", "le", "de", "d1:ai1ee", "d1:ai1e1:bi1ee",
		"d0:i1e1:ai1ee", "d1:ai1e2:aai1e1:bi1ee", "l1:b1:ae",
		"d1:Ai1e1:ai1e1:\x80i1ee", "d1:ad1:ai1e1:bi1ee1:bi1ee",
		"ld1:bi1eed1:ai1eee", "d1:z1:a2:zz1:be", "i0e", "0:", "i-1e",
		"d0:0:e", "l0:i0ee", "i10e", "10:0123456789",
	};
	static const char *const bad[] = {
		"d1:bi1e1:ai1ee", "d1:ai1e1:ai1ee", "d2:aai1e1:ai1ee",
		"d1:ai1e0:i1ee", "d1:\x80i1e1:ai1ee", "ld1:bi1e1:ai1eee",
		"d1:ad1:bi1e1:ai1eee", "d1:ald1:bi1e1:ai1eee1:bi1ee",
		"d1:ai1e1:ci1e1:bi1ee", "d0:i1e0:i1ee",
		"lllld1:bi1e1:ai1eeeeee",
		"i01e", "i00e", "i-0e", "i-01e", "i+1e", "01:a", "00:",
		"li1ei01ee", "l01:ae", "d01:ai1ee", "d1:a01:be", "d1:ai-0ee",
		"d1:ad1:bi+1eee",
	};
	size_t i;

	CASE("bencode: canonical are strictly rising keys, as raw bytes");
	for (i = 0; i < LEN(good); i++) {
		OK_FOR(good[i], whole(good[i]));
		OK_FOR(good[i], unit_canonical(span_of(good[i])));
	}
	CASE("bencode: one dictionary out of order is not canonical");
	for (i = 0; i < LEN(bad); i++) {
		OK_FOR(bad[i], whole(bad[i]));
		OK_FOR(bad[i], !unit_canonical(span_of(bad[i])));
	}
}

static void
writers(void)
{
	static const char want[] = "di0ei-5ei9223372036854775807e"
	    "i-9223372036854775808e0:3:a\0b4:spam12:twelve bytese";
	struct buf b = { NULL, 0, 0, 0 };

	CASE("bencode: the writers write what BEP 3 says");
	buf_put(&b, "d", 1);
	ben_put_int(&b, 0);
	ben_put_int(&b, -5);
	ben_put_int(&b, INT64_MAX);
	ben_put_int(&b, INT64_MIN);
	ben_put_bytes(&b, NULL, 0);
	ben_put_bytes(&b, "a\0b", 3);
	ben_put_str(&b, "spam");
	ben_put_str(&b, "twelve bytes");
	buf_put(&b, "e", 1);
	OK(b.len == sizeof want - 1);
	OK(b.len == sizeof want - 1 && memcmp(b.p, want, b.len) == 0);
	buf_free(&b);
}

/* Small inputs with bytes changed, put in, taken out and cut off.  Whatever
 * comes of them: no length beyond the input, a value that stands alone is the
 * same value, one byte less goes on, and the readers hold. */
static void
fuzz(void)
{
	static const char *const seeds[] = {
		"d1:ai1e1:bl1:x2:yyed3:key5:valueee", "li-10ei0e3:abclleee",
		"d4:infod6:lengthi5e4:name1:a12:piece lengthi16384eee",
		"lllllllleeeeeeee", "i-9223372036854775808e",
		"10:0123456789", "d0:0:e", "d1:ade1:ble1:ci0ee",
	};
	uint64_t state = 42;
	uint8_t text[128];
	struct span v;
	size_t n, k;
	long r;
	int round, beyond = 0, loose = 0, early = 0;
	int sums = 0, nvalid = 0;

	CASE("bencode: 200000 inputs that nobody meant");
	for (round = 0; round < 200000; round++) {
		k = rnd_below(&state, LEN(seeds));
		n = strlen(seeds[k]);
		memcpy(text, seeds[k], n);
		n = unit_mutate(text, n, sizeof text, &state);
		r = parse(text, n);
		beyond += r < -1 || r > (long)n;
		if (r <= 0)
			continue;
		nvalid++;
		loose += parse(text, (size_t)r) != r;
		early += parse(text, (size_t)r - 1) != 0;
		v.n = (size_t)r;
		v.p = unit_copy(text, v.n);
		sums += walk(v);
		free((void *)(uintptr_t)v.p);
	}
	OK(beyond == 0);
	OK(loose == 0);
	OK(early == 0);
	OK(nvalid > 1000 && nvalid < 199000);
	OK(sums >= nvalid);
}

/* ben_parse on memory that ends with the input. */
static long
parse(const void *p, size_t n)
{
	uint8_t *copy = unit_copy(p, n);
	long r = ben_parse(copy, n);

	free(copy);
	return r;
}

static int
whole(const char *s)
{
	return parse(s, strlen(s)) == (long)strlen(s);
}

static int
wrong(const char *s)
{
	return parse(s, strlen(s)) == -1;
}

static int
more(const char *s)
{
	return parse(s, strlen(s)) == 0;
}

static int
int_is(const char *s, int64_t want)
{
	int64_t v = 99;

	return whole(s) && ben_int(span_of(s), &v) == 0 && v == want;
}

static int
str_is(struct span s, const char *want)
{
	return s.n == strlen(want) && memcmp(s.p, want, s.n) == 0;
}

/* Asks a value and all below it everything; how many values there are. */
static int
walk(struct span v)
{
	struct span it = ben_items(v), e, s;
	int64_t i;
	int n = 1, kind = ben_kind(v);

	n += ben_int(v, &i) == 0 && kind != 'i';
	n += ben_str(v, &s) == 0 && kind != 's';
	if (kind == 's' && ben_str(v, &s) == 0 &&
	    (s.p < v.p || s.n > v.n || s.p + s.n != v.p + v.n))
		return -1000000;
	ben_get(v, "a");
	ben_get(v, "info");
	unit_canonical(v);
	while (ben_next(&it, &e))
		n += walk(e);
	return n;
}
