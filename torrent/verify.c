/* Pieces on disk compared with their torrent: the workers hash them, and what
 * they say is held against the digests of the metadata. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "net.h"
#include "torrent/meta.h"
#include "torrent/workers.h"
#include "torrent/verify.h"

struct verify {
	const struct meta *m;         /* borrowed */
	struct workers *workers;
	const struct verify_ops *ops; /* borrowed */
	void *arg;
};

static void on_digest(void *arg, uint32_t piece, const uint8_t *digest);
static void on_failed(void *arg, const char *why);
static void on_done(void *arg);

static const struct workers_ops workers_ops = { on_digest, on_failed,
	on_done };

struct verify *
verify_start(struct store *s, const struct meta *m, const uint8_t *which,
    const struct verify_ops *ops, void *arg)
{
	struct verify *v = xcalloc(1, sizeof *v);

	v->m = m;
	v->ops = ops;
	v->arg = arg;
	v->workers = workers_start(s, &m->sh, which, &workers_ops, v);
	if (v->workers)
		return v;
	free(v);
	return NULL;
}

void
verify_stop(struct verify *v)
{
	workers_stop(v->workers);
	net_bury(free, v);
}

static void
on_digest(void *arg, uint32_t piece, const uint8_t *digest)
{
	struct verify *v = arg;

	v->ops->piece(v->arg, piece, digest && memcmp(digest, v->m->pieces +
	    SHA1_LEN * (size_t)piece, SHA1_LEN) == 0);
}

static void
on_failed(void *arg, const char *why)
{
	struct verify *v = arg;

	v->ops->failed(v->arg, why);
}

static void
on_done(void *arg)
{
	struct verify *v = arg;

	net_bury(free, v);
	v->ops->done(v->arg);
}
