/* The fuzz drivers without a fuzzer.  A driver's inputs stand in a text file,
 * tests/fuzz/corpus/NAME, one a line: printable bytes as they are, others and
 * backslashes as \xNN.
 *	replay              the names of all drivers
 *	replay NAME         runs the driver with each line of its file
 *	replay -x NAME DIR  writes each line's bytes to a file in DIR
 *	replay -p FILE...   prints files as such lines */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"

enum { CORPUS_MAX = 1 << 20, INPUT_MAX = 1 << 16 };

/* The Makefile says DRIVERS(X): X(name) for each. */
#define DECLARE(name) int fuzz_##name(const uint8_t *p, size_t n);
#define ENTRY(name) { #name, fuzz_##name },
DRIVERS(DECLARE)

static const struct {
	const char *name;
	int (*run)(const uint8_t *p, size_t n);
} drivers[] = { DRIVERS(ENTRY) };

static int each_line(const char *name, const char *dir);
static void take(size_t driver, const char *dir, int i, struct span line);
static size_t read_line(uint8_t *p, struct span line);
static int print_file(const char *path);

int
main(int argc, char **argv)
{
	size_t i;
	int bad = 0;

	if (argc > 1 && strcmp(argv[1], "-p") == 0) {
		while (*++argv && (*argv)[0] == '-')
			;
		for (; *argv; argv++)
			bad |= print_file(*argv);
		return bad;
	}
	if (argc == 4 && strcmp(argv[1], "-x") == 0)
		return each_line(argv[2], argv[3]);
	if (argc == 2)
		return each_line(argv[1], NULL);
	for (i = 0; i < LEN(drivers); i++)
		puts(drivers[i].name);
	return argc > 1;
}

/* To each line of a driver's file; dir NULL: the driver is run. */
static int
each_line(const char *name, const char *dir)
{
	struct buf b = { 0 };
	struct span line;
	const uint8_t *end;
	char path[300];
	size_t d;
	int fd, i;

	for (d = 0; d < LEN(drivers) && strcmp(drivers[d].name, name); d++)
		;
	if (d == LEN(drivers))
		die("%s: no such driver", name);
	snprintf(path, sizeof path, "tests/fuzz/corpus/%s", name);
	fd = open(path, O_RDONLY);
	if (fd < 0 || slurp(fd, &b, CORPUS_MAX) < 0)
		die("%s:", path);
	close(fd);
	for (i = 0; buf_left(&b) > 0; i++) {
		line.p = b.p + b.at;
		end = memchr(line.p, '\n', buf_left(&b));
		if (!end)
			die("%s: its last line has no end", path);
		line.n = (size_t)(end - line.p);
		take(d, dir, i, line);
		buf_take(&b, line.n + 1);
	}
	buf_free(&b);
	if (i == 0)
		die("%s is empty", path);
	return 0;
}

static void
take(size_t driver, const char *dir, int i, struct span line)
{
	uint8_t *p = xmalloc(line.n + 1);
	size_t n = read_line(p, line);
	char path[300];
	int fd;

	/* memory that ends with the input */
	p = xrealloc(p, n + (n == 0), 1);
	if (dir) {
		snprintf(path, sizeof path, "%s/%03d", dir, i);
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
		if (fd < 0 || write_all(fd, p, n) < 0 || close(fd) < 0)
			die("%s:", path);
	} else {
		drivers[driver].run(p, n);
	}
	free(p);
}

/* The bytes that a line stands for: how many. */
static size_t
read_line(uint8_t *p, struct span line)
{
	size_t i, n = 0;

	for (i = 0; i < line.n; i++)
		if (line.p[i] != '\\')
			p[n++] = line.p[i];
		else if (line.n - i < 4 || line.p[i + 1] != 'x' ||
		    unhex(p + n++, line.p + i + 2, 1) < 0)
			die("\\ without x and two digits: %.*s", (int)line.n,
			    (const char *)line.p);
		else
			i += 3;
	return n;
}

static int
print_file(const char *path)
{
	struct buf b = { 0 };
	int fd = open(path, O_RDONLY), bad;

	bad = fd < 0 || slurp(fd, &b, INPUT_MAX) < 0;
	if (bad)
		warn("%s:", path);
	for (; !bad && buf_left(&b) > 0; b.at++)
		if (b.p[b.at] < ' ' || b.p[b.at] > '~' || b.p[b.at] == '\\')
			printf("\\x%02x", b.p[b.at]);
		else
			putchar(b.p[b.at]);
	if (!bad)
		putchar('\n');
	if (fd >= 0)
		close(fd);
	buf_free(&b);
	return bad;
}
