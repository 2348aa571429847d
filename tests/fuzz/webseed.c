/* webseed: a server answers requests for a run of small files as it likes, in
 * any cut, over several connections.  What is told are blocks of the run, each
 * once and in order, of padding zeros; requests stay in the run's files; who
 * is over says why, and a URL asked for is one. */
#include "fuzz.h"
#include "url.h"
#include "torrent/meta.h"
#include "swarm/webseed.h"

enum { PIECE = 1024, LINKS = 6 };

static struct webtalk t;
static struct webseed ws;
static int64_t told; /* up to here */

static void
on_block(void *arg, struct block b, const uint8_t *p)
{
	int64_t off = (int64_t)b.piece * PIECE + b.begin;
	static volatile uint8_t sum;
	uint32_t i;

	CHECK(arg == &t && off == told && off + b.len <= t.to);
	CHECK(b.len == shape_len(&ws.m->sh, b.piece));
	for (i = 0; i < b.len; i++) {
		sum = (uint8_t)(sum + p[i]);
		CHECK(p[i] == 0 || !ws.m->files[meta_file_at(ws.m,
		    off + i)].pad);
	}
	told = off + b.len;
}

static void
on_fed(void *arg)
{
	CHECK(arg == &t);
}

static const struct webtalk_ops ops = { on_block, on_fed };

static void
ask(void)
{
	struct web_ask a;
	struct url u, v;
	char text[URL_MAX + 600];
	const struct file *f;

	while (webtalk_ask(&t, &a)) {
		f = &ws.m->files[a.file];
		CHECK(!f->pad && a.len > 0 && a.off >= 0 &&
		    a.len <= f->len - a.off && f->off + a.off >= t.at &&
		    f->off + a.off + a.len <= t.to);
		if (webseed_url(&ws, a.file, &u) < 0)
			continue;
		snprintf(text, sizeof text, "%s://%s%s%s:%u%s", u.scheme,
		    strchr(u.host, ':') ? "[" : "", u.host,
		    strchr(u.host, ':') ? "]" : "", u.port, u.path);
		CHECK(u.is_http && url_parse(&v, text) == 0 &&
		    strcmp(u.path, v.path) == 0);
	}
	CHECK(webtalk_owes(&t) || webtalk_is_done(&t) || !t.keeps);
}

/* One connection, until it is over or has said its part. */
static void
connection(struct span s, size_t step)
{
	size_t at = 0, have = 0;
	uint8_t *p;
	long k = 1;

	webtalk_open(&t);
	ask();
	while (have < s.n && !webtalk_is_done(&t)) {
		have = MIN(have + step, s.n);
		p = copy_of(span_at(s.p + at, have - at));
		k = webtalk_feed(&t, p, have - at);
		free(p);
		if (k < 0)
			break;
		CHECK((size_t)k <= have - at);
		at += (size_t)k;
		CHECK(have - at <= HTTP_HEAD_MAX || webtalk_is_done(&t));
		if (webtalk_is_over(&t))
			break;
		ask();
	}
	if (k >= 0)
		webtalk_eof(&t, NULL);
	CHECK(*ws.why && is_printable(ws.why));
	CHECK(t.end == WEB_LATER || t.retry_s == -1);
	CHECK(ws.file == UINT32_MAX || ws.file < ws.m->nfiles);
	if (t.end == WEB_LATER)
		webseed_later(&ws, t.retry_s, 0);
	CHECK(ws.retry_ms >= 0 && ws.retry_ms <= 3600000);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const char torrent[] = "d4:infod5:filesl"
	    "d6:lengthi1500e4:pathl1:aeed4:attr1:p6:lengthi548e4:pathl1:pee"
	    "d6:lengthi100e4:pathl1:b2:c eed6:lengthi3000e4:pathl1:deee"
	    "4:name1:n12:piece lengthi1024e6:pieces120:%0120dee";
	struct span s = span_at(data, n);
	struct buf raw = { 0 };
	char why[META_WHY], *url;
	struct meta *m;
	size_t step;
	int i, from, pieces;

	buf_printf(&raw, torrent, 0);
	m = meta_parse(&raw, why);
	CHECK(m);
	step = 1 + take8(&s) * (size_t)4;
	i = (int)take8(&s);
	from = (i & 3) * PIECE;
	pieces = 1 + (i >> 2 & 1);
	url = text_of(take_span(&s, take8(&s)));
	if (webseed_init(&ws, m, span_of(*url ? url : "http://h/d/")) == 0) {
		ws.whole = i >> 3 & 1;
		ws.whole_ok = i >> 4 & 1;
		memset(&t, 0, sizeof t);
		t.ws = &ws;
		t.ops = &ops;
		t.arg = &t;
		t.scope = (enum addr_scope)(i >> 5 & 1);
		told = from;
		webtalk_run(&t, from, from + pieces * PIECE);
		for (i = 0; i < LINKS && s.n > 0 && !webtalk_is_done(&t);
		    i++)
			connection(take_span(&s, take16(&s)), step);
		CHECK(webtalk_is_done(&t) == (told == t.to));
	}
	meta_free(m);
	free(url);
	return 0;
}
