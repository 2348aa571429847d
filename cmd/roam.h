/* When this host has moved: to another network, or through the time.  Pure. */

#ifndef ROAM_H
#define ROAM_H

#include <stdint.h>

/* Zeroed before use. */
struct roam {
	uint64_t nets;
	int64_t last_ms;    /* the last look; 0: there was none */
	int64_t settles_ms; /* 0: nothing has changed lately */
	int64_t paid_ms;    /* up to when moves are paid */
	int waits;          /* one is not told yet */
};

enum roamed {
	ROAM_STAYED,
	ROAM_MOVED,   /* networks came or went, or the host, or we, slept */
	ROAM_SETTLED  /* and that was a while ago */
};

/* Once a second, with the number of the networks (nets.h).  A few moves are
 * told at once, then one a minute: interfaces may come and go all day. */
enum roamed roam_look(struct roam *r, uint64_t nets, int64_t now_ms);

#endif
