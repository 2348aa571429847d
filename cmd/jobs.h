/* The torrents of a process that is a member of swarms: from what a user named
 * to what is stopped. */

#ifndef JOBS_H
#define JOBS_H

#include "net.h"
#include "torrent/meta.h"
#include "torrent/claims.h"
#include "torrent/files.h"
#include "torrent/build.h"
#include "swarm/conns.h"
#include "swarm/swarm.h"
#include "swarm/client.h"
#include "cmd/load.h"

struct jobs;

struct job {
	struct jobs *all;
	char *arg;              /* owned: what was named */
	struct meta *m;         /* owned; NULL: not known yet */
	char *dir, *name;       /* owned; name may be NULL: the torrent's */
	uint8_t *skip;          /* owned: a bit set of files, or NULL */
	struct swarm *sw;       /* owned; NULL: not yet */
	int late;               /* added when others had begun */
	int64_t told;           /* the owner's, as */
	int dropped;            /* this */
	/* the rest is jobs.c's */
	struct claim claim;     /* what it writes, if it does */
	int state, whole, added;
	struct load *load;
	struct build *share;
	struct job *next;
};

struct job_ops { /* called from the loop, jobs_begin, and job_add after it */
	void (*added)(struct job *j);      /* its info hash is known */
	/* Its metadata is, if it was named as a torrent: 0 to go on, -1: it is
	 * to be stopped. */
	int (*metadata)(struct job *j);
	void (*checked)(struct job *j);    /* what is there is verified */
	/* It cannot go on, for an exit status (0 if nothing is lost by it);
	 * why is NULL if it was said. */
	void (*failed)(struct job *j, int status, const char *why);
	void (*stopped)(struct job *j);    /* it is gone next */
	void (*gone)(struct jobs *all);    /* the last one is gone */
	/* A path is being hashed (build.h), a swarm runs (swarm.h): these hear
	 * of it themselves, with the job as arg. */
	void (*hashed)(void *job, int64_t bytes, int64_t total);
	void (*piece)(void *job, uint32_t piece);
	void (*complete)(void *job);
	void (*message)(void *job, int detail, const char *text);
};

/* The options of all, borrowed strings; trackers are besides the torrents'. */
struct job_rules {
	const char *verb, *dir, *out;
	int quiet;              /* nothing is said but what fails */
	int serve;              /* paths become torrents; nothing is fetched */
	int in_order, temporary;
	int force;              /* what others began may be written over */
	struct tracker *trackers;
	int ntrackers;
	char **globs;           /* the files that are wanted; none: all */
	int nglobs;
};

struct jobs {
	struct client client;
	const struct job_rules *rules;
	const struct job_ops *ops;
	void *arg;              /* the owner's */
	struct swarm_ops swarm_ops;
	struct build_ops build_ops;
	struct job *first, **last;
	struct job *begun;      /* hashed or checked now, NULL: none */
	struct claims claims;
	struct files *files;    /* owned */
	struct timer turn;      /* for the next one to begin */
	struct asked *asked;    /* peers whose names are being looked up */
	struct known_peer *known;
	int begins, stopping;
};

/* Zeroed; client is the caller's to open before jobs_begin, and to close
 * before jobs_free. */
void jobs_init(struct jobs *all, const struct job_rules *rules,
    const struct job_ops *ops, void *arg);
void jobs_free(struct jobs *all);

/* A torrent as load.h takes it or, to be served, a path.  0, or -1 after a
 * message: it is none. */
int job_add(struct jobs *all, const char *arg);
/* Those that were added begin, and those that are added from now on at once.
 */
void jobs_begin(struct jobs *all);
void job_stop(struct job *j);
void jobs_stop(struct jobs *all); /* all; then ops->gone, if it was not yet */
/* The info hash of its torrent, borrowed; NULL: not known yet. */
const uint8_t *job_hash(const struct job *j);
struct job *job_find(const struct jobs *all, const uint8_t hash[20]);
/* What the job has, for a line of figures. */
void job_stats(const struct job *j, struct swarm_stats *st);
/* loading, seeking, waiting, checking, fetching, seeding or stopping. */
const char *job_state(const struct job *j);

/* A peer of all jobs, host:port.  0, or -1: it is no such text. */
int jobs_add_peer(struct jobs *all, const char *text);

#endif
