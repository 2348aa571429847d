/* Addresses and ports, and their compact forms (BEP 23, 7). */

#ifndef ADDR_H
#define ADDR_H

#include <stdint.h>

/* An address and a port; IPv4 is mapped into IPv6 (::ffff:a.b.c.d). */
struct addr {
	uint8_t ip[16];
	uint16_t port;
};

/* addr_parse takes a number with a port ("1.2.3.4:5", "[::1]:5"),
 * or without one if need_port is 0; 0 or -1.  addr_format writes such a text
 * of at most ADDR_TEXT bytes with its NUL. */
enum { ADDR_TEXT = 56 };
int addr_parse(struct addr *a, const char *text, int need_port);
char *addr_format(char text[ADDR_TEXT], const struct addr *a);
/* The name, or the address without brackets, and the port of host:port: 0, or
 * -1: it is none. */
enum { ADDR_HOST = 256 };
int addr_split(const char *text, char host[ADDR_HOST], uint16_t *port);
int addr_is4(const struct addr *a);
int addr_is_loopback(const struct addr *a);
int addr_same_ip(const struct addr *a, const struct addr *b);
int addr_same(const struct addr *a, const struct addr *b);
/* Whether both may be one stranger's: the same IPv4 address, IPv6 addresses of
 * one /64, ports of this host. */
int addr_near(const struct addr *a, const struct addr *b);
/* The same, or the same /48: who has one of these has 65,536 of those. */
int addr_near48(const struct addr *a, const struct addr *b);
/* Whether a stranger may make us dial it: no port 0, no multicast, no 0/8. */
int addr_dialable(const struct addr *a);
/* From where it can be reached: this host alone (0/8 leads there, too), one's
 * own network (RFC 1918, 6598, 4193, 8215, link-local and site-local), or
 * everywhere.  An IPv6 address that stands for an IPv4 one is where that is.
 */
enum addr_scope { SCOPE_LOOPBACK, SCOPE_PRIVATE, SCOPE_GLOBAL };
enum addr_scope addr_scope(const struct addr *a);
/* Reads a compact address at p: 6 bytes if it is IPv4 (is4), else 18. */
void addr_unpack(struct addr *a, const uint8_t *p, int is4);
/* Writes a's compact form to p, and returns whether that is IPv4's 6 bytes or
 * IPv6's 18. */
int addr_pack(uint8_t p[18], const struct addr *a);

#endif
