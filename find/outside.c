/* Votes on our address.  The last ones count, one of each network: an address
 * is ours when enough of them, and more than half, name it.  Only those at
 * global addresses can know a global one. */
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "addr.h"
#include "find/outside.h"

enum { VOTES_LEAST = 6 };

int
outside_told(struct outside *o, uint64_t net, struct span ip,
    const struct addr *from)
{
	struct vote new;
	int i, n = 0, is4 = addr_is4(from);

	if (ip.n != (is4 ? 6 : 18) || addr_scope(from) != SCOPE_GLOBAL)
		return 0;
	addr_unpack(&new.self, ip.p, is4);
	new.self.port = 1;
	new.net = net;
	if (addr_scope(&new.self) != SCOPE_GLOBAL ||
	    addr_is4(&new.self) != is4)
		return 0;
	for (i = 0; i < o->n && o->votes[i].net != net; i++)
		;
	if (i == o->n) {
		i = o->at++ % OUTSIDE_VOTES;
		o->n = MIN(o->n + 1, OUTSIDE_VOTES);
	}
	o->votes[i] = new;
	for (i = 0; i < o->n; i++)
		n += addr_near(&o->votes[i].self, &new.self);
	if (n < VOTES_LEAST || 2 * n <= o->n ||
	    (o->self.port && addr_near(&o->self, &new.self)))
		return 0;
	o->self = new.self;
	o->n = o->at = 0;
	return 1;
}
