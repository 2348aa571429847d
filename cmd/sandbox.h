/* What the process gives up before it speaks to strangers, or reads what they
 * made: files, networks, calls of the system. */

#ifndef SANDBOX_H
#define SANDBOX_H

#include <stdint.h>

/* What a path and all below it is for: its names, its bytes, both to be
 * changed. */
enum { MAY_LIST = 1, MAY_READ = 2, MAY_WRITE = 4 };
/* What of the network is left besides children: nothing, what is bound, all
 * but to listen. */
enum network { NET_NONE, NET_BOUND, NET_ALL };

struct sandbox {
	enum network network;
	/* the rest is sandbox.c's, and rules are Landlock's */
	int version, rules; /* rules: a descriptor; -1: there are none */
	uint64_t fs;        /* rights of files that they take away */
};

/* Begins to build it: nothing is given up yet, but by children that call
 * proc_narrow from now on. */
void sandbox_begin(struct sandbox *b, enum network network);
/* A path may be used so.  Links are followed now; one that is not there may be
 * used for nothing, also later. */
void sandbox_path(struct sandbox *b, const char *path, int may);
/* The same of what is open as fd. */
void sandbox_fd(struct sandbox *b, int fd, int may);
/* From now on it stands, for this process and those that it forks, as far as
 * the system has such walls: it never fails.  With verbose, says which. */
void sandbox_enter(struct sandbox *b, int verbose);

#endif
