/* A piece that the resume file calls good has to be good after the power has
 * failed, so the bytes are synced first.  Both take time, and a child does
 * them; what is written meanwhile is for the next time.  How a file stands is
 * asked once its bytes are synced: if more is written then, its time differs
 * from what is told, and the next start hashes it.  The child outlives a process
 * that ends meanwhile. */
#ifdef __linux__
#define _GNU_SOURCE /* syncfs */
#endif
#include <sys/types.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "proc.h"
#include "torrent/meta.h"
#include "torrent/files.h"
#include "torrent/resume.h"
#include "torrent/mark.h"
#include "torrent/site.h"
#include "torrent/keep.h"

/* The child's status: all is well, it was killed, bytes are lost (an errno), or
 * only that the file is not kept (NOT_KEPT and an errno). */
enum { KILLED = EXIT_FAIL, NOT_KEPT = 128 };

/* So many files are synced with all else that is on their disk, where the
 * system can: one by one each would wait for the disk. */
enum { MANY = 64 };

static size_t set_bytes(const struct site *p);
static int child_main(void *arg);
static int save(struct keep *k);
static void look(struct keep *k);
static int is_dirty(const struct keep *k, uint32_t file);
#ifdef __linux__
static int sync_disks(struct keep *k);
#endif
static int sync_all(struct keep *k);
static void on_ended(struct child *c, int status);

void
keep_free(struct keep *k)
{
	proc_child_leave(&k->child);
	free(k->stamps);
	free(k->dirty);
	free(k->touched);
	free(k->doubted);
	if (k->fs > 0)
		close(k->fs);
}

static size_t
set_bytes(const struct site *p)
{
	return bit_bytes(p->tree.m->nfiles + 1);
}

void
keep_wrote(struct keep *k, struct site *p, uint32_t file)
{
	if (!k->fs && p->tree.m->nfiles > MANY && !(p->flags & STORE_TEMP))
		k->fs = MAX(fcntl(tree_dir(&p->tree), F_DUPFD_CLOEXEC, 3), 0);
	if (!k->dirty)
		k->dirty = xcalloc(1, set_bytes(p));
	if (!k->touched)
		k->touched = xcalloc(1, set_bytes(p));
	if (site_is_beside(p, file))
		file = p->tree.m->nfiles;
	bit_set(k->dirty, file);
	bit_set(k->touched, file);
}

void
keep_doubt(struct keep *k, const struct site *p)
{
	free(k->dirty);
	k->dirty = xmalloc(set_bytes(p));
	memset(k->dirty, 0xff, set_bytes(p));
}

void
keep_save(struct keep *k, struct site *p, const struct resume *r,
    void (*saved)(void *arg, int lost, int why), void *arg)
{
	struct resume text = { 0 };
	int none;

	if (r)
		text = *r;
	k->site = p;
	k->text = r ? &text : NULL;
	k->saved = saved;
	k->arg = arg;
	k->child.ended = on_ended;
	k->child.arg = k;
	none = proc_child(&k->child, -1, child_main, k) < 0;
	if (none)
		none = save(k) + 1;
	k->text = NULL;
	free(k->dirty);
	k->dirty = NULL;
	if (none)
		on_ended(&k->child, none - 1);
}

int
keep_changed(struct keep *k, struct site *p, uint32_t file)
{
	struct stamp now = { STAMP_ABSENT, 0 };
	struct stamp *was = &k->stamps[file];
	int is_new = k->touched && bit_get(k->touched, file), differs;

	site_stamp(p, file, &now);
	differs = !is_new && (was->size != now.size || was->time != now.time);
	*was = now;
	if (is_new)
		bit_clear(k->touched, file);
	if (differs)
		keep_suspect(k, p, file);
	return differs;
}

void
keep_suspect(struct keep *k, const struct site *p, uint32_t file)
{
	if (!k->doubted)
		k->doubted = xcalloc(1, set_bytes(p));
	bit_set(k->doubted, file);
}

void
keep_trust(struct keep *k)
{
	free(k->doubted);
	k->doubted = NULL;
}

int
keep_saves(const struct keep *k)
{
	return k->child.pid != 0;
}

static void
on_ended(struct child *c, int status)
{
	struct keep *k = c->arg;
	struct tree *t = &k->site->tree;
	int lost = status > KILLED && status < NOT_KEPT;

	if (status == KILLED)
		keep_doubt(k, k->site);
	if (lost)
		site_note(k->site, site_fault(status), "sync", t->name,
		    strerror(status));
	k->saved(k->arg, lost, status == KILLED ? EINTR :
	    status >= NOT_KEPT ? status - NOT_KEPT : 0);
}

static int
child_main(void *arg)
{
	static const int deaf[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	size_t i;

	proc_narrow(WORK_SYNC);
	for (i = 0; i < LEN(deaf); i++)
		signal(deaf[i], SIG_IGN); /* our process's group is told to end */
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	close(STDERR_FILENO); /* whose readers wait for our end */
	return save(arg);
}

/* The status. */
static int
save(struct keep *k)
{
	struct site *p = k->site;
	struct buf b = { 0 };
	int r;

	if (sync_all(k) < 0)
		return errno > KILLED && errno < NOT_KEPT ? errno : EIO;
	if (!k->text)
		return 0;
	if (k->stamps) {
		look(k);
		k->text->stamps = k->stamps;
		k->text->nstamps = p->tree.m->nfiles;
	}
	resume_put(&b, k->text, p->tree.m->hash);
	r = mark_replace(&p->tree, (struct span){ b.p, b.len });
	buf_free(&b);
	return r == 0 ? 0 : NOT_KEPT + MIN(errno, NOT_KEPT - 1);
}

/* How the files stand that were written, or are doubted. */
static void
look(struct keep *k)
{
	uint32_t i, n = k->site->tree.m->nfiles;
	int beside = k->touched && bit_get(k->touched, n);

	for (i = 0; k->touched && i < n; i++)
		if ((bit_get(k->touched, i) || (beside &&
		    k->stamps[i].size == STAMP_BESIDE)) &&
		    site_stamp(k->site, i, &k->stamps[i]) < 0)
			k->stamps[i].size = STAMP_ABSENT;
	for (i = 0; k->doubted && i < n; i++)
		if (bit_get(k->doubted, i))
			k->stamps[i].time = -1; /* no file's */
}

/* Whether a file at home is. */
static int
is_dirty(const struct keep *k, uint32_t file)
{
	const struct file *f = &k->site->tree.m->files[file];

	return bit_get(k->dirty, file) && !f->pad && !f->link &&
	    !site_is_beside(k->site, file);
}

#ifdef __linux__
/* All that the files are on, once; what went wrong since a directory there was
 * opened is told, too.  0, or -1 with errno. */
static int
sync_disks(struct keep *k)
{
	struct tree *t = &k->site->tree;
	struct stat st, home;
	dev_t done;
	uint32_t i;
	int fd = k->fs > 0 ? k->fs : tree_dir(t);

	if (fd < 0 || fstat(fd, &home) < 0 || syncfs(fd) < 0)
		return -1;
	done = home.st_dev;
	for (i = 0; i < t->m->nfiles; i++) {
		if (!is_dirty(k, i) || tree_stat(t, i, &st) < 0 ||
		    st.st_dev == home.st_dev || st.st_dev == done)
			continue;
		fd = tree_file(t, i, HOW_READ);
		if (fd < 0 || syncfs(fd) < 0)
			return -1;
		done = st.st_dev;
	}
	return 0;
}
#endif

/* 0, or -1 with errno. */
static int
sync_all(struct keep *k)
{
	struct site *p = k->site;
	uint32_t i, n = p->tree.m->nfiles, last = UINT32_MAX;
	int fd;

#ifdef __linux__
	if (k->dirty && bit_count(k->dirty, n) > MANY)
		return sync_disks(k);
#endif
	for (i = 0; k->dirty && i < n; i++) {
		if (!is_dirty(k, i))
			continue;
		if (tree_sync(&p->tree, i, last) == 0)
			last = i;
		else if (errno != ENOENT)
			return -1;
	}
	if (!k->dirty || !bit_get(k->dirty, n))
		return 0;
	fd = site_beside(p, 0);
	return fd < 0 ? 0 : fsync(fd);
}
