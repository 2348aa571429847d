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
	full 1 "$btsh" peer -q -l 127.0.0.1 -p $port -d "$got" \
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
	served -d "$dir" "$dir/file.torrent" && fresh &&
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
	grep -q 'status	-	2$' "$got/told"
}

habits_cases() {
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
	}
	check 'peer: lines that end in CR LF' odd_lines
}
