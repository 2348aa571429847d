/* Who is in which swarm, for a tracker: tables that stay small and quick with
 * a million peers in a hundred thousand swarms.  Pure.
 *
 * A member of a swarm is an address and port of one family; the other family's
 * address of the same client is another member. */

#ifndef SWARMS_H
#define SWARMS_H

#include "util.h"
#include "sha1.h"
#include "addr.h"

enum { SWARMS_KEY_LEN = 16 };

struct swarms; /* all of them */
struct group;  /* one swarm; valid until the next call that takes swarms */

/* Who announces. */
struct member {
	struct addr addr;
	uint32_t tag;  /* tells who it is: the same at all its addresses */
	int keyed;     /* the tag holds a secret, so that it proves a move */
	int seed;
};

/* Members that are not heard of are forgotten after life_ms and up to a
 * thirtieth of it.  key is secret, so that nobody can aim at a place of the
 * tables. */
struct swarms *swarms_new(const uint8_t key[SWARMS_KEY_LEN], int64_t life_ms);
void swarms_free(struct swarms *sw);

/* A member's tag, of the bytes that tell who it is. */
uint32_t swarms_tag(const struct swarms *sw, const void *who, size_t n);

/* The member is in the swarm from now on; fresh: it has just begun, and so has
 * not moved here from another address.  JOIN_FULL: there is no room;
 * JOIN_MANY: its address or network has too many members or swarms. */
enum { JOIN_OK, JOIN_FULL, JOIN_MANY };
int swarms_join(struct swarms *sw, const uint8_t hash[ID_LEN],
    const struct member *m, int fresh, int64_t now_ms);
/* Whether a member of the swarm is at an address. */
int swarms_has(struct swarms *sw, const uint8_t hash[ID_LEN],
    const struct addr *a);
/* The member leaves the swarm; one with a key, from whatever address. */
void swarms_leave(struct swarms *sw, const uint8_t hash[ID_LEN],
    const struct member *m, int64_t now_ms);
/* A member that is in the swarm has completed: counted once for each. */
void swarms_complete(struct swarms *sw, const uint8_t hash[ID_LEN],
    const struct member *m);

/* The swarm of an info hash; NULL: nothing is known of it. */
struct group *swarms_find(struct swarms *sw, const uint8_t hash[ID_LEN]);

struct tally {
	uint32_t seeds, leechers;
	uint32_t completed;   /* ever */
};
/* What a swarm counts; noughts for NULL. */
void swarms_tally(const struct group *g, struct tally *tally);

/* What peers one is to be given: most of them at most, of one family. */
struct wish {
	const struct member *who;  /* asks, and is not given itself */
	enum addr_scope seen_at;   /* private addresses are only for who is
	                            * seen at one, and loopback likewise */
	int is4;
	int seeds;                 /* whether seeds are wanted, too */
	int most;
};
/* Such members of g at random, none twice, as compact addresses of 6 or 18
 * bytes to out: how many. */
int swarms_sample(struct swarms *sw, const struct group *g,
    const struct wish *w, int64_t now_ms, uint8_t *out);

/* Forgets: a bounded piece of the work a call, so it is to be called some
 * dozens of times a life.  swarms_expire_calls says how many calls look at
 * everybody once. */
void swarms_expire(struct swarms *sw, int64_t now_ms);
uint32_t swarms_expire_calls(const struct swarms *sw);

struct census {
	uint32_t swarms, seeds, leechers;
	size_t bytes; /* of memory that the tables take */
};
void swarms_count(const struct swarms *sw, struct census *n);
/* The up to n largest, the largest first; how many. */
struct swarm_size {
	uint8_t hash[ID_LEN];
	struct tally tally;
};
int swarms_largest(const struct swarms *sw, struct swarm_size *list, int n);

/* All of them as bytes, to be loaded by another process: appends some to out,
 * and from *at, first 0, goes on.  0 when there are no more.  swarms_save_head
 * goes before them. */
void swarms_save_head(const struct swarms *sw, struct buf *out,
    int64_t now_ms);
int swarms_save(const struct swarms *sw, uint32_t *at, struct buf *out);
/* The bytes of the head and of all, into new swarms that live for life_ms, as
 * they are away_ms later.  NULL: they are no such bytes. */
struct swarms *swarms_load(struct span s, int64_t life_ms, int64_t away_ms,
    int64_t now_ms);
/* Visits every swarm, in no order. */
void swarms_each(const struct swarms *sw,
    void (*visit)(void *arg, const uint8_t hash[ID_LEN],
    const struct tally *tally), void *arg);

#endif
