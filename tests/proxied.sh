#!/bin/sh
# proxied.sh CASE BTSH DIR: a host whose way out is a proxy, for proxy.sh; this
# script is on the proxy's, in namespaces of its own, that all go when it ends.
#
#	in 192.168.77.2 - 192.168.77.1 (proxy) 5.6.7.2: a tracker, a web server
#	and a seed
#
# The host has a route to everywhere, so that what goes around the proxy goes
# out; there it is counted and, but for the cases that let it, dropped.  Its
# names are asked for at 192.168.77.9, which is counted, too.
set -u
case=$1 btsh=$2 dir=$3
shift 3
PATH=$PATH:/usr/sbin:/sbin
world=5.6.7.2 gate=192.168.77.1

build() {
	mount -t tmpfs none /run && mkdir /run/netns && ip link set lo up &&
	ip netns add in && ip link add px type veth peer name eth0 netns in &&
	ip address add $gate/24 dev px && ip link set px up &&
	ip address add $world/32 dev lo &&
	ip netns exec in sh -c '
		echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
		ip link set lo up && ip link set eth0 up &&
		ip address add 192.168.77.2/24 dev eth0 &&
		ip route add default via 192.168.77.1' &&
	echo "$world tracker.example" >"$dir/hosts" &&
	echo '127.0.0.1 localhost' >"$dir/hosts.in" &&
	echo 'nameserver 192.168.77.9' >"$dir/resolv" &&
	mount --bind "$dir/hosts" /etc/hosts
}

# guard PORT: from now on the host reaches that port of the proxy's, and what
# it sends elsewhere is counted
guard() {
	ip netns exec in nft -f - <<-X
	table inet guard {
		counter around { }
		chain output {
			type filter hook output priority 0
			ip daddr $gate tcp dport $1 accept
			counter name around drop
		}
	}
	X
}

around() { # how many packets went around the proxy
	ip netns exec in nft list counter inet guard around |
		sed -n 's/.*packets \([0-9]*\) .*/\1/p'
}

# inside COMMAND...: on the host, whose names are its own
inside() {
	ip netns exec in unshare -m sh -c 'mount --bind "$1/hosts.in" /etc/hosts &&
		mount --bind "$1/resolv" /etc/resolv.conf && shift && exec "$@"' \
		sh "$dir" "$@"
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

# port_of LOG COMMAND...: begins it; its port, once it says "port N", in $port
port_of() {
	port_log=$1
	shift
	"$@" >"$port_log" 2>&1 </dev/null &
	until_so grep -q '^port' "$port_log" &&
	port=$(sed -n 's/^port //p' "$port_log")
}

# outside: a tracker, a seed of $dir/file that it knows, and a web server with
# its torrent
outside() {
	head -c 3000000 /dev/urandom >"$dir/file" &&
	"$btsh" make -qf -o "$dir/file.torrent" "$dir/file" >/dev/null || return 1
	"$btsh" track -l $world -p 0 >"$dir/track.log" 2>&1 </dev/null &
	until_so grep -q tracking "$dir/track.log" &&
	tracker=$(sed -n 's/.*at http:..[^:]*:\([0-9]*\).*/\1/p' \
		"$dir/track.log") || return 1
	"$btsh" serve -N -p 0 -d "$dir" -a "http://$world:$tracker/announce" \
		"$dir/file.torrent" >"$dir/seed.log" 2>&1 </dev/null &
	until_so grep -q "started.*$world" "$dir/track.log" &&
	seed=$(sed -n 's/.*x.pe=[^:]*:\([0-9]*\)$/\1/p' "$dir/seed.log") &&
	port_of "$dir/web.log" /usr/bin/python3 tests/web.py $world "$seed" \
		"$dir" && web=$port
}

proxy() { # USER:PASSWORD|-
	port_of "$dir/proxy.log" /usr/bin/python3 tests/socks.py $gate "$1" \
		tracker.example=$world
}

# fetch STATUS ARGS...: btsh run on the host
fetch() {
	want=$1
	shift
	mkdir -p "$dir/to" && inside timeout 60 "$btsh" run -t 10 -d "$dir/to" \
		"$@" >"$dir/out" 2>"$dir/said" </dev/null
	rc=$?
	cat "$dir/said"
	[ $rc -eq "$want" ] || { echo "status $rc"; return 1; }
}

has_it() {
	cmp "$dir/file" "$dir/to/file" && rm -r "$dir/to"
}

by_socks() { # PROXY: all that there is, and nothing around it
	fetch 0 -5 "$1" -a udp://$world:$tracker -k tracker.example:$seed \
		-a http://tracker.example:$tracker/announce \
		http://tracker.example:$web/x/file.torrent && has_it &&
	grep -q "udp://$world:$tracker: udp:// does not go through the proxy" \
		"$dir/said" &&
	grep -q 'peer tracker.example.*give its address' "$dir/said" &&
	[ "$(around)" -eq 0 ] && grep -q "completed.*$world:1	" \
		"$dir/track.log"
}

# With a password; the names go to the proxy; a link's metadata comes by it.
socks() {
	proxy 'us:p@:w' && guard "$port" && p=us:p@:w@$gate:$port &&
	by_socks "$p" && grep -q "^socks tracker.example $web" "$dir/proxy.log" &&
	grep -q "^socks tracker.example $tracker" "$dir/proxy.log" &&
	grep -q "^socks $world $seed" "$dir/proxy.log" &&
	fetch 0 -5 "$p" "$("$btsh" show -m "$dir/file.torrent")&x.pe=$world:$seed" &&
	has_it && [ "$(around)" -eq 0 ] &&
	# nothing that the environment says leads around it
	export http_proxy=http://127.0.0.1:1 no_proxy='*' &&
	by_socks "$p" && unset http_proxy no_proxy &&
	# and who goes without it is counted
	fetch 4 -t 1 -k $world:$seed "$dir/file.torrent" &&
	[ "$(around)" -gt 0 ]
}

# What does not work says why.
faults() {
	proxy us:pw && guard "$port" && u=http://tracker.example &&
	fetch 4 -t 1 -5 us:no@$gate:$port -a $u:$tracker/announce \
		"$dir/file.torrent" && grep -q "proxy $gate:$port: it refuses the \
name and the password" "$dir/said" && ! grep -q us:no "$dir/said" &&
	fetch 4 -t 1 -5 $gate:$port -k $world:$seed "$dir/file.torrent" &&
	grep -q "$world:$seed: proxy $gate:$port: it takes no\|$world:$seed: \
proxy $gate:$port: it wants user:password@" "$dir/said" &&
	fetch 4 -t 1 -5 us:pw@$gate:$port -k $world:1 "$dir/file.torrent" &&
	grep -q "$world:1: proxy $gate:$port: connection refused by the other" \
		"$dir/said" &&
	fetch 4 -t 1 -5 us:pw@$gate:$port -a http://none.example/announce \
		"$dir/file.torrent" && grep -q "none.example/announce: proxy \
$gate:$port: the host cannot be reached" "$dir/said" &&
	[ "$(around)" -eq 0 ] && ip netns exec in nft delete table inet guard &&
	fetch 4 -t 1 -5 $gate:1 -a $u:$tracker/announce -k $world:$seed \
		"$dir/file.torrent" &&
	grep -q "announce: proxy $gate:1: Connection refused" "$dir/said" &&
	fetch 2 -5 us:pw@nothing "$dir/file.torrent" &&
	grep -q '^btsh: -5: not host:port' "$dir/said" &&
	inside sh -c "echo '$gate gate' >>/etc/hosts" &&
	fetch 0 -5 us:pw@gate:$port -k $world:$seed "$dir/file.torrent" &&
	has_it
}

# A proxy of other people's.
other_socks() {
	microsocks -i $gate -p 1080 >"$dir/proxy.log" 2>&1 &
	until_so grep -q ':0438 ' /proc/net/tcp && guard 1080 &&
	by_socks $gate:1080
}

# https by curl, in spite of no_proxy: it asks the proxy for the name.
https() {
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=x -addext \
		subjectAltName=DNS:tracker.example -keyout "$dir/key" \
		-out "$dir/crt" 2>/dev/null && cat "$dir/key" "$dir/crt" \
		>"$dir/pem" && export CURL_CA_BUNDLE="$dir/pem" no_proxy='*' &&
	port_of "$dir/tls.log" /usr/bin/python3 tests/web.py $world "$seed" \
		"$dir" "$dir/pem" && tls=$port && proxy 'us:p"\w' &&
	guard "$port" && fetch 0 -5 'us:p"\w@'$gate:$port \
		-a https://tracker.example:$tls/plain/announce \
		https://tracker.example:$tls/x/file.torrent && has_it &&
	[ "$(grep -c "^socks tracker.example $tls" "$dir/proxy.log")" -ge 4 ] &&
	[ "$(around)" -eq 0 ]
}

by_http() { # URL of the proxy: torrent and tracker; peers go straight
	export http_proxy="$1" &&
	fetch 0 -N -a http://tracker.example:$tracker/announce \
		http://tracker.example:$web/x/file.torrent && has_it &&
	unset http_proxy
}

http() {
	proxy - && p=http://$gate:$port && by_http $p &&
	grep -q "^http http://tracker.example:$web/x/file.torrent" \
		"$dir/proxy.log" &&
	[ "$(grep -c "^http http://tracker.example:$tracker/announce?info_hash" \
		"$dir/proxy.log")" -eq 3 ] &&
	u=http://$world:$web/x/file.torrent && export http_proxy=$p &&
	for list in $world '*' 5.0.0.0/8; do
		no_proxy=$list inside "$btsh" show "$u" >"$dir/out" || return 1
	done &&
	! grep -q "^http http://$world" "$dir/proxy.log" &&
	no_proxy=x NO_PROXY='*' inside "$btsh" show "$u" >"$dir/out" &&
	grep -q "^http http://$world" "$dir/proxy.log"
}

other_http() {
	printf '%s\n' 'Port 8888' "Listen $gate" 'MaxClients 9' 'Timeout 60' \
		'BasicAuth us pw' >"$dir/tiny.conf" &&
	tinyproxy -d -c "$dir/tiny.conf" >"$dir/proxy.log" 2>&1 &
	until_so grep -q ':22B8 ' /proc/net/tcp &&
	by_http http://us:pw@$gate:8888 && export http_proxy=http://$gate:8888 &&
	! inside "$btsh" show http://$world:$web/x/file.torrent \
		>"$dir/out" 2>"$dir/said" && grep -q 'HTTP status 407' "$dir/said"
}

build && outside && $case
