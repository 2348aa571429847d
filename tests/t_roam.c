/* roam: when the host has moved. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cmd/roam.h"
#include "unit.h"

void
test_roam(void)
{
	struct roam r = { 0 };
	int64_t now = 5000;
	int i, moves = 0;

	CASE("roam: the first look tells nothing");
	OK(roam_look(&r, 7, now) == ROAM_STAYED);
	OK(roam_look(&r, 7, now + 1000) == ROAM_STAYED);
	CASE("roam: other networks, and then they have settled, once");
	OK(roam_look(&r, 8, now + 2000) == ROAM_MOVED);
	OK(roam_look(&r, 8, now + 3000) == ROAM_STAYED);
	OK(roam_look(&r, 7, now + 4000) == ROAM_MOVED);
	OK(roam_look(&r, 7, now + 6999) == ROAM_STAYED);
	OK(roam_look(&r, 7, now + 7000) == ROAM_SETTLED);
	OK(roam_look(&r, 7, now + 8000) == ROAM_STAYED);
	CASE("roam: time has gone by without us");
	OK(roam_look(&r, 7, now + 17999) == ROAM_STAYED);
	OK(roam_look(&r, 7, now + 27999) == ROAM_MOVED);
	OK(roam_look(&r, 7, now + 31000) == ROAM_SETTLED);
	CASE("roam: who moves all the time is told a few, then one a minute");
	memset(&r, 0, sizeof r);
	roam_look(&r, 0, now);
	for (i = 1; i <= 600; i++)
		moves += roam_look(&r, (uint64_t)i, now + 1000 * i) ==
		    ROAM_MOVED;
	OK(moves >= 12 && moves <= 14);
	CASE("roam: and none is lost");
	for (i = 601; roam_look(&r, 600, now + 1000 * i) != ROAM_MOVED &&
	    i < 700; i++)
		;
	OK(i < 700);
}
