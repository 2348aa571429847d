/* json: whatever is written, in whatever nesting, is read as JSON on one line
 * and is then what was written, byte for byte. */
#include <inttypes.h>

#include "fuzz.h"
#include "cmd/json.h"

enum { DEPTH_MAX = 12 };

/* Both sides note what they wrote and what they read: a letter each, and what
 * belongs to it. */
static void
note(struct buf *log, int letter, struct span s)
{
	buf_printf(log, "%c%zu ", letter, s.n);
	buf_put(log, s.p, s.n);
}

static void
note_key(struct buf *log, const char *key)
{
	if (key)
		note(log, 'k', span_of(key));
}

static void
write_one(struct buf *b, const char *key, unsigned what, struct span *s,
    struct buf *log)
{
	struct span text;
	int64_t v;

	note_key(log, key);
	if (what == 3) {
		v = (int64_t)take64(s);
		json_int(b, key, v);
		buf_printf(log, "i%" PRId64, v);
	} else if (what == 4) {
		v = take8(s) & 1;
		json_bool(b, key, (int)v);
		buf_printf(log, "%c", v ? 't' : 'f');
	} else {
		text = take_span(s, take8(s));
		json_text(b, key, text);
		note(log, 's', text);
	}
}

static void
write_all_of(struct buf *b, struct span s, struct buf *log)
{
	char open[DEPTH_MAX], *key;
	unsigned what;
	int n = 0;

	do {
		key = n > 0 && open[n - 1] == '{' ?
		    text_of(take_span(&s, take8(&s) % 8)) : NULL;
		what = n > 0 ? take8(&s) % 8 : take8(&s) % 2;
		if (what < 2 && n < DEPTH_MAX) {
			note_key(log, key);
			open[n] = what ? '{' : '[';
			json_open(b, key, open[n]);
			buf_put(log, &open[n++], 1);
		} else if (what == 2) {
			n--;
			json_close(b, open[n] == '{' ? '}' : ']');
			buf_put(log, "e", 1);
		} else {
			write_one(b, key, what, &s, log);
		}
		free(key);
	} while (n > 0 && s.n > 0);
	while (n-- > 0) {
		json_close(b, open[n] == '{' ? '}' : ']');
		buf_put(log, "e", 1);
	}
}

/* As JSON has it, and then as escape()'s \xNN. */
static void
read_string(struct span *s, int letter, struct buf *log)
{
	struct buf b = { 0 };
	uint8_t c[2] = { 0xc2, 0 };
	size_t n;

	CHECK(take8(s) == '"');
	while (s->n > 0 && *s->p != '"') {
		if (s->n > 5 && memcmp(s->p, "\\\\x", 3) == 0) {
			CHECK(unhex(c, s->p + 3, 1) == 0);
			CHECK(c[0] == '\\' || c[0] >= 0x80);
			buf_put(&b, c, 1);
			c[0] = 0xc2;
			n = 5;
		} else if (s->n > 6 && memcmp(s->p, "\\u00", 4) == 0) {
			CHECK(unhex(c + 1, s->p + 4, 1) == 0);
			buf_put(&b, c + (c[1] < 0x80), 1 + (c[1] >= 0x80));
			n = 6;
		} else if (*s->p == '\\') {
			CHECK(s->n > 2 && s->p[1] == '"');
			buf_put(&b, "\"", 1);
			n = 2;
		} else {
			n = utf8_len(s->p, s->n);
			CHECK(n > 0 && *s->p >= ' ' && *s->p != 0x7f &&
			    (*s->p != 0xc2 || s->p[1] >= 0xa0));
			buf_put(&b, s->p, n);
		}
		take_span(s, n);
	}
	CHECK(take8(s) == '"');
	note(log, letter, span_at(b.p, b.len));
	buf_free(&b);
}

static void
read_value(struct span *s, struct buf *log)
{
	unsigned c = s->n > 0 ? *s->p : 0;
	int first = 1;

	if (c == '"') {
		read_string(s, 's', log);
	} else if (c == 't' || c == 'f') {
		buf_printf(log, "%c", (int)c);
		CHECK(span_is(take_span(s, c == 't' ? 4 : 5),
		    c == 't' ? "true" : "false"));
	} else if (c == '{' || c == '[') {
		buf_printf(log, "%c", (int)take8(s));
		for (; s->n > 0 && *s->p != (c == '{' ? '}' : ']'); first = 0) {
			CHECK(first || take8(s) == ',');
			if (c == '{') {
				read_string(s, 'k', log);
				CHECK(take8(s) == ':');
			}
			read_value(s, log);
		}
		CHECK(take8(s) == (c == '{' ? '}' : ']'));
		buf_put(log, "e", 1);
	} else {
		CHECK(c == '-' || (c >= '0' && c <= '9'));
		buf_put(log, "i", 1);
		do
			buf_printf(log, "%c", (int)take8(s));
		while (s->n > 0 && *s->p >= '0' && *s->p <= '9');
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct buf b = { 0 }, wrote = { 0 }, read = { 0 };
	struct span s;

	write_all_of(&b, span_at(data, n), &wrote);
	s = span_at(b.p, b.len);
	read_value(&s, &read);
	CHECK(s.n == 0);
	CHECK(same_bytes(span_at(wrote.p, wrote.len),
	    span_at(read.p, read.len)));
	buf_free(&b);
	buf_free(&wrote);
	buf_free(&read);
	return 0;
}
