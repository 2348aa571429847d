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

#endif
