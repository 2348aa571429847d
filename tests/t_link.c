/* link: sockets joined in pairs, rates shared by many of them, and what may go
 * wrong with a socket.  The clock is set; calls fail when a case says so. */
#include <sys/types.h>
#include <sys/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "sha1.h"
#include "addr.h"
#include "net.h"
#include "sock.h"
#include "swarm/wire.h"
#include "swarm/peer.h"
#include "swarm/link.h"
#include "fault.h"
#include "unit.h"

enum {
	N = 10, MANY = 80, RUN_MS = 1200,
	PIECE = 1 << 20, BLOCK = 100000,
	VAST = 1 << 22,      /* pieces */
	HOUR_MS = 3600000
};

struct end {
	struct link link;
	int fd;      /* the other one */
	int gone;
	char why[80];
	int nhas, nbits, nextended, nblocks;
	int close_at; /* has closes the link */
	int unread;   /* read fails */
};

static void shares(void);
static void gives_back(void);
static void on_drip(struct timer *t, int64_t now_ms);
static void resets(void);
static void silences(void);
static void endings(void);
static void faults(void);
static void dials(void);
static void dial(const struct addr *a, const char *why, int ms);
static void drips(void);
static void reads_nothing(void);
static void gives(void);
static void handed(void);
static struct end *shaped(struct limit limits[2], int can);
static void say(struct end *e, const void *p, size_t n);
static size_t hear(struct end *e);
static int is_gone(void *arg);
static void ended(struct end *e, const char *why);
static void end_new(struct end *e, struct limit limits[2]);
static void end_free(struct end *e);
static void on_gone(void *arg, const char *why);
static int on_ready(void *arg);
static void on_has(void *arg, uint32_t piece);
static void on_has_bits(void *arg, const uint8_t *bits);
static void on_extended(void *arg);
static int on_block(void *arg, struct block b, const uint8_t *data,
    int64_t now_ms);
static void on_fed(void *arg);
static void on_asked(void *arg, uint32_t piece);
static int on_read(void *arg, const struct block *b, uint8_t *const *data,
    int n);

static const uint8_t hash[ID_LEN] = "hash of twenty bytes";
static const uint8_t my_id[ID_LEN] = "-bt0010-aaaaaaaaaaaa";
static const uint8_t have[1] = { 0x80 };
static const struct shape shape = { PIECE, PIECE, 1 };
static const struct shape vast = { (int64_t)VAST * PIECE, PIECE, VAST };
static const struct peer_ops ops = { .ready = on_ready, .has = on_has,
	.has_bits = on_has_bits, .extended = on_extended, .block = on_block,
	.fed = on_fed, .asked = on_asked, .read = on_read };
static struct limit none[2]; /* no limits */

void
test_link(void)
{
	clock_set(1000000);
	shares();
	gives_back();
	resets();
	limit_init(&none[0], -1);
	limit_init(&none[1], -1);
	silences();
	endings();
	faults();
	dials();
	drips();
	reads_nothing();
	gives();
	handed();
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
	link_open(&e->link, sv[0], &a, limits, &ops, on_gone, e);
	peer_bind(&e->link.peer, NULL, hash, my_id, NULL);
	wire_handshake(&b, hash, my_id, 0);
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

	snprintf(e->why, sizeof e->why, "%s", why);
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
	limits[0].bucket.tokens = -1000000; /* nobody's turn comes soon */
	end_new(&e, limits);
	OK(write(e.fd, junk, sizeof junk) == sizeof junk);
	clock_run(NULL, NULL, 100);
	OK(!e.gone && link_held(&e.link));
	close(e.fd);
	e.fd = -1;
	clock_run(NULL, NULL, 100);
	OK(e.gone == 1 && !limits[0].bucket.first);
	OK(limits[0].bucket.tokens < -900000); /* it cost nobody else */
	end_free(&e);
	net_untimer(&limits[0].timer);
}

static void
on_has(void *arg, uint32_t piece)
{
	struct end *e = arg;

	(void)piece;
	e->nhas++;
	if (e->nhas == e->close_at)
		link_close(&e->link);
}

static void
on_has_bits(void *arg, const uint8_t *bits)
{
	(void)bits;
	((struct end *)arg)->nbits++;
}

static void
on_extended(void *arg)
{
	((struct end *)arg)->nextended++;
}

static int
on_block(void *arg, struct block b, const uint8_t *data, int64_t now_ms)
{
	struct end *e = arg;

	(void)now_ms;
	e->nblocks += b.len == BLOCK && data[0] == 'a' &&
	    data[BLOCK - 1] == 'z';
	return 0;
}

static void
on_fed(void *arg)
{
	(void)arg;
}

static void
on_asked(void *arg, uint32_t piece)
{
	(void)piece;
	link_wake(&((struct end *)arg)->link);
}

static int
on_read(void *arg, const struct block *b, uint8_t *const *data, int n)
{
	int i;

	for (i = 0; i < n; i++)
		memset(data[i], 'x', b[i].len);
	return ((struct end *)arg)->unread ? -1 : 0;
}

/* One whose handshakes are through, about a torrent of one piece, which we
 * have; the other side has heard them. */
static struct end *
shaped(struct limit limits[2], int can)
{
	struct end *e = xcalloc(1, sizeof *e);
	struct addr a = { { 0 }, 0 };
	struct buf b = { 0 };
	int sv[2];

	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	fcntl(sv[0], F_SETFL, O_NONBLOCK);
	fcntl(sv[1], F_SETFL, O_NONBLOCK);
	e->fd = sv[1];
	link_open(&e->link, sv[0], &a, limits, &ops, on_gone, e);
	peer_bind(&e->link.peer, &shape, hash, my_id, have);
	link_wake(&e->link);
	wire_handshake(&b, hash, my_id, 0);
	b.p[27] = can & CAN_FAST ? 4 : 0;
	say(e, b.p, b.len);
	buf_free(&b);
	clock_run(NULL, NULL, 1);
	OK(hear(e) == HANDSHAKE_LEN && !e->gone);
	return e;
}

/* All of it at once. */
static void
say(struct end *e, const void *p, size_t n)
{
	OK(write(e->fd, p, n) == (ssize_t)n);
}

/* How many bytes have come to the other side. */
static size_t
hear(struct end *e)
{
	static uint8_t sink[65536];
	size_t sum = 0;
	ssize_t n;

	while ((n = recv(e->fd, sink, sizeof sink, 0)) > 0)
		sum += (size_t)n;
	return sum;
}

static int
is_gone(void *arg)
{
	return ((struct end *)arg)->gone;
}

/* It has ended by itself, once and for that reason. */
static void
ended(struct end *e, const char *why)
{
	OK_FOR(why, e->gone == 1);
	OK_FOR(e->why, strcmp(e->why, why) == 0);
	end_free(e);
	free(e);
}

/* Who says nothing is waited for as long as peer.c says. */
static void
silences(void)
{
	struct addr a = { { 0 }, 0 };
	struct end *e = xcalloc(1, sizeof *e);
	int64_t began = net_now();
	int sv[2];

	CASE("link: who sends no handshake is gone after ten seconds");
	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	e->fd = sv[1];
	link_open(&e->link, sv[0], &a, none, &ops, on_gone, e);
	OK(clock_run(is_gone, e, HOUR_MS) && net_now() - began == 10000);
	ended(e, "no handshake for 10 s");
	CASE("link: a silent peer is gone after two minutes, kept alive once");
	e = shaped(none, 0);
	began = net_now() - 1;
	OK(clock_run(is_gone, e, HOUR_MS) && net_now() - began == 120000);
	OK(hear(e) == 4);
	ended(e, "silent for 120 s");
	CASE("link: one that is idle has no buffers");
	e = shaped(none, 0);
	say(e, "\0\0\0\5\4\0\0", 7);
	clock_run(NULL, NULL, 1);
	OK(e->link.in.p != NULL && e->nhas == 0);
	say(e, "\0\0", 2);
	clock_run(NULL, NULL, 1);
	OK(e->link.in.p == NULL && e->nhas == 1);
	clock_run(NULL, NULL, 50000);
	peer_announce(&e->link.peer, 0);
	link_wake(&e->link);
	clock_run(NULL, NULL, 1000);
	OK(e->link.peer.out.p != NULL && hear(e) == 9);
	clock_run(NULL, NULL, 60000);
	OK(e->link.peer.out.p == NULL && !e->gone);
	end_free(e);
	free(e);
}

/* The other side ends it. */
static void
endings(void)
{
	struct end *e;

	CASE("link: one that closes is gone, also within a message");
	e = shaped(none, 0);
	say(e, "\0\0\0\5\4\0\0", 7);
	OK(shutdown(e->fd, SHUT_RDWR) == 0);
	OK(clock_run(is_gone, e, 1000));
	ended(e, "closed by the other side");
	CASE("link: what it said before it closed is heard");
	e = shaped(none, 0);
	say(e, "\0\0\0\5\4\0\0\0\0", 9);
	OK(shutdown(e->fd, SHUT_RDWR) == 0);
	OK(clock_run(is_gone, e, 1000) && e->nhas == 1);
	ended(e, "closed by the other side");
	CASE("link: why peer hangs up is told");
	e = shaped(none, 0);
	say(e, "\0\0\0\5\4\0\0\0\0\0\0\0\2\0x\0\0\0\5\4\0\0\0\0", 24);
	OK(clock_run(is_gone, e, 1000) && e->nhas == 1);
	ended(e, "a choke of 1 bytes");
	CASE("link: nothing is called after link_close, in the middle of all");
	e = shaped(none, 0);
	e->close_at = 1;
	say(e, "\0\0\0\5\4\0\0\0\0\0\0\0\5\4\0\0\0\0\0\0\0\2\0x", 24);
	clock_run(NULL, NULL, 1000);
	OK(e->nhas == 1 && !e->gone);
	link_close(&e->link);
	end_free(e);
	free(e);
}

/* Calls fail. */
static void
faults(void)
{
	static const struct {
		enum fault call;
		int err, ends;
	} at[] = {
		{ FAULT_RECV, ECONNRESET, 1 }, { FAULT_RECV, ETIMEDOUT, 1 },
		{ FAULT_RECV, EAGAIN, 0 }, { FAULT_RECV, EINTR, 0 },
		{ FAULT_SEND, EPIPE, 1 }, { FAULT_SEND, ECONNRESET, 1 },
		{ FAULT_SEND, EAGAIN, 0 }, { FAULT_SEND, EINTR, 0 },
	};
	struct end *e;
	size_t i;

	CASE("link: a call that fails ends it, and what passes does not");
	for (i = 0; i < LEN(at); i++) {
		e = shaped(none, 0);
		fault_set(at[i].call, 1, at[i].err);
		say(e, "\0\0\0\5\4\0\0\0\0", 9);
		peer_announce(&e->link.peer, 0);
		link_wake(&e->link);
		OK(clock_run(is_gone, e, 1000) == at[i].ends);
		OK(fault_count(at[i].call) >= 1);
		fault_clear();
		if (at[i].ends) {
			ended(e, strerror(at[i].err));
			continue;
		}
		OK(e->nhas == 1 && hear(e) == 9);
		end_free(e);
		free(e);
	}
	CASE("link: data that cannot be read ends it");
	e = shaped(none, 0);
	e->unread = 1;
	peer_choke(&e->link.peer, 0);
	say(e, "\0\0\0\15\6\0\0\0\0\0\0\0\0\0\0\1\0", 17);
	OK(clock_run(is_gone, e, 1000));
	ended(e, "reading our data failed");
}

/* What we dial. */
static void
dials(void)
{
	struct addr a, other;
	int fd, full[8], i;

	CASE("sock: what cannot be dialled is told");
	OK(addr_parse(&a, "127.0.0.1:9", 1) == 0);
	fault_set(FAULT_SOCKET, 1, 0);
	OK(sock_dial(&a, NULL) == -1 && errno == EMFILE);
	fault_set(FAULT_CONNECT, 1, ENETUNREACH);
	OK(sock_dial(&a, NULL) == -1 && errno == ENETUNREACH);
	fault_clear();
	CASE("sock: a dial goes out from the address that it is told");
	OK(addr_parse(&other, "127.0.0.77:9", 1) == 0);
	fd = sock_dial_udp(&a, &other);
	OK(fd >= 0 && sock_local(fd, &a) == 0);
	OK(addr_same_ip(&a, &other) && a.port != 9);
	close(fd);
	CASE("sock: which does not lead to another family");
	OK(addr_parse(&other, "[::1]:9", 1) == 0);
	OK(sock_dial(&a, &other) == -1 && errno == EADDRNOTAVAIL);
	OK(sock_dial(&other, &a) == -1 && errno == EADDRNOTAVAIL);
	CASE("link: what refuses is gone");
	a.port = 0;
	fd = sock_listen(&a);
	OK(fd >= 0);
	close(fd);
	dial(&a, strerror(ECONNREFUSED), 1000);
	CASE("link: what does not answer is gone after ten seconds");
	a.port = 0;
	fd = sock_listen(&a);
	OK(fd >= 0 && listen(fd, 0) == 0);
	for (i = 0; i < 8; i++) /* until its queue is full */
		full[i] = sock_dial(&a, NULL);
	dial(&a, "connecting took too long", HOUR_MS);
	for (i = 0; i < 8; i++)
		close(full[i]);
	close(fd);
}

/* Dialling an address ends so. */
static void
dial(const struct addr *a, const char *why, int ms)
{
	struct end *e = xcalloc(1, sizeof *e);
	int64_t began = net_now();

	e->fd = -1;
	e->link.outgoing = 1;
	link_open(&e->link, sock_dial(a, NULL), a, none, &ops, on_gone, e);
	peer_bind(&e->link.peer, &shape, hash, my_id, have);
	OK(e->link.outgoing && clock_run(is_gone, e, ms));
	OK(net_now() - began <= 10000);
	ended(e, why);
}

/* Long messages that come by and by. */
static void
drips(void)
{
	uint8_t *b = xcalloc(1, 13 + BLOCK), *bits;
	struct end *e = shaped(none, 0);
	size_t i, n = 13 + BLOCK, k;

	CASE("link: a block that comes in drips is whole, and leaves nothing");
	put32(b, 9 + BLOCK);
	b[4] = MSG_PIECE;
	b[13] = 'a';
	b[n - 1] = 'z';
	for (i = 0; i < n; i += k) {
		k = i > 3000 && i < 97000 ? 14 : 1;
		say(e, b + i, k);
		clock_run(NULL, NULL, 1);
	}
	OK(e->nblocks == 1 && e->link.in.p == NULL && !e->gone);
	CASE("link: a bit field that no buffer holds comes whole");
	e->link.peer.sh = vast;
	bits = xcalloc(1, 5 + VAST / 8);
	put32(bits, 1 + VAST / 8);
	bits[4] = MSG_BITFIELD;
	for (i = 0; i < 5 + VAST / 8; i += k) {
		k = MIN(100000, 5 + VAST / 8 - i);
		say(e, bits + i, k);
		clock_run(NULL, NULL, 1);
	}
	OK(e->nbits == 1 && e->link.in.p == NULL && !e->gone);
	free(bits);
	e->link.peer.sh = shape;
	CASE("link: a block that comes in two is whole, twice");
	for (i = 0; i < 2; i++) {
		say(e, b, 60000);
		clock_run(NULL, NULL, 1);
		OK(buf_left(&e->link.in) == 60000);
		say(e, b + 60000, n - 60000);
		say(e, "\0\0\0\5\4", 5);
		clock_run(NULL, NULL, 1);
		OK(buf_left(&e->link.in) == 5);
		say(e, "\0\0\0\0", 4);
		clock_run(NULL, NULL, 1);
	}
	OK(e->nblocks == 3 && e->nhas == 2 && e->link.in.p == NULL);
	end_free(e);
	free(e);
	free(b);
}

/* Of one that takes nothing nothing is heard, but kept until it does. */
static void
reads_nothing(void)
{
	struct end *e = shaped(none, 0);
	struct buf b = { 0 };
	int64_t down;
	int i;

	CASE("link: of a peer that reads nothing, nothing is read");
	do {
		for (i = 0; i < 1000; i++)
			peer_announce(&e->link.peer, 0);
		link_wake(&e->link);
		clock_run(NULL, NULL, 1);
	} while (!peer_is_clogged(&e->link.peer));
	down = e->link.down;
	say(e, "\0\0\0\5\4\0\0\0\0", 9);
	clock_run(NULL, NULL, 1000);
	OK(e->link.down == down && e->nhas == 0 && !e->gone);
	CASE("link: when it takes it, it is heard");
	while (hear(e) > 0)
		clock_run(NULL, NULL, 1);
	OK(e->link.down == down + 9 && e->nhas == 1 && !e->gone);
	CASE("link: what it said before its queue was full is not lost");
	peer_choke(&e->link.peer, 0);
	for (i = 0; i < 2200; i++)
		buf_put(&b, (uint8_t[17]){ [3] = 13, MSG_REQUEST,
		    [11] = (uint8_t)(i >> 8), (uint8_t)i, [16] = 64 }, 17);
	buf_put(&b, "\0\0\0\5\4\0\0\0\0", 9);
	say(e, b.p, b.len);
	buf_free(&b);
	for (i = 0; i < 100 && e->nhas == 1; i++) {
		clock_run(NULL, NULL, 1);
		hear(e);
	}
	OK(e->nhas == 2 && !e->gone);
	end_free(e);
	free(e);
}

/* What is given, up to a limit. */
static void
gives(void)
{
	struct limit limits[2];
	struct end *e;
	uint8_t ask[17] = { 0, 0, 0, 13, MSG_REQUEST, [15] = 64 };
	size_t sum = 0;
	int i;

	CASE("link: all blocks that were asked for are given");
	e = shaped(none, 0);
	peer_choke(&e->link.peer, 0);
	for (i = 0; i < 64; i++) {
		put32(ask + 9, (uint32_t)i * 16384);
		say(e, ask, sizeof ask);
	}
	for (i = 0; i < 1000 && sum < PIECE + 64 * 13 + 5; i++) {
		clock_run(NULL, NULL, 1);
		sum += hear(e);
	}
	OK(sum == PIECE + 64 * 13 + 5 && !e->gone);
	OK(!peer_owes(&e->link.peer));
	OK(e->link.up == (int64_t)sum + HANDSHAKE_LEN);
	end_free(e);
	free(e);
	CASE("link: at 20 KB a second, so many are");
	limit_init(&limits[0], -1);
	limit_init(&limits[1], 20000);
	e = shaped(limits, 0);
	peer_choke(&e->link.peer, 0);
	for (i = 0; i < 64; i++) {
		put32(ask + 9, (uint32_t)i * 16384);
		say(e, ask, sizeof ask);
	}
	for (i = 0, sum = 0; i < 100; i++) {
		clock_run(NULL, NULL, 100);
		sum += hear(e);
	}
	OK(sum > 180000 && sum < 240000 && !e->gone);
	CASE("link: one that goes while it waits for that is gone");
	OK(shutdown(e->fd, SHUT_RDWR) == 0);
	OK(clock_run(is_gone, e, 100));
	net_untimer(&limits[1].timer);
	ended(e, "closed by the other side");
}

static void
handed(void)
{
	struct end *e = shaped(none, 0), *to = xcalloc(1, sizeof *to);

	CASE("link: one that is handed on tells its new owner");
	link_hand(&e->link, &ops, on_gone, to);
	say(e, "\0\0\0\5\4\0\0\0\0", 9);
	OK(shutdown(e->fd, SHUT_RDWR) == 0);
	OK(clock_run(is_gone, to, 1000) && to->nhas == 1);
	OK(!e->gone && e->nhas == 0);
	free(to);
	end_free(e);
	free(e);
}
