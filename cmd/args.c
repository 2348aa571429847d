/* A verb's command line, read by getopt(3) one word at a time, so that options
 * may follow operands whatever the system's getopt does; and the verb's usage
 * and help, from the table that it is read by. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "cmd/cli.h"
#include "cmd/args.h"

enum {
	COLUMNS = 79, /* of usage */
	INDENT  = 17, /* of its further lines */
	NAMES   = 14  /* columns of help before what options do */
};

static void put(FILE *out, int *column, const char *text);
static void put_usage(FILE *out, const struct synopsis *syn);
static int help(struct args *a);
static int wrong(struct args *a, int c, const char *word);
static int has(const struct synopsis *syn, const struct opt *o);

void
args_init(struct args *a, const struct synopsis *syn, int argc, char **argv)
{
	char *p = a->letters;
	size_t i;

	*a = (struct args){ .syn = syn, .argc = argc, .argv = argv,
	    .operands = argv + 1 };
	*p++ = ':';
	*p++ = 'h';
	for (i = 0; i < syn->nopts; i++)
		if (has(syn, &syn->opts[i])) {
			*p++ = syn->opts[i].letter;
			if (syn->opts[i].arg)
				*p++ = ':';
		}
}

static int
has(const struct synopsis *syn, const struct opt *o)
{
	return !o->who || (o->who & syn->who);
}

int
args_next(struct args *a)
{
	char *word;
	int c, at;

	while (optind < a->argc) {
		word = a->argv[at = optind];
		if (strcmp(word, "--help") == 0)
			return help(a);
		c = getopt(a->argc, a->argv, a->letters);
		a->value = optarg;
		if (c == 'h')
			return help(a);
		if (c == ':' || c == '?')
			return wrong(a, c, word);
		if (c != -1)
			return c;
		if (optind > at)
			break; /* -- */
		a->operands[a->n++] = a->argv[optind++];
	}
	while (optind < a->argc)
		a->operands[a->n++] = a->argv[optind++];
	return 0;
}

int
args_usage(const struct args *a)
{
	put_usage(stderr, a->syn);
	return EXIT_USAGE;
}

/* getopt(3) did not like a word: -1. */
static int
wrong(struct args *a, int c, const char *word)
{
	if (strncmp(word, "--", 2) == 0)
		warn("%s: no such option", word);
	else
		warn(c == ':' ? "-%c: its argument is missing" :
		    "-%c: no such option", optopt);
	a->status = args_usage(a);
	return -1;
}

/* The usage, and a line an option: -1. */
static int
help(struct args *a)
{
	const struct synopsis *syn = a->syn;
	const struct opt *o;
	char name[32];
	size_t i;

	put_usage(stdout, syn);
	for (i = 0; i < syn->nopts; i++) {
		o = &syn->opts[i];
		if (!has(syn, o))
			continue;
		snprintf(name, sizeof name, "-%c %s", o->letter, o->arg ?
		    o->arg : "");
		printf("  %-*s  %s\n", NAMES, name, o->what);
	}
	a->status = EXIT_OK;
	return -1;
}

/* Flags in one word, then options with arguments, then operands. */
static void
put_usage(FILE *out, const struct synopsis *syn)
{
	const struct opt *o;
	char word[64], *p = word;
	size_t i;
	int column = fprintf(out, "usage: btsh %s", syn->verb);

	for (i = 0; i < syn->nopts && !syn->opts[i].arg; i++)
		if (has(syn, &syn->opts[i]))
			*p++ = syn->opts[i].letter;
	*p = '\0';
	if (p > word)
		column += fprintf(out, " [-%s]", word);
	for (; i < syn->nopts; i++) {
		o = &syn->opts[i];
		if (!has(syn, o))
			continue;
		snprintf(word, sizeof word, "[-%c %s]%s", o->letter, o->arg,
		    o->many ? "..." : "");
		put(out, &column, word);
	}
	if (*syn->operands)
		put(out, &column, syn->operands);
	putc('\n', out);
}

/* A word, on a line of its own if it does not fit. */
static void
put(FILE *out, int *column, const char *text)
{
	int n = (int)strlen(text);

	if (*column + 1 + n > COLUMNS) {
		fprintf(out, "\n%*s", INDENT - 1, "");
		*column = INDENT - 1;
	}
	fprintf(out, " %s", text);
	*column += 1 + n;
}
