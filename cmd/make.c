/* btsh make: a torrent of a file, a directory or a stream, or of another one,
 * edited.  Bare on a terminal it asks.
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
#include "torrent/edit.h"
#include "torrent/build.h"
#include "cmd/load.h"
#include "cmd/cli.h"
#include "cmd/args.h"
#include "cmd/progress.h"
#include "cmd/sandbox.h"
#include "cmd/reach.h"
#include "cmd/verb.h"

struct make {
	struct recipe r;
	struct tracker *trackers; /* owned, with their strings */
	char **exclude;           /* owned; the strings are argv's */
	struct choice choice;
	struct buf list;          /* of -0; owned */
	struct span paths;        /* in list */
	int from_list;
	char *edit;               /* argv's: the torrent that is edited; NULL: none */
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
	int no_tracker;           /* the answer, or an option, was so */
	int status;
	struct progress progress;
};

static int options(struct make *mk, int argc, char **argv);
static int operand(struct make *mk, const struct args *a);
static int option_len(const char *arg, uint32_t *out);
static int option_name(const char *name);
static int read_list(struct make *mk);
static int ask(struct make *mk);
static int ask_tracker(struct make *mk);
static int is_free(const struct make *mk, const char *name);
static int is_taken(const struct make *mk, const char *name);
static void free_name(const struct make *mk, char **name);
static char *torrent_of(const char *name);
static int open_output(struct make *mk, const char *name);
static int open_temp(struct make *mk);
static int remove_stale(const char *temp, const char *out);
static int is_leftover(int fd, const char *out);
static int lock(int fd);
static void leave_out(struct make *mk, const struct stat *st);
static void edit(struct make *mk);
static struct meta *load_edited(struct make *mk);
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

static const struct opt opts[] = {
	{ '0', .what = "of the files whose paths come on stdin, a NUL each" },
	{ 'f', .what = "replace an output that exists" },
	{ 'p', .what = "private, -pp not: peers come from its trackers alone" },
	{ 'q', .what = "no progress, no warnings" },
	{ 'v', .what = "tell more" },
	{ 'a', 1, .arg = "url", .what = "a tracker, a tier each; url,url: one" },
	{ 'c', .arg = "text", .what = "a comment" },
	{ 'e', .arg = "torrent", .what = "edit it: what is named is replaced" },
	{ 'l', .arg = "n", .what = "pieces of 2^n bytes, n from 10 to 28" },
	{ 'n', .arg = "name", .what = "the content's name, else the path's" },
	{ 'o', .arg = "file",
	    .what = "the torrent, else name.torrent; - for stdout" },
	{ 's', .arg = "text",
	    .what = "the source, which changes the info hash" },
	{ 'w', 1, .arg = "url", .what = "a web seed" },
	{ 'x', 1, .arg = "glob", .what = "leave out what matches" },
};
static const struct synopsis synopsis = { "make", "[path]", opts, LEN(opts),
	0 };
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

	if (r >= 0 || !(mk.edit || mk.path)) {
		mk.status = r;
		goto out;
	}
	if (mk.edit) {
		edit(&mk);
		goto out;
	}
	if (mk.r.ntrackers == 0 && !mk.no_tracker && env &&
	    add_tier(&mk.trackers, &mk.r.ntrackers, env) < 0)
		goto out;
	mk.r.trackers = mk.trackers;
	handle_signals(on_interrupt);
	if (mk.r.name && strcmp(mk.path, "-") == 0) {
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
	struct args a;
	const char *path;
	int c;

	mk->choice.ours = mk->ours;
	mk->choice.stop = &stopped_by;
	mk->exclude = xcalloc((size_t)argc, sizeof *mk->exclude);
	mk->choice.exclude = mk->exclude;
	mk->r.webseeds = xcalloc((size_t)argc, sizeof *mk->r.webseeds);
	args_init(&a, &synopsis, argc, argv);
	while ((c = args_next(&a)) > 0) {
		switch (c) {
		case '0': mk->from_list = 1; break;
		case 'f': mk->force = 1; break;
		case 'p': mk->r.private++; break;
		case 'q': mk->quiet = mk->choice.quiet = 1; break;
		case 'v': mk->verbose = 1; break;
		case 'a':
			mk->no_tracker |= !*a.value;
			if (add_tier(&mk->trackers, &mk->r.ntrackers,
			    a.value) < 0)
				return EXIT_USAGE;
			break;
		case 'c': mk->r.comment = a.value; break;
		case 'e': mk->edit = a.value; break;
		case 'l':
			if (option_len(a.value, &mk->r.piece_len) < 0)
				return EXIT_USAGE;
			break;
		case 'n':
			if (option_name(a.value) < 0)
				return EXIT_USAGE;
			mk->r.name = a.value;
			break;
		case 'o':
			if (option_path(c, a.value, &path) < 0)
				return EXIT_USAGE;
			free(mk->out);
			mk->out = xstrdup(path);
			break;
		case 's': mk->r.source = a.value; break;
		case 'w': mk->r.webseeds[mk->r.nwebseeds++] = a.value; break;
		case 'x': mk->exclude[mk->choice.nexclude++] = a.value; break;
		}
	}
	return c < 0 ? a.status : operand(mk, &a);
}

/* What the torrent is to be of, as options. */
static int
operand(struct make *mk, const struct args *a)
{
	if (mk->edit)
		return a->n > 0 || mk->from_list || mk->r.piece_len ||
		    mk->choice.nexclude ? args_usage(a) : -1;
	mk->r.private %= 2; /* -pp takes it away */
	if (a->n > !mk->from_list)
		return args_usage(a);
	if (mk->from_list)
		return read_list(mk);
	if (a->n == 0)
		return isatty(STDIN_FILENO) ? ask(mk) : args_usage(a);
	mk->path = xstrdup(a->operands[0]);
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
	if (!memchr(mk->list.p, '\0', mk->list.len) &&
	    memchr(mk->list.p, '\n', mk->list.len)) {
		warn("make -0: a NUL stands after each path, and not a "
		    "newline: find -print0 writes it so");
		return EXIT_USAGE;
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
	free_name(mk, &base);
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
	int there;

	if (why) {
		warn("%s: this name %s", name, why);
		return 0;
	}
	there = is_taken(mk, name);
	if (there)
		warn("%s.torrent: it exists; choose another name", name);
	return !there;
}

static int
is_taken(const struct make *mk, const char *name)
{
	struct stat st;
	char *out = torrent_of(name);
	int r = !mk->out && !mk->force && lstat(out, &st) == 0;

	free(out);
	return r;
}

/* Of name, name-2, name-3 and so on, the first that is free; owned as name
 * was. */
static void
free_name(const struct make *mk, char **name)
{
	size_t size = strlen(*name) + 16;
	char *s = xmalloc(size);
	int i;

	snprintf(s, size, "%s", *name);
	for (i = 2; is_taken(mk, s) && i < 1000; i++)
		snprintf(s, size, "%s-%d", *name, i);
	free(*name);
	*name = s;
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

/* A torrent of another one.  -p twice takes the flag away. */
static void
edit(struct make *mk)
{
	struct meta *old = load_edited(mk);
	struct recipe *r = &mk->r;
	struct edit e = { r->name, r->comment, r->source, mk->trackers,
	    r->ntrackers > 0 || mk->no_tracker ? r->ntrackers : -1,
	    r->webseeds, r->nwebseeds > 0 ? r->nwebseeds : -1,
	    r->private > 0 ? r->private == 1 : -1 };
	char why[META_WHY], was[2 * ID_LEN + 1], is[2 * ID_LEN + 1];
	struct buf raw = { 0 }, name = { 0 };

	if (old)
		mk->status = EXIT_TORRENT;
	if (old && old->nfiles == 0) {
		warn("%s: a link, and no torrent to edit: btsh run -m gets it",
		    mk->edit);
	} else if (old) {
		edit_torrent(&raw, old, &e);
		mk->m = meta_parse(&raw, why);
		if (!mk->m)
			warn("%s: %s", mk->edit, why);
	}
	if (mk->m) {
		mk->status = EXIT_FAIL;
		handle_signals(on_interrupt);
		buf_printf(&name, "%.*s", (int)mk->m->name.n,
		    (const char *)mk->m->name.p);
		buf_put(&name, "", 1);
		if (open_output(mk, (char *)name.p) == 0) {
			confine(mk, NULL);
			finish(mk);
		}
		hex(was, old->hash, ID_LEN);
		hex(is, mk->m->hash, ID_LEN);
		if (mk->status == EXIT_OK && strcmp(was, is) != 0)
			warn("the info hash was %s and is %s", was, is);
	}
	buf_free(&name);
	meta_free(old);
}

/* By then the name of what is written may still be unknown. */
static struct meta *
load_edited(struct make *mk)
{
	struct sandbox b;
	struct meta *m;

	reach_args(&b, &mk->edit, 1, 0);
	if (!mk->out || strcmp(mk->out, "-") != 0)
		reach_around(&b, mk->out ? mk->out : "", MAY_READ |
		    MAY_WRITE);
	sandbox_enter(&b, 0);
	m = load(mk->edit, 1, &mk->status);
	reach_end();
	return m;
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
		reach_around(&b, mk->out, MAY_LIST | MAY_WRITE);
	sandbox_enter(&b, mk->verbose);
}

static void
hash_path(struct make *mk)
{
	mk->share = build_start(mk->path, &mk->r, &mk->choice, &build_ops, mk);
	if (mk->share && proc_signals(signals, on_signal, NULL) < 0)
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
	if (!m || mk->status != EXIT_OK)
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
