/* bencode: what is parsed is cut nowhere else, and written again is the same
 * value, which is no longer and parses. */
#include "fuzz.h"
#include "bencode.h"

static void
write_value(struct buf *b, struct span v)
{
	struct span items, e, s;
	int64_t i;

	switch (ben_kind(v)) {
	case 'i':
		CHECK(ben_int(v, &i) == 0 && ben_str(v, &s) < 0);
		ben_put_int(b, i);
		break;
	case 's':
		CHECK(ben_str(v, &s) == 0 && ben_int(v, &i) < 0);
		CHECK(s.p >= v.p && s.p + s.n == v.p + v.n);
		ben_put_bytes(b, s.p, s.n);
		break;
	default:
		CHECK(*v.p == 'l' || *v.p == 'd');
		buf_put(b, v.p, 1);
		items = ben_items(v);
		while (ben_next(&items, &e)) {
			CHECK(ben_parse(e.p, e.n) == (long)e.n);
			write_value(b, e);
		}
		buf_put(b, "e", 1);
	}
}

/* A key is found, the first of its name, as a walk finds it. */
static void
look_up(struct span d)
{
	struct span items = ben_items(d), key, v, s, got;
	char *name;

	while (ben_next(&items, &key) && ben_next(&items, &v)) {
		CHECK(ben_str(key, &s) == 0);
		if (memchr(s.p, 0, s.n))
			continue;
		name = text_of(s);
		got = ben_get(d, name);
		CHECK(got.n > 0 && got.p <= v.p);
		CHECK(ben_get_str(d, name).n <= got.n);
		free(name);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	long len = ben_parse(data, n), cut;
	struct buf a = { 0 }, b = { 0 };
	struct span v;
	uint8_t *p;

	CHECK(len >= -1 && len <= (long)n);
	if (len <= 0)
		return 0;
	v = span_at(data, (size_t)len);
	for (cut = MAX(0, len - 40); cut < len; cut++) {
		p = copy_of(span_at(data, (size_t)cut));
		CHECK(ben_parse(p, (size_t)cut) == 0);
		free(p);
	}
	write_value(&a, v);
	CHECK(a.len <= v.n && ben_parse(a.p, a.len) == (long)a.len);
	write_value(&b, span_at(a.p, a.len));
	CHECK(same_bytes(span_at(a.p, a.len), span_at(b.p, b.len)));
	if (ben_kind(v) == 'd')
		look_up(v);
	buf_free(&a);
	buf_free(&b);
	return 0;
}
