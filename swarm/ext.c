/* Extended messages: dictionaries of bencode, whose keys stand in order. */
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "bencode.h"
#include "addr.h"
#include "swarm/wire.h"
#include "swarm/ext.h"

enum {
	REQQ_DEFAULT = 250 /* of a peer that does not say */
};

static void read_id(uint8_t *id, struct span m, const char *key);
static void put_int(struct buf *d, const char *key, int64_t v);

void
ext_init(struct ext *e)
{
	memset(e, 0, sizeof *e);
	e->reqq = REQQ_DEFAULT;
}

void
ext_read(struct ext *e, struct span dict, int reqq_max)
{
	uint8_t at[18] = { 0 }; /* a compact address of port 0 */
	struct span v;
	int64_t i;

	i = ben_get_int(dict, "reqq", e->reqq);
	e->reqq = (int)MAX(1, MIN(i, reqq_max));
	i = ben_get_int(dict, "p", 0);
	if (i > 0 && i < 65536)
		e->port = (uint16_t)i;
	v = ben_get(dict, "m");
	if (ben_kind(v) == 'd') {
		read_id(&e->metadata_id, v, "ut_metadata");
		read_id(&e->pex_id, v, "ut_pex");
	}
	e->metadata_size = ben_get_int(dict, "metadata_size",
	    e->metadata_size);
	e->encrypts = ben_get_int(dict, "e", e->encrypts) == 1;
	v = ben_get_str(dict, "v");
	if (v.n > 0)
		escape(e->client, sizeof e->client, v);
	v = ben_get_str(dict, "yourip");
	if (v.n == 4 || v.n == 16) {
		memcpy(at, v.p, v.n);
		addr_unpack(&e->yourip, at, v.n == 4);
	}
}

/* An id of 0 means that the extension is not spoken any more. */
static void
read_id(uint8_t *id, struct span m, const char *key)
{
	int64_t i = ben_get_int(m, key, *id);

	*id = i > 0 && i < 256 ? (uint8_t)i : 0;
}

static void
put_int(struct buf *d, const char *key, int64_t v)
{
	ben_put_str(d, key);
	ben_put_int(d, v);
}

void
ext_put_own(struct buf *out, const struct ext_own *own)
{
	struct buf d = { 0 };
	struct span dict, none = { NULL, 0 };
	const struct addr *a = own->yourip;

	buf_put(&d, "d", 1);
	ben_put_str(&d, "m");
	buf_put(&d, "d", 1);
	put_int(&d, "ut_metadata", EXT_METADATA);
	put_int(&d, "ut_pex", own->pex ? EXT_PEX : 0);
	buf_put(&d, "e", 1);
	if (own->metadata_size > 0)
		put_int(&d, "metadata_size", (int64_t)own->metadata_size);
	if (own->port)
		put_int(&d, "p", own->port);
	put_int(&d, "reqq", own->reqq);
	put_int(&d, "upload_only", own->giving_only);
	ben_put_str(&d, "v");
	ben_put_str(&d, "btsh " VERSION);
	ben_put_str(&d, "yourip");
	ben_put_bytes(&d, a->ip + (addr_is4(a) ? 12 : 0), addr_is4(a) ? 4 : 16);
	buf_put(&d, "e", 1);
	dict.p = d.p;
	dict.n = d.len;
	ext_put(out, EXT_HANDSHAKE, dict, none);
	buf_free(&d);
}

void
ext_put(struct buf *out, uint8_t id, struct span dict, struct span rest)
{
	wire_put_head(out, MSG_EXTENDED, 1 + dict.n + rest.n);
	buf_put(out, &id, 1);
	buf_put(out, dict.p, dict.n);
	buf_put(out, rest.p, rest.n);
}

void
ext_put_metadata(struct buf *out, uint8_t id, int kind, uint32_t piece,
    struct span data, size_t size)
{
	struct buf d = { 0 };
	struct span dict;

	buf_put(&d, "d", 1);
	put_int(&d, "msg_type", kind);
	put_int(&d, "piece", piece);
	if (kind == MD_DATA)
		put_int(&d, "total_size", (int64_t)size);
	buf_put(&d, "e", 1);
	dict.p = d.p;
	dict.n = d.len;
	ext_put(out, id, dict, data);
	buf_free(&d);
}
