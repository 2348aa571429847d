/* resume: what is written is read, what is damaged or of another torrent is
 * not believed, and which pieces need no hashing. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "bencode.h"
#include "torrent/meta.h"
#include "torrent/resume.h"
#include "unit.h"

/* Pieces of 16 KiB: a is 0 and 1 and the head of 2, b the rest of it and 3, c
 * is 4 and the head of 5, which padding fills. */
#define TREE "d4:infod5:filesl" \
	"d6:lengthi40000e4:pathl1:aee" "d6:lengthi25536e4:pathl1:bee" \
	"d6:lengthi20000e4:pathl1:cee" \
	"d4:attr1:p6:lengthi12768e4:pathl1:pee" \
	"e4:name1:t12:piece lengthi16384e6:pieces120:"

enum { A, B, C, PAD, FILES, PIECES = 6 };

static void whole(void);
static void odd(void);
static void damage(void);
static void trust(void);
static int trusts(const struct meta *m, const struct resume *r,
    const struct stamp *now, const char *want);
static struct meta *tree(void);
static struct resume filled(void);

static const struct stamp stamps[FILES] = { { 40000, 1000000000 },
	{ 25536, 2 }, { STAMP_ABSENT, 0 }, { 12768, 0 } };

void
test_resume(void)
{
	whole();
	odd();
	damage();
	trust();
}

static struct meta *
tree(void)
{
	struct buf b = { 0 };
	char why[META_WHY];
	int i;

	buf_printf(&b, "%s", TREE);
	for (i = 0; i < PIECES; i++)
		buf_put(&b, "aaaaaaaaaaaaaaaaaaaa", 20);
	buf_put(&b, "ee", 2);
	return meta_parse(&b, why);
}

static struct resume
filled(void)
{
	static struct stamp list[FILES];
	struct resume r = { .begun = 1, .inode = INT64_MAX, .born = -5,
	    .name = span_of("t"), .have = { (const uint8_t *)"\xb0", 1 },
	    .up = 7, .down = 1LL << 60, .peers = span_of("abcdef"),
	    .nodes6 = span_of("eighteen bytes is."), .torrent = span_of("x"),
	    .stamps = list, .nstamps = FILES };

	memcpy(list, stamps, sizeof list);
	return r;
}

static void
whole(void)
{
	struct meta *m = tree();
	struct resume r = filled(), got;
	struct buf b = { 0 };
	struct span text;

	resume_put(&b, &r, m->hash);
	text.p = b.p;
	text.n = b.len;
	CASE("resume: what is written is bencode as it should be");
	OK(ben_parse(b.p, b.len) == (long)b.len && unit_canonical(text));
	CASE("resume: what is written is read");
	OK(resume_parse(&got, text, m) == 0);
	OK(got.begun && got.inode == INT64_MAX && got.born == -5);
	OK(got.up == 7 && got.down == 1LL << 60 && span_is(got.name, "t"));
	OK(span_is(got.peers, "abcdef") && got.peers6.n == 0);
	OK(got.nodes.n == 0 && span_is(got.nodes6, "eighteen bytes is."));
	OK(span_is(got.torrent, "x") && got.wanted.n == 0);
	OK(got.have.n == 1 && got.have.p[0] == 0xb0);
	OK(got.nstamps == FILES && memcmp(got.stamps, stamps, sizeof stamps) ==
	    0);
	resume_free(&got);
	CASE("resume: nothing is read of pieces where nobody says whose");
	OK(resume_parse(&got, text, NULL) == 0 && got.have.n == 0 &&
	    !got.stamps && span_is(got.torrent, "x"));
	CASE("resume: another torrent's is told from what is none");
	m->hash[3] ^= 1;
	OK(resume_parse(&got, text, m) == 1 && !got.begun && !got.stamps);
	buf_free(&b);
	meta_free(m);
}

/* What does not fit the torrent says nothing of pieces, and the rest of it
 * holds. */
static void
odd(void)
{
	struct meta *m = tree();
	struct resume r = filled(), got;
	struct buf b = { 0 };
	int i;

	CASE("resume: pieces and files that are not the torrent's");
	for (i = 0; i < 4; i++) {
		r = filled();
		r.have.n += i == 0;
		r.have.n -= i == 1;
		r.wanted = i == 2 ? span_of("ab") : r.wanted;
		r.nstamps -= i == 3;
		b.at = b.len = 0;
		resume_put(&b, &r, m->hash);
		OK(resume_parse(&got, (struct span){ b.p, b.len }, m) == 0);
		OK(got.begun && got.have.n == 0 && !got.stamps);
		resume_free(&got);
	}
	buf_free(&b);
	meta_free(m);
}

static void
damage(void)
{
	struct meta *m = tree();
	struct resume r = filled(), got;
	struct buf b = { 0 };
	uint64_t state = 1;
	uint8_t *copy;
	size_t i, n;
	int bit, bad = 0;

	resume_put(&b, &r, m->hash);
	CASE("resume: a bit that has changed anywhere is seen");
	for (i = 0; i < b.len; i++)
		for (bit = 0; bit < 8; bit++) {
			copy = unit_copy(b.p, b.len);
			copy[i] ^= (uint8_t)(1 << bit);
			bad += resume_parse(&got, (struct span){ copy, b.len },
			    m) != -1;
			free(copy);
		}
	OK(bad == 0);
	CASE("resume: what was cut short is seen");
	for (i = 0; i < b.len; i++) {
		copy = unit_copy(b.p, i);
		OK(resume_parse(&got, (struct span){ copy, i }, m) == -1);
		free(copy);
	}
	CASE("resume: whatever has a digest that is right is read with care");
	for (i = 0; i < 2000; i++) {
		struct buf c = { 0 };
		struct span said;
		uint8_t text[2048], digest[SHA1_LEN];

		said = ben_get((struct span){ b.p, b.len }, "resume");
		memcpy(text, said.p, said.n);
		n = unit_mutate(text, said.n, sizeof text, &state);
		sha1(text, n, digest);
		buf_printf(&c, "d6:resume");
		buf_put(&c, text, n);
		buf_printf(&c, "4:sha120:");
		buf_put(&c, digest, sizeof digest);
		buf_put(&c, "e", 1);
		copy = unit_copy(c.p, c.len);
		if (resume_parse(&got, (struct span){ copy, c.len }, m) == 0)
			resume_free(&got);
		OK(got.stamps == NULL);
		free(copy);
		buf_free(&c);
	}
	buf_free(&b);
	meta_free(m);
}

static void
trust(void)
{
	struct meta *m = tree();
	struct resume r = filled();
	struct stamp now[FILES];

	/* of pieces: h is here, n is not, ? is hashed */
	memcpy(now, stamps, sizeof now);
	CASE("resume: where nothing has changed nothing is hashed");
	OK(trusts(m, &r, now, "hnhhnn"));
	CASE("resume: a file of another time: the pieces that touch it are");
	now[B].time++;
	OK(trusts(m, &r, now, "hn??nn"));
	now[B] = stamps[B];
	now[A].time--;
	OK(trusts(m, &r, now, "???hnn"));
	CASE("resume: and of another size, or in another place");
	now[A] = stamps[A];
	now[C].size = 20000;
	OK(trusts(m, &r, now, "hnhh??"));
	now[C].size = STAMP_BESIDE;
	OK(trusts(m, &r, now, "hnhh??"));
	now[C] = stamps[C];
	CASE("resume: padding does not change");
	now[PAD].time = 77;
	OK(trusts(m, &r, now, "hnhhnn"));
	CASE("resume: of pieces that nobody wanted it is not known");
	r.wanted.p = (const uint8_t *)"\xa0"; /* 0, 2 */
	r.wanted.n = 1;
	OK(trusts(m, &r, now, "h?hh??"));
	CASE("resume: a text without pieces says nothing");
	r.have.n = 0;
	OK(trusts(m, &r, now, "??????"));
	meta_free(m);
}

static int
trusts(const struct meta *m, const struct resume *r, const struct stamp *now,
    const char *want)
{
	uint8_t maybe = 0xff, here = 0, none = 0, not = 0;
	char got[PIECES + 1] = "";
	int i;

	resume_trust(r, m, now, &maybe, &here);
	for (i = 0; i < PIECES; i++)
		got[i] = bit_get(&maybe, i) ? '?' : bit_get(&here, i) ? 'h' :
		    'n';
	/* what cannot be here is not, whatever it says */
	resume_trust(r, m, now, &none, &not);
	return strcmp(got, want) == 0 && (maybe & here) == 0 && none == 0 &&
	    not == 0;
}
