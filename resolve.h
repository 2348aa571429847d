/* The addresses of names, looked up by children. */

#ifndef RESOLVE_H
#define RESOLVE_H

#include "addr.h"

/* Forks the process that asks for names from then on, if that was not done:
 * it may read more files than this one, which needs none for names any more.
 * If it fails, each lookup does.  resolve_close ends it, and lookups. */
void resolve_open(void);
void resolve_close(void);

/* Looks host up, ten seconds at most; an address in digits stands for itself.
 * done is called once, not from within, with n addresses and port in each (0:
 * there are none, or it took too long; -1: no child could be had), after which
 * the lookup is gone. */
struct lookup;
struct lookup *resolve_start(const char *host, uint16_t port,
    void (*done)(void *arg, const struct addr *list, int n), void *arg);
/* Ends a lookup whose done was not called yet, and now never is. */
void resolve_stop(struct lookup *l);
/* Why done got n <= 0 addresses. */
const char *resolve_fault(int n);

#endif
