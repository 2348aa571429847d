/* HTTP/1.1 messages (RFC 9110, 9112) as text in buffers. */

#ifndef HTTP_H
#define HTTP_H

#include "util.h"
#include "url.h"

enum {
	HTTP_HEAD_MAX = 8192,  /* bytes of a request's or a reply's head */
	HTTP_DATE_SIZE = 30    /* of a date with its NUL */
};

/* GET url, with its name and password (RFC 7617); its path gets the query,
 * begun with ? or &, appended unless NULL. */
void http_get(struct buf *out, const struct url *u, const char *query);
/* The same for a proxy (RFC 9112, 3.2.2), with its name and password ("":
 * none). */
void http_get_by(struct buf *out, const struct url *u, const char *query,
    const char *user);
/* GET of the bytes from first to last of url, over a connection that is to
 * stay; by: a proxy's user, as above, NULL: it is no proxy's. */
void http_get_range(struct buf *out, const struct url *u, const char *by,
    int64_t first, int64_t last);
/* POST of a body to url; head has more lines of the head, each with its CRLF.
 */
void http_post(struct buf *out, const struct url *u, const char *head,
    const char *body);
/* The value of an Authorization header for a struct url's user. */
void http_basic(struct buf *out, const char *user);

/* A reply, read as it comes.  Zeroed and given limit before use, freed with
 * buf_free(&r->body). */
struct http_reply {
	int state;
	int status;              /* such as 200, once the head is whole */
	int64_t left;            /* body bytes to come, of all or of a chunk */
	size_t limit;            /* most bytes of body */
	size_t trailer;          /* bytes of trailer seen */
	int chunked;
	char location[URL_MAX];  /* "" if none */
	char coding[16];         /* of the body, as the head calls it */
	int keeps;               /* the connection stays, if the length is known */
	int64_t first, last;     /* of Content-Range, -1: it names none, */
	int64_t all;             /* of so many bytes; -1: unknown */
	int64_t retry_s;         /* of Retry-After; -1: it names no seconds */
	struct buf body;         /* owned */
	char why[128];           /* what is wrong, safe to print */
};

/* Bytes consumed, 0: wait for more, -1: hang up.  All of a reply must be fed
 * from a buffer that holds at least HTTP_HEAD_MAX bytes. */
long http_reply_feed(struct http_reply *r, const uint8_t *p, size_t n);
/* The same of its head alone, for who reads the body himself: r->left bytes,
 * -1: up to the end of the connection (chunked: neither).  After a status
 * below 200 the next head follows. */
long http_reply_head(struct http_reply *r, const uint8_t *p, size_t n);
/* The other side has closed: whether that completes the reply. */
int http_reply_eof(struct http_reply *r);
int http_reply_done(const struct http_reply *r);
/* Unpacks the body of a whole reply, within its limit, if it is packed: nobody
 * asks for that, and many do it.  What else the head calls a coding is left,
 * since it may be none.  0, or -1: a body that cannot be unpacked. */
int http_reply_unpack(struct http_reply *r);

/* The next header of a head, whose lines without a colon are passed over; and
 * whether a name is this one, in either case. */
int http_header(struct span *head, struct span *name, struct span *value);
int http_is(struct span s, const char *name);
/* The next element of a list, without the blanks around it (RFC 9110, 5.6.1):
 * commas part elements, but not within quotes, and empty ones are passed over.
 */
int http_list_next(struct span *list, struct span *element);
/* A time as heads tell it, in seconds since 1970, up to the year 9999 (RFC
 * 9110, 5.6.7); returns dst. */
char *http_date(char dst[HTTP_DATE_SIZE], int64_t time_s);

/* A request's head.  Spans are borrowed from the bytes parsed; of a whole URL
 * for a target (RFC 9112, 3.2.2), path and query alone are kept. */
struct http_request {
	struct span method, path, query; /* query: after the ?, n 0 if none */
	struct span host, forwarded_for; /* these headers, n 0 if none */
	struct span headers;             /* all of them, for http_header */
	int keep_alive;
};

/* The length of the request whose head starts at p, 0 for more, -1 for wrong
 * (what is over HTTP_HEAD_MAX bytes, or has a body, is wrong). */
long http_request_parse(struct http_request *r, const uint8_t *p, size_t n);
/* Whether n bytes, 8 of which are enough, begin a request: a method of up to 7
 * letters and a space.  1 or 0; or -1: more will tell. */
int http_is_request(const uint8_t *p, size_t n);
/* A whole reply; with head_only, its head alone. */
void http_reply_put(struct buf *out, const char *status, const char *type,
    const struct buf *body, int keep_alive, int head_only);

#endif
