/* Those who were connected, and good nodes, as a resume file has them. */
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "addr.h"
#include "torrent/resume.h"
#include "find/known.h"
#include "find/finder.h"
#include "swarm/conns.h"
#include "swarm/company.h"

enum { PEERS_KEPT = 50, NODES_KEPT = 32 };

static struct span pack(struct buf b[2], int six, const struct addr *list,
    int n);
static int unpack(struct addr *list, int most, struct span s, int is4);

void
company_note(struct company *c, const struct conns *cs,
    const struct finder *f, struct resume *r)
{
	struct addr list[MAX(PEERS_KEPT, NODES_KEPT)];
	int n = conns_peers(cs, list, PEERS_KEPT);

	r->peers = pack(c->peers, 0, list, n);
	r->peers6 = pack(c->peers, 1, list, n);
	n = finder_best(f, list, NODES_KEPT);
	r->nodes = pack(c->nodes, 0, list, n);
	r->nodes6 = pack(c->nodes, 1, list, n);
}

/* Those of one family. */
static struct span
pack(struct buf b[2], int six, const struct addr *list, int n)
{
	uint8_t p[18];
	int i;

	for (i = 0; i < n; i++)
		if (addr_pack(p, &list[i]) != six)
			buf_put(&b[six], p, six ? 18 : 6);
	return (struct span){ b[six].p, b[six].len };
}

void
company_free(struct company *c)
{
	int i;

	for (i = 0; i < 2; i++) {
		buf_free(&c->peers[i]);
		buf_free(&c->nodes[i]);
	}
}

void
company_meet(const struct resume *r, struct conns *cs, struct finder *f)
{
	struct addr list[2 * MAX(PEERS_KEPT, NODES_KEPT)];
	int i, n;

	n = unpack(list, PEERS_KEPT, r->peers, 1);
	n += unpack(list + n, PEERS_KEPT, r->peers6, 0);
	conns_add(cs, list, n, FROM_PAST);
	n = unpack(list, NODES_KEPT, r->nodes, 1);
	n += unpack(list + n, NODES_KEPT, r->nodes6, 0);
	for (i = 0; f && i < n; i++)
		finder_meet(f, &list[i]);
}

static int
unpack(struct addr *list, int most, struct span s, int is4)
{
	size_t len = is4 ? 6 : 18;
	int n;

	for (n = 0; n < most && s.n >= len; n++, s.p += len, s.n -= len)
		addr_unpack(&list[n], s.p, is4);
	return n;
}
