#!/bin/sh
# Everything that can be checked: the unit cases, the order of the sources, the
# verbs as a user types them, and other people's clients on either side.  One
# line a case.  A case whose client is not installed is skipped, which under
# CI=true is a failure.  ONLY='resume rates' runs the cases of these functions
# alone; tests.sh long runs those that take minutes.  All traffic stays on this host: as root, or where unshare(1) may, in
# a network of the tests' own, which leads nowhere.
set -u
cd "$(dirname "$0")"
as_root=$([ "$(id -u)" -eq 0 ] || echo -r)
if [ -z "${TESTS_INSIDE:-}" ] &&
	unshare -n $as_root ip link set lo up 2>/dev/null
then
	TESTS_INSIDE=1 exec unshare -n $as_root sh -c \
		'ip link set lo up && exec sh tests.sh "$@"' sh "$@"
fi
top=$PWD
btsh=$top/btsh
dir=$(mktemp -d)
chmod 755 "$dir" # opentracker is nobody when it reads there
passed=0 failed=0 skipped=0
pids=
trap 'kill $pids 2>/dev/null; wait 2>/dev/null; rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
unset BTSH_TRACKER BTSH_DHT http_proxy no_proxy NO_PROXY
port=$((20000 + $$ % 10000))

# What the cases are made of.

pass() {
	passed=$((passed + 1))
	echo "ok $1"
}

fail() {
	failed=$((failed + 1))
	echo "FAIL $1"
	for f in out err log; do
		[ ! -s "$dir/$f" ] || sed "s/^/	$f: /" "$dir/$f" | tail -n 15
	done
}

# skip NAME WHAT: whether the program (or IPv6, or root) that the case needs is
# not here
skip() {
	case $2 in
	IPv6) grep -q . /proc/net/if_inet6 2>/dev/null && return 1 ;;
	root) [ "$(id -u)" -eq 0 ] && return 1 ;;
	python3-libtorrent)
		/usr/bin/python3 -c 'import libtorrent' 2>/dev/null && return 1 ;;
	namespaces) # and what wires them
		unshare -n ip link add wire type bridge 2>/dev/null && return 1 ;;
	*) command -v "$2" >/dev/null 2>&1 && return 1 ;;
	esac
	if [ "${CI:-}" = true ]; then
		fail "$1: $2 is not here"
	else
		skipped=$((skipped + 1))
		echo "skip $1: $2 is not here"
	fi
	return 0
}

# check NAME COMMAND...: a case that passes if the command does
check() {
	name=$1
	shift
	case " ${ONLY:-$1} " in *" $1 "*) ;; *) return ;; esac
	if "$@" >"$dir/out" 2>"$dir/err"; then pass "$name"; else fail "$name"; fi
	rm -f "$dir/out" "$dir/err"
}

# status N COMMAND...: whether the command exits with N and, if N is not 0,
# says why in lines that begin with our name
status() {
	want=$1
	shift
	"$@" >"$dir/sout" 2>"$dir/serr" </dev/null
	rc=$?
	cat "$dir/sout"
	cat "$dir/serr" >&2
	[ $rc -eq "$want" ] || { echo "status $rc" >&2; return 1; }
	[ "$want" -eq 0 ] || grep -qE '^(btsh|usage: )' "$dir/serr"
}

# says PATTERN N COMMAND...: the same, and stderr matches
says() {
	pattern=$1
	shift
	status "$@" && grep -q -- "$pattern" "$dir/serr"
}

# but_root FILE: what a program has said, but what it tells root
but_root() {
	grep -v ': running as root: ' "$1"
}

# until_true COMMAND...: asks twenty times a second, for 30 seconds
until_true() {
	n=0
	until "$@" >/dev/null 2>&1; do
		n=$((n + 1))
		[ $n -lt 600 ] || return 1
		sleep 0.05
	done
}

# start LOG COMMAND...: in the background; $! is its pid
start() {
	log=$1
	shift
	: >"$log" # now: what stood there must not be taken for news
	"$@" >"$log" 2>&1 </dev/null &
	pids="$pids $!"
}

# stop PID: ends it and waits; its exit status
stop() {
	kill "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

next_port() {
	port=$((port + 1))
}

# tracker: a btsh track on a free port; its address in $url
tracker() {
	start "$dir/track.log" "$btsh" track -l 127.0.0.1 -p 0
	track_pid=$!
	until_true grep -q tracking "$dir/track.log" || return 1
	url=$(sed -n 's/.*at \(http[^ ;]*\).*/\1/p' "$dir/track.log")
}

# seed LOG ARGS...: btsh serve, until it is ready; its port in $seed_port
seed() {
	log=$1
	shift
	start "$log" "$btsh" serve -l 127.0.0.1 -p 0 "$@"
	seed_pid=$!
	until_true grep -q magnet: "$log" || { cat "$log"; return 1; }
	seed_port=$(sed -n 's/.*x.pe=127.0.0.1:\([0-9]*\)$/\1/p' "$log" |
		head -n 1)
}

# fetch ARGS...: btsh run on a free port, within a minute
fetch() {
	timeout 60 "$btsh" run -l 127.0.0.1 -p 0 "$@" </dev/null
}

random_bytes() { # SIZE
	head -c "$1" /dev/urandom
}

# The data that most cases share: one file of 6 MB, and a tree with all that a
# tree can have.
make_data() {
	random_bytes 6000000 >"$dir/file"
	mkdir -p "$dir/tree/a/b/c/d" "$dir/tree/e" "$dir/got"
	random_bytes 100000 >"$dir/tree/a/one"
	random_bytes 3 >"$dir/tree/a/b/three"
	: >"$dir/tree/a/b/c/d/empty"
	: >"$dir/tree/zero"
	random_bytes 70000 >"$dir/tree/e/a name with spaces"
	random_bytes 32768 >"$dir/tree/e/piece"
	random_bytes 1 >"$dir/tree/a.b"
	random_bytes 200000 >"$dir/tree/z"
	"$btsh" make -o "$dir/file.torrent" "$dir/file" >/dev/null
	"$btsh" make -o "$dir/tree.torrent" "$dir/tree" >/dev/null
}

fresh() { # an empty directory for results, in $got
	got=$(mktemp -d "$dir/got/XXXXXX")
}

# A torrent's info hash, as other programs read it.

hash_btsh() {
	start "$dir/magnet" "$btsh" serve -l 127.0.0.1 -p 0 -d "$2" "$1"
	until_true grep -q magnet: "$dir/magnet"
	stop $!
	sed -n 's/.*btih:\([0-9a-f]*\).*/\1/p' "$dir/magnet"
}

hash_transmission() {
	transmission-show "$1" | sed -n 's/.*Hash: //p'
}

hash_aria2() {
	aria2c -S "$1" | sed -n 's/^Info Hash: //p'
}

hash_libtorrent() {
	/usr/bin/python3 tests/lt.py info "$1"
}

# Cases.

unit_cases() {
	[ -z "${ONLY:-}" ] || return
	./tests/unit >"$dir/unit" 2>&1
	grep -v '^ok' "$dir/unit" | grep -v '^unit:'
	n=$(grep -c '^ok' "$dir/unit")
	passed=$((passed + n))
	failed=$((failed + $(grep -c '^FAIL' "$dir/unit")))
	echo "ok $n unit cases"
	if ! grep -q '^unit:' "$dir/unit"; then
		fail "the unit cases came to their end"
		tail -n 30 "$dir/unit"
	fi
}

fuzz_cases() {
	for f in $(./tests/fuzz/replay); do
		check "fuzz: $f, what was found before" fuzz_case "$f"
	done
}

# Each driver goes on from there, for a while.
fuzz_long() {
	skip 'fuzzing' clang || check 'fuzz: more of the same' \
		make -s fuzz FUZZ_S="${FUZZ_S:-15}"
}

fuzz_case() {
	[ -e "tests/fuzz/$1.c" ] && ./tests/fuzz/replay "$1"
}

same_twice() {
	"$btsh" make -o - "$dir/tree" >"$dir/a.torrent" &&
	cp -r "$dir/tree" "$dir/copy" && mv "$dir/copy" "$dir/got/tree" &&
	"$btsh" make -o - "$dir/got/tree" | cmp - "$dir/a.torrent" &&
	rm -r "$dir/got/tree"
}

made_by_stream() {
	"$btsh" make -l 18 -o - "$dir/file" >"$dir/a.torrent" &&
	"$btsh" make -l 18 -n file -o - - <"$dir/file" |
		cmp - "$dir/a.torrent"
}

make_force() {
	echo old >"$dir/tree.torrent" &&
	(cd "$dir" && says 'exists' 1 "$btsh" make tree) &&
	grep -q old "$dir/tree.torrent" &&
	(cd "$dir" && "$btsh" make -f tree) | grep -qx tree.torrent &&
	! grep -q old "$dir/tree.torrent"
}

# An unreadable file: root reads everything, so one that shrinks instead.
make_fails() {
	mkdir "$dir/gone" &&
	ln -s nowhere "$dir/gone/x" &&
	(cd "$dir" && says 'no file' 1 "$btsh" make gone) &&
	[ ! -e "$dir/gone.torrent" ] &&
	says 'No such file' 1 "$btsh" make -o "$dir/none" "$dir/missing" &&
	[ ! -e "$dir/none" ] &&
	says 'No such file' 1 "$btsh" make -o "$dir/no/where" "$dir/file"
}

# Interrupted, make leaves nothing behind.
make_interrupted() {
	fresh && mkfifo "$got/pipe"
	"$btsh" make -n name -o "$got/s.torrent" - <"$got/pipe" 2>&1 &
	make_pid=$!
	exec 3>"$got/pipe"
	until_true test -e "$got/.s.torrent.new" && kill -INT $make_pid
	wait $make_pid
	r=$?
	exec 3>&-
	[ $r -eq 1 ] && [ "$(ls -A "$got")" = pipe ]
}

make_options() {
	BTSH_TRACKER=http://env.example/a "$btsh" make -o - "$dir/file" |
		grep -q 'http://env.example/a' &&
	"$btsh" make -pc 'a comment' -s src -n other -w http://w.example/f \
		-a http://one.example/a,http://two.example/a \
		-a udp://three.example:3/a -l 17 -o "$dir/o.torrent" \
		"$dir/file" &&
	grep -q '18:http://w.example/f' "$dir/o.torrent" &&
	grep -q 'announce-listll20:http://one.example/a20:http://two.example/ael23:udp://three.example:3/aee' "$dir/o.torrent" &&
	grep -q '6:pieces' "$dir/o.torrent" &&
	grep -aq '7:privatei1e6:source3:src' "$dir/o.torrent" &&
	grep -aq '12:piece lengthi131072e' "$dir/o.torrent" &&
	grep -aq '4:name5:other' "$dir/o.torrent" &&
	status 2 "$btsh" make -l 9 "$dir/file" &&
	status 2 "$btsh" make -l 29 "$dir/file" &&
	status 2 "$btsh" make -a ftp://x/ "$dir/file" &&
	status 2 "$btsh" make &&
	status 2 "$btsh" make -
}

make_excludes() {
	"$btsh" make -x '*.o' -x 'a/*' -o - "$dir/tree" >"$dir/x.torrent" &&
	! grep -aq 'one' "$dir/x.torrent" && grep -aq '5:piece' "$dir/x.torrent"
}

full_output() {
	says 'No space' 6 "$btsh" make -f -o /dev/full "$dir/file" &&
	[ -c /dev/full ]
}

usage() {
	status 2 "$btsh" && status 2 "$btsh" nothing &&
	status 2 "$btsh" run && status 2 "$btsh" serve &&
	status 2 "$btsh" track extra && status 2 "$btsh" run -Z x &&
	status 0 "$btsh" -h && status 0 "$btsh" --help &&
	for v in -V --version; do
		status 0 "$btsh" $v >"$dir/v" &&
		grep -qx 'btsh [0-9.]*' "$dir/v" || return 1
	done
	for v in make track serve peer run show check; do
		status 0 "$btsh" $v -h >"$dir/v" &&
		status 0 "$btsh" $v operand --help | cmp - "$dir/v" &&
		grep -q "^usage: btsh $v" "$dir/v" || return 1
	done
}

# Options may follow operands, but for what follows --.
options_anywhere() {
	fresh && (cd "$got" && echo text >-m && "$btsh" make ./-m -n x -q &&
		"$btsh" show x.torrent -f x.torrent -- x.torrent &&
		says 'No such file' 1 "$btsh" show -f -- -f &&
		says '^usage' 2 "$btsh" check -q &&
		says 'such option' 2 "$btsh" show x.torrent -Z &&
		says 'such option' 2 "$btsh" show x.torrent --zzz &&
		says 'is missing' 2 "$btsh" make ./-m -o &&
		"$btsh" make -fq -n -- -- -m) >"$got/out" &&
	printf '%s\n' x.torrent x x x --.torrent | diff - "$got/out"
}

verbs_guessed() {
	says 'download: no such verb; maybe run?' 2 "$btsh" download x &&
	says 'maybe serve?' 2 "$btsh" share x &&
	says 'maybe track?' 2 "$btsh" trakc &&
	says 'maybe check?' 2 "$btsh" verify &&
	says 'such verb$' 2 "$btsh" frobnicate &&
	says 'such option' 2 "$btsh" --verbose &&
	says 'run fetches it, show says what it is, serve shares' 2 \
		"$btsh" x.torrent &&
	says 'run fetches it' 2 "$btsh" 'magnet:?xt=urn:btih:x'
}

bad_arguments() {
	echo junk >"$dir/junk" && printf 'd4:infod' >"$dir/cut" &&
	says 'not a torrent' 3 "$btsh" run "$dir/junk" &&
	says 'cut short' 3 "$btsh" run "$dir/cut" &&
	says 'No such file' 1 "$btsh" run "$dir/missing.torrent" &&
	says 'needs /none, which is not here' 1 env BTSH_HTTPS=/none "$btsh" \
		run https://127.0.0.1:1/y.torrent &&
	says 'No such file' 1 "$btsh" serve "$dir/missing" &&
	says 'no rate' 2 "$btsh" run -r fast "$dir/file.torrent" &&
	says 'host:port' 2 "$btsh" run -k nowhere "$dir/file.torrent" &&
	says 'not a number' 2 "$btsh" track -p 99999 &&
	says 'not an address' 2 "$btsh" track -l elsewhere
}

port_in_use() {
	seed "$dir/s.log" "$dir/file" &&
	says 'in use' 1 "$btsh" run -l 127.0.0.1 -p "$seed_port" \
		"$dir/file.torrent" &&
	says 'in use' 1 "$btsh" track -l 127.0.0.1 -p "$seed_port" &&
	stop "$seed_pid"
}

# show: what a torrent says, names of any bytes, several, a magnet link.
shows() {
	tab=$(printf '\t')
	"$btsh" make -q -p -c 'a	b' -s src -a http://one/a,udp://two:2 \
		-a http://three/ -o "$dir/sh.torrent" "$dir/tree" &&
	"$btsh" show "$dir/sh.torrent" >"$dir/shown" &&
	grep -qx "name${tab}tree" "$dir/shown" &&
	grep -qx "infohash${tab}[0-9a-f]\{40\}" "$dir/shown" &&
	grep -qx "size${tab}402772" "$dir/shown" &&
	grep -qx "piece length${tab}32768" "$dir/shown" &&
	grep -qx "pieces${tab}13" "$dir/shown" &&
	grep -qx "private${tab}1" "$dir/shown" &&
	grep -qx "comment${tab}a\\\\x09b" "$dir/shown" &&
	grep -qx "source${tab}src" "$dir/shown" &&
	grep -qx "tracker${tab}0${tab}udp://two:2" "$dir/shown" &&
	grep -qx "tracker${tab}1${tab}http://three/" "$dir/shown" &&
	grep -qx "file${tab}3${tab}tree/a/b/three" "$dir/shown" &&
	"$btsh" show -f - <"$dir/sh.torrent" >"$dir/files" &&
	(cd "$dir" && find tree -type f) | LC_ALL=C sort >"$dir/found" &&
	LC_ALL=C sort "$dir/files" | cmp - "$dir/found" &&
	magnet=$("$btsh" show -m "$dir/sh.torrent") &&
	"$btsh" show "$magnet" | grep -qx "$(grep infohash "$dir/shown")" &&
	[ "$("$btsh" show "$dir/sh.torrent" "$dir/file.torrent" |
		grep -c infohash)" -eq 2 ] &&
	echo junk >"$dir/junk" &&
	says 'not a torrent' 3 "$btsh" show "$dir/junk" "$dir/sh.torrent" &&
	grep -q infohash "$dir/sout"
}

# Names that a terminal would obey, each to be had back with printf.
shows_safely() {
	fresh && mkdir "$got/odd" &&
	odd=$(printf 'a\tb\nc\033[1m\\d\377\302\233') &&
	echo x >"$got/odd/$odd" &&
	"$btsh" make -q -o "$got/t" "$got/odd" &&
	"$btsh" show -f "$got/t" >"$got/line" && [ "$(wc -l <"$got/line")" -eq 1 ] &&
	! LC_ALL=C grep -q '[^ -~]' "$got/line" &&
	python3 -c 'import re, sys; sys.stdout.buffer.write(re.sub(
		rb"\\x(..)", lambda m: bytes([int(m[1], 16)]),
		sys.stdin.buffer.read()))' <"$got/line" >"$got/name" &&
	printf 'odd/%s\n' "$odd" | cmp - "$got/name"
}

# check: right, then bad, short, long and missing, by name and by number.
checks() {
	fresh && cp -r "$dir/tree" "$got/tree" &&
	"$btsh" make -q -l 15 -o "$got/t" "$got/tree" &&
	(cd "$got" && status 0 "$btsh" check t) && [ ! -s "$dir/sout" ] &&
	"$btsh" check - "$got/tree" <"$got/t" &&
	mv "$got/tree" "$got/named" &&
	status 0 "$btsh" check "$got/t" "$got/named" &&
	printf xxxx | dd of="$got/named/z" bs=1 seek=150000 conv=notrunc \
		2>/dev/null &&
	rm "$got/named/a.b" && echo x >>"$got/named/e/piece" &&
	{ "$btsh" check -q "$got/t" "$got/named" >"$got/said"; [ $? -eq 5 ]; } &&
	LC_ALL=C sort "$got/said" >"$got/found" &&
	printf 'bad\t0\ttree/e/piece\nbad\t1\ttree/z\nmissing\ttree/a.b\n' |
		cmp - "$got/found" &&
	says 'No such file' 1 "$btsh" check "$got/none"
}

# One seed, one leecher, found through a tracker.
main_job() { # NAME
	tracker &&
	"$btsh" make -f -a "$url" -o "$dir/$1.torrent" "$dir/$1" &&
	seed "$dir/s.log" -d "$dir" "$dir/$1.torrent" && fresh &&
	fetch -d "$got" "$dir/$1.torrent" | grep -qx "$got/$1" &&
	diff -r "$dir/$1" "$got/$1" &&
	stop "$seed_pid" &&
	until_true grep -q "stopped.*:$seed_port" "$dir/track.log" &&
	grep -q 'completed' "$dir/track.log" && stop "$track_pid"
}

# The same over IPv6 alone.
main_job6() {
	start "$dir/track6.log" "$btsh" track -l ::1 -p 0
	track_pid=$!
	until_true grep -q 'tracking at http://\[::1\]' "$dir/track6.log" &&
	url=$(sed -n 's/.*at \(http[^ ;]*\).*/\1/p' "$dir/track6.log") &&
	start "$dir/s6.log" "$btsh" serve -l ::1 -p 0 -a "$url" -d "$dir" \
		"$dir/tree.torrent"
	seed_pid=$!
	fresh && until_true grep -q 'started.*\[::1\]' "$dir/track6.log" &&
	timeout 60 "$btsh" run -l ::1 -p 0 -a "$url" -d "$got" \
		"$dir/tree.torrent" && diff -r "$dir/tree" "$got/tree"
	r=$?
	stop $seed_pid
	stop $track_pid
	return $r
}

# A path is hashed and served, and found by -k.
serve_path() {
	ln -sf file "$dir/link"
	seed "$dir/s.log" "$dir/link" && fresh &&
	"$btsh" make -n link -o "$dir/link.torrent" "$dir/link" &&
	fetch -k "localhost:$seed_port" -d "$got" "$dir/link.torrent" &&
	cmp "$dir/file" "$got/link" && stop "$seed_pid"
}

from_stdin() {
	seed "$dir/s.log" "$dir/file" && fresh &&
	"$btsh" make -o - "$dir/file" | timeout 60 "$btsh" run -N -p 0 \
		-k "127.0.0.1:$seed_port" -d "$got" - &&
	cmp "$dir/file" "$got/file" &&
	echo "127.0.0.1:$seed_port" >"$dir/peers" &&
	fetch -k "@$dir/peers" -o "$got/other" "$dir/file.torrent" |
		grep -qx "$got/other" &&
	cmp "$dir/file" "$got/other" && stop "$seed_pid"
}

# What is there is kept: only the bad piece is fetched, and a file that is
# longer than it should be is not touched.
resume() {
	seed "$dir/s.log" "$dir/file" && fresh &&
	cp "$dir/file" "$got/file" &&
	printf 'xxxx' | dd of="$got/file" bs=1 seek=3000000 conv=notrunc \
		2>/dev/null &&
	fetch -v -k "127.0.0.1:$seed_port" -d "$got" "$dir/file.torrent" \
		2>"$got/said" &&
	cmp "$dir/file" "$got/file" && grep -q '^32.0KiB in' "$got/said" &&
	echo more >>"$got/file" && cp "$got/file" "$got/kept" &&
	says 'longer than' 5 "$btsh" run -N -d "$got" "$dir/file.torrent" &&
	cmp "$got/file" "$got/kept" && stop "$seed_pid"
}

# INT stops run with status 7, and what it has is used the next time.
interrupted() {
	seed "$dir/s.log" -u 1m "$dir/file" && fresh &&
	start "$dir/r.log" "$btsh" run -l 127.0.0.1 -p 0 \
		-k "127.0.0.1:$seed_port" -d "$got" "$dir/file.torrent"
	run_pid=$!
	until_true test -s "$got/file" && kill -INT $run_pid
	wait $run_pid
	[ $? -eq 7 ] && stop "$seed_pid"
	seed "$dir/s.log" "$dir/file" &&
	fetch -k "127.0.0.1:$seed_port" -d "$got" "$dir/file.torrent" &&
	cmp "$dir/file" "$got/file" && stop "$seed_pid"
}

gives_up() {
	fresh && says 'gave up' 4 timeout 20 "$btsh" run -t 1 -p 0 \
		-l 127.0.0.1 -d "$got" "$dir/file.torrent"
}

no_data() {
	fresh && says 'none of its data' 5 timeout 20 "$btsh" serve -p 0 \
		-l 127.0.0.1 -d "$got" "$dir/file.torrent"
}

# A full disk: the largest file that this process may write is small.
full_disk() {
	seed "$dir/s.log" "$dir/file" && fresh &&
	(trap '' XFSZ; ulimit -f 100; says 'write .*/file' 6 timeout 20 "$btsh" \
		run -l 127.0.0.1 -p 0 -k "127.0.0.1:$seed_port" -d "$got" \
		"$dir/file.torrent") && stop "$seed_pid"
}

# Through a symbolic link nothing is written.
symlinks() {
	seed "$dir/s.log" "$dir/tree" && fresh &&
	"$btsh" make -f -o "$dir/tree.torrent" "$dir/tree" &&
	mkdir "$got/outside" "$got/tree" && ln -s ../outside "$got/tree/a" &&
	says 'keep .*/tree/a' 5 timeout 20 "$btsh" run -l 127.0.0.1 -p 0 \
		-k "127.0.0.1:$seed_port" -d "$got" "$dir/tree.torrent" &&
	[ -z "$(ls "$got/outside")" ] && stop "$seed_pid"
}

# A tracker that does not answer and one whose name does not resolve do not
# keep the one that works from being asked.
dead_trackers() {
	tracker && seed "$dir/s.log" -a "$url" "$dir/file" && fresh &&
	"$btsh" make -f -a http://127.0.0.1:1/announce \
		-a http://no.such.name.invalid/announce \
		-a "${url%announce}nothing" -a "$url" \
		-o "$dir/dead.torrent" "$dir/file" &&
	fetch -d "$got" "$dir/dead.torrent" 2>"$got/said" &&
	cmp "$dir/file" "$got/file" &&
	grep -q 'tracker http://127.0.0.1:1/announce: Connection refused' \
		"$got/said" &&
	grep -q 'does not resolve' "$got/said" && stop "$seed_pid"
	stop "$track_pid"
}

# opentracker speaks UDP, to those on its list.
udp_tracker() {
	next_port
	hash_transmission "$dir/file.torrent" >"$dir/white" &&
	start "$dir/ot.log" opentracker -i 127.0.0.1 -p $port -P $port \
		-d "$dir" -w white
	ot_pid=$!
	u=udp://127.0.0.1:$port/announce
	seed "$dir/s.log" -a "$u" -d "$dir" "$dir/file.torrent" && fresh &&
	fetch -a "$u" -d "$got" "$dir/file.torrent" &&
	cmp "$dir/file" "$got/file" && stop "$seed_pid"
	r=$?
	stop $ot_pid
	return $r
}

# A file that is cut off while it is hashed is an error, and leaves nothing.
make_cut() {
	truncate -s 64G "$dir/sparse"
	start "$dir/m.log" timeout 60 "$btsh" make -l 24 -o "$dir/cut.torrent" \
		"$dir/sparse"
	make_pid=$!
	until_true test -e "$dir/.cut.torrent.new" &&
	truncate -s 1M "$dir/sparse" && ! wait $make_pid &&
	grep -q 'shorter' "$dir/m.log" && [ ! -e "$dir/cut.torrent" ]
	r=$?
	rm -f "$dir/sparse"
	return $r
}

# Several torrents in one process, and peer: lines in, events out.
several() {
	tracker
	for i in 1 2 3 4 5; do
		random_bytes $((i * 100000)) >"$dir/many$i"
		"$btsh" make -f -a "$url" -o "$dir/many$i.torrent" \
			"$dir/many$i" >/dev/null
	done
	seed "$dir/s.log" -d "$dir" "$dir"/many?.torrent && fresh &&
	until_true sh -c "[ \$(grep -c magnet '$dir/s.log') -eq 5 ]"
	mkfifo "$dir/lines"
	: >"$dir/events" # now, as in start
	"$btsh" peer -l 127.0.0.1 -p 0 -d "$got" "$dir/many1.torrent" \
		<"$dir/lines" >"$dir/events" 2>"$dir/p.err" &
	pids="$pids $!"
	peer_pid=$!
	{
		echo "$dir/many2.torrent"
		echo "$dir/junk"
		ls "$dir"/many[345].torrent
	} >"$dir/lines"
	until_true sh -c "[ \$(grep -c complete $dir/events) -eq 5 ]" &&
	for i in 1 2 3 4 5; do
		cmp "$dir/many$i" "$got/many$i" || return 1
	done
	grep -q 'error' "$dir/events" &&
	grep -qE '^[0-9]+	added	[0-9a-f]{40}	many1$' "$dir/events" &&
	kill $peer_pid && wait $peer_pid && grep -q stopped "$dir/events" &&
	stop "$seed_pid" && stop "$track_pid"
}

# Leechers give to each other: the seed's upload alone would take longer.
sharing() {
	random_bytes 4000000 >"$dir/shared"
	tracker && "$btsh" make -f -a "$url" -o "$dir/shared.torrent" \
		"$dir/shared" >/dev/null &&
	seed "$dir/s.log" -u 2m -d "$dir" "$dir/shared.torrent" || return 1
	leech_pids=
	for i in 1 2 3 4; do
		mkdir -p "$dir/got/sh$i"
		start "$dir/sh$i.log" "$btsh" run -s -v -l 127.0.0.1 -p 0 \
			-d "$dir/got/sh$i" "$dir/shared.torrent"
		leech_pids="$leech_pids $!"
	done
	for i in 1 2 3 4; do
		until_true grep -q 'up, ratio' "$dir/sh$i.log" &&
		cmp "$dir/shared" "$dir/got/sh$i/shared" || return 1
	done
	for p in $leech_pids; do stop "$p"; done
	stop "$seed_pid"
	stop "$track_pid"
	cat "$dir"/sh?.log | awk '/up, ratio/ { sum += $NF }
		END { print sum; exit sum < 1 }'
}

# -r and -u hold: 1 MB at 500 KiB/s takes about two seconds.
rate() { # OPTIONS OF THE SEED -- OPTIONS OF THE LEECHER
	head -c 1000000 "$dir/file" >"$dir/slow"
	"$btsh" make -f -o "$dir/slow.torrent" "$dir/slow" >/dev/null
	seed "$dir/s.log" $1 -d "$dir" "$dir/slow.torrent" && fresh &&
	t=$(date +%s%N) &&
	fetch $2 -k "127.0.0.1:$seed_port" -d "$got" "$dir/slow.torrent" &&
	t=$((($(date +%s%N) - t) / 1000000)) &&
	cmp "$dir/slow" "$got/slow" && stop "$seed_pid" &&
	[ $t -gt 1700 ] && [ $t -lt 3500 ]
}

rates() {
	rate '-u 500k' '' && rate '' '-r 500k'
}

no_uploads() {
	seed "$dir/s.log" -u 0 -d "$dir" "$dir/file.torrent" && fresh &&
	status 4 timeout 20 "$btsh" run -t 2 -p 0 -l 127.0.0.1 -d "$got" \
		-k "127.0.0.1:$seed_port" "$dir/file.torrent" &&
	stop "$seed_pid"
}

# A file over 4 GiB, all hole but for its ends; the fetched copy has the holes
# already, so that little is sent.
over_4g() {
	mkdir -p "$dir/big" && fresh &&
	truncate -s 4300M "$dir/big/huge" "$got/huge" &&
	printf 'the end' | dd of="$dir/big/huge" bs=1 seek=4508876700 \
		conv=notrunc 2>/dev/null &&
	"$btsh" make -f -o "$dir/huge.torrent" "$dir/big/huge" &&
	seed "$dir/s.log" -d "$dir/big" "$dir/huge.torrent" &&
	fetch -k "127.0.0.1:$seed_port" -d "$got" "$dir/huge.torrent" &&
	[ "$(tail -c 8000000 "$got/huge" | cksum)" = \
		"$(tail -c 8000000 "$dir/big/huge" | cksum)" ] &&
	stop "$seed_pid" && rm -r "$dir/big" "$got"
}

# Many files within few descriptors.
many_files() { # HOW MANY
	mkdir -p "$dir/lots/x" "$dir/lots/y" && fresh &&
	(cd "$dir/lots/x" && random_bytes $(($1 * 10)) |
		split -a 5 -b 20 - f) &&
	(cd "$dir/lots/y" && random_bytes $(($1 * 10)) |
		split -a 5 -b 20 - f) &&
	[ "$(find "$dir/lots" -type f | wc -l)" -eq "$1" ] &&
	(ulimit -n 256 && "$btsh" make -f -o "$dir/lots.torrent" \
		"$dir/lots") &&
	seed "$dir/s.log" -d "$dir" "$dir/lots.torrent" &&
	(ulimit -n 256 && fetch -k "127.0.0.1:$seed_port" -d "$got" \
		"$dir/lots.torrent") &&
	diff -r "$dir/lots" "$got/lots" && stop "$seed_pid" &&
	rm -rf "$dir/lots" "$got"
}

# Any key stops the tracker on a terminal, and the terminal is as it was.
any_key() {
	mkfifo "$dir/keys"
	script -qec "$btsh track -l 127.0.0.1 -p 0; stty -a" /dev/null \
		<"$dir/keys" >"$dir/screen" 2>&1 &
	script_pid=$!
	pids="$pids $script_pid"
	exec 3>"$dir/keys"
	until_true grep -q 'any key' "$dir/screen" && printf x >&3
	r=$?
	exec 3>&-
	wait $script_pid && [ $r -eq 0 ] && grep -q ' icanon' "$dir/screen"
}

# One who asks for more than is held for it, and cannot be told so, gets all.
greedy() {
	seed "$dir/s.log" -d "$dir" "$dir/file.torrent" || return 1
	hash=$(sed -n 's/.*btih:\([0-9a-f]*\).*/\1/p' "$dir/s.log")
	timeout 60 /usr/bin/python3 tests/greedy.py "$hash" "$seed_port" 20000
	r=$?
	stop "$seed_pid"
	return $r
}

# Callers that say nothing do not keep others out.
idle_callers() {
	seed "$dir/s.log" -M 20 -d "$dir" "$dir/file.torrent" && fresh &&
	start "$dir/idle.log" /usr/bin/python3 tests/idle.py "$seed_port" 100
	idle_pid=$!
	until_true grep -q ready "$dir/idle.log" &&
	fetch -k "127.0.0.1:$seed_port" -d "$got" "$dir/file.torrent" &&
	cmp "$dir/file" "$got/file"
	r=$?
	stop $idle_pid
	stop "$seed_pid"
	return $r
}

# A peer that sends wrong data is banned, and the file comes from another.
bad_peer() {
	cp "$dir/file" "$dir/got/good" && fresh && mkdir "$got/bad" &&
	seed "$dir/s.log" -d "$dir" "$dir/file.torrent" &&
	good_pid=$seed_pid good_port=$seed_port &&
	next_port &&
	start "$dir/bad.log" /usr/bin/python3 tests/liar.py \
		"$dir/file.torrent" $port
	liar_pid=$!
	until_true grep -q ready "$dir/bad.log" &&
	start "$dir/r.log" "$btsh" run -v -l 127.0.0.1 -p 0 \
		-k "127.0.0.1:$port" -d "$got" "$dir/file.torrent"
	run_pid=$!
	until_true grep -q 'is banned' "$dir/r.log" && stop $run_pid
	fetch -k "127.0.0.1:$good_port" -k "127.0.0.1:$port" -d "$got" \
		"$dir/file.torrent" && cmp "$dir/file" "$got/file"
	r=$?
	stop $liar_pid
	stop $good_pid
	return $r
}

# Other people's clients.  Each seeds for btsh and fetches from btsh; the one
# that will not dial 127.0.0.1 (transmission) is dialled by btsh.

run_aria2() { # ARGS...
	exec aria2c -q --enable-dht=false --bt-enable-lpd=false \
		--file-allocation=none --listen-port=$port "$@"
}

run_transmission() { # DIR TORRENT ARGS...
	mkdir -p "$1/.home"
	echo '{"dht-enabled":false,"lpd-enabled":false,"pex-enabled":false,
		"utp-enabled":false,"port-forwarding-enabled":false,
		"bind-address-ipv4":"127.0.0.1"}' >"$1/.home/settings.json"
	where=$1 torrent=$2
	shift 2
	exec transmission-cli -g "$where/.home" -w "$where" -p $port -M -D \
		-U "$@" "$torrent"
}

run_daemon() { # DIR TORRENT: transmission-daemon, which watches a directory
	mkdir -p "$1/.home" "$1/.watch"
	cp "$2" "$1/.watch/x.torrent"
	echo '{"dht-enabled":false,"lpd-enabled":false,"pex-enabled":false,
		"utp-enabled":false,"port-forwarding-enabled":false,
		"bind-address-ipv4":"127.0.0.1","rpc-enabled":false,
		"peer-port":'$port',"download-dir":"'"$1"'",
		"watch-dir":"'"$1/.watch"'","watch-dir-enabled":true}' \
		>"$1/.home/settings.json"
	exec transmission-daemon -f -g "$1/.home"
}

listens() { # PORT
	cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
		grep -qi ":$(printf %04X "$1") 0*:0000 0A"
}

# seeds CLIENT: starts it on $port, seeding the file in $dir
seeds() {
	next_port
	case $1 in
	aria2)
		start "$dir/c.log" run_aria2 --check-integrity=true \
			--seed-ratio=0.0 --dir="$dir" "$dir/file.torrent" ;;
	transmission)
		start "$dir/c.log" run_transmission "$dir" "$dir/file.torrent" ;;
	libtorrent)
		start "$dir/c.log" /usr/bin/python3 tests/lt.py seed \
			"$dir/file.torrent" "$dir" $port ;;
	esac
	client_pid=$!
	until_true listens $port
}

# The second time it knows no more than the info hash.
seeder() { # CLIENT
	fresh && seeds "$1" &&
	fetch -k "127.0.0.1:$port" -d "$got" "$dir/file.torrent" &&
	cmp "$dir/file" "$got/file" &&
	fetch -k "127.0.0.1:$port" -d "$got/2" \
		"$("$btsh" show "$dir/file.torrent" |
			sed -n 's/infohash.//p')" &&
	cmp "$dir/file" "$got/2/file"
	r=$?
	kill -KILL $client_pid
	wait $client_pid 2>/dev/null
	return $r
}

whole() { # FILE: whether it has become the shared one
	cmp -s "$dir/file" "$1"
}

# leecher CLIENT [-m]: it has the torrent, or a magnet link
leecher() {
	fresh && next_port && tracker &&
	"$btsh" make -f -a "$url" -o "$dir/t.torrent" "$dir/file" &&
	seed "$dir/s.log" -k "127.0.0.1:$port" -d "$dir" "$dir/t.torrent" ||
		return 1
	what=$dir/t.torrent
	[ $# -eq 1 ] || what=$("$btsh" show -m "$what")
	leech "$1" "$what" "$got"
	until_true whole "$got/file"
	r=$?
	kill -KILL $client_pid
	wait $client_pid 2>/dev/null
	stop "$seed_pid"
	stop "$track_pid"
	return $r
}

# leech CLIENT TORRENT DIR: starts it on $port, fetching
leech() {
	case $1 in
	aria2)
		start "$3.log" run_aria2 --seed-ratio=0.0 --dir="$3" "$2" ;;
	transmission)
		start "$3.log" run_transmission "$3" "$2" ;;
	daemon)
		start "$3.log" run_daemon "$3" "$2" ;;
	libtorrent)
		start "$3.log" /usr/bin/python3 tests/lt.py stay "$2" "$3" \
			$port ;;
	btsh)
		start "$3.log" "$btsh" run -s -l 127.0.0.1 -p $port -d "$3" \
			"$2" ;;
	esac
	client_pid=$!
}

# One seed and five leechers of four kinds.
mixed() {
	tracker && "$btsh" make -f -a "$url" -o "$dir/t.torrent" "$dir/file" &&
	seed "$dir/s.log" -u 2m -d "$dir" "$dir/t.torrent" || return 1
	all= n=0 r=0
	for c in btsh aria2 libtorrent daemon btsh; do
		n=$((n + 1))
		next_port
		mkdir -p "$dir/got/mixed$n"
		leech $c "$dir/t.torrent" "$dir/got/mixed$n"
		all="$all $client_pid"
	done
	for i in 1 2 3 4 5; do
		until_true whole "$dir/got/mixed$i/file" || r=1
	done
	for p in $all; do
		kill -KILL $p
		wait $p 2>/dev/null
	done
	stop "$seed_pid"
	stop "$track_pid"
	return $r
}

# Torrents that we make, read by others, and the other way round.
reads_ours() { # HOW
	for t in file tree; do
		"$btsh" make -q -f -a http://t.example/announce \
			-o "$dir/our.torrent" "$dir/$t" &&
		want=$("$btsh" show "$dir/our.torrent" |
			sed -n 's/infohash.//p') &&
		[ "$("hash_$1" "$dir/our.torrent")" = "$want" ] || return 1
	done
}

reads_theirs() { # COMMAND THAT MAKES $dir/their.torrent OF $dir/tree
	rm -f "$dir/their.torrent"
	"$@" >/dev/null
	echo "status $?"
	our_hash=$(hash_btsh "$dir/their.torrent" "$dir")
	their_hash=$(hash_transmission "$dir/their.torrent")
	echo "ours $our_hash, theirs $their_hash"
	[ -n "$our_hash" ] && [ "$our_hash" = "$their_hash" ]
}

client_cases() {
	for c in transmission aria2 libtorrent; do
		case $c in
		transmission) program=transmission-cli ;;
		aria2) program=aria2c ;;
		libtorrent) program=python3-libtorrent ;;
		esac
		skip "$c reads our torrents" $program || {
			check "$c reads our torrents" reads_ours $c
			check "$c seeds, btsh fetches" seeder $c
			check "btsh seeds, $c fetches" leecher $c
			check "btsh seeds, $c has a magnet link" leecher $c -m
		}
	done
	skip 'transmission-create' transmission-create ||
		check 'we read what transmission-create makes' reads_theirs \
			transmission-create -o "$dir/their.torrent" "$dir/tree"
	skip mktorrent mktorrent ||
		check 'we read what mktorrent makes' reads_theirs \
			mktorrent -l 16 -o "$dir/their.torrent" "$dir/tree"
	skip libtorrent python3-libtorrent ||
		check 'we read what libtorrent makes' reads_theirs \
			/usr/bin/python3 tests/lt.py make "$dir/tree" \
			"$dir/their.torrent" http://t.example/announce
	skip 'a mixed swarm' transmission-daemon || skip 'a mixed swarm' aria2c ||
		skip 'a mixed swarm' python3-libtorrent ||
		check 'a mixed swarm: a seed, five leechers of four kinds' mixed
	skip 'a UDP tracker' opentracker ||
		check 'a UDP tracker brings peers together' udp_tracker
}

# The program and its manual go where they are told.
installs() {
	make -s install DESTDIR="$dir/root" PREFIX=/usr &&
	"$dir/root/usr/bin/btsh" -V &&
	[ -s "$dir/root/usr/share/man/man1/btsh.1" ] &&
	make -s uninstall DESTDIR="$dir/root" PREFIX=/usr &&
	[ -z "$(find "$dir/root" -type f)" ]
}

manual() {
	mandoc -Tlint -W warning btsh.1
}

. tests/house.sh
. tests/torrents.sh
. tests/tracker.sh
. tests/meeting.sh
. tests/find.sh
. tests/link.sh
. tests/cost.sh
. tests/hostile.sh
. tests/shell.sh
. tests/web.sh
. tests/front.sh
. tests/https.sh
. tests/disk.sh
. tests/faults.sh
. tests/habits.sh
. tests/daily.sh
. tests/resume.sh
. tests/roam.sh
. tests/reachable.sh
. tests/portmap.sh
. tests/package.sh
. tests/proxy.sh
. tests/limits.sh
. tests/sandbox.sh
. tests/qr.sh
. tests/webseed.sh

if [ "${1:-}" = long ]; then
	make_data && resume_long && roam_long && fuzz_long
	echo "$passed passed, $failed failed, $skipped skipped"
	[ $failed -eq 0 ]
	exit
fi
make_data
unit_cases
fuzz_cases
house_cases
check 'usage and version' usage
check 'options before and after operands' options_anywhere
check 'a word that is no verb: which was meant' verbs_guessed
check 'make: the same input gives the same bytes' same_twice
check 'make: a stream gives what its file gives' made_by_stream
check 'make: an existing torrent is only replaced with -f' make_force
check 'make: what cannot be made leaves nothing behind' make_fails
check 'make: interrupted, it leaves nothing behind' make_interrupted
check 'make: a file cut off meanwhile is an error' make_cut
check 'make: every option is in the torrent' make_options
check 'make: -x leaves files out' make_excludes
check 'make: a full device is an error' full_output
check 'bad arguments: a line that says what, and the status' bad_arguments
check 'show: what a torrent or a link says' shows
check 'show: no byte of a name reaches the terminal' shows_safely
check 'check: names what is bad or missing' checks
check 'a port in use is an error' port_in_use
check 'one file: made, tracked, served, fetched' main_job file
check 'a directory: made, tracked, served, fetched' main_job tree
skip 'a directory, over IPv6' IPv6 || check 'a directory, over IPv6' main_job6
check 'serve hashes a path; run knows a peer by name' serve_path
check 'a torrent from stdin, peers from a file, another name' from_stdin
check 'what is there is verified and kept' resume
check 'interrupted, and resumed' interrupted
check 'run gives up without progress' gives_up
check 'serve says when there is nothing to serve' no_data
check 'a full disk' full_disk
check 'nothing is written through a symbolic link' symlinks
check 'dead trackers are passed over' dead_trackers
check 'several torrents at once; peer as a coprocess' several
check 'leechers share' sharing
check 'rate limits hold' rates
check '-u 0 uploads nothing' no_uploads
check 'a file over 4 GiB' over_4g
check 'many files, few descriptors' many_files 100000
check 'any key stops the tracker' any_key
check 'more requests than a peer may make are answered too' greedy
check 'idle callers keep nobody out' idle_callers
shell_cases
torrents_cases
habits_cases
daily_cases
resume_cases
roam_cases
reachable_cases
tracker_cases
web_cases
front_cases
https_cases
cost_cases
disk_cases
faults_cases
hostile_cases
portmap_cases
package_cases
proxy_cases
limits_cases
sandbox_cases
qr_cases
webseed_cases
check 'a peer that lies is banned' bad_peer
check 'install and uninstall' installs
skip 'the manual' mandoc || check 'the manual has no fault' manual
client_cases
meeting_cases
find_cases
link_cases
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
