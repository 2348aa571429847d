/* The torrents of a process.
 *
 * A job is new; then it is loaded from its URL, or its metadata is sought (of
 * a magnet link), or neither; then it waits for its turn, since jobs are
 * hashed and checked one after the other, which takes all processors; then it
 * runs, while the next is checked.  A path that is to be served becomes a
 * torrent in its turn. */
#include <sys/types.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
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
#include "addr.h"
#include "url.h"
#include "net.h"
#include "proc.h"
#include "resolve.h"
#include "route.h"
#include "torrent/meta.h"
#include "torrent/encode.h"
#include "torrent/magnet.h"
#include "torrent/claims.h"
#include "torrent/files.h"
#include "torrent/mark.h"
#include "torrent/site.h"
#include "torrent/build.h"
#include "swarm/conns.h"
#include "swarm/swarm.h"
#include "swarm/client.h"
#include "cmd/load.h"
#include "cmd/cli.h"
#include "cmd/jobs.h"

enum { J_NEW, J_LOADING, J_SEEKING, J_WAITING, J_BEGUN, J_FULL, J_STOPPING };

enum {
	SPACE_MS     = 5000,    /* the first time; then twice as long, */
	SPACE_MAX_MS = 60000,   /* up to this */
	SPACE_LEAST  = 1 << 20  /* bytes, besides a piece */
};

struct known_peer {
	struct addr addr;
	struct known_peer *next;
};

/* A lookup of a peer's name. */
struct asked {
	struct jobs *all;
	struct job *job;        /* whose peer it is, NULL: everybody's */
	struct lookup *lookup;  /* NULL: it has not begun */
	char *text;             /* owned */
	struct asked *next;
};

static void job_append(struct job *j);
static int job_load(struct job *j);
static int is_torrent(const char *path);
static int any_http(const struct tracker *list, int n);
static void job_begin(struct job *j);
static int tell_added(struct job *j);
static void job_free(struct job *j);
static void end_swarm(struct job *j);
static void job_drop(struct job *j);
static void job_fail(struct job *j, int status, const char *why);
static void begin_next(struct jobs *all);
static void on_turn(struct timer *t, int64_t now_ms);
static void on_loaded(void *arg, struct meta *m, int status,
    const char *why);
static void on_shared(void *arg, struct meta *m);
static int open_swarm(struct job *j);
static void load_swarm(struct job *j);
static int claim_files(struct job *j);
static int choose_files(struct job *j);
static int is_chosen(const struct job_rules *rules, const char *path);
static void on_metadata(void *arg, struct meta *m);
static void on_checked(void *arg);
static void on_failed(void *arg, enum swarm_fault fault, const char *why);
static void failed(struct job *j, int status, const char *why);
static void await_space(struct job *j);
static void on_space(struct timer *t, int64_t now_ms);
static int has_space(const struct job *j);
static void on_stopped(void *arg);
static int ask_peer(struct jobs *all, struct job *j, const char *text);
static void look_up(struct asked *q);
static void on_peer(void *arg, const struct addr *list, int n);
static void asked_end(struct asked *q);

void
jobs_init(struct jobs *all, const struct job_rules *rules,
    const struct job_ops *ops, void *arg)
{
	memset(all, 0, sizeof *all);
	all->rules = rules;
	all->ops = ops;
	all->arg = arg;
	all->swarm_ops = (struct swarm_ops){ on_metadata, on_checked,
	    ops->piece, ops->complete, ops->message, on_failed, on_stopped };
	all->build_ops = (struct build_ops){ ops->hashed, on_shared };
	all->last = &all->first;
	all->files = files_new(proc_fds().files);
	all->turn.fire = on_turn;
	all->turn.arg = all;
	all->space.fire = on_space;
	all->space.arg = all;
}

void
jobs_free(struct jobs *all)
{
	struct known_peer *k;
	struct job *j;

	net_untimer(&all->turn);
	net_untimer(&all->space);
	while ((j = all->first)) {
		all->first = j->next;
		job_free(j);
	}
	while ((k = all->known)) {
		all->known = k->next;
		free(k);
	}
	while (all->asked)
		asked_end(all->asked);
	files_free(all->files);
}

int
job_add(struct jobs *all, const char *arg)
{
	struct job *j = xcalloc(1, sizeof *j);
	int status;

	all->named = 1;
	j->all = all;
	j->arg = xstrdup(arg);
	j->late = all->begins;
	status = job_load(j);
	if (status != EXIT_OK) {
		job_free(j);
		return status;
	}
	job_append(j);
	return EXIT_OK;
}

void
job_add_meta(struct jobs *all, struct meta *m, struct span name)
{
	struct job *j = xcalloc(1, sizeof *j);

	all->named = 1;
	j->all = all;
	j->arg = span_dup(m->name);
	j->m = m;
	m->origin = xstrdup("");
	j->dir = xstrdup(all->rules->dir);
	j->name = span_dup(name);
	job_append(j);
}

static void
job_append(struct job *j)
{
	struct jobs *all = j->all;

	*all->last = j;
	all->last = &j->next;
	if (!all->begins)
		return;
	job_begin(j);
	begin_next(all);
}

/* Reads what is on this machine: EXIT_OK, or the status after a message. */
static int
job_load(struct job *j)
{
	const struct job_rules *rules = j->all->rules;
	const char *arg = j->arg;
	int status;

	if (rules->serve && !is_torrent(arg)) {
		if (access(arg, R_OK) < 0) {
			warn("open %s:", arg);
			return EXIT_FAIL;
		}
		j->whole = 1;
		if (path_split(arg, &j->dir, &j->name) == 0)
			return EXIT_OK;
		warn("%s:", arg);
		return EXIT_FAIL;
	}
	if (!load_is_url(arg)) {
		j->m = load(arg, !j->late, &status);
		if (!j->m && rules->serve && status == EXIT_TORRENT &&
		    access(arg, F_OK) == 0)
			warn("%s: to share it as a file, share a directory "
			    "that it is in", arg);
		if (!j->m)
			return status;
	}
	if (rules->out && strchr(rules->out, '/')) {
		if (path_split(rules->out, &j->dir, &j->name) < 0) {
			warn("%s:", rules->out);
			return EXIT_FAIL;
		}
	} else {
		j->dir = xstrdup(rules->dir);
		j->name = rules->out ? xstrdup(rules->out) : NULL;
	}
	return EXIT_OK;
}

/* Whether a path is a torrent rather than something to share: a regular file
 * that is called so, begins like one or cannot be read; or a name that is no
 * file. */
static int
is_torrent(const char *path)
{
	size_t n = strlen(path);
	struct stat st;
	char head[16];
	ssize_t got;
	int fd;

	if (strcmp(path, "-") == 0 || stat(path, &st) < 0)
		return strcmp(path, "-") == 0 || strstr(path, "://") ||
		    magnet_is(path);
	if (!S_ISREG(st.st_mode))
		return 0;
	if (n > 8 && strcmp(path + n - 8, ".torrent") == 0)
		return 1;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 1;
	got = read(fd, head, sizeof head - 1);
	close(fd);
	head[MAX(got, 0)] = '\0';
	n = strspn(head + (*head == 'd'), "0123456789");
	return got < 0 || (*head == 'd' && n > 0 && head[1 + n] == ':');
}

int
jobs_use_http(const struct jobs *all)
{
	const struct job *j;

	for (j = all->first; j; j = j->next)
		if (j->m ? j->m->webseeds.n > 0 ||
		    any_http(j->m->trackers, j->m->ntrackers) :
		    load_is_url(j->arg))
			return 1;
	return any_http(all->rules->trackers, all->rules->ntrackers);
}

static int
any_http(const struct tracker *list, int n)
{
	struct url u;
	int i;

	for (i = 0; i < n; i++)
		if (url_parse(&u, list[i].url) == 0 && u.is_http)
			return 1;
	return 0;
}

void
jobs_begin(struct jobs *all)
{
	struct job *j, *next;
	struct asked *q, *other;

	all->begins = 1;
	for (q = all->asked; q; q = other) {
		other = q->next;
		look_up(q);
	}
	for (j = all->first; j; j = next) {
		next = j->next;
		if (j->state == J_NEW)
			job_begin(j);
	}
	begin_next(all);
}

static void
job_begin(struct job *j)
{
	j->state = J_WAITING;
	if (!j->m && load_is_url(j->arg)) {
		j->state = J_LOADING;
		j->load = load_start(j->arg, j->all->client.shared.route,
		    on_loaded, j);
		url_hide(j->arg);
		if (!j->load)
			job_fail(j, EXIT_TORRENT, NULL);
	} else if (j->m && tell_added(j) < 0) {
		return;
	} else if (j->m && j->m->info.n == 0) {
		j->state = J_SEEKING;
		if (open_swarm(j) == 0)
			swarm_seek(j->sw);
	} else if (j->m && j->all->ops->metadata(j) < 0) {
		job_stop(j);
	}
}

static void
on_loaded(void *arg, struct meta *m, int status, const char *why)
{
	struct job *j = arg;

	j->load = NULL;
	j->m = m;
	j->state = J_WAITING;
	if (!m)
		job_fail(j, status, why);
	else if (tell_added(j) < 0)
		return;
	else if (j->all->ops->metadata(j) < 0)
		job_stop(j);
	else
		begin_next(j->all);
}

/* Its info hash is known, which no other has.  0, or -1: it failed. */
static int
tell_added(struct job *j)
{
	struct job *o;

	if (j->added)
		return 0;
	for (o = j->all->first; o; o = o->next)
		if (o->added && o->state != J_STOPPING &&
		    memcmp(o->m->hash, j->m->hash, ID_LEN) == 0) {
			job_fail(j, EXIT_OK, "this torrent is there already");
			return -1;
		}
	j->added = 1;
	j->all->ops->added(j);
	return 0;
}

/* The next job that waits has its turn, once this is over: thousands in a row
 * may fail at once. */
static void
begin_next(struct jobs *all)
{
	net_timer(&all->turn, net_now());
}

/* Hashes or checks the next job that waits, unless another is in its turn. */
static void
on_turn(struct timer *t, int64_t now_ms)
{
	static const struct choice silent = { .quiet = 1 };
	static const struct recipe plain;
	struct recipe r = plain;
	struct jobs *all = t->arg;
	struct job *j;

	(void)now_ms;
	for (j = all->first; j && j->state != J_WAITING; j = j->next)
		;
	if (!j || all->begun || all->stopping)
		return;
	all->begun = j;
	j->state = J_BEGUN;
	if (j->m) {
		load_swarm(j);
		return;
	}
	r.trackers = all->rules->trackers;
	r.ntrackers = all->rules->ntrackers;
	j->build = build_start(j->arg, &r, all->rules->quiet ? &silent : NULL,
	    &all->build_ops, j);
	if (!j->build)
		job_fail(j, EXIT_FAIL, NULL);
}

static void
on_shared(void *arg, struct meta *m)
{
	struct job *j = arg;

	j->build = NULL;
	j->m = m;
	if (m)
		load_swarm(j);
	else
		job_fail(j, EXIT_FAIL, NULL);
}

/* The swarm of what was named, with its first peers.  0, or -1: it failed. */
static int
open_swarm(struct job *j)
{
	struct jobs *all = j->all;
	const struct job_rules *rules = all->rules;
	struct known_peer *k;
	char text[300];
	int i;

	if (tell_added(j) < 0)
		return -1;
	/* of what was made here, the trackers are the torrent's own */
	for (i = 0; j->whole && i < j->m->ntrackers; i++)
		j->m->trackers[i].by_user = 1;
	j->sw = swarm_new(&all->client.shared, j->m, rules->trackers,
	    j->whole ? 0 : rules->ntrackers, &all->swarm_ops, j);
	client_add(&all->client, j->sw);
	for (k = all->known; k; k = k->next)
		swarm_add_peer(j->sw, &k->addr);
	for (i = 0; i < j->m->npeers; i++)
		ask_peer(all, j, escape(text, sizeof text, j->m->peers[i]));
	return 0;
}

static void
load_swarm(struct job *j)
{
	const struct job_rules *rules = j->all->rules;
	struct swarm_setup s = { 0 };

	if (!j->sw && open_swarm(j) < 0)
		return;
	if (claim_files(j) < 0)
		return;
	if (choose_files(j) < 0) {
		failed(j, EXIT_FAIL, rules->nglobs > 0 ?
		    "no file of it was chosen by -f" :
		    "no file of it was chosen by the link's so=");
		return;
	}
	s.files = j->all->files;
	s.dir = j->dir;
	s.name = j->name;
	s.skip = j->skip;
	s.fetch = !rules->serve;
	s.store_flags = s.fetch ? STORE_WRITE : STORE_FOLLOW;
	if (rules->temporary)
		s.store_flags |= STORE_TEMP;
	if (rules->force)
		s.store_flags |= STORE_FORCE;
	if (rules->serve && !j->whole)
		s.store_flags |= STORE_LINKS;
	s.whole = j->whole;
	s.in_order = rules->in_order;
	s.keep = j->whole || rules->temporary ? KEEP_NOTHING :
	    (enum swarm_keep)rules->keep;
	s.recheck = rules->recheck;
	swarm_load(j->sw, &s);
}

/* No other torrent of ours writes the same.  0, or -1: it failed. */
static int
claim_files(struct job *j)
{
	const struct job_rules *rules = j->all->rules;
	char name[300], digits[2 * ID_LEN + 1], why[400];
	const struct claim *other;

	if (rules->serve || rules->temporary)
		return 0;
	other = claim_make(&j->all->claims, &j->claim, j->m, j->dir,
	    j->name ? span_of(j->name) : j->m->name);
	if (!other)
		return 0;
	hex(digits, other->m->hash, ID_LEN);
	snprintf(why, sizeof why, "it would write over the files of %s (%s)",
	    escape(name, sizeof name, other->root), digits);
	failed(j, EXIT_DATA, why);
	return -1;
}

/* The files that match no glob or, without one, that the link did not choose,
 * are skipped.  -1: all would be. */
static int
choose_files(struct job *j)
{
	const struct job_rules *rules = j->all->rules;
	struct buf path = { 0 };
	uint32_t i, n = j->m->nfiles, chosen = 0;

	if (rules->nglobs == 0 && (j->m->nselect == 0 || rules->serve))
		return 0;
	j->skip = xcalloc(1, bit_bytes(n));
	for (i = 0; i < n; i++) {
		path.at = path.len = 0;
		meta_path(&path, j->m, &j->m->files[i]);
		buf_put(&path, "", 1);
		if (rules->nglobs > 0 ? is_chosen(rules, (char *)path.p) :
		    magnet_selects(j->m, i))
			chosen += !j->m->files[i].pad;
		else
			bit_set(j->skip, i);
	}
	buf_free(&path);
	return chosen > 0 ? 0 : -1;
}

/* Whether a path, or a directory that it is in, matches a glob: seen from the
 * torrent's root, from outside, or its last element alone. */
static int
is_chosen(const struct job_rules *rules, const char *path)
{
	const char *below = strchr(path, '/'), *glob;
	char *part = xstrdup(path), *slash;
	int i, found = 0;
	size_t skip = below ? (size_t)(below + 1 - path) : 0;

	for (;;) {
		slash = strrchr(part, '/');
		for (i = 0; i < rules->nglobs && !found; i++) {
			glob = rules->globs[i];
			found = glob_matches(glob, part) ||
			    glob_matches(glob, part + skip) ||
			    (slash && glob_matches(glob, slash + 1));
		}
		if (found || !slash || slash < part + skip)
			break;
		*slash = '\0';
	}
	free(part);
	return found;
}

void
job_forget(struct job *j)
{
	struct swarm_stats st;
	struct tree t = { 0 };
	char *name;

	job_stats(j, &st);
	if (j->sw)
		swarm_keep(j->sw, KEEP_ON);
	if (j->m && j->m->info.n > 0 && j->dir && (!j->sw || st.checking)) {
		name = j->name ? xstrdup(j->name) : span_dup(j->m->name);
		t.files = j->all->files; /* what runs saves it itself */
		t.m = j->m;
		t.dir = j->dir;
		t.name = name;
		mark_forget(&t);
		tree_close(&t);
		free(name);
	}
	job_stop(j);
}

void
job_stop(struct job *j)
{
	struct jobs *all = j->all;

	if (j->state == J_STOPPING)
		return;
	if (all->begun == j)
		all->begun = NULL;
	j->state = J_STOPPING;
	claim_drop(&all->claims, &j->claim);
	if (j->sw) {
		client_remove(&all->client, j->sw); /* it may come again */
		swarm_stop(j->sw);
	} else {
		if (j->added)
			all->ops->stopped(j);
		job_drop(j);
	}
	begin_next(all);
}

void
jobs_announce(struct jobs *all)
{
	struct job *j;

	for (j = all->first; j; j = j->next)
		if (j->sw)
			swarm_announce(j->sw);
}

void
jobs_stop(struct jobs *all)
{
	struct job *j, *next;

	all->stopping = 1;
	if (!all->first)
		all->ops->gone(all);
	for (j = all->first; j; j = next) {
		next = j->next;
		job_stop(j);
	}
}

/* What fails before its swarm has begun. */
static void
job_fail(struct job *j, int status, const char *why)
{
	j->all->ops->failed(j, status, why);
	job_stop(j);
}

/* A job is over. */
static void
job_drop(struct job *j)
{
	struct jobs *all = j->all;
	struct job **at;

	for (at = &all->first; *at != j; at = &(*at)->next)
		;
	*at = j->next;
	if (!j->next)
		all->last = at;
	job_free(j);
	if (!all->first)
		all->ops->gone(all);
}

static void
job_free(struct job *j)
{
	struct asked *q, *next;

	for (q = j->all->asked; q; q = next) {
		next = q->next;
		if (q->job == j)
			asked_end(q);
	}
	if (j->load)
		load_stop(j->load);
	if (j->build)
		build_stop(j->build);
	end_swarm(j);
	meta_free(j->m);
	free(j->skip);
	free(j->dir);
	free(j->name);
	free(j->arg);
	free(j);
}

static void
end_swarm(struct job *j)
{
	struct swarm *sw = j->sw;

	if (!sw)
		return;
	j->sw = NULL;
	client_remove(&j->all->client, sw);
	if (swarm_free(sw) < 0)
		j->all->ops->failed(j, EXIT_DISK,
		    "closing a file failed: data may be lost");
}

int
job_stops(const struct job *j)
{
	return j->state == J_STOPPING;
}

const uint8_t *
job_hash(const struct job *j)
{
	return j->m ? j->m->hash : NULL;
}

struct job *
job_find(const struct jobs *all, const uint8_t hash[20])
{
	struct job *j;

	for (j = all->first; j; j = j->next)
		if (j->m && j->state != J_STOPPING &&
		    memcmp(j->m->hash, hash, ID_LEN) == 0)
			return j;
	return NULL;
}

const char *
job_state(const struct job *j)
{
	struct swarm_stats st;

	job_stats(j, &st);
	switch (j->state) {
	case J_LOADING: return "loading";
	case J_SEEKING: return "seeking";
	case J_STOPPING: return "stopping";
	case J_FULL:    return "waiting";
	case J_BEGUN:   break;
	default:        return "waiting";
	}
	return !j->sw || st.checking ? "checking" : st.complete ||
	    j->all->rules->serve ? "seeding" : "fetching";
}

void
job_stats(const struct job *j, struct swarm_stats *st)
{
	memset(st, 0, sizeof *st);
	if (j->sw)
		swarm_get_stats(j->sw, st);
}

/* News of the swarm. */

static void
on_metadata(void *arg, struct meta *m)
{
	struct job *j = arg;

	meta_free(j->m);
	j->m = m;
	j->state = J_WAITING;
	if (j->all->ops->metadata(j) < 0)
		job_stop(j);
	else
		begin_next(j->all);
}

static void
on_checked(void *arg)
{
	struct job *j = arg;
	struct jobs *all = j->all;
	struct swarm_stats st;

	all->begun = NULL;
	all->ops->checked(j);
	swarm_get_stats(j->sw, &st);
	if (st.complete)
		all->ops->complete(j);
	begin_next(all);
}

/* One torrent cannot go on; the others can. */
static void
on_failed(void *arg, enum swarm_fault fault, const char *why)
{
	static const int statuses[] = { [FAULT_SYSTEM] = EXIT_FAIL,
	    [FAULT_TORRENT] = EXIT_TORRENT, [FAULT_DATA] = EXIT_DATA,
	    [FAULT_DISK] = EXIT_DISK, [FAULT_FULL] = EXIT_DISK };
	struct job *j = arg;
	struct jobs *all = j->all;

	if (fault != FAULT_FULL || all->rules->keep != KEEP_TORRENT ||
	    all->stopping || j->state == J_STOPPING) {
		failed(j, statuses[fault], why);
		return;
	}
	all->ops->failed(j, EXIT_OK, why);
	j->full = 1;
	if (all->begun == j)
		all->begun = NULL;
	client_remove(&all->client, j->sw); /* which stops */
	begin_next(all);
}

/* No space is left, and its swarm has stopped: it waits until there is. */
static void
await_space(struct job *j)
{
	j->full = 0;
	j->state = J_FULL;
	claim_drop(&j->all->claims, &j->claim);
	j->space_wait_ms = j->space_wait_ms ? MIN(2 * j->space_wait_ms,
	    SPACE_MAX_MS) : SPACE_MS;
	j->space_ms = net_now() + j->space_wait_ms;
	net_timer(&j->all->space, net_now() + SPACE_MS);
}

static void
on_space(struct timer *t, int64_t now_ms)
{
	struct jobs *all = t->arg;
	struct job *j;
	int wait = 0;

	for (j = all->first; j; j = j->next) {
		if (j->state != J_FULL)
			continue;
		if (now_ms >= j->space_ms && has_space(j)) {
			j->state = J_WAITING;
			begin_next(all);
		} else {
			wait = 1;
		}
	}
	if (wait)
		net_timer(t, now_ms + SPACE_MS);
}

static int
has_space(const struct job *j)
{
	struct statvfs fs;

	return statvfs(j->dir, &fs) == 0 && (double)fs.f_bavail *
	    (double)fs.f_frsize >= (double)j->m->sh.piece_len + SPACE_LEAST;
}

static void
failed(struct job *j, int status, const char *why)
{
	j->all->ops->failed(j, status, why);
	job_stop(j);
}

static void
on_stopped(void *arg)
{
	struct job *j = arg;

	end_swarm(j); /* it may fail, and nothing is told of it after this */
	if (j->full && j->state != J_STOPPING && !j->all->stopping) {
		await_space(j);
		return;
	}
	j->all->ops->stopped(j);
	job_drop(j);
}

/* Peers that the user names. */

int
jobs_add_peer(struct jobs *all, const char *text)
{
	return ask_peer(all, NULL, text);
}

static int
ask_peer(struct jobs *all, struct job *j, const char *text)
{
	struct asked *q;
	char host[ADDR_HOST];
	uint16_t port;

	if (addr_split(text, host, &port) < 0)
		return -1;
	q = xcalloc(1, sizeof *q);
	q->all = all;
	q->job = j;
	q->text = xstrdup(text);
	q->next = all->asked;
	all->asked = q;
	if (all->begins)
		look_up(q);
	return 0;
}

/* Begins to look q's name up, if there may be a lookup. */
static void
look_up(struct asked *q)
{
	char host[ADDR_HOST];
	struct addr a;
	uint16_t port;

	addr_split(q->text, host, &port);
	if (!route_is_proxied(q->all->client.shared.route) ||
	    addr_parse(&a, host, 0) == 0) {
		q->lookup = resolve_start(host, port, on_peer, q);
		return;
	}
	if (!q->all->rules->quiet)
		warn("peer %s: with a proxy no peer's name is looked up: give "
		    "its address", q->text);
	asked_end(q);
}

static void
on_peer(void *arg, const struct addr *list, int n)
{
	struct asked *q = arg;
	struct jobs *all = q->all;
	struct known_peer *k;
	struct job *j;
	int i;

	if (n <= 0 && !all->rules->quiet)
		warn("peer %s: %s", q->text, resolve_fault(n));
	for (i = 0; i < n && q->job; i++)
		swarm_add_peer(q->job->sw, &list[i]);
	for (i = 0; i < n && !q->job; i++) {
		k = xmalloc(sizeof *k);
		k->addr = list[i];
		k->next = all->known;
		all->known = k;
		for (j = all->first; j; j = j->next)
			if (j->sw)
				swarm_add_peer(j->sw, &k->addr);
	}
	q->lookup = NULL;
	asked_end(q);
}

static void
asked_end(struct asked *q)
{
	struct asked **at;

	for (at = &q->all->asked; *at != q; at = &(*at)->next)
		;
	*at = q->next;
	if (q->lookup)
		resolve_stop(q->lookup);
	free(q->text);
	free(q);
}
