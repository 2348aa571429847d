# What a shell does with btsh: pipes, terminals, lines in and lines out; sourced
# by tests.sh.

# Magnet links.

# served ARGS...: a seed of these; the magnet link that it prints in $magnet
served() {
	seed "$dir/s.log" "$@" && magnet=$(grep magnet: "$dir/s.log") &&
	hash=$(echo "$magnet" | sed 's/.*btih:\([0-9a-f]*\).*/\1/')
}

magnets() {
	served -w none -d "$dir" "$dir/tree.torrent" && fresh &&
	fetch -d "$got/1" "$magnet" | grep -qx "$got/1/tree" &&
	diff -r "$dir/tree" "$got/1/tree" &&
	fetch -d "$got/2" -k "127.0.0.1:$seed_port" "$hash" >/dev/null &&
	diff -r "$dir/tree" "$got/2/tree" &&
	fetch -m "$magnet" | cmp - "$dir/tree.torrent" &&
	fetch -m "$dir/tree.torrent" | cmp - "$dir/tree.torrent" &&
	mkdir "$got/3" && cp -r "$dir/tree" "$got/3/tree" &&
	fetch -v -d "$got/3" "$magnet" 2>"$got/said" &&
	grep -q '^0B in' "$got/said" && stop "$seed_pid"
}

# From a tracker alone, whose URL the link has; the torrent that -m writes has
# it too.
magnet_tracker() {
	tracker && "$btsh" make -f -a "$url" -a http://127.0.0.1:1/announce \
		-o "$dir/t.torrent" "$dir/file" >/dev/null &&
	served -w none -d "$dir" "$dir/t.torrent" && fresh &&
	magnet=$(echo "$magnet" | sed 's/&x.pe=.*//') &&
	fetch -m "$magnet" | cmp - "$dir/t.torrent" &&
	fetch -d "$got" "$magnet" && cmp "$dir/file" "$got/file" &&
	stop "$seed_pid" && stop "$track_pid"
}

# A peer that has sent wrong metadata is banned, and another one asked.
magnet_liar() {
	served "$dir/tree" && next_port && start "$dir/l.log" \
		/usr/bin/python3 tests/liar.py metadata $port "$hash" &&
	until_true grep -q ready "$dir/l.log" && fresh &&
	start "$dir/r.log" "$btsh" run -l 127.0.0.1 -p 0 -d "$got" \
		-k "127.0.0.1:$port" "$hash" &&
	run_pid=$! && until_true grep -q 'is banned' "$dir/r.log" || return 1
	kill $run_pid
	wait $run_pid
	[ $? -eq 7 ] && fetch -d "$got" -k "127.0.0.1:$port" "$magnet" &&
	diff -r "$dir/tree" "$got/tree" && stop "$seed_pid"
}

# Those who are asked for metadata and say nothing do not keep others waiting
# for long.
magnet_silent() {
	tracker && "$btsh" make -f -a "$url" -o "$dir/t.torrent" "$dir/file" \
		>/dev/null && fresh && hash=$("$btsh" show "$dir/t.torrent" |
		sed -n 's/infohash.//p') && set -- || return 1
	for i in 1 2 3; do
		next_port
		start "$dir/l$i.log" /usr/bin/python3 tests/liar.py silent \
			$port "$hash"
		until_true grep -q ready "$dir/l$i.log" || return 1
		set -- "$@" -k 127.0.0.1:$port
	done
	start "$dir/r.log" "$btsh" run -l 127.0.0.1 -p 0 -d "$got" -a "$url" \
		"$@" "$hash"
	run_pid=$!
	for i in 1 2 3; do
		until_true grep -q asked "$dir/l$i.log" || return 1
	done
	t=$(date +%s)
	served -d "$dir" "$dir/t.torrent" && wait $run_pid &&
	[ $(($(date +%s) - t)) -lt 15 ] && cmp "$dir/file" "$got/file" &&
	stop "$seed_pid" && stop "$track_pid"
}

# Of two peers one gives the metadata when the other has; meanwhile another
# torrent is being checked, for as long as we like.
magnet_twice() {
	fresh && truncate -s 200G "$got/big" &&
	/usr/bin/python3 -c "import os, sys
info = b'd6:lengthi%de4:name3:big12:piece lengthi%de6:pieces256000:' % (
    200 << 30, 16 << 20) + os.urandom(256000) + b'e'
sys.stdout.buffer.write(b'd4:info' + info + b'e')" >"$got/big.torrent" &&
	"$btsh" make -l 20 -o "$got/t.torrent" "$dir/file" >/dev/null &&
	served -d "$dir" "$got/t.torrent" && next_port &&
	start "$dir/l.log" /usr/bin/python3 tests/liar.py late $port \
		"$got/t.torrent" && until_true grep -q ready "$dir/l.log" &&
	mkfifo "$got/in" || return 1
	: >"$dir/events"
	: >"$dir/p.err"
	"$btsh" peer -v -l 127.0.0.1 -p 0 -d "$got" -k "127.0.0.1:$port" \
		-k "127.0.0.1:$seed_port" <"$got/in" >"$dir/events" 2>"$dir/p.err" &
	pids="$pids $!"
	peer_pid=$!
	exec 3>"$got/in"
	echo "add $got/big.torrent" >&3 && tells 'added	.*	big' &&
	echo "$hash" >&3 && tells "metadata	$hash	6000000	file" &&
	lines=$(wc -l <"$dir/p.err") && until_true more_than $((lines + 4)) &&
	[ "$(grep -c '	metadata	' "$dir/events")" -eq 1 ] &&
	echo "drop $("$btsh" show "$got/big.torrent" |
		sed -n 's/infohash.//p')" >&3 && tells 'stopped	.*' &&
	tells "complete	$hash	6000000" || return 1
	exec 3>&-
	[ "$(grep -c '	metadata	' "$dir/events")" -eq 1 ] &&
	stop $peer_pid && stop "$seed_pid"
}

more_than() { # N: lines on peer's standard error
	[ "$(wc -l <"$dir/p.err")" -gt "$1" ]
}

# web DIR: an HTTP server of its files, on $port
web() {
	next_port &&
	start "$dir/w.log" /usr/bin/python3 -u -m http.server -b 127.0.0.1 \
		-d "$1" $port &&
	until_true grep -q Serving "$dir/w.log"
}

# Torrents by http://, as a tracker's or a web server's.
web_torrent() {
	served -d "$dir" "$dir/file.torrent" && fresh && web "$dir" &&
	fetch -d "$got" -k "127.0.0.1:$seed_port" \
		"http://127.0.0.1:$port/file.torrent" &&
	cmp "$dir/file" "$got/file" &&
	"$btsh" show "http://127.0.0.1:$port/file.torrent" |
		grep -qx "infohash	$hash" &&
	says 'HTTP status 404' 1 fetch "http://127.0.0.1:$port/none" &&
	says 'refused' 1 "$btsh" show http://127.0.0.1:1/x.torrent &&
	stop "$seed_pid"
}

# The payload on standard output.

streams() {
	served -d "$dir" "$dir/tree.torrent" "$dir/file.torrent" && fresh &&
	fetch -d "$got" -k "127.0.0.1:$seed_port" -o - "$dir/file.torrent" |
		cmp - "$dir/file" &&
	fetch -d "$got" -k "127.0.0.1:$seed_port" -o - "$dir/tree.torrent" \
		>"$dir/got/s.tar" &&
	[ -z "$(ls -A "$got")" ] &&
	tar x -C "$got" -f "$dir/got/s.tar" 2>"$dir/got/warned" &&
	[ ! -s "$dir/got/warned" ] && diff -r "$dir/tree" "$got/tree" &&
	fetch -d "$got" -k "127.0.0.1:$seed_port" -f '*/one' -f 'a.*' -o - \
		"$dir/tree.torrent" | tar t >"$got/list" &&
	printf 'tree/%s\n' a.b a/one | sort | cmp - "$got/list" &&
	stop "$seed_pid"
}

# Names that a tar head has no room for.
streams_names() {
	fresh && long=$(printf 'x%.0s' $(seq 120)) && mkdir -p "$got/n/$long" &&
	for n in "$long/$long" "$long/y" "$(printf 'n%.0s' $(seq 98))" \
		"$(printf 'm%.0s' $(seq 99))" 'a
b' "$(printf 'q\033\377')"; do
		echo "$n" >"$got/n/$n" || return 1
	done &&
	served "$got/n" && fetch -o - -d "$got" "$magnet" |
		tar x -C "$got/../" && diff -r "$got/n" "$got/../n" &&
	rm -r "$got/../n" && stop "$seed_pid"
}

# A name of every byte that a name may have goes everywhere and back.
odd_names() {
	fresh && mkdir "$got/odd" && for i in $(seq 1 255); do
		[ "$i" -eq 47 ] || { # the slash; x keeps a last newline
			n=$(printf "a\\$(printf %o "$i")x")
			echo "$i" >"$got/odd/$n"; } || return 1
	done && [ "$(ls -A "$got/odd" | wc -c)" -gt 700 ] &&
	(cd "$got/odd" && find . -type f -print0 |
		"$btsh" make -0 -n odd -o "$got/odd.torrent") &&
	served -d "$got" "$got/odd.torrent" &&
	fetch -d "$got/1" "$magnet" >/dev/null &&
	diff -r "$got/odd" "$got/1/odd" && mkdir "$got/2" &&
	fetch -d "$got" -o - "$magnet" | tar x -C "$got/2" &&
	diff -r "$got/odd" "$got/2/odd" && stop "$seed_pid" &&
	"$btsh" show -f "$got/odd.torrent" >"$got/list" &&
	[ "$(wc -l <"$got/list")" -eq 254 ] &&
	! LC_ALL=C grep -aq '[^ -~]' "$got/list" &&
	while IFS= read -r n; do
		/usr/bin/printf '%b\0' "$n"
	done <"$got/list" | sort -z >"$got/back" &&
	(cd "$got" && find odd -type f -print0 | sort -z) | cmp - "$got/back"
}

# A reader who does not read stops neither fetching nor giving, and costs no
# memory.
stalled_reader() {
	random_bytes 40000000 >"$dir/slow" && served "$dir/slow" && fresh &&
	mkfifo "$got/pipe" "$got/go" || return 1
	{ read -r go <"$got/go" && cat; } <"$got/pipe" >"$got/out" &
	pids="$pids $!"
	: >"$dir/r.log" # now, as in start
	"$btsh" run -v -s -l 127.0.0.1 -p 0 -d "$got" -o - "$magnet" \
		2>"$dir/r.log" >"$got/pipe" </dev/null &
	pids="$pids $!"
	run_pid=$!
	until_true grep -q 'up, ratio' "$dir/r.log" && stop "$seed_pid" ||
		return 1
	run_port=$(sed -n 's/.*listening on port //p' "$dir/r.log")
	fetch -d "$got" -k "127.0.0.1:$run_port" "$hash" &&
	cmp "$dir/slow" "$got/slow" && [ ! -s "$got/out" ] &&
	kib=$(awk '/VmHWM/ { print $2 }' /proc/$run_pid/status) &&
	echo go >"$got/go" &&
	until_true cmp "$dir/slow" "$got/out" && stop $run_pid || return 1
	rm "$dir/slow" "$got/slow" "$got/out"
	grep -q __asan "$btsh" || [ "$kib" -lt 16384 ]
}

# A reader who goes ends it: quietly, and at once.
dying_reader() {
	served "$dir/file" && fresh &&
	{ fetch -d "$got" -o - "$magnet" 2>"$got/err"
	  echo $? >"$got/rc"; } | head -c 100000 | cmp -n 100000 - "$dir/file" &&
	! but_root "$got/err" && grep -qx 1 "$got/rc" &&
	{ fetch -d "$got" -o - "$magnet" >/dev/full 2>"$got/err"
	  [ $? -eq 1 ]; } && grep -q 'No space' "$got/err" &&
	[ ! -e "$got/file" ] && stop "$seed_pid"
}

# Somebody has made the pipe one that does not block, and nobody reads for a
# while.
impatient_pipe() {
	served "$dir/file" && fresh && mkfifo "$got/pipe" || return 1
	: >"$dir/r.log"
	timeout 60 /usr/bin/python3 -c 'import fcntl, os, sys
fcntl.fcntl(1, fcntl.F_SETFL, os.O_NONBLOCK)
os.execv(sys.argv[1], sys.argv[1:])' "$btsh" run -v -l 127.0.0.1 -p 0 \
		-d "$got" -o - "$magnet" >"$got/pipe" 2>"$dir/r.log" &
	run_pid=$!
	pids="$pids $!"
	{ until_true grep -q 'up, ratio' "$dir/r.log"
	  cmp - "$dir/file"; } <"$got/pipe" && wait $run_pid &&
	stop "$seed_pid"
}

# tar c d | tee d.tar | btsh make -o - - | btsh run -
pipeline() {
	fresh && (cd "$dir" && tar c tree | tee "$got/d.tar" |
		"$btsh" make -n d.tar -o - - >"$got/d.torrent") &&
	served -d "$got" "$got/d.torrent" && mkdir "$got/to" &&
	fetch_in -d "$got/to" -k "127.0.0.1:$seed_port" - <"$got/d.torrent" &&
	cmp "$got/d.tar" "$got/to/d.tar" &&
	fetch_in -o - -d "$got/to" -k "127.0.0.1:$seed_port" - \
		<"$got/d.torrent" | tar x -C "$got/to" &&
	stop "$seed_pid" && diff -r "$dir/tree" "$got/to/tree" &&
	"$btsh" show <"$got/d.torrent" | grep -q '^name	d.tar$' &&
	(cd "$got" && "$btsh" check - <d.torrent) || return 1
	: >"$dir/s.log"
	"$btsh" serve -l 127.0.0.1 -p 0 -d "$got" - <"$got/d.torrent" \
		>"$dir/s.log" &
	seed_pid=$!
	pids="$pids $!"
	until_true grep -q 'magnet:.*d.tar' "$dir/s.log" && stop $seed_pid
}

# fetch with standard input
fetch_in() {
	timeout 60 "$btsh" run -l 127.0.0.1 -p 0 "$@"
}

# Files.

# Of a torrent whose pieces lie in several files each.
chooses() {
	"$btsh" make -f -l 16 -o "$dir/c.torrent" "$dir/tree" >/dev/null &&
	served -d "$dir" "$dir/c.torrent" && fresh && set -- \
		-d "$got" -k "127.0.0.1:$seed_port" &&
	fetch "$@" -f 'e/a name*' -f one "$dir/c.torrent" &&
	(cd "$got" && find tree -type f | sort >list) &&
	printf 'tree/%s\n' a/one 'e/a name with spaces' | cmp - "$got/list" &&
	cmp "$dir/tree/a/one" "$got/tree/a/one" &&
	cmp "$dir/tree/e/a name with spaces" \
		"$got/tree/e/a name with spaces" &&
	stop "$seed_pid" && fetch "$@" -f 'e/a name*' -f one -t 5 \
		"$dir/c.torrent" && # nothing was missing
	served -d "$dir" "$dir/c.torrent" &&
	fetch -v -d "$got" -k "127.0.0.1:$seed_port" "$dir/c.torrent" \
		2>"$got/said" && diff -r "$dir/tree" "$got/tree" &&
	grep -q '^2[0-9][0-9]KiB in' "$got/said" &&
	[ -z "$(find "$got" -name '.*.parts')" ] &&
	says 'no file of it' 1 fetch -d "$got/2" -f nothing "$dir/c.torrent" &&
	[ ! -e "$got/2/tree" ] && stop "$seed_pid"
}

# The reader sees the end though it goes on seeding.
streams_and_seeds() {
	served -d "$dir" "$dir/file.torrent" && fresh && mkfifo "$got/p" ||
		return 1
	"$btsh" run -l 127.0.0.1 -p 0 -s -o - "$magnet" >"$got/p" </dev/null &
	run_pid=$!
	pids="$pids $!"
	timeout 30 cmp "$dir/file" - <"$got/p" && kill -0 $run_pid &&
	stop $run_pid && stop "$seed_pid"
}

# Who has what it chose and goes on seeding tells the tracker so, each time.
partial_seed() {
	served -d "$dir" "$dir/tree.torrent" && fresh && web "$got" &&
	printf d8:intervali60e5:peers0:e >"$got/announce" &&
	start "$dir/r.log" "$btsh" run -s -f one -l 127.0.0.1 -p 0 -d "$got" \
		-k "127.0.0.1:$seed_port" -a "http://127.0.0.1:$port/announce" \
		"$dir/tree.torrent" && run_pid=$! &&
	until_true grep -q 'event=started' "$dir/w.log" &&
	until_true grep -q '/tree$' "$dir/r.log" &&
	! grep -q event=paused "$dir/w.log" && kill -HUP $run_pid &&
	until_true grep -q event=paused "$dir/w.log" &&
	stop $run_pid && grep -q event=stopped "$dir/w.log" &&
	! grep -q event=completed "$dir/w.log" && stop "$seed_pid"
}

makes_list() {
	(cd "$dir/tree" && find . -print0 | sort -zr |
		"$btsh" make -0 -n tree -o - ) | cmp - "$dir/tree.torrent" &&
	(cd "$dir/tree" && printf 'e//piece\0./a/one\0a/one\0z' |
		"$btsh" make -0 -x z -n list -o - ) >"$dir/l.torrent" &&
	"$btsh" show -f "$dir/l.torrent" >"$dir/list" &&
	printf 'list/%s\n' a/one e/piece | cmp - "$dir/list" &&
	rm "$dir/list" &&
	for bad in /etc/passwd ../file a/../../file missing ''; do
		printf '%s\0' "$bad" | "$btsh" make -0 -n "bad" \
			>"$dir/sout" 2>"$dir/serr" && return 1
		case $bad in
		*/*) said='^btsh: .*not below' ;;
		missing) said='^btsh: missing: No such file' ;;
		*) said='^btsh: .*no file on the list' ;;
		esac
		grep -q "$said" "$dir/serr" && [ ! -s "$dir/sout" ] || return 1
	done && [ ! -e bad.torrent ] && says 'no name' 2 "$btsh" make -0 &&
	status 2 "$btsh" make -0 -n x "$dir/tree"
}

# A path is printed so that it can be opened, but not so to a terminal.
odd_result() {
	fresh && cd "$got" || return 1
	raw=$(printf 'a\\ \033[1m')
	echo x >"$raw" && "$btsh" make "$raw" >said &&
	[ "$(cat said)" = "$raw.torrent" ] && "$btsh" run -N "$(cat said)" >said &&
	[ "$(cat said)" = "$raw" ] && cp "$raw.torrent" t &&
	script -qec "$btsh make -f a*[0-9]m" /dev/null </dev/null >said &&
	grep -qF 'a\x5c \x1b[1m.torrent' said &&
	script -qec "$btsh run -N t" /dev/null </dev/null >said &&
	grep -qF 'a\x5c \x1b[1m' said && ! grep -qF "$raw" said
	r=$?
	cd "$top" && return $r
}

# Prompts, on a terminal.

# typed COMMAND: what it says there; the answers come from standard input
typed() {
	script -qec "$1" /dev/null
}

asks_make() {
	fresh && ln -s "$dir/tree" "$got/tree" && : >"$got/tree.torrent" &&
	printf '%s\n' missing '' tree ftp://no.example/ \
		http://ask.example/a . tree other |
		typed "cd $got && $btsh make" >"$got/said" &&
	"$btsh" show "$got/other.torrent" >"$got/shown" &&
	grep -qx 'name	other' "$got/shown" &&
	grep -qx 'tracker	0	http://ask.example/a' "$got/shown" &&
	grep -aq 'Name of the torrent \[tree-2\]: ' "$got/said" || return 1
	printf '%s\n' tree | typed "cd $got && $btsh make" >"$got/said"
	printf 'tree\n\n\003' | typed "cd $got && $btsh make" >"$got/said"
	[ "$(ls "$got")" = "$(printf '%s\n' other.torrent said shown tree \
		tree.torrent)" ] || return 1
	for answer in '' -; do
		printf '%s\n' tree "$answer" env | typed "cd $got &&
			BTSH_TRACKER=http://env.example/ $btsh make -f" &&
		"$btsh" show "$got/env.torrent" || return 1
	done >"$got/said"
	grep -aq 'Tracker (- for none) \[http://env.example/\]: ' "$got/said" &&
	[ "$(grep -ac '^tracker' "$got/said")" -eq 1 ] &&
	printf '%s\n' tree a | typed "cd $got && $btsh make -a udp://a.example:1" \
		>"$got/said" && ! grep -aq 'Tracker' "$got/said" &&
	"$btsh" show "$got/a.torrent" | grep -q 'udp://a.example:1$'
}

asks_run() {
	served -d "$dir" "$dir/file.torrent" && fresh &&
	echo junk >"$got/junk" &&
	printf '%s\n' "$dir/missing" "$got/junk" "$magnet" |
		typed "$btsh run -l 127.0.0.1 -p 0 -d $got" >"$got/said" &&
	cmp "$dir/file" "$got/file" && grep -aq '^Torrent.*: ' "$got/said" &&
	grep -aq 'not a torrent' "$got/said" && stop "$seed_pid"
}

# peer, a coprocess.

# tells PATTERN: peer has written such an event
tells() {
	until_true grep -qE "^[0-9]+	$1\$" "$dir/events"
}

commands() {
	served -d "$dir" "$dir/file.torrent" "$dir/tree.torrent" && fresh &&
	magnet=$(grep dn=tree "$dir/s.log") && mkfifo "$got/in" || return 1
	: >"$dir/events"
	"$btsh" peer -v -l 127.0.0.1 -p 0 -d "$got" -k "127.0.0.1:$seed_port" \
		<"$got/in" >"$dir/events" 2>"$dir/p.err" &
	pids="$pids $!"
	peer_pid=$!
	exec 3>"$got/in"
	file=$("$btsh" show "$dir/file.torrent" | sed -n 's/infohash.//p')
	tree=$("$btsh" show "$dir/tree.torrent" | sed -n 's/infohash.//p')
	echo status >&3 && tells 'status	-	0	0' &&
	echo "add $dir/file.torrent" >&3 && tells "added	$file	file" &&
	tells "complete	$file	6000000" && tells "piece	$file	[0-9]+" &&
	echo "$magnet" >&3 && tells "added	$tree	tree" &&
	tells "metadata	$tree	402772	tree" &&
	tells "complete	$tree	402772" &&
	diff -r "$dir/tree" "$got/tree" &&
	echo status >&3 && tells 'status	-	2	[0-9]+' && tells \
		"status	$tree	seeding	402772	402772	[0-9]+	[0-9]+	[0-9]+	[0-9]+	tree	[0-9,]+" &&
	echo "add $dir/file.torrent" >&3 &&
	tells "error	$file	this torrent is there already" &&
	echo "add $dir/none" >&3 && tells "error	-	$dir/none	open $dir/none: No such file.*" &&
	echo "drop 1234" >&3 && tells 'error	-	drop 1234	no such .*' &&
	echo "drop $tree" >&3 && tells "stopped	$tree	?" &&
	printf 'drop %s\nadd %s\n' "$tree" "$dir/tree.torrent" >&3 &&
	tells "error	-	drop $tree	no such .*" && tells "complete	$tree	402772" &&
	printf 'drop %s\nstatus\nadd %s\n' "$file" "$dir/file.torrent" >&3 &&
	until_true twice "added	$file" && ! twice "error	$file" &&
	tells 'status	-	1	[0-9]+' && sed -n "/stopped	$file/,\$p" \
		"$dir/events" | grep -q "added	$file" &&
	! twice "stopped	$file" &&
	echo http://127.0.0.1:1/x >&3 && tells 'error	-	.*refused.*' &&
	printf '%20000s\nadd -\n' x >&3 &&
	tells 'error	-	the line is too long	.*' &&
	tells 'error	-	-	.*' &&
	exec 3>&- && kill -0 $peer_pid && stop "$seed_pid" || return 1
	kill $peer_pid
	wait $peer_pid && tells "stopped	$file	?" &&
	printf 'quit\nadd %s\n' "$dir/file.torrent" |
		timeout 20 "$btsh" peer -N -p 0 >"$dir/events" &&
	[ ! -s "$dir/events" ] || return 1 # nothing comes after quit
	printf %s "$dir/file.torrent" | "$btsh" peer -l 127.0.0.1 -p 0 \
		-d "$dir" >"$dir/events" &
	peer_pid=$!
	pids="$pids $!"
	tells "complete	[0-9a-f]*	6000000" && # EOF stops adding, not seeding
	kill -0 $peer_pid && stop $peer_pid
}

twice() { # PATTERN: whether two events match
	[ "$(grep -c "$1" "$dir/events")" -eq 2 ]
}

# When nobody reads events any more, peer ends.
unread() {
	fresh && mkfifo "$got/in" && exec 3<>"$got/in" &&
	{ timeout 20 "$btsh" peer -l 127.0.0.1 -p 0 <"$got/in"
	  echo $? >"$got/rc"; } | :
	exec 3>&-
	grep -qx 1 "$got/rc"
}

# What is seen meanwhile.

# progress_on COLUMNS LOCALE: the lines of a fetch on such a terminal, in
# $got/lines, and its end
progress_on() {
	fresh && typed "stty cols $1; LC_ALL=$2 exec $btsh run -r 2m \
		-l 127.0.0.1 -p 0 -d $got '$magnet'" >"$got/said" </dev/null &&
	cmp "$dir/file" "$got/file" &&
	tr '\r' '\n' <"$got/said" >"$got/lines"
}

progress() {
	served -w none -d "$dir" "$dir/file.torrent" && progress_on 120 C.UTF-8 &&
	grep -aq '/5.72MiB [0-9]*% \[.*[▁▂▃▄▅▆▇█].*\] down' \
		"$got/lines" && grep -aq '1 peer, 1 seed ' "$got/lines" &&
	grep -aqE '^5.72MiB in [0-9.]+ s, .*/s, 0B up, ratio 0.00$' \
		"$got/lines" &&
	progress_on 80 C && grep -aqE \
		'\[[ .:=+*%#-]{8,}\] down .* 1 peer, 1 seed  0:0[0-9] *$' \
		"$got/lines" &&
	! grep -aq '█' "$got/lines" && progress_on 40 C &&
	! grep -av ' in .* ratio\|magnet\|btsh' "$got/lines" |
		grep -aqE '.{40}' && stop "$seed_pid"
}

# The window becomes smaller, and the line with it.
resized() {
	served -u 1500k -d "$dir" "$dir/file.torrent" && fresh && typed "
		stty cols 120
		$btsh run -l 127.0.0.1 -p 0 -d $got '$magnet' & p=\$!
		until [ -s $got/file ]; do sleep 0.05; done
		kill -STOP \$p
		stty cols 40
		echo smaller
		kill -CONT \$p
		wait \$p" >"$got/said" </dev/null && cmp "$dir/file" "$got/file" &&
	tr '\r' '\n' <"$got/said" >"$got/lines" &&
	sed -n '/smaller/,$p' "$got/lines" >"$got/after" &&
	grep -aq '/5.72MiB ' "$got/after" &&
	! grep -av ' in .* ratio\|magnet' "$got/after" | grep -aqE '.{40}' &&
	stop "$seed_pid"
}

# What hashes long enough shows it.
hashing_shown() {
	fresh && truncate -s 3G "$got/hole" &&
	typed "cd $got && $btsh make -l 20 hole && $btsh check hole.torrent" \
		>"$got/said" </dev/null && rm "$got/hole" &&
	tr '\r' '\n' <"$got/said" >"$got/lines" &&
	[ "$(grep -acE '^[0-9.]+([KM]iB)?/3.00GiB [0-9]+% \[.*\]' \
		"$got/lines")" -ge 2 ]
}

# Off a terminal -v writes fields, and signals are answered.
figures() {
	tracker && "$btsh" make -f -a "$url" -o "$dir/t.torrent" "$dir/file" \
		>/dev/null && served -u 500k -d "$dir" "$dir/t.torrent" &&
	fresh && start "$dir/r.log" "$btsh" run -v -l 127.0.0.1 -p 0 \
		-d "$got" "$dir/t.torrent" && run_pid=$! &&
	until_true grep -qE '^[0-9]+	fetching	[0-9]+	6000000	[0-9]+	[0-9]+	1	1	[0-9]+	0$' \
		"$dir/r.log" &&
	kill -USR1 $run_pid && until_true grep -qE \
		'/5.72MiB [0-9]+% down .* up .* 1 peer, 1 seed ' \
		"$dir/r.log" && ! grep -q '	announce	' "$dir/track.log" &&
	kill -HUP $run_pid && until_true grep -q '	announce	' \
		"$dir/track.log" || return 1
	kill $run_pid
	wait $run_pid
	[ $? -eq 7 ] && stop "$seed_pid" && stop "$track_pid"
}

# A terminal that goes takes its programs with it.
terminal_goes() {
	fresh && start "$got/said" script -qfec "
		sh -c 'echo \$\$ >$got/pid
		exec $btsh serve -l 127.0.0.1 -p 0 $dir/file'" /dev/null &&
	script_pid=$! && until_true grep -aq magnet: "$got/said" &&
	serve_pid=$(cat "$got/pid") && kill -0 "$serve_pid" &&
	kill -KILL $script_pid && until_true not kill -0 "$serve_pid"
}

not() {
	! "$@"
}

# Conventions.

# exits N COMMAND...: with its streams as they are here
exits() {
	want=$1
	shift
	"$@"
	[ $? -eq "$want" ]
}

# With streams closed nothing is written where it does not belong.
closed_streams() {
	served -d "$dir" "$dir/file.torrent" && fresh &&
	set -- timeout 60 "$btsh" run -l 127.0.0.1 -p 0 -d "$got" "$magnet" &&
	exits 1 "$btsh" make -o "$got/1" "$dir/file" >&- 2>/dev/null &&
	exits 1 "$btsh" show "$dir/file.torrent" >&- 2>/dev/null &&
	exits 1 "$btsh" show - <&- 2>"$got/err" &&
	grep -q 'read standard input' "$got/err" &&
	"$@" <&- 2>&- >"$got/out" && cmp "$dir/file" "$got/file" &&
	rm "$got/file" && exits 1 "$@" <&- 2>&- >&- &&
	cmp "$dir/file" "$got/file" && stop "$seed_pid"
}

# Whatever ends it, the tracker hears that it leaves: also if the path cannot be
# printed, and if its first announce has no answer yet.
departs() {
	tracker && "$btsh" make -f -a "$url" -o "$dir/t.torrent" "$dir/file" \
		>/dev/null && served -w none -d "$dir" "$dir/t.torrent" && fresh &&
	exits 1 fetch -d "$got" "$dir/t.torrent" >/dev/full 2>"$got/err" &&
	[ "$(grep -c 'No space' "$got/err")" -eq 1 ] &&
	cmp "$dir/file" "$got/file" &&
	until_true heard 1 completed && until_true heard 1 stopped &&
	kill -STOP "$track_pid" && fetch -m "$magnet" | cmp - "$dir/t.torrent"
	r=$?
	kill -CONT "$track_pid"
	[ $r -eq 0 ] && until_true heard 2 stopped && heard 3 started &&
	stop "$seed_pid" && stop "$track_pid"
}

heard() { # N EVENT: whether the tracker was
	[ "$(grep -c "	$2	" "$dir/track.log")" -eq "$1" ]
}

# A write error is an error; the umask holds; nothing else is left behind.
conventions() {
	served -d "$dir" "$dir/tree.torrent" && fresh &&
	for v in make show check; do
		case $v in
		make) set -- make -f -o "$got/x.torrent" "$dir/tree" ;;
		show) set -- show "$dir/tree.torrent" ;;
		check) set -- check "$dir/tree.torrent" "$got" ;;
		esac
		"$btsh" "$@" >/dev/full 2>"$got/err" && return 1
		grep -q 'No space' "$got/err" || return 1
	done || return 1
	rm -f "$got/err" "$got/x.torrent"
	(umask 077 && fetch -d "$got" "$magnet") | cat >"$dir/list" &&
	grep -qx "$got/tree" "$dir/list" &&
	[ "$(ls -A "$got")" = tree ] &&
	[ -z "$(find "$got/tree" -perm /077)" ] && stop "$seed_pid"
}

# -q is silent about what is left out.
silence() {
	fresh && echo x >"$got/x" && ln -s x "$got/y" && mkfifo "$got/z" &&
	"$btsh" make -q -o "$got.torrent" "$got" 2>"$dir/said" &&
	[ ! -s "$dir/said" ] &&
	says 'y: skipped: a symbolic link' 0 "$btsh" make -o - "$got" >/dev/null
}

# A file where the torrent has a directory holds none of its files.
misplaced() {
	"$btsh" check "$dir/tree.torrent" "$dir/file" >"$dir/said" 2>"$dir/serr"
	[ $? -eq 5 ] && [ ! -s "$dir/serr" ] &&
	"$btsh" show -f "$dir/tree.torrent" | sed 's/^/missing	/' |
		cmp - "$dir/said"
}

# Messages that say what to do next.
hints() {
	fresh && says 'needs no-curl, which is not here: install curl, or BTSH' 1 \
		env BTSH_HTTPS=no-curl "$btsh" show https://127.0.0.1:1/y &&
	tracker && says 'in use; -p' 1 "$btsh" track -l 127.0.0.1 \
		-p "$(echo "$url" | sed 's/.*:\([0-9]*\).*/\1/')" &&
	stop "$track_pid" && printf '0%.0s' $(seq 40) >"$got/list" &&
	start "$dir/track.log" "$btsh" track -l 127.0.0.1 -p 0 -w "$got/list" &&
	track_pid=$! && until_true grep -q tracking "$dir/track.log" &&
	url=$(sed -n 's/.*at \(http[^ ;]*\).*/\1/p' "$dir/track.log") &&
	says 'have it registered there' 4 fetch -t 2 -a "$url" -d "$got" \
		"$dir/file.torrent" && stop "$track_pid" &&
	"$btsh" make -o "$got/t.torrent" "$dir/file" >/dev/null &&
	says 'names no tracker.*-k' 4 fetch -N -t 1 -d "$got" "$got/t.torrent" &&
	says 'no address of this host' 1 "$btsh" track -l 198.51.100.1 -p 0 &&
	says 'no address of this host' 1 "$btsh" serve -l 198.51.100.1 "$dir" &&
	says '-t: its argument is missing' 2 "$btsh" run -t &&
	says '-Z: no such option' 2 "$btsh" make -Z &&
	says '-o: no path' 2 fetch -o '' "$got/t.torrent" &&
	says "open $got/no/such: No such file" 6 fetch -o "$got/no/such/x" \
		"$got/t.torrent" &&
	says 'open no.x0a.xc2.x9b.xff\\é: No' 1 "$btsh" show \
		"$(printf 'no\n\302\233\377\\é')" &&
	random_bytes 6000000 >"$got/file" &&
	says 'other data.*btsh make' 5 "$btsh" serve -N -p 0 -d "$got" \
		"$got/t.torrent"
}

# The manual.

# letters: of the options in usage or mdoc text, one a line, in order
letters() {
	grep -o '[A-Za-z0-9]' | sort -u
}

# section NAME: of the manual
section() {
	awk -v at=".Sh $1" '/^\.Sh/ { on = $0 == at } on' btsh.1
}

# Every option of usage is in the manual, and the other way round.
manual_options() {
	swarm=$(section 'SWARM OPTIONS' | sed -n 's/^\.It//p' |
		grep -o 'Fl [^ ]*' | sed 's/Fl //' | letters)
	for v in make track serve peer run show check; do
		"$btsh" $v -h >"$dir/help" &&
		grep -o '\[-[^] ]*' "$dir/help" | tr -d '[-' | letters \
			>"$dir/usage" &&
		sed -n 's/^  -\(.\) .*  .*/\1/p' "$dir/help" | letters |
			diff - "$dir/usage" >&2 &&
		awk 'length > 79 { exit 1 }' "$dir/help" || return 1
		extra=
		case $v in serve|peer|run) extra=$swarm ;; esac
		{ awk -v at=".Cm $v" '/^\.Sh/ { in_synopsis = /SYNOPSIS/ }
			/^\.Cm/ { on = in_synopsis && $0 == at }
			/^\.Nm/ { on = 0 } on && /^\.Op Fl/ { print $3 }' \
			btsh.1; echo "$extra"; } | letters |
			diff - "$dir/usage" >&2 || return 1
		V=$(echo $v | tr a-z A-Z)
		{ section $V | sed -n 's/^\.It Fl \([^ ]\).*/\1/p'
		  echo "$extra"; } | letters >"$dir/told"
		grep -v '[qv]' "$dir/usage" | diff "$dir/told" - >&2 || return 1
	done
}

# two_hosts SCRIPT: runs it in $got, in a network of its own that has one other
# host, by the name of host: what ssh runs there begins in $got/host
two_hosts() {
	mkdir -p "$got/bin" "$got/host" && ln -s "$btsh" "$got/bin" &&
	cat >"$got/bin/ssh" <<-'END' && cat >"$got/network" <<-'END' || return 1
	#!/bin/sh
	shift
	cd host && exec nsenter -t "$host_pid" -n "$@"
	END
	unshare -n sleep 1000 &
	export host_pid=$!
	ours=$(readlink /proc/self/ns/net)
	while [ "$(readlink /proc/$host_pid/ns/net)" = "$ours" ]
	do sleep 0.05; done
	ip link add out type veth peer name in netns $host_pid
	for words in 'link set lo up' 'addr add 10.9.0.2/24 dev in' \
		'link set in up'; do
		nsenter -t $host_pid -n ip $words
	done
	ip link set lo up
	ip addr add 10.9.0.1/24 dev out
	ip link set out up
	ip route add default via 10.9.0.2
	mount -t tmpfs tmpfs /srv
	exec sh -e "$1"
	END
	chmod 755 "$got/bin/ssh" &&
	(cd "$got" && PATH="$got/bin:$PATH" timeout 120 unshare -mnpf \
		--mount-proc --kill-child sh -e network "$1") </dev/null
}

# The manual's examples, run one after the other as they stand.
manual_examples() {
	fresh && mkdir "$got/dir" && cp -r "$dir/tree" "$got/dir/tree" &&
	echo text >"$got/dir/tree/a.txt" && echo text >"$got/dir/b.txt" &&
	section EXAMPLES | awk '/^\.Ed/ { on = 0 }
		on { gsub(/\\e/, "\\"); print } /^\.Bd/ { on = 1 }' \
		>"$got/script" && [ "$(wc -l <"$got/script")" -gt 20 ] &&
	two_hosts script >"$got/out" &&
	diff -r "$got/dir" "$got/fetched/dir" &&
	diff -r "$got/dir" "$got/unpacked/dir" &&
	diff -r "$got/dir" "$got/some/dir" &&
	diff -r "$got/dir" "$got/peer/dir" &&
	diff -r "$got/dir" "$got/host/there/dir" &&
	cmp "$got/dir.tar" "$got/host/dir.tar" &&
	"$btsh" show -f "$got/today.torrent" | grep -qx today/dir/b.txt &&
	grep -q '^unharmed' "$got/out" && grep -q '^uptime' "$got/out"
}

# The README's commands, each as it stands; those that go on are ended.
readme_examples() {
	fresh && cp -r "$dir/tree" "$got/dir" && mkdir "$got/t" &&
	mkdir "$got/away" "$got/by_curl" "$got/by_wget" "$got/piped" &&
	echo 'int x;' >"$got/x.c" && cp "$dir/file" "$got/dir/film.mkv" &&
	cp "$dir/file.torrent" "$got/t" &&
	"$btsh" make -pa http://old.example/ -o "$got/x.torrent" "$got/x.c" \
		>"$got/out" && awk -v to="$got/" '/^Two commands$/ { on = "a" }
		/^Quick start$/ { on = "" }
		/worth stealing$/ { on = "c"; n = 0 }
		/^`btsh track/ { on = "" }
		on && /^\t/ { n++; gsub("here:", "127.0.0.1:"); print >(to on n) }
		' README &&
	[ -s "$got/a3" ] && [ ! -e "$got/a4" ] &&
	[ -s "$got/c7" ] && [ ! -e "$got/c8" ] &&
	cat >"$got/script" <<-'END' || return 1
	sh -c "exec $(cat a1)" >link &
	serving=$!
	until [ -s link ]; do sleep 0.05; done
	magnet=$(cat link)
	(cd away && . ../a2)
	(cd by_curl && . ../a3)
	(cd piped && . ../c1)
	(cd by_wget && . ../c2) 2>wget.log
	kill $serving # it is the third that is to give
	wait $serving || :
	. ./c3 >result
	. ./c4
	. ./c5
	btsh serve -p 6888 -d "$data" t/file.torrent >seeding &
	until [ -s seeding ]; do sleep 0.05; done
	(cd t && . ../c6) &
	until cmp -s /srv/file "$data/file"; do sleep 0.05; done
	cp /srv/file fetched
	. ./c7 >private
	END
	data=$dir two_hosts script >"$got/out" &&
	for to in away by_curl piped host; do
		diff -r "$got/dir" "$got/$to/dir" || return 1
	done &&
	cmp "$dir/file" "$got/by_wget/film.mkv" &&
	[ "$(cat "$got/result")" = dir ] && cmp "$dir/file" "$got/fetched" &&
	"$btsh" show -f "$got/sources.torrent" | grep -qx sources/x.c &&
	"$btsh" show "$got/x.torrent" | grep -q 'http://new.example/announce' &&
	grep -qx x.c "$got/private"
}

# in_tmpfs OPTIONS COMMAND...: $got is such a file system
in_tmpfs() {
	options=$1
	shift
	unshare -m sh -c 'mount -t tmpfs -o "$1" none "$2" && shift 2 &&
		exec "$@"' - "$options" "$got" "$@"
}

bad_disks() {
	served -d "$dir" "$dir/file.torrent" && fresh &&
	says 'No space.*make room' 6 in_tmpfs size=1m timeout 20 "$btsh" run \
		-l 127.0.0.1 -p 0 -d "$got" "$magnet" &&
	says 'Read-only.*-d names' 6 in_tmpfs ro timeout 20 "$btsh" run \
		-l 127.0.0.1 -p 0 -d "$got" "$magnet" &&
	echo longer | cat "$dir/file" - >"$got/file" &&
	says 'longer than.*-o names' 5 fetch -d "$got" "$magnet" &&
	stop "$seed_pid"
}

shell_cases() {
	check 'magnet links and hashes' magnets
	check 'a magnet link with a tracker alone' magnet_tracker
	skip 'wrong metadata' python3-libtorrent ||
		check 'who sends wrong metadata is banned' magnet_liar
	skip 'silent about metadata' python3-libtorrent ||
		check 'who is silent about metadata keeps no place' magnet_silent
	skip 'metadata from two' python3-libtorrent ||
		check 'metadata from two peers is taken once' magnet_twice
	skip 'a torrent on the web' python3-libtorrent ||
		check 'a torrent on the web' web_torrent
	check 'run -o -: a file as its bytes, a tree as a tar' streams
	check 'run -o -: every name' streams_names
	check 'every byte of a name' odd_names
	check 'run -o -: a slow reader stops nothing' stalled_reader
	check 'run -o -: a reader who goes, and a full device' dying_reader
	skip 'a pipe that does not block' python3-libtorrent ||
		check 'run -o -: a pipe that does not block' impatient_pipe
	check 'torrents through pipes' pipeline
	check 'run -f: chosen files, and more of them later' chooses
	check 'run -s -o -: the reader sees the end' streams_and_seeds
	check 'a partial seed tells the tracker that it is one' partial_seed
	check 'make -0: a list of files' makes_list
	check 'paths of results: for programs, and for a terminal' odd_result
	check 'make asks, and asks again' asks_make
	check 'run asks' asks_run
	check 'peer: commands and events' commands
	check 'peer: its reader goes' unread
	check 'progress on a terminal' progress
	check 'progress on a window that becomes smaller' resized
	check 'progress of make and check' hashing_shown
	check 'progress as fields; USR1 and HUP' figures
	check 'a terminal that goes ends it' terminal_goes
	check 'closed streams' closed_streams
	check 'the tracker hears that it leaves' departs
	check 'full devices, the umask, nothing left behind' conventions
	check 'make -q is silent' silence
	check 'check of a file that should be a directory' misplaced
	check 'messages that help' hints
	skip 'full and read-only disks' unshare ||
		check 'full and read-only disks' bad_disks
	check 'every option is in the manual, and no other' manual_options
	skip "the manual's examples" unshare ||
		check "the manual's examples run as they stand" manual_examples
		check "and the README's" readme_examples
}
