/* SHA-1.  The digest of a stream is a chain, each block waiting for the one
 * before, so one stream is bound by the latency of the processor's SHA
 * instructions.  Streams that do not depend on each other hide it: SHA1_LANES
 * of them run side by side through one loop, instruction by instruction.
 *
 * Three engines compress blocks: x86's instructions (one lane and several),
 * ARMv8's, and portable C.  Which one is found out at the first use and kept
 * in the only variable at file scope: it depends on the processor alone. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "sha1.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#include <immintrin.h>
#define SHA_X86 1
#elif defined(__aarch64__) && defined(__linux__) && defined(__GNUC__)
#include <arm_neon.h>
#include <sys/auxv.h>
#define SHA_ARM 1
#endif

static int has_engine(void);
static void blocks(uint32_t h[5], const uint8_t *p, size_t nblocks);
static void blocks_portable(uint32_t h[5], const uint8_t *p, size_t nblocks);

static int engine = -1; /* an enum sha1_engine, or -1: not known yet */

enum sha1_engine
sha1_use(enum sha1_engine e)
{
	engine = e == SHA1_PROCESSOR && has_engine() ?
	    SHA1_PROCESSOR : SHA1_PORTABLE;
	return (enum sha1_engine)engine;
}

void
sha1_init(struct sha1 *c)
{
	static const uint32_t h0[5] = {
		0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0
	};

	memcpy(c->h, h0, sizeof h0);
	c->len = 0;
}

void
sha1_update(struct sha1 *c, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t have = c->len % 64, n;

	c->len += len;
	if (have > 0) {
		n = MIN(len, 64 - have);
		memcpy(c->block + have, p, n);
		p += n;
		len -= n;
		if (have + n < 64)
			return;
		blocks(c->h, c->block, 1);
	}
	blocks(c->h, p, len / 64);
	if (len % 64)
		memcpy(c->block, p + len / 64 * 64, len % 64);
}

void
sha1_final(struct sha1 *c, uint8_t digest[SHA1_LEN])
{
	uint64_t nbits = c->len * 8;
	size_t have = c->len % 64;
	int i;

	c->block[have++] = 0x80;
	if (have > 56) {
		memset(c->block + have, 0, 64 - have);
		blocks(c->h, c->block, 1);
		have = 0;
	}
	memset(c->block + have, 0, 56 - have);
	put64(c->block + 56, nbits);
	blocks(c->h, c->block, 1);
	for (i = 0; i < 5; i++)
		put32(digest + 4 * i, c->h[i]);
}

void
sha1(const void *p, size_t len, uint8_t digest[SHA1_LEN])
{
	struct sha1 c;

	sha1_init(&c);
	sha1_update(&c, p, len);
	sha1_final(&c, digest);
}

#define ROL(x, n)    ((x) << (n) | (x) >> (32 - (n)))
#define CH(b, c, d)  (((c ^ d) & b) ^ d)
#define PAR(b, c, d) (b ^ c ^ d)
#define MAJ(b, c, d) ((b & c) | ((b | c) & d))
/* word i, from a ring of the sixteen before it */
#define LOAD(i) (w[i] = (uint32_t)p[4 * (i)] << 24 | \
	(uint32_t)p[4 * (i) + 1] << 16 | \
	(uint32_t)p[4 * (i) + 2] << 8 | p[4 * (i) + 3])
#define NEXT(i) (w[(i) & 15] = ROL(w[((i) + 13) & 15] ^ \
	w[((i) + 8) & 15] ^ w[((i) + 2) & 15] ^ w[(i) & 15], 1))
#define WORD(i) ((i) < 16 ? LOAD((i) & 15) : NEXT(i))
#define STEP(f, k, a, b, c, d, e, x) \
	(e += ROL(a, 5) + f(b, c, d) + k + (x), b = ROL(b, 30))
/* five steps, after which every variable has its name back */
#define STEP5(f, k, i) do { \
	STEP(f, k, a, b, c, d, e, WORD(i)); \
	STEP(f, k, e, a, b, c, d, WORD(i + 1)); \
	STEP(f, k, d, e, a, b, c, WORD(i + 2)); \
	STEP(f, k, c, d, e, a, b, WORD(i + 3)); \
	STEP(f, k, b, c, d, e, a, WORD(i + 4)); \
} while (0)
#define STEP20(f, k, i) do { \
	STEP5(f, k, i); \
	STEP5(f, k, i + 5); \
	STEP5(f, k, i + 10); \
	STEP5(f, k, i + 15); \
} while (0)

/* unrolled, so that every index of the ring is a constant: 3 times as fast as
 * the same in a loop over 80 words */
static void
blocks_portable(uint32_t h[5], const uint8_t *p, size_t nblocks)
{
	uint32_t w[16], a, b, c, d, e;

	for (; nblocks > 0; nblocks--, p += 64) {
		a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
		STEP20(CH, 0x5a827999, 0);
		STEP20(PAR, 0x6ed9eba1, 20);
		STEP20(MAJ, 0x8f1bbcdc, 40);
		STEP20(PAR, 0xca62c1d6, 60);
		h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
	}
}

#ifdef SHA_X86

/* Lane l's registers are element l of arrays that the compiler keeps apart,
 * since every index is a constant. */
#define EACH1(op, ...) op(0, __VA_ARGS__)
#define EACH4(op, ...) op(0, __VA_ARGS__) op(1, __VA_ARGS__) \
	op(2, __VA_ARGS__) op(3, __VA_ARGS__)

#define X_LOAD(l, h) \
	abcd[l] = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(h)), \
	    0x1b); \
	e0[l] = _mm_set_epi32((int)(h)[4], 0, 0, 0);
#define X_HEAD(l, p) \
	abcd0[l] = abcd[l]; \
	start[l] = e0[l]; \
	m0[l] = X_WORDS(p, 0); m1[l] = X_WORDS(p, 16); \
	m2[l] = X_WORDS(p, 32); m3[l] = X_WORDS(p, 48);
#define X_WORDS(p, at) _mm_shuffle_epi8( \
	_mm_loadu_si128((const __m128i *)(const void *)((p) + (at))), swap)
/* rounds 0 to 3, the only ones whose e is not rotated */
#define X_FIRST(l, dummy) \
	e0[l] = _mm_add_epi32(e0[l], m0[l]); \
	e1[l] = abcd[l]; \
	abcd[l] = _mm_sha1rnds4_epu32(abcd[l], e0[l], 0);
/* four rounds of function k with the words m */
#define X_FOUR(l, e, next, m, k) \
	e[l] = _mm_sha1nexte_epu32(e[l], m[l]); \
	next[l] = abcd[l]; \
	abcd[l] = _mm_sha1rnds4_epu32(abcd[l], e[l], k);
/* a becomes the four words after d, from the sixteen in a, b, c, d */
#define X_MORE(l, a, b, c, d) \
	a[l] = _mm_sha1msg2_epu32(_mm_xor_si128( \
	    _mm_sha1msg1_epu32(a[l], b[l]), c[l]), d[l]);
#define X_TAIL(l, dummy) \
	e0[l] = _mm_sha1nexte_epu32(e0[l], start[l]); \
	abcd[l] = _mm_add_epi32(abcd[l], abcd0[l]);
#define X_STORE(l, h) \
	_mm_storeu_si128((__m128i *)(void *)(h), \
	    _mm_shuffle_epi32(abcd[l], 0x1b)); \
	(h)[4] = (uint32_t)_mm_extract_epi32(e0[l], 3);

#define X_ROUNDS(each) \
	each(X_FIRST, 0) \
	each(X_FOUR, e1, e0, m1, 0) \
	each(X_FOUR, e0, e1, m2, 0) \
	each(X_FOUR, e1, e0, m3, 0) \
	each(X_MORE, m0, m1, m2, m3) each(X_FOUR, e0, e1, m0, 0) \
	each(X_MORE, m1, m2, m3, m0) each(X_FOUR, e1, e0, m1, 1) \
	each(X_MORE, m2, m3, m0, m1) each(X_FOUR, e0, e1, m2, 1) \
	each(X_MORE, m3, m0, m1, m2) each(X_FOUR, e1, e0, m3, 1) \
	each(X_MORE, m0, m1, m2, m3) each(X_FOUR, e0, e1, m0, 1) \
	each(X_MORE, m1, m2, m3, m0) each(X_FOUR, e1, e0, m1, 1) \
	each(X_MORE, m2, m3, m0, m1) each(X_FOUR, e0, e1, m2, 2) \
	each(X_MORE, m3, m0, m1, m2) each(X_FOUR, e1, e0, m3, 2) \
	each(X_MORE, m0, m1, m2, m3) each(X_FOUR, e0, e1, m0, 2) \
	each(X_MORE, m1, m2, m3, m0) each(X_FOUR, e1, e0, m1, 2) \
	each(X_MORE, m2, m3, m0, m1) each(X_FOUR, e0, e1, m2, 2) \
	each(X_MORE, m3, m0, m1, m2) each(X_FOUR, e1, e0, m3, 3) \
	each(X_MORE, m0, m1, m2, m3) each(X_FOUR, e0, e1, m0, 3) \
	each(X_MORE, m1, m2, m3, m0) each(X_FOUR, e1, e0, m1, 3) \
	each(X_MORE, m2, m3, m0, m1) each(X_FOUR, e0, e1, m2, 3) \
	each(X_MORE, m3, m0, m1, m2) each(X_FOUR, e1, e0, m3, 3)

#define X_VARS(n) \
	const __m128i swap = _mm_set_epi64x(0x0001020304050607, \
	    0x08090a0b0c0d0e0f); \
	__m128i abcd[n], abcd0[n], start[n], e0[n], e1[n]; \
	__m128i m0[n], m1[n], m2[n], m3[n]

__attribute__((target("sha,sse4.1,ssse3")))
static void
blocks_x86(uint32_t h[5], const uint8_t *p, size_t nblocks)
{
	X_VARS(1);

	EACH1(X_LOAD, h)
	for (; nblocks > 0; nblocks--, p += 64) {
		EACH1(X_HEAD, p)
		X_ROUNDS(EACH1)
		EACH1(X_TAIL, 0)
	}
	EACH1(X_STORE, h)
}

#define X_LOAD_C(l, c)  X_LOAD(l, c[l].h)
#define X_HEAD_P(l, p)  X_HEAD(l, p[l] + i)
/* the processor fetches ahead by itself, but not across pages */
#define X_FETCH(l, p) \
	_mm_prefetch((const char *)p[l] + i + 1024, _MM_HINT_T0);
#define X_STORE_C(l, c) X_STORE(l, c[l].h)

/* nblocks blocks of each of four streams */
__attribute__((target("sha,sse4.1,ssse3")))
static void
lanes_x86(struct sha1 *c, const uint8_t *const *p, size_t nblocks)
{
	size_t i;
	X_VARS(SHA1_LANES);

	EACH4(X_LOAD_C, c)
	for (i = 0; i < nblocks * 64; i += 64) {
		EACH4(X_FETCH, p)
		EACH4(X_HEAD_P, p)
		X_ROUNDS(EACH4)
		EACH4(X_TAIL, 0)
	}
	EACH4(X_STORE_C, c)
}

static int
has_engine(void)
{
	unsigned a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSE4_1) ||
	    !(c & bit_SSSE3))
		return 0;
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

#elif defined(SHA_ARM)

#define A_FOUR(op, m, k) do { \
	t = vaddq_u32(m, vdupq_n_u32(k)); \
	next = vsha1h_u32(vgetq_lane_u32(abcd, 0)); \
	abcd = op(abcd, e, t); \
	e = next; \
} while (0)
#define A_MORE(a, b, c, d) \
	(a = vsha1su1q_u32(vsha1su0q_u32(a, b, c), d))
#define A_WORDS(at) vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(p + (at))))

__attribute__((target("+crypto")))
static void
blocks_arm(uint32_t h[5], const uint8_t *p, size_t nblocks)
{
	uint32x4_t abcd = vld1q_u32(h), abcd0, m0, m1, m2, m3, t;
	uint32_t e = h[4], e0, next;

	for (; nblocks > 0; nblocks--, p += 64) {
		abcd0 = abcd, e0 = e;
		m0 = A_WORDS(0), m1 = A_WORDS(16);
		m2 = A_WORDS(32), m3 = A_WORDS(48);
		A_FOUR(vsha1cq_u32, m0, 0x5a827999);
		A_FOUR(vsha1cq_u32, m1, 0x5a827999);
		A_FOUR(vsha1cq_u32, m2, 0x5a827999);
		A_FOUR(vsha1cq_u32, m3, 0x5a827999);
		A_MORE(m0, m1, m2, m3); A_FOUR(vsha1cq_u32, m0, 0x5a827999);
		A_MORE(m1, m2, m3, m0); A_FOUR(vsha1pq_u32, m1, 0x6ed9eba1);
		A_MORE(m2, m3, m0, m1); A_FOUR(vsha1pq_u32, m2, 0x6ed9eba1);
		A_MORE(m3, m0, m1, m2); A_FOUR(vsha1pq_u32, m3, 0x6ed9eba1);
		A_MORE(m0, m1, m2, m3); A_FOUR(vsha1pq_u32, m0, 0x6ed9eba1);
		A_MORE(m1, m2, m3, m0); A_FOUR(vsha1pq_u32, m1, 0x6ed9eba1);
		A_MORE(m2, m3, m0, m1); A_FOUR(vsha1mq_u32, m2, 0x8f1bbcdc);
		A_MORE(m3, m0, m1, m2); A_FOUR(vsha1mq_u32, m3, 0x8f1bbcdc);
		A_MORE(m0, m1, m2, m3); A_FOUR(vsha1mq_u32, m0, 0x8f1bbcdc);
		A_MORE(m1, m2, m3, m0); A_FOUR(vsha1mq_u32, m1, 0x8f1bbcdc);
		A_MORE(m2, m3, m0, m1); A_FOUR(vsha1mq_u32, m2, 0x8f1bbcdc);
		A_MORE(m3, m0, m1, m2); A_FOUR(vsha1pq_u32, m3, 0xca62c1d6);
		A_MORE(m0, m1, m2, m3); A_FOUR(vsha1pq_u32, m0, 0xca62c1d6);
		A_MORE(m1, m2, m3, m0); A_FOUR(vsha1pq_u32, m1, 0xca62c1d6);
		A_MORE(m2, m3, m0, m1); A_FOUR(vsha1pq_u32, m2, 0xca62c1d6);
		A_MORE(m3, m0, m1, m2); A_FOUR(vsha1pq_u32, m3, 0xca62c1d6);
		abcd = vaddq_u32(abcd, abcd0);
		e += e0;
	}
	vst1q_u32(h, abcd);
	h[4] = e;
}

static int
has_engine(void)
{
	return (getauxval(AT_HWCAP) & 1 << 5) != 0; /* HWCAP_SHA1 */
}

#else

static int
has_engine(void)
{
	return 0;
}

#endif

static void
blocks(uint32_t h[5], const uint8_t *p, size_t nblocks)
{
	if (engine < 0)
		sha1_use(SHA1_PROCESSOR);
#if defined(SHA_X86)
	if (engine == SHA1_PROCESSOR) {
		blocks_x86(h, p, nblocks);
		return;
	}
#elif defined(SHA_ARM)
	if (engine == SHA1_PROCESSOR) {
		blocks_arm(h, p, nblocks);
		return;
	}
#endif
	blocks_portable(h, p, nblocks);
}

void
sha1_lanes(struct sha1 *c, const uint8_t *const *p, size_t len, int n)
{
	int i = 0;

	if (engine < 0)
		sha1_use(SHA1_PROCESSOR);
#ifdef SHA_X86
	for (; engine == SHA1_PROCESSOR && n - i >= SHA1_LANES;
	    i += SHA1_LANES) {
		int l, whole = 1;

		for (l = i; l < i + SHA1_LANES; l++)
			whole &= c[l].len % 64 == 0;
		if (!whole)
			break;
		lanes_x86(c + i, p + i, len / 64);
		for (l = i; l < i + SHA1_LANES; l++) {
			c[l].len += len;
			memcpy(c[l].block, p[l] + len / 64 * 64, len % 64);
		}
	}
#endif
	for (; i < n; i++)
		sha1_update(c + i, p[i], len);
}
