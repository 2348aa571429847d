/* Names. */

#ifndef RESOLVE_H
#define RESOLVE_H

#include "addr.h"

/* The addresses of a name, without stalling the loop: a child asks for them,
 * ten seconds at most.  done gets n addresses (0: there are none, or it took
 * too long; -1: no child could be had) with port; it is never called from
 * within resolve_start.  resolve_stop ends a lookup that is not done. */
struct lookup;
struct lookup *resolve_start(const char *host, uint16_t port,
    void (*done)(void *arg, const struct addr *list, int n), void *arg);
void resolve_stop(struct lookup *l);
/* What is wrong if there are n <= 0 addresses. */
const char *resolve_fault(int n);

#endif
