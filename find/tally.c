/* A swarm's figures, as a tracker tells them over HTTP.  What it does not say,
 * or says below 0, is unknown. */
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "bencode.h"
#include "find/tally.h"

int
tally_path(char *path)
{
	static const char from[] = "announce", to[] = "scrape";
	size_t n = strcspn(path, "?");

	while (n > 0 && path[n - 1] != '/')
		n--;
	path += n;
	if (strncmp(path, from, sizeof from - 1) != 0)
		return -1;
	memcpy(path, to, sizeof to - 1);
	path += sizeof to - 1;
	n = sizeof from - sizeof to;
	memmove(path, path + n, strlen(path + n) + 1);
	return 0;
}

const char *
tally_read(struct swarm_tally *t, struct span reply, const uint8_t *hash)
{
	struct span files = ben_get(reply, "files"), it = ben_items(files);
	struct span k, v;

	if (ben_kind(files) != 'd')
		return "its answer is not one to a scrape";
	while (ben_next_str(&it, &k) && ben_next(&it, &v)) {
		if (k.n != ID_LEN || memcmp(k.p, hash, ID_LEN) != 0 ||
		    ben_kind(v) != 'd')
			continue;
		t->seeds = MAX(ben_get_int(v, "complete", -1), -1);
		t->leechers = MAX(ben_get_int(v, "incomplete", -1), -1);
		t->completed = MAX(ben_get_int(v, "downloaded", -1), -1);
		return NULL;
	}
	return "it does not know the torrent";
}

void
tally_most(struct swarm_tally *t, const struct swarm_tally *other)
{
	t->seeds = MAX(t->seeds, other->seeds);
	t->leechers = MAX(t->leechers, other->leechers);
	t->completed = MAX(t->completed, other->completed);
}
