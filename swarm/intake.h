/* What has come of the pieces, whoever gave it; and the web seeds that do. */

#ifndef INTAKE_H
#define INTAKE_H

#include "swarm/conn.h"

/* The blocks that were put into the store are written, and the pieces that are
 * whole judged. */
void intake_settle(struct conns *cs);
/* Web seeds are asked, if there are any and something is wanted; and none are
 * any more. */
void intake_webs(struct conns *cs);
void intake_end(struct conns *cs);

#endif
