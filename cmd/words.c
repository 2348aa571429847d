/* What a user is told of a torrent, and with it what to do.
 *
 * Nothing here changes a torrent or waits: options and figures go in, words
 * come out, on standard error or to the caller. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "addr.h"
#include "url.h"
#include "net.h"
#include "nets.h"
#include "sock.h"
#include "torrent/meta.h"
#include "torrent/magnet.h"
#include "torrent/store.h"
#include "swarm/conns.h"
#include "swarm/swarm.h"
#include "cmd/reachable.h"
#include "cmd/progress.h"
#include "cmd/jobs.h"
#include "cmd/options.h"
#include "cmd/hook.h"
#include "cmd/words.h"

enum {
	OWN_MAX    = 64,    /* addresses of this host that are looked at */
	HOST_TEXT  = ADDR_HOST + 6, /* host:port, with its NUL */
	HTTP_PORT  = 80,    /* of a host that is named without one */
	SEEDS_LEN  = 512    /* bytes of web seeds, and there are no more: the
	                     * link is to fit in a QR code */
};

static int read_host(char text[HOST_TEXT], struct span said);
static int add_text(char list[][HOST_TEXT], int n, const struct addr *a);
static void put_trackers(struct buf *b, const struct link_setup *s,
    char urls[][HOST_TEXT], int n);
static int seed_url(struct buf *url, const char *host, const struct meta *m,
    struct span name);
static void put_webseeds(struct buf *b, const struct link_setup *s,
    char urls[][HOST_TEXT], int n);

void
words_where(struct reachable *at, const struct options *o,
    const struct addr *outside, uint16_t port)
{
	struct addr bound, source, own[OWN_MAX];
	struct whereabouts w = { .own = own, .port = port };

	if (o->net.host && addr_parse(&bound, o->net.host, 0) == 0)
		w.bound = &bound;
	if (outside->port)
		w.outside = outside;
	if (sock_source(&source) == 0)
		w.source = &source;
	w.nown = nets_list(own, OWN_MAX);
	reachable_find(at, &w);
}

void
words_link(struct buf *b, const struct link_setup *s)
{
	char peers[1 + REACHABLE_MAX][HOST_TEXT];
	char urls[1 + REACHABLE_URLS][HOST_TEXT];
	struct addr few[REACHABLE_URLS];
	int i, n = 0, nurls = 0, nfew = reachable_urls(s->at, few);

	if (read_host(peers[0], s->host) == 0) {
		memcpy(urls[0], peers[0], HOST_TEXT);
		n = nurls = 1;
	}
	for (i = 0; i < s->at->n; i++)
		n = add_text(peers, n, &s->at->list[i]);
	for (i = 0; i < nfew; i++)
		nurls = add_text(urls, nurls, &few[i]);
	nurls = MIN(nurls, REACHABLE_URLS);
	magnet_put_topic(b, s->m);
	if (s->m->info.n > 0)
		magnet_put_size(b, s->m->sh.size);
	magnet_put_sources(b, s->m);
	for (i = 0; i < s->ntrackers; i++)
		magnet_put_tracker(b, s->m, s->trackers[i].url);
	if (s->web && s->tracks) /* last: others wait for a dead one */
		put_trackers(b, s, urls, nurls);
	if (s->web && s->m->info.n > 0 && s->name.n > 0)
		put_webseeds(b, s, urls, nurls);
	for (i = 0; i < n; i++)
		magnet_put_peer(b, peers[i]);
}

/* What a stranger says is our host, and its port, as a link may have them: 0,
 * or -1: they are no address that can be dialled, and no name. */
static int
read_host(char text[HOST_TEXT], struct span said)
{
	static const char name[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
	char host[ADDR_HOST];
	struct addr a;
	uint16_t port = HTTP_PORT;

	if (said.n == 0 || said.n >= HOST_TEXT)
		return -1;
	memcpy(text, said.p, said.n);
	text[said.n] = '\0';
	if (addr_parse(&a, text, 0) == 0) {
		a.port = a.port ? a.port : HTTP_PORT;
		addr_format(text, &a);
		return addr_dialable(&a) ? 0 : -1;
	}
	if (strspn(text, name) == said.n && said.n < ADDR_HOST)
		memcpy(host, text, said.n + 1);
	else if (addr_split(text, host, &port) < 0 ||
	    strspn(text, name) != strlen(host) ||
	    strlen(text) != said.n)
		return -1;
	snprintf(text, HOST_TEXT, "%s:%u", host, port);
	return 0;
}

/* Unless it is the first of the list.  How many there are now. */
static int
add_text(char list[][HOST_TEXT], int n, const struct addr *a)
{
	addr_format(list[n], a);
	return n > 0 && strcmp(list[0], list[n]) == 0 ? n : n + 1;
}

static void
put_trackers(struct buf *b, const struct link_setup *s,
    char urls[][HOST_TEXT], int n)
{
	struct buf url = { 0 };
	int i;

	for (i = 0; i < n; i++) {
		url.len = 0;
		buf_printf(&url, "http://%s/announce", urls[i]);
		buf_put(&url, "", 1);
		magnet_put_tracker(b, s->m, (char *)url.p);
	}
	buf_free(&url);
}

/* The web seed of who is at host: 0, or -1: below its slash, a client looks for
 * what the torrent calls itself, and no directory can be had there by another
 * name. */
static int
seed_url(struct buf *url, const char *host, const struct meta *m,
    struct span name)
{
	if (m->is_dir && (name.n != m->said.n ||
	    memcmp(name.p, m->said.p, name.n) != 0))
		return -1;
	buf_printf(url, "http://%s/", host);
	if (!m->is_dir)
		pct_encode(url, name.p, name.n);
	buf_put(url, "", 1);
	return 0;
}

static void
put_webseeds(struct buf *b, const struct link_setup *s,
    char urls[][HOST_TEXT], int n)
{
	struct buf url = { 0 };
	size_t from = b->len;
	int i;

	for (i = 0; i < n && b->len - from <= SEEDS_LEN; i++) {
		url.len = 0;
		if (seed_url(&url, urls[i], s->m, s->name) == 0)
			magnet_put_webseed(b, (char *)url.p);
	}
	buf_free(&url);
}

int
words_urls(struct span host, const struct meta *m, struct span name,
    struct buf *announce, struct buf *seed)
{
	char text[HOST_TEXT];

	if (read_host(text, host) < 0)
		return -1;
	buf_printf(announce, "http://%s/announce", text);
	buf_put(announce, "", 1);
	if (seed_url(seed, text, m, name) < 0)
		buf_put(seed, "", 1);
	return 0;
}

void
words_magnet(struct buf *b, const struct options *o, const struct job *j,
    struct link_setup *s)
{
	if (j->m->info.n > META_NET_MAX && !o->rules.quiet)
		warn("%s: its metadata is too large for a magnet link "
		    "(over 16 MiB): give others the torrent file", j->arg);
	s->m = j->m;
	s->trackers = o->rules.trackers;
	s->ntrackers = o->rules.ntrackers;
	words_link(b, s);
	buf_put(b, "", 1);
}

void
words_web(const struct options *o, const struct reachable *at)
{
	char text[ADDR_TEXT];

	if (!o->rules.quiet && at->n > 0 &&
	    (o->verbose || isatty(STDERR_FILENO)))
		warn("on the web at http://%s/", addr_format(text, &at->list[0]));
}

void
words_path(struct buf *b, const struct job *j)
{
	struct span name = j->name ? span_of(j->name) : j->m->name;

	if (strcmp(j->dir, ".") != 0)
		buf_printf(b, "%s/", strcmp(j->dir, "/") == 0 ? "" : j->dir);
	buf_put(b, name.p, name.n);
	buf_put(b, "", 1);
}

void
words_hook(struct hook *h, const struct options *o, const struct job *j)
{
	const char *values[HOOK_VALUES];
	char digits[2 * ID_LEN + 1];
	struct buf path = { 0 }, name = { 0 };

	words_path(&path, j);
	buf_put(&name, j->m->name.p, j->m->name.n);
	buf_put(&name, "", 1);
	hex(digits, job_hash(j), ID_LEN);
	values[HOOK_NAME] = (char *)name.p;
	values[HOOK_PATH] = o->to_stdout ? "" : (char *)path.p;
	values[HOOK_HASH] = digits;
	values[HOOK_DIR] = j->dir;
	hook_run(h, values);
	buf_free(&path);
	buf_free(&name);
}

void
words_lonely(const struct options *o, const struct job *j)
{
	int finds_us = o->verb == VERB_SERVE && !o->bare; /* our tracker's */

	if (o->verb != VERB_PEER && !o->rules.quiet && !finds_us &&
	    (o->net.trackers_only || j->m->private) && j->m->ntrackers == 0 &&
	    o->rules.ntrackers == 0 && j->m->npeers == 0 &&
	    j->m->webseeds.n == 0 &&
	    !j->all->known && !j->all->asked)
		warn(o->verb == VERB_RUN ? "%s: it names no tracker; -a url "
		    "names one, or -k host:port a peer" : "%s: it names no "
		    "tracker, and not every client heeds a link's peer; -a "
		    "url names one", j->arg);
}

int
words_has_files(const struct job *j)
{
	struct store *s = swarm_store(j->sw);
	int64_t size = 0;
	uint32_t i;

	for (i = 0; i < j->m->nfiles; i++)
		if (store_size(s, i, &size) == 0 && size > 0)
			return 1;
	return 0;
}

const char *
words_way_out(const struct options *o, const struct job *j, int status)
{
	const struct store *s = j->sw ? swarm_store(j->sw) : NULL;
	int named = o->verb == VERB_RUN;

	if (!s || (status != EXIT_DISK && status != EXIT_DATA) ||
	    (status == EXIT_DATA && o->rules.serve))
		return "";
	switch (store_fault(s)) {
	case STORE_FOREIGN:
		return named ? "; -F overwrites it, -o names another result, "
		    "-d another directory" :
		    "; -F overwrites it, -d names another directory";
	case STORE_IN_WAY:
		return named ? "; move it away, or -o names another result" :
		    "; move it away";
	case STORE_DENIED:
		return "; -d names another directory";
	case STORE_FULL:
		return "; what is there stays: make room and run it again";
	default:
		return "";
	}
}

void
words_summary(const struct options *o, const struct job *j,
    int64_t since_ms)
{
	char down[16], rate[16], up[16];
	struct swarm_stats st;
	int64_t ms = MAX(net_now() - since_ms, 1);

	if (o->rules.quiet || (!o->verbose && !isatty(STDERR_FILENO)))
		return;
	job_stats(j, &st);
	warn_line("%s in %.1f s, %s/s, %s up, ratio %.2f",
	    human(down, st.down), (double)ms / 1000, human(rate, st.down *
	    1000 / ms), human(up, st.up), (double)st.up /
	    (double)MAX(st.down - st.web, 1));
}

char *
words_seeded(char text[128], const struct job *j)
{
	char up[16];
	struct swarm_stats st;

	job_stats(j, &st);
	st.up += j->share.given;
	snprintf(text, 128, "seeding ends: %s given, %.2f times its size",
	    human(up, st.up), (double)st.up / (double)MAX(st.size, 1));
	return text;
}

void
words_resumable(const struct options *o, const struct swarm_stats *sum)
{
	char have[16], size[16];

	if (o->rules.quiet)
		return;
	if (sum->size == 0)
		warn("interrupted: nothing is here yet");
	else
		warn("interrupted: %s of %s are here; the same command goes "
		    "on from there", human(have, sum->have + sum->partial),
		    human(size, sum->size));
}
