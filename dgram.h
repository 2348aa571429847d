/* Datagrams in batches. */

#ifndef DGRAM_H
#define DGRAM_H

#include "addr.h"
#include "net.h"

/* A UDP socket at an address of ours, from which its multicasts go, too; or -1
 * with errno. */
int dgram_open(const struct addr *a);
/* Opens and watches a UDP socket, io[i], at the address and port of each of n
 * TCP listeners; 0, or -1 with errno.  Its ready is to call dgram_answer. */
int dgram_listen(struct io *io, const struct io *listeners, int n);
/* Takes what came to a UDP socket, a bounded number of datagrams, and sends
 * what answer makes of each (the length that it wrote to out; 0: nothing) back
 * to where it came from, or refuses uTP.  How many were taken. */
enum { DATAGRAM_MAX = 2048 };
int dgram_answer(int fd, size_t (*answer)(void *arg, const uint8_t *p,
    size_t n, const struct addr *from, uint8_t out[DATAGRAM_MAX]), void *arg);
/* What tells who would begin a uTP connection (BEP 29) that there is none
 * here, so that he calls by TCP at once: to out, which holds 20 bytes, and how
 * many of them; 0: p is no such packet. */
size_t dgram_refuse_utp(const uint8_t *p, size_t n, uint8_t *out);
/* Sends one datagram, or loses it. */
void dgram_send(int fd, const struct addr *to, const uint8_t *p, size_t n);

#endif
