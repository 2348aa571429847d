/* progress.c: figures and bars as text. */
#include <stdint.h>
#include <string.h>

#include "util.h"
#include "cmd/progress.h"
#include "unit.h"

void
test_progress(void)
{
	static const struct {
		int64_t bytes;
		const char *text;
	} sizes[] = {
		{ 0, "0B" }, { 1023, "1023B" }, { 1024, "1.00KiB" },
		{ 1536, "1.50KiB" }, { 10240, "10.0KiB" },
		{ 102400, "100KiB" }, { 1023 << 10, "1.00MiB" },
		{ 1 << 20, "1.00MiB" }, { INT64_C(5) << 40, "5.00TiB" },
		{ INT64_C(1) << 60, "1024PiB" },
	};
	static const struct {
		int64_t seconds;
		const char *text;
	} times[] = {
		{ 0, "0:00" }, { 59, "0:59" }, { 60, "1:00" },
		{ 3599, "59:59" }, { 3600, "1:00:00" }, { 86399, "23:59:59" },
		{ INT64_MAX / 2, "99999" },
	};
	static const struct {
		int width;
		uint32_t n;
		const char *has, *bar;
	} bars[] = {
		{ 4, 4, "\xf0", "####" }, { 4, 4, "\x00", "    " },
		{ 4, 4, "\xa0", "# # " }, { 4, 8, "\xf0", "##  " },
		{ 1, 8, "\x80", "." }, { 1, 8, "\xfe", "%" },
		{ 1, 16, "\x80\x00", "." }, { 1, 8, "\xff", "#" }, { 4, 1, "\x80", "####" },
		{ 3, 2, "\x80", "## " },
	};
	struct buf b = { 0 };
	char text[32];
	size_t i;

	CASE("progress: bytes for people");
	for (i = 0; i < LEN(sizes); i++)
		OK_FOR(sizes[i].text, strcmp(human(text, sizes[i].bytes),
		    sizes[i].text) == 0);

	CASE("progress: a part of all");
	OK(strcmp(human_part(text, 3 << 19, 20 << 20), "1.50/20.0MiB") == 0);
	OK(strcmp(human_part(text, 999, 20 << 20), "999B/20.0MiB") == 0);
	OK(strcmp(human_part(text, 2048, 20 << 20), "2.00KiB/20.0MiB") == 0);
	OK(strcmp(human_part(text, 0, 5), "0B/5B") == 0);

	CASE("progress: times");
	for (i = 0; i < LEN(times); i++)
		OK_FOR(times[i].text, strncmp(clock_text(text,
		    times[i].seconds), times[i].text,
		    strlen(times[i].text)) == 0);

	CASE("progress: a bar is empty or full where that is so");
	for (i = 0; i < LEN(bars); i++) {
		b.at = b.len = 0;
		progress_bar(&b, bars[i].width, (const uint8_t *)bars[i].has,
		    bars[i].n, 0);
		buf_put(&b, "", 1);
		OK_FOR(bars[i].bar, strcmp((char *)b.p, bars[i].bar) == 0);
	}

	CASE("progress: a bar of block elements");
	b.at = b.len = 0;
	progress_bar(&b, 3, (const uint8_t *)"\xff\xf0\x00", 24, 1);
	buf_put(&b, "", 1);
	OK(strcmp((char *)b.p, "\xe2\x96\x88\xe2\x96\x84 ") == 0);
	buf_free(&b);
}
