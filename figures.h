/* What the torrents of a process have done so far, as text. */

/* The figures of all; of their states, that of the one in its turn, and
 * whether all are complete. */
void figures_sum(const struct jobs *all, struct swarm_stats *sum);
/* A line for people, in two parts, between which a bar may stand. */
enum { FIGURES_HEAD = 80, FIGURES_TAIL = 120 };
void figures_text(const struct jobs *all, char head[FIGURES_HEAD],
    char tail[FIGURES_TAIL]);
/* The line, with a bar if there is one torrent, on a terminal. */
void figures_show(const struct jobs *all, struct progress *p);
/* For programs, to stderr: time, state, bytes that are here (checked, while
 * checking), bytes of all, bytes a second down and up, peers, seeds, seconds
 * left or -. */
void figures_fields(const struct jobs *all);
