/* Callers who speak HTTP: their sockets, and the time they have. */

#ifndef HTTPD_H
#define HTTPD_H

#include "util.h"
#include "addr.h"
#include "http.h"
#include "net.h"

struct httpd;
struct caller;

/* What an answer is. */
enum reply {
	REPLY_WHOLE,  /* all of it was appended */
	REPLY_BODY,   /* and the rest is sent by and by, of this body */
	REPLY_HANDED  /* the socket is not the httpd's any more: a child has
	               * one of its own */
};

/* How it goes on with a body. */
enum sent {
	SENT_SOME,    /* the next call does more */
	SENT_FULL,    /* the same, when the socket takes more */
	SENT_WAITS,   /* the same, after httpd_wake */
	SENT_ALL,     /* what was appended is the end */
	SENT_FAILED   /* the caller is hung up on */
};

struct httpd_ops { /* called from the loop, with arg */
	/* Appends the reply to a request, or its beginning. */
	enum reply (*answer)(void *arg, struct caller *c,
	    const struct http_request *r, int64_t now_ms, struct buf *out);
	/* Sends some of the caller's body to its socket fd or, only if it
	 * sends nothing, appends some to out, which is empty. */
	enum sent (*send)(void *arg, void *body, int fd, struct buf *out,
	    int64_t now_ms);
	/* The body is not needed any more: all of it was sent, or the caller
	 * is gone. */
	void (*over)(void *arg, void *body);
};

/* So many callers at most: for one more, who was silent for longest goes.
 * near: the most of one stranger, whose oldest goes; 0: no limit.  ops without
 * the last two: all replies are whole. */
struct httpd *httpd_new(int most, int near, const struct httpd_ops *ops,
    void *arg);
/* All callers are closed. */
void httpd_free(struct httpd *h);

/* The socket of who has called from an address is the httpd's from now on;
 * came: what was read of it already. */
void httpd_call(struct httpd *h, int fd, const struct addr *from,
    struct span came);
/* Closes who was silent for longest: 1, or 0 if there is nobody. */
int httpd_shed(struct httpd *h);

int caller_fd(const struct caller *c);
const struct addr *caller_addr(const struct caller *c);
/* In an answer: the body that the rest of it is sent of. */
void caller_body(struct caller *c, void *body);
/* Instead of an answer: the last that the caller is told, such as "400 Bad
 * Request". */
void caller_refuse(struct caller *c, struct buf *out, const char *status);
/* A body that waits may go on. */
void caller_wake(struct caller *c);
/* Hangs up. */
void caller_close(struct caller *c);

#endif
