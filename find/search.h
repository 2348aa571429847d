/* The iterative search of the DHT: from the nodes that are known to those
 * nearest to a target (BEP 5).  Pure. */

#ifndef SEARCH_H
#define SEARCH_H

#include <stdint.h>

#include "util.h"
#include "sha1.h"
#include "addr.h"

enum {
	SEARCH_K     = 8,  /* as near as this many is near enough */
	SEARCH_LIST  = 48, /* candidates of each kind, */
	SEARCH_TOKEN = 40  /* bytes of a token that is kept */
};

/* A node that may be asked, or was. */
struct found {
	uint8_t id[ID_LEN];
	struct addr addr;
	uint8_t state;     /* search.c's own */
	uint8_t ntoken, token[SEARCH_TOKEN];
};

/* Candidates whose ids suit their addresses (BEP 42), and others, the nearest
 * first. */
struct search {
	uint8_t target[ID_LEN];
	struct found list[2][SEARCH_LIST];
	int n[2], asked[2];
	int live, open;    /* queries under way that are not slow, and all */
	uint64_t steps;    /* candidates looked at */
};

void search_init(struct search *s, const uint8_t target[ID_LEN]);
/* Somebody says that there is such a node.  1: it is a new candidate; 0. */
int search_add(struct search *s, const uint8_t *id, const struct addr *a);
/* Whom to ask now: counts as asked; NULL: nobody, for the time being or, if
 * search_over, at all.  Valid until search_add. */
const struct found *search_next(struct search *s);
/* What became of the query to the node of that id: it is taking long; no
 * answer will come; it has come, with a token unless that is empty. */
void search_slow(struct search *s, const uint8_t *id);
void search_dead(struct search *s, const uint8_t *id);
void search_answered(struct search *s, const uint8_t *id, struct span token);
/* Whether the nearest nodes have answered, or nobody is left. */
int search_over(struct search *s);
/* The nth, from 0, of the nearest SEARCH_K that have answered, those whose ids
 * suit first, which may be announced to if they gave a token; NULL: there are
 * no more. */
const struct found *search_best(const struct search *s, int nth);

#endif
