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
#include "verb.h"

struct make {
	struct recipe r;
	struct tracker *trackers; /* owned, with their strings */
	char **exclude;           /* owned; the strings are argv's */
	int nexclude;
	char *path;               /* owned */
	char *out;                /* owned; "-" for stdout */
	char *made;               /* owned: the file that we made; NULL */
	int fd;                   /* of the output, -1: none or stdout */
	int force, quiet, verbose;
	int status;
	struct progress progress;
};

static int options(struct make *mk, int argc, char **argv);
static int ask(struct make *mk);
static char *ask_line(const char *question, const char *otherwise);
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
	if (mk.r.ntrackers == 0 && env &&
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
	mk->r.webseeds = xcalloc((size_t)argc, sizeof *mk->r.webseeds);
	while ((c = getopt(argc, argv, ":fhpqva:c:l:n:o:s:w:x:")) != -1) {
		switch (c) {
		case 'f': mk->force = 1; break;
		case 'h': return usage_help(USAGE_MAKE);
		case 'p': mk->r.private = 1; break;
		case 'q': mk->quiet = 1; break;
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
		case 'x': mk->exclude[mk->nexclude++] = optarg; break;
		default:  return usage_error(USAGE_MAKE);
		}
	}
	if (argc - optind > 1)
		return usage_error(USAGE_MAKE);
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

static int
ask(struct make *mk)
{
	const char *env = getenv("BTSH_TRACKER");
	char *answer = NULL, *dir, *base;

	do {
		free(mk->path);
		mk->path = ask_line("File or directory", NULL);
		if (!mk->path)
			return EXIT_FAIL;
		if (*mk->path && access(mk->path, R_OK) < 0)
			warn("%s:", mk->path);
	} while (!*mk->path || access(mk->path, R_OK) < 0);
	do {
		free(answer);
		answer = ask_line("Tracker (empty for none)", env);
		if (!answer)
			return EXIT_FAIL;
	} while (add_tier(&mk->trackers, &mk->r.ntrackers, answer) < 0);
	free(answer);
	if (mk->out)
		return -1;
	if (path_split(mk->path, &dir, &base) < 0) {
		warn("%s:", mk->path);
		return EXIT_FAIL;
	}
	answer = xcalloc(1, strlen(base) + sizeof ".torrent");
	sprintf(answer, "%s.torrent", base);
	mk->out = ask_line("Torrent", answer);
	free(answer);
	free(dir);
	free(base);
	return mk->out ? -1 : EXIT_FAIL;
}

/* A line from the terminal, without its end, owned by the caller; an empty one
 * stands for otherwise, unless that is NULL.  NULL: no more lines. */
static char *
ask_line(const char *question, const char *otherwise)
{
	char line[4096];
	size_t n;

	if (otherwise && *otherwise)
		fprintf(stderr, "%s [%s]: ", question, otherwise);
	else
		fprintf(stderr, "%s: ", question);
	fflush(stderr);
	if (!fgets(line, sizeof line, stdin)) {
		fputc('\n', stderr);
		return NULL;
	}
	n = strcspn(line, "\n");
	line[n] = '\0';
	return xstrdup(n == 0 && otherwise ? otherwise : line);
}

static int
open_output(struct make *mk, const char *name)
{
	int flags = O_WRONLY | O_CREAT | O_CLOEXEC;
	struct stat st;

	if (!mk->out) {
		mk->out = xmalloc(strlen(name) + sizeof ".torrent");
		sprintf(mk->out, "%s.torrent", name);
	}
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
	sh = share_start(mk->path, &mk->r, mk->exclude, mk->nexclude,
	    &share_ops, mk);
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
	char digits[2 * ID_LEN + 1], text[16];
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
		if (fd >= 0)
			emit("%s", mk->out);
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
	free(mk->out);
	free(mk->made);
}
