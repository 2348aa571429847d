/* known: addresses from strangers, and what became of them, in any order: the
 * table has its limits, and dials nobody whom nobody may dial. */
#include "fuzz.h"
#include "find/known.h"

enum { OPS = 600, DIALS = 32 };

struct world {
	struct known *k;
	struct addr dials[DIALS];
	struct contact contacts[DIALS];
	int n;
	int64_t now_ms;
};

static void
dial(struct world *w)
{
	const struct addr *a;
	int i;

	if (w->n == DIALS || !(a = known_next(w->k, w->now_ms)))
		return;
	CHECK(addr_dialable(a) && !known_banned(w->k, a));
	for (i = 0; i < w->n; i++)
		CHECK(!addr_same(&w->dials[i], a));
	(void)known_trusts(w->k);
	w->dials[w->n++] = *a;
}

static void
over(struct world *w, unsigned how)
{
	int i = w->n > 0 ? (int)(how >> 2) % w->n : 0;

	if (w->n == 0)
		return;
	if ((how & 3) == 3)
		known_later(w->k, &w->dials[i], w->now_ms);
	else
		known_over(w->k, &w->dials[i], how & 1, w->now_ms);
	CHECK(!known_hopes(w->k, &w->dials[i]));
	w->dials[i] = w->dials[--w->n];
}

static void
step(struct world *w, struct span *s)
{
	unsigned how = take8(s), more = take8(s);
	struct addr a = take_addr(s), b;
	struct contact *c = &w->contacts[more % DIALS];

	switch (how % 13) {
	case 0:
	case 1:
		known_add(w->k, &a, (enum origin)(more % ORIGINS));
		break;
	case 2:
	case 3:
		b = take_addr(s);
		known_told(w->k, &a, &b, w->now_ms);
		break;
	case 4:
	case 5:
		dial(w);
		break;
	case 6:
		over(w, more);
		break;
	case 7:
		w->now_ms += (int64_t)more * (how & 0x80 ? 60000 : 500);
		break;
	case 8:
		contact_claim(w->k, c, &a);
		break;
	case 9:
		contact_over(w->k, c, more & 1, w->now_ms);
		memset(c, 0, sizeof *c);
		break;
	case 10:
		contact_doubt(w->k, c, w->now_ms);
		break;
	case 11:
		if (more < 16)
			known_ban(w->k, &a);
		else if (more < 32)
			known_never(w->k, &a);
		else if (more < 36)
			known_only(w->k, (enum origin)(more % ORIGINS));
		else if (more < 128)
			known_soon(w->k, &a, w->now_ms);
		break;
	default:
		CHECK(!known_hopes(w->k, &a) ||
		    known_count(w->k, FROM_USER) > 0);
		known_counts(w->k, &a);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span s = span_at(data, n);
	struct world w = { .now_ms = 1000 };
	int i, all, ops = 0;

	w.k = known_new(take8(&s) + 1);
	for (; s.n > 0 && ops < OPS; ops++) {
		step(&w, &s);
		for (all = i = 0; i < ORIGINS; i++) {
			CHECK(known_count(w.k, (enum origin)i) >= 0);
			all += known_count(w.k, (enum origin)i);
		}
		CHECK(all <= KNOWN_MAX);
		CHECK(known_when(w.k) >= 0);
	}
	CHECK(known_steps(w.k) <= (uint64_t)(ops + 1) * 10000);
	known_free(w.k);
	return 0;
}
