/* The routing table of a DHT node (BEP 5).  Pure. */

#ifndef NODES_H
#define NODES_H

#include <stdint.h>

#include "sha1.h"
#include "addr.h"

enum { NODES_K = 8 }; /* in a bucket, and in an answer */

/* A node, which has answered a query of ours: good, if it did so in the last
 * 15 minutes or has asked us something since then; bad, if it left the last
 * two queries unanswered; else questionable. */
struct node {
	uint8_t id[ID_LEN];
	struct addr addr;
	uint8_t fails;        /* queries in a row without an answer */
	int64_t answered_ms, heard_ms, asked_ms; /* heard: any packet */
};

struct nodes;

/* Whether two addresses are one node's: the same, on this host with its port;
 * and of one network, of which only a few may be in a table: a global /24, or
 * a /64 of IPv6. */
int nodes_one_host(const struct addr *a, const struct addr *b);
int nodes_one_net(const struct addr *a, const struct addr *b);

/* own: our id, copied. */
struct nodes *nodes_new(const uint8_t own[ID_LEN]);
void nodes_free(struct nodes *t);
/* Our id has changed: the nodes are sorted anew, and those that are kept for
 * which there is room. */
void nodes_rename(struct nodes *t, const uint8_t own[ID_LEN], int64_t now_ms);

/* The node with that id at that address, or NULL. */
const struct node *nodes_at(struct nodes *t, const uint8_t *id,
    const struct addr *a);
/* It has answered a query: it is in the table afterwards, waits for a place
 * there, or is refused, if its address or network has what it may have. */
void nodes_answered(struct nodes *t, const uint8_t *id, const struct addr *a,
    int64_t now_ms);
/* It has sent us a query.  1: the table does not know it and might take it, if
 * it answers one; else 0. */
int nodes_heard(struct nodes *t, const uint8_t *id, const struct addr *a,
    int64_t now_ms);
/* A query has gone to it; that query was not answered. */
void nodes_asked(struct nodes *t, const uint8_t *id, const struct addr *a,
    int64_t now_ms);
void nodes_silent(struct nodes *t, const uint8_t *id, const struct addr *a);

/* The nodes nearest to a target, nearest first, at most NODES_K: good ones, or
 * those whose ids suit their addresses, or those whose do not, bad ones only
 * if there are no others.  How many; valid until the table changes. */
enum nodes_which { NODES_GOOD, NODES_FIT, NODES_ODD };
int nodes_nearest(struct nodes *t, const uint8_t *target,
    enum nodes_which which, const struct node *list[NODES_K],
    int64_t now_ms);
/* A node that should be asked something, to know whether it is there. */
const struct node *nodes_due(struct nodes *t, int64_t now_ms);
/* Whether a bucket has not changed for 15 minutes: then the random bytes in
 * target become an id in its range, to look for, and it counts as changed. */
int nodes_refresh(struct nodes *t, uint8_t target[ID_LEN], int64_t now_ms);
/* Good nodes: how many, those at global addresses alone if global is not 0. */
int nodes_good(const struct nodes *t, int global, int64_t now_ms);
/* Their addresses, at most so many, from all over the table.  How many. */
int nodes_list(const struct nodes *t, struct addr *list, int most,
    int64_t now_ms);
/* All nodes, bad ones, too. */
int nodes_count(const struct nodes *t);
/* Nodes looked at, ever. */
uint64_t nodes_steps(const struct nodes *t);

#endif
