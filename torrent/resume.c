/* A resume file is a bencoded dictionary of two keys: "resume", the dictionary
 * of what is told, and "sha1", the digest of its bytes.  It was written after
 * the data that it speaks of had been synced; but anybody may have changed that
 * since, so what it says of a piece holds only as long as all files that have
 * bytes of the piece still have the size and the time that it says, too.  What
 * it does not say, or says in an odd way, is not known, and is hashed. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "bencode.h"
#include "torrent/meta.h"
#include "torrent/resume.h"

enum { BEGUN, BORN, DOWN, FILES, HASH, INODE, NAME, NODES, NODES6, PEERS,
	PEERS6, PIECES, TORRENT, UP, WANTED, KEYS };

static const char *const keys[KEYS] = { "begun", "born", "downloaded",
	"files", "info hash", "inode", "name", "nodes", "nodes6", "peers",
	"peers6", "pieces", "torrent", "uploaded", "wanted" };

static void put_number(struct buf *out, int key, int64_t v);
static void put_bytes(struct buf *out, int key, struct span s);
static int64_t number(struct span v, int64_t least, int64_t otherwise);
static struct span bytes(struct span v);
static void read_pieces(struct resume *r, const struct span *v,
    const struct meta *m);
static struct stamp *read_stamps(struct span list, uint32_t n);

void
resume_put(struct buf *out, const struct resume *r, const uint8_t hash[20])
{
	struct span id = { hash, ID_LEN };
	uint8_t digest[SHA1_LEN];
	size_t from;
	uint32_t i;

	buf_put(out, "d", 1);
	ben_put_str(out, "resume");
	from = out->len;
	buf_put(out, "d", 1);
	put_number(out, BEGUN, r->begun);
	put_number(out, BORN, r->born);
	put_number(out, DOWN, r->down);
	if (r->nstamps > 0) {
		ben_put_str(out, keys[FILES]);
		buf_put(out, "l", 1);
		for (i = 0; i < r->nstamps; i++) {
			ben_put_int(out, r->stamps[i].size);
			ben_put_int(out, r->stamps[i].time);
		}
		buf_put(out, "e", 1);
	}
	put_bytes(out, HASH, id);
	put_number(out, INODE, r->inode);
	put_bytes(out, NAME, r->name);
	put_bytes(out, NODES, r->nodes);
	put_bytes(out, NODES6, r->nodes6);
	put_bytes(out, PEERS, r->peers);
	put_bytes(out, PEERS6, r->peers6);
	put_bytes(out, PIECES, r->have);
	put_bytes(out, TORRENT, r->torrent);
	put_number(out, UP, r->up);
	put_bytes(out, WANTED, r->wanted);
	buf_put(out, "e", 1);
	sha1(out->p + from, out->len - from, digest);
	ben_put_str(out, "sha1");
	ben_put_bytes(out, digest, sizeof digest);
	buf_put(out, "e", 1);
}

static void
put_number(struct buf *out, int key, int64_t v)
{
	if (v == 0)
		return;
	ben_put_str(out, keys[key]);
	ben_put_int(out, v);
}

static void
put_bytes(struct buf *out, int key, struct span s)
{
	if (s.n == 0)
		return;
	ben_put_str(out, keys[key]);
	ben_put_bytes(out, s.p, s.n);
}

int
resume_parse(struct resume *r, struct span text, const struct meta *m)
{
	struct span said, sum, v[KEYS], hash;
	uint8_t digest[SHA1_LEN];

	memset(r, 0, sizeof *r);
	if (text.n == 0 || ben_parse(text.p, text.n) != (long)text.n)
		return -1;
	said = ben_get(text, "resume");
	sum = ben_get_str(text, "sha1");
	if (ben_kind(said) != 'd' || sum.n != SHA1_LEN)
		return -1;
	sha1(said.p, said.n, digest);
	ben_get_all(said, keys, v, KEYS);
	hash = bytes(v[HASH]);
	if (memcmp(sum.p, digest, SHA1_LEN) != 0 || hash.n != ID_LEN)
		return -1;
	if (m && memcmp(hash.p, m->hash, ID_LEN) != 0)
		return 1;
	r->begun = number(v[BEGUN], 0, 0) > 0;
	r->born = number(v[BORN], INT64_MIN, 0);
	r->inode = number(v[INODE], 0, 0);
	r->up = number(v[UP], 0, 0);
	r->down = number(v[DOWN], 0, 0);
	r->name = bytes(v[NAME]);
	r->nodes = bytes(v[NODES]);
	r->nodes6 = bytes(v[NODES6]);
	r->peers = bytes(v[PEERS]);
	r->peers6 = bytes(v[PEERS6]);
	r->torrent = bytes(v[TORRENT]);
	if (m)
		read_pieces(r, v, m);
	return 0;
}

static int64_t
number(struct span v, int64_t least, int64_t otherwise)
{
	int64_t n;

	return ben_int(v, &n) == 0 && n >= least ? n : otherwise;
}

static struct span
bytes(struct span v)
{
	struct span s = { NULL, 0 };

	return ben_str(v, &s) == 0 ? s : (struct span){ NULL, 0 };
}

/* All of it, or nothing. */
static void
read_pieces(struct resume *r, const struct span *v, const struct meta *m)
{
	size_t n = bit_bytes(m->sh.npieces);
	struct span have = bytes(v[PIECES]), wanted = bytes(v[WANTED]);

	if (have.n != n || (wanted.n != 0 && wanted.n != n))
		return;
	r->stamps = read_stamps(v[FILES], m->nfiles);
	if (!r->stamps)
		return;
	r->nstamps = m->nfiles;
	r->have = have;
	r->wanted = wanted;
}

/* Exactly n of them, owned by the caller, or NULL. */
static struct stamp *
read_stamps(struct span list, uint32_t n)
{
	struct span it = ben_items(list), size, time;
	struct stamp *stamps;
	uint32_t i = 0;

	if (list.n / 6 < n) /* so much they take */
		return NULL;
	stamps = xcalloc(n, sizeof *stamps);
	while (ben_next(&it, &size)) {
		if (i == n || ben_int(size, &stamps[i].size) < 0 ||
		    !ben_next(&it, &time) ||
		    ben_int(time, &stamps[i++].time) < 0) {
			i = 0;
			break;
		}
	}
	if (i == n)
		return stamps;
	free(stamps);
	return NULL;
}

void
resume_free(struct resume *r)
{
	free(r->stamps);
	memset(r, 0, sizeof *r);
}

void
resume_trust(const struct resume *r, const struct meta *m,
    const struct stamp *now, uint8_t *maybe, uint8_t *here)
{
	uint8_t *sure;
	uint32_t i;

	if (r->have.n == 0)
		return;
	sure = xmalloc(bit_bytes(m->sh.npieces));
	memset(sure, 0xff, bit_bytes(m->sh.npieces));
	for (i = 0; i < m->nfiles; i++)
		if (!m->files[i].pad && (r->stamps[i].size != now[i].size ||
		    r->stamps[i].time != now[i].time))
			shape_clear(&m->sh, sure, m->files[i].off,
			    m->files[i].off + m->files[i].len);
	for (i = 0; i < m->sh.npieces; i++) {
		if (!bit_get(sure, i) || !bit_get(maybe, i))
			continue;
		if (bit_get(r->have.p, i))
			bit_set(here, i);
		else if (r->wanted.n > 0 && !bit_get(r->wanted.p, i))
			continue;
		bit_clear(maybe, i);
	}
	free(sure);
}
