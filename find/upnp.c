/* UPnP's internet gateway device, asked for a mapping.
 *
 * A search goes to the multicast group of our network, a few times.  Who
 * answers it is asked for its description, the default gateway at once, others
 * when the search is over; of the services that it describes, each is asked
 * for the outside address, until one has it, and then for the mappings, TCP's
 * and UDP's.  What fails makes room for the next service, and then for the
 * next who answered.
 *
 * Whoever is in the network may answer: so a URL leads to who sent it, who is
 * as near to us as we are, redirects are not followed, one answer of each
 * counts and UPNP_PLACES of all, and a deadline stands over everything. */
#include <sys/types.h>
#include <sys/socket.h>
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "addr.h"
#include "url.h"
#include "net.h"
#include "sock.h"
#include "dgram.h"
#include "fetch.h"
#include "find/igd.h"
#include "find/upnp.h"

enum {
	SEARCHES    = 3,
	SEARCH_MS   = 1000,  /* between them, and after the last */
	UPNP_MS     = 20000, /* for all that follows */
	ANSWER_MAX  = 65536, /* bytes of a description */
	MAP_TRIES   = 4,     /* other ports, a mapping without end */
	PORT_FIRST  = 16384, /* those are from here on, */
	PORTS       = 32768  /* so many */
};

/* UPnP's error codes. */
enum { BAD_ARGUMENT = 402, PORT_TAKEN = 718, ONLY_ENDLESS = 725 };

enum { U_SEARCH, U_DESCRIBE, U_ADDRESS, U_TCP, U_UDP, U_NO_TCP, U_NO_UDP };

static void remove_next(struct upnp *u, int step);
static void on_timer(struct timer *t, int64_t now_ms);
static int search(struct upnp *u);
static void on_ready(struct io *io, short got, int64_t now_ms);
static size_t on_answer(void *arg, const uint8_t *p, size_t n,
    const struct addr *from, uint8_t out[DATAGRAM_MAX]);
static void begin(struct upnp *u);
static void next_place(struct upnp *u);
static void next_service(struct upnp *u);
static void get(struct upnp *u, const struct addr *at, const struct url *url,
    const char *post, const char *head);
static void ask(struct upnp *u, int step);
static void ask_of(struct upnp *u, const struct addr *at,
    const struct igd_service *s, const struct igd_map *m);
static void on_fetched(void *arg, struct span body, const char *why);
static void on_described(struct upnp *u, struct span body, const char *why);
static void on_address(struct upnp *u, struct span body, const char *why);
static void on_made(struct upnp *u);
static void refused(struct upnp *u, struct span body);
static void finish(struct upnp *u, const char *why);

void
upnp_init(struct upnp *u, uint64_t seed, void (*done)(void *, const char *),
    void *arg)
{
	memset(u, 0, sizeof *u);
	u->rnd = seed;
	u->io.fd = -1;
	u->io.ready = on_ready;
	u->io.arg = u;
	u->timer.fire = on_timer;
	u->timer.arg = u;
	u->done = done;
	u->arg = arg;
}

void
upnp_start(struct upnp *u, const struct addr *inside,
    const struct addr *gateway, uint16_t want, uint32_t lifetime)
{
	upnp_stop(u);
	u->inside = *inside;
	memset(&u->gateway, 0, sizeof u->gateway);
	if (gateway)
		u->gateway = *gateway;
	u->outside.port = want;
	u->lifetime = lifetime;
	u->step = U_SEARCH;
	u->tries = u->begun = u->nplaces = 0;
	u->why[0] = '\0';
	net_timer(&u->timer, net_now());
}

void
upnp_remove(struct upnp *u)
{
	net_timer(&u->timer, net_now() + UPNP_MS);
	remove_next(u, U_NO_TCP);
}

static void
remove_next(struct upnp *u, int step)
{
	u->step = step;
	u->made_map.udp = step == U_NO_UDP;
	ask_of(u, &u->made_at, &u->made, &u->made_map);
}

void
upnp_stop(struct upnp *u)
{
	net_close(&u->io);
	net_untimer(&u->timer);
	if (u->fetch)
		fetch_stop(u->fetch);
	u->fetch = NULL;
}

static void
on_timer(struct timer *t, int64_t now_ms)
{
	struct upnp *u = t->arg;

	if (u->step != U_SEARCH)
		/* TCP is mapped by the time that UDP is */
		finish(u, u->step == U_UDP ? NULL : "no answer in time");
	else if (u->tries++ == SEARCHES || search(u) < 0)
		begin(u);
	else
		net_timer(t, now_ms + SEARCH_MS);
}

static int
search(struct upnp *u)
{
	struct sockaddr_storage ss;
	struct addr at = u->inside, group;
	unsigned n;
	int i;

	at.port = 0;
	if (u->io.slot == 0) {
		u->io.fd = dgram_open(&at);
		if (u->io.fd < 0)
			goto failed;
		net_add(&u->io, POLLIN);
	}
	addr_parse(&group, "239.255.255.250:1900", 1);
	n = sock_put(&ss, &group);
	for (i = 0; i < IGD_SEARCHES; i++)
		if (sendto(u->io.fd, igd_search(i), strlen(igd_search(i)), 0,
		    (struct sockaddr *)&ss, n) < 0)
			goto failed;
	return 0;
failed:
	snprintf(u->why, sizeof u->why, "%s", strerror(errno));
	return -1;
}

static void
on_ready(struct io *io, short got, int64_t now_ms)
{
	struct upnp *u = io->arg;

	(void)got, (void)now_ms;
	dgram_answer(io->fd, on_answer, u);
	if (u->begun)
		begin(u);
}

/* What the gateway says comes first, and ends the search. */
static size_t
on_answer(void *arg, const uint8_t *p, size_t n, const struct addr *from,
    uint8_t out[DATAGRAM_MAX])
{
	struct upnp *u = arg;
	struct place_found f = { .addr = *from };
	int i, first = addr_same_ip(from, &u->gateway);

	(void)out;
	for (i = 0; i < u->nplaces; i++)
		if (addr_same_ip(from, &u->places[i].addr))
			return 0;
	if (u->begun || (i == UPNP_PLACES && !first) ||
	    addr_scope(from) != addr_scope(&u->inside) ||
	    igd_location(&f.url, p, n, from) < 0)
		return 0;
	u->begun = first;
	if (i < UPNP_PLACES)
		u->nplaces++;
	else
		i--;
	if (first) {
		u->places[i] = u->places[0];
		i = 0;
	}
	u->places[i] = f;
	return 0;
}

/* The search is over. */
static void
begin(struct upnp *u)
{
	net_close(&u->io);
	net_timer(&u->timer, net_now() + UPNP_MS);
	u->place = -1;
	next_place(u);
}

static void
next_place(struct upnp *u)
{
	if (++u->place == u->nplaces) {
		finish(u, u->why[0] ? u->why : "no answer");
		return;
	}
	u->step = U_DESCRIBE;
	get(u, &u->places[u->place].addr, &u->places[u->place].url, NULL,
	    NULL);
}

static void
next_service(struct upnp *u)
{
	if (++u->service == u->nservices)
		next_place(u);
	else
		ask(u, U_ADDRESS);
}

/* Gets a URL from an address, or posts to it. */
static void
get(struct upnp *u, const struct addr *at, const struct url *url,
    const char *post, const char *head)
{
	struct addr to = *at;
	struct fetch_how how = { .to = &to, .by_user = 1, .direct = 1,
	    .limit = ANSWER_MAX, .post = post, .head = head };

	to.port = url->port;
	u->fetch = fetch_start(url, &how, on_fetched, u);
}

/* Asks the service that is at hand. */
static void
ask(struct upnp *u, int step)
{
	struct igd_map m = { .inside = u->inside, .outside = u->outside.port,
	    .udp = step == U_UDP, .lifetime = u->lease };

	u->step = step;
	ask_of(u, &u->places[u->place].addr, &u->services[u->service], &m);
}

static void
ask_of(struct upnp *u, const struct addr *at, const struct igd_service *s,
    const struct igd_map *m)
{
	static const enum igd_action actions[] = { [U_ADDRESS] = IGD_ADDRESS,
	    [U_TCP] = IGD_ADD, [U_UDP] = IGD_ADD, [U_NO_TCP] = IGD_DELETE,
	    [U_NO_UDP] = IGD_DELETE };
	struct buf head = { 0 }, body = { 0 };

	igd_ask(&head, &body, s->type, actions[u->step], m);
	buf_put(&head, "", 1);
	buf_put(&body, "", 1);
	get(u, at, &s->control, (char *)body.p, (char *)head.p);
	buf_free(&head);
	buf_free(&body);
}

static void
on_fetched(void *arg, struct span body, const char *why)
{
	struct upnp *u = arg;

	u->fetch = NULL;
	if (why && u->step < U_UDP)
		snprintf(u->why, sizeof u->why, "%s", why);
	switch (u->step) {
	case U_DESCRIBE: on_described(u, body, why); break;
	case U_ADDRESS:  on_address(u, body, why); break;
	case U_TCP:
		if (why)
			refused(u, body);
		else
			on_made(u);
		break;
	case U_NO_TCP:   remove_next(u, U_NO_UDP); break;
	default:         finish(u, NULL); /* UDP's is not missed */
	}
}

static void
on_described(struct upnp *u, struct span body, const char *why)
{
	u->service = -1;
	u->nservices = why ? 0 : igd_services(u->services, body,
	    &u->places[u->place].url);
	if (!why && u->nservices == 0)
		snprintf(u->why, sizeof u->why, "it makes no mappings");
	next_service(u);
}

static void
on_address(struct upnp *u, struct span body, const char *why)
{
	struct addr a;

	if (!why && igd_address(&a, body) == 0) {
		memcpy(u->outside.ip, a.ip, 16);
		u->tries = 0;
		u->lease = u->lifetime;
		ask(u, U_TCP);
		return;
	}
	if (!why)
		snprintf(u->why, sizeof u->why, "it has no address");
	next_service(u);
}

static void
on_made(struct upnp *u)
{
	u->made_at = u->places[u->place].addr;
	u->made = u->services[u->service];
	u->made_map.outside = u->outside.port;
	ask(u, U_UDP);
}

/* Perhaps another port, or a mapping without an end. */
static void
refused(struct upnp *u, struct span body)
{
	int code = igd_error(body);

	if (code > 0)
		snprintf(u->why, sizeof u->why, "it refuses: error %d", code);
	if (u->tries++ == MAP_TRIES) {
		next_service(u);
	} else if (code == PORT_TAKEN) {
		u->outside.port = (uint16_t)(PORT_FIRST +
		    rnd_below(&u->rnd, PORTS));
		ask(u, U_TCP);
	} else if (u->lease > 0 &&
	    (code == ONLY_ENDLESS || code == BAD_ARGUMENT)) {
		u->lease = 0;
		ask(u, U_TCP);
	} else {
		next_service(u);
	}
}

static void
finish(struct upnp *u, const char *why)
{
	upnp_stop(u);
	u->done(u->arg, why);
}
