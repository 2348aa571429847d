/* coproc.c: commands through a pipe, whole and byte by byte, and what goes out
 * for them.  No torrent begins: what they do then is t_jobs.c's. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "net.h"
#include "torrent/meta.h"
#include "cmd/output.h"
#include "cmd/jobs.h"
#include "cmd/coproc.h"
#include "unit.h"

#define NOT_HERE "no such torrent is here\n"
#define NO_FILE  "No such file or directory\n"
#define COMMANDS "standard input has commands\n"
#define HASH "0123456789abcdef0123456789abcdef01234567"
#define LINK "magnet:?xt=urn:btih:" HASH "&dn=name"

static void on_lost(void *arg, int why);
static void on_stopped(struct job *j);
static void on_gone(struct jobs *all);
static void on_over(void *arg, int status);
static void on_round(struct timer *t, int64_t now_ms);
static void run_round(void);
static char *answers(const char *input, size_t step, int *over);

static const struct output_ops output_ops = { .lost = on_lost };
static const struct job_ops job_ops = { .stopped = on_stopped,
	.gone = on_gone };

static void
on_lost(void *arg, int why)
{
	(void)arg, (void)why;
}

static void
on_stopped(struct job *j)
{
	(void)j;
}

static void
on_gone(struct jobs *all)
{
	(void)all;
}

static void
on_over(void *arg, int status)
{
	*(int *)arg = status;
}

static void
on_round(struct timer *t, int64_t now_ms)
{
	(void)t, (void)now_ms;
	net_stop();
}

/* One round of the loop: a timer that is due ends it. */
static void
run_round(void)
{
	struct timer t = { .fire = on_round };

	net_timer(&t, net_now());
	net_run();
}

/* What a coprocess says that gets the input, so many bytes a round, and its
 * end: lines without their time, owned by the caller.  *over is the status
 * that it ended with, -1 if it did not. */
static char *
answers(const char *input, size_t step, int *over)
{
	struct job_rules rules = { .dir = ".", .quiet = 1 };
	struct jobs all;
	struct coproc co = { .jobs = &all, .over = on_over, .arg = over };
	struct buf raw = { 0 }, cut = { 0 };
	size_t n = strlen(input), k;
	int in[2], out[2], was = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
	char *line;

	*over = -1;
	if (pipe(in) < 0 || pipe(out) < 0)
		abort();
	fflush(stdout);
	dup2(out[1], STDOUT_FILENO);
	close(out[1]);
	dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
	jobs_init(&all, &rules, &job_ops, NULL);
	co.lines = output_open(&output_ops, NULL);
	coproc_open(&co, in[0]);
	for (; n > 0; input += k, n -= k) {
		k = MIN(step, n);
		if (write_all(in[1], input, k) < 0)
			break;
		run_round();
	}
	close(in[1]);
	while (coproc_listens(&co))
		run_round();
	coproc_close(&co);
	jobs_free(&all);
	output_close(co.lines, 60000);
	dup2(was, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close(was);
	close(err);
	OK(slurp(out[0], &raw, 1 << 20) == 0);
	close(out[0]);
	buf_put(&raw, "", 1);
	for (line = strtok((char *)raw.p, "\n"); line;
	    line = strtok(NULL, "\n"))
		buf_printf(&cut, "%s\n", line + strcspn(line, "\t"));
	buf_put(&cut, "", 1);
	buf_free(&raw);
	return (char *)cut.p;
}

void
test_coproc(void)
{
	static const struct {
		const char *what, *input, *output;
		int over;
	} cases[] = {
		{ "nothing", "", "", EXIT_OK },
		{ "empty lines", "\n \t\r\n\r\n", "", EXIT_OK },
		{ "quit", "quit\nstatus\n",
		    "\tstatus\t-\t0\t0\n", EXIT_OK },
		{ "quit without an end", "quit", "", EXIT_OK },
		{ "no torrent's status", "status\n", "\tstatus\t-\t0\t0\n",
		    EXIT_OK },
		{ "blanks and a CR", "  status \r\n", "\tstatus\t-\t0\t0\n",
		    EXIT_OK },
		{ "a link, then its status", LINK "\nstatus\n",
		    "\tstatus\t" HASH "\twaiting\t0\t0\t0\t0\t0\t0\tname\t0,0,0,0,0\n"
		    "\tstatus\t-\t1\t0\n", -1 },
		{ "add", "add " LINK "\nadd  " LINK " \nstatus\n",
		    "\tstatus\t" HASH "\twaiting\t0\t0\t0\t0\t0\t0\tname\t0,0,0,0,0\n"
		    "\tstatus\t" HASH "\twaiting\t0\t0\t0\t0\t0\t0\tname\t0,0,0,0,0\n"
		    "\tstatus\t-\t2\t0\n", -1 },
		{ "drop", LINK "\ndrop " HASH "\nstatus\n",
		    "\tstopped\t" HASH "\n\tstatus\t-\t0\t0\n", EXIT_OK },
		{ "drop of what is not there", "drop " HASH "\ndrop x\n",
		    "\terror\t-\tdrop " HASH "\t" NOT_HERE
		    "\terror\t-\tdrop x\t" NOT_HERE,
		    EXIT_OK },
		{ "a word alone", "drop\nadd\n",
		    "\terror\t-\tdrop\topen drop: " NO_FILE
		    "\terror\t-\tadd\topen add: " NO_FILE, EXIT_OK },
		{ "standard input", "-\nadd -\n",
		    "\terror\t-\t-\t" COMMANDS "\terror\t-\t-\t" COMMANDS,
		    EXIT_OK },
		{ "bytes that a terminal obeys", "add /\033no\\\n",
		    "\terror\t-\t/\\x1bno\\x5c\topen /\\x1bno\\: " NO_FILE,
		    EXIT_OK },
		{ "a last line without an end", "/no/such", "\terror\t-\t"
		    "/no/such\topen /no/such: " NO_FILE, EXIT_OK },
	};
	char *said, *input;
	size_t i, step;
	int over;

	for (step = 1; step <= 4096; step += 4095)
		for (i = 0; i < LEN(cases); i++) {
			if (i == 0)
				CASE(step == 1 ? "coproc: byte by byte" :
				    "coproc: commands and what is said");
			said = answers(cases[i].input, step, &over);
			OK_FOR(cases[i].what, strcmp(said,
			    cases[i].output) == 0);
			OK_FOR(cases[i].what, over == cases[i].over);
			free(said);
		}

	CASE("coproc: of a line that is too long nothing is taken");
	input = xmalloc(40000);
	memset(input, 'a', 39999);
	strcpy(input + 39980, "\nstatus\n");
	for (step = 4096; step <= 40000; step += 35904) {
		said = answers(input, step, &over);
		OK(strcmp(said, "\terror\t-\tthe line is too long\ta line has "
		    "16 KiB at most\n"
		    "\tstatus\t-\t0\t0\n") == 0);
		free(said);
	}
	memset(input + 39980, 'a', 19); /* and it has no end */
	input[39999] = '\0';
	said = answers(input, 4096, &over);
	OK(strcmp(said, "\terror\t-\tthe line is too long\ta line has "
		    "16 KiB at most\n") == 0);
	OK(over == EXIT_OK);
	free(said);
	free(input);
}
