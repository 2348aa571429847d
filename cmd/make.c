/* btsh make: a torrent of a file, a directory or a stream.  Bare on a terminal
 * it asks.
 *
 * The torrent is written to a file beside the output, .OUTPUT.new, which is
 * there before hashing begins, so that a place where nothing can be written is
 * known at once, and takes the output's name when it is whole.  Its maker
 * holds a lock on it: one without a lock was left by a make that was killed,
 * and the next one removes it. */
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
#include "sha1.h"
#include "net.h"
#include "proc.h"
#include "torrent/paths.h"
#include "torrent/meta.h"
#include "torrent/encode.h"
#include "torrent/build.h"
#include "cmd/cli.h"
#include "cmd/progress.h"
#include "cmd/sandbox.h"
#include "cmd/verb.h"

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
	char *temp;               /* owned: the file that we made; NULL */
	int fd;                   /* of that or, if none, of the output; -1:
	                           * none or stdout */
	struct stat ours[2];      /* the output, as it was and as it will be */
	struct build *share;      /* NULL: none, or it is done */
	struct meta *m;           /* owned: the torrent; NULL: not yet */
	int force, quiet, verbose;
	int no_tracker;           /* the answer was so */
	int status;
	struct progress progress;
};

static int options(struct make *mk, int argc, char **argv);
static int option_len(const char *arg, uint32_t *out);
static int option_name(const char *name);
static int read_list(struct make *mk);
static int ask(struct make *mk);
static int ask_tracker(struct make *mk);
static int is_free(const struct make *mk, const char *name);
static char *torrent_of(const char *name);
static int open_output(struct make *mk, const char *name);
static int open_temp(struct make *mk);
static int remove_stale(const char *temp, const char *out);
static int is_leftover(int fd, const char *out);
static int lock(int fd);
static void leave_out(struct make *mk, const struct stat *st);
static void confine(const struct make *mk, const char *dir);
static void hash_path(struct make *mk);
static void handle_signals(void (*handler)(int));
static void on_interrupt(int sig);
static void on_signal(void *arg, int sig);
static void on_hashed(void *arg, int64_t bytes, int64_t total);
static void on_done(void *arg, struct meta *m);
static void finish(struct make *mk);
static int has_temp(const struct make *mk);
static int put_output(struct make *mk);
static int put_in_place(struct make *mk);
static int sync_dir(const char *path);
static void drop_output(struct make *mk);
static void make_free(struct make *mk);

static const struct build_ops build_ops = { on_hashed, on_done };
static const int signals[] = { SIGINT, SIGTERM, SIGHUP, 0 };
static volatile sig_atomic_t stopped_by; /* one of these */

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
	handle_signals(on_interrupt);
	if (strcmp(mk.path, "-") == 0) {
		if (open_output(&mk, mk.r.name) < 0)
			goto out;
		confine(&mk, NULL);
		mk.m = build_stream(STDIN_FILENO, &mk.r, &stopped_by);
		finish(&mk);
		goto out;
	}
	if (path_split(mk.path, &dir, &base) < 0) {
		warn("%s:", mk.path);
		goto out;
	}
	if (access(mk.path, R_OK) < 0)
		warn("open %s:", mk.path);
	else if (open_output(&mk, mk.r.name ? mk.r.name : base) == 0) {
		confine(&mk, dir);
		hash_path(&mk);
		finish(&mk);
	}
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
	const char *path;
	int c;

	mk->choice.ours = mk->ours;
	mk->choice.stop = &stopped_by;
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
			if (option_len(optarg, &mk->r.piece_len) < 0)
				return EXIT_USAGE;
			break;
		case 'n':
			if (option_name(optarg) < 0)
				return EXIT_USAGE;
			mk->r.name = optarg;
			break;
		case 'o':
			if (option_path(c, optarg, &path) < 0)
				return EXIT_USAGE;
			free(mk->out);
			mk->out = xstrdup(path);
			break;
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

/* 0, or -1 after a message; so is option_name. */
static int
option_len(const char *arg, uint32_t *out)
{
	long n, least = 0, most = 0;

	while ((uint32_t)1 << least < PIECE_LEN_MIN)
		least++;
	while ((uint32_t)1 << most < PIECE_LEN_MAX)
		most++;
	if (option_int('l', arg, least, most, &n) < 0)
		return -1;
	*out = (uint32_t)1 << n;
	return 0;
}

static int
option_name(const char *name)
{
	const char *why = build_name_fault(name);

	if (why)
		warn("-n %s: a name that %s", name, why);
	return why ? -1 : 0;
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
	} while (mk->asked && !is_free(mk, mk->asked));
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
is_free(const struct make *mk, const char *name)
{
	const char *why = build_name_fault(name);
	struct stat st;
	char *out;
	int there;

	if (why) {
		warn("%s: this name %s", name, why);
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

/* 0, or -1 after a message. */
static int
open_output(struct make *mk, const char *name)
{
	struct stat st;

	if (!mk->out)
		mk->out = torrent_of(name);
	if (strcmp(mk->out, "-") == 0) {
		if (fstat(STDOUT_FILENO, &st) == 0)
			leave_out(mk, &st);
		return 0;
	}
	if (lstat(mk->out, &st) < 0)
		return open_temp(mk);
	if (!mk->force) {
		warn("%s: it exists; -f replaces it", mk->out);
		return -1;
	}
	if (stat(mk->out, &st) < 0) /* a link to nothing */
		return open_temp(mk);
	leave_out(mk, &st);
	if (S_ISREG(st.st_mode))
		return open_temp(mk);
	mk->fd = open(mk->out, O_WRONLY | O_CLOEXEC);
	if (mk->fd < 0)
		warn("open %s:", mk->out);
	return mk->fd < 0 ? -1 : 0;
}

static int
open_temp(struct make *mk)
{
	const char *slash = strrchr(mk->out, '/');
	const char *base = slash ? slash + 1 : mk->out;
	size_t size = strlen(mk->out) + sizeof "..new";
	char *temp = xmalloc(size);
	struct stat st;

	/* cut, so that any name that the output may have will do */
	snprintf(temp, size, "%.*s.%.*s.new", (int)(base - mk->out), mk->out,
	    ELEMENT_MAX - 5, base);
	mk->fd = -1;
	if (!*base)
		errno = EISDIR;
	else if (lstat(mk->out, &st) == 0 || errno == ENOENT) {
		if (remove_stale(temp, mk->out) < 0)
			goto out; /* which was said */
		mk->fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		    0666);
	}
	if (mk->fd >= 0 && (lock(mk->fd) < 0 || fstat(mk->fd, &st) < 0 ||
	    st.st_nlink == 0)) {
		close(mk->fd);
		mk->fd = -1;
		errno = EEXIST;
	}
	if (mk->fd >= 0) {
		leave_out(mk, &st);
		mk->temp = temp;
		return 0;
	}
	if (errno == ENOSPC)
		mk->status = EXIT_DISK;
	if (errno == EEXIST)
		warn("%s: another make writes it", mk->out);
	else
		warn("open %s:", mk->out);
out:
	free(temp);
	return -1;
}

/* What a make that was killed has left.  0, or -1 after a message: another one
 * writes it, or it is somebody's own. */
static int
remove_stale(const char *temp, const char *out)
{
	struct stat st;
	int fd = open(temp, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int r = -1;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd >= 0 && (lock(fd) < 0 || !fd_is_at(fd, temp)))
		/* or it has its final name by now */
		warn("%s: another make writes it", out);
	else if (fd < 0 && lstat(temp, &st) == 0 && S_ISREG(st.st_mode))
		warn("open %s:", temp);
	else if (fd < 0 || !is_leftover(fd, out))
		warn("%s is in the way: move it away", temp);
	else if ((r = unlink(temp)) < 0)
		warn("remove %s:", temp);
	if (fd >= 0)
		close(fd);
	return r;
}

/* Whether it is ours beyond doubt: it has this name alone, or the output's
 * too, and holds nothing or begins as a torrent does. */
static int
is_leftover(int fd, const char *out)
{
	struct stat st;
	char c[2];
	ssize_t n;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_uid != geteuid() || (st.st_nlink > 1 && !fd_is_at(fd, out)))
		return 0;
	n = pread(fd, c, sizeof c, 0);
	return n == 0 || (n > 0 && c[0] == 'd' && (n == 1 ||
	    (c[1] >= '0' && c[1] <= '9')));
}

/* 0: it is ours, or files there cannot be locked.  -1 with EEXIST. */
static int
lock(int fd)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_SETLK, &lock) == 0 ||
	    (errno != EAGAIN && errno != EACCES))
		return 0;
	errno = EEXIST;
	return -1;
}

/* A torrent never holds itself, as it would in the directory that it is of. */
static void
leave_out(struct make *mk, const struct stat *st)
{
	mk->ours[mk->choice.nours++] = *st;
}

/* What is in dir is read, if that is not NULL, and a torrent written. */
static void
confine(const struct make *mk, const char *dir)
{
	struct sandbox b;

	sandbox_begin(&b, NET_NONE);
	if (dir) { /* see build_start */
		sandbox_path(&b, ".", MAY_LIST);
		sandbox_path(&b, dir, MAY_LIST);
		sandbox_path(&b, mk->path, MAY_READ);
	}
	if (mk->temp)
		sandbox_around(&b, mk->out, MAY_LIST | MAY_WRITE);
	sandbox_enter(&b, mk->verbose);
}

static void
hash_path(struct make *mk)
{
	mk->share = build_start(mk->path, &mk->r, &mk->choice, &build_ops, mk);
	if (proc_signals(signals, on_signal, NULL) < 0)
		warn("pipe:");
	else if (mk->share && !stopped_by)
		net_run();
	progress_clear(&mk->progress);
	if (mk->share)
		build_stop(mk->share);
}

/* What reads, and then nothing else is waited for, is interrupted. */
static void
handle_signals(void (*handler)(int))
{
	struct sigaction sa;
	const int *sig;

	memset(&sa, 0, sizeof sa);
	sa.sa_handler = handler;
	for (sig = signals; *sig; sig++)
		sigaction(*sig, &sa, NULL);
}

static void
on_interrupt(int sig)
{
	stopped_by = sig;
}

static void
on_signal(void *arg, int sig)
{
	(void)arg;
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

	mk->share = NULL;
	mk->m = m;
	net_stop();
}

/* Writes the torrent out, and its path to stdout.  Whoever reads may take as
 * long as he likes: once no file of ours is beside the output, signals end us.
 */
static void
finish(struct make *mk)
{
	const struct meta *m = mk->m;
	char digits[2 * ID_LEN + 1], text[16], *shown;

	if (!mk->temp)
		handle_signals(SIG_DFL);
	if (m && mk->fd >= 0)
		mk->status = put_output(mk);
	drop_output(mk);
	handle_signals(SIG_DFL);
	if (m && strcmp(mk->out, "-") == 0) {
		if (write_all(STDOUT_FILENO, m->raw.p, m->raw.len) == 0)
			mk->status = EXIT_OK;
		else if (errno != EPIPE)
			warn("write standard output:");
	}
	if (mk->status != EXIT_OK)
		return;
	hex(digits, m->hash, ID_LEN);
	if (mk->verbose)
		fprintf(stderr, "%s: %u pieces of %s\n", digits,
		    (unsigned)m->sh.npieces, human(text, m->sh.piece_len));
	if (strcmp(mk->out, "-") != 0) {
		shown = shown_path(mk->out);
		emit("%s", shown);
		free(shown);
	}
}

/* Whether the file beside the output is still the one that we made: another
 * make takes it for a leftover where files cannot be locked. */
static int
has_temp(const struct make *mk)
{
	return mk->temp && fd_is_at(mk->fd, mk->temp);
}

/* An exit status, after a message if it failed. */
static int
put_output(struct make *mk)
{
	int r = write_all(mk->fd, mk->m->raw.p, mk->m->raw.len);

	if (r == 0 && mk->temp)
		r = fsync(mk->fd);
	if (r == 0 && mk->temp && !has_temp(mk)) {
		warn("%s: another make has taken it over", mk->out);
		return EXIT_FAIL;
	}
	if (r == 0 && mk->temp)
		r = put_in_place(mk);
	if (r == 0 && !mk->temp) { /* a device or a fifo */
		r = close(mk->fd);
		mk->fd = -1;
	}
	if (r == 0)
		return EXIT_OK;
	if (errno == EEXIST) {
		warn("%s: it exists by now; -f replaces it", mk->out);
		return EXIT_FAIL;
	}
	warn("write %s:", mk->out);
	return EXIT_DISK;
}

/* Without -f, not over what came meanwhile. */
static int
put_in_place(struct make *mk)
{
	int fd, why;

	if (!mk->force && link(mk->temp, mk->out) == 0)
		return sync_dir(mk->out);
	if (!mk->force) {
		if (errno == EEXIST)
			return -1;
		/* a file system without links: the name is taken first */
		fd = open(mk->out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		    0666);
		if (fd < 0)
			return -1;
		close(fd);
	}
	if (rename(mk->temp, mk->out) < 0) {
		why = errno;
		if (!mk->force)
			unlink(mk->out);
		errno = why;
		return -1;
	}
	free(mk->temp); /* that name may be another make's by now */
	mk->temp = NULL;
	return sync_dir(mk->out);
}

/* The directory of path to the disk, as far as it can be had there. */
static int
sync_dir(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = xstrdup(slash ? path : ".");
	int fd, r = 0;

	if (slash)
		dir[slash - path + (slash == path)] = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && fsync(fd) < 0 && errno == EIO)
		r = -1;
	if (fd >= 0)
		close(fd);
	free(dir);
	return r;
}

/* The file beside the output goes while we have its lock. */
static void
drop_output(struct make *mk)
{
	if (has_temp(mk))
		unlink(mk->temp);
	if (mk->fd >= 0)
		close(mk->fd);
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
	free(mk->temp);
	meta_free(mk->m);
	buf_free(&mk->list);
}
