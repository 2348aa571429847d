/* link: sockets joined in pairs, rates shared by many of them. */
#include <sys/types.h>
#include <sys/socket.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "sha1.h"
#include "addr.h"
#include "net.h"
#include "swarm/wire.h"
#include "swarm/peer.h"
#include "swarm/link.h"
#include "unit.h"

enum { N = 10, MANY = 80, RUN_MS = 1200 };

struct end {
	struct link link;
	int fd;      /* the other one */
	int gone;
};

static void shares(void);
static void gives_back(void);
static void on_drip(struct timer *t, int64_t now_ms);
static void resets(void);
static void end_new(struct end *e, struct limit limits[2]);
static void end_free(struct end *e);
static void on_gone(void *arg, const char *why);
static int on_ready(void *arg);

static const uint8_t hash[ID_LEN] = "hash of twenty bytes";
static const uint8_t my_id[ID_LEN] = "-bt0010-aaaaaaaaaaaa";
static const struct peer_ops ops = { .ready = on_ready };

void
test_link(void)
{
	clock_set(1000000);
	shares();
	gives_back();
	resets();
	clock_set(0);
}

/* One that has dialled, as the other side has its handshake already. */
static void
end_new(struct end *e, struct limit limits[2])
{
	struct addr a = { { 0 }, 0 };
	struct buf b = { 0 };
	int sv[2];

	memset(e, 0, sizeof *e);
	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	fcntl(sv[0], F_SETFL, O_NONBLOCK);
	fcntl(sv[1], F_SETFL, O_NONBLOCK);
	e->fd = sv[1];
	OK(link_open(&e->link, sv[0], &a, limits, &ops, on_gone, e) == 0);
	peer_bind(&e->link.peer, NULL, hash, my_id, NULL);
	wire_handshake(&b, hash, my_id);
	OK(write_all(e->fd, b.p, b.len) == 0);
	buf_free(&b);
}

static void
end_free(struct end *e)
{
	link_close(&e->link);
	link_free(&e->link);
	close(e->fd);
}

static int
on_ready(void *arg)
{
	(void)arg;
	return 0;
}

static void
on_gone(void *arg, const char *why)
{
	struct end *e = arg;

	(void)why;
	e->gone++;
}

/* Each has more to say than a low limit lets through in a minute. */
static void
shares(void)
{
	static const int64_t rates[] = { 1024, 20000, 400000 };
	struct limit limits[2];
	struct end *e = xcalloc(N, sizeof *e);
	uint8_t junk[4096];
	int64_t sum, least;
	size_t k;
	int i, n;

	memset(junk, 0, sizeof junk);
	put32(junk, sizeof junk - 4);
	junk[4] = 99; /* a message that nobody knows */
	for (k = 0; k < LEN(rates); k++) {
		CASE(k == 0 ? "link: at 1 KiB a second ten peers share alike" :
		    k == 1 ? "link: so they do at 20 KB a second" :
		    "link: and at 400");
		limit_init(&limits[0], rates[k]);
		limit_init(&limits[1], -1);
		for (i = 0; i < N; i++) {
			end_new(&e[i], limits);
			for (n = 0; n < 100; n++)
				if (write(e[i].fd, junk, sizeof junk) !=
				    sizeof junk)
					break;
		}
		clock_run(NULL, NULL, RUN_MS);
		for (i = 0, sum = 0, least = INT64_MAX; i < N; i++) {
			OK(!e[i].gone && link_held(&e[i].link));
			sum += e[i].link.down;
			least = MIN(least, e[i].link.down);
		}
		OK(sum > rates[k] * 2 / 3 && sum < rates[k] * 2 + N * 68);
		OK(least * N >= sum / 2);
		for (i = 0; i < N; i++)
			end_free(&e[i]);
		net_untimer(&limits[0].timer);
	}
	free(e);
}

/* One gives as much as it can, the others say a word now and then. */
static void
gives_back(void)
{
	struct limit limits[2];
	struct end *e = xcalloc(MANY, sizeof *e);
	uint8_t junk[4096] = { [2] = 4092 >> 8, [3] = 4092 & 0xff, [4] = 99 };
	struct timer t = { .fire = on_drip, .arg = e };
	int i;

	CASE("link: what a link does not use of its grant others do");
	limit_init(&limits[0], 100000);
	limit_init(&limits[1], -1);
	for (i = 0; i < MANY; i++)
		end_new(&e[i], limits);
	for (i = 0; i < 100; i++)
		if (write(e[0].fd, junk, sizeof junk) != sizeof junk)
			break;
	net_timer(&t, net_now());
	clock_run(NULL, NULL, RUN_MS);
	net_untimer(&t);
	OK(e[0].link.down > 100000 * RUN_MS / 1000 * 2 / 3);
	for (i = 0; i < MANY; i++)
		end_free(&e[i]);
	net_untimer(&limits[0].timer);
	free(e);
}

static void
on_drip(struct timer *t, int64_t now_ms)
{
	static const uint8_t word[13] = { [3] = 9, [4] = 99 };
	struct end *e = t->arg;
	int i;

	for (i = 1; i < MANY; i++)
		OK(write(e[i].fd, word, sizeof word) == sizeof word);
	net_timer(t, now_ms + 100);
}

/* One who resets while its link waits for its turn is noticed at once. */
static void
resets(void)
{
	struct limit limits[2];
	struct end e;
	uint8_t junk[4] = { 0 };

	CASE("link: a peer that goes while a limit holds it is gone");
	limit_init(&limits[0], 10);
	limit_init(&limits[1], -1);
	limits[0].bucket.tokens = -1000000; /* nobody's turn comes for a while */
	end_new(&e, limits);
	OK(write(e.fd, junk, sizeof junk) == sizeof junk);
	clock_run(NULL, NULL, 100);
	OK(!e.gone && link_held(&e.link));
	close(e.fd);
	e.fd = -1;
	clock_run(NULL, NULL, 100);
	OK(e.gone == 1);
	end_free(&e);
	net_untimer(&limits[0].timer);
}
