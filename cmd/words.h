/* What a user is told of a torrent, and what to do. */

#ifndef WORDS_H
#define WORDS_H

#include <stdint.h>

#include "util.h"
#include "addr.h"
#include "torrent/meta.h"
#include "cmd/reachable.h"
#include "cmd/jobs.h"
#include "cmd/options.h"
#include "cmd/hook.h"

/* What a magnet link says; all is borrowed. */
struct link_setup {
	const struct meta *m;
	const struct tracker *trackers; /* besides m's */
	int ntrackers;
	const struct reachable *at; /* where we are */
	struct span host;    /* where somebody who has a link made says that
	                      * he reached us, host:port; n 0: he does not */
	int web;             /* our port answers HTTP, */
	int tracks;          /* and announces of this torrent; */
	struct span name;    /* that, the torrent has there; n 0: none */
};

/* Where others reach us, who listen on a port of -l's host, or of all; port 0:
 * nowhere.  outside is a mapped one; its port 0: none is. */
void words_where(struct reachable *at, const struct options *o,
    const struct addr *outside, uint16_t port);
/* Appends a magnet link, without a NUL.  host comes first in it, if that is a
 * name or an address: it may be any bytes.  It has a size and web seeds (BEP
 * 19) if the metadata is known. */
void words_link(struct buf *b, const struct link_setup *s);
/* What tells of us to somebody who reached us at host (any bytes): the URLs of
 * our tracker and of the web seed of m, called name there, each with a NUL;
 * "": there is none.  0, or -1: he has said nothing that is an address. */
int words_urls(struct span host, const struct meta *m, struct span name,
    struct buf *announce, struct buf *seed);
/* The same of a job, with the trackers that the user named, and a NUL; s has
 * the rest.  It warns if nobody will take the metadata. */
void words_magnet(struct buf *b, const struct options *o, const struct job *j,
    struct link_setup *s);
/* Tells who looks on where the web is. */
void words_web(const struct options *o, const struct reachable *at);
/* Appends where the torrent's root is, and a NUL. */
void words_path(struct buf *b, const struct job *j);
/* Has the command of -x run for the torrent. */
void words_hook(struct hook *h, const struct options *o, const struct job *j);
/* Nobody can be found if nobody is named: then it warns. */
void words_lonely(const struct options *o, const struct job *j);
/* Whether files stand where the torrent's should. */
int words_has_files(const struct job *j);
/* What can be done about files that stopped a torrent with an exit status, to
 * follow that message; "" if nothing. */
const char *words_way_out(const struct options *o, const struct job *j,
    int status);
/* How a download went that began then. */
void words_summary(const struct options *o, const struct job *j,
    int64_t since_ms);
/* What was given of a torrent whose seeding ends. */
char *words_seeded(char text[128], const struct job *j);
/* What is here of a download that is interrupted. */
void words_resumable(const struct options *o, const struct swarm_stats *sum);

#endif
