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
#include "bencode.h"
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
	WRITE_MAX   = 512 << 10,  /* bytes a call and reader */
	UNSENT_MAX  = 512 << 10,  /* of these, that wait in a socket */
	SMALL       = 16 << 10,   /* what goes with what is around it */
	TEXT_MAX    = 64 << 10,   /* bytes so gathered */
	ASK_MOST    = 8,          /* who ask for their turn, none two times */
	HURRY_MAX   = 32,         /* pieces that are hurried, of a torrent, */
	HURRY_EACH  = 8,          /* and for a reader, */
	HURRY_BYTES = 8 << 20,    /* or fewer that have so many bytes */
	PAGES_PER_S = 100,        /* that are made, each for some milliseconds */
	CODES_BPS   = 4 << 10,    /* bytes a second that are shown as codes, */
	CODES_MOST  = 16 << 10,   /* and at once */
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
	struct buf torrent;       /* owned: or it, but for its info dictionary, */
	size_t info, sent;        /* which stands there; bytes so far */
	struct turn turn;
	int asks;                 /* for its turn, or has it; */
	uint64_t stands;          /* or since when it waits to ask; 0: not */
	struct reader *next, *prev;
};

struct web {
	struct httpd *httpd;
	struct shares *shares;
	struct limit *up;
	int64_t began_ms, began_s;
	int64_t paid_ms;         /* the time up to which pages are paid */
	size_t codes;             /* bytes that may be shown so now, as of */
	int64_t codes_ms;
	struct reader *readers;
	uint64_t stood;           /* readers that had to wait, ever */
	const struct web_ops *ops;
	void *arg;
};

static enum reply on_request(void *arg, struct caller *c,
    const struct http_request *r, int64_t now_ms, struct buf *out);
static int find_share(void *arg, struct span name);
static void show(struct web *w, struct caller *c, const struct http_request *r,
    const struct web_target *t, struct buf *out);
static int pay(struct web *w);
static struct visitor visitor_of(struct web *w, const struct caller *c,
    const struct http_request *r);
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
static enum reply give_torrent(struct web *w, struct caller *c,
    const struct http_request *r, struct share *s, struct buf *out);
static enum reply begin(struct reader *rd, struct caller *c,
    const struct http_request *r, int64_t length);
static int may_come(const struct exhibit *e, int64_t from, int64_t to);
static struct reader *reader_new(struct web *w, struct share *s);
static enum sent on_send(void *arg, void *body, int fd, struct buf *out,
    int64_t now_ms);
static enum sent send_torrent(struct reader *rd, const struct meta *m,
    struct buf *out);
static int64_t ask(struct reader *rd, int64_t now_ms);
static int may_ask(const struct reader *rd);
static void let_ask(struct web *w);
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
	w->codes = CODES_MOST;
	w->codes_ms = net_now();
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
	sock_unsent(fd, UNSENT_MAX);
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
	else if (t.what == TARGET_TORRENT && pay(w))
		return give_torrent(w, c, r, w->shares->list[t.torrent], out);
	else if (t.what == TARGET_TORRENT || !pay(w))
		head_fail(out, r, 503, 1);
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

/* A page. */
static void
show(struct web *w, struct caller *c, const struct http_request *r,
    const struct web_target *t, struct buf *out)
{
	struct visitor v = visitor_of(w, c, r);
	int64_t up_s = (net_now() - w->began_ms) / 1000;
	struct buf page = { 0 };

	if (t->what == TARGET_INDEX) {
		view_index(&page, w->shares, &v);
		put_page(out, r, "text/html; charset=utf-8", PAGE_HEAD, &page);
	} else if (t->what == TARGET_STATS) {
		view_stats(&page, w->shares, up_s);
		put_page(out, r, "text/plain; charset=utf-8", "", &page);
	} else {
		view_metrics(&page, w->shares, up_s);
		put_page(out, r, "text/plain; version=0.0.4; charset=utf-8",
		    "", &page);
	}
	buf_free(&page);
}

/* Whether one more page may be made: a second's at once, no more. */
static int
pay(struct web *w)
{
	if (w->paid_ms > net_now())
		return 0;
	w->paid_ms = MAX(w->paid_ms, net_now() - 1000) + 1000 / PAGES_PER_S;
	return 1;
}

/* Of requests as short as these, codes alone take much time: who asks for page
 * after page has them without. */
static struct visitor
visitor_of(struct web *w, const struct caller *c, const struct http_request *r)
{
	int64_t more = (net_now() - w->codes_ms) * CODES_BPS / 1000;

	if (more > 0) {
		w->codes_ms = net_now();
		w->codes = (size_t)MIN(CODES_MOST, (int64_t)w->codes + more);
	}
	return (struct visitor){ r->host, is_here(c, r), query_from(r->query),
	    &w->codes };
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
	struct span digits;
	int64_t n;

	if (query.n <= 5 || memcmp(query.p, "from=", 5) != 0)
		return 0;
	digits.p = query.p + 5;
	digits.n = query.n - 5;
	return span_number(digits, 10, &n) < 0 || n > INT32_MAX ? 0 : (int)n;
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
	struct visitor v = visitor_of(w, c, r);
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
		if (!pay(w)) {
			head_fail(out, r, 503, 1);
			return REPLY_WHOLE;
		}
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
	const struct file *f;
	uint32_t i;

	for (i = 0; i < e->m->nfiles; i++) {
		f = &e->m->files[i];
		if (f->pad || (e->skip && bit_get(e->skip, i)) ||
		    may_come(e, f->off, f->off + f->len))
			continue;
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

/* A torrent is another one for each reader, and may be large: its info
 * dictionary is not kept for each. */
static enum reply
give_torrent(struct web *w, struct caller *c, const struct http_request *r,
    struct share *s, struct buf *out)
{
	struct reader *rd;
	struct exhibit e;
	struct buf whole = { 0 };
	struct span info;

	w->shares->ops->exhibit(s->owner, &e);
	if (e.m->info.n == 0) {
		head_fail(out, r, 503, RETRY_S);
		return REPLY_WHOLE;
	}
	rd = reader_new(w, s);
	w->ops->torrent(s->owner, r->host, &whole);
	info = ben_get((struct span){ whole.p, whole.len }, "info");
	rd->info = (size_t)(info.p - whole.p);
	buf_put(&rd->torrent, whole.p, rd->info);
	buf_put(&rd->torrent, info.p + info.n, whole.len - rd->info - info.n);
	head_page(out, r, 200, "application/x-bittorrent",
	    (int64_t)whole.len, "Content-Disposition: attachment\r\n");
	buf_free(&whole);
	return begin(rd, c, r, (int64_t)(rd->torrent.len + info.n));
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
	if (rd->torrent.len > 0)
		return send_torrent(rd, e.m, out);
	if (!e.store || !e.have) /* its owner begins anew */
		return SENT_FAILED;
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
		if (n > 0 && w->up->bucket.bps >= 0 && (out->len > 0 ||
		    !net_writable(fd, 0))) {
			sent = out->len > 0 ? SENT_SOME : SENT_FULL;
			break;
		}
		may = n > 0 ? ask(rd, now_ms) : 0;
		if (may == 0)
			return out->len > 0 ? SENT_SOME : SENT_WAITS;
		n = MIN(n, may);
		if (n > SMALL && out->len == 0)
			return send_some(rd, &e, n, fd);
		if (n > SMALL)
			break;
		sent = put_some(rd, &e, n, out);
	}
	moved(rd, 0); /* who takes little keeps nobody from his turn */
	return sent;
}

/* How many bytes it may be given now.  Readers take turns with peers, of whom
 * one has one connection, and some are given to at a time: so it is here. */
static int64_t
ask(struct reader *rd, int64_t now_ms)
{
	struct limit *up = rd->web->up;

	if (up->bucket.bps >= 0 && !rd->asks && !may_ask(rd)) {
		rd->stands = ++rd->web->stood;
		return 0;
	}
	rd->asks = 1;
	return limit_ask(up, &rd->turn, now_ms);
}

static int
may_ask(const struct reader *rd)
{
	const struct reader *r;
	int n = 0;

	for (r = rd->web->readers; r; r = r->next) {
		if (r->asks && addr_near(caller_addr(r->caller),
		    caller_addr(rd->caller)))
			return 0;
		n += r->asks;
	}
	return n < ASK_MOST;
}

/* The one that has waited longest asks, or another, if it takes nothing. */
static void
let_ask(struct web *w)
{
	struct reader *r, *first = NULL;

	do {
		if (first) {
			first->stands = 0;
			first->asks = net_writable(caller_fd(first->caller), 0);
			caller_wake(first->caller);
			if (first->asks)
				return;
		}
		first = NULL;
		for (r = w->up->bucket.bps < 0 ? NULL : w->readers; r;
		    r = r->next)
			if (r->stands > 0 && may_ask(r) && (!first ||
			    r->stands < first->stands))
				first = r;
	} while (first);
}

static enum sent
send_torrent(struct reader *rd, const struct meta *m, struct buf *out)
{
	size_t after = rd->info + m->info.n, at = rd->sent;
	struct span s = at < rd->info ? (struct span){ rd->torrent.p + at,
	    rd->info - at } : at < after ? (struct span){ m->info.p + at -
	    rd->info, after - at } : (struct span){ rd->torrent.p + at -
	    m->info.n, rd->torrent.len + m->info.n - at };

	buf_put(out, s.p, MIN(s.n, TEXT_MAX));
	rd->sent += out->len;
	return rd->sent < rd->torrent.len + m->info.n ? SENT_SOME : SENT_ALL;
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
	rd->asks = 0;
	let_ask(rd->web);
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

	buf_free(&rd->torrent);
	limit_leave(w->up, &rd->turn);
	*(rd->prev ? &rd->prev->next : &w->readers) = rd->next;
	if (rd->next)
		rd->next->prev = rd->prev;
	let_ask(w);
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
