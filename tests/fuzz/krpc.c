/* krpc: a packet that is read and written again says the same. */
#include "fuzz.h"
#include "sha1.h"
#include "bencode.h"
#include "find/krpc.h"

static void
same(const struct krpc *a, const struct krpc *b)
{
	CHECK(a->type == b->type && a->readonly == b->readonly);
	CHECK(same_bytes(a->tid, b->tid) && same_bytes(a->ip, b->ip));
	CHECK(same_bytes(a->version, b->version));
	if (a->type == 'e') {
		CHECK(a->error == b->error);
		return;
	}
	CHECK(memcmp(a->id, b->id, ID_LEN) == 0);
	CHECK(a->port == b->port && a->implied == b->implied);
	CHECK(same_bytes(a->token, b->token));
	CHECK(same_bytes(a->nodes, b->nodes));
	CHECK(same_bytes(a->nodes6, b->nodes6));
	CHECK(same_bytes(a->values, b->values));
	if (a->type == 'q') {
		CHECK(a->method == b->method && !a->target == !b->target);
		CHECK(!a->target || memcmp(a->target, b->target, ID_LEN) == 0);
	}
}

static void
nodes(struct span list, int six)
{
	struct buf b = { 0 };
	struct span was = list;
	const uint8_t *id;
	struct addr a;
	int plain = 1;

	while (krpc_node(&list, six, &id, &a)) {
		plain &= addr_is4(&a) == !six;
		krpc_put_node(&b, id, &a);
	}
	CHECK(list.n < (six ? 38u : 26u));
	CHECK(!plain || same_bytes(span_at(b.p, b.len),
	    span_at(was.p, was.n - list.n)));
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct krpc m, again;
	struct buf b = { 0 };
	int r = krpc_read(&m, data, n);

	CHECK(r == 0 || r == -1 || r == KRPC_PROTOCOL || r == KRPC_UNKNOWN);
	CHECK(n <= KRPC_MOST || r == -1);
	if (r > 0)
		CHECK(m.type == 'q' && m.tid.p >= data &&
		    m.tid.p + m.tid.n <= data + n);
	if (r == 0) {
		krpc_write(&b, &m);
		CHECK(ben_parse(b.p, b.len) == (long)b.len);
		r = krpc_read(&again, b.p, b.len);
		CHECK(r == 0 || b.len > KRPC_MOST);
		if (r == 0)
			same(&m, &again);
		nodes(m.nodes, 0);
		nodes(m.nodes6, 1);
	}
	buf_free(&b);
	return 0;
}
