/* What a torrent says (BEP 3, 12, 19, 27, 47), parsed and checked. */

#ifndef META_H
#define META_H

#include "util.h"
#include "torrent/paths.h"

enum {
	META_MAX       = 256 << 20, /* bytes of a torrent from disk */
	META_NET_MAX   = 16 << 20,  /* and of one from the network */
	PIECE_LEN_MIN  = 1 << 10,
	PIECE_LEN_MAX  = 256 << 20,
	TRACKERS_MAX   = 100,
	WEBSEEDS_MAX   = 32,        /* of a magnet link */
	META_NODE      = 264,       /* bytes of host:port, with its NUL */
	META_WHY       = 120        /* bytes of a reason, all printable */
};

/* How a torrent's bytes are cut. */
enum { BLOCK_LEN = 16384 };
struct shape {
	int64_t size;
	uint32_t piece_len, npieces;
};

/* A block of a piece, as requests name it. */
struct block {
	uint32_t piece, begin, len;
};

struct file {
	int64_t off, len;  /* where it stands among all bytes */
	/* a bencoded list of safe names, borrowed; n 0: a single file, or
	 * padding, whose path need not be distinct either */
	struct span path;
	int pad;           /* BEP 47: zeros that are not on disk */
	int link;          /* BEP 47: a symbolic link, of no bytes */
};

/* Where a symbolic link leads. */
struct target {
	uint32_t file;
	struct span path;  /* a bencoded list, borrowed */
};

/* Numbers of files, the last one among them. */
struct range {
	uint32_t first, last;
};

struct tracker {
	char *url;         /* owned */
	int tier;
	int by_user;       /* the user named it, not a torrent or a link */
};

struct meta {
	struct buf raw;         /* the whole torrent, owned */
	struct span info;       /* the info dictionary, as it stands */
	uint8_t hash[20];       /* its SHA-1 */
	uint8_t *pieces;        /* npieces digests, in raw */
	struct span name;       /* safe: the root's on disk */
	struct span said;       /* the name as the torrent has it; n 0: none */
	struct span comment, creator, source;
	struct span nodes, webseeds; /* BEP 5's, 19's: values, one by one */
	struct buf seeds;       /* owned: those of a magnet link, as values */
	int64_t created;        /* seconds since 1970; 0: it does not say */
	struct text *texts;     /* owned: names and paths that were not safe */
	struct shape sh;
	struct file *files;     /* owned; in the torrent's order */
	uint32_t nfiles;
	struct target *targets; /* owned; the links', files rising */
	uint32_t ntargets;
	int is_dir;             /* the files stand in a directory, name */
	int private;            /* BEP 27 */
	char *origin;           /* owned, set by who got it elsewhere than from
	                         * the user himself: its URL, "": unknown */
	struct tracker *trackers; /* owned; tiers rise */
	int ntrackers;
	struct span *peers;     /* of a magnet link: host:port; owned */
	int npeers;
	struct range *select;   /* the files that it chooses; owned; rising */
	uint32_t nselect;       /* 0: all */
};

/* Takes raw's bytes over (it is empty afterwards) whether it works or not.
 * The caller frees with meta_free.  NULL, and why it is no torrent; else why
 * means nothing. */
struct meta *meta_parse(struct buf *raw, char why[META_WHY]);
void meta_free(struct meta *m);

/* The elements of a file's path below the root, one at a time:
 *	it = ben_items(f->path); while (meta_element(&it, &e)) ... */
int meta_element(struct span *items, struct span *element);
/* The file's path, from the root's name on, appended as it stands. */
void meta_path(struct buf *b, const struct meta *m, const struct file *f);
/* Whether file is a symbolic link (BEP 47), and then its target: a bencoded
 * list of safe elements below the root, for meta_element.  There may be no
 * such file: the link dangles then. */
int meta_target(const struct meta *m, uint32_t file, struct span *path);
/* The file that holds byte off (of those with bytes), by halving. */
uint32_t meta_file_at(const struct meta *m, int64_t off);
/* Clears in a bit set the pieces that have any of the bytes from up to to. */
void shape_clear(const struct shape *sh, uint8_t *set, int64_t from,
    int64_t to);
/* The pieces that hold bytes of files that skip, a bit set, has not; NULL has
 * none.  set has a bit for each piece. */
void meta_wanted(const struct meta *m, const uint8_t *skip, uint8_t *set);
/* Its web seeds and its nodes, one at a time, without those that are none:
 *	it = m->webseeds; while (meta_webseed(&it, &url)) ...
 *	it = m->nodes; while (meta_node(&it, text)) ...
 * text is host:port, whose host may be anything. */
int meta_webseed(struct span *items, struct span *url);
int meta_node(struct span *items, char text[META_NODE]);
/* The bytes of one piece. */
uint32_t shape_len(const struct shape *sh, uint32_t piece);
/* The info hash, from info: for a torrent whose pieces were filled in. */
void meta_rehash(struct meta *m);

/* For those who make one of other things than a torrent.  The name (as it was
 * said) and the tracker of a URL, which is not taken if it is none or there
 * are too many; and a reason, noted: always -1. */
void meta_set_name(struct meta *m, struct span said);
void meta_add_tracker(struct meta *m, struct span url, int tier);
int meta_wrong(char why[META_WHY], const char *fmt, ...) PRINTF(2, 3);

#endif
