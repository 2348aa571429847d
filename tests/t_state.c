/* state: a state file's bytes, right in their sum alone, and what others have
 * put where the new file is to stand. */
#include <sys/types.h>
#include <sys/stat.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "util.h"
#include "rand.h"
#include "sha1.h"
#include "net.h"
#include "track/swarms.h"
#include "track/state.h"
#include "fault.h"
#include "unit.h"

enum { LIFE = 64000, WALL = 1700000000, MEMBERS = 100 };

static void walls(void);
static void mutated(void);
static void planted(void);
static void later(void);
static int saves(const char *path, struct swarms *sw);
static int is_victim(const char *path);
static struct swarms *some(int64_t now_ms);
static void summed(struct buf *b, const struct buf *body, uint64_t wall);
static uint32_t members(const struct swarms *sw);

void
test_state(void)
{
	walls();
	mutated();
	planted();
	later();
}

static void
walls(void)
{
	static const struct { uint64_t wall; uint32_t n; } times[] = {
		{ WALL, MEMBERS }, { WALL - LIFE / 2000, MEMBERS },
		{ WALL + 5, MEMBERS }, { WALL - LIFE, 0 }, { 0, 0 },
		{ INT64_MAX, MEMBERS }, { UINT64_C(1) << 63, MEMBERS },
		{ (UINT64_C(1) << 63) + 1, MEMBERS },
		{ UINT64_MAX, MEMBERS }, { UINT64_MAX - WALL, MEMBERS }
	};
	struct swarms *sw = some(0), *back;
	struct buf body = { 0 }, b = { 0 };
	uint32_t at = 0;
	char what[40];
	size_t i;

	swarms_save_head(sw, &body, 0);
	while (swarms_save(sw, &at, &body))
		;
	CASE("state: who was away for a life is gone, whenever it was written");
	for (i = 0; i < LEN(times); i++) {
		snprintf(what, sizeof what, "%llx",
		    (unsigned long long)times[i].wall);
		summed(&b, &body, times[i].wall);
		back = state_parse(&b, LIFE, WALL, 1000);
		OK_FOR(what, back && members(back) == times[i].n);
		swarms_free(back);
		back = state_parse(&b, LIFE, -5, 1000);
		OK_FOR(what, back && members(back) == MEMBERS);
		swarms_free(back);
	}
	CASE("state: a wrong sum, and any cut, is no state");
	for (i = 0; i < b.len; i++) {
		b.p[i] ^= 1;
		OK(state_parse(&b, LIFE, WALL, 1000) == NULL);
		b.p[i] ^= 1;
	}
	for (; b.len > 0; b.len--)
		OK(b.len == i || !state_parse(&b, LIFE, WALL, 1000));
	buf_free(&b);
	buf_free(&body);
	swarms_free(sw);
}

static void
mutated(void)
{
	struct swarms *sw = some(0), *back;
	struct buf good = { 0 }, body = { 0 }, b = { 0 };
	uint64_t rnd = 7;
	uint32_t at = 0, k, life;
	int i, loaded = 0, wrong = 0;

	swarms_save_head(sw, &good, 0);
	while (swarms_save(sw, &at, &good))
		;
	CASE("state: what nobody meant does no harm, though its sum is right");
	for (i = 0; i < 20000; i++) {
		body.len = 0;
		buf_put(&body, good.p, good.len);
		buf_room(&body, 100);
		for (k = rnd_below(&rnd, 3); k > 0; k--) /* numbers too large */
			memset(body.p + rnd_below(&rnd, (uint32_t)body.len - 8),
			    rnd_below(&rnd, 2) ? 0xff : 0x80, 1 +
			    rnd_below(&rnd, 8));
		body.len = unit_mutate(body.p, body.len, body.len + 100, &rnd);
		summed(&b, &body, (uint64_t)rnd_next(&rnd) << 32 |
		    rnd_next(&rnd));
		life = 1 + rnd_below(&rnd, 2 * LIFE);
		back = state_parse(&b, life,
		    (int64_t)((uint64_t)rnd_next(&rnd) << 31), 1000);
		if (!back)
			continue;
		loaded++;
		for (k = 2 * swarms_expire_calls(back) + 2; k > 0; k--)
			swarms_expire(back, 1100 + 2 * (int64_t)life);
		wrong += members(back) > 0;
		swarms_free(back);
	}
	OK(wrong == 0 && loaded > 1000 && loaded < 20000);
	buf_free(&b);
	buf_free(&body);
	buf_free(&good);
	swarms_free(sw);
}

static void
planted(void)
{
	char dir[] = "/tmp/btsh-state-XXXXXX", path[64], temp[64], victim[64];
	struct swarms *sw = some(net_now());
	struct stat st;
	FILE *f;

	OK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof path, "%s/state", dir);
	snprintf(temp, sizeof temp, "%s/state.new", dir);
	snprintf(victim, sizeof victim, "%s/victim", dir);
	f = fopen(victim, "w");
	OK(f && fputs("victim", f) >= 0 && fclose(f) == 0);

	CASE("state: what stands where the new file is to be is not written");
	OK(saves(path, sw));
	OK(link(victim, temp) == 0 && saves(path, sw) && is_victim(victim));
	OK(symlink(victim, temp) == 0 && saves(path, sw) && is_victim(victim));
	OK(mkfifo(temp, 0666) == 0 && saves(path, sw));
	OK(lstat(path, &st) == 0 && S_ISREG(st.st_mode));
	OK((st.st_mode & 0777) == 0600);
	OK(symlink("/nowhere/at/all", temp) == 0 && saves(path, sw));
	CASE("state: a file that one who was killed has left is no hindrance");
	OK(link(path, temp) == 0 && saves(path, sw));
	CASE("state: what cannot be put away is left alone");
	OK(mkdir(temp, 0700) == 0 && !saves(path, sw));
	OK(lstat(temp, &st) == 0 && S_ISDIR(st.st_mode));
	OK(rmdir(temp) == 0 && saves(path, sw));
	OK(lstat(temp, &st) < 0);
	unlink(path);
	unlink(victim);
	OK(rmdir(dir) == 0);
	swarms_free(sw);
}

/* A state that cannot be written for now is written at the next time, and what
 * is no state is left alone. */
static void
later(void)
{
	char dir[] = "/tmp/btsh-state-XXXXXX", path[64];
	struct swarms *sw = some(net_now()), *back = NULL;
	struct stat before, st;
	struct state *k;
	FILE *f;

	OK(mkdtemp(dir) != NULL);
	snprintf(path, sizeof path, "%s/state", dir);
	CASE("state: without a process it is written the next time");
	clock_set(net_now());
	k = state_open(path, sw);
	OK(k && stat(path, &before) == 0);
	fault_from(FAULT_FORK, 1, 0);
	clock_run(NULL, NULL, 301 * 1000);
	OK(fault_count(FAULT_FORK) == 1);
	OK(stat(path, &st) == 0 && st.st_ino == before.st_ino);
	clock_run(NULL, NULL, 301 * 1000);
	OK(fault_count(FAULT_FORK) == 2);
	fault_clear();
	clock_set(0);
	OK(state_close(k) == 0 && stat(path, &st) == 0 &&
	    st.st_ino != before.st_ino);
	CASE("state: of somebody else's file nothing is read or moved");
	f = fopen(path, "w");
	OK(f && fputs("something else\n", f) >= 0 && fclose(f) == 0);
	OK(state_load(path, LIFE, 0, &back) < 0 && !back);
	OK(stat(path, &st) == 0 && st.st_size == 15);
	f = fopen(path, "w");
	OK(f && fclose(f) == 0 && state_load(path, LIFE, 0, &back) == 0);
	OK(!back && unlink(path) == 0 && rmdir(dir) == 0);
	swarms_free(sw);
}

/* Whether they are written, and can be had back. */
static int
saves(const char *path, struct swarms *sw)
{
	struct swarms *back = NULL;
	struct state *k = state_open(path, sw);
	int ok = k && state_close(k) == 0;

	ok = ok && state_load(path, LIFE, 0, &back) == 0 && back &&
	    members(back) == MEMBERS;
	swarms_free(back);
	return ok;
}

static int
is_victim(const char *path)
{
	char text[16];
	FILE *f = fopen(path, "r");
	size_t n;

	if (!f)
		return 0;
	n = fread(text, 1, sizeof text, f);
	fclose(f);
	return n == 6 && memcmp(text, "victim", 6) == 0;
}

/* MEMBERS of them, joined then. */
static struct swarms *
some(int64_t now_ms)
{
	struct swarms *sw = swarms_new((const uint8_t *)"0123456789abcdef",
	    LIFE);
	uint8_t hash[ID_LEN] = { 0 };
	struct member m = { .keyed = 1 };
	uint32_t i;

	for (i = 0; i < MEMBERS; i++) {
		memset(&m.addr, 0, sizeof m.addr);
		if (i % 2)
			m.addr.ip[10] = m.addr.ip[11] = 0xff;
		put32(m.addr.ip + (i % 2 ? 12 : 0), 0x20000000 + i * 1000);
		m.addr.port = 1;
		m.tag = i;
		hash[0] = (uint8_t)(i * i % 7);
		swarms_join(sw, hash, &m, 1, now_ms);
		if (i % 3 == 0)
			swarms_complete(sw, hash, &m);
	}
	return sw;
}

/* A state file's bytes. */
static void
summed(struct buf *b, const struct buf *body, uint64_t wall)
{
	uint8_t p[SHA1_LEN];

	b->len = 0;
	buf_printf(b, "btsh tracker state 1\n");
	put64(p, wall);
	buf_put(b, p, 8);
	buf_put(b, body->p, body->len);
	sha1(b->p, b->len, p);
	buf_put(b, p, sizeof p);
}

static uint32_t
members(const struct swarms *sw)
{
	struct census n;

	swarms_count(sw, &n);
	return n.seeds + n.leechers;
}
