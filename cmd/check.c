/* btsh check: compares what is on disk with its torrent.  A piece that fails
 * counts against each file that has some of it, unless it has bytes of a file
 * that is missing or short: then it tells nothing of its other files. */
#include <sys/types.h>
#include <sys/stat.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "net.h"
#include "proc.h"
#include "torrent/meta.h"
#include "torrent/files.h"
#include "torrent/site.h"
#include "torrent/store.h"
#include "torrent/verify.h"
#include "torrent/build.h"
#include "cmd/load.h"
#include "cmd/cli.h"
#include "cmd/args.h"
#include "cmd/progress.h"
#include "cmd/sandbox.h"
#include "cmd/reach.h"
#include "cmd/verb.h"

/* of a file: it is not there; its size or its kind is wrong */
#define MISSING UINT32_MAX
#define WRONG   (UINT32_C(1) << 31)

struct check {
	struct meta *m;
	struct files *files;
	struct store *s;
	struct verify *v;
	uint8_t *whole;       /* pieces of which all bytes are there */
	uint32_t *bad;        /* of each file: pieces, or the above */
	int64_t checked, total;
	int quiet, status;
	struct progress progress;
};

static void compare(struct check *ck, const char *torrent, const char *dir,
    const char *base);
static int is_parent(const struct meta *m, const char *path);
static void look(struct check *ck);
static void look_at_link(struct check *ck, uint32_t file);
static void on_piece(void *arg, uint32_t piece, int right);
static void on_failed(void *arg, const char *why);
static void on_done(void *arg);
static void on_signal(void *arg, int sig);
static void report(struct check *ck);

static const struct opt opts[] = {
	{ 'q', .what = "no progress, no warnings" },
};
static const struct synopsis synopsis = { "check", "torrent [path]", opts,
	LEN(opts), 0 };
static const struct verify_ops verify_ops = { on_piece, on_failed, on_done };

int
verb_check(int argc, char **argv)
{
	struct check ck = { 0 };
	char *dir = NULL, *base = NULL;
	struct sandbox b;
	struct args a;
	int c;

	args_init(&a, &synopsis, argc, argv);
	while ((c = args_next(&a)) > 0)
		ck.quiet = 1;
	if (c < 0)
		return a.status;
	if (a.n < 1 || a.n > 2)
		return args_usage(&a);
	/* where the data is, the torrent says */
	reach_args(&b, a.operands, 1, 0);
	sandbox_path(&b, "/", MAY_READ);
	sandbox_enter(&b, 0);
	ck.m = load(a.operands[0], 1, &c);
	reach_end();
	if (ck.m && ck.m->info.n == 0) {
		warn("%s: a magnet link does not say what its data is; "
		    "btsh run -m gets the torrent", a.operands[0]);
		meta_free(ck.m);
		return EXIT_TORRENT;
	}
	if (!ck.m)
		return c;
	if (a.n > 1 && (access(a.operands[1], F_OK) < 0 ||
	    path_split(a.operands[1], &dir, &base) < 0)) {
		warn("%s:", a.operands[1]);
		meta_free(ck.m);
		return errno == ENOENT || errno == ENOTDIR ? EXIT_DATA :
		    EXIT_FAIL;
	}
	if (a.n > 1 && is_parent(ck.m, a.operands[1])) {
		free(dir);
		free(base);
		dir = xstrdup(a.operands[1]);
		base = NULL;
	}
	compare(&ck, a.operands[0], dir ? dir : ".", base);
	free(dir);
	free(base);
	meta_free(ck.m);
	return ck.status;
}

/* Whether a path is where the torrent's root is, and not the root itself: a
 * directory of that name is in it, or of a single file anything, and none of
 * the torrent's own files is. */
static int
is_parent(const struct meta *m, const char *path)
{
	struct buf b = { 0 }, below = { 0 };
	struct stat st;
	size_t n = strlen(path);
	uint32_t i;
	int r;

	buf_printf(&b, "%s/", path);
	buf_put(&b, m->name.p, m->name.n);
	buf_put(&b, "", 1);
	r = stat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
	    (!m->is_dir || (stat((char *)b.p, &st) == 0 &&
	    S_ISDIR(st.st_mode)));
	for (i = 0; r && m->is_dir && i < m->nfiles; i++) {
		b.len = n;
		below.len = 0;
		meta_path(&below, m, &m->files[i]);
		buf_put(&b, below.p + m->name.n, below.len - m->name.n);
		buf_put(&b, "", 1);
		r = m->files[i].pad || lstat((char *)b.p, &st) < 0;
	}
	buf_free(&below);
	buf_free(&b);
	return r;
}

/* Hashes what is there, and says what is wrong with it. */
static void
compare(struct check *ck, const char *torrent, const char *dir,
    const char *base)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, 0 };
	struct sandbox b;
	const int *sig;

	ck->files = files_new(proc_fds().files);
	ck->s = store_new(ck->files, ck->m, dir, base,
	    STORE_FOLLOW | STORE_LINKS);
	ck->whole = xmalloc(bit_bytes(ck->m->sh.npieces));
	memset(ck->whole, 0xff, bit_bytes(ck->m->sh.npieces));
	ck->bad = xcalloc(ck->m->nfiles, sizeof *ck->bad);
	sandbox_begin(&b, NET_NONE);
	reach_data(&b, ck->m, dir, base);
	sandbox_enter(&b, 0);
	look(ck);
	if (proc_signals(sigs, on_signal, NULL) < 0)
		die("pipe:");
	ck->v = verify_start(ck->s, ck->m, ck->whole, &verify_ops, ck);
	if (!ck->v) {
		warn("%s: no process can be had to hash it:", torrent);
		ck->status = EXIT_FAIL;
		goto out;
	}
	net_run();
	progress_clear(&ck->progress);
	for (sig = sigs; *sig; sig++)
		signal(*sig, SIG_DFL); /* whoever reads may not */
	if (ck->v) {
		verify_stop(ck->v);
		ck->status = EXIT_FAIL;
	} else {
		report(ck);
	}
out:
	store_free(ck->s);
	files_free(ck->files);
	free(ck->whole);
	free(ck->bad);
}

/* What the sizes of the files tell already. */
static void
look(struct check *ck)
{
	const struct shape *sh = &ck->m->sh;
	const struct file *f;
	int64_t size;
	uint32_t i;

	for (i = 0; i < ck->m->nfiles; i++) {
		f = &ck->m->files[i];
		if (f->link) {
			look_at_link(ck, i);
			continue;
		}
		if (store_size(ck->s, i, &size) < 0) {
			warn("%s", store_error(ck->s));
			if (store_fault(ck->s) < STORE_IN_WAY) {
				/* what it holds is not known */
				shape_clear(sh, ck->whole, f->off,
				    f->off + f->len);
				ck->status = EXIT_DISK;
				continue;
			}
			ck->bad[i] = WRONG;
			size = 0;
		} else if (size < 0) {
			ck->bad[i] = MISSING;
			size = 0;
		} else if (size > f->len) {
			ck->bad[i] = WRONG;
		}
		if (size >= f->len)
			continue;
		shape_clear(sh, ck->whole, f->off + size, f->off + f->len);
		if (ck->bad[i] != MISSING)
			ck->bad[i] += (uint32_t)((f->off + f->len - 1) /
			    sh->piece_len - (f->off + size) / sh->piece_len +
			    1);
	}
	for (i = 0; i < sh->npieces; i++)
		if (bit_get(ck->whole, i))
			ck->total += shape_len(sh, i);
}

static void
look_at_link(struct check *ck, uint32_t file)
{
	int r = store_is_link(ck->s, file);

	if (r <= 0)
		ck->bad[file] = r < 0 && (errno == ENOENT ||
		    errno == ENOTDIR) ? MISSING : WRONG;
}

static void
on_piece(void *arg, uint32_t piece, int right)
{
	struct check *ck = arg;
	const struct meta *m = ck->m;
	int64_t from = (int64_t)piece * m->sh.piece_len;
	uint32_t len = shape_len(&m->sh, piece), i;

	ck->checked += len;
	if (!ck->quiet)
		progress_part(&ck->progress, "", ck->checked, ck->total);
	if (right)
		return;
	for (i = meta_file_at(m, from); i < m->nfiles &&
	    m->files[i].off < from + len; i++)
		if (m->files[i].len > 0)
			ck->bad[i]++;
}

static void
on_failed(void *arg, const char *why)
{
	struct check *ck = arg;

	if (ck->status == EXIT_OK)
		warn("%s", why);
	ck->status = EXIT_DISK;
}

static void
on_done(void *arg)
{
	struct check *ck = arg;

	ck->v = NULL;
	net_stop();
}

static void
report(struct check *ck)
{
	struct buf path = { 0 };
	uint32_t i;
	int wrong = 0;

	for (i = 0; i < ck->m->nfiles; i++) {
		if (ck->bad[i] == 0 || ck->m->files[i].pad)
			continue;
		wrong = 1;
		if (ck->bad[i] == MISSING)
			printf("missing\t%s\n", safe_path(&path, ck->m, i));
		else
			printf("bad\t%u\t%s\n", (unsigned)(ck->bad[i] &
			    ~WRONG), safe_path(&path, ck->m, i));
	}
	if (wrong && ck->status == EXIT_OK)
		ck->status = EXIT_DATA;
	buf_free(&path);
}

static void
on_signal(void *arg, int sig)
{
	(void)arg, (void)sig;
	net_stop();
}
