/* Who sent the bad block of a piece that several peers gave.  Pure. */

#ifndef BLAME_H
#define BLAME_H

#include <stdint.h>

struct blame;

struct blame *blame_new(void);
void blame_free(struct blame *bl);

/* A piece's digest was wrong: digests of its n blocks, and the tag of who sent
 * each.  Copied. */
void blame_failed(struct blame *bl, uint32_t piece, uint32_t n,
    uint8_t (*digests)[20], const uint32_t *from);
/* Whether a piece has failed before. */
int blame_suspects(const struct blame *bl, uint32_t piece);
/* Now it was right: guilty(arg, tag) for each block that was not the same, and
 * the piece is forgotten. */
void blame_passed(struct blame *bl, uint32_t piece, uint8_t (*digests)[20],
    void (*guilty)(void *arg, uint32_t tag), void *arg);

#endif
