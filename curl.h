/* One request to a program that speaks TLS for us, called as curl(1) is. */

#ifndef CURL_H
#define CURL_H

#include "util.h"
#include "addr.h"
#include "url.h"

enum {
	CURL_URL     = URL_MAX + 2048, /* bytes of a URL with its query */
	CURL_ARGS    = 36,
	CURL_LOGIN   = 2 * 255 + 1,
	CURL_WHY     = 160,
	CURL_UNREACHED = 7,   /* curl's status: there is no connection */
	CURL_NOT_RUN = 126,   /* ours, of a program that cannot be run, */
	CURL_MISSING = 127    /* and of one that is not here */
};

/* A request, as a record between two processes of one program. */
struct curl_ask {
	char url[CURL_URL];   /* without name and password */
	char user[URL_USER_MAX]; /* which are these, as in struct url */
	struct addr to;       /* who is asked, whatever the URL's host is, but */
	char proxy[ADDR_HOST + 8]; /* by this SOCKS5 proxy, host:port, whoever
	                       * it says that is; "": by none of ours */
	uint8_t login[CURL_LOGIN]; /* its user:password, so many bytes */
	uint32_t login_len;
	struct addr local;    /* from where, if is_bound */
	int is_bound;
	int64_t first, last;  /* of a range of its bytes, if is_ranged */
	int is_ranged;
	uint32_t limit;       /* most bytes of body */
	uint32_t wait_s;      /* the time that it may take */
};

/* What is run.  argv points into text and to constants. */
struct curl_args {
	const char *argv[CURL_ARGS];
	char text[512];
};

/* Fills in an ask's url, whose query is extended as http_get's, and user.  0,
 * or -1: too long. */
int curl_ask_url(struct curl_ask *a, const struct url *u, const char *query);
/* Whether a record is a request: its strings end, and its URL is https. */
int curl_ask_is(const struct curl_ask *a);
/* How program is called for the request: of the URL nothing is left to it but
 * TLS and one GET to the address named.  It is to print an HTTP/1.1 reply as
 * it came. */
void curl_args(struct curl_args *args, const char *program,
    const struct curl_ask *a);
/* What it reads from its standard input: what must not be seen by ps(1). */
void curl_input(struct buf *out, const struct curl_ask *a);
/* The program: curl, or what BTSH_HTTPS names. */
const char *curl_program(void);
/* Why it ended with a status that is not 0, safe to print, from what it wrote
 * to standard error; returns why. */
char *curl_why(char why[CURL_WHY], int status, struct span err);

#endif
