/* What peer had when it was stopped. */

#ifndef PAST_H
#define PAST_H

#include "cmd/jobs.h"

/* Adds the torrents that the resume files in the directory of the rules say
 * that peer goes on with: how many. */
int past_add(struct jobs *all);

#endif
