/* The options of run, peer and serve. */

#ifndef OPTIONS_H
#define OPTIONS_H

#include "swarm/client.h"
#include "cmd/args.h"
#include "cmd/jobs.h"

enum verb { VERB_SERVE, VERB_PEER, VERB_RUN };

struct options {
	enum verb verb;
	struct args args;       /* operands, once it is parsed */
	struct job_rules rules; /* owned, but for strings of argv */
	struct client_setup net;
	const char **nodes;     /* owned; net's, of argv */
	const char *user;       /* to become, NULL: none */
	int verbose;
	int seed;               /* run goes on when all is here */
	int metadata_only;      /* run fetches the torrent alone */
	int to_stdout;          /* run writes the payload there */
	int bare;               /* the port speaks BitTorrent alone */
	int64_t patience_s;     /* without progress run gives up; 0: never */
	double ratio;           /* seeding ends when so many times the bytes
	                         * of a torrent were given; below 0: never */
	int64_t seed_s;         /* or after so long; -1: never */
	const char *command;    /* for what is complete; NULL: none */
};

/* Reads argv, whose [0] is the verb's name; the peers of -k are
 * added to all, whose rules &o->rules are from before.  -1 to go on, or the
 * exit status after a message. */
int options_parse(struct options *o, enum verb verb, struct jobs *all,
    int argc, char **argv);
void options_free(struct options *o);

#endif
