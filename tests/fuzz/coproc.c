/* coproc: lines of commands, whole and byte by byte: the same events, each a
 * line that may be printed.  No line names a file or a URL: slashes are taken
 * out, since what is there is not the input's. */
#include <fcntl.h>
#include <unistd.h>

#include "fuzz.h"
#include "net.h"
#include "cmd/output.h"
#include "cmd/jobs.h"
#include "cmd/coproc.h"

enum { INPUT_MAX = 4000 };

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

static const struct output_ops output_ops = { .lost = on_lost };
static const struct job_ops job_ops = { .stopped = on_stopped,
	.gone = on_gone };

static void
on_round(struct timer *t, int64_t now_ms)
{
	(void)t, (void)now_ms;
	net_stop();
}

static void
run_round(void)
{
	struct timer t = { .fire = on_round };

	net_timer(&t, net_now());
	net_run();
}

/* What is said to the input, step bytes of it a round. */
static struct buf
answers(struct span s, size_t step, int *over)
{
	struct job_rules rules = { .dir = ".", .quiet = 1 };
	struct jobs all;
	struct coproc co = { .jobs = &all, .over = on_over, .arg = over };
	struct buf raw = { 0 };
	int in[2], out[2], was = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
	int null = open("/dev/null", O_WRONLY), rounds = 0;
	size_t k;

	*over = -1;
	CHECK(pipe(in) == 0 && pipe(out) == 0 && was >= 0 && null >= 0);
	fflush(stdout);
	dup2(out[1], STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	close(out[1]);
	close(null);
	jobs_init(&all, &rules, &job_ops, NULL);
	co.lines = output_open(&output_ops, NULL);
	coproc_open(&co, in[0]);
	for (; s.n > 0; s.p += k, s.n -= k) {
		k = MIN(step, s.n);
		if (write_all(in[1], s.p, k) < 0)
			break;
		run_round();
	}
	close(in[1]);
	while (coproc_listens(&co) && rounds++ < 1000)
		run_round();
	coproc_progress(&co);
	coproc_close(&co);
	jobs_free(&all);
	output_close(co.lines, 60000);
	dup2(was, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close(was);
	close(err);
	CHECK(rounds < 1000 && slurp(out[0], &raw, 1 << 22) == 0);
	close(out[0]);
	return raw;
}

/* The events without their times. */
static void
cut(struct buf *b)
{
	size_t i, n = 0;
	int skips = 1;

	for (i = 0; i < b->len; i++) {
		CHECK(b->p[i] >= ' ' || b->p[i] == '\t' || b->p[i] == '\n');
		CHECK(b->p[i] != 0x7f && (!skips || b->p[i] != '\n'));
		if (b->p[i] == '\t')
			skips = 0;
		if (!skips)
			b->p[n++] = b->p[i];
		if (b->p[i] == '\n')
			skips = 1;
	}
	CHECK(skips);
	b->len = n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span s = span_at(data, MIN(n, INPUT_MAX));
	size_t step = 1 + take8(&s) % 64, i;
	uint8_t *p = copy_of(s);
	struct buf a, b;
	int over, again;

	for (i = 0; i < s.n; i++)
		p[i] = p[i] == '/' || p[i] == '.' ? '_' : p[i];
	s.p = p;
	a = answers(s, INPUT_MAX, &over);
	b = answers(s, step, &again);
	cut(&a);
	cut(&b);
	CHECK(over == again);
	CHECK(same_bytes(span_at(a.p, a.len), span_at(b.p, b.len)));
	buf_free(&a);
	buf_free(&b);
	free(p);
	return 0;
}
