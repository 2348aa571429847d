# What one start tells the next, and what of that holds: resume files, kills,
# power cuts; sourced by tests.sh.

# spoilt FILE BYTE: another byte there, and the file looks as it did
spoilt() {
	other=x
	[ "$(dd if="$1" bs=1 skip="$2" count=1 2>/dev/null)" != x ] || other=y
	cp -p "$1" "$got/stamp" &&
	printf $other | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null &&
	touch -r "$got/stamp" "$1"
}

# A second start hashes nothing: it does not see what looks as it did, but by
# -c.  What was touched is hashed, and that file alone.
resume_trusts() {
	fresh && cp -r "$dir/tree" "$got/tree" &&
	"$btsh" make -q -l 15 -o "$got/t" "$got/tree" &&
	seed "$dir/s.log" -N -d "$got" "$got/t" && stop "$seed_pid" &&
	[ -f "$got/.tree.btsh" ] && spoilt "$got/tree/a/one" 5 &&
	seed "$dir/s.log" -N -d "$got" "$got/t" && stop "$seed_pid" &&
	! grep -q only "$dir/s.log" &&
	seed "$dir/s.log" -N -c -d "$got" "$got/t" && stop "$seed_pid" &&
	grep -q 'only .*% of its data' "$dir/s.log" &&
	seed "$dir/s.log" -N -d "$got" "$got/t" && stop "$seed_pid" &&
	grep -q 'only .*% of its data' "$dir/s.log" &&
	cp "$dir/tree/a/one" "$got/tree/a/one" &&
	seed "$dir/s.log" -N -d "$got" "$got/t" && stop "$seed_pid" &&
	! grep -q only "$dir/s.log"
}

# Where it may not be written all goes on without; what is damaged, or something
# else, is not believed, and what we did not make stays.
resume_damaged() {
	fresh && cp "$dir/file" "$got/data" &&
	"$btsh" make -q -o "$got/t" "$got/data" &&
	echo mine >"$got/.data.btsh" &&
	seed "$dir/s.log" -N -d "$got" "$got/t" && stop "$seed_pid" &&
	grep -qx mine "$got/.data.btsh" &&
	rm "$got/.data.btsh" && mkdir "$got/.data.btsh" &&
	seed "$dir/s.log" -N -d "$got" "$got/t" && stop "$seed_pid" &&
	rmdir "$got/.data.btsh" && : >"$got/.data.btsh" &&
	seed "$dir/s.log" -N -d "$got" "$got/t" && stop "$seed_pid" &&
	[ -s "$got/.data.btsh" ] && [ ! -e "$got/.data.btsh.new" ]
}

# peer goes on with what it had, finished or not, but for what was dropped.
resume_peer() {
	fresh && mkdir "$got/d" && "$btsh" make -q -o "$got/f" "$dir/file" &&
	"$btsh" make -q -o "$got/t" "$dir/tree" &&
	fhash=$("$btsh" show "$got/f" | sed -n 's/infohash.//p') &&
	thash=$("$btsh" show "$got/t" | sed -n 's/infohash.//p') &&
	seed "$dir/s.log" -N -d "$dir" "$got/t" &&
	mkfifo "$got/in" || return 1
	for round in 1 2 3; do
		set -- "$got/f" "$got/t" # the first time
		[ $round -eq 1 ] || set --
		: >"$dir/events"
		"$btsh" peer -N -l 127.0.0.1 -p 0 -d "$got/d" -k \
			"127.0.0.1:$seed_port" "$@" <"$got/in" >"$dir/events" \
			2>"$dir/p.err" &
		peer_pid=$!
		pids="$pids $peer_pid"
		exec 3>"$got/in"
		tells "complete	$thash	.*" || return 1
		if [ $round -lt 3 ]; then
			tells "added	$fhash	file" || return 1
		fi
		[ $round -ne 2 ] || echo "drop $fhash" >&3
		echo quit >&3
		exec 3>&-
		wait $peer_pid || return 1
	done
	! grep -q "$fhash" "$dir/events" && diff -r "$dir/tree" "$got/d/tree" &&
	stop "$seed_pid"
}

# What is dropped before its turn came is forgotten, too.
resume_dropped() {
	fresh && mkdir "$got/d" && "$btsh" make -q -o "$got/f" "$dir/file" &&
	fhash=$("$btsh" show "$got/f" | sed -n 's/infohash.//p') &&
	cp "$dir/file" "$got/d/file" && truncate -s 200G "$got/d/big" &&
	/usr/bin/python3 -c "import os, sys
info = b'd6:lengthi%de4:name3:big12:piece lengthi%de6:pieces256000:' % (
    200 << 30, 16 << 20) + os.urandom(256000) + b'e'
sys.stdout.buffer.write(b'd4:info' + info + b'e')" >"$got/big.torrent" &&
	: >"$dir/events"
	"$btsh" peer -N -p 0 -l 127.0.0.1 -d "$got/d" "$got/f" \
		>"$dir/events" 2>"$dir/p.err" </dev/null &
	peer_pid=$!
	pids="$pids $peer_pid"
	until_true grep -q 7:torrent "$got/d/.file.btsh" && stop $peer_pid &&
	mkfifo "$got/in" || return 1
	: >"$dir/events"
	"$btsh" peer -N -p 0 -l 127.0.0.1 -d "$got/d" "$got/big.torrent" \
		"$got/f" <"$got/in" >"$dir/events" 2>"$dir/p.err" &
	peer_pid=$!
	pids="$pids $peer_pid"
	exec 3>"$got/in"
	echo "drop $fhash" >&3 && tells "stopped	$fhash" && echo quit >&3
	exec 3>&-
	wait $peer_pid && grep -q 6:pieces "$got/d/.file.btsh" &&
	! grep -q 7:torrent "$got/d/.file.btsh"
}

# Who was a peer is one again, though nobody names him; but nobody is kept of a
# private torrent.
resume_peers() {
	for private in '' -p; do
		fresh && mkdir "$got/d" && "$btsh" make -q $private -a \
			http://127.0.0.1:1/ -o "$got/t" "$dir/file" &&
		seed "$dir/s.log" -u 3m -d "$dir" "$got/t" || return 1
		start "$dir/r.log" "$btsh" run -p 0 -l 127.0.0.1 -d "$got/d" \
			-k "127.0.0.1:$seed_port" "$got/t"
		run_pid=$!
		until_true grep -q 6:pieces "$got/d/.file.btsh" &&
		kill $run_pid || return 1
		wait $run_pid
		[ $? -eq 7 ] || return 1
		if [ -n "$private" ]; then
			! grep -q 5:peers "$got/d/.file.btsh" &&
			! grep -q 5:nodes "$got/d/.file.btsh" || return 1
		else
			timeout 20 "$btsh" run -v -p 0 -l 127.0.0.1 -d "$got/d" \
				"$got/t" 2>"$got/err" &&
			grep -q '1 new peer by the last time' "$got/err" &&
			cmp "$dir/file" "$got/d/file" || return 1
		fi
		stop "$seed_pid"
	done
}

# What is complete leaves nothing behind, also of a start that was killed while
# it wrote.
resume_clean() {
	fresh && "$btsh" make -q -o "$got/t" "$dir/file" &&
	seed "$dir/s.log" -N -u 3m -d "$dir" "$got/t" && mkdir "$got/d" &&
	start "$dir/r.log" "$btsh" run -N -p 0 -l 127.0.0.1 -d "$got/d" -k \
		"127.0.0.1:$seed_port" "$got/t" && run_pid=$! &&
	until_true grep -q 6:pieces "$got/d/.file.btsh" &&
	kill -9 $run_pid && ! wait $run_pid && : >"$got/d/.file.btsh.new" &&
	fetch -N -v -k "127.0.0.1:$seed_port" -d "$got/d" "$got/t" \
		2>"$got/err" && grep -q 'synced to disk in' "$got/err" &&
	[ "$(ls -A "$got/d")" = file ] && cmp "$dir/file" "$got/d/file" &&
	stop "$seed_pid"
}

# What is given is what the torrent says: a file that another program changes,
# whether or not it looks as it did, cuts off or removes stops its torrent, and
# no other; one that was only touched goes on.
changed_data() {
	for how in 'spoilt file 20' 'touch file' 'cp tree/a.b file' 'rm file' \
	    'truncate -s 70000 file'; do
		fresh && cp "$dir/file" "$got/file" && cp -r "$dir/tree" "$got" &&
		"$btsh" make -q -l 23 -o "$got/f" "$got/file" &&
		"$btsh" make -q -o "$got/t" "$got/tree" && : >"$dir/s.err" &&
		seed "$dir/s.log" -N -d "$got" "$got/f" "$got/t" &&
		until_true sh -c "[ \$(grep -c magnet '$dir/s.log') -eq 2 ]" ||
			return 1
		(cd "$got" && $how) && timeout 20 "$btsh" run -q -N -p 0 -l \
			127.0.0.1 -t 2 -k "127.0.0.1:$seed_port" -d "$got/1" \
			"$got/f" >/dev/null 2>&1
		case $? in
		0) cmp "$dir/file" "$got/1/file" || return 1 ;;
		4) [ "$how" != 'touch file' ] || return 1 ;;
		*) return 1 ;;
		esac
		[ "$how" = 'touch file' ] ||
			until_true grep -q '/f: .*\(changed\|shorter\|open\|read\)' \
			"$dir/s.log" || return 1
		fetch -N -k "127.0.0.1:$seed_port" -d "$got/2" "$got/t" &&
		diff -r "$dir/tree" "$got/2/tree" && kill "$seed_pid" || return 1
		wait "$seed_pid"
		set -- $?
		if [ "$how" = 'touch file' ]; then
			[ "$1" -eq 0 ] || return 1
		else
			[ "$1" -eq 6 ] || return 1
			# and the next start does not believe it either
			: >"$dir/s.err"
			seed "$dir/s.log" -N -d "$got" "$got/f" "$got/t" &&
			until_true grep -qE '/f: (none of|its files)' \
				"$dir/s.log" || return 1
			stop "$seed_pid" || : # the status is the other's
		fi
	done
}

# On a full disk a torrent of peer waits, others go on, and it goes on by itself
# when there is room again.
space_back() {
	fresh && mkdir "$got/d" && mount -t tmpfs -o size=8m none "$got/d" &&
	random_bytes 6000000 >"$got/d/mine" &&
	"$btsh" make -q -o "$got/f" "$dir/file" &&
	seed "$dir/s.log" -N -d "$dir" "$got/f" &&
	mkfifo "$got/in" || return 1
	"$btsh" peer -N -l 127.0.0.1 -p 0 -d "$got/d" -k \
		"127.0.0.1:$seed_port" "$got/f" <"$got/in" >"$dir/events" \
		2>"$dir/p.err" &
	peer_pid=$!
	pids="$pids $peer_pid"
	exec 3>"$got/in"
	tells 'error	.*No space left.*' && rm "$got/d/mine" &&
	tells 'complete	.*' && cmp "$got/d/file" "$dir/file" &&
	echo quit >&3 && exec 3>&- && wait $peer_pid && stop "$seed_pid"
	set -- $?
	umount "$got/d"
	return "$1"
}

# Over a quota it is the same: status 6, a word, and what came stays.
over_quota() {
	fresh && "$btsh" make -q -o "$got/f" "$dir/file" &&
	seed "$dir/s.log" -N -d "$dir" "$got/f" || return 1
	BTSH_FAULT=pwrite:20:122+ timeout 20 "$faulty" run -N -p 0 -l \
		127.0.0.1 -k "127.0.0.1:$seed_port" -d "$got/d" "$got/f" \
		2>"$got/err"
	[ $? -eq 6 ] && grep -q 'write .*quota' "$got/err" &&
	fetch -N -v -k "127.0.0.1:$seed_port" -d "$got/d" "$got/f" \
		2>"$got/err" && cmp "$dir/file" "$got/d/file" &&
	! grep -q '^5\.[0-9]MiB in' "$got/err" && stop "$seed_pid"
}

# A disk that may not be written keeps nobody from giving what is on it.
read_only() {
	fresh && mkdir "$got/d" && mount -t tmpfs none "$got/d" &&
	cp "$dir/file" "$got/d" && "$btsh" make -q -o "$got/f" "$dir/file" &&
	mount -o remount,ro "$got/d" &&
	seed "$dir/s.log" -v -N -d "$got/d" "$got/f" &&
	fetch -N -k "127.0.0.1:$seed_port" -d "$got/e" "$got/f" &&
	cmp "$dir/file" "$got/e/file" &&
	says 'Read-only' 6 timeout 20 "$btsh" run -N -p 0 -l 127.0.0.1 \
		-d "$got/d" -o other -k "127.0.0.1:$seed_port" "$got/f" &&
	stop "$seed_pid" &&
	grep -q 'resume file cannot be written: Read-only' "$dir/s.log"
	set -- $?
	umount "$got/d"
	return "$1"
}

# What cannot be synced is not called complete.
sync_fails() {
	fresh && "$btsh" make -q -o "$got/f" "$dir/file" &&
	seed "$dir/s.log" -N -d "$dir" "$got/f" || return 1
	BTSH_FAULT=fsync:1+ timeout 20 "$faulty" run -N -p 0 -l 127.0.0.1 -k \
		"127.0.0.1:$seed_port" -d "$got/d" "$got/f" >"$got/out" \
		2>"$got/err"
	[ $? -eq 6 ] && grep -q 'sync .*Input/output error' "$got/err" &&
	[ ! -s "$got/out" ] && stop "$seed_pid"
}

resume_cases() {
	check 'data that others change is not given' changed_data
	skip 'space that comes back' root ||
		check 'space that comes back' space_back
	check 'over a quota' over_quota
	skip 'a read-only disk' root || check 'a read-only disk' read_only
	check 'what cannot be synced is not complete' sync_fails
	check 'a second start hashes nothing but what was touched' resume_trusts
	check 'a resume file that is none, or damaged' resume_damaged
	check 'peer goes on with what it had' resume_peer
	check 'what is dropped before its turn is forgotten' resume_dropped
	check 'peers of the last time' resume_peers
	check 'what is complete leaves no resume file' resume_clean
	check 'killed 200 times' resume_kills 200
	no_strace 'power cuts' || check 'power cuts' resume_cuts 1000
}

# no_strace NAME: whether the case cannot be, since strace(1) is not here, or is a
# thing that the leak sanitizer cannot work under
no_strace() {
	grep -q __asan "$btsh" || skip "$1" strace
}

resume_long() {
	check 'killed 500 times' resume_kills 500
	no_strace 'more power cuts' ||
		check 'more power cuts' resume_cuts 10000
}

resume_kills() {
	fresh && timeout 300 /usr/bin/python3 tests/kills.py "$btsh" \
		"$got/k" "$1" "$$"
}

resume_cuts() {
	fresh && timeout 300 /usr/bin/python3 tests/cuts.py "$btsh" \
		"$got" "$1" "$$"
}
