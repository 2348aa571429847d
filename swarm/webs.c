/* Web seeds beside peers.  Each server is one source of the picker that has
 * all pieces and never chokes; what it is asked for is a run of blocks that
 * follow each other, for each of its few connections.  A run begins where the
 * last one ended, or with what the picker gives, and goes on while what
 * follows is free: nothing is taken that a peer was asked for.
 *
 * What a server owes for long is free for peers as well, and a server that is
 * silent is given nothing that they have, as if it were one of them.  A few
 * servers are asked at a time; one that fails for good makes room for the
 * next. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "addr.h"
#include "url.h"
#include "net.h"
#include "route.h"
#include "limit.h"
#include "torrent/meta.h"
#include "torrent/store.h"
#include "swarm/pick.h"
#include "swarm/owed.h"
#include "swarm/judge.h"
#include "swarm/webseed.h"
#include "swarm/weblink.h"
#include "swarm/webs.h"

enum {
	ASKED_MOST = 4,     /* servers at a time */
	LINKS      = 2,     /* connections with one */
	LINKS_HTTP = 32,    /* with all of this process, */
	LINKS_TLS  = 4,     /* and those that other processes have */
	OVERDUE_MS = 6000,  /* then peers may be asked as well */
	SILENT_MS  = 4000,
	GIVES_MS   = 10000, /* after a block, it is said to give */
	ALONE_MS   = 5000,  /* without a block from peers */
	IDLE_MS    = 10000, /* with nothing to ask for */
	TAGS       = 0x7fffffff /* above those of the pool, within reason */
};

struct line {
	struct webserver *web;
	struct weblink link;
	int is_tls;
	int owed;               /* blocks of the run that are asked for */
	int64_t began_ms;       /* when the run was begun, */
	int64_t from;           /* and where */
};

struct webserver {
	struct webs *all;
	struct webseed seed;
	struct addr addr;       /* its URL's; port 0: that has a name */
	char name[300];         /* its URL, safe to print */
	struct debtor debtor;
	struct source *src;     /* NULL: it has gone */
	uint32_t tag;
	struct line *lines[LINKS];
	int64_t next;           /* where the last run ended */
	int64_t gave_ms;        /* when a block came last; 0: never */
	int told;               /* that it fails */
	struct timer due;       /* it may be asked */
	struct webserver *rest;
};

struct webs {
	struct webs_how how;
	const struct webs_ops *ops;
	void *arg;
	struct webserver *first;
	struct span urls;       /* those that are left */
	int n;                  /* servers that are asked */
	int seen;               /* ever */
	int closed;
	int64_t peers_gave, peers_ms; /* bytes, and when they grew */
};

static int add_next(struct webs *w);
static int is_near(const struct meta *m, const struct url *u);
static int is_known(const struct webs *w, const struct url *u);
static void web_free(void *arg);
static void on_due(struct timer *t, int64_t now_ms);
static void fill(struct webserver *web);
static int may_ask(const struct webserver *web, int64_t now_ms);
static struct line *line_new(struct webserver *web);
static void line_end(struct webserver *web, int i);
static int begin_run(struct line *l);
static int first_block(struct webserver *web, struct block *b, int64_t *end);
static int lowest(struct webserver *web, int64_t from, int64_t end,
    struct block *b);
static int64_t offset(const struct webs *w, struct block b);
static void give_back(struct line *l);
static int on_next(void *arg);
static void on_over(void *arg);
static void on_block(void *arg, struct block b, const uint8_t *p);
static void on_fed(void *arg);
static void on_cancel(void *owner, struct block b);
static void drop(struct webserver *web, const char *why);
static void say(struct webserver *web, int detail, const char *fmt,
    const char *why);
static void tick(struct webserver *web, int64_t now_ms);

static const struct webtalk_ops webtalk_ops = { on_block, on_fed };
static const struct weblink_ops weblink_ops = { on_next, on_over };

struct webs *
webs_new(const struct webs_how *how, const struct webs_ops *ops, void *arg)
{
	struct webs *w = xcalloc(1, sizeof *w);

	w->how = *how;
	w->ops = ops;
	w->arg = arg;
	w->urls = how->m->webseeds;
	w->peers_ms = -ALONE_MS;
	while (w->n < ASKED_MOST && add_next(w))
		;
	if (w->n > 0)
		return w;
	free(w);
	return NULL;
}

/* The next of the URLs that is none of a host which is asked already. */
static int
add_next(struct webs *w)
{
	struct webserver *web;
	struct span url;
	char *text;

	while (w->seen < WEBSEEDS_MAX && meta_webseed(&w->urls, &url)) {
		web = xcalloc(1, sizeof *web);
		if (webseed_init(&web->seed, w->how.m, url) < 0 ||
		    is_known(w, &web->seed.said)) {
			free(web);
			continue;
		}
		text = xcalloc(1, url.n + 1);
		memcpy(text, url.p, url.n);
		escape(web->name, sizeof web->name, span_of(url_hide(text)));
		free(text);
		web->all = w;
		web->tag = TAGS + (uint32_t)++w->seen;
		web->seed.is_near = is_near(w->how.m, &web->seed.said);
		if (addr_parse(&web->addr, web->seed.said.host, 0) == 0)
			web->addr.port = web->seed.said.port;
		else
			web->addr.port = 0;
		web->debtor.owner = web;
		web->debtor.cancel = on_cancel;
		web->src = pick_join(w->how.pick, &web->debtor, web->tag);
		pick_has_all(w->how.pick, web->src);
		web->due.fire = on_due;
		web->due.arg = web;
		web->rest = w->first;
		web->next = -1;
		w->first = web;
		w->n++;
		net_timer(&web->due, net_now());
		return 1;
	}
	return 0;
}

/* Whether the user had the torrent himself, or named the host that it is of.
 */
static int
is_near(const struct meta *m, const struct url *u)
{
	struct url from;

	return !m->origin || (url_parse(&from, m->origin) == 0 &&
	    strcmp(from.host, u->host) == 0 && from.port == u->port);
}

/* Whether one of its host is asked. */
static int
is_known(const struct webs *w, const struct url *u)
{
	const struct webserver *o;

	for (o = w->first; o; o = o->rest)
		if (o->src && strcmp(o->seed.said.host, u->host) == 0 &&
		    o->seed.said.port == u->port)
			return 1;
	return 0;
}

void
webs_free(struct webs *w)
{
	struct webserver *web;

	if (!w)
		return;
	w->closed = 1;
	for (web = w->first; web; web = web->rest)
		drop(web, NULL);
	net_bury(web_free, w);
}

static void
web_free(void *arg)
{
	struct webs *w = arg;
	struct webserver *web;

	while ((web = w->first)) {
		w->first = web->rest;
		free(web);
	}
	free(w);
}

int
webs_giving(const struct webs *w)
{
	const struct webserver *web;
	int n = 0;

	for (web = w ? w->first : NULL; web; web = web->rest)
		n += web->src && web->gave_ms &&
		    net_now() - web->gave_ms < GIVES_MS;
	return n;
}

/* What it is asked for. */

static void
on_due(struct timer *t, int64_t now_ms)
{
	(void)now_ms;
	fill(t->arg);
}

static int
may_ask(const struct webserver *web, int64_t now_ms)
{
	const struct webs *w = web->all;

	return web->src && now_ms >= web->seed.retry_ms &&
	    (!web->seed.whole || web->seed.whole_ok) &&
	    !(web->addr.port && w->ops->is_peer(w->arg, &web->addr));
}

/* Has all its connections ask for something. */
static void
fill(struct webserver *web)
{
	struct line *l;
	int i;

	for (i = 0; i < (web->seed.whole ? 1 : LINKS) &&
	    may_ask(web, net_now()); i++) {
		l = web->lines[i];
		if (l && !webtalk_is_done(&l->link.talk))
			continue;
		if (!l)
			l = line_new(web);
		if (!l)
			return;
		web->lines[i] = l;
		if (begin_run(l))
			weblink_go(&l->link);
		else if (!weblink_is_up(&l->link))
			line_end(web, i);
	}
}

/* NULL: there are no more. */
static struct line *
line_new(struct webserver *web)
{
	struct webs *w = web->all;
	struct line *l;
	int is_tls = web->seed.base.is_https;

	if (w->how.places->n[is_tls] >= (is_tls ? LINKS_TLS : LINKS_HTTP))
		return NULL;
	w->how.places->n[is_tls]++;
	l = xcalloc(1, sizeof *l);
	l->web = web;
	l->is_tls = is_tls;
	l->link.talk.ws = &web->seed;
	l->link.talk.ops = &webtalk_ops;
	l->link.talk.arg = l;
	weblink_init(&l->link, w->how.route, w->how.limit, &weblink_ops);
	return l;
}

static void
line_free(void *arg)
{
	struct line *l = arg;

	weblink_free(&l->link);
	free(l);
}

static void
line_end(struct webserver *web, int i)
{
	struct line *l = web->lines[i];

	web->lines[i] = NULL;
	give_back(l);
	weblink_close(&l->link);
	web->all->how.places->n[l->is_tls]--;
	net_bury(line_free, l);
}

/* Blocks that follow each other: 1, or 0: there is nothing to ask for. */
static int
begin_run(struct line *l)
{
	struct webserver *web = l->web;
	struct webs *w = web->all;
	struct pick *pk = w->how.pick;
	const struct shape *sh = &w->how.m->sh;
	int64_t from, to, end = sh->size, size = web->seed.size;
	struct block b;
	int n = 1;

	if (!first_block(web, &b, &end))
		return 0;
	from = offset(w, b);
	to = from + b.len;
	while (to < end && (to - from < size || ((int64_t)sh->piece_len <=
	    size && to % sh->piece_len != 0))) {
		if (!(w->how.in_order ? pick_next(pk, web->src, 0, net_now(),
		    &b) : pick_next_of(pk, web->src, (uint32_t)(to /
		    sh->piece_len), net_now(), &b)))
			break;
		if (offset(w, b) != to) {
			pick_reject(pk, web->src, b);
			break;
		}
		to += b.len;
		n++;
	}
	web->next = to;
	l->owed = n;
	l->from = from;
	l->began_ms = net_now();
	webtalk_run(&l->link.talk, from, to);
	return 1;
}

/* Where a run begins: 1, or 0.  *end is where it has to end. */
static int
first_block(struct webserver *web, struct block *b, int64_t *end)
{
	struct webs *w = web->all;
	const struct shape *sh = &w->how.m->sh;
	int64_t from;

	if (web->seed.whole)
		return lowest(web, web->lines[0] && webtalk_rest(
		    &web->lines[0]->link.talk, &from, end) ? from : 0, *end,
		    b);
	if (!w->how.in_order && web->next >= 0 && web->next < sh->size &&
	    pick_next_of(w->how.pick, web->src, (uint32_t)(web->next /
	    sh->piece_len), net_now(), b))
		return 1;
	return pick_next(w->how.pick, web->src, 0, net_now(), b);
}

/* The first block from an offset on that is free and ends before another. */
static int
lowest(struct webserver *web, int64_t from, int64_t end, struct block *b)
{
	struct webs *w = web->all;
	struct pick *pk = w->how.pick;
	int64_t len = w->how.m->sh.piece_len, at = from;
	int once = w->how.in_order; /* then that is what comes next anyway */

	for (; at < end; at = once ? end : (at / len + 1) * len) {
		if (once ? !pick_next(pk, web->src, 0, net_now(), b) :
		    !pick_next_of(pk, web->src, (uint32_t)(at / len),
		    net_now(), b))
			continue;
		if (offset(w, *b) >= from && offset(w, *b) + b->len <= end)
			return 1;
		pick_reject(pk, web->src, *b);
	}
	return 0;
}

static int64_t
offset(const struct webs *w, struct block b)
{
	return (int64_t)b.piece * w->how.m->sh.piece_len + b.begin;
}

/* What is left of a run is free for others. */
static void
give_back(struct line *l)
{
	struct webs *w = l->web->all;
	struct webtalk *t = &l->link.talk;
	const struct shape *sh = &w->how.m->sh;
	int64_t at = t->at;
	struct block b;

	for (; l->owed > 0 && at < t->to; at = offset(w, b) + b.len) {
		b.piece = (uint32_t)(at / sh->piece_len);
		b.begin = (uint32_t)(at % sh->piece_len) / BLOCK_LEN *
		    BLOCK_LEN;
		b.len = MIN(shape_len(sh, b.piece) - b.begin, BLOCK_LEN);
		l->owed -= pick_reject(w->how.pick, l->web->src, b);
	}
	l->owed = 0;
	webtalk_end(t);
}

/* What comes of it. */

static int
on_next(void *arg)
{
	struct line *l = arg;
	struct webserver *web = l->web;

	if (!web->src)
		return 0;
	webseed_took(&web->seed, l->link.talk.to - l->from,
	    net_now() - l->began_ms);
	return may_ask(web, net_now()) && begin_run(l);
}

static void
on_over(void *arg)
{
	struct line *l = arg;
	struct webserver *web = l->web;
	struct webseed *ws = &web->seed;
	enum web_end end = l->link.talk.end;
	int i;

	if (end == WEB_DEAD) {
		drop(web, ws->why);
		return;
	}
	if (end == WEB_AGAIN && !webtalk_is_done(&l->link.talk) &&
	    (!ws->whole || (ws->whole_ok && l->link.talk.got > 0))) {
		weblink_go(&l->link);
		return;
	}
	line_end(web, l == web->lines[0] ? 0 : 1);
	if (end == WEB_LATER) {
		webseed_later(ws, l->link.talk.retry_s, net_now());
		say(web, web->told, "%s; it is asked again later", ws->why);
		web->told = 1;
	} else if (ws->whole) { /* it is begun anew, by one */
		for (i = 0; i < LINKS; i++)
			if (web->lines[i])
				line_end(web, i);
	}
	net_timer(&web->due, MAX(ws->retry_ms, net_now()));
}

static void
on_block(void *arg, struct block b, const uint8_t *p)
{
	struct line *l = arg;
	struct webserver *web = l->web;
	struct webs *w = web->all;
	enum picked r;

	if (!web->src)
		return;
	r = pick_got(w->how.pick, web->src, b);
	if (r == PICK_UNASKED) {
		w->ops->came(w->arg, b.len, 0);
		return;
	}
	l->owed--;
	web->seed.fails = 0;
	web->gave_ms = net_now();
	w->ops->came(w->arg, b.len, 1);
	pick_stall(w->how.pick, web->src, 0);
	if (store_put(w->how.store, b, p) < 0)
		w->ops->failed(w->arg);
	else if (r == PICK_WHOLE && judge_wait(w->how.judge, b.piece))
		w->ops->fed(w->arg);
}

static void
on_fed(void *arg)
{
	struct line *l = arg;
	struct webs *w = l->web->all;

	if (!w->closed)
		w->ops->fed(w->arg);
}

/* Somebody else gave a block; a run of which nothing is wanted any more is
 * given up. */
static void
on_cancel(void *owner, struct block b)
{
	struct webserver *web = owner;
	int64_t at = offset(web->all, b);
	struct line *l;
	int i;

	for (i = 0; i < LINKS; i++) {
		l = web->lines[i];
		if (!l || at < l->from || at >= l->link.talk.to)
			continue;
		if (--l->owed == 0) {
			line_end(web, i);
			net_timer(&web->due, MAX(web->seed.retry_ms,
			    net_now()));
		}
		return;
	}
}

int
webs_guilty(struct webs *w, uint32_t tag)
{
	struct webserver *web;

	for (web = w ? w->first : NULL; web; web = web->rest)
		if (web->tag == tag && web->src)
			drop(web, "it sent bad data");
	return w && tag > TAGS;
}

/* It is asked no more; why is NULL when none is. */
static void
drop(struct webserver *web, const char *why)
{
	struct webs *w = web->all;
	int i;

	if (!web->src)
		return;
	for (i = 0; i < LINKS; i++)
		if (web->lines[i])
			line_end(web, i);
	net_untimer(&web->due);
	pick_leave(w->how.pick, web->src);
	web->src = NULL;
	w->n--;
	if (!why)
		return;
	say(web, 0, "%s: it is not asked any more", why);
	add_next(w);
}

static void
say(struct webserver *web, int detail, const char *fmt, const char *why)
{
	char line[640], text[WEB_WHY + 40];

	snprintf(text, sizeof text, fmt, why);
	snprintf(line, sizeof line, "web seed %s: %s", web->name, text);
	web->all->ops->message(web->all->arg, detail, line);
}

void
webs_renew(struct webs *w, int64_t quiet_ms)
{
	struct webserver *web;
	int i;

	for (web = w ? w->first : NULL; web; web = web->rest) {
		if (!web->src)
			continue;
		for (i = 0; i < LINKS && quiet_ms >= 0; i++)
			if (web->lines[i] && net_now() -
			    web->lines[i]->link.heard_ms >= quiet_ms)
				line_end(web, i);
		web->seed.fails = 0;
		web->seed.retry_ms = net_now();
		net_timer(&web->due, net_now());
	}
}

/* Once a second. */

void
webs_tick(struct webs *w, int64_t peers_gave, int64_t now_ms)
{
	struct webserver *web;

	if (!w)
		return;
	if (peers_gave != w->peers_gave)
		w->peers_ms = now_ms;
	w->peers_gave = peers_gave;
	for (web = w->first; web && !w->closed; web = web->rest)
		if (web->src)
			tick(web, now_ms);
}

static void
tick(struct webserver *web, int64_t now_ms)
{
	struct webs *w = web->all;
	struct pick *pk = w->how.pick;
	int64_t heard_ms = 0;
	struct line *l;
	int i;

	web->seed.whole_ok = now_ms - w->peers_ms >= ALONE_MS;
	for (i = 0; i < LINKS && web->src; i++)
		if (web->lines[i])
			weblink_tick(&web->lines[i]->link, now_ms);
	if (!web->src)
		return;
	for (i = 0; i < LINKS; i++) {
		l = web->lines[i];
		if (l && webtalk_is_done(&l->link.talk) &&
		    now_ms - l->link.heard_ms >= IDLE_MS)
			line_end(web, i);
		else if (l)
			heard_ms = MAX(heard_ms, l->link.heard_ms);
	}
	if (pick_oldest(web->src)) {
		pick_overdue(pk, web->src, now_ms - OVERDUE_MS);
		pick_stall(pk, web->src, now_ms - heard_ms >= SILENT_MS);
	} else {
		pick_stall(pk, web->src, 0);
	}
	fill(web);
}
