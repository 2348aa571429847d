/* The tracker's answers (BEP 3, 7, 15, 23, 24, 31, 41, 48): request and time
 * in, reply out.  Pure. */

#ifndef ANSWER_H
#define ANSWER_H

#include "util.h"
#include "sha1.h"
#include "addr.h"
#include "http.h"
#include "track/swarms.h"

enum {
	SCRAPE_UDP_MAX  = 74,   /* hashes of a request (BEP 15) */
	SCRAPE_MAX      = 256,  /* the same over HTTP, where 8 KiB limit it */
	ANSWER_UDP_MAX  = 1452, /* bytes of a UDP reply: one packet of IPv6 */
	ANSWER_KEY_LEN  = 16
};

struct answerer;

/* What the operator decides. */
struct answer_policy {
	int interval;               /* seconds between announces, at most */
	int full_scrape;            /* whether one may ask for all swarms */
	const struct addr *proxies; /* whose X-Forwarded-For is believed; */
	int nproxies;               /* borrowed */
};

/* key: secret random bytes.  The swarms of state (NULL: none yet), whose
 * members live for answer_life, are the answerer's own from now on. */
struct answerer *answer_new(const struct answer_policy *p,
    const uint8_t key[ANSWER_KEY_LEN], struct swarms *state, int64_t now_ms);
void answer_free(struct answerer *t);
/* How long a peer that is not heard of is kept, in milliseconds, by an
 * interval in seconds. */
int64_t answer_life(int interval);
const struct swarms *answer_swarms(const struct answerer *t);

/* Serves only the info hashes of a text from now on, or none of them, as
 * allowed_read reads it: how many there are, or -1 with the number of the line
 * that is wrong, when all stays as it was. */
long answer_allow(struct answerer *t, struct span text, long *line);
long answer_refuse(struct answerer *t, struct span text, long *line);
/* Draws a fresh secret for UDP's connection ids, to be called each minute: an
 * id is good under the last three. */
void answer_rekey(struct answerer *t);

/* What an announce did, for a line of output. */
struct answer_event {
	uint8_t hash[ID_LEN];
	struct addr addr;
	int64_t left;
	const char *name; /* "started", "completed", "stopped" or "announce";
	                   * NULL: nothing */
};

/* Appends the whole reply to a request over HTTP: /announce, /scrape, /stats
 * or /.  Returns 0, or 1 if the caller is to send what answer_scrape_all makes
 * instead. */
int answer_http(struct answerer *t, const struct http_request *r,
    const struct addr *from, int64_t now_ms, struct buf *out,
    struct answer_event *ev);
/* By other means it is known that somebody at an address has a torrent, or
 * fetches it.  anew: also if he has announced himself. */
void answer_meet(struct answerer *t, const uint8_t hash[ID_LEN],
    const struct addr *a, int seed, int anew, int64_t now_ms);
/* Appends the bencoded answer to an announce's or a scrape's query, without
 * HTTP around it.  0, or -1: it was refused. */
int answer_announce(struct answerer *t, struct span query,
    const struct addr *from, int64_t now_ms, struct buf *out,
    struct answer_event *ev);
int answer_scrape(struct answerer *t, struct span query, struct buf *out);
/* Appends the whole reply to a scrape of everything, which takes its time. */
void answer_scrape_all(struct answerer *t, const struct http_request *r,
    struct buf *out);
/* Answers a UDP packet: the length of the reply, 0 if there is none. */
size_t answer_udp(struct answerer *t, const uint8_t *p, size_t n,
    const struct addr *from, int64_t now_ms, uint8_t out[ANSWER_UDP_MAX],
    struct answer_event *ev);

/* Forgets members not heard of for two intervals, a bounded piece of work a
 * call; returns in how many milliseconds it wants to be called again. */
int64_t answer_expire(struct answerer *t, int64_t now_ms);

#endif
