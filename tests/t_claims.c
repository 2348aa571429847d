/* claims: who may write under a name that another torrent writes under. */
#include <sys/types.h>
#include <sys/stat.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "torrent/meta.h"
#include "torrent/encode.h"
#include "torrent/claims.h"
#include "unit.h"

static struct meta *tree(const char *paths);
static int both(const char *a, const char *b);
static void overlaps(void);
static void places(void);
static void many(void);
static void many_trees(void);

void
test_claims(void)
{
	overlaps();
	places();
	many();
	many_trees();
}

/* A torrent of these paths, a comma between two; of one file: "". */
static struct meta *
tree(const char *paths)
{
	static struct ingredient files[64];
	struct recipe r = { .name = "r", .is_dir = *paths != '\0',
		.files = files, .piece_len = 16384 };
	char *text = xstrdup(paths), *at = text, *end;
	struct buf raw = { 0 };
	char why[META_WHY];
	struct meta *m;

	do {
		end = strchr(at, ',');
		if (end)
			*end = '\0';
		files[r.nfiles].path = at;
		files[r.nfiles++].len = 1;
		at = end ? end + 1 : at;
	} while (end);
	encode_torrent(&raw, &r);
	m = meta_parse(&raw, why);
	free(text);
	return m;
}

/* Whether torrents of these paths can both be claimed, in either order. */
static int
both(const char *a, const char *b)
{
	struct claims *cs = xcalloc(1, sizeof *cs);
	struct meta *x = tree(a), *y = tree(b);
	struct span root = span_of("r");
	struct claim c = { 0 }, d = { 0 };
	const struct claim *o;
	int first, second;

	OK(claim_make(cs, &c, x, ".", root) == NULL);
	o = claim_make(cs, &d, y, ".", root);
	OK(o == NULL || (o == &c && d.m == NULL));
	first = !o;
	claim_drop(cs, &c);
	claim_drop(cs, &d);
	OK(claim_make(cs, &d, y, ".", root) == NULL);
	o = claim_make(cs, &c, x, ".", root);
	OK(o == NULL || o == &d);
	second = !o;
	claim_drop(cs, &c);
	claim_drop(cs, &d);
	meta_free(x);
	meta_free(y);
	free(cs);
	OK(first == second);
	return first;
}

static void
overlaps(void)
{
	static const struct { const char *a, *b; int both; } pairs[] = {
		{ "", "", 0 }, { "", "a", 0 }, { "a", "b", 1 },
		{ "a", "a", 0 }, { "a", "aa", 1 }, { "a/x", "a/y", 1 },
		{ "a/x", "a/x", 0 }, { "a", "a/x", 0 }, { "a/x/y", "a/x", 0 },
		{ "a.b,a/x", "a", 0 }, { "a!,a/x,b", "a/y,a/x/z", 0 },
		{ "a!,a/x,b", "a/y,c/x/z,a/xx", 1 },
		{ "z,y,x,w", "v,u,t,z", 0 }, { "z,y,x,w", "v,u,t,s", 1 },
		{ "b/c/d,b/c.d,b.c/d", "b/c/e,b/c.e,b.c/e,b-c/d,bc/d", 1 },
		{ "b/c/d,b/c.d,b.c/d", "a,b/c.d/e", 0 },
		{ "a,b/1,b/2,b/3,c", "b/2/x", 0 },
		{ "a,b/1,b/2,b/3,c", "b", 0 },
	};
	size_t i;

	CASE("claims: two trees of one name may stand in one directory if no "
	    "file of one is a file or a directory of the other");
	for (i = 0; i < LEN(pairs); i++)
		OK_FOR(pairs[i].b, both(pairs[i].a, pairs[i].b) ==
		    pairs[i].both);
}

static void
places(void)
{
	struct claims *cs = xcalloc(1, sizeof *cs);
	struct meta *m = tree("");
	struct claim c = { 0 }, d = { 0 }, e = { 0 };
	char dir[] = "/tmp/btsh-unit-XXXXXX", link[64];

	CASE("claims: another name or another directory is another place");
	OK(mkdtemp(dir) != NULL);
	snprintf(link, sizeof link, "%s/link", dir);
	OK(symlink(".", link) == 0);
	OK(!claim_make(cs, &c, m, dir, span_of("r")));
	OK(!claim_make(cs, &d, m, dir, span_of("s")));
	OK(!claim_make(cs, &e, m, "/", span_of("r")));
	claim_drop(cs, &e);
	OK(!claim_make(cs, &e, m, "/no/such", span_of("r")));
	claim_drop(cs, &e);
	CASE("claims: a directory is the same by any name");
	OK(claim_make(cs, &e, m, link, span_of("r")) == &c);
	OK(claim_make(cs, &e, m, dir, span_of("s")) == &d);
	CASE("claims: what is given up is free");
	claim_drop(cs, &c);
	claim_drop(cs, &c);
	OK(!claim_make(cs, &e, m, link, span_of("r")));
	OK(claim_make(cs, &c, m, dir, span_of("r")) == &e);
	claim_drop(cs, &d);
	claim_drop(cs, &e);
	OK(unlink(link) == 0 && rmdir(dir) == 0);
	meta_free(m);
	free(cs);
}

static void
many(void)
{
	enum { N = 5000 };
	struct claims *cs = xcalloc(1, sizeof *cs);
	struct claim *c = xcalloc(2 * N, sizeof *c);
	char (*names)[16] = xcalloc(N, sizeof *names);
	struct meta *m = tree("");
	int i, ok = 1;

	CASE("claims: thousands of names");
	for (i = 0; i < N; i++) {
		snprintf(names[i], sizeof *names, "%d", i);
		ok &= !claim_make(cs, &c[i], m, ".", span_of(names[i]));
	}
	for (i = 0; i < N; i++)
		ok &= claim_make(cs, &c[N + i], m, ".", span_of(names[i])) ==
		    &c[i];
	for (i = 0; i < N; i += 2)
		claim_drop(cs, &c[i]);
	for (i = 0; i < N; i++)
		ok &= claim_make(cs, &c[N + i], m, ".", span_of(names[i])) ==
		    (i % 2 ? &c[i] : NULL);
	OK(ok);
	for (i = 0; i < 2 * N; i++)
		claim_drop(cs, &c[i]);
	meta_free(m);
	free(names);
	free(c);
	free(cs);
}

/* Which costs no sorting of all for each. */
static void
many_trees(void)
{
	enum { N = 500, FILES = 60 };
	struct claims *cs = xcalloc(1, sizeof *cs);
	struct claim *c = xcalloc(N, sizeof *c);
	struct meta **m = xcalloc(N, sizeof *m);
	struct buf b = { 0 };
	int i, k, ok = 1;
	double began;

	CASE("claims: hundreds of trees of one name");
	for (i = 0; i < N; i++) {
		b.len = 0;
		for (k = 0; k < FILES; k++)
			buf_printf(&b, "%s%d/%d", k ? "," : "", i, k);
		buf_put(&b, "", 1);
		m[i] = tree((char *)b.p);
	}
	began = unit_seconds();
	for (i = 0; i < N; i++)
		ok &= !claim_make(cs, &c[i], m[i], ".", span_of("r"));
	OK(ok && unit_seconds() - began < 2);
	for (i = 0; i < N; i++) {
		claim_drop(cs, &c[i]);
		meta_free(m[i]);
	}
	buf_free(&b);
	free(m);
	free(c);
	free(cs);
}
