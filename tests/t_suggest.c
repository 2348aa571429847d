/* suggest: who is told what, by hand; and whole crowds, with the picker, the
 * flow and the slots as they are, over links that send a block at a time.
 *
 * A link hands on what waits for it in order, news behind blocks.  A node
 * sends at its rate, to whom it has sent least, by weights that differ as
 * those of TCP do. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "torrent/meta.h"
#include "swarm/pick.h"
#include "swarm/slots.h"
#include "swarm/flow.h"
#include "swarm/owed.h"
#include "swarm/suggest.h"
#include "unit.h"

enum {
	PIECE_LEN = 256 << 10, /* of the crowd's torrent, */
	NPIECES   = 128,       /* which has so many */
	NBLOCKS   = PIECE_LEN / BLOCK_LEN,
	NODES     = 24,
	SLOTS     = 8,
	QUEUE     = 1024,
	COMMITTED = 24,        /* blocks of a link that no cancel reaches, */
	REFILL    = 10,        /* as many as these, and more follow */
	SEED_US   = 6554,      /* for a block at 20 Mbit/s, */
	LEECH_US  = 2622,      /* and at 50 */
	GIVE_UP_S = 200,
	RUNS      = 3,
	HUGE      = 400000,    /* pieces of a large torrent */
	MANY      = 2000       /* peers of one */
};

enum what {
	HAVE, ALL, INTEREST, CHOKE, REQUEST, CANCEL, REJECT, BLOCK, SUGGEST,
	SENT, ARRIVE, LEAVE, EACH_SECOND, SLOTS_DUE
};

/* Who takes part in a run. */
struct cast {
	int leechers, seeds;
	int policy;   /* seeds suggest */
	int leave;    /* leechers who leave soon after they began to get it, */
	int ignore;   /* who ignore suggestions, */
	int lie;      /* and more who announce what they have not, and neither
	               * give nor ask */
};

struct event {
	int64_t at_us;
	uint64_t order;
	enum what what;
	void *to;
	struct block b; /* piece: also a truth */
};

struct tie { /* one's side of a connection */
	struct node *me;
	struct tie *back;
	struct source *src;
	struct flow flow;
	struct slot slot;
	struct hint hint;
	struct block held[QUEUE];   /* requests of the other side */
	struct event out[2 * QUEUE]; /* on its way into the link */
	int nheld, nout, nblocks;   /* nblocks: of what is in out */
	int am_choking, peer_choking, am_interested;
	int64_t delay_us;
	double weight, spent;
};

struct node {
	int id, here, seeds, ignores, lies, busy;
	struct pick *pk;
	struct slots slots;
	struct suggest suggest;
	struct tie *ties[NODES];
	int n;
	int64_t block_us;
	uint32_t nhave;
	double spent;
};

struct sim {
	const struct cast *cast;
	struct shape sh;
	struct node nodes[NODES];
	int n;
	int64_t now_us;
	uint64_t rnd, order;
	struct event *heap;
	int nheap, cap;
	int64_t sent; /* blocks that seeds sent */
};

static void news(void);
static void settling(void);
static void leaving(void);
static void lasts(void);
static void deaf(void);
static void limits(void);
static void steps(void);
static void crowds(void);
static int later(struct suggest *sg, struct hint *h, uint32_t *got);
static struct suggest fresh(struct pick **pk, uint32_t npieces,
    uint32_t piece_len);
static void done_with(struct suggest *sg, struct pick *pk);
static double median(struct cast cast, int policy);
static int by_value(const void *a, const void *b);
static double play(const struct cast *cast, uint64_t seed);
static void begin(struct sim *s);
static int is_over(const struct sim *s);
static void push(int64_t at_us, enum what what, void *to, struct block b);
static struct event pop(void);
static int is_before(const struct event *a, const struct event *b);
static struct block one(uint32_t piece);
static int64_t now_ms(void);
static void handle(const struct event *e);
static void arrive(struct node *n);
static struct tie *tie(struct node *me, struct node *other, int64_t delay_us);
static void leave(struct node *n);
static void tell(struct tie *t, enum what what, struct block b);
static void serve(struct node *n);
static void commit(struct tie *t);
static void hear(struct tie *t, enum what what, struct block b);
static void on_have(struct tie *t, uint32_t piece);
static void on_request(struct tie *t, struct block b);
static void on_block(struct tie *t, struct block b);
static void drop_held(struct tie *t, struct block b);
static void ask(struct tie *t, const uint32_t *piece);
static void interest(struct tie *t);
static void suggest(struct tie *t, const uint32_t *piece);
static void second(struct node *n);
static void on_grant(void *owner, int on);
static void on_cancel(void *owner, struct block b);

static const struct pick_ops ops = { on_cancel };
static struct sim *sim; /* that runs */

void
test_suggest(void)
{
	news();
	settling();
	leaving();
	lasts();
	deaf();
	limits();
	steps();
	crowds();
}

/* By hand. */

static struct suggest
fresh(struct pick **pk, uint32_t npieces, uint32_t piece_len)
{
	struct shape sh = { (int64_t)npieces * piece_len, piece_len, npieces };
	struct suggest sg = { 0 };
	uint32_t i;

	*pk = pick_new(&sh, 5, &ops);
	for (i = 0; i < npieces; i++)
		pick_have(*pk, i);
	suggest_init(&sg, &sh, *pk, 7);
	return sg;
}

static void
done_with(struct suggest *sg, struct pick *pk)
{
	suggest_free(sg);
	pick_free(pk);
}

/* What is suggested now: how many, in got. */
static int
later(struct suggest *sg, struct hint *h, uint32_t *got)
{
	int n = 0;

	while (n < 99 && suggest_next(sg, h, &got[n]))
		n++;
	return n;
}

static void
news(void)
{
	struct pick *pk;
	struct suggest sg = fresh(&pk, 20, PIECE_LEN);
	struct source *src = pick_join(pk, NULL, 1);
	struct hint a = { 0 }, b = { 0 };
	uint32_t x[99], y[99], z[99];
	int i, j;

	CASE("suggest: one alone is told nothing");
	suggest_join(&sg, &a, 1);
	OK(later(&sg, &a, x) == 0);
	CASE("suggest: two are told different pieces, as far as 80 blocks go");
	suggest_join(&sg, &b, 1);
	OK(later(&sg, &a, x) == 5 && later(&sg, &b, y) == 5);
	for (i = 0; i < 5; i++)
		for (j = 0; j < 5; j++)
			OK(x[i] != y[j] && (i == j || x[i] != x[j]));
	OK(later(&sg, &a, z) == 0);
	CASE("suggest: who takes one up is told another");
	OK(suggest_asked(&sg, &a, x[0]) && later(&sg, &a, z) == 0);
	OK(suggest_asked(&sg, &a, x[1]) && later(&sg, &a, z) == 0);
	OK(suggest_asked(&sg, &a, x[2]) && later(&sg, &a, z) == 1);
	OK(!suggest_asked(&sg, &a, x[2]) && later(&sg, &a, z + 1) == 0);
	CASE("suggest: nobody is told what another asks for, or has");
	for (i = 0; i < 20; i++) {
		for (j = 0; j < 5 && x[j] != (uint32_t)i &&
		    y[j] != (uint32_t)i; j++)
			;
		if (j == 5 && i != (int)z[0])
			break;
	}
	OK(i < 20 && suggest_asked(&sg, &a, (uint32_t)i));
	pick_has(pk, src, (uint32_t)(i + 1) % 20);
	OK(!suggest_asked(&sg, &b, (uint32_t)(i + 1) % 20));
	for (j = 0; j < 5; j++)
		suggest_asked(&sg, &b, y[j]);
	for (j = later(&sg, &b, y); j > 0; j--)
		OK(y[j - 1] != (uint32_t)i && y[j - 1] != z[0] &&
		    y[j - 1] != (uint32_t)(i + 1) % 20);
	done_with(&sg, pk);
}

static void
settling(void)
{
	struct pick *pk;
	struct suggest sg = fresh(&pk, 20, PIECE_LEN);
	struct source *src = pick_join(pk, NULL, 1);
	struct hint a = { 0 }, b = { 0 };
	uint32_t x[99], i;

	CASE("suggest: what somebody has by now takes no place");
	suggest_join(&sg, &a, 1);
	suggest_join(&sg, &b, 1);
	OK(later(&sg, &a, x) == 5);
	pick_has(pk, src, x[1]);
	pick_has(pk, src, x[3]);
	OK(later(&sg, &a, x + 5) == 2 && a.nahead == 5);
	for (i = 0; i < 3; i++)
		OK(suggest_asked(&sg, &b, (x[6] + 1 + i) % 20));
	pick_has(pk, src, (x[6] + 1) % 20);
	pick_has(pk, src, (x[6] + 2) % 20);
	OK(suggest_asked(&sg, &b, (x[6] + 4) % 20) && b.nunder == 2);
	OK(bit_count(sg.taken, 20) == 7);
	done_with(&sg, pk);
}

static void
leaving(void)
{
	struct pick *pk;
	struct suggest sg = fresh(&pk, 6, PIECE_LEN);
	struct source *src = pick_join(pk, NULL, 1);
	struct hint a = { 0 }, b = { 0 }, c = { 0 };
	uint32_t x[99], y[99];

	CASE("suggest: what one leaves behind is another's");
	suggest_join(&sg, &a, 1);
	suggest_join(&sg, &b, 1);
	OK(later(&sg, &a, x) == 5 && later(&sg, &b, y) == 1);
	OK(suggest_asked(&sg, &a, x[0]) && suggest_asked(&sg, &b, y[0]));
	suggest_leave(&sg, &a);
	suggest_leave(&sg, &a);
	suggest_join(&sg, &c, 1);
	OK(later(&sg, &b, y) == 3 && later(&sg, &c, y + 3) == 2);
	CASE("suggest: and what it alone had");
	suggest_leave(&sg, &b);
	suggest_leave(&sg, &c);
	pick_has_bits(pk, src, (const uint8_t *)"\xf8");
	suggest_join(&sg, &a, 1);
	suggest_join(&sg, &b, 1);
	OK(later(&sg, &b, y) == 1 && y[0] == 5);
	pick_leave(pk, src);
	suggest_leave(&sg, &c); /* whose peer that was */
	OK(later(&sg, &b, y) == 4 && later(&sg, &a, x) == 1);
	done_with(&sg, pk);
}

static void
lasts(void)
{
	struct pick *pk;
	struct suggest sg = fresh(&pk, 7, PIECE_LEN);
	struct hint a = { 0 }, b = { 0 }, c = { 0 };
	uint32_t x[99], y[99], z[99];

	CASE("suggest: the last pieces are moved from who has most ahead");
	suggest_join(&sg, &a, 1);
	suggest_join(&sg, &b, 1);
	suggest_join(&sg, &c, 1);
	OK(later(&sg, &a, x) == 5 && later(&sg, &b, y) == 2);
	OK(later(&sg, &c, z) == 1 && z[0] == x[4]);
	OK(later(&sg, &c, z) == 0);
	OK(suggest_asked(&sg, &c, x[4]) && later(&sg, &c, z) == 1);
	OK(z[0] == x[3]);
	CASE("suggest: who has one ahead is moved none");
	OK(suggest_asked(&sg, &b, y[0]) && later(&sg, &b, z) == 0);
	done_with(&sg, pk);
}

static void
deaf(void)
{
	struct pick *pk;
	struct suggest sg = fresh(&pk, 5, PIECE_LEN);
	struct hint a = { 0 }, b = { 0 };
	uint32_t x[99], i;

	CASE("suggest: who understands none still counts");
	suggest_join(&sg, &a, 0);
	suggest_join(&sg, &b, 1);
	OK(suggest_asked(&sg, &a, 3) && later(&sg, &a, x) == 0);
	OK(later(&sg, &b, x) == 4);
	for (i = 0; i < 4; i++)
		OK(x[i] != 3);
	done_with(&sg, pk);
}

static void
limits(void)
{
	struct pick *pk;
	struct suggest sg = fresh(&pk, 300, BLOCK_LEN);
	struct hint a = { 0 }, b = { 0 };
	uint32_t x[99], i;

	CASE("suggest: sixteen are ahead at most, and one at least");
	suggest_join(&sg, &a, 1);
	suggest_join(&sg, &b, 1);
	OK(later(&sg, &a, x) == 16);
	done_with(&sg, pk);
	sg = fresh(&pk, 9, 4 << 20);
	memset(&a, 0, sizeof a);
	memset(&b, 0, sizeof b);
	suggest_join(&sg, &a, 1);
	suggest_join(&sg, &b, 1);
	OK(later(&sg, &a, x) == 1);
	done_with(&sg, pk);
	CASE("suggest: of what a peer asks for, 64 pieces are remembered");
	sg = fresh(&pk, 300, BLOCK_LEN);
	memset(&a, 0, sizeof a);
	for (i = 0; i < 300; i++)
		OK(suggest_asked(&sg, &a, i));
	OK(a.nunder == 64 && bit_count(sg.taken, 300) == 64);
	OK(suggest_asked(&sg, &a, 0) && !suggest_asked(&sg, &a, 299));
	suggest_leave(&sg, &a);
	OK(bit_count(sg.taken, 300) == 0);
	done_with(&sg, pk);
}

/* Everybody comes, asks for pieces that nobody or everybody has, and goes. */
static void
steps(void)
{
	static struct hint hints[MANY];
	struct pick *pk;
	struct suggest sg = fresh(&pk, HUGE, BLOCK_LEN);
	struct source *src = pick_join(pk, NULL, 1);
	uint64_t rnd = 11, before, calls = 0;
	uint32_t x[99], i, k;

	CASE("suggest: work does not grow with pieces nor peers");
	for (i = 0; i < HUGE; i++)
		if (i % 64 != 0)
			pick_has(pk, src, i);
	for (i = 0; i < 20 * MANY; i++, calls++) {
		k = rnd_below(&rnd, MANY);
		if (hints[k].joined && rnd_below(&rnd, 4) == 0)
			suggest_leave(&sg, &hints[k]);
		suggest_join(&sg, &hints[k], 1);
		before = sg.steps;
		suggest_asked(&sg, &hints[k], rnd_below(&rnd, HUGE));
		calls += (uint64_t)later(&sg, &hints[k], x);
		OK(sg.steps - before <= 17 * (1024 + 80) + 128);
	}
	OK(sg.steps < calls * 1024);
	CASE("suggest: where nothing is to be told, none is looked for");
	pick_has_bits(pk, src, memset(sg.taken, 0xff, HUGE / 8));
	for (i = 0; i < HUGE / 1024 + 2; i++)
		later(&sg, &hints[0], x);
	before = sg.steps;
	OK(later(&sg, &hints[0], x) == 0 && sg.steps - before < 200);
	done_with(&sg, pk);
}

/* Crowds. */

static void
crowds(void)
{
	static const struct cast crowd = { .leechers = 20, .seeds = 1 };
	static const struct cast leavers = { .leechers = 20, .seeds = 1,
	    .leave = 5 };
	static const struct cast deafs = { .leechers = 20, .seeds = 1,
	    .ignore = 10 };
	static const struct cast liars = { .leechers = 19, .seeds = 1,
	    .lie = 1 };
	static const struct cast seeds = { .leechers = 8, .seeds = 3 };
	double on, off;

	CASE("suggest: a crowd's seed sends all of it 1.3 times at most");
	on = median(crowd, 1);
	off = median(crowd, 0);
	printf("# a crowd of 20: its seed sends %.2f times, without %.2f\n",
	    on, off);
	OK(on <= 1.3 && on < off - 0.2);
	CASE("suggest: and if some of the crowd leave");
	on = median(leavers, 1);
	off = median(leavers, 0);
	printf("# 5 of 20 leave: %.2f, without %.2f\n", on, off);
	OK(on <= 1.4 && on < off - 0.1);
	CASE("suggest: who ignores it makes nothing worse");
	on = median(deafs, 1);
	off = median(deafs, 0);
	printf("# 10 of 20 ignore it: %.2f, without %.2f\n", on, off);
	OK(on < off);
	CASE("suggest: nor does who announces what he has not");
	on = median(liars, 1);
	off = median(liars, 0);
	printf("# 1 of 20 lies: %.2f, without %.2f\n", on, off);
	OK(on < off);
	CASE("suggest: nor do other seeds");
	on = median(seeds, 1);
	off = median(seeds, 0);
	printf("# three seeds: %.2f, without %.2f\n", on, off);
	OK(on < off + 0.02);
}

/* Of a few runs, how often the seeds sent all until all had it. */
static double
median(struct cast cast, int policy)
{
	double all[RUNS];
	int i;

	cast.policy = policy;
	for (i = 0; i < RUNS; i++)
		all[i] = play(&cast, (uint64_t)i * 7919 + 1);
	qsort(all, RUNS, sizeof *all, by_value);
	return all[RUNS / 2];
}

static int
by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
play(const struct cast *cast, uint64_t seed)
{
	struct sim *s = xcalloc(1, sizeof *s);
	double sent;
	struct event e;
	int i, k;

	sim = s;
	s->cast = cast;
	s->rnd = seed;
	begin(s);
	while (!is_over(s) && s->now_us < (int64_t)GIVE_UP_S * 1000000) {
		e = pop();
		s->now_us = e.at_us;
		handle(&e);
	}
	OK(is_over(s));
	sent = (double)s->sent / (NPIECES * NBLOCKS);
	for (i = 0; i < s->n; i++) {
		pick_free(s->nodes[i].pk);
		suggest_free(&s->nodes[i].suggest);
		for (k = 0; k < s->nodes[i].n; k++)
			free(s->nodes[i].ties[k]);
	}
	free(s->heap);
	free(s);
	return sent;
}

static void
begin(struct sim *s)
{
	const struct cast *c = s->cast;
	struct node *n;
	uint32_t p;
	int i, k;

	s->sh = (struct shape){ (int64_t)NPIECES * PIECE_LEN, PIECE_LEN,
	    NPIECES };
	s->n = c->seeds + c->leechers + c->lie;
	for (i = 0; i < s->n; i++) {
		n = &s->nodes[i];
		k = i - c->seeds;
		n->id = i;
		n->seeds = k < 0;
		n->lies = k >= c->leechers;
		n->ignores = k >= 0 && k < c->ignore;
		n->block_us = n->seeds ? SEED_US * c->seeds : LEECH_US;
		n->pk = pick_new(&s->sh, rnd_seed(&s->rnd), &ops);
		slots_init(&n->slots, SLOTS, on_grant, rnd_seed(&s->rnd));
		suggest_init(&n->suggest, &s->sh, n->pk, rnd_seed(&s->rnd));
		for (p = 0; n->seeds && p < NPIECES; p++, n->nhave++)
			pick_have(n->pk, p);
		slots_begin(&n->slots, 1000);
		push(n->seeds ? 0 : 100000 + rnd_below(&s->rnd, 100000),
		    ARRIVE, n, one(0));
		if (k >= 0 && k < c->leave)
			push(3000000 + 500000 * k, LEAVE, n, one(0));
	}
	push(1000, SLOTS_DUE, NULL, one(0));
	push(1000000, EACH_SECOND, NULL, one(0));
}

/* Whether all have it who have not left. */
static int
is_over(const struct sim *s)
{
	const struct node *n;

	for (n = s->nodes; n < s->nodes + s->n; n++)
		if (!n->lies && n->nhave < NPIECES && (n->here ||
		    s->now_us < 1000000))
			return 0;
	return 1;
}

/* What happens when: a heap. */
static void
push(int64_t at_us, enum what what, void *to, struct block b)
{
	struct event e = { at_us, sim->order++, what, to, b };
	int i;

	if (sim->nheap == sim->cap) {
		sim->cap = MAX(1024, 2 * sim->cap);
		sim->heap = xrealloc(sim->heap, (size_t)sim->cap,
		    sizeof *sim->heap);
	}
	for (i = sim->nheap++; i > 0 && is_before(&e,
	    &sim->heap[(i - 1) / 2]); i = (i - 1) / 2)
		sim->heap[i] = sim->heap[(i - 1) / 2];
	sim->heap[i] = e;
}

static struct event
pop(void)
{
	struct event first = sim->heap[0], e = sim->heap[--sim->nheap];
	int i = 0, k;

	while ((k = 2 * i + 1) < sim->nheap) {
		k += k + 1 < sim->nheap && is_before(&sim->heap[k + 1],
		    &sim->heap[k]);
		if (!is_before(&sim->heap[k], &e))
			break;
		sim->heap[i] = sim->heap[k];
		i = k;
	}
	sim->heap[i] = e;
	return first;
}

static int
is_before(const struct event *a, const struct event *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us :
	    a->order < b->order;
}

static struct block
one(uint32_t piece)
{
	struct block b = { piece, 0, 0 };

	return b;
}

static int64_t
now_ms(void)
{
	return 1000 + sim->now_us / 1000;
}

static void
handle(const struct event *e)
{
	struct node *n = e->to, *all = sim->nodes;

	switch (e->what) {
	case ARRIVE:
		arrive(n);
		break;
	case LEAVE:
		leave(n);
		break;
	case SENT:
		n->busy = 0;
		serve(n);
		break;
	case EACH_SECOND:
		for (n = all; n < all + sim->n; n++)
			second(n);
		push(sim->now_us + 1000000, e->what, NULL, e->b);
		break;
	case SLOTS_DUE:
		for (n = all; n < all + sim->n; n++)
			slots_run(&n->slots, n->nhave == NPIECES, now_ms());
		push(sim->now_us + 10000, e->what, NULL, e->b);
		break;
	default:
		if (((struct tie *)e->to)->src)
			hear(e->to, e->what, e->b);
	}
}

static void
arrive(struct node *n)
{
	struct node *o;
	struct tie *a, *b;
	uint32_t p;

	for (o = sim->nodes; o < sim->nodes + sim->n; o++) {
		if (!o->here || (o->seeds && n->seeds))
			continue;
		a = tie(n, o, (10 + 50 * n->id / sim->n + 50 * o->id /
		    sim->n) * 1000);
		b = tie(o, n, a->delay_us);
		a->back = b;
		b->back = a;
		if (n->seeds || o->seeds)
			tell(n->seeds ? a : b, ALL, one(0));
		for (p = 0; n->lies && p < NPIECES; p += 2)
			tell(a, HAVE, one(p));
	}
	n->here = 1;
}

static struct tie *
tie(struct node *me, struct node *other, int64_t delay_us)
{
	struct tie *t = xcalloc(1, sizeof *t);

	t->me = me;
	t->delay_us = delay_us;
	t->weight = (100 + rnd_below(&sim->rnd, 100)) /
	    (double)(delay_us / 500 + 40);
	t->src = pick_join(me->pk, t, 100 + (uint32_t)other->id);
	pick_choke(me->pk, t->src, 1);
	flow_init(&t->flow, now_ms());
	t->am_choking = t->peer_choking = 1;
	slots_join(&me->slots, &t->slot, t, now_ms());
	me->ties[me->n++] = t;
	return t;
}

static void
leave(struct node *n)
{
	struct tie *ends[2];
	int i, k;

	n->here = 0;
	for (i = 0; i < n->n; i++) {
		ends[0] = n->ties[i];
		ends[1] = n->ties[i]->back;
		for (k = 0; k < 2 && ends[k]->src; k++) {
			pick_leave(ends[k]->me->pk, ends[k]->src);
			ends[k]->src = NULL;
			ends[k]->nheld = ends[k]->nout = ends[k]->nblocks = 0;
			suggest_leave(&ends[k]->me->suggest, &ends[k]->hint);
			slots_leave(&ends[k]->me->slots, &ends[k]->slot,
			    now_ms());
		}
	}
}

/* News wait behind the blocks that wait. */
static void
tell(struct tie *t, enum what what, struct block b)
{
	if (t->nout == 0)
		push(sim->now_us + t->delay_us, what, t->back, b);
	else if (t->nout < 2 * QUEUE)
		t->out[t->nout++] = (struct event){ 0, 0, what, t->back, b };
	else
		OK(t->nout < 2 * QUEUE);
}

/* The next block of n's that leaves, and the news behind it. */
static void
serve(struct node *n)
{
	struct tie *t, *best = NULL;
	int i;

	for (i = 0; i < n->n && !n->busy; i++) {
		t = n->ties[i];
		if (t->nblocks < REFILL)
			commit(t);
		t->spent = MAX(t->spent, n->spent);
		if (t->nblocks > 0 && (!best || t->spent < best->spent))
			best = t;
	}
	if (!best)
		return;
	n->busy = 1;
	n->spent = best->spent;
	best->spent += 1 / best->weight;
	sim->sent += n->seeds;
	best->nblocks--;
	push(sim->now_us + n->block_us, SENT, n, one(0));
	for (i = 0; i < best->nout && (i == 0 ||
	    best->out[i].what != BLOCK); i++)
		push(sim->now_us + n->block_us + best->delay_us,
		    best->out[i].what, best->back, best->out[i].b);
	best->nout -= i;
	memmove(best->out, best->out + i, (size_t)best->nout *
	    sizeof *best->out);
}

static void
commit(struct tie *t)
{
	struct block b;

	while (t->nblocks < COMMITTED && t->nheld > 0 && t->nout < 2 * QUEUE) {
		b = t->held[0];
		drop_held(t, b);
		t->out[t->nout++] = (struct event){ .what = BLOCK, .b = b };
		t->nblocks++;
	}
}

/* What conns.c does. */
static void
hear(struct tie *t, enum what what, struct block b)
{
	struct pick *pk = t->me->pk;

	switch (what) {
	case ALL:
		pick_has_all(pk, t->src);
		interest(t);
		break;
	case HAVE:
		on_have(t, b.piece);
		break;
	case INTEREST:
		slots_interest(&t->me->slots, &t->slot, (int)b.piece,
		    now_ms());
		break;
	case CHOKE:
		t->peer_choking = (int)b.piece;
		owed_choke(pk, t->src, &t->flow, t->peer_choking, 1,
		    now_ms());
		ask(t, NULL);
		break;
	case REQUEST:
		on_request(t, b);
		break;
	case CANCEL:
		drop_held(t, b);
		break;
	case REJECT:
		if (pick_reject(pk, t->src, b))
			flow_rejected(&t->flow);
		ask(t, NULL);
		break;
	case SUGGEST:
		if (t->me->ignores)
			break;
		pick_suggest(pk, t->src, b.piece);
		flow_crowd(&t->flow);
		break;
	default:
		on_block(t, b);
	}
}

static void
on_have(struct tie *t, uint32_t piece)
{
	if (!pick_has(t->me->pk, t->src, piece))
		return;
	flow_crowd(&t->flow);
	if (!t->peer_choking)
		pick_move(t->me->pk, t->src, piece);
	interest(t);
	if (!t->peer_choking)
		ask(t, &piece);
}

static void
on_request(struct tie *t, struct block b)
{
	if (t->am_choking || t->nheld == QUEUE) {
		tell(t, REJECT, b);
		return;
	}
	if (t->me->lies)
		return; /* he is silent */
	t->held[t->nheld++] = b;
	if (t->me->nhave == NPIECES && sim->cast->policy)
		suggest(t, &b.piece);
	serve(t->me);
}

static void
on_block(struct tie *t, struct block b)
{
	struct node *n = t->me;
	enum picked r = pick_got(n->pk, t->src, b);
	int i;

	if (r == PICK_UNASKED) {
		flow_unasked(&t->flow, now_ms());
		flow_alive(&t->flow);
		return;
	}
	flow_got(&t->flow, b.len, pick_answered(t->src), now_ms());
	pick_stall(n->pk, t->src, 0);
	if (r == PICK_WHOLE) {
		pick_done(n->pk, b.piece);
		n->nhave++;
		for (i = 0; i < n->n; i++)
			if (n->ties[i]->src) {
				tell(n->ties[i], HAVE, b);
				interest(n->ties[i]);
			}
	}
	ask(t, NULL);
}

static void
drop_held(struct tie *t, struct block b)
{
	int i;

	for (i = 0; i < t->nheld && memcmp(&t->held[i], &b, sizeof b); i++)
		;
	if (i < t->nheld)
		memmove(t->held + i, t->held + i + 1, (size_t)(--t->nheld -
		    i) * sizeof b);
}

static void
ask(struct tie *t, const uint32_t *piece)
{
	struct node *n = t->me;
	int room = flow_room(&t->flow, (int)pick_requests(t->src), QUEUE);
	struct block b;

	if (t->flow.stalled_ms || t->peer_choking || !t->am_interested)
		return;
	while (room-- > 0 && (piece ? pick_next_of(n->pk, t->src, *piece,
	    now_ms(), &b) : pick_next(n->pk, t->src, 0, now_ms(), &b)))
		tell(t, REQUEST, b);
}

static void
interest(struct tie *t)
{
	int on = !t->me->lies && t->me->nhave < NPIECES && pick_wants(t->src);

	if (on != t->am_interested)
		tell(t, INTEREST, one((uint32_t)on));
	t->am_interested = on;
}

static void
suggest(struct tie *t, const uint32_t *piece)
{
	struct suggest *sg = &t->me->suggest;
	uint32_t more;

	suggest_join(sg, &t->hint, 1);
	if (piece && !suggest_asked(sg, &t->hint, *piece))
		return;
	while (suggest_next(sg, &t->hint, &more))
		tell(t, SUGGEST, one(more));
}

static void
second(struct node *n)
{
	struct tie *t;
	int i;

	pick_tick(n->pk, now_ms());
	for (i = 0; i < n->n; i++) {
		t = n->ties[i];
		if (!t->src)
			continue;
		t->slot.snubs = owed_tick(n->pk, t->src, &t->flow, 0,
		    now_ms()) != FLOW_FINE;
		t->slot.down_bps = rate_bps(&t->flow.down);
		ask(t, NULL);
	}
}

static void
on_grant(void *owner, int on)
{
	struct tie *t = owner;

	if (!on)
		suggest_leave(&t->me->suggest, &t->hint);
	else if (t->me->nhave == NPIECES && sim->cast->policy)
		suggest(t, NULL);
	t->am_choking = !on;
	while (!on && t->nheld > 0) {
		tell(t, REJECT, t->held[0]);
		drop_held(t, t->held[0]);
	}
	tell(t, CHOKE, one((uint32_t)!on));
}

static void
on_cancel(void *owner, struct block b)
{
	struct tie *t = owner;

	tell(t, CANCEL, b);
	flow_forgive(&t->flow, 1, now_ms());
}
