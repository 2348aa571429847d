/* edit: a torrent, behind which stands what it is to say anew.  What comes of
 * it is sorted, says that, and has all else as it was; edited so once more it
 * is the same; the hash is another only if the info dictionary is. */
#include "fuzz.h"
#include "sha1.h"
#include "bencode.h"
#include "url.h"
#include "torrent/meta.h"
#include "torrent/edit.h"

enum { LIST_MAX = 4 };

/* The first byte: what is edited. */
enum { NAME = 1, COMMENT = 2, SOURCE = 4, TRACKERS = 8, WEBSEEDS = 16,
	PRIVATE = 32 };

/* Whose key it is, at the top or in info. */
static int
owner_of(struct span key)
{
	static const struct { const char *key; int owner; } keys[] = {
		{ "announce", TRACKERS }, { "announce-list", TRACKERS },
		{ "comment", COMMENT }, { "comment.utf-8", COMMENT },
		{ "url-list", WEBSEEDS }, { "info", ~0 }, { "name", NAME },
		{ "name.utf-8", NAME }, { "source", SOURCE },
		{ "private", PRIVATE }
	};
	size_t i;

	for (i = 0; i < LEN(keys); i++)
		if (span_is(key, keys[i].key))
			return keys[i].owner;
	return 0;
}

/* All of one that was not edited is in the other. */
static void
kept(struct span one, struct span other, int edited)
{
	struct span it = ben_items(one), k, v;
	char *key;

	while (ben_next_str(&it, &k) && ben_next(&it, &v)) {
		if (owner_of(k) & edited || memchr(k.p, 0, k.n))
			continue;
		key = text_of(k);
		CHECK(same_bytes(ben_get(one, key), ben_get(other, key)));
		free(key);
	}
}

static void
sorted(struct span dict)
{
	struct span it = ben_items(dict), k, v, was = { NULL, 0 };
	int r;

	for (; ben_next_str(&it, &k) && ben_next(&it, &v); was = k) {
		r = was.n ? memcmp(was.p, k.p, MIN(was.n, k.n)) : 0;
		CHECK(r < 0 || (r == 0 && was.n <= k.n));
	}
}

/* What is read where s was to be said. */
static void
says(struct span got, const char *s)
{
	CHECK(!s || same_bytes(got, span_of(s)));
}

static void
lists(const struct meta *m, const struct edit *e)
{
	struct span it = m->webseeds, url;
	int i, n = 0;

	for (i = 0; i < e->ntrackers; i++) {
		url = url_trim(span_of(e->trackers[i].url));
		if (url.n > 0)
			CHECK(n < m->ntrackers && same_bytes(url,
			    span_of(m->trackers[n++].url)));
	}
	CHECK(e->ntrackers < 0 || n == m->ntrackers);
	for (i = 0; i < e->nwebseeds; i++)
		if (*e->webseeds[i])
			CHECK(meta_webseed(&it, &url) &&
			    same_bytes(url, span_of(e->webseeds[i])));
	CHECK(e->nwebseeds < 0 || !meta_webseed(&it, &url));
}

static void
edited(const struct meta *m, const struct edit *e, int what)
{
	struct buf b = { 0 }, c = { 0 };
	struct span was = span_at(m->raw.p, (size_t)ben_parse(m->raw.p,
	    m->raw.len)), is;
	char why[META_WHY];
	struct meta *got;

	edit_torrent(&b, m, e);
	got = meta_parse(&b, why);
	CHECK(got);
	is = span_at(got->raw.p, got->raw.len);
	CHECK(ben_parse(is.p, is.n) == (long)is.n);
	sorted(is);
	kept(was, is, what | 1 << 8);
	kept(is, was, what | 1 << 8);
	kept(m->info, got->info, what);
	kept(got->info, m->info, what);
	if (!same_bytes(m->info, got->info))
		sorted(got->info);
	CHECK(same_bytes(m->info, got->info) ==
	    (memcmp(m->hash, got->hash, ID_LEN) == 0));
	CHECK(what & (NAME | SOURCE | PRIVATE) ||
	    same_bytes(m->info, got->info));
	says(got->said, e->name);
	says(got->comment, e->comment);
	says(got->source, e->source);
	CHECK(got->private == (e->private < 0 ? m->private : e->private));
	lists(got, e);
	edit_torrent(&c, got, e);
	CHECK(same_bytes(is, span_at(c.p, c.len)));
	buf_free(&c);
	meta_free(got);
}

static char *
take_text(struct span *s)
{
	return text_of(take_span(s, take8(s)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span s = span_at(data, n), rest;
	int what = (int)take8(&s), i;
	struct edit e = { .ntrackers = -1, .nwebseeds = -1, .private = -1 };
	char why[META_WHY], *texts[3], *urls[LIST_MAX];
	struct tracker trackers[LIST_MAX];
	struct buf raw = { 0 };
	struct meta *m;

	buf_put(&raw, s.p, s.n);
	m = meta_parse(&raw, why);
	if (!m)
		return 0;
	rest = s;
	take_span(&rest, (size_t)ben_parse(s.p, s.n));
	for (i = 0; i < 3; i++)
		texts[i] = take_text(&rest);
	for (i = 0; i < LIST_MAX; i++) {
		urls[i] = take_text(&rest);
		trackers[i].url = urls[i];
		trackers[i].tier = i / 2;
	}
	e.name = what & NAME ? texts[0] : NULL;
	e.comment = what & COMMENT ? texts[1] : NULL;
	e.source = what & SOURCE ? texts[2] : NULL;
	e.trackers = trackers;
	e.webseeds = urls;
	if (what & TRACKERS)
		e.ntrackers = (int)take8(&rest) % (LIST_MAX + 1);
	if (what & WEBSEEDS)
		e.nwebseeds = (int)take8(&rest) % (LIST_MAX + 1);
	if (what & PRIVATE)
		e.private = what >> 6 & 1;
	edited(m, &e, what & 63);
	for (i = 0; i < 3; i++)
		free(texts[i]);
	for (i = 0; i < LIST_MAX; i++)
		free(urls[i]);
	meta_free(m);
	return 0;
}
