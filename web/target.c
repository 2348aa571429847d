/* Targets.  They are decoded once, strictly, and what comes out is what names
 * are compared with: no file is opened by it.  Slashes part names as they
 * stand; one that is encoded, a NUL, an empty name and dots are in no path
 * here, so all of them are not found, and nothing is normalised: a client has
 * done that.  One slash may stand at the end. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "url.h"
#include "http.h"
#include "web/target.h"

static int decode(struct web_target *t, struct span path, struct span *text);
static int names_are_right(struct span text);
static int is_page(struct web_target *t, struct span text);
static int is_made(struct web_target *t, struct span name,
    int (*find)(void *arg, struct span name), void *arg);

int
target_parse(struct web_target *t, struct span path,
    int (*find)(void *arg, struct span name), void *arg)
{
	struct span text, name;
	const uint8_t *slash;
	int status = decode(t, path, &text);

	if (status != 200)
		return status;
	t->torrent = -1;
	t->slash = text.n > 0 && text.p[text.n - 1] == '/';
	text.n -= (size_t)t->slash;
	t->path.p = text.p + text.n;
	t->path.n = 0;
	if (!t->slash && is_page(t, text))
		return 200;
	if (!names_are_right(text))
		return 404;
	slash = memchr(text.p, '/', text.n);
	name.p = text.p;
	name.n = slash ? (size_t)(slash - text.p) : text.n;
	t->what = TARGET_FILE;
	t->torrent = find(arg, name);
	if (t->torrent < 0)
		return !slash && !t->slash && is_made(t, name, find, arg) ?
		    200 : 404;
	if (slash) {
		t->path.p = slash + 1;
		t->path.n = text.n - name.n - 1;
	}
	return 200;
}

/* Into t->text, without the slash that it begins with. */
static int
decode(struct web_target *t, struct span path, struct span *text)
{
	uint8_t byte;
	size_t i;
	long n;

	if (path.n == 0 || *path.p != '/')
		return 400;
	for (i = 0; i < path.n; i++)
		if (path.p[i] <= ' ' || path.p[i] == 0x7f ||
		    (path.p[i] == '%' && (path.n - i < 3 ||
		    unhex(&byte, path.p + i + 1, 1) < 0)))
			return 400;
	for (i = 0; i < path.n; i++)
		if (path.p[i] == '%' && unhex(&byte, path.p + i + 1, 1) == 0 &&
		    (byte == '/' || byte == '\0'))
			return 404;
	path.p++;
	path.n--;
	n = pct_decode(t->text, sizeof t->text, path);
	text->p = t->text;
	text->n = (size_t)MAX(n, 0);
	return n < 0 ? 414 : 200;
}

/* Whether none is empty or dots. */
static int
names_are_right(struct span text)
{
	const uint8_t *p = text.p, *end = text.p + text.n, *slash;
	size_t n;

	for (;; p = slash + 1) {
		slash = memchr(p, '/', (size_t)(end - p));
		n = (size_t)((slash ? slash : end) - p);
		if (n == 0 || (n <= 2 && memcmp(p, "..", n) == 0))
			return 0;
		if (!slash)
			return 1;
	}
}

static int
is_page(struct web_target *t, struct span text)
{
	static const struct { char name[9]; uint8_t what; } pages[] = {
		{ "", TARGET_INDEX }, { "stats", TARGET_STATS },
		{ "metrics", TARGET_METRICS },
		{ "announce", TARGET_ANNOUNCE }, { "scrape", TARGET_SCRAPE },
	};
	size_t i;

	for (i = 0; i < LEN(pages); i++)
		if (span_is(text, pages[i].name)) {
			t->what = pages[i].what;
			return 1;
		}
	return 0;
}

/* Whether a name is a torrent's with what is made of it. */
static int
is_made(struct web_target *t, struct span name,
    int (*find)(void *arg, struct span name), void *arg)
{
	static const struct { char end[9]; uint8_t what; } made[] = {
		{ ".torrent", TARGET_TORRENT }, { ".tar", TARGET_TAR },
	};
	struct span stem = name;
	size_t i, n;

	for (i = 0; i < LEN(made); i++) {
		n = strlen(made[i].end);
		if (name.n <= n || memcmp(name.p + name.n - n, made[i].end, n)
		    != 0)
			continue;
		stem.n = name.n - n;
		t->what = made[i].what;
		t->torrent = find(arg, stem);
		return t->torrent >= 0;
	}
	return 0;
}
