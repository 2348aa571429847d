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
#include "url.h"
#include "torrent/paths.h"
#include "torrent/meta.h"

#define SIZE_END ((int64_t)1 << 62)

static int parse(struct meta *m, char why[META_WHY]);
static int parse_info(struct meta *m, char why[META_WHY]);
static void parse_name(struct meta *m, struct span name, struct span utf8);
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
int
meta_wrong(char why[META_WHY], const char *fmt, ...)
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
	buf_free(&m->seeds);
	free(m->origin);
	free(m->peers);
	texts_free(m->texts);
	buf_free(&m->raw);
	free(m);
}

static int
parse(struct meta *m, char why[META_WHY])
{
	enum { ANNOUNCE, LIST, COMMENT, CREATOR, CREATED, INFO, NODES, SEEDS,
	    KEYS };
	static const char *const keys[] = { "announce", "announce-list",
	    "comment", "created by", "creation date", "info", "nodes",
	    "url-list" };
	struct span top, v[KEYS];
	long whole;

	if (m->raw.len == 0)
		return meta_wrong(why, "it is empty");
	whole = ben_parse(m->raw.p, m->raw.len);
	if (m->raw.p[0] != 'd' || (whole < 0 && (m->raw.len < 2 ||
	    m->raw.p[1] < '0' || m->raw.p[1] > '9')))
		return meta_wrong(why, "not a torrent");
	if (whole < 0)
		return meta_wrong(why, "a damaged torrent, or one nested over %d "
		    "deep", BEN_DEPTH);
	if (whole == 0)
		return meta_wrong(why, "cut short after %zu bytes", m->raw.len);
	top.p = m->raw.p;
	top.n = (size_t)whole; /* what follows the dictionary is ignored */
	ben_get_all(top, keys, v, KEYS);
	m->info = v[INFO];
	if (ben_kind(m->info) != 'd')
		return meta_wrong(why, "not a torrent: it has no info dictionary");
	meta_rehash(m);
	if (parse_info(m, why) < 0)
		return -1;
	ben_str(v[COMMENT], &m->comment);
	ben_str(v[CREATOR], &m->creator);
	ben_int(v[CREATED], &m->created);
	m->nodes = ben_items(v[NODES]);
	m->webseeds = ben_kind(v[SEEDS]) == 's' ? v[SEEDS] :
	    ben_items(v[SEEDS]);
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
		return meta_wrong(why, version > 1 ?
		    "a version 2 torrent, which btsh cannot read" :
		    "not a torrent: it has no pieces");
	if (ben_int(v[PIECE_LEN], &len) < 0)
		return meta_wrong(why, "it has no piece length");
	if (len < PIECE_LEN_MIN || len > PIECE_LEN_MAX)
		return meta_wrong(why, "its piece length is %" PRId64 ", not "
		    "between %d KiB and %d MiB", len, PIECE_LEN_MIN >> 10,
		    PIECE_LEN_MAX >> 20);
	m->sh.piece_len = (uint32_t)len;
	parse_name(m, v[NAME], v[NAME_UTF8]);
	if (parse_files(m, v[FILES], v[LENGTH], why) < 0)
		return -1;
	n = ((uint64_t)m->sh.size + m->sh.piece_len - 1) / m->sh.piece_len;
	if (pieces.n % SHA1_LEN || pieces.n / SHA1_LEN != n || n > INT32_MAX)
		return meta_wrong(why, "%" PRId64 " bytes in pieces of %u need %"
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
	meta_set_name(m, m->said);
	if (m->name.n == 0) {
		hex(text, m->hash, ID_LEN);
		m->name = text_keep(&m->texts, text, 2 * ID_LEN);
	}
}

void
meta_set_name(struct meta *m, struct span said)
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
		return meta_wrong(why, "its files are no list");
	for (it = ben_items(list); ben_next(&it, &dict); ) {
		if (m->nfiles == cap) {
			if (cap > INT32_MAX / 2)
				return meta_wrong(why, "it has more than %lu files",
				    (unsigned long)cap);
			cap *= 2;
			m->files = xrealloc(m->files, cap, sizeof *m->files);
		}
		ben_get_all(dict, keys, v, FILE_KEYS);
		if (parse_file(m, v, why) < 0)
			return -1;
	}
	if (m->nfiles == 0)
		return meta_wrong(why, "it has no files");
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
		return meta_wrong(why, "its file %lu has no path", n);
	if (!f->link && ben_int(v[LENGTH], &f->len) < 0 &&
	    !has(v[ATTR], 'l'))
		return meta_wrong(why, "its file %lu has no length", n);
	if (f->len < 0)
		return meta_wrong(why, "its file %lu has a length of %" PRId64, n,
		    f->len);
	if (f->len > SIZE_END - m->sh.size)
		return meta_wrong(why, "up to its file %lu it has more than 2^62 "
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
				meta_add_tracker(m, s, n);
	if (m->ntrackers == 0 && ben_str(announce, &s) == 0)
		meta_add_tracker(m, s, 0);
}

void
meta_add_tracker(struct meta *m, struct span url, int tier)
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

int
meta_webseed(struct span *items, struct span *url)
{
	struct span v;

	while (ben_next(items, &v))
		if (ben_str(v, url) == 0 && url->n > 0)
			return 1;
	return 0;
}

int
meta_node(struct span *items, char text[META_NODE])
{
	struct span node, it, host, v;
	int64_t port;
	int six;

	while (ben_next(items, &node)) {
		it = ben_items(node);
		if (ben_kind(node) != 'l' || !ben_next_str(&it, &host) ||
		    !ben_next(&it, &v) || ben_int(v, &port) < 0 || port < 1 ||
		    port > 65535 || host.n == 0 || host.n > META_NODE - 9 ||
		    memchr(host.p, 0, host.n))
			continue;
		six = memchr(host.p, ':', host.n) && host.p[0] != '[';
		snprintf(text, META_NODE, six ? "[%.*s]:%d" : "%.*s:%d",
		    (int)host.n, (const char *)host.p, (int)port);
		return 1;
	}
	return 0;
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
