#!/bin/sh
# What btsh is judged by, beside what others need for the same, in turn and in
# this run.  A line a figure: what, ours, the reference, its figure, ours over
# the reference's (less is better), and the goal if there is one.  Times are
# medians of $BENCH_RUNS, memory is the most of all runs.  Everything is in the
# page cache and on this host.  What is made into a torrent lies in TMPDIR,
# which needs 5 GiB.  As root, or where unshare(1) may, transfers go through a
# network of their own to a tmpfs of 4 GiB.  BENCH_ONLY chooses from making,
# fetching, web, clients, swarm, limits, scale, small and tracking.
set -u
btsh=$PWD/btsh
meter=$PWD/tests/meter
copy=$PWD/tests/copy
load=$PWD/tests/load
lt="/usr/bin/python3 $PWD/tests/lt.py"
runs=${BENCH_RUNS:-5}
only=${BENCH_ONLY:-making fetching web clients swarm limits scale small tracking}

# Some clients dial no loopback address: here this host has another one.  And
# ext4 takes its time to make files where others were removed a moment ago.
as_root=$([ "$(id -u)" -eq 0 ] || echo -r)
if [ -z "${BENCH_INSIDE:-}" ] &&
	unshare -mn $as_root ip link set lo up 2>/dev/null
then
	BENCH_INSIDE=10.99.0.1 exec unshare -mn $as_root sh -c \
		'ip link set lo up && ip addr add 10.99.0.1/32 dev lo &&
		exec sh tests/bench.sh'
fi
host=${BENCH_INSIDE:-127.0.0.1}
disk=$(mktemp -d)
dir=$disk/mem
mkdir "$dir"
[ $host = 127.0.0.1 ] || mount -t tmpfs -o size=4g btsh "$dir"
pids=
trap 'kill $pids 2>/dev/null; wait 2>/dev/null
	umount "$dir" 2>/dev/null; rm -rf "$disk"' EXIT
trap 'exit 1' HUP INT TERM
port=$((20000 + $$ % 10000)) # below those of callers
met=0 missed=0

# What the sections are made of.

have() {
	command -v "$1" >/dev/null 2>&1 && return
	echo "skipped: $1 is not installed"
	return 1
}

have_libtorrent() {
	/usr/bin/python3 -c 'import libtorrent' 2>/dev/null && return
	echo 'skipped: libtorrent is not installed'
	return 1
}

next_port() {
	port=$((port + 1))
}

# until_true SECONDS COMMAND...
until_true() {
	tries=$(($1 * 20))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.05
	done
}

listens() { # PORT
	grep -qi ":$(printf %04X "$1") 00000000:0000 0A" /proc/net/tcp
}

# start LOG COMMAND...: in the background; $! is its pid
start() {
	log=$1
	shift
	: >"$log"
	"$@" >"$log" 2>&1 </dev/null &
	pids="$pids $!"
}

# stop PID...
stop() {
	for p in "$@"; do
		kill "$p" 2>/dev/null
		wait "$p" 2>/dev/null
	done
}

# measure NAME COMMAND...: its times and memory, to $dir/NAME.m
measure() {
	to=$dir/$1.m
	shift
	"$meter" "$to" timeout -k 1 120 "$@" >"$dir/log" 2>&1 </dev/null &&
		return
	echo "failed: $*"
	tail -n 3 "$dir/log"
}

# mid NAME COLUMN, most NAME COLUMN: of what was measured; 1 is wall, 2
# processor milliseconds, 3 KiB
mid() {
	cut -d' ' -f"$2" "$dir/$1.m" 2>/dev/null | sort -n |
		awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] + 0 }'
}

most() {
	cut -d' ' -f"$2" "$dir/$1.m" 2>/dev/null | sort -n | tail -n 1
}

forget() {
	rm -f "$dir"/*.m
}

ticks() { # PID: of processor time
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

# ticks_within PID: of the command that a meter runs
ticks_within() {
	ticks "$(awk '{ print $1 }' "/proc/$1/task/$1/children")"
}

section() {
	printf '\n%-37s %9s   %-20s %9s %6s\n' "$1" btsh beside '' ratio
}

# row WHAT OURS UNIT REFERENCE THEIRS [GOAL]
row() {
	verdict=$(echo "$2 $5 ${6:--}" | awk '
		NF < 3 || $2 == 0 { print "no-figure"; exit }
		{ printf "%.2f", $1 / $2 }
		$3 != "-" { printf " %s %.2f",
			$1 / $2 <= $3 + 0.005 ? "<=" : "MISSED", $3 }')
	case $verdict in
	*MISSED*) missed=$((missed + 1)) ;;
	*'<='*) met=$((met + 1)) ;;
	esac
	printf '%-37s %6s %-4s  %-18s %6s %-4s  %s\n' \
		"$1" "$2" "$3" "$4" "$5" "$3" "$verdict"
}

# The tracker's line of a peer that has come.
came() { # PORT LEFT
	awk -F '\t' -v at=":$1" -v left="$2" '
		index($4, at) && $5 == left && $2 != "stopped" { n = 1 }
		END { exit !n }' "$dir/track.log"
}

# tracker: on a port of its own; its URL in $url
tracker() {
	next_port
	start "$dir/track.log" "$btsh" track -l $host -p $port
	track_pid=$!
	url=http://$host:$port/announce
	until_true 5 grep -q tracking "$dir/track.log"
}

# Making and checking.

# by_mktorrent PATH: with a hundred thousand files it takes a minute, of which
# a part says enough
by_mktorrent() {
	rm -f "$dir/b.torrent"
	measure mk sh -c 'timeout 20 mktorrent "$@" || [ $? -eq 124 ]' sh \
		-l $l -t "$(nproc)" -o "$dir/b.torrent" "$1"
	beside="mktorrent -t $(nproc)"
	[ "$(mid mk 1)" -lt 20000 ] || beside='mktorrent, at least'
}

# one_set NAME FILES MKTORRENT_RUNS: 0 of these stands for one at the first
# piece length alone
one_set() {
	forget
	for l in 16 20 24; do
		rm -f "$dir/make.m" "$dir/check.m"
		[ "$3" -eq 0 ] || rm -f "$dir/mk.m"
		for i in $(seq "$runs"); do
			measure make "$btsh" make -q -f -l $l \
				-o "$dir/a.torrent" "$disk/$1"
			measure check "$btsh" check -q "$dir/a.torrent" \
				"$disk/$1"
			[ "$i" -le "$3" ] || [ ! -e "$dir/mk.m" ] || continue
			by_mktorrent "$disk/$1"
		done
		what="$2, 2^$l"
		row "make,  $what" "$(mid make 1)" ms "$beside" \
			"$(mid mk 1)" 0.5
		row "check, $what" "$(mid check 1)" ms "$beside" \
			"$(mid mk 1)" 0.5
	done
	row "make,  memory" "$(most make 3)" KiB limit 32768 1
	row "check, memory" "$(most check 3)" KiB limit 32768 1
}

making() {
	have mktorrent || return
	section 'making and checking'
	head -c 2147483648 /dev/urandom >"$disk/big"
	one_set big '2 GiB file' "$runs"
	mkdir "$disk/k10" "$disk/k100"
	head -c 2048000000 "$disk/big" |
		(cd "$disk/k10" && split -a 4 -b 204800)
	rm "$disk/big"
	one_set k10 '10,000 of 200 KiB' "$runs"
	head -c 204800000 /dev/urandom |
		(cd "$disk/k100" && split -a 5 -b 2048)
	rm -rf "$disk/k10"
	one_set k100 '100,000 of 2 KiB' 0
	rm -rf "$disk/k100"
}

# Fetching: one seed, one leecher.

# plain_copy FILE: from one process to another, hashed, measured
plain_copy() {
	next_port
	start "$dir/s.log" "$meter" "$dir/send.m" \
		"$copy" send $host:$port "$1"
	seed=$!
	until_true 5 listens $port
	measure copy "$copy" hash $host:$port "$dir/got"
	stop $seed
	rm -f "$dir/got"
}

# transfer NAME: by btsh, measured
transfer() {
	next_port
	start "$dir/s.log" "$meter" "$dir/serve.m" "$btsh" serve -q -l $host \
		-p $port -d "$dir" "$dir/$1.torrent"
	seed=$!
	until_true 20 grep -q magnet "$dir/s.log"
	t=$(ticks_within $seed)
	measure run "$btsh" run -q -l $host -p 0 -k $host:$port -d "$dir/got" \
		"$dir/$1.torrent"
	t=$(($(ticks_within $seed) - t))
	echo $((t * 1000 / $(getconf CLK_TCK))) >>"$dir/give.m"
	stop $seed
	diff -r "$dir/$1" "$dir/got/$1"
	rm -rf "$dir/got"
}

# piped NAME: the same to /dev/null, as it comes
piped() {
	next_port
	start "$dir/s.log" "$btsh" serve -q -l $host -p $port -d "$dir" \
		"$dir/$1.torrent"
	seed=$!
	until_true 20 grep -q magnet "$dir/s.log"
	measure pipe sh -c 'exec "$0" "$@" >/dev/null' "$btsh" run -q \
		-l $host -p 0 -k $host:$port -d "$dir" -o - "$dir/$1.torrent"
	stop $seed
}

one_fetch() { # NAME WHAT
	forget
	"$btsh" make -q -l 18 -o "$dir/$1.torrent" "$dir/$1" >/dev/null
	for i in $(seq "$runs"); do
		transfer "$1"
		[ "$1" != one ] || piped "$1"
		plain_copy "$dir/one"
	done
	row "run,   $2" "$(mid run 1)" ms 'copy and SHA-1' "$(mid copy 1)" 1.6
	row '       its processor time' "$(mid run 2)" ms 'the same' \
		"$(mid copy 2)" 1.6
	row '       its memory' "$(most run 3)" KiB limit 16384 1
	[ "$1" != one ] || row '       -o -, to /dev/null' "$(mid pipe 1)" ms \
		'the same' "$(mid copy 1)" 1.6
	row 'serve, its processor time' "$(mid give 1)" ms \
		'a plain sender' "$(mid send 2)"
	row '       with hashing before' "$(mid serve 2)" ms limit 1000 1
	row '       its memory' "$(most serve 3)" KiB limit 16384 1
}

fetching() {
	section 'fetching, one seed, one leecher'
	head -c 1073741824 /dev/urandom >"$dir/one"
	one_fetch one '1 GiB file'
	mkdir "$dir/k10"
	(cd "$dir/k10" && split -a 4 -b 107375 "$dir/one")
	one_fetch k10 '1 GiB, 10,000 files'
	rm -rf "$dir/k10" "$dir/one"
}

# A rate that was asked for.

# long KIB: for how many seconds; a block at the end goes on credit, and at the
# least rate takes longer than a second
long() {
	[ "$1" -gt 10 ] && echo 5 || echo 40
}

# limit LETTER KIB PORT: the time at that rate, to $dir/limit.LETTER.KIB.m
limit() {
	at=$dir/limit.$1.$2
	mkdir "$at"
	head -c $(($2 * 1024 * $(long "$2"))) /dev/urandom >"$at/data"
	"$btsh" make -q -o "$at/t" "$at/data" >/dev/null
	up= down=
	if [ "$1" = u ]; then up="-u $2k"; else down="-r $2k"; fi
	timeout 60 "$btsh" serve -q $up -l $host -p "$3" -d "$at" "$at/t" \
		>"$at/log" 2>&1 &
	seed=$!
	until_true 10 grep -q magnet "$at/log"
	"$meter" "$at.m" "$btsh" run -q $down -l $host -p 0 -k "$host:$3" \
		-d "$at/got" "$at/t" >/dev/null 2>&1
	kill $seed
	wait $seed
	rm -rf "$at"
}

limit_row() { # LETTER KIB
	awk -v kib="$2" -v long="$(long "$2")" '{
		rate = kib * 1000 * long / $1
		off = rate > kib ? rate - kib : kib - rate
		printf "%.1f %.3f %d", rate, off / kib, $2 }' \
		"$dir/limit.$1.$2.m" >"$dir/l"
	read -r rate off cpu <"$dir/l"
	row "-$1 $2k, KiB/s; processor $cpu ms" "$rate" '' asked "$2"
	row '       off by' "$off" '' limit 0.05 1
}

limits() {
	section 'limits of rates'
	forget
	slow=
	for kib in 10 100 1024 10240 102400; do
		for way in r u; do
			next_port
			limit $way $kib $port &
			[ $kib = 10 ] && slow="$slow $!" || wait $!
		done
	done
	wait $slow
	for way in r u; do
		for kib in 10 100 1024 10240 102400; do
			limit_row $way $kib
		done
	done
}

# Much of everything.

# A hundred torrents with ten peers each, in one process, with nothing to say:
# nobody has the data.  (Two who have all of it would part.)
thousand() {
	mkdir "$dir/th"
	for i in $(seq 100); do
		head -c 20000 /dev/urandom >"$dir/th/$i"
		"$btsh" make -q -o "$dir/th/$i.torrent" "$dir/th/$i"
		rm "$dir/th/$i"
	done >"$dir/th/list"
	next_port
	"$btsh" peer -q -l $host -p $port -M 2000 -d "$dir/th" \
		<"$dir/th/list" >"$dir/th/events" 2>&1 &
	hub=$!
	pids="$pids $hub"
	members=
	for i in 1 2 3 4 5 6 7 8 9 10; do
		"$btsh" peer -q -l $host -p 0 -k $host:$port \
			-d "$dir/th/got$i" <"$dir/th/list" >/dev/null 2>&1 &
		members="$members $!"
	done
	pids="$pids $members"
	until_true 60 sh -c "[ \$(ls /proc/$hub/fd | wc -l) -ge 1000 ]"
	n=$(ls "/proc/$hub/fd" | wc -l)
	sleep 2
	t=$(ticks $hub)
	sleep 10
	t=$(($(ticks $hub) - t))
	kib=$(awk '/^VmHWM/ { print $2 }' "/proc/$hub/status")
	stop $hub $members
	row "$((n / 100 * 100)) connections, 10 s, processor" \
		$((t * 1000 / $(getconf CLK_TCK))) ms limit 200 1
	row '       memory' "$kib" KiB limit 65536 1
	rm -rf "$dir/th"
}

# A torrent of a million files of a byte; its digests mean nothing.
million() {
	awk 'BEGIN {
		printf "d4:infod5:filesl"
		for (i = 0; i < 1000000; i++)
			printf "d6:lengthi1e4:pathl3:%03d6:f%05dee",
			    i / 1000, i % 100000 / 1
		printf "e4:name7:million12:piece lengthi16384e6:pieces1240:"
		for (i = 0; i < 1240; i++)
			printf "x"
		printf "ee" }' >"$dir/million.torrent"
	forget
	for i in $(seq "$runs"); do
		measure show "$btsh" show "$dir/million.torrent"
	done
	"$meter" "$dir/run.m" "$btsh" run -q -t 1 -l $host -p 0 \
		-d "$dir/got" "$dir/million.torrent" >/dev/null 2>&1
	row 'a million files: show' "$(mid show 1)" ms limit 2000 1
	row '       memory' "$(most show 3)" KiB limit 307200 1
	row '       run, until it waits: processor' "$(mid run 2)" ms \
		limit 2000 1
	row '       memory' "$(most run 3)" KiB limit 307200 1
	rm -rf "$dir/million.torrent" "$dir/got"
}

# A sparse file, of which only the end must be fetched; tmpfs, mapped, would
# fill the holes.
sparse() {
	mkdir "$disk/sp" "$disk/got"
	truncate -s 8G "$disk/sp/huge" "$disk/got/huge"
	head -c 4194304 /dev/urandom >>"$disk/sp/huge"
	forget
	measure make "$btsh" make -q -l 22 -o "$dir/huge.torrent" "$disk/sp/huge"
	measure check "$btsh" check -q "$dir/huge.torrent" "$disk/sp/huge"
	next_port
	start "$dir/s.log" "$meter" "$dir/serve.m" "$btsh" serve -q -l $host \
		-p $port -d "$disk/sp" "$dir/huge.torrent"
	seed=$!
	until_true 60 grep -q magnet "$dir/s.log"
	measure run "$btsh" run -q -l $host -p 0 -k $host:$port -d "$disk/got" \
		"$dir/huge.torrent"
	stop $seed
	for what in make check serve run; do
		row "8 GiB sparse: $what, memory" "$(most $what 3)" KiB \
			limit 32768 1
	done
	rm -rf "$disk/sp" "$disk/got"
}

scale() {
	section scale
	thousand
	million
	sparse
}

# The program itself.

# looped N COMMAND...: runs it so often
looped() {
	"$meter" "$dir/looped.m" sh -c 'n=$1; shift
		while [ $n -gt 0 ]; do "$@" >/dev/null; n=$((n - 1)); done' \
		sh "$@"
	mid looped 1
	rm "$dir/looped.m"
}

small() {
	section 'the program'
	strip -o "$dir/stripped" "$btsh"
	row 'its size, stripped' "$(wc -c <"$dir/stripped")" B limit 204800 1
	head -c 1000000 /dev/urandom >"$dir/data"
	"$btsh" make -q -o "$dir/data.torrent" "$dir/data" >/dev/null
	row 'show, a thousand times' \
		"$(looped 1000 "$dir/stripped" show "$dir/data.torrent")" ms \
		limit 2000 1
	row '       the same' \
		"$(looped 1000 "$dir/stripped" show "$dir/data.torrent")" ms \
		/bin/true "$(looped 1000 /bin/true)"
}

. tests/bench-clients.sh
. tests/bench-track.sh
. tests/bench-web.sh

for s in $only; do
	$s
done
echo
echo "$met goals met, $missed missed"
