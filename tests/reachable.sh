# Which addresses a link names, on a host that has several; sourced by
# tests.sh, with find.sh's namespaces.

# here COMMAND...: in the case's own network
here() {
	on 1 "$@"
}

# named WANT ARGS...: whether serve's link names these peers, in this order,
# and the first of them as a tracker and a web seed
named() {
	want=$1
	shift
	at 1 "$dir/s.log" "$btsh" serve -N "$@" -p 7001 -d "$dir" \
		"$dir/file.torrent" &&
	until_true grep -q magnet: "$dir/s.log"
	r=$?
	stop $!
	grep magnet: "$dir/s.log" | tr '&' '\n' | sed -n 's/^x.pe=//p' |
		xargs >"$dir/named"
	[ $r -eq 0 ] && [ "$(cat "$dir/named")" = "$want" ] &&
	grep magnet: "$dir/s.log" | grep -q '&xl=6000000&' &&
	if [ "${1:-}" = -w ]; then
		! grep magnet: "$dir/s.log" | grep -q '&ws=\|7001%2Fannounce'
	else
		first=$(echo "${want%% *}" | sed 's/\[/%5B/; s/\]/%5D/; s/:/%3A/g')
		grep magnet: "$dir/s.log" | grep -q \
			"tr=http%3A%2F%2F$first%2Fannounce.*&ws=http%3A%2F%2F$first%2Ffile&"
	fi && return
	cat "$dir/s.log" >&2
	return 1
}

# There are no routes but to its own networks, then by one of these; the last
# host has more addresses than a link names.
many_addresses() {
	namespace && host1=$! &&
	here ip link set lo up && named 127.0.0.1:7001 &&
	here ip link add d0 type veth peer name d1 &&
	here ip link set d0 up && here ip link set d1 up &&
	here ip addr add 10.1.2.3/24 dev d0 &&
	here ip addr add fd00::5/64 dev d0 nodad &&
	named '10.1.2.3:7001 [fd00::5]:7001' &&
	here ip addr add 5.6.7.8/24 dev d0 &&
	here ip addr add 2a00::5/64 dev d0 nodad &&
	named '5.6.7.8:7001 10.1.2.3:7001 [2a00::5]:7001 [fd00::5]:7001' &&
	named '10.1.2.3:7001' -l 10.1.2.3 &&
	named '127.0.0.1:7001' -l 127.0.0.1 &&
	named '10.1.2.3:7001' -w none -l 10.1.2.3 &&
	named '[fd00::5]:7001' -l fd00::5 &&
	named '5.6.7.8:7001 10.1.2.3:7001' -l 0.0.0.0 &&
	named '[2a00::5]:7001 [fd00::5]:7001' -l :: &&
	here ip route add default dev d0 src 10.1.2.3 &&
	named '10.1.2.3:7001 5.6.7.8:7001 [2a00::5]:7001 [fd00::5]:7001' &&
	for i in 1 2 3 4 5 6 7; do
		here ip addr add 172.17.$i.1/24 dev d1 || return 1
	done &&
	named "10.1.2.3:7001 5.6.7.8:7001 $(printf '172.17.%s.1:7001 ' \
		1 2 3 4 5)[2a00::5]:7001"
}

dead_addresses() {
	namespace && host1=$! &&
	here ip link set lo up && here ip addr add 10.1.2.3/32 dev lo &&
	here ip route add blackhole 10.9.0.0/16 || return 1
	at 1 "$dir/s.log" "$btsh" serve -N -l 10.1.2.3 -p 7001 -d "$dir" \
		"$dir/file.torrent" &&
	until_true grep -q magnet: "$dir/s.log" &&
	magnet=$(sed -n 's/&x.pe=.*//p' "$dir/s.log") && fresh &&
	for i in 1 2 3; do
		magnet="$magnet&x.pe=10.9.0.$i:7001&x.pe=127.0.0.1:$i"
	done &&
	here timeout 30 "$btsh" run -q -N -p 7002 -d "$got" \
		"$magnet&x.pe=[2a00::9]:7001&x.pe=10.1.2.3:7001" </dev/null &&
	cmp "$dir/file" "$got/file"
	r=$?
	stop $!
	return $r
}

reachable_cases() {
	skip 'links of several addresses' namespaces || {
		check 'a link names all addresses, the best first' \
			many_addresses
		check "a link's dead addresses keep nobody from a good one" \
			dead_addresses
	}
}
