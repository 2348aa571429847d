/* A verb's command line: options before and after operands, and what is said
 * of them, from one table. */

#ifndef ARGS_H
#define ARGS_H

#include <stddef.h>

struct opt {
	char letter;
	char many;            /* it may come more than once */
	unsigned char who;    /* bits of those who have it; 0: all */
	const char *arg;      /* its argument's name; NULL: it has none */
	const char *what;     /* what it does, in 58 columns */
};

/* What a verb takes.  -h and --help are everybody's. */
struct synopsis {
	const char *verb, *operands;
	const struct opt *opts; /* flags first */
	size_t nopts;
	unsigned char who;      /* its bit, if it shares the table */
};

struct args {
	const struct synopsis *syn; /* borrowed */
	int argc;
	char **argv;          /* borrowed, and put in another order */
	char letters[128];    /* getopt(3)'s */
	char *value;          /* of the option that came, or NULL */
	char **operands;      /* in argv; whole when args_next has given 0 */
	int n;                /* so many */
	int status;           /* if it has given -1 */
};

/* Begins with argv, whose [0] is the verb's name. */
void args_init(struct args *a, const struct synopsis *syn, int argc,
    char **argv);
/* The letter of the next option, its argument in a->value; 0: there are no
 * more.  -1: a->status is to be returned, after help on standard output or a
 * message.  What follows -- is no option. */
int args_next(struct args *a);
/* Prints "usage: btsh ..." on stderr, and returns EXIT_USAGE. */
int args_usage(const struct args *a);

#endif
