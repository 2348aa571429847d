/* The progress line.  The terminal is asked for its width each time a line is
 * written, so that a window that changed its size shows at the next one. */
#include <sys/ioctl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "net.h"
#include "cmd/progress.h"

enum {
	PROGRESS_MS = 200,
	WIDTH       = 80, /* where the terminal does not say */
	ECHO        = 2,  /* columns of a ^C, which must not wrap */
	BAR_LEAST   = 8,  /* cells; a smaller bar says nothing */
	BAR_MOST    = 60,
	STEPS       = 8
};

static int terminal_width(void);
static int speaks_utf8(void);

int
progress_due(struct progress *p, int64_t now_ms)
{
	if (now_ms - p->last_ms < PROGRESS_MS || !isatty(STDERR_FILENO))
		return 0;
	p->last_ms = now_ms;
	return 1;
}

void
progress_line(struct progress *p, const char *head, const char *tail,
    const uint8_t *has, uint32_t n)
{
	int most = terminal_width() - ECHO - 1; /* some wrap when full */
	int used = MAX(0, MIN(most, (int)strlen(head)));
	int room = most - used - (int)strlen(tail) - 3;
	struct buf b = { 0 };

	buf_printf(&b, "\r%.*s", used, head);
	if (n > 0 && room >= BAR_LEAST) {
		room = MIN(room, BAR_MOST);
		buf_put(&b, " [", 2);
		progress_bar(&b, room, has, n, speaks_utf8());
		buf_put(&b, "]", 1);
		used += room + 3;
	}
	room = MAX(0, MIN(most - used, (int)strlen(tail)));
	used += room;
	/* over what is left of an older and longer line */
	buf_printf(&b, "%.*s%*s", room, tail,
	    MAX(0, MIN(p->width, most) - used), "");
	if (warn_bytes(b.p, b.len) == 0)
		p->width = used;
	buf_free(&b);
}

void
progress_clear(struct progress *p)
{
	struct buf b = { 0 };

	if (p->width == 0)
		return;
	buf_printf(&b, "\r%*s\r", MIN(p->width + ECHO, terminal_width() - 1),
	    "");
	warn_bytes(b.p, b.len);
	buf_free(&b);
	p->width = 0;
}

void
progress_part(struct progress *p, const char *what, int64_t bytes,
    int64_t total)
{
	char head[80], both[32];
	uint8_t has[BAR_MOST];
	uint32_t i, n = sizeof has * 8;

	if (!progress_due(p, net_now()))
		return;
	total = MAX(total, 1);
	snprintf(head, sizeof head, "%s%s %d%%", what, human_part(both, bytes,
	    total), (int)((double)bytes * 100 / (double)total));
	memset(has, 0, sizeof has);
	for (i = 0; i < n && (double)i * (double)total < (double)bytes * n;
	    i++)
		bit_set(has, i);
	progress_line(p, head, "", has, n);
}

void
progress_bar(struct buf *b, int width, const uint8_t *has, uint32_t n,
    int utf8)
{
	static const char ascii[] = " .:-=+*%#";
	uint8_t block[] = { 0xe2, 0x96, 0x80 };
	uint32_t from, to, i, held;
	int k, step;

	for (k = 0; k < width; k++) {
		from = (uint32_t)((uint64_t)n * (unsigned)k /
		    (unsigned)width);
		to = (uint32_t)((uint64_t)n * (unsigned)(k + 1) /
		    (unsigned)width);
		to = MAX(to, from + 1); /* a cell stands for one at least */
		for (i = from, held = 0; i < to; i++)
			held += (uint32_t)bit_get(has, i);
		/* empty and full are what is so, and nothing else */
		step = (int)((uint64_t)held * STEPS / (to - from));
		if (held > 0 && step == 0)
			step = 1;
		block[2] = (uint8_t)(0x80 + step);
		if (utf8 && step > 0)
			buf_put(b, block, sizeof block);
		else
			buf_put(b, &ascii[step], 1);
	}
}

static int
terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	int n = 0;
#ifdef TIOCGWINSZ
	struct winsize w;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0)
		n = w.ws_col;
#endif
	if (n <= 0 && columns)
		n = atoi(columns);
	return n > 1 ? n : WIDTH;
}

/* Whether the locale's characters are UTF-8, by its name. */
static int
speaks_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };
	const char *v = NULL;
	size_t i;

	for (i = 0; i < LEN(names) && !(v && *v); i++)
		v = getenv(names[i]);
	return v && (strstr(v, "UTF-8") || strstr(v, "utf8") ||
	    strstr(v, "utf-8") || strstr(v, "UTF8"));
}

char *
human_part(char text[32], int64_t part, int64_t all)
{
	char a[16], b[16];
	size_t n = strlen(human(a, part)), k = strlen(human(b, all));

	if (n > 3 && k > 3 && strcmp(a + n - 3, b + k - 3) == 0)
		n -= 3;
	snprintf(text, 32, "%.*s/%s", (int)n, a, b);
	return text;
}

char *
clock_text(char text[24], int64_t seconds)
{
	int hours = (int)MIN(seconds / 3600, 99999);
	unsigned m = (unsigned)(seconds / 60 % 60), s = seconds % 60;

	if (hours > 0)
		snprintf(text, 24, "%d:%02u:%02u", hours, m, s);
	else
		snprintf(text, 24, "%u:%02u", m, s);
	return text;
}
