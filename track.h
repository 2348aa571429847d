/* The tracker's answers (BEP 3, 7, 23): request and time in, reply out.  Pure.
 */

enum {
	NUMWANT_DEFAULT = 50,
	NUMWANT_MAX     = 200,
	SWARMS_MAX      = 1 << 18, /* torrents, */
	PEERS_MAX_ALL   = 1 << 21  /* and peers of all of them together */
};

struct track;

/* interval: seconds between announces, as peers are told.  seed is not 0. */
struct track *track_new(int interval, uint64_t seed);
void track_free(struct track *t);

/* What an announce did, for a line of output. */
struct track_event {
	uint8_t hash[ID_LEN];
	struct addr addr;
	int64_t left;
	const char *name; /* "started", "completed", "stopped" or "announce" */
};

/* Answers the query of an announce that came from an address: appends the
 * bencoded reply, or failure, to out.  0 with *ev filled in, or -1: it was
 * refused. */
int track_http(struct track *t, struct span query, const struct addr *from,
    int64_t now_ms, struct buf *out, struct track_event *ev);
/* Forgets peers that were not heard of for two intervals: a few torrents a
 * call, so it is to be called often. */
void track_expire(struct track *t, int64_t now_ms);

void track_count(const struct track *t, uint32_t *swarms, uint32_t *peers);
