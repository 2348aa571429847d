/* The tracker's answers.  A request is read into a struct asking, whichever
 * protocol it came by, admitted, and answered in the protocol's form.
 *
 * Where a peer is: at the address it asks from, or at the one it names with
 * ip= if it asks from a private address, since a tracker behind NAT sees its
 * own network's peers there.  A private address is handed only to those who
 * ask from one, and a loopback address only to this host.
 *
 * A UDP connection id is a keyed hash of the address it is given to: it takes
 * no memory, and who does not hold it gets nothing but a new one, of the
 * length of the request for it. */
#include <inttypes.h>
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
	uint8_t *listed;        /* owned: hashes in order */
	size_t nlisted;
	int has_list;
	int64_t began_ms;
	uint64_t announces, scrapes;
	struct buf body;        /* owned: of a reply in the making */
	struct swarm_size largest[LARGEST];
	int nlargest;
	int64_t largest_ms;     /* when that was so */
};

/* An announce, as it came. */
struct asking {
	uint8_t hash[ID_LEN], id[ID_LEN];
	int has_hash, has_id, has_port;
	uint32_t key;
	int has_key, has_left;
	uint16_t port;
	int64_t left;
	enum event event;
	int numwant;
	int compact;
	struct addr named;      /* ip=; port 0: none */
	enum addr_scope seen_at;
	struct member who;
	const char *odd;        /* what is worth a warning, or NULL */
};

static void asking_new(struct asking *a);
static const char *parse(struct asking *a, struct answerer *t,
    struct span query);
static int64_t parse_number(struct span v);
static enum event parse_event(struct asking *a, struct span v);
static uint32_t parse_key(struct answerer *t, struct span v);
static void parse_ip(struct asking *a, struct span v);
static const char *admit(struct answerer *t, struct asking *a,
    const struct addr *from, int64_t now_ms, int *retry);
static void identify(struct answerer *t, struct asking *a,
    const struct addr *from);
static int is_served(const struct answerer *t, const uint8_t *hash);
static int by_hash(const void *a, const void *b);
static int hash_of_line(struct span line, uint8_t *hash);
static uint32_t jittered(struct answerer *t, int seconds);
static int sample(struct answerer *t, const struct group *c,
    const struct asking *a, int is4, int most, int64_t now_ms, uint8_t *out);
static void put_int(struct buf *out, const char *key, int64_t v);
static void put_peers(struct buf *out, const uint8_t *list[2],
    const int n[2]);
static void failure(struct buf *out, const char *why, int retry);
static void tell(struct answer_event *ev, const struct asking *a);
static int scrape_hashes(struct span query, uint8_t *list, int *bad);
static void put_tally(struct buf *out, const uint8_t *hash,
    const struct tally *tally);
static struct tally tally_of(const struct group *c);
static struct addr asker(const struct answerer *t,
    const struct http_request *r, const struct addr *from);
static int is_proxy(const struct answerer *t, const struct addr *a);
static struct figures figures_of(const struct answerer *t, int64_t now_ms);
static void find_largest(struct answerer *t, int64_t now_ms);
static uint64_t connection_of(const struct answerer *t, int key,
    const struct addr *a);
static int is_connected(const struct answerer *t, uint64_t id,
    const struct addr *a);
static size_t udp_announced(struct answerer *t, const struct udpt_request *r,
    const struct addr *from, int64_t now_ms, uint8_t *out,
    struct answer_event *ev);
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
	free(t->listed);
	buf_free(&t->body);
	free(t);
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
	struct buf b = { 0 };
	struct span one;
	const uint8_t *end;
	uint8_t hash[ID_LEN];
	size_t i, n;
	int r;

	for (*line = 1; text.n > 0; ++*line) {
		end = memchr(text.p, '\n', text.n);
		one.p = text.p;
		one.n = end ? (size_t)(end - text.p) : text.n;
		text.p += one.n + (end != NULL);
		text.n -= one.n + (end != NULL);
		r = hash_of_line(one, hash);
		if (r < 0) {
			buf_free(&b);
			return -1;
		}
		buf_put(&b, hash, r > 0 ? ID_LEN : 0);
	}
	n = b.len / ID_LEN;
	if (n > 0)
		qsort(b.p, n, ID_LEN, by_hash);
	for (i = t->nlisted = 0; i < n; i++)
		if (i == 0 || by_hash(b.p + i * ID_LEN,
		    b.p + (t->nlisted - 1) * ID_LEN) != 0)
			memmove(b.p + t->nlisted++ * ID_LEN, b.p + i * ID_LEN,
			    ID_LEN);
	free(t->listed);
	t->listed = b.p;
	t->has_list = 1;
	return (long)t->nlisted;
}

/* 1 with the hash, 0: the line means nothing, -1: it is wrong. */
static int
hash_of_line(struct span line, uint8_t *hash)
{
	const uint8_t *end;

	while (line.n > 0 && (*line.p == ' ' || *line.p == '\t')) {
		line.p++;
		line.n--;
	}
	if (line.n == 0 || *line.p == '#' || *line.p == '\r')
		return 0;
	if (line.n < 2 * ID_LEN || unhex(hash, line.p, ID_LEN) < 0)
		return -1;
	end = line.p + 2 * ID_LEN;
	return line.n == 2 * ID_LEN || *end == ' ' || *end == '\t' ||
	    *end == '\r' ? 1 : -1;
}

static int
by_hash(const void *a, const void *b)
{
	return memcmp(a, b, ID_LEN);
}

static int
is_served(const struct answerer *t, const uint8_t *hash)
{
	return !t->has_list || (t->nlisted > 0 && bsearch(hash, t->listed,
	    t->nlisted, ID_LEN, by_hash));
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
	const uint8_t *lists[2] = { list[0], list[1] };
	const struct group *c;
	struct asking a;
	struct tally tally;
	uint32_t interval = jittered(t, t->policy.interval);
	uint32_t min = jittered(t, MIN(MIN_INTERVAL, t->policy.interval));
	int retry = RETRY_NEVER, n[2] = { 0 }, is4;
	const char *why;

	t->announces++;
	ev->name = NULL;
	why = parse(&a, t, query);
	if (!why)
		why = admit(t, &a, from, now_ms, &retry);
	if (why) {
		failure(out, why, retry);
		return -1;
	}
	c = swarms_find(t->swarms, a.hash);
	tally = tally_of(c);
	/* its own family first, as it surely reaches that */
	is4 = addr_is4(&a.who.addr);
	n[!is4] = sample(t, c, &a, is4, a.numwant, now_ms, list[!is4]);
	n[is4] = sample(t, c, &a, !is4, a.numwant - n[!is4], now_ms,
	    list[is4]);

	buf_put(out, "d", 1);
	put_int(out, "complete", tally.seeds);
	put_int(out, "downloaded", tally.completed);
	if (a.seen_at == SCOPE_GLOBAL) {
		is4 = addr_is4(from);
		ben_put_str(out, "external ip");
		ben_put_bytes(out, from->ip + (is4 ? 12 : 0), is4 ? 4 : 16);
	}
	put_int(out, "incomplete", tally.leechers);
	put_int(out, "interval", interval);
	put_int(out, "min interval", MIN(min, interval));
	if (!a.compact) {
		put_peers(out, lists, n);
	} else {
		ben_put_str(out, "peers");
		ben_put_bytes(out, list[0], (size_t)n[0] * 6);
		if (n[1] > 0) {
			ben_put_str(out, "peers6");
			ben_put_bytes(out, list[1], (size_t)n[1] * 18);
		}
	}
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
	ev->addr = a->who.addr;
	ev->left = a->left;
	ev->name = names[a->event];
}

static void
asking_new(struct asking *a)
{
	memset(a, 0, sizeof *a);
	a->numwant = NUMWANT_DEFAULT;
	a->left = 1; /* who does not say is no seed */
	a->compact = 1;
}

/* NULL, or what is wrong. */
static const char *
parse(struct asking *a, struct answerer *t, struct span query)
{
	struct span key, v;
	int64_t n;

	asking_new(a);
	while (query_next(&query, &key, &v)) {
		if (span_is(key, "info_hash")) {
			a->has_hash = pct_decode(a->hash, ID_LEN, v) == ID_LEN;
		} else if (span_is(key, "peer_id")) {
			a->has_id = pct_decode(a->id, ID_LEN, v) == ID_LEN;
		} else if (span_is(key, "port")) {
			n = parse_number(v);
			a->has_port = n > 0 && n < 65536;
			a->port = (uint16_t)n;
		} else if (span_is(key, "left")) {
			n = parse_number(v);
			a->has_left = n >= 0;
			a->left = n < 0 ? 1 : n;
		} else if (span_is(key, "numwant")) {
			n = parse_number(v);
			if (n >= 0)
				a->numwant = (int)MIN(n, NUMWANT_MAX);
		} else if (span_is(key, "event")) {
			a->event = parse_event(a, v);
		} else if (span_is(key, "compact")) {
			a->compact = !span_is(v, "0");
		} else if (span_is(key, "key") && v.n > 0) {
			a->key = parse_key(t, v);
			a->has_key = a->key != 0;
		} else if (span_is(key, "ip") && v.n > 0) {
			parse_ip(a, v);
		}
	}
	if (!a->has_left)
		a->odd = "left is missing or no number: you are listed as "
		    "one that fetches";
	return !a->has_hash ? "info_hash is missing or not 20 bytes" :
	    !a->has_id ? "peer_id is missing or not 20 bytes" :
	    !a->has_port ? "port is missing or out of range" : NULL;
}

/* Digits alone, as far as they fit; -1 for anything else. */
static int64_t
parse_number(struct span v)
{
	int64_t n = 0;

	if (v.n == 0 || v.n > 18)
		return -1;
	for (; v.n > 0; v.p++, v.n--) {
		if (*v.p < '0' || *v.p > '9')
			return -1;
		n = n * 10 + (*v.p - '0');
	}
	return n;
}

static enum event
parse_event(struct asking *a, struct span v)
{
	/* BEP 21's paused says nothing that left does not */
	if (v.n > 0 && !span_is(v, "started") && !span_is(v, "stopped") &&
	    !span_is(v, "completed") && !span_is(v, "paused") &&
	    !span_is(v, "empty"))
		a->odd = "this event is not known, and means nothing";
	return span_is(v, "started") ? EVENT_STARTED :
	    span_is(v, "stopped") ? EVENT_STOPPED :
	    span_is(v, "completed") ? EVENT_COMPLETED : EVENT_NONE;
}

/* A client that speaks UDP, too, sends the same 32 bits there, which are
 * hexadecimal digits here. */
static uint32_t
parse_key(struct answerer *t, struct span v)
{
	int64_t key = 0;

	return v.n == 0 || (v.n <= 8 && span_number(v, 16, &key) == 0) ?
	    (uint32_t)key : swarms_tag(t->swarms, v.p, v.n);
}

static void
parse_ip(struct asking *a, struct span v)
{
	char text[64];
	long n = pct_decode((uint8_t *)text, sizeof text - 1, v);

	if (n > 0) {
		text[n] = '\0';
		if (strlen(text) == (size_t)n &&
		    addr_parse(&a->named, text, 0) == 0) {
			a->named.port = 1;
			return;
		}
	}
	a->named.port = 0;
	a->odd = "ip is no address, and means nothing";
}

/* Who this is, and where. */
static void
identify(struct answerer *t, struct asking *a, const struct addr *from)
{
	uint8_t who[ID_LEN + 4];

	memcpy(who, a->id, ID_LEN);
	put32(who + ID_LEN, a->key);
	a->who.keyed = a->has_key;
	a->who.tag = swarms_tag(t->swarms, who, a->has_key ? sizeof who :
	    ID_LEN);
	a->who.seed = a->left == 0;
	a->who.addr = *from;
	a->seen_at = addr_scope(from);
	if (a->named.port && !addr_same_ip(&a->named, from)) {
		if (a->seen_at != SCOPE_GLOBAL && addr_dialable(&a->named) &&
		    addr_scope(&a->named) >= a->seen_at)
			a->who.addr = a->named;
		else
			a->odd = "ip means something only from a private "
			    "address";
	}
	a->who.addr.port = a->port;
}

/* Notes what an announce says: NULL, or why it is refused. */
static const char *
admit(struct answerer *t, struct asking *a, const struct addr *from,
    int64_t now_ms, int *retry)
{
	identify(t, a, from);
	if (!is_served(t, a->hash)) {
		*retry = RETRY_UNKNOWN;
		return "this tracker does not serve this torrent";
	}
	if (a->event == EVENT_STOPPED) {
		swarms_leave(t->swarms, a->hash, &a->who, now_ms);
		a->numwant = 0;
		return NULL;
	}
	switch (swarms_join(t->swarms, a->hash, &a->who,
	    a->event == EVENT_STARTED, now_ms)) {
	case JOIN_FULL:
		*retry = RETRY_FULL;
		return "the tracker is full; try again later";
	case JOIN_MANY:
		a->odd = "too many peers at your address or in your network: "
		    "you are not listed";
	}
	if (a->event == EVENT_COMPLETED && a->left == 0)
		swarms_complete(t->swarms, a->hash, &a->who);
	else if (a->event == EVENT_COMPLETED)
		a->odd = "completed, but bytes are left";
	return NULL;
}

static uint32_t
jittered(struct answerer *t, int seconds)
{
	return (uint32_t)seconds - rnd_below(&t->rnd,
	    (uint32_t)seconds / JITTER + 1);
}

/* Peers for an asker, of a swarm (NULL: there is none); a seed needs no seeds.
 */
static int
sample(struct answerer *t, const struct group *c, const struct asking *a,
    int is4, int most, int64_t now_ms, uint8_t *out)
{
	const struct wish w = { .who = &a->who, .seen_at = a->seen_at,
		.is4 = is4, .most = most, .seeds = a->left != 0 };

	return c && most > 0 ? swarms_sample(t->swarms, c, &w, now_ms, out) :
	    0;
}

static struct tally
tally_of(const struct group *c)
{
	struct tally tally = { 0 };

	if (c)
		swarms_tally(c, &tally);
	return tally;
}

static void
put_int(struct buf *out, const char *key, int64_t v)
{
	ben_put_str(out, key);
	ben_put_int(out, v);
}

/* Dictionaries, for those who want them.  Ids are not kept, so that a peer
 * takes twelve bytes; no client needs them. */
static void
put_peers(struct buf *out, const uint8_t *list[2], const int n[2])
{
	char text[ADDR_TEXT], *ip;
	struct addr a;
	int six, i;

	ben_put_str(out, "peers");
	buf_put(out, "l", 1);
	for (six = 0; six < 2; six++)
		for (i = 0; i < n[six]; i++) {
			addr_unpack(&a, list[six] + i * (six ? 18 : 6), !six);
			ip = addr_format(text, &a) + six;
			buf_put(out, "d", 1);
			ben_put_str(out, "ip");
			ben_put_bytes(out, ip, strcspn(ip, six ? "]" : ":"));
			put_int(out, "port", a.port);
			buf_put(out, "e", 1);
		}
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
		served += is_served(t, list + i * ID_LEN);
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
		if (is_served(t, list + i * ID_LEN)) {
			tally = tally_of(swarms_find(t->swarms,
			    list + i * ID_LEN));
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
	int n = 0, i, k;

	*bad = 0;
	while (n < SCRAPE_MAX && query_next(&query, &key, &v))
		if (span_is(key, "info_hash")) {
			if (pct_decode(list + n * ID_LEN, ID_LEN, v) == ID_LEN)
				n++;
			else
				*bad = 1;
		}
	qsort(list, (size_t)n, ID_LEN, by_hash);
	for (i = k = 0; i < n; i++)
		if (i == 0 || by_hash(list + i * ID_LEN,
		    list + (k - 1) * ID_LEN) != 0)
			memmove(list + k++ * ID_LEN, list + i * ID_LEN,
			    ID_LEN);
	return k;
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
		qsort(rows.p, n, sizeof row, by_hash); /* it stands first */
	buf_put(&body, "d", 1);
	ben_put_str(&body, "files");
	buf_put(&body, "d", 1);
	for (i = 0; i < n; i++) {
		memcpy(&row, rows.p + i * sizeof row, sizeof row);
		if (is_served(t, row.hash))
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
	int is4 = addr_is4(from), retry, n;
	const struct announce_params *said = &r->announce;
	const struct group *c;
	struct tally tally;
	struct asking a;
	const char *why;

	t->announces++;
	asking_new(&a);
	memcpy(a.hash, said->hash, ID_LEN);
	memcpy(a.id, said->id, ID_LEN);
	a.left = said->left;
	a.event = said->event;
	if (is4 && get32(r->ip) != 0) {
		addr_unpack(&a.named, r->ip, 1);
		a.named.port = 1;
	}
	a.key = said->key;
	a.has_key = a.key != 0;
	if (said->numwant >= 0)
		a.numwant = MIN(said->numwant, NUMWANT_MAX);
	a.numwant = MIN(a.numwant, (ANSWER_UDP_MAX - UDPT_PEERS) /
	    (is4 ? 6 : 18));
	a.port = said->port;
	why = a.port == 0 ? "port is missing" :
	    admit(t, &a, from, now_ms, &retry);
	if (why)
		return udpt_error(out, r->transaction, why);
	c = swarms_find(t->swarms, a.hash);
	tally = tally_of(c);
	udpt_announced(out, r->transaction, jittered(t, t->policy.interval),
	    tally.leechers, tally.seeds);
	n = sample(t, c, &a, is4, a.numwant, now_ms, out + UDPT_PEERS);
	tell(ev, &a);
	return UDPT_PEERS + (size_t)n * (is4 ? 6 : 18);
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
		tally = tally_of(is_served(t, hash) ?
		    swarms_find(t->swarms, hash) : NULL);
		n = udpt_tally(out, n, tally.seeds, tally.completed,
		    tally.leechers);
	}
	return n;
}
