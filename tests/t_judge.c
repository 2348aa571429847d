/* judge: pieces written to a real store, chosen by a real picker. */
#include <sys/types.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "torrent/meta.h"
#include "torrent/store.h"
#include "swarm/pick.h"
#include "swarm/judge.h"
#include "unit.h"
#include "sample.h"

enum { PIECES = 70, HOUR_MS = 3600000 };

static void pieces(void);
static void batch(void);
static void unreadable(void);
static void setup(int64_t size);
static void teardown(void);
static void send_piece(uint32_t piece, const char *how);
static int was(int nright, int nwrong, const char *guilty);
static int on_right(void *arg, uint32_t piece);
static void on_wrong(void *arg, uint32_t piece);
static void on_guilty(void *arg, uint32_t tag);
static void on_cancel(void *owner, struct block b);

static const struct judge_ops ops = { on_right, on_wrong, on_guilty };
static const struct pick_ops pick_ops = { on_cancel };

static struct {
	struct sample sm;
	struct store *store;
	struct pick *pick;
	struct judge *judge;
	int64_t now_ms;
	int nright, nwrong, ends_at, last_wait;
	char guilty[16];
} w;

void
test_judge(void)
{
	pieces();
	batch();
	unreadable();
}

static void
setup(int64_t size)
{
	memset(&w, 0, sizeof w);
	sample_new(&w.sm, size);
	w.store = sample_store(&w.sm, NULL);
	w.pick = pick_new(&w.sm.m->sh, 1, &pick_ops);
	pick_in_order(w.pick, 1);
	w.judge = judge_new(&w.sm.m->sh, w.store, w.pick, &ops, &w);
}

static void
teardown(void)
{
	judge_free(w.judge);
	pick_free(w.pick);
	store_free(w.store);
	sample_free(&w.sm);
}

/* All of a piece's blocks.  how has the tag of each one's author; a letter, a
 * for 1 and so on: it is wrong. */
static void
send_piece(uint32_t piece, const char *how)
{
	uint8_t data[BLOCK_LEN];
	struct block b;
	struct source *s;
	enum picked r = PICK_BLOCK;
	int i;

	w.now_ms += HOUR_MS; /* a stranger waits for a piece that failed */
	for (i = 0; how[i]; i++) {
		s = pick_join(w.pick, &w, how[i] & 7);
		pick_choke(w.pick, s, 0);
		pick_has(w.pick, s, piece);
		do {
			OK(pick_next(w.pick, s, 0, w.now_ms, &b) &&
			    b.piece == piece);
			memcpy(data, w.sm.data + (int64_t)b.piece *
			    SAMPLE_PIECE + b.begin, b.len);
			data[7] ^= how[i] >= 'a';
			r = pick_got(w.pick, s, b);
			OK(r != PICK_UNASKED);
			OK(store_put(w.store, b, data) == 0);
			OK(store_settle(w.store) == 0);
		} while (how[i + 1] == how[i] && ++i);
		pick_leave(w.pick, s);
	}
	OK(r == PICK_WHOLE);
	w.last_wait = judge_wait(w.judge, piece);
}

static int
on_right(void *arg, uint32_t piece)
{
	OK(arg == &w && bit_get(store_have(w.store), piece));
	return ++w.nright != w.ends_at;
}

static void
on_wrong(void *arg, uint32_t piece)
{
	OK(arg == &w && !bit_get(store_have(w.store), piece));
	w.nwrong++;
}

static void
on_guilty(void *arg, uint32_t tag)
{
	OK(arg == &w && tag >= 1 && tag <= 4);
	w.guilty[strlen(w.guilty)] = (char)('0' + tag);
}

static void
on_cancel(void *owner, struct block b)
{
	(void)owner, (void)b;
}

/* What has been told since the last time. */
static int
was(int nright, int nwrong, const char *guilty)
{
	int ok = w.nright == nright && w.nwrong == nwrong &&
	    strcmp(w.guilty, guilty) == 0;

	w.nright = w.nwrong = 0;
	memset(w.guilty, 0, sizeof w.guilty);
	return ok;
}

/* Each line is a piece, sent until it is right. */
static void
pieces(void)
{
	static const struct {
		const char *name, *how[2], *guilty[2];
	} table[] = {
		{ "judge: a right piece is here, whoever sent it",
		    { "1212" }, { "" } },
		{ "judge: a wrong piece of one author is his fault",
		    { "aaaa", "2222" }, { "1", "" } },
		{ "judge: so it is if one block was wrong",
		    { "11a1", "2222" }, { "1", "" } },
		{ "judge: whose fault is one of several comes out in the end",
		    { "1b34", "1111" }, { "", "2" } },
		{ "judge: of two who lied, too",
		    { "a2c2", "4444" }, { "", "13" } },
		{ "judge: so does who sent it both times",
		    { "1b22", "2222" }, { "", "2" } },
	};
	size_t i;
	int k, last;

	for (i = 0; i < LEN(table); i++) {
		CASE(table[i].name);
		setup(2 * SAMPLE_PIECE);
		for (k = last = 0; !last; k++) {
			last = k == 1 || !table[i].how[1];
			send_piece(1, table[i].how[k]);
			OK(judge_all(w.judge) == 0);
			OK(was(last, !last, table[i].guilty[k]));
		}
		OK(judge_all(w.judge) == 0 && was(0, 0, ""));
		OK(pick_partial(w.pick) == 0);
		teardown();
	}
}

static void
batch(void)
{
	uint32_t i;

	CASE("judge: with 64 waiting it is time");
	setup(PIECES * (int64_t)SAMPLE_PIECE - 5);
	for (i = 0; i < 64; i++) {
		send_piece(i, i == 10 ? "dddd" : "1122");
		OK(w.last_wait == (i == 63));
	}
	OK(judge_all(w.judge) == 0 && was(63, 1, "4"));
	CASE("judge: the last, short piece is one, too");
	send_piece(PIECES - 1, "123b");
	OK(judge_all(w.judge) == 0 && was(0, 1, ""));
	send_piece(PIECES - 1, "1111");
	OK(judge_all(w.judge) == 0 && was(1, 0, "2"));
	CASE("judge: when the owner is done it goes no further");
	for (i = 64; i < 69; i++)
		send_piece(i, "1122");
	w.ends_at = 2;
	OK(judge_all(w.judge) == 0 && was(2, 0, ""));
	OK(judge_all(w.judge) == 0 && was(0, 0, ""));
	teardown();
}

/* What came in order was hashed as it came; the rest must be read. */
static void
unreadable(void)
{
	struct source *s;
	struct block b[4];
	char path[300];
	int i;

	CASE("judge: nobody is blamed by what cannot be read");
	setup(2 * SAMPLE_PIECE);
	snprintf(path, sizeof path, "%s/data", w.sm.dir);
	send_piece(0, "1b22");
	OK(judge_all(w.judge) == 0 && was(0, 1, ""));
	send_piece(0, "1111");
	OK(truncate(path, 0) == 0);
	OK(judge_all(w.judge) == 0 && was(1, 0, ""));
	CASE("judge: a piece that cannot be read is the store's failure");
	s = pick_join(w.pick, &w, 1);
	pick_choke(w.pick, s, 0);
	pick_has_all(w.pick, s);
	for (i = 0; i < 4; i++)
		OK(pick_next(w.pick, s, 0, w.now_ms, &b[i]));
	while (i-- > 0)
		pick_got(w.pick, s, b[i]);
	OK(judge_wait(w.judge, b[0].piece) == 0);
	OK(judge_all(w.judge) < 0 && was(0, 0, ""));
	OK(judge_all(w.judge) == 0);
	teardown();
	judge_free(NULL);
}
