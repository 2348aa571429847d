/* The torrents that a DHT node looks for, and when.  Pure. */

#ifndef WANTED_H
#define WANTED_H

#include <stdint.h>

#include "sha1.h"

enum {
	WANTED_AGAIN_MS  = 15 * 60000, /* from search to search, */
	WANTED_HUNGRY_MS = 60000       /* or at least, doubled each time */
};

struct torrent {
	uint8_t hash[ID_LEN];
	uint16_t port;             /* to announce; 0: none */
	int hungry;                /* since its search began */
	int64_t due_ms, began_ms, wait_ms;
};

/* Zeroed before; freed by removing all. */
struct wanted {
	struct torrent **list;     /* owned, with what it points to; by hash */
	int n;
};

/* The torrent, or NULL. */
struct torrent *wanted_get(const struct wanted *w, const uint8_t *hash);
/* Due at once.  0, or -1: it was there. */
int wanted_add(struct wanted *w, const uint8_t *hash, uint16_t port,
    int64_t now_ms);
void wanted_remove(struct wanted *w, const uint8_t *hash);
/* Its search begins: the next one's time is set. */
void wanted_began(struct torrent *t, int64_t now_ms);
/* The next search should come sooner: sets due_ms. */
void wanted_hungry(struct torrent *t, int64_t now_ms);

#endif
