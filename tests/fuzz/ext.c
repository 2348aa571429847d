/* ext: what a peer says of itself, read; what we say is read as it was meant;
 * and a piece of metadata, message by message. */
#include "fuzz.h"
#include "bencode.h"
#include "swarm/ext.h"
#include "swarm/metadata.h"

enum { REQQ = 2048 };

static void
holds(const struct ext *e)
{
	CHECK(e->reqq >= 0 && e->reqq <= REQQ);
	CHECK(is_printable(e->client) && strlen(e->client) < sizeof e->client);
	CHECK(e->encrypts == 0 || e->encrypts == 1);
	CHECK(e->yourip.port == 0);
}

static void
own(struct span s)
{
	struct addr a = take_addr(&s);
	struct ext_own own = { .yourip = &a };
	struct buf b = { 0 };
	struct ext e;

	own.metadata_size = take32(&s) >> 8;
	own.port = (uint16_t)take16(&s);
	own.reqq = (int)(1 + take16(&s) % REQQ);
	own.giving_only = take8(&s) & 1;
	own.pex = take8(&s) & 1;
	ext_put_own(&b, &own);
	CHECK(b.len > 6 && get32(b.p) == b.len - 4 && b.p[4] == 20 &&
	    b.p[5] == EXT_HANDSHAKE);
	CHECK(ben_parse(b.p + 6, b.len - 6) == (long)b.len - 6);
	ext_init(&e);
	ext_read(&e, span_at(b.p + 6, b.len - 6), REQQ);
	holds(&e);
	CHECK(e.metadata_id == EXT_METADATA && e.reqq == own.reqq);
	CHECK(e.pex_id == (own.pex ? EXT_PEX : 0) && e.port == own.port);
	CHECK(e.metadata_size == (int64_t)own.metadata_size);
	CHECK(addr_same_ip(&e.yourip, &a));
	buf_free(&b);
}

static void
metadata(struct span s)
{
	uint8_t id = (uint8_t)take8(&s);
	int kind = (int)take8(&s) % 3;
	uint32_t piece = take32(&s);
	struct buf b = { 0 };
	struct span d;
	long len;

	ext_put_metadata(&b, id, kind, piece, kind == MD_DATA ? s :
	    span_at(NULL, 0), 1 << 20);
	CHECK(get32(b.p) == b.len - 4 && b.p[5] == id);
	len = ben_parse(b.p + 6, b.len - 6);
	CHECK(len > 0);
	d = span_at(b.p + 6, (size_t)len);
	CHECK(ben_get_int(d, "msg_type", -1) == kind);
	CHECK(ben_get_int(d, "piece", -1) == (int64_t)piece);
	CHECK(ben_get_int(d, "total_size", -1) == (kind == MD_DATA ? 1 << 20 :
	    -1));
	CHECK(same_bytes(span_at(d.p + d.n, b.len - 6 - d.n), kind == MD_DATA ?
	    s : span_at(NULL, 0)));
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span s = span_at(data, n), rest;
	struct ext e, was;
	int i;
	long len;

	own(s);
	metadata(s);
	ext_init(&e);
	for (i = 0; i < 8 && s.n > 0; i++) {
		len = ben_parse(s.p, s.n);
		rest = s;
		if (len <= 0) {
			take8(&s);
			continue;
		}
		rest.n = (size_t)len;
		s.p += len;
		s.n -= (size_t)len;
		ext_read(&e, rest, REQQ);
		holds(&e);
		was = e;
		/* the same again changes nothing */
		ext_read(&e, rest, REQQ);
		CHECK(memcmp(&e, &was, sizeof e) == 0);
	}
	return 0;
}
