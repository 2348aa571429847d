#!/bin/sh
# Other machines: one with big endian (s390x), one of 32 bits (armhf) and arm64,
# built by Debian's cross compilers and emulated by qemu.  Each has to pass the
# unit cases, make and check the same torrent as this machine, and fetch from it
# and for it.  A machine that cannot be built for or emulated is skipped, which
# under CI=true is a failure.  Needs ./btsh; all traffic stays on 127.0.0.1.
set -u
cd "$(dirname "$0")/.."
btsh=$PWD/btsh
dir=$(mktemp -d)
pids=
trap 'kill $pids 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
unset BTSH_TRACKER BTSH_DHT

# seed DIR COMMAND...: serves it; its port in $port and its pid in $seed_pid
seed() {
	at=$1
	shift
	: >"$at/log"
	"$@" serve -q -l 127.0.0.1 -p 0 -d "$dir" "$dir/t.torrent" \
		>"$at/log" </dev/null &
	seed_pid=$!
	pids="$pids $!"
	n=0
	until grep -q magnet: "$at/log"; do
		n=$((n + 1))
		[ $n -lt 1200 ] || return 1
		sleep 0.05
	done
	port=$(sed -n 's/.*x.pe=127.0.0.1:\([0-9]*\)$/\1/p' "$at/log")
}

# fetch DIR COMMAND...: from that seed
fetch() {
	at=$1
	shift
	timeout 120 "$@" run -q -l 127.0.0.1 -p 0 -k 127.0.0.1:$port \
		-d "$at" "$dir/t.torrent" >/dev/null </dev/null &&
	cmp "$dir/data" "$at/data" && rm "$at/data"
	r=$?
	kill $seed_pid
	wait $seed_pid
	return $r
}

# works DIR RUN...: that machine's btsh, with what runs it before it
works() {
	at=$1
	shift
	"$@" make -q -l 15 -o - "$dir/data" | cmp - "$dir/t.torrent" &&
	"$@" check -q "$dir/t.torrent" "$dir/data" &&
	seed "$at" "$btsh" && fetch "$at" "$@" &&
	seed "$at" "$@" && fetch "$at" "$btsh"
}

# builds DIR COMPILER: the program and the unit cases, static
builds() {
	make -s -C "$1" CC="$2" LDFLAGS=-static \
		CFLAGS='-O2 -Werror' btsh tests/unit
}

# passes DIR RUN...: the unit cases, but for a simulation that is the same on
# every machine
passes() {
	(cd "$1" && shift &&
		UNIT_WITHOUT=dhtsim timeout 1200 "$@" tests/unit) >"$1/unit" 2>&1
	r=$?
	grep -v '^ok' "$1/unit"
	return $r
}

# whether WHAT COMMAND...: says how it went
whether() {
	what=$1
	shift
	if "$@" >"$at/out" 2>&1; then
		echo "ok $what"
	else
		echo "FAIL $what"
		tail -n 15 "$at/out"
		return 1
	fi
}

# machine ARCH TRIPLET: all of it; in the background
machine() {
	cpu=$1 cc=$2-gcc run=qemu-$1-static at=$dir/$1
	if ! command -v $cc >/dev/null || ! command -v $run >/dev/null; then
		echo "skip $cpu: $cc or $run is not here"
		[ "${CI:-}" != true ]
		return
	fi
	for d in . torrent find swarm track web cmd tests; do
		mkdir -p "$at/$d"
		cp $d/*.c $d/*.h "$at/$d"
	done
	cp Makefile "$at"
	whether "$cpu: builds" builds "$at" $cc &&
	whether "$cpu: makes, checks, gives and takes what this machine does" \
		works "$at" $run "$at/btsh" &&
	whether "$cpu: unit cases" passes "$at" $run
}

head -c 3000000 /dev/urandom >"$dir/data"
"$btsh" make -q -l 15 -o "$dir/t.torrent" "$dir/data" >/dev/null || exit 1
bad=0 all=
for m in s390x:s390x-linux-gnu arm:arm-linux-gnueabihf \
	aarch64:aarch64-linux-gnu; do
	(
		pids=
		trap 'kill $pids 2>/dev/null; wait 2>/dev/null' EXIT
		trap 'exit 1' HUP INT TERM
		machine "${m%%:*}" "${m#*:}"
	) >"$dir/${m%%:*}.said" 2>&1 &
	pids="$pids $!"
	all="$all ${m%%:*}:$!"
done
for m in $all; do
	wait "${m#*:}" || bad=1
	cat "$dir/${m%%:*}.said"
done
exit $bad
