/* btsh run, peer and serve: members of swarms.  run ends when its torrents are
 * complete; serve and peer go on until they are stopped; peer takes
 * commands as lines and answers with events as lines. */
#include <sys/types.h>
#include <sys/wait.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "rand.h"
#include "addr.h"
#include "net.h"
#include "proc.h"
#include "resolve.h"
#include "https.h"
#include "torrent/meta.h"
#include "swarm/conns.h"
#include "swarm/swarm.h"
#include "swarm/client.h"
#include "cmd/stream.h"
#include "cmd/output.h"
#include "cmd/cli.h"
#include "cmd/args.h"
#include "cmd/progress.h"
#include "cmd/jobs.h"
#include "cmd/past.h"
#include "cmd/options.h"
#include "cmd/coproc.h"
#include "cmd/status.h"
#include "cmd/hook.h"
#include "cmd/grow.h"
#include "cmd/reachable.h"
#include "cmd/words.h"
#include "cmd/front.h"
#include "cmd/door.h"
#include "cmd/sandbox.h"
#include "cmd/reach.h"
#include "cmd/verb.h"

enum {
	LAST_MS    = 1000, /* for a reader, of what is left to say */
	LONELY_MS  = 60000, /* without a peer: then something is said */
	GIVEN_MS   = 5000, /* without a byte given: what was sent has come */
	GIVING_MS  = 10000 /* once enough was given, for those who go on */
};

struct run {
	struct options o;
	struct jobs jobs;
	struct stream *stream;
	struct output *lines;   /* standard output; NULL: not yet */
	struct output *events;  /* the same, of peer; NULL: nobody asks */
	struct coproc coproc;   /* of peer */
	struct hook hook;
	struct door door;
	struct grow grow;       /* of serve */
	struct timer tick, last;
	struct progress progress;
	int nttys;              /* of the standard streams */
	int stopping, interrupted, status;
	int64_t began_ms, moved_ms, moved_bytes;
	int64_t lonely_ms;      /* since when there is no peer, 0: told */
};

static int members_main(enum verb verb, int argc, char **argv);
static int take_part(struct run *run);
static int open_port(struct run *run);
static int add_operands(struct run *run);
static int ask(struct run *run);
static int go_online(struct run *run);
static int begin_hook(struct run *run);
static void confine(struct run *run);
static void on_door_message(void *arg, const char *text);
static void on_door_closed(void *arg);
static void tell(struct run *run, int detail, const char *text);
static void on_over(void *arg, int status);
static void stop_all(struct run *run);
static void on_added(struct job *j);
static int on_metadata(struct job *j);
static void on_hashed(void *job, int64_t bytes, int64_t total);
static void on_checked(struct job *j);
static void on_piece(void *job, uint32_t piece);
static void on_complete(void *job);
static void on_streamed(void *arg, int status);
static void on_message(void *job, int detail, const char *text);
static void on_failed(struct job *j, int status, const char *why);
static void on_stopped(struct job *j);
static void on_gone(struct jobs *all);
static void leave(struct run *run);
static void on_last(struct timer *t, int64_t now_ms);
static void on_written(void *arg);
static void on_writes(void *arg);
static void on_lost(void *arg, int why);
static void on_hook(void *arg, const char *name, int status);
static void on_hook_idle(void *arg);
static void end_seeding(struct run *run, int64_t now_ms);
static int gave_enough(const struct run *run, struct job *j,
    const struct swarm_stats *st, int64_t now_ms);
static void finish(struct run *run, struct job *j);
static void print_magnet(struct run *run, const struct job *j);
static void print_path(struct job *j);
static void on_signal(void *arg, int sig);
static int count_ttys(void);
static void on_interrupt(struct run *run);
static void on_tick(struct timer *t, int64_t now_ms);
static void watch(struct run *run, const struct swarm_stats *sum);
static void show_progress(struct run *run);

static const struct job_ops job_ops = { on_added, on_metadata, on_checked,
	on_failed, on_stopped, on_gone, on_hashed, on_piece, on_complete,
	on_message };
static const struct door_ops door_ops = { on_door_message, on_door_closed };

int
verb_serve(int argc, char **argv)
{
	return members_main(VERB_SERVE, argc, argv);
}

int
verb_peer(int argc, char **argv)
{
	return members_main(VERB_PEER, argc, argv);
}

int
verb_run(int argc, char **argv)
{
	return members_main(VERB_RUN, argc, argv);
}

static int
members_main(enum verb verb, int argc, char **argv)
{
	struct run run = { .status = EXIT_OK };
	int r;

	jobs_init(&run.jobs, &run.o.rules, &job_ops, &run);
	r = options_parse(&run.o, verb, &run.jobs, argc, argv);
	if (r < 0)
		r = open_port(&run);
	if (r < 0 && ((r = add_operands(&run)) >= 0 ||
	    (r = go_online(&run)) >= 0))
		door_close(&run.door);
	if (r < 0)
		r = take_part(&run);
	else
		jobs_free(&run.jobs);
	https_close();
	resolve_close();
	grow_free(&run.grow);
	options_free(&run.o);
	return r;
}

/* Until all is over: the exit status. */
static int
take_part(struct run *run)
{
	jobs_begin(&run->jobs);
	if (!run->stopping || run->jobs.first || run->door.portmap ||
	    output_left(run->lines) > 0)
		net_run(); /* it was not over before it began */
	if (run->stream)
		stream_stop(run->stream);
	coproc_close(&run->coproc);
	door_close(&run->door);
	jobs_free(&run->jobs);
	hook_close(&run->hook);
	if (output_close(run->lines, 0) < 0 && run->o.verb == VERB_RUN &&
	    !run->status)
		run->status = EXIT_RESUME; /* its result is not told */
	return run->status;
}

/* Listens, unless there are no operands and nobody is to be asked for them;
 * then no more is done with more rights than it takes.  -1 to go on, or the
 * exit status. */
static int
open_port(struct run *run)
{
	const struct options *o = &run->o;

	if (o->args.n == 0 && (o->verb == VERB_SERVE ||
	    (o->verb == VERB_RUN && !isatty(STDIN_FILENO))))
		return args_usage(&o->args);
	if (door_open(&run->door, &run->jobs, &run->o, &door_ops, run) < 0)
		return EXIT_FAIL;
	if (become(o->user) == 0 && route_find(&run->jobs.client.route) == 0)
		return -1;
	door_close(&run->door);
	return EXIT_FAIL;
}

/* -1 to go on, or the exit status. */
static int
add_operands(struct run *run)
{
	const struct args *a = &run->o.args;
	int i, r, n = a->n;

	if (run->o.verb == VERB_RUN && n == 0)
		return ask(run);
	if (n == 0 && past_add(&run->jobs) == 0 && isatty(STDIN_FILENO))
		return args_usage(a);
	for (i = 0; i < n; i++) {
		r = job_add(&run->jobs, a->operands[i]);
		if (run->o.verb == VERB_SERVE)
			grow_note(&run->grow, a->operands[i]);
		if (r != EXIT_OK && (run->o.verb != VERB_RUN || n == 1))
			return r;
		if (r != EXIT_OK && !run->status)
			run->status = r; /* the others are fetched */
	}
	return run->jobs.first || n == 0 ? -1 : run->status;
}

static int
ask(struct run *run)
{
	char *answer;
	int r;

	do {
		answer = ask_line("Torrent (a path, a magnet link or a URL)",
		    NULL);
		if (!answer)
			return EXIT_FAIL;
		r = *answer ? job_add(&run->jobs, answer) : EXIT_FAIL;
		free(answer);
	} while (r != EXIT_OK);
	return -1;
}

/* All that the loop needs, and no more than that from then on: -1, or the
 * exit status. */
static int
go_online(struct run *run)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1,
#ifdef SIGWINCH
		SIGWINCH,
#endif
		0 };
	static const struct output_ops output_ops[] = {
		[VERB_SERVE] = { on_lost, on_written, on_writes, 0 },
		[VERB_PEER]  = { on_lost, on_written, on_writes, 1 },
		[VERB_RUN]   = { on_lost, on_written, on_writes, 0 }
	};
	struct options *o = &run->o;

	if (o->verb == VERB_PEER || jobs_use_http(&run->jobs))
		https_open(); /* before strangers are spoken to */
	if (o->command && begin_hook(run) < 0)
		return EXIT_FAIL;
	warn_at_once(); /* nothing may hold up what signals are to end */
	if (proc_signals(sigs, on_signal, run) < 0)
		die("pipe:");
	run->nttys = count_ttys();
	run->tick.fire = on_tick;
	run->tick.arg = run;
	run->began_ms = run->moved_ms = run->lonely_ms = net_now();
	net_timer(&run->tick, net_now() + 1000);
	run->lines = output_open(&output_ops[o->verb], run);
	if (o->verb == VERB_PEER) {
		run->events = run->lines;
		run->coproc.jobs = &run->jobs;
		run->coproc.lines = run->lines;
		run->coproc.over = on_over;
		run->coproc.arg = run;
		coproc_open(&run->coproc, isatty(STDIN_FILENO) ? -1 :
		    dup(STDIN_FILENO));
	}
	if (!o->rules.quiet)
		warn_root();
	door_begin(&run->door);
	confine(run);
	return -1;
}

/* A torrent that a line names may be anywhere. */
static void
confine(struct run *run)
{
	const struct options *o = &run->o;
	struct sandbox b;
	size_t i;

	sandbox_begin(&b, NET_ALL);
	resolve_open();
	if (o->verb == VERB_PEER || run->grow.ndirs > 0)
		reach_dir(&b, o->rules.dir);
	for (i = 0; i < run->grow.ndirs; i++)
		sandbox_path(&b, *run->grow.dirs[i] ? run->grow.dirs[i] : ".",
		    MAY_READ);
	if (coproc_listens(&run->coproc))
		sandbox_path(&b, "/", MAY_READ);
	if (!o->metadata_only)
		reach_jobs(&b, &run->jobs);
	sandbox_enter(&b, o->verbose && !o->rules.quiet);
}

static int
begin_hook(struct run *run)
{
	static const struct hook_ops ops = { on_hook, on_hook_idle };

	if (hook_open(&run->hook, run->o.command, &ops, run) == 0)
		return 0;
	warn("-x: no process can be had for it:");
	return -1;
}

/* News of the port. */

static void
on_door_message(void *arg, const char *text)
{
	tell(arg, 1, text);
}

static void
on_door_closed(void *arg)
{
	leave(arg);
}

/* What peer was told. */
static void
on_over(void *arg, int status)
{
	struct run *run = arg;

	run->status = run->status ? run->status : status;
	stop_all(run);
}

static void
stop_all(struct run *run)
{
	if (run->stopping)
		return;
	run->stopping = 1;
	net_untimer(&run->tick);
	door_leave(&run->door);
	jobs_stop(&run->jobs);
}

/* News of the torrents. */

static void
on_added(struct job *j)
{
	struct run *run = j->all->arg;
	char text[1024];

	front_show(run->door.front, j);
	if (j->m->info.n == 0)
		words_lonely(&run->o, j);
	output_event(run->events, LINE_KEPT, "added", job_hash(j),
	    "\t%s", escape(text, sizeof text, j->m->name));
}

static int
on_metadata(struct job *j)
{
	struct run *run = j->all->arg;
	char text[1024];

	if (j->sw) { /* it has a name now */
		front_show(run->door.front, j);
		output_event(run->events, LINE_KEPT, "metadata",
		    job_hash(j), "\t%" PRId64 "\t%s", j->m->sh.size,
		    escape(text, sizeof text, j->m->name));
	}
	if (!run->o.metadata_only)
		return 0;
	progress_clear(&run->progress);
	output_bytes(run->lines, j->m->raw.p, j->m->raw.len);
	run->stopping = 1;
	net_untimer(&run->tick);
	return -1;
}

static void
on_hashed(void *job, int64_t bytes, int64_t total)
{
	struct run *run = ((struct job *)job)->all->arg;

	if (!run->o.rules.quiet)
		progress_part(&run->progress, "hashing ", bytes, total);
}

static void
on_checked(struct job *j)
{
	struct run *run = j->all->arg;
	struct swarm_stats st;
	char why[128];

	swarm_get_stats(j->sw, &st);
	progress_clear(&run->progress);
	run->moved_bytes += st.have;
	run->moved_ms = net_now();
	j->fetched = !st.complete;
	if (run->o.verb == VERB_SERVE)
		j->whole_ms = net_now();
	if (run->o.verb == VERB_SERVE && st.have == 0 && st.size > 0) {
		on_failed(j, EXIT_DATA, words_has_files(j) ? "its files hold "
		    "other data; btsh make makes a torrent of what is there" :
		    "none of its data is there; -d names the directory that "
		    "it is in");
		job_stop(j);
		return;
	}
	if (run->o.verb == VERB_SERVE && !st.complete && !run->o.rules.quiet)
		warn("%s: only %d%% of its data is there", j->arg,
		    (int)((double)st.have * 100 / (double)st.size));
	if (run->o.verb == VERB_SERVE)
		print_magnet(run, j);
	if ((run->o.verb == VERB_SERVE || !st.complete) && st.npeers == 0)
		words_lonely(&run->o, j);
	if (!run->o.to_stdout)
		return;
	run->stream = stream_start(swarm_store(j->sw), j->m, j->skip,
	    on_streamed, run);
	if (!run->stream) {
		snprintf(why, sizeof why, "no process can be had to write it: "
		    "%s", strerror(errno));
		on_failed(j, EXIT_FAIL, why);
		job_stop(j);
	}
}

static void
on_piece(void *job, uint32_t piece)
{
	struct job *j = job;
	struct run *run = j->all->arg;

	if (run->o.verbose)
		output_event(run->events, LINE_NEXT, "piece", job_hash(j),
		    "\t%u", (unsigned)piece);
	front_piece(run->door.front, j);
	if (run->stream)
		stream_more(run->stream);
}

static void
on_complete(void *job)
{
	struct job *j = job;
	struct run *run = j->all->arg;

	output_event(run->events, LINE_KEPT, "complete", job_hash(j),
	    "\t%" PRId64, j->m->sh.size);
	j->whole_ms = MAX(net_now(), 1);
	if (run->o.verb == VERB_PEER && j->fetched)
		words_hook(&run->hook, &run->o, j);
	if (run->o.verb != VERB_RUN)
		return;
	progress_clear(&run->progress);
	words_summary(&run->o, j, run->began_ms);
	if (run->o.to_stdout)
		return; /* until all of it is written */
	words_hook(&run->hook, &run->o, j);
	print_path(j);
	finish(run, j);
}

/* The payload is written, or cannot be. */
static void
on_streamed(void *arg, int status)
{
	struct run *run = arg;

	run->stream = NULL;
	run->status = run->status ? run->status : status;
	if (status == EXIT_OK) {
		out_end(); /* while seeding goes on */
		words_hook(&run->hook, &run->o, run->jobs.first);
		finish(run, run->jobs.first);
	} else {
		stop_all(run);
	}
}

/* What is complete is done, unless it is to be seeded; what others may still
 * fetch of it ends with the last. */
static void
finish(struct run *run, struct job *j)
{
	struct swarm_stats sum;

	if (run->o.seed)
		return;
	status_sum(&run->jobs, &sum);
	if (sum.complete)
		stop_all(run);
	else if (run->jobs.first->next)
		job_stop(j);
}

/* Of several torrents, which one it is about. */
static void
on_message(void *job, int detail, const char *text)
{
	struct job *j = job;
	struct run *run = j->all->arg;
	char both[1024], name[300];

	if (run->jobs.first == j && !j->next) {
		tell(run, detail, text);
		return;
	}
	snprintf(both, sizeof both, "%s: %s", j->m && j->m->name.n > 0 ?
	    escape(name, sizeof name, j->m->name) : j->arg, text);
	tell(run, detail, both);
}

static void
tell(struct run *run, int detail, const char *text)
{
	if (detail ? !run->o.verbose : run->o.rules.quiet)
		return;
	progress_clear(&run->progress);
	warn("%s", text);
}

static void
on_failed(struct job *j, int status, const char *why)
{
	struct run *run = j->all->arg;
	char text[1024];

	progress_clear(&run->progress);
	if (why)
		warn("%s: %s%s", j->arg, why, words_way_out(&run->o, j,
		    status));
	output_event(run->events, LINE_KEPT, "error", job_hash(j),
	    "\t%s", escape(text, sizeof text, span_of(why ? why : j->arg)));
	if (status && !run->status && !j->late) /* a line's is an event */
		run->status = status;
}

static void
on_stopped(struct job *j)
{
	struct run *run = j->all->arg;

	if (run->stream)
		stream_stop(run->stream); /* what it reads goes */
	run->stream = NULL;
	front_hide(run->door.front, j);
	if (!j->dropped)
		output_event(run->events, LINE_KEPT, "stopped",
		    job_hash(j), "%s", "");
}

static void
on_gone(struct jobs *all)
{
	struct run *run = all->arg;

	if (coproc_listens(&run->coproc) && !run->stopping)
		return; /* more may come */
	run->stopping = 1;
	door_leave(&run->door);
	leave(run);
}

/* When nothing is left to do, whoever reads what is left has as long as it
 * takes, but if we were told to end. */
static void
leave(struct run *run)
{
	if (!run->stopping || run->jobs.first || run->door.portmap ||
	    (hook_busy(&run->hook) && !run->interrupted))
		return;
	if (output_left(run->lines) == 0) {
		net_stop();
	} else if (run->interrupted || run->coproc.quit) {
		run->last.fire = on_last;
		net_timer(&run->last, net_now() + LAST_MS);
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
on_written(void *arg)
{
	struct run *run = arg;

	if (isatty(STDOUT_FILENO))
		show_progress(run);
	coproc_go_on(&run->coproc);
	leave(run);
}

/* The line of progress makes room for lines on the same terminal, and is there
 * again behind them. */
static void
on_writes(void *arg)
{
	struct run *run = arg;

	if (isatty(STDOUT_FILENO))
		progress_clear(&run->progress);
}

static void
on_lost(void *arg, int why)
{
	struct run *run = arg;

	errno = why;
	if (why != EPIPE)
		warn("write standard output:");
	run->status = EXIT_FAIL;
	stop_all(run);
	leave(run);
}

static void
print_magnet(struct run *run, const struct job *j)
{
	struct buf b = { 0 };
	struct link_setup s = { .at = &run->door.at, .web = run->door.front != NULL,
	    .tracks = front_shows(j), .name = front_name(j) };

	words_magnet(&b, &run->o, j, &s);
	output_put(run->lines, LINE_KEPT, "%s", (char *)b.p);
	buf_free(&b);
}

static void
print_path(struct job *j)
{
	struct run *run = j->all->arg;
	struct buf b = { 0 };
	char *shown;

	words_path(&b, j);
	shown = shown_path((char *)b.p);
	output_put(run->lines, LINE_KEPT, "%s", shown);
	free(shown);
	buf_free(&b);
}

/* The command of -x. */

static void
on_hook(void *arg, const char *name, int status)
{
	struct run *run = arg;

	if (status == 0)
		return;
	progress_clear(&run->progress);
	if (status == -1)
		warn("%s: the command of -x could not be run", name);
	else if (WIFEXITED(status))
		warn("%s: the command of -x ended with status %d", name,
		    WEXITSTATUS(status));
	else
		warn("%s: the command of -x was ended by signal %d", name,
		    WTERMSIG(status));
}

static void
on_hook_idle(void *arg)
{
	leave(arg);
}

/* Signals. */

static void
on_signal(void *arg, int sig)
{
	struct run *run = arg;
	char head[STATUS_HEAD], tail[STATUS_TAIL];

	if (sig == SIGHUP && run->nttys > 0 && count_ttys() == 0) {
		on_interrupt(run); /* the terminal has gone */
	} else if (sig == SIGHUP) {
		if (!run->stopping)
			grow_look(&run->grow, &run->jobs);
		jobs_announce(&run->jobs);
	} else if (sig == SIGUSR1) {
		status_text(&run->jobs, head, tail);
		progress_clear(&run->progress);
		warn_line("%s%s", head, tail);
	} else if (sig == SIGINT || sig == SIGTERM) {
		on_interrupt(run);
	} else {
		show_progress(run); /* the window has another size */
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
on_interrupt(struct run *run)
{
	struct swarm_stats sum;

	if (run->interrupted++)
		_exit(run->o.verb == VERB_RUN ? EXIT_RESUME : EXIT_OK);
	progress_clear(&run->progress);
	if (run->stopping) {
		if (!run->jobs.first && !run->door.portmap) /* but a reader */
			net_stop();
		return;
	}
	status_sum(&run->jobs, &sum);
	if (run->o.verb == VERB_RUN && run->status == EXIT_OK && run->stream)
		run->status = EXIT_FAIL; /* nothing stays */
	if (run->o.verb == VERB_RUN && run->status == EXIT_OK &&
	    !sum.complete) {
		run->status = EXIT_RESUME;
		words_resumable(&run->o, &sum);
	}
	stop_all(run);
}

/* Once a second. */

static void
on_tick(struct timer *t, int64_t now_ms)
{
	struct run *run = t->arg;
	struct swarm_stats sum;
	int64_t bytes;

	door_tick(&run->door, now_ms);
	status_sum(&run->jobs, &sum);
	if (run->stream)
		stream_more(run->stream);
	bytes = sum.have + sum.partial + sum.metadata;
	if (bytes != run->moved_bytes || run->jobs.begun || sum.syncing) {
		run->moved_bytes = bytes;
		run->moved_ms = now_ms;
	}
	if (!isatty(STDOUT_FILENO)) /* whose line shows it */
		coproc_progress(&run->coproc);
	show_progress(run);
	if (run->o.verbose && !run->o.rules.quiet && !isatty(STDERR_FILENO))
		status_fields(&run->jobs);
	net_timer(t, now_ms + 1000);
	if (run->o.verb == VERB_RUN)
		watch(run, &sum);
	end_seeding(run, now_ms);
}

/* What was seeded for long enough, or gave enough, stops. */
static void
end_seeding(struct run *run, int64_t now_ms)
{
	const struct options *o = &run->o;
	struct swarm_stats st;
	struct job *j, *next;
	char text[128];

	for (j = run->jobs.first; j; j = next) {
		next = j->next;
		if (!j->whole_ms || job_stops(j) || (o->ratio < 0 &&
		    o->seed_s < 0))
			continue;
		job_stats(j, &st);
		st.up += j->share.given;
		if (st.up != j->gave)
			j->gave_ms = now_ms;
		else if (st.npeers == 0)
			j->gave_ms = 0;
		j->gave = st.up;
		if ((o->seed_s < 0 || now_ms - j->whole_ms < o->seed_s * 1000)
		    && !gave_enough(run, j, &st, now_ms))
			continue;
		j->whole_ms = 0;
		words_seeded(text, j);
		on_message(j, 0, text);
		job_stop(j);
	}
}

/* And whether that has come: what was sent may still be on its way, and would
 * be lost with the connection.  There may always be one who takes more: nobody
 * waits for long. */
static int
gave_enough(const struct run *run, struct job *j,
    const struct swarm_stats *st, int64_t now_ms)
{
	double wanted = run->o.ratio * (double)st->size;

	if (run->o.ratio < 0 || (double)(st->up + st->up_before) < wanted)
		return 0;
	if (!j->enough_ms)
		j->enough_ms = now_ms;
	return now_ms - j->gave_ms >= GIVEN_MS ||
	    now_ms - j->enough_ms >= GIVING_MS;
}

/* Whether run gets on at all. */
static void
watch(struct run *run, const struct swarm_stats *sum)
{
	int64_t now_ms = net_now();

	if (sum->npeers > 0 || sum->nwebs > 0 || run->jobs.begun)
		run->lonely_ms = now_ms;
	if (sum->complete)
		return;
	if (run->lonely_ms && now_ms - run->lonely_ms >= LONELY_MS &&
	    !run->o.rules.quiet) {
		progress_clear(&run->progress);
		warn("no peer for a minute: maybe nobody shares this now; "
		    "-k host:port names a peer, -a url a tracker");
		run->lonely_ms = 0;
	}
	if (run->o.patience_s > 0 &&
	    now_ms - run->moved_ms >= run->o.patience_s * 1000) {
		progress_clear(&run->progress);
		warn("no progress in %" PRId64 " s: gave up",
		    run->o.patience_s);
		run->status = EXIT_GAVEUP;
		stop_all(run);
	}
}

static void
show_progress(struct run *run)
{
	/* a path that is being hashed shows itself */
	if (!run->o.rules.quiet && !run->stopping && isatty(STDERR_FILENO) &&
	    !(run->jobs.begun && !run->jobs.begun->sw))
		status_show(&run->jobs, &run->progress);
}
