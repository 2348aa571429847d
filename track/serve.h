/* The tracker's sockets: requests over HTTP and UDP in, a struct answerer's
 * replies out. */

#ifndef SERVE_H
#define SERVE_H

#include "track/answer.h"

struct server;

/* Listens on host (NULL: everywhere) and port (0: any), which it returns in
 * *port.  NULL with errno. */
struct server *serve_open(const char *host, uint16_t *port);
/* Answers from the next round of the loop on.  event, unless NULL, hears of
 * each announce.  t and event are borrowed. */
void serve_begin(struct server *s, struct answerer *t,
    void (*event)(void *arg, const struct answer_event *ev), void *arg);
void serve_close(struct server *s);

#endif
