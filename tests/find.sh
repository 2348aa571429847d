# Peers that find each other without a tracker: by what peers tell of others,
# on their own network, and by the DHT; sourced by tests.sh.  Each case has
# hosts of its own on one wire, network namespaces, at addresses that everybody
# takes for public; a host is there as long as its process.

# hosts N: host 1 to N, at 198.18.0.1 and 2001:2::1 and so on; $wire is where
# they meet, $host1 the process that keeps the first
hosts() {
	i=0
	namespace && wire=$! && nsenter -t $wire -n sh -c '
		ip link add wire type bridge mcast_snooping 0 forward_delay 0 &&
		ip link set wire up' || return 1
	while [ $i -lt $1 ]; do
		i=$((i + 1))
		namespace && eval "host$i=$!" && plug $i $! || return 1
	done
}

# plug HOST PID: into the wire
plug() {
	nsenter -t $wire -n sh -c "ip link add to$1 type veth peer name eth \
		netns $2 && ip link set to$1 master wire up" &&
	nsenter -t $2 -n sh -c "
		echo 0 >/proc/sys/net/ipv6/conf/default/accept_dad
		echo 0 >/proc/sys/net/ipv6/conf/eth/accept_dad
		ip link set lo up && ip link set eth up &&
		ip addr add 198.18.0.$1/15 dev eth &&
		ip addr add 2001:2::$1/64 dev eth nodad &&
		ip route add default dev eth && ip -6 route add default dev eth"
}

namespace() { # a new one; $! keeps it
	unshare -n sleep 150 &
	pids="$pids $!"
	until_true elsewhere $!
}

elsewhere() { # PID
	[ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

pid_of() { # HOST
	eval "echo \$host$1"
}

on() { # HOST COMMAND...: there
	on_pid=$(pid_of $1)
	shift
	nsenter -t $on_pid -n -- "$@"
}

# at HOST LOG COMMAND...: in the background; $! is its pid
at() {
	at_pid=$(pid_of $1) at_log=$2
	shift 2
	start "$at_log" nsenter -t $at_pid -n -- "$@"
}

# A network that has no multicast: there is no local discovery.
quiet() { # HOST...
	for i; do
		on $i ip link set eth multicast off || return 1
	done
}

# peers_of HOST: how many others it is connected with, at each address once
peers_of() {
	awk '$4 == "01" && !seen[substr($3, 1, 32)]++ { n++ }
		{ sub(/:.*/, "", $3) } END { print n + 0 }' \
		"/proc/$(pid_of $1)/net/tcp" "/proc/$(pid_of $1)/net/tcp6"
}

# wired NAME COMMAND...: begins a case that makes hosts, in the background and
# with a directory of its own
wired() {
	case " ${ONLY:-$2} " in *" $2 "*) ;; *) return ;; esac
	wires=$((wires + 1))
	mkdir -p "$dir/wire$wires/got"
	ln "$dir/file" "$dir/file.torrent" "$dir/wire$wires"
	echo "$1" >"$dir/wire$wires/name"
	shift
	(
		pids=
		trap 'kill -KILL $pids 2>/dev/null; wait 2>/dev/null' EXIT
		trap 'exit 1' HUP INT TERM
		dir=$dir/wire$wires
		"$@"
	) >"$dir/wire$wires/said" 2>&1 </dev/null &
	pids="$pids $!"
	echo $! >"$dir/wire$wires/pid"
	ends="$ends $wires"
}

wire_ended() { # NUMBER
	wait "$(cat "$dir/wire$1/pid")"
	r=$?
	cat "$dir/wire$1/said"
	return $r
}

# unwire: how the cases that were begun end
unwire() {
	find_only=${ONLY:-} ONLY=
	for w in $ends; do
		check "$(cat "$dir/wire$w/name")" wire_ended $w
	done
	ONLY=$find_only ends=
}

# Peer exchange.

# star MS TORRENT OPTIONS...: six who fetch as far as their seed lets them, a
# host each; $took milliseconds until the last has all, of which $met until
# everybody was connected with everybody: not over MS
star() {
	most_ms=$1 t=$(date +%s%N) met=
	shift
	for i in 2 3 4 5 6 7; do
		rm -rf "$dir/got$i"
		at $i "$dir/log$i" "$btsh" run -v -s -u 2m -d "$dir/got$i" \
			-l 198.18.0.$i "$@"
	done
	leech_pids=${pids#"$hosts_pids"}
	until_true all_met && until_true all_have
	r=$?
	took=$((($(date +%s%N) - t) / 1000000))
	kill $leech_pids
	wait $leech_pids
	echo "$*: met after $met ms, all had it after $took ms"
	[ $r -eq 0 ] && [ $met -le $most_ms ]
}

all_met() {
	for i in 1 2 3 4 5 6 7; do
		[ "$(peers_of $i)" -eq 6 ] || return 1
	done
	met=$((($(date +%s%N) - t) / 1000000))
}

all_have() {
	for i in 2 3 4 5 6 7; do
		[ -e "$dir/got$i/file" ] && ! ls "$dir/got$i"/.*.btsh ||
			return 1
	done
}

# The second time without peer exchange, by a tracker.
exchange() {
	hosts 7 && quiet 1 2 3 4 5 6 7 && url=http://198.18.0.1:99/announce &&
	"$btsh" make -q -a $url -o "$dir/t.torrent" "$dir/file" &&
	at 1 "$dir/log0" "$btsh" track -l 198.18.0.1 -p 99
	at 1 "$dir/log1" "$btsh" serve -l 198.18.0.1 -u 2m -d "$dir" \
		"$dir/file.torrent"
	hosts_pids=$pids
	until_true grep -q magnet: "$dir/log1" &&
	star 3000 "$(grep magnet: "$dir/log1")" && untracked=$took || {
		tail -n 3 "$dir"/log?
		return 1
	}
	pids=$hosts_pids
	at 1 "$dir/log1" "$btsh" serve -p 0 -N -l 198.18.0.1 -u 2m -d "$dir" \
		"$dir/t.torrent"
	hosts_pids=$pids
	until_true grep -q started "$dir/log0" &&
	star 10000 -N "$dir/t.torrent" &&
	[ $((untracked * 10)) -le $((took * 13)) ]
}

# hears HOST: a stranger who writes down what he is told, to $dir/heardHOST
hears() {
	at $1 "$dir/heard$1" /usr/bin/python3 tests/find.py hear 7000
	until_true grep -q ready "$dir/heard$1"
}

# another NAME [OPTION]: one more torrent, $dir/NAME.torrent, that has one
# piece; its info hash
another() {
	random_bytes 20000 >"$dir/$1" &&
	"$btsh" make -q ${2:-} -o "$dir/$1.torrent" "$dir/$1" >/dev/null &&
	info_hash "$dir/$1.torrent"
}

info_hash() { # TORRENT
	"$btsh" show "$1" | sed -n 's/infohash.//p'
}

# What is private, or under -N, is told to nobody, while something else is that
# is neither: it has come as far as an announce to the node.
privacy() {
	hosts 3 && hears 3 && open=$(another open) &&
	private=$(another private -p) && closed=$(another closed) &&
	at 1 "$dir/log1" "$btsh" serve -N -b 198.18.0.3:7000 -d "$dir" \
		"$dir/closed.torrent"
	until_true grep -q magnet: "$dir/log1" &&
	at 2 "$dir/log2" "$btsh" serve -b 198.18.0.3:7000 -b '[2001:2::3]:7000' \
		-d "$dir" "$dir/private.torrent" "$dir/open.torrent"
	until_true grep -q "local $open 198" "$dir/heard3" &&
	until_true grep -q "local $open 2001" "$dir/heard3" &&
	until_true grep -q "announce_peer $open 198" "$dir/heard3" &&
	until_true grep -q "announce_peer $open 2001" "$dir/heard3"
	r=$?
	cat "$dir/heard3"
	[ $r -eq 0 ] && ! grep -q "$private\|$closed" "$dir/heard3"
}

# Three share two torrents; two of them know the third alone.
no_exchange() {
	hosts 3 && quiet 1 2 3 && random_bytes 2000000 >"$dir/private" &&
	"$btsh" make -q -p -o "$dir/private.torrent" "$dir/private" &&
	open=$(info_hash "$dir/file.torrent") &&
	private=$(info_hash "$dir/private.torrent") &&
	at 1 "$dir/log1" "$btsh" serve -u 4k -d "$dir" "$dir/file.torrent" \
		"$dir/private.torrent"
	for i in 2 3; do
		at $i "$dir/log$i" "$btsh" peer -k 198.18.0.1:6881 \
			-d "$dir/got$i" "$dir/file.torrent" \
			"$dir/private.torrent"
	done
	until_true had_peers 2 2 $open && until_true had_peers 2 3 $open &&
	until_true had_peers 1 2 $private later &&
	until_true had_peers 1 3 $private later
	r=$?
	cat "$dir/log2" "$dir/log3"
	[ $r -eq 0 ] && ! had_peers 2 2 $private && ! had_peers 2 3 $private
}

# had_peers N HOST HASH [later]: whether an event said so, in a host where
# there are two torrents; later: after two peers were told
had_peers() {
	awk -F '\t' -v n=$1 -v hash=$3 -v ready=$((4 - $#)) '
		$2 == "progress" && $8 == 2 { ready = 1 }
		$2 == "progress" && $3 == hash && $8 == n && ready { found = 1 }
		END { exit !found }' "$dir/log$2"
}

# Local discovery.

# local_pair FIRST SECOND HOST OPTIONS-1 OPTIONS-2: a seed and a fetcher, in
# this order or the other, find each other in two seconds
local_pair() {
	rm -rf "$dir/got1"
	pairs_pids=$pids
	local_$1 1 "$4" && local_$2 $3 "$5"
	t=$(date +%s%N)
	until_true whole "$dir/got1/file"
	r=$?
	t=$((($(date +%s%N) - t) / 1000000))
	kill ${pids#"$pairs_pids"}
	wait ${pids#"$pairs_pids"}
	pids=$pairs_pids
	echo "$*: $t ms"
	cat "$dir/log.seed" "$dir/log.fetch"
	[ $r -eq 0 ] && [ $t -lt 2000 ] &&
		grep -q 'by local discovery' "$dir/log.seed" "$dir/log.fetch"
}

local_seed() { # HOST OPTIONS
	at $1 "$dir/log.seed" "$btsh" serve -v -d "$dir" $2 \
		"$dir/file.torrent"
	until_true grep -q magnet: "$dir/log.seed"
}

local_fetch() { # HOST OPTIONS
	at $1 "$dir/log.fetch" "$btsh" run -v -s -d "$dir/got1" $2 \
		"$(info_hash "$dir/file.torrent")"
	until_true grep -q listening "$dir/log.fetch"
}

local_pairs() {
	hosts 2 &&
	local_pair seed fetch 2 '-l 198.18.0.1' '-l 198.18.0.2' &&
	local_pair fetch seed 2 '-l 198.18.0.1' '-l 198.18.0.2' &&
	local_pair seed fetch 2 '-l 2001:2::1' '-l 2001:2::2' &&
	local_pair fetch seed 2 '-l 2001:2::1' '-l 2001:2::2' &&
	local_pair fetch seed 1 '' ''
}

# The address of -l.

# A host in two networks, with two addresses of each family in the first.
two_networks() {
	hosts 3 && hears 2 &&
	on 3 ip link del eth && on 1 sh -c "ip link add eth2 type veth peer \
		name eth netns $host3 && ip link set eth2 up &&
		ip addr add 198.20.0.1/24 dev eth2 &&
		ip addr add 198.18.0.101/15 dev eth &&
		ip addr add 2001:2::101/64 dev eth nodad" &&
	on 3 sh -c 'ip link set eth up && ip addr add 198.20.0.3/24 dev eth' &&
	hears 3
}

# All goes out from there: announces, dials, the DHT, and to the networks.
from_address() { # http|udp ADDRESS OTHER IN-A-LINE THERE
	rm -rf "$dir/got1"
	at 1 "$dir/log1" "$btsh" run -s -l $2 -p 6999 -b "$5:7000" \
		-a "$1://$5:99/announce" -k "$5:6900" -d "$dir/got1" \
		"$dir/file.torrent"
	l_pid=$!
	until_true grep -q "started.$hash.$4:6999.6" "$dir/track" &&
	until_true grep -q "node get_peers $hash $2 6999" "$dir/heard2" &&
	until_true grep -q "local $hash $2 " "$dir/heard2" &&
	until_true whole "$dir/got1/file" &&
	stop $l_pid &&
	until_true grep -q "stopped.$hash.$4:6999" "$dir/track" &&
	until_true grep -q " $4:[0-9]* btsh" "$dir/log2" &&
	! grep "$hash.*$3" "$dir/track" "$dir/heard2" &&
	! grep " .*$3.*btsh 0" "$dir/log2"
}

from_both() { # http|udp
	at 2 "$dir/track" "$btsh" track -p 99
	track_pid=$!
	from_address $1 198.18.0.101 '198.18.0.1[: ]' 198.18.0.101 198.18.0.2 &&
	from_address $1 2001:2::101 '2001:2::1[]: ]' '\[2001:2::101\]' \
		'[2001:2::2]' && stop $track_pid
}

addresses() {
	two_networks && hash=$(info_hash "$dir/file.torrent") &&
	other=$(another other) || return 1
	at 2 "$dir/log2" "$btsh" serve -N -v -p 6900 -d "$dir" \
		"$dir/file.torrent"
	until_true grep -q magnet: "$dir/log2" &&
	from_both http && from_both udp &&
	at 1 "$dir/log1" "$btsh" serve -d "$dir" "$dir/other.torrent"
	until_true grep -q "local $other 198.20.0.1 " "$dir/heard3"
	r=$?
	tail "$dir/track" "$dir/heard2" "$dir/heard3" "$dir/log1" "$dir/log2"
	[ $r -eq 0 ] && ! grep -q $hash "$dir/heard3"
}

find_cases() {
	wires=0 ends=
	skip 'finding peers' namespaces && return
	wired 'exchange: all who know the seed meet in three seconds' exchange
	unwire # before others take its time
	wired 'what is private, or under -N, is told to nobody' privacy
	wired 'who shares a private torrent is not told of' no_exchange
	wired 'local discovery: in two seconds' local_pairs
	wired '-l: all goes out from that address' addresses
	unwire
}
