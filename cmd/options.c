/* The options of run, peer and serve: most are rules of jobs.h, which are
 * filled in as they come; the rest is for the verb itself. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "cmd/cli.h"
#include "cmd/jobs.h"
#include "cmd/options.h"
#include "cmd/verb.h"

enum {
	PORT_FIRST = 6881,
	PORT_LAST  = 6889,
	CONNS      = 500
};

static int flag(struct options *o, int c);
static int valued(struct options *o, struct jobs *all, int c, char *arg);
static int option_rate(int letter, const char *arg, int64_t least,
    int64_t *out);
static int add_node(struct options *o, const char *what, const char *text);
static int known_peer(struct jobs *all, const char *text);
static int known_file(struct jobs *all, const char *path);

static const char *const usages[] = { [VERB_SERVE] = USAGE_SERVE,
	[VERB_PEER] = USAGE_PEER, [VERB_RUN] = USAGE_RUN };

int
options_parse(struct options *o, enum verb verb, struct jobs *all, int argc,
    char **argv)
{
	static const char *const letters[] = {
		[VERB_SERVE] = ":hqvNa:b:d:k:l:p:M:r:u:U:",
		[VERB_PEER]  = ":FhqvNa:b:d:k:l:p:M:r:u:U:",
		[VERB_RUN]   = ":FhqvNa:b:d:k:l:p:M:r:u:U:f:mo:sSt:"
	};
	struct job_rules *rules = &o->rules;
	const char *env = getenv("BTSH_TRACKER"), *node = getenv("BTSH_DHT");
	int c;

	*o = (struct options){ .verb = verb, .rules = { .dir = ".",
	    .serve = verb == VERB_SERVE },
	    .net = { .first = PORT_FIRST, .last = PORT_LAST,
	    .max_conns = CONNS, .down_bps = -1, .up_bps = -1 } };
	rules->globs = xcalloc((size_t)argc, sizeof *rules->globs);
	o->nodes = xcalloc((size_t)argc + 1, sizeof *o->nodes);
	o->net.nodes = o->nodes;
	while ((c = getopt(argc, argv, letters[verb])) != -1) {
		if (c == 'h')
			return usage_help(usages[verb]);
		if (c == ':' || c == '?')
			return option_error(c, usages[verb]);
		if (!flag(o, c) && valued(o, all, c, optarg) < 0)
			return EXIT_USAGE;
	}
	if (node && *node && add_node(o, "$BTSH_DHT: ", node) < 0)
		return EXIT_USAGE;
	if (env && add_tier(&rules->trackers, &rules->ntrackers, env) < 0)
		return EXIT_USAGE;
	if (o->metadata_only && rules->out) {
		warn("-m writes to standard output: -o has no meaning");
		return EXIT_USAGE;
	}
	if (rules->out && strcmp(rules->out, "-") == 0) {
		o->to_stdout = rules->temporary = rules->in_order = 1;
		rules->out = NULL;
	}
	return -1;
}

void
options_free(struct options *o)
{
	int i;

	for (i = 0; i < o->rules.ntrackers; i++)
		free(o->rules.trackers[i].url);
	free(o->rules.trackers);
	free(o->rules.globs);
	free(o->nodes);
}

int
options_usage(const struct options *o)
{
	return usage_error(usages[o->verb]);
}

/* Whether it is an option without a value; then it is set. */
static int
flag(struct options *o, int c)
{
	switch (c) {
	case 'F': o->rules.force = 1; break;
	case 'q': o->rules.quiet = 1; break;
	case 'v': o->verbose = 1; break;
	case 'N': o->net.trackers_only = 1; break;
	case 'm': o->metadata_only = 1; break;
	case 's': o->seed = 1; break;
	case 'S': o->rules.in_order = 1; break;
	default:  return 0;
	}
	return 1;
}

/* One with a value: 0, or -1 after a message. */
static int
valued(struct options *o, struct jobs *all, int c, char *arg)
{
	struct job_rules *rules = &o->rules;
	long n = 0;
	int r = 0;

	switch (c) {
	case 'a': return add_tier(&rules->trackers, &rules->ntrackers, arg);
	case 'b': return add_node(o, "-b ", arg);
	case 'd': return option_path(c, arg, &rules->dir);
	case 'f': rules->globs[rules->nglobs++] = arg; break;
	case 'k': return known_peer(all, arg);
	case 'l':
		o->net.host = arg;
		return option_addr(c, arg);
	case 'o': return option_path(c, arg, &rules->out);
	case 'U': o->user = arg; break;
	case 'p':
		r = option_int(c, arg, 0, 65535, &n);
		o->net.first = o->net.last = (uint16_t)n;
		break;
	case 'M':
		r = option_int(c, arg, 1, 1000000, &n);
		o->net.max_conns = (int)n;
		break;
	case 'r': return option_rate(c, arg, 1, &o->net.down_bps);
	case 'u': return option_rate(c, arg, 0, &o->net.up_bps);
	case 't':
		r = option_int(c, arg, 1, 1 << 30, &n);
		o->patience_s = n;
		break;
	}
	return r;
}

/* A node of the DHT. */
static int
add_node(struct options *o, const char *what, const char *text)
{
	char host[ADDR_HOST];
	uint16_t port;

	if (addr_split(text, host, &port) < 0) {
		warn("%s%s: not host:port", what, text);
		return -1;
	}
	o->nodes[o->net.nnodes++] = text;
	return 0;
}

static int
option_rate(int letter, const char *arg, int64_t least, int64_t *out)
{
	if (parse_size(arg, out) == 0 && *out >= least)
		return 0;
	warn("-%c %s: no rate", letter, arg);
	return -1;
}

/* A known peer, or @ and a file of them. */
static int
known_peer(struct jobs *all, const char *text)
{
	if (*text == '@')
		return known_file(all, text + 1);
	if (jobs_add_peer(all, text) == 0)
		return 0;
	warn("-k %s: not host:port", text);
	return -1;
}

static int
known_file(struct jobs *all, const char *path)
{
	char line[512];
	FILE *f = fopen(path, "r");
	int r = 0;

	if (!f) {
		warn("open %s:", path);
		return -1;
	}
	while (r == 0 && fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (*line && *line != '#' && *line != '@')
			r = known_peer(all, line);
	}
	if (r == 0 && ferror(f)) {
		warn("read %s:", path);
		r = -1;
	}
	fclose(f);
	return r;
}
