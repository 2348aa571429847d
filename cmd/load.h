/* Torrents as a user names them: a path, "-" for standard input, a magnet
 * link, an info hash, an http:// or https:// URL. */

#ifndef LOAD_H
#define LOAD_H

#include "route.h"
#include "torrent/meta.h"

/* The torrent that arg names, or the meta of a magnet link, which the caller
 * frees.  NULL after a message, and *status is EXIT_TORRENT if it is none, or
 * EXIT_FAIL if it could not be had.  may_wait 0, as while the loop runs: a path
 * must be a regular file's, and arg no URL.  Else the loop is run until a
 * URL's torrent is here. */
struct meta *load(const char *arg, int may_wait, int *status);

struct load;
/* Whether arg is an http:// or https:// URL, which load_start gets. */
int load_is_url(const char *arg);
/* Gets the torrent of a URL from the loop, by the route rt, borrowed (NULL:
 * straight, from any address).  done is called once, not before this has
 * returned, with the meta, then the callee's, or with NULL, a status as above
 * and why; the load is gone then.  NULL after a message: url is none. */
struct load *load_start(const char *url, struct route *rt,
    void (*done)(void *arg, struct meta *m, int status, const char *why),
    void *arg);
/* Gives a load up: done is not called. */
void load_stop(struct load *l);

#endif
