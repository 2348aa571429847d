/* A small torrent for the cases of what joins the parts. */
#include <sys/types.h>
#include <sys/stat.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "rand.h"
#include "sha1.h"
#include "torrent/meta.h"
#include "torrent/encode.h"
#include "torrent/files.h"
#include "torrent/store.h"
#include "unit.h"
#include "sample.h"

void
sample_new(struct sample *s, int64_t size)
{
	const char *tmp = getenv("TMPDIR");
	struct ingredient file = { NULL, size };
	struct recipe r = { .name = "data", .files = &file, .nfiles = 1,
	    .piece_len = SAMPLE_PIECE };
	struct buf b = { 0 };
	char why[META_WHY];
	uint64_t rnd = 3;
	int64_t i;

	memset(s, 0, sizeof *s);
	snprintf(s->dir, sizeof s->dir, "%s/btsh-unit-XXXXXX",
	    tmp ? tmp : "/tmp");
	if (!mkdtemp(s->dir))
		die("mkdtemp:");
	s->files = files_new(8);
	s->data = xmalloc((size_t)size);
	for (i = 0; i < size; i++)
		s->data[i] = (uint8_t)rnd_next(&rnd);
	encode_torrent(&b, &r);
	s->m = meta_parse(&b, why);
	for (i = 0; i < s->m->sh.npieces; i++)
		sha1(s->data + i * SAMPLE_PIECE, shape_len(&s->m->sh,
		    (uint32_t)i), s->m->pieces + i * SHA1_LEN);
	meta_rehash(s->m);
}

void
sample_free(struct sample *s)
{
	DIR *d = opendir(s->dir);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (unlinkat(dirfd(d), e->d_name, 0) < 0)
			unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
	if (d)
		closedir(d);
	rmdir(s->dir);
	meta_free(s->m);
	files_free(s->files);
	free(s->data);
}

struct store *
sample_store(const struct sample *s, const uint8_t *have)
{
	struct store *st = store_new(s->files, s->m, s->dir, NULL,
	    STORE_WRITE);
	struct block b = { 0, 0, 0 };

	OK(store_begin(st) == 0);
	for (; have && b.piece < s->m->sh.npieces; b.piece++) {
		if (!bit_get(have, b.piece))
			continue;
		OK(store_write(st, (int64_t)b.piece * SAMPLE_PIECE, s->data +
		    b.piece * SAMPLE_PIECE, shape_len(&s->m->sh, b.piece))
		    == 0);
		store_set_have(st, b.piece);
	}
	return st;
}

void
sample_put(const struct sample *s, int64_t wrong)
{
	char path[300];
	uint8_t byte;
	int fd;

	snprintf(path, sizeof path, "%s/data", s->dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	OK(fd >= 0 && write_all(fd, s->data, (size_t)s->m->sh.size) == 0);
	byte = wrong < 0 ? 0 : (uint8_t)~s->data[wrong];
	OK(wrong < 0 || pwrite(fd, &byte, 1, wrong) == 1);
	close(fd);
}

int
sample_is_there(const struct sample *s)
{
	size_t size = (size_t)s->m->sh.size;
	struct buf b = { 0 };
	char path[300];
	int fd, ok;

	snprintf(path, sizeof path, "%s/data", s->dir);
	fd = open(path, O_RDONLY);
	ok = fd >= 0 && slurp(fd, &b, size + 1) == 0 && b.len == size &&
	    memcmp(b.p, s->data, size) == 0;
	if (fd >= 0)
		close(fd);
	buf_free(&b);
	return ok;
}
