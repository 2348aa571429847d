/* jobs.c: torrents from a name to their end, with a client on loopback that
 * knows nobody. */
#include <sys/types.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "torrent/meta.h"
#include "swarm/client.h"
#include "cmd/jobs.h"
#include "unit.h"
#include "sample.h"

enum { MANY = 2000, WAIT_MS = 60000 };

struct world {
	struct sample s;
	struct job_rules rules;
	struct jobs all;
	struct buf said;       /* what happened, by one letter each */
	char torrent[300];
	char why[400];         /* of what failed last, */
	int status;
	int refuse;            /* metadata is */
	int gone;
	uintptr_t first, last; /* where the stack was when one failed */
};

static void note(struct jobs *all, char c);
static void on_added(struct job *j);
static int on_metadata(struct job *j);
static void on_checked(struct job *j);
static void on_failed(struct job *j, int status, const char *why);
static void on_stopped(struct job *j);
static void on_gone(struct jobs *all);
static void on_hashed(void *job, int64_t bytes, int64_t total);
static void on_piece(void *job, uint32_t piece);
static void on_complete(void *job);
static void on_message(void *job, int detail, const char *text);
static void begin(struct world *w);
static int is_gone(void *arg);
static int is_begun(void *arg);
static int end(struct world *w, const char *said);

static const struct job_ops ops = { on_added, on_metadata, on_checked,
	on_failed, on_stopped, on_gone, on_hashed, on_piece, on_complete,
	on_message };

static void
note(struct jobs *all, char c)
{
	struct world *w = all->arg;

	buf_put(&w->said, &c, 1);
}

static void
on_added(struct job *j)
{
	note(j->all, 'a');
}

static int
on_metadata(struct job *j)
{
	struct world *w = j->all->arg;

	note(j->all, 'm');
	return w->refuse ? -1 : 0;
}

static void
on_checked(struct job *j)
{
	note(j->all, 'k');
}

static void
on_failed(struct job *j, int status, const char *why)
{
	struct world *w = j->all->arg;

	note(j->all, 'f');
	w->last = (uintptr_t)&w;
	w->first = w->first ? w->first : w->last;
	w->status = status;
	snprintf(w->why, sizeof w->why, "%s", why ? why : "");
}

static void
on_stopped(struct job *j)
{
	note(j->all, 's');
}

static void
on_gone(struct jobs *all)
{
	struct world *w = all->arg;

	w->gone = 1;
	note(all, 'g');
}

static void
on_hashed(void *job, int64_t bytes, int64_t total)
{
	if (bytes == total)
		note(((struct job *)job)->all, 'h');
}

static void
on_piece(void *job, uint32_t piece)
{
	(void)piece;
	note(((struct job *)job)->all, 'p');
}

static void
on_complete(void *job)
{
	note(((struct job *)job)->all, 'c');
}

static void
on_message(void *job, int detail, const char *text)
{
	(void)job, (void)detail, (void)text;
}

/* A world with a torrent file, and its data whole beside it. */
static void
begin(struct world *w)
{
	const struct client_setup how = { .host = "127.0.0.1",
	    .max_conns = 10, .down_bps = -1, .up_bps = -1 };
	int fd;

	memset(w, 0, sizeof *w);
	sample_new(&w->s, 3 * SAMPLE_PIECE);
	sample_put(&w->s, -1);
	snprintf(w->torrent, sizeof w->torrent, "%s/t.torrent", w->s.dir);
	fd = open(w->torrent, O_WRONLY | O_CREAT, 0600);
	if (write_all(fd, w->s.m->raw.p, w->s.m->raw.len) < 0)
		abort();
	close(fd);
	w->rules.dir = w->s.dir;
	w->rules.quiet = 1;
	jobs_init(&w->all, &w->rules, &ops, w);
	if (client_open(&w->all.client, &how) < 0)
		abort();
}

static int
is_gone(void *arg)
{
	return ((struct world *)arg)->gone;
}

/* Whether nothing waits for its turn any more. */
static int
is_begun(void *arg)
{
	const struct world *w = arg;
	const struct job *j;

	for (j = w->all.first; j; j = j->next)
		if (strcmp(job_state(j), "waiting") == 0 ||
		    strcmp(job_state(j), "checking") == 0)
			return 0;
	return 1;
}

/* Begins, waits until all run, stops; whether that is what was said. */
static int
end(struct world *w, const char *said)
{
	int r;

	jobs_begin(&w->all);
	clock_run(is_begun, w, WAIT_MS);
	if (!w->gone)
		jobs_stop(&w->all);
	clock_run(is_gone, w, WAIT_MS);
	client_close(&w->all.client);
	jobs_free(&w->all);
	sample_free(&w->s);
	buf_put(&w->said, "", 1);
	r = strcmp((char *)w->said.p, said) == 0;
	buf_free(&w->said);
	return r;
}

void
test_jobs(void)
{
	static const char *const peers[] = { "h", ":1", "h:", "h:0", "h:x",
		"h:65536", "[]:1", "" };
	static char *const urls[] = { "udp://h:1", "wss://h/", "http://h/",
		" HTTPS://h/" };
	struct tracker tracker = { NULL, 0, 1 };
	static char *none[] = { "nothing*" }, *some[] = { "da*" };
	struct world w;
	char path[300];
	size_t k;
	int i, err;

	clock_set(1000000);
	CASE("jobs: what is there is checked, complete and given");
	begin(&w);
	OK(job_add(&w.all, w.torrent) == 0);
	OK(job_find(&w.all, w.s.m->hash) == w.all.first);
	OK(end(&w, "amkcsg"));

	CASE("jobs: a torrent that is there already fails, and nothing else");
	begin(&w);
	OK(job_add(&w.all, w.torrent) == 0 && job_add(&w.all, w.torrent) == 0);
	OK(end(&w, "amfkcsg") && w.status == EXIT_OK);

	CASE("jobs: one that came when others had begun is checked, too");
	begin(&w);
	jobs_begin(&w.all);
	OK(job_add(&w.all, w.torrent) == 0 && w.all.first->late);
	OK(end(&w, "amkcsg"));

	CASE("jobs: one that was dropped may come again");
	begin(&w);
	OK(job_add(&w.all, w.torrent) == 0);
	jobs_begin(&w.all);
	clock_run(is_begun, &w, WAIT_MS);
	job_stop(w.all.first);
	OK(!job_find(&w.all, w.s.m->hash));
	OK(strcmp(job_state(w.all.first), "stopping") == 0);
	OK(job_add(&w.all, w.torrent) == 0);
	OK(end(&w, "amkcamskcsg"));

	CASE("jobs: the owner may want no more than the metadata");
	begin(&w);
	w.refuse = 1;
	OK(job_add(&w.all, w.torrent) == 0);
	OK(end(&w, "amsg"));

	CASE("jobs: what may be got by HTTP is known beforehand");
	begin(&w);
	OK(job_add(&w.all, w.torrent) == 0 && !jobs_use_http(&w.all));
	w.rules.trackers = &tracker;
	w.rules.ntrackers = 1;
	for (i = 0; i < 4; i++) {
		tracker.url = urls[i];
		OK_FOR(urls[i], jobs_use_http(&w.all) == (i >= 2));
	}
	w.rules.ntrackers = 0;
	OK(job_add(&w.all, "0123456789abcdef0123456789abcdef01234567") == 0);
	OK(!jobs_use_http(&w.all));
	OK(job_add(&w.all, "https://127.0.0.1:1/t") == 0);
	OK(jobs_use_http(&w.all));
	jobs_stop(&w.all);
	OK(end(&w, "g"));
	CASE("jobs: so are the trackers of a link");
	begin(&w);
	OK(job_add(&w.all, "magnet:?xt=urn:btih:0123456789abcdef0123456789"
	    "abcdef01234567&tr=https%3A%2F%2F127.0.0.1%3A1%2Fannounce") == 0);
	OK(jobs_use_http(&w.all));
	jobs_stop(&w.all);
	OK(end(&w, "g"));

	CASE("jobs: a link waits for its metadata");
	begin(&w);
	OK(job_add(&w.all, "0123456789abcdef0123456789abcdef01234567") == 0);
	jobs_begin(&w.all);
	OK(strcmp(job_state(w.all.first), "seeking") == 0);
	OK(end(&w, "asg"));

	CASE("jobs: a path is hashed and served");
	begin(&w);
	w.rules.serve = 1;
	snprintf(path, sizeof path, "%s/data", w.s.dir);
	OK(job_add(&w.all, path) == 0 && !job_hash(w.all.first));
	OK(end(&w, "hakcsg"));

	CASE("jobs: globs choose files, and none is a failure");
	begin(&w);
	w.rules.globs = some;
	w.rules.nglobs = 1;
	OK(job_add(&w.all, w.torrent) == 0);
	OK(end(&w, "amkcsg"));
	begin(&w);
	w.rules.globs = none;
	w.rules.nglobs = 1;
	OK(job_add(&w.all, w.torrent) == 0);
	OK(end(&w, "amfsg") && w.status == EXIT_FAIL &&
	    strstr(w.why, "chosen by -f"));

	CASE("jobs: a directory that cannot be made is a disk error");
	begin(&w);
	w.rules.dir = "/dev/null/x";
	OK(job_add(&w.all, w.torrent) == 0);
	OK(end(&w, "amfsg") && w.status == EXIT_DISK);

	CASE("jobs: thousands of paths that fail do so one after the other");
	begin(&w);
	w.rules.serve = 1;
	snprintf(path, sizeof path, "%s/data", w.s.dir);
	for (i = 0; i < MANY; i++)
		if (job_add(&w.all, path) < 0)
			break;
	OK(i == MANY && unlink(path) == 0);
	err = dup(STDERR_FILENO);
	dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
	jobs_begin(&w.all);
	clock_run(is_gone, &w, WAIT_MS);
	dup2(err, STDERR_FILENO);
	OK(w.said.len == MANY + 1 && w.status == EXIT_FAIL);
	OK(w.first == w.last); /* no deeper in the stack than the first */
	w.said.len = 0;
	OK(end(&w, ""));

	CASE("jobs: what names no peer");
	begin(&w);
	for (k = 0; k < LEN(peers); k++)
		OK_FOR(peers[k], jobs_add_peer(&w.all, peers[k]) < 0);
	OK(end(&w, "g"));
	clock_set(0);
}
