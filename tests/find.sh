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
		trap end_all EXIT
		trap 'exit 1' HUP INT TERM
		dir=$dir/wire$wires
		"$@"
	) >"$dir/wire$wires/said" 2>&1 </dev/null &
	echo $! >"$dir/wire$wires/pid"
	pids="$pids $!"
	ends="$ends $wires"
}

# Of all that a case has begun ends what is still there: other numbers may be
# those of somebody else's processes by now.
end_all() {
	me=$(exec sh -c 'echo $PPID')
	for p in $pids; do
		! grep -qs "^PPid:.$me\$" "/proc/$p/status" ||
			kill -KILL $p
	done
	wait 2>/dev/null
}

wire_ended() { # NUMBER
	wait "$(cat "$dir/wire$1/pid")"
	r=$?
	kept=
	for p in $pids; do
		[ $p -eq "$(cat "$dir/wire$1/pid")" ] || kept="$kept $p"
	done
	pids=$kept
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

# A hundred peers name one victim, at the same port and at a thousand others:
# it is dialled at a few.  What no peer may name is not dialled at all, and
# what one alone has named is, once.  The third host is the victim, and says
# that it has the way to all others that are named.
liars() {
	hosts 3 && quiet 1 2 3 && hash=$(info_hash "$dir/file.torrent") || return 1
	all=
	for i in $(seq 100); do
		echo "addr add 198.18.1.$i/15 dev eth"
	done | on 2 ip -batch -
	for i in $(seq 100); do all="$all 198.18.1.$i"; done
	on 3 sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward &&
		echo 1 >/proc/sys/net/ipv4/conf/eth/proxy_arp &&
		ip link add sink type bridge && ip link set sink up &&
		for net in 10.0.0.0/8 192.168.0.0/16 198.18.2.0/23; do
			ip route add $net dev sink || exit 1
		done' || return 1
	at 1 "$dir/dials" /usr/bin/python3 tests/find.py dials
	at 1 "$dir/log1" "$btsh" run -v -d "$dir/got1" "$dir/file.torrent"
	until_true grep -q ready "$dir/dials" &&
	until_true grep -q listening "$dir/log1" &&
	at 2 "$dir/liars" /usr/bin/python3 tests/find.py liars 198.18.0.1 6881 \
		$hash $all
	until_true grep -q ready "$dir/liars" &&
	until_true grep -q 'dial 198.18.3.1 7777' "$dir/dials"
	r=$?
	sleep 15 # what is not done can only be waited for
	sort "$dir/dials" | uniq -c | sort -n | tail -n 20
	cat "$dir/liars"
	n=$(grep -c 'dial 198.18.0.3 ' "$dir/dials")
	echo "the victim was dialled $n times"
	[ $r -eq 0 ] && [ $n -ge 1 ] && [ $n -le 10 ] &&
		[ "$(grep -c 'dial 198.18.3.1 7777' "$dir/dials")" -le 4 ] &&
		! grep -v 'ready\|dial 198.18.0.3 \(7777\|1....\)$' \
			"$dir/dials" | grep -v 'dial 198.18.3.1 7777'
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

# Other people's clients.

# client_at HOST CLIENT DIR TORRENT WAYS [PEER PORT]: it has the torrent and
# what lies in DIR, and finds peers by the WAYS: lsd, pex, dht, from a node at
# $node on; its pid in $client_pid
client_at() {
	client_host=$1 client=$2 client_dir=$3 client_torrent=$4 ways=$5
	shift 5
	mkdir -p "$client_dir/.home"
	case $client in
	libtorrent)
		set -- env FIND="$ways" NODE="${node:-}" /usr/bin/python3 \
			tests/lt.py stay "$client_torrent" "$client_dir" \
			198.18.0.$client_host:6900 "$@" ;;
	aria2)
		set -- aria2c -q --file-allocation=none --check-integrity=true \
			--seed-ratio=0.0 --listen-port=6900 --dir="$client_dir" \
			--enable-peer-exchange=$(is_way pex) \
			--bt-enable-lpd=$(is_way lsd) --enable-dht=$(is_way dht) \
			--dht-file-path="$client_dir/.home/dht" \
			--dht-listen-port=6900 \
			${node:+--dht-entry-point=$node} "$client_torrent" ;;
	transmission)
		echo '{"dht-enabled":'$(is_way dht)',"lpd-enabled":'$(is_way lsd)',
			"pex-enabled":'$(is_way pex)',"utp-enabled":false,
			"port-forwarding-enabled":false}' \
			>"$client_dir/.home/settings.json"
		[ -z "${node:-}" ] || echo "$node" | tr : ' ' \
			>"$client_dir/.home/dht.bootstrap"
		set -- transmission-cli -g "$client_dir/.home" \
			-w "$client_dir" -p 6900 -M -D -U "$client_torrent" ;;
	esac
	at $client_host "$dir/log.client" "$@"
	client_pid=$!
}

is_way() { # WAY
	case " $ways " in *" $1 "*) echo true ;; *) echo false ;; esac
}

listens_at() { # HOST PORT
	cat "/proc/$(pid_of $1)/net/tcp" "/proc/$(pid_of $1)/net/tcp6" |
		grep -qi ":$(printf %04X "$2") 0*:0000 0A"
}

# What was there before, and has announced, hears who comes: it, then btsh.
local_client() { # CLIENT
	hosts 4 && hears 4 && mkdir "$dir/theirs" &&
	ln "$dir/file" "$dir/theirs" &&
	hash=$(info_hash "$dir/file.torrent") &&
	client_at 2 $1 "$dir/theirs" "$dir/file.torrent" lsd &&
	until_true grep -q "local $hash 198.18.0.2 " "$dir/heard4" || return 1
	at 1 "$dir/log1" "$btsh" run -v -d "$dir/got1" "$dir/file.torrent"
	until_true whole "$dir/got1/file" || return 1
	cat "$dir/log1"
	! grep -q 'by local discovery' "$dir/log1" || return 1
	stop $client_pid
	at 1 "$dir/log1" "$btsh" serve -v -d "$dir/got1" "$dir/file.torrent"
	until_true grep -q magnet: "$dir/log1" &&
	client_at 3 $1 "$dir/got3" "$dir/file.torrent" lsd &&
	until_true whole "$dir/got3/file"
	r=$?
	tail -c 300 "$dir/log.client"
	cat "$dir/log1"
	return $r
}

# with HOST OTHER: whether they are connected
with() {
	awk -v other=$(printf '%02X0012C6' $2) '$4 == "01" &&
		substr($3, 1, 8) == other { found = 1 }
		END { exit !found }' "/proc/$(pid_of $1)/net/tcp"
}

# A client that knows a seed is told by it of btsh, which cannot call it.
told_client() { # CLIENT
	hosts 3 && quiet 1 2 3 && on 2 sh -c 'nft add table t &&
		nft "add chain t in { type filter hook input priority 0 ; }" &&
		nft add rule t in ip saddr 198.18.0.3 \
			"tcp flags & (syn|ack) == syn" drop' &&
	at 1 "$dir/log1" "$btsh" serve -v -u 1k -d "$dir" -k 198.18.0.2:6900 \
		"$dir/file.torrent"
	client_at 2 $1 "$dir/theirs" "$dir/file.torrent" pex &&
	until_true with 1 2 &&
	at 3 "$dir/log3" "$btsh" run -v -k 198.18.0.1:6881 -d "$dir/got3" \
		"$dir/file.torrent"
	until_true with 3 2
	r=$?
	cat "$dir/log1" "$dir/log3"
	tail -c 300 "$dir/log.client"
	return $r
}

# Two btsh that know a client alone meet through it.
telling_client() { # CLIENT
	hosts 3 && quiet 1 2 3 &&
	client_at 2 $1 "$dir/theirs" "$dir/file.torrent" pex &&
	at 1 "$dir/log1" "$btsh" serve -u 1k -d "$dir" -k 198.18.0.2:6900 \
		"$dir/file.torrent"
	until_true with 1 2 &&
	at 3 "$dir/log3" "$btsh" run -v -k 198.18.0.2:6900 -d "$dir/got3" \
		"$dir/file.torrent"
	for more in 1 2 3 4; do
		until_true with 3 1 && break
	done
	with 3 1
	r=$?
	cat "$dir/log1" "$dir/log3"
	tail -c 300 "$dir/log.client"
	return $r
}

# The DHT.

# dht_of HOST: twenty nodes there, in as many networks; $node is one of them
dht_of() {
	all=
	for i in 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29; do
		all="$all 198.18.$i.1"
		on $1 ip addr add 198.18.$i.1/15 dev eth || return 1
	done
	node=198.18.10.1:6881
	hears $1 && at $1 "$dir/nodes" /usr/bin/python3 -W ignore \
		tests/lt.py nodes 198.18.0.$1:7000 $all
	until_true grep -q ready "$dir/nodes"
}

# finds_within MS COMMAND...: until it is true
finds_within() {
	most_ms=$1 t=$(date +%s%N)
	shift
	until_true "$@" || return 1
	t=$((($(date +%s%N) - t) / 1000000))
	echo "$* after $t ms"
	[ $t -lt $most_ms ]
}

# btsh_node HOST: a node there that is btsh's, without a torrent; the same
btsh_node() {
	node=198.18.0.$1:6881
	: >"$dir/lines"
	at $1 "$dir/log.node" "$btsh" peer -v
	until_true grep -q listening "$dir/log.node"
}

# in_dht HASH HOST: once it was announced from there; a node of btsh's says no
# more than that it was
in_dht() {
	if [ -e "$dir/lines" ]; then
		on 4 timeout 30 /usr/bin/python3 tests/find.py ask \
			"${node%:*}" "${node#*:}" $1
	else
		until_true grep -q "announced $1 198.18.0.$2 6900" "$dir/nodes"
	fi
}

# Transmission knows the twenty from before, and thinks for most of a minute.
slow_dht() {
	hosts 4 && quiet 1 2 3 4 && dht_of 4 && mkdir -p "$dir/theirs/.home" &&
	ln "$dir/file" "$dir/theirs" && hash=$(another ours) &&
	/usr/bin/python3 tests/find.py saved $all \
		>"$dir/theirs/.home/dht.dat" && node= &&
	at 1 "$dir/log1" "$btsh" serve -v -p 6900 -b 198.18.10.1:6881 -d "$dir" \
		"$dir/ours.torrent"
	in_dht $hash 1 && mkdir -p "$dir/got3/.home" &&
	cp "$dir/theirs/.home/dht.dat" "$dir/got3/.home" &&
	client_at 3 transmission "$dir/got3" "magnet:?xt=urn:btih:$hash" dht &&
	client_at 2 transmission "$dir/theirs" "$dir/file.torrent" dht &&
	hash=$(info_hash "$dir/file.torrent") &&
	{ in_dht $hash 2 || in_dht $hash 2; } &&
	at 1 "$dir/log3" "$btsh" run -v -b 198.18.10.1:6881 -d "$dir/got1" $hash
	until_true grep 'by the DHT' "$dir/log3" &&
	until_true whole "$dir/got1/file" &&
	until_true cmp "$dir/ours" "$dir/got3/ours"
	r=$?
	tail -n 5 "$dir/nodes" "$dir/log1" "$dir/log3"
	return $r
}

# A bare info hash is enough: of what a client has, and of what btsh has.
dht_client() { # CLIENT dht_of|btsh_node
	hosts 4 && quiet 1 2 3 4 && $2 4 && mkdir "$dir/theirs" &&
	ln "$dir/file" "$dir/theirs" &&
	client_at 2 $1 "$dir/theirs" "$dir/file.torrent" dht &&
	hash=$(info_hash "$dir/file.torrent") && in_dht $hash 2 &&
	at 1 "$dir/log1" "$btsh" run -v -s -b $node -d "$dir/got1" $hash
	finds_within 5000 whole "$dir/got1/file" &&
	grep 'by the DHT' "$dir/log1" && hash=$(another ours) &&
	at 1 "$dir/log3" "$btsh" serve -v -p 6900 -b $node -d "$dir" \
		"$dir/ours.torrent"
	in_dht $hash 1 &&
	client_at 3 $1 "$dir/got3" "magnet:?xt=urn:btih:$hash" dht &&
	finds_within 30000 cmp "$dir/ours" "$dir/got3/ours"
	r=$?
	tail -n 5 "$dir"/log?
	tail -c 400 "$dir/log.client"
	return $r
}

# A node is known by the environment, by a torrent, if it is not of a network
# of ours, and by a peer.
named_nodes() {
	hosts 3 && quiet 1 2 3 && on 3 ip addr add 10.0.0.3/8 dev eth &&
	hears 2 && hears 3 && by_env=$(another one) && another two >&2 &&
	{
		head -c -1 "$dir/two.torrent"
		printf '5:nodesll10:198.18.0.2i7000eel8:10.0.0.3i7000eeee'
	} >"$dir/nodes.torrent" && by_torrent=$(info_hash "$dir/nodes.torrent") &&
	by_peer=$(another three) &&
	at 1 "$dir/log1" env BTSH_DHT=198.18.0.2:7000 "$btsh" serve -d "$dir" \
		"$dir/one.torrent"
	at 1 "$dir/log2" "$btsh" serve -d "$dir" \
		"$dir/nodes.torrent"
	at 1 "$dir/log3" "$btsh" serve -p 6999 -d "$dir" "$dir/three.torrent"
	until_true grep -q magnet: "$dir/log3" &&
	at 2 "$dir/port" /usr/bin/python3 tests/find.py port 198.18.0.1 6999 \
		$by_peer 7000
	until_true grep -q "get_peers $by_env" "$dir/heard2" &&
	until_true grep -q "get_peers $by_torrent" "$dir/heard2" &&
	until_true grep -q "get_peers $by_peer" "$dir/heard2" &&
	until_true grep -qx 'port 6999' "$dir/port"
	r=$?
	cat "$dir/heard2" "$dir/heard3" "$dir/port" "$dir"/log?
	[ $r -eq 0 ] && ! grep node "$dir/heard3"
}

# What a user reads when nobody can be reached.
lonely() {
	hosts 2 && quiet 1 2 && hears 2 &&
	at 1 "$dir/log1" "$btsh" run -k 198.18.0.2:9 -b 198.18.0.2:7000 \
		-d "$dir/got1" "$dir/file.torrent"
	run_pid=$!
	finds_within 2000 grep '198.18.0.2:9: Connection refused' "$dir/log1" &&
	until_true grep -q get_peers "$dir/heard2" && kill -USR1 $run_pid &&
	until_true grep '0 of 1 peers, DHT 1 nodes' "$dir/log1" &&
	until_true grep -q "no peer yet: .* refused the connection" "$dir/log1"
	r=$?
	cat "$dir/log1"
	[ $r -eq 0 ] && [ "$(grep -c refused "$dir/log1")" -eq 2 ]
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
	until_true grep -q "started.$hash.$4:6999" "$dir/track" &&
	until_true grep -q "node get_peers $hash $2 6999" "$dir/heard2" &&
	until_true grep -q "local $hash $2 " "$dir/heard2" &&
	until_true grep -qx "$dir/got1/file" "$dir/log1" &&
	stop $l_pid &&
	until_true grep -q "stopped.$hash.$4:6999" "$dir/track" &&
	until_true grep -q " $4:[0-9]* btsh" "$dir/log2" &&
	! grep "$hash.*$3" "$dir/track" "$dir/heard2" &&
	! grep " .*$3.*btsh 0" "$dir/log2"
}

from_both() { # http|udp
	at 2 "$dir/track" "$btsh" track -p 99
	track_pid=$!
	until_true grep -q tracking "$dir/track" &&
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

# client_case HOW WHAT CLIENT ARGS...: the case HOW
client_case() {
	what="$2: $3"
	how=$1 client=$3
	shift 3
	skip "$what" "$(program_of $client)" || wired "$what" $how $client "$@"
}

find_cases() {
	wires=0 ends=
	skip 'finding peers' namespaces && return
	# those that take their time, of which they need little
	client_case slow_dht 'the DHT finds btsh, and btsh finds' transmission
	for c in transmission aria2; do
		client_case telling_client 'exchange: two are told by' $c
	done
	slow=$ends ends=
	wired 'exchange: all who know the seed meet in three seconds' exchange
	unwire # before others take its time
	wired 'what is private, or under -N, is told to nobody' privacy
	wired 'who shares a private torrent is not told of' no_exchange
	wired 'a hundred liars: a victim is hardly dialled' liars
	wired 'when nobody can be reached it says why' lonely
	wired 'local discovery: in two seconds' local_pairs
	wired '-l: all goes out from that address' addresses
	wired 'nodes of the environment, of a torrent, of peers' named_nodes
	unwire
	client_case telling_client 'exchange: two are told by' libtorrent
	for c in libtorrent transmission aria2; do
		client_case local_client 'local discovery: both hear' $c
		skip "exchange: $c" nft ||
			client_case told_client 'exchange: btsh tells' $c
	done
	client_case dht_client 'the DHT, of twenty' libtorrent dht_of
	for c in libtorrent aria2; do
		client_case dht_client 'the DHT, of btsh' $c btsh_node
	done
	unwire
	ends=$slow
	unwire
}
