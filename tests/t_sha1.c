/* sha1: the standard's vectors, and the two engines against each other. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "sha1.h"
#include "unit.h"

static void engine_cases(const char *engine);
static void named(const char *engine, const char *what);
static void vectors(void);
static int digest_is(const void *p, size_t n, const char *want);
static int final_is(struct sha1 *c, const char *want);
static void lengths(void);
static void splits(void);
static void lanes(int unequal);
static int same(const char *what, enum sha1_engine a, enum sha1_engine b);

void
test_sha1(void)
{
	CASE("sha1: an engine that is asked for is used");
	OK(sha1_use(SHA1_PORTABLE) == SHA1_PORTABLE);
	engine_cases("portable");
	if (sha1_use(SHA1_PROCESSOR) != SHA1_PROCESSOR) {
		CASE("sha1: no SHA instructions here: portable code alone");
		OK(sha1_use(SHA1_PROCESSOR) == SHA1_PORTABLE);
		return;
	}
	engine_cases("processor");
	CASE("sha1: the engines agree on every length up to 300");
	OK(same("length", SHA1_PORTABLE, SHA1_PROCESSOR));
	CASE("sha1: a stream may change its engine on the way");
	OK(same("change", SHA1_PORTABLE, SHA1_PROCESSOR));
	OK(same("change", SHA1_PROCESSOR, SHA1_PORTABLE));
	sha1_use(SHA1_PROCESSOR);
}

static void
engine_cases(const char *engine)
{
	named(engine, "the vectors of FIPS 180 and RFC 3174");
	vectors();
	named(engine, "every length up to 300");
	lengths();
	named(engine, "a stream fed at every split");
	splits();
	named(engine, "1 to 9 streams side by side");
	lanes(0);
	named(engine, "streams side by side that began differently");
	lanes(1);
}

static void
named(const char *engine, const char *what)
{
	char name[128];

	snprintf(name, sizeof name, "sha1: %s: %s", engine, what);
	CASE(name);
}

static void
vectors(void)
{
	struct sha1 c;
	char a[1000];
	int i;

	OK(digest_is(BYTES(""),
	    "da39a3ee5e6b4b0d3255bfef95601890afd80709"));
	OK(digest_is(BYTES("abc"),
	    "a9993e364706816aba3e25717850c26c9cd0d89d"));
	OK(digest_is(BYTES("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlm"
	    "nomnopnopq"), "84983e441c3bd26ebaae4aa1f95129e5e54670f1"));
	OK(digest_is(BYTES("abcdefghbcdefghicdefghijdefghijkefghijklfghijk"
	    "lmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrst"
	    "nopqrstu"), "a49b2446a02c645bf419f995b67091253a04a259"));
	memset(a, 'a', sizeof a);
	sha1_init(&c);
	for (i = 0; i < 1000; i++)
		sha1_update(&c, a, sizeof a);
	OK(final_is(&c, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"));
	sha1_init(&c);
	for (i = 0; i < 80; i++)
		sha1_update(&c, "01234567", 8);
	OK(final_is(&c, "dea356a2cddd90c7a7ecedc5ebb563934f460452"));
	/* the length counts beyond 32 bits: a state as after that many bytes,
	 * closed by a second implementation */
	sha1_init(&c);
	c.len = 0x123456780c0;
	OK(final_is(&c, "bc45985b55ae4f68568b6c2e12d74be2209136ff"));
}

static int
digest_is(const void *p, size_t n, const char *want)
{
	uint8_t digest[SHA1_LEN], *in = unit_copy(p, n);
	char text[2 * SHA1_LEN + 1];

	sha1(in, n, digest);
	free(in);
	hex(text, digest, SHA1_LEN);
	return strcmp(text, want) == 0;
}

static int
final_is(struct sha1 *c, const char *want)
{
	uint8_t digest[SHA1_LEN];
	char text[2 * SHA1_LEN + 1];

	sha1_final(c, digest);
	hex(text, digest, SHA1_LEN);
	return strcmp(text, want) == 0;
}

/* All digests hashed once more, by Python's hashlib. */
static void
lengths(void)
{
	uint8_t p[300], digests[301 * SHA1_LEN], *in;
	size_t n;

	for (n = 0; n < sizeof p; n++)
		p[n] = (uint8_t)(n * 7 + 3);
	for (n = 0; n <= sizeof p; n++) {
		in = unit_copy(p, n);
		sha1(in, n, digests + n * SHA1_LEN);
		free(in);
	}
	OK(digest_is(digests, sizeof digests,
	    "43debf5006166594c976375f1c06253e43d53ddf"));
}

static void
splits(void)
{
	uint8_t p[300], whole[SHA1_LEN], parts[SHA1_LEN];
	struct sha1 c;
	size_t n, k, step, at, bad = 0;

	for (n = 0; n < sizeof p; n++)
		p[n] = (uint8_t)(n * 13 + 1);
	for (n = 0; n <= sizeof p; n++) {
		sha1(p, n, whole);
		for (k = 0; k <= n; k++) {
			sha1_init(&c);
			sha1_update(&c, p, k);
			sha1_update(&c, p + k, n - k);
			sha1_final(&c, parts);
			bad += memcmp(whole, parts, SHA1_LEN) != 0;
		}
	}
	OK(bad == 0);
	sha1(p, sizeof p, whole);
	for (step = 1; step <= 130; step++) {
		sha1_init(&c);
		for (at = 0; at < sizeof p; at += k) {
			k = MIN(step, sizeof p - at);
			sha1_update(&c, p + at, k);
		}
		sha1_final(&c, parts);
		OK(memcmp(whole, parts, SHA1_LEN) == 0);
	}
}

/* Up to 9 streams, each from memory of its own at an odd address, fed twice,
 * with and without a beginning that leaves them inside a block. */
static void
lanes(int unequal)
{
	static const size_t lens[] = { 0, 1, 55, 56, 63, 64, 65, 127, 128,
		300, 4096, 4096 + 13 };
	struct sha1 c[9], one;
	uint8_t *mem[9], got[SHA1_LEN], want[SHA1_LEN];
	const uint8_t *p[9], *q[9];
	uint64_t state = 3;
	size_t a, i, head;
	int n, l;

	for (l = 0; l < 9; l++) {
		mem[l] = xmalloc(9000);
		for (i = 0; i < 9000; i++)
			mem[l][i] = (uint8_t)rnd_next(&state);
	}
	for (a = 0; a < LEN(lens) * 9; a++) {
		size_t len = lens[a / 9], more = lens[(a * 5 + 3) % LEN(lens)];

		n = (int)(a % 9) + 1;
		for (l = 0; l < n; l++) {
			head = unequal ? rnd_below(&state, 130) : 0;
			sha1_init(&c[l]);
			sha1_update(&c[l], mem[l], head);
			p[l] = mem[l] + head + (unequal ? 0 : l);
			q[l] = p[l] + len;
		}
		sha1_lanes(c, p, len, n);
		sha1_lanes(c, q, more, n);
		for (l = 0; l < n; l++) {
			sha1_init(&one);
			i = unequal ? 0 : (size_t)l;
			sha1_update(&one, mem[l] + i,
			    (size_t)(q[l] - mem[l]) - i + more);
			sha1_final(&one, want);
			sha1_final(&c[l], got);
			OK(memcmp(got, want, SHA1_LEN) == 0);
		}
	}
	for (l = 0; l < 9; l++)
		free(mem[l]);
}

/* Engine a against engine b, or against itself and b in turn. */
static int
same(const char *what, enum sha1_engine a, enum sha1_engine b)
{
	uint8_t p[300], x[SHA1_LEN], y[SHA1_LEN];
	struct sha1 c;
	size_t n;
	int bad = 0;

	for (n = 0; n < sizeof p; n++)
		p[n] = (uint8_t)(n * 29 + 5);
	for (n = 0; n <= sizeof p; n++) {
		sha1_use(a);
		sha1(p, n, x);
		sha1_init(&c);
		if (strcmp(what, "change") == 0)
			sha1_update(&c, p, n / 2);
		sha1_use(b);
		sha1_update(&c, p + c.len, n - c.len);
		sha1_final(&c, y);
		bad += memcmp(x, y, SHA1_LEN) != 0;
	}
	return bad == 0;
}
