/* PCP and NAT-PMP: packets, and a conversation of them.
 *
 * A conversation is a walk over steps: NAT-PMP asks for the outside address,
 * then both for TCP's mapping, then for UDP's, which is to have TCP's port,
 * and whose refusal does not matter.  A request is repeated, at intervals that
 * double, until it is answered; then the next step is asked for at once.  PCP
 * is spoken first; a gateway that answers by another version, or not at all,
 * is asked once more by NAT-PMP.
 *
 * An answer counts if it is of the version that was asked by, for the step
 * that was asked for and, of PCP, has our nonce; that it comes from the
 * gateway is for the socket to see to. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "addr.h"
#include "find/natpmp.h"

enum {
	RESEND_MS  = 250,   /* doubled each time (RFC 6886, 3.1) */
	TRIES_PCP  = 3,     /* then it is NAT-PMP's turn */
	TRIES_MAX  = 5,
	GRANT_MIN  = 120,   /* seconds, whatever the gateway says */
	GRANT_MAX  = 86400,
	PCP_HEAD   = 24,
	PCP_MAP    = 60,
	PCP_MOST   = 1100   /* bytes of any packet (RFC 6887, 7) */
};

enum { PCP = 2, NATPMP = 0 };  /* versions */
enum { STEP_ADDRESS, STEP_TCP, STEP_UDP, STEPS };

static void step_to(struct natpmp *c, int step, int64_t now_ms);
static void speak(struct natpmp *c, int version, int64_t now_ms);
static void fail(struct natpmp *c, const char *why);
static size_t put_pcp(const struct natpmp *c, uint8_t *out);
static size_t put_natpmp(const struct natpmp *c, uint8_t *out);
static int is_ours(const struct natpmp *c, const uint8_t *p, size_t n);
static int read_pcp(struct natpmp *c, const uint8_t *p, size_t n);
static int read_natpmp(struct natpmp *c, const uint8_t *p, size_t n);
static void granted(struct natpmp *c, uint16_t port, uint32_t lifetime);
static const char *reason(int version, int result);

/* PCP's protocols, NAT-PMP's operations. */
static const uint8_t protocols[STEPS] = { [STEP_TCP] = 6, [STEP_UDP] = 17 };
static const uint8_t ops[STEPS] = { [STEP_TCP] = 2, [STEP_UDP] = 1 };

void
natpmp_init(struct natpmp *c, const struct addr *inside, uint64_t seed)
{
	int i;

	memset(c, 0, sizeof *c);
	c->inside = *inside;
	c->version = PCP;
	for (i = 0; i < 3; i++)
		put32(c->nonce + 4 * i, rnd_next(&seed));
	addr_parse(&c->outside, "0.0.0.0", 0);
	c->outside.port = 0;
}

void
natpmp_ask(struct natpmp *c, uint32_t lifetime, uint16_t want, int64_t now_ms)
{
	c->lifetime = lifetime;
	if (c->outside.port == 0)
		c->outside.port = want;
	if (lifetime > 0)
		speak(c, PCP, now_ms);
	else
		step_to(c, STEP_TCP, now_ms);
}

static void
step_to(struct natpmp *c, int step, int64_t now_ms)
{
	c->state = step == STEPS ? NATPMP_HAS : NATPMP_ASKS;
	c->step = step;
	c->tries = 0;
	c->due_ms = now_ms;
}

/* Begins anew by a version. */
static void
speak(struct natpmp *c, int version, int64_t now_ms)
{
	c->version = version;
	step_to(c, version == PCP ? STEP_TCP : STEP_ADDRESS, now_ms);
}

static void
fail(struct natpmp *c, const char *why)
{
	c->state = NATPMP_FAILED;
	snprintf(c->why, sizeof c->why, "%s", why);
}

size_t
natpmp_tick(struct natpmp *c, uint8_t out[NATPMP_MAX], int64_t now_ms)
{
	if (c->state != NATPMP_ASKS || now_ms < c->due_ms)
		return 0;
	if (c->tries == TRIES_PCP && c->version == PCP && c->lifetime > 0 &&
	    c->step == STEP_TCP)
		speak(c, NATPMP, now_ms);
	if (c->tries == TRIES_MAX && c->step == STEP_UDP)
		step_to(c, STEPS, now_ms);
	else if (c->tries == TRIES_MAX)
		fail(c, "no answer");
	if (c->state != NATPMP_ASKS)
		return 0;
	c->due_ms = now_ms + ((int64_t)RESEND_MS << c->tries++);
	return c->version == PCP ? put_pcp(c, out) : put_natpmp(c, out);
}

static size_t
put_pcp(const struct natpmp *c, uint8_t *out)
{
	memset(out, 0, PCP_MAP);
	out[0] = PCP;
	out[1] = 1; /* MAP */
	put32(out + 4, c->lifetime);
	memcpy(out + 8, c->inside.ip, 16);
	memcpy(out + 24, c->nonce, 12);
	out[36] = protocols[c->step];
	put16(out + 40, c->inside.port);
	put16(out + 42, c->lifetime > 0 ? c->outside.port : 0);
	out[54] = out[55] = 0xff; /* any IPv4 address */
	if (c->lifetime > 0)
		memcpy(out + 44, c->outside.ip, 16);
	return PCP_MAP;
}

static size_t
put_natpmp(const struct natpmp *c, uint8_t *out)
{
	memset(out, 0, 12);
	out[0] = NATPMP;
	out[1] = ops[c->step];
	if (c->step == STEP_ADDRESS)
		return 2;
	put16(out + 4, c->inside.port);
	put16(out + 6, c->lifetime > 0 ? c->outside.port : 0);
	put32(out + 8, c->lifetime);
	return 12;
}

void
natpmp_feed(struct natpmp *c, const uint8_t *p, size_t n, int64_t now_ms)
{
	int result;

	if (c->state != NATPMP_ASKS || c->tries == 0 || !is_ours(c, p, n))
		return;
	result = p[0] == PCP ? read_pcp(c, p, n) : read_natpmp(c, p, n);
	if (result < 0)
		return;
	if (c->version == PCP && (p[0] != PCP || result == 1)) {
		if (c->lifetime > 0)
			speak(c, NATPMP, now_ms);
		else
			fail(c, reason(PCP, 1));
	} else if (result == 0 || c->step == STEP_UDP) {
		step_to(c, c->step + 1, now_ms);
	} else {
		fail(c, reason(c->version, result));
	}
}

/* Whether a packet has the form of an answer to what was asked by c's version,
 * also that of a gateway that speaks another. */
static int
is_ours(const struct natpmp *c, const uint8_t *p, size_t n)
{
	if (n < 4 || n > PCP_MOST || !(p[1] & 0x80))
		return 0;
	/* "unsupported version", in a NAT-PMP gateway's words or a PCP one's */
	if (c->version == PCP && p[0] != PCP)
		return p[0] == NATPMP ? get16(p + 2) == 1 :
		    n >= PCP_HEAD && p[3] == 1;
	return p[0] == c->version;
}

/* The result code, or -1: it answers something else. */
static int
read_pcp(struct natpmp *c, const uint8_t *p, size_t n)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (n < PCP_HEAD || n % 4 != 0 || p[1] != 0x81)
		return -1;
	if (p[3] == 1)
		return 1;
	if (n < PCP_MAP || memcmp(p + 24, c->nonce, 12) != 0 ||
	    p[36] != protocols[c->step] || get16(p + 40) != c->inside.port)
		return -1;
	if (p[3] != 0 || c->lifetime == 0 || c->step != STEP_TCP)
		return p[3];
	if (memcmp(p + 44, mapped, 12) != 0 || get16(p + 42) == 0)
		return -1;
	memcpy(c->outside.ip, p + 44, 16);
	granted(c, get16(p + 42), get32(p + 4));
	return 0;
}

static int
read_natpmp(struct natpmp *c, const uint8_t *p, size_t n)
{
	int result = get16(p + 2);
	size_t want = c->step == STEP_ADDRESS ? 12 : 16;

	if (c->version == PCP)
		return result;
	if (p[1] != (0x80 | ops[c->step]))
		return -1;
	if (result != 0)
		return result;
	if (n < want)
		return -1;
	if (c->step == STEP_ADDRESS) {
		memcpy(c->outside.ip + 12, p + 8, 4);
		return 0;
	}
	if (get16(p + 8) != c->inside.port ||
	    (c->lifetime > 0 && get16(p + 10) == 0))
		return -1;
	if (c->lifetime > 0 && c->step == STEP_TCP)
		granted(c, get16(p + 10), get32(p + 12));
	return 0;
}

static void
granted(struct natpmp *c, uint16_t port, uint32_t lifetime)
{
	c->outside.port = port;
	c->granted = MAX(GRANT_MIN, MIN(lifetime, GRANT_MAX));
}

static const char *
reason(int version, int result)
{
	static const char *const pcp[] = { [1] = "it speaks another version",
	    [2] = "it does not allow that", [4] = "it makes no mappings",
	    [7] = "its own network is down", [8] = "it has no room",
	    [10] = "it has made too many for this host",
	    [11] = "it cannot give such an address",
	    [12] = "there is another NAT between it and this host" };
	static const char *const natpmp[] = { [1] = "it speaks another "
	    "version", [2] = "it does not allow that", [3] = "its own network "
	    "is down", [4] = "it has no room", [5] = "it makes no mappings" };
	const char *const *list = version == PCP ? pcp : natpmp;
	int n = version == PCP ? (int)LEN(pcp) : (int)LEN(natpmp);

	return result < n && list[result] ? list[result] : "it refuses";
}

const char *
natpmp_name(const struct natpmp *c)
{
	return c->version == PCP ? "PCP" : "NAT-PMP";
}

int
natpmp_gateway(struct addr *a, struct span routes)
{
	unsigned long to, via, flags, metric, mask, best = 0;
	const uint8_t *end;
	char line[256];
	int found = -1;
	uint32_t ip;
	size_t n;

	for (; routes.n > 0; routes.p += n, routes.n -= n) {
		end = memchr(routes.p, '\n', routes.n);
		n = end ? (size_t)(end - routes.p) + 1 : routes.n;
		snprintf(line, sizeof line, "%.*s", (int)MIN(n, sizeof line),
		    (const char *)routes.p);
		/* its name; to where, by whom, flags (up and by a gateway are
		 * 3); two counts; the metric, the mask, and more */
		if (sscanf(line, "%*s %8lx %8lx %8lx %*u %*u %8lu %8lx", &to,
		    &via, &flags, &metric, &mask) != 5 || to != 0 ||
		    mask != 0 || via == 0 || (flags & 3) != 3 ||
		    (found == 0 && metric >= best))
			continue;
		best = metric;
		ip = (uint32_t)via; /* as it lies in the kernel's memory */
		addr_parse(a, "0.0.0.0", 0);
		memcpy(a->ip + 12, &ip, 4);
		a->port = 0;
		found = 0;
	}
	return found;
}
