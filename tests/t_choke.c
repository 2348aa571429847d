/* choke: swarms of made-up peers, whose clock and random numbers are set.  A
 * round applies the answers as the callers do: a peer's since_ms is when its
 * choking last changed. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "rate.h"
#include "swarm/choke.h"
#include "unit.h"

enum {
	PEERS         = 40,
	OPTIMISTIC_MS = 30000 /* BEP 3 */
};

struct sim {
	struct candidate c[PEERS];
	int n, slots, seeding;
	int64_t now_ms;
	uint64_t rnd;
	int turns[PEERS];        /* how often each was unchoked */
	int lucky[PEERS];        /* rounds in which it was optimistic */
	int64_t served_ms[PEERS];
};

static void random_swarms(void);
static int random_swarm(uint64_t *rnd);
static int agree(const struct candidate *old, const struct candidate *c, int n,
    int slots, int seeding, int revoke);
static void none(void);
static void tit_for_tat(void);
static void follows_rates(void);
static void optimistic_keeps(void);
static void newcomers(void);
static int odds(int nold, int nnew, uint64_t seed);
static void everyone(void);
static void snubbers(void);
static void free_slots(void);
static void turns(void);
static void served(int n, int *least, int *most);
static void late_turns(void);
static void few_wait(void);
static void begin(struct sim *s, int n, int slots, int seeding);
static void round_of(struct sim *s, int revoke, int64_t wait_ms);
static int granted(const struct sim *s);
static int optimistic(const struct sim *s);

void
test_choke(void)
{
	random_swarms();
	none();
	tit_for_tat();
	follows_rates();
	optimistic_keeps();
	newcomers();
	everyone();
	snubbers();
	free_slots();
	turns();
	late_turns();
	few_wait();
}

static void
random_swarms(void)
{
	uint64_t rnd = 2024;
	int i, ok = 1;

	CASE("choke: random swarms get what they may, and all of it");
	for (i = 0; i < 30000 && ok; i++)
		ok = random_swarm(&rnd);
	OK(ok);
}

static int
random_swarm(uint64_t *rnd)
{
	struct candidate old[PEERS], *c;
	int n = (int)rnd_below(rnd, PEERS + 1), i, ok, lucky = -1;
	int slots = (int)rnd_below(rnd, 10), free_ = slots;
	int seeding = (int)rnd_below(rnd, 2), revoke = (int)rnd_below(rnd, 2);
	int64_t now_ms = 100000;

	memset(old, 0, sizeof old);
	for (i = 0; i < n; i++) {
		old[i].rate_bps = rnd_below(rnd, 8);
		old[i].joined_ms = rnd_below(rnd, 100000);
		old[i].since_ms = old[i].joined_ms +
		    rnd_below(rnd, (uint32_t)(now_ms - old[i].joined_ms));
		old[i].interested = (int)rnd_below(rnd, 2);
		old[i].unchoked = free_ > 0 && rnd_below(rnd, 3) == 0;
		old[i].snubs = rnd_below(rnd, 4) == 0;
		free_ -= old[i].unchoked;
		if (old[i].unchoked && lucky < 0 && rnd_below(rnd, 3) == 0)
			old[lucky = i].optimistic = 1;
	}
	c = unit_copy(old, (size_t)n * sizeof *c);
	choke_decide(c, n, slots, seeding, revoke, now_ms, rnd);
	ok = agree(old, c, n, slots, seeding, revoke);
	free(c);
	return ok;
}

/* What holds for every answer; 0 and a failed check if it does not. */
static int
agree(const struct candidate *old, const struct candidate *c, int n,
    int slots, int seeding, int revoke)
{
	int i, ngrant = 0, nwant = 0, nlucky = 0, ok = 1;

	for (i = 0; i < n; i++) {
		ngrant += c[i].grant != 0;
		nwant += c[i].interested != 0;
		nlucky += c[i].optimistic != 0;
		ok = ok && (!c[i].grant || c[i].interested);
		ok = ok && (!c[i].optimistic || c[i].grant || slots == 0);
		ok = ok && (revoke || !old[i].unchoked ||
		    !old[i].interested || c[i].grant);
		ok = ok && c[i].interested == old[i].interested &&
		    c[i].unchoked == old[i].unchoked &&
		    c[i].rate_bps == old[i].rate_bps &&
		    c[i].joined_ms == old[i].joined_ms &&
		    c[i].since_ms == old[i].since_ms;
		if (!revoke && c[i].optimistic)
			ok = ok && old[i].optimistic;
	}
	OK(ok);
	OK(ngrant <= slots);
	OK(ngrant == MIN(nwant, slots)); /* nobody waits for a free slot */
	OK(nlucky <= 1 && (!seeding || !revoke || nlucky == 0));
	return ok && ngrant == MIN(nwant, slots) && nlucky <= 1;
}

static void
none(void)
{
	struct sim s;
	int k;

	CASE("choke: nobody to decide about");
	begin(&s, 0, 4, 0);
	for (k = 0; k < 4; k++)
		choke_decide(s.c, 0, 4, k & 1, k >> 1, 1, &s.rnd);
	OK(granted(&s) == 0);
	CASE("choke: no slots, nobody unchoked");
	for (k = 0; k < 4; k++) {
		begin(&s, 10, 0, k & 1);
		round_of(&s, k >> 1, 0);
		OK(granted(&s) == 0 && optimistic(&s) == -1);
	}
	CASE("choke: slots taken away are taken from those who had them");
	for (k = 0; k < 2; k++) {
		begin(&s, 10, 5, k);
		round_of(&s, 1, CHOKE_MS);
		OK(granted(&s) == 5);
		s.slots = 0;
		round_of(&s, 1, CHOKE_MS);
		OK(granted(&s) == 0 && optimistic(&s) == -1);
	}
	CASE("choke: with all slots taken none is given, without revoke");
	for (k = 0; k < 2; k++) {
		begin(&s, 10, 5, k);
		round_of(&s, 1, CHOKE_MS);
		s.slots = 3;
		round_of(&s, 0, CHOKE_MS);
		OK(granted(&s) == 5);
	}
	CASE("choke: one slot is somebody's");
	for (k = 0; k < 2; k++) {
		begin(&s, 10, 1, k);
		round_of(&s, 1, CHOKE_MS);
		OK(granted(&s) == 1);
	}
	CASE("choke: more slots than peers");
	for (k = 0; k < 4; k++) {
		begin(&s, 10, 1000000, k & 1);
		round_of(&s, k >> 1, 0);
		OK(granted(&s) == 10);
	}
}

static void
tit_for_tat(void)
{
	struct sim s;
	int i, k;

	CASE("choke: those who give most are unchoked, and one more");
	begin(&s, 20, 4, 0);
	for (i = 0; i < 20; i++)
		s.c[i].rate_bps = 1 + i * 7 % 20;
	for (k = 0; k < 50; k++) {
		round_of(&s, 1, CHOKE_MS);
		OK(granted(&s) == 4);
		for (i = 0; i < 20; i++)
			OK(s.c[i].rate_bps <= 17 || s.c[i].unchoked);
		OK(optimistic(&s) >= 0 && s.c[optimistic(&s)].rate_bps <= 17);
	}
	CASE("choke: who gives most but wants nothing takes no slot");
	for (i = 0; i < 20; i++)
		if (s.c[i].rate_bps == 20)
			s.c[i].interested = 0;
	round_of(&s, 1, CHOKE_MS);
	OK(granted(&s) == 4);
	for (i = 0; i < 20; i++)
		OK(s.c[i].interested || !s.c[i].unchoked);
}

static void
follows_rates(void)
{
	struct sim s;
	int i, k;

	CASE("choke: who gives more now is unchoked at the next round");
	begin(&s, 20, 4, 0);
	for (k = 0; k < 100; k++) {
		for (i = 0; i < 20; i++)
			s.c[i].rate_bps = i * 1000 + 1;
		s.c[k % 20].rate_bps = INT64_C(1) << 40;
		round_of(&s, 1, CHOKE_MS);
		OK(s.c[k % 20].unchoked && granted(&s) == 4);
	}
}

/* Also when the optimistic one was a regular one before, or has become one. */
static void
optimistic_keeps(void)
{
	struct sim s;
	int64_t began_ms = 0;
	int i, k, was = -1, is;

	CASE("choke: the optimistic one changes after 30 s, no sooner");
	begin(&s, 20, 4, 0);
	for (i = 0; i < 20; i++)
		s.c[i].rate_bps = i + 1;
	for (k = 0; k < 1000; k++) {
		round_of(&s, 1, CHOKE_MS);
		is = optimistic(&s);
		OK(is >= 0);
		if (is != was && was >= 0)
			OK(s.now_ms - began_ms >= OPTIMISTIC_MS);
		if (is != was)
			began_ms = s.now_ms;
		was = is;
	}
	CASE("choke: nor when rounds without revoke come in between");
	begin(&s, 20, 4, 0);
	for (i = 0; i < 20; i++)
		s.c[i].rate_bps = i + 1;
	for (k = 0, was = -1; k < 3000; k++) {
		round_of(&s, k % 10 == 0, CHOKE_MS / 10);
		is = optimistic(&s);
		OK(is >= 0);
		if (is != was && was >= 0)
			OK(s.now_ms - began_ms >= OPTIMISTIC_MS);
		if (is != was)
			began_ms = s.now_ms;
		was = is;
	}
	CASE("choke: who was chosen has 30 s, whatever the rates do");
	begin(&s, 12, 4, 0);
	for (k = 0; k < 2000; k++) {
		for (i = 0; i < 12; i++)
			if (rnd_below(&s.rnd, 8) == 0)
				s.c[i].rate_bps = rnd_below(&s.rnd, 1000);
		was = optimistic(&s);
		began_ms = was >= 0 ? s.c[was].since_ms : 0;
		round_of(&s, 1, CHOKE_MS);
		OK(was < 0 || s.c[was].unchoked ||
		    s.now_ms - began_ms >= OPTIMISTIC_MS);
	}
	CASE("choke: an optimistic one that wants nothing more is replaced");
	begin(&s, 12, 4, 0);
	for (k = 0; k < 9; k++) { /* then the three others are left */
		round_of(&s, 1, CHOKE_MS);
		is = optimistic(&s);
		OK(is >= 0);
		if (is >= 0)
			s.c[is].interested = 0;
		round_of(&s, 0, 1000);
		OK(is < 0 || (!s.c[is].unchoked && !s.c[is].optimistic));
	}
}

static void
newcomers(void)
{
	int n = odds(8, 1, 1), m = odds(1, 1, 2), all = odds(0, 10, 3);
	int old = odds(10, 0, 4);

	CASE("choke: newcomers are three times as likely (BEP 3)");
	OK(n > 3000 * 3 / 11 - 120 && n < 3000 * 3 / 11 + 120);
	OK(m > 3000 * 3 / 4 - 120 && m < 3000 * 3 / 4 + 120);
	CASE("choke: among equals all are as likely");
	OK(all > 300 - 70 && all < 300 + 70);
	OK(old > 300 - 70 && old < 300 + 70);
}

/* How often of 3,000 times the last of nold old peers and nnew new ones is the
 * optimistic one. */
static int
odds(int nold, int nnew, uint64_t seed)
{
	struct sim s;
	int i, k, n = 0;

	begin(&s, nold + nnew + 3, 4, 0);
	s.rnd = seed * 1000003;
	for (k = 0; k < 3000; k++) {
		for (i = 0; i < s.n; i++) {
			s.c[i].unchoked = s.c[i].optimistic = 0;
			s.c[i].since_ms = 0;
			s.c[i].joined_ms = 0;
			s.c[i].rate_bps = i < 3 ? 1000 : 0;
			s.c[i].snubs = 0;
		}
		s.now_ms = 1000000;
		for (i = 3 + nold; i < s.n; i++)
			s.c[i].joined_ms = s.now_ms - 5000;
		round_of(&s, 1, 0);
		n += s.c[s.n - 1].optimistic;
	}
	return n;
}

static void
everyone(void)
{
	struct sim s;
	int i, k;

	CASE("choke: everyone is the optimistic one in time");
	begin(&s, 30, 4, 0);
	for (i = 0; i < 30; i++)
		s.c[i].rate_bps = i < 3 ? 1000000 : 0;
	for (k = 0; k < 4 * 360; k++) /* four hours */
		round_of(&s, 1, CHOKE_MS);
	for (i = 3; i < 30; i++)
		OK(s.lucky[i] > 0 && s.lucky[i] < 40 * 3);
}

static void
snubbers(void)
{
	struct sim s;
	int i, k, n;

	CASE("choke: who snubs gets no regular slot while others wait");
	begin(&s, 20, 4, 0);
	for (i = 0; i < 10; i++) {
		s.c[i].rate_bps = 1000 + i;
		s.c[i].snubs = 1;
	}
	for (k = 0; k < 500; k++) {
		round_of(&s, 1, CHOKE_MS);
		for (i = n = 0; i < 10; i++)
			n += s.c[i].unchoked && !s.c[i].optimistic;
		OK(n == 0 && granted(&s) == 4);
	}
	CASE("choke: one who begins to snub loses its slot");
	begin(&s, 20, 4, 0);
	s.c[7].rate_bps = 5000;
	round_of(&s, 1, CHOKE_MS);
	OK(s.c[7].unchoked);
	for (k = n = 0; k < 100; k++) {
		s.c[7].snubs = 1;
		round_of(&s, 1, CHOKE_MS);
		n += s.c[7].unchoked && !s.c[7].optimistic;
	}
	OK(n == 0);
	CASE("choke: if all snub, the slots are used all the same");
	begin(&s, 20, 4, 0);
	for (i = 0; i < 20; i++)
		s.c[i].snubs = 1;
	round_of(&s, 1, CHOKE_MS);
	OK(granted(&s) == 4);
	begin(&s, 20, 4, 0);
	for (i = 0; i < 20; i++)
		s.c[i].snubs = 1;
	round_of(&s, 0, CHOKE_MS);
	OK(granted(&s) == 4);
	CASE("choke: a free slot goes to one who does not snub");
	begin(&s, 20, 4, 0);
	for (i = 0; i < 16; i++) {
		s.c[i].snubs = 1;
		s.c[i].rate_bps = 100;
	}
	round_of(&s, 0, CHOKE_MS);
	for (i = 16; i < 20; i++)
		OK(s.c[i].unchoked);
}

static void
free_slots(void)
{
	struct sim s;
	int i, k;

	CASE("choke: a slot given back is given at once, to who gives most");
	begin(&s, 20, 4, 0);
	for (i = 0; i < 20; i++)
		s.c[i].rate_bps = i + 1;
	round_of(&s, 1, CHOKE_MS);
	s.c[19].interested = 0;
	s.c[16].rate_bps = s.c[16].unchoked ? 17 : 1;
	s.c[5].rate_bps = s.c[5].unchoked ? 5 : 1000;
	s.c[6].rate_bps = 999;
	round_of(&s, 0, 10);
	OK(granted(&s) == 4 && !s.c[19].unchoked && s.c[5].unchoked);
	OK(s.c[18].unchoked && s.c[17].unchoked);
	CASE("choke: nobody is choked for it");
	for (k = 0; k < 50; k++) {
		for (i = 0; i < 20; i++)
			s.c[i].rate_bps = rnd_below(&s.rnd, 1000);
		memset(s.turns, 0, sizeof s.turns);
		round_of(&s, 0, CHOKE_MS);
		for (i = 0; i < 20; i++)
			OK(s.turns[i] == 0);
	}
	CASE("choke: a free slot while we seed is for who waited longest");
	begin(&s, 20, 4, 1);
	for (i = 0; i < 20; i++)
		s.c[i].since_ms = 1000 - i;
	round_of(&s, 0, 0);
	for (i = 0; i < 20; i++)
		OK(s.c[i].unchoked == (i >= 16));
	s.c[17].interested = 0;
	round_of(&s, 0, 10);
	OK(s.c[15].unchoked && granted(&s) == 4);
}

static void
turns(void)
{
	int least, most, n;

	CASE("choke: while we seed all of 20 get as many turns");
	served(20, &least, &most);
	OK(least > 0 && most - least <= 1);
	CASE("choke: the same with any number of peers, nearly");
	for (n = 5; n <= PEERS; n++) {
		served(n, &least, &most);
		OK(least > 0 && most - least <= most / 5);
	}
}

/* The fewest and the most turns of n equal peers in six hours of seeding. */
static void
served(int n, int *least, int *most)
{
	struct sim s;
	int64_t least_ms = INT64_MAX, most_ms = 0;
	int i;

	begin(&s, n, 4, 1);
	for (i = 0; i < n; i++)
		s.c[i].rate_bps = i * 1000; /* what it takes is no matter */
	for (i = 0; i < 6 * 60 * 6; i++) {
		round_of(&s, 1, CHOKE_MS);
		OK(granted(&s) == 4 && optimistic(&s) == -1);
	}
	*least = *most = s.turns[0];
	for (i = 0; i < n; i++) {
		*least = MIN(*least, s.turns[i]);
		*most = MAX(*most, s.turns[i]);
		least_ms = MIN(least_ms, s.served_ms[i]);
		most_ms = MAX(most_ms, s.served_ms[i]);
	}
	OK(most_ms - least_ms <= most_ms / 5);
}

static void
late_turns(void)
{
	struct sim s;
	int i, k, n;

	CASE("choke: a turn is not cut short by those who come");
	begin(&s, 4, 4, 1);
	round_of(&s, 1, CHOKE_MS);
	OK(granted(&s) == 4);
	for (i = 4; i < 8; i++) {
		s.c[i].interested = 1;
		s.c[i].joined_ms = s.c[i].since_ms = s.now_ms;
	}
	s.n = 8;
	round_of(&s, 1, CHOKE_MS);
	round_of(&s, 1, CHOKE_MS);
	for (i = 0; i < 8; i++)
		OK(s.c[i].unchoked == (i < 4));
	round_of(&s, 1, CHOKE_MS);
	for (i = 0; i < 8; i++)
		OK(s.c[i].unchoked == (i >= 4));
	CASE("choke: who comes while we seed is served within one circle");
	begin(&s, 20, 4, 1);
	for (k = 0; k < 100; k++)
		round_of(&s, 1, CHOKE_MS);
	s.c[20] = s.c[0];
	s.c[20].joined_ms = s.c[20].since_ms = s.now_ms;
	s.c[20].unchoked = 0;
	s.n = 21;
	for (k = n = 0; k < 18 && n == 0; k++) {
		round_of(&s, 1, CHOKE_MS);
		n = s.c[20].unchoked;
	}
	OK(n == 1);
}

static void
few_wait(void)
{
	struct sim s;
	int i, k;

	CASE("choke: turns that are over go on if nobody waits");
	begin(&s, 4, 4, 1);
	for (k = 0; k < 100; k++)
		round_of(&s, 1, CHOKE_MS);
	for (i = 0; i < 4; i++)
		OK(s.turns[i] == 1 && s.served_ms[i] >= 99 * CHOKE_MS);
	CASE("choke: if one waits, one gives way: who had the longest turn");
	s.c[2].since_ms -= 5000;
	s.c[4] = s.c[0];
	s.c[4].unchoked = 0;
	s.c[4].since_ms = s.now_ms;
	s.n = 5;
	round_of(&s, 1, CHOKE_MS);
	OK(granted(&s) == 4 && s.c[4].unchoked);
	for (i = 0; i < 4; i++)
		OK(s.c[i].unchoked == (i != 2));
	CASE("choke: the same with five for four slots, fetching");
	begin(&s, 5, 4, 0);
	for (k = 0; k < 100; k++) {
		round_of(&s, 1, CHOKE_MS);
		OK(granted(&s) == 4);
	}
}

/* n peers of long ago that all want something and give nothing. */
static void
begin(struct sim *s, int n, int slots, int seeding)
{
	int i;

	memset(s, 0, sizeof *s);
	s->n = n;
	s->slots = slots;
	s->seeding = seeding;
	s->now_ms = 1000000;
	s->rnd = 88172645463325252u;
	for (i = 0; i < PEERS; i++)
		s->c[i].interested = 1;
}

static void
round_of(struct sim *s, int revoke, int64_t wait_ms)
{
	int i;

	s->now_ms += wait_ms;
	for (i = 0; i < s->n; i++)
		s->served_ms[i] += s->c[i].unchoked ? wait_ms : 0;
	choke_decide(s->c, s->n, s->slots, s->seeding, revoke, s->now_ms,
	    &s->rnd);
	for (i = 0; i < s->n; i++) {
		s->turns[i] += s->c[i].grant && !s->c[i].unchoked;
		s->lucky[i] += s->c[i].optimistic != 0;
		if (s->c[i].grant != s->c[i].unchoked) {
			s->c[i].unchoked = s->c[i].grant;
			s->c[i].since_ms = s->now_ms;
		}
	}
}

static int
granted(const struct sim *s)
{
	int i, n = 0;

	for (i = 0; i < s->n; i++)
		n += s->c[i].unchoked != 0;
	return n;
}

/* The optimistic one; -1: none, -2: several. */
static int
optimistic(const struct sim *s)
{
	int i, at = -1;

	for (i = 0; i < s->n; i++)
		if (s->c[i].optimistic)
			at = at == -1 ? i : -2;
	return at;
}
