/* Sockets, not blocking: a descriptor, or -1 with errno. */

#ifndef SOCK_H
#define SOCK_H

#include "addr.h"
#include "net.h"

int sock_listen(struct addr *a);           /* TCP; a's port 0: fills it in */
int sock_accept(int fd, struct addr *from);
int sock_dial(const struct addr *to);      /* TCP, on its way */
int sock_dial_udp(const struct addr *to);

void sock_refuse(int fd);                  /* closes what was accepted */
void sock_blocking(int fd);                /* makes it so */
int sock_error(int fd);                    /* the errno of a dial, 0: fine */
int sock_local(int fd, struct addr *a);    /* a socket's own address; 0, -1 */
/* Whether fd, connected to an address, leads to this host. */
int sock_is_here(int fd, const struct addr *to);
/* The address that this host would speak to the wider network from; 0, -1. */
int sock_source(struct addr *a);
/* What the system says of an address; 0, or -1: another family. */
struct sockaddr_storage;
int sock_addr(struct addr *a, const struct sockaddr_storage *ss);

/* TCP listeners on host (NULL: every address of both families), at the first
 * free port from first to last (0: any).  ready gets their calls.  How many
 * listeners there are, or -1 with errno; *port is theirs. */
int sock_listen_all(struct io io[2], const char *host, uint16_t first,
    uint16_t last, uint16_t *port);
/* Has a listener wait with a call until its first bytes have come, where the
 * system can. */
void sock_defer(struct io *io);

/* For those who make sockets of their own: a's as the system has it, of the
 * bytes that it returns; and a socket of a type for a's family, not blocking,
 * closed on exec, or -1 with errno. */
unsigned sock_put(struct sockaddr_storage *ss, const struct addr *a);
int sock_new(const struct addr *a, int type);

#endif
