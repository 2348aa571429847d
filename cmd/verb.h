/* The verbs.  argv[0] is the verb's name; each returns the exit status. */

#ifndef VERB_H
#define VERB_H

int verb_make(int argc, char **argv);
int verb_track(int argc, char **argv);
int verb_serve(int argc, char **argv);
int verb_peer(int argc, char **argv);
int verb_run(int argc, char **argv);
int verb_show(int argc, char **argv);
int verb_check(int argc, char **argv);

#define USAGE_MAKE "make [-0fpqv] [-a url]... [-c text] [-l n] [-n name] " \
	"[-o file]\n                 [-s text] [-w url]... [-x glob]... [path]"
#define USAGE_TRACK "track [-qsv] [-f file] [-i sec] [-l addr] [-p port] " \
	"[-U user]\n                  [-w file] [-x addr]..."
#define USAGE_SWARM "[-a url]... [-b host:port]... [-d dir]\n" \
	"                 [-k host:port]... [-l addr] [-p port] [-M n]\n" \
	"                 [-r rate] [-u rate] [-U user]"
#define USAGE_SERVE "serve [-qvN] " USAGE_SWARM " path|torrent ..."
#define USAGE_PEER  "peer [-FqvN] " USAGE_SWARM " [torrent ...]"
#define USAGE_RUN   "run [-FmsSqvN] " USAGE_SWARM "\n" \
	"                 [-f glob]... [-o file] [-t sec] torrent"
#define USAGE_SHOW  "show [-fm] [torrent ...]"
#define USAGE_CHECK "check [-q] torrent [path]"

#endif
