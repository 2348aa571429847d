/* lsd: announces of others, read; our own, written, are not taken for others'
 * but say the same to them. */
#include "fuzz.h"
#include "find/lsd.h"

enum { TORRENTS = 30 };

static void
heard(struct span s, const struct addr *from, int64_t now_ms)
{
	struct lsd l;
	struct lsd_news news;
	int times = 0;

	lsd_init(&l, 6881, 7);
	while (times < 1000 && lsd_read(&l, s.p, s.n, from, now_ms, &news) ==
	    0) {
		CHECK(news.n > 0 && news.n <= LSD_HASHES);
		CHECK(news.peer.port > 0 && addr_same_ip(&news.peer, from));
		times++;
	}
	CHECK(times < 1000);
}

static void
ours(const struct addr *from, unsigned n, uint16_t port)
{
	static uint8_t hashes[TORRENTS][ID_LEN];
	struct lsd_torrent torrents[TORRENTS];
	struct buf out[2] = { { 0 }, { 0 } };
	struct lsd l, other;
	struct lsd_news news;
	int64_t now_ms = 1000000;
	unsigned i, said = 0;

	lsd_init(&l, port, 1);
	lsd_init(&other, port, 2);
	memset(torrents, 0, sizeof torrents);
	for (i = 0; i < n; i++) {
		hashes[i][0] = (uint8_t)i;
		torrents[i].hash = hashes[i];
		lsd_add(&l, &torrents[i], now_ms);
	}
	for (i = 0; i < n && said < n; i++) {
		now_ms = MAX(now_ms, lsd_due(&l));
		out[0].len = out[1].len = 0;
		if (!lsd_next(&l, now_ms, out))
			break;
		CHECK(out[0].len <= LSD_MAX && out[1].len <= LSD_MAX);
		CHECK(lsd_read(&l, out[0].p, out[0].len, from, now_ms,
		    &news) < 0);
		CHECK(lsd_read(&other, out[1].p, out[1].len, from,
		    now_ms, &news) == 0 || port == 0);
		said += port ? (unsigned)news.n : n;
		CHECK(port == 0 || news.peer.port == port);
	}
	CHECK(said >= n);
	for (i = 0; i < n; i++)
		lsd_remove(&l, &torrents[i]);
	CHECK(lsd_due(&l) == INT64_MAX);
	buf_free(&out[0]);
	buf_free(&out[1]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span s = span_at(data, n);
	struct addr from = take_addr(&s);
	unsigned many = take8(&s) % TORRENTS;

	heard(s, &from, 1000000);
	if (from.ip[0] != 0xfe)
		ours(&from, many, (uint16_t)take16(&s));
	return 0;
}
