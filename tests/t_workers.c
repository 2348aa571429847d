/* workers, verify and build: a torrent's pieces hashed in children, all right,
 * some wrong, some gone, and where there can be no child. */
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "sha1.h"
#include "net.h"
#include "torrent/meta.h"
#include "torrent/encode.h"
#include "torrent/files.h"
#include "torrent/store.h"
#include "torrent/workers.h"
#include "torrent/verify.h"
#include "torrent/build.h"
#include "unit.h"
#include "fault.h"

enum { PIECE = 32768, SIZE = 20 * PIECE + 100, NPIECES = 21 };

/* What was told, of the run under way. */
static struct {
	struct workers *workers;
	struct verify *verify;
	struct build *build;
	struct meta *made;
	int right, wrong, unread, failed, done, late;
	int stop_at;            /* stops when so many pieces were told */
} got;

static char dir[] = "/tmp/btsh-workers-XXXXXX";
static char path[sizeof dir + 8];
static struct meta *m;
static struct files *files;
static struct store *s;

static void digests(void);
static void verified(void);
static void made(void);
static int run_workers(const uint8_t *todo);
static int run_verify(void);
static void put_data(size_t n);
static struct meta *torrent(void);
static uint8_t *all(void);
static int nfds(void);
static void told(void);
static void on_digest(void *arg, uint32_t piece, const uint8_t *digest);
static void on_piece(void *arg, uint32_t piece, int right);
static void on_failed(void *arg, const char *why);
static void on_done(void *arg);
static void on_hashed(void *arg, int64_t bytes, int64_t total);
static void on_made(void *arg, struct meta *t);
static void on_last(struct timer *t, int64_t now_ms);

static const struct workers_ops workers_ops = { on_digest, on_failed,
	on_done };
static const struct verify_ops verify_ops = { on_piece, on_failed, on_done };
static const struct build_ops build_ops = { on_hashed, on_made };
static uint8_t data[SIZE];

void
test_workers(void)
{
	size_t i;

	for (i = 0; i < SIZE; i++)
		data[i] = (uint8_t)(i * 7 + i / 251);
	if (!mkdtemp(dir))
		die("mkdtemp:");
	snprintf(path, sizeof path, "%s/data", dir);
	put_data(SIZE);
	m = torrent();
	files = files_new(8);
	s = store_new(files, m, dir, NULL, 0);
	digests();
	verified();
	made();
	fault_clear();
	store_free(s);
	files_free(files);
	meta_free(m);
	unlink(path);
	rmdir(dir);
}

static void
digests(void)
{
	uint8_t none[(NPIECES + 7) / 8] = { 0 };
	int before = nfds();

	CASE("workers: every piece has its digest");
	OK(run_workers(all()) && got.right == NPIECES && got.done == 1);
	CASE("workers: only those asked for have one, and none is none");
	none[0] = 0x81;
	OK(run_workers(none) && got.right == 2 && got.done == 1);
	none[0] = 0;
	OK(run_workers(none) && got.right == 0 && got.done == 1);
	CASE("workers: where there can be one, one does it all");
	fault_from(FAULT_FORK, 2, 0);
	OK(run_workers(all()) && got.right == NPIECES && got.done == 1);
	CASE("workers: where there can be none, that is said at once");
	fault_from(FAULT_FORK, 1, 0);
	OK(!run_workers(all()) && errno == EAGAIN && got.done == 0);
	fault_clear();
	fault_from(FAULT_SOCKETPAIR, 1, 0);
	OK(!run_workers(all()) && errno == EMFILE && got.done == 0);
	fault_clear();
	CASE("workers: what is gone is told, and has no digest");
	put_data(SIZE - 3 * PIECE);
	OK(run_workers(all()) && got.failed > 0 && got.done == 1);
	OK(got.unread >= 3 && got.right + got.unread == NPIECES);
	put_data(SIZE);
	CASE("workers: who stops them within is told no more");
	got.stop_at = 1;
	OK(run_workers(all()) && got.right == 1);
	OK(got.done == 0 && got.late == 0);
	CASE("workers: no descriptor stays");
	OK(nfds() == before);
}

static void
verified(void)
{
	CASE("verify: all right, all told, then the end");
	OK(run_verify() && got.right == NPIECES && got.done == 1);
	CASE("verify: a byte that is wrong makes one piece wrong");
	data[5 * PIECE + 9] ^= 1;
	put_data(SIZE);
	OK(run_verify() && got.right == NPIECES - 1 && got.wrong == 1);
	data[5 * PIECE + 9] ^= 1;
	CASE("verify: what cannot be read is told, and not right");
	put_data(SIZE - PIECE);
	OK(run_verify() && got.failed > 0 && got.wrong > 0);
	OK(got.right + got.wrong == NPIECES && got.done == 1);
	put_data(SIZE);
	CASE("verify: who stops it within is told no more");
	got.stop_at = 3;
	OK(run_verify() && got.right == 3 && got.done == 0 && got.late == 0);
	CASE("verify: without a process there is none");
	fault_from(FAULT_FORK, 1, 0);
	OK(!run_verify() && errno == EAGAIN);
	fault_clear();
}

static void
made(void)
{
	struct recipe r = { .piece_len = PIECE };
	int before = nfds(), fd, err = dup(STDERR_FILENO);

	CASE("build: what is made of it is its torrent");
	memset(&got, 0, sizeof got);
	got.build = build_start(path, &r, NULL, &build_ops, NULL);
	OK(got.build != NULL && got.done == 0);
	net_run();
	OK(got.done == 1 && got.made && memcmp(got.made->hash, m->hash,
	    SHA1_LEN) == 0);
	meta_free(got.made);
	CASE("build: one that is stopped tells nothing more");
	memset(&got, 0, sizeof got);
	got.stop_at = 2;
	got.build = build_start(path, &r, NULL, &build_ops, NULL);
	net_run();
	OK(got.right == 2 && got.done == 0 && got.late == 0);
	CASE("build: without a process it fails, and leaves nothing open");
	fd = open("/dev/null", O_WRONLY);
	dup2(fd, STDERR_FILENO);
	fault_from(FAULT_FORK, 1, 0);
	OK(!build_start(path, &r, NULL, &build_ops, NULL));
	fault_clear();
	fault_from(FAULT_SOCKETPAIR, 1, 0);
	OK(!build_start(path, &r, NULL, &build_ops, NULL));
	fault_clear();
	dup2(err, STDERR_FILENO);
	close(fd);
	close(err);
	OK(nfds() == before);
}

/* Until done, or stopped; 0: they do not start. */
static int
run_workers(const uint8_t *todo)
{
	int stop_at = got.stop_at;

	memset(&got, 0, sizeof got);
	got.stop_at = stop_at;
	got.workers = workers_start(s, &m->sh, todo, &workers_ops, NULL);
	if (!got.workers)
		return 0;
	OK(got.right + got.unread + got.failed + got.done == 0);
	net_run();
	got.stop_at = 0;
	return 1;
}

static int
run_verify(void)
{
	int stop_at = got.stop_at;

	memset(&got, 0, sizeof got);
	got.stop_at = stop_at;
	got.verify = verify_start(s, m, all(), &verify_ops, NULL);
	if (!got.verify)
		return 0;
	OK(got.right + got.wrong + got.failed + got.done == 0);
	net_run();
	got.stop_at = 0;
	return 1;
}

/* The first n bytes, as the file. */
static void
put_data(size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write_all(fd, data, n) < 0)
		die("write %s:", path);
	close(fd);
}

static struct meta *
torrent(void)
{
	uint8_t pieces[NPIECES][SHA1_LEN];
	struct ingredient file = { NULL, SIZE };
	struct recipe r = { .name = "data", .files = &file, .nfiles = 1,
	    .piece_len = PIECE, .pieces = pieces[0] };
	struct buf raw = { 0 };
	char why[META_WHY];
	size_t i;

	for (i = 0; i < NPIECES; i++)
		sha1(data + i * PIECE, MIN(PIECE, SIZE - i * PIECE),
		    pieces[i]);
	encode_torrent(&raw, &r);
	return meta_parse(&raw, why);
}

static uint8_t *
all(void)
{
	static uint8_t set[(NPIECES + 7) / 8];

	memset(set, 0xff, sizeof set);
	return set;
}

static int
nfds(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* Something was told; the end comes when it was to be stopped. */
static void
told(void)
{
	static struct timer last = { .fire = on_last };

	if (!got.workers && !got.verify && !got.build)
		got.late++;
	if (got.stop_at == 0 || got.right != got.stop_at)
		return;
	if (got.workers)
		workers_stop(got.workers);
	if (got.verify)
		verify_stop(got.verify);
	if (got.build)
		build_stop(got.build);
	got.workers = NULL;
	got.verify = NULL;
	got.build = NULL;
	net_timer(&last, net_now());
}

static void
on_last(struct timer *t, int64_t now_ms)
{
	(void)t, (void)now_ms;
	net_stop();
}

static void
on_digest(void *arg, uint32_t piece, const uint8_t *digest)
{
	(void)arg;
	if (!digest)
		got.unread++;
	else if (memcmp(digest, m->pieces + piece * SHA1_LEN, SHA1_LEN) == 0)
		got.right++;
	told();
}

static void
on_piece(void *arg, uint32_t piece, int right)
{
	(void)arg, (void)piece;
	got.right += right;
	got.wrong += !right;
	told();
}

static void
on_failed(void *arg, const char *why)
{
	(void)arg;
	got.failed += why[0] != '\0';
}

static void
on_done(void *arg)
{
	(void)arg;
	got.done++;
	net_stop();
}

static void
on_hashed(void *arg, int64_t bytes, int64_t total)
{
	(void)arg;
	got.right += bytes <= total;
	told();
}

static void
on_made(void *arg, struct meta *t)
{
	got.made = t;
	on_done(arg);
}
