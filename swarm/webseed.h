/* What a web seed (BEP 19) is asked, and what its answers mean.  Pure. */

#ifndef WEBSEED_H
#define WEBSEED_H

#include "util.h"
#include "addr.h"
#include "url.h"
#include "http.h"
#include "torrent/meta.h"

enum { WEB_WHY = 200 };

/* A server, as a torrent names it. */
struct webseed {
	const struct meta *m;     /* borrowed */
	struct url said;          /* as the torrent has it */
	struct url base;          /* the same, or where all of it has moved */
	struct url moved;         /* where one file has, */
	uint32_t file;            /* this one; UINT32_MAX: none has */
	enum addr_scope from;     /* the widest scope that redirected */
	int hops;                 /* redirects since the last answer */
	int is_near;              /* the user had the torrent himself: it may
	                           * name a server in his network */
	int single;               /* it is asked one thing after the other */
	int whole;                /* ranges mean nothing to it */
	int whole_ok;             /* nobody else gives: that is put up with */
	int64_t size;             /* bytes of the next run of pieces */
	int fails;                /* in a row */
	int64_t retry_ms;         /* it is left alone until then */
	char why[WEB_WHY];        /* of the last failure, safe to print */
};

/* The server of a URL, for the data of m, which has info.  0, or -1: it is no
 * URL, not http, or none to which a path can be appended. */
int webseed_init(struct webseed *ws, const struct meta *m, struct span url);
/* The URL of a file as it is asked for now: 0, or -1: it is too long. */
int webseed_url(const struct webseed *ws, uint32_t file, struct url *u);
/* Whether that URL may be asked for at an address of a scope, or by a proxy
 * where its host has that: everywhere if that is global; in the user's own
 * network and on this host only if is_near, without a query, a name or a
 * password; and never in a narrower scope than one that redirected. */
int webseed_may(const struct webseed *ws, enum addr_scope at,
    const struct url *u);
/* A run of so many bytes has come in that time: how many the next has. */
void webseed_took(struct webseed *ws, int64_t bytes, int64_t ms);
/* It failed, and is left alone for retry_s seconds, -1: it did not say. */
void webseed_later(struct webseed *ws, int64_t retry_s, int64_t now_ms);

/* What a talk's end means for the server. */
enum web_end {
	WEB_AGAIN, /* the connection is over, and another one may follow */
	WEB_LATER, /* it failed, which may pass */
	WEB_DEAD   /* it is of no use for this torrent */
};

struct webtalk_ops { /* called from webtalk_feed, with arg */
	/* A block of the run: its bytes, borrowed until fed. */
	void (*block)(void *arg, struct block b, const uint8_t *p);
	/* The bytes of all blocks so far are gone when this returns. */
	void (*fed)(void *arg);
};

/* What goes over one connection: a run of blocks that follow each other, in as
 * many requests as it has files.  Zeroed before use, but for ws, ops and arg.
 * Offsets are the torrent's. */
struct webtalk {
	struct webseed *ws;       /* borrowed */
	const struct webtalk_ops *ops;
	void *arg;
	int64_t from, to;         /* the run; equal: there is none */
	int64_t at;               /* the next byte that is wanted */
	enum addr_scope scope;    /* of whom it talks to */
	enum web_end end;         /* after -1 */
	int64_t retry_s;          /* then, of WEB_LATER; -1: not said */
	/* the rest is webseed.c's */
	int64_t asked;            /* up to here */
	int64_t pos, body_end;    /* the body's next byte, and where it ends */
	int in_body, flying;      /* requests without an answer */
	int keeps;                /* the connection stays */
	int64_t got;              /* bytes of bodies */
	uint8_t part[BLOCK_LEN];  /* of a block that has several files */
	struct http_reply reply;
};

/* A request: len bytes of a file from off on. */
struct web_ask {
	uint32_t file;
	int64_t off, len;
};

/* The run from one block's first byte to another's last is wanted. */
void webtalk_run(struct webtalk *t, int64_t from, int64_t to);
/* Whether all of it has come; of what is padding alone nothing is asked. */
int webtalk_is_done(const struct webtalk *t);
/* A new connection, of which nothing was read. */
void webtalk_open(struct webtalk *t);
/* What the next request asks for: 1, or 0: none may be made now. */
int webtalk_ask(struct webtalk *t, struct web_ask *a);
/* The last one was not made, and is asked for again. */
void webtalk_unask(struct webtalk *t, const struct web_ask *a);
/* Bytes consumed, at most up to the end of the run; 0: wait for more; -1: the
 * connection is over, as t->end and ws->why say.  A caller keeps what is not
 * consumed, up to HTTP_HEAD_MAX or a block's length, and feeds it again. */
long webtalk_feed(struct webtalk *t, const uint8_t *p, size_t n);
/* The other side has closed, or failed (why; NULL: closed): as -1 above. */
void webtalk_eof(struct webtalk *t, const char *why);
/* It is given up, also from within: nothing more is told. */
void webtalk_end(struct webtalk *t);
/* The other side owes bytes and is silent: as -1 above. */
void webtalk_silent(struct webtalk *t);
/* Whether the connection cannot be used for another request. */
int webtalk_is_over(const struct webtalk *t);
/* 1, and what of the body under way is still to come, as of a server that gives
 * a whole file; or 0. */
int webtalk_rest(const struct webtalk *t, int64_t *from, int64_t *to);
/* Whether it owes bytes. */
int webtalk_owes(const struct webtalk *t);

#endif
