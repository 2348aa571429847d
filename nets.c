/* The addresses of interfaces that are up and have a link, in whatever order
 * the system tells of them. */
#if defined __linux__ || defined __APPLE__
#define _DEFAULT_SOURCE 1
#define _DARWIN_C_SOURCE 1
#endif
#include <sys/types.h>
#include <sys/socket.h>
#include <net/if.h>
#include <netinet/in.h>
#include <ifaddrs.h>
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "addr.h"
#include "rand.h"
#include "sock.h"
#include "nets.h"

static const struct ifaddrs *usable(const struct ifaddrs *i, struct addr *a);

uint64_t
nets_state(void)
{
	static const uint8_t key[16];
	struct ifaddrs *all;
	const struct ifaddrs *i;
	struct addr a;
	uint64_t sum = 0;

	if (getifaddrs(&all) < 0)
		return 0;
	for (i = usable(all, &a); i; i = usable(i->ifa_next, &a))
		sum += siphash(key, a.ip, sizeof a.ip);
	freeifaddrs(all);
	return sum;
}

int
nets_list(struct addr *list, int most)
{
	struct ifaddrs *all;
	const struct ifaddrs *i;
	struct addr a;
	int n = 0;

	if (getifaddrs(&all) < 0)
		return 0;
	for (i = usable(all, &a); i && n < most; i = usable(i->ifa_next, &a))
		list[n++] = a;
	freeifaddrs(all);
	return n;
}

/* The first from i on that has an address which leads to others, and that
 * address; NULL: there is no more. */
static const struct ifaddrs *
usable(const struct ifaddrs *i, struct addr *a)
{
	struct sockaddr_storage ss;
	int six;

	for (; i; i = i->ifa_next) {
		if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) ||
		    !(i->ifa_flags & IFF_RUNNING))
			continue;
		six = i->ifa_addr->sa_family == AF_INET6;
		if (!six && i->ifa_addr->sa_family != AF_INET)
			continue;
		memcpy(&ss, i->ifa_addr, six ? sizeof(struct sockaddr_in6) :
		    sizeof(struct sockaddr_in));
		if (sock_addr(a, &ss) == 0 && addr_scope(a) != SCOPE_LOOPBACK)
			return i;
	}
	return NULL;
}
