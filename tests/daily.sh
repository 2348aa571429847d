# What a daily user of other tools types, and expects: part of tests.sh, sourced
# by it.

# What looks like a torrent is taken for one, and never shared by mistake; in a
# directory it is a file like others.
serves_no_torrent() {
	fresh && printf 'd4:infod' >"$got/cut.torrent" &&
	echo junk >"$got/junk.torrent" &&
	printf 'd8:announce3:abcxx' >"$got/named otherwise" &&
	printf 'd4 is no number' >"$got/text" || return 1
	for bad in cut.torrent junk.torrent 'named otherwise'; do
		says "$bad: to share it as a file, share a directory" 3 \
			timeout 20 "$btsh" serve -N -p 0 "$got/$bad" || return 1
	done
	seed "$dir/s.log" -N "$got/text" && stop $seed_pid
	seed "$dir/s.log" -N "$got" &&
	fetch -N -d "$got/there" "$(grep magnet: "$dir/s.log")" >"$got/out"
	r=$?
	stop $seed_pid
	[ $r -eq 0 ] && cmp "$got/junk.torrent" \
		"$got/there/${got##*/}/junk.torrent"
}

# The link names the trackers that serve announces to, each once.
serve_links() {
	u=udp://127.0.0.1:1/announce e=udp%3A%2F%2F127.0.0.1%3A1%2Fannounce
	fresh && "$btsh" make -a "$u" -o "$got/t" "$dir/file" >"$got/out" &&
	for t in file.torrent file tree.torrent; do
		seed "$dir/s.log" -qN -d "$dir" -a "$u" "$dir/$t" &&
		stop $seed_pid
		grep -q "&tr=$e&x.pe=" "$dir/s.log" || return 1
	done
	seed "$dir/s.log" -qN -d "$dir" -a "$u" "$got/t" && stop $seed_pid
	[ "$(grep -o 'tr=' "$dir/s.log" | wc -l)" -eq 1 ]
}

# check takes the directory that the data is in for what it is, and says one
# thing of a path that is not there.
checks_parents() {
	fresh && mkdir "$got/tree" "$got/empty" &&
	status 0 "$btsh" check "$dir/tree.torrent" "$dir" &&
	status 0 "$btsh" check "$dir/tree.torrent" "$dir/tree" &&
	status 0 "$btsh" check "$dir/file.torrent" "$dir" &&
	cp -r "$dir/tree" "$got/copy" && mkdir "$got/copy/tree" &&
	status 0 "$btsh" check "$dir/tree.torrent" "$got/copy" &&
	! "$btsh" check "$dir/tree.torrent" "$got/empty" >"$got/out" &&
	grep -q '^missing	tree/z$' "$got/out" &&
	! "$btsh" check "$dir/file.torrent" "$got/empty" >"$got/out" &&
	grep -qx 'missing	file' "$got/out" &&
	says 'nowhere: No such file' 5 "$btsh" check "$dir/tree.torrent" \
		"$got/nowhere" && [ "$(wc -l <"$dir/serr")" -eq 1 ] &&
	[ ! -s "$dir/sout" ]
}

lists_want_nuls() {
	fresh && (cd "$dir/tree" && find . -type f >"$got/list" &&
		says 'a NUL stands after' 2 \
		sh -c "'$btsh' make -0 -n x -o '$got/x' <'$got/list'") &&
	[ ! -e "$got/x" ] &&
	(cd "$dir/tree" && printf z | "$btsh" make -0 -n x -o "$got/x") \
		>"$got/out" && [ "$("$btsh" show -f "$got/x")" = x/z ]
}

# run takes several, tells of each when it is complete, and ends with the last;
# one that cannot be had stops no other, and is the exit status.
runs_several() {
	seed "$dir/s.log" -N -d "$dir" "$dir/file.torrent" "$dir/tree.torrent" &&
	fresh && fetch -N -d "$got" -k "127.0.0.1:$seed_port" \
		"$dir/file.torrent" "$dir/tree.torrent" >"$got/out" &&
	printf '%s\n' "$got/file" "$got/tree" >"$got/want" &&
	sort "$got/out" | cmp - "$got/want" &&
	cmp "$dir/file" "$got/file" && diff -r "$dir/tree" "$got/tree" &&
	echo junk >"$got/junk" && fresh || return 1
	fetch -N -d "$got" -k "127.0.0.1:$seed_port" "$dir/none" \
		"$dir/junk" "$dir/tree.torrent" >"$got/out" 2>"$got/err"
	[ $? -eq 1 ] && diff -r "$dir/tree" "$got/tree" &&
	grep -q 'none: No such file' "$got/err" &&
	stop $seed_pid
	says 'has one result' 2 "$btsh" run -o x "$dir/file.torrent" \
		"$dir/tree.torrent" &&
	says '-m has one result' 2 "$btsh" run -m "$dir/file.torrent" \
		"$dir/tree.torrent" && says 'No such file' 1 "$btsh" run \
		"$dir/none" "$dir/neither"
}

# Who goes on taking does not keep it from ending.
gives_more() {
	random_bytes 40000000 >"$got/much" &&
	seed "$dir/s.log" -N -R 0.01 "$got/much" &&
	start "$dir/r.log" "$btsh" run -N -p 0 -r 1m -d "$got/more" \
		"$(grep magnet: "$dir/s.log")" && taker=$! &&
	until_true not kill -0 $seed_pid && wait $seed_pid &&
	kill -0 $taker
	r=$?
	stop $taker
	rm -r "$got/much" "$got/more"
	return $r
}

# Seeding ends by its share, once what was sent is there, or by the time; with
# the last torrent, so does the program.
seeding_ends() {
	for more in '-w none' ''; do
		seed "$dir/s.log" -N -R 1 $more "$dir/file" &&
		fresh && fetch -N -d "$got" "$(grep magnet: "$dir/s.log")" \
			>"$got/out" && cmp "$dir/file" "$got/file" &&
		wait $seed_pid && if [ -n "$more" ]; then
			grep -q 'ends: 5.72MiB given, 1.00 times' \
				"$dir/s.log"
		else # HTTP counts, too, and some may come both ways
			grep -q 'ends: .*MiB given, 1\.[0-4]. times' \
				"$dir/s.log" &&
			! grep -q 'names no tracker' "$dir/s.log"
		fi || return 1
	done
	seed "$dir/s.log" -N -T 0 -d "$dir" "$dir/file.torrent" &&
	wait $seed_pid && fresh || return 1
	seed "$dir/s.log" -N -d "$dir" "$dir/file.torrent" "$dir/tree.torrent" &&
	fetch -N -s -T 1 -R 0.5 -d "$got" -k "127.0.0.1:$seed_port" \
		"$dir/file.torrent" >"$got/out" &&
	timeout 60 "$btsh" peer -N -p 0 -T 0 -R 9 -d "$got" \
		-k "127.0.0.1:$seed_port" "$dir/tree.torrent" "$dir/file.torrent" \
		</dev/null >"$got/events"
	r=$?
	stop $seed_pid
	[ $r -eq 0 ] && gives_more &&
	[ "$(grep -c '	stopped	' "$got/events")" -eq 2 ] &&
	grep -c '	complete	' "$got/events" | grep -qx 2 &&
	says 'no ratio' 2 "$btsh" run -R x "$dir/file.torrent" &&
	says 'no ratio' 2 "$btsh" run -R '' "$dir/file.torrent"
}

# The command of -x knows what is complete; run waits for it, and its failure
# is told. peer runs it for what came alone.
runs_command() {
	seed "$dir/s.log" -N -d "$dir" "$dir/file.torrent" "$dir/tree.torrent" &&
	fresh && mkfifo "$got/go" || return 1
	hash=$("$btsh" show "$dir/tree.torrent" | sed -n 's/infohash.//p')
	(cd "$got" && fetch -N -d 'a dir' -k "127.0.0.1:$seed_port" \
		-x 'cat; ls -l /proc/$PPID/fd | grep -c "socket:"
		echo "<$BTSH_NAME|$BTSH_PATH|$BTSH_HASH|$BTSH_DIR>" >&2; exit 3' \
		"$dir/tree.torrent") >"$got/out" 2>"$got/err" </dev/null &&
	grep -qxF "<tree|a dir/tree|$hash|a dir>" "$got/err" &&
	grep -qx 1 "$got/err" && # but one to us, it has no socket
	grep -q 'tree: the command of -x ended with status 3' "$got/err" &&
	[ "$(cat "$got/out")" = 'a dir/tree' ] &&
	fetch -N -qd "$got" -k "127.0.0.1:$seed_port" -x 'kill -9 $$' \
		"$dir/tree.torrent" "$dir/file.torrent" >"$got/out" \
		2>"$got/err" && [ "$(grep -c 'by signal 9' "$got/err")" -eq 2 ] &&
	fetch -N -o - -x 'echo "[$BTSH_PATH]"' "$dir/file.torrent" \
		-k "127.0.0.1:$seed_port" 2>"$got/err" | cmp - "$dir/file" &&
	grep -qxF '[]' "$got/err" && rm "$got/file" &&
	timeout 60 "$btsh" peer -N -p 0 -T 0 -d "$got" \
		-k "127.0.0.1:$seed_port" -x 'echo "of $BTSH_NAME"' \
		"$dir/tree.torrent" "$dir/file.torrent" </dev/null \
		>"$got/events" 2>"$got/err"
	r=$?
	stop $seed_pid
	[ $r -eq 0 ] && [ "$(grep -x 'of .*' "$got/err")" = 'of file' ]
}

# If what runs it is killed, that is told, and nobody waits for it.
command_dies() {
	seed "$dir/s.log" -N -d "$dir" "$dir/file.torrent" "$dir/tree.torrent" &&
	fresh && fetch -N -d "$got" -k "127.0.0.1:$seed_port" \
		-x 'kill -9 $PPID' -r 3m "$dir/tree.torrent" \
		"$dir/file.torrent" >"$got/out" 2>"$got/err"
	r=$?
	stop $seed_pid
	[ $r -eq 0 ] && [ "$(grep -c 'could not be run' "$got/err")" -eq 2 ]
}

# Pieces are told of with -v alone, and rates may have fractions.
says_less() {
	seed "$dir/s.log" -N -d "$dir" "$dir/file.torrent" && fresh &&
	timeout 60 "$btsh" peer -N -p 0 -T 0 -r 7.5m -d "$got" \
		-k "127.0.0.1:$seed_port" "$dir/file.torrent" </dev/null \
		>"$got/events" && ! grep -q '	piece	' "$got/events" &&
	grep -q '	complete	' "$got/events"
	r=$?
	stop $seed_pid
	[ $r -eq 0 ] && says 'no rate' 2 "$btsh" run -r 1.5 x &&
	says 'no rate' 2 "$btsh" run -r .k.k x &&
	says 'no rate' 2 "$btsh" run -r 0x10 x
}

# What run says when it is interrupted.
says_resumable() {
	seed "$dir/s.log" -N -u 100k -d "$dir" "$dir/file.torrent" && fresh || return 1
	"$btsh" run -N -p 0 -d "$got" -k "127.0.0.1:$seed_port" \
		"$dir/file.torrent" >"$got/out" 2>"$got/err" </dev/null &
	run_pid=$!
	pids="$pids $!"
	until_true test -s "$got/file" && kill -INT $run_pid
	wait $run_pid
	[ $? -eq 7 ] && stop $seed_pid
	grep -q 'of 5.72MiB are here; the same command goes on' "$got/err"
}

# Which of several torrents a message is about.
says_which() {
	tracker && fresh && "$btsh" make -a "$url" -o "$got/a" -n one \
		"$dir/file" >"$got/out" && "$btsh" make -a "$url" -o "$got/b" \
		-n two "$dir/file" >"$got/out" && stop $track_pid
	echo 0123456789012345678901234567890123456789 >"$got/list"
	track_on 127.0.0.1 -w "$got/list" && "$btsh" make -f \
		-a "http://127.0.0.1:$tp/announce" -o "$got/a" -n one "$dir/file" \
		>"$got/out" && "$btsh" make -f -o "$got/b" -n two "$dir/file" \
		-a "http://127.0.0.1:$tp/announce" >"$got/out" || return 1
	start "$got/log" "$btsh" peer -N -p 0 -d "$got" "$got/a" "$got/b"
	until_true grep -q 'one: .*does not serve this torrent' "$got/log" &&
	until_true grep -q 'two: .*does not serve this torrent' "$got/log"
	r=$?
	stop $!
	stop $track_pid
	return $r
}

# On a terminal no event is written behind the line that shows progress.
events_on_terminal() {
	seed "$dir/s.log" -N -u 3m -d "$dir" "$dir/file.torrent" && fresh &&
	timeout 60 script -qec "$btsh peer -N -p 0 -T 0 -d $got \
		-k 127.0.0.1:$seed_port $dir/file.torrent" /dev/null \
		>"$got/screen" </dev/null
	stop $seed_pid
	grep -aq '/5.72MiB' "$got/screen" &&
	grep -aq '	complete	' "$got/screen" &&
	! grep -aq '	progress	' "$got/screen" &&
	! tr '\r' '\n' <"$got/screen" | grep -a '	' | grep -aqv '^[0-9]*	' ||
		return 1
	# events that go elsewhere do not take the line away
	seed "$dir/s.log" -N -d "$dir" "$dir/file.torrent" && fresh &&
	timeout 60 script -qec "$btsh peer -N -p 0 -T 0 -r 1500k -d $got \
		-k 127.0.0.1:$seed_port $dir/file.torrent >$got/events" \
		/dev/null >"$got/screen" </dev/null
	stop $seed_pid
	[ "$(grep -c '	progress	' "$got/events")" -ge 2 ] &&
	[ "$(tr '\r' '\n' <"$got/screen" | grep -ac '^  *$')" -le 1 ]
}

daily_cases() {
	check 'serve: what looks like a torrent and is none' serves_no_torrent
	check 'serve: the link has the trackers of -a' serve_links
	check 'check: the directory above, and nothing there' checks_parents
	check 'make -0: newlines are no NULs' lists_want_nuls
	check 'run: several torrents' runs_several
	check 'seeding ends by share and by time' seeding_ends
	check 'a command for what is complete' runs_command
	check 'a command whose runner dies' command_dies
	check 'peer tells of pieces with -v alone' says_less
	check 'run says what is here when it is interrupted' says_resumable
	check 'a message says which torrent it is about' says_which
	check 'peer: events on a terminal' events_on_terminal
}
