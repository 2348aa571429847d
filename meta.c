/* A torrent, parsed and made.  The bytes of a torrent are a stranger's: sizes
 * are checked against each other before anything is allocated by them, and
 * every path is one that stays below its root.  A made torrent goes through
 * the same parser, so there is one kind of struct meta. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "bencode.h"
#include "http.h"
#include "wire.h"
#include "meta.h"

#define SIZE_END ((int64_t)1 << 62)

static const char *parse(struct meta *m);
static const char *parse_magnet(struct meta *m, struct span query);
static int parse_topic(struct meta *m, struct span topic);
static const char *parse_info(struct meta *m);
static const char *parse_files(struct meta *m, struct span list,
    struct span length);
static const char *parse_file(struct meta *m, struct span length,
    struct span path, struct span attr, struct span target);
static void add_target(struct meta *m, struct span path);
static const char *check_path(struct span list);
static const char *check_element(struct span e);
static const char *check_distinct(const struct meta *m);
static int path_cmp(const void *a, const void *b);
static int path_below(struct span dir, struct span path);
static void parse_trackers(struct meta *m, struct span list,
    struct span announce);
static void add_tracker(struct meta *m, struct span url, int tier);
static void encode_info(struct buf *out, const struct recipe *r);
static void encode_path(struct buf *out, const char *path);
static void encode_trackers(struct buf *out, const struct tracker *t, int n);

struct meta *
meta_parse(struct buf *raw, const char **why)
{
	struct meta *m = xcalloc(1, sizeof *m);

	m->raw = *raw;
	memset(raw, 0, sizeof *raw);
	*why = parse(m);
	if (*why) {
		meta_free(m);
		return NULL;
	}
	return m;
}

void
meta_free(struct meta *m)
{
	int i;

	if (!m)
		return;
	for (i = 0; i < m->ntrackers; i++)
		free(m->trackers[i].url);
	free(m->trackers);
	free(m->files);
	free(m->targets);
	free(m->peers);
	buf_free(&m->raw);
	free(m);
}

static const char *
parse(struct meta *m)
{
	enum { ANNOUNCE, LIST, COMMENT, INFO, KEYS };
	static const char *const keys[] = { "announce", "announce-list",
	    "comment", "info" };
	struct span top, v[KEYS];
	const char *why;
	long whole;

	whole = ben_parse(m->raw.p, m->raw.len);
	if (whole <= 0 || m->raw.p[0] != 'd')
		return whole == 0 && m->raw.len > 0 && m->raw.p[0] == 'd' ?
		    "cut short" : "not a torrent";
	top.p = m->raw.p;
	top.n = (size_t)whole; /* what follows the dictionary is ignored */
	ben_get_all(top, keys, v, KEYS);
	m->info = v[INFO];
	if (ben_kind(m->info) != 'd')
		return "not a torrent: it has no info dictionary";
	why = parse_info(m);
	if (why)
		return why;
	ben_str(v[COMMENT], &m->comment);
	meta_rehash(m);
	parse_trackers(m, v[LIST], v[ANNOUNCE]);
	return NULL;
}

static const char *
parse_info(struct meta *m)
{
	enum { FILES, LENGTH, VERSION_2, NAME, PIECE_LEN, PIECES, PRIVATE,
	    SOURCE, KEYS };
	static const char *const keys[] = { "files", "length", "meta version",
	    "name", "piece length", "pieces", "private", "source" };
	struct span v[KEYS], pieces;
	int64_t len = 0, private = 0, version = 1;
	const char *why;
	uint64_t n;

	ben_get_all(m->info, keys, v, KEYS);
	ben_int(v[VERSION_2], &version);
	if (ben_str(v[PIECES], &pieces) < 0)
		return version > 1 ?
		    "a version 2 torrent, which btsh cannot read" :
		    "not a torrent: it has no pieces";
	ben_int(v[PIECE_LEN], &len);
	if (len < PIECE_LEN_MIN || len > PIECE_LEN_MAX)
		return "its piece length is not between 16 KiB and 64 MiB";
	m->sh.piece_len = (uint32_t)len;
	ben_str(v[NAME], &m->name);
	why = check_element(m->name);
	if (!why)
		why = parse_files(m, v[FILES], v[LENGTH]);
	if (why)
		return why;
	n = ((uint64_t)m->sh.size + m->sh.piece_len - 1) / m->sh.piece_len;
	if (pieces.n % SHA1_LEN || pieces.n / SHA1_LEN != n || n > INT32_MAX)
		return "its sizes and its pieces do not agree";
	m->sh.npieces = (uint32_t)n;
	m->pieces = m->raw.p + (pieces.p - m->raw.p);
	ben_int(v[PRIVATE], &private);
	m->private = private == 1;
	ben_str(v[SOURCE], &m->source);
	return NULL;
}

int
meta_is_magnet(const char *text)
{
	return strncmp(text, "magnet:?", 8) == 0 || (strlen(text) ==
	    2 * ID_LEN && strspn(text, "0123456789abcdefABCDEF") ==
	    2 * ID_LEN);
}

struct meta *
meta_parse_magnet(const char *text, const char **why)
{
	struct meta *m = xcalloc(1, sizeof *m);

	if (strncmp(text, "magnet:?", 8) == 0)
		*why = parse_magnet(m, span_of(text + 8));
	else
		*why = parse_topic(m, span_of(text)) < 0 ?
		    "not an info hash" : NULL;
	if (*why) {
		meta_free(m);
		return NULL;
	}
	return m;
}

struct meta *
meta_complete(const struct meta *magnet, struct span info, const char **why)
{
	struct buf raw = { 0 };
	uint8_t hash[SHA1_LEN];

	*why = NULL;
	sha1(info.p, info.n, hash);
	if (memcmp(hash, magnet->hash, SHA1_LEN) != 0)
		return NULL;
	buf_put(&raw, "d", 1);
	encode_trackers(&raw, magnet->trackers, magnet->ntrackers);
	ben_put_str(&raw, "info");
	buf_put(&raw, info.p, info.n);
	buf_put(&raw, "e", 1);
	return meta_parse(&raw, why);
}

/* The values are decoded into raw, which must not move meanwhile. */
static const char *
parse_magnet(struct meta *m, struct span query)
{
	static const char btih[] = "urn:btih:", btmh[] = "urn:btmh:";
	struct span key, v;
	int known = 0, is_v2 = 0;

	buf_room(&m->raw, query.n + 1);
	m->trackers = xcalloc(TRACKERS_MAX, sizeof *m->trackers);
	m->peers = xcalloc(TRACKERS_MAX, sizeof *m->peers);
	while (query_next(&query, &key, &v)) {
		v.n = (size_t)pct_decode(m->raw.p + m->raw.len, v.n, v);
		v.p = m->raw.p + m->raw.len;
		m->raw.len += v.n;
		if (span_is(key, "xt") && v.n > sizeof btih - 1 &&
		    memcmp(v.p, btih, sizeof btih - 1) == 0) {
			v.p += sizeof btih - 1;
			v.n -= sizeof btih - 1;
			if (parse_topic(m, v) < 0)
				return "its info hash is wrong";
			known = 1;
		} else if (span_is(key, "xt") && v.n > sizeof btmh - 1 &&
		    memcmp(v.p, btmh, sizeof btmh - 1) == 0) {
			is_v2 = 1;
		} else if (span_is(key, "dn")) {
			m->name = v;
		} else if (span_is(key, "tr")) {
			add_tracker(m, v, m->ntrackers);
		} else if (span_is(key, "x.pe") && m->npeers < TRACKERS_MAX) {
			m->peers[m->npeers++] = v;
		}
	}
	if (!known && is_v2)
		return "a link to a version 2 torrent, which btsh cannot read";
	return known ? NULL : "it names no info hash (urn:btih:)";
}

/* An info hash in hexadecimal, or in base 32 (RFC 4648) as old links have it.
 * 0 or -1. */
static int
parse_topic(struct meta *m, struct span topic)
{
	static const char digits[] = "0123456789abcdef";
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	const char *set = topic.n == 2 * ID_LEN ? digits : letters, *at;
	int bits = set == digits ? 4 : 5;
	uint32_t word = 0;
	size_t i, n = 0;

	if (topic.n * (size_t)bits != 8 * ID_LEN)
		return -1;
	for (i = 0; i < topic.n; i++) {
		at = strchr(set, topic.p[i] | 0x20);
		if (topic.p[i] < '0' || !at)
			return -1;
		word = word << bits | (uint32_t)(at - set);
		n += (size_t)bits;
		if (n % 8 < (size_t)bits && n >= 8)
			m->hash[n / 8 - 1] = (uint8_t)(word >> n % 8);
	}
	return 0;
}

static const char *
parse_files(struct meta *m, struct span list, struct span length)
{
	enum { ATTR, LENGTH, PATH, TARGET, KEYS };
	static const char *const keys[] = { "attr", "length", "path",
	    "symlink path" };
	struct span it, dict, v[KEYS], none = { NULL, 0 };
	uint32_t cap = 1;
	const char *why;

	m->is_dir = list.n > 0;
	m->files = xcalloc(cap, sizeof *m->files);
	if (!m->is_dir)
		return parse_file(m, length, none, none, none);
	if (ben_kind(list) != 'l')
		return "its files are no list";
	for (it = ben_items(list); ben_next(&it, &dict); ) {
		if (m->nfiles == cap) {
			if (cap > INT32_MAX / 2)
				return "it has too many files";
			cap *= 2;
			m->files = xrealloc(m->files, cap, sizeof *m->files);
		}
		ben_get_all(dict, keys, v, KEYS);
		why = parse_file(m, v[LENGTH], v[PATH], v[ATTR],
		    v[TARGET]);
		if (why)
			return why;
	}
	if (m->nfiles == 0)
		return "it has no files";
	m->files = xrealloc(m->files, m->nfiles, sizeof *m->files);
	return check_distinct(m);
}

static const char *
parse_file(struct meta *m, struct span length, struct span path,
    struct span attr, struct span target)
{
	struct file *f = &m->files[m->nfiles];
	const char *why;

	memset(f, 0, sizeof *f);
	f->off = m->sh.size;
	f->len = -1;
	ben_int(length, &f->len);
	if (m->is_dir && ben_str(attr, &attr) == 0 && attr.n > 0) {
		f->pad = memchr(attr.p, 'p', attr.n) != NULL;
		f->link = !f->pad && memchr(attr.p, 'l', attr.n) &&
		    !check_path(target);
	}
	if (f->link) {
		f->len = 0; /* whatever it says, if it does */
		add_target(m, target);
	}
	if (f->len < 0 || f->len > SIZE_END - m->sh.size)
		return "a file's length is missing or out of range";
	if (m->is_dir) {
		f->path = path;
		why = check_path(f->path);
		if (why)
			return why;
	}
	m->sh.size += f->len;
	m->nfiles++;
	return NULL;
}

/* The file that comes next is a link to path. */
static void
add_target(struct meta *m, struct span path)
{
	uint32_t n = m->ntargets;

	if ((n & (n - 1)) == 0) /* it is full */
		m->targets = xrealloc(m->targets, n > 0 ? 2 * (size_t)n : 1,
		    sizeof *m->targets);
	m->targets[n].file = m->nfiles;
	m->targets[n].path = path;
	m->ntargets++;
}

int
meta_target(const struct meta *m, uint32_t file, struct span *path)
{
	uint32_t lo = 0, hi = m->ntargets, mid;

	if (!m->files[file].link)
		return 0;
	while (hi - lo > 1) {
		mid = lo + (hi - lo) / 2;
		if (m->targets[mid].file <= file)
			lo = mid;
		else
			hi = mid;
	}
	*path = m->targets[lo].path;
	return 1;
}

static const char *
check_path(struct span list)
{
	struct span it = ben_items(list), e;
	int n = 0;
	const char *why;

	if (ben_kind(list) != 'l')
		return "a file's path is no list";
	while (ben_next_str(&it, &e)) {
		if (n++ == PATH_ELEMENTS)
			return "a file's path is too deep";
		why = check_element(e);
		if (why)
			return why;
	}
	if (it.n > 0)
		return "a file's path is wrong";
	return n > 0 ? NULL : "a file's path is empty";
}

static const char *
check_element(struct span e)
{
	if (e.n == 0 || e.n > ELEMENT_MAX)
		return "a name in it is empty or too long";
	if (span_is(e, ".") || span_is(e, "..") || memchr(e.p, '/', e.n) ||
	    memchr(e.p, '\0', e.n))
		return "a name in it is unsafe (., .., a slash or a NUL)";
	return NULL;
}

/* No file twice, and no file that is a directory of another. */
static const char *
check_distinct(const struct meta *m)
{
	struct span *paths = xcalloc(m->nfiles, sizeof *paths);
	uint32_t i, n = 0;
	int sorted = 1, bad = 0;

	for (i = 0; i < m->nfiles; i++) {
		if (m->files[i].pad)
			continue;
		paths[n++] = m->files[i].path;
		if (n > 1 && sorted)
			sorted = path_cmp(&paths[n - 2], &paths[n - 1]) < 0;
	}
	if (!sorted)
		qsort(paths, n, sizeof *paths, path_cmp);
	for (i = 1; i < n && !bad; i++)
		bad = path_below(paths[i - 1], paths[i]);
	free(paths);
	return bad ? "two of its files have the same path" : NULL;
}

static int
path_cmp(const void *a, const void *b)
{
	struct span x = ben_items(*(const struct span *)a);
	struct span y = ben_items(*(const struct span *)b), e, f;
	int c, more;

	for (;;) {
		more = meta_element(&x, &e);
		if (!meta_element(&y, &f))
			return more;
		if (!more)
			return -1;
		c = memcmp(e.p, f.p, MIN(e.n, f.n));
		if (c == 0)
			c = (e.n > f.n) - (e.n < f.n);
		if (c != 0)
			return c;
	}
}

/* Whether path is dir or below it. */
static int
path_below(struct span dir, struct span path)
{
	struct span x = ben_items(dir), y = ben_items(path), e, f;

	while (meta_element(&x, &e))
		if (!meta_element(&y, &f) || e.n != f.n ||
		    memcmp(e.p, f.p, e.n) != 0)
			return 0;
	return 1;
}

static void
parse_trackers(struct meta *m, struct span list, struct span announce)
{
	struct span it, tier, in, s;
	int n = 0;

	m->trackers = xcalloc(TRACKERS_MAX, sizeof *m->trackers);
	for (it = ben_items(list); ben_next(&it, &tier); n++)
		for (in = ben_items(tier); ben_next(&in, &s); )
			if (ben_str(s, &s) == 0)
				add_tracker(m, s, n);
	if (m->ntrackers == 0 && ben_str(announce, &s) == 0)
		add_tracker(m, s, 0);
}

static void
add_tracker(struct meta *m, struct span url, int tier)
{
	char *s;

	url = url_trim(url);
	if (m->ntrackers == TRACKERS_MAX || url.n == 0 || url.n >= URL_MAX ||
	    memchr(url.p, '\0', url.n))
		return;
	s = xmalloc(url.n + 1);
	memcpy(s, url.p, url.n);
	s[url.n] = '\0';
	m->trackers[m->ntrackers].url = s;
	m->trackers[m->ntrackers++].tier = tier;
}

int
meta_element(struct span *items, struct span *element)
{
	return ben_next_str(items, element);
}

void
meta_path(struct buf *b, const struct meta *m, const struct file *f)
{
	struct span it = ben_items(f->path), e;

	buf_put(b, m->name.p, m->name.n);
	while (meta_element(&it, &e)) {
		buf_put(b, "/", 1);
		buf_put(b, e.p, e.n);
	}
}

uint32_t
meta_file_at(const struct meta *m, int64_t off)
{
	uint32_t lo = 0, hi = m->nfiles - 1, mid;

	while (lo < hi) { /* the last file that does not begin beyond off */
		mid = hi - (hi - lo) / 2;
		if (m->files[mid].off <= off)
			lo = mid;
		else
			hi = mid - 1;
	}
	return lo; /* not an empty file: those begin where the next does */
}

void
shape_clear(const struct shape *sh, uint8_t *set, int64_t from, int64_t to)
{
	int64_t i;

	if (from >= to)
		return;
	for (i = from / sh->piece_len; i <= (to - 1) / sh->piece_len; i++)
		bit_clear(set, (uint32_t)i);
}

void
meta_wanted(const struct meta *m, const uint8_t *skip, uint8_t *set)
{
	const struct file *f;
	uint32_t i;
	int64_t p;

	memset(set, skip ? 0 : 0xff, bit_bytes(m->sh.npieces));
	for (i = 0; skip && i < m->nfiles; i++) {
		f = &m->files[i];
		if (bit_get(skip, i) || f->pad || f->len == 0)
			continue;
		for (p = f->off / m->sh.piece_len;
		    p <= (f->off + f->len - 1) / m->sh.piece_len; p++)
			bit_set(set, (uint32_t)p);
	}
}

uint32_t
shape_len(const struct shape *sh, uint32_t piece)
{
	int64_t left = sh->size - (int64_t)piece * sh->piece_len;

	return left < sh->piece_len ? (uint32_t)left : sh->piece_len;
}

void
meta_rehash(struct meta *m)
{
	sha1(m->info.p, m->info.n, m->hash);
}

void
meta_encode(struct buf *out, const struct recipe *r)
{
	int i;

	buf_put(out, "d", 1);
	encode_trackers(out, r->trackers, r->ntrackers);
	if (r->comment) {
		ben_put_str(out, "comment");
		ben_put_str(out, r->comment);
	}
	ben_put_str(out, "info");
	encode_info(out, r);
	if (r->nwebseeds > 0) {
		ben_put_str(out, "url-list");
		buf_put(out, "l", 1);
		for (i = 0; i < r->nwebseeds; i++)
			ben_put_str(out, r->webseeds[i]);
		buf_put(out, "e", 1);
	}
	buf_put(out, "e", 1);
}

static void
encode_trackers(struct buf *out, const struct tracker *t, int n)
{
	int i;

	if (n > 0) {
		ben_put_str(out, "announce");
		ben_put_str(out, t[0].url);
	}
	if (n < 2)
		return;
	ben_put_str(out, "announce-list");
	buf_put(out, "l", 1);
	for (i = 0; i < n; i++) {
		if (i == 0 || t[i].tier != t[i - 1].tier)
			buf_put(out, i == 0 ? "l" : "el", i == 0 ? 1 : 2);
		ben_put_str(out, t[i].url);
	}
	buf_put(out, "ee", 2);
}

static void
encode_info(struct buf *out, const struct recipe *r)
{
	int64_t size = 0;
	uint32_t i;
	size_t n;

	buf_put(out, "d", 1);
	if (r->is_dir) {
		ben_put_str(out, "files");
		buf_put(out, "l", 1);
	}
	for (i = 0; i < r->nfiles; i++) {
		size += r->files[i].len;
		if (r->is_dir)
			buf_put(out, "d", 1);
		ben_put_str(out, "length");
		ben_put_int(out, r->files[i].len);
		if (r->is_dir)
			encode_path(out, r->files[i].path);
	}
	if (r->is_dir)
		buf_put(out, "e", 1);
	ben_put_str(out, "name");
	ben_put_str(out, r->name);
	ben_put_str(out, "piece length");
	ben_put_int(out, r->piece_len);
	ben_put_str(out, "pieces");
	n = (size_t)((size + r->piece_len - 1) / r->piece_len) * SHA1_LEN;
	buf_printf(out, "%zu:", n);
	if (r->pieces)
		buf_put(out, r->pieces, n);
	else
		memset(buf_room(out, n), 0, n);
	out->len += r->pieces ? 0 : n;
	if (r->private) {
		ben_put_str(out, "private");
		ben_put_int(out, 1);
	}
	if (r->source) {
		ben_put_str(out, "source");
		ben_put_str(out, r->source);
	}
	buf_put(out, "e", 1);
}

static void
encode_path(struct buf *out, const char *path)
{
	size_t n;

	ben_put_str(out, "path");
	buf_put(out, "l", 1);
	for (; *path; path += n + (path[n] == '/')) {
		n = strcspn(path, "/");
		ben_put_bytes(out, path, n);
	}
	buf_put(out, "ee", 2);
}

uint32_t
meta_piece_len(int64_t size)
{
	uint32_t len = 1 << 15;

	while (len < 1 << 24 && size / len > 2000)
		len *= 2;
	return len;
}

void
meta_magnet(struct buf *out, const struct meta *m, const struct addr *peer)
{
	char digits[2 * ID_LEN + 1], text[ADDR_TEXT];
	int i;

	hex(digits, m->hash, ID_LEN);
	buf_printf(out, "magnet:?xt=urn:btih:%s&dn=", digits);
	pct_encode(out, m->name.p, m->name.n);
	for (i = 0; i < m->ntrackers; i++) {
		buf_put(out, "&tr=", 4);
		pct_encode(out, m->trackers[i].url,
		    strlen(m->trackers[i].url));
	}
	for (i = 0; i < m->npeers; i++) {
		buf_put(out, "&x.pe=", 6);
		pct_encode(out, m->peers[i].p, m->peers[i].n);
	}
	if (peer)
		buf_printf(out, "&x.pe=%s", addr_format(text, peer));
}
