/* Sockets, not blocking: a descriptor, or -1 with errno. */

#ifndef SOCK_H
#define SOCK_H

#include "addr.h"
#include "net.h"

/* A TCP listener at a, whose port is filled in if it is 0. */
int sock_listen(struct addr *a);
/* The next caller of a listener, and where it calls from. */
int sock_accept(int fd, struct addr *from);
/* A TCP connection that is on its way: it can be written when it is there, or
 * has failed, which sock_error tells.  It goes out from the address local,
 * whose port means nothing, and fails if that is of the other family; NULL:
 * from any. */
int sock_dial(const struct addr *to, const struct addr *local);
/* A UDP socket that sends to, and hears of, one address alone; local as above.
 */
int sock_dial_udp(const struct addr *to, const struct addr *local);

/* Closes a caller that was accepted. */
void sock_refuse(int fd);
/* Makes a socket one whose reads and writes wait. */
void sock_blocking(int fd);
/* Sends n bytes of a file, from off on, to a socket, as send(2) would: how
 * many, 0 if the file has no more, or -1 with errno. */
int64_t sock_send_file(int fd, int file, int64_t off, int64_t n);
/* From now on a socket takes no more while so many bytes wait in it to be sent
 * for the first time, where the system can do so. */
void sock_unsent(int fd, int most);
/* The errno that a socket has for us, as of a dial that failed; 0: none. */
int sock_error(int fd);
/* A socket's own address: 0, or -1 with errno. */
int sock_local(int fd, struct addr *a);
/* Whether fd, connected to an address, leads to this host. */
int sock_is_here(int fd, const struct addr *to);
/* The address that this host would speak to the wider network from; 0, -1. */
int sock_source(struct addr *a);
/* An address as the system has it, as ours: 0, or -1: it is of another
 * family. */
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
