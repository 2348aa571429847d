/* btsh: a BitTorrent suite.  One binary, a verb a job: this is the dispatcher.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "cmd/cli.h"
#include "cmd/verb.h"

/* also: other words for it, each with a blank after it. */
static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *what, *also;
} verbs[] = {
	{ "make", verb_make, "make a torrent of a file or a directory",
	    "create new build mktorrent " },
	{ "track", verb_track, "run a tracker, until any key is pressed",
	    "tracker opentracker announce " },
	{ "serve", verb_serve, "share files: seed what is there",
	    "share seed send upload server " },
	{ "peer", verb_peer, "fetch and seed torrents until stopped",
	    "daemon client leech join " },
	{ "run", verb_run, "fetch torrents",
	    "download get fetch start leech add " },
	{ "show", verb_show, "show what torrents and magnet links say",
	    "info list ls print magnet dump " },
	{ "check", verb_check, "compare what is there with its torrent",
	    "verify test compare hash " },
};

static void list_verbs(FILE *out);
static void hold_streams(void);
static int is_option(const char *word, const char *name);
static void unknown(const char *word);
static int looks_like_torrent(const char *word);
static size_t distance(const char *a, const char *b);

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
	if (argc == 2 && is_option(argv[1], "--help")) {
		list_verbs(stdout);
		return out_close();
	}
	if (argc == 2 && is_option(argv[1], "--version")) {
		emit("btsh " VERSION);
		return out_close();
	}
	if (argc > 1)
		unknown(argv[1]);
	list_verbs(stderr);
	return EXIT_USAGE;
}

/* -h or --help, -V or --version. */
static int
is_option(const char *word, const char *name)
{
	return strcmp(word, name) == 0 || strcmp(word, name[2] == 'h' ? "-h" :
	    "-V") == 0;
}

static void
list_verbs(FILE *out)
{
	size_t i;

	for (i = 0; i < LEN(verbs); i++)
		fprintf(out, "btsh %-6s %s\n", verbs[i].name, verbs[i].what);
	fprintf(out, "btsh VERB -h says what a verb takes.\n");
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

/* Says that a word is no verb, and which was meant. */
static void
unknown(const char *word)
{
	const char *best = NULL, *at;
	size_t i, d, least = 3, n = strlen(word);

	if (*word == '-') {
		warn("%s: no such option", word);
		return;
	}
	if (looks_like_torrent(word)) {
		warn("%s: a verb stands before it: run fetches it, show says "
		    "what it is, serve shares it", word);
		return;
	}
	for (i = 0; i < LEN(verbs); i++) {
		at = strstr(verbs[i].also, word);
		d = distance(word, verbs[i].name);
		if (at && n > 0 && at[n] == ' ' && (at == verbs[i].also ||
		    at[-1] == ' '))
			d = 0;
		if (d < least) {
			least = d;
			best = verbs[i].name;
		}
	}
	if (best)
		warn("%s: no such verb; maybe %s?", word, best);
	else
		warn("%s: no such verb", word);
}

static int
looks_like_torrent(const char *word)
{
	return strncmp(word, "magnet:", 7) == 0 || strstr(word, "://") ||
	    strchr(word, '/') || strchr(word, '.') || access(word, F_OK) == 0;
}

/* How many characters must change, come or go for a to be b, where the words
 * are as short as verbs. */
static size_t
distance(const char *a, const char *b)
{
	size_t replaced, dropped, added;

	while (*a && *a == *b)
		a++, b++;
	if (!*a || !*b)
		return strlen(a) + strlen(b);
	if (strlen(a) > 8)
		return strlen(a);
	replaced = distance(a + 1, b + 1);
	dropped = distance(a + 1, b);
	added = distance(a, b + 1);
	return 1 + MIN(replaced, MIN(dropped, added));
}
