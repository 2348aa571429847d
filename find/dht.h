/* A node of the DHT, of one address family (BEP 5, 32, 42, 43): finds peers of
 * torrents, announces, and answers others.  Pure: datagrams and a time in,
 * datagrams, peers and the next deadline out.
 *
 * A node that nobody can reach should say so (ro, BEP 43), and one cannot know
 * it beforehand.  A node here answers until there is evidence against it: for
 * half an hour it has had dozens of good nodes at global addresses, and no
 * query came but from where it had itself sent one lately, which may be what a
 * NAT lets through.  It is read-only then, until such a query does come.  So a
 * fresh network, in which everybody is new, works at once, and one that is
 * small or private always; while an unreachable node costs others a query or
 * two each for the first half hour, as it does without BEP 43. */

#ifndef DHT_H
#define DHT_H

#include <stddef.h>
#include <stdint.h>

#include "addr.h"

struct dht;

/* Called from within the calls below; they may not call back. */
struct dht_ops {
	/* A datagram of n bytes leaves for an address. */
	void (*send)(void *arg, const struct addr *to, const uint8_t *p,
	    size_t n);
	/* Peers of a torrent that is looked for, as a stranger says: they may
	 * be dialled (addr_dialable), at ports from 1024 on, and none is on
	 * networks nearer to us than the stranger. */
	void (*peers)(void *arg, const uint8_t *hash, const struct addr *list,
	    int n);
};

/* A node for IPv4 or, if six, IPv6.  seed is secret; ops are borrowed. */
struct dht *dht_new(int six, uint64_t seed, const struct dht_ops *ops,
    void *arg);
void dht_free(struct dht *d);

/* A datagram that came from an address. */
void dht_feed(struct dht *d, const uint8_t *p, size_t n,
    const struct addr *from, int64_t now_ms);
/* Does what is due.  When it wants the next tick, INT64_MAX: not before one of
 * the other calls, after each of which that may be sooner. */
int64_t dht_tick(struct dht *d, int64_t now_ms);
/* There may be a node at this address: the user, a torrent, a peer's PORT
 * message or a list of well-known routers says so.  It is asked, at most a few
 * times a minute, and remembered for when there are no others. */
void dht_meet(struct dht *d, const struct addr *a, int64_t now_ms);

/* The torrent is looked for as soon as a node is known, and announced at that
 * port, unless 0, and both again every 15 minutes.  0, or -1: it was there. */
int dht_add(struct dht *d, const uint8_t *hash, uint16_t port,
    int64_t now_ms);
/* All are announced at another port from now on, and soon. */
void dht_port(struct dht *d, uint16_t port, int64_t now_ms);
/* Peers of it are wanted sooner: a minute after the last search, two after the
 * next one and so on, as long as this is called between them. */
void dht_hungry(struct dht *d, const uint8_t *hash, int64_t now_ms);
void dht_remove(struct dht *d, const uint8_t *hash);

/* Whether we can be reached is known: if not, queries are not answered and say
 * so, until one comes from where we have not asked lately.  See above for what
 * holds as long as this is not called. */
void dht_reachable(struct dht *d, int yes);
/* Good nodes; and some of their addresses to begin with the next time, at most
 * so many: how many.  By the time of the last call that had one. */
int dht_count(const struct dht *d);
int dht_best(const struct dht *d, struct addr *list, int most);
/* Whether it is read-only now. */
int dht_readonly(const struct dht *d);
/* Our id, ID_LEN bytes: it changes with our address as others see it. */
const uint8_t *dht_id(const struct dht *d);
/* Entries of tables looked at, ever: what the work is counted in. */
uint64_t dht_steps(const struct dht *d);

#endif
