# Trackers under load; sourced by bench.sh.

# under_load NAME MODE SWARMS NUMWANT COMMAND...: what a new tracker takes of
# the processor for an announce, in nanoseconds, to NAME.m
under_load() {
	to=$dir/$1.m
	as="$2 $port 1 $3 $4"
	shift 4
	start "$dir/t.log" "$@"
	server=$!
	until_true 5 listens $port
	sleep 0.1 # it reads its list
	"$load" udp $port 1 $swarms 0 >/dev/null # full swarms are dearer
	t=$(ticks $server)
	said=$("$load" $as)
	t=$(($(ticks $server) - t))
	stop $server
	echo "$said" | awk -v t=$t -v hz="$(getconf CLK_TCK)" '$4 > 0 {
		printf "%.0f\n", t * 1e9 / hz / $4 }' >>"$to"
	echo "$said" | awk -v what="${1##*/}, load $as" '
		$6 > 0 || $8 > $4 / 100 { print what ": " $0 }'
}

# beside MODE SWARMS NUMWANT
beside() {
	forget
	for i in $(seq "$runs"); do
		under_load ours "$@" "$btsh" track -q -l 127.0.0.1 -p $port
		under_load theirs "$@" opentracker -i 127.0.0.1 -p $port \
			-P $port -d "$dir" -w white
	done
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
	for i in $(seq $runs); do
		under_load keep keep $swarms 200 \
			"$btsh" track -q -l 127.0.0.1 -p $port
	done
	row 'http, the same, kept alive' "$(mid keep 1)" ns \
		'opentracker closes' "$(mid theirs 1)" 1
	swarms=100000
	"$load" hashes $swarms >"$dir/white"
	row 'memory a peer, 100,000 swarms' \
		"$(resident "$btsh" track -q -l 127.0.0.1 -p $port)" B \
		opentracker "$(resident opentracker -i 127.0.0.1 -p $port \
			-P $port -d "$dir" -w white)" 1
}
