/* natpmp.c, igd.c and upnp.c: every packet and text as it stands on the wire,
 * cut at each byte, changed at random; and a UPnP gateway on loopback, in the
 * same loop. */
#include <sys/types.h>
#include <sys/socket.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "rand.h"
#include "addr.h"
#include "url.h"
#include "net.h"
#include "sock.h"
#include "find/natpmp.h"
#include "find/igd.h"
#include "find/upnp.h"
#include "unit.h"

enum { TURNS = 8 }; /* of a gateway on loopback */

static void pcp(void);
static void natpmp(void);
static void silences(void);
static void strangers(void);
static void gateways(void);
static void locations(void);
static void descriptions(void);
static void soap(void);
static void gateway_does(void);
static void gateway_refuses(void);
static void gateway_is_odd(void);

static struct natpmp c;
static uint8_t out[NATPMP_MAX];
static struct addr here;

/* The request that is due now, in hexadecimal; "": none. */
static const char *
asked(int64_t now_ms)
{
	static char text[2 * NATPMP_MAX + 1];
	size_t n = natpmp_tick(&c, out, now_ms);

	hex(text, out, n);
	return text;
}

/* A datagram written so: whether it was an answer, which changes the step or
 * the state. */
static int
heard(const char *text, int64_t now_ms)
{
	size_t n = strlen(text) / 2;
	uint8_t *p = unit_copy(text, n);
	struct natpmp before = c;

	unhex(p, (const uint8_t *)text, n);
	natpmp_feed(&c, p, n, now_ms);
	free(p);
	return memcmp(&before, &c, sizeof c) != 0;
}

static void
fresh(void)
{
	addr_parse(&here, "192.168.7.2:6881", 1);
	natpmp_init(&c, &here, 12345);
	memcpy(c.nonce, "twelve bytes", 12);
	natpmp_ask(&c, 3600, 6881, 1000);
}

#define NONCE "7477656c7665206279746573"
#define ZEROS "00000000000000000000"
#define MAPPED ZEROS "ffff"
#define PCP_ASKS(life, proto, port, ip) "02010000" life MAPPED "c0a80702" \
	NONCE proto "000000" "1ae1" port MAPPED ip
#define PCP_SAYS(code, life, proto, port, ip) "028100" code life "00000007" \
	"000000000000000000000000" NONCE proto "000000" "1ae1" port MAPPED ip
#define TCP_MADE PCP_SAYS("00", "00000e10", "06", "1f90", "cb007105")
#define UDP_MADE PCP_SAYS("00", "00000e10", "11", "1f90", "cb007105")

static int
is_outside(const char *text)
{
	struct addr a;

	return addr_parse(&a, text, 1) == 0 && addr_same(&a, &c.outside);
}

static void
pcp(void)
{
	CASE("portmap: PCP asks for TCP, then for UDP with the port it got");
	fresh();
	OK(strcmp(asked(1000), PCP_ASKS("00000e10", "06", "1ae1", "00000000"))
	    == 0);
	OK(strcmp(asked(1000), "") == 0);
	OK(heard(TCP_MADE, 1001) && c.state == NATPMP_ASKS);
	OK(strcmp(asked(1001), PCP_ASKS("00000e10", "11", "1f90", "cb007105"))
	    == 0);
	OK(heard(UDP_MADE, 1002) && c.state == NATPMP_HAS);
	OK(is_outside("203.0.113.5:8080") && c.granted == 3600);
	OK(strcmp(natpmp_name(&c), "PCP") == 0);
	OK(strcmp(asked(9000), "") == 0 && !heard(UDP_MADE, 9000));
	CASE("portmap: PCP renews what it has, by the same nonce");
	natpmp_ask(&c, 3600, 6881, 5000);
	OK(strcmp(asked(5000), PCP_ASKS("00000e10", "06", "1f90", "cb007105"))
	    == 0);
	CASE("portmap: PCP removes both");
	natpmp_ask(&c, 0, 0, 6000);
	OK(strcmp(asked(6000), PCP_ASKS("00000000", "06", "0000", "00000000"))
	    == 0);
	OK(heard(PCP_SAYS("00", "00000000", "06", "0000", "00000000"), 6001));
	OK(strcmp(asked(6001), PCP_ASKS("00000000", "11", "0000", "00000000"))
	    == 0);
	OK(heard(PCP_SAYS("00", "00000000", "11", "0000", "00000000"), 6002));
	OK(c.state == NATPMP_HAS);
	CASE("portmap: PCP's refusal of TCP is told, of UDP is not missed");
	fresh();
	asked(1000);
	OK(heard(PCP_SAYS("02", "00000708", "06", "1ae1", "00000000"), 1001));
	OK(c.state == NATPMP_FAILED && strstr(c.why, "not allow") != NULL);
	fresh();
	asked(1000);
	OK(heard(PCP_SAYS("fe", "00000708", "06", "1ae1", "00000000"), 1001));
	OK(c.state == NATPMP_FAILED && strstr(c.why, "refuses") != NULL);
	fresh();
	asked(1000);
	heard(TCP_MADE, 1000);
	asked(1000);
	OK(heard(PCP_SAYS("09", "00000708", "11", "1ae1", "00000000"), 1001));
	OK(c.state == NATPMP_HAS && is_outside("203.0.113.5:8080"));
	CASE("portmap: a mapping lasts two minutes at least, a day at most");
	fresh();
	asked(1000);
	heard(PCP_SAYS("00", "00000000", "06", "1f90", "cb007105"), 1000);
	OK(c.granted == 120);
	fresh();
	asked(1000);
	heard(PCP_SAYS("00", "ffffffff", "06", "1f90", "cb007105"), 1000);
	OK(c.granted == 86400);
}

static void
natpmp(void)
{
	static const char *const others[] = { "00800001000000aa", "00810001",
		"0081000100000001", PCP_SAYS("01", "00000000", "06", "1ae1",
		"00000000"), "01810001" "00000000" "00000000"
		"000000000000000000000000" };
	size_t i;

	CASE("portmap: who speaks another version is asked by NAT-PMP");
	for (i = 0; i < LEN(others); i++) {
		fresh();
		asked(1000);
		OK_FOR(others[i], heard(others[i], 1001));
		OK_FOR(others[i], strcmp(asked(1001), "0000") == 0);
	}
	CASE("portmap: NAT-PMP asks for the address, TCP, UDP");
	OK(heard("00800000000000aacb007105", 1002));
	OK(strcmp(asked(1002), "000200001ae11ae100000e10") == 0);
	OK(heard("00820000000000aa1ae11f9000000708", 1003));
	OK(strcmp(asked(1003), "000100001ae11f9000000e10") == 0);
	OK(heard("00810000000000aa1ae11f9000000708", 1004));
	OK(c.state == NATPMP_HAS && is_outside("203.0.113.5:8080"));
	OK(c.granted == 1800 && strcmp(natpmp_name(&c), "NAT-PMP") == 0);
	CASE("portmap: NAT-PMP removes both");
	natpmp_ask(&c, 0, 0, 6000);
	OK(strcmp(asked(6000), "000200001ae1000000000000") == 0);
	OK(heard("00820000000000aa1ae1000000000000", 6001));
	OK(strcmp(asked(6001), "000100001ae1000000000000") == 0);
	OK(heard("00810000000000aa1ae1000000000000", 6002));
	OK(c.state == NATPMP_HAS);
	CASE("portmap: NAT-PMP's refusal is told");
	fresh();
	asked(1000);
	heard(others[0], 1000);
	asked(1000);
	OK(heard("00800003000000aa", 1001) && c.state == NATPMP_FAILED);
	OK(strstr(c.why, "network is down") != NULL);
	CASE("portmap: the next time it begins by PCP, with the same port");
	natpmp_ask(&c, 3600, 1, 9000);
	OK(strcmp(asked(9000), PCP_ASKS("00000e10", "06", "1ae1", "00000000"))
	    == 0);
}

/* The times at which something is sent to who never answers. */
static void
silences(void)
{
	static const int at[] = { 0, 250, 750, 1750, 2000, 2500, 3500, 5500 };
	size_t n = 0;
	int64_t t;

	CASE("portmap: the silent are asked by PCP, then by NAT-PMP, then not");
	fresh();
	for (t = 1000; t < 60000 && c.state == NATPMP_ASKS; t++) {
		if (strcmp(asked(t), "") == 0)
			continue;
		OK(n < LEN(at) && t == 1000 + at[n]);
		OK(out[0] == (n < 3 ? 2 : 0) && c.due_ms > t);
		n++;
	}
	OK(n == LEN(at) && c.state == NATPMP_FAILED && t == 1000 + 9500 + 1);
	OK(strstr(c.why, "no answer") != NULL);
	CASE("portmap: silence about UDP is no failure");
	fresh();
	asked(1000);
	heard(TCP_MADE, 1000);
	for (n = 0, t = 1000; t < 60000 && c.state == NATPMP_ASKS; t++)
		n += strcmp(asked(t), "") != 0;
	OK(n == 5 && c.state == NATPMP_HAS);
	CASE("portmap: silence at the end ends, too");
	natpmp_ask(&c, 0, 0, 1000);
	for (n = 0, t = 1000; t < 60000 && c.state == NATPMP_ASKS; t++)
		n += strcmp(asked(t), "") != 0;
	OK(n == 5 && c.state == NATPMP_FAILED && c.version == 2);
}

/* Answers to something else, cut short, and at random. */
static void
strangers(void)
{
	static const char *const wrong[] = { "", "0281", UDP_MADE,
		PCP_SAYS("00", "00000e10", "06", "0000", "cb007105"),
		"00800000000000aacb007105", "00820000000000aa1ae11f9000000708",
		"0001000100000000", "02010000" };
	static const int heeded[] = { 0, 1, 24, 25, 26, 27, 28, 29, 30, 31, 32,
		33, 34, 35, 36, 40, 41, 54, 55 };
	uint8_t p[60], q[80];
	uint64_t rnd = 77;
	char name[16];
	size_t i, n;
	int k;

	CASE("portmap: nothing is heard before it was asked");
	fresh();
	OK(!heard(TCP_MADE, 1000));
	CASE("portmap: what is no answer to what was asked changes nothing");
	asked(1000);
	for (i = 0; i < LEN(wrong); i++)
		OK_FOR(wrong[i], !heard(wrong[i], 1001));
	CASE("portmap: an answer that is cut anywhere changes nothing");
	unhex(p, (const uint8_t *)TCP_MADE, 60);
	for (n = 0; n < 60; n++) {
		uint8_t *cut = unit_copy(p, n);
		struct natpmp before = c;

		natpmp_feed(&c, cut, n, 1001);
		free(cut);
		snprintf(name, sizeof name, "%zu", n);
		OK_FOR(name, memcmp(&before, &c, sizeof c) == 0);
	}
	CASE("portmap: nor one whose nonce, port or kind is another");
	for (i = 0; i < LEN(heeded); i++) {
		struct natpmp before = c;

		p[heeded[i]] ^= 0x40;
		natpmp_feed(&c, p, 60, 1001);
		p[heeded[i]] ^= 0x40;
		snprintf(name, sizeof name, "%d", heeded[i]);
		OK_FOR(name, memcmp(&before, &c, sizeof c) == 0);
	}
	OK(heard(TCP_MADE, 1001));
	CASE("portmap: a NAT-PMP answer that is cut anywhere changes nothing");
	fresh();
	asked(1000);
	heard("0081000100000001", 1000);
	asked(1000);
	heard("00800000000000aacb007105", 1000);
	asked(1000);
	for (n = 0; n < 16; n++) {
		char text[33];

		snprintf(text, sizeof text, "%.*s", (int)(2 * n),
		    "00820000000000aa1ae11f9000000708");
		OK_FOR(text, !heard(text, 1001));
	}
	OK(!heard("00820000000000aa1ae2ffff00000708", 1001));
	OK(!heard("00820000000000aa1ae1000000000708", 1001));
	OK(heard("00820000000000aa1ae11f9000000708", 1001));
	CASE("portmap: whatever a gateway says, a conversation ends");
	for (k = 0; k < 20000; k++) {
		int64_t t = 1000;

		fresh();
		for (i = 0; i < 60 && c.state == NATPMP_ASKS; i++) {
			n = natpmp_tick(&c, out, t);
			if (n > 0 && out[0] == 2)
				memcpy(q, p, n = 60);
			else if (n > 0)
				unhex(q, (const uint8_t *)"0080000000000001"
				    "1ae11f9000000708", n = 16);
			q[36] = out[36];
			if (n > 0)
				q[1] = out[1] | 0x80;
			if (n > 0)
				n = unit_mutate(q, n, sizeof q, &rnd);
			natpmp_feed(&c, q, n, t);
			t = MAX(t, c.due_ms);
		}
		if (c.state == NATPMP_ASKS)
			break;
	}
	OK(k == 20000);
}

static void
gateways(void)
{
#define HEAD "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask" \
	"\t\tMTU\tWindow\tIRTT\n"
#define ROUTE(to, via, flags, metric, mask) "eth0\t" to "\t" via "\t" flags \
	"\t0\t0\t" metric "\t" mask "\t0\t0\t0     \n"
	static const struct { const char *text; int which; } tables[] = {
		{ "", 0 }, { HEAD, 0 }, { "\n\n\n", 0 }, { "eth0", 0 },
		{ HEAD ROUTE("00000000", "01010101", "0003", "0", "00000000"),
		    1 },
		{ HEAD ROUTE("00000000", "01010101", "0003", "0", "00000000")
		    ROUTE("00000000", "02020202", "0003", "9", "00000000"),
		    1 },
		{ HEAD ROUTE("00000000", "01010101", "0003", "7", "00000000")
		    ROUTE("00000000", "02020202", "0003", "6", "00000000"),
		    2 },
		{ HEAD ROUTE("0000A8C0", "01010101", "0003", "0", "00FFFFFF"),
		    0 },
		{ HEAD ROUTE("00000000", "01010101", "0003", "0", "00000080"),
		    0 },
		{ HEAD ROUTE("00000000", "00000000", "0001", "0", "00000000"),
		    0 },
		{ HEAD ROUTE("00000000", "01010101", "0002", "0", "00000000"),
		    0 },
		{ HEAD ROUTE("00000000", "01010101", "0001", "0", "00000000"),
		    0 },
	};
	struct span text;
	struct addr a;
	uint8_t *copy;
	size_t i;
	int which;

	CASE("portmap: the default route's gateway, by its metric");
	for (i = 0; i < LEN(tables); i++) {
		text = span_of(tables[i].text);
		copy = unit_copy(text.p, text.n);
		text.p = copy;
		which = natpmp_gateway(&a, text) == 0 ? a.ip[12] : 0;
		OK_FOR(tables[i].text, which == tables[i].which);
		OK_FOR(tables[i].text, which == 0 || (addr_is4(&a) &&
		    a.port == 0));
		free(copy);
	}
}

#define FOUND(url) "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nST: " \
	"urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\nEXT:\r\n" \
	"LOCATION: " url "\r\n\r\n"

/* Whether an answer from there is one. */
static int
located(const char *text, const char *from)
{
	uint8_t *p = unit_copy(text, strlen(text));
	struct addr a;
	struct url u;
	int r;

	addr_parse(&a, from, 0);
	r = igd_location(&u, p, strlen(text), &a);
	free(p);
	return r == 0;
}

static void
locations(void)
{
	static const char good[] = FOUND("http://10.0.0.1:5000/root.xml");
	static const char *const wrong[] = {
		FOUND("http://10.0.0.2:5000/root.xml"),
		FOUND("http://localhost:5000/root.xml"),
		FOUND("http://router/root.xml"),
		FOUND("https://10.0.0.1:5000/root.xml"),
		FOUND("ftp://10.0.0.1:5000/root.xml"),
		FOUND("http://a:b@10.0.0.1:5000/root.xml"),
		FOUND("http://10.0.0.1@10.0.0.2:5000/root.xml"),
		FOUND("http://10.0.0.1:0/"), FOUND("//10.0.0.1/"), FOUND(""),
		"HTTP/1.1 404 No\r\nLOCATION: http://10.0.0.1/\r\n\r\n",
		"HTTP/1.1 200 OK\r\n\r\n",
		"NOTIFY * HTTP/1.1\r\nLOCATION: http://10.0.0.1/\r\n\r\n",
	};
	struct addr from;
	struct url u;
	uint8_t *copy;
	size_t i;

	CASE("portmap: a search is a whole request of its own");
	for (i = 0; i < IGD_SEARCHES; i++) {
		const char *s = igd_search((int)i);

		OK(strncmp(s, "M-SEARCH * HTTP/1.1\r\n", 21) == 0);
		OK(strstr(s, "\r\nMAN: \"ssdp:discover\"\r\n") != NULL);
		OK(strcmp(s + strlen(s) - 4, "\r\n\r\n") == 0);
	}
	OK(strcmp(igd_search(0), igd_search(1)) != 0);
	CASE("portmap: an answer to it leads to its sender, and nowhere else");
	addr_parse(&from, "10.0.0.1", 0);
	OK(igd_location(&u, (const uint8_t *)good, strlen(good), &from) == 0);
	OK(strcmp(u.host, "10.0.0.1") == 0 && u.port == 5000 &&
	    strcmp(u.path, "/root.xml") == 0);
	OK(located(good, "10.0.0.1") && !located(good, "10.0.0.2"));
	for (i = 0; i < LEN(wrong); i++)
		OK_FOR(wrong[i], !located(wrong[i], "10.0.0.1"));
	CASE("portmap: an answer that is cut anywhere leads nowhere");
	for (i = 0; i < strlen(good); i++) {
		copy = unit_copy(good, i);
		OK(igd_location(&u, copy, i, &from) < 0);
		free(copy);
	}
}

#define URN "urn:schemas-upnp-org:service:"
#define SERVICE(type, control) "<service>\n<serviceType>" URN type \
	"</serviceType>\n<serviceId>urn:upnp-org:serviceId:x</serviceId>" \
	"<SCPDURL>/d.xml</SCPDURL><controlURL>" control "</controlURL>" \
	"<eventSubURL>/e</eventSubURL></service>"
#define ROOT(inside) "<?xml version=\"1.0\"?>\n<root xmlns=\"urn:schemas-" \
	"upnp-org:device-1-0\" configId='1>2'><device><deviceType>x" \
	"</deviceType><deviceList><device>" inside "</device></deviceList>" \
	"</device></root>"

/* The services of a text, a line each. */
static const char *
services(const char *text, size_t n)
{
	static char lines[1024];
	struct igd_service list[IGD_SERVICES];
	uint8_t *copy = unit_copy(text, n);
	struct span s = { copy, n };
	struct url u;
	int i, k, at = 0;

	url_parse(&u, "http://10.0.0.1:5000/a/root.xml");
	k = igd_services(list, s, &u);
	lines[0] = '\0';
	for (i = 0; i < k; i++)
		at += snprintf(lines + at, sizeof lines - (size_t)at,
		    "%s %s:%u%s\n", list[i].type + strlen(URN),
		    list[i].control.host, list[i].control.port,
		    list[i].control.path);
	free(copy);
	return lines;
}

static void
descriptions(void)
{
	static const struct { const char *text, *want; } list[] = {
		{ ROOT(SERVICE("Layer3Forwarding:1", "/l")
		    SERVICE("WANIPConnection:1", "/ctl/IPConn")),
		    "WANIPConnection:1 10.0.0.1:5000/ctl/IPConn\n" },
		{ ROOT(SERVICE("WANIPConnection:2", "b?x=1&amp;y=&quot;")),
		    "WANIPConnection:2 10.0.0.1:5000/a/b?x=1&y=%22\n" },
		{ ROOT(SERVICE("WANPPPConnection:1", "http://10.0.0.1:49/c")),
		    "WANPPPConnection:1 10.0.0.1:49/c\n" },
		{ ROOT(SERVICE("WANPPPConnection:1", " /p ")
		    SERVICE("WANIPConnection:1", "/i")),
		    "WANPPPConnection:1 10.0.0.1:5000/p\n"
		    "WANIPConnection:1 10.0.0.1:5000/i\n" },
		{ "<URLBase>http://10.0.0.1:80/z/</URLBase>"
		    SERVICE("WANIPConnection:1", "c"),
		    "WANIPConnection:1 10.0.0.1:80/z/c\n" },
		{ "<u:service><u:serviceType>" URN "WANIPConnection:1"
		    "</u:serviceType><!-- <controlURL>/no</controlURL> -->"
		    "<u:controlURL a=\"</service>\"\n>/c</u:controlURL  >"
		    "</u:service>", "" }, /* a < in a value is no XML */
		{ "<u:service><u:serviceType>" URN "WANIPConnection:1"
		    "</u:serviceType><!-- <controlURL>/no</controlURL> -->"
		    "<u:controlURL a=\">\"\n>/c</u:controlURL  ></u:service>",
		    "WANIPConnection:1 10.0.0.1:5000/c\n" },
		/* those that would lead elsewhere, or nowhere */
		{ SERVICE("WANIPConnection:1", "http://10.0.0.2:5000/c"), "" },
		{ SERVICE("WANIPConnection:1", "//evil.example/c"), "" },
		{ SERVICE("WANIPConnection:1", "https://10.0.0.1/c"), "" },
		{ SERVICE("WANIPConnection:1", "http://u:p@10.0.0.1/c"), "" },
		{ SERVICE("WANIPConnection:1", ""), "" },
		{ SERVICE("WANIPConnection:1", "/&x;"), "" },
		{ SERVICE("WANIPConnection:1", "/&#38;"), "" },
		{ SERVICE("WANIPConnection:1", "/<b/>c"), "" },
		{ "<URLBase>http://10.0.0.2/</URLBase>"
		    SERVICE("WANIPConnection:1", "/c"), "" },
		{ "<service><serviceType>" URN "WANIPConnection:1"
		    "</serviceType></service><controlURL>/c</controlURL>",
		    "" },
		{ "<service><serviceType>" URN "WANIPConnection:1"
		    "</serviceType></service><service><controlURL>/c"
		    "</controlURL></service>", "" },
		{ "<service><controlURL>/c</controlURL></service><service>"
		    "<serviceType>" URN "WANIPConnection:1</serviceType>"
		    "</service>", "" },
		{ SERVICE("WANIPConnection:3", "/c"), "" },
		{ "<!DOCTYPE x [<!ENTITY y \"z\">]>"
		    SERVICE("WANIPConnection:1", "/c"), "" },
		{ "<![CDATA[x]]>" SERVICE("WANIPConnection:1", "/c"), "" },
		{ "<!--" SERVICE("WANIPConnection:1", "/c"), "" },
		{ "<a b='" SERVICE("WANIPConnection:1", "/c"), "" },
		{ "", "" }, { "<", "" }, { "<>", "" }, { "</>", "" },
	};
	static const char five[] = SERVICE("WANIPConnection:1", "/1")
	    SERVICE("WANIPConnection:1", "/2") SERVICE("WANIPConnection:1",
	    "/3") SERVICE("WANIPConnection:1", "/4")
	    SERVICE("WANIPConnection:1", "/5");
	static uint8_t text[2048];
	uint64_t rnd = 99;
	const char *good = list[3].text, *s;
	size_t i, n;
	int k;

	CASE("portmap: the services of a description, where its sender is");
	for (i = 0; i < LEN(list); i++)
		OK_FOR(list[i].text, strcmp(services(list[i].text,
		    strlen(list[i].text)), list[i].want) == 0);
	CASE("portmap: four services are enough");
	s = services(five, strlen(five));
	OK(strstr(s, "/4\n") && !strstr(s, "/5\n"));
	CASE("portmap: a description that is cut anywhere has fewer");
	for (i = n = 0; i <= strlen(good); i++) {
		OK(strncmp(list[3].want, services(good, i),
		    strlen(services(good, i))) == 0);
		n += services(good, i)[0] == '\0';
	}
	OK(n > 100 && n < strlen(good));
	CASE("portmap: a description changed at random leads nowhere else");
	for (k = 0; k < 20000; k++) {
		n = strlen(good);
		memcpy(text, good, n);
		n = unit_mutate(text, n, sizeof text, &rnd);
		for (s = services((char *)text, n); *s;
		    s += strcspn(s, "\n") + 1)
			if (strncmp(s + strcspn(s, " "), " 10.0.0.1:", 10) !=
			    0)
				break;
		if (*s)
			break;
	}
	OK(k == 20000);
}

static void
soap(void)
{
	static const struct { const char *text; int code; } errors[] = {
		{ "<s:Fault><detail><UPnPError><errorCode>718</errorCode>"
		    "<errorDescription>x</errorDescription></UPnPError>", 718 },
		{ "<e:errorCode> 725 </e:errorCode>", 725 },
		{ "<errorCode>7180</errorCode>", 0 },
		{ "<errorCode>-1</errorCode>", 0 },
		{ "<errorCode></errorCode>", 0 }, { "<errorCode>718", 0 },
		{ "<errorCode>718</x>", 0 }, { "718", 0 }, { "", 0 },
	};
	static const struct { const char *text, *ip; } answers[] = {
		{ "203.0.113.5", "203.0.113.5" }, { " 10.1.1.1\n", "10.1.1.1" },
		{ "0.0.0.0", NULL }, { "127.0.0.1", NULL }, { "", NULL },
		{ "::1", NULL }, { "2001:db8::1", NULL }, { "x", NULL },
		{ "203.0.113.5.6", NULL }, { "&#50;03.0.113.5", NULL },
	};
	struct buf head = { 0 }, body = { 0 };
	struct igd_map m = { .outside = 8080, .udp = 1, .lifetime = 3600 };
	struct addr a, want;
	char text[256];
	size_t i;

	CASE("portmap: what a gateway is asked by UPnP");
	addr_parse(&m.inside, "192.168.7.2:6881", 1);
	igd_ask(&head, &body, URN "WANIPConnection:1", IGD_ADD, &m);
	buf_put(&head, "", 1);
	buf_put(&body, "", 1);
	OK(strcmp((char *)head.p, "Content-Type: text/xml; charset=\"utf-8\""
	    "\r\nSOAPAction: \"" URN "WANIPConnection:1#AddPortMapping\"\r\n")
	    == 0);
	OK(strstr((char *)body.p, "<s:Body><u:AddPortMapping xmlns:u=\"" URN
	    "WANIPConnection:1\"><NewRemoteHost></NewRemoteHost>"
	    "<NewExternalPort>8080</NewExternalPort><NewProtocol>UDP"
	    "</NewProtocol><NewInternalPort>6881</NewInternalPort>"
	    "<NewInternalClient>192.168.7.2</NewInternalClient><NewEnabled>1"
	    "</NewEnabled><NewPortMappingDescription>btsh"
	    "</NewPortMappingDescription><NewLeaseDuration>3600"
	    "</NewLeaseDuration></u:AddPortMapping></s:Body></s:Envelope>"));
	head.len = body.len = 0;
	m.udp = 0;
	igd_ask(&head, &body, URN "WANIPConnection:1", IGD_DELETE, &m);
	buf_put(&body, "", 1);
	OK(strstr((char *)body.p, "\"><NewRemoteHost></NewRemoteHost>"
	    "<NewExternalPort>8080</NewExternalPort><NewProtocol>TCP"
	    "</NewProtocol></u:DeletePortMapping>"));
	head.len = body.len = 0;
	igd_ask(&head, &body, URN "WANIPConnection:1", IGD_ADDRESS, &m);
	buf_put(&body, "", 1);
	OK(strstr((char *)body.p, "\"></u:GetExternalIPAddress>"));
	buf_free(&head);
	buf_free(&body);
	CASE("portmap: an error's code in an answer");
	for (i = 0; i < LEN(errors); i++)
		OK_FOR(errors[i].text, igd_error(span_of(errors[i].text)) ==
		    errors[i].code);
	CASE("portmap: the outside address in an answer");
	for (i = 0; i < LEN(answers); i++) {
		snprintf(text, sizeof text, "<a><NewExternalIPAddress>%s"
		    "</NewExternalIPAddress></a>", answers[i].text);
		if (!answers[i].ip) {
			OK_FOR(text, igd_address(&a, span_of(text)) < 0);
			continue;
		}
		addr_parse(&want, answers[i].ip, 0);
		OK_FOR(text, igd_address(&a, span_of(text)) == 0 &&
		    addr_same_ip(&a, &want));
	}
	OK(igd_address(&a, span_of("<NewExternalIPAddress/>")) < 0);
}

/* A gateway on loopback: it answers each request by the next of its replies,
 * a line each: a status and a body. */
static struct {
	struct upnp u;
	struct io io, call;
	struct addr at;
	struct buf in;
	const char *replies[TURNS];
	int nreplies, nasked;
	char asked[TURNS][64];  /* the action, or the path of a GET */
	char bodies[TURNS][1024];
	int ndone;
	char why[128];
} w;

static void
on_call_ready(struct io *io, short got, int64_t now_ms)
{
	ssize_t n = recv(io->fd, buf_room(&w.in, 8192), 8192, 0);
	char *text, *body, *mark, reply[2048];
	const char *r;

	(void)got, (void)now_ms;
	if (n <= 0) {
		net_close(io);
		return;
	}
	w.in.len += (size_t)n;
	buf_put(&w.in, "", 1);
	w.in.len--;
	text = (char *)w.in.p;
	body = strstr(text, "\r\n\r\n");
	mark = strstr(text, "Content-Length: ");
	if (!body || w.nasked == TURNS ||
	    (mark && strlen(body + 4) < (size_t)atoi(mark + 16)))
		return;
	mark = strchr(text, '#');
	mark = mark ? mark + 1 : strchr(text, ' ') + 1;
	snprintf(w.asked[w.nasked], sizeof w.asked[0], "%.*s",
	    (int)strcspn(mark, "\" "), mark);
	snprintf(w.bodies[w.nasked], sizeof w.bodies[0], "%s", body + 4);
	r = w.replies[MIN(w.nasked, w.nreplies - 1)];
	w.nasked++;
	n = snprintf(reply, sizeof reply, "HTTP/1.1 %.3s X\r\n"
	    "Location: /elsewhere\r\nConnection: close\r\n\r\n%s", r, r + 3);
	OK(send(io->fd, reply, (size_t)n, MSG_NOSIGNAL) == n);
	net_close(io);
}

static void
on_called(struct io *io, short got, int64_t now_ms)
{
	struct addr from;

	(void)got, (void)now_ms;
	net_close(&w.call);
	w.in.len = 0;
	w.call.fd = sock_accept(io->fd, &from);
	w.call.ready = on_call_ready;
	if (w.call.fd >= 0)
		net_add(&w.call, POLLIN);
}

static void
on_upnp(void *arg, const char *why)
{
	(void)arg;
	w.ndone++;
	snprintf(w.why, sizeof w.why, "%s", why ? why : "");
}

static int
is_done(void *arg)
{
	(void)arg;
	return w.ndone > 0;
}

static int
is_asked(void *arg)
{
	(void)arg;
	return w.nasked == 2;
}

#define DESCRIBED "200" ROOT(SERVICE("WANIPConnection:1", "/ctl"))
#define ADDRESS "200<NewExternalIPAddress>203.0.113.5</NewExternalIPAddress>"
#define REFUSED(code) "500<errorCode>" code "</errorCode>"

/* A gateway of these replies, NULL after the last, at an address of ours; we
 * look for it. */
static void
search_for(const char *at, const char *const *replies, int is_gateway)
{
	struct addr self;

	upnp_stop(&w.u);
	net_close(&w.io);
	net_close(&w.call);
	buf_free(&w.in);
	memset(&w, 0, sizeof w);
	w.call.fd = -1;
	addr_parse(&w.at, at, 0);
	w.io.fd = sock_listen(&w.at);
	w.io.ready = on_called;
	net_add(&w.io, POLLIN);
	for (; replies[w.nreplies]; w.nreplies++)
		w.replies[w.nreplies] = replies[w.nreplies];
	addr_parse(&self, "127.0.0.1:6881", 1);
	upnp_init(&w.u, 4711, on_upnp, &w);
	upnp_start(&w.u, &self, is_gateway ? &w.at : NULL, 6881, 3600);
	clock_run(NULL, NULL, 10); /* the search is out */
}

/* The gateway answers the search, in words that end in a URL. */
static void
answer_search(const char *from, const char *url)
{
	struct addr at, to;
	char text[512];
	int n, fd;

	addr_parse(&at, from, 0);
	at.port = 0;
	OK(w.u.io.slot > 0 && sock_local(w.u.io.fd, &to) == 0);
	fd = sock_new(&at, SOCK_DGRAM);
	if (fd >= 0) {
		struct sockaddr_storage ss;
		unsigned len = sock_put(&ss, &at);

		OK(bind(fd, (struct sockaddr *)&ss, len) == 0);
		n = snprintf(text, sizeof text, "HTTP/1.1 200 OK\r\n"
		    "LOCATION: %s\r\n\r\n", url);
		len = sock_put(&ss, &to);
		OK(sendto(fd, text, (size_t)n, 0, (struct sockaddr *)&ss,
		    len) == n);
		close(fd);
	}
}

static void
answer_rightly(void)
{
	char url[128], ip[ADDR_TEXT];

	snprintf(url, sizeof url, "http://%s/root.xml", addr_format(ip,
	    &w.at));
	*strrchr(ip, ':') = '\0';
	answer_search(ip, url);
}

static int
was_asked(const char *list)
{
	char text[TURNS * 65] = "";
	int i, n = 0;

	for (i = 0; i < w.nasked; i++)
		n += snprintf(text + n, sizeof text - (size_t)n, "%s%s",
		    i ? " " : "", w.asked[i]);
	return strcmp(text, list) == 0;
}

static void
gateway_does(void)
{
	static const char *const good[] = { DESCRIBED, ADDRESS, "200<a></a>",
		NULL };
	char ip[ADDR_TEXT];
	int64_t began;

	CASE("portmap: a UPnP gateway is found, and maps both");
	search_for("127.0.0.1", good, 1);
	answer_rightly();
	began = net_now();
	OK(clock_run(is_done, NULL, 60000) && w.why[0] == '\0');
	OK(net_now() - began < 100); /* the gateway's answer ends the search */
	OK(was_asked("/root.xml GetExternalIPAddress AddPortMapping "
	    "AddPortMapping"));
	OK(strstr(w.bodies[2], "Protocol>TCP<") &&
	    strstr(w.bodies[3], "Protocol>UDP<"));
	OK(strstr(w.bodies[2], "<NewLeaseDuration>3600<") != NULL);
	OK(strcmp(addr_format(ip, &w.u.outside), "203.0.113.5:6881") == 0);
	CASE("portmap: and removes both");
	w.nasked = w.ndone = 0;
	upnp_remove(&w.u);
	OK(clock_run(is_done, NULL, 60000) && w.why[0] == '\0');
	OK(was_asked("DeletePortMapping DeletePortMapping"));
	OK(strstr(w.bodies[0], "Protocol>TCP<") &&
	    strstr(w.bodies[1], "Protocol>UDP<"));
	CASE("portmap: it can be removed in the middle of a renewal");
	w.ndone = w.nasked = 0;
	upnp_start(&w.u, &w.u.inside, NULL, 6881, 3600);
	clock_run(NULL, NULL, 10);
	upnp_stop(&w.u);
	memset(w.u.services, 0, sizeof w.u.services);
	w.u.service = -1;
	upnp_remove(&w.u);
	OK(clock_run(is_done, NULL, 60000));
	OK(was_asked("DeletePortMapping DeletePortMapping"));
	CASE("portmap: who is not the gateway waits until the search is over");
	search_for("127.0.0.1", good, 0);
	answer_rightly();
	began = net_now();
	OK(clock_run(is_done, NULL, 60000) && w.why[0] == '\0');
	OK(net_now() - began > 2000 && net_now() - began < 4000);
	CASE("portmap: once it is stopped, it tells nothing");
	search_for("127.0.0.1", good, 1);
	answer_rightly();
	OK(clock_run(is_asked, NULL, 60000));
	upnp_stop(&w.u);
	clock_run(NULL, NULL, 60000);
	OK(w.ndone == 0 && w.nasked == 2);
}

static void
gateway_refuses(void)
{
	static const char *const taken[] = { DESCRIBED, ADDRESS,
		REFUSED("718"), "200", NULL };
	static const char *const endless[] = { DESCRIBED, ADDRESS,
		REFUSED("725"), "200", NULL };
	static const char *const never[] = { DESCRIBED, ADDRESS,
		REFUSED("718"), NULL };
	static const char *const denied[] = { DESCRIBED, ADDRESS,
		REFUSED("606"), NULL };
	static const char *const no_udp[] = { DESCRIBED, ADDRESS, "200",
		REFUSED("501"), NULL };
	static const char *const second[] = { "200" SERVICE(
		"WANPPPConnection:1", "/p") SERVICE("WANIPConnection:1",
		"/i"), "200<NewExternalIPAddress/>", ADDRESS, "200", NULL };

	CASE("portmap: a port that is taken makes room for another");
	search_for("127.0.0.1", taken, 1);
	answer_rightly();
	OK(clock_run(is_done, NULL, 60000) && w.why[0] == '\0');
	OK(w.nasked == 5 && w.u.outside.port >= 16384 &&
	    w.u.outside.port < 49152);
	CASE("portmap: who knows no leases maps for ever");
	search_for("127.0.0.1", endless, 1);
	answer_rightly();
	OK(clock_run(is_done, NULL, 60000) && w.why[0] == '\0');
	OK(w.nasked == 5 && w.u.outside.port == 6881 &&
	    strstr(w.bodies[3], "<NewLeaseDuration>0<") != NULL);
	CASE("portmap: of ports that are taken, five are tried");
	search_for("127.0.0.1", never, 1);
	answer_rightly();
	OK(clock_run(is_done, NULL, 60000) && strstr(w.why, "718") != NULL);
	OK(w.nasked == 7);
	CASE("portmap: what is denied is told");
	search_for("127.0.0.1", denied, 1);
	answer_rightly();
	OK(clock_run(is_done, NULL, 60000) && strstr(w.why, "606") != NULL);
	OK(w.nasked == 3 && w.ndone == 1);
	CASE("portmap: UDP that is refused is not missed");
	search_for("127.0.0.1", no_udp, 1);
	answer_rightly();
	OK(clock_run(is_done, NULL, 60000) && w.why[0] == '\0');
	CASE("portmap: a service without an address makes room for the next");
	search_for("127.0.0.1", second, 1);
	answer_rightly();
	OK(clock_run(is_done, NULL, 60000) && w.why[0] == '\0');
	OK(w.nasked == 5);
}

static void
gateway_is_odd(void)
{
	static const char *const good[] = { DESCRIBED, ADDRESS, "200", NULL };
	static const char *const moved[] = { "302", DESCRIBED, NULL };
	static const char *const empty[] = { "200", NULL };
	char url[64];
	int64_t began;
	int i, fd;

	CASE("portmap: nobody answers");
	search_for("127.0.0.1", good, 1);
	OK(clock_run(is_done, NULL, 60000) && strcmp(w.why, "no answer") == 0);
	OK(w.nasked == 0);
	CASE("portmap: a redirect is not followed");
	search_for("127.0.0.1", moved, 1);
	answer_rightly();
	OK(clock_run(is_done, NULL, 60000) && strstr(w.why, "302") != NULL);
	OK(was_asked("/root.xml"));
	CASE("portmap: a description of nothing");
	search_for("127.0.0.1", empty, 1);
	answer_rightly();
	OK(clock_run(is_done, NULL, 60000) && w.why[0] && w.nasked == 1);
	CASE("portmap: an answer that names somebody else is none");
	search_for("127.0.0.2", good, 0);
	snprintf(url, sizeof url, "http://127.0.0.2:%u/root.xml", w.at.port);
	answer_search("127.0.0.3", url);
	OK(clock_run(is_done, NULL, 60000) && strcmp(w.why, "no answer") == 0);
	OK(w.nasked == 0);
	CASE("portmap: of strangers four are asked, each once, the gateway "
	    "first");
	search_for("127.0.0.9", good, 1);
	for (i = 1; i < 7; i++) {
		char ip[32];

		snprintf(ip, sizeof ip, "127.0.0.%d", i);
		snprintf(url, sizeof url, "http://%s:1/x", ip);
		answer_search(ip, url);
		answer_search(ip, url);
		clock_run(NULL, NULL, 10);
		OK_FOR(ip, w.u.nplaces == MIN(i, 4));
	}
	OK(w.u.nplaces == 4 && !w.u.begun);
	answer_rightly();
	OK(clock_run(is_done, NULL, 60000) && w.why[0] == '\0');
	OK(w.u.nplaces == 4 && w.u.place == 0 && w.nasked == 4);
	CASE("portmap: who fails makes room for the next who answered");
	search_for("127.0.0.9", good, 0);
	answer_search("127.0.0.5", "http://127.0.0.5:1/x");
	answer_rightly();
	OK(clock_run(is_done, NULL, 60000) && w.why[0] == '\0');
	OK(w.u.place == 1);
	CASE("portmap: who never answers is not waited for for ever");
	search_for("127.0.0.1", good, 1);
	fd = w.io.fd;
	net_remove(&w.io); /* it accepts nothing */
	answer_rightly();
	began = net_now();
	OK(clock_run(is_done, NULL, 60000) && w.why[0] && w.ndone == 1);
	OK(net_now() - began > 19000 && net_now() - began < 21000);
	close(fd);
	CASE("portmap: who is nearer or farther than we are is none");
	search_for("127.0.0.1", good, 1);
	addr_parse(&w.u.inside, "192.168.7.2:6881", 1);
	answer_rightly();
	clock_run(NULL, NULL, 10);
	OK(w.u.nplaces == 0 && w.nasked == 0 && w.ndone == 0);
}

void
test_portmap(void)
{
	pcp();
	natpmp();
	silences();
	strangers();
	gateways();
	locations();
	descriptions();
	soap();
	clock_set(1000000);
	gateway_does();
	gateway_refuses();
	gateway_is_odd();
	upnp_stop(&w.u);
	net_close(&w.io);
	net_close(&w.call);
	buf_free(&w.in);
	clock_set(0);
}
