/* What the fuzz drivers share.  A driver is one function, which libFuzzer
 * (make fuzz) or replay.c calls with bytes of its choice: it feeds them to a
 * part of the program, keeps nothing from call to call, and CHECKs what must
 * hold whatever they are. */

#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "addr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Of alone.c.  The last name that is looked up is found, and what is fetched
 * last ends so: 1, or 0: there is none. */
int fuzz_look_up(void);
int fuzz_fetched(struct span body, const char *why);
/* The far end of the last socket that asks by UDP, or -1; and its end. */
int fuzz_far_fd(void);
void fuzz_hang_up(void);

#define CHECK(expr) \
	((expr) ? (void)0 : fuzz_broken(__FILE__, __LINE__, #expr))

static inline void
fuzz_broken(const char *file, int line, const char *expr)
{
	fprintf(stderr, "%s:%d: not so: %s\n", file, line, expr);
	abort();
}

static inline struct span
span_at(const uint8_t *p, size_t n)
{
	struct span s = { p, n };

	return s;
}

/* The readers take from the front of s; what is not there is 0. */
static inline unsigned
take8(struct span *s)
{
	if (s->n == 0)
		return 0;
	s->n--;
	return *s->p++;
}

static inline unsigned
take16(struct span *s)
{
	unsigned high = take8(s) << 8;

	return high | take8(s);
}

static inline uint32_t
take32(struct span *s)
{
	uint32_t high = (uint32_t)take16(s) << 16;

	return high | take16(s);
}

static inline uint64_t
take64(struct span *s)
{
	uint64_t high = (uint64_t)take32(s) << 32;

	return high | take32(s);
}

/* At most n bytes, borrowed. */
static inline struct span
take_span(struct span *s, size_t n)
{
	struct span t = span_at(s->p, MIN(n, s->n));

	s->p = s->n > 0 ? s->p + t.n : s->p;
	s->n -= t.n;
	return t;
}

/* A copy with nothing behind it, so that a read beyond the end is seen; the
 * caller frees. */
static inline uint8_t *
copy_of(struct span s)
{
	uint8_t *p = xmalloc(s.n + (s.n == 0));

	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return p;
}

/* The same as a string, which ends at the first NUL. */
static inline char *
text_of(struct span s)
{
	char *p = xmalloc(s.n + 1);

	if (s.n > 0)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

/* An address, mostly one of few, so that the same come again. */
static inline struct addr
take_addr(struct span *s)
{
	static const uint8_t four[] = { 10, 93, 127, 8 };
	unsigned how = take8(s);
	struct addr a = { { 0 }, 0 };
	uint8_t p[18] = { 0 };

	if (how & 0x80) {
		put16(p, how & 0x40 ? 0x2001 : take16(s));
		p[5] = (uint8_t)(how & 7);
		p[15] = (uint8_t)(how >> 3 & 3);
		put16(p + 16, (uint16_t)(6881 + (how & 1)));
		addr_unpack(&a, p, 0);
	} else if (how & 0x40) {
		put32(p, take32(s));
		put16(p + 4, (uint16_t)take16(s));
		addr_unpack(&a, p, 1);
	} else {
		p[0] = four[how >> 4];
		p[2] = (uint8_t)(how & 1);
		p[3] = (uint8_t)(1 + (how >> 1 & 3));
		put16(p + 4, (uint16_t)(6881 + (how >> 3 & 1)));
		addr_unpack(&a, p, 1);
	}
	return a;
}

static inline int
same_bytes(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Whether a text may go to a terminal as it is. */
static inline int
is_printable(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return 0;
	return 1;
}

#endif
