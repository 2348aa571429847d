/* The peers that a torrent has heard of, and whom to dial next.  Pure. */

enum { KNOWN_MAX = 2000 };

enum origin { FROM_USER, FROM_TRACKER, FROM_PEER };

struct known;

struct known *known_new(void);
void known_free(struct known *k);

/* Remembers an address that may be dialled.  Refused: one that cannot be
 * dialled or is banned, a peer's word on a port below 1024, and any when the
 * table is full of better ones.  Whether it is new. */
int known_add(struct known *k, const struct addr *a, enum origin from);
/* The address to dial now, which is in use until known_over; NULL: none. */
const struct addr *known_next(struct known *k, int64_t now_ms);
/* When known_next will have one; INT64_MAX: not before there is news. */
int64_t known_when(const struct known *k);
/* A connection with a was made, by whomever: it need not be dialled. */
void known_use(struct known *k, const struct addr *a);
/* It is over, or it failed: dialled again later, each failure later. */
void known_over(struct known *k, const struct addr *a, int worked,
    int64_t now_ms);
/* Never again: all of this address, or (ourselves, a seed while we seed) this
 * address and port alone. */
void known_ban(struct known *k, const struct addr *a);
int known_banned(const struct known *k, const struct addr *a);
void known_never(struct known *k, const struct addr *a);
