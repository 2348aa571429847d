/* webs: a real store and picker, servers on loopback in the same loop, which
 * do what a case says, and a clock that is set. */
#include <sys/types.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>

#include "util.h"
#include "bencode.h"
#include "addr.h"
#include "net.h"
#include "http.h"
#include "limit.h"
#include "torrent/meta.h"
#include "torrent/store.h"
#include "swarm/pick.h"
#include "swarm/owed.h"
#include "swarm/judge.h"
#include "swarm/webs.h"
#include "unit.h"
#include "sample.h"

enum {
	PIECES = 128, SIZE = PIECES * SAMPLE_PIECE, SERVERS = 6, CALLS = 32,
	SECOND = 1000, GUILTY = 1
};
enum mode { HONEST, SILENT, STALLS, ZEROS, BUSY };

struct call {
	struct io io;
	struct buf in, out;
	enum mode mode;
	int server;
};

static void downloads(void);
static void around(void);
static void in_order(void);
static void silent(void);
static void beaten(void);
static void spoils(void);
static void servers(void);
static void peers_too(void);
static void renewed(void);

static void setup(int nservers, enum mode mode, int order);
static void teardown(void);
static void begin(const char *more);
static void on_call(struct io *io, short got, int64_t now_ms);
static void on_ready(struct io *io, short got, int64_t now_ms);
static void on_request(struct call *c, const struct http_request *r);
static void on_tick(struct timer *t, int64_t now_ms);
static void on_came(void *arg, uint32_t len, int wanted);
static void on_failed(void *arg);
static void on_fed(void *arg);
static int is_peer(void *arg, const struct addr *a);
static void on_message(void *arg, int detail, const char *text);
static int on_right(void *arg, uint32_t piece);
static void on_wrong(void *arg, uint32_t piece);
static void on_guilty(void *arg, uint32_t tag);
static void on_void(void *owner, struct block b);
static int all_here(void *arg);
static int has_asked(void *arg);
static int ncalls(void);

static const struct webs_ops ops = { on_came, on_failed, on_fed, is_peer,
	on_message };
static const struct judge_ops judge_ops = { on_right, on_wrong, on_guilty };

static struct {
	struct sample sm;
	struct store *store;
	struct pick *pick;
	struct judge *judge;
	struct limit limit;
	struct web_places places;
	struct webs *webs;
	struct buf urls;
	struct io listeners[SERVERS];
	enum mode modes[SERVERS];
	struct call calls[CALLS];
	int ports[SERVERS], asked[SERVERS], nasked;
	int64_t firsts[64], lens[64]; /* of the ranges asked for */
	struct timer tick;
	int64_t came, wasted, peers;
	int nhere, nwrong, nfailed, order;
	int peer_port;  /* of 127.0.0.1, where a peer is, too */
	char text[4096];
} w;

void
test_webs(void)
{
	clock_set(1000000);
	downloads();
	around();
	in_order();
	silent();
	beaten();
	spoils();
	servers();
	peers_too();
	renewed();
	clock_set(0);
}

static void
setup(int nservers, enum mode mode, int order)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t n = sizeof sin;
	char url[64];
	int i;

	memset(&w, 0, sizeof w);
	sample_new(&w.sm, SIZE);
	w.store = sample_store(&w.sm, NULL);
	w.pick = pick_new(&w.sm.m->sh, 1, &owed_ops);
	pick_in_order(w.pick, order);
	w.order = order;
	w.judge = judge_new(&w.sm.m->sh, w.store, w.pick, &judge_ops, &w);
	limit_init(&w.limit, -1);
	for (i = 0; i < nservers; i++) {
		sin.sin_port = 0;
		sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		w.listeners[i].fd = socket(AF_INET, SOCK_STREAM, 0);
		OK(bind(w.listeners[i].fd, (struct sockaddr *)&sin,
		    sizeof sin) == 0 && listen(w.listeners[i].fd, 16) == 0);
		getsockname(w.listeners[i].fd, (struct sockaddr *)&sin, &n);
		w.ports[i] = ntohs(sin.sin_port);
		w.listeners[i].ready = on_call;
		net_add(&w.listeners[i], POLLIN);
		w.modes[i] = mode;
		snprintf(url, sizeof url, "http://127.0.0.1:%d/", w.ports[i]);
		ben_put_str(&w.urls, url);
	}
	w.tick.fire = on_tick;
	net_timer(&w.tick, net_now() + SECOND);
}

/* With these web seeds, too, as bencoded strings. */
static void
begin(const char *more)
{
	struct webs_how how = { .m = w.sm.m, .pick = w.pick,
	    .store = w.store, .judge = w.judge, .limit = &w.limit,
	    .places = &w.places, .in_order = w.order };

	buf_put(&w.urls, more, strlen(more));
	w.sm.m->webseeds.p = w.urls.p;
	w.sm.m->webseeds.n = w.urls.len;
	w.webs = webs_new(&how, &ops, &w);
}

static void
teardown(void)
{
	int i;

	net_untimer(&w.tick);
	webs_free(w.webs);
	for (i = 0; i < SERVERS; i++)
		if (w.listeners[i].slot)
			net_close(&w.listeners[i]);
	for (i = 0; i < CALLS; i++) {
		net_close(&w.calls[i].io);
		buf_free(&w.calls[i].in);
		buf_free(&w.calls[i].out);
	}
	clock_run(NULL, NULL, 1);
	OK(w.places.n[0] == 0 && w.places.n[1] == 0);
	judge_free(w.judge);
	pick_free(w.pick);
	store_free(w.store);
	buf_free(&w.urls);
	sample_free(&w.sm);
}

static void
on_tick(struct timer *t, int64_t now_ms)
{
	pick_tick(w.pick, now_ms);
	webs_tick(w.webs, w.peers, now_ms);
	net_timer(t, now_ms + SECOND);
}

/* The servers. */

static void
on_call(struct io *io, short got, int64_t now_ms)
{
	struct call *c = w.calls;
	int fd = accept(io->fd, NULL, NULL);

	(void)got, (void)now_ms;
	while (c < w.calls + CALLS && c->io.slot)
		c++;
	if (fd < 0 || c == w.calls + CALLS) {
		close(fd);
		return;
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	buf_free(&c->in);
	buf_free(&c->out);
	memset(c, 0, sizeof *c);
	c->server = (int)(io - w.listeners);
	c->mode = w.modes[c->server];
	c->io.fd = fd;
	c->io.ready = on_ready;
	c->io.arg = c;
	net_add(&c->io, POLLIN);
}

static void
on_ready(struct io *io, short got, int64_t now_ms)
{
	struct call *c = io->arg;
	struct http_request r;
	ssize_t n = recv(io->fd, buf_room(&c->in, 4096), 4096, 0);
	long k;

	(void)got, (void)now_ms;
	if (n == 0 || (n < 0 && errno != EAGAIN)) {
		net_close(io);
		return;
	}
	c->in.len += n > 0 ? (size_t)n : 0;
	while (buf_left(&c->in) > 0 && (k = http_request_parse(&r, c->in.p +
	    c->in.at, buf_left(&c->in))) > 0) {
		on_request(c, &r);
		buf_take(&c->in, (size_t)k);
	}
	if (buf_left(&c->out) > 0) {
		n = send(io->fd, c->out.p + c->out.at, buf_left(&c->out),
		    MSG_NOSIGNAL);
		if (n > 0)
			buf_take(&c->out, (size_t)n);
	}
	net_want(io, buf_left(&c->out) > 0 ? POLLIN | POLLOUT : POLLIN);
}

static void
on_request(struct call *c, const struct http_request *r)
{
	struct span h = r->headers, name, value;
	long first = 0, last = 0;
	size_t n;

	while (http_header(&h, &name, &value))
		if (http_is(name, "range"))
			sscanf((const char *)value.p, "bytes=%ld-%ld", &first,
			    &last);
	w.asked[c->server]++;
	w.firsts[w.nasked % 64] = first;
	w.lens[w.nasked++ % 64] = last - first + 1;
	if (c->mode == SILENT)
		return;
	if (c->mode == BUSY) {
		buf_printf(&c->out, "HTTP/1.1 503 No\r\nContent-Length: 0\r\n"
		    "\r\n");
		return;
	}
	n = (size_t)(last - first + 1);
	buf_printf(&c->out, "HTTP/1.1 206 OK\r\nContent-Range: bytes "
	    "%ld-%ld/%d\r\nContent-Length: %zu\r\n\r\n", first, last,
	    (int)SIZE, n);
	n = c->mode == STALLS ? BLOCK_LEN : n;
	buf_put(&c->out, w.sm.data + first, n);
	if (c->mode == ZEROS)
		memset(c->out.p + c->out.len - n, 0, n);
}

static int
ncalls(void)
{
	int i, n = 0;

	for (i = 0; i < CALLS; i++)
		n += w.calls[i].io.slot != 0;
	return n;
}

/* What is told. */

static void
on_came(void *arg, uint32_t len, int wanted)
{
	(void)arg;
	if (wanted)
		w.came += len;
	else
		w.wasted += len;
}

static void
on_failed(void *arg)
{
	(void)arg;
	w.nfailed++;
}

static void
on_fed(void *arg)
{
	(void)arg;
	w.nfailed += store_settle(w.store) < 0 || judge_all(w.judge) < 0;
}

static int
is_peer(void *arg, const struct addr *a)
{
	struct addr here;

	(void)arg;
	return addr_parse(&here, "127.0.0.1", 0) == 0 &&
	    addr_same_ip(a, &here) && a->port == w.peer_port;
}

static void
on_message(void *arg, int detail, const char *text)
{
	size_t n = strlen(w.text);

	(void)arg;
	snprintf(w.text + n, sizeof w.text - n, "%s%s\n", detail ? "-" : "",
	    text);
}

static int
on_right(void *arg, uint32_t piece)
{
	(void)arg, (void)piece;
	if (++w.nhere == PIECES) { /* as all is over then, from within */
		webs_free(w.webs);
		w.webs = NULL;
	}
	return 1;
}

static void
on_wrong(void *arg, uint32_t piece)
{
	(void)arg, (void)piece;
	w.nwrong++;
}

static void
on_guilty(void *arg, uint32_t tag)
{
	(void)arg;
	OK(webs_guilty(w.webs, tag) == (tag != GUILTY));
}

static void
on_void(void *owner, struct block b)
{
	(void)owner, (void)b;
}

static int
all_here(void *arg)
{
	(void)arg;
	return w.nhere == PIECES;
}

static int
has_asked(void *arg)
{
	return w.nasked >= *(int *)arg;
}

static void
downloads(void)
{
	CASE("webs: all of a file comes, over two connections that stay");
	setup(1, HONEST, 0);
	begin("");
	OK(w.webs && clock_run(all_here, NULL, 60 * SECOND));
	OK(sample_is_there(&w.sm) && w.came == SIZE && w.nfailed == 0);
	OK(w.wasted < SIZE / 4 && *w.text == '\0');
	OK(w.asked[0] <= 12 && w.lens[0] == 1 << 20 &&
	    w.lens[1] == 1 << 20 && w.lens[3] == 4 << 20);
	OK(w.firsts[1] == w.firsts[0] + w.lens[0] || w.firsts[0] + w.lens[0]
	    == SIZE);
	teardown();
	CASE("webs: a torrent that names none has none");
	setup(0, HONEST, 0);
	begin("9:ftp://h/x");
	OK(w.webs == NULL && webs_giving(w.webs) == 0 &&
	    !webs_guilty(w.webs, 1));
	teardown();
}

/* A peer was asked for some blocks before, which come twice at the end. */
static void
around(void)
{
	struct debtor d = { on_void, NULL };
	struct source *s;
	struct block b;
	uint32_t i;

	CASE("webs: a run ends before what a peer was asked for");
	setup(1, HONEST, 0);
	s = pick_join(w.pick, &d, GUILTY);
	pick_has_all(w.pick, s);
	for (i = 0; i < PIECES; i += 4)
		OK(pick_next_of(w.pick, s, i, net_now(), &b));
	begin("");
	OK(clock_run(all_here, NULL, 5 * SECOND) && sample_is_there(&w.sm));
	OK(w.asked[0] >= PIECES / 4 && w.wasted == 0 && *w.text == '\0');
	teardown();
}

static void
in_order(void)
{
	CASE("webs: in order, if that is wanted");
	setup(1, HONEST, 1);
	begin("");
	OK(clock_run(all_here, NULL, 60 * SECOND));
	OK(sample_is_there(&w.sm) && w.firsts[0] == 0 &&
	    w.firsts[1] == 1 << 20);
	teardown();
}

static void
silent(void)
{
	struct debtor d = { on_void, NULL };
	int64_t began;
	struct source *s;
	struct block b;
	int n, two = 2, four = 4;

	CASE("webs: what one owes for six seconds is free for peers");
	setup(1, SILENT, 0);
	s = pick_join(w.pick, &d, GUILTY);
	begin("");
	OK(clock_run(has_asked, &two, SECOND));
	began = net_now();
	pick_has_all(w.pick, s);
	for (n = 0; pick_next(w.pick, s, 0, net_now(), &b); n++)
		;
	OK(n == (SIZE - w.lens[0] - w.lens[1]) / BLOCK_LEN);
	clock_run(NULL, NULL, 8 * SECOND);
	for (n = 0; pick_next(w.pick, s, 0, net_now(), &b); n++)
		;
	OK(n == (w.lens[0] + w.lens[1]) / BLOCK_LEN);
	CASE("webs: after twenty seconds it has failed, and makes room");
	pick_leave(w.pick, s);
	OK(ncalls() == 2 && w.asked[0] == 2 && *w.text == '\0');
	clock_run(NULL, NULL, 14 * SECOND);
	OK(strstr(w.text, "it is silent; it is asked again later\n"));
	CASE("webs: it is asked again five seconds later");
	OK(clock_run(has_asked, &four, 30 * SECOND));
	OK(net_now() - began >= 24 * SECOND && net_now() - began <=
	    32 * SECOND);
	w.modes[0] = HONEST;
	clock_run(NULL, NULL, 22 * SECOND);
	CASE("webs: once it gives, it does so until the end");
	OK(clock_run(all_here, NULL, 60 * SECOND) && sample_is_there(&w.sm));
	OK(strstr(strstr(w.text, "later\n") + 6, "later\n") == NULL ||
	    strstr(w.text, "\n-web seed"));
	teardown();
}

/* A peer gives what a server owes. */
static void
beaten(void)
{
	struct debtor d = { on_void, NULL };
	struct block list[PIECES * 4], b;
	struct source *s;
	int i, n, two = 2;

	CASE("webs: a run of which nothing is wanted any more is given up");
	setup(1, STALLS, 0);
	s = pick_join(w.pick, &d, GUILTY);
	begin("");
	OK(clock_run(has_asked, &two, SECOND));
	pick_has_all(w.pick, s);
	clock_run(NULL, NULL, 9 * SECOND);
	OK(ncalls() == 2 && webs_giving(w.webs) == 1 &&
	    w.came == 2 * BLOCK_LEN);
	for (n = 0; n < PIECES * 4 && pick_next(w.pick, s, 0, net_now(),
	    &list[n]); n++)
		;
	OK(n == PIECES * 4 - 2);
	for (i = 0; i < n; i++) {
		b = list[i];
		OK(pick_got(w.pick, s, b) != PICK_UNASKED);
		store_put(w.store, b, w.sm.data + (size_t)b.piece *
		    SAMPLE_PIECE + b.begin);
	}
	clock_run(NULL, NULL, 10);
	OK(ncalls() == 0 && *w.text == '\0');
	clock_run(NULL, NULL, 3 * SECOND);
	OK(webs_giving(w.webs) == 0);
	teardown();
}

static void
spoils(void)
{
	CASE("webs: one that sends bad data is dropped, and the next asked");
	setup(6, HONEST, 0);
	w.modes[0] = w.modes[1] = w.modes[2] = w.modes[3] = ZEROS;
	begin("");
	OK(clock_run(all_here, NULL, 120 * SECOND));
	OK(sample_is_there(&w.sm) && w.nwrong > 0);
	OK(w.asked[4] > 0 && strstr(w.text,
	    "/: it sent bad data: it is not asked any more\n"));
	teardown();
}

static void
servers(void)
{
	char again[80], url[64];
	int i, sum = 0;

	CASE("webs: four servers at a time, each once, by two connections");
	setup(6, SILENT, 0);
	begin("");
	clock_run(NULL, NULL, 2 * SECOND);
	for (i = 0; i < 4; i++) {
		OK(w.asked[i] <= 2);
		sum += w.asked[i];
	}
	OK(sum > 2 && w.asked[4] == 0 && w.asked[5] == 0);
	OK(w.places.n[0] <= 8 && w.places.n[1] == 0);
	teardown();
	CASE("webs: two URLs of one host are asked as one");
	setup(1, SILENT, 0);
	snprintf(url, sizeof url, "http://127.0.0.1:%d/other", w.ports[0]);
	snprintf(again, sizeof again, "%d:%s", (int)strlen(url), url);
	begin(again);
	clock_run(NULL, NULL, 2 * SECOND);
	OK(w.asked[0] == 2 && ncalls() == 2);
	teardown();
	CASE("webs: a process has so many connections and no more");
	setup(1, HONEST, 0);
	w.places.n[0] = 31;
	begin("");
	OK(clock_run(all_here, NULL, 60 * SECOND) && w.places.n[0] == 31);
	w.places.n[0] = 0;
	teardown();
}

static void
peers_too(void)
{
	int one = 1;

	CASE("webs: who is a peer at the same address is none, until it goes");
	setup(2, HONEST, 0);
	w.peer_port = w.ports[0];
	begin("");
	OK(clock_run(has_asked, &one, SECOND));
	clock_run(NULL, NULL, 100);
	OK(w.asked[0] == 0 && w.asked[1] > 0);
	teardown();
	setup(1, HONEST, 0);
	w.peer_port = w.ports[0];
	begin("");
	clock_run(NULL, NULL, 30 * SECOND);
	OK(w.nasked == 0);
	w.peer_port = 0;
	OK(clock_run(all_here, NULL, 60 * SECOND));
	teardown();
}

static void
renewed(void)
{
	int two = 2, three = 3;

	CASE("webs: who failed is asked at once when the network is another");
	setup(1, BUSY, 0);
	begin("");
	OK(clock_run(has_asked, &two, SECOND));
	clock_run(NULL, NULL, 100);
	OK(strstr(w.text, "HTTP status 503; it is asked again later\n"));
	w.modes[0] = HONEST;
	webs_renew(w.webs, -1);
	OK(clock_run(has_asked, &three, 100));
	OK(clock_run(all_here, NULL, 60 * SECOND));
	teardown();
}
