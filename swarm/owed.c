/* What a source owes.  Who asks whom for what is pick.c's, how much and how
 * long flow.c's, and neither knows of the other.  A request that the picker
 * gives up may still be answered, for which the flow forgives the source: what
 * the one forgets, the other is told here. */
#include <stdint.h>

#include "util.h"
#include "torrent/meta.h"
#include "swarm/pick.h"
#include "swarm/flow.h"
#include "swarm/owed.h"

enum { IDLE_MS = 60000 }; /* for which a request that does not count stays */

static void on_cancel(void *owner, struct block b);

const struct pick_ops owed_ops = { on_cancel };

static void
on_cancel(void *owner, struct block b)
{
	struct debtor *d = owner;

	d->cancel(d->owner, b);
}

enum flow_state
owed_tick(struct pick *pk, struct source *src, struct flow *f, int held,
    int64_t now_ms)
{
	int n = (int)pick_requests(src);
	enum flow_state st = flow_tick(f, pick_oldest(src), held, now_ms);

	if (!held)
		pick_overdue(pk, src, now_ms - flow_patience(f));
	flow_forgive(f, (int)pick_expire(pk, src, now_ms - IDLE_MS), now_ms);
	pick_stall(pk, src, st != FLOW_FINE);
	if (st == FLOW_LOST) {
		flow_forgive(f, n, now_ms);
		pick_reject_all(pk, src);
	}
	return st;
}

void
owed_choke(struct pick *pk, struct source *src, struct flow *f, int choked,
    int fast, int64_t now_ms)
{
	int n = (int)pick_requests(src);

	pick_choke(pk, src, choked);
	if (choked && !fast) {
		pick_reject_all(pk, src);
		flow_broke(f, n, now_ms);
	}
	if (!choked)
		flow_unchoked(f);
}
