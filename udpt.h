/* UDP tracker packets (BEP 15, 41).  All integers are big-endian. */

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
	int numwant;
	int partial_seed;         /* it wants no more of it (BEP 21) */
	uint16_t port;
};

/* UDP tracker packets.  A request to connect begins with UDP_MAGIC; path is
 * the URL's path and query for BEP 41. */
void udpt_connect(struct buf *b, uint32_t transaction);
void udpt_announce(struct buf *b, uint64_t connection, uint32_t transaction,
    const struct announce_params *a, const char *path);
/* Replies: action, or -1 if it is none for this transaction.  body is what
 * follows action and transaction: the connection id (8 bytes), the announce's
 * figures (12) and addresses, or the error's text. */
#define UDP_MAGIC UINT64_C(0x41727101980)
enum { UDP_CONNECT, UDP_ANNOUNCE, UDP_SCRAPE, UDP_ERROR };
int udpt_reply(const uint8_t *p, size_t n, uint32_t transaction,
    struct span *body);

#endif
