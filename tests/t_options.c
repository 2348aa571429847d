/* options.c and cli.c: what words on a command line mean. */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "torrent/meta.h"
#include "cmd/cli.h"
#include "cmd/jobs.h"
#include "cmd/options.h"
#include "unit.h"

static const char *sum(enum verb verb, const char *words);

/* What options_parse makes of words, in one line: its answer, and then what is
 * not as it is by itself. */
static const char *
sum(enum verb verb, const char *words)
{
	static const struct job_ops ops;
	static char text[512];
	static char copy[512];
	char *argv[32], *s;
	struct options o;
	struct jobs all;
	int argc = 0, r, err = dup(STDERR_FILENO), n;

	argv[argc++] = "verb";
	snprintf(copy, sizeof copy, "%s", words);
	for (s = strtok(copy, " "); s; s = strtok(NULL, " "))
		argv[argc++] = strcmp(s, "''") == 0 ? "" : s;
	argv[argc] = NULL;
	dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
	jobs_init(&all, &o.rules, &ops, NULL);
	optind = 1;
	r = options_parse(&o, verb, &all, argc, argv);
	dup2(err, STDERR_FILENO);
	close(err);
	n = snprintf(text, sizeof text, "%d %s%s%s%s%s%s%s%s%s", r,
	    o.rules.quiet ? "q" : "", o.verbose ? "v" : "",
	    o.net.trackers_only ? "N" : "",
	    o.rules.force ? "F" : "", o.rules.in_order ? "S" : "",
	    o.seed ? "s" : "", o.metadata_only ? "m" : "",
	    o.to_stdout ? "-" : "", o.rules.temporary ? "t" : "");
	snprintf(text + n, sizeof text - (size_t)n, " %s %s %s %u-%u %d %d/%d "
	    "%d %d %d +%d", o.net.host ? o.net.host : "*", o.rules.dir,
	    o.rules.out ? o.rules.out : "*", (unsigned)o.net.first,
	    (unsigned)o.net.last, o.net.max_conns, (int)o.net.down_bps,
	    (int)o.net.up_bps, (int)o.patience_s, o.rules.nglobs,
	    o.rules.ntrackers, o.args.n);
	jobs_free(&all);
	options_free(&o);
	return text;
}

void
test_options(void)
{
	static const struct {
		enum verb verb;
		const char *words, *sum;
	} cases[] = {
		{ VERB_RUN, "x", "-1  * . * 6881-6889 500 -1/-1 0 0 0 +1" },
		{ VERB_RUN, "-qvFSsN x",
		    "-1 qvNFSs * . * 6881-6889 500 -1/-1 0 0 0 +1" },
		{ VERB_RUN, "-m x",
		    "-1 m * . * 6881-6889 500 -1/-1 0 0 0 +1" },
		{ VERB_RUN, "-o - x",
		    "-1 S-t * . * 6881-6889 500 -1/-1 0 0 0 +1" },
		{ VERB_RUN, "-o a/b -d c x",
		    "-1  * c a/b 6881-6889 500 -1/-1 0 0 0 +1" },
		{ VERB_RUN, "-f a -f b -t 9 x",
		    "-1  * . * 6881-6889 500 -1/-1 9 2 0 +1" },
		{ VERB_PEER, "-l ::1 -p 0 -M 7 -r 1k -u 0",
		    "-1  ::1 . * 0-0 7 1024/0 0 0 0 +0" },
		{ VERB_SERVE, "-a udp://h:1,http://h/a -a ws://h y z",
		    "-1  * . * 6881-6889 500 -1/-1 0 0 3 +2" },
	};
	static const struct {
		enum verb verb;
		const char *words;
	} wrong[] = {
		{ VERB_RUN, "-m -o x y" }, { VERB_RUN, "-o '' x" },
		{ VERB_RUN, "-d '' x" }, { VERB_RUN, "-t 0 x" },
		{ VERB_RUN, "-M 0 x" }, { VERB_RUN, "-p 65536 x" },
		{ VERB_RUN, "-p -1 x" }, { VERB_RUN, "-p 1x x" },
		{ VERB_RUN, "-r 0 x" }, { VERB_RUN, "-r x x" },
		{ VERB_RUN, "-u -1 x" }, { VERB_RUN, "-l name x" },
		{ VERB_RUN, "-a ftp://h/ x" }, { VERB_RUN, "-k host x" },
		{ VERB_RUN, "-k :1 x" }, { VERB_RUN, "-k h:0 x" },
		{ VERB_RUN, "-k h:65536 x" }, { VERB_RUN, "-k @/no/such x" },
		{ VERB_RUN, "-Z x" }, { VERB_RUN, "-o" },
		{ VERB_PEER, "-s x" }, { VERB_PEER, "-o a x" },
		{ VERB_SERVE, "-F x" }, { VERB_SERVE, "-f a x" },
	};
	static const struct {
		const char *text;
		int64_t size; /* -1: none */
	} sizes[] = {
		{ "0", 0 }, { "17", 17 }, { "1k", 1024 }, { "2M", 2 << 20 },
		{ "3g", INT64_C(3) << 30 }, { "", -1 }, { "k", -1 },
		{ "1kb", -1 }, { "1x", -1 }, { "-1", -1 }, { "-0", -1 },
		{ "1.5k", 1536 }, { ".5m", 1 << 19 }, { "1.5", -1 },
		{ "1.5.k", -1 }, { "1e3", -1 }, { "0x1k", -1 }, { "nan", -1 }, { "1 k", -1 }, { "99999999999999999999", -1 },
		{ "4294967295", UINT32_MAX }, { "4294967296", -1 },
	};
	int64_t size;
	size_t i;
	long n;

	unsetenv("BTSH_TRACKER");
	CASE("options: what each of them sets");
	for (i = 0; i < LEN(cases); i++)
		OK_FOR(cases[i].words, strcmp(sum(cases[i].verb,
		    cases[i].words), cases[i].sum) == 0);

	CASE("options: what is wrong is a usage error");
	for (i = 0; i < LEN(wrong); i++)
		OK_FOR(wrong[i].words, atoi(sum(wrong[i].verb,
		    wrong[i].words)) == EXIT_USAGE);

	CASE("options: the environment's tracker comes after those of -a");
	setenv("BTSH_TRACKER", "http://env/a", 1);
	OK(strstr(sum(VERB_RUN, "-a http://h/a x"), " 2 +1"));
	setenv("BTSH_TRACKER", "nothing", 1);
	OK(atoi(sum(VERB_RUN, "x")) == EXIT_USAGE);
	unsetenv("BTSH_TRACKER");

	CASE("options: sizes");
	for (i = 0; i < LEN(sizes); i++) {
		size = -1;
		OK_FOR(sizes[i].text, parse_size(sizes[i].text, &size) ==
		    (sizes[i].size < 0 ? -1 : 0));
		OK_FOR(sizes[i].text, sizes[i].size < 0 ||
		    size == sizes[i].size);
	}

	CASE("options: numbers");
	OK(parse_int("7", 7, 9, &n) == 0 && n == 7);
	OK(parse_int("-7", -7, 9, &n) == 0 && n == -7);
	OK(parse_int("10", 7, 9, &n) < 0 && parse_int("", 0, 9, &n) < 0);
	OK(parse_int("8 ", 7, 9, &n) < 0 && parse_int("0x8", 7, 9, &n) < 0);
}
