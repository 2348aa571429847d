/* What is not in the resume file when the power fails is fetched once more, so
 * it is written often; but syncing keeps the disk from other things, so it may
 * take a small share of the time. */
#include <stdint.h>

#include "util.h"
#include "swarm/saver.h"

enum {
	SAVE_MS    = 30000,
	SAVE_BYTES = 256 << 20,
	REST       = 10          /* times as long as it took */
};

int
saver_due(const struct saver *s, int64_t bytes, int64_t now_ms)
{
	return bytes != s->bytes && now_ms >= s->next_ms &&
	    (bytes - s->bytes >= SAVE_BYTES || !s->began_ms ||
	    now_ms - s->began_ms >= SAVE_MS);
}

void
saver_begins(struct saver *s, int64_t bytes, int64_t now_ms)
{
	s->bytes = bytes;
	s->began_ms = now_ms;
}

void
saver_ended(struct saver *s, int64_t now_ms)
{
	s->next_ms = now_ms + REST * (now_ms - s->began_ms);
}
