/* A mark is a bencoded dictionary.  It holds the root's inode, and when that
 * was made, since somebody may remove what we began and put something else
 * there, which often gets the same inode; not the device, which another start
 * of the system may number anew.  Somebody may put something else in its
 * place: only a regular file of one name, of our info hash, is believed, and
 * nothing that stands there is written. */
#include <sys/types.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "sha1.h"
#include "bencode.h"
#include "torrent/files.h"
#include "torrent/mark.h"

enum { MARK_MOST = 1 << 20 };

static void put_text(struct buf *b, struct tree *t,
    const struct stat *root);
static int64_t inode(const struct stat *st);
static enum said said_by(const struct buf *b, struct tree *t);

enum said
mark_read(struct tree *t)
{
	char name[BESIDE_NAME];
	enum said said = SAID_NOTHING;
	struct buf b = { 0 };
	struct stat st;
	int fd;

	fd = tree_open(t, tree_beside_name(name, t->m, ".btsh"), O_RDONLY);
	if (fd < 0)
		return SAID_NOTHING;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink <= 1 &&
	    slurp(fd, &b, MARK_MOST) == 0)
		said = said_by(&b, t);
	close(fd);
	buf_free(&b);
	return said;
}

static enum said
said_by(const struct buf *b, struct tree *t)
{
	struct span v = { b->p, b->len }, hash;
	struct stat root;

	if (b->len == 0)
		return SAID_OTHER;
	if (ben_parse(v.p, v.n) != (long)v.n)
		return SAID_NOTHING;
	hash = ben_get_str(v, "info hash");
	if (hash.n != SHA1_LEN || memcmp(hash.p, t->m->hash, SHA1_LEN) != 0)
		return SAID_NOTHING;
	return span_is(ben_get_str(v, "name"), t->name) &&
	    tree_root(t, 0, &root) == 0 &&
	    ben_get_int(v, "inode", -1) == inode(&root) &&
	    ben_get_int(v, "born", 0) == tree_root_born(t) ? SAID_OURS :
	    SAID_OTHER;
}

/* As a number that bencode can say. */
static int64_t
inode(const struct stat *st)
{
	return (int64_t)((uint64_t)st->st_ino & INT64_MAX);
}

int
mark_make(struct tree *t)
{
	char name[BESIDE_NAME];
	struct buf b = { 0 };
	struct stat root;
	int fd, r, why;

	if (tree_root(t, 1, &root) < 0)
		return -1;
	fd = tree_open(t, tree_beside_name(name, t->m, ".btsh"), O_WRONLY |
	    O_CREAT | O_EXCL);
	if (fd < 0 && errno == EEXIST) {
		r = mark_read(t) == SAID_NOTHING ? -1 : 1;
		errno = EEXIST;
		return r;
	}
	if (fd < 0)
		return -1;
	put_text(&b, t, &root);
	r = write_all(fd, b.p, b.len);
	why = errno;
	if (close(fd) < 0 && r == 0) {
		why = errno;
		r = -1;
	}
	buf_free(&b);
	if (r < 0) {
		tree_remove(t, name);
		errno = why;
	}
	return r;
}

static void
put_text(struct buf *b, struct tree *t, const struct stat *root)
{
	buf_put(b, "d", 1);
	ben_put_str(b, "born");
	ben_put_int(b, tree_root_born(t));
	ben_put_str(b, "info hash");
	ben_put_bytes(b, t->m->hash, SHA1_LEN);
	ben_put_str(b, "inode");
	ben_put_int(b, inode(root));
	ben_put_str(b, "name");
	ben_put_str(b, t->name);
	buf_put(b, "e", 1);
}

void
mark_remove(struct tree *t)
{
	char name[BESIDE_NAME];

	tree_remove(t, tree_beside_name(name, t->m, ".btsh"));
}
