/* Addresses: their text, their compact forms, and what kinds there are.  IPv4
 * is mapped into IPv6, so that there is one kind of struct addr. */
#include <sys/types.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "addr.h"

enum { NET64 = 64 / 8, NET48 = 48 / 8 }; /* bytes of what a stranger may have */

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

static int is_alone(const struct addr *a);

int
addr_parse(struct addr *a, const char *text, int need_port)
{
	char ip[64], *end;
	const char *colon = strrchr(text, ':'), *p = text;
	size_t n = strlen(text);
	long port = 0;

	if (*text == '[') {
		colon = strchr(text, ']');
		if (!colon)
			return -1;
		p++;
		n = (size_t)(colon++ - p);
	} else if (colon && strchr(text, ':') == colon) {
		n = (size_t)(colon - text);
	} else {
		colon = text + n; /* IPv4 or bare IPv6, without a port */
	}
	if (n >= sizeof ip)
		return -1;
	memcpy(ip, p, n);
	ip[n] = '\0';
	if (*colon == ':' && colon[1] >= '0' && colon[1] <= '9') {
		port = strtol(colon + 1, &end, 10);
		if (*end || port > 65535)
			return -1;
	} else if (*colon || need_port) {
		return -1;
	}
	a->port = (uint16_t)port;
	memcpy(a->ip, mapped, 12);
	if (*text != '[' && inet_pton(AF_INET, ip, a->ip + 12) == 1)
		return 0;
	return inet_pton(AF_INET6, ip, a->ip) == 1 ? 0 : -1;
}

char *
addr_format(char text[ADDR_TEXT], const struct addr *a)
{
	char ip[INET6_ADDRSTRLEN];

	if (addr_is4(a))
		snprintf(text, ADDR_TEXT, "%u.%u.%u.%u:%u", a->ip[12],
		    a->ip[13], a->ip[14], a->ip[15], a->port);
	else if (inet_ntop(AF_INET6, a->ip, ip, sizeof ip))
		snprintf(text, ADDR_TEXT, "[%s]:%u", ip, a->port);
	else
		snprintf(text, ADDR_TEXT, "?");
	return text;
}

int
addr_split(const char *text, char host[ADDR_HOST], uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	size_t n, in;
	int64_t v;

	if (!colon || colon == text ||
	    span_number(span_of(colon + 1), 10, &v) < 0 || v < 1 || v > 65535)
		return -1;
	in = *text == '[' && colon[-1] == ']'; /* an IPv6 address */
	n = (size_t)(colon - text) - 2 * in;
	if (n == 0 || n >= ADDR_HOST)
		return -1;
	memcpy(host, text + in, n);
	host[n] = '\0';
	*port = (uint16_t)v;
	return 0;
}

int
addr_is4(const struct addr *a)
{
	return memcmp(a->ip, mapped, 12) == 0;
}

int
addr_is_loopback(const struct addr *a)
{
	static const uint8_t one[16] = { [15] = 1 };

	return addr_is4(a) ? a->ip[12] == 127 : memcmp(a->ip, one, 16) == 0;
}

int
addr_same_ip(const struct addr *a, const struct addr *b)
{
	return memcmp(a->ip, b->ip, 16) == 0;
}

int
addr_same(const struct addr *a, const struct addr *b)
{
	return a->port == b->port && addr_same_ip(a, b);
}

/* Whether it has no network of addresses that are its own.  The bytes of all
 * IPv4 ones begin as ::/64 does. */
static int
is_alone(const struct addr *a)
{
	return addr_is4(a) || addr_is_loopback(a);
}

int
addr_near(const struct addr *a, const struct addr *b)
{
	return is_alone(a) || is_alone(b) ? addr_same_ip(a, b) :
	    memcmp(a->ip, b->ip, NET64) == 0;
}

int
addr_near48(const struct addr *a, const struct addr *b)
{
	return is_alone(a) || is_alone(b) ? addr_same_ip(a, b) :
	    memcmp(a->ip, b->ip, NET48) == 0;
}

int
addr_dialable(const struct addr *a)
{
	static const uint8_t zero[16];

	if (a->port == 0)
		return 0;
	if (addr_is4(a))
		return a->ip[12] != 0 && a->ip[12] < 224;
	return a->ip[0] != 0xff && memcmp(a->ip, zero, 12) != 0 ?
	    1 : addr_is_loopback(a);
}

/* The IPv4 address that an IPv6 one stands for, of 4 bytes: mapped,
 * compatible (as :: and ::1 are of 0.0.0.0 and 0.0.0.1), NAT64 (RFC 6052) or
 * 6to4 (RFC 3056); NULL: none. */
static const uint8_t *
inner4(const struct addr *a)
{
	static const uint8_t zero[12], nat64[12] = { 0, 0x64, 0xff, 0x9b };

	if (addr_is4(a) || memcmp(a->ip, zero, 12) == 0 ||
	    memcmp(a->ip, nat64, 12) == 0)
		return a->ip + 12;
	return a->ip[0] == 0x20 && a->ip[1] == 0x02 ? a->ip + 2 : NULL;
}

enum addr_scope
addr_scope(const struct addr *a)
{
	static const uint8_t nat64[6] = { 0, 0x64, 0xff, 0x9b, 0, 1 };
	const uint8_t *ip = inner4(a);

	if (!ip)
		return (a->ip[0] & 0xfe) == 0xfc || (a->ip[0] == 0xfe &&
		    a->ip[1] & 0x80) || memcmp(a->ip, nat64, 6) == 0 ?
		    SCOPE_PRIVATE : SCOPE_GLOBAL;
	if (ip[0] == 127 || ip[0] == 0)
		return SCOPE_LOOPBACK; /* 0.0.0.0 leads there, too */
	return ip[0] == 10 || (ip[0] == 172 && ip[1] >> 4 == 1) ||
	    (ip[0] == 192 && ip[1] == 168) || (ip[0] == 169 && ip[1] == 254) ||
	    (ip[0] == 100 && ip[1] >> 6 == 1) ? SCOPE_PRIVATE : SCOPE_GLOBAL;
}

void
addr_unpack(struct addr *a, const uint8_t *p, int is4)
{
	if (is4) {
		memcpy(a->ip, mapped, 12);
		memcpy(a->ip + 12, p, 4);
	} else {
		memcpy(a->ip, p, 16);
	}
	a->port = get16(p + (is4 ? 4 : 16));
}

int
addr_pack(uint8_t p[18], const struct addr *a)
{
	int is4 = addr_is4(a);

	memcpy(p, a->ip + (is4 ? 12 : 0), is4 ? 4 : 16);
	put16(p + (is4 ? 4 : 16), a->port);
	return is4;
}
