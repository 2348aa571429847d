/* How fast bytes go.  Pure. */

#ifndef RATE_H
#define RATE_H

#include <stdint.h>

/* Bytes a second, from a sample each second. */
enum { RATE_SECONDS = 10 };
struct rate {
	int64_t total;                  /* bytes ever */
	uint32_t second[RATE_SECONDS];  /* bytes of the last seconds */
	uint32_t now;                   /* bytes since the last tick */
	int n;                          /* samples, RATE_SECONDS at most */
	int at;
};
void rate_add(struct rate *r, uint32_t bytes);
void rate_tick(struct rate *r);            /* once a second */
int64_t rate_bps(const struct rate *r);    /* over RATE_SECONDS */
int64_t rate_recent(const struct rate *r); /* over the last two seconds */

#endif
