/* Announces read.  What is missing or wrong is refused if nobody can be listed
 * by it; else it is odd, and means nothing.
 *
 * Where a peer is: at the address it asks from, or at the one it names with
 * ip= if it asks from a private address, since a tracker behind NAT sees its
 * own network's peers there. */
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "rand.h"
#include "sha1.h"
#include "addr.h"
#include "url.h"
#include "udpt.h"
#include "track/asking.h"

static void begin(struct asking *a);
static int64_t read_number(struct span v);
static enum event read_event(struct asking *a, struct span v);
static uint32_t read_key(struct span v);
static void read_ip(struct asking *a, struct span v);
static void place(struct asking *a, const struct addr *from);

const char *
asking_query(struct asking *a, struct span query, const struct addr *from)
{
	struct span key, v;
	int64_t n;

	begin(a);
	while (query_next(&query, &key, &v)) {
		if (span_is(key, "info_hash")) {
			a->has_hash = pct_decode(a->hash, ID_LEN, v) == ID_LEN;
		} else if (span_is(key, "peer_id")) {
			a->has_id = pct_decode(a->id, ID_LEN, v) == ID_LEN;
		} else if (span_is(key, "port")) {
			n = read_number(v);
			a->addr.port = (uint16_t)(n > 0 && n < 65536 ? n : 0);
		} else if (span_is(key, "left")) {
			n = read_number(v);
			a->has_left = n >= 0;
			a->left = n < 0 ? 1 : n;
		} else if (span_is(key, "numwant")) {
			n = read_number(v);
			if (n >= 0)
				a->numwant = (int)MIN(n, NUMWANT_MAX);
		} else if (span_is(key, "event")) {
			a->event = read_event(a, v);
		} else if (span_is(key, "compact")) {
			a->compact = !span_is(v, "0");
		} else if (span_is(key, "key") && v.n > 0) {
			a->key = read_key(v);
		} else if (span_is(key, "ip") && v.n > 0) {
			read_ip(a, v);
		}
	}
	if (!a->has_left)
		a->odd = "left is missing or no number: you are listed as "
		    "one that fetches";
	place(a, from);
	return !a->has_hash ? "info_hash is missing or not 20 bytes" :
	    !a->has_id ? "peer_id is missing or not 20 bytes" :
	    !a->addr.port ? "port is missing or out of range" : NULL;
}

const char *
asking_udp(struct asking *a, const struct udpt_request *r,
    const struct addr *from)
{
	const struct announce_params *said = &r->announce;

	begin(a);
	memcpy(a->hash, said->hash, ID_LEN);
	memcpy(a->id, said->id, ID_LEN);
	a->key = said->key;
	a->left = said->left;
	a->event = said->event;
	if (said->numwant >= 0)
		a->numwant = MIN(said->numwant, NUMWANT_MAX);
	if (addr_is4(from) && get32(r->ip) != 0) {
		addr_unpack(&a->named, r->ip, 1);
		a->named.port = 1;
	}
	a->addr.port = said->port;
	place(a, from);
	return a->addr.port ? NULL : "port is missing";
}

static void
begin(struct asking *a)
{
	memset(a, 0, sizeof *a);
	a->numwant = NUMWANT_DEFAULT;
	a->left = 1; /* who does not say is no seed */
	a->compact = 1;
}

/* Digits alone, what does not fit as INT64_MAX, which some say is left while
 * they do not know; -1 for anything else. */
static int64_t
read_number(struct span v)
{
	int64_t n = 0;

	if (v.n == 0)
		return -1;
	for (; v.n > 0; v.p++, v.n--) {
		if (*v.p < '0' || *v.p > '9')
			return -1;
		n = n < INT64_MAX / 10 ? n * 10 + (*v.p - '0') : INT64_MAX;
	}
	return n;
}

static enum event
read_event(struct asking *a, struct span v)
{
	/* BEP 21's paused says nothing that left does not */
	if (v.n > 0 && !span_is(v, "started") && !span_is(v, "stopped") &&
	    !span_is(v, "completed") && !span_is(v, "paused") &&
	    !span_is(v, "empty"))
		a->odd = "this event is not known, and means nothing";
	return span_is(v, "started") ? EVENT_STARTED :
	    span_is(v, "stopped") ? EVENT_STOPPED :
	    span_is(v, "completed") ? EVENT_COMPLETED : EVENT_NONE;
}

/* A client that speaks UDP, too, sends the same 32 bits there, which are
 * hexadecimal digits here; any other key is told by a hash. */
static uint32_t
read_key(struct span v)
{
	static const uint8_t none[16];
	int64_t key;

	return v.n <= 8 && span_number(v, 16, &key) == 0 ? (uint32_t)key :
	    (uint32_t)siphash(none, v.p, v.n);
}

static void
read_ip(struct asking *a, struct span v)
{
	char text[64];
	long n = pct_decode((uint8_t *)text, sizeof text - 1, v);

	if (n > 0) {
		text[n] = '\0';
		if (strlen(text) == (size_t)n &&
		    addr_parse(&a->named, text, 0) == 0) {
			a->named.port = 1;
			return;
		}
	}
	a->named.port = 0;
	a->odd = "ip is no address, and means nothing";
}

/* Its address, once all is read. */
static void
place(struct asking *a, const struct addr *from)
{
	memcpy(a->addr.ip, from->ip, sizeof a->addr.ip);
	a->seen_at = addr_scope(from);
	if (!a->named.port || addr_same_ip(&a->named, from))
		return;
	if (a->seen_at != SCOPE_GLOBAL && addr_dialable(&a->named) &&
	    addr_scope(&a->named) >= a->seen_at)
		memcpy(a->addr.ip, a->named.ip, sizeof a->addr.ip);
	else
		a->odd = "ip means something only from a private address";
}
