/* Hashing on all processors.  The parent hands out jobs of some pieces over a
 * socketpair to each worker and gets the digests back over it, two jobs ahead
 * so that no worker waits.  A worker takes SHA1_LANES pieces in step, a part
 * of each at a time, and hashes them side by side: mapped where they stand in
 * one file, which spares a copy, read where they do not.  A worker whose
 * socketpair closes exits: none outlives its parent. */
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
#include "net.h"
#include "proc.h"
#include "torrent/meta.h"
#include "torrent/store.h"
#include "torrent/workers.h"

enum {
	AHEAD       = 2,         /* jobs that a worker has */
	JOB_PIECES  = 64,
	JOB_BYTES   = 4 << 20,   /* about; at least SHA1_LANES pieces */
	CHUNK       = 64 << 10,  /* bytes of a lane that are read at a time, */
	VIEW_LEAST  = 64 << 10,  /* or mapped: cheaper than a copy from here */
	VIEW_MOST   = 1 << 20,
	WHY_MAX     = 512
};

struct task {
	uint32_t n;
	uint32_t pieces[JOB_PIECES];
};

struct result {
	uint32_t failed; /* why says what */
	char why[WHY_MAX];
	uint8_t digests[JOB_PIECES][SHA1_LEN];
};

struct worker {
	struct io io;
	long pid;               /* 0: none runs */
	struct task jobs[AHEAD]; /* jobs[0] is the one under way */
	int njobs;
	struct result answer;
	size_t got;             /* bytes of answer */
	struct workers *h;
};

struct workers {
	struct store *s;        /* borrowed */
	struct shape sh;
	uint8_t *todo;          /* owned; cleared as jobs go out */
	uint32_t next;          /* no piece before it is left in todo */
	uint32_t left;          /* digests to come */
	struct worker *workers; /* owned */
	int nworkers;
	struct timer timer;     /* for done without a worker */
	const struct workers_ops *ops; /* borrowed; NULL: stopped, tell nothing */
	void *arg;
};

static void hire(struct workers *h, int n);
static int start(struct worker *w);
static void give_job(struct worker *w);
static void answer_ready(struct io *io, short got, int64_t now_ms);
static void answered(struct worker *w);
static int dismiss(struct worker *w);
static void lost(struct worker *w);
static void tell(struct workers *h, uint32_t piece, const uint8_t *digest);
static void all_done(struct timer *t, int64_t now_ms);
static void hash_free(void *arg);
static void work(struct store *s, const struct shape *sh, int fd);
static int read_all(int fd, void *p, size_t n);
static int hash_pieces(struct store *s, const struct shape *sh,
    const uint32_t *pieces, int n, uint8_t *buf, uint8_t (*out)[SHA1_LEN]);
static int hash_views(struct store *s, struct sha1 *c, const int64_t *off,
    int m, uint32_t k);
static int hash_reads(struct store *s, struct sha1 *c, const int64_t *off,
    int m, uint32_t k, uint8_t *buf);

struct workers *
workers_start(struct store *s, const struct shape *sh, const uint8_t *todo,
    const struct workers_ops *ops, void *arg)
{
	struct workers *h = xcalloc(1, sizeof *h);
	long ncpu = 1;
	uint32_t njobs;
	int why;

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
	ncpu = MAX(1, MIN(ncpu, proc_fds().workers));
	if (h->left > 0)
		hire(h, (int)MIN((uint32_t)ncpu, njobs));
	else
		net_timer(&h->timer, net_now());
	if (h->left == 0 || h->nworkers > 0)
		return h;
	why = errno;
	hash_free(h);
	errno = why;
	return NULL;
}

void
workers_stop(struct workers *h)
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
	struct workers *h = arg;

	free(h->workers);
	free(h->todo);
	free(h);
}

/* n workers, or as many as there can be; none: with errno. */
static void
hire(struct workers *h, int n)
{
	int i;

	h->workers = xcalloc((size_t)n, sizeof *h->workers);
	for (i = 0; i < n; i++) {
		h->workers[i].h = h;
		if (start(&h->workers[i]) < 0)
			break;
		h->nworkers++;
	}
	n = h->nworkers;
	for (i = 0; i < n * AHEAD; i++)
		give_job(&h->workers[i % n]);
}

/* 0, or -1 with errno. */
static int
start(struct worker *w)
{
	long pid = proc_fork(-1, &w->io.fd);

	if (pid == 0) {
		work(w->h->s, &w->h->sh, w->io.fd);
		_exit(0);
	}
	if (pid < 0)
		return -1;
	w->pid = pid;
	w->io.ready = answer_ready;
	w->io.arg = w;
	net_add(&w->io, POLLIN);
	return 0;
}

static void
give_job(struct worker *w)
{
	struct workers *h = w->h;
	struct task *j = &w->jobs[w->njobs];
	uint32_t most = MAX(SHA1_LANES, JOB_BYTES / h->sh.piece_len);

	j->n = 0;
	for (; j->n < MIN(most, JOB_PIECES) && h->next < h->sh.npieces;
	    h->next++)
		if (bit_get(h->todo, h->next))
			j->pieces[j->n++] = h->next;
	if (j->n == 0)
		return;
	w->njobs++;
	/* AHEAD jobs are far less than a socket's buffer: it cannot block;
	 * that a worker is dead shows, if not before, when it is read */
	if (write_all(w->io.fd, j, sizeof *j) < 0)
		shutdown(w->io.fd, SHUT_RDWR);
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
	struct workers *h = w->h;
	struct task j = w->jobs[0];
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
tell(struct workers *h, uint32_t piece, const uint8_t *digest)
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
	struct workers *h = t->arg;
	const struct workers_ops *ops;

	(void)now_ms;
	ops = h->ops;
	workers_stop(h);
	ops->done(h->arg);
}

/* Its status. */
static int
dismiss(struct worker *w)
{
	int status = 0;

	if (w->pid == 0)
		return 0;
	net_close(&w->io);
	status = proc_reap(w->pid);
	w->pid = 0;
	return status;
}

/* A worker died: what it had, and what nobody has begun, cannot be read. */
static void
lost(struct worker *w)
{
	struct workers *h = w->h;
	int i, status = dismiss(w);
	uint32_t k;

	if (h->ops)
		h->ops->failed(h->arg, WIFSIGNALED(status) &&
		    WTERMSIG(status) == SIGBUS ?
		    "a file has become shorter while it was read" :
		    "a hashing process died");
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
	struct task j;
	struct result a;
	uint8_t *buf = xmalloc((size_t)CHUNK * SHA1_LANES);
	uint32_t i;

	proc_narrow(WORK_HASH);
	signal(SIGBUS, SIG_DFL); /* it tells the parent that a file shrank */
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
	uint32_t len = shape_len(sh, pieces[0]), at, k;
	int64_t off[SHA1_LANES];
	int i, m;

	for (m = 0; m < n && shape_len(sh, pieces[m]) == len; m++) {
		sha1_init(&c[m]);
		off[m] = (int64_t)pieces[m] * sh->piece_len;
	}
	for (at = 0; at < len; at += k) {
		k = MIN(len - at, VIEW_MOST);
		if (k >= VIEW_LEAST && hash_views(s, c, off, m, k) == 0) {
			for (i = 0; i < m; i++)
				off[i] += k;
			continue;
		}
		k = MIN(k, CHUNK);
		if (hash_reads(s, c, off, m, k, buf) < 0)
			return -1;
		for (i = 0; i < m; i++)
			off[i] += k;
	}
	for (i = 0; i < m; i++)
		sha1_final(&c[i], out[i]);
	return m < n ? hash_pieces(s, sh, pieces + m, n - m, buf, out + m) : 0;
}

/* k bytes more of each of m streams, as the files have them in memory: 0, or
 * -1: they must be read.  Streams that follow one another, as small pieces do,
 * are one view. */
static int
hash_views(struct store *s, struct sha1 *c, const int64_t *off, int m,
    uint32_t k)
{
	const uint8_t *p[SHA1_LANES];
	struct view v[SHA1_LANES];
	int i, n = 0, nviews = 0, run;

	for (; n < m; n += run, nviews++) {
		for (run = 1; n + run < m && off[n + run] == off[n] +
		    (int64_t)run * k; run++)
			;
		if (store_view(s, off[n], (size_t)run * k, &v[nviews]) < 0)
			break;
		for (i = 0; i < run; i++)
			p[n + i] = v[nviews].p + (size_t)i * k;
	}
	if (n == m)
		sha1_lanes(c, p, k, m);
	for (i = 0; i < nviews; i++)
		store_unview(&v[i]);
	return n == m ? 0 : -1;
}

static int
hash_reads(struct store *s, struct sha1 *c, const int64_t *off, int m,
    uint32_t k, uint8_t *buf)
{
	const uint8_t *p[SHA1_LANES];
	int i;

	for (i = 0; i < m; i++) {
		if (store_read(s, off[i], buf + (size_t)CHUNK * (size_t)i,
		    k) < 0)
			return -1;
		p[i] = buf + (size_t)CHUNK * (size_t)i;
	}
	sha1_lanes(c, p, k, m);
	return 0;
}
