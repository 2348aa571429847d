/* SOCKS5 as its client speaks it (RFC 1928), with a name and a password if the
 * proxy wants them (RFC 1929).  Pure: bytes in, bytes out. */

#ifndef SOCKS_H
#define SOCKS_H

#include "util.h"
#include "addr.h"

enum {
	SOCKS_NAME  = 255,                /* bytes of a name, in both RFCs */
	SOCKS_LOGIN = 3 + 2 * SOCKS_NAME, /* of the message with name and
	                                   * password */
	SOCKS_ASK   = 4 + 1 + SOCKS_NAME + 2 /* of a request, or a reply */
};

/* A talk, from the greeting until the stream beyond the proxy is there. */
struct socks {
	struct buf out;        /* to be sent; owned, freed by socks_free */
	char why[64];          /* what is wrong, safe to print, */
	int err;               /* and the errno that is next to it; EPROTO: it
	                        * is between the proxy and us, whatever is
	                        * asked for */
	/* the rest is socks.c's */
	int state;
	size_t got, want;      /* bytes of the message that comes */
	uint8_t in[SOCKS_ASK], ask[SOCKS_ASK];
	size_t ask_len;
	struct span login;
};

/* Writes the message with a name and a password: its bytes, or -1: the name is
 * empty, or one is over SOCKS_NAME bytes. */
long socks_login(uint8_t login[SOCKS_LOGIN], struct span name,
    struct span password);

/* Begins a talk for a stream to an address, or to a name, which the proxy
 * looks up.  login is borrowed until it is over (n 0: none).  0, or -1: the
 * name is empty or over SOCKS_NAME bytes. */
void socks_to(struct socks *s, const struct addr *to, struct span login);
int socks_to_name(struct socks *s, const char *host, uint16_t port,
    struct span login);
void socks_free(struct socks *s);

/* The bytes consumed, all of them until the talk is over, or -1: it has
 * failed, see why. */
long socks_feed(struct socks *s, const uint8_t *p, size_t n);
/* How many bytes come next at least, none of which are the stream's; 0: the
 * stream is there. */
size_t socks_wants(const struct socks *s);

#endif
