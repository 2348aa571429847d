# The tracker as its callers and its operator meet it; sourced by tests.sh.

tk() {
	timeout 60 /usr/bin/python3 tests/tk.py "$@"
}

# track_on ADDR OPTIONS...: a tracker there, whose port is in $tp; its events
# are in $dir/events, what it says in $dir/track.log.  $under is the command
# that it runs under, if any.
under=
track_on() {
	: >"$dir/track.log" >"$dir/events"
	at=$1
	shift
	$under "$btsh" track -l "$at" -p 0 "$@" >"$dir/events" \
		2>"$dir/track.log" </dev/null 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
	track_pid=$!
	pids="$pids $track_pid"
	until_true grep -q tracking "$dir/track.log" &&
	tp=$(sed -n 's/.*at http.*:\([0-9]*\)\/announce and.*/\1/p' \
		"$dir/track.log")
}

h1=6161616161616161616161616161616161616161 # aaa...
h2=6262626262626262626262626262626262626262 # bbb...
a1='info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=-XX0100-pppppppppppp'
tab=$(printf '\t')

# Over UDP: a client is told of another, not of itself; events and scrapes
# tell of both; who has no connection id is told nothing.
tracks_udp() { # ADDRESS
	track_on "$1" &&
	[ "$(tk udp "$1" "$tp" $h1 1000 5 | sed 's/^[0-9]* //')" = '1 0' ] &&
	tk get "$1" "$tp" GET "/announce?$a1&port=2000&left=0" |
		grep -q 'incompletei1e' &&
	tk udp "$1" "$tp" $h1 1000 5 | sed 's/^[0-9]* //' >"$dir/o" &&
	printf '1 1\n%s 2000\n' "$1" | cmp - "$dir/o" &&
	[ "$(tk scrape "$1" "$tp" $h1 $h2 | tr '\n' ' ')" = \
		'1 0 1 0 0 0 ' ] &&
	[ "$(tk nobody "$1" "$tp")" = 0 ] &&
	until_true grep -qE "^[0-9]+${tab}started$tab$h1$tab.*:1000${tab}5\$" \
		"$dir/events"
	r=$?
	stop $track_pid
	return $r
}

# Many addresses: each answers for itself, which a connected socket checks.
tracks_many_addresses() {
	track_on 0.0.0.0 &&
	tk udp 127.0.0.1 "$tp" $h1 1000 5 && tk udp 127.0.0.77 "$tp" $h1 1 5
	r=$?
	stop $track_pid
	return $r
}

# Many requests at once wait for their turn and for their reader: others are
# answered meanwhile, and all of them in the end.
pipelines() {
	track_on 127.0.0.1 &&
	tk greedy 127.0.0.1 "$tp" 900 500 >"$dir/o" && cat "$dir/o" &&
	grep -q '^450000 200 0\.[0-4]' "$dir/o"
	r=$?
	stop $track_pid
	return $r
}

tracks_http() {
	track_on 127.0.0.1 -x 127.0.0.1 &&
	[ "$(tk pipeline 127.0.0.1 "$tp" /stats "/announce?$a1&port=1" \
		"/scrape?$a1" / /none)" = '200 200 200 200 404' ] &&
	tk get 127.0.0.1 "$tp" GET /stats >"$dir/o" &&
	grep -qx "torrents${tab}1" "$dir/o" &&
	grep -qx "announces${tab}1" "$dir/o" &&
	tk get 127.0.0.1 "$tp" HEAD / | tail -c 4 | od -An -c |
		grep -q '\\r *\\n *\\r *\\n' &&
	tk get 127.0.0.1 "$tp" GET / >"$dir/o" && ! grep -q $h1 "$dir/o" &&
	grep -q 'http://t:1/announce' "$dir/o" &&
	tk get 127.0.0.1 "$tp" POST / | grep -q ' 405 ' &&
	tk get 127.0.0.1 "$tp" GET "/announce?$a1&port=7" \
		'X-Forwarded-For: 9.9.9.9, 4.3.2.1' >"$dir/o" &&
	until_true grep -q "4.3.2.1:7${tab}1" "$dir/events" &&
	tk get 127.0.0.1 "$tp" GET /scrape | grep -q 'not offered'
	r=$?
	stop $track_pid
	return $r
}

# Who is refused hears why, though he goes on to send, but not for ever.
refusals() {
	track_on 127.0.0.1 &&
	tk refused 127.0.0.1 "$tp" >"$dir/o" && cat "$dir/o" &&
	[ "$(cat "$dir/o")" = '414 431 400 400 400 reset reset ' ]
	r=$?
	stop $track_pid
	return $r
}

# Everything at once, for those who may: sorted, and it ends.
full_scrape() {
	track_on 127.0.0.1 -s &&
	tk udp 127.0.0.1 "$tp" $h2 1 5 >/dev/null &&
	tk udp 127.0.0.1 "$tp" $h1 1 0 >/dev/null &&
	tk get 127.0.0.1 "$tp" GET /scrape | tail -n 1 >"$dir/o" &&
	t='d8:completei%de10:downloadedi0e10:incompletei%de' &&
	printf "d5:filesd20:aaaaaaaaaaaaaaaaaaaa${t}e20:bbbbbbbbbbbbbbbbbbbb\
${t}eee" 1 0 0 1 | cmp - "$dir/o"
	r=$?
	stop $track_pid
	return $r
}

# A list is read again on HUP, and nobody of a swarm is lost by that; a list
# with a fault is not taken.
lists() {
	echo "$h1 the first" >"$dir/white"
	track_on 127.0.0.1 -w "$dir/white" &&
	tk udp 127.0.0.1 "$tp" $h1 1000 5 >/dev/null &&
	! tk udp 127.0.0.1 "$tp" $h2 1000 5 2>/dev/null &&
	printf '# both\n\n%s\n%s\n' $h1 $h2 >"$dir/white" &&
	kill -HUP $track_pid &&
	until_true grep -q 'serving the 2 torrents' "$dir/track.log" &&
	tk udp 127.0.0.1 "$tp" $h2 1000 5 >/dev/null &&
	echo nonsense >"$dir/white" && kill -HUP $track_pid &&
	until_true grep -q 'white:1: no info hash' "$dir/track.log" &&
	[ "$(tk scrape 127.0.0.1 "$tp" $h1 | tr '\n' ' ')" = '0 0 1 ' ] &&
	says 'no info hash' 1 "$btsh" track -p 0 -w "$dir/white" &&
	says 'No such file' 1 "$btsh" track -p 0 -w "$dir/nowhere"
	r=$?
	stop $track_pid
	echo $h2 | timeout 1 "$btsh" track -p 0 -w - 2>&1 |
		grep -q 'the 1 torrents of -' && return $r
}

# What a list refuses is not served, in spite of -w, and others are.
refuses() {
	printf '%s\n' $h1 $h2 >"$dir/white"
	echo $h2 >"$dir/black"
	track_on 127.0.0.1 -w "$dir/white" -W "$dir/black" &&
	tk udp 127.0.0.1 "$tp" $h1 1000 5 >/dev/null &&
	! tk udp 127.0.0.1 "$tp" $h2 1000 5 2>/dev/null &&
	[ "$(tk scrape 127.0.0.1 "$tp" $h1 | tr '\n' ' ')" = '0 0 1 ' ] &&
	echo $h1 >"$dir/black" && kill -HUP $track_pid &&
	until_true grep -q 'refusing the 1 torrents' "$dir/track.log" &&
	until_true tk udp 127.0.0.1 "$tp" $h2 1000 5 >/dev/null &&
	! tk udp 127.0.0.1 "$tp" $h1 1000 5 2>/dev/null
	r=$?
	stop $track_pid
	[ $r -eq 0 ] && track_on 127.0.0.1 -W "$dir/black" &&
	! tk udp 127.0.0.1 "$tp" $h1 1000 5 2>/dev/null &&
	tk udp 127.0.0.1 "$tp" $h2 1000 5 >/dev/null
	r=$?
	stop $track_pid
	says 'only one' 2 "$btsh" track -p 0 -w - -W - && return $r
}

# On all addresses, it says one where a peer can reach it.
says_where() {
	"$btsh" track -p 0 >/dev/null 2>"$dir/track.log" </dev/null &
	track_pid=$!
	pids="$pids $track_pid"
	until_true grep -q 'tracking at' "$dir/track.log" &&
	! grep -q '//0\.' "$dir/track.log" &&
	curl -s "$(sed -n 's|.*at \(http[^ ]*\)/announce and.*|\1|p' \
		"$dir/track.log")/stats" | grep -q uptime
	r=$?
	stop $track_pid
	return $r
}

# Swarms outlive a restart; a file of anything else is kept, and said.
states() {
	rm -f "$dir"/state*
	track_on 127.0.0.1 -f "$dir/state" &&
	tk udp 127.0.0.1 "$tp" $h1 1000 5 >/dev/null &&
	tk get 127.0.0.1 "$tp" GET \
		"/announce?$a1&port=2&left=0&event=completed" >/dev/null &&
	stop $track_pid && [ -s "$dir/state" ] &&
	track_on 127.0.0.1 -f "$dir/state" &&
	[ "$(tk scrape 127.0.0.1 "$tp" $h1)" = '1 1 1' ] &&
	tk udp 127.0.0.1 "$tp" $h1 1000 5 | grep -qx '127.0.0.1 2' &&
	kill -9 $track_pid
	wait $track_pid
	track_on 127.0.0.1 -f "$dir/state" &&
	[ "$(tk scrape 127.0.0.1 "$tp" $h1)" = '1 1 1' ] &&
	stop $track_pid
	dd if=/dev/zero of="$dir/state" bs=1 seek=60 count=1 conv=notrunc \
		2>/dev/null
	cp "$dir/state" "$dir/damaged"
	track_on 127.0.0.1 -f "$dir/state" &&
	grep -q 'state is damaged' "$dir/track.log" &&
	cmp "$dir/damaged" "$dir/state.bad" &&
	[ "$(tk scrape 127.0.0.1 "$tp" $h1)" = '0 0 0' ] && stop $track_pid &&
	[ -s "$dir/state" ] &&
	says 'not a regular file' 1 "$btsh" track -p 0 -f "$dir" &&
	says 'nowhere/state.new: No such file' 6 "$btsh" track -p 0 \
		-f "$dir/nowhere/state" &&
	echo 'of somebody else' >"$dir/other" && cp "$dir/other" "$dir/same" &&
	says 'no state of a tracker' 1 "$btsh" track -p 0 -f "$dir/other" &&
	cmp "$dir/other" "$dir/same" && ! [ -e "$dir/other.bad" ] &&
	: >"$dir/empty" && track_on 127.0.0.1 -f "$dir/empty" &&
	[ -s "$dir/empty" ] && stop $track_pid
}

# Whoever reads the events and stops, stops nothing else: lines are dropped,
# which is said when it goes on, and no line is cut.
slow_reader() {
	rm -f "$dir/pipe"
	mkfifo "$dir/pipe"
	"$btsh" track -l 127.0.0.1 -p 0 >"$dir/pipe" 2>"$dir/track.log" \
		</dev/null &
	track_pid=$!
	pids="$pids $track_pid"
	exec 4<"$dir/pipe"
	until_true grep -q tracking "$dir/track.log" &&
	tp=$(sed -n 's/.*at http.*:\([0-9]*\)\/announce and.*/\1/p' \
		"$dir/track.log") &&
	[ "$(tk many 127.0.0.1 "$tp" 10000)" = 10000 ]
	r=$?
	cat <&4 >"$dir/events" &
	cat_pid=$!
	pids="$pids $cat_pid"
	exec 4<&-
	until_true grep -q 'lines dropped' "$dir/track.log" &&
	stop $track_pid && wait $cat_pid && [ $r -eq 0 ] &&
	n=$(wc -l <"$dir/events") &&
	d=$(sed -n 's/.* \([0-9]*\) lines dropped.*/\1/p' "$dir/track.log") &&
	[ $((n + d)) -eq 10000 ] && [ "$n" -gt 1000 ] &&
	! grep -vE "^[0-9]+${tab}started$tab[h68]{40}$tab[0-9.:]+${tab}1$" \
		"$dir/events"
}

# The reader of the events is gone: so are we.
reader_gone() {
	mkfifo "$dir/pipe2"
	"$btsh" track -l 127.0.0.1 -p 0 >"$dir/pipe2" 2>"$dir/track.log" \
		</dev/null &
	track_pid=$!
	pids="$pids $track_pid"
	exec 4<"$dir/pipe2"
	until_true grep -q tracking "$dir/track.log"
	exec 4<&-
	wait $track_pid
	[ $? -eq 1 ]
}

# Ten thousand callers with half a request each keep nobody out, though there
# are descriptors for a few hundred.
half_requests() {
	under='prlimit --nofile=500:500'
	track_on 127.0.0.1 &&
	tk half 127.0.0.1 "$tp" 10000 >"$dir/o" && cat "$dir/o" &&
	grep -q '^200 [0-4]\.' "$dir/o"
	r=$?
	under=
	stop $track_pid
	return $r
}

cpu_ticks() { # PID
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

# Without a descriptor for a caller it rests until there is one, and UDP goes
# on; with one, it has none for a child, and says so.
no_descriptors() {
	rm -f "$dir/state"
	under='prlimit --nofile=8:8'
	track_on 127.0.0.1 && prlimit --pid $track_pid --nofile=7: || return 1
	t=$(cpu_ticks $track_pid)
	timeout 1 /usr/bin/python3 tests/tk.py get 127.0.0.1 "$tp" GET /stats
	t=$(($(cpu_ticks $track_pid) - t))
	echo "$t ticks"
	tk udp 127.0.0.1 "$tp" $h1 1000 5 && [ $t -lt 20 ] &&
	prlimit --pid $track_pid --nofile=8: &&
	tk get 127.0.0.1 "$tp" GET /stats | grep -q ' 200 '
	r=$?
	stop $track_pid || r=1
	track_on 127.0.0.1 -s -f "$dir/state" &&
	tk get 127.0.0.1 "$tp" GET /scrape | grep -q ' 503 ' &&
	tk get 127.0.0.1 "$tp" GET /stats | grep -q ' 200 ' &&
	stop $track_pid && [ -s "$dir/state" ] || r=1
	under=
	return $r
}

# However few there are, callers leave some for the rest.
few_descriptors() {
	under='prlimit --nofile=32:32'
	track_on 127.0.0.1 -s &&
	tk half 127.0.0.1 "$tp" 100 /scrape >"$dir/o" && cat "$dir/o" &&
	grep -q '^200 [0-4]\.' "$dir/o" && stop $track_pid
	r=$?
	under=
	return $r
}

# Root becomes somebody else, who cannot become root again.
privileges() {
	chmod 777 "$dir" &&
	under='setpriv --groups 0,4'
	track_on 127.0.0.1 -U nobody -f "$dir/nobodys" &&
	grep -q 'running as nobody' "$dir/track.log" &&
	! awk '/^(Uid|Gid):/ { for (i = 2; i < 6; i++) if ($i == 0) print }
	       /^Groups:/ { for (i = 2; i <= NF; i++) if ($i < 5) print }' \
		"/proc/$track_pid/status" | grep -q . &&
	tk udp 127.0.0.1 "$tp" $h1 1000 5 >/dev/null &&
	stop $track_pid && [ -s "$dir/nobodys" ] &&
	[ "$(stat -c %U "$dir/nobodys")" = nobody ]
	r=$?
	under=
	chmod 755 "$dir"
	[ $r -eq 0 ] && says 'no such user' 1 "$btsh" track -p 0 -U 'no body'
}

# What it reads it reads as that user: of what only root can read, or is wrong,
# the start is told.
reads_as_user() {
	echo "$h1" >"$dir/roots" && chmod 600 "$dir/roots" &&
	echo nonsense >"$dir/nobodys" && chown nobody "$dir/nobodys" &&
	for o in -w -f; do
		says "U nobody: $dir/roots: Permission denied" 1 \
			timeout 10 "$btsh" track -l 127.0.0.1 -p 0 -U nobody $o \
			"$dir/roots" || return 1
	done
	says 'no info hash' 1 timeout 10 "$btsh" track -l 127.0.0.1 \
		-p 0 -U nobody -w "$dir/nobodys" && grep -q 'running as' "$dir/serr" &&
	chmod 644 "$dir/roots" &&
	track_on 127.0.0.1 -U nobody -w "$dir/roots" &&
	grep -q 'the 1 torrents' "$dir/track.log" &&
	rm "$dir/roots" && mkfifo "$dir/roots" && kill -HUP $track_pid &&
	until_true grep -q 'not a regular file' "$dir/track.log" &&
	[ "$(tk scrape 127.0.0.1 "$tp" $h1)" = '0 0 0' ] &&
	stop $track_pid
}

# on_terminal COMMANDS: a shell runs them on a terminal, whose keys come from
# descriptor 3 and whose screen is $dir/screen
on_terminal() {
	rm -f "$dir/keys"
	mkfifo "$dir/keys"
	: >"$dir/screen"
	timeout 60 script -qec "$1" /dev/null <"$dir/keys" \
		>"$dir/screen" 2>&1 &
	script_pid=$!
	pids="$pids $script_pid"
	exec 3>"$dir/keys"
}

on_screen() { # N PATTERN: whether it is there N times
	[ "$(grep -c "$2" "$dir/screen")" -ge "$1" ]
}

# A terminal is as it was after ^\, too, and the key that stops the tracker is
# not read by who reads next.
quits() {
	on_terminal "trap : QUIT; '$btsh' track -l 127.0.0.1 -p 0
		stty -a; echo end 1; '$btsh' track -l 127.0.0.1 -p 0
		echo end 2; read line; echo \"end <\$line>\""
	until_true on_screen 1 'any key' && printf '\034' >&3 &&
	until_true on_screen 1 'end 1' && on_screen 1 ' icanon' &&
	on_screen 1 ' echo ' && until_true on_screen 2 'any key' &&
	printf x >&3 && until_true on_screen 1 'end 2' &&
	printf 'y\n' >&3 && until_true on_screen 1 'end <y>'
	r=$?
	exec 3>&-
	kill $script_pid
	cat "$dir/screen"
	return $r
}

# Suspended, it gives the terminal back; continued, it takes it again; in the
# background it leaves it alone.
suspends() {
	on_terminal "set -m; '$btsh' track -l 127.0.0.1 -p 0
		stty -a; echo end 1; fg %1; stty -a; echo end 2
		'$btsh' track -l 127.0.0.1 -p 0; bg %1; echo end 3
		read line; kill %1; wait %1
		echo \"end <\$line> \$?\"; stty -a; echo end 4"
	until_true on_screen 1 'any key' && printf '\032' >&3 &&
	until_true on_screen 1 'end 1' && on_screen 1 ' icanon' &&
	printf x >&3 && until_true on_screen 1 'end 2' &&
	on_screen 2 ' icanon' && until_true on_screen 2 'any key' &&
	printf '\032' >&3 && until_true on_screen 1 'end 3' &&
	printf 'y\n' >&3 && until_true on_screen 1 'end <y> 0' &&
	until_true on_screen 1 'end 4' && on_screen 3 ' icanon'
	r=$?
	exec 3>&-
	kill $script_pid
	cat "$dir/screen"
	return $r
}

# two_of_three ADDRESS PORT: a seed and two leechers of h1 are there, and one
# of them becomes a seed
two_of_three() {
	tk udp "$1" "$2" $h1 1000 0 >/dev/null &&
	tk udp "$1" "$2" $h1 2000 5 >/dev/null &&
	tk udp "$1" "$2" $h1 3000 5 >/dev/null
}

# link URL...: a magnet link of h1 with these trackers
link_to() {
	printf 'magnet:?xt=urn:btih:%s' $h1
	printf '&tr=%s' "$@"
}

# show -t: how many there are, by HTTP and UDP; who has no scrape, is not there
# or is none says so in his line, and does no harm.
shows_scrape() { # ADDRESS HOST
	track_on "$1" && two_of_three "$1" "$tp" && fresh &&
	t=$2:$tp &&
	m=$(link_to "http://$t/announce" "udp://$t" "http://$t/x" \
		"http://$t/x/announce" "http://$2:1/announce" \
		"udp://$2:1" ws://$2:1/) &&
	status 0 "$btsh" show -t "$m" >"$got/out" &&
	grep '^scrape' "$got/out" >"$got/said" &&
	tr '=' '\t' <<-EOF | cmp - "$got/said" &&
		scrape=http://$t/announce=1=2=0
		scrape=udp://$t=1=2=0
		scrape=http://$t/x=-=-=-=it has no scrape: its path has no announce
		scrape=http://$t/x/announce=-=-=-=HTTP status 404
		scrape=http://$2:1/announce=-=-=-=Connection refused
		scrape=udp://$2:1=-=-=-=it cannot be reached
		scrape=ws://$2:1/=-=-=-=btsh does not speak ws
	EOF
	"$btsh" show -jt "$m" "$m" | tee "$got/j" | jq -se --arg t "$t" \
		'length == 2 and .[0] == .[1] and .[0].scrape[:3] == [{url:
		"http://\($t)/announce", seeds: 1, leechers: 2, completed: 0},
		{url: "udp://\($t)", seeds: 1, leechers: 2, completed: 0},
		{url: "http://\($t)/x", error:
		"it has no scrape: its path has no announce"}]' &&
	"$btsh" make -qo "$got/own" "$dir/file" >/dev/null &&
	says 'own: it names no tracker' 4 "$btsh" show -t "$got/own" &&
	status 1 "$btsh" show -t "$dir/none" "$m" >/dev/null &&
	says 'no tracker answers' 4 "$btsh" show -t \
		"$(link_to "http://$2:1/announce")" "$m"
	r=$?
	stop $track_pid
	return $r
}

# The same of opentracker, to which it is another torrent that is unknown.
shows_scrape_theirs() {
	next_port && t=127.0.0.1:$port && echo $h1 >"$dir/white" && fresh &&
	start "$dir/ot.log" opentracker -i 127.0.0.1 -p $port -P $port \
		-d "$dir" -w white
	ot_pid=$!
	until_true two_of_three 127.0.0.1 $port &&
	"$btsh" show -t "$(link_to "http://$t/announce" "udp://$t/announce")" |
		grep '^scrape' | tr '=' '\t' >"$got/said" &&
	tr '=' '\t' <<-EOF | cmp - "$got/said"
		scrape=http://$t/announce=1=2=0
		scrape=udp://$t/announce=1=2=0
	EOF
	r=$?
	stop $ot_pid
	return $r
}

# Who says nothing is waited for, for fifteen seconds, and others meanwhile.
shows_scrape_silent() {
	fresh && : >"$got/log" &&
	start "$got/log" /usr/bin/python3 -c 'import socket, time
s, u = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 0))
u.bind(s.getsockname())
s.listen()
print("port", s.getsockname()[1], flush=True)
time.sleep(60)'
	mute_pid=$!
	until_true grep -q port "$got/log" && p=$(sed 's/port //' "$got/log") &&
	says 'no tracker answers' 4 timeout 25 "$btsh" show -t "$(link_to \
		"http://127.0.0.1:$p/announce" "udp://127.0.0.1:$p")" &&
	[ "$(grep -c '^scrape.*no answer in time$' "$dir/sout")" -eq 2 ]
	r=$?
	stop $mute_pid
	return $r
}

tracker_cases() {
	check 'track: UDP' tracks_udp 127.0.0.1
	skip 'track: UDP over IPv6' IPv6 ||
		check 'track: UDP over IPv6' tracks_udp ::1
	check 'track: each of many addresses answers' tracks_many_addresses
	check 'track: HTTP as browsers and proxies speak it' tracks_http
	check 'track: a flood of requests in one write' pipelines
	check 'track: who is refused hears why' refusals
	check 'track: a scrape of everything' full_scrape
	skip 'show -t' jq || {
		check 'show -t: trackers are scraped' shows_scrape 127.0.0.1 \
			127.0.0.1
		skip 'show -t: over IPv6' IPv6 ||
			check 'show -t: over IPv6' shows_scrape ::1 '[::1]'
	}
	skip 'show -t: opentracker' opentracker ||
		check 'show -t: opentracker' shows_scrape_theirs
	check 'show -t: who is silent' shows_scrape_silent
	check 'track: a list, read again on HUP' lists
	check 'track: a list of what is not served' refuses
	check 'track: says where peers reach it' says_where
	check 'track: swarms outlive a restart' states
	check 'track: a slow reader slows nobody' slow_reader
	check 'track: a reader that is gone ends it' reader_gone
	check 'track: the terminal is as it was, whatever key ends it' quits
	check 'track: the terminal is given back while it is stopped' suspends
	check 'track: half requests keep nobody out' half_requests
	check 'track: no descriptors' no_descriptors
	check 'track: few descriptors' few_descriptors
	[ "$(id -u)" -ne 0 ] ||
		check 'track: root becomes somebody else' privileges
	[ "$(id -u)" -ne 0 ] ||
		check 'track: files are read as that user' reads_as_user
}
