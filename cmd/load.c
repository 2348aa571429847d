/* Torrents as a user names them, as they are or packed by gzip. */
#include <sys/types.h>
#include <sys/stat.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "util.h"
#include "inflate.h"
#include "addr.h"
#include "url.h"
#include "net.h"
#include "https.h"
#include "fetch.h"
#include "torrent/meta.h"
#include "torrent/magnet.h"
#include "cmd/load.h"

/* What load waits for. */
struct loaded {
	const char *url; /* borrowed */
	struct meta *m;
	int status;
};

struct load {
	char *url;              /* owned; as messages show it */
	struct fetch *fetch;
	void (*done)(void *arg, struct meta *m, int status, const char *why);
	void *arg;
};

static int begins(const char *arg, const char *scheme);
static struct meta *load_file(const char *path, int may_wait, int *status);
static int open_file(const char *path, int may_wait);
static int gunzip(struct buf *raw, char why[META_WHY]);
static struct meta *load_bytes(struct buf *raw, char why[META_WHY]);
static char *file_path(const char *url);
static void on_loaded(void *arg, struct meta *m, int status,
    const char *why);
static void on_fetched(void *arg, struct span body, const char *why);

struct meta *
load(const char *arg, int may_wait, int *status)
{
	struct loaded got = { arg, NULL, EXIT_TORRENT };
	struct meta *m = NULL;
	char why[META_WHY], *path;

	*status = EXIT_TORRENT;
	if (load_is_url(arg)) {
		if (load_start(arg, NULL, on_loaded, &got))
			net_run();
		*status = got.status;
		return got.m;
	}
	if (strncasecmp(arg, "file://", 7) == 0) {
		path = file_path(arg);
		if (path)
			m = load_file(path, may_wait, status);
		free(path);
		return m;
	}
	if (!magnet_is(arg))
		return load_file(arg, may_wait, status);
	m = magnet_parse(arg, why);
	if (!m)
		warn("%s: %s", arg, why);
	return m;
}

/* The path of a file: URL, owned by the caller; NULL after a message. */
static char *
file_path(const char *url)
{
	const char *path = strchr(url + 7, '/');
	size_t n = path ? (size_t)(path - url - 7) : 0, len;
	char *s;

	if (!path || (n > 0 && (n != 9 ||
	    strncasecmp(url + 7, "localhost", 9) != 0))) {
		warn("%s: not a path on this host: file:///path is", url);
		return NULL;
	}
	len = strlen(path);
	s = xmalloc(len + 1);
	s[pct_decode((uint8_t *)s, len, span_of(path))] = '\0';
	return s;
}

static void
on_loaded(void *arg, struct meta *m, int status, const char *why)
{
	struct loaded *got = arg;

	char *url;

	got->m = m;
	got->status = status;
	if (!m) {
		url = url_hide(xstrdup(got->url));
		warn("%s: %s", url, why);
		free(url);
	}
	net_stop();
}

static struct meta *
load_file(const char *path, int may_wait, int *status)
{
	int in = strcmp(path, "-") == 0;
	const char *name = in ? "standard input" : path;
	char why[META_WHY];
	int fd = in ? STDIN_FILENO : open_file(path, may_wait);
	struct buf raw = { 0 };
	struct meta *m = NULL;

	*status = EXIT_FAIL;
	if (fd < 0)
		return NULL;
	if (slurp(fd, &raw, META_MAX) == 0) {
		*status = EXIT_TORRENT;
		if (gunzip(&raw, why) == 0)
			m = load_bytes(&raw, why);
		if (!m)
			warn("%s: %s", name, why);
	} else if (errno == EFBIG) {
		*status = EXIT_TORRENT;
		warn("%s: over %d MiB, which no torrent is", name,
		    META_MAX >> 20);
	} else {
		warn("read %s:", name);
	}
	buf_free(&raw);
	if (!in)
		close(fd);
	return m;
}

/* -1 after a message. */
static int
open_file(const char *path, int may_wait)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | (may_wait ? 0 :
	    O_NONBLOCK));
	struct stat st;

	if (fd < 0) {
		warn("open %s:", path);
	} else if (!may_wait && (fstat(fd, &st) < 0 ||
	    !S_ISREG(st.st_mode))) {
		warn("%s: not a regular file", path);
		close(fd);
		fd = -1;
	}
	return fd;
}

/* What was packed by gzip is unpacked: 0, or -1 and what is wrong with it. */
static int
gunzip(struct buf *raw, char why[META_WHY])
{
	struct span in = { raw->p, raw->len };
	struct buf out = { 0 };
	int r;

	if (!inflate_is_gzip(in))
		return 0;
	r = inflate_any(&out, in, META_MAX);
	buf_free(raw);
	*raw = out;
	if (r == INFLATE_LARGE)
		snprintf(why, META_WHY, "unpacked, it is larger than %d MiB",
		    META_MAX >> 20);
	else if (r != 0)
		snprintf(why, META_WHY, "packed by gzip, and damaged");
	return r == 0 ? 0 : -1;
}

/* A torrent or, since a link is handed on like one, a line with a link. */
static struct meta *
load_bytes(struct buf *raw, char why[META_WHY])
{
	buf_put(raw, "", 1);
	raw->len--;
	if (raw->p[0] == 'd' || !magnet_is((char *)raw->p))
		return meta_parse(raw, why);
	return magnet_parse((char *)raw->p, why);
}

int
load_is_url(const char *arg)
{
	return begins(arg, "http://") || begins(arg, "https://");
}

/* Whether a URL, which may have blanks around it, has this beginning. */
static int
begins(const char *arg, const char *scheme)
{
	arg = (const char *)url_trim(span_of(arg)).p;
	return strncasecmp(arg, scheme, strlen(scheme)) == 0;
}

struct load *
load_start(const char *url, struct route *rt,
    void (*done)(void *arg, struct meta *m, int status, const char *why),
    void *arg)
{
	const struct fetch_how how = { .route = rt, .by_user = 1,
	    .limit = META_NET_MAX };
	struct load *l = xcalloc(1, sizeof *l);
	struct url u;

	l->url = url_hide(xstrdup(url));
	if (url_parse(&u, url) < 0) {
		warn("%s: not http://host:port/path, of %d bytes at most",
		    l->url, URL_MAX - 1);
		load_stop(l);
		return NULL;
	}
	l->done = done;
	l->arg = arg;
	l->fetch = fetch_start(&u, &how, on_fetched, l);
	return l;
}

void
load_stop(struct load *l)
{
	if (l->fetch)
		fetch_stop(l->fetch);
	free(l->url);
	free(l);
}

static void
on_fetched(void *arg, struct span body, const char *why)
{
	struct load *l = arg;
	void (*done)(void *, struct meta *, int, const char *) = l->done;
	int status = why ? EXIT_FAIL : EXIT_TORRENT;
	struct buf raw = { 0 };
	struct meta *m = NULL;
	char text[META_WHY], missing[CURL_WHY], said[512];

	l->fetch = NULL;
	if (!why) {
		buf_put(&raw, body.p, body.n);
		m = meta_parse(&raw, text);
		if (m)
			m->origin = xstrdup(l->url);
		why = text;
	} else if (!*why) {
		why = https_missing(missing); /* this one's trouble, too */
	}
	if (!m)
		snprintf(said, sizeof said, "%s%s", why,
		    strstr(why, "redirect") ? "; curl -sL may get it" : "");
	arg = l->arg;
	load_stop(l);
	done(arg, m, status, said);
}
