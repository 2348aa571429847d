/* The web's side of a port.  A request is answered by a page or by a torrent's
 * bytes, of which only those of verified pieces leave: a reader who is further
 * than these waits, and the pieces that he needs next are hurried. */
#include <sys/types.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "addr.h"
#include "url.h"
#include "http.h"
#include "net.h"
#include "sock.h"
#include "rate.h"
#include "limit.h"
#include "httpd.h"
#include "torrent/meta.h"
#include "torrent/store.h"
#include "web/share.h"
#include "web/range.h"
#include "web/head.h"
#include "web/target.h"
#include "web/body.h"
#include "web/view.h"
#include "web/server.h"

enum {
	NEAR_PART   = 4,          /* of all callers, who may be one stranger, */
	NEAR_LEAST  = 8,          /* or so many */
	WRITE_MAX   = 256 << 10,  /* bytes a call and reader */
	SMALL       = 16 << 10,   /* what goes with what is around it */
	TEXT_MAX    = 64 << 10,   /* bytes so gathered */
	HURRY_MAX   = 32,         /* pieces that are hurried, of a torrent, */
	HURRY_EACH  = 8,          /* and for a reader, */
	HURRY_BYTES = 8 << 20,    /* or fewer that have so many bytes */
	RETRY_S     = 30
};

/* What only pages need: nothing else is loaded, and nobody frames them. */
#define PAGE_HEAD "Content-Security-Policy: default-src 'none'; img-src " \
	"data:; style-src 'unsafe-inline'; base-uri 'none'; form-action " \
	"'none'; frame-ancestors 'none'\r\nReferrer-Policy: no-referrer\r\n" \
	"Cache-Control: no-store\r\n"

/* Who is given some of a torrent. */
struct reader {
	struct web *web;
	struct caller *caller;
	struct share *share;
	struct body body;
	struct turn turn;
	struct reader *next, *prev;
};

struct web {
	struct httpd *httpd;
	struct shares *shares;
	struct limit *up;
	int64_t began_ms, began_s;
	struct reader *readers;
	const struct web_ops *ops;
	void *arg;
};

static enum reply on_request(void *arg, struct caller *c,
    const struct http_request *r, int64_t now_ms, struct buf *out);
static int find_share(void *arg, struct span name);
static void show(struct web *w, struct caller *c, const struct http_request *r,
    const struct web_target *t, struct buf *out);
static int is_here(const struct caller *c, const struct http_request *r);
static int query_from(struct span query);
static void put_page(struct buf *out, const struct http_request *r,
    const char *type, const char *more, const struct buf *page);
static enum reply give(struct web *w, struct caller *c,
    const struct http_request *r, struct share *s, const struct web_target *t,
    struct buf *out);
static enum reply give_file(struct web *w, struct caller *c,
    const struct http_request *r, struct share *s, const struct exhibit *e,
    uint32_t file, struct buf *out);
static enum reply give_tar(struct web *w, struct caller *c,
    const struct http_request *r, struct share *s, const struct exhibit *e,
    struct buf *out);
static enum reply begin(struct reader *rd, struct caller *c,
    const struct http_request *r, int64_t length);
static int may_come(const struct exhibit *e, int64_t from, int64_t to);
static struct reader *reader_new(struct web *w, struct share *s);
static enum sent on_send(void *arg, void *body, int fd, struct buf *out,
    int64_t now_ms);
static int64_t ready(const struct exhibit *e, int64_t at, int64_t most);
static enum sent put_some(struct reader *rd, const struct exhibit *e,
    int64_t n, struct buf *out);
static enum sent send_some(struct reader *rd, const struct exhibit *e,
    int64_t n, int fd);
static void moved(struct reader *rd, int64_t n);
static void on_turn(void *reader);
static void on_over(void *arg, void *body);
static void hurry(struct web *w, struct share *s);
static int needs(const struct reader *rd, const struct exhibit *e,
    uint32_t *pieces, int most);

static const struct httpd_ops httpd_ops = { on_request, on_send, on_over };

struct web *
web_new(struct shares *shares, struct limit *up, int most,
    const struct web_ops *ops, void *arg)
{
	struct web *w = xcalloc(1, sizeof *w);

	w->shares = shares;
	w->up = up;
	w->ops = ops;
	w->arg = arg;
	w->began_ms = net_now();
	w->began_s = net_wall();
	w->httpd = httpd_new(most, MAX(NEAR_LEAST, most / NEAR_PART),
	    &httpd_ops, w);
	return w;
}

void
web_free(struct web *w)
{
	if (!w)
		return;
	httpd_free(w->httpd);
	net_bury(free, w);
}

void
web_call(struct web *w, int fd, const struct addr *from, struct span came)
{
	httpd_call(w->httpd, fd, from, came);
}

void
web_drop(struct web *w, struct share *s)
{
	struct reader *rd, *next;

	for (rd = w->readers; rd; rd = next) {
		next = rd->next;
		if (rd->share == s)
			caller_close(rd->caller);
	}
}

/* Requests. */

static enum reply
on_request(void *arg, struct caller *c, const struct http_request *r,
    int64_t now_ms, struct buf *out)
{
	struct web *w = arg;
	struct web_target t;
	int status = 405;

	(void)now_ms;
	if (span_is(r->method, "GET") || span_is(r->method, "HEAD"))
		status = target_parse(&t, r->path, find_share, w);
	if (status != 200)
		head_fail(out, r, status, 0);
	else if (t.what == TARGET_ANNOUNCE || t.what == TARGET_SCRAPE)
		w->ops->track(w->arg, r, caller_addr(c), out);
	else if (t.what == TARGET_FILE || t.what == TARGET_TAR)
		return give(w, c, r, w->shares->list[t.torrent], &t, out);
	else
		show(w, c, r, &t, out);
	return REPLY_WHOLE;
}

static int
find_share(void *arg, struct span name)
{
	const struct web *w = arg;

	return share_find(w->shares, name);
}

/* A page, or what is made for whoever asks. */
static void
show(struct web *w, struct caller *c, const struct http_request *r,
    const struct web_target *t, struct buf *out)
{
	struct visitor v = { r->host, is_here(c, r), query_from(r->query) };
	int64_t up_s = (net_now() - w->began_ms) / 1000;
	struct share *s;
	struct exhibit e;
	struct buf page = { 0 };

	if (t->what == TARGET_INDEX) {
		view_index(&page, w->shares, &v);
		put_page(out, r, "text/html; charset=utf-8", PAGE_HEAD, &page);
	} else if (t->what == TARGET_STATS) {
		view_stats(&page, w->shares, up_s);
		put_page(out, r, "text/plain; charset=utf-8", "", &page);
	} else if (t->what == TARGET_METRICS) {
		view_metrics(&page, w->shares, up_s);
		put_page(out, r, "text/plain; version=0.0.4; charset=utf-8",
		    "", &page);
	} else {
		s = w->shares->list[t->torrent];
		w->shares->ops->exhibit(s->owner, &e);
		if (e.m->info.n > 0)
			w->ops->torrent(s->owner, r->host, &page);
		if (page.len > 0)
			put_page(out, r, "application/x-bittorrent",
			    "Content-Disposition: attachment\r\n", &page);
		else
			head_fail(out, r, 503, RETRY_S);
	}
	buf_free(&page);
}

/* Whether it is somebody on this host who asks: not a program that asks for
 * somebody else, nor a page from elsewhere whose name leads here. */
static int
is_here(const struct caller *c, const struct http_request *r)
{
	char text[ADDR_HOST + 8], host[ADDR_HOST];
	struct addr a;
	uint16_t port;

	if (!addr_is_loopback(caller_addr(c)) || r->forwarded_for.n > 0 ||
	    r->host.n == 0 || r->host.n >= sizeof text)
		return 0;
	memcpy(text, r->host.p, r->host.n);
	text[r->host.n] = '\0';
	if (addr_parse(&a, text, 0) == 0)
		return addr_is_loopback(&a);
	return strcmp(text, "localhost") == 0 || (addr_split(text, host,
	    &port) == 0 && strcmp(host, "localhost") == 0);
}

/* The number of "from=N", or 0. */
static int
query_from(struct span query)
{
	struct span digits = { query.p + 5, query.n - 5 };
	int64_t n;

	if (query.n <= 5 || memcmp(query.p, "from=", 5) != 0 ||
	    span_number(digits, 10, &n) < 0 || n > INT32_MAX)
		return 0;
	return (int)n;
}

static void
put_page(struct buf *out, const struct http_request *r, const char *type,
    const char *more, const struct buf *page)
{
	head_page(out, r, 200, type, (int64_t)page->len, more);
	if (!span_is(r->method, "HEAD"))
		buf_put(out, page->p, page->len);
}

/* Torrents' bytes. */

static enum reply
give(struct web *w, struct caller *c, const struct http_request *r,
    struct share *s, const struct web_target *t, struct buf *out)
{
	struct visitor v = { r->host, is_here(c, r), query_from(r->query) };
	struct exhibit e;
	struct buf page = { 0 };
	int64_t file = -1;

	w->shares->ops->exhibit(s->owner, &e);
	if (e.m->info.n == 0) {
		head_fail(out, r, 503, RETRY_S);
		return REPLY_WHOLE;
	}
	if (t->what == TARGET_TAR && e.m->is_dir)
		return give_tar(w, c, r, s, &e, out);
	if (t->what == TARGET_FILE && t->path.n == 0 && e.m->is_dir) {
		view_files(&page, w->shares, t->torrent, &v);
		put_page(out, r, "text/html; charset=utf-8", PAGE_HEAD, &page);
		buf_free(&page);
		return REPLY_WHOLE;
	}
	if (t->what == TARGET_FILE && !t->slash)
		file = share_file(w->shares, s, e.m, t->path);
	if (file >= 0 && !(e.skip && bit_get(e.skip, (size_t)file)))
		return give_file(w, c, r, s, &e, (uint32_t)file, out);
	head_fail(out, r, 404, 0);
	return REPLY_WHOLE;
}

static enum reply
give_file(struct web *w, struct caller *c, const struct http_request *r,
    struct share *s, const struct exhibit *e, uint32_t file, struct buf *out)
{
	struct reader *rd = reader_new(w, s);
	const struct entity *en = body_entity(&rd->body, e->m, file);
	struct web_ranges some;
	int status = range_answer(&some, r, en), i;
	int64_t length, base = e->m->files[file].off;

	for (i = 0; i < some.n; i++)
		if (!may_come(e, base + some.list[i].at, base +
		    some.list[i].at + some.list[i].n))
			break;
	if (i < some.n) {
		head_fail(out, r, 503, RETRY_S);
		length = 0;
	} else {
		length = head_file(out, r, en, status, &some);
	}
	body_ranges(&rd->body, &some);
	return begin(rd, c, r, length);
}

static enum reply
give_tar(struct web *w, struct caller *c, const struct http_request *r,
    struct share *s, const struct exhibit *e, struct buf *out)
{
	struct reader *rd;
	int64_t made_s = e->m->created > 0 ? e->m->created : w->began_s;

	if (!may_come(e, 0, e->m->sh.size)) {
		head_fail(out, r, 503, RETRY_S);
		return REPLY_WHOLE;
	}
	if (!s->tar_length)
		s->tar_length = body_tar_length(e->m, e->skip, made_s);
	head_page(out, r, 200, "application/x-tar", s->tar_length,
	    "Content-Disposition: attachment\r\n");
	rd = reader_new(w, s);
	body_tar(&rd->body, e->m, e->skip, made_s);
	return begin(rd, c, r, s->tar_length);
}

/* The reader is the caller's from now on, or not needed. */
static enum reply
begin(struct reader *rd, struct caller *c, const struct http_request *r,
    int64_t length)
{
	if (length == 0 || span_is(r->method, "HEAD")) {
		on_over(rd->web, rd);
		return REPLY_WHOLE;
	}
	rd->caller = c;
	caller_body(c, rd);
	return REPLY_BODY;
}

/* Whether all of these bytes are here or being fetched. */
static int
may_come(const struct exhibit *e, int64_t from, int64_t to)
{
	uint32_t len = e->m->sh.piece_len, i;

	if (!e->store || !e->have)
		return 0;
	for (i = (uint32_t)(from / len); !e->fetching &&
	    (int64_t)i * len < to; i++)
		if (!bit_get(e->have, i))
			return 0;
	return 1;
}

static struct reader *
reader_new(struct web *w, struct share *s)
{
	struct reader *rd = xcalloc(1, sizeof *rd);

	rd->web = w;
	rd->share = s;
	rd->turn.owner = rd;
	rd->turn.go = on_turn;
	rd->next = w->readers;
	if (w->readers)
		w->readers->prev = rd;
	w->readers = rd;
	return rd;
}

/* Small stretches, and what stands between them, go together. */
static enum sent
on_send(void *arg, void *body, int fd, struct buf *out, int64_t now_ms)
{
	struct reader *rd = body;
	struct web *w = arg;
	struct exhibit e;
	int64_t n, may;
	enum sent sent = SENT_SOME;

	w->shares->ops->exhibit(rd->share->owner, &e);
	while (sent == SENT_SOME && out->len < TEXT_MAX) {
		if (rd->body.left == 0) {
			if (!body_next(&rd->body, out))
				return SENT_ALL;
			if (rd->body.left > 0)
				hurry(w, rd->share);
			continue;
		}
		n = ready(&e, rd->body.at, MIN(rd->body.left, WRITE_MAX));
		if (n == 0 && !e.fetching)
			return SENT_FAILED;
		may = n > 0 ? limit_ask(w->up, &rd->turn, now_ms) : 0;
		if (may == 0)
			return out->len > 0 ? SENT_SOME : SENT_WAITS;
		n = MIN(n, may);
		if (n > SMALL)
			return out->len > 0 ? SENT_SOME :
			    send_some(rd, &e, n, fd);
		sent = put_some(rd, &e, n, out);
	}
	return sent;
}

/* How many of the bytes at a place are here, most at most. */
static int64_t
ready(const struct exhibit *e, int64_t at, int64_t most)
{
	uint32_t len = e->m->sh.piece_len, i = (uint32_t)(at / len);

	while ((int64_t)i * len < at + most && bit_get(e->have, i))
		i++;
	return MAX(0, MIN(most, (int64_t)i * len - at));
}

static enum sent
put_some(struct reader *rd, const struct exhibit *e, int64_t n,
    struct buf *out)
{
	if (store_read(e->store, rd->body.at, buf_room(out, (size_t)n),
	    (size_t)n) < 0)
		return SENT_FAILED;
	out->len += (size_t)n;
	moved(rd, n);
	return SENT_SOME;
}

static enum sent
send_some(struct reader *rd, const struct exhibit *e, int64_t n, int fd)
{
	int64_t at, sent;
	int file = store_fd(e->store, rd->body.at, &at, &n);

	if (file < 0)
		return SENT_FAILED;
	sent = sock_send_file(fd, file, at, n);
	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		sent = 0;
	else if (sent <= 0) /* it has become shorter */
		return SENT_FAILED;
	moved(rd, sent);
	return sent > 0 ? SENT_SOME : SENT_FULL;
}

static void
moved(struct reader *rd, int64_t n)
{
	limit_spend(rd->web->up, &rd->turn, n);
	rd->body.at += n;
	rd->body.left -= n;
	rd->share->given += n;
}

static void
on_turn(void *reader)
{
	struct reader *rd = reader;

	caller_wake(rd->caller);
}

static void
on_over(void *arg, void *body)
{
	struct web *w = arg;
	struct reader *rd = body;

	limit_leave(w->up, &rd->turn);
	*(rd->prev ? &rd->prev->next : &w->readers) = rd->next;
	if (rd->next)
		rd->next->prev = rd->prev;
	if (rd->caller)
		hurry(w, rd->share);
	net_bury(free, rd);
}

/* Pieces. */

void
web_piece(struct web *w, struct share *s)
{
	struct reader *rd;

	for (rd = w->readers; rd; rd = rd->next)
		if (rd->share == s)
			caller_wake(rd->caller);
	hurry(w, s);
}

/* What the readers of a torrent need next. */
static void
hurry(struct web *w, struct share *s)
{
	uint32_t pieces[HURRY_MAX];
	struct exhibit e;
	struct reader *rd;
	int n = 0;

	w->shares->ops->exhibit(s->owner, &e);
	if (!e.fetching || !e.have)
		return;
	for (rd = w->readers; rd; rd = rd->next)
		if (rd->share == s)
			n += needs(rd, &e, pieces + n, HURRY_MAX - n);
	w->ops->hurry(s->owner, pieces, n);
}

static int
needs(const struct reader *rd, const struct exhibit *e, uint32_t *pieces,
    int most)
{
	uint32_t len = e->m->sh.piece_len;
	uint32_t i = (uint32_t)(rd->body.at / len);
	int64_t end = rd->body.at + rd->body.left;
	int n = 0;

	most = MIN(most, MAX(1, MIN(HURRY_EACH, HURRY_BYTES / (int)len)));
	for (; n < most && (int64_t)i * len < end; i++)
		if (!bit_get(e->have, i))
			pieces[n++] = i;
	return n;
}
