/* btsh peer as a coprocess.  A line is a command, or a torrent to be added;
 * what happens to torrents goes out as lines.  Both formats are in the manual,
 * and stable: fields are only ever added at the end. */
#include <sys/types.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "net.h"
#include "torrent/meta.h"
#include "torrent/magnet.h"
#include "find/known.h"
#include "find/finder.h"
#include "swarm/conns.h"
#include "cmd/output.h"
#include "cmd/jobs.h"
#include "cmd/coproc.h"

enum {
	LINE_BYTES = 16384,
	UNREAD_MAX = 4 << 20 /* bytes of events: then commands wait */
};

static void watch(struct coproc *co);
static void on_input(struct io *io, short got, int64_t now_ms);
static void end_input(struct coproc *co);
static int is_node(const struct coproc *co);
static char *trim(char *line);
static void command(struct coproc *co, char *line);
static void add(struct coproc *co, const char *arg);
static void error_event(struct coproc *co, const char *what, const char *arg,
    const char *why);
static void drop(struct coproc *co, const char *digits);
static void put_status(struct coproc *co);

void
coproc_open(struct coproc *co, int fd)
{
	co->line = xmalloc(LINE_BYTES);
	co->fd = fd;
	co->input.fd = -1;
	co->input.ready = on_input;
	co->input.arg = co;
	watch(co);
}

/* Of those who command and do not read, what is kept has an end. */
static void
watch(struct coproc *co)
{
	int waits = output_left(co->lines) >= UNREAD_MAX;

	if (co->input.fd >= 0 && waits) {
		net_remove(&co->input);
	} else if (co->input.fd < 0 && co->fd >= 0 && !waits) {
		co->input.fd = co->fd;
		net_add(&co->input, POLLIN);
	}
}

void
coproc_close(struct coproc *co)
{
	if (!co->line)
		return;
	if (co->input.fd >= 0)
		net_remove(&co->input);
	if (co->fd >= 0)
		close(co->fd);
	free(co->line);
}

int
coproc_listens(const struct coproc *co)
{
	return co->line && co->fd >= 0;
}

static void
on_input(struct io *io, short got, int64_t now_ms)
{
	struct coproc *co = io->arg;
	size_t room = LINE_BYTES - 1 - co->line_len;
	ssize_t n = read(io->fd, co->line + co->line_len, room);

	(void)got, (void)now_ms;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		end_input(co);
		return;
	}
	co->line_len += (size_t)n;
	coproc_go_on(co);
}

void
coproc_go_on(struct coproc *co)
{
	char *nl;

	if (!coproc_listens(co))
		return;
	while (output_left(co->lines) < UNREAD_MAX &&
	    (nl = memchr(co->line, '\n', co->line_len))) {
		*nl++ = '\0';
		if (!co->skipping)
			command(co, trim(co->line));
		co->skipping = 0;
		co->line_len -= (size_t)(nl - co->line);
		memmove(co->line, nl, co->line_len);
	}
	watch(co);
	if (co->line_len == LINE_BYTES - 1 &&
	    !memchr(co->line, '\n', co->line_len)) {
		if (!co->skipping)
			error_event(co, "the line is too long", "",
			    "a line has 16 KiB at most");
		co->skipping = 1; /* up to its end */
		co->line_len = 0;
	}
}

/* No more torrents come; those that we have go on. */
static void
end_input(struct coproc *co)
{
	net_close(&co->input);
	co->fd = -1;
	co->line[co->line_len] = '\0';
	if (!co->skipping)
		command(co, trim(co->line));
	if (!co->jobs->first && !is_node(co))
		co->over(co->arg, EXIT_OK);
}

/* Whether it was told of nothing that could be over, and others may begin from
 * it in the DHT. */
static int
is_node(const struct coproc *co)
{
	return !co->told && !co->jobs->named &&
	    finder_node_port(co->jobs->client.shared.finder) != 0;
}

/* Without the blanks around it, and the CR of some systems' lines. */
static char *
trim(char *line)
{
	size_t n;

	line += strspn(line, " \t\r");
	for (n = strlen(line); n > 0 && strchr(" \t\r", line[n - 1]); n--)
		;
	line[n] = '\0';
	return line;
}

static void
command(struct coproc *co, char *line)
{
	char *arg = strncmp(line, "add ", 4) == 0 ? trim(line + 4) : line;

	if (!*line || co->jobs->stopping)
		return;
	co->told = 1;
	if (strcmp(line, "quit") == 0) {
		co->quit = 1;
		co->over(co->arg, EXIT_OK);
	} else if (strcmp(line, "status") == 0) {
		put_status(co);
	} else if (strncmp(line, "drop ", 5) == 0) {
		drop(co, trim(line + 5));
	} else if (strcmp(arg, "-") == 0) {
		error_event(co, "", arg, "standard input has commands");
	} else {
		add(co, arg);
	}
}

static void
add(struct coproc *co, const char *arg)
{
	char why[512] = "";
	int r;

	warn_keep(why, sizeof why);
	r = job_add(co->jobs, arg);
	warn_keep(NULL, 0);
	if (r != EXIT_OK)
		error_event(co, "", arg, why);
}

/* Of no torrent. */
static void
error_event(struct coproc *co, const char *what, const char *arg,
    const char *why)
{
	char text[1024];

	output_event(co->lines, LINE_KEPT, "error", NULL, "\t%s%s\t%s", what,
	    escape(text, sizeof text, span_of(arg)), why);
}

static void
drop(struct coproc *co, const char *digits)
{
	char why[META_WHY];
	struct meta *m = magnet_is(digits) ?
	    magnet_parse(digits, why) : NULL;
	struct job *j = m ? job_find(co->jobs, m->hash) : NULL;

	meta_free(m);
	if (j) {
		/* at once: what is told of it next may be that it is back */
		output_event(co->lines, LINE_KEPT, "stopped", job_hash(j),
		    "%s", "");
		j->dropped = 1;
		job_forget(j);
		return;
	}
	error_event(co, "drop ", digits, "no such torrent is here");
}

/* A line a torrent, then one with their number. */
static void
put_status(struct coproc *co)
{
	struct swarm_stats st;
	struct span name = { NULL, 0 };
	char text[1024];
	struct job *j;
	int n = 0;

	for (j = co->jobs->first; j; j = j->next) {
		if (j->dropped)
			continue;
		n++;
		job_stats(j, &st);
		output_event(co->lines, LINE_KEPT, "status", job_hash(j),
		    "\t%s\t%" PRId64 "\t%" PRId64 "\t%" PRId64 "\t%" PRId64
		    "\t%d\t%d\t%s\t%d,%d,%d,%d,%d", job_state(j), st.have,
		    st.size, st.down_bps, st.up_bps, st.npeers, st.nseeds,
		    escape(text, sizeof text, j->m ? j->m->name : name),
		    st.known[FROM_PEER], st.known[FROM_DHT],
		    st.known[FROM_LOCAL], st.known[FROM_TRACKER],
		    st.known[FROM_USER]);
	}
	output_event(co->lines, LINE_KEPT, "status", NULL, "\t%d\t%d", n,
	    finder_nodes(co->jobs->client.shared.finder));
}

void
coproc_progress(const struct coproc *co)
{
	struct swarm_stats st;
	struct job *j;

	for (j = co->line ? co->jobs->first : NULL; j; j = j->next) {
		job_stats(j, &st);
		if (st.have + st.partial != j->told && !j->dropped)
			output_event(co->lines, LINE_FIRST, "progress",
			    job_hash(j), "\t%" PRId64 "\t%" PRId64 "\t%"
			    PRId64 "\t%" PRId64 "\t%d\t%d", st.have, st.size,
			    st.down_bps, st.up_bps, st.npeers, st.nseeds);
		j->told = st.have + st.partial;
	}
}
