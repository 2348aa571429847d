/* A mark holds the root's inode, and when that was made, since somebody may
 * remove what we began and put something else there, which often gets the same
 * inode; not the device, which another start of the system may number anew.
 * Somebody may put something else in the file's place: only a regular file of
 * one name, whose digest is right, is believed, and nothing else that stands
 * there is written or removed. */
#include <sys/types.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "sha1.h"
#include "bencode.h"
#include "torrent/files.h"
#include "torrent/resume.h"
#include "torrent/mark.h"

static void beside(char name[MARK_NAME], const struct tree *t,
    const char *end);
static enum said said_by(struct span text, struct resume *r, struct tree *t);
static int only_zeros(struct span s);
static int write_new(struct tree *t, const char *name, int flags,
    struct span text, int sync);

char *
mark_name(char name[MARK_NAME], const struct tree *t)
{
	beside(name, t, ".btsh");
	return name;
}

/* By the root's name, or if that is too long, by the info hash. */
static void
beside(char name[MARK_NAME], const struct tree *t, const char *end)
{
	char other[BESIDE_NAME];

	if (strlen(t->name) + sizeof "..btsh.new" <= MARK_NAME)
		sprintf(name, ".%s%s", t->name, end);
	else
		sprintf(name, "%s%s", tree_beside_name(other, t->m, ""), end);
}

enum said
mark_read(struct tree *t)
{
	struct buf text = { 0 };
	struct resume r;
	enum said said = mark_load(t, &text, &r);

	resume_free(&r);
	buf_free(&text);
	return said;
}

enum said
mark_load(struct tree *t, struct buf *text, struct resume *r)
{
	char name[MARK_NAME];
	enum said said = SAID_NOTHING;
	struct stat st;
	int fd;

	memset(r, 0, sizeof *r);
	fd = tree_open(t, mark_name(name, t), O_RDONLY);
	if (fd < 0)
		return SAID_NOTHING;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink <= 1 &&
	    slurp(fd, text, RESUME_MOST) == 0)
		said = said_by((struct span){ text->p, text->len }, r, t);
	close(fd);
	return said;
}

static enum said
said_by(struct span text, struct resume *r, struct tree *t)
{
	struct resume is;
	int other;

	if (only_zeros(text))
		return SAID_OTHER; /* a system that went down left that */
	other = resume_parse(r, text, t->m);
	if (other != 0)
		return other > 0 ? SAID_OTHER : SAID_NOTHING;
	return r->begun && span_is(r->name, t->name) &&
	    mark_fill(&is, t) == 0 && is.inode == r->inode &&
	    is.born == r->born ? SAID_OURS : SAID_OTHER;
}

static int
only_zeros(struct span s)
{
	return s.n == 0 || (s.p[0] == 0 && memcmp(s.p, s.p + 1, s.n - 1) == 0);
}

int
mark_fill(struct resume *r, struct tree *t)
{
	struct stat root;

	if (tree_root(t, 0, &root) < 0)
		return -1;
	r->begun = 1;
	/* as a number that bencode can say */
	r->inode = (int64_t)((uint64_t)root.st_ino & INT64_MAX);
	r->born = tree_root_born(t);
	r->name = span_of(t->name);
	return 0;
}

int
mark_make(struct tree *t)
{
	char name[MARK_NAME];
	struct resume r = { 0 };
	struct buf text = { 0 }, was = { 0 };
	struct stat root;
	enum said said;
	int got;

	if (tree_root(t, 1, &root) < 0)
		return -1;
	mark_name(name, t);
	for (;;) {
		text.len = 0;
		got = mark_fill(&r, t);
		if (got < 0)
			break;
		resume_put(&text, &r, t->m->hash);
		got = write_new(t, name, O_EXCL, (struct span){ text.p,
		    text.len }, 0);
		if (got == 0 || errno != EEXIST || was.p)
			break;
		said = mark_load(t, &was, &r);
		got = said == SAID_NOTHING ? -1 : 1;
		if (said == SAID_OTHER && tree_remove(t, name) == 0)
			continue; /* what it says besides holds */
		errno = EEXIST;
		break;
	}
	resume_free(&r);
	buf_free(&text);
	buf_free(&was);
	return got;
}

/* A file beside, which is removed again if it could not be written: 0, or -1
 * with errno. */
static int
write_new(struct tree *t, const char *name, int flags, struct span text,
    int sync)
{
	int fd = tree_open(t, name, O_WRONLY | O_CREAT | flags), r, why;

	if (fd < 0)
		return -1;
	r = write_all(fd, text.p, text.n);
	if (r == 0 && sync)
		r = fsync(fd);
	why = errno;
	if (close(fd) < 0 && r == 0) {
		why = errno;
		r = -1;
	}
	if (r < 0)
		tree_remove(t, name);
	errno = why;
	return r;
}

int
mark_replace(struct tree *t, struct span text)
{
	char name[MARK_NAME], new[MARK_NAME];
	struct stat st;
	int up;

	mark_name(name, t);
	beside(new, t, ".btsh.new");
	up = tree_dir(t);
	if (up < 0)
		return -1;
	if (fstatat(up, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    mark_read(t) == SAID_NOTHING) {
		errno = EEXIST;
		return -1;
	}
	tree_remove(t, new); /* of one that was killed */
	if (write_new(t, new, O_EXCL, text, 1) < 0)
		return -1;
	up = tree_dir(t);
	if (up >= 0 && renameat(up, new, up, name) == 0)
		return fsync(up) < 0 && errno != EINVAL ? -1 : 0;
	tree_remove(t, new);
	return -1;
}

int
mark_forget(struct tree *t)
{
	struct buf was = { 0 }, text = { 0 };
	struct resume r;
	int got = 0;

	if (mark_load(t, &was, &r) != SAID_NOTHING && r.torrent.n > 0) {
		r.torrent.n = 0;
		resume_put(&text, &r, t->m->hash);
		got = mark_replace(t, (struct span){ text.p, text.len });
	}
	resume_free(&r);
	buf_free(&text);
	buf_free(&was);
	return got;
}

void
mark_remove(struct tree *t)
{
	char name[MARK_NAME];

	if (mark_read(t) != SAID_NOTHING)
		tree_remove(t, mark_name(name, t));
	beside(name, t, ".btsh.new"); /* of one that was killed */
	tree_remove(t, name);
}
