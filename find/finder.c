/* The sockets and timers of what finds peers without trackers: a node of the
 * DHT for each family, on UDP at the port where we listen, and the groups of
 * local discovery.  Whoever cannot be had (a port that is taken, no IPv6) is
 * left out.  What is found goes to the torrent by its info hash. */
#include <sys/types.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "sha1.h"
#include "addr.h"
#include "udpt.h"
#include "net.h"
#include "sock.h"
#include "dgram.h"
#include "mcast.h"
#include "find/known.h"
#include "find/lsd.h"
#include "find/dht.h"
#include "find/bootstrap.h"
#include "find/finder.h"

enum {
	BUCKETS    = 1024, /* of torrents */
	LSD_BURST  = 16    /* datagrams taken in a round */
};

/* A node of the DHT on its socket. */
struct dht_socket {
	struct finder *finder;
	struct dht *dht;       /* NULL: none */
	struct io io;
	struct timer timer;
	/* while a datagram is looked at: where it is from, and its answer */
	const struct addr *from;
	uint8_t *out;
	size_t out_len;
};

struct finder {
	uint8_t key[16];
	uint64_t rnd;
	uint16_t port, outside; /* where we listen; where others reach us */
	struct dht_socket nodes[2];
	int nnodes;
	struct bootstrap *bootstrap;
	struct lsd lsd;
	struct mcast groups[2];
	struct timer local;    /* the next local announce */
	size_t (*tracker)(void *arg, const uint8_t *p, size_t n,
	    const struct addr *from, uint8_t *out); /* NULL: none is here */
	void *tracker_arg;
	struct sought *buckets[BUCKETS];
};

static struct sought **bucket_of(struct finder *f, const uint8_t *hash);
static struct sought *find(struct finder *f, const uint8_t *hash);
static void nodes_open(struct finder *f, const struct io *listeners, int n);
static void on_address(void *arg, const struct addr *a);
static int count_nodes(void *arg);
static void on_datagram(struct io *io, short got, int64_t now_ms);
static size_t feed(void *arg, const uint8_t *p, size_t n,
    const struct addr *from, uint8_t *out);
static void on_node_due(struct timer *t, int64_t now_ms);
static void on_send(void *arg, const struct addr *to, const uint8_t *p,
    size_t n);
static void on_peers(void *arg, const uint8_t *hash, const struct addr *list,
    int n);
static void groups_open(struct finder *f, const struct addr *local);
static void on_local(struct io *io, short got, int64_t now_ms);
static void on_local_due(struct timer *t, int64_t now_ms);

static const struct dht_ops dht_ops = { on_send, on_peers };

struct finder *
finder_new(const struct io *listeners, int n, uint16_t port,
    const struct addr *local, const uint8_t key[16])
{
	struct finder *f = xcalloc(1, sizeof *f);

	memcpy(f->key, key, sizeof f->key);
	f->rnd = get64(key) | 1;
	f->port = f->outside = port;
	f->local.fire = on_local_due;
	f->local.arg = f;
	lsd_init(&f->lsd, port, siphash(key, "cookie", 6));
	groups_open(f, local);
	nodes_open(f, listeners, n);
	f->bootstrap = bootstrap_new(on_address, count_nodes, f->nnodes == 0 ||
	    (local && addr_is_loopback(local)), f);
	return f;
}

void
finder_free(struct finder *f)
{
	int i;

	if (!f)
		return;
	for (i = 0; i < f->nnodes; i++) {
		net_close(&f->nodes[i].io);
		net_untimer(&f->nodes[i].timer);
		dht_free(f->nodes[i].dht);
	}
	for (i = 0; i < 2; i++)
		net_close(&f->groups[i].io);
	bootstrap_free(f->bootstrap);
	net_untimer(&f->local);
	free(f);
}

void
finder_host(struct finder *f, size_t (*tracker)(void *arg, const uint8_t *p,
    size_t n, const struct addr *from, uint8_t *out), void *arg)
{
	f->tracker = tracker;
	f->tracker_arg = arg;
}

uint16_t
finder_node_port(const struct finder *f)
{
	return f && f->nnodes > 0 ? f->port : 0;
}

int
finder_nodes(const struct finder *f)
{
	int i, n = 0;

	for (i = 0; f && i < f->nnodes; i++)
		n += dht_count(f->nodes[i].dht);
	return n;
}

int
finder_best(const struct finder *f, struct addr *list, int most)
{
	int i, n = 0;

	for (i = 0; f && i < f->nnodes; i++)
		n += dht_best(f->nodes[i].dht, list + n, most - n);
	return n;
}

/* Torrents by their info hashes. */

static struct sought **
bucket_of(struct finder *f, const uint8_t *hash)
{
	return &f->buckets[siphash(f->key, hash, ID_LEN) % BUCKETS];
}

static struct sought *
find(struct finder *f, const uint8_t *hash)
{
	struct sought *w = *bucket_of(f, hash);

	while (w && memcmp(w->hash, hash, ID_LEN) != 0)
		w = w->chain;
	return w;
}

void
finder_add(struct finder *f, struct sought *w)
{
	struct sought **b = bucket_of(f, w->hash);
	int i;

	if (w->added || find(f, w->hash))
		return;
	w->added = 1;
	w->chain = *b;
	*b = w;
	for (i = 0; i < f->nnodes; i++) {
		dht_add(f->nodes[i].dht, w->hash, f->outside, net_now());
		net_timer(&f->nodes[i].timer, net_now());
	}
	w->local.hash = w->hash;
	lsd_add(&f->lsd, &w->local, net_now());
	net_timer(&f->local, lsd_due(&f->lsd));
}

void
finder_set_port(struct finder *f, uint16_t outside)
{
	int i;

	f->outside = outside;
	for (i = 0; i < f->nnodes; i++) {
		dht_port(f->nodes[i].dht, outside, net_now());
		net_timer(&f->nodes[i].timer, net_now());
	}
}

void
finder_renew(struct finder *f)
{
	finder_set_port(f, f->outside);
}

void
finder_hungry(struct finder *f, struct sought *w)
{
	int i;

	for (i = 0; w->added && i < f->nnodes; i++) {
		dht_hungry(f->nodes[i].dht, w->hash, net_now());
		net_timer(&f->nodes[i].timer, net_now());
	}
}

void
finder_remove(struct finder *f, struct sought *w)
{
	struct sought **at;
	int i;

	if (!w->added)
		return;
	w->added = 0;
	for (at = bucket_of(f, w->hash); *at != w; at = &(*at)->chain)
		;
	*at = w->chain;
	for (i = 0; i < f->nnodes; i++)
		dht_remove(f->nodes[i].dht, w->hash);
	lsd_remove(&f->lsd, &w->local);
}

/* The DHT. */

static void
nodes_open(struct finder *f, const struct io *listeners, int n)
{
	struct dht_socket *d;
	struct addr a;
	int i;

	for (i = 0; i < n; i++) {
		d = &f->nodes[f->nnodes];
		d->finder = f;
		d->io.ready = on_datagram;
		d->timer.fire = on_node_due;
		d->io.arg = d->timer.arg = d;
		if (sock_local(listeners[i].fd, &a) < 0 ||
		    dgram_listen(&d->io, &listeners[i], 1) < 0)
			continue;
		d->dht = dht_new(!addr_is4(&a), rnd_seed(&f->rnd), &dht_ops,
		    d);
		f->nnodes++;
	}
}

void
finder_meet(struct finder *f, const struct addr *a)
{
	struct addr own;
	int i;

	for (i = 0; i < f->nnodes; i++) {
		if (sock_local(f->nodes[i].io.fd, &own) < 0 ||
		    addr_is4(&own) != addr_is4(a))
			continue;
		dht_meet(f->nodes[i].dht, a, net_now());
		net_timer(&f->nodes[i].timer, net_now());
	}
}

void
finder_meet_name(struct finder *f, const char *text, int by_user)
{
	bootstrap_add(f->bootstrap, text, by_user);
}

static void
on_address(void *arg, const struct addr *a)
{
	finder_meet(arg, a);
}

static int
count_nodes(void *arg)
{
	return finder_nodes(arg);
}

static void
on_datagram(struct io *io, short got, int64_t now_ms)
{
	struct dht_socket *d = io->arg;

	(void)got;
	dgram_answer(io->fd, feed, d);
	net_timer(&d->timer, now_ms);
}

/* What the node sends to where a datagram came from is its answer, which
 * leaves by the address that it came to. */
static size_t
feed(void *arg, const uint8_t *p, size_t n, const struct addr *from,
    uint8_t *out)
{
	struct dht_socket *d = arg;

	if (d->finder->tracker && udpt_is_request(p, n))
		return d->finder->tracker(d->finder->tracker_arg, p, n, from,
		    out);
	d->from = from;
	d->out = out;
	d->out_len = 0;
	dht_feed(d->dht, p, n, from, net_now());
	d->from = NULL;
	return d->out_len;
}

static void
on_send(void *arg, const struct addr *to, const uint8_t *p, size_t n)
{
	struct dht_socket *d = arg;

	if (!d->from || d->out_len > 0 || n > DATAGRAM_MAX ||
	    !addr_same(d->from, to)) {
		dgram_send(d->io.fd, to, p, n);
		return;
	}
	memcpy(d->out, p, n);
	d->out_len = n;
}

static void
on_node_due(struct timer *t, int64_t now_ms)
{
	struct dht_socket *d = t->arg;
	int64_t due_ms = dht_tick(d->dht, now_ms);

	if (due_ms < INT64_MAX)
		net_timer(t, due_ms);
}

static void
on_peers(void *arg, const uint8_t *hash, const struct addr *list, int n)
{
	struct dht_socket *d = arg;
	struct sought *w = find(d->finder, hash);

	if (w)
		w->peers(w->arg, FROM_DHT, list, n);
}

/* Local discovery. */

static void
groups_open(struct finder *f, const struct addr *local)
{
	struct addr group;
	int i;

	for (i = 0; i < 2; i++) {
		f->groups[i].io.fd = -1;
		f->groups[i].io.ready = on_local;
		f->groups[i].io.arg = f;
		addr_parse(&group, lsd_groups[i], 1);
		if (!local || addr_is4(local) == addr_is4(&group))
			mcast_open(&f->groups[i], &group, local);
	}
}

static void
on_local(struct io *io, short got, int64_t now_ms)
{
	struct finder *f = io->arg;
	struct mcast *m = &f->groups[io == &f->groups[1].io];
	uint8_t p[LSD_MAX];
	struct lsd_news news;
	struct sought *w;
	struct addr from;
	long n;
	int i, k;

	(void)got;
	for (i = 0; i < LSD_BURST; i++) {
		n = mcast_take(m, p, sizeof p, &from);
		if (n < 0)
			return;
		if (lsd_read(&f->lsd, p, (size_t)n, &from, now_ms, &news) < 0)
			continue;
		for (k = 0; k < news.n; k++) {
			w = find(f, news.hashes[k]);
			if (w)
				w->peers(w->arg, FROM_LOCAL, &news.peer, 1);
		}
	}
}

static void
on_local_due(struct timer *t, int64_t now_ms)
{
	struct finder *f = t->arg;
	struct buf out[2] = { { 0 }, { 0 } };
	int i;

	if (lsd_next(&f->lsd, now_ms, out))
		for (i = 0; i < 2; i++)
			if (f->groups[i].io.fd >= 0)
				mcast_send(&f->groups[i], out[i].p,
				    out[i].len);
	buf_free(&out[0]);
	buf_free(&out[1]);
	if (lsd_due(&f->lsd) < INT64_MAX)
		net_timer(t, lsd_due(&f->lsd));
}
