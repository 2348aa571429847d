/* An announce as a tracker reads it, by whichever protocol it came.  Pure. */

#ifndef ASKING_H
#define ASKING_H

#include "util.h"
#include "sha1.h"
#include "addr.h"
#include "udpt.h"

enum { NUMWANT_DEFAULT = 50, NUMWANT_MAX = 200 };

struct asking {
	uint8_t hash[ID_LEN], id[ID_LEN];
	int has_hash, has_id, has_left; /* they were said, and right */
	uint32_t key;            /* its secret, which proves a move; 0: none */
	int64_t left;
	enum event event;
	int numwant;             /* NUMWANT_MAX at most */
	int compact;             /* it wants addresses in that form */
	struct addr addr;        /* where it is, as others are to be told */
	enum addr_scope seen_at; /* from where it asks */
	struct addr named;       /* where it says it is; port 0: nowhere */
	const char *odd;         /* what is worth a warning, or NULL */
};

/* Reads an announce that came from an address: the query of one over HTTP, or
 * one over UDP.  NULL, or what is wrong with it. */
const char *asking_query(struct asking *a, struct span query,
    const struct addr *from);
const char *asking_udp(struct asking *a, const struct udpt_request *r,
    const struct addr *from);

#endif
