/* What else the port of a member of swarms is: a web server of its torrents,
 * and a tracker of them. */

#ifndef FRONT_H
#define FRONT_H

#include <stdint.h>

#include "swarm/client.h"
#include "cmd/reachable.h"
#include "cmd/jobs.h"
#include "cmd/options.h"

struct front;

/* Of the torrents of all, whose client is not open yet: how that is set up is
 * noted in net.  o is borrowed. */
struct front *front_new(struct jobs *all, const struct options *o,
    struct client_setup *net);
/* The client is open, and others reach us at these addresses, borrowed. */
void front_begin(struct front *f, const struct reachable *at);
/* Before the client is closed. */
void front_free(struct front *f);

/* These do nothing for NULL.  A job's info hash, or more, is known; a piece of
 * it has come; it stops. */
void front_show(struct front *f, struct job *j);
void front_piece(struct front *f, struct job *j);
void front_hide(struct front *f, struct job *j);
/* Whether it is shown at all, and its announces are answered: not if it is
 * private, and so a tracker's that it names. */
int front_shows(const struct job *j);
/* What paths call it; n 0: it is not shown. */
struct span front_name(const struct job *j);

#endif
