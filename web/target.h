/* What the target of a request means: a page, the tracker, or which file of
 * which torrent.  Pure. */

#ifndef WEB_TARGET_H
#define WEB_TARGET_H

#include "util.h"
#include "http.h"

enum {
	TARGET_INDEX,     /* / */
	TARGET_STATS,     /* /stats */
	TARGET_METRICS,   /* /metrics */
	TARGET_ANNOUNCE,  /* /announce */
	TARGET_SCRAPE,    /* /scrape */
	TARGET_TORRENT,   /* /NAME.torrent */
	TARGET_TAR,       /* /NAME.tar */
	TARGET_FILE       /* /NAME, /NAME/, /NAME/path and /NAME/path/ */
};

/* Spans are in text: the struct must stay where it is. */
struct web_target {
	int what;
	int torrent;       /* of the last three: its number, as find has it */
	struct span path;  /* of a file: decoded, names parted by one slash
	                    * each; n 0: the torrent's file or directory */
	int slash;         /* one more at the end: only a directory is meant */
	uint8_t text[HTTP_HEAD_MAX];
};

/* A request's path, without its query, still encoded.  find tells the number
 * of the torrent of that name, or -1.  A torrent with a name such as x.tar
 * goes before the archive of one called x; no torrent hides the pages.
 * Returns 200, 400: wrong, 404: no such torrent, or no file can be called
 * that, 414: too long. */
int target_parse(struct web_target *t, struct span path,
    int (*find)(void *arg, struct span name), void *arg);

#endif
