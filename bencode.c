/* Bencode, read in place.  ben_parse walks a whole value once, with a small
 * stack and no recursion, and checks everything that can be wrong; all other
 * readers then trust the bytes and need no errors of their own. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "bencode.h"

static long scalar(const uint8_t *p, size_t n);
static long int_len(const uint8_t *p, size_t n, int64_t *out);
static long parse_str(const uint8_t *p, size_t n, struct span *out);
static void put_decimal(struct buf *b, int64_t v);

long
ben_parse(const uint8_t *p, size_t n)
{
	/* what each open container waits for: 'l' an element or its end, 'k' a
	 * key or its end, 'v' a value */
	char open[BEN_DEPTH];
	int depth = 0;
	size_t at = 0;
	long len;

	do {
		if (at >= n)
			return 0;
		if (p[at] == 'e' && depth > 0 && open[depth - 1] != 'v') {
			depth--;
			at++;
			continue;
		}
		if (depth > 0 && open[depth - 1] == 'k') {
			if (p[at] < '0' || p[at] > '9')
				return -1;
			open[depth - 1] = 'v';
		} else if (depth > 0 && open[depth - 1] == 'v') {
			open[depth - 1] = 'k';
		}
		if (p[at] == 'l' || p[at] == 'd') {
			if (depth == BEN_DEPTH)
				return -1;
			open[depth++] = p[at] == 'l' ? 'l' : 'k';
			at++;
		} else {
			len = scalar(p + at, n - at);
			if (len <= 0)
				return len;
			at += (size_t)len;
		}
	} while (depth > 0);
	return (long)at;
}

/* The length of the integer or string at p; 0 for more, -1 for wrong. */
static long
scalar(const uint8_t *p, size_t n)
{
	struct span s;
	int64_t v;

	return p[0] == 'i' ? int_len(p, n, &v) : parse_str(p, n, &s);
}

/* Zeros in front, a plus and -0 are no bencode, but other clients read them,
 * here and before a string. */
static long
int_len(const uint8_t *p, size_t n, int64_t *out)
{
	size_t i = 1, first;
	int minus;
	uint64_t v = 0;

	minus = i < n && p[i] == '-';
	first = i += minus || (i < n && p[i] == '+');
	for (; i < n && p[i] >= '0' && p[i] <= '9'; i++) {
		if (v > INT64_MAX / 10)
			return -1;
		v = v * 10 + (p[i] - '0');
	}
	if (v > (uint64_t)INT64_MAX + (uint64_t)minus)
		return -1;
	if (i == n)
		return 0;
	if (p[i] != 'e' || i == first)
		return -1;
	*out = minus && v > 0 ? -(int64_t)(v - 1) - 1 : (int64_t)v;
	return (long)(i + 1);
}

static long
parse_str(const uint8_t *p, size_t n, struct span *out)
{
	uint64_t len = 0;
	size_t i;

	for (i = 0; i < n && p[i] >= '0' && p[i] <= '9'; i++) {
		if (len > UINT32_MAX)
			return -1;
		len = len * 10 + (p[i] - '0');
	}
	if (i == n)
		return 0;
	if (p[i] != ':' || i == 0)
		return -1;
	i++;
	if (len > n - i)
		return 0;
	out->p = p + i;
	out->n = (size_t)len;
	return (long)(i + len);
}

int
ben_kind(struct span v)
{
	if (v.n == 0)
		return 0;
	return v.p[0] == 'i' || v.p[0] == 'l' || v.p[0] == 'd' ? v.p[0] : 's';
}

int
ben_int(struct span v, int64_t *out)
{
	return ben_kind(v) == 'i' && int_len(v.p, v.n, out) > 0 ? 0 : -1;
}

int
ben_str(struct span v, struct span *out)
{
	return ben_kind(v) == 's' && parse_str(v.p, v.n, out) > 0 ? 0 : -1;
}

struct span
ben_get(struct span dict, const char *key)
{
	struct span it = ben_items(dict), k, s, none = { NULL, 0 };

	if (ben_kind(dict) != 'd')
		return none;
	while (ben_next(&it, &k)) {
		if (!ben_next(&it, &dict))
			break;
		if (ben_str(k, &s) == 0 && span_is(s, key))
			return dict;
	}
	return none;
}

void
ben_get_all(struct span dict, const char *const *keys, struct span *values,
    int n)
{
	struct span it = ben_items(dict), k, v;
	int i;

	memset(values, 0, (size_t)n * sizeof *values);
	if (ben_kind(dict) != 'd')
		return;
	while (ben_next_str(&it, &k) && ben_next(&it, &v)) {
		for (i = 0; i < n && (values[i].n > 0 ||
		    !span_is(k, keys[i])); i++)
			;
		if (i < n)
			values[i] = v;
	}
}

int64_t
ben_get_int(struct span dict, const char *key, int64_t otherwise)
{
	int64_t v;

	return ben_int(ben_get(dict, key), &v) < 0 ? otherwise : v;
}

struct span
ben_get_str(struct span dict, const char *key)
{
	struct span s = { NULL, 0 };

	ben_str(ben_get(dict, key), &s);
	return s;
}

struct span
ben_items(struct span v)
{
	struct span none = { NULL, 0 };

	if (ben_kind(v) != 'l' && ben_kind(v) != 'd')
		return none;
	v.p++;
	v.n -= 2;
	return v;
}

int
ben_next(struct span *items, struct span *element)
{
	long len;

	if (items->n == 0)
		return 0;
	len = items->p[0] == 'l' || items->p[0] == 'd' ?
	    ben_parse(items->p, items->n) : scalar(items->p, items->n);
	if (len <= 0)
		return 0;
	element->p = items->p;
	element->n = (size_t)len;
	items->p += len;
	items->n -= (size_t)len;
	return 1;
}

int
ben_next_str(struct span *items, struct span *str)
{
	long len = items->n > 0 ? parse_str(items->p, items->n, str) : 0;

	if (len <= 0)
		return 0;
	items->p += len;
	items->n -= (size_t)len;
	return 1;
}

/* printf can do it, too, in ten times the time. */
static void
put_decimal(struct buf *b, int64_t v)
{
	char text[20], *at = text + sizeof text;
	uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	do
		*--at = (char)('0' + u % 10);
	while ((u /= 10) > 0);
	if (v < 0)
		*--at = '-';
	buf_put(b, at, (size_t)(text + sizeof text - at));
}

void
ben_put_int(struct buf *b, int64_t v)
{
	buf_put(b, "i", 1);
	put_decimal(b, v);
	buf_put(b, "e", 1);
}

void
ben_put_bytes(struct buf *b, const void *p, size_t n)
{
	put_decimal(b, (int64_t)n);
	buf_put(b, ":", 1);
	buf_put(b, p, n);
}

void
ben_put_str(struct buf *b, const char *s)
{
	ben_put_bytes(b, s, strlen(s));
}
