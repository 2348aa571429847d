/* btsh run, peer and serve: members of swarms.  run has one torrent and ends
 * when it is complete; serve and peer go on until they are stopped; peer takes
 * commands as lines and answers with events as lines. */
#include <sys/types.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "wire.h"
#include "meta.h"
#include "claims.h"
#include "store.h"
#include "choke.h"
#include "peer.h"
#include "net.h"
#include "sock.h"
#include "link.h"
#include "swarm.h"
#include "client.h"
#include "stream.h"
#include "lines.h"
#include "cli.h"
#include "progress.h"
#include "jobs.h"
#include "coproc.h"
#include "figures.h"
#include "verb.h"

enum {
	PORT_FIRST = 6881,
	PORT_LAST  = 6889,
	CONNS      = 500,
	LAST_MS    = 1000, /* for a reader, of what is left to say */
	LONELY_MS  = 60000 /* without a peer: then something is said */
};

enum verb { SERVE, PEER, RUN };

struct members {
	enum verb verb;
	const char *usage;
	/* options */
	struct job_rules rules;
	const char *host;
	uint16_t port_first, port_last;
	int max_conns, verbose, seed, metadata_only, to_stdout;
	int64_t down_bps, up_bps, patience_s;
	/* state */
	struct jobs jobs;
	struct stream *stream;
	struct lines *lines;    /* standard output; NULL: not yet */
	struct coproc coproc;   /* of peer */
	struct timer tick, last;
	struct progress progress;
	int nttys;              /* of the standard streams */
	int stopping, interrupted, status;
	int64_t began_ms, moved_ms, moved_bytes;
	int64_t lonely_ms;      /* since when there is no peer, 0: told */
};

static struct members *members; /* the one, for signals */

static int members_main(enum verb verb, const char *usage, int argc,
    char **argv);
static int options(struct members *mb, int argc, char **argv);
static int flag(struct members *mb, int c);
static int valued(struct members *mb, int c, char *arg);
static int option_rate(int letter, const char *arg, int64_t least,
    int64_t *out);
static int known_peer(struct members *mb, const char *text);
static int known_file(struct members *mb, const char *path);
static int add_operands(struct members *mb, int argc, char **argv);
static int ask(struct members *mb);
static int go_online(struct members *mb);
static void on_over(void *arg, int status);
static void stop_all(struct members *mb);
static void on_added(struct job *j);
static int on_metadata(struct job *j);
static void on_hashed(struct job *j, int64_t bytes, int64_t total);
static void on_checked(struct job *j);
static void warn_lonely(const struct members *mb, const struct job *j);
static int has_files(const struct job *j);
static void on_piece(struct job *j, uint32_t piece);
static void on_complete(struct job *j);
static void on_streamed(void *arg, int status);
static void on_message(struct job *j, int detail, const char *text);
static void on_failed(struct job *j, int status, const char *why);
static const char *way_out(const struct members *mb, const char *why);
static void on_stopped(struct job *j);
static void on_gone(struct jobs *all);
static void leave(struct members *mb);
static void on_last(struct timer *t, int64_t now_ms);
static void on_written(void);
static void on_lost(int why);
static void finish(struct members *mb);
static void print_magnet(struct job *j);
static void print_path(struct job *j);
static void print_summary(struct members *mb, struct job *j);
static void on_signal(int sig);
static int count_ttys(void);
static void on_interrupt(struct members *mb);
static void on_tick(struct timer *t, int64_t now_ms);
static void watch(struct members *mb, const struct swarm_stats *sum);
static void show_progress(struct members *mb);

static const struct job_ops job_ops = { on_added, on_metadata, on_hashed,
	on_checked, on_piece, on_complete, on_message, on_failed, on_stopped,
	on_gone };

int
verb_serve(int argc, char **argv)
{
	return members_main(SERVE, USAGE_SERVE, argc, argv);
}

int
verb_peer(int argc, char **argv)
{
	return members_main(PEER, USAGE_PEER, argc, argv);
}

int
verb_run(int argc, char **argv)
{
	return members_main(RUN, USAGE_RUN, argc, argv);
}

static int
members_main(enum verb verb, const char *usage, int argc, char **argv)
{
	struct members mb = { .verb = verb, .usage = usage,
	    .rules = { .verb = argv[0], .dir = ".", .serve = verb == SERVE },
	    .port_first = PORT_FIRST, .port_last = PORT_LAST,
	    .max_conns = CONNS, .down_bps = -1, .up_bps = -1 };
	int i, r;

	members = &mb;
	mb.rules.globs = xcalloc((size_t)argc, sizeof *mb.rules.globs);
	jobs_init(&mb.jobs, &mb.rules, &job_ops, &mb);
	r = options(&mb, argc, argv);
	if (r < 0)
		r = add_operands(&mb, argc, argv);
	if (r < 0)
		r = go_online(&mb);
	if (r < 0) {
		jobs_begin(&mb.jobs);
		if (!mb.stopping || mb.jobs.first || lines_left(mb.lines) > 0)
			net_run(); /* it was not over before it began */
		if (mb.stream)
			stream_stop(mb.stream);
		coproc_close(&mb.coproc);
		client_close(&mb.jobs.client);
	}
	jobs_free(&mb.jobs);
	if (mb.lines) {
		if (lines_close(mb.lines, 0) < 0 && verb == RUN && !mb.status)
			mb.status = EXIT_RESUME; /* its result is not told */
		r = mb.status;
	}
	for (i = 0; i < mb.rules.ntrackers; i++)
		free(mb.rules.trackers[i].url);
	free(mb.rules.trackers);
	free(mb.rules.globs);
	return r;
}

/* -1 to go on, or the exit status. */
static int
options(struct members *mb, int argc, char **argv)
{
	static const char *const letters[] = {
		[SERVE] = ":hqvNa:d:k:l:p:M:r:u:",
		[PEER]  = ":FhqvNa:d:k:l:p:M:r:u:",
		[RUN]   = ":FhqvNa:d:k:l:p:M:r:u:f:mo:sSt:"
	};
	struct job_rules *rules = &mb->rules;
	const char *env = getenv("BTSH_TRACKER");
	int c;

	while ((c = getopt(argc, argv, letters[mb->verb])) != -1) {
		if (c == 'h')
			return usage_help(mb->usage);
		if (c == ':' || c == '?')
			return option_error(c, mb->usage);
		if (!flag(mb, c) && valued(mb, c, optarg) < 0)
			return EXIT_USAGE;
	}
	if (env && add_tier(&rules->trackers, &rules->ntrackers, env) < 0)
		return EXIT_USAGE;
	if (mb->metadata_only && rules->out) {
		warn("-m writes to standard output: -o has no meaning");
		return EXIT_USAGE;
	}
	if (rules->out && strcmp(rules->out, "-") == 0) {
		mb->to_stdout = rules->temporary = rules->in_order = 1;
		rules->out = NULL;
	}
	return -1;
}

/* Whether it is an option without a value; then it is set. */
static int
flag(struct members *mb, int c)
{
	switch (c) {
	case 'F': mb->rules.force = 1; break;
	case 'q': mb->rules.quiet = 1; break;
	case 'v': mb->verbose = 1; break;
	case 'N': break; /* there is no other discovery */
	case 'm': mb->metadata_only = 1; break;
	case 's': mb->seed = 1; break;
	case 'S': mb->rules.in_order = 1; break;
	default:  return 0;
	}
	return 1;
}

/* One with a value: 0, or -1 after a message. */
static int
valued(struct members *mb, int c, char *arg)
{
	struct job_rules *rules = &mb->rules;
	long n = 0;
	int r = 0;

	switch (c) {
	case 'a': return add_tier(&rules->trackers, &rules->ntrackers, arg);
	case 'd': return option_path(c, arg, &rules->dir);
	case 'f': rules->globs[rules->nglobs++] = arg; break;
	case 'k': return known_peer(mb, arg);
	case 'l':
		mb->host = arg;
		return option_addr(c, arg);
	case 'o': return option_path(c, arg, &rules->out);
	case 'p':
		r = option_int(c, arg, 0, 65535, &n);
		mb->port_first = mb->port_last = (uint16_t)n;
		break;
	case 'M':
		r = option_int(c, arg, 1, 1000000, &n);
		mb->max_conns = (int)n;
		break;
	case 'r': return option_rate(c, arg, 1, &mb->down_bps);
	case 'u': return option_rate(c, arg, 0, &mb->up_bps);
	case 't':
		r = option_int(c, arg, 1, 1 << 30, &n);
		mb->patience_s = n;
		break;
	}
	return r;
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
known_peer(struct members *mb, const char *text)
{
	if (*text == '@')
		return known_file(mb, text + 1);
	if (jobs_add_peer(&mb->jobs, text) == 0)
		return 0;
	warn("-k %s: not host:port", text);
	return -1;
}

static int
known_file(struct members *mb, const char *path)
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
			r = known_peer(mb, line);
	}
	if (r == 0 && ferror(f)) {
		warn("read %s:", path);
		r = -1;
	}
	fclose(f);
	return r;
}

/* -1 to go on, or the exit status. */
static int
add_operands(struct members *mb, int argc, char **argv)
{
	int n = argc - optind, tty = isatty(STDIN_FILENO);

	if (mb->verb == RUN && n == 0 && tty)
		return ask(mb);
	if (mb->verb == RUN ? n != 1 : n == 0 && (mb->verb == SERVE || tty))
		return usage_error(mb->usage);
	for (; optind < argc; optind++)
		if (job_add(&mb->jobs, argv[optind]) < 0)
			return EXIT_TORRENT;
	return -1;
}

static int
ask(struct members *mb)
{
	char *answer;
	int r;

	do {
		answer = ask_line("Torrent (a path, a magnet link or a URL)",
		    NULL);
		if (!answer)
			return EXIT_FAIL;
		r = *answer ? job_add(&mb->jobs, answer) : -1;
		free(answer);
	} while (r < 0);
	return -1;
}

/* Listens.  -1 to go on, or the exit status. */
static int
go_online(struct members *mb)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1,
#ifdef SIGWINCH
		SIGWINCH,
#endif
		0 };
	static const struct lines_ops lines_ops[] = {
		[SERVE] = { on_lost, on_written, 0 },
		[PEER]  = { on_lost, on_written, 1 },
		[RUN]   = { on_lost, on_written, 0 }
	};

	if (client_open(&mb->jobs.client, mb->host, mb->port_first,
	    mb->port_last, mb->max_conns, mb->down_bps, mb->up_bps) < 0) {
		warn_listen(mb->host, mb->port_last);
		return EXIT_FAIL;
	}
	warn_at_once(); /* nothing may hold up what signals are to end */
	net_signals(sigs, on_signal);
	mb->nttys = count_ttys();
	mb->tick.fire = on_tick;
	mb->tick.arg = mb;
	mb->began_ms = mb->moved_ms = mb->lonely_ms = net_now();
	net_timer(&mb->tick, net_now() + 1000);
	mb->lines = lines_open(&lines_ops[mb->verb]);
	if (mb->verb == PEER) {
		mb->coproc.jobs = &mb->jobs;
		mb->coproc.lines = mb->lines;
		mb->coproc.over = on_over;
		mb->coproc.arg = mb;
		coproc_open(&mb->coproc);
	}
	if (mb->verbose && !mb->rules.quiet)
		warn("listening on port %u", mb->jobs.client.shared.port);
	return -1;
}

/* What peer was told. */
static void
on_over(void *arg, int status)
{
	struct members *mb = arg;

	mb->status = mb->status ? mb->status : status;
	stop_all(mb);
}

static void
stop_all(struct members *mb)
{
	if (mb->stopping)
		return;
	mb->stopping = 1;
	net_untimer(&mb->tick);
	jobs_stop(&mb->jobs);
}

/* News of the torrents. */

static void
on_added(struct job *j)
{
	struct members *mb = j->all->arg;
	char text[1024];

	if (j->m->info.n == 0)
		warn_lonely(mb, j);
	coproc_event(&mb->coproc, j, "added", "\t%s", escape(text,
	    sizeof text, j->m->name));
}

static int
on_metadata(struct job *j)
{
	struct members *mb = j->all->arg;
	char text[1024];

	if (j->sw)
		coproc_event(&mb->coproc, j, "metadata", "\t%" PRId64 "\t%s",
		    j->m->sh.size, escape(text, sizeof text, j->m->name));
	if (!mb->metadata_only)
		return 0;
	progress_clear(&mb->progress);
	lines_bytes(mb->lines, j->m->raw.p, j->m->raw.len);
	mb->stopping = 1;
	net_untimer(&mb->tick);
	return -1;
}

static void
on_hashed(struct job *j, int64_t bytes, int64_t total)
{
	struct members *mb = j->all->arg;

	if (!mb->rules.quiet)
		progress_part(&mb->progress, "hashing ", bytes, total);
}

static void
on_checked(struct job *j)
{
	struct members *mb = j->all->arg;
	struct swarm_stats st;
	char why[128];

	swarm_get_stats(j->sw, &st);
	progress_clear(&mb->progress);
	mb->moved_bytes += st.have;
	mb->moved_ms = net_now();
	if (mb->verb == SERVE && st.have == 0 && st.size > 0) {
		on_failed(j, EXIT_DATA, has_files(j) ? "its files hold "
		    "other data; btsh make makes a torrent of what is there" :
		    "none of its data is there; -d names the directory that "
		    "it is in");
		job_stop(j);
		return;
	}
	if (mb->verb == SERVE && !st.complete && !mb->rules.quiet)
		warn("%s: only %d%% of its data is there", j->arg,
		    (int)((double)st.have * 100 / (double)st.size));
	if (mb->verb == SERVE)
		print_magnet(j);
	if (!st.complete && st.npeers == 0)
		warn_lonely(mb, j);
	if (!mb->to_stdout)
		return;
	mb->stream = stream_start(swarm_store(j->sw), j->m, j->skip,
	    on_streamed, mb);
	if (!mb->stream) {
		snprintf(why, sizeof why, "no process can be had to write it: "
		    "%s", strerror(errno));
		on_failed(j, EXIT_FAIL, why);
		job_stop(j);
	}
}

/* Nobody can be found if nobody is named. */
static void
warn_lonely(const struct members *mb, const struct job *j)
{
	if (mb->verb == RUN && !mb->rules.quiet && j->m->ntrackers == 0 &&
	    mb->rules.ntrackers == 0 && j->m->npeers == 0 &&
	    !mb->jobs.known && !mb->jobs.asked)
		warn("%s: it names no tracker; -a url names one, or -k "
		    "host:port a peer", j->arg);
}

/* Whether files stand where the torrent's should. */
static int
has_files(const struct job *j)
{
	struct store *s = swarm_store(j->sw);
	int64_t size = 0;
	uint32_t i;

	for (i = 0; i < j->m->nfiles; i++)
		if (store_size(s, i, &size) == 0 && size > 0)
			return 1;
	return 0;
}

static void
on_piece(struct job *j, uint32_t piece)
{
	struct members *mb = j->all->arg;

	coproc_event(&mb->coproc, j, "piece", "\t%u", (unsigned)piece);
	if (mb->stream)
		stream_more(mb->stream);
}

static void
on_complete(struct job *j)
{
	struct members *mb = j->all->arg;

	coproc_event(&mb->coproc, j, "complete", "\t%" PRId64, j->m->sh.size);
	if (mb->verb != RUN)
		return;
	progress_clear(&mb->progress);
	print_summary(mb, j);
	if (mb->to_stdout)
		return; /* until all of it is written */
	print_path(j);
	finish(mb);
}

/* The payload is written, or cannot be. */
static void
on_streamed(void *arg, int status)
{
	struct members *mb = arg;

	mb->stream = NULL;
	mb->status = mb->status ? mb->status : status;
	if (status == EXIT_OK) {
		out_end(); /* while seeding goes on */
		finish(mb);
	} else {
		stop_all(mb);
	}
}

static void
finish(struct members *mb)
{
	if (!mb->seed)
		stop_all(mb);
}

static void
on_message(struct job *j, int detail, const char *text)
{
	struct members *mb = j->all->arg;

	if (detail ? !mb->verbose : mb->rules.quiet)
		return;
	progress_clear(&mb->progress);
	warn("%s", text);
}

static void
on_failed(struct job *j, int status, const char *why)
{
	struct members *mb = j->all->arg;
	char text[1024];

	progress_clear(&mb->progress);
	if (why)
		warn("%s: %s%s", j->arg, why, way_out(mb, why));
	coproc_event(&mb->coproc, j, "error", "\t%s", escape(text,
	    sizeof text, span_of(why ? why : j->arg)));
	if (status && !j->late) /* a line's trouble is an event */
		mb->status = status;
}

/* What can be done about what failed. */
static const char *
way_out(const struct members *mb, const char *why)
{
	if (strstr(why, "it holds other data"))
		return mb->verb == RUN ? "; -F overwrites it, -o names "
		    "another result, -d another directory" :
		    "; -F overwrites it, -d names another directory";
	if (strncmp(why, "keep ", 5) == 0)
		return mb->verb == RUN ? "; move it away, or -o names another "
		    "result" : "; move it away";
	if (strstr(why, strerror(EACCES)) || strstr(why, strerror(EROFS)))
		return "; -d names another directory";
	if (strstr(why, strerror(ENOSPC)))
		return "; what is there stays: make room and run it again";
	return "";
}

static void
on_stopped(struct job *j)
{
	struct members *mb = j->all->arg;

	if (mb->stream)
		stream_stop(mb->stream); /* what it reads goes */
	mb->stream = NULL;
	if (!j->dropped)
		coproc_event(&mb->coproc, j, "stopped", "%s", "");
}

static void
on_gone(struct jobs *all)
{
	struct members *mb = all->arg;

	if (mb->verb == PEER && mb->coproc.fd >= 0 && !mb->stopping)
		return; /* more may come */
	mb->stopping = 1;
	leave(mb);
}

/* When nothing is left to do, whoever reads what is left has as long as it
 * takes, but if we were told to end. */
static void
leave(struct members *mb)
{
	if (!mb->stopping || mb->jobs.first)
		return;
	if (lines_left(mb->lines) == 0) {
		net_stop();
	} else if (mb->interrupted || mb->coproc.quit) {
		mb->last.fire = on_last;
		net_timer(&mb->last, net_now() + LAST_MS);
	}
}

static void
on_last(struct timer *t, int64_t now_ms)
{
	(void)t, (void)now_ms;
	net_stop();
}

/* News of the reader of standard output. */

static void
on_written(void)
{
	coproc_go_on(&members->coproc);
	leave(members);
}

static void
on_lost(int why)
{
	struct members *mb = members;

	errno = why;
	if (why != EPIPE)
		warn("write standard output:");
	mb->status = EXIT_FAIL;
	stop_all(mb);
	leave(mb);
}

static void
print_magnet(struct job *j)
{
	struct members *mb = j->all->arg;
	struct buf b = { 0 };
	struct addr a;
	uint16_t port = j->all->client.shared.port;
	int named = mb->host && addr_parse(&a, mb->host, 0) == 0;

	if (j->m->info.n > META_NET_MAX && !mb->rules.quiet)
		warn("%s: its metadata is too large for a magnet link "
		    "(over 16 MiB): give others the torrent file", j->arg);
	a.port = port;
	if ((!named || !addr_dialable(&a)) && sock_source(&a) < 0)
		addr_parse(&a, "127.0.0.1", 0); /* there is no network */
	a.port = port;
	meta_magnet(&b, j->m, &a);
	buf_put(&b, "", 1);
	lines_put(mb->lines, LINE_KEPT, "%s", (char *)b.p);
	buf_free(&b);
}

static void
print_path(struct job *j)
{
	struct members *mb = j->all->arg;
	struct span name = j->name ? span_of(j->name) : j->m->name;
	struct buf b = { 0 };
	char *shown;

	if (strcmp(j->dir, ".") != 0)
		buf_printf(&b, "%s/", strcmp(j->dir, "/") == 0 ? "" : j->dir);
	buf_put(&b, name.p, name.n);
	buf_put(&b, "", 1);
	shown = shown_path((char *)b.p);
	lines_put(mb->lines, LINE_KEPT, "%s", shown);
	free(shown);
	buf_free(&b);
}

static void
print_summary(struct members *mb, struct job *j)
{
	char down[16], rate[16], up[16];
	struct swarm_stats st;
	int64_t ms = MAX(net_now() - mb->began_ms, 1);

	if (mb->rules.quiet || (!mb->verbose && !isatty(STDERR_FILENO)))
		return;
	job_stats(j, &st);
	warn_line("%s in %.1f s, %s/s, %s up, ratio %.2f",
	    human(down, st.down), (double)ms / 1000, human(rate, st.down *
	    1000 / ms), human(up, st.up), (double)st.up /
	    (double)MAX(st.down, 1));
}

/* Signals. */

static void
on_signal(int sig)
{
	struct members *mb = members;
	char head[FIGURES_HEAD], tail[FIGURES_TAIL];
	struct job *j;

	if (sig == SIGHUP && mb->nttys > 0 && count_ttys() == 0) {
		on_interrupt(mb); /* the terminal has gone */
	} else if (sig == SIGHUP) {
		for (j = mb->jobs.first; j; j = j->next)
			if (j->sw)
				swarm_announce(j->sw);
	} else if (sig == SIGUSR1) {
		figures_text(&mb->jobs, head, tail);
		progress_clear(&mb->progress);
		warn_line("%s%s", head, tail);
	} else if (sig == SIGINT || sig == SIGTERM) {
		on_interrupt(mb);
	} else {
		show_progress(mb); /* the window has another size */
	}
}

/* How many of the standard streams are terminals. */
static int
count_ttys(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 3; fd++)
		n += isatty(fd);
	return n;
}

static void
on_interrupt(struct members *mb)
{
	struct swarm_stats st = { 0 };

	if (mb->interrupted++)
		_exit(mb->verb == RUN ? EXIT_RESUME : EXIT_OK);
	progress_clear(&mb->progress);
	if (mb->stopping) {
		if (!mb->jobs.first) /* only a reader was waited for */
			net_stop();
		return;
	}
	if (mb->jobs.first)
		job_stats(mb->jobs.first, &st);
	if (mb->verb == RUN && mb->status == EXIT_OK && mb->stream)
		mb->status = EXIT_FAIL; /* nothing stays */
	if (mb->verb == RUN && mb->status == EXIT_OK && !st.complete)
		mb->status = EXIT_RESUME;
	stop_all(mb);
}

/* Once a second. */

static void
on_tick(struct timer *t, int64_t now_ms)
{
	struct members *mb = t->arg;
	struct swarm_stats sum;
	int64_t bytes;

	figures_sum(&mb->jobs, &sum);
	if (mb->stream)
		stream_more(mb->stream);
	bytes = sum.have + sum.partial + sum.metadata;
	if (bytes != mb->moved_bytes || mb->jobs.begun) {
		mb->moved_bytes = bytes;
		mb->moved_ms = now_ms;
	}
	coproc_progress(&mb->coproc);
	show_progress(mb);
	if (mb->verbose && !mb->rules.quiet && !isatty(STDERR_FILENO))
		figures_fields(&mb->jobs);
	net_timer(t, now_ms + 1000);
	if (mb->verb == RUN)
		watch(mb, &sum);
}

/* Whether run gets on at all. */
static void
watch(struct members *mb, const struct swarm_stats *sum)
{
	int64_t now_ms = net_now();

	if (sum->npeers > 0 || mb->jobs.begun)
		mb->lonely_ms = now_ms;
	if (sum->complete)
		return;
	if (mb->lonely_ms && now_ms - mb->lonely_ms >= LONELY_MS &&
	    !mb->rules.quiet) {
		progress_clear(&mb->progress);
		warn("no peer for a minute: maybe nobody shares this now; "
		    "-k host:port names a peer, -a url a tracker");
		mb->lonely_ms = 0;
	}
	if (mb->patience_s > 0 && now_ms - mb->moved_ms >= mb->patience_s *
	    1000) {
		progress_clear(&mb->progress);
		warn("no progress in %" PRId64 " s: gave up",
		    mb->patience_s);
		mb->status = EXIT_GAVEUP;
		stop_all(mb);
	}
}

static void
show_progress(struct members *mb)
{
	/* a path that is being hashed shows itself */
	if (!mb->rules.quiet && !mb->stopping && isatty(STDERR_FILENO) &&
	    !(mb->jobs.begun && !mb->jobs.begun->sw))
		figures_show(&mb->jobs, &mb->progress);
}
