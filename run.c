/* btsh run, peer and serve: members of swarms.
 *
 * Each torrent named is a job.  Jobs are begun one after the other, since
 * hashing what is on disk takes all processors; a job that was begun runs on
 * while the next is checked.  A path that is no torrent becomes one first.
 * run has one job and ends when it is complete; serve and peer go on until
 * they are stopped. */
#include <sys/types.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "wire.h"
#include "meta.h"
#include "store.h"
#include "choke.h"
#include "peer.h"
#include "net.h"
#include "sock.h"
#include "name.h"
#include "link.h"
#include "swarm.h"
#include "client.h"
#include "share.h"
#include "cli.h"
#include "verb.h"

enum { PORT_FIRST = 6881, PORT_LAST = 6889, CONNS = 500, LINE_BYTES = 4096 };

enum verb { SERVE, PEER, RUN };

struct job {
	struct members *mb;
	char *arg;              /* owned: what was named */
	struct meta *m;         /* owned */
	char *dir, *name;       /* owned; name may be NULL */
	int whole;
	struct share *share;    /* while a path is hashed */
	struct swarm *sw;       /* owned */
	int64_t told;           /* bytes in the last progress event */
	struct job *next;
};

struct known_peer {
	struct addr addr;
	struct known_peer *next;
};

struct members {
	enum verb verb;
	const char *usage;
	/* options */
	struct tracker *trackers;
	int ntrackers;
	const char *dir, *out, *host;
	char **peers;           /* of -k, owned; names to be resolved */
	int npeers;
	uint16_t port_first, port_last;
	int max_conns, quiet, verbose, seed, in_order;
	int64_t down_bps, up_bps, patience_s;
	/* state */
	struct client client;
	struct job *jobs, **last;
	struct job *begun;      /* being checked now, NULL: none */
	struct known_peer *known;
	struct io input;        /* peer: torrents as lines */
	char line[LINE_BYTES];
	size_t line_len;
	struct timer tick;
	struct progress progress;
	int stopping, interrupted, status;
	int64_t began_ms, moved_ms, moved_bytes;
};

static struct members *members; /* the one, for signals */

static int members_main(enum verb verb, const char *usage, int argc,
    char **argv);
static int options(struct members *mb, int argc, char **argv);
static int add_known(struct members *mb, const char *text);
static int add_known_file(struct members *mb, const char *path);
static void resolve_known(struct members *mb);
static void on_known(void *arg, const struct addr *list, int n);
static int job_add(struct members *mb, const char *arg);
static int job_load(struct job *j);
static int is_torrent(const char *path);
static void job_free(struct job *j);
static void job_drop(struct job *j);
static void stop_if_idle(struct members *mb);
static void share_failed(struct job *j);
static void begin_next(struct members *mb);
static void start_swarm(struct job *j);
static void on_shared(void *arg, struct meta *m);
static void on_hashed(void *arg, int64_t bytes, int64_t total);
static void on_checked(void *arg);
static void on_piece(void *arg, uint32_t piece);
static void on_complete(void *arg);
static void on_message(void *arg, int detail, const char *text);
static void on_failed(void *arg, int status, const char *why);
static void on_stopped(void *arg);
static void event(struct job *j, const char *what, const char *fmt, ...)
    PRINTF(3, 4);
static void print_magnet(struct job *j);
static void print_path(struct job *j);
static void stop_all(struct members *mb);
static void on_signal(int sig);
static void on_input(struct io *io, short got, int64_t now_ms);
static void input_line(struct members *mb, char *line);
static void on_tick(struct timer *t, int64_t now_ms);
static void show_progress(struct members *mb);
static void show_checking(struct members *mb, int64_t bytes, int64_t total);

static const struct swarm_ops swarm_ops = { on_checked, on_piece, on_complete,
	on_message, on_failed, on_stopped };
static const struct share_ops share_ops = { on_hashed, on_shared };

int
verb_serve(int argc, char **argv)
{
	return members_main(SERVE, USAGE_SERVE, argc, argv);
}

int
verb_peer(int argc, char **argv)
{
	return members_main(PEER, USAGE_PEER, argc, argv);
}

int
verb_run(int argc, char **argv)
{
	return members_main(RUN, USAGE_RUN, argc, argv);
}

static int
members_main(enum verb verb, const char *usage, int argc, char **argv)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, 0 };
	struct members mb = { .verb = verb, .usage = usage, .dir = ".",
	    .port_first = PORT_FIRST, .port_last = PORT_LAST,
	    .max_conns = CONNS, .down_bps = -1, .up_bps = -1,
	    .input = { .fd = -1 } };
	struct known_peer *k;
	struct job *j;
	int i, r;

	members = &mb;
	mb.last = &mb.jobs;
	mb.peers = xcalloc((size_t)argc, sizeof *mb.peers);
	r = options(&mb, argc, argv);
	for (i = optind; r < 0 && i < argc; i++)
		if (job_add(&mb, argv[i]) < 0)
			r = EXIT_TORRENT;
	if (r < 0 && client_open(&mb.client, mb.host, mb.port_first,
	    mb.port_last, mb.max_conns, mb.down_bps, mb.up_bps) < 0) {
		warn("listen on port %u:", mb.port_first);
		r = EXIT_FAIL;
	}
	if (r < 0) {
		net_signals(sigs, on_signal);
		resolve_known(&mb);
		mb.tick.fire = on_tick;
		mb.tick.arg = &mb;
		mb.began_ms = mb.moved_ms = net_now();
		net_timer(&mb.tick, net_now() + 1000);
		if (verb == PEER && !isatty(STDIN_FILENO)) {
			mb.input.fd = dup(STDIN_FILENO);
			mb.input.ready = on_input;
			mb.input.arg = &mb;
			if (mb.input.fd >= 0)
				net_add(&mb.input, POLLIN);
		}
		if (mb.verbose)
			fprintf(stderr, "btsh: listening on port %u\n",
			    mb.client.shared.port);
		begin_next(&mb);
		net_run();
		client_close(&mb.client);
		r = mb.status;
	}
	while ((j = mb.jobs)) {
		mb.jobs = j->next;
		job_free(j);
	}
	while ((k = mb.known)) {
		mb.known = k->next;
		free(k);
	}
	for (i = 0; i < mb.ntrackers; i++)
		free(mb.trackers[i].url);
	free(mb.trackers);
	for (i = 0; i < mb.npeers; i++)
		free(mb.peers[i]);
	free(mb.peers);
	return r;
}

/* -1 to go on, or the exit status. */
static int
options(struct members *mb, int argc, char **argv)
{
	static const char *const letters[] = {
		[SERVE] = ":hqvNa:d:k:l:p:M:r:u:",
		[PEER]  = ":hqvNa:d:k:l:p:M:r:u:",
		[RUN]   = ":hqvNa:d:k:l:p:M:r:u:sSo:t:"
	};
	const char *env = getenv("BTSH_TRACKER");
	int64_t *rate;
	long n;
	int c;

	while ((c = getopt(argc, argv, letters[mb->verb])) != -1) {
		switch (c) {
		case 'h': return usage_help(mb->usage);
		case 'q': mb->quiet = 1; break;
		case 'v': mb->verbose = 1; break;
		case 'N': break; /* there is no other discovery */
		case 'a':
			if (add_tier(&mb->trackers, &mb->ntrackers,
			    optarg) < 0)
				return EXIT_USAGE;
			break;
		case 'd': mb->dir = optarg; break;
		case 'k':
			if (add_known(mb, optarg) < 0)
				return EXIT_USAGE;
			break;
		case 'l':
			if (option_addr(c, optarg) < 0)
				return EXIT_USAGE;
			mb->host = optarg;
			break;
		case 'p':
			if (option_int(c, optarg, 0, 65535, &n) < 0)
				return EXIT_USAGE;
			mb->port_first = mb->port_last = (uint16_t)n;
			break;
		case 'M':
			if (option_int(c, optarg, 1, 1000000, &n) < 0)
				return EXIT_USAGE;
			mb->max_conns = (int)n;
			break;
		case 'r': /* FALLTHROUGH */
		case 'u':
			rate = c == 'r' ? &mb->down_bps : &mb->up_bps;
			if (parse_size(optarg, rate) < 0 ||
			    (c == 'r' && *rate == 0)) {
				warn("-%c %s: no rate", c, optarg);
				return EXIT_USAGE;
			}
			break;
		case 's': mb->seed = 1; break;
		case 'S': mb->in_order = 1; break;
		case 'o': mb->out = optarg; break;
		case 't':
			if (option_int(c, optarg, 1, 1 << 30, &n) < 0)
				return EXIT_USAGE;
			mb->patience_s = n;
			break;
		default: return usage_error(mb->usage);
		}
	}
	if (env && add_tier(&mb->trackers, &mb->ntrackers, env) < 0)
		return EXIT_USAGE;
	n = argc - optind;
	if (mb->verb == RUN ? n != 1 : n < 1 &&
	    (mb->verb == SERVE || isatty(STDIN_FILENO)))
		return usage_error(mb->usage);
	return -1;
}

/* Known peers. */

static int
add_known(struct members *mb, const char *text)
{
	const char *colon = strrchr(text, ':');
	long port;

	if (*text == '@')
		return add_known_file(mb, text + 1);
	if (!colon || colon == text ||
	    parse_int(colon + 1, 1, 65535, &port) < 0) {
		warn("-k %s: not host:port", text);
		return -1;
	}
	mb->peers = xrealloc(mb->peers, (size_t)mb->npeers + 1,
	    sizeof *mb->peers);
	mb->peers[mb->npeers++] = xstrdup(text);
	return 0;
}

static int
add_known_file(struct members *mb, const char *path)
{
	char line[512];
	FILE *f = fopen(path, "r");
	int r = 0;

	if (!f) {
		warn("open %s:", path);
		return -1;
	}
	while (r == 0 && fgets(line, sizeof line, f)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (*line && *line != '#' && *line != '@')
			r = add_known(mb, line);
	}
	fclose(f);
	return r;
}

static void
resolve_known(struct members *mb)
{
	char host[512], *colon;
	size_t n;
	long port;
	int i;

	for (i = 0; i < mb->npeers; i++) {
		snprintf(host, sizeof host, "%s", mb->peers[i]);
		colon = strrchr(host, ':');
		if (!colon || parse_int(colon + 1, 1, 65535, &port) < 0)
			continue;
		*colon = '\0';
		n = strlen(host);
		if (*host == '[' && host[n - 1] == ']') {
			host[n - 1] = '\0';
			memmove(host, host + 1, n - 1);
		}
		name_resolve(host, (uint16_t)port, on_known, mb->peers[i]);
	}
}

static void
on_known(void *arg, const struct addr *list, int n)
{
	struct known_peer *k;
	struct job *j;
	int i;

	if (n == 0)
		warn("-k %s: the name does not resolve", (char *)arg);
	for (i = 0; i < n; i++) {
		k = xmalloc(sizeof *k);
		k->addr = list[i];
		k->next = members->known;
		members->known = k;
		for (j = members->jobs; j; j = j->next)
			if (j->sw)
				swarm_add_peer(j->sw, &k->addr);
	}
}

/* Jobs. */

/* A job for a torrent, or for serve a path.  0, or -1 after a message. */
static int
job_add(struct members *mb, const char *arg)
{
	struct job *j = xcalloc(1, sizeof *j);

	j->mb = mb;
	j->arg = xstrdup(arg);
	if (job_load(j) < 0) {
		job_free(j);
		return -1;
	}
	*mb->last = j;
	mb->last = &j->next;
	return 0;
}

static int
job_load(struct job *j)
{
	struct members *mb = j->mb;
	const char *arg = j->arg;

	if (mb->verb == SERVE && !is_torrent(arg)) {
		if (access(arg, R_OK) < 0) {
			warn("open %s:", arg);
			return -1;
		}
		j->whole = 1;
		return path_split(arg, &j->dir, &j->name);
	}
	if (strncmp(arg, "https://", 8) == 0) {
		warn("%s: type instead: curl -sL '%s' | btsh run -", arg, arg);
		return -1;
	}
	j->m = load_torrent(arg);
	if (!j->m)
		return -1;
	if (mb->out && strchr(mb->out, '/')) {
		if (path_split(mb->out, &j->dir, &j->name) < 0) {
			warn("%s:", mb->out);
			return -1;
		}
	} else {
		j->dir = xstrdup(mb->dir);
		j->name = mb->out ? xstrdup(mb->out) : NULL;
	}
	return 0;
}

/* Whether a path is a torrent rather than something to share: a regular file
 * that begins as one, or a name that is no file. */
static int
is_torrent(const char *path)
{
	struct buf b = { 0 };
	struct meta *m = NULL;
	struct stat st;
	const char *why;
	char c = 0;
	int fd;

	if (strcmp(path, "-") == 0 || stat(path, &st) < 0)
		return strcmp(path, "-") == 0 || strstr(path, "://") ||
		    strncmp(path, "magnet:", 7) == 0;
	if (!S_ISREG(st.st_mode) || st.st_size > META_MAX)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (pread(fd, &c, 1, 0) == 1 && c == 'd' &&
	    slurp(fd, &b, META_MAX) == 0)
		m = meta_parse(&b, &why);
	buf_free(&b);
	close(fd);
	if (!m)
		return 0;
	meta_free(m);
	return 1;
}

static void
job_free(struct job *j)
{
	struct members *mb = j->mb;

	if (j->share)
		share_stop(j->share);
	if (j->sw) {
		client_remove(&mb->client, j->sw);
		if (swarm_free(j->sw) < 0) {
			warn("%s: closing a file failed: data may be lost",
			    j->arg);
			mb->status = mb->status ? mb->status : EXIT_DISK;
		}
	}
	meta_free(j->m);
	free(j->dir);
	free(j->name);
	free(j->arg);
	free(j);
}

/* Begins the next job that has not been, unless one is being checked. */
static void
begin_next(struct members *mb)
{
	static const struct recipe plain;
	struct recipe r = plain;
	struct job *j;

	for (j = mb->jobs; j && (j->sw || j->share); j = j->next)
		;
	if (!j || mb->begun || mb->stopping)
		return;
	mb->begun = j;
	if (j->m) {
		start_swarm(j);
		return;
	}
	r.trackers = mb->trackers;
	r.ntrackers = mb->ntrackers;
	j->share = share_start(j->arg, &r, NULL, 0, &share_ops, j);
	if (!j->share)
		share_failed(j);
}

static void
share_failed(struct job *j)
{
	struct members *mb = j->mb;

	mb->status = EXIT_FAIL;
	mb->begun = NULL;
	job_drop(j);
	begin_next(mb);
}

static void
on_shared(void *arg, struct meta *m)
{
	struct job *j = arg;

	j->share = NULL;
	j->m = m;
	if (m)
		start_swarm(j);
	else
		share_failed(j);
}

static void
on_hashed(void *arg, int64_t bytes, int64_t total)
{
	struct job *j = arg;

	show_checking(j->mb, bytes, total);
}

static void
start_swarm(struct job *j)
{
	struct members *mb = j->mb;
	struct swarm_setup s = { 0 };
	struct known_peer *k;
	char text[300];

	s.m = j->m;
	s.dir = j->dir;
	s.name = j->name;
	s.store_flags = mb->verb == SERVE ? 0 : STORE_WRITE;
	if (j->whole)
		s.store_flags |= STORE_FOLLOW;
	s.fetch = mb->verb != SERVE;
	s.whole = j->whole;
	s.in_order = mb->in_order;
	if (!j->whole) { /* else they are the torrent's own */
		s.extra = mb->trackers;
		s.nextra = mb->ntrackers;
	}
	j->sw = swarm_new(&mb->client.shared, &s, &swarm_ops, j);
	event(j, "added", "\t%s", escape(text, sizeof text, j->m->name));
	for (k = mb->known; k; k = k->next)
		swarm_add_peer(j->sw, &k->addr);
	if (client_add(&mb->client, j->sw) < 0)
		on_failed(j, EXIT_TORRENT, "this torrent is there already");
	else
		swarm_start(j->sw);
}

static void
on_checked(void *arg)
{
	struct job *j = arg;
	struct members *mb = j->mb;
	struct swarm_stats st;

	swarm_get_stats(j->sw, &st);
	progress_clear(&mb->progress);
	mb->moved_bytes += st.have;
	mb->moved_ms = net_now();
	if (mb->verb == SERVE && st.have == 0 && st.size > 0) {
		on_failed(j, EXIT_DATA, "none of its data is there");
		return;
	}
	if (mb->verb == SERVE && !st.complete)
		warn("%s: only %d%% of its data is there", j->arg,
		    (int)((double)st.have * 100 / (double)st.size));
	if (mb->verb == SERVE)
		print_magnet(j);
	mb->begun = NULL;
	begin_next(mb);
	if (st.complete)
		on_complete(j);
}

static void
on_piece(void *arg, uint32_t piece)
{
	struct job *j = arg;

	event(j, "piece", "\t%u", piece);
}

static void
on_complete(void *arg)
{
	struct job *j = arg;
	struct members *mb = j->mb;
	struct swarm_stats st;
	char a[16], b[16];
	int64_t ms;

	event(j, "complete", "\t%" PRId64, j->m->sh.size);
	if (mb->verb != RUN)
		return;
	progress_clear(&mb->progress);
	swarm_get_stats(j->sw, &st);
	ms = MAX(net_now() - mb->began_ms, 1);
	if (mb->verbose || (!mb->quiet && isatty(STDERR_FILENO)))
		fprintf(stderr, "%s in %.1f s (%s/s), %" PRId64
		    " bytes up\n", human(a, st.down), (double)ms / 1000,
		    human(b, st.down * 1000 / ms), st.up);
	print_path(j);
	if (!mb->seed)
		stop_all(mb);
}

static void
on_message(void *arg, int detail, const char *text)
{
	struct members *mb = ((struct job *)arg)->mb;

	if (detail ? !mb->verbose : mb->quiet)
		return;
	progress_clear(&mb->progress);
	warn("%s", text);
}

/* One torrent cannot go on; the others can. */
static void
on_failed(void *arg, int status, const char *why)
{
	struct job *j = arg;
	struct members *mb = j->mb;

	progress_clear(&mb->progress);
	warn("%s", why);
	event(j, "error", "\t%s", why);
	mb->status = status;
	if (mb->begun == j)
		mb->begun = NULL;
	swarm_stop(j->sw);
	begin_next(mb);
}

static void
on_stopped(void *arg)
{
	struct job *j = arg;

	event(j, "stopped", "%s", "");
	job_drop(j);
}

/* A job is over, and we are if it was the last and no more can come. */
static void
job_drop(struct job *j)
{
	struct members *mb = j->mb;
	struct job **at;

	for (at = &mb->jobs; *at != j; at = &(*at)->next)
		;
	*at = j->next;
	if (!j->next)
		mb->last = at;
	job_free(j);
	stop_if_idle(mb);
}

static void
stop_if_idle(struct members *mb)
{
	if (!mb->jobs && (mb->stopping || mb->input.fd < 0))
		net_stop();
}

/* peer's events: time, event, info hash and more, parted by tabs. */
static void
event(struct job *j, const char *what, const char *fmt, ...)
{
	char digits[2 * ID_LEN + 1], more[512];
	va_list ap;

	if (j->mb->verb != PEER)
		return;
	hex(digits, j->m->hash, ID_LEN);
	va_start(ap, fmt);
	vsnprintf(more, sizeof more, fmt, ap);
	va_end(ap);
	emit("%" PRId64 "\t%s\t%s%s", net_wall(), what, digits, more);
}

static void
print_magnet(struct job *j)
{
	struct members *mb = j->mb;
	struct buf b = { 0 };
	struct addr a;
	int known;

	known = mb->host ? addr_parse(&a, mb->host, 0) : sock_source(&a);
	a.port = mb->client.shared.port;
	meta_magnet(&b, j->m, known < 0 ? NULL : &a);
	buf_put(&b, "", 1);
	emit("%s", (char *)b.p);
	buf_free(&b);
}

static void
print_path(struct job *j)
{
	char name[ELEMENT_MAX + 1];

	snprintf(name, sizeof name, "%.*s", (int)j->m->name.n,
	    (const char *)j->m->name.p);
	if (strcmp(j->dir, ".") == 0)
		emit("%s", j->name ? j->name : name);
	else
		emit("%s/%s", strcmp(j->dir, "/") == 0 ? "" : j->dir,
		    j->name ? j->name : name);
}

static void
stop_all(struct members *mb)
{
	struct job *j, *next;

	if (mb->stopping)
		return;
	mb->stopping = 1;
	net_untimer(&mb->tick);
	for (j = mb->jobs; j; j = next) {
		next = j->next;
		if (j->sw)
			swarm_stop(j->sw);
		else
			job_drop(j); /* it has not begun */
	}
	stop_if_idle(mb);
}

static void
on_signal(int sig)
{
	struct members *mb = members;
	struct swarm_stats st = { 0 };

	(void)sig;
	if (mb->interrupted++)
		_exit(mb->verb == RUN ? EXIT_RESUME : EXIT_OK);
	progress_clear(&mb->progress);
	if (mb->jobs && mb->jobs->sw)
		swarm_get_stats(mb->jobs->sw, &st);
	if (mb->verb == RUN && !st.complete && mb->status == EXIT_OK)
		mb->status = EXIT_RESUME;
	stop_all(mb);
}

/* peer's torrents, as lines. */

static void
on_input(struct io *io, short got, int64_t now_ms)
{
	struct members *mb = io->arg;
	size_t room = sizeof mb->line - mb->line_len;
	ssize_t n = read(io->fd, mb->line + mb->line_len, room);
	char *nl;

	(void)got, (void)now_ms;
	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0) {
		net_close(io); /* no more torrents; those we have go on */
		stop_if_idle(mb);
		return;
	}
	mb->line_len += (size_t)n;
	while ((nl = memchr(mb->line, '\n', mb->line_len))) {
		*nl++ = '\0';
		input_line(mb, mb->line);
		mb->line_len -= (size_t)(nl - mb->line);
		memmove(mb->line, nl, mb->line_len);
	}
	if (mb->line_len == sizeof mb->line) {
		warn("a line on standard input is too long");
		mb->line_len = 0;
	}
}

static void
input_line(struct members *mb, char *line)
{
	if (!*line || mb->stopping)
		return;
	if (job_add(mb, line) == 0)
		begin_next(mb);
	else
		emit("%" PRId64 "\terror\t-\t%s", net_wall(), line);
}

/* Once a second. */

static void
on_tick(struct timer *t, int64_t now_ms)
{
	struct members *mb = t->arg;
	struct swarm_stats st;
	int64_t bytes = 0;
	struct job *j;

	for (j = mb->jobs; j; j = j->next) {
		if (!j->sw)
			continue;
		swarm_get_stats(j->sw, &st);
		bytes += st.have + st.partial;
		if (st.have + st.partial != j->told)
			event(j, "progress", "\t%" PRId64 "\t%" PRId64 "\t%"
			    PRId64 "\t%" PRId64 "\t%d", st.have, st.size,
			    st.down_bps, st.up_bps, st.npeers);
		j->told = st.have + st.partial;
	}
	if (bytes != mb->moved_bytes || mb->begun) {
		mb->moved_bytes = bytes;
		mb->moved_ms = now_ms;
	}
	show_progress(mb);
	net_timer(t, now_ms + 1000);
	if (mb->verb == RUN && mb->patience_s > 0 && !mb->begun &&
	    now_ms - mb->moved_ms >= mb->patience_s * 1000 &&
	    !(mb->jobs && mb->jobs->sw && st.complete)) {
		progress_clear(&mb->progress);
		warn("no progress for %" PRId64 " seconds: gave up",
		    mb->patience_s);
		mb->status = EXIT_GAVEUP;
		stop_all(mb);
	}
}

static void
show_checking(struct members *mb, int64_t bytes, int64_t total)
{
	if (!mb->quiet)
		progress_part(&mb->progress, "checking ", bytes, total);
}

static void
show_progress(struct members *mb)
{
	struct swarm_stats st, sum = { 0 };
	char have[16], size[16], down[16], up[16], line[160];
	struct job *j;
	int64_t left = -1, got;
	int n;

	if (mb->quiet || (!mb->verbose && !isatty(STDERR_FILENO)))
		return;
	for (j = mb->jobs; j; j = j->next) {
		if (!j->sw)
			continue;
		swarm_get_stats(j->sw, &st);
		if (st.checking) {
			show_checking(mb, st.checked, st.size);
			return;
		}
		sum.have += st.have + st.partial;
		sum.size += st.size;
		sum.down_bps += st.down_bps;
		sum.up_bps += st.up_bps;
		sum.npeers += st.npeers;
		sum.nseeds += st.nseeds;
	}
	got = sum.size > 0 ? sum.have * 100 / sum.size : 100;
	n = snprintf(line, sizeof line, "%s of %s  %d%%  down %s/s  up %s/s  "
	    "%d peers, %d seeds", human(have, sum.have), human(size, sum.size),
	    (int)got, human(down, sum.down_bps), human(up, sum.up_bps),
	    sum.npeers, sum.nseeds);
	if (sum.down_bps > 0)
		left = (sum.size - sum.have) / sum.down_bps;
	if (left >= 0 && sum.have < sum.size)
		snprintf(line + n, sizeof line - (size_t)n,
		    "  %" PRId64 ":%02d:%02d left", left / 3600,
		    (int)(left / 60 % 60), (int)(left % 60));
	if (isatty(STDERR_FILENO))
		progress_line(&mb->progress, "%s", line);
	else
		fprintf(stderr, "%s\n", line);
}
