/* btsh track: the tracker.  Any key stops it when its stdin is a terminal. */
#include <sys/types.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "util.h"
#include "rand.h"
#include "addr.h"
#include "net.h"
#include "proc.h"
#include "track/answer.h"
#include "track/state.h"
#include "track/serve.h"
#include "cmd/output.h"
#include "cmd/cli.h"
#include "cmd/args.h"
#include "cmd/sandbox.h"
#include "cmd/reach.h"
#include "cmd/verb.h"

enum {
	PORT        = 9999,
	INTERVAL    = 1800,
	LAST_MS     = 1000,     /* for whoever reads events, at the end */
	PROXIES_MAX = 16,
	LIST_MAX    = 256 << 20 /* bytes of a list of hashes */
};

/* What the command line says. */
struct track_options {
	const char *host, *user, *state, *lists[2]; /* of -w and -W */
	uint16_t port;
	int quiet, verbose;
	struct answer_policy policy;
	struct addr proxies[PROXIES_MAX];
};

/* What events and signals reach. */
struct tracking {
	struct answerer *track;
	struct output *lines; /* NULL: quiet */
	const char *const *lists; /* each NULL: none */
	int status;
};

static int parse_options(struct track_options *ch, int argc, char **argv);
static struct answerer *begin(const struct track_options *ch);
static int may_read(const struct track_options *ch, const char *path);
static int serve_swarms(const struct track_options *ch, struct server *d,
    struct answerer *t, uint16_t port);
static void say_where(const struct track_options *ch, uint16_t port, int keys);
static void confine(const struct track_options *ch);
static int read_lists(struct answerer *t, const char *const lists[2],
    int again);
static int read_list(struct answerer *t, const char *const lists[2],
    int refused, int again);
static void confine(const struct track_options *ch);
static int is_foreground(void);
static void watch_keys(void);
static void give_back(void);
static void suspend(void);
static void on_event(void *arg, const struct answer_event *ev);
static void on_lost(void *arg, int why);
static void on_signal(void *arg, int sig);
static void on_key(struct io *io, short got, int64_t now_ms);

/* The terminal, which is the process's: it is given back however that ends. */
static struct {
	struct io keys;
	struct termios was;  /* before */
	pid_t raw;           /* who has changed it; 0: it is as it was */
} terminal;

static const struct opt opts[] = {
	{ 'q', .what = "print no events" },
	{ 's', .what = "answer a scrape that names no torrent with all" },
	{ 'v', .what = "tell more" },
	{ 'f', .arg = "file", .what = "keep the swarms there over a restart" },
	{ 'i', .arg = "sec", .what = "the announce interval, else 1800" },
	{ 'l', .arg = "addr", .what = "listen on this address alone" },
	{ 'p', .arg = "port", .what = "listen there, else on 9999; 0: on any" },
	{ 'U', .arg = "user", .what = "become that user once the port is open" },
	{ 'w', .arg = "file",
	    .what = "serve only the info hashes in it; - for stdin" },
	{ 'W', .arg = "file", .what = "serve none of the info hashes in it" },
	{ 'x', 1, .arg = "addr",
	    .what = "believe the X-Forwarded-For of a proxy there" },
};
static const struct synopsis synopsis = { "track", "", opts, LEN(opts), 0 };

int
verb_track(int argc, char **argv)
{
	struct track_options ch = { .port = PORT,
	    .policy.interval = INTERVAL };
	struct server *d;
	struct answerer *t;
	uint16_t port;
	int r = parse_options(&ch, argc, argv);

	if (r >= 0)
		return r;
	port = ch.port;
	d = serve_open(ch.host, &port);
	if (!d) {
		warn_listen(ch.host, port);
		return EXIT_FAIL;
	}
	/* no byte of a file is read with more rights than it takes */
	if (become(ch.user) < 0 || !(t = begin(&ch))) {
		serve_close(d);
		return EXIT_FAIL;
	}
	r = serve_swarms(&ch, d, t, port);
	answer_free(t);
	return r;
}

/* An exit status, or -1: go on. */
static int
parse_options(struct track_options *ch, int argc, char **argv)
{
	struct args a;
	long n;
	int c;

	args_init(&a, &synopsis, argc, argv);
	while ((c = args_next(&a)) > 0) {
		switch (c) {
		case 'q': ch->quiet = 1; break;
		case 's': ch->policy.full_scrape = 1; break;
		case 'v': ch->verbose = 1; break;
		case 'f': ch->state = a.value; break;
		case 'U': ch->user = a.value; break;
		case 'w': ch->lists[0] = a.value; break;
		case 'W': ch->lists[1] = a.value; break;
		case 'i':
			if (option_int(c, a.value, 1, 86400, &n) < 0)
				return EXIT_USAGE;
			ch->policy.interval = (int)n;
			break;
		case 'l':
			if (option_addr(c, a.value) < 0)
				return EXIT_USAGE;
			ch->host = a.value;
			break;
		case 'p':
			if (option_int(c, a.value, 0, 65535, &n) < 0)
				return EXIT_USAGE;
			ch->port = (uint16_t)n;
			break;
		case 'x':
			if (option_addr(c, a.value) < 0)
				return EXIT_USAGE;
			if (ch->policy.nproxies == PROXIES_MAX)
				return args_usage(&a);
			addr_parse(&ch->proxies[ch->policy.nproxies++],
			    a.value, 0);
			break;
		}
	}
	ch->policy.proxies = ch->proxies;
	if (c < 0)
		return a.status;
	if (ch->lists[0] && ch->lists[1] && strcmp(ch->lists[0], "-") == 0 &&
	    strcmp(ch->lists[1], "-") == 0) {
		warn("-w and -W: standard input can be only one of them");
		return EXIT_USAGE;
	}
	return a.n > 0 ? args_usage(&a) : -1;
}

/* The tracker with what its files hold; NULL after a message. */
static struct answerer *
begin(const struct track_options *ch)
{
	struct swarms *state = NULL;
	uint8_t key[ANSWER_KEY_LEN];
	struct answerer *t;

	if (may_read(ch, ch->state) < 0 || may_read(ch, ch->lists[0]) < 0 ||
	    may_read(ch, ch->lists[1]) < 0)
		return NULL;
	if (ch->state && state_load(ch->state,
	    answer_life(ch->policy.interval), net_now(), &state) < 0)
		return NULL;
	rnd_bytes(key, sizeof key);
	t = answer_new(&ch->policy, key, state, net_now());
	if (read_lists(t, ch->lists, 0) == 0)
		return t;
	answer_free(t);
	return NULL;
}

/* What root can read, the user of -U may not: that is worth a line that names
 * both.  0, or -1 after it. */
static int
may_read(const struct track_options *ch, const char *path)
{
	if (!ch->user || !path || strcmp(path, "-") == 0 ||
	    access(path, R_OK) == 0 || errno != EACCES)
		return 0;
	warn("-U %s: %s:", ch->user, path);
	return -1;
}

static int
serve_swarms(const struct track_options *ch, struct server *d,
    struct answerer *t, uint16_t port)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT,
		SIGUSR1, SIGUSR2, SIGTSTP, SIGCONT, 0 };
	static const struct output_ops output_ops = { .lost = on_lost,
	    .watch = 1 };
	struct tracking tr = { .track = t, .lists = ch->lists };
	struct state *keep = NULL;

	if (ch->state && !(keep = state_open(ch->state, answer_swarms(t)))) {
		serve_close(d);
		return EXIT_DISK;
	}
	tr.lines = ch->quiet ? NULL : output_open(&output_ops, &tr);
	serve_begin(d, t, ch->quiet ? NULL : on_event, &tr);
	warn_at_once();
	if (!ch->quiet)
		warn_root();
	if (proc_signals(sigs, on_signal, &tr) < 0)
		die("pipe:");
	atexit(give_back);
	watch_keys();
	if (!ch->quiet || ch->verbose)
		say_where(ch, port, terminal.raw != 0);
	confine(ch);
	net_run();
	give_back();
	serve_close(d);
	if (tr.lines)
		output_close(tr.lines, LAST_MS);
	if (keep && state_close(keep) < 0)
		tr.status = EXIT_DISK;
	return tr.status;
}

/* Its state is written anew beside the old one, its lists may be other files
 * by the time that they are read again. */
static void
confine(const struct track_options *ch)
{
	struct sandbox b;
	int i;

	sandbox_begin(&b, NET_BOUND);
	if (ch->state)
		reach_around(&b, ch->state, MAY_READ | MAY_WRITE);
	for (i = 0; i < 2; i++)
		if (ch->lists[i] && strcmp(ch->lists[i], "-") != 0)
			reach_around(&b, ch->lists[i], MAY_READ);
	sandbox_enter(&b, ch->verbose);
}

static void
say_where(const struct track_options *ch, uint16_t port, int keys)
{
	char text[ADDR_TEXT];
	struct addr a;

	own_addr(&a, ch->host, port);
	addr_format(text, &a);
	warn("tracking at http://%s/announce and udp://%s/announce%s", text,
	    text, keys ? "; any key stops it" : "");
}

/* Both lists, each whatever the other is: 0, or -1 after a message. */
static int
read_lists(struct answerer *t, const char *const lists[2], int again)
{
	int r = read_list(t, lists, 0, again);

	return read_list(t, lists, 1, again) < 0 ? -1 : r;
}

/* The list of what is served, or, if refused, of what is not; none is 0, too.
 * 0, or -1 after a message: what was served before goes on.  Read again, it
 * can only be a file, as nobody may wait for anything else. */
static int
read_list(struct answerer *t, const char *const lists[2], int refused,
    int again)
{
	const char *path = lists[refused];
	int in = path && strcmp(path, "-") == 0;
	int fd;
	struct buf b = { 0 };
	struct stat st;
	struct span text;
	long line, n = -1;

	if (!path || (in && again))
		return 0;
	fd = in ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC |
	    (again ? O_NONBLOCK : 0));
	if (fd < 0) {
		warn("open %s:", path);
		return -1;
	}
	if (again && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		warn("%s: not a regular file, and not read again", path);
	} else if (slurp(fd, &b, LIST_MAX) < 0) {
		warn("read %s:", path);
	} else {
		text.p = b.p;
		text.n = b.len;
		n = (refused ? answer_refuse : answer_allow)(t, text, &line);
		if (n < 0)
			warn("%s:%ld: no info hash of 40 hexadecimal digits",
			    path, line);
		else
			warn("%s the %ld torrents of %s", refused ?
			    "refusing" : "serving", n, path);
	}
	if (!in)
		close(fd);
	buf_free(&b);
	return n < 0 ? -1 : 0;
}

static int
is_foreground(void)
{
	return isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/* Keys come one by one, without an echo, from a terminal that is ours to read:
 * a background job would be stopped by asking. */
static void
watch_keys(void)
{
	struct termios raw;

	if (!is_foreground() ||
	    (!terminal.raw && tcgetattr(STDIN_FILENO, &terminal.was) < 0))
		return;
	raw = terminal.was;
	raw.c_lflag &= (tcflag_t)~(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	if (!terminal.raw) {
		terminal.keys.fd = STDIN_FILENO;
		terminal.keys.ready = on_key;
		net_add(&terminal.keys, POLLIN);
	}
	terminal.raw = getpid();
}

/* Whoever has the terminal by now has made it what he wants; and a child that
 * ends is not the end. */
static void
give_back(void)
{
	if (terminal.raw != getpid())
		return;
	if (is_foreground())
		tcsetattr(STDIN_FILENO, TCSANOW, &terminal.was);
	net_remove(&terminal.keys);
	terminal.raw = 0;
}

/* What the signal does to others, with the terminal given back. */
static void
suspend(void)
{
	struct sigaction ours, other = { .sa_handler = SIG_DFL };

	give_back();
	sigaction(SIGTSTP, &other, &ours);
	raise(SIGTSTP);
	sigaction(SIGTSTP, &ours, NULL);
	watch_keys();
}

/* The key is ours to read, and not the shell's. */
static void
on_key(struct io *io, short got, int64_t now_ms)
{
	char keys[64];

	(void)now_ms;
	if (!(got & POLLHUP) && !is_foreground()) {
		give_back();
		return;
	}
	(void)!read(io->fd, keys, sizeof keys);
	tcflush(io->fd, TCIFLUSH); /* one key may be several bytes */
	net_stop();
}

static void
on_signal(void *arg, int sig)
{
	const struct tracking *tr = arg;

	if (sig == SIGTSTP)
		suspend();
	else if (sig == SIGCONT && terminal.raw && !is_foreground())
		give_back();
	else if (sig == SIGCONT)
		watch_keys();
	else if (sig != SIGHUP || (!tr->lists[0] && !tr->lists[1]))
		net_stop();
	else
		read_lists(tr->track, tr->lists, 1);
}

static void
on_event(void *arg, const struct answer_event *ev)
{
	const struct tracking *tr = arg;
	char text[ADDR_TEXT];

	output_event(tr->lines, LINE_FIRST, ev->name, ev->hash,
	    "\t%s\t%" PRId64, addr_format(text, &ev->addr), ev->left);
}

/* Nobody reads any more, or the disk is full: that ends us, as it ends any
 * filter. */
static void
on_lost(void *arg, int why)
{
	struct tracking *tr = arg;

	errno = why;
	if (why != EPIPE)
		warn("write standard output:");
	tr->status = EXIT_FAIL;
	net_stop();
}
