/* tally: paths of scrapes, and replies that are right, wrong, short of figures
 * or of other torrents. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "sha1.h"
#include "bencode.h"
#include "find/tally.h"
#include "unit.h"

#define H "hash of twenty bytes"

static void paths(void);
static int path_is(const char *path, const char *want);
static void replies(void);
static int reads(const char *reply, int64_t seeds, int64_t leechers,
    int64_t completed);
static const char *fault(const char *reply);
static void most(void);

void
test_tally(void)
{
	paths();
	replies();
	most();
}

static void
paths(void)
{
	CASE("tally: an announce's path has a scrape's beside it (BEP 48)");
	OK(path_is("/announce", "/scrape"));
	OK(path_is("/x/announce", "/x/scrape"));
	OK(path_is("/announce.php?passkey=announce", "/scrape.php"
	    "?passkey=announce"));
	OK(path_is("/a/announce?x=2%0644", "/a/scrape?x=2%0644"));
	OK(path_is("/announce?x=2/4", "/scrape?x=2/4"));
	OK(path_is("/announce/announce", "/announce/scrape"));
	CASE("tally: others have none");
	OK(path_is("/", NULL));
	OK(path_is("/a", NULL));
	OK(path_is("/announce/", NULL));
	OK(path_is("/x%064announce", NULL));
	OK(path_is("/announc", NULL));
	OK(path_is("/x?/announce", NULL));
}

/* NULL: there is none, and it stays. */
static int
path_is(const char *path, const char *want)
{
	char *s = unit_copy(path, strlen(path) + 1);
	int r = tally_path(s), ok;

	ok = r == (want ? 0 : -1) && strcmp(s, want ? want : path) == 0;
	free(s);
	return ok;
}

static void
replies(void)
{
	CASE("tally: figures of the torrent, among others");
	OK(reads("d5:filesd20:" H "d8:completei11e10:downloadedi13772e"
	    "10:incompletei19eeee", 11, 19, 13772));
	OK(reads("d5:filesd20:xxxxxxxxxxxxxxxxxxxxd8:completei1ee20:" H
	    "d8:completei2e10:downloadedi3e10:incompletei4eeee", 2, 4, 3));
	CASE("tally: what is not said, or below 0, is unknown");
	OK(reads("d5:filesd20:" H "deeee", -1, -1, -1));
	OK(reads("d5:filesd20:" H "d8:completei-7e10:downloaded1:9eeee",
	    -1, -1, -1));
	OK(reads("d5:filesd20:" H "d8:completei9223372036854775807eeee",
	    INT64_MAX, -1, -1));
	CASE("tally: a reply without the torrent says so");
	OK(strstr(fault("d5:filesdee"), "does not know"));
	OK(strstr(fault("d5:filesd20:xxxxxxxxxxxxxxxxxxxxdeee"),
	    "does not know"));
	OK(strstr(fault("d5:filesd19:hash of twenty bytedeee"),
	    "does not know"));
	OK(strstr(fault("d5:filesd21:" H "!deee"), "does not know"));
	OK(strstr(fault("d5:filesd20:" H "i7eee"), "does not know"));
	CASE("tally: what is no reply to a scrape says so");
	OK(strstr(fault("de"), "not one to a scrape"));
	OK(strstr(fault("d5:filesli7eee"), "not one to a scrape"));
	OK(strstr(fault("d8:intervali1800e5:peers0:e"),
	    "not one to a scrape"));
}

static int
reads(const char *reply, int64_t seeds, int64_t leechers, int64_t completed)
{
	struct swarm_tally t = TALLY_NONE;
	struct span s;
	uint8_t *copy = unit_copy(reply, strlen(reply));
	const char *why;

	s.p = copy;
	s.n = (size_t)MAX(ben_parse(copy, strlen(reply)), 0);
	why = tally_read(&t, s, (const uint8_t *)H);
	free(copy);
	return !why && t.seeds == seeds && t.leechers == leechers &&
	    t.completed == completed;
}

/* Why it is none, and the tally stays. */
static const char *
fault(const char *reply)
{
	struct swarm_tally t = { 5, 6, 7 };
	const char *why = tally_read(&t, span_of(reply), (const uint8_t *)H);

	return why && t.seeds == 5 && t.leechers == 6 && t.completed == 7 ?
	    why : "";
}

static void
most(void)
{
	struct swarm_tally t = TALLY_NONE, a = { 1, 5, -1 }, b = { 0, 7, 2 };

	CASE("tally: of two answers the larger figures count");
	tally_most(&t, &a);
	OK(t.seeds == 1 && t.leechers == 5 && t.completed == -1);
	tally_most(&t, &b);
	OK(t.seeds == 1 && t.leechers == 7 && t.completed == 2);
}
