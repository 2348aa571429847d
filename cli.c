/* What all verbs share.  Results go to stdout, everything else to stderr. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "http.h"
#include "wire.h"
#include "meta.h"
#include "net.h"
#include "cli.h"

enum { PROGRESS_MS = 200 };

static void lost_output(void);

int
usage_error(const char *usage)
{
	fprintf(stderr, "usage: btsh %s\n", usage);
	return EXIT_USAGE;
}

int
usage_help(const char *usage)
{
	emit("usage: btsh %s", usage);
	return EXIT_OK;
}

int
parse_size(const char *s, int64_t *out)
{
	static const char units[] = "kmg";
	const char *unit;
	char *end;
	long long v;

	errno = 0;
	v = strtoll(s, &end, 10);
	if (end == s || errno || v < 0 || *s == '-' || v > INT64_MAX >> 31)
		return -1;
	*out = v;
	if (*end == '\0')
		return 0;
	unit = strchr(units, *end | 0x20);
	if (!unit || !*unit || end[1])
		return -1;
	*out = v << 10 * (unit - units + 1);
	return 0;
}

int
parse_int(const char *s, long min, long max, long *out)
{
	char *end;

	errno = 0;
	*out = strtol(s, &end, 10);
	return end == s || *end || errno || *out < min || *out > max ? -1 : 0;
}

int
option_int(int letter, const char *arg, long min, long max, long *out)
{
	if (parse_int(arg, min, max, out) == 0)
		return 0;
	warn("-%c %s: not a number from %ld to %ld", letter, arg, min, max);
	return -1;
}

int
option_addr(int letter, const char *arg)
{
	struct addr a;

	if (addr_parse(&a, arg, 0) == 0)
		return 0;
	warn("-%c %s: not an address", letter, arg);
	return -1;
}

void
emit(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	if (fflush(stdout) == EOF)
		lost_output();
}

int
out_close(void)
{
	if (fflush(stdout) == EOF || ferror(stdout) ||
	    (fclose(stdout) == EOF && errno != EBADF))
		lost_output();
	return EXIT_OK;
}

static void
lost_output(void)
{
	if (errno != EPIPE)
		die("write standard output:");
	_exit(EXIT_FAIL);
}

int
progress_due(struct progress *p, int64_t now_ms)
{
	if (now_ms - p->last_ms < PROGRESS_MS || !isatty(STDERR_FILENO))
		return 0;
	p->last_ms = now_ms;
	return 1;
}

void
progress_line(struct progress *p, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	fputc('\r', stderr);
	n = vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "%*s", MAX(p->width - n, 0), "");
	p->width = n;
	fflush(stderr);
}

void
progress_clear(struct progress *p)
{
	if (p->width > 0)
		fprintf(stderr, "\r%*s\r", p->width, "");
	p->width = 0;
}

char *
human(char text[16], int64_t bytes)
{
	static const char units[] = "KMGTP";
	double v = (double)bytes;
	int i;

	if (bytes < 1024) {
		snprintf(text, 16, "%d B", (int)bytes);
		return text;
	}
	for (i = -1; v >= 1000 && i < 4; i++)
		v /= 1024;
	snprintf(text, 16, v < 10 ? "%.2f %ciB" : v < 100 ? "%.1f %ciB" :
	    "%.0f %ciB", v, units[MAX(i, 0)]);
	return text;
}

void
progress_part(struct progress *p, const char *what, int64_t bytes,
    int64_t total)
{
	char a[16], b[16];

	if (progress_due(p, net_now()))
		progress_line(p, "%s%s of %s  %d%%", what, human(a, bytes),
		    human(b, total), (int)((double)bytes * 100 /
		    (double)MAX(total, 1)));
}

const char *
safe_path(struct buf *scratch, const struct meta *m, uint32_t i)
{
	struct span path;
	size_t n;

	scratch->at = scratch->len = 0;
	meta_path(scratch, m, &m->files[i]);
	n = scratch->len;
	buf_room(scratch, 4 * n + 1);
	path.p = scratch->p;
	path.n = n;
	return escape((char *)scratch->p + n, 4 * n + 1, path);
}

struct meta *
load_link(const char *arg)
{
	const char *why;
	struct meta *m;

	if (!meta_is_magnet(arg))
		return load_torrent(arg);
	m = meta_parse_magnet(arg, &why);
	if (!m)
		warn("%s: %s", arg, why);
	return m;
}

struct meta *
load_torrent(const char *path)
{
	int in = strcmp(path, "-") == 0;
	int fd = in ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	struct buf raw = { 0 };
	struct meta *m = NULL;
	const char *why;

	if (fd < 0) {
		warn("open %s:", path);
		return NULL;
	}
	if (slurp(fd, &raw, META_MAX) < 0) {
		warn("read %s:", path);
	} else {
		m = meta_parse(&raw, &why);
		if (!m)
			warn("%s: %s", path, why);
	}
	buf_free(&raw);
	if (!in)
		close(fd);
	return m;
}

int
add_tier(struct tracker **list, int *n, const char *urls)
{
	int tier = *n > 0 ? (*list)[*n - 1].tier + 1 : 0;
	struct url u;
	size_t len;
	char *s;

	for (; *urls; urls += len + (urls[len] == ',')) {
		len = strcspn(urls, ",");
		s = xcalloc(1, len + 1);
		memcpy(s, urls, len);
		if (len > 0 && (url_parse(&u, s) < 0 || u.port == 0 ||
		    (strcmp(u.scheme, "http") != 0 &&
		    strcmp(u.scheme, "udp") != 0))) {
			warn("%s: not an http:// or udp:// URL", s);
			free(s);
			return -1;
		}
		if (len == 0) {
			free(s);
			continue;
		}
		*list = xrealloc(*list, (size_t)*n + 1, sizeof **list);
		(*list)[*n].url = s;
		(*list)[(*n)++].tier = tier;
	}
	return 0;
}
