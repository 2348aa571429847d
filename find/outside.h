/* Our address as others see it: what most of those who say it agree on, one
 * voice a network (BEP 42).  Pure. */

#ifndef OUTSIDE_H
#define OUTSIDE_H

#include <stdint.h>

#include "util.h"
#include "addr.h"

enum { OUTSIDE_VOTES = 16 };

struct vote {
	uint64_t net;              /* hash of who says so */
	struct addr self;
};

/* Zeroed before. */
struct outside {
	struct vote votes[OUTSIDE_VOTES];
	int n, at;
	struct addr self;          /* port 0: unknown */
};

/* Who is at from, in a network of that hash, says that our address is the
 * compact one in ip.  1: it is another than before now, in o->self; else 0. */
int outside_told(struct outside *o, uint64_t net, struct span ip,
    const struct addr *from);

#endif
