/* btsh: a BitTorrent suite.  One binary, a verb a job: this is the dispatcher.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util.h"
#include "cmd/cli.h"
#include "cmd/verb.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *what;
} verbs[] = {
	{ "make",  verb_make,  "make a torrent of a file or a directory" },
	{ "track", verb_track, "run a tracker, until any key is pressed" },
	{ "serve", verb_serve, "share files: seed what is there" },
	{ "peer",  verb_peer,  "fetch and seed torrents until stopped" },
	{ "run",   verb_run,   "fetch one torrent" },
	{ "show",  verb_show,  "show what torrents and magnet links say" },
	{ "check", verb_check, "compare what is there with its torrent" },
};

static void
list_verbs(FILE *out)
{
	size_t i;

	for (i = 0; i < LEN(verbs); i++)
		fprintf(out, "btsh %-6s %s\n", verbs[i].name, verbs[i].what);
}

/* What is opened later must not take the place of a stream that is closed;
 * reading or writing that one fails. */
static void
hold_streams(void)
{
	int fd;

	for (fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

int
main(int argc, char **argv)
{
	size_t i;
	int status;

	hold_streams();
	signal(SIGPIPE, SIG_IGN); /* writes fail instead, and say so */
	for (i = 0; argc > 1 && i < LEN(verbs); i++)
		if (strcmp(argv[1], verbs[i].name) == 0) {
			status = verbs[i].run(argc - 1, argv + 1);
			return out_close() == EXIT_OK ? status : EXIT_FAIL;
		}
	if (argc == 2 && strcmp(argv[1], "-h") == 0) {
		list_verbs(stdout);
		return out_close();
	}
	if (argc == 2 && strcmp(argv[1], "-V") == 0) {
		emit("btsh " VERSION);
		return out_close();
	}
	list_verbs(stderr);
	return EXIT_USAGE;
}
