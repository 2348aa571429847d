/* The members of one swarm in one family of addresses, for a tracker: one
 * block of memory.  Pure.  NULL is an empty set.
 *
 * A record is a member's compact address (6 or 18 bytes) and what is known of
 * it.  Those that fetch stand before the seeds; there is no other order, and
 * any call that takes struct members ** moves records. */

#ifndef MEMBERS_H
#define MEMBERS_H

#include <stddef.h>
#include <stdint.h>

#include "addr.h"

struct members;

#define MEMBERS_NIL UINT32_MAX /* no place */
enum { MEMBERS_RECORD_MAX = 24, MEMBERS_MIX = 4 };

struct info {
	uint8_t seen;    /* when, in the owner's ticks */
	uint8_t flags;   /* the owner's */
	uint8_t tag[4];  /* who it is */
};

/* Bytes of a compact address, of a whole record, and of a set's memory; from
 * where a compact address can be reached. */
size_t members_compact_len(int six);
size_t members_record_len(int six);
size_t members_bytes(const struct members *r);
enum addr_scope members_scope(const uint8_t *compact, int six);

/* How many members there are, how many of them fetch, and whether they are at
 * IPv6 (the last of a set that is not NULL). */
uint32_t members_len(const struct members *r);
uint32_t members_nfetch(const struct members *r);
int members_six(const struct members *r);

/* The record at a place, which begins with its compact address, and its info.
 */
uint8_t *members_at(const struct members *r, uint32_t at);
struct info *members_info(const struct members *r, uint32_t at);

/* The place of a compact address, or of a tag (among the first thousands), or
 * MEMBERS_NIL.  mix: secret odd numbers, the same for all calls. */
uint32_t members_find(const struct members *r, const uint64_t mix[MEMBERS_MIX],
    const uint8_t *compact);
uint32_t members_find_tag(const struct members *r, const uint8_t tag[4]);

/* Adds a member that is not there yet, its info zeroed: its place. */
uint32_t members_add(struct members **r, const uint64_t mix[MEMBERS_MIX],
    int six, const uint8_t *compact, int seed);
void members_remove(struct members **r, const uint64_t mix[MEMBERS_MIX],
    uint32_t at);
/* Makes a member one that seeds, or one that fetches: its place then. */
uint32_t members_turn(struct members **r, const uint64_t mix[MEMBERS_MIX],
    uint32_t at, int seed);
/* Gives memory back after members have left; none at all are NULL again. */
void members_fit(struct members **r, const uint64_t mix[MEMBERS_MIX]);

#endif
