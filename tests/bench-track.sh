# Trackers under load; sourced by bench.sh.

# filled COMMAND...: a new tracker, its pid in $server, whose swarms are full:
# these are dearer
filled() {
	start "$dir/t.log" "$@"
	server=$!
	until_true 5 listens $port
	sleep 0.1 # it reads its list
	"$load" udp $port 1 $swarms 0 >/dev/null
}

# under_load NAME PID PORT MODE SWARMS NUMWANT: what that tracker takes of the
# processor for an announce, in nanoseconds, to NAME.m
under_load() {
	t=$(ticks $2)
	said=$("$load" "$4" "$3" 1 "$5" "$6")
	t=$(($(ticks $2) - t))
	echo "$said" | awk -v t=$t -v hz="$(getconf CLK_TCK)" '$4 > 0 {
		printf "%.0f\n", t * 1e9 / hz / $4 }' >>"$dir/$1.m"
	echo "$said" | awk -v what="$1, load $4 $5 $6" '
		$6 > 0 || $8 > $4 / 100 { print what ": " $0 }'
}

# beside MODE SWARMS NUMWANT
beside() {
	forget
	next_port
	ours_at=$port
	filled "$btsh" track -q -l 127.0.0.1 -p $port
	ours=$server
	next_port
	filled opentracker -i 127.0.0.1 -p $port -P $port -d "$dir" -w white
	for i in $(seq "$runs"); do
		under_load ours $ours $ours_at "$@"
		under_load theirs $server $port "$@"
	done
	stop $ours $server
	row "$1, $2 swarms, up to $3 peers" "$(mid ours 1)" ns \
		"opentracker" "$(mid theirs 1)" 1
}

# resident COMMAND...: the bytes that a new tracker has in memory for a peer,
# after a load of some seconds in which every announce is of another peer
resident() {
	start "$dir/t.log" "$@"
	server=$!
	until_true 5 listens $port
	n=$("$load" udp $port 5 100000 0 | awk '{ print $4 }')
	awk -v n=$n '/^VmRSS/ { printf "%.0f\n", $2 * 1024 / n }' \
		"/proc/$server/status"
	stop $server
}

tracking() {
	have opentracker || return
	section 'tracking, processor time an announce'
	runs=3
	next_port
	chmod 755 "$dir" # opentracker becomes nobody if root starts it
	for swarms in 1000 100000; do
		"$load" hashes $swarms >"$dir/white"
		beside udp $swarms 50
		beside http $swarms 50
	done
	swarms=1000
	"$load" hashes $swarms >"$dir/white"
	beside udp $swarms 200
	beside http $swarms 200
	filled "$btsh" track -q -l 127.0.0.1 -p $port
	for i in $(seq $runs); do
		under_load keep $server $port keep $swarms 200
	done
	stop $server
	row 'http, the same, kept alive' "$(mid keep 1)" ns \
		'opentracker closes' "$(mid theirs 1)" 1
	swarms=100000
	"$load" hashes $swarms >"$dir/white"
	row 'memory a peer, 100,000 swarms' \
		"$(resident "$btsh" track -q -l 127.0.0.1 -p $port)" B \
		opentracker "$(resident opentracker -i 127.0.0.1 -p $port \
			-P $port -d "$dir" -w white)" 1
}
