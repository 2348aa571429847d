/* state: a file's bytes, behind the right head and with the right sum: what is
 * loaded keeps the limits, and saved and loaded again is the same. */
#include "fuzz.h"
#include "sha1.h"
#include "track/swarms.h"
#include "track/state.h"

enum { LIFE_MS = 3600000, WALL = 1700000000 };

static const char magic[] = "btsh tracker state 1\n";

static void
file_of(struct buf *b, uint64_t then, struct span body)
{
	uint8_t sum[SHA1_LEN], wall[8];

	put64(wall, then);
	buf_put(b, magic, sizeof magic - 1);
	buf_put(b, wall, 8);
	buf_put(b, body.p, body.n);
	sha1(b->p, b->len, sum);
	buf_put(b, sum, sizeof sum);
}

static void
add(void *arg, const uint8_t hash[ID_LEN], const struct tally *t)
{
	struct tally *all = arg;

	(void)hash;
	all->seeds += t->seeds;
	all->leechers += t->leechers;
	all->completed += t->completed;
}

static void
holds(struct swarms *sw, struct tally *all)
{
	struct swarm_size list[4];
	struct census c;
	int n;

	memset(all, 0, sizeof *all);
	swarms_each(sw, add, all);
	swarms_count(sw, &c);
	CHECK(c.seeds == all->seeds && c.leechers == all->leechers);
	n = swarms_largest(sw, list, 4);
	CHECK(n <= 4 && (uint32_t)n <= c.swarms);
	CHECK(n < 2 || list[0].tally.seeds + list[0].tally.leechers >=
	    list[1].tally.seeds + list[1].tally.leechers);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span s = span_at(data, n);
	struct buf file = { 0 }, body = { 0 };
	struct tally was, is;
	struct swarms *sw, *back;
	uint32_t at = 0, i;
	int odd = (int)take8(&s);

	file_of(&file, odd & 1 ? take64(&s) : WALL, s);
	if (odd == 255 && s.n > 0)
		file.p[file.len - 1] ^= 1;
	sw = state_parse(&file, LIFE_MS, WALL, 1000);
	CHECK(!sw || odd != 255 || s.n == 0);
	if (sw) {
		holds(sw, &was);
		swarms_save_head(sw, &body, 1000);
		while (swarms_save(sw, &at, &body))
			;
		file.len = 0;
		file_of(&file, WALL, span_at(body.p, body.len));
		back = state_parse(&file, LIFE_MS, WALL, 1000);
		CHECK(back);
		holds(back, &is);
		CHECK(was.seeds == is.seeds && was.leechers == is.leechers &&
		    was.completed == is.completed);
		swarms_free(back);
		for (i = 0; i < 2 * swarms_expire_calls(sw); i++)
			swarms_expire(sw, 1000 + 3 * (int64_t)LIFE_MS);
		holds(sw, &is);
		CHECK(is.seeds + is.leechers == 0);
		swarms_free(sw);
	}
	buf_free(&file);
	buf_free(&body);
	return 0;
}
