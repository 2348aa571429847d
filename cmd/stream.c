/* The payload on standard output.  A child writes it, so that a reader who is
 * slow stalls nothing else; over a pipe it is told up to which byte everything
 * that is wanted has been verified, and reads that from the store by itself.
 */
#include <sys/types.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "util.h"
#include "net.h"
#include "proc.h"
#include "torrent/meta.h"
#include "torrent/files.h"
#include "torrent/store.h"
#include "torrent/tar.h"
#include "cmd/stream.h"

enum { CHUNK = 256 << 10 };

struct stream {
	struct store *s;
	const struct meta *m;
	const uint8_t *skip;
	uint8_t *wanted;      /* owned: pieces */
	uint32_t piece;       /* all wanted ones before it are here */
	int64_t told;         /* bytes that the child knows of */
	int pipe[2];
	struct child child;
	void (*ended)(void *arg, int status);
	void *arg;
};

static void on_ended(struct child *c, int status);
static int child_main(void *arg);
static void put_file(const struct stream *st, const struct file *f,
    int64_t *ready, uint8_t *chunk);
static void wait_for(const struct stream *st, int64_t off, int64_t *ready);
static void put(const void *p, size_t n);

struct stream *
stream_start(struct store *s, const struct meta *m, const uint8_t *skip,
    void (*ended)(void *arg, int status), void *arg)
{
	struct stream *st = xcalloc(1, sizeof *st);
	int why;

	st->s = s;
	st->m = m;
	st->skip = skip;
	st->wanted = xmalloc(bit_bytes(m->sh.npieces));
	meta_wanted(m, skip, st->wanted);
	st->ended = ended;
	st->arg = arg;
	st->child.ended = on_ended;
	st->child.arg = st;
	if (pipe(st->pipe) < 0)
		goto fail;
	fcntl(st->pipe[0], F_SETFD, FD_CLOEXEC);
	fcntl(st->pipe[1], F_SETFD, FD_CLOEXEC);
	fcntl(st->pipe[1], F_SETFL, O_NONBLOCK);
	if (proc_child(&st->child, -1, child_main, st) == 0) {
		close(st->pipe[0]);
		stream_more(st);
		return st;
	}
	close(st->pipe[0]);
	close(st->pipe[1]);
fail:
	why = errno;
	free(st->wanted);
	free(st);
	errno = why;
	return NULL;
}

void
stream_stop(struct stream *st)
{
	proc_child_end(&st->child);
	close(st->pipe[1]);
	free(st->wanted);
	free(st);
}

void
stream_more(struct stream *st)
{
	const struct shape *sh = &st->m->sh;
	int64_t ready;

	while (st->piece < sh->npieces && (!bit_get(st->wanted, st->piece) ||
	    bit_get(store_have(st->s), st->piece)))
		st->piece++;
	ready = MIN((int64_t)st->piece * sh->piece_len, sh->size);
	/* a full pipe holds news enough for now */
	if (ready > st->told && write(st->pipe[1], &ready, sizeof ready) ==
	    sizeof ready)
		st->told = ready;
}

static void
on_ended(struct child *c, int status)
{
	struct stream *st = c->arg;
	void (*ended)(void *, int) = st->ended;
	void *arg = st->arg;

	stream_stop(st);
	ended(arg, status);
}

/* The writer. */

static int
child_main(void *arg)
{
	const struct stream *st = arg;
	uint8_t *chunk = xmalloc(CHUNK);
	struct buf b = { 0 };
	const struct file *f;
	int64_t ready = 0;
	uint32_t i;

	close(st->pipe[1]);
	proc_narrow(WORK_WRITE);
	for (i = 0; i < st->m->nfiles; i++) {
		f = &st->m->files[i];
		if (f->pad || (st->skip && bit_get(st->skip, i)))
			continue;
		if (st->m->is_dir) {
			b.at = b.len = 0;
			tar_file(&b, st->m, i, (int64_t)time(NULL));
			put(b.p, b.len);
		}
		put_file(st, f, &ready, chunk);
		if (st->m->is_dir) {
			b.len = 0;
			memset(buf_room(&b, TAR_BLOCK), 0, TAR_BLOCK);
			put(b.p, tar_pad(f->len));
		}
	}
	b.at = b.len = 0;
	if (st->m->is_dir)
		tar_end(&b);
	put(b.p, b.len);
	return EXIT_OK;
}

static void
put_file(const struct stream *st, const struct file *f, int64_t *ready,
    uint8_t *chunk)
{
	int64_t off = f->off, end = f->off + f->len;
	size_t n;

	while (off < end) {
		wait_for(st, off, ready);
		n = (size_t)MIN(MIN(end, *ready) - off, CHUNK);
		if (store_read(st->s, off, chunk, n) < 0) {
			warn("%s", store_error(st->s));
			_exit(EXIT_DISK);
		}
		put(chunk, n);
		off += (int64_t)n;
	}
}

/* Until the byte at off may be read. */
static void
wait_for(const struct stream *st, int64_t off, int64_t *ready)
{
	ssize_t n;

	while (*ready <= off) {
		n = read(st->pipe[0], ready, sizeof *ready);
		if (n != sizeof *ready && !(n < 0 && errno == EINTR))
			_exit(EXIT_FAIL); /* the parent has gone */
	}
}

static void
put(const void *p, size_t n)
{
	const char *s = p;
	ssize_t w;

	while (n > 0) {
		w = write(STDOUT_FILENO, s, n);
		if (w >= 0) {
			s += w;
			n -= (size_t)w;
		} else if (errno == EAGAIN) { /* some share such a pipe */
			net_writable(STDOUT_FILENO, 60000);
		} else if (errno != EINTR) {
			if (errno != EPIPE)
				warn("write standard output:");
			_exit(EXIT_FAIL);
		}
	}
}
