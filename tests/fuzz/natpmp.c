/* natpmp: a talk with a gateway that says anything: it ends, in the time that
 * it may take, and what was got is a mapping.  And the kernel's routes. */
#include "fuzz.h"
#include "find/natpmp.h"

enum { ROUNDS = 200, TALK_MS = 600000 };

/* A reply with the fields that it must have to count, and the input's bytes
 * in the others, some of which go wrong all the same. */
static size_t
reply(struct span *s, const uint8_t *asked, size_t nasked, uint8_t p[1200])
{
	unsigned how = take8(s);
	struct span body = take_span(s, how & 0x80 ? take16(s) % 1200 : 60);

	memset(p, 0, 64);
	if (body.n > 0)
		memcpy(p, body.p, body.n);
	if (how & 1)
		return body.n;
	p[0] = how & 2 ? (uint8_t)(how & 4 ? 2 : 0) : asked[0];
	p[1] = asked[1] | 0x80;
	if (how & 8)
		p[2] = p[3] = 0;
	if (asked[0] == 2 && how & 16)
		memcpy(p + 24, asked + 24, nasked - 24 - 18);
	if (asked[0] == 0 && nasked >= 12 && how & 16)
		memcpy(p + 8, asked + 4, 2);
	return asked[0] == 2 ? 60 : nasked == 2 ? 12 : 16;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span s = span_at(data, n);
	struct addr inside = { { 0 }, 6881 }, gateway;
	uint8_t out[NATPMP_MAX], p[1200], *copy;
	int64_t now_ms = 1000, due;
	struct natpmp c;
	size_t len, got;
	int i, asks;

	if (natpmp_gateway(&gateway, s) == 0)
		CHECK(addr_is4(&gateway) && gateway.port == 0);
	addr_unpack(&inside, (const uint8_t *)"\x0a\0\0\x02\x1a\xe1", 1);
	natpmp_init(&c, &inside, 7);
	for (asks = 0; asks < 3; asks++) {
		now_ms += 1000;
		natpmp_ask(&c, asks < 2 ? 7200 : 0, (uint16_t)take16(&s),
		    now_ms);
		for (i = 0; c.state == NATPMP_ASKS; i++) {
			CHECK(i < ROUNDS && now_ms < 1000 + 3 * TALK_MS);
			len = natpmp_tick(&c, out, now_ms);
			CHECK(len <= NATPMP_MAX);
			if (len > 0 && s.n > 0) {
				got = reply(&s, out, len, p);
				copy = copy_of(span_at(p, got));
				natpmp_feed(&c, copy, got, now_ms);
				free(copy);
			}
			due = c.due_ms;
			CHECK(c.state != NATPMP_ASKS || due >= now_ms);
			now_ms = c.state == NATPMP_ASKS ? due : now_ms;
		}
		if (c.state == NATPMP_FAILED) {
			CHECK(*c.why && is_printable(c.why));
			break;
		}
		CHECK(asks == 2 || (c.outside.port > 0 && c.granted > 0 &&
		    addr_is4(&c.outside)));
	}
	CHECK(c.version == 0 || c.version == 2);
	CHECK(*natpmp_name(&c));
	return 0;
}
