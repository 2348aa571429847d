/* Nobody is connected for a while though somebody was dialled: then it is said
 * how the dials ended, once until a peer has been there. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util.h"
#include "swarm/lonely.h"

enum {
	PATIENCE_MS = 20000
};

void
lonely_end(struct lonely *l, enum lonely_end how)
{
	l->ends[how]++;
}

int
lonely_tick(struct lonely *l, int npeers, int64_t now_ms,
    char text[LONELY_TEXT])
{
	static const char how[][32] = {
		[END_REFUSED]   = "refused the connection",
		[END_SILENT]    = "did not answer",
		[END_UNREACHED] = "could not be reached",
		[END_PROXY]     = "failed at the proxy",
		[END_NO_FD]     = "had no descriptor left",
		[END_HUNG_UP]   = "hung up before the handshake"
	};
	int i, most = 0, all = 0;

	if (npeers > 0)
		memset(l, 0, sizeof *l);
	if (npeers > 0 || l->told)
		return 0;
	if (l->since_ms == 0)
		l->since_ms = now_ms;
	for (i = 0; i < LONELY_ENDS; i++) {
		all += l->ends[i];
		if (l->ends[i] > l->ends[most])
			most = i;
	}
	if (all == 0 || now_ms - l->since_ms < PATIENCE_MS)
		return 0;
	l->told = 1;
	snprintf(text, LONELY_TEXT, "no peer yet: %d of %d tries %s%s",
	    l->ends[most], all, how[most], most == END_HUNG_UP ?
	    " (maybe they want it encrypted)" : "");
	return 1;
}
