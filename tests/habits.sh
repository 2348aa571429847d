# What people do without thinking: output that nobody reads, lines from other
# systems; sourced by tests.sh.

# full DESCRIPTORS COMMAND...: in the background, these of its descriptors on a
# pipe that is full, its standard input as it is; its pid in $full_pid, once it
# runs, and that of full.py in $full_py.  Files are in $got.
full() {
	which=$1
	shift
	rm -f "$got/pid" "$got/go" "$got/told"
	exec 4<&0 # in the background, 0 would be /dev/null
	timeout 60 /usr/bin/python3 tests/full.py $which "$got" "$@" \
		>"$got/full.out" 2>"$got/full.err" <&4 &
	full_py=$!
	exec 4<&-
	pids="$pids $!"
	until_true test -s "$got/pid" && full_pid=$(cat "$got/pid") &&
	pids="$pids $full_pid"
}

# ends STATUS SIGNALS...: full's command does so, within three seconds of these
ends() {
	want=$1
	shift
	t=$(date +%s%N)
	for s in "$@"; do kill -$s "$full_pid"; done
	wait $full_py
	[ $? -eq "$want" ] && [ $((($(date +%s%N) - t) / 1000000)) -lt 3000 ]
}

# on_port N: somebody listens there
on_port() {
	until_true listens "$1"
}

# peer and its reader sleeps: it fetches, gives, takes commands and ends; when
# the reader wakes, it is told all that matters.
unread_events() {
	served -d "$dir" "$dir/file.torrent" && fresh && next_port &&
	mkfifo "$got/in" && exec 3<>"$got/in" &&
	full 1 "$btsh" peer -qv -l 127.0.0.1 -p $port -d "$got" \
		-k "127.0.0.1:$seed_port" "$dir/file.torrent" <&3 &&
	until_true cmp "$dir/file" "$got/file" &&
	stop "$seed_pid" &&
	fetch -d "$got/2" -k "127.0.0.1:$port" "$dir/file.torrent" &&
	cmp "$dir/file" "$got/2/file" &&
	printf 'add %s\nstatus\n' "$dir/tree.torrent" >&3 &&
	: >"$got/go" && until_true grep -q 'status	-	2' "$got/told" &&
	until_true grep -q 'added	.*	tree' "$got/told" &&
	grep -q "complete	$hash	6000000" "$got/told" &&
	[ "$(grep -c '	added	' "$got/told")" -eq 2 ] &&
	[ "$(grep -c '	piece	' "$got/told")" -eq 184 ] &&
	ends 0 TERM && [ "$(grep -c '	stopped	' "$got/told")" -eq 2 ]
	r=$?
	exec 3>&-
	return $r
}

# Unread, two signals end it at once, one soon, quit too; at the end of its
# commands, with nothing to do, it waits for its reader.
unread_ends() {
	fresh && mkfifo "$got/in" && exec 3<>"$got/in" || return 1
	for how in 'TERM TERM' 'INT INT' TERM quit; do
		next_port
		full 1 "$btsh" peer -q -l 127.0.0.1 -p $port -d "$got" \
			"$dir/tree.torrent" <&3 && on_port $port || return 1
		case $how in
		quit) echo quit >&3 && ends 0 || return 1 ;;
		*) ends 0 $how || return 1 ;;
		esac
	done
	exec 3>&-
	echo none >"$got/lines" &&
	full 1 "$btsh" peer -q -l 127.0.0.1 -p 0 <"$got/lines" &&
	until_true grep -q 'none: No such' "$got/full.err" &&
	kill -0 "$full_pid" && : >"$got/go" && ends 0 &&
	grep -q 'error	-	none' "$got/told"
}

# serve prints its links when somebody reads them, and serves meanwhile.
unread_links() {
	fresh && next_port &&
	full 1 "$btsh" serve -q -l 127.0.0.1 -p $port "$dir/file" "$dir/tree" &&
	on_port $port &&
	until_true fetch -q -t 1 -d "$got" -k "127.0.0.1:$port" \
		"$dir/tree.torrent" && diff -r "$dir/tree" "$got/tree" &&
	: >"$got/go" && until_true grep -q 'dn=tree' "$got/told" &&
	grep -q 'dn=file' "$got/told" && ends 0 TERM &&
	full 1 "$btsh" serve -q -l 127.0.0.1 -p $port "$dir/file" &&
	on_port $port && ends 0 INT INT
}

# The result of run waits for its reader, or for an interrupt.
unread_result() {
	served -w none -d "$dir" "$dir/file.torrent" && fresh &&
	full 1 "$btsh" run -q -l 127.0.0.1 -p 0 -d "$got" "$magnet" &&
	until_true cmp "$dir/file" "$got/file" && : >"$got/go" && ends 0 &&
	echo "$got/file" | cmp - "$got/told" &&
	full 1 "$btsh" run -q -l 127.0.0.1 -p 0 -m "$magnet" && : >"$got/go" &&
	ends 0 && cmp "$dir/file.torrent" "$got/told" || return 1
	for how in INT 'TERM TERM'; do
		for what in "$magnet" '-m'; do
			[ "$what" != -m ] || set -- -m "$dir/file.torrent"
			[ "$what" = -m ] || set -- "$magnet"
			full 1 "$btsh" run -v -l 127.0.0.1 -p 0 -d "$got" \
				"$@" && until_true grep -q listening \
				"$got/full.err" && { [ "$what" = -m ] ||
				until_true grep -q ratio "$got/full.err"; } &&
			ends 7 $how || return 1
		done
	done
	stop "$seed_pid"
}

# Messages that nobody reads stop nothing; the number of those that were lost
# is told.
unread_messages() {
	fresh && mkdir "$got/links" "$got/got" &&
	for i in $(seq 20); do ln -s x "$got/links/$i" || return 1; done &&
	echo x >"$got/links/x" && next_port &&
	full 2 "$btsh" serve -v -l 127.0.0.1 -p $port "$dir/file" \
		"$got/links" && on_port $port &&
	until_true grep -q links "$got/full.out" &&
	seed_port=$port serve_py=$full_py serve_pid=$full_pid &&
	mkdir "$got/2" && got=$got/2 &&
	full 2 "$btsh" run -v -l 127.0.0.1 -p 0 -d "$got" \
		-k "127.0.0.1:$seed_port" "$dir/file.torrent" && ends 0 &&
	cmp "$dir/file" "$got/file" && rm "$got/file" &&
	full 2 "$btsh" peer -v -l 127.0.0.1 -p 0 -d "$got" \
		-k "127.0.0.1:$seed_port" "$dir/file.torrent" </dev/null &&
	until_true cmp "$dir/file" "$got/file" && ends 0 INT INT &&
	got=${got%/2} && full_py=$serve_py full_pid=$serve_pid &&
	: >"$got/go" && until_true grep -q seeding "$got/told" &&
	grep -q '^btsh: [0-9]* messages were lost$' "$got/told" &&
	ends 0 TERM
}

# As unread_ends, with every descriptor on the same pipe.
unread_all() {
	fresh && for v in serve peer run; do
		case $v in
		serve) set -- "$dir/file" ;;
		*) set -- "$dir/file.torrent" ;;
		esac
		next_port
		full 12 "$btsh" $v -v -l 127.0.0.1 -p $port -d "$got" "$@" &&
		on_port $port && ends "$([ $v = run ] && echo 7 || echo 0)" \
			TERM TERM || return 1
	done
}

# Lines that end as other systems' do, and blanks around what they say.
odd_lines() {
	fresh && printf 'add %s\r\n \tadd   %s \r\n\r\n \nstatus\r\nquit\r\n' \
		"$dir/file.torrent" "$dir/tree.torrent" |
		timeout 20 "$btsh" peer -q -l 127.0.0.1 -p 0 -d "$got" \
		>"$got/told" && ! grep -q error "$got/told" &&
	grep -q 'status	-	2	0$' "$got/told"
}

# A torrent of the directory that it is written to, or to below it, does not
# hold itself, nor what it replaces, under any name.
makes_here() {
	fresh && mkdir -p "$got/album/sub" && echo a >"$got/album/a" &&
	(cd "$got/album" && "$btsh" make -q .) && album_is album/a &&
	ln "$got/album/album.torrent" "$got/album/sub/other" &&
	(cd "$got/album" && "$btsh" make -q -f .) && album_is album/a &&
	rm "$got/album/sub/other" && ln "$got/album/album.torrent" \
		"$got/album/sub/other" &&
	"$btsh" make -q -f -o "$got/album/album.torrent" "$got/album" &&
	"$btsh" check -q "$got/album/album.torrent" "$got/album" &&
	rm -r "$got/album/album.torrent" "$got/album/sub/other" &&
	"$btsh" make -q -o "$got/album/sub/x" "$got/album" &&
	"$btsh" show -f "$got/album/sub/x" >"$got/list" &&
	echo album/a | cmp - "$got/list" && rm "$got/album/sub/x" &&
	(cd "$got/album" && find . -print0 |
		"$btsh" make -q -0 -n album) && album_is album/a &&
	(cd "$got/album" && "$btsh" make -o - . >sub/out) &&
	"$btsh" show -f "$got/album/sub/out" | grep -c . | grep -qx 2 &&
	(cd "$got/album" && says 'where the torrent goes' 1 "$btsh" make -f \
		-o a a) && echo a | cmp - "$got/album/a"
}

album_is() { # PATHS...: the files of album.torrent, which is right
	printf '%s\n' "$@" >"$got/want" &&
	"$btsh" show -f "$got/album/album.torrent" | cmp - "$got/want" &&
	"$btsh" check "$got/album/album.torrent" "$got/album"
}

# slow_make ARGS...: one that reads fd 5 until that is closed, and has begun
slow_make() {
	mkfifo "$got/pipe"
	"$btsh" make -n name -o "$got/t" "$@" - <"$got/pipe" \
		>"$got/slow" 2>&1 &
	make_pid=$!
	pids="$pids $!"
	exec 5>"$got/pipe" && rm "$got/pipe" &&
	until_true test -e "$got/.t.new"
}

# A make that is killed leaves no torrent, and nothing that stops the next.
make_killed() {
	for f in -q -f; do
		fresh && slow_make $f && kill -KILL $make_pid || return 1
		wait $make_pid
		exec 5>&-
		[ ! -e "$got/t" ] &&
		"$btsh" make $f -o "$got/t" "$dir/file" &&
		"$btsh" check "$got/t" "$dir/file" &&
		[ "$(ls -A "$got" | tr '\n' ' ')" = 'slow t ' ] || return 1
	done
}

# What is no leftover of ours stands in the way of the file beside the output,
# and stays.
make_in_the_way() {
	for what in 'echo precious >' 'echo dear >' 'ln -s nothing' mkdir \
		mkfifo 'ln link'; do
		fresh && : >"$got/link" &&
		(cd "$got" && eval "$what .t.new") &&
		ls -li "$got/.t.new" >"$got/was" &&
		says '/\.t\.new is in the way' 1 "$btsh" make -o "$got/t" \
			"$dir/file" && [ ! -e "$got/t" ] &&
		ls -li "$got/.t.new" | cmp - "$got/was" || return 1
	done
	fresh && echo x >"$got/t" && ln "$got/t" "$got/.t.new" &&
	says 'in the way' 1 "$btsh" make -f -o "$got/t" "$dir/file" &&
	cp "$dir/file.torrent" "$got/t" && "$btsh" make -f -o "$got/t" \
		"$dir/file" && [ ! -e "$got/.t.new" ]
}

# Of two at once the second says so; what came meanwhile is not overwritten.
makes_at_once() {
	fresh && slow_make && says 'another make' 1 "$btsh" make -o "$got/t" \
		"$dir/file" && says 'another make' 1 "$btsh" make -f \
		-o "$got/t" "$dir/file" && echo mine >"$got/t"
	exec 5>&-
	! wait $make_pid && grep -q 'exists by now' "$got/slow" &&
	grep -q mine "$got/t" && [ ! -e "$got/.t.new" ] &&
	slow_make -f && exec 5>&- && wait $make_pid &&
	"$btsh" show "$got/t" | grep -q 'name	name' && [ ! -e "$got/.t.new" ]
}

# Where files cannot be locked, a make whose file beside the output is now
# another's leaves that alone, and does not say that it has made a torrent.
make_taken_over() {
	for f in -q -f; do
		fresh && slow_make $f && rm "$got/.t.new" &&
		echo d >"$got/.t.new"
		exec 5>&-
		! wait $make_pid && [ ! -e "$got/t" ] &&
		grep -q 'another make' "$got/slow" &&
		grep -qx d "$got/.t.new" || return 1
	done
}

# What would go wrong at the end is told at the beginning; links and devices.
# A reader who does not read: a signal ends it.
make_stuck() {
	fresh && mkfifo "$got/fifo" && truncate -s 100M "$got/hole" &&
	exec 5<>"$got/fifo" || return 1
	start "$dir/c.log" "$btsh" make -f -q -l 14 -o "$got/fifo" "$got/hole" \
		5>&-
	stuck_pid=$!
	until_true /usr/bin/python3 -c "import fcntl, struct, termios
assert struct.unpack('i', fcntl.ioctl(5, termios.FIONREAD, b'0123'))[0] > 65000
" && kill -TERM $stuck_pid
	exec 5>&-
	wait $stuck_pid
	[ $? -eq 143 ]
}

make_places() {
	fresh && mkdir "$got/d" && long=$(printf 'n%.0s' $(seq 255)) &&
	says 'd: .*directory' 1 "$btsh" make -f -o "$got/d" "$dir/file" &&
	says 'e/: .*directory' 1 "$btsh" make -o "$got/e/" "$dir/file" &&
	says 'no path' 2 "$btsh" make -o '' "$dir/file" &&
	says 'too long' 1 "$btsh" make -o "$got/x$long" "$dir/file" &&
	"$btsh" make -o "$got/$long" "$dir/file" && echo text >"$got/text" &&
	ln -s text "$got/link" && ln -s nothing "$got/dead" &&
	says exists 1 "$btsh" make -o "$got/dead" "$dir/file" &&
	"$btsh" make -f -o "$got/link" "$dir/file" &&
	"$btsh" make -f -o "$got/dead" "$dir/file" &&
	cmp "$got/link" "$got/dead" && grep -qx text "$got/text" &&
	[ ! -e "$got/nothing" ] && "$btsh" make -f -o /dev/stdout \
		"$dir/file" | grep -aq 6:pieces
}

# A full disk is an error of its own, and leaves nothing.
make_full() {
	fresh && says 'No space' 6 in_tmpfs size=16k sh -c '
		dd if=/dev/zero of="$1/fill" bs=4k count=3 2>/dev/null
		"$2" make -l 14 -o "$1/t" "$3/file"
		r=$?
		[ "$(ls -A "$1")" = fill ] || exit 99
		exit $r' - "$got" "$btsh" "$dir"
}

# -x with names, at any depth, and with paths.
make_leaves_out() {
	fresh && mkdir -p "$got/d/sub/@eaDir/deep" "$got/d/[x]" &&
	for f in a .DS_Store sub/b sub/.DS_Store sub/@eaDir/x \
		sub/@eaDir/deep/y '[x]/c' sub/a; do
		echo "$f" >"$got/d/$f" || return 1
	done
	for how in walk list; do
		set -- -q -f -o "$got/t" -x .DS_Store -x @eaDir -x sub/a \
			-x '[x]'
		case $how in
		walk) "$btsh" make "$@" "$got/d" ;;
		list) (cd "$got/d" && find . -print0 |
			"$btsh" make -0 -n d "$@") ;;
		esac && "$btsh" show -f "$got/t" >"$got/list" &&
		printf 'd/a\nd/sub/b\n' | cmp - "$got/list" || return 1
	done
}

# Why there is nothing to make a torrent of; what cannot be read is named.
make_of_nothing() {
	fresh && mkdir "$got/d" "$got/u" && ln -s x "$got/d/l1" &&
	ln -s x "$got/d/l2" && mkfifo "$got/d/f" && echo x >"$got/d/x.o" &&
	truncate -s 300G "$got/hole" && says 'too many pieces; -l 15 ' 1 "$btsh" \
		make -l 14 -o "$got/t" "$got/hole" && rm "$got/hole" &&
	says 'no file in it: 2 symbolic links, 1 not regular files, 1 left out by -x$' \
		1 "$btsh" make -q -x '*.o' -o "$got/t" "$got/d" &&
	echo secret >"$got/u/closed" && chmod 0 "$got/u/closed" &&
	chmod 777 "$got" && says 'u/closed: Permission denied' 1 as_nobody \
		"$btsh" make -o "$got/t" "$got/u" && [ ! -e "$got/t" ] &&
	[ ! -e "$got/.t.new" ]
}

# The name of a directory may be too long to be had.
make_too_deep() {
	fresh && (long=$(printf 'n%.0s' $(seq 200)) && cd "$got" &&
	for i in $(seq 25); do
		mkdir $long && cd -P $long || exit 1
	done && for what in make 'serve -l 127.0.0.1 -p 0'; do
		timeout 10 "$btsh" $what . 2>"$got/said"
		r=$?
		[ $r -eq 1 ] || [ $r -eq 3 ] && grep -q '^btsh: \.: ' \
			"$got/said" || exit 1
	done)
}

as_nobody() { # COMMAND...
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid 65534 --clear-groups "$@"
	else
		"$@"
	fi
}

# What could not be had is named.  LeakSanitizer, too, needs a process.
no_process() {
	fresh && chmod 777 "$got" && set -- as_nobody prlimit --nproc=1 env \
		ASAN_OPTIONS=detect_leaks=0 "$btsh" run -l 127.0.0.1 -p 0 \
		-d "$got" && says 't: no process can be had' 1 "$@" -q -o - \
		"$dir/file.torrent" &&
	says 'a.invalid:1: no process' 4 "$@" -t 12 -k a.invalid:1 \
		"$dir/file.torrent"
}

# make and check, whose output nobody reads, end when they are interrupted.
unread_made() {
	fresh && echo x >"$got/x" && "$btsh" make -q -o "$got/t" "$got/x" &&
	for what in "make -o - $got/x" "make -o $got/new $got/x" \
		"check $got/t $got/none"; do
		full 1 "$btsh" $what && until_true interrupted_away || return 1
	done
}

# Two signals at once are as one.
two_signals() {
	fresh && truncate -s 20G "$got/hole" && echo x >"$got/x" &&
	"$btsh" make -q -l 24 -o "$got/t" "$got/x" &&
	/usr/bin/python3 -c "import os, sys
info = b'd6:lengthi%de4:name4:hole12:piece lengthi%de6:pieces25600:' % (
    20 << 30, 16 << 20) + os.urandom(25600) + b'e'
sys.stdout.buffer.write(b'd4:info' + info + b'e')" >"$got/hole.torrent" &&
	for what in "make -l 24 -o $got/made" "check $got/hole.torrent"; do
		start "$dir/c.log" "$btsh" $what "$got/hole"
		two_pid=$!
		until_true has_child $two_pid && kill -STOP $two_pid &&
		kill -INT $two_pid && kill -TERM $two_pid &&
		kill -CONT $two_pid
		wait $two_pid
		[ $? -eq 1 ] && [ ! -s "$dir/c.log" ] || return 1
	done && [ "$(ls -A "$got" | tr '\n' ' ')" = 'hole hole.torrent t x ' ]
	r=$?
	rm -f "$got/hole"
	return $r
}

has_child() { # PID
	[ -n "$(cat "/proc/$1/task/$1/children")" ]
}

interrupted_away() {
	kill -INT "$full_pid"
	! kill -0 "$full_pid"
}

# make demo never fails.
demo_runs() {
	for i in $(seq 50); do
		DEMO_MIB=1 sh tests/demo.sh >"$dir/demo" 2>&1 &&
		! grep -q 'No such' "$dir/demo" &&
		grep -q '	completed	' "$dir/demo" || {
			cat "$dir/demo"
			echo "run $i"
			return 1
		}
	done
}

# The demo, wherever it is, whatever the user has set and the machine does.
demo_anywhere() {
	fresh && mkdir "$got/a|b & [c]" && cp "$btsh" "$got/a|b & [c]/btsh" &&
	start "$got/busy" sh -c 'while :; do :; done'
	busy_pid=$!
	for i in 1 2 3 4 5; do
		(cd "$got/a|b & [c]" && BTSH_TRACKER=x BTSH_DHT=x DEMO_MIB=1 \
			timeout 60 sh "$top/tests/demo.sh") >"$got/said" </dev/null &&
		grep -q '^\$ btsh run -v' "$got/said" &&
		grep -q '	completed	' "$got/said" ||
			{ cat "$got/said"; r=1; break; }
		r=0
	done
	stop $busy_pid
	return $r
}

habits_cases() {
	check 'the demo, fifty times' demo_runs
	check 'the demo, anywhere' demo_anywhere
	check 'make: not of its own output' makes_here
	check 'make: one that was killed stops no other' make_killed
	check 'make: what is in its way stays' make_in_the_way
	check 'make: two at once' makes_at_once
	check 'make: two at once, without locks' make_taken_over
	check 'make: where it cannot go, and links' make_places
	check 'make: a reader who does not read' make_stuck
	skip 'make: a full disk' unshare ||
		check 'make: a full disk' make_full
	skip 'two signals at once' python3-libtorrent ||
		check 'make, check: two signals at once' two_signals
	check 'make: -x names at any depth' make_leaves_out
	check 'make, serve: where nobody knows where it is' make_too_deep
	check 'make: why there is nothing to make it of' make_of_nothing
	skip 'run: no process can be had' prlimit ||
		check 'run: no process can be had' no_process
	skip 'output that nobody reads' python3-libtorrent || {
		check 'peer: events that nobody reads stop nothing' \
			unread_events
		check 'peer: it ends though nobody reads' unread_ends
		check 'serve: links that nobody reads stop nothing' \
			unread_links
		check 'run: its result waits for a reader' unread_result
		check 'messages that nobody reads stop nothing' \
			unread_messages
		check 'two signals end what nobody reads' unread_all
		check 'make, check: results that nobody reads' unread_made
	}
	check 'peer: lines that end in CR LF' odd_lines
}
