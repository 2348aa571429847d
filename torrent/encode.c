/* A torrent's bytes, made. */
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "bencode.h"
#include "torrent/meta.h"
#include "torrent/encode.h"

static void encode_info(struct buf *out, const struct recipe *r);
static void encode_path(struct buf *out, const char *path);

void
encode_torrent(struct buf *out, const struct recipe *r)
{
	int i;

	buf_put(out, "d", 1);
	encode_trackers(out, r->trackers, r->ntrackers);
	if (r->comment) {
		ben_put_str(out, "comment");
		ben_put_str(out, r->comment);
	}
	ben_put_str(out, "info");
	encode_info(out, r);
	if (r->nwebseeds > 0) {
		ben_put_str(out, "url-list");
		buf_put(out, "l", 1);
		for (i = 0; i < r->nwebseeds; i++)
			ben_put_str(out, r->webseeds[i]);
		buf_put(out, "e", 1);
	}
	buf_put(out, "e", 1);
}

void
encode_trackers(struct buf *out, const struct tracker *t, int n)
{
	int i;

	if (n > 0) {
		ben_put_str(out, "announce");
		ben_put_str(out, t[0].url);
	}
	if (n < 2)
		return;
	ben_put_str(out, "announce-list");
	buf_put(out, "l", 1);
	for (i = 0; i < n; i++) {
		if (i == 0 || t[i].tier != t[i - 1].tier)
			buf_put(out, i == 0 ? "l" : "el", i == 0 ? 1 : 2);
		ben_put_str(out, t[i].url);
	}
	buf_put(out, "ee", 2);
}

static void
encode_info(struct buf *out, const struct recipe *r)
{
	int64_t size = 0;
	uint32_t i;
	size_t n;

	buf_put(out, "d", 1);
	if (r->is_dir) {
		ben_put_str(out, "files");
		buf_put(out, "l", 1);
	}
	for (i = 0; i < r->nfiles; i++) {
		size += r->files[i].len;
		if (r->is_dir)
			buf_put(out, "d", 1);
		ben_put_str(out, "length");
		ben_put_int(out, r->files[i].len);
		if (r->is_dir)
			encode_path(out, r->files[i].path);
	}
	if (r->is_dir)
		buf_put(out, "e", 1);
	ben_put_str(out, "name");
	ben_put_str(out, r->name);
	ben_put_str(out, "piece length");
	ben_put_int(out, r->piece_len);
	ben_put_str(out, "pieces");
	n = (size_t)((size + r->piece_len - 1) / r->piece_len) * SHA1_LEN;
	buf_printf(out, "%zu:", n);
	if (r->pieces)
		buf_put(out, r->pieces, n);
	else
		memset(buf_room(out, n), 0, n);
	out->len += r->pieces ? 0 : n;
	if (r->private) {
		ben_put_str(out, "private");
		ben_put_int(out, 1);
	}
	if (r->source) {
		ben_put_str(out, "source");
		ben_put_str(out, r->source);
	}
	buf_put(out, "e", 1);
}

static void
encode_path(struct buf *out, const char *path)
{
	size_t n;

	ben_put_str(out, "path");
	buf_put(out, "l", 1);
	for (; *path; path += n + (path[n] == '/')) {
		n = strcspn(path, "/");
		ben_put_bytes(out, path, n);
	}
	buf_put(out, "ee", 2);
}

uint32_t
encode_piece_len(int64_t size)
{
	uint32_t len = 1 << 15;

	while (len < 1 << 24 && size / len > 2000)
		len *= 2;
	return len;
}
