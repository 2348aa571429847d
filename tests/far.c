/* A scripted peer.  What it says of itself is a set of ways; each message that
 * it hears is counted. */
#include <sys/types.h>
#include <sys/socket.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "bencode.h"
#include "net.h"
#include "torrent/meta.h"
#include "swarm/wire.h"
#include "swarm/metadata.h"
#include "unit.h"
#include "sample.h"
#include "far.h"

enum {
	ASKS      = 8,     /* outstanding requests */
	BEGS      = 150000,
	FLOOD     = 100,
	BIG_INFO  = META_NET_MAX + 1,
	PEX_ID    = 9,     /* its ids for exchange, */
	INFO_ID   = 7      /* and for metadata */
};

static void on_ready(struct io *io, short got, int64_t now_ms);
static void on_timer(struct timer *t, int64_t now_ms);
static void hear(struct far *f);
static void greet(struct far *f);
static void on_message(struct far *f, unsigned id, const uint8_t *p, size_t n);
static void on_request(struct far *f, struct block b);
static void give(struct far *f, struct block b);
static void on_piece(struct far *f, const uint8_t *p, size_t n);
static void on_extended(struct far *f, const uint8_t *p, size_t n);
static void extend(struct far *f);
static void give_info(struct far *f, uint32_t piece);
static void ask(struct far *f, int most);
static void flush(struct far *f);

void
far_pair(int sv[2])
{
	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	fcntl(sv[0], F_SETFL, O_NONBLOCK);
	fcntl(sv[1], F_SETFL, O_NONBLOCK);
}

void
far_open(struct far *f, const struct sample *sm, int fd, int ways, int n)
{
	memset(f, 0, sizeof *f);
	f->sm = sm;
	f->ways = ways;
	f->choked = f->choking = 1;
	snprintf((char *)f->id, sizeof f->id, "-XX0000-%010d", n);
	memcpy(f->hash, sm->m->hash, ID_LEN);
	f->got = xcalloc(bit_bytes(sm->m->sh.npieces * 4), 1);
	f->io.fd = fd;
	f->io.ready = on_ready;
	f->io.arg = f;
	f->timer.fire = on_timer;
	f->timer.arg = f;
	net_add(&f->io, POLLIN);
	net_timer(&f->timer, net_now());
}

void
far_close(struct far *f)
{
	net_untimer(&f->timer);
	if (f->got)
		net_close(&f->io);
	buf_free(&f->in);
	buf_free(&f->out);
	free(f->got);
	f->got = NULL;
	f->over = 1;
}

/* The handshake, byte after byte, or the end of a choke. */
static void
on_timer(struct timer *t, int64_t now_ms)
{
	struct far *f = t->arg;

	if (!f->said) {
		f->said = 1;
		wire_handshake(&f->out, f->hash, f->id, 0);
		if (f->ways & FAR_PLAIN)
			f->out.p[27] &= (uint8_t)~4;
		if (f->ways & FAR_HASTY)
			greet(f);
	}
	if (f->ways & FAR_DRIPS && f->may_send < HANDSHAKE_LEN) {
		f->may_send++;
		net_timer(t, now_ms + 20);
	} else if (f->choking && f->interested && f->ngiven > 0) {
		f->choking = 0;
		wire_put(&f->out, MSG_UNCHOKE, 0, 0, 0, 0);
	}
	flush(f);
}

static void
flush(struct far *f)
{
	int drips = f->ways & FAR_DRIPS && f->may_send < HANDSHAKE_LEN;
	size_t most = drips ? f->may_send - f->out.at : buf_left(&f->out);
	ssize_t n = 0;

	if (f->over)
		return;
	if (most > 0)
		n = send(f->io.fd, f->out.p + f->out.at, most, MSG_NOSIGNAL);
	if (n > 0 && most < buf_left(&f->out))
		f->out.at += (size_t)n;
	else if (n > 0)
		buf_take(&f->out, (size_t)n);
	net_want(&f->io, (short)((f->ways & FAR_DEAF && f->shook ? 0 :
	    POLLIN) | (buf_left(&f->out) > 0 && !drips ? POLLOUT : 0)));
}

static void
on_ready(struct io *io, short got, int64_t now_ms)
{
	struct far *f = io->arg;
	ssize_t n = 1;

	(void)now_ms;
	if (got & (POLLIN | POLLHUP | POLLERR) &&
	    !(f->ways & FAR_DEAF && f->shook && !(got & POLLHUP)))
		n = recv(io->fd, buf_room(&f->in, 65536), f->ways & FAR_DEAF ?
		    HANDSHAKE_LEN : 65536, 0);
	if (n == 0 || (n < 0 && errno != EAGAIN)) {
		far_close(f);
		return;
	}
	if (got & POLLIN && n > 0)
		f->in.len += (size_t)n;
	hear(f);
	if (f->got)
		flush(f);
}

static void
hear(struct far *f)
{
	const uint8_t *p;
	uint32_t len;

	if (!f->shook && buf_left(&f->in) >= HANDSHAKE_LEN) {
		f->shook = 1;
		memcpy(f->our_id, f->in.p + 48, ID_LEN);
		buf_take(&f->in, HANDSHAKE_LEN);
		if (!(f->ways & FAR_HASTY))
			greet(f);
	}
	while (f->shook && buf_left(&f->in) >= 4) {
		p = f->in.p + f->in.at;
		len = get32(p);
		if (buf_left(&f->in) - 4 < len)
			break;
		if (len > 0)
			on_message(f, p[4], p + 5, len - 1);
		if (f->over)
			return;
		buf_take(&f->in, 4 + (size_t)len);
	}
}

/* The first messages. */
static void
greet(struct far *f)
{
	uint32_t n = f->sm->m->sh.npieces, i;
	uint8_t *bits = xcalloc(bit_bytes(n), 1);
	struct block b = { 0, 0, BLOCK_LEN };

	for (i = 0; i < n; i++)
		bit_set(bits, i);
	if (f->ways & FAR_ALL) {
		wire_put(&f->out, MSG_HAVE_ALL, 0, 0, 0, 0);
	} else if (f->ways & FAR_HAVES) {
		for (i = 0; i < n; i++)
			wire_put(&f->out, MSG_HAVE, 1, i, 0, 0);
	} else if (f->ways & FAR_SEED) {
		wire_put_head(&f->out, MSG_BITFIELD, bit_bytes(n));
		buf_put(&f->out, bits, bit_bytes(n));
	} else if (!(f->ways & FAR_PLAIN)) {
		wire_put(&f->out, MSG_HAVE_NONE, 0, 0, 0, 0);
	}
	free(bits);
	for (i = 0; f->ways & FAR_FAST && i < n; i++)
		wire_put(&f->out, MSG_ALLOWED_FAST, 1, i, 0, 0);
	if (f->ways & FAR_FAST)
		wire_put(&f->out, MSG_SUGGEST, 1, n - 1, 0, 0);
	if (f->ways & (FAR_INFO | FAR_BIG_INFO | FAR_PORT | FAR_TELLS))
		extend(f);
	if (f->ways & FAR_WANTS)
		far_want(f, 1);
	for (i = 0; f->ways & FAR_FLOODS && i < FLOOD; i++)
		give(f, b);
	if (f->ways & FAR_BEGS)
		ask(f, BEGS);
}

static void
extend(struct far *f)
{
	struct buf d = { 0 };

	buf_printf(&d, "%cd1:md11:ut_metadatai%de%se13:metadata_sizei%zue", 0,
	    INFO_ID, f->ways & FAR_TELLS ? "6:ut_pexi9e" : "",
	    f->ways & FAR_BIG_INFO ? (size_t)BIG_INFO : f->sm->m->info.n);
	if (f->ways & FAR_PORT)
		buf_printf(&d, "1:pi7777e");
	if (f->ways & FAR_TELLS)
		buf_put(&d, "6:yourip4:\x7f\0\0\1", 14);
	buf_printf(&d, "e");
	wire_put_head(&f->out, MSG_EXTENDED, d.len);
	buf_put(&f->out, d.p, d.len);
	buf_free(&d);
}

void
far_tell(struct far *f, const struct addr *a)
{
	uint8_t p[18] = { 0 }, id = (uint8_t)f->pex_id;
	static const char head[] = "d5:added6:";

	OK(addr_pack(p, a) && id);
	wire_put_head(&f->out, MSG_EXTENDED, 1 + sizeof head - 1 + 7);
	buf_put(&f->out, &id, 1);
	buf_put(&f->out, head, sizeof head - 1);
	buf_put(&f->out, p, 6);
	buf_put(&f->out, "e", 1);
	flush(f);
}

void
far_want(struct far *f, int on)
{
	wire_put(&f->out, on ? MSG_INTERESTED : MSG_NOT_INTERESTED, 0, 0, 0,
	    0);
	flush(f);
}

static void
on_message(struct far *f, unsigned id, const uint8_t *p, size_t n)
{
	switch (id) {
	case MSG_CHOKE:
		f->choked = 1;
		f->nchokes++;
		break;
	case MSG_UNCHOKE:
		f->choked = 0;
		f->nunchokes++;
		f->next = 0;
		ask(f, ASKS);
		break;
	case MSG_INTERESTED:
		f->interested = 1;
		if (!(f->ways & FAR_SEED) || f->ways & FAR_FAST ||
		    !f->choking)
			break;
		f->choking = 0;
		wire_put(&f->out, MSG_UNCHOKE, 0, 0, 0, 0);
		break;
	case MSG_NOT_INTERESTED:
		f->interested = 0;
		break;
	case MSG_HAVE_ALL:
		f->nhaves += (int)f->sm->m->sh.npieces;
		break;
	case MSG_BITFIELD:
		f->nhaves += (int)bit_count(p, f->sm->m->sh.npieces);
		break;
	case MSG_HAVE:
		f->nhaves++;
		break;
	case MSG_REQUEST:
		on_request(f, wire_block(p));
		break;
	case MSG_PIECE:
		on_piece(f, p, n);
		break;
	case MSG_REJECT:
		f->nrejects++;
		break;
	case MSG_SUGGEST:
		f->nsuggested++;
		f->nhinted += f->choked;
		break;
	case MSG_EXTENDED:
		on_extended(f, p, n);
		break;
	}
}

static void
on_request(struct far *f, struct block b)
{
	int choking = f->choking && !(f->ways & FAR_FAST);

	f->nasked++;
	f->asked = b;
	if (f->ways & FAR_REJECTS || (choking && !(f->ways & FAR_PLAIN)))
		wire_put(&f->out, MSG_REJECT, 3, b.piece, b.begin, b.len);
	if (f->ways & (FAR_REJECTS | FAR_MUTE) || choking)
		return;
	give(f, b);
	f->ngiven++;
	if (f->ways & FAR_RESETS && f->ngiven == 10) {
		far_close(f);
	} else if (f->ways & FAR_CHOKES && f->ngiven % 3 == 0) {
		f->choking = 1;
		wire_put(&f->out, MSG_CHOKE, 0, 0, 0, 0);
		net_timer(&f->timer, net_now() + 1000);
	}
}

static void
give(struct far *f, struct block b)
{
	wire_put_head(&f->out, MSG_PIECE, 8 + (size_t)b.len);
	put32(buf_room(&f->out, 8), b.piece);
	put32(f->out.p + f->out.len + 4, b.begin);
	f->out.len += 8;
	buf_put(&f->out, f->sm->data + (int64_t)b.piece * SAMPLE_PIECE +
	    b.begin, b.len);
	if (f->ways & FAR_LIES && b.begin == 0)
		f->out.p[f->out.len - 1] ^= 1;
}

/* The nth block, asked for, if it is one that has not come. */
static void
ask(struct far *f, int most)
{
	const struct shape *sh = &f->sm->m->sh;
	uint32_t piece, begin, len;

	for (; f->ways & (FAR_WANTS | FAR_BEGS) && most > 0; f->next++) {
		piece = f->next / 4 % sh->npieces;
		begin = f->next % 4 * BLOCK_LEN;
		len = shape_len(sh, piece);
		if (f->ways & FAR_WANTS && f->next / 4 == sh->npieces)
			break;
		if (begin >= len || bit_get(f->got, f->next % (4 *
		    sh->npieces)))
			continue;
		wire_put(&f->out, MSG_REQUEST, 3, piece, begin,
		    MIN(len - begin, BLOCK_LEN));
		most--;
	}
}

static void
on_piece(struct far *f, const uint8_t *p, size_t n)
{
	uint32_t piece = get32(p), begin = get32(p + 4);

	if (memcmp(f->sm->data + (int64_t)piece * SAMPLE_PIECE + begin, p + 8,
	    n - 8) == 0 && !bit_get(f->got, piece * 4 + begin / BLOCK_LEN))
		f->ngood++;
	else
		f->nbad++;
	bit_set(f->got, piece * 4 + begin / BLOCK_LEN);
	if (!f->choked)
		ask(f, 1);
}

static void
on_extended(struct far *f, const uint8_t *p, size_t n)
{
	struct span dict, m;
	int64_t kind;

	f->nextended++;
	dict.p = p + 1;
	dict.n = (size_t)ben_parse(p + 1, n - 1);
	if (p[0] == 0) {
		m = ben_get(dict, "m");
		f->info_id = (int)ben_get_int(m, "ut_metadata", 0);
		f->pex_id = (int)ben_get_int(m, "ut_pex", 0);
		f->giving_only = (int)ben_get_int(dict, "upload_only", 0);
		return;
	}
	if (p[0] == PEX_ID) {
		m = ben_get_str(dict, "added");
		f->ntold += (int)m.n / 6;
		if (m.n >= 6)
			addr_unpack(&f->told, m.p, 1);
		return;
	}
	kind = ben_get_int(dict, "msg_type", -1);
	if (kind == 0 && f->ways & FAR_INFO)
		give_info(f, (uint32_t)ben_get_int(dict, "piece", 0));
}

static void
give_info(struct far *f, uint32_t piece)
{
	struct buf d = { 0 };
	size_t off = (size_t)piece * METADATA_PIECE;

	f->ninfo++;
	buf_printf(&d, "%cd8:msg_typei1e5:piecei%ue10:total_sizei%zuee",
	    f->info_id, piece, f->sm->m->info.n);
	buf_put(&d, f->sm->m->info.p + off, MIN(f->sm->m->info.n - off,
	    METADATA_PIECE));
	d.p[d.len - 2] ^= f->ways & FAR_LIES_INFO ? 1 : 0;
	wire_put_head(&f->out, MSG_EXTENDED, d.len);
	buf_put(&f->out, d.p, d.len);
	buf_free(&d);
}
