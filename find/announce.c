/* The tracker client.  Trackers stand in tiers, shuffled once.  An announce
 * goes to the first tracker of the first tier; if it fails, to the next, and
 * to the next tier; who answers moves to the front of its tier, and the next
 * announce begins at the top.  When all have failed we wait, each time longer.
 *
 * A torrent's own trackers and the user's are a list each, which is walked by
 * itself. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "addr.h"
#include "url.h"
#include "udpt.h"
#include "net.h"
#include "route.h"
#include "torrent/meta.h"
#include "find/ask.h"
#include "find/announce.h"

enum {
	RETRY         = 5,       /* seconds, doubled with each failure, up to: */
	RETRY_MAX     = 1800
};

struct listed {
	char *url;               /* owned */
	int tier, by_user;
	int started;             /* it knows of us */
	char *trouble, *warning; /* owned; told last, and not again */
	char id[ASK_ID];         /* the one that it gave us */
};

/* Of one list. */
struct walk {
	struct announce *a;
	struct listed *list;     /* owned */
	int n, at;               /* list[at] is asked now */
	int nall;                /* from n on: none for us, to be told */
	struct ask ask;
	struct timer timer;      /* the next announce */
	enum event event;        /* of the announce under way */
	int64_t last_ms;         /* when a tracker last answered, 0: never */
	int failures;            /* rounds of all trackers */
	int completed;           /* to be told */
};

struct announce {
	struct walk walks[ANNOUNCE_LISTS];
	int nwalks;
	const uint8_t *hash, *id; /* borrowed */
	struct route *route;
	uint32_t key;
	uint64_t rnd;
	int stopping;            /* ops are told nothing but what is left: */
	int nleft;               /* walks that have not told that we leave */
	const struct announce_ops *ops;
	void *arg;
};

static void add_trackers(struct walk *w, const struct tracker *list, int n,
    int usable);
static void shuffle(struct walk *w);
static void announce_bury(void *arg);
static void walk_stop(struct walk *w);
static void stop_next(struct walk *w);
static void stopped_one(struct announce *a);
static void on_due(struct timer *t, int64_t now_ms);
static void tell_skipped(struct walk *w);
static void try(struct walk *w);
static void try_next(struct walk *w, const char *why);
static void tell(struct walk *w, const char *text);
static void tell_news(struct walk *w, char **last, const char *text);
static void succeeded(struct walk *w);
static void schedule(struct walk *w, int64_t seconds);
static void on_params(void *arg, struct announce_params *p);
static void on_peers(void *arg, const struct addr *list, int n);
static void on_warned(void *arg, const char *text);
static void on_done(void *arg, const char *why);

static const struct ask_ops ask_ops = { on_params, on_peers, on_warned,
	on_done };

struct announce *
announce_new(const uint8_t *hash, const uint8_t *id, struct route *rt,
    uint64_t seed, const struct announce_ops *ops, void *arg)
{
	struct announce *a = xcalloc(1, sizeof *a);

	a->hash = hash;
	a->id = id;
	a->route = rt;
	a->rnd = seed;
	a->key = rnd_next(&a->rnd);
	a->ops = ops;
	a->arg = arg;
	return a;
}

void
announce_add(struct announce *a, const struct tracker *list, int n)
{
	struct walk *w = &a->walks[a->nwalks];

	if (n == 0)
		return;
	a->nwalks++;
	w->a = a;
	w->list = xcalloc((size_t)n, sizeof *w->list);
	add_trackers(w, list, n, 1);
	w->n = w->nall;
	add_trackers(w, list, n, 0);
	w->timer.fire = on_due;
	w->timer.arg = w;
	shuffle(w);
	ask_init(&w->ask, a->route, (uint64_t)rnd_next(&a->rnd) << 1 | 1,
	    &ask_ops, w);
}

/* Those of the list that btsh can ask, or cannot. */
static void
add_trackers(struct walk *w, const struct tracker *list, int n, int usable)
{
	char text[64];
	int i;

	for (i = 0; i < n; i++) {
		if (ask_cannot(text, list[i].url, w->a->route) == usable)
			continue;
		w->list[w->nall].url = xstrdup(list[i].url);
		w->list[w->nall].tier = list[i].tier;
		w->list[w->nall++].by_user = list[i].by_user;
	}
}

/* Each tier in itself. */
static void
shuffle(struct walk *w)
{
	struct listed e;
	int from, i, j;

	for (from = i = 0; i < w->n; i++) {
		if (w->list[i].tier != w->list[from].tier)
			from = i;
		j = from + (int)rnd_below(&w->a->rnd, (uint32_t)(i - from) + 1);
		e = w->list[i];
		w->list[i] = w->list[j];
		w->list[j] = e;
	}
}

void
announce_free(struct announce *a)
{
	struct walk *w;

	for (w = a->walks; w < a->walks + a->nwalks; w++) {
		ask_stop(&w->ask);
		net_untimer(&w->timer);
	}
	a->stopping = 1;
	net_bury(announce_bury, a);
}

static void
announce_bury(void *arg)
{
	struct announce *a = arg;
	struct walk *w;
	int i;

	for (w = a->walks; w < a->walks + a->nwalks; w++) {
		for (i = 0; i < w->nall; i++) {
			free(w->list[i].url);
			free(w->list[i].trouble);
			free(w->list[i].warning);
		}
		free(w->list);
	}
	free(a);
}

void
announce_start(struct announce *a)
{
	struct walk *w;

	for (w = a->walks; w < a->walks + a->nwalks; w++)
		net_timer(&w->timer, net_now());
}

void
announce_completed(struct announce *a)
{
	struct walk *w;

	for (w = a->walks; w < a->walks + a->nwalks; w++) {
		w->completed = 1;
		/* an announce under way tells it right after */
		if (w->n > 0 && net_is_set(&w->timer))
			net_timer(&w->timer, net_now());
	}
}

void
announce_hungry(struct announce *a)
{
	struct walk *w;

	for (w = a->walks; w < a->walks + a->nwalks; w++)
		if (net_is_set(&w->timer) && w->last_ms && !w->failures)
			net_timer(&w->timer, MIN(w->timer.when_ms, w->last_ms +
			    w->ask.min_interval * 1000));
}

void
announce_now(struct announce *a)
{
	struct walk *w;

	for (w = a->walks; w < a->walks + a->nwalks; w++)
		if (net_is_set(&w->timer))
			net_timer(&w->timer, net_now());
}

void
announce_renew(struct announce *a, int all)
{
	struct walk *w;

	for (w = a->walks; w < a->walks + a->nwalks; w++) {
		if (a->stopping || w->n == 0 || !(all || w->failures ||
		    ask_is_out(&w->ask)))
			continue;
		if (ask_is_out(&w->ask))
			w->list[w->at].started = 1; /* it may have heard */
		ask_stop(&w->ask);
		net_timer(&w->timer, net_now());
	}
}

void
announce_stop(struct announce *a)
{
	struct walk *w;

	a->stopping = 1;
	a->nleft = a->nwalks + 1;
	for (w = a->walks; w < a->walks + a->nwalks; w++)
		walk_stop(w);
	stopped_one(a);
}

static void
walk_stop(struct walk *w)
{
	/* it may have heard of us, though it has not answered */
	if (ask_is_out(&w->ask))
		w->list[w->at].started = 1;
	ask_stop(&w->ask);
	net_untimer(&w->timer);
	w->at = -1;
	stop_next(w);
}

/* Tells the next tracker that knows of us that we leave. */
static void
stop_next(struct walk *w)
{
	do
		w->at++;
	while (w->at < w->n && !w->list[w->at].started);
	if (w->at == w->n)
		stopped_one(w->a);
	else
		try(w);
}

static void
stopped_one(struct announce *a)
{
	if (--a->nleft == 0)
		a->ops->stopped(a->arg);
}

static void
on_due(struct timer *t, int64_t now_ms)
{
	struct walk *w = t->arg;

	(void)now_ms;
	tell_skipped(w);
	w->at = 0;
	if (w->n > 0 && !w->a->stopping)
		try(w);
}

/* Once: the trackers that are none for us. */
static void
tell_skipped(struct walk *w)
{
	char why[64], text[160];

	for (; w->nall > w->n && !w->a->stopping; free(w->list[w->nall].url)) {
		w->at = --w->nall;
		ask_cannot(why, w->list[w->at].url, w->a->route);
		snprintf(text, sizeof text, "%s; skipped%s", why,
		    w->n == 0 && w->nall == 0 ?
		    "; -a url names another, -k host:port a peer" : "");
		tell(w, text);
	}
}

static void
try(struct walk *w)
{
	struct listed *e = &w->list[w->at];

	w->event = !e->started ? EVENT_STARTED :
	    w->completed ? EVENT_COMPLETED :
	    w->a->stopping ? EVENT_STOPPED : EVENT_NONE;
	ask_start(&w->ask, e->url, e->by_user, e->id);
}

static void
try_next(struct walk *w, const char *why)
{
	struct listed *e = &w->list[w->at];
	int64_t wait = (int64_t)RETRY << MIN(w->failures, 9);

	if (w->a->stopping) {
		stop_next(w);
		return;
	}
	if (*why)
		tell_news(w, &e->trouble, why);
	if (w->a->stopping)
		return; /* that was its effect */
	if (++w->at < w->n) {
		try(w);
		return;
	}
	w->failures++;
	schedule(w, MIN(wait, RETRY_MAX));
}

/* Trouble or news of the tracker that is asked. */
static void
tell(struct walk *w, const char *text)
{
	char *url = url_hide(xstrdup(w->list[w->at].url));

	w->a->ops->message(w->a->arg, url, text);
	free(url);
}

/* The same, unless it is what was told last. */
static void
tell_news(struct walk *w, char **last, const char *text)
{
	if (*last && strcmp(*last, text) == 0)
		return;
	free(*last);
	*last = xstrdup(text);
	tell(w, text);
}

static void
succeeded(struct walk *w)
{
	struct listed e = w->list[w->at];
	int i = w->at;

	if (w->event == EVENT_COMPLETED)
		w->completed = 0;
	if (w->a->stopping) {
		if (w->event == EVENT_COMPLETED)
			try(w); /* and now that we leave */
		else
			stop_next(w);
		return;
	}
	free(e.trouble);
	e.trouble = NULL;
	e.started = 1;
	for (; i > 0 && w->list[i - 1].tier == e.tier; i--)
		w->list[i] = w->list[i - 1];
	w->list[i] = e;
	w->failures = 0;
	w->last_ms = net_now();
	schedule(w, w->completed ? 0 : w->ask.interval);
}

static void
schedule(struct walk *w, int64_t seconds)
{
	net_timer(&w->timer, net_now() + seconds * 1000);
}

static void
on_params(void *arg, struct announce_params *p)
{
	struct walk *w = arg;
	struct announce *a = w->a;

	p->hash = a->hash;
	p->id = a->id;
	p->event = w->event;
	p->key = a->key;
	a->ops->figures(a->arg, p);
	if (a->stopping)
		p->numwant = 0;
}

static void
on_peers(void *arg, const struct addr *list, int n)
{
	struct walk *w = arg;

	w->a->ops->peers(w->a->arg, list, n);
}

static void
on_warned(void *arg, const char *text)
{
	struct walk *w = arg;

	tell_news(w, &w->list[w->at].warning, text);
}

static void
on_done(void *arg, const char *why)
{
	if (why)
		try_next(arg, why);
	else
		succeeded(arg);
}
