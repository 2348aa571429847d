/* meta: what a torrent that is taken promises (meta.h); its magnet link names
 * the same, and completed by the info dictionary is the same. */
#include "fuzz.h"
#include "sha1.h"
#include "bencode.h"
#include "torrent/meta.h"
#include "torrent/magnet.h"

static int
cmp_paths(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* No path is another, or a directory of one. */
static void
apart(char **paths, uint32_t n)
{
	uint32_t i;
	size_t len;

	qsort(paths, n, sizeof *paths, cmp_paths);
	for (i = 1; i < n; i++) {
		len = strlen(paths[i - 1]);
		CHECK(strncmp(paths[i - 1], paths[i], len) != 0 ||
		    (paths[i][len] != '\0' && paths[i][len] != '/'));
	}
}

static void
files(const struct meta *m)
{
	char **paths = xcalloc((size_t)m->nfiles + 1, sizeof *paths);
	struct span it, e, target;
	struct buf b = { 0 };
	uint32_t i, n = 0, deep;
	int64_t off = 0;

	for (i = 0; i < m->nfiles; i++) {
		const struct file *f = &m->files[i];

		CHECK(f->off == off && f->len >= 0 && !(f->link && f->len));
		off += f->len;
		CHECK((f->path.n > 0) == (m->is_dir && !f->pad) || f->pad);
		if (f->link && meta_target(m, i, &target))
			for (it = target; meta_element(&it, &e); )
				CHECK(it.n < target.n);
		if (f->pad)
			continue;
		it = ben_items(f->path);
		for (deep = 0; meta_element(&it, &e); deep++)
			CHECK(name_ok(e) && e.n <= ELEMENT_MAX);
		CHECK(deep <= PATH_ELEMENTS && (deep > 0) == m->is_dir);
		b.len = 0;
		meta_path(&b, m, f);
		paths[n++] = text_of(span_at(b.p, b.len));
		if (f->len > 0)
			CHECK(meta_file_at(m, f->off) == i);
	}
	CHECK(off == m->sh.size);
	apart(paths, n);
	while (n > 0)
		free(paths[--n]);
	free(paths);
	buf_free(&b);
}

static void
holds(const struct meta *m)
{
	uint8_t hash[ID_LEN];
	int i;

	CHECK(m->nfiles > 0 && name_ok(m->name));
	CHECK(m->sh.piece_len >= PIECE_LEN_MIN &&
	    m->sh.piece_len <= PIECE_LEN_MAX);
	CHECK((m->sh.size + m->sh.piece_len - 1) / m->sh.piece_len ==
	    m->sh.npieces);
	sha1(m->info.p, m->info.n, hash);
	CHECK(memcmp(hash, m->hash, ID_LEN) == 0);
	CHECK(m->info.p >= m->raw.p &&
	    m->info.p + m->info.n <= m->raw.p + m->raw.len);
	CHECK(m->sh.npieces == 0 || (m->pieces >= m->raw.p && m->pieces +
	    (size_t)m->sh.npieces * SHA1_LEN <= m->raw.p + m->raw.len));
	CHECK(m->ntrackers <= TRACKERS_MAX);
	for (i = 1; i < m->ntrackers; i++)
		CHECK(m->trackers[i - 1].tier <= m->trackers[i].tier);
	files(m);
}

static void
linked(const struct meta *m)
{
	struct buf b = { 0 };
	char why[META_WHY];
	struct meta *link, *back;

	magnet_put(&b, m);
	buf_put(&b, "", 1);
	link = magnet_parse((char *)b.p, why);
	CHECK(link && memcmp(link->hash, m->hash, ID_LEN) == 0);
	back = magnet_complete(link, m->info, why);
	CHECK(back && back->nfiles == m->nfiles);
	CHECK(same_bytes(back->name, m->name));
	holds(back);
	meta_free(back);
	meta_free(link);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct buf raw = { 0 };
	char why[META_WHY] = "";
	struct meta *m;

	raw.p = copy_of(span_at(data, n));
	raw.len = n;
	raw.cap = MAX(n, 1);
	m = meta_parse(&raw, why);
	CHECK(!raw.p && (m || (*why && is_printable(why))));
	if (m) {
		holds(m);
		linked(m);
	}
	meta_free(m);
	return 0;
}
