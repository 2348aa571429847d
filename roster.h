/* The members of one swarm in one family of addresses, for a tracker: one
 * block of memory.  Pure.  NULL is an empty roster.
 *
 * A record is a member's compact address (6 or 18 bytes) and what is known of
 * it.  Those that fetch stand before the seeds; there is no other order, and
 * any call that takes struct roster ** moves records. */

struct roster;

#define ROSTER_NIL UINT32_MAX /* no place */
enum { ROSTER_RECORD_MAX = 24, ROSTER_MIX = 4 };

struct info {
	uint8_t seen;    /* when, in the owner's ticks */
	uint8_t flags;   /* the owner's */
	uint8_t tag[4];  /* who it is */
};

/* Bytes of a compact address, of a whole record, and of a roster's memory. */
size_t roster_compact_len(int six);
size_t roster_record_len(int six);
size_t roster_bytes(const struct roster *r);

/* All members, those that fetch, and whether they are at IPv6 (of one that is
 * not NULL). */
uint32_t roster_len(const struct roster *r);
uint32_t roster_nfetch(const struct roster *r);
int roster_six(const struct roster *r);

/* The record at a place, which begins with its compact address, and its info.
 */
uint8_t *roster_at(const struct roster *r, uint32_t at);
struct info *roster_info(const struct roster *r, uint32_t at);

/* The place of a compact address, or of a tag (among the first thousands), or
 * ROSTER_NIL.  mix: secret odd numbers, the same for all calls. */
uint32_t roster_find(const struct roster *r, const uint64_t mix[ROSTER_MIX],
    const uint8_t *compact);
uint32_t roster_find_tag(const struct roster *r, const uint8_t tag[4]);

/* A member that is not there yet, its info zeroed: its place. */
uint32_t roster_add(struct roster **r, const uint64_t mix[ROSTER_MIX],
    int six, const uint8_t *compact, int seed);
void roster_remove(struct roster **r, const uint64_t mix[ROSTER_MIX],
    uint32_t at);
/* Makes it one that seeds, or one that fetches: its place then. */
uint32_t roster_turn(struct roster **r, const uint64_t mix[ROSTER_MIX],
    uint32_t at, int seed);
/* After members have left: memory follows. */
void roster_fit(struct roster **r, const uint64_t mix[ROSTER_MIX]);
