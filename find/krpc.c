/* KRPC packets.  A query's arguments and an answer's values have different
 * keys, none with two meanings, so one table reads and one list writes both:
 * what may stand where decides who gets them. */
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "bencode.h"
#include "addr.h"
#include "find/krpc.h"

enum { TID_MOST = 32 }; /* bytes that are sent back */

static const char *const methods[] = { "ping", "find_node", "get_peers",
	"announce_peer" };

static int read_query(struct krpc *m, struct span method);
static int read_body(struct krpc *m, struct span d);
static const uint8_t *read_id(struct span v);
static void put_body(struct buf *b, const char *key, const struct krpc *m);
static void put_error(struct buf *b, int error);
static void put_field(struct buf *b, const char *key, const void *p,
    size_t n);
static void put_number(struct buf *b, const char *key, int v);
static void put(struct buf *b, const char *text);

int
krpc_read(struct krpc *m, const uint8_t *p, size_t n)
{
	enum { A, E, IP, Q, R, RO, T, V, Y, NKEYS };
	static const char *const keys[NKEYS] = { "a", "e", "ip", "q", "r",
		"ro", "t", "v", "y" };
	struct span v[NKEYS], y, whole = { p, n };
	int64_t i = 0;
	int bad;

	memset(m, 0, sizeof *m);
	if (n > KRPC_MOST || ben_parse(p, n) != (long)n)
		return -1;
	ben_get_all(whole, keys, v, NKEYS);
	if (ben_str(v[T], &m->tid) < 0 || m->tid.n > TID_MOST ||
	    ben_str(v[Y], &y) < 0 || y.n != 1)
		return -1;
	m->type = (char)y.p[0];
	ben_str(v[V], &m->version);
	ben_str(v[IP], &m->ip);
	m->readonly = ben_int(v[RO], &i) == 0 && i == 1;
	switch (m->type) {
	case 'q':
		bad = read_body(m, v[A]);
		return bad ? KRPC_PROTOCOL : read_query(m, v[Q]);
	case 'r':
		return read_body(m, v[R]);
	case 'e':
		v[E] = ben_items(v[E]);
		if (ben_next(&v[E], &y) && ben_int(y, &i) == 0)
			m->error = (int)i;
		return 0;
	}
	return -1;
}

static int
read_query(struct krpc *m, struct span method)
{
	size_t i;

	if (ben_str(method, &method) < 0)
		return KRPC_PROTOCOL;
	for (i = 0; i < LEN(methods) && !span_is(method, methods[i]); i++)
		;
	if (i == LEN(methods))
		return KRPC_UNKNOWN;
	m->method = (enum krpc_method)i;
	if ((i > KRPC_PING && !m->target) || (i == KRPC_ANNOUNCE &&
	    (m->token.n == 0 || (!m->port && !m->implied))))
		return KRPC_PROTOCOL;
	return 0;
}

/* Arguments, or values.  0, or -1: they do not say whose. */
static int
read_body(struct krpc *m, struct span d)
{
	enum { ID, IMPLIED, HASH, NODES, NODES6, PORT, TARGET, TOKEN, VALUES,
		NKEYS };
	static const char *const keys[NKEYS] = { "id", "implied_port",
		"info_hash", "nodes", "nodes6", "port", "target", "token",
		"values" };
	struct span v[NKEYS];
	int64_t i;

	ben_get_all(d, keys, v, NKEYS);
	m->id = read_id(v[ID]);
	m->target = read_id(v[v[HASH].n > 0 ? HASH : TARGET]);
	m->implied = ben_int(v[IMPLIED], &i) == 0 && i != 0;
	if (ben_int(v[PORT], &i) == 0 && i > 0 && i < 65536)
		m->port = (uint16_t)i;
	ben_str(v[NODES], &m->nodes);
	ben_str(v[NODES6], &m->nodes6);
	ben_str(v[TOKEN], &m->token);
	if (ben_kind(v[VALUES]) == 'l')
		m->values = v[VALUES];
	return m->id ? 0 : -1;
}

static const uint8_t *
read_id(struct span v)
{
	return ben_str(v, &v) == 0 && v.n == ID_LEN ? v.p : NULL;
}

void
krpc_write(struct buf *b, const struct krpc *m)
{
	put(b, "d");
	if (m->type == 'q')
		put_body(b, "1:ad", m);
	else if (m->type == 'e')
		put_error(b, m->error);
	put_field(b, "ip", m->ip.p, m->ip.n);
	if (m->type == 'q')
		put_field(b, "q", methods[m->method],
		    strlen(methods[m->method]));
	else if (m->type == 'r')
		put_body(b, "1:rd", m);
	if (m->readonly)
		put_number(b, "ro", 1);
	ben_put_str(b, "t");
	ben_put_bytes(b, m->tid.p, m->tid.n);
	put_field(b, "v", m->version.p, m->version.n);
	put_field(b, "y", &m->type, 1);
	put(b, "e");
}

static void
put_body(struct buf *b, const char *key, const struct krpc *m)
{
	int is_hash = m->method == KRPC_GET || m->method == KRPC_ANNOUNCE;
	const uint8_t *target = m->type == 'q' ? m->target : NULL;

	put(b, key);
	put_field(b, "id", m->id, ID_LEN);
	if (m->implied)
		put_number(b, "implied_port", 1);
	put_field(b, "info_hash", target, target && is_hash ? ID_LEN : 0);
	put_field(b, "nodes", m->nodes.p, m->nodes.n);
	put_field(b, "nodes6", m->nodes6.p, m->nodes6.n);
	if (m->port)
		put_number(b, "port", m->port);
	put_field(b, "target", target, target && !is_hash ? ID_LEN : 0);
	put_field(b, "token", m->token.p, m->token.n);
	if (m->values.n > 0) {
		ben_put_str(b, "values");
		buf_put(b, m->values.p, m->values.n);
	}
	put(b, "e");
}

static void
put_error(struct buf *b, int error)
{
	put(b, "1:el");
	ben_put_int(b, error);
	ben_put_str(b, error == KRPC_UNKNOWN ? "Method Unknown" :
	    "Protocol Error");
	put(b, "e");
}

static void
put_field(struct buf *b, const char *key, const void *p, size_t n)
{
	if (n > 0) {
		ben_put_str(b, key);
		ben_put_bytes(b, p, n);
	}
}

static void
put_number(struct buf *b, const char *key, int v)
{
	ben_put_str(b, key);
	ben_put_int(b, v);
}

static void
put(struct buf *b, const char *text)
{
	buf_put(b, text, strlen(text));
}

int
krpc_node(struct span *list, int six, const uint8_t **id, struct addr *a)
{
	size_t n = ID_LEN + (six ? 18 : 6);

	if (list->n < n)
		return 0;
	*id = list->p;
	addr_unpack(a, list->p + ID_LEN, !six);
	list->p += n;
	list->n -= n;
	return 1;
}

void
krpc_put_node(struct buf *b, const uint8_t *id, const struct addr *a)
{
	uint8_t compact[18];
	int is4 = addr_pack(compact, a);

	buf_put(b, id, ID_LEN);
	buf_put(b, compact, is4 ? 6 : 18);
}
