/* A tracker's swarms in a file: a line that says what it is, when it was
 * written (seconds since 1970, 8 bytes), the swarms as swarms.c has them, and
 * the SHA-1 of all that.  A file of other bytes is not believed. */
#include <sys/types.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "sha1.h"
#include "net.h"
#include "proc.h"
#include "track/swarms.h"
#include "track/state.h"

enum {
	KEEP_MS  = 300 * 1000,
	FILE_MAX = 256 << 20,
	CHUNK    = 256 << 10  /* bytes of a write, at least */
};

struct state {
	char *path, *temp;       /* owned */
	const struct swarms *sw; /* borrowed */
	struct timer timer;
	struct child child;
	int said;                /* that there is no child to be had */
};

static const char magic[] = "btsh tracker state 1\n";

static int is_ours(const struct buf *b);
static int put_aside(const char *path);
static char *beside(const char *path, const char *end);
static void state_free(struct state *s);
static void on_time(struct timer *t, int64_t now_ms);
static void on_written(struct child *c, int status);
static int save(void *arg);
static int write_state(const struct state *s, int fd);
static int flush_to(int fd, struct buf *b, struct sha1 *sum);

int
state_load(const char *path, int64_t life_ms, int64_t now_ms,
    struct swarms **sw)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), r;
	struct buf b = { 0 };
	struct stat st;

	*sw = NULL;
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0) {
		warn("open %s:", path);
		return -1;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		warn("%s: not a regular file", path);
		close(fd);
		return -1;
	}
	r = slurp(fd, &b, FILE_MAX);
	if (r < 0 && errno != EFBIG)
		warn("read %s:", path);
	else if (!is_ours(&b))
		warn("%s: no state of a tracker; it stays as it is", path);
	else if (r == 0 && b.len == 0)
		; /* it was made for us */
	else if (r < 0 || !(*sw = state_parse(&b, life_ms, net_wall(),
	    now_ms)))
		r = put_aside(path);
	r = is_ours(&b) ? r : -1;
	close(fd);
	buf_free(&b);
	return r;
}

struct swarms *
state_parse(const struct buf *b, int64_t life_ms, int64_t wall, int64_t now_ms)
{
	uint64_t here = (uint64_t)MAX(wall, 0), then;
	struct span body;
	uint8_t sum[SHA1_LEN];

	if (b->len < sizeof magic - 1 + 8 + SHA1_LEN ||
	    memcmp(b->p, magic, sizeof magic - 1) != 0)
		return NULL;
	body.p = b->p + sizeof magic - 1 + 8;
	body.n = b->len - (sizeof magic - 1 + 8) - SHA1_LEN;
	sha1(b->p, b->len - SHA1_LEN, sum);
	if (memcmp(sum, body.p + body.n, SHA1_LEN) != 0)
		return NULL;
	/* a clock that was set back has not made anybody younger */
	then = MIN(get64(body.p - 8), here);
	return swarms_load(body, life_ms,
	    (int64_t)MIN(here - then, INT32_MAX) * 1000, now_ms);
}

/* Whether it begins as a state does, as far as it goes. */
static int
is_ours(const struct buf *b)
{
	return b->len == 0 ||
	    memcmp(b->p, magic, MIN(b->len, sizeof magic - 1)) == 0;
}

/* What is damaged may be mended by hand: it is not written over.  0, or -1
 * after a message. */
static int
put_aside(const char *path)
{
	char *aside = beside(path, ".bad"), end[16];
	int r, i;

	for (i = 2; access(aside, F_OK) == 0 && i < 1000; i++) {
		free(aside);
		snprintf(end, sizeof end, ".bad%d", i);
		aside = beside(path, end);
	}
	r = rename(path, aside);
	if (r < 0)
		warn("rename %s:", path);
	else
		warn("%s is damaged: it is now %s, and all swarms begin anew",
		    path, aside);
	free(aside);
	return r;
}

static char *
beside(const char *path, const char *end)
{
	char *s = xmalloc(strlen(path) + strlen(end) + 1);

	sprintf(s, "%s%s", path, end);
	return s;
}

struct state *
state_open(const char *path, const struct swarms *sw)
{
	struct state *s = xcalloc(1, sizeof *s);

	s->path = xstrdup(path);
	s->temp = beside(path, ".new");
	s->sw = sw;
	s->timer.fire = on_time;
	s->timer.arg = s;
	s->child.ended = on_written;
	s->child.arg = s;
	if (save(s) != EXIT_OK) { /* what is wrong shows at once */
		state_free(s);
		free(s);
		return NULL;
	}
	net_timer(&s->timer, net_now() + KEEP_MS);
	return s;
}

int
state_close(struct state *s)
{
	int r;

	net_untimer(&s->timer);
	proc_child_end(&s->child);
	r = save(s);
	state_free(s);
	net_bury(free, s);
	return r == EXIT_OK ? 0 : -1;
}

/* What it owns, and not s itself. */
static void
state_free(struct state *s)
{
	free(s->path);
	free(s->temp);
}

static void
on_time(struct timer *t, int64_t now_ms)
{
	struct state *s = t->arg;

	if (proc_child(&s->child, -1, save, s) == 0) {
		s->said = 0;
		return;
	}
	if (!s->said)
		warn("%s is not written for now:", s->path);
	s->said = 1;
	net_timer(t, now_ms + KEEP_MS);
}

static void
on_written(struct child *c, int status)
{
	struct state *s = c->arg;

	(void)status; /* the child has said what went wrong */
	net_timer(&s->timer, net_now() + KEEP_MS);
}

/* EXIT_OK, or EXIT_DISK after a message.  What has the name of the new file
 * was left there by one that was killed, or by nobody that we know: it goes,
 * and nothing is written to it. */
static int
save(void *arg)
{
	struct state *s = arg;
	int fd, r;

	(void)!unlink(s->temp);
	fd = open(s->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
	    O_CLOEXEC, 0600);
	if (fd < 0) {
		warn("open %s:", s->temp);
		return EXIT_DISK;
	}
	/* a tracker that was killed may have left a child that still writes:
	 * the name is another's by then, and it gives up */
	r = write_state(s, fd) < 0 || fsync(fd) < 0 ||
	    !fd_is_at(fd, s->temp) || rename(s->temp, s->path) < 0;
	if (r) {
		warn("write %s:", s->temp);
		if (fd_is_at(fd, s->temp))
			unlink(s->temp);
	}
	close(fd);
	return r ? EXIT_DISK : EXIT_OK;
}

static int
write_state(const struct state *s, int fd)
{
	struct sha1 sum;
	struct buf b = { 0 };
	uint8_t wall[8], digest[SHA1_LEN];
	uint32_t at = 0;
	int r;

	sha1_init(&sum);
	put64(wall, (uint64_t)net_wall());
	buf_put(&b, magic, sizeof magic - 1);
	buf_put(&b, wall, sizeof wall);
	swarms_save_head(s->sw, &b, net_now());
	do {
		while (b.len < CHUNK && swarms_save(s->sw, &at, &b))
			;
		r = b.len < CHUNK;
	} while (flush_to(fd, &b, &sum) == 0 && !r);
	if (b.len > 0)
		r = -1;
	sha1_final(&sum, digest);
	if (r > 0)
		r = write_all(fd, digest, sizeof digest);
	buf_free(&b);
	return r;
}

/* Empties b, unless it fails. */
static int
flush_to(int fd, struct buf *b, struct sha1 *sum)
{
	if (write_all(fd, b->p, b->len) < 0)
		return -1;
	sha1_update(sum, b->p, b->len);
	b->len = 0;
	return 0;
}
