/* What a user is told of a torrent, and with it what to do.
 *
 * Nothing here changes a torrent or waits: options and figures go in, words
 * come out, on standard error or to the caller. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "addr.h"
#include "net.h"
#include "torrent/meta.h"
#include "torrent/magnet.h"
#include "torrent/store.h"
#include "swarm/conns.h"
#include "swarm/swarm.h"
#include "cmd/cli.h"
#include "cmd/progress.h"
#include "cmd/jobs.h"
#include "cmd/options.h"
#include "cmd/hook.h"
#include "cmd/words.h"

void
words_magnet(struct buf *b, const struct options *o, const struct job *j,
    uint16_t port)
{
	struct addr a;
	int i;

	if (j->m->info.n > META_NET_MAX && !o->rules.quiet)
		warn("%s: its metadata is too large for a magnet link "
		    "(over 16 MiB): give others the torrent file", j->arg);
	magnet_put(b, j->m);
	for (i = 0; i < o->rules.ntrackers; i++)
		magnet_put_tracker(b, j->m, o->rules.trackers[i].url);
	if (port) {
		own_addr(&a, o->net.host, port);
		magnet_put_peer(b, &a);
	}
	buf_put(b, "", 1);
}

void
words_path(struct buf *b, const struct job *j)
{
	struct span name = j->name ? span_of(j->name) : j->m->name;

	if (strcmp(j->dir, ".") != 0)
		buf_printf(b, "%s/", strcmp(j->dir, "/") == 0 ? "" : j->dir);
	buf_put(b, name.p, name.n);
	buf_put(b, "", 1);
}

void
words_hook(struct hook *h, const struct options *o, const struct job *j)
{
	const char *values[HOOK_VALUES];
	char digits[2 * ID_LEN + 1];
	struct buf path = { 0 }, name = { 0 };

	words_path(&path, j);
	buf_put(&name, j->m->name.p, j->m->name.n);
	buf_put(&name, "", 1);
	hex(digits, job_hash(j), ID_LEN);
	values[HOOK_NAME] = (char *)name.p;
	values[HOOK_PATH] = o->to_stdout ? "" : (char *)path.p;
	values[HOOK_HASH] = digits;
	values[HOOK_DIR] = j->dir;
	hook_run(h, values);
	buf_free(&path);
	buf_free(&name);
}

void
words_lonely(const struct options *o, const struct job *j)
{
	if (o->verb != VERB_PEER && !o->rules.quiet &&
	    (o->net.trackers_only || j->m->private) && j->m->ntrackers == 0 &&
	    o->rules.ntrackers == 0 && j->m->npeers == 0 &&
	    j->m->webseeds.n == 0 &&
	    !j->all->known && !j->all->asked)
		warn(o->verb == VERB_RUN ? "%s: it names no tracker; -a url "
		    "names one, or -k host:port a peer" : "%s: it names no "
		    "tracker, and not every client heeds a link's peer; -a "
		    "url names one", j->arg);
}

int
words_has_files(const struct job *j)
{
	struct store *s = swarm_store(j->sw);
	int64_t size = 0;
	uint32_t i;

	for (i = 0; i < j->m->nfiles; i++)
		if (store_size(s, i, &size) == 0 && size > 0)
			return 1;
	return 0;
}

const char *
words_way_out(const struct options *o, const struct job *j, int status)
{
	const struct store *s = j->sw ? swarm_store(j->sw) : NULL;
	int named = o->verb == VERB_RUN;

	if (!s || (status != EXIT_DISK && status != EXIT_DATA) ||
	    (status == EXIT_DATA && o->rules.serve))
		return "";
	switch (store_fault(s)) {
	case STORE_FOREIGN:
		return named ? "; -F overwrites it, -o names another result, "
		    "-d another directory" :
		    "; -F overwrites it, -d names another directory";
	case STORE_IN_WAY:
		return named ? "; move it away, or -o names another result" :
		    "; move it away";
	case STORE_DENIED:
		return "; -d names another directory";
	case STORE_FULL:
		return "; what is there stays: make room and run it again";
	default:
		return "";
	}
}

void
words_summary(const struct options *o, const struct job *j,
    int64_t since_ms)
{
	char down[16], rate[16], up[16];
	struct swarm_stats st;
	int64_t ms = MAX(net_now() - since_ms, 1);

	if (o->rules.quiet || (!o->verbose && !isatty(STDERR_FILENO)))
		return;
	job_stats(j, &st);
	warn_line("%s in %.1f s, %s/s, %s up, ratio %.2f",
	    human(down, st.down), (double)ms / 1000, human(rate, st.down *
	    1000 / ms), human(up, st.up), (double)st.up /
	    (double)MAX(st.down - st.web, 1));
}

char *
words_seeded(char text[128], const struct job *j)
{
	char up[16];
	struct swarm_stats st;

	job_stats(j, &st);
	snprintf(text, 128, "seeding ends: %s given, %.2f times its size",
	    human(up, st.up), (double)st.up / (double)MAX(st.size, 1));
	return text;
}

void
words_resumable(const struct options *o, const struct swarm_stats *sum)
{
	char have[16], size[16];

	if (o->rules.quiet)
		return;
	if (sum->size == 0)
		warn("interrupted: nothing is here yet");
	else
		warn("interrupted: %s of %s are here; the same command goes "
		    "on from there", human(have, sum->have + sum->partial),
		    human(size, sum->size));
}
