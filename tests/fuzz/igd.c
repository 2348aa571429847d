/* igd: a gateway's answers: no URL leads anywhere but to the sender, and the
 * address that it tells is one. */
#include "fuzz.h"
#include "find/igd.h"

static const struct addr sender = { { [10] = 0xff, 0xff, 10, 0, 0, 1 }, 1900 };

static void
at_sender(const struct url *u)
{
	struct addr a;

	CHECK(u->is_http && !u->is_https && u->port > 0);
	CHECK(addr_parse(&a, u->host, 0) == 0 && addr_same_ip(&a, &sender));
	CHECK(is_printable(u->path));
}

/* What we ask such a service is one head of lines and one body. */
static void
ask(const struct igd_service *service, struct span s)
{
	struct igd_map m = { .inside = sender };
	struct buf head = { 0 }, body = { 0 };
	int i;

	m.outside = (uint16_t)take16(&s);
	m.udp = take8(&s) & 1;
	m.lifetime = take32(&s);
	for (i = 0; i < IGD_ACTIONS; i++) {
		head.len = body.len = 0;
		igd_ask(&head, &body, service->type, (enum igd_action)i, &m);
		CHECK(head.len > 2 && head.p[head.len - 1] == '\n');
		CHECK(!memchr(body.p, '\0', body.len));
		CHECK(igd_error(span_at(body.p, body.len)) == 0);
	}
	buf_free(&head);
	buf_free(&body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct igd_service list[IGD_SERVICES];
	struct span s = span_at(data, n);
	struct addr a;
	struct url u;
	int i, k;

	if (igd_location(&u, data, n, &sender) == 0)
		at_sender(&u);
	CHECK(url_parse(&u, "http://10.0.0.1:5000/root.xml") == 0);
	k = igd_services(list, s, &u);
	CHECK(k >= 0 && k <= IGD_SERVICES);
	for (i = 0; i < k; i++) {
		CHECK(list[i].type);
		at_sender(&list[i].control);
		ask(&list[i], s);
	}
	if (igd_address(&a, s) == 0)
		CHECK(addr_is4(&a) && addr_scope(&a) != SCOPE_LOOPBACK);
	CHECK(igd_error(s) >= 0);
	return 0;
}
