/* A torrent, parsed and made.  The bytes of a torrent are a stranger's: sizes
 * are checked against each other before anything is allocated by them, and
 * every path is one that stays below its root.  A made torrent goes through
 * the same parser, so there is one kind of struct meta. */
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util.h"
#include "sha1.h"
#include "bencode.h"
#include "http.h"
#include "wire.h"
#include "paths.h"
#include "meta.h"

#define SIZE_END ((int64_t)1 << 62)

static int wrong(char why[META_WHY], const char *fmt, ...) PRINTF(2, 3);
static int parse(struct meta *m, char why[META_WHY]);
static int parse_magnet(struct meta *m, struct span query,
    char why[META_WHY]);
static void magnet_value(struct meta *m, struct span key, struct span v,
    char why[META_WHY]);
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
static int parse_info(struct meta *m, char why[META_WHY]);
static void parse_name(struct meta *m, struct span name, struct span utf8);
static void set_name(struct meta *m, struct span said);
static int parse_files(struct meta *m, struct span list, struct span length,
    char why[META_WHY]);
static int parse_file(struct meta *m, const struct span *v,
    char why[META_WHY]);
static int parse_path(struct meta *m, struct file *f, const struct span *v);
static int has(struct span attr, int letter);
static void add_target(struct meta *m, struct span path);
static void part_paths(struct meta *m);
static void parse_trackers(struct meta *m, struct span list,
    struct span announce);
static void add_tracker(struct meta *m, struct span url, int tier);
static void encode_info(struct buf *out, const struct recipe *r);
static void encode_path(struct buf *out, const char *path);
static void encode_trackers(struct buf *out, const struct tracker *t, int n);

struct meta *
meta_parse(struct buf *raw, char why[META_WHY])
{
	struct meta *m = xcalloc(1, sizeof *m);

	m->raw = *raw;
	memset(raw, 0, sizeof *raw);
	if (parse(m, why) == 0)
		return m;
	meta_free(m);
	return NULL;
}

/* Notes a reason; always -1. */
static int
wrong(char why[META_WHY], const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, META_WHY, fmt, ap);
	va_end(ap);
	return -1;
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
	free(m->select);
	free(m->peers);
	texts_free(m->texts);
	buf_free(&m->raw);
	free(m);
}

static int
parse(struct meta *m, char why[META_WHY])
{
	enum { ANNOUNCE, LIST, COMMENT, INFO, KEYS };
	static const char *const keys[] = { "announce", "announce-list",
	    "comment", "info" };
	struct span top, v[KEYS];
	long whole;

	if (m->raw.len == 0)
		return wrong(why, "it is empty");
	whole = ben_parse(m->raw.p, m->raw.len);
	if (m->raw.p[0] != 'd' || (whole < 0 && (m->raw.len < 2 ||
	    m->raw.p[1] < '0' || m->raw.p[1] > '9')))
		return wrong(why, "not a torrent");
	if (whole < 0)
		return wrong(why, "a damaged torrent, or one nested over %d "
		    "deep", BEN_DEPTH);
	if (whole == 0)
		return wrong(why, "cut short after %zu bytes", m->raw.len);
	top.p = m->raw.p;
	top.n = (size_t)whole; /* what follows the dictionary is ignored */
	ben_get_all(top, keys, v, KEYS);
	m->info = v[INFO];
	if (ben_kind(m->info) != 'd')
		return wrong(why, "not a torrent: it has no info dictionary");
	meta_rehash(m);
	if (parse_info(m, why) < 0)
		return -1;
	ben_str(v[COMMENT], &m->comment);
	parse_trackers(m, v[LIST], v[ANNOUNCE]);
	return 0;
}

static int
parse_info(struct meta *m, char why[META_WHY])
{
	enum { FILES, LENGTH, VERSION_2, NAME, NAME_UTF8, PIECE_LEN, PIECES,
	    PRIVATE, SOURCE, KEYS };
	static const char *const keys[] = { "files", "length", "meta version",
	    "name", "name.utf-8", "piece length", "pieces", "private",
	    "source" };
	struct span v[KEYS], pieces;
	int64_t len, private = 0, version = 1;
	uint64_t n;

	ben_get_all(m->info, keys, v, KEYS);
	ben_int(v[VERSION_2], &version);
	if (ben_str(v[PIECES], &pieces) < 0)
		return wrong(why, version > 1 ?
		    "a version 2 torrent, which btsh cannot read" :
		    "not a torrent: it has no pieces");
	if (ben_int(v[PIECE_LEN], &len) < 0)
		return wrong(why, "it has no piece length");
	if (len < PIECE_LEN_MIN || len > PIECE_LEN_MAX)
		return wrong(why, "its piece length is %" PRId64 ", not "
		    "between %d KiB and %d MiB", len, PIECE_LEN_MIN >> 10,
		    PIECE_LEN_MAX >> 20);
	m->sh.piece_len = (uint32_t)len;
	parse_name(m, v[NAME], v[NAME_UTF8]);
	if (parse_files(m, v[FILES], v[LENGTH], why) < 0)
		return -1;
	n = ((uint64_t)m->sh.size + m->sh.piece_len - 1) / m->sh.piece_len;
	if (pieces.n % SHA1_LEN || pieces.n / SHA1_LEN != n || n > INT32_MAX)
		return wrong(why, "%" PRId64 " bytes in pieces of %u need %"
		    PRIu64 " bytes of digests; it has %zu", m->sh.size,
		    (unsigned)m->sh.piece_len, n * SHA1_LEN, pieces.n);
	m->sh.npieces = (uint32_t)n;
	m->pieces = m->raw.p + (pieces.p - m->raw.p);
	ben_int(v[PRIVATE], &private);
	m->private = private == 1;
	ben_str(v[SOURCE], &m->source);
	return 0;
}

/* A name in UTF-8 is better than one in nobody knows what.  Two torrents
 * without a name must not meet. */
static void
parse_name(struct meta *m, struct span name, struct span utf8)
{
	char text[2 * ID_LEN + 1];

	if (ben_str(utf8, &m->said) < 0 || !name_is_utf8(m->said)) {
		m->said.n = 0;
		ben_str(name, &m->said);
	}
	set_name(m, m->said);
	if (m->name.n == 0) {
		hex(text, m->hash, ID_LEN);
		m->name = text_keep(&m->texts, text, 2 * ID_LEN);
	}
}

static void
set_name(struct meta *m, struct span said)
{
	char text[ELEMENT_MAX];

	m->said = said;
	m->name = name_safe(said, &m->texts);
	if (name_kept(m->name)) {
		memcpy(text, m->name.p, m->name.n);
		text[0] = '_';
		m->name = text_keep(&m->texts, text, m->name.n);
	}
}

int
meta_is_magnet(const char *text)
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
meta_parse_magnet(const char *text, char why[META_WHY])
{
	struct meta *m = xcalloc(1, sizeof *m);
	struct span s = trimmed(text);
	int r;

	if (begins(s, "magnet:?")) {
		s.p += sizeof "magnet:?" - 1;
		s.n -= sizeof "magnet:?" - 1;
		r = parse_magnet(m, s, why);
	} else {
		r = parse_topic(m, s, why);
	}
	if (r == 0)
		return m;
	meta_free(m);
	return NULL;
}

struct meta *
meta_complete(const struct meta *magnet, struct span info, char why[META_WHY])
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
		wrong(why, "its metadata is not one dictionary, and no more");
		return NULL;
	}
	buf_put(&raw, "d", 1);
	encode_trackers(&raw, magnet->trackers, magnet->ntrackers);
	ben_put_str(&raw, "info");
	buf_put(&raw, info.p, info.n);
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
parse_magnet(struct meta *m, struct span query, char why[META_WHY])
{
	struct span key, v;
	uint8_t *p = buf_room(&m->raw, query.n + 1);

	m->trackers = xcalloc(TRACKERS_MAX, sizeof *m->trackers);
	m->peers = xcalloc(TRACKERS_MAX, sizeof *m->peers);
	wrong(why, "it names no info hash (urn:btih:)");
	while (query_next(&query, &key, &v)) {
		v.n = (size_t)pct_decode(p + m->raw.len, v.n, v);
		v.p = p + m->raw.len;
		m->raw.len += v.n;
		magnet_value(m, plain_key(key), v, why);
	}
	sort_select(m);
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
		wrong(why, "a link to a version 2 torrent, which btsh cannot "
		    "read");
	} else if (is_word(key, "dn")) {
		set_name(m, v);
	} else if (is_word(key, "tr")) {
		add_tracker(m, v, m->ntrackers);
	} else if (is_word(key, "so")) {
		parse_select(m, v);
	} else if (is_word(key, "x.pe") && m->npeers < TRACKERS_MAX) {
		m->peers[m->npeers++] = v;
	}
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
		return wrong(why, "its info hash has %zu characters, not 40 "
		    "of hexadecimal or 32 of base 32", topic.n);
	for (i = 0; i < topic.n; i++) {
		at = strchr(set, topic.p[i] | 0x20);
		if (topic.p[i] < '0' || !at)
			return wrong(why, "character %zu of its info hash is "
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
meta_selects(const struct meta *m, uint32_t file)
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
meta_put_select(struct buf *out, const struct meta *m)
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

enum { ATTR, LENGTH, PATH, PATH_UTF8, TARGET, FILE_KEYS };

static int
parse_files(struct meta *m, struct span list, struct span length,
    char why[META_WHY])
{
	static const char *const keys[] = { "attr", "length", "path",
	    "path.utf-8", "symlink path" };
	struct span it, dict, v[FILE_KEYS];
	uint32_t cap = 1;

	m->is_dir = list.n > 0;
	m->files = xcalloc(cap, sizeof *m->files);
	if (!m->is_dir) {
		memset(v, 0, sizeof v);
		v[LENGTH] = length;
		return parse_file(m, v, why);
	}
	if (ben_kind(list) != 'l')
		return wrong(why, "its files are no list");
	for (it = ben_items(list); ben_next(&it, &dict); ) {
		if (m->nfiles == cap) {
			if (cap > INT32_MAX / 2)
				return wrong(why, "it has more than %lu files",
				    (unsigned long)cap);
			cap *= 2;
			m->files = xrealloc(m->files, cap, sizeof *m->files);
		}
		ben_get_all(dict, keys, v, FILE_KEYS);
		if (parse_file(m, v, why) < 0)
			return -1;
	}
	if (m->nfiles == 0)
		return wrong(why, "it has no files");
	m->files = xrealloc(m->files, m->nfiles, sizeof *m->files);
	part_paths(m);
	return 0;
}

/* The file that has these values. */
static int
parse_file(struct meta *m, const struct span *v, char why[META_WHY])
{
	struct file *f = &m->files[m->nfiles];
	unsigned long n = m->nfiles + 1ul;

	memset(f, 0, sizeof *f);
	f->off = m->sh.size;
	if (m->is_dir && parse_path(m, f, v) < 0)
		return wrong(why, "its file %lu has no path", n);
	if (!f->link && ben_int(v[LENGTH], &f->len) < 0 &&
	    !has(v[ATTR], 'l'))
		return wrong(why, "its file %lu has no length", n);
	if (f->len < 0)
		return wrong(why, "its file %lu has a length of %" PRId64, n,
		    f->len);
	if (f->len > SIZE_END - m->sh.size)
		return wrong(why, "up to its file %lu it has more than 2^62 "
		    "bytes", n);
	m->sh.size += f->len;
	m->nfiles++;
	return 0;
}

/* What BEP 47 calls attributes, and the path, which padding does not need.  A
 * link has no bytes, whatever it says; one whose target is none is a file. */
static int
parse_path(struct meta *m, struct file *f, const struct span *v)
{
	f->pad = has(v[ATTR], 'p');
	f->link = !f->pad && has(v[ATTR], 'l') && path_ok(v[TARGET]);
	if (f->link)
		add_target(m, v[TARGET]);
	f->path = path_safe(path_is_utf8(v[PATH_UTF8]) ? v[PATH_UTF8] :
	    v[PATH], &m->texts);
	return f->path.n > 0 || f->pad ? 0 : -1;
}

static int
has(struct span attr, int letter)
{
	return ben_str(attr, &attr) == 0 && attr.n > 0 &&
	    memchr(attr.p, letter, attr.n) != NULL;
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

/* No path twice, and no file where a directory must be. */
static void
part_paths(struct meta *m)
{
	struct span **at = xcalloc(m->nfiles, sizeof *at);
	uint32_t i, n = 0;

	for (i = 0; i < m->nfiles; i++)
		if (!m->files[i].pad)
			at[n++] = &m->files[i].path;
	paths_part(at, n, &m->texts);
	free(at);
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
	pct_encode(out, m->said.p, m->said.n);
	if (m->nselect > 0) {
		buf_put(out, "&so=", 4);
		meta_put_select(out, m);
	}
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
