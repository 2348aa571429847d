/* UPnP's internet gateway device as text: its search (SSDP), its description,
 * and what is asked of it (SOAP).  Pure. */

#ifndef IGD_H
#define IGD_H

#include <stddef.h>
#include <stdint.h>

#include "util.h"
#include "addr.h"
#include "url.h"

enum { IGD_SEARCHES = 2, IGD_SERVICES = 4 };

/* A service of a gateway that makes port mappings. */
struct igd_service {
	const char *type;    /* its URN, static */
	struct url control;  /* where it is asked */
};

enum igd_action { IGD_ADDRESS, IGD_ADD, IGD_DELETE, IGD_ACTIONS };

/* A mapping, as it is asked for. */
struct igd_map {
	struct addr inside;
	uint16_t outside;    /* a port */
	int udp;
	uint32_t lifetime;   /* seconds; 0: without end */
};

/* The datagram of the i-th kind of search, to be sent to 239.255.255.250,
 * port 1900. */
const char *igd_search(int i);
/* The URL of the sender's description in the n bytes of an answer: 0, or -1:
 * it is none, or the URL leads anywhere but to the sender. */
int igd_location(struct url *u, const uint8_t *p, size_t n,
    const struct addr *from);
/* The services that a description, from url, has: how many of them. */
int igd_services(struct igd_service list[IGD_SERVICES], struct span text,
    const struct url *url);
/* What a service is asked: the lines of head for http_post, and the body. */
void igd_ask(struct buf *head, struct buf *body, const char *type,
    enum igd_action action, const struct igd_map *m);
/* The outside address that IGD_ADDRESS's answer tells: 0, or -1: none. */
int igd_address(struct addr *a, struct span answer);
/* The error code in an answer; 0: it has none. */
int igd_error(struct span answer);

#endif
