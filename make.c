/* btsh make: a torrent of a file, a directory or a stream.  Bare on a terminal
 * it asks.  The output is created before hashing begins, so that a place where
 * nothing can be written is known at once, and removed if hashing fails. */
#include <sys/types.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "wire.h"
#include "meta.h"
#include "net.h"
#include "share.h"
#include "cli.h"
#include "progress.h"
#include "verb.h"

struct make {
	struct recipe r;
	struct tracker *trackers; /* owned, with their strings */
	char **exclude;           /* owned; the strings are argv's */
	struct choice choice;
	struct buf list;          /* of -0; owned */
	struct span paths;        /* in list */
	int from_list;
	char *path;               /* owned */
	char *asked;              /* owned: the name, if it was asked for */
	char *out;                /* owned; "-" for stdout */
	char *made;               /* owned: the file that we made; NULL */
	int fd;                   /* of the output, -1: none or stdout */
	int force, quiet, verbose;
	int no_tracker;           /* the answer was so */
	int status;
	struct progress progress;
};

static int options(struct make *mk, int argc, char **argv);
static int read_list(struct make *mk);
static int ask(struct make *mk);
static int ask_tracker(struct make *mk);
static int name_ok(const struct make *mk, const char *name);
static char *torrent_of(const char *name);
static int open_output(struct make *mk, const char *name);
static void hash_path(struct make *mk);
static void hash_stream(struct make *mk);
static void on_interrupt(int sig);
static void on_signal(int sig);
static void on_hashed(void *arg, int64_t bytes, int64_t total);
static void on_done(void *arg, struct meta *m);
static void finish(struct make *mk, struct meta *m);
static void drop_output(struct make *mk);
static void make_free(struct make *mk);

static const struct share_ops share_ops = { on_hashed, on_done };
static volatile sig_atomic_t stopped_by; /* a signal */

int
verb_make(int argc, char **argv)
{
	struct make mk = { .fd = -1, .status = EXIT_FAIL };
	const char *env = getenv("BTSH_TRACKER");
	char *dir = NULL, *base = NULL;
	int r = options(&mk, argc, argv);

	if (r >= 0) {
		mk.status = r;
		goto out;
	}
	if (mk.r.ntrackers == 0 && !mk.no_tracker && env &&
	    add_tier(&mk.trackers, &mk.r.ntrackers, env) < 0)
		goto out;
	mk.r.trackers = mk.trackers;
	if (strcmp(mk.path, "-") == 0) {
		if (open_output(&mk, mk.r.name) == 0)
			hash_stream(&mk);
		goto out;
	}
	if (path_split(mk.path, &dir, &base) < 0) {
		warn("%s:", mk.path);
		goto out;
	}
	if (access(mk.path, R_OK) < 0)
		warn("open %s:", mk.path);
	else if (open_output(&mk, mk.r.name ? mk.r.name : base) == 0)
		hash_path(&mk);
out:
	free(dir);
	free(base);
	make_free(&mk);
	return mk.status;
}

/* -1 to go on, or the exit status. */
static int
options(struct make *mk, int argc, char **argv)
{
	int c;
	long n;

	mk->exclude = xcalloc((size_t)argc, sizeof *mk->exclude);
	mk->choice.exclude = mk->exclude;
	mk->r.webseeds = xcalloc((size_t)argc, sizeof *mk->r.webseeds);
	while ((c = getopt(argc, argv, ":0fhpqva:c:l:n:o:s:w:x:")) != -1) {
		switch (c) {
		case '0': mk->from_list = 1; break;
		case 'f': mk->force = 1; break;
		case 'h': return usage_help(USAGE_MAKE);
		case 'p': mk->r.private = 1; break;
		case 'q': mk->quiet = mk->choice.quiet = 1; break;
		case 'v': mk->verbose = 1; break;
		case 'a':
			if (add_tier(&mk->trackers, &mk->r.ntrackers,
			    optarg) < 0)
				return EXIT_USAGE;
			break;
		case 'c': mk->r.comment = optarg; break;
		case 'l':
			if (option_int(c, optarg, 14, 26, &n) < 0)
				return EXIT_USAGE;
			mk->r.piece_len = (uint32_t)1 << n;
			break;
		case 'n': mk->r.name = optarg; break;
		case 'o': mk->out = xstrdup(optarg); break;
		case 's': mk->r.source = optarg; break;
		case 'w': mk->r.webseeds[mk->r.nwebseeds++] = optarg; break;
		case 'x': mk->exclude[mk->choice.nexclude++] = optarg; break;
		default:  return option_error(c, USAGE_MAKE);
		}
	}
	if (argc - optind > !mk->from_list)
		return usage_error(USAGE_MAKE);
	if (mk->from_list)
		return read_list(mk);
	if (argc == optind)
		return isatty(STDIN_FILENO) ? ask(mk) :
		    usage_error(USAGE_MAKE);
	mk->path = xstrdup(argv[optind]);
	if (strcmp(mk->path, "-") == 0 && !mk->r.name) {
		warn("make -: a stream has no name: give one with -n");
		return EXIT_USAGE;
	}
	return -1;
}

/* Paths from standard input, each with a NUL after it. */
static int
read_list(struct make *mk)
{
	if (!mk->r.name) {
		warn("make -0: a list has no name: give one with -n");
		return EXIT_USAGE;
	}
	if (slurp(STDIN_FILENO, &mk->list, META_MAX) < 0) {
		warn("read standard input:");
		return EXIT_FAIL;
	}
	buf_put(&mk->list, "", 1); /* the last may be without */
	mk->paths.p = mk->list.p;
	mk->paths.n = mk->list.len - 1;
	mk->choice.list = &mk->paths;
	mk->path = xstrdup(".");
	return -1;
}

/* The path, the tracker and the name.  A wrong answer is asked again. */
static int
ask(struct make *mk)
{
	char *dir, *base;

	do {
		free(mk->path);
		mk->path = ask_line("File or directory", NULL);
		if (!mk->path)
			return EXIT_FAIL;
		if (*mk->path && access(mk->path, R_OK) < 0)
			warn("%s:", mk->path);
	} while (!*mk->path || access(mk->path, R_OK) < 0);
	if (mk->r.ntrackers == 0 && ask_tracker(mk) < 0)
		return EXIT_FAIL;
	if (mk->r.name)
		return -1;
	if (path_split(mk->path, &dir, &base) < 0) {
		warn("%s:", mk->path);
		return EXIT_FAIL;
	}
	do {
		free(mk->asked);
		mk->asked = ask_line("Name of the torrent", base);
	} while (mk->asked && !name_ok(mk, mk->asked));
	mk->r.name = mk->asked;
	free(dir);
	free(base);
	return mk->asked ? -1 : EXIT_FAIL;
}

/* 0, or -1: no more lines. */
static int
ask_tracker(struct make *mk)
{
	const char *env = getenv("BTSH_TRACKER");
	char *answer;
	int r;

	do {
		answer = ask_line(env && *env ? "Tracker (- for none)" :
		    "Tracker (empty for none)", env);
		if (!answer)
			return -1;
		mk->no_tracker = !*answer || strcmp(answer, "-") == 0;
		r = mk->no_tracker ? 0 : add_tier(&mk->trackers,
		    &mk->r.ntrackers, answer);
		free(answer);
	} while (r < 0);
	return 0;
}

/* Whether a torrent may have this name, and its file be made. */
static int
name_ok(const struct make *mk, const char *name)
{
	size_t n = strlen(name);
	struct stat st;
	char *out;
	int there;

	if (n == 0 || n > ELEMENT_MAX || strchr(name, '/') ||
	    strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
		warn("%s: not a name", name);
		return 0;
	}
	if (mk->out || mk->force)
		return 1;
	out = torrent_of(name);
	there = lstat(out, &st) == 0;
	if (there)
		warn("%s: it exists; choose another name", out);
	free(out);
	return !there;
}

/* The file that a torrent of this name is written to, owned by the caller. */
static char *
torrent_of(const char *name)
{
	char *path = xmalloc(strlen(name) + sizeof ".torrent");

	sprintf(path, "%s.torrent", name);
	return path;
}

static int
open_output(struct make *mk, const char *name)
{
	int flags = O_WRONLY | O_CREAT | O_CLOEXEC;
	struct stat st;

	if (!mk->out)
		mk->out = torrent_of(name);
	if (strcmp(mk->out, "-") == 0)
		return 0;
	if (lstat(mk->out, &st) < 0) {
		mk->made = xstrdup(mk->out);
		flags |= O_EXCL;
	} else if (!mk->force) {
		warn("%s: it exists; -f replaces it", mk->out);
		return -1;
	} else if (S_ISREG(st.st_mode)) {
		/* the old one stays until there is a new one */
		mk->made = xmalloc(strlen(mk->out) + sizeof ".new");
		sprintf(mk->made, "%s.new", mk->out);
		flags |= O_EXCL;
	} /* else a device or a fifo, which is only written to */
	mk->fd = open(mk->made ? mk->made : mk->out, flags, 0666);
	if (mk->fd < 0) {
		warn("open %s:", mk->made ? mk->made : mk->out);
		free(mk->made);
		mk->made = NULL;
		return -1;
	}
	return 0;
}

static void
hash_path(struct make *mk)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, 0 };
	struct share *sh;

	net_signals(sigs, on_signal);
	sh = share_start(mk->path, &mk->r, &mk->choice, &share_ops, mk);
	if (!sh) {
		drop_output(mk);
		return;
	}
	net_run();
	if (stopped_by) {
		share_stop(sh);
		progress_clear(&mk->progress);
		drop_output(mk);
	}
}

/* Nothing else is to be waited for: the handler interrupts reading. */
static void
hash_stream(struct make *mk)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction sa;
	size_t i;

	memset(&sa, 0, sizeof sa);
	sa.sa_handler = on_interrupt;
	for (i = 0; i < LEN(sigs); i++)
		sigaction(sigs[i], &sa, NULL);
	finish(mk, share_stream(STDIN_FILENO, &mk->r, &stopped_by));
}

static void
on_interrupt(int sig)
{
	stopped_by = sig;
}

static void
on_signal(int sig)
{
	stopped_by = sig;
	net_stop();
}

static void
on_hashed(void *arg, int64_t bytes, int64_t total)
{
	struct make *mk = arg;

	if (!mk->quiet)
		progress_part(&mk->progress, "", bytes, total);
}

static void
on_done(void *arg, struct meta *m)
{
	struct make *mk = arg;

	progress_clear(&mk->progress);
	finish(mk, m);
	net_stop();
}

/* Writes the torrent out, and its path to stdout. */
static void
finish(struct make *mk, struct meta *m)
{
	char digits[2 * ID_LEN + 1], text[16], *shown;
	int fd = mk->fd, r;

	if (!m) {
		drop_output(mk);
		return;
	}
	r = write_all(fd < 0 ? STDOUT_FILENO : fd, m->raw.p, m->raw.len);
	if (fd >= 0 && close(fd) < 0)
		r = -1;
	mk->fd = -1;
	if (r == 0 && mk->made && strcmp(mk->made, mk->out) != 0)
		r = rename(mk->made, mk->out);
	if (r < 0) {
		warn("write %s:", mk->out);
		drop_output(mk);
	} else {
		mk->status = EXIT_OK;
		hex(digits, m->hash, ID_LEN);
		if (mk->verbose)
			fprintf(stderr, "%s: %u pieces of %s\n", digits,
			    (unsigned)m->sh.npieces,
			    human(text, m->sh.piece_len));
		if (fd >= 0) {
			shown = shown_path(mk->out);
			emit("%s", shown);
			free(shown);
		}
	}
	meta_free(m);
}

static void
drop_output(struct make *mk)
{
	if (mk->fd >= 0)
		close(mk->fd);
	if (mk->made)
		unlink(mk->made);
	mk->fd = -1;
}

static void
make_free(struct make *mk)
{
	int i;

	for (i = 0; i < mk->r.ntrackers; i++)
		free(mk->trackers[i].url);
	free(mk->trackers);
	free(mk->exclude);
	free(mk->r.webseeds);
	free(mk->path);
	free(mk->asked);
	free(mk->out);
	free(mk->made);
	buf_free(&mk->list);
}
