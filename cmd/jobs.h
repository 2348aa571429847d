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
#include "web/share.h"
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
	int64_t told;           /* the owner's: bytes that he told of */
	int dropped;            /* the owner's: he told that it stopped */
	int fetched;            /* the owner's: it was not complete at first */
	int64_t whole_ms;       /* the owner's: since when it is, 0: it is not,
	                         * or not any more seeded */
	int64_t gave, gave_ms;  /* the owner's: bytes, and when they grew */
	int64_t enough_ms;      /* the owner's: since when that is enough */
	struct share share;     /* front.c's */
	int64_t meet_ms;        /* front.c's: when its tracker hears who is
	                         * connected */
	/* the rest is jobs.c's */
	struct claim claim;     /* what it writes, if it does */
	int state, whole, added;
	int full;               /* the disk was: it begins anew */
	int64_t space_ms;       /* when it next looks whether it still is, */
	int64_t space_wait_ms;  /* and how long it waited for that */
	struct load *load;
	struct build *build;
	struct job *next;
};

struct job_ops { /* called from the loop, jobs_begin, and job_add after it */
	void (*added)(struct job *j);      /* the info hash is known */
	/* The job's metadata is known, if it was named as a torrent.  Returns
	 * 0 to go on, -1: the job is to be stopped. */
	int (*metadata)(struct job *j);
	void (*checked)(struct job *j);    /* what is there is verified */
	/* The job cannot go on, and is stopped next.  status: an exit status,
	 * EXIT_OK if nothing is lost; why is NULL if that was said. */
	void (*failed)(struct job *j, int status, const char *why);
	void (*stopped)(struct job *j);    /* the job is freed next */
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
	const char *dir, *out;
	int quiet;              /* nothing is said but what fails */
	int serve;              /* paths become torrents; nothing is fetched */
	int in_order, temporary;
	int keep;               /* swarm.h's, of torrents: an enum swarm_keep */
	int recheck;            /* all that is there is hashed */
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
	struct timer space;     /* for those who wait for some on the disk */
	struct asked *asked;    /* peers whose names are being looked up */
	struct known_peer *known;
	int named;              /* a job was ever added */
	int begins, stopping;
};

/* Empties all, with rules and ops borrowed.  all->client is the caller's to
 * open before jobs_begin, and to close before jobs_free. */
void jobs_init(struct jobs *all, const struct job_rules *rules,
    const struct job_ops *ops, void *arg);
void jobs_free(struct jobs *all);

/* Adds what arg names: a torrent as load.h takes it or, to be served, a path.
 * EXIT_OK or, after a message, EXIT_TORRENT if it is none, or EXIT_FAIL if it
 * cannot be had. */
int job_add(struct jobs *all, const char *arg);
/* The same of a torrent, which is the callee's, whose root has that name in
 * rules->dir. */
void job_add_meta(struct jobs *all, struct meta *m, struct span name);
/* Whether something may be got by HTTP for the jobs that were added: a torrent
 * from a URL, peers from a tracker, or pieces from a web seed. */
int jobs_use_http(const struct jobs *all);
/* The jobs that were added begin; a job that is added from now on begins at
 * once. */
void jobs_begin(struct jobs *all);
/* Stops a job, and another start will not go on with it. */
void job_forget(struct job *j);
/* Stops a job, which may be freed by that or, after ops->stopped, later.  One
 * that is being stopped is left to that. */
void job_stop(struct job *j);
int job_stops(const struct job *j); /* whether it is being stopped */
/* All announce now. */
void jobs_announce(struct jobs *all);
/* Stops all jobs; ops->gone follows the last, or is called now if there is
 * none. */
void jobs_stop(struct jobs *all);
/* The info hash of the job's torrent, borrowed; NULL: not known yet. */
const uint8_t *job_hash(const struct job *j);
/* The job of an info hash that is not being stopped, or NULL. */
struct job *job_find(const struct jobs *all, const uint8_t hash[20]);
/* The figures of the job's swarm; zeros before there is one. */
void job_stats(const struct job *j, struct swarm_stats *st);
/* A word for what the job does: loading, seeking, waiting, checking, fetching,
 * seeding or stopping. */
const char *job_state(const struct job *j);

/* Names a peer of all jobs by host:port, which is looked up once the jobs have
 * begun.  0, or -1: the text is no host:port. */
int jobs_add_peer(struct jobs *all, const char *text);

#endif
