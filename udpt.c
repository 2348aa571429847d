/* UDP tracker packets: their layout, once for both sides. */
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "udpt.h"

void
udpt_connect(struct buf *b, uint32_t transaction)
{
	uint8_t *p = buf_room(b, 16);

	put64(p, UDP_MAGIC);
	put32(p + 8, UDP_CONNECT);
	put32(p + 12, transaction);
	b->len += 16;
}

void
udpt_announce(struct buf *b, uint64_t connection, uint32_t transaction,
    const struct announce_params *a, const char *path)
{
	uint8_t *p = buf_room(b, 98), option[2] = { 2, 0 };
	size_t n = strlen(path), k;

	put64(p, connection);
	put32(p + 8, UDP_ANNOUNCE);
	put32(p + 12, transaction);
	memcpy(p + 16, a->hash, ID_LEN);
	memcpy(p + 36, a->id, ID_LEN);
	put64(p + 56, (uint64_t)a->downloaded);
	put64(p + 64, (uint64_t)a->left);
	put64(p + 72, (uint64_t)a->uploaded);
	put32(p + 80, (uint32_t)a->event);
	put32(p + 84, 0); /* our address: the one that this comes from */
	put32(p + 88, a->key);
	put32(p + 92, (uint32_t)a->numwant);
	put16(p + 96, a->port);
	b->len += 98;
	/* BEP 41: the path, in options of at most 255 bytes; / needs none */
	if (strcmp(path, "/") == 0)
		n = 0;
	for (; n > 0; n -= k, path += k) {
		k = MIN(n, 255);
		option[1] = (uint8_t)k;
		buf_put(b, option, 2);
		buf_put(b, path, k);
	}
}

int
udpt_reply(const uint8_t *p, size_t n, uint32_t transaction, struct span *body)
{
	static const size_t least[] = { 16, 20, 8, 8 };
	uint32_t action;

	if (n < 8 || get32(p + 4) != transaction)
		return -1;
	action = get32(p);
	if (action >= LEN(least) || n < least[action])
		return -1;
	body->p = p + 8;
	body->n = n - 8;
	return (int)action;
}
