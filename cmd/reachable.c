/* Which of its addresses a host tells others.  It may have many: of bridges
 * and tunnels, and of IPv6 several each.  Whoever follows a link dials all of
 * them, so those come first that most others can dial, and there is a limit.
 *
 * No address is listed twice, none that nobody else could dial unless it is
 * the only one, and of a listener for one family none of the other. */
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "addr.h"
#include "cmd/reachable.h"

/* In the order of a link. */
enum kind { GLOBAL4, PRIVATE4, GLOBAL6, PRIVATE6, KINDS, NOBODYS = KINDS };

static int is_any(const struct addr *a);
static enum kind kind_of(const struct whereabouts *w, const struct addr *a);
static int has_kind(const struct whereabouts *w, enum kind k);
static void add(struct reachable *r, const struct addr *a, uint16_t port,
    int most);

void
reachable_find(struct reachable *r, const struct whereabouts *w)
{
	struct addr home;
	int i, k, most;

	memset(r, 0, sizeof *r);
	if (w->port == 0)
		return;
	if (w->bound && !is_any(w->bound)) {
		add(r, w->bound, w->port, 1);
		return;
	}
	if (w->outside && addr_scope(w->outside) == SCOPE_GLOBAL) {
		add(r, w->outside, w->outside->port, 1);
		r->outside = r->n;
	}
	if (w->source && kind_of(w, w->source) != NOBODYS)
		add(r, w->source, w->port, REACHABLE_MAX);
	for (k = 0; k < KINDS; k++) {
		most = REACHABLE_MAX - (k < GLOBAL6 && has_kind(w, GLOBAL6));
		for (i = 0; i < w->nown; i++)
			if (kind_of(w, &w->own[i]) == (enum kind)k)
				add(r, &w->own[i], w->port, most);
	}
	if (r->n > 0)
		return;
	addr_parse(&home, w->bound && !addr_is4(w->bound) ? "::1" :
	    "127.0.0.1", 0);
	add(r, &home, w->port, 1);
}

/* Whether who listens there does so on all addresses of that family. */
static int
is_any(const struct addr *a)
{
	static const uint8_t zero[16];

	return memcmp(addr_is4(a) ? a->ip + 12 : a->ip, zero,
	    addr_is4(a) ? 4 : 16) == 0;
}

static enum kind
kind_of(const struct whereabouts *w, const struct addr *a)
{
	int four = addr_is4(a), private = addr_scope(a) != SCOPE_GLOBAL;
	struct addr at = *a;

	at.port = w->port;
	if (addr_scope(a) == SCOPE_LOOPBACK || !addr_dialable(&at) ||
	    (w->bound && addr_is4(w->bound) != four) ||
	    (!four && a->ip[0] == 0xfe && (a->ip[1] & 0xc0) == 0x80))
		return NOBODYS; /* fe80::/10 means nothing without its link */
	return (four ? GLOBAL4 : GLOBAL6) + private;
}

static int
has_kind(const struct whereabouts *w, enum kind k)
{
	int i;

	for (i = 0; i < w->nown && kind_of(w, &w->own[i]) != k; i++)
		;
	return i < w->nown;
}

static void
add(struct reachable *r, const struct addr *a, uint16_t port, int most)
{
	int i;

	for (i = 0; i < r->n; i++)
		if (addr_same_ip(&r->list[i], a))
			return;
	if (r->n >= most)
		return;
	r->list[r->n] = *a;
	r->list[r->n++].port = port;
}

int
reachable_urls(const struct reachable *r, struct addr urls[REACHABLE_URLS])
{
	const struct addr *a;
	int i, n = 0, fours = 0, sixes = 0;

	for (i = 0; i < r->n; i++) {
		a = &r->list[i];
		if ((i == 0 && r->outside) || (addr_is4(a) ? fours++ == 0 :
		    addr_scope(a) == SCOPE_GLOBAL && sixes++ == 0))
			urls[n++] = *a;
	}
	if (n == 0 && r->n > 0)
		urls[n++] = r->list[0];
	return n;
}
