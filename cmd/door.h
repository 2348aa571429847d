/* The port of a member of swarms: who answers there, and how others reach it
 * from wherever this host is. */

#ifndef DOOR_H
#define DOOR_H

#include <stdint.h>

#include "addr.h"
#include "find/portmap.h"
#include "cmd/reachable.h"
#include "cmd/jobs.h"
#include "cmd/options.h"
#include "cmd/roam.h"
#include "cmd/front.h"

struct door_ops { /* called from the loop, with arg */
	void (*message)(void *arg, const char *text); /* safe to print */
	void (*closed)(void *arg); /* the gateway's port is given back */
};

struct door { /* zeroed before door_open, to be read only */
	struct jobs *jobs;      /* borrowed, as is */
	const struct options *o;
	struct front *front;    /* the web and the tracker; NULL: neither */
	uint16_t port;          /* where we listen; 0: nowhere */
	struct addr outside;    /* a port that leads there; port 0: none */
	struct reachable at;    /* where others reach it */
	struct portmap *portmap; /* NULL: none, or it has stopped */
	struct roam roam;
	const struct door_ops *ops;
	void *arg;
};

/* Opens the client of jobs, as o says: 0, or -1 after a message.  Before
 * strangers are spoken to. */
int door_open(struct door *d, struct jobs *jobs, struct options *o,
    const struct door_ops *ops, void *arg);
/* Says where it is, and has a gateway lead there. */
void door_begin(struct door *d);
/* Once a second: what the network does is told to the torrents. */
void door_tick(struct door *d, int64_t now_ms);
/* The gateway's port is given back; then ops->closed. */
void door_leave(struct door *d);
/* Closes all, and the client. */
void door_close(struct door *d);

#endif
