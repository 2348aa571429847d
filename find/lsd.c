/* Local discovery.  A torrent is announced at once and then every few minutes,
 * many of them in one datagram; datagrams are few a second, however many
 * torrents there are. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util.h"
#include "addr.h"
#include "sha1.h"
#include "http.h"
#include "find/lsd.h"

enum {
	AGAIN_MS = 300000, /* after an announce of a torrent */
	PACE_MS  = 200,    /* between datagrams of new torrents, */
	SLOW_MS  = 5000,   /* and of others, */
	HEARD_MS = 20,     /* and of others that are heeded; */
	BURST    = 50      /* of those, at once */
};

static void enter(struct lsd_list *list, struct lsd_torrent *t,
    int64_t due_ms);
static void leave(struct lsd_torrent *t);
static struct lsd_torrent *next_due(const struct lsd *l, int64_t now_ms);
static int read_head(struct lsd *l, struct span head, struct lsd_news *news);

const char *const lsd_groups[2] = { "239.192.152.143:6771",
	"[ff15::efc0:988f]:6771" };

void
lsd_init(struct lsd *l, uint16_t port, uint64_t seed)
{
	memset(l, 0, sizeof *l);
	l->port = port;
	snprintf(l->cookie, sizeof l->cookie, "%016" PRIx64, seed);
}

void
lsd_add(struct lsd *l, struct lsd_torrent *t, int64_t now_ms)
{
	enter(&l->fresh, t, now_ms);
}

void
lsd_remove(struct lsd *l, struct lsd_torrent *t)
{
	(void)l;
	leave(t);
}

static void
enter(struct lsd_list *list, struct lsd_torrent *t, int64_t due_ms)
{
	t->list = list;
	t->due_ms = due_ms;
	t->prev = list->last;
	t->next = NULL;
	*(list->last ? &list->last->next : &list->first) = t;
	list->last = t;
}

static void
leave(struct lsd_torrent *t)
{
	struct lsd_list *list = t->list;

	if (!list)
		return;
	*(t->prev ? &t->prev->next : &list->first) = t->next;
	*(t->next ? &t->next->prev : &list->last) = t->prev;
	t->list = NULL;
}

static struct lsd_torrent *
next_due(const struct lsd *l, int64_t now_ms)
{
	struct lsd_torrent *t = l->fresh.first;

	if (t && t->due_ms <= now_ms && l->paid_ms[0] <= now_ms)
		return t;
	t = l->again.first;
	return t && t->due_ms <= now_ms && l->paid_ms[1] <= now_ms ? t : NULL;
}

int64_t
lsd_due(const struct lsd *l)
{
	const struct lsd_torrent *t = l->fresh.first, *o = l->again.first;

	return MIN(t ? MAX(t->due_ms, l->paid_ms[0]) : INT64_MAX,
	    o ? MAX(o->due_ms, l->paid_ms[1]) : INT64_MAX);
}

int
lsd_next(struct lsd *l, int64_t now_ms, struct buf out[2])
{
	struct lsd_torrent *t = next_due(l, now_ms);
	char text[2 * ID_LEN + 1];
	int i, n;

	if (!t)
		return 0;
	for (i = 0; i < 2; i++)
		buf_printf(&out[i], "BT-SEARCH * HTTP/1.1\r\nHost: %s\r\n"
		    "Port: %u\r\n", lsd_groups[i], l->port);
	for (n = 0; n < LSD_HASHES && t; n++) {
		hex(text, t->hash, ID_LEN);
		for (i = 0; i < 2; i++)
			buf_printf(&out[i], "Infohash: %s\r\n", text);
		leave(t);
		enter(&l->again, t, now_ms + AGAIN_MS);
		t = next_due(l, now_ms);
	}
	for (i = 0; i < 2; i++)
		buf_printf(&out[i], "cookie: %s\r\n\r\n\r\n", l->cookie);
	l->paid_ms[0] = now_ms + PACE_MS;
	l->paid_ms[1] = MAX(l->paid_ms[1], now_ms + SLOW_MS);
	return 1;
}

int
lsd_read(struct lsd *l, const uint8_t *p, size_t n, const struct addr *from,
    int64_t now_ms, struct lsd_news *news)
{
	static const char begin[] = "BT-SEARCH * HTTP/1.";
	struct span head;

	/* an address that means something on one interface alone (RFC 4291,
	 * 2.5.6) cannot be dialled */
	if (n < sizeof begin - 1 || memcmp(p, begin, sizeof begin - 1) != 0 ||
	    (from->ip[0] == 0xfe && (from->ip[1] & 0xc0) == 0x80))
		return -1;
	l->heard_ms = MAX(l->heard_ms, now_ms - BURST * HEARD_MS);
	if (l->heard_ms >= now_ms)
		return -1;
	l->heard_ms += HEARD_MS;
	head.p = p;
	head.n = n;
	memset(news, 0, sizeof *news);
	news->peer = *from;
	news->peer.port = 0;
	return read_head(l, head, news);
}

static int
read_head(struct lsd *l, struct span head, struct lsd_news *news)
{
	struct span name, value;
	int64_t port;

	while (http_header(&head, &name, &value)) {
		if (http_is(name, "port")) {
			if (span_number(value, 10, &port) < 0 || port < 1 ||
			    port > 65535)
				return -1;
			news->peer.port = (uint16_t)port;
		} else if (http_is(name, "infohash")) {
			if (news->n < LSD_HASHES && value.n == 2 * ID_LEN &&
			    unhex(news->hashes[news->n], value.p, ID_LEN) == 0)
				news->n++;
		} else if (http_is(name, "cookie") &&
		    span_is(value, l->cookie)) {
			return -1;
		}
	}
	return news->peer.port && news->n > 0 ? 0 : -1;
}
