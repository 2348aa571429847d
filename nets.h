/* The networks that this host is on. */

#ifndef NETS_H
#define NETS_H

#include <stdint.h>

#include "addr.h"

/* A number that is another one when an interface comes or goes, or an address
 * of one does. */
uint64_t nets_state(void);
/* The addresses of this host, but loopback, at most so many, without ports:
 * how many. */
int nets_list(struct addr *list, int most);

#endif
