/* Processes that fork others for this one, as long as this one lives; and one
 * that runs curl. */

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

/* In a child that was forked for it: runs keep in a child of its own for each
 * descriptor that comes from the socket ctl, until that one's other end has
 * gone.  Those children have last_s seconds more, 0: none.  Returns the exit
 * status. */
int spawn_main(int ctl, int (*keep)(int fd), unsigned last_s);
/* Gives it fd, one end of a stream socket.  Waits for nobody.  0, or -1 with
 * errno. */
int spawn_give(int ctl, int fd);
/* Runs curl: on the other end of fd somebody writes a struct curl_ask, reads
 * frames and may hang up at any time, which kills the program. */
int spawn_curl(int fd);

#endif
