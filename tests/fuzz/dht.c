/* dht: packets from a few addresses and time, in any order.  Some are answers
 * to what was asked: their transaction is filled in, so that they count.  Who
 * has not answered gets three times what he sent at the most; nobody who may
 * not be dialled is asked or named. */
#include "fuzz.h"
#include "sha1.h"
#include "find/krpc.h"
#include "find/dht.h"

enum { OPS = 200, ASKED = 64, WORK = 4000 };

struct asked {
	struct addr to;
	uint8_t tid[16];
	size_t ntid;
};

struct world {
	struct dht *d;
	struct asked asked[ASKED];  /* the last queries, a ring */
	unsigned nasked;
	const struct addr *from;    /* who sent what is being fed */
	size_t back, queries;       /* bytes of answers, and queries, to it */
	struct addr proven[OPS];    /* who may have answered us */
	int nproven;
	int64_t now_ms;
};

static void
on_send(void *arg, const struct addr *to, const uint8_t *p, size_t n)
{
	struct world *w = arg;
	struct asked *q = &w->asked[w->nasked % ASKED];
	struct krpc m;

	CHECK(n <= KRPC_WRITE && addr_dialable(to) && addr_is4(to));
	CHECK(krpc_read(&m, p, n) == 0);
	if (m.type == 'q') {
		CHECK(m.tid.n <= sizeof q->tid);
		memcpy(q->tid, m.tid.p, q->ntid = m.tid.n);
		q->to = *to;
		w->nasked++;
		w->queries += w->from && addr_same(to, w->from);
	} else {
		CHECK(w->from && addr_same(to, w->from));
		w->back += n;
	}
}

static void
on_peers(void *arg, const uint8_t *hash, const struct addr *list, int n)
{
	struct world *w = arg;
	int i;

	(void)hash;
	CHECK(n > 0);
	for (i = 0; i < n; i++) {
		CHECK(addr_dialable(&list[i]) && list[i].port >= 1024);
		CHECK(!w->from || addr_scope(&list[i]) >=
		    addr_scope(w->from));
	}
}

static int
is_proven(const struct world *w, const struct addr *a)
{
	int i;

	for (i = 0; i < w->nproven && !addr_same(&w->proven[i], a); i++)
		;
	return i < w->nproven;
}

/* A packet: of an answer to q, the transaction is set. */
static void
feed(struct world *w, struct span s, const struct addr *from,
    const struct asked *q)
{
	struct krpc m;
	struct buf b = { 0 };
	uint8_t *p;

	if (q && krpc_read(&m, s.p, s.n) == 0 && m.type != 'q') {
		m.tid = span_at(q->tid, q->ntid);
		krpc_write(&b, &m);
		s = span_at(b.p, b.len);
		from = &q->to;
	}
	w->from = from;
	w->back = w->queries = 0;
	p = copy_of(s);
	dht_feed(w->d, p, s.n, from, w->now_ms);
	free(p);
	/* a ping of who is new, beside the answer */
	CHECK(w->back <= KRPC_WRITE && w->queries <= 16);
	CHECK(w->back <= 3 * s.n || is_proven(w, from) ||
	    (krpc_read(&m, s.p, s.n) == 0 && m.token.n > 0));
	if (krpc_read(&m, s.p, s.n) == 0 && m.type != 'q')
		w->proven[w->nproven++] = *from;
	w->from = NULL;
	buf_free(&b);
}

static void
step(struct world *w, struct span *s)
{
	static const uint8_t hashes[2][ID_LEN] = { "hash", "abcdefghij" };
	unsigned how = take8(s), more = take8(s);
	struct addr a = take_addr(s), list[8];
	const uint8_t *hash = hashes[more & 1];
	int i;

	switch (how & 15) {
	case 0:
		dht_add(w->d, hash, (uint16_t)(more * 100), w->now_ms);
		break;
	case 1:
		dht_remove(w->d, hash);
		break;
	case 2:
		dht_hungry(w->d, hash, w->now_ms);
		break;
	case 3:
		dht_port(w->d, (uint16_t)(more * 7), w->now_ms);
		break;
	case 4:
		dht_meet(w->d, &a, w->now_ms);
		break;
	case 5:
		dht_reachable(w->d, more & 1);
		break;
	case 6:
	case 7:
		w->now_ms += more * (how & 16 ? 1000 : 50);
		/* FALLTHROUGH */
	case 8:
		for (i = 0; dht_tick(w->d, w->now_ms) <= w->now_ms; i++)
			CHECK(i < 4); /* it comes to an end */
		break;
	default:
		feed(w, take_span(s, take16(s) % 600), &a, w->nasked > 0 &&
		    how & 32 ? &w->asked[more % MIN(w->nasked, ASKED)] :
		    NULL);
	}
	CHECK(dht_best(w->d, list, 8) <= MIN(8, MAX(dht_count(w->d), 8)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct dht_ops ops = { on_send, on_peers };
	struct span s = span_at(data, n);
	struct world w = { .now_ms = 1000000 };
	int i;

	w.d = dht_new(0, take8(&s) + 1, &ops, &w);
	for (i = 0; i < OPS && s.n > 0; i++)
		step(&w, &s);
	CHECK(dht_steps(w.d) <= (uint64_t)(i + 1) * WORK);
	dht_free(w.d);
	return 0;
}
