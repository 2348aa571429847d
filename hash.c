/* Hashing on all processors.  The parent hands out jobs of some pieces over a
 * socketpair to each worker and gets the digests back over it, two jobs ahead
 * so that no worker waits.  A worker reads SHA1_LANES pieces in step, a chunk
 * of each at a time, and hashes them side by side while they are in the cache.
 * A worker whose socketpair closes exits: none outlives its parent. */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "sha1.h"
#include "wire.h"
#include "meta.h"
#include "store.h"
#include "net.h"
#include "hash.h"

enum {
	WORKERS_MAX = 64,
	AHEAD       = 2,         /* jobs that a worker has */
	JOB_PIECES  = 64,
	JOB_BYTES   = 4 << 20,   /* about; at least SHA1_LANES pieces */
	CHUNK       = 64 << 10,
	WHY_MAX     = 512
};

struct job {
	uint32_t n;
	uint32_t pieces[JOB_PIECES];
};

struct answer {
	uint32_t failed; /* why says what */
	char why[WHY_MAX];
	uint8_t digests[JOB_PIECES][SHA1_LEN];
};

struct worker {
	struct io io;
	pid_t pid;
	struct job jobs[AHEAD]; /* jobs[0] is the one under way */
	int njobs;
	struct answer answer;
	size_t got;             /* bytes of answer */
	struct hash *h;
};

struct hash {
	struct store *s;        /* borrowed */
	struct shape sh;
	uint8_t *todo;          /* owned; cleared as jobs go out */
	uint32_t next;          /* no piece before it is left in todo */
	uint32_t left;          /* digests to come */
	struct worker *workers; /* owned */
	int nworkers;
	struct timer timer;     /* for done without a worker */
	const struct hash_ops *ops; /* borrowed; NULL: stopped, tell nothing */
	void *arg;
};

static void hire(struct hash *h, int n);
static void give_job(struct worker *w);
static void answer_ready(struct io *io, short got, int64_t now_ms);
static void answered(struct worker *w);
static void dismiss(struct worker *w);
static void lost(struct worker *w);
static void tell(struct hash *h, uint32_t piece, const uint8_t *digest);
static void all_done(struct timer *t, int64_t now_ms);
static void hash_free(void *arg);
static void work(struct store *s, const struct shape *sh, int fd);
static int read_all(int fd, void *p, size_t n);
static int hash_pieces(struct store *s, const struct shape *sh,
    const uint32_t *pieces, int n, uint8_t *buf, uint8_t (*out)[SHA1_LEN]);

struct hash *
hash_start(struct store *s, const struct shape *sh, const uint8_t *todo,
    const struct hash_ops *ops, void *arg)
{
	struct hash *h = xcalloc(1, sizeof *h);
	long ncpu = 1;
	uint32_t njobs;

#ifdef _SC_NPROCESSORS_ONLN
	ncpu = sysconf(_SC_NPROCESSORS_ONLN);
#endif
	h->s = s;
	h->sh = *sh;
	h->todo = xmalloc(bit_bytes(sh->npieces));
	memcpy(h->todo, todo, bit_bytes(sh->npieces));
	h->left = bit_count(todo, sh->npieces);
	h->ops = ops;
	h->arg = arg;
	h->timer.fire = all_done;
	h->timer.arg = h;
	njobs = (h->left + SHA1_LANES - 1) / SHA1_LANES;
	ncpu = MAX(1, MIN(ncpu, WORKERS_MAX));
	if (h->left > 0)
		hire(h, (int)MIN((uint32_t)ncpu, njobs));
	else
		net_timer(&h->timer, net_now());
	return h;
}

void
hash_stop(struct hash *h)
{
	int i;

	for (i = 0; i < h->nworkers; i++)
		dismiss(&h->workers[i]);
	net_untimer(&h->timer);
	h->ops = NULL;
	net_bury(hash_free, h);
}

static void
hash_free(void *arg)
{
	struct hash *h = arg;

	free(h->workers);
	free(h->todo);
	free(h);
}

static void
hire(struct hash *h, int n)
{
	struct worker *w;
	int sv[2], i;
	long pid;

	h->workers = xcalloc((size_t)n, sizeof *h->workers);
	for (; h->nworkers < n; h->nworkers++) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, sv) < 0)
			die("socketpair:");
		pid = net_fork(-1);
		if (pid < 0)
			die("fork:");
		if (pid == 0) {
			close(sv[0]);
			work(h->s, &h->sh, sv[1]);
			_exit(0);
		}
		close(sv[1]);
		w = &h->workers[h->nworkers];
		w->h = h;
		w->pid = (pid_t)pid;
		w->io.fd = sv[0];
		w->io.ready = answer_ready;
		w->io.arg = w;
		net_add(&w->io, POLLIN);
		for (i = 0; i < AHEAD; i++)
			give_job(w);
	}
}

static void
give_job(struct worker *w)
{
	struct hash *h = w->h;
	struct job *j = &w->jobs[w->njobs];
	uint32_t most = MAX(SHA1_LANES, JOB_BYTES / h->sh.piece_len);

	j->n = 0;
	for (; j->n < MIN(most, JOB_PIECES) && h->next < h->sh.npieces;
	    h->next++)
		if (bit_get(h->todo, h->next))
			j->pieces[j->n++] = h->next;
	if (j->n == 0)
		return;
	w->njobs++;
	/* AHEAD jobs are far less than a socket's buffer: it cannot block */
	if (write_all(w->io.fd, j, sizeof *j) < 0)
		lost(w);
}

static void
answer_ready(struct io *io, short got, int64_t now_ms)
{
	struct worker *w = io->arg;
	ssize_t n;

	(void)got, (void)now_ms;
	n = recv(io->fd, (char *)&w->answer + w->got,
	    sizeof w->answer - w->got, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		lost(w);
		return;
	}
	w->got += (size_t)n;
	if (w->got == sizeof w->answer)
		answered(w);
}

static void
answered(struct worker *w)
{
	struct hash *h = w->h;
	struct job j = w->jobs[0];
	uint32_t i;

	w->got = 0;
	w->njobs--;
	memmove(w->jobs, w->jobs + 1, sizeof j * (AHEAD - 1));
	give_job(w);
	if (w->answer.failed && h->ops)
		h->ops->failed(h->arg, w->answer.why);
	for (i = 0; i < j.n; i++)
		tell(h, j.pieces[i],
		    w->answer.failed ? NULL : w->answer.digests[i]);
}

static void
tell(struct hash *h, uint32_t piece, const uint8_t *digest)
{
	if (!h->ops)
		return;
	h->ops->digest(h->arg, piece, digest);
	if (--h->left == 0 && h->ops)
		net_timer(&h->timer, net_now());
}

static void
all_done(struct timer *t, int64_t now_ms)
{
	struct hash *h = t->arg;
	const struct hash_ops *ops;

	(void)now_ms;
	ops = h->ops;
	hash_stop(h);
	ops->done(h->arg);
}

static void
dismiss(struct worker *w)
{
	if (w->pid == 0)
		return;
	net_close(&w->io);
	kill(w->pid, SIGKILL);
	waitpid(w->pid, NULL, 0);
	w->pid = 0;
}

/* A worker died: what it had, and what nobody has begun, cannot be read. */
static void
lost(struct worker *w)
{
	struct hash *h = w->h;
	int i;
	uint32_t k;

	dismiss(w);
	if (h->ops)
		h->ops->failed(h->arg, "a hashing process died");
	for (i = 0; i < w->njobs; i++)
		for (k = 0; k < w->jobs[i].n; k++)
			tell(h, w->jobs[i].pieces[k], NULL);
	w->njobs = 0;
	for (i = 0; i < h->nworkers && h->workers[i].pid == 0; i++)
		;
	for (; i == h->nworkers && h->next < h->sh.npieces; h->next++)
		if (bit_get(h->todo, h->next))
			tell(h, h->next, NULL);
}

/* A worker's life. */
static void
work(struct store *s, const struct shape *sh, int fd)
{
	struct job j;
	struct answer a;
	uint8_t *buf = xmalloc((size_t)CHUNK * SHA1_LANES);
	uint32_t i;

	memset(&a, 0, sizeof a);
	while (read_all(fd, &j, sizeof j) == 0) {
		a.failed = 0;
		/* lanes read here and there, which the system's own reading
		 * ahead takes for random */
		store_expect(s, (int64_t)j.pieces[0] * sh->piece_len,
		    (int64_t)j.n * sh->piece_len);
		for (i = 0; i < j.n && !a.failed; i += SHA1_LANES)
			if (hash_pieces(s, sh, j.pieces + i,
			    (int)MIN(j.n - i, SHA1_LANES), buf,
			    a.digests + i) < 0) {
				a.failed = 1;
				strncpy(a.why, store_error(s), WHY_MAX - 1);
			}
		if (write_all(fd, &a, sizeof a) < 0)
			break;
	}
	free(buf);
}

static int
read_all(int fd, void *p, size_t n)
{
	char *s = p;
	ssize_t r;

	while (n > 0) {
		r = read(fd, s, n);
		if (r == 0 || (r < 0 && errno != EINTR))
			return -1;
		if (r > 0) {
			s += r;
			n -= (size_t)r;
		}
	}
	return 0;
}

/* The digests of up to SHA1_LANES pieces, side by side as far as they have the
 * same length: only a torrent's last piece is shorter. */
static int
hash_pieces(struct store *s, const struct shape *sh, const uint32_t *pieces,
    int n, uint8_t *buf, uint8_t (*out)[SHA1_LEN])
{
	struct sha1 c[SHA1_LANES];
	const uint8_t *p[SHA1_LANES];
	uint32_t len = shape_len(sh, pieces[0]), at, k;
	int i, m;

	for (m = 0; m < n && shape_len(sh, pieces[m]) == len; m++) {
		sha1_init(&c[m]);
		p[m] = buf + (size_t)CHUNK * (size_t)m;
	}
	for (at = 0; at < len; at += k) {
		k = MIN(len - at, CHUNK);
		for (i = 0; i < m; i++)
			if (store_read(s, (int64_t)pieces[i] * sh->piece_len +
			    at, buf + (size_t)CHUNK * (size_t)i, k) < 0)
				return -1;
		sha1_lanes(c, p, k, m);
	}
	for (i = 0; i < m; i++)
		sha1_final(&c[i], out[i]);
	return m < n ? hash_pieces(s, sh, pieces + m, n - m, buf, out + m) : 0;
}
