/* What the torrents of a process have done so far, as text. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util.h"
#include "net.h"
#include "torrent/store.h"
#include "find/finder.h"
#include "swarm/conns.h"
#include "swarm/swarm.h"
#include "cmd/progress.h"
#include "cmd/jobs.h"
#include "cmd/status.h"

enum { PEERS_TEXT = 64 };

static int64_t missing(const struct swarm_stats *sum);
static char *peers_text(const struct jobs *all, const struct swarm_stats *sum,
    char text[PEERS_TEXT]);

void
status_sum(const struct jobs *all, struct swarm_stats *sum)
{
	struct swarm_stats st;
	const struct job *j;

	memset(sum, 0, sizeof *sum);
	sum->complete = 1;
	for (j = all->first; j; j = j->next) {
		job_stats(j, &st);
		sum->have += st.have;
		sum->partial += st.partial;
		sum->metadata += st.metadata;
		sum->size += st.size;
		sum->down += st.down;
		sum->up += st.up;
		sum->web += st.web;
		sum->down_bps += st.down_bps;
		sum->up_bps += st.up_bps;
		sum->npeers += st.npeers;
		sum->nwebs += st.nwebs;
		sum->nknown += st.nknown;
		sum->nseeds += st.nseeds;
		sum->seeking |= st.seeking;
		sum->syncing |= st.syncing;
		sum->complete &= st.complete;
		if (st.checking) {
			sum->checking = 1;
			sum->checked = st.checked;
		}
	}
}

static int64_t
missing(const struct swarm_stats *sum)
{
	return sum->size - sum->have - sum->partial;
}

/* Who gives; or who could, and how many nodes can be asked. */
static char *
peers_text(const struct jobs *all, const struct swarm_stats *sum,
    char text[PEERS_TEXT])
{
	const struct finder *f = all->client.shared.finder;
	int n = 0;

	if (sum->npeers > 0)
		n = snprintf(text, PEERS_TEXT, "%d peer%s, %d seed%s",
		    sum->npeers, sum->npeers == 1 ? "" : "s", sum->nseeds,
		    sum->nseeds == 1 ? "" : "s");
	if (sum->nwebs > 0)
		snprintf(text + n, (size_t)(PEERS_TEXT - n),
		    "%s%d web seed%s", n > 0 ? ", " : "", sum->nwebs,
		    sum->nwebs == 1 ? "" : "s");
	if (sum->npeers > 0 || sum->nwebs > 0)
		return text;
	n = snprintf(text, PEERS_TEXT, "0 of %d peers", sum->nknown);
	if (f)
		snprintf(text + n, (size_t)(PEERS_TEXT - n), ", DHT %d nodes",
		    finder_nodes(f));
	return text;
}

void
status_text(const struct jobs *all, char head[STATUS_HEAD],
    char tail[STATUS_TAIL])
{
	char a[16], b[16], both[32], left[24], peers[PEERS_TEXT];
	struct swarm_stats sum;
	int64_t done;
	int n;

	status_sum(all, &sum);
	*tail = '\0';
	if (sum.size == 0 && !sum.complete && !sum.checking) {
		snprintf(head, STATUS_HEAD, "%s  %s", sum.seeking ?
		    "seeking the metadata" : "waiting for the torrent",
		    peers_text(all, &sum, peers));
		return;
	}
	if (sum.syncing && sum.have == sum.size)
		snprintf(tail, STATUS_TAIL, " syncing to disk");
	done = sum.checking ? sum.checked : sum.have + sum.partial;
	snprintf(head, STATUS_HEAD, "%s%s %d%%", sum.checking ? "checking " :
	    "", human_part(both, done, sum.size), sum.size > 0 ?
	    (int)((double)done * 100 / (double)sum.size) : 100);
	if (sum.checking || *tail)
		return;
	n = snprintf(tail, STATUS_TAIL, " down %s/s up %s/s  %s",
	    human(a, sum.down_bps), human(b, sum.up_bps),
	    peers_text(all, &sum, peers));
	if (!all->rules->serve && missing(&sum) > 0 && sum.down_bps > 0)
		snprintf(tail + n, (size_t)(STATUS_TAIL - n), "  %s",
		    clock_text(left, missing(&sum) / sum.down_bps));
}

void
status_show(const struct jobs *all, struct progress *p)
{
	char head[STATUS_HEAD], tail[STATUS_TAIL];
	const struct job *j = all->first;
	const uint8_t *has = NULL;
	uint32_t n = 0;

	if (j && !j->next && j->sw && swarm_store(j->sw)) {
		has = store_have(swarm_store(j->sw));
		n = j->m->sh.npieces;
	}
	status_text(all, head, tail);
	progress_line(p, head, tail, has, n);
}

void
status_fields(const struct jobs *all)
{
	struct swarm_stats sum;
	const char *state;
	char left[24] = "-";

	status_sum(all, &sum);
	if (missing(&sum) > 0 && sum.down_bps > 0)
		snprintf(left, sizeof left, "%" PRId64,
		    missing(&sum) / sum.down_bps);
	state = sum.checking ? "checking" : sum.seeking ? "seeking" :
	    sum.complete || all->rules->serve ? "seeding" : "fetching";
	warn_line("%" PRId64 "\t%s\t%" PRId64 "\t%" PRId64 "\t%" PRId64
	    "\t%" PRId64 "\t%d\t%d\t%s\t%d", net_wall(), state, sum.checking ?
	    sum.checked : sum.have + sum.partial, sum.size, sum.down_bps,
	    sum.up_bps, sum.npeers, sum.nseeds, left, sum.nwebs);
}
