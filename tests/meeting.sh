# Two clients of different kinds that know nothing but our tracker; sourced by
# tests.sh.  Their torrent is private, which forbids DHT, LPD and PEX; these are
# off besides.

# transmission_home DIR: its settings, for what lies in DIR/data; the port for
# transmission-remote is the one after its own
transmission_home() {
	next_port
	mkdir "$1/.home" "$1/.watch"
	case $host in # bound to 127.0.0.1, it asks no tracker over IPv6
	*:*) bind='"bind-address-ipv6":"::1"' ;;
	*) bind='"bind-address-ipv4":"127.0.0.1"' ;;
	esac
	echo '{"dht-enabled":false,"lpd-enabled":false,"pex-enabled":false,
		"utp-enabled":false,"port-forwarding-enabled":false,
		'"$bind"',"rpc-bind-address":"127.0.0.1","rpc-port":'$port',
		"peer-port":'$member_port',"download-dir":"'"$1/data"'",
		"watch-dir":"'"$1/.watch"'","watch-dir-enabled":true}' \
		>"$1/.home/settings.json"
}

# member CLIENT DIR: starts it at $host, port $member_port, with $got/torrent
# and what there is in DIR/data; its pid in $client_pid
member() {
	next_port
	member_port=$port
	case $1 in
	aria2) # has UDP trackers only together with DHT
		set -- "$2" aria2c -q --enable-dht=true \
			--dht-file-path="$2/dht" --dht-listen-port=$port \
			--enable-peer-exchange=false --bt-enable-lpd=false \
			--file-allocation=none --check-integrity=true \
			--seed-ratio=0.0 --interface="$host" \
			--listen-port=$port --dir="$2/data" "$got/torrent" ;;
	transmission)
		transmission_home "$2"
		set -- "$2" transmission-cli -g "$2/.home" -w "$2/data" \
			-p $member_port -M -D -U "$got/torrent" ;;
	daemon)
		transmission_home "$2"
		cp "$got/torrent" "$2/.watch/x.torrent"
		set -- "$2" transmission-daemon -f -g "$2/.home" ;;
	libtorrent)
		set -- "$2" /usr/bin/python3 tests/lt.py stay "$got/torrent" \
			"$2/data" "$where:$port" ;;
	btsh)
		set -- "$2" "$btsh" run -N -s -l "$host" -p $port \
			-d "$2/data" "$got/torrent" ;;
	esac
	member_dir=$1
	shift
	start "$member_dir/log" timeout --foreground -k 5 60 "$@"
	client_pid=$!
}

# told EVENT PORT LEFT: whether the tracker has a line of it; transmission-cli
# says stopped before it says started, which counts for nothing
told() {
	awk -F '\t' -v want="$1 $hash $3" -v from="$where:$2" '
		$4 == from && $2 == "started" { began = 1 }
		$4 == from && $2 " " $3 " " $5 == want { told = began }
		END { exit !told }' "$dir/events"
}

# joins CLIENT seed|leech: until the tracker knows
joins() {
	member "$1" "$got/$2"
	case $2 in
	seed) seed_pid=$client_pid seed_at=$member_port left=0 ;;
	leech) leech_pid=$client_pid leech_at=$member_port left=6000000 ;;
	esac
	until_true told started $member_port $left
}

# leaves CLIENT PID PORT: until the tracker knows.  Transmission tells none over
# HTTP when it ends, only when the torrent is stopped, for which
# transmission-cli has no command.
leaves() {
	case $1 in
	daemon) timeout 10 transmission-remote 127.0.0.1:$(($3 + 1)) \
		-t all --stop ;;
	aria2|transmission) kill -INT "$2" ;;
	*) kill "$2" ;;
	esac
	[ "$1 $proto" = 'transmission http' ] ||
		until_true told stopped "$3" 0
	r=$?
	stop "$2"
	return $r
}

# Transmission dials neither 127.0.0.1 nor ::1: as a leecher it comes first, and
# the seed hears of it.
meeting() { # SEED LEECHER http|udp HOST
	proto=$3 host=$4 where=$4 seed_pid= leech_pid=
	case $host in *:*) where="[$host]" ;; esac
	fresh && mkdir "$got/seed" "$got/leech" "$got/seed/data" \
		"$got/leech/data" &&
	cp "$dir/file" "$got/seed/data" && track_on "$host" &&
	"$btsh" make -q -p -s "$*" -a "$proto://$where:$tp/announce" \
		-o "$got/torrent" "$dir/file" &&
	hash=$("$btsh" show "$got/torrent" | sed -n 's/infohash.//p') &&
	case $2 in
	daemon) joins "$2" leech && joins "$1" seed ;;
	*) joins "$1" seed && joins "$2" leech ;;
	esac &&
	until_true whole "$got/leech/data/file" &&
	until_true told completed $leech_at 0 &&
	leaves "$2" $leech_pid $leech_at && leech_pid= &&
	leaves "$1" $seed_pid $seed_at && seed_pid=
	r=$?
	for p in $seed_pid $leech_pid $track_pid; do stop $p; done
	cat "$dir/events"
	return $r
}

# begin NUMBER SEED LEECHER http|udp HOST: a meeting in the background, with a
# directory and ports of its own; its pid in $meeting_pid
begin() {
	mkdir -p "$dir/meeting$1/got"
	ln "$dir/file" "$dir/meeting$1"
	(
		pids=
		trap 'kill $pids 2>/dev/null; wait 2>/dev/null' EXIT
		trap 'exit 1' HUP INT TERM
		dir=$dir/meeting$1 port=$((port + 5 * $1))
		shift
		meeting "$@"
	) >"$dir/meeting$1/said" 2>&1 </dev/null &
	meeting_pid=$!
	pids="$pids $!"
}

# meets NUMBER PID: how the meeting ended
meets() {
	wait $2
	r=$?
	cat "$dir/meeting$1/said"
	return $r
}

program_of() { # CLIENT
	case $1 in
	transmission) echo transmission-cli ;;
	daemon) echo transmission-daemon ;;
	aria2) echo aria2c ;;
	libtorrent) echo python3-libtorrent ;;
	btsh) echo sh ;;
	esac
}

# Each client seeds and fetches by each way to the tracker that it has:
# transmission and aria2 have no UDP over IPv6.  All meet at once, as
# transmission thinks for ten seconds before it gives or takes.
meeting_cases() {
	case " ${ONLY:-meets} " in *" meets "*) ;; *) return ;; esac
	number=0
	: >"$dir/meetings"
	for way in 'http 127.0.0.1' 'udp 127.0.0.1' 'http ::1' 'udp ::1'; do
		pairs='transmission:aria2 aria2:libtorrent libtorrent:daemon'
		[ "$way" != 'udp ::1' ] ||
			pairs='libtorrent:btsh btsh:libtorrent'
		for pair in $pairs; do
			s=${pair%:*} l=${pair#*:}
			what="track: $way: $s seeds, $l fetches"
			case $way in *::1) skip "$what" IPv6 && continue ;; esac
			skip "$what" "$(program_of $s)" && continue
			skip "$what" "$(program_of $l)" && continue
			number=$((number + 1))
			begin $number $s $l $way
			echo "$number $meeting_pid $what" >>"$dir/meetings"
		done
	done
	while read -r number pid what; do
		check "$what" meets $number $pid
	done <"$dir/meetings"
	port=$((port + 5 * number + 5))
}
