/* meter FILE COMMAND...: runs a command and appends to FILE, in a line, its
 * wall milliseconds, its processor time in milliseconds, its peak memory in
 * KiB, and its exit status.  Its children count as far as it waited for them.
 * A TERM is passed on. */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

static pid_t child;

static void
on_term(int sig)
{
	kill(child, sig);
}

static long
ms(struct timeval t)
{
	return (long)t.tv_sec * 1000 + t.tv_usec / 1000;
}

int
main(int argc, char **argv)
{
	struct timespec from, to;
	struct rusage use;
	int status;
	FILE *f;

	if (argc < 3)
		die("usage: meter FILE COMMAND...");
	clock_gettime(CLOCK_MONOTONIC, &from);
	child = fork();
	if (child < 0)
		die("fork:");
	if (child == 0) {
		execvp(argv[2], argv + 2);
		die("%s:", argv[2]);
	}
	signal(SIGTERM, on_term);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	clock_gettime(CLOCK_MONOTONIC, &to);
	getrusage(RUSAGE_CHILDREN, &use);
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	f = fopen(argv[1], "a");
	if (!f)
		die("open %s:", argv[1]);
	fprintf(f, "%ld %ld %ld %d\n", (long)(to.tv_sec - from.tv_sec) * 1000 +
	    (to.tv_nsec - from.tv_nsec) / 1000000,
	    ms(use.ru_utime) + ms(use.ru_stime), (long)use.ru_maxrss, status);
	return fclose(f) == 0 ? status : 1;
}
