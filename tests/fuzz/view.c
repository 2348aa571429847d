/* view: the pages of a torrent and of a magnet link whose names and paths, and
 * the host of who asks, are a stranger's: they are HTML as ours is to be
 * (tests/html.c), and of the figures each is a line. */
#include "fuzz.h"
#include "torrent/meta.h"
#include "torrent/magnet.h"
#include "url.h"
#include "web/share.h"
#include "web/qr.h"
#include "web/view.h"
#include "tests/html.h"

#define HASH "00112233445566778899aabbccddeeff00112233"

static void
exhibit(void *owner, struct exhibit *e)
{
	static const uint8_t have[1] = { 0x80 };
	const struct meta *m = owner;

	e->m = m;
	e->have = m->info.n > 0 ? have : NULL;
	e->state = "fetching";
	e->size = m->sh.size;
	e->npeers = e->fetching = 1;
}

/* Longer than a QR code holds: that takes most of the time, and has no byte of
 * this in it. */
static void
put_magnet(void *owner, struct span host, struct buf *out)
{
	magnet_put(out, owner);
	buf_printf(out, "&x.pe=");
	buf_put(out, host.p, host.n);
	buf_printf(out, "&tr=%0*d", QR_BYTES, 0);
}

static int
get_peers(void *owner, struct addr *list, int most)
{
	(void)owner;
	(void)most;
	memset(list, 0, sizeof *list);
	return 1;
}

/* A directory of two files with such a path. */
static struct meta *
torrent(struct span name, struct span path)
{
	struct buf b = { 0 };
	char why[META_WHY];
	int i;

	buf_printf(&b, "d4:infod5:filesl");
	for (i = 0; i < 2; i++) {
		buf_printf(&b, "d6:lengthi%de4:pathl1:x%zu:", i, path.n);
		buf_put(&b, path.p, path.n);
		buf_printf(&b, "ee");
	}
	buf_printf(&b, "e4:name%zu:", name.n);
	buf_put(&b, name.p, name.n);
	buf_printf(&b, "12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaa"
	    "ee");
	return meta_parse(&b, why);
}

static struct meta *
magnet(struct span name)
{
	struct buf b = { 0 };
	char why[META_WHY];
	struct meta *m;

	buf_printf(&b, "magnet:?xt=urn:btih:" HASH "&dn=");
	pct_encode(&b, name.p, name.n);
	buf_put(&b, "", 1);
	m = magnet_parse((char *)b.p, why);
	buf_free(&b);
	return m;
}

static void
page(const struct buf *out)
{
	const char *wrong = html_wrong(out->p, out->len);

	if (wrong)
		fprintf(stderr, "%s:\n%.*s\n", wrong, (int)out->len, out->p);
	CHECK(!wrong);
}

static int
lines(struct buf *out)
{
	int n = 0;
	size_t i;

	for (i = 0; i < out->len; i++)
		n += out->p[i] == '\n';
	CHECK(out->p[out->len - 1] == '\n');
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const struct share_ops ops = { exhibit, put_magnet, get_peers };
	struct shares all = { .ops = &ops };
	struct span s = span_at(data, n), name;
	unsigned how = take8(&s);
	struct visitor v = { .is_here = how & 1, .from = how >> 1 & 1 };
	struct share shown[2] = { { 0 } };
	struct meta *m[2];
	struct buf out = { 0 };
	int i, known;

	name = take_span(&s, take8(&s));
	v.host = take_span(&s, take8(&s));
	m[0] = torrent(name, s);
	m[1] = magnet(name);
	for (i = 0; i < 2; i++)
		if ((shown[i].owner = m[i]))
			share_add(&all, &shown[i], m[i]->name.n > 0 ?
			    m[i]->name : span_of(HASH), m[i]->hash);
	view_index(&out, &all, &v);
	page(&out);
	for (known = all.n, i = 0; i < known; i++) {
		out.len = 0;
		view_files(&out, &all, i, &v);
		page(&out);
	}
	out.len = 0;
	view_stats(&out, &all, 1);
	CHECK(lines(&out) == 11 + known);
	out.len = 0;
	view_metrics(&out, &all, 1);
	CHECK(lines(&out) == 6 + 9 * (2 + known));
	for (i = 0; i < 2; i++) {
		share_remove(&all, &shown[i]);
		meta_free(m[i]);
	}
	shares_free(&all);
	buf_free(&out);
	return 0;
}
