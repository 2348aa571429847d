/* The options of run, peer and serve: most are rules of jobs.h, which are
 * filled in as they come; the rest is for the verb itself. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "route.h"
#include "swarm/swarm.h"
#include "cmd/cli.h"
#include "cmd/args.h"
#include "cmd/jobs.h"
#include "cmd/options.h"

enum {
	PORT_FIRST = 6881,
	PORT_LAST  = 6889,
	CONNS      = 500
};

static int flag(struct options *o, int c);
static int valued(struct options *o, struct jobs *all, int c, char *arg);
static int option_ratio(const char *arg, double *out);
static int option_rate(int letter, const char *arg, int64_t least,
    int64_t *out);
static int no_web(struct options *o, const char *arg);
static int socks_proxy(struct options *o, const char *text);
static int add_node(struct options *o, const char *what, const char *text);
static int known_peer(struct jobs *all, const char *text);
static int known_file(struct jobs *all, const char *path);

enum { RUN = 1 << VERB_RUN, GET = RUN | 1 << VERB_PEER };

static const struct opt opts[] = {
	{ 'c', 0, 0, NULL, "hash all that is there, whatever was kept" },
	{ 'F', 0, GET, NULL, "write over files that are somebody else's" },
	{ 'm', 0, RUN, NULL, "fetch only the metadata, to stdout" },
	{ 's', 0, RUN, NULL, "go on seeding when done" },
	{ 'S', 0, RUN, NULL, "fetch pieces in order" },
	{ 'q', 0, 0, NULL, "no progress, no warnings" },
	{ 'v', 0, 0, NULL, "tell more" },
	{ 'N', 0, 0, NULL, "use trackers and known peers only" },
	{ '5', 0, 0, "host:port", "all goes through a SOCKS5 proxy there" },
	{ 'a', 1, 0, "url", "one more tracker" },
	{ 'b', 1, 0, "host:port", "a node of the DHT to begin with" },
	{ 'd', 0, 0, "dir", "where the data is, or goes" },
	{ 'f', 1, RUN, "glob", "only the files that match" },
	{ 'k', 1, 0, "host:port", "a known peer; @file: of its lines" },
	{ 'l', 0, 0, "addr", "listen on this address alone" },
	{ 'M', 0, 0, "n", "the most connections, else 500" },
	{ 'o', 0, RUN, "file", "another name for the result; - for stdout" },
	{ 'p', 0, 0, "port", "listen there, else from 6881 to 6889; 0: on any" },
	{ 'r', 0, 0, "rate", "most bytes a second down; 500k, 1.5m" },
	{ 'R', 0, 0, "ratio", "seed until so many times its size was given" },
	{ 't', 0, RUN, "sec", "give up after so long without progress" },
	{ 'T', 0, 0, "sec", "seed for so long" },
	{ 'u', 0, 0, "rate", "most bytes a second up; 0: none" },
	{ 'U', 0, 0, "user", "become that user once the port is open" },
	{ 'w', 0, 0, "none", "the port is no web server, and no tracker" },
	{ 'x', 0, GET, "command", "run it when a torrent is complete" },
};
static const struct synopsis synopses[] = {
	[VERB_SERVE] = { "serve", "path|torrent ...", opts, LEN(opts),
	    1 << VERB_SERVE },
	[VERB_PEER] = { "peer", "[torrent ...]", opts, LEN(opts),
	    1 << VERB_PEER },
	[VERB_RUN] = { "run", "torrent ...", opts, LEN(opts), RUN }
};

int
options_parse(struct options *o, enum verb verb, struct jobs *all, int argc,
    char **argv)
{
	struct job_rules *rules = &o->rules;
	const char *env = getenv("BTSH_TRACKER"), *node = getenv("BTSH_DHT");
	static const enum swarm_keep keeps[] = { [VERB_SERVE] = KEEP_ON,
	    [VERB_PEER] = KEEP_TORRENT, [VERB_RUN] = KEEP_UNTIL_DONE };
	int c;

	*o = (struct options){ .verb = verb, .rules = { .dir = ".",
	    .serve = verb == VERB_SERVE, .keep = keeps[verb] }, .ratio = -1, .seed_s = -1,
	    .net = { .first = PORT_FIRST, .last = PORT_LAST,
	    .max_conns = CONNS, .down_bps = -1, .up_bps = -1 } };
	rules->globs = xcalloc((size_t)argc, sizeof *rules->globs);
	o->nodes = xcalloc((size_t)argc + 1, sizeof *o->nodes);
	o->net.nodes = o->nodes;
	args_init(&o->args, &synopses[verb], argc, argv);
	while ((c = args_next(&o->args)) > 0)
		if (!flag(o, c) && valued(o, all, c, o->args.value) < 0)
			return EXIT_USAGE;
	if (c < 0)
		return o->args.status;
	if (node && *node && add_node(o, "$BTSH_DHT: ", node) < 0)
		return EXIT_USAGE;
	if (env && add_tier(&rules->trackers, &rules->ntrackers, env) < 0)
		return EXIT_USAGE;
	if (o->args.n > 1 && (o->metadata_only || rules->out)) {
		warn("-%c has one result, and here are several torrents",
		    rules->out ? 'o' : 'm');
		return EXIT_USAGE;
	}
	o->bare |= rules->quiet || o->net.up_bps == 0 || o->metadata_only ||
	    route_is_proxied(&o->net.route) || (verb == VERB_RUN && !o->seed);
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

/* Whether it is an option without a value; then it is set. */
static int
flag(struct options *o, int c)
{
	switch (c) {
	case 'c': o->rules.recheck = 1; break;
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
	case '5': return socks_proxy(o, arg);
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
	case 'R': return option_ratio(arg, &o->ratio);
	case 'T':
		r = option_int(c, arg, 0, 1 << 30, &n);
		o->seed_s = n;
		break;
	case 'w': return no_web(o, arg);
	case 'x': o->command = arg; break;
	}
	return r;
}

static int
option_ratio(const char *arg, double *out)
{
	char *end;

	*out = strtod(arg, &end);
	if (*arg && strspn(arg, "0123456789.") == strlen(arg) && !*end)
		return 0;
	warn("-R %s: no ratio", arg);
	return -1;
}

static int
no_web(struct options *o, const char *arg)
{
	o->bare = 1;
	if (strcmp(arg, "none") == 0)
		return 0;
	warn("-w %s: only none is known", arg);
	return -1;
}

/* A proxy that all goes through; the text may have a password. */
static int
socks_proxy(struct options *o, const char *text)
{
	o->net.trackers_only = 1;
	if (route_parse(&o->net.route, text) == 0)
		return 0;
	warn("-5: not host:port, or user:password@host:port of 255 bytes each "
	    "at most");
	return -1;
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
