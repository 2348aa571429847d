/* Finding peers without trackers, for all torrents of a process: by the DHT
 * (BEP 5) and by local discovery (BEP 14). */

#ifndef FINDER_H
#define FINDER_H

#include <stddef.h>
#include <stdint.h>

#include "addr.h"
#include "net.h"
#include "find/known.h"
#include "find/lsd.h"

struct finder;

/* A torrent whose peers are looked for; embedded in its owner, zeroed and the
 * first three set before finder_add. */
struct sought {
	const uint8_t *hash;   /* ID_LEN bytes, borrowed */
	void (*peers)(void *arg, enum origin from, const struct addr *list,
	    int n);            /* called from the loop */
	void *arg;
	/* the rest is finder.c's */
	int added;
	struct lsd_torrent local;
	struct sought *chain;
};

/* Of a process whose TCP listeners, n of them, are at port; on the network of
 * the address local alone (NULL: everywhere).  key is 16 secret random bytes.
 */
struct finder *finder_new(const struct io *listeners, int n, uint16_t port,
    const struct addr *local, const uint8_t key[16]);
void finder_free(struct finder *f);
/* Who answers datagrams to our nodes that are for a tracker (BEP 15), as
 * dgram_answer's answer; NULL: nobody. */
void finder_host(struct finder *f, size_t (*tracker)(void *arg,
    const uint8_t *p, size_t n, const struct addr *from, uint8_t *out),
    void *arg);
/* The port of our node; 0: we have none. */
uint16_t finder_node_port(const struct finder *f);
/* Good nodes that we know. */
int finder_nodes(const struct finder *f);
/* Good nodes to begin with the next time, at most so many: how many. */
int finder_best(const struct finder *f, struct addr *list, int most);
/* There may be a node of the DHT at an address; at host:port, which leads to
 * no network of ours unless the user says so. */
void finder_meet(struct finder *f, const struct addr *a);
void finder_meet_name(struct finder *f, const char *text, int by_user);

/* Others reach us at another port than that where we listen. */
void finder_set_port(struct finder *f, uint16_t outside);
/* The network is another one: all is looked for and announced anew. */
void finder_renew(struct finder *f);
/* The torrent is looked for, and announced, from now on. */
void finder_add(struct finder *f, struct sought *w);
/* More peers of it are wanted, sooner. */
void finder_hungry(struct finder *f, struct sought *w);
/* No more, also if it was never added. */
void finder_remove(struct finder *f, struct sought *w);

#endif
