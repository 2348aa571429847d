/* The port: a gateway leads there from outside, interfaces come and go, and
 * all who tell others where we are hear of it. */
#include <stdint.h>

#include "util.h"
#include "rand.h"
#include "addr.h"
#include "net.h"
#include "nets.h"
#include "find/finder.h"
#include "find/portmap.h"
#include "swarm/swarm.h"
#include "swarm/client.h"
#include "cmd/cli.h"
#include "cmd/jobs.h"
#include "cmd/options.h"
#include "cmd/roam.h"
#include "cmd/words.h"
#include "cmd/front.h"
#include "cmd/door.h"

static void look_where(struct door *d);
static void map_port(struct door *d);
static void on_mapped(void *arg, const struct addr *outside);
static void on_message(void *arg, const char *text);
static void on_stopped(void *arg);

static const struct portmap_ops portmap_ops = { on_mapped, on_message,
	on_stopped };

int
door_open(struct door *d, struct jobs *jobs, struct options *o,
    const struct door_ops *ops, void *arg)
{
	d->jobs = jobs;
	d->o = o;
	d->ops = ops;
	d->arg = arg;
	if (!o->bare)
		d->front = front_new(jobs, o, &o->net);
	if (client_open(&jobs->client, &o->net) < 0) {
		warn_listen(o->net.host, o->net.last);
		front_free(d->front);
		return -1;
	}
	d->port = jobs->client.shared.port;
	if (d->front)
		front_begin(d->front, &d->at);
	return 0;
}

void
door_begin(struct door *d)
{
	const struct options *o = d->o;

	look_where(d);
	if (o->verbose && !o->rules.quiet && d->port)
		warn("listening on port %u", d->port);
	if (d->front && o->verb == VERB_SERVE)
		words_web(o, &d->at);
	if (!o->net.host && !o->net.trackers_only)
		map_port(d);
}

void
door_leave(struct door *d)
{
	if (d->portmap)
		portmap_stop(d->portmap);
}

void
door_close(struct door *d)
{
	if (d->portmap)
		portmap_free(d->portmap);
	d->portmap = NULL;
	front_free(d->front);
	client_close(&d->jobs->client);
}

static void
look_where(struct door *d)
{
	words_where(&d->at, d->o, &d->outside, d->port);
}

/* The gateway. */

static void
map_port(struct door *d)
{
	d->outside.port = 0;
	d->portmap = portmap_start(d->port,
	    rnd_seed(&d->jobs->client.shared.rnd), &portmap_ops, d);
}

/* Trackers and the DHT are told of another port, and peers that come. */
static void
on_mapped(void *arg, const struct addr *outside)
{
	struct door *d = arg;
	struct shared *sh = &d->jobs->client.shared;

	d->outside = *outside;
	look_where(d);
	if (sh->port == outside->port)
		return;
	sh->port = outside->port;
	if (sh->finder)
		finder_set_port(sh->finder, outside->port);
	jobs_announce(d->jobs);
}

static void
on_message(void *arg, const char *text)
{
	struct door *d = arg;

	d->ops->message(d->arg, text);
}

static void
on_stopped(void *arg)
{
	struct door *d = arg;

	portmap_free(d->portmap);
	d->portmap = NULL;
	d->ops->closed(d->arg);
}

/* The network is another one, or was long out of sight. */
void
door_tick(struct door *d, int64_t now_ms)
{
	enum roamed how = roam_look(&d->roam, nets_state(), now_ms);
	struct finder *finder = d->jobs->client.shared.finder;
	struct job *j;

	if (how == ROAM_STAYED)
		return;
	if (how == ROAM_MOVED) {
		d->ops->message(d->arg, "the network has changed");
		if (finder)
			finder_renew(finder);
		if (d->portmap) {
			portmap_free(d->portmap);
			map_port(d);
		}
		look_where(d);
	}
	for (j = d->jobs->first; j; j = j->next)
		if (j->sw)
			swarm_moved(j->sw, how == ROAM_SETTLED);
}
