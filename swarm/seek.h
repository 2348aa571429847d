/* Of whom the metadata of a magnet link is asked (BEP 9).  Pure.
 *
 * Whoever offers it is asked, the oldest connection first, a few at a time; of
 * one stranger's connections one alone.  Who takes long makes room for more,
 * and who failed is left alone for a while, though he calls again. */

#ifndef SEEK_H
#define SEEK_H

#include "util.h"
#include "addr.h"
#include "swarm/metadata.h"

struct seek;

/* A connection's part; zeroed before. */
struct seeker {
	struct metadata *md;     /* owned: it is being asked, or NULL */
	/* the rest is seek.c's */
	void *owner;
	struct addr addr;
	size_t size;
	int singly;
	int64_t rest_ms;         /* not before this time */
	int offers;              /* it is in the list */
	struct seeker *prev, *next;
};

/* ask(owner, piece): the owner is to be asked for a piece. */
struct seek *seek_new(void (*ask)(void *owner, uint32_t piece));
void seek_free(struct seek *sk); /* all seekers have left */

/* The owner says that it has metadata of size bytes, 1 to META_NET_MAX; what
 * it says later is not heard.  singly: it can bear one request at a time. */
void seek_offer(struct seek *sk, struct seeker *s, void *owner,
    const struct addr *a, size_t size, int singly, int64_t now_ms);
/* The connection of s is over. */
void seek_leave(struct seek *sk, struct seeker *s, int64_t now_ms);
/* A piece of the metadata came from s, or (data.p NULL) will not come.  1: all
 * of the metadata has come, and stands in s->md until seek_fail or seek_leave;
 * else 0. */
int seek_got(struct seek *sk, struct seeker *s, uint32_t piece,
    struct span data, int64_t now_ms);
/* The metadata that s sent was wrong, or is not needed. */
void seek_fail(struct seek *sk, struct seeker *s, int64_t now_ms);
/* The metadata is known now: nothing more is asked for, and what has come is
 * freed. */
void seek_found(struct seek *sk);
/* Once a second. */
void seek_tick(struct seek *sk, int64_t now_ms);
/* Bytes of metadata that have come, of all who are asked. */
int64_t seek_bytes(const struct seek *sk);

#endif
