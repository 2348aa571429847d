#!/bin/sh
# The main job on one machine: make, track, serve, fetch, compare.  DEMO_MIB is
# the size of what is shared.
set -eu
exec 2>&1
unset BTSH_TRACKER BTSH_DHT # nobody else is told
btsh=$PWD/btsh
dir=$(mktemp -d)
pids=
trap 'kill $pids 2>/dev/null || :; wait; rm -rf "$dir"' EXIT

btsh() {
	"$btsh" "$@"
}

# shows a command and runs it
run() {
	printf '$ %s\n' "$*"
	"$@"
}

# waits until the file $1, of process $!, has a line that matches $2
line() {
	n=0
	until grep -q "$2" "$1"; do
		n=$((n + 1))
		[ $n -lt 600 ] && kill -0 $! || { cat "$1"; exit 1; }
		sleep 0.05
	done
}

cd "$dir"
mkdir fetched
: >track.log >track.err >serve.log # now: a shell in the background may be late
mib=${DEMO_MIB:-64}
echo "# $mib MiB of random bytes to share"
run dd if=/dev/urandom of=data bs=1048576 count=$mib 2>/dev/null

echo '$ btsh track -l 127.0.0.1 -p 0 &'
"$btsh" track -l 127.0.0.1 -p 0 </dev/null >track.log 2>track.err &
pids="$pids $!"
line track.err tracking
cat track.err
url=$(sed -n 's/.*at \(http[^ ;]*\).*/\1/p' track.err)

run btsh make -a "$url" data

echo '$ btsh serve -l 127.0.0.1 -p 0 data.torrent &'
"$btsh" serve -l 127.0.0.1 -p 0 data.torrent >serve.log &
pids="$pids $!"
line serve.log magnet
cat serve.log

run btsh run -v -l 127.0.0.1 -p 0 -d fetched data.torrent
run cmp data fetched/data
line track.log completed
echo 'the same bytes; what the tracker heard:'
cat track.log
