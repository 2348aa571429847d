/* finder, bootstrap, lonely: peers without trackers, and none at all. */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "addr.h"
#include "net.h"
#include "sock.h"
#include "find/known.h"
#include "find/bootstrap.h"
#include "find/finder.h"
#include "swarm/lonely.h"
#include "unit.h"

enum { SECOND = 1000 };

/* A process with a torrent. */
struct side {
	struct io listeners[2];
	struct addr local;
	uint16_t port;
	struct finder *finder;
	struct sought wanted;
	int found[ORIGINS];
	struct addr peer;    /* the last one found */
};

static void splits(void);
static void names(void);
static void meet(void *arg, const struct addr *a);
static int no_nodes(void *arg);
static int has_met(void *arg);
static void finds(void);
static void side_open(struct side *s, const uint8_t *hash, int key);
static void side_close(struct side *s);
static void on_call(struct io *io, short got, int64_t now_ms);
static void on_peers(void *arg, enum origin from, const struct addr *list,
    int n);
static int has_found(void *arg);
static int knows(void *arg);
static void alone(void);

void
test_finder(void)
{
	clock_set(1000000);
	splits();
	names();
	finds();
	alone();
}

static void
splits(void)
{
	static const struct {
		const char *text, *host;
		int port;
	} table[] = {
		{ "a.example:6881", "a.example", 6881 },
		{ "1.2.3.4:1", "1.2.3.4", 1 },
		{ "[2001:db8::1]:65535", "2001:db8::1", 65535 },
		{ "a.example", NULL, 0 }, { ":6881", NULL, 0 },
		{ "a:", NULL, 0 }, { "a:0", NULL, 0 },
		{ "a:65536", NULL, 0 }, { "a:-1", NULL, 0 },
		{ "a:6881x", NULL, 0 }, { "[]:6881", NULL, 0 },
		{ "", NULL, 0 }
	};
	char host[ADDR_HOST], text[600];
	uint16_t port;
	size_t i;

	CASE("addr: a host and a port are parted");
	for (i = 0; i < LEN(table); i++) {
		if (!table[i].host) {
			OK_FOR(table[i].text,
			    addr_split(table[i].text, host, &port) < 0);
			continue;
		}
		OK_FOR(table[i].text,
		    addr_split(table[i].text, host, &port) == 0);
		OK_FOR(table[i].text, strcmp(host, table[i].host) == 0);
		OK_FOR(table[i].text, port == table[i].port);
	}
	memset(text, 'a', sizeof text);
	memcpy(text + ADDR_HOST, ":1", 3);
	OK(addr_split(text, host, &port) < 0);
	memcpy(text + ADDR_HOST - 1, ":1", 3);
	OK(addr_split(text, host, &port) == 0);
}

static int nmet;
static struct addr met;

static void
meet(void *arg, const struct addr *a)
{
	(void)arg;
	nmet++;
	met = *a;
}

static int
no_nodes(void *arg)
{
	(void)arg;
	return 0;
}

static int
has_met(void *arg)
{
	return nmet >= *(int *)arg;
}

static void
names(void)
{
	struct bootstrap *b = bootstrap_new(meet, no_nodes, 1, NULL);
	int two = 2, i, n = 0;
	char text[32];

	CASE("bootstrap: addresses that the user names are met");
	nmet = 0;
	OK(bootstrap_add(b, "127.0.0.1:7001", 1) == 0);
	OK(bootstrap_add(b, "198.51.100.1:7002", 0) == 0);
	OK(clock_run(has_met, &two, 5 * SECOND) && met.port == 7002);
	CASE("bootstrap: a torrent's on our own network are not");
	OK(bootstrap_add(b, "127.0.0.1:7003", 0) == 0);
	OK(bootstrap_add(b, "10.0.0.1:7003", 0) == 0);
	clock_run(NULL, NULL, 3 * SECOND);
	OK(nmet == 2);
	CASE("bootstrap: what is no name is refused, and more than may wait");
	OK(bootstrap_add(b, "x", 1) < 0);
	for (i = 0; i < 300; i++) {
		snprintf(text, sizeof text, "127.0.0.1:%d", 8000 + i);
		n += bootstrap_add(b, text, 1) == 0;
	}
	OK(n == 100);
	bootstrap_free(b);
}

static void
side_open(struct side *s, const uint8_t *hash, int key)
{
	uint8_t secret[16] = "a secret of ours";

	memset(s, 0, sizeof *s);
	s->listeners[0].ready = on_call;
	addr_parse(&s->local, "127.0.0.1", 0);
	OK(sock_listen_all(s->listeners, "127.0.0.1", 0, 0, &s->port) == 1);
	secret[0] = (uint8_t)key;
	s->finder = finder_new(s->listeners, 1, s->port, &s->local, secret);
	s->wanted.hash = hash;
	s->wanted.peers = on_peers;
	s->wanted.arg = s;
}

static void
side_close(struct side *s)
{
	finder_remove(s->finder, &s->wanted);
	finder_free(s->finder);
	net_close(&s->listeners[0]);
}

static void
on_call(struct io *io, short got, int64_t now_ms)
{
	(void)io, (void)got, (void)now_ms;
}

static void
on_peers(void *arg, enum origin from, const struct addr *list, int n)
{
	struct side *s = arg;

	s->found[from] += n;
	s->peer = list[n - 1];
}

static int
has_found(void *arg)
{
	struct side *s = arg;

	return s->found[FROM_DHT] > 0;
}

static int
knows(void *arg)
{
	struct side *s = arg;

	return finder_nodes(s->finder) > 0;
}

static void
finds(void)
{
	static const uint8_t hash[ID_LEN] = "a torrent of two";
	static const uint8_t other[ID_LEN] = "another one";
	struct side hub, a, b;
	char text[32];

	CASE("finder: two who know a third find each other by the DHT");
	side_open(&hub, other, 1);
	side_open(&a, hash, 2);
	side_open(&b, hash, 3);
	OK(finder_node_port(a.finder) == a.port);
	OK(finder_node_port(NULL) == 0 && finder_nodes(NULL) == 0);
	snprintf(text, sizeof text, "127.0.0.1:%u", hub.port);
	finder_meet_name(a.finder, text, 1);
	finder_meet_name(b.finder, text, 1);
	finder_add(a.finder, &a.wanted);
	OK(clock_run(knows, &a, 20 * SECOND));
	clock_run(NULL, NULL, 5 * SECOND);
	finder_add(b.finder, &b.wanted);
	OK(clock_run(has_found, &b, 20 * SECOND));
	OK(b.peer.port == a.port && addr_is_loopback(&b.peer));
	OK(b.found[FROM_LOCAL] == 0 && hub.found[FROM_DHT] == 0);
	CASE("finder: a torrent is added once, and removed once");
	finder_add(b.finder, &b.wanted);
	finder_hungry(b.finder, &b.wanted);
	finder_remove(b.finder, &b.wanted);
	finder_remove(b.finder, &b.wanted);
	finder_hungry(b.finder, &b.wanted);
	OK(!b.wanted.added);
	CASE("finder: what comes for one that has gone is for nobody");
	memset(b.found, 0, sizeof b.found);
	clock_run(NULL, NULL, 30 * SECOND);
	OK(b.found[FROM_DHT] == 0);
	side_close(&a);
	side_close(&b);
	side_close(&hub);
}

/* Nobody is there. */
static void
alone(void)
{
	struct lonely l;
	char text[LONELY_TEXT];
	int i, said = 0;

	CASE("lonely: nothing is said as long as nobody was tried");
	memset(&l, 0, sizeof l);
	for (i = 1; i < 100; i++)
		OK(!lonely_tick(&l, 0, i * SECOND, text));
	CASE("lonely: then what most of the tries ended with, once");
	lonely_end(&l, END_REFUSED);
	lonely_end(&l, END_HUNG_UP);
	lonely_end(&l, END_HUNG_UP);
	lonely_end(&l, END_SILENT);
	for (i = 100; i < 200; i++)
		said += lonely_tick(&l, 0, i * SECOND, text);
	OK(said == 1 && strcmp(text, "no peer yet: 2 of 4 tries hung up "
	    "before the handshake (maybe they want it encrypted)") == 0);
	CASE("lonely: nor in the first seconds, and anew after a peer");
	OK(!lonely_tick(&l, 1, 300 * SECOND, text));
	lonely_end(&l, END_REFUSED);
	OK(!lonely_tick(&l, 0, 301 * SECOND, text));
	OK(!lonely_tick(&l, 0, 320 * SECOND, text));
	OK(lonely_tick(&l, 0, 321 * SECOND, text));
	OK(strcmp(text, "no peer yet: 1 of 1 tries refused the connection")
	    == 0);
}
