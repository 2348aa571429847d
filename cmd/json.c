/* JSON, written.  Whether a comma is due shows in the last byte that was
 * written: none is at the beginning of a text and after an opening bracket; a
 * string never ends in one, but in its quote. */
#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "cmd/json.h"

static void begin(struct buf *b, const char *key);
static void quote(struct buf *b, struct span s);
static size_t put_char(struct buf *b, const uint8_t *p, size_t n);

void
json_open(struct buf *b, const char *key, char bracket)
{
	begin(b, key);
	buf_put(b, &bracket, 1);
}

void
json_close(struct buf *b, char bracket)
{
	buf_put(b, &bracket, 1);
}

void
json_int(struct buf *b, const char *key, int64_t v)
{
	begin(b, key);
	buf_printf(b, "%" PRId64, v);
}

void
json_bool(struct buf *b, const char *key, int yes)
{
	begin(b, key);
	buf_printf(b, "%s", yes ? "true" : "false");
}

void
json_text(struct buf *b, const char *key, struct span s)
{
	begin(b, key);
	quote(b, s);
}

/* What stands before a value. */
static void
begin(struct buf *b, const char *key)
{
	if (b->len > 0 && !memchr("{[", b->p[b->len - 1], 2))
		buf_put(b, ",", 1);
	if (key) {
		quote(b, span_of(key));
		buf_put(b, ":", 1);
	}
}

static void
quote(struct buf *b, struct span s)
{
	size_t i;

	buf_put(b, "\"", 1);
	for (i = 0; i < s.n; )
		i += put_char(b, s.p + i, s.n - i);
	buf_put(b, "\"", 1);
}

/* The character at p, of n bytes, or its first byte if it is none: how many
 * bytes of it that was. */
static size_t
put_char(struct buf *b, const uint8_t *p, size_t n)
{
	size_t k = utf8_len(p, n);

	if (k == 0 || *p == '\\') { /* JSON's own backslash, then ours */
		buf_printf(b, "\\\\x%02x", *p);
		return 1;
	}
	if (k == 1 && *p == '"')
		buf_put(b, "\\", 1);
	if (k == 1 && (*p < ' ' || *p == 0x7f))
		buf_printf(b, "\\u00%02x", *p);
	else if (k == 2 && *p == 0xc2 && p[1] < 0xa0) /* control, too */
		buf_printf(b, "\\u00%02x", p[1]);
	else
		buf_put(b, p, k);
	return k;
}
