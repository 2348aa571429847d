/* A strict reader of the HTML that this program writes.  It knows just the
 * tags and attributes of its pages and demands what HTML leaves open: every
 * tag is closed, every value stands in double quotes, every < and & that is
 * meant as such is written by its number.  So a stranger's byte that means
 * something where it stands is found, whatever it is. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "util.h"
#include "html.h"

enum { DEPTH = 16, WORD = 24 };

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define UPPER   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS  "0123456789"

struct reader {
	const char *p, *end;    /* there is a NUL behind */
	char open[DEPTH][WORD]; /* tags */
	int depth;
	const char *wrong;
};

static const char *characters(const uint8_t *p, size_t n);
static int is_word_of(const char *words, const char *word);
static void read_tag(struct reader *r);
static void read_attributes(struct reader *r, int *empty);
static void read_end(struct reader *r);
static void read_word(struct reader *r, char word[WORD], const char *of);
static void read_text(struct reader *r, const char *ends);
static int link_is_ours(const char *p, size_t n);

const char *
html_wrong(const uint8_t *p, size_t n)
{
	static const char begin[] = "<!DOCTYPE html>\n<html lang=\"en\">";
	struct buf copy = { 0 };
	struct reader r = { .wrong = characters(p, n) };

	if (r.wrong)
		return r.wrong;
	if (n < sizeof begin || memcmp(p, begin, sizeof begin - 1) != 0)
		return "it begins otherwise";
	buf_put(&copy, p, n);
	buf_put(&copy, "", 1);
	r.p = (char *)copy.p + 16;
	r.end = (char *)copy.p + n;
	while (r.p < r.end && !r.wrong)
		if (strncmp(r.p, "</", 2) == 0)
			read_end(&r);
		else if (*r.p == '<')
			read_tag(&r);
		else if (r.depth == 0 && strcmp(r.p, "\n") != 0)
			r.wrong = "text outside";
		else
			read_text(&r, "<");
	if (!r.wrong && r.depth != 0)
		r.wrong = "a tag is left open";
	buf_free(&copy);
	return r.wrong;
}

/* All is UTF-8 that can be seen. */
static const char *
characters(const uint8_t *p, size_t n)
{
	static const char hidden[][4] = { "\xd8\x9c", "\xe2\x80\x8e",
	    "\xe2\x80\x8f", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xe2\x80\xaa",
	    "\xe2\x80\xab", "\xe2\x80\xac", "\xe2\x80\xad", "\xe2\x80\xae",
	    "\xe2\x81\xa6", "\xe2\x81\xa7", "\xe2\x81\xa8", "\xe2\x81\xa9",
	    "\xef\xbf\xbe", "\xef\xbf\xbf" };
	size_t i, j, k;

	for (i = 0; i < n; i += k) {
		k = utf8_len(p + i, n - i);
		if (k == 0)
			return "not UTF-8";
		if ((p[i] < ' ' && p[i] != '\n') || p[i] == 0x7f ||
		    (p[i] == 0xc2 && p[i + 1] < 0xa0))
			return "a control character";
		for (j = 0; k > 1 && j < LEN(hidden); j++)
			if (strlen(hidden[j]) == k &&
			    memcmp(p + i, hidden[j], k) == 0)
				return "a character that hides";
	}
	return NULL;
}

static int
is_word_of(const char *words, const char *word)
{
	char with[WORD + 2];

	snprintf(with, sizeof with, " %s ", word);
	return strstr(words, with) != NULL;
}

static void
read_tag(struct reader *r)
{
	static const char tags[] = " html head meta link title style body "
	    "main nav footer article h1 h2 p ul li a bdi span code svg path "
	    "rect details summary div table thead tbody tr th td ";
	char tag[WORD];
	int empty = 0;

	r->p++;
	read_word(r, tag, LETTERS "12");
	if (!is_word_of(tags, tag) || r->depth == DEPTH) {
		r->wrong = "a tag that is not ours";
		return;
	}
	read_attributes(r, &empty);
	if (empty != is_word_of(" path rect ", tag))
		r->wrong = "a slash too many or too few";
	if (empty || is_word_of(" meta link ", tag))
		return;
	strcpy(r->open[r->depth++], tag);
	if (strcmp(tag, "style") == 0 && !r->wrong) {
		r->p = strstr(r->p, "</");
		if (!r->p)
			r->p = r->end;
	}
}

static void
read_attributes(struct reader *r, int *empty)
{
	static const char names[] = " lang charset name content http-equiv "
	    "rel href class role aria-label viewBox preserveAspectRatio "
	    "opacity d scope open xmlns shape-rendering width height fill "
	    "stroke ";
	char name[WORD];
	const char *value;

	while (*r->p == ' ' && !r->wrong) {
		r->p++;
		read_word(r, name, LETTERS UPPER "-");
		if (!is_word_of(names, name))
			r->wrong = "an attribute that is not ours";
		if (strcmp(name, "open") == 0)
			continue;
		if (strncmp(r->p, "=\"", 2) != 0) {
			r->wrong = "no value in quotes";
			return;
		}
		value = r->p += 2;
		read_text(r, "\"");
		if (strcmp(name, "href") == 0 && !link_is_ours(value,
		    (size_t)(r->p - value)))
			r->wrong = "a link to elsewhere";
		r->p += *r->p == '"';
	}
	*empty = *r->p == '/';
	r->p += *empty;
	if (*r->p != '>')
		r->wrong = "a tag without an end";
	r->p++;
}

static void
read_end(struct reader *r)
{
	char tag[WORD];

	r->p += 2;
	read_word(r, tag, LETTERS "12");
	if (r->depth == 0 || strcmp(r->open[--r->depth], tag) != 0 ||
	    *r->p++ != '>')
		r->wrong = "another tag is open";
}

static void
read_word(struct reader *r, char word[WORD], const char *of)
{
	size_t n = strspn(r->p, of);

	snprintf(word, WORD, "%.*s", (int)MIN(n, WORD), r->p);
	r->p += n;
}

/* Up to one of these, or to a byte that cannot stand there. */
static void
read_text(struct reader *r, const char *ends)
{
	size_t n;

	for (;;) {
		r->p += strcspn(r->p, "<>\"'&");
		if (*r->p == '&') {
			n = strncmp(r->p, "&nbsp;", 6) == 0 ? 5 : strncmp(r->p,
			    "&#", 2) == 0 ? 2 + strspn(r->p + 2, DIGITS) : 0;
			if (n == 0 || r->p[n] != ';') {
				r->wrong = "a raw &";
				return;
			}
			r->p += n;
		} else if (!*r->p || strchr(ends, *r->p)) {
			return;
		} else {
			r->wrong = "a raw byte that means something";
			return;
		}
	}
}

/* A path here, encoded; a magnet link; or no picture. */
static int
link_is_ours(const char *p, size_t n)
{
	if (n == 6 && memcmp(p, "data:,", 6) == 0)
		return 1;
	if (n > 8 && memcmp(p, "magnet:?", 8) == 0)
		return 1;
	return n > 0 && p[0] == '/' && p[1] != '/' &&
	    strspn(p, LETTERS UPPER DIGITS "-._~%/?=") == n;
}
