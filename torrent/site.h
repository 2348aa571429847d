/* Where the bytes of a torrent's files are on disk: at home, under their
 * names, or beside, in a file that is as long as the torrent. */

#ifndef SITE_H
#define SITE_H

#include "torrent/meta.h"
#include "torrent/files.h"
#include "torrent/resume.h"

enum {
	STORE_WRITE  = 1, /* files and directories may be made and written */
	STORE_FOLLOW = 2, /* the root, which the user named, may be a link */
	STORE_TEMP   = 4, /* nothing stays: all bytes go to a nameless file */
	STORE_FORCE  = 8, /* somebody else's files may be written over */
	STORE_LINKS  = 16 /* links below the root are followed, too: only for
	                   * what is read, and verified */
};

/* What failed: the last two are of what is somebody else's, and stays. */
enum site_fault {
	STORE_FAILED,
	STORE_DENIED,     /* we may not write there */
	STORE_FULL,       /* no space is left */
	STORE_IN_WAY,     /* something stands where ours should, */
	STORE_FOREIGN     /* a file of other data, which STORE_FORCE is for */
};

struct site {
	struct tree tree;
	char *name;           /* owned: the root's, which tree borrows */
	int flags;
	const uint8_t *skip;  /* borrowed: files that stand beside, or NULL */
	uint8_t *guests;      /* owned: that do for now, or NULL */
	int temp;             /* the nameless file, or -1 */
	enum site_fault fault; /* of what failed last, */
	char error[512];      /* and what that was, safe to print */
};

/* files, m and dir are borrowed while the site lives. */
void site_init(struct site *p, struct files *files, const struct meta *m,
    const char *dir, const char *name, int flags);
/* 0, or -1 if a close failed: written data may be lost. */
int site_close(struct site *p);

/* The kind of failure that an errno stands for. */
enum site_fault site_fault(int why);
/* Notes what failed: "verb what: why". */
void site_note(struct site *p, enum site_fault fault, const char *verb,
    const char *what, const char *why);
/* Notes what failed with a file (SITE_BESIDE: the one beside), and why.
 * Returns -1, as do the next two. */
#define SITE_BESIDE UINT32_MAX
int site_fail(struct site *p, enum site_fault fault, const char *verb,
    uint32_t file, const char *why);
/* Notes that errno is why something failed with a file. */
int site_errno(struct site *p, const char *verb, uint32_t file);
/* Notes that errno is why a file's path leads nowhere, or that something in
 * that path stands where a directory should. */
int site_path_errno(struct site *p, const char *verb, uint32_t file);
/* Whether bytes that were written before are lost: -1, which is noted, or 0.
 */
int site_lost(struct site *p);

/* Whether a file's bytes are in the file beside, at the torrent's offsets. */
int site_is_beside(const struct site *p, uint32_t file);
/* The descriptor of the file beside, borrowed, which writing makes; -1 with
 * errno: it is not there, or cannot be ours. */
int site_beside(struct site *p, int write);
/* As store_size. */
int site_size(struct site *p, uint32_t file, int64_t *size);
/* How a file stands, wherever its bytes are: as site_size. */
int site_stamp(struct site *p, uint32_t file, struct stamp *st);
/* As store_temp. */
int site_temp(struct site *p);
/* Makes guests of the files that are not at home, if a file beside is there:
 * 0, or -1. */
int site_adopt(struct site *p);
/* Removes the file beside: 0, or -1. */
int site_clear(struct site *p);

#endif
