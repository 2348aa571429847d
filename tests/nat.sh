#!/bin/sh
# nat.sh CASE BTSH DIR: a home network and the world, for portmap.sh; this
# script is in the router, in namespaces of its own, that all go when it ends.
#
#	in 192.168.77.2, in2 192.168.77.3 - lan (router) wan 5.6.7.1 - out 5.6.7.2
#
# The router masquerades, and lets nobody in but where miniupnpd, or
# natpmp.py, makes a mapping.  Outside there is a tracker, and a peer that knows
# nothing else.
set -u
case=$1 btsh=$2 dir=$3 fault=
shift 3
PATH=$PATH:/usr/sbin:/sbin

# host NAME DEVICE ADDRESS [GATEWAY]: joined to the router's device
host() {
	ip netns add "$1" &&
	ip link add "$2-$1" type veth peer name eth0 netns "$1" &&
	ip link set "$2-$1" master "$2" up &&
	ip -n "$1" link set lo up &&
	ip -n "$1" address add "$3/24" dev eth0 &&
	ip -n "$1" link set eth0 up &&
	{ [ $# -eq 3 ] || ip -n "$1" route add default via "$4"; }
}

build() {
	mount -t tmpfs none /run && mkdir /run/netns && ip link set lo up &&
	for d in lan wan; do
		ip link add $d type bridge && ip link set $d up || return 1
	done
	ip address add 192.168.77.1/24 dev lan &&
	ip address add 5.6.7.1/24 dev wan &&
	host in lan 192.168.77.2 192.168.77.1 &&
	host in2 lan 192.168.77.3 192.168.77.1 &&
	host out wan 5.6.7.2 &&
	echo 1 >/proc/sys/net/ipv4/ip_forward &&
	nft -f - <<-'X'
	table inet filter {
		chain forward {
			type filter hook forward priority 0; policy drop
			ct state established,related accept
			iifname "lan" accept
			jump miniupnpd
		}
		chain miniupnpd { }
		chain prerouting {
			type nat hook prerouting priority -100
			iifname "wan" jump prerouting_miniupnpd
		}
		chain postrouting {
			type nat hook postrouting priority 100
			jump postrouting_miniupnpd
			oifname "wan" masquerade
		}
		chain prerouting_miniupnpd { }
		chain postrouting_miniupnpd { }
	}
	X
}

# until_so COMMAND...: asks twenty times a second, for 30 seconds
until_so() {
	n=0
	until "$@" >/dev/null 2>&1; do
		n=$((n + 1))
		[ $n -lt 600 ] || { echo "not so: $*" >&2; return 1; }
		sleep 0.05
	done
}

# daemon NATPMP UPNP: miniupnpd, with yes or no for each
daemon() {
	cat >"$dir/conf" <<-X
	ext_ifname=wan
	listening_ip=lan
	enable_natpmp=$1
	enable_upnp=$2
	secure_mode=yes
	uuid=00000000-0000-0000-0000-000000000001
	allow 1024-65535 192.168.77.0/24 1024-65535
	X
	miniupnpd -d -f "$dir/conf" -P /run/daemon.pid >"$dir/daemon.log" 2>&1 &
	daemon_pid=$!
	# with neither it listens nowhere
	until_so listens_at "$1" 14E7 && until_so listens_at "$2" 076C
}

listens_at() { # yes|no PORT, in hexadecimal
	[ "$1" = no ] || grep -q ":$2 " /proc/net/udp
}

world() {
	build && ip netns exec out "$btsh" track -p 9999 >"$dir/events" \
		2>"$dir/track.log" &
	until_so grep -q tracking "$dir/track.log"
}

# serve HOST ARGS...: a file of its own, served there; its pid in $serve_pid
serve() {
	h=$1
	shift
	rm -f "$dir/$h.log"
	head -c 500000 /dev/urandom >"$dir/$h.data" &&
	"$btsh" make -q -f -a http://5.6.7.2:9999/announce \
		-o "$dir/$h.torrent" "$dir/$h.data" || return 1
	BTSH_FAULT=$fault BTSH_FAULT_COUNTS=$dir/counts \
		ip netns exec "$h" "$btsh" serve -v -d "$dir" "$@" "$dir/$h.torrent" \
		>"$dir/$h.log" 2>&1 &
	serve_pid=$!
}

# reached HOST: whether the peer outside gets what is served there
reached() {
	mkdir -p "$dir/got.$1" && ip netns exec out timeout 30 "$btsh" run -N \
		-d "$dir/got.$1" "$dir/$1.torrent" >"$dir/got.log" 2>&1 &&
	cmp "$dir/$1.data" "$dir/got.$1/$1.data"
}

mappings() { # how many there are
	nft list chain inet filter prerouting_miniupnpd | grep -c dnat
}

none_left() {
	[ "$(mappings)" -eq 0 ]
}

# ends PID: within two seconds of INT
ends() {
	began=$(date +%s%N)
	kill -INT "$1" && wait "$1"
	[ $(($(date +%s%N) - began)) -lt 2000000000 ]
}

one() { # NAME OF THE WAY
	serve in && until_so grep -q "5.6.7.1:6881 leads here ($1)" \
		"$dir/in.log" && [ "$(mappings)" -eq 2 ] && reached in &&
	ends $serve_pid && none_left
}

# The second host's outside port is another, which is what it announces; its
# link has its own.
two() { # NAME OF THE WAY
	serve in && first=$serve_pid &&
	until_so grep -q "5.6.7.1:6881 leads here ($1)" "$dir/in.log" &&
	serve in2 && until_so grep -q "leads here ($1)" "$dir/in2.log" &&
	port=$(sed -n 's/.* 5.6.7.1:\([0-9]*\) leads here.*/\1/p' \
		"$dir/in2.log") &&
	[ "$port" != 6881 ] &&
	until_so grep -q "5.6.7.1:$port" "$dir/events" &&
	grep -q 'x.pe=192.168.77.3:6881$' "$dir/in2.log" &&
	reached in2 && reached in &&
	ends $serve_pid && [ "$(mappings)" -eq 2 ] &&
	ends $first && none_left
}

# What the router mapped goes first in the link of what is hashed meanwhile.
named_outside() {
	truncate -s 2G "$dir/zeros" && serve in "$dir/zeros" &&
	until_so grep -q 'dn=in.data.*x.pe' "$dir/in.log" &&
	grep -q '&x.pe=5.6.7.1:6881&x.pe=192.168.77.2:6881$' "$dir/in.log" &&
	ends $serve_pid && none_left
}

# Nothing but searches and questions is told to whom nobody named: the stranger
# in in2 would send us to the router's web server.
lied_to() {
	/usr/bin/python3 tests/natpmp.py web >"$dir/web.log" 2>&1 &
	ip netns exec in2 /usr/bin/python3 tests/natpmp.py liar \
		>"$dir/liar.log" 2>&1 &
	until_so grep -q ready "$dir/web.log" &&
	until_so grep -q ready "$dir/liar.log" && serve in &&
	until_so grep -q 'port mapping: PCP: .*; UPnP: ' "$dir/in.log" &&
	ends $serve_pid && grep -q 'GET /own' "$dir/liar.log" &&
	! grep -q asked "$dir/web.log" && none_left
}

# The router, which answers too, is asked alone.
lied_beside() {
	daemon no yes || return 1
	ip netns exec in2 /usr/bin/python3 tests/natpmp.py liar \
		>"$dir/liar.log" 2>&1 &
	until_so grep -q ready "$dir/liar.log" && one UPnP &&
	! grep -q GET "$dir/liar.log"
}

# The four questions of who may ask, and none but these.
asks_nothing() {
	daemon yes yes &&
	for how in -N '-l 192.168.77.2'; do
		serve in $how && until_so grep -q magnet: "$dir/in.log" &&
		none_left && ends $serve_pid || return 1
	done
	one PCP && ! grep -q 'HTTP REQUEST\|M-SEARCH' "$dir/daemon.log" &&
	[ "$(grep -c 'PCP request received' "$dir/daemon.log")" -eq 4 ]
}

# Each call that has to do with the network fails, one at a time: what is
# served is served, or cannot be, which is said, and it ends as always.
faults() { # NATPMP UPNP, as daemon's
	daemon "$@" && faulty count && mv "$dir/counts" "$dir/all" &&
	for call in socket connect send recv bind; do
		left=$(sed -n "s/^$call //p" "$dir/all")
		while [ "${left:-0}" -gt 0 ]; do
			faulty $call:$left || { echo "$call:$left" >&2; return 1; }
			left=$((left - 1))
		done
	done
	r=$?
	kill $daemon_pid
	wait $daemon_pid
	return $r
}

faulty() { # FAULT
	fault=$1
	serve in && until_so told || return 1
	kill -INT $serve_pid 2>/dev/null
	began=$(date +%s%N)
	wait $serve_pid
	r=$?
	fault=
	[ $(($(date +%s%N) - began)) -lt 2000000000 ] &&
	{ [ $r -eq 0 ] || { [ $r -lt 7 ] && grep -q ^btsh: "$dir/in.log"; }; }
}

told() { # of the mapping, or of the end
	grep -q 'port mapping: ' "$dir/in.log" || ! kill -0 $serve_pid
}

world || exit 1
case $case in
pcp)      daemon yes no && one PCP ;;
upnp)     daemon no yes && one UPnP ;;
named)    daemon yes no && named_outside ;;
two_pcp)  daemon yes no && two PCP ;;
two_upnp) daemon no yes && two UPnP ;;
natpmp)
	/usr/bin/python3 tests/natpmp.py router >"$dir/daemon.log" 2>&1 &
	until_so grep -q ready "$dir/daemon.log" && one NAT-PMP ;;
silent)
	daemon yes no && serve in &&
	until_so grep -q 'leads here (PCP)' "$dir/in.log" &&
	kill -STOP $daemon_pid && ends $serve_pid &&
	[ "$(mappings)" -eq 2 ] ;;
liar)     lied_to ;;
beside)   lied_beside ;;
none)     asks_nothing ;;
faults)   faults yes yes && faults no yes ;;
esac
