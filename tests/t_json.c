/* json: values and their commas, and texts of any bytes, which are all had
 * back from what was written. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "cmd/json.h"
#include "unit.h"

static void values(void);
static void texts(void);
static int text_is(const char *p, size_t n, const char *want);
static void reversible(void);
static long read_back(uint8_t *out, const struct buf *b);
static int is(const struct buf *b, const char *want);

void
test_json(void)
{
	values();
	texts();
	reversible();
}

static void
values(void)
{
	struct buf b = { NULL, 0, 0, 0 };

	CASE("json: commas stand between values, and nowhere else");
	json_open(&b, NULL, '{');
	json_int(&b, "a", 1);
	json_open(&b, "b", '[');
	json_open(&b, NULL, '[');
	json_close(&b, ']');
	json_text(&b, NULL, span_of("{"));
	json_text(&b, NULL, span_of("["));
	json_int(&b, NULL, INT64_MIN);
	json_open(&b, NULL, '{');
	json_close(&b, '}');
	json_close(&b, ']');
	json_bool(&b, "\"", 0);
	json_bool(&b, "", 7);
	json_close(&b, '}');
	OK(is(&b, "{\"a\":1,\"b\":[[],\"{\",\"[\",-9223372036854775808,{}],"
	    "\"\\\"\":false,\"\":true}"));
	CASE("json: what has gone out but for its last byte goes on");
	b.len = 0;
	buf_put(&b, "[", 1);
	json_int(&b, NULL, 1);
	b.p[0] = b.p[b.len - 1];
	b.len = 1;
	json_int(&b, NULL, 2);
	json_close(&b, ']');
	OK(is(&b, "1,2]"));
	buf_free(&b);
}

static void
texts(void)
{
	CASE("json: a plain text is itself");
	OK(text_is("", 0, ""));
	OK(text_is(BYTES("a/b \xc3\xa4 \xf0\x9f\x98\x80"),
	    "a/b \xc3\xa4 \xf0\x9f\x98\x80"));
	CASE("json: quotes and control characters are JSON's");
	OK(text_is(BYTES("\"\0\n\x7f\xc2\x85\xc2\x9f\xc2\xa0"),
	    "\\\"\\u0000\\u000a\\u007f\\u0085\\u009f\xc2\xa0"));
	CASE("json: backslashes and bytes that are not UTF-8 become \\xNN");
	OK(text_is(BYTES("\\x41"), "\\\\x5cx41"));
	OK(text_is(BYTES("\xff"), "\\\\xff"));
	OK(text_is(BYTES("\xc3"), "\\\\xc3"));
	OK(text_is(BYTES("\xc0\xaf"), "\\\\xc0\\\\xaf"));
	OK(text_is(BYTES("\xed\xa0\x80"), "\\\\xed\\\\xa0\\\\x80"));
	OK(text_is(BYTES("\xf4\x90\x80\x80"),
	    "\\\\xf4\\\\x90\\\\x80\\\\x80"));
}

static int
text_is(const char *p, size_t n, const char *want)
{
	struct buf b = { NULL, 0, 0, 0 }, quoted = { NULL, 0, 0, 0 };
	struct span s;
	uint8_t *copy = unit_copy(p, n);
	int same;

	s.p = copy;
	s.n = n;
	json_text(&b, NULL, s);
	buf_printf(&quoted, "\"%s\"", want);
	same = b.len == quoted.len && memcmp(b.p, quoted.p, b.len) == 0;
	buf_free(&b);
	buf_free(&quoted);
	free(copy);
	return same;
}

static void
reversible(void)
{
	static const char some[] = "\\xu0\"{}[],: ac\n\x7f\xc2\xc3\x80\x9f\xa0"
	    "\xe2\xed\xf0\xf4\xff";
	uint8_t text[24], back[sizeof text];
	struct buf b = { NULL, 0, 0, 0 };
	uint64_t state = 7;
	size_t n, i;
	int round, same = 1;
	struct span s;

	CASE("json: all bytes of any text are had back");
	for (round = 0; round < 20000 && same; round++) {
		n = rnd_next(&state) % sizeof text;
		for (i = 0; i < n; i++)
			text[i] = (uint8_t)some[rnd_next(&state) %
			    (sizeof some - (round & 1))];
		s.p = text;
		s.n = n;
		b.len = 0;
		json_text(&b, NULL, s);
		same = read_back(back, &b) == (long)n &&
		    memcmp(back, text, n) == 0;
	}
	OK(same);
	buf_free(&b);
}

/* What a JSON reader and then printf %b make of a string: its bytes, or -1 if
 * it is none or has other escapes than ours. */
static long
read_back(uint8_t *out, const struct buf *b)
{
	const uint8_t *p = b->p + 1, *end = b->p + b->len - 1;
	uint8_t c;
	long n = 0;

	if (b->len < 2 || b->p[0] != '"' || *end != '"')
		return -1;
	while (p < end) {
		if (*p != '\\') {
			if (*p < ' ' || *p == '"' || utf8_len(p,
			    (size_t)(end - p)) == 0)
				return -1;
			for (c = (uint8_t)utf8_len(p, (size_t)(end - p));
			    c > 0; c--)
				out[n++] = *p++;
		} else if (p[1] == '"') {
			out[n++] = '"';
			p += 2;
		} else if (memcmp(p, "\\\\x", 3) == 0 &&
		    unhex(&out[n], p + 3, 1) == 0) {
			n++;
			p += 5;
		} else if (memcmp(p, "\\u00", 4) == 0 &&
		    unhex(&c, p + 4, 1) == 0) {
			if (c >= 0x80)
				out[n++] = 0xc2;
			out[n++] = c;
			p += 6;
		} else {
			return -1;
		}
	}
	return n;
}

static int
is(const struct buf *b, const char *want)
{
	return b->len == strlen(want) && memcmp(b->p, want, b->len) == 0;
}
