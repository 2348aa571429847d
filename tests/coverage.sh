#!/bin/sh
# What of the code the tests run: a table of lines and of branches taken, by
# part and by file, of a copy of the tree built for gcov.  Runs the unit cases
# and, with the names of shell cases (or all) as arguments, these, too.
# Workers that are killed when their work is done tell gcov nothing: their
# lines count as not run.
set -eu
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
tar cf - LICENSE Makefile README btsh.1 tests.sh tests $SRC $HDR |
	tar xf - -C "$dir"
cd "$dir"
# gcov writes files at the end, which the sandbox does not know of;
# a child that ends by _exit(2) says what it has run
cat >cover.c <<'C'
void __gcov_dump(void);
void __real__exit(int status);
void __wrap__exit(int status);
void
__wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}
C
find . -name '*.o' -exec rm -f {} +
gcc -c -o cover.o cover.c
make -s CC=gcc CFLAGS='-O0 --coverage -DUNCONFINED' \
	LDFLAGS="-Wl,--wrap=_exit $dir/cover.o" btsh tests/unit tests/btsh-faulty \
	tests/meter tests/load tests/qr tests/fuzz/replay
./tests/unit >/dev/null 2>&1 || echo 'a unit case fails' >&2
if [ $# -gt 0 ]; then
	[ "$1" = all ] || export ONLY="$*"
	sh ./tests.sh | grep -v '^ok' >&2 || true
fi
for f in $SRC; do
	case $f in */*) o=${f%/*} ;; *) o=. ;; esac
	gcov -b -n -o "$o" "$f" 2>/dev/null | awk -v f="$f" '
		/^File/ { on = index($0, "'\''" f "'\''") }
		on && /^Lines executed/ { l = $0 }
		on && /^Taken at least once/ { b = $0 }
		END { print f, of(l), of(b) }
		function of(s,  p) { # percent and number
			if (s !~ /% of/)
				return "0 0"
			sub(/.*:/, "", s)
			split(s, p, "% of ")
			return p[1] " " p[2]
		}'
done >table
awk '{
	part = $1 ~ /\// ? substr($1, 1, index($1, "/")) : "top"
	if (!(part in n))
		order[++parts] = part
	n[part] += $3
	ran[part] += $2 * $3 / 100
	b[part] += $5
	took[part] += $4 * $5 / 100
	all += $3; allran += $2 * $3 / 100
	allb += $5; alltook += $4 * $5 / 100
	line[part] = line[part] sprintf("\t%-22s %6d %6.1f %8d %6.1f\n",
	    $1, $3, $2, $5, $4)
}
END {
	printf "%-30s %6s %6s %8s %6s\n", "part", "lines", "%", "branches", "%"
	for (i = 1; i <= parts; i++) {
		p = order[i]
		printf "%-30s %6d %6.1f %8d %6.1f\n%s", p, n[p],
		    100 * ran[p] / n[p], b[p], 100 * took[p] / b[p], line[p]
	}
	printf "%-30s %6d %6.1f %8d %6.1f\n", "all", all,
	    100 * allran / all, allb, 100 * alltook / allb
}' table
