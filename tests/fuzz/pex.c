/* pex: who comes, goes, tells and is told, in any order, of a few connections:
 * each is told of those who are there and of no others, as often as the rules
 * say; and what strangers say themselves. */
#include "fuzz.h"
#include "bencode.h"
#include "find/pex.h"

enum { OPS = 400, PEERS = 16 };

struct world {
	struct pex *x;
	struct pex_peer peers[PEERS];
	int told[PEERS][PEERS];   /* told of whom: by the last byte */
	int64_t said_ms[PEERS];
	int64_t now_ms;
};

static struct addr
home(unsigned i)
{
	uint8_t p[18] = { 0x20, 1, [15] = (uint8_t)i, [17] = 9 };
	struct addr a;

	if (i % 2)
		put32(p, 0x5d000000 + i);
	addr_unpack(&a, p, (int)(i % 2));
	a.port = (uint16_t)(7000 + i);
	return a;
}

/* What a message says of who was added, or dropped, to peer i. */
static void
hear(struct world *w, int i, struct span dict, const char *key, size_t len,
    int add)
{
	struct span v = ben_get_str(dict, key);
	struct addr a;
	int who;

	CHECK(v.n % len == 0 && v.n / len <= PEX_MOST);
	for (; v.n > 0; v.p += len, v.n -= len) {
		addr_unpack(&a, v.p, len == 6);
		who = a.port - 7000;
		CHECK(who >= 0 && who < PEERS && w->told[i][who] == !add);
		w->told[i][who] = add;
		CHECK(!add || (w->peers[who].slot && who != i));
	}
}

static void
tell(struct world *w, int i, int is_seed)
{
	struct buf out = { 0 };
	struct span d;

	if (!pex_put(w->x, &w->peers[i], is_seed, w->now_ms, &out)) {
		CHECK(out.len == 0);
		return;
	}
	CHECK(w->said_ms[i] == 0 || w->now_ms - w->said_ms[i] >= PEX_MS);
	w->said_ms[i] = w->now_ms;
	CHECK(ben_parse(out.p, out.len) == (long)out.len);
	d = span_at(out.p, out.len);
	hear(w, i, d, "added", 6, 1);
	hear(w, i, d, "added6", 18, 1);
	hear(w, i, d, "dropped", 6, 0);
	hear(w, i, d, "dropped6", 18, 0);
	CHECK(ben_get_str(d, "added.f").n == ben_get_str(d, "added").n / 6);
	buf_free(&out);
}

static void
read_it(struct world *w, int i, struct span s)
{
	struct addr list[PEX_MOST];
	long len = ben_parse(s.p, s.n);
	int n, k;

	if (len <= 0 || *s.p != 'd')
		return;
	n = pex_read(&w->peers[i], span_at(s.p, (size_t)len), w->now_ms,
	    list);
	CHECK(n >= 0 && n <= PEX_MOST);
	for (k = 0; k < n; k++)
		CHECK(addr_scope(&list[k]) >= addr_scope(&w->peers[i].addr));
}

static void
step(struct world *w, struct span *s)
{
	unsigned how = take8(s);
	int i = (int)(take8(s) % PEERS);
	struct addr a = home((unsigned)i);

	switch (how & 7) {
	case 0:
	case 1:
		if (!w->peers[i].slot)
			pex_join(w->x, &w->peers[i], &a, (int)(how >> 3));
		break;
	case 2:
		pex_leave(w->x, &w->peers[i]);
		memset(&w->peers[i], 0, sizeof w->peers[i]);
		memset(w->told[i], 0, sizeof w->told[i]);
		w->peers[i].addr = a;
		w->said_ms[i] = 0;
		break;
	case 3:
		w->now_ms += 30000;
		break;
	case 4:
		read_it(w, i, take_span(s, take8(s)));
		break;
	default:
		tell(w, i, (how & 8) != 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span s = span_at(data, n);
	struct world w = { .now_ms = 1000000 };
	int i;

	w.x = pex_new(7);
	for (i = 0; i < PEERS; i++)
		w.peers[i].addr = home((unsigned)i);
	read_it(&w, 0, s);
	for (i = 0; s.n > 0 && i < OPS; i++)
		step(&w, &s);
	pex_free(w.x);
	return 0;
}
