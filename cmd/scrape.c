/* Scrapes of all trackers of a torrent at once.  The first shot of the timer
 * begins them, when the loop has read the clock; the second is the end for who
 * is still waited for. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "net.h"
#include "https.h"
#include "torrent/meta.h"
#include "find/ask.h"
#include "cmd/scrape.h"

/* One tracker. */
struct scraper {
	struct ask ask;
	struct scrapes *all;
	struct scraped *out;
};

struct scrapes {
	const struct meta *m;
	struct scraper *list;  /* owned: one a tracker */
	struct timer timer;
	int begun, waiting;    /* for how many */
};

static void on_timer(struct timer *t, int64_t now_ms);
static void on_params(void *arg, struct announce_params *p);
static void on_peers(void *arg, const struct addr *list, int n);
static void on_warned(void *arg, const char *text);
static void on_done(void *arg, const char *why);

static const struct ask_ops ask_ops = { on_params, on_peers, on_warned,
	on_done };

struct scraped *
scrape(const struct meta *m)
{
	size_t n = (size_t)m->ntrackers, i;
	struct scraped *out = xcalloc(n, sizeof *out);
	struct scrapes all = { .m = m, .timer = { .fire = on_timer } };
	uint64_t seed;

	rnd_bytes(&seed, sizeof seed);
	all.list = xcalloc(n, sizeof *all.list);
	for (i = 0; i < n; i++) {
		all.list[i].all = &all;
		all.list[i].out = &out[i];
		ask_init(&all.list[i].ask, NULL,
		    (uint64_t)rnd_next(&seed) << 1 | 1, &ask_ops,
		    &all.list[i]);
		snprintf(out[i].why, sizeof out[i].why, "no answer in time");
	}
	all.timer.arg = &all;
	net_timer(&all.timer, net_now());
	net_run();
	net_untimer(&all.timer);
	for (i = 0; i < n; i++)
		ask_stop(&all.list[i].ask);
	free(all.list);
	return out;
}

static void
on_timer(struct timer *t, int64_t now_ms)
{
	struct scrapes *all = t->arg;
	const struct tracker *tr = all->m->trackers;
	const char *why;
	int i;

	if (all->begun || all->m->ntrackers == 0) {
		net_stop();
		return;
	}
	all->begun = 1;
	all->waiting = all->m->ntrackers;
	net_timer(t, now_ms + SCRAPE_MS);
	for (i = 0; i < all->m->ntrackers; i++) {
		why = ask_scrape(&all->list[i].ask, tr[i].url, tr[i].by_user);
		if (why)
			on_done(&all->list[i], why);
	}
}

static void
on_params(void *arg, struct announce_params *p)
{
	p->hash = ((struct scraper *)arg)->all->m->hash;
}

/* A scrape brings none. */
static void
on_peers(void *arg, const struct addr *list, int n)
{
	(void)arg, (void)list, (void)n;
}

static void
on_warned(void *arg, const char *text)
{
	(void)arg, (void)text;
}

static void
on_done(void *arg, const char *why)
{
	struct scraper *s = arg;
	char text[CURL_WHY];

	s->out->tally = s->ask.tally;
	if (why && !*why)
		why = https_missing(text);
	snprintf(s->out->why, sizeof s->out->why, "%s", why ? why : "");
	if (--s->all->waiting == 0)
		net_stop();
}
