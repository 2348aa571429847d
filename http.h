/* URLs and HTTP/1.1 messages (RFC 9110, 9112) as text in buffers. */

enum {
	HTTP_HEAD_MAX = 8192,  /* bytes of a request's or a reply's head */
	URL_MAX = 2048,
	URL_USER_MAX = 256
};

/* A URL taken apart.  Strings are the struct's own. */
struct url {
	char scheme[8];     /* lower case */
	char user[URL_USER_MAX]; /* name:password, still encoded; "": none */
	char host[256];     /* without the brackets of an IPv6 address */
	uint16_t port;      /* 0: none given and the scheme has none */
	char path[URL_MAX]; /* begins with '/', with the query */
};

/* 0, or -1: no URL (another form, control bytes in the host, too long).  What
 * a path may not have in it is percent-encoded, as others do. */
int url_parse(struct url *u, const char *s);
/* s without the blanks, line ends and control bytes around it. */
struct span url_trim(struct span s);
/* Whether it has a scheme that trackers of any client speak, and a port. */
int url_is_tracker(const struct url *u);
/* Takes name and password out of a URL, for messages; returns it. */
char *url_hide(char *url);
/* The URL that a Location header means, seen from base, without dot segments
 * (RFC 3986, 5.2).  Name and password go along to the same scheme, host and
 * port.  0 or -1. */
int url_resolve(struct url *u, const struct url *base, struct span where);

/* p percent-encoded, appended to b: all but unreserved characters. */
void pct_encode(struct buf *b, const void *p, size_t n);
/* s decoded into dst: how many bytes, or -1 if they are over size.  A plus
 * stays one: trackers' queries are encoded bytes, not forms. */
long pct_decode(uint8_t *dst, size_t size, struct span s);
/* Walks a query: key=value&key=value, still encoded. */
int query_next(struct span *query, struct span *key, struct span *value);

/* GET url, with its name and password (RFC 7617); its path gets the query,
 * begun with ? or &, appended unless NULL. */
void http_get(struct buf *out, const struct url *u, const char *query);

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
	struct buf body;         /* owned */
	char why[128];           /* what is wrong, safe to print */
};

/* Bytes consumed, 0: wait for more, -1: hang up.  All of a reply must be fed
 * from a buffer that holds at least HTTP_HEAD_MAX bytes. */
long http_reply_feed(struct http_reply *r, const uint8_t *p, size_t n);
/* The other side has closed: whether that completes the reply. */
int http_reply_eof(struct http_reply *r);
int http_reply_done(const struct http_reply *r);
/* Unpacks the body of a whole reply, within its limit, if it is packed: nobody
 * asks for that, and many do it.  What else the head calls a coding is left,
 * since it may be none.  0, or -1: a body that cannot be unpacked. */
int http_reply_unpack(struct http_reply *r);

/* A request's head.  Spans are borrowed from the bytes parsed; of a whole URL
 * for a target (RFC 9112, 3.2.2), path and query alone are kept. */
struct http_request {
	struct span method, path, query; /* query: after the ?, n 0 if none */
	struct span host, forwarded_for; /* these headers, n 0 if none */
	int keep_alive;
};

/* The length of the request whose head starts at p, 0 for more, -1 for wrong
 * (what is over HTTP_HEAD_MAX bytes, or has a body, is wrong). */
long http_request_parse(struct http_request *r, const uint8_t *p, size_t n);
/* A whole reply; with head_only, its head alone. */
void http_reply_put(struct buf *out, const char *status, const char *type,
    const struct buf *body, int keep_alive, int head_only);
