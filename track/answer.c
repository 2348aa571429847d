/* The tracker's answers.  A request is read into a struct asking, whichever
 * protocol it came by, admitted, and answered in the protocol's form.
 *
 * A private address is handed only to those who ask from one, and a loopback
 * address only to this host.
 *
 * A UDP connection id is a keyed hash of the address it is given to: it takes
 * no memory, and who does not hold it gets nothing but a new one, of the
 * length of the request for it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "sha1.h"
#include "bencode.h"
#include "addr.h"
#include "url.h"
#include "http.h"
#include "udpt.h"
#include "track/swarms.h"
#include "track/page.h"
#include "track/allowed.h"
#include "track/asking.h"
#include "track/answer.h"

enum {
	MIN_INTERVAL = 60,   /* seconds */
	JITTER       = 8,    /* intervals are up to an eighth shorter */
	KEYS         = 3,
	RETRY_FULL   = 30,   /* minutes (BEP 31) */
	RETRY_UNKNOWN = 60,
	RETRY_NEVER  = -1,
	LARGEST      = 20,   /* swarms on the page, */
	LARGEST_MS   = 5000  /* and how old they may be */
};

struct answerer {
	struct answer_policy policy;
	uint8_t key[ANSWER_KEY_LEN];
	uint32_t nkeys;         /* that were drawn from it */
	uint8_t keys[KEYS][ANSWER_KEY_LEN]; /* UDP's, the newest first */
	uint64_t rnd;
	struct swarms *swarms;  /* owned */
	struct allowed allowed, refused;
	int64_t began_ms;
	uint64_t announces, scrapes;
	struct buf body;        /* owned: of a reply in the making */
	struct swarm_size largest[LARGEST];
	int nlargest;
	int64_t largest_ms;     /* when that was so */
};

/* An announce that was admitted. */
struct admitted {
	struct member who;
	struct group *group;    /* NULL: there is nobody */
	struct tally tally;
	struct wish wish;
	int retry;              /* it was not: when to come again, minutes */
};

static int serves(const struct answerer *t, const uint8_t hash[ID_LEN]);
static void tell(struct answer_event *ev, const struct asking *a);
static const char *admit(struct answerer *t, struct asking *a, int64_t now_ms,
    struct admitted *e);
static const char *join(struct answerer *t, struct asking *a, int64_t now_ms,
    struct admitted *e);
static struct member who_of(const struct answerer *t, const struct asking *a);
static uint32_t jittered(struct answerer *t, int seconds);
static int sample(struct answerer *t, struct admitted *e, int is4, int most,
    int64_t now_ms, uint8_t *out);
static void put_int(struct buf *out, const char *key, int64_t v);
static void put_compact(struct buf *out, const uint8_t *list4, int n4,
    const uint8_t *list6, int n6);
static void put_peers(struct buf *out, const uint8_t *list4, int n4,
    const uint8_t *list6, int n6);
static void put_peer(struct buf *out, const uint8_t *compact, int is4);
static void failure(struct buf *out, const char *why, int retry);
static int scrape_hashes(struct span query, uint8_t *list, int *bad);
static void put_tally(struct buf *out, const uint8_t *hash, const struct tally
    *tally);
static void add_row(void *arg, const uint8_t hash[ID_LEN], const struct tally
    *tally);
static struct addr asker(const struct answerer *t, const struct http_request
    *r, const struct addr *from);
static int is_proxy(const struct answerer *t, const struct addr *a);
static struct figures figures_of(const struct answerer *t, int64_t now_ms);
static void find_largest(struct answerer *t, int64_t now_ms);
static uint64_t connection_of(const struct answerer *t, int key, const struct
    addr *a);
static int is_connected(const struct answerer *t, uint64_t id, const struct
    addr *a);
static size_t udp_announced(struct answerer *t, const struct udpt_request *r,
    const struct addr *from, int64_t now_ms, uint8_t *out, struct answer_event
    *ev);
static size_t udp_scraped(struct answerer *t, const struct udpt_request *r,
    uint8_t *out);

struct answerer *
answer_new(const struct answer_policy *p, const uint8_t key[ANSWER_KEY_LEN],
    struct swarms *state, int64_t now_ms)
{
	struct answerer *t = xcalloc(1, sizeof *t);
	int i;

	t->policy = *p;
	memcpy(t->key, key, sizeof t->key);
	for (i = 0; i < KEYS; i++)
		answer_rekey(t);
	t->rnd = siphash(key, "rnd", 3) | 1;
	t->swarms = state ? state : swarms_new(key, answer_life(p->interval));
	t->began_ms = now_ms;
	t->largest_ms = now_ms - LARGEST_MS;
	return t;
}

void
answer_free(struct answerer *t)
{
	swarms_free(t->swarms);
	allowed_free(&t->allowed);
	allowed_free(&t->refused);
	buf_free(&t->body);
	free(t);
}

void
answer_meet(struct answerer *t, const uint8_t hash[ID_LEN],
    const struct addr *a, int seed, int anew, int64_t now_ms)
{
	struct member m = { .addr = *a, .seed = seed };

	m.tag = swarms_tag(t->swarms, a, sizeof a->ip);
	if (anew || !swarms_has(t->swarms, hash, a))
		swarms_join(t->swarms, hash, &m, 1, now_ms);
}

int64_t
answer_life(int interval)
{
	return (int64_t)interval * 2000;
}

const struct swarms *
answer_swarms(const struct answerer *t)
{
	return t->swarms;
}

long
answer_allow(struct answerer *t, struct span text, long *line)
{
	return allowed_read(&t->allowed, text, line);
}

long
answer_refuse(struct answerer *t, struct span text, long *line)
{
	return allowed_read(&t->refused, text, line);
}

static int
serves(const struct answerer *t, const uint8_t hash[ID_LEN])
{
	return allowed_has(&t->allowed, hash) &&
	    (!t->refused.given || !allowed_has(&t->refused, hash));
}

void
answer_rekey(struct answerer *t)
{
	uint8_t n[5] = { 0 };
	size_t i;

	memmove(t->keys[1], t->keys[0], (KEYS - 1) * sizeof *t->keys);
	put32(n + 1, t->nkeys++);
	for (i = 0; i < ANSWER_KEY_LEN; i += 8) {
		n[0] = (uint8_t)i;
		put64(t->keys[0] + i, siphash(t->key, n, sizeof n));
	}
}

int64_t
answer_expire(struct answerer *t, int64_t now_ms)
{
	int64_t round_ms = answer_life(t->policy.interval) / 16;

	swarms_expire(t->swarms, now_ms);
	return MAX(1, MIN(1000,
	    round_ms / swarms_expire_calls(t->swarms)));
}

int
answer_announce(struct answerer *t, struct span query, const struct addr *from,
    int64_t now_ms, struct buf *out, struct answer_event *ev)
{
	uint8_t list[2][NUMWANT_MAX * 18];
	uint32_t interval = jittered(t, t->policy.interval);
	uint32_t min = jittered(t, MIN(MIN_INTERVAL, t->policy.interval));
	struct admitted e = { .retry = RETRY_NEVER };
	int n[2], is4;
	struct asking a;
	const char *why;

	t->announces++;
	ev->name = NULL;
	why = asking_query(&a, query, from);
	if (!why)
		why = admit(t, &a, now_ms, &e);
	if (why) {
		failure(out, why, e.retry);
		return -1;
	}
	/* its own family first, as it surely reaches that */
	is4 = addr_is4(&a.addr);
	n[!is4] = sample(t, &e, is4, a.numwant, now_ms, list[!is4]);
	n[is4] = sample(t, &e, !is4, a.numwant - n[!is4], now_ms, list[is4]);

	buf_put(out, "d", 1);
	put_int(out, "complete", e.tally.seeds);
	put_int(out, "downloaded", e.tally.completed);
	if (a.seen_at == SCOPE_GLOBAL) {
		is4 = addr_is4(from);
		ben_put_str(out, "external ip");
		ben_put_bytes(out, from->ip + (is4 ? 12 : 0), is4 ? 4 : 16);
	}
	put_int(out, "incomplete", e.tally.leechers);
	put_int(out, "interval", interval);
	put_int(out, "min interval", MIN(min, interval));
	if (a.compact)
		put_compact(out, list[0], n[0], list[1], n[1]);
	else
		put_peers(out, list[0], n[0], list[1], n[1]);
	if (a.odd) {
		ben_put_str(out, "warning message");
		ben_put_str(out, a.odd);
	}
	buf_put(out, "e", 1);
	tell(ev, &a);
	return 0;
}

static void
tell(struct answer_event *ev, const struct asking *a)
{
	static const char *const names[] = { "announce", "completed",
		"started", "stopped" };

	memcpy(ev->hash, a->hash, ID_LEN);
	ev->addr = a->addr;
	ev->left = a->left;
	ev->name = names[a->event];
}

/* Notes what an announce says: NULL, or why it is refused. */
static const char *
admit(struct answerer *t, struct asking *a, int64_t now_ms, struct admitted *e)
{
	const char *why;

	if (!serves(t, a->hash)) {
		e->retry = RETRY_UNKNOWN;
		return "this tracker does not serve this torrent";
	}
	e->who = who_of(t, a);
	if (a->event == EVENT_STOPPED) {
		swarms_leave(t->swarms, a->hash, &e->who, now_ms);
		a->numwant = 0;
	} else {
		why = join(t, a, now_ms, e);
		if (why)
			return why;
	}
	e->group = swarms_find(t->swarms, a->hash);
	swarms_tally(e->group, &e->tally);
	e->wish.who = &e->who;
	e->wish.seen_at = a->seen_at;
	/* a seed needs none; aria2 with a link says at first that it is one */
	e->wish.seeds = a->left != 0 || a->event == EVENT_STARTED;
	return NULL;
}

static const char *
join(struct answerer *t, struct asking *a, int64_t now_ms, struct admitted *e)
{
	switch (swarms_join(t->swarms, a->hash, &e->who,
	    a->event == EVENT_STARTED, now_ms)) {
	case JOIN_FULL:
		e->retry = RETRY_FULL;
		return "the tracker is full; try again later";
	case JOIN_MANY:
		a->odd = "too many peers at your address or in your network: "
		    "you are not listed";
	}
	if (a->event == EVENT_COMPLETED && a->left == 0)
		swarms_complete(t->swarms, a->hash, &e->who);
	else if (a->event == EVENT_COMPLETED)
		a->odd = "completed, but bytes are left";
	return NULL;
}

/* Who has a key is told by it and by his id. */
static struct member
who_of(const struct answerer *t, const struct asking *a)
{
	struct member who = { .addr = a->addr, .keyed = a->key != 0,
		.seed = a->left == 0 };
	uint8_t p[ID_LEN + 4];

	memcpy(p, a->id, ID_LEN);
	put32(p + ID_LEN, a->key);
	who.tag = swarms_tag(t->swarms, p, who.keyed ? sizeof p : ID_LEN);
	return who;
}

static uint32_t
jittered(struct answerer *t, int seconds)
{
	return (uint32_t)seconds - rnd_below(&t->rnd,
	    (uint32_t)seconds / JITTER + 1);
}

/* Peers of one family for who was admitted. */
static int
sample(struct answerer *t, struct admitted *e, int is4, int most,
    int64_t now_ms, uint8_t *out)
{
	e->wish.is4 = is4;
	e->wish.most = most;
	return e->group && most > 0 ? swarms_sample(t->swarms, e->group,
	    &e->wish, now_ms, out) : 0;
}

static void
put_int(struct buf *out, const char *key, int64_t v)
{
	ben_put_str(out, key);
	ben_put_int(out, v);
}

static void
put_compact(struct buf *out, const uint8_t *list4, int n4,
    const uint8_t *list6, int n6)
{
	ben_put_str(out, "peers");
	ben_put_bytes(out, list4, (size_t)n4 * 6);
	if (n6 == 0)
		return;
	ben_put_str(out, "peers6");
	ben_put_bytes(out, list6, (size_t)n6 * 18);
}

/* Dictionaries, for those who want them.  Ids are not kept, so that a peer
 * takes twelve bytes; no client needs them. */
static void
put_peers(struct buf *out, const uint8_t *list4, int n4, const uint8_t *list6,
    int n6)
{
	ben_put_str(out, "peers");
	buf_put(out, "l", 1);
	for (; n4 > 0; n4--, list4 += 6)
		put_peer(out, list4, 1);
	for (; n6 > 0; n6--, list6 += 18)
		put_peer(out, list6, 0);
	buf_put(out, "e", 1);
}

static void
put_peer(struct buf *out, const uint8_t *compact, int is4)
{
	char text[ADDR_TEXT], *ip;
	struct addr a;

	addr_unpack(&a, compact, is4);
	ip = addr_format(text, &a) + !is4;
	buf_put(out, "d", 1);
	ben_put_str(out, "ip");
	ben_put_bytes(out, ip, strcspn(ip, is4 ? ":" : "]"));
	put_int(out, "port", a.port);
	buf_put(out, "e", 1);
}

/* retry: in so many minutes, RETRY_NEVER, or 0: nothing is said of it. */
static void
failure(struct buf *out, const char *why, int retry)
{
	buf_put(out, "d", 1);
	ben_put_str(out, "failure reason");
	ben_put_str(out, why);
	if (retry != 0)
		ben_put_str(out, "retry in");
	if (retry > 0)
		ben_put_int(out, retry);
	else if (retry == RETRY_NEVER)
		ben_put_str(out, "never");
	buf_put(out, "e", 1);
}

int
answer_scrape(struct answerer *t, struct span query, struct buf *out)
{
	uint8_t list[SCRAPE_MAX * ID_LEN];
	int n, i, bad, served = 0;
	struct tally tally;

	t->scrapes++;
	n = scrape_hashes(query, list, &bad);
	for (i = 0; i < n; i++)
		served += serves(t, list + i * ID_LEN);
	if (served == 0) {
		failure(out, n > 0 ? "this tracker does not serve this torrent"
		    : bad ? "info_hash is not 20 bytes" :
		    "name torrents by info_hash: a scrape of all is not "
		    "offered", n > 0 ? RETRY_UNKNOWN : RETRY_NEVER);
		return -1;
	}
	buf_put(out, "d", 1);
	ben_put_str(out, "files");
	buf_put(out, "d", 1);
	for (i = 0; i < n; i++)
		if (serves(t, list + i * ID_LEN)) {
			swarms_tally(swarms_find(t->swarms,
			    list + i * ID_LEN), &tally);
			put_tally(out, list + i * ID_LEN, &tally);
		}
	buf_put(out, "ee", 2);
	return 0;
}

/* The hashes that a query names, each once and in order, as keys of a
 * dictionary stand. */
static int
scrape_hashes(struct span query, uint8_t *list, int *bad)
{
	struct span key, v;
	int n = 0;

	*bad = 0;
	while (n < SCRAPE_MAX && query_next(&query, &key, &v))
		if (span_is(key, "info_hash")) {
			if (pct_decode(list + n * ID_LEN, ID_LEN, v) == ID_LEN)
				n++;
			else
				*bad = 1;
		}
	return (int)hashes_sort(list, (size_t)n);
}

static void
put_tally(struct buf *out, const uint8_t *hash, const struct tally *tally)
{
	ben_put_bytes(out, hash, ID_LEN);
	buf_put(out, "d", 1);
	put_int(out, "complete", tally->seeds);
	put_int(out, "downloaded", tally->completed);
	put_int(out, "incomplete", tally->leechers);
	buf_put(out, "e", 1);
}

/* A hash, and its tally as it goes into a reply. */
struct row {
	uint8_t hash[ID_LEN];
	struct tally tally;
};

static void
add_row(void *arg, const uint8_t hash[ID_LEN], const struct tally *tally)
{
	struct row row;

	memcpy(row.hash, hash, ID_LEN);
	row.tally = *tally;
	buf_put(arg, &row, sizeof row);
}

void
answer_scrape_all(struct answerer *t, const struct http_request *r,
    struct buf *out)
{
	struct buf rows = { 0 }, body = { 0 };
	struct row row;
	size_t n, i;

	swarms_each(t->swarms, add_row, &rows);
	n = rows.len / sizeof row;
	if (n > 0)
		qsort(rows.p, n, sizeof row, hashes_order);
	buf_put(&body, "d", 1);
	ben_put_str(&body, "files");
	buf_put(&body, "d", 1);
	for (i = 0; i < n; i++) {
		memcpy(&row, rows.p + i * sizeof row, sizeof row);
		if (serves(t, row.hash))
			put_tally(&body, row.hash, &row.tally);
	}
	buf_put(&body, "ee", 2);
	http_reply_put(out, "200 OK", "text/plain", &body, 0,
	    span_is(r->method, "HEAD"));
	buf_free(&rows);
	buf_free(&body);
}

int
answer_http(struct answerer *t, const struct http_request *r,
    const struct addr *from, int64_t now_ms, struct buf *out,
    struct answer_event *ev)
{
	struct addr a = asker(t, r, from);
	struct span key, v, query = r->query;
	const char *status = "200 OK", *type = "text/plain";
	int head = span_is(r->method, "HEAD"), named = 0;
	struct figures f;

	ev->name = NULL;
	t->body.at = t->body.len = 0;
	if (!head && !span_is(r->method, "GET")) {
		status = "405 Method Not Allowed";
		type = "text/plain\r\nAllow: GET, HEAD";
	} else if (span_is(r->path, "/announce")) {
		answer_announce(t, r->query, &a, now_ms, &t->body, ev);
	} else if (span_is(r->path, "/scrape")) {
		while (!named && query_next(&query, &key, &v))
			named = span_is(key, "info_hash");
		if (!named && t->policy.full_scrape) {
			t->scrapes++;
			return 1;
		}
		answer_scrape(t, r->query, &t->body);
	} else if (span_is(r->path, "/stats")) {
		f = figures_of(t, now_ms);
		page_stats(&t->body, &f);
	} else if (span_is(r->path, "/")) {
		type = "text/html; charset=utf-8";
		if (t->policy.full_scrape)
			find_largest(t, now_ms);
		f = figures_of(t, now_ms);
		page_html(&t->body, &f, r->host, t->largest, t->nlargest);
	} else {
		status = "404 Not Found";
	}
	if (t->body.len == 0)
		buf_printf(&t->body, "%s\n", status);
	http_reply_put(out, status, type, &t->body, r->keep_alive, head);
	return 0;
}

/* Who asks: the last address of X-Forwarded-For that is no proxy of ours, if
 * one of ours brings it. */
static struct addr
asker(const struct answerer *t, const struct http_request *r,
    const struct addr *from)
{
	struct span list = r->forwarded_for, one;
	struct addr a = *from, said;
	char text[ADDR_TEXT];

	while (is_proxy(t, &a) && list.n > 0) {
		one = list;
		while (one.n > 0 && list.p[one.n - 1] != ',')
			one.n--;
		one.p += one.n;
		one.n = list.n - one.n;
		list.n -= MIN(list.n, one.n + 1);
		for (; one.n > 0 && *one.p == ' '; one.n--)
			one.p++;
		for (; one.n > 0 && one.p[one.n - 1] == ' '; one.n--)
			;
		if (one.n == 0 || one.n >= sizeof text)
			break;
		memcpy(text, one.p, one.n);
		text[one.n] = '\0';
		if (addr_parse(&said, text, 0) < 0)
			break;
		a = said;
	}
	return a;
}

static int
is_proxy(const struct answerer *t, const struct addr *a)
{
	int i;

	for (i = 0; i < t->policy.nproxies; i++)
		if (addr_same_ip(&t->policy.proxies[i], a))
			return 1;
	return 0;
}

static struct figures
figures_of(const struct answerer *t, int64_t now_ms)
{
	struct figures f = { .announces = t->announces,
		.scrapes = t->scrapes,
		.uptime_s = (now_ms - t->began_ms) / 1000 };

	swarms_count(t->swarms, &f.census);
	return f;
}

/* Every swarm is looked at for it, so not for every caller. */
static void
find_largest(struct answerer *t, int64_t now_ms)
{
	if (now_ms - t->largest_ms < LARGEST_MS)
		return;
	t->nlargest = swarms_largest(t->swarms, t->largest, LARGEST);
	t->largest_ms = now_ms;
}

size_t
answer_udp(struct answerer *t, const uint8_t *p, size_t n,
    const struct addr *from, int64_t now_ms, uint8_t out[ANSWER_UDP_MAX],
    struct answer_event *ev)
{
	struct udpt_request r;
	int action = udpt_request(&r, p, n);

	ev->name = NULL;
	if (action == UDP_CONNECT)
		return udpt_connected(out, r.transaction,
		    connection_of(t, 0, from));
	if (action < 0 || !is_connected(t, r.connection, from))
		return 0;
	switch (action) {
	case UDP_ANNOUNCE:
		return udp_announced(t, &r, from, now_ms, out, ev);
	case UDP_SCRAPE:
		return udp_scraped(t, &r, out);
	}
	return udpt_error(out, r.transaction, r.error);
}

/* Bound to the address alone: NAT may change the port at any time. */
static uint64_t
connection_of(const struct answerer *t, int key, const struct addr *a)
{
	return siphash(t->keys[key], a->ip, sizeof a->ip);
}

static int
is_connected(const struct answerer *t, uint64_t id, const struct addr *a)
{
	int i;

	for (i = 0; i < KEYS; i++)
		if (connection_of(t, i, a) == id)
			return 1;
	return 0;
}

static size_t
udp_announced(struct answerer *t, const struct udpt_request *r,
    const struct addr *from, int64_t now_ms, uint8_t *out,
    struct answer_event *ev)
{
	int is4 = addr_is4(from), len = is4 ? 6 : 18, most;
	struct admitted e = { .retry = 0 };
	struct asking a;
	const char *why = asking_udp(&a, r, from);

	t->announces++;
	if (!why)
		why = admit(t, &a, now_ms, &e);
	if (why)
		return udpt_error(out, r->transaction, why);
	udpt_announced(out, r->transaction, jittered(t, t->policy.interval),
	    e.tally.leechers, e.tally.seeds);
	most = MIN(a.numwant, (ANSWER_UDP_MAX - UDPT_PEERS) / len);
	tell(ev, &a);
	return UDPT_PEERS + (size_t)(len * sample(t, &e, is4, most, now_ms,
	    out + UDPT_PEERS));
}

static size_t
udp_scraped(struct answerer *t, const struct udpt_request *r, uint8_t *out)
{
	size_t i, count = MIN(r->hashes.n / ID_LEN, SCRAPE_UDP_MAX), n;
	const uint8_t *hash;
	struct tally tally;

	t->scrapes++;
	n = udpt_scraped(out, r->transaction);
	for (i = 0; i < count; i++) {
		hash = r->hashes.p + i * ID_LEN;
		swarms_tally(serves(t, hash) ?
		    swarms_find(t->swarms, hash) : NULL, &tally);
		n = udpt_tally(out, n, tally.seeds, tally.completed,
		    tally.leechers);
	}
	return n;
}
