/* The process that runs curl for this one, as long as this one lives. */

#ifndef SPAWN_H
#define SPAWN_H

#include "curl.h"

/* What comes back of a request, frame by frame: a kind, the length of what
 * follows in two bytes, and that.  Of the end it is the status that the
 * program ended with, in one byte, and what it wrote to standard error. */
enum {
	SPAWN_HEAD = 3,
	SPAWN_DATA = 'd',
	SPAWN_END  = 'e',
	SPAWN_MAX  = 16384  /* bytes of a frame without its head */
};

/* In a child that was forked for it: serves requests from the socket ctl until
 * its other end has gone.  Returns the exit status. */
int spawn_main(int ctl);
/* Gives it fd, one end of a stream socket, whose other end writes a struct
 * curl_ask, reads frames and may hang up at any time, which kills the program.
 * Waits for nobody.  0, or -1 with errno. */
int spawn_give(int ctl, int fd);

#endif
