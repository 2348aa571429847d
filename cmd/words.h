/* What a user is told of a torrent, and what to do. */

#ifndef WORDS_H
#define WORDS_H

#include "util.h"
#include "cmd/jobs.h"
#include "cmd/options.h"
#include "cmd/hook.h"

/* Appends the magnet link of what is served, and a NUL: with the trackers that
 * the user named and, unless port is 0, our address at that port. */
void words_magnet(struct buf *b, const struct options *o, const struct job *j,
    uint16_t port);
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
