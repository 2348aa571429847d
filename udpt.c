/* UDP tracker packets: their layout, once for both sides. */
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "udpt.h"

/* Where a request has what. */
enum {
	CONNECTION  = 0,
	ACTION      = 8,
	TRANSACTION = 12,
	CONNECT_LEN = 16,
	HASHES      = 16,   /* of a scrape */
	HASH        = 16,   /* of an announce, and so on */
	ID          = 36,
	DOWNLOADED  = 56,
	LEFT        = 64,
	UPLOADED    = 72,
	EVENT       = 80,
	IP          = 84,
	KEY         = 88,
	NUMWANT     = 92,
	PORT        = 96,
	ANNOUNCE_LEN = 98
};

/* And a reply: its action, the transaction, and then: */
enum {
	REPLY_TRANSACTION = 4,
	REPLY_BODY = 8,     /* an error's text, a scrape's tallies, */
	NEW_ID     = 8,     /* a connection id, */
	INTERVAL   = 8,     /* or an announce's figures */
	LEECHERS   = 12,
	SEEDS      = 16
};

static uint8_t *request(struct buf *b, size_t n, uint64_t connection,
    uint32_t action, uint32_t transaction);
static void read_announce(struct udpt_request *r, const uint8_t *p);
static size_t reply(uint8_t *out, uint32_t action, uint32_t transaction);

void
udpt_connect(struct buf *b, uint32_t transaction)
{
	request(b, CONNECT_LEN, UDP_MAGIC, UDP_CONNECT, transaction);
}

void
udpt_announce(struct buf *b, uint64_t connection, uint32_t transaction,
    const struct announce_params *a, const char *path)
{
	uint8_t *p = request(b, ANNOUNCE_LEN, connection, UDP_ANNOUNCE,
	    transaction);
	uint8_t option[2] = { 2, 0 };
	size_t n = strlen(path), k;

	memcpy(p + HASH, a->hash, ID_LEN);
	memcpy(p + ID, a->id, ID_LEN);
	put64(p + DOWNLOADED, (uint64_t)a->downloaded);
	put64(p + LEFT, (uint64_t)a->left);
	put64(p + UPLOADED, (uint64_t)a->uploaded);
	put32(p + EVENT, (uint32_t)a->event);
	put32(p + IP, 0); /* the one that this comes from */
	put32(p + KEY, a->key);
	put32(p + NUMWANT, (uint32_t)a->numwant);
	put16(p + PORT, a->port);
	/* BEP 41: the path, in options of at most 255 bytes; / needs none */
	if (strcmp(path, "/") == 0)
		n = 0;
	for (; n > 0; n -= k, path += k) {
		k = MIN(n, 255);
		option[1] = (uint8_t)k;
		buf_put(b, option, 2);
		buf_put(b, path, k);
	}
}

void
udpt_scrape(struct buf *b, uint64_t connection, uint32_t transaction,
    const uint8_t *hash)
{
	request(b, HASHES, connection, UDP_SCRAPE, transaction);
	buf_put(b, hash, ID_LEN);
}

/* The n bytes of a request, its head written. */
static uint8_t *
request(struct buf *b, size_t n, uint64_t connection, uint32_t action,
    uint32_t transaction)
{
	uint8_t *p = buf_room(b, n);

	put64(p + CONNECTION, connection);
	put32(p + ACTION, action);
	put32(p + TRANSACTION, transaction);
	b->len += n;
	return p;
}

int
udpt_reply(struct udpt_reply *r, const uint8_t *p, size_t n,
    uint32_t transaction)
{
	static const size_t least[] = { NEW_ID + 8, UDPT_PEERS, REPLY_BODY,
		REPLY_BODY };
	uint32_t action;

	memset(r, 0, sizeof *r);
	if (n < REPLY_BODY || get32(p + REPLY_TRANSACTION) != transaction)
		return -1;
	action = get32(p);
	if (action >= LEN(least) || n < least[action])
		return -1;
	switch (action) {
	case UDP_CONNECT:
		r->connection = get64(p + NEW_ID);
		break;
	case UDP_ANNOUNCE:
		r->interval = get32(p + INTERVAL);
		r->peers.p = p + UDPT_PEERS;
		r->peers.n = n - UDPT_PEERS;
		break;
	case UDP_SCRAPE:
		r->tallies.p = p + REPLY_BODY;
		r->tallies.n = n - REPLY_BODY;
		break;
	case UDP_ERROR:
		r->error.p = p + REPLY_BODY;
		r->error.n = n - REPLY_BODY;
	}
	return (int)action;
}

int
udpt_tallied(const struct udpt_reply *r, uint32_t *seeds, uint32_t *completed,
    uint32_t *leechers)
{
	if (r->tallies.n < UDPT_TALLY)
		return -1;
	*seeds = get32(r->tallies.p);
	*completed = get32(r->tallies.p + 4);
	*leechers = get32(r->tallies.p + 8);
	return 0;
}

int
udpt_request(struct udpt_request *r, const uint8_t *p, size_t n)
{
	memset(r, 0, sizeof *r);
	if (n < CONNECT_LEN)
		return -1;
	r->connection = get64(p + CONNECTION);
	r->transaction = get32(p + TRANSACTION);
	switch (get32(p + ACTION)) {
	case UDP_CONNECT:
		if (r->connection == UDP_MAGIC)
			return UDP_CONNECT;
		break;
	case UDP_ANNOUNCE:
		if (n >= ANNOUNCE_LEN) {
			read_announce(r, p);
			return UDP_ANNOUNCE;
		}
		r->error = "the announce is too short";
		return UDP_ERROR;
	case UDP_SCRAPE:
		r->hashes.p = p + HASHES;
		r->hashes.n = (n - HASHES) / ID_LEN * ID_LEN;
		return UDP_SCRAPE;
	}
	r->error = "unknown action";
	return UDP_ERROR;
}

/* A node's message is a dictionary: "d", a digit, ..., "e". */
int
udpt_is_request(const uint8_t *p, size_t n)
{
	struct udpt_request r;

	if (n > 2 && p[0] == 'd' && p[1] >= '0' && p[1] <= '9' &&
	    p[n - 1] == 'e')
		return 0;
	switch (udpt_request(&r, p, n)) {
	case UDP_CONNECT:
	case UDP_ANNOUNCE: return 1;
	case UDP_SCRAPE:   return r.hashes.n > 0;
	default:           return 0;
	}
}

/* What follows the port is BEP 41's options, which say nothing to us. */
static void
read_announce(struct udpt_request *r, const uint8_t *p)
{
	struct announce_params *a = &r->announce;
	uint32_t event = get32(p + EVENT), want = get32(p + NUMWANT);

	a->hash = p + HASH;
	a->id = p + ID;
	a->downloaded = (int64_t)MIN(get64(p + DOWNLOADED), INT64_MAX);
	a->left = (int64_t)MIN(get64(p + LEFT), INT64_MAX);
	a->uploaded = (int64_t)MIN(get64(p + UPLOADED), INT64_MAX);
	a->event = event <= EVENT_STOPPED ? (enum event)event : EVENT_NONE;
	r->ip = p + IP;
	a->key = get32(p + KEY);
	a->numwant = want > INT32_MAX ? -1 : (int)want;
	a->port = get16(p + PORT);
}

size_t
udpt_connected(uint8_t *out, uint32_t transaction, uint64_t connection)
{
	reply(out, UDP_CONNECT, transaction);
	put64(out + NEW_ID, connection);
	return NEW_ID + 8;
}

size_t
udpt_announced(uint8_t *out, uint32_t transaction, uint32_t interval,
    uint32_t leechers, uint32_t seeds)
{
	reply(out, UDP_ANNOUNCE, transaction);
	put32(out + INTERVAL, interval);
	put32(out + LEECHERS, leechers);
	put32(out + SEEDS, seeds);
	return UDPT_PEERS;
}

size_t
udpt_scraped(uint8_t *out, uint32_t transaction)
{
	return reply(out, UDP_SCRAPE, transaction);
}

size_t
udpt_tally(uint8_t *out, size_t n, uint32_t seeds, uint32_t completed,
    uint32_t leechers)
{
	put32(out + n, seeds);
	put32(out + n + 4, completed);
	put32(out + n + 8, leechers);
	return n + UDPT_TALLY;
}

size_t
udpt_error(uint8_t *out, uint32_t transaction, const char *why)
{
	size_t n = reply(out, UDP_ERROR, transaction);

	memcpy(out + n, why, strlen(why));
	return n + strlen(why);
}

/* A reply's head: its length. */
static size_t
reply(uint8_t *out, uint32_t action, uint32_t transaction)
{
	put32(out, action);
	put32(out + REPLY_TRANSACTION, transaction);
	return REPLY_BODY;
}
