/* The text that an internet gateway device reads and writes.
 *
 * Of XML only as much is understood as gateways need: tags, their names behind
 * a colon, the text between a tag and the tag that ends it, and the five
 * entities that XML has by itself.  Comments and processing instructions are
 * passed over; a document type, a CDATA section or a tag that does not end is
 * the end of what is read.  Nothing is nested: a service is what stands
 * between two tags of that name.  One pass, no memory.
 *
 * A URL that does not lead to the address that the text came from is not
 * taken, so that nobody can send us elsewhere. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util.h"
#include "addr.h"
#include "url.h"
#include "http.h"
#include "find/igd.h"

enum { ERROR_MAX = 999 };

struct tag {
	struct span text;   /* what stands before it */
	struct span name;
	int ends, empty;    /* </name>, <name/> */
};


static int at_sender(const struct url *u, const struct addr *from);
static int tag_next(struct span *in, struct tag *t);
static int tag_name(struct tag *t, struct span inner);
static size_t tag_len(struct span in);
static int same(struct span a, struct span b);
static int leaf_of(struct span in, const char *name, struct span *text);
static void service_add(struct igd_service *s, int *n, struct span type,
    struct span control, const struct url *base, const struct url *url);
static const char *known_type(struct span type);
static int unescape(char *dst, size_t size, struct span s);

static const char *const types[] = {
	"urn:schemas-upnp-org:service:WANIPConnection:2",
	"urn:schemas-upnp-org:service:WANIPConnection:1",
	"urn:schemas-upnp-org:service:WANPPPConnection:1"
};

const char *
igd_search(int i)
{
#define SEARCH(version) "M-SEARCH * HTTP/1.1\r\n" \
	"HOST: 239.255.255.250:1900\r\n" \
	"MAN: \"ssdp:discover\"\r\n" \
	"MX: 1\r\n" \
	"ST: urn:schemas-upnp-org:device:InternetGatewayDevice:" version \
	"\r\n\r\n"
	static const char *const searches[IGD_SEARCHES] = { SEARCH("1"),
	    SEARCH("2") };

	return searches[i];
}

int
igd_location(struct url *u, const uint8_t *p, size_t n,
    const struct addr *from)
{
	struct http_reply r = { .limit = n };
	int good;

	good = n > 0 && http_reply_feed(&r, p, n) >= 0 && r.status == 200 &&
	    url_parse(u, r.location) == 0 && at_sender(u, from);
	buf_free(&r.body);
	return good ? 0 : -1;
}

/* Whether a URL is asked of an address, in digits, and of nobody else. */
static int
at_sender(const struct url *u, const struct addr *from)
{
	struct addr a;

	return strcmp(u->scheme, "http") == 0 && !*u->user && u->port > 0 &&
	    addr_parse(&a, u->host, 0) == 0 && addr_same_ip(&a, from);
}

/* Cuts the next tag off, with the text before it: 1, or 0: there is none. */
static int
tag_next(struct span *in, struct tag *t)
{
	const uint8_t *lt;
	struct span inner;
	size_t n;

	for (;;) {
		lt = in->n > 0 ? memchr(in->p, '<', in->n) : NULL;
		if (!lt)
			return 0;
		t->text.p = in->p;
		t->text.n = (size_t)(lt - in->p);
		in->p = lt;
		in->n -= t->text.n;
		n = tag_len(*in);
		if (n == 0)
			return 0;
		inner.p = in->p + 1;
		inner.n = n - 2;
		in->p += n;
		in->n -= n;
		if (inner.n > 0 && (*inner.p == '?' || *inner.p == '!'))
			continue; /* what was before is no element's text */
		return tag_name(t, inner);
	}
}

/* The bytes of what begins with <; 0: it does not end, or is refused. */
static size_t
tag_len(struct span in)
{
	int comment = in.n >= 4 && memcmp(in.p, "<!--", 4) == 0;
	uint8_t quote = 0;
	size_t i;

	if (in.n > 1 && in.p[1] == '!' && !comment)
		return 0;
	for (i = comment ? 6 : 1; i < in.n; i++) {
		if (comment && in.p[i] == '>' && in.p[i - 1] == '-' &&
		    in.p[i - 2] == '-')
			return i + 1;
		if (comment)
			continue;
		if (in.p[i] == '>' && !quote)
			return i + 1;
		if (in.p[i] == '<')
			return 0;
		if (in.p[i] == quote)
			quote = 0;
		else if (!quote && (in.p[i] == '"' || in.p[i] == '\''))
			quote = in.p[i];
	}
	return 0;
}

static int
tag_name(struct tag *t, struct span inner)
{
	const uint8_t *colon;
	size_t n = 0;

	t->ends = inner.n > 0 && *inner.p == '/';
	t->empty = inner.n > 0 && inner.p[inner.n - 1] == '/';
	inner.p += t->ends;
	inner.n -= (size_t)t->ends;
	while (n < inner.n && inner.p[n] > ' ' && inner.p[n] != '/')
		n++;
	colon = n > 0 ? memchr(inner.p, ':', n) : NULL;
	t->name.p = colon ? colon + 1 : inner.p;
	t->name.n = n - (size_t)(t->name.p - inner.p);
	return 1;
}

static int
same(struct span a, struct span b)
{
	return a.n == b.n && a.n > 0 && memcmp(a.p, b.p, a.n) == 0;
}

/* The text of the first element of a name that has nothing else: 1, or 0. */
static int
leaf_of(struct span in, const char *name, struct span *text)
{
	struct span last = { NULL, 0 };
	struct tag t;

	while (tag_next(&in, &t)) {
		if (t.ends && same(t.name, last) && span_is(t.name, name)) {
			*text = url_trim(t.text);
			return 1;
		}
		last = t.name;
		if (t.ends || t.empty)
			last.n = 0;
	}
	return 0;
}

int
igd_services(struct igd_service list[IGD_SERVICES], struct span text,
    const struct url *url)
{
	static const struct span none;
	struct span last = none, type = none, control = none;
	struct url base = *url;
	char decoded[URL_MAX];
	struct tag t;
	int n = 0, leaf;

	while (n < IGD_SERVICES && tag_next(&text, &t)) {
		leaf = t.ends && same(t.name, last);
		if (span_is(t.name, "service") && !t.ends)
			type = control = none;
		else if (span_is(t.name, "service"))
			service_add(list, &n, type, control, &base, url);
		else if (leaf && span_is(t.name, "serviceType"))
			type = url_trim(t.text);
		else if (leaf && span_is(t.name, "controlURL"))
			control = url_trim(t.text);
		else if (leaf && span_is(t.name, "URLBase") &&
		    (unescape(decoded, sizeof decoded, url_trim(t.text)) < 0 ||
		    url_parse(&base, decoded) < 0))
			base = *url;
		last = t.ends || t.empty ? none : t.name;
	}
	return n;
}

/* A service that is one of ours, and where url's sender is. */
static void
service_add(struct igd_service *list, int *n, struct span type,
    struct span control, const struct url *base, const struct url *url)
{
	struct igd_service *s = &list[*n];
	char decoded[URL_MAX];
	struct addr from;

	s->type = known_type(type);
	if (s->type && addr_parse(&from, url->host, 0) == 0 &&
	    unescape(decoded, sizeof decoded, control) == 0 &&
	    url_resolve(&s->control, base, span_of(decoded)) == 0 &&
	    at_sender(&s->control, &from))
		(*n)++;
}

static const char *
known_type(struct span type)
{
	size_t i;

	for (i = 0; i < LEN(types); i++)
		if (span_is(type, types[i]))
			return types[i];
	return NULL;
}

/* A text without its entities: 0, or -1: too long, or it has others. */
static int
unescape(char *dst, size_t size, struct span s)
{
	static const struct { char name[7], is; } entities[] = {
		{ "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' },
		{ "&quot;", '"' }, { "&apos;", '\'' },
	};
	size_t i, k, n;

	for (i = 0; i < s.n; i += n, dst++, size--) {
		if (size <= 1 || s.p[i] == '\0')
			return -1;
		*dst = (char)s.p[i];
		n = 1;
		if (*dst != '&')
			continue;
		for (k = 0; k < LEN(entities); k++) {
			n = strlen(entities[k].name);
			if (s.n - i >= n &&
			    memcmp(s.p + i, entities[k].name, n) == 0)
				break;
		}
		if (k == LEN(entities))
			return -1;
		*dst = entities[k].is;
	}
	*dst = '\0';
	return 0;
}

void
igd_ask(struct buf *head, struct buf *body, const char *type,
    enum igd_action action, const struct igd_map *m)
{
	static const char *const names[IGD_ACTIONS] = { "GetExternalIPAddress",
	    "AddPortMapping", "DeletePortMapping" };
	const char *name = names[action];
	const uint8_t *ip = m->inside.ip + 12;

	buf_printf(head, "Content-Type: text/xml; charset=\"utf-8\"\r\n"
	    "SOAPAction: \"%s#%s\"\r\n", type, name);
	buf_printf(body, "<?xml version=\"1.0\"?>\r\n<s:Envelope "
	    "xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" "
	    "s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\">"
	    "<s:Body><u:%s xmlns:u=\"%s\">", name, type);
	if (action != IGD_ADDRESS)
		buf_printf(body, "<NewRemoteHost></NewRemoteHost>"
		    "<NewExternalPort>%u</NewExternalPort>"
		    "<NewProtocol>%s</NewProtocol>", m->outside,
		    m->udp ? "UDP" : "TCP");
	if (action == IGD_ADD)
		buf_printf(body, "<NewInternalPort>%u</NewInternalPort>"
		    "<NewInternalClient>%u.%u.%u.%u</NewInternalClient>"
		    "<NewEnabled>1</NewEnabled>"
		    "<NewPortMappingDescription>btsh"
		    "</NewPortMappingDescription>"
		    "<NewLeaseDuration>%lu</NewLeaseDuration>",
		    m->inside.port, ip[0], ip[1], ip[2], ip[3],
		    (unsigned long)m->lifetime);
	buf_printf(body, "</u:%s></s:Body></s:Envelope>\r\n", name);
}

int
igd_address(struct addr *a, struct span answer)
{
	char digits[ADDR_TEXT];
	struct span text;

	if (!leaf_of(answer, "NewExternalIPAddress", &text) ||
	    unescape(digits, sizeof digits, text) < 0 ||
	    addr_parse(a, digits, 0) < 0)
		return -1;
	return addr_is4(a) && addr_scope(a) != SCOPE_LOOPBACK ? 0 : -1;
}

int
igd_error(struct span answer)
{
	struct span text;
	int64_t code;

	return leaf_of(answer, "errorCode", &text) &&
	    span_number(text, 10, &code) == 0 && code <= ERROR_MAX ?
	    (int)code : 0;
}
