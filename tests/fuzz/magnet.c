/* magnet: a link that is taken is written again, and means the same then. */
#include "fuzz.h"
#include "sha1.h"
#include "bencode.h"
#include "url.h"
#include "torrent/meta.h"
#include "torrent/magnet.h"

static void
holds(const struct meta *m)
{
	uint32_t i, files = 0;
	int k;

	CHECK(m->nfiles == 0 && m->sh.npieces == 0);
	CHECK(m->ntrackers <= TRACKERS_MAX);
	for (k = 0; k < m->ntrackers; k++)
		CHECK(m->trackers[k].url[0]);
	CHECK(m->name.n == 0 || name_ok(m->name));
	for (i = 0; i < m->nselect; i++) {
		CHECK(m->select[i].first <= m->select[i].last);
		CHECK(i == 0 || m->select[i - 1].last < m->select[i].first);
		CHECK(magnet_selects(m, m->select[i].first));
		CHECK(magnet_selects(m, m->select[i].last));
		files += m->select[i].first > 0 &&
		    magnet_selects(m, m->select[i].first - 1);
	}
	CHECK(files < m->nselect || m->nselect == 0 || files == m->nselect);
}

static void
same(const struct meta *a, const struct meta *b)
{
	uint32_t i;
	int k;

	CHECK(memcmp(a->hash, b->hash, ID_LEN) == 0);
	CHECK(same_bytes(a->name, b->name));
	CHECK(a->ntrackers == b->ntrackers);
	for (k = 0; k < a->ntrackers; k++)
		CHECK(strcmp(a->trackers[k].url, b->trackers[k].url) == 0);
	CHECK(same_bytes(a->webseeds, b->webseeds));
	CHECK(a->npeers == b->npeers && a->nselect == b->nselect);
	for (k = 0; k < a->npeers; k++)
		CHECK(same_bytes(a->peers[k], b->peers[k]));
	for (i = 0; i < a->nselect; i++)
		CHECK(a->select[i].first == b->select[i].first &&
		    a->select[i].last == b->select[i].last);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = text_of(span_at(data, n));
	char why[META_WHY] = "";
	struct meta *a = magnet_parse(text, why), *b;
	struct buf link = { 0 }, again = { 0 };

	CHECK(a || (*why && is_printable(why)));
	/* a hash in base32 alone is no link, though it is parsed */
	CHECK(!a || magnet_is(text) || url_trim(span_of(text)).n == 32);
	if (a) {
		holds(a);
		magnet_put(&link, a);
		buf_put(&link, "", 1);
		b = magnet_parse((char *)link.p, why);
		CHECK(b);
		holds(b);
		same(a, b);
		magnet_put(&again, b);
		buf_put(&again, "", 1);
		CHECK(strcmp((char *)link.p, (char *)again.p) == 0);
		meta_free(b);
	}
	meta_free(a);
	buf_free(&link);
	buf_free(&again);
	free(text);
	return 0;
}
