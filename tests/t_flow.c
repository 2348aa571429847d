/* flow: how much may be asked, by a set clock; and, with the picker, downloads
 * from one honest seed among strangers who are silent, late, lie or change
 * their minds: each has to end within twice the time that it takes alone. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "torrent/meta.h"
#include "swarm/pick.h"
#include "swarm/flow.h"
#include "swarm/owed.h"
#include "unit.h"

enum {
	S        = 1000,      /* milliseconds */
	STEP_MS  = 20,
	RTT_MS   = 60,
	NPIECES  = 300, NBLOCKS = 4,
	RATE     = 1 << 20,   /* bytes a second of the honest seed */
	CONNS    = 40,
	QUEUE    = 4096,
	GIVE_UP  = 400 * S
};

enum kind {
	HONEST,
	SILENT,     /* unchokes and answers nothing */
	LATE,       /* answers after half a minute */
	LIAR,       /* answers with garbage, and calls again when banned */
	SPOILER,    /* garbage once, then it is silent, as a solo source too */
	FLIP,       /* chokes and unchokes all the time */
	WITHHOLD,   /* answers all but one block of each piece */
	TEASER,     /* answers one block in a while, and nothing else */
	COMEBACK,   /* silent, and calls anew every few seconds */
	KINDS,
	MIXED = KINDS
};

struct conn {
	enum kind kind;
	struct source *src;   /* NULL: not here */
	struct flow flow;
	uint32_t tag;
	int choking;
	int64_t here_ms, back_ms;
	struct block queue[QUEUE]; /* what it was asked for, in order */
	int64_t asked_ms[QUEUE];
	int n;
	int64_t owes;         /* bytes that it may send by now */
	int lied;
};

struct sim {
	struct shape sh;
	struct pick *pk;
	struct conn conns[CONNS];
	int n;
	int64_t now_ms;
	uint64_t rnd;
	uint32_t tag, ndone;
	uint8_t bad[NPIECES][NBLOCKS];
	uint32_t guilty[NPIECES][NBLOCKS]; /* of an earlier try */
	int one_address;      /* all strangers are of */
};

static struct sim *sim; /* for cancels */

static void windows(void);
static void rejects(void);
static void forgiveness(void);
static void clocks(void);
static void strangers(void);
static int64_t download(enum kind kind, int nstrangers, int in_order,
    int one_address);
static void join(struct conn *c);
static void leave(struct conn *c, int64_t back_ms);
static void fill(struct conn *c, int ticking);
static void tick(struct conn *c);
static void act(struct conn *c);
static void choke(struct conn *c, int choking);
static void answer(struct conn *c, int i, int is_bad);
static void whole(uint32_t piece);
static void ban(uint32_t tag);
static void drop(struct conn *c, int i);
static void on_cancel(void *owner, struct block b);

static const struct pick_ops ops = { on_cancel };

void
test_flow(void)
{
	windows();
	rejects();
	forgiveness();
	clocks();
	strangers();
}

static struct flow
fresh(void)
{
	struct flow f;

	memset(&f, 0, sizeof f);
	flow_init(&f, S);
	return f;
}

static void
windows(void)
{
	struct flow f = fresh();
	int i;

	CASE("flow: 64 blocks are asked for at first, or as many as it takes");
	OK(flow_room(&f, 0, 250) == 64 && flow_room(&f, 60, 250) == 4);
	OK(flow_room(&f, 0, 10) == 10 && flow_room(&f, 70, 250) == 0);
	CASE("flow: the window grows with each block, up to 2,048");
	for (i = 0; i < 3000; i++)
		flow_got(&f, BLOCK_LEN, S, S + 100);
	OK(flow_room(&f, 0, 9999) == 2048);
	CASE("flow: and follows the rate once a second");
	flow_tick(&f, 0, 0, 2 * S);
	OK(flow_room(&f, 0, 9999) == 2048);
	for (i = 0; i < 100; i++)
		flow_got(&f, BLOCK_LEN, 2 * S, 3 * S);
	flow_tick(&f, 0, 0, 3 * S);
	flow_tick(&f, 0, 0, 4 * S);
	OK(flow_room(&f, 0, 9999) == 100);
	flow_tick(&f, 0, 0, 5 * S);
	OK(flow_room(&f, 0, 9999) == 4);
	CASE("flow: an unchoke gives it a new start");
	flow_unchoked(&f);
	OK(flow_room(&f, 0, 9999) == 64);
	CASE("flow: in a crowd it holds a second, but sixteen blocks");
	f = fresh();
	flow_crowd(&f);
	OK(flow_room(&f, 0, 9999) == 64);
	for (i = 0; i < 100; i++)
		flow_got(&f, BLOCK_LEN, 2 * S, 3 * S);
	flow_tick(&f, 0, 0, 3 * S);
	flow_tick(&f, 0, 0, 4 * S);
	OK(flow_room(&f, 0, 9999) == 50);
	flow_tick(&f, 0, 0, 5 * S);
	OK(flow_room(&f, 0, 9999) == 4);
	for (i = 0; i < 16; i++)
		flow_got(&f, BLOCK_LEN, 5 * S, 6 * S);
	flow_tick(&f, 0, 0, 6 * S);
	OK(flow_room(&f, 0, 9999) == 8);
}

static void
rejects(void)
{
	struct flow f = fresh();
	int i;

	CASE("flow: who rejects 64 in a row is left alone until the tick");
	for (i = 0; i < 64; i++) {
		OK(flow_room(&f, 0, 250) > 0);
		flow_rejected(&f);
	}
	OK(flow_room(&f, 0, 250) == 0);
	flow_tick(&f, 0, 0, 2 * S);
	OK(flow_room(&f, 0, 250) > 0);
	CASE("flow: so is who chokes on what he owes");
	flow_broke(&f, 0, 2 * S);
	OK(flow_room(&f, 0, 250) > 0); /* he owed nothing */
	flow_broke(&f, 3, 2 * S);
	flow_unchoked(&f);
	OK(flow_room(&f, 0, 250) == 0);
	flow_tick(&f, 0, 0, 3 * S);
	OK(flow_room(&f, 0, 250) > 0);
}

static void
forgiveness(void)
{
	struct flow f = fresh();

	CASE("flow: what nobody asked for is not forgiven");
	OK(!flow_unasked(&f, S));
	CASE("flow: answers on their way are, as many as there may be");
	flow_forgive(&f, 2, S);
	flow_broke(&f, 1, S);
	OK(flow_unasked(&f, S) && flow_unasked(&f, 20 * S));
	OK(flow_unasked(&f, 60 * S) && !flow_unasked(&f, 60 * S));
	CASE("flow: for three minutes");
	flow_forgive(&f, 2, 200 * S);
	OK(flow_unasked(&f, 350 * S) && !flow_unasked(&f, 390 * S));
	CASE("flow: and no stock of them can be laid in");
	flow_forgive(&f, 1 << 30, 500 * S);
	flow_forgive(&f, 1 << 30, 500 * S);
	OK(f.forgiven <= 4096);
}

static void
clocks(void)
{
	struct flow f = fresh();
	int64_t t;
	int i;

	CASE("flow: who owes and says nothing is stalled after seconds");
	for (t = 2 * S; t - S < 4 * S; t += S)
		OK(flow_tick(&f, S, 0, t) == FLOW_FINE);
	OK(flow_tick(&f, S, 0, t) == FLOW_STALLED);
	OK(flow_room(&f, 0, 250) == 1);
	CASE("flow: and what he owes is given up after a minute");
	for (; t - S < 60 * S; t += S)
		OK(flow_tick(&f, S, 0, t) == FLOW_STALLED);
	OK(flow_tick(&f, S, 0, t) == FLOW_LOST);
	CASE("flow: who owes nothing any more is on parole after two");
	for (i = 0; i < 110; i++)
		if (t += S, flow_tick(&f, 0, 0, t) != (t < 125 * S ?
		    FLOW_STALLED : FLOW_FINE))
			break;
	OK(i == 110);
	CASE("flow: a block ends it");
	f = fresh();
	OK(flow_tick(&f, S, 0, 9 * S) == FLOW_STALLED);
	flow_got(&f, BLOCK_LEN, S, 9 * S);
	OK(flow_tick(&f, S, 0, 10 * S) == FLOW_FINE);
	CASE("flow: how long is too long is learnt from what answers take");
	f = fresh();
	for (i = 0; i < 50; i++)
		flow_got(&f, BLOCK_LEN, 10 * S - 200, 10 * S);
	OK(flow_patience(&f) == 3 * S);
	for (i = 0; i < 50; i++)
		flow_got(&f, BLOCK_LEN, 8 * S, 10 * S);
	OK(flow_patience(&f) > 7 * S && flow_patience(&f) <= 8 * S);
	for (i = 0; i < 50; i++)
		flow_got(&f, BLOCK_LEN, S, 61 * S);
	OK(flow_patience(&f) == 12 * S);
	CASE("flow: our own limit is no silence of the peer's");
	f = fresh();
	for (t = 2 * S; t < 200 * S; t += S)
		OK(flow_tick(&f, S, 1, t) == FLOW_FINE);
}

/* Strangers of each kind, few and many, in both orders.  If a stranger has any
 * number of addresses, he is never banned for long. */
static void
strangers(void)
{
	static const char *const names[] = {
		[SILENT] = "are silent", [LATE] = "are late",
		[LIAR] = "lie and call again",
		[SPOILER] = "lie once and are silent",
		[FLIP] = "change their minds", [WITHHOLD] = "hold back",
		[TEASER] = "give a block in a while",
		[COMEBACK] = "are silent and call again",
		[MIXED] = "do all of it"
	};
	int64_t alone = download(HONEST, 0, 0, 1), t;
	char name[128], what[64];
	int kind, n, k;

	CASE("flow: a seed alone is as fast as it can be");
	OK(alone > 0 && alone < (int64_t)NPIECES * NBLOCKS * BLOCK_LEN *
	    1100 / RATE + 2 * RTT_MS);
	for (kind = SILENT; kind <= MIXED; kind++) {
		snprintf(name, sizeof name, "flow: twice as long at most, "
		    "though strangers %s", names[kind]);
		CASE(name);
		for (k = 0; k < 4; k++)
			for (n = 1; n < CONNS; n = n == 1 ? 3 : n * 3) {
				t = download((enum kind)kind, n, k % 2,
				    k < 2);
				snprintf(what, sizeof what, "%d of them%s%s: "
				    "%d ms, %d alone", n, k % 2 ?
				    ", in order" : "", k < 2 ? "" :
				    ", from everywhere", (int)t, (int)alone);
				OK_FOR(what, t <= (k < 2 ? 2 : 4) * alone);
			}
	}
}

/* How long a download takes; GIVE_UP if it does not end. */
static int64_t
download(enum kind kind, int nstrangers, int in_order, int one_address)
{
	struct sim s;
	uint64_t seed = (uint64_t)nstrangers * 77 + 5;
	int64_t second = 0;
	int i;

	memset(&s, 0, sizeof s);
	sim = &s;
	s.one_address = one_address;
	s.sh.piece_len = NBLOCKS * BLOCK_LEN;
	s.sh.npieces = NPIECES;
	s.sh.size = (int64_t)NPIECES * s.sh.piece_len;
	s.rnd = seed;
	s.pk = pick_new(&s.sh, seed, &ops);
	pick_in_order(s.pk, in_order);
	s.n = nstrangers + 1;
	for (i = 0; i < s.n; i++) /* the seed comes last */
		s.conns[i].kind = i == nstrangers ? HONEST : kind == MIXED ?
		    (enum kind)(SILENT + i % (KINDS - SILENT)) : kind;
	for (; s.ndone < NPIECES && s.now_ms < GIVE_UP;
	    s.now_ms += STEP_MS) {
		for (i = 0; i < s.n; i++) {
			if (!s.conns[i].src && s.now_ms >= s.conns[i].back_ms)
				join(&s.conns[i]);
			if (s.conns[i].src)
				act(&s.conns[i]);
		}
		if (s.now_ms < second)
			continue;
		second += S;
		pick_tick(s.pk, s.now_ms);
		for (i = 0; i < s.n; i++)
			if (s.conns[i].src)
				tick(&s.conns[i]);
	}
	pick_free(s.pk);
	return s.now_ms;
}

static void
join(struct conn *c)
{
	memset(&c->flow, 0, sizeof c->flow);
	flow_init(&c->flow, sim->now_ms);
	c->tag = ++sim->tag;
	c->src = pick_join(sim->pk, c, c->tag);
	c->here_ms = sim->now_ms;
	c->n = c->lied = 0;
	c->owes = 0;
	c->choking = 0;
	pick_has_all(sim->pk, c->src);
	flow_unchoked(&c->flow);
	fill(c, 0);
}

static void
leave(struct conn *c, int64_t back_ms)
{
	pick_leave(sim->pk, c->src);
	c->src = NULL;
	c->back_ms = back_ms;
}

/* As swarm.c asks. */
static void
fill(struct conn *c, int ticking)
{
	int room = flow_room(&c->flow, (int)pick_requests(c->src), QUEUE);
	struct block b;

	if (c->choking || (c->flow.stalled_ms && !ticking))
		return;
	while (room-- > 0 && c->n < QUEUE && pick_next(sim->pk, c->src, 0,
	    sim->now_ms, &b)) {
		c->queue[c->n] = b;
		c->asked_ms[c->n++] = sim->now_ms;
	}
}

static void
tick(struct conn *c)
{
	if (owed_tick(sim->pk, c->src, &c->flow, 0, sim->now_ms) == FLOW_LOST)
		c->n = 0;
	fill(c, 1);
}

/* What a peer does in a step. */
static void
act(struct conn *c)
{
	int64_t age = sim->now_ms - c->here_ms;
	int i;

	switch (c->kind) {
	case HONEST:
		c->owes = MIN(c->owes + (int64_t)RATE * STEP_MS / 1000,
		    2 * BLOCK_LEN);
		while (c->src && c->n > 0 && c->owes >= BLOCK_LEN &&
		    sim->now_ms - c->asked_ms[0] >= RTT_MS) {
			c->owes -= BLOCK_LEN;
			answer(c, 0, 0);
		}
		break;
	case LATE:
		if (c->n > 0 && sim->now_ms - c->asked_ms[0] >= 30 * S)
			answer(c, 0, 0);
		break;
	case LIAR:
		if (c->n > 0 && sim->now_ms - c->asked_ms[0] >= RTT_MS)
			answer(c, 0, 1);
		break;
	case SPOILER:
		if (c->n > 0 && !c->lied && sim->now_ms - c->asked_ms[0] >=
		    RTT_MS) {
			c->lied = 1;
			answer(c, 0, 1);
			if (c->src)
				choke(c, 1);
		} else if (c->lied && age / 200 % 2 != c->choking) {
			choke(c, !c->choking);
		}
		break;
	case FLIP:
		choke(c, !c->choking);
		break;
	case WITHHOLD:
		for (i = 0; i < c->n && c->queue[i].begin == 0; i++)
			;
		if (i < c->n && sim->now_ms - c->asked_ms[i] >= RTT_MS)
			answer(c, i, 0);
		break;
	case TEASER:
		if (c->n > 0 && age / (3 * S) != (age - STEP_MS) / (3 * S))
			answer(c, c->n - 1, 0);
		break;
	case COMEBACK:
		if (age >= 5 * S)
			leave(c, sim->now_ms + 100);
		break;
	default:
		break;
	}
}

/* Without the fast extension. */
static void
choke(struct conn *c, int choking)
{
	c->choking = choking;
	owed_choke(sim->pk, c->src, &c->flow, choking, 0, sim->now_ms);
	if (choking)
		c->n = 0;
	else
		fill(c, 0);
}

static void
answer(struct conn *c, int i, int is_bad)
{
	struct block b = c->queue[i];
	enum picked r;

	drop(c, i);
	r = pick_got(sim->pk, c->src, b);
	if (r == PICK_UNASKED)
		return;
	flow_got(&c->flow, b.len, pick_answered(c->src), sim->now_ms);
	pick_stall(sim->pk, c->src, 0);
	sim->bad[b.piece][b.begin / BLOCK_LEN] = (uint8_t)is_bad;
	if (r == PICK_WHOLE)
		whole(b.piece);
	if (c->src)
		fill(c, 0);
}

/* As swarm.c judges, with a blame that knows the truth. */
static void
whole(uint32_t piece)
{
	uint32_t n, i, one = 1, bad = 0, from[NBLOCKS];

	memcpy(from, pick_from(sim->pk, piece, &n), sizeof from);
	for (i = 0; i < NBLOCKS; i++) {
		one &= from[i] == from[0];
		bad |= sim->bad[piece][i];
	}
	if (!bad) {
		sim->ndone++;
		pick_done(sim->pk, piece);
		for (i = 0; i < NBLOCKS; i++)
			if (sim->guilty[piece][i])
				ban(sim->guilty[piece][i]);
		return;
	}
	for (i = 0; i < NBLOCKS; i++)
		if (sim->bad[piece][i])
			sim->guilty[piece][i] = from[i];
	pick_failed(sim->pk, piece);
	if (one)
		ban(from[0]);
}

/* One who is banned calls again from elsewhere, if he can. */
static void
ban(uint32_t tag)
{
	struct conn *c;

	for (c = sim->conns; c < sim->conns + sim->n; c++) {
		if (sim->one_address && c->kind != HONEST) {
			if (c->src)
				leave(c, GIVE_UP);
			c->back_ms = GIVE_UP;
		} else if (c->src && c->tag == tag) {
			leave(c, sim->now_ms + 2 * S);
		}
	}
}

static void
drop(struct conn *c, int i)
{
	c->n--;
	memmove(c->queue + i, c->queue + i + 1,
	    (size_t)(c->n - i) * sizeof *c->queue);
	memmove(c->asked_ms + i, c->asked_ms + i + 1,
	    (size_t)(c->n - i) * sizeof *c->asked_ms);
}

static void
on_cancel(void *owner, struct block b)
{
	struct conn *c = owner;
	int i;

	flow_forgive(&c->flow, 1, sim->now_ms);
	for (i = 0; i < c->n; i++)
		if (memcmp(&c->queue[i], &b, sizeof b) == 0) {
			drop(c, i);
			return;
		}
}
