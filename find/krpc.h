/* The DHT's packets: KRPC of BEP 5, with BEP 32's nodes6, BEP 42's ip and
 * BEP 43's ro.  Read in place and written; both by one struct.  Pure. */

#ifndef KRPC_H
#define KRPC_H

#include "util.h"
#include "addr.h"

enum {
	KRPC_MOST  = 1500, /* bytes of a packet that is read, */
	KRPC_WRITE = 1024  /* and written (BEP 32) */
};
enum krpc_method { KRPC_PING, KRPC_FIND, KRPC_GET, KRPC_ANNOUNCE };
enum { KRPC_PROTOCOL = 203, KRPC_UNKNOWN = 204 }; /* errors */

/* A packet.  Spans and pointers are borrowed, of what was read from those
 * bytes; absent are n == 0, NULL and 0. */
struct krpc {
	char type;                 /* 'q', 'r' or 'e' */
	enum krpc_method method;   /* of a query */
	int error;                 /* of an error; 0: what has no number */
	int readonly, implied;     /* ro, implied_port */
	uint16_t port;
	const uint8_t *id;         /* ID_LEN bytes: who says so */
	const uint8_t *target;     /* ID_LEN bytes: target or info_hash */
	struct span tid, version, ip, token;
	struct span nodes, nodes6; /* compact: 26 and 38 bytes each */
	struct span values;        /* a bencoded list of compact addresses */
};

/* Reads a packet.  0; -1: it is none, and not to be answered; else the error
 * (KRPC_) that a query deserves, of which m->tid is set. */
int krpc_read(struct krpc *m, const uint8_t *p, size_t n);
/* Appends the packet; all that is there is written. */
void krpc_write(struct buf *b, const struct krpc *m);
/* Takes a node off the front of a compact list.  0: there is none. */
int krpc_node(struct span *list, int six, const uint8_t **id, struct addr *a);
/* Appends such a node. */
void krpc_put_node(struct buf *b, const uint8_t *id, const struct addr *a);

#endif
