/* Conditions and ranges.  What comes in is a request's head, up to thousands
 * of ranges long, walked once; what goes out is at most RANGES_MAX stretches
 * that lie in the file and are in sum no longer than it.
 *
 * The order is RFC 9110's (13.2.2): who has the file already is told so,
 * whatever else was asked; ranges come then, unless If-Range says that they
 * are of other bytes.  Dates are compared as text: a client sends the one that
 * it got, and all else is another. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "http.h"
#include "web/range.h"

#define FAR ((int64_t)1 << 59) /* behind the end of any file */

enum { WRONG = -1 }; /* the header counts for none */

/* What a head says of this. */
struct conditions {
	struct span range, if_range, since;
	int nrange, nif_range;  /* how many of these headers there are */
	int none_match, held;   /* an If-None-Match, and it names the file */
};

static void read_conditions(struct conditions *c, struct span head,
    const struct entity *e);
static int has_tag(struct span list, const struct entity *e);
static int is_tag(struct span s, const struct entity *e);
static int is_date(struct span s, const struct entity *e);
static int parse(struct web_ranges *some, struct span s, int64_t size);
static int parse_one(struct web_range *r, struct span s, int64_t size);
static int number(struct span s, int64_t *out);
static int add(struct web_ranges *some, struct web_range r);

int
range_answer(struct web_ranges *some, const struct http_request *r,
    const struct entity *e)
{
	struct conditions c = { .nrange = 0 };
	int n;

	some->n = 0;
	read_conditions(&c, r->headers, e);
	if (c.none_match ? c.held : is_date(c.since, e))
		return 304;
	n = !span_is(r->method, "GET") || c.nrange != 1 || (c.nif_range > 0 &&
	    (c.nif_range > 1 || !(is_tag(c.if_range, e) ||
	    is_date(c.if_range, e)))) ? WRONG : parse(some, c.range, e->size);
	if (n >= 0)
		return n == 0 ? 416 : 206;
	some->n = 1;
	some->list[0].at = 0;
	some->list[0].n = e->size;
	return 200;
}

static void
read_conditions(struct conditions *c, struct span head,
    const struct entity *e)
{
	struct span name, value;

	while (http_header(&head, &name, &value))
		if (http_is(name, "range")) {
			c->range = value;
			c->nrange++;
		} else if (http_is(name, "if-range")) {
			c->if_range = value;
			c->nif_range++;
		} else if (http_is(name, "if-modified-since")) {
			c->since = value;
		} else if (http_is(name, "if-none-match")) {
			c->none_match = 1;
			c->held |= has_tag(value, e);
		}
}

/* Whether an If-None-Match names the file, weakly or not. */
static int
has_tag(struct span list, const struct entity *e)
{
	struct span one;

	if (span_is(list, "*"))
		return 1;
	while (http_list_next(&list, &one)) {
		if (one.n > 2 && memcmp(one.p, "W/", 2) == 0) {
			one.p += 2;
			one.n -= 2;
		}
		if (is_tag(one, e))
			return 1;
	}
	return 0;
}

/* Whether it is the file's tag in quotes. */
static int
is_tag(struct span s, const struct entity *e)
{
	size_t n = strlen(e->tag);

	return s.n == n + 2 && s.p[0] == '"' && s.p[n + 1] == '"' &&
	    memcmp(s.p + 1, e->tag, n) == 0;
}

static int
is_date(struct span s, const struct entity *e)
{
	char date[HTTP_DATE_SIZE];

	return e->modified_s > 0 && span_is(s, http_date(date, e->modified_s));
}

/* How many ranges of a Range header the file has, or WRONG. */
static int
parse(struct web_ranges *some, struct span s, int64_t size)
{
	static const char unit[] = "bytes=";
	const size_t n = sizeof unit - 1;
	struct span one = { s.p, MIN(s.n, n) };
	struct web_range r;
	int64_t total = 0;
	int i, asked = 0, k;

	if (!http_is(one, unit))
		return WRONG;
	s.p += n;
	s.n -= n;
	for (; http_list_next(&s, &one); asked++) {
		k = parse_one(&r, one, size);
		if (k == WRONG || (k > 0 && add(some, r) < 0))
			return WRONG;
	}
	for (i = 0; i < some->n; i++)
		if ((total += some->list[i].n) > size)
			return WRONG;
	return asked > 0 ? some->n : WRONG;
}

/* "a-b", "a-" or "-n": 1, 0 if the file has nothing of it, or WRONG. */
static int
parse_one(struct web_range *r, struct span s, int64_t size)
{
	const uint8_t *dash = memchr(s.p, '-', s.n);
	struct span from, to;
	int64_t last = FAR;

	if (!dash)
		return WRONG;
	from.p = s.p;
	from.n = (size_t)(dash - s.p);
	to.p = dash + 1;
	to.n = s.n - from.n - 1;
	if ((to.n > 0 || from.n == 0) && number(to, &last) < 0)
		return WRONG;
	if (from.n == 0) {
		if (last > 0 && size == 0)
			return WRONG; /* it has that, and no range says so */
		r->n = MIN(last, size);
		r->at = size - r->n;
		return last > 0;
	}
	if (number(from, &r->at) < 0 || last < r->at)
		return WRONG;
	r->n = MIN(last, size - 1) - r->at + 1;
	return r->at < size;
}

/* Digits; what is over FAR is FAR. */
static int
number(struct span s, int64_t *out)
{
	size_t i;

	*out = 0;
	for (i = 0; i < s.n; i++) {
		if (hex_digit(s.p[i]) > 9)
			return -1;
		*out = *out == FAR ? FAR : MIN(FAR, *out * 10 +
		    hex_digit(s.p[i]));
	}
	return s.n > 0 ? 0 : -1;
}

/* Makes the last range longer, or puts one after it; -1: there is no room. */
static int
add(struct web_ranges *some, struct web_range r)
{
	struct web_range *last = some->n > 0 ? &some->list[some->n - 1] : NULL;

	if (last && r.at >= last->at && r.at <= last->at + last->n) {
		last->n = MAX(last->n, r.at + r.n - last->at);
		return 0;
	}
	if (some->n == RANGES_MAX)
		return -1;
	some->list[some->n++] = r;
	return 0;
}
