#!/bin/sh
# Measures what btsh is judged by beside what others need for the same, in
# turn, and prints a median of each and their ratio: of 5 runs in milliseconds
# for making and fetching, of 3 in announces answered per second of processor
# time for tracking, where more is better.  Everything is in the page cache and
# on 127.0.0.1.  BENCH_ONLY chooses from making, fetching and tracking,
# BENCH_MIB is the file's size, BENCH_SEC how long a tracker runs.
set -u
btsh=$PWD/btsh
load=$PWD/tests/load
lt="/usr/bin/python3 $PWD/tests/lt.py"
size=${BENCH_MIB:-1024}
seconds=${BENCH_SEC:-2}
only=${BENCH_ONLY:-making fetching tracking}
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

chosen() {
	case " $only " in
	*[\ ,]$1[\ ,]*) ;;
	*) return 1 ;;
	esac
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

# ticks of processor time that the tracker $pid has taken
ticks() {
	awk '{ print $14 + $15 }' "/proc/$pid/stat"
}

# track FILE MODE SWARMS NUMWANT COMMAND...: what a new tracker answers per
# second of its processor time, and how many peers an answer held, to FILE
track() {
	file=$1
	as="$2 $port $seconds $3 $4"
	shift 4
	others=$pids
	start "$@"
	pid=$!
	sleep 0.1 # it reads its list
	"$load" udp $port 1 $swarms 0 >/dev/null # full swarms are dearer
	t=$(ticks)
	said=$("$load" $as)
	t=$(($(ticks) - t))
	kill $pid
	wait $pid 2>/dev/null
	pids=$others
	echo "$said" | awk -v t=$t -v hz="$(getconf CLK_TCK)" '
		$4 > 0 && t > 0 { printf "%.0f %.0f\n", $4 * hz / t, $10 }' \
		>>"$file"
	echo "$said" | awk -v what="${1##*/}, load $as" '
		$6 > 0 || $8 > $4 / 100 { print what ": " $0 }' >&2
}

# track_row WHAT OTHER
track_row() {
	echo "$(median "$dir/ours") $(median "$dir/theirs")" |
	awk -v what="$1" -v other="$2" 'NF == 4 {
		printf "%-37s %6d /s (%3d)   %-20s %6d /s (%3d)   %.2f\n",
			what, $1, $2, other, $3, $4, $1 / $3
	}'
	rm -f "$dir/ours" "$dir/theirs"
}

# beside MODE SWARMS NUMWANT
beside() {
	for i in $(seq $runs); do
		track "$dir/ours" "$@" "$btsh" track -q -l 127.0.0.1 -p $port
		track "$dir/theirs" "$@" opentracker -i 127.0.0.1 -p $port \
			-P $port -d "$dir" -w white
	done
	cp "$dir/theirs" "$dir/$1.$2.$3"
	track_row "track, $1, $2 swarms, up to $3" opentracker
}

# resident NAME COMMAND...: what a new tracker has in memory after a load of
# some seconds, in which every announce is of another peer
resident() {
	name=$1
	shift
	port=$((port + 1))
	others=$pids
	start "$@"
	pid=$!
	n=$("$load" udp $port 7 100000 0 | awk '{ print $4 }')
	awk -v n=$n -v name="$name" '/^VmRSS/ {
		printf "%-16s %8d peers  %5.1f MiB  %4.1f bytes each\n",
			name, n, $2 / 1024, $2 * 1024 / n
	}' "/proc/$pid/status"
	kill $pid
	wait $pid 2>/dev/null
	pids=$others
}

memory() {
	echo 'resident memory of a tracker with 100,000 swarms'
	resident btsh "$btsh" track -q -l 127.0.0.1 -p $((port + 1))
	resident opentracker opentracker -i 127.0.0.1 -p $((port + 1)) \
		-P $((port + 1)) -d "$dir" -w white
}

tracking() {
	runs=3
	port=$((port + 1))
	chmod 755 "$dir" # opentracker becomes nobody if root starts it
	echo 'announces answered per second of processor time (peers in each)'
	for swarms in 1000 100000; do
		"$load" hashes $swarms >"$dir/white"
		for mode in udp http; do
			beside $mode $swarms 50
			beside $mode $swarms 200
		done
	done
	for i in $(seq $runs); do
		track "$dir/ours" keep 1000 50 \
			"$btsh" track -q -l 127.0.0.1 -p $port
	done
	mv "$dir/http.1000.50" "$dir/theirs"
	track_row 'track, keep-alive, 1000 swarms' 'opentracker, closing'
	memory
}

if chosen making || chosen fetching; then
	head -c $((size << 20)) /dev/urandom >"$dir/data"
	"$btsh" make -q -l 18 -o "$dir/data.torrent" "$dir/data" >/dev/null
fi
chosen making && have mktorrent && making
chosen fetching && /usr/bin/python3 -c 'import libtorrent' 2>/dev/null &&
	fetching
chosen tracking && have opentracker && tracking
exit 0
