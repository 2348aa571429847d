/* Heads of replies.  The length of a body is always told, so that a connection
 * lives on; 304 alone has none, and no body.
 *
 * A file's bytes are a stranger's, and come from the same place as the page
 * about it: no browser may take them for a page or a script.  So every text is
 * plain, whatever it is called, no type is guessed, and what is looked at has
 * a sandbox around it; what is neither text, image, sound nor film is saved.
 * Its name is a stranger's, too: a plain one goes in quotes, and of any other
 * an approximation does, with the name itself, encoded, beside it.
 *
 * Several ranges are parted by a line with the file's tag, which is not in it.
 */
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util.h"
#include "url.h"
#include "http.h"
#include "web/range.h"
#include "web/head.h"

#define BOUNDARY "btsh-"

enum { EXTENSION_MAX = 9 };

static void put_begin(struct buf *out, const struct http_request *r,
    int status);
static const char *reason(int status);
static void put_content(struct buf *out, const struct entity *e,
    const struct web_range *r);
static int64_t parts_length(const struct entity *e,
    const struct web_ranges *some);
static void put_disposition(struct buf *out, struct span name);
static int put_name(struct buf *out, struct span name, int encoded);
static const char *type_of(struct span name);

int64_t
head_file(struct buf *out, const struct http_request *r,
    const struct entity *e, int status, const struct web_ranges *some)
{
	char date[HTTP_DATE_SIZE];
	int64_t length = some->n > 0 ? some->list[0].n : 0;

	put_begin(out, r, status);
	buf_printf(out, "Accept-Ranges: bytes\r\nETag: \"%s\"\r\n", e->tag);
	if (e->modified_s > 0)
		buf_printf(out, "Last-Modified: %s\r\n",
		    http_date(date, e->modified_s));
	if (some->n > 0) {
		buf_printf(out, "Content-Security-Policy: sandbox\r\n");
		put_disposition(out, e->name);
	}
	if (status == 416)
		buf_printf(out, "Content-Range: bytes */%" PRId64 "\r\n",
		    e->size);
	if (some->n == 1) {
		put_content(out, e, status == 206 ? some->list : NULL);
	} else if (some->n > 1) {
		length = parts_length(e, some);
		buf_printf(out, "Content-Type: multipart/byteranges; "
		    "boundary=" BOUNDARY "%s\r\n", e->tag);
	}
	if (status != 304)
		buf_printf(out, "Content-Length: %" PRId64 "\r\n", length);
	buf_printf(out, "\r\n");
	return length;
}

void
head_part(struct buf *out, const struct entity *e,
    const struct web_ranges *some, int i)
{
	buf_printf(out, "\r\n--" BOUNDARY "%s%s\r\n", e->tag,
	    i < some->n ? "" : "--");
	if (i < some->n) {
		put_content(out, e, &some->list[i]);
		buf_printf(out, "\r\n");
	}
}

void
head_page(struct buf *out, const struct http_request *r, int status,
    const char *type, int64_t length, const char *more)
{
	put_begin(out, r, status);
	buf_printf(out, "%sContent-Type: %s\r\nContent-Length: %" PRId64
	    "\r\n\r\n", more, type, length);
}

void
head_fail(struct buf *out, const struct http_request *r, int status,
    int retry_s)
{
	char body[64], more[40] = "";

	snprintf(body, sizeof body, "%d %s\n", status, reason(status));
	if (status == 405)
		snprintf(more, sizeof more, "Allow: GET, HEAD\r\n");
	else if (status == 503)
		snprintf(more, sizeof more, "Retry-After: %d\r\n", retry_s);
	head_page(out, r, status, "text/plain; charset=utf-8",
	    (int64_t)strlen(body), more);
	if (!span_is(r->method, "HEAD"))
		buf_printf(out, "%s", body);
}

/* The status line, and what each head has.  The word about the connection is
 * right for HTTP/1.0 and 1.1. */
static void
put_begin(struct buf *out, const struct http_request *r, int status)
{
	buf_printf(out, "HTTP/1.1 %d %s\r\nConnection: %s\r\n"
	    "X-Content-Type-Options: nosniff\r\n", status, reason(status),
	    r->keep_alive ? "keep-alive" : "close");
}

static const char *
reason(int status)
{
	static const struct { int status; const char *text; } reasons[] = {
		{ 200, "OK" }, { 206, "Partial Content" },
		{ 304, "Not Modified" }, { 400, "Bad Request" },
		{ 404, "Not Found" }, { 405, "Method Not Allowed" },
		{ 414, "URI Too Long" }, { 416, "Range Not Satisfiable" },
		{ 431, "Request Header Fields Too Large" },
		{ 503, "Service Unavailable" },
	};
	size_t i;

	for (i = 0; i < LEN(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "Error";
}

/* The type of a file, and which range of it unless NULL. */
static void
put_content(struct buf *out, const struct entity *e,
    const struct web_range *r)
{
	buf_printf(out, "Content-Type: %s\r\n", type_of(e->name));
	if (r)
		buf_printf(out, "Content-Range: bytes %" PRId64 "-%" PRId64
		    "/%" PRId64 "\r\n", r->at, r->at + r->n - 1, e->size);
}

static int64_t
parts_length(const struct entity *e, const struct web_ranges *some)
{
	struct buf b = { 0 };
	int64_t length = 0;
	int i;

	for (i = 0; i <= some->n; i++) {
		head_part(&b, e, some, i);
		if (i < some->n)
			length += some->list[i].n;
	}
	length += (int64_t)b.len;
	buf_free(&b);
	return length;
}

static void
put_disposition(struct buf *out, struct span name)
{
	buf_printf(out, "Content-Disposition: %s; filename=\"",
	    strncmp(type_of(name), "application/", 12) == 0 ? "attachment" :
	    "inline");
	if (put_name(out, name, 0) > 0) {
		buf_printf(out, "\"; filename*=UTF-8''");
		put_name(out, name, 1);
		buf_printf(out, "\r\n");
	} else {
		buf_printf(out, "\"\r\n");
	}
}

/* A name, percent-encoded (RFC 8187), or as it is; what cannot be in that
 * becomes a _, and how often. */
static int
put_name(struct buf *out, struct span name, int encoded)
{
	size_t i, k;
	int c, replaced = 0;

	for (i = 0; i < name.n; i += MAX(k, 1)) {
		c = name.p[i];
		k = utf8_len(name.p + i, name.n - i);
		if (k == 0 || c < ' ' || c == 0x7f || c == '/' || (!encoded &&
		    (c > 0x7f || c == '"' || c == '\\' || c == '%'))) {
			buf_put(out, "_", 1);
			replaced++;
		} else if (encoded) {
			pct_encode(out, name.p + i, k);
		} else {
			buf_put(out, name.p + i, 1);
		}
	}
	return replaced;
}

/* By what stands after the last dot, or by a name without one. */
static const char *
type_of(struct span name)
{
	static const struct { const char *type, *names; } types[] = {
		{ "text/plain; charset=utf-8", " txt text md rst readme "
		    "license copying changelog makefile nfo log csv tsv json "
		    "xml svg html htm xhtml css js mjs c h cc py sh pl rs go "
		    "java patch diff srt sub cue m3u m3u8 ini conf yml yaml "
		    "toml tex asc sha1 sha256 md5 " },
		{ "text/vtt; charset=utf-8", " vtt " },
		{ "image/jpeg", " jpg jpeg " }, { "image/png", " png " },
		{ "image/gif", " gif " }, { "image/webp", " webp " },
		{ "image/avif", " avif " },
		{ "audio/mpeg", " mp3 " }, { "audio/mp4", " m4a m4b " },
		{ "audio/flac", " flac " }, { "audio/ogg", " ogg oga opus " },
		{ "audio/wav", " wav " }, { "audio/aac", " aac " },
		{ "video/mp4", " mp4 m4v " }, { "video/webm", " webm " },
		{ "video/x-matroska", " mkv " }, { "video/ogg", " ogv " },
		{ "video/quicktime", " mov " }, { "video/mpeg", " mpg mpeg " },
		{ "video/mp2t", " ts " }, { "video/x-msvideo", " avi " },
		{ "application/pdf", " pdf " }, { "application/zip", " zip " },
		{ "application/gzip", " gz tgz " },
		{ "application/x-tar", " tar " },
		{ "application/x-bittorrent", " torrent " },
	};
	char word[EXTENSION_MAX + 3] = " ";
	size_t i, from = name.n, n = 1;

	while (from > 0 && name.p[from - 1] != '.')
		from--;
	if (name.n - from > EXTENSION_MAX)
		from = name.n;
	for (i = from; i < name.n && name.p[i] > ' '; i++)
		word[n++] = (char)(name.p[i] >= 'A' && name.p[i] <= 'Z' ?
		    name.p[i] | 0x20 : name.p[i]);
	if (i < name.n || n == 1)
		return "application/octet-stream";
	word[n] = ' ';
	for (i = 0; i < LEN(types); i++)
		if (strstr(types[i].names, word))
			return types[i].type;
	return "application/octet-stream";
}
