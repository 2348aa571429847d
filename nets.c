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

uint64_t
nets_state(void)
{
	static const uint8_t key[16];
	struct ifaddrs *list, *i;
	struct sockaddr_storage ss;
	struct addr a;
	uint64_t sum = 0;
	int six;

	if (getifaddrs(&list) < 0)
		return 0;
	for (i = list; i; i = i->ifa_next) {
		if (!i->ifa_addr || !(i->ifa_flags & IFF_UP) ||
		    !(i->ifa_flags & IFF_RUNNING))
			continue;
		six = i->ifa_addr->sa_family == AF_INET6;
		if (!six && i->ifa_addr->sa_family != AF_INET)
			continue;
		memcpy(&ss, i->ifa_addr, six ? sizeof(struct sockaddr_in6) :
		    sizeof(struct sockaddr_in));
		if (sock_addr(&a, &ss) == 0 && addr_scope(&a) !=
		    SCOPE_LOOPBACK)
			sum += siphash(key, a.ip, sizeof a.ip);
	}
	freeifaddrs(list);
	return sum;
}
