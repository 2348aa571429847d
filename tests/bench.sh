#!/bin/sh
# Times what btsh is judged by beside what others need for the same, in turn,
# and prints the median of 5 runs of each in milliseconds, and their ratio.
# Everything is in the page cache and on 127.0.0.1.  BENCH_MIB is the file's
# size.
set -u
btsh=$PWD/btsh
lt="/usr/bin/python3 $PWD/tests/lt.py"
size=${BENCH_MIB:-1024}
dir=$(mktemp -d)
pids=
trap 'kill $pids 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
runs=5
port=$((30000 + $$ % 10000))

# milliseconds that a command takes, appended to the file $1
time_it() {
	file=$1
	shift
	t=$(date +%s%N)
	"$@" >/dev/null 2>&1 || { echo "failed: $*" >&2; return; }
	echo $((($(date +%s%N) - t) / 1000000)) >>"$file"
}

median() {
	sort -n "$1" | sed -n "$(((runs + 1) / 2))p"
}

# row WHAT OTHER
row() {
	a=$(median "$dir/ours")
	b=$(median "$dir/theirs")
	printf '%-34s %6s ms   %-24s %6s ms   %s\n' "$1" "$a" "$2" "$b" \
		"$(echo "$a $b" | awk '{ printf "%.2f", $1 / $2 }')"
	rm -f "$dir/ours" "$dir/theirs"
}

have() {
	command -v "$1" >/dev/null 2>&1 || {
		echo "skipped: $1 is not installed" >&2
		return 1
	}
}

# start COMMAND...: a seed, until it listens on $port or half a minute is over
start() {
	"$@" >/dev/null 2>&1 </dev/null &
	pids="$pids $!"
	n=0
	until grep -qi ":$(printf %04X $port) 00000000:0000 0A" /proc/net/tcp
	do
		n=$((n + 1))
		[ $n -lt 600 ] || exit 1
		sleep 0.05
	done
}

making() {
	for i in $(seq $runs); do
		time_it "$dir/ours" "$btsh" make -q -f -l 20 \
			-o "$dir/a.torrent" "$dir/data"
		rm -f "$dir/b.torrent"
		time_it "$dir/theirs" mktorrent -l 20 -t "$(nproc)" \
			-o "$dir/b.torrent" "$dir/data"
	done
	row "make, $size MiB" "mktorrent -t $(nproc)"
}

fetching() {
	ours=$port
	start "$btsh" serve -q -l 127.0.0.1 -p $port -d "$dir" \
		"$dir/data.torrent"
	theirs=$((port += 1))
	start $lt seed "$dir/data.torrent" "$dir" $port
	sleep 3 # both listen before they have hashed
	for i in $(seq $runs); do
		rm -rf "$dir/got"
		time_it "$dir/ours" "$btsh" run -q -l 127.0.0.1 -p 0 \
			-k "127.0.0.1:$ours" -d "$dir/got" "$dir/data.torrent"
		cmp "$dir/data" "$dir/got/data"
		rm -rf "$dir/got"
		mkdir "$dir/got"
		port=$((port + 1))
		time_it "$dir/theirs" $lt leech "$dir/data.torrent" \
			"$dir/got" $port 127.0.0.1 $theirs
	done
	row "run from serve, $size MiB" "libtorrent from its own"
}

head -c $((size << 20)) /dev/urandom >"$dir/data"
"$btsh" make -q -l 18 -o "$dir/data.torrent" "$dir/data" >/dev/null
have mktorrent && making
/usr/bin/python3 -c 'import libtorrent' 2>/dev/null && fetching
exit 0
