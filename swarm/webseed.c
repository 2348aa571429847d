/* Web seeds: URLs, ranges, answers.
 *
 * A run of blocks is cut where files end, and each part is a request; padding
 * is made here.  Several requests may be under way once a connection has shown
 * that it stays.  Of an answer's body the blocks are handed on as they lie in
 * the reader's buffer; a block that has bytes of several files is put together
 * in part.
 *
 * An answer is either what was asked for, or the end: a server whose files are
 * others is of no use, and neither is one that cannot count.  One that knows
 * no ranges begins at a file's first byte: what is before the run is passed
 * over, which is put up with only while nobody else gives. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "addr.h"
#include "bencode.h"
#include "url.h"
#include "http.h"
#include "fetch.h"
#include "torrent/meta.h"
#include "swarm/webseed.h"

enum {
	SIZE_LEAST = 1 << 20,  /* bytes of a run, which ends with a piece, */
	SIZE_MOST  = 16 << 20,
	RUN_MS     = 1500,     /* and takes about so long */
	CUT_LEAST  = 256 << 10, /* bytes, before an answer that ends early */
	FLYING     = 32,       /* requests under way on one connection */
	BACK_MS    = 5000,     /* after a failure; twice as long each time, */
	BACK_TIMES = 7,        /* so often */
	RETRY_S    = 3600      /* at most, whatever it says */
};

static void put_tail(struct buf *b, const struct meta *m, uint32_t file);
static int put_path(struct url *u, const struct buf *path);
static struct block block_at(const struct meta *m, int64_t at, int64_t *off);
static int part_at(const struct webtalk *t, int64_t *at, struct web_ask *a);
static void take_pads(struct webtalk *t);
static void take_part(struct webtalk *t, const uint8_t *p, int64_t n);
static long read_head(struct webtalk *t, const uint8_t *p, size_t n);
static int read_answer(struct webtalk *t, const struct web_ask *a);
static int is_range(struct webtalk *t, const struct web_ask *a, int64_t all);
static int is_all(struct webtalk *t, const struct web_ask *a, int64_t all);
static int is_moved(struct webtalk *t, uint32_t file);
static int is_refused(struct webtalk *t);
static void move(struct webseed *ws, uint32_t file, const struct url *old,
    const struct url *to);
static long read_body(struct webtalk *t, const uint8_t *p, size_t n);
static int over(struct webtalk *t, enum web_end end, const char *why);

int
webseed_init(struct webseed *ws, const struct meta *m, struct span url)
{
	char text[URL_MAX];
	struct url *u = &ws->said;
	size_t n;

	memset(ws, 0, sizeof *ws);
	if (url.n >= sizeof text)
		return -1;
	memcpy(text, url.p, url.n);
	text[url.n] = '\0';
	if (url_parse(u, text) < 0 || !u->is_http)
		return -1;
	n = strlen(u->path);
	if (m->is_dir && (strchr(u->path, '?') || n + 1 >= sizeof u->path))
		return -1;
	if (m->is_dir && u->path[n - 1] != '/')
		memcpy(u->path + n, "/", 2);
	ws->m = m;
	ws->base = ws->said;
	ws->from = SCOPE_LOOPBACK;
	ws->file = UINT32_MAX;
	ws->size = SIZE_LEAST;
	return 0;
}

/* The path of a file below a base that ends with a slash. */
static void
put_tail(struct buf *b, const struct meta *m, uint32_t file)
{
	struct span name = m->said.n > 0 ? m->said : m->name, it, e;

	pct_encode(b, name.p, name.n);
	if (!m->is_dir)
		return;
	it = ben_items(m->files[file].path);
	while (meta_element(&it, &e)) {
		buf_put(b, "/", 1);
		pct_encode(b, e.p, e.n);
	}
}

static int
put_path(struct url *u, const struct buf *path)
{
	if (path->len >= sizeof u->path)
		return -1;
	memcpy(u->path, path->p, path->len);
	u->path[path->len] = '\0';
	return 0;
}

int
webseed_url(const struct webseed *ws, uint32_t file, struct url *u)
{
	struct buf path = { 0 };
	int r;

	if (file == ws->file) {
		*u = ws->moved;
		return 0;
	}
	*u = ws->base;
	if (u->path[strlen(u->path) - 1] != '/')
		return 0;
	buf_put(&path, u->path, strlen(u->path));
	put_tail(&path, ws->m, file);
	r = put_path(u, &path);
	buf_free(&path);
	return r;
}

int
webseed_may(const struct webseed *ws, enum addr_scope at, const struct url *u)
{
	return at >= ws->from && (at == SCOPE_GLOBAL || (ws->is_near &&
	    !*u->user && !strchr(u->path, '?')));
}

void
webseed_took(struct webseed *ws, int64_t bytes, int64_t ms)
{
	int64_t fits = bytes * RUN_MS / MAX(ms, 1);

	if (bytes < ws->size && fits < ws->size && ms < 2 * RUN_MS)
		return; /* it was cut short, and tells nothing */
	ws->size = MAX(ws->size / 2, MIN(fits, 2 * ws->size));
	ws->size = MAX(SIZE_LEAST, MIN(ws->size, SIZE_MOST));
}

void
webseed_later(struct webseed *ws, int64_t retry_s, int64_t now_ms)
{
	int64_t wait_ms = (int64_t)BACK_MS << MIN(ws->fails, BACK_TIMES);

	ws->fails++;
	if (retry_s >= 0)
		wait_ms = MAX(1, MIN(retry_s, RETRY_S)) * 1000;
	ws->retry_ms = now_ms + wait_ms;
}

/* The block that holds a byte, and where it begins. */
static struct block
block_at(const struct meta *m, int64_t at, int64_t *off)
{
	struct block b;

	b.piece = (uint32_t)(at / m->sh.piece_len);
	b.begin = (uint32_t)(at % m->sh.piece_len) / BLOCK_LEN * BLOCK_LEN;
	b.len = MIN(shape_len(&m->sh, b.piece) - b.begin, BLOCK_LEN);
	*off = (int64_t)b.piece * m->sh.piece_len + b.begin;
	return b;
}

/* What of the run is in one file, from *at on, which is set to that behind
 * padding: 1, or 0: nothing is left. */
static int
part_at(const struct webtalk *t, int64_t *at, struct web_ask *a)
{
	const struct meta *m = t->ws->m;
	const struct file *f;

	for (; *at < t->to; *at = f->off + f->len) {
		a->file = meta_file_at(m, *at);
		f = &m->files[a->file];
		if (f->pad)
			continue;
		a->off = *at - f->off;
		a->len = MIN(f->off + f->len, t->to) - *at;
		return 1;
	}
	return 0;
}

void
webtalk_run(struct webtalk *t, int64_t from, int64_t to)
{
	t->from = t->at = from;
	t->asked = from;
	t->to = to;
	take_pads(t);
}

int
webtalk_is_done(const struct webtalk *t)
{
	return t->at >= t->to;
}

int
webtalk_owes(const struct webtalk *t)
{
	return t->flying > 0;
}

void
webtalk_silent(struct webtalk *t)
{
	if (t->flying < 2) {
		over(t, WEB_LATER, "it is silent");
		return;
	}
	t->ws->single = 1; /* some answer the first request alone */
	over(t, WEB_AGAIN, "it is silent");
}

int
webtalk_is_over(const struct webtalk *t)
{
	return !t->keeps && !t->in_body;
}

int
webtalk_rest(const struct webtalk *t, int64_t *from, int64_t *to)
{
	*from = t->pos;
	*to = t->body_end;
	return t->in_body;
}

void
webtalk_open(struct webtalk *t)
{
	memset(&t->reply, 0, sizeof t->reply);
	t->reply.limit = SIZE_MAX;
	t->in_body = t->flying = 0;
	t->keeps = 1;
	t->got = 0;
	t->asked = t->at;
}

void
webtalk_end(struct webtalk *t)
{
	t->to = t->at;
	t->in_body = t->flying = t->keeps = 0;
}

int
webtalk_ask(struct webtalk *t, struct web_ask *a)
{
	int most = t->got == 0 || t->ws->whole || t->ws->single ? 1 : FLYING;
	int64_t at = MAX(t->asked, t->at);

	/* what is left of a whole file comes without being asked for */
	if (!t->keeps || t->flying >= most || !part_at(t, &at, a))
		return 0;
	t->asked = at + a->len;
	t->flying++;
	return 1;
}

void
webtalk_unask(struct webtalk *t, const struct web_ask *a)
{
	t->asked -= a->len;
	t->flying--;
}

long
webtalk_feed(struct webtalk *t, const uint8_t *p, size_t n)
{
	size_t done = 0;
	long k = 1;

	while (k > 0 && done < n && !(webtalk_is_done(t) &&
	    (t->in_body || t->flying <= 0))) {
		k = t->in_body ? read_body(t, p + done, n - done) :
		    read_head(t, p + done, n - done);
		done += k > 0 ? (size_t)k : 0;
	}
	return k < 0 ? -1 : (long)done;
}

/* Zeros from here on that need not be asked for. */
static void
take_pads(struct webtalk *t)
{
	const struct meta *m = t->ws->m;
	const struct file *f;
	int64_t off;
	struct block b;

	while (t->at < t->to) {
		f = &m->files[meta_file_at(m, t->at)];
		if (!f->pad)
			return;
		b = block_at(m, t->at, &off);
		take_part(t, NULL, MIN(f->off + f->len, off + b.len) -
		    t->at);
	}
}

/* The next n bytes (NULL: zeros), not beyond the block that they are of. */
static void
take_part(struct webtalk *t, const uint8_t *p, int64_t n)
{
	int64_t off;
	struct block b = block_at(t->ws->m, t->at, &off);

	if (p)
		memcpy(t->part + (t->at - off), p, (size_t)n);
	else
		memset(t->part + (t->at - off), 0, (size_t)n);
	t->at += n;
	if (t->at < off + b.len)
		return;
	t->ops->block(t->arg, b, t->part);
	t->ops->fed(t->arg);
}

static long
read_head(struct webtalk *t, const uint8_t *p, size_t n)
{
	struct web_ask a;
	int64_t at = t->at;
	long k;

	if (t->flying == 0 || !part_at(t, &at, &a))
		return over(t, WEB_AGAIN, "it says more than it was asked");
	k = http_reply_head(&t->reply, p, n);
	if (k < 0)
		return over(t, WEB_DEAD, t->reply.why);
	if (k == 0 || t->reply.status < 200)
		return k;
	return read_answer(t, &a) < 0 ? -1 : k;
}

/* Whether the head of an answer is one to that request: 0, or -1. */
static int
read_answer(struct webtalk *t, const struct web_ask *a)
{
	struct http_reply *r = &t->reply;
	int64_t all = t->ws->m->files[a->file].len;
	int ok = r->status == 206 || r->status == 200;

	if (r->status / 100 == 3)
		return is_moved(t, a->file);
	if (!ok)
		return is_refused(t);
	if (r->chunked || (*r->coding && strcmp(r->coding, "identity") != 0))
		return over(t, WEB_DEAD, "it packs what it was asked to give "
		    "as it is");
	ok = r->status == 206 ? is_range(t, a, all) : is_all(t, a, all);
	if (ok < 0)
		return -1;
	t->ws->hops = 0;
	t->keeps = r->keeps && r->left >= 0;
	t->in_body = 1;
	return 0;
}

static int
is_range(struct webtalk *t, const struct web_ask *a, int64_t all)
{
	const struct http_reply *r = &t->reply;

	if (r->all >= 0 && r->all != all)
		return over(t, WEB_DEAD, "its file has another size");
	if (r->first != a->off || r->last != a->off + a->len - 1 ||
	    (r->left >= 0 && r->left != a->len))
		return over(t, WEB_DEAD, "it gives other bytes than it was "
		    "asked for");
	t->pos = t->at;
	t->body_end = t->at + a->len;
	return 0;
}

/* All of the file: what the run has not of it is passed over. */
static int
is_all(struct webtalk *t, const struct web_ask *a, int64_t all)
{
	if (t->reply.left != all)
		return over(t, WEB_DEAD, t->reply.left < 0 ?
		    "it does not say how much it gives" :
		    "its file has another size");
	t->pos = t->ws->m->files[a->file].off;
	t->body_end = t->pos + all;
	if (a->len == all)
		return 0;
	if (!t->ws->whole || !t->ws->whole_ok || t->flying > 1) {
		t->ws->whole = 1; /* and another run is better */
		return over(t, WEB_AGAIN, "it knows no ranges");
	}
	return 0;
}

static int
is_moved(struct webtalk *t, uint32_t file)
{
	struct webseed *ws = t->ws;
	char text[100], why[WEB_WHY];
	struct url old, to;

	if (ws->hops++ == FETCH_REDIRECTS)
		return over(t, WEB_DEAD, "too many redirects");
	if (webseed_url(ws, file, &old) < 0 ||
	    url_resolve(&to, &old, span_of(t->reply.location)) < 0 ||
	    !to.is_http) {
		snprintf(why, sizeof why, "it redirects to where btsh cannot "
		    "go: %s", escape(text, sizeof text,
		    span_of(t->reply.location)));
		return over(t, WEB_DEAD, why);
	}
	ws->from = MAX(ws->from, t->scope);
	move(ws, file, &old, &to);
	return over(t, WEB_AGAIN, "it redirects");
}

/* The file has moved, and with it, if its path there ends as it did, all of
 * them. */
static void
move(struct webseed *ws, uint32_t file, const struct url *old,
    const struct url *to)
{
	size_t n = strlen(ws->base.path), k = strlen(to->path), tail;

	tail = strlen(old->path) - MIN(n, strlen(old->path));
	if (file != ws->file && ws->base.path[n - 1] == '/' && k > tail &&
	    to->path[k - tail - 1] == '/' &&
	    strcmp(to->path + k - tail, old->path + n) == 0) {
		ws->base = *to;
		ws->base.path[k - tail] = '\0';
		return;
	}
	ws->moved = *to;
	ws->file = file;
}

/* An error: of where it had redirected to, it may be asked itself again. */
static int
is_refused(struct webtalk *t)
{
	struct webseed *ws = t->ws;
	int status = t->reply.status;
	int was_moved = ws->file != UINT32_MAX || strcmp(ws->base.path,
	    ws->said.path) != 0 || strcmp(ws->base.host, ws->said.host) != 0;
	char why[WEB_WHY];

	snprintf(why, sizeof why, "HTTP status %d", status);
	t->retry_s = t->reply.retry_s;
	ws->base = ws->said;
	ws->file = UINT32_MAX;
	return over(t, status >= 500 || status == 408 || status == 429 ||
	    was_moved ? WEB_LATER : WEB_DEAD, why);
}

/* The next bytes of a body, up to a block; 0: that is not there yet. */
static long
read_body(struct webtalk *t, const uint8_t *p, size_t n)
{
	int64_t left = t->body_end - t->pos, off, most = MIN((int64_t)n, left);
	struct block b;

	if (t->pos < t->at) {
		most = MIN(most, t->at - t->pos);
		t->pos += most;
	} else {
		b = block_at(t->ws->m, t->at, &off);
		if (t->at == off && off + b.len <= t->body_end) {
			if (most < b.len)
				return 0;
			most = b.len;
			t->at += most;
			t->pos += most;
			t->ops->block(t->arg, b, p);
		} else {
			most = MIN(most, off + b.len - t->at);
			t->pos += most;
			take_part(t, p, most);
		}
	}
	t->got += most;
	if (t->pos == t->body_end) {
		t->in_body = 0;
		t->flying--;
		take_pads(t);
	}
	return (long)most;
}

void
webtalk_eof(struct webtalk *t, const char *why)
{
	/* an idle connection may be closed, or one behind an answer; and one
	 * that gave much is asked again */
	if (t->flying == 0 || (!why && t->got >= (t->in_body ? CUT_LEAST : 1)))
		over(t, WEB_AGAIN, "it hung up");
	else
		over(t, WEB_LATER, why ? why : t->got > 0 || t->in_body ?
		    "its answer was cut short" :
		    "it hung up before it answered");
}

static int
over(struct webtalk *t, enum web_end end, const char *why)
{
	t->end = end;
	if (end != WEB_LATER || t->reply.status < 400)
		t->retry_s = -1;
	snprintf(t->ws->why, sizeof t->ws->why, "%s", why);
	return -1;
}
