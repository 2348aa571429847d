# The sandbox: from inside what is forbidden fails (tests/probe.c), and from
# outside all works that did; root becomes somebody else.  Sourced by tests.sh.

# probed LOG WHO RESULTS...: whether each process of that kind, and one at
# least, had these results, EPERM is 1, EACCES 13, ECONNREFUSED 111
probed() {
	at=$1 who=$2
	shift 2
	grep "^probe $who " "$at" >"$dir/probed" || { cat "$at"; return 1; }
	for result; do
		! grep -v " $result\\( \\|\$\\)" "$dir/probed" ||
			{ echo "$who: no $result" >&2; return 1; }
	done
}

no_network='tcp=1 listen=1 udp=1 unix=1 exec=1 map=1'
network='tcp=111 listen=1 udp=0 unix=1 exec=1 map=1'
a_child="read=13 write=13 own=0 beside=13 fork=1 $no_network"
a_helper='read=13 write=13 own=13 beside=13 tcp=111 listen=1 exec=1'

# A file of ours in a directory of its own, and one that is none of ours.
probe_data() {
	fresh && mkdir "$got/in" "$got/data" && random_bytes 200000 >"$got/in/f" &&
	echo secret >"$got/secret" &&
	"$btsh" make -q -l 14 -o "$got/in/t" "$got/in/f" &&
	export BTSH_PROBE="$got/secret" BTSH_PROBE_OWN="$got/in/f"
	log=$got/log
}

no_probe() {
	r=$?
	unset BTSH_PROBE BTSH_PROBE_OWN
	[ ! -e "$got/secret.new" ] || r=1
	return $r
}

probe_make() {
	probe_data &&
	"$faulty" make -l 14 -o "$got/in/u" "$got/in/f" 2>"$log" &&
	cmp "$got/in/t" "$got/in/u" &&
	probed "$log" main read=13 write=13 own=0 beside=0 fork=0 $no_network &&
	probed "$log" hash $a_child &&
	"$faulty" make -n n -o - - <"$got/in/f" 2>"$log" >"$got/u" &&
	probed "$log" main read=13 write=13 own=13 beside=13 $no_network &&
	BTSH_PROBE_OWN=$got/in/t "$faulty" make -c other -e "$got/in/t" \
		-o "$got/in/e" 2>"$log" &&
	[ "$(grep -c '^probe main' "$log")" -eq 2 ] && # to read, to write
	probed "$log" main read=13 write=13 beside=0 $no_network &&
	{ "$faulty" make -n x -e http://127.0.0.1:1/t 2>"$log"; [ $? -eq 1 ]; } &&
	probed "$log" main read=13 write=13 own=13 $network
	no_probe
}

probe_look() { # show and check
	probe_data &&
	BTSH_PROBE_OWN=$got/in/t "$faulty" show "$got/in/t" 2>"$log" &&
	probed "$log" main read=13 write=13 own=0 beside=13 $no_network &&
	"$faulty" check "$got/in/t" "$got/in/f" 2>"$log" &&
	probed "$log" hash $a_child && probed "$log" main write=13 own=0 \
		beside=13 $no_network && grep -q 'main read=13' "$log" &&
	{ "$faulty" show http://127.0.0.1:1/t 2>"$log"; [ $? -eq 1 ]; } &&
	probed "$log" main read=13 write=13 own=13 beside=13 $network &&
	probed "$log" names $a_helper &&
	{ BTSH_PROBE_OWN=$got/in/t "$faulty" show -t "$got/in/t" 2>"$log"
		[ $? -eq 4 ]; } &&
	probed "$log" main read=13 write=13 own=0 beside=13 $network
	no_probe
}

probe_serve() {
	probe_data &&
	start "$log" "$faulty" serve -l 127.0.0.1 -p 0 -d "$got/in" "$got/in/t" &&
	until_true grep -q magnet: "$log" && stop $! &&
	probed "$log" main read=13 write=13 own=0 beside=0 $network &&
	probed "$log" names $a_helper && probed "$log" hash $a_child &&
	start "$log" "$faulty" serve -l 127.0.0.1 -p 0 "$got/in" &&
	until_true grep -q magnet: "$log" && stop $! &&
	probed "$log" main read=13 write=13 own=0 beside=13 $network
	no_probe
}

probe_run() { # also as it writes to its standard output, and peer
	probe_data && seed "$dir/s.log" -d "$got/in" "$got/in/t" &&
	BTSH_PROBE_OWN=$got/data/f && cp "$got/in/f" "$got/data" &&
	from="-l 127.0.0.1 -p 0 -k 127.0.0.1:$seed_port -d $got/data" &&
	timeout 60 "$faulty" run $from "$got/in/t" 2>"$log" &&
	probed "$log" main read=13 write=13 own=0 beside=0 $network &&
	probed "$log" names $a_helper && probed "$log" hash $a_child &&
	timeout 60 "$faulty" run -o - $from "$got/in/t" 2>"$log" |
		cmp - "$got/in/f" &&
	probed "$log" main read=13 own=0 beside=0 $network &&
	probed "$log" write $a_child && rm -f "$got/data/f.new" &&
	echo "$got/in/t" | timeout 60 "$faulty" peer $from 2>"$log" |
		grep -q complete &&
	probed "$log" main read=0 write=13 own=0 beside=0 $network &&
	probed "$log" sync write=13 own=0 beside=0 fork=1 $no_network
	no_probe
}

probe_track() {
	probe_data &&
	BTSH_PROBE_OWN=$got/in/state &&
	start "$log" "$faulty" track -l 127.0.0.1 -p 0 -f "$got/in/state" &&
	until_true test -s "$got/in/state" && stop $! &&
	probed "$log" main read=13 write=13 beside=0 fork=0 $no_network
	no_probe
}

# What parts of the data are kept elsewhere, by links of any kind, is served
# and checked; nothing else is there.
linked_data() {
	fresh && mkdir -p "$got/far/away/sub" "$got/top" "$got/in" "$got/out" &&
	for f in far/one far/away/two far/away/sub/three; do
		random_bytes 50000 >"$got/$f" || return 1
	done
	mkdir "$got/in/tree" && cp "$got/far/one" "$got/in/tree/one" &&
	cp -r "$got/far/away" "$got/in/tree/away" &&
	"$btsh" make -q -l 14 -o "$got/t" "$got/in/tree" &&
	rm -r "$got/in/tree" && mkdir "$got/top/tree" &&
	ln -s "$got/far/one" "$got/top/tree/one" &&
	ln -s ../../far/away "$got/top/tree/away" &&
	ln -s "$got/top/tree" "$got/in/tree" && ln -s "$got/in" "$got/way" &&
	status 0 "$btsh" check "$got/t" "$got/way/tree" &&
	seed "$dir/s.log" -d "$got/way" "$got/t" &&
	fetch -k "127.0.0.1:$seed_port" -d "$got/out" "$got/t" &&
	cmp "$got/out/tree/away/sub/three" "$got/far/away/sub/three" &&
	stop "$seed_pid"
}

# The directory of -d is one behind links, or does not stand yet; names are
# looked up; the list that a tracker reads again is another file by then.
from_inside() {
	fresh && mkdir "$got/real" && ln -s real "$got/link" &&
	seed "$dir/s.log" "$dir/file" &&
	fetch -k "localhost:$seed_port" -d "$got/link/new" "$dir/file.torrent" &&
	cmp "$dir/file" "$got/real/new/file" && stop "$seed_pid" &&
	echo 0000000000000000000000000000000000000001 >"$got/list" &&
	ln -s "$got/list" "$got/real/list" &&
	start "$dir/tr.log" "$btsh" track -l 127.0.0.1 -p 0 \
		-w "$got/real/list" &&
	until_true grep -q 'tracking' "$dir/tr.log" &&
	{ cat "$got/list"; echo 0000000000000000000000000000000000000002; } \
		>"$got/list.new" && mv "$got/list.new" "$got/list" &&
	kill -HUP $! && until_true grep -q 'the 2 torrents' "$dir/tr.log" &&
	stop $! && start "$dir/tr.log" "$btsh" track -l 127.0.0.1 -p 0 \
		-W "$got/list" -f "$got/real/state" &&
	until_true grep -q 'tracking' "$dir/tr.log" && grep -q \
		'refusing the 2 torrents' "$dir/tr.log" &&
	head -n 1 "$got/list" >"$got/list.new" &&
	mv "$got/list.new" "$got/list" && kill -HUP $! &&
	until_true grep -q 'refusing the 1 torrents' "$dir/tr.log" &&
	stop $! && mkfifo "$got/pipe" &&
	{ cat "$dir/file.torrent" >"$got/pipe" & "$btsh" show "$got/pipe"; } |
		grep -q infohash
}

# No process of run, peer or serve stays root's, helpers included.
others_rights() { # PID: of it and its children
	for p in $1 $(cat "/proc/$1/task/$1/children"); do
		awk '/^(Uid|Gid):/ { for (i = 2; i < 6; i++) if ($i == 0) bad = 1 }
		     END { exit bad }' "/proc/$p/status" || return 1
	done
}

drops_root() {
	fresh && chmod 755 "$dir/got" "$got" && mkdir "$got/d" && chmod 777 "$got/d" &&
	"$btsh" make -q -a https://127.0.0.1:1/announce -o "$got/t" "$dir/file" &&
	chmod 644 "$dir/file" "$got/t" && pids_before=$pids &&
	seed "$dir/s.log" -v -U nobody -d "$dir" "$got/t" &&
	grep -q 'running as nobody' "$dir/s.log" && others_rights "$seed_pid" &&
	[ "$(wc -w <"/proc/$seed_pid/task/$seed_pid/children")" -eq 2 ] &&
	fetch -U nobody -k "127.0.0.1:$seed_port" -d "$got/d" -x 'id -un; id -G
		: 3<"'"$dir"'/tree.torrent"; echo "read: $?"' "$got/t" \
		2>"$got/said" &&
	[ "$(sed '/^btsh/d' "$got/said" | paste -sd ' ')" = \
		"nobody $(id -G nobody) read: 0" ] &&
	cmp "$dir/file" "$got/d/file" &&
	[ "$(stat -c %U "$got/d/file")" = nobody ] && stop "$seed_pid" &&
	says 'no such user' 1 "$btsh" run -U 'no body' "$got/t" &&
	chmod 600 "$got/t" &&
	says 'Permission denied' 1 "$btsh" run -p 0 -U nobody "$got/t" &&
	says 'running as root' 4 "$btsh" run -N -t 1 -p 0 -d "$got" \
		-k 127.0.0.1:1 "$dir/file.torrent" &&
	! says 'running as root' 4 "$btsh" run -q -N -t 1 -p 0 -d "$got" \
		-k 127.0.0.1:1 "$dir/file.torrent"
}

# has_walls: whether Landlock, of version 4 at least, and seccomp are here, as
# the system says
has_walls() {
	[ "$(/usr/bin/python3 -c 'import ctypes
print(ctypes.CDLL(None).syscall(444, None, 0, 1))')" -ge 4 ] &&
	grep -q '^Seccomp:' /proc/self/status
}

walls_told() {
	"$btsh" make -f -v -o "$dir/walls" "$dir/file" 2>&1 |
		grep -q ': sandbox: landlock [0-9]*, seccomp$' &&
	! "$btsh" make -f -o "$dir/walls" "$dir/file" 2>&1 | grep sandbox
}

# What all of it calls, from make to the command of -x, is never refused.
none_refused() {
	fresh && tr=$got/calls && mkdir "$got/out" && ln -s "$dir/tree" "$got/tree" &&
	(cd "$got" && all="strace -qqfAo $tr -e status=failed" &&
		$all "$btsh" make -qa http://localhost:1/announce tree &&
		$all "$btsh" make -qc other -fe tree.torrent -o tree.torrent &&
		$all "$btsh" check tree.torrent tree &&
		{ $all "$btsh" show -tj tree.torrent; [ $? -eq 4 ]; } &&
		seed "$got/s.log" tree.torrent &&
		timeout 60 $all "$btsh" run -l 127.0.0.1 -p 0 -x true -o - \
			-k "localhost:$seed_port" tree.torrent &&
		echo tree.torrent | timeout 60 $all "$btsh" peer -p 0 -d out \
			-k "127.0.0.1:$seed_port" -T 0 && stop "$seed_pid") </dev/null \
		>"$got/said" 2>&1 || { cat "$got/said"; return 1; }
	[ "$(wc -l <"$tr")" -gt 20 ] && ! grep -E ' E(PERM|NOSYS|ACCES) ' "$tr"
}

sandbox_cases() {
	if nm "$btsh" | grep -qE '__asan|__gcov'; then
		echo '-- this build has no sandbox'
	elif ! has_walls; then
		echo '-- this system has no Landlock that knows TCP'
	else
		check 'the sandbox: -v says what stands' walls_told
		check 'the sandbox: of make' probe_make
		check 'the sandbox: of show and check' probe_look
		check 'the sandbox: of serve' probe_serve
		check 'the sandbox: of run and peer' probe_run
		check 'the sandbox: of track' probe_track
		skip 'the sandbox: no call is refused' strace ||
			check 'the sandbox: no call is refused' none_refused
	fi
	check 'links in the data are followed from inside' linked_data
	check 'from inside, what may change is found' from_inside
	skip 'run, peer and serve give up root' root ||
		check 'run, peer and serve give up root' drops_root
}
