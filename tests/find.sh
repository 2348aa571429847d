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

# star MS TORRENT OPTIONS...: six who fetch as far as their seed lets them, each
# one in a host; $took milliseconds until the last has all, of which $met until
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

find_cases() {
	wires=0 ends=
	skip 'finding peers' namespaces && return
	wired 'exchange: all who know the seed meet in three seconds' exchange
	unwire # before others take its time
}
