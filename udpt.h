/* UDP tracker packets (BEP 15, 41), as both sides write and read them.  Pure.
 * All integers are big-endian. */

#ifndef UDPT_H
#define UDPT_H

#include "util.h"

/* An announce, as a client sends it (BEP 3, BEP 15). */
enum event { EVENT_NONE, EVENT_COMPLETED, EVENT_STARTED, EVENT_STOPPED };
struct announce_params {
	const uint8_t *hash, *id; /* ID_LEN bytes each, borrowed */
	int64_t uploaded, downloaded, left;
	enum event event;
	uint32_t key;
	int numwant;              /* below 0: as many as the tracker likes */
	int partial_seed;         /* it wants no more of it (BEP 21) */
	uint16_t port;
};

/* Actions; a request to connect has UDP_MAGIC in a connection id's place. */
enum { UDP_CONNECT, UDP_ANNOUNCE, UDP_SCRAPE, UDP_ERROR };
#define UDP_MAGIC UINT64_C(0x41727101980)

/* A client's requests, appended; path is the URL's path and query for BEP 41.
 */
void udpt_connect(struct buf *b, uint32_t transaction);
void udpt_announce(struct buf *b, uint64_t connection, uint32_t transaction,
    const struct announce_params *a, const char *path);
/* Of one torrent, whose hash has ID_LEN bytes. */
void udpt_scrape(struct buf *b, uint64_t connection, uint32_t transaction,
    const uint8_t *hash);

/* What a client reads of a reply: the action, or -1 if it is none for this
 * transaction. */
struct udpt_reply {
	uint64_t connection;  /* of UDP_CONNECT: the id to come with */
	uint32_t interval;    /* of UDP_ANNOUNCE, in seconds, */
	struct span peers;    /* and its compact addresses, borrowed */
	struct span tallies;  /* of UDP_SCRAPE: UDPT_TALLY bytes a hash */
	struct span error;    /* of UDP_ERROR: the reason, borrowed */
};
int udpt_reply(struct udpt_reply *r, const uint8_t *p, size_t n,
    uint32_t transaction);
/* The first of the tallies: 0, or -1: there is none. */
int udpt_tallied(const struct udpt_reply *r, uint32_t *seeds,
    uint32_t *completed, uint32_t *leechers);

/* What a tracker reads of a request: the action, UDP_ERROR with the reason if
 * it can be answered by that alone, or -1: it is too short for an answer. */
struct udpt_request {
	uint64_t connection;           /* but of UDP_CONNECT */
	uint32_t transaction;
	struct announce_params announce; /* borrows the packet */
	const uint8_t *ip;             /* where it says it is, 4 bytes */
	struct span hashes;            /* of UDP_SCRAPE: ID_LEN bytes each */
	const char *error;
};
int udpt_request(struct udpt_request *r, const uint8_t *p, size_t n);
/* Whether a datagram at a port of several protocols looks like one. */
int udpt_is_request(const uint8_t *p, size_t n);

/* A tracker's replies: the bytes written to out, which has room for them. */
enum { UDPT_PEERS = 20, UDPT_TALLY = 12 };
size_t udpt_connected(uint8_t *out, uint32_t transaction, uint64_t connection);
/* Compact addresses are to follow, from byte UDPT_PEERS on. */
size_t udpt_announced(uint8_t *out, uint32_t transaction, uint32_t interval,
    uint32_t leechers, uint32_t seeds);
/* Those of a scrape, which has UDPT_TALLY bytes a hash; at first alone, then
 * with each tally, in the order of the hashes: n is the length so far. */
size_t udpt_scraped(uint8_t *out, uint32_t transaction);
size_t udpt_tally(uint8_t *out, size_t n, uint32_t seeds, uint32_t completed,
    uint32_t leechers);
size_t udpt_error(uint8_t *out, uint32_t transaction, const char *why);

#endif
