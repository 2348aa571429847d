/* One HTTP GET, followed through redirects, within a deadline. */

#ifndef FETCH_H
#define FETCH_H

#include "util.h"
#include "addr.h"
#include "url.h"

struct fetch;

enum { FETCH_MS = 20000, FETCH_REDIRECTS = 5 };

/* The reply's body, borrowed during the call, or why there is none (a text
 * valid during the call, safe to print).  Both: an error's page. */
typedef void fetch_done(void *arg, struct span body, const char *why);

struct fetch_how {
	const char *query;      /* extends the URL's; NULL: none */
	const struct addr *to;  /* to be asked; NULL: what the name says */
	int by_user;            /* the user named the URL, not a torrent */
	size_t limit;           /* most bytes of body */
};

/* Gets url.  done is called once, never from within, after which the fetch is
 * gone.  Strings and addresses are copied. */
struct fetch *fetch_start(const struct url *url, const struct fetch_how *how,
    fetch_done *done, void *arg);
void fetch_stop(struct fetch *f); /* without done */

/* Whether a path may be asked for at an address of scope at.  Nobody but the
 * user sends us to this host or its network for anything but an announce, and
 * no redirect leads from one scope into a narrower one: from is the widest of
 * those that redirected, SCOPE_LOOPBACK at first. */
int fetch_may(enum addr_scope at, enum addr_scope from, int by_user,
    const char *path);

#endif
