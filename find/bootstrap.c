/* Names stand in a queue and are looked up a few at a time.  The routers are
 * the last resort: only who knows nobody asks them, sooner at first. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "addr.h"
#include "net.h"
#include "resolve.h"
#include "find/bootstrap.h"

enum {
	LOOKUPS   = 4,       /* at a time */
	WAITING   = 100,
	FIRST_MS  = 5000,    /* until the routers are asked, */
	AGAIN_MS  = 60000,   /* and again, doubled each time */
	DOUBLINGS = 6
};

/* A name that waits, or is looked up. */
struct node_name {
	struct bootstrap *b;
	char host[ADDR_HOST];
	uint16_t port;
	int by_user;
	struct lookup *lookup;   /* NULL: it waits */
	struct node_name *next;
};

struct bootstrap {
	void (*meet)(void *arg, const struct addr *a);
	int (*nodes)(void *arg);
	void *arg;
	struct node_name *names; /* the oldest first; owned */
	struct timer timer;
	int tries;
};

static void look_up(struct bootstrap *b);
static void on_addrs(void *arg, const struct addr *list, int n);
static void forget(struct node_name *name);
static void on_due(struct timer *t, int64_t now_ms);

static const char routers[][32] = { "dht.libtorrent.org:25401",
	"router.bittorrent.com:6881", "router.utorrent.com:6881",
	"dht.transmissionbt.com:6881", "dht.aelitis.com:6881" };

struct bootstrap *
bootstrap_new(void (*meet)(void *, const struct addr *),
    int (*nodes)(void *), int no_routers, void *arg)
{
	struct bootstrap *b = xcalloc(1, sizeof *b);

	b->meet = meet;
	b->nodes = nodes;
	b->arg = arg;
	b->timer.fire = on_due;
	b->timer.arg = b;
	if (!no_routers)
		net_timer(&b->timer, net_now() + FIRST_MS);
	return b;
}

void
bootstrap_free(struct bootstrap *b)
{
	net_untimer(&b->timer);
	while (b->names)
		forget(b->names);
	free(b);
}

int
bootstrap_add(struct bootstrap *b, const char *text, int by_user)
{
	struct node_name **end = &b->names, *name;
	char host[ADDR_HOST];
	uint16_t port;
	int n = 0;

	if (addr_split(text, host, &port) < 0)
		return -1;
	for (; *end; end = &(*end)->next, n++)
		if ((*end)->port == port && strcmp((*end)->host, host) == 0)
			return 0;
	if (n >= WAITING)
		return -1;
	name = xcalloc(1, sizeof *name);
	name->b = b;
	name->port = port;
	name->by_user = by_user;
	memcpy(name->host, host, sizeof host);
	*end = name;
	look_up(b);
	return 0;
}

/* Begins as many lookups as there may be. */
static void
look_up(struct bootstrap *b)
{
	struct node_name *name;
	int n = 0;

	for (name = b->names; name && n < LOOKUPS; name = name->next, n++)
		if (!name->lookup)
			name->lookup = resolve_start(name->host, name->port,
			    on_addrs, name);
}

static void
on_addrs(void *arg, const struct addr *list, int n)
{
	struct node_name *name = arg;
	struct bootstrap *b = name->b;
	int i;

	name->lookup = NULL;
	for (i = 0; i < n; i++)
		if (name->by_user || addr_scope(&list[i]) == SCOPE_GLOBAL)
			b->meet(b->arg, &list[i]);
	forget(name);
	look_up(b);
}

static void
forget(struct node_name *name)
{
	struct node_name **at = &name->b->names;

	while (*at != name)
		at = &(*at)->next;
	*at = name->next;
	if (name->lookup)
		resolve_stop(name->lookup);
	free(name);
}

static void
on_due(struct timer *t, int64_t now_ms)
{
	struct bootstrap *b = t->arg;
	size_t i;

	if (b->nodes(b->arg) > 0)
		b->tries = 0;
	for (i = 0; b->nodes(b->arg) == 0 && i < LEN(routers); i++)
		bootstrap_add(b, routers[i], 0);
	net_timer(t, now_ms + (AGAIN_MS << MIN(b->tries++, DOUBLINGS)));
}
