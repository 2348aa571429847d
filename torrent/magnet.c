/* Magnet links: read, written, and made whole by the metadata that was got
 * elsewhere. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util.h"
#include "sha1.h"
#include "bencode.h"
#include "url.h"
#include "torrent/meta.h"
#include "torrent/encode.h"
#include "torrent/magnet.h"

static void put_value(struct buf *out, const char *key, struct span v);
static int parse_query(struct meta *m, struct span query,
    char why[META_WHY]);
static void magnet_value(struct meta *m, struct span key, struct span v,
    char why[META_WHY]);
static void add_webseed(struct meta *m, struct span url);
static struct span plain_key(struct span key);
static int begins(struct span s, const char *word);
static int is_word(struct span s, const char *word);
static struct span trimmed(const char *text);
static int is_hash(struct span s);
static int parse_topic(struct meta *m, struct span topic,
    char why[META_WHY]);
static void parse_select(struct meta *m, struct span list);
static int parse_range(struct span s, struct range *r);
static int parse_index(struct span *s, uint32_t *index);
static void sort_select(struct meta *m);
static int by_first(const void *a, const void *b);

int
magnet_is(const char *text)
{
	struct span s = trimmed(text);

	return begins(s, "magnet:?") || is_hash(s);
}

/* Without the blanks around it, which come along when it is pasted. */
static struct span
trimmed(const char *text)
{
	static const char blanks[] = " \t\r\n";
	struct span s = span_of(text + strspn(text, blanks));

	while (s.n > 0 && strchr(blanks, s.p[s.n - 1]))
		s.n--;
	return s;
}

static int
is_hash(struct span s)
{
	return s.n == 2 * ID_LEN && strspn((const char *)s.p,
	    "0123456789abcdefABCDEF") >= s.n;
}

/* Whether s begins with the word, in whatever case. */
static int
begins(struct span s, const char *word)
{
	size_t n = strlen(word);

	return s.n >= n && strncasecmp((const char *)s.p, word, n) == 0;
}

static int
is_word(struct span s, const char *word)
{
	return s.n == strlen(word) && begins(s, word);
}

struct meta *
magnet_parse(const char *text, char why[META_WHY])
{
	struct meta *m = xcalloc(1, sizeof *m);
	struct span s = trimmed(text);
	int r;

	if (begins(s, "magnet:?")) {
		s.p += sizeof "magnet:?" - 1;
		s.n -= sizeof "magnet:?" - 1;
		r = parse_query(m, s, why);
	} else {
		r = parse_topic(m, s, why);
	}
	if (r == 0)
		return m;
	meta_free(m);
	return NULL;
}

struct meta *
magnet_complete(const struct meta *magnet, struct span info,
    char why[META_WHY])
{
	struct buf raw = { 0 };
	uint8_t hash[SHA1_LEN];
	struct meta *m;
	size_t n = magnet->nselect;

	why[0] = '\0';
	sha1(info.p, info.n, hash);
	if (memcmp(hash, magnet->hash, SHA1_LEN) != 0)
		return NULL;
	if (ben_parse(info.p, info.n) != (long)info.n) {
		/* what follows would not be hashed with the rest again */
		meta_wrong(why, "its metadata is not one dictionary, and no more");
		return NULL;
	}
	buf_put(&raw, "d", 1);
	encode_trackers(&raw, magnet->trackers, magnet->ntrackers);
	ben_put_str(&raw, "info");
	buf_put(&raw, info.p, info.n);
	if (magnet->webseeds.n > 0) {
		ben_put_str(&raw, "url-list");
		buf_put(&raw, "l", 1);
		buf_put(&raw, magnet->webseeds.p, magnet->webseeds.n);
		buf_put(&raw, "e", 1);
	}
	buf_put(&raw, "e", 1);
	m = meta_parse(&raw, why);
	if (m && n > 0) {
		m->nselect = magnet->nselect;
		m->select = xmalloc(n * sizeof *m->select);
		memcpy(m->select, magnet->select, n * sizeof *m->select);
	}
	return m;
}

/* The values are decoded into raw, which must not move meanwhile. */
static int
parse_query(struct meta *m, struct span query, char why[META_WHY])
{
	struct span key, v;
	uint8_t *p = buf_room(&m->raw, query.n + 1);

	m->trackers = xcalloc(TRACKERS_MAX, sizeof *m->trackers);
	m->peers = xcalloc(TRACKERS_MAX, sizeof *m->peers);
	meta_wrong(why, "it names no info hash (urn:btih:)");
	while (query_next(&query, &key, &v)) {
		v.n = (size_t)pct_decode(p + m->raw.len, v.n, v);
		v.p = p + m->raw.len;
		m->raw.len += v.n;
		magnet_value(m, plain_key(key), v, why);
	}
	sort_select(m);
	m->webseeds.p = m->seeds.p;
	m->webseeds.n = m->seeds.len;
	return why[0] ? -1 : 0;
}

/* why is empty once there is an info hash. */
static void
magnet_value(struct meta *m, struct span key, struct span v,
    char why[META_WHY])
{
	static const char btih[] = "urn:btih:";

	if (is_word(key, "xt") && begins(v, btih) && why[0]) {
		v.p += sizeof btih - 1;
		v.n -= sizeof btih - 1;
		parse_topic(m, v, why);
	} else if (is_word(key, "xt") && begins(v, "urn:btmh:") && why[0]) {
		meta_wrong(why, "a link to a version 2 torrent, which btsh cannot "
		    "read");
	} else if (is_word(key, "dn")) {
		meta_set_name(m, v);
	} else if (is_word(key, "tr")) {
		meta_add_tracker(m, v, m->ntrackers);
	} else if (is_word(key, "ws")) {
		add_webseed(m, v);
	} else if (is_word(key, "so")) {
		parse_select(m, v);
	} else if (is_word(key, "x.pe") && m->npeers < TRACKERS_MAX) {
		m->peers[m->npeers++] = v;
	}
}

/* A web seed (BEP 19), unless it is no URL or there are too many. */
static void
add_webseed(struct meta *m, struct span url)
{
	struct span items = { m->seeds.p, m->seeds.len }, one;
	char text[URL_MAX];
	struct url u;
	int n = 0;

	url = url_trim(url);
	if (url.n >= sizeof text)
		return;
	memcpy(text, url.p, url.n);
	text[url.n] = '\0';
	while (meta_webseed(&items, &one))
		n++;
	if (n < WEBSEEDS_MAX && url_parse(&u, text) == 0)
		ben_put_bytes(&m->seeds, url.p, url.n);
}

/* A key without the number that tells it from its like (tr.1), and without
 * what HTML makes of the ampersand before it. */
static struct span
plain_key(struct span key)
{
	size_t n = key.n;

	if (begins(key, "amp;")) {
		key.p += 4;
		n = key.n -= 4;
	}
	while (n > 0 && key.p[n - 1] >= '0' && key.p[n - 1] <= '9')
		n--;
	if (n > 0 && n < key.n && key.p[n - 1] == '.')
		key.n = n - 1;
	return key;
}

/* An info hash in hexadecimal, or in base 32 (RFC 4648) as old links have it.
 */
static int
parse_topic(struct meta *m, struct span topic, char why[META_WHY])
{
	static const char digits[] = "0123456789abcdef";
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	const char *set = topic.n == 2 * ID_LEN ? digits : letters, *at;
	int bits = set == digits ? 4 : 5;
	uint32_t word = 0;
	size_t i, n = 0;

	if (topic.n * (size_t)bits != 8 * ID_LEN)
		return meta_wrong(why, "its info hash has %zu characters, not 40 "
		    "of hexadecimal or 32 of base 32", topic.n);
	for (i = 0; i < topic.n; i++) {
		at = strchr(set, topic.p[i] | 0x20);
		if (topic.p[i] < '0' || !at)
			return meta_wrong(why, "character %zu of its info hash is "
			    "no %s digit", i + 1, set == digits ?
			    "hexadecimal" : "base 32");
		word = word << bits | (uint32_t)(at - set);
		n += (size_t)bits;
		if (n % 8 < (size_t)bits && n >= 8)
			m->hash[n / 8 - 1] = (uint8_t)(word >> n % 8);
	}
	why[0] = '\0';
	return 0;
}

/* The files that a link chooses (BEP 53): 0,2,4-6.  What is no range means
 * nothing. */
static void
parse_select(struct meta *m, struct span list)
{
	struct range r;
	struct span item;
	const uint8_t *comma;
	uint32_t n;

	for (; list.n > 0; list.p += item.n, list.n -= item.n) {
		comma = memchr(list.p, ',', list.n);
		item.p = list.p;
		item.n = comma ? (size_t)(comma - list.p) : list.n;
		n = m->nselect;
		if (parse_range(item, &r) == 0) {
			if ((n & (n - 1)) == 0) /* it is full */
				m->select = xrealloc(m->select,
				    n > 0 ? 2 * (size_t)n : 1,
				    sizeof *m->select);
			m->select[m->nselect++] = r;
		}
		item.n += comma != NULL;
	}
}

static int
parse_range(struct span s, struct range *r)
{
	if (parse_index(&s, &r->first) < 0)
		return -1;
	r->last = r->first;
	if (s.n > 0 && s.p[0] == '-') {
		s.p++;
		s.n--;
		if (parse_index(&s, &r->last) < 0)
			return -1;
	}
	return s.n == 0 && r->first <= r->last ? 0 : -1;
}

/* The number that s begins with, taken off; one too large is the largest. */
static int
parse_index(struct span *s, uint32_t *index)
{
	uint64_t v = 0;
	size_t n = s->n;

	for (; s->n > 0 && s->p[0] >= '0' && s->p[0] <= '9'; s->p++, s->n--)
		v = MIN(v * 10 + (s->p[0] - '0'), UINT32_MAX);
	*index = (uint32_t)v;
	return s->n < n ? 0 : -1;
}

/* In order, and none within another. */
static void
sort_select(struct meta *m)
{
	struct range *r = m->select;
	uint32_t i, n = 0;

	if (m->nselect > 0)
		qsort(r, m->nselect, sizeof *r, by_first);
	for (i = 0; i < m->nselect; i++)
		if (n > 0 && r[i].first <= r[n - 1].last)
			r[n - 1].last = MAX(r[n - 1].last, r[i].last);
		else
			r[n++] = r[i];
	m->nselect = n;
}

static int
by_first(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

int
magnet_selects(const struct meta *m, uint32_t file)
{
	uint32_t lo = 0, hi = m->nselect, mid;

	while (lo < hi) { /* the first that does not end before it */
		mid = lo + (hi - lo) / 2;
		if (m->select[mid].last < file)
			lo = mid + 1;
		else
			hi = mid;
	}
	return m->nselect == 0 ||
	    (lo < m->nselect && m->select[lo].first <= file);
}

void
magnet_put_select(struct buf *out, const struct meta *m)
{
	const struct range *r;
	uint32_t i;

	for (i = 0; i < m->nselect; i++) {
		r = &m->select[i];
		buf_printf(out, "%s%lu", i > 0 ? "," : "",
		    (unsigned long)r->first);
		if (r->last > r->first)
			buf_printf(out, "-%lu", (unsigned long)r->last);
	}
}

void
magnet_put(struct buf *out, const struct meta *m)
{
	magnet_put_topic(out, m);
	magnet_put_sources(out, m);
}

void
magnet_put_topic(struct buf *out, const struct meta *m)
{
	char digits[2 * ID_LEN + 1];

	hex(digits, m->hash, ID_LEN);
	buf_printf(out, "magnet:?xt=urn:btih:%s&dn=", digits);
	pct_encode(out, m->said.p, m->said.n);
	if (m->nselect > 0) {
		buf_put(out, "&so=", 4);
		magnet_put_select(out, m);
	}
}

void
magnet_put_sources(struct buf *out, const struct meta *m)
{
	struct span seeds = m->webseeds, url;
	int i;

	for (i = 0; i < m->ntrackers; i++)
		put_value(out, "tr", span_of(m->trackers[i].url));
	for (i = 0; i < WEBSEEDS_MAX && meta_webseed(&seeds, &url); i++)
		put_value(out, "ws", url);
	for (i = 0; i < m->npeers; i++)
		put_value(out, "x.pe", m->peers[i]);
}

static void
put_value(struct buf *out, const char *key, struct span v)
{
	buf_printf(out, "&%s=", key);
	pct_encode(out, v.p, v.n);
}

void
magnet_put_tracker(struct buf *out, const struct meta *m, const char *url)
{
	int i;

	for (i = 0; i < m->ntrackers; i++)
		if (strcmp(m->trackers[i].url, url) == 0)
			return;
	put_value(out, "tr", span_of(url));
}

void
magnet_put_size(struct buf *out, int64_t size)
{
	buf_printf(out, "&xl=%" PRId64, size);
}

void
magnet_put_webseed(struct buf *out, const char *url)
{
	put_value(out, "ws", span_of(url));
}

/* libtorrent decodes none of it. */
void
magnet_put_peer(struct buf *out, const char *peer)
{
	buf_printf(out, "&x.pe=%s", peer);
}
