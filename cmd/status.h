/* What the torrents of a process have done so far, as text. */

#ifndef STATUS_H
#define STATUS_H

#include "swarm/conns.h"
#include "cmd/progress.h"
#include "cmd/jobs.h"

/* The sums of all torrents' figures; seeking and checking are those of the
 * torrent whose turn it is, complete is whether all are. */
void status_sum(const struct jobs *all, struct swarm_stats *sum);
/* The figures of all torrents as a line for people, in two parts, between
 * which a bar may stand. */
enum { STATUS_HEAD = 80, STATUS_TAIL = 120 };
void status_text(const struct jobs *all, char head[STATUS_HEAD],
    char tail[STATUS_TAIL]);
/* Shows that line on a terminal, with a bar if there is one torrent. */
void status_show(const struct jobs *all, struct progress *p);
/* The figures as fields for programs, to stderr: time, state, bytes that are
 * here (checked, while checking), bytes of all, bytes a second down and up,
 * peers, seeds, seconds left or -. */
void status_fields(const struct jobs *all);

#endif
