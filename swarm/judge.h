/* Whole pieces: whether they are right, and if not, who is guilty. */

#ifndef JUDGE_H
#define JUDGE_H

#include "torrent/meta.h"
#include "torrent/store.h"
#include "swarm/pick.h"

struct judge;

struct judge_ops { /* called from judge_all, with arg */
	/* The piece is right: it is here.  1: the others are judged, too; 0:
	 * the owner is done. */
	int (*right)(void *arg, uint32_t piece);
	/* It is wrong, and wanted again. */
	void (*wrong)(void *arg, uint32_t piece);
	/* Who has this tag of the picker's sent a bad block. */
	void (*guilty)(void *arg, uint32_t tag);
};

/* For the pieces of shape sh, written to s and chosen by pk; all borrowed. */
struct judge *judge_new(const struct shape *sh, struct store *s,
    struct pick *pk, const struct judge_ops *ops, void *arg);
void judge_free(struct judge *j);

/* All blocks of a piece have come, and wait for judge_all.  1: so many wait
 * that it should be called now; else 0. */
int judge_wait(struct judge *j, uint32_t piece);
/* Judges the pieces that wait, and tells the picker.  0, or -1: the store
 * failed. */
int judge_all(struct judge *j);

#endif
