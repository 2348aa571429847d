/* Torrents as a user names them: a path, "-" for standard input, a magnet
 * link, an info hash, an http:// URL. */

#ifndef LOAD_H
#define LOAD_H

#include "torrent/meta.h"

/* The torrent, or the magnet link's meta, which the caller frees; NULL after a
 * message.  verb is named in it, where it says what to type instead.  Unless
 * it may wait, as nobody may while the loop runs, a path must be a regular
 * file's; if it may, of a URL it runs the loop until the torrent is here. */
struct meta *load(const char *arg, const char *verb, int may_wait);

/* The same of a URL, from the loop: done is called once, never from within,
 * with NULL after a message; then the load is gone. */
struct load;
int load_is_url(const char *arg);
struct load *load_start(const char *url,
    void (*done)(void *arg, struct meta *m), void *arg);
void load_stop(struct load *l); /* without done */

#endif
