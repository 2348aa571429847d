# Strangers who would hold up, bloat or starve a download, each beside one
# honest seed; sourced by tests.sh.  tests/hostile.py plays them.

# victim ARGS...: btsh run of the shared file, waiting on a port of its own,
# into $got; its pid in $run_pid
victim() {
	fresh && next_port && victim_port=$port &&
	start "$got/log" "$btsh" run -v -N -l 127.0.0.1 -p $victim_port \
		-d "$got" "$@"
	run_pid=$!
	until_true listens $victim_port
}

# stranger ATTACK ARGS...: against the victim; its pid in $stranger_pid
stranger() {
	attack=$1
	shift
	start "$dir/$attack.log" /usr/bin/python3 tests/hostile.py $attack \
		"$file_hash" $victim_port "$@"
	stranger_pid=$!
	until_true grep -q 'ready\|closed' "$dir/$attack.log"
}

# ends_within SECONDS: the victim has all of it by then; everybody is ended
ends_within() {
	n=0
	while kill -0 $run_pid 2>/dev/null && [ $n -lt $(($1 * 10)) ]; do
		n=$((n + 1))
		sleep 0.1
	done
	kill $stranger_pid 2>/dev/null
	wait $stranger_pid 2>/dev/null
	wait $run_pid
	r=$?
	stop "$seed_pid"
	[ $r -eq 0 ] && cmp "$dir/file" "$got/file"
}

# A seed that needs three seconds, known to a victim.
slow_seed() {
	file_hash=$("$btsh" show "$dir/file.torrent" |
		sed -n 's/infohash.//p')
	seed "$dir/s.log" -u 2m -d "$dir" "$dir/file.torrent"
}

resident() { # PID: KiB of memory
	sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$1/status"
}

floods_choke() {
	file_hash=$("$btsh" show "$dir/file.torrent" |
		sed -n 's/infohash.//p')
	victim "$dir/file.torrent" && before=$(resident $run_pid) &&
	stranger flood 16 184 && until_true grep -q sent "$dir/flood.log" &&
	after=$(resident $run_pid)
	r=$?
	kill $stranger_pid $run_pid 2>/dev/null
	wait $stranger_pid 2>/dev/null
	wait $run_pid
	echo "$before KiB before, $after after"
	[ $r -eq 0 ] && [ "$after" -lt $((before + 32768)) ]
}

silent_strangers() {
	slow_seed && victim -k "127.0.0.1:$seed_port" "$dir/file.torrent" &&
	stranger silent 3 && ends_within 20
}

spoiler() {
	slow_seed && victim -k "127.0.0.1:$seed_port" "$dir/file.torrent" &&
	stranger spoil 184 && ends_within 30
}

# Its id does not bring our seed's connection to a stranger.
copied_id() {
	slow_seed && victim -k "127.0.0.1:$seed_port" "$dir/file.torrent" &&
	stranger twin "$seed_port" && ends_within 20
}

# All places are taken by callers who say nothing when the seed is met.
idle_places() {
	file_hash=$("$btsh" show "$dir/file.torrent" |
		sed -n 's/infohash.//p')
	next_port && late_port=$port &&
	victim -M 10 -k "127.0.0.1:$late_port" "$dir/file.torrent" &&
	stranger idle 10 &&
	start "$dir/s.log" "$btsh" serve -N -l 127.0.0.1 -p $late_port \
		-d "$dir" "$dir/file.torrent"
	seed_pid=$!
	ends_within 60
}

unasked_blocks() {
	file_hash=$("$btsh" show "$dir/file.torrent" |
		sed -n 's/infohash.//p')
	victim "$dir/file.torrent" && stranger junk &&
	until_true grep -q closed "$dir/junk.log"
	r=$?
	kill $stranger_pid $run_pid 2>/dev/null
	wait $run_pid
	[ $r -eq 0 ] && [ "$(sed -n 's/closed //p' "$dir/junk.log")" -lt 50 ]
}

# Who is choked gets the pieces that were allowed once, and none with -u 0.
allowed_once() { # BLOCKS OPTIONS
	seed "$dir/s.log" $2 -d "$got" "$got/even.torrent" &&
	file_hash=$("$btsh" show "$got/even.torrent" |
		sed -n 's/infohash.//p') && victim_port=$seed_port &&
	stranger fast && until_true grep -q got "$dir/fast.log"
	r=$?
	stop $stranger_pid
	stop "$seed_pid"
	cat "$dir/fast.log"
	[ $r -eq 0 ] && grep -q "^got $(($1 * 16384)) allowed $1\$" \
		"$dir/fast.log"
}

# All pieces are of one length: a block of 16 KiB is good in each.
draws_fast() {
	fresh && random_bytes 4194304 >"$got/even" &&
	"$btsh" make -q -o "$got/even.torrent" "$got/even" &&
	allowed_once 10 '' && allowed_once 0 '-u 0'
}

# Three who claim to have the metadata, and call again and again.
claimants() {
	slow_seed && victim -k "127.0.0.1:$seed_port" "$file_hash" &&
	stranger claim 3 && ends_within 40
}

# Metadata of several pieces, from who answers one request at a time, as
# rtorrent does.
one_at_a_time() {
	fresh && mkdir "$got/wide" &&
	(cd "$got/wide" && head -c 120000 /dev/urandom |
		split -a 4 -b 100 - a-name-to-make-the-metadata-long-) &&
	"$btsh" make -q -o "$got/w.torrent" "$got/wide" &&
	[ "$(wc -c <"$got/w.torrent")" -gt 65536 ] &&
	file_hash=$("$btsh" show "$got/w.torrent" |
		sed -n 's/infohash.//p') && w=$got &&
	next_port
	"$btsh" run -q -N -m -l 127.0.0.1 -p $port "$file_hash" \
		>"$w/out" </dev/null &
	run_pid=$!
	pids="$pids $!"
	victim_port=$port
	until_true listens $port && stranger singly "$w/w.torrent" &&
	wait $run_pid
	r=$?
	stop $stranger_pid
	[ $r -eq 0 ] && [ "$("$btsh" show "$w/out" |
		sed -n 's/infohash.//p')" = "$file_hash" ]
}

# rtorrent itself, where it is installed; it wants a tracker to be named.
rtorrent_metadata() {
	fresh && w=$got && mkdir "$w/wide" "$w/rt" &&
	(cd "$w/wide" && head -c 120000 "$dir/file" |
		split -a 4 -b 100 - a-name-to-make-the-metadata-long-) &&
	"$btsh" make -q -a http://127.0.0.1:1/announce -o "$w/w.torrent" \
		"$w/wide" && next_port &&
	cat >"$w/rt/.rc" <<-end || return 1
		directory.default.set = $w
		network.port_range.set = $port-$port
		network.port_random.set = no
		session.use_lock.set = no
		dht.mode.set = off
		protocol.pex.set = no
		system.daemon.set = true
		trackers.use_udp.set = no
	end
	start "$w/rt.log" env TERM=dumb HOME="$w/rt" rtorrent -n \
		-o import="$w/rt/.rc" "$w/w.torrent"
	client_pid=$!
	until_true listens $port &&
	fetch -N -d "$w/2" -k "127.0.0.1:$port" "$("$btsh" show \
		"$w/w.torrent" | sed -n 's/infohash.//p')" &&
	diff -r "$w/wide" "$w/2/wide"
	r=$?
	kill -KILL $client_pid
	wait $client_pid 2>/dev/null
	return $r
}

hostile_cases() {
	check 'who chokes and unchokes costs no memory' floods_choke
	check 'who is silent holds nothing up' silent_strangers
	check 'who spoils a piece and is silent holds nothing up' spoiler
	check 'who copies a peer id takes no place' copied_id
	check 'idle callers make room for a seed' idle_places
	check 'who sends what nobody asked for is closed' unasked_blocks
	check 'what is allowed fast is drawn once' draws_fast
	check 'who claims to have metadata keeps nobody from giving it' claimants
	check 'metadata from who answers one request at a time' one_at_a_time
	skip 'metadata from rtorrent' rtorrent ||
		check 'metadata from rtorrent' rtorrent_metadata
}
