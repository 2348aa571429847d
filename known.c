/* Known peers.  A table of at most KNOWN_MAX, each due at a time.  An address
 * is never dialled twice within a minute, but for one that the user named. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "wire.h"
#include "known.h"

enum {
	BANNED_MAX   = 256,   /* addresses */
	WAIT_MS      = 60000, /* after the first failure; doubled each time */
	USER_WAIT_MS = 2000,
	DOUBLINGS    = 6
};

struct entry {
	struct addr addr;
	enum origin from;
	int64_t due_ms;       /* INT64_MAX: in use, or never */
	int in_use, never, fails;
};

struct known {
	struct entry list[KNOWN_MAX];
	int n;
	struct addr banned[BANNED_MAX];
	int nbanned, ban_at;
};

static int same_host(const struct addr *a, const struct addr *b);
static struct entry *find(const struct known *k, const struct addr *a);
static struct entry *worst(struct known *k);

struct known *
known_new(void)
{
	return xcalloc(1, sizeof(struct known));
}

void
known_free(struct known *k)
{
	free(k);
}

int
known_add(struct known *k, const struct addr *a, enum origin from)
{
	struct entry *e = find(k, a);

	if (e && from == FROM_USER)
		e->from = from;
	if (!addr_dialable(a) || known_banned(k, a) || e ||
	    (from == FROM_PEER && a->port < 1024))
		return 0;
	e = k->n < KNOWN_MAX ? &k->list[k->n++] : worst(k);
	if (!e)
		return 0;
	memset(e, 0, sizeof *e);
	e->addr = *a;
	e->from = from;
	return 1;
}

static struct entry *
find(const struct known *k, const struct addr *a)
{
	int i;

	for (i = 0; i < k->n; i++)
		if (addr_same(&k->list[i].addr, a))
			return (struct entry *)&k->list[i];
	return NULL;
}

/* The one that failed most, is not in use and not the user's; NULL: none. */
static struct entry *
worst(struct known *k)
{
	struct entry *e = NULL;
	int i;

	for (i = 0; i < k->n; i++)
		if (!k->list[i].in_use && !k->list[i].never &&
		    k->list[i].from != FROM_USER &&
		    k->list[i].fails > (e ? e->fails : 0))
			e = &k->list[i];
	return e;
}

const struct addr *
known_next(struct known *k, int64_t now_ms)
{
	struct entry *e = NULL;
	int i;

	for (i = 0; i < k->n; i++)
		if (k->list[i].due_ms <= now_ms &&
		    (!e || k->list[i].due_ms < e->due_ms))
			e = &k->list[i];
	if (!e)
		return NULL;
	e->in_use = 1;
	e->due_ms = INT64_MAX;
	return &e->addr;
}

int64_t
known_when(const struct known *k)
{
	int64_t when = INT64_MAX;
	int i;

	for (i = 0; i < k->n; i++)
		when = MIN(when, k->list[i].due_ms);
	return when;
}

void
known_use(struct known *k, const struct addr *a)
{
	struct entry *e = find(k, a);

	if (e) {
		e->in_use = 1;
		e->due_ms = INT64_MAX;
	}
}

void
known_over(struct known *k, const struct addr *a, int worked, int64_t now_ms)
{
	struct entry *e = find(k, a);

	if (!e || !e->in_use)
		return;
	e->in_use = 0;
	e->fails = worked ? 0 : e->fails + 1;
	if (e->never || known_banned(k, a))
		return;
	e->due_ms = now_ms + ((int64_t)(e->from == FROM_USER ?
	    USER_WAIT_MS : WAIT_MS) << MIN(MAX(e->fails - 1, 0), DOUBLINGS));
}

void
known_ban(struct known *k, const struct addr *a)
{
	int i;

	k->banned[k->ban_at] = *a;
	k->ban_at = (k->ban_at + 1) % BANNED_MAX;
	k->nbanned = MIN(k->nbanned + 1, BANNED_MAX);
	for (i = 0; i < k->n; i++)
		if (same_host(&k->list[i].addr, a))
			k->list[i].due_ms = INT64_MAX;
}

int
known_banned(const struct known *k, const struct addr *a)
{
	int i;

	for (i = 0; i < k->nbanned; i++)
		if (same_host(&k->banned[i], a))
			return 1;
	return 0;
}

/* Peers on this host are apart by their ports alone. */
static int
same_host(const struct addr *a, const struct addr *b)
{
	return addr_is_loopback(a) ? addr_same(a, b) : addr_same_ip(a, b);
}

void
known_never(struct known *k, const struct addr *a)
{
	struct entry *e;

	known_add(k, a, FROM_TRACKER);
	e = find(k, a);
	if (e) {
		e->never = 1;
		e->due_ms = INT64_MAX;
	}
}
