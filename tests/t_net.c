/* net, proc and resolve: what is watched and what is not, and children that
 * can or cannot be had. */
#include <sys/socket.h>
#include <sys/wait.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "addr.h"
#include "net.h"
#include "proc.h"
#include "resolve.h"
#include "dgram.h"
#include "unit.h"
#include "fault.h"

static void watched(void);
static void timers(void);
static void children(void);
static void names(void);
static void utp(void);
static int nfds(void);
static int seven(void *arg);
static int forever(void *arg);
static void on_ready(struct io *io, short got, int64_t now_ms);
static void on_fire(struct timer *t, int64_t now_ms);
static void on_ended(struct child *c, int status);
static void on_addrs(void *arg, const struct addr *list, int n);

static int nready, nfired, status, naddrs;
static struct addr addr;

void
test_net(void)
{
	watched();
	timers();
	children();
	names();
	utp();
	fault_clear();
}

static void
watched(void)
{
	struct io io = { .ready = on_ready }, none = { 0 };
	int sv[2], before = nfds();

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) < 0)
		die("socketpair:");
	io.fd = sv[0];
	net_add(&io, POLLIN);
	CASE("net: what is not watched is left alone, as are the others");
	net_want(&none, 0);
	net_remove(&none);
	net_close(&none);
	OK(fcntl(0, F_GETFD) >= 0); /* a zeroed io's fd */
	OK(write(sv[1], "x", 1) == 1);
	net_run();
	OK(nready == 1);
	CASE("net: closing keeps errno, and closes once");
	errno = ERANGE;
	fault_set(FAULT_CLOSE, 1, 0);
	net_close(&io);
	OK(errno == ERANGE && io.fd == -1 && fault_count(FAULT_CLOSE) == 1);
	net_close(&io);
	OK(fault_count(FAULT_CLOSE) == 1);
	fault_clear();
	close(sv[1]);
	OK(nfds() == before);
}

static void
utp(void)
{
	static const uint8_t syn[30] = "\x41\x02\x61\x8d\xcd\xd3\xcf\xf3"
	    "\0\0\0\0" "\0\4\0\0" "\x80\xa2\0\0" "\0\x8",
	    reset[20] = "\x31\0\x61\x8d" "\0\0\0\0" "\0\0\0\0" "\0\0\0\0"
	    "\0\0\x80\xa2";
	uint8_t p[30], out[21];
	size_t n;
	int first;

	CASE("dgram: who would speak uTP is told that there is none");
	for (n = 0; n <= sizeof syn; n++) {
		memset(out, 0xee, sizeof out);
		OK(dgram_refuse_utp(syn, n, out) == (n < 20 ? 0 : 20));
		OK(n < 20 || memcmp(out, reset, 20) == 0);
		OK(out[20] == 0xee);
	}
	CASE("dgram: nothing else is refused, nor a refusal");
	memcpy(p, syn, sizeof p);
	for (first = 0; first < 256; first++) {
		p[0] = (uint8_t)first;
		OK(dgram_refuse_utp(p, sizeof p, out) ==
		    (first == 0x41 ? 20 : 0));
	}
}

static void
timers(void)
{
	struct timer t = { .fire = on_fire };

	CASE("net: a timer is set until it fires, or is reset");
	OK(!net_is_set(&t));
	net_untimer(&t);
	net_timer(&t, net_now());
	OK(net_is_set(&t));
	net_run();
	OK(nfired == 1 && !net_is_set(&t));
	net_timer(&t, net_now() + 1000000);
	net_untimer(&t);
	OK(!net_is_set(&t));
}

static void
children(void)
{
	struct child c = { .ended = on_ended };
	int before = nfds(), fd;

	CASE("proc: a child's end is told, with its status");
	OK(proc_child(&c, -1, seven, NULL) == 0 && c.pid > 0);
	net_run();
	OK(status == 7 && c.pid == 0);
	CASE("proc: one that is ended is not told of");
	status = -1;
	OK(proc_child(&c, -1, forever, NULL) == 0);
	proc_child_end(&c);
	proc_child_end(&c);
	OK(status == -1 && c.pid == 0);
	CASE("proc: without a process or a descriptor there is none");
	fault_from(FAULT_FORK, 1, 0);
	OK(proc_child(&c, -1, seven, NULL) == -1 && errno == EAGAIN);
	OK(c.pid == 0);
	proc_child_end(&c);
	fd = 0;
	OK(proc_fork(-1, &fd) == -1 && errno == EAGAIN && fd == -1);
	fault_clear();
	fault_from(FAULT_SOCKETPAIR, 1, 0);
	fd = 0;
	OK(proc_fork(-1, &fd) == -1 && errno == EMFILE && fd == -1);
	fault_clear();
	OK(nfds() == before);
}

static void
names(void)
{
	int before = nfds();

	CASE("resolve: an address needs no child");
	fault_from(FAULT_FORK, 1, 0);
	naddrs = -2;
	resolve_start("127.0.0.9", 80, on_addrs, NULL);
	OK(naddrs == -2); /* not from within */
	net_run();
	OK(naddrs == 1 && addr.port == 80 && addr.ip[15] == 9);
	OK(fault_count(FAULT_FORK) == 0);
	CASE("resolve: a name is asked for again when a process can be had");
	fault_set(FAULT_FORK, 1, 0);
	naddrs = -2;
	resolve_start("localhost", 81, on_addrs, NULL);
	net_run();
	OK(naddrs > 0 && addr.port == 81 && addr_is_loopback(&addr));
	OK(fault_count(FAULT_FORK) == 2);
	CASE("resolve: one that is stopped is not told of");
	fault_clear();
	naddrs = -2;
	resolve_stop(resolve_start("localhost", 82, on_addrs, NULL));
	OK(naddrs == -2 && nfds() == before);
	CASE("resolve: a helper's children ask, and it goes when it is closed");
	resolve_open();
	resolve_open();
	fault_clear();
	naddrs = -2;
	resolve_start("localhost", 83, on_addrs, NULL);
	net_run();
	OK(naddrs > 0 && addr.port == 83 && addr_is_loopback(&addr));
	OK(fault_count(FAULT_FORK) == 1); /* not ours */
	CASE("resolve: they ask again when the helper could not fork");
	fault_set(FAULT_FORK, 1, 0);
	naddrs = -2;
	resolve_start("localhost", 84, on_addrs, NULL);
	net_run();
	OK(naddrs > 0 && fault_count(FAULT_FORK) == 2);
	fault_clear();
	resolve_close();
	OK(waitpid(-1, NULL, WNOHANG) == -1 && nfds() == before);
	CASE("resolve: without the helper that was wanted there is no answer");
	fault_from(FAULT_FORK, 1, 0);
	resolve_open();
	fault_clear();
	naddrs = -2;
	resolve_start("localhost", 85, on_addrs, NULL);
	net_run();
	OK(naddrs == -1 && fault_count(FAULT_FORK) == 0);
	resolve_close();
	OK(nfds() == before);
}

static int
nfds(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static int
seven(void *arg)
{
	(void)arg;
	return 7;
}

static int
forever(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return 0;
}

static void
on_ready(struct io *io, short got, int64_t now_ms)
{
	(void)io, (void)got, (void)now_ms;
	nready++;
	net_stop();
}

static void
on_fire(struct timer *t, int64_t now_ms)
{
	(void)t, (void)now_ms;
	nfired++;
	net_stop();
}

static void
on_ended(struct child *c, int how)
{
	(void)c;
	status = how;
	net_stop();
}

static void
on_addrs(void *arg, const struct addr *list, int n)
{
	(void)arg;
	naddrs = n;
	if (n > 0)
		addr = list[0];
	net_stop();
}
