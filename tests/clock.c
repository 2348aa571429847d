/* The clock of the unit tests.  The loop asks poll and clock_gettime, which
 * the linker leads here (--wrap).  Once a test has set the clock, time passes
 * in poll alone: when nothing is ready, the clock moves on by what poll would
 * have waited, and nobody sleeps.  What children do takes its own time, so as
 * long as there are any, poll does wait, and the clock moves on by that. */
#include <sys/types.h>
#include <sys/times.h>
#include <sys/wait.h>
#include <poll.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include "util.h"
#include "net.h"
#include "unit.h"

enum { SPINS = 2000000 }; /* rounds without any time: the loop is stuck */

int __real_poll(struct pollfd *p, nfds_t n, int wait_ms);
int __wrap_poll(struct pollfd *p, nfds_t n, int wait_ms);
int __wrap_clock_gettime(clockid_t id, struct timespec *ts);
int __wrap___clock_gettime64(clockid_t id, struct timespec *ts);

static int64_t real_ms(void);
static int have_children(void);
static void on_end(struct timer *t, int64_t now_ms);

static int64_t clock_ms; /* 0: not set */
static int flows;        /* by itself, as the real one */
static long spins;
static int (*until)(void *arg);
static void *until_arg;

/* The real one, as exact as times. */
static int64_t
real_ms(void)
{
	struct tms unused;

	return (int64_t)times(&unused) * 1000 / sysconf(_SC_CLK_TCK);
}

int
__wrap_clock_gettime(clockid_t id, struct timespec *ts)
{
	int64_t ms = clock_ms ? clock_ms : real_ms();

	(void)id;
	ts->tv_sec = (time_t)(ms / 1000);
	ts->tv_nsec = (long)(ms % 1000) * 1000000;
	return 0;
}

/* glibc's name for it on machines of 32 bits. */
int
__wrap___clock_gettime64(clockid_t id, struct timespec *ts)
{
	return __wrap_clock_gettime(id, ts);
}

static int
have_children(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

int
__wrap_poll(struct pollfd *p, nfds_t n, int wait_ms)
{
	int64_t began = real_ms();
	int ready;

	if (clock_ms && until && until(until_arg)) {
		until = NULL;
		net_stop();
		return 0;
	}
	if (!clock_ms)
		return __real_poll(p, n, wait_ms);
	ready = __real_poll(p, n, 0);
	if (ready == 0 && wait_ms != 0 && flows) {
		ready = __real_poll(p, n, wait_ms);
		clock_move(ready == 0 ? wait_ms :
		    MIN(real_ms() - began, (uint32_t)wait_ms));
	} else if (ready == 0 && wait_ms != 0 && have_children()) {
		ready = __real_poll(p, n, wait_ms);
		clock_move(real_ms() - began);
	} else if (ready == 0 && wait_ms > 0) {
		clock_move(wait_ms);
	} else if (++spins == SPINS) {
		die("the loop spins, and no time passes");
	}
	return ready;
}

void
clock_set(int64_t now_ms)
{
	struct timer t = { .fire = on_end };

	clock_ms = now_ms;
	spins = 0;
	net_timer(&t, 0);
	net_run(); /* a round, which reads the clock */
}

void
clock_flow(int on)
{
	flows = on;
}

void
clock_move(int64_t ms)
{
	clock_ms += ms;
	spins = 0;
}

static void
on_end(struct timer *t, int64_t now_ms)
{
	(void)t, (void)now_ms;
	net_stop();
}

int
clock_run(int (*done)(void *arg), void *arg, int64_t most_ms)
{
	struct timer t = { .fire = on_end };

	until = done;
	until_arg = arg;
	net_timer(&t, net_now() + most_ms);
	net_run();
	net_untimer(&t);
	until = NULL;
	return done ? done(arg) : 0;
}
