/* Flow.  The window grows with every block, as TCP's does, and is cut once a
 * second to what the peer gives in two, or in a crowd in one.  How long an
 * answer may take is learnt from how long answers took.
 *
 * A stalled peer has a small window, and its requests go on only where nobody
 * else can give (pick.c); after a while it is on parole, since it may be an
 * honest one whose line was down, and one block is what that costs. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "rate.h"
#include "torrent/meta.h"
#include "swarm/flow.h"

enum {
	WINDOW_FIRST = 64,     /* blocks, which need not be cut, */
	WINDOW_CROWD = 16,     /* but for a crowd these */
	WINDOW_LEAST = 4,
	WINDOW_MOST  = 2048,
	WINDOW_S     = 2,      /* seconds of blocks that a window holds */
	REJECTS_MAX  = 64,     /* then it is left alone until the tick */
	FORGIVEN_MAX = 2 * WINDOW_MOST,
	FORGIVEN_MS  = 180000, /* a slow line holds much that was sent */
	PATIENCE     = 4,      /* times what an answer takes, */
	PATIENCE_MS  = 3000,   /* but at least and at most so long, */
	PATIENCE_MAX = 12000,
	PATIENCE_NEW = 4000,   /* and so long as nothing has come */
	LOST_MS      = 60000,
	SLACK        = 64 << 10, /* bytes of other messages than blocks */
	PAROLE_MS    = 120000
};

void
flow_init(struct flow *f, int64_t now_ms)
{
	f->window = WINDOW_FIRST;
	f->heard_ms = now_ms;
}

int
flow_room(const struct flow *f, int n, int reqq)
{
	return f->broke || f->rejects >= REJECTS_MAX ? 0 :
	    MAX(0, MIN(f->window, reqq) - n);
}

void
flow_mark(struct flow *f, int64_t read)
{
	f->read = read;
}

int
flow_excused(const struct flow *f, int n, int64_t read)
{
	return read - f->read < (int64_t)n * (BLOCK_LEN + 13) + SLACK;
}

void
flow_crowd(struct flow *f)
{
	f->crowded = 1;
}

void
flow_unchoked(struct flow *f)
{
	if (!f->stalled_ms)
		f->window = MAX(f->window, WINDOW_FIRST);
	f->rejects = 0;
}

void
flow_forgive(struct flow *f, int n, int64_t now_ms)
{
	if (n > 0)
		f->forgiven_ms = now_ms;
	f->forgiven = MIN(f->forgiven + n, FORGIVEN_MAX);
}

void
flow_broke(struct flow *f, int n, int64_t now_ms)
{
	flow_forgive(f, n, now_ms);
	f->broke |= n > 0;
}

void
flow_got(struct flow *f, uint32_t len, int64_t asked_ms, int64_t now_ms)
{
	int64_t took = MAX(now_ms - asked_ms, 1);

	rate_add(&f->down, len);
	f->answer_ms = f->answer_ms ? (7 * f->answer_ms + took) / 8 : took;
	f->window = MIN(f->window + 1, WINDOW_MOST);
	f->heard_ms = now_ms;
	f->rejects = 0;
	f->stalled_ms = 0;
}

void
flow_rejected(struct flow *f)
{
	f->rejects++;
}

int
flow_unasked(struct flow *f, int64_t now_ms)
{
	if (f->forgiven == 0 || now_ms - f->forgiven_ms > FORGIVEN_MS)
		return 0;
	f->forgiven--;
	return 1;
}

void
flow_alive(struct flow *f)
{
	if (f->stalled_ms)
		f->window = 1;
	f->stalled_ms = 0;
}

enum flow_state
flow_tick(struct flow *f, int64_t oldest_ms, int held, int64_t now_ms)
{
	int64_t blocks, silent;

	rate_tick(&f->down);
	f->rejects = f->broke = 0;
	blocks = rate_recent(&f->down) * (f->crowded ? 1 : WINDOW_S) /
	    BLOCK_LEN;
	if (f->window > MAX(blocks, f->crowded ? WINDOW_CROWD : WINDOW_FIRST))
		f->window = (int)MAX(blocks, WINDOW_LEAST);
	silent = oldest_ms && !held ? now_ms - MAX(f->heard_ms, oldest_ms) : 0;
	if (silent >= flow_patience(f)) {
		if (!f->stalled_ms)
			f->stalled_ms = now_ms;
		f->window = 1;
	} else if (!oldest_ms && f->stalled_ms &&
	    now_ms - f->stalled_ms >= PAROLE_MS) {
		f->stalled_ms = 0;
	}
	return silent >= LOST_MS ? FLOW_LOST :
	    f->stalled_ms ? FLOW_STALLED : FLOW_FINE;
}

int64_t
flow_patience(const struct flow *f)
{
	return f->answer_ms == 0 ? PATIENCE_NEW :
	    MAX(PATIENCE_MS, MIN(PATIENCE * f->answer_ms, PATIENCE_MAX));
}
