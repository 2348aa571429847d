/* Loads a tracker on this host with announces, for bench.sh:
 *
 *	load udp|http|keep PORT SECONDS TORRENTS NUMWANT
 *	load hashes TORRENTS
 *
 * CALLERS callers have one announce each that waits for its answer; who has
 * his answer sends the next.  Each announce is of a peer that the tracker does
 * not know yet (id, key, port), half of them seeds, which has started on a
 * random torrent.  http calls anew for each announce, keep stays on the line.
 * Over UDP, where an announce costs little more than its system calls, some
 * callers share a socket, and what they say travels in batches.
 *
 * The info hashes are the same in each run, and hashes prints them, for a
 * tracker that serves only those on a list.
 *
 * All answers are checked.  At the end it prints a line: answers a second, how
 * many were right and how many wrong, how many announces had no answer in
 * time, and how many peers the mean answer held. */
#define _GNU_SOURCE /* recvmmsg, sendmmsg */
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util.h"
#include "rand.h"
#include "sha1.h"
#include "bencode.h"
#include "url.h"
#include "http.h"

enum {
	CALLERS      = 256,
	BATCH        = 32,   /* callers of a UDP socket, a power of 2 */
	LOST_MS      = 1000,
	TRIES        = 5,
	TORRENTS_MAX = 10000000,
	SECONDS_MAX  = 50,   /* a connection id is good for a minute */
	LEFT         = 1000000,
	COMPACT      = 6,
	ANNOUNCE_LEN = 98,
	NUMWANT_MAX  = 200,
	UDP_MAX      = 2048,
	HTTP_MAX     = 65536
};

struct caller {
	int busy;
	int64_t since_ms;        /* when it asked */
	uint32_t transaction;    /* UDP; modulo BATCH, whose of a socket's */
	struct line *line;       /* borrowed from load, as is this */
	struct pollfd *poll;     /* HTTP; fd -1: no call */
	struct buf in;           /* owned */
	struct http_reply reply;
};

/* A UDP socket. */
struct line {
	struct pollfd *poll;     /* borrowed from load */
	struct caller *callers;  /* BATCH of load's */
	uint64_t connection;
	int nout;                /* announces to be sent */
	uint8_t out[BATCH][ANNOUNCE_LEN];
};

struct load {
	int is_udp, is_keep;
	uint16_t port;
	uint32_t ntorrents;
	int numwant;
	uint8_t *hashes;         /* owned, ID_LEN each */
	uint64_t rnd;
	int64_t now_ms, until_ms;
	int nbusy;               /* callers */
	struct caller callers[CALLERS];
	struct line lines[CALLERS / BATCH];
	struct pollfd polls[CALLERS];
	int nlines, npolls;
	struct buf out;          /* owned: a request in the making */
	uint64_t right, wrong, lost, peers;
	int64_t last_ms;         /* when the last answer came */
};

/* A peer that starts. */
struct newcomer {
	const uint8_t *hash;
	uint8_t id[ID_LEN];
	uint32_t key, left;
	uint16_t port;
};

static void usage(void) NORETURN;
static long number(const char *s, long min, long max);
static uint8_t *make_hashes(uint32_t n);
static int print_hashes(uint32_t n);
static int64_t clock_ms(void);
static void run(struct load *l, int seconds);
static void open_all(struct load *l);
static void on_ready(struct load *l, int i);
static void look_for_late(struct load *l);
static void next(struct load *l, struct caller *c);
static void answered(struct load *l, struct caller *c, int npeers);
static void lose(struct load *l, struct caller *c);
static struct newcomer newcomer(struct load *l);
static int dial(uint16_t port, int type);
static void line_open(struct load *l, struct line *line);
static void ask_udp(struct load *l, struct caller *c);
static void line_send(struct line *line);
static void line_receive(struct load *l, struct line *line);
static void on_udp(struct load *l, struct line *line, const uint8_t *p,
    size_t n);
static int peers_of_udp(const struct load *l, const uint8_t *p, size_t n);
static void call(struct load *l, struct caller *c);
static void hang_up(struct caller *c);
static void ask_http(struct load *l, struct caller *c);
static void on_http(struct load *l, struct caller *c);
static int peers_of_http(const struct load *l, const struct caller *c);

int
main(int argc, char **argv)
{
	static struct load l;
	int seconds, i;

	if (argc == 3 && strcmp(argv[1], "hashes") == 0)
		return print_hashes((uint32_t)number(argv[2], 1,
		    TORRENTS_MAX));
	if (argc != 6)
		usage();
	l.is_udp = strcmp(argv[1], "udp") == 0;
	l.is_keep = strcmp(argv[1], "keep") == 0;
	if (!l.is_udp && !l.is_keep && strcmp(argv[1], "http") != 0)
		usage();
	l.port = (uint16_t)number(argv[2], 1, 65535);
	seconds = (int)number(argv[3], 1, SECONDS_MAX);
	l.ntorrents = (uint32_t)number(argv[4], 1, TORRENTS_MAX);
	l.numwant = (int)number(argv[5], 0, NUMWANT_MAX);
	l.hashes = make_hashes(l.ntorrents);
	rnd_bytes(&l.rnd, sizeof l.rnd);
	l.rnd |= 1; /* any but 0 */
	run(&l, seconds);
	printf("%.0f a second, %" PRIu64 " right, %" PRIu64 " wrong, %" PRIu64
	    " lost, %.1f peers each\n", (double)(l.right + l.wrong) * 1000 /
	    (double)MAX(l.last_ms - l.until_ms + seconds * 1000, 1), l.right,
	    l.wrong, l.lost, (double)l.peers / (double)MAX(l.right, 1));
	for (i = 0; i < CALLERS; i++) {
		buf_free(&l.callers[i].in);
		buf_free(&l.callers[i].reply.body);
	}
	buf_free(&l.out);
	free(l.hashes);
	return l.right == 0;
}

static void
usage(void)
{
	fputs("usage: load udp|http|keep port seconds torrents numwant\n"
	    "       load hashes torrents\n", stderr);
	exit(EXIT_USAGE);
}

static long
number(const char *s, long min, long max)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(s, &end, 10);
	if (errno || end == s || *end || n < min || n > max)
		usage();
	return n;
}

static uint8_t *
make_hashes(uint32_t n)
{
	uint8_t *list = xmalloc((size_t)n * ID_LEN);
	uint64_t rnd = 1;
	size_t i;

	for (i = 0; i < (size_t)n * ID_LEN; i += 4)
		put32(list + i, rnd_next(&rnd));
	return list;
}

static int
print_hashes(uint32_t n)
{
	uint8_t *list = make_hashes(n);
	char digits[2 * ID_LEN + 1];
	uint32_t i;

	for (i = 0; i < n; i++) {
		hex(digits, list + (size_t)i * ID_LEN, ID_LEN);
		puts(digits);
	}
	free(list);
	if (fflush(stdout) == EOF || ferror(stdout))
		die("write standard output:");
	return EXIT_OK;
}

static int64_t
clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
run(struct load *l, int seconds)
{
	int64_t look_ms;
	int i;

	open_all(l);
	l->now_ms = l->last_ms = look_ms = clock_ms();
	l->until_ms = l->now_ms + seconds * 1000;
	l->nbusy = CALLERS;
	for (i = 0; i < CALLERS; i++)
		next(l, &l->callers[i]);
	while (l->nbusy > 0) {
		for (i = 0; i < l->nlines; i++)
			line_send(&l->lines[i]);
		if (poll(l->polls, (nfds_t)l->npolls, LOST_MS / 10) < 0 &&
		    errno != EINTR)
			die("poll:");
		l->now_ms = clock_ms();
		for (i = 0; i < l->npolls; i++)
			if (l->polls[i].fd >= 0 && l->polls[i].revents)
				on_ready(l, i);
		if (l->now_ms - look_ms >= LOST_MS / 10) {
			look_for_late(l);
			look_ms = l->now_ms;
		}
	}
}

static void
open_all(struct load *l)
{
	int i;

	l->nlines = l->is_udp ? LEN(l->lines) : 0;
	l->npolls = l->is_udp ? l->nlines : CALLERS;
	for (i = 0; i < l->npolls; i++)
		l->polls[i].fd = -1;
	for (i = 0; i < l->nlines; i++) {
		l->lines[i].poll = &l->polls[i];
		l->lines[i].callers = &l->callers[i * BATCH];
		line_open(l, &l->lines[i]);
	}
	for (i = 0; i < CALLERS; i++) {
		l->callers[i].poll = &l->polls[i];
		l->callers[i].line = &l->lines[i / BATCH];
	}
}

static void
on_ready(struct load *l, int i)
{
	if (l->is_udp)
		line_receive(l, &l->lines[i]);
	else if (l->polls[i].events == POLLOUT)
		ask_http(l, &l->callers[i]);
	else
		on_http(l, &l->callers[i]);
}

static void
look_for_late(struct load *l)
{
	int i;

	for (i = 0; i < CALLERS; i++)
		if (l->callers[i].busy &&
		    l->now_ms - l->callers[i].since_ms >= LOST_MS)
			lose(l, &l->callers[i]);
}

/* The caller's next announce, or its end. */
static void
next(struct load *l, struct caller *c)
{
	c->busy = l->now_ms < l->until_ms;
	c->since_ms = l->now_ms;
	if (!c->busy)
		l->nbusy--;
	if (l->is_udp && c->busy)
		ask_udp(l, c);
	else if (c->busy)
		ask_http(l, c);
	else if (!l->is_udp)
		hang_up(c);
}

/* npeers: what the answer held, or -1 if it is wrong. */
static void
answered(struct load *l, struct caller *c, int npeers)
{
	l->last_ms = l->now_ms;
	if (npeers < 0) {
		l->wrong++;
	} else {
		l->right++;
		l->peers += (uint64_t)npeers;
	}
	if (!l->is_udp && (!l->is_keep || npeers < 0))
		hang_up(c);
	next(l, c);
}

static void
lose(struct load *l, struct caller *c)
{
	l->lost++;
	if (!l->is_udp)
		hang_up(c);
	next(l, c);
}

static struct newcomer
newcomer(struct load *l)
{
	struct newcomer who = { .id = "-LD0001-" };
	int i;

	who.hash = l->hashes + (size_t)rnd_below(&l->rnd, l->ntorrents) *
	    ID_LEN;
	for (i = 8; i < ID_LEN; i += 4)
		put32(who.id + i, rnd_next(&l->rnd));
	who.key = rnd_next(&l->rnd);
	who.left = rnd_below(&l->rnd, 2) ? LEFT : 0;
	who.port = (uint16_t)(1 + rnd_below(&l->rnd, 65535));
	return who;
}

/* A socket to the tracker, which is on this host: no other is ever sent to. */
static int
dial(uint16_t port, int type)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);

	to.sin_port = htons(port);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0)
		die("socket:");
	if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 &&
	    errno != EINPROGRESS)
		die("connect to port %u:", port);
	return fd;
}

/* With a connection id. */
static void
line_open(struct load *l, struct line *line)
{
	uint32_t transaction;
	uint8_t p[16];
	int fd = dial(l->port, SOCK_DGRAM), i;

	line->poll->fd = fd;
	line->poll->events = POLLIN;
	for (i = 0; i < TRIES; i++) {
		transaction = rnd_next(&l->rnd);
		put64(p, UINT64_C(0x41727101980));
		put32(p + 8, 0);
		put32(p + 12, transaction);
		if (send(fd, p, sizeof p, 0) < 0)
			break;
		if (poll(line->poll, 1, LOST_MS) != 1)
			continue;
		if (recv(fd, p, sizeof p, 0) == sizeof p &&
		    get32(p) == 0 && get32(p + 4) == transaction) {
			line->connection = get64(p + 8);
			return;
		}
	}
	die("port %u: no connection id over UDP", l->port);
}

static void
ask_udp(struct load *l, struct caller *c)
{
	struct newcomer who = newcomer(l);
	uint8_t *p = c->line->out[c->line->nout++];

	c->transaction = (rnd_next(&l->rnd) & ~(BATCH - 1U)) |
	    (uint32_t)(c - c->line->callers);
	memset(p, 0, ANNOUNCE_LEN);
	put64(p, c->line->connection);
	put32(p + 8, 1);
	put32(p + 12, c->transaction);
	memcpy(p + 16, who.hash, ID_LEN);
	memcpy(p + 36, who.id, ID_LEN);
	put64(p + 64, who.left);
	put32(p + 80, 2);
	put32(p + 88, who.key);
	put32(p + 92, (uint32_t)l->numwant);
	put16(p + 96, who.port);
}

static void
line_send(struct line *line)
{
	struct mmsghdr msgs[BATCH];
	struct iovec iov[BATCH];
	int i, n;

	memset(msgs, 0, sizeof *msgs * (size_t)line->nout);
	for (i = 0; i < line->nout; i++) {
		iov[i].iov_base = line->out[i];
		iov[i].iov_len = ANNOUNCE_LEN;
		msgs[i].msg_hdr.msg_iov = &iov[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	for (i = 0; i < line->nout; i += n) {
		n = sendmmsg(line->poll->fd, msgs + i,
		    (unsigned)(line->nout - i), 0);
		if (n < 0)
			die("send:");
	}
	line->nout = 0;
}

static void
line_receive(struct load *l, struct line *line)
{
	uint8_t in[BATCH][UDP_MAX];
	struct mmsghdr msgs[BATCH];
	struct iovec iov[BATCH];
	int i, n;

	memset(msgs, 0, sizeof msgs);
	for (i = 0; i < BATCH; i++) {
		iov[i].iov_base = in[i];
		iov[i].iov_len = UDP_MAX;
		msgs[i].msg_hdr.msg_iov = &iov[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	n = recvmmsg(line->poll->fd, msgs, BATCH, 0, NULL);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		die("receive:");
	for (i = 0; i < n; i++)
		on_udp(l, line, in[i], msgs[i].msg_len);
}

/* What answers no announce that waits is wrong, and nobody's answer. */
static void
on_udp(struct load *l, struct line *line, const uint8_t *p, size_t n)
{
	struct caller *c = NULL;

	if (n >= 8)
		c = &line->callers[get32(p + 4) % BATCH];
	if (c && c->busy && c->transaction == get32(p + 4))
		answered(l, c, peers_of_udp(l, p, n));
	else
		l->wrong++;
}

/* How many peers there are in an answer, or -1: it is wrong. */
static int
peers_of_udp(const struct load *l, const uint8_t *p, size_t n)
{
	size_t npeers;

	if (n < 20 || get32(p) != 1 || (n - 20) % COMPACT != 0)
		return -1;
	npeers = (n - 20) / COMPACT;
	if (npeers > (size_t)l->numwant ||
	    npeers > (uint64_t)get32(p + 12) + get32(p + 16))
		return -1;
	return (int)npeers;
}

static void
call(struct load *l, struct caller *c)
{
	/* what closes so leaves no state that would take up its port */
	static const struct linger at_once = { .l_onoff = 1 };

	c->poll->fd = dial(l->port, SOCK_STREAM);
	c->poll->revents = 0;
	setsockopt(c->poll->fd, SOL_SOCKET, SO_LINGER, &at_once,
	    sizeof at_once);
}

static void
hang_up(struct caller *c)
{
	if (c->poll->fd >= 0)
		close(c->poll->fd);
	c->poll->fd = -1;
}

/* An announce that cannot be sent yet is made anew when it can. */
static void
ask_http(struct load *l, struct caller *c)
{
	struct newcomer who = newcomer(l);
	struct buf body = c->reply.body;
	ssize_t n;

	memset(&c->reply, 0, sizeof c->reply);
	c->reply.limit = HTTP_MAX;
	body.at = body.len = c->in.at = c->in.len = 0;
	c->reply.body = body;
	l->out.at = l->out.len = 0;
	buf_printf(&l->out, "GET /announce?info_hash=");
	pct_encode(&l->out, who.hash, ID_LEN);
	buf_printf(&l->out, "&peer_id=");
	pct_encode(&l->out, who.id, ID_LEN);
	buf_printf(&l->out, "&port=%u&uploaded=0&downloaded=0&left=%u"
	    "&compact=1&numwant=%d&event=started&key=%08x HTTP/1.1\r\n"
	    "Host: 127.0.0.1:%u\r\nUser-Agent: load\r\nConnection: %s\r\n\r\n",
	    who.port, (unsigned)who.left, l->numwant, (unsigned)who.key,
	    l->port, l->is_keep ? "keep-alive" : "close");
	if (c->poll->fd < 0)
		call(l, c);
	n = send(c->poll->fd, l->out.p, l->out.len, MSG_NOSIGNAL);
	c->poll->events = n < 0 ? POLLOUT : POLLIN;
	if (n < 0 && errno == ECONNREFUSED)
		die("call port %u:", l->port);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		l->lost++; /* the tracker has hung up before */
		hang_up(c);
		call(l, c);
	}
}

static void
on_http(struct load *l, struct caller *c)
{
	ssize_t n = recv(c->poll->fd, buf_room(&c->in, HTTP_HEAD_MAX),
	    HTTP_HEAD_MAX, 0);
	int done;
	long k;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0 && errno == ECONNREFUSED)
		die("call port %u:", l->port);
	if (n < 0 || (n == 0 && c->reply.status == 0)) {
		lose(l, c);
		return;
	}
	c->in.len += (size_t)n;
	k = http_reply_feed(&c->reply, c->in.p + c->in.at, buf_left(&c->in));
	if (k < 0) {
		answered(l, c, -1);
		return;
	}
	buf_take(&c->in, (size_t)k);
	done = http_reply_done(&c->reply) ||
	    (n == 0 && http_reply_eof(&c->reply));
	if (n == 0 || (l->is_keep && done))
		answered(l, c, done ? peers_of_http(l, c) : -1);
}

/* The same of a reply that is whole. */
static int
peers_of_http(const struct load *l, const struct caller *c)
{
	const struct buf *body = &c->reply.body;
	struct span dict = { body->p, body->len }, peers;

	if (c->reply.status != 200 || buf_left(&c->in) > 0 ||
	    dict.n == 0 || ben_parse(dict.p, dict.n) != (long)dict.n ||
	    ben_kind(dict) != 'd' || ben_get(dict, "interval").n == 0 ||
	    ben_str(ben_get(dict, "peers"), &peers) < 0 ||
	    peers.n % COMPACT != 0 ||
	    peers.n / COMPACT > (size_t)l->numwant)
		return -1;
	return (int)(peers.n / COMPACT);
}
