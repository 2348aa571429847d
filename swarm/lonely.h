/* Why nobody is connected, as the user should know it.  Pure. */

#ifndef LONELY_H
#define LONELY_H

#include <stdint.h>

/* How a connection can end before its handshakes are through. */
enum lonely_end { END_REFUSED, END_SILENT, END_UNREACHED, END_PROXY,
	END_NO_FD, END_HUNG_UP };
enum { LONELY_ENDS = END_HUNG_UP + 1, LONELY_TEXT = 200 };

struct lonely {            /* zeroed before */
	int ends[LONELY_ENDS]; /* since the last peer */
	int64_t since_ms;      /* 0: somebody was there just now */
	int told;
};

void lonely_end(struct lonely *l, enum lonely_end how);
/* Once a second: how many peers are connected, if any are wanted.  1, and a
 * text, when it is time to say why there are none; else 0. */
int lonely_tick(struct lonely *l, int npeers, int64_t now_ms,
    char text[LONELY_TEXT]);

#endif
