#!/bin/sh
# What gcc's and clang's static analyzers find in the sources, in a copy of the
# tree.  Each finding is answered by the code, or by a line of the list below,
# which says at what file, function and warning, and by a comment there.
# Prints and fails on what is new, and on a line that answers nothing.
set -eu
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM

cat >"$dir/answered" <<'LIST'
find/ask.c leg_end core.NullDereference
LIST

mkdir "$dir/tree"
tar cf - Makefile ./*.[ch] torrent/*.[ch] find/*.[ch] swarm/*.[ch] \
	track/*.[ch] web/*.[ch] cmd/*.[ch] | tar xf - -C "$dir/tree"
cd "$dir/tree"
objects=$(find . -name '*.c' | sed 's,^\./,,; s/c$/o/')

# analyzed COMPILER ARGS...: all of it, by make; what is not said by warnings
# is an error
analyzed() {
	cc=$1
	shift
	make -s -k -j2 CC="$cc" "$@" $objects 2>"$dir/log" || {
		cat "$dir/log"
		exit 1
	}
	grep ': warning: ' "$dir/log" >>"$dir/found" || :
}

# of_function FILE LINE: whose line that is
of_function() {
	awk -v line="$2" 'NR > line { exit }
		/^[a-z_0-9]+\(/ { name = $0; sub(/\(.*/, "", name) }
		END { print name }' "$1"
}

: >"$dir/found"
analyzed gcc CFLAGS='-O1 -fanalyzer'
rm -f $objects
analyzed 'clang --analyze -Xclang -analyzer-output=text' CFLAGS=-O1

: >"$dir/new"
: >"$dir/seen"
sort -u "$dir/found" | while IFS=: read -r file line rest; do
	of="$file $(of_function "$file" "$line") $(echo "$rest" |
		sed 's/.*\[\(-W\)*\(.*\)\]$/\2/')"
	if grep -qxF "$of" "$dir/answered"; then
		echo "$of" >>"$dir/seen"
	else
		echo "$file:$line:$rest"
		echo "$of" | sed 's/^/	/' | tee -a "$dir/new"
	fi
done
if grep -vxF -f "$dir/seen" "$dir/answered" >"$dir/gone"; then
	sed 's/^/answered, but not found: /' "$dir/gone"
fi
[ ! -s "$dir/new" ] && [ ! -s "$dir/gone" ] &&
	echo "gcc and clang find nothing new"
