/* The web's side of a port: requests for pages and files in, replies out. */

#ifndef WEB_SERVER_H
#define WEB_SERVER_H

#include "util.h"
#include "addr.h"
#include "http.h"
#include "limit.h"
#include "web/share.h"

struct web;

struct web_ops { /* of shares' owners, and with arg; called from the loop */
	/* Appends the torrent as whoever reached us at host is to have it. */
	void (*torrent)(void *owner, struct span host, struct buf *out);
	/* Readers wait for these pieces, in this order: none others are wanted
	 * as much; n 0: nobody waits. */
	void (*hurry)(void *owner, const uint32_t *pieces, int n);
	/* Appends the whole reply to an announce or a scrape from an address.
	 */
	void (*track)(void *arg, const struct http_request *r,
	    const struct addr *from, struct buf *out);
};

/* Shows shares to so many callers at most, whose bytes count in up; all
 * borrowed. */
struct web *web_new(struct shares *shares, struct limit *up, int most,
    const struct web_ops *ops, void *arg);
void web_free(struct web *w);

/* The socket of who has called from an address is the web's from now on; came:
 * what was read of it already. */
void web_call(struct web *w, int fd, const struct addr *from,
    struct span came);
/* A piece of s has come. */
void web_piece(struct web *w, struct share *s);
/* s is about to go: who reads it is hung up on. */
void web_drop(struct web *w, struct share *s);

#endif
