/* TLS is another program's: curl's, or that of one with curl's options.
 *
 * It is told where to connect, so that the address is one that we have looked
 * up and allowed; it follows no redirect, reads no file of its user's and asks
 * nobody.  What it prints is then a reply as a socket would have given it, and
 * meets the same parser.  A name and a password reach it by its standard
 * input, as a line of a configuration; base64 needs no quoting there.  So does
 * the password of a SOCKS5 proxy, which is told the URL's name instead. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "addr.h"
#include "url.h"
#include "http.h"
#include "curl.h"

static const char *put(struct curl_args *args, size_t *at, const char *fmt,
    ...) PRINTF(3, 4);
static void quote(struct buf *out, const uint8_t *p, size_t n);
static struct span said(struct span err);

int
curl_ask_url(struct curl_ask *a, const struct url *u, const char *query)
{
	const char *v6 = strchr(u->host, ':') ? "[" : "";
	char port[8] = "";
	int n;

	if (u->port != 443)
		snprintf(port, sizeof port, ":%u", u->port);
	n = snprintf(a->url, sizeof a->url, "https://%s%s%s%s%s%s%s", v6,
	    u->host, *v6 ? "]" : "", port, u->path,
	    !query ? "" : strchr(u->path, '?') ? "&" : "?",
	    query ? query : "");
	memcpy(a->user, u->user, sizeof a->user);
	return n >= 0 && (size_t)n < sizeof a->url ? 0 : -1;
}

int
curl_ask_is(const struct curl_ask *a)
{
	return memchr(a->url, '\0', sizeof a->url) &&
	    memchr(a->user, '\0', sizeof a->user) &&
	    memchr(a->proxy, '\0', sizeof a->proxy) &&
	    a->login_len <= sizeof a->login &&
	    strncmp(a->url, "https://", 8) == 0;
}

/* An argument that is made, in the args' own text. */
static const char *
put(struct curl_args *args, size_t *at, const char *fmt, ...)
{
	char *s = args->text + *at;
	va_list ap;

	va_start(ap, fmt);
	*at += (size_t)vsnprintf(s, sizeof args->text - *at, fmt, ap) + 1;
	va_end(ap);
	return s;
}

void
curl_args(struct curl_args *args, const char *program,
    const struct curl_ask *a)
{
	static const char *const fixed[] = { "-q", "-sS", "-N", "-g", "-i",
	    "--http1.1", "--raw", "--path-as-is", "--suppress-connect-headers",
	    "--proto", "=https", "-A", ("btsh/" VERSION),
	    "-H", "Accept-Encoding: identity" };
	const char **v = args->argv;
	char ip[ADDR_TEXT];
	size_t at = 0;

	*v++ = program;
	memcpy(v, fixed, sizeof fixed);
	v += LEN(fixed);
	*v++ = "--max-time";
	*v++ = put(args, &at, "%u", (unsigned)a->wait_s);
	*v++ = "--max-filesize";
	*v++ = put(args, &at, "%u", (unsigned)a->limit);
	if (*a->proxy) { /* which looks names up; no_proxy is not asked */
		*v++ = "--noproxy";
		*v++ = "";
		*v++ = "--proxy";
		*v++ = put(args, &at, "socks5h://%s", a->proxy);
	} else { /* whatever host and port the URL has */
		*v++ = "--connect-to";
		*v++ = put(args, &at, "::%s", addr_format(ip, &a->to));
	}
	if (a->is_bound) {
		addr_format(ip, &a->local);
		*strrchr(ip, ':') = '\0'; /* an address without its port */
		ip[strcspn(ip, "]")] = '\0';
		*v++ = "--interface";
		*v++ = put(args, &at, "%s", ip + (*ip == '['));
	}
	if (a->is_ranged) {
		*v++ = "-r";
		*v++ = put(args, &at, "%" PRId64 "-%" PRId64, a->first,
		    a->last);
	}
	if (*a->user || a->login_len > 0) {
		*v++ = "-K";
		*v++ = "-";
	}
	*v++ = "--";
	*v++ = a->url;
	*v = NULL;
}

void
curl_input(struct buf *out, const struct curl_ask *a)
{
	if (*a->user) {
		buf_printf(out, "header = \"Authorization: ");
		http_basic(out, a->user);
		buf_printf(out, "\"\n");
	}
	if (a->login_len > 0) {
		buf_printf(out, "proxy-user = \"");
		quote(out, a->login, a->login_len);
		buf_printf(out, "\"\n");
	}
}

/* Bytes within the quotes of a configuration, where a line may not end. */
static void
quote(struct buf *out, const uint8_t *p, size_t n)
{
	static const char odd[] = "\\\"\n\r\t\v", as[] = "\\\"nrtv";
	const char *c;

	for (; n > 0; p++, n--) {
		c = *p ? strchr(odd, *p) : NULL;
		if (c)
			buf_printf(out, "\\%c", as[c - odd]);
		else
			buf_put(out, p, 1);
	}
}

const char *
curl_program(void)
{
	const char *s = getenv("BTSH_HTTPS");

	return s && *s ? s : "curl";
}

char *
curl_why(char why[CURL_WHY], int status, struct span err)
{
	struct span line = said(err);
	char name[64], text[64];

	escape(name, sizeof name, span_of(curl_program()));
	if (status == CURL_MISSING)
		snprintf(why, CURL_WHY, "https needs %s, which is not here: "
		    "install curl, or BTSH_HTTPS names a program like it",
		    name);
	else if (status == CURL_NOT_RUN)
		snprintf(why, CURL_WHY, "https needs %s, which cannot be run: "
		    "%s", name, escape(text, sizeof text, line));
	else if (line.n > 0)
		escape(why, CURL_WHY, line);
	else
		snprintf(why, CURL_WHY, "%s ended with status %d", name,
		    status);
	return why;
}

/* The line that says it: curl's first with its status, which explanations may
 * follow; else the last. */
static struct span
said(struct span err)
{
	static const char mark[] = "curl: (";
	struct span line, last = { NULL, 0 };
	const uint8_t *end;

	while (err.n > 0) {
		end = memchr(err.p, '\n', err.n);
		line.p = err.p;
		line.n = end ? (size_t)(end - err.p) : err.n;
		err.n -= line.n + (end != NULL);
		err.p += line.n + (end != NULL);
		line = url_trim(line);
		if (line.n > sizeof mark && memcmp(line.p, mark,
		    sizeof mark - 1) == 0 &&
		    (end = memchr(line.p, ')', line.n))) {
			line.n -= (size_t)(end + 1 - line.p);
			line.p = end + 1;
			return url_trim(line);
		}
		if (line.n > 0)
			last = line;
	}
	return last;
}
