/* Peer exchange.  A slot stands for a peer that can be dialled; a connection
 * remembers by a bit a slot of whom its peer was told.  A message is what has
 * changed between the two: who is there and was not told of is added, who was
 * told of and is not there any more is dropped.  So who leaves and comes back
 * between two messages is in none, and nobody is dropped who was not added.  A
 * slot is free again when its peer has gone and everybody was told. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "bencode.h"
#include "addr.h"
#include "find/pex.h"

enum {
	HEARD_BURST_MS = 2 * PEX_MS /* that a peer may save up */
};

struct pex_slot {
	struct addr addr;
	uint8_t flags, live;
	uint16_t ntold;     /* connections that were told of it */
};

struct pex {
	struct pex_slot slots[PEX_SLOTS];
	int n;              /* slots that were ever used */
	uint32_t changes;
	uint64_t rnd;
};

/* A message on its way: two families each of what was added, and dropped. */
struct pex_message {
	uint8_t added[2][18 * PEX_MOST], flags[2][PEX_MOST];
	uint8_t dropped[2][18 * PEX_MOST];
	size_t nadded[2], nflags[2], ndropped[2];
	int adds, drops;
};

static int slot_for(const struct pex *x, const struct addr *a);
static int is_news(const struct pex_slot *s, const struct pex_peer *p,
    int is_seed);
static void collect(struct pex *x, struct pex_peer *p, int is_seed,
    struct pex_message *m);
static void put(struct buf *b, const char *key, const uint8_t *p, size_t n);

struct pex *
pex_new(uint64_t seed)
{
	struct pex *x = xcalloc(1, sizeof *x);

	x->rnd = seed | 1;
	return x;
}

void
pex_free(struct pex *x)
{
	free(x);
}

void
pex_join(struct pex *x, struct pex_peer *p, const struct addr *home, int flags)
{
	int i = p->slot ? -1 : slot_for(x, home);

	if (i < 0 || x->slots[i].live)
		return; /* two who say that they are the same */
	x->n = MAX(x->n, i + 1);
	x->slots[i].addr = *home;
	x->slots[i].flags = (uint8_t)flags;
	x->slots[i].live = 1;
	x->changes++;
	p->slot = i + 1;
}

/* The slot that has, or had, an address, or a free one; -1: all are taken. */
static int
slot_for(const struct pex *x, const struct addr *a)
{
	int i, unused = x->n < PEX_SLOTS ? x->n : -1;

	for (i = 0; i < x->n; i++) {
		if ((x->slots[i].live || x->slots[i].ntold > 0) &&
		    addr_same(&x->slots[i].addr, a))
			return i;
		if (!x->slots[i].live && x->slots[i].ntold == 0)
			unused = i;
	}
	return unused;
}

void
pex_leave(struct pex *x, struct pex_peer *p)
{
	int i;

	if (p->slot) {
		x->slots[p->slot - 1].live = 0;
		x->changes++;
	}
	p->slot = 0;
	for (i = 0; i < x->n; i++)
		x->slots[i].ntold -= bit_get(p->told, (uint32_t)i) != 0;
	memset(p->told, 0, sizeof p->told);
}

int
pex_put(struct pex *x, struct pex_peer *p, int is_seed, int64_t now_ms,
    struct buf *out)
{
	struct pex_message m;

	if (now_ms < p->due_ms || p->seen == x->changes)
		return 0;
	memset(&m, 0, sizeof m);
	collect(x, p, is_seed, &m);
	if (m.adds + m.drops == 0)
		return 0;
	p->due_ms = now_ms + PEX_MS;
	buf_put(out, "d", 1);
	put(out, "added", m.added[0], m.nadded[0]);
	put(out, "added.f", m.flags[0], m.nflags[0]);
	put(out, "added6", m.added[1], m.nadded[1]);
	put(out, "added6.f", m.flags[1], m.nflags[1]);
	put(out, "dropped", m.dropped[0], m.ndropped[0]);
	put(out, "dropped6", m.dropped[1], m.ndropped[1]);
	buf_put(out, "e", 1);
	return 1;
}

/* An empty string is left out but for "added", which some expect. */
static void
put(struct buf *b, const char *key, const uint8_t *p, size_t n)
{
	if (n == 0 && strcmp(key, "added") != 0)
		return;
	ben_put_str(b, key);
	ben_put_bytes(b, p, n);
}

/* Begins anywhere, so that not all are told of the same ones first. */
static void
collect(struct pex *x, struct pex_peer *p, int is_seed, struct pex_message *m)
{
	uint32_t at = x->n > 0 ? rnd_below(&x->rnd, (uint32_t)x->n) : 0;
	struct pex_slot *s;
	int i, six;

	p->seen = x->changes;
	for (i = 0; i < x->n; i++, at = (at + 1) % (uint32_t)x->n) {
		s = &x->slots[at];
		six = !addr_is4(&s->addr);
		if (is_news(s, p, is_seed) && !bit_get(p->told, at) &&
		    (int)at != p->slot - 1) {
			if (m->adds++ == PEX_MOST)
				break;
			m->nadded[six] += addr_pack(m->added[six] +
			    m->nadded[six], &s->addr) ? 6 : 18;
			m->flags[six][m->nflags[six]++] = s->flags;
			bit_set(p->told, at);
			s->ntold++;
		} else if (!s->live && bit_get(p->told, at)) {
			if (m->drops++ == PEX_MOST)
				break;
			m->ndropped[six] += addr_pack(m->dropped[six] +
			    m->ndropped[six], &s->addr) ? 6 : 18;
			bit_clear(p->told, at);
			s->ntold--;
		}
	}
	if (i < x->n)
		p->seen = x->changes - 1; /* there is more to tell */
}

/* Whether s may be told to p: one who is of use, and can be reached from where
 * p is. */
static int
is_news(const struct pex_slot *s, const struct pex_peer *p, int is_seed)
{
	return s->live && !(is_seed && s->flags & PEX_SEED) &&
	    addr_scope(&s->addr) >= addr_scope(&p->addr);
}

int
pex_read(struct pex_peer *p, struct span dict, int64_t now_ms,
    struct addr list[PEX_MOST])
{
	static const struct {
		const char *key;
		size_t len;
	} keys[] = { { "added", 6 }, { "added6", 18 } };
	struct span v;
	size_t k;
	int n = 0;

	p->heard_ms = MAX(p->heard_ms, now_ms - HEARD_BURST_MS) + PEX_MS;
	if (p->heard_ms > now_ms) {
		p->heard_ms -= PEX_MS;
		return 0;
	}
	for (k = 0; k < LEN(keys); k++)
		for (v = ben_get_str(dict, keys[k].key); v.n >= keys[k].len &&
		    n < PEX_MOST; v.p += keys[k].len, v.n -= keys[k].len) {
			addr_unpack(&list[n], v.p, keys[k].len == 6);
			n += addr_scope(&list[n]) >= addr_scope(&p->addr);
		}
	return n;
}
