/* serve: a tracker's sockets on loopback, its callers in the same loop.  What
 * takes time passes by the test's clock; all else is waited for. */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
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
#include "udpt.h"
#include "net.h"
#include "track/answer.h"
#include "track/serve.h"
#include "unit.h"
#include "fault.h"

enum {
	WAIT_MS = 10000, /* the most that an event is waited for */
	PLACES  = 1000   /* of callers */
};

/* One who calls, and what he has heard. */
struct client {
	struct io io;
	struct buf got;  /* owned; what is no whole reply yet */
	struct buf status; /* owned: two bytes for each that was */
	int closed;      /* nothing more comes, */
	int reset;       /* and nothing is taken */
	int deaf;        /* reads nothing */
};

static void halves(void);
static void pipelines(void);
static void slow(void);
static void refusals(void);
static void places(void);
static void no_descriptor(void);
static void scrapes(void);
static void datagrams(void);
static void ends(void);
static void begin(int full_scrape);
static void end(void);
static void dial(struct client *c);
static void say(struct client *c, const char *text);
static void hang_up(struct client *c);
static int hears(struct client *c, int n);
static int is_closed(struct client *c);
static int is_reset(struct client *c);
static int told(struct client *c);
static int until(struct client *c, int (*has)(const struct client *c, int n),
    int n);
static int has_replies(const struct client *c, int n);
static int has_end(const struct client *c, int n);
static int has_reset(const struct client *c, int n);
static int has_bytes(const struct client *c, int n);
static int replies(const struct client *c);
static long whole(const struct client *c, int *status);
static int status_of(const struct client *c, int n);
static void pass(int64_t ms);
static int nfds(void);
static void on_reply(struct io *io, short got, int64_t now_ms);
static void on_event(void *arg, const struct answer_event *ev);
static void on_deadline(struct timer *t, int64_t now_ms);

static const char stats[] = "GET /stats HTTP/1.1\r\n\r\n";
static struct server *server;
static struct answerer *track;
static uint16_t port;
static int nevents;
/* Whom the loop runs for. */
static struct {
	struct client *c;
	int late;
} want;

void
test_serve(void)
{
	int before = nfds();

	clock_set(net_now());
	clock_flow(1);
	begin(0);
	halves();
	pipelines();
	slow();
	refusals();
	no_descriptor();
	datagrams();
	ends();
	begin(1);
	scrapes();
	end();
	begin(0);
	places();
	end();
	CASE("serve: nothing stays open");
	OK(nfds() == before);
	clock_flow(0);
	clock_set(0);
	fault_clear();
}

static void
halves(void)
{
	struct client a = { 0 }, b = { 0 };
	const char *p;
	char one[2] = "";

	CASE("serve: half a request waits for the other half");
	dial(&a);
	say(&a, "GET /stats HT");
	dial(&b);
	say(&b, stats);
	OK(hears(&b, 1) && replies(&a) == 0 && !a.closed);
	say(&a, "TP/1.1\r\n\r\n");
	OK(hears(&a, 1) && status_of(&a, 1) == 200);
	CASE("serve: a request comes byte by byte, too");
	for (p = stats; *p; p++) {
		*one = *p;
		say(&a, one);
	}
	OK(hears(&a, 2) && status_of(&a, 2) == 200);
	CASE("serve: who does not end a request in time is closed, no other");
	say(&a, "GET /stats HT");
	pass(9000);
	say(&b, stats);
	OK(hears(&b, 2));
	pass(2000);
	OK(is_closed(&a));
	say(&b, stats);
	OK(hears(&b, 3) && !b.closed);
	CASE("serve: half a request and an end is an end");
	hang_up(&a);
	dial(&a);
	say(&a, "GET /stats HT");
	shutdown(a.io.fd, SHUT_WR);
	OK(is_closed(&a) && replies(&a) == 0);
	CASE("serve: who wants no more is closed when he has his reply");
	say(&b, "GET /stats HTTP/1.0\r\n\r\n");
	OK(is_closed(&b) && replies(&b) == 4);
	hang_up(&a);
	hang_up(&b);
}

static void
pipelines(void)
{
	enum { N = 300 };
	struct client a = { 0 }, b = { 0 };
	struct buf many = { 0 };
	int i;

	CASE("serve: many requests at once are all answered, in order");
	for (i = 0; i < N; i++)
		buf_printf(&many, "GET %s HTTP/1.1\r\n\r\n", i % 3 ? "/stats" :
		    "/none");
	buf_put(&many, "", 1);
	dial(&a);
	say(&a, (const char *)many.p);
	dial(&b);
	say(&b, stats);
	OK(hears(&b, 1));
	CASE("serve: and keep nobody waiting until their end");
	OK(replies(&a) < N);
	OK(hears(&a, N));
	for (i = 0; i < N; i++)
		OK(status_of(&a, 1 + i) == (i % 3 ? 200 : 404));
	buf_free(&many);
	hang_up(&a);
	hang_up(&b);
}

/* The replies to what a caller asks are far longer than that. */
static void
slow(void)
{
	enum { MOST = 64 << 20, LINE = sizeof stats - 1 };
	struct client a = { .deaf = 1 }, b = { 0 };
	ssize_t n = 1, sent = 0;
	int tries = 0;

	CASE("serve: of who reads nothing, no more is read");
	dial(&a);
	dial(&b);
	while (sent < MOST && tries < 3) {
		n = send(a.io.fd, stats + sent % LINE, (size_t)(LINE -
		    sent % LINE), MSG_NOSIGNAL);
		if (n > 0) {
			sent += n;
			tries = 0;
			continue;
		}
		say(&b, stats);
		OK(hears(&b, replies(&b) + 1));
		tries++;
	}
	OK(sent < MOST);
	CASE("serve: he has all his replies when he reads again");
	a.deaf = 0;
	net_want(&a.io, POLLIN);
	OK(hears(&a, (int)(sent / LINE)));
	hang_up(&a);
	hang_up(&b);
}

static void
refusals(void)
{
	static const struct { const char *text; int status; } tries[] = {
		{ "rubbish\r\n\r\n", 400 }, { "GET\r\n\r\n", 400 },
		{ "POST /announce HTTP/1.1\r\n\r\n", 405 }
	};
	static char line[20000];
	struct client a = { 0 };
	size_t i, sent;
	ssize_t n;

	CASE("serve: who is refused hears why, though he still sends");
	for (i = 0; i < LEN(tries); i++) {
		dial(&a);
		say(&a, tries[i].text);
		OK_FOR(tries[i].text, hears(&a, 1));
		OK_FOR(tries[i].text, status_of(&a, 1) == tries[i].status);
		hang_up(&a);
	}
	memset(line, 'x', sizeof line - 1);
	dial(&a);
	say(&a, line);
	OK(hears(&a, 1) && status_of(&a, 1) == 414);
	hang_up(&a);
	memcpy(line, "GET / HTTP/1.1\nx:", 17);
	dial(&a);
	say(&a, line);
	OK(hears(&a, 1) && status_of(&a, 1) == 431);
	CASE("serve: what he sends then is thrown away, up to a limit");
	for (sent = 0; !a.reset && sent < 64 << 20; ) {
		n = send(a.io.fd, line, sizeof line - 1, MSG_NOSIGNAL);
		sent += n > 0 ? (size_t)n : 0;
		clock_run(NULL, NULL, 0); /* a round */
	}
	OK(sent >= 1 << 20 && sent < 64 << 20);
	hang_up(&a);
	CASE("serve: or for a time");
	dial(&a);
	say(&a, "rubbish\r\n\r\n");
	OK(hears(&a, 1));
	OK(is_closed(&a));
	pass(1900);
	say(&a, "more");
	OK(!a.reset);
	pass(200);
	say(&a, "more");
	OK(is_reset(&a));
	hang_up(&a);
}

static void
places(void)
{
	static struct client all[PLACES];
	struct client last = { 0 };
	struct rlimit old, more;
	int i, closed = 0;

	CASE("serve: when all places are taken, who waited longest goes");
	getrlimit(RLIMIT_NOFILE, &old);
	more = old;
	more.rlim_cur = MIN(old.rlim_max, 3 * PLACES);
	setrlimit(RLIMIT_NOFILE, &more);
	if (more.rlim_cur < 3 * PLACES) {
		OK(1); /* so many callers cannot be had here */
		return;
	}
	for (i = 0; i < PLACES; i++) {
		dial(&all[i]);
		say(&all[i], stats);
		OK(hears(&all[i], 1));
	}
	say(&all[0], stats); /* he is young again */
	OK(hears(&all[0], 2));
	dial(&last);
	say(&last, stats);
	OK(hears(&last, 1));
	OK(is_closed(&all[1]));
	for (i = 0; i < PLACES; i++)
		closed += all[i].closed;
	OK(closed == 1);
	for (i = 0; i < PLACES; i++)
		hang_up(&all[i]);
	hang_up(&last);
	setrlimit(RLIMIT_NOFILE, &old);
}

static void
no_descriptor(void)
{
	struct client a = { 0 }, b = { 0 }, c = { 0 };
	static const int errs[] = { EMFILE, ENFILE, ENOBUFS, ENOMEM };
	size_t i;

	CASE("serve: for want of a descriptor the oldest makes room");
	dial(&a);
	say(&a, stats);
	OK(hears(&a, 1));
	fault_set(FAULT_ACCEPT, 1, EMFILE);
	dial(&b);
	say(&b, stats);
	OK(hears(&b, 1) && is_closed(&a) && !b.closed);
	hang_up(&a);
	hang_up(&b);
	pass(1);
	CASE("serve: if there is none at all it rests, and tries again");
	for (i = 0; i < LEN(errs); i++) {
		fault_from(FAULT_ACCEPT, 1, errs[i]);
		dial(&c);
		say(&c, stats);
		pass(10);
		OK(fault_count(FAULT_ACCEPT) == 1 && replies(&c) == 0);
		pass(200);
		OK(fault_count(FAULT_ACCEPT) == 1);
		pass(100);
		OK(fault_count(FAULT_ACCEPT) == 2);
		fault_clear();
		pass(300);
		OK(hears(&c, 1));
		hang_up(&c);
		pass(1);
	}
	CASE("serve: a call that is gone when taken is no reason to rest");
	fault_set(FAULT_ACCEPT, 1, ECONNABORTED);
	dial(&c);
	say(&c, stats);
	OK(hears(&c, 1) && fault_count(FAULT_ACCEPT) >= 2);
	hang_up(&c);
	fault_clear();
}

static void
scrapes(void)
{
	struct client a = { 0 };

	CASE("serve: a scrape of everything is a child's");
	dial(&a);
	say(&a, "GET /scrape HTTP/1.1\r\n\r\n");
	OK(is_closed(&a) && replies(&a) == 1 && status_of(&a, 1) == 200);
	hang_up(&a);
	CASE("serve: without a child it is for another time");
	fault_set(FAULT_FORK, 1, 0);
	dial(&a);
	say(&a, "GET /scrape HTTP/1.1\r\n\r\n");
	OK(hears(&a, 1) && status_of(&a, 1) == 503);
	hang_up(&a);
	fault_set(FAULT_SOCKETPAIR, 1, 0);
	dial(&a);
	say(&a, "GET /scrape HTTP/1.1\r\n\r\n");
	OK(hears(&a, 1) && status_of(&a, 1) == 503);
	hang_up(&a);
	fault_clear();
	dial(&a);
	say(&a, "GET /scrape HTTP/1.1\r\n\r\n");
	OK(is_closed(&a) && status_of(&a, 1) == 200);
	hang_up(&a);
}

/* Over UDP, where a packet is a reply. */
static void
datagrams(void)
{
	static const uint8_t id[ID_LEN] = "-XX0100-000000000000";
	static const uint8_t hash[ID_LEN] = "hash of twenty bytes";
	struct announce_params p = { .hash = hash, .id = id, .left = 1,
		.event = EVENT_STARTED, .numwant = -1, .port = 6881 };
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct client c = { 0 };
	struct udpt_reply r;
	struct buf b = { 0 };

	CASE("serve: over UDP a caller connects, and announces");
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons(port);
	c.io.fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	c.io.ready = on_reply;
	c.io.arg = &c;
	OK(connect(c.io.fd, (struct sockaddr *)&to, sizeof to) == 0);
	net_add(&c.io, POLLIN);
	udpt_connect(&b, 7);
	OK(send(c.io.fd, b.p, b.len, 0) == (ssize_t)b.len);
	OK(told(&c));
	OK(udpt_reply(&r, c.got.p, c.got.len, 7) == UDP_CONNECT);
	nevents = 0;
	b.len = c.got.len = 0;
	udpt_announce(&b, r.connection, 8, &p, "/");
	OK(send(c.io.fd, b.p, b.len, 0) == (ssize_t)b.len);
	OK(told(&c));
	OK(udpt_reply(&r, c.got.p, c.got.len, 8) == UDP_ANNOUNCE);
	CASE("serve: who watches hears of an announce");
	OK(nevents == 1);
	CASE("serve: an id is good for two minutes, and not for four");
	pass(121000);
	c.got.len = 0;
	OK(send(c.io.fd, b.p, b.len, 0) == (ssize_t)b.len);
	OK(told(&c) && nevents == 2);
	pass(121000);
	c.got.len = 0;
	OK(send(c.io.fd, b.p, b.len, 0) == (ssize_t)b.len);
	b.len = 0;
	udpt_connect(&b, 9); /* the first has no answer, this has */
	OK(send(c.io.fd, b.p, b.len, 0) == (ssize_t)b.len);
	OK(told(&c) && nevents == 2);
	OK(udpt_reply(&r, c.got.p, c.got.len, 9) == UDP_CONNECT);
	buf_free(&b);
	hang_up(&c);
}

static void
ends(void)
{
	struct client a = { 0 }, b = { 0 };

	CASE("serve: at the end every caller is closed");
	dial(&a);
	say(&a, "GET /st");
	dial(&b);
	say(&b, stats);
	OK(hears(&b, 1));
	end();
	OK(is_closed(&a) && is_closed(&b));
	hang_up(&a);
	hang_up(&b);
}

static void
begin(int full_scrape)
{
	static const uint8_t key[ANSWER_KEY_LEN] = "a key of a test";
	struct answer_policy p = { .interval = 1800,
		.full_scrape = full_scrape };

	port = 0;
	server = serve_open("127.0.0.1", &port);
	if (!server)
		die("serve_open:");
	track = answer_new(&p, key, NULL, net_now());
	serve_begin(server, track, on_event, NULL);
}

static void
end(void)
{
	serve_close(server);
	pass(1);
	answer_free(track);
}

static void
dial(struct client *c)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons(port);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
		die("call the tracker:");
	fcntl(fd, F_SETFL, O_NONBLOCK);
	c->io.fd = fd;
	c->io.ready = on_reply;
	c->io.arg = c;
	net_add(&c->io, c->deaf ? 0 : POLLIN);
}

static void
say(struct client *c, const char *text)
{
	OK(send(c->io.fd, text, strlen(text), MSG_NOSIGNAL) ==
	    (ssize_t)strlen(text));
}

static void
hang_up(struct client *c)
{
	net_close(&c->io);
	buf_free(&c->got);
	buf_free(&c->status);
	memset(c, 0, sizeof *c);
}

/* Whether a client has so many replies, in time. */
static int
hears(struct client *c, int n)
{
	return until(c, has_replies, n);
}

static int
is_closed(struct client *c)
{
	return until(c, has_end, 0);
}

static int
is_reset(struct client *c)
{
	return until(c, has_reset, 0);
}

/* Whether there is anything at all. */
static int
told(struct client *c)
{
	return until(c, has_bytes, 0);
}

static int
until(struct client *c, int (*has)(const struct client *c, int n), int n)
{
	struct timer t = { .fire = on_deadline };

	want.c = c;
	want.late = 0;
	net_timer(&t, net_now() + WAIT_MS);
	while (!want.late && !has(c, n))
		net_run();
	net_untimer(&t);
	want.c = NULL;
	return !want.late;
}

static int
has_replies(const struct client *c, int n)
{
	return replies(c) >= n;
}

static int
has_end(const struct client *c, int n)
{
	(void)n;
	return c->closed;
}

static int
has_reset(const struct client *c, int n)
{
	(void)n;
	return c->reset;
}

static int
has_bytes(const struct client *c, int n)
{
	(void)n;
	return buf_left(&c->got) > 0 || c->closed || c->reset;
}

static void
on_reply(struct io *io, short got, int64_t now_ms)
{
	struct client *c = io->arg;
	ssize_t n = recv(io->fd, buf_room(&c->got, 65536), 65536, 0);
	uint8_t p[2];
	int status;
	long k;

	(void)now_ms;
	if (n > 0)
		c->got.len += (size_t)n;
	while ((k = whole(c, &status)) > 0) {
		put16(p, (uint16_t)status);
		buf_put(&c->status, p, 2);
		buf_take(&c->got, (size_t)k);
	}
	if (n == 0) {
		c->closed = 1;
		net_want(io, 0);
	}
	if ((n < 0 && errno != EAGAIN) || got & (POLLERR | POLLHUP)) {
		c->closed = c->reset = 1;
		net_close(io);
	}
	if (c == want.c)
		net_stop();
}

/* The bytes of a whole reply at the front, and its status; 0: there is none.
 */
static long
whole(const struct client *c, int *status)
{
	const char *p = (const char *)c->got.p + c->got.at, *body;
	size_t n = buf_left(&c->got), len, head_len;
	char head[1000], *at;

	for (body = p; (size_t)(body - p) + 4 <= n && memcmp(body,
	    "\r\n\r\n", 4) != 0; body++)
		;
	head_len = (size_t)(body - p);
	if (head_len + 4 > n || head_len >= sizeof head)
		return 0;
	memcpy(head, p, head_len);
	head[head_len] = '\0';
	at = strstr(head, "Content-Length: ");
	len = at ? (size_t)atol(at + 16) : 0;
	if (!at || head_len + 4 + len > n)
		return 0;
	*status = atoi(head + 9);
	return (long)(head_len + 4 + len);
}

static int
replies(const struct client *c)
{
	return (int)c->status.len / 2;
}

/* The status of the n-th reply, 1 the first; 0: it has not come. */
static int
status_of(const struct client *c, int n)
{
	return n > replies(c) ? 0 : get16(c->status.p + (n - 1) * 2);
}

static void
on_deadline(struct timer *t, int64_t now_ms)
{
	(void)t, (void)now_ms;
	want.late = 1;
	net_stop();
}

/* So much time, which nobody waits. */
static void
pass(int64_t ms)
{
	clock_flow(0);
	clock_run(NULL, NULL, ms);
	clock_flow(1);
}

static int
nfds(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 4096; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

static void
on_event(void *arg, const struct answer_event *ev)
{
	(void)arg;
	nevents += ev->name != NULL;
}
