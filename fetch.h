/* One HTTP GET, followed through redirects, over TLS by another program
 * (https.h), or one POST; within a deadline. */

#ifndef FETCH_H
#define FETCH_H

#include "util.h"
#include "addr.h"
#include "url.h"
#include "route.h"

struct fetch;

enum { FETCH_MS = 20000, FETCH_REDIRECTS = 5 };

/* Gets the reply's body, and why it is none (NULL: it is; else a text that is
 * safe to print, "" if it is what https_missing says and was said before); an
 * error's page comes with both.  Both are borrowed during the call. */
typedef void fetch_done(void *arg, struct span body, const char *why);

struct fetch_how {
	const char *query;      /* extends the URL's; NULL: none */
	const struct addr *to;  /* who is asked, by nobody else; NULL: whom the
	                         * name says, by a proxy if there is one */
	struct route *route;        /* borrowed; NULL: straight from anywhere */
	int by_user;            /* the user named the URL, not a torrent */
	size_t limit;           /* most bytes of body */
	int direct;             /* a redirect is a reply like others */
	const char *post;       /* the body of a POST; NULL: it is a GET */
	const char *head;       /* of a POST: lines of it, as http_post's */
};

/* Gets url, or posts to it, which goes nowhere but there.  done is called
 * once, never from within, after which the fetch is gone.  Strings and
 * addresses are copied. */
struct fetch *fetch_start(const struct url *url, const struct fetch_how *how,
    fetch_done *done, void *arg);
/* Ends a fetch whose done was not called yet, and now never is. */
void fetch_stop(struct fetch *f);

/* Whether a URL is asked for by a proxy that is ours to ask, which looks its
 * name up: that of the route or, for http, of the environment (proxy.h). */
int fetch_is_proxied(const struct url *u, const struct route *rt);

/* Whether a path may be asked for at an address of scope at.  Nobody but the
 * user sends us to this host or its network for anything but an announce or a
 * scrape, and no redirect leads from one scope into a narrower one: from is
 * the widest of those that redirected, SCOPE_LOOPBACK at first.
 *
 * Of what a proxy asks for us we know no address but one that the URL itself
 * has: that meets the same rule, and so does "localhost".  A name counts as
 * one that can be reached from everywhere: whether it leads into the proxy's
 * own network is for the proxy to allow, and that is not ours. */
int fetch_may(enum addr_scope at, enum addr_scope from, int by_user,
    const char *path);

#endif
