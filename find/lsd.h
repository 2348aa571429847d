/* Local discovery (BEP 14): announces to the networks that we are in.  Pure.
 */

#ifndef LSD_H
#define LSD_H

#include <stddef.h>
#include <stdint.h>

#include "util.h"
#include "addr.h"
#include "sha1.h"

enum {
	LSD_MAX    = 1400, /* bytes of a datagram */
	LSD_HASHES = 24    /* torrents that one names */
};

/* A torrent that is announced; embedded in its owner, zeroed before. */
struct lsd_torrent {
	const uint8_t *hash;   /* borrowed; set before lsd_add */
	/* the rest is lsd.c's */
	int64_t due_ms;
	struct lsd_list *list; /* NULL: in none */
	struct lsd_torrent *prev, *next;
};

struct lsd_list {              /* in the order of when they are due */
	struct lsd_torrent *first, *last;
};

struct lsd {
	uint16_t port;         /* where we listen for peers */
	char cookie[17];       /* tells our own announces */
	struct lsd_list fresh, again; /* never announced; announced */
	int64_t paid_ms[2];    /* the time up to which these are paid */
	int64_t heard_ms;      /* and those of others */
};

/* The groups, of IPv4 and of IPv6, and their port. */
extern const char *const lsd_groups[2];

void lsd_init(struct lsd *l, uint16_t port, uint64_t seed);
void lsd_add(struct lsd *l, struct lsd_torrent *t, int64_t now_ms);
void lsd_remove(struct lsd *l, struct lsd_torrent *t);
/* When lsd_next has something; INT64_MAX: not before lsd_add. */
int64_t lsd_due(const struct lsd *l);
/* Appends the datagram that is due now to out, one for each family: 1, or 0:
 * none is. */
int lsd_next(struct lsd *l, int64_t now_ms, struct buf out[2]);

/* What an announce says. */
struct lsd_news {
	struct addr peer;      /* where it can be dialled */
	uint8_t hashes[LSD_HASHES][ID_LEN];
	int n;
};
/* Reads a datagram that came from an address: 0, or -1: it is none, or our
 * own, or there are too many. */
int lsd_read(struct lsd *l, const uint8_t *p, size_t n,
    const struct addr *from, int64_t now_ms, struct lsd_news *news);

#endif
