/* GETs over TLS, each by a run of another program: curl(1), or what
 * $BTSH_HTTPS names. */

#ifndef HTTPS_H
#define HTTPS_H

#include "util.h"
#include "curl.h"
#include "route.h"

/* Forks the process that runs the program, if that was not done: to be called
 * before strangers are spoken to.  If it fails, each request does. */
void https_open(void);
/* Ends that process, when there are no requests any more. */
void https_close(void);

struct https_ops { /* called from the loop, with arg */
	/* Its turn has come: few programs run at a time. */
	void (*begun)(void *arg);
	/* The next bytes of the reply, borrowed. */
	void (*data)(void *arg, struct span bytes);
	/* There are no more, and the request is gone: NULL, or why, safe to
	 * print and "" if it is what https_missing says and was said before.
	 * status is curl's. */
	void (*ended)(void *arg, int status, const char *why);
};

struct https;
/* Asks, with no op called from within.  ask is copied. */
struct https *https_start(const struct curl_ask *ask,
    const struct https_ops *ops, void *arg);
/* Where a request goes: to that address or, NULL, by the route's proxy to whom
 * the URL names; from the route's address, if there is one. */
void https_aim(struct curl_ask *ask, const struct route *rt,
    const struct addr *to);
/* on: no data is told of until it is called with 0. */
void https_hold(struct https *h, int on);
/* Ends a request whose ended was not called yet, and now never is; the program
 * is killed. */
void https_stop(struct https *h);
/* That the program is not here, and what to do; returns why. */
char *https_missing(char why[CURL_WHY]);

#endif
