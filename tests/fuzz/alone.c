/* No driver reaches anybody: instead of what the linker leads here (--wrap),
 * dials fail, names that are no digits have no address, and what would be
 * fetched or asked by UDP waits for the driver's answer. */
#include <sys/types.h>
#include <sys/socket.h>
#include <errno.h>
#include <unistd.h>

#include "fuzz.h"
#include "fetch.h"
#include "resolve.h"

int __wrap_sock_dial(const struct addr *a, const struct addr *local);
int __wrap_sock_dial_udp(const struct addr *a, const struct addr *local);
struct lookup *__wrap_resolve_start(const char *host, uint16_t port,
    void (*done)(void *arg, const struct addr *list, int n), void *arg);
void __wrap_resolve_stop(struct lookup *l);
struct fetch *__wrap_fetch_start(const struct url *url,
    const struct fetch_how *how, fetch_done *done, void *arg);
void __wrap_fetch_stop(struct fetch *f);

/* What waits, the newest first. */
struct lookup {
	struct addr a;
	int n;
	void (*done)(void *arg, const struct addr *list, int n);
	void *arg;
	struct lookup *next;
};

struct fetch {
	fetch_done *done;
	void *arg;
	struct fetch *next;
};

static struct lookup *lookups;
static struct fetch *fetches;
static int far_fd = -1; /* of the last socket that was to ask by UDP */

int
__wrap_sock_dial(const struct addr *a, const struct addr *local)
{
	(void)a, (void)local;
	errno = ENETUNREACH;
	return -1;
}

int
__wrap_sock_dial_udp(const struct addr *a, const struct addr *local)
{
	int sv[2];

	(void)a, (void)local;
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, sv) == 0);
	fuzz_hang_up();
	far_fd = sv[1];
	return sv[0];
}

struct lookup *
__wrap_resolve_start(const char *host, uint16_t port,
    void (*done)(void *arg, const struct addr *list, int n), void *arg)
{
	struct lookup *l = xcalloc(1, sizeof *l);

	l->n = addr_parse(&l->a, host, 0) == 0;
	l->a.port = port;
	l->done = done;
	l->arg = arg;
	l->next = lookups;
	lookups = l;
	return l;
}

void
__wrap_resolve_stop(struct lookup *l)
{
	struct lookup **at = &lookups;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	free(l);
}

struct fetch *
__wrap_fetch_start(const struct url *url, const struct fetch_how *how,
    fetch_done *done, void *arg)
{
	struct fetch *f = xcalloc(1, sizeof *f);

	(void)url, (void)how;
	f->done = done;
	f->arg = arg;
	f->next = fetches;
	fetches = f;
	return f;
}

void
__wrap_fetch_stop(struct fetch *f)
{
	struct fetch **at = &fetches;

	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	free(f);
}

int
fuzz_look_up(void)
{
	struct lookup l;

	if (!lookups)
		return 0;
	l = *lookups;
	__wrap_resolve_stop(lookups);
	l.done(l.arg, &l.a, l.n);
	return 1;
}

int
fuzz_fetched(struct span body, const char *why)
{
	struct fetch f;

	if (!fetches)
		return 0;
	f = *fetches;
	__wrap_fetch_stop(fetches);
	f.done(f.arg, body, why);
	return 1;
}

int
fuzz_far_fd(void)
{
	return far_fd;
}

void
fuzz_hang_up(void)
{
	if (far_fd >= 0)
		close(far_fd);
	far_fd = -1;
}
