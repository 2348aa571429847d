/* What is kept of a torrent for the next start: its bytes, synced, and then its
 * resume file. */

#ifndef KEEP_H
#define KEEP_H

#include "proc.h"
#include "torrent/resume.h"
#include "torrent/mark.h"
#include "torrent/site.h"

/* Zeroed before use. */
struct keep {
	struct stamp *stamps;  /* owned: of all files; NULL: not looked at */
	uint8_t *dirty;        /* owned: files that were written since they */
	                       /* were synced; the last bit is the file */
	                       /* beside's; NULL: none */
	uint8_t *touched;      /* owned: the same, since they were looked at */
	uint8_t *doubted;      /* owned: the same, that changed, and nobody */
	                       /* has hashed them since */
	int fs;                /* with many files, the directory, open since */
	                       /* before the first write; 0: none */
	struct child child;    /* syncs and saves */
	/* the rest is for its time, borrowed */
	struct site *site;
	struct resume *text;   /* NULL: nothing is to be saved */
	void (*saved)(void *arg, int lost, int why);
	void *arg;
};

/* A child that is at it goes on. */
void keep_free(struct keep *k);
/* Bytes of a file were written. */
void keep_wrote(struct keep *k, struct site *p, uint32_t file);
/* Nobody knows what of the files was synced. */
void keep_doubt(struct keep *k, const struct site *p);
/* In a child, which has the process as it is now: what was written is synced;
 * then, unless r is NULL, the resume file says what r does, and how the files
 * stand.  saved hears of it from the loop or, if there could be no child, from
 * within.  lost: bytes may not be on disk, which is noted in p; else why is an
 * errno, why there is no resume file, or 0. */
void keep_save(struct keep *k, struct site *p, const struct resume *r,
    void (*saved)(void *arg, int lost, int why), void *arg);
/* Whether a file, which is not being written any more, has another size or time
 * than when it was looked at last; it is looked at now, and doubted: the next
 * start has to hash it, unless keep_trust comes before. */
int keep_changed(struct keep *k, struct site *p, uint32_t file);
void keep_suspect(struct keep *k, const struct site *p, uint32_t file);
/* What was doubted was hashed, and is right. */
void keep_trust(struct keep *k);
/* Whether one is at it. */
int keep_saves(const struct keep *k);

#endif
