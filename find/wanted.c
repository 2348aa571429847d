/* Torrents, found by their hashes.  One for which somebody is hungry between
 * two searches waits a minute from the one to the next, then two, and so on up
 * to the time that all wait; when nobody is, it begins with a minute again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "find/wanted.h"

static int place_of(const struct wanted *w, const uint8_t *hash);

/* Its place, or that where it would be. */
static int
place_of(const struct wanted *w, const uint8_t *hash)
{
	int low = 0, high = w->n, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (memcmp(w->list[mid]->hash, hash, ID_LEN) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct torrent *
wanted_get(const struct wanted *w, const uint8_t *hash)
{
	int at = place_of(w, hash);

	return at < w->n && memcmp(w->list[at]->hash, hash, ID_LEN) == 0 ?
	    w->list[at] : NULL;
}

int
wanted_add(struct wanted *w, const uint8_t *hash, uint16_t port,
    int64_t now_ms)
{
	int at = place_of(w, hash);
	struct torrent *t;

	if (wanted_get(w, hash))
		return -1;
	t = xcalloc(1, sizeof *t);
	memcpy(t->hash, hash, ID_LEN);
	t->port = port;
	t->due_ms = t->began_ms = now_ms;
	t->wait_ms = WANTED_HUNGRY_MS;
	w->list = xrealloc(w->list, (size_t)w->n + 1, sizeof *w->list);
	memmove(w->list + at + 1, w->list + at,
	    (size_t)(w->n++ - at) * sizeof *w->list);
	w->list[at] = t;
	return 0;
}

void
wanted_remove(struct wanted *w, const uint8_t *hash)
{
	int at = place_of(w, hash);

	if (!wanted_get(w, hash))
		return;
	free(w->list[at]);
	memmove(w->list + at, w->list + at + 1,
	    (size_t)(--w->n - at) * sizeof *w->list);
	if (w->n == 0) {
		free(w->list);
		w->list = NULL;
	}
}

void
wanted_began(struct torrent *t, int64_t now_ms)
{
	t->wait_ms = t->hungry ? MIN(2 * t->wait_ms, WANTED_AGAIN_MS) :
	    WANTED_HUNGRY_MS;
	t->hungry = 0;
	t->began_ms = now_ms;
	t->due_ms = now_ms + WANTED_AGAIN_MS;
}

void
wanted_hungry(struct torrent *t, int64_t now_ms)
{
	t->hungry = 1;
	t->due_ms = MIN(t->due_ms, MAX(now_ms, t->began_ms + t->wait_ms));
}
