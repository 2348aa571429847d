/* Whether a page is HTML as ours is to be: what the unit tests and the fuzzer
 * hold against whatever names strangers choose. */

#ifndef TESTS_HTML_H
#define TESTS_HTML_H

#include <stddef.h>
#include <stdint.h>

/* NULL, or what is wrong with the n bytes at p: text that is not UTF-8 or has
 * a control character in it, a tag or an attribute that no page of ours has,
 * one that is not closed where it should be, a link to elsewhere. */
const char *html_wrong(const uint8_t *p, size_t n);

#endif
