/* The poll loop: the one place that waits.
 *
 * One round: poll until the earliest timer is due; read the clock once; call
 * what is ready; fire what is due; free what was buried.  A descriptor may be
 * closed, and others added, in any callback: its slot is only marked, and the
 * table is mended at the end of the round.  Timers are a heap.
 *
 * Everything here is the loop's own state, which a process has once. */
#include <sys/types.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util.h"
#include "net.h"

struct grave {
	void (*free_it)(void *);
	void *arg;
};

static void round_once(void);
static void mend(void);
static void fire_due(void);
static void read_clock(void);
static void heap_up(size_t i);
static void heap_down(size_t i);

static struct pollfd *fds;   /* fds[i] belongs to ios[i], of slot i + 1 */
static struct io **ios;      /* NULL: watched no more in this round */
static size_t nfds, capfds;
static int holes;            /* some ios[i] is NULL */
static struct timer **heap;  /* from 1 */
static size_t nheap, capheap;
static struct grave *graves;
static size_t ngraves, capgraves;
static int64_t now;
static int stopped;

void
net_add(struct io *io, short events)
{
	if (nfds == capfds) {
		capfds = MAX(16, capfds * 2);
		fds = xrealloc(fds, capfds, sizeof *fds);
		ios = xrealloc(ios, capfds, sizeof *ios);
	}
	fds[nfds].fd = io->fd;
	fds[nfds].events = events;
	fds[nfds].revents = 0;
	ios[nfds] = io;
	io->slot = ++nfds;
}

void
net_want(struct io *io, short events)
{
	if (io->slot > 0)
		fds[io->slot - 1].events = events;
}

void
net_close(struct io *io)
{
	if (io->slot > 0)
		close_quietly(io->fd);
	net_remove(io);
}

void
net_remove(struct io *io)
{
	if (io->slot == 0)
		return;
	ios[io->slot - 1] = NULL;
	fds[io->slot - 1].fd = -1;
	holes = 1;
	io->slot = 0;
	io->fd = -1;
}

void
net_drop(int keep)
{
	size_t i;

	for (i = 0; i < nfds; i++)
		if (fds[i].fd >= 0 && fds[i].fd != keep)
			close(fds[i].fd);
}

int
net_writable(int fd, int wait_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, wait_ms) > 0;
}

void
net_timer(struct timer *t, int64_t when_ms)
{
	t->when_ms = when_ms;
	if (t->slot == 0) {
		if (nheap + 1 >= capheap) {
			capheap = MAX(16, capheap * 2);
			heap = xrealloc(heap, capheap, sizeof *heap);
		}
		t->slot = ++nheap;
		heap[nheap] = t;
	}
	heap_up(t->slot);
	heap_down(t->slot);
}

void
net_untimer(struct timer *t)
{
	size_t i = t->slot;

	if (i == 0)
		return;
	t->slot = 0;
	heap[i] = heap[nheap--];
	if (i <= nheap) {
		heap[i]->slot = i;
		heap_up(i);
		heap_down(heap[i]->slot);
	}
}

int
net_is_set(const struct timer *t)
{
	return t->slot != 0;
}

static void
heap_up(size_t i)
{
	struct timer *t = heap[i];

	for (; i > 1 && heap[i / 2]->when_ms > t->when_ms; i /= 2) {
		heap[i] = heap[i / 2];
		heap[i]->slot = i;
	}
	heap[i] = t;
	t->slot = i;
}

static void
heap_down(size_t i)
{
	struct timer *t = heap[i];
	size_t kid;

	for (; (kid = 2 * i) <= nheap; i = kid) {
		if (kid < nheap && heap[kid + 1]->when_ms < heap[kid]->when_ms)
			kid++;
		if (heap[kid]->when_ms >= t->when_ms)
			break;
		heap[i] = heap[kid];
		heap[i]->slot = i;
	}
	heap[i] = t;
	t->slot = i;
}

void
net_bury(void (*free_it)(void *), void *arg)
{
	if (ngraves == capgraves) {
		capgraves = MAX(16, capgraves * 2);
		graves = xrealloc(graves, capgraves, sizeof *graves);
	}
	graves[ngraves].free_it = free_it;
	graves[ngraves++].arg = arg;
}

int64_t
net_now(void)
{
	if (now == 0)
		read_clock();
	return now;
}

int64_t
net_wall(void)
{
	return (int64_t)time(NULL);
}

/* One that goes on while the system sleeps: what was due then is due. */
#ifdef CLOCK_BOOTTIME
#define CLOCK CLOCK_BOOTTIME
#else
#define CLOCK CLOCK_MONOTONIC
#endif

static void
read_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK, &ts);
	/* from 1 s on, so that 0 can mean never */
	now = (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 + 1000;
}

void
net_run(void)
{
	for (stopped = 0; !stopped; )
		round_once();
}

void
net_stop(void)
{
	stopped = 1;
}

static void
round_once(void)
{
	int64_t wait = -1;
	size_t i, end = nfds;
	int n;
	short got;

	if (nheap > 0) {
		read_clock();
		wait = MAX(0, MIN(heap[1]->when_ms - now, 60000));
	}
	n = poll(fds, (nfds_t)nfds, (int)wait);
	if (n < 0 && errno != EINTR)
		die("poll:");
	read_clock();
	for (i = 0; i < end && n > 0; i++) {
		got = fds[i].revents;
		if (got == 0)
			continue;
		n--;
		fds[i].revents = 0;
		if (ios[i])
			ios[i]->ready(ios[i], got, now);
	}
	fire_due();
	mend();
	for (i = 0; i < ngraves; i++)
		graves[i].free_it(graves[i].arg);
	ngraves = 0;
}

static void
fire_due(void)
{
	struct timer *t;
	size_t most = nheap; /* what is set anew waits for the next round */

	while (most-- > 0 && nheap > 0 && heap[1]->when_ms <= now) {
		t = heap[1];
		net_untimer(t);
		t->fire(t, now);
	}
}

static void
mend(void)
{
	size_t i;

	if (!holes)
		return;
	holes = 0;
	for (i = 0; i < nfds; ) {
		if (ios[i]) {
			i++;
			continue;
		}
		if (i != --nfds) {
			fds[i] = fds[nfds];
			ios[i] = ios[nfds];
			if (ios[i])
				ios[i]->slot = i + 1;
		}
	}
}
