/* output.c, with a pipe for standard output that nobody reads in time. */
#include <sys/types.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "net.h"
#include "cmd/output.h"
#include "unit.h"

enum { MANY = 20000 };

struct sum { /* of what the reader was told, by the first letter of lines */
	long n[256], last[256];
	int in_order, whole;
	size_t bytes;
};

static int read_late(void (*put)(struct output *), struct sum *sum);
static int child(int out, int go, void (*put)(struct output *));
static void count(struct sum *sum, char *p, size_t n);
static void put_mixed(struct output *l);
static void put_kept(struct output *l);
static void put_bytes(struct output *l);
static void put_newlines(struct output *l);
static void on_lost(void *arg, int why);

static const struct output_ops ops = { .lost = on_lost };

static void
on_lost(void *arg, int why)
{
	*(int *)arg = why;
	net_stop();
}

static void
put_mixed(struct output *l)
{
	int i;

	for (i = 0; i < MANY; i++) {
		output_put(l, LINE_NEXT, "n %d is next", i);
		output_put(l, LINE_FIRST, "f %d goes first", i);
		if (i % 100 == 0)
			output_put(l, LINE_KEPT, "k %d is kept", i);
	}
}

static void
put_kept(struct output *l)
{
	int i;

	for (i = 0; i < MANY; i++)
		output_put(l, LINE_KEPT, "k %d %40s", i, "is kept");
	for (i = 0; i < 10; i++)
		output_put(l, LINE_NEXT, "n %d", i);
}

static void
put_bytes(struct output *l)
{
	static uint8_t b[300000];

	memset(b, 'b', sizeof b);
	b[70000] = b[200000] = '\n';
	output_put(l, LINE_KEPT, "k 0");
	output_bytes(l, b, sizeof b);
}

/* Results of two lines each, then events, which are what can go. */
static void
put_newlines(struct output *l)
{
	int i;

	for (i = 0; i < MANY; i++)
		output_put(l, LINE_KEPT, "k %d\nm %d", i, i);
	for (i = 0; i < MANY; i++)
		output_put(l, LINE_NEXT, "n %d is next", i);
}

/* What a child writes until it has put all, and a reader reads after that.
 * Its exit status. */
static int
read_late(void (*put)(struct output *), struct sum *sum)
{
	struct buf b = { 0 };
	int out[2], go[2], status = -1;
	pid_t pid;
	char c;

	memset(sum, 0, sizeof *sum);
	if (pipe(out) < 0 || pipe(go) < 0)
		return -1;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		close(out[0]);
		_exit(child(out[1], go[1], put));
	}
	close(out[1]);
	close(go[1]);
	OK(read(go[0], &c, 1) == 1);
	OK(slurp(out[0], &b, 64 << 20) == 0);
	OK(waitpid(pid, &status, 0) == pid);
	close(out[0]);
	close(go[0]);
	buf_put(&b, "", 1);
	count(sum, (char *)b.p, b.len - 1);
	buf_free(&b);
	return status;
}

static int
child(int out, int go, void (*put)(struct output *))
{
	struct output *l;
	int why;

	dup2(out, STDOUT_FILENO);
	close(out);
	dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
	l = output_open(&ops, &why);
	put(l);
	if (write(go, "", 1) != 1)
		return 2;
	return output_close(l, 60000) < 0;
}

static void
count(struct sum *sum, char *p, size_t n)
{
	char *end = p + n, *nl;
	long k;

	sum->in_order = 1;
	sum->bytes = n;
	memset(sum->last, 0xff, sizeof sum->last);
	for (; (nl = memchr(p, '\n', (size_t)(end - p))); p = nl + 1) {
		*nl = '\0';
		sum->n[(uint8_t)*p]++;
		k = strtol(p + 1, NULL, 10);
		if (*p != 'b' && k <= sum->last[(uint8_t)*p])
			sum->in_order = 0;
		sum->last[(uint8_t)*p] = k;
	}
	sum->whole = p == end;
}

void
test_output(void)
{
	struct output *l;
	struct sum s;
	int p[2], was, i, why = 0;

	CASE("output: the first go first, oldest first, and none is cut");
	OK(read_late(put_mixed, &s) == 0);
	OK(s.whole && s.in_order);
	OK(s.n['k'] == MANY / 100);
	OK(s.last['n'] == MANY - 1 && s.n['n'] < MANY);
	OK(s.n['n'] > 8000); /* a pipe and 192 KiB hold as many */
	OK(s.n['f'] < s.n['n'] / 2);
	for (i = 0; i < 256; i++)
		OK(s.n[i] == 0 || strchr("nkf", i));

	CASE("output: what is kept is kept beyond all bounds, and only that");
	OK(read_late(put_kept, &s) == 0);
	OK(s.whole && s.in_order);
	OK(s.n['k'] == MANY && s.n['n'] == 0);

	CASE("output: a result with newlines in it is kept whole");
	OK(read_late(put_newlines, &s) == 0);
	OK(s.whole && s.in_order);
	OK(s.n['k'] == MANY && s.n['m'] == MANY && s.n['n'] == 0);

	CASE("output: bytes of any kind stand where they were put");
	OK(read_late(put_bytes, &s) == 0);
	OK(s.n['k'] == 1 && s.n['b'] == 2 && s.bytes == 4 + 300000);

	CASE("output: a reader who goes is told of once, by the loop");
	was = dup(STDOUT_FILENO);
	OK(pipe(p) == 0 && dup2(p[1], STDOUT_FILENO) >= 0);
	close(p[1]);
	close(p[0]);
	signal(SIGPIPE, SIG_IGN);
	l = output_open(&ops, &why);
	for (i = 0; i < MANY; i++)
		output_put(l, LINE_NEXT, "n %d is next", i);
	OK(why == 0);
	net_run();
	OK(why == EPIPE);
	output_put(l, LINE_KEPT, "to nobody");
	OK(output_left(l) == 0);
	why = 0;
	OK(output_close(l, 0) < 0 && why == 0);
	dup2(was, STDOUT_FILENO);
	close(was);
}
