/* The options of run, peer and serve. */

#ifndef OPTIONS_H
#define OPTIONS_H

#include "swarm/client.h"
#include "cmd/jobs.h"

enum verb { VERB_SERVE, VERB_PEER, VERB_RUN };

struct options {
	enum verb verb;
	struct job_rules rules; /* owned, but for strings of argv */
	struct client_setup net;
	const char **nodes;     /* owned; net's, of argv */
	const char *user;       /* to become, NULL: none */
	int verbose;
	int seed;               /* run goes on when all is here */
	int metadata_only;      /* run fetches the torrent alone */
	int to_stdout;          /* run writes the payload there */
	int64_t patience_s;     /* without progress run gives up; 0: never */
};

/* Reads argv, whose [0] is the verb's name, up to optind; the peers of -k are
 * added to all, whose rules &o->rules are from before.  -1 to go on, or the
 * exit status after a message. */
int options_parse(struct options *o, enum verb verb, struct jobs *all,
    int argc, char **argv);
void options_free(struct options *o);
/* "usage: btsh ..." on stderr, and EXIT_USAGE to return. */
int options_usage(const struct options *o);

#endif
