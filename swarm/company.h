/* Who was here: peers and nodes of the DHT, from one start to the next. */

#ifndef COMPANY_H
#define COMPANY_H

#include "util.h"
#include "torrent/resume.h"
#include "find/finder.h"
#include "swarm/conns.h"

/* Compact forms, of IPv4 and of IPv6; zeroed before use. */
struct company {
	struct buf peers[2], nodes[2];
};

/* Fills them in r, which borrows from c; f may be NULL. */
void company_note(struct company *c, const struct conns *cs,
    const struct finder *f, struct resume *r);
void company_free(struct company *c);
/* Meets again who is in r. */
void company_meet(const struct resume *r, struct conns *cs,
    struct finder *f);

#endif
