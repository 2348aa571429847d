/* btsh track: the tracker.  Any key stops it when its stdin is a terminal. */
#include <sys/types.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "util.h"
#include "wire.h"
#include "track.h"
#include "net.h"
#include "trackd.h"
#include "cli.h"
#include "verb.h"

enum { PORT = 9999, INTERVAL = 1800 };

static void on_event(const struct track_event *ev);
static void on_signal(int sig);
static void on_key(struct io *io, short got, int64_t now_ms);
static int serve_swarms(const char *host, uint16_t port, int interval,
    int quiet, int verbose);
static void watch_keys(struct io *keys, struct termios *was);

int
verb_track(int argc, char **argv)
{
	const char *host = NULL;
	long port = PORT, interval = INTERVAL;
	int quiet = 0, verbose = 0, c;

	while ((c = getopt(argc, argv, ":hqvi:l:p:")) != -1) {
		switch (c) {
		case 'h': return usage_help(USAGE_TRACK);
		case 'q': quiet = 1; break;
		case 'v': verbose = 1; break;
		case 'i':
			if (option_int(c, optarg, 1, 86400, &interval) < 0)
				return EXIT_USAGE;
			break;
		case 'l':
			if (option_addr(c, optarg) < 0)
				return EXIT_USAGE;
			host = optarg;
			break;
		case 'p':
			if (option_int(c, optarg, 0, 65535, &port) < 0)
				return EXIT_USAGE;
			break;
		default: return usage_error(USAGE_TRACK);
		}
	}
	if (argc > optind)
		return usage_error(USAGE_TRACK);
	return serve_swarms(host, (uint16_t)port, (int)interval, quiet,
	    verbose);
}

static int
serve_swarms(const char *host, uint16_t port, int interval, int quiet,
    int verbose)
{
	static const int sigs[] = { SIGINT, SIGTERM, SIGHUP, 0 };
	struct io keys = { .fd = -1 };
	char text[ADDR_TEXT];
	struct termios was;
	struct addr a;
	struct track *t;
	struct trackd *d;
	uint64_t seed;

	rnd_bytes(&seed, sizeof seed);
	t = track_new(interval, seed | 1);
	d = trackd_open(t, host, &port, quiet ? NULL : on_event);
	if (!d) {
		warn("listen on port %u:", port);
		track_free(t);
		return EXIT_FAIL;
	}
	addr_parse(&a, host ? host : "0.0.0.0", 0);
	a.port = port;
	net_signals(sigs, on_signal);
	watch_keys(&keys, &was);
	if (!quiet || verbose)
		fprintf(stderr, "btsh: tracking at http://%s/announce%s\n",
		    addr_format(text, &a),
		    keys.fd >= 0 ? "; any key stops it" : "");
	net_run();
	if (keys.fd >= 0)
		tcsetattr(keys.fd, TCSANOW, &was);
	trackd_close(d);
	track_free(t);
	return EXIT_OK;
}

/* Keys come one by one, without an echo, from a terminal that is ours to read:
 * a background job would be stopped by asking. */
static void
watch_keys(struct io *keys, struct termios *was)
{
	struct termios raw;

	if (!isatty(STDIN_FILENO) || tcgetpgrp(STDIN_FILENO) != getpgrp() ||
	    tcgetattr(STDIN_FILENO, was) < 0)
		return;
	raw = *was;
	raw.c_lflag &= (tcflag_t)~(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	keys->fd = STDIN_FILENO;
	keys->ready = on_key;
	net_add(keys, POLLIN);
}

static void
on_key(struct io *io, short got, int64_t now_ms)
{
	(void)io, (void)got, (void)now_ms;
	net_stop();
}

static void
on_signal(int sig)
{
	(void)sig;
	net_stop();
}

static void
on_event(const struct track_event *ev)
{
	char digits[2 * ID_LEN + 1], text[ADDR_TEXT];

	hex(digits, ev->hash, ID_LEN);
	emit("%" PRId64 "\t%s\t%s\t%s\t%" PRId64, net_wall(), ev->name, digits,
	    addr_format(text, &ev->addr), ev->left);
}
