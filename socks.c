/* A client of a SOCKS5 proxy.  We say how we can prove who we are; it chooses;
 * with a password we prove it; we say where to; it connects, and tells.
 *
 * in[] has the message that comes, up to want bytes, which is raised when the
 * message says that it is longer; so whoever reads no more than socks_wants
 * never takes a byte of the stream behind the talk. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util.h"
#include "addr.h"
#include "socks.h"

enum { S_METHOD, S_LOGIN, S_REPLY, S_REST, S_DONE };
enum { VERSION_5 = 5, CONNECT = 1, NO_LOGIN = 0, BY_LOGIN = 2, NONE = 0xff };
enum { IS_IP4 = 1, IS_NAME = 3, IS_IP6 = 4 };
enum { PORT_LEN = 2, REPLY_HEAD = 5 }; /* up to a name's length */

static void begin(struct socks *s, struct span login);
static void await(struct socks *s, int state, size_t want);
static int wrong(struct socks *s, int err, const char *why);
static int step(struct socks *s);
static int on_method(struct socks *s);
static int on_reply(struct socks *s);
static int refused(struct socks *s, uint8_t code);

long
socks_login(uint8_t login[SOCKS_LOGIN], struct span name,
    struct span password)
{
	if (name.n == 0 || name.n > SOCKS_NAME || password.n > SOCKS_NAME)
		return -1;
	login[0] = 1;
	login[1] = (uint8_t)name.n;
	memcpy(login + 2, name.p, name.n);
	login[2 + name.n] = (uint8_t)password.n;
	if (password.n > 0)
		memcpy(login + 3 + name.n, password.p, password.n);
	return (long)(3 + name.n + password.n);
}

void
socks_to(struct socks *s, const struct addr *to, struct span login)
{
	size_t n = addr_is4(to) ? 4 : 16;

	begin(s, login);
	s->ask[3] = n == 4 ? IS_IP4 : IS_IP6;
	memcpy(s->ask + 4, to->ip + 16 - n, n);
	put16(s->ask + 4 + n, to->port);
	s->ask_len = 4 + n + PORT_LEN;
}

int
socks_to_name(struct socks *s, const char *host, uint16_t port,
    struct span login)
{
	size_t n = strlen(host);

	if (n == 0 || n > SOCKS_NAME)
		return -1;
	begin(s, login);
	s->ask[3] = IS_NAME;
	s->ask[4] = (uint8_t)n;
	memcpy(s->ask + 5, host, n);
	put16(s->ask + 5 + n, port);
	s->ask_len = 5 + n + PORT_LEN;
	return 0;
}

/* The greeting, and what a request begins with. */
static void
begin(struct socks *s, struct span login)
{
	const uint8_t hello[] = { VERSION_5, login.n > 0 ? 2 : 1, NO_LOGIN,
	    BY_LOGIN };

	memset(s, 0, sizeof *s);
	s->login = login;
	s->ask[0] = VERSION_5;
	s->ask[1] = CONNECT;
	buf_put(&s->out, hello, 2 + (size_t)hello[1]);
	await(s, S_METHOD, 2);
}

void
socks_free(struct socks *s)
{
	buf_free(&s->out);
}

static void
await(struct socks *s, int state, size_t want)
{
	s->state = state;
	s->want = want;
	if (state != S_REST) /* which continues what is there */
		s->got = 0;
}

size_t
socks_wants(const struct socks *s)
{
	return s->want - s->got;
}

long
socks_feed(struct socks *s, const uint8_t *p, size_t n)
{
	size_t done = 0, k;

	while (done < n && s->state != S_DONE) {
		k = MIN(n - done, s->want - s->got);
		memcpy(s->in + s->got, p + done, k);
		s->got += k;
		done += k;
		if (s->got == s->want && step(s) < 0)
			return -1;
	}
	return (long)done;
}

static int
wrong(struct socks *s, int err, const char *why)
{
	s->err = err;
	snprintf(s->why, sizeof s->why, "%s", why);
	return -1;
}

/* A message is there: 0, or -1. */
static int
step(struct socks *s)
{
	switch (s->state) {
	case S_METHOD:
		return on_method(s);
	case S_LOGIN: /* some say version 5 here */
		if (s->in[1] != 0)
			return wrong(s, EPROTO, "it refuses the name and the "
			    "password");
		buf_put(&s->out, s->ask, s->ask_len);
		await(s, S_REPLY, REPLY_HEAD);
		return 0;
	case S_REPLY:
		return on_reply(s);
	default:
		await(s, S_DONE, 0);
		return 0;
	}
}

static int
on_method(struct socks *s)
{
	if (s->in[0] != VERSION_5)
		return wrong(s, EPROTO, "it does not speak SOCKS5");
	if (s->in[1] == NO_LOGIN) {
		buf_put(&s->out, s->ask, s->ask_len);
		await(s, S_REPLY, REPLY_HEAD);
		return 0;
	}
	if (s->in[1] == BY_LOGIN && s->login.n > 0) {
		buf_put(&s->out, s->login.p, s->login.n);
		await(s, S_LOGIN, 2);
		return 0;
	}
	if (s->in[1] != NONE)
		return wrong(s, EPROTO, "it chose what it was not offered");
	return wrong(s, EPROTO, s->login.n > 0 ?
	    "it takes no name and password" :
	    "it wants user:password@ in front of it");
}

/* The address that it connected from is of no use, but has to be read. */
static int
on_reply(struct socks *s)
{
	size_t n = 4 + PORT_LEN;

	if (s->in[0] != VERSION_5)
		return wrong(s, EPROTO, "it does not speak SOCKS5");
	if (s->in[1] != 0)
		return refused(s, s->in[1]);
	switch (s->in[3]) {
	case IS_IP4:  n += 4; break;
	case IS_IP6:  n += 16; break;
	case IS_NAME: n += 1 + (size_t)s->in[4]; break;
	default:
		return wrong(s, EPROTO, "its reply has an unknown kind of "
		    "address");
	}
	await(s, S_REST, n);
	return 0;
}

static int
refused(struct socks *s, uint8_t code)
{
	static const struct { int err; char why[40]; } reasons[] = {
		{ EHOSTUNREACH, "it failed, and does not say why" },
		{ EACCES, "its rules do not allow the connection" },
		{ ENETUNREACH, "the network cannot be reached" },
		{ EHOSTUNREACH, "the host cannot be reached" },
		{ ECONNREFUSED, "connection refused by the other side" },
		{ ETIMEDOUT, "the other side is too far away (TTL)" },
		{ EOPNOTSUPP, "it does not know how to connect" },
		{ EAFNOSUPPORT, "it does not know this kind of address" }
	};

	if (code <= LEN(reasons))
		return wrong(s, reasons[code - 1].err, reasons[code - 1].why);
	s->err = EHOSTUNREACH;
	snprintf(s->why, sizeof s->why, "it refuses with code %u", code);
	return -1;
}
