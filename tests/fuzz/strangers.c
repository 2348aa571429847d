/* Strangers of conns.c: the far ends of socketpairs. */
#include <sys/types.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "net.h"
#include "torrent/encode.h"
#include "swarm/wire.h"
#include "swarm/link.h"
#include "strangers.h"

uint8_t crowd_bytes[CROWD_SIZE];

static int
on_hello(void *arg, const uint8_t hash[ID_LEN])
{
	struct stranger *x = arg;

	if (memcmp(hash, x->of->torrent->hash, ID_LEN) == 0)
		x->taken = conns_take(x->of->cs, x->link, &x->place) == 0;
	return x->taken ? 0 : -1;
}

static void
link_end(void *arg)
{
	link_free(arg);
	free(arg);
}

static void
on_gone(void *arg, const char *why)
{
	struct stranger *x = arg;

	(void)why;
	pool_leave(&x->place);
	net_bury(link_end, x->link);
}

static void
on_close(void *arg)
{
	struct stranger *x = arg;

	link_close(x->link);
	on_gone(x, NULL);
}

struct stranger *
crowd_call(struct crowd *c, const struct addr *a)
{
	static const struct peer_ops lobby_ops = { .hello = on_hello };
	struct stranger *x = &c->all[c->n];
	struct place *out;
	int sv[2];

	if (c->n == CROWD_MOST || pool_room(&c->sh.pool, net_now(), &out) < 0)
		return NULL;
	if (out)
		out->close(out->owner);
	c->n++;
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sv) == 0);
	x->of = c;
	x->fd = sv[1];
	x->link = xcalloc(1, sizeof *x->link);
	x->place.owner = x;
	x->place.close = on_close;
	x->place.addr = *a;
	link_open(x->link, sv[0], a, c->sh.limits, &lobby_ops, on_gone, x);
	pool_call(&c->sh.pool, &c->lobby, &x->place, net_now());
	return x;
}

void
crowd_say(struct stranger *x, const void *p, size_t n)
{
	if (x->fd >= 0 && n > 0)
		(void)!send(x->fd, p, n, MSG_NOSIGNAL);
}

void
crowd_shake(struct stranger *x, unsigned last, int dht)
{
	struct buf b = { 0 };

	wire_handshake(&b, x->of->torrent->hash,
	    (const uint8_t *)"-XX0100-bbbbbbbbbbbb", dht);
	b.p[b.len - 1] = (uint8_t)last;
	crowd_say(x, b.p, b.len);
	buf_free(&b);
}

void
crowd_go(struct stranger *x)
{
	if (x->fd >= 0)
		close(x->fd);
	x->fd = -1;
}

void
crowd_hear(struct stranger *x)
{
	const uint8_t *p;
	ssize_t n;

	while (x->fd >= 0 &&
	    (n = recv(x->fd, buf_room(&x->in, 65536), 65536, 0)) > 0)
		x->in.len += (size_t)n;
	if (!x->shook && buf_left(&x->in) >= HANDSHAKE_LEN) {
		CHECK(wire_handshake_flags(x->in.p) >= 0);
		buf_take(&x->in, HANDSHAKE_LEN);
		x->shook = 1;
	}
	while (x->shook && buf_left(&x->in) >= 5) {
		p = x->in.p + x->in.at;
		if (buf_left(&x->in) - 4 < get32(p))
			break;
		CHECK(get32(p) == 0 ||
		    wire_len_ok(p[4], get32(p) - 1, CROWD_PIECES));
		if (get32(p) == 13 && p[4] == MSG_REQUEST)
			x->asked[x->nasked++ % CROWD_ASKED] = wire_block(p + 5);
		buf_take(&x->in, 4 + get32(p));
	}
}

void
crowd_give(struct stranger *x, unsigned which, int wrong)
{
	struct block b = x->asked[which % MIN(MAX(x->nasked,
	    1), CROWD_ASKED)];
	struct buf out = { 0 };

	if (x->nasked == 0)
		return;
	CHECK(b.piece < CROWD_PIECES && b.begin + b.len <=
	    shape_len(&x->of->torrent->sh, b.piece));
	wire_put_head(&out, MSG_PIECE, 8 + b.len);
	put32(buf_room(&out, 8 + b.len), b.piece);
	put32(out.p + out.len + 4, b.begin);
	memcpy(out.p + out.len + 8, crowd_bytes + b.piece * CROWD_PIECE +
	    b.begin, b.len);
	out.p[out.len + 8] ^= (uint8_t)wrong;
	out.len += 8 + b.len;
	crowd_say(x, out.p, out.len);
	buf_free(&out);
}

struct meta *
crowd_torrent(void)
{
	struct ingredient file = { NULL, CROWD_SIZE };
	struct recipe r = { .name = "data", .files = &file, .nfiles = 1,
	    .piece_len = CROWD_PIECE };
	struct buf b = { 0 };
	struct meta *m;
	char why[META_WHY];
	uint32_t i;

	for (i = 0; i < CROWD_SIZE; i++)
		crowd_bytes[i] = (uint8_t)(i * 7 + i / 251);
	encode_torrent(&b, &r);
	m = meta_parse(&b, why);
	for (i = 0; i < CROWD_PIECES; i++)
		sha1(crowd_bytes + i * CROWD_PIECE, shape_len(&m->sh, i),
		    m->pieces + i * SHA1_LEN);
	meta_rehash(m);
	return m;
}
