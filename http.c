/* HTTP as text.  A reply is read by a machine that takes any cut of
 * its bytes: head, then a body by length, by chunks, or up to the end of the
 * connection.  Line ends may be CRLF or LF alone. */
#include <stddef.h>
#include <stdint.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "util.h"
#include "inflate.h"
#include "url.h"
#include "http.h"

enum { CHUNK_LINE_MAX = 1024 }; /* sizes with extensions, and trailers */

#define DAY_S      86400
#define YEAR_10000 INT64_C(253402300800)

enum { R_HEAD, R_LENGTH, R_EOF, R_CHUNK, R_DATA, R_DATA_END, R_TRAILER,
	R_DONE };

static void put_host(struct buf *out, const struct url *u);
static void put_user(struct buf *out, const char *header, const char *user);
static void put_head(struct buf *out, const char *method, const struct url *u,
    const char *query, const char *by);
static void put_base64(struct buf *b, const uint8_t *p, size_t n);
static long head_len(const uint8_t *p, size_t n, size_t max);
static int has_token(struct span s, const char *token);
static uint32_t is_leap(uint32_t year);
static struct span trim(struct span s);
static int take_line(struct span *text, struct span *line);
static long wrong(struct http_reply *r, const char *what, struct span value);
static long too_large(struct http_reply *r, const char *what, size_t limit);
static int not_unpacked(struct http_reply *r, const char *by, const char *why);
static void content_range(struct http_reply *r, struct span value);
static long reply_header(struct http_reply *r, struct span name,
    struct span value);
static void copy_value(char *dst, size_t size, struct span value);
static long reply_line(struct http_reply *r, const uint8_t *p, size_t n);
static long reply_data(struct http_reply *r, const uint8_t *p, size_t n);
static int request_line(struct http_request *r, struct span line);
static void split_target(struct http_request *r);

void
http_get(struct buf *out, const struct url *u, const char *query)
{
	put_head(out, "GET", u, query, NULL);
	buf_printf(out, "Connection: close\r\n\r\n");
}

void
http_get_by(struct buf *out, const struct url *u, const char *query,
    const char *user)
{
	put_head(out, "GET", u, query, user);
	buf_printf(out, "Connection: close\r\n");
	put_user(out, "Proxy-Authorization", user);
	buf_printf(out, "\r\n");
}

void
http_get_range(struct buf *out, const struct url *u, const char *by,
    int64_t first, int64_t last)
{
	put_head(out, "GET", u, NULL, by);
	if (by)
		put_user(out, "Proxy-Authorization", by);
	buf_printf(out, "Range: bytes=%" PRId64 "-%" PRId64 "\r\n\r\n", first,
	    last);
}

void
http_post(struct buf *out, const struct url *u, const char *head,
    const char *body)
{
	put_head(out, "POST", u, NULL, NULL);
	buf_printf(out, "Connection: close\r\n%sContent-Length: %zu\r\n\r\n%s",
	    head, strlen(body), body);
}

static void
put_host(struct buf *out, const struct url *u)
{
	const char *v6 = strchr(u->host, ':') ? "[" : "";

	buf_printf(out, "%s%s%s", v6, u->host, *v6 ? "]" : "");
	if (u->port != 80)
		buf_printf(out, ":%u", u->port);
}

static void
put_user(struct buf *out, const char *header, const char *user)
{
	if (!*user)
		return;
	buf_printf(out, "%s: ", header);
	http_basic(out, user);
	buf_printf(out, "\r\n");
}

/* A request's head without the empty line; by: a proxy's (its user), NULL:
 * the server's itself. */
static void
put_head(struct buf *out, const char *method, const struct url *u,
    const char *query, const char *by)
{
	buf_printf(out, "%s ", method);
	if (by) {
		buf_printf(out, "http://");
		put_host(out, u);
	}
	buf_printf(out, "%s", u->path);
	if (query)
		buf_printf(out, "%c%s", strchr(u->path, '?') ? '&' : '?',
		    query);
	buf_printf(out, " HTTP/1.1\r\nHost: ");
	put_host(out, u);
	buf_printf(out, "\r\n");
	put_user(out, "Authorization", u->user);
	buf_printf(out, "User-Agent: btsh/" VERSION "\r\n"
	    "Accept-Encoding: identity\r\n");
}

void
http_basic(struct buf *out, const char *name)
{
	uint8_t user[URL_USER_MAX + 1];
	long n = pct_decode(user, URL_USER_MAX, span_of(name));

	if (!strchr(name, ':'))
		user[n++] = ':';
	buf_printf(out, "Basic ");
	put_base64(out, user, (size_t)n);
}

static void
put_base64(struct buf *b, const uint8_t *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t word;
	size_t i, k;

	for (; n > 0; p += k, n -= k) {
		k = MIN(n, 3);
		word = (uint32_t)p[0] << 16 | (k > 1 ? p[1] << 8 : 0) |
		    (k > 2 ? p[2] : 0);
		for (i = 0; i < 4; i++, word <<= 6)
			buf_put(b, i > k ? "=" : &digits[word >> 18 & 63], 1);
	}
}

long
http_reply_feed(struct http_reply *r, const uint8_t *p, size_t n)
{
	size_t done = 0;
	long k = 0;

	while (done < n && r->state != R_DONE) {
		switch (r->state) {
		case R_HEAD:
			k = http_reply_head(r, p + done, n - done);
			break;
		case R_CHUNK:
		case R_DATA_END:
		case R_TRAILER:
			k = reply_line(r, p + done, n - done);
			break;
		default:
			k = reply_data(r, p + done, n - done);
		}
		if (k < 0)
			return -1;
		if (k == 0)
			break;
		done += (size_t)k;
	}
	return (long)done;
}

int
http_reply_eof(struct http_reply *r)
{
	if (r->state == R_EOF)
		r->state = R_DONE;
	if (r->state == R_HEAD)
		snprintf(r->why, sizeof r->why,
		    "it hung up before its reply was there");
	else if (r->state != R_DONE)
		snprintf(r->why, sizeof r->why,
		    "its reply was cut short after %zu bytes", r->body.len);
	return r->state == R_DONE;
}

int
http_reply_done(const struct http_reply *r)
{
	return r->state == R_DONE;
}

/* What is wrong with a reply is its value; -1. */
static long
wrong(struct http_reply *r, const char *what, struct span value)
{
	char text[64];

	value.n = MIN(value.n, 40);
	snprintf(r->why, sizeof r->why, "its %s is wrong: %s", what,
	    escape(text, sizeof text, value));
	return -1;
}

static long
too_large(struct http_reply *r, const char *what, size_t limit)
{
	snprintf(r->why, sizeof r->why, "its %s is larger than %zu bytes",
	    what, limit);
	return -1;
}

/* The same of what is packed. */
static int
not_unpacked(struct http_reply *r, const char *by, const char *why)
{
	snprintf(r->why, sizeof r->why, "its reply is packed by %s, %s", by,
	    why);
	return -1;
}

int
http_reply_unpack(struct http_reply *r)
{
	static const char *const unknown[] = { "br", "zstd", "compress",
	    "x-compress" };
	struct span body = { r->body.p, r->body.len };
	struct buf out = { 0 };
	size_t i;
	int k;

	for (i = 0; i < LEN(unknown); i++)
		if (strcasecmp(r->coding, unknown[i]) == 0 && body.n > 0 &&
		    *body.p != 'd') /* a dictionary after all */
			return not_unpacked(r, unknown[i],
			    "which btsh cannot read");
	if (!inflate_is_gzip(body) && strcasecmp(r->coding, "deflate") != 0)
		return 0;
	k = inflate_any(&out, body, r->limit);
	if (k == 0) {
		buf_free(&r->body);
		r->body = out;
		return 0;
	}
	buf_free(&out);
	if (k == INFLATE_LARGE)
		return (int)too_large(r, "reply", r->limit);
	return inflate_is_gzip(body) ? not_unpacked(r, "gzip", "and damaged") :
	    0;
}

long
http_reply_head(struct http_reply *r, const uint8_t *p, size_t n)
{
	struct span head, line, name, value;
	long len = head_len(p, n, HTTP_HEAD_MAX);

	if (memcmp(p, "HTTP/1.", MIN(n, 7)) != 0) {
		snprintf(r->why, sizeof r->why, "it does not answer in "
		    "HTTP/1");
		return -1;
	}
	if (len < 0)
		return too_large(r, "reply's head", HTTP_HEAD_MAX);
	if (len == 0)
		return 0;
	head.p = p;
	head.n = (size_t)len;
	take_line(&head, &line);
	if (line.n < 12 || line.p[8] != ' ' || (line.n > 12 && line.p[12] !=
	    ' ') || hex_digit(line.p[9]) > 9 || hex_digit(line.p[10]) > 9 ||
	    hex_digit(line.p[11]) > 9)
		return wrong(r, "status line", line);
	r->status = hex_digit(line.p[9]) * 100 + hex_digit(line.p[10]) * 10 +
	    hex_digit(line.p[11]);
	r->left = r->first = r->last = r->all = r->retry_s = -1;
	r->chunked = 0;
	r->keeps = p[7] != '0';
	r->location[0] = r->coding[0] = '\0';
	while (http_header(&head, &name, &value))
		if (reply_header(r, name, value) < 0)
			return -1;
	if (r->status < 200)
		return len; /* 100 Continue and such: the reply follows */
	r->state = r->status == 204 || r->status == 304 ? R_DONE :
	    r->chunked ? R_CHUNK : r->left < 0 ? R_EOF :
	    r->left == 0 ? R_DONE : R_LENGTH;
	return r->state == R_LENGTH && (uint64_t)r->left > r->limit ?
	    too_large(r, "reply", r->limit) : len;
}

static long
reply_header(struct http_reply *r, struct span name, struct span value)
{
	int64_t length;

	if (http_is(name, "content-length")) {
		if (span_number(value, 10, &length) < 0 ||
		    (r->left >= 0 && r->left != length))
			return wrong(r, "Content-Length", value);
		r->left = length;
	} else if (http_is(name, "transfer-encoding")) {
		r->chunked = http_is(value, "chunked");
		if (!r->chunked && !http_is(value, "identity"))
			return wrong(r, "Transfer-Encoding", value);
	} else if (http_is(name, "content-encoding")) {
		copy_value(r->coding, sizeof r->coding, value);
	} else if (http_is(name, "location")) {
		copy_value(r->location, sizeof r->location, value);
	} else if (http_is(name, "connection")) {
		r->keeps = !has_token(value, "close") &&
		    (r->keeps || has_token(value, "keep-alive"));
	} else if (http_is(name, "content-range")) {
		content_range(r, value);
	} else if (http_is(name, "retry-after")) {
		if (span_number(value, 10, &r->retry_s) < 0)
			r->retry_s = -1;
	}
	return 0;
}

/* bytes 0-99/200; what is none of this form names no range. */
static void
content_range(struct http_reply *r, struct span value)
{
	const uint8_t *dash = memchr(value.p, '-', value.n),
	    *slash = memchr(value.p, '/', value.n);
	struct span first, last, all;

	r->first = r->last = r->all = -1;
	if (value.n < 6 || strncasecmp((const char *)value.p, "bytes ", 6) != 0 ||
	    !dash || !slash || dash > slash)
		return;
	first.p = value.p + 6;
	first.n = (size_t)(dash - first.p);
	last.p = dash + 1;
	last.n = (size_t)(slash - last.p);
	all.p = slash + 1;
	all.n = (size_t)(value.p + value.n - all.p);
	first = trim(first);
	if (span_number(first, 10, &r->first) < 0 ||
	    span_number(last, 10, &r->last) < 0)
		r->first = r->last = -1;
	else if (span_number(all, 10, &r->all) < 0)
		r->all = -1;
}

/* A header's value, unless it is too long. */
static void
copy_value(char *dst, size_t size, struct span value)
{
	if (value.n >= size)
		return;
	memcpy(dst, value.p, value.n);
	dst[value.n] = '\0';
}

/* A chunk's size, the line end after its data, or a line of the trailer. */
static long
reply_line(struct http_reply *r, const uint8_t *p, size_t n)
{
	struct span text, line;
	const uint8_t *semi;

	n = MIN(n, CHUNK_LINE_MAX);
	text.p = p;
	text.n = n;
	if (!take_line(&text, &line))
		return n == CHUNK_LINE_MAX ? too_large(r, "line of a chunk",
		    CHUNK_LINE_MAX) : 0;
	switch (r->state) {
	case R_CHUNK:
		semi = line.n > 0 ? memchr(line.p, ';', line.n) : NULL;
		if (semi)
			line.n = (size_t)(semi - line.p);
		line = trim(line);
		if (span_number(line, 16, &r->left) < 0)
			return wrong(r, "chunk's size", line);
		if ((uint64_t)r->left > r->limit - r->body.len)
			return too_large(r, "reply", r->limit);
		r->state = r->left > 0 ? R_DATA : R_TRAILER;
		break;
	case R_DATA_END:
		if (line.n > 0)
			return wrong(r, "chunk's end", line);
		r->state = R_CHUNK;
		break;
	default:
		r->trailer += n - text.n;
		if (r->trailer > HTTP_HEAD_MAX)
			return too_large(r, "trailer", HTTP_HEAD_MAX);
		if (line.n == 0)
			r->state = R_DONE;
	}
	return (long)(n - text.n);
}

static long
reply_data(struct http_reply *r, const uint8_t *p, size_t n)
{
	if (r->state != R_EOF && (uint64_t)r->left < n)
		n = (size_t)r->left;
	if (n > r->limit - r->body.len)
		return too_large(r, "reply", r->limit);
	buf_put(&r->body, p, n);
	if (r->state != R_EOF && (r->left -= (int64_t)n) == 0)
		r->state = r->state == R_DATA ? R_DATA_END : R_DONE;
	return (long)n;
}

long
http_request_parse(struct http_request *r, const uint8_t *p, size_t n)
{
	struct span head, line, name, value;
	int64_t len;
	long head_n, skip = 0;
	int closes = 0;

	for (; n > 0 && skip < 4 && (*p == '\r' || *p == '\n'); skip++, n--)
		p++; /* RFC 9112, 2.2 */
	head_n = head_len(p, n, HTTP_HEAD_MAX - (size_t)skip);
	if (head_n <= 0)
		return head_n;
	memset(r, 0, sizeof *r);
	head.p = p;
	head.n = (size_t)head_n;
	take_line(&head, &line);
	if (request_line(r, line) < 0)
		return -1;
	r->headers = head;
	while (http_header(&head, &name, &value)) {
		if (name.n > 0 && (name.p[name.n - 1] == ' ' ||
		    name.p[name.n - 1] == '\t'))
			return -1; /* RFC 9112, 5.1 */
		if (http_is(name, "connection")) {
			closes |= has_token(value, "close");
			r->keep_alive |= has_token(value, "keep-alive");
		} else if (http_is(name, "host")) {
			r->host = value;
		} else if (http_is(name, "x-forwarded-for")) {
			r->forwarded_for = value;
		} else if (http_is(name, "transfer-encoding") ||
		    (http_is(name, "content-length") &&
		    (span_number(value, 10, &len) < 0 || len != 0))) {
			return -1;
		}
	}
	r->keep_alive = r->keep_alive && !closes;
	return skip + head_n;
}

static int
request_line(struct http_request *r, struct span line)
{
	const uint8_t *sp = memchr(line.p, ' ', line.n);

	if (!sp || sp == line.p)
		return -1;
	r->method.p = line.p;
	r->method.n = (size_t)(sp - line.p);
	r->path.p = sp + 1;
	r->path.n = line.n - r->method.n - 1;
	sp = memchr(r->path.p, ' ', r->path.n);
	if (!sp || sp == r->path.p || line.n - (size_t)(sp - line.p) != 9 ||
	    strncmp((const char *)sp, " HTTP/1.", 8) != 0 || hex_digit(sp[8]) > 9)
		return -1;
	r->keep_alive = sp[8] != '0';
	r->path.n = (size_t)(sp - r->path.p);
	split_target(r);
	return 0;
}

/* "/path?query", or the same behind "http://host". */
static void
split_target(struct http_request *r)
{
	struct span *path = &r->path;
	const uint8_t *end = path->p + path->n, *mark, *slash;

	mark = memchr(path->p, '?', path->n);
	if (mark) {
		r->query.p = mark + 1;
		r->query.n = (size_t)(end - mark) - 1;
		end = mark;
	}
	path->n = (size_t)(end - path->p);
	if (path->n <= 7 ||
	    strncasecmp((const char *)path->p, "http://", 7) != 0)
		return;
	slash = memchr(path->p + 7, '/', path->n - 7);
	/* no path means /, borrowed from the scheme's own slashes */
	path->p = slash ? slash : path->p + 6;
	path->n = slash ? (size_t)(end - slash) : 1;
}

int
http_is_request(const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n && i < 8 && p[i] >= 'A' && p[i] <= 'Z'; i++)
		;
	return i == n && n < 8 ? -1 : i > 0 && i < 8 && p[i] == ' ';
}

void
http_reply_put(struct buf *out, const char *status, const char *type,
    const struct buf *body, int keep_alive, int head_only)
{
	buf_printf(out, "HTTP/1.1 %s\r\nContent-Type: %s\r\n"
	    "Content-Length: %zu\r\nConnection: %s\r\n\r\n", status, type,
	    buf_left(body), keep_alive ? "keep-alive" : "close");
	if (!head_only && buf_left(body) > 0)
		buf_put(out, body->p + body->at, buf_left(body));
}

/* The length of the head at p with its empty line, 0 for more, -1 over max. */
static long
head_len(const uint8_t *p, size_t n, size_t max)
{
	size_t i;

	n = MIN(n, max);
	for (i = 0; i < n; i++)
		if (p[i] == '\n' && (n - i > 1 && p[i + 1] == '\n'))
			return (long)i + 2;
		else if (p[i] == '\n' && n - i > 2 && p[i + 1] == '\r' &&
		    p[i + 2] == '\n')
			return (long)i + 3;
	return n == max ? -1 : 0;
}

int
http_header(struct span *head, struct span *name, struct span *value)
{
	struct span line;
	const uint8_t *colon;

	while (take_line(head, &line) && line.n > 0) {
		colon = memchr(line.p, ':', line.n);
		if (!colon)
			continue;
		name->p = line.p;
		name->n = (size_t)(colon - line.p);
		value->p = colon + 1;
		value->n = line.n - name->n - 1;
		*value = trim(*value);
		return 1;
	}
	return 0;
}

int
http_is(struct span s, const char *name)
{
	return s.n == strlen(name) &&
	    strncasecmp((const char *)s.p, name, s.n) == 0;
}

/* Whether token is an element of the list s. */
static int
has_token(struct span s, const char *token)
{
	struct span one;

	while (http_list_next(&s, &one))
		if (http_is(one, token))
			return 1;
	return 0;
}

int
http_list_next(struct span *list, struct span *element)
{
	size_t n;
	int quoted;

	element->n = 0;
	while (list->n > 0 && element->n == 0) {
		for (n = 0, quoted = 0; n < list->n; n++)
			if (list->p[n] == '"')
				quoted = !quoted;
			else if (list->p[n] == ',' && !quoted)
				break;
		element->p = list->p;
		element->n = n;
		*element = trim(*element);
		n += n < list->n;
		list->p += n;
		list->n -= n;
	}
	return element->n > 0;
}

/* gmtime would open the time zone's file, strftime ask the locale. */
char *
http_date(char dst[HTTP_DATE_SIZE], int64_t time_s)
{
	static const char days[] = "ThuFriSatSunMonTueWed",
	    months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	static const uint8_t lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30,
	    31, 30, 31 };
	uint64_t t = (uint64_t)MAX(0, MIN(time_s, YEAR_10000 - 1));
	uint32_t second = (uint32_t)(t % DAY_S), day = (uint32_t)(t / DAY_S),
	    weekday = day % 7, year = 1970, month, n;

	for (; day >= (n = 365 + is_leap(year)); year++)
		day -= n;
	for (month = 0; day >= (n = lengths[month] + (month == 1 &&
	    is_leap(year))); month++)
		day -= n;
	snprintf(dst, HTTP_DATE_SIZE, "%.3s, %02u %.3s %04u %02u:%02u:%02u "
	    "GMT", days + 3 * weekday, (day + 1) % 100, months + 3 * month,
	    year % 10000, second / 3600 % 24, second / 60 % 60, second % 60);
	return dst;
}

static uint32_t
is_leap(uint32_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static struct span
trim(struct span s)
{
	while (s.n > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* The first line of text, without its end; 0 if text has no line end. */
static int
take_line(struct span *text, struct span *line)
{
	const uint8_t *nl = text->n > 0 ?
	    memchr(text->p, '\n', text->n) : NULL;

	line->p = text->p;
	line->n = nl ? (size_t)(nl - text->p) : 0;
	if (!nl)
		return 0;
	text->p += line->n + 1;
	text->n -= line->n + 1;
	if (line->n > 0 && line->p[line->n - 1] == '\r')
		line->n--;
	return 1;
}
