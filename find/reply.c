/* Answers.  An answer is written once without nodes and peers, to see how much
 * room is left for them, and then with as many as there is room for. */
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "bencode.h"
#include "addr.h"
#include "find/krpc.h"
#include "find/nodes.h"
#include "find/stored.h"
#include "find/reply.h"

enum {
	FACTOR     = 3,        /* of a query, to who has proved nothing */
	PEERS_MOST = 100
};

static int announced(struct replier *r, const struct krpc *q,
    const struct addr *from);
static void put_lists(struct replier *r, const struct krpc *q,
    struct krpc *m, size_t room);

int
reply_write(struct replier *r, struct buf *b, const struct krpc *q, int error,
    const struct addr *from, size_t n)
{
	struct krpc m = { .id = r->id, .tid = q->tid };
	uint8_t ip[18], token[STORED_TOKEN];
	size_t most = KRPC_WRITE, at = b->len;

	if (!error && q->method == KRPC_ANNOUNCE)
		error = announced(r, q, from);
	if (error || (!nodes_at(r->nodes, q->id, from) &&
	    !stored_allows(r->stored, from, q->token, r->now_ms)))
		most = MIN(most, FACTOR * n);
	m.type = error ? 'e' : 'r';
	m.error = error;
	m.version = span_of(REPLY_VERSION);
	m.ip.p = ip;
	m.ip.n = addr_pack(ip, from) ? 6 : 18;
	if (q->method == KRPC_GET && !error) {
		stored_token(r->stored, from, r->now_ms, token);
		m.token.p = token;
		m.token.n = sizeof token;
	}
	krpc_write(b, &m);
	n = b->len - at;
	if (n > most) {
		b->len = at;
	} else if (!error && (q->method == KRPC_GET ||
	    q->method == KRPC_FIND)) {
		put_lists(r, q, &m, most - n);
		b->len = at;
		krpc_write(b, &m);
	}
	return error;
}

/* Stores what is announced: 0, or the error. */
static int
announced(struct replier *r, const struct krpc *q, const struct addr *from)
{
	struct addr a = *from;

	if (!q->implied)
		a.port = q->port;
	if (!stored_allows(r->stored, from, q->token, r->now_ms) ||
	    a.port < REPLY_PORT)
		return KRPC_PROTOCOL;
	stored_put(r->stored, q->target, &a, r->now_ms);
	return 0;
}

/* The nearest nodes and, if that is asked, peers, in room bytes with what is
 * around them; if both, nodes have half of it. */
static void
put_lists(struct replier *r, const struct krpc *q, struct krpc *m,
    size_t room)
{
	enum { AROUND_NODES = 12, AROUND_PEERS = 10 };
	size_t node = r->six ? 38 : 26, peer = r->six ? 21 : 8, n;
	const struct node *near[NODES_K];
	struct addr peers[PEERS_MOST];
	struct span *nodes = r->six ? &m->nodes6 : &m->nodes;
	uint8_t compact[18];
	int i, nnear, npeers = 0;

	nnear = nodes_nearest(r->nodes, q->target, NODES_GOOD, near,
	    r->now_ms);
	if (q->method == KRPC_GET)
		npeers = stored_get(r->stored, q->target, peers, PEERS_MOST,
		    r->now_ms);
	n = npeers > 0 ? room / 2 : room;
	n = n > AROUND_NODES ? (n - AROUND_NODES) / node : 0;
	nnear = MIN(nnear, (int)n);
	room -= MIN(room, AROUND_NODES + AROUND_PEERS + (size_t)nnear * node);
	npeers = MIN(npeers, (int)(room / peer));
	r->lists.len = 0;
	for (i = 0; i < nnear; i++)
		krpc_put_node(&r->lists, near[i]->id, &near[i]->addr);
	nodes->n = r->lists.len;
	buf_put(&r->lists, "l", 1);
	for (i = 0; i < npeers; i++)
		ben_put_bytes(&r->lists, compact,
		    addr_pack(compact, &peers[i]) ? 6 : 18);
	buf_put(&r->lists, "e", 1);
	nodes->p = r->lists.p;
	if (npeers > 0) {
		m->values.p = r->lists.p + nodes->n;
		m->values.n = r->lists.len - nodes->n;
	}
}
