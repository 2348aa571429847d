/* saver: when a resume file is written. */
#include <stddef.h>
#include <stdint.h>

#include "util.h"
#include "swarm/saver.h"
#include "unit.h"

#define MIB (INT64_C(1) << 20)

void
test_saver(void)
{
	struct saver s = { 0 };
	int64_t now = 1000000;

	CASE("saver: not before there is something, then at once");
	OK(!saver_due(&s, 0, now));
	OK(saver_due(&s, 1, now));
	saver_begins(&s, 1, now);
	saver_ended(&s, now);
	CASE("saver: then after 30 s, if there is more");
	OK(!saver_due(&s, 2, now + 29999) && saver_due(&s, 2, now + 30000));
	OK(!saver_due(&s, 1, now + 99999));
	CASE("saver: or 256 MiB");
	OK(!saver_due(&s, 256 * MIB, now + 1));
	OK(saver_due(&s, 256 * MIB + 1, now + 1));
	CASE("saver: but it rests ten times as long as it takes");
	saver_begins(&s, 2, now);
	saver_ended(&s, now + 5000);
	OK(!saver_due(&s, 900 * MIB, now + 54999));
	OK(saver_due(&s, 900 * MIB, now + 55000));
}
