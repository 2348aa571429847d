/* Nodes of the DHT to begin with, by their names. */

#ifndef BOOTSTRAP_H
#define BOOTSTRAP_H

#include "addr.h"

struct bootstrap;

/* meet hears, from the loop, of each address; nodes says how many good nodes
 * there are: as long as there are none, the well-known routers are looked up,
 * now and then, unless no_routers. */
struct bootstrap *bootstrap_new(void (*meet)(void *arg, const struct addr *a),
    int (*nodes)(void *arg), int no_routers, void *arg);
void bootstrap_free(struct bootstrap *b);
/* A node at host:port; unless by_user, one on a network of ours is passed
 * over.  0, or -1: it is none, or too many wait. */
int bootstrap_add(struct bootstrap *b, const char *text, int by_user);

#endif
