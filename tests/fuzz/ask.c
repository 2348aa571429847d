/* ask: a tracker's answers, over HTTP and by UDP, one after another to a
 * client that asks again: peers in numbers that are told, intervals within
 * reason, words that may be printed.  Time passes only here. */
#include <sys/types.h>
#include <sys/socket.h>

#include "fuzz.h"
#include "sha1.h"
#include "net.h"
#include "find/ask.h"
#include "tests/unit.h"

enum { OPS = 30, PEERS = 200 };

struct world {
	struct ask k;
	int over, npeers;
	char id[ASK_ID];
};

static void
on_params(void *arg, struct announce_params *p)
{
	(void)arg;
	p->hash = (const uint8_t *)"hash of twenty bytes";
	p->id = (const uint8_t *)"-bt0010-aaaaaaaaaaaa";
	p->numwant = 50;
	p->port = 6881;
}

static void
on_peers(void *arg, const struct addr *list, int n)
{
	struct world *w = arg;
	char text[ADDR_TEXT];

	CHECK(n > 0 && n <= PEERS && !w->over);
	CHECK(*addr_format(text, &list[n - 1]));
	w->npeers += n;
}

static void
on_warned(void *arg, const char *text)
{
	(void)arg;
	CHECK(*text && is_printable(text));
}

static void
on_done(void *arg, const char *why)
{
	struct world *w = arg;

	CHECK(!w->over && (!why || is_printable(why)));
	w->over = 1;
}

static void
idle(int64_t ms)
{
	clock_run(NULL, NULL, ms);
}

/* A packet, whose transaction and action are mostly what is waited for. */
static void
packet(struct world *w, struct span s, unsigned how)
{
	uint8_t p[1500] = { 0 }, asked[4096];
	struct leg *l = &w->k.legs[w->k.legs[1].active];

	while (recv(fuzz_far_fd(), asked, sizeof asked, 0) >= 0)
		;
	s.n = MIN(s.n, sizeof p - 8);
	if (how & 1)
		put32(p, how & 2 ? how >> 4 & 3 : (uint32_t)l->connected);
	put32(p + 4, l->transaction + ((how & 12) == 12));
	if (s.n > 0)
		memcpy(p + 8, s.p, s.n);
	(void)!send(fuzz_far_fd(), p, how & 64 ? s.n : s.n + 8, MSG_NOSIGNAL);
	idle(1);
}

static void
answer(struct world *w, struct span *s)
{
	unsigned how = take8(s);
	struct span body = take_span(s, how & 0x80 ? s->n : take16(s));
	uint8_t *p = copy_of(body);

	body.p = p;
	if (fuzz_far_fd() >= 0)
		packet(w, body, how);
	else if (!fuzz_fetched(body, (how & 7) == 7 ? "it failed" : NULL))
		idle(1000);
	if (how & 8)
		while (fuzz_look_up())
			;
	CHECK(w->k.interval >= 60 && w->k.interval <= 86400);
	CHECK(w->k.min_interval >= 60 && w->k.min_interval <= w->k.interval);
	CHECK(strlen(w->id) < sizeof w->id && is_printable(w->id));
	free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char *const urls[] = { "http://93.1.1.1/announce",
	    "udp://93.1.1.1:6969/a?b", "http://[2001:db8::1]/announce",
	    "udp://[2001:db8::1]:6969" };
	static const struct ask_ops ops = { on_params, on_peers, on_warned,
	    on_done };
	struct span s = span_at(data, n);
	struct world w = { .over = 0 };
	const char *url = urls[take8(&s) % LEN(urls)];
	int i;

	clock_set(1000000);
	ask_init(&w.k, NULL, 7, &ops, &w);
	for (i = 0; i < OPS && s.n > 0; i++) {
		w.over = 0;
		ask_start(&w.k, url, 0, w.id);
		fuzz_look_up();
		while (!w.over && s.n > 0)
			answer(&w, &s);
		if (!w.over) {
			idle(60000);
			CHECK(w.over || fuzz_far_fd() < 0);
		}
		ask_stop(&w.k);
		fuzz_hang_up();
	}
	CHECK(!fuzz_look_up() && !fuzz_fetched(s, NULL));
	idle(1);
	clock_set(0);
	return 0;
}
