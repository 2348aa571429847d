/* Multicast.  A network is an interface that is up and has multicast, and one
 * of our addresses there.  Each time that something is sent, the group is
 * joined wherever it is not yet, since networks come and go. */
#if defined __linux__ || defined __APPLE__
#define _DEFAULT_SOURCE 1
#define _DARWIN_C_SOURCE 1
#endif
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/ioctl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <errno.h>
#include <ifaddrs.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "addr.h"
#include "net.h"
#include "sock.h"
#include "mcast.h"

enum {
	HOPS       = 4,  /* the groups are of an organization, or a site */
	NETWORKS   = 32  /* that something is sent to */
};

static void each(struct mcast *m, const void *p, size_t n);
static unsigned index_of(const struct mcast *m, const char *name);
static int is_ours(const struct mcast *m, const struct ifaddrs *i);
static void join(struct mcast *m, const struct ifaddrs *i, unsigned index);
static int choose(struct mcast *m, const struct ifaddrs *i, unsigned index);

int
mcast_open(struct mcast *m, const struct addr *group, const struct addr *local)
{
	struct sockaddr_storage ss;
	socklen_t len = sock_put(&ss, group);
	int one = 1, zero = 0, hops = HOPS;
	unsigned char ttl = HOPS;

	(void)zero;
	m->group = *group;
	m->on_local = local != NULL;
	if (local)
		m->local = *local;
	m->io.fd = sock_new(group, SOCK_DGRAM);
	if (m->io.fd < 0)
		return -1;
	setsockopt(m->io.fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
#if defined SO_REUSEPORT && !defined __linux__
	setsockopt(m->io.fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
#endif
	if (addr_is4(group)) {
		setsockopt(m->io.fd, IPPROTO_IP, IP_MULTICAST_TTL, &ttl,
		    sizeof ttl);
	} else {
		setsockopt(m->io.fd, IPPROTO_IPV6, IPV6_V6ONLY, &one,
		    sizeof one);
		setsockopt(m->io.fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops,
		    sizeof hops);
	}
#ifdef IP_MULTICAST_ALL /* or it hears what others joined */
	if (addr_is4(group))
		setsockopt(m->io.fd, IPPROTO_IP, IP_MULTICAST_ALL, &zero,
		    sizeof zero);
#endif
	/* bound to the group, it hears nothing else */
	if (bind(m->io.fd, (struct sockaddr *)&ss, len) < 0) {
		close_quietly(m->io.fd);
		m->io.fd = -1;
		return -1;
	}
	net_add(&m->io, POLLIN);
	each(m, NULL, 0);
	return 0;
}

void
mcast_send(struct mcast *m, const void *p, size_t n)
{
	each(m, p, n);
}

/* Joins the group on each network, and sends what there is. */
static void
each(struct mcast *m, const void *p, size_t n)
{
	struct ifaddrs *list, *i;
	unsigned seen[NETWORKS], index;
	struct sockaddr_storage ss;
	socklen_t len = sock_put(&ss, &m->group);
	int k, nseen = 0;

	if (getifaddrs(&list) < 0)
		return;
	for (i = list; i && nseen < NETWORKS; i = i->ifa_next) {
		if (!is_ours(m, i))
			continue;
		index = index_of(m, i->ifa_name);
		for (k = 0; k < nseen && seen[k] != index; k++)
			;
		if (k < nseen) /* by another address */
			continue;
		seen[nseen++] = index;
		join(m, i, index);
		if (n > 0 && choose(m, i, index) == 0)
			(void)!sendto(m->io.fd, p, n, 0,
			    (struct sockaddr *)&ss, len);
	}
	freeifaddrs(list);
}

/* if_nametoindex(3), for which musl makes a Unix socket that nobody else has
 * use for. */
static unsigned
index_of(const struct mcast *m, const char *name)
{
#if defined __linux__ && defined SIOCGIFINDEX
	struct ifreq r;

	memset(&r, 0, sizeof r);
	strncpy(r.ifr_name, name, sizeof r.ifr_name - 1);
	return ioctl(m->io.fd, SIOCGIFINDEX, &r) < 0 ? 0 :
	    (unsigned)r.ifr_ifindex;
#else
	(void)m;
	return if_nametoindex(name);
#endif
}

/* Whether this is an address on a network that is asked. */
static int
is_ours(const struct mcast *m, const struct ifaddrs *i)
{
	unsigned up = IFF_UP | IFF_MULTICAST;
	struct sockaddr_storage ss;
	struct addr a;

	if (!i->ifa_addr || (i->ifa_flags & up) != up ||
	    i->ifa_addr->sa_family != (addr_is4(&m->group) ? AF_INET :
	    AF_INET6))
		return 0;
	memcpy(&ss, i->ifa_addr, addr_is4(&m->group) ?
	    sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
	return sock_addr(&a, &ss) == 0 &&
	    (!m->on_local || addr_same_ip(&a, &m->local));
}

/* Who is in it already stays. */
static void
join(struct mcast *m, const struct ifaddrs *i, unsigned index)
{
	struct ipv6_mreq six = { .ipv6mr_interface = index };
	struct ip_mreq four;

	if (!addr_is4(&m->group)) {
		memcpy(&six.ipv6mr_multiaddr, m->group.ip, 16);
		setsockopt(m->io.fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &six,
		    sizeof six);
		return;
	}
	memcpy(&four.imr_multiaddr, m->group.ip + 12, 4);
	memcpy(&four.imr_interface,
	    &((const struct sockaddr_in *)(void *)i->ifa_addr)->sin_addr, 4);
	setsockopt(m->io.fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &four,
	    sizeof four);
}

/* What is sent next goes there: 0, or -1. */
static int
choose(struct mcast *m, const struct ifaddrs *i, unsigned index)
{
	if (!addr_is4(&m->group))
		return setsockopt(m->io.fd, IPPROTO_IPV6, IPV6_MULTICAST_IF,
		    &index, sizeof index);
	return setsockopt(m->io.fd, IPPROTO_IP, IP_MULTICAST_IF,
	    &((const struct sockaddr_in *)(void *)i->ifa_addr)->sin_addr, 4);
}

long
mcast_take(struct mcast *m, void *p, size_t size, struct addr *from)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss;
	ssize_t n = recvfrom(m->io.fd, p, size, 0, (struct sockaddr *)&ss,
	    &len);

	return n < 0 || sock_addr(from, &ss) < 0 ? -1 : (long)n;
}
