/* What a source owes us: the picker and the connection's flow hear of the same
 * things.  Pure. */

#ifndef OWED_H
#define OWED_H

#include "swarm/pick.h"
#include "swarm/flow.h"

/* The owner of a source, as the picker knows it: which tells that a request is
 * void (pick.h). */
struct debtor {
	void (*cancel)(void *owner, struct block b);
	void *owner;
};
extern const struct pick_ops owed_ops;

/* Once a second: what src, whose flow is f, has owed for too long goes to
 * others.  held: our own limits kept us from reading.  Returns what flow_tick
 * says. */
enum flow_state owed_tick(struct pick *pk, struct source *src, struct flow *f,
    int held, int64_t now_ms);
/* src chokes us, or not any more.  fast: it still answers each request (BEP
 * 6). */
void owed_choke(struct pick *pk, struct source *src, struct flow *f,
    int choked, int fast, int64_t now_ms);

#endif
