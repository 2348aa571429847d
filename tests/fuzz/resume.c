/* resume: a resume file whose key "torrent" is the torrent that it is read
 * with.  What is read lies in the text and fits the torrent, is the same once
 * it was written and read again, and spares those pieces from being hashed
 * whose files all are as it says. */
#include "fuzz.h"
#include "rand.h"
#include "sha1.h"
#include "bencode.h"
#include "torrent/meta.h"
#include "torrent/resume.h"

/* The first byte. */
enum { RIGHT = 1, OURS = 2, FLIPPED = 4 };

static struct meta *
torrent_of(struct span top)
{
	struct span v = ben_get(top, "torrent");
	char why[META_WHY];
	struct buf raw = { 0 };

	buf_put(&raw, v.p, v.n);
	return v.n > 0 ? meta_parse(&raw, why) : NULL;
}

/* The text with a digest that is right. */
static void
put_right(struct buf *b, struct span said)
{
	uint8_t digest[SHA1_LEN];

	sha1(said.p, said.n, digest);
	buf_printf(b, "d6:resume");
	buf_put(b, said.p, said.n);
	ben_put_str(b, "sha1");
	ben_put_bytes(b, digest, sizeof digest);
	buf_put(b, "e", 1);
}

/* Whether what it says of pieces is about the torrent. */
static int
fits(struct span said, const struct meta *m)
{
	size_t want = bit_bytes(m->sh.npieces);
	size_t wanted = ben_get_str(said, "wanted").n;
	struct span it = ben_items(ben_get(said, "files")), v;
	uint32_t n = 0;
	int64_t i;

	while (ben_next(&it, &v))
		n += ben_int(v, &i) == 0 ? 1 : 3 * m->nfiles;
	return n == 2 * m->nfiles && ben_get_str(said, "pieces").n == want &&
	    (wanted == 0 || wanted == want);
}

static void
holds(const struct resume *r, struct span text, const struct meta *m)
{
	const struct span all[] = { r->name, r->have, r->wanted, r->peers,
	    r->peers6, r->nodes, r->nodes6, r->torrent };
	size_t i;

	for (i = 0; i < LEN(all); i++)
		CHECK(all[i].n == 0 || (all[i].p > text.p &&
		    all[i].p + all[i].n < text.p + text.n));
	CHECK(r->up >= 0 && r->down >= 0 && r->inode >= 0);
	CHECK(r->begun == 0 || r->begun == 1);
	CHECK((r->nstamps > 0) == !!r->stamps);
	CHECK(!r->stamps == !(m && fits(ben_get(text, "resume"), m)));
	CHECK(r->stamps || (r->have.n == 0 && r->wanted.n == 0));
	CHECK(!r->stamps || (r->nstamps == m->nfiles &&
	    r->have.n == bit_bytes(m->sh.npieces) &&
	    (r->wanted.n == 0 || r->wanted.n == r->have.n)));
}

static void
again(const struct resume *r, const uint8_t *hash, const struct meta *m)
{
	struct buf a = { 0 }, b = { 0 };
	struct resume q;
	uint32_t i;

	resume_put(&a, r, hash);
	CHECK(resume_parse(&q, span_at(a.p, a.len), m) == 0);
	CHECK(q.begun == r->begun && q.inode == r->inode &&
	    q.born == r->born && q.up == r->up && q.down == r->down);
	CHECK(same_bytes(q.name, r->name) && same_bytes(q.have, r->have) &&
	    same_bytes(q.wanted, r->wanted));
	CHECK(same_bytes(q.peers, r->peers) &&
	    same_bytes(q.peers6, r->peers6) &&
	    same_bytes(q.nodes, r->nodes) && same_bytes(q.nodes6, r->nodes6));
	CHECK(same_bytes(q.torrent, r->torrent) && q.nstamps == r->nstamps);
	for (i = 0; i < r->nstamps; i++)
		CHECK(q.stamps[i].size == r->stamps[i].size &&
		    q.stamps[i].time == r->stamps[i].time);
	resume_put(&b, &q, hash);
	CHECK(same_bytes(span_at(a.p, a.len), span_at(b.p, b.len)));
	resume_free(&q);
	buf_free(&a);
	buf_free(&b);
}

/* Whether a file with bytes of the piece is not as it was. */
static int
is_touched(const struct resume *r, const struct meta *m,
    const struct stamp *now, uint32_t piece)
{
	int64_t from = (int64_t)piece * m->sh.piece_len;
	int64_t to = from + shape_len(&m->sh, piece);
	uint32_t i;

	for (i = 0; i < m->nfiles; i++)
		if (!m->files[i].pad && m->files[i].off < to &&
		    m->files[i].off + m->files[i].len > from &&
		    memcmp(&r->stamps[i], &now[i], sizeof *now) != 0 &&
		    m->files[i].len > 0)
			return 1;
	return 0;
}

static void
trust(const struct resume *r, const struct meta *m, uint64_t rnd)
{
	struct stamp *now = xcalloc(m->nfiles, sizeof *now);
	uint32_t n = (uint32_t)bit_bytes(m->sh.npieces), i;
	uint8_t *maybe = xcalloc(n, 1), *here = xcalloc(n, 1);
	uint8_t *was = xcalloc(n, 1);
	int mine, known;

	for (i = 0; i < m->nfiles; i++) {
		now[i] = r->stamps ? r->stamps[i] : now[i];
		now[i].size ^= rnd_below(&rnd, 8) == 0;
		now[i].time ^= rnd_below(&rnd, 8) == 0;
	}
	for (i = 0; i < n; i++)
		was[i] = maybe[i] = (uint8_t)(rnd_next(&rnd) |
		    rnd_next(&rnd));
	resume_trust(r, m, now, maybe, here);
	for (i = 0; i < 8 * n; i++) {
		known = i < m->sh.npieces && bit_get(was, i) && r->have.n &&
		    !is_touched(r, m, now, i);
		mine = known && bit_get(r->have.p, i);
		known = mine || (known && (r->wanted.n == 0 ||
		    bit_get(r->wanted.p, i)));
		CHECK(!bit_get(here, i) == !mine);
		CHECK(!bit_get(maybe, i) == !(bit_get(was, i) && !known));
	}
	free(now);
	free(maybe);
	free(here);
	free(was);
}

static int
reads(struct span text, const struct meta *m, uint64_t rnd)
{
	uint8_t *p = copy_of(text);
	struct resume r;
	int is;

	text.p = p;
	is = resume_parse(&r, text, m);
	CHECK(is == 0 || (!r.stamps && r.have.n == 0 && r.torrent.n == 0));
	CHECK(is == 0 || is == -1 || (is == 1 && m));
	if (is == 0) {
		holds(&r, text, m);
		again(&r, ben_get_str(ben_get(text, "resume"),
		    "info hash").p, m);
		if (m)
			trust(&r, m, rnd);
		resume_free(&r);
	}
	free(p);
	return is;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span s = span_at(data, n), said, hash;
	unsigned how = take8(&s);
	uint64_t rnd = (uint64_t)take32(&s) << 1 | 1;
	struct meta *m = NULL;
	struct buf b = { 0 };
	int is;

	if (s.n == 0 || ben_parse(s.p, s.n) != (long)s.n) {
		CHECK(reads(s, NULL, rnd) == -1);
		return 0;
	}
	said = ben_get(s, "resume");
	hash = ben_get_str(said, "info hash");
	m = torrent_of(s);
	if (m && how & OURS && hash.n == ID_LEN)
		memcpy(m->hash, hash.p, ID_LEN);
	if (how & RIGHT && ben_kind(said) == 'd') {
		put_right(&b, said);
		is = how & FLIPPED ? -1 : hash.n != ID_LEN ? -1 :
		    m && memcmp(m->hash, hash.p, ID_LEN) != 0;
		b.p[b.len - 2] ^= (uint8_t)(how & FLIPPED);
		CHECK(reads(span_at(b.p, b.len), m, rnd) == is);
		CHECK(reads(span_at(b.p, b.len), NULL, rnd) == MIN(is, 0));
	} else {
		reads(s, m, rnd);
	}
	meta_free(m);
	buf_free(&b);
	return 0;
}
