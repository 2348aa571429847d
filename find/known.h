/* The peers that a torrent has heard of, and whom to dial next.  Pure. */

#ifndef KNOWN_H
#define KNOWN_H

#include "addr.h"

enum { KNOWN_MAX = 2000 };

/* Who named an address; better ones later. */
enum origin { FROM_PEER, FROM_DHT, FROM_LOCAL, FROM_PAST, FROM_TRACKER,
	FROM_USER };
enum { ORIGINS = FROM_USER + 1 };

struct known;

/* seed is secret, so that nobody can aim at a place of the table. */
struct known *known_new(uint64_t seed);
void known_free(struct known *k);

/* Remembers an address that may be dialled.  Refused: one that cannot be
 * dialled or is banned, a stranger's word on a port below 1024, more than a
 * few of one host or than a share of all on such words alone, and any
 * when the table is full of better ones.  Returns 1 if it is new, else 0. */
int known_add(struct known *k, const struct addr *a, enum origin from);
/* The same of one that a tracker names (FROM_TRACKER) and has told of us, too:
 * until due_ms it is left to him who dials. */
int known_await(struct known *k, const struct addr *a, int64_t due_ms);
/* The peer at teller says that there is one at a (FROM_PEER).  What one teller
 * names is a share of the table, is dialled by and by after a few at once, and
 * each but once if it does not answer, until somebody else names it. */
int known_told(struct known *k, const struct addr *a,
    const struct addr *teller, int64_t now_ms);
/* How many addresses of an origin there are; and its name. */
int known_count(const struct known *k, enum origin from);
const char *origin_name(enum origin from);
/* Whether the user named a; and whether that has neither failed nor answered
 * yet. */
int known_named(struct known *k, const struct addr *a);
int known_hopes(struct known *k, const struct addr *a);
/* The address to dial now, which is in use until known_over; NULL: none.  Of
 * those that are new, those go first that two have named. */
const struct addr *known_next(struct known *k, int64_t now_ms);
/* Whether more than one stranger's word says that known_next's is there. */
int known_trusts(const struct known *k);
/* From now on only the words of least and better ones count (BEP 27): what
 * others have named is not dialled.  Whether somebody who counts named a. */
void known_only(struct known *k, enum origin least);
int known_counts(struct known *k, const struct addr *a);
/* When known_next will have one; INT64_MAX: not before there is news. */
int64_t known_when(const struct known *k);
/* A peer that has called us says that it can be dialled at a, which it need
 * not be.  1: that is believed until known_unclaim, after which a is due when
 * it would have been; 0: it is not. */
int known_claim(struct known *k, const struct addr *a);
void known_unclaim(struct known *k, const struct addr *a, int64_t now_ms);
/* The claim is doubted: if anybody else named a, it is dialled after all, and
 * the claim is over: 1, else 0. */
int known_doubt(struct known *k, const struct addr *a, int64_t now_ms);
/* The connection with a is over, or it failed: dialled again later, each
 * failure later.  known_later: a turned out to be one with whom there is a
 * connection already. */
void known_over(struct known *k, const struct addr *a, int worked,
    int64_t now_ms);
void known_later(struct known *k, const struct addr *a, int64_t now_ms);
/* The connection for which known_later put a off is over, too: a is dialled
 * soon. */
void known_soon(struct known *k, const struct addr *a, int64_t now_ms);
/* A connection's part: where its peer can be dialled; zeroed before. */
struct contact {
	struct addr home;  /* port 0: that is not known */
	int claims;        /* home is the peer's own word, and believed */
	struct addr twin;  /* another such address, of a connection that was
	                    * closed for this one; port 0: none */
};
/* Who called says that it can be dialled at a. */
void contact_claim(struct known *k, struct contact *ct, const struct addr *a);
/* The connection is of no use: a claim is doubted. */
void contact_doubt(struct known *k, struct contact *ct, int64_t now_ms);
/* The connection of drop turned out to be to the same peer as that of keep,
 * and will be closed. */
void contact_twin(struct known *k, const struct contact *drop,
    struct contact *keep, int64_t now_ms);
/* The connection is over. */
void contact_over(struct known *k, struct contact *ct, int worked,
    int64_t now_ms);

/* The network is another one: whoever may be dialled at all is due now; not
 * all: those alone with whom it worked the last time. */
void known_renew(struct known *k, int all, int64_t now_ms);

/* Nobody at a's address, on any port, is dialled or let in again. */
void known_ban(struct known *k, const struct addr *a);
/* Whether a's address was banned. */
int known_banned(const struct known *k, const struct addr *a);
/* a, this address and port alone, is not dialled again: that is ourselves, or
 * a seed while we seed. */
void known_never(struct known *k, const struct addr *a);
/* Entries looked at, ever: what the work is counted in. */
uint64_t known_steps(const struct known *k);

#endif
