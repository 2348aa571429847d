#!/bin/sh
# Fuzzes parts of the program by clang's libFuzzer, one driver after another,
# each for $FUZZ_S seconds, from its file in tests/fuzz/corpus on; $FUZZ are
# the drivers, ONLY='dht conns' runs these alone.  What is found ends a driver,
# and is printed, with its bytes as a line for that file.  Prints, for each
# driver, how often it ran and how many edges it has reached.
set -eu
cd "$(dirname "$0")/.."
obj=tests/fuzz/obj
seconds=${FUZZ_S:-10}
bad=0
flags="-std=c99 -I. -g -O1 -fno-omit-frame-pointer
	-fsanitize=address,undefined,pointer-overflow
	-fno-sanitize-recover=all"
defs=$(echo "$DEFS" | sed 's/-DVERSION=[^ ]*//')
mkdir -p "$obj"
if [ ! -e "$obj/lib.a" ] ||
    [ -n "$(find $SRC $HDR -newer "$obj/lib.a")" ]; then
	rm -f "$obj"/*.o "$obj/lib.a"
	(cd "$obj" && clang $flags $defs -I../../.. -fsanitize=fuzzer-no-link \
		-c $(for f in $SRC; do echo "../../../$f"; done))
	ar rc "$obj/lib.a" "$obj"/*.o
fi
# -print_funcs=0: a child that names them would be taken by tests/clock.c for
# one of ours, for which it waits
for f in $FUZZ; do
	name=${f##*/}
	name=${name%.c}
	case " ${ONLY:-$name} " in *" $name "*) ;; *) continue ;; esac
	tree=
	case " $TREE " in *" $name "*) tree=tests/fuzz/tree.c ;; esac
	clang $flags $defs -fsanitize=fuzzer $WRAPS -o "$obj/$name" \
		"$f" $tree "$obj/lib.a"
	[ -d "$obj/$name.in" ] || {
		mkdir "$obj/$name.in"
		./tests/fuzz/replay -x "$name" "$obj/$name.in"
	}
	if ! "$obj/$name" -max_total_time="$seconds" -max_len=4096 \
	    -timeout=10 -print_funcs=0 -rss_limit_mb=1024 \
	    -print_final_stats=1 -artifact_prefix="$obj/$name." "$obj/$name.in" \
	    >"$obj/$name.log" 2>&1; then
		grep -v '^#' "$obj/$name.log" | tail -n 60
		found=$(ls -t "$obj/$name".*-* | head -n 1)
		echo "$name: found, in $found; as a line of its corpus:"
		./tests/fuzz/replay -p "$found"
		bad=1
		continue
	fi
	awk -v name="$name" '$3 == "cov:" { cov = $4 }
		/number_of_executed_units/ { runs = $2 }
		END { printf "%-10s %9d runs, %5d edges\n", name, runs, cov }
		' "$obj/$name.log"
done
exit $bad
