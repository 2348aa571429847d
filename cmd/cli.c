/* What all verbs share.  Results go to stdout, everything else to stderr. */
#ifdef __linux__
#define _DEFAULT_SOURCE /* initgroups */
#else
#define __BSD_VISIBLE 1
#endif
#include <sys/types.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "addr.h"
#include "url.h"
#include "sock.h"
#include "torrent/meta.h"
#include "cmd/cli.h"

int
parse_size(const char *s, int64_t *out)
{
	static const char units[] = "kmg";
	size_t n = strspn(s, "0123456789.");
	const char *unit;
	char *end;
	double v = strtod(s, &end);

	if (n == 0 || end != s + n || v > (double)(INT64_MAX >> 31))
		return -1;
	unit = *end ? strchr(units, *end | 0x20) : NULL;
	if (*end && (!unit || end[1]))
		return -1;
	if (unit)
		v *= (double)(INT64_C(1) << 10 * (unit - units + 1));
	*out = (int64_t)v;
	return !unit && strchr(s, '.') ? -1 : 0; /* a part of a byte */
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

int
option_path(int letter, const char *arg, const char **out)
{
	*out = arg;
	if (*arg)
		return 0;
	warn("-%c: no path", letter);
	return -1;
}

void
warn_listen(const char *host, unsigned port)
{
	if (host && errno == EADDRNOTAVAIL)
		warn("listen on %s: it is no address of this host", host);
	else if (errno == EADDRINUSE || errno == EACCES)
		warn("listen on port %u: %s; -p takes another, 0 any", port,
		    strerror(errno));
	else
		warn("listen on port %u:", port);
}

int
become(const char *user)
{
	const struct passwd *pw = user ? getpwnam(user) : NULL;

	if (!user)
		return 0;
	if (!pw) {
		warn("-U %s: there is no such user", user);
		return -1;
	}
	if (getuid() == pw->pw_uid && geteuid() == pw->pw_uid)
		return 0;
	if (geteuid() != 0) {
		warn("-U %s: only root can become another user", user);
		return -1;
	}
	if (initgroups(user, pw->pw_gid) < 0 || setgid(pw->pw_gid) < 0 ||
	    setuid(pw->pw_uid) < 0) {
		warn("-U %s:", user);
		return -1;
	}
	if (pw->pw_uid != 0 && setuid(0) == 0) {
		warn("-U %s: root could be had back", user);
		return -1;
	}
	fprintf(stderr, "btsh: running as %s\n", user);
	return 0;
}

void
warn_root(void)
{
	if (geteuid() == 0)
		warn("running as root: -U names a user to become instead");
}

void
own_addr(struct addr *a, const char *host, uint16_t port)
{
	int named = host && addr_parse(a, host, 0) == 0;

	a->port = port;
	if ((!named || !addr_dialable(a)) && sock_source(a) < 0)
		addr_parse(a, "127.0.0.1", 0);
	a->port = port;
}

void
emit(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

char *
shown_path(const char *path)
{
	size_t size = 4 * strlen(path) + 1;

	return isatty(STDOUT_FILENO) ?
	    escape(xmalloc(size), size, span_of(path)) : xstrdup(path);
}

int
out_close(void)
{
	if (fflush(stdout) == EOF || ferror(stdout) ||
	    (fclose(stdout) == EOF && errno != EBADF)) {
		if (errno != EPIPE)
			warn("write standard output:");
		return EXIT_FAIL;
	}
	return EXIT_OK;
}

void
out_end(void)
{
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (fd >= 0 && dup2(fd, STDOUT_FILENO) >= 0)
		close(fd);
}

char *
ask_line(const char *question, const char *otherwise)
{
	char line[4096];
	size_t n;

	if (otherwise && *otherwise)
		fprintf(stderr, "%s [%s]: ", question, otherwise);
	else
		fprintf(stderr, "%s: ", question);
	fflush(stderr);
	if (!fgets(line, sizeof line, stdin)) {
		fputc('\n', stderr);
		return NULL;
	}
	n = strcspn(line, "\n");
	line[n] = '\0';
	return xstrdup(n == 0 && otherwise ? otherwise : line);
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

int
add_tier(struct tracker **list, int *n, const char *urls)
{
	int tier = *n > 0 ? (*list)[*n - 1].tier + 1 : 0;
	struct span one;
	struct url u;
	char *s;

	for (; *urls; urls += strcspn(urls, ","), urls += *urls == ',') {
		one.p = (const uint8_t *)urls;
		one.n = strcspn(urls, ",");
		one = url_trim(one);
		if (one.n == 0)
			continue;
		s = xcalloc(1, one.n + 1);
		memcpy(s, one.p, one.n);
		if (url_parse(&u, s) < 0 || !url_is_tracker(&u)) {
			warn("%s: not a tracker's URL: http, https, udp, ws "
			    "or wss, then ://host:port/path, %d bytes at most",
			    url_hide(s), URL_MAX - 1);
			free(s);
			return -1;
		}
		*list = xrealloc(*list, (size_t)*n + 1, sizeof **list);
		(*list)[(*n)++] = (struct tracker){ s, tier, 1 };
	}
	return 0;
}
