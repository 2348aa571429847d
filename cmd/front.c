/* The web's and the tracker's side of the port, joined with the torrents.
 *
 * Who announces is a peer like those that other trackers name; who is
 * connected, and this host itself, are told to those who announce.  The
 * tracker's tables are made when somebody asks for the first time. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "sha1.h"
#include "addr.h"
#include "http.h"
#include "udpt.h"
#include "net.h"
#include "proc.h"
#include "torrent/meta.h"
#include "torrent/edit.h"
#include "torrent/store.h"
#include "swarm/conns.h"
#include "swarm/swarm.h"
#include "swarm/client.h"
#include "track/swarms.h"
#include "track/asking.h"
#include "track/answer.h"
#include "web/share.h"
#include "web/server.h"
#include "cmd/cli.h"
#include "cmd/reachable.h"
#include "cmd/jobs.h"
#include "cmd/options.h"
#include "cmd/words.h"
#include "cmd/front.h"

enum {
	CALLERS_MOST = 128,
	CALLERS_PART = 4,      /* or this part of the connections */
	INTERVAL     = 300,    /* seconds between announces */
	PEERS_MOST   = 50,     /* that are connected, told to one */
	SEEDS_MOST   = 16,     /* web seeds that a torrent is given on with */
	REKEY_MS     = 60000,
	MEET_MS      = 10000,  /* between looks at who is connected */
	PORT_LEAST   = 1024    /* that is dialled because it was announced */
};

struct front {
	struct jobs *all;
	const struct options *o;
	struct tenant tenant;
	int callers;             /* at most */
	const struct reachable *at; /* NULL: not begun */
	struct shares shares;
	struct web *web;
	struct answerer *track;  /* NULL: nobody has announced */
	int listed;              /* it knows which torrents are ours */
	struct timer rekey, expire;
};

static void on_call(void *arg, int fd, const struct addr *from,
    struct span came);
static size_t on_datagram(void *arg, const uint8_t *p, size_t n,
    const struct addr *from, uint8_t *out);
static void on_exhibit(void *owner, struct exhibit *e);
static void on_magnet(void *owner, struct span host, struct buf *out);
static int on_peers(void *owner, struct addr *list, int most);
static void on_torrent(void *owner, struct span host, struct buf *out);
static void on_hurry(void *owner, const uint32_t *pieces, int n);
static void on_track(void *arg, const struct http_request *r,
    const struct addr *from, struct buf *out);
static struct answerer *tracker(struct front *f);
static void on_rekey(struct timer *t, int64_t now_ms);
static void on_expire(struct timer *t, int64_t now_ms);
static void meet(struct front *f, const uint8_t *hash,
    const struct addr *from);
static void met(struct front *f, const struct answer_event *ev,
    const struct addr *from);
static struct front *front_of(const struct job *j);

static const struct share_ops share_ops = { on_exhibit, on_magnet, on_peers };
static const struct web_ops web_ops = { on_torrent, on_hurry, on_track };

struct front *
front_new(struct jobs *all, const struct options *o, struct client_setup *net)
{
	struct front *f = xcalloc(1, sizeof *f);

	f->all = all;
	f->o = o;
	f->callers = MAX(1, MIN(CALLERS_MOST,
	    proc_fds().conns / CALLERS_PART));
	f->tenant.tells = http_is_request;
	f->tenant.take = on_call;
	f->tenant.datagram = on_datagram;
	f->tenant.arg = f;
	f->shares.ops = &share_ops;
	rnd_bytes(f->shares.key, sizeof f->shares.key);
	f->rekey.fire = on_rekey;
	f->expire.fire = on_expire;
	f->rekey.arg = f->expire.arg = f;
	net->tenant = &f->tenant;
	net->reserved = f->callers;
	return f;
}

void
front_begin(struct front *f, const struct reachable *at)
{
	f->at = at;
	f->web = web_new(&f->shares, &f->all->client.shared.limits[1],
	    f->callers, &web_ops, f);
}

void
front_free(struct front *f)
{
	struct job *j;

	if (!f)
		return;
	web_free(f->web);
	for (j = f->all->first; j; j = j->next)
		share_remove(&f->shares, &j->share);
	shares_free(&f->shares);
	if (f->track)
		answer_free(f->track);
	net_untimer(&f->rekey);
	net_untimer(&f->expire);
	free(f);
}

int
front_shows(const struct job *j)
{
	return !j->m->private || j->m->ntrackers == 0;
}

void
front_show(struct front *f, struct job *j)
{
	char digits[2 * ID_LEN + 1];

	front_hide(f, j);
	if (!f || !front_shows(j))
		return; /* perhaps no more: a link does not tell */
	hex(digits, j->m->hash, ID_LEN);
	j->share.owner = j;
	share_add(&f->shares, &j->share, j->m->name.n > 0 ? j->m->name :
	    span_of(digits), j->m->hash);
}

void
front_piece(struct front *f, struct job *j)
{
	if (f && front_name(j).n > 0)
		web_piece(f->web, &j->share);
}

void
front_hide(struct front *f, struct job *j)
{
	if (!f)
		return;
	web_drop(f->web, &j->share);
	share_remove(&f->shares, &j->share);
	f->listed = 0;
}

static void
on_call(void *arg, int fd, const struct addr *from, struct span came)
{
	struct front *f = arg;

	web_call(f->web, fd, from, came);
}

/* What the web asks. */

static void
on_exhibit(void *owner, struct exhibit *e)
{
	struct job *j = owner;
	struct swarm_stats st;

	memset(e, 0, sizeof *e);
	job_stats(j, &st);
	e->m = j->m;
	e->store = j->sw ? swarm_store(j->sw) : NULL;
	e->have = e->store ? store_have(e->store) : NULL;
	e->skip = j->skip;
	e->state = job_state(j);
	e->size = st.size;
	e->here = st.have;
	e->down = st.down;
	e->up = st.up;
	e->down_bps = st.down_bps;
	e->up_bps = st.up_bps;
	e->npeers = st.npeers;
	e->nseeds = st.nseeds;
	e->fetching = e->store && strcmp(e->state, "fetching") == 0;
}

static void
on_magnet(void *owner, struct span host, struct buf *out)
{
	const struct job *j = owner;
	const struct front *f = front_of(j);
	struct link_setup s = { .m = j->m, .trackers = f->o->rules.trackers,
	    .ntrackers = f->o->rules.ntrackers, .at = f->at, .host = host,
	    .web = 1, .tracks = 1, .name = front_name(j) };

	words_link(out, &s);
}

static int
on_peers(void *owner, struct addr *list, int most)
{
	const struct job *j = owner;

	return j->sw ? swarm_peers(j->sw, list, most) : 0;
}

static void
on_hurry(void *owner, const uint32_t *pieces, int n)
{
	struct job *j = owner;

	swarm_hurry(j->sw, pieces, n);
}

/* A torrent as somebody who reached us at host is to have it: besides its own,
 * it has the user's trackers and, before all, this host. */
static void
on_torrent(void *owner, struct span host, struct buf *out)
{
	const struct job *j = owner;
	const struct meta *m = j->m;
	const struct job_rules *rules = j->all->rules;
	struct edit e = { .private = -1 };
	struct tracker *t = xcalloc((size_t)(m->ntrackers + rules->ntrackers) +
	    1, sizeof *t);
	struct span it = m->webseeds, url;
	struct buf track = { 0 }, seed = { 0 };
	char **seeds = xcalloc(1, sizeof *seeds);
	int i;

	if (words_urls(host, m, front_name(j), &track, &seed) == 0) {
		t[e.ntrackers++].url = (char *)track.p;
		seeds[e.nwebseeds++] = xstrdup((char *)seed.p);
	}
	for (i = 0; i < m->ntrackers; i++) {
		t[e.ntrackers] = m->trackers[i];
		t[e.ntrackers++].tier += 1;
	}
	for (i = 0; i < rules->ntrackers; i++) {
		t[e.ntrackers] = rules->trackers[i];
		t[e.ntrackers++].tier = TRACKERS_MAX + i;
	}
	while (e.nwebseeds < SEEDS_MOST && meta_webseed(&it, &url)) {
		seeds = xrealloc(seeds, (size_t)e.nwebseeds + 1,
		    sizeof *seeds);
		seeds[e.nwebseeds++] = span_dup(url);
	}
	e.trackers = t;
	e.webseeds = seeds;
	edit_torrent(out, m, &e);
	while (e.nwebseeds > 0)
		free(seeds[--e.nwebseeds]);
	free(seeds);
	free(t);
	buf_free(&track);
	buf_free(&seed);
}

struct span
front_name(const struct job *j)
{
	return (struct span){ j->share.name.p, j->share.name.len };
}

/* The tracker. */

static void
on_track(void *arg, const struct http_request *r, const struct addr *from,
    struct buf *out)
{
	struct front *f = arg;
	struct answerer *t = tracker(f);
	struct answer_event ev;
	struct asking a;

	if (!asking_query(&a, r->query, from) && a.has_hash)
		meet(f, a.hash, from);
	if (answer_http(t, r, from, net_now(), out, &ev) == 0)
		met(f, &ev, from);
}

static size_t
on_datagram(void *arg, const uint8_t *p, size_t n, const struct addr *from,
    uint8_t *out)
{
	struct front *f = arg;
	struct answerer *t = tracker(f);
	struct answer_event ev;
	struct udpt_request r;
	size_t len;

	if (udpt_request(&r, p, n) == UDP_ANNOUNCE)
		meet(f, r.announce.hash, from);
	len = answer_udp(t, p, n, from, net_now(), out, &ev);
	met(f, &ev, from);
	return len;
}

/* The tracker, who knows which torrents are shown. */
static struct answerer *
tracker(struct front *f)
{
	static const struct answer_policy policy = { .interval = INTERVAL };
	uint8_t key[ANSWER_KEY_LEN];
	char digits[2 * ID_LEN + 1];
	struct buf list = { 0 };
	struct job *j;
	long line;
	int i;

	if (!f->track) {
		rnd_bytes(key, sizeof key);
		f->track = answer_new(&policy, key, NULL, net_now());
		net_timer(&f->rekey, net_now() + REKEY_MS);
		net_timer(&f->expire, net_now());
	}
	if (f->listed)
		return f->track;
	f->listed = 1;
	for (i = 0; i < f->shares.n; i++) {
		j = f->shares.list[i]->owner;
		hex(digits, j->m->hash, ID_LEN);
		buf_printf(&list, "%s\n", digits);
	}
	answer_allow(f->track, (struct span){ list.p, list.len }, &line);
	buf_free(&list);
	return f->track;
}

static void
on_rekey(struct timer *t, int64_t now_ms)
{
	struct front *f = t->arg;

	answer_rekey(f->track);
	net_timer(t, now_ms + REKEY_MS);
}

static void
on_expire(struct timer *t, int64_t now_ms)
{
	struct front *f = t->arg;

	net_timer(t, now_ms + answer_expire(f->track, now_ms));
}

/* The tracker hears of this host, and of who is connected.  Each address
 * counts as a seed: those that are for this host alone only if one asks from
 * here. */
static void
meet(struct front *f, const uint8_t *hash, const struct addr *from)
{
	static const char *const here[] = { "127.0.0.1", "::1" };
	struct job *j = job_find(f->all, hash);
	struct addr us[REACHABLE_URLS], list[PEERS_MOST], a;
	struct swarm_stats st;
	size_t i;
	int is_here = addr_is_loopback(from), n;

	if (!j || !front_shows(j) || (!is_here && net_now() < j->meet_ms))
		return;
	j->meet_ms = net_now() + MEET_MS;
	job_stats(j, &st);
	for (n = reachable_urls(f->at, us); n > 0; n--)
		answer_meet(f->track, hash, &us[n - 1], st.complete, 1,
		    net_now());
	for (i = 0; i < LEN(here) && is_here && !f->o->net.host; i++)
		if (addr_parse(&a, here[i], 0) == 0) {
			a.port = f->all->client.shared.port;
			answer_meet(f->track, hash, &a, st.complete, 1,
			    net_now());
		}
	n = j->sw ? swarm_peers(j->sw, list, PEERS_MOST) : 0;
	while (n-- > 0)
		answer_meet(f->track, hash, &list[n], 0, 0, net_now());
}

/* Whoever announces can be dialled, where he asks from: what else he says is
 * his address is for other peers, and no word of a peer's leads us to a port
 * of the system's. */
static void
met(struct front *f, const struct answer_event *ev, const struct addr *from)
{
	struct job *j = ev->name ? job_find(f->all, ev->hash) : NULL;
	struct addr a = *from;
	struct swarm_stats st;

	if (!j || !j->sw || strcmp(ev->name, "stopped") == 0)
		return;
	a.port = ev->addr.port;
	job_stats(j, &st);
	if (a.port >= PORT_LEAST && (!st.complete || ev->left > 0))
		swarm_hear_of(j->sw, &a);
}

static struct front *
front_of(const struct job *j)
{
	return j->all->client.tenant->arg;
}
